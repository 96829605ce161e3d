"""The outages that our checks saw, of an agreement that they do not settle: what counts nobody says here."""

from __future__ import annotations

from monitor.config.plan import Agreement
from monitor.core.intervals import intersect, total
from monitor.core.periods import Period
from monitor.core.timeline import outages
from monitor.statements.books import Books
from monitor.statements.happened import letter
from monitor.statements.lives import bridge
from monitor.statements.value import OutageLine


def seen_outages(books: Books, agreement: Agreement, period: Period) -> tuple[OutageLine, ...]:
    """Each outage that touches the period, in order of time; nothing of it is counted."""
    service, reach = books.plan.services[agreement.service], books.reach(period)
    seen, bridged = books.resources(agreement, reach, None), bridge(books.intervals(service, reach))
    in_force = agreement.in_force(period)
    found = [
        (outage, lane if len(seen) > 1 else "")
        for lane, timeline in seen.items()
        for outage in outages(timeline.segments, bridge=bridged)
        if intersect(outage.down, in_force)
    ]
    found.sort(key=lambda each: (each[0].span.start, each[1]))
    return tuple(
        OutageLine(
            letter=letter(place),
            service=service.title,
            span=outage.span,
            open=outage.open,
            reason=outage.reason,
            duration=total(outage.down),
            in_period=total(intersect(outage.down, in_force)),
            counted=0,
            excused_by=(),
            error=outage.error,
            resource=lane,
        )
        for place, (outage, lane) in enumerate(found)
    )
