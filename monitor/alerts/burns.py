"""How fast allowances are used up: one finding for each service, of all agreements on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from monitor.agreements.budget import Outlook
from monitor.alerts.look import Look, Stand
from monitor.alerts.words import approaching, customers, in_maintenance, lasting, of_stands, rate, unsure
from monitor.config.plan import Service
from monitor.core.intervals import total
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule
from monitor.operations.burning import Bad, Burn, Fitted, Load, burn, fitted
from monitor.records import dataclass
from monitor.statements.counted import endpoint_of
from reports.format import PLAIN, share


@dataclass(frozen=True, slots=True)
class _Burning:
    stand: Stand
    load: Load
    rule: Fitted
    found: Burn


def burns(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """A service whose agreements burn. What maintenance excuses is not bad; what it does not burns."""
    if rule.rate is None or rule.windows is None:
        return
    for service in look.services(rule):
        found = [each for stand in look.stands(rule, service) if (each := _burning(look, rule, stand))]
        held = [each for each in found if each.found.verdict.held]
        if held:
            yield _finding(look, rule, service, held)
        elif look.unclear(rule, service) or look.unseen(service):
            yield unsure(look, rule, service, "how fast its allowance is used up")


def _burning(look: Look, rule: AlertRule, stand: Stand) -> _Burning | None:
    load, promised = load_of(look, stand), _promised(stand)
    if load is None or promised is None or rule.rate is None or rule.windows is None:
        return None
    own = fitted(rule.rate, rule.windows, stand.period.span.length, promised)
    return _Burning(stand, load, own, burn(load, own, look.now))


def _finding(look: Look, rule: AlertRule, service: Service, held: Sequence[_Burning]) -> Finding:
    worst = max(held, key=lambda each: each.found.long / each.rule.rate)
    since = min(each.found.since for each in held)
    stands = [each.stand for each in held]
    firm = any(each.found.verdict.firm for each in held)
    pace = f"{rate(worst.found.long)} as fast as {worst.stand.row.promised} allows"
    title = (
        f"{service.title} burns its allowance {pace}, over {lasting(worst.rule.long)}, {customers(stands)}"
    )
    ahead = approaching(stands)
    return Finding(
        rule=rule.id,
        kind=rule.when,
        subject=service.id,
        urgency=rule.urgency,
        since=since,
        title=f"{title}; {ahead}" if ahead else title,
        lines=(*_lines(service, held), *in_maintenance(look, service)),
        service=service.id,
        team=look.team(service.id),
        incident=look.ongoing(service.id),
        firm=firm,
    )


def _lines(service: Service, held: Sequence[_Burning]) -> Iterator[str]:
    yield from dict.fromkeys(_pace(each) for each in held)
    yield from of_stands([each.stand for each in held])
    yield f"What is left: makegood budget {service.id}"


def _pace(each: _Burning) -> str:
    own, found = each.rule, each.found
    return (
        f"{each.stand.row.promised}: {rate(found.long)} over {lasting(own.long)}, {rate(found.short)} over "
        f"{lasting(own.short)}; told from {rate(own.rate)}, which uses {share(own.share, PLAIN)} of the "
        f"allowance in {lasting(own.long)}"
    )


def load_of(look: Look, stand: Stand) -> Load | None:
    """What an agreement's allowance is used up by; None where it has nothing that could be."""
    outlook = stand.outlook
    missing = _missing(stand)
    if outlook is None or not missing or not outlook.accounts:
        return None
    expected = _expected(look, stand, outlook)
    if not expected:
        return None
    before = look.earlier(stand)
    bad = [*(() if before is None else _bad(before)), *_bad(outlook)]
    return Load(bad, expected, missing)


def _bad(outlook: Outlook) -> Iterator[Bad]:
    for account in outlook.accounts:
        for each in account.bad:
            yield Bad(each.start, max(each.end, each.start + 1), each.size * each.rate)


def _expected(look: Look, stand: Stand, outlook: Outlook) -> Fraction:
    """How much is expected in a ms: time, slots, or the checks that are to be made of each resource."""
    unit = outlook.accounts[0].unit
    if unit == "ms":
        return Fraction(len(outlook.accounts))
    if unit == "slot":
        lengths = [each.base[0].end - each.base[0].start for each in outlook.accounts if each.base]
        return sum((Fraction(1, length) for length in lengths if length), Fraction(0))
    if unit != "request":
        return Fraction(0)
    service = look.plan.services[stand.agreement.service]
    keys = [endpoint_of(look.plan, service, account.lane) for account in outlook.accounts]
    known = [look.plan.endpoints[key].interval for key in keys if key is not None]
    return sum((Fraction(1, interval) for interval in known), Fraction(0))


def _missing(stand: Stand) -> Fraction | None:
    """The share that may be bad; None where none is promised."""
    reading = None if stand.outlook is None else stand.outlook.reading
    if reading is None or reading.promise is None:
        return None
    if reading.promise_of == "share":
        return 1 - reading.promise.value
    length = total(stand.agreement.in_force(stand.period))
    if reading.promise_of == "downtime" and length and not stand.row.no_budget:
        return Fraction(stand.row.budget.allowed, length)
    return None


def _promised(stand: Stand) -> Fraction | None:
    """How many ms are promised in the whole period; None where nothing may be bad."""
    missing = _missing(stand)
    if not missing:
        return None
    if stand.row.no_budget:
        return Fraction(total(stand.agreement.in_force(stand.period)))
    return stand.row.budget.allowed / missing if stand.row.budget.allowed else None
