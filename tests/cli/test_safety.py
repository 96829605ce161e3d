"""The database is put back, looked at and verified from the command line."""

from __future__ import annotations

import json
import os

import pytest

from tests.store.insider import edited


@pytest.fixture
def issued(house, cli, tmp_path):
    """October is issued and backed up."""
    assert cli("statement", "issue", "--period", "2026-10", "--customer", "acme").exit_code == 0
    assert cli("backup", str(tmp_path / "copy.db")).exit_code == 0
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    return cli


# --- restore --------------------------------------------------------------------------------------------


def test_a_restore_says_first_what_would_be_lost(issued, tmp_path):
    answer = issued("restore", str(tmp_path / "copy.db"), "--dry-run")

    assert (answer.exit_code, answer.stdout) == (0, "")
    lines = answer.stderr.splitlines()
    assert lines[0] == f"{tmp_path / 'copy.db'} is whole."
    assert lines[-1] == "Statements that would be lost, their numbers never used again: 2026-0002."
    assert any("would be lost, and told as not measured" in line for line in lines)


def test_nothing_is_restored_unasked(issued, tmp_path):
    answer = issued("restore", str(tmp_path / "copy.db"))

    assert answer.exit_code == 2
    assert answer.stderr.splitlines()[-1] == (
        "nothing was restored: add --yes to do it, or --dry-run to only look"
    )
    assert len(json.loads(issued("statement", "list", "--json").stdout)) == 2


def test_a_backup_is_restored_and_the_next_number_is_a_new_one(issued, tmp_path):
    answer = issued("restore", str(tmp_path / "copy.db"), "--yes")

    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[0] == f"Restored {tmp_path / 'evidence.db'}"
    assert "The replaced database is" in answer.stdout
    issued("statement", "issue", "--period", "2026-10")
    numbers = [each["number"] for each in json.loads(issued("statement", "list", "--json").stdout)]
    assert numbers == ["2026-0001", "2026-0003"]
    assert issued("verify").exit_code == 0


def test_a_program_is_told_what_was_lost(issued, tmp_path):
    said = json.loads(issued("restore", str(tmp_path / "copy.db"), "--yes", "--json").stdout)

    assert said["restored"] is True
    assert said["since"]["statements"] == ["2026-0002"]
    assert said["statements"] == {"count": 1, "last": "2026-0001"}


# --- verify ---------------------------------------------------------------------------------------------


def test_a_whole_database_is_told_in_a_line(issued):
    answer = issued("verify", "--evidence")

    assert (answer.exit_code, answer.stdout) == (
        0,
        (
            "The database is whole, the journal and the ledger agree, every statement holds, "
            "the sealed evidence follows from the log, and statements still rest on it.\n"
        ),
    )


def test_what_differs_is_told(issued, tmp_path):
    import sqlite3 as plain
    from contextlib import closing

    with closing(plain.connect(tmp_path / "evidence.db")) as connection:
        connection.execute("UPDATE segment SET reason = 1 WHERE state = 2")
        connection.commit()

    assert issued("verify").exit_code == 0, "the papers hold: their evidence is kept with them"
    answer = issued("verify", "--evidence", "--json")
    assert answer.exit_code == 3
    said = json.loads(answer.stdout)
    assert said["holds"] is False
    assert "sealed down (ok)" in said["faults"][0]


def test_an_outage_taken_out_of_log_and_segments_alike_is_an_answer_of_no(issued, tmp_path):
    ok = "(SELECT id FROM reason WHERE name = 'ok')"
    edited(
        tmp_path / "evidence.db",
        f"UPDATE log SET state = 1, reason = {ok} WHERE state = 2",
        f"UPDATE segment SET state = 1, reason = {ok} WHERE state = 2",
    )

    answer = issued("verify", "--evidence")

    assert answer.exit_code == 1
    assert answer.stdout.startswith("statement 2026-0001 (acme, 2026-10): web was up (ok) ")


# --- doctor ---------------------------------------------------------------------------------------------


def test_the_doctor_looks_at_everything_and_says_what_to_do(issued):
    answer = issued("doctor", "--json")

    found = {each["what"]: each for each in json.loads(answer.stdout)}
    assert list(found) == [
        "sqlite", "time zones", "file system", "room", "rights", "schema", "mode", "clock", "whole",
        "monitor",
    ]  # fmt: skip
    assert found["whole"]["says"].endswith("in an unbroken chain, 2 statements")
    assert found["monitor"] == {
        "what": "monitor", "state": "warning", "says": "nobody records checks now",
        "remedy": "start it: makegood run",
    }  # fmt: skip
    assert answer.exit_code == 1


def test_rights_that_are_too_wide_are_told_with_the_command_that_mends_them(issued, tmp_path):
    (tmp_path / "evidence.db").chmod(0o644)

    answer = issued("doctor")

    assert f"chmod 600 {tmp_path / 'evidence.db'}" in answer.stdout


def test_a_damaged_database_is_a_fault_and_the_rest_is_told_all_the_same(issued, tmp_path):
    file = tmp_path / "evidence.db"
    file.write_bytes(file.read_bytes()[:8_192])

    answer = issued("doctor")

    assert answer.exit_code == 3
    assert "x schema" in answer.stdout
    assert "sqlite" in answer.stdout


# --- what is written is its owner's alone ---------------------------------------------------------------


def test_everything_a_command_writes_is_its_owners_alone_whatever_the_umask(house, cli, tmp_path):
    before = {file for file in tmp_path.rglob("*") if file.is_file()}
    earlier = os.umask(0)
    try:
        for words in (
            ("report", "--period", "2026-10", "--internal"),
            ("statement", "issue", "--period", "2026-10", "--out", str(tmp_path / "issued")),
            ("statement", "export", "2026-0001", "--out", str(tmp_path / "export")),
            ("statement", "show", "2026-0001", "--html", "--out", str(tmp_path / "page.html")),
            ("backup", str(tmp_path / "copy.db")),
            ("restore", str(tmp_path / "copy.db"), "--yes"),
        ):
            answer = cli(*words)
            assert answer.exit_code == 0, (words, answer.output)
    finally:
        os.umask(earlier)

    written = {file for file in tmp_path.rglob("*") if file.is_file()} - before
    assert {file.suffix for file in written} >= {".html", ".json", ".csv", ".db"}
    assert {
        file.name: oct(file.stat().st_mode & 0o777) for file in written if file.stat().st_mode & 0o077
    } == {}
