"""The evidence of a paper as long as it is not exported: its segments and events, as they were read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from monitor.config.plan import Plan
from monitor.core.checks import LaneId
from monitor.core.intervals import Span
from monitor.core.timeline import Segment
from monitor.store.protocol import Event, Seq, Snapshot


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a paper was computed from: its digest, and itself, packed."""

    digest: str
    blob: bytes


class Recording:
    """A snapshot that keeps what it was asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.asked: list[object] = []

    def segments(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, tuple[Segment, ...]]:
        found = self._snapshot.segments(lanes, span)
        for lane, each in sorted(found.items()):
            self.asked.append([lane, [[s.start, s.end, int(s.state), s.reason.value] for s in each]])
        return found

    def events(
        self, *, after: Seq = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]:
        return self._snapshot.events(after=after, kinds=kinds, subject=subject)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)


def read_through(plan: Plan, snapshot: Snapshot) -> Any:
    """A snapshot that records."""
    return Recording(snapshot)


def packed(recording: Any, plan: Plan, customer: str, label: str) -> Inputs:
    """What was recorded."""
    text = json.dumps([customer, label, recording.asked]).encode()
    return Inputs(sha256(text).hexdigest(), zlib.compress(text))
