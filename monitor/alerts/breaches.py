"""What is near: the next credit, the end of an allowance, and the end of the buffer below a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from monitor.agreements.schedule import Amount as Flat
from monitor.agreements.schedule import Manual, NoCredits, Rows
from monitor.alerts.look import RECENT, Look, Stand, by_currency
from monitor.alerts.words import approaching, customers, in_maintenance, of_stands, owing, sums, unsure, when
from monitor.config.plan import Service
from monitor.core.intervals import Ms, total
from monitor.core.money import Amount
from monitor.operations.alert import OWES, USED_UP, Finding
from monitor.operations.alerting import NO, YES, AlertRule, Verdict, falls_to, rises_to
from monitor.records import dataclass
from monitor.statements.periods import running
from reports.format import PLAIN, brief, instant, listed, share


def breaches(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """A service whose next credit is near, or whose allowance will not last, for all agreements on it.

    A credit that is owed is told instead of what announced it.
    """
    for service in look.services(rule):
        stands = look.stands(rule, service)
        judged = [(stand, _near(look, rule, stand)) for stand in stands]
        near = [stand for stand, verdict in judged if verdict.held]
        firm = any(verdict.firm for _, verdict in judged)
        title = _forecast(look, near) if rule.forecast and near else approaching(near)
        if title and _costly(rule, [each.costs for each in near]):
            yield _finding(look, rule, service, near, f"{service.title}: {title}", firm=firm)
        if rule.forecast:
            yield from _used_up(look, rule, service, [each for each in stands if _is_used_up(each)])
        else:
            yield from owed(look, rule, service, stands)
        if look.unclear(rule, service):
            yield unsure(look, rule, service, "how near its next credit is")


def owed(look: Look, rule: AlertRule, service: Service, stands: Sequence[Stand]) -> Iterator[Finding]:
    """The credits that are owed as things stand, those of periods that end together by themselves.

    It is another finding with each step of a table, and where a credit grows bit by bit, each time that it
    has doubled. One of which nothing was bad for a day raises nothing any more.
    """
    ends: dict[Ms, list[tuple[Stand, Amount]]] = {}
    for each in stands:
        amount = each.row.exposure.owed
        if amount is not None and amount.minor:
            ends.setdefault(each.period.span.end, []).append((each, amount))
    for end, found in sorted(ends.items()):
        due = [stand for stand, _ in found]
        if _costly(rule, [amount for _, amount in found]):
            title, firm = f"{service.title}: {owing(due)}", _fresh(look, due)
            steps = sums(_step(stand, amount) for stand, amount in found)
            subject = f"{service.id}{OWES}{steps} until {instant(end, 'UTC', PLAIN, seconds=False)}"
            told = _finding(look, rule, service, due, title, firm=firm)
            yield replace(told, subject=subject, instead=True)


def _step(stand: Stand, owed: Amount) -> Amount:
    """What is owed where a table has steps; else the last power of two that it has reached."""
    contract = running(stand.agreement, stand.period.span.start)[0].contract
    if all(_is_stepped(clause.schedule) for _, clause in contract.promises):
        return owed
    return Amount(1 << (owed.minor.bit_length() - 1), owed.currency)


def _is_stepped(schedule: object) -> bool:
    plain = isinstance(schedule, Rows) and all(isinstance(each.credit, Flat) for each in schedule.rows)
    return plain or isinstance(schedule, Flat | NoCredits | Manual)


def _fresh(look: Look, stands: Sequence[Stand]) -> bool:
    """Whether anything of them was bad within a day."""
    return any(
        piece.end > look.now - RECENT
        for stand in stands
        if stand.outlook is not None
        for account in stand.outlook.accounts
        for piece in account.bad[-1:]
    )


def _is_used_up(stand: Stand) -> bool:
    return not stand.row.no_budget and stand.row.budget.left < 0 and not stand.row.undetermined


def _used_up(look: Look, rule: AlertRule, service: Service, spent: Sequence[Stand]) -> Iterator[Finding]:
    """What a forecast came to; it raises nothing where there was none."""
    if spent:
        promised = listed(tuple(dict.fromkeys(each.row.promised for each in spent)))
        due = [each for each in spent if each.row.exposure.owed is not None and each.row.exposure.owed.minor]
        ahead = f"; {owing(due)}" if due else ""
        title = f"{service.title}: the allowance of {promised} is used up, {customers(spent)}{ahead}"
        found = _finding(look, rule, service, spent, title, firm=False)
        yield replace(found, subject=f"{service.id}{USED_UP}", instead=True)


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


def _costly(rule: AlertRule, amounts: Iterable[Amount | None]) -> bool:
    if rule.money is None:
        return True
    costs = by_currency(each for each in amounts if each is not None)
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
            *in_maintenance(look, service),
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
        elif look.unclear(rule, service):
            yield unsure(look, rule, service, "how much of its internal target is used up")


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
