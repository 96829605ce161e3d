"""How differences between two statements are shown: figure by figure, as it was and as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from monitor.cli.layout import exact, owed, table

if TYPE_CHECKING:
    from monitor.statements.value import Difference

HEAD = ("AGREEMENT", "FIGURE", "BEFORE", "NOW")
COUNTS = frozenset({"outages", "windows", "agreements", "responses", "late responses"})


def lines(differences: Iterable[Difference]) -> list[str]:
    """A table of them."""
    return _table(
        [(d.agreement, d.what, spoken(d.what, d.before), spoken(d.what, d.after)) for d in differences]
    )


def table_of(written: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same from an issued document."""
    return _table(
        [
            (d["agreement"], d["what"], *(spoken(d["what"], _read(d[side])) for side in ("before", "after")))
            for d in written
        ]
    )


def as_data(difference: Difference) -> dict[str, object]:
    """One of them for a program."""
    return {
        "agreement": difference.agreement,
        "figure": difference.what,
        "before": _encoded(difference.before),
        "after": _encoded(difference.after),
    }


def _encoded(value: object) -> object:
    from monitor.core.money import Amount

    if isinstance(value, Amount):
        return owed(value)
    return exact(value) if isinstance(value, Fraction) else value


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    return table(HEAD, rows, right=(2, 3))


def _read(value: Any) -> Any:
    from monitor.ledger.differences import amount, share

    if isinstance(value, dict):
        return amount(value) if "minor" in value else share(value)
    return value


def spoken(what: str, value: Any) -> str:
    """A figure in plain characters; `-` where there is none."""
    from monitor.core.money import Amount
    from reports.format import PLAIN, availability, duration, money

    if value is None:
        return "-"
    if isinstance(value, Amount):
        return money(value, PLAIN)
    if isinstance(value, Fraction):
        return availability(value, PLAIN)
    if isinstance(value, int) and what not in COUNTS:
        return duration(value, PLAIN)
    return str(value)
