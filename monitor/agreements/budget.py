"""Error budget and exposure of a running or finished period, by the stages of `evaluate`: no second formula.

The next tier and its price are found by bisection on the same stages with hypothetical downtime of all
resources that starts at `as_of`; everything else of the future is taken as up. A budget is of one promise
that bounds an availability or a downtime; of several resources it is that of the one with the least left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor

from monitor.agreements.account import size
from monitor.agreements.ahead import Ahead, Read, Supposed, ahead, measure
from monitor.agreements.evaluate import read, seen_by, through
from monitor.agreements.formula import MeanOfLast, MeanOfMonths, Rounded
from monitor.agreements.gate import Commitment
from monitor.agreements.limits import fee
from monitor.agreements.pipeline import Accounts, Case, Formula, Gate, Named, Piece, Reading, badness
from monitor.agreements.schedule import Rows
from monitor.core.intervals import Ms
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.records import dataclass


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
    """The worst figure of a period up to `as_of`, what is left of it, and what it may still cost.

    `budget` None: there is none, and `why_none` says in a few words why. `accounts` are those that the
    figure is made of.
    """

    reading: Reading
    fee: Money
    budget: Budget | None
    exposure: Exposure
    why_none: str = ""
    accounts: Accounts = ()


def outlook(case: Case) -> Outlook:
    """The worst reading of `evaluate`, `budget` and `exposure`, of one measurement.

    A figure in no row is no error here, and is not priced.
    """
    measured = measure(case)
    now = _now(case, measured)
    future = ahead(case, measured)
    standing = future.supposed(0)
    why_none = no_budget(now)
    promise, reading = min(
        ((each, reading) for each in now for reading in each.readings), key=lambda found: badness(found[1])
    )
    return Outlook(
        reading=reading,
        fee=fee(case),
        budget=None if why_none else _budget(case, now[0].accounts, standing),
        exposure=_exposure(case, future, standing),
        why_none=why_none,
        accounts=_behind(reading, promise.accounts),
    )


def _now(case: Case, measured: Mapping[str, Accounts]) -> tuple[Read, ...]:
    """Every promise up to its gate, as `evaluate` reads it."""
    found = []
    for name, clause in case.contract.promises:
        own = seen_by(name, case)
        accounts = through(clause.steps, measured[name], own)
        found.append(Read(name, clause, accounts, read(clause, accounts, own)))
    return tuple(found)


def no_budget(promises: tuple[Read, ...]) -> str:
    """Why there is no error budget, in a few words; "" where there is one."""
    if len(promises) > 1:
        return "there are several promises, each with a commitment of its own"
    (each,) = promises
    gate = each.clause.gate
    if not isinstance(gate, Commitment):
        return "nothing is promised that could be used up"
    if gate.of == "metric":
        return "a metric is promised, not time"
    if any(account.unit.startswith("ticket") for account in each.accounts):
        return "responses to tickets are promised, not time"
    if any(account.unit != "ms" for account in each.accounts):
        return "what is bad is counted in slots, not in time"
    return next(filter(None, map(_other_figure, _layers(each.clause.formula))), "")


def _layers(formula: Formula) -> Iterator[Formula]:
    """A formula, and what stands inside it."""
    inside: Formula | None = formula
    while inside is not None:
        yield inside
        inside = getattr(inside, "inner", None)


def _other_figure(formula: Formula) -> str:
    return next((why for kind, why in _OTHER_FIGURES.items() if isinstance(formula, kind)), "")


_OTHER_FIGURES = {
    MeanOfLast: "the figure is a mean with earlier periods",
    MeanOfMonths: "the figure is the mean of the period's months",
    Rounded: "the figure is rounded before it is compared",
}


def budget(case: Case) -> Budget:
    """The error budget of the case's period, seen at `case.as_of`.

    The pace is that of the promised time: an agreement that starts on the 20th is not late on the 21st, nor
    a service that is watched since then. `burn` is None too where the commitment allows nothing. TypeError,
    with the reason, where there is none.
    """
    measured = measure(case)
    now = _now(case, measured)
    if why := no_budget(now):
        raise TypeError(f"there is no error budget: {why}")
    return _budget(case, now[0].accounts, ahead(case, measured).supposed(0))


def _budget(case: Case, accounts: Accounts, standing: Supposed) -> Budget:
    """That of the figure with the least left."""
    (promise,) = standing.promises
    found = [
        _of(case, promise.clause.gate, r, _behind(r, accounts), _behind(r, promise.accounts))
        for r in promise.readings
    ]
    return min(found, key=lambda each: each.left)


def _behind(reading: Reading, accounts: Accounts) -> Accounts:
    """The accounts that a figure is made of."""
    return tuple(account for account in accounts if account.lane == reading.lane) or accounts


def _of(case: Case, gate: Gate, standing: Reading, accounts: Accounts, whole: Accounts) -> Budget:
    """The budget of one figure, of the accounts so far and of the same ones at the period's end."""
    allowed = max(0, gate.allows(standing.base)) if isinstance(gate, Commitment) else 0
    bad = tuple(sorted((piece for each in accounts for piece in each.bad), key=lambda piece: piece.start))
    spent, passed, promised = size(bad), _promised(accounts), _promised(whole)
    gone = Fraction(passed, promised) if promised else Fraction(1)
    return Budget(
        allowed=allowed,
        spent=spent,
        left=allowed - spent,
        burn=Fraction(spent, allowed) / gone if gone and allowed else None,
        exhausted=_exhausted(case, bad, (passed, spent, allowed), whole),
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


def _exhausted(case: Case, bad: tuple[Piece, ...], so_far: tuple[Ms, Ms, Ms], whole: Accounts) -> Ms | None:
    """When what is allowed is used up: the instant at which it was, or that which the pace so far reaches.

    `so_far` is the time passed, spent and allowed; the time of several resources passes at once. None where
    it is not before the end.
    """
    passed, spent, allowed = so_far
    if spent >= allowed:
        return _used_up(bad, allowed)
    if not spent:
        return None
    need = ceil((Fraction(allowed * passed, spent) - passed) / len(whole))
    for piece in whole[0].promised:
        start = max(piece.start, case.as_of)
        if piece.end - start > need:
            return start + need
        need -= max(0, piece.end - start)
    return None


def _promised(accounts: Accounts) -> Ms:
    return sum(size(each.promised) for each in accounts)


def exposure(case: Case) -> Exposure:
    """What is owed, and the next tier with its price.

    A hypothetical figure that has no price (in no row, or not determinable) is not a tier and is passed by.
    """
    future = ahead(case)
    return _exposure(case, future, future.supposed(0))


def owed_already(case: Case) -> Amount | None:
    """`exposure(case).owed` alone: the credit that is certain, even if nothing more fails."""
    return ahead(case).supposed(0).price


def _exposure(case: Case, future: Ahead, standing: Supposed) -> Exposure:
    owed = standing.price
    if owed is None or case.as_of >= case.period.span.end:
        return Exposure(owed, None, None, "" if owed is not None else standing.objection)
    low = 0
    for probe in _probes(case, standing):
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


def _probes(case: Case, standing: Supposed) -> list[Ms]:
    """Where to look first: at and just before each row's edge, were nothing excused, and at the very end.

    They only make the bisection short: what it finds is proved by the pipeline on both sides of it.
    """
    rest = case.period.span.end - max(case.as_of, case.period.span.start)
    near = {edge + step for each in standing.promises for edge in edges(each) for step in (-1, 0)}
    return sorted(extra for extra in near | {rest} if 0 < extra <= rest)


def edges(promise: Read | Named) -> set[Ms]:
    """Where the rows of a promise begin, in further downtime of each of its figures."""
    schedule = promise.clause.schedule
    rows = schedule.rows if isinstance(schedule, Rows) else ()
    bounds = [bound for row in rows for bound in row.bounds]
    return {_edge(bound, reading) for bound in bounds for reading in promise.readings}


def _edge(bound: Bound, reading: Reading) -> Ms:
    """The first ms of further downtime on the worse side of a bound."""
    most = (1 - bound.value) * reading.base - reading.bad
    return floor(most) + 1 if bound.sign in ("<", ">=") else ceil(most)
