"""Statements and internal reports to render: one invented customer, October 2026 in Berlin (745 hours)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.agreements.budget import Budget, Exposure
from monitor.agreements.deadlines import ClaimDates
from monitor.agreements.pipeline import Line, WindowUse
from monitor.core.checks import Reason
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms, Span
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period, days, instant, month
from monitor.core.response import Stretch
from monitor.operations.report import InternalReport
from monitor.statements.standing import AgreementHealth
from monitor.statements.value import (
    Block,
    ClaimPaper,
    CreditLine,
    DayTime,
    Decision,
    Difference,
    Earlier,
    FailedCheck,
    Issue,
    MonthLine,
    MonthSummary,
    OutageLine,
    ProbeLine,
    ResponseCount,
    ResponseLines,
    Section,
    Statement,
    TicketLine,
    TicketPart,
    Total,
    UnknownLine,
    WindowLine,
)
from tests.reports import inside

BERLIN = "Europe/Berlin"
FEE = Money(Fraction(1200), "EUR")
OCTOBER = month("2026-10", BERLIN)
PLAIN = (
    "The service is to be up for at least 99.9 % of every calendar month, counted in Berlin time.",
    "An outage starts at the first failed check and ends at the first good one.",
    "Downtime in maintenance does not count if the work was recorded 48 h before, up to 4 h a month.",
    "Below 99.9 % the credit is 10 % of the fee; below 99.0 % it is 25 %, which is also the limit.",
)


def at(text: str, fold: int = 0) -> Ms:
    """`"6 14:02:10"` of October 2026 in Berlin; `fold=1` for the second time an hour comes."""
    day, clock = text.split()
    hour, minute, second = map(int, clock.split(":"))
    return instant(datetime(2026, 10, int(day), hour, minute, second, tzinfo=ZoneInfo(BERLIN), fold=fold))


def line(stage: str, rule: str, **values: Any) -> Line:
    return Line(stage, rule, values)


def day_times(
    counted: tuple[OutageLine, ...] = (), unknown: tuple[UnknownLine, ...] = (), period: Period = OCTOBER
) -> tuple[DayTime, ...]:
    """The days of a month in which each outage and gap lies within one day."""
    out = []
    for span in days(period.span, period.zone):
        own = [o for o in counted if o.span.start in span]
        gaps = [u.span.length for u in unknown if u.span.start in span]
        down = sum(o.counted for o in own)
        excused = sum(o.in_period - o.counted for o in own)
        out.append(DayTime(span, down, excused, sum(gaps), span.length))
    return tuple(out)


def outage(
    letter: str, start: Ms, end: Ms, reason: Reason, *, counted: Ms | None = None, **more: Any
) -> OutageLine:
    length = end - start
    base = OutageLine(
        letter=letter,
        service="Checkout",
        span=Span(start, end),
        open=False,
        reason=reason,
        duration=length,
        in_period=length,
        counted=length if counted is None else counted,
        excused_by=(),
        error=(30 * SECOND, 30 * SECOND),
    )
    return replace(base, **more)


OUTAGES = (
    outage("A", at("6 14:02:10"), at("6 14:33:32"), Reason.STATUS),
    outage(
        "B",
        at("14 01:58:30"),
        at("14 03:05:00"),
        Reason.CONNECTION_REFUSED,
        counted=90 * SECOND,
        excused_by=("mw-7",),
    ),
    outage("C", at("22 23:05:20"), at("22 23:19:48"), Reason.TLS_CERTIFICATE),
    outage("D", at("25 02:51:40"), at("25 02:01:02", 1), Reason.TIMEOUT, error=(None, 30 * SECOND)),
)
UNKNOWN = (
    UnknownLine(Span(at("9 03:10:04"), at("9 03:12:34")), Reason.OWN_NETWORK),
    UnknownLine(Span(at("17 11:40:20"), at("17 11:42:02")), Reason.NOT_RUNNING),
)
WINDOWS = (
    WindowLine(
        "M1",
        "Checkout",
        "Database upgrade",
        Span(at("14 02:00:00"), at("14 04:00:00")),
        at("11 01:00:00"),
        None,
        WindowUse(
            "mw-7", Span(at("14 02:00:00"), at("14 04:00:00")), 65 * MINUTE, 65 * MINUTE, 73 * HOUR, "valid"
        ),
    ),
    WindowLine(
        "M2",
        "Checkout",
        "Certificate change",
        Span(at("22 23:00:00"), at("22 23:30:00")),
        at("22 03:00:00"),
        None,
        WindowUse("mw-8", Span(at("22 23:00:00"), at("22 23:30:00")), 868 * SECOND, 0, 20 * HOUR, "late"),
    ),
    WindowLine(
        "M3",
        "Checkout",
        "Network switch replaced",
        Span(at("28 02:00:00"), at("28 03:00:00")),
        at("23 09:00:00"),
        None,
        WindowUse("mw-9", Span(at("28 02:00:00"), at("28 03:00:00")), 0, 0, 114 * HOUR, "valid"),
    ),
)


def workings_of(section: Section, row: str | None, share: Fraction, of: Period = OCTOBER) -> tuple[Line, ...]:
    """The lines that the pipeline would emit for this section."""
    period, unknown = of.span, section.unmeasured
    to_come = period.length - section.promised
    priced = [
        line("limits", "share", share=share, amount=section.fee.amount * share, currency=section.fee.currency)
    ]
    gate = "unknown" if section.met is None else "yes" if section.met else "no"
    excuse = [
        line(
            "exclude",
            "maintenance",
            window=w.use.window,
            title=w.title,
            start=w.span.start,
            end=w.span.end,
            inside=w.use.inside,
            excused=w.use.excused,
            ahead=w.use.ahead,
            notice=48 * HOUR,
            cap=4 * HOUR,
            verdict=w.use.verdict,
        )
        for w in section.windows
    ]
    money = section.fee.amount * share
    return (
        line(
            "measure",
            "period",
            start=period.start,
            end=period.end,
            ms=period.length,
            label=of.label,
            zone=BERLIN,
        ),
        *([line("measure", "to_come", ms=to_come)] if to_come else []),
        *(
            [line("measure", "unknown", ms=unknown, spans=len(section.unknown), policy="left out")]
            if unknown
            else []
        ),
        line("measure", "measured", ms=section.measured),
        line("qualify", "downtime", ms=section.counted + section.excused, outages=len(section.outages)),
        *excuse,
        line("exclude", "excused", ms=section.excused),
        line("formula", "counted", ms=section.counted),
        line(
            "formula", "availability", bad=section.counted, base=section.measured, share=section.availability
        ),
        line("gate", "coverage", share=section.coverage, floor=Fraction(95, 100), enough="yes"),
        line(
            "gate",
            "commitment",
            sign=">=",
            share=section.commitment.value,
            met=gate,
            over=section.counted - section.allowed,
        ),
        line("schedule", "row", row=row, share=share) if row else line("schedule", "none"),
        line("base", "fee", amount=section.fee.amount, currency=section.fee.currency, days=31, of=31),
        *(priced if row else []),
        line(
            "limits",
            "cap",
            share=Fraction(1, 4),
            amount=section.fee.amount / 4,
            currency=section.fee.currency,
            reached="no",
        ),
        line(
            "rounding",
            "round",
            before=money,
            minor=int(money * 100),
            mode="half-up",
            currency=section.fee.currency,
        ),
        line("claim", "claim", text="automatic"),
    )


def section(
    service: str,
    *,
    fee: Money = FEE,
    share: Fraction = Fraction(0),
    row: str | None = None,
    outages: tuple[OutageLine, ...] = (),
    windows: tuple[WindowLine, ...] = (),
    unknown: tuple[UnknownLine, ...] = UNKNOWN,
    promise: Fraction = Fraction(999, 1000),
    period: Period = OCTOBER,
) -> Section:
    """A section whose figures add up, from its outages."""
    promised = period.span.length
    unmeasured = sum(u.span.length for u in unknown)
    measured = promised - unmeasured
    counted = sum(o.counted for o in outages)
    excused = sum(o.in_period - o.counted for o in outages)
    figure = 1 - Fraction(counted, measured)
    own = tuple(replace(o, service=service) for o in outages)
    made = Section(
        agreement=f"acme-{service.lower().replace(' ', '-')}",
        service=service,
        sla="Gold",
        version="3",
        commitment=Bound(">=", promise),
        availability=figure,
        gross=1 - Fraction(counted + excused, measured),
        met=figure >= promise,
        coverage=Fraction(measured, promised),
        promised=promised,
        measured=measured,
        counted=counted,
        excused=excused,
        unmeasured=unmeasured,
        up=measured - counted - excused,
        allowed=int(measured * (1 - promise)),
        fee=fee,
        credit=(fee * share).round(),
        tier=share or None,
        intervals=(30 * SECOND,),
        checks=("http",),
        days=day_times(own, unknown, period),
        outages=own,
        windows=tuple(replace(w, service=service) for w in windows),
        unknown=unknown,
        plain=PLAIN,
        claim="automatic",
        workings=(),
    )
    return replace(made, workings=workings_of(made, row, share, period))


def euros(amount: str) -> Money:
    return Money(Fraction(amount), "EUR")


def three_services() -> tuple[Section, ...]:
    catalogue = (outage("A", at("6 14:05:40"), at("6 14:16:46"), Reason.STATUS),)
    return (
        section("Checkout", share=Fraction(1, 10), row="< 99.9%, >= 99.0%", outages=OUTAGES, windows=WINDOWS),
        section("Catalogue API", fee=euros("800"), outages=catalogue),
        section("Image delivery", fee=euros("300"), promise=Fraction(995, 1000)),
    )


def answered() -> Statement:
    """A promise of times beside one of availability: of 212 replies one was late, and one is still open."""

    def ticket(name: str, key: str, start: Ms, due: Ms, end: Ms | None, timeline: tuple[Stretch, ...]) -> Any:
        ran = sum(each.span.length for each in timeline if each.state == "running")
        delay = max(0, (end or due) - due)
        return TicketLine(name, key, start, due, end, ran, 4 * HOUR, delay, timeline)

    late = ticket(
        "ZD-4711", "high", at("6 10:00:00"), at("6 15:00:00"), at("6 16:30:00"),
        (
            Stretch(Span(at("6 10:00:00"), at("6 12:00:00")), "running"),
            Stretch(Span(at("6 12:00:00"), at("6 13:00:00")), "paused", "waiting for customer"),
            Stretch(Span(at("6 13:00:00"), at("6 16:30:00")), "running"),
        ),
    )  # fmt: skip
    waiting = ticket(
        "ZD-4800", "normal", at("30 16:30:00"), at("31 16:30:00"), None,
        (Stretch(Span(at("30 16:30:00"), at("30 17:00:00")), "running"),
         Stretch(Span(at("30 17:00:00"), at("31 09:00:00")), "closed hours")),
    )  # fmt: skip
    lines = ResponseLines(
        promise="reply",
        stops="first human reply",
        by="priority",
        counts=(ResponseCount("high", 10, 1, 0), ResponseCount("normal", 201, 0, 1)),
        late=(late,),
        waiting=(waiting,),
        aside=(("it was deleted", 3),),
    )
    base = section("Checkout", share=Fraction(1, 10), row="< 99.9%", outages=OUTAGES, windows=WINDOWS)
    return statement(replace(base, tickets=TicketPart(OCTOBER.span.end, (lines,))))


def totals(sections: tuple[Section, ...]) -> tuple[Total, ...]:
    out: dict[str, Total] = {}
    for one in sections:
        known = out.get(one.fee.currency)
        if known is None:
            out[one.fee.currency] = Total(one.fee, one.credit)
        else:
            credit = None if known.credit is None or one.credit is None else known.credit + one.credit
            out[one.fee.currency] = Total(known.fee + one.fee, credit)
    return tuple(out.values())


def statement(*sections: Section, **more: Any) -> Statement:
    parts = sections or three_services()
    base = Statement(
        status="draft",
        period=OCTOBER,
        issuer=Block(
            "Beispiel Cloud GmbH", ("Musterstraße 1", "12345 Musterstadt"), (), "sla@beispiel-cloud.example"
        ),
        customer=Block(
            "ACME GmbH", ("Beispielweg 7", "54321 Beispielhausen"), (("Contract", "C-2026-17"),), ""
        ),
        customer_id="acme",
        locale="en",
        drawn_up=instant(datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo(BERLIN))),
        as_of=OCTOBER.span.end,
        sections=parts,
        totals=totals(parts),
        evidence_digest="f17f6cbdef1321312a11fc250f7949e69ecada989d44f75c0540ae95fb4c409c",
        program="Makegood 0.1.0",
        tzdata="2026b",
    )
    return replace(base, **more)


def digest(mark: str) -> str:
    """A digest that is told from others at a glance."""
    return (mark * 64)[:64]


def issued(*sections: Section, **more: Any) -> Statement:
    """October as it was issued, with a contract number and a credit that a person decided."""
    base = statement(*sections)
    parts = tuple(replace(each, references=(("Order", "PO-8812"),)) for each in base.sections)
    issue = Issue(
        number="2026-0042",
        at=base.drawn_up,
        place=42,
        previous=digest("9a"),
        earlier=(Earlier("2026-0017", digest("1b")), Earlier("2026-0031", digest("2c"))),
        inputs=digest("3d"),
        journal=(118, digest("4e")),
        lines=(CreditLine("acme-checkout", "Checkout", Amount(12_000, "EUR"), "sla credit"),),
        sets_against="the bill for November 2026",
        digest=digest("5f"),
    )
    return replace(base, status="issued", sections=parts, issue=replace(issue, **more))


def amended() -> Statement:
    """Its amendment: an outage was not ours, and the credit is gone."""
    changes = (
        Difference("acme-checkout", "Checkout", "availability", Fraction(99_873, 100_000), Fraction(1)),
        Difference("acme-checkout", "Checkout", "counted", 3_402_000, 0),
        Difference("acme-checkout", "Checkout", "outages", 4, 3),
        Difference("acme-checkout", "Checkout", "met", "missed", "met"),
        Difference("acme-checkout", "Checkout", "credit", Amount(12_000, "EUR"), Amount(0, "EUR")),
        Difference("acme-search", "Search", "credit", None, Amount(250, "EUR")),
    )
    lines = (
        CreditLine("acme-checkout", "Checkout", Amount(-12_000, "EUR"), "correction"),
        CreditLine("acme-search", "Search", Amount(250, "EUR"), "correction"),
    )
    decided = Decision("acme-search", Amount(250, "EUR"), "Agreed on the telephone.", at("31 10:00:00"))
    return replace(
        issued(
            number="2026-0043",
            place=43,
            corrects=Earlier("2026-0042", digest("5f")),
            reason="The outage of the 6th was a cut fibre.",
            differences=changes,
            lines=lines,
            decisions=(decided,),
        ),
        status="amendment",
    )


def reversed_() -> Statement:
    """Its reversal."""
    return replace(
        issued(
            number="2026-0044",
            place=44,
            corrects=Earlier("2026-0042", digest("5f")),
            reason="Issued to the wrong company.",
            lines=(CreditLine("acme-checkout", "Checkout", Amount(-12_000, "EUR"), "reversal"),),
        ),
        status="reversal",
    )


def closed() -> MonthSummary:
    """October, closed: three papers in two currencies, and one that was refused."""
    lines = (
        MonthLine(
            "2026-0042", "ACME GmbH", "statement", 1, 3, Money(Fraction(2300), "EUR"), Amount(12_000, "EUR")
        ),
        MonthLine(
            "2026-0043", "Muster AG", "statement", 0, 1, Money(Fraction(4800), "CHF"), Amount(0, "CHF")
        ),
        MonthLine("2026-0044", "Müller & Söhne", "amendment", 0, 2, Money(Fraction(100, 3), "EUR"), None),
    )
    refused = ("cora: 2026-10 is not over; it can be issued from 2026-11-01 00:10 CET on",)
    drawn_up = instant(datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo(BERLIN)))
    return MonthSummary("2026-10", drawn_up, BERLIN, lines, refused, "Makegood 0.1.0")


def undeterminable() -> Section:
    """A section measured for 80 % of the month: no figure, no amount."""
    made = section("Checkout", outages=OUTAGES[:1])
    return replace(made, met=None, availability=None, gross=None, coverage=Fraction(4, 5), credit=None)


NOVEMBER = month("2026-11", BERLIN)


def running() -> Statement:
    """November as it stands on the 25th, with an outage that goes on."""
    now = instant(datetime(2026, 11, 25, 10, 42, 7, tzinfo=ZoneInfo(BERLIN)))
    start = now - 10 * MINUTE
    going_on = outage("A", start, now, Reason.CONNECTION_FAILED, open=True)
    made = section("Checkout", outages=(going_on,), unknown=(), period=NOVEMBER)
    lived = tuple(
        day if day.span.end <= now else replace(day, promised=max(0, now - day.span.start))
        for day in made.days
    )
    cut = replace(made, days=lived, promised=now - NOVEMBER.span.start, measured=now - NOVEMBER.span.start)
    allowed = int(cut.measured * (1 - cut.commitment.value))
    cut = replace(cut, availability=1 - Fraction(cut.counted, cut.measured), allowed=allowed)
    cut = replace(cut, workings=workings_of(cut, None, Fraction(0), NOVEMBER))
    return statement(cut, status="running", period=NOVEMBER, as_of=now, drawn_up=now)


def many_outages(count: int = 200) -> Statement:
    step = OCTOBER.span.length // count
    lines = tuple(
        outage(f"A{i}", OCTOBER.span.start + i * step, OCTOBER.span.start + i * step + 61_417, Reason.TIMEOUT)
        for i in range(count)
    )
    return statement(section("Checkout", outages=lines, share=Fraction(1, 10), row="< 99.9%"))


def health(
    customer: str,
    service: str,
    promise: str,
    target: str | None,
    drops: tuple[tuple[Ms, Ms], ...] = (),
    **more: Any,
) -> AgreementHealth:
    """An agreement in October from its drops: (instant, ms of downtime counted)."""
    measured = OCTOBER.span.length
    commitment = Bound(">=", Fraction(promise))
    aim = None if target is None else Bound(">=", Fraction(target))
    allowed = int(measured * (1 - commitment.value))
    spent = sum(ms for _, ms in drops)
    lefts = [allowed - sum(ms for _, ms in drops[: i + 1]) for i in range(len(drops))]
    figure = 1 - Fraction(spent, measured)
    owes = 12_000 if spent > allowed else 0
    base = AgreementHealth(
        agreement=f"{customer}-{service}".lower(),
        customer=customer,
        service=service,
        commitment=commitment,
        target=aim,
        availability=figure,
        met=commitment.holds(figure),
        target_met=None if aim is None else aim.holds(figure),
        coverage=Fraction(1),
        fee=euros("1200"),
        budget=Budget(
            allowed, spent, allowed - spent, Fraction(spent, allowed) if allowed else None, None, Fraction(1)
        ),
        exposure=Exposure(
            Amount(owes, "EUR"), max(allowed - spent, 0) + 60_000, Amount(owes + 12_000, "EUR")
        ),
        steps=tuple((at_, left) for (at_, _), left in zip(drops, lefts, strict=True)),
    )
    return replace(base, **more)


def internal(**more: Any) -> InternalReport:
    """Six agreements of the team: one missed, one nearly."""
    checkout = (
        (at("6 14:33:32"), 1882 * SECOND),
        (at("14 02:00:00"), 90 * SECOND),
        (at("22 23:19:48"), 868 * SECOND),
        (at("25 02:01:02", 1), 562 * SECOND),
    )
    payments = ((at("6 14:20:00"), 1070 * SECOND), (at("27 09:30:00"), 1179 * SECOND))
    missed = health("ACME GmbH", "Checkout", "0.999", "0.9995", checkout)
    used_up = replace(missed.budget, exhausted=at("22 23:17:48"))
    catalogue = ((at("6 14:16:46"), 666 * SECOND),)
    base = InternalReport(
        period=OCTOBER,
        as_of=OCTOBER.span.end,
        drawn_up=instant(datetime(2026, 11, 2, 8, 0, tzinfo=ZoneInfo(BERLIN))),
        agreements=(
            replace(missed, budget=used_up),
            health("Sample & Zonen BV", "Payments API", "0.999", "0.9995", payments, fee=euros("12400")),
            health(
                "Placeholder Ltd",
                "Catalogue API",
                "0.9995",
                "0.9997",
                catalogue,
                fee=Money(Fraction(950), "GBP"),
                exposure=Exposure(Amount(0, "GBP"), 674_000, Amount(9_500, "GBP")),
            ),
            health("ACME GmbH", "Catalogue API", "0.999", "0.9997", catalogue, fee=euros("800")),
            health("Muster Retail AG", "Checkout", "0.995", "0.9995", checkout[:3], fee=euros("4800")),
            health(
                "ACME GmbH",
                "Image delivery",
                "0.995",
                None,
                fee=euros("300"),
                exposure=Exposure(Amount(0, "EUR"), None, None),
            ),
        ),
        owed=(Amount(12_000, "EUR"),),
        program="Makegood 0.1.0",
    )
    return replace(base, **more)


def internal_running() -> InternalReport:
    """The middle of the month: one at risk, one on its way, one not determinable."""
    now = at("15 12:00:00")
    gone = Fraction(now - OCTOBER.span.start, OCTOBER.span.length)

    def so_far(one: AgreementHealth, **more: Any) -> AgreementHealth:
        used = Fraction(one.budget.spent, one.budget.allowed)
        out = at("22 10:00:00") if used > gone else None
        return replace(one, budget=replace(one.budget, gone=gone, burn=used / gone, exhausted=out), **more)

    checkout = ((at("6 14:33:32"), 1882 * SECOND), (at("14 02:00:00"), 90 * SECOND))
    return internal(
        agreements=(
            so_far(health("ACME GmbH", "Checkout", "0.999", "0.9995", checkout)),
            so_far(health("Muster Retail AG", "Checkout", "0.995", "0.9995", checkout, fee=euros("4800"))),
            so_far(
                health("ACME GmbH", "Image delivery", "0.995", None),
                met=None,
                availability=None,
                exposure=Exposure(None, None, None),
            ),
        ),
        as_of=now,
        drawn_up=now,
        owed=(),
    )


def internal_rich() -> InternalReport:
    """Everything that the team's page can say of October."""
    return inside.rich(internal(), at)


def internal_hostile() -> InternalReport:
    """The same with every free text an attack, and 200 incidents."""
    return inside.hostile(internal(), at, HOSTILE)


HOSTILE = "<script>alert(1)</script>\u202eevil\x1b[31m\u0007 & \"quoted\" 'name'"


def hostile() -> Statement:
    """Every free text of the statement is an attack."""
    bad = replace(
        section(
            HOSTILE,
            outages=OUTAGES,
            windows=tuple(replace(w, title=HOSTILE, letter=HOSTILE) for w in WINDOWS),
        ),
        sla=HOSTILE,
        version=HOSTILE,
        plain=(HOSTILE,),
        claim=HOSTILE,
        checks=(HOSTILE,),
        agreement="=cmd()",
    )
    bad = replace(bad, workings=(*bad.workings, Line(HOSTILE, HOSTILE, {HOSTILE: HOSTILE})))
    block = Block(HOSTILE, (HOSTILE,), ((HOSTILE, HOSTILE),), HOSTILE)
    return statement(
        bad,
        bad,
        issuer=block,
        customer=block,
        customer_id="@SUM(A1)",
        program=HOSTILE,
        tzdata=HOSTILE,
        evidence_digest=HOSTILE,
    )


def claimed(of: Statement | None = None, **more: Any) -> ClaimPaper:
    """What ACME claims of Beispiel Cloud for October: the provider's zone is Berlin's."""
    paper = of or statement(three_services()[0])
    own = paper.sections[0]
    base = ClaimPaper(
        statement=paper,
        agreement="our-checkout",
        zone=BERLIN,
        owed=own.credit,
        why="",
        runs=False,
        deadlines=ClaimDates(automatic=False, notify_by=date(2026, 10, 9), claim_by=date(2026, 11, 30)),
        claimed=None,
        reference="",
        location="hamburg",
        probes=(
            ProbeLine("web", "http", "shop.example", 30 * SECOND, 10 * SECOND, 2, 3, SECOND),
            ProbeLine("job", "heartbeat", "", 5 * MINUTE, 10 * SECOND, 1, 1, SECOND),
        ),
        failed=(FailedCheck(at("6 14:02:10"), "web", 0, Reason.TIMEOUT),),
    )
    return replace(base, **more)


def hostile_claim() -> ClaimPaper:
    """Every free text of it is an attack."""
    paper = hostile()
    return claimed(
        replace(paper, sections=paper.sections[:1]),
        agreement=HOSTILE,
        reference=HOSTILE,
        terms=HOSTILE,
        location=HOSTILE,
        probes=(ProbeLine(HOSTILE, "http", HOSTILE, SECOND, SECOND, 2, 3, SECOND),),
        failed=(FailedCheck(at("6 14:02:10"), "=cmd()", 0, Reason.TIMEOUT),),
    )


@dataclass(frozen=True)
class Samples:
    """What tests take values from, since test modules cannot import each other."""

    statement = staticmethod(statement)
    section = staticmethod(section)
    three_services = staticmethod(three_services)
    undeterminable = staticmethod(undeterminable)
    running = staticmethod(running)
    closed = staticmethod(closed)
    issued = staticmethod(issued)
    amended = staticmethod(amended)
    reversed = staticmethod(reversed_)
    many_outages = staticmethod(many_outages)
    answered = staticmethod(answered)
    hostile = staticmethod(hostile)
    claimed = staticmethod(claimed)
    hostile_claim = staticmethod(hostile_claim)
    health = staticmethod(health)
    internal = staticmethod(internal)
    internal_running = staticmethod(internal_running)
    internal_rich = staticmethod(internal_rich)
    internal_hostile = staticmethod(internal_hostile)
    outage = staticmethod(outage)
    day_times = staticmethod(day_times)
    line = staticmethod(line)
    at = staticmethod(at)
    outages = OUTAGES
    windows = WINDOWS
    unknown = UNKNOWN
    october = OCTOBER
    november = NOVEMBER
    text = HOSTILE


@pytest.fixture(scope="session")
def samples() -> Samples:
    return Samples()
