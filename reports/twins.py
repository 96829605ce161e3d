"""PURE. The exact twins of the pages: JSON and CSV, from which every printed figure can be recomputed.

JSON. An object with `format` (`makegood.statement/1`), `notice` (what kind of paper it is, in words) and the
value's own fields under their own names, nested as in `monitor.statements.value`:

- an instant is ISO 8601 in UTC with milliseconds: `"2026-10-06T12:02:10.000Z"`; a span is `{"start", "end"}`;
- a duration is an integer of milliseconds, its key ends in `_ms` (or is `ms`): `"counted_ms": 3402000`;
- a ratio is `{"numerator": 999, "denominator": 1000}`, in lowest terms;
- a rounded amount is `{"minor": 12000, "currency": "EUR", "decimal": "120.00"}`, an exact one is
  `{"numerator", "denominator", "currency", "decimal"}` with `decimal` null where no decimal is exact;
- a sampling error is `{"start_ms", "end_ms"}`, null where it is not known;
- a line of workings is `{"stage", "rule", "values", "text", "figure"}`: its values exact, its words in ASCII
  punctuation;
- `tickets`, where an agreement promises times of them, has for each promise how many were in time, late and
  under way, and of these the clocks with their timelines; `elapsed_ms` is what ran, `changes` are those of
  the priority or the segment with `how` they changed the clock;
- what is not known is null. `generated_label` is null unless some of the time holds generated data.

CSV. One row a record, the kind in the first column; a cell is empty where a column does not apply. Times are
ISO 8601 in UTC, durations milliseconds, shares a numerator and a denominator, amounts decimals. A text that a
spreadsheet could take for a formula (it begins with `=`, `+`, `-` or `@`) is preceded by an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cache
from typing import Any, cast

from monitor.agreements.pipeline import Line
from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount, Money
from monitor.core.periods import local
from monitor.statements.value import (
    Issue,
    OutageLine,
    PromiseLine,
    Section,
    Statement,
    TicketLine,
)
from reports import format as f
from reports.answered import late_of
from reports.format import PLAIN
from reports.headline import figure, reason
from reports.sentences import CAUSES, GENERATED, NOTICES, OWED_ALREADY, RESULTS
from reports.words import workings

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None

_INSTANTS = frozenset(
    {
        "began_at",
        "due_at",
        "postmortem_at",
        "at",
        "notify_at",
        "claim_at",
        "drawn_up",
        "as_of",
        "recorded",
        "cancelled",
        "exhausted",
        "start",
        "end",
        "reported",
        "detected",
        "closed",
        "due",
        "known_until",
    }
)
_DURATIONS = frozenset(
    {
        "to_detect",
        "to_acknowledge",
        "to_resolve",
        "downtimes",
        "late_by",
        "counted",
        "excused",
        "unmeasured",
        "promised",
        "measured",
        "up",
        "allowed",
        "duration",
        "in_period",
        "inside",
        "set_aside",
        "service_added",
        "down",
        "ahead",
        "spent",
        "left",
        "until_next",
        "intervals",
        "ms",
        "limit",
        "notice",
        "cap",
        "over",
        "elapsed",
        "delay",
    }
)


def iso(at: Ms) -> str:
    """`2026-10-06T12:02:10.000Z`."""
    return local(at, "UTC").strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def statement_json(statement: Statement) -> str:
    """The statement, exact, in the shape that this module documents."""
    return json_text(statement_object(statement))


def statement_object(statement: Statement) -> dict[str, Json]:
    """What `statement_json` writes, as an object."""
    head: dict[str, Json] = {"format": "makegood.statement/1", "notice": _notice(statement)}
    label: Json = GENERATED if statement.generated else None
    return {**head, **plain_object(statement), "generated_label": label}


def json_text(value: Mapping[str, Json]) -> str:
    """An object as it is written to a file."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _notice(statement: Statement) -> str:
    zone = statement.period.zone
    as_of = f.instant(statement.as_of, zone, PLAIN, seconds=False)
    return NOTICES[statement.status].format(month=f.clean(f.month_title(statement.period)), as_of=as_of)


def plain_object(value: Any) -> dict[str, Json]:
    """A dataclass by its fields, each exact."""
    out: dict[str, Json] = {}
    for name in _names(cast("Hashable", type(value))):
        out.update(_field(name, getattr(value, name)))
    return out


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    """The fields of a dataclass: asked once, since a statement holds the same few a thousand times."""
    return tuple(field.name for field in fields(cast("Any", kind)))


def _field(name: str, value: Any) -> dict[str, Json]:
    if name == "error":
        return {"error": {"start_ms": value[0], "end_ms": value[1]}}
    if name == "steps":
        return {"steps": [{"at": iso(at), "left_ms": left} for at, left in value]}
    if name == "workings":
        return {"workings": [line_object(line) for line in value]}
    if name == "tickets" and value is None:
        return {}
    if name in _INSTANTS and _is_int(value):
        return {name: iso(value)}
    if name in _DURATIONS and _holds_durations(value):
        return {_in_ms(name): list(value) if isinstance(value, tuple) else value}
    return {name: _plain(value)}


def _in_ms(name: str) -> str:
    return name if name == "ms" else f"{name}_ms"


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _holds_durations(value: Any) -> bool:
    return value is None or _is_int(value) or (isinstance(value, tuple) and all(map(_is_int, value)))


_ENCODERS: tuple[tuple[type, Callable[[Any], Json]], ...] = (
    (Fraction, lambda v: {"numerator": v.numerator, "denominator": v.denominator}),
    (Span, lambda v: {"start": iso(v.start), "end": iso(v.end)}),
    (Amount, lambda v: {"minor": v.minor, "currency": f.clean(v.currency), "decimal": _decimal(v)}),
    (Money, lambda v: {**_ratio(v.amount), "currency": f.clean(v.currency), "decimal": _decimal(v)}),
    (str, lambda v: f.clean(str(v))),
    (tuple, lambda v: [_plain(item) for item in v]),
)


def _plain(value: Any) -> Json:
    if value is None or type(value) is int or type(value) is bool:
        return value
    for kind, encode in _ENCODERS:
        if isinstance(value, kind):
            return encode(value)
    if is_dataclass(value):
        return plain_object(value)
    return value if isinstance(value, int) else f.clean(str(value))


def _ratio(value: Fraction) -> dict[str, Json]:
    return {"numerator": value.numerator, "denominator": value.denominator}


def _decimal(value: Amount | Money) -> str | None:
    places = f.digits(value.currency)
    exact = Fraction(value.minor, 10**places) if isinstance(value, Amount) else value.amount
    text = f.decimal_text(exact, places)
    return None if text is None else text.replace(",", "")


def line_object(line: Line) -> Json:
    words = workings((line,), PLAIN)[0]
    values: dict[str, Json] = {}
    for key, value in line.values.items():
        values.update(_field(f.clean(key), value))
    return {
        "stage": words.stage,
        "rule": f.clean(line.rule),
        "values": values,
        "text": words.text,
        "figure": words.figure,
    }


_COLUMNS = (
    "record",
    "agreement",
    "service",
    "reference",
    "title",
    "state",
    "start",
    "end",
    "duration_ms",
    "counted_ms",
    "not_counted_ms",
    "unmeasured_ms",
    "share_numerator",
    "share_denominator",
    "figure",
    "fee",
    "credit",
    "currency",
    "note",
)

Row = Mapping[str, object]


def statement_csv(statement: Statement) -> str:
    """One row for the statement and each section, outage, window, gap, generated span and total."""
    return csv_text(_COLUMNS, _statement_rows(statement))


def _statement_rows(statement: Statement) -> Iterable[Row]:
    yield {
        "record": "statement",
        "reference": statement.customer_id,
        "title": statement.customer.name,
        "state": statement.status,
        **_between(statement.period.span),
        "note": _notice(statement),
    }
    if statement.issue is not None:
        yield from _issue_rows(statement.issue, statement.status)
    for section in statement.sections:
        yield from _section_rows(section)
    for each in statement.continuing:
        yield {
            "record": "continuing",
            "agreement": each.agreement,
            "service": each.service,
            "title": each.sla,
            "state": each.period.label,
            **_between(each.period.span),
        }
    for span in statement.generated:
        yield {"record": "generated", **_between(span), "duration_ms": span.length, "note": GENERATED}
    for total in statement.totals:
        yield {
            "record": "total",
            "fee": exact_text(total.fee),
            "credit": credit_text(total.credit),
            "currency": total.fee.currency,
        }


def _issue_rows(issue: Issue, status: str) -> Iterable[Row]:
    corrects = "" if issue.corrects is None else f"corrects {issue.corrects.number}"
    yield {
        "record": "issue",
        "reference": issue.number,
        "title": issue.digest,
        "state": status,
        "start": iso(issue.at),
        "note": "; ".join(each for each in (corrects, issue.reason, issue.sets_against) if each),
    }
    for line in issue.lines:
        yield {
            "record": "given",
            "agreement": line.agreement,
            "service": line.service,
            "credit": credit_text(line.amount),
            "currency": line.amount.currency,
            "note": line.reason,
        }
    for each in issue.differences:
        yield {
            "record": "difference",
            "agreement": each.agreement,
            "service": each.service,
            "title": each.what,
            "state": _side(each.before),
            "figure": _side(each.after),
        }
    for decided in issue.decisions:
        yield {
            "record": "decision",
            "agreement": decided.agreement,
            "start": iso(decided.at),
            "credit": credit_text(decided.amount),
            "currency": decided.amount.currency,
            "note": decided.reason,
        }


def _side(value: Fraction | int | Amount | str | None) -> str:
    """A figure of a difference, exact: an amount in its currency, a share as a fraction, a time in ms."""
    if value is None:
        return ""
    return f"{_decimal(value)} {value.currency}" if isinstance(value, Amount) else str(value)


def _between(span: Span) -> Row:
    return {"start": iso(span.start), "end": iso(span.end)}


def _section_rows(section: Section) -> Iterable[Row]:
    own = {"agreement": section.agreement, "service": section.service}
    yield {"record": "section", **own, **_section_row(section)}
    for line in section.promises:
        yield {"record": "promise", **own, **_promise_row(line)}
    for told in () if section.tickets is None else section.tickets.promises:
        for state, lines in (("late", told.late), ("under way", told.waiting)):
            for each in lines:
                yield {"record": "response", **own, "title": told.promise, **_response_row(state, each)}
        yield {"record": "responses", **own, "title": told.promise, "figure": late_of(told)}
    for outage in section.outages:
        yield {"record": "outage", **own, **_outage_row(outage)}
    for window in section.windows:
        use = window.use
        yield {
            "record": "window",
            **own,
            "reference": window.letter,
            "title": window.title,
            "state": use.verdict,
            **_between(window.span),
            "duration_ms": use.inside,
            "not_counted_ms": use.excused,
            "note": f"recorded {iso(window.recorded)}",
        }
    for unknown in section.unknown:
        yield {
            "record": "unmeasured",
            **own,
            "state": unknown.reason.value,
            **_between(unknown.span),
            "unmeasured_ms": unknown.span.length,
            "note": CAUSES[unknown.reason],
        }


def _section_row(section: Section) -> Row:
    share = section.availability
    return {
        "title": f"{section.sla}, version {section.version}",
        "state": RESULTS[section.met],
        **({} if section.period is None else _between(section.period.span)),
        "duration_ms": section.promised,
        "counted_ms": section.counted,
        "not_counted_ms": section.excused,
        "unmeasured_ms": section.unmeasured,
        **share_columns(share),
        "figure": "" if share is None else figure(section, PLAIN),
        "fee": exact_text(section.fee),
        "credit": credit_text(section.credit),
        "currency": section.fee.currency,
        "note": reason(section, PLAIN) if section.met is None else _certain(section),
    }


def _promise_row(line: PromiseLine) -> Row:
    return {
        "reference": line.resource,
        "title": f"{line.promise}: {line.commitment}",
        "state": RESULTS[line.met],
        "counted_ms": line.down,
        **share_columns(line.figure),
        "credit": "" if line.credit is None else exact_text(line.credit),
    }


def _response_row(state: str, line: TicketLine) -> Row:
    up = "was up" if state == "late" else "is up, if the clock runs on,"
    return {
        "reference": line.ticket,
        "state": state,
        "start": iso(line.start),
        "end": "" if line.end is None else iso(line.end),
        "duration_ms": line.elapsed,
        "counted_ms": line.delay,
        "note": "" if line.due is None else f"{line.key} time {up} {iso(line.due)}".strip(),
    }


def _certain(section: Section) -> str:
    """What of a running month's credit is owed whatever comes; nothing where that is not the question."""
    if section.owed_already is None or section.credit is None or not section.credit.minor:
        return ""
    return OWED_ALREADY.format(owed=f.money(section.owed_already, PLAIN))


def _outage_row(outage: OutageLine) -> Row:
    return {
        "reference": outage.letter,
        "state": "open" if outage.open else "ended",
        **_between(outage.span),
        "duration_ms": outage.duration,
        "counted_ms": outage.counted,
        "not_counted_ms": outage.in_period - outage.counted,
        "title": f"{outage.resource}: {CAUSES[outage.reason]}" if outage.resource else CAUSES[outage.reason],
        "note": f"sampling error: start {_error(outage.error[0])}, end {_error(outage.error[1])}"
        + _said(outage)
        + _notes(outage),
    }


def _said(outage: OutageLine) -> str:
    """What people told of it: when it was reported and detected, its ticket and when that was closed."""
    if outage.told is None:
        return ""
    times = (("reported", outage.told.reported), ("detected", outage.told.detected))
    words = [f"; {name} {iso(at)}" for name, at in times if at is not None]
    if outage.told.ticket:
        words.append(f"; ticket {outage.told.ticket}")
    if outage.told.closed is not None:
        words.append(f"; ticket closed {iso(outage.told.closed)}")
    return "".join(words) or "; not reported"


def _notes(outage: OutageLine) -> str:
    """What was written of it for the customer."""
    return "".join(f"; note: {each}" for each in outage.notes)


def _error(ms: Ms | None) -> str:
    return "not known" if ms is None else f"up to {ms} ms earlier"


def share_columns(value: Fraction | None) -> Row:
    """Two columns, since a spreadsheet reads `1/2` as a day of January."""
    return (
        {} if value is None else {"share_numerator": value.numerator, "share_denominator": value.denominator}
    )


def exact_text(money: Money) -> str:
    """A decimal where one is exact, else a fraction."""
    return _decimal(money) or f"{money.amount.numerator}/{money.amount.denominator}"


def credit_text(credit: Amount | None) -> str:
    """A decimal; empty of none."""
    return "" if credit is None else _decimal(credit) or ""


def csv_text(columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    """Rows as CSV with a head; a column that a row does not name is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def _cell(value: object) -> object:
    """Numbers as they are; texts cleaned, and none that a spreadsheet would run."""
    if isinstance(value, int):
        return value
    text = f.clean(str(value))
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text
