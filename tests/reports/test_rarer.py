"""Words for the lines that an ordinary month does not have, in the terminal's alphabet."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements.pipeline import Line
from monitor.core.intervals import DAY, HOUR, MINUTE
from reports.format import PLAIN
from reports.rarer import RARER
from reports.words import understood, workings

USD = {"currency": "USD"}
WINDOW = {
    "window": "carrier-cut",
    "title": "Fibre cut",
    "what": "force majeure",
    "start": 0,
    "end": HOUR,
    "inside": 30 * MINUTE,
    "excused": 30 * MINUTE,
    "ahead": 0,
    "notice": 0,
    "cap": 0,
    "verdict": "valid",
    "asked": "no",
}
VOCABULARY: list[tuple[tuple[str, str], dict[str, Any], str, str]] = [
    (("measure", "promise"), {"name": "first-reply"}, "Promise first-reply", ""),
    (("measure", "resource"), {"name": "db-1"}, "Resource db-1", ""),
    (("formula", "resource"), {"name": "eu"}, "Resource eu", ""),
    (("formula", "all_resources"), {"count": 3}, "All 3 resources", ""),
    (
        ("measure", "other_hours"),
        {"ms": HOUR, "calendar": "office"},
        "Less time outside the service hours of office",
        "-1 h 00 min 00 s",
    ),
    (("measure", "of_all"), {"ms": DAY}, "The time of all resources together", "24 h 00 min 00 s"),
    (("measure", "pieces"), {"unit": "slot", "count": 8640, "unknown": F(0)}, "Slots", "8,640"),
    (
        ("measure", "pieces"),
        {"unit": "request", "count": 100, "unknown": F(2)},
        "Requests, 2 of them not seen",
        "100",
    ),
    (("qualify", "bad"), {"unit": "event", "count": F(1), "outages": 1}, "Those that were late", "1"),
    (
        ("qualify", "dropped"),
        {"ms": MINUTE, "outages": 2},
        "Less downtime that the rules on outages leave out: of 2 outages",
        "-1 min 00 s",
    ),
    (
        ("qualify", "dropped_pieces"),
        {"unit": "slot", "count": F(2)},
        "Less slots that the rules on outages leave out",
        "- 2",
    ),
    (
        ("exclude", "window"),
        WINDOW,
        "Force majeure carrier-cut: 30 min 00 s of downtime inside",
        "30 min 00 s",
    ),
    (
        ("exclude", "window"),
        {**WINDOW, "verdict": "not_now", "excused": 0},
        (
            "Force majeure carrier-cut: outside the hours in which it may be done; "
            "30 min 00 s of downtime inside"
        ),
        "none",
    ),
    (
        ("exclude", "window"),
        {**WINDOW, "asked": "yes", "ahead": 72 * HOUR},
        "Force majeure carrier-cut: announced 72 h ahead; 30 min 00 s of downtime inside",
        "30 min 00 s",
    ),
    (
        ("exclude", "excused_pieces"),
        {"unit": "slot", "count": F(0), "set_aside": 4},
        "Less slots that are not counted; 4 good ones left out too",
        "none",
    ),
    (
        ("exclude", "assumed"),
        {"what": "scheduled maintenance", "allowance": "10 hours a calendar year"},
        ("Assumed, since the history does not reach back far enough: nothing of 10 hours a calendar year for "
        "scheduled maintenance was used before"),
        "",
    ),
    (("formula", "weighted"), {"ms": F(4000, 3)}, "Weighted by how many were affected", "1.333 s..."),
    (
        ("formula", "taken_as"),
        {"ms": 30 * DAY},
        "Time that it is divided by, as the agreement has it",
        "720 h 00 min 00 s",
    ),
    (("formula", "counted_pieces"), {"unit": "slot", "count": F(3)}, "What counts of the bad slots", "3"),
    (
        ("formula", "ratio"),
        {"unit": "event", "bad": 1, "base": 4, "share": F(3, 4)},
        "The share that was good: (4 - 1) / 4 events, cut off after the fourth decimal",
        "75.0000 %",
    ),
    (("formula", "value"), {"value": F(91, 2)}, "The figure of the period", "45.5"),
    (
        ("formula", "mean_of_last"),
        {"periods": 2, "share": F(999, 1000)},
        "The mean of the last 2 periods, this one included",
        "99.9000 %",
    ),
    (
        ("formula", "mean_of_months"),
        {"share": F(1)},
        "The mean of the figures of its months",
        "100.0000 %",
    ),
    (
        ("formula", "rounded"),
        {"share": F(999, 1000), "metric": "no"},
        "Rounded, as the agreement has it, before it is compared",
        "99.9 %",
    ),
    (
        ("formula", "assumed"),
        {"periods": 3, "missing": 1},
        ("Assumed, since the history does not reach back far enough: 1 of 3 periods is not known, and the "
        "mean is of the rest"),
        "",
    ),
    (
        ("gate", "downtime"),
        {"sign": "<=", "limit": 45 * MINUTE, "ms": F(HOUR), "met": "no"},
        "The commitment of at most 45 min 00 s of downtime; 1 h 00 min 00 s counted",
        "missed",
    ),
    (
        ("gate", "metric"),
        {"sign": "<=", "limit": F(45), "unit": "ms", "value": F(40), "met": "yes"},
        "The commitment of at most 45 ms, compared before any rounding",
        "met",
    ),
    (("gate", "none"), {}, "There is no commitment: the table alone says what is owed", ""),
    (
        ("schedule", "due"),
        {"row": "pro_rata = 10", "kind": "time", "amount": F(5 * HOUR), "of": "fee", "factor": F(10)},
        "The time that is paid for, 10 times",
        "5 h 00 min 00 s",
    ),
    (
        ("schedule", "due"),
        {
            "row": "5%",
            "kind": "share",
            "amount": F(1, 10),
            "of": "fee",
            "count": F(2),
            "size": 30 * MINUTE,
        },
        "Credit of 5%, 2 times for 30 min 00 s each",
        "10 %",
    ),
    (
        ("schedule", "due"),
        {"row": "miss", "kind": "money", "amount": F(976, 100), "of": "GBP"},
        "Credit of miss",
        "9.76 GBP",
    ),
    (
        ("schedule", "due"),
        {"row": "< 99%", "kind": "service", "amount": F(3 * DAY), "of": ""},
        "Credit level: below 99 %",
        "72 h 00 min 00 s of service",
    ),
    (
        ("schedule", "due"),
        {"row": "< 99%", "kind": "units", "amount": F(2), "of": "run-credits"},
        "Credit level: below 99 %",
        "2 run-credits",
    ),
    (
        ("schedule", "due"),
        {"row": "< 99%", "kind": "months", "amount": F(1), "of": ""},
        "Credit level: below 99 %",
        "1 month of fees",
    ),
    (
        ("base", "at risk"),
        {"amount": F(500), "days": 1, "of": 1, **USD},
        "The amount at risk",
        "500.00 USD",
    ),
    (
        ("limits", "time"),
        {"time": F(HOUR), "amount": F(1), **USD},
        "The price of 1 h 00 min 00 s",
        "1.00 USD",
    ),
    (
        ("limits", "months"),
        {"months": F(2), "amount": F(80), **USD},
        "The price of 2 months",
        "80.00 USD",
    ),
    (
        ("limits", "at_most"),
        {"limit": "1 credit per day", "reached": "yes"},
        "Limit: 1 credit per day",
        "reached",
    ),
    (
        ("limits", "assumed"),
        {"limit": "50% per year", "what": "nothing was credited before the history"},
        "Assumed for the limit of 50% per year: nothing was credited before the history",
        "",
    ),
    (
        ("limits", "only_if"),
        {"amount": F(1), "sign": ">", "least": F(1), **USD},
        "Paid only if more than 1.00 USD, and it is 1.00 USD",
        "nothing",
    ),
    (
        ("limits", "raised_to"),
        {"amount": F(1, 2), "least": F(1), **USD},
        "Raised from 0.50 USD to the least that is paid",
        "1.00 USD",
    ),
    (
        ("limits", "held_until"),
        {"earned": F(4), "kept": F(6), "least": F(10), **USD},
        "Paid once 10.00 USD is reached: 4.00 USD, and 6.00 USD kept from before",
        "paid",
    ),
    (("limits", "service"), {"ms": DAY}, "Service added to the term, free of charge", "24 h 00 min 00 s"),
    (("limits", "units"), {"name": "run-credits", "count": F(4, 5)}, "Owed in run-credits", "0.8"),
    (("together", "points"), {"points": F(15)}, "All points together", "15"),
    (
        ("together", "sum"),
        {"promises": 2, "amount": F(42), **USD},
        "All promises together: their credits are added",
        "42.00 USD",
    ),
    (
        ("rounding", "undecided"),
        {"why": "a person enters the credit"},
        "No amount: a person enters the credit",
        "not determinable",
    ),
    (
        ("claim", "claim_by"),
        {"day": "2025-05-07"},
        "The last day to claim it, itself included",
        "7 May 2025",
    ),
    (
        ("claim", "right"),
        {"text": "2 of 3 periods missed"},
        "A right to terminate is reached: 2 of 3 periods missed",
        "",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("key", "values", "text", "figure"), VOCABULARY)
def test_a_rarer_line_reads(key: tuple[str, str], values: dict[str, Any], text: str, figure: str) -> None:
    line = Line(*key, values)
    (working,) = workings([line], PLAIN)

    assert (working.stage, working.text, working.figure) == (key[0], text, figure)
    assert understood(line)


VALUES = st.one_of(st.integers(-(10**18), 10**18), st.fractions(), st.text(alphabet="a9 <\x1bé", max_size=8))
KEYS = sorted({key for _, values, _, _ in VOCABULARY for key in values})


@settings(max_examples=150)
@given(st.sampled_from(sorted(RARER)), st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_no_rarer_line_crashes_whatever_its_values(key: tuple[str, str], values: dict[str, Any]) -> None:
    assert workings([Line(*key, values)])[0].text


def test_a_line_that_lacks_a_value_is_not_understood() -> None:
    assert not understood(Line("gate", "metric", {"sign": "<="}))
