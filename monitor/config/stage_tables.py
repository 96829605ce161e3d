"""The tables of the stages: what an SLA says, and an agreement or an amendment says in its place.

Each stage is checked by itself, all its mistakes at once. What two stages say of one another is looked at
once all layers are known, in `promise_terms`. Silence that changes money is refused here.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from monitor.agreements.claim import Deadline
from monitor.agreements.terms import Allowance, BadSlot, CalendarOf, Cap, CommitmentTerms, Line, Notice
from monitor.config import terms_text as stage
from monitor.config import ticket_text, values
from monitor.config.credits_text import credits_, periods
from monitor.config.known import EVIDENCE, PERIODS
from monitor.config.problems import Fault, Refused, Several
from monitor.config.table import Duration, Name, Table, Text, Zone, as_written, read_by, short, words
from monitor.core.calendars import Hours
from monitor.core.intervals import Ms
from monitor.core.money import Money, Rounding
from monitor.core.numbers import Bound, Operator

NO_NOTICE = (
    "scheduled maintenance is excluded, but the notice is not said: "
    'write { what = "scheduled maintenance", notice = "48h" }, or notice = "none"'
)
NOTICE_UNSAID = (
    "scheduled maintenance is excluded, but the notice is not said: "
    'write notice = "48h", "5 business days" or "none"'
)
NO_AS = (
    'evidence = "slots" does not say how slots become a figure: write as = "bad slots" (each slot is good or '
    'bad), "mean" (of the slots\' ratios) or "total" (all good of all)'
)
NO_AS_METRIC = (
    'evidence = "metrics" does not say how samples become a figure: write as = "mean", "max", "p50", "p95", '
    '"p99" or "bad slots"'
)
NO_WITHIN = (
    'evidence = "events" does not say the time allowed: write within = "15m", "4 business hours" or "due"'
)
AS: Mapping[str, tuple[str, ...]] = {
    "outages": ("bad slots",),
    "slots": ("bad slots", "mean", "total"),
    "metrics": ("mean", "max", "p50", "p90", "p95", "p99", "bad slots"),
    "events": (),
    "tickets": ("mean", "max", "p50", "p90", "p95", "p99"),
}
BAD: Mapping[str, tuple[str, ...]] = {
    "outages": ("wholly down", "down"),
    "slots": ("all fail", "errors"),
    "metrics": ("value",),
    "events": (),
    "tickets": (),
}
BAD_WRITTEN = {
    "outages": '"wholly down" or "down > 6m"',
    "slots": '"all fail" or "errors > 5%"',
    "metrics": '"> 10 ms"',
}
GOES_WITH: Mapping[str, tuple[str, ...]] = {
    "slot": ("outages", "slots", "metrics"),
    "bad": ("outages", "slots", "metrics"),
    "partial": ("outages", "slots", "metrics"),
    "min_requests": ("slots",),
    "empty": ("slots",),
    "score": ("slots",),
    "requests": ("slots",),
    "weighted_by": ("outages",),
    "metric": ("metrics",),
    "unit": ("metrics", "tickets"),
    "each_slot": ("metrics",),
    "within": ("events", "tickets"),
    "counted_in": ("events", "tickets"),
    "calendar": ("events", "tickets"),
    **dict.fromkeys(ticket_text.TICKETS_ONLY, ("tickets",)),
}

Credits = Annotated[Any, read_by(credits_, str | dict[str, Any])]  # a schedule; pydantic need not know which
Only = Annotated[tuple[tuple[str, str], ...], read_by(stage.only, dict[str, str])]
Length = tuple[Operator, Ms]
Statistic = Literal["mean", "max", "p50", "p90", "p95", "p99"]
STATISTICS = words("mean", "max", "p50", "p90", "p95", "p99")
Decimals = Annotated[int, Field(ge=0, le=12)]
Names = Annotated[tuple[str, ...], read_by(stage.items, list[str])]


def refuse(*faults: Fault | None) -> None:
    """All mistakes of one table at once."""
    found = [fault for fault in faults if fault is not None]
    if found:
        raise Several(found)


class MeasureTable(Table):
    """`measure`"""

    evidence: Annotated[
        Literal["outages", "slots", "metrics", "events", "tickets"],
        words("outages", "slots", "metrics", "events", "tickets", language=EVIDENCE),
    ] = "outages"
    as_: Annotated[str, words("bad slots", "mean", "total", "max", "p50", "p90", "p95", "p99")] | None = (
        Field(default=None, alias="as")
    )
    slot: Annotated[Ms | Literal["probe"], read_by(stage.slot)] | None = None
    bad: Annotated[tuple[BadSlot, str], read_by(stage.bad)] | None = None
    min_requests: int = Field(default=0, ge=0)
    empty: Annotated[Literal["good", "left out"], words("good", "left out")] = "good"
    partial: Annotated[Literal["left out", "counted"], words("left out", "counted")] = "left out"
    score: Annotated[tuple[tuple[Bound, Fraction], ...], read_by(stage.score, dict[str, str])] = ()
    requests: Annotated[Literal["from a file", "checks"], words("from a file", "checks")] = "from a file"
    weighted_by: Annotated[str, words("users", "visitors", "customers")] | None = None
    metric: Text | None = None
    unit: Text | None = None
    each_slot: Annotated[Statistic, STATISTICS] | None = None
    within: Annotated[Any, read_by(stage.within, str | dict[str, str])] | None = None
    counted_in: Annotated[
        Literal["period of start", "period of end"], words("period of start", "period of end")
    ] = "period of start"
    calendar: (
        Annotated[str | tuple[CalendarOf, ...], read_by(ticket_text.calendar, str | dict[str, str])] | None
    ) = None
    from_: Annotated[str, read_by(ticket_text.start)] | None = Field(default=None, alias="from")
    to: Annotated[str, read_by(ticket_text.stop)] | None = None
    by: Name | None = None
    pauses: Annotated[tuple[str, ...], read_by(ticket_text.reasons, list[str])] | None = None
    priority_change: Annotated[str, read_by(ticket_text.change)] | None = None
    segment_change: Annotated[str, read_by(ticket_text.change)] | None = None
    reopened: Annotated[str, words("continues", "new", "ignored")] | None = None
    merged: Annotated[str, words("each", "earliest")] = "each"
    only: Only = ()
    unobserved: Annotated[Literal["left out", "up", "down"], words("left out", "up", "down")] = "left out"
    coverage: Annotated[Fraction, read_by(values.coverage)] = as_written(">= 95%")

    @model_validator(mode="after")
    def sound(self) -> Self:
        """Each kind of evidence has keys of its own, and some must be said."""
        tickets = ticket_text.faults(self) if self.evidence == "tickets" else ()
        faults = (self._unsaid(), self._no_such_as(), *self._slots(), self._bad(), self._events())
        refuse(*strangers(self), *faults, *tickets)
        return self

    def _events(self) -> Fault | None:
        """What only tickets can say of their times."""
        if self.evidence != "events":
            return None
        if isinstance(self.calendar, tuple):
            return Fault(("calendar",), 'one for each priority goes with evidence = "tickets": name one')
        if isinstance(self.within, tuple) and any(allowed.none for _, allowed in self.within):
            return Fault(("within",), '"none" goes with evidence = "tickets": leave such rows out with only')
        return None

    def _unsaid(self) -> Fault | None:
        if self.evidence == "slots" and self.as_ is None:
            return Fault((), NO_AS)
        if self.evidence == "metrics" and self.as_ is None:
            return Fault((), NO_AS_METRIC)
        if self.evidence == "events" and self.within is None:
            return Fault((), NO_WITHIN)
        return None

    def _no_such_as(self) -> Fault | None:
        if self.as_ is None or self.as_ in AS[self.evidence]:
            return None
        known = ", ".join(f'"{word}"' for word in AS[self.evidence])
        instead = f"write {known}" if known else "take it out"
        return Fault(("as",), f'"{self.as_}" is not known for evidence = "{self.evidence}": {instead}')

    def _slots(self) -> list[Fault]:
        """What bad slots, and a mean of slots, cannot do without."""
        faults: list[Fault] = []
        in_slots = self.as_ == "bad slots" or (self.evidence, self.as_) == ("slots", "mean")
        if in_slots and self.slot is None:
            faults.append(Fault((), f'as = "{self.as_}" does not say how long a slot is: write slot = "5m"'))
        if self.as_ == "bad slots" and self.bad is None and self.evidence in BAD_WRITTEN:
            message = 'as = "bad slots" does not say when one is bad'
            faults.append(Fault((), f"{message}: write bad = {BAD_WRITTEN[self.evidence]}"))
        if self.evidence == "metrics" and self.slot is not None and self.each_slot is None:
            message = "a slot of several samples has no value yet"
            faults.append(Fault((), f'{message}: write each_slot = "mean", "max", "p50", "p95" or "p99"'))
        if self.evidence == "outages" and self.slot is not None and self.as_ is None:
            faults.append(Fault((), 'slot cuts outages into slots: write as = "bad slots" with it'))
        return faults

    def _bad(self) -> Fault | None:
        if self.bad is None or self.evidence not in BAD_WRITTEN:
            return None
        if self.as_ != "bad slots":
            return Fault(("bad",), 'says when a slot is bad: write as = "bad slots" with it, or take it out')
        slot, unit = self.bad
        if slot.of not in BAD[self.evidence]:
            message = f'is not known for evidence = "{self.evidence}": write {BAD_WRITTEN[self.evidence]}'
            return Fault(("bad",), message)
        if slot.of == "value" and unit != (self.unit or unit):
            return Fault(("bad",), f'is in "{unit}", and the unit of the metric is "{self.unit}": write that')
        return None


def strangers(table: MeasureTable) -> list[Fault]:
    """Keys that the kind of evidence does not have."""
    return [
        Fault(
            (),
            f'"{key.rstrip("_")}" says nothing of evidence = "{table.evidence}": take it out',
            at=(key.rstrip("_"),),
            key=True,
        )
        for key, kinds in GOES_WITH.items()
        if key in table.model_fields_set and table.evidence not in kinds
    ]


class OutageTable(Table):
    """`outage`"""

    lasting: Annotated[Length, read_by(stage.lasting)] | None = None
    affecting: Annotated[Bound, read_by(stage.affecting)] | None = None
    confirmed_by: int | None = Field(default=None, ge=1, le=1_000)
    requests: Annotated[Bound, read_by(stage.requests)] | None = None
    joined: Annotated[Length, read_by(stage.joined)] | None = None
    whole: Duration | None = None
    deduct: Duration | None = None
    ignore_total: Annotated[Length, read_by(stage.ignored)] | None = None
    resource_age: Annotated[Length, read_by(stage.resource_age)] | None = None
    only: Only = ()
    starts: Annotated[
        Literal["first failure", "last success", "detected", "reported"],
        words("first failure", "last success", "detected", "reported"),
    ] = "first failure"
    ends: Annotated[Literal["restored", "ticket closed"], words("restored", "ticket closed")] = "restored"
    judged: Annotated[
        Literal["whole", "after exclusions", "in period", "after exclusions, in period"],
        words("whole", "after exclusions", "in period", "after exclusions, in period"),
    ] = "whole"


class ExcludeTable(Table):
    """One entry of `exclude`."""

    what: Annotated[str, read_by(stage.what)] = Field(examples=['"scheduled maintenance"'])
    notice: Annotated[Notice, read_by(stage.notice)] | None = None
    at_most: Annotated[tuple[Allowance, ...], read_by(stage.allowances, str | list[str])] = ()
    counted: Annotated[Literal["downtime", "window"], words("downtime", "window")] = "downtime"
    effect: Annotated[Literal["downtime", "both sides"], words("downtime", "both sides")] = "downtime"
    only_during: Annotated[Hours, read_by(stage.hours)] | None = None
    always: Annotated[Hours, read_by(stage.hours)] | None = None
    timezone: Zone | None = None
    calendar: Name | None = None

    @model_validator(mode="after")
    def sound(self) -> Self:
        """Maintenance says its notice, and hours say in which zone."""
        refuse(self._notice(), *self._hours())
        return self

    def _notice(self) -> Fault | None:
        if self.always is not None and self.notice is not None:
            return Fault(("notice",), "hours that are always excluded need no notice: take it out")
        if self.what == "scheduled maintenance" and self.notice is None and self.always is None:
            return Fault((), NOTICE_UNSAID)
        return None

    def _hours(self) -> list[Fault]:
        faults: list[Fault] = []
        hours = "always" if self.always is not None else "only_during"
        if self.always is not None and self.only_during is not None:
            faults.append(Fault((), "always and only_during stand in one entry: write two entries"))
        if (self.always or self.only_during) is not None and self.timezone is None:
            message = f'{hours} does not say in which zone its hours are: write timezone = "Europe/Berlin"'
            faults.append(Fault((), message))
        if self.always is None and self.only_during is None and self.timezone is not None:
            faults.append(Fault(("timezone",), "goes with always or only_during alone: take it out"))
        return faults


def exclusion(value: object) -> object:
    """A class alone says no terms; only a table can."""
    if value == "scheduled maintenance":
        raise Refused(NO_NOTICE)
    return {"what": value} if isinstance(value, str) else value


class ScopeTable(Table):
    """`scope`"""

    down_when: Annotated[tuple[str, int], read_by(stage.down_when)] = as_written("each on its own")
    combined: (
        Annotated[Literal["before outage", "after outage"], words("before outage", "after outage")] | None
    ) = None
    across: Name | None = None

    @model_validator(mode="after")
    def sound(self) -> Self:
        """Only what is joined can be joined before or after."""
        if self.combined is not None and not self.joins:
            refuse(Fault(("combined",), 'goes with "any down", "all down" or "2 or more down": take it out'))
        return self

    @property
    def joins(self) -> bool:
        """Whether the outages of several resources become those of one."""
        return self.down_when[0] in ("any down", "all down", "some down")


class PeriodTable(Table):
    """`period`"""

    every: Annotated[str, words(*PERIODS)] = "calendar month"
    first_month: Annotated[int, read_by(stage.first_month)] | None = None
    timezone: Zone | None = None
    service_hours: Name | None = None
    taken_as: Duration | None = None
    mean_of: Annotated[Literal["months"], words("months")] | None = None
    partial: Annotated[
        Literal["existed only", "rest available", "extrapolated"],
        words("existed only", "rest available", "extrapolated"),
    ] = "existed only"

    @model_validator(mode="after")
    def sound(self) -> Self:
        """A fiscal year starts in some month, and only quarters and years have months."""
        refuse(self._fiscal(), self._mean())
        return self

    def _fiscal(self) -> Fault | None:
        if self.every == "fiscal quarter" and self.first_month is None:
            message = '"fiscal quarter" does not say when the year starts: write first_month = "February"'
            return Fault((), message)
        if self.every != "fiscal quarter" and self.first_month is not None:
            return Fault(("first_month",), 'goes with every = "fiscal quarter" alone: take it out')
        return None

    def _mean(self) -> Fault | None:
        if self.mean_of and self.every not in ("calendar quarter", "calendar year", "fiscal quarter"):
            return Fault(("mean_of",), f'"{self.every}" is not made of calendar months: take it out')
        return None


class FormulaTable(Table):
    """`formula`"""

    decimals: Decimals | None = None
    rounding: (
        Annotated[Literal["half-up", "half-even", "down"], words("half-up", "half-even", "down")] | None
    ) = None
    mean_of_last: Annotated[int, read_by(periods)] | None = None

    @model_validator(mode="after")
    def sound(self) -> Self:
        """Decimals and their rounding are said together."""
        if self.decimals is not None and self.rounding is None:
            message = 'decimals without rounding: write rounding = "half-up", "half-even" or "down"'
            refuse(Fault((), message))
        if self.decimals is None and self.rounding is not None:
            refuse(Fault((), "rounding without decimals: write decimals = 2, or take rounding out"))
        return self


class BaseTable(Table):
    """`base`"""

    fee: Annotated[
        Literal[
            "period", "month", "previous period", "next period", "preceding 30 days", "year", "contract",
            "at risk",
        ],
        words(
            "period", "month", "previous period", "next period", "preceding 30 days", "year", "contract",
            "at risk",
        ),
    ] = "period"  # fmt: skip
    divided_by: int = Field(default=1, ge=1, le=1_000)
    share: Annotated[Fraction, read_by(stage.part_of)] = as_written("100%")
    items: Names = ()
    except_: Names = Field(default=(), alias="except")
    plus: Names = ()
    greater_of: Names = ()
    per: Annotated[Literal["agreement", "resource"], words("agreement", "resource")] = "agreement"
    day: Annotated[Fraction | None, read_by(stage.day_price)] = None
    part_period: Annotated[Literal["day-weighted", "whole fee"], words("day-weighted", "whole fee")] = (
        "day-weighted"
    )

    @model_validator(mode="after")
    def sound(self) -> Self:
        """Items are named one way."""
        said = [key for key, names in self._named().items() if names]
        if len(said) > 1:
            refuse(Fault((), f"{' and '.join(said)} both choose items of the fee: keep one"))
        if len(self.greater_of) == 1:
            refuse(Fault(("greater_of",), 'compares two or more items: write ["port", "usage"]'))
        return self

    def _named(self) -> Mapping[str, Collection[str]]:
        return {"items": self.items, "except": self.except_, "greater_of": self.greater_of}


class LimitsTable(Table):
    """`limits`"""

    at_most: Annotated[tuple[Cap, ...], read_by(stage.caps, str | list[str])] = as_written("100% per period")
    only_if: Annotated[tuple[Operator, Money], read_by(stage.only_if)] | None = None
    raised_to: Annotated[Money, read_by(stage.money)] | None = None
    held_until: Annotated[Money, read_by(stage.money)] | None = None


class RoundingTable(Table):
    """`rounding`"""

    money: Annotated[Rounding, words("half-up", "half-even", "down", "up")] = "half-up"
    line: Annotated[Line, words("outage", "resource", "promise", "agreement", "statement")] = "agreement"
    ratio: Decimals | None = None
    unit: Decimals | None = None


class ClaimTable(Table):
    """`claim`"""

    by: Annotated[Deadline | None, read_by(stage.claimed_by)] = None
    notify: Annotated[Deadline, read_by(stage.deadline)] | None = None
    calendar: Name | None = None


def _list_in(key: str) -> BeforeValidator:
    """A text or a list in place of a table is the short form of a key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str | list) else value)


class Stages(Table):
    """The stages an SLA has; an agreement or an amendment that says one replaces it whole."""

    measure: Annotated[MeasureTable, short("evidence")] | None = None
    outage: Annotated[OutageTable, short("lasting")] | None = None
    exclude: list[Annotated[ExcludeTable, BeforeValidator(exclusion)]] | None = None
    scope: Annotated[ScopeTable, short("down_when")] | None = None
    period: Annotated[PeriodTable, short("every")] | None = None
    formula: FormulaTable | None = None
    commitment: Annotated[CommitmentTerms, read_by(stage.commitment)] | None = None
    credits: Credits | None = None
    base: Annotated[BaseTable, short("fee")] | None = None
    limits: Annotated[LimitsTable, _list_in("at_most")] | None = None
    rounding: Annotated[RoundingTable, short("money")] | None = None
    claim: Annotated[ClaimTable, short("by")] | None = None


STAGES = tuple(Stages.model_fields)
