"""`coverage`: of which time nothing is known, and why."""

from __future__ import annotations

import json

import click
import pytest

from monitor.config import load_plan
from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Span
from monitor.store import open_store
from monitor.store.protocol import Holder

KEY = {"TOKEN": "0123456789abcdef"}
OCTOBER = ("--month", "2026-10")
JOB = """
[listen]
heartbeats = ":8080"

[endpoint.job]
heartbeat = { env = "TOKEN" }
every = "1h"
grace = "5m"
"""


@pytest.fixture
def told(cli, house):
    def tell(*words: str) -> list[str]:
        answer = cli("coverage", *words, env=KEY)
        assert (answer.exit_code, answer.exception) == (0, None), answer.output
        return [line.rstrip() for line in click.unstyle(answer.stdout).splitlines()]

    return tell


@pytest.fixture
def dark(house, made):
    """`web` was disabled for a while, and missed a quarter for our own network; a job was heard in part."""
    (house / "makegood.toml").write_text((house / "makegood.toml").read_text() + JOB)
    plan = load_plan(house / "makegood.toml", environ=KEY)
    disabled = Span(made.at("2026-10-12T08:00+02:00"), made.at("2026-10-12T08:30+02:00"))
    network = Span(made.at("2026-10-20T08:00+02:00"), made.at("2026-10-20T08:15+02:00"))
    born = made.at("2026-10-31T00:00+01:00")
    with open_store(plan.settings.database).writer(Holder(1, "host", "test", born)) as writer:
        web = writer.lane("web", plan.settings.location, since=born)
        job = writer.lane("job", plan.settings.location, since=born)
        epoch = writer.epoch(born)
        hold = 2 * HOUR + 10 * SECOND
        heard = [
            Check(job, epoch, slot, 0, born + slot * HOUR, State.UP, Reason.OK, hold) for slot in range(25)
        ]
        writer.append(
            [
                Gap(web, epoch, disabled, Reason.DISABLED),
                Gap(web, epoch, network, Reason.OWN_NETWORK),
                *heard,
                Gap(job, epoch, Span(born + 10 * MINUTE, born + 40 * MINUTE), Reason.MONITOR_PAUSED),
            ]
        )
        writer.seal(born + 30 * HOUR)
    return house


def test_who_is_measured_all_the_time_has_nothing_to_explain(told):
    assert told(*OCTOBER) == [
        "100.0000 % of the time of 2 endpoints is known.",
        "",
        "ENDPOINT         KNOWN  NOT MEASURED  SHARE  WHY",
        "search-web  100.0000 %             -      -",
        "web         100.0000 %             -      -",
        "",
        "all         100.0000 %             -      -",
    ]


def test_the_time_is_told_by_endpoint_and_reason_with_its_share_and_a_sum(told, dark):
    """Checks come each hour, and a gap lasts until the next. The job existed for the last day alone."""
    assert told(*OCTOBER) == [
        "99.8128 % of the time of 3 endpoints is known; 2 h 50 min 00 s is not.",
        "",
        "ENDPOINT         KNOWN     NOT MEASURED     SHARE  WHY",
        "web          99.7315 %  2 h 00 min 00 s  0.2685 %  2 reasons",
        "                        1 h 00 min 00 s  0.1343 %    disabled",
        "                        1 h 00 min 00 s  0.1343 %    own network",
        "job          96.5277 %      50 min 00 s  3.4723 %  monitor paused",
        "search-web  100.0000 %                -         -",
        "",
        "all          99.8128 %  2 h 50 min 00 s  0.1872 %  3 reasons",
        "                        1 h 00 min 00 s  0.0661 %    disabled",
        "                        1 h 00 min 00 s  0.0661 %    own network",
        "                            50 min 00 s  0.0551 %    monitor paused",
    ]


def test_a_service_stands_for_its_endpoints(told, dark):
    assert [line.split()[0] for line in told(*OCTOBER, "checkout")[3:4]] == ["web"]
    assert "job" not in "".join(told(*OCTOBER, "checkout"))
    names = [line.split()[0] for line in told(*OCTOBER, "search", "job")[3:] if line]
    assert names == ["job", "search-web", "all"]


def test_one_endpoint_alone_needs_no_sum(told, dark):
    assert [line for line in told(*OCTOBER, "job") if line.startswith("all")] == []


def test_time_that_is_not_known_in_maintenance_is_told_and_counted_once(told, cli, dark, clock, made):
    clock.at = made.at("2026-10-08T08:00+02:00")
    start = "2026-10-12T08:10+02:00"
    cli("maintenance", "add", "checkout", "--start", start, "--lasting", "30m", env=KEY)
    clock.at = made.at("2026-11-18T10:42:07+01:00")

    page = told(*OCTOBER, "web")
    assert page[0].endswith("; 2 h 00 min 00 s is not.")
    assert page[3].endswith("2 reasons; 30 min 00 s of it in maintenance")


def test_a_month_ends_where_its_days_do_and_not_after_now(cli, house):
    october, november = (
        json.loads(cli("coverage", "--month", month, "--json").stdout) for month in ("2026-10", "2026-11")
    )
    assert (october["from"], october["to"]) == ("2026-09-30T22:00:00.000Z", "2026-10-31T23:00:00.000Z")
    assert (november["from"], november["to"]) == ("2026-10-31T23:00:00.000Z", "2026-11-18T09:42:07.000Z")


def test_the_time_since_the_monitor_was_last_running_is_not_known(told, clock):
    clock.at += 5 * HOUR
    page = told("--since", "10h")
    assert page[0].startswith("63.")
    rows = [line for line in page[3:] if line]
    assert [line.split()[0] for line in rows] == ["search-web", "web", "all"]
    assert all(line.endswith("not running") for line in rows)


def test_the_same_for_a_program(cli, dark):
    found = json.loads(cli("coverage", *OCTOBER, "--json", env=KEY).stdout)
    web = found["endpoints"][0]
    assert (web["id"], web["existed_ms"], web["unknown_ms"]) == ("web", 745 * HOUR, 2 * HOUR)
    assert web["unknown_by_reason_ms"] == {"disabled": HOUR, "own_network": HOUR}
    assert web["unknown_in_maintenance_ms"] == 0
    assert web["known"] == {"numerator": 743, "denominator": 745}
    assert found["all"]["unknown_ms"] == sum(each["unknown_ms"] for each in found["endpoints"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["wbe"],
            'there is no service or endpoint "wbe"; write some of: checkout, search, web, search-web\n',
        ),
        (["--month", "2027-01"], "--month: 2027-01 has not begun; the running month is 2026-11\n"),
        (
            ["--month", "2026-10", "--since", "7 days"],
            "--month says from when until when; leave out --since and --until\n",
        ),
    ],
)
def test_what_cannot_be_answered_says_what_to_write(cli, house, words, told):
    answer = cli("coverage", *words)
    assert (answer.exit_code, answer.stderr) == (2, told)


def test_a_month_that_is_none_is_told(cli, house):
    answer = cli("coverage", "--month", "October")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("--month: ")
