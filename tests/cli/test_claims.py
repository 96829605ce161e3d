"""What providers owe us, from the command line. What customers claim of us is test_claim.py.

The house is between.py's; it is 18 November 2026, and the claim for October may be made until the 30th.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from tests.cli.between import CLAIM
from tests.cli.conftest import at

OCTOBER = ("our-objects", "2026-10")


@pytest.fixture
def buyer(between, cli):
    """The program in that house; `terms(claim=…)` writes another claim stage first."""

    def terms(claim=CLAIM, more=""):
        config = between / "makegood.toml"
        config.write_text(config.read_text().replace(CLAIM, claim) + more)
        return cli

    return terms


def records(path):
    """The rows of a CSV file."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


# --- the list ---------------------------------------------------------------------------------------------


def test_what_they_owe_us_and_by_when(buyer):
    answer = buyer()("claims")

    assert answer.exit_code == 0
    assert answer.stdout == (
        "AGREEMENT    PERIOD   OWED TO US  STATE  NEXT   BY\n"
        "our-objects  2026-10  240.00 USD  open   claim  2026-11-30  12 days left\n"
        "\n"
        "CURRENCY  TO CLAIM  AUTOMATIC  CLAIMED  GRANTED  PAID  REFUSED  LAPSED\n"
        "USD         240.00       0.00     0.00     0.00  0.00     0.00    0.00\n"
    )
    assert max(map(len, answer.stdout.splitlines())) <= 80
    assert buyer()("claims", "list").stdout == answer.stdout
    assert buyer()("claims", "--json").stdout == buyer()("claims", "list", "--json").stdout


@pytest.mark.parametrize(
    ("now", "state", "said"),
    [
        ("2026-11-29T23:59Z", "open", "1 day left"),
        ("2026-11-30T23:59Z", "open", "last day"),
        ("2026-12-01T00:00Z", "lapsed", "overdue by 1 day"),
        ("2026-12-09T12:00Z", "lapsed", "overdue by 9 days"),
    ],
)
def test_a_last_day_is_included_and_what_passed_is_overdue(buyer, clock, now, state, said):
    clock.at = at(now)

    (line,) = [line for line in buyer()("claims").stdout.splitlines() if "2026-10" in line]
    assert (state in line.split(), line.endswith(said)) == (True, True)


def test_a_notice_that_was_missed_alarms_nobody_while_nothing_is_owed(buyer, between, clock):
    """The outage of the 6th counts, and October is still kept."""
    buyer('claim = { notify = "5 days after outage", by = "30 days after period" }')
    config = between / "makegood.toml"
    config.write_text(config.read_text().replace('"< 99.9%" = "10%", ', "").replace('= "99.9%"', '= "99%"'))
    clock.at = at("2026-10-12T10:00Z")

    assert buyer()("claims").stdout.splitlines()[1] == (
        "our-objects  2026-10 (runs)    0.00 USD  lapsed  notice  2026-10-11  nothing owed yet"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cloud", "is a provider: makegood claims show our-objects 2026-10 --workings"),
        ("our-objects", "is what we buy of cloud: makegood claims show our-objects 2026-10 --workings"),
        ("acme-shop", "is an agreement with acme: write acme"),
    ],
)
def test_explain_says_where_what_we_buy_is_explained(buyer, name, said):
    answer = buyer()("explain", name)

    assert (answer.exit_code, answer.stderr) == (2, f"{name} {said}\n")


def test_the_workings_go_step_by_step_to_what_they_owe(buyer):
    said = buyer()("claims", "show", *OCTOBER, "--workings").stdout

    for step in ("schedule  Credit level: below 99.9 %", "base      The fee", "Limit: 100 % of the fee"):
        assert step in said, step


def test_no_statement_is_for_a_provider(buyer):
    assert buyer()("statement", "issue", "--customer", "cloud", "--period", "2026-10").stderr == (
        "cloud is a provider, and no customer: makegood claims show our-objects PERIOD\n"
    )


BUSINESS = """
[calendar.office]
hours = "Mon-Fri 09:00-17:00"
timezone = "UTC"
holidays = "none"
"""


@pytest.mark.parametrize(
    ("claim", "step", "day"),
    [
        ('claim = "60 days after period"', "claim", "2026-12-30"),
        ('claim = "end of the second billing cycle counting that of the outage"', "claim", "2026-11-30"),
        ('claim = "end of month after period"', "claim", "2026-11-30"),
        ('claim = "day 20 of the month after period"', "claim", "2026-11-20"),
        ('claim = { by = "15 business days after period", calendar = "office" }', "claim", "2026-11-20"),
        ('claim = "30 days after outage"', "claim", "2026-11-19"),  # of the last one, on 20 October
        ('claim = { notify = "45 days after outage", by = "60 days after period" }', "notice", "2026-11-20"),
    ],
)
def test_the_last_day_is_counted_as_the_contract_counts(buyer, claim, step, day):
    (line,) = json.loads(buyer(claim, BUSINESS)("claims", "list", "--json").stdout)

    assert (line["next_step"], line["days_left"] >= 0) == (step, True)
    assert line["notify_by" if step == "notice" else "claim_by"] == day


def test_where_a_claim_runs_from_outages_the_first_ones_day_is_told_too(buyer):
    shown = buyer('claim = "60 days after outage"')("claims", "show", *OCTOBER).stdout

    assert "Claim     by 2026-12-19, that day included, in UTC\n          60 days after outage\n" in shown
    assert "To be safe, claim by 2026-12-05: by the first outage" in shown


def test_a_credit_that_needs_no_claim_is_never_overdue(buyer, clock):
    clock.at = at("2027-03-01T00:00Z")
    call = buyer('claim = "automatic"')

    (line,) = [line for line in json.loads(call("claims", "list", "--json").stdout) if line["owed_to_us"]]
    assert (line["state"], line["automatic"], line["next_step"]) == ("open", True, None)
    assert "2026-10 240.00 USD open no claim needed" in " ".join(call("claims").stdout.split())
    assert call("claims", "settle", *OCTOBER, "--granted", "240.00 USD", "--paid").exit_code == 0


def test_a_notice_may_be_due_while_the_period_runs(buyer, clock):
    """On 7 October nobody knows whether the month will be missed, and the notice is due on the 9th."""
    clock.at = at("2026-10-07T09:00Z")

    (line,) = json.loads(
        buyer('claim = { notify = "72 hours after outage", by = "30 days after period" }')(
            "claims", "list", "--json"
        ).stdout
    )
    assert (line["period"], line["runs"], line["next_step"], line["notify_at"]) == (
        "2026-10", True, "notice", "2026-10-09T12:00:00.000Z",
    )  # fmt: skip


LESS = 'commitment = "99.0%"\ncredits = { '


def test_a_notice_that_was_missed_alarms_only_where_something_is_owed(between, buyer, clock):
    """Two of 744 hours are below 99.9 % whatever comes, and above 99 % if nothing does."""
    terms = 'claim = { notify = "72 hours after outage", by = "30 days after period" }'
    clock.at = at("2026-10-12T09:00Z")
    owed = buyer(terms)("claims").stdout.splitlines()[1]
    config = between / "makegood.toml"
    config.write_text(
        config.read_text().replace('commitment = "99.9%"\ncredits = { "< 99.9%" = "10%", ', LESS)
    )
    free = buyer(terms)("claims").stdout.splitlines()[1]

    assert owed.endswith("240.00 USD  lapsed  notice  2026-10-09  missed by 3 days")
    assert free.endswith("0.00 USD  lapsed  notice  2026-10-09  nothing owed yet")


def test_what_nobody_can_tell_is_told_and_in_no_sum(buyer, clock):
    clock.at = at("2026-12-03T09:00Z")
    said = buyer()("claims").stdout

    assert "our-objects  2026-11  not determinable  open    claim  2026-12-30  27 days left\n" in said
    assert "In no sum, since nobody can tell: 1\n  our-objects 2026-11: too little was measured\n" in said


@pytest.mark.parametrize(
    ("every", "periods", "owed"),
    [
        ("calendar quarter", ["2026-Q4 (runs)"], 72_000),
        ("billing month", ["2026-10-01"], 24_000),
        ("30 days", ["2026-10-01"], 24_000),
        ("any 30 days", ["2026-10-31"], 23_226),
        ("365 days before the claim", ["2026-11-18"], 61_600),  # a claim today, and no other
    ],
)
def test_periods_of_every_kind_and_none_twice(buyer, every, periods, owed):
    """Of 2,400.00 a month: 7,200.00 a quarter, 2,322.58 for 30 days, 6,160.00 for the 78 until today."""
    call = buyer(f'{CLAIM}\nperiod = {{ every = "{every}" }}')

    found = json.loads(call("claims", "list", "--json").stdout)
    assert [each["period"] + " (runs)" * each["runs"] for each in found] == periods
    assert [each["owed_to_us"]["minor"] for each in found] == [owed]
    assert call("sides").exit_code == 0


def test_what_was_recorded_of_what_is_gone_is_told(buyer):
    buyer()("claims", "file", *OCTOBER)

    said = buyer(f'{CLAIM}\nperiod = {{ every = "calendar quarter" }}')("claims")
    assert said.exit_code == 0, said.stderr
    assert said.stdout.endswith(
        "\nRecorded of agreements or periods that the configuration has no longer\n"
        "  our-objects/2026-10: claimed on 2026-11-18, 240.00 USD\n"
    )


def test_what_checks_cannot_settle_says_how_it_is_settled(buyer):
    rows = 'measure = { evidence = "slots", slot = "5m", as = "mean", requests = "from a file" }'
    call = buyer(f"{CLAIM}\n{rows}")

    shown = call("claims", "show", *OCTOBER).stdout
    assert "nobody can tell what Cloud Example Inc. owes us: it is\nsettled from counts of requests" in shown
    assert "makegood evaluate CONFIG --agreement our-objects --period 2026-10 \\\n" in shown
    assert "say what was claimed: --amount" in call("claims", "file", *OCTOBER).stderr
    assert call("claims", "file", *OCTOBER, "--amount", "120.00 USD").exit_code == 0


S3 = [
    ('sla = "storage"', 'sla = "library:aws-s3-standard"\naccept_unverified = true'),
    ('monthly_fee = "2400.00"', 'monthly_fee = { standard = "2400.00" }'),
]


@pytest.fixture
def counting(between, cli):
    """The program where the contract counts requests, as it was published."""
    config = between / "makegood.toml"
    for old, new in S3:
        config.write_text(config.read_text().replace(old, new, 1))
    return cli


def test_where_requests_count_the_outages_that_checks_saw_give_the_last_day(counting):
    """The claim runs from the outage; the storage was down for three hours in October, never in September."""
    months = {each["period"]: each for each in json.loads(counting("claims", "list", "--json").stdout)}
    october, september = months["2026-10"], months["2026-09"]

    assert (october["owed_to_us"], october["claim_by"]) == (None, "2026-11-30")
    assert september["claim_by"] == "2026-10-31", "the earliest that it could be"
    listed = counting("claims").stdout.splitlines()
    assert listed[1].startswith("our-objects  2026-10"), "what is past comes after what is to come"
    assert listed[2].endswith("2026-10-31  nothing seen"), "and is not overdue where nothing was seen"
    assert max(map(len, listed)) <= 80
    shown = counting("claims", "show", *OCTOBER).stdout
    assert "A  2026-10-06T12:00" in shown
    assert "As our checks saw them; what of them counts nobody can tell" in shown
    assert "Our checks saw no outage" in counting("claims", "show", "our-objects", "2026-09").stdout


def test_the_page_of_what_is_not_settled_says_what_was_seen_and_counts_nothing(counting, between):
    answer = counting("claims", "bundle", *OCTOBER, "--out", str(between / "out"))
    page = (between / "out" / "our-objects-2026-10.html").read_text().replace("\xa0", " ")

    assert "nothing can be claimed with this page: it is settled from counts of requests" in answer.stderr
    assert "These outages were seen by our checks." in page
    assert "6 Oct 2026, 12:00:00" in page
    assert "No outage was seen" not in page
    assert "Downtime counted" not in page
    rows = records(between / "out" / "our-objects-2026-10-outages.csv")
    assert [(row["duration_ms"], row["counted_ms"]) for row in rows] == [("7200000", ""), ("3600000", "")]
    assert len(records(between / "out" / "our-objects-2026-10-failed-checks.csv")) == 36


PLAIN = '''commitment = "99.9%"
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
claim = "30 days after period"'''
TWO = f'''together = "sum"
[sla.storage.promise.month]
{PLAIN}
[sla.storage.promise.clock-hour]
measure = {{ evidence = "outages", slot = "7h", as = "bad slots", bad = "down > 6m" }}
commitment = "100%"
credits = {{ pro_rata = 1 }}
claim = "automatic"'''


@pytest.fixture
def two_promises(between, cli):
    """The program where one promise is to be claimed and another credits without: 240.00 and 45.16 USD."""
    config = between / "makegood.toml"
    config.write_text(config.read_text().replace(PLAIN, TWO, 1))
    return cli


def test_each_promise_has_a_line_of_its_own_and_says_whether_it_must_be_claimed(two_promises):
    shown = two_promises("claims", "show", *OCTOBER).stdout

    assert "Object storage, SLA Storage: 2 of 2 promises missed\n" in shown
    assert "month       99.5967 %  99.9%      3:00:00  240.00 USD  by 2026-11-30\n" in shown
    assert "clock-hour  98.3870 %   100%  2 bad slots   45.16 USD  none needed\n" in shown
    assert "automatic" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_what_needs_no_claim_is_not_to_be_claimed_and_what_they_refuse_has_a_column(two_promises):
    def totals():
        return two_promises("claims").stdout.splitlines()[4].split()[1:]

    assert totals() == ["240.00", "45.16", "0.00", "0.00", "0.00", "0.00", "0.00"]
    assert two_promises("claims", "file", *OCTOBER, "--amount", "240.00 USD").exit_code == 0
    assert two_promises("claims", "settle", *OCTOBER, "--refused", "--reason", "No").exit_code == 0
    assert totals() == ["0.00", "0.00", "0.00", "0.00", "0.00", "240.00", "0.00"]


def test_the_page_of_several_promises_argues_each_of_them(two_promises, between):
    two_promises("claims", "bundle", *OCTOBER, "--out", str(between / "out"))
    page = (between / "out" / "our-objects-2026-10.html").read_text().replace("\xa0", " ")

    assert "<h1>We claim 285.16 USD; each promise is below</h1>" in page
    assert "Of the credit by our figures, 45.16 USD are given without a claim." in page
    assert "claim by 30 November 2026" in page
    assert "2 bad slots of 7 h" in page
    assert "no claim needed" in page
    assert "Share of the fee" not in page
    assert ">120</" in page, "the day has the minutes down, not those of the bad slot"
    assert ">420</" not in page
    rows = [row for row in records(between / "out" / "our-objects-2026-10.csv") if row["record"] == "promise"]
    assert [(row["reference"], row["amount"]) for row in rows] == [
        ("month", "240.00"),
        ("clock-hour", "45.16"),
    ]


def test_a_long_name_does_not_make_a_line_wider_than_the_terminal(between, buyer):
    config = between / "makegood.toml"
    config.write_text(config.read_text().replace('title = "Storage"', f'title = "{"Storage SLA " * 8}"'))

    assert max(map(len, buyer()("claims", "show", *OCTOBER).stdout.splitlines())) <= 80


def test_a_month_in_which_nothing_is_owed_offers_nothing_to_claim(buyer):
    shown = buyer()("claims", "show", "our-objects", "2026-11").stdout

    assert "our-objects, 2026-11: nothing is owed by Cloud Example Inc., by our measurements\n" in shown
    assert "State     nothing to claim, the period runs" in shown
    assert ("bundle" in shown, "[ ]" in shown) == (False, False)


def test_a_day_that_runs_from_a_report_says_that_none_is_recorded(buyer):
    shown = buyer('claim = "60 days after report"')("claims", "show", *OCTOBER).stdout

    assert "No report is recorded: it counts from the outage" in shown


def test_without_a_folder_the_bundle_goes_to_that_of_the_reports(buyer, between):
    assert buyer()("claims", "bundle", *OCTOBER).exit_code == 0
    assert (between / "papers" / "our-objects-2026-10.html").exists()


@pytest.mark.parametrize(("due", "shown"), [("12d", True), ("20 days", True), ("11d", False)])
def test_what_reminders_would_tell_in_so_many_days(buyer, due, shown):
    """It is the 18th, and the last day is the 30th."""
    answer = buyer()("claims", "list", "--due", due)

    assert ("2026-11-30" in answer.stdout) is shown
    if not shown:
        assert answer.stdout == "No last day is within 11d.\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            CLAIM,
            "claim = 30",
            'sla.storage.claim: 30 is no claim: write "30 days after period", or a table of',
        ),
        ('sla = "storage"', 'sla = "library:aws-s3"', "library:aws-s3-standard, library:aws-s3-infrequent"),
        (
            'sla = "storage"',
            'sla = "library:aws-s3-standard"',
            (
                'has no item "standard": write monthly_fee = { standard = "…" } '
                '(library/aws-s3.toml:16)\n    sla = "library:aws-s3-standard"\n'
            ),
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_can_be_mended(between, cli, old, new, said):
    config = between / "makegood.toml"
    text = config.read_text().replace(old, new, 1)
    config.write_text(text)
    line = text[: text.index(new)].count("\n") + 1

    answer = cli("claims")
    assert said in answer.stderr
    assert answer.stderr.startswith(f"{config}:{line}: ")


def test_who_buys_nothing_is_told_so(house, cli):
    assert cli("claims").stdout == 'We buy nothing: no agreement has provider = "...".\n'


# --- what became of it ------------------------------------------------------------------------------------


def test_a_claim_is_filed_answered_and_paid(buyer, clock):
    call = buyer()
    filed = call("claims", "file", *OCTOBER, "--on", "2026-11-17", "--reference", "CASE-77")
    granted = call(
        "claims", "settle", *OCTOBER, "--granted", "200.00 USD", "--reason", "They saw 100 minutes"
    )
    shown = call("claims", "show", *OCTOBER).stdout
    paid = call("claims", "settle", *OCTOBER, "--paid")

    assert filed.stderr == "our-objects, 2026-10: open -> claimed on 2026-11-17, 240.00 USD\n"
    assert granted.stderr == (
        "our-objects, 2026-10: claimed -> granted on 2026-11-18, 200.00 USD\n"
        "That is 40.00 USD less than our figure, 240.00 USD.\n"
    )
    assert "Granted   200.00 USD, 40.00 USD less than our figure\n" in shown
    assert re.search(r"  2026-11-17 claimed: 240.00 USD, reference CASE-77 \(by \S+, entry \d+\)\n", shown)
    assert paid.stderr == "our-objects, 2026-10: granted -> paid on 2026-11-18, 200.00 USD\n"
    (line,) = json.loads(call("claims", "list", "--json").stdout)
    assert (line["state"], line["granted"]["minor"], line["short"]["minor"]) == ("paid", 20_000, 4_000)
    assert [step["state"] for step in line["steps"]] == ["claimed", "granted", "paid"]
    clock.at = at("2027-03-01T00:00Z")
    assert "paid" in call("claims", "list", "--months", "1").stdout, "what was recorded is never out of sight"


def test_a_claim_that_they_refuse_has_a_reason(buyer):
    call = buyer()
    call("claims", "file", *OCTOBER)

    assert call("claims", "settle", *OCTOBER, "--refused").stderr == (
        "our-objects, 2026-10: --reason is missing: say why they refuse it\n"
    )
    assert call("claims", "settle", *OCTOBER, "--refused", "--reason", "Their logs differ").exit_code == 0
    (line,) = json.loads(call("claims", "list", "--state", "refused", "--json").stdout)
    assert (line["granted"]["minor"], line["short"]["minor"]) == (0, 24_000)


def test_an_answer_to_a_claim_that_nobody_recorded_asks_for_the_claim_first(buyer):
    call = buyer()
    early = call("claims", "settle", *OCTOBER, "--granted", "240.00 USD")

    assert early.exit_code == 2
    assert early.stderr == (
        "our-objects, 2026-10: no claim was recorded as filed: record the claim first, on its day: "
        "makegood claims file our-objects 2026-10 --on DAY\n"
    )
    assert call("claims", "file", *OCTOBER, "--on", "2026-11-16").exit_code == 0
    assert call("claims", "settle", *OCTOBER, "--granted", "240.00 USD", "--on", "2026-11-15").exit_code == 2
    assert call("claims", "settle", *OCTOBER, "--granted", "240.00 USD", "--on", "2026-11-17").exit_code == 0


def test_what_is_recorded_already_is_not_recorded_twice(buyer):
    call = buyer()
    words = ("claims", "file", *OCTOBER, "--reference", "CASE-77")
    assert call(*words).exit_code == 0
    again, other = call(*words), call(*words, "--on", "2026-11-17")
    settled = ("claims", "settle", *OCTOBER, "--granted", "240.00 USD", "--paid")

    assert (again.exit_code, other.exit_code) == (2, 0), "another day is another entry"
    assert re.search(r"2026-10: nothing changed: recorded already \(entry \d+\)\n", again.stderr)
    assert [call(*settled).exit_code for _ in range(2)] == [0, 2]


def test_more_than_the_fee_of_the_period_is_asked_about(buyer):
    answer = buyer()("claims", "file", *OCTOBER, "--amount", "24000.00 USD")

    assert answer.exit_code == 0
    assert "more than the fee of the whole period, 2,400.00 USD: is it right?" in answer.stderr


def test_a_notice_and_then_the_claim(buyer):
    call = buyer('claim = { notify = "45 days after outage", by = "60 days after period" }')

    assert call("claims", "file", *OCTOBER, "--notice", "--on", "2026-11-16").exit_code == 0
    (line,) = json.loads(call("claims", "list", "--json").stdout)
    assert (line["state"], line["next_step"], line["claim_by"]) == ("noticed", "claim", "2026-12-30")


def test_what_comes_after_the_last_day_is_recorded_and_told(buyer, clock):
    clock.at = at("2026-12-04T09:00Z")
    answer = buyer()("claims", "file", *OCTOBER)

    assert answer.exit_code == 0
    assert answer.stderr.endswith("The last day was 2026-11-30: they may refuse what comes later.\n")


def test_looking_records_nothing(buyer):
    call = buyer()
    assert call("claims", "file", *OCTOBER, "--dry-run").exit_code == 0

    assert "open" in call("claims").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("file", "our-objects", "2026-1"),
            (
                'our-objects: "2026-1" names no period of "calendar month": write it as "2026-10"; '
                "its last periods are 2026-09, 2026-10, 2026-11\n"
            ),
        ),
        (("file", "our-objects", "2026-12"), "our-objects: 2026-12 is still to come"),
        (("file", "our-objects", "2026-08"), "our-objects was not in force in 2026-08; its last periods are"),
        (
            ("file", "our-objcts", "2026-10"),
            'there is no agreement "our-objcts": did you mean "our-objects"?',
        ),
        (
            ("file", "cloud", "2026-10"),
            'no agreement "cloud": it is a provider, and its agreement is our-objects',
        ),
        (("our-objects", "2026-10"), "Did you mean makegood claims show our-objects 2026-10?"),
        (("--json", "show", *OCTOBER), "--json comes after the command: makegood claims show --json"),
        (("show", "acme-shop", "2026-10"), "acme-shop is what we sell: what its customer may claim of us"),
        (("file", *OCTOBER, "--on", "2026-11-19"), "that day is still to come"),
        (("file", *OCTOBER, "--on", "2026-09-30"), "that is before the period itself"),
        (("file", *OCTOBER, "--amount", "80.00 EUR"), "is in USD, and not in EUR"),
        (("file", *OCTOBER, "--amount", "80"), '--amount: "80" has no currency: write "80 USD"'),
        (("file", *OCTOBER, "--amount", "0 USD"), '--amount: "0 USD" claims nothing'),
        (("file", *OCTOBER, "--on", "2026-10-03"), "the first outage was on 2026-10-06"),
        (("file", *OCTOBER, "--notice", "--amount", "80.00 USD"), "a notice claims nothing yet"),
        (("file", "our-objects", "2026-11"), "2026-11: nothing is owed by our figures; say what was claimed"),
        (("settle", *OCTOBER), "say what they answered"),
        (("settle", *OCTOBER, "--refused", "--paid"), "--refused: they grant nothing"),
        (
            ("settle", *OCTOBER, "--paid"),
            "no claim was recorded as filed: record the claim first",
        ),
        (("list", "--due", "36h"), '"36h" is no number of days: write it as in 3d'),
        (("list", "--due", "soon"), "--due: "),
        (("list", "--provider", "aws"), 'there is no provider "aws"; the configuration has cloud'),
    ],
)
def test_what_cannot_be_is_told_with_what_can(buyer, words, sentence):
    answer = buyer()("claims", *words)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert sentence in answer.stderr


def test_the_two_sides_are_not_confused(buyer):
    """`claim` is a customer's of us, `claims` is ours of a provider; each sends who errs to the other."""
    call = buyer()

    assert "makegood claims file" in call("claim", "move", "our-objects", "claimed").stderr
    for word in ("file", "settle", "bundle", "show"):
        wrong = call("claim", word, *OCTOBER)
        assert (wrong.exit_code, "are in `makegood claims`, with an s" in wrong.stderr) == (2, True)
    assert "`makegood claim move`" in call("claims", "move", "2026-0001", "claimed").stderr
    assert "makegood claims." in call("claim", "--help").stdout
    assert "makegood claim." in call("claims", "--help").stdout


def test_the_trail_shows_what_became_of_a_claim(buyer):
    call = buyer()
    call("claims", "file", *OCTOBER, "--on", "2026-11-17", "--reason", "By mail")

    assert "claimed on 2026-11-17, 240.00 USD: By mail" in call("audit").stdout


# --- what we buy is nobody's statement --------------------------------------------------------------------


def test_nothing_of_what_we_buy_is_issued_or_owed(buyer):
    call = buyer()

    assert call("statement", "issue", "--period", "2026-10").exit_code == 0
    papers = json.loads(call("statement", "list", "--json").stdout)
    assert [paper["customer"] for paper in papers] == ["acme", "globex"]
    exposed = json.loads(call("exposure", "--json").stdout)
    assert {item["agreement"] for item in exposed["items"]} == {"acme-shop", "globex-shop"}
    assert "our-objects" not in call("credits", "--csv").stdout
    assert "our-objects" not in call("claim", "list").stdout


def test_the_contract_of_the_guide_is_good(cli, tmp_path):
    guide = (Path(__file__).parents[2] / "docs" / "buying.md").read_text(encoding="utf-8")
    head = '[monitor]\ndatabase = "e.db"\n\n[issuer]\nname = "Us Ltd"\n'
    (tmp_path / "makegood.toml").write_text(head + guide.split("```toml\n")[1].split("```")[0])

    assert "is good: 1 endpoint, 1 service, 0 customers, 1 agreement." in cli("config", "check").stdout


# --- the evidence to attach -------------------------------------------------------------------------------


BERLIN = 'timezone = "Europe/Berlin"\nasks = '


@pytest.fixture
def bundled(buyer, between):
    """What is attached under a contract whose zone is Berlin's."""
    config = between / "makegood.toml"
    config.write_text(config.read_text().replace("asks = ", BERLIN))
    answer = buyer()("claims", "bundle", *OCTOBER, "--out", str(between / "out"), "--json")
    assert answer.exit_code == 0, answer.stderr
    return between / "out", json.loads(answer.stdout)


def test_the_bundle_is_a_page_and_three_tables(bundled):
    folder, said = bundled

    names = ["our-objects-2026-10.html", "our-objects-2026-10.csv", "our-objects-2026-10-outages.csv",
             "our-objects-2026-10-failed-checks.csv"]  # fmt: skip
    assert said["files"] == [str(folder / name) for name in names]
    assert said["owed_to_us"]["minor"] == 24_000


def test_the_page_says_what_a_provider_needs_to_see(bundled):
    folder, _ = bundled
    page = (folder / "our-objects-2026-10.html").read_text().replace("\xa0", " ").replace("\u202f", " ")

    for said in (
        "<h1>We claim 240.00 USD: 99.5973 % against a commitment of 99.9 %</h1>",
        "The claim is due by 30 November 2026. The last day is included, in Europe/Berlin.",
        "6 Oct 2026, 12:00:00 UTC",
        "6 Oct, 14:00:00 CEST",
        "bucket (http, 127.0.0.1) is checked every 5 min 00 s",
        "once 2 of 3 attempts fail",
        "100.0000 % of the promised time was measured.",
        "The promise is at least 99.9 % of each calendar month",
    ):
        assert said in page, said
    for ours in ("SLA Credit Request", "What our own monitor could not tell", "was not held against"):
        assert ours not in page, ours
    assert "http://" not in page, "no address of ours is handed out"
    assert "<script" not in page


def test_the_outages_in_both_zones(bundled):
    folder, _ = bundled
    first, second = records(folder / "our-objects-2026-10-outages.csv")

    assert (first["start_utc"], first["start_local"], first["zone"]) == (
        "2026-10-06T12:00:00.000Z", "2026-10-06T14:00:00.000+02:00", "Europe/Berlin",
    )  # fmt: skip
    assert (first["counted_ms"], second["counted_ms"]) == ("7200000", "3600000")
    assert first["start_error_ms"] == "300000"


def test_the_failed_checks_hold_nothing_that_the_target_said(bundled):
    folder, _ = bundled
    failed = records(folder / "our-objects-2026-10-failed-checks.csv")

    assert len(failed) == (120 + 60) // 5
    assert {(each["check"], each["reason"]) for each in failed} == {("bucket", "timeout")}


def test_the_table_of_everything_has_the_workings_and_the_list(bundled):
    folder, _ = bundled
    path = folder / "our-objects-2026-10.csv"
    kinds = [each["record"] for each in records(path)]

    assert path.read_text(encoding="utf-8").isascii()
    assert list(dict.fromkeys(kinds)) == [
        "claim", "amount", "last day", "figure", "outage", "method", "contract", "working", "evidence",
    ]  # fmt: skip


def test_the_list_of_what_they_ask_for_is_ours_alone(bundled):
    folder, said = bundled
    path = folder / "our-objects-2026-10-CHECKLIST.txt"

    assert said["checklist"] == str(path)
    assert str(path) not in said["files"], "it is not to be attached"
    assert '  [ ] Write "SLA Credit Request" in the subject.\n' in path.read_text(encoding="utf-8")


def test_the_page_has_their_names_the_case_and_no_day_that_is_past(between, buyer, clock):
    """A published SLA by its provider's names; our reading of it, and https, under the method."""
    config = between / "makegood.toml"
    text = config.read_text().replace(
        'url = "http://127.0.0.1:1/bucket"', 'url = "https://127.0.0.1:1/b?part=7"'
    )
    text = text.replace('monthly_fee = "2400.00"', 'monthly_fee = { standard = "2400.00" }')
    measure = (
        'measure = { evidence = "slots", slot = "5m", as = "mean", empty = "good", requests = "checks" }'
    )
    lines = f'sla = "library:aws-s3-standard"\naccept_unverified = true\n{measure}'
    config.write_text(text.replace('sla = "storage"', lines))
    call = buyer()
    filed = call("claims", "file", *OCTOBER, "--reference", "CASE-77")
    assert filed.exit_code == 0, filed.stderr
    clock.at = at("2026-12-04T09:00Z")
    assert call("claims", "bundle", *OCTOBER, "--out", str(between / "out")).exit_code == 0
    page = (between / "out" / "our-objects-2026-10.html").read_text().replace("\xa0", " ")

    terms = "Amazon Web Services, S3 SLA, effective 2023-11-28, https://aws.amazon.com/s3/sla/"
    assert page.count(terms) == 2
    assert "library:" not in page
    assert "Claim for a service credit, case <bdi>CASE-77</bdi>" in page
    assert "bucket (https, 127.0.0.1)" in page
    assert "part=7" not in page
    assert "<li>Our planned checks are the requests.</li>" in page
    assert "; our planned checks" not in page
    assert "is due by" not in page
    (claim,) = [
        row for row in records(between / "out" / "our-objects-2026-10.csv") if row["record"] == "claim"
    ]
    assert claim["value"] == "CASE-77"


def test_a_day_that_passed_is_told_to_us_and_not_to_them(between, buyer, clock):
    clock.at = at("2026-12-04T09:00Z")
    answer = buyer()("claims", "bundle", *OCTOBER, "--out", str(between / "out"))

    assert "the last day was 2026-11-30, and no claim is recorded: they may refuse" in answer.stderr
    assert "is due by" not in (between / "out" / "our-objects-2026-10.html").read_text()


def test_what_is_known_from_memory_is_told_as_that(buyer, between):
    config = between / "makegood.toml"
    text = re.sub(r"asks = .*", "accept_unverified = true", config.read_text())
    config.write_text(text.replace('sla = "storage"', 'sla = "library:aws-ec2-region"'))
    call = buyer()

    shown = call("claims", "show", *OCTOBER).stdout
    assert "What they ask a claim to contain (memory: hold it against your contract)" in shown
    assert '[ ] Open a case with the provider\'s support, with "SLA Credit Request" in its\n' in shown
    assert "Not verified against the contract: scope (our-objects)." in shown
    answer = call("claims", "bundle", *OCTOBER, "--out", str(between / "out"))
    assert "What they ask a claim to contain (memory: hold it against your contract)" in answer.stderr
    assert "Not verified against the contract: scope (our-objects)." in answer.stderr
    assert "Not on the page yet: account, region (agreement.our-objects.references)" in answer.stderr
    assert "Not verified" not in (between / "out" / "our-objects-2026-10.html").read_text()
