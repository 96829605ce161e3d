"""Terms become a contract: one rule a stage, in the order of the pipeline, defaults included.

The order of the steps is said here and nowhere else: what nobody saw, then the length of the whole outage,
then exclusions, then the clip to the period, unless the promise judges otherwise. Each stage's own file makes
its rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from monitor.agreements import clip, exclude, formula, gate, measure, metrics, qualify, scope, slots
from monitor.agreements.limits import base_of, base_of_all, of_alone, of_promise, of_whole
from monitor.agreements.pipeline import Clause, Contract, Formula, Limit, Step
from monitor.agreements.rights import MayLeave
from monitor.agreements.schedule import NoCredits, Unread, priced
from monitor.agreements.terms import ContractTerms, Terms
from monitor.agreements.together import combine
from monitor.agreements.unknown import Unobserved


def contract(terms: ContractTerms) -> Contract:
    """The contract of an SLA as an agreement has it."""
    limits = promise_limits(terms)
    promises = tuple(
        (name, clause(each, own)) for (name, each), own in zip(terms.promises, limits, strict=True)
    )
    if unread(terms):
        promises = tuple((name, replace(each, schedule=Unread())) for name, each in promises)
    return Contract(
        promises=promises,
        combine=combine(terms, base_of_all(terms)),
        limits=of_whole(terms) if _is_combined(terms) else (),
        rights=tuple(MayLeave(each) for each in terms.termination),
        manual=terms.manual,
        readings=terms.readings,
        unverified=terms.unverified,
    )


def unread(terms: ContractTerms) -> bool:
    """Whether what a miss costs is not known: no credit is said, nobody verified that, and no right is."""
    none = all(isinstance(each.credits, NoCredits) for _, each in terms.promises)
    return none and "credits" in terms.unverified and not terms.termination


def _is_combined(terms: ContractTerms) -> bool:
    """Whether something is left to limit and to round once the promises are priced."""
    return len(terms.promises) > 1 or terms.together == "points"


def promise_limits(terms: ContractTerms) -> tuple[tuple[Limit, ...], ...]:
    """Base and limits of each promise; of an only one, which is the whole, with its rounding."""
    if not _is_combined(terms):
        return tuple(of_alone(each) for _, each in terms.promises)
    return tuple(of_promise(each, terms.rounding) for _, each in terms.promises)


def clause(terms: Terms, limits: tuple[Limit, ...] | None = None) -> Clause:
    """One promise; without `limits` it is the only one of its contract."""
    base = base_of(terms.base, terms.rounding, terms.period.every)
    return Clause(
        measure=measure.rule(terms),
        steps=steps(terms),
        formula=formula.rule(terms, metrics.formula(terms.measure), _over_resources(terms)),
        gate=gate.rule(terms.commitment, terms.period.every),
        schedule=priced(terms.credits, base.worth),
        limits=of_alone(terms) if limits is None else limits,
        claim=terms.claim,
        of=base.credited,
    )


def _over_resources(terms: Terms) -> Callable[[Formula], Formula]:
    bound = terms.commitment.bound
    highest = terms.commitment.of == "metric" and bound is not None and bound.sign in ("<", "<=")
    return lambda inner: scope.formula(terms.scope, inner, highest=highest)


def steps(terms: Terms) -> tuple[Step, ...]:
    """The steps of a promise, in its order; the denominator and the sum of the period come last."""
    return (
        Unobserved(terms.measure.unobserved, terms.measure.evidence in ("outages", "slots")),
        *qualify.of_each(terms),
        *_judged(terms),
        *clip.denominator(terms),
        *qualify.of_total(terms),
    )


def _judged(terms: Terms) -> tuple[Step, ...]:
    """Tests of length, exclusions, joining and clip: what outages are judged on comes before the tests.

    Outages cut into slots are judged after exclusions in any case, since only what counts makes a slot bad.
    Resources that are joined first have their own exclusions before that; what these took is put back where
    outages are judged whole.
    """
    tests, cut = qualify.of_length(terms), clip.clip(terms)
    cutting, joining = slots.steps(terms.measure), scope.steps(terms.scope)
    excluded = (exclude.rules(terms), *cutting)
    after_exclusions = terms.outage.judged.startswith("after exclusions")
    early = cut if terms.outage.judged.endswith("in period") else ()
    late = () if early else cut
    if joining and terms.scope.combined == "before outage":
        put_back = not (after_exclusions or cutting)
        return (*excluded, *joining, *early, *((qualify.OfWhole(tests),) if put_back else tests), *late)
    if after_exclusions or cutting:
        return (*excluded, *early, *tests, *joining, *late)
    return (*early, *tests, *excluded, *joining, *late)
