"""PURE. A month that was closed, as the team reads it: a table for each currency. No customer sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from monitor.core.money import Amount, Money
from monitor.core.periods import month
from monitor.records import dataclass
from monitor.statements.value import MonthLine, MonthSummary
from reports import format as f
from reports.sentences import MONTH, NO_AMOUNT


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One paper."""

    number: str
    customer: str
    kind: str
    missed: str
    fee: str
    credit: str
    owes: bool


@dataclass(frozen=True, slots=True)
class MonthTable:
    """The papers of a currency, and what they come to."""

    currency: str
    rows: tuple[MonthRow, ...]
    total: str
    fees: str
    credits: str


@dataclass(frozen=True, slots=True)
class MonthPage:
    """The whole page."""

    language: str
    document: str
    footer: str
    month: str
    about: str
    headline: str
    tables: tuple[MonthTable, ...]
    refused: tuple[str, ...]  # why, each with whose it is
    program: str


def month_page(summary: MonthSummary) -> MonthPage:
    """The page of a month."""
    title = _title(summary)
    by_currency: dict[str, list[MonthLine]] = {}
    for line in summary.lines:
        by_currency.setdefault(line.fee.currency, []).append(line)
    papers = len({line.number for line in summary.lines})
    return MonthPage(
        language="en",
        document=f"{MONTH['title']} · {title}",
        footer=f.css_text(f"{MONTH['title']} · {title}"),
        month=title,
        about=MONTH["about"].format(drawn_up=f.moment(summary.drawn_up, summary.zone)),
        headline=MONTH["headline"].format(
            papers=f.plural(papers, "statement", "statements"), refused=_refused(len(summary.refused))
        ),
        tables=tuple(_table(code, by_currency[code]) for code in sorted(by_currency)),
        refused=tuple(f.clean(why) for why in summary.refused),
        program=f.clean(summary.program),
    )


def _refused(count: int) -> str:
    return MONTH["refused"].format(count=f.counted(count)) if count else MONTH["none_refused"]


def _title(summary: MonthSummary) -> str:
    return f.month_title(month(summary.label, summary.zone))


def _table(code: str, lines: Sequence[MonthLine]) -> MonthTable:
    fees = Money(sum((line.fee.amount for line in lines), Fraction(0)), code)
    return MonthTable(
        currency=f.clean(code),
        rows=tuple(map(_row, lines)),
        total=MONTH["total"].format(count=f.plural(len(lines), "statement", "statements")),
        fees=f.fee_figure(fees),
        credits=_sum(code, lines),
    )


def _row(line: MonthLine) -> MonthRow:
    return MonthRow(
        f.clean(line.number),
        f.clean(line.customer),
        f.clean(line.kind),
        f"{line.missed} of {line.stated}" if line.missed else "none",
        f.fee_figure(line.fee),
        NO_AMOUNT if line.credit is None else f.figure(line.credit),
        line.credit is None or bool(line.credit.minor),
    )


def _sum(code: str, lines: Iterable[MonthLine]) -> str:
    credits = [line.credit for line in lines]
    known = [credit.minor for credit in credits if credit is not None]
    told = f.figure(Amount(sum(known), code))
    return told if len(known) == len(credits) else MONTH["and_more"].format(known=told)
