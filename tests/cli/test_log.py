"""`log` and `coverage`: what was recorded, and of what nothing was."""

from __future__ import annotations

import json

import click
import pytest

from monitor.config import load_plan
from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import HOUR, Span
from monitor.store import open_store
from monitor.store.protocol import Holder


@pytest.fixture
def told(cli, house):
    def tell(*words: str) -> list[str]:
        answer = cli(*words)
        assert (answer.exit_code, answer.exception) == (0, None), answer.output
        return [line.rstrip() for line in click.unstyle(answer.stdout).splitlines()]

    return tell


@pytest.fixture
def silent(house, made):
    """Checkout's endpoint has a blip with a detail and a gap, at the end of what was recorded."""
    begun = made.at("2026-11-18T10:42:06+01:00")
    plan = load_plan(house / "makegood.toml", environ={})
    with open_store(plan.settings.database).writer(Holder(1, "host", "test", begun)) as writer:
        epoch = writer.epoch(begun)
        lane = writer.lane("web", plan.settings.location, since=begun)
        at = begun + 1
        writer.append(
            [
                Check(
                    lane, epoch, 0, 0, at, State.UP, Reason.STATUS, HOUR, 120, 503, '{"detail":"\\u001b[31m"}'
                ),
                Check(lane, epoch, 0, 1, at + 100, State.UP, Reason.OK, HOUR, 130, 200),
                Gap(lane, epoch, Span(at + 200, at + 700), Reason.OWN_NETWORK),
            ]
        )
        writer.alive(at + 700)
    return house


def test_checks_that_say_the_same_stand_on_one_line(told):
    assert told("log", "web", "--since", "2026-10-05", "--until", "2026-10-08") == [
        "  FROM                 TO                   CHECKS  STATE  REASON    TIME  SEEN",
        "  5 Oct 00:00:00 CEST  6 Oct 13:00:00 CEST      38  up     ok       42 ms",
        "x 6 Oct 14:00:00 CEST  6 Oct 15:00:00 CEST       2  DOWN   timeout      -",
        "  6 Oct 16:00:00 CEST  7 Oct 23:00:00 CEST      32  up     ok       42 ms",
    ]


def test_one_state_alone_leaves_runs_apart(told):
    rows = told("log", "web", "--since", "2026-09-01", "--only", "down")
    assert [row[2:22] for row in rows[1:]] == ["6 Oct 14:00:00 CEST ", "18 Nov 10:00:00 CET "]


def test_every_check_can_have_its_line(told):
    assert len(told("log", "web", "--since", "2026-10-06", "--until", "2026-10-07", "--every")) == 25


def test_time_before_the_endpoint_existed_is_no_silence(told):
    assert "not measured" not in "".join(told("log", "web", "--since", "2026-09-01"))


def test_blips_silences_and_details_are_told_and_nothing_moves_the_terminal(told, silent):
    page = told("log", "web", "--since", "1h")
    assert "\x1b" not in "".join(page)
    marks = [line[:1] for line in page[1:]]
    assert marks == ["x", "!", " ", "?"]
    assert "up, blip" in page[2]
    assert page[2].rstrip().endswith("HTTP 503; [31m")
    assert "own network" in page[4]


def test_the_same_for_a_program(cli, silent):
    found = json.loads(cli("log", "web", "--since", "1h", "--json").stdout)
    assert [(each["state"], each["blip"], each["checks"]) for each in found] == [
        ("down", False, 1),
        ("up", True, 1),
        ("up", False, 1),
        ("unknown", False, 0),
    ]
    assert found[1]["facts"] == {"detail": "\x1b[31m"}


@pytest.mark.parametrize("command", ["log", "coverage"])
def test_an_endpoint_that_is_none_is_told_with_those_that_are(cli, house, command):
    answer = cli(command, "wbe")
    assert answer.exit_code == 2
    assert answer.stderr.startswith('there is no endpoint "wbe"; write ')
    assert "web, search-web" in answer.stderr


def test_an_endpoint_that_was_never_probed_is_a_sentence(cli, house):
    text = (house / "makegood.toml").read_text() + '\n[endpoint.new]\nurl = "http://127.0.0.1:1/new"\n'
    (house / "makegood.toml").write_text(text)
    answer = cli("log", "new")
    assert (answer.exit_code, answer.stderr) == (
        2,
        "nothing was recorded of new yet; start probing: makegood run\n",
    )


def test_who_is_measured_all_the_time_has_nothing_to_explain(told):
    assert told("coverage", "--since", "2026-10-01", "--until", "2026-11-01") == [
        "100.0000 % of the time of all endpoints is known.",
        "",
        "ENDPOINT         KNOWN  NOT MEASURED  WHY",
        "search-web  100.0000 %             -",
        "web         100.0000 %             -",
    ]


def test_time_that_is_not_known_is_told_with_its_reasons_worst_first(cli, house, clock):
    clock.at += 5 * HOUR
    page = cli("coverage", "--since", "10h").stdout.splitlines()
    assert page[0].startswith("63.")
    assert [line.split()[0] for line in page[3:]] == ["search-web", "web"]
    assert all("not running" in line for line in page[3:])


def test_coverage_for_a_program(cli, house, clock):
    clock.at += 5 * HOUR
    (found,) = json.loads(cli("coverage", "web", "--since", "10h", "--json").stdout)["endpoints"]
    assert (found["id"], found["existed_ms"]) == ("web", 10 * HOUR)
    assert found["unknown_ms"] == sum(found["unknown_by_reason_ms"].values()) > 0
