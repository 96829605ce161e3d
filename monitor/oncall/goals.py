"""What internal targets come to in any period, by the engine: as `makegood targets` has it for months."""

from __future__ import annotations

from dataclasses import field

from monitor.agreements.terms import ContractTerms
from monitor.config.plan import Agreement, Target
from monitor.core.cycles import Cycle
from monitor.core.periods import Period, local
from monitor.errors import MakegoodError
from monitor.oncall.sources import Sources
from monitor.operations.kpi_rules import KpiRule
from monitor.operations.measures import Told
from monitor.records import dataclass
from monitor.statements.guidance import Group, groups, nobodys
from monitor.statements.recorded import outcome, under

UNTOLD = "too little was measured to tell"


@dataclass
class Goals:
    """Each target is an agreement with nobody, on the terms by which it is measured."""

    sources: Sources
    _measured: dict[str, Agreement] = field(default_factory=dict)

    def told(self, rule: KpiRule, period: Period) -> Told:
        """The figure of a target: as it is measured itself, else as the SLA that it protects is."""
        target = self.sources.plan.targets[rule.goal]
        agreement = self._agreement(target, period)
        try:
            found = outcome(self.sources.watch.books, agreement, period)
        except MakegoodError as error:
            return Told(None, 0, str(error))
        if found is None or found.figure is None or found.met is None:
            return Told(None, 0, (found.why if found else "") or UNTOLD)
        return Told(found.figure, 1)

    def _agreement(self, target: Target, period: Period) -> Agreement:
        if target.id not in self._measured:
            self._measured[target.id] = self._made(target, period)
        return self._measured[target.id]

    def _made(self, target: Target, period: Period) -> Agreement:
        plan, books = self.sources.plan, self.sources.watch.books
        known = groups(plan, target.service, books.now)
        since = local(self.sources.periods[0].span.start, period.zone).date()
        protected = [each for each in known if set(each.sla.split(", ")) & {*target.protects}]
        group = next(iter((*protected, *known)), None)
        if target.terms is None and group is not None and group.terms is not None:
            return under(group.agreements[0], group.terms.terms, f"target {target.id}", since)
        zone = period.zone
        bare = nobodys(plan, Group(target.service, zone), Cycle("calendar month", zone), since)
        if target.terms is None:
            return bare
        return under(bare, ContractTerms((("", target.terms),)), f"target {target.id}", since)
