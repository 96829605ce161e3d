"""What an outage would cost a house between two contracts: between.py's, October 2026."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import at

NINE_HOURS = ("--down", "9h", "--at", "2026-10-25T10:00Z")


@pytest.fixture
def asked(between, cli):
    def ask(service, *options):
        said, data = cli("whatif", service, *options), cli("whatif", service, *options, "--json")
        assert (said.exit_code, data.exit_code) == (0, 0), said.stderr
        return said.stdout, json.loads(data.stdout)

    return ask


@pytest.fixture
def notice(between):
    """The storage asks for a notice within five days of an outage."""
    config = between / "makegood.toml"
    text = config.read_text()
    config.write_text(text.replace('claim = "30 days after period"', CLAIM))


CLAIM = 'claim = { notify = "5 days after outage", by = "30 days after period" }'


def test_what_can_be_claimed_would_be_owed_to_us(asked):
    said, data = asked("objects", *NINE_HOURS)

    assert "It would be owed to us: 360.00 USD." in said
    assert (data["owed_to_us"][0]["minor"], data["agreements"][0]["lapsed"]) == (36_000, None)


def test_what_has_lapsed_is_kept_apart_from_it(asked, notice):
    """October's first outage was on the 6th, and nobody gave notice of it."""
    said, data = asked("objects", *NINE_HOURS)

    assert "It would be owed to us" not in said
    assert (
        "Owed to us no more, and in no sum, since a last day has passed:\n"
        "  our-objects 2026-10, 360.00 USD: the last day for the notice was 2026-10-11\n"
    ) in said
    assert data["owed_to_us"] == []
    assert data["agreements"][0]["lapsed"] == {"step": "notice", "last_day": "2026-10-11"}


def test_the_notice_that_was_given_keeps_it_claimable(asked, notice, cli):
    assert cli("claims", "file", "our-objects", "2026-10", "--notice", "--on", "2026-10-08").exit_code == 0

    assert "It would be owed to us: 360.00 USD." in asked("objects", *NINE_HOURS)[0]


def test_a_last_day_that_only_the_outage_brings_counts_too(asked, between, clock):
    """Without the outage October is kept, and no day is missed; with it the last day is over."""
    config = between / "makegood.toml"
    config.write_text(config.read_text().replace('commitment = "99.9%"', 'commitment = "99%"')
                      .replace('"< 99.9%" = "10%", ', ""))  # fmt: skip
    clock.at = at("2026-12-04T09:00Z")
    said, data = asked("objects", *NINE_HOURS)

    assert "our-objects 2026-10, 600.00 USD: the last day for the claim was 2026-11-30\n" in said
    assert (data["owed_to_us"], data["agreements"][0]["lapsed"]["step"]) == ([], "claim")


def test_what_depends_on_it_is_named_with_what_it_would_cost(asked):
    said, data = asked("objects", *NINE_HOURS)

    assert said.endswith(
        "\n"
        "shop depends on objects, and has endpoints of its own. If it failed with it, that would\n"
        "cost 180.00 EUR and 135.00 USD: makegood whatif shop --down 9h --at 2026-10-25T10:00Z\n"
    )
    assert [each["service"] for each in data["if_it_failed_with_it"]] == ["shop"]
    assert data["totals"] == []  # of the storage alone


def test_what_depends_on_it_costs_what_it_costs_alone(asked):
    (with_it,) = asked("objects", *NINE_HOURS)[1]["if_it_failed_with_it"]

    assert with_it["more"] == asked("shop", *NINE_HOURS)[1]["totals"]
    assert [each["minor"] for each in with_it["more"]] == [18_000, 13_500]


def test_a_month_that_is_issued_would_take_an_amendment(asked, cli):
    assert "issued" not in asked("shop", *NINE_HOURS)[0]
    cli("statement", "issue", "--period", "2026-10")
    said, data = asked("shop", *NINE_HOURS)

    assert said.endswith("\n2026-10 is issued (2026-0001 and 2026-0002): it would take amendments.\n")
    assert data["issued"] == {"2026-10": ["2026-0001", "2026-0002"]}
