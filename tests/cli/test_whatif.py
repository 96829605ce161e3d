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
from tests.cli.conftest import BEGAN

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
            checks = []
            for slot, begun in enumerate(range(now, until, HOUR), start=(now - BEGAN) // HOUR + 1):
                bad = endpoint in hit and start <= begun < end
                seen = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
                checks.append(Check(lane, 1, slot, 0, begun, *seen, 2 * HOUR + 10 * SECOND))
            writer.append(checks)
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


def test_the_answer_for_people(cli, house):
    answer = cli("whatif", "search", "--down", "8h")

    assert (answer.exit_code, answer.stderr) == (0, "")
    first, *rest = answer.stdout.splitlines()
    assert first == (
        "If Search were down for 8 h 00 min 00 s, from 18 November 2026, 10:42 CET "
        "to 18 November 2026, 18:42 CET:"
    )
    assert rest == [
        "",
        "AGREEMENT      PERIOD   AVAILABILITY       THEN    CREDIT          THEN          MORE",
        "muster-search  2026-11    100.0000 %  98.8888 %  0.00 CHF  1,200.00 CHF  1,200.00 CHF",
        "",
        "Tiers that it crosses, by how long it has lasted:",
        "  43 min 12.001 s (at 11:25:19 CET): 2026-11: < 99.9%: 10 %; promise missed (muster-search)",
        "  7 h 12 min 00.001 s (at 17:54:07 CET): 2026-11: < 99.0%: 25 %; promise missed (muster-search)",
        "",
        "What is left of the allowance at the period's end:",
        "  43 min 12 s before, 7 h 16 min 48 s over after, of 43 min 12 s (muster-search)",
        "",
        "It would cost: 1,200.00 CHF.",
    ]
