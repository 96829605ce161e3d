"""Declared extractions: what each finds in an answer, and that no answer of a stranger makes one fail."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.checks import Expectation, Facts, Found, Reason, Rule
from monitor.core.judge import judge
from monitor.probes.extract import DEEPEST, LONGEST_TEXT, extract, needs_body

NOT_SAID = object()


def find(rule: Rule, body: str | None = "", **answer: object) -> object:
    """What one rule finds, or NOT_SAID where the key is missing."""
    given_headers = answer.get("headers", {})
    assert isinstance(given_headers, dict)
    location = answer.get("location")
    found = extract(
        [rule],
        status=200,
        headers=given_headers,
        body=None if body is None else body.encode("utf-8", "replace"),
        text=body,
        location=location if isinstance(location, str) else None,
    )
    assert set(found) <= {rule.key}
    return found.get(rule.key, NOT_SAID)


def pattern(of: str) -> Rule:
    return Rule("pattern", of, "present")


def path(of: str) -> Rule:
    return Rule("json", of, "present")


@pytest.mark.parametrize(
    ("of", "text", "found"),
    [
        (r"version \d+\.\d+", "this is version 4.2, build 7", True),
        (r"version \d+\.\d+", "this is version four", False),
        (r"(?i)all systems", "ALL SYSTEMS go", True),
        (r"^ok$", "ok", True),
        (r"^ok$", "not ok", False),
        (r"(?m)^ok$", "not\nok\n", True),
        (r"grün", "alles grün", True),
        (r"^.$", "é", True),
        (r"", "", True),
        (r"a", None, False),
    ],
)
def test_a_pattern_is_looked_for_anywhere(of: str, text: str | None, found: bool) -> None:
    assert find(pattern(of), text) is found


def test_a_pattern_that_lasts_for_ever_elsewhere_is_over_at_once() -> None:
    """`(a+)+$` doubles its steps with each letter where patterns go back; here 64 KiB are one pass."""
    assert find(pattern("(a+)+$"), "a" * 65_535 + "!") is False


@pytest.mark.parametrize(
    ("of", "found"),
    [
        ("status", "ok"),
        ("queue", 12),
        ("load", "0.25"),
        ("whole", 3),
        ("large", 10**20),
        ("ready", True),
        ("idle", False),
        ("nothing", None),
        ("missing", None),
        ("nodes[0].name", "a"),
        ("length(nodes)", 2),
        ("nodes[?up].name | [0]", "b"),
        ("nodes", "[…]"),
        ("nodes[0]", "{…}"),
        ("sum(status)", None),
        ("nodes[9].name", None),
        ("tiny", "1E-300"),
        ("beyond", "1e999"),
        ("nan", "NaN"),
        ("digits", "9" * 41),
        ("half", "?"),
        ("twice", 2),
    ],
)
def test_a_path_leads_to_a_value_that_can_be_compared(of: str, found: Found) -> None:
    body = (
        '{"status": "ok", "queue": 12, "load": 0.25, "whole": 3.0, "large": 1e20, "ready": true,'
        '"idle": false, "nothing": null, "nodes": [{"name": "a", "up": false}, {"name": "b", "up": true}],'
        '"tiny": 1e-300,'
        f'"beyond": 1e999, "nan": NaN, "digits": {"9" * 41}, "half": "\\ud800", "twice": 1, "twice": 2}}'
    )
    answer = find(path(of), body)
    assert (answer, type(answer)) == (found, type(found))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "{",
        '{"a": 1',
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '"' + '\\"' * 100_000,
        '["\\"' * 50_000,
        "nul",
        "{} {}",
        "\x00",
        None,
    ],
)
def test_of_what_is_not_json_a_path_says_nothing(body: str | None) -> None:
    assert find(path("a"), body) is NOT_SAID


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("9" * 1_000_000, "9" * LONGEST_TEXT),
        ("-" + "9" * 39, -int("9" * 39)),
        ("0." + "3" * 100, "0." + "3" * 100),
        ("1e-99999999999", 0),
        ('"' + "x" * 5_000 + '"', "x" * LONGEST_TEXT),
        ("\ufeff7", 7),
        ("-Infinity", "-Infinity"),
    ],
)
def test_a_number_out_of_bounds_is_a_text(body: str, found: Found) -> None:
    assert find(path("@"), body) == found


@pytest.mark.parametrize(("levels", "read"), [(DEEPEST, True), (DEEPEST + 1, False)])
def test_json_is_read_to_a_depth(levels: int, read: bool) -> None:
    nested = "[" * levels + '"' + "[" * 500 + '"' + "]" * levels
    assert (find(path("@"), nested) is not NOT_SAID) is read


def test_brackets_side_by_side_are_not_deep() -> None:
    assert find(path("length(@)"), "[" + ",".join(["[]", '"]"', '"\\"["'] * 1_000) + "]") == 3_000


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"Content-Type": "text/html"}, "text/html"),
        ({"content-type": ""}, ""),
        ({"Other": "x"}, None),
        ({"CONTENT-TYPE": "a" * 2_000}, "a" * LONGEST_TEXT),
        ({"Content-Type": "caf\udce9"}, "caf?"),
    ],
)
def test_a_header_is_found_by_its_name_whatever_its_capitals(headers: dict[str, str], found: Found) -> None:
    assert find(Rule("header", "Content-type", "present"), headers=headers) == found


def test_the_size_is_that_of_the_body_as_it_was_read() -> None:
    size = Rule("size", "", ">", 0)
    assert find(size, "äb") == 3
    assert find(size, "") == 0
    assert find(size, None) is None


def test_a_redirect_is_where_the_last_one_led() -> None:
    rule = Rule("redirect", "", "present")
    assert find(rule) is None
    assert find(rule, location="https://a.example/") == "https://a.example/"


def test_what_only_a_connection_tells_is_not_found_here() -> None:
    assert find(Rule("certificate_days", "", ">=", 14)) is NOT_SAID
    assert find(Rule("answer", "192.0.2.1", "present")) is NOT_SAID


def test_a_body_is_read_only_for_a_rule_that_looks_at_it() -> None:
    assert needs_body([Rule("size", "", ">", 0)])
    assert needs_body([path("a")])
    assert needs_body([pattern("a")])
    assert not needs_body([Rule("header", "a", "present"), Rule("redirect", "", "absent")])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=4),
    max_leaves=20,
)
PATHS = st.sampled_from(
    ["a", "a.b", "a[0]", "[*].a", "length(@)", "sort(@)", "max(a)", "keys(@)", "to_number(a)"]
)


@given(document=VALUES, of=PATHS)
def test_every_document_has_an_answer_that_can_be_stored(document: object, of: str) -> None:
    found = find(path(of), json.dumps(document))
    assert found is None or isinstance(found, bool | int | str)
    json.dumps(found).encode()


@given(body=st.text(max_size=200) | st.text('[]{}",:\\0123456789eE+-. nulltrefas', max_size=200), of=PATHS)
def test_no_text_makes_an_extraction_fail(body: str, of: str) -> None:
    found = find(path(of), body)
    assert found is NOT_SAID or isinstance(found, bool | int | str | None)
    assert find(pattern("(a|b)*c"), body) is ("c" in body)


@given(number=st.integers(-(10**39) + 1, 10**39 - 1))
def test_a_whole_number_is_found_to_the_last_digit(number: int) -> None:
    assert find(path("n"), f'{{"n": {number}}}') == number
    rule = Rule("json", "n", "==", number)
    found = extract([rule], status=200, headers={}, body=b"", text=f'{{"n": {number}}}', location=None)
    assert judge(Facts(found=found), Expectation(rules=(rule,))) is Reason.OK
