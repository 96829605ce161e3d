"""Which series a paper counts in, and what its number reads. Gapless because the ledger counts, not this."""

from __future__ import annotations

from monitor.config.number_text import written
from monitor.config.plan import StatementsSettings
from monitor.core.intervals import Ms
from monitor.core.periods import local


def series(settings: StatementsSettings, customer: str, at: Ms, zone: str) -> str:
    """The series of a paper that is issued at `at`: `issuer`, `customer/acme`, `issuer/2026`."""
    of = "issuer" if settings.series == "issuer" else f"customer/{customer}"
    return of if settings.restart == "never" else f"{of}/{local(at, zone).year}"


def number(settings: StatementsSettings, ordinal: int, customer: str, at: Ms, zone: str) -> str:
    """The number of the paper with that place in its series."""
    when = local(at, zone)
    return written(settings.number, n=ordinal, year=when.year, month=when.month, customer=customer)
