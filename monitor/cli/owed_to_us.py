"""What the commands on our claims against providers share: how one is shown, and given to programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import TYPE_CHECKING

from monitor.cli.layout import exact, owed, utc
from monitor.core.intervals import Ms

if TYPE_CHECKING:
    from monitor.cli.desk import Desk
    from monitor.config.plan import Agreement, Asked, Plan
    from monitor.core.money import Amount
    from monitor.ledger.receivables import Receivable, Step
    from monitor.store.protocol import Snapshot

WIDE = 79
UNKNOWN = "not determinable"


@contextmanager
def at_hand(desk: Desk, agreement: str, period: str) -> Iterator[tuple[Plan, Snapshot, Receivable]]:
    """One period of an agreement that we buy, from one view of what was recorded. ConfigError where none."""
    from monitor.ledger.receivables import receivable

    with desk.evidence() as (plan, snapshot):
        found = receivable(plan, snapshot, desk.clock.now(), bought_one(plan, agreement), period)
        yield plan, snapshot, found


def bought_one(plan: Plan, name: str) -> Agreement:
    """The agreement that we buy of this name."""
    from monitor.statements.bought import one_of

    return one_of(plan, name)


def spoken(amount: Amount | None) -> str:
    """`240.00 USD`, or that nobody can tell."""
    from reports.format import PLAIN, money

    return UNKNOWN if amount is None else money(amount, PLAIN)


def spoken_owed(found: Receivable) -> str:
    """What they owe us, with what is no money: `240.00 USD`, `3 days of service`."""
    section = found.now.section
    parts = (
        [] if found.now.added and found.owed is not None and not found.owed.minor else [spoken(found.owed)]
    )
    if section.service_added:
        parts.append(_service(section.service_added))
    parts += [f"{count} {name}" for name, count in section.units if count]
    return " and ".join(parts)


def _service(ms: Ms) -> str:
    from monitor.core.intervals import DAY
    from reports.format import PLAIN, duration

    return duration(ms, PLAIN) + " of service" if ms % DAY else f"{_days(ms // DAY)} of service"


def left(found: Receivable, now: Ms) -> str:
    """`12 days left`, `today is the last day`, `overdue by 3 days`; "" where no step is due."""
    days = found.days_left(now)
    if days is None:
        return ""
    if found.state == "lapsed" and not found.now.seen:
        return "nothing seen"
    if found.state == "lapsed" and found.step == "notice":
        owes = found.owed is None or found.owed.minor or found.now.added
        return f"missed by {_days(-days)}" if owes and days else "missed" if owes else "missed; not owed"
    if days < 0 or found.state == "lapsed":
        return f"overdue by {_days(-days)}" if days else "overdue since today"
    return f"{_days(days)} left" if days else "last day"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def as_data(found: Receivable, plan: Plan, now: Ms) -> dict[str, object]:
    """One period for a program. Days are in the agreement's zone, included."""
    from monitor.cli.unsure import unverified

    dates, agreement = found.now.dates, found.agreement
    return {
        "agreement": agreement.id,
        "provider": agreement.customer,
        "service": agreement.service,
        "period": found.now.period.label,
        "runs": found.now.runs,
        "owed_to_us": owed(found.owed),
        "service_added_ms": found.now.section.service_added,
        "units": [{"name": name, "count": exact(count)} for name, count in found.now.section.units],
        "gives_way_to": found.gives_way_to or None,
        "why_unknown": found.now.why or None,
        "automatic": dates.automatic,
        "notify_by": None if dates.notify_by is None else dates.notify_by.isoformat(),
        "notify_at": utc(dates.notify_at),
        "claim_by": None if dates.claim_by is None else dates.claim_by.isoformat(),
        "claim_at": utc(dates.claim_at),
        "safest_day": None if found.now.safest is None else found.now.safest.isoformat(),
        "zone": agreement.zone,
        "state": found.state,
        "next_step": found.step or None,
        "days_left": found.days_left(now),
        "overdue": found.state == "lapsed" and found.now.seen,
        "claimed": owed(found.claimed),
        "granted": owed(found.granted),
        "short": owed(found.short),
        "steps": [_step(step) for step in found.steps],
        "unverified": list(unverified(plan, agreement.id)),
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "state": step.state,
        "on": step.on.isoformat(),
        "amount": owed(step.amount),
        "reference": step.reference or None,
        "reason": step.reason or None,
        "author": step.author,
        "entry": step.entry,
    }


def sums(found: Iterable[Receivable]) -> dict[str, dict[str, int]]:
    """Minor units by currency and by what is to become of them."""
    totals: dict[str, dict[str, int]] = {}
    for each in found:
        own = totals.setdefault(each.agreement.currency, dict.fromkeys(GROUPS, 0))
        for group, minor in _groups(each):
            own[group] += minor
    return totals


GROUPS = ("to claim", "automatic", "claimed", "granted", "paid", "refused", "lapsed")


def _groups(each: Receivable) -> Iterator[tuple[str, int]]:
    """What is to become of it, in minor units: what is given without a claim is not to be claimed."""
    if each.state == "refused":
        refused = each.claimed or each.owed
        yield "refused", 0 if refused is None else refused.minor
    elif each.granted is not None:
        yield each.state, each.granted.minor
    elif each.owed is not None:
        without = _without_a_claim(each, each.owed)
        yield "automatic", without
        yield "to claim" if each.state in ("open", "noticed") else each.state, each.owed.minor - without


def _without_a_claim(each: Receivable, owed: Amount) -> int:
    """Of an amount the part that no claim is needed for; nothing once all was claimed."""
    if each.state == "claimed":
        return 0
    if each.now.dates.automatic:
        return owed.minor
    lines = each.now.section.promises
    free = [x.credit.round().minor for x in lines if x.credit is not None and x.deadlines.automatic]
    return min(sum(free), owed.minor)


def checklist(wanted: Asked) -> Iterator[str]:
    """What a provider asks a claim to contain, to tick off."""
    from reports.format import clean

    doubt = "" if wanted.verified else f" ({wanted.kind}: hold it against your contract)"
    yield f"What they ask a claim to contain{doubt}"
    for item in wanted.items:
        first, *rest = wrap(clean(item), WIDE - 6)
        yield f"  [ ] {first}"
        yield from (f"      {each}" for each in rest)
