"""How findings are said: one line with the figure, the promise and the money; what to do beneath it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from monitor.alerts.look import Look, Stand, by_currency
from monitor.config.plan import Service
from monitor.core.checks import Reason
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.money import Amount, Money
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule
from reports.format import PLAIN, availability, brief, instant, listed, money, plural, share, whole_seconds

MOST: Final = 8


def spoken(reason: Reason) -> str:
    """A reason as words: `connection refused`."""
    words = reason.value.replace("_", " ")
    return words.replace("tls", "TLS").replace("dns", "DNS").replace("json", "JSON")


def when(look: Look, at: Ms) -> str:
    """`6 Oct, 14:02:10 CEST`, in the operator's zone."""
    return instant(at, look.zone, PLAIN)


def lasting(ms: Ms) -> str:
    """`7 min 12 s`; whole days and hours short: `3 d`, `6 h`, `30 min`."""
    for size, unit in ((DAY, "d"), (DAY // 24, "h"), (DAY // 1_440, "min")):
        if ms and ms % size == 0 and (size < DAY or ms > DAY):
            return f"{ms // size} {unit}"
    return brief(ms, PLAIN)


def sums(amounts: Iterable[Amount]) -> str:
    """`1,240.00 EUR and 300.00 USD`."""
    return listed(tuple(money(each, PLAIN) for each in by_currency(amounts).values()))


def customers(stands: Sequence[Stand]) -> str:
    """`for ACME GmbH`, `over 3 customers`."""
    names = tuple(dict.fromkeys(each.row.customer for each in stands))
    return (
        f"for {names[0]}" if len(names) == 1 else f"over {plural(len(names), 'customer', 'customers', PLAIN)}"
    )


def credit(stands: Sequence[Stand]) -> str:
    """`a 10 % credit` where it is the same share for all of them, else `the first of 3 credits`."""
    shares = {_next_share(each) for each in stands}
    if len(shares) == 1 and (only := next(iter(shares))) is not None:
        return _credit(only)
    return "a credit" if len(stands) == 1 else f"the first of {len(stands)} credits"


def _credit(value: Fraction) -> str:
    return f"{'an' if _vowel(value) else 'a'} {share(value, PLAIN)} credit"


def _vowel(value: Fraction) -> bool:
    return share(value, PLAIN).startswith(("8", "11 ", "18 ", "11.", "18."))


def _next_share(stand: Stand) -> Fraction | None:
    return _share(stand, stand.row.exposure.next_credit)


def _share(stand: Stand, then: Amount | None) -> Fraction | None:
    """The share of the fee that a credit is, to a tenth of a percent; None where it is none."""
    fee = stand.row.fee
    if then is None or not fee.amount or fee.currency != then.currency:
        return None
    found = Fraction(round(then.exact / fee.amount * 1_000), 1_000)
    return found if Money(fee.amount * found, fee.currency).round() == then else None


def approaching(stands: Sequence[Stand]) -> str:
    """`7 min 12 s left before a 10 % credit: 1,240.00 EUR over 3 customers`; "" where none is to come."""
    coming = [each for each in stands if each.costs is not None]
    if not coming:
        return ""
    soonest = min(_until(each) for each in coming)
    near = [each for each in coming if whole_seconds(_until(each)) == whole_seconds(soonest)]
    told = near if len({_next_share(each) for each in near}) == 1 else coming
    cost = sums(each.costs for each in told if each.costs is not None)
    return f"{brief(soonest, PLAIN)} left before {credit(told)}: {cost} {customers(told)}"


def _until(stand: Stand) -> Ms:
    return stand.row.exposure.until_next or 0


def owing(stands: Sequence[Stand]) -> str:
    """`a 10 % credit is owed now: 1,240.00 EUR over 3 customers; 6 h left before a 25 % credit: …`."""
    owed = [each.row.exposure.owed for each in stands if each.row.exposure.owed is not None]
    shares = {_share(each, each.row.exposure.owed) for each in stands}
    only = next(iter(shares)) if len(shares) == 1 else None
    what = _credit(only) if only is not None else "a credit" if len(stands) == 1 else f"{len(stands)} credits"
    verb = "are" if only is None and len(stands) > 1 else "is"
    ahead = approaching(stands) or "more downtime costs no more"
    return f"{what} {verb} owed now: {sums(owed)} {customers(stands)}; {ahead}"


def in_maintenance(look: Look, service: Service) -> Iterator[str]:
    """That an outage itself is not told while it lies in maintenance that runs, although it costs."""
    for window, effective in look.windows(service.id, Span(look.now, look.now + 1)):
        if effective.start <= look.now < effective.end:
            until = when(look, effective.end)
            yield f"It is in maintenance {window.id} until {until}: what lies in it is not told as down"


def unsure(look: Look, rule: AlertRule, service: Service, what: str) -> Finding:
    """That nobody can tell something of a service now: what its rule told of it stays as it is."""
    return Finding(
        rule=rule.id,
        kind=rule.when,
        subject=f"{service.id} unsure",
        urgency=rule.urgency,
        since=look.now,
        title=f"{service.title}: nobody can tell now {what}",
        lines=(f"What was seen: makegood coverage {service.id}",),
        service=service.id,
        team=look.team(service.id),
        firm=False,
        unsure=True,
    )


def of_stands(stands: Sequence[Stand]) -> Iterator[str]:
    """A line for each agreement, those that cost most first; of many, how many more there are."""
    for each in sorted(stands, key=_cost, reverse=True)[:MOST]:
        yield of_stand(each)
    if len(stands) > MOST:
        yield f"and {len(stands) - MOST} more agreements: makegood budget {stands[0].agreement.service}"


def _cost(stand: Stand) -> Fraction:
    return Fraction(0) if stand.costs is None else stand.costs.exact


def of_stand(stand: Stand) -> str:
    """One agreement in a line: what is promised, what is used, what is owed, what comes next, until when."""
    row = stand.row
    parts = [f"{stand.title}: {row.promised} promised"]
    if not row.no_budget:
        used, allowed = brief(row.budget.spent, PLAIN), brief(row.budget.allowed, PLAIN)
        parts.append(f"{used} of {allowed} used")
    elif row.availability is not None:
        parts.append(f"{availability(row.availability, PLAIN)} so far")
    if row.exposure.owed is not None and row.exposure.owed.minor:
        parts.append(f"{money(row.exposure.owed, PLAIN)} owed")
    if row.exposure.next_credit is not None:
        after = brief(_until(stand), PLAIN)
        parts.append(f"{money(row.exposure.next_credit, PLAIN)} after {after} more")
    end = instant(stand.period.span.end, stand.period.zone, PLAIN, seconds=False)
    return f"{', '.join(parts)}, until {end}"


def rate(value: Fraction) -> str:
    """`14.4x`, cut off after one decimal."""
    tenths = int(value * 10)
    return f"{tenths // 10:,}.{tenths % 10}x" if tenths % 10 else f"{tenths // 10:,}x"
