"""What an outage would cost: told before it happens, it is what the statement says once it has happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, SECOND
from monitor.core.periods import instant
from monitor.store import open_store
from monitor.store.protocol import Holder
from tests.cli.conftest import BEGAN, DOWN, REACHED, checks

CREDITS = 'commitment = "99.9%"\ncredits = { "< 99.9%" = "10%", "< 99%" = "25%", "< 98%" = "50%" }\n'
STAGES = {
    "gold-like": CREDITS,
    "each-on-its-own": CREDITS + 'scope = "each on its own"\n',
    "all-down": CREDITS + 'scope = "all down"\n',
    "downtime": 'commitment = "<= 45m"\ncredits = { "> 45m" = "10%", "> 5h" = "30%" }\n',
    "by-the-hour": 'commitment = "99.9%"\ncredits = { each = "full 1h", credit = "3%" }\n',
    "in-a-row": CREDITS + "outage = { confirmed_by = 3 }\n",
    "long-ones": CREDITS + 'outage = "> 3h"\n',
    "slots": CREDITS
    + 'measure = { evidence = "outages", as = "bad slots", slot = "1h", bad = "wholly down" }\n',
    "requests": CREDITS
    + 'measure = { evidence = "slots", as = "total", slot = "1h", requests = "checks" }\n',
    "mean": CREDITS + 'formula = { mean_of_last = "2 periods" }\n',
    "by-hand": 'commitment = "99.9%"\ncredits = "manual"\n',
    "quarterly": CREDITS + 'period = "calendar quarter"\n',
}


def agreement(sla: str, customer: str = "acme", service: str = "both") -> str:
    return f"""
[agreement.{sla}]
customer = "{customer}"
service = "{service}"
sla = "{sla}"
monthly_fee = "100.00"
from = 2026-01-15
"""


@pytest.fixture
def mixed(house):
    """The house with a service of two resources, and an agreement of every kind on it."""
    text = '\n[service.both]\ntitle = "Both"\nresources = ["web", "search-web"]\n'
    for name, stages in STAGES.items():
        text += f"[sla.{name}]\n{stages}" + agreement(name)
    add(house, text)
    return house


def add(house, text: str) -> None:
    path = house / "makegood.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def tried(cli, *words: str) -> dict:
    answer = cli("whatif", *words, "--json")
    assert answer.exit_code == 0, answer.stderr
    return json.loads(answer.stdout)


def at(text: str) -> int:
    return instant(datetime.fromisoformat(text))


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def record(house, now: int, start: int, end: int, until: int, *, hit: frozenset[str]) -> None:
    """A check an hour from now on, failing in the outage: what the monitor goes on to write."""
    plan = load_plan(house / "makegood.toml", environ={})
    with open_store(plan.settings.database).writer(Holder(1, "host", "test", now)) as writer:
        for endpoint in plan.endpoints:
            lane = writer.lane(endpoint, plan.settings.location, since=now)
            made = []
            for slot, begun in enumerate(range(now, until, HOUR), start=(now - BEGAN) // HOUR + 1):
                bad = endpoint in hit and start <= begun < end
                seen = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
                made.append(Check(lane, 1, slot, 0, begun, *seen, 2 * HOUR + 10 * SECOND))
            writer.append(made)
        writer.alive(until)
        writer.seal(until)


def sections(cli, period: str) -> list[dict]:
    """Every agreement's section of the statements of a month."""
    papers = [
        json.loads(cli("explain", who, "--period", period, "--json").stdout) for who in ("acme", "muster")
    ]
    return [section for paper in papers for section in paper["sections"]]


BOTH = frozenset({"web", "search-web"})


@pytest.mark.parametrize(
    ("hours", "begins", "resources"),
    [
        (1, 5, ()),
        (2, 0, ()),
        (3, 40, ()),
        (4, 100, ("web",)),
        (5, 299, ()),  # over the end of November
    ],
)
def test_what_it_would_cost_is_what_it_then_costs(cli, mixed, clock, hours, begins, resources):
    """Every kind of agreement, before and after: the same figures, and the same credits."""
    now = clock.at
    start = now + begins * HOUR
    names = [word for name in resources for word in ("--resource", name)]
    found = tried(cli, "both", "--down", f"{hours}h", "--at", iso(start), *names)
    rows = {(row["agreement"], row["period"]): row for row in found["agreements"]}

    until = at("2027-01-09T00:00Z")
    record(mixed, now, start, start + hours * HOUR, until, hit=frozenset(resources) or BOTH)
    clock.at = until
    for period in ("2026-11", "2026-12"):
        for section in sections(cli, period):
            label = section["period"]["label"] if section.get("period") else period
            row = rows.pop((section["agreement"], label), None)
            if row is not None:
                about = (section["agreement"], label)
                then = row["after"]
                assert (about, then["credit"]) == (about, section["credit"])
                assert (about, then["availability"]) == (about, section["availability"])
    assert not {key for key, row in rows.items() if row["within_ms"]}


@pytest.mark.parametrize("hours", [1, 3, 30])
def test_an_outage_in_the_past_is_laid_over_what_was_recorded(cli, mixed, clock, hours):
    """Had it been down on 10 October too: the statements of October on evidence that has it."""
    start = at("2026-10-10T03:00Z")
    found = tried(cli, "both", "--down", f"{hours}h", "--at", iso(start))
    rows = {row["agreement"]: row["after"] for row in found["agreements"] if row["period"] == "2026-10"}

    write_anew(mixed, (start, start + hours * HOUR))

    stated = {section["agreement"]: section for section in sections(cli, "2026-10")}
    assert len(rows) > len(STAGES)
    for name, then in rows.items():
        section = stated[name]
        assert (name, then["credit"]) == (name, section["credit"])
        assert (name, then["availability"]) == (name, section["availability"])


def write_anew(house, outage: tuple[int, int]) -> None:
    """The same seven weeks, and both endpoints were down once more."""
    plan = load_plan(house / "makegood.toml", environ={})
    for file in house.glob("evidence.db*"):
        file.unlink()
    with open_store(plan.settings.database, create=True).writer(Holder(1, "host", "test", BEGAN)) as writer:
        epoch = writer.epoch(BEGAN)
        for endpoint, down in DOWN.items():
            lane = writer.lane(endpoint, plan.settings.location, since=BEGAN)
            writer.append(checks(lane, epoch, [*down, outage]))
        writer.alive(REACHED)
        writer.seal(REACHED)


def test_the_answer_for_people(cli, house):
    answer = cli("whatif", "search", "--down", "8h")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert (
        answer.stdout
        == """\
If Search were down for 8 h 00 min 00 s, from 18 November 2026, 10:42 CET on:

In 2026-11:
AGREEMENT      AVAILABILITY       THEN    CREDIT          THEN          MORE
muster-search    100.0000 %  98.8888 %  0.00 CHF  1,200.00 CHF  1,200.00 CHF

Tiers that it crosses, by how long it has lasted:
  43 min 12.001 s, at 11:25:19 CET: missed, < 99.9%: 10 %, credit 480.00 CHF (muster-search)
  7 h 12 min 00.001 s, at 17:54:07 CET: missed, < 99.0%: 25 %, credit 1,200.00 CHF (muster-search)

What is left of the allowance at the period's end, - is beyond it:
PERIOD     ALLOWANCE         LEFT              THEN  AGREEMENT
2026-11  43 min 12 s  43 min 12 s  -7 h 16 min 48 s  muster-search

It would cost: 1,200.00 CHF.
"""
    )


def test_what_is_down_now_goes_on(cli, house):
    """Checkout is down since 10:00 CET: 1 min 5 s of its allowance are left."""
    answer = cli("whatif", "checkout", "--down", "20m")

    assert "  1 min 05.001 s, at 10:43:12 CET: missed, < 99.9%: 10 %, credit 120.00 EUR (acme-checkout)" in (
        answer.stdout.splitlines()
    )


INNER = """
[target.inner]
service = "checkout"
objective = ">= 99.85%"
protects = ["gold"]
"""
BESIDE = """
[service.all]
up_when = { all = ["web", "search-web"] }

[agreement.muster-all]
customer = "muster"
service = "all"
sla = "gold"
monthly_fee = "1000.00"
from = 2026-01-01

[agreement.acme-later]
customer = "acme"
service = "checkout"
sla = "gold"
monthly_fee = "1000.00"
from = 2027-01-01
"""


def test_maintenance_targets_several_customers_and_who_is_not_touched(cli, house):
    """A window of two hours on Saturday night, recorded three days ahead, takes half of two hours."""
    add(house, INNER + BESIDE)
    recorded = cli(
        "maintenance", "add", "checkout", "--start", "2026-11-22T02:00+01:00",
        "--end", "2026-11-22T04:00+01:00", "--title", "Disks", "--yes",
    )  # fmt: skip
    assert recorded.exit_code == 0, recorded.stderr

    answer = cli("whatif", "checkout", "--down", "2h", "--at", "2026-11-22T03:00+01:00")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert (
        answer.stdout
        == """\
If Checkout were down for 2 h 00 min 00 s, from 22 November 2026, 03:00 CET on:

In 2026-11:
AGREEMENT      AVAILABILITY       THEN    CREDIT        THEN        MORE
acme-checkout     99.9025 %  99.7636 %  0.00 EUR  120.00 EUR  120.00 EUR
muster-all        99.9025 %  99.6247 %  0.00 CHF  100.00 CHF  100.00 CHF

Tiers that it crosses, by how long it has lasted:
  1 min 05.001 s, at 03:01:05 CET: missed, < 99.9%: 10 %, credit 100.00 CHF (muster-all)
  1 h 01 min 05.001 s, at 04:01:05 CET: missed, < 99.9%: 10 %, credit 120.00 EUR (acme-checkout)

What is left of the allowance at the period's end, - is beyond it:
PERIOD     ALLOWANCE        LEFT              THEN  AGREEMENT
2026-11  43 min 12 s  1 min 05 s      -58 min 55 s  acme-checkout
2026-11  43 min 12 s  1 min 05 s  -1 h 58 min 55 s  muster-all

Internal targets:
  inner (>= 99.85 %): met, then missed (acme-checkout)

Maintenance and exclusions that it falls into:
  Disks (scheduled maintenance), from 22 November 2026, 02:00 CET: takes 1 h 00 min 00 s (acme-checkout)

Not touched:
  acme-later: it is not in force then

PARTY            MORE
ACME GmbH  120.00 EUR
Muster AG  100.00 CHF

It would cost: 100.00 CHF and 120.00 EUR.
"""
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shop", "--down", "20m"), 'there is no service "shop"; write one of: checkout, search'),
        (("checkout", "--down", "soon"), "--down: "),
        (("checkout", "--down", "2 years"), "--down: "),
        (("checkout", "--down", "20m", "--at", "tonight"), '--at: "tonight" is not an instant'),
        (("checkout", "--down", "20m", "--resource", "disk"), 'checkout has no resource "disk"; it has none'),
    ],
)
def test_what_cannot_be_tried_is_told_with_what_to_write(cli, house, words, said):
    answer = cli("whatif", *words)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert said in answer.stderr


def test_times_are_in_the_zone_that_was_typed_and_lines_name_their_month(cli, house):
    """Two customers, in Berlin and in New York, over the end of October in Berlin."""
    path = house / "makegood.toml"
    text = path.read_text(encoding="utf-8").replace("Europe/Berlin", "America/New_York")
    path.write_text(text.replace("America/New_York", "Europe/Berlin", 1), encoding="utf-8")
    add(house, INNER + BESIDE)

    answer = cli("whatif", "checkout", "--down", "2h", "--at", "2026-10-31T23:00+01:00").stdout

    assert answer.startswith("If Checkout were down for 2 h 00 min 00 s, from 31 October 2026, 23:00 CET on:")
    assert "  2026-10: inner (>= 99.85 %): still missed (acme-checkout)" in answer.splitlines()
    assert "  2026-11: inner (>= 99.85 %): met, then missed (acme-checkout)" in answer.splitlines()
    there = cli("whatif", "checkout", "--down", "2h", "--at", "2026-10-31T18:00-04:00").stdout
    assert there.startswith("If Checkout were down for 2 h 00 min 00 s, from 31 October 2026, 18:00 EDT on:")


def test_a_service_that_nothing_is_promised_of_costs_nothing_and_can_be_tried(cli, house):
    add(house, '\n[endpoint.own]\nurl = "http://127.0.0.1:1/own"\ninterval = "1h"\n')
    add(house, '[service.nobodys]\ntitle = "Nobody\'s"\nup_when = "own"\n')

    answer = cli("whatif", "nobodys", "--down", "2h")

    assert answer.stdout.splitlines()[2:] == [
        "No agreement rests on Nobody's: nothing is owed for it. To try an SLA on its past:",
        "makegood backtest --service nobodys --sla NAME",
    ]


def test_a_currency_in_which_nothing_is_owed_is_left_out_of_the_sum(cli, house):
    """ACME's service is in maintenance then but for a minute, and Muster's is not."""
    add(house, BESIDE)
    recorded = cli(
        "maintenance", "add", "checkout", "--start", "2026-11-22T02:00+01:00",
        "--end", "2026-11-22T04:00+01:00", "--title", "Disks", "--yes",
    )  # fmt: skip
    assert recorded.exit_code == 0, recorded.stderr

    answer = cli("whatif", "checkout", "--down", "61m", "--at", "2026-11-22T03:00+01:00")

    assert any(line.split() == ["ACME", "GmbH", "0.00", "EUR"] for line in answer.stdout.splitlines())
    assert answer.stdout.splitlines()[-1] == "It would cost: 100.00 CHF."


def test_nothing_is_recorded(cli, house):
    before = cli("audit", "--json").stdout

    cli("whatif", "checkout", "--down", "20m")

    assert cli("audit", "--json").stdout == before


def test_unverified_terms_are_named(cli, house):
    path = house / "makegood.toml"
    text = path.read_text(encoding="utf-8").replace(
        'sla = "gold"', 'sla = "library:neon"\naccept_unverified = true', 1
    )
    path.write_text(text.replace('currency = "EUR"', 'currency = "USD"'), encoding="utf-8")

    answer = cli("whatif", "checkout", "--down", "5h")

    assert answer.stdout.splitlines()[-1] == (
        "Not verified against the contract: commitment, credits, claim (acme-checkout)."
    )
