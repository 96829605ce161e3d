"""Notice: was a window announced in time? The whole window stands or falls with it, by the millisecond.

Days are 24 hours each; business days are counted back in a calendar, to the same time of day. What was
recorded after its start was declared later and excuses nothing. A class that asks for no notice excuses
whatever was recorded, whenever that was.
"""

from __future__ import annotations

from typing import Literal

from monitor.agreements.clip import named
from monitor.agreements.pipeline import Case
from monitor.agreements.terms import Notice
from monitor.agreements.words import duration
from monitor.core.calendars import latest_notice
from monitor.core.intervals import Ms

Verdict = Literal["valid", "late", "declared_later"]


def verdict(notice: Notice | None, start: Ms, announced: Ms, calendar: str | None, case: Case) -> Verdict:
    """What the record of a window that starts at `start` makes of it, before any allowance."""
    if notice is None:
        return "valid"
    if announced > start:
        return "declared_later"
    if start - announced < notice.ms:
        return "late"
    if notice.business_days and announced > _latest(notice, start, calendar, case):
        return "late"
    return "valid"


def _latest(notice: Notice, start: Ms, calendar: str | None, case: Case) -> Ms:
    if calendar is None:
        raise ValueError("notice in business days needs a calendar: say whose business days they are")
    return latest_notice(named(calendar, case), start, notice.business_days)


def say(notice: Notice) -> str:
    """`announced at least 48 hours ahead`."""
    if notice.business_days:
        days = "1 business day" if notice.business_days == 1 else f"{notice.business_days} business days"
        return f"announced at least {days} ahead"
    if notice.ms:
        return f"announced at least {duration(notice.ms)} ahead"
    return "recorded before it starts, with no further notice"
