"""Step three, what is internal: targets, and how each is measured where it says so."""

from __future__ import annotations

from fractions import Fraction

from monitor.agreements.schedule import NoCredits
from monitor.agreements.terms import Terms as PromiseTerms
from monitor.config.check import Checked
from monitor.config.model import TargetTable
from monitor.config.plan import Target
from monitor.config.probing import dangling
from monitor.config.problems import Fault, Several, Where
from monitor.config.promise_terms import promise_terms
from monitor.core.numbers import Bound

TARGET_STAGES = ("measure", "outage", "exclude", "period")


def targets(checked: Checked) -> dict[str, Target]:
    """Every internal target."""
    found: dict[str, Target] = {}
    for key, table in checked.readable(TargetTable).items():
        where = ("target", key)
        checked.faults.extend(dangling((*where, "service"), table.service, "service", checked))
        for number, name in enumerate(table.protects):
            checked.faults.extend(dangling((*where, "protects", number), name, "sla", checked))
        found[key] = Target(
            id=key,
            service=table.service,
            objective=table.objective.bound or Bound(">=", Fraction(0)),
            owner=table.owner,
            protects=tuple(table.protects),
            of=table.objective.of,
            unit=table.objective.unit,
            acknowledge=table.acknowledge,
            repair=table.repair,
            terms=_target_terms(table, where, checked),
        )
    return found


def _target_terms(table: TargetTable, where: Where, checked: Checked) -> PromiseTerms | None:
    """How a target is measured, where it says so; what does not go together is a fault."""
    said = {stage: value for stage in TARGET_STAGES if (value := getattr(table, stage)) is not None}
    if not said and table.objective.of == "share":
        return None
    try:
        return promise_terms({**said, "commitment": table.objective, "credits": NoCredits()})
    except Several as several:
        own = {"commitment": "objective"}
        for fault in several.faults:
            first, *rest = fault.where
            place = (*where, own.get(str(first), first), *rest)
            checked.faults.append(Fault(place, fault.message, key=fault.key))
        return None
