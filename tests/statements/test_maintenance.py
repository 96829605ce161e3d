"""Maintenance is what the journal says: recorded, replaced, cancelled, and never rewritten."""

from __future__ import annotations

import pytest

from monitor.config.plan import Maintenance
from monitor.core.intervals import HOUR, MINUTE, Span
from monitor.core.windows import OneOff, Recurring
from monitor.errors import EvidenceRefused
from monitor.statements.maintenance import called_off, cancelled, changes, declared, records, windows
from monitor.store.protocol import Event, NewEvent

YEAR = "2026-01-01 00:00", "2027-01-01 00:00"


def once(house, start: str, end: str) -> OneOff:
    return OneOff(Span(house.at(start), house.at(end)))


@pytest.fixture
def span(house) -> Span:
    return Span(house.at(YEAR[0]), house.at(YEAR[1]))


def recorded(house, *events: NewEvent) -> list[Event]:
    snapshot = house.snapshot()
    snapshot.record(*events)
    return snapshot.journal


def test_a_window_carries_the_instant_at_which_it_was_recorded(house, span):
    rule = once(house, "2026-10-14 02:00", "2026-10-14 04:00")
    journal = recorded(
        house, declared("db", "Upgrade", ["checkout"], rule, "anna", house.at("2026-10-11 01:00"))
    )

    (window,) = windows(journal, span)

    assert (window.id, window.author, window.services) == ("db", "anna", frozenset({"checkout"}))
    assert window.span.start - window.recorded == 73 * HOUR


def test_a_window_cancelled_before_its_start_is_none_and_one_cancelled_while_it_runs_ends_there(house, span):
    early = once(house, "2026-10-14 02:00", "2026-10-14 04:00")
    running = once(house, "2026-10-15 02:00", "2026-10-15 04:00")
    journal = recorded(
        house,
        declared("early", "", ["checkout"], early, "anna", house.at("2026-10-01 00:00")),
        declared("running", "", ["checkout"], running, "anna", house.at("2026-10-01 00:00")),
        cancelled("early", "anna", house.at("2026-10-13 00:00")),
        cancelled("running", "anna", house.at("2026-10-15 03:00"), "done"),
    )

    (window,) = windows(journal, span)

    assert window.id == "running"
    assert window.effective == Span(running.span.start, house.at("2026-10-15 03:00"))
    assert [record.reason for record in records(journal)] == ["", "done"]


def test_what_was_called_off_before_it_began_is_told_apart_with_its_reason(house, span):
    """In no evaluation, but not forgotten; a replaced record is no window that was called off."""
    early = once(house, "2026-10-14 02:00", "2026-10-14 04:00")
    later = once(house, "2026-10-16 02:00", "2026-10-16 04:00")
    weekly = Recurring("0 2 * * SUN", 2 * HOUR, house.BERLIN)
    journal = recorded(
        house,
        declared("db", "", ["checkout"], early, "anna", house.at("2026-10-01 00:00")),
        declared("db", "", ["checkout"], later, "anna", house.at("2026-10-02 00:00")),
        cancelled("db", "anna", house.at("2026-10-13 00:00"), "postponed"),
        declared("weekly", "", ["checkout"], weekly, "anna", house.at("2026-10-12 00:00")),
        cancelled("weekly", "anna", house.at("2026-10-13 00:00"), "no need"),
    )

    found = called_off(journal, span)

    assert windows(journal, span) == ()
    assert [(window.span.start, window.reason, window.effective) for window in found] == [
        (later.span.start, "postponed", None),
        (house.at("2026-10-18 02:00"), "no need", None),
    ]


def test_a_recurring_window_is_recorded_once_and_has_an_occurrence_a_week(house):
    rule = Recurring("0 2 * * SUN", 2 * HOUR, house.BERLIN)
    journal = recorded(
        house, declared("weekly", "", ["checkout"], rule, "anna", house.at("2026-10-07 12:00"))
    )

    found = windows(journal, Span(house.at("2026-10-01 00:00"), house.at("2026-11-01 00:00")))

    assert [window.id for window in found] == [f"weekly 2026-10-{day:02d} 02:00" for day in (11, 18, 25)]
    assert all(window.recorded <= window.span.start for window in found)


def test_two_occurrences_of_a_day_are_told_apart(house):
    rule = Recurring("0 2,14 * * SUN", 2 * HOUR, house.BERLIN)
    journal = recorded(house, declared("twice", "", ["checkout"], rule, "anna", house.at("2026-10-07 12:00")))

    found = windows(journal, Span(house.at("2026-10-11 00:00"), house.at("2026-10-12 00:00")))

    assert [window.id for window in found] == ["twice 2026-10-11 02:00", "twice 2026-10-11 14:00"]


def test_a_changed_rule_is_a_new_record_and_leaves_the_past_of_the_old_one_alone(house):
    sunday, monday = (Recurring(f"0 2 * * {day}", HOUR, house.BERLIN) for day in ("SUN", "MON"))
    change = house.at("2026-10-13 12:00")
    journal = recorded(
        house,
        declared("weekly", "", ["checkout"], sunday, "anna", house.at("2026-09-01 00:00")),
        declared("weekly", "", ["checkout"], monday, "anna", change),
    )

    found = windows(journal, Span(house.at("2026-10-10 00:00"), house.at("2026-10-25 00:00")))

    assert [window.id for window in found] == [
        "weekly 2026-10-11 02:00",
        "weekly (record 2) 2026-10-19 02:00",
    ]


def test_the_occurrence_that_runs_while_a_rule_is_recorded_is_declared_later(house):
    rule = Recurring("0 2 * * SUN", 2 * HOUR, house.BERLIN)
    during = house.at("2026-10-11 03:00")
    journal = recorded(house, declared("weekly", "", ["checkout"], rule, "anna", during))

    first, *_ = windows(journal, Span(house.at("2026-10-01 00:00"), house.at("2026-11-01 00:00")))

    assert first.span.start < first.recorded == during


def test_a_window_that_was_over_before_its_rule_was_cancelled_is_not_cancelled(house):
    rule = Recurring("0 2 * * SUN", 2 * HOUR, house.BERLIN)
    journal = recorded(
        house,
        declared("weekly", "", ["checkout"], rule, "anna", house.at("2026-10-01 00:00")),
        cancelled("weekly", "anna", house.at("2026-10-11 03:00")),
    )

    past, running = windows(journal, Span(house.at("2026-10-01 00:00"), house.at("2026-11-01 00:00")))

    assert past.cancelled is None
    assert running.cancelled == house.at("2026-10-11 03:00")


@pytest.mark.parametrize(
    "rule", [Recurring("* * * * *", MINUTE, "UTC"), Recurring("0 2 * * SUN", 400 * 24 * HOUR, "UTC")]
)
def test_a_rule_that_should_not_have_been_recorded_is_refused_in_a_sentence(house, span, rule):
    journal = recorded(house, declared("mad", "", ["checkout"], rule, "anna", span.start))

    with pytest.raises(EvidenceRefused, match="the recorded window mad cannot be laid out"):
        windows(journal, span)


def entry(house, *, title: str = "Upgrade", end: str = "2026-10-14 04:00") -> Maintenance:
    return Maintenance("db", title, ("checkout",), once(house, "2026-10-14 02:00", end))


def test_the_first_load_records_a_window_of_the_file_and_the_second_records_nothing(house):
    now = house.at("2026-10-01 00:00")

    first = changes({"db": entry(house)}, [], "anna", now)
    again = changes({"db": entry(house)}, recorded(house, *first), "anna", now + MINUTE)

    assert [(event.kind, event.subject, event.body["origin"]) for event in first] == [
        ("maintenance.recorded", "db", "file")
    ]
    assert again == ()


def test_another_title_is_no_new_record_since_it_would_cost_the_notice(house):
    journal = recorded(house, *changes({"db": entry(house)}, [], "anna", 0))

    assert changes({"db": entry(house, title="Other")}, journal, "anna", 1) == ()
    assert len(changes({"db": entry(house, end="2026-10-14 05:00")}, journal, "anna", 1)) == 1


def test_a_window_that_left_the_file_is_cancelled_but_one_of_the_command_line_stays(house):
    rule = once(house, "2026-10-14 02:00", "2026-10-14 04:00")
    journal = recorded(
        house,
        *changes({"db": entry(house)}, [], "anna", 0),
        declared("by-hand", "", ["checkout"], rule, "anna", 0),
    )

    (gone,) = changes({}, journal, "anna", 5)

    assert (gone.kind, gone.subject, gone.reason) == (
        "maintenance.cancelled",
        "db",
        "no longer in the configuration",
    )


@pytest.mark.parametrize(
    "body",
    [{}, {"title": "", "services": "checkout", "rule": {}, "origin": "file"},
     {"title": "", "services": [], "rule": [], "origin": "file"}],
)  # fmt: skip
def test_a_record_that_cannot_be_read_is_refused_by_its_place_in_the_journal(house, span, body):
    journal = recorded(house, NewEvent(0, "maintenance.recorded", "db", "anna", body=body))

    with pytest.raises(EvidenceRefused, match=r"journal entry 1 \(maintenance.recorded db\) cannot be read"):
        windows(journal, span)
