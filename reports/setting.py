"""PURE. What most parts of a customer's page need to know: the statement, its zone and year, the names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from monitor.core.periods import local
from monitor.records import dataclass
from monitor.statements.value import Section, Statement, TicketPart
from reports import format as f


@dataclass(frozen=True, slots=True)
class Setting:
    """A statement with its zone and year, and the sections' printed names in order."""

    statement: Statement
    zone: str
    year: int
    names: tuple[str, ...]

    @property
    def sections(self) -> tuple[tuple[str, Section], ...]:
        return tuple(zip(self.names, self.statement.sections, strict=True))

    @property
    def watched(self) -> tuple[tuple[str, Section], ...]:
        """The sections that checks say something of."""
        return tuple((name, each) for name, each in self.sections if not each.needs and each.timed)

    @property
    def answered(self) -> tuple[tuple[str, Section, TicketPart], ...]:
        """The sections that rest on tickets, with what they rest on."""
        return tuple((name, each, each.tickets) for name, each in self.sections if each.tickets is not None)

    def zone_of(self, section: Section) -> str:
        """The zone in which the days of a section are cut: its agreement's, which its workings name."""
        if section.period is not None:
            return section.period.zone
        for line in section.workings:
            if (line.stage, line.rule) == ("measure", "period"):
                return str(line.values.get("zone", self.zone))
        return self.zone


def setting(statement: Statement) -> Setting:
    """The setting of a statement's page."""
    zone = statement.period.zone
    year = local(statement.period.span.start, zone).year
    return Setting(statement, zone, year, section_names(statement.sections))


def section_names(sections: Sequence[Section]) -> tuple[str, ...]:
    """The service's name; with its SLA where two agreements are about services of one name.

    Where two periods of one agreement are stated, with the period too.
    """
    often = Counter(section.service for section in sections)
    again = Counter((section.service, section.sla) for section in sections)
    return tuple(_name(s, often[s.service], again[s.service, s.sla]) for s in sections)


def _name(section: Section, of_service: int, of_sla: int) -> str:
    if of_service == 1:
        return f.clean(section.service)
    period = section.period.label if section.period and of_sla > 1 else ""
    about = ", ".join(part for part in (section.sla, period) if part)
    return f.clean(f"{section.service} ({about})")
