"""A backup takes the place of the database: only a whole one, with what is lost written down, in one step."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.core.checks import ALL_LANES, BETWEEN_EPOCHS, Gap, Reason, State
from monitor.core.intervals import DAY, HOUR, Span
from monitor.errors import ConfigError, EvidenceRefused, Held, MakegoodError, Undecided
from monitor.failpoints import VARIABLE
from monitor.ledger.examine import examine as verified
from monitor.ledger.issuing import issue_month
from monitor.store import open_store
from monitor.store.backup import back_up
from monitor.store.ledger import RESTORED
from monitor.store.protocol import Holder, NewEvent
from monitor.store.restore import prepared, restore
from monitor.store.sqlite import connect, sqlite3
from monitor.store.whole import examine
from tests.ledger.house import NOW, REACHED
from tests.store.older import first_schema

HOLDER = Holder(1, "host", "test", NOW)
LATER = NOW + 2 * DAY

RESTORE = """
import sys
from pathlib import Path
from monitor.store.protocol import Holder
from monitor.store.restore import prepared, restore
backup, database, now = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with prepared(backup, database, Holder(1, "host", "test", now)) as ready:
    restore(ready, now, "ines")
"""


@pytest.fixture
def desk(office, tmp_path):
    """acme's October is issued, then a backup is taken, then bert's and cora's are issued."""
    here = office()
    issue_month(here, "2026-10", ["acme"])
    here.store.journal.append([NewEvent(NOW, "note.made", "x", "max")])
    back_up(here.store.path, tmp_path / "backup.db")
    issue_month(here, "2026-10", ["bert", "cora"])
    return here


@pytest.fixture
def backup(desk, tmp_path) -> Path:
    return tmp_path / "backup.db"


def put(desk, backup: Path, skip: int | None = None, now: int = LATER):
    with prepared(backup, desk.store.path, HOLDER) as ready:
        return restore(ready, now, "ines", skip)


def events(desk):
    with desk.store.snapshot() as snapshot:
        return [event for event in snapshot.events() if event.kind == RESTORED]


def test_the_backup_stands_and_the_replaced_database_is_kept(desk, backup):
    before = examine(desk.store.path)

    done = put(desk, backup)

    assert [paper.number for paper in desk.store.ledger.papers()] == ["2026-0001"]
    assert done.since is not None
    assert done.since.numbers == ("2026-0002", "2026-0003")
    assert done.kept is not None
    assert examine(done.kept) == before
    assert examine(desk.store.path).journal == done.heads.journal + 1


def test_what_is_lost_is_written_into_the_journal(desk, backup):
    put(desk, backup)

    (event,) = events(desk)
    assert (event.subject, event.author, event.at) == ("backup.db", "ines", LATER)
    assert event.body == {
        "journal": 2,
        "papers": 1,
        "lost": [REACHED, LATER],
        "numbers": ["2026-0002", "2026-0003"],
        "ordinals": {"issuer": 3},
        "others": 0,
        "line": 1,
    }


def test_the_time_since_the_backup_was_not_measured_because_data_was_lost(desk, backup):
    put(desk, backup)

    with desk.store.snapshot() as snapshot:
        lane = snapshot.lanes()[0].id
        (found,) = snapshot.segments([lane], Span(REACHED + HOUR, LATER))[lane]
    assert (found.state, found.reason) == (State.UNKNOWN, Reason.DATA_LOSS)


def test_it_stays_that_when_the_next_start_records_its_own_silence(desk, backup):
    put(desk, backup)
    silence = Span(REACHED, LATER + HOUR)  # from the last record to the start
    with desk.store.writer(HOLDER) as writer:
        writer.append([Gap(ALL_LANES, BETWEEN_EPOCHS, silence, Reason.NOT_RUNNING)])

    with desk.store.snapshot() as snapshot:
        lane = snapshot.lanes()[0].id
        found = snapshot.segments([lane], Span(REACHED + HOUR, LATER + HOUR))[lane]
    assert [(s.reason, s.end) for s in found] == [
        (Reason.DATA_LOSS, LATER),
        (Reason.NOT_RUNNING, LATER + HOUR),
    ]


def test_no_number_is_used_again_and_the_verifier_knows_why_some_are_missing(desk, backup):
    put(desk, backup)

    outcome = issue_month(replace(desk, now=LATER + HOUR), "2026-10", ["bert", "cora"])

    assert [paper.number for paper in outcome.papers] == ["2026-0004", "2026-0005"]
    assert verified(desk.store, desk.press).holds


def test_where_the_database_is_gone_somebody_says_how_many_numbers_were_taken(desk, backup):
    desk.store.path.unlink()

    with pytest.raises(Undecided, match="say how many at most, --skip N"):
        put(desk, backup)
    assert not desk.store.path.exists()
    done = put(desk, backup, skip=10)

    assert (done.kept, done.since) == (None, None)
    outcome = issue_month(replace(desk, now=LATER + HOUR), "2026-10", ["bert"])
    assert [paper.number for paper in outcome.papers] == ["2026-0012"]
    assert verified(desk.store, desk.press).holds


def test_a_damaged_database_is_kept_aside_with_what_lies_beside_it(desk, backup):
    desk.store.path.write_bytes(desk.store.path.read_bytes()[:5_000])
    beside = desk.store.path.with_name(f"{desk.store.path.name}-wal")
    beside.write_bytes(b"what another database would take for its own")

    done = put(desk, backup, skip=2)

    assert not beside.exists()
    assert done.kept is not None
    assert done.kept.stat().st_size == 5_000
    assert done.kept.with_name(f"{done.kept.name}-wal").exists()
    assert [paper.number for paper in desk.store.ledger.papers()] == ["2026-0001"]


def test_a_backup_of_another_database_is_refused(desk, backup, tmp_path):
    other = open_store(tmp_path / "other.db", create=True)
    other.journal.append([NewEvent(NOW, "note.made", "y", "max")])
    back_up(other.path, tmp_path / "foreign.db")

    with pytest.raises(ConfigError, match="does not go on from this backup"):
        put(desk, tmp_path / "foreign.db")


def test_nothing_is_restored_while_somebody_writes(desk, backup):
    with desk.store.writer(HOLDER), pytest.raises(Held, match="is being written by test"):
        put(desk, backup)


def test_a_backup_that_is_not_there(desk, tmp_path):
    with pytest.raises(ConfigError, match="there is no backup"):
        put(desk, tmp_path / "gone.db")


BROKEN = {
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:-4_096]),
    "empty": lambda file: file.write_bytes(b""),
    "no database": lambda file: file.write_bytes(b"hello" * 1_000),
    "with changes beside it": lambda file: file.with_name(f"{file.name}-wal").write_bytes(b"x"),
    "a changed page": lambda file: _flip(file),
}


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    at = content.index(b"2026-0001")
    content[at] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_changed(desk, backup, broken):
    broken(backup)
    before = desk.store.path.read_bytes()
    names = sorted(file.name for file in desk.store.path.parent.iterdir())

    with pytest.raises(EvidenceRefused, match=r"backup\.db"):
        put(desk, backup)

    assert desk.store.path.read_bytes() == before
    assert {file.name for file in desk.store.path.parent.iterdir()} <= {*names, "evidence.db.lock"}


def test_a_backup_of_an_older_schema_is_brought_up_to_date(desk, tmp_path):
    old = first_schema(tmp_path / "old.db")
    desk.store.path.unlink()

    put(desk, old, skip=0)

    assert examine(desk.store.path).journal == 2, "its own entry, and that of the restore"


@pytest.mark.parametrize(
    "point", ["restore.copied", "restore.checked", "restore.marked", "restore.kept", "restore.renamed"]
)
def test_a_kill_at_any_step_leaves_the_old_database_or_the_new_one(desk, backup, point):
    before = examine(desk.store.path)

    killed = subprocess.run(
        [sys.executable, "-c", RESTORE, str(backup), str(desk.store.path), str(LATER)],
        env={**os.environ, VARIABLE: point},
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    heads = examine(desk.store.path)
    if point == "restore.renamed":
        assert (heads.papers, len(events(desk))) == (1, 1)
    else:
        assert heads == before
        put(desk, backup, now=LATER + 1)
        assert examine(desk.store.path).papers == 1, "who tries again is not hindered by what was left"
    assert [p for p in desk.store.path.parent.glob("*.restoring*") if point != "restore.renamed"] == []


def test_the_drill_restored_the_house_goes_on_measuring(desk, backup):
    """Write, restore, write: the chain goes on with a visible break."""
    put(desk, backup)
    plan = load_plan(desk.plan.path, environ={})

    with open_store(plan.settings.database, create=True).writer(HOLDER) as writer:
        writer.alive(LATER + HOUR)
        writer.seal(LATER + HOUR)

    assert desk.store.journal.verify() is None
    shutil.copy(desk.store.path, backup.with_name("again.db"))
    assert examine(backup.with_name("again.db")).journal == 3


def test_every_file_is_its_owners_alone_whatever_the_umask(desk, backup):
    before = os.umask(0)
    try:
        put(desk, backup)
        issue_month(replace(desk, now=LATER + HOUR), "2026-10", ["bert"])
    finally:
        os.umask(before)

    modes = {file.name: file.stat().st_mode & 0o777 for file in desk.store.path.parent.glob("evidence.db*")}
    assert {name for name, mode in modes.items() if mode != 0o600} == set()
    assert len(modes) >= 3, "the database, its lock, and the one that was replaced"


# --- numbers, however often and whenever something is restored -------------------------------------------


def issued(desk, customer: str) -> list[str]:
    return [paper.number for paper in issue_month(replace(desk, now=LATER), "2026-10", [customer]).papers]


def test_the_same_backup_twice_uses_no_number_again(desk, backup):
    put(desk, backup)
    done = put(desk, backup, now=LATER + 1)

    assert done.since is not None
    assert done.since.numbers == ("2026-0002", "2026-0003"), "they were lost by the first, and still are"
    assert issued(desk, "bert") == ["2026-0004"]
    assert verified(desk.store, desk.press).holds


def test_what_is_skipped_comes_on_top_of_what_was_skipped_before(desk, backup, tmp_path):
    put(desk, backup)
    back_up(desk.store.path, tmp_path / "second.db")
    assert issued(desk, "bert") == ["2026-0004"]
    desk.store.path.unlink()

    put(desk, tmp_path / "second.db", skip=1)

    assert issued(desk, "bert") == ["2026-0005"]
    assert verified(desk.store, desk.press).holds


def test_a_statement_issued_while_somebody_thought_about_it_keeps_its_number(office, tmp_path):
    """Issuing takes no writer's lock, and a restore asks before it does anything."""
    desk = office()
    issued(desk, "acme")
    back_up(desk.store.path, tmp_path / "backup.db")

    with prepared(tmp_path / "backup.db", desk.store.path, HOLDER) as ready:
        assert issued(desk, "bert") == ["2026-0002"]
        done = restore(ready, LATER, "ines")

    assert done.since is not None
    assert done.since.numbers == ("2026-0002",)
    assert issued(desk, "bert") == ["2026-0003"]


def test_who_has_the_replaced_database_open_cannot_write_into_it_any_more(desk, backup):
    with closing(connect(desk.store.path)) as late:
        late.execute("PRAGMA journal_mode = DELETE").close()
        put(desk, backup)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            late.execute("INSERT INTO mark VALUES ('late', 1)")


def test_a_database_of_an_older_schema_has_no_numbers_to_lose(tmp_path):
    database = first_schema(tmp_path / "evidence.db")
    shutil.copy(database, tmp_path / "backup.db")

    with prepared(tmp_path / "backup.db", database, HOLDER) as ready:
        done = restore(ready, LATER, "ines")

    assert done.since is not None
    assert (done.since.numbers, done.since.entries) == ((), 0)
    assert examine(database).journal == 2


def test_a_restore_that_fails_leaves_the_old_database_in_its_mode(desk, backup):
    with closing(connect(desk.store.path)) as connection:
        (before,) = connection.execute("PRAGMA journal_mode").fetchone()
    with prepared(backup, desk.store.path, HOLDER) as ready:
        taken = desk.store.path.with_name(f"{desk.store.path.name}.replaced-{LATER}")
        taken.write_text("mine")
        with pytest.raises(MakegoodError, match="File exists"):
            restore(ready, LATER, "ines")

    with closing(connect(desk.store.path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (before,)
    assert taken.read_text() == "mine"
    assert examine(desk.store.path).papers == 3


# --- what the billing system has read ---------------------------------------------------------------------


def lines(desk, after: int = 0) -> list[tuple[int, str]]:
    return [(line.seq, line.paper.number) for line in desk.store.ledger.credits(after)]


def test_billing_gets_each_line_once_though_its_cursor_is_ahead_of_the_backup(office, tmp_path):
    """It read acme's line; the backup is older than that, and the line comes again under another cursor."""
    desk = office()
    back_up(desk.store.path, tmp_path / "backup.db")
    issued(desk, "acme")
    assert lines(desk) == [(1, "2026-0001")]

    put(desk, tmp_path / "backup.db", now=LATER + HOUR)
    issued(replace(desk, now=LATER + HOUR), "acme")

    assert lines(desk, after=1) == [(2, "2026-0002")], "it is a new statement, and not passed over"
    assert verified(desk.store, desk.press).holds


def test_two_restores_of_two_backups_are_no_false_alarm(office, tmp_path):
    desk = office()
    back_up(desk.store.path, tmp_path / "first.db")
    issued(desk, "acme")
    put(desk, tmp_path / "first.db")
    assert issued(desk, "acme") == ["2026-0002"]
    back_up(desk.store.path, tmp_path / "second.db")
    assert issued(desk, "bert") == ["2026-0003"]
    put(desk, tmp_path / "second.db", now=LATER + 1)
    assert issued(desk, "bert") == ["2026-0004"]

    assert [paper.number for paper in desk.store.ledger.papers()] == ["2026-0002", "2026-0004"]
    assert verified(desk.store, desk.press).faults == ()


def test_where_the_database_is_gone_billing_is_not_passed_over_either(office, tmp_path):
    desk = office()
    back_up(desk.store.path, tmp_path / "backup.db")
    issued(desk, "acme")
    desk.store.path.unlink()
    put(desk, tmp_path / "backup.db", skip=1)

    assert issued(desk, "acme") == ["2026-0002"]
    assert lines(desk, after=1) == [(1_001, "2026-0002")]
    assert verified(desk.store, desk.press).holds
