"""An agreement reads itself aloud, and the numbers in the sentences are the numbers that compute."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest

from monitor.agreements.words import duration, figure, share
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND
from tests.agreements.ordinary import StandardTerms, standard_clause

Build = Callable[[Mapping[str, Any]], StandardTerms]
UNITS = {"day": DAY, "hour": HOUR, "minute": MINUTE, "second": SECOND, "millisecond": 1}

SMALL_HOST = {
    "commitment": ">= 99.9%",
    "notice": "48h",
    "rows": {"< 99.9%": "5%", "< 99.0%": "10%", "< 95.0%": "50%"},
}


def spoken(sentence: str) -> tuple[list[Fraction], list[int]]:
    """The shares and the durations that a sentence says, in order."""
    shares = [Fraction(n) / 100 for n in re.findall(r"([\d.]+) %", sentence)]
    shares += [Fraction(text) for text in re.findall(r"\d+/\d+", sentence)]
    runs = re.findall(r"((?:\d+ (?:day|hour|minute|second|millisecond)s? ?)+)", sentence)
    parts = [re.findall(r"(\d+) ([a-z]+?)s?\b", run) for run in runs]
    return shares, [sum(int(n) * UNITS[unit] for n, unit in part) for part in parts]


def test_an_ordinary_contract_reads_as_a_dozen_sentences(build_terms: Build) -> None:
    assert standard_clause(build_terms(SMALL_HOST)).say() == (
        "We measure the time the service is down, from the first failing check to recovery.",
        "Time the monitor could not see counts for neither side.",
        "Every confirmed outage counts, however short.",
        "Not counted: scheduled maintenance announced at least 48 hours ahead.",
        (
            "Each period stands for itself: an outage that crosses its edge is split there, "
            "and time outside the agreement's dates is not promised."
        ),
        (
            "Availability is one minus the downtime that counts divided by the time, exact and not rounded; "
            "no amount is computed unless at least 95 % of the promised time was seen."
        ),
        "The promise is at least 99.9 % of each calendar month; exactly 99.9 % keeps it.",
        (
            "If it is missed the service credit is, of that month's fee: 5 % below 99.9 %, 10 % below 99 %, "
            "50 % below 95 %; the lowest row reached applies."
        ),
        "A fee that changes inside the month, or does not run through all of it, is weighted by its days.",
        "The credit never exceeds 100 % of the month's fee.",
        "It is rounded once, half-up, to the smallest unit of the currency.",
        "A credit is given without a claim.",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "Nothing is excluded: downtime in maintenance counts like any other."),
        (
            {"notice": "0ms"},
            "Not counted: scheduled maintenance recorded before it starts, with no further notice.",
        ),
        (
            {"notice": "5d", "at_most": "4h30m"},
            (
                "Not counted: scheduled maintenance announced at least 5 days ahead, up to 4 hours 30 "
                "minutes of downtime "
                "a calendar month; what goes beyond counts as downtime."
            ),
        ),
        (
            {"notice": "24h", "at_most": "1h", "counted": "window", "effect": "both sides"},
            (
                "Not counted: scheduled maintenance announced at least 24 hours ahead, up to 1 hour of "
                "announced time "
                "a calendar month; what goes beyond counts as downtime; the time of such windows is "
                "taken off the "
                "length of the period too."
            ),
        ),
        (
            {"lasting": "> 5m"},
            "An outage counts only if it lasts more than 5 minutes, judged whole; then all of it counts.",
        ),
        (
            {"lasting": ">= 90s"},
            (
                "An outage counts only if it lasts at least 1 minute 30 seconds, judged whole; then all "
                "of it counts."
            ),
        ),
        ({"unobserved": "up"}, "Time the monitor could not see counts as up."),
        ({"unobserved": "down"}, "Time the monitor could not see counts as down."),
        (
            {"commitment": "> 99%"},
            "The promise is more than 99 % of each calendar month; exactly 99 % breaks it.",
        ),
        ({"rows": {}}, "If it is missed, no service credit is owed."),
        ({"rows": {"1/30": "1/30"}}, "If it is missed the service credit is 1/30 of that month's fee."),
        (
            {
                "rows": {"< 99.9%, >= 99%": "5%", "<= 98%": "10%", "= 97%": "1%", "> 99.95%": "0%"},
                "overlap": "highest credit",
                "in_no_row": "refuse",
                "if_met": "as the table",
            },
            (
                "If it is missed the service credit is, of that month's fee: 5 % below 99.9 % and at "
                "or above 99 %, "
                "10 % at or below 98 %, 1 % at exactly 97 %, 0 % above 99.95 %; of rows open on one side the "
                "one with the nearest bound applies, and "
                "between other rows the highest credit; a figure in no row is not priced but decided by "
                "a person; "
                "the table applies even where the promise is kept."
            ),
        ),
        (
            {"overlap": "first row", "in_no_row": "no credit"},
            (
                "If it is missed the service credit is, of that month's fee: 10 % below 99.9 %; the "
                "lowest row reached "
                "applies, and between other rows the first; a figure in no row earns no credit."
            ),
        ),
        ({"cap": "none"}, "Nothing limits the credit."),
        ({"cap": "25%"}, "The credit never exceeds 25 % of the month's fee."),
        ({"rounding": "down"}, "It is rounded once, down, to the smallest unit of the currency."),
        (
            {"claim": "30 days after period"},
            "A credit must be claimed within 30 days after the end of the period, the last day included.",
        ),
    ],
)
def test_each_stage_says_what_it_does(build_terms: Build, change: dict[str, Any], expected: str) -> None:
    terms = build_terms({"commitment": ">= 99.9%", "rows": {"< 99.9%": "10%"}, **change})

    assert expected in standard_clause(terms).say()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"notice": "48h", "at_most": "4h", "lasting": "> 5m", "coverage": "97.5%", "cap": "30%"},
        {
            "notice": "36h30m",
            "rows": {"< 99.95%, >= 99.5%": "1/30", "< 99.5%": "12.5%"},
            "commitment": ">= 99.95%",
        },
        {"lasting": ">= 1500ms", "cap": "none", "rows": {"< 99.9%": "0.05%", "<= 98.765%": "100%"}},
    ],
)
def test_the_numbers_of_the_sentences_are_the_numbers_of_the_terms(
    build_terms: Build, change: dict[str, Any]
) -> None:
    terms = build_terms({"commitment": ">= 99.9%", "rows": {"< 99.9%": "10%"}, **change})

    said = [spoken(sentence) for sentence in standard_clause(terms).say()]

    table = [n for row in terms.rows for n in (row.share, *(bound.value for bound in row.bounds))]
    cap = [] if terms.cap is None else [terms.cap]
    expected = [terms.coverage, terms.commitment.value, terms.commitment.value, *table, *cap]
    assert sorted(n for shares, _ in said for n in shares) == sorted(expected)
    maintenance = terms.maintenance
    times = [terms.lasting[1]] if terms.lasting else []
    times += [t for t in (maintenance.notice, maintenance.at_most) if t] if maintenance else []
    assert [t for _, found in said for t in found] == times


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("999/1000", "99.9 %"),
        ("1/30", "1/30"),
        ("1", "100 %"),
        ("0", "0 %"),
        ("99999999/100000000", "99.999999 %"),
    ],
)
def test_a_share_is_printed_exactly_or_as_a_fraction(value: str, text: str) -> None:
    assert share(Fraction(value)) == text


def test_a_figure_that_no_decimal_says_is_cut_off_and_marked() -> None:
    assert figure(Fraction(863, 864)) == "99.884259… %"
    assert figure(Fraction(99, 100)) == "99 %"


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 milliseconds"),
        (48 * HOUR, "48 hours"),
        (72 * HOUR, "72 hours"),
        (5 * DAY, "5 days"),
        (5 * DAY + HOUR, "121 hours"),
        (MINUTE, "1 minute"),
        (90 * SECOND + 1, "1 minute 30 seconds 1 millisecond"),
    ],
)
def test_a_duration_is_printed_as_notices_are_written(ms: int, text: str) -> None:
    assert duration(ms) == text
