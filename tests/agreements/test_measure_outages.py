"""Outages of a file: which rows are one, where the clock begins and ends, and how bad they are."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.agreements.account import weight
from monitor.agreements.evidence import Evidence, Recorded
from monitor.agreements.measure import Downtime
from monitor.agreements.outages import Outages, facts, flattened
from monitor.core.checks import Reason, State
from monitor.core.intervals import MINUTE, Span, total
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment
from tests.agreements.seen import EDGE, at, case, minutes, only, places, recorded, row, stretch

FILE = Span(0, 100)


def measured(*rows: Any, measure: Downtime | None = None, **more: Any) -> Any:
    return only((measure or Downtime())(case(recorded(*rows), **more)))


def small(*rows: Any, measure: Downtime | None = None, unseen: Any = (), life: Any = FILE) -> Any:
    """An account of a file in which a resource lived for 100 ms."""
    evidence = Evidence({"shop": Recorded((life,), rows, unseen)})
    return only((measure or Downtime())(case(evidence, stretch(0, 100))))


def clocked(**more: Any) -> Downtime:
    return Downtime(Outages(**more))


def test_rows_that_overlap_or_touch_are_one_outage() -> None:
    account = measured(row(at(10), at(20)), row(at(15), at(30)), row(at(30), at(40)), row(at(50), at(51)))

    assert minutes(account.bad) == [(10, 40), (50, 51)]
    assert [p.cause for p in account.bad] == ["20261001T001000Z", "20261001T005000Z"]


def test_rows_of_one_id_are_one_outage_in_two_pieces() -> None:
    account = measured(
        row(at(10), at(20), id="carrier"), row(at(50), at(60), id="carrier"), row(at(60), at(61))
    )

    assert minutes(account.bad) == [(10, 20), (50, 61)]
    assert {p.cause for p in account.bad} == {"carrier"}


def test_what_the_file_does_not_mention_was_up_while_the_resource_existed() -> None:
    account = small(row(10, 20), life=Span(5, 15))

    assert places(account.base) == places(account.promised) == [(5, 15)]
    assert places(account.bad) == [(10, 15)]


def test_unseen_time_is_unknown_but_where_a_row_says_that_it_was_down() -> None:
    account = small(row(10, 20), unseen=(Span(5, 30),))

    assert places(account.unknown) == [(5, 10), (20, 30)]


def test_an_open_outage_runs_to_the_instant_up_to_which_evidence_can_exist() -> None:
    account = measured(row(at(10), at(11), open=True), as_of=at(90))

    assert minutes(account.bad) == [(10, 90)]


def test_what_a_file_says_of_later_time_is_known_so_that_an_outage_is_judged_whole() -> None:
    account = measured(row(at(10), at(30)), row(at(40), at(50)), as_of=at(20))

    assert minutes(account.bad) == [(10, 30), (40, 50)]


def test_rows_of_another_class_are_not_looked_at() -> None:
    rows = (row(at(10), at(20), what="api"), row(at(30), at(40), what="web"), row(at(50), at(60)))

    account = measured(*rows, measure=clocked(only=(("class", "api"),)))

    assert minutes(account.bad) == [(10, 20)]


def test_rows_are_chosen_by_any_column() -> None:
    rows = (row(at(10), at(20), columns={"site": "a"}), row(at(30), at(40), columns={"site": "b"}))

    assert minutes(measured(*rows, measure=clocked(only=(("site", "b"),))).bad) == [(30, 40)]


def test_a_clock_that_starts_at_the_report_counts_from_the_earliest_report() -> None:
    rows = (row(at(10), at(30), reported=at(20)), row(at(30), at(40), reported=at(15)))

    assert minutes(measured(*rows, measure=clocked(starts="reported")).bad) == [(15, 40)]


def test_a_report_before_the_failure_does_not_move_its_start() -> None:
    account = measured(row(at(10), at(30), reported=at(5)), measure=clocked(starts="reported"))

    assert minutes(account.bad) == [(10, 30)]


def test_an_outage_reported_after_its_end_or_never_does_not_count() -> None:
    rows = (row(at(10), at(30), reported=at(30)), row(at(40), at(50)))

    assert measured(*rows, measure=clocked(starts="reported")).bad == ()


def test_a_clock_that_starts_at_detection_counts_from_there() -> None:
    account = measured(row(at(10), at(30), detected=at(12)), measure=clocked(starts="detected"))

    assert minutes(account.bad) == [(12, 30)]


def test_the_last_success_before_a_failure_may_begin_it() -> None:
    rows = (row(at(10), at(30), last_good=at(9)), row(at(40), at(50)))

    assert minutes(measured(*rows, measure=clocked(starts="last success")).bad) == [(9, 30), (40, 50)]


def test_a_closed_ticket_may_end_an_outage_later_or_earlier() -> None:
    rows = (row(at(10), at(30), ticket_closed=at(35)), row(at(40), at(50), ticket_closed=at(45)))

    assert minutes(measured(*rows, measure=clocked(ends="ticket closed")).bad) == [(10, 35), (40, 45)]


def test_a_ticket_that_stays_open_into_the_next_outage_makes_the_two_one() -> None:
    rows = (row(at(10), at(30), ticket_closed=at(45)), row(at(40), at(50)))
    account = measured(*rows, measure=clocked(ends="ticket closed"))

    assert minutes(account.bad) == [(10, 50)]
    assert {p.cause for p in account.bad} == {"20261001T001000Z"}


def test_a_ticket_closed_before_the_report_leaves_nothing() -> None:
    rows = (row(at(10), at(30), reported=at(25), ticket_closed=at(20)),)

    assert measured(*rows, measure=clocked(starts="reported", ends="ticket closed")).bad == ()


def test_weighted_outages_count_by_the_share_affected() -> None:
    account = measured(
        row(at(10), at(20), affected=Fraction(21, 1000)), measure=Downtime(weighted_by="visitors")
    )

    assert weight(account.bad) == 10 * MINUTE * Fraction(21, 1000)


def test_shares_that_overlap_add_up_to_everybody_at_most() -> None:
    rows = (row(at(10), at(30), affected=Fraction(3, 4)), row(at(20), at(40), affected=Fraction(1, 2)))
    account = measured(*rows, measure=Downtime(weighted_by="users"))

    assert minutes(account.bad) == [(10, 20), (20, 30), (30, 40)]
    assert [p.rate for p in account.bad] == [Fraction(3, 4), 1, Fraction(1, 2)]
    assert len({p.cause for p in account.bad}) == 1


def test_an_unweighted_outage_is_bad_throughout_whomever_it_affects() -> None:
    rows = (row(at(10), at(20), affected=Fraction(0)), row(at(20), at(30), affected=Fraction(1, 2)))
    account = measured(*rows)

    assert minutes(account.bad) == [(10, 30)]
    assert account.bad[0].rate == 1


def test_the_facts_of_an_outage_are_found_by_its_cause() -> None:
    evidence = recorded(
        row(at(10), at(30), id="A", affected=Fraction(1, 4), what="beta"),
        row(at(20), at(40), affected=Fraction(1, 2)),
    )
    found = facts(Outages(), case(evidence), "shop")

    assert found["A"].affected == Fraction(3, 4)
    assert found["A"].whats == {"beta"}
    assert facts(Outages(), case(Evidence({})), "shop") == {}


def test_the_monitors_own_outage_may_begin_at_the_last_good_check() -> None:
    segments = (
        Segment(EDGE, at(10), State.UP, Reason.OK, EDGE, at(9)),
        Segment(at(10), at(20), State.DOWN, Reason.TIMEOUT, at(10), at(19)),
        Segment(at(20), at(60), State.UP, Reason.OK, at(20), at(59)),
    )
    evidence = Evidence({"shop": ServiceTimeline((Span(EDGE, at(60)),), segments)})

    assert minutes(only(clocked(starts="last success")(case(evidence))).bad) == [(9, 20)]
    assert minutes(only(clocked(starts="reported")(case(evidence))).bad) == [(10, 20)]


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (Downtime(), "We measure the time the service is down, from the first failing check to recovery."),
        (
            clocked(starts="reported", ends="ticket closed"),
            "We measure the time the service is down, from its report until its ticket is closed.",
        ),
        (
            Downtime(Outages(only=(("class", "api"),)), weighted_by="users"),
            (
                "We measure the time the service is down, from the first failing check to recovery, each "
                "outage weighted by the share of users affected (what overlaps adds up to all of them at "
                'most); only what has class "api" is looked at.'
            ),
        ),
    ],
)
def test_it_says_what_is_measured(measure: Downtime, sentence: str) -> None:
    assert measure.say() == sentence


rows = st.lists(
    st.builds(
        lambda start, length, name, affected: row(start, start + length, id=name, affected=affected),
        st.integers(0, 80),
        st.integers(0, 20),
        st.sampled_from(["", "", "A", "B"]),
        st.fractions(0, 1, max_denominator=4),
    ),
    max_size=8,
)


@given(rows=rows)
def test_downtime_is_the_union_of_the_rows_whatever_their_order(rows: list[Any]) -> None:
    account = small(*rows)
    down = {ms for each in rows for ms in range(each.span.start, each.span.end)}

    assert {ms for p in account.bad for ms in range(p.start, p.end)} == down
    assert sum(p.size for p in account.bad) == len(down)
    assert small(*reversed(rows)) == account


@given(rows=rows)
def test_weights_are_added_ms_by_ms(rows: list[Any]) -> None:
    account = small(*rows, measure=Downtime(weighted_by="users"))
    shares = [
        min(Fraction(1), sum((r.affected for r in rows if ms in r.span), Fraction(0))) for ms in range(100)
    ]

    assert weight(account.bad) == sum(shares)


@given(rows=rows)
def test_rows_share_a_cause_exactly_where_ids_and_touching_link_them(rows: list[Any]) -> None:
    lasting = [each for each in rows if each.span.length]
    rows = [replace(each, columns={"n": str(n)}) for n, each in enumerate(lasting)]
    groups = [{n} for n in range(len(rows))]

    def one(left: Any, right: Any) -> bool:
        touch = left.span.start <= right.span.end and right.span.start <= left.span.end
        return touch or (left.id != "" and left.id == right.id)

    for n, left in enumerate(rows):
        for m, right in enumerate(rows):
            if one(left, right) and groups[n] is not groups[m]:
                groups[n] |= groups[m]
                for k in tuple(groups[m]):
                    groups[k] = groups[n]
    found = Outages().of(Recorded((FILE,), tuple(rows)), 100)

    expected = {frozenset(group) for group in groups}
    assert {frozenset(int(r.columns["n"]) for r in incident.rows) for incident in found} == expected


@given(rows=rows)
def test_stretches_are_apart_and_lose_no_time(rows: list[Any]) -> None:
    out = flattened((r.span.start, r.span.end, r.affected) for r in rows)
    spans = [Span(start, end) for start, end, _ in out]

    assert all(left.end <= right.start for left, right in itertools.pairwise(spans))
    assert total(spans) == len({ms for r in rows for ms in range(r.span.start, r.span.end)})
