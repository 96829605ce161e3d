"""A contract that promises acknowledgements: from an outage that was seen to the credit, and what proves it.

Three outages: one that was taken up late, one in time, one that was none, as two people say.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.config.plan import Plan
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms
from monitor.jobs import issue
from monitor.oncall.own_tickets import LATELY, take_own
from monitor.statements.approvals import approved
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import KeptTicket
from monitor.store.ticket_protocol import TakenTickets
from tests.cli.conftest import Cli, StandingClock, at
from tests.cli.year import lasting, record

CONFIG = """
[monitor]
location = "here"
database = "evidence.db"
[issuer]
name = "Hosting Ltd"
[endpoint.web]
url = "http://127.0.0.1:9/"
[service.shop]
title = "Shop"
up_when = "web"
[customer.acme]
name = "ACME GmbH"
timezone = "UTC"
currency = "EUR"
[sla.care]
commitment = "100%"
credits = { each = "miss", credit = "50.00 EUR" }
[sla.care.measure]
evidence = "tickets"
from = "detected"
to = "acknowledged"
within = { critical = "15m", high = "15m", medium = "15m", low = "15m" }
pauses = []
priority_change = "keep time"
[agreement.acme-care]
customer = "acme"
service = "shop"
sla = "care"
monthly_fee = "1000.00"
from = 2026-01-01
[tickets.makegood]
incidents = true
"""
LATE, PROMPT, NONE = (f"shop/2026100{day}T120000Z" for day in (5, 6, 7))
DOWN = [lasting(f"2026-10-0{day}T12:00Z", 60) for day in (5, 6, 7)]


@pytest.fixture
def desk(tmp_path: Path, cli: Cli) -> Path:
    """October's outages as they were seen, and what people did about the first two."""
    record(
        tmp_path, CONFIG, {"web": DOWN}, since="2026-09-20T00:00Z", upto="2026-11-18T09:42:06Z", before=MINUTE
    )
    said(cli, "incident", "ack", LATE, "--at", "2026-10-05T12:40:00Z")
    said(cli, "incident", "ack", PROMPT, "--at", "2026-10-06T12:10:00Z")
    return tmp_path


def said(cli: Cli, *words: str) -> str:
    answer = cli(*words)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def store_of(desk: Path) -> tuple[SqliteStore, Plan]:
    plan = load_plan(desk / "makegood.toml", environ={})
    return open_store(plan.settings.database), plan


def taken(desk: Path, now: Ms, since: Ms | None = None) -> TakenTickets:
    return take_own(*store_of(desk), now, since)


def versions(desk: Path, incident: str) -> list[KeptTicket]:
    store, _ = store_of(desk)
    with store.snapshot() as snapshot:
        return list(snapshot.ticket(f"makegood:{incident}/acme"))


def no_outage(cli: Cli, desk: Path, incident: str) -> None:
    """One person says so, and another approves it."""
    words = (
        "--as",
        "false alarm",
        "--reason",
        "our own probe",
        "--evidence",
        "https://logs.example/7",
        "--yes",
    )
    said(cli, "outage", "relabel", incident, *words)
    store, _ = store_of(desk)
    with store.snapshot() as snapshot:
        event = list(snapshot.events())[-1]
    store.journal.append([approved(event, "eva", event.at + 1)])


def paper(cli: Cli, desk: Path) -> dict[str, object]:
    said(cli, "statement", "issue", "--period", "2026-10")
    said(cli, "statement", "export", "2026-0001", "--out", str(desk / "out"))
    return json.loads((desk / "out" / "2026-0001.json").read_text())  # type: ignore[no-any-return]


def late_of(document: dict[str, object]) -> tuple[list[dict[str, object]], int, str]:
    """The late tickets, how many counted, and the credit."""
    (section,) = document["sections"]  # type: ignore[misc,attr-defined]
    (promise,) = section["tickets"]["promises"]
    counted = sum(each["in_time"] + each["late"] for each in promise["counts"])
    return promise["late"], counted, section["credit"]["decimal"]


def test_an_outage_that_was_taken_up_late_is_credited_though_nobody_took_it_as_a_ticket_before(
    cli: Cli, desk: Path
) -> None:
    no_outage(cli, desk, NONE)
    assert versions(desk, LATE) == [], "there is no companion here"
    late, counted, credit = late_of(paper(cli, desk))
    assert (counted, credit) == (2, "50.00")
    (one,) = late
    assert one["ticket"] == f"{LATE}/acme"
    assert (one["due"], one["delay_ms"]) == ("2026-10-05T12:15:00.000Z", 25 * MINUTE)
    (ran,) = one["timeline"]  # type: ignore[misc,attr-defined]
    assert (ran["state"], ran["span"]["start"], ran["span"]["end"]) == (
        "running", "2026-10-05T12:00:00.000Z", "2026-10-05T12:40:00.000Z",
    )  # fmt: skip


def test_the_statement_follows_from_its_export_alone(cli: Cli, desk: Path) -> None:
    paper(cli, desk)
    said(cli, "statement", "verify")
    said(cli, "verify")
    out = desk / "out"
    said(
        cli, "statement", "verify", str(out / "2026-0001.json"),
        "--evidence", str(out / "2026-0001.evidence.json"),
    )  # fmt: skip


def test_what_is_known_as_it_is_changes_nothing(cli: Cli, desk: Path, clock: StandingClock) -> None:
    first = taken(desk, clock.at)
    assert (first.added, first.edited, first.same) == (3, 0, 0)
    assert taken(desk, clock.at + DAY) == TakenTickets(same=3)
    assert [each.batch.name for each in versions(desk, LATE)] == ["incidents"]
    assert late_of(paper(cli, desk))[1:] == (3, "100.00"), "the third is resolved after an hour"


def test_what_people_say_later_leaves_its_trail_and_changes_the_paper(
    cli: Cli, desk: Path, clock: StandingClock
) -> None:
    paper(cli, desk)
    said(
        cli,
        "incident",
        "correct",
        LATE,
        "acknowledged",
        "--to",
        "2026-10-05T12:12:00Z",
        "--reason",
        "by phone",
    )
    amended = said(cli, "statement", "amend", "2026-0001", "--reason", "taken up by phone", "--yes")
    assert amended.startswith("2026-0002")
    now, before = versions(desk, LATE)
    assert now.ticket.first("acknowledged") == at("2026-10-05T12:12:00+00:00")
    assert before.ticket.first("acknowledged") == at("2026-10-05T12:40:00+00:00")
    assert before.until == now.batch


def test_a_withdrawn_outage_counts_nowhere_and_again_once_it_is_an_outage_after_all(
    cli: Cli, desk: Path, clock: StandingClock
) -> None:
    taken(desk, clock.at)
    no_outage(cli, desk, NONE)
    assert taken(desk, clock.at, clock.at - LATELY).edited == 1, "it is old, and was spoken of just now"
    assert [each.ticket.deleted for each in versions(desk, NONE)] == [True, False]
    assert f"{NONE}/acme" not in said(cli, "tickets", "list", "--since", "90 days", "--unplaced")
    said(cli, "outage", "withdraw", NONE, "--reason", "it was one", "--yes")
    assert taken(desk, clock.at, clock.at - LATELY).edited == 1
    assert [each.ticket.deleted for each in versions(desk, NONE)] == [False, True, False]
    assert late_of(paper(cli, desk))[1] == 3


def test_one_that_a_person_marked_as_deleted_stays_so(cli: Cli, desk: Path, clock: StandingClock) -> None:
    taken(desk, clock.at)
    said(cli, "tickets", "delete", f"{LATE}/acme", "--reason", "not our fault, as agreed")
    said(
        cli,
        "incident",
        "correct",
        LATE,
        "acknowledged",
        "--to",
        "2026-10-05T12:50:00Z",
        "--reason",
        "later still",
    )
    assert taken(desk, clock.at).held == 1
    assert taken(desk, clock.at) == TakenTickets(same=3)
    assert [each.ticket.deleted for each in versions(desk, LATE)] == [True, True, False]
    assert late_of(paper(cli, desk))[1] == 2
    said(cli, "tickets", "undelete", f"{LATE}/acme", "--reason", "it was")
    assert taken(desk, clock.at) == TakenTickets(same=3)


def test_what_the_configuration_knows_no_more_is_deleted_and_comes_back_with_it(
    desk: Path, clock: StandingClock
) -> None:
    taken(desk, clock.at)
    file = desk / "makegood.toml"
    file.write_text(CONFIG.replace("from = 2026-01-01", "from = 2026-10-06"))
    assert taken(desk, clock.at).edited == 1
    assert versions(desk, LATE)[0].ticket.deleted
    assert taken(desk, clock.at).edited == 0
    file.write_text(CONFIG)
    assert taken(desk, clock.at).edited == 2, "the one of nobody goes, the customer's is back"
    assert not versions(desk, LATE)[0].ticket.deleted


def test_old_ones_are_left_alone_by_a_look_at_what_was_of_late(cli: Cli, desk: Path) -> None:
    """What goes on is looked at, and what somebody spoke of; of the rest nothing is read or changed."""
    long_after = at("2026-12-30T00:00:00+00:00")
    assert taken(desk, long_after, long_after - LATELY) == TakenTickets()
    assert taken(desk, long_after).added == 3
    assert taken(desk, long_after, long_after - LATELY) == TakenTickets()


def test_the_calendar_takes_them_as_well(cli: Cli, desk: Path, clock: StandingClock) -> None:
    file = desk / "makegood.toml"
    file.write_text(CONFIG + '[statements]\nissue_after = "3 days"\n')
    _, plan = store_of(desk)
    issue(plan, clock.at)
    assert "100.00 EUR" in said(cli, "statement", "list")


def test_two_at_once_do_not_undo_each_other(desk: Path, clock: StandingClock) -> None:
    """While one reads, somebody else takes what is newer: it reads again, and changes nothing."""
    store, plan = store_of(desk)

    class Slow:
        """The store, in which another is faster once."""

        def __init__(self) -> None:
            self.raced = False

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        @property
        def tickets(self) -> object:
            return self

        def last(self, source: str) -> int:
            return store.tickets.last(source)

        def take(self, told: object, batch: object, **more: object) -> TakenTickets:
            if not self.raced:
                self.raced = True
                take_own(store, plan, clock.at)
            return store.tickets.take(told, batch, **more)  # type: ignore[arg-type]

    assert take_own(Slow(), plan, clock.at) == TakenTickets(same=3)  # type: ignore[arg-type]


def test_a_source_is_known_as_far_as_the_evidence_reaches(cli: Cli, desk: Path, clock: StandingClock) -> None:
    clock.at += 3 * HOUR
    (row,) = json.loads(said(cli, "tickets", "sources", "--json"))
    assert (row["source"], row["known_until"]) == ("makegood", "2026-11-18T09:42:06.000Z")
    refused = cli("tickets", "complete", "makegood", "--until", "2026-12-01")
    assert refused.exit_code == 2
    assert "our own incidents are known as far as the evidence reaches" in refused.stderr
    clock.at = at("2026-12-10T00:00:00+00:00")
    held = cli("statement", "issue", "--period", "2026-11")
    assert held.exit_code == 5
    assert "tickets are known until 2026-11-18 09:42 alone (makegood)" in held.output.replace("\n", " ")


def test_where_nothing_was_measured_no_month_is_settled(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "makegood.toml").write_text(CONFIG)
    open_store(tmp_path / "evidence.db", create=True)
    assert "No system has told" in said(cli, "tickets", "sources")
    held = cli("statement", "issue", "--period", "2026-10")
    assert held.exit_code == 5
    assert "nothing was measured yet" in held.output.replace("\n", " ")


def test_an_incident_is_no_request_that_somebody_has_to_answer(cli: Cli, desk: Path) -> None:
    """The contract promises replies to tickets alone: outages that the monitor saw are none."""
    text = CONFIG.replace('from = "detected"', 'from = "created"').replace(
        '"acknowledged"', '"first human reply"'
    )
    (desk / "makegood.toml").write_text(text)
    assert late_of(paper(cli, desk)) == ([], 0, "0.00")


def test_terms_that_name_the_source_look_at_them_whatever_starts_the_clock(cli: Cli, desk: Path) -> None:
    text = CONFIG.replace('from = "detected"', 'from = "created"\nonly = { source = "makegood" }')
    (desk / "makegood.toml").write_text(text)
    assert late_of(paper(cli, desk))[1:] == (3, "100.00")
