"""Unknown time: what nobody saw is left out of both sides, or counts as up, or as down.

The account keeps it as `unknown` in each case, because coverage is asked whatever is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from monitor.agreements.account import EachAlone, outside, spans
from monitor.agreements.pipeline import Account, Case, Piece

UNOBSERVED = "unobserved"

_COUNTS = {"left out": "for neither side", "up": "as up", "down": "as down"}


@dataclass(frozen=True, slots=True)
class Unobserved(EachAlone):
    """The policy. Counted as down, unknown time is downtime like any other: it may qualify and be excused.

    `timed` is False for events and metrics, of which nobody watches the time.
    """

    policy: Literal["left out", "up", "down"] = "left out"
    timed: bool = True

    def one(self, account: Account, case: Case) -> Account:
        if not account.unknown or self.policy == "up":
            return account
        if self.policy == "left out":
            return replace(account, base=outside(account.base, spans(account.unknown)))
        down = (Piece(p.start, p.end, p.size, p.rate, p.lane, UNOBSERVED) for p in account.unknown)
        return replace(account, bad=tuple(sorted((*account.bad, *down), key=lambda p: p.start)))

    def say(self) -> str:
        return f"Time the monitor could not see counts {_COUNTS[self.policy]}." if self.timed else ""
