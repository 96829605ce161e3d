"""What a table cannot price, found at load: errors that need a word in the file, and warnings.

Every message says what is wrong and what to write, in the file's own words; the caller adds the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from monitor.agreements.cells import Stretch, cells, stretches
from monitor.agreements.schedule import Amount, Row, Rows, deepest, holds
from monitor.agreements.terms import Terms
from monitor.agreements.words import share
from monitor.core.numbers import Bound

Finding = tuple[str, str]


def problems(terms: Terms) -> tuple[Finding, ...]:
    """Why these terms are refused, as (stage key, message); empty when they are sound."""
    found = (*_commitment(terms), *_lasting(terms), *_shares(terms))
    if found or not _has_table(terms):
        return found
    return (*_met_in_row(terms), *_holes(terms), *_overlaps(terms))


def warnings(terms: Terms) -> tuple[Finding, ...]:
    """What is allowed and probably not meant, as (stage key, message); for terms without problems."""
    if not _has_table(terms):
        return tuple(_low_cap(terms))
    return (*_left_open(terms), *_unreachable(terms), *_low_cap(terms), *_inverted(terms))


def _has_table(terms: Terms) -> bool:
    return isinstance(terms.credits, Rows)


def _table(terms: Terms) -> Rows:
    return terms.credits if isinstance(terms.credits, Rows) else Rows(())


def _promise(terms: Terms) -> Bound:
    return terms.commitment.bound or Bound(">=", Fraction(0))


def _commitment(terms: Terms) -> Iterator[Finding]:
    bound = _promise(terms)
    limit = _share(bound.value)
    if bound.sign not in (">", ">="):
        yield (
            "commitment",
            f'"{bound.sign} {limit}" promises nothing: write "{limit}" (at least) or "> {limit}"',
        )
    elif bound.value > 1 or (bound.value == 1 and bound.sign == ">"):
        yield "commitment", f'no availability is {bound.sign} {limit}: write "100%" or less'


def _lasting(terms: Terms) -> Iterator[Finding]:
    if terms.outage.lasting and terms.outage.lasting[0] not in (">", ">="):
        yield (
            "outage",
            f'"{terms.outage.lasting[0]}" cannot qualify an outage by its length: write ">" or ">="',
        )


def _shares(terms: Terms) -> Iterator[Finding]:
    if not 0 <= terms.measure.coverage <= 1:
        yield "measure", f'coverage of {_share(terms.measure.coverage)} cannot be asked: write "95%" or so'
    for row in _table(terms).rows:
        if not row.bounds:
            yield "credits", f'row "{row.text}" has no bound: write "< …" or "<= …" and its share'


def _met_in_row(terms: Terms) -> Iterator[Finding]:
    """Rows that hold a figure which meets the commitment, while nothing says what applies."""
    if _table(terms).if_met is not None:
        return
    for row in _table(terms).rows:
        for where in _met(terms, row):
            stands = f'{where} meets the commitment and stands in row "{row.text}"'
            yield "credits", f'{stands}: say if_met = "no credit" or "as the table"'


def _met(terms: Terms, row: Row) -> list[Stretch]:
    """Where a row holds figures that meet the commitment."""

    def stands(cell: Stretch) -> bool:
        return _promise(terms).holds(cell.sample) and holds(row, cell.sample)

    return [where for is_met, where in stretches(cells(terms), stands) if is_met]


def _holes(terms: Terms) -> Iterator[Finding]:
    if _table(terms).in_no_row is not None:
        return
    for where in _open_stretches(terms):
        hole = f"{where} misses the commitment and stands in no row"
        yield "credits", f'{hole}: add a row ("0%" if nothing is owed), or in_no_row = "refuse"'


def _open_stretches(terms: Terms) -> Iterator[Stretch]:
    """Figures that miss the commitment and are in no row, the highest first."""

    def hole(cell: Stretch) -> bool:
        figure = cell.sample
        return not _promise(terms).holds(figure) and not any(holds(row, figure) for row in _table(terms).rows)

    found = [where for is_hole, where in stretches(cells(terms), hole) if is_hole]
    return reversed(found)


def _overlaps(terms: Terms) -> Iterator[Finding]:
    if _table(terms).overlap is not None:
        return

    def settled_by(cell: Stretch) -> tuple[str, ...]:
        return tuple(row.text for row in _candidates(terms, cell))

    for rows, where in reversed(list(stretches(cells(terms), settled_by))):
        if len(rows) > 1:
            named = " and ".join(f'"{text}"' for text in rows)
            count = "two rows" if len(rows) == 2 else f"{len(rows)} rows"
            stands = f"{where} stands in {count}, {named}"
            yield "credits", f'{stands}: say overlap = "highest credit" or "first row"'


def _candidates(terms: Terms, cell: Stretch) -> list[Row]:
    """The rows that compete for a cell which the table prices."""
    if _promise(terms).holds(cell.sample) and _table(terms).if_met != "as the table":
        return []
    return deepest([row for row in _table(terms).rows if holds(row, cell.sample)])


def _winners(terms: Terms) -> list[tuple[Stretch, Row | None]]:
    """Each priced cell with the row that applies, from the worst figure up."""
    table = _table(terms)
    table = Rows(table.rows, table.overlap or "first row", table.in_no_row, table.if_met)
    return [(cell, table.row(cell.sample) if _candidates(terms, cell) else None) for cell in cells(terms)]


def _left_open(terms: Terms) -> Iterator[Finding]:
    if _table(terms).in_no_row is None:
        return
    for where in _open_stretches(terms):
        yield "credits", f'{where} stands in no row, and in_no_row = "{_table(terms).in_no_row}" leaves it so'


def _unreachable(terms: Terms) -> Iterator[Finding]:
    winners = [row for _, row in _winners(terms)]
    for row in _table(terms).rows:
        if row not in winners:
            yield "credits", f'nothing can reach row "{row.text}": take it out, or correct its bounds'


def _low_cap(terms: Terms) -> Iterator[Finding]:
    caps = [cap.amount for cap in terms.limits.at_most if (cap.of, cap.per) == ("base", "period")]
    shares = [row.share for row in _table(terms).rows]
    if isinstance(terms.credits, Amount):
        shares = [terms.credits.amount]
    if not caps or not shares:
        return
    cap, first = caps[0], shares[0]
    if cap < first:
        below = f"the cap of {_share(cap)} is below the credit of the first row, {_share(first)}"
        yield "limits", f"{below}: that row is never paid in full"


def _inverted(terms: Terms) -> Iterator[Finding]:
    """Rows that pay less for a worse figure."""
    order: list[Row] = []
    for _, row in _winners(terms):
        if row is not None and (not order or order[-1] is not row):
            order.append(row)
    for worse, better in pairwise(order):
        if worse.share < better.share:
            less = f'row "{worse.text}" pays {_share(worse.share)}, less than the {_share(better.share)}'
            yield "credits", f'{less} of row "{better.text}" for a better figure'


def _share(value: Fraction) -> str:
    return share(value, space="")
