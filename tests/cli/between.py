"""A house between two contracts: it buys object storage, and sells a shop that depends on it.

October 2026. The storage was down on the 6th for two hours and on the 20th for one; the shop went down with
it on the 6th, for an hour and a half, and by itself on the 13th, for half an hour. Both are checked every
five minutes, and the figures are those of October's 744 hours in UTC.

    our-objects    180 of 44,640 minutes: 99.5967 %, below 99.9 %: 10 % of 2,400.00 USD = 240.00 USD
    acme-shop      120 of 44,700 minutes (Berlin's October has 745 hours): 10 % of 1,200.00 EUR = 120.00 EUR
    globex-shop    120 of 44,640 minutes: 10 % of 900.00 USD = 90.00 USD
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import MINUTE, SECOND, Ms
from monitor.store import open_store
from monitor.store.protocol import Holder
from tests.cli.conftest import at

CONFIG = """
[monitor]
database = "evidence.db"
reports = "papers"

[issuer]
name = "Between Hosting Ltd"

[endpoint.bucket]
url = "http://127.0.0.1:1/bucket"
interval = "5m"
timeout = "10s"

[endpoint.web]
url = "http://127.0.0.1:1/"
interval = "5m"
timeout = "10s"

[service.objects]
title = "Object storage"
up_when = "bucket"

[service.shop]
title = "Shop"
up_when = "web"
depends_on = ["objects"]

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[customer.globex]
name = "Globex Inc."
timezone = "UTC"
currency = "USD"

[provider.cloud]
name = "Cloud Example Inc."
timezone = "UTC"
currency = "USD"

[sla.storage]
title = "Storage"
commitment = "99.9%"
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
CLAIM

[sla.gold]
title = "Gold"
commitment = "99.9%"
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }

[agreement.our-objects]
provider = "cloud"
service = "objects"
sla = "storage"
monthly_fee = "2400.00"
from = 2026-09-01
asks = ["Write \\"SLA Credit Request\\" in the subject.", "Attach your request logs, without secrets."]

[agreement.acme-shop]
customer = "acme"
service = "shop"
sla = "gold"
monthly_fee = "1200.00"
from = 2026-01-01

[agreement.globex-shop]
customer = "globex"
service = "shop"
sla = "gold"
monthly_fee = "900.00"
from = 2026-01-01
"""
CLAIM = 'claim = "30 days after period"'
BEGAN, REACHED = at("2026-09-30T00:00Z"), at("2026-11-18T09:42:06Z")
DOWN = {
    "bucket": [
        (at("2026-10-06T12:00Z"), at("2026-10-06T14:00Z")),
        (at("2026-10-20T08:00Z"), at("2026-10-20T09:00Z")),
    ],
    "web": [
        (at("2026-10-06T12:05Z"), at("2026-10-06T13:35Z")),
        (at("2026-10-13T20:00Z"), at("2026-10-13T20:30Z")),
    ],
}


def checks(lane: int, epoch: int, down: list[tuple[Ms, Ms]]) -> list[Check]:
    out = []
    for slot, begun in enumerate(range(BEGAN, REACHED, 5 * MINUTE)):
        bad = any(start <= begun < end for start, end in down)
        seen = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
        valid = 10 * MINUTE + 10 * SECOND
        out.append(Check(lane, epoch, slot, 0, begun, *seen, valid, None if bad else 420))
    return out


def built(folder: Path, down: Mapping[str, list[tuple[Ms, Ms]]] = DOWN) -> Path:
    """The configuration and seven weeks of evidence, in this folder; `down` by endpoint."""
    (folder / "makegood.toml").write_text(CONFIG.replace("CLAIM", CLAIM), encoding="utf-8")
    plan = load_plan(folder / "makegood.toml", environ={})
    with open_store(plan.settings.database, create=True).writer(Holder(1, "host", "test", BEGAN)) as writer:
        epoch = writer.epoch(BEGAN)
        for endpoint, spans in down.items():
            lane = writer.lane(endpoint, plan.settings.location, since=BEGAN)
            writer.append(checks(lane, epoch, spans))
        writer.alive(REACHED)
        writer.seal(REACHED)
    return folder
