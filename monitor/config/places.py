"""From a path in the data to a line in a file. Loaded only once something is wrong.

spanned_toml reads the file a second time and keeps where each key and value stands; a table without a
place of its own stands where its name does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import Any

import spanned_toml
from spanned_toml._types import Spanned

from monitor.config.document import Document
from monitor.config.problems import MAY_HOLD_A_SECRET, Fault, Problem, Where, dotted, parted

WIDEST = 160
LONGEST = 600
HEADER = re.compile(r"^\[", re.MULTILINE)
TABLES_TO_A_BLOCK = 100

Blocks = list[tuple[int, Spanned[Any]]]


class Places:
    """Finds lines in the texts of a document."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {name: text.replace("\r\n", "\n") for name, text in texts.items()}
        self._lines = {name: text.split("\n") for name, text in self._texts.items()}
        self._starts: dict[str, list[int]] = {}
        self._trees: dict[str, Blocks] = {}
        self._known: dict[int, dict[str | int, tuple[int, Spanned[Any]]]] = {}

    def find(self, file: str, where: Where, *, key: bool = False) -> tuple[int, int | None]:
        """Line and column of the value at a path (or of its key), or of the nearest table above it."""
        _, offset = self._deepest(file, where, key=key)
        return self._line(file, offset) if offset is not None else (1, None)

    def holds(self, file: str, where: Where) -> bool:
        """Whether there is anything at a path."""
        return self._deepest(file, where, key=True)[0] == len(where)

    def _deepest(self, file: str, where: Where, *, key: bool) -> tuple[int, int | None]:
        """How much of a path is there, and where its last part stands."""
        best: tuple[int, int | None] = (0, None)
        for shift, tree in self._blocks(file):
            depth, offset = self._follow(tree, where, key=key)
            if depth > best[0] and offset is not None:
                best = depth, offset + shift
        return best

    def _follow(self, node: Spanned[Any], where: Where, *, key: bool) -> tuple[int, int | None]:
        offset = None
        for depth, part in enumerate(where):
            step = self._step(node, part)
            if step is None:
                return depth, offset
            at, node = step
            last = depth == len(where) - 1
            offset = at if node.span().stop == 0 or (key and last) else node.span().start
        return len(where), offset

    def line_in(self, file: str, where: Where) -> int:
        """The line of a key."""
        return self.find(file, where, key=True)[0]

    def text(self, file: str, line: int) -> str | None:
        """A line as it stands, or None where it may hold a secret."""
        lines = self._lines.get(file, [])
        if not 0 < line <= len(lines):
            return None
        text = lines[line - 1].rstrip().replace("\t", " ")
        if not text or len(text) > WIDEST or not text.isprintable() or MAY_HOLD_A_SECRET.search(text):
            return None
        return text

    def _blocks(self, file: str) -> Blocks:
        if file not in self._trees:
            self._trees[file] = _parsed(self._texts.get(file, ""))
        return self._trees[file]

    def _step(self, node: Spanned[Any], part: str | int) -> tuple[int, Spanned[Any]] | None:
        """From a table or list to (where the entry stands, what it holds)."""
        if id(node) not in self._known:
            self._known[id(node)] = _entries(node)
        return self._known[id(node)].get(part)

    def _line(self, file: str, offset: int) -> tuple[int, int]:
        if file not in self._starts:
            lengths = (len(line) + 1 for line in self._lines[file])
            self._starts[file] = list(accumulate(lengths, initial=0))
        line = bisect_right(self._starts[file], offset)
        return line, offset - self._starts[file][line - 1] + 1


def _parsed(text: str) -> Blocks:
    """A text in blocks of some tables each, since the parser's time grows with the square of the tables.

    A line that starts with a bracket and is no table (in a list of lists) makes a block that cannot be
    parsed; then the text is parsed whole. A text that is not TOML has no blocks.
    """
    starts = [found.start() for found in HEADER.finditer(text)][TABLES_TO_A_BLOCK::TABLES_TO_A_BLOCK]
    edges = [0, *starts, len(text)]
    try:
        return [(start, _tree(text[start:end])) for start, end in pairwise(edges)]
    except (ValueError, RecursionError):
        pass
    try:
        return [(0, _tree(text))]
    except (ValueError, RecursionError):
        return []


def _tree(text: str) -> Spanned[Any]:
    return spanned_toml.loads(text, parse_float=str)


def _entries(node: Spanned[Any]) -> dict[str | int, tuple[int, Spanned[Any]]]:
    """What a table or list holds: for each key or number, where it stands and its value."""
    inner = node.inner()
    if isinstance(inner, dict):
        return {key.inner(): (key.span().start, value) for key, value in inner.items()}
    if isinstance(inner, list):
        return {number: (value.span().start, value) for number, value in enumerate(inner)}
    return {}


def located(faults: Iterable[Fault], document: Document) -> tuple[Problem, ...]:
    """Every fault once, as a problem with its line, in the order of files and lines."""
    places = Places(document.texts)
    order = {name: number for number, name in enumerate((document.main, *document.texts))}
    problems = dict.fromkeys(_located(fault, document, places) for fault in faults)
    return tuple(
        sorted(problems, key=lambda problem: (order.get(problem.file, 0), problem.line, problem.column or 0))
    )


def warned(warnings: Iterable[str], document: Document) -> tuple[Problem, ...]:
    """Warnings, each of which begins with its path, with their lines, in the order of files and lines."""
    split = (warning.partition(": ") for warning in warnings)
    return located((Fault(parted(path), message, key=True) for path, _, message in split), document)


def _located(fault: Fault, document: Document, places: Places) -> Problem:
    file = fault.file or _file(fault.place, document)
    if fault.line is not None:
        line, column = fault.line, fault.column
    else:
        line, column = places.find(file, fault.place, key=fault.key)
    path, message = _printable(dotted(fault.where)), _printable(fault.message)
    named = _named_by(fault, document) if fault.line is None and fault.place[1:2] else None
    if named is not None:
        message = f"{message} ({file}:{line})"
        file = _file(named, document)
        line, column = places.find(file, named)
    return Problem(file, line, column, path, message, places.text(file, line))


def _named_by(fault: Fault, document: Document) -> Where | None:
    """Where somebody names the SLA of the library that a fault is in: it is mended there."""
    name = fault.place[1]
    if fault.place[0] != "sla" or name not in document.borrowed or fault.file is not None:
        return None
    if not document.origin.get(fault.place[:2], "").startswith("library/"):
        return None
    named: list[Where] = []
    for kind, key in (("agreement", "sla"), ("agreement", "shadow"), ("sla", "like")):
        tables = document.tree.get(kind)
        for id, table in tables.items() if isinstance(tables, dict) else ():
            if isinstance(table, dict) and name in _words(table.get(key)) and id not in document.borrowed:
                named.append((kind, id, key))
    return min(named, key=lambda where: where[1] not in fault.message.split(), default=None)


def _words(said: object) -> list[object]:
    return said if isinstance(said, list) else [said]


def _printable(text: str) -> str:
    """What a terminal may be given: a key in a file can hold anything."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:LONGEST])


def _file(where: Where, document: Document) -> str:
    """The file that defines the table at the head of a path."""
    return document.origin.get(where[:2]) or document.origin.get(where[:1]) or document.main
