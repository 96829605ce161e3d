"""What was issued is corrected by papers that name it, and never otherwise."""

from __future__ import annotations

import json

import pytest

FORCE_MAJEURE = (
    "exclude", "add", "checkout", "--class", "force majeure", "--reason", "Fibre cut", "--yes",
)  # fmt: skip


@pytest.fixture
def office(house, cli):
    """October is issued; force majeure is excused. Checkout was down 12:00 to 14:00 UTC on the 6th."""
    toml = house / "makegood.toml"
    text = toml.read_text().replace(
        'at_most = "4h per month" }]', 'at_most = "4h per month" }, "force majeure"]'
    )
    toml.write_text(text)
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    return cli


def excuse(cli, start: str, end: str) -> None:
    answer = cli(*FORCE_MAJEURE, "--start", f"2026-10-06T{start}Z", "--end", f"2026-10-06T{end}Z")
    assert answer.exit_code == 0


def listed(cli) -> dict[str, str]:
    """Every number with its state."""
    rows = json.loads(cli("statement", "list", "--json").stdout)
    return {row["number"]: f"{row['state']} {row['by'] or ''}".strip() for row in rows}


def test_what_was_issued_is_listed_with_what_it_gives(office):
    assert office("statement", "list").stdout == (
        "NUMBER     KIND       CUSTOMER  PERIOD   ISSUED      SENT      CREDIT  STATE\n"
        "2026-0001  statement  acme      2026-10  2026-11-18  -     120.00 EUR  stands\n"
        "2026-0002  statement  muster    2026-10  2026-11-18  -              -  stands\n"
    )


def test_what_would_come_out_the_same_is_not_amended(office):
    answer = office("statement", "amend", "2026-0001", "--yes")

    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == "nothing differs: 2026-0001 would be issued the same today\n"


def test_a_correction_proposes_an_amendment_with_its_money(office):
    excuse(office, "12:00", "14:00")

    answer = office("statement", "list", "--refresh", "--customer", "acme")

    assert answer.stdout.splitlines()[1].endswith("amendment proposed: credit 120.00 EUR -> none")
    head = [line.split()[0] for line in office("statement", "list").stdout.splitlines()]
    assert head == ["NUMBER", "2026-0001", "2026-0002"], "nothing was issued by that"


def test_an_amendment_shows_every_figure_before_it_asks_and_gives_the_difference(office):
    excuse(office, "12:00", "14:00")
    shown = office("statement", "amend", "2026-0001", "--dry-run").stdout

    assert shown == (
        "Amendment of 2026-0001\n"
        "\n"
        "AGREEMENT      FIGURE                 BEFORE              NOW\n"
        "acme-checkout  availability        99.7315 %       100.0000 %\n"
        "acme-checkout  counted       2 h 00 min 00 s             none\n"
        "acme-checkout  excused                  none  2 h 00 min 00 s\n"
        "acme-checkout  windows                     0                1\n"
        "acme-checkout  met                    missed              met\n"
        "acme-checkout  credit             120.00 EUR         0.00 EUR\n"
        "\n"
        "AGREEMENT           CREDIT\n"
        "acme-checkout  -120.00 EUR\n"
    )
    answer = office("statement", "amend", "2026-0001", "--reason", "The carrier's fault", "--json", "--yes")
    paper = json.loads(answer.stdout)
    assert (paper["number"], paper["kind"], paper["corrects"]) == ("2026-0003", "amendment", "2026-0001")
    assert paper["credits"] == [{"minor": -12_000, "currency": "EUR", "decimal": "-120.00"}]
    assert listed(office) == {
        "2026-0001": "amended 2026-0003", "2026-0002": "stands", "2026-0003": "stands",
    }  # fmt: skip


def test_who_says_no_issues_nothing(office, clock, tmp_path):
    from click.testing import CliRunner

    from monitor.cli.app import makegood

    excuse(office, "12:00", "14:00")
    words = ["--config", str(tmp_path / "makegood.toml"), "statement", "amend", "2026-0001"]

    answer = CliRunner().invoke(makegood, words, obj=clock, input="n\n")

    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr.startswith("Amendment of 2026-0001\n")
    assert answer.stderr.endswith("Issue this amendment? [y/N]: n\nNothing was issued.\n")
    assert "2026-0003" not in listed(office)


def test_only_the_newest_of_a_chain_is_corrected(office):
    excuse(office, "12:00", "13:00")
    office("statement", "amend", "2026-0001", "--yes")

    for verb in ("amend", "void"):
        answer = office(
            "statement", verb, "2026-0001", "--yes", *(["--reason", "x"] if verb == "void" else [])
        )
        assert (answer.exit_code, answer.stderr) == (
            2, "2026-0001 was amended, and 2026-0003 is the newest: name that one\n",
        )  # fmt: skip


def test_a_reversal_takes_back_all_that_the_chain_gave_and_the_period_is_free(office):
    """120.00 by the statement, -120.00 by its amendment, then 120.00 again by another: 120.00 in all."""
    excuse(office, "12:00", "14:00")
    office("statement", "amend", "2026-0001", "--yes")
    office("exclude", "revoke", "ex-20261006-1200", "--reason", "It was us", "--yes")
    office("statement", "amend", "2026-0003", "--yes")

    answer = office("statement", "void", "2026-0004", "--reason", "Wrong contract", "--yes")

    assert answer.stdout == "2026-0005\n"
    assert (
        answer.stderr == "Reversal of 2026-0004\n\nAGREEMENT           CREDIT\nacme-checkout  -120.00 EUR\n"
    )
    again = office("statement", "issue", "--customer", "acme")
    assert "2026-0006  statement  acme      2026-10  120.00 EUR" in again.stdout
    assert listed(office) == {
        "2026-0001": "amended 2026-0003",
        "2026-0002": "stands",
        "2026-0003": "amended 2026-0004",
        "2026-0004": "reversed 2026-0005",
        "2026-0005": "reversal 2026-0004",
        "2026-0006": "stands",
    }


def test_what_was_taken_back_is_corrected_no_more(office):
    office("statement", "void", "2026-0001", "--reason", "Wrong contract", "--yes")

    answer = office("statement", "amend", "2026-0001")

    assert (answer.exit_code, answer.stderr) == (
        2,
        (
            "2026-0001 no longer stands: 2026-0003 took it back; the period can be issued again: "
            "makegood statement issue --customer acme --period 2026-10\n"
        ),
    )


def test_a_number_that_there_is_not_is_said_so(office):
    for words in (("show", "7"), ("amend", "7"), ("void", "7", "--reason", "x")):
        answer = office("statement", *words)
        assert (answer.exit_code, answer.stderr) == (
            2, 'there is no statement "7": `makegood statement list` names every one\n',
        )  # fmt: skip


def test_a_statement_is_shown_for_people_and_byte_by_byte(office, tmp_path):
    shown = office("statement", "show", "2026-0001").stdout.splitlines()
    assert shown[0] == "Statement for October 2026, number 2026-0001"
    assert "Checkout  acme-checkout     99.7315 %  2 h 00 min 00 s  1200.00 EUR  120.00 EUR  missed" in shown
    assert "Set against the bill for November 2026." in shown

    sealed = office("statement", "show", "2026-0001", "--json").stdout
    office("statement", "show", "2026-0001", "--json", "--out", str(tmp_path / "paper.json"))
    assert (tmp_path / "paper.json").read_text() == sealed
    assert f"Digest {json.loads(sealed)['issue']['digest']}" in shown


def test_too_little_was_measured_until_a_person_decides(office, clock, made):
    """The monitor stopped on 18 November, and ran again for a moment in December."""
    from monitor.config import load_plan
    from monitor.store import open_store
    from monitor.store.protocol import Holder

    clock.at = made.at("2026-12-02T09:00+01:00")
    plan = load_plan(_config(office), environ={})
    with open_store(plan.settings.database).writer(Holder(1, "host", "test", clock.at)) as writer:
        writer.alive(clock.at)
    refused = office("statement", "issue", "--customer", "acme")
    assert refused.exit_code == 5
    told = refused.stderr.splitlines()[1]
    assert (
        "acme, acme-checkout: not determinable, since only 58.33 % of the promised time was measured" in told
    )
    assert "makegood statement decide acme --period 2026-11 --agreement acme-checkout --credit" in told

    decide = ("statement", "decide", "acme", "--period", "2026-11", "--agreement", "acme-checkout")
    assert office(*decide, "--credit", "60.00 EUR", "--reason", "As agreed").exit_code == 0

    issued = office("statement", "issue", "--customer", "acme")
    assert (issued.exit_code, "2026-0003  statement  acme      2026-11  60.00 EUR" in issued.stdout) == (
        0,
        True,
    )
    paper = json.loads(office("statement", "show", "2026-0003", "--json").stdout)
    assert [(each["reason"], each["amount"]["decimal"]) for each in paper["issue"]["decisions"]] == [
        ("As agreed", "60.00")
    ]
    assert [line["reason"] for line in paper["issue"]["lines"]] == ["decision"]


def _config(cli):
    """Where the fixture `cli` has its configuration."""
    import inspect

    return inspect.signature(cli).parameters["config"].default


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--agreement", "x"), '--agreement: acme has no agreement "x"; write one of: acme-checkout\n'),
        (("--credit", "1.00 USD"), "--credit: agreement acme-checkout is in EUR; write that currency\n"),
        (("--credit", "1.001 EUR"), '--credit: "1.001 EUR" is finer than EUR is paid: write "1.00 EUR"\n'),
        (("--reason", " "), "--reason: it is empty; say why this is owed: the customer reads it\n"),
        (("--period", "2026-Q4"), '--period: "2026-Q4" is not a month: write it as "2026-10"\n'),
    ],
)  # fmt: skip
def test_a_decision_that_cannot_be_is_refused(house, cli, words, said):
    usual = {"--period": "2026-10", "--agreement": "acme-checkout", "--credit": "1.00 EUR", "--reason": "x"}
    given = usual | dict([words])

    answer = cli("statement", "decide", "acme", *(part for pair in given.items() for part in pair))

    assert (answer.exit_code, answer.stderr) == (2, said)


def test_where_nobody_is_there_to_answer_it_is_said_how_to_go_on(office):
    excuse(office, "12:00", "14:00")

    answer = office("statement", "amend", "2026-0001")

    assert answer.exit_code == 2
    assert answer.stderr.endswith("nothing was issued: add --yes to issue it, or --dry-run to only look\n")
