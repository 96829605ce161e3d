"""Shadows: SLAs that run beside the agreed one, are compared with it, and are never owed."""

from __future__ import annotations

import json

import pytest

from monitor.config import load_plan
from monitor.config.digest import plan_digest
from monitor.config.load import load_text
from monitor.config.written import as_toml, withheld
from monitor.core.intervals import MINUTE
from monitor.ledger.excerpt import excerpt
from monitor.statements.counted import needs_of
from monitor.store.protocol import Need
from tests.cli.test_backtest import SILVER
from tests.cli.test_whatif import STAGES, add, agreement


@pytest.fixture
def shadowed(house):
    """ACME's agreement with two SLAs beside it."""
    add(house, SILVER)
    shadow(house, '["strict", "silver"]')
    return house


def shadow(house, names: str, key: str = "acme-checkout") -> None:
    path = house / "makegood.toml"
    head = f"[agreement.{key}]\n"
    text = path.read_text(encoding="utf-8").replace(head, f"{head}shadow = {names}\n")
    path.write_text(text, encoding="utf-8")


def test_the_figures_stand_side_by_side_with_their_difference(cli, shadowed):
    """Two hours down on 6 October."""
    answer = cli("shadow", "--period", "2026-10")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert (
        answer.stdout
        == """\
2026-10: what was agreed, and SLAs beside it. Nothing is owed by them.

AGREEMENT      SLA                MEASURED  MISSED      CREDIT   DIFFERENCE
acme-checkout  gold (as agreed)  99.7315 %  yes     120.00 EUR
               strict            99.7315 %  yes     240.00 EUR  +120.00 EUR
               silver            99.7315 %  no        0.00 EUR  -120.00 EUR

strict: 240.00 EUR instead of 120.00 EUR, +120.00 EUR (1 agreement)
silver: 0.00 EUR instead of 120.00 EUR, -120.00 EUR (1 agreement)
"""
    )


def test_a_shadow_is_asked_for_by_its_own_name(cli, shadowed):
    found = json.loads(cli("shadow", "silver", "--period", "2026-10", "--json").stdout)

    assert [[each["sla"] for each in row["shadows"]] for row in found["agreements"]] == [["silver"]]
    assert [each["sla"] for each in found["sums"]] == ["silver"]


def test_it_fits_a_narrow_screen(cli, house):
    shadow(house, '["library:azure-load-balancer"]\naccept_unverified = true')
    said = cli("shadow", "--period", "2026-10").stdout
    assert "\n               azure-load-balancer " in said
    assert max(map(len, said.split("\nNot verified")[0].splitlines())) <= 80


def test_who_has_none_is_told_who_has(cli, shadowed):
    answer = cli("shadow", "muster", "--period", "2026-10")

    assert (answer.exit_code, answer.stdout) == (
        0, "No agreement of muster has a shadow; acme-checkout has one.\n",
    )  # fmt: skip


def test_the_month_that_is_over_is_the_one_that_is_meant(cli, shadowed):
    assert cli("shadow").stdout == cli("shadow", "--period", "2026-10").stdout


def test_of_a_month_that_runs_it_is_what_there_is_so_far(cli, shadowed):
    answer = cli("shadow", "--period", "2026-11")

    assert answer.stdout.startswith("2026-11, so far: ")


def test_it_is_what_a_statement_on_those_terms_would_say(cli, shadowed):
    """The same SLA as a real agreement beside it: the same credit."""
    found = json.loads(cli("shadow", "--period", "2026-10", "--json").stdout)
    (row,) = found["agreements"]
    told = {each["sla"]: each["periods"][0]["credit"] for each in row["shadows"]}

    for name in ("strict", "silver"):
        add(shadowed, agreement(f"real-{name}", service="checkout").replace(f"real-{name}", name))
        path = shadowed / "makegood.toml"
        text = path.read_text(encoding="utf-8").replace('"100.00"', '"1200.00"')
        path.write_text(text, encoding="utf-8")
    paper = json.loads(cli("explain", "acme", "--period", "2026-10", "--json").stdout)
    stated = {each["agreement"]: each["credit"] for each in paper["sections"]}
    assert told == {name: stated[name] for name in ("strict", "silver")}


READING = (
    ("budget", "--json"),
    ("exposure", "--json"),
    ("status",),
    ("credits",),
    ("explain", "acme", "--period", "2026-10", "--json"),
    ("explain", "acme", "--period", "2026-11", "--json"),
    ("whatif", "checkout", "--down", "20m", "--json"),
    ("report", "--period", "2026-10", "--internal", "--json"),
)


@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
def test_nothing_but_the_comparison_knows_of_them(cli, house, words):
    add(house, SILVER)
    before = cli(*words)

    shadow(house, '["strict", "silver"]')

    after = cli(*words)
    assert (after.exit_code, after.stdout) == (before.exit_code, before.stdout)


def test_no_statement_is_issued_by_them_and_none_knows_them(cli, shadowed):
    issued = cli("statement", "issue", "--period", "2026-10", "--customer", "acme")

    assert issued.exit_code == 0, issued.stderr
    assert cli("statement", "verify").exit_code == 0
    shown = cli("statement", "show", "2026-0001").stdout
    assert "120.00 EUR" in shown
    assert "strict" not in shown


def test_a_shadow_may_come_and_go_after_a_statement_was_issued(cli, house):
    """What is compared is no part of the contract: neither the excerpt nor the digest has it."""
    add(house, SILVER)
    assert cli("statement", "issue", "--period", "2026-10", "--customer", "acme").exit_code == 0
    plain = load_plan(house / "makegood.toml", environ={})

    shadow(house, '["strict"]')

    plan = load_plan(house / "makegood.toml", environ={})
    assert plan_digest(plan) == plan_digest(plain)
    assert excerpt(plan, "acme") == excerpt(plain, "acme")
    assert cli("statement", "verify").exit_code == 0
    assert cli("config", "check").exit_code == 0


def test_what_was_loaded_with_a_shadow_is_read_again(cli, house):
    shadow(house, '["library:hetzner-cloud"]\naccept_unverified = true')
    plan = load_plan(house / "makegood.toml", environ={})

    again = load_text(as_toml(withheld(plan.source)), "kept")

    assert [each.sla for each in again.shadows["acme-checkout"]] == ["library:hetzner-cloud"]


def test_counts_that_a_shadow_needs_are_kept(cli, house):
    """They cost little, and without them a month whose checks are forgotten could not be compared."""
    add(house, f"[sla.requests]\n{STAGES['requests']}\n[service.one]\nresources = ['web']\n")
    add(house, agreement("gold", service="one"))
    before = needs_of(load_plan(house / "makegood.toml", environ={}), {"web": 1})

    shadow(house, '["requests"]', "gold")

    after = needs_of(load_plan(house / "makegood.toml", environ={}), {"web": 1})
    assert (before, after) == (frozenset(), {Need(1, 15 * MINUTE)})


def test_the_check_of_the_file_names_them(cli, shadowed):
    answer, data = cli("config", "check"), json.loads(cli("config", "check", "--json").stdout)

    assert answer.stdout.splitlines()[1] == "Compared with acme-checkout, and never stated: strict, silver."
    assert data["shadows"] == {"acme-checkout": ["strict", "silver"]}


def test_what_stands_in_the_agreement_itself_is_not_the_shadows(cli, house):
    """The real one owes nothing at all; the shadow is the SLA alone."""
    add(house, SILVER)
    shadow(house, '["strict"]\ncredits = "none"')

    found = json.loads(cli("shadow", "--period", "2026-10", "--json").stdout)

    assert found["sums"][0]["real"]["decimal"] == "0.00"
    assert found["sums"][0]["shadow"]["decimal"] == "240.00"


def test_a_published_sla_runs_beside_ones_own(cli, house):
    shadow(house, '["library:hetzner-cloud"]\naccept_unverified = true')

    answer = cli("shadow")

    assert "library:hetzner-cloud" in answer.stdout
    assert answer.stdout.splitlines()[-1].startswith("Not verified against the contract: ")


def test_everything_wrong_with_a_shadow_is_told_where_it_is_named(cli, house):
    shadow(house, '["library:aws-s3-standard", "golds", "library:neon"]')

    answer = cli("config", "check")

    assert answer.exit_code == 2
    place = f"{house}/makegood.toml:45: agreement.acme-checkout.shadow"
    assert [line for line in answer.stderr.splitlines() if "shadow[" in line] == [
        f"{place}[{number}]: {said}"
        for number, said in (
            (1, "limits: USD is not the currency of agreement acme-checkout, EUR: write that"),
            (2, 'there is no SLA "golds"; did you mean "gold"?'),
        )
    ]


def test_an_experiment_with_figures_that_nobody_verified_stops_nothing(cli, house):
    """The signed agreement says nothing of them. They are priced for who asks for it, and named."""
    before = cli("budget", "--json")
    shadow(house, '["library:neon"]')

    after, compared, checked = cli("budget", "--json"), cli("shadow"), cli("config", "check")
    accepted = cli("shadow", "--accept-unverified")

    assert (after.exit_code, after.stdout) == (before.exit_code, before.stdout)
    assert compared.stdout == (
        "\nneon is not priced, since nobody has verified its commitment, credits, claim:\n"
        "  compare with the provider's text, or say --accept-unverified.\n"
    )
    assert accepted.stdout.splitlines()[-1] == (
        "Not verified against the contract: commitment, credits, claim (acme-checkout by library:neon)."
    )
    assert json.loads(cli("shadow", "--json").stdout)["not_priced"] == [
        {"sla": "library:neon", "unverified": ["commitment", "credits", "claim"]}
    ]
    assert checked.stdout.splitlines()[1] == (
        "Compared with acme-checkout, and never stated: "
        "library:neon (not verified: commitment, credits, claim)."
    )


def test_a_fee_that_is_one_sum_is_the_item_that_a_shadow_looks_at(cli, house):
    path = house / "makegood.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"EUR"', '"USD"'), encoding="utf-8")
    shadow(house, '["library:aws-s3-standard"]')

    found = json.loads(cli("shadow", "--period", "2026-10", "--json").stdout)

    (s3,) = found["agreements"][0]["shadows"]
    assert (s3["sla"], found["sums"][0]["real"]["currency"]) == ("library:aws-s3-standard", "USD")


def test_what_cannot_be_compared_is_said_and_in_no_sum(cli, house):
    add(house, f"[sla.quarterly]\n{STAGES['quarterly']}\n[sla.by-hand]\n{STAGES['by-hand']}")
    shadow(house, '["quarterly", "by-hand"]')

    answer = cli("shadow", "--period", "2026-10")

    assert "(2026-Q4 runs)" in answer.stdout
    assert "quarterly: 1 of 1 cannot be compared\n" in (answer.stdout)
    assert "  by-hand: a person enters the credit (acme-checkout)" in answer.stdout.splitlines()


def test_without_a_shadow_it_says_how_to_have_one(cli, house):
    answer = cli("shadow")

    assert (answer.exit_code, answer.stdout) == (
        0,
        'No agreement has a shadow: write shadow = ["library:NAME"] in one to compare it with an SLA.\n',
    )
