"""An SLA tried on what was recorded: month by month what the statements would have said."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest

from monitor.cli.layout import exact
from monitor.config import load_plan
from monitor.store import open_store
from monitor.store.protocol import Holder
from tests.cli.conftest import REACHED
from tests.cli.test_whatif import STAGES, add, agreement, at

SILVER = """
[sla.silver]
title = "Silver"
commitment = "99.5%"
credits = { "< 99.5%" = "5%" }

[sla.strict]
commitment = "99.99%"
credits = { "< 99.99%" = "20%", "< 99.5%" = "50%" }
"""


def tried(cli, *words: str) -> dict:
    answer = cli("backtest", *words, "--json")
    assert answer.exit_code == 0, answer.stderr
    return json.loads(answer.stdout)


def column(found: dict, name: str) -> dict:
    (one,) = [each for each in found["slas"] if each["name"] == name]
    return one


def test_candidates_side_by_side(cli, house):
    """Two hours down on 6 October; the records begin on 30 September, at midnight UTC.

    So the statement of September is about a day of it, and no candidate is judged by that day.
    """
    add(house, SILVER)

    answer = cli("backtest", "--sla", "silver", "--sla", "strict", "--service", "checkout", "--months", "3")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert (
        answer.stdout
        == """\
Checkout, 2026-08 to 2026-10, Europe/Berlin:
  [1] as agreed (acme-checkout), for 1,200.00 EUR a month
  [2] silver, for 1,200.00 EUR a month
  [3] strict, for 1,200.00 EUR a month

MONTH    [1] FIGURE      CREDIT  [2] FIGURE    CREDIT  [3] FIGURE      CREDIT
2026-08           -           ?           -         ?           -           ?
2026-09  100.0000 %    0.00 EUR           -         ?           -           ?
2026-10   99.7315 %  120.00 EUR   99.7315 %  0.00 EUR   99.7315 %  240.00 EUR
MISSED       1 of 2                  0 of 1                1 of 1
TOTAL                120.00 EUR              0.00 EUR              240.00 EUR

Credits month by month: 1 to 9 of the greatest, . none, ? not known, - no period
  [1] ?.5
  [2] ??.
  [3] ??9

What the evidence could not settle (? is in no total):
  2026-08: nothing was recorded
  2026-09 [1]: 698 h 00 min 00 s before anything was recorded; the figure is of the rest
  2026-09 [2][3]: recorded in part, 698 h 00 min 00 s before anything was recorded

[1] 2 periods settled, 1 not; [2][3] 1 period settled, 2 not.
"""
    )


@pytest.mark.parametrize("name", [*STAGES])
def test_the_real_sla_comes_to_what_its_statements_say(cli, house, name):
    """Each kind of SLA, agreed and tried: the same figures in every month that was recorded whole."""
    text = '\n[service.both]\ntitle = "Both"\nresources = ["web", "search-web"]\n'
    add(house, f"{text}[sla.{name}]\n{STAGES[name]}" + agreement(name))

    found = tried(cli, "--sla", name, "--service", "both", "--months", "2")

    real, candidate = found["slas"]
    pairs = zip(real["periods"], candidate["periods"], strict=True)
    assert all(one == other for one, other in pairs if not (other["undetermined"] or "").endswith("in part"))
    for period in real["periods"]:
        paper = json.loads(cli("explain", "acme", "--period", period["period"], "--json").stdout)
        (section,) = [each for each in paper["sections"] if each["agreement"] == name]
        assert (period["credit"], period["availability"]) == (section["credit"], section["availability"])


def test_a_month_that_was_recorded_in_part_proves_nothing_of_a_candidate(cli, house):
    """Of September the last 22 hours are seen, all of them up: no promise was kept by that."""
    add(house, SILVER)

    found = tried(cli, "--sla", "strict", "--service", "checkout", "--months", "2")

    agreed, strict = found["slas"]
    (september, _), (stated, _) = strict["periods"], agreed["periods"]
    assert (september["availability"], september["met"], september["credit"]) == (None, None, None)
    assert september["undetermined"] == "recorded in part"
    assert september["coverage"] == exact(Fraction(22, 30 * 24))
    assert (strict["not_determinable"], stated["met"]) == (1, True)


def test_a_mean_over_a_month_that_was_recorded_in_part_is_no_figure(cli, house):
    add(house, f"[sla.mean]\n{STAGES['mean']}")

    _, mean = tried(cli, "--sla", "mean", "--service", "checkout", "--months", "1")["slas"]

    (october,) = mean["periods"]
    assert (october["availability"], october["credit"]) == (None, None)
    assert october["undetermined"] == "its mean looks at 2026-09, recorded in part"


def test_a_single_candidate_has_bars_and_many_stand_below_each_other(cli, house):
    add(house, SILVER)
    two = cli("backtest", "--sla", "strict", "--service", "checkout", "--months", "1").stdout.splitlines()
    assert two[5] == "2026-10   99.7315 %  120.00 EUR  #####   99.7315 %  240.00 EUR  ##########"

    words = [word for name in ("silver", "strict", "gold") for word in ("--sla", name)]
    many = cli("backtest", *words, "--service", "checkout", "--months", "1").stdout.splitlines()
    assert max(map(len, many)) <= 80
    assert [line.split() for line in many if line.startswith("MONTH")] == [
        ["MONTH", *(word for number in (1, 2, 3) for word in (f"[{number}]", "FIGURE", "CREDIT"))],
        ["MONTH", "[4]", "FIGURE", "CREDIT"],
    ]


def test_a_candidate_is_tried_as_if_it_had_been_agreed_all_the_time(cli, house):
    path = house / "makegood.toml"
    text = path.read_text(encoding="utf-8").replace("from = 2026-01-01", "from = 2026-10-16", 1)
    path.write_text(text + SILVER, encoding="utf-8")

    found = tried(cli, "--sla", "strict", "--service", "checkout", "--months", "1")

    agreed, strict = found["slas"]
    assert agreed["total"][0]["decimal"] == "0.00", "it began after the outage"
    assert strict["total"][0]["decimal"] == "240.00"


def test_without_a_fee_the_credit_is_a_share_of_it(cli, house):
    add(house, SILVER + '\n[service.nobodys]\nup_when = { all = ["web"] }\n')

    answer = cli("backtest", "--sla", "strict", "--service", "nobodys", "--months", "1")

    assert "  [1] strict: without a fee, as a share of it" in answer.stdout.splitlines()
    assert answer.stdout.splitlines()[4].split() == ["2026-10", "99.7315", "%", "20", "%", "##########"]
    (only,) = tried(cli, "--sla", "strict", "--service", "nobodys", "--months", "1")["slas"]
    assert (only["total"], only["currency"], only["periods"][0]["credit"]) == (None, None, None)
    assert only["periods"][0]["share"] == {"numerator": 1, "denominator": 5}


def test_each_candidate_may_have_a_fee_of_its_own(cli, house):
    add(house, SILVER)
    words = ("--sla", "silver", "--sla", "strict", "--service", "checkout", "--months", "1")

    found = tried(cli, *words, "--fee", "900.00", "EUR", "--fee", "2000.00", "USD")

    assert column(found, "strict")["total"] == [{"minor": 40_000, "currency": "USD", "decimal": "400.00"}]
    wrong = cli("backtest", *words[2:], "--fee", "1", "EUR", "--fee", "2", "EUR")
    assert (wrong.exit_code, wrong.stderr) == (
        2,
        "--fee is said 2 times: say it once, or once for each of 1 --sla\n",
    )


def test_a_published_sla_is_tried_by_its_name(cli, house):
    words = ("--service", "checkout", "--months", "1", "--fee", "1000", "USD")

    found = tried(cli, "--sla", "library:hetzner-cloud", *words, "--accept-unverified")

    assert column(found, "library:hetzner-cloud")["unverified"]


def test_a_published_sla_needs_no_prefix_on_the_command_line(cli, house):
    words = ("--service", "checkout", "--months", "1", "--accept-unverified", "--fee", "1000", "USD")

    (_, short) = tried(cli, "--sla", "neon", *words)["slas"]
    assert short["name"] == "library:neon"

    add(house, '[sla.neon]\ncommitment = "99.5%"\ncredits = "none"\n')
    (_, own) = tried(cli, "--sla", "neon", *words)["slas"]
    assert own["name"] == "neon", "one's own goes first"


BUSINESS = """
[calendar.office]
hours = "Mon-Fri 09:00-17:00"
timezone = "Europe/Berlin"
holidays = "DE-BE"
"""


def test_a_calendar_is_said_where_the_terms_count_business_time(cli, house):
    words = ("--sla", "safespring-newer", "--service", "checkout", "--months", "1")

    asked = cli("backtest", *words)
    assert asked.exit_code == 2
    assert asked.stderr == (
        "--sla library:safespring-newer: exclude[1]: business time is counted in a calendar, "
        "and it names none: say --calendar NAME\n"
    )
    unknown = cli("backtest", *words, "--calendar", "office")
    assert unknown.stderr == (
        '--calendar: the configuration has no calendar "office"; write [calendar.NAME] there\n'
    )

    add(house, BUSINESS)
    assert cli("backtest", *words, "--calendar", "office").exit_code == 0
    assert "write one of: office" in cli("backtest", *words, "--calendar", "offce").stderr


def test_another_currency_is_asked_for_with_the_fee_that_was_said(cli, house):
    words = ("--sla", "library:aws-s3-standard", "--service", "checkout", "--months", "1")

    answer = cli("backtest", *words, "--fee", "1200", "EUR")

    assert (answer.exit_code, answer.stderr) == (
        2,
        "--sla library:aws-s3-standard: its limits are in USD: say --fee 1200 USD\n",
    )
    assert cli("backtest", *words, "--fee", "1200 USD").exit_code == 0, "one word will do"


def test_an_agreement_names_its_service(cli, house):
    words = ("--sla", "gold", "--months", "1")

    named = cli("backtest", *words, "--agreement", "acme-checkout")

    assert named.stdout == cli("backtest", *words, "--service", "checkout").stdout
    neither = cli("backtest", *words)
    assert (neither.exit_code, neither.stderr) == (
        2,
        "whose history is it? say --service ID, or --agreement ID for its service\n",
    )


TOLD = 'commitment = "99.9%"\noutage = { starts = "reported" }\ncredits = { "< 99.9%" = "10%" }\n'


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (
            STAGES["requests"].replace(', requests = "checks"', ""),
            (
                "it is settled from counts of requests, which no probe tells: "
                "`makegood evaluate` settles it from a file"
            ),
        ),
        (
            TOLD,
            (
                "an outage counts from its report, and when the outage 20261006T120000Z was reported "
                "is not recorded: `makegood outage report` records it"
            ),
        ),
    ],
)
def test_what_no_probe_tells_is_said_with_who_can(cli, house, terms, said):
    add(house, f"[sla.told]\n{terms}")

    answer = cli("backtest", "--sla", "told", "--service", "checkout", "--months", "1")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert f"  2026-10 [2]: {said}" in answer.stdout.splitlines()


def test_what_is_alike_in_months_that_follow_is_said_once(cli, house):
    """October has a sentence more than September; what both have is still one line."""
    add(house, f"[sla.told]\n{STAGES['by-hand']}" + '\n[service.nobodys]\nup_when = { all = ["web"] }\n')
    words = ("--service", "nobodys", "--months", "3", "--sla")

    lines = cli("backtest", *words, "told", "--sla", "google-cloud-run", "--accept-unverified").stdout

    assert [line for line in lines.splitlines() if "counts of requests" in line] == [
        (
            "  2026-09 to 2026-10 [2]: it is settled from counts of requests, which no probe tells: "
            "`makegood evaluate` settles it from a file"
        )
    ]
    assert [line.split(":")[0] for line in lines.splitlines() if "a person enters" in line] == [
        "  2026-10 [1]"
    ]


def test_credits_that_were_not_read_are_no_credit_of_nothing(cli, house):
    words = ("--service", "checkout", "--months", "1", "--accept-unverified")

    answer = cli("backtest", "--sla", "library:hetzner-cloud", *words)
    (found,) = tried(cli, "--sla", "library:hetzner-cloud", *words)["slas"][1]["periods"]

    assert (found["met"], found["credit"], found["share"]) == (False, None, None)
    assert "  2026-10 [2]: what a miss costs was not read: write the credits into an SLA that is like it" in (
        answer.stdout.splitlines()
    )


def test_what_nobody_has_verified_is_not_priced_unless_one_says_so(cli, house):
    words = ("--sla", "library:neon", "--service", "checkout", "--months", "1", "--fee", "1000", "USD")

    refused, told = cli("backtest", *words), cli("backtest", *words, "--accept-unverified")

    assert refused.exit_code == 2
    assert refused.stderr == (
        "--sla library:neon: not verified: commitment, credits, claim; "
        "compare with the provider's text, or say --accept-unverified\n"
    )
    assert told.stdout.splitlines()[-1] == (
        "Not verified against the contract: commitment, credits, claim (library:neon)."
    )


def test_every_mistake_is_told_with_what_to_write(cli, house):
    for words, said in (
        (("--sla", "golds", "--service", "checkout"), 'there is no SLA "golds"; did you mean "gold"?'),
        (
            ("--sla", "gold", "--service", "shop"),
            'there is no service "shop"; write one of: checkout, search',
        ),
        (("--sla", "gold", "--service", "checkout", "--months", "0"), "--months: 0 is not from 1 to 120"),
        (("--sla", "gold", "--service", "checkout", "--agreement", "x"), "write one of: acme-checkout"),
        (
            ("--sla", "gold", "--service", "checkout", "--fee", "many", "EUR"),
            '--fee: "many" is not an amount',
        ),
        (("--sla", "gold", "--service", "checkout", "--fee", "1", "EURO"), '--fee: "EURO" is not a currency'),
    ):
        answer = cli("backtest", *words)
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert said in answer.stderr


def test_among_several_agreements_one_is_chosen(cli, house):
    add(house, agreement("gold-too", service="checkout").replace('sla = "gold-too"', 'sla = "gold"'))

    answer = cli("backtest", "--sla", "gold", "--service", "checkout")

    assert answer.exit_code == 2
    assert "there are 2 agreements on checkout: say whose fee it is" in answer.stderr
    assert cli("backtest", "--sla", "gold", "--service", "checkout", "--agreement", "gold-too").exit_code == 0


def test_lines_for_a_table(cli, house):
    add(house, SILVER)

    answer = cli("backtest", "--sla", "strict", "--service", "checkout", "--months", "2", "--csv")

    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert [(row["month"], row["sla"], row["decimal"]) for row in rows] == [
        ("2026-09", "as agreed (acme-checkout)", "0.00"),
        ("2026-09", "strict", ""),
        ("2026-10", "as agreed (acme-checkout)", "120.00"),
        ("2026-10", "strict", "240.00"),
    ]
    assert rows[0]["unrecorded_ms"] == str(698 * 3_600_000)


def test_a_period_that_runs_on_beyond_the_month_is_named(cli, house):
    add(house, f"[sla.quarterly]\n{STAGES['quarterly']}")

    answer = cli("backtest", "--sla", "quarterly", "--service", "checkout", "--months", "2")

    assert "(2026-Q4)" in answer.stdout


@pytest.mark.parametrize("name", ["in-a-row", "requests"])
def test_months_whose_checks_are_forgotten_are_not_guessed(cli, house, name):
    """Good checks before 20 October are gone, and what counts checks cannot be counted any more."""
    add(house, SILVER + f"[sla.{name}]\n{STAGES[name]}\n[service.one]\nresources = ['web']\n")
    plan = load_plan(house / "makegood.toml", environ={})
    store = open_store(plan.settings.database)
    with store.writer(Holder(1, "host", "test", REACHED)) as writer:
        writer.repack(REACHED)
        assert writer.forget(dict.fromkeys((1, 2), at("2026-10-20T00:00Z")))

    words = ("--sla", name, "--sla", "silver", "--service", "one", "--months", "1")
    answer, found = cli("backtest", *words), tried(cli, *words)

    (gone,), (silver,) = column(found, name)["periods"], column(found, "silver")["periods"]
    assert (gone["share"], silver["share"]) == (None, {"numerator": 0, "denominator": 1})
    assert "checks" in gone["undetermined"]
    assert f"  2026-10 [1]: {gone['undetermined']}" in answer.stdout.splitlines()
    assert column(found, name)["not_determinable"] == 1


def test_time_that_was_not_measured_is_told_by_its_reason(cli, house, clock):
    """The running month is not among them; the monitor stood still for a day of the one that is over."""
    clock.at = at("2026-12-02T12:00Z")
    add(house, SILVER)

    answer = cli("backtest", "--sla", "silver", "--service", "search", "--months", "1")

    assert "?" in answer.stdout
    (line,) = [line for line in answer.stdout.splitlines() if "not measured" in line]
    assert line.endswith("not running")


def test_a_figure_in_no_row_is_no_credit_of_nothing(cli, house):
    holes = 'commitment = "99.9%"\ncredits = { "< 99.9%, >= 99.8%" = "10%", in_no_row = "refuse" }\n'
    add(house, f"[sla.holes]\n{holes}")

    answer = cli("backtest", "--sla", "holes", "--service", "checkout", "--months", "1")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert "  2026-10 [2]: the figure is in no row of the table" in answer.stdout.splitlines()


def test_terms_that_name_money_ask_what_is_paid(cli, house):
    flat = 'commitment = "99.9%"\ncredits = { each = "full 1h", credit = "50.00 EUR" }\n'
    add(house, f"[sla.flat]\n{flat}\n[service.nobodys]\nup_when = {{ all = ['web'] }}\n")
    words = ("--sla", "flat", "--service", "nobodys", "--months", "1")

    asked = cli("backtest", *words)

    assert (asked.exit_code, asked.stderr) == (
        2,
        "--sla flat: it names amounts of money; say what is paid: --fee 1000 EUR\n",
    )
    (flat,) = tried(cli, *words, "--fee", "80", "EUR")["slas"]
    assert flat["total"][0]["decimal"] == "80.00", "two hours would be 100.00, and the fee is the most"


def test_items_of_a_fee_are_written_into_an_agreement(cli, house):
    words = ("--sla", "library:aws-dynamodb-global", "--service", "search", "--months", "1")

    answer = cli("backtest", *words, "--fee", "100", "USD")

    assert answer.exit_code == 2
    assert answer.stderr.startswith(
        '--sla library:aws-dynamodb-global: base: the fee has no item "region": write monthly_fee = { region'
    )
    assert answer.stderr.splitlines()[0].endswith("and name that: --agreement ID")
