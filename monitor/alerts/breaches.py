"""What is near: the next credit, the end of an allowance, and the end of the buffer below a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from monitor.alerts.look import Look, Stand, by_currency
from monitor.alerts.words import approaching, customers, of_stands, when
from monitor.config.plan import Service
from monitor.core.intervals import Ms, total
from monitor.operations.alert import Finding
from monitor.operations.alerting import NO, YES, AlertRule, Verdict, falls_to, rises_to
from reports.format import PLAIN, brief, share


def breaches(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """A service whose next credit is near, or whose allowance will not last, for all agreements on it."""
    for service in look.services(rule):
        judged = [(stand, _near(look, rule, stand)) for stand in look.stands(rule, service)]
        near = [stand for stand, verdict in judged if verdict.held]
        if not near or not _costly(rule, near):
            continue
        firm = any(verdict.firm for _, verdict in judged)
        title = _forecast(look, near) if rule.forecast else approaching(near)
        if title:
            yield _finding(look, rule, service, near, f"{service.title}: {title}", firm=firm)


def _near(look: Look, rule: AlertRule, stand: Stand) -> Verdict:
    """Whether everything that the rule names of one agreement holds."""
    row, found = stand.row, YES
    ahead = row.exposure.until_next
    if row.undetermined or not (_used(stand) if rule.forecast else stand.used and stand.costs):
        return NO
    if rule.within is not None:
        found &= falls_to(ahead, rule.within) if ahead is not None else NO
    if rule.used is not None:
        used = _used(stand) if rule.forecast else stand.used
        found &= rises_to(used or 0, rule.used)
    if rule.forecast:
        pace = row.budget.burn
        spent = row.no_budget or row.budget.left < 0 or pace is None
        out = row.budget.exhausted is not None and row.budget.exhausted > look.now
        found &= Verdict(firm=not spent and out, held=not spent and rises_to(pace or 0, 1).held)
    return found


def _used(stand: Stand) -> Fraction:
    budget = stand.row.budget
    return Fraction(budget.spent, budget.allowed) if budget.allowed else Fraction(0)


def _costly(rule: AlertRule, near: Sequence[Stand]) -> bool:
    if rule.money is None:
        return True
    costs = by_currency(each.costs for each in near if each.costs is not None)
    return rule.money.holds({code: amount.exact for code, amount in costs.items()})


def _forecast(look: Look, near: Sequence[Stand]) -> str:
    """`the allowance of >= 99.9% will be used up on 21 Oct, 14:00:00 CEST, for ACME GmbH; …`."""
    first = min(near, key=lambda each: each.row.budget.exhausted or each.period.span.end)
    out = first.row.budget.exhausted
    ends = "by the end of its period" if out is None else f"by {when(look, out)}"
    pace = f"at this pace the allowance of {first.row.promised} is used up {ends}, {customers(near)}"
    ahead = approaching(near)
    return f"{pace}; {ahead}" if ahead else pace


def _finding(
    look: Look, rule: AlertRule, service: Service, near: Sequence[Stand], title: str, *, firm: bool
) -> Finding:
    return Finding(
        rule=rule.id,
        kind=rule.when,
        subject=service.id,
        urgency=rule.urgency,
        since=_last_bad(near, look.now),
        title=title,
        lines=(
            *of_stands(near),
            f"What more downtime costs: makegood whatif {service.id} --down 10m",
        ),
        service=service.id,
        team=look.team(service.id),
        incident=look.ongoing(service.id),
        firm=firm,
    )


def _last_bad(stands: Sequence[Stand], now: Ms) -> Ms:
    """When the newest bad time of any of them began."""
    starts = [
        piece.start
        for stand in stands
        if stand.outlook is not None
        for account in stand.outlook.accounts
        for piece in account.bad[-1:]
    ]
    return max(starts, default=now)


@dataclass(frozen=True, slots=True)
class _Margin:
    """What is missed of the whole period as things stand, and what the target and the promise allow."""

    stand: Stand
    missed: Fraction
    internal: Fraction
    promised: Fraction

    def judged(self, rule: AlertRule) -> Verdict:
        found = YES
        if rule.used is not None:
            found &= rises_to(self.missed, rule.used * self.internal)
        if rule.left is not None:
            found &= rises_to(self.missed, self.promised - rule.left * (self.promised - self.internal))
        return found if self.missed else NO


def margins(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """A service that keeps its promises, and whose internal target is nearly used up, or is."""
    for service in look.services(rule):
        found = [each for stand in look.stands(rule, service) if (each := _margin(look, stand))]
        held = [each for each in found if each.judged(rule).held and each.missed <= each.promised]
        if held:
            worst = max(held, key=lambda each: each.missed / each.promised)
            firm = any(each.judged(rule).firm for each in held)
            yield _finding(
                look, rule, service, [each.stand for each in held],
                f"{service.title}: {_narrow(worst, [each.stand for each in held])}", firm=firm,
            )  # fmt: skip


def _margin(look: Look, stand: Stand) -> _Margin | None:
    """None where there is no stricter target of the same kind, or nobody can tell."""
    target, promise = stand.target, stand.row.commitment
    if target is None or promise is None or stand.row.undetermined or stand.row.availability is None:
        return None
    internal, promised = 1 - target.objective.value, 1 - promise.value
    if not 0 < internal < promised:
        return None
    if not stand.row.no_budget and stand.row.budget.allowed:
        return _Margin(
            stand, Fraction(stand.row.budget.spent, stand.row.budget.allowed) * promised, internal, promised
        )
    force = stand.agreement.in_force(stand.period)
    whole = total(force)
    gone = sum(min(each.end, look.now) - each.start for each in force if each.start < look.now)
    return _Margin(
        stand, (1 - stand.row.availability) * Fraction(gone, whole) if whole else Fraction(0), internal,
        promised,
    )  # fmt: skip


def _narrow(found: _Margin, stands: Sequence[Stand]) -> str:
    """`75 % of what the internal target of 99.95 % allows is used; 99.9 % is promised and still kept, …`."""
    target = share(1 - found.internal, PLAIN)
    if found.missed > found.internal:
        said = f"the internal target of {target} is missed in this period"
    else:
        used = _percent(found.missed / found.internal)
        said = f"{used} of what the internal target of {target} allows is used"
    budget = found.stand.row.budget
    kept = f"{share(1 - found.promised, PLAIN)} is promised and still kept"
    if not found.stand.row.no_budget:
        kept += f", {brief(budget.left, PLAIN)} of downtime left"
    ahead = approaching(stands)
    return f"{said}; {kept}; {ahead}" if ahead else f"{said}; {kept}, {customers(stands)}"


def _percent(value: Fraction) -> str:
    """Whole percent, rounded down."""
    return share(Fraction(int(value * 100), 100), PLAIN)
