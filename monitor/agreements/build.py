"""Terms become a contract: one rule a stage, in the order of the pipeline, defaults included.

The order of the steps is DESIGN's: what nobody saw, then the length of the whole outage, then exclusions,
then the clip to the period. Each stage's own file makes its rules.
"""

from __future__ import annotations

from monitor.agreements.clip import Clip
from monitor.agreements.exclude import NoExclusions, ScheduledMaintenance
from monitor.agreements.formula import Availability
from monitor.agreements.gate import Commitment
from monitor.agreements.limits import Base, Cap, NoCap, Round
from monitor.agreements.measure import Downtime
from monitor.agreements.pipeline import Clause, Contract, Limit, Step
from monitor.agreements.qualify import EveryOutage, Lasting
from monitor.agreements.terms import ContractTerms, Terms
from monitor.agreements.together import Alone
from monitor.agreements.unknown import Unobserved


def contract(terms: ContractTerms) -> Contract:
    """The contract of an SLA as an agreement has it."""
    return Contract(
        promises=tuple((name, clause(each)) for name, each in terms.promises),
        combine=Alone(),
        manual=terms.manual,
        readings=terms.readings,
        unverified=terms.unverified,
    )


def clause(terms: Terms) -> Clause:
    """One promise."""
    bound = terms.commitment.bound
    assert bound is not None
    return Clause(
        measure=Downtime(),
        steps=(Unobserved(terms.measure.unobserved), _qualify(terms), _exclude(terms), Clip()),
        formula=Availability(terms.measure.coverage),
        gate=Commitment(bound),
        schedule=terms.credits,
        limits=(Base(), _cap(terms), Round(terms.rounding.money)),
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


def _cap(terms: Terms) -> Limit:
    for cap in terms.limits.at_most:
        return Cap(cap.amount)
    return NoCap()
