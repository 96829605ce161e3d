"""Formula: one minus bad over base, exact; below zero is zero. Coverage is asked before the figure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from monitor.agreements.account import size, term
from monitor.agreements.pipeline import Account, Accounts, Case, Reading
from monitor.agreements.words import share


@dataclass(frozen=True, slots=True)
class Availability:
    """The availability, and whether enough was seen to compute an amount from it.

    Coverage is seen ÷ promised time, before exclusions; exactly the floor is enough. Where the agreement was
    in force, nothing seen and nothing left to divide by, no floor makes a figure: not even where there is no
    promised time, because the service was not watched yet.
    """

    floor: Fraction = Fraction(95, 100)

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        return tuple(self._one(account, case) for account in accounts)

    def _one(self, account: Account, case: Case) -> Reading:
        base, bad = size(account.base), size(account.bad)
        promised = size(account.promised)
        seen = promised - size(account.unknown)
        in_force = bool(term(case))
        coverage = Fraction(seen, promised) if promised else Fraction(not in_force)
        blind = in_force and not seen and not base
        return Reading(
            lane=account.lane,
            value=Fraction(max(0, base - bad), base) if base else None,
            bad=Fraction(bad),
            base=base,
            outages=account.bad,
            coverage=coverage,
            determinable=coverage >= self.floor and not blind,
            down=Fraction(bad),
            time=Fraction(base),
            misses=account.misses,
        )

    def say(self) -> str:
        return (
            "Availability is one minus the downtime that counts divided by the time, exact and not rounded; "
            f"no amount is computed unless at least {share(self.floor)} of the promised time was seen."
        )
