"""A month of the team's own, invented: what the internal report says beneath margins and money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

from monitor.core.intervals import DAY, HOUR, SECOND, Ms, Span
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import month
from monitor.operations.figures import Mean, Response
from monitor.operations.kpi import KpiReading, Point
from monitor.operations.report import (
    BreakdownRow,
    Hour,
    IncidentLine,
    InternalReport,
    Next,
    Overdue,
    Past,
    PastPoint,
    Risk,
    ShortNotice,
    Suggestion,
    drift,
)
from monitor.operations.responses import (
    Grouped,
    GroupLine,
    HourLine,
    KeyLine,
    LateLine,
    Nobodys,
    ResponseLine,
    ResponseReport,
    Spread,
)
from monitor.operations.ticket_times import Cause, times

MONTHS = ("2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
BERLIN = "Europe/Berlin"
At = Callable[..., Ms]


def reading(
    id: str, title: str, owner: str, unit: Any, target: str, values: tuple[int, ...], **more: Any
) -> Any:
    """A KPI by its last six months."""
    trend = tuple(Point(label, F(value), 6) for label, value in zip(MONTHS, values, strict=True))
    sign, _, bound = target.partition(" ")
    base = KpiReading(id, title, owner, "", unit, Bound(sign, F(bound)), F(values[-1]), 6, trend=trend)  # type: ignore[arg-type]
    return replace(base, **more)


def kpis() -> tuple[KpiReading, ...]:
    """Seven: met, drifting, missed, and one of which nobody can tell."""
    s = SECOND
    return (
        reading("mtta", "Time to acknowledge, mean (MTTA)", "Team leads", "ms", f"<= {300 * s}",
                (180 * s, 190 * s, 185 * s, 230 * s, 245 * s, 280 * s), drifting=True),
        reading("mttr", "Time to restore, mean (MTTR)", "Team leads", "ms", f"<= {1200 * s}",
                (700 * s, 760 * s, 690 * s, 740 * s, 790 * s, 890 * s)),
        reading("mttr-critical", "MTTR of severity critical alone", "Payments crew", "ms", f"<= {2400 * s}",
                (0, 0, 0, 0, 0, 0), value=None, count=1, trend=(), of="critical",
                why_none="too few incidents to tell (1)"),
        reading("incidents", "Incidents", "Operations", "count", "<= 5", (4, 3, 5, 4, 4, 6)),
        reading("p95", "Checkout latency, P95", "Shop", "tenths", "<= 5000", (4300, 4310, 4350, 4420, 4553,
        4711),
                drifting=True, of="shop-web"),
        reading("p99", "Checkout latency, P99", "Shop", "tenths", "<= 10000",
                (9100, 9050, 9400, 9700, 9960, 11350)),
        replace(
            reading("payment-success", "Payments that succeed", "Payments crew", "share", ">= 1",
            (1, 1, 1, 1, 1, 1)),
            target=Bound(">=", F(995, 1000)), value=F(99713, 100_000),
            trend=tuple(Point(m, F(99_800 - 20 * n, 100_000), 9) for n, m in enumerate(MONTHS)),
        ),
    )  # fmt: skip


def incident(name: str, began: Ms, title: str, down: Ms, **more: Any) -> IncidentLine:
    """A resolved incident of Checkout."""
    base = IncidentLine(
        name=name, service="Checkout", title=title, severity="high", state="resolved", false_alarm=False,
        team="Platform", owner="", cause="configuration", began_at=began, to_detect=30 * SECOND,
        to_acknowledge=270 * SECOND, to_resolve=down, down=down,
    )  # fmt: skip
    return replace(base, **more)


def incidents(at: At) -> tuple[IncidentLine, ...]:
    """Six, as the mock-up has them, and a false alarm."""
    eur = (Money(F(120), "EUR"),)
    return (
        incident("checkout/20261006T120210Z", at("6 14:02:10"), "Payments backend ran out of connections",
                 1882 * SECOND, severity="critical", team="Payments crew", cause="capacity", costs=eur,
                 to_acknowledge=370 * SECOND, postmortem="done", postmortem_at=at("12 11:00:00")),
        incident("checkout/20261013T235800Z", at("14 01:58:00"), "Work M1 began before its window",
                 90 * SECOND,
                 severity="medium", to_acknowledge=45 * SECOND, cause="human error"),
        incident("images/20261019T081500Z", at("19 10:15:00"), "", 0, service="Image delivery",
                 severity="low", cause="", team="", to_acknowledge=None, to_resolve=760 * SECOND,
                 false_alarm=True),
        incident("checkout/20261022T210500Z", at("22 23:05:00"),
                 "Wrong certificate; window announced too late",
                 868 * SECOND, cause="certificate rotation", costs=eur, postmortem="done",
                 postmortem_at=at("29 10:00:00")),
        incident("checkout/20261025T005100Z", at("25 02:51:00"), "Cart store did not fail over", 562 * SECOND,
                 team="Shop", cause="software fault", postmortem="overdue", postmortem_at=at("31 00:00:00")),
        incident("payments/20261027T081200Z", at("27 09:12:00"), "Bank gateway refused connections",
                 1179 * SECOND,
                 service="Payments API", team="Payments crew", cause="dependency", state="open",
                 to_resolve=None,
                 postmortem="open", postmortem_at=at("31 00:00:00") + 4 * DAY),
    )  # fmt: skip


def _row(by: Any, key: str, count: int, down: Ms, mtta: int, mttr: int, **more: Any) -> BreakdownRow:
    return BreakdownRow(
        by, key, count, 0, down, Mean(F(mtta * SECOND), count), Mean(F(mttr * SECOND), count), **more
    )


def breakdown() -> tuple[BreakdownRow, ...]:
    eur = (Money(F(240), "EUR"),)
    return (
        _row("severity", "critical", 1, 1882 * SECOND, 370, 1882, costs=eur),
        _row("severity", "high", 3, 2609 * SECOND, 348, 715, costs=eur),
        _row("severity", "medium", 1, 90 * SECOND, 45, 90),
        BreakdownRow("severity", "low", 1, 1, 0, Mean(None, 0), Mean(None, 0)),
        _row("service", "Checkout", 4, 3402 * SECOND, 263, 850, costs=eur),
        _row("service", "Payments API", 1, 1179 * SECOND, 465, 1179),
        _row("team", "Payments crew", 2, 3061 * SECOND, 417, 1530, costs=eur),
        _row("team", "", 1, 0, 0, 0),
        _row("cause", "configuration", 3, 1400 * SECOND, 200, 800),
        _row("cause", "human error", 1, 90 * SECOND, 45, 90),
    )


def _past(agreement: str, lefts: tuple[int, ...], shares: tuple[str, ...]) -> Past:
    allowed = 2682 * SECOND
    points = zip(MONTHS, shares, lefts, strict=True)
    return Past(
        agreement,
        tuple(PastPoint(m, F(share) / 100, left >= 0, allowed, left * SECOND) for m, share, left in points),
    )


def risks(at: At) -> tuple[Risk, ...]:
    november = month("2026-11", BERLIN)
    window = Span(at("22 23:05:20"), at("23 01:00:00"))
    narrowing = _past("", (1860, 1500, 1200, 700, 300, -720), ("99.99",) * 6).points
    return (
        Risk("sample-payments", "Sample & Zonen BV", "Payments API", Amount(124_000, "EUR"),
             Next(november, 2592 * SECOND, Amount(124_000, "EUR")), (1070 * SECOND, 1179 * SECOND),
             tight=True),
        Risk("acme-checkout", "ACME GmbH", "Checkout", Amount(12_000, "EUR"),
             Next(november, 2592 * SECOND, Amount(12_000, "EUR")),
             (1882 * SECOND, 90 * SECOND, 868 * SECOND, 562 * SECOND), tight=True, narrowed=narrowing,
             notices=(ShortNotice("m3", "Certificate renewal", window, 28 * HOUR),)),
    )  # fmt: skip


def responses(at: At) -> ResponseReport:
    """Two promises, one of them missed and one that waits for its tickets, and where all tickets lay."""
    m, h = 60 * SECOND, HOUR
    october = month("2026-10", BERLIN)
    late = tuple(
        LateLine(f"zd-{4711 + n}", "high", at("6 09:10:00") + n * DAY, at("6 13:10:00") + n * DAY,
                 None if n == 6 else at("6 13:10:00") + n * DAY + (40 - n) * m, 4 * h + (40 - n) * m, 4 * h,
                 (40 - n) * m, "unassigned" if n < 5 else "Second line")
        for n in range(7)
    )  # fmt: skip
    lay = times(240, {"unassigned": 300 * h, "worked on": 900 * h, "waiting for customer": 700 * h,
                      "third party": 60 * h, "Second line": 41 * h})  # fmt: skip
    replies = ResponseLine(
        "acme-care", "ACME GmbH", "Checkout", "care", "first human reply", ">= 97%", october,
        figure=F(203, 210), least=Bound(">=", F(97, 100)), met=False, target=Bound(">=", F(98, 100)),
        credit=Money(F(24), "EUR"), in_time=203, waiting=2, aside=3,
        took=Spread(210, 52 * m, 3 * h + 4 * m + 12 * SECOND, 3 * h + 58 * m),
        keys=(KeyLine("urgent", "1 hour", 40, 0, 0, Spread(40, 9 * m, 31 * m, 44 * m)),
              KeyLine("high", "4 hours of business time", 163, 7, 2, Spread(170, h, 3 * h, 4 * h))),
        times=times(210, {"unassigned": 160 * h, "closed hours": 90 * h}),
        late_times=times(7, {"unassigned": 24 * h, "Second line": 9 * h, "closed hours": 14 * h}),
        cause=Cause("unassigned", F(24, 33), 7, 5, 5), late=late,
    )  # fmt: skip
    fixes = ResponseLine(
        "sample-care", "Sample & Zonen BV", "Payments API", "care", "resolved", "<= 12 business hours",
        october, unit="business hours", in_time=2, took=Spread(2),
        why="ticket zd-9 has time left, until 9 Nov",
    )  # fmt: skip
    billing = times(90, {"unassigned": 200 * h, "worked on": 300 * h})
    return ResponseReport(
        october,
        (replies, fixes),
        lay,
        (
            Grouped("priority", (GroupLine("high", lay, 170, 7), GroupLine("", billing, 0, 0))),
            Grouped("team", tuple(GroupLine(f"Team {n}", billing, 9, n % 3) for n in range(14))),
        ),
        (HourLine(9, lay, 12, 3), HourLine(24 + 17, billing, 9, 4), HourLine(130, billing, 0, 0)),
        (
            *(Nobodys(f"zd-{n}", f'names a customer that nobody knows: "Co {n}"') for n in range(13)),
            *(Nobodys(f"zd-{n}", "names no customer") for n in range(20, 25)),
        ),
    )


def rich(base: InternalReport, at: At) -> InternalReport:
    """The report with everything that it can say."""
    told = kpis()
    pasts = {
        0: ((1860, 1500, 1200, 700, 300, -720), ("99.95", "99.945", "99.94", "99.93", "99.91", "99.8731")),
        1: ((1500, 1400, 1600, 1700, 900, 433), ("99.96", "99.955", "99.956", "99.97", "99.94", "99.9161")),
        2: ((1500, 1800, 1600, 900, 1900, 600), ("99.97", "99.985", "99.978", "99.96", "99.985", "99.9751")),
    }
    return replace(
        base,
        past=tuple(_past(base.agreements[n].agreement, *each) for n, each in pasts.items()),
        kpis=told,
        incidents=incidents(at),
        response=Response(6, 1, Mean(F(30 * SECOND), 5), Mean(F(280 * SECOND), 5), Mean(None, 0),
                          Mean(F(890 * SECOND), 4), 4581 * SECOND),
        before=Response(4, 0, Mean(None, 0), Mean(None, 0), Mean(None, 0), Mean(None, 0), 0),
        breakdown=breakdown(),
        hours=(Hour(14 + 24, 2), Hour(2 + 48, 1), Hour(10, 1), Hour(23 + 72, 1), Hour(2 + 144, 12)),
        overdue=(
            Overdue("checkout/20261025T005100Z", "postmortem", "Cart store did not fail over", "Shop",
                    at("31 00:00:00")),
            Overdue("checkout/20261006T120210Z", "follow-up", "Raise the pool to 200 connections", "",
                    at("20 00:00:00")),
        ),
        risks=risks(at),
        drifts=tuple(each for one in told if (each := drift(one))),
        suggestions=(
            Suggestion("Checkout", "gold", ("ACME GmbH", "Muster Retail AG"), "month", 9, 7, Bound(">=",
                       F(999, 1000)),
                       F(9995, 10_000), F(995, 1000), 7),
            Suggestion("Payments API", "gold", ("Sample & Zonen BV",), "month", 3, 7, Bound(">=", F(999,
                       1000))),
            Suggestion("Image delivery", "plain", ("ACME GmbH",), "month", 0, 7, None,
                       why="what counts is a report that nobody made"),
        ),
        responses=responses(at),
        unusual=("Checkout latency on Tuesdays from 14:00 CEST was 1,204 ms; 480 ms is usual there.",),
        if_all_fell=(Amount(189_000, "EUR"), Amount(9_500, "GBP")),
    )  # fmt: skip


def _hostile_responses(told: ResponseReport, text: str) -> ResponseReport:
    return replace(
        told,
        lines=tuple(
            replace(each, customer=text, service=text, promise=text, why=text if each.why else "",
                    keys=tuple(replace(key, key=text) for key in each.keys),
                    cause=each.cause and replace(each.cause, state=text),
                    late=tuple(replace(one, ticket=text, key=text, most=text) for one in each.late))
            for each in told.lines
        ),
        times=times(9, {text: HOUR}),
        groups=tuple(
            replace(g, by=text, lines=tuple(replace(each, key=text) for each in g.lines)) for g in told.groups
        ),
        nobodys=(Nobodys(text, text),),
    )  # fmt: skip


def hostile(base: InternalReport, at: At, text: str) -> InternalReport:
    """Every free text of it is an attack, and there are 200 incidents."""
    full = rich(base, at)
    lines = tuple(
        incident(f"{text}/{n}", at("6 14:02:10") + n * HOUR, text * 3, n * SECOND, team=text, cause=text,
                 severity=text, owner=text, service=text, costs=(Money(F(n), "EUR"),), postmortem="overdue",
                 postmortem_at=at("31 00:00:00"))
        for n in range(200)
    )  # fmt: skip
    return replace(
        full,
        agreements=tuple(replace(each, customer=text, service=text) for each in full.agreements),
        kpis=tuple(replace(each, title=text, owner=text, of=text, why_none=text if each.value is None else "")
                   for each in full.kpis),
        incidents=lines,
        breakdown=tuple(replace(each, key=f"{text}{n}") for n, each in enumerate(full.breakdown * 9)),
        overdue=tuple(replace(each, incident=text, text=text, owner=text) for each in full.overdue),
        risks=tuple(replace(each, customer=text, service=text,
                            notices=tuple(replace(one,
                            title=text) for one in each.notices)) for each in full.risks),
        drifts=tuple(replace(each, title=text) for each in full.drifts),
        suggestions=tuple(replace(each, service=text, customers=(text,)) for each in full.suggestions),
        responses=_hostile_responses(responses(at), text),
        unusual=(text,),
        program=text,
    )  # fmt: skip
