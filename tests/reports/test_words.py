"""The one renderer of workings: every line of the vocabulary, in the terminal's alphabet."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements.pipeline import Line
from monitor.core.intervals import HOUR, MINUTE, SECOND
from reports.format import PLAIN
from reports.words import bounds_in_words, claim_in_words, window_letters, workings

START, END = 1_790_805_600_000, 1_793_487_600_000  # October 2026 in Berlin


def said(stage: str, rule: str, **values: Any) -> tuple[str, str]:
    working = workings([Line(stage, rule, values)], PLAIN)[0]
    assert working.stage == stage
    return working.text, working.figure


WINDOW = {
    "window": "mw-7",
    "title": "Database upgrade",
    "start": START,
    "end": START + 2 * HOUR,
    "inside": 65 * MINUTE,
    "excused": 65 * MINUTE,
    "ahead": 73 * HOUR,
    "notice": 48 * HOUR,
    "cap": 4 * HOUR,
    "verdict": "valid",
}

VOCABULARY = [
    (
        ("measure", "period"),
        {"start": START, "end": END, "ms": END - START, "label": "2026-10", "zone": "Europe/Berlin"},
        "The period, from 1 October 2026, 00:00 CEST to 1 November 2026, 00:00 CET: 31 days, one of 25 hours",
        "745 h 00 min 00 s",
    ),
    (
        ("measure", "not_in_force"),
        {"ms": HOUR},
        "Less time in which the agreement was not in force",
        "-1 h 00 min 00 s",
    ),
    (
        ("measure", "not_watched"),
        {"ms": HOUR},
        "Less time in which the service was not watched yet",
        "-1 h 00 min 00 s",
    ),
    (("measure", "to_come"), {"ms": HOUR}, "Less time that is still to come", "-1 h 00 min 00 s"),
    (
        ("measure", "unknown"),
        {"ms": 252 * SECOND, "spans": 2, "policy": "left out"},
        "Less time that could not be measured (2 stretches)",
        "-4 min 12 s",
    ),
    (
        ("measure", "unknown"),
        {"ms": 252 * SECOND, "spans": 1, "policy": "down"},
        "Less time that could not be measured (1 stretch), counted as downtime",
        "-4 min 12 s",
    ),
    (
        ("measure", "unknown"),
        {"ms": 252 * SECOND, "spans": 1, "policy": "up"},
        "Less time that could not be measured (1 stretch), counted as working time",
        "-4 min 12 s",
    ),
    (
        ("measure", "unknown"),
        {"ms": 0, "spans": 0, "policy": "up"},
        "Less time that could not be measured",
        "none",
    ),
    (("measure", "measured"), {"ms": HOUR}, "Measured time", "1 h 00 min 00 s"),
    (("qualify", "downtime"), {"ms": 61_000, "outages": 5}, "All downtime observed: 5 outages", "1 min 01 s"),
    (
        ("qualify", "downtime"),
        {"ms": 61_000, "outages": "A, C"},
        "All downtime observed: outages A, C",
        "1 min 01 s",
    ),
    (
        ("qualify", "too_short"),
        {"ms": 90_000, "outages": 1, "sign": ">", "limit": 5 * MINUTE},
        "Less outages of no more than 5 min 00 s, which do not count: 1 outage",
        "-1 min 30 s",
    ),
    (
        ("qualify", "too_short"),
        {"ms": 90_000, "outages": 1, "sign": ">=", "limit": 5 * MINUTE},
        "Less outages of less than 5 min 00 s, which do not count: 1 outage",
        "-1 min 30 s",
    ),
    (
        ("exclude", "maintenance"),
        WINDOW,
        (
            "Maintenance mw-7, Database upgrade: announced 73 h ahead (48 h needed); "
            "1 h 05 min 00 s of downtime inside"
        ),
        "1 h 05 min 00 s",
    ),
    (
        ("exclude", "maintenance"),
        {**WINDOW, "verdict": "late", "ahead": 20 * HOUR, "excused": 0},
        (
            "Maintenance mw-7, Database upgrade: announced 20 h ahead (48 h needed), too late; "
            "1 h 05 min 00 s of downtime inside, which counts"
        ),
        "none",
    ),
    (
        ("exclude", "maintenance"),
        {**WINDOW, "verdict": "declared_later", "ahead": -HOUR, "inside": 0, "excused": 0},
        "Maintenance mw-7, Database upgrade: announced after it had begun; no downtime inside",
        "none",
    ),
    (
        ("exclude", "maintenance"),
        {**WINDOW, "verdict": "cap_used", "notice": 0},
        (
            "Maintenance mw-7, Database upgrade: announced 73 h ahead; 1 h 05 min 00 s of downtime inside, "
            "more than the allowance of 4 h leaves"
        ),
        "1 h 05 min 00 s",
    ),
    (("exclude", "excused"), {"ms": 65 * MINUTE}, "Less downtime that is not counted", "-1 h 05 min 00 s"),
    (
        ("exclude", "excused"),
        {"ms": 65 * MINUTE, "set_aside": 55 * MINUTE},
        "Less downtime that is not counted; 55 min 00 s of the base too",
        "-1 h 05 min 00 s",
    ),
    (("formula", "counted"), {"ms": 3_402_000}, "Downtime that counts", "56 min 42 s"),
    (
        ("formula", "availability"),
        {"bad": 3_402_000, "base": 2_681_748_000, "share": F(2_678_346, 2_681_748)},
        "Availability: (2,681,748 - 3,402) / 2,681,748 seconds, cut off after the fourth decimal",
        "99.8731 %",
    ),
    (
        ("formula", "availability"),
        {"bad": 1, "base": 2_000, "share": F(1999, 2000)},
        "Availability: (2,000 - 1) / 2,000 milliseconds, cut off after the fourth decimal",
        "99.9500 %",
    ),
    (
        ("gate", "commitment"),
        {"sign": ">=", "share": F(999, 1000), "met": "no", "over": 720_000},
        "The commitment of 99.9 %, compared as exact fractions before any rounding",
        "missed by 12 min 00 s",
    ),
    (
        ("gate", "commitment"),
        {"sign": ">", "share": F(999, 1000), "met": "yes", "over": -5},
        "The commitment of more than 99.9 %, compared as exact fractions before any rounding",
        "met",
    ),
    (
        ("gate", "commitment"),
        {"sign": ">=", "share": F(999, 1000), "met": "unknown"},
        "The commitment of 99.9 %, compared as exact fractions before any rounding",
        "not determinable",
    ),
    (
        ("gate", "coverage"),
        {"share": F(9999, 10_000), "floor": F(95, 100), "enough": "yes"},
        "Share of the promised time that was measured; at least 95 % is needed: enough",
        "99.9900 %",
    ),
    (
        ("gate", "coverage"),
        {"share": F(4, 5), "floor": F(95, 100), "enough": "no"},
        "Share of the promised time that was measured; at least 95 % is needed: not enough",
        "80.0000 %",
    ),
    (
        ("schedule", "row"),
        {"row": "< 99.9%, >= 99.0%", "share": F(1, 10)},
        "Credit level: below 99.9 %, at least 99.0 %",
        "10 %",
    ),
    (("schedule", "none"), {}, "Credit level", "none"),
    (
        ("base", "fee"),
        {"amount": F(1200), "currency": "EUR", "days": 31, "of": 31},
        "The fee of the period",
        "1,200.00 EUR",
    ),
    (
        ("base", "fee"),
        {"amount": F(1200), "currency": "EUR", "days": 17, "of": 31},
        "The fee of the period, for 17 of 31 days",
        "1,200.00 EUR",
    ),
    (
        ("limits", "share"),
        {"share": F(1, 10), "amount": F(120), "currency": "EUR"},
        "10 % of the fee",
        "120.00 EUR",
    ),
    (
        ("limits", "cap"),
        {"share": F(1, 4), "amount": F(300), "currency": "EUR", "reached": "no"},
        "Limit: 25 % of the fee, 300.00 EUR",
        "not reached",
    ),
    (
        ("limits", "cap"),
        {"share": F(1, 4), "amount": F(300), "currency": "EUR", "reached": 1},
        "Limit: 25 % of the fee, 300.00 EUR",
        "reached",
    ),
    (
        ("rounding", "round"),
        {"before": F(120), "minor": 12_000, "mode": "half-up", "currency": "EUR"},
        "Rounded once, to 0.01 EUR, half up: nothing to round",
        "120.00 EUR",
    ),
    (
        ("rounding", "round"),
        {"before": F(400, 3), "minor": F(133), "mode": "as they say", "currency": "JPY"},
        "Rounded once, to 1 JPY, as they say, from 133.3333... JPY",
        "133 JPY",
    ),
    (("claim", "claim"), {"text": "automatic"}, "A credit is given without a claim.", ""),
    (
        ("claim", "claim"),
        {"text": "in writing within 30 days."},
        "A credit must be claimed: in writing within 30 days.",
        "",
    ),
]


@pytest.mark.parametrize(("key", "values", "text", "figure"), VOCABULARY)
def test_a_line_of_the_vocabulary_reads(
    key: tuple[str, str], values: dict[str, Any], text: str, figure: str
) -> None:
    assert said(*key, **values) == (text, figure)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            Line("scope", "worst_of", {"lanes": 3, "name": "eu\x1b[1m", "x": F(1, 3)}),
            "scope: worst of (lanes 3, name eu[1m, x 0.3333...)",
        ),
        (Line("scope", "nothing_to_combine"), "scope: nothing to combine"),
        (Line("measure", "period", {"start": START}), "measure: period (start 1,790,805,600,000)"),
        (Line("formula", "counted", {"ms": "much"}), "formula: counted (ms much)"),
        (
            Line("base", "fee", {"amount": "a lot", "currency": "EUR", "days": 1, "of": 1}),
            "base: fee (amount a lot, currency EUR, days 1, of 1)",
        ),
        (
            Line("gate", "commitment", {"sign": "about", "share": F(1, 2), "met": "yes"}),
            "gate: commitment (sign about, share 0.5, met yes)",
        ),
        (
            Line("measure", "period", {"start": 0, "end": 10**15, "ms": 1, "label": "x", "zone": "UTC"}),
            "measure: period (start 0, end 1,000,000,000,000,000, ms 1, label x, zone UTC)",
        ),
        (
            Line("measure", "period", {"start": 0, "end": 1, "ms": 1, "label": "x", "zone": "Mars/Olympus"}),
            "measure: period (start 0, end 1, ms 1, label x, zone Mars/Olympus)",
        ),
    ],
)
def test_a_line_that_is_not_understood_is_printed_as_it_stands(line: Line, text: str) -> None:
    working = workings([line], PLAIN)[0]

    assert (working.text, working.figure) == (text, "")


VALUES = st.one_of(
    st.integers(-(10**18), 10**18), st.fractions(), st.text(alphabet="a9 <\x1b\u202eé", max_size=8)
)
RULES = sorted({key for key, _, _, _ in VOCABULARY})
KEYS = sorted({key for _, values, _, _ in VOCABULARY for key in values})


@settings(max_examples=150)
@given(st.sampled_from(RULES), st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_no_line_crashes_whatever_its_values(key: tuple[str, str], values: dict[str, Any]) -> None:
    assert workings([Line(*key, values)])[0].text


def test_windows_are_named_as_the_page_names_them(samples: Any) -> None:
    """A recurring window has one id: its occurrences are told apart by their start."""
    first, second, _ = samples.windows
    letters = window_letters((first, second))

    assert letters["mw-7"] == "M1"
    assert letters[f"mw-7@{first.span.start}"] == "M1"
    line = Line("exclude", "maintenance", {**WINDOW, "start": first.span.start})
    assert workings([line], PLAIN, letters=letters)[0].text.startswith("Maintenance M1, Database upgrade")


def test_a_window_without_a_letter_keeps_its_id() -> None:
    assert workings([Line("exclude", "maintenance", WINDOW)], PLAIN, letters={})[0].text.startswith(
        "Maintenance mw-7"
    )


def test_totals_are_marked() -> None:
    lines = [Line("measure", "measured", {"ms": 1}), Line("measure", "to_come", {"ms": 1})]

    assert [working.total for working in workings(lines)] == [True, False]


def test_a_row_that_is_no_bound_stays_as_it_is() -> None:
    assert bounds_in_words("any figure", PLAIN) == "any figure"
    assert bounds_in_words("= 100%", PLAIN) == "exactly 100 %"
    assert claim_in_words("") == "A credit is given without a claim."
