"""PURE. What most parts of a customer's page need to know: the statement, its zone and year, the names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.periods import local
from monitor.statements.value import Section, Statement
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

    def zone_of(self, section: Section) -> str:
        """The zone in which the days of a section are cut: its agreement's, which its workings name."""
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
    """The service's name; with its SLA where two agreements are about services of one name."""
    often = Counter(section.service for section in sections)
    return tuple(f.clean(s.service if often[s.service] == 1 else f"{s.service} ({s.sla})") for s in sections)
