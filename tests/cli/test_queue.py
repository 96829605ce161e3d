"""`makegood queue`: a Thursday at a helpdesk in Berlin, from the first look to why a ticket stands where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.store import open_store
from tests.cli.conftest import Cli, StandingClock, at
from tests.queue.conftest import CARE, HOUSE

RULES = '[queue]\nfirst = [{ priority = "urgent" }, { segment = "gold", left = "<= 1 business hour" }]\n'
TICKETS = """id,created,assigned,reply,waiting,resolved,priority,customer,service,segment
T-1,2026-11-26T08:00:00+01:00,,,,,high,ACME GmbH,shop,
T-2,2026-11-26T09:00:00+01:00,,,,,normal,acme,shop,
T-3,2026-11-26T11:30:00+01:00,,,,,urgent,acme,shop,
T-4,2026-11-24T10:00:00+01:00,,2026-11-24T10:30:00+01:00,,,high,acme,shop,
T-6,2026-11-26T08:00:00+01:00,,2026-11-26T11:00:00+01:00,,2026-11-26T11:10:00+01:00,high,acme,shop,
T-7,2026-11-26T10:00:00+01:00,,,,,high,nobody,shop,
"""
Ask = Callable[..., Any]


@pytest.fixture
def desk(tmp_path: Path, cli: Cli, clock: StandingClock) -> Path:
    (tmp_path / "makegood.toml").write_text(HOUSE + CARE + RULES)
    open_store(tmp_path / "evidence.db", create=True)
    (tmp_path / "tickets.csv").write_text(TICKETS)
    clock.at = at("2026-11-26T12:00:00+01:00")
    taken = cli("tickets", "import", str(tmp_path / "tickets.csv"))
    assert taken.exit_code == 0, taken.output
    return tmp_path


@pytest.fixture
def ask(cli: Cli, desk: Path) -> Ask:
    def call(*words: str) -> Any:
        return json.loads(cli("queue", *words, "--json").stdout)

    return call


def test_what_to_do_first_and_why(cli: Cli, desk: Path) -> None:
    """T-3 by the first rule. T-1 has an hour left until 13:00, T-2 until the next day's close of business.
    One in time of one so far: T-1's reply is 60.00 EUR (1 of 2), T-4's resolution was due at 10:00."""
    answer = cli("queue")
    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [
        "3 tickets have a clock that runs, 1 clock is late.             26 Nov, 12:00 CET",
        "",
        "  BY TICKET        LEFT UNTIL        PROMISED    PRIORITY CUSTOMER   AT STAKE",
        "  1  T-3         30 min 26 Nov 12:30 first reply urgent   ACME GmbH 60.00 EUR",
        "     T-1     1 h 00 min 26 Nov 13:00 first reply high     ACME GmbH 60.00 EUR",
        "     T-2    13 h 00 min 27 Nov 17:00 first reply normal   ACME GmbH 60.00 EUR",
        "",
        '  1  { priority = "urgent" }',
        "",
        "Late already: 1",
        "TICKET     LATE BY  SINCE         PROMISED    CUSTOMER   WHAT MORE TIME COSTS",
        "T-4     2 h 00 min  26 Nov 10:00  resolution  ACME GmbH  nothing more to save",
    ]
    assert answer.stderr.splitlines() == [
        "Left: on the promise's own clock. Until: when that is up, in Europe/Berlin.",
        "tickets is known until 11:30.",
        '1 open ticket is nobody\'s: T-7 names a customer that nobody knows: "nobody".',
    ]


def test_no_line_is_wider_than_a_terminal(cli: Cli, desk: Path) -> None:
    wide = (desk / "makegood.toml").read_text().replace("ACME GmbH", "A" * 70)
    (desk / "makegood.toml").write_text(wide)
    for words in (("queue",), ("queue", "--explain", "T-2"), ("queue", "--explain", "T-4")):
        assert max(map(len, cli(*words).stdout.splitlines())) <= 80


def test_nothing_late_is_no_objection(cli: Cli, desk: Path, clock: StandingClock) -> None:
    clock.at = at("2026-11-26T09:30:00+01:00")
    assert cli("queue", "--limit", "1").exit_code == 0


def test_for_programs(ask: Ask) -> None:
    found = ask("--limit", "1")
    assert [each["ticket"] for each in found["first"]] == ["T-3"]
    (first,) = found["first"]
    assert (first["rule"], first["place"], first["left_ms"]) == (
        {"place": 1, "text": '{ priority = "urgent" }'},
        1,
        1_800_000,
    )
    assert first["stake"]["amount"] == {"minor": 6_000, "currency": "EUR", "decimal": "60.00"}
    assert first["due"] == "2026-11-26T11:30:00.000Z"
    assert [(each["promise"], each["state"]) for each in first["clocks"]] == [
        ("first-reply", "runs"),
        ("resolution", "runs"),
    ]
    assert (found["running"], found["late"], found["known"]) == (
        3,
        1,
        {"tickets": "2026-11-26T10:30:00.000Z"},
    )
    assert found["nobodys"]["count"] == 1


def test_of_one_customer_alone(cli: Cli, ask: Ask) -> None:
    assert ask("--customer", "acme")["running"] == 3
    answer = cli("queue", "--customer", "acne")
    assert (answer.exit_code, answer.stderr) == (
        2,
        '--customer: there is none named "acne"; did you mean "acme"?\n',
    )
    assert cli("queue", "--service", "shop").exit_code == 1


def test_why_a_ticket_stands_where_it_does(cli: Cli, desk: Path) -> None:
    answer = cli("queue", "--explain", "T-1")
    assert (answer.exit_code, answer.stdout.splitlines()[:14]) == (
        0,
        [
            "tickets:T-1, open: high, ACME GmbH, shop",
            "  Place 2, by its first reply.",
            "    None of the 2 rules of [queue] holds of it: it comes after those.",
            "    Then by the time left on the promise's own clock, then by the money at",
            "    stake.",
            "",
            "  T-1, acme-care, first-reply: first reply for high, 4 h 00 min in the hours of",
            "    berlin",
            "    1 h 00 min left, until 26 Nov 13:00; 75.0 % is used.",
            "    At stake: 60.00 EUR. The credit of 2026-11 is 110.00 EUR if it is missed,",
            "    50.00 EUR if not.",
            "    [" + 10 * "." + 28 * "#" + 9 * ">" + "|]",
            "    FROM          TO            THE CLOCK            FOR  WHY",
            "    26 Nov 08:00  26 Nov 09:00  closed hours  1 h 00 min",
        ],
    )


def test_a_closed_ticket_is_explained_as_well(cli: Cli, ask: Ask) -> None:
    answer = cli("queue", "--explain", "T-6")
    assert answer.exit_code == 0
    assert "tickets:T-6, closed: high, acme, shop" in answer.stdout
    assert "Done 26 Nov 11:00 after 2 h 00 min on its clock, in time." in answer.stdout
    (found,) = ask("--explain", "tickets:T-6")
    assert (found["open"], found["place"]) == (False, None)
    reply, _ = found["clocks"]
    assert [(each["state"], each["from"]) for each in reply["timeline"]] == [
        ("closed hours", "2026-11-26T07:00:00.000Z"),
        ("running", "2026-11-26T08:00:00.000Z"),
    ]


def test_a_ticket_of_nobody_and_one_that_is_none(cli: Cli, desk: Path) -> None:
    assert 'It counts nowhere: it names a customer that nobody knows: "nobody".' in (
        cli("queue", "--explain", "T-7").stdout
    )
    answer = cli("queue", "--explain", "T-99")
    assert (answer.exit_code, answer.stderr) == (
        2,
        "there is no ticket T-99; `makegood tickets list` shows those of a time\n",
    )


def test_an_empty_house_says_what_to_do(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "makegood.toml").write_text(HOUSE + CARE)
    open_store(tmp_path / "evidence.db", create=True)
    answer = cli("queue")
    assert (answer.exit_code, answer.stdout) == (
        0,
        "No tickets have a clock that runs.                             18 Nov, 10:42 CET\n",
    )
    assert "No tickets were taken in yet: makegood tickets import FILE" in answer.stderr
