"""What is measured once and carried on is exactly what measuring the whole hypothesis anew says."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.agreements.ahead import ahead, hypothetical
from monitor.agreements.budget import budget, exposure, outlook
from monitor.agreements.evaluate import evaluate, read, through
from monitor.agreements.pipeline import Case
from monitor.core.checks import State
from monitor.core.intervals import Span
from monitor.core.numbers import Bound
from monitor.core.windows import Window
from tests.agreements.ordinary import MaintenanceTerms, StandardTerms, row

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
BEFORE, LENGTH = 60, 150
EXAMPLES = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
Make = Callable[..., Case]

runs = st.lists(
    st.tuples(st.sampled_from([UP, UP, DOWN, DOWN, UNKNOWN, None]), st.integers(1, 30)), max_size=12
)
rows = st.sampled_from(
    [
        (
            row((Bound("<", Fraction(9, 10)),), Fraction(1, 10), "< 90%"),
            row((Bound("<", Fraction(3, 4)),), Fraction(1, 4), "< 75%"),
        ),
        (row((), Fraction(1, 7), "flat"),),
    ]
)
maintenance = st.builds(
    MaintenanceTerms,
    notice=st.just(0),
    at_most=st.none() | st.integers(1, 20),
    counted=st.sampled_from(["downtime", "window"]),
    effect=st.sampled_from(["downtime", "both sides"]),
)
terms = st.builds(
    StandardTerms,
    commitment=st.just(Bound(">=", Fraction(9, 10))),
    rows=rows,
    maintenance=st.none() | maintenance,
    lasting=st.none() | st.tuples(st.sampled_from([">", ">="]), st.integers(1, 50)),
    unobserved=st.sampled_from(["left out", "up", "down"]),
    coverage=st.sampled_from([Fraction(0), Fraction(1, 2)]),
)


@st.composite
def cases(draw: st.DrawFn, make: Make, edge: int) -> Case:
    """Evidence from before the period on, seen at any instant; often just as its state changes."""
    line = draw(runs)
    changes = list(accumulate((size for _, size in line), initial=-BEFORE))
    start, length = draw(st.integers(-BEFORE, LENGTH)), draw(st.integers(1, 90))
    window = Window(
        "MW-1", "Work", frozenset({"shop"}), Span(edge + start, edge + start + length), edge - 99, "ops"
    )
    return make(
        line,
        draw(terms),
        windows=[window],
        before=BEFORE,
        length=LENGTH,
        as_of=edge + draw(st.sampled_from(changes) | st.integers(-BEFORE, LENGTH + 20)),
        bridge=draw(st.integers(0, 40)),
    )


@EXAMPLES
@given(data=st.data(), extra=st.integers(0, LENGTH + 10))
def test_a_hypothesis_measured_from_the_last_good_time_on_is_the_whole_measured_anew(
    seconds: Make, edge: int, data: Any, extra: int
) -> None:
    """Piece for piece, and so the figure after all steps and its price."""
    case = data.draw(cases(seconds, edge))
    plain = hypothetical(case, extra)
    (anew,) = plain.clause.measure(plain)

    future = ahead(case)

    ((name, clause),) = case.contract.promises
    assert future.measured(name, clause, hypothetical(future.recent, extra)) == (anew,)
    found = future.supposed(extra)
    accounts = through(plain.clause.steps, (anew,), plain)
    assert (found.reading,) == read(plain.clause, accounts, plain)
    assert found.price == evaluate(plain).credit


@EXAMPLES
@given(data=st.data())
def test_an_outlook_is_what_the_three_say_alone(seconds: Make, edge: int, data: Any) -> None:
    case = data.draw(cases(seconds, edge))

    found = outlook(case)

    settlement = evaluate(case)
    assert found.reading == settlement.reading
    assert found.reading.outages == settlement.account.bad
    assert found.fee == settlement.base
    assert found.budget == budget(case)
    assert found.exposure == exposure(case)


def test_only_what_follows_the_last_good_time_is_measured_again(seconds: Make, edge: int) -> None:
    case = seconds(
        [(UP, 10), (DOWN, 5), (UP, 10), (DOWN, 5)], StandardTerms(Bound(">=", Fraction(9, 10)), ())
    )

    future = ahead(case)

    (recent,) = future.recent.evidence.resources.values()
    assert [segment.span for segment in recent.segments] == [
        Span(edge + 15, edge + 25),
        Span(edge + 25, edge + 30),
    ]
    ((bad, _),) = future.before.values()
    assert [piece.span for piece in bad] == [Span(edge + 10, edge + 15)]
