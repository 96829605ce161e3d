"""What a section without figures needs is told by a command; which one hangs on what it needs."""

from __future__ import annotations

from monitor.statements.reported import by_a_report
from monitor.statements.ticketed import by_tickets


def told_by(needs: str) -> str:
    """The command that gives what a section needs; "" where only a file or a person can."""
    return by_a_report(needs) or by_tickets(needs)
