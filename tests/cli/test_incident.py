"""`makegood incident`: documents of `tests/cli/incidents`, each a sequence of events and what it comes to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.core.intervals import MINUTE, Ms
from monitor.operations.mutes import muted
from monitor.people import author
from monitor.statements.approvals import approved
from monitor.store import open_store
from tests.cli.told import NOW, Told
from tests.cli.year import at, record

DOCUMENTS = [
    *sorted((Path(__file__).parent / "incidents").glob("*.md")),
    Path(__file__).parents[2] / "docs" / "incidents.md",
]


class Story(Told):
    """A document in which time goes on, and others approve things."""

    TURN = re.compile(rf"{Told.TURN.pattern}|^Somebody else approves entry (?P<entry>\d+)\.$", re.MULTILINE)

    def _turned(self, turn: re.Match[str], path: Path, now: Ms) -> Iterator[str]:
        _by_another(path.parent, int(turn["entry"]), now)
        yield from ()

    def _record(self, folder: Path, config: str) -> None:
        """With a good check a minute before each outage, so that its beginning is known to the minute."""
        known = re.findall(r"^\[endpoint\.([\w-]+)\]", config, re.MULTILINE)
        down = {key: [span for who, span, _ in self.seen() if who == key] for key in known}
        upto = NOW.findall(self.text)[-1]
        record(folder, config, down, since=self._said("Recorded since", ""), upto=upto, before=MINUTE)


def _by_another(folder: Path, entry: int, now: Ms) -> None:
    store = open_store(folder / "evidence.db")
    with store.snapshot() as snapshot:
        event = next(event for event in snapshot.events() if event.seq == entry)
    store.journal.append([approved(event, "eva", now)])


def story(path: Path) -> Story:
    return Story(path, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_program_answers_as_the_document_says(cli, clock, tmp_path, path, update_golden):
    found = story(path)
    answers = list(found.played(tmp_path, cli, clock))

    if update_golden:
        found.rewritten(answers)
    assert answers
    assert answers == story(path).printed


MARK = "INTERNAL-MARK"
A, B = "checkout/20261006T120000Z", "search/20261010T080000Z"
TOLD = (
    ("open", "search", "--title", f"{MARK}-title", "--began", "2026-10-10T08:00Z"),
    ("ack", A, "--at", "2026-10-06T12:30Z", "--reason", f"{MARK}-ack"),
    ("mitigate", A, "--at", "2026-10-06T13:00Z", "--reason", f"{MARK}-mitigate"),
    ("resolve", A, "--reason", f"{MARK}-resolve"),
    ("reopen", A, "--reason", f"{MARK}-reopen"),
    ("correct", A, "acknowledged", "--to", "2026-10-06T12:20Z", "--reason", f"{MARK}-correct"),
    ("assign", A, "--owner", f"{MARK}-owner", "--team", f"{MARK}-team", "--label", f"{MARK}-label"),
    ("severity", A, "mark-severity", "--reason", f"{MARK}-severity"),
    ("cause", A, f"{MARK}-cause", "--reason", f"{MARK}-why"),
    ("note", A, f"{MARK}-note"),
    ("note", A, f"{MARK}-draft", "--for-customer"),
    ("note", B, f"{MARK}-other"),
    ("follow-up", A, f"{MARK}-to-do", "--owner", f"{MARK}-doer", "--due", "2026-12-24"),
    ("postmortem", A, "--link", f"https://wiki.example/{MARK}", "--due", "2026-12-24"),
    ("postmortem", A, "--file", "postmortem.md"),
)
OWN_RULES = f"""
[incidents]
team = "{MARK}-default-team"
causes = ["{MARK}-cause"]

[incidents.severity.mark-severity]
when = [{{ money = ">= 1.00 EUR" }}]
postmortem = "5 days"

[incidents.severity.rest]

[alert.mark-alert]
when = "breach"
money = ">= 1.00 EUR"
"""
PAPERS = (
    ("report", "--period", "2026-10", "--out", "drafts"),
    ("statement", "issue", "--period", "2026-10", "--out", "issued"),
    ("statement", "export", "2026-0001", "2026-0002", "--out", "exported"),
    ("statement", "show", "2026-0001"),
    ("explain", "acme", "--period", "2026-10"),
)


def papers(cli, folder: Path) -> dict[str, bytes]:
    """Whatever a customer may be handed of October, by its name."""
    found = {}
    for words in PAPERS:
        answer = cli(*(str(folder / w) if w in ("drafts", "issued", "exported") else w for w in words))
        assert answer.exit_code == 0, answer.stderr
        if "--out" not in words:
            found[" ".join(words)] = answer.stdout.encode()
    for name in ("drafts", "issued", "exported"):
        for path in sorted((folder / name).rglob("*.*")):
            if path.is_file():
                found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def test_nothing_of_an_incident_is_on_anything_that_a_customer_is_handed(cli, house):
    (house / "postmortem.md").write_text(f"# {MARK}-postmortem\n", encoding="utf-8")
    config = house / "makegood.toml"
    config.write_text(config.read_text(encoding="utf-8") + OWN_RULES, encoding="utf-8")
    for words in TOLD:
        words = tuple(str(house / w) if w == "postmortem.md" else w for w in words)
        answer = cli("incident", *words)
        assert answer.exit_code == 0, answer.stderr
    internal = (
        cli("incident", "show", A, "--json").stdout + cli("incident", "list", "--since", "2026-10-01").stdout
    )
    assert internal.count(MARK) >= 15

    found = papers(cli, house)

    assert len(found) >= 15
    marks = (MARK.encode(), b"mark-severity", b"mark-alert")
    marked = [name for name, page in found.items() if any(mark in page for mark in marks)]
    assert marked == []
    assert [
        name for name, page in found.items() if b"postmortem" in page or b"incident" in page.lower()
    ] == []


def test_every_entry_is_in_the_trail(cli, house):
    for words in (("ack", A, "--at", "2026-10-06T12:30Z"), ("note", A, "switch")):
        assert cli("incident", *words).exit_code == 0

    trail = json.loads(cli("audit", "--kind", "incident", "--json").stdout)

    assert [(each["kind"], each["subject"]) for each in trail] == [
        ("incident.acknowledged", A), ("incident.noted", A),
    ]  # fmt: skip
    assert cli("verify").exit_code == 0


def test_a_program_gets_exact_times_and_the_engines_figure(cli, house):
    cli("incident", "ack", A, "--at", "2026-10-06T12:30Z")

    found = json.loads(cli("incident", "show", A, "--json").stdout)

    assert (found["state"], found["severity"], found["down_ms"]) == ("resolved", "critical", 7_200_000)
    assert found["to_acknowledge_ms"] == 1_800_000
    assert found["costs"] == [{"currency": "EUR", "amount": {"numerator": 120, "denominator": 1}}]
    assert (found["customers"], found["outages"]) == (["acme"], [A])
    assert json.loads(
        cli("incident", "list", "--since", "2026-10-01", "--until", "2026-10-31", "--json").stdout
    ) == [{key: value for key, value in found.items() if key not in ("customers", "costs", "muted")}]


def test_an_incident_says_who_had_it_muted_and_what_was_told_all_the_same(cli, house):
    began = at("2026-10-06T12:00Z")
    database = next(house.glob("*.db"))
    open_store(database).journal.append(
        [
            muted("all", began - 30 * MINUTE, "eva", began - 60 * MINUTE, "Long over"),
            muted("checkout", began + 30 * MINUTE, "ann", began - MINUTE, "Load test"),
            muted("all", began + 40 * MINUTE, "bob", began + 31 * MINUTE, "Drill", costs=True),
        ]
    )
    page = cli("incident", "show", A).stdout.splitlines()
    assert [line for line in page if line.startswith("Muted")] == [
        "Muted by ann from 6 Oct 13:59 until 6 Oct 14:30 (checkout): Load test; what it costs was told",
        "Muted by bob from 6 Oct 14:31 until 6 Oct 14:40 (all): Drill",
    ]
    told = json.loads(cli("incident", "show", A, "--json").stdout)["muted"]
    assert [(each["author"], each["costs"]) for each in told] == [("ann", False), ("bob", True)]


def test_what_is_recorded_answers_a_program_with_its_entry(cli, house):
    answer = json.loads(cli("incident", "note", A, "switch", "--json").stdout)

    assert (answer["entry"], answer["notes"][0]["text"]) == (1, "switch")
    opened = json.loads(cli("incident", "open", "search", "--title", "Slow", "--json").stdout)
    assert (opened["entry"], opened["origin"], opened["state"]) == (2, "hand", "open")
    assert [each["name"] for each in json.loads(cli("incident", "list", "--open", "--json").stdout)] == [
        "checkout/20261118T090000Z", opened["name"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--file", "no.md"), "--file: no.md cannot be read: no such file or directory"),
        (("--link", "wiki"), '--link: "wiki" is no address: write https://…'),
        (("--due", "2026-12-24", "--done"), "stands nowhere: add --link URL or --file FILE"),
        (("--done", "--not-required", "--reason", "Small"), "nothing is to be completed"),
    ],
)
def test_a_postmortem_that_stands_nowhere_is_refused(cli, house, words, why):
    answer = cli("incident", "postmortem", A, *words)

    assert (answer.exit_code, why in answer.stderr) == (2, True)


def test_a_postmortem_can_be_kept_with_the_incident_as_markdown(cli, house):
    (house / "pm.md").write_text("# What we learned\n\nRenew by itself.\n", encoding="utf-8")
    cli("incident", "postmortem", A, "--file", str(house / "pm.md"))
    cli("incident", "postmortem", A, "--done")

    found = json.loads(cli("incident", "show", A, "--json").stdout)["postmortem"]

    assert (found["text"], found["required"]) == ("# What we learned\n\nRenew by itself.\n", True)
    assert found["done"]["entry"] == 2
    shown = cli("incident", "postmortem", A)
    assert shown.stdout == "# What we learned\n\nRenew by itself.\n"
    assert shown.stderr.startswith("Postmortem required, due 11 Oct, kept here: done on 18 Nov by ")


def test_a_postmortem_is_kept_and_completed_in_one_call(cli, house):
    (house / "pm.md").write_text("# What we learned\n", encoding="utf-8")

    answer = cli("incident", "postmortem", A, "--file", str(house / "pm.md"), "--done")

    assert (answer.exit_code, "Postmortem completed (entry 2)." in answer.stderr) == (0, True)
    found = json.loads(cli("incident", "show", A, "--json").stdout)["postmortem"]
    assert (found["text"], found["done"]["entry"]) == ("# What we learned\n", 2)


def test_status_says_who_has_taken_it_up(cli, house):
    """Checkout is down."""
    name = "checkout/20261118T090000Z"
    assert f"{name}: critical, acknowledged by nobody." in cli("status").stdout

    cli("incident", "ack", name)
    assert f"{name}: critical, acknowledged by {author()}." in cli("status").stdout
