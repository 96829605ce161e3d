"""A period that an amendment splits: each part is judged by its own terms, and the credits are added up.

Every part has its own figure, its own share of the fee and its own limits. Their sum is limited once more, as
the last terms limit a period, and rounded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from monitor.agreements import history
from monitor.agreements.caps import AtMost
from monitor.agreements.evaluate import combined, evaluate, limited, settlement
from monitor.agreements.limits import NARROW
from monitor.agreements.pipeline import Case, Contract, Limit, Line, Priced, Settlement, Value
from monitor.agreements.rounding import HeldUntil, OnlyIf, RaisedTo, Round
from monitor.agreements.workings import workings
from monitor.core.intervals import normalise


def evaluate_parts(cases: Sequence[Case]) -> Settlement:
    """What a period comes to whose parts, in order, are these cases; as `evaluate` says of one."""
    if len(cases) == 1:
        return evaluate(cases[0])
    last, opened = cases[-1], [_open(case) for case in cases]
    parts = [combined(case) for case in opened]
    promises = tuple(named for found, _ in parts for named in found)
    whole_case = _joined(cases)
    added = _capped(_added([each for _, each in parts], last), [each for _, each in parts], whole_case)
    priced = limited(_end(last.contract), added, whole_case)

    def tell(whole: Settlement) -> tuple[Line, ...]:
        told = (
            line
            for case, (found, each) in zip(opened, parts, strict=True)
            for line in workings(case, Settlement(found, None, each))
        )
        return (*told, *whole.priced.lines)

    whole = settlement(last, promises, priced, tell)
    return replace(whole, remember=lambda: (history.whole(whole.history),))


def _added(parts: Sequence[Priced], case: Case) -> Priced:
    """The dues of all parts together."""
    dues = tuple(due for each in parts for due in each.dues)
    amount = sum((due.amount for due in dues if due.kind == "money"), Fraction(0))
    values: dict[str, Value] = {"currency": case.fees.currency, "promises": len(parts), "amount": amount}
    return Priced(
        dues=dues,
        lines=(Line("together", "parts", values),),
        before=sum((each.before or Fraction(0) for each in parts), Fraction(0)),
        limited_by=next((each.limited_by for each in parts if each.limited_by), ""),
        readings=tuple(reading for each in parts for reading in each.readings),
    )


def _joined(cases: Sequence[Case]) -> Case:
    """The last case with all that is in force of the period, and all of its fee."""
    last = cases[-1]
    lines = tuple(line for case in cases for line in case.fees["period"])
    fees = replace(last.fees, by_span={**last.fees.by_span, "period": lines})
    return replace(last, in_force=normalise(span for case in cases for span in case.in_force), fees=fees)


def _capped(added: Priced, parts: Sequence[Priced], case: Case) -> Priced:
    """The sum within what a period, and any wider span, may come to at most."""
    time = sum((max((r.time for r in each.readings), default=Fraction(0)) for each in parts), Fraction(0))
    whole = (replace(added.readings[0], time=time),)
    caps = [each for each in _last(case.contract) if isinstance(each, AtMost) and each.cap.per not in NARROW]
    return replace(limited(caps, replace(added, readings=whole), case), readings=added.readings)


def _open(case: Case) -> Case:
    """The case without what the sum of the parts goes through."""
    contract = case.contract
    promises = contract.promises
    if not contract.limits:
        promises = tuple((name, replace(clause, limits=_before(clause.limits))) for name, clause in promises)
    return replace(case, contract=replace(contract, promises=promises, limits=_before(contract.limits)))


def _before(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    return tuple(limit for limit in limits if not _is_last(limit))


def _end(contract: Contract) -> Iterable[Limit]:
    """The least that is paid, the one rounding, and what is kept after it."""
    return (limit for limit in _last(contract) if _is_last(limit))


def _last(contract: Contract) -> tuple[Limit, ...]:
    return contract.limits or contract.promises[0][1].limits


def _is_last(limit: Limit) -> bool:
    if isinstance(limit, Round):
        return limit.line in ("agreement", "statement")
    return isinstance(limit, HeldUntil | OnlyIf | RaisedTo)
