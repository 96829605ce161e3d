"""Our own incidents as tickets: each customer's own, as of now, and only where the configuration says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from monitor.config.plan import Plan, TicketSource
from monitor.config.ticket_source import OWN
from monitor.core.intervals import MINUTE, Span
from monitor.core.tickets import Ticket, TicketEvent
from monitor.oncall.own_tickets import all_tickets, own_ticket, own_tickets
from monitor.operations import entries
from monitor.operations.tickets import SOURCE
from tests.oncall.test_incidents import NOW, acme, evidence, muster, since, watch
from tests.statements.conftest import ListSnapshot, at, plan

TWO = (("2026-11-02 12:00", "2026-11-02 12:20"), ("2026-11-09 12:00", "2026-11-09 12:10"))


def told(*agreements: object, wanted: bool = True) -> Plan:
    own = plan(*agreements)  # type: ignore[arg-type]
    sources = {OWN: TicketSource(OWN, incidents=True)} if wanted else {}
    return replace(own, ticket_sources=sources)


class Kept(ListSnapshot):
    """Evidence with tickets that a system told: of nobody, and not open."""

    def tickets(self, span: Span | None = None, **asked: object) -> Iterator[Ticket]:
        if asked["customers"] is None and not asked["still_open"]:
            for number, text in enumerate(("2026-11-01 09:00", "2026-11-05 09:00")):
                yield Ticket(f"T-{number}", (TicketEvent(at(text), "created"),), columns={"source": "desk"})


def kept(*down: tuple[str, str]) -> Kept:
    here = evidence(*down)
    return Kept(here.known, here.timelines, reached=NOW)


def ids(tickets: object) -> list[str]:
    return [each.id for each in tickets]  # type: ignore[attr-defined]


def test_the_source_has_one_name() -> None:
    assert SOURCE == OWN


def test_there_are_none_unless_the_configuration_says_so() -> None:
    assert own_tickets(told(acme(), wanted=False), evidence(*TWO), NOW) == ()
    assert own_ticket(told(acme(), wanted=False), evidence(*TWO), NOW, "checkout/20261102T110000Z") is None


def test_each_customer_has_one_of_each_incident_with_its_severity_and_service() -> None:
    found = own_tickets(told(acme(), muster()), evidence(*TWO), NOW)
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
    assert [(each.id, each.customer) for each in own_tickets(told(), evidence(TWO[0]), NOW)] == [
        ("checkout/20261102T110000Z", "")
    ]


def test_they_are_as_of_now_what_people_recorded_is_in_them() -> None:
    here = evidence(TWO[0])
    (incident,) = watch(here).incidents(since("2026-11-01 00:00"))
    here.record(entries.acknowledged(incident, at("2026-11-02 12:05"), "max", NOW, ""))
    (ticket,) = own_tickets(told(acme()), here, NOW)
    assert ticket.first("acknowledged") == at("2026-11-02 12:05")
    assert not ticket.deleted
    (incident,) = watch(here).incidents(since("2026-11-01 00:00"))
    here.record(entries.resolved(incident, NOW, "max", NOW, "a test of ours", false_alarm=True))
    (ticket,) = own_tickets(told(acme()), here, NOW)
    assert ticket.deleted


def test_a_span_has_those_that_went_on_in_it_and_no_others() -> None:
    span = Span(at("2026-11-08 00:00"), at("2026-11-10 00:00"))
    assert ids(own_tickets(told(acme()), evidence(*TWO), NOW, span)) == ["checkout/20261109T110000Z/acme"]


def test_they_stand_among_the_others_by_when_they_began_and_are_narrowed_like_them() -> None:
    here, plan_ = kept(*TWO), told(acme(), muster())
    assert ids(all_tickets(told(acme()), here, NOW)) == [
        "T-0", "checkout/20261102T110000Z/acme", "T-1", "checkout/20261109T110000Z/acme",
    ]  # fmt: skip
    assert ids(all_tickets(plan_, here, NOW, source="desk")) == ["T-0", "T-1"]
    assert ids(all_tickets(plan_, here, NOW, customers=["muster"])) == [
        "checkout/20261102T110000Z/muster", "checkout/20261109T110000Z/muster",
    ]  # fmt: skip
    assert ids(all_tickets(plan_, here, NOW, services=["search"])) == ["T-0", "T-1"]
    assert ids(all_tickets(plan_, here, NOW, still_open=True)) == []
    before = Span(at("2026-11-02 00:00"), at("2026-11-02 12:00"))
    assert ids(all_tickets(plan_, here, NOW, before, customers=["acme"])) == []


def test_one_that_goes_on_is_open() -> None:
    here = kept(("2026-11-15 11:00", "2026-11-15 12:00"))
    found = all_tickets(told(acme()), here, NOW, still_open=True)
    assert ids(found) == ["checkout/20261115T100000Z/acme"]


def test_one_is_found_by_its_id_with_the_name_of_its_source_or_without() -> None:
    here, plan_ = evidence(*TWO), told(acme(), muster())
    name = "checkout/20261102T110000Z/muster"
    for asked in (name, f"makegood:{name}"):
        found = own_ticket(plan_, here, NOW, asked)
        assert found is not None
        assert (found.id, found.customer) == (name, "muster")
    for wrong in (
        "checkout/20261102T110000Z",
        "checkout/20261102T110000Z/globex",
        "checkout/20261103T110000Z/acme",
        "T-1",
        "/",
        "",
    ):
        assert own_ticket(plan_, here, NOW, wrong) is None
    assert own_ticket(told(), here, NOW + MINUTE, "checkout/20261102T110000Z") is not None
