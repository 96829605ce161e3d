"""The trail: who did what and why, and that nobody changed it since."""

from __future__ import annotations

import csv
import io
import json
import sqlite3 as plain

import pytest

pytestmark = pytest.mark.usefixtures("house")

FORCE_MAJEURE = (
    "exclude", "add", "checkout", "--class", "force majeure", "--reason", "Fibre cut",
    "--start", "2026-10-06T12:00Z", "--end", "2026-10-06T13:00Z", "--id", "cut",
)  # fmt: skip


@pytest.fixture
def busy(cli):
    """An exclusion was recorded, and October issued for two customers."""
    assert cli(*FORCE_MAJEURE).exit_code == 0
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    return cli


def entries(answer) -> list[tuple[str, str]]:
    return [(each["kind"], each["subject"]) for each in json.loads(answer.stdout)]


def test_every_entry_is_there_with_its_author_and_reason(busy):
    answer = busy("audit")

    assert answer.exit_code == 0
    head, first, *rest = answer.stdout.splitlines()
    assert head.split() == ["ENTRY", "TIME", "BY", "WHAT", "OF", "REASON"]
    assert "2026-11-18 10:42:07 CET" in first
    assert first.split()[-4:] == ["exclusion.recorded", "cut", "Fibre", "cut"]
    assert [line.split()[-2:] for line in rest] == [
        ["statement.issued", "2026-0001"], ["statement.issued", "2026-0002"],
    ]  # fmt: skip
    assert answer.stderr == "3 of 3 entries; their chain holds.\n"


def test_what_is_looked_for_is_shown_alone(busy):
    assert entries(busy("audit", "--kind", "exclusion", "--json")) == [("exclusion.recorded", "cut")]
    assert entries(busy("audit", "--subject", "2026-0002", "--json")) == [("statement.issued", "2026-0002")]
    assert entries(busy("audit", "--after", "2", "--json")) == [("statement.issued", "2026-0002")]
    assert entries(busy("audit", "--since", "2026-11-19", "--json")) == []
    assert entries(busy("audit", "--until", "2026-11-18", "--json")) == []
    assert len(entries(busy("audit", "--since", "1h", "--json"))) == 3
    assert entries(busy("audit", "--author", "nobody-else", "--json")) == []


def test_a_kind_that_there_is_not_is_told(busy):
    answer = busy("audit", "--kind", "statements")

    assert answer.exit_code == 2
    assert answer.stderr == (
        '--kind: no entry is of the kind "statements"; the journal has exclusion.recorded, statement.issued\n'
    )


def test_an_export_has_every_detail_and_the_chain(busy):
    rows = list(csv.DictReader(io.StringIO(busy("audit", "--csv").stdout)))
    told = json.loads(busy("audit", "--json").stdout)

    assert [row["digest"] for row in rows] == [each["digest"] for each in told]
    assert [row["previous"] for row in rows[1:]] == [row["digest"] for row in rows[:-1]]
    assert json.loads(rows[0]["body"]) == told[0]["body"]
    assert [row["reason"] for row in rows] == [each["reason"] for each in told], "an empty one is empty"
    assert told[0]["body"]["services"] == ["checkout"]


def test_an_entry_that_was_changed_is_not_passed_over(busy, tmp_path):
    forged = plain.connect(tmp_path / "evidence.db")
    (sql,) = forged.execute("SELECT sql FROM sqlite_schema WHERE name = 'journal_no_update'").fetchone()
    forged.execute("DROP TRIGGER journal_no_update")
    forged.execute("UPDATE journal SET reason = 'Flood' WHERE seq = 1")
    forged.execute(sql)
    forged.commit()
    forged.close()

    answer = busy("audit")

    assert answer.exit_code == 3
    assert "Flood" in answer.stdout
    assert answer.stderr == (
        "The trail cannot be relied on: journal entry 1 was changed: its content does not give its digest\n"
    )
