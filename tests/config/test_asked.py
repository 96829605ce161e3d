"""What a provider asks a claim to contain: the agreement's own words, else what its published terms ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.config.asked import published
from monitor.config.library import LIBRARY_OF_THE_PROGRAM, SOURCES
from monitor.config.plan import Plan

Load = Callable[..., Plan]
BOUGHT = """
[provider.cloud]
name = "Cloud"
timezone = "UTC"
currency = "USD"

[sla.ours]
like = "library:aws-ec2-region"

[agreement.bought]
provider = "cloud"
service = "shop"
sla = SLA
monthly_fee = "100.00"
from = 2026-01-01
accept_unverified = true
claim = "30 days after period"
"""


def test_the_table_speaks_of_entries_that_there_are_and_says_what_was_read() -> None:
    assert set(published()) - set(LIBRARY_OF_THE_PROGRAM.entries) == set()
    for asked in published().values():
        assert asked.kind in SOURCES
        assert asked.items
        assert all(item.endswith(".") for item in asked.items)


@pytest.mark.parametrize("sla", ['"library:aws-ec2-region"', '"ours"'])
def test_what_is_known_of_a_published_sla_holds_for_those_like_it(load: Load, good: str, sla: str) -> None:
    asked = load(good + BOUGHT.replace("SLA", sla)).asked

    assert list(asked) == ["bought"]
    assert asked["bought"] == published()["aws-ec2-region"]
    assert not asked["bought"].verified


def test_an_agreements_own_words_stand_above_it(load: Load, good: str) -> None:
    text = BOUGHT.replace("SLA", '"ours"') + 'asks = ["Name the hosts."]\n'
    asked = load(good + text).asked["bought"]

    assert (asked.items, asked.kind, asked.verified) == (("Name the hosts.",), "agreement", True)


def test_nothing_is_asked_for_where_nobody_says_so(load: Load, good: str) -> None:
    assert load(good + BOUGHT.replace("SLA", '"library:hetzner-cloud"')).asked["bought"].items == ()
