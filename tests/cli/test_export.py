"""`export`: what was recorded as tables. The clock says 18 November 2026, 10:42:07 in Berlin."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from itertools import pairwise

import pyarrow.parquet
import pytest

from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR
from monitor.store import open_store
from monitor.store.protocol import Holder
from monitor.store.sqlite import connect


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def store(house):
    return open_store(load_plan(house / "makegood.toml", environ={}).settings.database)


def test_checks_are_all_there_by_day_and_endpoint(cli, house):
    answer = cli("export", "checks", "--since", "2026-09-01")

    found = rows(answer.stdout)
    assert answer.exit_code == 0
    assert answer.stderr == "2,372 checks, from 2026-08-31T22:00:00.000Z to 2026-11-18T09:42:07.000Z.\n"
    assert len(found) == 2_372
    assert [(row["endpoint"], row["at"]) for row in found[:1] + found[24:25] + found[48:49]] == [
        ("web", "2026-09-30T00:00:00.000Z"),
        ("search-web", "2026-09-30T00:00:00.000Z"),
        ("web", "2026-10-01T00:00:00.000Z"),
    ]
    first = {"web": 0, "search-web": 1}  # as they came to be known
    assert found == sorted(found, key=lambda row: (row["at"][:10], first[row["endpoint"]], row["at"]))


def test_a_span_and_an_endpoint_are_what_is_asked_for(cli, house):
    """From noon to three: the outage from 12:00Z to 14:00Z, and a good check after it."""
    span = ("--since", "2026-10-06T11:00Z", "--until", "2026-10-06T15:00Z")

    found = rows(cli("export", "checks", "web", *span).stdout)

    assert [(row["at"][11:16], row["state"], row["reason"], row["latency_tenths_ms"]) for row in found] == [
        ("11:00", "up", "ok", "420"),
        ("12:00", "down", "timeout", ""),
        ("13:00", "down", "timeout", ""),
        ("14:00", "up", "ok", "420"),
    ]
    assert len(rows(cli("export", "checks", "web", *span, "--failed").stdout)) == 2


def test_parquet_has_what_csv_has(cli, house):
    plain = rows(cli("export", "checks", "--since", "2026-09-01").stdout)
    answer = cli("export", "checks", "--since", "2026-09-01", "--out", str(house / "all.parquet"))

    found = pyarrow.parquet.read_table(house / "all.parquet").to_pylist()
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert answer.stderr.startswith(f"2,372 checks in {house}/all.parquet, from ")
    assert [
        {
            name: "" if value is None else f"{value:%Y-%m-%dT%H:%M:%S.000Z}" if name == "at" else str(value)
            for name, value in row.items()
        }
        for row in found
    ] == plain


def test_packed_days_are_written_as_loose_ones_were(cli, house, store):
    before = cli("export", "checks", "--since", "2026-09-01").stdout
    with store.writer(Holder(1, "host", "test", 0)) as writer:
        assert writer.repack(1_794_000_000_000) > 0

    assert cli("export", "checks", "--since", "2026-09-01").stdout == before


def test_where_a_view_holds_up_the_monitor_a_view_lasts_for_a_part(cli, house, store):
    before = cli("export", "checks", "--since", "2026-09-01").stdout
    with closing(connect(store.path)) as connection:
        assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)

    assert store.holds_up()
    assert cli("export", "checks", "--since", "2026-09-01").stdout == before


def test_an_export_is_of_one_moment(cli, house, store, clock):
    """What is recorded while it is read is not in it: the writer does not wait, the reader does not see."""
    with store.snapshot() as snapshot, store.writer(Holder(1, "host", "test", 0)) as writer:
        (lane,) = (lane.id for lane in snapshot.lanes() if lane.endpoint == "web")
        first = snapshot.last_check(lane)
        writer.append([Check(lane, 1, 99_999, 0, clock.at - 1, State.UP, Reason.OK, HOUR)])
        assert snapshot.last_check(lane) == first

    assert rows(cli("export", "checks", "web").stdout)[-1]["at"] == "2026-11-18T09:42:06.999Z"


SECRET = """
[endpoint.web]
url = "http://127.0.0.1:1/"
headers = { Authorization = { file = "token" } }
"""


def test_what_is_secret_is_not_in_the_facts_and_nobody_knows_what_is_of_a_stranger(cli, house, store, clock):
    """A target says the token back. One endpoint is in the configuration, the other is no longer."""
    (house / "token").write_text("Bearer abc123\n")
    config = house / "makegood.toml"
    config.write_text(
        config.read_text().replace('[endpoint.web]\nurl = "http://127.0.0.1:1/"\n', SECRET.lstrip())
    )
    facts = '{"detail":"you said abc123"}'
    with store.writer(Holder(1, "host", "test", 0)) as writer:
        for name in ("web", "former"):
            lane = writer.lane(name, "local", since=clock.at - HOUR)
            writer.append([
                Check(lane, 1, 99_999, 0, clock.at - 1, State.DOWN, Reason.STATUS, HOUR, 1, 500, facts)
            ])  # fmt: skip

    answer = cli("export", "checks", "web", "former", "--since", "1h", "--failed")

    told = {row["endpoint"]: row["facts"] for row in rows(answer.stdout) if row["reason"] == "status"}
    assert told == {"web": '{"detail":"you said ***"}', "former": ""}
    assert answer.stderr.splitlines()[1:] == [
        "Not in the configuration: former.",
        "Nobody knows what of them is secret, so their facts are left out.",
    ]
    asked = cli("sql", "--json", "SELECT endpoint, facts FROM checks WHERE reason = 'status'")
    assert {row["endpoint"]: row["facts"] for row in json.loads(asked.stdout)} == {**told, "former": None}


def test_good_checks_that_were_forgotten_are_an_error_and_no_file(cli, house, store):
    with store.writer(Holder(1, "host", "test", 0)) as writer:
        writer.repack(1_794_000_000_000)
        writer.forget({1: 1_791_000_000_000, 2: 1_791_000_000_000})
    out = ("--since", "2026-09-01", "--out", str(house / "all.csv"))

    answer = cli("export", "checks", *out)

    assert (answer.exit_code, answer.stdout) == (6, "")
    assert answer.stderr.startswith("the good checks before 2026-10-01Z were forgotten")
    assert not (house / "all.csv").exists()
    assert cli("export", "checks", *out, "--failed").exit_code == 0


def test_segments_have_no_hole_while_an_endpoint_was_there(cli, house):
    found = rows(cli("export", "segments", "web", "--since", "2026-09-01").stdout)

    assert [(row["started"][:16], row["state"], row["reason"]) for row in found] == [
        ("2026-09-30T00:00", "up", "ok"),
        ("2026-10-06T12:00", "down", "timeout"),
        ("2026-10-06T14:00", "up", "ok"),
        ("2026-11-18T09:00", "down", "timeout"),
        ("2026-11-18T09:42", "unknown", "not_running"),
    ][: len(found)]
    assert all(one["ended"] == other["started"] for one, other in pairwise(found))
    assert found[1]["length_ms"] == "7200000"


def test_outages_are_those_of_the_command(cli, house):
    (listed, now) = json.loads(cli("outages", "--since", "2026-09-01", "--json").stdout)
    (first, second) = rows(cli("export", "outages", "--since", "2026-09-01").stdout)

    assert {name: first[name] for name in ("name", "last_good", "first_bad", "last_bad", "first_good")} == {
        name: listed[name] for name in ("name", "last_good", "first_bad", "last_bad", "first_good")
    }
    assert (first["started"], first["ended"], first["down_ms"]) == (
        listed["start"], listed["end"], str(listed["down_ms"]),
    )  # fmt: skip
    assert (second["name"], second["is_open"], second["ended"]) == (now["name"], "true", "")
    assert rows(cli("export", "outages", "search").stdout) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("checks", "search-wep"),
            'nothing was recorded of endpoint "search-wep"; did you mean "search-web"?\n',
        ),
        (
            ("segments", "x", "y"),
            'nothing was recorded of endpoint "x"\nnothing was recorded of endpoint "y"\n',
        ),
        (("outages", "chekcout"), 'there is no service "chekcout"; did you mean "checkout"?\n'),
        (("checks", "--since", "yesterday"), '--since: "yesterday" is neither a day'),
        (("checks", "--since", "2026-11-19"), "--since: 2026-11-19 is still to come\n"),
        (
            ("segments", "--since", "2026-10-07", "--until", "2026-10-07"),
            "--until: 2026-10-07 is not after --since, 2026-10-07: nothing lies between the two\n",
        ),
        (
            ("checks", "--until", "2026-09-01"),
            "--until: 2026-09-01 is not after --since, 30 days: nothing lies between the two\n",
        ),
        (("checks", "--out", "x.xls"), '--out: "x.xls" ends in neither .csv nor .parquet'),
        (("checks", "--format", "parquet"), "--out: Parquet is written to a file"),
        (("checks", "--out", "no/x.csv"), "--out: there is no folder no"),
    ],
)
def test_what_cannot_be_exported_is_said(cli, house, words, said):
    answer = cli("export", *words)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(said)


def test_a_file_that_is_there_is_left_alone_without_force(cli, house):
    path = house / "mine.csv"
    path.write_text("mine", encoding="utf-8")

    answer = cli("export", "segments", "--out", str(path))

    assert (answer.exit_code, path.read_text()) == (2, "mine")
    assert answer.stderr == f"--out: {path} is there already; name another file, or write over it: --force\n"
    assert cli("export", "segments", "--out", str(path), "--force").exit_code == 0
    assert path.read_text().startswith("endpoint,")


def test_where_nothing_was_recorded_there_is_a_head(cli, house):
    answer = cli("export", "checks", "--since", "2001-01-01", "--until", "2001-01-02")

    assert answer.stdout.startswith("endpoint,location,at,")
    assert answer.stderr.startswith("0 checks, ")
