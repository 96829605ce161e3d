"""What a plan may say and probably does not mean: warnings, each with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_address
from itertools import combinations

from monitor.agreements import words
from monitor.agreements.needs import clocks, needs
from monitor.config.endpoint import Endpoint, Http, Secret, host_of
from monitor.config.known import LIBRARY
from monitor.config.plan import Agreement, Plan, Service
from monitor.config.prices import UNITS
from monitor.config.upstream import unsaid
from monitor.config.values import said
from monitor.core.checks import Confirmation
from monitor.core.intervals import DAY, Ms
from monitor.core.money import minor_digits
from monitor.core.numbers import Bound
from monitor.core.services import endpoints

MONTH: Ms = 30 * DAY
KEYS = {unit: key for key, unit in UNITS.items()}
SENTINELS = 2
"""With fewer, one that fails by itself cannot be told from our own network."""
USUAL = (30_000, 10_000, Confirmation())


def doubts(plan: Plan) -> tuple[str, ...]:
    """Every warning about a plan that is valid."""
    probing = [warning for endpoint in plan.endpoints.values() for warning in _endpoint(endpoint)]
    promises = [warning for agreement in plan.agreements.values() for warning in _unprovable(agreement, plan)]
    fees = [warning for agreement in plan.agreements.values() for warning in _cut_fees(agreement)]
    probing += [*_sentinels(plan), *_listening(plan), *_teams(plan)]
    beside = (*_paid_twice(plan.agreements), *_late_targets(plan), *_no_targets(plan))
    beside += (*_bought_of_nobody(plan), *_unsaid(plan), *_same_shadows(plan), *_nobodys(plan))
    return (*probing, *promises, *fees, *beside, *_evidence(plan), *_scopes(plan), *_too_early(plan))


def _teams(plan: Plan) -> Iterator[str]:
    """Channels of a team that no service is of."""
    for team in plan.alerting.telling.teams:
        if team not in plan.incidents.teams.values():
            yield (
                f"alerts.teams.{team}: no service is of this team, and none of its channels is told before "
                "an incident is given to it by hand: write [incidents] teams"
            )


def _endpoint(endpoint: Endpoint) -> Iterator[str]:
    rule = endpoint.confirmation
    longest = rule.attempts * endpoint.timeout + (rule.attempts - 1) * rule.pause
    usual = (endpoint.interval, endpoint.timeout, rule) == USUAL
    if longest > endpoint.interval and not usual:
        yield (
            f"endpoint.{endpoint.id}.confirm: {rule.attempts} attempts can take {said(longest)}, more than "
            f"the interval of {said(endpoint.interval)}: a failure may be confirmed late"
        )
    yield from _in_clear(endpoint)
    slow = endpoint.expectation.slower_is_down
    if slow is not None and slow >= endpoint.timeout * 10:
        yield (
            f"endpoint.{endpoint.id}.expect.slower_than: {said(slow // 10)} is not shorter than the timeout "
            f"of {said(endpoint.timeout)}: nothing is ever too slow"
        )


def _in_clear(endpoint: Endpoint) -> Iterator[str]:
    """A server that proves nothing, and secrets that others read on the way."""
    how = endpoint.how
    if endpoint.shakes_hands and not endpoint.is_certified:
        yield (
            f"endpoint.{endpoint.id}.verify_tls: the server proves nothing: whoever answers in its place is "
            "up, and an expired certificate is not seen"
        )
    if not isinstance(how, Http):
        return
    secret = any(isinstance(each, Secret) for each in (*how.headers.values(), how.body))
    if secret and endpoint.target.startswith("http://") and not _is_here(endpoint.target):
        yield (
            f"endpoint.{endpoint.id}.url: a secret is sent over http, and everybody on the way can read it: "
            "write https://"
        )


def _sentinels(plan: Plan) -> Iterator[str]:
    """Too few to tell our own network from a target's, or such as fail together with one."""
    asked = [each for each in plan.endpoints.values() if each.target and not _is_here(each.target)]
    if asked and len(plan.sentinels) < SENTINELS:
        few = "a single one cannot be told from our network when it fails" if plan.sentinels else "none"
        yield (
            f"sentinel: {few}: a fault of our own network may be charged to the targets; write "
            f"[sentinel.NAME] for three hosts of your choice, each on a network of its own"
        )
    hosts = {host_of(each.target): each.id for each in asked}
    for sentinel in plan.sentinels.values():
        if _is_here(sentinel.target):
            yield f"sentinel.{sentinel.id}: is this machine itself, and says nothing of its network"
        elif host_of(sentinel.target) in hosts:
            yield (
                f"sentinel.{sentinel.id}: is the host of endpoint.{hosts[host_of(sentinel.target)]}: when it "
                "fails, its outage and a fault of ours look alike; choose another"
            )


def _is_here(target: str) -> bool:
    host = host_of(target)
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(plan: Plan) -> Iterator[str]:
    """Metrics name every endpoint, and ask nobody who they are; hooks are sent secrets."""
    address = plan.listen.metrics
    if address is not None and not ip_address(address[0]).is_loopback:
        yield (
            "listen.metrics: whoever reaches this address reads the names and states of all endpoints: "
            f'write "127.0.0.1:{address[1]}", or see to it that only your own do'
        )
    address = plan.listen.hooks
    if address is None:
        yield from _unheard(plan)
    if address is not None and not ip_address(address[0]).is_loopback:
        yield (
            "listen.hooks: links and tokens come here in plain HTTP, and whoever is on the way can use them: "
            f'write "127.0.0.1:{address[1]}" and put a proxy with TLS before it'
        )


def _unheard(plan: Plan) -> Iterator[str]:
    """What is said to be answered where nobody listens."""
    how = 'nobody answers there: write [listen] hooks = "127.0.0.1:9120"'
    if plan.alerting.link:
        yield f"alerts.link: {how}"
    for metric in plan.metrics.values():
        if metric.token is not None:
            yield f"metric.{metric.id}.token: {how}"
    for source in plan.ticket_sources.values():
        if not source.incidents:
            yield f"tickets.{source.id}: {how}"


def _unprovable(agreement: Agreement, plan: Plan) -> Iterator[str]:
    """A commitment that allows less downtime than passes between two probes."""
    service: Service | None = plan.services.get(agreement.service)
    probed = endpoints(service.up_when) if service else ()
    intervals = [plan.endpoints[key].interval for key in probed if key in plan.endpoints]
    if service is None or not intervals:
        return
    slowest = max(intervals)
    for bound in dict.fromkeys(_of_downtime(agreement)):
        allowed = (1 - bound.value) * MONTH
        if slowest > allowed > 0:
            yield (
                f"agreement.{agreement.id}: {words.share(bound.value, space='')} of 30 days allows "
                f"{said(int(allowed))} of downtime, and {service.id} is probed every {said(slowest)}: "
                f"too seldom to prove it; the most that this proves is {_provable(slowest)}"
            )


def _provable(interval: Ms) -> str:
    """The highest share of 30 days that allows as much downtime as passes between two probes, cut off."""
    ten_thousandths = (MONTH - interval) * 1_000_000 // MONTH
    return words.share(Fraction(ten_thousandths, 1_000_000), space="")


def _of_downtime(agreement: Agreement) -> Iterator[Bound]:
    """The shares of time that are promised and that probes measure."""
    for terms in agreement.terms:
        for _, promise in terms.terms.promises:
            bound = promise.commitment.bound
            if bound and promise.commitment.of == "share" and promise.measure.evidence == "outages":
                yield bound


def _cut_fees(agreement: Agreement) -> Iterator[str]:
    """A fee with more decimals than its currency has, which nobody can invoice."""
    places = minor_digits(agreement.currency)
    for term in agreement.fees:
        fee = term.total
        if term.unit != "hour" and (fee.amount * 10**places).denominator != 1:
            written = f"{Decimal(fee.amount.numerator) / fee.amount.denominator:f} {agreement.currency}"
            yield (
                f"agreement.{agreement.id}.{KEYS[term.unit]}: {written} has more decimals than the currency, "
                f"{places}: it is printed cut off, and credits are shares of all of it"
            )


def _paid_twice(agreements: Mapping[str, Agreement]) -> Iterator[str]:
    """Agreements that credit one customer twice for one service's outage."""
    same: dict[tuple[str, str], list[Agreement]] = {}
    for agreement in agreements.values():
        if agreement.kind == "provider":
            continue
        same.setdefault((agreement.customer, agreement.service), []).append(agreement)
    for group in same.values():
        for first, second in combinations(group, 2):
            if first.id in second.not_with or second.id in first.not_with:
                continue
            if first.start <= (second.until or date.max) and second.start <= (first.until or date.max):
                yield (
                    f"agreement.{second.id}: credits {second.customer} for {second.service} on days on which "
                    f"agreement.{first.id} does too: an outage is paid for twice"
                )


def _bought_of_nobody(plan: Plan) -> Iterator[str]:
    """Services that others depend on, that nobody sells us and that depend on nothing themselves."""
    bought = {each.service for each in plan.agreements.values() if each.kind == "provider"}
    for service in plan.services.values():
        for name in service.depends_on:
            if name not in bought and not plan.services[name].depends_on:
                yield (
                    f"service.{service.id}.depends_on: no agreement with a provider is on {name}, so "
                    "`makegood sides` sets nothing against its outages"
                )


def _unsaid(plan: Plan) -> Iterator[str]:
    """What we sell that rests on an endpoint of what we buy, and does not say so."""
    for ours, theirs, endpoint in unsaid(plan):
        yield (
            f"service.{ours}.depends_on: {ours} rests on {endpoint}, an endpoint of {theirs}, which we buy: "
            f'write depends_on = ["{theirs}"], and `makegood sides` sets the two against each other'
        )


def _same_shadows(plan: Plan) -> Iterator[str]:
    """SLAs that run beside an agreement which is on their terms already."""
    for id, beside in plan.shadows.items():
        agreed = plan.agreements[id].terms
        for number, each in enumerate(beside, start=1):
            if all(terms.terms == each.agreement.terms[-1].terms for terms in agreed):
                yield f'agreement.{id}.shadow[{number}]: "{each.sla}" is what is agreed: nothing is compared'


def _nobodys(plan: Plan) -> Iterator[str]:
    """What is aimed at by nobody."""
    for rule in plan.kpis.values():
        if rule.target is not None and not rule.owner and not rule.goal:
            yield f'kpi.{rule.id}: it has a target, and nobody owns it: write owner = "on-call"'


def _late_targets(plan: Plan) -> Iterator[str]:
    """Targets no stricter than a commitment that they protect."""
    promised: dict[str, Bound] = {}
    for agreement in plan.agreements.values():
        for terms in agreement.terms:
            if any(promise.commitment.of == "share" for _, promise in terms.terms.promises):
                strictest = promised.setdefault(terms.sla, terms.commitment)
                promised[terms.sla] = max(strictest, terms.commitment, key=lambda bound: bound.value)
    for target in plan.targets.values():
        for sla in target.protects:
            if target.of == "share" and sla in promised and target.objective.value <= promised[sla].value:
                yield f"target.{target.id}.objective: no stricter than sla.{sla} promises: it warns too late"


def _no_targets(plan: Plan) -> Iterator[str]:
    """SLAs that we owe and that nothing protects: their first sign of trouble is the breach."""
    protected = {sla for target in plan.targets.values() for sla in target.protects}
    owed = {
        sla: agreement
        for agreement in plan.agreements.values()
        if agreement.kind == "customer"
        for terms in agreement.terms
        for sla in terms.slas
    }
    for sla, agreement in owed.items():
        if sla not in protected and _promises(agreement):
            yield (
                f"{_of_sla(sla, agreement)}: no target warns before it is missed: write [target.NAME] with "
                f'service = "{agreement.service}", a stricter objective and protects = ["{sla}"]'
            )


def _of_sla(sla: str, agreement: Agreement) -> str:
    """Where it is mended: at one's own SLA, or at the agreement that names a published one."""
    return f"agreement.{agreement.id}.sla" if sla.startswith(LIBRARY) else f"sla.{sla}"


def _promises(agreement: Agreement) -> bool:
    return any(each.commitment.bound for terms in agreement.terms for _, each in terms.terms.promises)


def _evidence(plan: Plan) -> Iterator[str]:
    """Agreements that the monitor's own evidence cannot settle."""
    for agreement in plan.agreements.values():
        asked = dict.fromkeys(
            need
            for terms in agreement.terms
            for _, each in terms.terms.promises
            if each.measure.evidence != "tickets"
            for need in needs(each)
        )
        asked = asked or dict.fromkeys(_unprobed(agreement, plan))
        if asked:
            price = f"price it from files with makegood evaluate --agreement {agreement.id}"
            then = f"no statement is drawn up from probes alone; {price}"
            if agreement.kind == "provider":
                then = (
                    f"nobody can tell what they owe us from probes alone; {price}{_or_by_checks(agreement)}"
                )
            yield f"agreement.{agreement.id}: its terms need {' and '.join(asked)}: {then}"
        told = dict.fromkeys(
            time for terms in agreement.terms for _, each in terms.terms.promises for time in clocks(each)
        )
        if told and not asked:
            yield (
                f"agreement.{agreement.id}: no probe knows of an outage {' and '.join(told)}: say it of each "
                "with makegood outage report, or its period has no figure"
            )


def _or_by_checks(agreement: Agreement) -> str:
    """That checks may stand for requests, where those are all that is missing."""
    measures = [each.measure for terms in agreement.terms for _, each in terms.terms.promises]
    counts = any(each.evidence == "slots" and isinstance(each.slot, int) for each in measures)
    return ', or let checks stand for requests: measure = { …, requests = "checks" }' if counts else ""


def _unprobed(agreement: Agreement, plan: Plan) -> Iterator[str]:
    """What of a service no endpoint and no other service stands for."""
    service = plan.services.get(agreement.service)
    if service is None:
        return
    for name in service.resources or () if endpoints(service.up_when) else (service.id,):
        if name not in plan.endpoints and (name == service.id or name not in plan.services):
            yield f"when {name} was down, which nothing probes"


def _scopes(plan: Plan) -> Iterator[str]:
    """Terms that join several resources, of a service that names none."""
    for agreement in plan.agreements.values():
        service = plan.services.get(agreement.service)
        joined = {each.scope.join for terms in agreement.terms for _, each in terms.terms.promises}
        joined -= {"each on its own"}
        if service is not None and joined and not service.resources:
            yield (
                f"agreement.{agreement.id}: its scope looks at several resources, and service.{service.id} "
                f'names none: write resources = ["a", "b"] there'
            )


def _too_early(plan: Plan) -> Iterator[str]:
    """Agreements that are older than the text of the SLA they name."""
    for agreement in plan.agreements.values():
        for sla in dict.fromkeys(name for terms in agreement.terms for name in terms.slas):
            effective = plan.slas[sla].effective if sla in plan.slas else None
            if effective is not None and agreement.start < effective:
                yield (
                    f"agreement.{agreement.id}: begins on {agreement.start}, and the text of sla.{sla} holds "
                    f"from {effective} on: another text held before"
                )
