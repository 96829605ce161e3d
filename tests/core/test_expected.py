"""What is shown of an expectation, held against the judge: the first thing that does not hold has decided."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.checks import Confirmation, Expectation, Facts, Reason, Rule, State, state_of
from monitor.core.expected import examined, looked_up, milliseconds, why
from monitor.core.judge import judge, resolve

RULES = (
    Rule("json", "items", "<", 3),
    Rule("header", "X-Node", "present"),
    Rule("header", "X-Old", "absent"),
    Rule("pattern", "err[0-9]+", "absent"),
    Rule("certificate_days", "", ">=", 14),
    Rule("json", "ready", "==", value=True),
    Rule("json", "zone", "one of", ("a", "b")),
)
ANSWERS = Rule("answer", "", "==", "a\nc")
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 20), st.sampled_from(["a", "b", "c"]))
FACTS = st.builds(
    Facts,
    latency=st.one_of(st.none(), st.integers(0, 100)),
    status=st.one_of(st.none(), st.sampled_from([200, 299, 404])),
    error=st.one_of(st.none(), st.none(), st.just(Reason.TIMEOUT)),
    found=st.dictionaries(st.sampled_from(["cart", "oops", *(rule.key for rule in RULES)]), VALUES),
)
EXPECTATIONS = st.builds(
    Expectation,
    contains=st.sampled_from([(), ("cart",)]),
    lacks=st.sampled_from([(), ("oops",)]),
    slower_is_down=st.sampled_from([None, 50]),
    rules=st.lists(st.sampled_from(RULES), max_size=3, unique=True).map(tuple),
)
OF = {
    "status": {Reason.STATUS},
    "contains": {Reason.TEXT_MISSING},
    "lacks": {Reason.TEXT_FORBIDDEN},
    "time": {Reason.TOO_SLOW},
    "json": {Reason.JSON_VALUE},
    "header": {Reason.HEADER},
    "pattern": {Reason.PATTERN_FORBIDDEN},
    "certificate": {Reason.CERTIFICATE_EXPIRES},
}


@given(FACTS, EXPECTATIONS)
def test_the_first_thing_that_does_not_hold_is_what_the_judge_decided_by(facts, wanted):
    reason = judge(facts, wanted)
    broken = next((each for each in examined(facts, wanted) if not each.holds), None)

    if facts.error is not None:
        assert list(examined(facts, wanted)) == []
    elif broken is None:
        assert reason is Reason.OK
    else:
        assert reason in OF[broken.what.split()[0]]


@pytest.mark.parametrize(
    ("facts", "rule", "row"),
    [
        (Facts(found={"json:items": 7}), RULES[0], ("json items", "< 3", "7", False)),
        (Facts(found={"json:items": None}), RULES[0], ("json items", "< 3", "nothing", False)),
        (Facts(), RULES[0], ("json items", "< 3", "could not be looked for", False)),
        (Facts(found={"json:ready": True}), RULES[5], ("json ready", "== true", "true", True)),
        (Facts(found={"json:zone": "b"}), RULES[6], ("json zone", "one of a, b", "b", True)),
        (Facts(found={"header:X-Old": None}), RULES[2], ("header X-Old", "absent", "nothing", True)),
        (Facts(found={"pattern:err[0-9]+": True}), RULES[3], ("pattern", "not err[0-9]+", "there", False)),
        (Facts(found={"answer:": "a\nb"}), ANSWERS, ("answer", "== a, c", "a, b", False)),
        (Facts(found={"certificate_days:": 9}), RULES[4], ("certificate days", ">= 14", "9", False)),
    ],
)
def test_a_rule_is_told_as_it_is_written(facts, rule, row):
    (told,) = examined(facts, Expectation(rules=(rule,)))

    assert (told.what, told.wanted, told.found, told.holds) == row


def test_status_texts_and_time_are_told_too():
    facts = Facts(latency=6_004, status=404, found={"cart": True, "oops": True})
    wanted = Expectation(
        status=((200, 204), (301, 301)), contains=("cart",), lacks=("oops",), slower_is_down=5_000
    )

    assert [(each.what, each.wanted, each.found, each.holds) for each in examined(facts, wanted)] == [
        ("status", "200-204, 301", "404", False),
        ("contains", '"cart"', "there", True),
        ("lacks", '"oops"', "there", False),
        ("time", "at most 500.0 ms", "600.4 ms", False),
    ]


def test_a_time_that_was_not_measured_is_a_dash():
    assert (milliseconds(None), milliseconds(10_123)) == ("-", "1,012.3 ms")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Reason.JSON_VALUE, ("items: 7", "ready: false", "zone: nothing")),
        (Reason.CERTIFICATE_EXPIRES, ("certificate days: 3",)),
        (Reason.DNS_ANSWER, ("answer: a, b",)),
        (Reason.STATUS, ()),
        (Reason.TIMEOUT, ()),
    ],
)
def test_of_what_was_stored_only_what_the_failure_is_about_is_told(reason, told):
    found = {"json:items": 7, "json:ready": False, "json:zone": None, "certificate_days:": 3, "cart": True}
    found["answer:"] = "a\nb"

    assert looked_up(reason, found) == told


OK, BAD, SPOILT = Reason.OK, Reason.TIMEOUT, Reason.OWN_NETWORK


NEEDED = "2 failures are needed for down"


@pytest.mark.parametrize(
    ("reasons", "made", "ruled"),
    [
        ([OK], "1 of at most 3 attempts made: 1 passed.", "One that passes before any fails decides."),
        ([BAD, BAD], "2 of at most 3 attempts made: 2 failed.", f"{NEEDED}."),
        (
            [BAD, OK, OK],
            "3 of at most 3 attempts made: 1 failed, 2 passed.",
            f"{NEEDED}, and cannot be reached: a blip.",
        ),
        (
            [BAD, SPOILT, SPOILT],
            "3 of at most 3 attempts made: 1 failed, 2 spoilt by the monitor itself.",
            f"{NEEDED}, and none passed: nothing can be said.",
        ),
    ],
)
def test_what_a_slot_rests_on_is_a_sentence(reasons, made, ruled):
    assert why(reasons, Confirmation(2, 3)) == f"{made} {ruled}"


def test_the_sentence_says_of_every_slot_what_the_judge_says():
    for attempts in range(1, 5):
        for failures in range(1, attempts + 1):
            rule = Confirmation(failures, attempts)
            for reasons in product((OK, BAD, SPOILT), repeat=attempts):
                for made in range(1, attempts + 1):
                    state = resolve(reasons[:made], rule)
                    if state is None:
                        continue
                    said = why(reasons[:made], rule)
                    failed = any(state_of(reason) is State.DOWN for reason in reasons[:made])
                    assert ("a blip" in said) == (state is State.UP and failed)
                    assert ("nothing can be said" in said) == (state is State.UNKNOWN)
                    break
