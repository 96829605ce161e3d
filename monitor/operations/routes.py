"""PURE. Who is told of alerts, and when again: what `[alerts]` comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from monitor.core.intervals import MINUTE, SECOND, Ms
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told. `tickets` () are told where pages are; `teams` are channels by team, instead of `send`.

    `known` are the channels that there are; None where nobody says.

    A page that nobody acknowledged within `repeat` ms is told again, and within `escalate_after` to
    `escalate_to`; None: never. Letters wait `group` ms for others to the same channel. `by_rule` are the
    channels that a rule names for itself.
    """

    send: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_rule: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repeat: Ms | None = 10 * MINUTE
    escalate_after: Ms | None = None
    escalate_to: tuple[str, ...] = ()
    group: Ms = 10 * SECOND
    known: frozenset[str] | None = None

    def has(self, channel: str) -> bool:
        """Whether there still is such a channel."""
        return self.known is None or channel in self.known

    def channels(self, rule: str, urgency: str, team: str) -> tuple[str, ...]:
        """Where something is told first: what the rule says, else the team, else by its urgency."""
        found = self.by_rule.get(rule) or self.teams.get(team)
        if found is None:
            found = self.send if urgency == "page" else self.tickets or self.send
        return tuple(dict.fromkeys(found))
