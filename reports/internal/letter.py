"""PURE. The internal report as a letter: plain text that reads well by itself, and what its HTML is made of.

A mail program shows neither drawings nor style sheets that can be relied on: every figure stands in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from monitor.operations.report import InternalReport
from reports.internal.page import InternalPage, internal_page
from reports.internal.rows import IncidentRow

WIDE = 76
PLAIN = str.maketrans(
    {
        "\u00a0": " ", "\u202f": " ", "\u2212": "-", "\u2013": "-", "\u2019": "'", "\u2264": "<=",
        "\u2265": ">=",
        "\u00b1": "+-", "\u201c": '"', "\u201d": '"', "\u00b7": "-", "\u2026": "...",
    }
)  # fmt: skip
FEW = 12  # incidents that are told one by one


def plain(text: str) -> str:
    """Text without the characters of print; names keep their letters."""
    return " ".join(text.translate(PLAIN).split())


def subject(report: InternalReport) -> str:
    """`Internal report, October 2026: One of six agreements was missed: 120.00 EUR owed.`"""
    page = internal_page(report)
    return plain(f"Internal report, {page.month}: {page.headline[0]}")


def letter_text(report: InternalReport) -> str:
    """The letter for a reader without HTML."""
    return "\n".join(_lines(internal_page(report))) + "\n"


def _lines(page: InternalPage) -> Iterator[str]:
    yield from _filled(f"Internal report, {page.month}. Not for customers.")
    yield from _filled(page.about)
    yield ""
    yield from _filled(" ".join(page.headline))
    yield from _margins(page)
    yield from _money(page)
    yield from _kpis(page)
    yield from _responses(page)
    yield from _incidents(page)
    yield from _section("Overdue", (f"{o.what} ({o.incident}), {o.owner}: {o.due}" for o in page.overdue))
    yield from _section(page.risks_title, (f"{r.title} {' '.join(r.sentences)}" for r in page.risks))
    yield from _section(
        "What the past suggests", (f"{s.name} ({s.about}): {s.told}" for s in page.suggestions)
    )
    yield from _section("Unusual", page.unusual)
    yield ""
    yield from _filled(f"{page.program}. The page is attached, with its charts.")


def _filled(text: str, first: str = "", rest: str = "") -> list[str]:
    return wrap(plain(text), WIDE, initial_indent=first, subsequent_indent=rest, break_long_words=False) or []


def _section(title: str, items: Iterable[str]) -> Iterator[str]:
    told = list(items)
    if not told:
        return
    head = plain(title)
    yield from ("", head, "-" * len(head))
    for item in told:
        yield from _filled(item, "- ", "  ")


def _margins(page: InternalPage) -> Iterator[str]:
    yield from _section(
        "Margin to commitment",
        (
            f"{row.name}, {row.customer}: {row.actual} of {row.aims.partition(';')[0]}, {row.result}"
            + (f", margin {row.margin}" if row.margin else "")
            for row in page.margins
        ),
    )


def _money(page: InternalPage) -> Iterator[str]:
    rows = [
        f"{row.customer}, {row.name}: owed {row.owed}, allowance used {row.used or 'not told'}; {row.next}"
        for row in page.exposures
    ]
    total = ". ".join(word for word in (f"All: {page.owed} owed", page.fallen) if word)
    yield from _section("Exposure", [*rows, total] if rows else ())


def _kpis(page: InternalPage) -> Iterator[str]:
    yield from _section(
        "Performance",
        (
            f"{row.name} ({row.about}): {row.none or row.now}, target {row.target}, {row.result}"
            + (f" ({row.change})" if row.change else "")
            for row in page.kpis.rows
        ),
    )


def _responses(page: InternalPage) -> Iterator[str]:
    part = page.responses
    if part is None:
        return
    rows = [
        f"{row.name}, {row.about}; {row.aims}: {row.none or row.result}"
        + (f", {row.reached} reached" if row.reached else "")
        + f", {row.late} of {row.counted} late"
        + ("" if row.none else f", {row.credit} credited")
        + f" ({row.took}). {row.cause}"
        for row in part.rows
    ]
    late = [f"{each.name}, {each.figure} late: {each.what}" for each in part.longest]
    nobodys = [" ".join((part.nobodys_told, "; ".join(part.nobodys), part.more))] if part.nobodys else []
    yield from _section("Response commitments", [part.told, *rows, *late, *nobodys])


def _incidents(page: InternalPage) -> Iterator[str]:
    known = page.incidents
    yield from _section("Incidents", [" ".join(known.told), *map(_incident, known.rows[:FEW])])
    more = len(known.rows) - FEW
    if more > 0:
        yield f"  and {more} more on the page"


def _incident(row: IncidentRow) -> str:
    return (
        f"{row.began}: {row.what} ({row.severity}, {row.service}, {row.team}); down {row.down}, "
        f"costs {row.costs}; postmortem {row.postmortem}. {row.name}"
    )
