"""What a configuration comes to once it is valid: frozen values that every other room reads.

Nothing here knows TOML or pydantic. Mappings are keyed by the TOML table key, which is the identity of a
thing; `name` and `title` are free text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from monitor.agreements.fees import FeeTerm, Items, Prices, agreement_fees
from monitor.agreements.pipeline import Clause, Contract, FeeLine, Fees
from monitor.agreements.terms import ContractTerms
from monitor.agreements.terms import Terms as PromiseTerms
from monitor.config.alerting import Alerting
from monitor.config.calendar_rules import CalendarRule, Holidays, Resolved
from monitor.config.endpoint import Endpoint, Reference
from monitor.config.internal import InternalSettings
from monitor.config.metric import Metric
from monitor.config.ticket_source import TicketSource
from monitor.core.calendars import Calendar
from monitor.core.cycles import Cycle, named
from monitor.core.intervals import DAY, Ms, Span, Spans, intersect
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period, midnight
from monitor.core.services import AtLeast, Expression
from monitor.core.windows import Recurrence, Window
from monitor.operations.alerting import USUAL, AlertRule
from monitor.operations.kpi_rules import KpiRule
from monitor.operations.queue_rules import QueueRules
from monitor.operations.rules import IncidentRules
from monitor.records import dataclass

PartyKind = Literal["customer", "provider"]
Applies = Literal["", "next period", "split the period"]
NOTHING_PROBED = AtLeast(None, ())
"""The expression of a service that nothing probes: at no time is anything of it known."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One of several things that a service consists of. `life` is (first, end), None where open."""

    life: tuple[Ms | None, Ms | None] = (None, None)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """What is promised: an expression over endpoints, nested services already resolved into it.

    `up_when` is `NOTHING_PROBED` where only files say how the service was. `later` are the expressions that
    replace it from a local day on. `depends_on` are services of others that this one rests on: they say whose
    outage was behind one of ours, and change no state. `tickets` are the words of ticket systems for it.
    """

    id: str
    title: str
    up_when: Expression
    resources: Mapping[str, Resource] = field(default_factory=dict)
    later: tuple[tuple[date, Expression], ...] = ()
    depends_on: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A planned window as the file states it; the journal says when it was recorded.

    `announced` is what the customer was told: an instant, or for a window that comes again so many ms
    before each start (`ahead`); None of both where the file does not say.
    """

    id: str
    title: str
    services: tuple[str, ...]
    rule: Recurrence
    announced: Ms | None = None
    ahead: Ms | None = None
    emergency: bool = False
    resources: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """Its class, as the agreements exclude it."""
        return "emergency maintenance" if self.emergency else "scheduled maintenance"

    def window(self, span: Span) -> Window:
        """One occurrence as the file alone knows it: recorded when it was announced, else as it began."""
        ahead = span.start - self.ahead if self.ahead is not None else span.start
        return Window(
            id=self.id,
            title=self.title,
            services=frozenset(self.services),
            span=span,
            recorded=ahead if self.announced is None else self.announced,
            author="configuration",
            what=self.what,
            resources=frozenset(self.resources) or None,
        )


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Time that somebody decided afterwards is not held against the provider, and why."""

    id: str
    what: str
    services: tuple[str, ...]
    span: Span
    reason: str
    author: str
    recorded: Ms
    evidence: str = ""
    resources: tuple[str, ...] = ()

    @property
    def window(self) -> Window:
        return Window(
            id=self.id,
            title=self.what,
            services=frozenset(self.services),
            span=self.span,
            recorded=self.recorded,
            author=self.author,
            reason=self.reason,
            what=self.what,
            resources=frozenset(self.resources) or None,
            after_the_fact=True,
        )


@dataclass(frozen=True, slots=True)
class Party:
    """The issuer or a customer, as it is printed."""

    name: str
    address: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is paid a credit; a provider, who pays one to us, is written the same way.

    `later` are the names and addresses that are printed from a day on, `mail` is where statements are sent,
    `tickets` are the words by which ticket systems name who it is.
    """

    id: str
    party: Party
    zone: str
    currency: str
    locale: str
    calendar: str | None = None
    later: tuple[tuple[date, Party], ...] = ()
    mail: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()

    def party_on(self, day: date) -> Party:
        """What is printed on a day."""
        return next((party for start, party in reversed(self.later) if start <= day), self.party)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of an agreement from a day on (a period that starts on or after it uses them).

    `commitment` is that of the first promise of availability, for what looks at one alone; the rest is in
    `terms`, and its rules in `contract`. `cycle` cuts the periods, `fee_words` are the fees that the terms
    look at. `applies` is what the amendment says of the period it falls into.
    """

    start: date
    sla: str
    sla_title: str
    version: str
    contract: Contract
    commitment: Bound
    terms: ContractTerms
    cycle: Cycle
    fee_words: frozenset[str] = frozenset({"period"})
    applies: Applies = ""

    @property
    def slas(self) -> tuple[str, ...]:
        """The names of the SLAs."""
        return tuple(self.sla.split(", "))

    @property
    def clause(self) -> Clause:
        """The only promise of an ordinary contract; ValueError where there are several."""
        ((_, clause),) = self.contract.promises
        return clause


@dataclass(frozen=True, slots=True)
class Agreement:
    """A party × service × SLA × fee × dates. `until` is a day that is included.

    `customer` is the name of the party, a provider's where `kind` says that we buy. `bills` is what was
    really billed, by period; `contract_fees` and `at_risk` hold from a day on. `dispute` is in ms.
    `references` are numbers as printed, by their label.
    """

    id: str
    customer: str
    service: str
    zone: str
    currency: str
    start: date
    until: date | None
    terms: tuple[Terms, ...]
    fees: tuple[FeeTerm, ...]
    kind: PartyKind = "customer"
    bills: Mapping[str, Items] = field(default_factory=dict)
    contract_fees: tuple[tuple[date, Money], ...] = ()
    at_risk: tuple[tuple[date, Money], ...] = ()
    billing_day: int | None = None
    calendar: str | None = None
    not_with: tuple[str, ...] = ()
    dispute: Ms | None = None
    second_person: bool = False
    accept_unverified: bool = False
    references: Mapping[str, str] = field(default_factory=dict)

    @property
    def first(self) -> Ms:
        """The agreement's first instant."""
        return midnight(self.start, self.zone)

    @property
    def unverified(self) -> tuple[str, ...]:
        """The stages of its terms that nobody has held against the contract, in any of their versions."""
        return tuple(dict.fromkeys(stage for each in self.terms for stage in each.contract.unverified))

    @property
    def prices(self) -> Prices:
        """What it costs."""
        return Prices(
            currency=self.currency,
            zone=self.zone,
            first=self.start,
            last=self.until,
            terms=self.fees,
            bills=self.bills,
            contract=self.contract_fees,
            at_risk=self.at_risk,
        )

    def in_force(self, period: Period) -> Spans:
        """The part of the period in which the agreement exists; `until` is a day that is included."""
        end = period.span.end
        if self.until is not None:
            end = min(end, midnight(self.until + timedelta(days=1), self.zone))
        begin = max(self.first, period.span.start)
        return (Span(begin, end),) if begin < end else ()

    def terms_for(self, period: Period) -> Terms:
        """The terms that the period is settled by: the last that began by its first day, or the first."""
        known = [terms for terms in self.terms if midnight(terms.start, self.zone) <= period.span.start]
        return known[-1] if known else self.terms[0]

    def parts(self, period: Period) -> tuple[tuple[Terms, Spans], ...]:
        """The parts of a period that are each settled on terms of their own, with what is in force of them.

        One part, unless an amendment inside the period says that it splits it.
        """
        turns = [(self.terms_for(period), period.span.start)]
        for terms in self.terms:
            start = midnight(terms.start, self.zone)
            if terms.applies == "split the period" and period.span.start < start < period.span.end:
                turns.append((terms, start))
        ends = [*(start for _, start in turns[1:]), period.span.end]
        in_force = self.in_force(period)
        parts = (
            (terms, intersect(in_force, (Span(start, end),)))
            for (terms, start), end in zip(turns, ends, strict=True)
        )
        return tuple((terms, spans) for terms, spans in parts if spans)

    def settled_by(self, label: str) -> tuple[Terms, Period]:
        """The period of a name, and the terms that it is settled by.

        They are the last whose own cycle names such a period and that began by its first day. ValueError
        says how the periods of the agreement are named.
        """
        ends: Ms | None = None
        for terms in reversed(self.terms):
            start = midnight(terms.start, self.zone)
            period = _named(terms.cycle, label)
            fits = period is not None and (ends is None or period.span.start < ends)
            if period is not None and fits and (period.span.start >= start or terms is self.terms[0]):
                return terms, period
            ends = start
        named(self.terms[-1].cycle, label)  # says how its periods are named
        changes = ", ".join(str(terms.start) for terms in self.terms[1:])
        raise ValueError(f'"{label}" is no period of this agreement: what a period is changes on {changes}')


def _named(cycle: Cycle, label: str) -> Period | None:
    try:
        return named(cycle, label)
    except ValueError:
        return None


def fees_of(
    agreement: Agreement,
    terms: Terms,
    period: Period,
    bills: Mapping[str, tuple[FeeLine, ...]] | None = None,
    in_force: Spans | None = None,
) -> Fees:
    """What the terms look at for a period. `bills` (by period) stand above those of the file.

    `in_force` is one of the period's `parts`; without it, all of the period in which the agreement exists.
    ConfigError, with the key to write, where an amount was never said.
    """
    prices = agreement.prices
    if bills:
        prices = replace(prices, billed=bills)
    spans = agreement.in_force(period) if in_force is None else in_force
    return agreement_fees(prices, terms.cycle, period, spans, terms.fee_words)


@dataclass(frozen=True, slots=True)
class Shadow:
    """An SLA that runs beside a real agreement: on its service, dates and fees, by the SLA's own terms.

    Nothing is ever stated or owed by it; it stands in no plan's agreements.
    """

    sla: str
    agreement: Agreement

    @property
    def names(self) -> tuple[str, str]:
        """What it is called: with `library:` or without."""
        return self.sla, self.sla.removeprefix("library:")

    @property
    def is_doubtful(self) -> bool:
        """Whether it has figures that nobody has verified, or accepted in the agreement."""
        return bool(self.agreement.unverified) and not self.agreement.accept_unverified


@dataclass(frozen=True, slots=True)
class Target:
    """An internal objective, never shown to a customer.

    `of` says what the objective bounds: a share, downtime in ms, or a metric in `unit`. `acknowledge` and
    `repair` are bounds on times, in ms. `terms` is how it is measured, where it says so itself.
    """

    id: str
    service: str
    objective: Bound
    owner: str
    protects: tuple[str, ...]
    of: Literal["share", "downtime", "metric"] = "share"
    unit: str = ""
    acknowledge: Bound | None = None
    repair: Bound | None = None
    terms: PromiseTerms | None = None


@dataclass(frozen=True, slots=True)
class Sla:
    """An SLA by itself, as it last stands: its text may be older or newer than any agreement's terms."""

    id: str
    title: str
    terms: ContractTerms
    effective: date | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The monitor's own settings. `keep_checks` is in ms; None: for ever."""

    database: Path
    reports: Path
    location: str = "local"
    keep_checks: Ms | None = None


Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """Where the listeners are: an IP address and a port; None where there is none."""

    heartbeats: Address | None = None
    metrics: Address | None = None
    hooks: Address | None = None


@dataclass(frozen=True, slots=True)
class StatementsSettings:
    """How statements are numbered and issued.

    `number` is a format of `monitor.config.number_text`; of each issuer or of each customer they count
    without gaps, from 1 again each year where `restart` says so. `issue_after` is how many ms after a period
    they are issued by themselves (None: when somebody asks). `sets_against` is the bill that a credit is set
    against.
    """

    number: str = "{year}-{n:04}"
    series: Literal["issuer", "customer"] = "issuer"
    restart: Literal["never", "yearly"] = "never"
    issue_after: Ms | None = None
    sets_against: Literal["next period", "same period"] = "next period"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """By which server statements are sent, and from whom. The password is read when something is sent.

    `port` None is the usual one: 587 for "starttls", 465 for "tls", 25 for "none". `timeout` is in ms.
    """

    host: str
    sender: str
    port: int | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Reference | None = None
    timeout: Ms = 30_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a provider asks a claim to contain. `kind` is who says so: "agreement", or what was read of it."""

    items: tuple[str, ...] = ()
    kind: str = "agreement"

    @property
    def verified(self) -> bool:
        """Whether somebody wrote it from the contract itself."""
        return self.kind not in ("second-hand", "memory")


@dataclass(frozen=True, slots=True)
class ClaimsSettings:
    """When we are reminded of what must be claimed, in ms before its last day, and where that is mailed."""

    remind: tuple[Ms, ...] = (14 * DAY, 3 * DAY)
    mail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole configuration. `source` are the tables that it was made of, as they were read.

    `shadows` are those of each agreement that has any.
    `asked` is what the provider of an agreement asks a claim to contain, by agreement. `kpis` are all that
    hold: those of the targets, the usual ones, and those that are written.
    """

    path: Path
    settings: Settings
    issuer: Party
    endpoints: Mapping[str, Endpoint]
    services: Mapping[str, Service]
    maintenance: Mapping[str, Maintenance]
    customers: Mapping[str, Customer]
    agreements: Mapping[str, Agreement]
    targets: Mapping[str, Target]
    warnings: tuple[str, ...] = ()
    providers: Mapping[str, Customer] = field(default_factory=dict)
    calendars: Mapping[str, CalendarRule] = field(default_factory=dict)
    exclusions: Mapping[str, Exclusion] = field(default_factory=dict)
    slas: Mapping[str, Sla] = field(default_factory=dict)
    source: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    statements: StatementsSettings = StatementsSettings()
    mail: MailSettings | None = None
    listen: ListenSettings = ListenSettings()
    sentinels: Mapping[str, Endpoint] = field(default_factory=dict)
    shadows: Mapping[str, tuple[Shadow, ...]] = field(default_factory=dict)
    claims: ClaimsSettings = ClaimsSettings()
    asked: Mapping[str, Asked] = field(default_factory=dict)
    incidents: IncidentRules = field(default_factory=IncidentRules)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    kpis: Mapping[str, KpiRule] = field(default_factory=dict)
    alerting: Alerting = field(default_factory=Alerting)
    alert_rules: Mapping[str, AlertRule] = field(default_factory=lambda: {each.id: each for each in USUAL})
    internal: InternalSettings = field(default_factory=InternalSettings)
    queue: QueueRules = field(default_factory=QueueRules)
    ticket_sources: Mapping[str, TicketSource] = field(default_factory=dict)

    @property
    def live_tickets(self) -> frozenset[str]:
        """The sources that tell of tickets as it happens, our own incidents among them."""
        return frozenset(self.ticket_sources)

    def party_of(self, agreement: Agreement) -> Customer:
        """The customer of an agreement, or the provider of one that we buy."""
        return (self.providers if agreement.kind == "provider" else self.customers)[agreement.customer]

    def calendars_for(self, first_year: int, last_year: int) -> Mapping[str, Calendar]:
        """The calendars with the holidays of these years. Each is resolved when it is first asked for.

        KeyError for one that nobody wrote, ValueError for a year that the holiday tables do not reach.
        """
        return Resolved(self.calendars, first_year, last_year)


__all__ = [
    "NOTHING_PROBED",
    "Agreement",
    "Applies",
    "Asked",
    "CalendarRule",
    "ClaimsSettings",
    "Customer",
    "Exclusion",
    "FeeTerm",
    "Holidays",
    "InternalSettings",
    "Maintenance",
    "Metric",
    "Party",
    "PartyKind",
    "Plan",
    "Reference",
    "Resource",
    "Service",
    "Settings",
    "Shadow",
    "Sla",
    "Spans",
    "StatementsSettings",
    "Target",
    "Terms",
    "TicketSource",
    "fees_of",
]  # fmt: skip
