"""Three customers, the month behind them, and the instants that the tests speak of."""

from __future__ import annotations

from datetime import datetime

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, SECOND, Ms
from monitor.core.periods import instant

HEAD = """
[monitor]
database = "evidence.db"
reports = "papers"

[issuer]
name = "Beispiel Cloud GmbH"

[sla.gold]
commitment = "99.9%"
exclude = ["force majeure"]
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
"""
EACH = """
[endpoint.{id}-web]
url = "http://127.0.0.1:1/{id}"
interval = "1h"
timeout = "10s"

[service.{id}-shop]
up_when = {{ all = ["{id}-web"] }}

[customer.{id}]
name = "{id}"
timezone = "Europe/Berlin"
currency = "{currency}"

[agreement.{id}-shop]
customer = "{id}"
service = "{id}-shop"
sla = "gold"
monthly_fee = "1200.00"
from = 2026-01-01
"""
CUSTOMERS = {"acme": "EUR", "bert": "EUR", "cora": "CHF"}


def at(text: str) -> Ms:
    """An instant with its offset."""
    return instant(datetime.fromisoformat(text))


BEGAN, REACHED = at("2026-09-30T00:00Z"), at("2026-11-18T10:00+01:00")
NOW = at("2026-11-18T10:30+01:00")
DOWN = (at("2026-10-06T12:00Z"), at("2026-10-06T14:00Z"))


def checks(lane: int, epoch: int, *, failing: bool) -> list[Check]:
    """A check an hour; one that fails is down for the two hours of `DOWN`."""
    out = []
    for slot, begun in enumerate(range(BEGAN, REACHED, HOUR)):
        bad = failing and DOWN[0] <= begun < DOWN[1]
        seen = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
        out.append(Check(lane, epoch, slot, 0, begun, *seen, 2 * HOUR + 10 * SECOND, None if bad else 420))
    return out
