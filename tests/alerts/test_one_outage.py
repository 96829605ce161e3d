"""What people receive for one outage, by the usual rules: each message that goes out, from real evidence."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from monitor.alerts.answering import acknowledge
from monitor.alerts.channels.message import message
from monitor.alerts.watchman import look
from monitor.config import load_plan
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.store import open_store
from tests.cli.year import at, lasting, record

CONFIG = """
[monitor]
database = "test.db"

[issuer]
name = "Example Shop Ltd"

[endpoint.web]
url = "https://shop.example/"
interval = "1m"

[service.shop]
title = "Shop"
up_when = "web"

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[sla.gold]
commitment = "99.9%"
exclude = []
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }

[agreement.acme-shop]
customer = "acme"
service = "shop"
sla = "gold"
monthly_fee = "1200.00"
from = 2026-01-01

[channel.pager]
webhook = "https://pager.example/"

[channel.desk]
webhook = "https://desk.example/"

[alerts]
send = ["pager"]
tickets = ["desk"]

[alert.monitor]                      # the story is written down with few checks
off = true
"""
NOON = at("2026-10-06T12:00Z")


SOON = range(NOON, NOON + 65 * MINUTE, 20 * SECOND)
LATER = range(NOON + 65 * MINUTE, NOON + 6 * HOUR, 5 * MINUTE)


def received(folder: Path, acknowledged: Ms | None = None) -> list[tuple[str, str, str, list[str]]]:
    """Every message: how long after noon, in which channel, how it begins, its alerts by step and rule."""
    down = {"web": [lasting("2026-10-06T12:00Z", 60)]}
    record(folder, CONFIG, down, since="2026-09-01T00:00Z", upto="2026-10-07T12:00Z", before=MINUTE)
    plan, store = load_plan(folder / "makegood.toml", environ={}), open_store(folder / "test.db")
    tokens, got = count(), []
    for now in (*SOON, *LATER):
        if now == acknowledged:
            acknowledge(plan, store, store.alerts.open()[0], "ann", now)
        look(plan, store, now, lambda: f"token-{next(tokens)}")
        for channel in ("pager", "desk"):
            while (parcel := store.alerts.parcel(channel, now)) is not None:
                store.alerts.delivered(parcel, now, "200")
                alerts = [f"{each.step} {each.alert.new.rule}" for each in parcel.letters]
                got.append((_after(now), channel, message(parcel).title.split(";")[0], alerts))
    return got


def _after(now: Ms) -> str:
    minutes, rest = divmod((now - NOON) // SECOND, 60)
    return f"{minutes}:{rest:02d}"


def test_what_whoever_is_on_call_receives_for_an_hour_that_nobody_takes_up(tmp_path: Path) -> None:
    """What belongs to the outage goes together, but no credit that is near or owed waits for anything."""
    got = received(tmp_path)

    assert [(when, alerts) for when, channel, _, alerts in got if channel == "pager"] == [
        ("0:40", ["raised down"]),
        ("6:00", ["raised burn-1h", "raised burn-6h"]),
        ("10:40", ["again down", "again burn-1h", "again burn-6h"]),
        ("23:00", ["raised breach"]),
        ("33:00", ["again breach"]),
        ("45:20", ["raised breach"]),
        ("55:20", ["again breach"]),
        ("60:40", ["over down"]),
        ("75:00", ["over burn-1h"]),
        ("125:00", ["over burn-6h"]),
    ]
    assert [(when, alerts) for when, channel, _, alerts in got if channel == "desk"] == [
        ("5:00", ["raised burn-1d", "raised burn-3d"]),
        ("23:00", ["raised exhaustion"]),
        ("45:20", ["raised exhaustion"]),
        ("305:00", ["over burn-1d"]),
    ]
    titles = {(when, channel): title for when, channel, title, _ in got}
    assert titles["23:00", "pager"] == (
        "Shop: 22 min 02 s left before a 10 % credit: 120.00 EUR for ACME GmbH"
    )
    assert titles["45:20", "pager"] == "Shop: a 10 % credit is owed now: 120.00 EUR for ACME GmbH"
    assert not [title for title in titles.values() if title.startswith("No longer so: Shop: ")]


def test_what_they_receive_who_take_it_up_after_three_minutes(tmp_path: Path) -> None:
    got = received(tmp_path, acknowledged=NOON + 3 * MINUTE)

    assert [(when, alerts) for when, channel, _, alerts in got if channel == "pager"] == [
        ("0:40", ["raised down"]),
        ("6:00", ["raised burn-1h", "raised burn-6h"]),
        ("23:00", ["raised breach"]),
        ("45:20", ["raised breach"]),
        ("60:40", ["over down"]),
        ("75:00", ["over burn-1h"]),
        ("125:00", ["over burn-6h"]),
    ]
