"""What to do about a section without figures; which command it is hangs on what the section needs."""

from __future__ import annotations

from monitor.core.periods import local
from monitor.statements.reported import by_a_report
from monitor.statements.ticketed import by_tickets, seen_by
from monitor.statements.value import Section


def way_out(section: Section) -> tuple[str, str]:
    """What to do, in two words, and the command for it: ("say it", "makegood tickets complete …").

    Both are "" where nothing but a file or a person can tell.
    """
    if tell := by_a_report(section.needs) or by_tickets(section.needs):
        return "say it", tell
    period = section.period
    begins = "DAY" if period is None else local(period.span.start, period.zone).date().isoformat()
    if see := seen_by(section.needs, begins):
        return "look at it", see
    return "", ""
