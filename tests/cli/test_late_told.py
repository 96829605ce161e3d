"""Late tickets by name in a terminal, and the figures of replies under their own words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.store import open_store
from tests.cli.conftest import Cli
from tests.cli.test_part_settled import BOTH
from tests.cli.test_responses import CONFIG, OCTOBER, known, take

OF_REPLIES = BOTH[BOTH.index("[sla.care.promise.reply]") : BOTH.index("[agreement.")]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "makegood.toml").write_text(CONFIG)
    open_store(tmp_path / "evidence.db", create=True)
    return tmp_path


def late(number: int, minutes: int) -> str:
    """A ticket of high priority on 12 October at ten, answered so many minutes after its time was up."""
    done = f"2026-10-12T{14 + minutes // 60}:{minutes % 60:02}:07+02:00"
    return (
        f"L-{number},2026-10-12T10:00:00+02:00,created,,,high,acme,shop\nL-{number},{done},reply,,agent,,,\n"
    )


NAMED = [
    "care, first reply of a person: 1 of 3 late",
    "TICKET  PRIORITY  TIME WAS UP           DONE                     LATE BY",
    "T-1     high      5 Oct, 15:00:00 CEST  5 Oct, 16:30:00 CEST  1 h 30 min",
]


def test_explain_names_each_late_ticket(cli: Cli, desk: Path) -> None:
    """Four hours from ten with an hour of waiting: until 15:00, and answered at 16:30."""
    take(cli, desk, OCTOBER)
    known(cli, "2026-11-01")
    said = cli("explain", "acme", "--period", "2026-10").stdout.splitlines()
    place = said.index(NAMED[0])
    assert said[place : place + 3] == NAMED


def test_what_was_issued_names_the_same(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER)
    known(cli, "2026-11-01")
    cli("statement", "issue", "--period", "2026-10")
    said = cli("statement", "show", "2026-0001").stdout.splitlines()
    assert said[3:5] == [
        "SERVICE  AGREEMENT             FIGURE      COUNTED          FEE     CREDIT  RESULT",
        "Shop     acme-care  66.6666 % in time  1 of 3 late  1000.00 EUR  50.00 EUR  missed",
    ]
    assert said[6:9] == NAMED


def test_ten_are_named_the_longest_delays_first_and_the_others_counted(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER + "".join(late(number, number) for number in range(1, 13)))
    known(cli, "2026-11-01")
    said = cli("explain", "acme", "--period", "2026-10").stdout.splitlines()
    place = said.index("care, first reply of a person: 13 of 15 late")
    assert [line.split()[0] for line in said[place + 2 : place + 12]] == [
        "T-1", *(f"L-{number}" for number in range(12, 3, -1)),
    ]  # fmt: skip
    assert said[place + 3].endswith("12 min 7 s")
    assert said[place + 12] == "and 3 more: --json has all of them"


def test_one_that_nobody_answered_is_late_and_not_done(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER.replace("T-1,2026-10-05T16:30:00+02:00,reply,,agent,,,\n", ""))
    known(cli, "2026-11-01")
    said = cli("explain", "acme", "--period", "2026-10").stdout
    assert "T-1     high      5 Oct, 15:00:00 CEST  not yet" in said


def test_what_an_outage_would_do_is_told_of_the_availability(cli: Cli, house: Path) -> None:
    """Beside it replies are promised, and one of one is late: that is no availability."""
    office = (
        '[calendar.office]\nhours = "Mon-Fri 09:00-17:00"\ntimezone = "Europe/Berlin"\nholidays = "none"\n'
    )
    up = '[sla.care]\ntogether = "sum"\n[sla.care.promise.up]\ncommitment = "99.9%"\n'
    agreement = '[agreement.care]\ncustomer = "muster"\nservice = "search"\nsla = "care"\n'
    file = house / "makegood.toml"
    terms = f'{up}credits = {{ "< 99.9%" = "10%" }}\n{OF_REPLIES}'
    file.write_text(
        file.read_text() + office + terms + agreement + 'monthly_fee = "1.00"\nfrom = 2026-01-01\n'
    )
    rows = OCTOBER.splitlines()[0] + "\nL,2026-11-02T10:00:00+01:00,created,,,high,muster,search\n"
    take(cli, house, rows)
    found = json.loads(cli("whatif", "search", "--down", "1h", "--json").stdout)
    (mine,) = [each for each in found["agreements"] if each["agreement"] == "care"]
    assert mine["before"]["availability"] == {"numerator": 1, "denominator": 1}
    assert mine["after"]["counted_ms"] == 3_600_000
    told = cli("whatif", "search", "--down", "1h").stdout
    (row,) = [line.split() for line in told.splitlines() if line.startswith("care ")]
    assert row[1:3] == ["100.0000", "%"]
