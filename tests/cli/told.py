"""Documents of commands: a configuration, a history in a table, and what the program answers, to the letter.

A document's TOML blocks are the configuration, each added to those before it. A table says what was seen:
endpoint (or all), since when, for how long, and "down" or "not seen". Each text block that begins with
`$ makegood` is a call and its answer, by the configuration as it stands there; one that ends with another
code than 0 says so in its last line. `Recorded since` and `Now` are lines of their own, where they are said.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from click.testing import Result

from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms, Span
from monitor.people import author
from tests.cli.year import SINCE, UPTO, at, record

UNITS = {"d": DAY, "h": HOUR, "min": MINUTE, "s": SECOND}
STEP = re.compile(
    r"^```toml\n(?P<toml>(?:(?!```).*\n)*)```$"
    r"|^```text\n\$ makegood (?P<words>.*)\n(?P<answer>(?:(?!```).*\n)*)```$",
    re.MULTILINE,
)
NOW = re.compile(r"^Now: `(?P<now>[^`]+)`$", re.MULTILINE)
ROW = re.compile(r"^\| ([\w-]+) \| (\d{4}-\S+) \| ([^|]+) \| (down|not seen) \|$", re.MULTILINE)


class SettableClock(Protocol):
    """A clock whose time is set."""

    at: Ms


@dataclass(frozen=True)
class Document:
    """What a page says, and where it stands."""

    path: Path
    text: str

    @property
    def now(self) -> Ms:
        return at(self._said("Now", UPTO)) + SECOND

    def _said(self, what: str, default: str) -> str:
        found = re.search(rf"^{what}: `([^`]+)`$", self.text, re.MULTILINE)
        return found[1] if found else default

    def seen(self) -> Iterator[tuple[str, Span, str]]:
        """Who, when, and what of them."""
        for who, start, lasting, what in ROW.findall(self.text):
            yield who, Span(at(start), at(start) + _length(lasting)), what

    def answers(self, folder: Path, call: Callable[..., Result]) -> Iterator[str]:
        """What the program answers to each call in turn, on the history that the page tells."""
        path, config = folder / "makegood.toml", ""
        for step in STEP.finditer(self.text):
            if step["toml"] is not None:
                config = f"{config}\n{step['toml']}" if config else step["toml"]
                continue
            if not path.exists():
                self._record(folder, config)
            path.write_text(config, encoding="utf-8")
            yield _told(call(*shlex.split(step["words"])), folder)

    def _record(self, folder: Path, config: str) -> None:
        known, seen = re.findall(r"^\[endpoint\.([\w-]+)\]", config, re.MULTILINE), list(self.seen())
        down = {key: [s for who, s, what in seen if (who, what) == (key, "down")] for key in known}
        unseen = [span for _, span, what in seen if what == "not seen"]
        record(folder, config, down, unseen, self._said("Recorded since", SINCE), self._said("Now", UPTO))

    @property
    def printed(self) -> list[str]:
        """The answers that the page prints."""
        return [step["answer"] for step in STEP.finditer(self.text) if step["words"] is not None]

    def rewritten(self, answers: list[str]) -> None:
        """Print these instead."""
        told = iter(answers)

        def step(found: re.Match[str]) -> str:
            if found["words"] is None:
                return found[0]
            return f"```text\n$ makegood {found['words']}\n{next(told)}```"

        self.path.write_text(STEP.sub(step, self.text), encoding="utf-8")


class Told(Document):
    """A document in which time goes on: each `Now` is the time of what follows. `TURN` says what there is."""

    TURN: ClassVar[re.Pattern[str]] = re.compile(rf"{STEP.pattern}|{NOW.pattern}", re.MULTILINE)

    def played(self, folder: Path, cli: Callable[..., Result], clock: SettableClock) -> Iterator[str]:
        """What is answered in turn; whoever is here is called max."""
        path, config = folder / "makegood.toml", ""
        for turn in self.TURN.finditer(self.text):
            if turn["toml"] is not None:
                config += turn["toml"]
                continue
            if not path.exists():
                self._record(folder, config)
            path.write_text(config, encoding="utf-8")
            if turn["now"]:
                clock.at = at(turn["now"])
            elif turn["words"] is not None:
                said = _told(cli(*shlex.split(turn["words"])), folder)
                yield re.sub(rf"\b{re.escape(author())}\b", "max", said)
            else:
                yield from self._turned(turn, path, clock.at)

    def _turned(self, turn: re.Match[str], path: Path, now: Ms) -> Iterator[str]:
        """What a turn of one's own comes to."""
        raise NotImplementedError(turn[0])


def document(path: Path) -> Document:
    """Read one."""
    return Document(path, path.read_text(encoding="utf-8"))


def _length(text: str) -> Ms:
    parts = re.findall(r"(\d+) (d|h|min|s)\b", text)
    assert parts, text
    return sum(int(count) * UNITS[unit] for count, unit in parts)


def _told(result: Result, folder: Path) -> str:
    """What a call printed, with its exit code where that is not 0."""
    code = f"(exit code {result.exit_code})\n" if result.exit_code else ""
    return f"{result.output}{code}".replace(f"{folder}/", "")
