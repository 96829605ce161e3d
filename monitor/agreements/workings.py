"""The lines of a settlement, as data: every figure of the way from the period to the claim, in order.

The vocabulary is closed; `explain` and the statement's pages make words of it. ms are integers, shares and
money fractions. Nothing is made before it is read. Where there are several promises, or several resources, a
line with its name stands before those of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from monitor.agreements.deadlines import dates
from monitor.agreements.history import of_promise
from monitor.agreements.pipeline import Case, Line, Named, Settlement, Value
from monitor.agreements.rights import MayLeave
from monitor.agreements.rounding import sum_of
from monitor.agreements.together import HighestPerOutage, LowestCommitment, Points, Sum
from monitor.agreements.worked import period, worked

TOGETHER = {Sum: "sum", HighestPerOutage: "highest_per_outage", LowestCommitment: "lowest_commitment"}


def workings(case: Case, settled: Settlement) -> tuple[Line, ...]:
    """All lines of one settlement."""
    return (
        period(case),
        *_promises(case, settled),
        *_whole(case, settled),
        *_beside(settled),
        *_claim(case, settled),
    )


def _promises(case: Case, settled: Settlement) -> Iterator[Line]:
    for named in settled.promises:
        if len(settled.promises) > 1:
            yield Line("measure", "promise", {"name": named.name})
        yield from worked(_seen_by(named, case), named)
        yield from named.priced.lines
        if len(_claims(settled)) > 1:
            yield _asked_for(named.clause.claim.text)


def _seen_by(named: Named, case: Case) -> Case:
    evidence = case.apart.get(named.name, case.evidence)
    return replace(case, evidence=evidence, history=of_promise(case.history, named.name))


def _whole(case: Case, settled: Settlement) -> Iterator[Line]:
    """How the promises become one credit, and what limits the whole."""
    combine = case.contract.combine
    if len(settled.promises) > 1 and not isinstance(combine, Points):
        values: dict[str, Value] = {"currency": case.fees.currency, "promises": len(settled.promises)}
        if settled.priced.before is not None:
            values["amount"] = sum_of(combine(settled.promises, case))
        yield Line("together", TOGETHER.get(type(combine), "highest"), values)
    yield from settled.priced.lines[_own(settled) :]


def _own(settled: Settlement) -> int:
    """How many of the lines are those of the promises."""
    lines = settled.priced.lines
    every = tuple(line for named in settled.promises for line in named.priced.lines)
    for own in (every, *(named.priced.lines for named in settled.promises)):
        if lines[: len(own)] == own:
            return len(own)
    return 0


def _beside(settled: Settlement) -> Iterator[Line]:
    """What is owed that is no money, and what no program decides."""
    if settled.service:
        yield Line("limits", "service", {"ms": settled.service})
    for name, count in settled.units.items():
        yield Line("limits", "units", {"name": name, "count": count})
    if settled.undecided:
        yield Line("rounding", "undecided", {"why": settled.undecided})


def _claim(case: Case, settled: Settlement) -> Iterator[Line]:
    texts = _claims(settled)
    if len(texts) == 1:
        yield _asked_for(texts[0])
    if texts != ["automatic"] and any(due.amount for due in settled.priced.dues):
        found = dates(case, settled)
        for rule, day in (("notify_by", found.notify_by), ("claim_by", found.claim_by)):
            if day is not None:
                yield Line("claim", rule, {"day": day.isoformat()})
    for right in settled.rights:
        yield Line("claim", "right", {"text": right})
    for may in case.contract.rights:
        if isinstance(may, MayLeave) and may.terms.text not in settled.rights and may.untold(case):
            yield Line("claim", "assumed", {"text": may.terms.text})


def _claims(settled: Settlement) -> list[str]:
    """How credits are obtained, each way once."""
    return list(dict.fromkeys(named.clause.claim.text for named in settled.promises))


def _asked_for(text: str) -> Line:
    return Line("claim", "claim", {"text": text})
