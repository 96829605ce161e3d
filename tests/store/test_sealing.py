"""Sealed and open hours together say what the whole history says when it is computed at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.checks import ALL_LANES, Check, Gap, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.timeline import Segment, lane_segments, time_by_reason
from monitor.store import SqliteStore, open_store
from monitor.store.proof import proved
from monitor.store.protocol import Holder
from monitor.store.writer import EvidenceWriter

ORIGIN: Ms = 472_000 * HOUR
HOLDER = Holder(1, "here", "test", ORIGIN)
WHOLE = Span(ORIGIN - HOUR, ORIGIN + 9 * HOUR)
HOLDS = (2 * MINUTE, 9 * MINUTE, 45 * MINUTE)


@dataclass(frozen=True)
class Step:
    """One act on the store: append some records, or seal up to an instant, and pack what is sealed."""

    records: tuple[Check | Gap, ...] = ()
    seal: Ms | None = None
    pack: bool = False

    def act(self, writer: EvidenceWriter) -> None:
        writer.append(self.records)
        if self.seal is not None:
            writer.seal(self.seal)
            writer.repack(self.seal + 3 * DAY if self.pack else 0)


def meaning(segments: Sequence[Segment]) -> list[tuple[int, int, str, str]]:
    """What of a segment counts in money, in hours and minutes from the origin."""
    return [(s.start - ORIGIN, s.end - ORIGIN, s.state.name, s.reason.value) for s in segments]


instants = st.integers(0, 8 * 240 - 1).map(lambda quarter: ORIGIN + quarter * 15_000)


@st.composite
def checks(draw: st.DrawFn) -> list[Check]:
    """A run of slots of one epoch on one lane, some of them with re-checks, in order."""
    lane, epoch = draw(st.integers(1, 2)), draw(st.sampled_from((1, 1, 1, 2, 3)))
    at = draw(instants)
    hold = draw(st.sampled_from(HOLDS))
    out: list[Check] = []
    for _ in range(draw(st.integers(1, 12))):
        # epochs begin at different seconds, so that a slot number belongs to one instant of its epoch
        slot = (at - ORIGIN) // 15_000
        outcome = draw(st.sampled_from(("up", "up", "up", "down", "blip", "lost")))
        out += attempts(lane, epoch, slot, at + epoch, hold, outcome)
        at += draw(st.sampled_from((MINUTE, MINUTE, 2 * MINUTE, 14 * MINUTE, 70 * MINUTE)))
        if at >= ORIGIN + 8 * HOUR:
            break
    return out


def attempts(lane: int, epoch: int, slot: int, at: Ms, hold: Ms, outcome: str) -> list[Check]:
    def row(attempt: int, state: State, reason: Reason) -> Check:
        return Check(lane, epoch, slot, attempt, at + attempt * 4_000, state, reason, hold)

    if outcome == "up":
        return [row(0, State.UP, Reason.OK)]
    if outcome == "down":
        return [row(0, State.DOWN, Reason.TIMEOUT), row(1, State.DOWN, Reason.STATUS)]
    if outcome == "blip":
        return [row(0, State.UP, Reason.TIMEOUT), row(1, State.UP, Reason.OK), row(2, State.UP, Reason.OK)]
    return [row(0, State.UNKNOWN, Reason.OWN_DNS)]


gaps = st.builds(
    lambda lane, start, length, reason: [Gap(lane, 1, Span(start, start + length), reason)],
    st.sampled_from((ALL_LANES, 1, 2)),
    instants,
    st.sampled_from((0, 5_000, 10 * MINUTE, 75 * MINUTE)),
    st.sampled_from((Reason.OWN_NETWORK, Reason.NOT_RUNNING, Reason.MONITOR_PAUSED)),
)

steps = st.one_of(
    st.builds(lambda records: Step(tuple(records)), st.one_of(checks(), checks(), gaps)),
    st.builds(
        lambda at, pack: Step(seal=at, pack=pack),
        st.integers(0, 10 * HOUR).map(lambda ms: ORIGIN + ms),
        st.booleans(),
    ),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database with two lanes, as a file: every example begins with a copy of it."""
    path = tmp_path_factory.mktemp("empty") / "m.db"
    store = open_store(path, create=True)
    with store.writer(HOLDER) as writer:
        for endpoint in ("a", "b"):
            writer.lane(endpoint, "here", since=ORIGIN)
    return path


def compare(store: SqliteStore, records: Sequence[Check | Gap], span: Span) -> None:
    with store.snapshot() as snapshot:
        found = snapshot.segments([1, 2], span)
        totals = snapshot.totals([1, 2], span)
    for lane in (1, 2):
        mine = [r for r in records if isinstance(r, Check) and r.lane == lane]
        silences = [r for r in records if isinstance(r, Gap) and r.lane in (lane, ALL_LANES)]
        assert totals[lane] == time_by_reason(found[lane]), lane
        assert meaning(found[lane]) == meaning(lane_segments(mine, silences, span)), lane


@given(plan=st.lists(steps, min_size=1, max_size=12), restarts=st.booleans())
@settings(max_examples=80, deadline=None)
def test_any_order_of_records_seals_and_packs_gives_what_the_whole_history_gives(
    empty: Path, plan: list[Step], *, restarts: bool
) -> None:
    """Late records, epochs that overlap, holds and silences over the edges of hours: when does not matter.

    Nor does it whether epoch 1 is the writer's own, or the writer is another each time.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.db"
        shutil.copy(empty, path)
        store = open_store(path)
        with ExitStack() as stack:
            writer = stack.enter_context(store.writer(HOLDER))
            assert writer.epoch(ORIGIN) == 1
            written: dict[tuple[int, ...], Check] = {}
            silences: list[Gap] = []
            for step in plan:
                if restarts:
                    stack.close()
                    writer = stack.enter_context(store.writer(HOLDER))
                for record in step.records:
                    if isinstance(record, Check):
                        written.setdefault(record.key, record)
                    else:
                        silences.append(record)
                step.act(writer)
                compare(store, [*written.values(), *silences], WHOLE)
                assert list(proved(path)) == [], "what is sealed follows from the log, whatever waits"
            compare(store, [*written.values(), *silences], Span(ORIGIN + 100 * MINUTE, ORIGIN + 200 * MINUTE))


@pytest.mark.parametrize("late", [[], [2], [2, 5], [5, 2]])
def test_an_endpoint_that_is_new_when_hours_long_sealed_are_sealed_anew_has_no_hole(
    tmp_path: Path, late: list[int]
) -> None:
    """Late records of another endpoint write single hours of the new one, from before there was any of it."""
    store = open_store(tmp_path / "m.db", create=True)

    def up(lane: int, minutes: range) -> list[Check]:
        return [row for minute in minutes for row in attempts(lane, 1, minute, at(minute), 9 * MINUTE, "up")]

    def at(minute: int) -> Ms:
        return ORIGIN + minute * MINUTE

    with store.writer(HOLDER) as writer:
        old = writer.lane("old", "here", since=ORIGIN)
        writer.append(up(old, range(480)))
        writer.seal(at(480))
        new = writer.lane("new", "here", since=at(480))
        for hour in late:
            writer.append([Gap(old, 1, Span(at(60 * hour), at(60 * hour + 1)), Reason.OWN_NETWORK)])
            writer.seal(at(481))
        writer.append([*up(old, range(480, 720)), *up(new, range(480, 720))])
        writer.seal(at(720))

    with store.snapshot() as snapshot:
        found = snapshot.segments([new], Span(ORIGIN, at(600)))[new]
    assert meaning(found) == [
        (0, 480 * MINUTE, "UNKNOWN", "not_running"),
        (480 * MINUTE, 600 * MINUTE, "UP", "ok"),
    ]
    assert list(proved(tmp_path / "m.db")) == []
