"""Pushed metrics: exact decimals in a table of their own, kept once however often they come.

Short transactions from any process, as the journal's: nothing here takes the writer's lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Final

from monitor.core.intervals import Ms, Span
from monitor.errors import EvidenceRefused
from monitor.store.errors import Contradicted
from monitor.store.protocol import Pushed
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import told
from monitor.store.transaction import immediate

PLACES: Final = 12
LARGEST: Final = 10**18

_SELECT: Final = "SELECT name, at, value, once, received FROM metric"


class SqliteMetrics:
    """Implements `protocol.Metrics`; every call opens and closes its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def push(self, name: str, at: Ms, value: Fraction, key: str, received: Ms) -> bool:
        """Keep a value, durably; False where the same one is there by that name and key."""
        row = (name, key, at, text_of(value), received)
        with told(self._path), closing(connect(self._path)) as connection, immediate(connection):
            done = connection.execute(
                "INSERT INTO metric (name, once, at, value, received) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (name, once) DO NOTHING",
                row,
            )
            if done.rowcount:
                return True
            there = connection.execute(
                "SELECT at, value FROM metric WHERE name = ? AND once = ?", (name, key)
            ).fetchone()
            if there != (at, row[3]):
                raise Contradicted(
                    f'{name}: "{key:.60}" is there already, of another instant or as {there[1]}; '
                    "give this one an id of its own"
                )
            return False

    def values(self, name: str, span: Span) -> Sequence[Pushed]:
        """Those of a metric within a span, in order of their instant, and then as they came."""
        asked = (name, span.start, span.end)
        with self._reading() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE name = ? AND at >= ? AND at < ? ORDER BY at, seq", asked
            )
            return [_pushed(row) for row in rows]

    def figures(self, name: str, spans: Sequence[Span]) -> Sequence[Sequence[Fraction]]:
        """The values alone, for each span."""
        with self._reading() as connection:
            return [
                [value_of(value) for (value,) in connection.execute(
                    "SELECT value FROM metric WHERE name = ? AND at >= ? AND at < ? ORDER BY at, seq",
                    (name, span.start, span.end),
                )]
                for span in spans
            ]  # fmt: skip

    def last(self, name: str, count: int) -> Sequence[Pushed]:
        """The newest so many, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE name = ? ORDER BY at DESC, seq DESC LIMIT ?", (name, count)
            )
            return [_pushed(row) for row in rows][::-1]

    def known(self) -> Sequence[tuple[str, int, Ms]]:
        """The name of each metric that was ever pushed, how many values, and the newest instant."""
        with self._reading() as connection:
            return connection.execute(
                "SELECT name, count(*), max(at) FROM metric GROUP BY name ORDER BY name"
            ).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with told(self._path), closing(connect(self._path, readonly=True)) as connection:
            yield connection


def text_of(value: Fraction) -> str:
    """A figure as decimal text, exactly; EvidenceRefused for one that has none, or is too long."""
    scaled = value * 10**PLACES
    if scaled.denominator != 1 or abs(value) >= LARGEST:
        raise EvidenceRefused(
            "a metric has at most 18 digits before the point and 12 after it: round it before it is pushed"
        )
    whole, part = divmod(abs(scaled.numerator), 10**PLACES)
    digits = f"{whole}.{part:0{PLACES}d}".rstrip("0").rstrip(".")
    return f"-{digits}" if value < 0 else digits


def value_of(text: str) -> Fraction:
    """The figure of a decimal text."""
    whole, _, part = text.partition(".")
    return Fraction(int(whole + part), 10 ** len(part))


def _pushed(row: tuple[str, Ms, str, str, Ms]) -> Pushed:
    name, at, value, key, received = row
    return Pushed(name, at, value_of(value), key, received)
