"""Step two: the tables of the file and their keys. Unknown keys are refused, each value is parsed at once.

One class a table; `TABLES` says which class reads which. What the tables say of one another is checked in
step three. The first example of a key is what an error tells people to write when it is missing.
"""

# ruff: noqa: RUF012  pydantic copies the default of a field
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from monitor.agreements.terms import CommitmentTerms
from monitor.config import mail_text, number_text, terms_text, values, whole_text
from monitor.config import object_text as said
from monitor.config.alert_tables import AlertTable
from monitor.config.alerting_tables import AlertsTable, ChannelTable
from monitor.config.incident_tables import IncidentsTable
from monitor.config.kpi_tables import KpiTable, MetricTable
from monitor.config.plan import Reference
from monitor.config.probe_tables import DefaultsTable, EndpointTable, SentinelTable
from monitor.config.problems import Fault, Refused, Several
from monitor.config.queue_tables import QueueTable
from monitor.config.stage_tables import (
    ExcludeTable,
    MeasureTable,
    OutageTable,
    PeriodTable,
    Stages,
    exclusion,
)
from monitor.config.table import (
    Currency,
    Day,
    Duration,
    Moment,
    Name,
    Table,
    Text,
    Zone,
    as_written,
    read_by,
    short,
    words,
)
from monitor.config.ticket_tables import TicketsTable
from monitor.core.calendars import Hours
from monitor.core.intervals import Ms
from monitor.core.numbers import Bound


class MonitorTable(Table):
    """`[monitor]`"""

    database: Text = "makegood.db"
    reports: Text = "reports"
    location: Name = "local"
    keep_checks: Annotated[int | None, read_by(values.keeping)] = None


Listening = Annotated[tuple[str, int], read_by(values.listening)]


class ListenTable(Table):
    """`[listen]`: where jobs call, where metrics are read, and where links lead and metrics are pushed."""

    heartbeats: Listening | None = None
    metrics: Listening | None = None
    hooks: Listening | None = None


class PartyKeys(Table):
    """What is printed of a party."""

    name: Text = Field(examples=['"ACME GmbH"'])
    address: list[Text] = []
    references: dict[str, Text] = {}
    contact: Text = ""


class IssuerTable(PartyKeys):
    """`[issuer]`"""


Series = Annotated[Literal["issuer", "customer"], words("issuer", "customer")]
Restart = Annotated[Literal["never", "yearly"], words("never", "yearly")]
SetsAgainst = Annotated[Literal["next period", "same period"], words("next period", "same period")]


class StatementsTable(Table):
    """`[statements]`: how they are numbered, when they are issued, and what a credit is set against."""

    number: Annotated[str, read_by(number_text.number)] = "{year}-{n:04}"
    series: Series = "issuer"
    restart: Restart = "never"
    issue_after: Duration | None = None
    sets_against: SetsAgainst = "next period"

    @model_validator(mode="after")
    def apart(self) -> Self:
        """Two series can never come by one number."""
        wrong = tuple(number_text.collisions(self.number, self.series, self.restart))
        if wrong:
            raise Several([Fault(("number",), f"{values.shown(self.number)}: {each}") for each in wrong])
        return self


Tls = Annotated[Literal["starttls", "tls", "none"], words("starttls", "tls", "none")]


class MailTable(Table):
    """`[mail]`: by which server statements are sent, and from whom."""

    host: Text = Field(examples=['"mail.hosting.example"'])
    from_: Annotated[str, read_by(mail_text.address)] = Field(
        alias="from", examples=['"billing@hosting.example"']
    )
    port: int | None = Field(default=None, ge=1, le=65_535)
    tls: Tls = "starttls"
    user: Text | None = None
    password: Annotated[Reference, read_by(mail_text.password, dict[str, str])] | None = None
    timeout: Duration = as_written("30s")

    @model_validator(mode="after")
    def whole(self) -> Self:
        """A user has a password, and none goes over a line that others can read."""
        if (self.user is None) != (self.password is None):
            raise Refused("user and password go together: write both, or neither")
        if self.user is not None and self.tls == "none":
            raise Refused('a password is not sent in clear: write tls = "starttls" or "tls"')
        return self


class ClaimsTable(Table):
    """`[claims]`: when we are reminded of what providers owe us, and where that is sent."""

    remind: Annotated[tuple[Ms, ...], read_by(values.ahead, str | list[str])] = as_written(
        ["14 days", "3 days"]
    )
    mail: Annotated[tuple[str, ...], read_by(mail_text.addresses, str | list[str])] = ()


Every = Annotated[Literal["month", "week"], words("month", "week")]


class InternalTable(Table):
    """`[internal]`: the report for the team, and where it is mailed. Nothing of it is for customers."""

    every: list[Every] = ["month"]
    mail: Annotated[tuple[str, ...], read_by(mail_text.addresses, str | list[str])] = ()


class PartyAmendmentTable(Table):
    """`[customer.ID.amendment.DATE]`: what is printed from a day on."""

    name: Text | None = None
    address: list[Text] | None = None
    references: dict[str, Text] | None = None
    contact: Text | None = None


class CustomerTable(PartyKeys):
    """`[customer.ID]`: who pays us."""

    timezone: Zone = Field(examples=['"Europe/Berlin"'])
    currency: Currency = Field(examples=['"EUR"'])
    locale: Annotated[str, read_by(values.locale)] = "en"
    calendar: Name | None = None
    mail: Annotated[tuple[str, ...], read_by(mail_text.addresses, str | list[str])] = ()
    tickets: list[Text] = []
    amendment: dict[str, PartyAmendmentTable] = {}


class ProviderTable(CustomerTable):
    """`[provider.ID]`: whom we pay."""


class ResourceTable(Table):
    """One of the resources of a service: when it existed, and labels of its own."""

    model_config = ConfigDict(extra="allow")

    from_: Annotated[Any, read_by(said.day_or_moment)] | None = Field(default=None, alias="from")
    until: Annotated[Any, read_by(said.day_or_moment)] | None = None


Resources = Annotated[dict[Name, ResourceTable], BeforeValidator(said.resources)]


class ServiceAmendmentTable(Table):
    """`[service.ID.amendment.DATE]`"""

    up_when: Any = Field(examples=['{ all = ["shop-web"] }'])


class ServiceTable(Table):
    """`[service.ID]`"""

    title: Text | None = None
    up_when: Any = None
    resources: Resources = {}
    depends_on: list[Name] = []
    tickets: list[Text] = []
    amendment: dict[str, ServiceAmendmentTable] = {}


class CalendarTable(Table):
    """`[calendar.ID]`: business time."""

    hours: Annotated[Hours, read_by(said.hours)] | None = None
    any_of: list[Name] = []
    timezone: Zone = Field(examples=['"Europe/Berlin"'])
    holidays: Annotated[Any, read_by(said.holidays, str | dict[str, list[Any]])] = Field(examples=['"DE-BE"'])
    add: list[Day] = []
    remove: list[Day] = []

    @model_validator(mode="after")
    def sound(self) -> Self:
        """Hours of its own, or those of other calendars."""
        if (self.hours is None) == (not self.any_of):
            raise Refused('a calendar has either hours or any_of: write hours = "Mon-Fri 09:00-17:00"')
        return self


class MaintenanceTable(Table):
    """`[maintenance.ID]`"""

    services: list[Name] = Field(examples=['["shop"]'])
    resources: list[Name] = []
    title: Text | None = None
    emergency: bool = False
    announced: Annotated[Any, read_by(said.announced)] | None = None
    start: Moment | None = None
    end: Moment | None = None
    every: Annotated[str, read_by(values.cron)] | None = None
    lasting: Duration | None = None
    timezone: Zone | None = None


class ExclusionTable(Table):
    """`[exclusion.ID]`: time that is not held against us, decided afterwards."""

    what: Annotated[str, read_by(terms_text.what)] = Field(examples=['"force majeure"'])
    services: list[Name] = Field(examples=['["shop"]'])
    resources: list[Name] = []
    start: Moment = Field(examples=["2026-03-20T11:02:00Z"])
    end: Moment = Field(examples=["2026-03-20T12:40:00Z"])
    reason: Text = Field(examples=['"Fibre cut by road works"'])
    author: Text = Field(examples=['"n.huber"'])
    recorded: Moment = Field(examples=["2026-03-21T09:00:00Z"])
    evidence: Text = ""


Within = Annotated[Bound, read_by(said.time_bound)]


SlaName = Annotated[str, read_by(said.sla)]


class TargetTable(Table):
    """`[target.ID]`"""

    service: Name = Field(examples=['"shop"'])
    objective: Annotated[CommitmentTerms, read_by(said.objective)] = Field(examples=['">= 99.95%"'])
    measure: Annotated[MeasureTable, short("evidence")] | None = None
    outage: Annotated[OutageTable, short("lasting")] | None = None
    exclude: list[Annotated[ExcludeTable, BeforeValidator(exclusion)]] | None = None
    period: Annotated[PeriodTable, short("every")] | None = None
    acknowledge: Within | None = None
    repair: Within | None = None
    owner: Text = ""
    protects: list[SlaName] = []


Applies = Annotated[Literal["next period", "split the period"], words("next period", "split the period")]
Price = Annotated[Any, read_by(said.price, str | int | float | dict[str, str | int | float])]
Together = Annotated[Any, read_by(whole_text.together, str | dict[str, Any])]
Rights = Annotated[Any, read_by(whole_text.termination, str | list[str])]
StageName = Annotated[str, read_by(whole_text.stage)]


class PromiseTable(Stages):
    """`[sla.ID.promise.NAME]`"""

    termination: Rights | None = None


class WholeKeys(Stages):
    """What is said of all promises, or of the only one, and of each by its name."""

    promise: dict[Name, PromiseTable] = {}
    together: Together | None = None
    termination: Rights | None = None


class TextKeys(WholeKeys):
    """What is said of the text itself."""

    readings: list[Text] | None = None
    unverified: list[StageName] | None = None
    manual: list[Text] | None = None


class SlaAmendmentTable(TextKeys):
    """`[sla.ID.amendment.DATE]`"""

    applies: Applies | None = None


class SlaTable(TextKeys):
    """`[sla.ID]`"""

    title: Text | None = None
    provider: Text | None = None
    source: Text | None = None
    effective: Day | None = None
    like: SlaName | None = None
    amendment: dict[str, SlaAmendmentTable] = {}


class PriceKeys(WholeKeys):
    """What may be new from a day on."""

    monthly_fee: Price | None = None
    quarterly_fee: Price | None = None
    annual_fee: Price | None = None
    hourly_fee: Price | None = None
    contract_fee: Annotated[Any, read_by(values.money, str | int | float)] | None = None
    at_risk: Annotated[Any, read_by(values.money, str | int | float)] | None = None


SlaNames = Annotated[tuple[str, ...], read_by(said.slas, str | list[str])]


class AgreementAmendmentTable(PriceKeys):
    """`[agreement.ID.amendment.DATE]`"""

    sla: SlaNames | None = None
    applies: Applies | None = None


class AgreementTable(PriceKeys):
    """`[agreement.ID]`"""

    customer: Name | None = None
    provider: Name | None = None
    service: Name = Field(examples=['"shop"'])
    sla: SlaNames = Field(examples=['"standard"'])
    bills: dict[str, Price] = {}
    from_: Day = Field(alias="from", examples=["2026-01-01"])
    until: Day | None = None
    billing_day: int | None = Field(default=None, ge=1, le=31)
    timezone: Zone | None = None
    currency: Currency | None = None
    calendar: Name | None = None
    not_with: list[Name] = []
    dispute: Duration | None = None
    approval: Annotated[Literal["second person"], words("second person")] | None = None
    references: dict[str, Text] = {}
    asks: list[Text] | None = None
    accept_unverified: bool = False
    shadow: list[SlaName] = []
    amendment: dict[str, AgreementAmendmentTable] = {}


class File(Table):
    """The whole file; built for its JSON Schema, since tables are read one by one."""

    model_config = ConfigDict(defer_build=True)

    include: list[str] = []
    monitor: MonitorTable = Field(default_factory=MonitorTable)
    defaults: DefaultsTable = Field(default_factory=DefaultsTable)
    issuer: IssuerTable | None = None
    statements: StatementsTable = Field(default_factory=StatementsTable)
    mail: MailTable | None = None
    claims: ClaimsTable = Field(default_factory=ClaimsTable)
    listen: ListenTable = Field(default_factory=ListenTable)
    incidents: IncidentsTable = Field(default_factory=IncidentsTable)
    internal: InternalTable = Field(default_factory=InternalTable)
    queue: QueueTable = Field(default_factory=QueueTable)
    endpoint: dict[str, EndpointTable] = {}
    sentinel: dict[str, SentinelTable] = {}
    service: dict[str, ServiceTable] = {}
    customer: dict[str, CustomerTable] = {}
    provider: dict[str, ProviderTable] = {}
    calendar: dict[str, CalendarTable] = {}
    sla: dict[str, SlaTable] = {}
    agreement: dict[str, AgreementTable] = {}
    target: dict[str, TargetTable] = {}
    metric: dict[str, MetricTable] = {}
    tickets: dict[str, TicketsTable] = {}
    kpi: dict[str, KpiTable] = {}
    maintenance: dict[str, MaintenanceTable] = {}
    exclusion: dict[str, ExclusionTable] = {}
    alert: dict[str, AlertTable] = {}
    alerts: AlertsTable = Field(default_factory=AlertsTable)
    channel: dict[str, ChannelTable] = {}


SINGLE: dict[str, type[Table]] = {
    "monitor": MonitorTable,
    "defaults": DefaultsTable,
    "issuer": IssuerTable,
    "statements": StatementsTable,
    "mail": MailTable,
    "claims": ClaimsTable,
    "listen": ListenTable,
    "incidents": IncidentsTable,
    "alerts": AlertsTable,
    "internal": InternalTable,
    "queue": QueueTable,
}
NAMED: dict[str, type[Table]] = {
    "endpoint": EndpointTable,
    "sentinel": SentinelTable,
    "service": ServiceTable,
    "customer": CustomerTable,
    "provider": ProviderTable,
    "calendar": CalendarTable,
    "sla": SlaTable,
    "agreement": AgreementTable,
    "target": TargetTable,
    "metric": MetricTable,
    "tickets": TicketsTable,
    "kpi": KpiTable,
    "maintenance": MaintenanceTable,
    "exclusion": ExclusionTable,
    "alert": AlertTable,
    "channel": ChannelTable,
}
