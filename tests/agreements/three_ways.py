"""Three computations of one generated case held against each other: engine, cells, naive pricing.

    python -m tests.agreements.three_ways --cases 100000 --first 0 --workers 2

prints what was compared, what was left out and why, and every case on which they disagree.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from typing import Any

from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Reading, Settlement
from monitor.agreements.terms import Terms
from monitor.errors import EvidenceRefused, NoRow
from tests.agreements import cells_counted, cells_money
from tests.agreements.cells_oracle import Beyond, Figure, is_value, timed, with_the_last
from tests.agreements.generated import Generated, generated, is_timed
from tests.agreements.naive import settle
from tests.agreements.translate import Untold, question

REFUSED = {"no row", "several rows"}


@dataclass(slots=True)
class Tally:
    """How often the three were compared, and why one of them was not."""

    cases: int = 0
    naive: int = 0
    cells: int = 0
    credits: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.cases += other.cases
        self.naive += other.naive
        self.cells += other.cells
        self.credits += other.credits
        self.left_out += other.left_out
        self.disagreements += other.disagreements


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine says: a settlement, or the kind of its refusal."""

    settlement: Settlement | None
    refused: str = ""


def asked(drawn: Generated) -> Answer:
    """The engine's answer."""
    try:
        return Answer(evaluate(drawn.case))
    except NoRow:
        return Answer(None, "no row")
    except EvidenceRefused:
        return Answer(None, "evidence")


def compared(seed: int, tally: Tally) -> None:
    """One case, computed three ways."""
    drawn = generated(seed)
    answer = asked(drawn)
    tally.cases += 1
    by_cells(drawn, answer, tally)
    by_naive(drawn, answer, tally)


# --- the cells -------------------------------------------------------------------------------------------


def by_cells(drawn: Generated, answer: Answer, tally: Tally) -> None:
    """The figures of each promise, by the cells."""
    if answer.settlement is None:
        tally.left_out[f"the engine refuses: {answer.refused}"] += 1
        return
    everything: dict[str, list[Figure]] = {}
    for (name, terms), named in zip(drawn.terms.promises, answer.settlement.promises, strict=True):
        try:
            whole = figures(drawn, name, terms)
        except Beyond as reason:
            tally.left_out[f"cells: {reason}"] += 1
            continue
        tally.cells += 1
        found = [_of_cells(each, terms) for each in whole]
        told = [
            {
                "value": r.value,
                "bad": r.bad,
                "base": r.base,
                "down": r.down,
                "time": r.time if r.base else 0,
                "coverage": r.coverage if r.base else 1,
            }
            for r in named.readings
        ]
        if terms.scope.join == "worst":
            whole = [one for one, each in zip(whole, found, strict=True) if each == told[0]][:1] or whole
            found = [each for each in found if each == told[0]][:1] or found
        everything[name] = whole
        _same(drawn, f"cells {name}", told, found, tally)

    if len(everything) == len(drawn.terms.promises) and answer.settlement.credit is not None:
        priced_by_cells(drawn, answer.settlement, everything, tally)


def priced_by_cells(
    drawn: Generated, settlement: Settlement, found: dict[str, list[Figure]], tally: Tally
) -> None:
    """The credit, by the cells."""
    try:
        exact, paid = cells_money.credit(drawn, found)
    except Beyond as reason:
        tally.left_out[f"cells: {reason}"] += 1
        return
    except cells_money.Unpriced:
        exact = paid = Fraction(-1)
    tally.credits += 1
    assert settlement.credit is not None
    told = (_exact(drawn, settlement), settlement.credit.exact)
    _same(drawn, "credit by cells", told, (None if told[0] is None else exact, paid), tally)


def figures(drawn: Generated, name: str, terms: Terms) -> list[Figure]:
    """What the oracle finds for a promise; Beyond where it does not try."""
    kinds = {
        "slots": cells_counted.requests,
        "metrics": cells_counted.samples,
        "events": cells_counted.events,
    }
    find = kinds.get(terms.measure.evidence, timed if terms.measure.slot is None else cells_counted.cut)
    own = tuple(past for past in drawn.case.history if past.promise == name)
    drawn = replace(drawn, case=replace(drawn.case, history=own))
    return with_the_last(find(drawn, name, terms), drawn, name, terms)


def _of_cells(figure: Figure, terms: Terms) -> dict[str, Any]:
    return {
        "value": figure.value,
        "bad": figure.bad,
        "base": int(figure.base),
        "down": figure.down,
        "time": figure.time if int(figure.base) else 0,
        "coverage": figure.seen if int(figure.base) else 1,
    }


def _same(drawn: Generated, where: str, engine: Any, other: Any, tally: Tally) -> None:
    if engine != other:
        tally.disagreements.append(
            f"seed {drawn.seed}, {where}:\n    engine {_plain(engine)}\n    other  {_plain(other)}"
        )


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_plain(each) for each in value) + "]"
    return str(value)


# --- the naive pricing -----------------------------------------------------------------------------------


def by_naive(drawn: Generated, answer: Answer, tally: Tally) -> None:
    """Figures, verdicts and credit, by the naive pricing."""
    try:
        asks = question(drawn)
    except Untold as reason:
        tally.left_out[f"naive: {reason}"] += 1
        return
    told = settle(asks.contract, asks.evidence, asks.period, asks.money, asks.history)
    if any(part["reason"] == "nothing counted" for part in _leaves(told)) or _nothing_left(drawn, answer):
        tally.left_out["naive: nothing counted, which it does not price"] += 1
        return
    tally.naive += 1
    if answer.settlement is None:
        refusals = REFUSED.intersection(part["reason"] for part in (told, *_leaves(told)))
        _same(drawn, "naive", answer.refused, "no row" if refusals else told, tally)
        return
    _same(drawn, "naive", _of_engine(drawn, answer.settlement), _of_naive(drawn, told), tally)


def _nothing_left(drawn: Generated, answer: Answer) -> bool:
    """Whether all time of a period that is taken as so long was taken off both sides, as cells find too."""
    return answer.settlement is not None and any(
        reading.determinable and not reading.base and terms.period.taken_as is not None
        for (_, terms), named in zip(drawn.terms.promises, answer.settlement.promises, strict=True)
        for reading in named.readings
    )


def _of_engine(drawn: Generated, settlement: Settlement) -> dict[str, Any]:
    readings = [
        _reading(reading, terms)
        for name, terms in _that_apply(drawn)
        for named in settlement.promises
        if named.name == name
        for reading in named.readings
    ]
    credit = settlement.credit
    return {
        "readings": readings,
        "exact": _exact(drawn, settlement),
        "minor": credit.minor if credit else None,
    }


def _reading(r: Reading, terms: Terms) -> dict[str, Any]:
    if not r.determinable:
        return {"value": None}
    if is_value(terms.measure):
        return {"value": r.figure, "met": r.met}
    if _scaled(terms) or _tied(terms):
        return {"value": r.figure, "met": r.met}
    bad, base = (r.down, r.time) if is_timed(terms.measure) else (r.bad, r.base)
    return {"value": r.figure, "met": r.met, "bad": bad, "base": base}


def _exact(drawn: Generated, settlement: Settlement) -> Fraction | None:
    """What went into the one rounding, where it is of the whole."""
    if settlement.credit is None or _line(drawn) != "agreement":
        return None
    lines = (line for line in settlement.priced.lines if line.rule == "round")
    return sum((Fraction(line.values["before"]) for line in lines), Fraction(0))


def _line(drawn: Generated) -> str:
    terms = drawn.terms
    whole = terms.rounding if len(terms.promises) > 1 else terms.promises[0][1].rounding
    return whole.line if whole else "agreement"


def _of_naive(drawn: Generated, told: dict[str, Any]) -> dict[str, Any]:
    parts = [_leaves(part) for part in told.get("parts", [told])]
    readings = []
    for (_, terms), own in zip(_that_apply(drawn), parts, strict=True):
        readings += [_part(part, terms) for part in own]
    exact = told["credit_exact"]
    whole = _line(drawn) == "agreement"
    return {"readings": readings, "exact": exact if whole else None, "minor": told["credit_minor"]}


def _part(part: dict[str, Any], terms: Terms) -> dict[str, Any]:
    if part["reason"] == "coverage":
        return {"value": None}
    met = part["met"] if terms.commitment.bound is not None else True
    if is_value(terms.measure) or _scaled(terms) or _tied(terms):
        return {"value": part["value"], "met": met}
    if terms.measure.evidence == "events" and not part["base"]:
        return {"value": None, "met": True, "bad": 0, "base": 0}
    base = part["base"] if is_timed(terms.measure) else int(part["base"])
    return {"value": part["value"], "met": met, "bad": part["bad"], "base": base}


def _scaled(terms: Terms) -> bool:
    """Whether the naive pricing scales the slots themselves, and the engine the time that they stand for."""
    return terms.period.partial == "extrapolated" and terms.measure.slot is not None


def _tied(terms: Terms) -> bool:
    """Whether two resources may be the worst, as rounded figures are equal where exact ones are not."""
    return terms.scope.join == "worst" and terms.formula.decimals is not None


def _that_apply(drawn: Generated) -> list[tuple[str, Terms]]:
    """The promises; of several under "lowest commitment" the one that applies."""
    promises = list(drawn.terms.promises)
    if drawn.terms.together == "lowest commitment":
        return [
            min(promises, key=lambda one: one[1].commitment.bound.value if one[1].commitment.bound else -1)
        ]
    return promises


def _leaves(part: dict[str, Any]) -> list[dict[str, Any]]:
    parts = part.get("parts")
    return [part] if not parts else [leaf for each in parts for leaf in _leaves(each)]


# --- many ------------------------------------------------------------------------------------------------


def many(first: int, cases: int) -> Tally:
    """The cases of so many seeds."""
    tally = Tally()
    for seed in range(first, first + cases):
        compared(seed, tally)
    return tally


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=2_000)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--workers", type=int, default=1)
    said = options.parse_args()
    starts = range(said.first, said.first + said.cases, 500)
    sizes = [min(500, said.first + said.cases - start) for start in starts]
    tally = Tally()
    with ProcessPoolExecutor(said.workers) as pool:
        for part in pool.map(many, starts, sizes):
            tally.add(part)
            for each in part.disagreements:
                print(f"{tally.cases:,} cases so far; {each}", file=sys.stderr, flush=True)
    report(tally)
    sys.exit(bool(tally.disagreements))


def report(tally: Tally) -> None:
    """What was compared, and what was not."""
    print(f"{tally.cases:,} cases; {tally.cells:,} promises by cells, {tally.naive:,} cases by naive pricing")
    for reason, count in tally.left_out.most_common():
        print(f"  {count:7,} left out, {reason}")
    print(f"{len(tally.disagreements):,} disagreements")
    for each in islice(tally.disagreements, 20):
        print(each)


if __name__ == "__main__":
    main()
