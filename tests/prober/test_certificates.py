"""Certificates are looked at in passing, once an hour, and what is found of them judges no check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Facts, Rule, State
from monitor.core.intervals import DAY, HOUR
from monitor.prober.certificates import AGAIN, Certificates

START = 1_790_000_000_000


@pytest.fixture
def shop(good: Endpoint) -> Endpoint:
    return replace(good, target="https://shop.example/")


def found(days: int | None) -> Facts:
    return Facts(status=200, found={"certificate_days:": days, "size:": 5})


def test_it_is_asked_for_its_days_once_an_hour(shop):
    seen = Certificates()
    asked = seen.asking(shop, 0.0)

    facts = seen.learn(shop, asked, found(20), 0.0, START)

    assert asked.expectation.rules[-1] == Rule("certificate_days", "", "present")
    assert (facts.found, seen.until) == ({"size:": 5}, {"shop": START + 20 * DAY})
    assert seen.asking(shop, AGAIN - 1) is shop
    assert seen.asking(shop, AGAIN) is not shop


def test_the_hours_of_a_day_make_no_other_certificate_and_a_renewal_does(shop):
    """Of 20 days and a half whole days alone are told: half a day later there are still 20, and 19 then."""
    seen = Certificates()
    for hours, days in ((0, 20), (6, 20), (11, 20), (13, 19), (36, 18)):
        seen.learn(shop, shop, found(days), 0.0, START + hours * HOUR)
    assert seen.until == {"shop": START + 20 * DAY + 11 * HOUR}

    seen.learn(shop, shop, found(89), 0.0, START + 37 * HOUR)

    assert seen.until == {"shop": START + 37 * HOUR + 89 * DAY}


def test_who_shows_none_or_is_judged_by_its_days_already_is_asked_for_nothing_more(good, shop):
    own = Rule("certificate_days", "", ">=", 14)
    judged = replace(shop, expectation=replace(shop.expectation, rules=(own,)))
    seen = Certificates()

    assert seen.asking(good, 0.0) is good
    assert seen.asking(judged, 0.0) is judged
    assert seen.learn(judged, judged, found(15), 0.0, START) == found(15)
    assert seen.until == {"shop": START + 15 * DAY}


def test_one_that_could_not_be_read_is_asked_for_again_and_fails_nothing(shop):
    seen = Certificates()
    facts = seen.learn(shop, seen.asking(shop, 0.0), found(None), 0.0, START)

    assert (facts.found, seen.until) == ({"size:": 5}, {})
    assert seen.asking(shop, 1.0) is not shop


def test_the_prober_looks_in_passing_and_the_check_is_what_it_was(simulation, shop, scripted, passing):
    run = simulation.play([shop], scripted(found(3)), passing(25))

    assert {(check.state, check.facts) for check in run.checks} == {(State.UP, None)}
    assert list(run.prober.certificates.until) == ["shop"]
