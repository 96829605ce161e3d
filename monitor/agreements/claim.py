"""Claim: by when a credit must be asked for, in one step or two. Dates in the agreement's zone, included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from monitor.records import dataclass

Anchor = Literal[
    "outage", "outage end", "awareness", "report", "ticket closed", "due", "period", "month", "quarter"
]

ENDING = ("period", "month", "quarter")
BEGINS: Mapping[Anchor, str] = {
    "outage": "the outage began",
    "outage end": "the outage ended",
    "awareness": "the outage became known",
    "report": "the outage was reported",
    "ticket closed": "its ticket was closed",
    "due": "it was due",
    "period": "the end of the period",
    "month": "the end of the month",
    "quarter": "the end of the quarter",
}


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

    def say(self) -> str:
        """`within 30 days after the end of the period`, `by the end of the month after the period`."""
        if self.kind == "after":
            length = self.text.partition(" after ")[0] or f"{self.count} {self.unit}"
            return f"within {length} after {BEGINS[self.anchor]}"
        if self.kind == "second billing cycle":
            return "by the end of the second billing cycle, counting that of the outage"
        follows = f"the {self.anchor}" if self.anchor in ENDING else f"that in which {BEGINS[self.anchor]}"
        if self.kind == "day of month":
            return f"by day {self.count} of the month after {follows}"
        return f"by the {self.kind.replace(' of ', ' of the ')} after {follows}"


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
            said = self.by.say() if self.by else ""
            return f"A credit must be claimed {said}, the last day included{self._said_calendar()}."
        steps = [f"notified {self.notify.say()}", f"claimed {self.by.say()}" if self.by else ""]
        said = " and ".join(step for step in steps if step)
        return f"A credit must be {said}, the last days included{self._said_calendar()}, or it is forfeited."

    def _said_calendar(self) -> str:
        return f", business days by the calendar {self.calendar}" if self.calendar else ""
