"""Live through a kind of fault with the real daemon, and hold its evidence to what simulated lives are.

Beyond that audit: unknown time has a reason that fits the fault, no silence is without a record, and after
each fault probing is well again.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitor.core.checks import ALL_LANES, Check, Gap, Reason, State, state_of
from monitor.core.intervals import Ms
from tests.simulation.audit import Tally, View, audit
from tests.simulation.case import Case
from tests.simulation.case import Fault as Planned
from tests.simulation.loop import BEGINNING
from tests.simulation.play import Played
from tests.simulation.real.fault import Fault, Kind, last
from tests.simulation.real.life import INTERVAL, Life

WAYS = {"web": ("closed", "silent", "status"), "secure": ("closed", "silent", "status"), "port": ("closed",)}
"""The targets that fail for real now and then, and how."""
EVER = frozenset({Reason.OVERLAP, Reason.MONITOR_STALL})
"""What a loaded machine does by itself."""
SOON = 2
"""So many intervals of silence need no record: a slot in flight when the clock was set is the old epoch's."""


@dataclass(frozen=True)
class RealCase(Case):
    """A life as it was lived; `lasted` is its length in seconds."""

    lasted: float = 0.0

    @property
    def seconds(self) -> float:
        return self.lasted


@dataclass
class Recorded:
    """What the audit asks of a monitor: its lanes, and its records with when they became known."""

    lanes: dict[str, int]
    records: list[tuple[float, Check | Gap]]
    counters: Sequence[object] = ()


@dataclass
class Lived:
    """What a kind came to. `well_after` is how many seconds after each fault all was found well; `log` is the
    end of what the daemon said."""

    kind: str
    tally: Tally = field(default_factory=Tally)
    well_after: list[float] = field(default_factory=list)
    deaths: int = 0
    skipped: str | None = None
    log: str = ""


def live(kind: Kind, faults: Sequence[Fault] | None = None) -> Lived:
    """One life with these faults of the kind, all of them unless told otherwise, and real outages between."""
    out = Lived(kind.name, skipped=kind.lacks())
    if out.skipped is not None:
        return out
    with tempfile.TemporaryDirectory(prefix="makegood-") as folder:
        place = kind.place(Path(folder))
        try:
            _live_in(Life(place, kind.settings), kind, kind.faults if faults is None else faults, out)
        finally:
            place.close()
    return out


def _live_in(life: Life, kind: Kind, faults: Sequence[Fault], out: Lived) -> None:
    planned: list[Planned] = []
    try:
        life.start()
        life.await_well(BEGINNING)
        for number, fault in enumerate(faults):
            try:
                planned.append(_suffer(life, kind, fault, number, out))
            except (AssertionError, OSError, RuntimeError) as error:
                out.tally.wrong.append(f"{kind.name}, {fault.words}: {error}")
                return
            if number < kind.outages and not kind.meanwhile:
                _fail(life, kind, number)
        ended = life.loop.time()
        if life.stop() != 0:
            out.tally.wrong.append(f"{kind.name}: the daemon did not end well")
        _judge(life, kind, planned, ended, out)
    finally:
        life.close()
        out.log = (life.folder / "log").read_text(errors="replace")[-6_000:]


def _suffer(life: Life, kind: Kind, fault: Fault, number: int, out: Lived) -> Planned:
    """The fault, and the wait until all is well again."""
    last(random.Random(f"{kind.name} {number}").uniform(0, INTERVAL))
    start = life.loop.time()
    with fault.begin(life):
        if kind.meanwhile:
            last(1)
            _fail(life, kind, number)
        last(fault.seconds)
    end = life.loop.time()
    out.deaths += life.revive()
    out.well_after.append(life.await_well(end) - end)
    name = kind.name if kind.meanwhile else f"{kind.name} {kind.catalogue}"  # a plain name may hide nothing
    return Planned(name, start, end - start)


def _fail(life: Life, kind: Kind, number: int) -> None:
    """A real outage of four intervals or more."""
    drawing = random.Random(f"{kind.name} {number}")
    name = drawing.choice(sorted(WAYS))
    last(1.5 * INTERVAL)  # so that nothing that was ours hides its start
    start = life.loop.time()
    with life.out(name, drawing.choice(WAYS[name])):
        life.await_down(name, start)
        last(max(0.0, 4 * INTERVAL - (life.loop.time() - start)))
    life.await_well(life.loop.time())


# -- what is asked of the evidence


def _judge(life: Life, kind: Kind, planned: Sequence[Planned], ended: float, out: Lived) -> None:
    lanes = life.lanes()
    when = dict(_acknowledged(life))
    checks = [check for name in life.endpoints for check in life.checks(lanes[name])]
    gaps = life.gaps()
    records = [
        (when.get(each.key, ended) if isinstance(each, Check) else ended, each) for each in (*checks, *gaps)
    ]
    played = Played(Recorded(lanes, records), life.clock, tuple(_held_up(life, checks, when)))  # type: ignore[arg-type]
    case = RealCase(
        seed=0,
        size=kind.name,
        endpoints=dict(life.endpoints),
        sentinels={},
        outages=tuple(life.outages),
        faults=tuple(planned),
        lasted=ended - BEGINNING,
    )
    wrong = out.tally.wrong
    out.tally = audit(case, played)
    out.tally.wrong[:0] = wrong
    out.tally.slots = len({check.key[:3] for check in checks})
    out.tally.wrong += [
        f"{kind.name}: {each}" for each in _beyond(life, kind, View(case, played), gaps, ended)
    ]


def _acknowledged(life: Life) -> Iterator[tuple[tuple[int, ...], float]]:
    for when, key in life.acked:
        yield key, when


def _held_up(
    life: Life, checks: Sequence[Check], when: dict[tuple[int, ...], float]
) -> Iterator[tuple[float, float]]:
    """When the machine stood still by itself, or kept the daemon from its work: as it itself said."""
    yield from life.held_up
    for check in checks:
        if check.reason in (Reason.MONITOR_STALL, Reason.MONITOR_PAUSED) and check.key in when:
            yield (when[check.key] - 2 * INTERVAL, when[check.key])


def _beyond(life: Life, kind: Kind, view: View, gaps: Sequence[Gap], ended: float) -> Iterator[str]:
    checks = [check for each in view.checks.values() for check in each]
    unknown = [check.reason for check in checks if state_of(check.reason) is State.UNKNOWN]
    closing = life.clock.wall(ended) - round(3 * INTERVAL * 1_000)
    unknown += [
        gap.reason for gap in gaps if gap.reason is not Reason.NOT_RUNNING or gap.span.start < closing
    ]
    strange = set(unknown) - kind.reasons - EVER
    if strange:
        yield f"unknown for a reason that does not fit: {', '.join(sorted(strange))}"
    if kind.certain and not set(unknown) & kind.reasons:
        yield f"none of these reasons was recorded: {', '.join(sorted(kind.reasons))}"
    if life.conflicts():
        yield f"{life.conflicts()} checks came again with other content"
    lost = {key for _, key in life.acked} - {check.key for check in checks} - _of_others(life)
    if lost:
        yield f"{len(lost)} acknowledged checks are not there"
    yield from _silences(life, view, gaps)


def _of_others(life: Life) -> set[tuple[int, ...]]:
    known = {life.lanes()[name] for name in life.endpoints}
    return {key for _, key in life.acked if key[0] not in known}


def _silences(life: Life, view: View, gaps: Sequence[Gap]) -> Iterator[str]:
    """Time that the clock showed, long enough for a slot, in which nothing was seen and no gap says why."""
    shown = life.clock.images(life.acked[0][0], life.acked[-1][0])
    lives = life.lives()
    for name, endpoint in life.endpoints.items():
        lane = view.lane(name)
        covered = [(gap.span.start, gap.span.end) for gap in gaps if gap.lane in (lane, ALL_LANES)]
        existed = [(span.start, span.end) for span in lives[name]]
        for segment in view.segments(name):
            if segment.reason is not Reason.NOT_RUNNING or segment.first is not None:
                continue
            for piece in _shared(segment.start, segment.end, shown):
                for low, high in _shared(*piece, existed):
                    length = _uncovered(low, high, covered)
                    if length > SOON * endpoint.interval:
                        yield f"{name}: {length} ms of silence without a record, from {low}"


def _shared(start: Ms, end: Ms, spans: Sequence[tuple[Ms, Ms]]) -> Iterator[tuple[Ms, Ms]]:
    for low, high in spans:
        if max(start, low) < min(end, high):
            yield max(start, low), min(end, high)


def _uncovered(start: Ms, end: Ms, spans: Sequence[tuple[Ms, Ms]]) -> Ms:
    reached, out = start, 0
    for low, high in sorted(spans):
        if high <= reached or low >= end:
            continue
        out += max(0, low - reached)
        reached = max(reached, high)
    return out + max(0, end - reached)
