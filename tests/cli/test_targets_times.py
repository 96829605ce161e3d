"""`makegood targets suggest` on times of tickets: what to promise, and what it would have cost."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from monitor.store import open_store
from tests.cli.conftest import Cli
from tests.cli.test_responses import CONFIG

HEAD = "ticket,at,event,value,by,priority,customer,service\n"
MONTHS = ("08", "09", "10")


def ticket(month: str, number: int) -> str:
    """Made at ten on a working day, answered after a quarter of an hour more each: 10 to 295 minutes."""
    day, minutes = (3, 10, 17, 21, 24)[number % 5], 10 + 15 * number + int(month)
    day += {"08": 0, "09": 0, "10": 2}[month]
    reply = 10 * 60 + minutes
    priority = "high" if number < 19 else "normal"
    start = f"T-{month}-{number},2026-{month}-{day:02d}T10:00:00+0{2 if (month, day) < ('10', 25) else 1}:00"
    stop = start.replace("T10:00", f"T{reply // 60:02d}:{reply % 60:02d}")
    return f"{start},created,,,{priority},acme,shop\n{stop},reply,,agent,,,\n"


@pytest.fixture
def desk(cli: Cli, tmp_path: Path) -> Path:
    """Three months of twenty tickets, one of each of normal priority."""
    (tmp_path / "makegood.toml").write_text(CONFIG)
    open_store(tmp_path / "evidence.db", create=True)
    rows = "".join(ticket(month, number) for month in MONTHS for number in range(20))
    (tmp_path / "t.csv").write_text(HEAD + rows)
    assert cli("tickets", "import", str(tmp_path / "t.csv"), "--mapping", "events").exit_code == 0
    cli("tickets", "complete", "tickets", "--since", "2026-01-01", "--until", "2026-11-01")
    return tmp_path


def asked(cli: Cli) -> Any:
    answer = cli("targets", "suggest", "--json", "--months", "3")
    assert answer.exit_code == 0, answer.output
    ((found,),) = (each["responses"] for each in json.loads(answer.stdout))
    return found


def test_it_tells_what_took_how_long_and_what_to_promise(cli: Cli, desk: Path) -> None:
    """The 55th of 57: 10 + 15 * 18 + 8 minutes are 4 h 48 min, and the next that is promised 5 h."""
    answer = cli("targets", "suggest", "--months", "3")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.splitlines()[:16] == [
        "Shop, SLA care (ACME GmbH): first reply, >= 95%: 3 months settled, 2026-08 to",
        "2026-10, Europe/Berlin.",
        "",
        "PRIORITY  TODAY                                IN TIME   95 % TOOK  99 % TOOK",
        "high      4 hours of business time            45 of 57  4 h 48 min          ?",
        "normal    1 business day (close of business)    3 of 3           ?          ?",
        "",
        "TIMES            IN TIME  MISSED  WOULD HAVE COST",
        "today's         48 of 60  3 of 3       150.00 EUR",
        "what 95 % took  60 of 60  0 of 3         0.00 EUR",
        "",
        "To be in time for 95 % of them: high 5 hours of business time.",
        "? too few to tell, or they go on: high, normal. 95 % takes 20 that counted, and",
        "  99 % takes 100.",
        "Times are on the promise's own clock, rounded up to one to promise; a priority",
        "without a proposal keeps its time. Cost: the promise alone, of today's fee: 2 %",
    ]


def test_a_time_costs_what_an_sla_written_for_it_costs(cli: Cli, desk: Path) -> None:
    """The same tickets under a contract that says the proposal, settled month by month."""
    text = CONFIG.replace('high = "4 business hours"', 'high = "2 business hours"')
    (desk / "makegood.toml").write_text(text)
    found = asked(cli)
    today, proposed = found["times"]
    assert _settled(cli) == (today["counted"], today["in_time"], today["missed"], _cents(today))
    (high, _) = found["keys"]
    hours = high["proposals"][0]["within"]["time_ms"] // 3_600_000
    written = CONFIG.replace('high = "4 business hours"', f'high = "{hours} business hours"')
    (desk / "makegood.toml").write_text(written)
    assert _settled(cli) == (proposed["counted"], proposed["in_time"], proposed["missed"], _cents(proposed))


def _cents(tried: Any) -> Fraction:
    return Fraction(sum(each["minor"] for each in tried["cost"]), 100)


def _settled(cli: Cli) -> tuple[int, int, int, Fraction]:
    lines = []
    for month in MONTHS:
        answer = cli("tickets", "times", "--period", f"2026-{month}", "--json")
        lines += json.loads(answer.stdout)["promises"]
    credits = (each["credit"]["amount"] for each in lines)
    whole = sum((Fraction(each["numerator"], each["denominator"]) for each in credits), Fraction(0))
    return (
        sum(each["counted"] for each in lines), sum(each["in_time"] for each in lines),
        sum(not each["met"] for each in lines), whole,
    )  # fmt: skip


def test_what_goes_on_past_its_time_is_not_taken_for_done(cli: Cli, desk: Path) -> None:
    """Four that nobody ever answered: the rank of 95 in a hundred falls on one of them: it has no time."""
    lost = "".join(f"L-{n},2026-10-05T10:0{n}:00+02:00,created,,,high,acme,shop\n" for n in range(4))
    (desk / "lost.csv").write_text(HEAD + lost)
    cli("tickets", "import", str(desk / "lost.csv"), "--mapping", "events")
    (high, _) = asked_undecided(cli)["keys"]
    assert (high["counted"], high["proposals"][0]["took_ms"]) == (61, None)


def asked_undecided(cli: Cli) -> Any:
    answer = cli("targets", "suggest", "--json", "--months", "3")
    assert answer.exit_code == 5, "nothing could be proposed"
    ((found,),) = (each["responses"] for each in json.loads(answer.stdout))
    return found


def test_a_month_that_cannot_be_settled_is_left_out_and_says_why(cli: Cli, desk: Path) -> None:
    (desk / "lost.csv").write_text(HEAD + "L-1,2026-09-08T10:00:00+02:00,created,,,high,acme,Lamps\n")
    cli("tickets", "import", str(desk / "lost.csv"), "--mapping", "events")
    found = json.loads(cli("targets", "suggest", "--json", "--months", "3").stdout)[0]["responses"][0]
    assert [each["period"] for each in found["left_out"]][:1] == ["2026-09"]
    assert found["left_out"][0]["why"] == 'ticket L-1 names a service that nobody knows: "Lamps"'
    assert "2026-09 is left out: ticket L-1" in cli("targets", "suggest", "--months", "3").stdout


def test_a_time_of_all_together_is_not_proposed(cli: Cli, desk: Path) -> None:
    text = CONFIG.replace('commitment = "95%"', 'commitment = "<= 4 business hours"').replace(
        'within = { high = "4 business hours", normal = "1 business day, close of business" }', 'as = "mean"'
    )
    text = text.replace('priority_change = "keep time"\n', "").replace(
        'credits = { "< 95%" = "2%", "< 90%" = "5%" }', 'credits = "none"'
    )
    (desk / "makegood.toml").write_text(text)
    answer = cli("targets", "suggest", "--months", "3")
    assert answer.exit_code == 5, answer.output
    said = " ".join(answer.stdout.split())
    why = "Nothing can be proposed: what is promised is a time of all tickets together, not one of each."
    assert why in said
