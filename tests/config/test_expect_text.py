"""What an answer must be, as it is written: each form, and each mistake with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import expect_text
from monitor.config.plan import Plan
from monitor.config.problems import Refused
from monitor.core.checks import Expectation, Facts, Reason, Rule
from monitor.core.judge import judge

Load = Callable[..., Plan]
RefusedText = Callable[..., list[str]]

WEB = '[endpoint.web]\nurl = "https://www.example.com/"\n'


@pytest.mark.parametrize(
    ("written", "sign", "value"),
    [
        ("ok", "==", "ok"),
        (5, "==", 5),
        (-5, "==", -5),
        (True, "==", True),
        (Decimal("0.50"), "==", "0.5"),
        (Decimal("3.0"), "==", 3),
        ("== 5", "==", 5),
        ("==5", "==", 5),
        ("!= down", "!=", "down"),
        ("== true", "==", True),
        (">= 0.5", ">=", "0.5"),
        ("<= -1", "<=", -1),
        ("< 20", "<", 20),
        ("> 20", ">", 20),
        ("20", "==", "20"),
        ("a < b", "==", "a < b"),
        ("present", "present", None),
        ("absent", "absent", None),
        ("== present", "==", "present"),
        (["ok", "degraded"], "one of", ("ok", "degraded")),
    ],
)
def test_a_condition_is_read(written: object, sign: str, value: object) -> None:
    assert expect_text.condition(written) == (sign, value)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("=> 3", '"=>" is no sign: write ">= 3"'),
        ("=< 3", '"=<" is no sign: write "<= 3"'),
        ("= ok", '"=" is no sign: write "== ok"'),
        ("> many", '"> many" compares with no number: write "> 3"'),
        ("==", '"==" compares with no number: write "== 3"'),
        (">= 1e3", '">= 1e3" compares with no number: write ">= 3"'),
        ("", '"" is nothing to compare with: write "ok", 5, true, ">= 3", "present" or "absent"'),
        ([], 'a list holds texts, any of which will do: write ["ok", "ready"]'),
        ([1], 'a list holds texts, any of which will do: write ["ok", "ready"]'),
        ({}, 'a table is nothing to compare with: write "ok", 5, true, ">= 3", "present" or "absent"'),
        (10**21, f"{10**21} has more digits than are compared: 20 at most"),
        (10**200, "this number has more digits than are compared: 20 at most"),
        (Decimal("NaN"), "NaN has more digits than are compared: 20 at most"),
        (Decimal("1e30000"), "1E+30000 has more digits than are compared: 20 at most"),
    ],
)
def test_what_compares_with_nothing_is_refused(written: object, sentence: str) -> None:
    with pytest.raises(Refused) as caught:
        expect_text.condition(written)
    assert str(caught.value) == sentence


@given(st.integers(-(10**20) + 1, 10**20 - 1) | st.decimals(-1000, 1000, places=6))
def test_a_number_that_is_written_is_the_number_that_is_found(number: int | Decimal) -> None:
    sign, value = expect_text.condition(number)
    facts = Facts(found={"json:n": expect_text.number_found(Decimal(number))})
    assert judge(facts, Expectation(rules=(Rule("json", "n", sign, value),))) is Reason.OK


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a(?=b)", "it knows no look-around and no back references: write it without"),
        (r"(a)\1", "it knows no look-around and no back references: write it without"),
        ("(a", "missing ): mend it"),
        ("[z-a]", "invalid character class range: mend it"),
        ("((a{100}){100}){100}", "it repeats too much: repeat less"),
    ],
)
def test_what_is_no_pattern_of_re2_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(Refused) as caught:
        expect_text.patterns(pattern)
    assert str(caught.value) == f'"{pattern}" is not a pattern of RE2: {why}'


def test_a_pattern_has_a_length() -> None:
    assert expect_text.patterns(["a" * 500, "b"]) == ("a" * 500, "b")
    with pytest.raises(Refused, match="a pattern has at most 500 characters"):
        expect_text.patterns("a" * 501)


@pytest.mark.parametrize("pattern", ["(((a|b)?){100}){9}z", r"\pL+ \pN+"])
def test_a_pattern_that_a_hostile_answer_can_make_slow_is_refused(pattern: str) -> None:
    with pytest.raises(Refused, match="takes too long over a hostile answer: repeat less, or write classes"):
        expect_text.patterns(pattern)


def test_many_patterns_and_a_large_body_are_too_much_together(refused: RefusedText) -> None:
    limit = "body_limit = 1048576\n"
    few = [f"[a-z]{{1,{number}}}!" for number in range(20, 24)]
    said = refused(f"{WEB}{limit}expect = {{ matches = {few}, json = {{ a = 1 }} }}\n")
    patterns, json = (line.partition(": ")[2] for line in said)
    assert patterns == (
        "endpoint.web.expect.matches: with body_limit = 1048576 this takes too long over a hostile answer: "
        "repeat less, or write classes such as [a-z] for \\pL, or lower body_limit"
    )
    assert json == (
        "endpoint.web.expect.json: JSON is read up to 262144 bytes: write body_limit = 262144, or less"
    )


def test_ordinary_patterns_are_far_from_too_much(load: Load) -> None:
    few = [
        r"version [0-9]+\.[0-9]+",
        "(?i)(error|exception|fatal|panic|traceback)",
        "grün|größe",
        "[^<]{1,50}<",
    ]
    rules = (
        load(f"{WEB}expect = {{ matches = {few}, lacks_match = {few} }}\n").endpoints["web"].expectation.rules
    )
    assert len(rules) == 8


def test_an_expectation_becomes_rules_in_the_order_in_which_they_are_judged(load: Load) -> None:
    expect = (
        'redirect = "absent"\nsize = [">= 10", "< 100"]\nheaders = { X-Cache = "present" }\n'
        'json = { status = "ok", "length(nodes)" = ">= 3" }\nlacks_match = "fatal"\nmatches = ["a+", "b"]\n'
    )
    assert load(f"{WEB}[endpoint.web.expect]\n{expect}").endpoints["web"].expectation.rules == (
        Rule("pattern", "a+", "present"),
        Rule("pattern", "b", "present"),
        Rule("pattern", "fatal", "absent"),
        Rule("json", "status", "==", "ok"),
        Rule("json", "length(nodes)", ">=", 3),
        Rule("header", "X-Cache", "present"),
        Rule("size", "", ">=", 10),
        Rule("size", "", "<", 100),
        Rule("redirect", "", "absent"),
    )


def test_every_mistake_of_an_expectation_is_told_at_once(refused: RefusedText) -> None:
    expect = (
        "matches = '(?!x)'\n"
        'json = { "a[" = 1, b = "=> 1" }\n'
        'headers = { "X Y" = "a", Z = [] }\n'
        'size = "> big"\n'
        'redirect = "> 3"\n'
        'certificate_days = "< 14"\n'
        "answers = [5]\n"
    )
    said = refused(f"{WEB}[endpoint.web.expect]\n{expect}")
    assert [line.partition(": ")[2].partition(": ")[0] for line in said] == [
        "endpoint.web.expect.matches",
        'endpoint.web.expect.json."a["',
        "endpoint.web.expect.json.b",
        'endpoint.web.expect.headers."X Y"',
        "endpoint.web.expect.headers.Z",
        "endpoint.web.expect.size",
        "endpoint.web.expect.redirect",
        "endpoint.web.expect.certificate_days",
        "endpoint.web.expect.answers",
    ]


@pytest.mark.parametrize("size", ["12 kB", True, -1, "present", "== ok", [[]], "< 0.5"])
def test_a_size_is_a_number_of_bytes(size: object) -> None:
    with pytest.raises(Refused):
        expect_text.size(size)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[endpoint.a]\nurl = "http://a.example/"\n',
            'this address shows no certificate: write url = "https://…", or take it out',
        ),
        (
            WEB + "verify_tls = false\n",
            "a certificate that may be anything has no days: write verify_tls = true",
        ),
        (
            '[endpoint.a]\ntcp = "a.example:443"\n',
            'no certificate is shown: write tls = "…" for tcp, or starttls = "smtp"',
        ),
    ],
)
def test_days_are_those_of_a_certificate_that_is_looked_at(
    refused: RefusedText, text: str, sentence: str
) -> None:
    (said,) = refused(text + 'expect = { certificate_days = ">= 14" }\n')
    assert said.endswith(f".expect.certificate_days: {sentence}")


def test_a_size_that_nobody_reads_up_to_is_refused(refused: RefusedText) -> None:
    (said,) = refused(f'{WEB}body_limit = 100\nexpect = {{ size = "< 100" }}\n')
    sentence = "100 is not below body_limit, 100: write a larger body_limit"
    assert said == f"acme.toml:4: endpoint.web.expect.size: {sentence}"


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("https://a.example/x", Rule("redirect", "", "==", "https://a.example/x")),
        ("!= https://a.example/x", Rule("redirect", "", "!=", "https://a.example/x")),
        ("present", Rule("redirect", "", "present")),
    ],
)
def test_a_redirect_leads_to_an_address(written: str, rule: Rule) -> None:
    assert expect_text.redirect(written) == (rule,)


@pytest.mark.parametrize("written", ["/login", 5, True, ["https://a.example/"], "ftp://a.example/"])
def test_what_is_no_address_is_no_target_of_a_redirect(written: object) -> None:
    with pytest.raises(Refused):
        expect_text.redirect(written)
