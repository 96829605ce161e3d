"""PURE. The rows of the internal report beneath margins and money: KPIs, incidents, what is at risk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import cast

from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.operations.figures import Mean, Response
from monitor.operations.kpi import KpiReading
from monitor.operations.report import (
    BreakdownRow,
    Drift,
    IncidentLine,
    InternalReport,
    Overdue,
    Risk,
    Suggestion,
)
from monitor.operations.report_periods import before
from monitor.records import dataclass
from reports import format as f
from reports.charts import Spark, spark
from reports.internal import words as w
from reports.internal.words import SAYS
from reports.page import Mark
from reports.strips import percent

SHOWN = 60  # incidents on the page; the twins have all
FIRST = 5  # of the longest, and of the costliest
KEYS = 12  # rows of one breakdown


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One KPI. `none` says why there is no figure, and then nothing else is printed.

    `about` begins with its own name.
    """

    name: str
    about: str
    target: str
    now: str
    before: str
    change: str
    none: str
    spark: Spark | None
    mark: Mark
    result: str


@dataclass(frozen=True, slots=True)
class KpiTable:
    """The KPIs, with what the columns are called."""

    now: str
    before: str
    trend: str
    rows: tuple[KpiRow, ...]


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident. `mark` stands beside `postmortem` where one is asked for."""

    what: str
    name: str
    severity: str
    service: str
    state: str
    team: str
    began: str
    acknowledged: str
    took: str
    down: str
    costs: str
    mark: Mark | None
    postmortem: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """An incident among the longest or the costliest."""

    name: str
    what: str
    figure: str


@dataclass(frozen=True, slots=True)
class Group:
    """The incidents that have one thing in common."""

    key: str
    count: str
    mtta: str
    mttr: str
    down: str
    costs: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The groups of one kind, and how many more there are."""

    title: str
    groups: tuple[Group, ...]
    more: str


@dataclass(frozen=True, slots=True)
class HourCell:
    """How many began in an hour ("" for none), and where that is drawn, in percent."""

    text: str
    x: str
    middle: str


@dataclass(frozen=True, slots=True)
class HourRow:
    """A day of the week: its name, and its 24 hours."""

    day: str
    cells: tuple[HourCell, ...]


@dataclass(frozen=True, slots=True)
class Incidents:
    """What became of the incidents of a period."""

    told: tuple[str, ...]
    rows: tuple[IncidentRow, ...]
    left_out: str
    longest: tuple[Ranked, ...]
    costliest: tuple[Ranked, ...]
    breakdowns: tuple[Breakdown, ...]
    hours: tuple[HourRow, ...]
    hours_told: str


@dataclass(frozen=True, slots=True)
class RiskItem:
    """Something at risk: what it is, and why."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """What is proposed for a service."""

    name: str
    about: str
    told: str


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """What should have been done by now."""

    incident: str
    what: str
    owner: str
    due: str


def kpi_table(report: InternalReport) -> KpiTable:
    """The KPIs as they were handed in."""
    trend = next((each.trend for each in report.kpis if each.trend), ())
    ends = [w.short(point.label) for point in trend]
    return KpiTable(
        now=w.short(report.period.label),
        before=ends[-2] if len(ends) > 1 else w.short(before(report.period).label),
        trend=f"{ends[0]}{f.PAGE.dash}{ends[-1]}" if len(ends) > 1 else "",
        rows=tuple(_kpi_row(each) for each in report.kpis),
    )


def _kpi_row(each: KpiReading) -> KpiRow:
    mark, result = w.KPI_RESULTS[each.result]
    name = f.clean(each.title)

    def said(value: object) -> str:
        return (
            SAYS["not_known"]
            if value is None
            else w.figure(cast("Fraction", value), each.unit, each.unit_name)
        )

    return KpiRow(
        name=name,
        about=", ".join(f.clean(word) for word in (each.id, each.owner, each.of) if word),
        target=w.aimed(each.target, each),
        now="" if each.value is None else said(each.value),
        before="" if each.value is None or each.previous is None else said(each.previous),
        change=w.change(each.value, each.previous, each),
        none="" if each.value is not None else f.clean(each.why_none) or result,
        spark=spark(
            [point.value for point in each.trend],
            None if each.target is None else each.target.value,
            _told(name, [(point.label, said(point.value)) for point in each.trend]),
            bad=each.result == "missed",
        ),
        mark=cast("Mark", mark),
        result=result,
    )


def _told(name: str, points: Sequence[tuple[str, str]]) -> str:
    return f"{name}: " + ", ".join(f"{w.short(label)} {value}" for label, value in points)


def incidents(report: InternalReport, when: Callable[[Ms], str]) -> Incidents:
    """The incidents of the period, and what they have in common."""
    shown = _shown(report.incidents)
    left_out = len(report.incidents) - len(shown)
    real = [each for each in report.incidents if not each.false_alarm]
    longest = sorted(real, key=lambda each: (-each.down, each.began_at))[:FIRST]
    return Incidents(
        told=tuple(_summary(report)),
        rows=tuple(_incident_row(each, report, when) for each in shown),
        left_out=SAYS["left_out"].format(count=f"{left_out:,}") if left_out else "",
        longest=tuple(_ranked(each, f.brief(each.down)) for each in longest if each.down),
        costliest=tuple(_ranked(each, _costs(each)) for each in _costliest(real)),
        breakdowns=tuple(_breakdowns(report)),
        hours=tuple(_hours(report)),
        hours_told=_hours_told(report),
    )


def _shown(every: Sequence[IncidentLine]) -> Sequence[IncidentLine]:
    """All, or those that weigh most, in order of time."""
    heavy = sorted(every, key=lambda each: (not each.costs, -each.down, each.began_at))[:SHOWN]
    return sorted(heavy, key=lambda each: (each.began_at, each.name))


def _costliest(real: Sequence[IncidentLine]) -> list[IncidentLine]:
    """The dearest of each currency, the most first; currencies are never compared."""
    codes = sorted({money.currency for each in real for money in each.costs})
    found: list[IncidentLine] = []
    for code in codes:
        priced = [
            (money.amount, each) for each in real for money in each.costs if money.currency == code
        ]  # fmt: skip
        ranked = sorted(priced, key=lambda pair: (-pair[0], pair[1].began_at))[:FIRST]
        found += [each for _, each in ranked if each not in found]
    return found


def _summary(report: InternalReport) -> Iterator[str]:
    now, earlier = report.response, report.before
    if now is None or not now.count:
        yield SAYS["no_incident"]
        return
    said = [f.plural(now.count, "incident", "incidents")]
    if now.false_alarms:
        key = "false" if now.false_alarms == 1 else "false_many"
        said.append(SAYS[key].format(count=f.counted(now.false_alarms)))
    if earlier is not None:
        label = w.short(before(report.period).label)
        said.append(SAYS["month_before"].format(count=f.alone(earlier.count), label=label))
    yield f"{', '.join(said)}."
    yield _means(now)


def _means(told: Response) -> str:
    down = f.brief(told.downtime) if told.downtime else SAYS["none"]
    return SAYS["means"].format(mtta=mean(told.mtta), mttr=mean(told.mttr), down=down)


def mean(value: Mean) -> str:
    """`4 min 40 s`, cut to whole seconds; said where there is none."""
    if value.value is None:
        return SAYS["not_known"]
    return f.brief(int(value.value)) if int(value.value) else f"0{f.PAGE.space}s"


def _time(ms: Ms | None) -> str:
    return f.PAGE.dash if ms is None else f.brief(ms) if ms else f"0{f.PAGE.space}s"


def _what(each: IncidentLine) -> str:
    words = [f.clean(word) for word in (each.title, each.cause) if word]
    return ", ".join(words) or f.clean(each.service)


def _costs(each: IncidentLine | BreakdownRow) -> str:
    return f.listed(tuple(f.money(money) for money in each.costs)) or SAYS["none"]


def _incident_row(each: IncidentLine, report: InternalReport, when: Callable[[Ms], str]) -> IncidentRow:
    marks: dict[str, Mark | None] = {"done": "met", "overdue": "missed", "open": "unknown"}
    due = "" if each.postmortem_at is None else f" {_day(each, report)}"
    word = {"open": "due"}.get(each.postmortem, each.postmortem)
    return IncidentRow(
        name=f.clean(each.name),
        severity=f.clean(each.severity) or SAYS["not_known"],
        what=_what(each),
        service=f.clean(each.service),
        state="false alarm" if each.false_alarm else f.clean(each.state),
        team=f.clean(each.team) or SAYS["no_team"],
        began=when(each.began_at),
        acknowledged=_time(each.to_acknowledge),
        took=_time(each.to_resolve),
        down=f.brief(each.down) if each.down else SAYS["none"],
        costs=_costs(each),
        mark=marks.get(each.postmortem),
        postmortem=word if each.postmortem == "not required" else f"{word}{due}",
    )


def _day(each: IncidentLine, report: InternalReport) -> str:
    at = each.postmortem_at or 0
    last = at if each.postmortem == "done" else at - 1
    return f.day(last, report.period.zone, year=w.first_of(report.period))


def _ranked(each: IncidentLine, figure: str) -> Ranked:
    return Ranked(f.clean(each.name), _what(each), figure)


def _breakdowns(report: InternalReport) -> Iterator[Breakdown]:
    for by in dict.fromkeys(row.by for row in report.breakdown):
        rows = [row for row in report.breakdown if row.by == by]
        more = len(rows) - KEYS
        yield Breakdown(
            title=f"By {by}",
            groups=tuple(_group(row) for row in rows[:KEYS]),
            more=SAYS["more"].format(count=f.counted(more)) if more > 0 else "",
        )


def _group(row: BreakdownRow) -> Group:
    down = f.brief(row.down) if row.down else SAYS["none"]
    return Group(
        f.clean(row.key) or SAYS["nobody"],
        f"{row.count:,}",
        mean(row.mtta),
        mean(row.mttr),
        down,
        _costs(row),
    )


def _hours(report: InternalReport) -> Iterator[HourRow]:
    found = {each.hour: each.count for each in report.hours}
    for place, day in enumerate(w.DAYS):
        counts = [found.get(place * 24 + hour, 0) for hour in range(24)]
        yield HourRow(day[:3], tuple(hour_cell(hour, count) for hour, count in enumerate(counts)))


def hour_cell(hour: int, count: int) -> HourCell:
    """One hour of a day, drawn; no text where there is nothing to count."""
    text = "" if not count else f"{count}" if count < 100 else "99+"
    return HourCell(text, percent(hour / 24), percent(hour / 24 + 0.02))


def _hours_told(report: InternalReport) -> str:
    if not report.hours:
        return SAYS["grid_none"]
    said = (f"{each.count:,} on {w.hour_name(each.hour)}" for each in report.hours)
    return SAYS["grid"].format(told="; ".join(said))


def risk_items(report: InternalReport) -> tuple[RiskItem, ...]:
    """Agreements by money, then KPIs."""
    return (*(_risk(each, report) for each in report.risks), *(_drifting(d, report) for d in report.drifts))


def _risk(risk: Risk, report: InternalReport) -> RiskItem:
    stake = SAYS["no_stake"] if risk.stake is None else f.money(risk.stake)
    name = f"{f.clean(risk.customer)}, {f.clean(risk.service)}: {stake}."
    return RiskItem(name, tuple(_why(risk, report)))


def _why(risk: Risk, report: InternalReport) -> Iterator[str]:
    if risk.next.allowed is not None:
        period = w.title(risk.next.period)
        yield SAYS["allows"].format(period=period, allowed=f.brief(risk.next.allowed))
    if risk.tight and risk.median is not None and risk.longest is not None:
        yield _tight(risk, risk.median, risk.longest)
    if risk.narrowed:
        first, last = risk.narrowed[0], risk.narrowed[-1]
        yield SAYS["narrowed"].format(
            count=f.counted(len(risk.narrowed) - 1),
            first=f.brief(first.left or 0),
            since=w.short(first.label),
            last=f.brief(last.left or 0),
        )
    for each in risk.notices:
        yield SAYS["notice"].format(
            title=f"\u201c{f.clean(each.title)}\u201d",
            when=f.instant(each.span.start, report.period.zone, seconds=False),
            earlier=f.notice(each.late_by),
        )


def _tight(risk: Risk, median: Ms, longest: Ms) -> str:
    allowed = risk.next.allowed or 0
    room = "room_none" if longest > allowed else "room_longest" if 2 * longest > allowed else "room"
    key = "single" if len(risk.downtimes) == 1 else "tight"
    return SAYS[key].format(
        outages=f.plural(len(risk.downtimes), "outage", "outages"),
        median=f.brief(median),
        longest=f.brief(longest),
        room=SAYS[room],
    )


def _drifting(drift: Drift, report: InternalReport) -> RiskItem:
    reading = next(each for each in report.kpis if each.id == drift.kpi)
    title = f.clean(drift.title)
    pace = w.change(drift.pace, drift.pace * 0, reading)
    key = "drift_passes" if drift.passes else "drift_holds"
    return RiskItem(
        f"{title}.",
        (
            SAYS["drift"].format(pace=pace, since=w.short(drift.since)),
            SAYS[key].format(target=w.aimed(reading.target, reading)),
        ),
    )


def suggestion_row(each: Suggestion) -> SuggestionRow:
    """What is proposed, or why nothing is."""
    customers = f.listed(tuple(f.clean(name) for name in each.customers))
    about = ", ".join(word for word in (customers, w.promised(each.promised)) if word)
    return SuggestionRow(f.clean(each.service), about, _suggested(each))


def _suggested(each: Suggestion) -> str:
    if each.why:
        return SAYS["why"].format(why=f.clean(each.why))
    if each.of < each.fewest:
        return SAYS["too_few"].format(of=f.alone(each.of), fewest=f.counted(each.fewest), unit=each.unit)
    if each.target is None:
        return SAYS["no_target"].format(unit=each.unit)
    return SAYS["proposed"].format(
        target=f.share(each.target),
        kept=each.kept,
        of=f.plural(each.of, each.unit, f"{each.unit}s"),
        commitment=SAYS["none"] if each.commitment is None else f.share(each.commitment),
    )


def overdue_row(each: Overdue, report: InternalReport) -> OverdueRow:
    """What is overdue, whose it is, and since when."""
    text = f.clean(each.text)
    return OverdueRow(
        f.clean(each.incident),
        f"{each.what}: {text}" if text else each.what,
        f.clean(each.owner) or SAYS["nobody"],
        f.day(each.due_at - 1, report.period.zone, year=w.first_of(report.period)),
    )


def fallen(amounts: Sequence[Amount]) -> str:
    """`If all fell one level: 1,890.00 EUR and 95.00 GBP`."""
    said = f.listed(tuple(f.money(each) for each in amounts))
    return SAYS["fallen"].format(amounts=said) if said else ""
