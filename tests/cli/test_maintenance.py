"""Windows from the command line: they count from the instant of the record."""

from __future__ import annotations

import json

import pytest

from monitor.cli.maintenance import recurrence
from monitor.core.windows import Recurring
from monitor.errors import ConfigError
from monitor.people import author
from monitor.statements.approvals import approved
from monitor.store import open_store

START = "2026-11-21T02:00+01:00"

pytestmark = pytest.mark.usefixtures("house")


def test_a_window_is_recorded_with_its_notice_and_listed(cli):
    added = cli("maintenance", "add", "checkout", "--start", START, "--lasting", "2h", "--title", "Patches")
    listed = cli("maintenance", "list", "--json")

    assert (added.exit_code, added.stdout) == (0, "mw-20261121-0100\n")
    assert added.stderr == "Recorded 21 Nov, 02:00-04:00 CET: 63 h ahead.\n"
    assert json.loads(listed.stdout) == [
        {
            "id": "mw-20261121-0100",
            "title": "Patches",
            "class": "scheduled maintenance",
            "resources": None,
            "services": ["checkout"],
            "start": "2026-11-21T01:00:00.000Z",
            "end": "2026-11-21T03:00:00.000Z",
            "recorded": "2026-11-18T09:42:07.000Z",
            "author": author(),
            "cancelled": None,
            "reason": None,
        }
    ]


def test_the_list_for_a_person(cli):
    cli("maintenance", "add", "checkout", "search", "--start", START, "--lasting", "2h", "--id", "patches")

    head, row = cli("maintenance", "list").stdout.splitlines()
    assert head.split() == ["ID", "SERVICES", "WINDOW", "ANNOUNCED", "BY", "STATE", "TITLE", "REASON"]
    assert row.replace(author(), "anna") == (
        "patches  checkout, search  21 Nov, 02:00-04:00 CET  63 h ahead  anna  planned  Scheduled maintenance"
    )


def test_an_agreement_that_asks_for_more_notice_is_named_at_once(cli):
    words = ("maintenance", "add", "checkout", "--start", "2026-11-19T02:00+01:00", "--lasting", "1h")

    told = cli(*words, "--id", "one").stderr.splitlines()
    data = json.loads(cli(*words, "--id", "two", "--json").stdout)

    assert told == [
        "Recorded 19 Nov, 02:00-03:00 CET: 15 h ahead.",
        "Its downtime counts for ACME GmbH, Checkout, which asks for 48 h of notice.",
    ]
    assert data["counts_for"] == ["acme-checkout"]


def test_a_window_that_has_begun_is_recorded_only_if_that_is_meant(cli):
    """A mistyped date would stand on the customer's page for good."""
    words = ("maintenance", "add", "checkout", "--start", "2026-11-18T10:00+01:00", "--lasting", "2h")

    refused = cli(*words)
    kept = cli("maintenance", "list").stdout
    added = cli(*words, "--late")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "--start: the window 18 Nov, 10:00-12:00 CET has begun; recorded now it excuses nothing until "
        "somebody else approves it on evidence, and statements show it as announced too late: write a start "
        "to come, or add --late to record it\n"
    )
    assert kept == "No maintenance is recorded.\n"
    assert added.exit_code == 0
    assert added.stderr == (
        "Recorded 18 Nov, 10:00-12:00 CET: after it began, so by itself it excuses nothing.\n"
        "It counts once somebody else approves it: makegood approve 1 --evidence FILE|URL\n"
        "Even then its downtime counts for ACME GmbH, Checkout, which asks for 48 h of notice; say when it "
        "was announced: --announced INSTANT.\n"
    )


def test_it_takes_effect_in_the_next_evaluation(cli, clock, made):
    """Two hours' downtime on 6 October, announced three days ahead: the month is met after all."""
    now, clock.at = clock.at, made.at("2026-10-03T10:00+02:00")
    cli("maintenance", "add", "checkout", "--start", "2026-10-06T14:00+02:00", "--lasting", "2h")
    clock.at = now

    last = cli("explain", "acme", "--period", "2026-10").stdout.splitlines()[-1]

    assert last.split() == ["Credit", "0.00", "EUR"]


def test_two_windows_of_one_start_get_two_names(cli):
    first = cli("maintenance", "add", "checkout", "--start", START, "--lasting", "2h")
    second = cli("maintenance", "add", "search", "--start", START, "--end", "2026-11-21T03:00+01:00")

    assert (first.stdout, second.stdout) == ("mw-20261121-0100\n", "mw-20261121-0100-2\n")


def test_a_recurring_window_answers_with_its_next_occurrence(cli):
    words = ("--every", "0 2 * * SUN", "--timezone", "Europe/Berlin", "--lasting", "90m")

    added = cli("maintenance", "add", "search", *words)

    assert (added.stdout, added.stderr) == (
        "mw-recurring\n",
        "Recorded 22 Nov, 02:00-03:30 CET: 87 h ahead.\n",
    )


def test_a_window_that_is_cancelled_before_it_begins_is_none(cli):
    cli("maintenance", "add", "checkout", "--start", START, "--lasting", "2h", "--id", "patches")

    cancelled = cli("maintenance", "cancel", "patches", "--reason", "postponed")

    again = cli("maintenance", "cancel", "patches", "--reason", "postponed")
    row = cli("maintenance", "list").stdout.splitlines()[1]

    assert (cancelled.exit_code, cancelled.stdout, cancelled.stderr) == (0, "patches\n", "")
    assert row.replace(author(), "anna") == (
        "patches  checkout  21 Nov, 02:00-04:00 CET  63 h ahead  anna  cancelled  "
        "Scheduled maintenance  postponed"
    )
    assert (again.exit_code, again.stderr) == (
        2,
        (
            '"patches" was cancelled already, 18 Nov, 10:42:07 CET (postponed); '
            "write one that stands: there is none\n"
        ),
    )


def test_a_window_that_is_cancelled_while_it_runs_ends_there(cli, clock, made):
    cli("maintenance", "add", "checkout", "--start", START, "--lasting", "2h", "--id", "patches")
    clock.at = made.at("2026-11-21T02:30+01:00")
    running = cli("maintenance", "list").stdout
    cli("maintenance", "cancel", "patches", "--reason", "done early")

    ended = cli("maintenance", "list").stdout
    assert "  runs   " in running
    assert "  21 Nov, 02:00-02:30 CET  " in ended
    assert ended.endswith("  ended  Scheduled maintenance  done early\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("add", "shop", "--start", START, "--lasting", "2h"),
            'there is no service "shop"; write one of: checkout, search',
        ),
        (
            ("add", "search"),
            'say when: --start "2026-11-21T02:00+01:00" with --end or --lasting, or --every "0 2 * * SUN"',
        ),
        (
            ("add", "search", "--start", START),
            'say how long: either --end with an instant, or --lasting "2h"',
        ),
        (
            ("add", "search", "--start", START, "--end", START),
            f'--end: "{START}" is not after --start; write a later instant',
        ),
        (
            ("add", "search", "--every", "0 2 * * SUN", "--lasting", "2h"),
            '--every is read on a wall clock: write whose, as in --timezone "Europe/Berlin"',
        ),
        (
            ("add", "search", "--every", "0 2 * * SUN", "--timezone", "Berlin", "--lasting", "2h"),
            '--timezone: there is no zone "Berlin"; write one such as "Europe/Berlin"',
        ),
        (
            ("cancel", "patches", "--reason", "x"),
            'no window is called "patches"; write one that stands: there is none',
        ),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_what_to_write(cli, words, said):
    answer = cli("maintenance", *words)

    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", f"{said}\n")


def test_a_name_is_used_once(cli):
    words = ("maintenance", "add", "checkout", "--start", START, "--lasting", "2h", "--id", "patches")
    cli(*words)

    again = cli(*words)

    assert (again.exit_code, again.stderr) == (
        2,
        '--id: "patches" is taken; cancel it first, or write another\n',
    )


def test_no_window_is_a_sentence(cli):
    assert cli("maintenance", "list").stdout == "No maintenance is recorded.\n"


def test_a_cron_expression_that_is_none_is_refused():
    with pytest.raises(ConfigError, match='--every: "every sunday" is not a cron expression'):
        recurrence(None, None, "2h", "every sunday", "UTC")


def test_a_recurring_rule_keeps_its_elapsed_length():
    assert recurrence(None, None, "2h", "0 2 * * SUN", "UTC") == Recurring("0 2 * * SUN", 7_200_000, "UTC")


# --- windows declared later -----------------------------------------------------------------------------

LATE = (
    "maintenance", "add", "checkout", "--start", "2026-10-06T12:00Z", "--end", "2026-10-06T14:00Z",
    "--late", "--announced", "2026-10-03T12:00Z", "--id", "told",
)  # fmt: skip


def credit(cli) -> int:
    """What October comes to, in cents."""
    data = json.loads(cli("explain", "acme", "--period", "2026-10", "--json").stdout)
    return data["sections"][0]["credit"]["minor"]


def approve(house, entry: int) -> None:
    """Somebody else approves an entry of the journal."""
    store = open_store(house / "evidence.db")
    with store.snapshot() as snapshot:
        event = next(event for event in snapshot.events() if event.seq == entry)
    store.journal.append([approved(event, "max", event.at + 1)])


def test_a_window_declared_later_shows_what_it_will_change_and_records_nothing_unasked(cli):
    dry = cli(*LATE, "--dry-run")

    assert dry.stdout == (
        "It changes no figure.\n"
        "Once somebody else approves it:\n"
        "AGREEMENT      PERIOD   FIGURE                 BEFORE             THEN\n"
        "acme-checkout  2026-10  availability        99.7315 %       100.0000 %\n"
        "acme-checkout  2026-10  counted       2 h 00 min 00 s             none\n"
        "acme-checkout  2026-10  excused                  none  2 h 00 min 00 s\n"
        "acme-checkout  2026-10  met                    missed              met\n"
        "acme-checkout  2026-10  credit             120.00 EUR         0.00 EUR\n"
    )
    assert cli("maintenance", "list").stdout == "No maintenance is recorded.\n"


def test_its_evidence_is_kept_with_it_by_digest_and_is_enough_to_approve_it(cli, house):
    (house / "mail.eml").write_text("To: all customers", encoding="utf-8")
    cli(*LATE, "--evidence", str(house / "mail.eml"))

    (entry,) = json.loads(cli("audit", "--json").stdout)
    assert entry["body"]["evidence"] == (
        "sha256:cfc522e3fb77034898ba7c167402dad187ff866b2d87dbb24a96b06d0140e1ef mail.eml"
    )
    own = cli("approve", "1", "--yes")
    assert "somebody else must approve it" in own.stderr, "and not that evidence is missing"


def test_it_counts_once_approved_and_is_taken_back_whole(cli, house):
    cli(*LATE, "--evidence", "https://example.org/mail")
    assert credit(cli) == 12_000
    approve(house, 1)
    assert credit(cli) == 0

    words = ("maintenance", "cancel", "told", "--reason", "It was another service")
    dry = cli(*words, "--dry-run").stdout.splitlines()
    assert dry[-1].split() == ["acme-checkout", "2026-10", "credit", "0.00", "EUR", "120.00", "EUR"]
    assert cli(*words).exit_code == 2, "it changes what is owed, and nobody can be asked"
    assert cli(*words, "--yes").exit_code == 0

    assert credit(cli) == 12_000
    (row,) = json.loads(cli("maintenance", "list", "--since", "2026-10-01", "--json").stdout)
    assert (row["id"], row["reason"]) == ("told", "It was another service")


def test_an_emergency_recorded_after_it_began_waits_too_though_its_class_asks_for_no_notice(cli, house):
    path = house / "makegood.toml"
    text = path.read_text("utf-8").replace("exclude = [{", 'exclude = ["emergency maintenance", {')
    path.write_text(text, encoding="utf-8")
    words = ("--start", "2026-10-06T12:00Z", "--end", "2026-10-06T14:00Z", "--emergency")

    assert cli("maintenance", "add", "checkout", *words).exit_code == 0
    assert credit(cli) == 12_000

    approve(house, 1)
    assert credit(cli) == 0


def test_a_window_to_come_says_under_dry_run_how_far_ahead_it_would_be(cli):
    words = ("maintenance", "add", "checkout", "--start", START, "--lasting", "2h", "--dry-run")
    answer = cli(*words)

    assert (answer.exit_code, answer.stdout) == (0, "It changes no figure.\n")
    assert answer.stderr == "It would be recorded 21 Nov, 02:00-04:00 CET: 63 h ahead.\n"
    assert cli("maintenance", "list").stdout == "No maintenance is recorded.\n"


AHEAD = ("shop", "--start", "2026-11-20T10:00Z", "--lasting", "2h", "--announced", "2026-11-02T10:00Z")


def test_what_was_announced_says_each_thing_once_and_in_its_order(cli, between):
    """Neither contract excludes maintenance: no approval changes that."""
    assert cli("maintenance", "add", *AHEAD).stderr == (
        "Recorded 20 Nov, 10:00-12:00 UTC: 48 h ahead.\n"
        "Its downtime counts for ACME GmbH, Shop, which excludes no maintenance.\n"
        "Its downtime counts for Globex Inc., Shop, which excludes no maintenance.\n"
        "It counts once somebody else approves it: makegood approve 1 --evidence FILE|URL. Until then notice "
        "counts from now.\n"
    )


def test_where_nothing_excuses_maintenance_no_announcement_is_asked_for(cli, between):
    late = ("shop", "--start", "2026-11-17T10:00Z", "--lasting", "2h", "--late")

    assert cli("maintenance", "add", *late).stderr.splitlines()[2:] == [
        "Even then its downtime counts for ACME GmbH, Shop, which excludes no maintenance.",
        "Even then its downtime counts for Globex Inc., Shop, which excludes no maintenance.",
    ]
