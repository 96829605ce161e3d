"""What is refused, and what is only warned of, in tables that look at other things than an availability."""

from __future__ import annotations

import pytest

from monitor.agreements import lint, lint_whole
from monitor.agreements.schedule import Rows
from tests.agreements.written import whole, written

ADD = 'add a row ("0%" if nothing is owed), or in_no_row = "refuse"'


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        pytest.param(
            'commitment = "<= 10m"\ncredits = { "> 15m, <= 45m" = "5%", "> 45m" = "10%" }',
            f"by downtime, above 10 minutes to 15 minutes misses the commitment and stands in no row: {ADD}",
            id="downtime past the commitment",
        ),
        pytest.param(
            'commitment = "<= 10m"\ncredits = { "> 10m, <= 45m" = "5%" }',
            f"by downtime, above 45 minutes misses the commitment and stands in no row: {ADD}",
            id="downtime without an end",
        ),
        pytest.param(
            'commitment = "100%"\ncredits = { "> 5m" = "5%" }',
            f"by downtime, above 0 milliseconds to 5 minutes stands in no row: {ADD}",
            id="any downtime breaks a hundred per cent",
        ),
        pytest.param(
            'commitment = "99.9%"\ncredits = { "> 1h" = "5%" }',
            f"by downtime, above 40 minutes 15 seconds 600 milliseconds to 1 hour stands in no row: {ADD}",
            id="what a share allows of the shortest month",
        ),
        pytest.param(
            'commitment = "<= 40 ms"\n'
            'measure = { evidence = "metrics", metric = "rtt", unit = "ms", as = "mean" }\n'
            'credits = { "> 50 ms" = "5%" }',
            f"above 40 ms to 50 ms misses the commitment and stands in no row: {ADD}",
            id="a metric",
        ),
        pytest.param(
            'commitment = "100%"\ncredits = { by = "outages", "= 1" = "1%", ">= 3" = "5%" }',
            f"by outages, exactly 2 stands in no row: {ADD}",
            id="a count",
        ),
        pytest.param(
            'commitment = "99%"\ncredits = { by = "missed periods", over = "6 periods", "<= 2" = "0%" }',
            f"by missed periods, 3 to 6 stands in no row: {ADD}",
            id="missed periods, up to those looked at",
        ),
        pytest.param(
            'commitment = "<= 2 ms"\n'
            'measure = { evidence = "metrics", metric = "jitter", unit = "ms", as = "mean" }\n'
            'credits = { by = "overshoot", ">= 10%" = "1%" }',
            f"by overshoot, above 0% to below 10% stands in no row: {ADD}",
            id="overshoot",
        ),
        pytest.param(
            'commitment = "100%"\n'
            'measure = { evidence = "events", within = "4h" }\n'
            'credits = { each = "miss", credit = { by = "delay", "> 1h" = "5%" } }',
            f'inside each = "miss", by delay, above 0 milliseconds to 1 hour stands in no row: {ADD}',
            id="the delay of each miss",
        ),
        pytest.param(
            'commitment = "100%"\noutage = { lasting = ">= 30m" }\n'
            'credits = { each = "outage", credit = { "> 30m, <= 1h" = "5%", "> 1h" = "9%" } }',
            f'inside each = "outage", by downtime, exactly 30 minutes stands in no row: {ADD}',
            id="the shortest outage that counts",
        ),
        pytest.param(
            'commitment = "99.9%"\ncredits = { "< 99.9%" = "1%", "< 99%" = { "< 98%" = "5%" } }',
            f'inside row "< 99%", 98% to below 99% misses the commitment and stands in no row: {ADD}',
            id="a table in a row",
        ),
        pytest.param(
            'commitment = "99.9%"\nformula = { decimals = 1, rounding = "half-up" }\n'
            'credits = { "<= 99.8%, >= 99.0%" = "5%", "<= 98.8%" = "10%" }',
            f"exactly 98.9% misses the commitment and stands in no row: {ADD}",
            id="only figures that exist once they are rounded",
        ),
    ],
)
def test_a_hole_is_named_with_its_exact_ends(toml: str, message: str) -> None:
    assert lint.problems(written(toml)) == (("credits", message),)


@pytest.mark.parametrize(
    "toml",
    [
        'commitment = "<= 45m"\ncredits = { "> 45m" = "5%", "> 4h30m" = "10%" }',
        'commitment = "100%"\noutage = { lasting = "> 5m" }\ncredits = { "> 5m" = "5%" }',
        'commitment = "100%"\noutage = { whole = "1m" }\ncredits = { "<= 9m" = "1%", ">= 10m" = "2%" }',
        (
            'commitment = "99.9%"\nperiod = { every = "calendar month", taken_as = "30 days" }\n'
            'credits = { "> 43m12s" = "5%" }'
        ),
        'commitment = "100%"\ncredits = { by = "outages", "= 0" = "0%", "= 1" = "1%", ">= 2" = "5%" }',
        'commitment = "none"\ncredits = { "< 99%" = "5%" }',
        (
            'commitment = "99.9%"\nformula = { decimals = 1, rounding = "half-up" }\n'
            'credits = { "<= 99.8%, >= 99.0%" = "5%", "<= 98.9%" = "10%" }'
        ),
        'commitment = "99%"\ncredits = { by = "missed periods", over = "2 periods", ">= 1" = "1%" }',
    ],
)
def test_a_table_that_prices_every_number_that_can_be_is_sound(toml: str) -> None:
    assert lint.problems(written(toml)) == ()
    assert lint.warnings(written(toml)) == ()


def test_rows_of_downtime_that_overlap_or_are_met_are_refused_too() -> None:
    toml = 'commitment = "<= 10m"\ncredits = { "> 5m, <= 45m" = "5%", "> 30m, <= 9h" = "7%", "> 1h" = "10%" }'

    assert [message for _, message in lint.problems(written(toml))] == [
        (
            "by downtime, above 5 minutes to 10 minutes meets the commitment and stands in row "
            '"> 5m, <= 45m": say if_met = "no credit" or "as the table"'
        ),
        (
            'by downtime, above 1 hour to 9 hours stands in two rows, "> 30m, <= 9h" and "> 1h": '
            'say overlap = "highest credit" or "first row"'
        ),
        (
            'by downtime, above 30 minutes to 45 minutes stands in two rows, "> 5m, <= 45m" and '
            '"> 30m, <= 9h": say overlap = "highest credit" or "first row"'
        ),
    ]


@pytest.mark.parametrize(
    ("toml", "stage", "message"),
    [
        pytest.param(
            'commitment = "<= 10m"\ncredits = { "> 10m" = "10%", "> 1h" = "5%" }',
            "credits",
            'by downtime, row "> 1h" pays 5%, less than the 10% of row "> 10m" for a better downtime',
            id="less for a longer downtime",
        ),
        pytest.param(
            'commitment = "99.9%"\ncredits = { "< 99.9%" = "2 days of fees", "< 99%" = "1 day of fees" }',
            "credits",
            'row "< 99%" pays 1 day of fees, less than the 2 days of fees of row "< 99.9%" '
            "for a better figure",
            id="fewer days for a worse figure",
        ),
        pytest.param(
            'commitment = "100%"\nlimits = "3% per period"\ncredits = { each = "full 1h", credit = "5%" }',
            "limits",
            "the cap of 3% is below the credit, 5%: it is never paid in full",
            id="a cap below the first unit",
        ),
        pytest.param(
            'commitment = "99.9%"\nlimits = "2 days of fees per period"\n'
            'credits = { "< 99.9%" = "3 days of fees" }',
            "limits",
            "the cap of 2 days of fees is below the credit of the first row, 3 days of fees: "
            "that row is never paid in full",
            id="a cap in days",
        ),
        pytest.param(
            'commitment = "99.9%"\ncredits = { "< 99.5%" = "5%", in_no_row = "row above" }',
            "credits",
            '99.5% to below 99.9% stands in no row, and in_no_row = "row above" leaves it so',
            id="no row above",
        ),
        pytest.param(
            'commitment = "99.9%"\nmeasure = { evidence = "outages", slot = "1m", as = "bad slots", '
            'bad = "wholly down" }\noutage = { whole = "1m" }\ncredits = "5%"',
            "outage",
            "whole drops a part of each outage, and measure.slot cuts the clock: one of them will do",
            id="whole and slot",
        ),
        pytest.param(
            'commitment = "100%"\nperiod = { every = "calendar month", service_hours = "office" }\n'
            'outage = { lasting = "> 1h" }\ncredits = "5%"',
            "outage",
            'an outage is judged with the time outside "office", so a night may qualify what the day would '
            'not: write judged = "in period" where the contract says so',
            id="a night that qualifies",
        ),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(toml: str, stage: str, message: str) -> None:
    assert lint.problems(written(toml)) == ()
    assert lint.warnings(written(toml)) == ((stage, message),)


@pytest.mark.parametrize("word", ["row above", "row below"])
def test_a_hole_that_a_neighbour_takes_is_no_hole(word: str) -> None:
    rows = '"< 99.9%, >= 99.5%" = "5%", "< 99%" = "9%"'
    toml = f'commitment = "99.9%"\ncredits = {{ {rows}, in_no_row = "{word}" }}'

    assert lint.problems(written(toml)) == ()
    assert lint.warnings(written(toml)) == ()


AVAILABLE = 'commitment = "99.9%"\ncredits = "5%"'
EACH = 'commitment = "100%"\ncredits = { each = "outage", credit = "5%" }'
NONE = 'commitment = "none"\ncredits = "none"'
DOWNTIME = 'commitment = "<= 45m"\ncredits = "5%"'
POINTS = 'commitment = "99.9%"\ncredits = { "< 99.9%" = "5 points" }'


def points(toml: str) -> Rows:
    table = written(f'commitment = "100%"\ncredits = {{ by = "outages", {toml} }}').credits
    assert isinstance(table, Rows)
    return table


@pytest.mark.parametrize(
    ("promises", "said", "stage", "message"),
    [
        (
            (EACH, AVAILABLE),
            {"together": "highest per outage"},
            "together",
            (
                '"highest per outage" compares what each outage earns, and promise two does not credit '
                'by outage: write its credits as { each = "outage", credit = … }, or together = "highest"'
            ),
        ),
        (
            (AVAILABLE, NONE),
            {"together": "lowest commitment"},
            "together",
            (
                '"lowest commitment" needs one of every promise, and two has none: '
                'write it, or together = "highest"'
            ),
        ),
        (
            (AVAILABLE, DOWNTIME),
            {"together": "lowest commitment"},
            "together",
            '"lowest commitment" compares commitments of one kind: write together = "highest" or "sum"',
        ),
        (
            (POINTS, AVAILABLE),
            {"together": "sum"},
            "credits",
            (
                "promise one earns points, and nothing says what they are worth: "
                'write together = { points = { "< 10" = "0%", ">= 10" = "2%" } }'
            ),
        ),
        (
            (AVAILABLE,),
            {"together": "points", "points": points('"< 10" = "0%", ">= 10" = "2%"')},
            "together",
            'points are looked up, and no promise earns any: write credits = { "< 99.9%" = "5 points" }',
        ),
        (
            (POINTS,),
            {"together": "points", "points": points('">= 10" = "2%"')},
            "together",
            f"by points, above 0 to below 10 stands in no row: {ADD}",
        ),
    ],
)
def test_promises_that_cannot_be_put_together_so_are_refused(
    promises: tuple[str, ...], said: dict[str, object], stage: str, message: str
) -> None:
    assert lint_whole.problems(whole(*promises, **said)) == ((stage, message),)


def test_promises_that_can_be_put_together_are_sound() -> None:
    assert lint_whole.problems(whole(EACH, EACH, together="highest per outage")) == ()
    assert lint_whole.problems(whole(AVAILABLE, AVAILABLE, together="lowest commitment")) == ()
    assert lint_whole.problems(whole(AVAILABLE, DOWNTIME, NONE, together="highest")) == ()


def test_a_cap_of_the_whole_below_the_first_credit_of_a_promise_is_warned_of() -> None:
    limits = written(f'{AVAILABLE}\nlimits = "3% per period"').limits

    assert lint_whole.warnings(whole(AVAILABLE, EACH, together="sum", limits=limits)) == (
        ("limits", "promise one: the cap of 3% is below the credit, 5%: it is never paid in full"),
        ("limits", "promise two: the cap of 3% is below the credit, 5%: it is never paid in full"),
    )
