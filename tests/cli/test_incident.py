"""`makegood incident`: documents of `tests/cli/incidents`, each a sequence of events and what it comes to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.core.intervals import MINUTE, Ms
from monitor.people import author
from monitor.statements.approvals import approved
from monitor.store import open_store
from tests.cli.told import STEP, Document, _told
from tests.cli.year import at, record

DOCUMENTS = [
    *sorted((Path(__file__).parent / "incidents").glob("*.md")),
    Path(__file__).parents[2] / "docs" / "incidents.md",
]
TURN = re.compile(
    rf"{STEP.pattern}|^Now: `(?P<now>[^`]+)`$|^Somebody else approves entry (?P<entry>\d+)\.$", re.M
)


class Story(Document):
    """A document in which time goes on: each `Now` is the time of what follows, and others approve things."""

    def played(self, folder: Path, cli, clock) -> Iterator[str]:
        path, config = folder / "makegood.toml", ""
        for turn in TURN.finditer(self.text):
            if turn["now"]:
                clock.at = at(turn["now"])
            elif turn["entry"]:
                _by_another(folder, int(turn["entry"]), clock.at)
            elif turn["toml"] is not None:
                config += turn["toml"]
            else:
                if not path.exists():
                    self._record(folder, config)
                said = _told(cli(*shlex.split(turn["words"])), folder)
                yield re.sub(rf"\b{re.escape(author())}\b", "max", said)

    def _record(self, folder: Path, config: str) -> None:
        """With a good check a minute before each outage, so that its beginning is known to the minute."""
        known = re.findall(r"^\[endpoint\.([\w-]+)\]", config, re.MULTILINE)
        down = {key: [span for who, span, _ in self.seen() if who == key] for key in known}
        upto = re.findall(r"^Now: `([^`]+)`$", self.text, re.MULTILINE)[-1]
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
