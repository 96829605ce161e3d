"""A webhook: JSON by POST, signed where there is a secret. No redirect is followed, little of an answer read.

The signature is HMAC-SHA256 (RFC 2104) over the instant, a dot and the body, so that neither can be changed
and an old message is known as old: `Makegood-Signature: t=1796000000,v1=9f86d0…`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Final

import aiohttp

from monitor import __version__
from monitor.alerts.channels.message import Message, NotTaken
from monitor.core.intervals import HOUR, SECOND, Ms

CONNECT: Final = 5.0
WHOLE: Final = 15.0
WORDS: Final = 2.0
READ: Final = 4_096
WAIT_AT_MOST: Final[Ms] = HOUR
TRY_AGAIN: Final = frozenset({408, 425, 429})


async def send(url: str, secret: str | None, message: Message, now: Ms) -> str:
    """What the receiver said. NotTaken where it did not take it, or nobody knows whether it did."""
    body = json.dumps(message.data, ensure_ascii=False, sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"Makegood/{__version__}",
        "Idempotency-Key": message.key,
    }
    if secret is not None:
        headers["Makegood-Signature"] = signature(secret, body, now // SECOND)
    timeout = aiohttp.ClientTimeout(total=WHOLE, connect=CONNECT)
    try:
        async with (
            aiohttp.ClientSession(
                timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            return _judged(response, f"{response.status} {_line(await _read(response))}".strip())
    except TimeoutError as error:
        raise NotTaken(f"no answer within {WHOLE:.0f} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotTaken(_fault(error)) from None


async def _read(response: aiohttp.ClientResponse) -> str:
    """The beginning of what it says beside the status, which alone decides: "" where that does not come."""
    try:
        async with asyncio.timeout(WORDS):
            return (await response.content.read(READ)).decode("utf-8", "replace")
    except (TimeoutError, aiohttp.ClientError, OSError):
        return ""


def _fault(error: Exception) -> str:
    """What went wrong, without the address, which may be a secret and which aiohttp likes to repeat."""
    if isinstance(error, aiohttp.ClientConnectionError):
        return _line(str(error)) or type(error).__name__
    if isinstance(error, aiohttp.ClientResponseError):
        return "the answer is no HTTP"
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return "the address is none: it begins with https://, a host and a path"
    return type(error).__name__


def _judged(response: aiohttp.ClientResponse, words: str) -> str:
    if 200 <= response.status < 300:
        return words
    lasting = 300 <= response.status < 500 and response.status not in TRY_AGAIN
    raise NotTaken(words, for_good=lasting, after=_asked(response.headers.get("Retry-After", "")))


def _asked(text: str) -> Ms | None:
    """How long the receiver asks to wait; a date is not looked at."""
    return (
        min(int(text) * SECOND, WAIT_AT_MOST)
        if text.isascii() and text.isdigit() and len(text) < 10
        else None
    )


def signature(secret: str, body: bytes, seconds: int) -> str:
    """`t=1796000000,v1=…`, over `1796000000.BODY`."""
    made = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={made.hexdigest()}"


def _line(said: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:200]
