"""`makegood exclude`, called as people call it."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.usefixtures("house")
ADD = (
    "exclude", "add", "checkout", "--class", "force majeure", "--start", "2026-10-06T14:30+02:00",
    "--end", "2026-10-06T15:30+02:00", "--reason", "Lightning", "--yes",
)  # fmt: skip


@pytest.fixture
def excused(house):
    """The agreement of the house, with force majeure excluded."""
    path = house / "makegood.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("exclude = [{", 'exclude = ["force majeure", {'), encoding="utf-8")


def counted(cli) -> int:
    paper = json.loads(cli("explain", "acme", "--period", "2026-10", "--json").stdout)
    return paper["sections"][0]["counted_ms"]


def test_an_exclusion_takes_its_time_off_at_once_and_gives_it_back_when_revoked(cli, excused):
    before = counted(cli)

    added = cli(*ADD)
    assert (added.exit_code, added.stdout) == (0, "ex-20261006-1230\n")
    assert "Excused by acme-checkout." in added.stderr
    assert counted(cli) == before - 3_600_000

    assert cli("exclude", "revoke", "ex-20261006-1230", "--reason", "a mistake", "--yes").exit_code == 0
    assert counted(cli) == before


def test_its_effect_is_shown_first_and_nothing_is_recorded_unasked(cli, excused):
    words = [word for word in ADD if word != "--yes"]

    looked = cli(*words, "--dry-run")
    assert looked.exit_code == 0
    assert looked.stdout == (
        "AGREEMENT      PERIOD   FIGURE                 BEFORE             THEN\n"
        "acme-checkout  2026-10  availability        99.7315 %        99.8657 %\n"
        "acme-checkout  2026-10  counted       2 h 00 min 00 s  1 h 00 min 00 s\n"
        "acme-checkout  2026-10  excused                  none  1 h 00 min 00 s\n"
    )
    asked = cli(*words)
    assert asked.exit_code == 2
    assert "nothing was recorded: this changes what is owed or measured; add --yes" in asked.stderr
    assert cli("exclude", "list").stdout == "No exclusion is recorded.\n"


def test_evidence_in_a_file_is_kept_by_its_digest(cli, excused, tmp_path):
    (tmp_path / "ticket.pdf").write_bytes(b"abc")
    cli(*ADD, "--evidence", str(tmp_path / "ticket.pdf"))

    (found,) = json.loads(cli("exclude", "list", "--json").stdout)

    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert found["evidence"] == f"sha256:{abc} ticket.pdf"
    assert "is neither an address nor a file" in cli(*ADD, "--evidence", "ticket 4711").stderr


def test_an_exclusion_that_no_agreement_knows_says_that_it_changes_nothing(cli):
    assert "No agreement on checkout excludes force majeure" in cli(*ADD).stderr


def test_the_list_has_author_reason_and_evidence(cli, excused):
    cli(*ADD, "--evidence", "https://example.org/4711", "--id", "storm")

    (found,) = json.loads(cli("exclude", "list", "--json").stdout)

    assert (found["id"], found["reason"], found["evidence"]) == (
        "storm", "Lightning", "https://example.org/4711",
    )  # fmt: skip
    assert found["author"]
    assert "stands" in cli("exclude", "list").stdout


def test_no_exclusion_is_a_sentence(cli):
    assert cli("exclude", "list").stdout == "No exclusion is recorded.\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"checkout": "shop"}, 'there is no service "shop"; write one of: checkout, search'),
        (
            {"force majeure": "bad luck"},
            '--class: "bad luck" is no class: write one of "scheduled maintenance"',
        ),
        ({"Lightning": " "}, "--reason: it is empty; say why this time is not held against the provider"),
        (
            {"2026-10-06T15:30+02:00": "2026-10-06T14:30+02:00"},
            '--end: "2026-10-06T14:30+02:00" is not after --start; write a later instant',
        ),
    ],
)
def test_what_cannot_be_recorded_says_what_to_write(cli, change, said):
    answer = cli(*(change.get(word, word) for word in ADD))

    assert answer.exit_code == 2
    assert said in answer.stderr


def test_a_name_is_taken_once(cli):
    cli(*ADD, "--id", "storm")

    assert '--id: "storm" is taken' in cli(*ADD, "--id", "storm").stderr


def test_what_does_not_stand_cannot_be_revoked(cli):
    answer = cli("exclude", "revoke", "storm", "--reason", "none")

    assert answer.exit_code == 2
    assert 'no exclusion that stands is called "storm"; write one of: there is none' in answer.stderr


def test_maintenance_may_be_an_emergency_of_one_resource(cli, house):
    path = house / "makegood.toml"
    both = '\n[service.both]\ntitle = "Both"\nresources = ["web", "search-web"]\n'
    path.write_text(path.read_text(encoding="utf-8") + both, encoding="utf-8")
    words = (
        "maintenance",
        "add",
        "both",
        "--start",
        "2026-11-18T10:00+01:00",
        "--lasting",
        "2h",
        "--emergency",
    )

    assert cli(*words, "--resource", "web").exit_code == 0
    (found,) = json.loads(cli("maintenance", "list", "--json").stdout)
    assert (found["class"], found["resources"]) == ("emergency maintenance", ["web"])
    assert "there is no resource" in cli(*words, "--resource", "eu-1").stderr
