"""The commands that only read, called as people call them, on seven weeks of real evidence."""

from __future__ import annotations

import json

import pytest

from monitor.store import open_store
from monitor.store.protocol import Holder

pytestmark = pytest.mark.usefixtures("house")


def test_status_says_what_is_down_and_what_it_costs(cli):
    answer = cli("status")

    assert (answer.exit_code, answer.stderr) == (1, "")
    expected = """\
1 of 2 services is down.  18 November 2026, 10:42:07 CET

  SERVICE   STATE  SINCE                  P95  LIMIT  20 Oct                  18 Nov
x Checkout  DOWN   18 Nov 10:00:00 CET      -      -  .............................x
  Search    up     before 20 Oct        42 ms      -  ..............................

  . no downtime   x downtime   m downtime in maintenance   ? not measured   - not yet there

  Checkout  web: timeout; checkout/20261118T090000Z: critical, acknowledged by nobody.
            ACME GmbH: 0.00 EUR owed so far, 1 min 05 s until 120.00 EUR, at 10:43:12 CET
  Monitor   Measuring. Coverage of the last 24 h: 100.0000 %.
"""
    assert answer.stdout == expected


def test_status_tells_a_monitor_that_cannot_write_from_none(cli, house, clock):
    """The lock is its writer's, whoever keeps the database from it meanwhile."""
    clock.at += 10_000
    store = open_store(house / "evidence.db")

    with store.lock(Holder(1, "host", "makegood run", clock.at)):
        held = cli("status")
    free = cli("status")

    assert "Running, but has not written since 18 Nov, 10:42:06 CET." in held.stdout
    assert "Not running: the evidence ends 18 Nov, 10:42:06 CET." in free.stdout
    assert held.exit_code == free.exit_code == 1


def test_status_for_a_program(cli):
    answer = cli("status", "--json")

    states = {service["id"]: service["state"] for service in json.loads(answer.stdout)["services"]}
    assert (answer.exit_code, states) == (1, {"checkout": "down", "search": "up"})


def test_budget_lays_out_every_agreement(cli):
    answer = cli("budget")

    assert (answer.exit_code, answer.stderr) == (0, "")
    expected = """\
November 2026, Europe/Berlin. 58.1 % of the promised time is gone: the mark | in each bar.

  CUSTOMER   SERVICE   ALLOWANCE USED                      LEFT  NEXT CREDIT        AFTER
! ACME GmbH  Checkout  [#########|######.]  97.5 %   1 min 05 s   120.00 EUR   1 min 05 s
  Muster AG  Search    [.........|.......]   0.0 %  43 min 12 s   480.00 CHF  43 min 12 s

! used up faster than the promised time: ACME GmbH, Checkout. Owed so far: 0.00 CHF and 0.00 EUR.
"""
    assert answer.stdout == expected


@pytest.mark.parametrize("name", ["muster-search", "search", "muster"])
def test_budget_takes_an_agreement_a_service_or_a_customer(cli, name):
    answer = cli("budget", name, "--json")

    assert [row["agreement"] for row in json.loads(answer.stdout)] == ["muster-search"]


def test_budget_under_the_threshold_is_a_no(cli):
    answer = cli("budget", "checkout", "--fail-under", "25%")

    assert answer.exit_code == 1
    expected = """\
ACME GmbH, Checkout: 2.5 % of the allowance is left (1 min 05 s), less than 25 %.
"""
    assert answer.stdout == expected


def test_budget_over_the_threshold_is_a_yes(cli):
    answer = cli("budget", "search", "--fail-under", "25%")

    assert answer.exit_code == 0
    expected = """\
Muster AG, Search: 100.0 % of the allowance is left (43 min 12 s), at least 25 %.
"""
    assert answer.stdout == expected


def test_a_threshold_without_its_sign_is_refused_with_the_string_to_write(cli):
    answer = cli("budget", "--fail-under", "25")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("--fail-under: ")
    assert '"25%"' in answer.stderr


def test_a_name_that_is_none_is_told_with_those_that_are(cli):
    answer = cli("budget", "shop")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == (
        'no agreement, service or customer is called "shop"; '
        "write one of: acme, acme-checkout, checkout, muster, muster-search, search\n"
    )


def test_outages_come_with_their_sampling_error(cli):
    answer = cli("outages", "--since", "2026-10-01")

    assert (answer.exit_code, answer.stderr) == (0, "")
    lines = [line.split("  ") for line in answer.stdout.splitlines()]
    assert [[cell.strip() for cell in line if cell] for line in lines] == [
        ["OUTAGE", "FROM", "TO", "DOWN", "REASON", "START WITHIN", "END WITHIN"],
        ["checkout/20261006T120000Z", "6 Oct, 14:00:00 CEST", "16:00:00 CEST", "2 h 00 min 00 s", "timeout",
         "1 h 00 min 00 s", "1 h 00 min 00 s"],
        ["checkout/20261118T090000Z", "18 Nov, 10:00:00 CET", "goes on", "42 min 07 s", "timeout",
         "1 h 00 min 00 s", "-"],
    ]  # fmt: skip


def test_outages_for_a_program_have_all_four_instants(cli):
    answer = cli("outages", "--service", "checkout", "--since", "2026-10-01", "--json")

    first, second = json.loads(answer.stdout)
    assert [first[key] for key in ("last_good", "first_bad", "last_bad", "first_good")] == [
        "2026-10-06T11:00:00.000Z",
        "2026-10-06T12:00:00.000Z",
        "2026-10-06T13:00:00.000Z",
        "2026-10-06T14:00:00.000Z",
    ]
    assert (first["down_ms"], first["open"], second["open"], second["end"]) == (7_200_000, False, True, None)


def test_no_outage_is_a_sentence(cli):
    answer = cli("outages", "--service", "search")

    assert (answer.exit_code, answer.stdout) == (0, "No outage since 19 October 2026, 11:42 CEST.\n")


def test_outages_of_no_service_are_refused(cli):
    answer = cli("outages", "--service", "shop")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == '--service: there is no service "shop"; write one of: checkout, search\n'


def test_outages_of_services_by_their_names(cli, house):
    both, one = (json.loads(cli("outages", *names, "--json").stdout) for names in ((), ("search",)))
    wrong = cli("outages", "shop", "search", "chekcout")

    assert [each for each in both if each["service"] == "search"] == one
    assert (wrong.exit_code, wrong.stderr.splitlines()) == (
        2,
        [f'there is no service "{name}"; write one of: checkout, search' for name in ("shop", "chekcout")],
    )


def test_explain_prints_every_step(cli):
    answer = cli("explain", "acme", "--period", "2026-10")

    assert (answer.exit_code, answer.stderr) == (0, "")
    expected = """\
ACME GmbH, October 2026, Europe/Berlin: draft, not issued

Checkout, SLA Gold, version 2026-01-01: 99.9 % of every calendar month

  measure   The period, from 1 October 2026, 00:00 CEST to 1 November 2026,
            00:00 CET: 31 days, one of 25 hours                                     745 h 00 min 00 s
            Less time that could not be measured                                                 none
            Measured time                                                           745 h 00 min 00 s
  qualify   All downtime observed: 1 outage                                           2 h 00 min 00 s
              A  6 Oct, 14:00:00 CEST - 16:00:00 CEST  timeout                        2 h 00 min 00 s
  exclude   Less downtime that is not counted                                                    none
  formula   Downtime that counts                                                      2 h 00 min 00 s
            Availability: (2,682,000 - 7,200) / 2,682,000 seconds, cut off
            after the fourth decimal                                                        99.7315 %
  gate      The commitment of 99.9 %, compared as exact fractions before any
            rounding                                                           missed by 1 h 15 min 18 s
            Share of the promised time that was measured; at least 95 % is
            needed: enough                                                                 100.0000 %
  schedule  Credit level: below 99.9 %                                                           10 %
  base      The fee of the period                                                        1,200.00 EUR
  limits    10 % of the fee                                                                120.00 EUR
            Limit: 25 % of the fee, 300.00 EUR                                            not reached
  rounding  Rounded once, to 0.01 EUR, half up: nothing to round                           120.00 EUR
  claim     A credit is given without a claim.

Checkout  99.7315 %  of 99.9 %  MISSED  120.00 EUR
Credit                                  120.00 EUR
"""
    assert answer.stdout == expected


def test_explain_takes_the_last_month_that_is_over(cli):
    assert cli("explain", "acme").stdout == cli("explain", "acme", "--period", "2026-10").stdout


def test_explain_says_that_a_running_month_is_not_over(cli):
    answer = cli("explain", "acme", "--period", "2026-11")

    first, *_, last = answer.stdout.splitlines()
    assert first == (
        "ACME GmbH, November 2026, Europe/Berlin: so far, to 18 November 2026, 10:42 CET, "
        "as if the month ended now"
    )
    assert last == "Owed already, even if nothing more fails: Checkout 0.00 EUR."


def test_explain_of_a_month_that_nobody_watched_needs_a_person(cli):
    answer = cli("explain", "acme", "--period", "2026-05")

    assert answer.exit_code == 5
    assert "not determinable" in answer.stdout
    assert "not in force" not in answer.stdout


def test_explain_for_a_program_is_the_statement_itself(cli):
    answer = cli("explain", "acme", "--period", "2026-10", "--json")

    assert json.loads(answer.stdout)["sections"][0]["credit"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "shop"), 'there is no customer "shop"; write one of: acme, muster\n'),
        (
            ("explain", "acme", "--period", "october"),
            '--period: "october" is not a month: write it as "2026-10"\n',
        ),
        (
            ("explain", "acme", "--period", "2026-12"),
            "--period: 2026-12 has not begun; the running month is 2026-11\n",
        ),
        (
            ("explain", "acme", "--period", "2025-10"),
            (
                'customer "acme" has no agreement in force in 2025-10: nothing to state; '
                "for the month that still runs write --period 2026-11\n"
            ),
        ),
    ],
)
def test_explain_refuses_what_it_cannot_explain(cli, words, said):
    answer = cli(*words)

    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", said)


@pytest.mark.parametrize("words", [("status",), ("budget",), ("explain", "acme"), ("outages",)])
def test_no_paper_is_drawn_up_that_would_leave_evidence_behind(cli, tmp_path, words):
    """What the monitor refuses to start on, no other command answers for."""
    config = tmp_path / "makegood.toml"
    config.write_text(config.read_text().replace("[monitor]", '[monitor]\nlocation = "fra"'))

    answer = cli(*words)

    assert answer.exit_code == 2
    assert '[monitor] location is "fra"' in answer.stderr
