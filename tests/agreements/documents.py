"""Contract documents read into cases: a pure function of their text.

A document is Markdown that people read. Its fenced blocks carry a name: `toml contract.toml` and
`csv outages.csv` are files, `console` is the one line to run, `json` what the answer must contain, `exit` the
code when it is not 0, `stderr` lines that must be told. Blocks before the first `## ` belong to every case.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

FENCE = re.compile(r"^```(\S+)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REPEATED = re.compile(r"^([^/,]+)/(\d+) ?(s|m|h|day)/(\d+)(,.*)$")
UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "day": timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One case of a document: its files by name, the words of its command, and what must come of it."""

    name: str
    files: dict[str, str]
    words: tuple[str, ...]
    answer: object | None
    exit: int
    stderr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    kind: str
    file: str | None
    text: str


def read(text: str) -> tuple[Told, ...]:
    """Every case of a document. A case that is not whole raises ValueError with its name."""
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    shared = _blocks(head)
    return tuple(_case(section.partition("\n")[0].strip(), shared, _blocks(section)) for section in sections)


def expand(text: str) -> str:
    """A file written out: `START/STEP/COUNT,rest` stands for COUNT rows, each START one STEP later."""
    return "".join(f"{row}\n" for line in text.splitlines() for row in _rows(line))


def differences(expected: object, found: object, path: str = "answer") -> Iterator[str]:
    """Where `found` does not contain `expected`: the listed keys of objects, every element of lists."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            if key in found:
                yield from differences(value, found[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}: expected {_said(value)}, but there is no such key"
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{path}: expected {len(expected)} elements, found {len(found)}: {_said(found)}"
        for place, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from differences(one, other, f"{path}[{place}]")
    elif type(expected) is not type(found) or expected != found:
        yield f"{path}: expected {_said(expected)}, found {_said(found)}"


def _blocks(text: str) -> tuple[Block, ...]:
    return tuple(Block(kind, file or None, body) for kind, file, body in FENCE.findall(text))


def _case(name: str, shared: tuple[Block, ...], own: tuple[Block, ...]) -> Told:
    files = {block.file: expand(block.text) for block in (*shared, *own) if block.file}
    console, answer, code = (_one(name, own, kind) for kind in ("console", "json", "exit"))
    if console is None:
        raise ValueError(f"{name}: a case needs a console block with its one line")
    if answer is None and code is None:
        raise ValueError(f"{name}: a case needs a json block or an exit block")
    return Told(
        name=name,
        files=files,
        words=_words(name, console),
        answer=None if answer is None else json.loads(answer),
        exit=int(code or 0),
        stderr=tuple((_one(name, own, "stderr") or "").splitlines()),
    )


def _one(name: str, blocks: tuple[Block, ...], kind: str) -> str | None:
    found = [block.text for block in blocks if block.kind == kind and not block.file]
    if len(found) > 1:
        raise ValueError(f"{name}: there are {len(found)} {kind} blocks; a case has one")
    return found[0] if found else None


def _words(name: str, console: str) -> tuple[str, ...]:
    prompt, *words = shlex.split(console)
    if prompt != "$" or words[:1] != ["makegood"] or len(console.strip().splitlines()) != 1:
        raise ValueError(f"{name}: the console block is one line, `$ makegood ...`")
    return tuple(words[1:])


def _rows(line: str) -> Iterator[str]:
    repeated = REPEATED.match(line)
    if repeated is None:
        yield line
        return
    start, step, unit, count, rest = repeated.groups()
    first = datetime.fromisoformat(start)
    for place in range(int(count)):
        yield _instant(first + place * int(step) * UNITS[unit]) + rest


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _said(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
