"""Rows of an outages file become outages, joined before anything is asked, on the promise's clock.

Rows of one id are one outage of a resource, and so are rows that overlap or touch. The clock of a promise may
begin and end elsewhere than the failure did; a clock that begins after the end counts nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from monitor.agreements.evidence import OutageRow, Recorded
from monitor.agreements.lanes import chosen
from monitor.agreements.pipeline import Case
from monitor.agreements.terms import Only, Terms
from monitor.core.intervals import Ms, Span
from monitor.core.timeline import outage_id
from monitor.records import dataclass

Starts = Literal["first failure", "last success", "detected", "reported"]
Ends = Literal["restored", "ticket closed"]
Stretch = tuple[Ms, Ms, Fraction]
"""A stretch of an outage, and the share of the population that it affects."""

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Incident:
    """One outage of one resource. `stretches` are apart; shares that overlap add up to 1 at most."""

    cause: str
    rows: tuple[OutageRow, ...]
    stretches: tuple[Stretch, ...]

    @property
    def affected(self) -> Fraction | None:
        """The largest share of the population at any time; None where a row does not say."""
        if any(row.affected is None for row in self.rows):
            return None
        return max(share for _, _, share in self.stretches)

    @property
    def whats(self) -> frozenset[str]:
        """The classes of its rows, but for none."""
        return frozenset(row.what for row in self.rows if row.what)


@dataclass(frozen=True, slots=True)
class Outages:
    """Which rows are looked at, and where the clock of an outage begins and ends.

    `reported` and `detected` are the earliest that any row of the outage gives, never before its first
    failure; an outage of which nobody says so never began. `last success` is the first failure where it is
    not known, `ticket closed` (the latest) the end of the failure.
    """

    only: Only = ()
    starts: Starts = "first failure"
    ends: Ends = "restored"

    def of(self, recorded: Recorded, as_of: Ms) -> tuple[Incident, ...]:
        """The outages of a resource, oldest first; what is open ends at `as_of`."""
        seen = (_closed(row, as_of) for row in recorded.rows if self._looks_at(row))
        rows = sorted((row for row in seen if row.span.length), key=lambda row: (row.span, row.id))
        moved = [
            (stretch, (at, group)) for at, group in enumerate(_groups(rows)) for stretch in self._moved(group)
        ]
        return tuple(sorted(_incidents(moved), key=lambda incident: incident.stretches[0]))

    def _looks_at(self, row: OutageRow) -> bool:
        return not self.only or chosen(self.only, {**row.columns, "class": row.what})

    def _moved(self, rows: Sequence[OutageRow]) -> list[Stretch]:
        first, last = rows[0].span.start, max(row.span.end for row in rows)
        begin, finish = self._begin(rows, first), self._finish(rows, last)
        if begin is None:
            return []
        moved = (
            (
                begin if row.span.start == first else max(begin, row.span.start),
                finish if row.span.end == last else min(finish, row.span.end),
                ONE if row.affected is None else row.affected,
            )
            for row in rows
        )
        return [stretch for stretch in moved if stretch[0] < stretch[1]]

    def _begin(self, rows: Sequence[OutageRow], first: Ms) -> Ms | None:
        if self.starts == "first failure":
            return first
        if self.starts == "last success":
            return min((row.last_good for row in rows if row.last_good is not None), default=first)
        at = [row.reported if self.starts == "reported" else row.detected for row in rows]
        told = min((each for each in at if each is not None), default=None)
        return None if told is None else max(first, told)

    def _finish(self, rows: Sequence[OutageRow], last: Ms) -> Ms:
        if self.ends == "restored":
            return last
        return max((row.ticket_closed for row in rows if row.ticket_closed is not None), default=last)

    def say(self) -> str:
        """`from the first failing check to recovery`."""
        return f"{_FROM[self.starts]} {_TO[self.ends]}"


_FROM: dict[Starts, str] = {
    "first failure": "from the first failing check",
    "last success": "from the last good check before it",
    "detected": "from its detection",
    "reported": "from its report",
}
_TO: dict[Ends, str] = {"restored": "to recovery", "ticket closed": "until its ticket is closed"}


def rule(terms: Terms) -> Outages:
    """How the terms of a promise read outages."""
    both = tuple(dict.fromkeys((*terms.measure.only, *terms.outage.only)))
    return Outages(both, terms.outage.starts, terms.outage.ends)


def facts(how: Outages, case: Case, lane: str) -> Mapping[str, Incident]:
    """What the file says of each outage of a resource, by cause; nothing where the monitor saw it itself."""
    recorded = case.evidence.resources.get(lane)
    if not isinstance(recorded, Recorded):
        return {}
    return {incident.cause: incident for incident in how.of(recorded, case.as_of)}


def linked(items: Sequence[tuple[Ms, Ms, Hashable]]) -> list[int]:
    """For each stretch, in order of start, the place of the first that it is one with.

    Stretches are one where they overlap or touch, where they have the same key (but None), and where others
    link them.
    """
    roots: list[int] = []
    keys: dict[Hashable, int] = {}
    latest = 0
    for at, (start, end, key) in enumerate(items):
        roots.append(at)
        if at and start <= items[latest][1]:
            _link(roots, latest, at)
        if key is not None:
            _link(roots, keys.setdefault(key, at), at)
        if end > items[latest][1]:
            latest = at
    return [_root(roots, at) for at in range(len(roots))]


def _root(roots: list[int], at: int) -> int:
    while roots[at] != at:
        roots[at] = at = roots[roots[at]]
    return at


def _link(roots: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(roots, one), _root(roots, other)))
    roots[second] = first


def flattened(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Apart and in order, the shares of what overlaps added up to 1 at most."""
    changes = sorted(
        change
        for start, end, share in stretches
        for change in ((start, 1, share), (end, -1, -share))
        if start < end
    )
    out: list[Stretch] = []
    depth, hit, since = 0, Fraction(0), 0
    for at, step, share in changes:
        if depth and since < at:
            _append(out, since, at, min(ONE, hit))
        depth, hit, since = depth + step, hit + share, at
    return tuple(out)


def _append(out: list[Stretch], start: Ms, end: Ms, share: Fraction) -> None:
    if out and out[-1][1] == start and out[-1][2] == share:
        start = out.pop()[0]
    out.append((start, end, share))


def _closed(row: OutageRow, as_of: Ms) -> OutageRow:
    return replace(row, span=Span(row.span.start, max(row.span.start, as_of))) if row.open else row


def _groups(rows: Sequence[OutageRow]) -> list[list[OutageRow]]:
    roots = linked([(row.span.start, row.span.end, row.id or None) for row in rows])
    groups: dict[int, list[OutageRow]] = {}
    for row, root in zip(rows, roots, strict=True):
        groups.setdefault(root, []).append(row)
    return list(groups.values())


def _incidents(moved: list[tuple[Stretch, tuple[int, list[OutageRow]]]]) -> Iterable[Incident]:
    """Outages that a clock has moved onto each other are one."""
    moved.sort(key=lambda each: (each[0][:2], each[1][0]))
    roots = linked([(start, end, at) for (start, end, _), (at, _) in moved])
    found: dict[int, tuple[dict[int, list[OutageRow]], list[Stretch]]] = {}
    for (stretch, (at, rows)), root in zip(moved, roots, strict=True):
        members, stretches = found.setdefault(root, ({}, []))
        members[at] = rows
        stretches.append(stretch)
    for members, stretches in found.values():
        rows = [row for group in members.values() for row in group]
        named = next((row.id for row in rows if row.id), "")
        yield Incident(named or outage_id(rows[0].span.start), tuple(rows), flattened(stretches))
