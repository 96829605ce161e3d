"""What a schedule looks at: lengths, counts and delays of a reading, and the reading of one outage or miss.

Times and counts are those that are left after all steps. Earlier periods are the rows of the history, the
last of them next to this period; a history that is too short counts as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import takewhile
from typing import Literal

from monitor.agreements.pipeline import Case, Due, Miss, Piece, Reading
from monitor.core.intervals import Ms
from monitor.errors import NoRow

NOTHING = Fraction(0)

By = Literal[
    "figure", "downtime", "longest outage", "outages", "misses", "missed periods", "consecutive misses",
    "delay", "overshoot",
]  # fmt: skip


def looked_at(by: By, over: int | None, reading: Reading, case: Case) -> Fraction | None:
    """The number that a table's rows are asked about, exact; None where the reading has none.

    `figure` and `overshoot` are shares (or the metric's value), times are ms, the rest are counts. `over` is
    how many periods are looked at, this one included.
    """
    match by:
        case "figure":
            return reading.figure
        case "downtime":
            return reading.down
        case "longest outage":
            return max((length(pieces) for pieces in by_cause(reading)), default=NOTHING)
        case "outages":
            return Fraction(len(by_cause(reading)))
        case "misses":
            return Fraction(count(reading.misses))
        case "missed periods":
            return Fraction(missed(reading, case, over or 1))
        case "consecutive misses":
            return Fraction(in_a_row(reading, case))
        case "delay":
            return Fraction(max((miss.delay for miss in reading.misses), default=0))
        case "overshoot":
            return overshoot(reading)


def by_cause(reading: Reading) -> list[tuple[Piece, ...]]:
    """The pieces of each outage, in the order in which the outages begin.

    What touches is one outage. Outages of several resources that are added up stay apart.
    """
    found: list[list[Piece]] = []
    named: dict[tuple[str, str], list[Piece]] = {}
    last: dict[str, list[Piece]] = {}
    for piece in reading.outages:
        own = (piece.lane, piece.cause)
        pieces = named.get(own)
        if pieces is None:
            pieces = last.get(piece.lane)
            if pieces is None or pieces[-1].end != piece.start:
                pieces = []
                found.append(pieces)
            named[own] = pieces
        pieces.append(piece)
        last[piece.lane] = pieces
    return [tuple(pieces) for pieces in found]


def length(pieces: Iterable[Piece]) -> Fraction:
    """How long the pieces last together, in ms, whomever they affect."""
    return Fraction(sum(piece.end - piece.start for piece in pieces))


def count(misses: Iterable[Miss]) -> int:
    """How many events were missed."""
    return sum(miss.count for miss in misses)


def missed(reading: Reading, case: Case, over: int) -> int:
    """How many of the last `over` periods, this one included, missed the commitment."""
    before = case.history[-(over - 1) :] if over > 1 else ()
    return (reading.met is False) + sum(past.met is False for past in before)


def untold(case: Case, over: int) -> int:
    """How many of the last `over` periods, but for this one, nobody knows; none from before the agreement.

    0 where the agreement's first instant is not known.
    """
    before = case.history[-(over - 1) :] if over > 1 else ()
    holes = sum(past.met is None for past in before)
    return holes if reaches_back(case) else holes + over - 1 - len(before)


def reaches_back(case: Case) -> bool:
    """Whether the history begins with the agreement, as far as that is known."""
    told = (past.span.start for past in case.history if past.span)
    return case.first is None or min(told, default=case.period.span.start) <= case.first


def in_a_row(reading: Reading, case: Case) -> int:
    """How many periods in a row, up to this one, missed the commitment."""
    if reading.met is not False:
        return 0
    return 1 + sum(1 for _ in takewhile(lambda past: past.met is False, reversed(case.history)))


def overshoot(reading: Reading) -> Fraction | None:
    """How far past the target, relative to it: of a miss the delay ÷ the time it had, else of the promise.

    NoRow where the target is nothing, or the event had only a date.
    """
    if reading.of == "miss":
        (miss,) = reading.misses
        return _relative(Fraction(miss.delay), Fraction(miss.allowed or 0))
    if reading.figure is None or reading.promise is None:
        return None
    target = reading.promise.value
    found = reading.down if reading.promise_of == "downtime" else reading.figure
    return _relative(found - target if reading.promise.sign in ("<", "<=") else target - found, target)


def _relative(past: Fraction, target: Fraction) -> Fraction:
    if not target:
        raise NoRow("how far past a target of nothing cannot be said relative to it: use by = another number")
    return past / target


def allowance(beyond: Literal["commitment"] | Fraction | None, reading: Reading) -> Fraction:
    """How much time is free, in ms: a time, or what the commitment allows of the period's time."""
    if beyond is None:
        return NOTHING
    if beyond != "commitment":
        return beyond
    if reading.promise is None or reading.promise_of == "metric":
        return NOTHING
    value = reading.promise.value
    return value if reading.promise_of == "downtime" else (1 - value) * reading.time


def shortfall(beyond: Literal["commitment"] | Fraction | None, reading: Reading) -> Fraction:
    """How much the figure falls short of a share, or of the commitment; never less than nothing."""
    if reading.figure is None:
        return NOTHING
    if beyond is not None and beyond != "commitment":
        return max(NOTHING, beyond - reading.figure)
    if reading.promise is None:
        return NOTHING
    short = reading.promise.value - reading.figure
    return max(NOTHING, -short if reading.promise.sign in ("<", "<=") else short)


def each_outage(reading: Reading) -> list[Reading]:
    """The reading of each outage alone."""
    return [_narrowed(reading, pieces) for pieces in by_cause(reading)]


def _narrowed(reading: Reading, pieces: tuple[Piece, ...]) -> Reading:
    return replace(
        reading,
        of="outage",
        outages=pieces,
        bad=sum((piece.size * piece.rate for piece in pieces), NOTHING),
        down=sum(((piece.end - piece.start) * piece.rate for piece in pieces), NOTHING),
    )


def each_miss(reading: Reading) -> list[Reading]:
    """The reading of each miss alone; its `down` is the delay."""
    return [
        replace(reading, of="miss", misses=(miss,), outages=(), down=Fraction(miss.delay))
        for miss in reading.misses
    ]


def begun(reading: Reading) -> tuple[str, Ms | None, str]:
    """The outage or miss that a reading is narrowed to, when it began, and the resource that it is of."""
    if reading.of == "outage":
        first = reading.outages[0]
        return first.cause, first.start, first.lane
    if reading.of == "miss":
        return reading.misses[0].cause, reading.misses[0].due, reading.lane
    return "", None, reading.lane


def incident(due: Due) -> tuple[str, str, str]:
    """What tells one outage or miss that is paid for from another."""
    return due.lane, due.resource, due.outage
