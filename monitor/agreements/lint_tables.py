"""What one credit table cannot price, and what in it is probably not meant.

Every message says where, in the numbers of the file, and what to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

from monitor.agreements.cells import Stretch, stretches
from monitor.agreements.placed import Placed
from monitor.agreements.schedule import Amount, NoCredits, Node, Row, deepest, holds
from monitor.agreements.words import share


def faults(table: Placed) -> Iterator[str]:
    """Why a table is refused."""
    yield from _met_in_row(table)
    yield from _holes(table)
    yield from _overlaps(table)


def doubts(table: Placed) -> Iterator[str]:
    """What is allowed and probably not meant."""
    yield from _left_open(table)
    yield from _unreachable(table)
    yield from _inverted(table)


def _met_in_row(table: Placed) -> Iterator[str]:
    """Rows that hold a number which meets the commitment, while nothing says what applies."""
    if table.table.if_met is not None or table.always:
        return
    for row in table.table.rows:
        for where in _met(table, row):
            stands = f'{table.place}{table.told(where)} meets the commitment and stands in row "{row.text}"'
            yield f'{stands}: say if_met = "no credit" or "as the table"'


def _met(table: Placed, row: Row) -> list[Stretch]:
    """Where a row holds numbers that meet the commitment."""
    return _where(table, lambda value: table.met(value) and holds(row, value))


def _where(table: Placed, answer: Callable[[Fraction], bool]) -> list[Stretch]:
    """The stretches of numbers of which something is true, from the smallest up."""
    return [where for true, where in stretches(table.cells(), lambda cell: answer(cell.sample)) if true]


def _holes(table: Placed) -> Iterator[str]:
    if table.table.in_no_row is not None:
        return
    for where in _open_stretches(table):
        misses = "misses the commitment and " if table.promise is not None else ""
        hole = f"{table.place}{table.told(where)} {misses}stands in no row"
        yield f'{hole}: add a row ("0%" if nothing is owed), or in_no_row = "refuse"'


def _open_stretches(table: Placed) -> Iterator[Stretch]:
    """Numbers that need a price and are in no row, those nearest to the commitment first."""

    def hole(value: Fraction) -> bool:
        return table.missed(value) and not any(holds(row, value) for row in table.table.rows)

    found = _where(table, hole)
    return iter(found) if table.worse_above else reversed(found)


def _overlaps(table: Placed) -> Iterator[str]:
    if table.table.overlap is not None:
        return

    def settled_by(cell: Stretch) -> tuple[str, ...]:
        return tuple(row.text for row in _candidates(table, cell.sample))

    for rows, where in reversed(list(stretches(table.cells(), settled_by))):
        if len(rows) > 1:
            named = " and ".join(f'"{text}"' for text in rows)
            count = "two rows" if len(rows) == 2 else f"{len(rows)} rows"
            stands = f"{table.place}{table.told(where)} stands in {count}, {named}"
            yield f'{stands}: say overlap = "highest credit" or "first row"'


def _candidates(table: Placed, value: Fraction) -> list[Row]:
    """The rows that compete for a number which the table prices."""
    if not table.priced(value):
        return []
    return deepest([row for row in table.table.rows if holds(row, value)])


def _winners(table: Placed) -> Iterator[Row | None]:
    """The rows that apply, from the smallest number up."""
    for cell in table.cells():
        rows = _candidates(table, cell.sample)
        if len(rows) > 1 and table.table.overlap == "highest credit":
            rows = [max(rows, key=lambda row: row.share)]
        yield rows[0] if rows else None


def _left_open(table: Placed) -> Iterator[str]:
    word = table.table.in_no_row
    if word is None:
        return
    for where in _open_stretches(table):
        if not _filled(table, where):
            yield f'{table.place}{table.told(where)} stands in no row, and in_no_row = "{word}" leaves it so'


def _filled(table: Placed, where: Stretch) -> bool:
    """Whether a neighbouring row takes a hole."""
    rows, value = table.table.rows, where.sample
    if table.table.in_no_row == "row above":
        return any(
            bound.sign in (">", ">=", "=") and bound.value >= value for row in rows for bound in row.bounds
        )
    if table.table.in_no_row == "row below":
        return any(
            bound.sign in ("<", "<=", "=") and bound.value <= value for row in rows for bound in row.bounds
        )
    return False


def _unreachable(table: Placed) -> Iterator[str]:
    """Rows that no number reaches, but for those that say that a kept promise costs nothing."""
    winners = list(_winners(table))
    for row in table.table.rows:
        if row not in winners and not (_pays_nothing(row) and _beside(table, row)):
            yield f'{table.place}nothing can reach row "{row.text}": take it out, or correct its bounds'


def _pays_nothing(row: Row) -> bool:
    return isinstance(row.credit, NoCredits) or (isinstance(row.credit, Amount) and not row.credit.amount)


def _beside(table: Placed, row: Row) -> bool:
    """Whether a row holds numbers at all, those that need no price."""
    return any(holds(row, cell.sample) for cell in table.cells())


def _inverted(table: Placed) -> Iterator[str]:
    """Rows that pay less for a worse number."""
    order: list[Row] = []
    for row in _winners(table):
        if row is not None and (not order or order[-1] is not row):
            order.append(row)
    better = "figure" if table.table.by == "figure" else table.table.by
    for worse, other in pairwise(reversed(order) if table.worse_above else order):
        less, more = _pay(worse.credit), _pay(other.credit)
        if less is not None and more is not None and less[:2] == more[:2] and less[2] < more[2]:
            pays = f'{table.place}row "{worse.text}" pays {_paid(worse)}, less than the {_paid(other)}'
            yield f'{pays} of row "{other.text}" for a better {better}'


def _pay(credit: Node) -> tuple[str, str, Fraction] | None:
    """What a plain amount pays: kind, name, how much; None for a schedule."""
    return (credit.kind, credit.of, credit.amount) if isinstance(credit, Amount) else None


def _paid(row: Row) -> str:
    credit = row.credit
    return amount(credit) if isinstance(credit, Amount) else ""


def amount(credit: Amount) -> str:
    """An amount as the file has it."""
    return _share(credit.amount) if credit.kind == "share" else credit.text


def _share(value: Fraction) -> str:
    return share(value, space="")
