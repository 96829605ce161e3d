"""`makegood sla plain` reads what `config check --aloud` reads, and needs neither probes nor secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

FILE = """
[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[service.shop]
title = "Shop"
up_when = { all = ["nowhere-yet"] }

[sla.plain]
title = "Plain hosting"
commitment = "99.9%"
credits = { "< 99.9%" = "10%" }
readings = ["A month is a calendar month."]

[sla.care]
together = "sum"
limits = "20% per period"
manual = ["The provider may add a gift."]
[sla.care.promise.availability]
commitment = "99.5%"
credits = "5%"
[sla.care.promise.reply]
commitment = "95%"
measure = { evidence = "events", within = "4h" }
credits = "2%"

[agreement.acme-shop]
customer = "acme"
service = "shop"
sla = "plain"
monthly_fee = "840.00"
from = 2026-01-01
"""


@pytest.fixture
def said(tmp_path: Path, cli: Cli) -> Cli:
    (tmp_path / "makegood.toml").write_text(FILE, encoding="utf-8")
    return cli


def test_an_sla_is_read_rule_by_rule(said: Cli) -> None:
    answer = said("sla", "plain", "plain")

    assert answer.exit_code == 0
    lines = [line.strip() for line in answer.stdout.splitlines() if line]
    assert lines[0] == "SLA Plain hosting"
    assert "The promise is at least 99.9 % of each calendar month; exactly 99.9 % keeps it." in lines
    assert lines[-1] == "Read so: A month is a calendar month."


def test_an_agreement_is_read_with_its_party_and_its_zone(said: Cli) -> None:
    answer = said("sla", "plain", "acme-shop")

    assert "ACME GmbH, Shop: SLA Plain hosting, from 2026-01-01 (acme-shop)" in answer.stdout
    assert "Periods and days are those of Europe/Berlin." in answer.stdout


def test_several_promises_stand_under_their_names_and_what_they_share_is_read_once(said: Cli) -> None:
    (version,) = json.loads(said("sla", "plain", "care", "--json").stdout)["versions"]
    paragraphs = {
        each["promise"] or place: each["sentences"] for place, each in enumerate(version["paragraphs"])
    }

    assert list(paragraphs) == [0, "availability", "reply", 3]
    assert "A credit is given without a claim." in paragraphs[0]
    assert any("95 %" in sentence for sentence in paragraphs["reply"])
    assert paragraphs[3][-1] == "No program decides this: The provider may add a gift."
    assert "The credit never exceeds 20 % of the month's fee." in paragraphs[3]


def test_a_name_that_nothing_has_is_a_sentence(said: Cli) -> None:
    answer = said("sla", "plain", "gold")

    assert answer.exit_code == 2
    assert answer.stderr.strip() == (
        'there is no SLA and no agreement "gold"; `makegood sla list` names them all'
    )


def test_a_name_that_is_nearly_one_is_told_what_is_near(said: Cli) -> None:
    assert 'did you mean "acme-shop"?' in said("sla", "plain", "acme-shp").stderr
    assert 'did you mean "library:aws-s3-standard"?' in said("sla", "show", "aws-s3-standart").stderr


def test_a_calendar_that_terms_name_is_read_too(said: Cli, tmp_path: Path) -> None:
    (tmp_path / "makegood.toml").write_text(
        FILE
        + """
[sla.by-day]
like = "plain"
period = { every = "calendar month", service_hours = "desk" }
exclude = [{ what = "scheduled maintenance", notice = "2 business days", calendar = "desk" }]

[calendar.desk]
hours = "Mon-Fri 07:00-19:00; Sat 08:00-13:00"
timezone = "Europe/Berlin"
holidays = "DE-NW"
add = [2026-12-24]
""",
        encoding="utf-8",
    )

    lines = said("sla", "plain", "by-day").stdout.splitlines()

    hours = "Monday to Friday 07:00 to 19:00 and Saturday 08:00 to 13:00 (Europe/Berlin)"
    assert [line.strip() for line in lines if "Calendar" in line] == [
        f"Calendar desk is {hours}; its holidays: DE-NW, also 2026-12-24."
    ]
