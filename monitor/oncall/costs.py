"""What is at stake in an incident: customers with agreements on its service, and the credits that it costs.

What it costs is what the agreements' periods come to as they are, less what they would come to had its
outages been up: the same engine that draws up the statements, asked twice. Of a period that runs it is what
is owed even if nothing more fails, as exposure has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from monitor.config.plan import Agreement, Plan
from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount
from monitor.core.periods import Period
from monitor.core.timeline import Outage
from monitor.errors import MakegoodError
from monitor.operations.incident import Incident
from monitor.statements.books import Books
from monitor.statements.effect import effect
from monitor.statements.periods import running
from monitor.statements.relabels import FALSE_ALARM, relabelled
from monitor.statements.sections import section
from monitor.statements.value import Section
from monitor.store.protocol import NewEvent

NOBODY = "makegood"


@dataclass(slots=True)
class Costs:
    """Answers are kept: one agreement's period is settled once, whatever is asked of its incidents."""

    plan: Plan
    books: Books
    _ours: dict[str, list[Agreement]] = field(default_factory=dict)
    _credits: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    _costs: dict[str, Mapping[str, Fraction]] = field(default_factory=dict)

    def customers(self, service: str, at: Ms) -> int:
        """How many customers have an agreement on the service that is in force at that instant."""
        return len({each.customer for each in self.agreements(service, at)})

    def agreements(self, service: str, at: Ms) -> Iterator[Agreement]:
        """Those of customers on the service that are in force at that instant."""
        for each in self._agreed(service):
            if each.first <= at and (each.until is None or _in_force(each, at)):
                yield each

    def _agreed(self, service: str) -> Sequence[Agreement]:
        if not self._ours:
            for each in self.plan.agreements.values():
                if each.kind == "customer":
                    self._ours.setdefault(each.service, []).append(each)
        return self._ours.get(service, ())

    def of(self, incident: Incident) -> Mapping[str, Fraction]:
        """What it costs so far by currency, exactly; what nobody can tell is in no sum."""
        if incident.name not in self._costs:
            self._costs[incident.name] = self._of(incident) if self._may_cost(incident) else {}
        return self._costs[incident.name]

    def _may_cost(self, incident: Incident) -> bool:
        """Whether any period that it is in owes anything at all: most do not, and are not asked twice."""
        return bool(incident.outages) and any(
            self._credit(agreement, at)
            for agreement in self.agreements(incident.service, incident.outages[0].span.start)
            for at in (incident.outages[0].span.start, incident.outages[-1].span.end - 1)
        )

    def _credit(self, agreement: Agreement, at: Ms) -> Fraction:
        _, period = running(agreement, at)
        key = (agreement.id, period.label)
        if key not in self._credits:
            try:
                found = section(self.books, agreement, period, running=self.books.now < period.span.end)
                owed = self._owed(found, period)
                self._credits[key] = Fraction(0) if owed is None else owed.exact
            except MakegoodError:
                self._credits[key] = Fraction(0)
        return self._credits[key]

    def _owed(self, found: Section, period: Period) -> Amount | None:
        return found.credit if self.books.now >= period.span.end else found.owed_already

    def _of(self, incident: Incident) -> Mapping[str, Fraction]:
        span = Span(incident.outages[0].span.start, incident.outages[-1].span.end)
        up = [_was_up(incident.service, each) for each in incident.outages]
        found: dict[str, Fraction] = {}
        about = (self.plan, self.books.snapshot, self.books.now, up, (incident.service,), span)
        for each in effect(*about, approved=True):
            ours = self.plan.agreements[each.agreement].kind == "customer"
            with_, without = self._owed(each.before, each.period), self._owed(each.after, each.period)
            if ours and with_ is not None and without is not None:
                more = with_.exact - without.exact
                found[with_.currency] = found.get(with_.currency, Fraction(0)) + more
        return found


def _in_force(agreement: Agreement, at: Ms) -> bool:
    return bool(agreement.in_force(Period(Span(at, at + 1), agreement.zone, "")))


def _was_up(service: str, outage: Outage) -> NewEvent:
    return relabelled(service, "", outage, FALSE_ALARM, "supposed", "supposed", NOBODY, outage.span.end)
