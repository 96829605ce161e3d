"""What is up now, since when, and thirty days at a glance."""

from __future__ import annotations

from fractions import Fraction

import pytest

from monitor.core.checks import Reason, State
from monitor.core.intervals import HOUR, Span
from monitor.core.windows import OneOff
from monitor.statements.maintenance import declared
from monitor.statements.status import outages, status

NOW = "2026-11-15 12:00"


def test_a_service_that_is_down_says_since_when_and_why(house, acme):
    snapshot = house.snapshot(("2026-11-15 11:40", "2026-11-16 00:00", Reason.TIMEOUT))

    (service,) = status(house.plan(acme), snapshot, house.at(NOW)).services

    assert (service.id, service.state, service.reason) == ("checkout", State.DOWN, Reason.TIMEOUT)
    assert service.since == house.at("2026-11-15 11:40")


def test_the_strip_tells_downtime_maintenance_and_silence_apart(house, acme):
    snapshot = house.snapshot(
        ("2026-11-01 10:00", "2026-11-01 10:05", Reason.STATUS),
        ("2026-11-03 02:10", "2026-11-03 02:20", Reason.STATUS),
        ("2026-11-05 02:10", "2026-11-05 02:20", Reason.NOT_RUNNING),
    )
    rule = OneOff(Span(house.at("2026-11-03 02:00"), house.at("2026-11-03 03:00")))
    snapshot.record(declared("w", "w", ["checkout"], rule, "anna", 0))

    (service,) = status(house.plan(acme), snapshot, house.at(NOW)).services

    assert "".join(service.days) == "." * 15 + "x.m.?" + "." * 10
    assert service.days[15] == "x"


def test_p95_is_that_of_the_slowest_endpoint_in_the_last_hour(house, acme):
    (service,) = status(house.plan(acme), house.snapshot(), house.at(NOW)).services

    assert service.p95 == 194
    assert service.limit is None


@pytest.mark.parametrize(
    ("reached", "running"),
    [("2026-11-15 11:59:55", True), ("2026-11-15 11:59:54", False), ("2026-11-15 13:00", False)],
)
def test_old_evidence_means_that_the_monitor_does_not_run(house, acme, reached, running):
    """It moves its mark every second; a mark in the future is that of a clock that was wrong once."""
    snapshot = house.snapshot(reached=reached)

    assert status(house.plan(acme), snapshot, house.at(NOW)).running is running


def test_coverage_is_of_the_last_day(house, acme):
    snapshot = house.snapshot(("2026-11-15 00:00", "2026-11-15 06:00", Reason.NOT_RUNNING))

    assert status(house.plan(acme), snapshot, house.at(NOW)).coverage == Fraction(18, 24)


def test_outages_of_a_service_in_a_span(house, acme):
    snapshot = house.snapshot(("2026-11-01 10:00", "2026-11-01 11:00", Reason.STATUS))
    span = Span(house.at("2026-10-31 00:00"), house.at(NOW))

    (outage,) = outages(house.plan(acme), snapshot, "checkout", span)

    assert (outage.span.length, outage.reason, outage.open) == (HOUR, Reason.STATUS, False)
