"""From a path in the data to a line in a file. Loaded only once something is wrong.

spanned_toml reads the file a second time and keeps where each key and value stands; a table without a
place of its own stands where its name does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import spanned_toml
from spanned_toml._types import Spanned

from monitor.config.parse import Document
from monitor.config.problems import MAY_HOLD_A_SECRET, Fault, Problem, Where, dotted

WIDEST = 160


class Places:
    """Finds lines in the texts of a document."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {name: text.replace("\r\n", "\n") for name, text in texts.items()}
        self._trees: dict[str, Spanned[Any] | None] = {}
        self._known: dict[int, dict[str | int, tuple[int, Spanned[Any]]]] = {}

    def find(self, file: str, where: Where, *, key: bool = False) -> tuple[int, int | None]:
        """Line and column of the value at a path (or of its key), or of the nearest table above it."""
        node, offset = self._tree(file), None
        if node is None:
            return 1, None
        for depth, part in enumerate(where):
            step = self._step(node, part)
            if step is None:
                break
            at, node = step
            last = depth == len(where) - 1
            offset = at if node.span().stop == 0 or (key and last) else node.span().start
        return self._line(file, offset) if offset is not None else (1, None)

    def holds(self, file: str, where: Where) -> bool:
        """Whether there is anything at a path."""
        node = self._tree(file)
        for part in where:
            step = self._step(node, part) if node is not None else None
            node = step[1] if step else None
        return node is not None

    def line_in(self, file: str, where: Where) -> int:
        """The line of a key."""
        return self.find(file, where, key=True)[0]

    def text(self, file: str, line: int) -> str | None:
        """A line as it stands, or None where it may hold a secret."""
        lines = self._texts.get(file, "").split("\n")
        if not 0 < line <= len(lines):
            return None
        text = lines[line - 1].rstrip().replace("\t", " ")
        if not text or len(text) > WIDEST or not text.isprintable() or MAY_HOLD_A_SECRET.search(text):
            return None
        return text

    def _tree(self, file: str) -> Spanned[Any] | None:
        if file not in self._trees:
            try:
                self._trees[file] = spanned_toml.loads(self._texts.get(file, ""), parse_float=str)
            except (ValueError, RecursionError):
                self._trees[file] = None
        return self._trees[file]

    def _step(self, node: Spanned[Any], part: str | int) -> tuple[int, Spanned[Any]] | None:
        """From a table or list to (where the entry stands, what it holds)."""
        if id(node) not in self._known:
            self._known[id(node)] = _entries(node)
        return self._known[id(node)].get(part)

    def _line(self, file: str, offset: int) -> tuple[int, int]:
        before = self._texts[file][:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


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


def _located(fault: Fault, document: Document, places: Places) -> Problem:
    file = fault.file or _file(fault.place, document)
    if fault.line is not None:
        line, column = fault.line, fault.column
    else:
        line, column = places.find(file, fault.place, key=fault.key)
    return Problem(file, line, column, dotted(fault.where), fault.message, places.text(file, line))


def _file(where: Where, document: Document) -> str:
    """The file that defines the table at the head of a path."""
    return document.origin.get(where[:2]) or document.origin.get(where[:1]) or document.main
