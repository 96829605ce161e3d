"""The tables of the stages: what an SLA says, and an agreement or an amendment says in its place."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from monitor.agreements.schedule import Node
from monitor.config import terms_text as stage
from monitor.config import values
from monitor.config.known import CLASSES, EVIDENCE, PERIODS
from monitor.config.problems import Refused
from monitor.config.table import Table, Zone, as_written, read_by, short, words
from monitor.core.intervals import Ms
from monitor.core.money import Rounding
from monitor.core.numbers import Bound, Operator

NO_NOTICE = (
    "scheduled maintenance is excluded, but the notice is not said: "
    'write { what = "scheduled maintenance", notice = "48h" }, or notice = "none"'
)


class ExcludeTable(Table):
    """One entry of `exclude`."""

    what: Annotated[str, words("scheduled maintenance", language=CLASSES)] = Field(
        examples=['"scheduled maintenance"']
    )
    notice: Annotated[Ms, read_by(values.notice)]
    at_most: Annotated[Ms, read_by(stage.allowance)] | None = None
    counted: Annotated[Literal["downtime", "window"], words("downtime", "window")] = "downtime"
    effect: Annotated[Literal["downtime", "both sides"], words("downtime", "both sides")] = "downtime"


def _exclusion(value: object) -> object:
    """A class alone says no terms; only a table can."""
    if value == "scheduled maintenance":
        raise Refused(NO_NOTICE)
    if isinstance(value, str):
        return {"what": value, "notice": "none"}
    return value


class OutageTable(Table):
    """`outage`"""

    lasting: Annotated[tuple[Operator, Ms], read_by(stage.lasting)] = Field(examples=['"> 5m"'])


class MeasureTable(Table):
    """`measure`"""

    evidence: Annotated[str, words("outages", language=EVIDENCE)] = "outages"
    unobserved: Annotated[Literal["left out", "up", "down"], words("left out", "up", "down")] = "left out"
    coverage: Annotated[Fraction, read_by(values.coverage)] = as_written(">= 95%")


class PeriodTable(Table):
    """`period`"""

    every: Annotated[str, words("calendar month", language=PERIODS)] = "calendar month"
    timezone: Zone | None = None


class LimitsTable(Table):
    """`limits`"""

    at_most: Annotated[Fraction | Literal["none"], read_by(stage.cap)] = as_written("100% per period")


class RoundingTable(Table):
    """`rounding`"""

    money: Annotated[Rounding, words("half-up", "half-even", "down", "up")] = "half-up"


class Stages(Table):
    """The stages an SLA has; an agreement or an amendment that says one replaces it whole."""

    commitment: Annotated[Bound, read_by(stage.commitment)] | None = None
    credits: Annotated[Node, read_by(stage.credits_, str | dict[str, str])] | None = None
    exclude: list[Annotated[ExcludeTable, BeforeValidator(_exclusion)]] | None = None
    outage: Annotated[OutageTable, short("lasting")] | None = None
    measure: Annotated[MeasureTable, short("evidence")] | None = None
    period: Annotated[PeriodTable, short("every")] | None = None
    limits: Annotated[LimitsTable, short("at_most")] | None = None
    rounding: Annotated[RoundingTable, short("money")] | None = None
    claim: Annotated[str, read_by(stage.claim)] | None = None


STAGES = tuple(Stages.model_fields)
