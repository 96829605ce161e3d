"""The journal: append-only, chained, and honest about where it was touched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitor.errors import EvidenceRefused, Held
from monitor.store import Conflict, SqliteStore, open_store
from monitor.store.protocol import NewEvent
from monitor.store.sqlite import connect, sqlite3


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path)) as connection:
        yield connection


def note(kind: str, subject: str = "shop", **body: object) -> NewEvent:
    return NewEvent(at=1_000, kind=kind, subject=subject, author="ann", reason="because", body=body)


def test_entries_come_back_as_they_were_and_follow_one_another(store: SqliteStore) -> None:
    assert store.journal.append([note("a", n=1, of=["x", None, True]), note("b")]) == 2
    assert store.journal.append([note("a", "api")]) == 3
    with store.snapshot() as snapshot:
        first, second, third = snapshot.events()
    assert (first.seq, first.kind, first.author, first.reason) == (1, "a", "ann", "because")
    assert first.body == {"n": 1, "of": ["x", None, True]}
    assert (second.previous, third.previous) == (first.digest, second.digest)
    assert store.journal.verify() is None
    assert store.changed(0) == 3


def test_events_are_chosen_by_place_kind_and_subject(store: SqliteStore) -> None:
    store.journal.append([note("a"), note("b"), note("a", "api"), note("c")])
    with store.snapshot() as snapshot:
        assert [event.seq for event in snapshot.events(after=2)] == [3, 4]
        assert [event.seq for event in snapshot.events(kinds=frozenset({"a", "c"}))] == [1, 3, 4]
        assert [event.seq for event in snapshot.events(subject="api")] == [3]
        assert [event.seq for event in snapshot.events(kinds=frozenset())] == []


def test_the_chain_does_not_depend_on_the_order_of_keys(tmp_path: Path) -> None:
    digests = set()
    for name, body in (("one", {"a": 1, "b": 2}), ("two", {"b": 2, "a": 1})):
        store = open_store(tmp_path / name, create=True)
        store.journal.append([note("k", **body)])
        with store.snapshot() as snapshot:
            digests.add(next(snapshot.events()).digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"share": 0.5}, r"body\.share is the float 0\.5"),
        ({"a": [{"b": float("nan")}]}, r"body\.a\[0\]\.b is the float nan"),
        ({"a": {1: 2}}, r"body\.a has the key 1; keys in the journal are strings"),
        ({"a": b"x"}, r"body\.a is a bytes"),
    ],
)
def test_what_has_no_canonical_text_is_refused(
    store: SqliteStore, body: dict[str, object], message: str
) -> None:
    with pytest.raises(EvidenceRefused, match=message):
        store.journal.append([note("fine"), note("k", **body)])
    assert store.changed(0) == 0


def test_a_head_that_moved_is_a_conflict_and_nothing_is_written(store: SqliteStore) -> None:
    store.journal.append([note("a")], expect=0)
    with pytest.raises(Conflict, match="moved from 0 to 1") as error:
        store.journal.append([note("b")], expect=0)
    assert isinstance(error.value, Held)
    assert store.changed(0) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET author = 'bob' WHERE seq = 1",
        "DELETE FROM journal",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal",
        "DELETE FROM log",
    ],
)
def test_the_tables_refuse_to_be_rewritten(store: SqliteStore, statement: str, path: Path) -> None:
    with _connected(path) as connection:
        connection.execute("INSERT INTO log VALUES (0, 1, 1, 1, 0, 1, 1, 1, NULL, NULL, NULL)")
        store.journal.append([note("a")])
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("UPDATE journal SET body = '{\"n\":3}' WHERE seq = 2", "journal entry 2 was changed"),
        ("UPDATE journal SET at = at + 1 WHERE seq = 3", "journal entry 3 was changed"),
        ("DELETE FROM journal WHERE seq = 2", "journal entry 2 is missing: the next one is 3"),
        (
            "UPDATE journal SET previous = digest WHERE seq = 3",
            "journal entry 3 does not follow from entry 2",
        ),
    ],
)
def test_damage_behind_our_back_is_found_and_placed(
    store: SqliteStore, path: Path, damage: str, message: str
) -> None:
    store.journal.append([note("a", n=number) for number in range(4)])
    with _connected(path) as connection:
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER journal_no_{verb}")
        connection.execute(damage)
    said = store.journal.verify()
    assert said is not None
    assert message in said


APPEND = """
import sys
from pathlib import Path
from monitor.store import open_store
from monitor.store.protocol import NewEvent
store = open_store(Path(sys.argv[1]))
for number in range(25):
    store.journal.append([NewEvent(number, "k", sys.argv[2], "ann")] * 2)
"""


def test_two_processes_append_to_one_chain(store: SqliteStore, path: Path) -> None:
    arguments = [[sys.executable, "-c", APPEND, str(path), name] for name in ("one", "two")]
    running = [subprocess.Popen(argument) for argument in arguments]
    assert [process.wait(timeout=50) for process in running] == [0, 0]
    assert store.journal.verify() is None
    with store.snapshot() as snapshot:
        subjects = [event.subject for event in snapshot.events()]
    assert (subjects.count("one"), subjects.count("two")) == (50, 50)
    assert subjects[::2] == subjects[1::2]  # each pair was one transaction
