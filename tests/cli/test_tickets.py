"""`makegood tickets`: a file is taken, corrected, taken again, and a ticket of it deleted."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.oncall.own_tickets import take_own
from monitor.people import author
from monitor.store import open_store
from monitor.store.ticket_protocol import TakenTickets
from tests.cli.conftest import Cli, StandingClock, at

CONFIG = (
    '[monitor]\nlocation = "here"\ndatabase = "evidence.db"\n[endpoint.web]\nurl = "http://127.0.0.1:9/"\n'
)
OCTOBER = """id,created,reply,resolved,priority,customer,service
T-1,2026-11-02T09:00:00Z,2026-11-02T10:00:00Z,2026-11-03T10:00:00Z,urgent,acme,shop
T-2,2026-11-05T09:00:00Z,,,low,globex,shop
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "makegood.toml").write_text(CONFIG)
    open_store(tmp_path / "evidence.db", create=True)
    return tmp_path


@pytest.fixture
def file(desk: Path) -> Path:
    path = desk / "october.csv"
    path.write_text(OCTOBER)
    return path


def asked(cli: Cli, *words: str) -> object:
    answer = cli(*words, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_file_is_taken_once_and_listed(cli: Cli, file: Path) -> None:
    answer = cli("tickets", "import", str(file))
    assert (answer.exit_code, answer.stdout) == (0, "october.csv: 2 new.\n")
    again = cli("tickets", "import", str(file))
    assert again.stdout == (
        f"october.csv was taken on 2026-11-18T09:42:07Z by {author()}; nothing has changed.\n"
    )
    again = cli("tickets", "import", str(file), "--again")
    assert again.stdout == "october.csv: 2 known as they are.\n"
    assert cli("tickets", "list").stdout.splitlines() == [
        "TICKET  PRIORITY  CUSTOMER  SERVICE  CREATED              LAST",
        "T-1     urgent    acme      shop     2 Nov, 09:00:00 UTC  resolved",
        "T-2     low       globex    shop     5 Nov, 09:00:00 UTC  created   +",
    ]
    assert [each["id"] for each in asked(cli, "tickets", "list", "--open")] == ["T-2"]  # type: ignore[attr-defined]
    assert [each["id"] for each in asked(cli, "tickets", "list", "--customer", "acme")] == ["T-1"]  # type: ignore[attr-defined]


def test_a_correction_keeps_what_it_was(cli: Cli, file: Path, clock: StandingClock) -> None:
    cli("tickets", "import", str(file))
    clock.at = at("2026-11-19T08:00:00+01:00")
    corrected = file.with_name("corrected.csv")
    corrected.write_text(OCTOBER.replace("T10:00:00Z,2026-11-03", "T11:00:00Z,2026-11-03"))
    assert cli("tickets", "import", str(corrected)).stdout == (
        "corrected.csv: 1 changed, 1 known as they are.\n"
    )
    assert cli("tickets", "show", "T-1").stdout.splitlines() == [
        "tickets:T-1",
        "  priority   urgent",
        "  service    shop",
        "  customer   acme",
        "  WHEN                 WHAT      VALUE  BY",
        "  2 Nov, 09:00:00 UTC  created",
        "  2 Nov, 11:00:00 UTC  reply",
        "  3 Nov, 10:00:00 UTC  resolved",
        f"  told by the file corrected.csv, 19 Nov, 07:00:00 UTC, {author()}",
        "",
        f"Before the file corrected.csv, 19 Nov, 07:00:00 UTC, {author()}:",
        "  priority   urgent",
        "  service    shop",
        "  customer   acme",
        "  WHEN                 WHAT      VALUE  BY",
        "  2 Nov, 09:00:00 UTC  created",
        "  2 Nov, 10:00:00 UTC  reply",
        "  3 Nov, 10:00:00 UTC  resolved",
        f"  told by the file october.csv, 18 Nov, 09:42:07 UTC, {author()}",
    ]
    now, was = asked(cli, "tickets", "show", "T-1")  # type: ignore[misc]
    assert now["until"] is None
    assert was["until"]["name"] == "corrected.csv"


def test_a_ticket_is_deleted_with_a_reason_and_comes_back_with_one(cli: Cli, file: Path) -> None:
    cli("tickets", "import", str(file))
    assert cli("tickets", "delete", "T-2").exit_code == 2, "without a reason"
    answer = cli("tickets", "delete", "T-2", "--reason", "spam")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (0, "tickets:T-2\n", "Marked as deleted.\n")
    assert asked(cli, "tickets", "list", "--open") == []
    assert cli("tickets", "list").stdout.splitlines()[-1].endswith("x")
    assert asked(cli, "tickets", "delete", "T-2", "--reason", "spam")["changed"] is False  # type: ignore[index]
    assert cli("tickets", "undelete", "tickets:T-2", "--reason", "it was none").exit_code == 0
    assert [each["id"] for each in asked(cli, "tickets", "list", "--open")] == ["T-2"]  # type: ignore[attr-defined]
    assert cli("tickets", "delete", "T-9", "--reason", "x").exit_code == 2
    with open_store(file.with_name("evidence.db")).snapshot() as snapshot:
        assert [(e.kind, e.subject, e.reason) for e in snapshot.events()] == [
            ("tickets.imported", "october.csv", ""),
            ("ticket.deleted", "tickets:T-2", "spam"),
            ("ticket.undeleted", "tickets:T-2", "it was none"),
        ]


def test_a_bad_row_keeps_the_file_out_unless_it_may_be_left_out(cli: Cli, file: Path) -> None:
    file.write_text(OCTOBER + "T-3,soon,,,,,\nT-1,2026-11-05T09:00:00Z,,,,,\n")
    answer = cli("tickets", "import", str(file))
    assert (answer.exit_code, answer.stdout) == (3, "")
    assert answer.stderr.splitlines() == [
        (
            'october.csv:4: created: "soon" is not a time: write it as in "2026-04-03T10:00:00Z", or say '
            'in the mapping how: times = ["%d.%m.%Y %H:%M"]'
        ),
        'october.csv:5: ticket "T-1" is in this file twice',
        "nothing was taken; --skip-bad takes the rest",
    ]
    assert cli("tickets", "list").stdout == "No ticket.\n"

    answer = cli("tickets", "import", str(file), "--skip-bad")
    assert (answer.exit_code, answer.stdout) == (0, "october.csv: 2 new.\n")
    assert "2 left out." in answer.stderr.splitlines()


def test_what_it_would_do_is_shown_and_nothing_taken(cli: Cli, file: Path) -> None:
    told = asked(cli, "tickets", "import", str(file), "--dry-run")
    assert isinstance(told, dict)
    assert (told["added"], told["dry_run"], told["batch"]) == (2, True, 0)
    assert cli("tickets", "import", str(file), "--dry-run").stdout == "october.csv, nothing taken: 2 new.\n"
    assert cli("tickets", "list").stdout == "No ticket.\n"


def test_the_journal_has_one_entry_a_file_with_its_digest_and_counts(cli: Cli, file: Path) -> None:
    cli("tickets", "import", str(file))
    with open_store(file.with_name("evidence.db")).snapshot() as snapshot:
        (event,) = snapshot.events()
    assert event.author == author()
    counts = ("added", "edited", "same", "older", "held", "tickets", "skipped")
    assert [event.body[key] for key in counts] == [2, 0, 0, 0, 0, 2, 0]
    assert len(str(event.body["file"])) == 64


def test_a_file_or_a_mapping_that_is_not_there_is_a_sentence(cli: Cli, desk: Path) -> None:
    for words in (("none.csv",), ("none.csv", "--mapping", "freshdesk")):
        answer = cli("tickets", "import", *words)
        assert answer.exit_code == 2
        assert "Traceback" not in answer.stderr


def test_verify_and_backup_carry_them(cli: Cli, file: Path) -> None:
    cli("tickets", "import", str(file))
    assert cli("verify").exit_code == 0
    assert cli("backup", str(file.with_name("copy.db"))).exit_code == 0
    with open_store(file.with_name("copy.db")).snapshot() as snapshot:
        assert [each.id for each in snapshot.tickets()] == ["T-1", "T-2"]


def test_sql_and_export_tell_of_the_same_tickets_and_their_events(cli: Cli, desk: Path) -> None:
    file = desk / "events.csv"
    file.write_text(
        "id,created,auto_reply,reply,resolved,reopened,closed,priority,customer,service\n"
        "T-1,2026-11-02T09:00:00Z,2026-11-02T09:00:01Z,2026-11-02T10:00:00Z,2026-11-03T10:00:00Z,"
        "2026-11-04T10:00:00Z,2026-11-05T10:00:00Z,urgent,acme,shop\n"
        "T-2,2026-11-05T09:00:00Z,2026-11-05T09:00:01Z,,2026-11-06T09:00:00Z,2026-11-07T09:00:00Z,,low,,shop\n"
    )
    cli("tickets", "import", str(file))
    cli("tickets", "delete", "T-2", "--reason", "a test")

    told = asked(cli, "sql", "SELECT * FROM tickets ORDER BY opened")
    first, second = told  # type: ignore[misc]
    assert first == {
        "source": "tickets", "ticket": "T-1", "customer": "acme", "service": "shop", "priority": "urgent",
        "segment": None, "channel": None, "resource": None, "opened": "2026-11-02T09:00:00.000Z",
        "replied": "2026-11-02T10:00:00.000Z", "resolved": "2026-11-05T10:00:00.000Z", "is_open": 0,
        "is_deleted": 0,
    }  # fmt: skip
    assert (second["customer"], second["replied"], second["resolved"], second["is_open"]) == (
        None, None, None, 1,
    )  # fmt: skip
    flags = ("is_open", "is_deleted")
    same = [
        {name: (text == "true") if name in flags else text or None for name, text in row.items()}
        for row in csv.DictReader(io.StringIO(cli("export", "tickets").stdout))
    ]
    assert same == told
    events = asked(cli, "sql", "SELECT * FROM ticket_events ORDER BY ticket, at")
    renamed = {"event": "kind", "by": "who"}
    columns = ("source", "ticket", "at", "event", "value", "by")
    rows = csv.DictReader(io.StringIO(cli("export", "ticket-events").stdout))
    assert [{renamed.get(name, name): row[name] or None for name in columns} for row in rows] == events
    assert [row["kind"] for row in events if row["ticket"] == "T-2"] == [  # type: ignore[attr-defined]
        "created", "auto reply", "resolved", "reopened",
    ]  # fmt: skip
    assert cli("export", "tickets").stderr.startswith("2 tickets, from ")


def test_config_check_reads_the_mappings_of_those_who_deliver(cli: Cli, desk: Path) -> None:
    path = desk / "makegood.toml"
    who = 'token = { env = "DESK" }\n'
    path.write_text(
        f'{CONFIG}[listen]\nhooks = ":9120"\n[tickets.good]\n{who}'
        f'[tickets.desk]\nmapping = "desk.toml"\n{who}[tickets.lost]\nmapping = "lost.toml"\n{who}'
    )
    (desk / "desk.toml").write_text('source = "desk"\nzone = "Mars"\n')
    answer = cli("config", "check", "--strict")
    assert answer.exit_code == 2
    told = [line.replace(f"{desk}/", "") for line in answer.stderr.splitlines()]
    assert 'makegood.toml:11: warning: tickets.desk.mapping: desk.toml: zone: "Mars" is no zone: ' in told[0]
    assert "makegood.toml:14: warning: tickets.lost.mapping: there is no lost.toml: name one" in told[-1]


def test_our_own_incidents_are_tickets_where_the_configuration_says_so(
    cli: Cli, house: Path, clock: StandingClock
) -> None:
    path = house / "makegood.toml"
    plan = load_plan(path, environ={})
    store = open_store(plan.settings.database)
    assert take_own(store, plan, clock.at) == TakenTickets()
    path.write_text(f"{path.read_text()}\n[tickets.makegood]\nincidents = true\n")
    assert take_own(store, load_plan(path, environ={}), clock.at).added == 2
    listed = asked(cli, "tickets", "list", "--since", "2026-09-01")
    assert [(each["id"], each["source"], each["open"]) for each in listed] == [  # type: ignore[attr-defined]
        ("checkout/20261006T120000Z/acme", "makegood", False),
        ("checkout/20261118T090000Z/acme", "makegood", True),
    ]
    shown = cli("tickets", "show", "makegood:checkout/20261006T120000Z/acme").stdout.splitlines()
    assert (shown[0], shown[-1]) == (
        "makegood:checkout/20261006T120000Z/acme",
        "  told by the delivery incidents, 18 Nov, 10:42:07 CET, makegood",
    )
    exported = cli("export", "tickets", "--since", "2026-09-01", "--source", "makegood")
    assert [line.split(",")[1] for line in exported.stdout.splitlines()[1:]] == [
        each["id"] for each in listed
    ]  # type: ignore[attr-defined]
    rows = asked(cli, "sql", "SELECT ticket FROM tickets WHERE source = 'makegood' ORDER BY ticket")
    assert [row["ticket"] for row in rows] == [each["id"] for each in listed]  # type: ignore[attr-defined]


def test_what_is_exported_can_be_taken_in_as_it_is(cli: Cli, desk: Path, tmp_path: Path) -> None:
    """Two databases: the second is told by the first one's export alone, and has the same tickets."""
    rows = (
        "ticket,at,event,value,by,priority,segment,channel,customer,service,resource,category,class,deleted\n"
        'T-1,2026-11-02T09:00:00.007Z,created,,customer,high,gold,mail,acme,"Shop, ""EU""",web-1,Billing,,\n'
        "T-1,2026-11-02T09:00:01Z,auto reply,,,,,,,,,,,\n"
        "T-1,2026-11-02T09:30:00Z,priority,urgent,agent,,,,,,,,,\n"
        "T-1,2026-11-02T09:40:00Z,status,waiting for customer,agent,,,,,,,,,\n"
        "T-1,2026-11-02T10:00:00Z,reply,,agent,,,,,,,,,\n"
        "T-2,2026-11-03T09:00:00Z,created,,,low,,,globex,,,,force majeure,yes\n"
        "T-2,2026-11-03T10:00:00Z,merged,T-1,,,,,,,,,,\n"
    )
    (desk / "first.csv").write_text(rows)
    assert cli("tickets", "import", str(desk / "first.csv"), "--mapping", "events").exit_code == 0
    exported = desk / "exported.csv"
    assert cli("export", "ticket-events", "--source", "tickets", "--out", str(exported)).exit_code == 0
    other = desk / "other"
    other.mkdir()
    (other / "makegood.toml").write_text(CONFIG)
    open_store(other / "evidence.db", create=True)
    taken = cli("tickets", "import", str(exported), "--mapping", "events", config=other / "makegood.toml")
    assert (taken.exit_code, taken.stdout) == (0, "exported.csv: 2 new.\n")
    assert "column" not in taken.stderr
    second = json.loads(cli("tickets", "list", "--json", config=other / "makegood.toml").stdout)
    assert second == asked(cli, "tickets", "list")
    assert [each["deleted"] for each in second] == [False, True]
    again = cli("tickets", "import", str(exported), "--mapping", "events")
    assert again.stdout == "exported.csv: 2 known as they are.\n"
