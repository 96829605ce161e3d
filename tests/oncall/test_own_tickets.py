"""Our own incidents as tickets: each customer's own, as of now."""

from __future__ import annotations

from dataclasses import replace

from monitor.config.plan import Plan, TicketSource
from monitor.core.intervals import Span
from monitor.core.tickets import OWN, Ticket
from monitor.oncall.incidents import Watch
from monitor.oncall.own_tickets import own_tickets
from monitor.operations import entries
from tests.oncall.test_incidents import NOW, acme, evidence, muster, since, watch
from tests.statements.conftest import ListSnapshot, at, plan

TWO = (("2026-11-02 12:00", "2026-11-02 12:20"), ("2026-11-09 12:00", "2026-11-09 12:10"))


def told(*agreements: object) -> Plan:
    own = plan(*agreements)  # type: ignore[arg-type]
    return replace(own, ticket_sources={OWN: TicketSource(OWN, incidents=True)})


def tickets(plan_: Plan, here: ListSnapshot, span: Span | None = None) -> tuple[Ticket, ...]:
    return own_tickets(Watch(plan_, here, NOW), span)


def ids(tickets: object) -> list[str]:
    return [each.id for each in tickets]  # type: ignore[attr-defined]


def test_each_customer_has_one_of_each_incident_with_its_severity_and_service() -> None:
    found = tickets(told(acme(), muster()), evidence(*TWO))
    assert ids(found) == [
        "checkout/20261102T110000Z/acme",
        "checkout/20261102T110000Z/muster",
        "checkout/20261109T110000Z/acme",
        "checkout/20261109T110000Z/muster",
    ]
    (incident, _) = watch(evidence(*TWO), NOW, acme(), muster()).incidents(since("2026-11-01 00:00"))
    first = found[0]
    assert (first.customer, first.service, first.priority) == ("acme", "checkout", incident.severity)
    assert first.columns["source"] == "makegood"
    assert [event.kind for event in first.events] == ["created", "detected", "resolved"]
    assert first.events[0].at == incident.detected.at


def test_one_that_no_agreement_is_about_is_of_nobody() -> None:
    assert [(each.id, each.customer) for each in tickets(told(), evidence(TWO[0]))] == [
        ("checkout/20261102T110000Z", "")
    ]


def test_they_are_as_of_now_what_people_recorded_is_in_them() -> None:
    here = evidence(TWO[0])
    (incident,) = watch(here).incidents(since("2026-11-01 00:00"))
    here.record(entries.acknowledged(incident, at("2026-11-02 12:05"), "max", NOW, ""))
    (ticket,) = tickets(told(acme()), here)
    assert ticket.first("acknowledged") == at("2026-11-02 12:05")
    assert not ticket.deleted
    (incident,) = watch(here).incidents(since("2026-11-01 00:00"))
    here.record(entries.resolved(incident, NOW, "max", NOW, "a test of ours", false_alarm=True))
    (ticket,) = tickets(told(acme()), here)
    assert ticket.deleted


def test_a_span_has_those_that_went_on_in_it_and_no_others() -> None:
    span = Span(at("2026-11-08 00:00"), at("2026-11-10 00:00"))
    assert ids(tickets(told(acme()), evidence(*TWO), span)) == ["checkout/20261109T110000Z/acme"]
