"""How a month was measured is what the journal says was loaded then, not what the file says today."""

from __future__ import annotations

from dataclasses import replace

from monitor.config.digest import plan_digest
from monitor.core.checks import Confirmation, Expectation, Rule
from monitor.core.intervals import SECOND, Span
from monitor.core.replay import Asked
from monitor.statements.measured import SETTLED, Past, intervals, loaded
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


def asked_in(house, seconds: int, at: str) -> NewEvent:
    """A load in which everything is down that takes longer."""
    plan = house.plan()
    slow = {
        id: replace(e, expectation=replace(e.expectation, slower_is_down=seconds * 10_000))
        for id, e in plan.endpoints.items()
    }
    return loaded(replace(plan, endpoints=slow), "anna", house.at(at))


def limits(past: Past, at: int) -> list[int | None]:
    return [None if each is None else (each.expectation.slower_is_down or 0) // 10_000 for each in past(at)]


def test_what_was_asked_is_what_was_loaded_last_and_a_while_what_was_before(house):
    events = journal(house, asked_in(house, 1, "2026-10-01 00:00"), asked_in(house, 2, "2026-10-15 00:00"))
    past = Past(events, next(iter(house.plan().endpoints.values())))
    change = house.at("2026-10-15 00:00")
    assert limits(past, house.at("2026-10-01 00:00") - 1) == [None]
    assert limits(past, house.at("2026-10-01 00:00")) == [1]
    assert limits(past, change - 1) == [1]
    assert limits(past, change) == limits(past, change + SETTLED - 1) == [1, 2]
    assert limits(past, change + SETTLED) == [2]


def test_in_time_that_came_twice_either_may_have_been_asked(house):
    events = journal(house, asked_in(house, 1, "2026-10-15 00:00"), asked_in(house, 2, "2026-10-14 00:00"))
    past = Past(events, next(iter(house.plan().endpoints.values())))
    assert limits(past, house.at("2026-10-14 12:00")) == [1, 2]
    assert limits(past, house.at("2026-10-16 00:00")) == [2]


def test_what_a_load_says_was_asked_comes_back_whole(house):
    plan = house.plan()
    rule = Rule("json", "x", "one of", ("a", "b"))
    wanted = Expectation(((200, 204), (404, 404)), ("in",), ("out",), 7, (rule,))
    ends = {id: replace(e, expectation=wanted) for id, e in plan.endpoints.items()}
    event = loaded(replace(plan, endpoints=ends), "anna", house.at("2026-10-01 00:00"))
    endpoint = next(iter(ends.values()))
    (asked,) = Past(journal(house, event), endpoint)(house.at("2026-10-02 00:00"))
    rule = endpoint.confirmation
    assert asked == Asked(wanted, Confirmation(rule.failures, rule.attempts))


def test_of_an_endpoint_that_a_load_did_not_know_nothing_is_known(house):
    endpoint = replace(next(iter(house.plan().endpoints.values())), id="other")
    past = Past(journal(house, asked_in(house, 1, "2026-10-01 00:00")), endpoint)
    assert past(house.at("2026-10-02 00:00")) == (None,)
    assert Past([], endpoint)(0) == (None,)
