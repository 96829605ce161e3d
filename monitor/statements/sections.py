"""One agreement's period as a section of a statement: read off its settlement, computed nowhere else.

An ordinary agreement has one figure. Where there are several promises or resources, the section's own figures
are those of the worst, and each has a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from itertools import groupby
from operator import add

from monitor.agreements.account import left_out, taken
from monitor.agreements.base import fee
from monitor.agreements.budget import owed_already
from monitor.agreements.deadlines import AUTOMATIC, dates, dates_of
from monitor.agreements.evaluate import TOO_LITTLE, seen_by
from monitor.agreements.evidence import OutageRow, Recorded
from monitor.agreements.gate import spoken_bound
from monitor.agreements.parts import evaluate_parts
from monitor.agreements.pipeline import (
    Account,
    Accounts,
    Case,
    Named,
    Piece,
    Reading,
    Settlement,
    WindowUse,
    badness,
)
from monitor.agreements.plain import plain, sentences
from monitor.agreements.terms import MeasureTerms
from monitor.config.plan import Agreement, Service, Terms
from monitor.core.checks import State
from monitor.core.intervals import Ms, Span, Spans, intersect, normalise, total
from monitor.core.money import Amount, Money
from monitor.core.periods import Period
from monitor.core.timeline import Outage, outages
from monitor.core.windows import Window
from monitor.statements.books import Books
from monitor.statements.by_day import by_day, lanes_by_day, timelines
from monitor.statements.notes import Known, about
from monitor.statements.reported import clock
from monitor.statements.value import (
    OutageLine,
    PromiseLine,
    Section,
    Told,
    UnknownLine,
    WindowLine,
)

Part = tuple[Terms, Case]
"""What a part of a period is settled by, and on."""


def section(books: Books, agreement: Agreement, period: Period, *, running: bool) -> Section:
    """One period, with all its parts where an amendment splits it.

    Without figures where checks alone cannot settle it.
    """
    parts = agreement.parts(period)
    needs = next((why for terms, _ in parts if (why := books.why_not(agreement, terms))), "") or next(
        (why for terms, _ in parts if (why := books.untold(agreement, period, terms))), ""
    )
    if needs:
        return unsettled(books, agreement, period, parts[-1][0], needs)
    cases = [(terms, books.case(agreement, period, terms, in_force)) for terms, in_force in parts]
    return _settled(books, agreement, period, cases, running=running)


def owed(books: Books, agreement: Agreement, period: Period) -> Amount | None:
    """What a period owes even if nothing more fails, without its section; None where nobody can tell."""
    parts = agreement.parts(period)
    for terms, _ in parts:
        if books.why_not(agreement, terms) or books.untold(agreement, period, terms):
            return None
    cases = [(terms, books.case(agreement, period, terms, in_force)) for terms, in_force in parts]
    return _owed_already(books, cases, evaluate_parts([case for _, case in cases])) if cases else None


def _settled(
    books: Books, agreement: Agreement, period: Period, parts: Sequence[Part], *, running: bool
) -> Section:
    settled = evaluate_parts([case for _, case in parts])
    terms = parts[-1][0]
    at = _worst(settled)
    named, reading, gross = at.named, at.reading, at.gross
    case = _case_of(at.place, parts)
    seen = seen_by(named.name, case)
    behind = _behind(reading, named.accounts)
    service = books.plan.services[agreement.service]
    counted = _sum(behind, lambda each: each.bad)
    excused = _sum(behind, lambda each: taken(each.excused))
    promised = _sum(behind, lambda each: each.promised)
    unmeasured = sum(total(left_out(each)) for each in behind)
    aside = _sum(behind, lambda each: each.set_aside)
    share = reading.promise if reading.promise_of == "share" else None
    share_seen = books.share_seen(agreement, period, terms)
    return Section(
        agreement=agreement.id,
        service=service.title,
        sla=terms.sla_title,
        version=terms.version,
        commitment=share,
        availability=reading.value,
        gross=gross.value,
        met=_met(settled),
        coverage=reading.coverage if share_seen is None else min(reading.coverage, share_seen),
        promised=promised,
        measured=promised - unmeasured,
        counted=counted,
        excused=excused,
        unmeasured=unmeasured,
        up=promised - counted - excused - aside - unmeasured,
        allowed=allowed(reading),
        fee=reduce(add, (fee(case) for _, case in parts)),
        credit=settled.credit,
        tier=_tier(settled),
        intervals=books.intervals(service, period.span),
        checks=tuple(sorted({endpoint.kind for endpoint in books.watched(service)})),
        days=by_day(behind, seen, period),
        outages=_noted(_outages(seen, named.accounts, service), books.notes_for(agreement, period)),
        windows=_windows(case, named.accounts, service.title),
        unknown=_unknown(seen, behind),
        plain=_plain(parts),
        claim=named.clause.claim.text,
        workings=settled.lines,
        set_aside=aside,
        owed_already=_owed_already(books, parts, settled) if running else None,
        period=period,
        promised_in_words=spoken_bound(named.clause.gate),
        promises=_promises(settled, parts),
        lanes=lanes_by_day(named.accounts, seen, period),
        undecided="" if settled.undecided == TOO_LITTLE else settled.undecided,
        service_added=settled.service,
        units=tuple(settled.units.items()),
        notes=_notes(case, settled),
        references=tuple(agreement.references.items()),
        deadlines=dates(parts[-1][1], settled) if settled.credit and settled.credit.minor else AUTOMATIC,
    )


def unsettled(books: Books, agreement: Agreement, period: Period, terms: Terms, needs: str) -> Section:
    """The section of an agreement that needs a file: the contract and its fee, and no figure."""
    in_force = agreement.in_force(period)
    service = books.plan.services[agreement.service]
    promised = total(intersect(in_force, (Span(period.span.start, max(period.span.start, books.now)),)))
    clause = terms.contract.promises[0][1]
    return Section(
        agreement=agreement.id,
        service=service.title,
        sla=terms.sla_title,
        version=terms.version,
        commitment=None,
        availability=None,
        gross=None,
        met=None,
        coverage=Fraction(0),
        promised=promised,
        measured=0,
        counted=0,
        excused=0,
        unmeasured=0,
        up=0,
        allowed=0,
        fee=books.fee(agreement, terms, period, in_force),
        credit=None,
        tier=None,
        intervals=(),
        checks=(),
        days=(),
        outages=(),
        windows=(),
        unknown=(),
        plain=said(terms),
        claim=clause.claim.text,
        workings=(),
        period=period,
        promised_in_words=" and ".join(spoken_bound(each.gate) for _, each in terms.contract.promises),
        needs=needs,
        references=tuple(agreement.references.items()),
    )


def said(terms: Terms) -> tuple[str, ...]:
    """The contract in plain English: what its promises share, each under its name, and the whole below."""
    return sentences(plain(terms.contract, beside=False))


def _notes(case: Case, settled: Settlement) -> tuple[tuple[str, str], ...]:
    """What stands beside the figures, by kind."""
    contract = case.contract
    kinds = (
        ("termination", settled.rights),
        ("manual", contract.manual),
        ("reading", contract.readings),
        ("unverified", contract.unverified),
    )
    return tuple((kind, text) for kind, texts in kinds for text in texts)


def _plain(parts: Sequence[Part]) -> tuple[str, ...]:
    """The contract in plain English; of several parts each from its first day on."""
    if len(parts) == 1:
        return said(parts[0][0])
    return tuple(f"From {terms.start}: {sentence}" for terms, _ in parts for sentence in said(terms))


@dataclass(frozen=True, slots=True)
class _Worst:
    """The worst figure: the place of its promise among all, the promise, and the same without exclusions."""

    place: int
    named: Named
    reading: Reading
    gross: Reading


def _worst(settled: Settlement) -> _Worst:
    found = [
        _Worst(place, named, reading, gross)
        for place, named in enumerate(settled.promises)
        for reading, gross in zip(named.readings, named.gross, strict=True)
    ]
    return min(found, key=lambda each: badness(each.reading))


def _case_of(place: int, parts: Sequence[Part]) -> Case:
    """The case of the part that a promise belongs to: the promises of the parts follow each other."""
    cases = [case for terms, case in parts for _ in terms.contract.promises]
    return cases[place]


def _met(settled: Settlement) -> bool | None:
    """Whether all is met: one that is not determinable decides, then one that is missed."""
    found = [reading.met for named in settled.promises for reading in named.readings]
    return None if None in found else all(found)


def _behind(reading: Reading, accounts: Accounts) -> Accounts:
    """The accounts that a figure is made of."""
    return tuple(account for account in accounts if account.lane == reading.lane) or accounts


def _sum(accounts: Accounts, of: Callable[[Account], tuple[Piece, ...]]) -> Ms:
    """How long the pieces are together."""
    return sum(piece.end - piece.start for account in accounts for piece in of(account))


def _owed_already(books: Books, parts: Sequence[Part], settled: Settlement) -> Amount | None:
    """What is owed whatever comes: all where the agreement's own period is over, None where nobody knows."""
    case = parts[-1][1]
    if books.now >= case.period.span.end:
        return settled.credit
    known = all(reading.determinable for named in settled.promises for reading in named.readings)
    told = clock(promise for _, promise in parts[-1][0].terms.promises)
    return owed_already(case) if known and len(parts) == 1 and not told else None


def allowed(reading: Reading) -> Ms:
    """The downtime, in whole ms, that the promise allows of the time in the base."""
    if reading.promise is None or reading.promise_of == "metric":
        return 0
    if reading.promise_of == "downtime":
        return int(reading.promise.value)
    return int((1 - reading.promise.value) * reading.time)


def _tier(settled: Settlement) -> Fraction | None:
    for line in settled.lines:
        if (line.stage, line.rule) == ("schedule", "row") and "share" in line.values:
            share = line.values["share"]
            return share if isinstance(share, Fraction) else Fraction(share)
    return None


def _promises(settled: Settlement, parts: Sequence[Part]) -> tuple[PromiseLine, ...]:
    """A line for each figure, where there are several."""
    split = len(parts) > 1
    about = [
        (f" from {terms.start}" if split else "", promise.measure)
        for terms, _ in parts
        for _, promise in terms.terms.promises
    ]
    found = [
        _claimed(_promise_line(named, reading, *own), named, parts[-1][1])
        for named, own in zip(settled.promises, about, strict=True)
        for reading in named.readings
    ]
    return tuple(found) if len(found) > 1 else ()


def _claimed(line: PromiseLine, named: Named, case: Case) -> PromiseLine:
    """A line with the last days of its own promise, where it credits something."""
    if line.met or line.credit is None or not line.credit.amount:
        return line
    return replace(line, deadlines=dates_of(named.clause.claim, case, named))


def _promise_line(named: Named, reading: Reading, since: str, measure: MeasureTerms) -> PromiseLine:
    several = len(named.readings) > 1
    dues = [due for due in named.priced.dues if due.kind == "money"]
    own = [due for due in dues if due.lane == reading.lane] if several else dues
    known = reading.determinable and named.base.currency
    amount = sum((due.amount for due in own), Fraction(0))
    return PromiseLine(
        promise=f"{named.name}{since}",
        resource=reading.lane if several else "",
        commitment=spoken_bound(named.clause.gate),
        figure=reading.value,
        unit=measure.unit if reading.promise_of == "metric" else "",
        met=reading.met,
        coverage=reading.coverage,
        down=round(reading.down),
        credit=Money(amount, named.base.currency) if known else None,
        bad_slots=reading.bad if measure.as_ == "bad slots" else None,
        slot=measure.slot if isinstance(measure.slot, int) else 0,
    )


def _outages(case: Case, accounts: Accounts, service: Service) -> tuple[OutageLine, ...]:
    """The outages of all resources, by their start; what counts of each is what its accounts have of it."""
    seen = [
        (outage, lane if len(case.evidence.resources) > 1 else "")
        for lane, timeline in timelines(case).items()
        for outage in outages(timeline.segments, bridge=case.evidence.bridge)
        if intersect(_extent(case, lane, outage), case.in_force)
    ]
    seen.sort(key=lambda each: (each[0].span.start, each[1]))
    joined = len(accounts) != len(case.evidence.resources)
    return tuple(
        _outage(case, _of_lane(accounts, lane), service.title, letter(place), outage, lane, joined=joined)
        for place, (outage, lane) in enumerate(seen)
    )


def _noted(lines: tuple[OutageLine, ...], known: Known) -> tuple[OutageLine, ...]:
    """The outages with what was written of them for the customer."""
    if not known:
        return lines
    return tuple(replace(line, notes=about(known, line.span, line.resource)) for line in lines)


def _of_lane(accounts: Accounts, lane: str) -> Accounts:
    return tuple(account for account in accounts if account.lane == lane) or accounts


def _outage(
    case: Case, accounts: Accounts, title: str, name: str, outage: Outage, lane: str, *, joined: bool
) -> OutageLine:
    excused = [entry for account in accounts for entry in account.excused]
    bad = [piece for account in accounts for piece in account.bad]
    if joined or any(account.unit != "ms" for account in accounts):
        extent = _extent(case, lane, outage)
        by = {e.by for e in excused if intersect((e.piece.span,), extent)}
        counted = total(intersect(normalise(piece.span for piece in bad), extent))
    else:
        by = {e.by for e in excused if e.piece.cause == outage.id}
        counted = sum(piece.size for piece in bad if piece.cause == outage.id)
    return OutageLine(
        letter=name,
        service=title,
        span=outage.span,
        open=outage.open,
        reason=outage.reason,
        duration=total(outage.down),
        in_period=total(intersect(outage.down, case.in_force)),
        counted=counted,
        excused_by=tuple(sorted(by)),
        error=outage.error,
        resource=lane,
        told=_told(case, lane, outage),
    )


def _row(case: Case, lane: str, outage: Outage) -> OutageRow | None:
    """What people told of an outage, where the agreement's clock asks."""
    found = case.evidence.resources.get(lane or next(iter(case.evidence.resources)))
    rows = found.rows if isinstance(found, Recorded) else ()
    return next((row for row in rows if row.id == outage.id), None)


def _told(case: Case, lane: str, outage: Outage) -> Told | None:
    row = _row(case, lane, outage)
    if row is None:
        return None
    return Told(row.reported, row.detected, row.ticket_closed, row.columns["ticket"])


def _extent(case: Case, lane: str, outage: Outage) -> Spans:
    """The time down, and the time for which its ticket was open beyond it."""
    row, end = _row(case, lane, outage), outage.span.end
    if row is None or row.ticket_closed is None or row.ticket_closed <= end:
        return outage.down
    return normalise((*outage.down, Span(end, row.ticket_closed)))


def letter(place: int) -> str:
    """A, B, … Z, AA, AB, …: how a page names its outages."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _windows(case: Case, accounts: Accounts, title: str) -> tuple[WindowLine, ...]:
    """Each window once, in order of time; hours excluded without a record only where they took something."""
    known: dict[str, list[Window]] = {}
    for window in case.evidence.windows:
        known.setdefault(window.id, []).append(window)
    uses = _uses(use for account in accounts for use in account.windows if use.window in known or use.excused)
    return tuple(
        _window(f"M{place}", title, use, known.get(use.window, [])) for place, use in enumerate(uses, start=1)
    )


def _uses(uses: Iterable[WindowUse]) -> list[WindowUse]:
    """What became of a window in all accounts together."""
    found: dict[tuple[str, Span], WindowUse] = {}
    for use in uses:
        key = (use.window, use.span)
        had = found.get(key)
        if had is not None:
            use = replace(had, inside=had.inside + use.inside, excused=had.excused + use.excused)
        found[key] = use
    return list(found.values())


def _window(name: str, title: str, use: WindowUse, known: Sequence[Window]) -> WindowLine:
    own = [window for window in known if window.span.start - window.recorded == use.ahead] or list(known)
    if not own:
        return WindowLine(name, title, use.window, use.span, use.span.start, None, use)
    window = own[0]
    return WindowLine(name, title, window.title, window.span, window.recorded, window.cancelled, use)


def _unknown(case: Case, accounts: Accounts) -> tuple[UnknownLine, ...]:
    unmeasured = normalise(piece.span for account in accounts for piece in account.unknown)
    found = [
        UnknownLine(part, segment.reason)
        for timeline in timelines(case).values()
        for segment in timeline.segments
        if segment.state is State.UNKNOWN
        for part in intersect((segment.span,), unmeasured)
    ]
    return tuple(_joined(found if len(case.evidence.resources) == 1 else sorted(found, key=_start)))


def _start(line: UnknownLine) -> tuple[str, Span]:
    return line.reason.value, line.span


def _joined(lines: Sequence[UnknownLine]) -> Iterable[UnknownLine]:
    for reason, group in groupby(lines, key=lambda line: line.reason):
        for span in normalise(line.span for line in group):
            yield UnknownLine(span, reason)
