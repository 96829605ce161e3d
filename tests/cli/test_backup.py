"""A backup from the command line: where it is, and by what to know it again."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.usefixtures("house")


def test_a_backup_is_named_after_its_instant_and_tells_where_the_chains_end(cli, tmp_path):
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0

    answer = cli("backup", str(tmp_path))

    assert (answer.exit_code, answer.stdout) == (0, f"{tmp_path}/evidence-20261118T094207Z.db\n")
    assert answer.stderr.splitlines()[-1] == "Statements: 2, the last is 2026-0002"


def test_a_program_is_told_the_same(cli, tmp_path):
    said = json.loads(cli("backup", str(tmp_path / "copy.db"), "--json").stdout)

    assert said["file"] == str(tmp_path / "copy.db")
    assert said["bytes"] == (tmp_path / "copy.db").stat().st_size
    assert said["statements"] == {"count": 0, "last": None}


def test_nothing_is_overwritten(cli, tmp_path):
    assert cli("backup", str(tmp_path / "copy.db")).exit_code == 0

    again = cli("backup", str(tmp_path / "copy.db"))

    assert (again.exit_code, again.stdout) == (2, "")
    assert "is there already, and a backup overwrites nothing" in again.stderr
