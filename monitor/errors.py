"""The root of the error tree and the one table of exit codes.

    MakegoodError                 says what is wrong, where, and what to write instead; carries its exit code
    ├── ConfigError               config/     the file cannot be used (2)
    ├── EvidenceRefused           store/      evidence contradicts itself or cannot be read (3)
    ├── NoRow                     agreements/ a figure that falls in no row of its table (4)
    ├── Undecided                 statements/ a person must decide (5)
    ├── EvidenceGone              store/      the question reaches before what is kept (6)
    └── Held                      store/      another process holds the database (7)

Each room derives its own classes from these; nothing else is raised on purpose.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    NO = 1
    USAGE = 2
    REFUSED = 3
    NO_ROW = 4
    UNDECIDED = 5
    GONE = 6
    HELD = 7


class MakegoodError(Exception):
    """An error that a person caused or must act on; `str()` is the sentence to show."""

    exit_code: Exit = Exit.USAGE


class ConfigError(MakegoodError):
    """The configuration or the command line cannot be used."""

    exit_code = Exit.USAGE


class EvidenceRefused(MakegoodError):
    """Evidence contradicts itself, or the database is not one of ours."""

    exit_code = Exit.REFUSED


class NoRow(MakegoodError):
    """A figure stands in no row of the table that should price it."""

    exit_code = Exit.NO_ROW


class Undecided(MakegoodError):
    """No engine decides this; a person must."""

    exit_code = Exit.UNDECIDED


class EvidenceGone(MakegoodError):
    """The question reaches back further than the evidence that is kept."""

    exit_code = Exit.GONE


class Held(MakegoodError):
    """Another process holds what is needed; the message names the holder."""

    exit_code = Exit.HELD
