"""Published response times, held on tickets: each of them evaluates, and what they leave open is asked for.

A provider's text says how long; what stops the clock, what pauses it and what a change of priority does is
the parties' to say. The entries therefore stand on requests with two instants (`events`), and a contract
that wants them on tickets is `like` one and writes the measure with those sentences. One text says enough to
be an entry on tickets itself, Ofcom's scheme: its clock stands for appointments that the customer missed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli.app import makegood
from monitor.config.library import LIBRARY_OF_THE_PROGRAM, Entry

PARTIES = """
[provider.vendor]
name = "The vendor"
timezone = "UTC"
currency = "{currency}"

[service.desk]

[calendar.office]
hours    = "Mon-Fri 09:00-17:00"
timezone = "UTC"
holidays = "none"

[agreement.desk]
provider = "vendor"
service = "desk"
sla = "ours"
calendar = "office"
monthly_fee = "100.00"
from = 2026-01-01
accept_unverified = true

[sla.ours]
like = "library:{like}"

[sla.ours.measure]
evidence = "tickets"
{sentences}within = {within}
"""
ANSWER = """from = "created"
to = "first human reply"
pauses = []
"""
REPAIR = """from = "reported"
to = "resolved"
pauses = ["missed appointment"]
reopened = "continues"
"""
NOTICE = """from = "detected"
to = "update"
pauses = []
reopened = "ignored"
"""
ASKED = {
    "supabase-support": ANSWER,
    "codefresh-support": ANSWER,
    "fastly-support": ANSWER,
    "softwareidm-support": ANSWER,
    "ofcom-repair": REPAIR,
    "giganet-repair": REPAIR,
    "ntt-notice": NOTICE,
}
PRIORITIES = ("urgent", "high", "normal", "low")
PERIOD = ("--agreement", "desk", "--period", "2026-04", "--json")


TERMS = [
    pytest.param(LIBRARY_OF_THE_PROGRAM.entries[name], sentences, id=name)
    for name, sentences in ASKED.items()
]


def written(entry: Entry, sentences: str) -> str:
    within = entry.whole["measure"]["within"]
    by_priority = not isinstance(within, str)
    text = (
        "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in within.items()) + " }"
        if by_priority
        else json.dumps(within)
    )
    if by_priority and sentences:
        sentences += 'priority_change = "restart"\n'
    currency = "GBP" if "GBP" in json.dumps(entry.whole, default=str) else "USD"
    return PARTIES.format(like=entry.name, sentences=sentences, within=text, currency=currency)


def evaluated(folder: Path, contract: str) -> Result:
    """One ticket of each priority that is answered at once, and one that is answered three weeks later."""
    rows = ["ticket,at,event,value"]
    for priority in PRIORITIES:
        for pace, answer in (("soon", "2026-04-07T10:00:01Z"), ("late", "2026-04-28T10:00:00Z")):
            id = f"{priority}-{pace}"
            rows += [f"{id},2026-04-07T10:00:00Z,{kind}," for kind in ("created", "reported", "detected")]
            rows += [f"{id},2026-04-07T10:00:00Z,priority,{priority}"]
            rows += [f"{id},{answer},{kind}," for kind in ("reply", "update", "resolved")]
    tickets = folder / "tickets.csv"
    tickets.write_text("\n".join(rows) + "\n", encoding="utf-8")
    written_down = folder / "contract.toml"
    written_down.write_text(contract, encoding="utf-8")
    return CliRunner().invoke(makegood, ["evaluate", str(written_down), "--evidence", str(tickets), *PERIOD])


@pytest.mark.parametrize(("entry", "sentences"), TERMS)
def test_each_of_them_evaluates_on_tickets(entry: Entry, sentences: str, tmp_path: Path) -> None:
    result = evaluated(tmp_path, written(entry, sentences))

    assert result.exit_code == 0, result.output
    found = [each["tickets"] for each in json.loads(result.stdout)["promises"] if each.get("tickets")]
    assert [(each["counted"], each["in_time"]) for each in found] == [(8, 4)]
    assert {each["ticket"] for each in found[0]["late"]} == {f"{name}-late" for name in PRIORITIES}


@pytest.mark.parametrize(("entry", "sentences"), TERMS)
def test_what_their_texts_leave_open_is_asked_for(entry: Entry, sentences: str, tmp_path: Path) -> None:
    result = evaluated(tmp_path, written(entry, ""))

    assert result.exit_code == 2
    for line in sentences.splitlines()[:3]:
        assert f"{line.split()[0]} = " in result.output
