"""One wrong value hides no other mistake, and makes none that is not there."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from monitor.config.model import AgreementTable
from monitor.config.stand_ins import filled
from monitor.config.table import Table

Refused = Callable[..., list[str]]

TARGET = '[target.shop]\nservice = "shop"\nobjective = ">= 99.95%"\nprotects = ["host"]\n'
WINDOW = (
    '[maintenance.patches]\nservices = ["shop"]\nevery = "0 2 * * SUN"\nlasting = "2h"\ntimezone = "UTC"\n'
)

# What is changed in a good file, and the paths at which something is said.
CASES: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "a currency and the fee in it": ({'currency = "EUR"': 'currency = "EURO"', '"840.00"': '"1.200,00"'}, ["customer.acme.currency", "agreement.acme-shop.monthly_fee"]),
    "an SLA that is nowhere and the fee": ({'sla = "host"': 'sla = "best"', '"840.00"': '"1.200,00"'}, ["agreement.acme-shop.sla", "agreement.acme-shop.monthly_fee"]),
    "a currency alone, and a fee that names it": ({'currency = "EUR"': 'currency = "EURO"', '"840.00"': '"840.00 EURO"'}, ["customer.acme.currency"]),
    "a date and a reference": ({"2026-01-01": '"soon"', 'service = "shop"\nsla': 'service = "shopp"\nsla'}, ["agreement.acme-shop.service", "agreement.acme-shop.from"]),
    "a date alone, before the last day": ({"from = 2026-01-01": 'from = "soon"\nuntil = 2024-12-31'}, ["agreement.acme-shop.from"]),
    "a reference that is no name": ({'customer = "acme"': 'customer = "ACME!"', '"840.00"': '"x"'}, ["agreement.acme-shop.customer", "agreement.acme-shop.monthly_fee"]),
    "a commitment that the rows would not fit": ({'commitment = "99.9%"': 'commitment = "99.5"', '"< 99.9%" = "10%"': '"< 99.5%" = "10%"'}, ["sla.host.commitment"]),
    "a title and what is up": ({'up_when = { all = ["web"] }': 'up_when = "wwb"\ntitle = 5'}, ["service.shop.up_when", "service.shop.title"]),
    "an expression that is missing": ({'up_when = { all = ["web"] }': 'title = "Shop"'}, ["service.shop"]),
    "an objective and what it protects": ({'">= 99.95%"': '"99.95"', '["host"]': '["hoost"]'}, ["target.shop.objective", "target.shop.protects[1]"]),
    "when a window comes and whom it concerns": ({"0 2 * * SUN": "0 2", 'services = ["shop"]': 'services = ["shopp"]'}, ["maintenance.patches.services[1]", "maintenance.patches.every"]),
    "a default on which an endpoint rests": ({"[issuer]": '[defaults]\ntimeout = "5"\n[issuer]', "[service": 'interval = "8s"\n[service'}, ["defaults.timeout"]),
    "an address and a secret": ({'"https://www.example.com/"': '"www"\nheaders = { Authorization = { env = "UNSET" } }'}, ["endpoint.web.url", "endpoint.web.headers.Authorization"]),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "paths"), CASES.values(), ids=CASES.keys())
def test_every_mistake_is_said_at_once_and_no_other(
    refused: Refused, good: str, changes: Mapping[str, str], paths: list[str]
) -> None:
    text = good + TARGET + WINDOW
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    assert [line.split(": ")[1] for line in refused(text)] == paths


def test_a_table_is_filled_with_examples_of_what_it_must_have() -> None:
    found = filled(AgreementTable, {"customer": "acme", "until": "never", "monthly_fee": 840}, {"until"})
    assert found is not None
    table, others = found
    assert isinstance(table, AgreementTable)
    assert (table.customer, table.monthly_fee, table.until) == ("acme", {"": 840}, None)
    assert others == {"until", "service", "sla", "from"}


def test_a_table_that_is_wrong_as_a_whole_cannot_be_filled() -> None:
    assert filled(AgreementTable, {"until": "never"}, set()) is None
    assert filled(Table, {}, set()) is not None
