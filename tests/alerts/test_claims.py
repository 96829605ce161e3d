"""Last days of our claims against a provider; the house is between.py's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.alerts.findings import findings
from monitor.config import load_plan
from monitor.core.periods import midnight
from monitor.ledger.receivables import receivables
from monitor.operations.alerting import USUAL
from monitor.store import open_store
from tests.cli.between import REACHED, built


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = built(tmp_path_factory.mktemp("claims"))
    plan = load_plan(folder / "makegood.toml", environ={})
    rules = {each.id: each for each in USUAL if each.when == "deadline"}
    return replace(plan, alert_rules=rules), open_store(plan.settings.database)


def test_a_claim_is_told_from_a_week_before_its_last_day_to_that_day(house):
    plan, store = house
    with store.snapshot() as snapshot:
        due = next(
            each for each in receivables(plan, snapshot, REACHED) if each.remind_by is not None and each.owed
        )
        day, zone = due.remind_by, due.agreement.zone
        told = {
            left: [
                each
                for each in findings(plan, snapshot, midnight(day - timedelta(days=left), zone))
                if each.subject == due.subject
            ]
            for left in (8, 7, 1, 0, -1)
        }

    assert [(left, len(found)) for left, found in told.items()] == [(8, 0), (7, 1), (1, 1), (0, 1), (-1, 0)]
    first, last = told[7][0], told[0][0]
    assert first.title == "Claim 240.00 USD from Cloud Example Inc. for 2026-10 by 2026-11-30: 7 days left"
    assert last.title.endswith(": the last day")
    assert first.since == midnight(day - timedelta(days=7), zone)
    assert f"makegood claims file {due.agreement.id} {due.now.period.label}" in first.lines[2]


@pytest.mark.parametrize(
    ("narrowed", "told"),
    [
        ({"endpoints": ("elsewhere",)}, False),
        ({"labels": (("team", "nobody"),)}, False),
        ({"customers": ("nobody",)}, False),
        ({"services": ("elsewhere",)}, False),
        ({"agreements": ("elsewhere",)}, False),
        ({}, True),
    ],
)
def test_a_claim_is_told_by_rules_alone_that_are_about_its_service(house, narrowed, told):
    plan, store = house
    rules = {id: replace(rule, **narrowed) for id, rule in plan.alert_rules.items()}
    with store.snapshot() as snapshot:
        due = next(each for each in receivables(plan, snapshot, REACHED) if each.remind_by and each.owed)
        found = findings(
            replace(plan, alert_rules=rules), snapshot, midnight(due.remind_by, due.agreement.zone)
        )
        own = findings(
            replace(plan, alert_rules={"own": replace(rules["deadline"], agreements=(due.agreement.id,))}),
            snapshot, midnight(due.remind_by, due.agreement.zone),
        )  # fmt: skip
    assert (due.subject in {each.subject for each in found}) is told
    if told:
        assert due.subject in {each.subject for each in own}
