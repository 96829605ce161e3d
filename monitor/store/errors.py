"""What this room can refuse, beside the roots in monitor/errors.py.

Missing     there is no database yet: what to run instead (2)
Conflict    the journal's head has moved since it was read (7)
"""

from __future__ import annotations

from monitor.errors import Exit, Held, MakegoodError


class Missing(MakegoodError):
    """There is no database at this path yet."""

    exit_code = Exit.USAGE


class Conflict(Held):
    """Another process appended to the journal in between; read again and decide again."""
