"""PURE. The tables that go with a claim against a provider, as CSV: figures, outages, failed checks.

Times are ISO 8601, each in UTC and in the contract's zone with its offset; durations are in ms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.core.intervals import Ms, Span
from monitor.core.periods import local
from monitor.statements.value import ClaimPaper, OutageLine, PromiseLine
from reports.claim import ClaimedPromise, claim_page, to_come
from reports.format import PLAIN
from reports.sentences import CAUSES
from reports.twins import csv_text, iso
from reports.words import window_letters, workings

Row = Mapping[str, object]
ASCII = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2212": "-", "\u2013": "-", "\u2019": "'"})
TIMES = ("start_utc", "end_utc", "start_local", "end_local", "zone")
OUTAGES = (
    "reference", "resource", *TIMES, "duration_ms", "in_period_ms", "counted_ms", "start_error_ms",
    "end_error_ms", "cause", "not_counted_by",
)  # fmt: skip
FAILED = ("at_utc", "at_local", "zone", "check", "location", "attempt", "reason")
RECORDS = ("record", "reference", "what", "value", *TIMES, "ms", "amount", "currency")


def outages_csv(paper: ClaimPaper) -> str:
    """One row an outage; an end that is still to come is empty."""
    return csv_text(OUTAGES, (_outage(paper, line) for line in paper.section.outages))


def failed_csv(paper: ClaimPaper) -> str:
    """One row for each attempt that failed within an outage."""
    return csv_text(
        FAILED,
        (
            {
                "at_utc": iso(each.at),
                "at_local": _local(each.at, paper.zone),
                "zone": paper.zone,
                "check": each.endpoint,
                "location": paper.location,
                "attempt": each.attempt,
                "reason": each.reason.value,
            }
            for each in paper.failed
        ),
    )


def claim_csv(paper: ClaimPaper) -> str:
    """Everything that the page says, a row a record, the kind in the first column."""
    return csv_text(RECORDS, map(_ascii, _records(paper)))


def _ascii(row: Row) -> Row:
    """A row in the spaces and signs that every program reads as such."""
    return {key: value.translate(ASCII) if isinstance(value, str) else value for key, value in row.items()}


def _records(paper: ClaimPaper) -> Iterator[Row]:
    page, section = claim_page(paper), paper.section
    period = paper.statement.period
    yield {
        "record": "claim",
        "reference": paper.agreement,
        "what": page.headline,
        "value": paper.reference,
        **_times(period.span, paper),
    }
    for name, amount in (("owed by our figures", paper.owed), ("claimed", paper.claimed)):
        if amount is not None:
            money = {"amount": f"{amount.decimal:f}", "currency": amount.currency}
            yield {"record": "amount", "what": name, **money}
    for name, day in to_come(paper):
        yield {"record": "last day", "what": name, "value": day.isoformat(), "zone": paper.zone}
    for name, text in page.facts:
        yield {"record": "figure", "what": name, "value": text}
    for row, own in zip(page.promises, section.promises, strict=True):
        yield {"record": "promise", "reference": row.of.name, **_promise(row, own)}
    for line in section.outages:
        counted = line.counted if paper.settled else ""
        span = {**_times(line.span, paper, open_=line.open), "ms": counted}
        yield {"record": "outage", "reference": line.letter, "what": CAUSES[line.reason], **span}
    for window in section.windows:
        about = {"what": window.title, "value": window.use.verdict, "ms": window.use.excused}
        yield {"record": "window", "reference": window.letter, **about, **_times(window.span, paper)}
    for gap in section.unknown:
        about = {"what": CAUSES[gap.reason], "ms": gap.span.length}
        yield {"record": "not measured", **about, **_times(gap.span, paper)}
    yield from _texts(paper)


def _promise(row: ClaimedPromise, line: PromiseLine) -> dict[str, object]:
    said = (f"commitment {row.of.commitment}", row.of.downtime, row.of.result, row.claim)
    found: dict[str, object] = {"what": "; ".join(each for each in said if each), "value": row.of.figure}
    if line.credit is not None:
        found |= {"amount": f"{line.credit.round().decimal:f}", "currency": line.credit.currency}
    return found


def _texts(paper: ClaimPaper) -> Iterator[Row]:
    page, section = claim_page(paper), paper.section
    for sentence in page.method:
        yield {"record": "method", "what": sentence}
    for sentence in page.contract:
        yield {"record": "contract", "what": sentence}
    letters = window_letters(section.windows)
    for place, working in enumerate(workings(section.workings, PLAIN, letters=letters), start=1):
        yield {
            "record": "working", "reference": place, "what": working.text, "value": working.figure,
        }  # fmt: skip
    for note in page.notes:
        yield {"record": "beside", "what": note}
    yield {"record": "evidence", "what": "SHA-256", "value": paper.statement.evidence_digest}


def _outage(paper: ClaimPaper, line: OutageLine) -> Row:
    return {
        "reference": line.letter,
        "resource": line.resource,
        **_times(line.span, paper, open_=line.open),
        "duration_ms": line.duration,
        "in_period_ms": line.in_period,
        "counted_ms": line.counted if paper.settled else "",
        "start_error_ms": "" if line.error[0] is None else line.error[0],
        "end_error_ms": "" if line.error[1] is None else line.error[1],
        "cause": CAUSES[line.reason],
        "not_counted_by": ", ".join(line.excused_by),
    }


def _times(span: Span, paper: ClaimPaper, *, open_: bool = False) -> dict[str, object]:
    found: dict[str, object] = {
        "start_utc": iso(span.start), "start_local": _local(span.start, paper.zone), "zone": paper.zone,
    }  # fmt: skip
    if not open_:
        found |= {"end_utc": iso(span.end), "end_local": _local(span.end, paper.zone)}
    return found


def _local(at: Ms, zone: str) -> str:
    return local(at, zone).isoformat(timespec="milliseconds")
