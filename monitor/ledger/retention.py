"""Which good checks may be forgotten, and what keeps the others: the agreements' terms, disputes, and holds.

A period is settled once its statement was issued, the time to dispute it is over, and no dispute is open.
Nothing goes from a year before the first period that is not. What single checks are counted from never goes,
and neither does what a hold names, nor an endpoint that the configuration no longer has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from monitor.config.plan import Agreement, Plan
from monitor.core.checks import LaneId
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.periods import Period, local, month, month_of
from monitor.ledger.disputes import KINDS as DISPUTES
from monitor.ledger.disputes import disputes
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.counted import needs_of
from monitor.statements.holds import ALL, Hold, standing
from monitor.statements.holds import KINDS as HOLDS
from monitor.statements.periods import ending_in
from monitor.store.protocol import Ledger, Paper, Snapshot

LONGEST: Final[Ms] = 366 * DAY
"""A statement may rest on evidence from so long before its month: on a year's figures."""
CLAIMED: Final[Ms] = 366 * DAY
"""How long after its end a period of what we buy may still be claimed, where the agreement does not say."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Up to when the good checks of an endpoint may go, and what keeps those after it."""

    endpoint: str
    lane: LaneId
    upto: Ms
    why: str


def limits(plan: Plan, snapshot: Snapshot, ledger: Ledger, now: Ms) -> list[Limit]:
    """The limit of each endpoint; none at all where checks are kept for ever."""
    keep = plan.settings.keep_checks
    if keep is None:
        return []
    books = Books(plan, snapshot, now)
    settled = Settled(plan, snapshot, ledger, now)
    holds = standing(snapshot.events(kinds=HOLDS))
    single = {
        need.lane
        for need in needs_of(plan, {k: lane.id for k, lane in books.lanes.items()})
        if not need.is_kept
    }
    return [
        Limit(
            key,
            lane.id,
            *min([(now - keep, "[monitor] keep_checks"), *_bounds(books, key, settled, holds, single)]),
        )
        for key, lane in books.lanes.items()
    ]


def _bounds(
    books: Books, endpoint: str, settled: Settled, holds: Mapping[str, Hold], single: set[LaneId]
) -> Iterator[tuple[Ms, str]]:
    if books.lanes[endpoint].id in single:
        yield (0, "an agreement counts single checks")
    names = {endpoint, ALL}
    for agreement in books.plan.agreements.values():
        service = books.plan.services[agreement.service]
        if any(each.id == endpoint for each in books.watched(service)):
            names |= {agreement.customer, agreement.service}
            yield from settled.bound(agreement, min(life.start for life in books.lanes[endpoint].life))
    yield from ((0, f"held by {hold.author}: {hold.reason}") for key, hold in holds.items() if key in names)


class Settled:
    """Since when the periods of agreements are not settled. One that ended over a year ago has none ahead."""

    def __init__(self, plan: Plan, snapshot: Snapshot, ledger: Ledger, now: Ms) -> None:
        self._now = now
        self._papers: dict[tuple[str, str], Paper] = {}
        for paper in ledger.papers():
            self._papers[paper.customer, paper.period] = paper
        found = disputes(snapshot.events(kinds=DISPUTES))
        self._disputed = {each.number for each in found if each.state != "closed"}

    def bound(self, agreement: Agreement, recorded: Ms) -> Iterator[tuple[Ms, str]]:
        """The instant from which on its evidence is needed, and why; nothing was `recorded` before that."""
        label = month_of(max(agreement.first, recorded), agreement.zone).label
        while (period := month(label, agreement.zone)).span.end <= self._now:
            why = self._open(agreement, label, period.span.end) if ending_in(agreement, label) else None
            if why is not None:
                yield (period.span.start - LONGEST, f"{agreement.customer}, {label}: {why}")
                return
            label = month_of(period.span.end, agreement.zone).label
        if agreement.in_force(Period(Span(self._now - LONGEST, period.span.end), agreement.zone, label)):
            yield (period.span.start - LONGEST, f"{agreement.customer}, {label}: it is not over")

    def _open(self, agreement: Agreement, label: str, end: Ms) -> str | None:
        """Why a month is not settled; None where it is."""
        if agreement.kind == "provider":
            until = end + (agreement.dispute or CLAIMED)
            return None if until <= self._now else f"it can be claimed until {_day(until, agreement.zone)}"
        paper = self._papers.get((agreement.customer, label))
        if paper is None:
            return "no statement was issued"
        if paper.number in self._disputed:
            return f"{paper.number} is disputed"
        until = paper.at + (agreement.dispute or 0)
        return None if until <= self._now else f"it can be disputed until {_day(until, agreement.zone)}"


def _day(at: Ms, zone: str) -> str:
    return f"{local(at, zone):%Y-%m-%d}"
