"""Step two: the tables of the file and their keys. Unknown keys are refused, each value is parsed at once.

One class a table; `TABLES` says which class reads which. What the tables say of one another is checked in
step three. The first example of a key is what an error tells people to write when it is missing.
"""

# ruff: noqa: RUF012  pydantic copies the default of a field
from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from monitor.agreements.terms import CommitmentTerms
from monitor.config import headers as sent
from monitor.config import terms_text as stage
from monitor.config import values
from monitor.config.problems import Refused
from monitor.config.stage_tables import Credits, Stages
from monitor.config.table import (
    Currency,
    Day,
    Duration,
    Fee,
    Moment,
    Name,
    Table,
    Text,
    Texts,
    Zone,
    as_written,
    read_by,
    words,
)
from monitor.core.intervals import Ms
from monitor.core.numbers import Bound


class MonitorTable(Table):
    """`[monitor]`"""

    database: Text = "makegood.db"
    reports: Text = "reports"
    location: Name = "local"


class ConfirmTable(Table):
    """`confirm = { failures = 2, of = 3, pause = "1s" }`"""

    failures: int = Field(default=2, ge=1, le=20)
    of: int = Field(default=3, ge=1, le=20)
    pause: Annotated[Ms, read_by(values.pause)] = as_written("1s")

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
        Annotated[tuple[tuple[int, int], ...], read_by(values.statuses, int | str | list[int | str])] | None
    ) = None
    contains: Texts = ()
    lacks: Texts = ()
    slower_than: Duration | None = None


class ProbeKeys(Table):
    """What `[defaults]` can say for every endpoint."""

    interval: Annotated[Ms, read_by(values.interval)] | None = None
    timeout: Duration | None = None
    confirm: ConfirmTable | None = None
    redirects: int | None = Field(default=None, ge=0, le=20)
    body_limit: int | None = Field(default=None, ge=0, le=16_777_216)
    verify_tls: bool | None = None


class DefaultsTable(ProbeKeys):
    """`[defaults]`"""


class EndpointTable(ProbeKeys):
    """`[endpoint.ID]`"""

    url: Annotated[str, read_by(values.url)] | None = None
    tcp: Annotated[str, read_by(values.tcp)] | None = None
    method: Annotated[str, read_by(values.method)] | None = None
    headers: (
        Annotated[dict[str, sent.Header], read_by(sent.headers, dict[str, str | dict[str, str]])] | None
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
    locale: Annotated[str, read_by(values.locale)] = "en"


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
    every: Annotated[str, read_by(values.cron)] | None = None
    lasting: Duration | None = None
    timezone: Zone | None = None


class TargetTable(Table):
    """`[target.ID]`"""

    service: Name = Field(examples=['"shop"'])
    objective: Annotated[Bound, read_by(values.share_bound)] = Field(examples=['">= 99.95%"'])
    owner: Text = ""
    protects: list[Name] = []


Applies = Annotated[str, words("next period", language=("split the period",))]


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
    commitment: Annotated[CommitmentTerms, read_by(stage.commitment)] = Field(examples=['"99.9%"'])
    credits: Credits = Field(examples=['{ "< 99.9%" = "10%" }'])
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
