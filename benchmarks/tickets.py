"""A million tickets with five million events: how long a file takes, a month's tickets and figures, those open.

    PYTHONPATH=. .venv/bin/python benchmarks/tickets.py [--tickets N] [--format json|csv] [--folder DIR]

Seconds are those of this process (user and system), since machines are shared; peak memory is the process's.
Each step runs in a process of its own, with its modules compiled and garbage collected as in the program.
Aims, one core: import <= 120 s, the month's figures <= 5 s, of which their measure <= 2 s; those that are
open, and the queue of what to do first, <= 0.5 s; <= 600 MB. `config check` is what the queue's command takes
before it looks at a ticket. Both are asked with the tickets of 300 customers, and with all of one.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.__main__ import OFTEN_ENOUGH
from monitor.core.intervals import DAY, HOUR, MINUTE, Span

if TYPE_CHECKING:
    from click.testing import Result

    from monitor.agreements.pipeline import Case
    from monitor.agreements.tickets import Tickets
    from monitor.core.tickets import Ticket

MONTHS = 12
OPEN = 199
"""One in so many goes on."""
CUSTOMERS = 300
START = datetime(2025, 10, 1, tzinfo=UTC)
CONFIG = """
[monitor]
location = "here"
database = "evidence.db"
timezone = "Europe/Berlin"
"""
QUEUED = """
[monitor]
location = "here"
database = "evidence.db"

[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.web]
url = "http://127.0.0.1:9/"

[service.shop]
up_when = { all = ["web"] }

[calendar.berlin]
hours = "Mon-Fri 09:00-17:00"
timezone = "Europe/Berlin"
holidays = "DE-BE"

[sla.care]
together = "sum"
limits = "30% per period"

[sla.care.promise.first-reply]
commitment = "95%"
credits = { "< 95%" = "2%", "< 90%" = "5%" }

[sla.care.promise.first-reply.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = { urgent = "1h", high = "4 business hours", normal = "8 business hours", low = "16 business hours" }
calendar = "berlin"
pauses = []
priority_change = "keep time"

[sla.care.promise.resolution]
commitment = "100%"
credits = { each = "miss", credit = "50.00 EUR" }

[sla.care.promise.resolution.measure]
evidence = "tickets"
from = "created"
to = "resolved"
within = { urgent = "20h", high = "10 business days, close of business", normal = "100 business days, close of business", low = "200 business days, close of business" }
calendar = "berlin"
pauses = []
priority_change = "keep time"
reopened = "continues"
"""
CUSTOMER = """
[customer.org-{0}]
name = "Org {0}"
timezone = "Europe/Berlin"
currency = "EUR"
tickets = [{1}]

[agreement.care-{0}]
customer = "org-{0}"
service = "shop"
sla = "care"
monthly_fee = "4000.00"
from = 2025-01-01
"""
CSV = """
source = "helpdesk"
zone = "Europe/Berlin"
repeated = "first"
[fields]
id = "Ticket"
priority = "Priority"
customer = "Organization"
[events]
created = "Created"
assigned = "Assigned"
"auto reply" = "Acknowledged"
reply = "First reply"
resolved = "Solved"
"""


def iso(at: int) -> str:
    return (START + timedelta(milliseconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ")


def times(chance: random.Random, number: int, total: int) -> tuple[int, list[int]]:
    """When a ticket was made (spread over twelve months, about 85,000 in each) and what came after."""
    made = number * MONTHS * 30 * DAY // total
    steps = [chance.randrange(MINUTE, 6 * HOUR) for _ in range(4)]
    out: list[int] = []
    for step in steps:
        made_after = (out[-1] if out else made) + step
        out.append(made_after)
    return made, out


def write_json(path: Path, total: int) -> None:
    """As Zendesk tells them, a ticket a line: made, assigned, an automatic reply, a reply, solved."""
    chance = random.Random(9)
    with path.open("w") as file:
        for number in range(total):
            made, (assigned, auto, reply, solved) = times(chance, number, total)
            goes_on = number % OPEN == 0
            audits = [
                {"created_at": iso(assigned), "author_id": 7, "events": [{"type": "Change", "field_name": "assignee_id", "value": "7"}]},
                {"created_at": iso(auto), "author_id": -1, "events": [{"type": "Comment", "public": True, "author_id": -1}]},
                {"created_at": iso(reply), "author_id": 7, "events": [{"type": "Comment", "public": True, "author_id": 7}]},
                {"created_at": iso(solved), "author_id": 7, "events": [{"type": "Change", "field_name": "status", "value": "pending" if goes_on else "solved"}]},
            ]  # fmt: skip
            ticket = {
                "id": 1_000_000 + number, "created_at": iso(made), "updated_at": iso(solved),
                "priority": ("low", "normal", "high", "urgent")[number % 4], "status": "solved",
                "requester_id": 900 + number % 5_000, "submitter_id": 900 + number % 5_000,
                "organization_id": number % CUSTOMERS, "via": {"channel": "email"}, "subject": "x" * 40,
                "tags": ["a", "b"], "audits": audits,
            }  # fmt: skip
            file.write(json.dumps(ticket) + "\n")


def write_csv(path: Path, total: int) -> None:
    chance = random.Random(9)
    with path.open("w") as file:
        file.write("Ticket,Priority,Organization,Created,Assigned,Acknowledged,First reply,Solved\n")
        for number in range(total):
            made, after = times(chance, number, total)
            cells = [iso(each) for each in after]
            if number % OPEN == 0:
                cells[-1] = ""
            file.write(f"T-{number},p{number % 4},org-{number % CUSTOMERS},{iso(made)},{','.join(cells)}\n")


def told(step: str, began: float, more: str = "") -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(f"{step}: {time.process_time() - began:.2f} s CPU, {peak:.0f} MB peak{more}", flush=True)


def make(folder: Path) -> None:
    from monitor.store import open_store

    (folder / "makegood.toml").write_text(CONFIG)
    (folder / "csv.toml").write_text(CSV)
    open_store(folder / "evidence.db", create=True)


def take(folder: Path, file: str, mapping: str) -> None:
    from monitor.store import open_store
    from monitor.store.ticket_protocol import NewBatch
    from monitor.tickets.files import Troubles
    from monitor.tickets.mapping_tables import mapping_of
    from monitor.tickets.reading import digest_of, opened, tickets

    began = time.process_time()
    dialect, path, troubles = mapping_of(mapping), folder / file, Troubles(file)
    kept = open_store(folder / "evidence.db").tickets
    with opened(path) as stream, kept.spool() as spool:
        digest = digest_of(stream)
        for each in tickets(path, stream, dialect, troubles):
            spool.put(each)
        told("  read", began)
        locked = time.monotonic()
        taken = kept.take(spool, NewBatch(0, "file", dialect.source, "bench", file, digest))
        waited = time.monotonic() - locked
    assert not troubles.count, troubles.lines
    told("import", began, f"; {taken}; the database was locked for {waited:.1f} s of the clock")


def month(folder: Path) -> None:
    from monitor.core.periods import instant
    from monitor.store import open_store

    began, base = time.process_time(), instant(START)
    for number in (1, 6, 11):
        span = Span(base + number * 30 * DAY, base + (number + 1) * 30 * DAY)
        with open_store(folder / "evidence.db").snapshot() as snapshot:
            events = [len(each.events) for each in snapshot.tickets(span)]
        told(f"month {number + 1} of {MONTHS}", began, f"; {len(events):,} tickets, {sum(events):,} events")
        began = time.process_time()


def figures(folder: Path) -> None:
    """A month's figures as they are drawn up: its tickets read and judged, by two calendars and with pauses."""
    from monitor.core.periods import instant
    from monitor.store import open_store

    rule, base = promised(), instant(START)
    span = Span(base + 6 * 30 * DAY, base + 7 * 30 * DAY)
    began = time.process_time()
    with open_store(folder / "evidence.db").snapshot() as snapshot:
        tickets = tuple(snapshot.tickets(span))
    told("  read", began)
    measured = time.process_time()
    (account,) = rule(case_of(tickets, span))
    told("  measure", measured)
    told("figures", began, f"; {len(account.base):,} counted, {len(account.misses):,} of them late")


def promised() -> Tickets:
    """A first reply by priority: round the clock, and on the business time of two offices."""
    from monitor.agreements.terms import Allowed, CalendarOf, TicketTerms
    from monitor.agreements.tickets import Tickets

    within = (
        ("urgent", Allowed(HOUR)),
        ("high", Allowed(4 * HOUR, business=True)),
        ("normal", Allowed(days=1, business=True, at="close of business")),
        ("", Allowed(16 * HOUR, business=True)),
    )
    rules = TicketTerms(
        "created",
        "first human reply",
        ("waiting for customer", "on hold", "pending"),
        calendars=(CalendarOf("high", "new-york"), CalendarOf("", "berlin")),
        priority_change="restart",
        reopened="ignored",
    )
    return Tickets(rules, within)


def case_of(tickets: tuple[Ticket, ...], span: Span) -> Case:
    from monitor.agreements.evidence import Evidence
    from monitor.agreements.pipeline import Case, Contract, Fees
    from monitor.agreements.together import Alone
    from monitor.core.calendars import Calendar, parse_hours
    from monitor.core.periods import Period

    offices = (
        Calendar("berlin", "Europe/Berlin", parse_hours("Mon-Fri 09:00-17:00")),
        Calendar("new-york", "America/New_York", parse_hours("Mon-Fri 08:00-18:00; Sat 10:00-14:00")),
    )
    return Case(
        contract=Contract((), combine=Alone()),
        period=Period(span, "Europe/Berlin", "a month"),
        in_force=(span,),
        evidence=Evidence({}, tickets=tickets),
        fees=Fees("EUR", {"period": ()}),
        as_of=span.end,
        calendars={each.name: each for each in offices},
    )


def still_open(folder: Path) -> None:
    from monitor.store import open_store

    began = time.process_time()
    with open_store(folder / "evidence.db").snapshot() as snapshot:
        count = sum(1 for _ in snapshot.tickets(still_open=True))
    told("open", began, f"; {count:,} tickets")


def queue(folder: Path, how: str, customers: str) -> None:
    """The first question after an import (cold), and the next: all of the command, its start included."""
    answer = asked(folder, int(customers), "queue")
    assert answer.exit_code in (0, 1), (answer.output, answer.exception)
    told(f"queue of {customers} customers, {how}", 0, f"; {answer.stdout.splitlines()[0]}")


def start(folder: Path, customers: str) -> None:
    """What is in every command: its start, and the configuration read."""
    answer = asked(folder, int(customers), "config", "check")
    assert answer.exit_code == 0, (answer.output, answer.exception)
    told(f"config check of {customers} customers", 0)


def asked(folder: Path, customers: int, *words: str) -> Result:
    """What a command answers where this many customers share the tickets."""
    from click.testing import CliRunner

    from monitor.cli.app import makegood
    from monitor.core.periods import instant

    class Standing:
        def now(self) -> int:
            return instant(START) + MONTHS * 30 * DAY

    config = folder / f"queue-{customers}.toml"
    config.write_text(QUEUED + "".join(customer(number, customers) for number in range(customers)))
    return CliRunner().invoke(makegood, ["--config", str(config), *words], obj=Standing())


def customer(number: int, customers: int) -> str:
    names = ", ".join(f'"{each}"' for each in range(number, CUSTOMERS, customers))
    return CUSTOMER.format(number, names)


def whole(folder: Path) -> None:
    from monitor.store.whole import examine

    began = time.process_time()
    examine(folder / "evidence.db")
    told("verify", began, f"; the database has {(folder / 'evidence.db').stat().st_size / 1e6:.0f} MB")


STEPS = {
    "make": make, "take": take, "month": month, "figures": figures, "open": still_open, "start": start,
    "queue": queue, "whole": whole,
}  # fmt: skip


def questions(customers: str) -> list[list[str]]:
    return [["start", customers], ["queue", "cold", customers], ["queue", "warm", customers]]


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[1] in STEPS:
        gc.set_threshold(OFTEN_ENOUGH, *gc.get_threshold()[1:])  # as the program does
        STEPS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--format", choices=("json", "csv"), default="json")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        file = f"tickets.{asked.format}"
        {"json": write_json, "csv": write_csv}[asked.format](folder / file, asked.tickets)
        print(f"{asked.tickets:,} tickets, {(folder / file).stat().st_size / 1e6:.0f} MB of {asked.format}")
        compiled = {name: told for name, told in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        mapping = "zendesk" if asked.format == "json" else str(folder / "csv.toml")
        for words in (
            ["make"],
            ["take", file, mapping],
            ["take", file, mapping],
            ["month"],
            ["figures"],
            ["open"],
            *(step for number in (CUSTOMERS, 1) for step in questions(str(number))),
            ["whole"],
        ):
            step, *rest = words
            subprocess.run([sys.executable, __file__, step, str(folder), *rest], check=True, env=compiled)


if __name__ == "__main__":
    main()
