"""Clip: what lies in the period, in force, and not after `as_of`. An outage is split at the edge."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.agreements.account import EachAlone, term, within
from monitor.agreements.pipeline import Account, Case, Excused
from monitor.core.intervals import Spans


@dataclass(frozen=True, slots=True)
class Clip(EachAlone):
    """Cuts every part of the account; windows that do not reach into the period so far are dropped."""

    def one(self, account: Account, case: Case) -> Account:
        where = term(case)
        start, end = case.period.span.start, min(case.period.span.end, case.as_of)
        return Account(
            unit=account.unit,
            base=within(account.base, where),
            bad=within(account.bad, where),
            unknown=within(account.unknown, where),
            excused=_excused(account.excused, where),
            promised=within(account.promised, where),
            short=within(account.short, where),
            set_aside=within(account.set_aside, where),
            windows=tuple(use for use in account.windows if use.span.start < end and start < use.span.end),
            lines=account.lines,
            lane=account.lane,
            misses=account.misses,
            fixed=account.fixed,
        )

    def say(self) -> str:
        return (
            "Each period stands for itself: an outage that crosses its edge is split there, "
            "and time outside the agreement's dates is not promised."
        )


def _excused(excused: tuple[Excused, ...], where: Spans) -> tuple[Excused, ...]:
    return tuple(Excused(part, e.by) for e in excused for part in within((e.piece,), where))
