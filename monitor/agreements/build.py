"""Terms become a clause: one rule a stage, in the order of the contract pipeline, defaults included.

The order of the steps is DESIGN's: what nobody saw, then the length of the whole outage, then exclusions,
then the clip to the period.
"""

from __future__ import annotations

from monitor.agreements.clip import Clip
from monitor.agreements.exclude import NoExclusions, ScheduledMaintenance
from monitor.agreements.formula import Availability
from monitor.agreements.gate import Commitment
from monitor.agreements.limits import Base, Cap, NoCap, Round
from monitor.agreements.measure import Downtime
from monitor.agreements.pipeline import Clause, Limit, Schedule, Step
from monitor.agreements.qualify import EveryOutage, Lasting
from monitor.agreements.schedule import Flat, NoCredits, Rows
from monitor.agreements.terms import MaintenanceTerms, StandardTerms
from monitor.agreements.unknown import Unobserved


def standard_clause(terms: StandardTerms) -> Clause:
    """The clause of an ordinary availability SLA.

    No rows at all is `credits = "none"`; one row without bounds is the flat credit on a breach.
    """
    return Clause(
        measure=Downtime(),
        steps=(Unobserved(terms.unobserved), _qualify(terms), _exclude(terms.maintenance), Clip()),
        formula=Availability(terms.coverage),
        gate=Commitment(terms.commitment),
        schedule=_schedule(terms),
        limits=(Base(), _cap(terms), Round(terms.rounding)),
        claim=terms.claim,
    )


def _qualify(terms: StandardTerms) -> Step:
    return Lasting(*terms.lasting) if terms.lasting else EveryOutage()


def _exclude(terms: MaintenanceTerms | None) -> Step:
    if terms is None:
        return NoExclusions()
    return ScheduledMaintenance(terms.notice, terms.at_most, terms.counted, terms.effect)


def _schedule(terms: StandardTerms) -> Schedule:
    if not terms.rows:
        return NoCredits()
    if is_flat(terms):
        return Flat(terms.rows[0].share, terms.rows[0].text)
    return Rows(terms.rows, terms.overlap, terms.in_no_row, terms.if_met)


def is_flat(terms: StandardTerms) -> bool:
    """Whether the credits are one flat credit: a single row that has no bounds."""
    return len(terms.rows) == 1 and not terms.rows[0].bounds


def _cap(terms: StandardTerms) -> Limit:
    return NoCap() if terms.cap is None else Cap(terms.cap)
