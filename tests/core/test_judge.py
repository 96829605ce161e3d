"""The judge's tables: what one attempt is, and what a slot's attempts come to."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import cast, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.checks import (
    UNKNOWN_REASONS,
    Check,
    Confirmation,
    Expectation,
    Extract,
    Facts,
    Found,
    Gap,
    Reason,
    Rule,
    Sign,
    State,
    state_of,
)
from monitor.core.intervals import Span
from monitor.core.judge import MISSED, broken_rule, judge, number_found, resolve

OK, BAD, SPOILT = Reason.OK, Reason.TIMEOUT, Reason.OWN_NETWORK
LETTERS = {"u": OK, "d": BAD, "?": SPOILT}


@pytest.mark.parametrize(
    ("facts", "expectation", "reason"),
    [
        (Facts(status=200), Expectation(), Reason.OK),
        (Facts(status=299), Expectation(), Reason.OK),
        (Facts(status=300), Expectation(), Reason.STATUS),
        (Facts(status=199), Expectation(), Reason.STATUS),
        (Facts(status=404), Expectation(status=((200, 200), (404, 404))), Reason.OK),
        (Facts(), Expectation(), Reason.OK),
        (Facts(error=Reason.TIMEOUT), Expectation(), Reason.TIMEOUT),
        (Facts(error=Reason.OWN_DNS, status=200), Expectation(), Reason.OWN_DNS),
        (Facts(status=200, found={"hello": True}), Expectation(contains=("hello",)), Reason.OK),
        (Facts(status=200, found={"hello": False}), Expectation(contains=("hello",)), Reason.TEXT_MISSING),
        (Facts(status=200), Expectation(contains=("hello",)), Reason.TEXT_MISSING),
        (Facts(status=200, found={"oops": True}), Expectation(lacks=("oops",)), Reason.TEXT_FORBIDDEN),
        (Facts(status=200, found={"oops": False}), Expectation(lacks=("oops",)), Reason.OK),
        (Facts(status=200, latency=5_000), Expectation(slower_is_down=5_000), Reason.OK),
        (Facts(status=200, latency=5_001), Expectation(slower_is_down=5_000), Reason.TOO_SLOW),
        (Facts(status=200, latency=99_999), Expectation(), Reason.OK),
        (Facts(status=200), Expectation(slower_is_down=5_000), Reason.OK),
        (Facts(status=500, latency=9_999), Expectation(slower_is_down=1), Reason.STATUS),
    ],
)
def test_an_attempt_is_judged_by_what_was_expected_of_it(
    facts: Facts, expectation: Expectation, reason: Reason
) -> None:
    assert judge(facts, expectation) is reason


@pytest.mark.parametrize(
    ("sign", "value", "found", "holds"),
    [
        ("==", "ok", "ok", True),
        ("==", "ok", "OK", False),
        ("==", "5", 5, True),
        ("==", "007", 7, False),
        ("==", 5, 5, True),
        ("==", 5, "5", True),
        ("==", 5, "5.0", True),
        ("==", 5, "five", False),
        ("==", 1, True, False),
        ("==", True, True, True),
        ("==", True, 1, False),
        ("==", True, "true", False),
        ("==", False, False, True),
        ("==", "true", True, False),
        ("!=", "ok", "down", True),
        ("!=", "ok", "ok", False),
        ("!=", 5, True, True),
        ("!=", "ok", None, False),
        (">=", 3, 3, True),
        (">=", 3, 2, False),
        (">=", 3, "3.01", True),
        (">=", "2.5", "2.49", False),
        (">", 3, 3, False),
        (">", 3, 4, True),
        ("<", 3, 3, False),
        ("<", 3, -1, True),
        ("<=", 3, 3, True),
        ("<=", 3, 4, False),
        (">=", 3, "many", False),
        (">=", 3, "9" * 41, False),
        (">=", 3, True, False),
        (">=", 3, None, False),
        ("<", 3, "NaN", False),
        (">", "0", "1E-300", True),
        ("one of", ("a", "b"), "b", True),
        ("one of", ("a", "b"), "c", False),
        ("one of", ("1", "2"), 2, True),
        ("one of", ("true",), True, True),
        ("one of", ("a",), None, False),
        ("present", None, "", True),
        ("present", None, False, True),
        ("present", None, 0, True),
        ("present", None, None, False),
        ("absent", None, None, True),
        ("absent", None, False, False),
        ("==", None, "a", False),
        ("==", ("a",), "a", False),
        ("one of", "ab", "a", False),
    ],
)
def test_a_rule_holds_of_what_was_found_or_does_not(
    sign: Sign, value: int | str | bool | tuple[str, ...] | None, found: Found, holds: bool
) -> None:
    rule = Rule("json", "a", sign, value)
    reason = judge(Facts(found={"json:a": found}), Expectation(rules=(rule,)))
    assert reason is (Reason.OK if holds else Reason.JSON_VALUE)


NUMBERS = st.integers(-50, 50) | st.integers(-(10**30), 10**30) | st.decimals(-50, 50, places=2)


@given(left=NUMBERS, right=NUMBERS)
@example(left=10**30 - 1, right=10**30)
@example(left=Decimal("0.1"), right=Decimal("0.10"))
def test_numbers_are_compared_exactly_however_they_are_written(
    left: int | Decimal, right: int | Decimal
) -> None:
    """Against fractions, for every sign, as a number and as a text."""
    a, b = Fraction(left), Fraction(right)
    held = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}
    value = number_found(Decimal(right))
    for found in (number_found(Decimal(left)), str(number_found(Decimal(left)))):
        for sign, holds in held.items():
            rule = Rule("size", "", cast(Sign, sign), value)
            reason = judge(Facts(found={rule.key: found}), Expectation(rules=(rule,)))
            assert (reason is Reason.OK) is holds, (found, sign, value)


@pytest.mark.parametrize("sign", get_args(Sign))
def test_of_what_could_not_be_looked_for_nothing_holds(sign: Sign) -> None:
    """An answer that is no JSON at all is not one in which a value is absent."""
    rule = Rule("json", "a", sign, ("1",) if sign == "one of" else 1)
    assert judge(Facts(), Expectation(rules=(rule,))) is Reason.JSON_VALUE


@pytest.mark.parametrize("kind", get_args(Extract))
def test_each_extraction_has_a_reason_of_its_own(kind: Extract) -> None:
    assert judge(Facts(), Expectation(rules=(Rule(kind, "x", "present"),))) is MISSED[kind]
    assert len(set(MISSED.values())) == len(get_args(Extract))


@pytest.mark.parametrize(
    ("sign", "found", "reason"),
    [
        ("present", True, Reason.OK),
        ("present", False, Reason.PATTERN_MISSING),
        ("absent", False, Reason.OK),
        ("absent", True, Reason.PATTERN_FORBIDDEN),
    ],
)
def test_a_pattern_is_missing_or_forbidden(sign: Sign, found: bool, reason: Reason) -> None:
    rule = Rule("pattern", "x", sign)
    assert judge(Facts(found={rule.key: found}), Expectation(rules=(rule,))) is reason


def test_the_first_rule_that_does_not_hold_decides_and_is_named() -> None:
    rules = (Rule("size", "", ">", 1), Rule("header", "a", "present"), Rule("json", "b", "==", 1))
    facts = Facts(status=200, latency=99, found={"size:": 2, "header:a": None, "json:b": 2})
    expectation = Expectation(rules=rules, slower_is_down=1)
    assert broken_rule(facts, expectation) == rules[1]
    assert judge(facts, expectation) is Reason.HEADER
    sound = Facts(status=200, latency=99, found={"size:": 2, "header:a": "", "json:b": 1})
    assert broken_rule(sound, expectation) is None
    assert judge(sound, expectation) is Reason.TOO_SLOW


@pytest.mark.parametrize(
    ("written", "found"),
    [("3.0", 3), ("3.50", "3.5"), ("0.0", 0), ("-0", 0), ("1e3", 1000), ("1e39", 10**39), ("1e40", "1E+40")],
)
def test_a_number_is_written_in_one_way(written: str, found: int | str) -> None:
    assert number_found(Decimal(written)) == found


@pytest.mark.parametrize(
    ("attempts", "state"),
    [
        ("", None),
        ("u", State.UP),
        ("d", None),
        ("dd", State.DOWN),
        ("du", None),
        ("dud", State.DOWN),
        ("duu", State.UP),
        ("?", None),
        ("?u", State.UP),
        ("?d", None),
        ("?dd", State.DOWN),
        ("?du", State.UP),
        ("??", State.UNKNOWN),
        ("???", State.UNKNOWN),
        ("d?", None),
        ("d?d", State.DOWN),
        ("d?u", State.UP),
        ("d??", State.UNKNOWN),
    ],
)
def test_two_failures_of_three_attempts_make_one_real(attempts: str, state: State | None) -> None:
    """An attempt that the monitor spoilt counts for neither side."""
    assert resolve([LETTERS[letter] for letter in attempts], Confirmation(2, 3)) is state


@pytest.mark.parametrize(
    ("attempts", "rule", "state"),
    [
        ("d", Confirmation(1, 1), State.DOWN),
        ("?", Confirmation(1, 1), State.UNKNOWN),
        ("?u", Confirmation(1, 3), State.UP),
        ("dd", Confirmation(3, 3), None),
        ("du", Confirmation(3, 3), State.UP),
        ("ddd", Confirmation(3, 3), State.DOWN),
    ],
)
def test_other_rules_of_confirmation(attempts: str, rule: Confirmation, state: State | None) -> None:
    assert resolve([LETTERS[letter] for letter in attempts], rule) is state


@pytest.mark.parametrize("rule", [Confirmation(k, n) for n in range(1, 5) for k in range(1, n + 1)])
def test_every_slot_is_decided_by_its_last_attempt(rule: Confirmation) -> None:
    for attempts in product(LETTERS.values(), repeat=rule.attempts):
        assert resolve(attempts, rule) is not None


@pytest.mark.parametrize("rule", [Confirmation(k, n) for n in range(1, 5) for k in range(1, n + 1)])
def test_only_the_monitor_makes_a_slot_unknown(rule: Confirmation) -> None:
    """No answer of a target ever yields unknown."""
    for attempts in product((OK, BAD), repeat=rule.attempts):
        assert resolve(attempts, rule) is not State.UNKNOWN


@pytest.mark.parametrize(("failures", "attempts"), [(0, 3), (4, 3), (1, 0)])
def test_a_confirmation_that_cannot_be_met_is_refused(failures: int, attempts: int) -> None:
    with pytest.raises(ValueError, match=f"confirm {failures} of {attempts} cannot be met"):
        Confirmation(failures, attempts)


def test_every_reason_belongs_to_one_state() -> None:
    assert {reason for reason in Reason if state_of(reason) is State.UP} == {Reason.OK}
    assert {reason for reason in Reason if state_of(reason) is State.UNKNOWN} == UNKNOWN_REASONS
    assert state_of(Reason.REDIRECT_REFUSED) is State.DOWN
    assert state_of(Reason.BLOCKED_TARGET) is State.UNKNOWN


def test_a_gap_is_never_the_target_s_doing() -> None:
    with pytest.raises(ValueError, match="so timeout is no reason for one"):
        Gap(1, 1, Span(0, 1), Reason.TIMEOUT)


def test_the_key_of_a_check_holds_no_wall_time() -> None:
    assert Check(1, 2, 3, 4, 999, State.UP, Reason.OK, 70_000).key == (1, 2, 3, 4)
