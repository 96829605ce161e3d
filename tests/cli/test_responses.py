"""A contract that promises replies, from the ticket file to the issued statement and what proves it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.store import open_store
from tests.cli.conftest import Cli, StandingClock, at

CONFIG = """
[monitor]
location = "here"
database = "evidence.db"
[issuer]
name = "Hosting Ltd"
[endpoint.web]
url = "http://127.0.0.1:9/"
[calendar.office]
hours = "Mon-Fri 09:00-17:00"
timezone = "Europe/Berlin"
holidays = "none"
[service.shop]
title = "Shop"
tickets = ["Web shop"]
[service.printers]
tickets = ["Printer"]
[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"
tickets = ["acme.example"]
[sla.care]
commitment = "95%"
credits = { "< 95%" = "2%", "< 90%" = "5%" }
[sla.care.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = { high = "4 business hours", normal = "1 business day, close of business" }
calendar = "office"
pauses = ["waiting for customer"]
priority_change = "keep time"
[agreement.acme-care]
customer = "acme"
service = "shop"
sla = "care"
monthly_fee = "1000.00"
from = 2026-01-01
"""
OCTOBER = """ticket,at,event,value,by,priority,customer,service
T-1,2026-10-05T10:00:00+02:00,created,,,high,acme.example,Web shop
T-1,2026-10-05T10:00:01+02:00,auto reply,,,,,
T-1,2026-10-05T12:00:00+02:00,status,waiting for customer,,,,
T-1,2026-10-05T13:00:00+02:00,status,open,,,,
T-1,2026-10-05T16:30:00+02:00,reply,,agent,,,
T-2,2026-10-06T10:00:00+02:00,created,,,high,ACME GmbH,
T-2,2026-10-06T14:00:00+02:00,reply,,agent,,,
T-3,2026-10-07T10:00:00+02:00,created,,,normal,acme,Printer
T-4,2026-10-07T10:00:00+02:00,created,,,normal,acme,shop
T-4,2026-10-08T17:00:00+02:00,reply,,agent,,,
"""
"""Of three that count one is late: T-1 had four hours from ten, and waited for one: until 15:00."""
NOVEMBER = at("2026-11-18T10:00:00+01:00")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "makegood.toml").write_text(CONFIG)
    open_store(tmp_path / "evidence.db", create=True)
    return tmp_path


@pytest.fixture
def taken(cli: Cli, desk: Path) -> Path:
    """The desk with October's tickets, known to its end."""
    take(cli, desk, OCTOBER)
    done = cli("tickets", "complete", "tickets", "--since", "2026-10-01", "--until", "2026-11-01")
    assert done.stdout == "tickets is known until 1 Nov, 00:00 CET, from 1 Oct, 00:00 CEST on.\n"
    return desk


def take(cli: Cli, desk: Path, rows: str) -> None:
    file = desk / "tickets.csv"
    file.write_text(rows)
    answer = cli("tickets", "import", str(file), "--mapping", "events")
    assert answer.exit_code == 0, answer.output


def known(cli: Cli, until: str) -> None:
    answer = cli("tickets", "complete", "tickets", "--since", "2026-01-01", "--until", until)
    assert answer.exit_code == 0, answer.output


def issued(cli: Cli, desk: Path) -> dict[str, object]:
    answer = cli("statement", "issue", "--period", "2026-10")
    assert answer.exit_code == 0, answer.output
    cli("statement", "export", "2026-0001", "--out", str(desk / "out"))
    return json.loads((desk / "out" / "2026-0001.json").read_text())  # type: ignore[no-any-return]


def test_the_file_that_evaluate_reads_is_taken_as_it_is(cli: Cli, desk: Path) -> None:
    file = desk / "tickets.csv"
    file.write_text(OCTOBER)
    refused = cli("tickets", "import", str(file))
    assert refused.exit_code == 3
    assert 'no column "id": a file with a row for each event is taken with --mapping events' in refused.stderr
    assert cli("tickets", "import", str(file), "--mapping", "events").stdout == "tickets.csv: 4 new.\n"


def test_a_missed_reply_is_credited_on_an_issued_statement(cli: Cli, taken: Path) -> None:
    paper = issued(cli, taken)
    (section,) = paper["sections"]  # type: ignore[misc,attr-defined]
    assert section["availability"] == {"numerator": 2, "denominator": 3}
    assert section["credit"]["decimal"] == "50.00"
    (promise,) = section["tickets"]["promises"]
    assert [(each["key"], each["in_time"], each["late"]) for each in promise["counts"]] == [
        ("high", 1, 1),
        ("normal", 1, 0),
    ]
    (late,) = promise["late"]
    assert (late["ticket"], late["due"], late["delay_ms"]) == ("T-1", "2026-10-05T13:00:00.000Z", 90 * 60_000)
    assert [(each["state"], each["reason"]) for each in late["timeline"]] == [
        ("running", ""),
        ("paused", "waiting for customer"),
        ("running", ""),
    ]


def test_the_page_says_who_was_late_and_how_its_clock_ran(cli: Cli, taken: Path) -> None:
    issued(cli, taken)
    page = (taken / "out" / "2026-0001.html").read_text().replace("\u00a0", " ").replace("\u202f", " ")
    assert "1 of 3 responses were late." in page
    assert "care: first reply of a person" in page
    assert (
        "The clock ran 5 h 30 min: ran 2 h until 5 Oct, 12:00 CEST; "
        "stood 1 h (waiting for customer) until 5 Oct, 13:00 CEST; ran 3 h 30 min until 5 Oct, 16:30 CEST."
    ) in page
    assert "an automatic reply does not stop it" in page
    assert "Tickets are known until 1 Nov, 00:00 CET" in page


def test_the_page_says_the_hours_the_zone_and_the_holidays_of_the_clock(cli: Cli, desk: Path) -> None:
    """Of a calendar that is any of two, what each of the two is."""
    config = desk / "makegood.toml"
    cities = (
        '[calendar.berlin]\nhours = "Mon-Fri 09:00-17:00"\ntimezone = "Europe/Berlin"\nholidays = "DE-BE"\n'
        '[calendar.ny]\nhours = "Mon-Fri 09:00-17:00"\ntimezone = "America/New_York"\nholidays = "US"\n'
        '[calendar.both]\nany_of = ["berlin", "ny"]\ntimezone = "Europe/Berlin"\nholidays = "none"\n'
    )
    times = 'within = { high = "4 business hours", normal = "4 business hours" }\ncalendar = "both"'
    start, end = CONFIG.index("within = "), CONFIG.index("pauses = ")
    config.write_text(f"{CONFIG[:start]}{times}\n{CONFIG[end:]}{cities}")
    take(cli, desk, OCTOBER)
    known(cli, "2026-11-01")
    paper = issued(cli, desk)
    said = [each for each in paper["sections"][0]["plain"] if each.startswith("Calendar")]  # type: ignore[index]
    assert said == [
        "Calendar both is whenever one of berlin, ny works (Europe/Berlin); its holidays: none.",
        "Calendar berlin is Monday to Friday 09:00 to 17:00 (Europe/Berlin); its holidays: DE-BE.",
        "Calendar ny is Monday to Friday 09:00 to 17:00 (America/New_York); its holidays: US.",
    ]
    assert said == [line.strip() for line in cli("sla", "plain", "care").stdout.splitlines()[-3:]]
    page = (desk / "out" / "2026-0001.html").read_text()
    assert all(each in page.replace("\u00a0", " ").replace("\u202f", " ") for each in said)
    files = [str(desk / "out" / f"2026-0001{end}") for end in (".json", ".evidence.json")]
    whole = cli("statement", "verify", files[0], "--evidence", files[1])
    assert whole.exit_code == 0, whole.output


def test_the_statement_follows_from_its_export_alone(cli: Cli, taken: Path) -> None:
    issued(cli, taken)
    verified = cli("statement", "verify")
    assert (verified.exit_code, verified.stdout) == (0, "1 statement holds.\n")
    out = taken / "out"
    files = [str(out / f"2026-0001{end}") for end in (".json", ".evidence.json")]
    whole = cli("statement", "verify", files[0], "--evidence", files[1])
    assert whole.exit_code == 0, whole.output


def test_an_export_holds_no_ticket_of_others_and_no_column_that_nothing_looks_at(
    cli: Cli, desk: Path
) -> None:
    rows = OCTOBER.replace("service\n", "service,team\n", 1).replace("Web shop\n", "Web shop,secret\n")
    take(cli, desk, "\n".join(row + "," * (8 - row.count(",")) for row in rows.splitlines()))
    known(cli, "2026-11-01")
    issued(cli, desk)
    told = (desk / "out" / "2026-0001.evidence.json").read_text()
    assert "T-1" in told
    assert not [each for each in ("T-3", "Printer", "secret", "tickets.csv") if each in told]


@pytest.mark.parametrize(
    ("old", "new"),
    [('"reply","","agent"', '"auto reply","","agent"'), ('[1791187200000,"created","",""],', "")],
    ids=["a reply becomes a machine's", "the beginning is gone"],
)
def test_an_edited_ticket_is_found(cli: Cli, taken: Path, old: str, new: str) -> None:
    issued(cli, taken)
    evidence = taken / "out" / "2026-0001.evidence.json"
    text = evidence.read_text()
    assert old in text
    evidence.write_text(text.replace(old, new))
    answer = cli("statement", "verify", str(taken / "out" / "2026-0001.json"), "--evidence", str(evidence))
    assert answer.exit_code == 3
    assert "was computed from other evidence" in answer.output


def test_a_month_is_not_settled_while_its_tickets_are_not_known_for_all_of_it(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER)
    assert cli("tickets", "sources").stdout.splitlines() == [
        "SYSTEM   KNOWN FROM   UNTIL",
        "tickets  nobody said  8 Oct, 17:00 CEST",
    ]
    for said, why in (
        (("--until", "2026-10-09"), "nobody said from when on tickets are known (tickets)"),
        (("--since", "2026-10-02"), "tickets are known from 2026-10-02 00:00 on alone (tickets)"),
        (("--since", "2026-10-01"), "tickets are known until 2026-10-09 00:00 alone (tickets)"),
    ):
        cli("tickets", "complete", "tickets", *said)
        refused = cli("statement", "issue", "--period", "2026-10")
        assert refused.exit_code == 5
        assert why in refused.output.replace("\n", " ")
        option = "--until" if "until" in why else "--since"
        assert f"say it (makegood tickets complete tickets {option} DAY)" in refused.output.replace("\n", " ")


def test_what_is_known_has_a_beginning_before_its_end(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER)
    refused = cli("tickets", "complete", "tickets", "--since", "2026-12-01", "--until", "2026-11-30")
    assert (refused.exit_code, refused.stderr) == (2, "--until: is not after --since\n")
    refused = cli("tickets", "complete", "tickets")
    assert (refused.exit_code, refused.stderr) == (
        2,
        "say --since, --until, or both; --revoke takes back what was said\n",
    )


def test_a_month_is_not_settled_while_a_clock_of_it_runs(cli: Cli, desk: Path) -> None:
    more = "T-5,2026-10-30T16:00:00+01:00,created,,,high,acme,shop\n"
    take(cli, desk, OCTOBER + more)
    known(cli, "2026-11-01")
    refused = cli("statement", "issue", "--period", "2026-10")
    assert refused.exit_code == 5
    assert "ticket T-5 has time left, until 2026-11-02 12:00 at most" in refused.output.replace("\n", " ")
    cli("tickets", "complete", "tickets", "--until", "2026-11-03")
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0


def test_a_ticket_that_waits_for_the_customer_holds_no_statement_back(cli: Cli, desk: Path) -> None:
    more = (
        "T-5,2026-10-30T16:00:00+01:00,created,,,high,acme,shop\n"
        "T-5,2026-10-30T16:05:00+01:00,status,waiting for customer,,,,\n"
    )
    take(cli, desk, OCTOBER + more)
    known(cli, "2026-11-10")
    (section,) = issued(cli, desk)["sections"]  # type: ignore[misc,attr-defined]
    (promise,) = section["tickets"]["promises"]
    assert [each["ticket"] for each in promise["waiting"]] == ["T-5"]
    assert section["availability"] == {"numerator": 2, "denominator": 3}


def test_a_service_that_nobody_knows_holds_the_statement_back_and_is_shown(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER.replace("Printer", "Scanner"))
    known(cli, "2026-11-01")
    refused = cli("statement", "issue", "--period", "2026-10")
    assert 'ticket T-3 names a service that nobody knows: "Scanner"' in refused.output.replace("\n", " ")
    see = "makegood tickets list --unplaced --since 2026-10-01"
    reported = cli("report", "--period", "2026-10", "--out", str(desk / "out"))
    for told in (refused.output, reported.stderr, cli("explain", "acme", "--period", "2026-10").stdout):
        assert see in " ".join(told.split())
        assert "makegood evaluate" not in told
    shown = cli(*see.split()[1:]).stdout
    assert shown.splitlines()[1:] == ['T-3     names a service that nobody knows: "Scanner"']


def test_a_ticket_that_no_time_is_allowed_for_is_shown_and_no_file_is_asked_for(cli: Cli, desk: Path) -> None:
    take(
        cli,
        desk,
        OCTOBER.replace(
            "T-2,2026-10-06T10:00:00+02:00,created,,,high", "T-2,2026-10-06T10:00:00+02:00,created,,,hihg"
        ),
    )
    known(cli, "2026-11-01")
    told = " ".join(cli("report", "--period", "2026-10", "--out", str(desk / "out")).stderr.split())
    assert 'ticket T-2: no time is allowed for priority "hihg"; look at it: makegood tickets show T-2' in told


def test_two_customers_cannot_have_one_word(cli: Cli, desk: Path) -> None:
    config = desk / "makegood.toml"
    other = '[customer.beta]\nname = "Beta"\ntimezone = "UTC"\ncurrency = "EUR"\ntickets = ["acme.example"]\n'
    config.write_text(CONFIG + other)
    refused = cli("config", "check")
    assert refused.exit_code == 2
    assert '"acme.example" is said of customer.acme already: keep one' in refused.stderr


def test_what_is_known_is_not_known_less_far(cli: Cli, taken: Path) -> None:
    again = cli("tickets", "complete", "tickets", "--until", "2026-10-20")
    assert again.stdout == "tickets is known until 1 Nov, 00:00 CET, from 1 Oct, 00:00 CEST on.\n"
    assert "nothing was recorded" in again.stderr
    nobody = cli("tickets", "complete", "zendesk", "--until", "2026-10-20")
    assert nobody.exit_code == 2
    assert 'no system "zendesk" has told of tickets: tickets' in nobody.stderr


def test_what_is_known_ahead_is_known_up_to_now_and_is_taken_back(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER)
    words = ("tickets", "complete", "tickets")
    ahead = cli(*words, "--since", "2026-10-01", "--until", "2027-01-01")
    assert ahead.stdout == "tickets is known until 18 Nov, 10:42:07 CET, from 1 Oct, 00:00 CEST on.\n"
    assert ahead.stderr == (
        "That is now: it is known as time goes on, up to 1 Jan, 00:00 CET. To take that back: "
        "makegood tickets complete tickets --revoke.\n"
    )
    less = cli(*words, "--until", "2026-10-20")
    assert "nothing was recorded; --revoke takes back what was said before." in less.stderr
    back = cli(*words, "--since", "2026-10-01", "--until", "2026-10-20", "--revoke", "--reason", "a typo")
    assert back.stdout == "tickets is known until 20 Oct, 00:00 CEST, from 1 Oct, 00:00 CEST on.\n"
    nothing = cli(*words, "--revoke")
    assert nothing.stdout == "tickets is known until 8 Oct, 17:00 CEST.\n"


def test_what_a_statement_rests_on_is_not_taken_back(cli: Cli, taken: Path) -> None:
    issued(cli, taken)
    words = ("tickets", "complete", "tickets", "--revoke")
    refused = cli(*words)
    assert refused.exit_code == 2
    assert "2026-0001 rests on it" in refused.stderr
    assert "makegood statement void 2026-0001" in refused.stderr
    more = cli(*words, "--since", "2026-09-01", "--until", "2026-11-10")
    assert more.stdout == "tickets is known until 10 Nov, 00:00 CET, from 1 Sep, 00:00 CEST on.\n"
    void = cli("statement", "void", "2026-0001", "--reason", "Wrong", "--yes")
    assert void.exit_code == 0, void.output
    assert cli(*words).exit_code == 0


def test_what_looks_ahead_leaves_replies_out(cli: Cli, taken: Path, clock: StandingClock) -> None:
    clock.at = NOVEMBER
    budget = cli("budget")
    assert budget.exit_code == 0, budget.output
    assert "responses to tickets are promised, not time" in budget.stdout.replace("\n", " ")
    assert cli("exposure").exit_code == 0
    assert cli("report", "--period", "2026-10", "--internal").exit_code == 0


def test_what_is_delivered_is_known_up_to_now_and_the_export_says_so(cli: Cli, desk: Path) -> None:
    config = desk / "makegood.toml"
    config.write_text(
        CONFIG + '[listen]\nhooks = "127.0.0.1:9120"\n[tickets.tickets]\ntoken = { env = "DESK" }\n'
    )
    take(cli, desk, OCTOBER)
    cli("tickets", "complete", "tickets", "--since", "2026-10-01")
    issued(cli, desk)
    out = desk / "out"
    evidence = out / "2026-0001.evidence.json"
    assert "DESK" not in evidence.read_text()
    whole = cli("statement", "verify", str(out / "2026-0001.json"), "--evidence", str(evidence))
    assert whole.exit_code == 0, whole.output


def test_a_month_in_which_nobody_asked_is_met(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER.replace("2026-10-", "2026-09-"))
    known(cli, "2026-11-01")
    (section,) = issued(cli, desk)["sections"]  # type: ignore[misc,attr-defined]
    assert (section["availability"], section["met"], section["credit"]["decimal"]) == (None, True, "0.00")
    assert "No response fell into this month:" in (desk / "out" / "2026-0001.html").read_text()


def test_a_mean_is_told_in_its_unit(cli: Cli, desk: Path) -> None:
    config = desk / "makegood.toml"
    mean = CONFIG.replace('commitment = "95%"', 'commitment = "<= 3 business hours"')
    mean = mean.replace(
        'credits = { "< 95%" = "2%", "< 90%" = "5%" }', 'credits = { "> 3 business hours" = "2%" }'
    )
    mean = mean.replace(
        'within = { high = "4 business hours", normal = "1 business day, close of business" }\n', ""
    )
    config.write_text(mean.replace('priority_change = "keep time"', 'as = "mean"'))
    take(cli, desk, OCTOBER)
    known(cli, "2026-11-01")
    issued(cli, desk)
    page = (desk / "out" / "2026-0001.html").read_text().replace("\u00a0", " ").replace("\u202f", " ")
    assert "8.1666… business hours against a commitment of" in page  # 5.5 h, 4 h and 15 h
    explained = cli("explain", "acme", "--period", "2026-10").stdout
    assert "business hours  " in explained.splitlines()[-2]


STRICT = """
[sla.strict]
commitment = "100%"
credits = { each = "miss", credit = "50.00 EUR" }
[sla.strict.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = { high = "2 business hours", normal = "4 business hours" }
calendar = "office"
pauses = ["waiting for customer"]
priority_change = "keep time"
"""


def test_terms_that_nobody_agreed_are_tried_on_the_same_tickets(cli: Cli, taken: Path) -> None:
    """All three are late by them. A shadow and a candidate come to what the agreement would by them."""
    config = taken / "makegood.toml"
    config.write_text(CONFIG.replace('sla = "care"', 'sla = "strict"') + STRICT)
    cli("report", "--period", "2026-10", "--out", str(taken / "out"))
    (would,) = json.loads((taken / "out" / "2026-10" / "acme.json").read_text())["sections"]
    assert (would["availability"]["numerator"], would["credit"]["decimal"]) == (0, "150.00")
    config.write_text(CONFIG.replace('sla = "care"', 'sla = "care"\nshadow = ["strict"]') + STRICT)
    shadow = cli("shadow", "--period", "2026-10").stdout.splitlines()
    assert [line.split() for line in shadow[3:5]] == [
        ["acme-care", "care", "(as", "agreed)", "66.6666", "%", "yes", "50.00", "EUR"],
        ["strict", "0.0000", "%", "yes", "150.00", "EUR", "+100.00", "EUR"],
    ]
    tried = cli("backtest", "--agreement", "acme-care", "--sla", "strict", "--months", "2").stdout
    (row,) = [line.split() for line in tried.splitlines() if line.startswith("2026-10")]
    assert [word for word in row if "#" not in word] == [
        "2026-10", "66.6666", "%", "50.00", "EUR", "0.0000", "%", "150.00", "EUR",
    ]  # fmt: skip
    assert "2026-09: tickets are known from 2026-10-01 00:00 on alone (tickets)" in tried


def test_tickets_of_nobody_settle_no_candidate(cli: Cli, taken: Path) -> None:
    answer = cli("backtest", "--service", "printers", "--sla", "care", "--months", "1")
    assert "tickets are a customer's, and this is nobody's: --agreement names whose it would be" in " ".join(
        answer.output.split()
    )
