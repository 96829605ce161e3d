"""PURE. What there is to tell somebody: a finding is what holds now, an alert is a finding that was told.

A finding has one identity for as long as it goes on: its rule and its subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from monitor.core.intervals import Ms

Kind = Literal[
    "down", "burn", "breach", "margin", "certificate", "heartbeat", "monitor", "coverage", "maintenance",
    "deadline",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = (
    "down", "burn", "breach", "margin", "certificate", "heartbeat", "monitor", "coverage", "maintenance",
    "deadline",
)  # fmt: skip
Urgency = Literal["page", "ticket"]
UNREAD: Final = "not looked at"
"""What a finding is about that says only that its rule could not be looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule finds at an instant. `since` is when it began, by the evidence, in UTC ms.

    `subject` is the name of what it is about: an incident, an agreement, an endpoint. `title` is one line,
    `lines` are those beneath it. One that is not `firm` lies between the bound that raises it and the bound
    that ends it: an alert that is open stays, and none is raised.
    """

    rule: str
    kind: Kind
    subject: str
    urgency: Urgency
    since: Ms
    title: str
    lines: tuple[str, ...] = ()
    service: str = ""
    incident: str = ""
    team: str = ""
    firm: bool = True
