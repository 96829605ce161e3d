"""How one agreement stands, as a value; apart from the papers, so that nothing else is loaded for it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from monitor.agreements.ahead import TOO_LITTLE
from monitor.agreements.budget import Budget, Exposure
from monitor.core.intervals import Ms
from monitor.core.money import Money
from monitor.core.numbers import Bound


@dataclass(frozen=True, slots=True)
class AgreementHealth:
    """One agreement as the team sees it."""

    agreement: str
    customer: str
    service: str
    commitment: Bound
    target: Bound | None
    availability: Fraction | None
    met: bool | None
    target_met: bool | None
    coverage: Fraction
    fee: Money
    budget: Budget
    exposure: Exposure
    steps: tuple[tuple[Ms, Ms], ...]  # (instant, budget left after it), oldest first

    @property
    def undetermined(self) -> str:
        """Why nobody can say what is owed as things stand, in a few words; empty where it can be said."""
        return self.exposure.reason or (TOO_LITTLE if self.met is None else "")
