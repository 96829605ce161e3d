"""PURE. The exact twins of the internal report: JSON and CSV, in the shape that `reports.twins` documents.

JSON: `format` is `makegood.internal/1`, and the fields are those of `monitor.operations.report`. The value of
a KPI is a ratio in its `unit`: `ms`, `clock` (ms on the clocks of promises), `tenths` (of a millisecond),
`share`, `count` or `metric`; a mean is a ratio in ms.

CSV: one row a record, the kind in the first column: report, agreement, step (of a budget), past (a period of
an agreement), owed, fallen (if all fell one level), kpi, point (of its trend), incident, breakdown, hour (of
the week), overdue, risk, notice, drift, suggestion, unusual. What comes in several
currencies has a row for each. Of tickets: tickets (all of the period), response (a promise of times), key
(a priority of one), late (a clock), group, began (late clocks by the hour of the week), nobodys; and lay, the
time in one state, of what the row before it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import zip_longest

from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.operations.figures import Mean
from monitor.operations.kpi import KpiReading
from monitor.operations.report import BreakdownRow, IncidentLine, InternalReport, Risk, Suggestion
from monitor.operations.responses import LateLine, ResponseLine, Spread
from monitor.operations.ticket_times import Times
from monitor.statements.standing import AgreementHealth
from reports import format as f
from reports.format import PLAIN
from reports.sentences import INTERNAL_NOTICE, RESULTS
from reports.twins import Row, credit_text, csv_text, exact_text, iso, json_text, plain_object, share_columns

COLUMNS = (
    "record", "agreement", "customer", "service", "state", "target_state", "at", "commitment", "target",
    "share_numerator", "share_denominator", "figure", "allowed_ms", "spent_ms", "left_ms", "until_next_ms",
    "fee", "owed", "next_credit", "currency", "note", "name", "of", "owner", "label", "unit", "count",
    "false_alarms", "value_numerator", "value_denominator", "severity", "team", "cause", "detect_ms",
    "acknowledge_ms", "resolve_ms", "down_ms", "cost", "counted",
    "late", "median_ms", "p90_ms", "p95_ms", "late_ms",
)  # fmt: skip


def internal_json(report: InternalReport) -> str:
    """The internal report, exact, in the shape that this module documents."""
    return json_text({"format": "makegood.internal/1", "notice": INTERNAL_NOTICE, **plain_object(report)})


def internal_csv(report: InternalReport) -> str:
    """Every figure of the report, a row a record."""
    return csv_text(COLUMNS, _rows(report))


def _rows(report: InternalReport) -> Iterable[Row]:
    yield {"record": "report", "at": iso(report.as_of), "label": report.period.label, "note": INTERNAL_NOTICE,
           "state": "" if report.watched else "not watched"}  # fmt: skip
    for health in report.agreements:
        own = {"agreement": health.agreement, "customer": health.customer, "service": health.service}
        yield {"record": "agreement", **own, **_health_row(health)}
        for at, left in health.steps:
            yield {"record": "step", **own, "at": iso(at), "left_ms": left}
    yield from _past_rows(report)
    for amount in report.owed:
        yield {"record": "owed", "owed": credit_text(amount), "currency": amount.currency}
    for amount in report.if_all_fell:
        yield {"record": "fallen", "next_credit": credit_text(amount), "currency": amount.currency}
    for reading in report.kpis:
        yield from _kpi_rows(reading)
    for incident in report.incidents:
        yield from _priced(_incident_row(incident), incident.costs)
    for row in report.breakdown:
        yield from _priced(_breakdown_row(row), row.costs)
    for each in report.hours:
        yield {"record": "hour", "label": each.hour, "count": each.count}
    yield from _response_rows(report)
    yield from _ahead_rows(report)


def _past_rows(report: InternalReport) -> Iterator[Row]:
    for past in report.past:
        for point in past.points:
            yield {
                "record": "past",
                "agreement": past.agreement,
                "label": point.label,
                "state": RESULTS[point.met],
                **share_columns(point.availability),
                "allowed_ms": "" if point.allowed is None else point.allowed,
                "left_ms": "" if point.left is None else point.left,
            }


def _kpi_rows(reading: KpiReading) -> Iterator[Row]:
    own = {"name": reading.id, "unit": reading.unit_name or reading.unit}
    yield {
        "record": "kpi",
        **own,
        "note": reading.why_none or reading.title,
        "owner": reading.owner,
        "of": reading.of,
        "state": reading.result,
        "target": _bound(reading.target),
        "count": reading.count,
        **_ratio(reading.value),
    }
    for point in reading.trend:
        yield {"record": "point", **own, "label": point.label, "count": point.count, **_ratio(point.value)}


def _bound(bound: Bound | None) -> str:
    return "" if bound is None else f"{bound.sign} {bound.value}"


def _ratio(value: Fraction | None) -> Row:
    if value is None:
        return {}
    return {"value_numerator": value.numerator, "value_denominator": value.denominator}


def _incident_row(each: IncidentLine) -> Row:
    return {
        "record": "incident",
        "name": each.name,
        "service": each.service,
        "note": each.title,
        "severity": each.severity,
        "state": "false alarm" if each.false_alarm else each.state,
        "team": each.team,
        "owner": each.owner,
        "cause": each.cause,
        "at": iso(each.began_at),
        "detect_ms": _known(each.to_detect),
        "acknowledge_ms": _known(each.to_acknowledge),
        "resolve_ms": _known(each.to_resolve),
        "down_ms": each.down,
        "label": each.postmortem,
    }


def _known(ms: int | None) -> object:
    return "" if ms is None else ms


def _breakdown_row(row: BreakdownRow) -> Row:
    return {
        "record": "breakdown",
        "of": row.by,
        "name": row.key,
        "count": row.count,
        "false_alarms": row.false_alarms,
        "down_ms": row.down,
        "acknowledge_ms": _mean(row.mtta),
        "resolve_ms": _mean(row.mttr),
    }


def _mean(mean: Mean) -> str:
    return "" if mean.value is None else str(mean.value)


def _priced(row: Row, costs: tuple[Money, ...]) -> Iterator[Row]:
    """The row with its first cost, and a row for each further currency."""
    for place, money in zip_longest(range(max(len(costs), 1)), costs):
        cost = {} if money is None else {"cost": exact_text(money), "currency": money.currency}
        yield {**(row if place == 0 else {k: row[k] for k in ("record", "name")}), **cost}


def _response_rows(report: InternalReport) -> Iterator[Row]:
    found = report.responses
    if found is None:
        return
    yield {"record": "tickets", "count": found.times.count}
    yield from _lay_rows(found.times)
    for line in found.lines:
        yield from _promise_rows(line)
    for group in found.groups:
        for each in group.lines:
            own = {"of": group.by, "name": each.key}
            counts = {"count": each.times.count, "counted": each.clocks, "late": each.late}
            yield {"record": "group", **own, **counts}
            yield from _lay_rows(each.times, own)
    for hour in found.hours:
        if hour.clocks:
            yield {"record": "began", "label": hour.hour, "counted": hour.clocks, "late": hour.late}
    for nobody in found.nobodys:
        yield {"record": "nobodys", "name": nobody.ticket, "note": nobody.why}


def _promise_rows(line: ResponseLine) -> Iterator[Row]:
    own = {"agreement": line.agreement, "of": line.promise}
    cost = {} if line.credit is None else {"owed": exact_text(line.credit), "currency": line.credit.currency}
    yield {
        "record": "response",
        **own,
        "customer": line.customer,
        "service": line.service,
        "state": RESULTS[line.met],
        "target_state": "" if line.target is None else RESULTS[line.target_met],
        "commitment": f.clean(line.commitment),
        "target": _bound(line.target),
        "label": line.period.label,
        "unit": line.unit,
        **_clocks(line.counted, len(line.late), line.waiting, line.took),
        "cause": "" if line.cause is None else line.cause.state,
        "note": line.why,
        **_ratio(line.figure),
        **cost,
    }
    yield from _lay_rows(line.late_times, own)
    for key in line.keys:
        counts = _clocks(key.in_time + key.late, key.late, key.waiting, key.took)
        yield {"record": "key", **own, "name": key.key, "commitment": key.allowed, **counts}
    yield from (_late_row(late, own) for late in line.late)


def _clocks(counted: int, late: int, waiting: int, took: Spread) -> Row:
    return {
        "counted": counted,
        "late": late,
        "count": waiting,
        "median_ms": _known(took.median_ms),
        "p90_ms": _known(took.p90_ms),
        "p95_ms": _known(took.p95_ms),
    }


def _late_row(late: LateLine, own: Row) -> Row:
    return {
        "record": "late",
        **own,
        "name": late.ticket,
        "label": late.key,
        "at": iso(late.due),
        "allowed_ms": _known(late.allowed),
        "spent_ms": late.elapsed,
        "late_ms": late.delay,
        "cause": late.most,
    }


def _lay_rows(times: Times, own: Row | None = None) -> Iterator[Row]:
    for each in times.parts:
        yield {"record": "lay", **(own or {}), "state": each.state, "spent_ms": each.ms}


def _ahead_rows(report: InternalReport) -> Iterator[Row]:
    for each in report.overdue:
        yield {
            "record": "overdue", "name": each.incident, "of": each.what, "note": each.text,
            "owner": each.owner, "at": iso(each.due_at),
        }  # fmt: skip
    for risk in report.risks:
        yield from _risk_rows(risk)
    for drift in report.drifts:
        yield {
            "record": "drift", "name": drift.kpi, "note": drift.title, "label": drift.since,
            "state": "passes" if drift.passes else "", **_ratio(drift.pace),
        }  # fmt: skip
    for suggestion in report.suggestions:
        yield _suggestion_row(suggestion)
    for note in report.unusual:
        yield {"record": "unusual", "note": note}


def _risk_rows(risk: Risk) -> Iterator[Row]:
    own = {"agreement": risk.agreement, "customer": risk.customer, "service": risk.service}
    yield {
        "record": "risk",
        **own,
        "label": risk.next.period.label,
        "allowed_ms": _known(risk.next.allowed),
        "count": len(risk.downtimes),
        "next_credit": credit_text(risk.stake),
        "currency": "" if risk.stake is None else risk.stake.currency,
        "state": ", ".join(
            word for word, holds in (("tight", risk.tight), ("narrowing", bool(risk.narrowed))) if holds
        ),
    }
    for notice in risk.notices:
        yield {
            "record": "notice", **own, "name": notice.window, "note": notice.title,
            "at": iso(notice.span.start), "left_ms": notice.late_by,
        }  # fmt: skip


def _suggestion_row(each: Suggestion) -> Row:
    def level(value: Fraction | None) -> str:
        return "" if value is None else f.share(value, PLAIN)

    return {
        "record": "suggestion",
        "service": each.service,
        "name": each.sla,
        "customer": "; ".join(each.customers),
        "count": each.of,
        "target": level(each.target),
        "commitment": level(each.commitment),
        "note": each.why,
    }


def _health_row(health: AgreementHealth) -> Row:
    exposure, share = health.exposure, health.availability
    return {
        "state": RESULTS[health.met],
        "target_state": "" if health.target is None else RESULTS[health.target_met],
        "commitment": f.clean(health.promised)
        if health.commitment is None
        else f.share(health.commitment.value, PLAIN),
        "target": "" if health.target is None else f.share(health.target.value, PLAIN),
        **share_columns(share),
        "figure": "" if share is None else f.availability(share, PLAIN),
        **({} if health.no_budget else _budget_row(health)),
        "until_next_ms": "" if exposure.until_next is None else exposure.until_next,
        "fee": exact_text(health.fee),
        "owed": credit_text(exposure.owed),
        "next_credit": credit_text(exposure.next_credit),
        "currency": health.fee.currency,
        "note": health.unsettled or health.no_budget,
    }


def _budget_row(health: AgreementHealth) -> Row:
    budget = health.budget
    return {"allowed_ms": budget.allowed, "spent_ms": budget.spent, "left_ms": budget.left}
