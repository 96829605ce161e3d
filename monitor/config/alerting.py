"""Who is told of alerts and how, as values that other rooms read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from monitor.config.endpoint import Reference
from monitor.core.intervals import MINUTE, Ms
from monitor.operations.routes import Telling
from monitor.records import dataclass

Way = Literal["webhook", "mail", "apprise"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to somebody. `to` are addresses of mail, or one URL, which may be kept elsewhere.

    `secret` signs what goes to a webhook. `rate` is how many messages go out within how many ms at most; what
    is more waits, and goes as one.
    """

    id: str
    way: Way
    to: tuple[str | Reference, ...]
    secret: Reference | None = None
    rate: tuple[int, Ms] = (20, 10 * MINUTE)


@dataclass(frozen=True, slots=True)
class Alerting:
    """What `[alerts]` and `[channel.NAME]` say. `link` is where hooks are reached from outside; "" nowhere.

    `ping` is called every `ping_every` ms while the monitor measures; None: nothing is.
    """

    telling: Telling = field(default_factory=Telling)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    link: str = ""
    ping: str | Reference | None = None
    ping_every: Ms = MINUTE

    @property
    def is_wanted(self) -> bool:
        """Whether there is anybody to tell; where there is not, nothing is looked for either."""
        return bool(self.channels) or self.ping is not None
