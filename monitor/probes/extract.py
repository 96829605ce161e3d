"""Declared extractions: what the rules of an expectation ask of an answer, found and bounded. Pure.

An answer comes from a stranger. Whatever it holds, an extraction costs no more than its body does, and never
fails: patterns are RE2, which needs no more than linear time, and JSON is read within bounds of depth and
digits. Nothing here judges.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from monitor.core.checks import Found, Rule
from monitor.core.intervals import DAY, Ms
from monitor.core.judge import number_found
from monitor.probes.certificate import valid_until

DEEPEST: Final = 100
"""Levels of lists and objects in a JSON answer; one that is deeper is not read."""
LONGEST_NUMBER: Final = 40
"""Characters of a number in JSON; a longer one is kept as a text, and is no number to anybody."""
LONGEST_TEXT: Final = 512
"""Characters of a text that is found, more than any that is expected has; the rest is cut off."""
PATTERN_MEMORY: Final = 1_048_576
"""Bytes that RE2 may take for one pattern, which also bounds the steps for each byte of an answer."""

_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[{]|[\]}]', re.DOTALL)
_NO_VALUE: Final = object()
_INAPPLICABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a function of a path may raise over values that it was not made for."""


def extract(
    rules: Sequence[Rule],
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes | None,
    text: str | None,
    location: str | None,
) -> dict[str, Found]:
    """What each rule of an HTTP answer finds, under its key.

    `body` is the decoded prefix, `text` the same as characters, `location` where the last redirect led; each
    None where there is none. A JSON path in what is not JSON has no key at all: that nothing is there cannot
    be said. What only a connection or a name server tells (certificate days, answers) is not found here.
    """
    found: dict[str, Found] = {}
    searched = text.encode("utf-8", "replace") if text is not None and _any(rules, "pattern") else None
    document = _document(text) if text is not None and _any(rules, "json") else _NO_VALUE
    for rule in rules:
        if rule.extract == "pattern":
            found[rule.key] = searched is not None and matches(rule.of, searched)
        elif rule.extract == "json" and document is not _NO_VALUE:
            found[rule.key] = _value(_at(rule.of, document))
        elif rule.extract == "header":
            found[rule.key] = _header(rule.of, headers)
        elif rule.extract == "size":
            found[rule.key] = None if body is None else len(body)
        elif rule.extract == "redirect":
            found[rule.key] = None if location is None else _bounded(location)
    return found


def certificate_days(
    rules: Sequence[Rule], tls: ssl.SSLObject | ssl.SSLSocket | None, now: Ms
) -> dict[str, Found]:
    """For how many whole days a proved certificate is still valid at `now`; None where there is none."""
    wanted = [rule.key for rule in rules if rule.extract == "certificate_days"]
    if not wanted:
        return {}
    proved = tls is not None and tls.context.verify_mode is ssl.CERT_REQUIRED
    shown = tls.getpeercert(binary_form=True) if tls is not None and proved else None
    until = valid_until(shown) if shown is not None else None
    return dict.fromkeys(wanted, None if until is None else (until - now) // DAY)


def needs_body(rules: Sequence[Rule]) -> bool:
    """Whether a rule looks at the body, so that it must be read."""
    return any(rule.extract in ("pattern", "json", "size") for rule in rules)


def matches(pattern: str, searched: bytes) -> bool:
    """Whether an RE2 pattern is found anywhere in a text in UTF-8. re2.error where it is no pattern."""
    return _pattern(pattern).search(searched) is not None


def _any(rules: Sequence[Rule], kind: str) -> bool:
    return any(rule.extract == kind for rule in rules)


@lru_cache(maxsize=4_096)
def _pattern(pattern: str) -> Any:
    import re2  # only for who writes patterns

    options = re2.Options()
    options.log_errors = False
    options.max_mem = PATTERN_MEMORY
    return re2.compile(pattern.encode(), options)


@lru_cache(maxsize=4_096)
def _path(path: str) -> Any:
    import jmespath  # only for who looks into JSON

    return jmespath.compile(path)


def _document(text: str) -> Any:
    """The JSON document, or _NO_VALUE where the text is none, or is deeper than anybody reads."""
    if not _shallow(text):
        return _NO_VALUE
    try:
        return json.loads(
            text.removeprefix("\ufeff"), parse_int=_integer, parse_float=_fraction, parse_constant=str
        )
    except (ValueError, RecursionError):
        return _NO_VALUE


def _shallow(text: str) -> bool:
    """Whether lists and objects lie no deeper in one another than the bound, texts not counted."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return True
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        first = bracket[0][0]
        if first in "[{":
            depth += 1
            if depth > DEEPEST:
                return False
        elif first != '"':
            depth -= 1
    return True


def _integer(literal: str) -> int | str:
    return int(literal) if len(literal) <= LONGEST_NUMBER else literal


def _fraction(literal: str) -> float | str:
    """As jmespath counts with it; a text where it is out of all bounds."""
    number = float(literal) if len(literal) <= LONGEST_NUMBER else float("inf")
    return literal if number in (float("inf"), float("-inf")) else number


def _at(path: str, document: Any) -> Any:
    """What a path leads to; None where it leads nowhere, or a function of it cannot be applied."""
    from jmespath.exceptions import JMESPathError

    try:
        return _path(path).search(document)
    except (JMESPathError, *_INAPPLICABLE):
        return None


def _value(value: Any) -> Found:
    """A value of JSON as it is compared: of a list or an object, only that it is there."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return number_found(Decimal(repr(value))) if value - value == 0 else repr(value)
    if isinstance(value, str):
        return _bounded(value)
    return "[…]" if isinstance(value, list) else "{…}"


def _header(name: str, headers: Mapping[str, str]) -> str | None:
    """The value of a header; of one that came several times, all of them in a line."""
    values = [value for key, value in headers.items() if key.lower() == name.lower()]
    return _bounded(", ".join(values)) if values else None


def _bounded(text: str) -> str:
    """A text that can be stored: cut, and without halves of characters."""
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode()
