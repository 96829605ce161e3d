"""What an answer must be, as people write it: a value, a sign and a number, "present" or "absent".

Each becomes a rule that a probe looks up and the judge compares. Patterns are RE2's, paths JMESPath's; one
that nobody could ever look for is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from monitor.config import values
from monitor.config.headers import NAME
from monitor.config.problems import Fault, Refused, Several
from monitor.core.checks import Extract, Rule, Sign
from monitor.core.judge import number_found

LONGEST: Final = 500
"""Characters of a pattern, a path or an expected text."""
MOST_STEPS: Final = 1_000
"""Steps of all patterns together for a byte of an answer of 64 KiB: a tenth of a second in the worst case."""
TOO_MUCH: Final = "takes too long over a hostile answer: repeat less, or write classes such as [a-z] for \\pL"
MOST_DIGITS: Final = 20
MOST_ANSWERED: Final = 2_000
"""Characters of all the answers of a name server together; of more a probe sees the beginning alone."""
EXAMPLE: Final = '"ok", 5, true, ">= 3", "present" or "absent"'

_SIGNS: Final[tuple[Sign, ...]] = ("==", "!=", "<=", ">=", "<", ">")
_WORDS: Final[dict[str, Sign]] = {"present": "present", "absent": "absent"}
_SIGNED = re.compile(r"(==|!=|<=|>=|<|>|=>|=<|=)\s*(.*)", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_SLIPS: Final = {"=>": ">=", "=<": "<=", "=": "=="}

Condition = tuple[Sign, int | str | bool | tuple[str, ...] | None]


def patterns(value: object) -> tuple[str, ...]:
    """One RE2 pattern, or a list of them."""
    return tuple(pattern(each) for each in values.texts(value))


def pattern(value: object) -> str:
    """One RE2 pattern."""
    (text,) = values.texts(value if isinstance(value, str) else "")
    if len(text) > LONGEST:
        raise Refused(f"a pattern has at most {LONGEST} characters: look for less")
    if steps(text) > MOST_STEPS:
        raise Refused(f"{values.shown(text)} {TOO_MUCH}")
    return text


def steps(text: str) -> int:
    """How many steps a pattern may take for a byte of an answer, at worst. Refused where it is none."""
    import re2  # only for who writes patterns

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1_048_576
    try:
        return int(re2.compile(text.encode(), options).programsize)
    except re2.error as error:
        raise Refused(f"{values.shown(text)} is not a pattern of RE2: {_why(error)}") from None


def _why(error: Exception) -> str:
    cause = error.args[0] if error.args else ""
    said = cause.decode("utf-8", "replace") if isinstance(cause, bytes) else str(cause)
    if "(?" in said or "escape sequence" in said:
        return "it knows no look-around and no back references: write it without"
    if "too large" in said or "repetition size" in said:
        return "it repeats too much: repeat less"
    return f"{said.partition(':')[0] or 'it cannot be read'}: mend it"


def paths(value: object) -> tuple[Rule, ...]:
    """`{ status = "ok", "queue.length" = "< 20" }`: rules over JSON."""
    return _rules("json", value, _path, 'json = { "queue.length" = "< 20" }')


def headers(value: object) -> tuple[Rule, ...]:
    """`{ Content-Type = "text/html" }`: rules over headers, whatever their capitals."""
    return _rules("header", value, _header, 'headers = { X-Cache = "present" }')


def size(value: object) -> tuple[Rule, ...]:
    """`"> 1000"`, or a list of bounds that all hold: rules over bytes."""
    parts = value if isinstance(value, list) and value else [value]
    found = []
    for part in parts:
        sign, bound = condition(part)
        if isinstance(bound, bool) or not isinstance(bound, int) or bound < 0:
            raise Refused(
                f'{values.shown(part)} is not a size: write bytes, "> 1000" or [">= 100", "< 5000"]'
            )
        found.append(Rule("size", "", sign, bound))
    return tuple(found)


def days(value: object) -> tuple[Rule, ...]:
    """`">= 14"`: a rule over the whole days for which a certificate is still valid."""
    sign, bound = condition(value)
    if isinstance(bound, bool) or not isinstance(bound, int) or sign not in (">", ">=") or bound < 0:
        raise Refused(f'{values.shown(value)} is no least number of days: write ">= 14"')
    return (Rule("certificate_days", "", sign, bound),)


def redirect(value: object) -> tuple[Rule, ...]:
    """`"https://www.example.com/login"`, `"present"` or `"absent"`: where a redirect leads."""
    sign, target = condition(value)
    if target is not None:
        if sign not in ("==", "!=") or not isinstance(target, str):
            raise Refused('not an address: write "https://www.example.com/login", "present" or "absent"')
        values.url(target)
    return (Rule("redirect", "", sign, target),)


def answers(value: object) -> tuple[str, ...]:
    """`"present"`, `"absent"`, or the answers that there must be, and no other."""
    found = tuple(values.texts(value))
    if len(found) > 1 and any(each in _WORDS for each in found):
        raise Refused('"present" and "absent" stand alone: write answers = "present", or the answers')
    if sum(map(len, found)) + len(found) > MOST_ANSWERED:
        raise Refused(f"these are more than {MOST_ANSWERED} characters: write contains, for one of them")
    return found


def _rules(kind: Extract, value: object, name: Callable[[str], str], example: str) -> tuple[Rule, ...]:
    if not isinstance(value, dict):
        raise Refused(f"{values.shown(value)} is not a table: write {example}")
    found: list[Rule] = []
    faults: list[Fault] = []
    for key, said in value.items():
        try:
            found.append(Rule(kind, name(key), *condition(said)))
        except ValueError as error:
            faults.append(Fault((key,), str(error)))
    if faults:
        raise Several(faults)
    return tuple(found)


def _header(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Refused("not a name of a header: letters, digits and hyphens")
    return name


def _path(path: str) -> str:
    import jmespath  # only for who looks into JSON
    from jmespath.exceptions import JMESPathError

    try:
        if len(path) > LONGEST:
            raise Refused(f"a path has at most {LONGEST} characters: write a shorter one")
        jmespath.compile(path)
    except (JMESPathError, RecursionError):
        raise Refused(
            'not a path of JMESPath: write "queue.length", "nodes[0].name" or "length(nodes)"'
        ) from None
    return path


def condition(value: object) -> Condition:
    """A sign and what it compares with: a bare value is equal, a list one of, and a text may say a sign."""
    if isinstance(value, bool | int | Decimal):
        return "==", _literal(value)
    if isinstance(value, list):
        if not value or not all(isinstance(each, str) and each for each in value):
            raise Refused('a list holds texts, any of which will do: write ["ok", "ready"]')
        return "one of", tuple(value)
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise Refused(f"{values.shown(value)} is nothing to compare with: write {EXAMPLE}")
    if value in _WORDS:
        return _WORDS[value], None
    signed = _SIGNED.fullmatch(value)
    return ("==", value) if signed is None else _signed(signed[1], signed[2].strip(), value)


def _signed(written: str, rest: str, value: str) -> Condition:
    if written in _SLIPS:
        raise Refused(f'"{written}" is no sign: write "{_SLIPS[written]} {rest[:40]}"')
    sign = next(each for each in _SIGNS if each == written)
    number = _literal(Decimal(rest)) if _NUMBER.fullmatch(rest) else None
    if number is not None:
        return sign, number
    if sign in ("==", "!=") and rest:
        return sign, {"true": True, "false": False}.get(rest, rest)
    raise Refused(f'{values.shown(value)} compares with no number: write "{written} 3"')


def _literal(value: bool | int | Decimal) -> Any:
    """A truth as it is, a number as an extraction writes one."""
    if isinstance(value, bool):
        return value
    number = Decimal(value) if isinstance(value, Decimal) or value.bit_length() < 128 else Decimal("NaN")
    if (
        not number.is_finite()
        or len(number.as_tuple().digits) > MOST_DIGITS
        or abs(number.adjusted()) > MOST_DIGITS
    ):
        raise Refused(f"{values.shown(value)} has more digits than are compared: {MOST_DIGITS} at most")
    return number_found(number)
