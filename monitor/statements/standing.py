"""How one agreement stands, as a value; apart from the papers, so that nothing else is loaded for it."""

from __future__ import annotations

from fractions import Fraction

from monitor.agreements.ahead import TOO_LITTLE
from monitor.agreements.budget import Budget, Exposure
from monitor.core.intervals import Ms
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.records import dataclass

NO_BUDGET = Budget(0, 0, 0, None, None, Fraction(0))


@dataclass(frozen=True, slots=True)
class AgreementHealth:
    """One agreement in its own period, as the team sees it.

    `commitment` is the share that the worst figure was held against, None where that is no share; `promised`
    is it in words. `no_budget` says in a few words why there is no allowance to use up ("" where there is
    one): `budget` is then empty. `unsettled` says why checks cannot settle the agreement at all. `ours` is
    False for an agreement that we buy.
    """

    agreement: str
    customer: str
    service: str
    commitment: Bound | None
    target: Bound | None
    availability: Fraction | None
    met: bool | None
    target_met: bool | None
    coverage: Fraction
    fee: Money
    budget: Budget
    exposure: Exposure
    steps: tuple[tuple[Ms, Ms], ...]  # (instant, budget left after it), oldest first
    period: Period | None = None
    promised: str = ""
    no_budget: str = ""
    unsettled: str = ""
    ours: bool = True

    @property
    def undetermined(self) -> str:
        """Why nobody can say what is owed as things stand, in a few words; empty where it can be said."""
        return self.unsettled or self.exposure.reason or (TOO_LITTLE if self.met is None else "")
