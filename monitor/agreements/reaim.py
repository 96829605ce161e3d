"""An SLA aimed at another commitment: the same promise at another level, to see what it would have cost.

Every row of the credit table keeps its distance from the commitment, as a multiple of the downtime that is
allowed: a row at ten times the allowance stays at ten times. So tables keep their order, whatever they have
of gaps and overlaps. Caps, exclusions, rounding and steps of shortfall stay as they are; rights to leave are
left out, since they are no money.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

from monitor.agreements.rows import Row, Rows
from monitor.agreements.schedule import FEE, Amount, Each, GreatestOf, Node, SumOf
from monitor.agreements.terms import CommitmentTerms, ContractTerms, Terms
from monitor.agreements.words import share
from monitor.core.numbers import Bound

STATED = ((Fraction(1), Fraction(10, 100)), (Fraction(10), Fraction(25, 100)))
"""Where no agreement's own schedule fits: from how many times the allowance on, what share of the fee."""

Policy = Literal["left out", "up", "down"]


def why_not(terms: ContractTerms) -> str:
    """Why an SLA cannot be aimed at another level, in a few words; "" where it can."""
    if len(terms.promises) > 1:
        return "it makes several promises"
    ((_, promise),) = terms.promises
    bound = promise.commitment.bound
    if bound is None or promise.commitment.of != "share":
        return "it promises no availability"
    if terms.together == "points":
        return "it counts points"
    if bound.value >= 1 or bound.sign not in (">=", ">"):
        return "what it allows cannot be multiplied"
    return ""


def aimed(terms: ContractTerms, level: Fraction) -> ContractTerms:
    """The SLA with its commitment at `level`, below 1; ValueError, with the reason, where it cannot be."""
    ((name, promise),) = terms.promises[:1]
    bound = promise.commitment.bound
    why = why_not(terms)
    if why or bound is None:
        raise ValueError(f"the SLA cannot be aimed at another level: {why}")
    scale = (1 - level) / (1 - bound.value)
    moved = replace(
        promise,
        commitment=replace(promise.commitment, bound=Bound(bound.sign, level)),
        credits=scaled(promise.credits, scale),
    )
    return replace(terms, promises=((name, moved),), termination=())


def scaled(node: Node, scale: Fraction) -> Node:
    """A schedule whose rows on the figure, and on downtime, stand at `scale` times their distance."""
    match node:
        case Each():
            beyond = node.beyond
            if node.of == "share" and isinstance(beyond, Fraction):
                beyond = _moved(beyond, scale)
            return replace(node, credit=scaled(node.credit, scale), beyond=beyond)
        case GreatestOf() | SumOf():
            return replace(node, of=tuple(scaled(each, scale) for each in node.of))
        case Rows():
            return replace(node, rows=tuple(_row(row, node.by, scale) for row in node.rows))
        case _:
            return node


def _row(row: Row, by: str, scale: Fraction) -> Row:
    credit = scaled(row.credit, scale)
    if by == "figure":
        bounds = tuple(Bound(each.sign, _moved(each.value, scale)) for each in row.bounds)
        return Row(bounds, credit, _text(bounds))
    if by == "downtime":
        return Row(tuple(Bound(b.sign, b.value * scale) for b in row.bounds), credit, row.text)
    return replace(row, credit=credit)


def _moved(figure: Fraction, scale: Fraction) -> Fraction:
    return 1 - (1 - figure) * scale


def unseen_as(terms: ContractTerms, policy: Policy) -> ContractTerms:
    """The SLA with what nobody saw counted so, however much it is."""
    promises = tuple(
        (name, replace(each, measure=replace(each.measure, unobserved=policy, coverage=Fraction(0))))
        for name, each in terms.promises
    )
    return replace(terms, promises=promises)


def stated(level: Fraction, like: ContractTerms | None = None) -> ContractTerms:
    """An SLA of one commitment with the `STATED` schedule.

    Everything else is that of the only promise of `like`, if it is of time or of slots; else all downtime
    counts, and the fee is the most.
    """
    commitment, rows = CommitmentTerms(Bound(">=", level)), _stated_rows(level)
    name, promise = _only(like) or ("", Terms(commitment, rows))
    return ContractTerms(((name, replace(promise, commitment=commitment, credits=rows)),))


def _stated_rows(level: Fraction) -> Rows:
    bounds = ((Bound("<", 1 - times * (1 - level)), part) for times, part in STATED)
    return Rows(
        tuple(
            Row((bound,), Amount("share", part, FEE, share(part, space="")), _text((bound,)))
            for bound, part in bounds
            if bound.value > 0
        )
    )


def _only(terms: ContractTerms | None) -> tuple[str, Terms] | None:
    """The only promise of an SLA that has a figure of availability; None where there is no such one."""
    if terms is None or len(terms.promises) > 1 or terms.together == "points":
        return None
    ((name, promise),) = terms.promises
    timed = promise.measure.evidence == "outages" or promise.measure.as_ == "bad slots"
    return (name, promise) if timed else None


def _text(bounds: tuple[Bound, ...]) -> str:
    return ", ".join(f"{each.sign} {share(each.value, space='')}" for each in bounds)
