"""`log`: what was recorded of one endpoint, and what each state rests on."""

from __future__ import annotations

import json

import click
import pytest

from monitor.config import load_plan
from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import HOUR, Span
from monitor.store import open_store
from monitor.store.protocol import Holder

KEY = {"KEY": "correct-horse"}
BLINK = '{"detail":"\\u001b[31m"}'
FOUND = '{"found":{"json:items":7,"json:echo":"correct-horse","oops":true},"status":200}'


@pytest.fixture
def told(cli, house):
    def tell(*words: str) -> list[str]:
        answer = cli(*words, env=KEY)
        assert (answer.exit_code, answer.exception) == (0, None), answer.output
        return [line.rstrip() for line in click.unstyle(answer.stdout).splitlines()]

    return tell


@pytest.fixture
def silent(house, made):
    """Checkout's endpoint has a blip, a failure that says its secret back and a gap, at the very end."""
    text = (house / "makegood.toml").read_text()
    keyed = text.replace("[endpoint.web]", '[endpoint.web]\nheaders = { X-Key = { env = "KEY" } }')
    (house / "makegood.toml").write_text(keyed)
    begun = made.at("2026-11-18T10:42:06+01:00")
    plan = load_plan(house / "makegood.toml", environ=KEY)
    with open_store(plan.settings.database).writer(Holder(1, "host", "test", begun)) as writer:
        epoch = writer.epoch(begun)
        lane = writer.lane("web", plan.settings.location, since=begun)
        at = begun + 1
        writer.append(
            [
                Check(lane, epoch, 0, 0, at, State.UP, Reason.STATUS, HOUR, 120, 503, BLINK),
                Check(lane, epoch, 0, 1, at + 100, State.UP, Reason.OK, HOUR, 130, 200),
                Check(lane, epoch, 1, 0, at + 150, State.DOWN, Reason.JSON_VALUE, HOUR, 130, 200, FOUND),
                Check(lane, epoch, 1, 1, at + 160, State.DOWN, Reason.JSON_VALUE, HOUR, 130, 200, FOUND),
                Gap(lane, epoch, Span(at + 200, at + 700), Reason.OWN_NETWORK),
            ]
        )
        writer.alive(at + 700)
    return house


def test_checks_that_say_the_same_stand_on_one_line(told):
    assert told("log", "web", "--since", "2026-10-05", "--until", "2026-10-08") == [
        "  FROM                 TO                   TIMES  STATE  RESTS ON  LATENCY  SEEN",
        "  5 Oct 00:00:00 CEST  6 Oct 13:00:00 CEST   x 38  up     ok          42 ms",
        "x 6 Oct 14:00:00 CEST  6 Oct 15:00:00 CEST    x 2  DOWN   timeout         -",
        "  6 Oct 16:00:00 CEST  7 Oct 23:00:00 CEST   x 32  up     ok          42 ms",
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
    assert [line[:1] for line in page[1:]] == ["x", "!", "x", "?"]
    assert "up, blip" in page[2]
    assert page[2].endswith("unexpected status, ok  12-13 ms  HTTP 503; [31m")
    assert "own network" in page[4]


def test_what_failed_is_told_with_what_was_found_and_without_what_is_secret(told, silent):
    row = told("log", "web", "--since", "1h")[3]
    assert "JSON value x 2" in row
    assert row.endswith("HTTP 200; items: 7; echo: ***")


def test_the_same_for_a_program(cli, silent):
    answer = cli("log", "web", "--since", "1h", "--json", env=KEY)
    found = json.loads(answer.stdout)
    assert [(each["state"], each["blip"], each["slots"], each["checks"]) for each in found] == [
        ("down", False, 1, 1),
        ("up", True, 1, 2),
        ("down", False, 1, 2),
        ("unknown", False, 0, 0),
    ]
    assert [(each["reason"], each["status"]) for each in found[1]["attempts"]] == [
        ("status", 503),
        ("ok", 200),
    ]
    assert found[1]["attempts"][0]["facts"] == {"detail": "\x1b[31m"}
    assert KEY["KEY"] not in answer.stdout


def test_time_in_which_the_endpoint_was_not_configured_is_no_silence(told, cli, house, made, clock):
    gone, back = made.at("2026-11-18T10:42:06+01:00"), made.at("2026-11-18T18:00+01:00")
    plan = load_plan(house / "makegood.toml", environ={})
    with open_store(plan.settings.database).writer(Holder(1, "host", "test", gone)) as writer:
        writer.retire(writer.lane("web", plan.settings.location, since=gone), gone)
        writer.lane("web", plan.settings.location, since=back)
        writer.alive(back)
    clock.at = back + HOUR
    (row,) = [line for line in told("log", "web", "--since", "9h") if "not measured" in line]
    assert row[2:43] == "18 Nov 18:00:00 CET  18 Nov 19:00:00 CET "


def test_an_endpoint_that_is_none_is_told_with_those_that_are(cli, house):
    answer = cli("log", "wbe")
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
