"""What an evaluation, a budget and an exposure cost, in µs: `python -m benchmarks.agreements`.

One month with 33 transitions and one window, evaluated when it is over and half way through. The outages of
the timeline are timed too, since an evaluation begins with them. Set against each other in one run.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction

from monitor.agreements.budget import budget, exposure
from monitor.agreements.evaluate import evaluate
from monitor.agreements.evidence import Evidence
from monitor.agreements.fees import fee_lines
from monitor.agreements.pipeline import Case, Fees
from monitor.core.checks import Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import month
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment, outages
from monitor.core.windows import Window
from tests.agreements.ordinary import MaintenanceTerms, StandardTerms, row, standard_contract

TRANSITIONS = 33
GOALS = {"evaluate": 200, "budget and exposure": 2_000}


def segments(span: Span) -> tuple[Segment, ...]:
    """Up and down by turns, `TRANSITIONS` changes in all; each outage lasts two minutes."""
    step = span.length // (TRANSITIONS // 2 + 2)
    edges = [span.start]
    for n in range(1, TRANSITIONS // 2 + 2):
        edges += [span.start + n * step, span.start + n * step + 2 * MINUTE]
    edges = [*edges[: TRANSITIONS + 1], span.end]
    kinds = [(State.UP, Reason.OK), (State.DOWN, Reason.TIMEOUT)]
    pairs = itertools.pairwise(edges)
    return tuple(Segment(a, b, *kinds[n % 2], a, a) for n, (a, b) in enumerate(pairs))


def case() -> Case:
    """A finished October in Berlin."""
    period = month("2026-10", "Europe/Berlin")
    rows = (
        row((Bound("<", Fraction(999, 1000)),), Fraction(1, 10), "< 99.9%"),
        row((Bound("<", Fraction(99, 100)),), Fraction(1, 4), "< 99%"),
    )
    terms = StandardTerms(Bound(">=", Fraction(999, 1000)), rows, MaintenanceTerms(48 * HOUR, 4 * HOUR))
    seen = segments(period.span)
    start = seen[1].start - MINUTE
    window = Window("MW-1", "Upgrade", frozenset({"shop"}), Span(start, start + HOUR), start - 3 * DAY, "ops")
    paid = [(date(2026, 1, 1), Money(Fraction(1_200), "EUR"))]
    return Case(
        contract=standard_contract(terms),
        period=period,
        in_force=(period.span,),
        evidence=Evidence({"shop": ServiceTimeline((period.span,), seen)}, (window,), MINUTE),
        fees=Fees("EUR", {"period": fee_lines(paid, period, (period.span,), period.zone)}),
        as_of=period.span.end,
    )


def best(act: Callable[[], object], rounds: int = 200) -> float:
    """µs, the best of many rounds."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return min(taken) * 1e6


def main() -> None:
    finished = case()
    running = replace(finished, as_of=finished.period.span.start + 15 * DAY)
    (timeline,) = finished.evidence.resources.values()
    costs = {
        "outages of the timeline": best(lambda: outages(timeline.segments, bridge=MINUTE)),
        "evaluate": best(lambda: evaluate(finished)),
        "evaluate, half way": best(lambda: evaluate(running)),
        "budget": best(lambda: budget(running)),
        "exposure": best(lambda: exposure(running)),
    }
    costs["budget and exposure"] = costs["budget"] + costs["exposure"]
    for name, cost in costs.items():
        goal = f" (goal {GOALS[name]:,})" if name in GOALS else ""
        print(f"{name}: {cost:,.0f} µs{goal}")


if __name__ == "__main__":
    main()
