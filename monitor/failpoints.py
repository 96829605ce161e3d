"""Named points between two steps that must not come apart: at one, a test can have the process killed.

`MAKEGOOD_FAILPOINT=NAME` in the environment ends the process with SIGKILL when it reaches that point, and
`NAME:3` when it does so for the third time. Without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal
from typing import Final

VARIABLE: Final = "MAKEGOOD_FAILPOINT"

POINTS: Final = frozenset(
    {
        "commit.written", "commit.committed", "call.written", "call.committed",
        "seal.computed", "seal.written", "seal.tallied", "seal.proved", "seal.committed",
        "repack.read", "repack.written", "repack.removed", "repack.joined", "repack.committed",
        "forget.written", "forget.committed",
        "issue.begun", "issue.numbered", "issue.rendered", "issue.kept", "issue.journaled", "issue.committed",
        "migrate.begun", "migrate.statement", "migrate.recorded", "migrate.committed",
        "backup.copied", "backup.checked", "backup.synced", "backup.renamed",
        "restore.checked", "restore.copied", "restore.marked", "restore.kept", "restore.renamed",
        "mail.noted", "mail.sent",
        "alerts.written", "alerts.committed", "parcel.made", "parcel.sent", "parcel.recorded",
    }
)  # fmt: skip


class _Armed:
    """The point at which this process shall die, and how often it may still pass it."""

    def __init__(self, said: str) -> None:
        self.name, _, count = said.partition(":")
        self.left = int(count) if count.isdecimal() else 1

    def reached(self, name: str) -> None:
        if name == self.name:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


_armed = _Armed(os.environ[VARIABLE]) if VARIABLE in os.environ else None


def reach(name: str) -> None:
    """Say that this point is reached; `name` is one of POINTS."""
    if _armed is not None:
        _armed.reached(name)
