"""Published SLAs from the command line: listed, shown, read, compared, and told where money is spoken of."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from monitor.cli.sla_list import TRY
from monitor.config.load import load_plan
from tests.cli.conftest import Cli

OWN = """
[customer.acme]
name = "ACME GmbH"
timezone = "UTC"
currency = "USD"

[service.shop]

[sla.plain]
title = "Plain hosting"
provider = "Example Hosting Ltd"
commitment = "99.9%"
credits = { "< 99.9%" = "10%" }

[sla.ours]
like = "library:vercel-enterprise"
claim = "60 days after period"

[agreement.shop]
customer = "acme"
service = "shop"
sla = "ours"
monthly_fee = "1000.00"
from = 2025-01-01
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "makegood.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


# --- list -------------------------------------------------------------------------------------------------


def test_without_a_configuration_the_published_ones_are_listed_by_word(cli: Cli) -> None:
    answer = cli("sla", "list", "aws", "S3")

    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [
        "NAME                       PROVIDER             PROMISE  READ FROM  NOT VERIFIED",
        "library:aws-s3-rtc         Amazon Web Services  99.9%    excerpt",
        "library:aws-s3-standard    Amazon Web Services  99.9%    excerpt",
        "library:aws-s3-infrequent  Amazon Web Services  99.0%    excerpt",
    ]


def test_one_s_own_come_first_with_what_they_take_from_others(cli: Cli, file: Path) -> None:
    first, second, third, *_ = json.loads(cli("sla", "list", "--json").stdout)

    assert first == {
        "name": "plain",
        "provider": "Example Hosting Ltd",
        "section": "Plain hosting",
        "source": None,
        "kind": "own",
        "effective": None,
        "promises": [{"name": None, "commitment": "99.9%"}],
        "unverified": [],
    }
    assert (second["name"], second["provider"]) == ("ours", "Vercel")
    assert second["unverified"] == ["commitment", "credits"], "the claim is its own"
    assert third["name"].startswith("library:")


def test_a_word_that_nothing_has_lists_nothing(cli: Cli) -> None:
    answer = cli("sla", "list", "no-such-word")

    assert (answer.exit_code, answer.stdout) == (0, "")
    assert answer.stderr.startswith("0 of ")
    assert (
        'No name, provider or section has "no-such-word". Try a provider, or one of: cloud, ' in answer.stderr
    )
    two = cli("sla", "list", "aws", "Hetzner").stderr
    assert "No name, provider or section has all of these words. " in two


@pytest.mark.parametrize("word", TRY)
def test_a_word_that_is_proposed_finds_several(cli: Cli, word: str) -> None:
    assert len(json.loads(cli("sla", "list", word, "--json").stdout)) > 1


def test_a_broken_configuration_hides_no_published_sla(cli: Cli, file: Path) -> None:
    whole = cli("sla", "plain", "hetzner-cloud").stdout
    file.write_text("[sla.own\n", encoding="utf-8")

    for words in (
        ("list", "hetzner"),
        ("plain", "hetzner-cloud"),
        ("show", "library:hetzner-cloud"),
        ("diff", "hetzner-cloud", "upcloud"),
    ):
        answer = cli("sla", *words)
        assert (answer.exit_code, "hetzner-cloud" in answer.stdout) == (0, True)
        assert "published SLAs alone are known" in answer.stderr
    assert cli("sla", "plain", "hetzner-cloud").stdout == whole
    own = cli("sla", "plain", "own")
    assert (own.exit_code, own.stdout) == (2, ""), "what is wrong with it is told"


# --- show -------------------------------------------------------------------------------------------------


def test_the_terms_of_a_published_one_are_shown_with_their_provenance(cli: Cli) -> None:
    lines = cli("sla", "show", "neon").stdout.splitlines()

    assert lines[:3] == [
        "# Neon: Databases by the branch",
        "# read from https://github.com/self9dmin/sla-data (sla.directory, CC BY 4.0) (second-hand)",
        "# not verified: commitment, credits, claim: hold them against your contract",
    ]
    assert 'commitment = "99.95%"' in lines


def test_what_is_shown_can_be_pasted_in_place_of_the_name(cli: Cli, tmp_path: Path) -> None:
    shown = cli("sla", "show", "library:twilio").stdout
    assert "[sla.twilio.promise.connections]" in shown.splitlines()
    file = tmp_path / "pasted.toml"
    head, _, agreement = OWN.partition("[sla.plain]")
    _, _, agreement = agreement.partition("[agreement.shop]")
    file.write_text(f"{head}{shown}[agreement.shop]{agreement.replace('ours', 'twilio')}", encoding="utf-8")

    pasted = load_plan(file, environ={}, purpose="files").slas["twilio"].terms
    file.write_text(f"{head}[agreement.shop]{agreement.replace('ours', 'library:twilio')}", encoding="utf-8")
    plan = load_plan(file, environ={}, purpose="files", accept_unverified=True)
    assert plan.slas["library:twilio"].terms == pasted


def test_one_s_own_is_shown_whole(cli: Cli, file: Path) -> None:
    (table,) = tomllib.loads(cli("sla", "show", "ours").stdout)["sla"].values()

    assert table["claim"] == "60 days after period"
    assert table["credits"] == {"< 99.99%": "10%", "< 99%": "25%", "< 95%": "50%"}


# --- plain and diff ---------------------------------------------------------------------------------------


def test_a_published_one_is_read_without_a_configuration(cli: Cli) -> None:
    lines = [line.strip() for line in cli("sla", "plain", "vercel-enterprise").stdout.splitlines() if line]

    assert lines[0].startswith("SLA vercel-enterprise (Vercel, Enterprise; read from ")
    assert "The promise is at least 99.99 % of each calendar month; exactly 99.99 % keeps it." in lines
    assert lines[-1] == "Not yet held against the contract itself: commitment, credits, claim."


def test_what_differs_is_told_stage_by_stage(cli: Cli, file: Path) -> None:
    assert cli("sla", "diff", "ours", "vercel-enterprise").stdout.splitlines() == [
        "1  ours",
        "2  library:vercel-enterprise",
        "",
        "claim",
        "  1  A credit must be claimed within 60 days after the end of the period, the",
        "     last day included.",
        "  2  A credit must be claimed within 30 days after the end of the period, the",
        "     last day included.",
    ]


def test_what_differs_is_data_too(cli: Cli) -> None:
    found = json.loads(cli("sla", "diff", "google-gke-zonal", "google-gke-regional", "--json").stdout)

    assert [each["stage"] for each in found["differences"]] == ["commitment"]
    assert found["written"] == [
        {"promise": None, "stage": "commitment", "first": "99.5%", "second": "99.95%"}
    ]


def test_promises_are_compared_by_their_names(cli: Cli) -> None:
    found = json.loads(cli("sla", "diff", "azure-cosmos-db", "azure-cosmos-db-many-regions", "--json").stdout)

    assert {each["promise"] for each in found["differences"]} == {"availability"}


def test_the_same_twice_differs_in_nothing(cli: Cli) -> None:
    assert cli("sla", "diff", "neon", "library:neon").stdout.splitlines()[-1] == "They say the same."


# --- unverified terms -------------------------------------------------------------------------------------


def test_unverified_terms_are_priced_where_the_option_accepts_them(cli: Cli, file: Path) -> None:
    (file.parent / "outages.csv").write_text("start,end\n2025-04-10T00:00:00Z,2025-04-10T02:00:00Z\n")
    words = ("evaluate", str(file), "--agreement", "shop", "--period", "2025-04")
    words += ("--evidence", str(file.parent / "outages.csv"))

    refused = cli(*words)
    assert refused.exit_code == 2
    assert "rests on figures that are second-hand or from memory (commitment, credits)" in refused.stderr
    accepted = cli(*words, "--accept-unverified")
    assert accepted.exit_code == 0
    assert accepted.stdout.splitlines()[-2:] == ["Not verified: commitment", "Not verified: credits"]


@pytest.fixture
def unsure(house: object, tmp_path: Path) -> None:
    """The house owes by a published SLA whose figures it accepted unverified."""
    config = tmp_path / "makegood.toml"
    text = config.read_text(encoding="utf-8")
    before, head, after = text.partition("[agreement.acme-checkout]\n")
    own, rest = after.split("\n[", 1)
    own = re.sub(r"(?m)^sla = .*$", 'sla = "library:neon"\naccept_unverified = true', own)
    config.write_text(f"{before}{head}{own}\n[{rest}", encoding="utf-8")


def test_every_page_that_speaks_of_money_says_so(unsure: None, cli: Cli, tmp_path: Path) -> None:
    line = "Not verified against the contract: commitment, credits, claim (acme-checkout)."

    assert line in cli("budget").stdout.splitlines()
    assert line in cli("exposure").stdout.splitlines()
    rows = {row["agreement"]: row["unverified"] for row in json.loads(cli("budget", "--json").stdout)}
    assert rows["acme-checkout"] == ["commitment", "credits", "claim"]
    items = json.loads(cli("exposure", "--json").stdout)["items"]
    assert {tuple(item["unverified"]) for item in items if item["agreement"] == "acme-checkout"} == {
        ("commitment", "credits", "claim")
    }
    section = json.loads(cli("explain", "acme", "--period", "2026-10", "--json").stdout)["sections"][0]
    assert [text for kind, text in section["notes"] if kind == "unverified"] == [
        "commitment",
        "credits",
        "claim",
    ]
    assert line in cli("explain", "acme", "--period", "2026-10").stdout.splitlines()
    paper = cli("report", "--period", "2026-10", "--customer", "acme").stdout.splitlines()[0]
    html = (tmp_path / paper).read_text(encoding="utf-8")
    assert "Not verified against the contract: credits." in html


def test_a_statement_by_published_terms_computes_again_from_its_own_copy(
    unsure: None, cli: Cli, tmp_path: Path
) -> None:
    assert cli("statement", "issue", "--period", "2026-10", "--customer", "acme").exit_code == 0
    assert cli("statement", "verify").exit_code == 0

    exported = cli("statement", "export", "2026-0001", "--out", str(tmp_path / "bundle"))
    assert exported.exit_code == 0, exported.stderr
    (evidence,) = (tmp_path / "bundle").rglob("*.evidence.json")
    assert '[sla."library:neon"]' in json.loads(evidence.read_text(encoding="utf-8"))["terms"]
    paper = evidence.with_name("2026-0001.json")
    verified = cli("statement", "verify", str(paper), "--evidence", str(evidence))
    assert verified.exit_code == 0, verified.stderr
