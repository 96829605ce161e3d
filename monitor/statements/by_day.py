"""What each local day of a period was: counted, excused, not measured, promised. Read off its accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.agreements.account import left_out, spans, taken, within
from monitor.agreements.pipeline import Accounts, Case
from monitor.core.checks import State
from monitor.core.intervals import Span, Spans, intersect, normalise, total
from monitor.core.periods import Period, days
from monitor.core.services import ServiceTimeline
from monitor.statements.value import DayTime, LaneDays


def by_day(accounts: Accounts, case: Case, period: Period) -> tuple[DayTime, ...]:
    """Each local day, summed over the accounts; of slots that are bad for a part, the time down in them."""
    return _days(_by_time(accounts, case), period)


def lanes_by_day(accounts: Accounts, case: Case, period: Period) -> tuple[LaneDays, ...]:
    """The days of each resource, where there are several."""
    if len(accounts) == 1:
        return ()
    return tuple(LaneDays(account.lane, _days((account,), period)) for account in _by_time(accounts, case))


def timelines(case: Case) -> dict[str, ServiceTimeline]:
    """What was seen of each lane, where states were."""
    found = case.evidence.seen or case.evidence.resources
    return {lane: seen for lane, seen in found.items() if isinstance(seen, ServiceTimeline)}


def _by_time(accounts: Accounts, case: Case) -> Accounts:
    if case.evidence.slots or all(account.unit != "slot" for account in accounts):
        return accounts
    down = {
        lane: normalise(each.span for each in timeline.segments if each.state is State.DOWN)
        for lane, timeline in timelines(case).items()
    }
    return tuple(
        replace(account, bad=within(account.bad, down[account.lane]))
        if account.unit == "slot" and account.lane in down
        else account
        for account in accounts
    )


def _days(accounts: Accounts, period: Period) -> tuple[DayTime, ...]:
    parts = [
        (spans(each.bad), spans(taken(each.excused)), left_out(each), spans(each.promised))
        for each in accounts
    ]
    return tuple(_day(day, parts) for day in days(period.span, period.zone))


def _day(day: Span, parts: Sequence[tuple[Spans, ...]]) -> DayTime:
    counted, excused, unmeasured, promised = (
        sum(total(intersect(part, (day,))) for part in column) for column in zip(*parts, strict=True)
    )
    return DayTime(day, counted, excused, unmeasured, promised)
