"""What docs/response.md and docs/tickets.md say of clocks and deliveries, held against the program."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from monitor.config import load_plan
from monitor.store import open_store
from monitor.tickets.hook import Source, Taken, told_by
from monitor.tickets.mapping_tables import mapping_of
from tests.cli.conftest import Cli, StandingClock, at
from tests.cli.test_responses import CONFIG, known, take

DOCS = Path(__file__).parents[2] / "docs"
RESPONSE = (DOCS / "response.md").read_text(encoding="utf-8")
TICKETS = (DOCS / "tickets.md").read_text(encoding="utf-8")
HEAD = "ticket,at,event,value,by,priority,customer,service\n"
CALENDARS = re.findall(r"^\[calendar\..*?(?=^\[sla)", RESPONSE, re.MULTILINE | re.DOTALL)[0]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "makegood.toml").write_text(CONFIG)
    open_store(tmp_path / "evidence.db", create=True)
    return tmp_path


def due(cli: Cli, desk: Path, created: str, priority: str = "normal") -> str:
    """Until when a ticket that was created at an instant has time, in Berlin."""
    take(cli, desk, f"{HEAD}D,{created},created,,,{priority},acme,shop\n")
    (found,) = json.loads(cli("queue", "--explain", "D", "--json").stdout)
    return str(found["clocks"][0]["due"])


@pytest.mark.parametrize(
    ("created", "closes"),
    [
        ("2026-10-12T10:00:00+02:00", "2026-10-13T15:00"),
        ("2026-10-12T18:00:00+02:00", "2026-10-13T15:00"),
        ("2026-10-16T18:00:00+02:00", "2026-10-19T15:00"),
        ("2026-10-17T12:00:00+02:00", "2026-10-19T15:00"),
    ],
    ids=["Monday at ten", "Monday after hours", "Friday evening", "Saturday"],
)
def test_a_business_day_is_the_next_whatever_the_hour(
    cli: Cli, desk: Path, created: str, closes: str
) -> None:
    assert due(cli, desk, created) == f"{closes}:00.000Z"  # 17:00 in Berlin


def test_business_hours_begin_when_the_calendar_opens(cli: Cli, desk: Path) -> None:
    assert due(cli, desk, "2026-10-12T18:00:00+02:00", "high") == "2026-10-13T11:00:00.000Z"


def test_a_holiday_of_one_city_closes_that_city_alone(cli: Cli, desk: Path, clock: StandingClock) -> None:
    """On Good Friday New York works from 15:00 to 23:00 in Berlin."""
    clock.at = at("2026-04-03T12:00:00+02:00")
    (desk / "makegood.toml").write_text(
        CONFIG.replace('calendar = "office"', 'calendar = "both"') + CALENDARS
    )
    assert due(cli, desk, "2026-04-03T10:00:00+02:00", "high") == "2026-04-03T17:00:00.000Z"


def test_an_overshoot_is_relative_to_the_time_that_held(cli: Cli, desk: Path) -> None:
    """Raised after two hours and an hour late: 25 % of four hours, of fifteen it would be less than seven."""
    old = 'commitment = "95%"\ncredits = { "< 95%" = "2%", "< 90%" = "5%" }'
    by = '{ by = "overshoot", "< 25%" = "1%", "<= 25%" = "3%", "> 25%" = "5%" }'
    assert old in CONFIG
    new = f'commitment = "100%"\ncredits = {{ each = "miss", credit = {by} }}'
    (desk / "makegood.toml").write_text(CONFIG.replace(old, new))
    rows = (
        "D,2026-10-12T10:00:00+02:00,created,,,normal,acme,shop\n"
        "D,2026-10-12T12:00:00+02:00,priority,high,,,,\n"
        "D,2026-10-12T15:00:00+02:00,reply,,agent,,,\n"
    )
    take(cli, desk, HEAD + rows)
    known(cli, "2026-11-01")
    found = json.loads(cli("explain", "acme", "--period", "2026-10", "--json").stdout)
    assert found["sections"][0]["credit"]["decimal"] == "30.00"


def test_an_availability_and_replies_stand_in_one_sla(desk: Path) -> None:
    told = re.search(r"^    \[sla\.whole\]\n(?:(?:    .*)?\n)*", RESPONSE, re.MULTILINE)
    assert told is not None
    text = CONFIG[: CONFIG.index("[sla.care]")] + CALENDARS + dedent(told.group())
    text += CONFIG[CONFIG.index("[agreement.") :].replace('"care"', '"whole"')
    path = desk / "whole.toml"
    path.write_text(text.replace('title = "Shop"\n', 'title = "Shop"\nup_when = { all = ["web"] }\n'))
    plan = load_plan(path, environ={})
    assert [name for name, _ in plan.slas["whole"].terms.promises] == ["uptime", "reply"]
    path.write_text(path.read_text().replace('together = "sum"\n', ""))
    with pytest.raises(Exception, match="together"):
        load_plan(path, environ={})


@pytest.mark.parametrize("mapping", ["plain", "zendesk"])
def test_what_a_webhook_sends_is_taken_by_the_mapping_that_it_is_told_with(mapping: str) -> None:
    bodies = {
        "plain": re.search(r"-d '(\{.*\})'", TICKETS),
        "zendesk": re.search(r'^    (\{"id": 4711.*\})$', TICKETS, re.MULTILINE),
    }
    sample = bodies[mapping]
    assert sample is not None
    answer = told_by(Source(mapping_of(mapping), token="t" * 16), sample.group(1).encode(), {})
    assert isinstance(answer, Taken)
    (found,) = answer.tickets
    assert (found.ticket.id, found.ticket.priority) == ("4711", "high")
