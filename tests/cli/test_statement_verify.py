"""What was issued is computed again by anybody: from the database, or from files alone."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def issued(house, cli):
    """October is issued: 2026-0001 for acme, 2026-0002 for muster."""
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    return cli


@pytest.fixture
def handed_over(issued, tmp_path):
    """What a customer gets: the pages and the evidence, in a folder of his own."""
    assert issued("statement", "export", "2026-0001", "--out", str(tmp_path / "his")).exit_code == 0
    return tmp_path / "his"


def offline(cli, folder, *words: str):
    """At the customer's desk: no configuration and no database is there."""
    return cli("statement", "verify", *words, config=folder / "nothing.toml")


def test_every_statement_of_the_database_is_verified(issued):
    answer = issued("statement", "verify")

    assert (answer.exit_code, answer.stdout) == (0, "2 statements hold.\n")


def test_one_statement_is_verified_and_it_is_said_what_that_means(issued):
    answer = issued("statement", "verify", "2026-0001")

    assert (answer.exit_code, answer.stdout) == (
        0,
        (
            "2026-0001 holds:\n"
            "  its values are those that were issued\n"
            "  the evidence is that which it names\n"
            "  every figure follows from the evidence and the terms\n"
        ),
    )


def test_what_is_handed_over_is_all_that_a_customer_needs(issued, handed_over):
    assert sorted(path.name for path in handed_over.iterdir()) == [
        "2026-0001.csv", "2026-0001.evidence.json", "2026-0001.html", "2026-0001.json",
    ]  # fmt: skip

    answer = offline(
        issued, handed_over, str(handed_over / "2026-0001.json"),
        "--evidence", str(handed_over / "2026-0001.evidence.json"),
    )  # fmt: skip

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert "every figure follows from the evidence and the terms" in answer.stdout


def test_a_statement_alone_holds_and_its_figures_are_left(issued, handed_over):
    answer = offline(issued, handed_over, str(handed_over / "2026-0001.json"))

    assert (answer.exit_code, answer.stdout.splitlines()[-1]) == (
        0,
        "  not verified: its figures: give the evidence that it came with, --evidence FILE",
    )


def test_a_changed_figure_is_told_in_one_sentence(issued, handed_over):
    file = handed_over / "2026-0001.json"
    file.write_text(file.read_text().replace('"minor": 12000', '"minor": 12'))

    answer = offline(issued, handed_over, str(file))

    assert (answer.exit_code, answer.stderr, len(answer.stdout.splitlines())) == (3, "", 1)
    assert answer.stdout.startswith("2026-0001 was changed after it was issued: ")


def test_for_programs(issued, handed_over):
    data = json.loads(issued("statement", "verify", "--json").stdout)

    assert (data["holds"], data["faults"]) == (True, [])
    assert [(each["number"], each["holds"], each["differs"]) for each in data["statements"]] == [
        ("2026-0001", True, None), ("2026-0002", True, None),
    ]  # fmt: skip


def test_numbers_and_files_are_not_mixed(issued, handed_over):
    answer = issued("statement", "verify", "2026-0001", str(handed_over / "2026-0001.json"))

    assert (answer.exit_code, answer.stderr) == (
        2, "name files or numbers, not both: numbers are looked up in the database\n",
    )  # fmt: skip


def test_evidence_is_for_files(issued, handed_over):
    answer = issued("statement", "verify", "2026-0001", "--evidence", str(handed_over / "x.json"))

    assert (answer.exit_code, answer.stderr) == (
        2, "--evidence: a number's evidence is in the database; give it with a file\n",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["verify", "export"])
def test_a_number_that_is_not_there(issued, command):
    answer = issued("statement", command, "2026-0099")

    assert (answer.exit_code, answer.stderr) == (
        2, "there is no statement 2026-0099: `makegood statement list` names every one\n",
    )  # fmt: skip


def test_a_file_that_is_not_there(issued, tmp_path):
    answer = issued("statement", "verify", str(tmp_path / "gone.json"))

    assert answer.exit_code == 2
    assert answer.stderr == f"{tmp_path / 'gone.json'}: cannot be read: No such file or directory\n"


def test_a_page_alone_says_which_file_is_needed(issued, handed_over):
    answer = issued("statement", "verify", str(handed_over / "2026-0001.html"))

    assert answer.exit_code == 2
    assert answer.stderr.endswith("a page cannot be verified by itself: give the JSON that came with it\n")


def test_a_hostile_file_is_refused_without_a_word_to_the_terminal(issued, tmp_path):
    file = tmp_path / "x.json"
    file.write_bytes(b'{"format": "\\u001b[2J"}')

    answer = issued("statement", "verify", str(file))

    assert answer.exit_code == 3
    assert "\x1b" not in answer.output
    assert str(file) in answer.stderr
