"""Outages made of clock times, and a journal that counts. Everything is on one day, in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from monitor.core.checks import Reason
from monitor.core.intervals import MINUTE, Ms, Span
from monitor.core.periods import instant, local
from monitor.core.timeline import Outage, outage_id
from monitor.operations.fold import Seen, incidents, pins
from monitor.operations.incident import Incident
from monitor.operations.rules import IncidentRules
from monitor.store.protocol import Event, NewEvent


def at(text: str) -> Ms:
    """`12:02`, or `12:02:10`, of 6 October 2026."""
    return instant(datetime.fromisoformat(f"2026-10-06T{text}+00:00"))


def outage(start: Ms, end: Ms, *, goes_on: bool = False, good: Ms = MINUTE) -> Outage:
    """Down from the first failed check to the first good one; the last good check was `good` ms before."""
    return Outage(
        id=outage_id(start),
        down=(Span(start, end),),
        reason=Reason.TIMEOUT,
        last_good=start - good,
        first_bad=start,
        last_bad=end - 1,
        first_good=None if goes_on else end,
        open=goes_on,
    )


LATE = at("23:00")


@dataclass
class Team:
    """One service, what is seen of it, and what the team records, with the rules that it goes by."""

    outages: list[Outage] = field(default_factory=list)
    rules: IncidentRules = field(default_factory=IncidentRules)
    now: Ms = LATE
    false: set[str] = field(default_factory=set)
    journal: list[Event] = field(default_factory=list)

    def down(self, *times: tuple[str, str]) -> Team:
        self.outages = [outage(at(start), at(end)) for start, end in times]
        return self

    def record(self, *events: NewEvent) -> None:
        for new in events:
            seq = len(self.journal) + 1
            self.journal.append(
                Event(seq, new.at, new.kind, new.subject, new.author, new.reason, new.body, "", "")
            )

    def incidents(self, now: Ms | None = None) -> tuple[Incident, ...]:
        seen = {"shop": Seen(tuple(self.outages), frozenset(self.false))}
        return incidents(seen, pins(self.journal), self.now if now is None else now, self.rules)

    def one(self, now: Ms | None = None) -> Incident:
        (found,) = self.incidents(now)
        return found


def names(found: Iterable[Incident]) -> list[str]:
    return [each.name for each in found]


def course(incident: Incident) -> Sequence[tuple[str, str]]:
    """What happened and when, as clock times."""
    return [(step.what, f"{local(step.moment.at, 'UTC'):%H:%M}") for step in incident.steps]


@pytest.fixture
def team() -> Team:
    return Team()
