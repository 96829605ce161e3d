"""`endpoint`: which are probed, which are not for a while, and who said so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from monitor.cli.status import lines, switched_off
from monitor.config import load_plan
from monitor.core.checks import Reason, State
from monitor.core.intervals import HOUR
from monitor.people import author
from monitor.store import open_store


@pytest.fixture
def told(cli, house):
    def tell(*words: str) -> tuple[int, str, str]:
        answer = cli("endpoint", *words)
        return answer.exit_code, answer.stdout, answer.stderr

    return tell


def listed(told) -> dict[str, object]:
    return {each["id"]: each["disabled"] for each in json.loads(told("list", "--json")[1])}


def test_what_matches_a_pattern_is_disabled_and_enabled_together(told):
    assert told("disable", "*web", "--reason", "we move") == (0, "web\nsearch-web\n", "")
    assert {each["reason"] for each in listed(told).values()} == {"we move"}
    assert told("enable", "*") == (0, "web\nsearch-web\n", "")
    assert listed(told) == {"web": None, "search-web": None}


def test_who_is_disabled_already_stays_as_it_is(told):
    told("disable", "web", "--reason", "first")
    assert told("disable", "*", "--reason", "second") == (0, "search-web\n", "Already disabled: web.\n")
    assert listed(told)["web"]["reason"] == "first"


def test_it_ends_by_itself(told, clock):
    told("disable", "web", "--reason", "works", "--until", "2h")
    assert listed(told)["web"]["until"] == "2026-11-18T11:42:07.000Z"
    clock.at += 2 * HOUR
    assert listed(told)["web"] is None


def test_a_label_selects_too(cli, house):
    file = house / "makegood.toml"
    file.write_text(
        file.read_text().replace("[endpoint.web]\n", '[endpoint.web]\nlabels = { team = "shop" }\n')
    )
    assert cli("endpoint", "disable", "team=shop", "--reason", "x").stdout == "web\n"
    assert cli("endpoint", "disable", "team=none", "--reason", "x").exit_code == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("disable", "search-wb", "--reason", "x"),
            'no endpoint matches "search-wb"; did you mean "search-web"?\n',
        ),
        (("disable", "x*", "--reason", "x"), 'no endpoint matches "x*"; write some of: web, search-web\n'),
        (("disable", "web", "--reason", " "), "--reason: it is empty; say why nothing is to be measured\n"),
        (
            ("disable", "web", "--reason", "x", "--until", "2026-11-18T00:00Z"),
            "--until: it is not after now; write a later instant\n",
        ),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_nothing_is_recorded(told, words, sentence):
    assert told(*words) == (2, "", sentence)
    assert listed(told) == {"web": None, "search-web": None}


def test_a_dry_run_records_nothing(told):
    assert told("disable", "web", "--reason", "x", "--dry-run") == (0, "web\n", "Nothing was recorded.\n")
    assert listed(told)["web"] is None


def test_the_list_says_since_when_by_whom_and_why(told):
    told("disable", "web", "--reason", "we move", "--until", "1 day")
    _, page, _ = told("list")
    line = next(line for line in page.splitlines() if line.startswith("web "))
    assert "http" in line
    assert "checkout" in line
    assert "disabled since 18 Nov, 10:42 CET until 19 Nov, 10:42 CET" in line
    assert "we move (" in line
    assert "probed" in next(line for line in page.splitlines() if line.startswith("search-web"))


def test_what_was_decided_stands_in_the_journal(cli, told):
    told("disable", "web", "--reason", "we move")
    assert "endpoint.disabled" in cli("audit").stdout


def test_the_status_of_a_service_that_is_not_measured_says_who_disabled_what_and_why(
    told, house, clock, made
):
    told("disable", "web", "--reason", "we move")
    plan = load_plan(house / "makegood.toml", environ={})
    blind = made.service(id="checkout", state=State.UNKNOWN, reason=Reason.DISABLED)
    other = made.service(id="search", state=State.UNKNOWN, reason=Reason.NOT_RUNNING)
    with open_store(plan.settings.database).snapshot() as snapshot:
        why = switched_off(plan, snapshot, replace(made.seen(blind, other), now=clock.at))
    assert why == {"checkout": [f"web: disabled by {author()}: we move"]}
    assert any(why["checkout"][0] in line for line in lines(made.seen(blind, other), {}, failing=why))
