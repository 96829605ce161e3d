"""What must hold whatever the month: more downtime never helps the provider, a longer window never hurts."""

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

EDGE = 1_790_812_800_000
LENGTH = 2_000
EXAMPLES = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ROWS = (
    row((Bound("<", Fraction(9, 10)),), Fraction(1, 10), "< 90%"),
    row((Bound("<", Fraction(3, 4)),), Fraction(3, 4), "< 75%"),
    row((Bound("<", Fraction(1, 2)),), Fraction(2), "< 50%"),
)
Make = Callable[..., Case]

runs = st.lists(
    st.tuples(st.sampled_from([State.UP, State.DOWN, State.UNKNOWN]), st.integers(1, 200)),
    min_size=1,
    max_size=20,
)
maintenance = st.builds(
    MaintenanceTerms,
    notice=st.just(0),
    at_most=st.none() | st.integers(1, 300),
    counted=st.sampled_from(["downtime", "window"]),
    effect=st.sampled_from(["downtime", "both sides"]),
)
terms = st.builds(
    StandardTerms,
    commitment=st.just(Bound(">=", Fraction(9, 10))),
    rows=st.just(ROWS),
    maintenance=st.none() | maintenance,
    lasting=st.none() | st.tuples(st.sampled_from([">", ">="]), st.integers(1, 150)),
    unobserved=st.sampled_from(["left out", "up", "down"]),
    coverage=st.just(Fraction(0)),
    cap=st.sampled_from([None, Fraction(1), Fraction(1, 4)]),
)
place = st.tuples(st.integers(-100, LENGTH - 400), st.integers(1, 500))


def window(start: int, length: int, name: str = "MW-1") -> Window:
    span = Span(EDGE + start, EDGE + start + length)
    return Window(name, "Work", frozenset({"shop"}), span, span.start - 1_000, "ops")


def cells(runs: Any) -> list[State]:
    return [state for state, length in runs for _ in range(length)]


def worse(runs: Any, at: int, length: int) -> list[tuple[State, int]]:
    """The same runs, down wherever they were up in a stretch."""
    found = cells(runs)
    for n in range(max(0, at), min(len(found), at + length)):
        found[n] = State.DOWN if found[n] is State.UP else found[n]
    out: list[tuple[State, int]] = []
    for state in found:
        if out and out[-1][0] is state:
            out[-1] = (state, out[-1][1] + 1)
        else:
            out.append((state, 1))
    return out


@EXAMPLES
@given(runs=runs, terms=terms, place=place)
def test_more_downtime_never_raises_availability_or_lowers_the_credit(
    seconds: Make, runs: Any, terms: StandardTerms, place: Any
) -> None:
    plain = replace(terms, maintenance=None)
    before = evaluate(seconds(runs, plain, length=LENGTH))
    after = evaluate(seconds(worse(runs, *place), plain, length=LENGTH))

    if before.reading.value is not None:
        assert after.reading.value is not None
        assert after.reading.value <= before.reading.value
    if before.credit and after.credit:
        assert after.credit.minor >= before.credit.minor


@EXAMPLES
@given(runs=runs, terms=terms, rule=maintenance, place=place, longer=st.integers(1, 300), other=place)
def test_a_longer_valid_window_never_raises_the_downtime_that_counts(
    seconds: Make,
    runs: Any,
    terms: StandardTerms,
    rule: MaintenanceTerms,
    place: Any,
    longer: int,
    other: Any,
) -> None:
    """By downtime, for any windows; an allowance by announced time may be used up by a window's idle part."""
    covered = replace(terms, maintenance=replace(rule, counted="downtime"))
    start, length = place
    short = (window(start, length), window(*other, name="MW-2"))
    long = (window(start, length + longer), short[1])

    before = evaluate(seconds(runs, covered, windows=short, length=LENGTH))
    after = evaluate(seconds(runs, covered, windows=long, length=LENGTH))

    assert times(after).counted <= times(before).counted


@EXAMPLES
@given(runs=runs, terms=terms, places=st.lists(place, max_size=3))
def test_a_credit_lies_between_nothing_and_the_cap(
    seconds: Make, runs: Any, terms: StandardTerms, places: Any
) -> None:
    windows = [window(*spot, name=f"MW-{n}") for n, spot in enumerate(places)]
    settlement = evaluate(seconds(runs, terms, windows=windows, length=LENGTH))

    most = 200_000 if terms.cap is None else 100_000 * terms.cap
    assert settlement.credit is None or 0 <= settlement.credit.minor <= most


@EXAMPLES
@given(runs=runs, terms=terms, places=st.lists(place, max_size=3))
def test_classes_of_time_add_up_and_the_figure_is_made_of_them(
    seconds: Make, runs: Any, terms: StandardTerms, places: Any
) -> None:
    windows = [window(*spot, name=f"MW-{n}") for n, spot in enumerate(places)]
    settlement = evaluate(seconds(runs, terms, windows=windows, length=LENGTH))

    found, reading = times(settlement), settlement.reading
    classes = (found.up, found.counted, found.excused, found.unmeasured, found.set_aside)
    assert min(classes) >= 0
    assert sum(classes) == found.promised
    inside = found.excused if terms.maintenance and terms.maintenance.effect == "downtime" else 0
    assert reading.base == found.up + found.counted + inside
    if reading.value is not None:
        assert reading.value == 1 - Fraction(found.counted, reading.base)


@EXAMPLES
@given(runs=runs, terms=terms, places=st.lists(place, max_size=3), order=st.randoms(use_true_random=False))
def test_the_order_in_which_windows_were_recorded_changes_nothing(
    seconds: Make, runs: Any, terms: StandardTerms, places: Any, order: Any
) -> None:
    windows = [window(*spot, name=f"MW-{n}") for n, spot in enumerate(places)]
    shuffled = list(windows)
    order.shuffle(shuffled)

    one = evaluate(seconds(runs, terms, windows=windows, length=LENGTH))
    other = evaluate(seconds(runs, terms, windows=shuffled, length=LENGTH))

    assert one == other
