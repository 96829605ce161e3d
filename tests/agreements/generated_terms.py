"""Contracts drawn by chance, stage by stage: the words of the language, and their neighbours.

Lengths are whole cells of the case's grain, so that an oracle may walk over cells. What a loader refuses is
not drawn: a table covers what misses the commitment or says what else holds, joined resources say what a
length is asked of.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import TypeVar

from monitor.agreements.schedule import (
    FEE,
    Amount,
    Each,
    GreatestOf,
    NoCredits,
    Node,
    ProRata,
    Row,
    Rows,
    SumOf,
)
from monitor.agreements.terms import (
    WHOLE_FEE,
    Allowance,
    Allowed,
    BadSlot,
    BaseTerms,
    Cap,
    CommitmentTerms,
    ContractTerms,
    ExcludeTerms,
    FormulaTerms,
    LimitsTerms,
    MeasureTerms,
    Notice,
    OutageTerms,
    PeriodTerms,
    RoundingTerms,
    ScopeTerms,
    Terms,
)
from monitor.core.calendars import parse_hours
from monitor.core.intervals import DAY, HOUR, Ms
from monitor.core.money import Money
from monitor.core.numbers import Bound

T = TypeVar("T")
MAINTENANCE = "scheduled maintenance"
MAJEURE = "force majeure"
THRESHOLDS = [Fraction(n, 1000) for n in (1000, 999, 995, 990, 980, 960, 930, 900, 850, 800, 700, 500)]
SHARES = [Fraction(1, 10), Fraction(1, 4), Fraction(1, 3), Fraction(1, 15), Fraction(1, 2), Fraction(1)]
NIGHTS = ("daily 20:00-23:00", "Mon-Fri 08:00-17:00", "Sat-Sun 00:00-24:00", "Fri 22:00-06:00")


class Dice(Random):
    """Chance, in the words the generator needs."""

    def chance(self, percent: int) -> bool:
        return self.randrange(100) < percent

    def pick(self, *choices: T) -> T:
        return choices[self.randrange(len(choices))]


@dataclass(frozen=True, slots=True)
class Scale:
    """A period on its grain: a few hundred to a few thousand cells of `grain` ms."""

    grain: Ms
    start: Ms
    end: Ms
    zone: str
    label: str
    every: str = "calendar month"

    @property
    def cells(self) -> int:
        return (self.end - self.start) // self.grain

    @property
    def fine(self) -> bool:
        """Whether a cell is one millisecond."""
        return self.grain == 1

    def some(self, dice: Dice, low: int, high: int) -> Ms:
        """So many whole cells, in ms."""
        return dice.randint(low, high) * self.grain


# --- measure ---------------------------------------------------------------------------------------------


def measure(dice: Dice, scale: Scale) -> MeasureTerms:
    kind = dice.choices(("time", "cut", "slots", "metrics", "events"), (62, 8, 12, 8, 10))[0]
    seen = MeasureTerms(
        unobserved=dice.pick("left out", "left out", "up", "down"),
        coverage=dice.pick(Fraction(0), Fraction(0), Fraction(9, 10), Fraction(95, 100)),
    )
    made = {"time": _time, "cut": _cut, "slots": _slots, "metrics": _metrics, "events": _events}[kind]
    return made(dice, scale, seen)


def _time(dice: Dice, scale: Scale, seen: MeasureTerms) -> MeasureTerms:
    return replace(seen, weighted_by="users") if dice.chance(12) else seen


def slot_length(dice: Dice, scale: Scale) -> Ms:
    if scale.fine:
        return dice.pick(20, 25, 40, 50, 100)
    if scale.zone == "Australia/Lord_Howe":
        return scale.grain  # its clocks change by half an hour
    return dice.pick(HOUR, HOUR, max(scale.grain, HOUR // 2))


def _cut(dice: Dice, scale: Scale, seen: MeasureTerms) -> MeasureTerms:
    slot = slot_length(dice, scale)
    part = Fraction(dice.randint(0, max(0, slot // scale.grain - 1)) * scale.grain)
    bad = dice.pick(BadSlot("wholly down"), BadSlot("down", ">", part))
    partial = dice.pick("left out", "counted")
    return replace(seen, as_="bad slots", slot=slot, bad=bad, partial=partial)


def _slots(dice: Dice, scale: Scale, seen: MeasureTerms) -> MeasureTerms:
    ratio = dice.pick(Fraction(1, 2), Fraction(1, 4), Fraction(1, 10))
    bad = dice.pick(BadSlot("all fail"), BadSlot("errors", dice.pick(">", ">="), ratio))
    as_ = dice.pick("bad slots", "bad slots", "mean", "total")
    return replace(
        seen,
        evidence="slots",
        as_=as_,
        slot=slot_length(dice, scale),
        bad=bad if as_ == "bad slots" else None,
        min_requests=dice.pick(0, 0, 4) if as_ != "total" else 0,
        empty=dice.pick("good", "good", "left out"),
        partial=dice.pick("left out", "left out", "counted"),
    )


def _metrics(dice: Dice, scale: Scale, seen: MeasureTerms) -> MeasureTerms:
    as_ = dice.pick("mean", "max", "p50", "p95", "p99", "bad slots")
    more = {}
    if as_ == "bad slots":
        more = {"bad": BadSlot("value", dice.pick(">", ">="), Fraction(dice.randint(8, 14)))}
        if dice.chance(60):
            more |= {"slot": slot_length(dice, scale), "each_slot": dice.pick("mean", "max", "p95")}
    return replace(seen, evidence="metrics", as_=as_, metric="latency", unit="ms", **more)


def _events(dice: Dice, scale: Scale, seen: MeasureTerms) -> MeasureTerms:
    allowed = Allowed(ms=scale.some(dice, 3, 20))
    within = dice.pick((("", allowed),), (("", allowed),), "due")
    if dice.chance(25):
        within = (("high", allowed), ("low", Allowed(ms=scale.some(dice, 10, 40))))
    counted_in = dice.pick("period of start", "period of start", "period of end")
    return replace(seen, evidence="events", within=within, counted_in=counted_in)


def in_outages(terms: MeasureTerms) -> bool:
    """Whether outages come of it that stage `outage` can ask about."""
    return terms.evidence == "outages" or terms.as_ == "bad slots"


# --- outage, exclude, scope ------------------------------------------------------------------------------


def outage(dice: Dice, scale: Scale, measured: MeasureTerms) -> OutageTerms:
    cut = measured.evidence == "outages" and measured.slot is not None
    if not in_outages(measured) or dice.chance(75 if cut else 30):
        return OutageTerms()
    step = measured.slot if isinstance(measured.slot, int) else scale.grain
    most = 3 if step > scale.grain else 25
    rows = measured.evidence == "outages"

    def length() -> Ms:
        return dice.randint(1, most) * step

    return OutageTerms(
        lasting=(dice.pick(">", ">="), length()) if dice.chance(50) else None,
        affecting=Bound(dice.pick(">", ">="), Fraction(1, 4)) if rows and dice.chance(12) else None,
        joined=(dice.pick("<", "<="), length()) if dice.chance(20) else None,
        whole=length() if dice.chance(12) and step == scale.grain else None,
        deduct=length() if dice.chance(15) else None,
        ignore_total=(dice.pick("<", "<="), 3 * length()) if dice.chance(12) else None,
        resource_age=(">=", scale.some(dice, 5, 100)) if rows and dice.chance(6) else None,
        only=(("severity", "1"),) if rows and dice.chance(6) else (),
        starts=dice.pick("detected", "reported", "last success")
        if rows and dice.chance(14)
        else "first failure",
        ends="ticket closed" if rows and dice.chance(6) else "restored",
        judged=dice.pick("whole", "whole", "after exclusions", "in period", "after exclusions, in period"),
    )


def exclude(dice: Dice, scale: Scale, measured: MeasureTerms) -> tuple[ExcludeTerms, ...]:
    if measured.evidence == "events" or dice.chance(40):
        return ()
    classes = dice.pick((MAINTENANCE,), (MAINTENANCE,), (MAJEURE,), (MAINTENANCE, MAJEURE))
    return tuple(_exclusion(dice, scale, what) for what in classes)


def _exclusion(dice: Dice, scale: Scale, what: str) -> ExcludeTerms:
    notice = None
    if what == MAINTENANCE:
        notice = Notice(dice.pick(0, 10, 30) * scale.grain)
    during = None if scale.fine or dice.chance(80) else parse_hours(dice.pick(*NIGHTS))
    always = during is not None and dice.chance(40)
    return ExcludeTerms(
        what=what,
        notice=notice,
        at_most=() if always else allowances(dice, scale),
        counted=dice.pick("downtime", "downtime", "window"),
        effect=dice.pick("downtime", "downtime", "both sides"),
        only_during=None if always else during,
        always=during if always else None,
        timezone=scale.zone if during else None,
    )


def allowances(dice: Dice, scale: Scale) -> tuple[Allowance, ...]:
    if dice.chance(50):
        return ()
    per = dice.pick("month", "month", "period", "day", "year", "quarter", "week")
    first = Allowance(scale.some(dice, 1, 60), "time", per)
    if dice.chance(25):
        return (Allowance(dice.randint(1, 2), "windows", per),)
    if dice.chance(5):
        return (first, Allowance(scale.some(dice, 40, 90), "time", "year"))
    return (first,)


def scope(dice: Dice, resources: int, tested: OutageTerms, measured: MeasureTerms) -> ScopeTerms:
    if resources == 1 or not in_outages(measured) or dice.chance(25):
        return ScopeTerms()
    joins = ["any down", "all down", "some down", "sum of resource-minutes", "worst"]
    join = dice.choice(joins if not measured.weighted_by else joins[3:])
    asked = tested.lasting or tested.joined or tested.deduct or tested.whole
    joined = join in joins[:3]
    combined = dice.pick("before outage", "after outage") if joined and asked else None
    return ScopeTerms(join=join, least=2 if join == "some down" else 0, combined=combined)


# --- period, formula, commitment -------------------------------------------------------------------------


def period(dice: Dice, scale: Scale, measured: MeasureTerms, scoped: ScopeTerms) -> PeriodTerms:
    timed = measured.evidence == "outages"
    whole = timed and measured.slot is None
    fixed = timed and dice.chance(8)
    partials = ["existed only", "existed only", "rest available", "extrapolated"]
    return PeriodTerms(
        every=scale.every,
        timezone=scale.zone,
        service_hours="office" if not scale.fine and whole and dice.chance(12) else None,
        taken_as=dice.randint(90, 110) * scale.cells * scale.grain // 100 if fixed else None,
        mean_of_months=scale.every == "calendar quarter" and timed and dice.chance(25),
        partial=dice.choice(partials[: 3 if scoped.join == "sum of resource-minutes" else 4])
        if timed and not fixed
        else "existed only",
    )


def formula(dice: Dice, history: bool) -> FormulaTerms:
    decimals = dice.pick(0, 1, 2) if dice.chance(20) else None
    return FormulaTerms(
        decimals=decimals,
        rounding=dice.pick("half-up", "half-even", "down") if decimals is not None else None,
        mean_of_last=dice.pick(2, 3) if history and dice.chance(20) else None,
    )


def is_metric(measured: MeasureTerms) -> bool:
    """Whether the figure is a value in a unit, and no share."""
    return measured.evidence == "metrics" and measured.as_ != "bad slots"


def commitment(dice: Dice, scale: Scale, measured: MeasureTerms) -> CommitmentTerms:
    if is_metric(measured):
        return CommitmentTerms(Bound("<=", Fraction(dice.randint(8, 13))), "metric", "ms")
    if dice.chance(6):
        return CommitmentTerms(None)
    if measured.evidence == "outages" and dice.chance(10):
        return CommitmentTerms(Bound("<=", Fraction(scale.some(dice, 1, 80))), "downtime")
    return CommitmentTerms(Bound(dice.pick(">=", ">=", ">=", ">"), dice.choice(THRESHOLDS[:9])))


# --- credits ---------------------------------------------------------------------------------------------


def credits(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    if dice.chance(3):
        return NoCredits()
    kinds = {"rows": 50, "flat": 10, "time": 10, "shortfall": 8, "pro rata": 10, "outage": 10, "several": 8}
    if measured.evidence == "events":
        kinds = {"rows": 30, "flat": 10, "miss": 40, "several": 5}
    elif is_metric(measured):
        kinds = {"metric rows": 40, "overshoot": 30, "flat": 20}
    elif measured.as_ in ("mean", "total"):
        kinds = {"rows": 50, "flat": 10, "shortfall": 20, "pro rata": 10}
    elif measured.slot is not None:
        kinds = {"rows": 40, "flat": 10, "shortfall": 10, "bad slot": 25, "pro rata": 10}
    kind = dice.choices(tuple(kinds), tuple(kinds.values()))[0]
    return _SHAPES[kind](dice, scale, measured, promised)


def amount(dice: Dice, flat: bool = False) -> Amount:
    kind = dice.choices(("share", "money", "time", "months"), (70, 15, 12, 3))[0]
    if kind == "share":
        share = dice.choice(SHARES)
        return Amount("share", share, FEE, f"{share} of it")
    if kind == "money":
        paid = Fraction(dice.randint(1, 40_000), 100)
        return Amount("money", paid, "EUR", f"{paid} EUR")
    if kind == "time":
        days = dice.randint(1, 3)
        return Amount("time", Fraction(days * DAY), FEE, f"{days} days of fees")
    return Amount("months", Fraction(1), FEE, "1 month of fees")


def _flat(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    return amount(dice)


def _rows(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    bys = ["figure", "figure", "figure"]
    if measured.evidence == "outages" and measured.slot is None:
        bys += ["downtime", "longest outage", "outages"]
    if measured.evidence == "events":
        bys += ["misses"]
    by = dice.choice(bys)
    if by == "figure":
        return _figures(dice, promised)
    counts = by in ("outages", "misses")
    steps = sorted(dice.sample(range(8 if counts else 60), dice.randint(1, 3)))
    sign = dice.pick(">", ">=")
    bounds = [Bound(sign, Fraction(step if counts else step * scale.grain)) for step in steps]
    return Rows(_open_rows(dice, bounds), in_no_row="no credit", if_met=_if_met(dice), by=by)


def _if_met(dice: Dice) -> str:
    return dice.pick("no credit", "no credit", "no credit", "as the table")


def _open_rows(dice: Dice, bounds: Sequence[Bound]) -> tuple[Row, ...]:
    return tuple(Row((bound,), amount(dice), f"{bound.sign} {bound.value}") for bound in bounds)


def _figures(dice: Dice, promised: CommitmentTerms) -> Rows:
    if dice.chance(25):
        return _bands(dice, promised)
    sign = dice.pick("<", "<", "<=")
    values = sorted(dice.sample(THRESHOLDS, dice.randint(1, 4)), reverse=True)
    if promised.of == "share" and promised.bound is not None and dice.chance(60):
        sign = "<" if promised.bound.sign == ">=" else "<="
        values = [promised.bound.value, *(value for value in values if value < promised.bound.value)]
    rows = _open_rows(dice, [Bound(sign, value) for value in values])
    if dice.chance(10):
        rows = tuple(dice.sample(rows, len(rows)))
    return Rows(rows, None, dice.pick("no credit", "no credit", "row below", "row above"), _if_met(dice))


def _bands(dice: Dice, promised: CommitmentTerms) -> Rows:
    """Closed rows, one below the other, with a hole now and then, or one that overlaps its neighbour."""
    edges = sorted(dice.sample(THRESHOLDS, dice.randint(2, 4)), reverse=True)
    pairs = [*itertools.pairwise(edges), (edges[-1], None)]
    overlap = dice.pick(None, None, "highest credit", "first row")
    rows = []
    for high, low in pairs:
        if overlap and low is not None and dice.chance(50):
            low -= Fraction(1, 20)
        if low is not None and dice.chance(15):
            low += Fraction(1, 500)
        bounds = [Bound("<", high)] if low is None else [Bound("<", high), Bound(">=", low)]
        rows.append(Row(tuple(bounds), amount(dice), f"below {high}"))
    return Rows(tuple(rows), overlap, dice.pick("no credit", "row below", "row above"), _if_met(dice))


def _beyond(dice: Dice, scale: Scale, promised: CommitmentTerms) -> str | Fraction | None:
    if promised.bound is not None and promised.of != "metric" and dice.chance(25):
        return "commitment"
    return Fraction(scale.some(dice, 1, 30)) if dice.chance(25) else None


def _part(dice: Dice) -> str:
    return dice.pick("full", "or part", "pro rata")


def _per_time(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    size = Fraction(scale.some(dice, 1, 12))
    return Each("time", amount(dice), size, _part(dice), _beyond(dice, scale, promised), f"per {size} ms")


def _per_shortfall(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    size = dice.pick(Fraction(1, 1000), Fraction(3, 1000), Fraction(1, 100), Fraction(1, 20))
    told = promised.bound is not None and promised.of == "share" and dice.chance(60)
    beyond = None if told else dice.choice(THRESHOLDS[:6])
    credit = Amount("share", dice.pick(Fraction(1, 100), Fraction(1, 30)), FEE, "a little")
    return Each("share", credit, size, _part(dice), beyond, f"per {size}")


def _pro_rata(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    timed = measured.evidence == "outages"
    beyond = _beyond(dice, scale, promised) if timed else None
    return ProRata(Fraction(dice.pick(1, 1, 2, 10, 25)), beyond, "pro rata")


def _per_outage(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    inner = dice.pick("amount", "rows", "time", "pro rata")
    if inner == "amount":
        return Each("outage", amount(dice), text="each outage")
    if inner == "time":
        size = Fraction(scale.some(dice, 1, 12))
        beyond = Fraction(scale.some(dice, 1, 10)) if dice.chance(40) else None
        return Each(
            "outage", Each("time", amount(dice), size, _part(dice), beyond, "unit"), text="each outage"
        )
    if inner == "pro rata":
        return Each("outage", ProRata(Fraction(dice.pick(1, 2)), None, "twice"), text="each outage")
    steps = sorted(dice.sample(range(30), dice.randint(1, 3)))
    bounds = [Bound(dice.pick(">", ">="), Fraction(step * scale.grain)) for step in steps[:1]] + [
        Bound(">=", Fraction(step * scale.grain)) for step in steps[1:]
    ]
    rows = Rows(_open_rows(dice, bounds), in_no_row="no credit", by="downtime")
    return Each("outage", rows, text="each outage")


def _per_miss(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    inner = dice.pick("amount", "amount", "delay", "overshoot", "day")
    if inner == "amount" or (inner == "overshoot" and measured.within == "due"):
        return Each("miss", amount(dice), text="each miss")
    if inner == "day":
        return Each("miss", Each("calendar day", amount(dice), text="each day"), text="each miss")
    steps = sorted(dice.sample(range(30), dice.randint(1, 3)))
    unit = Fraction(scale.grain) if inner == "delay" else Fraction(1, 10)
    bounds = [Bound(">=", step * unit) for step in steps]
    return Each("miss", Rows(_open_rows(dice, bounds), in_no_row="no credit", by=inner), text="each miss")


def _per_slot(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    return Each("bad slot", Amount("share", Fraction(1, dice.randint(20, 90)), FEE, "a bit"), text="bad slot")


def _metric_rows(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    steps = sorted(dice.sample(range(8, 16), dice.randint(1, 3)))
    bounds = [Bound(">", Fraction(step)) for step in steps]
    return Rows(_open_rows(dice, bounds), in_no_row="no credit", if_met=_if_met(dice))


def _overshoot(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    steps = sorted(dice.sample(range(12), dice.randint(1, 4)))
    bounds = [Bound(">=", Fraction(step, 10)) for step in steps]
    return Rows(_open_rows(dice, bounds), in_no_row="no credit", if_met="no credit", by="overshoot")


def _several(dice: Dice, scale: Scale, measured: MeasureTerms, promised: CommitmentTerms) -> Node:
    parts = tuple(credits(dice, scale, measured, promised) for _ in range(dice.randint(2, 3)))
    parts = tuple(part for part in parts if not isinstance(part, NoCredits)) or (amount(dice),)
    parts = tuple(replace(part, if_met=None) if hasattr(part, "if_met") else part for part in parts)
    return dice.pick(GreatestOf, SumOf)(parts)


_SHAPES = {
    "rows": _rows,
    "flat": _flat,
    "time": _per_time,
    "shortfall": _per_shortfall,
    "pro rata": _pro_rata,
    "outage": _per_outage,
    "miss": _per_miss,
    "bad slot": _per_slot,
    "metric rows": _metric_rows,
    "overshoot": _overshoot,
    "several": _several,
}


# --- base, limits, rounding ------------------------------------------------------------------------------


def base(dice: Dice, resources: int, scoped: ScopeTerms) -> BaseTerms:
    if dice.chance(55):
        return BaseTerms()
    own = resources > 1 and scoped.join == "each on its own" and dice.chance(40)
    items = dice.pick("items", "except", "plus", "none", "none", "greater") if resources == 1 else "none"
    return BaseTerms(
        fee=dice.pick("period", "period", "previous period", "next period", "year", "at risk"),
        divided_by=dice.pick(1, 1, 12),
        share=dice.pick(Fraction(1), Fraction(1, 2), Fraction(1, 3)),
        items=("storage",) if items == "items" else (),
        except_=("storage",) if items == "except" else (),
        greater_of=("storage", "traffic") if items == "greater" else (),
        per="resource" if own else "agreement",
        day=dice.pick(None, None, Fraction(1, 30), Fraction(1, 365)),
        part_period=dice.pick("day-weighted", "day-weighted", "whole fee"),
    )


def limits(dice: Dice, credits: Node | None = None) -> LimitsTerms:
    """Limits; those of an outage or a day only where credits are of outages or of what is late."""
    single = isinstance(credits, Each) and credits.of in ("outage", "miss")
    caps = dice.pick((WHOLE_FEE,), (), (_cap(dice, single),), (_cap(dice, single), _cap(dice, single)))
    return LimitsTerms(
        at_most=caps,
        only_if=(">", Money(Fraction(dice.randint(1, 9_000), 100), "EUR")) if dice.chance(8) else None,
        raised_to=Money(Fraction(dice.randint(1, 20_000), 100), "EUR") if dice.chance(8) else None,
    )


def _cap(dice: Dice, single: bool) -> Cap:
    per = dice.pick("period", "period", "period", "month", "year")
    if single:
        per = dice.pick("outage", "day", "period")
    if dice.chance(20):
        return Cap(Fraction(dice.randint(1, 90_000), 100), "EUR", per, f"an amount per {per}")
    share = dice.pick(Fraction(1, 20), Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(3, 2))
    return Cap(share, "base", per, f"{share} per {per}")


def rounding(dice: Dice, *lines: str) -> RoundingTerms:
    return RoundingTerms(
        money=dice.pick("half-up", "half-up", "half-even", "down", "up"),
        line=dice.pick("agreement", *lines),
        ratio=dice.pick(2, 4) if dice.chance(8) else None,
    )


# --- the whole -------------------------------------------------------------------------------------------


def promise(dice: Dice, scale: Scale, resources: int, history: bool) -> Terms:
    measured = measure(dice, scale)
    tested = outage(dice, scale, measured)
    if tested.affecting or tested.only or tested.starts != "first failure" or tested.ends != "restored":
        measured = replace(measured, unobserved=dice.pick("left out", "up"))  # unseen time has no columns
    scoped = scope(dice, resources, tested, measured)
    promised = commitment(dice, scale, measured)
    paid = credits(dice, scale, measured, promised)
    return Terms(
        commitment=promised,
        credits=paid,
        measure=measured,
        outage=tested,
        exclude=exclude(dice, scale, measured),
        scope=scoped,
        period=period(dice, scale, measured, scoped),
        formula=formula(dice, history) if not is_metric(measured) else FormulaTerms(),
        base=base(dice, resources, scoped),
        limits=limits(dice, paid),
        rounding=rounding(dice, *_lines(paid, scoped, resources)),
    )


def _lines(paid: Node, scoped: ScopeTerms, resources: int) -> tuple[str, ...]:
    """The lines that exist at all: outages where they are credited, resources where there are several."""
    single = ("outage",) if isinstance(paid, Each) and paid.of in ("outage", "miss") else ()
    return (*single, "resource") if resources > 1 and scoped.join == "each on its own" else single


def agreement(dice: Dice, scale: Scale, resources: int, history: bool) -> ContractTerms:
    """One promise, or two or three put together."""
    if dice.chance(82):
        return ContractTerms((("sla", promise(dice, scale, resources, history)),))
    shared = period(dice, scale, MeasureTerms(), ScopeTerms())
    names = [f"promise-{n}" for n in range(1, dice.randint(2, 3) + 1)]
    promises = []
    for name in names:
        drawn = promise(dice, scale, resources, history)
        same = replace(drawn, period=replace(drawn.period, every=shared.every), rounding=RoundingTerms())
        promises.append((name, same))
    together = dice.pick("sum", "sum", "highest")
    if all(each.commitment.of == "share" and each.commitment.bound for _, each in promises):
        together = dice.pick(together, "lowest commitment")
    return ContractTerms(tuple(promises), together, limits=limits(dice), rounding=rounding(dice, "promise"))
