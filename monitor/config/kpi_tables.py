"""Step two, what is internal of KPIs: what each measures, of what, and what is aimed at."""

# ruff: noqa: RUF012  pydantic copies the default of a field
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from monitor.config import kpi_text, object_text
from monitor.config.plan import Reference
from monitor.config.problems import Fault, Several
from monitor.config.table import Duration, Name, Table, Text, read_by, words
from monitor.core.calendars import Hours
from monitor.operations.kpi_rules import (
    OF_CHECKS,
    OF_CLOCKS,
    OF_INCIDENTS,
    OF_METRICS,
    OF_TICKETS,
    TAKES,
    Kind,
    Take,
)

NARROWING = (
    "services", "severities", "teams", "customers", "labels", "endpoints", "priorities", "agreements",
    "promises", "slas",
)  # fmt: skip
BESIDE = ("percentile", "within", "metric", "take")


def _allowed(of: Kind) -> frozenset[str]:
    """The keys that say something of a kind."""
    if of in OF_INCIDENTS:
        return frozenset({"services", "severities", "teams", "customers", "labels", "hours"})
    if of in OF_CHECKS:
        own = {"services", "teams", "customers", "endpoints", "hours"}
        return frozenset(own | {"percentile"} if of == "latency" else own)
    if of in OF_TICKETS:
        own = {"services", "teams", "customers", "priorities", "agreements", "promises", "slas", "hours"}
        return frozenset(own | {"percentile", "take"})
    if of == "metric":
        return frozenset({"metric", "take", "percentile", "hours"})
    return frozenset({"services", "teams", "within", "hours"})


class KpiTable(Table):
    """`[kpi.NAME]`"""

    of: Annotated[Kind, read_by(kpi_text.kind, Literal[kpi_text.WRITABLE])] = Field(examples=['"mtta"'])
    target: Text | None = None
    owner: Text = ""
    title: Text | None = None
    services: list[Name] = []
    severities: list[Name] = []
    teams: list[Text] = []
    customers: list[Name] = []
    labels: list[Text] = []
    endpoints: list[Name] = []
    priorities: list[Text] = []
    agreements: list[Name] = []
    promises: list[Text] = []
    slas: list[Text] = []
    hours: Annotated[Hours, read_by(object_text.hours)] | None = None
    percentile: Annotated[Fraction, read_by(kpi_text.percentile, int | Decimal | str)] | None = None
    within: Duration | None = None
    metric: Name | None = None
    take: Annotated[Take, words(*TAKES)] | None = None
    at_least: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def sound(self) -> Self:
        """Every key says something of what is measured, and the target is one of its kind."""
        faults = [*self._needless(), *self._missing(), *self._target()]
        if faults:
            raise Several(faults)
        return self

    def _needless(self) -> Iterator[Fault]:
        allowed = _allowed(self.of)
        for key in (*NARROWING, "hours", *BESIDE):
            if getattr(self, key) not in (None, []) and key not in allowed:
                known = ", ".join(each for each in (*NARROWING, "hours", *BESIDE) if each in allowed)
                yield Fault((key,), f'says nothing of "{self.of}": take it out; known there: {known}')
        if self.take is not None and self.percentile is not None:
            yield Fault(("take",), "a percentile is taken already: write one of the two")
        takes = {**dict.fromkeys(OF_TICKETS, OF_CLOCKS), "metric": OF_METRICS}.get(self.of)
        if self.take is not None and takes is not None and self.take not in takes:
            said = ", ".join(f'"{each}"' for each in takes)
            yield Fault(("take",), f'"{self.take}" says nothing of "{self.of}": write one of {said}')

    def _missing(self) -> Iterator[Fault]:
        if self.of == "metric" and self.metric is None:
            yield Fault((), '"metric" is missing: write metric = "payments", and [metric.payments]')
        if self.of == "alerts acknowledged" and self.within is None:
            yield Fault((), '"within" is missing: write within = "15m"')

    def _target(self) -> Iterator[Fault]:
        if self.target is None or self.of == "metric":
            return
        try:
            kpi_text.target(self.of, self.target, self.take)
        except ValueError as error:
            yield Fault(("target",), str(error))


class MetricTable(Table):
    """`[metric.NAME]`: a figure that is pushed to us."""

    unit: Text = ""
    title: Text | None = None
    token: Annotated[Reference, read_by(kpi_text.token, dict[str, str])] | None = None
