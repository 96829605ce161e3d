"""Step two: the tables of the file and their keys. Unknown keys are refused, each value is parsed at once.

One class a table; `TABLES` says which class reads which. What the tables say of one another is checked in
step three. The first example of a key is what an error tells people to write when it is missing.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from monitor.agreements.schedule import Node
from monitor.config import headers as sent
from monitor.config import terms_text as stage
from monitor.config import values
from monitor.config.known import CLASSES, EVIDENCE, PERIODS, later
from monitor.config.problems import Refused
from monitor.core.intervals import Ms
from monitor.core.money import Rounding
from monitor.core.numbers import Bound, Operator

NO_NOTICE = (
    "scheduled maintenance is excluded, but the notice is not said: "
    'write { what = "scheduled maintenance", notice = "48h" }, or notice = "none"'
)


class Table(BaseModel):
    """A table of the file: exact keys, exact types, and no value in any text of pydantic's."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        defer_build=True,  # a file uses a few tables; building all of them would cost every command
    )


def _words(*done: str, language: tuple[str, ...] = ()) -> PlainValidator:
    """One of the words this version does; the language's other words are refused by name."""

    def read(value: object) -> str:
        if value in language and value not in done:
            raise Refused(later(values.shown(value)) + f': write "{done[0]}"')
        return values.choice(value, done)

    return PlainValidator(read, json_schema_input_type=Literal[done])


def _short(key: str) -> BeforeValidator:
    """A text in place of a table is the short form of its first key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def _read(parser: Any, written: Any = str) -> PlainValidator:
    return PlainValidator(parser, json_schema_input_type=written)


def _as_written(default: object) -> Any:
    """A default as people would write it, read as what they write is."""
    return Field(default=default, validate_default=True)


Text = Annotated[str, _read(values.text)]
Name = Annotated[str, _read(values.name)]
Duration = Annotated[Ms, _read(values.duration)]
Zone = Annotated[str, _read(values.zone)]
Currency = Annotated[str, _read(values.currency)]
Day = Annotated[date, _read(values.day, date)]
Moment = Annotated[Ms, _read(values.moment)]
Texts = Annotated[tuple[str, ...], _read(values.texts, str | list[str])]
Fee = Annotated[Any, _read(values.money, str | int | float)]


class MonitorTable(Table):
    """`[monitor]`"""

    database: Text = "makegood.db"
    reports: Text = "reports"
    location: Name = "local"


class ConfirmTable(Table):
    """`confirm = { failures = 2, of = 3, pause = "1s" }`"""

    failures: int = Field(default=2, ge=1, le=20)
    of: int = Field(default=3, ge=1, le=20)
    pause: Annotated[Ms, _read(values.pause)] = _as_written("1s")

    @model_validator(mode="after")
    def possible(self) -> ConfirmTable:
        """As many failures as asked for must be able to happen."""
        if self.failures > self.of:
            raise Refused(
                f"{self.failures} failures of {self.of} attempts cannot happen: lower failures or raise of"
            )
        return self


class ExpectTable(Table):
    """`expect = { status = "2xx", contains = "ok" }`"""

    status: (
        Annotated[tuple[tuple[int, int], ...], _read(values.statuses, int | str | list[int | str])] | None
    ) = None
    contains: Texts = ()
    lacks: Texts = ()
    slower_than: Duration | None = None


class ProbeKeys(Table):
    """What `[defaults]` can say for every endpoint."""

    interval: Annotated[Ms, _read(values.interval)] | None = None
    timeout: Duration | None = None
    confirm: ConfirmTable | None = None
    redirects: int | None = Field(default=None, ge=0, le=20)
    body_limit: int | None = Field(default=None, ge=0, le=16_777_216)
    verify_tls: bool | None = None


class DefaultsTable(ProbeKeys):
    """`[defaults]`"""


class EndpointTable(ProbeKeys):
    """`[endpoint.ID]`"""

    url: Annotated[str, _read(values.url)] | None = None
    tcp: Annotated[str, _read(values.tcp)] | None = None
    method: Annotated[str, _read(values.method)] | None = None
    headers: (
        Annotated[dict[str, sent.Header], _read(sent.headers, dict[str, str | dict[str, str]])] | None
    ) = None
    expect: ExpectTable = Field(default_factory=dict, validate_default=True)
    labels: dict[str, Text] = {}
    was: list[Name] = []


class PartyKeys(Table):
    """What is printed of a party."""

    name: Text = Field(examples=['"ACME GmbH"'])
    address: list[Text] = []
    references: dict[str, Text] = {}
    contact: Text = ""


class IssuerTable(PartyKeys):
    """`[issuer]`"""


class CustomerTable(PartyKeys):
    """`[customer.ID]`"""

    timezone: Zone = Field(examples=['"Europe/Berlin"'])
    currency: Currency = Field(examples=['"EUR"'])
    locale: Annotated[str, _read(values.locale)] = "en"


class ServiceTable(Table):
    """`[service.ID]`"""

    title: Text | None = None
    up_when: Any = Field(examples=['{ all = ["shop-web"] }'])


class MaintenanceTable(Table):
    """`[maintenance.ID]`"""

    services: list[Name] = Field(examples=['["shop"]'])
    title: Text | None = None
    start: Moment | None = None
    end: Moment | None = None
    every: Annotated[str, _read(values.cron)] | None = None
    lasting: Duration | None = None
    timezone: Zone | None = None


class TargetTable(Table):
    """`[target.ID]`"""

    service: Name = Field(examples=['"shop"'])
    objective: Annotated[Bound, _read(values.share_bound)] = Field(examples=['">= 99.95%"'])
    owner: Text = ""
    protects: list[Name] = []


class ExcludeTable(Table):
    """One entry of `exclude`."""

    what: Annotated[str, _words("scheduled maintenance", language=CLASSES)] = Field(
        examples=['"scheduled maintenance"']
    )
    notice: Annotated[Ms, _read(values.notice)]
    at_most: Annotated[Ms, _read(stage.allowance)] | None = None
    counted: Annotated[Literal["downtime", "window"], _words("downtime", "window")] = "downtime"
    effect: Annotated[Literal["downtime", "both sides"], _words("downtime", "both sides")] = "downtime"


def _exclusion(value: object) -> object:
    """A class alone says no terms; only a table can."""
    if value == "scheduled maintenance":
        raise Refused(NO_NOTICE)
    if isinstance(value, str):
        return {"what": value, "notice": "none"}
    return value


class OutageTable(Table):
    """`outage`"""

    lasting: Annotated[tuple[Operator, Ms], _read(stage.lasting)] = Field(examples=['"> 5m"'])


class MeasureTable(Table):
    """`measure`"""

    evidence: Annotated[str, _words("outages", language=EVIDENCE)] = "outages"
    unobserved: Annotated[Literal["left out", "up", "down"], _words("left out", "up", "down")] = "left out"
    coverage: Annotated[Fraction, _read(values.coverage)] = _as_written(">= 95%")


class PeriodTable(Table):
    """`period`"""

    every: Annotated[str, _words("calendar month", language=PERIODS)] = "calendar month"
    timezone: Zone | None = None


class LimitsTable(Table):
    """`limits`"""

    at_most: Annotated[Fraction | Literal["none"], _read(stage.cap)] = _as_written("100% per period")


class RoundingTable(Table):
    """`rounding`"""

    money: Annotated[Rounding, _words("half-up", "half-even", "down", "up")] = "half-up"


class Stages(Table):
    """The stages an SLA has; an agreement or an amendment that says one replaces it whole."""

    commitment: Annotated[Bound, _read(stage.commitment)] | None = None
    credits: Annotated[Node, _read(stage.credits_, str | dict[str, str])] | None = None
    exclude: list[Annotated[ExcludeTable, BeforeValidator(_exclusion)]] | None = None
    outage: Annotated[OutageTable, _short("lasting")] | None = None
    measure: Annotated[MeasureTable, _short("evidence")] | None = None
    period: Annotated[PeriodTable, _short("every")] | None = None
    limits: Annotated[LimitsTable, _short("at_most")] | None = None
    rounding: Annotated[RoundingTable, _short("money")] | None = None
    claim: Annotated[str, _read(stage.claim)] | None = None


Applies = Annotated[str, _words("next period", language=("split the period",))]


class SlaAmendmentTable(Stages):
    """`[sla.ID.amendment.DATE]`"""

    applies: Applies | None = None


class AgreementAmendmentTable(Stages):
    """`[agreement.ID.amendment.DATE]`"""

    monthly_fee: Fee = None
    applies: Applies | None = None


class SlaTable(Stages):
    """`[sla.ID]`"""

    title: Text | None = None
    commitment: Annotated[Bound, _read(stage.commitment)] = Field(examples=['"99.9%"'])
    credits: Annotated[Node, _read(stage.credits_, str | dict[str, str])] = Field(
        examples=['{ "< 99.9%" = "10%" }']
    )
    amendment: dict[str, SlaAmendmentTable] = {}


class AgreementTable(Stages):
    """`[agreement.ID]`"""

    customer: Name = Field(examples=['"acme"'])
    service: Name = Field(examples=['"shop"'])
    sla: Name = Field(examples=['"standard"'])
    monthly_fee: Fee = Field(examples=['"840.00"'])
    currency: Currency | None = None
    from_: Day = Field(alias="from", examples=["2026-01-01"])
    until: Day | None = None
    timezone: Zone | None = None
    amendment: dict[str, AgreementAmendmentTable] = {}


STAGES = tuple(Stages.model_fields)


class File(Table):
    """The whole file; built for its JSON Schema, since tables are read one by one."""

    model_config = ConfigDict(defer_build=True)

    include: list[str] = []
    monitor: MonitorTable = Field(default_factory=MonitorTable)
    defaults: DefaultsTable = Field(default_factory=DefaultsTable)
    issuer: IssuerTable | None = None
    endpoint: dict[str, EndpointTable] = {}
    service: dict[str, ServiceTable] = {}
    customer: dict[str, CustomerTable] = {}
    sla: dict[str, SlaTable] = {}
    agreement: dict[str, AgreementTable] = {}
    target: dict[str, TargetTable] = {}
    maintenance: dict[str, MaintenanceTable] = {}


SINGLE: dict[str, type[Table]] = {
    "monitor": MonitorTable,
    "defaults": DefaultsTable,
    "issuer": IssuerTable,
}
NAMED: dict[str, type[Table]] = {
    "endpoint": EndpointTable,
    "service": ServiceTable,
    "customer": CustomerTable,
    "sla": SlaTable,
    "agreement": AgreementTable,
    "target": TargetTable,
    "maintenance": MaintenanceTable,
}
