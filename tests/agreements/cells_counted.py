"""The oracle for what is counted and not timed: slots, samples and events, in plain loops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from monitor.agreements.evidence import EventRow, Evidence
from monitor.agreements.terms import Terms
from monitor.core.intervals import Ms
from tests.agreements.cells_oracle import (
    ONE,
    Beyond,
    Figure,
    Grid,
    Lane,
    _announced,
    _here,
    _holds,
    _not_in_force,
    excluded,
    lanes,
    timed_alone,
)
from tests.agreements.generated import Generated, evidence_of

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot, in cells: where it begins and ends as far as it exists, and how bad it is."""

    start: int
    end: int
    rate: Fraction

    @property
    def cells(self) -> range:
        return range(self.start, self.end)


Group = list[Slot]
"""Bad slots that are one outage."""


# --- the clock's slots -----------------------------------------------------------------------------------


def clock(drawn: Generated, size: Ms) -> list[range]:
    """The slots of the clock around the period; all of them stand on a day's start, or an hour's."""
    scale = drawn.scale
    step, reach = size // scale.grain, 300
    origin = scale.start // scale.grain if not scale.fine else 0
    first, last = scale.start // scale.grain - reach, scale.end // scale.grain + reach
    start = first - (first - origin) % step
    return [range(at, at + step) for at in range(start, last, step)]


def existing(life: set[int], drawn: Generated, grid: Grid) -> set[int]:
    """A resource's life, without the part of the period in which nothing was promised."""
    return life - _not_in_force(drawn.case, grid)


def standing(drawn: Generated, terms: Terms, exists: set[int]) -> list[tuple[range, int, int]]:
    """Each slot of the clock, and where it begins and ends as far as it exists; the period's edges cut it."""
    assert isinstance(terms.measure.slot, int)
    here = set(range(drawn.scale.start // drawn.scale.grain, drawn.scale.end // drawn.scale.grain))
    out = []
    for slot in clock(drawn, terms.measure.slot):
        for part in (here, set(slot) - here):
            there = [cell for cell in slot if cell in exists and cell in part]
            if there and (len(there) == len(slot) or terms.measure.partial == "counted"):
                out.append((slot, there[0], there[-1] + 1))
    return out


# --- outages cut into slots ------------------------------------------------------------------------------


def cut(drawn: Generated, name: str, terms: Terms) -> list[Figure]:
    """Exclusions first, then the slots, then the tests of outages, then the period."""
    evidence = evidence_of(drawn.case, name)
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    if terms.scope.join not in ("each on its own", "worst", "sum of resource-minutes"):
        raise Beyond("slots of joined resources")
    if terms.period.mean_of_months:
        raise Beyond("a mean of months of slots")
    if (
        terms.scope.join == "sum of resource-minutes"
        and terms.measure.partial == "counted"
        and _is_fixed(terms)
    ):
        raise Beyond("how long a slot is of resources whose slots are cut differently")
    found = [
        _cut(excluded(lane, drawn, terms, evidence, grid), drawn, terms, grid)
        for lane in lanes(drawn, terms, evidence)
    ]
    return timed_alone(found, terms)


def _cut(lane: Lane, drawn: Generated, terms: Terms, grid: Grid) -> Figure:
    bad, rule = lane.bad, terms.measure.bad
    assert rule is not None
    slots, base, unseen = [], [], ZERO
    promised = 0
    here = range(grid.cell(drawn.scale.start), grid.cell(drawn.scale.end))
    for _, start, end in standing(drawn, terms, existing(lane.life, drawn, grid)):
        ill = sum(cell in bad for cell in range(start, end))
        left = sum(cell in lane.base for cell in range(start, end))
        is_bad = (
            ill >= left if rule.of == "wholly down" else _holds(ill * grid.grain, rule.sign, rule.limit or 0)
        )
        if ill and is_bad:
            slots.append(Slot(start, end, ONE))
        if start in here:
            promised += 1
            unseen += Fraction(sum(cell in lane.unknown for cell in range(start, end)), end - start)
            base += [Slot(start, end, ZERO)] if left else []
    seen = 1 - unseen / promised if promised else ONE
    return _of_slots(lane.name, slots, base, promised - len(base), seen, drawn, terms, grid)


# --- slots of requests -----------------------------------------------------------------------------------


def requests(drawn: Generated, name: str, terms: Terms) -> list[Figure]:
    """Bad slots, the mean of their ratios, or all requests together."""
    evidence = evidence_of(drawn.case, name)
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    if terms.scope.join not in ("each on its own", "worst"):
        raise Beyond("slots of joined resources")
    if any(rule.at_most for rule in terms.exclude):
        raise Beyond("allowances that slots use up")
    make = _total if terms.measure.as_ == "total" else _ratios
    found = []
    for lane, (life,) in evidence.life.items():
        cells = grid.of((life,))
        found.append(make(Lane(lane, cells, cells, [], set()), drawn, terms, evidence, grid))
    return timed_alone(found, terms)


def _ratios(lane: Lane, drawn: Generated, terms: Terms, evidence: Evidence, grid: Grid) -> Figure:
    measure = terms.measure
    counts: dict[int, tuple[Fraction, Fraction]] = {}
    for row in evidence.slots:
        at = grid.cell(row.start)
        if row.resource == lane.name and at in lane.life:
            good, total = counts.get(at, (ZERO, ZERO))
            counts[at] = (good + row.good, total + row.total)
    here = range(grid.cell(drawn.scale.start), grid.cell(drawn.scale.end))
    slots, base = [], []
    for slot, start, end in standing(drawn, terms, existing(lane.life, drawn, grid)):
        good, total = counts.get(slot.start, (ZERO, ZERO))
        if not total and measure.empty == "left out":
            continue
        rate = _rate(good, total, terms)
        if rate:
            slots.append(Slot(start, end, rate))
        if start in here:
            base.append(Slot(start, end, ZERO))
    good_in, gone_in = _windows(lane, drawn, terms, evidence, grid)
    promised = len(base)
    slots, judge = _spared(slots, good_in, gone_in), terms.outage.judged
    base = [slot for slot in base if slot.start not in gone_in]
    if good_in | gone_in and judge in ("whole", "in period") and _tested(terms):
        raise Beyond("slots that are judged before exclusions")
    return _of_slots(lane.name, slots, base, promised - len(base), ONE, drawn, terms, grid)


def _rate(good: Fraction, total: Fraction, terms: Terms) -> Fraction:
    measure = terms.measure
    if not total or total < measure.min_requests:
        return ZERO
    ratio = (total - good) / total
    if measure.bad is None:
        return ratio
    if measure.bad.of == "all fail":
        return ONE if not good else ZERO
    return ONE if _holds(ratio, measure.bad.sign, measure.bad.limit or 0) else ZERO


def _total(lane: Lane, drawn: Generated, terms: Terms, evidence: Evidence, grid: Grid) -> Figure:
    here = _here(drawn, terms, grid) & lane.life
    good_in, gone_in = _windows(lane, drawn, terms, evidence, grid)
    bad = base = ZERO
    for row in evidence.slots:
        at = grid.cell(row.start)
        if row.resource != lane.name or at not in here or at in gone_in:
            continue
        base += row.total
        if row.total and at not in good_in and row.total >= terms.measure.min_requests:
            bad += row.total - row.good
    value = 1 - bad / base if base else None
    time = _lived(drawn, terms, grid)
    return Figure(lane.name, value, bad, base, (1 - value) * time if value is not None else ZERO, time, ONE)


def _windows(
    lane: Lane, drawn: Generated, terms: Terms, evidence: Evidence, grid: Grid
) -> tuple[set[int], set[int]]:
    """Where what begins there is good, and where it is left out; the first rule that applies decides."""
    good: set[int] = set()
    gone: set[int] = set()
    for rule in terms.exclude:
        cells = {cell for *_, own in _announced(lane, drawn, rule, evidence, grid) for cell in own}
        if rule.effect == "both sides":
            gone |= cells
        else:
            good |= cells
    return good, gone


def _spared(slots: Sequence[Slot], *excused: set[int]) -> list[Slot]:
    return [slot for slot in slots if not any(slot.start in cells for cells in excused)]


def _tested(terms: Terms) -> bool:
    asked = terms.outage
    return bool(asked.lasting or asked.joined or asked.deduct or asked.whole)


# --- from slots to a figure ------------------------------------------------------------------------------


def _of_slots(
    name: str,
    slots: Sequence[Slot],
    base: Sequence[Slot],
    gone: int,
    seen: Fraction,
    drawn: Generated,
    terms: Terms,
    grid: Grid,
) -> Figure:
    here = range(grid.cell(drawn.scale.start), grid.cell(drawn.scale.end))
    groups = _tests(slots, terms, grid, here)
    inside = [[slot for slot in group if slot.start in here] for group in groups]
    left = [group for group in inside if group]
    bad = sum((slot.rate for group in left for slot in group), ZERO)
    time = sum(len(slot.cells) for slot in base) * grid.grain
    lost = sum(len(slot.cells) * slot.rate for group in left for slot in group) * grid.grain
    if terms.outage.ignore_total and _holds(lost, *terms.outage.ignore_total):
        left, bad, lost = [], ZERO, ZERO
    of = Fraction(len(base))
    fixed = _fixed(gone, drawn, terms, grid)
    if fixed is not None and base:
        of = max(fixed, ZERO)
        time = of * Fraction(time, len(base))
    value = max(ZERO, 1 - bad / of) if of else None
    if terms.measure.as_ == "mean":
        time = _lived(drawn, terms, grid)
        lost = (1 - value) * time if value is not None else ZERO
    scale = ONE
    if terms.period.partial == "extrapolated":
        whole = Fraction(drawn.scale.end - drawn.scale.start)
        scale = whole / _lived(drawn, terms, grid)
    outages = tuple(_told(group, grid) for group in left)
    promised = Fraction(len(base) + gone)
    down, time = Fraction(lost) * scale, Fraction(time) * scale
    return Figure(name, value, bad, of, down, time, seen, outages, promised=promised)


def _told(group: Group, grid: Grid) -> tuple[Ms, Fraction, Fraction]:
    """When an outage began, how long it is, and how long as it weighs; in ms."""
    length, weight = (
        sum(len(x.cells) * rate for x, rate in ((y, r(y)) for y in group)) for r in (_one, _rated)
    )
    return group[0].start * grid.grain, Fraction(length * grid.grain), Fraction(weight * grid.grain)


def _one(slot: Slot) -> Fraction:
    return ONE


def _rated(slot: Slot) -> Fraction:
    return slot.rate


def _is_fixed(terms: Terms) -> bool:
    return terms.period.taken_as is not None or terms.period.partial == "rest available"


def _fixed(gone: int, drawn: Generated, terms: Terms, grid: Grid) -> Fraction | None:
    size = terms.measure.slot
    assert isinstance(size, int)
    if terms.period.taken_as is not None:
        return Fraction(terms.period.taken_as, size) - gone
    if terms.period.partial == "rest available":
        return Fraction(min(drawn.scale.end, drawn.case.as_of) - drawn.scale.start, size) - gone
    return None


def _lived(drawn: Generated, terms: Terms, grid: Grid) -> Fraction:
    """The time of the period in which the agreement was in force."""
    return Fraction(len(_here(drawn, terms, grid)) * grid.grain)


def _tests(slots: Sequence[Slot], terms: Terms, grid: Grid, here: range) -> list[Group]:
    asked, judged = terms.outage, terms.outage.judged
    if "in period" in judged:
        slots = [slot for slot in slots if slot.start in here]
    groups: list[Group] = []
    for slot in sorted(slots, key=lambda slot: slot.start):
        if groups and groups[-1][-1].end == slot.start:
            groups[-1].append(slot)
        else:
            groups.append([slot])
    if asked.lasting:
        groups = [group for group in groups if _holds(_length(group) * grid.grain, *asked.lasting)]
    if asked.joined:
        groups = _together(groups, *asked.joined, grid)
    if asked.deduct:
        groups = [_without(group, asked.deduct // grid.grain, first=True) for group in groups]
    if asked.whole:
        groups = [_without(g, _length(g) % (asked.whole // grid.grain), first=False) for g in groups]
    return [group for group in groups if group]


def _length(group: Group) -> int:
    return sum(len(slot.cells) for slot in group)


def _together(groups: list[Group], sign: str, limit: Ms, grid: Grid) -> list[Group]:
    out: list[Group] = []
    for group in groups:
        if out and _holds((group[0].start - out[-1][-1].end) * grid.grain, sign, limit):
            out[-1] = out[-1] + group
        else:
            out.append(group)
    return out


def _without(group: Group, cells: int, *, first: bool) -> Group:
    """The slots that are not wholly among so many cells of the group's first or last."""
    every = [cell for slot in group for cell in slot.cells]
    gone = set(every[:cells] if first else every[len(every) - cells :])
    return [slot for slot in group if not gone.issuperset(slot.cells)]


# --- samples ---------------------------------------------------------------------------------------------


def samples(drawn: Generated, name: str, terms: Terms) -> list[Figure]:
    """The mean, the highest or a percentile; or the share of slots or samples that are good."""
    evidence = evidence_of(drawn.case, name)
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    if terms.scope.join not in ("each on its own", "worst"):
        raise Beyond("samples of joined resources")
    if any(rule.at_most for rule in terms.exclude):
        raise Beyond("allowances that samples use up")
    if terms.measure.as_ == "bad slots":
        raise Beyond("samples that are slots")
    found = []
    for lane, (life,) in evidence.life.items():
        cells = grid.of((life,))
        here = cells & _here(drawn, terms, grid)
        good, gone = _windows(Lane(lane, cells, cells, [], set()), drawn, terms, evidence, grid)
        rows = [row for row in evidence.samples if row.resource == lane and grid.cell(row.start) in here]
        rows = [row for row in rows if grid.cell(row.start) not in good | gone]
        value = summary(terms.measure.as_ or "", [(row.value, row.weight) for row in rows])
        weight = sum((row.weight for row in rows), ZERO)
        found.append(Figure(lane, value, ZERO, weight, ZERO, ZERO, ONE))
    return timed_alone(found, terms)


def summary(how: str, values: Sequence[tuple[Fraction, Fraction]]) -> Fraction | None:
    """One number of values and their weights: each as often as it weighs."""
    if not values:
        return None
    if how == "mean":
        return sum((value * weight for value, weight in values), ZERO) / sum(weight for _, weight in values)
    every = sorted(value for value, weight in values for _ in range(int(weight)))
    if how == "max":
        return every[-1]
    return every[math.ceil(Fraction(int(how[1:]), 100) * len(every)) - 1]


# --- events ----------------------------------------------------------------------------------------------


def events(drawn: Generated, name: str, terms: Terms) -> list[Figure]:
    """The share of events done in time."""
    evidence = evidence_of(drawn.case, name)
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    found = []
    for lane, (life,) in evidence.life.items():
        here = grid.of((life,)) & _here(drawn, terms, grid)
        base = bad = 0
        misses = []
        for row in evidence.events:
            told = _event(row, drawn, terms) if row.resource == lane else None
            if told is None or grid.cell(told[0]) not in here:
                continue
            _, due, end = told
            base += row.count
            if end > due:
                bad += row.count
                days = (grid.date(grid.cell(end)) - grid.date((due - 1) // grid.grain)).days
                misses.append((row.started, due, end, days, row.count))
        value = 1 - Fraction(bad, base) if base else None
        figure = Figure(lane, value, Fraction(bad), Fraction(base), ZERO, _lived(drawn, terms, grid), ONE)
        found.append(replace(figure, misses=tuple(misses)))
    return timed_alone(found, terms)


def _event(row: EventRow, drawn: Generated, terms: Terms) -> tuple[Ms, Ms, Ms] | None:
    """Where an event counts, when it was due, and when it ended or was still open; None: not yet."""
    within = terms.measure.within
    due = row.due
    if isinstance(within, tuple):
        due = row.started + (dict(within).get(row.priority) or dict(within)[""]).ms
    assert due is not None
    done = row.finished
    end = drawn.case.as_of if done is None else done
    if done is None and end <= due:
        return None
    if terms.measure.counted_in == "period of start":
        return row.started, due, end
    return (due if done is None else done), due, end
