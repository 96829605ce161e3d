"""`sql`: questions of one's own, and docs/storage.md, whose examples are put here."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.app import makegood
from monitor.extracts.views import VIEWS
from monitor.store.sqlite import connect

ROOT = Path(__file__).resolve().parents[2]
PAGE, CLI_PAGE = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("storage.md", "cli.md"))


def test_an_answer_is_a_table_with_numbers_to_the_right(cli, house):
    answer = cli(
        "sql",
        "SELECT endpoint, count(*) AS n, max(latency_tenths_ms) AS slowest, NULL AS gone "
        "FROM checks GROUP BY endpoint",
    )

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout.splitlines() == [
        "endpoint       n  slowest  gone",
        "search-web  1186      420     -",
        "web         1186      420     -",
    ]


def test_a_program_gets_json_or_csv(cli, house):
    question = "SELECT 'ü,\"' AS text, 1.5 AS number, x'00ff' AS bytes, NULL AS gone, 9e999 AS much"

    told = cli("sql", question, "--json").stdout
    assert json.loads(told) == [{"text": 'ü,"', "number": 1.5, "bytes": "00ff", "gone": None, "much": None}]
    assert list(csv.reader(io.StringIO(cli("sql", question, "--csv").stdout))) == [
        ["text", "number", "bytes", "gone", "much"],
        ['ü,"', "1.5", "00ff", "", ""],
    ]
    assert json.loads(cli("sql", "SELECT 1 FROM days WHERE day = ''", "--json").stdout) == []


def test_a_table_ends_after_a_thousand_rows_and_says_so(cli, house):
    question = "SELECT at FROM checks"

    short = cli("sql", question)
    assert (len(short.stdout.splitlines()), short.stderr) == (
        1_001, "The first 1,000 rows; --limit says how many.\n",
    )  # fmt: skip
    assert len(cli("sql", question, "--limit", "2000").stdout.splitlines()) == 2_001
    assert cli("sql", "SELECT 1 UNION SELECT 2", "--limit", "2").stderr == ""
    assert len(json.loads(cli("sql", question, "--json").stdout)) == 2_372
    assert len(json.loads(cli("sql", question, "--json", "--limit", "3").stdout)) == 3


def test_a_question_can_come_from_stdin(house, clock):
    words = ["--config", str(house / "makegood.toml"), "sql", "-"]
    answer = CliRunner().invoke(makegood, words, obj=clock, input="SELECT 'it is read'\n  AS told;\n")

    assert answer.stdout == "told\nit is read\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "there is no question; write one: makegood sql"),
        (("  ",), "the question is empty"),
        (("SELECT 1", "--json", "--csv"), "--json, --csv: one of the two"),
        (("SELECT 1 AS a, 2 AS a", "--json"), "--json: two columns are called a; name one of them: AS other"),
        (("SELECT * FORM days",), 'near "FORM": syntax error (line 1, column 10)'),
        (("DELETE FROM journal",), "nothing is written here"),
        (("SELECT foo FROM credits",), "no such column: foo (line 1, column 8); credits has "),
        (("SELECT * FROM segment",), 'there is no view "segment"; there are: endpoints, checks, '),
    ],
)
def test_what_is_no_question_is_said(cli, house, words, said):
    answer = cli("sql", *words)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(said)
    assert "Traceback" not in answer.stderr


def test_the_views_are_what_the_schema_says(cli, house):
    """Names in order, of every view; what a person reads has them all."""
    shown = cli("sql", "--schema").stdout
    told = json.loads(cli("sql", "--schema", "--json").stdout)

    assert [view["view"] for view in told] == [view.name for view in VIEWS]
    for view in told:
        names = [column["name"] for column in view["columns"]]
        head = cli("sql", f"SELECT * FROM {view['view']} LIMIT 0", "--csv").stdout.strip()
        assert head.split(",") == names
        assert f"\n{view['view']}: " in f"\n{shown}"
        assert all(f"\n  {name} " in shown for name in names)
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_segments_and_outages_are_those_of_the_export(cli, house):
    segments = list(csv.reader(io.StringIO(cli("export", "segments", "--since", "2026-09-01").stdout)))
    asked = list(csv.reader(io.StringIO(cli("sql", "SELECT * FROM segments", "--csv").stdout)))
    assert sorted(asked) == sorted(segments)

    outages = json.loads(cli("outages", "--since", "2026-09-01", "--json").stdout)
    found = json.loads(cli("sql", "SELECT * FROM outages", "--json").stdout)
    assert [(o["name"], o["started"], o["ended"], o["down_ms"], bool(o["is_open"])) for o in found] == [
        (o["name"], o["start"], o["end"], o["down_ms"], o["open"]) for o in outages
    ]


def test_statements_and_their_credits_are_there(cli, house):
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    listed = json.loads(cli("statement", "list", "--json").stdout)

    found = json.loads(cli("sql", "SELECT number, customer, digest FROM statements", "--json").stdout)
    assert {each["number"]: each["digest"] for each in found} == {
        each["number"]: each["digest"] for each in listed
    }
    (credit,) = json.loads(cli("sql", "SELECT * FROM credits WHERE minor <> 0", "--json").stdout)
    assert (credit["agreement"], credit["currency"], credit["period"]) == ("acme-checkout", "EUR", "2026-10")


def test_where_a_view_holds_up_the_monitor_a_question_is_short(cli, house):
    with contextlib.closing(connect(house / "evidence.db")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")

    answer = cli("sql", "SELECT count(*) AS n FROM checks", "--timeout", "600")

    assert (answer.exit_code, answer.stdout.split()) == (0, ["n", "2372"])
    assert answer.stderr == (
        "The monitor waits while this database is read (journal_mode=DELETE): 5 s at most.\n"
    )


def test_a_question_is_ended_in_time(house, clock):
    """The clock goes on by a minute at each look."""

    class Hurrying(type(clock)):
        def monotonic(self) -> float:
            self.at += 60_000
            return self.at / 1_000

    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    words = ["--config", str(house / "makegood.toml"), "sql", endless, "--timeout", "240"]
    answer = CliRunner().invoke(makegood, words, obj=Hurrying(clock.at))

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("it took longer than it may (--timeout) and was ended; ")


COMMANDS = re.findall(r"^    makegood ((?:export|sql) .*?)(?:  +#.*)?$", PAGE, re.MULTILINE)
QUESTIONS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_on_the_page_does_what_it_says(cli, house, line):
    with contextlib.chdir(house):
        answer = cli(*shlex.split(line))

    assert answer.exit_code == 0, answer.stderr
    assert answer.stdout or list(house.glob("*.csv")) or list(house.glob("*.parquet"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_on_the_page_has_an_answer(cli, house, question):
    answer = cli("sql", question, "--json")

    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout)


SHOWN = re.findall(r"^    \$ makegood ((?:export|sql) .*)\n((?:    .*\n)+)", CLI_PAGE, re.MULTILINE)


@pytest.mark.parametrize(("line", "output"), SHOWN)
def test_what_the_page_on_the_command_line_shows_is_what_comes(cli, house, line, output):
    answer = cli(*shlex.split(line))

    assert answer.output.splitlines() == [each[4:] for each in output.splitlines()]


def test_the_page_has_examples_and_names_every_view():
    assert len(COMMANDS) >= 3
    assert len(SHOWN) >= 3
    assert len(QUESTIONS) >= 4
    assert [view.name for view in VIEWS if f"`{view.name}`" not in PAGE] == []
