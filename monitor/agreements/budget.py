"""Error budget and exposure of a running or finished period, by the stages of `evaluate`: no second formula.

The next tier and its price are found by bisection on the same stages with hypothetical downtime that starts
at `as_of`; everything else of the future is taken as up.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from monitor.agreements.account import size, to_come
from monitor.agreements.ahead import Ahead, Supposed, ahead
from monitor.agreements.evaluate import read, through
from monitor.agreements.gate import Commitment
from monitor.agreements.limits import fee
from monitor.agreements.pipeline import Account, Case, Piece, Reading
from monitor.agreements.schedule import Rows
from monitor.core.intervals import Ms
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound


@dataclass(frozen=True, slots=True)
class Budget:
    """What the commitment allows of the whole period, in ms of downtime.

    `left` is negative once it is overspent. `burn` is the share spent ÷ `gone` (1 is an even pace; None
    before anything is gone). `exhausted` is the instant at which an even continuation of the pace so far
    uses it up: an instant in the past when it is used up already, None when it is not reached before the
    period ends. `gone` is the share of the period's promised time that has passed: what was not promised
    allowed nothing.
    """

    allowed: Ms
    spent: Ms
    left: Ms
    burn: Fraction | None
    exhausted: Ms | None
    gone: Fraction


@dataclass(frozen=True, slots=True)
class Exposure:
    """Money so far and what the next minutes cost.

    `owed` is the credit if the period ended as it stands (the rest up); None when not determinable, and then
    `reason` says in a few words why. `until_next` is the least further downtime, in ms and from `as_of` on,
    that costs more; None when no downtime still possible in the period does. `next_credit` is the credit it
    leads to.
    """

    owed: Amount | None
    until_next: Ms | None
    next_credit: Amount | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The figure of a period up to `as_of`, what is left of it, and what it may still cost."""

    reading: Reading
    fee: Money
    budget: Budget
    exposure: Exposure


def outlook(case: Case) -> Outlook:
    """The reading of `evaluate`, `budget` and `exposure`, of one measurement.

    A figure in no row is no error here, and is not priced. Raises what `budget` raises.
    """
    (measured,) = case.clause.measure(case)
    (account,) = through(case.clause.steps, (measured,), case)
    (reading,) = read(case.clause, (account,), case)
    future = ahead(case, measured)
    standing = future.supposed(0)
    return Outlook(
        reading=reading,
        fee=fee(case),
        budget=_budget(case, account, standing.reading),
        exposure=_exposure(case, future, standing),
    )


def budget(case: Case) -> Budget:
    """The error budget of the case's period, seen at `case.as_of`.

    The pace is that of the promised time: an agreement that starts on the 20th is not late on the 21st, nor
    a service that is watched since then. `burn` is None too where the commitment allows nothing. TypeError
    for a gate that is no commitment.
    """
    (measured,) = case.clause.measure(case)
    (account,) = through(case.clause.steps, (measured,), case)
    return _budget(case, account, ahead(case, measured).supposed(0).reading)


def _budget(case: Case, account: Account, standing: Reading) -> Budget:
    gate = case.clause.gate
    if not isinstance(gate, Commitment):
        raise TypeError("an error budget needs a commitment to an availability")
    allowed = max(0, gate.allows(standing.base))
    bad = account.bad
    spent, passed = size(bad), size(account.promised)
    whole = passed + to_come(case)
    gone = Fraction(passed, whole) if whole else Fraction(1)
    return Budget(
        allowed=allowed,
        spent=spent,
        left=allowed - spent,
        burn=Fraction(spent, allowed) / gone if gone and allowed else None,
        exhausted=_used_up(bad, allowed) if spent >= allowed else _reached(case, passed, spent, allowed),
        gone=gone,
    )


def _used_up(bad: tuple[Piece, ...], allowed: Ms) -> Ms | None:
    """The instant at which counted downtime used up what is allowed; None where nothing is and none was."""
    spent = 0
    for piece in bad:
        if spent + piece.size >= allowed:
            return piece.start + allowed - spent
        spent += piece.size
    return None


def _reached(case: Case, passed: Ms, spent: Ms, allowed: Ms) -> Ms | None:
    """When the pace so far reaches what is allowed; None if not before the agreement's period ends."""
    if not spent:
        return None
    need = ceil(Fraction(allowed * passed, spent)) - passed
    for span in case.in_force:
        left = span.end - max(span.start, case.as_of)
        if left > need:
            return max(span.start, case.as_of) + need
        need -= max(0, left)
    return None


def exposure(case: Case) -> Exposure:
    """What is owed, and the next tier with its price.

    A hypothetical figure that has no price (in no row, or not determinable) is not a tier and is passed by.
    """
    future = ahead(case, *case.clause.measure(case))
    return _exposure(case, future, future.supposed(0))


def owed_already(case: Case) -> Amount | None:
    """`exposure(case).owed` alone: the credit that is certain, even if nothing more fails."""
    return ahead(case, *case.clause.measure(case)).supposed(0).price


def _exposure(case: Case, future: Ahead, standing: Supposed) -> Exposure:
    owed = standing.price
    if owed is None or case.as_of >= case.period.span.end:
        return Exposure(owed, None, None, "" if owed is not None else standing.objection)
    low = 0
    for probe in _probes(case, standing.reading):
        dearer = _dearer(future, probe, owed)
        if dearer:
            return Exposure(owed, *_least(future, low, (probe, dearer), owed))
        low = probe
    return Exposure(owed, None, None)


def _dearer(future: Ahead, extra: Ms, owed: Amount) -> Amount | None:
    """The credit after `extra` ms more, if it is more than what is owed."""
    price = future.supposed(extra).price
    return price if price is not None and price.minor > owed.minor else None


def _least(future: Ahead, low: Ms, found: tuple[Ms, Amount], owed: Amount) -> tuple[Ms, Amount]:
    """The least extra downtime above `low` that costs more, by bisection; what was `found` does."""
    while found[0] - low > 1:
        middle = (low + found[0]) // 2
        dearer = _dearer(future, middle, owed)
        if dearer:
            found = (middle, dearer)
        else:
            low = middle
    return found


def _probes(case: Case, reading: Reading) -> list[Ms]:
    """Where to look first: at and just before each row's edge, were nothing excused, and at the very end.

    They only make the bisection short: what it finds is proved by the pipeline on both sides of it.
    """
    rest = case.period.span.end - max(case.as_of, case.period.span.start)
    schedule = case.clause.schedule
    rows = schedule.rows if isinstance(schedule, Rows) else ()
    edges = {_edge(bound, reading) for row in rows for bound in row.bounds}
    near = {edge + step for edge in edges for step in (-1, 0)}
    return sorted(extra for extra in near | {rest} if 0 < extra <= rest)


def _edge(bound: Bound, reading: Reading) -> Ms:
    """The first ms of further downtime on the worse side of a bound."""
    most = (1 - bound.value) * reading.base - reading.bad
    return floor(most) + 1 if bound.sign in ("<", ">=") else ceil(most)
