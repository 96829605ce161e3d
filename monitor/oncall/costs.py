"""What is at stake in an incident: customers with agreements on its service, and the credits that it costs.

What it costs is what the agreements' periods that it touches come to as they are, less what they would come
to had its outages been up: the same engine that draws up the statements, asked twice. Of a period that runs
it is what is owed even if nothing more fails, as exposure has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from fractions import Fraction

from monitor.config.plan import Agreement, Plan
from monitor.core.intervals import Ms, Span
from monitor.core.periods import Period
from monitor.core.timeline import Outage
from monitor.errors import MakegoodError
from monitor.operations.incident import Incident
from monitor.operations.rules import MoneyBound
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.periods import running
from monitor.statements.relabels import FALSE_ALARM, Label

SUPPOSED = "supposed"
Owed = tuple[Agreement, Period, Fraction]
"""An agreement's period, and what it owes."""


def without(books: Books, service: str, outages: Sequence[Outage]) -> Books:
    """The books in which some outages of a service never were."""
    gone = [_was_up(service, each) for each in outages]
    subjects = {each.subject for each in gone}
    return books.labelled((*(each for each in books.labels if each.subject not in subjects), *gone))


def _was_up(service: str, outage: Outage) -> Label:
    at = outage.span.end
    about = (service, "", outage.id, outage.first_bad, FALSE_ALARM, SUPPOSED, SUPPOSED, SUPPOSED, at)
    return Label(0, *about, approved_by=SUPPOSED)


@dataclass(slots=True)
class Costs:
    """Answers are kept: one agreement's period is settled once, whatever is asked of its incidents."""

    plan: Plan
    books: Books
    _ours: dict[str, list[Agreement]] = field(default_factory=dict)
    _owed: dict[tuple[str, Ms], Fraction | None] = field(default_factory=dict)
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

    def reaches(self, incident: Incident, money: MoneyBound) -> bool:
        """Whether it costs that much. Most periods do not owe that much at all, and are not asked again."""
        touched = [most for a, _, most in self._touched(incident) if a.currency == money.currency]
        return money.holds({money.currency: sum(touched, Fraction(0))}) and money.holds(self.of(incident))

    def of(self, incident: Incident) -> Mapping[str, Fraction]:
        """What it costs as things stand by currency, exactly; what nobody can tell is in no sum."""
        if incident.name not in self._costs:
            touched = [each for each in self._touched(incident) if each[2]]
            self._costs[incident.name] = self._of(incident, touched) if touched else {}
        return self._costs[incident.name]

    def _touched(self, incident: Incident) -> Iterator[Owed]:
        """The periods that its outages are in, of each agreement, with what they owe where that is known."""
        if not incident.outages:
            return
        start, end = incident.outages[0].span.start, incident.outages[-1].span.end
        for agreement in self._agreed(incident.service):
            _, period = running(agreement, start)
            while period.span.start < end:
                key = (agreement.id, period.span.start)
                if key not in self._owed:
                    self._owed[key] = _owed(self.books, agreement, period)
                known = self._owed[key]
                if known is not None and agreement.in_force(period):
                    yield agreement, period, known
                _, following = running(agreement, period.span.end)
                if following.span.end <= period.span.end:
                    break  # a period that rolls has none after it
                period = following

    def _of(self, incident: Incident, touched: Sequence[Owed]) -> Mapping[str, Fraction]:
        found: dict[str, Fraction] = {}
        books = without(self.books, incident.service, incident.outages)
        for agreement, period, known in touched:
            left = _owed(books, agreement, period)
            if left is not None:
                found[agreement.currency] = found.get(agreement.currency, Fraction(0)) + known - left
        return found


def _owed(books: Books, agreement: Agreement, period: Period) -> Fraction | None:
    """What a period owes even if nothing more fails; None where nobody can tell."""
    from monitor.statements.sections import owed  # slow to import, and few severities ask for money

    try:
        amount = owed(books, agreement, period)
    except MakegoodError:
        return None
    return None if amount is None else amount.exact


def _in_force(agreement: Agreement, at: Ms) -> bool:
    return bool(agreement.in_force(Period(Span(at, at + 1), agreement.zone, "")))
