"""How answers are laid out: tables in plain characters for people, JSON for programs.

JSON speaks as the statement's twin does: an instant is UTC text to the millisecond, a duration an integer of
ms with `_ms` in its name, a share a numerator and a denominator, money integer minor units with its currency.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from io import TextIOWrapper
from textwrap import wrap
from typing import IO, TYPE_CHECKING

import click

from monitor.core.checks import Reason
from monitor.core.intervals import Ms

if TYPE_CHECKING:
    from monitor.core.money import Amount
    from monitor.core.numbers import Bound

WRONG, WARN = "red", "yellow"
COLOURS = {"x": WRONG, "!": WARN, "?": WARN}

NARROW = 80
KEPT = "\u00a0"
PERCENT = re.compile(r"(?<=\d) (?=%)")

SPOKEN = {
    Reason.STATUS: "unexpected status",
    Reason.PROTOCOL: "protocol error",
    Reason.PROBER_BUG: "a fault in Makegood",
}


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = (), fit: int | None = None
) -> list[str]:
    """Columns two spaces apart, those in `right` set to the right; the first line is the head.

    Wider than `fit` characters, columns stand one space apart where that is enough.
    """
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    found = [_row(line, widths, right, "  ") for line in lines]
    if fit is not None and widest(found) > fit:
        close = [_row(line, widths, right, " ") for line in lines]
        return close if widest(close) <= fit else found
    return found


def widest(lines: Iterable[str]) -> int:
    """How many characters the longest line has."""
    return max(map(len, lines), default=0)


def _row(cells: Sequence[str], widths: Sequence[int], right: Collection[int], apart: str) -> str:
    set_ = [
        cell.rjust(width) if column in right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return apart.join(set_).rstrip()


def marked(lines: Iterable[str], marks: Sequence[str]) -> list[str]:
    """Put a one-character mark before each line of a table (the head has none); it carries the colour too."""
    return [
        click.style(f"{mark} {line}", fg=COLOURS[mark]) if mark in COLOURS else f"{mark} {line}"
        for mark, line in zip((" ", *marks), lines, strict=True)
    ]


def spoken(reason: Reason) -> str:
    """A reason of the closed list as words: `connection refused`, `unexpected status`."""
    words = SPOKEN.get(reason, reason.value.replace("_", " "))
    return words.replace("tls", "TLS").replace("dns", "DNS").replace("json", "JSON")


def filled(text: str, width: int, *, under: str = "") -> list[str]:
    """Text in lines of a width, those after the first below `under`; `99.9 %` is never parted."""
    lines = wrap(PERCENT.sub(KEPT, text), width, subsequent_indent=under)
    return [line.replace(KEPT, " ") for line in lines]


def shortened(names: Iterable[str], most: int = 8) -> str:
    """`A, B and C`; of many the first, and how many more there are."""
    from reports.format import listed

    each = tuple(dict.fromkeys(names))
    if len(each) > most:
        each = (*each[:most], f"{len(each) - most:,} more")
    return listed(each)


def show(lines: Iterable[str]) -> None:
    """Lines to stdout."""
    for line in lines:
        click.echo(line)


def talk(text: str) -> None:
    """A line to stderr."""
    click.echo(text, err=True)


def show_json(value: object) -> None:
    """One JSON document to stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def utf8_stdout() -> Iterator[IO[str]]:
    """stdout for what another program reads: UTF-8 whatever the terminal has, line ends as written."""
    stream = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield stream
        stream.flush()
    finally:
        with suppress(OSError):
            stream.detach()


def utc(at: Ms | None) -> str | None:
    """`2026-10-06T12:02:10.000Z`."""
    if at is None:
        return None
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_the_second(at: Ms) -> str:
    """`2026-10-06T12:02:10Z`: an instant cut to the second, for a table."""
    return f"{utc(at - at % 1_000)}".replace(".000Z", "Z")


def lasted(ms: Ms) -> str:
    """`2:05:00`: hours, minutes and seconds, cut to the second."""
    minutes, seconds = divmod(ms // 1_000, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def exact(value: Fraction | None) -> dict[str, int] | None:
    """A share in lowest terms."""
    return None if value is None else {"numerator": value.numerator, "denominator": value.denominator}


def owed(amount: Amount | None) -> dict[str, object] | None:
    """Integer minor units with their currency, and the decimal for reading."""
    if amount is None:
        return None
    return {"minor": amount.minor, "currency": amount.currency, "decimal": f"{amount.decimal:f}"}


def bound(value: Bound | None) -> dict[str, object] | None:
    """A commitment: its sign and its exact share."""
    return None if value is None else {"sign": value.sign, "value": exact(value.value)}
