"""The engine against an oracle that walks over every millisecond and knows none of its code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.agreements.account import times
from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Case
from monitor.core.checks import State
from monitor.core.intervals import Span
from monitor.core.numbers import Bound
from monitor.core.windows import Window
from tests.agreements.ordinary import MaintenanceTerms, StandardTerms, row

EDGE = 1_790_812_800_000  # 2026-10-01T00:00:00Z, where the periods of seconds start
LENGTH = 900
EXAMPLES = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

ROWS = (
    row((Bound("<", Fraction(9, 10)),), Fraction(1, 10), "< 90%"),
    row((Bound("<", Fraction(3, 4)),), Fraction(1, 4), "< 75%"),
    row((Bound("<", Fraction(1, 2)),), Fraction(1), "< 50%"),
)

states = st.sampled_from([State.UP, State.UP, State.DOWN, State.DOWN, State.DOWN, State.UNKNOWN, None])
lengths = st.integers(1, 160) | st.integers(60, 160) | st.integers(1, 25)
runs = st.lists(st.tuples(states, lengths), min_size=14, max_size=24)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    out = []
    for number in range(draw(st.integers(1, 5))):
        start = EDGE + draw(st.integers(-200, LENGTH - 200))
        end = start + draw(st.integers(1, 400) | st.integers(150, 400))
        recorded = start - draw(st.sampled_from([-1, 0, 9, 10, 30, 30, 30]))
        cancelled = draw(st.none() | st.none() | st.integers(start - 5, end + 5))
        out.append(
            Window(f"MW-{number}", "Work", frozenset({"shop"}), Span(start, end), recorded, "ops", cancelled)
        )
    return tuple(out)


maintenance = st.builds(
    MaintenanceTerms,
    notice=st.sampled_from([0, 10, 30]),
    at_most=st.none() | st.integers(1, 60),
    counted=st.sampled_from(["downtime", "window"]),
    effect=st.sampled_from(["downtime", "both sides"]),
)
terms = st.builds(
    StandardTerms,
    commitment=st.sampled_from([Bound(">=", Fraction(9, 10))]),
    rows=st.just(ROWS),
    maintenance=st.sampled_from([False, True, True, True]).flatmap(
        lambda said: maintenance if said else st.none()
    ),
    lasting=st.none() | st.tuples(st.sampled_from([">", ">="]), st.integers(1, 90)),
    unobserved=st.sampled_from(["left out", "up", "down"]),
    coverage=st.sampled_from([Fraction(0), Fraction(0), Fraction(1, 2), Fraction(95, 100)]),
    cap=st.sampled_from([None, Fraction(1), Fraction(1, 5)]),
)
force = st.sampled_from(
    [
        (Span(EDGE, EDGE + LENGTH),),
        (Span(EDGE, EDGE + LENGTH),),
        (Span(EDGE + 400, EDGE + LENGTH),),
        (Span(EDGE, EDGE + 333), Span(EDGE + 500, EDGE + 700)),
        (),
    ]
)
Make = Callable[..., Case]
Oracle = Callable[[Case, StandardTerms], dict[str, Any]]


def money(figure: dict[str, Any], terms: StandardTerms) -> int | None:
    """The credit of 1,000.00 EUR in cents, in integers alone; None where it is not determinable."""
    promised, base, bad = figure["promised"], figure["base"], figure["counted"]
    seen = promised - figure["unseen"]
    if seen * terms.coverage.denominator < promised * terms.coverage.numerator or (
        figure["in_force"] and not seen and not base
    ):
        return None
    percent = 0
    if base and (base - bad) * 10 < 9 * base:
        percent = 100 if (base - bad) * 2 < base else 25 if (base - bad) * 4 < 3 * base else 10
    cap = 10**9 if terms.cap is None else 100_000 * terms.cap.numerator // terms.cap.denominator
    return min(percent * 1_000, cap)


@settings(EXAMPLES, max_examples=250)
@given(
    runs=runs,
    windows=windows(),
    terms=terms,
    in_force=force,
    cut=st.none() | st.none() | st.integers(-50, LENGTH),
)
def test_every_class_of_time_and_the_credit_agree_with_the_oracle(
    seconds: Make,
    oracle: Oracle,
    runs: Any,
    windows: Any,
    terms: StandardTerms,
    in_force: Any,
    cut: int | None,
) -> None:
    as_of = None if cut is None else EDGE + cut
    case = seconds(runs, terms, windows=windows, before=300, length=LENGTH, in_force=in_force, as_of=as_of)

    settlement, expected = evaluate(case), oracle(case, terms)

    found = times(settlement)
    assert {name: getattr(found, name) for name in found.__slots__} == {
        name: expected[name] for name in found.__slots__
    }
    assert settlement.reading.bad == expected["counted"]
    assert settlement.reading.base == expected["base"]
    assert money(expected, terms) == (settlement.credit.minor if settlement.credit else None)


@EXAMPLES
@given(runs=runs, windows=windows(), terms=terms)
def test_the_figure_without_exclusions_is_that_of_terms_without_them(
    seconds: Make, oracle: Oracle, runs: Any, windows: Any, terms: StandardTerms
) -> None:
    case = seconds(runs, terms, windows=windows, before=300, length=LENGTH)

    gross = evaluate(case).gross

    expected = oracle(case, replace(terms, maintenance=None))
    assert (gross.bad, gross.base) == (expected["counted"], expected["base"])


@EXAMPLES
@given(
    runs=runs,
    windows=windows(),
    terms=terms,
    in_force=force,
    cut=st.none() | st.none() | st.integers(-50, LENGTH),
)
def test_the_printed_parts_add_up_to_the_printed_sums(
    seconds: Make, runs: Any, windows: Any, terms: StandardTerms, in_force: Any, cut: int | None
) -> None:
    as_of = None if cut is None else EDGE + cut
    case = seconds(runs, terms, windows=windows, before=300, length=LENGTH, in_force=in_force, as_of=as_of)

    settlement = evaluate(case)
    ms: dict[str, int] = {line.rule: line.values["ms"] for line in settlement.lines if "ms" in line.values}  # type: ignore[misc]

    absent = sum(ms.get(rule, 0) for rule in ("not_in_force", "not_watched", "to_come", "unknown"))
    assert ms["period"] - absent == ms["measured"]
    assert ms.get("not_in_force", 0) == LENGTH - sum(span.length for span in case.in_force)
    assert ms["downtime"] - ms.get("too_short", 0) - ms.get("excused", 0) == ms["counted"]
    assert sum(use.excused for use in settlement.account.windows) == ms.get("excused", 0)
    assert all(use.excused <= use.inside for use in settlement.account.windows)
