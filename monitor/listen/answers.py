"""What the listener for hooks is handed: who keeps alerts and metrics implements it.

Alerts, metrics and tickets are asked for off the loop, in a thread, and what was done is durable then.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, Protocol

from monitor.core.intervals import Ms
from monitor.records import dataclass

Pushed = Literal["kept", "known", "contradicted"]
"""A value is kept, was there before by its id, or another value is there by that id."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What whoever has the link of an alert is shown, and nothing else: what its letter says.

    Instants are UTC ms. `lines` stand beneath the title, money among them; `incident` is "" for none.
    """

    title: str
    since: Ms
    acknowledged: Ms | None = None
    by: str = ""
    ended: Ms | None = None
    lines: tuple[str, ...] = ()
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Tickets that are kept: how many are new, changed, known as they were told, and told older than known.

    `before`: this very delivery was taken already, and changed nothing now.
    """

    added: int = 0
    edited: int = 0
    same: int = 0
    older: int = 0
    before: bool = False


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A delivery of which nothing is kept: the status, why, and each problem with where it is."""

    status: int
    why: str
    problems: tuple[tuple[str, str], ...] = ()


class Deliveries(Protocol):
    """Tickets that are delivered by systems which have a name here."""

    def knows(self, source: str) -> bool:
        """Whether a system of this name may deliver. Returns at once."""
        ...

    def is_from(self, source: str, headers: Mapping[str, str], body: bytes | None) -> bool:
        """Whether it is who it says, as far as its headers tell (`body` None), or for sure. Returns at once,
        in the same time whatever is wrong."""
        ...

    def deliver(self, source: str, headers: Mapping[str, str], body: bytes, now: Ms) -> Delivered | NotTaken:
        """Keep what somebody tells who is known: all of it, or nothing."""
        ...


class Answers(Protocol):
    """Alerts by their token, and pushed metrics."""

    def shown(self, token: str, now: Ms) -> Shown | None:
        """The alert of a token; None where there is none, or it ended too long ago. Changes nothing."""
        ...

    def acknowledge(self, token: str, who: str, now: Ms) -> Shown | None:
        """Acknowledge it, unless somebody has or it is over; how it stands then."""
        ...

    def push(self, name: str, value: Fraction, at: Ms | None, id: str | None, now: Ms) -> Pushed:
        """Keep a value of a metric. `at` None: of this instant; `id` None: it is named by its instant."""
        ...
