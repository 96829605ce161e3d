"""Documents of commands: a configuration, a history in a table, and what the program answers, to the letter.

A document holds one TOML block, the configuration, and a table of what was seen: endpoint, since when, for
how long, and "down" or "not seen". Each text block that begins with `$ makegood` is a call and its answer;
one that ends with another code than 0 says so in its last line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms, Span
from monitor.core.periods import instant, local
from tests.cli.year import SINCE, UPTO, at, record

UNITS = {"d": DAY, "h": HOUR, "min": MINUTE, "s": SECOND}
CALL = re.compile(r"^```text\n\$ makegood (.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """What a page says: the configuration, what was seen, and (call, answer) in their order."""

    config: str
    seen: tuple[tuple[str, Span, str], ...]
    calls: tuple[tuple[tuple[str, ...], str], ...]
    since: str
    upto: str

    @property
    def now(self) -> Ms:
        return at(self.upto) + SECOND

    def recorded(self, folder: Path) -> Path:
        """A folder with all that the document says was there."""
        endpoints = dict.fromkeys(re.findall(r"^\[endpoint\.([\w-]+)\]", self.config, re.MULTILINE))
        down = {key: [s for who, s, what in self.seen if (who, what) == (key, "down")] for key in endpoints}
        unseen = [span for _, span, what in self.seen if what == "not seen"]
        return record(folder, self.config, down, unseen, self.since, self.upto)


def document(path: Path, config: str | None = None) -> Document:
    """Read one. `config` is the configuration of a page that shows none of its own whole."""
    text = path.read_text(encoding="utf-8")
    found = config if config is not None else text.split("```toml\n")[1].split("```")[0]
    calls = tuple((tuple(shlex.split(words)), answer) for words, answer in CALL.findall(text))
    known = dict(re.findall(r"^(Recorded since|Now): `([^`]+)`$", text, re.MULTILINE))
    since, upto = known.get("Recorded since", SINCE), known.get("Now", UPTO)
    return Document(found, tuple(_seen(text)), calls, since, upto)


def _seen(text: str) -> Iterator[tuple[str, Span, str]]:
    rows = re.findall(
        r"^\| ([\w-]+|all) \| (\d{4}-\S+) \| ([^|]+) \| (down|not seen) \|$", text, re.MULTILINE
    )
    for who, start, lasting, what in rows:
        begin = instant(local(at(start), "UTC"))
        yield who, Span(begin, begin + _length(lasting)), what


def _length(text: str) -> Ms:
    parts = re.findall(r"(\d+) (d|h|min|s)\b", text)
    assert parts, text
    return sum(int(count) * UNITS[unit] for count, unit in parts)


def answered(result: object) -> str:
    """What a call printed, with its exit code where that is not 0."""
    code = getattr(result, "exit_code", 0)
    told = f"(exit code {code})\n" if code else ""
    return f"{getattr(result, 'output', '')}{told}"
