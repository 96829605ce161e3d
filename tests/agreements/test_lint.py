"""What is refused at load, and what is only warned of, in the words of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements import lint
from monitor.agreements.lint import Finding
from monitor.agreements.pipeline import Reading
from monitor.agreements.schedule import Rows
from monitor.core.numbers import Bound
from monitor.errors import NoRow
from tests.agreements.ordinary import StandardTerms, promise, standard_clause
from tests.agreements.ordinary import row as row_of

Build = Callable[[Mapping[str, Any]], StandardTerms]


def problems(terms: StandardTerms) -> tuple[Finding, ...]:
    return lint.problems(promise(terms))


def warnings(terms: StandardTerms) -> tuple[Finding, ...]:
    return lint.warnings(promise(terms))


SOUND = {"commitment": ">= 99.9%", "rows": {"< 99.9%": "10%", "< 99%": "25%"}}


def test_an_ordinary_table_is_sound(build_terms: Build) -> None:
    assert problems(build_terms(SOUND)) == ()
    assert warnings(build_terms(SOUND)) == ()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(
            {"< 99.9%, > 99%": "10%", "< 99%": "25%"},
            "exactly 99% misses the commitment and stands in no row: "
            'add a row ("0%" if nothing is owed), or in_no_row = "refuse"',
            id="a hole of a single point",
        ),
        pytest.param(
            {"< 99.5%": "10%"},
            "99.5% to below 99.9% misses the commitment and stands in no row: "
            'add a row ("0%" if nothing is owed), or in_no_row = "refuse"',
            id="a hole above the first row",
        ),
        pytest.param(
            {"<= 99.5%": "10%"},
            "above 99.5% to below 99.9% misses the commitment and stands in no row: "
            'add a row ("0%" if nothing is owed), or in_no_row = "refuse"',
            id="a hole open at both ends",
        ),
        pytest.param(
            {"< 99.9%, >= 99%": "10%"},
            "0% to below 99% misses the commitment and stands in no row: "
            'add a row ("0%" if nothing is owed), or in_no_row = "refuse"',
            id="nothing below the last row",
        ),
        pytest.param(
            {"< 99.9%, >= 99.5%": "5%", "<= 98%": "25%"},
            "above 98% to below 99.5% misses the commitment and stands in no row: "
            'add a row ("0%" if nothing is owed), or in_no_row = "refuse"',
            id="a hole in the middle",
        ),
        pytest.param(
            {"< 99.9%, >= 98%": "5%", "< 99.9%, >= 95%": "10%", "< 95%": "25%"},
            '98% to below 99.9% stands in two rows, "< 99.9%, >= 98%" and "< 99.9%, >= 95%": '
            'say overlap = "highest credit" or "first row"',
            id="two closed rows overlap",
        ),
        pytest.param(
            {"< 99.9%": "5%", "= 97%": "50%"},
            'exactly 97% stands in two rows, "< 99.9%" and "= 97%": say overlap = "highest credit" '
            'or "first row"',
            id="a single figure in an open row",
        ),
        pytest.param(
            {"< 99.9%": "5%", "< 99.90%": "10%"},
            '0% to below 99.9% stands in two rows, "< 99.9%" and "< 99.90%": '
            'say overlap = "highest credit" or "first row"',
            id="the same row twice in different words",
        ),
        pytest.param(
            {"<= 99.9%": "10%"},
            'exactly 99.9% meets the commitment and stands in row "<= 99.9%": say if_met = "no '
            'credit" or "as the table"',
            id="the gate and the table disagree at a point",
        ),
        pytest.param(
            {"< 99.95%": "10%"},
            '99.9% to below 99.95% meets the commitment and stands in row "< 99.95%": '
            'say if_met = "no credit" or "as the table"',
            id="the gate and the table disagree over a stretch",
        ),
    ],
)
def test_a_table_with_a_fault_is_refused_with_the_exact_place(
    build_terms: Build, rows: dict[str, str], message: str
) -> None:
    assert problems(build_terms({**SOUND, "rows": rows})) == (("credits", message),)


def test_all_faults_are_reported_at_once(build_terms: Build) -> None:
    found = problems(build_terms({**SOUND, "rows": {"<= 99.9%, > 99%": "10%", "< 99%, >= 98%": "20%"}}))

    assert [message.partition(" m")[0] for _, message in found] == [
        "exactly 99.9%",
        "exactly 99%",
        "0% to below 98%",
    ]


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        ({"in_no_row": "refuse"}, {"< 99.5%": "10%"}),
        ({"in_no_row": "no credit"}, {"< 99.5%": "10%"}),
        ({"overlap": "first row"}, {"< 99.9%, >= 98%": "5%", "< 99.9%, >= 95%": "10%", "< 95%": "25%"}),
        ({"if_met": "no credit"}, {"<= 99.9%": "10%"}),
        ({}, {}),
        ({}, {"10%": "10%"}),
    ],
)
def test_a_word_in_the_file_settles_it(
    build_terms: Build, said: dict[str, str], rows: dict[str, str]
) -> None:
    assert problems(build_terms({**SOUND, **said, "rows": rows})) == ()


@pytest.mark.parametrize(
    ("change", "stage", "message"),
    [
        (
            {"commitment": "< 99.9%"},
            "commitment",
            '"< 99.9%" promises nothing: write "99.9%" (at least) or "> 99.9%"',
        ),
        ({"commitment": "> 100%"}, "commitment", 'no availability is > 100%: write "100%" or less'),
        ({"commitment": ">= 101%"}, "commitment", 'no availability is >= 101%: write "100%" or less'),
        ({"lasting": "< 5m"}, "outage", '"<" cannot qualify an outage by its length: write ">" or ">="'),
        ({"coverage": "101%"}, "measure", 'coverage of 101% cannot be asked: write "95%" or so'),
        (
            {"rows": {"all": "5%", "< 99%": "10%"}},
            "credits",
            'row "all" has no bound: write "< …" or "<= …" and its share',
        ),
    ],
)
def test_terms_that_make_no_sense_are_refused(
    build_terms: Build, change: dict[str, Any], stage: str, message: str
) -> None:
    assert problems(build_terms({**SOUND, **change})) == ((stage, message),)


@pytest.mark.parametrize(
    ("change", "stage", "message"),
    [
        (
            {"in_no_row": "refuse", "rows": {"< 99.9%, > 99%": "10%", "< 99%": "25%"}},
            "credits",
            'exactly 99% stands in no row, and in_no_row = "refuse" leaves it so',
        ),
        (
            {"rows": {"< 99.9%": "10%", "< 99%, > 99%": "25%"}},
            "credits",
            'nothing can reach row "< 99%, > 99%": take it out, or correct its bounds',
        ),
        (
            {"overlap": "first row", "rows": {"< 99.9%, >= 0%": "10%", "< 99%, >= 0%": "25%"}},
            "credits",
            'nothing can reach row "< 99%, >= 0%": take it out, or correct its bounds',
        ),
        (
            {"cap": "5%"},
            "limits",
            "the cap of 5% is below the credit of the first row, 10%: that row is never paid in full",
        ),
        (
            {"cap": "20%", "rows": {"< 99.9%": "10%", "< 99%": "25%", "< 95%": "50%"}},
            "limits",
            'row "< 99%" pays 25%, and the cap stops at 20%',
        ),
        (
            {"cap": "5%", "rows": {"10%": "10%"}},
            "limits",
            "the cap of 5% is below the credit, 10%: it is never paid in full",
        ),
        (
            {"rows": {"< 99.9%": "25%", "< 99%": "10%"}},
            "credits",
            'row "< 99%" pays 10%, less than the 25% of row "< 99.9%" for a better figure',
        ),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(
    build_terms: Build, change: dict[str, Any], stage: str, message: str
) -> None:
    terms = build_terms({**SOUND, **change})

    assert problems(terms) == ()
    assert warnings(terms) == ((stage, message),)


shares = st.integers(0, 20).map(lambda n: Fraction(n, 20))
bound = st.builds(Bound, st.sampled_from(["<", "<=", ">", ">=", "="]), shares)
row = st.builds(lambda *bounds: tuple(bounds), bound) | st.builds(lambda *bounds: tuple(bounds), bound, bound)
tables = st.lists(row, min_size=1, max_size=4)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(found=tables, commitment=shares)
def test_a_table_without_problems_prices_every_figure_that_misses_and_only_those(
    seconds: Callable[..., Any], found: list[tuple[Bound, ...]], commitment: Fraction
) -> None:
    rows = tuple(row_of(bounds, Fraction(n + 1, 10), f"row {n}") for n, bounds in enumerate(found))
    terms = StandardTerms(Bound(">=", commitment), rows)
    sound = not problems(terms)
    schedule = standard_clause(terms).schedule
    assert isinstance(schedule, Rows)

    priced = [price(schedule, Fraction(n, 80), commitment, seconds) for n in range(81)]

    if sound:
        assert "refused" not in priced
        assert all((owed is None) == (Fraction(n, 80) >= commitment) for n, owed in enumerate(priced))
    else:
        misfits = [
            "refused" in priced,
            any(_met_in_row(schedule, Fraction(n, 80), commitment) for n in range(81)),
        ]
        assert any(misfits)


def price(schedule: Rows, figure: Fraction, commitment: Fraction, seconds: Callable[..., Any]) -> Any:
    reading = Reading("shop", figure, Fraction(0), 1, (), Fraction(1), met=figure >= commitment)
    case = seconds([], StandardTerms(Bound(">=", commitment), schedule.rows))
    try:
        return next((due.amount for due in schedule(reading, case)), None)
    except NoRow:
        return "refused"


def _met_in_row(schedule: Rows, figure: Fraction, commitment: Fraction) -> bool:
    held = [all(bound.holds(figure) for bound in row.bounds) for row in schedule.rows]
    return figure >= commitment and any(held)


def test_a_row_reached_only_where_the_table_applies_to_kept_promises_is_no_dead_row(
    build_terms: Build,
) -> None:
    terms = build_terms({"commitment": ">= 98%", "rows": {"< 99%, >= 98%": "5%", "< 98%": "10%"}})

    assert warnings(replace(terms, if_met="as the table")) == ()
    assert [stage for stage, _ in warnings(replace(terms, if_met="no credit"))] == ["credits"]
