"""A period that an amendment splits: each part is judged by its own terms, and the credits are added up.

Every part has its own figure, its own share of the fee and its own limits. The sum is rounded once, as the
last terms round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from monitor.agreements import history
from monitor.agreements.evaluate import combined, evaluate, limited, settlement
from monitor.agreements.pipeline import Case, Clause, Contract, Limit, Line, Priced, Settlement, Value
from monitor.agreements.rounding import HeldUntil, Round
from monitor.agreements.workings import workings


def evaluate_parts(cases: Sequence[Case]) -> Settlement:
    """What a period comes to whose parts, in order, are these cases; as `evaluate` says of one."""
    if len(cases) == 1:
        return evaluate(cases[0])
    last, opened = cases[-1], [_open(case) for case in cases]
    parts = [combined(case) for case in opened]
    promises = tuple(named for found, _ in parts for named in found)
    priced = limited(_end(last.contract), _added([each for _, each in parts], last), last)

    def tell(whole: Settlement) -> tuple[Line, ...]:
        told = (
            line
            for case, (found, each) in zip(opened, parts, strict=True)
            for line in workings(case, Settlement(found, None, each))
        )
        return (*told, *whole.priced.lines)

    whole = settlement(last, promises, priced, tell)
    return replace(whole, history=(history.whole(whole.history),))


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


def _open(case: Case) -> Case:
    """The case without what the sum of the parts goes through."""
    contract = case.contract
    promises = tuple((name, replace(clause, limits=_before(clause))) for name, clause in contract.promises)
    return replace(case, contract=replace(contract, promises=promises, limits=_before(contract)))


def _before(rules: Clause | Contract) -> tuple[Limit, ...]:
    return tuple(limit for limit in rules.limits if not _is_last(limit))


def _end(contract: Contract) -> Iterable[Limit]:
    """The one rounding, and what is kept after it."""
    limits = contract.limits or contract.promises[0][1].limits
    return (limit for limit in limits if _is_last(limit))


def _is_last(limit: Limit) -> bool:
    if isinstance(limit, Round):
        return limit.line in ("agreement", "statement")
    return isinstance(limit, HeldUntil)
