"""The responses of a period as a section shows them: how many were in time, and each that was not.

They are read off the measure that counted them, with the timelines behind; nothing is timed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from monitor.agreements.evaluate import seen_by
from monitor.agreements.pipeline import Case, Clause, Settlement
from monitor.agreements.tickets import Response, Responses, Tickets
from monitor.statements.value import ResponseCount, ResponseLines, TicketLine, TicketPart


def of_tickets(clause: Clause) -> bool:
    """Whether a promise is settled from tickets."""
    return isinstance(clause.measure, Tickets)


def answered(settled: Settlement, cases: Sequence[Case], labels: Sequence[str]) -> TicketPart | None:
    """What each promise of times counted, under its label; `cases` go with the settlement's promises.

    None where there is no such promise.
    """
    seen = [
        (label, named.clause.measure, seen_by(named.name, case))
        for label, named, case in zip(labels, settled.promises, cases, strict=True)
        if isinstance(named.clause.measure, Tickets)
    ]
    known = [case.evidence.tickets_until or 0 for _, _, case in seen]
    return TicketPart(min(known), tuple(_lines(*each) for each in seen)) if seen else None


def _lines(label: str, measure: Tickets, case: Case) -> ResponseLines:
    found = measure.responses(case)
    return ResponseLines(
        promise=label,
        stops=measure.rules.to,
        by=measure.rules.by,
        counts=tuple(_counts(found)),
        late=_each(found.late),
        waiting=_each(found.unfinished),
        aside=_aside(found),
    )


def _counts(found: Responses) -> Iterator[ResponseCount]:
    """How many of each priority were in time, late, and are under way; in the order of their names."""
    in_time, late, waiting = (
        Counter(each.key for each in group) for group in (found.in_time, found.late, found.unfinished)
    )
    for key in sorted({*in_time, *late, *waiting}):
        yield ResponseCount(key, in_time[key], late[key], waiting[key])


def _each(responses: Iterable[Response]) -> tuple[TicketLine, ...]:
    return tuple(
        TicketLine(
            ticket=each.cause,
            key=each.key,
            start=each.course.start,
            due=each.course.due,
            end=each.course.end,
            elapsed=each.course.elapsed,
            allowed=each.course.allowed,
            delay=each.course.delay,
            timeline=each.timeline(),
            changes=each.moved,
        )
        for each in responses
    )


def _aside(found: Responses) -> tuple[tuple[str, int], ...]:
    """Why tickets that were looked at do not count, and how many; the most first."""
    return tuple(sorted(Counter(why for _, why in found.aside).items(), key=lambda each: (-each[1], each[0])))
