"""Read a file that anybody may have written: a paper or an evidence export, as JSON values.

What is too large, too deep, not exact or not one value is refused with a sentence; nothing of it is believed.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

from monitor.errors import ConfigError, EvidenceRefused

PAPER_BYTES: Final = 16 << 20
EVIDENCE_BYTES: Final = 256 << 20
DEPTH: Final = 40
UNPRINTED: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def read_file(path: Path, limit: int) -> bytes:
    """A file's bytes. ConfigError where it cannot be read, EvidenceRefused where it has more than `limit`."""
    try:
        with path.open("rb") as file:
            found = file.read(limit + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    _must_fit(found, limit, str(path))
    return found


def unpacked(blob: bytes, name: str) -> bytes:
    """The text of a packed export. EvidenceRefused where it is damaged or too large."""
    try:
        inside = zlib.decompressobj()
        found = inside.decompress(blob, EVIDENCE_BYTES + 1)
    except zlib.error as error:
        raise EvidenceRefused(f"{name}: it is damaged: {error}") from None
    _must_fit(found, EVIDENCE_BYTES, name)
    return found


def parsed(text: bytes, name: str) -> dict[str, Any]:
    """The object that the text is. EvidenceRefused for anything that this program would not have written.

    Decimals, NaN, keys that come twice and numbers of thousands of digits are refused: none has one value.
    """
    try:
        found = json.loads(
            text.decode("utf-8"), parse_float=_inexact, parse_constant=_inexact, object_pairs_hook=_once
        )
    except RecursionError:
        raise _too_deep(name) from None
    except ValueError as error:
        raise EvidenceRefused(f"{name}: not JSON as this program writes it: {error}") from None
    if not isinstance(found, dict):
        raise EvidenceRefused(f"{name}: not a paper and not an evidence export, which are one object each")
    _must_be_flat(found, name)
    return found


def must_be_printed(document: Any, name: str) -> None:
    """EvidenceRefused where a text of the paper holds what is never printed: control characters, and what
    turns the direction of writing.
    """
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value
        if isinstance(value, dict | list):
            waiting += _inside(value)
        elif isinstance(value, str) and UNPRINTED.search(value):
            raise EvidenceRefused(
                f"{name}: a text in it holds control characters, which no genuine paper does"
            )


def _must_fit(found: bytes, limit: int, name: str) -> None:
    if len(found) > limit:
        raise EvidenceRefused(f"{name}: larger than {limit >> 20} MiB, which no genuine file is")


def _inexact(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not a whole number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice in one object")
    return found


def _must_be_flat(value: Any, name: str) -> None:
    """Level by level, so that depth costs no stack."""
    level: list[Any] = [value]
    for _ in range(DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return
    raise _too_deep(name)


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _too_deep(name: str) -> EvidenceRefused:
    return EvidenceRefused(f"{name}: nested deeper than {DEPTH} levels, which no genuine file is")
