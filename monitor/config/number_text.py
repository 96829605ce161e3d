"""How a statement's number is written: literal text, and `{n}`, `{n:04}`, `{year}`, `{month}`, `{customer}`.

Two series that count by themselves must never give two papers one number; what could is refused at load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.config.problems import Fault, Refused, Several
from monitor.config.values import shown

FIELDS = ("n", "year", "month", "customer")
LONGEST = 60

_FIELD = re.compile(r"\{([a-z]+)(?::0([1-9]))?\}")
_LITERAL = re.compile(r"[A-Za-z0-9._-]*")
_EXAMPLE = 'write "{year}-{n:04}"'


def number(value: object) -> str:
    """The format as written, sound in itself; every mistake in it is told at once."""
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is not a text: {_EXAMPLE}")
    wrong = list(_mistakes(value))
    if wrong:
        raise Several([Fault((), f"{shown(value)} {each}") for each in wrong])
    return value


def _mistakes(value: str) -> Iterator[str]:
    fields = _FIELD.findall(value)
    for name in dict.fromkeys(name for name, _ in fields if name not in FIELDS):
        known = ", ".join(f"{{{each}}}" for each in FIELDS)
        yield f"names {{{name}}}, which there is not: there are {known}"
    if "n" not in [name for name, _ in fields]:
        yield f"does not count: {_EXAMPLE}"
    for name in dict.fromkeys(name for name, width in fields if width and name != "n"):
        yield f"pads {{{name}}}: only {{n}} has a width, as in {{n:04}}"
    rest = _FIELD.sub("", value)
    if not _LITERAL.fullmatch(rest):
        yield (
            "holds other signs than letters, digits, points, hyphens and underscores; "
            f"a number is also a file's name: {_EXAMPLE}"
        )
    if value[:1] in (".", "-"):
        yield f"begins with a {value[0]}, which a command takes for something else: {_EXAMPLE}"
    if len(value) > LONGEST:
        yield f"is longer than {LONGEST} signs: {_EXAMPLE}"


def collisions(format: str, series: str, restart: str) -> Iterator[str]:
    """Why papers of two series could come by one number, and what to write instead."""
    names = [name for name, _ in _FIELD.findall(format)]
    if series == "customer" and "customer" not in names:
        yield 'each customer counts from 1, so two would have one number: write "{customer}-{n:04}"'
    elif not _apart(format):
        yield (
            "customer and count run together, so acme's 11 and acme1's 1 would be one number: "
            'write "{customer}-{n:04}"'
        )
    if restart == "yearly" and "year" not in names:
        yield 'each year counts from 1, so two would have one number: write "{year}-{n:04}"'


def _apart(format: str) -> bool:
    """Whether a sign that is no digit stands between every count and the customers beside it."""
    written = _FIELD.sub(lambda found: {"n": "#", "customer": "@"}.get(found[1], "0"), format)
    return not re.search("#[0-9]*@|@[0-9]*#", written)


def written(format: str, *, n: int, year: int, month: int, customer: str) -> str:
    """The number of one paper."""
    values = {"n": n, "year": f"{year:04}", "month": f"{month:02}", "customer": customer}

    def one(found: re.Match[str]) -> str:
        value = values[found[1]]
        return str(value).zfill(int(found[2] or 0))

    return _FIELD.sub(one, format)
