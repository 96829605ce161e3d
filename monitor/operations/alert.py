"""PURE. What there is to tell somebody: a finding is what holds now, an alert is a finding that was told.

A finding has one identity for as long as it goes on: its rule and its subject.
"""

from __future__ import annotations

from typing import Final, Literal

from monitor.core.intervals import Ms
from monitor.records import dataclass

Kind = Literal[
    "down", "burn", "breach", "margin", "certificate", "heartbeat", "monitor", "coverage", "maintenance",
    "deadline", "response",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = (
    "down", "burn", "breach", "margin", "certificate", "heartbeat", "monitor", "coverage", "maintenance",
    "deadline", "response",
)  # fmt: skip
Urgency = Literal["page", "ticket"]
COSTLY: Final[frozenset[str]] = frozenset({"burn", "breach"})
"""What counts, and costs, whoever has the outage itself silenced."""
UNREAD: Final = "not looked at"
"""What a finding is about that says only that its rule could not be looked at."""
LATE: Final = "Late: "
"""What the last word of an alert begins with that did not end well."""


OWES: Final = " owes "
USED_UP: Final = " used up"
"""What the subject of something that came true holds after the name of its service."""


def came_true(kind: str, subject: str) -> bool:
    """Whether an alert says that a credit is owed, or an allowance used up: that ends with its period."""
    return kind == "breach" and (OWES in subject or subject.endswith(USED_UP))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule finds at an instant. `since` is when it began, by the evidence, in UTC ms.

    `subject` is the name of what it is about: an incident, an agreement, an endpoint. `title` is one line,
    `lines` are those beneath it. One that is not `firm` lies between the bound that raises it and the bound
    that ends it: an alert that is open stays, and none is raised. `worse` are the instants, passed ones, at
    which it grew, oldest first. The `last` word of one ends its alert, and raises none.

    One that is told `instead` takes the place of what its rule told of the service and is so no more: that is
    not told to be over. Where there is such an alert it is raised without being firm. One that is `unsure`
    says that nobody can tell now: every alert of its rule and service stays.
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
    instead: bool = False
    unsure: bool = False
    worse: tuple[Ms, ...] = ()
    last: bool = False
