"""Both sides of an outage, from the command line: between.py's house, October 2026.

On the 6th the storage took the shop down with it, on the 13th the shop failed by itself, on the 20th the
storage failed and the shop did not notice. Theirs: 240.00 USD, two hours and one hour of it. Ours: 120.00 EUR
and 90.00 USD, an hour and a half and half an hour.
"""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from pathlib import Path

import click
import pytest

from monitor.cli.app import makegood
from monitor.config import load_plan
from tests.cli.between import built
from tests.cli.conftest import at

OCTOBER = ("sides", "--period", "2026-10")


@pytest.fixture
def both(between, cli):
    return cli


def months(answer):
    assert answer.exit_code == 0, answer.stderr
    return json.loads(answer.stdout)


def minor(sums):
    """What is owed to us, what we owe and the net, by currency."""
    return {
        each["currency"]: tuple(each[key]["minor"] for key in ("owed_to_us", "we_owe", "net"))
        for each in sums
    }


def test_one_table_for_both_sides(both):
    answer = both(*OCTOBER)

    assert answer.exit_code == 0
    assert answer.stdout == (
        "OUTAGE            WHOSE            LASTED       OWED TO US  WE OWE     NET\n"
        "2026-10-06 12:00  objects > shop  2:00:00  EUR        0.00   90.00  -90.00\n"
        "                                           USD      160.00   67.50   92.50\n"
        "2026-10-13 20:00  shop            0:30:00  EUR        0.00   30.00  -30.00\n"
        "                                           USD        0.00   22.50  -22.50\n"
        "2026-10-20 08:00  objects         1:00:00  USD       80.00    0.00   80.00\n"
        "\n"
        "MONTH         OWED TO US  WE OWE      NET\n"
        "2026-10  EUR        0.00  120.00  -120.00\n"
        "         USD      240.00   90.00   150.00\n"
        "\n"
        "AGREEMENT    SIDE        PERIOD       FIGURE      COUNTS  STATE\n"
        "our-objects  owed to us  2026-10  240.00 USD  240.00 USD  open\n"
        "acme-shop    we owe      2026-10  120.00 EUR  120.00 EUR  not issued\n"
        "globex-shop  we owe      2026-10   90.00 USD   90.00 USD  not issued\n"
    )
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_the_same_for_programs(both):
    (october,) = months(both(*OCTOBER, "--json"))

    assert [(each["upstream"], each["downstream"]) for each in october["outages"]] == [
        (["objects"], ["shop"]), ([], ["shop"]), (["objects"], []),
    ]  # fmt: skip
    assert minor(october["outages"][0]["sums"]) == {"EUR": (0, 9_000, -9_000), "USD": (16_000, 6_750, 9_250)}
    assert minor(october["sums"]) == {"EUR": (0, 12_000, -12_000), "USD": (24_000, 9_000, 15_000)}
    (theirs,) = [part for part in october["outages"][0]["parts"] if part["side"] == "upstream"]
    assert (theirs["agreement"], theirs["counted_ms"], theirs["amount"]["minor"]) == (
        "our-objects", 7_200_000, 16_000,
    )  # fmt: skip


def test_the_months_up_to_the_one_that_runs(both):
    labels = [each["month"] for each in months(both("sides", "--json"))]

    assert labels == ["2026-09", "2026-10", "2026-11"]


def test_what_they_granted_counts_in_place_of_our_figure(both):
    both("claims", "file", "our-objects", "2026-10")
    both("claims", "settle", "our-objects", "2026-10", "--granted", "100.00 USD")
    (october,) = months(both(*OCTOBER, "--json"))

    assert minor(october["sums"])["USD"] == (10_000, 9_000, 1_000)
    assert [minor(each["sums"])["USD"][0] for each in october["outages"]] == [6_667, 0, 3_333]
    assert october["agreements"][0]["figure"]["minor"] == 24_000


def test_what_nobody_claimed_in_time_counts_for_nothing(both, clock):
    clock.at = at("2026-12-04T09:00Z")
    (october,) = months(both(*OCTOBER, "--json"))

    assert minor(october["sums"])["USD"] == (0, 9_000, -9_000)
    assert (october["agreements"][0]["state"], october["agreements"][0]["counts"]["minor"]) == ("lapsed", 0)


def test_what_was_issued_is_what_we_owe(both):
    """Acme's statement stands at 120.00 EUR, whatever a label makes of the outage afterwards."""
    both("statement", "issue", "--period", "2026-10")
    both("exclude", "add", "shop", "--start", "2026-10-06T12:00Z", "--end", "2026-10-06T14:00Z",
         "--what", "force majeure", "--reason", "Fibre cut")  # fmt: skip
    (october,) = months(both(*OCTOBER, "--json"))

    assert minor(october["sums"]) == {"EUR": (0, 12_000, -12_000), "USD": (24_000, 9_000, 15_000)}
    assert {each["state"] for each in october["agreements"]} == {"open", "granted"}


def test_only_what_depends_on_theirs_is_set_against_it(both, between):
    config = between / "makegood.toml"
    config.write_text(config.read_text().replace('depends_on = ["objects"]', ""))

    assert both("sides").stdout.startswith("Nothing that we sell depends on what we buy: write depends_on")


def test_what_nothing_depends_on_is_named_and_not_lost(both, between):
    config = between / "makegood.toml"
    config.write_text(
        config.read_text()
        + '[service.mail]\nup_when = "bucket"\n'
        + AGREEMENT.replace("NAME", "our-mail").replace("SERVICE", "mail")
    )

    assert both(*OCTOBER).stdout.endswith(
        "\nNot here, since nothing that we sell depends on it:\n  our-mail 2026-10, 10.00 USD: mail\n"
    )
    assert [each["agreement"] for each in months(both(*OCTOBER, "--json"))[0]["left_out"]] == ["our-mail"]
    config.write_text(config.read_text().replace('depends_on = ["objects"]', ""))
    assert "  our-objects 2026-10, 240.00 USD: objects\n" in both(*OCTOBER).stdout
    assert months(both(*OCTOBER, "--json"))[0]["agreements"] == []


AGREEMENT = """
[agreement.NAME]
provider = "cloud"
service = "SERVICE"
sla = "storage"
monthly_fee = "100.00"
from = 2026-09-01
"""


def test_a_dependency_may_lead_over_a_service_of_our_own(both, between):
    """The shop depends on a platform of ours, and that on the storage."""
    config = between / "makegood.toml"
    text = config.read_text().replace('depends_on = ["objects"]', 'depends_on = ["platform"]')
    config.write_text(f'{text}\n[service.platform]\nup_when = "web"\ndepends_on = ["objects"]\n')
    (october,) = months(both(*OCTOBER, "--json"))

    assert minor(october["sums"])["USD"] == (24_000, 9_000, 15_000)


def billed_from_the_15th(between, *changes):
    """The storage's months are billing months; more is changed in the configuration."""
    config = between / "makegood.toml"
    text = config.read_text().replace("claim = ", 'period = "billing month"\nclaim = ', 1)
    for old, new in (('sla = "storage"', 'sla = "storage"\nbilling_day = 15'), *changes):
        assert old in text
        text = text.replace(old, new)
    config.write_text(text)


def test_an_outage_is_one_though_its_parts_are_credited_in_two_months(both, between):
    """Sold on as it is bought: globex's October is a calendar month, the storage's ends in November."""
    billed_from_the_15th(
        between, ('customer = "globex"\nservice = "shop"', 'customer = "globex"\nservice = "objects"')
    )
    answer, (october,) = both(*OCTOBER), months(both(*OCTOBER, "--json"))

    assert (
        "2026-10-20 08:00  objects > objects        1:00:00  USD      240.00   30.00  210.00\n"
        "\n"
        "Credited in another month than the outage began in:\n"
        "  2026-10-20 08:00  objects, owed to us, 2026-11: 240.00 USD\n"
        "\n"
        "MONTH         OWED TO US  WE OWE      NET\n"
        "2026-10  EUR        0.00  120.00  -120.00\n"
        "         USD        0.00   90.00   -90.00\n"
    ) in answer.stdout
    parts = october["outages"][-1]["parts"]
    assert {(part["side"], part["month"], part["period"]) for part in parts} == {
        ("upstream", "2026-11", "2026-10-15"), ("downstream", "2026-10", "2026-10"),
    }  # fmt: skip


OVER_THE_EDGE = {
    "bucket": [(at("2026-10-31T22:30Z"), at("2026-11-01T01:00Z"))],
    "web": [(at("2026-10-31T23:10Z"), at("2026-10-31T23:50Z"))],
}


def test_an_outage_at_the_edge_of_a_month_is_one_in_every_zone(cli, tmp_path):
    """The shop's is all in Berlin's November, and all in October in UTC; the storage's is in both."""
    built(tmp_path, OVER_THE_EDGE)

    for asked in (OCTOBER, ("sides", "--period", "2026-11"), ("sides",)):
        (outage,) = [each for month in months(cli(*asked, "--json")) for each in month["outages"]]
        assert (outage["upstream"], outage["downstream"]) == (["objects"], ["shop"])
        assert {(part["agreement"], part["month"]) for part in outage["parts"] if part["counted_ms"]} == {
            ("our-objects", "2026-10"), ("our-objects", "2026-11"), ("acme-shop", "2026-11"),
            ("globex-shop", "2026-10"),
        }  # fmt: skip


def test_a_month_to_come_has_the_period_that_runs_and_ends_in_it(both, between):
    billed_from_the_15th(between)

    assert [each["month"] for each in months(both("sides", "--months", "1", "--json"))] == [
        "2026-11",
        "2026-12",
    ]
    (december,) = months(both("sides", "--period", "2026-12", "--json"))
    assert [(each["agreement"], each["period"], each["state"]) for each in december["agreements"]] == [
        ("our-objects", "2026-11-15", "open, runs")
    ]


def test_what_is_sold_on_is_on_both_sides_without_a_word(both, between):
    config = between / "makegood.toml"
    text = config.read_text().replace('depends_on = ["objects"]', "")
    config.write_text(
        text.replace('customer = "globex"\nservice = "shop"', 'customer = "globex"\nservice = "objects"')
    )
    (october,) = months(both(*OCTOBER, "--json"))

    assert [(each["upstream"], each["downstream"]) for each in october["outages"]] == [
        (["objects"], ["objects"])
    ] * 2
    assert minor(october["sums"]) == {"USD": (24_000, 9_000, 15_000)}


def test_one_month_is_not_several(both):
    answer = both(*OCTOBER, "--months", "2")

    assert (answer.exit_code, answer.stderr) == (
        2,
        "--period is one month: leave out --months, or --period\n",
    )


@pytest.mark.parametrize(
    ("depends", "sentence"),
    [
        ('["objcts"]', 'service.shop.depends_on[1]: there is no service "objcts"; did you mean "objects"?'),
        ('["shop"]', "service.shop.depends_on[1]: a service cannot depend on itself: shop leads to shop"),
    ],
)
def test_a_dependency_that_cannot_be_is_refused(both, between, depends, sentence):
    config = between / "makegood.toml"
    config.write_text(config.read_text().replace('["objects"]', depends))
    answer = both("config", "check")

    assert (answer.exit_code, sentence in answer.stderr) == (2, True), answer.stderr


@pytest.mark.parametrize(
    ("written", "other"),
    [('customer = "acme"', 'customer = "cloud"'), ('provider = "cloud"', 'provider = "acme"')],
)
def test_a_party_of_the_other_side_is_told_from_one_that_is_nowhere(both, between, written, other):
    config = between / "makegood.toml"
    config.write_text(config.read_text().replace(written, other, 1))
    is_, no = written.split(" = ")[0], other.split('"')[1]
    side = "provider" if is_ == "customer" else "customer"

    assert (
        f'.{is_}: "{no}" is a {side}, and no {is_}: write {side} = "{no}"' in both("config", "check").stderr
    )


def test_a_month_that_is_none_or_still_to_come(both):
    assert "--period: " in both("sides", "--period", "2026-13").stderr
    assert both("sides", "--period", "2026-12").stderr == "--period: 2026-12 is still to come\n"


SILVER = """
[sla.silver]
title = "Silver"
commitment = "99.9%"
credits = { "< 99.9%" = "5%" }
"""


def beside(config, names):
    """ACME's agreement with SLAs beside it."""
    text = config.read_text().replace("[agreement.acme-shop]", f"[agreement.acme-shop]\nshadow = {names}")
    config.write_text(text + SILVER)


def test_what_we_would_owe_by_a_shadow_is_what_we_would_owe_had_it_been_agreed(both, between):
    """And what was issued by the SLA that holds plays no part in it."""
    config = between / "makegood.toml"
    agreed = config.read_text() + SILVER
    beside(config, '["silver"]')
    both("statement", "issue", "--period", "2026-10")
    (shadow,) = months(both(*OCTOBER, "--shadow", "silver", "--json"))
    config.write_text(agreed.replace('sla = "gold"', 'sla = "silver"'))
    real = json.loads(both("explain", "acme", "--period", "2026-10", "--json").stdout)

    assert minor(shadow["sums"])["EUR"][1] == real["sections"][0]["credit"]["minor"] == 6_000
    assert [minor(each["sums"]) for each in shadow["outages"]] == [
        {"EUR": (0, 4_500, -4_500), "USD": (16_000, 0, 16_000)},
        {"EUR": (0, 1_500, -1_500)},
        {"USD": (8_000, 0, 8_000)},
    ]
    assert {each["agreement"]: each["state"] for each in shadow["agreements"]} == {
        "our-objects": "open", "acme-shop by silver": "shadow",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("names", "asked", "sentence"),
    [
        ('["silver"]', "golden", 'has the shadow "golden"; their shadows are silver\n'),
        ("[]", "silver", 'has the shadow "silver"; write shadow = ["silver"] in one\n'),
    ],
)
def test_a_shadow_that_nothing_has(both, between, names, asked, sentence):
    beside(between / "makegood.toml", names)
    answer = both(*OCTOBER, "--shadow", asked)

    assert (answer.exit_code, answer.stderr) == (
        2, f"--shadow: nothing that we sell on what we buy {sentence}",
    )  # fmt: skip


# --- the page that tells of it ----------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "buying.md").read_text(encoding="utf-8")
AROUND = """
[issuer]
name = "Between Hosting Ltd"

[endpoint.web]
url = "http://127.0.0.1:1/"
"""


def test_the_table_on_the_page_is_what_is_printed(both):
    (table,) = re.findall(r"(?:^    .*\n|^\n(?=    ))+(?=\nA credit belongs)", PAGE, re.MULTILINE)

    assert both(*OCTOBER).stdout.startswith(textwrap.dedent(table).lstrip("\n"))


def test_the_configuration_on_the_page_is_good(tmp_path):
    blocks = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "makegood.toml").write_text(AROUND + "".join(blocks), encoding="utf-8")
    plan = load_plan(tmp_path / "makegood.toml", environ={})

    assert plan.agreements["our-objects"].kind == "provider"
    assert plan.services["shop"].depends_on == ("objects",)


def test_every_command_on_the_page_exists_with_its_options():
    for line in re.findall(r"^    makegood (.*?)(?:  +#.*)?$", PAGE, re.MULTILINE):
        command, rest = makegood, shlex.split(line)
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            command, rest = command.commands[rest[0]], rest[1:]
        known = {name for option in command.params for name in option.opts}
        assert {word for word in rest if word.startswith("--")} <= known, line


def test_a_shadow_that_nobody_verified_is_priced_for_who_accepts_it(both, between):
    beside(between / "makegood.toml", '["library:neon"]')

    refused, accepted = (both(*OCTOBER, "--shadow", "neon", *how) for how in ((), ("--accept-unverified",)))

    assert (refused.exit_code, accepted.exit_code) == (2, 0)
    assert refused.stderr == (
        "--shadow neon: nobody has verified its commitment, credits, claim: "
        "compare with the provider's text, or say --accept-unverified\n"
    )
