"""Incidents as tickets: noticed, acknowledged, resolved, opened again; a false alarm counts nowhere."""

from __future__ import annotations

from monitor.core.intervals import MINUTE
from monitor.core.periods import local
from monitor.operations import entries
from monitor.operations.tickets import ticket_of, tickets_of
from tests.operations.conftest import Team, at


def told(team: Team) -> list[str]:
    ticket = ticket_of(team.one())
    return [f"{local(e.at, 'UTC'):%H:%M} {e.kind} {e.by}" for e in ticket.events]


def test_an_outage_is_made_when_it_was_noticed_and_ends_as_the_incident_does() -> None:
    team = Team().down(("12:00", "12:20"))
    team.record(entries.acknowledged(team.one(at("12:05")), at("12:04"), "max", at("12:05"), ""))
    seen = local(ticket_of(team.one()).events[0].at, "UTC")
    ticket = ticket_of(team.one())
    assert (ticket.id, ticket.service, ticket.columns["source"]) == (team.one().name, "shop", "makegood")
    assert [event.kind for event in ticket.events][:3] == ["created", "detected", "acknowledged"]
    assert ticket.events[2].by == "agent"
    assert ticket.events[0].at == team.one().detected.at, seen


def test_resolved_and_opened_again() -> None:
    team = Team().down(("12:00", "12:20"))
    team.record(
        entries.resolved(team.one(at("12:30")), at("12:30"), "max", at("12:30"), "", false_alarm=False)
    )
    team.record(entries.reopened(team.one(at("12:40")), at("12:40"), "max", at("12:40"), "again"))
    assert told(team)[-2:] == ["12:30 resolved agent", "12:40 reopened agent"]


def test_what_was_none_is_marked_as_deleted_and_words_of_people_stay_inside() -> None:
    team = Team().down(("12:00", "12:20"))
    team.record(
        entries.resolved(
            team.one(at("12:30")), at("12:30"), "max", at("12:30"), "a test of ours", false_alarm=True
        )
    )
    (ticket,) = tickets_of(team.one(), ())
    assert ticket.deleted
    assert "a test of ours" not in repr(ticket)


def test_nothing_is_done_before_it_was_noticed() -> None:
    team = Team().down(("12:00", "12:20"))
    ticket = ticket_of(team.one())
    assert all(event.at >= ticket.events[0].at for event in ticket.events)
    assert ticket.events[0].at <= at("12:00") + 5 * MINUTE


def test_each_customer_that_it_is_about_has_one_and_where_there_is_none_it_is_of_nobody() -> None:
    incident = Team().down(("12:00", "12:20")).one()
    told = [(each.id, each.customer) for each in tickets_of(incident, ("acme", "globex"))]
    assert told == [(f"{incident.name}/acme", "acme"), (f"{incident.name}/globex", "globex")]
    assert [(each.id, each.customer) for each in tickets_of(incident, ())] == [(incident.name, "")]
