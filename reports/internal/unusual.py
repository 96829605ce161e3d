"""PURE. What was unusual for its hour of the week, in a sentence."""

from __future__ import annotations

from fractions import Fraction

from monitor.core.intervals import HOUR
from monitor.operations.anomalies import Note
from reports import format as f


def noted(note: Note, name: str, zone: str) -> str:
    """`Checkout API, 6 Oct, 14:00 CEST to 15:00: a median of 812 ms, usually 120 ms (11 weeks)`."""
    when = f"{name}, {f.moment(note.at, zone)} to {f.clock(note.at + HOUR, zone, seconds=False)}"
    weeks = f.plural(note.usual.weeks, "week", "weeks")
    if note.what == "latency":
        return f"{when}: a median of {_ms(note.value)}, usually {_ms(note.usual.middle)} ({weeks})"
    began = f.plural(int(note.value), "incident began", "incidents began")
    return f"{when}: {began}, usually {f.number(note.usual.middle)} ({weeks})"


def _ms(tenths: Fraction) -> str:
    """Whole milliseconds, the started one counted."""
    return f"{f.number(-(-tenths // 10))} ms"
