"""Whatever lies where the database should be: every command refuses it in a sentence and leaves it alone."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3 as plain
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

COMMANDS = (
    "status", "budget", "targets", "targets suggest", "outages", "outage list", "outage show checkout-1",
    "maintenance list",
    "maintenance add checkout --start 2026-12-01T00:00Z --lasting 1h --id x --yes", "exclude list", "approve",
    "report", "report --internal", "explain acme", "statement draft", "statement issue", "statement list",
    "statement show 2026-0001", "statement amend 2026-0001", "statement void 2026-0001 --reason x",
    "statement export 2026-0001", "statement send 2026-0001", "statement verify", "claim list",
    "dispute list", "credits", "exposure", "audit", "config show --as-of 2026-11-01", "verify --evidence",
    "export checks", "export segments", "export outages", "sql VALUES(1)", "backup copy.db", "run",
)  # fmt: skip

BESIDE = ("evidence.db.lock", "evidence.db-wal", "evidence.db-shm")  # what reading leaves, empty


def random_bytes(file: Path) -> None:
    file.write_bytes(random.Random(7).randbytes(40_000))


def half_a_header(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:60])


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-4_096])


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def an_endless_device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def of_another_program(file: Path) -> None:
    file.unlink()
    _run(file, "CREATE TABLE users (name TEXT)", "INSERT INTO users VALUES ('me')")


def of_another_program_with_our_tables(file: Path) -> None:
    _run(file, "PRAGMA application_id = 42")


def newer(file: Path) -> None:
    _run(file, "PRAGMA user_version = 99")


def a_view_where_a_table_was(file: Path) -> None:
    _run(file, "ALTER TABLE gap RENAME TO held", "CREATE VIEW gap AS SELECT * FROM held")


def an_endless_view_beside(file: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    _run(file, f"CREATE VIEW more AS {endless}")


def a_trigger_beside(file: Path) -> None:
    _run(file, "CREATE TRIGGER quiet AFTER INSERT ON gap BEGIN DELETE FROM dirty; END")


def a_trigger_missing(file: Path) -> None:
    _run(file, "DROP TRIGGER journal_no_delete")


def a_column_more(file: Path) -> None:
    _run(file, "ALTER TABLE paper ADD COLUMN note TEXT")


def a_computed_column(file: Path) -> None:
    _run(file, "ALTER TABLE gap ADD COLUMN twice INTEGER GENERATED ALWAYS AS (start * 2)")


def _run(file: Path, *statements: str) -> None:
    with closing(plain.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


HOSTILE: tuple[Callable[[Path], None], ...] = (
    random_bytes, half_a_header, cut_short, a_folder, a_pipe, an_endless_device, of_another_program,
    of_another_program_with_our_tables, newer, a_view_where_a_table_was, an_endless_view_beside,
    a_trigger_beside, a_trigger_missing, a_column_more, a_computed_column,
)  # fmt: skip


def seen(file: Path) -> object:
    """What is there, byte for byte."""
    return file.read_bytes() if file.is_file() and not file.is_symlink() else os.lstat(file).st_mode


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda make: make.__name__)
def test_every_command_refuses_it_in_a_sentence_and_leaves_it_as_it_was(house, cli, tmp_path, hostile):
    file = tmp_path / "evidence.db"
    hostile(file)
    before, beside = seen(file), {each.name for each in tmp_path.iterdir()}

    for words in COMMANDS:
        answer = cli(*words.split())
        assert answer.exit_code in (2, 3), (words, answer.output)
        assert answer.exception is None or isinstance(answer.exception, SystemExit), words
        assert str(file.resolve() if file.is_symlink() else file) in answer.stderr, (words, answer.stderr)
        assert (answer.stdout, answer.stderr.count("\n")) == ("", 1), words
        assert seen(file) == before, words
    assert {each.name for each in tmp_path.iterdir()} <= {*beside, *BESIDE}


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda make: make.__name__)
def test_the_doctor_says_what_is_wrong_with_it(house, cli, tmp_path, hostile):
    file = tmp_path / "evidence.db"
    hostile(file)
    before = seen(file)

    answer = cli("doctor")

    assert answer.exit_code == 3, answer.output
    assert seen(file) == before


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda make: make.__name__)
def test_it_is_not_restored(house, cli, tmp_path, hostile):
    backup = tmp_path / "backup.db"
    shutil.copy(tmp_path / "evidence.db", backup)
    hostile(backup)
    before = (tmp_path / "evidence.db").read_bytes()

    answer = cli("restore", str(backup), "--yes")

    assert answer.exit_code in (2, 3), answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit)
    assert str(backup) in answer.stderr
    assert (tmp_path / "evidence.db").read_bytes() == before


@pytest.mark.parametrize("name", [":memory:", "", "/dev/full", "/dev/null", "nowhere/x.db"])
def test_a_name_that_is_no_file_of_ours(house, cli, tmp_path, name):
    config = tmp_path / "makegood.toml"
    config.write_text(config.read_text().replace('"evidence.db"', f'"{name}"'))

    answer = cli("status")

    assert answer.exit_code in (2, 3), answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit)


def test_a_bit_that_flipped_is_an_answer_or_a_sentence_and_never_a_traceback(house, cli, tmp_path):
    """Whether a flipped bit matters is what `verify` finds; no command falls over one."""
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    file = tmp_path / "evidence.db"
    whole = file.read_bytes()
    chance = random.Random(11)
    for _ in range(40):
        at = chance.randrange(len(whole))
        file.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        for words in (("status",), ("verify", "--evidence"), ("statement", "list"), ("audit",)):
            answer = cli(*words)
            assert answer.exception is None or isinstance(answer.exception, SystemExit), (at, words)
            assert answer.exit_code in (0, 1, 2, 3, 6), (at, words, answer.output)


def test_changes_of_another_database_beside_it_are_not_taken_for_its_own(house, cli, tmp_path):
    """A write-ahead log of a database that was exchanged under it: its checksums are not this one's."""
    file = tmp_path / "evidence.db"
    whole = file.read_bytes()
    with closing(plain.connect(tmp_path / "other.db")) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE users (name TEXT)")
        other.commit()
        shutil.copy(tmp_path / "other.db-wal", tmp_path / "evidence.db-wal")

    answer = cli("verify")

    assert answer.exit_code in (0, 3), answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit)
    assert file.read_bytes() == whole
