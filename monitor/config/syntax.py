"""What the TOML reader says, in plain sentences, and where. Loaded only once a file was refused."""

from __future__ import annotations

import re
import tomllib

from monitor.config.problems import Fault, Where

PLACED = re.compile(r"^(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)$", re.DOTALL)
NO_DAY = re.compile(r"=\s*(\d{4}-\d{1,2}-\d{1,2})\b")
AT_END = " (at end of document)"

SENTENCES = {
    "Cannot overwrite a value": "is defined twice: keep one of them",
    "Cannot declare": "is defined twice: keep one of them",
    "Duplicate inline table key": "a key stands twice in one table: keep one of them",
    "Cannot mutate immutable namespace": "a table written as { … } cannot be added to: write it whole",
    "Invalid date or datetime": "no such date or time: write 2026-07-31 or 2026-07-31T02:00:00+02:00",
    "Unterminated string": 'a text is opened and not closed: end it with "',
    "Illegal character": 'a text does not end on its line, or holds a control character: end it with "',
    "Unescaped '\\' in a string": "a backslash in a text is written twice, or the text in 'single quotes'",
    "Invalid value": "not a value: texts stand in quotes, numbers and true or false do not",
    "Expected '=' after a key": 'a key needs "=" and a value: name = "ACME GmbH"',
    "Expected newline or end of document": "one value to a line, and texts stand in quotes",
    "Invalid statement": 'not a key and not a table: write key = "value" or [service.shop]',
    "Invalid initial character for a key part": "not a key: one that holds spaces or signs stands in quotes",
    "Unclosed array": "a list is opened and not closed: end it with ]",
    "Unclosed inline table": "a table is opened and not closed: end it with } on the same line",
    "Expected ']": "the name of a table ends with ]: [service.shop]",
}


def syntax_fault(error: ValueError | RecursionError, text: str, name: str) -> Fault:
    """The fault that says what stopped the TOML reader, at its line and column."""
    if isinstance(error, RecursionError):
        return Fault((), "lists or tables are nested too deep", file=name, line=1)
    literal = getattr(error, "literal", None)
    if literal is not None:
        return Fault((), str(error), file=name, line=text[: text.find(literal)].count("\n") + 1)
    if not isinstance(error, tomllib.TOMLDecodeError):
        return Fault((), "a number with too many digits", file=name, line=_longest_line(text))
    what, line, column = _placed(str(error), text)
    where: Where = ()
    day = _no_such_day(text, line) if what.startswith("Expected newline") else None
    sentence = day or next((said for start, said in SENTENCES.items() if what.startswith(start)), "not TOML")
    if sentence.startswith("is defined twice"):
        where, sentence = _duplicate(text, line, name) or ((), "a key or table " + sentence)
    return Fault(where, sentence, file=name, line=line, column=column)


def _no_such_day(text: str, line: int) -> str | None:
    """A day in a month that there is not stops the reader at its first hyphen."""
    found = NO_DAY.search(text.splitlines()[line - 1])
    return f"{found[1]} is no date: write year-month-day, 2026-07-31" if found else None


def _longest_line(text: str) -> int:
    lines = text.splitlines()
    return max(range(len(lines)), key=lambda number: len(lines[number])) + 1


def _placed(message: str, text: str) -> tuple[str, int, int | None]:
    """What, line, column; the end of the document is the last line that holds anything."""
    found = PLACED.match(message)
    if found:
        return found["what"], int(found["line"]), int(found["column"])
    return message.removesuffix(AT_END), max(1, text.rstrip().count("\n") + 1), None


def _duplicate(text: str, line: int, name: str) -> tuple[Where, str] | None:
    """The path that a line defines for the second time, and a sentence with the line of the first."""
    lines = text.splitlines()
    header = next((each for each in reversed(lines[: line - 1]) if each.lstrip().startswith("[")), "")
    here = lines[line - 1]
    where = _path(here) if here.lstrip().startswith("[") else _path(f"{header}\n{here}")
    if where is None:
        return None
    from monitor.config.places import Places

    before = "\n".join(lines[: line - 1])
    places = Places({name: before})
    first = places.line_in(name, where)
    if not places.holds(name, where):
        return where, f"cannot be added to what line {first} defines whole: write it there"
    return where, f"is defined twice, here and in line {first}: keep one of them"


def _path(snippet: str) -> Where | None:
    """The one path that a few lines of TOML define: `[a.b]` and `c = 1` are (a, b, c)."""
    try:
        tree: object = tomllib.loads(snippet)
    except ValueError:
        return None
    path: list[str | int] = []
    while isinstance(tree, dict) and len(tree) == 1 and len(path) < 16:
        (key, tree), *_ = tree.items()
        path.append(key)
    return tuple(path) or None
