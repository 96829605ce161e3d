"""What may have been found under a key, as far as rules can tell values apart. Pure.

Values are without number, but rules tell only finitely many kinds of them apart: one value of each kind
stands for all that every rule in question answers alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Final

from monitor.core.checks import Extract, Found, Rule

PRECISE: Final = 100
"""Digits that are enough to part any two numbers that a rule can hold."""

_WHOLE: Final[frozenset[Extract]] = frozenset({"size", "certificate_days"})
_TEXTUAL: Final[frozenset[Extract]] = frozenset({"header", "redirect", "answer"})


def kinds(rules: Sequence[Rule]) -> tuple[Found, ...]:
    """One value of each kind that these rules, all of one key, tell apart; None among them: nothing there."""
    extract = rules[0].extract
    if extract == "pattern":
        return (True, False)
    numbers = sorted({number for rule in rules for number in _numbers(rule)})
    if extract in _WHOLE:
        least = 0 if extract == "size" else -1
        return (None, *sorted({max(least, int(each) + step) for each in numbers for step in (-1, 0, 1)}))
    constants = tuple({text for rule in rules for text in _texts(rule)})
    texts = (_other(constants), *constants, *_spelled(numbers, constants))
    if extract in _TEXTUAL:
        return (None, *texts)
    return (None, True, False, *texts)


def begins(text: str, rules: Sequence[Rule]) -> tuple[Found, ...]:
    """The same of texts that begin with `text`, itself among them, which is as long as is kept of one."""
    constants = {each for rule in rules for each in _texts(rule) if each.startswith(text)}
    numeric = all(letter in "-+.eE0123456789" for letter in text)
    return kinds(rules) if numeric else (text, text + _other(tuple(constants)), *constants)


def _numbers(rule: Rule) -> Iterator[Decimal]:
    """The number that a value is compared with; a text is one where it is put in order."""
    value = rule.value
    if isinstance(value, bool) or value is None or isinstance(value, tuple):
        return
    if isinstance(value, int) or rule.sign in ("<", "<=", ">", ">="):
        yield Decimal(value)


def _texts(rule: Rule) -> Iterator[str]:
    if isinstance(rule.value, str):
        yield rule.value
    elif isinstance(rule.value, tuple):
        yield from rule.value


def _other(constants: Sequence[str]) -> str:
    """A text that is none of these, and no number."""
    return "~" * (1 + max(map(len, constants), default=0))


def _points(numbers: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Each number, and one of each stretch between them and beyond."""
    if not numbers:
        return (Decimal(0),)
    with localcontext(prec=PRECISE):
        between = [(low + high) / 2 for low, high in pairwise(numbers)]
        return (numbers[0] - 1, *numbers, *between, numbers[-1] + 1)


def _spelled(numbers: Sequence[Decimal], constants: Sequence[str]) -> Iterator[str]:
    """Each point as a text that is none of the constants, although one may be the same number."""
    for point in _points(numbers):
        text = f"{point:f}"
        text = text if "." in text else f"{text}.0"
        while text in constants:
            text += "0"
        yield text
