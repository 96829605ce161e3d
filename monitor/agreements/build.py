"""Terms become a contract: one rule a stage, in the order of the pipeline, defaults included.

The order of the steps is DESIGN's: what nobody saw, then the length of the whole outage, then exclusions,
then the clip to the period. Each stage's own file makes its rules.
"""

from __future__ import annotations

from monitor.agreements.clip import Clip
from monitor.agreements.exclude import NoExclusions, ScheduledMaintenance
from monitor.agreements.formula import Availability
from monitor.agreements.gate import Commitment
from monitor.agreements.limits import base_of, base_of_all, of_alone, of_promise, of_whole
from monitor.agreements.measure import Downtime
from monitor.agreements.pipeline import Clause, Contract, Limit, Step
from monitor.agreements.qualify import EveryOutage, Lasting
from monitor.agreements.rights import MayLeave
from monitor.agreements.schedule import priced
from monitor.agreements.terms import ContractTerms, Terms
from monitor.agreements.together import combine
from monitor.agreements.unknown import Unobserved


def contract(terms: ContractTerms) -> Contract:
    """The contract of an SLA as an agreement has it."""
    limits = promise_limits(terms)
    return Contract(
        promises=tuple(
            (name, clause(each, own)) for (name, each), own in zip(terms.promises, limits, strict=True)
        ),
        combine=combine(terms, base_of_all(terms)),
        limits=of_whole(terms) if _is_combined(terms) else (),
        rights=tuple(MayLeave(each) for each in terms.termination),
        manual=terms.manual,
        readings=terms.readings,
        unverified=terms.unverified,
    )


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
    bound = terms.commitment.bound
    assert bound is not None
    return Clause(
        measure=Downtime(),
        steps=(Unobserved(terms.measure.unobserved), _qualify(terms), _exclude(terms), Clip()),
        formula=Availability(terms.measure.coverage),
        gate=Commitment(bound),
        schedule=priced(terms.credits, base_of(terms.base, terms.rounding).worth),
        limits=of_alone(terms) if limits is None else limits,
        claim=terms.claim,
    )


def _qualify(terms: Terms) -> Step:
    return Lasting(*terms.outage.lasting) if terms.outage.lasting else EveryOutage()


def _exclude(terms: Terms) -> Step:
    for each in terms.exclude:
        notice = each.notice.ms if each.notice else 0
        at_most = each.at_most[0].most if each.at_most else None
        return ScheduledMaintenance(notice, at_most, each.counted, each.effect)
    return NoExclusions()
