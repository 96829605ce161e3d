"""Configuration and snapshot become a customer's Statement, or the team's InternalReport.

The way is always the same: `Books` hands out a Case, `evaluate` settles it, and what is printed is read off
the settlement. No figure is computed a second time here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from hashlib import sha256
from itertools import groupby

from monitor import __version__
from monitor.agreements.account import left_out, spans, taken, times
from monitor.agreements.budget import owed_already
from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Case, Settlement
from monitor.config.plan import Agreement, Party, Plan
from monitor.core.checks import LaneId, State
from monitor.core.intervals import Ms, Span, intersect, normalise, total
from monitor.core.money import Amount, Money
from monitor.core.periods import Period, days, month, month_of
from monitor.core.services import ServiceTimeline, endpoints
from monitor.core.timeline import Outage, outages
from monitor.errors import ConfigError
from monitor.statements.books import Books, in_force_span, terms_for
from monitor.statements.health import health, sums
from monitor.statements.value import (
    Block,
    DayTime,
    InternalReport,
    OutageLine,
    Section,
    Statement,
    Total,
    UnknownLine,
    WindowLine,
)
from monitor.store.protocol import Snapshot

GENERATED = "history.generated"


def statement(plan: Plan, snapshot: Snapshot, customer: str, label: str, now: Ms) -> Statement:
    """The draft statement of one customer's month; ConfigError where there is no such customer or promise."""
    from importlib.metadata import version  # it brings the mail parser along

    books = Books(plan, snapshot, now)
    who = plan.customers.get(customer)
    if who is None:
        raise ConfigError(f'there is no customer "{customer}": {_choices(plan.customers)}')
    period = _month(label, who.zone)
    agreements = agreements_of(plan, customer, label)
    if not agreements:
        raise ConfigError(
            f'customer "{customer}" has no agreement in force in {label}: nothing to state'
            f"{running_instead(plan, (customer,), now)}"
        )
    reached = snapshot.as_of(now)
    over = max(month(label, agreement.zone).span.end for agreement in agreements)
    sections = tuple(_section(books, agreement, label, running=now < over) for agreement in agreements)
    return Statement(
        status="running" if now < over else "draft",
        period=period,
        issuer=block(plan.issuer),
        customer=block(who.party),
        customer_id=customer,
        locale=who.locale,
        drawn_up=now,
        as_of=min(now, over) if reached is None else min(now, reached, over),
        sections=sections,
        totals=_totals(sections),
        evidence_digest=_digest(books, agreements, label),
        program=f"Makegood {__version__}",
        tzdata=version("tzdata"),
        generated=_generated(snapshot, period.span),
    )


def internal_report(plan: Plan, snapshot: Snapshot, label: str, now: Ms) -> InternalReport:
    """The team's page of a month: every agreement in force in it."""
    rows = health(plan, snapshot, now, label)
    owed = [row.exposure.owed for row in rows if row.exposure.owed is not None]
    zones = {plan.agreements[row.agreement].zone for row in rows}
    return InternalReport(
        period=_month(label, zones.pop() if len(zones) == 1 else "UTC"),
        as_of=now,
        drawn_up=now,
        agreements=rows,
        owed=sums(owed),
        program=f"Makegood {__version__}",
    )


def last_closed_month(plan: Plan, customer: str, now: Ms) -> str:
    """The label of the newest month that is over in the customer's zone."""
    zone = plan.customers[customer].zone
    return month_of(month_of(now, zone).span.start - 1, zone).label


def running_instead(plan: Plan, customers: Sequence[str], now: Ms) -> str:
    """The month to write in place of one without an agreement: the one that runs, where one is in force."""
    for agreement in plan.agreements.values():
        running = month_of(now, agreement.zone)
        if agreement.customer in customers and in_force_span(agreement, running):
            return f"; for the month that still runs write --period {running.label}"
    return ""


def block(party: Party) -> Block:
    """A party as it is printed."""
    return Block(party.name, party.address, tuple(party.references.items()), party.contact)


def _choices(known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"the configuration has {names}" if names else "the configuration has none"


def _month(label: str, zone: str) -> Period:
    try:
        return month(label, zone)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def agreements_of(plan: Plan, customer: str, label: str) -> list[Agreement]:
    """The customer's agreements that are in force in the month, each in its own zone."""
    mine = [a for a in plan.agreements.values() if a.customer == customer]
    return [a for a in mine if in_force_span(a, month(label, a.zone))]


def _section(books: Books, agreement: Agreement, label: str, *, running: bool) -> Section:
    period = month(label, agreement.zone)
    service = books.plan.services[agreement.service]
    terms = terms_for(agreement, period)
    case = books.case(agreement, period)
    settled = evaluate(case)
    clock = times(settled)
    lines = _outages(case, settled, service.title)
    return Section(
        agreement=agreement.id,
        service=service.title,
        sla=terms.sla_title,
        version=terms.version,
        commitment=terms.commitment,
        availability=settled.reading.value,
        gross=settled.gross.value,
        met=settled.reading.met,
        coverage=settled.reading.coverage,
        promised=clock.promised,
        measured=clock.promised - clock.unmeasured,
        counted=clock.counted,
        excused=clock.excused,
        unmeasured=clock.unmeasured,
        up=clock.up,
        allowed=allowed(settled, terms.commitment.value),
        fee=settled.base,
        credit=settled.credit,
        tier=_tier(settled),
        intervals=books.intervals(service, period.span),
        checks=tuple(sorted({endpoint.kind for endpoint in books.watched(service)})),
        days=_days(settled, period),
        outages=lines,
        windows=_windows(case, settled, service.title),
        unknown=_unknown(case, settled),
        plain=case.clause.say(),
        claim=case.clause.claim.text,
        workings=settled.lines,
        set_aside=clock.set_aside,
        owed_already=_owed_already(books, case, settled) if running else None,
    )


def _owed_already(books: Books, case: Case, settled: Settlement) -> Amount | None:
    """What is owed whatever comes: all where the agreement's own month is over, None where nobody knows."""
    if books.now >= case.period.span.end:
        return settled.credit
    return owed_already(case) if settled.reading.determinable else None


def allowed(settled: Settlement, commitment: Fraction) -> Ms:
    """The downtime, in whole ms, that the commitment allows of the time in the base."""
    return int((1 - commitment) * settled.reading.base)


def _tier(settled: Settlement) -> Fraction | None:
    for line in settled.lines:
        if (line.stage, line.rule) == ("schedule", "row"):
            share = line.values["share"]
            return share if isinstance(share, Fraction) else Fraction(share)
    return None


def _days(settled: Settlement, period: Period) -> tuple[DayTime, ...]:
    account = settled.account
    counted, excused = spans(account.bad), spans(taken(account.excused))
    unmeasured, promised = left_out(account), spans(account.promised)
    return tuple(
        DayTime(
            span=day,
            counted=total(intersect(counted, (day,))),
            excused=total(intersect(excused, (day,))),
            unmeasured=total(intersect(unmeasured, (day,))),
            promised=total(intersect(promised, (day,))),
        )
        for day in days(period.span, period.zone)
    )


def _outages(case: Case, settled: Settlement, title: str) -> tuple[OutageLine, ...]:
    timeline = next(iter(case.evidence.resources.values()))
    assert isinstance(timeline, ServiceTimeline)
    seen = outages(timeline.segments, bridge=case.evidence.bridge)
    inside = [outage for outage in seen if intersect(outage.down, case.in_force)]
    return tuple(_outage(case, settled, title, letter(place), outage) for place, outage in enumerate(inside))


def _outage(case: Case, settled: Settlement, title: str, name: str, outage: Outage) -> OutageLine:
    account = settled.account
    excused = {entry.by for entry in account.excused if entry.piece.cause == outage.id}
    return OutageLine(
        letter=name,
        service=title,
        span=outage.span,
        open=outage.open,
        reason=outage.reason,
        duration=total(outage.down),
        in_period=total(intersect(outage.down, case.in_force)),
        counted=sum(piece.size for piece in account.bad if piece.cause == outage.id),
        excused_by=tuple(sorted(excused)),
        error=(
            None if outage.last_good is None else outage.first_bad - outage.last_good,
            None if outage.first_good is None else outage.first_good - outage.last_bad,
        ),
    )


def letter(place: int) -> str:
    """A, B, … Z, AA, AB, …: how a page names its outages."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _windows(case: Case, settled: Settlement, title: str) -> tuple[WindowLine, ...]:
    known = {(window.id, window.span.start - window.recorded): window for window in case.evidence.windows}
    lines = []
    for place, use in enumerate(settled.account.windows, start=1):
        window = known[use.window, use.ahead]
        lines.append(
            WindowLine(f"M{place}", title, window.title, window.span, window.recorded, window.cancelled, use)
        )
    return tuple(lines)


def _unknown(case: Case, settled: Settlement) -> tuple[UnknownLine, ...]:
    timeline = next(iter(case.evidence.resources.values()))
    assert isinstance(timeline, ServiceTimeline)
    unmeasured = normalise(piece.span for piece in settled.account.unknown)
    spans = [
        UnknownLine(part, segment.reason)
        for segment in timeline.segments
        if segment.state is State.UNKNOWN
        for part in intersect((segment.span,), unmeasured)
    ]
    return tuple(_joined(spans))


def _joined(lines: Sequence[UnknownLine]) -> Iterable[UnknownLine]:
    for reason, group in groupby(lines, key=lambda line: line.reason):
        for span in normalise(line.span for line in group):
            yield UnknownLine(span, reason)


def _totals(sections: Sequence[Section]) -> tuple[Total, ...]:
    codes = sorted({section.fee.currency for section in sections})
    return tuple(_total([s for s in sections if s.fee.currency == code], code) for code in codes)


def _total(sections: Sequence[Section], code: str) -> Total:
    fee = Money(sum((s.fee.amount for s in sections), Fraction(0)), code)
    credits = [s.credit for s in sections]
    known = [credit.minor for credit in credits if credit is not None]
    return Total(fee, Amount(sum(known), code) if len(known) == len(credits) else None)


def _digest(books: Books, agreements: Sequence[Agreement], label: str) -> str:
    """Over the lanes of each agreement in its own month; one month alone is the snapshot's own digest."""
    watched: dict[Span, set[LaneId]] = {}
    for agreement in agreements:
        keys = endpoints(books.plan.services[agreement.service].up_when)
        lanes = {books.lanes[key].id for key in keys if key in books.lanes}
        watched.setdefault(month(label, agreement.zone).span, set()).update(lanes)
    digests = [books.snapshot.digest(sorted(lanes), span) for span, lanes in sorted(watched.items())]
    return digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()


def _generated(snapshot: Snapshot, span: Span) -> tuple[Span, ...]:
    found = []
    for event in snapshot.events(kinds=frozenset({GENERATED})):
        start, end = event.body["start"], event.body["end"]
        if isinstance(start, int) and isinstance(end, int):
            found.append(Span(start, end))
    return intersect(normalise(found), (span,))
