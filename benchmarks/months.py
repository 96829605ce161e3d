"""What many agreements cost: `python -m benchmarks.months`.

Ten thousand agreement-months: a hundred services, a hundred agreements on each, one month of 33 transitions. A
service's timeline is built once for its month, whoever has an agreement on it. Then how the cost grows with
the transitions of a month (once, ten and a hundred times as many; the ratio should stay near 1: linear), and
what the workings and their words would cost, which are made only where somebody reads them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from benchmarks.agreements import TRANSITIONS, case
from monitor.agreements.evaluate import evaluate
from monitor.agreements.evidence import Evidence
from monitor.agreements.pipeline import Case, Settlement
from monitor.core.checks import Reason, State
from monitor.core.intervals import MINUTE, Span
from monitor.core.services import AtLeast, Leaf, ServiceTimeline, service_timeline
from monitor.core.timeline import Segment
from reports.words import workings

SERVICES, AGREEMENTS = 100, 100
GOAL = 5.0


def lane(span: Span, transitions: int, shift: int) -> tuple[Segment, ...]:
    """One endpoint: up and down by turns, `transitions` changes in all."""
    step = span.length // (transitions + 1)
    edges = [span.start, *(span.start + n * step + shift for n in range(1, transitions + 1)), span.end]
    kinds = [(State.UP, Reason.OK), (State.DOWN, Reason.TIMEOUT)]
    return tuple(
        Segment(start, end, *kinds[n % 2], start, start)
        for n, (start, end) in enumerate(itertools.pairwise(edges))
    )


def timeline(span: Span, transitions: int, number: int = 0) -> ServiceTimeline:
    """A service of two endpoints, down while the first is."""
    lanes = {
        "web": lane(span, transitions, number),
        "api": (Segment(span.start, span.end, State.UP, Reason.OK, span.start, span.start),),
    }
    life = {"web": (span,), "api": (span,)}
    return service_timeline(AtLeast(None, (Leaf("web"), Leaf("api"))), lanes, life, span)


def seconds(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


def best(act: Callable[[], object], rounds: int = 15) -> float:
    return min(seconds(act) for _ in range(rounds))


def all_months(plain: Case) -> int:
    """Every agreement-month once; the timelines that were built."""
    span, windows = plain.period.span, plain.evidence.windows
    built = 0
    for number in range(SERVICES):
        evidence = Evidence({"shop": timeline(span, TRANSITIONS, number)}, windows, MINUTE)
        built += 1
        for _ in range(AGREEMENTS):
            evaluate(replace(plain, evidence=evidence))
    return built


def with_transitions(plain: Case, transitions: int) -> Case:
    evidence = Evidence({"shop": timeline(plain.period.span, transitions)}, plain.evidence.windows, MINUTE)
    return replace(plain, evidence=evidence)


def read(settlement: Settlement) -> object:
    """The workings in words, as a page has them."""
    return workings(settlement.lines)


def main() -> None:
    plain = case()
    built: list[int] = []
    taken = seconds(lambda: built.append(all_months(plain)))
    months = SERVICES * AGREEMENTS
    print(
        f"{months:,} agreement-months of {TRANSITIONS} transitions: {taken:.2f} s (goal {GOAL}), "
        f"{taken / months * 1e6:,.0f} µs each, {built[0]} timelines built"
    )

    costs = {}
    for times in (1, 10, 100):
        many = with_transitions(plain, TRANSITIONS * times)
        costs[times] = best(partial(evaluate, many))
    for times, cost in costs.items():
        each = cost / (TRANSITIONS * times) * 1e6
        print(f"{TRANSITIONS * times:,} transitions: {cost * 1e6:,.0f} µs, {each:,.2f} µs a transition")
    print(f"from ten to a hundred times: {costs[100] / costs[10] / 10:.2f} of linear (near 1 is linear)")

    settlement = evaluate(plain)
    print(f"the workings in words, where they are read: {best(lambda: read(settlement)) * 1e6:,.0f} µs")


if __name__ == "__main__":
    main()
