"""Step one: files become plain data. TOML is read exactly (`Decimal`, never a float) and in bounds.

`include` is followed here, relative to the file that says it and in sorted order. What comes out is one
tree, as if it had been one file, and the file that each table came from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from monitor.config.document import Document, Tree
from monitor.config.problems import Fault, Where

LARGEST = 4 * 1024 * 1024
MOST_FILES = 2_000

SINGLE = frozenset(
    {
        "monitor",
        "defaults",
        "issuer",
        "statements",
        "mail",
        "claims",
        "listen",
        "incidents",
        "internal",
        "queue",
    }
)


def parse(path: Path) -> Document:
    """Read `path` and what it includes; mistakes are in `faults` and the rest is in `tree`."""
    document = Document(str(path))
    _read(path, document, chain=(), seen=set())
    return document


def parse_text(text: str, name: str) -> Document:
    """Read a file's text that is not on disk; nothing is included."""
    document = Document(name)
    tree = _toml(text, name, document)
    if tree is None:
        document.complete = False
        return document
    tree.pop("include", None)
    for where, value in _tables(tree):
        _place(where, value, name, document)
    return document


def _read(path: Path, document: Document, *, chain: tuple[Path, ...], seen: set[Path]) -> None:
    name = str(path)
    seen.add(_real(path))
    text = _text(path, document)
    tree = _toml(text, name, document) if text is not None else None
    if text is None or tree is None:
        document.complete = False
        return
    patterns = tree.pop("include", [])
    for where, value in _tables(tree):
        _place(where, value, name, document)
    _include(patterns, path, document, chain=(*chain, _real(path)), seen=seen)


def _real(path: Path) -> Path:
    """Where a file is, links followed; as it is given where that cannot be said: reading it tells why."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _text(path: Path, document: Document) -> str | None:
    """The file's text, or None and a fault."""
    try:
        return _decoded(path)
    except _Unusable as error:
        document.faults.append(Fault((), error.message, file=str(path), line=error.line))
        return None


class _Unusable(Exception):
    """A file that is not read as text, and from which line on."""

    def __init__(self, message: str, line: int = 1) -> None:
        self.message, self.line = message, line
        super().__init__(message)


def _decoded(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise _Unusable(f"cannot be read: {(error.strerror or 'unknown error').lower()}") from None
    if len(raw) > LARGEST:
        raise _Unusable("is larger than 4 MiB: split it, and include the parts")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _Unusable("is not UTF-8 from this line on: save it as UTF-8", line) from None


def _toml(text: str, name: str, document: Document) -> Tree | None:
    """The file's data, or None and a fault with its line."""
    document.texts[name] = text
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except (ValueError, RecursionError) as error:
        from monitor.config.syntax import syntax_fault

        document.faults.append(syntax_fault(error, text, name))
        return None


class Unreadable(ValueError):
    """A number that has no place in any file."""

    def __init__(self, literal: str) -> None:
        self.literal = literal
        super().__init__("a number out of all bounds: write its digits")


def _decimal(literal: str) -> Decimal:
    try:
        number = Decimal(literal)
    except InvalidOperation:
        raise Unreadable(literal) from None
    return number


def _tables(tree: Tree) -> Iterator[tuple[Where, object]]:
    """Each named table ("sla", "acme") by itself, each single one ("monitor",) whole."""
    for key, value in tree.items():
        if key in SINGLE or not isinstance(value, dict):
            yield (key,), value
        else:
            yield from (((key, name), table) for name, table in value.items())


def _place(where: Where, value: object, name: str, document: Document) -> None:
    """Take a table into the tree, unless another file has it."""
    first = document.origin.setdefault(where, name)
    if first != name:
        document.faults.append(_twice(where, name, first, document))
    elif len(where) == 1:
        document.tree[str(where[0])] = value
    else:
        kind = document.tree.setdefault(str(where[0]), {})
        if isinstance(kind, dict):
            kind[where[1]] = value


def _twice(where: Where, name: str, first: str, document: Document) -> Fault:
    from monitor.config.places import Places

    line = Places(document.texts).line_in(first, where)
    return Fault(
        where, f"is defined twice, here and at {first}:{line}: keep one of them", key=True, file=name
    )


def _include(
    patterns: object, path: Path, document: Document, *, chain: tuple[Path, ...], seen: set[Path]
) -> None:
    name = str(path)

    def refuse(message: str, *rest: int) -> None:
        document.faults.append(Fault(("include", *rest), message, file=name))

    if not isinstance(patterns, list):
        return refuse('is a list of patterns: write include = ["customers/*.toml"]')
    for number, pattern in enumerate(patterns):
        if not isinstance(pattern, str) or not pattern.strip():
            refuse('a pattern is a text: write "customers/*.toml"', number)
            continue
        found = _matches(path.parent, pattern)
        if not found:
            refuse(f'no file matches "{pattern}", seen from the folder of this file', number)
        by_way = f", by way of {name}" if len(chain) > 1 else ""
        for other in found:
            if _real(other) in chain:
                refuse(f"{other} is included by itself{by_way}", number)
            elif len(document.texts) >= MOST_FILES:
                return refuse(f"more than {MOST_FILES} files", number)
            elif _real(other) not in seen:
                _read(other, document, chain=chain, seen=seen)
    return None


def _matches(folder: Path, pattern: str) -> list[Path]:
    """The files that a pattern names, sorted; an absolute pattern is searched from its root."""
    try:
        if Path(pattern).is_absolute():
            root = Path(Path(pattern).anchor)
            return sorted(
                found for found in root.glob(str(Path(pattern).relative_to(root))) if found.is_file()
            )
        return sorted(found for found in folder.glob(pattern) if found.is_file())
    except ValueError:
        return []
