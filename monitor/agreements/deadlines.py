"""Deadlines of a claim as dates in the agreement's zone, the day included; hours end at an instant.

Where several outages are credited, the notice runs from the first of them, which is the earliest deadline,
and the claim from the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta

from monitor.agreements.claim import Claim, Deadline
from monitor.agreements.evidence import Evidence, OutageRow, Recorded
from monitor.agreements.pipeline import Case, Miss, Named, Piece, Settlement
from monitor.agreements.spans import month_end, months_later
from monitor.core.calendars import Calendar, business_day_after
from monitor.core.cycles import Cycle, Every, following, holding
from monitor.core.intervals import HOUR, Ms, Span
from monitor.core.periods import local, midnight
from monitor.errors import ConfigError
from monitor.records import dataclass

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ClaimDates:
    """The last days of a claim, each included; None for a step that nobody asks for.

    `notify_at` and `claim_at` are the last instants where a step is counted in hours, UTC ms. A step that
    runs from an outage has no day where nothing was missed.
    """

    automatic: bool
    notify_by: date | None = None
    claim_by: date | None = None
    notify_at: Ms | None = None
    claim_at: Ms | None = None


AUTOMATIC = ClaimDates(automatic=True)


@dataclass(frozen=True, slots=True)
class Happened:
    """What a deadline may run from: one outage or miss that counts."""

    start: Ms
    end: Ms
    aware: Ms
    reported: Ms
    closed: Ms
    due: Ms


def dates(case: Case, settlement: Settlement) -> ClaimDates:
    """The dates of all promises that were missed: the earliest day of each step, automatic where all are."""
    found = [dates_of(named.clause.claim, case, named) for named in settlement.promises if _missed(named)]
    found = found or [dates_of(settlement.promises[0].clause.claim, case, settlement.promises[0])]
    asked = [each for each in found if not each.automatic]
    if not asked:
        return AUTOMATIC
    return ClaimDates(
        automatic=False,
        notify_by=min((each.notify_by for each in asked if each.notify_by), default=None),
        claim_by=min((each.claim_by for each in asked if each.claim_by), default=None),
        notify_at=min((each.notify_at for each in asked if each.notify_at is not None), default=None),
        claim_at=min((each.claim_at for each in asked if each.claim_at is not None), default=None),
    )


def by_what_was_seen(case: Case, seen: Sequence[Span]) -> tuple[ClaimDates, date | None]:
    """The dates where nobody can tell what counts, by the outages that were seen; and the safest day.

    Where none was seen, a claim that runs from an outage has the earliest day that it could have.
    """
    claims = [clause.claim for _, clause in case.contract.promises]
    asked = [claim for claim in claims if claim.by is not None or claim.notify is not None]
    if not asked:
        return AUTOMATIC, None
    happened = [Happened(at.start, at.end, at.start, at.start, at.end, at.start) for at in sorted(seen)]
    first = case.period.span.start
    earliest = happened or [Happened(first, first, first, first, first, first)]
    noticed = [_last(claim.notify, claim, case, happened[:1]) for claim in asked]
    claimed = [_last(claim.by, claim, case, earliest[-1:]) for claim in asked]
    alone = [
        day
        for claim in asked
        if claim.by is not None and claim.by.anchor in OF_OUTAGES
        for each in happened
        if (day := _last(claim.by, claim, case, [each])[0])
    ]
    found = ClaimDates(
        automatic=False,
        notify_by=min((day for day, _ in noticed if day), default=None),
        claim_by=min((day for day, _ in claimed if day), default=None),
        notify_at=min((at for _, at in noticed if at is not None), default=None),
        claim_at=min((at for _, at in claimed if at is not None), default=None),
    )
    return found, min(alone, default=None)


OF_OUTAGES: frozenset[str] = frozenset(
    {"outage", "outage end", "awareness", "report", "ticket closed", "due"}
)


def safest(case: Case, settlement: Settlement) -> date | None:
    """The earliest last day to claim, were the claim of each outage to run from that outage alone.

    None where no claim runs from outages. A text that says "the incident" may be read so by who pays.
    """
    found = []
    for named in settlement.promises:
        claim = named.clause.claim
        if claim.by is not None and claim.by.anchor in OF_OUTAGES and _missed(named):
            happened = sorted(_happened(case, named), key=lambda each: each.start)
            found += [_last(claim.by, claim, case, [each])[0] for each in happened]
    return min((day for day in found if day is not None), default=None)


def _missed(named: Named) -> bool:
    return any(not reading.met for reading in named.readings)


def dates_of(claim: Claim, case: Case, named: Named) -> ClaimDates:
    """The dates of one promise's claim. ConfigError for business days without a calendar."""
    if claim.by is None and claim.notify is None:
        return AUTOMATIC
    happened = sorted(_happened(case, named), key=lambda each: each.start)
    notify, notify_at = _last(claim.notify, claim, case, happened[:1])
    by, at = _last(claim.by, claim, case, happened[-1:])
    return ClaimDates(automatic=False, notify_by=notify, claim_by=by, notify_at=notify_at, claim_at=at)


def _last(
    deadline: Deadline | None, claim: Claim, case: Case, happened: list[Happened]
) -> tuple[date | None, Ms | None]:
    """The last day of a step, and its last instant where it is counted in hours."""
    at = _anchor(deadline, case, happened) if deadline else None
    if deadline is None or at is None:
        return None, None
    if deadline.unit == "hours":
        return _day(at + deadline.count * HOUR, case), at + deadline.count * HOUR
    whole = deadline.anchor in ("period", "month", "quarter")
    return _DAYS[deadline.kind](deadline, _day(at - 1 if whole else at, case), claim, case), None


def _anchor(deadline: Deadline, case: Case, happened: list[Happened]) -> Ms | None:
    """The instant that a deadline runs from; the first one after a whole period."""
    if deadline.anchor == "period":
        return case.period.span.end
    if deadline.anchor in ("month", "quarter"):
        every: Every = "calendar month" if deadline.anchor == "month" else "calendar quarter"
        at = happened[0].start if happened else case.period.span.end - 1
        return holding(Cycle(every, _zone(case)), at).span.end
    if not happened:
        return None
    return _INSTANTS[deadline.anchor](happened[0])


_INSTANTS: dict[str, Callable[[Happened], Ms]] = {
    "outage": lambda it: it.start,
    "outage end": lambda it: it.end,
    "awareness": lambda it: it.aware,
    "report": lambda it: it.reported,
    "ticket closed": lambda it: it.closed,
    "due": lambda it: it.due,
}


def _after(deadline: Deadline, day: date, claim: Claim, case: Case) -> date:
    match deadline.unit:
        case "business days":
            return business_day_after(_calendar(claim, case), day, deadline.count)
        case "weeks":
            return day + timedelta(weeks=deadline.count)
        case "months":
            return _months_after(deadline, day)
        case _:
            return day + timedelta(days=deadline.count)


def _months_after(deadline: Deadline, day: date) -> date:
    """Months after a period are whole ones: a month after February ends with March."""
    if deadline.anchor in ("period", "month", "quarter"):
        return months_later(day + ONE_DAY, deadline.count) - ONE_DAY
    return months_later(day, deadline.count)


def _end_of_month(deadline: Deadline, day: date, claim: Claim, case: Case) -> date:
    return month_end(months_later(day.replace(day=1), 1))


def _day_of_month(deadline: Deadline, day: date, claim: Claim, case: Case) -> date:
    first = months_later(day.replace(day=1), 1)
    return min(first + timedelta(days=deadline.count - 1), month_end(first))


def _end_of_billing(deadline: Deadline, day: date, claim: Claim, case: Case) -> date:
    """The last day of the billing month after the one that a day is in: the second, counting that one."""
    zone = _zone(case)
    anchor = _day(case.first, case) if case.first is not None else date(day.year, 1, 1)
    cycle = Cycle("billing month", zone, anchor=anchor, billing_day=case.billing_day)
    period = following(cycle, holding(cycle, midnight(day, zone)))
    return local(period.span.end - 1, zone).date()


_DAYS: dict[str, Callable[[Deadline, date, Claim, Case], date]] = {
    "after": _after,
    "end of month": _end_of_month,
    "end of billing month": _end_of_billing,
    "day of month": _day_of_month,
    "second billing cycle": _end_of_billing,
}


def _calendar(claim: Claim, case: Case) -> Calendar:
    if claim.calendar is None or claim.calendar not in case.calendars:
        raise ConfigError(f'business days of a claim need a calendar, and "{claim.calendar}" is none')
    return case.calendars[claim.calendar]


def _happened(case: Case, named: Named) -> Iterator[Happened]:
    """The outages and misses that count, with what the evidence says of them."""
    evidence = case.apart.get(named.name, case.evidence)
    for reading in named.readings:
        for miss in reading.misses:
            yield _missed_event(miss, case)
        if not reading.misses:
            yield from _outages(reading.outages, evidence, case.period.span)


def _missed_event(miss: Miss, case: Case) -> Happened:
    end = case.as_of if miss.finished is None else miss.finished
    return Happened(miss.start, end, miss.start, miss.start, end, miss.due)


def _outages(pieces: Iterable[Piece], evidence: Evidence, period: Span) -> Iterator[Happened]:
    by_cause: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_cause.setdefault(piece.cause, []).append(piece)
    for own in by_cause.values():
        start, end = own[0].start, max(piece.end for piece in own)
        rows = list(_rows(own, evidence))
        if start == period.start:  # cut there
            start = min((row.span.start for row in rows), default=start)
        if end == period.end:
            end = max((row.span.end for row in rows), default=end)
        reported = min((row.reported for row in rows if row.reported is not None), default=start)
        detected = min((row.detected for row in rows if row.detected is not None), default=reported)
        closed = max((row.ticket_closed for row in rows if row.ticket_closed is not None), default=end)
        yield Happened(start, end, detected, reported, closed, start)


def _rows(pieces: list[Piece], evidence: Evidence) -> Iterator[OutageRow]:
    """The rows of a file that an outage is made of: those that touch its pieces."""
    lanes = {piece.lane for piece in pieces} & set(evidence.resources) or set(evidence.resources)
    for lane in sorted(lanes):
        resource = evidence.resources[lane]
        if isinstance(resource, Recorded):
            for row in resource.rows:
                if any(row.span.start <= piece.end and piece.start <= row.span.end for piece in pieces):
                    yield row


def _zone(case: Case) -> str:
    return case.zone or case.period.zone


def _day(at: Ms, case: Case) -> date:
    return local(at, _zone(case)).date()
