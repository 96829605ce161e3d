"""`replay`: what another expectation would have made of the past."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from monitor.config import load_plan
from monitor.core.checks import Check, Expectation, Reason, Rule, State
from monitor.core.intervals import HOUR, MINUTE
from monitor.statements.measured import loaded
from monitor.store import open_store
from monitor.store.protocol import Holder

OCTOBER = ("--since", "2026-10-01", "--until", "2026-11-01")
FACTS = '{"found":{"json:status":"degraded"},"latency":130,"size":20,"status":200}'


@pytest.fixture
def told(cli):
    def tell(*words: str) -> list[str]:
        answer = cli("replay", *words)
        assert (answer.exit_code, answer.exception) == (0, None), answer.output
        return answer.stdout.splitlines()

    return tell


@pytest.fixture
def known(house, made):
    """The configuration stands in the journal since before the first check."""
    plan = load_plan(house / "makegood.toml", environ={})
    store = open_store(plan.settings.database)
    store.journal.append([loaded(plan, "anna", made.at("2026-09-29T00:00Z"))])
    return house


@pytest.fixture
def degraded(house, made):
    """An expectation over JSON was in force in the last hour, and it failed in two of three checks."""
    plan = load_plan(house / "makegood.toml", environ={})
    rule = Rule("json", "status", "==", "ok")
    web = replace(plan.endpoints["web"], expectation=Expectation(rules=(rule,)))
    store = open_store(plan.settings.database)
    store.journal.append(
        [loaded(replace(plan, endpoints={"web": web}), "anna", made.at("2026-09-29T00:00Z"))]
    )
    begun = made.at("2026-11-18T10:42:06+01:00")
    with store.writer(Holder(1, "host", "test", begun)) as writer:
        epoch = writer.epoch(begun)
        lane = writer.lane("web", plan.settings.location, since=begun)
        bad = (State.DOWN, Reason.JSON_VALUE, HOUR, 130, 200, FACTS)
        writer.append(
            [
                Check(lane, epoch, 0, 0, begun, *bad),
                Check(lane, epoch, 0, 1, begun + 100, *bad),
                Check(lane, epoch, 1, 0, begun + 300, *bad),
                Check(lane, epoch, 1, 1, begun + 400, *bad),
                Check(lane, epoch, 2, 0, begun + 600, State.UP, Reason.OK, HOUR, 130, 200),
            ]
        )
        writer.alive(begun + 700)
    return house


def test_what_was_in_force_and_is_leaves_everything_as_it_was(known, told):
    assert told("web", *OCTOBER) == [
        "745 planned checks looked at again.",
        "",
        "        745  as it was",
        "",
        "Down time: 2 h 00 min 00 s as recorded, 2 h 00 min 00 s by this expectation.",
    ]


def test_a_limit_on_latency_is_judged_of_every_check(known, told):
    page = told("web", *OCTOBER, "--slower-than", "41ms", "--confirm", "1 of 1")
    assert page[2:4] == ["          2  as it was", "        743  would be down"]
    assert page[-2:] == [
        "1 Oct 00:00:00 CEST  6 Oct 14:00:00 CEST     134  up   DOWN      too slow",
        "6 Oct 16:00:00 CEST  1 Nov 00:00:00 CET      609  up   DOWN      too slow",
    ]


def test_first_failures_that_nobody_tried_again_are_counted_apart(known, told):
    page = told("web", *OCTOBER, "--slower-than", "41ms")
    assert page[3].startswith("        743  would fail their first attempt")
    assert "Down time: 2 h 00 min 00 s as recorded, 2 h 00 min 00 s by this expectation." in page
    assert any(line.startswith("At most ") for line in page)


def test_where_nobody_knows_what_was_expected_only_what_was_kept_is_judged(house, told):
    text = (house / "makegood.toml").read_text()
    (house / "other.toml").write_text(
        text.replace("[endpoint.web]", '[endpoint.web]\nexpect.contains = "welcome"')
    )
    page = told("web", *OCTOBER, "--config-of", str(house / "other.toml"))
    assert "        743  not replayable" in page
    assert "            743  it is not known what was expected then" in page


def test_what_was_not_looked_for_then_is_not_guessed(known, told):
    text = (known / "makegood.toml").read_text()
    (known / "other.toml").write_text(
        text.replace("[endpoint.web]", '[endpoint.web]\nexpect.contains = "welcome"')
    )
    page = told("web", *OCTOBER, "--config-of", str(known / "other.toml"))
    assert "            743  what is expected now was not looked for then" in page


def test_failures_are_judged_by_their_facts(degraded, told):
    data = json.loads("\n".join(told("web", "--since", "1m", "--json")))
    assert data["checks"] == {
        "same": 1, "down": 0, "up": 2, "unknown": 0, "unconfirmed": 0, "not_replayable": 0,
    }  # fmt: skip
    assert (data["down_ms"], data["down_then_ms"], data["removed_ms"]) == (59_600, 59_000, 600)
    (change,) = data["changes"]
    assert change == {
        "from": "2026-11-18T09:42:06.000Z",
        "to": "2026-11-18T09:42:06.600Z",
        "checks": 2,
        "was": "down",
        "would_be": "up",
        "reason_then": "json_value",
        "reason": "ok",
    }


def test_stretches_beyond_the_limit_are_counted(known, told):
    page = told("web", *OCTOBER, "--slower-than", "41ms", "--confirm", "1 of 1", "--limit", "1")
    assert page[-1] == "And 1 more: --limit 2"


def test_nothing_is_written(known, told):
    database = known / "evidence.db"
    before = database.read_bytes()
    told("web", *OCTOBER, "--slower-than", "41ms")
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("wbe",), 'there is no endpoint "wbe"; write one of: web, search-web'),
        (("web", "--config-of", "gone.toml"), "--config-of: there is no gone.toml"),
        (("web", "--status", "2yy", "--confirm", "3 of 2", "--slower-than", "x"), "--status"),
        (("web", "--status", "2yy", "--confirm", "3 of 2", "--slower-than", "x"), "--confirm"),
        (("web", "--status", "2yy", "--confirm", "3 of 2", "--slower-than", "x"), "--slower-than"),
        (("web", "--confirm", "two"), 'write "2 of 3"'),
    ],
)
def test_every_option_that_is_wrong_is_told_with_what_to_write(known, cli, words, said):
    answer = cli("replay", *words)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert said in answer.stderr


def test_a_load_speaks_from_its_instant_on_and_one_is_not_followed_at_once(known, cli, told, made):
    """Five minutes after a change both may have been in force: where they say different things, neither is
    believed."""
    plan = load_plan(known / "makegood.toml", environ={})
    web = replace(plan.endpoints["web"], expectation=Expectation(contains=("welcome",)))
    changed = replace(plan, endpoints={**plan.endpoints, "web": web})
    store = open_store(plan.settings.database)
    store.journal.append([loaded(changed, "anna", made.at("2026-10-15T00:00Z") - MINUTE)])
    page = told("web", *OCTOBER, "--slower-than", "50ms")
    assert page[2] == "        745  as it was"
    text = (known / "makegood.toml").read_text()
    (known / "other.toml").write_text(
        text.replace("[endpoint.web]", '[endpoint.web]\nexpect.contains = "welcome"')
    )
    page = told("web", *OCTOBER, "--config-of", str(known / "other.toml"))
    assert "              1  it is not known what was expected then" in page
    assert page[2] == "        408  as it was"


def test_days_that_are_packed_say_the_same(degraded, told, made):
    words = ("web", "--since", "2026-10-01", "--slower-than", "41ms", "--confirm", "1 of 1")
    loose = told(*words)
    plan = load_plan(degraded / "makegood.toml", environ={})
    store = open_store(plan.settings.database)
    end = made.at("2026-11-18T00:00Z")
    with store.writer(Holder(1, "host", "test", end)) as writer:
        assert writer.repack(end) > 0
    assert told(*words) == loose
