"""A text that is not TOML: a plain sentence, at its line."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

from collections.abc import Callable

import pytest

Refused = Callable[..., list[str]]

CASES = {
    "a key without a value": ("a", '1: a key needs "=" and a value: name = "ACME GmbH"'),
    "a value without quotes": ("[x.y]\na = yes", "2: not a value: texts stand in quotes, numbers and true or false do not"),
    "a text that is not closed": ('a = "x\nb = 1', '1: a text does not end on its line, or holds a control character: end it with "'),
    "a list that is not closed": ("a = [1, 2\nb = 1", "2: a list is opened and not closed: end it with ]"),
    "a table's name that is not closed": ("[a\nb = 1", "1: the name of a table ends with ]: [service.shop]"),
    "a table in braces that is not closed": ("a = { b = 1\nc = 2", "1: a table is opened and not closed: end it with } on the same line"),
    "a backslash": ('a = "C:\\q"', "1: a backslash in a text is written twice, or the text in 'single quotes'"),
    "two values in a line": ("a = 1 2", "1: one value to a line, and texts stand in quotes"),
    "a day that does not exist": ("a = 2026-02-30", "1: no such date or time: write 2026-07-31 or 2026-07-31T02:00:00+02:00"),
    "a month that does not exist": ("a = 1\nfrom = 2026-13-01", "2: 2026-13-01 is no date: write year-month-day, 2026-07-31"),
    "a day of one digit": ("from = 2026-7-1", "1: 2026-7-1 is no date: write year-month-day, 2026-07-31"),
    "a key twice in braces": ("a = { b = 1, b = 2 }", "1: a key stands twice in one table: keep one of them"),
    "adding to a table in braces": ("a = { b = 1 }\n[a.c]", "2: a.c: cannot be added to what line 1 defines whole: write it there"),
    "a key that is a table as well": ("[a]\nb = 1\n[a.b]\nc = 2", "3: a.b: is defined twice, here and in line 2: keep one of them"),
    "a number beyond bounds": ("a = 1\nb = 1e99999999999999999999", "2: a number out of all bounds: write its digits"),
    "a number with too many digits": ("a = 1\nb = " + "9" * 5000, "2: a number with too many digits"),
    "lists without an end": ("a = " + "[" * 5000, "1: lists or tables are nested too deep"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), CASES.values(), ids=CASES.keys())
def test_a_text_that_is_not_toml_is_explained(refused: Refused, text: str, sentence: str) -> None:
    assert refused(text) == [f"acme.toml:{sentence}"]
