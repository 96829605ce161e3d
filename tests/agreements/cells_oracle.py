"""An oracle that walks over cells: what terms come to, from nothing but sets of cells and plain loops.

A cell is one grain of the case's time (one millisecond in half of the cases). The oracle reads terms and
evidence, which are data, and shares no code with the rules of the engine nor with the naive pricing. `Beyond`
says what it does not attempt; its callers count how often that is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from monitor.agreements.evidence import Evidence, OutageRow, Recorded
from monitor.agreements.pipeline import Case
from monitor.agreements.terms import Allowance, ExcludeTerms, MeasureTerms, OutageTerms, Terms
from monitor.core.calendars import Hours
from monitor.core.checks import State
from monitor.core.intervals import Ms, Span
from monitor.core.services import ServiceTimeline
from monitor.core.windows import Window
from tests.agreements.generated import Generated, evidence_of

ONE = Fraction(1)


class Beyond(Exception):
    """The oracle does not answer for these terms."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage: its cells, and the share of the users it hit in each (1 where it does not say)."""

    cells: frozenset[int]
    shares: Mapping[int, Fraction] = field(default_factory=dict)
    roots: frozenset[int] = frozenset()

    def without(self, cells: set[int] | frozenset[int]) -> Outage:
        return replace(self, cells=self.cells - cells)

    def with_(self, other: Outage) -> Outage:
        """Both as one; where they overlap the shares add up, to everybody at most."""
        shares = dict(self.shares)
        for cell in other.cells:
            if cell in self.cells:
                shares[cell] = min(ONE, self.share(cell) + other.share(cell))
            elif cell in other.shares:
                shares[cell] = other.shares[cell]
        return Outage(self.cells | other.cells, shares, self.roots | other.roots)

    def share(self, cell: int) -> Fraction:
        return self.shares.get(cell, ONE)


@dataclass(slots=True)
class Lane:
    """One resource, or several joined: the cells it existed in, those that count, and the bad ones."""

    name: str
    life: set[int]
    base: set[int]
    outages: list[Outage]
    unknown: set[int]
    excused: set[int] = field(default_factory=set)
    aside: set[int] = field(default_factory=set)

    @property
    def bad(self) -> set[int]:
        return {cell for outage in self.outages for cell in outage.cells}


@dataclass(frozen=True, slots=True)
class Figure:
    """What a resource comes to: `bad`, `base` in ms, slots, requests or events; `down`, `time` in ms."""

    lane: str
    value: Fraction | None
    bad: Fraction
    base: Fraction
    down: Fraction
    time: Fraction
    seen: Fraction
    outages: tuple[tuple[Ms, Fraction, Fraction], ...] = ()
    misses: tuple[tuple[Ms, Ms, Ms | None, int, int], ...] = ()
    promised: Fraction = ONE


# --- cells and the wall clock ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grid:
    """Instants as numbers of cells. Every instant asked about stands on a cell's edge."""

    grain: Ms
    zone: str

    def cell(self, at: Ms) -> int:
        assert at % self.grain == 0, "an instant between two cells"
        return at // self.grain

    def cells(self, start: Ms, end: Ms) -> range:
        return range(self.cell(start), max(self.cell(start), self.cell(end)))

    def of(self, spans: Iterable[Span]) -> set[int]:
        return {cell for span in spans for cell in self.cells(span.start, span.end)}

    def date(self, cell: int) -> date:
        return datetime.fromtimestamp(cell * self.grain / 1000, UTC).astimezone(ZoneInfo(self.zone)).date()


def hours(rule: Hours, zone: str, grid: Grid, among: Iterable[int]) -> set[int]:
    """The cells inside wall-clock hours, day by day, from the clock that people read."""
    cells = sorted(among)
    if not cells:
        return set()
    local = Grid(grid.grain, zone)
    day, last = local.date(cells[0]) - timedelta(days=1), local.date(cells[-1])
    out: set[int] = set()
    while day <= last:
        for opening in rule.openings:
            if day.weekday() in opening.weekdays:
                start, end = (_wall(day, at, zone) for at in (opening.start, opening.end))
                out |= set(grid.cells(start, end))
        day += timedelta(days=1)
    return out & set(cells)


def _wall(day: date, at: Ms, zone: str) -> Ms:
    when = datetime(day.year, day.month, day.day) + timedelta(milliseconds=at)  # noqa: DTZ001
    return int(when.replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000


def stretch(per: str, day: date) -> tuple[object, ...]:
    """What names the calendar span that a day lies in."""
    names: dict[str, tuple[object, ...]] = {
        "day": (day,),
        "week": (day - timedelta(days=day.weekday()),),
        "month": (day.year, day.month),
        "quarter": (day.year, (day.month - 1) // 3),
        "year": (day.year,),
        "period": (),
    }
    if per not in names:
        raise Beyond(f"an allowance per {per}")
    return names[per]


# --- measure: continuous time ----------------------------------------------------------------------------


def lanes(drawn: Generated, terms: Terms, evidence: Evidence) -> list[Lane]:
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    return [_lane(name, line, drawn.case, terms, grid) for name, line in evidence.resources.items()]


def _lane(name: str, line: ServiceTimeline | Recorded, case: Case, terms: Terms, grid: Grid) -> Lane:
    life = grid.of(line.base if isinstance(line, ServiceTimeline) else line.life)
    if isinstance(line, ServiceTimeline):
        life = {cell for cell in life if cell * grid.grain < case.as_of}
        born = line.base[0].start
        outages = [
            Outage(frozenset(grid.cells(s.start, s.end))) for s in line.segments if s.state is State.DOWN
        ]
        unseen = grid.of(Span(s.start, s.end) for s in line.segments if s.state is State.UNKNOWN)
    else:
        born = min(span.start for span in line.life)
        asked = replace(terms.outage, affecting=None)
        seen = [o for row in line.rows for o in _row(_closed(row, case), asked, grid)]
        outages = [o for row in line.rows for o in _row(_closed(row, case), terms.outage, grid)]
        unseen = grid.of(line.unseen) - grid.of(row.span for row in line.rows)
        unseen -= {cell for each in seen for cell in each.cells}
    if not terms.measure.weighted_by:
        outages = [replace(each, shares={}) for each in outages]
    outages = [each.without(each.cells - life) for each in outages]
    unknown = (unseen & life) - {cell for each in outages for cell in each.cells}
    base = set(life)
    if terms.measure.unobserved == "down":
        outages += [Outage(frozenset(run)) for run in runs(unknown)]
    if terms.measure.unobserved == "left out":
        base -= unknown
    whole = touching(outages)
    old = [each for each in whole if _old_enough(min(each.cells) * grid.grain, born, terms.outage)]
    return Lane(name, life, base, old, unknown)


def _closed(row: OutageRow, case: Case) -> OutageRow:
    """What a file leaves open ends with the asking."""
    return replace(row, span=Span(row.span.start, max(row.span.start, case.as_of))) if row.open else row


def _row(row: OutageRow, asked: OutageTerms, grid: Grid) -> Iterator[Outage]:
    if not _chosen(row, asked):
        return
    if asked.affecting and not asked.affecting.holds(ONE if row.affected is None else row.affected):
        return
    starts = {"reported": row.reported, "detected": row.detected, "last success": row.last_good}
    start = starts.get(asked.starts, row.span.start)
    end = row.ticket_closed if asked.ends == "ticket closed" else row.span.end
    assert start is not None
    assert end is not None
    cells = frozenset(grid.cells(start, end))
    yield Outage(cells, {} if row.affected is None else dict.fromkeys(cells, row.affected))


def _chosen(row: OutageRow, asked: OutageTerms) -> bool:
    told = {**row.columns, "class": row.what}
    return all(told.get(name) == value for name, value in asked.only)


def _old_enough(onset: Ms, born: Ms, asked: OutageTerms) -> bool:
    return asked.resource_age is None or _holds(onset - born, *asked.resource_age)


def _holds(length: int | Fraction, sign: str, limit: int | Fraction) -> bool:
    return {"<": length < limit, "<=": length <= limit, ">": length > limit, ">=": length >= limit}[sign]


def runs(cells: Iterable[int]) -> list[list[int]]:
    """Cells that follow one another."""
    out: list[list[int]] = []
    for cell in sorted(cells):
        if out and out[-1][-1] == cell - 1:
            out[-1].append(cell)
        else:
            out.append([cell])
    return out


def touching(outages: Iterable[Outage]) -> list[Outage]:
    """Outages that overlap or touch as one."""
    out: list[Outage] = []
    for each in sorted((o for o in outages if o.cells), key=lambda o: min(o.cells)):
        if out and min(each.cells) <= max(out[-1].cells) + 1:
            out[-1] = out[-1].with_(each)
        else:
            out.append(each)
    return out


# --- outage ----------------------------------------------------------------------------------------------


def qualified(
    outages: Sequence[Outage], asked: OutageTerms, grid: Grid, cuts: set[int] | None
) -> list[Outage]:
    """Those that count, and how much of each. What `cuts` part is asked by itself."""
    found = list(outages)
    if cuts is not None:
        found = [
            replace(each, cells=part, roots=frozenset({number}))
            for number, each in enumerate(found)
            for part in _parted(each.cells, cuts)
        ]
    if asked.lasting:
        found = [each for each in found if _holds(len(each.cells) * grid.grain, *asked.lasting)]
    if asked.joined:
        found = _joined(found, *asked.joined, grid)
    if asked.deduct:
        found = [_front_off(each, asked.deduct // grid.grain) for each in found]
    if asked.whole:
        found = [_back_off(each, len(each.cells) % (asked.whole // grid.grain)) for each in found]
    return _rooted([each for each in found if each.cells])


def _rooted(outages: list[Outage]) -> list[Outage]:
    """What exclusions parted is asked about in parts, and is still one outage when it is credited."""
    out: list[Outage] = []
    for each in outages:
        one = each
        for other in [other for other in out if other.roots & each.roots]:
            one = other.with_(one)
        out = [other for other in out if not other.roots & each.roots] + [one]
    return sorted(out, key=lambda o: min(o.cells))


def _parted(cells: frozenset[int], cuts: set[int]) -> list[frozenset[int]]:
    out: list[set[int]] = []
    for run in runs(cells):
        if out and not cuts & set(range(max(out[-1]), run[0])):
            out[-1] |= set(run)
        else:
            out.append(set(run))
    return [frozenset(part) for part in out]


def _joined(outages: list[Outage], sign: str, limit: Ms, grid: Grid) -> list[Outage]:
    out: list[Outage] = []
    for each in sorted(outages, key=lambda o: min(o.cells)):
        if out and _holds((min(each.cells) - max(out[-1].cells) - 1) * grid.grain, sign, limit):
            out[-1] = out[-1].with_(each)
        else:
            out.append(each)
    return out


def _front_off(outage: Outage, cells: int) -> Outage:
    return replace(outage, cells=frozenset(sorted(outage.cells)[cells:]))


def _back_off(outage: Outage, cells: int) -> Outage:
    return replace(outage, cells=frozenset(sorted(outage.cells)[: len(outage.cells) - cells]))


# --- exclude ---------------------------------------------------------------------------------------------


def excluded(lane: Lane, drawn: Generated, terms: Terms, evidence: Evidence, grid: Grid) -> Lane:
    for rule in terms.exclude:
        lane = _exclusion(lane, drawn, rule, terms.outage, evidence, grid)
    return lane


def _exclusion(
    lane: Lane, drawn: Generated, rule: ExcludeTerms, asked: OutageTerms, evidence: Evidence, grid: Grid
) -> Lane:
    uses = _announced(lane, drawn, rule, evidence, grid, asked)
    by_window, by_downtime = _halves(rule)
    uses = _granted(uses, by_window, drawn, grid)
    bad = lane.bad
    inside = [(name, start, [cell for cell in cells if cell in bad]) for name, start, cells in uses]
    excused = {cell for *_, cells in _granted(inside, by_downtime, drawn, grid) for cell in cells}
    left = bad - excused
    base, aside = set(lane.base), set()
    if rule.effect == "both sides":
        gone = {cell for *_, cells in uses for cell in cells} - left
        aside = (gone - excused) & base
        base -= gone
    return Lane(
        lane.name,
        lane.life,
        base,
        [o for each in lane.outages if (o := each.without(excused)).cells],
        lane.unknown,
        lane.excused | excused,
        lane.aside | aside,
    )


def _halves(rule: ExcludeTerms) -> tuple[list[Allowance], list[Allowance]]:
    """The allowances that announced time uses up, and those that excused downtime does."""
    if rule.counted == "window":
        return list(rule.at_most), []
    whole = [each for each in rule.at_most if each.of == "windows" and rule.effect == "both sides"]
    return whole, [each for each in rule.at_most if each not in whole]


Use = tuple[str, int, list[int]]
"""A window: its name, its first cell, and the cells that it claims."""


def _announced(
    lane: Lane,
    drawn: Generated,
    rule: ExcludeTerms,
    evidence: Evidence,
    grid: Grid,
    asked_of: OutageTerms | None = None,
) -> list[Use]:
    """What each valid window claims that no earlier one has, in order of their start."""
    found: list[Use] = []
    asked = rule.always is None or rule.notice is not None
    for window in evidence.windows if asked else ():
        effective = _effective(window)
        mine = window.resources is None or lane.name in window.resources
        if window.what == rule.what and effective is not None and mine and _in_time(window, rule):
            found.append((window.id, 0, list(grid.cells(effective.start, effective.end))))
    line = evidence.resources.get(lane.name)
    if isinstance(line, Recorded) and asked:
        found += _rows_excluded(line, drawn, rule, asked_of or OutageTerms(), grid)
    if rule.only_during is not None:
        during = hours(
            rule.only_during, rule.timezone or grid.zone, grid, (c for *_, cs in found for c in cs)
        )
        found = [(name, at, run) for name, at, cells in found for run in runs(set(cells) & during)]
    if rule.always is not None:
        reach = lane.life | set(grid.cells(drawn.scale.start, drawn.scale.end))
        nights = hours(rule.always, rule.timezone or grid.zone, grid, reach)
        found += [("always", 0, run) for run in runs(nights)]
    out: list[Use] = []
    had = _not_in_force(drawn.case, grid)
    for name, _, cells in sorted(
        found, key=lambda use: (use[2][0], use[2][-1], use[0]) if use[2] else (0, 0, "")
    ):
        if cells:
            out.append((name, cells[0], [cell for cell in cells if cell not in had]))
            had |= set(cells)
    return out


def _rows_excluded(
    line: Recorded, drawn: Generated, rule: ExcludeTerms, asked: OutageTerms, grid: Grid
) -> Iterator[Use]:
    """Outages of an excluded class, but where one that counts overlaps them."""
    against: set[int] = set()
    counts = replace(asked, affecting=None)
    rows = [r for r in line.rows if any(o.cells for o in _row(_closed(r, drawn.case), counts, grid))]
    for row in rows:
        if not _of_class(row, rule):
            against |= set(_extent(row, drawn, asked, grid))
    for row in rows:
        if _of_class(row, rule):
            for run in runs(set(_extent(row, drawn, asked, grid)) - against):
                yield (row.id or rule.what, 0, run)


def _of_class(row: OutageRow, rule: ExcludeTerms) -> bool:
    if row.what != rule.what:
        return False
    if rule.notice is None or row.announced is None:
        return True
    ahead = row.span.start - row.announced
    return ahead >= 0 and ahead >= rule.notice.ms


def _extent(row: OutageRow, drawn: Generated, asked: OutageTerms, grid: Grid) -> range:
    """All that a row may count for, however its clock starts and ends."""
    row = _closed(row, drawn.case)
    start, end = row.span.start, row.span.end
    if asked.starts == "last success" and row.last_good is not None:
        start = min(start, row.last_good)
    if asked.ends == "ticket closed" and row.ticket_closed is not None:
        end = max(end, row.ticket_closed)
    return grid.cells(start, end)


def _granted(uses: list[Use], caps: list[Allowance], drawn: Generated, grid: Grid) -> list[Use]:
    """What of the cells the allowances have room for, the earliest first; all of them must."""
    if not caps:
        return uses
    period = grid.cells(drawn.scale.start, drawn.scale.end)
    used: dict[tuple[int, object], int] = {}
    counted: set[tuple[int, object, str, int]] = set()
    out: list[Use] = []
    for name, first, cells in uses:
        kept = []
        for cell in cells:
            asked = []
            for n, cap in enumerate(caps):
                key = _stretch_of(cap.per, cell if cap.of == "time" else first, period, grid)
                begun = _began_before(cap.per, key, period, grid)
                if begun and cell < period.start:
                    continue
                asked.append((n, cap, key))
                used.setdefault((n, key), _used_before(cap, drawn, grid) if begun else 0)
            room = all(
                used[n, key] + grid.grain <= cap.most
                if cap.of == "time"
                else used[n, key] < cap.most or (n, key, name, first) in counted
                for n, cap, key in asked
            )
            if not room:
                continue
            kept.append(cell)
            for n, cap, key in asked:
                if cap.of == "time":
                    used[n, key] += grid.grain
                elif (n, key, name, first) not in counted:
                    counted.add((n, key, name, first))
                    used[n, key] += 1
        out.append((name, first, kept))
    return out


def _stretch_of(per: str, cell: int, period: range, grid: Grid) -> object:
    if per == "period":
        return "before" if cell < period.start else "in" if cell in period else "after"
    return stretch(per, grid.date(cell))


def _began_before(per: str, key: object, period: range, grid: Grid) -> bool:
    """Whether the calendar span of that name began before the period and reaches into it."""
    if per == "period":
        return False
    first = _stretch_of(per, period.start, period, grid)
    return key == first == _stretch_of(per, period.start - 1, period, grid)


def _used_before(cap: Allowance, drawn: Generated, grid: Grid) -> int:
    here = stretch(cap.per, grid.date(grid.cell(drawn.scale.start)))
    past = [p for p in drawn.case.history if p.span and stretch(cap.per, _day_of(p.span.start, grid)) == here]
    return sum(p.excused if cap.of == "time" else p.windows for p in past)


def _day_of(at: Ms, grid: Grid) -> date:
    return grid.date(at // grid.grain)


def _effective(window: Window) -> Span | None:
    start, end = window.span.start, window.span.end
    if window.cancelled is not None:
        end = min(end, window.cancelled)
    return Span(start, end) if start < end else None


def _in_time(window: Window, rule: ExcludeTerms) -> bool:
    if rule.notice is None:
        return True
    ahead = window.span.start - window.recorded
    return ahead >= 0 and ahead >= rule.notice.ms


def _not_in_force(case: Case, grid: Grid) -> set[int]:
    return set(grid.cells(case.period.span.start, case.period.span.end)) - grid.of(case.in_force)


# --- scope -----------------------------------------------------------------------------------------------


def joined(found: list[Lane], terms: Terms) -> list[Lane]:
    """Several resources as one, where the terms join them."""
    rule = terms.scope
    if rule.join not in ("any down", "all down", "some down"):
        return found
    life = set().union(*(lane.life for lane in found))
    bads = [lane.bad for lane in found]
    sure = [bad - lane.unknown for bad, lane in zip(bads, found, strict=True)]
    left = [lane.unknown - lane.base - lane.excused - lane.aside for lane in found]
    out = Lane("", life, set(), [], set())
    bad: set[int] = set()
    for cell in life:
        there = sum(cell in lane.life for lane in found)
        need = {"any down": 1, "all down": there, "some down": rule.least}[rule.join]
        down, known = (sum(cell in each for each in sets) for sets in (bads, sure))
        maybe = sum(cell in lane.unknown and cell not in s for lane, s in zip(found, sure, strict=True))
        if known < need <= known + maybe:
            out.unknown.add(cell)
        if down >= need:
            bad.add(cell)
            out.base.add(cell)
        elif down + sum(cell in each for each in left) < need:
            _kept(cell, down, need, found, left, out)
    out.outages = [Outage(frozenset(run)) for run in runs(bad)]
    if rule.join == "any down":
        out.outages = [Outage(each.cells & frozenset(bad)) for each in _overlapping(found)]
    return [out]


def _kept(
    cell: int, down: int, need: int, found: Sequence[Lane], left: Sequence[set[int]], out: Lane
) -> None:
    """What a joined cell is that is not bad: it counts, unless what made it so left the base."""
    spared = [lane for lane in found if cell in lane.excused]
    if down + len(spared) >= need:
        out.excused.add(cell)
    counts = any(cell in lane.base for lane in found) or any(cell in each for each in left)
    if counts:
        out.base.add(cell)
    elif cell not in out.excused:
        out.aside.add(cell)


def _overlapping(found: list[Lane]) -> list[Outage]:
    """Outages of any resource; those of which any cells overlap or touch are one."""
    groups: list[set[int]] = []
    for each in (outage for lane in found for outage in lane.outages):
        near = {cell + step for cell in each.cells for step in (-1, 0, 1)}
        met = [group for group in groups if group & near]
        groups = [group for group in groups if not group & near]
        groups.append(set(each.cells).union(*met))
    return [Outage(frozenset(group)) for group in groups]


# --- one promise of continuous time ----------------------------------------------------------------------


def timed(drawn: Generated, name: str, terms: Terms) -> list[Figure]:
    """A figure for each resource, or one of them all."""
    evidence = evidence_of(drawn.case, name)
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    found = lanes(drawn, terms, evidence)
    here = _here(drawn, terms, grid)
    if terms.scope.combined == "before outage":
        whole = [outage for lane in found for outage in lane.outages]
        found = joined([excluded(lane, drawn, terms, evidence, grid) for lane in found], terms)
        found = [_judged_joined(lane, terms, grid, here, whole) for lane in found]
    else:
        found = joined([_stages(lane, drawn, terms, evidence, grid, here) for lane in found], terms)
    found = [_clipped(lane, here) for lane in found]
    return timed_alone([_figure(lane, drawn, terms, grid, here) for lane in found], terms)


def _judged_joined(lane: Lane, terms: Terms, grid: Grid, here: set[int], of_resources: list[Outage]) -> Lane:
    """The tests of a joined outage, asked of what was excused too unless exclusions come first."""
    excused = frozenset(lane.excused)
    linking = [*lane.outages, *(of_resources if terms.scope.join == "any down" else ())]
    whole = replace(lane, outages=_with_excused(lane, excused, linking))
    if "in period" in terms.outage.judged:  # hours without service do not part an outage
        lane, whole = _clipped(lane, here), _clipped(whole, here)
    if "after exclusions" in terms.outage.judged:
        return _qualified(lane, terms.outage, grid, lane.excused)
    done = _qualified(whole, terms.outage, grid, None)
    return replace(done, outages=[o for each in done.outages if (o := each.without(excused)).cells])


def _with_excused(lane: Lane, excused: frozenset[int], linking: list[Outage]) -> list[Outage]:
    """Runs of what was down, excused or not; those in which one resource's outage went on are one."""
    groups = [set(run) for run in runs(lane.bad | excused)]
    for outage in linking:
        met = [group for group in groups if group & outage.cells]
        groups = [group for group in groups if not group & outage.cells]
        groups.append(set().union(*met))
    return [Outage(frozenset(group)) for group in groups if group]


def _stages(
    lane: Lane, drawn: Generated, terms: Terms, evidence: Evidence, grid: Grid, here: set[int]
) -> Lane:
    asked, judged = terms.outage, terms.outage.judged
    if judged == "in period":
        lane = _clipped(lane, here)
    if "after exclusions" in judged:
        lane = excluded(lane, drawn, terms, evidence, grid)
        lane = _clipped(lane, here) if "in period" in judged else lane
        return _qualified(lane, asked, grid, lane.excused)
    return excluded(_qualified(lane, asked, grid, None), drawn, terms, evidence, grid)


def _qualified(lane: Lane, asked: OutageTerms, grid: Grid, cuts: set[int] | None) -> Lane:
    return replace(lane, outages=qualified(lane.outages, asked, grid, cuts))


def _here(drawn: Generated, terms: Terms, grid: Grid) -> set[int]:
    """The cells in which the promise is made: in the period, in force, in service hours, not to come."""
    case = drawn.case
    cells = set(grid.cells(case.period.span.start, case.period.span.end)) & grid.of(case.in_force)
    cells = {cell for cell in cells if cell * grid.grain < case.as_of}
    if terms.period.service_hours:
        calendar = case.calendars[terms.period.service_hours]
        assert calendar.hours is not None
        cells &= hours(calendar.hours, calendar.zone, grid, cells)
    return cells


def _clipped(lane: Lane, here: set[int]) -> Lane:
    return Lane(
        lane.name,
        lane.life & here,
        lane.base & here,
        [o for each in lane.outages if (o := replace(each, cells=each.cells & here)).cells],
        lane.unknown & here,
        lane.excused & here,
        lane.aside & here,
    )


def _figure(lane: Lane, drawn: Generated, terms: Terms, grid: Grid, here: set[int]) -> Figure:
    bad = _weight(lane.outages) * grid.grain
    if terms.outage.ignore_total and _holds(bad, *terms.outage.ignore_total):
        bad = Fraction(0)
    whole = len(_all_here(drawn, terms, grid))
    base = _divisor(lane, whole, terms, grid)
    scale = ONE
    if terms.period.partial == "extrapolated" and lane.life:
        scale = Fraction(whole, len(lane.life))
    outages = tuple(_told(each, grid) for each in lane.outages)
    promised = len(lane.life)
    seen = Fraction(promised - len(lane.unknown), promised) if promised else ONE
    return Figure(
        lane=lane.name,
        value=_value(lane, bad, base, drawn, terms, grid) if lane.base else None,
        bad=bad,
        base=base if lane.base else Fraction(0),
        down=bad * scale,
        time=base * scale if lane.base else Fraction(0),
        seen=seen,
        outages=outages if bad else (),
        promised=Fraction(promised),
    )


def _told(outage: Outage, grid: Grid) -> tuple[Ms, Fraction, Fraction]:
    """When an outage began, how long it is, and how long as it weighs; in ms."""
    weight = sum((outage.share(cell) for cell in outage.cells), Fraction(0))
    return min(outage.cells) * grid.grain, Fraction(len(outage.cells) * grid.grain), weight * grid.grain


def _share_up(bad: Fraction, base: Fraction) -> Fraction | None:
    return max(Fraction(0), 1 - bad / base) if base > 0 else None


def _all_here(drawn: Generated, terms: Terms, grid: Grid) -> set[int]:
    """The cells of the full period, within service hours."""
    span = drawn.case.period.span
    return _here(replace(drawn, case=replace(drawn.case, in_force=(span,), as_of=span.end)), terms, grid)


def _weight(outages: Sequence[Outage]) -> Fraction:
    hit: dict[int, Fraction] = defaultdict(Fraction)
    for outage in outages:
        for cell in outage.cells:
            hit[cell] += outage.share(cell)
    return sum((min(ONE, share) for share in hit.values()), Fraction(0))


def _value(
    lane: Lane, bad: Fraction, base: Fraction, drawn: Generated, terms: Terms, grid: Grid
) -> Fraction | None:
    """The share that was up; of several months the plain mean of theirs, of those that have one."""
    if not terms.period.mean_of_months:
        return _share_up(bad, base)
    everything = _all_here(drawn, terms, grid)
    found = []
    for month in sorted({stretch("month", grid.date(cell)) for cell in lane.base}):
        part = _clipped(lane, {cell for cell in lane.life if stretch("month", grid.date(cell)) == month})
        whole = sum(stretch("month", grid.date(cell)) == month for cell in everything)
        down = _weight(part.outages) * grid.grain if bad else Fraction(0)
        found.append(_share_up(down, _divisor(part, whole, terms, grid)) if part.base else None)
    values = [value for value in found if value is not None]
    return sum(values, Fraction(0)) / len(values) if values else None


def _divisor(lane: Lane, whole: int, terms: Terms, grid: Grid) -> Fraction:
    """What a period (or one of its months) of so many cells is divided by, in ms."""
    gone = len(lane.life) - len(lane.base)
    if terms.period.taken_as is not None:
        return Fraction(terms.period.taken_as) - gone * grid.grain
    cells = whole - gone if terms.period.partial == "rest available" else len(lane.base)
    return Fraction(cells * grid.grain)


def _summed(figures: list[Figure], terms: Terms) -> Figure:
    bad = sum((each.bad for each in figures), Fraction(0))
    base = sum((each.base for each in figures), Fraction(0))
    down, time = (sum((getattr(each, of) for each in figures), Fraction(0)) for of in ("down", "time"))
    outages = tuple(outage for each in figures for outage in each.outages)
    deemed = terms.period.partial == "rest available"
    if deemed and len(figures) > 1 and any(each.promised and not each.base for each in figures):
        raise Beyond("a resource of which nothing is left, where the rest is deemed available")
    if len(figures) > 1 and any(each.value != _share_up(each.bad, each.base) for each in figures):
        raise Beyond("a mean of months of several resources")
    value = _share_up(bad, base) if len(figures) > 1 else figures[0].value
    promised = sum((each.promised for each in figures), Fraction(0))
    known = sum((each.seen * each.promised for each in figures), Fraction(0))
    seen = known / promised if promised else ONE
    return Figure("", value, bad, base, down, time, seen, outages, promised=promised)


def timed_alone(figures: list[Figure], terms: Terms) -> list[Figure]:
    """Each on its own, or added up."""
    return [_summed(figures, terms)] if terms.scope.join == "sum of resource-minutes" else figures


# --- the figure as it is compared ------------------------------------------------------------------------


def with_the_last(figures: list[Figure], drawn: Generated, name: str, terms: Terms) -> list[Figure]:
    """The figures, each the mean with earlier ones where the terms say so."""
    if terms.formula.mean_of_last is None:
        return figures
    return [replace(each, value=_with_the_last(each.value, drawn, name, terms)) for each in figures]


def _with_the_last(value: Fraction | None, drawn: Generated, name: str, terms: Terms) -> Fraction | None:
    """The mean of the figure and of those before it."""
    most = (terms.formula.mean_of_last or 1) - 1
    rows = drawn.case.history[-most:]
    known = [past.figure for past in rows if past.figure is not None]
    return None if value is None else sum(known, value) / (len(known) + 1)


def rounded(value: Fraction, terms: Terms) -> Fraction:
    """The figure as the contract rounds it before it looks."""
    rule = terms.formula
    if rule.decimals is None or rule.rounding is None:
        return value
    return to_places(value, rule.decimals + (0 if is_value(terms.measure) else 2), rule.rounding)


def to_places(value: Fraction, places: int, mode: str) -> Fraction:
    """A number that is not negative, rounded to so many decimals."""
    shifted = value * 10**places
    whole = {
        "half-up": math.floor(shifted + Fraction(1, 2)),
        "half-even": round(shifted),
        "down": math.floor(shifted),
        "up": math.ceil(shifted),
    }[mode]
    return Fraction(whole, 10**places)


def is_value(terms: MeasureTerms) -> bool:
    return terms.evidence == "metrics" and terms.as_ != "bad slots"
