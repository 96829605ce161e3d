"""Slots on the clock, counts of requests by slot, and outages cut into slots."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.agreements.account import piece, weight
from monitor.agreements.evidence import Evidence, SlotRow
from monitor.agreements.grid import edges
from monitor.agreements.pipeline import Account
from monitor.agreements.slots import IntoSlots, Ratios, Requests, rule, steps
from monitor.agreements.terms import BadSlot, MeasureTerms
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Span
from monitor.core.periods import Period, local, midnight, month
from tests.agreements.seen import EDGE, at, case, minutes, october, only

FIVE_PERCENT = BadSlot("errors", ">", Fraction(5, 100))


def counts(start: int, good: int, total: int, resource: str = "", **columns: str) -> SlotRow:
    """So many good requests of a slot that starts so many minutes into October."""
    return SlotRow(at(start), Fraction(good), Fraction(total), resource, columns)


def measured(measure: Any, *rows: SlotRow, period: Period | None = None, **more: Any) -> Account:
    return only(measure(case(Evidence({}, slots=rows), period, **more)))


def hour() -> Period:
    return Period(Span(EDGE, EDGE + HOUR), "UTC", "an hour")


# ---- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03", [1] * 23),
        ("Europe/Berlin", "2026-10", [1] * 25),
        ("Asia/Kathmandu", "2026-10", [1] * 24),
        ("Australia/Lord_Howe", "2026-10", None),
    ],
)
def test_clock_hours_stay_hours_on_the_day_the_clocks_change(
    zone: str, day: str, hours: list[int] | None
) -> None:
    last = {"2026-03": 29, "2026-10": 25}[day]
    whole = month(day, zone).span
    starts = [e for e in edges(whole, HOUR, zone) if local(e, zone).day == (last if hours else 4)]
    ends = edges(whole, HOUR, zone)
    lengths = [ends[ends.index(start) + 1] - start for start in starts]

    if hours:
        assert lengths == [n * HOUR for n in hours]
    else:  # half an hour is skipped: 01:59:59 is followed by 02:30
        assert lengths == [*[HOUR] * 2, HOUR // 2, *[HOUR] * 21]


def test_days_and_longer_hours_keep_their_wall_clock_edges() -> None:
    berlin = "Europe/Berlin"
    autumn = Span(
        midnight(local(at(0), berlin).date().replace(day=25), berlin), month("2026-11", berlin).span.start
    )
    first_day = Span(autumn.start, autumn.start + 25 * HOUR)

    assert [b - a for a, b in pairwise(edges(first_day, 4 * HOUR, berlin))] == [5 * HOUR, *[4 * HOUR] * 5]
    assert [b - a for a, b in pairwise(edges(autumn, DAY, berlin))] == [25 * HOUR, *[24 * HOUR] * 6]


def test_a_slot_that_spring_skips_ends_where_the_clock_jumps() -> None:
    berlin = "Europe/Berlin"
    start = midnight(local(at(0), berlin).date().replace(month=3, day=29), berlin)

    first = [b - a for a, b in pairwise(edges(Span(start, start + 4 * HOUR), 2 * HOUR, berlin))]
    assert first == [2 * HOUR, HOUR, 2 * HOUR]


@given(
    start=st.integers(EDGE - 400 * DAY, EDGE + 400 * DAY),
    length=st.integers(1, 3 * DAY),
    slot=st.sampled_from([90 * SECOND, 5 * MINUTE, 12 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY, 7 * DAY]),
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
    ),
)
def test_edges_cover_a_span_in_order_and_lie_on_the_clock(
    start: int, length: int, slot: int, zone: str
) -> None:
    found = edges(Span(start, start + length), slot, zone)

    assert found[0] <= start < found[1]
    assert found[-2] < start + length <= found[-1]
    assert all(before < after for before, after in pairwise(found))
    for each in found[:50]:
        here = local(each, zone)
        shown = here.hour * HOUR + here.minute * MINUTE + here.second * SECOND
        jumped = local(each - 1, zone).utcoffset() != here.utcoffset()
        assert shown % min(slot, DAY) == 0 or jumped


# ---- counts by slot -------------------------------------------------------------------------------


def test_the_mean_of_slots_is_not_the_share_of_all_requests() -> None:
    """One slot of a single request that fails, 8,639 slots of a thousand good ones (as S3 has it)."""
    days = Period(Span(EDGE, EDGE + 30 * DAY), "UTC", "30 days")
    rows = [counts(5 * n, 1_000, 1_000) for n in range(1, 8_640)]
    evidence = case(Evidence({}, slots=(counts(0, 0, 1), *rows)), days)

    mean, total = only(Ratios(5 * MINUTE)(evidence)), only(Requests()(evidence))
    assert Fraction(weight(mean.bad), sum(p.size for p in mean.base)) == Fraction(1, 8_640)
    assert Fraction(weight(total.bad), sum(p.size for p in total.base)) == Fraction(1, 8_639_001)


def test_exactly_the_share_of_errors_is_bad_only_where_the_bound_says_so() -> None:
    rows = (counts(0, 95, 100), counts(5, 94, 100))
    or_more = BadSlot("errors", ">=", Fraction(5, 100))

    assert minutes(measured(Ratios(5 * MINUTE, FIVE_PERCENT), *rows).bad) == [(5, 10)]
    assert minutes(measured(Ratios(5 * MINUTE, or_more), *rows).bad) == [(0, 5), (5, 10)]


def test_all_fail_means_that_no_request_was_good() -> None:
    rows = (counts(0, 0, 3), counts(5, 1, 3), counts(10, 0, 0))

    assert minutes(measured(Ratios(5 * MINUTE, BadSlot("all fail")), *rows).bad) == [(0, 5)]


def test_neighbouring_bad_slots_are_one_outage() -> None:
    rows = [counts(n, 0, 10) for n in (0, 5, 10, 20)]
    account = measured(Ratios(5 * MINUTE, FIVE_PERCENT), *rows)

    assert [p.cause for p in account.bad] == [*["20261001T000000Z"] * 3, "20261001T002000Z"]
    assert {p.size for p in account.bad} == {1}


def test_a_run_of_fewer_bad_slots_than_confirm_an_outage_is_good() -> None:
    rows = [counts(n, 0, 10) for n in (0, 10, 15)]
    measure = Ratios(5 * MINUTE, FIVE_PERCENT, confirmed_by=2)

    assert minutes(measured(measure, *rows).bad) == [(10, 15), (15, 20)]
    assert "it is bad if more than 5 % of its requests fail, 2 or more in a row;" in measure.say()


def test_a_slot_with_too_few_requests_is_good_and_stays_in_the_base() -> None:
    rows = (counts(0, 0, 9), counts(5, 0, 10))
    account = measured(Ratios(5 * MINUTE, FIVE_PERCENT, min_requests=10), *rows, period=hour())

    assert minutes(account.bad) == [(5, 10)]
    assert len(account.base) == 12


def test_a_missing_slot_is_an_empty_one() -> None:
    rows = (counts(0, 1, 2), counts(5, 0, 0))
    measure = Ratios(5 * MINUTE)

    assert len(measured(measure, *rows, period=hour()).base) == 12
    assert minutes(measured(replace(measure, empty="left out"), *rows, period=hour()).base) == [(0, 5)]


def test_rows_of_one_slot_are_added_up() -> None:
    rows = (counts(0, 10, 10, kind="read"), counts(0, 8, 10, kind="write"))

    assert measured(Ratios(5 * MINUTE), *rows, period=hour()).bad[0].rate == Fraction(1, 10)


def test_only_the_chosen_kind_is_counted() -> None:
    rows = (counts(0, 10, 10, kind="read"), counts(0, 8, 10, kind="write"))
    account = measured(Requests(only=(("kind", "write"),)), *rows)

    assert (account.base[0].size, account.bad[0].rate) == (10, Fraction(1, 5))


def test_a_scored_request_counts_in_part_and_exactly() -> None:
    rows = (
        SlotRow(at(0), Fraction("99.5"), Fraction(100), ""),
        SlotRow(at(5), Fraction(1), Fraction("2.5"), ""),
    )
    account = measured(Requests(), *rows)

    assert [p.size for p in account.base] == [200, 5]
    assert Fraction(weight(account.bad), 205) == 1 - Fraction("100.5") / Fraction("102.5")


def test_each_probe_may_be_a_slot() -> None:
    rows = (counts(0, 1, 1), counts(1, 0, 1), counts(2, 0, 1), counts(9, 0, 1))
    account = measured(Ratios("probe", BadSlot("all fail")), *rows)

    assert len(account.base) == 4
    assert [p.cause for p in account.bad] == ["20261001T000100Z"] * 2 + ["20261001T000900Z"]


def test_a_slot_cut_by_the_agreements_first_instant_is_left_out_or_counted() -> None:
    rows = (counts(0, 0, 1), counts(5, 0, 1))
    force = (Span(at(2), at(60)),)
    measure = Ratios(5 * MINUTE)

    assert minutes(measured(measure, *rows, period=hour(), in_force=force).base)[0] == (5, 10)
    counted = measured(replace(measure, partial="counted"), *rows, period=hour(), in_force=force)
    assert minutes(counted.bad) == [(2, 5), (5, 10)]


def test_a_slot_over_the_edge_of_the_period_is_cut_there() -> None:
    period = Period(Span(at(2), at(13)), "UTC", "eleven minutes")
    rows = (counts(0, 0, 1), counts(5, 0, 1), counts(10, 0, 1))
    counted = Ratios(5 * MINUTE, partial="counted")

    assert minutes(measured(Ratios(5 * MINUTE), *rows, period=period).base) == [(5, 10)]
    assert minutes(measured(counted, *rows, period=period).base) == [(2, 5), (5, 10), (10, 13)]
    assert minutes(cut(replace(MINUTES, slot=5 * MINUTE), (2, 10), period=period).bad) == [(5, 10)]
    both = cut(replace(MINUTES, slot=5 * MINUTE, partial="counted"), (2, 10), period=period)
    assert minutes(both.bad) == [(2, 5), (5, 10)]
    assert len(both.base) == 3


def test_slots_that_are_not_over_yet_are_not_judged() -> None:
    account = measured(Ratios(5 * MINUTE), counts(0, 0, 1), period=hour(), as_of=at(13))

    assert minutes(account.base) == [(0, 5), (5, 10)]


def test_a_resource_without_any_request_counts_and_one_that_did_not_exist_does_not() -> None:
    life = {"a": (october().span,), "b": (hour().span,), "c": (Span(EDGE - DAY, EDGE),)}
    evidence = Evidence({}, slots=(counts(0, 0, 1, "a"),), life=life)
    accounts = Ratios(5 * MINUTE)(case(evidence, hour()))

    assert [(account.lane, len(account.base), len(account.bad)) for account in accounts] == [
        ("a", 12, 1), ("b", 12, 0), ("c", 0, 0),
    ]  # fmt: skip


def test_an_outage_over_the_edge_keeps_its_slots_outside_until_the_clip() -> None:
    rows = (counts(-10, 0, 1), counts(-5, 0, 1), counts(0, 0, 1))
    account = measured(Ratios(5 * MINUTE, FIVE_PERCENT), *rows, period=hour())

    assert minutes(account.bad) == [(-10, -5), (-5, 0), (0, 5)]
    assert len({p.cause for p in account.bad}) == 1
    assert minutes(account.base)[0] == (0, 5)


requests = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(
    requests=requests,
    empty=st.sampled_from(["good", "left out"]),
    least=st.integers(0, 4),
    bad=st.sampled_from([None, FIVE_PERCENT, BadSlot("all fail"), BadSlot("errors", ">=", Fraction(1, 2))]),
)
def test_slots_are_judged_one_by_one(
    requests: Any, empty: Literal["good", "left out"], least: int, bad: BadSlot | None
) -> None:
    rows = [counts(minute, min(good, all_), all_) for minute, good, all_ in sorted(requests)]
    account = measured(Ratios(5 * MINUTE, bad, least, empty), *rows, period=hour())

    ratios = []
    for start in range(0, 60, 5):
        own = [row for row in rows if at(start) <= row.start < at(start + 5)]
        good, total = sum(row.good for row in own), sum(row.total for row in own)
        failed = 1 - Fraction(good) / total if total else Fraction(0)
        if not total and empty == "left out":
            continue
        if total < least or not total:
            ratios.append(Fraction(0))
        elif bad is None:
            ratios.append(failed)
        elif bad.of == "all fail":
            ratios.append(Fraction(failed == 1))
        elif bad.sign == ">":
            ratios.append(Fraction(failed > bad.limit))  # type: ignore[operator]
        else:
            ratios.append(Fraction(failed >= bad.limit))  # type: ignore[operator]
    inside = [p for p in account.bad if p.start < at(60)]
    assert len(account.base) == len(ratios)
    assert weight(inside) == sum(ratios)


# ---- outages cut into slots -----------------------------------------------------------------------


def cut(step: IntoSlots, *down: tuple[int, int], period: Period | None = None, **parts: Any) -> Account:
    """Downtime in minutes of a resource that exists for a day before and after the period, cut into slots."""
    period = period or hour()
    base = (piece(Span(period.span.start - DAY, period.span.end + DAY), "shop", "promised"),)
    bad = tuple(piece(Span(at(start), at(end)), "shop", f"outage-{start}") for start, end in down)
    account = Account("ms", base, bad, promised=base, lane="shop")
    return only(step((replace(account, **parts),), case(Evidence({}), period)))


MINUTES = IntoSlots(MINUTE, BadSlot("wholly down"))
SIX = IntoSlots(HOUR, BadSlot("down", ">", Fraction(6 * MINUTE)))


def test_only_a_minute_that_is_down_throughout_is_bad() -> None:
    account = cut(MINUTES, (1, 3), (4, 5))
    part = only(
        MINUTES(
            (replace(account_of(Span(at(1) - 1, at(2)), Span(at(5), at(6) - 1))),),
            case(Evidence({}), hour()),
        )
    )

    assert minutes(account.bad) == [(1, 2), (2, 3), (4, 5)]
    assert minutes(part.bad) == [(1, 2)]
    assert len(account.base) == 60


def account_of(*down: Span) -> Account:
    base = (piece(Span(EDGE - DAY, EDGE + DAY), "shop", "promised"),)
    return Account("ms", base, tuple(piece(d, "shop", "x") for d in down), promised=base, lane="shop")


def test_more_than_six_minutes_of_a_clock_hour_make_it_bad() -> None:
    half = Period(Span(EDGE, EDGE + 6 * HOUR), "UTC", "six hours")
    account = cut(SIX, (0, 6), (60, 64), (70, 73), (175, 187), period=half)

    assert minutes(account.bad) == [(60, 120), (180, 240)]
    assert [p.cause for p in account.bad] == ["20261001T010000Z", "20261001T030000Z"]


def test_hours_that_follow_each_other_are_one_outage() -> None:
    half = Period(Span(EDGE, EDGE + 6 * HOUR), "UTC", "six hours")

    assert len({p.cause for p in cut(SIX, (50, 70), period=half).bad}) == 1


def test_what_was_excused_is_gone_before_a_slot_is_judged() -> None:
    """Both sides: of a minute only the half outside the window is left, and that half is down throughout."""
    base = (
        piece(Span(EDGE - DAY, at(1)), "shop", "promised"),
        piece(Span(at(1) + MINUTE // 2, EDGE + DAY), "shop", "promised"),
    )
    bad = (piece(Span(at(1) + MINUTE // 2, at(2)), "shop", "x"),)
    whole = (piece(Span(EDGE - DAY, EDGE + DAY), "shop", "promised"),)
    both_sides = Account("ms", base, bad, promised=whole, lane="shop")
    downtime_alone = replace(both_sides, base=whole)

    assert minutes(only(MINUTES((both_sides,), case(Evidence({}), hour()))).bad) == [(1, 2)]
    assert only(MINUTES((downtime_alone,), case(Evidence({}), hour()))).bad == ()


def test_a_slot_of_which_nothing_counts_leaves_the_base_and_is_unseen_by_its_share() -> None:
    unknown = (piece(Span(at(1), at(2) + MINUTE // 4), "shop", "unobserved"),)
    base = (
        piece(Span(EDGE - DAY, at(1)), "shop", "promised"),
        piece(Span(at(2) + MINUTE // 4, EDGE + DAY), "shop", "promised"),
    )
    account = cut(MINUTES, base=base, unknown=unknown)

    assert (1, 2) not in minutes(account.base)
    assert [(p.size, p.rate) for p in account.unknown] == [(1, Fraction(1)), (1, Fraction(1, 4))]
    assert len(account.promised) == 60


@given(
    down=st.lists(st.tuples(st.integers(-20, 130), st.integers(1, 30)), max_size=6),
    limit=st.integers(0, 9),
    sign=st.sampled_from([">", ">="]),
)
def test_outages_are_judged_slot_by_slot(down: Any, limit: int, sign: Literal[">", ">="]) -> None:
    """Slots of 10 minutes and times in whole minutes, looked at minute by minute."""
    period = Period(Span(EDGE, EDGE + 2 * HOUR), "UTC", "two hours")
    ill = sorted({m for start, length in down for m in range(start, start + length)})
    bad = [(m, m + 1) for m in ill]
    step = IntoSlots(10 * MINUTE, BadSlot("down", sign, Fraction(limit * MINUTE)))
    expected = []
    for start in range(0, 120, 10):
        inside = sum(start <= m < start + 10 for m in ill)
        if inside and (inside > limit or (sign == ">=" and inside == limit)):
            expected.append((start, start + 10))

    account = cut(step, *bad, period=period)
    assert [each for each in minutes(account.bad) if 0 <= each[0] < 120] == expected


def test_the_terms_choose_the_measure_and_the_step() -> None:
    total = MeasureTerms(evidence="slots", as_="total")
    hours = MeasureTerms(slot=HOUR, as_="bad slots", bad=SIX.bad)

    assert rule(total) == Requests()
    assert rule(replace(total, as_="mean", slot=HOUR, bad=None)) == Ratios(HOUR)
    assert steps(hours) == (SIX,)
    assert steps(MeasureTerms()) == steps(total) == ()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            Ratios(MINUTE, FIVE_PERCENT, min_requests=60),
            (
                "We judge each slot of 1 minute on the clock: it is bad if more than 5 % of its requests "
                "fail; the figure is the share of good ones; a slot without requests is good; a slot with "
                "fewer than 60 requests is good; a slot cut by the edge of the period is left out."
            ),
        ),
        (
            Ratios(5 * MINUTE, empty="left out", partial="counted"),
            (
                "We take the share of requests that failed in each slot of 5 minutes on the clock, and the "
                "plain mean of those shares; a slot without requests is left out; a slot cut by the edge of "
                "the period counts like any other."
            ),
        ),
        (
            Ratios("probe", BadSlot("all fail")),
            (
                "We judge each probe: it is bad if all its requests fail; the figure is the share of good "
                "ones; a slot without requests is good."
            ),
        ),
        (Requests(), "We count requests: those that failed, out of all of the period."),
        (
            SIX,
            (
                "The time is cut into slots of 1 hour on the clock; a slot is bad if it is down for more "
                "than 6 minutes; a slot cut by the edge of the period is left out."
            ),
        ),
    ],
)
def test_it_says_how_slots_are_judged(rule: Any, sentence: str) -> None:
    assert rule.say() == sentence
