"""What must hold whatever the contract says, on agreements drawn by chance.

Where a contract itself makes an invariant not hold, exactly that is left out, and the test says why.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest

from monitor.agreements.account import size, times_of
from monitor.agreements.evaluate import evaluate
from monitor.agreements.evidence import Evidence, OutageRow, Recorded
from monitor.agreements.pipeline import Case, Settlement
from monitor.agreements.terms import Terms
from monitor.core.checks import Reason, State
from monitor.core.intervals import Ms, Span, intersect, subtract
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment, join_segments
from monitor.errors import EvidenceRefused, NoRow
from tests.agreements.generated import Generated, generated

CHUNKS = [range(first, first + 80) for first in range(50_000, 50_160, 80)]
in_chunks = pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"from {seeds.start}")


def settled(case: Case) -> Settlement | None:
    """What a case comes to; nothing where its table or its evidence is refused."""
    try:
        return evaluate(case)
    except (NoRow, EvidenceRefused):
        return None


def cases(seeds: range) -> Iterator[tuple[Generated, Settlement]]:
    for seed in seeds:
        drawn = generated(seed)
        found = settled(drawn.case)
        if found is not None:
            yield drawn, found


def alone(seeds: range, fits: Callable[[Terms], bool]) -> Iterator[tuple[Generated, Terms, Settlement]]:
    """Cases of one promise of time, whose terms fit."""
    for drawn, found in cases(seeds):
        terms = drawn.terms.promises[0][1]
        if len(drawn.terms.promises) == 1 and terms.measure.evidence == "outages" and fits(terms):
            yield drawn, terms, found


def availability(found: Settlement) -> list[Fraction | None]:
    return [reading.value for named in found.promises for reading in named.readings]


def counted(found: Settlement) -> list[Fraction]:
    return [reading.bad for named in found.promises for reading in named.readings]


# --- classes of time -------------------------------------------------------------------------------------


@in_chunks
def test_classes_of_time_add_up_to_what_was_promised(seeds: range) -> None:
    for drawn, found in cases(seeds):
        for account in (each for named in found.promises for each in named.accounts if each.unit == "ms"):
            classes = times_of(account)
            parts = (classes.up, classes.excused, classes.unmeasured, classes.set_aside)
            assert min(parts) >= 0, drawn.seed
            assert sum(parts) + size(account.bad) == classes.promised, drawn.seed
            assert classes.promised <= drawn.scale.end - drawn.scale.start, drawn.seed


@in_chunks
def test_a_share_lies_between_nothing_and_all(seeds: range) -> None:
    for drawn, found in cases(seeds):
        for named, (_, terms) in zip(found.promises, drawn.terms.promises, strict=True):
            values = [each.value for each in named.readings if each.value is not None]
            assert terms.commitment.of == "metric" or all(0 <= value <= 1 for value in values), drawn.seed
            assert all(0 <= each.coverage <= 1 for each in named.readings), drawn.seed


# --- more downtime ---------------------------------------------------------------------------------------


def worse(drawn: Generated, span: Span) -> Case:
    """The case with every resource down, for everybody, wherever it was up in a stretch."""
    evidence = drawn.case.evidence
    found = {name: _worse(line, span) for name, line in evidence.resources.items()}
    return replace(drawn.case, evidence=replace(evidence, resources=found))


def _worse(line: ServiceTimeline | Recorded, span: Span) -> ServiceTimeline | Recorded:
    if isinstance(line, ServiceTimeline):
        return replace(line, segments=join_segments(_downed(line, span)))
    up = subtract(intersect(line.life, (span,)), line.unseen)
    return replace(line, rows=(*line.rows, *(_row(each) for each in up)))


def _row(span: Span) -> OutageRow:
    told = {
        "reported": span.start,
        "detected": span.start,
        "last_good": span.start,
        "ticket_closed": span.end,
    }
    return OutageRow(span, affected=Fraction(1), columns={"severity": "1"}, **told)


def _downed(line: ServiceTimeline, span: Span) -> Iterator[Segment]:
    for segment in line.segments:
        here = Span(segment.start, segment.end).clip(span) if segment.state is State.UP else None
        if here is None:
            yield segment
            continue
        if segment.start < here.start:
            yield replace(segment, end=here.start)
        yield Segment(here.start, here.end, State.DOWN, Reason.TIMEOUT, here.start, here.start)
        if here.end < segment.end:
            yield replace(segment, start=here.end)


def somewhere(drawn: Generated, chance: random.Random) -> Span:
    scale = drawn.scale
    start = scale.start + chance.randrange(scale.cells) * scale.grain
    return Span(start, start + chance.randint(1, 60) * scale.grain)


@in_chunks
def test_more_downtime_never_raises_availability(seeds: range) -> None:
    """But where an outage counts by the age of its resource: it may then have begun too early to count."""
    for drawn, _, before in alone(seeds, lambda terms: terms.outage.resource_age is None):
        after = settled(worse(drawn, somewhere(drawn, random.Random(drawn.seed))))

        for old, new in zip(
            availability(before), availability(after) if after else [], strict=after is not None
        ):
            assert old is None or new is None or new <= old, drawn.seed


# --- longer windows --------------------------------------------------------------------------------------


def longer(case: Case, by: Ms) -> Case:
    """The case with its last window, by its end, longer."""
    windows = sorted(case.evidence.windows, key=lambda window: window.span.end)
    last = replace(windows[-1], span=Span(windows[-1].span.start, windows[-1].span.end + by))
    return replace(case, evidence=replace(case.evidence, windows=(*windows[:-1], last)))


def only_excuses(terms: Terms) -> bool:
    """An allowance by announced time, or by windows, may be used up by what a window adds; and a window that
    takes the good part off both sides of a slot leaves it wholly down. There the contract itself says so."""
    if len(terms.exclude) != 1 or (
        terms.measure.slot is not None and terms.exclude[0].effect == "both sides"
    ):
        return False
    (rule,) = terms.exclude
    return rule.counted == "downtime" and all(each.of == "time" for each in rule.at_most)


@in_chunks
def test_a_longer_window_never_raises_the_downtime_that_counts(seeds: range) -> None:
    for drawn, _, before in alone(seeds, only_excuses):
        if not drawn.case.evidence.windows:
            continue
        after = settled(longer(drawn.case, 20 * drawn.scale.grain))

        for old, new in zip(counted(before), counted(after) if after else [], strict=after is not None):
            assert new <= old, drawn.seed


# --- money -----------------------------------------------------------------------------------------------


@in_chunks
def test_a_credit_lies_between_nothing_and_its_caps(seeds: range) -> None:
    for drawn, found in cases(seeds):
        if found.credit is None:
            continue
        assert found.credit.minor >= 0, drawn.seed
        limits = drawn.terms.limits if len(drawn.terms.promises) > 1 else drawn.terms.promises[0][1].limits
        if limits is None or limits.raised_to is not None:
            continue
        base = found.base.amount
        caps = [base * cap.amount for cap in limits.at_most if (cap.of, cap.per) == ("base", "period")]
        if len(drawn.terms.promises) == 1:
            assert all(found.credit.minor <= ceil(cap * 100) for cap in caps), drawn.seed
        fixed = [cap.amount for cap in limits.at_most if (cap.of, cap.per) == ("EUR", "period")]
        assert all(found.credit.minor <= ceil(cap * 100) for cap in fixed), drawn.seed


@in_chunks
def test_the_same_input_gives_the_same_bytes_in_whatever_order_it_was_written(seeds: range) -> None:
    for drawn, found in cases(seeds):
        mixed = random.Random(drawn.seed)
        again = settled(replace(drawn.case, evidence=_shuffled(drawn.case.evidence, mixed)))

        assert again is not None, drawn.seed
        assert repr((again, again.lines)) == repr((found, found.lines)), drawn.seed


def _shuffled(evidence: Evidence, chance: random.Random) -> Evidence:
    def mixed(rows: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(chance.sample(rows, len(rows)))

    resources = {
        name: replace(line, rows=mixed(line.rows)) if isinstance(line, Recorded) else line
        for name, line in evidence.resources.items()
    }
    return replace(
        evidence,
        resources=resources,
        windows=mixed(evidence.windows),
        slots=mixed(evidence.slots),
        samples=mixed(evidence.samples),
        events=mixed(evidence.events),
    )
