"""What this room can refuse, beside the roots in monitor/errors.py.

Missing       there is no database yet: what to run instead (2)
Unreachable   rights, path or disk keep us from the database; what is in it is whole (2)
Unanswered    a question in SQL that has no answer: what is wrong with it (2)
Conflict      the journal's head has moved since it was read (7)
Contradicted  a pushed value is there by its id with other content (3)
Locked        another process has kept the database locked for too long (7)
"""

from __future__ import annotations

from monitor.errors import EvidenceRefused, Exit, Held, MakegoodError


class Missing(MakegoodError):
    """There is no database at this path yet."""

    exit_code = Exit.USAGE


class Unreachable(MakegoodError):
    """The database cannot be read or written as things are; that can be put right, and tried again."""

    exit_code = Exit.USAGE


class Unanswered(MakegoodError):
    """A question in SQL cannot be answered as it stands."""

    exit_code = Exit.USAGE


class Conflict(Held):
    """Another process appended to the journal in between; read again and decide again."""


class Contradicted(EvidenceRefused):
    """What was pushed is there by that name and id, with another value or of another instant."""


class Locked(Held):
    """SQLite waited for another process as long as it may; it can be tried again."""
