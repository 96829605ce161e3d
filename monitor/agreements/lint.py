"""What a promise cannot price, found at load: errors that need a word in the file, and warnings.

Every message says what is wrong and what to write, in the file's own words; the caller adds the place. A
finding is the stage that it belongs to, and the message.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from monitor.agreements.lint_tables import amount, doubts, faults
from monitor.agreements.placed import placed
from monitor.agreements.schedule import Amount, Each, Node, Rows
from monitor.agreements.terms import Cap, LimitsTerms, Terms
from monitor.agreements.words import share

Finding = tuple[str, str]


def problems(terms: Terms) -> tuple[Finding, ...]:
    """Why a promise is refused, as (stage key, message); empty when it is sound."""
    found = (*_commitment(terms), *_lasting(terms), *_shares(terms))
    if found:
        return found
    return tuple(("credits", fault) for table in placed(terms) for fault in faults(table))


def warnings(terms: Terms) -> tuple[Finding, ...]:
    """What is allowed and probably not meant, as (stage key, message); for terms without problems."""
    tables = [("credits", doubt) for table in placed(terms) for doubt in doubts(table)]
    caps = (*low_caps(terms.limits, terms.credits), *_cut_rows(terms.limits, terms.credits))
    return (*tables, *caps, *_whole_slots(terms), *_nights(terms))


def _commitment(terms: Terms) -> Iterator[Finding]:
    bound = terms.commitment.bound
    if bound is None or terms.commitment.of != "share":
        return
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
    for table in placed(terms):
        for row in table.table.rows:
            if not row.bounds:
                yield "credits", f'row "{row.text}" has no bound: write "< …" or "<= …" and its share'


def _whole_slots(terms: Terms) -> Iterator[Finding]:
    if terms.outage.whole is not None and terms.measure.slot is not None:
        yield (
            "outage",
            "whole drops a part of each outage, and measure.slot cuts the clock: one of them will do",
        )


def _nights(terms: Terms) -> Iterator[Finding]:
    lasting, hours = terms.outage.lasting, terms.period.service_hours
    if lasting and hours and terms.outage.judged in ("whole", "after exclusions"):
        night = f'is judged with the time outside "{hours}", so a night may qualify what the day would not'
        yield "outage", f'an outage {night}: write judged = "in period" where the contract says so'


CAPPED = {"base": "share", "days of fees": "time", "months of fees": "months", "time": "time"}


def low_caps(limits: LimitsTerms, credits: Node) -> Iterator[Finding]:
    """Caps of a period below the first credit that there is."""
    first, row = _first(credits)
    for cap in limits.at_most:
        if first is None or cap.per not in ("period", "outage", "day") or cap.of == "credits":
            continue
        if CAPPED.get(cap.of, "money") == first.kind and cap.amount < first.amount:
            of = "credit of the first row" if row else "credit"
            paid = "that row is never paid in full" if row else "it is never paid in full"
            yield "limits", f"the cap of {_cap(cap)} is below the {of}, {amount(first)}: {paid}"


def _cut_rows(limits: LimitsTerms, credits: Node) -> Iterator[Finding]:
    """The first row that a cap of the period cuts, where the first credit is not cut already."""
    first, _ = _first(credits)
    if not isinstance(credits, Rows) or first is None:
        return
    for cap in limits.at_most:
        if cap.per != "period" or CAPPED.get(cap.of) != first.kind or cap.amount < first.amount:
            continue
        for row in credits.rows:
            paid = row.credit
            if isinstance(paid, Amount) and paid.kind == first.kind and paid.amount > cap.amount:
                yield "limits", f'row "{row.text}" pays {amount(paid)}, and the cap stops at {_cap(cap)}'
                break


def _first(credits: Node) -> tuple[Amount | None, bool]:
    """The first amount that is owed, and whether it is a row's."""
    if isinstance(credits, Rows):
        rows = (row.credit for row in credits.rows)
        return next((each for each in rows if isinstance(each, Amount) and each.amount), None), True
    inner = credits.credit if isinstance(credits, Each) and credits.part != "pro rata" else credits
    return (inner, False) if isinstance(inner, Amount) else (None, False)


def _cap(cap: Cap) -> str:
    return _share(cap.amount) if cap.of == "base" else cap.text.rpartition(" per ")[0] or cap.text


def _share(value: Fraction) -> str:
    return share(value, space="")
