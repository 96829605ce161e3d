"""PURE. The periods that an internal report is of: a month, a week from Monday on, or some days.

They are some of those that a KPI is read for, and are read by the same rules.
"""

from __future__ import annotations

import re
from typing import Final

from monitor.core.intervals import Ms
from monitor.core.periods import Period, local
from monitor.operations.stretch import before, period

__all__ = ["before", "report_period", "week_of"]

WRITE = 'write it as "2026-10", "2026-W41" or "2026-10-05..2026-10-18"'
_LABEL: Final = re.compile(r"\d{4}-\d{2}|\d{4}-W\d{2}|\d{4}-\d{2}-\d{2}\.\.\d{4}-\d{2}-\d{2}", re.ASCII)


def report_period(label: str, zone: str) -> Period:
    """The period of a label; ValueError for any other, which says how one is written."""
    if _LABEL.fullmatch(label):
        try:
            return period(label, zone)
        except ValueError:
            pass
    raise ValueError(f'"{label}" is no period of a report: {WRITE}')


def week_of(at: Ms, zone: str) -> Period:
    """The week that holds an instant, from Monday on."""
    year, week, _ = local(at, zone).isocalendar()
    return report_period(f"{year:04d}-W{week:02d}", zone)
