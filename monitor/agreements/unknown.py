"""Unknown time: what nobody saw is left out of both sides, or counts as up, or as down.

The account keeps it as `unknown` in each case, because coverage is asked whatever is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from monitor.agreements.account import EachAlone, outside, spans
from monitor.agreements.pipeline import Account, Case, Piece
from monitor.core.timeline import outage_id
from monitor.records import dataclass

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
        return replace(account, bad=tuple(_with_unseen(account)))

    def say(self) -> str:
        return f"Time the monitor could not see counts {_COUNTS[self.policy]}." if self.timed else ""


def _with_unseen(account: Account) -> Iterator[Piece]:
    """What is bad and what nobody saw, in order: unseen time is of the outage that it touches, or its own."""
    begins = {p.start: p.cause for p in account.bad}
    unseen = [(p, True) for p in account.unknown]
    last: Piece | None = None
    for piece, dark in sorted([*((p, False) for p in account.bad), *unseen], key=lambda each: each[0].start):
        if dark:
            touched = last.cause if last and last.end == piece.start else begins.get(piece.end)
            piece = replace(piece, cause=touched or outage_id(piece.start))
        last = piece
        yield piece
