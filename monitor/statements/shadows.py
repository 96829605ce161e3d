"""The shadows of agreements, each beside the real one in the same month. Nothing here is ever stated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from monitor.config.plan import Agreement, Plan, Shadow
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.compared import Cell, cell
from monitor.store.protocol import Snapshot


@dataclass(frozen=True, slots=True)
class Compared:
    """An agreement in a month, and each of its shadows."""

    agreement: Agreement
    real: Cell
    shadows: tuple[tuple[Shadow, Cell], ...]

    def difference(self, place: int) -> Amount | None:
        """What a shadow credits more than the real one; None where nobody can tell."""
        real, shadow = credit(self.real, self.agreement), credit(self.shadows[place][1], self.agreement)
        if real is None or shadow is None:
            return None
        return Amount(shadow.minor - real.minor, real.currency)


@dataclass(frozen=True, slots=True)
class Sum:
    """What a shadow comes to over all agreements that can be compared, of one currency."""

    sla: str
    real: Amount
    shadow: Amount
    count: int
    unknown: int

    @property
    def difference(self) -> Amount:
        return Amount(self.shadow.minor - self.real.minor, self.real.currency)


def compare(
    plan: Plan, snapshot: Snapshot, now: Ms, agreements: Sequence[Agreement], label: str
) -> tuple[Compared, ...]:
    """Every agreement that has shadows, in the month of the label."""
    books = Books(plan, snapshot, now)
    return tuple(
        Compared(
            agreement,
            cell(books, agreement, label),
            tuple((each, cell(books, each.agreement, label)) for each in plan.shadows[agreement.id]),
        )
        for agreement in agreements
        if agreement.id in plan.shadows
    )


def sure(rows: Sequence[Compared]) -> tuple[Compared, ...]:
    """The rows without shadows that nobody has verified; without those that have no other."""
    return _kept(rows, lambda each: not each.is_doubtful)


def of_sla(rows: Sequence[Compared], slas: Collection[str]) -> tuple[Compared, ...]:
    """The rows with these shadows alone; without those that have none of them."""
    return _kept(rows, lambda each: each.sla in slas)


def _kept(rows: Sequence[Compared], wanted: Callable[[Shadow], bool]) -> tuple[Compared, ...]:
    kept = (
        replace(row, shadows=tuple((each, cell) for each, cell in row.shadows if wanted(each)))
        for row in rows
    )
    return tuple(row for row in kept if row.shadows)


def credit(found: Cell, agreement: Agreement) -> Amount | None:
    """What the periods of a month credit together; None where nobody can tell, or none ends in it."""
    known = [each.credit for each in found.settled if each.credit is not None]
    if not found.settled or len(known) < len(found.settled):
        return None
    return Amount(sum(each.minor for each in known), agreement.currency)


def sums(rows: Sequence[Compared]) -> tuple[Sum, ...]:
    """By SLA and currency, in the order in which they are named."""
    pairs: dict[tuple[str, str], list[tuple[Amount | None, Amount | None]]] = {}
    for row in rows:
        for each, found in row.shadows:
            both = (credit(row.real, row.agreement), credit(found, row.agreement))
            pairs.setdefault((each.sla, row.agreement.currency), []).append(both)
    return tuple(_sum(sla, currency, found) for (sla, currency), found in pairs.items())


def _sum(sla: str, currency: str, pairs: Sequence[tuple[Amount | None, Amount | None]]) -> Sum:
    known = [(real, shadow) for real, shadow in pairs if real is not None and shadow is not None]
    return Sum(
        sla,
        Amount(sum(real.minor for real, _ in known), currency),
        Amount(sum(shadow.minor for _, shadow in known), currency),
        len(known),
        len(pairs) - len(known),
    )
