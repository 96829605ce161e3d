"""What the listener for hooks is handed: who keeps alerts and metrics implements it.

Each is called off the loop, in a thread, and returns once what it did is durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from monitor.core.intervals import Ms

Pushed = Literal["kept", "known", "contradicted"]
"""A value is kept, was there before by its id, or another value is there by that id."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What whoever has the link of an alert is shown, and nothing else. Instants are UTC ms."""

    title: str
    since: Ms
    acknowledged: Ms | None = None
    by: str = ""
    ended: Ms | None = None


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
