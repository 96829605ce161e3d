"""Outages and their four instants, written as strings: `u` up, `d` down, `D` down otherwise, `?` unknown."""

from __future__ import annotations

import re
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.checks import Reason, State
from monitor.core.intervals import Span
from monitor.core.periods import local
from monitor.core.timeline import Outage, Segment, downtimes, outages

MEANING = {
    "u": (State.UP, Reason.OK),
    "d": (State.DOWN, Reason.TIMEOUT),
    "D": (State.DOWN, Reason.STATUS),
    "?": (State.UNKNOWN, Reason.OWN_NETWORK),
    ".": None,
}


def segments(line: str) -> list[Segment]:
    """A check in every millisecond that is not unknown; a point is time in no base."""
    out: list[Segment] = []
    at = 0
    for letter, run in groupby(line):
        end = at + len(list(run))
        if (meaning := MEANING[letter]) is not None:
            seen = (None, None) if letter == "?" else (at, end - 1)
            out.append(Segment(at, end, *meaning, *seen))
        at = end
    return out


def spans(line: str, bridge: int = 2) -> list[tuple[Span, ...]]:
    return [outage.down for outage in outages(segments(line), bridge=bridge)]


def the_one(line: str, bridge: int = 2) -> Outage:
    (outage,) = outages(segments(line), bridge=bridge)
    return outage


def test_time_that_is_up_has_no_outage() -> None:
    assert spans("uuuu") == []
    assert spans("") == []


def test_a_state_held_over_a_hole_is_another_outage_with_an_id_of_its_own() -> None:
    """One check at 0 holds for ten; from 4 to 6 the endpoint did not exist. No instant is before the hole."""
    held = [Segment(start, end, *MEANING["d"], 0, 0) for start, end in ((0, 4), (6, 10))]  # type: ignore[misc]

    before, after = outages(held, bridge=2)

    assert (before.id, before.first_bad) == ("19700101T000000Z", 0)
    assert (after.id, after.first_bad, after.last_bad) == ("19700101T000000.006Z", 6, 6)
    assert [id for id, _ in downtimes(held, bridge=2)] == [before.id, after.id]


def test_a_state_from_before_what_is_looked_at_keeps_its_first_check() -> None:
    (outage,) = outages([Segment(5, 9, *MEANING["d"], 2, 8)], bridge=2)  # type: ignore[misc]

    assert outage.first_bad == 2


def test_an_outage_keeps_four_instants() -> None:
    """Last good, first bad, last bad, first good."""
    outage = the_one("uuudddduu")
    assert (outage.last_good, outage.first_bad, outage.last_bad, outage.first_good) == (2, 3, 6, 7)
    assert outage.span == Span(3, 7)
    assert outage.open is False


def test_the_instants_are_found_through_unknown_time() -> None:
    outage = the_one("u??dd???u", bridge=1)
    assert (outage.last_good, outage.first_good) == (0, 8)
    assert outage.down == (Span(3, 5),)


@pytest.mark.parametrize("line", ["udd", "udd???"])
def test_an_outage_that_nothing_known_follows_is_open(line: str) -> None:
    outage = the_one(line)
    assert outage.open is True
    assert outage.first_good is None


def test_short_unknown_time_is_bridged_and_is_no_downtime() -> None:
    assert spans("udd??ddu", bridge=2) == [(Span(1, 3), Span(5, 7))]


def test_unknown_time_over_the_bridge_parts_two_outages() -> None:
    """Neither knows a good check on the side of the other, and the first is over."""
    first, second = outages(segments("udd???ddu"), bridge=2)
    assert (first.last_good, first.first_good, first.open) == (0, None, False)
    assert (second.last_good, second.first_good, second.open) == (None, 8, False)


def test_the_bridge_is_the_whole_unknown_time_between() -> None:
    parts = [
        Segment(0, 2, State.DOWN, Reason.TIMEOUT, 0, 1),
        Segment(2, 4, State.UNKNOWN, Reason.OWN_DNS),
        Segment(4, 6, State.UNKNOWN, Reason.NOT_RUNNING),
        Segment(6, 8, State.DOWN, Reason.TIMEOUT, 6, 7),
    ]
    assert len(outages(parts, bridge=4)) == 1
    assert len(outages(parts, bridge=3)) == 2


def test_a_single_good_check_parts_two_outages() -> None:
    assert spans("ddudd", bridge=100) == [(Span(0, 2),), (Span(3, 5),)]


def test_a_change_of_reason_is_the_same_outage_with_the_first_reason() -> None:
    outage = the_one("uddDDu")
    assert outage.down == (Span(1, 5),)
    assert outage.reason is Reason.TIMEOUT


def test_time_in_no_base_parts_two_outages() -> None:
    assert spans("dd.dd", bridge=5) == [(Span(0, 2),), (Span(3, 5),)]
    assert spans("d?.dd", bridge=5) == [(Span(0, 1),), (Span(3, 5),)]


def test_where_no_check_is_known_the_edges_of_the_segment_stand_in() -> None:
    (outage,) = outages([Segment(5, 9, State.DOWN, Reason.PROTOCOL)], bridge=0)
    assert (outage.first_bad, outage.last_bad) == (5, 5)


@pytest.mark.parametrize(
    ("first_bad", "id"),
    [
        (1_791_288_130_000, "20261006T120210Z"),
        (1_791_288_130_456, "20261006T120210.456Z"),
        (1_791_288_130_007, "20261006T120210.007Z"),
    ],
)
def test_the_id_is_the_first_bad_instant_in_utc(first_bad: int, id: str) -> None:
    at = first_bad
    (outage,) = outages([Segment(at, at + 10, State.DOWN, Reason.TIMEOUT, at, at)], bridge=0)
    assert outage.id == id


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 4_102_444_800_000))
def test_the_id_of_any_instant_is_what_the_calendar_writes(at: int) -> None:
    (outage,) = outages([Segment(at, at + 10, State.DOWN, Reason.TIMEOUT, at, at)], bridge=0)
    written = f"{local(at, 'UTC'):%Y%m%dT%H%M%S}"
    assert outage.id == (f"{written}.{at % 1_000:03}Z" if at % 1_000 else f"{written}Z")


def test_two_outages_of_one_second_have_two_ids() -> None:
    first, second = outages(segments("ddudd"), bridge=0)
    assert (first.id, second.id) == ("19700101T000000Z", "19700101T000000.003Z")


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(["u", "d", "dd", "D", "?", "??"]), max_size=16).map("".join), st.integers(0, 4)
)
def test_outages_are_what_a_pattern_finds_in_the_string(line: str, bridge: int) -> None:
    pattern = rf"[dD]+(?:\?{{1,{bridge}}}[dD]+)*" if bridge else r"[dD]+"
    found = outages(segments(line), bridge=bridge)
    assert downtimes(segments(line), bridge=bridge) == tuple((outage.id, outage.down) for outage in found)
    for outage, match in zip(found, re.finditer(pattern, line), strict=True):
        before = re.search(r"u\?*$", line[: match.start()])
        after = re.match(r"\?*u", line[match.end() :])
        assert {at for span in outage.down for at in range(span.start, span.end)} == {
            at for at in range(match.start(), match.end()) if line[at] != "?"
        }
        assert outage.last_good == (before.start() if before else None)
        assert (outage.first_bad, outage.last_bad) == (match.start(), match.end() - 1)
        assert outage.first_good == (match.end() + after.end() - 1 if after else None)
        assert outage.open is bool(re.fullmatch(r"\?*", line[match.end() :]))
        assert outage.reason is (Reason.TIMEOUT if line[match.start()] == "d" else Reason.STATUS)
