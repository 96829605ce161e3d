"""Stored attempts judged anew: never against the truth, and silent only where the truth cannot be known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.checks import (
    Check,
    Confirmation,
    Expectation,
    Facts,
    Found,
    Gap,
    Reason,
    Rule,
    State,
    state_of,
)
from monitor.core.hindsight import hindsight
from monitor.core.intervals import Span
from monitor.core.judge import judge, resolve
from monitor.core.replay import Asked, Changed, Outcome, Unsaid, judged_anew, reads_body, replayed
from monitor.core.timeline import Segment, lane_segments
from monitor.prober.slot import Attempt, rows

ONCE = Confirmation(1, 1)
MISSING = object()


@dataclass(frozen=True)
class Truth:
    """All that a target would have said to whoever asked: `body` is how much longer its body took."""

    status: int
    latency: int
    body: int
    texts: tuple[bool, ...]
    values: Mapping[str, Any]

    def seen_by(self, asked: Expectation) -> Facts:
        """The facts of a probe that looks for what is asked and for nothing else."""
        read = reads_body(asked)
        there = dict(zip(TEXTS, self.texts, strict=True))
        found: dict[str, Found] = {text: there[text] for text in (*asked.contains, *asked.lacks)}
        found |= {rule.key: self.values[rule.key] for rule in asked.rules if self._can(rule)}
        size = self.values["size:"] if read else None
        return Facts(self.latency + self.body * read, self.status, size=size, phases={"dns": 1}, found=found)

    def _can(self, rule: Rule) -> bool:
        return self.values[rule.key] is not MISSING


TEXTS = ("apple", "pear")
LONG = "x" * 60
RULES = (
    Rule("json", "x", "==", 1),
    Rule("json", "x", "!=", 1),
    Rule("json", "x", "==", "1"),
    Rule("json", "x", "<", 2),
    Rule("json", "x", "present"),
    Rule("json", "x", "absent"),
    Rule("json", "x", "one of", ("ok", "1")),
    Rule("json", "x", "==", value=True),
    Rule("json", "x", "<=", "1.5"),
    Rule("header", "H", "==", LONG),
    Rule("header", "H", "==", LONG + "y"),
    Rule("header", "H", "!=", "x"),
    Rule("header", "H", "present"),
    Rule("size", "", ">", 10),
    Rule("size", "", ">=", 11),
    Rule("size", "", "<", 100),
    Rule("pattern", "p", "present"),
    Rule("pattern", "p", "absent"),
    Rule("certificate_days", "", ">=", 14),
    Rule("certificate_days", "", ">=", 7),
    Rule("certificate_days", "", ">", 13),
)
VALUES: Mapping[str, Sequence[object]] = {
    "json:x": (
        MISSING,
        None,
        True,
        False,
        0,
        1,
        2,
        "1",
        "1.0",
        "1.2",
        "1.5",
        "1.70",
        "2",
        "9",
        "ok",
        "other",
    ),
    "header:H": (None, "x", LONG, LONG + "y", LONG + "z", "x" * 512, "5"),
    "size:": (0, 9, 10, 11, 12, 99, 100, 101),
    "pattern:p": (True, False),
    "certificate_days:": (None, 6, 7, 12, 13, 14, 15),
}
STATUSES = (((200, 299),), ((200, 299), (404, 404)), ((404, 404),))
MORE = tuple(Rule("header", f"More-{number}", "present") for number in range(5))

truths = st.builds(
    Truth,
    st.sampled_from([200, 404]),
    st.sampled_from([5, 15]),
    st.sampled_from([0, 20]),
    st.tuples(st.booleans(), st.booleans()),
    st.fixed_dictionaries(
        {
            **{key: st.sampled_from(values) for key, values in VALUES.items()},
            **{rule.key: st.sampled_from([None, "long " * 100]) for rule in MORE},
        }
    ),
)


@st.composite
def expectations(draw: st.DrawFn, rules: Sequence[Rule] = (*RULES, *MORE)) -> Expectation:
    texts = draw(st.tuples(*[st.sampled_from(["", "contains", "lacks"])] * 2))
    return Expectation(
        status=draw(st.sampled_from(STATUSES)),
        contains=tuple(text for text, how in zip(TEXTS, texts, strict=True) if how == "contains"),
        lacks=tuple(text for text, how in zip(TEXTS, texts, strict=True) if how == "lacks"),
        slower_is_down=draw(st.sampled_from([None, 4, 10, 30])),
        rules=tuple(draw(st.lists(st.sampled_from(rules), max_size=4, unique=True))),
    )


@st.composite
def changes(draw: st.DrawFn, rules: Sequence[Rule] = (*RULES, *MORE)) -> tuple[Expectation, Expectation]:
    """What was asked, and what is wanted: mostly the same but for a thing or two."""
    asked, other = draw(expectations(rules)), draw(expectations(rules))
    changed = draw(
        st.sets(st.sampled_from(["status", "contains", "lacks", "slower_is_down", "rules", "key"]))
    )
    wanted = replace(asked, **{name: getattr(other, name) for name in changed if name != "key"})
    if "key" in changed and asked.rules:
        near = [each for each in rules if each.key == asked.rules[0].key]
        wanted = replace(wanted, rules=(draw(st.sampled_from(near)), *asked.rules[1:]))
    return asked, wanted


def row(facts: Facts, asked: Expectation) -> Check:
    reason = judge(facts, asked)
    (check,) = rows(1, 1, 0, [Attempt(0, facts, reason)], state_of(reason), 100)
    return check


@settings(max_examples=400)
@given(truths, changes(), st.booleans())
def test_what_is_said_is_the_truth(truth: Truth, change: tuple[Expectation, Expectation], told: bool) -> None:
    asked, wanted = change
    check = row(truth.seen_by(asked), asked)
    said = judged_anew(check, asked if told else None, wanted)
    really = judge(truth.seen_by(wanted), wanted)
    assert isinstance(said, Unsaid) or state_of(said) is state_of(really)


ONE_KEY = tuple(rule for rule in RULES if rule.extract == "json")


def everything(like: Truth) -> Iterator[Truth]:
    """Each truth there could be, as far as JSON, texts and times go."""
    whole = product((5, 15), (0, 20), product((True, False), repeat=2), VALUES["json:x"])
    for latency, body, texts, value in whole:
        yield replace(like, latency=latency, body=body, texts=texts, values={**like.values, "json:x": value})


@given(truths, changes(ONE_KEY))
def test_nothing_is_said_only_where_the_truth_could_have_been_either(
    truth: Truth, change: tuple[Expectation, Expectation]
) -> None:
    asked, wanted = change
    check = row(truth.seen_by(asked), asked)
    said = judged_anew(check, asked, wanted)
    alike = [each for each in everything(truth) if row(each.seen_by(asked), asked) == check]
    states = {state_of(judge(each.seen_by(wanted), wanted)) for each in alike}
    assert isinstance(said, Unsaid) or states == {state_of(said)}
    if isinstance(said, Unsaid) and wanted.slower_is_down is None:  # times are without number
        assert len(states) == 2 or _is_bare(check, asked)


def _is_bare(check: Check, asked: Expectation) -> bool:
    """Facts that say nothing of what was looked for: they may be short, or there was nothing to say."""
    kept = json.loads(check.facts) if check.facts else {"found": 1}
    return "found" not in kept and bool(asked.rules or asked.contains or asked.lacks)


FAILED = Facts(error=Reason.TIMEOUT, phases={"connect": 3})
SLOW = Expectation(slower_is_down=10)


@pytest.mark.parametrize(
    ("check", "asked", "wanted", "said"),
    [
        (Check(1, 1, 0, 0, 0, State.UP, Reason.OK, 9, 11, 200), Expectation(), SLOW, Reason.TOO_SLOW),
        (Check(1, 1, 0, 0, 0, State.UP, Reason.OK, 9, 10, 200), Expectation(), SLOW, Reason.OK),
        (Check(1, 1, 0, 0, 0, State.UP, Reason.OK, 9, None, 200), Expectation(), SLOW, Unsaid.LATENCY),
        (
            Check(1, 1, 0, 0, 0, State.UP, Reason.OK, 9, None, 200),
            Expectation(),
            Expectation(status=((404, 404),)),
            Unsaid.SPOILT,
        ),
        (
            Check(1, 1, 0, 0, 0, State.UP, Reason.OK, 9, 5, 200),
            Expectation(),
            Expectation(contains=("a",)),
            Unsaid.NOT_LOOKED_FOR,
        ),
        (Check(1, 1, 0, 0, 0, State.UP, Reason.OK, 9, 5, 200), None, Expectation(), Reason.OK),
        (
            Check(1, 1, 0, 0, 0, State.UP, Reason.OK, 9, 5, 200),
            None,
            Expectation(contains=("a",)),
            Unsaid.ASKED_UNKNOWN,
        ),
        (row(FAILED, Expectation()), Expectation(), SLOW, Reason.TIMEOUT),
        (Check(1, 1, 0, 0, 0, State.DOWN, Reason.TIMEOUT, 9), None, SLOW, Reason.TIMEOUT),
        (Check(1, 1, 0, 0, 0, State.DOWN, Reason.STATUS, 9), Expectation(), SLOW, Unsaid.FACTS_CUT),
        (Check(1, 1, 0, 0, 0, State.DOWN, Reason.STATUS, 9, facts="["), None, SLOW, Unsaid.FACTS_CUT),
    ],
)
def test_what_is_kept_of_an_attempt_decides_what_can_be_said(
    check: Check, asked: Expectation | None, wanted: Expectation, said: Reason | Unsaid
) -> None:
    assert judged_anew(check, asked, wanted) is said


def test_the_time_of_a_body_that_would_not_be_read_or_was_not_is_not_known() -> None:
    reading, both = Expectation(lacks=("apple",)), Expectation(lacks=("apple",), slower_is_down=10)
    quick, slow = (Facts(latency, 200, found={"apple": False}, size=3) for latency in (9, 11))
    bare = row(replace(quick, found={}, size=None), Expectation())
    assert judged_anew(row(slow, reading), reading, SLOW) is Unsaid.LATENCY
    assert judged_anew(row(quick, reading), reading, SLOW) is Reason.OK
    assert judged_anew(row(slow, reading), reading, both) is Reason.TOO_SLOW
    assert isinstance(judged_anew(bare, Expectation(), both), Unsaid)
    grown = Expectation(status=((404, 404),), slower_is_down=10)
    sized = replace(grown, rules=(Rule("size", "", "<", 9),))
    missed = row(Facts(9, 404, size=None), Expectation())
    assert judged_anew(missed, Expectation(), grown) is Reason.OK
    assert isinstance(judged_anew(missed, Expectation(), sized), Unsaid)


def test_a_text_that_may_have_been_cut_is_not_compared_to_its_end() -> None:
    long = Rule("header", "H", "==", LONG)
    more = tuple(Rule("header", f"More-{number}", "present") for number in range(5))
    found: dict[str, Found] = {"header:H": LONG, **dict.fromkeys((rule.key for rule in more), "y" * 500)}
    asked = Expectation(rules=(Rule("header", "Gone", "present"), *more, long))
    check = row(Facts(5, 200, found=found), asked)
    assert len(check.facts or "") < 1_000  # it was shortened
    assert judged_anew(check, asked, Expectation(rules=(long,))) is Unsaid.FACTS_CUT
    assert judged_anew(check, asked, Expectation(rules=(replace(long, value="x"),))) is Reason.HEADER
    assert judged_anew(check, asked, Expectation(rules=(replace(long, sign="present"),))) is Reason.OK


def test_what_was_lacked_is_known_not_to_have_been_there() -> None:
    lacking = Expectation(lacks=("apple",))
    check = row(Facts(5, 200, found={"apple": False}, size=3), lacking)
    assert judged_anew(check, lacking, Expectation(contains=("apple",))) is Reason.TEXT_MISSING


def test_what_was_looked_for_and_not_found_is_told_from_what_was_not_kept() -> None:
    asked = Expectation(rules=(Rule("json", "x", "==", 1),))
    other = replace(asked, status=((404, 404),))
    kept = row(Facts(5, 404, found={"json:x": 1}, size=9), asked)
    bare = row(Facts(5, 404, size=9), asked)
    assert judged_anew(kept, asked, other) is Reason.OK
    assert judged_anew(bare, asked, other) is Unsaid.FACTS_CUT
    with_header = replace(asked, rules=(*asked.rules, Rule("header", "H", "present")))
    no_json = row(Facts(5, 404, found={"header:H": "x"}, size=9), with_header)
    assert judged_anew(no_json, with_header, other) is Reason.JSON_VALUE


def test_a_failure_in_a_body_that_would_not_be_read_is_not_judged() -> None:
    asked = Expectation(contains=("apple",))
    check = row(Facts(error=Reason.TIMEOUT, phases={"body": 3}), asked)
    assert judged_anew(check, asked, Expectation()) is Unsaid.NOT_LOOKED_FOR
    assert judged_anew(check, asked, replace(asked, slower_is_down=5)) is Reason.TIMEOUT


def test_a_name_that_is_not_there_is_what_was_wanted() -> None:
    present, absent = (Expectation(rules=(Rule("answer", "", sign),)) for sign in ("present", "absent"))
    check = row(Facts(error=Reason.NAME_NOT_FOUND), present)
    assert judged_anew(check, present, absent) is Reason.OK
    assert judged_anew(check, present, replace(absent, slower_is_down=5)) is Unsaid.LATENCY
    assert judged_anew(check, present, replace(present, slower_is_down=5)) is Reason.NAME_NOT_FOUND


def test_an_attempt_that_the_monitor_spoilt_stays_spoilt_or_is_left_alone() -> None:
    answered = Facts(status=503, latency=5)
    (check,) = rows(1, 1, 0, [Attempt(0, answered, Reason.OWN_NETWORK)], State.UNKNOWN, 9)
    assert judged_anew(check, Expectation(), SLOW) is Reason.OWN_NETWORK
    assert judged_anew(check, Expectation(), Expectation(status=((503, 503),))) is Unsaid.SPOILT
    assert judged_anew(check, None, SLOW) is Unsaid.SPOILT


# -- slots

SPOILT = Facts(error=Reason.OWN_RESOURCE)
answers = st.one_of(
    st.builds(Facts, latency=st.sampled_from([5, 15]), status=st.sampled_from([200, 404])),
    st.sampled_from([FAILED, SPOILT]),
)
confirmations = st.integers(1, 4).flatmap(
    lambda attempts: st.builds(Confirmation, st.integers(1, attempts), st.just(attempts))
)
plain = st.builds(Expectation, st.sampled_from(STATUSES), slower_is_down=st.sampled_from([None, 10]))
asks = st.builds(Asked, plain, confirmations)


def tried(facts: Sequence[Facts], asked: Asked) -> tuple[list[Attempt], State]:
    """The attempts that a prober makes at a target that says these things in turn."""
    attempts: list[Attempt] = []
    for at, each in enumerate(facts):
        attempts.append(Attempt(at, each, judge(each, asked.expectation)))
        state = resolve([attempt.reason for attempt in attempts], asked.confirmation)
        if state is not None:
            return attempts, state
    raise AssertionError("a slot is resolved by its last attempt")


@given(st.lists(answers, min_size=4, max_size=4), asks, asks)
def test_a_slot_comes_to_what_a_prober_would_have_made_of_it(
    facts: list[Facts], before: Asked, after: Asked
) -> None:
    attempts, state = tried(facts, before)
    slot = replayed(rows(1, 1, 0, attempts, state, 9), [before], Changed(after))
    really, truth = tried(facts, after)
    if slot.outcome in (Outcome.UNCONFIRMED, Outcome.NOT_REPLAYABLE):
        assert len(really) > len(attempts)  # all that was seen of these answers was kept
        failed = any(state_of(each.reason) is State.DOWN for each in really[: len(attempts)])
        assert (slot.outcome is Outcome.UNCONFIRMED) is failed
    else:
        said = {Outcome.SAME: state, Outcome.UP: State.UP, Outcome.DOWN: State.DOWN}
        assert said.get(slot.outcome, State.UNKNOWN) is truth
        assert (slot.outcome is Outcome.SAME) is (truth is state)


BAD = Facts(latency=5, status=404)
GOOD = Facts(latency=5, status=200)


def test_a_first_failure_that_nobody_tried_again_is_told_apart() -> None:
    before, after = Asked(Expectation(), Confirmation()), Asked(Expectation(((404, 404),)), Confirmation())
    slot = replayed(rows(1, 1, 0, [Attempt(7, GOOD, Reason.OK)], State.UP, 9), [before], Changed(after))
    assert (slot.outcome, slot.after, slot.at) == (Outcome.UNCONFIRMED, Reason.STATUS, 7)


def test_two_expectations_that_may_have_been_in_force_must_agree() -> None:
    here, there = Asked(Expectation(), ONCE), Asked(Expectation(contains=("apple",)), ONCE)
    (check,) = rows(1, 1, 0, [Attempt(0, GOOD, Reason.OK)], State.UP, 9)
    slot = replayed([check], [here, there], Changed(there))
    assert (slot.outcome, slot.unsaid) == (Outcome.NOT_REPLAYABLE, Unsaid.ASKED_UNKNOWN)
    assert replayed([check], [here, there], Changed(Asked(SLOW, ONCE))).outcome is Outcome.SAME


def test_a_slot_without_its_first_attempt_is_not_judged() -> None:
    attempts = [Attempt(0, BAD, Reason.STATUS), Attempt(1, BAD, Reason.STATUS)]
    _, second = rows(1, 1, 0, attempts, State.DOWN, 9)
    slot = replayed([second], [None], Changed(Asked(SLOW, ONCE)))
    assert (slot.outcome, slot.unsaid) == (Outcome.NOT_REPLAYABLE, Unsaid.ROWS_MISSING)


def test_a_failure_in_doubt_is_tried_again_where_there_are_sentinels() -> None:
    attempts = [Attempt(0, BAD, Reason.STATUS), Attempt(1, GOOD, Reason.OK)]
    checks = rows(1, 1, 0, attempts, State.UP, 9)
    after = Asked(SLOW, ONCE)
    assert replayed(checks, [None], Changed(after)).outcome is Outcome.DOWN
    assert replayed(checks, [None], Changed(after, lambda reason, facts: True)).outcome is Outcome.SAME


# -- time


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.sampled_from([200, 404, 500]), st.sampled_from([5, 10, 11])),
        max_size=30,
    ),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=3),
    plain,
    plain,
)
def test_the_change_of_down_time_is_that_of_the_timeline(
    steps: list[tuple[int, int, int]], quiet: list[tuple[int, int]], was: Expectation, now: Expectation
) -> None:
    before, after = Asked(was, ONCE), Asked(now, ONCE)
    asking = (before,)
    gaps = [Gap(1, 1, Span(start, start + length), Reason.OWN_NETWORK) for start, length in quiet]
    span, at = Span(0, 500), 0
    old: list[Check] = []
    new: list[Check] = []
    for slot, (step, status, latency) in enumerate(steps):
        at += step
        for wanted, into in ((before, old), (after, new)):
            attempts, state = tried([Facts(latency=latency, status=status)], wanted)
            into += rows(1, 1, slot, [replace(each, at=at) for each in attempts], state, 30)
    segments = lane_segments(old, gaps, span)
    found = hindsight(old, segments, span, lambda at: asking, Changed(after))
    assert found.down == _down(segments)
    assert found.down + found.added - found.removed == _down(lane_segments(new, gaps, span))
    changed = [
        each for each, then in zip(new, old, strict=True) if each.state != then.state and each.at in span
    ]
    assert sum(found.slots[each] for each in (Outcome.UP, Outcome.DOWN)) == len(changed)
    assert found.unheld == 0
    assert sum(each.end - each.start for each in found.stretches) == found.added + found.removed


def _down(segments: Sequence[Segment]) -> int:
    return sum(each.end - each.start for each in segments if each.state is State.DOWN)


def test_slots_that_say_the_same_are_one_stretch_and_a_silence_parts_them() -> None:
    before, after = Asked(Expectation(), ONCE), Asked(Expectation(((200, 299), (404, 404))), ONCE)
    checks = [
        check
        for slot in range(6)
        for check in rows(1, 1, slot, [Attempt(slot * 10, BAD, Reason.STATUS)], State.DOWN, 25)
    ]
    gap = Gap(1, 1, Span(35, 39), Reason.OWN_NETWORK)
    segments = lane_segments(checks, [gap], Span(0, 60))
    found = hindsight(checks, segments, Span(0, 60), lambda at: (before,), Changed(after))
    assert [(each.start, each.end, each.slots) for each in found.stretches] == [(0, 35, 4), (40, 60, 2)]
    assert (found.down, found.removed, found.added) == (55, 55, 0)


def test_known_time_without_a_check_at_hand_is_told() -> None:
    asked = Asked(Expectation(), ONCE)
    checks = rows(1, 1, 0, [Attempt(0, GOOD, Reason.OK)], State.UP, 25)
    segments = lane_segments(checks, [], Span(0, 60))
    assert hindsight([], segments, Span(0, 60), lambda at: (asked,), Changed(asked)).unheld == 25


def test_a_limit_that_is_just_kept_and_one_that_is_just_missed_are_told_apart() -> None:
    """Those that are judged alike are judged once, and these are not alike."""
    asking, after = (Asked(Expectation(), ONCE),), Asked(SLOW, ONCE)
    checks = [
        check
        for slot, latency in enumerate([10, 11, 10, 11])
        for check in rows(
            1, 1, slot, [Attempt(slot * 10, replace(GOOD, latency=latency), Reason.OK)], State.UP, 30
        )
    ]
    segments = lane_segments(checks, [], Span(0, 40))
    found = hindsight(checks, segments, Span(0, 40), lambda at: asking, Changed(after))
    assert [(each.start, each.end) for each in found.stretches] == [(10, 20), (30, 40)]
