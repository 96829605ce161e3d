"""The part of a configuration that goes to a customer promises the same, and holds nothing internal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.config.load import load_text
from monitor.config.plan import Plan
from monitor.errors import MakegoodError
from monitor.ledger.excerpt import excerpt
from tests.agreements.documents import read

CONTRACTS = Path(__file__).parent.parent / "agreements"


def contracts() -> Iterator[tuple[str, Plan]]:
    """Every contract that the documents of real and invented agreements are settled by."""
    for path in sorted(CONTRACTS.glob("*/*.md")):
        texts = {text for case in read(path.read_text()) for name, text in case.files.items()
                 if name.endswith(".toml")}  # fmt: skip
        for text in sorted(texts):
            try:
                yield path.stem, load_text(text, path.name, purpose="files")
            except MakegoodError:
                continue  # those that show how a contract is refused


def test_an_excerpt_of_every_contract_promises_what_the_whole_does():
    looked_at = 0
    for name, plan in contracts():
        for customer in plan.customers:
            mine = {
                a.id: a for a in plan.agreements.values() if (a.kind, a.customer) == ("customer", customer)
            }
            if not mine:
                continue
            part = load_text(excerpt(plan, customer), "excerpt", purpose="files")
            assert dict(part.agreements) == mine, name
            assert part.customers[customer] == plan.customers[customer], name
            assert {s: part.services[s] for s in part.services} == {
                s: plan.services[s] for s in part.services
            }
            looked_at += 1
    assert looked_at > 100


INTERNAL = """
[monitor]
database = "evidence.db"

[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.web]
url = "https://secret-host.example/health"
interval = "1m"
method = "POST"
bearer = { env = "TOKEN" }
body = "query-of-ours"
expect = { matches = "a-of-ours", json = { "path.of.ours" = 1 }, redirect = "https://login-host.example/" }
labels = { tier = "inner" }

[endpoint.other]
url = "https://elsewhere.example"

[endpoint.backup]
heartbeat = { env = "BACKUP_TOKEN" }
every = "0 2 * * *"
timezone = "Europe/Berlin"
grace = "30m"

[endpoint.tidy]
heartbeat = { env = "TIDY_TOKEN" }
every = "90m"
grace = "10s"

[listen]
heartbeats = "192.0.2.77:8080"

[service.shop]
up_when = { all = ["web", "backup", "tidy"] }

[service.elsewhere]
up_when = { all = ["other"] }

[sla.gold]
commitment = "99.9%"
credits = { "< 99.9%" = "10%" }

[sla.silver]
commitment = "99%"
credits = { "< 99%" = "5%" }

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[customer.rival]
name = "Rival AG"
timezone = "Europe/Berlin"
currency = "EUR"

[agreement.acme-shop]
customer = "acme"
service = "shop"
sla = "gold"
monthly_fee = "1200.00"
from = 2026-01-01

[agreement.rival-elsewhere]
customer = "rival"
service = "elsewhere"
sla = "silver"
monthly_fee = "777.00"
from = 2026-01-01

[target.shop]
service = "shop"
objective = "99.95%"
"""


@pytest.mark.parametrize(
    "internal",
    ["secret-host", "health", "Authorization", "TOKEN", "s3cret", "tier", "rival", "Rival", "777", "silver",
     "elsewhere", "target", "99.95", "bearer", "of-ours", "of.ours", "login-host", "TIDY", "BACKUP",
     "192.0.2.77"],
)  # fmt: skip
def test_nothing_internal_and_nothing_of_others_is_in_an_excerpt(internal, tmp_path):
    path = tmp_path / "makegood.toml"
    path.write_text(INTERNAL)
    tokens = {"BACKUP_TOKEN": "s3cret" * 3, "TIDY_TOKEN": "s3cret" * 4}
    plan = load_plan(path, environ={"TOKEN": "s3cret", **tokens})

    text = excerpt(plan, "acme")

    assert internal not in text
    part = load_text(text, "excerpt", purpose="files")
    for job in ("backup", "tidy"):
        assert (
            replace(part.endpoints[job].how, token=plan.endpoints[job].how.token) == plan.endpoints[job].how
        )
    assert {"ACME GmbH", "1200.00", "99.9%"} <= set(text.replace('"', "\n").splitlines())
