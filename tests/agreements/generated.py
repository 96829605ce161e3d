"""Whole cases drawn by chance from a seed: a contract, what was seen, windows, fees and earlier periods.

Half of the cases last a few seconds on a grain of one millisecond; the others are months and quarters of
several zones, with their changes of the clock, on a grain of minutes. Everything stands on whole cells. The
draw leans towards boundaries: lengths equal to limits, notice given to the cell, figures equal to rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from monitor.agreements.build import contract
from monitor.agreements.evidence import (
    SERVICE,
    EventRow,
    Evidence,
    OutageRow,
    Recorded,
    Sample,
    SlotRow,
)
from monitor.agreements.pipeline import Case, FeeLine, Fees, Past
from monitor.agreements.terms import ContractTerms, MeasureTerms, Terms
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.checks import Reason, State
from monitor.core.intervals import HOUR, MINUTE, Ms, Span, Spans
from monitor.core.money import Money
from monitor.core.periods import Period
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment
from monitor.core.windows import Window
from tests.agreements.generated_terms import MAINTENANCE, Dice, Scale, agreement

EDGE = 1_790_812_800_000  # 2026-10-01T00:00:00Z
MONTHS = (  # zone, first day, last day and one, grain
    ("Europe/Berlin", "2026-03-01", "2026-04-01", HOUR),
    ("Europe/Berlin", "2026-10-01", "2026-11-01", HOUR),
    ("Europe/Berlin", "2026-10-01", "2026-11-01", 15 * MINUTE),
    ("America/New_York", "2025-03-01", "2025-04-01", HOUR),
    ("America/New_York", "2025-11-01", "2025-12-01", 30 * MINUTE),
    ("Asia/Tokyo", "2026-02-01", "2026-03-01", HOUR),
    ("Asia/Kolkata", "2024-02-01", "2024-03-01", 30 * MINUTE),
    ("Australia/Lord_Howe", "2026-04-01", "2026-05-01", 30 * MINUTE),
    ("UTC", "2026-06-01", "2026-07-01", HOUR),
)
QUARTERS = (
    ("Europe/Berlin", "2026-01-01", "2026-04-01", HOUR),
    ("America/New_York", "2025-10-01", "2026-01-01", HOUR),
    ("UTC", "2026-04-01", "2026-07-01", HOUR),
)


@dataclass(frozen=True, slots=True)
class Generated:
    """A case, and the terms its contract was built of."""

    seed: int
    terms: ContractTerms
    case: Case
    scale: Scale


def generated(seed: int) -> Generated:
    """The case of a seed; always the same."""
    dice = Dice(seed)
    scale = _scale(dice)
    names = dice.pick((SERVICE,), (SERVICE,), ("a", "b"), ("a", "b", "c"))
    past = dice.chance(20)
    terms = agreement(dice, scale, len(names), past)
    return Generated(seed, terms, _case(dice, scale, names, terms, past), scale)


def with_terms(drawn: Generated, terms: ContractTerms) -> Generated:
    """The same evidence under other terms."""
    return replace(drawn, terms=terms, case=replace(drawn.case, contract=contract(terms)))


# --- time ------------------------------------------------------------------------------------------------


def at_midnight(day: date, zone: str) -> Ms:
    """The instant at which a day starts; apart from the program's own."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()) * 1_000


def _scale(dice: Dice) -> Scale:
    if dice.chance(50):
        cells = dice.randint(200, 800)
        start = EDGE - dice.pick(0, 0, cells // 2, cells // 3)
        return Scale(1, start, start + cells, "UTC", "2026-10")
    quarter = dice.chance(8)
    zone, first, last, grain = dice.choice(QUARTERS if quarter else MONTHS)
    start, end = (at_midnight(date.fromisoformat(day), zone) for day in (first, last))
    label = f"{first[:4]}-Q{int(first[5:7]) // 3 + 1}" if quarter else first[:7]
    return Scale(grain, start, end, zone, label, "calendar quarter" if quarter else "calendar month")


def _case(dice: Dice, scale: Scale, names: tuple[str, ...], terms: ContractTerms, past: bool) -> Case:
    period = Period(Span(scale.start, scale.end), scale.zone, scale.label)
    in_force = _in_force(dice, scale)
    seen = {name: _evidence(dice, scale, names, each, past) for name, each in terms.promises}
    first = next(iter(seen.values()))
    windows = first.windows
    return Case(
        contract=contract(terms),
        period=period,
        in_force=in_force,
        evidence=first,
        fees=_fees(dice, scale, names),
        as_of=scale.end if dice.chance(70) else scale.end + 50 * scale.grain,
        history=_history(dice, scale, terms) if past else (),
        calendars={"office": Calendar("office", scale.zone, parse_hours("Mon-Fri 08:00-18:00"))},
        apart={name: replace(each, windows=windows) for name, each in seen.items() if each is not first},
        first=in_force[0].start if in_force[0].start > scale.start else scale.start - 400 * scale.grain,
        zone=scale.zone,
    )


def _in_force(dice: Dice, scale: Scale) -> Spans:
    start, end = scale.start, scale.end
    if dice.chance(85):
        return (Span(start, end),)
    cut = start + scale.some(dice, 1, scale.cells - 1)
    return dice.pick((Span(cut, end),), (Span(start, cut),))


# --- what was seen ---------------------------------------------------------------------------------------


def _evidence(dice: Dice, scale: Scale, names: tuple[str, ...], terms: Terms, past: bool) -> Evidence:
    lives = {name: _life(dice, scale, len(names)) for name in names}
    draw = {"outages": _outages, "slots": _slots, "metrics": _samples, "events": _events}
    found = draw[terms.measure.evidence](dice, scale, lives, terms)
    return replace(found, windows=_windows(dice, scale, names, terms, past))


def _reach(scale: Scale) -> Span:
    return Span(scale.start - 120 * scale.grain, scale.end + 120 * scale.grain)


def _life(dice: Dice, scale: Scale, resources: int) -> Spans:
    reach = _reach(scale)
    if dice.chance(85 if resources > 1 else 93):
        return (reach,)
    cut = scale.start + scale.some(dice, 1, scale.cells - 1)
    return dice.pick((Span(cut, reach.end),), (Span(reach.start, cut),))


def _lengths(scale: Scale, terms: Terms) -> list[int]:
    """Lengths in cells at which a rule of the terms changes its mind."""
    asked = terms.outage
    limits = [each[1] for each in (asked.lasting, asked.joined, asked.ignore_total) if each]
    limits += [each for each in (asked.whole, asked.deduct) if each]
    limits += [each.most for rule in terms.exclude for each in rule.at_most if each.of == "time"]
    if isinstance(terms.measure.slot, int):
        limits.append(terms.measure.slot)
    return [
        cells for limit in limits for cells in (limit // scale.grain + n for n in (-1, 0, 1)) if cells > 0
    ]


def _length(dice: Dice, lengths: list[int], most: int) -> int:
    return dice.choice(lengths) if lengths and dice.chance(45) else dice.randint(1, most)


def _stretches(dice: Dice, scale: Scale, life: Span, lengths: list[int]) -> Iterator[tuple[Span, bool]]:
    """Stretches of a resource's life with nothing between some of them; the flag says that nobody saw it."""
    busy = dice.pick(4, 10, 30)
    at = life.start + scale.some(dice, 0, 40)
    while at < life.end:
        end = min(life.end, at + _length(dice, lengths, 25) * scale.grain)
        yield Span(at, end), dice.chance(18)
        gap = 0 if dice.chance(10) else _length(dice, lengths, 2 * scale.cells // busy)
        at = end + gap * scale.grain


def _outages(dice: Dice, scale: Scale, lives: Mapping[str, Spans], terms: Terms) -> Evidence:
    plain = not (terms.measure.weighted_by or terms.outage.affecting or terms.outage.only)
    plain = plain and terms.outage.starts == "first failure" and terms.outage.ends == "restored"
    live = plain and dice.chance(40)
    lengths, resources = _lengths(scale, terms), {}
    for name, (life,) in lives.items():
        found = list(_stretches(dice, scale, life, lengths))
        resources[name] = _timeline(life, found) if live else _recorded(dice, scale, life, found, terms)
    return Evidence(resources)


def _timeline(life: Span, found: list[tuple[Span, bool]]) -> ServiceTimeline:
    segments, at = [], life.start
    for span, unseen in found:
        if at < span.start:
            segments.append(Segment(at, span.start, State.UP, Reason.OK, at, at))
        state, reason = (State.UNKNOWN, Reason.OWN_NETWORK) if unseen else (State.DOWN, Reason.TIMEOUT)
        last = segments[-1] if segments else None
        if last and last.end == span.start and last.state is state:
            segments[-1] = replace(last, end=span.end)
        else:
            segments.append(Segment(span.start, span.end, state, reason, span.start, span.start))
        at = span.end
    if at < life.end:
        segments.append(Segment(at, life.end, State.UP, Reason.OK, at, at))
    return ServiceTimeline((life,), tuple(segments))


def _recorded(dice: Dice, scale: Scale, life: Span, found: list[tuple[Span, bool]], terms: Terms) -> Recorded:
    apart = terms.outage.only or terms.outage.affecting or terms.measure.weighted_by
    apart = apart or terms.outage.starts != "first failure" or terms.outage.ends != "restored"
    rows: list[OutageRow] = []
    for span, unseen in found:
        if unseen or (apart and rows and span.start <= rows[-1].span.end + 8 * scale.grain):
            continue
        rows.append(_row(dice, scale, span, terms))
        if not apart and dice.chance(6) and span.length > scale.grain:
            rows.append(replace(rows[-1], span=Span(span.start + scale.grain, span.end)))
    if rows and dice.chance(8):
        rows[-1] = replace(rows[-1], open=True)
    unseen_spans = []
    for span, unseen in found:
        if unseen and unseen_spans and unseen_spans[-1].end == span.start:
            unseen_spans[-1] = Span(unseen_spans[-1].start, span.end)
        elif unseen:
            unseen_spans.append(span)
    return Recorded((life,), tuple(rows), tuple(unseen_spans))


def _row(dice: Dice, scale: Scale, span: Span, terms: Terms) -> OutageRow:
    def inside() -> Ms:
        return span.start + scale.grain * dice.randint(0, span.length // scale.grain + 2)

    return OutageRow(
        span,
        affected=dice.pick(Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(21, 1000)),
        what=dice.choice(terms.exclude).what if terms.exclude and dice.chance(2) else "",
        announced=span.start - dice.pick(0, 10, 30) * scale.grain,
        reported=inside(),
        detected=inside(),
        last_good=span.start - scale.grain * dice.randint(0, 3),
        ticket_closed=span.end + scale.grain * dice.randint(-2, 3)
        if span.length > 3 * scale.grain
        else span.end,
        columns={"severity": dice.pick("1", "1", "2")},
    )


def _slots(dice: Dice, scale: Scale, lives: Mapping[str, Spans], terms: Terms) -> Evidence:
    rows = [row for name, life in lives.items() for row in _slot_rows(dice, scale, name, life[0], terms)]
    return Evidence({}, slots=tuple(rows), life=dict(lives))


def _slot_rows(dice: Dice, scale: Scale, name: str, life: Span, terms: Terms) -> Iterator[SlotRow]:
    size = terms.measure.slot
    assert isinstance(size, int)
    at = (scale.start // HOUR - 100) * HOUR if scale.fine else scale.start - 100 * HOUR
    at += (life.start - at) // size * size
    trouble = dice.pick(10, 40)
    while at < life.end:
        total = dice.pick(0, 2, 4, 10, 20, 100)
        bad = (
            0 if dice.chance(100 - trouble) else dice.pick(total, total, total // 2, total // 4, total // 10)
        )
        if life.start <= at and not dice.chance(8):
            yield SlotRow(at, Fraction(total - bad), Fraction(total), name)
        at += size


def _samples(dice: Dice, scale: Scale, lives: Mapping[str, Spans], terms: Terms) -> Evidence:
    rows = []
    for name, (life,) in lives.items():
        at = life.start
        while at < life.end:
            value = Fraction(dice.randint(40, 160), 10) if dice.chance(50) else Fraction(dice.randint(6, 14))
            rows.append(Sample(at, value, name, Fraction(dice.pick(1, 1, 1, 2, 3)), "latency"))
            at += scale.some(dice, 1, 40)
    return Evidence({}, samples=tuple(rows), life=dict(lives))


def _events(dice: Dice, scale: Scale, lives: Mapping[str, Spans], terms: Terms) -> Evidence:
    rows = [row for name, life in lives.items() for row in _event_rows(dice, scale, name, life[0], terms)]
    return Evidence({}, events=tuple(rows), life=dict(lives))


def _event_rows(dice: Dice, scale: Scale, name: str, life: Span, terms: Terms) -> Iterator[EventRow]:
    within = terms.measure.within
    at, number = life.start, 0
    while at < life.end:
        priority = dice.choice(within)[0] if isinstance(within, tuple) else ""
        allowed = dict(within)[priority].ms if isinstance(within, tuple) else scale.some(dice, 3, 20)
        took = allowed + dice.randint(-3, 3) * scale.grain if dice.chance(40) else scale.some(dice, 1, 40)
        number += 1
        yield EventRow(
            id=f"{name}{number}",
            started=at,
            finished=at + max(0, took) if dice.chance(92) else None,
            due=at + allowed if within == "due" else None,
            priority=priority,
            resource=name,
            count=dice.pick(1, 1, 1, 2, 5),
        )
        at += scale.some(dice, 1, 60)


# --- windows ---------------------------------------------------------------------------------------------


def _windows(
    dice: Dice, scale: Scale, names: tuple[str, ...], terms: Terms, past: bool
) -> tuple[Window, ...]:
    """Windows of the classes that are excluded, and of one that is not; those of two classes stand apart."""
    classes = [rule.what for rule in terms.exclude] or [MAINTENANCE]
    reach = Span(scale.start, scale.end) if past else _reach(scale)
    at, out = reach.start, []
    for number in range(dice.randint(0, 6)):
        at += scale.some(dice, 0, scale.cells // 4)
        what = dice.choice(classes)
        end = at + scale.grain * _length(dice, _lengths(scale, terms), scale.cells // 8)
        if end > reach.end:
            break
        out.append(_window(dice, scale, names, what, Span(at, end), number))
        same = len(set(classes)) == 1 and dice.chance(20)
        at = at + (end - at) // scale.grain // 2 * scale.grain if same else end
    return tuple(dice.sample(out, len(out)))


def _window(dice: Dice, scale: Scale, names: tuple[str, ...], what: str, span: Span, number: int) -> Window:
    own = frozenset({dice.choice(names)}) if len(names) > 1 and dice.chance(6) else None
    planned = what == MAINTENANCE
    ahead = dice.pick(-1, 0, 9, 10, 29, 30, 30, 30, 31) * scale.grain
    cancelled = span.start + scale.grain * dice.randint(-3, 30) if planned and dice.chance(10) else None
    return Window(
        id=f"W-{number}",
        title="Work",
        services=frozenset({"shop"}),
        span=span,
        recorded=span.start - ahead if planned else span.end + 5 * scale.grain,
        author="ops",
        cancelled=cancelled,
        what=what,
        resources=own,
        after_the_fact=not planned,
    )


# --- money and history -----------------------------------------------------------------------------------


def _fees(dice: Dice, scale: Scale, names: tuple[str, ...]) -> Fees:
    span = Span(scale.start, scale.end)
    items = ("storage", "traffic") if len(names) == 1 else names

    def lines() -> tuple[FeeLine, ...]:
        out = []
        for item in items:
            paid = Fraction(dice.randint(100, 200_000), 100)
            whole = paid * dice.pick(1, 1, 2)
            out.append(FeeLine(item, span, Money(paid, "EUR"), Money(whole, "EUR")))
        return tuple(out)

    words = (
        "period",
        "month",
        "previous period",
        "next period",
        "preceding 30 days",
        "year",
        "contract",
        "at risk",
    )
    return Fees("EUR", {word: lines() for word in words})


def _history(dice: Dice, scale: Scale, terms: ContractTerms) -> tuple[Past, ...]:
    """Earlier periods, one row a promise, right up to this one; the last of them lie in the same year."""
    spans = _earlier(dice, scale)
    credits = {label: Fraction(dice.randint(0, 20_000), 100) for label, _ in spans}
    return tuple(
        Past(
            period=label,
            met=dice.chance(60),
            figure=Fraction(dice.randint(850, 1000), 1000),
            down=scale.some(dice, 0, 60),
            excused=scale.some(dice, 0, 30),
            windows=dice.randint(0, 2),
            outages=dice.randint(0, 5),
            credit=credits[label],  # what was credited is of the agreement, and stands with each promise
            promise=name,
            span=span,
        )
        for label, span in spans
        for name, _ in terms.promises
    )


def _earlier(dice: Dice, scale: Scale) -> list[tuple[str, Span]]:
    count, end, out = dice.randint(1, 4), scale.start, []
    for n in range(count):
        start = end - (scale.end - scale.start)
        if not scale.fine:
            here = datetime.fromtimestamp(end // 1_000, ZoneInfo(scale.zone)).date()
            for _ in range(3 if scale.every == "calendar quarter" else 1):
                here = (here - timedelta(days=1)).replace(day=1)
            start = at_midnight(here, scale.zone)
        out.append((f"earlier-{n + 1}", Span(start, end)))
        end = start
    return out[::-1]


def evidence_of(case: Case, name: str) -> Evidence:
    """The evidence that a promise reads."""
    return case.apart.get(name, case.evidence)


def is_timed(terms: MeasureTerms) -> bool:
    """Whether the figure is of time alone."""
    return terms.evidence == "outages" and terms.slot is None
