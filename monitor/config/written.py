"""Tables written as the text of a configuration again, in the order that they have; what is secret withheld.

The text loads like any configuration and says the same. Comments and the files that it came from are gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from monitor.config.headers import SENSITIVE

Tables = Mapping[str, Any]

WITHHELD: Final = "withheld"

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ADDRESS = re.compile(r"https?://.*", re.DOTALL)


def as_toml(tables: Tables) -> str:
    """The text, in TOML; the same for the same tables. Inner tables stand in the line of their key."""
    plain = [f"{_key(key)} = {_value(value)}" for key, value in tables.items() if not _is_table(value)]
    found = [part for key, value in tables.items() if _is_table(value) for part in _tables(key, value)]
    return "\n\n".join(["\n".join(plain), *found] if plain else found) + "\n"


def sla_as_toml(name: str, table: Tables) -> str:
    """An SLA as people write it: each promise, and nothing else, has a table of its own."""
    own = {key: value for key, value in table.items() if key != "promise"}
    promises = [
        _table(f"sla.{_key(name)}.promise.{_key(each)}", stages)
        for each, stages in table.get("promise", {}).items()
    ]
    return "\n\n".join([_table(f"sla.{_key(name)}", own), *promises]) + "\n"


def value_as_toml(value: object) -> str:
    """One value in a line."""
    return _value(value)


def _tables(kind: str, value: Tables) -> Iterator[str]:
    """A table, or one for each of the names in it."""
    if value and all(_is_table(inner) for inner in value.values()):
        for name, inner in value.items():
            yield _table(f"{_key(kind)}.{_key(name)}", inner)
    else:
        yield _table(_key(kind), value)


def _table(name: str, value: Tables) -> str:
    return "\n".join([f"[{name}]", *(f"{_key(key)} = {_value(inner)}" for key, inner in value.items())])


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a configuration")


def _text(text: str) -> str:
    """JSON's escapes are TOML's, but for the one character that it lets through."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def withheld(tables: Tables) -> dict[str, Any]:
    """The tables without what may be secret: headers, bodies, and what an address says of who asks.

    Where a secret is kept (`env`, `file`) is no secret, and stays.
    """
    return {key: _withheld(key, value) for key, value in tables.items()}


def _withheld(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        if key == "headers":
            return {name: WITHHELD if isinstance(each, str) else each for name, each in value.items()}
        return withheld(value)
    if key in ("body", "send") and isinstance(value, str):
        return WITHHELD
    if isinstance(value, list | tuple):
        return [_withheld("", each) for each in value]  # `send` of alerts names channels
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        return value
    return _host(value) if key in ("webhook", "ping") else _address(value)


def _host(text: str) -> str:
    """An address that whoever knows it may use: its host alone."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return WITHHELD
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], f"/{WITHHELD}", "", ""))


def _address(text: str) -> str:
    """An address without user, password, and the values of what is named like a secret."""
    try:
        parts = urlsplit(text)
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return WITHHELD
    if "@" in parts.netloc:
        parts = parts._replace(netloc=f"{WITHHELD}@{parts.netloc.rpartition('@')[2]}")
    if any(SENSITIVE.search(name) for name, _ in asked):
        said = [(name, WITHHELD if SENSITIVE.search(name) else each) for name, each in asked]
        parts = parts._replace(query=urlencode(said))
    return urlunsplit(parts)
