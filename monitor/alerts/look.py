"""One look at a plan and a snapshot: what rules ask for is read when the first one asks, and once.

An agreement is settled only where something of its service failed in the time that is looked at: where
nothing did, nothing is used up, and there is nothing to tell of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from typing import Final

from monitor.agreements.budget import Outlook
from monitor.config.endpoint import Endpoint
from monitor.config.plan import Agreement, Plan, Service, Target
from monitor.core.checks import Reason, State
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.money import Amount
from monitor.core.periods import Period
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Outage, outages
from monitor.core.windows import Window
from monitor.errors import MakegoodError
from monitor.oncall.incidents import MAINTENANCE, Watch
from monitor.operations.alerting import AlertRule
from monitor.operations.fold import Names
from monitor.operations.incident import Incident
from monitor.records import dataclass
from monitor.statements.books import LOOK_AROUND, Books
from monitor.statements.counted import is_counted
from monitor.statements.health import standing, target_of
from monitor.statements.lives import bridge
from monitor.statements.periods import running
from monitor.statements.standing import AgreementHealth
from monitor.statements.status import zone_of
from monitor.store.protocol import Snapshot

RECENT: Final[Ms] = DAY


@dataclass(frozen=True, slots=True)
class Stand:
    """One agreement of a customer, settled up to now in the period that runs."""

    agreement: Agreement
    period: Period
    row: AgreementHealth
    outlook: Outlook | None
    target: Target | None

    @property
    def title(self) -> str:
        """`ACME GmbH (acme-shop)`."""
        return f"{self.row.customer} ({self.agreement.id})"

    @property
    def costs(self) -> Amount | None:
        """What the next credit costs beside what is owed already; None where there is none."""
        owed, then = self.row.exposure.owed, self.row.exposure.next_credit
        return None if owed is None or then is None else Amount(then.minor - owed.minor, then.currency)

    @property
    def used(self) -> Fraction | None:
        """The share of the way to the next credit that is behind us; None where there is no next credit."""
        ahead = self.row.exposure.until_next
        if ahead is None:
            return None
        if self.row.no_budget:
            return Fraction(1) if self.row.availability is not None and self.row.availability < 1 else None
        spent = self.row.budget.spent
        return Fraction(spent, spent + ahead) if spent + ahead else Fraction(1)


@dataclass
class Look:
    """One plan, one snapshot and one instant. `reach` is how far back the longest window of a rule goes;
    `names` those of incidents that earlier looks have read."""

    plan: Plan
    snapshot: Snapshot
    now: Ms
    reach: Ms = RECENT
    names: Names = field(default_factory=Names)
    _stands: dict[str, Stand | None] = field(default_factory=dict)
    _unclear: set[str] = field(default_factory=set)

    @cached_property
    def watch(self) -> Watch:
        """Incidents; their books are those that everything is read from."""
        found = Watch(self.plan, self.snapshot, self.now, self.names)
        start = min([self.now - RECENT - LOOK_AROUND, *(span.start for span in self._periods.values())])
        found.books.read_ahead(list(self.plan.services), Span(start, self.now))
        return found

    @property
    def books(self) -> Books:
        return self.watch.books

    @cached_property
    def zone(self) -> str:
        """The zone that times are told in."""
        return zone_of(self.plan)

    @cached_property
    def _periods(self) -> Mapping[str, Span]:
        """What may be read of each agreement of a customer."""
        found = {}
        for each in self.ours:
            start = running(each, self.now)[1].span.start
            found[each.id] = Span(min(start, self.now - self.reach) - LOOK_AROUND, self.now)
        return found

    @cached_property
    def ours(self) -> Sequence[Agreement]:
        """The agreements of customers that are in force now."""
        return [
            each
            for each in self.plan.agreements.values()
            if each.kind == "customer" and each.in_force(Period(Span(self.now, self.now + 1), each.zone, ""))
        ]

    @cached_property
    def _on(self) -> Mapping[str, Sequence[Agreement]]:
        """Those on each service."""
        found: dict[str, list[Agreement]] = {}
        for each in self.ours:
            found.setdefault(each.service, []).append(each)
        return found

    def team(self, service: str) -> str:
        """Whose service it is, "" where nobody says."""
        teams = self.plan.incidents.teams
        return teams.get(service, teams.get("", ""))

    # -- what a rule is about

    def services(self, rule: AlertRule) -> Iterator[Service]:
        """The services that a rule is about, in the order of the plan."""
        narrow = bool(rule.agreements or rule.customers)
        agreed = {each.service for each in self.agreements(rule)} if narrow else set()
        for each in self.plan.services.values():
            if rule.services and each.id not in rule.services:
                continue
            if (rule.endpoints or rule.labels) and not any(
                _chosen(rule, endpoint) for endpoint in self.books.watched(each)
            ):
                continue
            if not narrow or each.id in agreed:
                yield each

    def endpoints(self, rule: AlertRule) -> Iterator[Endpoint]:
        """The endpoints that a rule is about: those it chooses, of the services it is about."""
        within: set[str] | None = None
        if rule.services or rule.agreements or rule.customers:
            within = {e.id for service in self.services(rule) for e in self.books.watched(service)}
        for each in self.plan.endpoints.values():
            if _chosen(rule, each) and (within is None or each.id in within):
                yield each

    def agreements(self, rule: AlertRule) -> Iterator[Agreement]:
        """The agreements of customers that a rule is about."""
        return (each for each in self.ours if _agreed(rule, each))

    def stands(self, rule: AlertRule, service: Service) -> Sequence[Stand]:
        """The agreements on one service that a rule is about, where anything of it failed."""
        mine = (each for each in self._on.get(service.id, ()) if _agreed(rule, each))
        return [found for each in mine if (found := self.stand(each)) is not None]

    def unclear(self, rule: AlertRule, service: Service) -> bool:
        """Whether nobody can tell now how one of them stands: what was told of it before stays."""
        mine = [each for each in self._on.get(service.id, ()) if _agreed(rule, each)]
        return any(self._is_unclear(each) for each in mine)

    def _is_unclear(self, agreement: Agreement) -> bool:
        found = self.stand(agreement)
        if found is None:
            return agreement.id in self._unclear
        return bool(found.row.undetermined and not found.row.unsettled) or agreement.id in self._unclear

    def unseen(self, service: Service) -> bool:
        """Whether nobody sees now how a service is, and nobody chose that."""
        newest = self.seen(service, Span(self.now - RECENT, self.now)).segments[-1:]
        return any(each.state is State.UNKNOWN and each.reason is not Reason.DISABLED for each in newest)

    # -- what is known

    def stand(self, agreement: Agreement) -> Stand | None:
        """One agreement as it stands; None where nothing failed, or nobody can settle it."""
        if agreement.id not in self._stands:
            self._stands[agreement.id] = self._settled(agreement)
        return self._stands[agreement.id]

    def _settled(self, agreement: Agreement) -> Stand | None:
        terms, period = running(agreement, self.now)
        if not self._failed(agreement):
            return None
        try:
            found = standing(self.books, agreement, period)
        except MakegoodError:
            self._unclear.add(agreement.id)
            return None
        if found is None:
            return None
        target = target_of(self.plan, agreement.service, terms.sla)
        return Stand(agreement, period, *found, target)

    def _failed(self, agreement: Agreement) -> bool:
        """Whether anything may have been bad; of what is counted, nobody knows before."""
        terms = running(agreement, self.now)[0].terms
        for _, promise in terms.promises:
            if is_counted(promise.measure) or promise.outage.confirmed_by is not None:
                return True
        timeline = self.seen(self.plan.services[agreement.service], self._periods[agreement.id])
        return any(segment.state is State.DOWN for segment in timeline.segments)

    def earlier(self, stand: Stand) -> Outlook | None:
        """The period before the one that runs, where windows reach into it."""
        start = stand.period.span.start
        if start <= self.now - self.reach or start <= stand.agreement.first:
            return None
        _, before = running(stand.agreement, start - 1)
        if before.span.end != start:
            return None  # one that rolls holds it already
        try:
            found = standing(self.books, stand.agreement, before)
        except MakegoodError:
            self._unclear.add(stand.agreement.id)
            return None
        return None if found is None else found[1]

    def seen(self, service: Service, span: Span) -> ServiceTimeline:
        """The states of a service as they were seen."""
        return self.books.seen(service, "", span, self.zone)

    def outages(self, service: Service, span: Span) -> tuple[Outage, ...]:
        """Its outages as they were seen."""
        timeline = self.seen(service, span)
        return outages(timeline.segments, bridge=bridge(self.books.intervals(service, span)))

    @cached_property
    def incidents(self) -> tuple[Incident, ...]:
        """Those that went on within a day."""
        return self.watch.incidents(Span(self.now - RECENT, self.now))

    def ongoing(self, service: str) -> str:
        """The newest incident of a service that is not over: who takes it up takes up its costs. "": none."""
        mine = [each for each in self.incidents if each.service == service and each.resolved is None]
        return max(mine, key=lambda each: each.began.at).name if mine else ""

    def windows(self, service: str, span: Span) -> Iterator[tuple[Window, Span]]:
        """The maintenance of a whole service, with what it still is after a cancellation."""
        for window in self.books.windows(service, span):
            effective = window.effective
            if window.what in MAINTENANCE and window.resources is None and effective is not None:
                yield window, effective

    def maintained(self, service: str, since: Ms) -> bool:
        """Whether what began at `since` lies in maintenance that runs, and was recorded before it began."""
        return any(
            effective.start <= since and window.recorded <= since and self.now < effective.end
            for window, effective in self.windows(service, Span(self.now, self.now + 1))
        )


def _chosen(rule: AlertRule, endpoint: Endpoint) -> bool:
    if rule.endpoints and endpoint.id not in rule.endpoints:
        return False
    return not rule.labels or any(endpoint.labels.get(key) == value for key, value in rule.labels)


def _agreed(rule: AlertRule, agreement: Agreement) -> bool:
    if rule.agreements and agreement.id not in rule.agreements:
        return False
    return not rule.customers or agreement.customer in rule.customers


def by_currency(amounts: Iterable[Amount]) -> Mapping[str, Amount]:
    """One sum for each currency, by code; they are never added."""
    found: dict[str, Amount] = {}
    for each in amounts:
        found[each.currency] = found[each.currency] + each if each.currency in found else each
    return dict(sorted(found.items()))
