"""What a push of a metric says: an exact value, of which instant it is, and what its sender calls it.

JSON, or a plain number. A number never becomes a float on its way: of JSON its text is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from monitor.core.intervals import MINUTE, Ms
from monitor.core.numbers import parse_number
from monitor.core.periods import instant
from monitor.listen.heartbeats import Refused
from monitor.records import dataclass

LONGEST_ID: Final = 200
AHEAD: Final[Ms] = MINUTE
"""How far its sender's clock may be ahead of ours."""
FIRST: Final[Ms] = instant(datetime(2000, 1, 1, tzinfo=UTC))
KEYS: Final = ("value", "at", "id")
HOW: Final = '{"value": "99.61", "at": "2026-11-21T01:00:00Z", "id": "run-4711"}'


class Wrong(Refused):
    """A push that cannot be read: where, and what to write instead."""

    def __init__(self, where: str, sentence: str) -> None:
        super().__init__("body", 400, sentence)
        self.where = where


@dataclass(frozen=True, slots=True)
class Push:
    """A value. `at` None: of the instant at which it comes; `id` None: it is named by its instant."""

    value: Fraction
    at: Ms | None = None
    id: str | None = None


def read(body: bytes, now: Ms, *, is_json: bool) -> Push:
    """What a body says. Wrong where it cannot be read."""
    try:
        text = body.decode().strip()
    except UnicodeDecodeError:
        raise Wrong("body", "the body is no text in UTF-8: write a number, or JSON") from None
    if is_json or text.startswith("{"):
        return _of_json(text, now)
    if not text:
        raise Wrong("body", f"the body is empty: write a number such as 99.61, or {HOW}")
    return Push(value("body", text))


def value(where: str, text: str) -> Fraction:
    """The exact figure of a decimal text, at most 18 digits before the point and 12 after it."""
    try:
        figure = parse_number(text.removeprefix("-"))
    except ValueError as error:
        raise Wrong(where, str(error)) from None
    return -figure if text.startswith("-") else figure


def _of_json(text: str, now: Ms) -> Push:
    try:
        found = json.loads(
            text, parse_float=_Figure, parse_int=_Figure, parse_constant=_Figure, object_pairs_hook=_once
        )
    except (ValueError, RecursionError):
        raise Wrong("body", f"the body is not JSON: write {HOW}") from None
    if isinstance(found, _Figure):
        return Push(value("body", found))
    if not isinstance(found, dict):
        raise Wrong("body", f"the body is no object: write {HOW}")
    strange = next((key for key in found if key not in KEYS), None)
    if strange is not None:
        raise Wrong(f"{strange:.40}", f"is no key of a push: write {', '.join(KEYS)}")
    if not isinstance(found.get("value"), str):
        raise Wrong(
            "value", f'is missing, or is no number: write it as text: {{"value": "99.61"}}; as in {HOW}'
        )
    return Push(value("value", found["value"]), _at(found.get("at"), now), _id(found.get("id")))


class _Figure(str):
    """A number of JSON as it was written."""

    __slots__ = ()


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong("body", "a key stands there twice: say it once")
    return found


def _at(said: object, now: Ms) -> Ms | None:
    if said is None:
        return None
    how = 'write it with its offset: "2026-11-21T01:00:00Z"'
    try:
        found = instant(datetime.fromisoformat(said if isinstance(said, str) else ""))
    except (ValueError, OverflowError):
        raise Wrong("at", f"is no instant: {how}") from None
    if found > now + AHEAD:
        raise Wrong("at", "is still to come: push what has happened, and look at your clock")
    if found < FIRST:
        raise Wrong("at", f"is before the year 2000: {how}")
    return found


def _id(said: object) -> str | None:
    if said is None:
        return None
    if not isinstance(said, str) or not said.strip() or not said.isprintable() or len(said) > LONGEST_ID:
        raise Wrong("id", f"is no name: write a text of one line, at most {LONGEST_ID} characters")
    return str(said)
