"""By apprise, which knows a hundred services: in a process of its own, ended where it takes too long.

The URL is a secret. It goes over standard input, and nothing that apprise says of it comes back.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from typing import Final

from monitor.alerts.channels.message import Message, NotTaken

WHOLE: Final = 30.0
TAKEN, NOT_SENT, NO_SERVICE, NOT_INSTALLED = 0, 1, 2, 3
WORDS: Final = {
    NOT_SENT: "the service did not take it",
    NO_SERVICE: "the address is of no service that apprise knows",
    NOT_INSTALLED: "apprise is not installed: pip install makegood[apprise]",
}


async def send(url: str, message: Message, seconds: float = WHOLE) -> str:
    """NotTaken where the service did not take it, or nobody knows whether it did."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "monitor.alerts.channels.by_apprise",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    asked = json.dumps({"url": url, "title": message.title, "text": message.text}).encode()
    try:
        async with asyncio.timeout(seconds):
            await process.communicate(asked)
    except TimeoutError:
        raise NotTaken(f"no answer within {seconds:.0f} s") from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode != TAKEN:
        words = WORDS.get(process.returncode or 0, f"apprise ended with {process.returncode}")
        raise NotTaken(words, for_good=process.returncode in (NO_SERVICE, NOT_INSTALLED))
    return "taken"


def main() -> int:
    """The process: what to send comes in, how it went goes out as the exit code."""
    asked = json.load(sys.stdin)
    try:
        import apprise
    except ImportError:
        return NOT_INSTALLED
    service = apprise.Apprise()
    if not service.add(asked["url"]):
        return NO_SERVICE
    return TAKEN if service.notify(title=asked["title"], body=asked["text"]) else NOT_SENT


if __name__ == "__main__":
    sys.exit(main())
