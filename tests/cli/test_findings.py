"""What the alert rules find: documents of `tests/cli/findings`, each a sequence of events and what is told.

`Found: `INSTANT`` is followed by all findings of that instant, "held" before one that raises nothing by
itself. `Told: `FROM` to `TO`, every `1 min`` is followed by what an alert would be raised for, and when each
is over, looked at so often. `Now` and calls are those of the documents of incidents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from monitor.alerts.findings import findings
from monitor.cli.app import makegood
from monitor.config import load_plan
from monitor.core.intervals import MINUTE, Ms
from monitor.operations.alert import Finding
from monitor.operations.alerting import USUAL
from monitor.operations.routes import Telling
from monitor.operations.telling import Said, course
from monitor.store import open_store
from monitor.store.protocol import Alert
from reports.format import PLAIN, instant
from tests.cli.told import Told, _length
from tests.cli.year import at, record

DOCUMENTS = [
    *sorted((Path(__file__).parent / "findings").glob("*.md")),
    Path(__file__).parents[2] / "docs" / "alerts.md",
]


class Story(Told):
    """A document in which time goes on, and the rules are asked what they find."""

    TURN = re.compile(
        rf"{Told.TURN.pattern}"
        r"|^Found: `(?P<at>[^`]+)`$\n\n```text\n(?P<found>(?:(?!```).*\n)*)```$"
        r"|^Told: `(?P<from>[^`]+)` to `(?P<to>[^`]+)`, every `(?P<every>[^`]+)`$\n\n"
        r"```text\n(?P<told>(?:(?!```).*\n)*)```$",
        re.MULTILINE,
    )

    def _turned(self, turn: re.Match[str], path: Path, now: Ms) -> Iterator[str]:
        if turn["at"]:
            yield "".join(_shown(each) for each in _findings(path, at(turn["at"]))) or "nothing\n"
            return
        every = _length(turn["every"])
        yield "".join(_over_time(path, at(turn["from"]), at(turn["to"]), every)) or "nothing\n"

    def _record(self, folder: Path, config: str) -> None:
        known, seen = re.findall(r"^\[endpoint\.([\w-]+)\]", config, re.MULTILINE), list(self.seen())
        down = {key: [s for who, s, what in seen if (who, what) == (key, "down")] for key in known}
        unseen = [span for _, span, what in seen if what == "not seen"]
        upto = self._said("Recorded until", "")
        record(folder, config, down, unseen, self._said("Recorded since", ""), upto, before=MINUTE)

    @property
    def printed(self) -> list[str]:
        return [answer for turn in self.TURN.finditer(self.text) if (answer := _answer(turn)) is not None]

    def rewritten(self, answers: list[str]) -> None:
        told = iter(answers)

        def turned(turn: re.Match[str]) -> str:
            answer = _answer(turn)
            return turn[0] if answer is None else f"{turn[0][: -len(answer) - 3]}{next(told)}```"

        self.path.write_text(self.TURN.sub(turned, self.text), encoding="utf-8")


def _answer(turn: re.Match[str]) -> str | None:
    return next((turn[name] for name in ("answer", "found", "told") if turn[name] is not None), None)


def _findings(path: Path, now: Ms) -> tuple[Finding, ...]:
    plan = load_plan(path, environ={})
    with open_store(plan.settings.database).snapshot() as snapshot:
        return findings(plan, snapshot, now)


def _shown(each: Finding) -> str:
    about = " ".join([each.urgency if each.firm else "held", each.rule, each.subject])
    return "\n".join([f"{about}: {each.title}", *(f"    {line}" for line in each.lines)]) + "\n"


TELLING = Telling(send=("chat",), repeat=None)


def _over_time(path: Path, start: Ms, end: Ms, every: Ms) -> Iterator[str]:
    """What somebody is told who is told all; what another takes the place of is not told as over."""
    plan, opened = load_plan(path, environ={}), dict[int, Alert]()
    with open_store(plan.settings.database).snapshot() as snapshot:
        for now in range(start, end + 1, every):
            when = instant(now, "Europe/Berlin", PLAIN)
            found = findings(plan, snapshot, now)
            for change in course([*opened.values()], found, TELLING, Said(), now, lambda: "token"):
                if change.new is not None:
                    new, number = change.new, now * 100 + len(opened)
                    opened[number] = Alert(
                        number, new, told=frozenset({"raised"}), told_at=now, heard=("chat",)
                    )
                    yield f"{when}  {new.urgency:6}  {new.rule} {new.subject}: {new.title}\n"
                elif change.ended is not None and change.seq is not None:
                    new = opened.pop(change.seq).new
                    if change.letters:
                        yield f"{when}  over    {new.rule} {new.subject}\n"


def story(path: Path) -> Story:
    return Story(path, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_rules_find_what_the_document_says(cli, clock, tmp_path, path, update_golden):
    found = story(path)
    answers = list(found.played(tmp_path, cli, clock))

    if update_golden:
        found.rewritten(answers)
    assert answers
    assert answers == story(path).printed


ROOT = Path(__file__).parents[2]
SOURCES = "".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "monitor" / "alerts").glob("*.py"))
)
TOLD = sorted(set(re.findall(r"makegood ((?:[a-z]+ ?)+)((?:[^\n\"`]*--[a-z]+)*)", SOURCES)))


@pytest.mark.parametrize(("words", "options"), TOLD, ids=lambda each: each.strip() or "none")
def test_every_command_that_a_finding_tells_to_run_is_there_with_its_options(words, options):
    command: click.Command = makegood
    for word in words.split():
        if isinstance(command, click.Group):
            command = command.commands[word]

    known = {name for option in command.params for name in option.opts}
    assert set(re.findall(r"--[a-z]+", options)) <= known


def test_the_page_has_every_usual_rule_with_its_kind_and_urgency():
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")

    told = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (page|ticket) \|", page, re.MULTILINE)

    assert told == [(each.id, each.when, each.urgency) for each in USUAL]
