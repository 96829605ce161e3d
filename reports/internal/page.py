"""PURE. The internal report as the team's page prints it. Nothing in this room is seen by a customer."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from monitor.agreements.budget import Budget
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.core.numbers import Bound
from monitor.core.periods import local
from monitor.operations.report import InternalReport, Past
from monitor.records import dataclass
from monitor.statements.standing import AgreementHealth
from reports import format as f
from reports.charts import (
    BudgetSteps,
    Gauge,
    MarginScale,
    Ruler,
    Spark,
    budget_steps,
    gauge,
    margin_scale,
    ruler,
    ruler_ticks,
    spark,
)
from reports.internal import words as w
from reports.internal.responses import ResponsePart, response_part
from reports.internal.rows import (
    Incidents,
    KpiTable,
    OverdueRow,
    RiskItem,
    SuggestionRow,
    fallen,
    incidents,
    kpi_table,
    overdue_row,
    risk_items,
    suggestion_row,
)
from reports.internal.words import SAYS
from reports.page import Mark
from reports.sentences import COMMITMENT, INTERNAL, NO_AMOUNT, RESULTS, RESULTS_SO_FAR
from reports.strips import Tick

CHARTS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class MarginRow:
    """One agreement against its commitment and the team's own target."""

    name: str
    customer: str
    scale: MarginScale
    aims: str
    actual: str
    margin: str
    mark: Mark
    result: str
    spark: Spark | None


@dataclass(frozen=True, slots=True)
class BudgetChart:
    """One error budget over the period."""

    name: str
    about: str
    chart: BudgetSteps


@dataclass(frozen=True, slots=True)
class ExposureRow:
    """What an agreement costs now and next. `pace` is empty once the period is over."""

    customer: str
    name: str
    fee: str
    owed: str
    owes: bool
    used: str
    gauge: Gauge
    next: str
    more: str
    pace: str


@dataclass(frozen=True, slots=True)
class InternalPage:
    """Everything on the team's page, in the order of the page."""

    language: str
    document: str
    footer: str
    month: str
    about: str
    headline: tuple[str, ...]
    ticks: tuple[Tick, ...]
    trend: str
    margins: tuple[MarginRow, ...]
    charts: tuple[BudgetChart, ...]
    left_out: str
    exposures: tuple[ExposureRow, ...]
    owed: str
    owed_note: str
    fallen: str
    kpis: KpiTable
    incidents: Incidents
    risks_title: str
    risks: tuple[RiskItem, ...]
    rules: str
    suggestions: tuple[SuggestionRow, ...]
    overdue: tuple[OverdueRow, ...]
    responses: ResponsePart | None
    unusual: tuple[str, ...]
    program: str


@dataclass(frozen=True, slots=True)
class _Setting:
    report: InternalReport
    zone: str
    year: int

    @property
    def running(self) -> bool:
        return self.report.as_of < self.report.period.span.end

    def runs(self, health: AgreementHealth) -> bool:
        """Whether the agreement's own period runs on."""
        return self.report.as_of < (health.period or self.report.period).span.end

    def name(self, health: AgreementHealth) -> str:
        """The service, with the agreement's period where that is not the page's month."""
        title = f.period_title(health.period or self.report.period)
        own = "" if title == w.title(self.report.period) else f", {title}"
        return f"{f.clean(health.service)}{own}"

    def when(self, at: Ms) -> str:
        return f.instant(at, self.zone, seconds=False, year=self.year)


def internal_page(report: InternalReport) -> InternalPage:
    """The page of a report, the agreements most at risk first."""
    zone = report.period.zone
    s = _Setting(report, zone, local(report.period.span.start, zone).year)
    ordered = sorted(report.agreements, key=_risk)
    scaled = [health for health in ordered if health.commitment is not None]
    scale = ruler(_figures(scaled))
    month = w.title(report.period)
    past = {each.agreement: each for each in report.past}
    charted = [health for health in ordered if health.steps][:CHARTS_SHOWN]
    return InternalPage(
        language="en",
        document=f"Internal report · {month} · Makegood",
        footer=f.css_text(INTERNAL["footer"].format(month=month)),
        month=month,
        about=INTERNAL["as_of"].format(
            zone=zone, as_of=s.when(report.as_of), drawn_up=f.moment(report.drawn_up, zone)
        ),
        headline=_headline(s),
        ticks=ruler_ticks(scale),
        trend=_trend(report.past),
        margins=tuple(
            _margin_row(s, scale, health, health.commitment, past.get(health.agreement))
            for health in scaled
            if health.commitment
        ),
        charts=tuple(_chart(s, health) for health in charted),
        left_out=_left_out(sum(not health.no_budget for health in ordered) - len(charted)),
        exposures=tuple(_exposure_row(s, health) for health in ordered),
        owed=_owed([amount for amount in report.owed if amount.minor]),
        owed_note=INTERNAL["certain"] if s.running else "",
        fallen=fallen(report.if_all_fell),
        kpis=kpi_table(report),
        incidents=incidents(report, s.when),
        risks_title=_risks_title(report),
        risks=risk_items(report),
        rules=f"{'' if report.risks or report.drifts else SAYS['safe'] + ' '}{SAYS['rules']}",
        suggestions=tuple(suggestion_row(each) for each in report.suggestions),
        overdue=tuple(overdue_row(each, report) for each in report.overdue),
        responses=response_part(report.responses, s.when),
        unusual=tuple(f.clean(note) for note in report.unusual),
        program=f.clean(report.program),
    )


def _risk(health: AgreementHealth) -> tuple[Fraction, str, str]:
    return (_share_left(health.budget), health.customer, health.service)


def _share_left(budget: Budget) -> Fraction:
    if budget.allowed:
        return Fraction(budget.left, budget.allowed)
    return Fraction(-1) if budget.spent else Fraction(1)


def _figures(agreements: Sequence[AgreementHealth]) -> list[Fraction]:
    seen = [health.availability for health in agreements if health.availability is not None]
    return [*seen, *(health.commitment.value for health in agreements if health.commitment)]


def _headline(s: _Setting) -> tuple[str, ...]:
    """Where nothing was watched that is all there is to lead with, and what is owed all the same."""
    report = s.report
    if report.watched:
        return _standing(s)
    owed = any(amount.minor for amount in report.owed)
    key = "unwatched_yet" if s.running else "unwatched" if owed or not report.agreements else "unwatched_none"
    told = INTERNAL[key].format(month=w.title(report.period))
    return (told, *(_standing(s) if owed or not report.agreements else ()))


def _standing(s: _Setting) -> tuple[str, ...]:
    agreements = s.report.agreements
    if not agreements:
        return (INTERNAL["none"],)
    missed = sum(_missed(s, health) for health in agreements)
    unknown = sum(health.met is None for health in agreements)
    key = ("unmet" if s.running else "missed") if missed else ("kept" if s.running else "met")
    only = "_only" if missed and len(agreements) == 1 else ""
    said = [
        INTERNAL[f"{key}{only}"].format(
            missed=f.counted(missed).capitalize(),
            count=f.counted(len(agreements)),
            were="was" if missed == 1 else "were",
            are="is" if missed == 1 else "are",
            owed=_owed([amount for amount in s.report.owed if amount.minor]),
        )
    ]
    if unknown:
        said.append(INTERNAL["unknown"].format(count=f.counted(unknown).capitalize()))
    return (*said, *_nearest(agreements))


def _missed(s: _Setting, health: AgreementHealth) -> bool:
    """While a month runs, what counts is whether its whole allowance is used up."""
    if not s.runs(health):
        return health.met is False
    return health.met is not None and not health.no_budget and health.budget.left < 0


def _nearest(agreements: Sequence[AgreementHealth]) -> list[str]:
    reachable = [
        (health.exposure.until_next, health.customer, health.service, health.exposure.next_credit)
        for health in agreements
        if health.exposure.until_next is not None and health.exposure.next_credit is not None
    ]
    if not reachable:
        return []
    time, customer, service, credit = min(reachable, key=lambda entry: entry[:3])
    told = INTERNAL["nearest"].format(
        name=f.clean(service), customer=f.clean(customer), time=f.brief(time), credit=f.money(credit)
    )
    return [told]


def _owed(owed: Sequence[Amount]) -> str:
    return f.listed(tuple(f.money(amount) for amount in owed)) or INTERNAL["nothing"]


def _promise(health: AgreementHealth) -> str:
    if health.commitment is None:
        return f.clean(health.promised)
    return f"{COMMITMENT[health.commitment.sign]}{f.share(health.commitment.value)}"


def _target(health: AgreementHealth) -> str:
    if health.target is None:
        return INTERNAL["no_target"]
    return f"{COMMITMENT[health.target.sign]}{f.share(health.target.value)}"


def _actual(health: AgreementHealth) -> str:
    return RESULTS[None] if health.availability is None else f.availability(health.availability)


def _trend(past: Sequence[Past]) -> str:
    """`May\u2013Oct`: the ends of the longest trend; "" where there is none."""
    longest = max((each.points for each in past), key=len, default=())
    if len(longest) < 2:
        return ""
    return f"{w.short(longest[0].label)}{f.PAGE.dash}{w.short(longest[-1].label)}"


def _risks_title(report: InternalReport) -> str:
    """`At risk in November 2026`, where all that is at risk is in one period to come."""
    titles = dict.fromkeys(w.title(each.next.period) for each in report.risks)
    return f"At risk in {next(iter(titles))}" if len(titles) == 1 else "At risk next"


def _past_spark(name: str, past: Past | None, commitment: Bound, *, missed: bool) -> Spark | None:
    if past is None:
        return None
    said = ", ".join(
        f"{w.short(each.label)} "
        + (SAYS["not_known"] if each.availability is None else f.availability(each.availability))
        for each in past.points
    )
    values = [each.availability for each in past.points]
    return spark(values, commitment.value, f"{name}: {said}", bad=missed)


def _margin_row(
    s: _Setting, scale: Ruler, health: AgreementHealth, commitment: Bound, past: Past | None
) -> MarginRow:
    mark, result = _result(s, health)
    shapes: dict[Mark, Literal["disc", "triangle", "square"]] = {"missed": "square", "risk": "triangle"}
    name, customer = s.name(health), f.clean(health.customer)
    told = INTERNAL["scale"].format(
        name=name,
        customer=customer,
        promise=_promise(health),
        target="" if health.target is None else INTERNAL["target"].format(target=_target(health)),
        figure=_actual(health),
    )
    target = None if health.target is None else health.target.value
    return MarginRow(
        name=name,
        customer=customer,
        scale=margin_scale(
            scale, told, commitment.value, target, health.availability, shapes.get(mark, "disc")
        ),
        aims=INTERNAL["aims"].format(promise=_promise(health), target=_target(health)),
        actual=_actual(health),
        margin="" if health.no_budget else f.brief(health.budget.left),
        mark=mark,
        result=result,
        spark=_past_spark(name, past, commitment, missed=mark == "missed"),
    )


def _result(s: _Setting, health: AgreementHealth) -> tuple[Mark, str]:
    words = RESULTS_SO_FAR if s.runs(health) else RESULTS
    if health.met is None:
        return "unknown", words[None]
    if _missed(s, health):
        return "missed", INTERNAL["missed_already"] if s.runs(health) else words[False]
    if not health.met:
        return "risk", INTERNAL["behind"]
    if health.target_met is False:
        return "risk", INTERNAL["below_target"]
    return "met", words[True]


def _chart(s: _Setting, health: AgreementHealth) -> BudgetChart:
    budget, report = health.budget, s.report
    name, customer = s.name(health), f.clean(health.customer)
    left = _left(budget.left)
    told = "; ".join(
        INTERNAL["step"].format(when=f.instant(at, s.zone, year=s.year), left=_left(rest))
        for at, rest in health.steps
    )
    return BudgetChart(
        name=name,
        about=INTERNAL["allowed"].format(
            customer=customer, promise=_promise(health), allowed=f.brief(budget.allowed)
        ),
        chart=budget_steps(
            INTERNAL["steps"].format(
                name=name, customer=customer, allowed=f.brief(budget.allowed), told=told, left=left
            ),
            (health.period or report.period).span,
            budget.allowed,
            health.steps,
            report.as_of,
            _aim(health),
            left,
            s.zone,
        ),
    )


def _left(ms: Ms) -> str:
    key = "over" if ms < 0 else "left"
    return INTERNAL[key].format(time=f.brief(abs(ms)))


def _aim(health: AgreementHealth) -> Ms | None:
    """What must be left of the commitment's allowance for the internal target to be met."""
    if health.commitment is None or health.target is None:
        return None
    may_miss = 1 - health.commitment.value
    if not may_miss or health.target.value <= health.commitment.value:
        return None
    return int(health.budget.allowed * (1 - (1 - health.target.value) / may_miss))


def _left_out(count: int) -> str:
    if not count:
        return ""
    return INTERNAL["left_out"].format(agreements=f.plural(count, "agreement", "agreements"))


def _exposure_row(s: _Setting, health: AgreementHealth) -> ExposureRow:
    exposure = health.exposure
    used = 1 - _share_left(health.budget)
    customer = f.clean(health.customer)
    return ExposureRow(
        customer=customer if health.ours else INTERNAL["ours_not"].format(customer=customer),
        name=s.name(health),
        fee=f.fee(health.fee),
        owed=NO_AMOUNT if exposure.owed is None else f.money(exposure.owed),
        owes=exposure.owed is not None and exposure.owed.minor > 0,
        used="" if health.no_budget else f.used(used),
        gauge=gauge(used, health.budget.gone),
        next=_next(s, health),
        more=_more(health),
        pace=INTERNAL["no_budget"].format(why=f.clean(health.no_budget))
        if health.no_budget
        else _pace(s, health),
    )


def _next(s: _Setting, health: AgreementHealth) -> str:
    time, credit = health.exposure.until_next, health.exposure.next_credit
    if not s.runs(health) and time is None:
        return INTERNAL["over_now"]
    if health.exposure.owed is None:
        return RESULTS[None]
    if time is None or credit is None:
        return INTERNAL["no_next"]
    return INTERNAL["until"].format(time=f.brief(time), credit=f.money(credit))


def _more(health: AgreementHealth) -> str:
    owed, then = health.exposure.owed, health.exposure.next_credit
    if owed is None or then is None or not owed.minor:
        return ""
    return INTERNAL["more"].format(more=f.money(Amount(then.minor - owed.minor, then.currency)))


def _pace(s: _Setting, health: AgreementHealth) -> str:
    said, budget = [], health.budget
    if s.runs(health) and budget.burn is not None:
        said.append(INTERNAL["burn"].format(times=f.times(budget.burn)))
    if budget.exhausted is not None:
        key = "used_up" if budget.exhausted <= s.report.as_of else "runs_out"
        said.append(INTERNAL[key].format(when=s.when(budget.exhausted)))
    return ", ".join(said)
