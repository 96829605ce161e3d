"""Headers and the secrets in them. A value that looks like a credential never stands in the file itself:
it is named, `{ env = "NAME" }` or `{ file = "path" }`, and read at load. No text here shows a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from monitor.config.endpoint import Secret
from monitor.config.plan import Reference
from monitor.config.problems import Fault, Refused, Several

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
SENSITIVE = re.compile(r"auth|cookie|token|key|secret|passw|credential|session", re.IGNORECASE)
CREDENTIAL = re.compile(r"\s*(basic|bearer|digest|token|negotiate)\s+\S", re.IGNORECASE)
WRITTEN_OUT = re.compile(r"(passw\w*|secret|token|api_?key|credential)s?[\"']?\s*[:=]", re.IGNORECASE)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LARGEST = 16_384


Header = str | Reference


def headers(value: object) -> dict[str, Header]:
    """A table of headers, names as written."""
    if not isinstance(value, dict):
        raise Refused('headers are a table: write headers = { Accept = "application/json" }')
    found: dict[str, Header] = {}
    faults: list[Fault] = []
    for key, entry in value.items():
        try:
            found[_name(key, found)] = _header(key, entry)
        except ValueError as error:
            faults.append(Fault((key,), str(error)))
    if faults:
        raise Several(faults)
    return found


def _name(key: str, found: Mapping[str, Header]) -> str:
    if not NAME.fullmatch(key):
        raise Refused("not a name of a header: letters, digits and hyphens")
    if key.lower() in {each.lower() for each in found}:
        raise Refused("the same header stands twice (capitals do not matter): keep one of them")
    return key


def _header(key: str, entry: object) -> Header:
    if isinstance(entry, dict):
        return reference(entry)
    if not isinstance(entry, str) or not _sendable(entry):
        raise Refused('a header is a text of one line, { env = "NAME" } or { file = "path" }')
    if SENSITIVE.search(key) or CREDENTIAL.match(entry):
        raise Refused('secret written in clear: write { env = "NAME" } or { file = "path" }')
    return entry


def reference(entry: object) -> Reference:
    """Where a secret is kept; Refused where that is not said by one key."""
    if isinstance(entry, Mapping) and len(entry) == 1:
        ((kind, name),) = entry.items()
        if kind == "env" and isinstance(name, str) and VARIABLE.fullmatch(name):
            return Reference("env", name)
        if kind == "file" and isinstance(name, str) and name.strip() and name.isprintable():
            return Reference("file", name)
    raise Refused('a secret is named by one key: write { env = "NAME" } or { file = "path" }')


def _sendable(value: str) -> bool:
    """Nothing that could end a header line, nor what HTTP cannot carry."""
    return bool(value) and all(
        " " <= char <= "~" or char == "\t" or "\xa0" <= char <= "\xff" for char in value
    )


def user(value: object) -> str:
    """Who logs in: a line without a colon, which ends a user's name."""
    if not isinstance(value, str) or not _sendable(value) or ":" in value:
        raise Refused('not a user that can log in: write user = "monitor", without a colon')
    return value


def body(value: object) -> str | Reference:
    """What is sent: a text, or where it is kept."""
    if isinstance(value, dict):
        return reference(value)
    if not isinstance(value, str) or not 0 < len(value.encode("utf-8", "replace")) <= LARGEST:
        raise Refused(
            f'a body is a text of at most {LARGEST} bytes, {{ env = "NAME" }} or {{ file = "path" }}'
        )
    if WRITTEN_OUT.search(value):
        raise Refused(
            'secret written in clear: keep the body elsewhere, { env = "NAME" } or { file = "path" }'
        )
    return value


def resolve(header: Header, *, environ: Mapping[str, str], folder: Path) -> str | Secret:
    """The header's value; Refused says what is missing, and never what is there."""
    return header if isinstance(header, str) else secret(header, environ=environ, folder=folder)


def secret(kept: Reference, *, environ: Mapping[str, str], folder: Path, lines: bool = False) -> Secret:
    """What is kept there, with `lines` in several lines too; Refused as for `resolve`."""
    value = _variable(kept.name, environ) if kept.kind == "env" else _file(kept.name, folder)
    if not lines and not _sendable(value):
        holder = f"the variable {kept.name[:60]}" if kept.kind == "env" else kept.name[:200]
        raise Refused(f"{holder} holds what a header cannot carry: it must be one line of text")
    return Secret(value)


def _variable(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise Refused(
            f"the variable {name[:60]} is not set, or empty: set it in the monitor's environment, "
            f"export {name[:60]}='…'"
        )
    return value


def _file(name: str, folder: Path) -> str:
    path = folder / name
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise Refused(f"{name[:200]} cannot be read: {(error.strerror or 'unknown error').lower()}") from None
    value = raw.decode("utf-8", "replace").strip()
    if len(raw) > LARGEST or not value:
        raise Refused(f"{name[:200]} holds nothing, or more than {LARGEST} bytes: a secret is shorter")
    return value
