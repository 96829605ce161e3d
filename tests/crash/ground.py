"""What a crash is judged by: a house with an issued statement, and what its database must still hold.

Every check that a writer of the campaign stores follows from its key, so one that is there with other
content is found; every silence between them is one that no monitor saw.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms, Span, normalise, subtract, total
from monitor.core.timeline import Segment
from monitor.errors import MakegoodError
from monitor.ledger.issuing import issue_month
from monitor.ledger.press import Office
from monitor.printing import press
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import Holder
from monitor.store.sqlite import connect
from monitor.store.whole import examine
from tests.ledger.house import BEGAN, CUSTOMERS, EACH, HEAD, NOW, REACHED, checks

ROOT = Path(__file__).resolve().parents[2]
LANES = ("crash-one", "crash-two")
STEP, HOLD = SECOND, 2 * SECOND
ORIGIN: Ms = (REACHED // HOUR + 1) * HOUR
LIFE = 10_000
"""Slots from the beginning of one life to that of the next: more than any life fills."""
FOREVER = Span(0, 1 << 50)

Key = tuple[int, int, int]  # lane, epoch, slot


def build(folder: Path, more: str = "") -> Path:
    """A house in this folder: evidence of October, a statement of it for one of two; the configuration."""
    config = folder / "makegood.toml"
    parts = [EACH.format(id=id, currency=CUSTOMERS[id]) for id in ("acme", "bert")]
    config.write_text(HEAD + "".join(parts) + more)
    plan = load_plan(config, environ={})
    with open_store(plan.settings.database, create=True).writer(Holder(1, "host", "test", BEGAN)) as writer:
        epoch = writer.epoch(BEGAN)
        for id in ("acme", "bert"):
            lane = writer.lane(f"{id}-web", plan.settings.location, since=BEGAN)
            writer.append(checks(lane, epoch, failing=id == "acme"), alive=REACHED)
        writer.seal(REACHED)
    assert issue(config, "acme") == ["2026-0001"]
    return config


def issue(config: Path, *customers: str) -> list[str]:
    """Issue October for these customers; the numbers of their papers."""
    plan = load_plan(config, environ={})
    office = Office(plan, open_store(plan.settings.database), press(), NOW, "ines")
    outcome = issue_month(office, "2026-10", customers)
    if outcome.refused:
        raise outcome.refused[0].error
    return [paper.number for paper in outcome.papers]


def database_of(config: Path) -> Path:
    return config.with_name("evidence.db")


def check_of(lane: int, epoch: int, slot: int) -> Check:
    """The one check that there can be with this key."""
    at, down = ORIGIN + slot * STEP, slot % 97 == 0
    seen = (State.DOWN, Reason.TIMEOUT) if down else (State.UP, Reason.OK)
    return Check(lane, epoch, slot, 0, at, *seen, HOLD, None if down else slot * 7 % 5_000, 200)


@dataclass
class Told:
    """What victims said that they had made durable."""

    keys: set[Key] = field(default_factory=set)
    gaps: set[tuple[Ms, Ms]] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def hear(self, lines: Iterable[str]) -> int:
        """Note what whole lines say; how many records they named."""
        before = len(self.keys) + len(self.gaps)
        for line in lines:
            kind, *rest = line.split()
            if not line.endswith("\n"):
                continue
            if kind == "c":
                lane, epoch, slot = map(int, rest[:3])
                self.keys.add((lane, epoch, slot))
            elif kind == "g":
                self.gaps.add((int(rest[2]), int(rest[3])))
            elif kind == "i":
                self.numbers |= set(rest)
        return len(self.keys) + len(self.gaps) - before


@dataclass
class Found:
    """What was wrong after crashes: counts, and a sentence each."""

    lost: int = 0
    doubled: int = 0
    statements: int = 0
    unexplained: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.lost += other.lost
        self.doubled += other.doubled
        self.statements += other.statements
        self.unexplained += other.unexplained
        self.wrong += other.wrong

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled or self.statements or self.unexplained or self.wrong)


Papers = dict[str, dict[str, bytes | str]]


def papers(store: SqliteStore) -> Papers:
    """Every issued paper: its digest and links, and its pages."""
    out: Papers = {}
    for paper in store.ledger.papers():
        pages = {name: store.ledger.page(paper.seq, name) for name in store.ledger.page_digests(paper.seq)}
        inputs = store.ledger.inputs(paper.seq)
        out[paper.number] = {**pages, "=digest": paper.digest, "=before": paper.previous, "=inputs": inputs}
    return out


def judge(database: Path, told: Told, issued: Papers) -> Found:
    """Hold a database against what was acknowledged, and against the papers that were issued before."""
    found = Found()
    try:
        examine(database)
        store = open_store(database)
        now = papers(store)
        found.statements = sum(now.get(number) != paper for number, paper in issued.items())
        found.statements += len(told.numbers - now.keys())
        _judge_records(store, told, found)
    except MakegoodError as error:
        found.wrong.append(f"{database.name}: {error}")
    return found


def _judge_records(store: SqliteStore, told: Told, found: Found) -> None:
    with store.snapshot() as snapshot:
        lanes = [lane.id for lane in snapshot.lanes() if lane.endpoint in LANES]
        end = snapshot.as_of() or ORIGIN
        stored = {lane: list(snapshot.checks(lane, Span(ORIGIN, FOREVER.end))) for lane in lanes}
        segments = snapshot.segments(lanes, Span(ORIGIN, max(end, ORIGIN + 1)))
    keys = [(each.lane, each.epoch, each.slot) for mine in stored.values() for each in mine]
    found.lost += len(told.keys - set(keys))
    found.doubled += len(keys) - len(set(keys)) + _conflicts(store)
    found.lost += len(told.gaps - set(_gaps(store)))
    for mine in stored.values():
        altered = [each.key for each in mine if each != check_of(each.lane, each.epoch, each.slot)]
        found.wrong += [f"check {key} is not what was stored" for key in altered[:3]]
    for lane, mine in stored.items():
        seen = normalise(Span(each.at, each.at + HOLD) for each in mine)
        known = normalise(Span(s.start, s.end) for s in segments[lane] if s.state is not State.UNKNOWN)
        found.unexplained += bool(subtract(known, seen))
        found.unexplained += _misnamed(segments[lane])
        acked = sum(key[0] == lane for key in told.keys)
        if total(known) < acked * STEP // 2:
            found.wrong.append(f"lane {lane} knows {total(known)} ms of {acked} acknowledged checks")


def _misnamed(segments: Iterable[Segment]) -> int:
    """How many stretches of unknown time have another reason than that no monitor ran."""
    unknown = [each for each in segments if each.state is State.UNKNOWN]
    return sum(each.reason is not Reason.NOT_RUNNING for each in unknown)


def _conflicts(store: SqliteStore) -> int:
    with closing(connect(store.path, readonly=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM conflict").fetchone()[0])


def _gaps(store: SqliteStore) -> Iterable[tuple[Ms, Ms]]:
    with closing(connect(store.path, readonly=True)) as connection:
        rows: list[tuple[Ms, Ms]] = connection.execute("SELECT start, end FROM gap").fetchall()
    return rows


GRACE = 10 * MINUTE
