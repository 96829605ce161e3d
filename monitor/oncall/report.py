"""The internal report of a period: by the engine that draws up statements.

Agreements stand in their own periods. A report of a month has those that end in it, or run on beyond it; one
of a week or of some days has them as they stood at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from monitor import __version__
from monitor.agreements.budget import outlook
from monitor.agreements.evaluate import evaluate
from monitor.agreements.ladder import FEWEST
from monitor.agreements.pipeline import Case
from monitor.config.plan import Agreement, Plan, Terms
from monitor.core.checks import State
from monitor.core.cycles import preceding
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.periods import Period
from monitor.core.windows import Window
from monitor.errors import ConfigError, MakegoodError
from monitor.oncall.breakdowns import breakdown, hours, line, overdue
from monitor.oncall.incidents import Watch
from monitor.operations.figures import response
from monitor.operations.kpi import KpiReading
from monitor.operations.report import (
    InternalReport,
    Next,
    Past,
    PastPoint,
    Risk,
    ShortNotice,
    Suggestion,
    by_stake,
    drift,
    is_tight,
    narrowed,
    pieces,
)
from monitor.operations.report_periods import before, report_period
from monitor.operations.responses import ResponseReport
from monitor.statements.books import LOOK_AROUND, Books
from monitor.statements.guidance import groups, proposal_for, times_alone
from monitor.statements.health import period_for, standing, sums
from monitor.statements.periods import ROLLING, by_label, running
from monitor.statements.standing import AgreementHealth
from monitor.statements.status import zone_of
from monitor.store.protocol import Snapshot

BACK = 5  # periods before this one whose margins are shown
MONTHS = 12  # that proposals are made from, as `targets suggest` does
OWING = 92 * DAY  # so long before the period incidents are looked at for what is overdue


def zone_for(plan: Plan) -> str:
    """The zone of a report: the agreements', where they share one; where there is none the operator's."""
    zones = {agreement.zone for agreement in plan.agreements.values()}
    return zones.pop() if len(zones) == 1 else zone_of(plan) if not zones else "UTC"


def period_of(plan: Plan, label: str) -> Period:
    """The period of a label; ConfigError for what is none."""
    try:
        return report_period(label, zone_for(plan))
    except ValueError as error:
        raise ConfigError(str(error)) from None


def internal_report(
    plan: Plan,
    snapshot: Snapshot,
    label: str,
    now: Ms,
    kpis: Sequence[KpiReading] = (),
    unusual: Sequence[str] = (),
    responses: ResponseReport | None = None,
) -> InternalReport:
    """The report of a month (`2026-10`), a week (`2026-W41`) or some days (`2026-10-05..2026-10-18`)."""
    period = period_of(plan, label)
    if period.span.start > now:
        raise ConfigError(f"{label} has not begun: there is nothing to report")
    standing = _Standing(plan, snapshot, period, now)
    rows = tuple(standing.rows.values())
    ours = [row for row in rows if row.ours]
    report = InternalReport(
        period=period,
        as_of=now,
        drawn_up=now,
        agreements=rows,
        owed=sums(row.exposure.owed for row in ours if row.exposure.owed is not None),
        program=f"Makegood {__version__}",
        past=tuple(standing.past.values()),
        kpis=tuple(kpis),
        unusual=tuple(unusual),
        responses=responses,
        drifts=tuple(each for reading in kpis if (each := drift(reading))),
        risks=by_stake(tuple(standing.risks())),
        suggestions=tuple(_suggestions(standing.books)),
        if_all_fell=sums(row.exposure.next_credit for row in ours if row.exposure.next_credit is not None),
        watched=_watched(standing.books, period.span),
    )
    return _with_incidents(report, Watch(plan, snapshot, now), period, now)


def _watched(books: Books, span: Span) -> bool:
    """Whether any service was seen at all."""
    now = Span(span.start, min(span.end, books.now)) if books.now > span.start else None
    return now is not None and any(
        segment.state is not State.UNKNOWN
        for service in books.plan.services.values()
        for segment in books.seen(service, "", now).segments
    )


class _Standing:
    """How the agreements stood, in the periods that a report is about and in those before."""

    def __init__(self, plan: Plan, snapshot: Snapshot, period: Period, now: Ms) -> None:
        self._plan, self._snapshot = plan, snapshot
        monthly = bool(re.fullmatch(r"\d{4}-\d{2}", period.label))
        at = now if monthly else min(now, period.span.end - 1)
        label = period.label if monthly else None
        self.books = Books(plan, snapshot, at)
        chosen = [(a, period_for(a, label, at)) for a in plan.agreements.values()]
        self._chosen = {a.id: (a, each) for a, each in chosen if a.in_force(each)}
        self._read_ahead()
        stood = dict(self._stood())
        found = ((id, stood[id, period]) for id, (_, period) in self._chosen.items())
        self.rows: dict[str, AgreementHealth] = {id: row for id, row in found if row is not None}
        self._earlier = {key: row for key, row in stood.items() if row is not None}
        self.past = {id: Past(id, tuple(self._points(id))) for id in self.rows}

    def _read_ahead(self) -> None:
        """All that is looked at, in one go."""
        if not self._chosen:
            return
        earliest = min(_before(a, each)[0].span.start for a, each in self._chosen.values())
        latest = max(self.books.reach(each).end for _, each in self._chosen.values())
        services = [a.service for a, _ in self._chosen.values()]
        self.books.read_ahead(services, Span(earliest - LOOK_AROUND, latest))

    def _stood(self) -> Iterator[tuple[tuple[str, Period], AgreementHealth | None]]:
        """Period after period, of all agreements: those that share one share what is read of tickets."""
        every = [(a, each) for a, period in self._chosen.values() for each in _before(a, period)]
        for agreement, period in sorted(every, key=_span):
            found = standing(self.books, agreement, period)
            self.books.put_away()
            yield (agreement.id, period), None if found is None else found[0]

    def _points(self, id: str) -> Iterator[PastPoint]:
        agreement, period = self._chosen[id]
        for each in _before(agreement, period):
            found = self._earlier.get((id, each))
            if found is not None:
                has = not found.no_budget
                allowed, left = (found.budget.allowed, found.budget.left) if has else (None, None)
                yield PastPoint(each.label, found.availability, found.met, allowed, left)

    def risks(self) -> Iterator[Risk]:
        """The agreements that are at risk by one of the rules, ours alone."""
        for id, (agreement, period) in sorted(self._chosen.items(), key=lambda each: each[1][1].span):
            row = self.rows.get(id)
            if row is None or not row.ours or row.unsettled or row.no_budget:
                continue
            following = _next(self._plan, self._snapshot, agreement, period)
            if following is None:
                continue
            self.books.put_away()
            outages = pieces(row)
            risk = Risk(
                agreement=id,
                customer=row.customer,
                service=row.service,
                stake=following.credit,
                next=following,
                downtimes=outages,
                tight=is_tight(outages, following.allowed),
                narrowed=narrowed(self.past[id].points),
                notices=() if row.met is not False else tuple(_notices(self.books, agreement, period)),
            )
            if risk.tight or risk.narrowed or risk.notices:
                yield risk


def _span(of: tuple[Agreement, Period]) -> Span:
    return of[1].span


def _before(agreement: Agreement, period: Period) -> tuple[Period, ...]:
    """The agreement's periods up to one, oldest first; it alone where every day has one of its own."""
    found = [period]
    terms = agreement.terms_for(period)
    while len(found) <= BACK and terms.cycle.every not in ROLLING:
        known = by_label(agreement, preceding(terms.cycle, found[-1]).label)
        if known is None or known[1].span.end > found[-1].span.start:
            break
        terms = known[0]
        found.append(known[1])
    return tuple(reversed(found))


def _next(plan: Plan, snapshot: Snapshot, agreement: Agreement, period: Period) -> Next | None:
    """The following period as the engine has it at its first instant, when nothing of it has failed."""
    terms, following = running(agreement, period.span.end)
    parts = agreement.parts(following)
    if following.span.start < period.span.end or not parts:
        return None
    books = Books(plan, snapshot, following.span.start)
    if books.why_not(agreement, terms):
        return None
    try:
        found = outlook(books.case(agreement, following, *parts[0]))
    except MakegoodError:
        return None
    return Next(following, None if found.budget is None else found.budget.allowed, found.exposure.next_credit)


def _notices(books: Books, agreement: Agreement, period: Period) -> Iterator[ShortNotice]:
    """Each window that was announced too late, and that alone would have kept the commitment in time."""
    parts = agreement.parts(period)
    if len(parts) != 1:
        return
    terms, in_force = parts[0]
    try:
        case = books.case(agreement, period, terms, in_force)
        for window in case.evidence.windows:
            ahead = max(_asked(terms, window), default=0)
            earlier = window.recorded - (window.span.start - ahead)
            if ahead and earlier > 0 and window.effective and _kept(case, window, earlier):
                yield ShortNotice(window.id, window.title, window.effective, earlier)
    except MakegoodError:
        return


def _asked(terms: Terms, window: Window) -> Iterator[Ms]:
    """How far ahead a window of its class has to be announced, where that is a plain time."""
    for _, promise in terms.terms.promises:
        for each in promise.exclude:
            if each.what == window.what and each.notice is not None and not each.notice.business_days:
                yield each.notice.ms


def _kept(case: Case, window: Window, earlier: Ms) -> bool:
    """Whether the commitment were kept, had the window been recorded so much earlier and by nobody late."""
    told = replace(window, recorded=window.recorded - earlier, waits=False)
    windows = tuple(told if each is window else each for each in case.evidence.windows)
    apart = {
        name: replace(
            each, windows=tuple(told if one.id == window.id else one for one in each.windows)
        )
        for name, each in case.apart.items()
    }  # fmt: skip
    supposed = replace(case, evidence=replace(case.evidence, windows=windows), apart=apart)
    return evaluate(supposed).reading.met is True


def _suggestions(books: Books) -> Iterator[Suggestion]:
    for service in dict.fromkeys(a.service for a in books.plan.agreements.values() if a.kind == "customer"):
        for group in groups(books.plan, service, books.now):
            if times_alone(group):
                continue
            found = proposal_for(books, group, MONTHS)
            proposed = found.proposal
            yield Suggestion(
                service=books.plan.services[service].title,
                sla=group.sla,
                customers=tuple(
                    dict.fromkeys(books.plan.party_of(each).party.name for each in group.agreements)
                ),
                unit=group.unit,
                of=len(found.figures),
                fewest=FEWEST,
                promised=group.commitment,
                target=proposed.target if proposed else None,
                commitment=proposed.commitment if proposed else None,
                kept=proposed.kept if proposed else 0,
                why=found.why,
            )


def _with_incidents(report: InternalReport, watch: Watch, period: Period, now: Ms) -> InternalReport:
    """The report with what became of incidents in its period, and with what is overdue of any."""
    earlier = before(period)
    start = min(earlier.span.start, period.span.start - OWING)
    every = watch.incidents(Span(start, max(now, start)))
    own = [each for each in every if each.began.at in period.span]
    return replace(
        report,
        incidents=tuple(line(watch, each, now) for each in own),
        response=response(own),
        before=response([each for each in every if each.began.at in earlier.span]),
        breakdown=tuple(breakdown(watch, own)),
        hours=hours(own, period.zone),
        overdue=tuple(overdue(every, now)),
    )
