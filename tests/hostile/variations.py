"""A thousand variations of answers, whole and hostile ones: changed, cut, joined and sent in other pieces.

    python -m tests.hostile.variations 1000 SEED

Whatever is sent, the probe does not crash and nothing comes out unknown. Of an answer that is sent as it is,
in whatever pieces, the state is the right one as well; of a changed one nobody knows what is right. Each is
one attempt through the prober's observer, the judge and the confirmation; the wheel has no part in it.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from monitor.config.endpoint import Endpoint, Http
from monitor.core.checks import Confirmation, Expectation, Reason, State, state_of
from monitor.core.judge import judge, resolve
from monitor.prober.attempt import Observer
from monitor.probes import PROBES, Network
from tests.hostile.rows import NASTY, body, chunked, head
from tests.hostile.serving import Row, serve

EXPECTED = Expectation(contains=("welcome",))
TIMEOUT = 150
AT_ONCE = 16
GOOD = (
    body(b"welcome"),
    chunked(b"wel", b"come"),
    head() + b"welcome",
    head(status="100 Continue") + body(b"welcome"),
    body(b"welcome", f"X-Nasty: {NASTY}"),
)
"""Answers that are whole; so they are in whatever pieces they come."""
BAD = (
    b"HTTP/1.1 503 No\r\nContent-Length: 7\r\n\r\nwelcome",
    head("Content-Length: 99") + b"hello",
    head("Content-Encoding: gzip") + b"welcome",
    head("Transfer-Encoding: chunked") + b"ZZZ\r\nwelcome",
    head("Content-Length: 5", "Content-Length: 6") + b"welcome",
    b"<html>welcome</html>",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    head("X: " + "a" * 70_000) + b"welcome",
    b"",
)
"""Answers that are none, or not what is expected; a change may only make them worse, or other."""


LEADS_AWAY = head("Location: http://127.0.0.1:1/", "Content-Length: 0", status="302 Found")
"""Sent as it is alone: changed it might lead anywhere, and tests stay on loopback."""


@dataclass(frozen=True, slots=True)
class Variation:
    """What is sent, in which pieces; `good` says that it is a whole and expected answer."""

    pieces: tuple[bytes, ...]
    good: bool | None


def variations(count: int, seed: int) -> Iterator[Variation]:
    """So many, the same for the same seed."""
    drawing = random.Random(seed)
    for _ in range(count):
        if drawing.random() < 0.3:
            yield Variation(_cut(drawing, drawing.choice(GOOD)), good=True)
        elif drawing.random() < 0.3:
            yield Variation(_cut(drawing, drawing.choice((*BAD, LEADS_AWAY))), good=False)
        else:
            yield Variation(_cut(drawing, _changed(drawing, drawing.choice(GOOD + BAD))), good=None)


def _cut(drawing: random.Random, text: bytes) -> tuple[bytes, ...]:
    """The same bytes in up to eight pieces."""
    places = sorted(drawing.randrange(len(text) + 1) for _ in range(drawing.randrange(8)))
    bounds = [0, *places, len(text)]
    return tuple(text[a:b] for a, b in pairwise(bounds))


def _changed(drawing: random.Random, text: bytes) -> bytes:
    """Bytes flipped, dropped, doubled, or put in; or two answers joined."""
    out = bytearray(text or b"\0")
    for _ in range(drawing.randint(1, 6)):
        at, way = drawing.randrange(len(out) or 1), drawing.randrange(5)
        if way == 0 and out:
            out[at % len(out)] ^= 1 << drawing.randrange(8)
        elif way == 1:
            del out[at : at + drawing.randrange(1, 9)]
        elif way == 2:
            out[at:at] = out[max(0, at - drawing.randrange(40)) : at]
        elif way == 3:
            out[at:at] = drawing.randbytes(drawing.randrange(1, 9))
        else:
            out += drawing.choice(GOOD + BAD)
    return bytes(out)


def _row(variation: Variation) -> Row:
    async def handler(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in variation.pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    reason = Reason.OK if variation.good else Reason.PROTOCOL  # of a changed one nobody knows
    return Row("variation", "", handler, reason, EXPECTED, Http(redirects=2))


async def run(count: int, seed: int) -> tuple[Counter[Reason], list[str]]:
    """How they ended, and what was wrong."""
    ended: Counter[Reason] = Counter()
    wrong: list[str] = []
    places = asyncio.Semaphore(AT_ONCE)
    async with Network() as network:
        observer = Observer(network)

        async def one(variation: Variation) -> None:
            async with places:
                served = await serve(_row(variation))
                try:
                    reason, state = await _slot(served.endpoint(), observer)
                finally:
                    await served.close()
                ended[reason] += 1
                if fault := _fault(variation, reason, state):
                    wrong.append(f"{fault}: {b''.join(variation.pieces)[:200]!r}")

        await asyncio.gather(*(one(each) for each in variations(count, seed)))
    return ended, wrong


async def _slot(endpoint: Endpoint, observer: Observer) -> tuple[Reason, State | None]:
    facts = await observer.observe(PROBES["http"], endpoint)
    reason = judge(facts, endpoint.expectation)
    return reason, resolve([reason], Confirmation(1, 1))


def _fault(variation: Variation, reason: Reason, state: State | None) -> str | None:
    if reason is Reason.PROBER_BUG:
        return "the probe crashed"
    if state is None or state is State.UNKNOWN or state_of(reason) is State.UNKNOWN:
        return f"unknown, {reason}"
    if variation.good is not None and (state is State.UP) is not variation.good:
        return f"{state.name}, {reason}"
    return None


def main() -> None:
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    ended, wrong = asyncio.run(run(count, seed))
    for reason, times in ended.most_common():
        print(f"{times:7,} {reason}")
    print(f"{count:7,} variations of seed {seed}, {len(wrong)} wrong")
    for each in wrong[:20]:
        print(f"WRONG {each}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
