"""A year of evidence in a second: a check a day, and one wherever a lane's state changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from monitor.config import load_plan
from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import DAY, MINUTE, SECOND, Ms, Span
from monitor.core.periods import instant
from monitor.store import open_store
from monitor.store.protocol import Holder

SINCE = "2025-10-10T00:00Z"
UPTO = "2026-11-18T09:42:06Z"


def at(text: str) -> Ms:
    """An instant with its offset."""
    return instant(datetime.fromisoformat(text))


def lasting(start: str, minutes: int, seconds: int = 0) -> Span:
    """So long from an instant on."""
    return Span(at(start), at(start) + minutes * MINUTE + seconds * SECOND)


def record(
    folder: Path,
    config: str,
    down: Mapping[str, Sequence[Span]],
    unseen: Sequence[Span] = (),
    since: str = SINCE,
    upto: str = UPTO,
    before: Ms = 0,
) -> Path:
    """A folder with this configuration and its evidence: `down` by endpoint, `unseen` by all of them.

    So long `before` each outage a check is good, beside those of every day.
    """
    path = folder / "makegood.toml"
    path.write_text(config, encoding="utf-8")
    plan = load_plan(path, environ={})
    begin, end = at(since), at(upto)
    with open_store(plan.settings.database, create=True).writer(Holder(1, "host", "test", begin)) as writer:
        epoch = writer.epoch(begin)
        for endpoint, spans in down.items():
            lane = writer.lane(endpoint, plan.settings.location, since=begin)
            writer.append(list(_checks(lane, epoch, Span(begin, end), spans, unseen, before)))
        writer.append([Gap(0, epoch, span, Reason.MONITOR_PAUSED) for span in unseen])
        writer.alive(end)
        writer.seal(end)
    return folder


def _checks(lane: int, epoch: int, life: Span, down: Sequence[Span], unseen: Sequence[Span], before: Ms = 0):
    edges = {edge for span in down for edge in (span.start, span.end)} | {span.end for span in unseen}
    if before:
        edges |= {span.start - before for span in down}
    for slot, when in enumerate(sorted({*range(life.start, life.end, DAY), *edges})):
        if any(when in span for span in unseen):
            continue
        bad = any(when in span for span in down)
        state, reason = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
        yield Check(lane, epoch, slot, 0, when, state, reason, 2 * DAY, None if bad else 420)
