"""PURE. What is not told for a while, as people said it: of a service, or of "all". What is found is kept.

What downtime costs is told all the same, burning and credits that are near or owed, unless that is muted too:
it counts, whoever has it silenced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from monitor.core.intervals import Ms, Span
from monitor.records import dataclass
from monitor.store.protocol import Event, NewEvent

MUTED: Final = "alerts.muted"
UNMUTED: Final = "alerts.unmuted"
KINDS: Final = frozenset({MUTED, UNMUTED})
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Mute:
    """Nothing of `subject` is told from `since` until then; nor, with `costs`, what it costs."""

    subject: str
    until: Ms
    author: str
    reason: str
    since: Ms = 0
    costs: bool = False

    def holds(self, service: str, span: Span) -> bool:
        """Whether something of a service was muted at some time within the span."""
        return self.subject in (ALL, service) and self.since < span.end and span.start < self.until


def mutes(events: Iterable[Event], now: Ms) -> Mapping[str, Mute]:
    """Those that hold at `now`, by their subject; the last word of each counts."""
    return {each.subject: each for each in all_mutes(events) if each.since <= now < each.until}


def all_mutes(events: Iterable[Event]) -> Sequence[Mute]:
    """Every one that there was, each until it ended; the last word of each subject counts."""
    done: list[Mute] = []
    last: dict[str, Mute] = {}
    for event in events:
        if event.kind not in KINDS:
            continue
        before = last.pop(event.subject, None)
        if before is not None:
            done.append(replace(before, until=max(before.since, min(before.until, event.at))))
        if event.kind == MUTED:
            until, costs = event.body.get("until"), event.body.get("costs")
            last[event.subject] = Mute(
                event.subject, until if isinstance(until, int) else 0, event.author, event.reason, event.at,
                costs is True,
            )  # fmt: skip
    return [*(each for each in done if each.since < each.until), *last.values()]


def muted(subject: str, until: Ms, author: str, now: Ms, reason: str, *, costs: bool = False) -> NewEvent:
    """The entry that mutes."""
    return NewEvent(
        now, MUTED, subject, author, reason, {"until": until, **({"costs": True} if costs else {})}
    )


def unmuted(subject: str, author: str, now: Ms, reason: str = "") -> NewEvent:
    """The entry that ends it before its time."""
    return NewEvent(now, UNMUTED, subject, author, reason)
