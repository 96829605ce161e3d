"""Claim: by when a credit must be asked for, in one step or two. Dates in the agreement's zone, included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Anchor = Literal[
    "outage", "outage end", "awareness", "report", "ticket closed", "due", "period", "month", "quarter"
]


@dataclass(frozen=True, slots=True)
class Deadline:
    """`"30 days after period"`, `"end of month after period"`, `"day 10 of the month after period"`, …

    By `kind`: "after" is `count` `unit`s after the anchor; "end of month" and "end of billing month" the end
    of the month that follows the anchor's; "day of month" the `count`th day of the month after it; "second
    billing cycle" the end of the second billing cycle, counting that of the outage. `text` is as the file
    has it.
    """

    kind: Literal["after", "end of month", "end of billing month", "day of month", "second billing cycle"]
    anchor: Anchor
    count: int = 0
    unit: Literal["", "hours", "days", "business days", "weeks", "months"] = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Stage `claim`. Without `by` a credit is given without a claim. `calendar` counts business days."""

    by: Deadline | None = None
    notify: Deadline | None = None
    calendar: str | None = None

    @property
    def text(self) -> str:
        """The steps as the file has them; "automatic" without any."""
        steps = [f"notify {self.notify.text}" if self.notify else "", self.by.text if self.by else ""]
        return ", ".join(step for step in steps if step) or "automatic"

    def say(self) -> str:
        if self.by is None and self.notify is None:
            return "A credit is given without a claim."
        if self.notify is None:
            text = self.by.text if self.by else ""
            return f"A credit must be claimed by {text}, that day included{self._said_calendar()}."
        steps = [f"notified by {self.notify.text}", f"claimed by {self.by.text}" if self.by else ""]
        said = " and ".join(step for step in steps if step)
        return f"A credit must be {said}, those days included{self._said_calendar()}, or it is forfeited."

    def _said_calendar(self) -> str:
        return f", business days by the calendar {self.calendar}" if self.calendar else ""
