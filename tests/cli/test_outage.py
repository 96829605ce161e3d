"""Somebody says whose an outage was, another approves it, and the money follows."""

from __future__ import annotations

import json
import sqlite3 as plain

import pytest

from monitor.statements.approvals import approved
from monitor.store import open_store
from monitor.store.protocol import NewEvent

OUTAGE = "checkout/20261006T120000Z"
ALARM = (
    "outage", "relabel", OUTAGE, "--as", "false alarm", "--reason", "Our own certificate had expired",
    "--evidence", "https://example.org/4711",
)  # fmt: skip


@pytest.fixture
def desk(house, cli):
    """Force majeure is excused. Checkout was down 12:00 to 14:00 UTC on 6 October: 10 % of 1,200.00 EUR."""
    path = house / "makegood.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("exclude = [{", 'exclude = ["force majeure", {'), encoding="utf-8")
    return cli


def figures(cli) -> tuple[int, int, int]:
    """What October comes to: counted and excused in ms, and the credit in cents."""
    section = json.loads(cli("explain", "acme", "--period", "2026-10", "--json").stdout)["sections"][0]
    return section["counted_ms"], section["excused_ms"], section["credit"]["minor"]


def by_another(house, entry: int) -> None:
    """Somebody else approves an entry of the journal."""
    store = open_store(house / "evidence.db")
    with store.snapshot() as snapshot:
        event = next(event for event in snapshot.events() if event.seq == entry)
    store.journal.append([approved(event, "max", event.at + 1)])


def test_a_class_that_the_agreement_excludes_excuses_the_outage(desk):
    assert figures(desk) == (7_200_000, 0, 12_000)

    answer = desk("outage", "relabel", OUTAGE, "--as", "force majeure", "--reason", "Flood", "--yes")

    assert (answer.exit_code, answer.stdout) == (0, f"{OUTAGE}\n")
    assert figures(desk) == (0, 7_200_000, 0)


def test_a_class_that_it_does_not_exclude_changes_no_figure_and_needs_no_question(desk):
    answer = desk("outage", "relabel", OUTAGE, "--as", "third party", "--reason", "The carrier")

    assert answer.exit_code == 0
    assert answer.stderr.splitlines()[0] == "It changes no figure."
    assert figures(desk) == (7_200_000, 0, 12_000)


def test_what_it_would_change_is_shown_first(desk):
    words = ("outage", "relabel", OUTAGE, "--as", "force majeure", "--reason", "Flood")

    assert desk(*words, "--dry-run").stdout == (
        "AGREEMENT      PERIOD   FIGURE                 BEFORE             THEN\n"
        "acme-checkout  2026-10  availability        99.7315 %       100.0000 %\n"
        "acme-checkout  2026-10  counted       2 h 00 min 00 s             none\n"
        "acme-checkout  2026-10  excused                  none  2 h 00 min 00 s\n"
        "acme-checkout  2026-10  met                    missed              met\n"
        "acme-checkout  2026-10  credit             120.00 EUR         0.00 EUR\n"
    )
    assert desk(*words).exit_code == 2, "without a terminal nobody can be asked"
    assert figures(desk) == (7_200_000, 0, 12_000)


def test_a_false_alarm_needs_evidence_and_counts_once_another_approved_it(desk, house):
    bare = desk(*ALARM[:-2])
    assert (bare.exit_code, "a false alarm needs evidence" in bare.stderr) == (2, True)

    answer = desk(*ALARM)
    assert answer.exit_code == 0
    assert answer.stderr.splitlines()[-1] == "It counts once somebody else approves it: makegood approve 1"
    assert figures(desk) == (7_200_000, 0, 12_000)

    own = desk("approve", "1", "--yes")
    assert (own.exit_code, "somebody else must approve it" in own.stderr) == (2, True)

    by_another(house, 1)
    assert figures(desk) == (0, 0, 0)
    assert (
        json.loads(desk("explain", "acme", "--period", "2026-10", "--json").stdout)["sections"][0]["outages"]
        == []
    )
    listed = desk("outage", "list", "--since", "2026-10-01")
    assert OUTAGE not in listed.stdout
    assert f"{OUTAGE} was a false alarm (entry 1, approved by " in listed.stderr


def test_a_list_says_from_when_on_it_looks_unless_somebody_said_it(desk):
    assert "--since reaches further back" in desk("outage", "list").stderr
    assert desk("outage", "list", "--since", "2026-10-01").stderr == ""


def test_what_waits_is_listed(desk):
    assert desk("approve", "--list").stdout == "Nothing waits for approval.\n"
    desk(*ALARM)

    (found,) = json.loads(desk("approve", "--list", "--json").stdout)

    assert (found["entry"], found["subject"], found["why"]) == (1, OUTAGE, "a false alarm")
    assert "entry 7 does not wait for approval; what does: 1" in desk("approve", "7").stderr


def test_an_outage_is_shown_with_its_label_and_what_counts_of_it(desk):
    desk("outage", "relabel", OUTAGE, "--as", "force majeure", "--reason", "Flood", "--yes")

    shown = desk("outage", "show", OUTAGE).stdout.splitlines()

    assert shown[3].startswith("Labelled force majeure by ")
    assert shown[3].endswith("(entry 1, counts): Flood")
    assert shown[-1] == "acme-checkout, 2026-10: none of it counts."


def test_notes_are_kept_with_the_outage(desk):
    assert desk("outage", "note", OUTAGE, "The carrier opened ticket 4711").stdout == f"{OUTAGE}\n"

    (note,) = json.loads(desk("outage", "show", OUTAGE, "--json").stdout)["notes"]

    assert note["text"] == "The carrier opened ticket 4711"
    assert desk("outage", "show", OUTAGE).stdout.splitlines()[-1].endswith("The carrier opened ticket 4711")
    assert desk("outage", "note", OUTAGE, " ").exit_code == 2


def page(desk, house) -> str:
    """October as acme reads it."""
    desk("report", "--customer", "acme", "--period", "2026-10")
    return next((house / "papers").rglob("acme.html")).read_text("utf-8")


def test_a_note_for_the_customer_is_on_their_statement_and_one_for_the_team_is_not(desk, house):
    desk("outage", "note", OUTAGE, "Ask Jo about the rack")
    answer = desk("outage", "note", OUTAGE, "A <fibre> was cut near Ulm.", "--for-customer", "acme")

    assert (answer.exit_code, answer.stdout) == (0, f"{OUTAGE}\n")
    assert "On the statements of acme from now on" in answer.stderr
    assert "A &lt;fibre&gt; was cut near Ulm." in page(desk, house)
    assert "Ask Jo" not in page(desk, house)
    section = json.loads(desk("explain", "acme", "--period", "2026-10", "--json").stdout)["sections"][0]
    assert section["outages"][0]["notes"] == ["A <fibre> was cut near Ulm."]


def test_a_note_for_the_customer_can_be_taken_back(desk, house):
    desk("outage", "note", OUTAGE, "Ask Jo about the rack")
    desk("outage", "note", OUTAGE, "A fibre was cut near Ulm.", "--for-customer", "acme")
    words = ("outage", "withdraw", OUTAGE, "--reason", "It was near Augsburg", "--note")

    assert f"{OUTAGE} has no note 9; write the entry of one: 1, 2" in desk(*words, "9").stderr
    assert desk(*words, "2").exit_code == 0

    assert "A fibre was cut" not in page(desk, house)
    assert [n["entry"] for n in json.loads(desk("outage", "show", OUTAGE, "--json").stdout)["notes"]] == [1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("A fibre was cut.", "--for-customer", "muster"), '--for-customer: "muster" has no agreement on'),
        (("x" * 501, "--for-customer", "acme"), "has 500 characters at most; this one has 501"),
        (("A fibre\u202ewas cut.", "--for-customer", "acme"), "write it without control characters"),
    ],
)
def test_a_note_that_no_statement_can_carry_is_refused(desk, words, said):
    answer = desk("outage", "note", OUTAGE, *words)

    assert (answer.exit_code, said in answer.stderr) == (2, True), answer.stderr


def test_a_label_that_is_withdrawn_leaves_everything_as_it_was(desk):
    before = desk("explain", "acme", "--period", "2026-10", "--json").stdout
    desk("outage", "relabel", OUTAGE, "--as", "force majeure", "--reason", "Flood", "--yes")

    assert desk("outage", "withdraw", OUTAGE, "--reason", "It was dry", "--yes").exit_code == 0

    assert desk("explain", "acme", "--period", "2026-10", "--json").stdout == before
    assert "no outage with a label" in desk("outage", "withdraw", OUTAGE, "--reason", "x").stderr


def test_a_later_label_takes_the_place_of_an_earlier_one(desk):
    desk("outage", "relabel", OUTAGE, "--as", "force majeure", "--reason", "Flood", "--yes")
    desk("outage", "relabel", OUTAGE, "--as", "third party", "--reason", "The carrier", "--yes")

    assert figures(desk) == (7_200_000, 0, 12_000)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shop/20261006T120000Z", 'there is no service "shop"'),
        ("checkout/yesterday", "names no outage: write it as `makegood outage list` has it"),
        ("checkout/20261006T120001Z", "near it: checkout/20261006T120000Z"),
        ("checkout/eu/20261006T120000Z", 'service checkout has no resource "eu"'),
    ],
)
def test_what_names_no_outage_says_what_does(desk, name, said):
    answer = desk("outage", "relabel", name, "--as", "force majeure", "--reason", "Flood")

    assert answer.exit_code == 2
    assert said in answer.stderr


def test_a_label_that_is_none_says_which_there_are(desk):
    answer = desk("outage", "relabel", OUTAGE, "--as", "bad luck", "--reason", "Flood")

    assert answer.exit_code == 2
    assert '--as: "bad luck" is no label: write one of "customer caused", "force majeure"' in answer.stderr


def test_under_an_agreement_with_a_second_person_a_class_waits_too(desk, house):
    path = house / "makegood.toml"
    text = path.read_text(encoding="utf-8")
    careful = 'from = 2026-01-01\napproval = "second person"\n'
    path.write_text(text.replace("from = 2026-01-01\n", careful, 1), encoding="utf-8")

    desk("outage", "relabel", OUTAGE, "--as", "force majeure", "--reason", "Flood", "--yes")
    assert figures(desk) == (7_200_000, 0, 12_000)

    by_another(house, 1)
    assert figures(desk) == (0, 7_200_000, 0)


def test_an_approval_of_an_entry_that_was_changed_counts_for_nothing(desk, house):
    desk(*ALARM)
    store = open_store(house / "evidence.db")
    store.journal.append([NewEvent(1, "correction.approved", "1", "max", body={"of": "0" * 64})])

    assert figures(desk) == (7_200_000, 0, 12_000)


def test_an_announcement_that_is_stated_counts_once_another_approved_it_on_evidence(desk, house):
    """Recorded six weeks late; customers were told three days ahead, it says; 48 hours are asked for."""
    add = (
        "maintenance", "add", "checkout", "--late", "--start", "2026-10-06T12:00Z",
        "--end", "2026-10-06T14:00Z", "--announced", "2026-10-03T12:00Z",
    )  # fmt: skip
    assert desk(*add).exit_code == 0
    assert figures(desk) == (7_200_000, 0, 12_000)

    (found,) = json.loads(desk("approve", "--list", "--json").stdout)
    assert found["why"] == "recorded after it began"
    assert "name what shows when it was announced" in desk("approve", "1").stderr

    by_another(house, 1)
    assert figures(desk) == (0, 7_200_000, 0)


@pytest.fixture
def on_tickets(desk, house):
    """The same house under an agreement that counts from the report until the ticket is closed."""
    path = house / "makegood.toml"
    clock = 'commitment = "99.9%"\noutage = { starts = "reported", ends = "ticket closed" }\n'
    path.write_text(path.read_text("utf-8").replace('commitment = "99.9%"\n', clock), encoding="utf-8")
    return desk


def test_a_report_makes_a_figure_of_what_had_none(on_tickets):
    """Reported after half an hour, closed half an hour after it was over: two hours again."""
    bare = on_tickets("explain", "acme", "--period", "2026-10")
    assert "when the outage 20261006T120000Z was reported is not recorded" in " ".join(bare.stdout.split())
    assert "makegood outage report SERVICE/OUTAGE --reported INSTANT" in bare.stdout

    said = ("outage", "report", OUTAGE, "--reported", "2026-10-06T12:30Z", "--ticket", "INC-47")
    first = on_tickets(*said)
    assert first.exit_code == 0, "no figure changes while the ticket is open"
    assert "Its period has no figure until --ticket-closed tells when" in first.stderr
    closed = ("outage", "report", OUTAGE, "--ticket-closed", "2026-10-06T16:30+02:00")
    assert on_tickets(*closed, "--dry-run").stdout == (
        "AGREEMENT      PERIOD   FIGURE                  BEFORE             THEN\n"
        "acme-checkout  2026-10  availability  not determinable        99.7315 %\n"
        "acme-checkout  2026-10  counted       not determinable  2 h 00 min 00 s\n"
        "acme-checkout  2026-10  met           not determinable           missed\n"
        "acme-checkout  2026-10  credit        not determinable       120.00 EUR\n"
    )
    assert on_tickets(*closed).exit_code == 2, "it changes what is owed, and nobody can be asked"
    assert on_tickets(*closed, "--yes").stdout == f"{OUTAGE}\n"

    assert figures(on_tickets) == (7_200_000, 0, 12_000)
    workings = " ".join(on_tickets("explain", "acme", "--period", "2026-10").stdout.split())
    assert "reported 6 Oct, 14:30:00 CEST, ticket INC-47 closed 6 Oct, 16:30:00 CEST" in workings
    told = on_tickets("outage", "show", OUTAGE).stdout.splitlines()[-1]
    assert told.startswith(
        "Told: reported 6 Oct, 14:30:00 CEST, ticket INC-47 closed 6 Oct, 16:30:00 CEST (entry 2"
    )


def test_what_was_said_of_a_report_is_kept_until_it_is_said_anew_or_withdrawn(on_tickets):
    on_tickets("outage", "report", OUTAGE, "--reported", "2026-10-06T12:30Z", "--ticket", "INC-47")
    on_tickets("outage", "report", OUTAGE, "--ticket-closed", "2026-10-06T14:30Z", "--yes")

    (found,) = json.loads(on_tickets("outage", "show", OUTAGE, "--json").stdout)["reports"]
    assert (found["entry"], found["reported"], found["ticket"], found["ticket_closed"]) == (
        2, "2026-10-06T12:30:00.000Z", "INC-47", "2026-10-06T14:30:00.000Z",
    )  # fmt: skip

    words = ("outage", "withdraw", OUTAGE, "--report", "--reason", "another outage", "--yes")
    assert on_tickets(*words).exit_code == 0
    assert json.loads(on_tickets("outage", "show", OUTAGE, "--json").stdout)["reports"] == []
    assert "no outage with a report is called" in on_tickets(*words).stderr


def test_nobody_reported_it(on_tickets, house):
    assert on_tickets("outage", "report", OUTAGE, "--never", "--yes").exit_code == 0

    assert figures(on_tickets) == (0, 0, 0)
    on_tickets("report", "--customer", "acme", "--period", "2026-10")
    assert "Not reported." in next((house / "papers").rglob("*.html")).read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say when it was reported or detected, its ticket, or that nobody reported it"),
        (("--reported", "2026-10-06"), '--reported: "2026-10-06" is not an instant'),
        (("--reported", "2027-10-06T12:00Z"), "write a time that is over"),
        (("--never", "--ticket", "INC-47"), "an outage that nobody reported has no times and no ticket"),
        (("--ticket-closed", "2026-10-06T11:00Z"), "closed after the outage began"),
        (("--customer", "muster", "--never"), '--customer: "muster" has no agreement on service checkout'),
    ],
)
def test_a_report_that_cannot_be_says_what_to_write(on_tickets, words, said):
    answer = on_tickets("outage", "report", OUTAGE, *words)

    assert (answer.exit_code, said in " ".join(answer.stderr.split())) == (2, True), answer.stderr


def test_under_an_agreement_with_a_second_person_a_report_waits_and_is_listed(on_tickets, house):
    path = house / "makegood.toml"
    careful = 'from = 2026-01-01\napproval = "second person"\n'
    path.write_text(path.read_text("utf-8").replace("from = 2026-01-01\n", careful, 1), encoding="utf-8")

    words = (
        "outage",
        "report",
        OUTAGE,
        "--reported",
        "2026-10-06T12:30Z",
        "--ticket-closed",
        "2026-10-06T14:30Z",
    )
    answer = on_tickets(*words)
    assert "Once somebody else approves it:" in answer.stderr
    assert "it counts once somebody else approves it: makegood approve 1" in answer.stderr
    (found,) = json.loads(on_tickets("approve", "--list", "--json").stdout)
    assert (found["kind"], found["why"]) == ("outage.reported", "acme-checkout asks for it")

    by_another(house, 1)
    assert figures(on_tickets) == (7_200_000, 0, 12_000)


def test_the_outages_of_each_resource_have_names_of_their_own(on_tickets, house):
    path = house / "makegood.toml"
    text = path.read_text("utf-8").replace('up_when = { all = ["web"] }', 'resources = ["web", "search-web"]')
    path.write_text(text, encoding="utf-8")
    named = "checkout/web/20261006T120000Z"

    found = on_tickets("outage", "list", "--since", "2026-10-01", "--resources", "--json").stdout
    assert [each["name"] for each in json.loads(found)][:2] == [OUTAGE, named]
    wrong = on_tickets("outage", "show", "checkout/web/20261006T120001Z").stderr
    assert f"near it: {named}" in wrong

    said = ("--reported", "2026-10-06T12:30Z", "--ticket-closed", "2026-10-06T14:30Z")
    assert on_tickets("outage", "report", named, *said, "--yes").exit_code == 0
    assert figures(on_tickets)[0] == 7_200_000


def test_where_no_agreement_asks_for_it_a_report_changes_nothing_and_says_so(desk):
    answer = desk("outage", "report", OUTAGE, "--reported", "2026-10-06T12:30Z")

    assert answer.exit_code == 0
    assert "No agreement on checkout counts from a report or to a ticket" in answer.stderr


def test_the_trail_has_it_all(desk, house):
    desk(*ALARM)
    by_another(house, 1)

    kinds = [each["kind"] for each in json.loads(desk("audit", "--json").stdout)]

    assert kinds == ["outage.relabelled", "correction.approved"]
    assert plain.connect(house / "evidence.db").execute("SELECT count(*) FROM journal").fetchone() == (2,)
