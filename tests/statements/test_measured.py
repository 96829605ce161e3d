"""How a month was measured is what the journal says was loaded then, not what the file says today."""

from __future__ import annotations

from dataclasses import replace

from monitor.config.digest import plan_digest
from monitor.core.intervals import SECOND, Span
from monitor.statements.measured import intervals, loaded
from monitor.store.protocol import NewEvent


def journal(house, *events: NewEvent):
    snapshot = house.snapshot()
    snapshot.record(*events)
    return snapshot.journal


def every(house, seconds: int, at: str) -> NewEvent:
    plan = house.plan()
    endpoints = {id: replace(e, interval=seconds * SECOND) for id, e in plan.endpoints.items()}
    return loaded(replace(plan, endpoints=endpoints), "anna", house.at(at))


def october(house) -> Span:
    return Span(house.at("2026-10-01 00:00"), house.at("2026-11-01 00:00"))


def test_the_load_before_the_period_is_in_force_and_one_inside_it_too(house):
    events = journal(
        house,
        every(house, 300, "2026-08-01 00:00"),
        every(house, 60, "2026-09-01 00:00"),
        every(house, 10, "2026-10-15 00:00"),
        every(house, 5, "2026-11-02 00:00"),
    )

    assert intervals(events, house.plan().endpoints.values(), october(house)) == (10 * SECOND, 60 * SECOND)


def test_without_a_load_the_endpoints_speak_for_themselves(house):
    assert intervals([], house.plan().endpoints.values(), october(house)) == (30 * SECOND,)


def test_an_endpoint_was_measured_under_the_key_of_that_day(house):
    """Renamed in November: October's interval is still the one at which October was measured."""
    watched = [
        replace(endpoint, id=f"new-{id}", was=(id,)) for id, endpoint in house.plan().endpoints.items()
    ]
    events = journal(house, every(house, 600, "2026-09-01 00:00"))

    assert intervals(events, watched, october(house)) == (600 * SECOND,)


def test_a_load_that_cannot_be_read_is_as_none(house):
    odd = NewEvent(0, "config.loaded", "x", "anna", body={"measures": {"web": {"interval": "often"}}})

    assert intervals(journal(house, odd), house.plan().endpoints.values(), october(house)) == (30 * SECOND,)


def test_what_is_loaded_names_no_secret_and_every_measure(house):
    event = loaded(house.plan(), "anna", 5)

    assert (event.kind, event.subject, event.at) == ("config.loaded", plan_digest(house.plan()), 5)
    assert sorted(event.body["measures"]) == ["api", "web"]
    assert "headers" not in event.body["measures"]["web"]


def test_a_rename_is_remembered_when_the_file_no_longer_tells_of_it(house):
    plan = house.plan()
    renamed = {"shop": replace(plan.endpoints["web"], id="shop", was=("web",), interval=5 * SECOND)}
    events = journal(
        house,
        every(house, 60, "2026-09-01 00:00"),
        loaded(replace(plan, endpoints=renamed), "anna", house.at("2026-11-02 00:00")),
    )

    forgetful = replace(renamed["shop"], was=())

    assert intervals(events, [forgetful], october(house)) == (60 * SECOND,)
