"""What a file tells that reaches no promise is taken, and said: once for each word and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.store import open_store
from tests.cli.conftest import Cli
from tests.cli.test_responses import CONFIG

ODD = """ticket,at,event,value,by,priority,custommer,customer,service,kind
X-1,2026-10-05T10:00:00+02:00,created,,,hihg,a,acme,shop,z
X-2,2026-10-05T10:00:00+02:00,created,,,P3,,acme,shop,
X-2,2026-10-05T11:00:00+02:00,priority,high,,,,,,y
X-3,2026-10-05T10:00:00+02:00,created,,,P3,,acme,shop,
"""
READ = (
    "at", "by", "category", "channel", "class", "customer", "deleted", "event", "priority", "product",
    "resource", "segment", "service", "severity", "team", "ticket", "updated", "value",
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "makegood.toml").write_text(CONFIG)
    open_store(tmp_path / "evidence.db", create=True)
    path = tmp_path / "odd.csv"
    path.write_text(ODD)
    return path


def test_words_and_columns_that_nobody_knows_are_told_after_the_import(cli: Cli, file: Path) -> None:
    answer = cli("tickets", "import", str(file), "--mapping", "events")
    assert (answer.exit_code, answer.stdout) == (0, "odd.csv: 3 new.\n")
    assert answer.stderr.splitlines()[:4] == [
        'priority "P3" of 2 tickets: no agreement promises a time for it; known are high, normal',
        'priority "hihg" of 1 ticket: no agreement promises a time for it; did you mean "high"?',
        f'column "kind" is read by nobody, 2 rows with a value; known are {", ".join(READ)}',
        'column "custommer" is read by nobody, 1 row with a value; did you mean "customer"?',
    ]


def test_a_program_reads_the_same(cli: Cli, file: Path) -> None:
    words = ("tickets", "import", str(file), "--mapping", "events", "--dry-run", "--json")
    found = json.loads(cli(*words).stdout)
    assert found["unknown_priorities"] == [
        {"priority": "P3", "tickets": 2, "near": None},
        {"priority": "hihg", "tickets": 1, "near": "high"},
    ]
    assert found["unread_columns"] == [
        {"column": "kind", "rows": 2, "near": None},
        {"column": "custommer", "rows": 1, "near": "customer"},
    ]


def test_where_every_other_priority_has_a_time_none_is_strange(cli: Cli, file: Path) -> None:
    within = 'within = { high = "4 business hours", normal = "1 business day, close of business" }'
    assert within in CONFIG
    text = CONFIG.replace(within, 'within = "4 business hours"')
    (file.parent / "makegood.toml").write_text(text.replace('priority_change = "keep time"\n', ""))
    answer = cli("tickets", "import", str(file), "--mapping", "events")
    assert answer.exit_code == 0, answer.output
    assert "priority" not in answer.stderr.split("known are")[0]


def test_a_mapping_of_ones_own_leaves_out_what_it_leaves_out(cli: Cli, file: Path) -> None:
    mapping = file.with_name("desk.toml")
    mapping.write_text(
        'source = "desk"\nrows = "events"\n[fields]\nid = "ticket"\n[event]\nat = "at"\nwhat = "event"\n'
    )
    answer = cli("tickets", "import", str(file), "--mapping", str(mapping))
    assert answer.exit_code == 0, answer.output
    assert "column" not in answer.stderr


def test_a_column_of_sources_is_told_only_where_it_names_another_system(cli: Cli, file: Path) -> None:
    rows = "ticket,at,event,source\nX-1,2026-10-05T10:00:00Z,created,{}\n"
    file.write_text(rows.format("tickets"))
    assert "column" not in cli("tickets", "import", str(file), "--mapping", "events").stderr
    file.write_text(rows.format("zendesk"))
    told = cli("tickets", "import", str(file), "--mapping", "events").stderr.splitlines()
    assert told[0] == (
        'column "source" is read by nobody, 1 row with a value; '
        'a mapping says whose tickets a file tells: like = "events", source = "desk"'
    )
