"""The outages of a section: each whole, with what counts of it as its accounts have it."""

from __future__ import annotations

from dataclasses import replace

from monitor.agreements.evidence import OutageRow, Recorded
from monitor.agreements.pipeline import Accounts, Case
from monitor.config.plan import Service
from monitor.core.intervals import Span, Spans, intersect, normalise, total
from monitor.core.timeline import Outage, outages
from monitor.statements.by_day import timelines
from monitor.statements.notes import Known, about
from monitor.statements.value import OutageLine, Told


def outage_lines(case: Case, accounts: Accounts, service: Service) -> tuple[OutageLine, ...]:
    """The outages of all resources, by their start; what counts of each is what its accounts have of it."""
    seen = [
        (outage, lane if len(case.evidence.resources) > 1 else "")
        for lane, timeline in timelines(case).items()
        for outage in outages(timeline.segments, bridge=case.evidence.bridge)
        if intersect(_extent(case, lane, outage), case.in_force)
    ]
    seen.sort(key=lambda each: (each[0].span.start, each[1]))
    joined = len(accounts) != len(case.evidence.resources)
    return tuple(
        _outage(case, _of_lane(accounts, lane), service.title, letter(place), outage, lane, joined=joined)
        for place, (outage, lane) in enumerate(seen)
    )


def noted(lines: tuple[OutageLine, ...], known: Known) -> tuple[OutageLine, ...]:
    """The outages with what was written of them for the customer."""
    if not known:
        return lines
    return tuple(replace(line, notes=about(known, line.span, line.resource)) for line in lines)


def _of_lane(accounts: Accounts, lane: str) -> Accounts:
    return tuple(account for account in accounts if account.lane == lane) or accounts


def _outage(
    case: Case, accounts: Accounts, title: str, name: str, outage: Outage, lane: str, *, joined: bool
) -> OutageLine:
    excused = [entry for account in accounts for entry in account.excused]
    bad = [piece for account in accounts for piece in account.bad]
    if joined or any(account.unit != "ms" for account in accounts):
        extent = _extent(case, lane, outage)
        by = {e.by for e in excused if intersect((e.piece.span,), extent)}
        counted = total(intersect(normalise(piece.span for piece in bad), extent))
    else:
        by = {e.by for e in excused if e.piece.cause == outage.id}
        counted = sum(piece.size for piece in bad if piece.cause == outage.id)
    return OutageLine(
        letter=name,
        service=title,
        span=outage.span,
        open=outage.open,
        reason=outage.reason,
        duration=total(outage.down),
        in_period=total(intersect(outage.down, case.in_force)),
        counted=counted,
        excused_by=tuple(sorted(by)),
        error=outage.error,
        resource=lane,
        told=_told(case, lane, outage),
    )


def _row(case: Case, lane: str, outage: Outage) -> OutageRow | None:
    """What people told of an outage, where the agreement's clock asks."""
    found = case.evidence.resources.get(lane or next(iter(case.evidence.resources)))
    rows = found.rows if isinstance(found, Recorded) else ()
    return next((row for row in rows if row.id == outage.id), None)


def _told(case: Case, lane: str, outage: Outage) -> Told | None:
    row = _row(case, lane, outage)
    if row is None:
        return None
    return Told(row.reported, row.detected, row.ticket_closed, row.columns["ticket"])


def _extent(case: Case, lane: str, outage: Outage) -> Spans:
    """The time down, and the time for which its ticket was open beyond it."""
    row, end = _row(case, lane, outage), outage.span.end
    if row is None or row.ticket_closed is None or row.ticket_closed <= end:
        return outage.down
    return normalise((*outage.down, Span(end, row.ticket_closed)))


def letter(place: int) -> str:
    """A, B, … Z, AA, AB, …: how a page names its outages."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
