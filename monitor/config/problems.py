"""What is wrong with a configuration, as data: collected everywhere, raised once, at the border.

A `Fault` says where in the data something is wrong; `places.py` finds the line and makes it a `Problem`.
No text here ever holds the value of a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitor.errors import ConfigError
from monitor.records import dataclass

Where = tuple[str | int, ...]

BARE = re.compile(r"[A-Za-z0-9_-]+")
MAY_HOLD_A_SECRET = re.compile(
    r"authori[sz]ation|cookie|token|key\b|secret|passw|credential|bearer|basic\s|headers|\S:\S*@|[?&]\w+=",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, as it is shown. `column` counts from 1; `text` is the line, or None where it may hold a
    secret or there is none."""

    file: str
    line: int
    column: int | None
    path: str
    message: str
    text: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"

    def drawn(self) -> str:
        """The sentence, and beneath it the offending line with a caret."""
        if self.text is None:
            return str(self)
        lines = [str(self), f"    {self.text}"]
        if self.column is not None:
            lines.append("    " + " " * (self.column - 1) + "^")
        return "\n".join(lines)


class ConfigProblems(ConfigError):
    """The configuration cannot be used; `problems` are all of them, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def drawn(self) -> str:
        """Every problem with its line and a caret."""
        return "\n".join(problem.drawn() for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake at a place in the data.

    `where` is the path that is printed. `at` is the path whose line is looked up, where that is another
    one; `key` points at the key rather than at the value. `file` settles the file where data cannot, and
    `line` with `column` the place where there is no data at all (a file that is not TOML).
    """

    where: Where
    message: str
    at: Where | None = None
    key: bool = False
    file: str | None = None
    line: int | None = None
    column: int | None = None

    @property
    def place(self) -> Where:
        return self.where if self.at is None else self.at


class Refused(ValueError):
    """A value that cannot be used: what is wrong and what to write, without the place."""


class Several(Refused):
    """More than one mistake inside one value: each with its path below the value."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in faults))


def parted(path: str) -> Where:
    """The path that `dotted` wrote."""
    out: list[str | int] = []
    for name, quoted, number in re.findall(r'([A-Za-z0-9_-]+)|"([^"]*)"|\[(\d+)\]', path):
        out.append(int(number) - 1 if number else name or quoted)
    return tuple(out)


def dotted(where: Where) -> str:
    """The path as TOML writes it: `sla.x.credits."< 99%"`; places in lists count from 1: `exclude[1]`."""
    out = ""
    for part in where:
        if isinstance(part, int):
            out += f"[{part + 1}]"
        else:
            quoted = part if BARE.fullmatch(part) else f'"{part}"'
            out += f".{quoted}" if out else quoted
    return out
