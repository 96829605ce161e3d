"""One agreement's period as a section of a statement: read off its settlement, computed nowhere else.

An ordinary agreement has one figure. Where there are several promises or resources, the section's own figures
are those of the worst, and each has a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import groupby
from operator import add

from monitor.agreements.account import left_out, taken
from monitor.agreements.base import fee
from monitor.agreements.budget import owed_already
from monitor.agreements.deadlines import AUTOMATIC, ClaimDates, dates, dates_of
from monitor.agreements.evaluate import TOO_LITTLE, seen_by
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
from monitor.config.plan import Agreement, Plan, Terms
from monitor.core.checks import State
from monitor.core.intervals import Ms, Span, intersect, normalise, total
from monitor.core.money import Amount, Money
from monitor.core.periods import Period
from monitor.core.windows import Window
from monitor.records import dataclass
from monitor.statements.answered import answered, of_tickets
from monitor.statements.books import Books
from monitor.statements.by_day import by_day, lanes_by_day, timelines
from monitor.statements.calendars_told import with_calendars
from monitor.statements.happened import noted, outage_lines
from monitor.statements.reported import clock
from monitor.statements.value import (
    PromiseLine,
    Section,
    TicketPart,
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
    told = answered(settled, _cases(parts), _names(settled, parts))
    if not _is_timed(named):
        return _untimed(books, agreement, period, parts, settled, at, told, running=running)
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
        outages=noted(outage_lines(seen, named.accounts, service), books.notes_for(agreement, period)),
        windows=_windows(case, named.accounts, service.title),
        unknown=_unknown(seen, behind),
        plain=_plain(books.plan, parts),
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
        deadlines=_deadlines(parts, settled),
        tickets=told,
    )


def _untimed(
    books: Books, agreement: Agreement, period: Period, parts: Sequence[Part], settled: Settlement,
    at: _Worst, told: TicketPart | None, *, running: bool,
) -> Section:  # fmt: skip
    """The section of an agreement that promises nothing but times of tickets: no time is up or down in it."""
    terms = parts[-1][0]
    blank = unsettled(books, agreement, period, terms, "")
    return replace(
        blank,
        commitment=at.reading.promise if at.reading.promise_of == "share" else None,
        availability=at.reading.value,
        gross=at.gross.value,
        met=_met(settled),
        coverage=Fraction(1),
        promised=0,
        fee=reduce(add, (fee(case) for _, case in parts)),
        credit=settled.credit,
        tier=_tier(settled),
        plain=_plain(books.plan, parts),
        claim=at.named.clause.claim.text,
        workings=settled.lines,
        owed_already=_owed_already(books, parts, settled) if running else None,
        promised_in_words=spoken_bound(at.named.clause.gate),
        promises=_promises(settled, parts),
        undecided="" if settled.undecided == TOO_LITTLE else settled.undecided,
        service_added=settled.service,
        units=tuple(settled.units.items()),
        notes=_notes(_case_of(at.place, parts), settled),
        deadlines=_deadlines(parts, settled),
        tickets=None if told is None else replace(told, alone=True, unit=_unit(at, parts)),
    )


def _unit(at: _Worst, parts: Sequence[Part]) -> str:
    """The unit of the worst figure, "" where it is a share."""
    measures = [promise.measure for terms, _ in parts for _, promise in terms.terms.promises]
    return measures[at.place].unit if at.reading.promise_of == "metric" else ""


def _deadlines(parts: Sequence[Part], settled: Settlement) -> ClaimDates:
    return dates(parts[-1][1], settled) if settled.credit and settled.credit.minor else AUTOMATIC


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
        plain=said(books.plan, terms),
        claim=clause.claim.text,
        workings=(),
        period=period,
        promised_in_words=" and ".join(spoken_bound(each.gate) for _, each in terms.contract.promises),
        needs=needs,
        references=tuple(agreement.references.items()),
    )


def said(plan: Plan, terms: Terms) -> tuple[str, ...]:
    """The contract in plain English: what its promises share, each under its name, and the whole below.

    Last come the hours and the holidays of each calendar that it counts by.
    """
    return sentences(with_calendars(plan, terms.terms, plain(terms.contract, beside=False)))


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


def _plain(plan: Plan, parts: Sequence[Part]) -> tuple[str, ...]:
    """The contract in plain English; of several parts each from its first day on."""
    if len(parts) == 1:
        return said(plan, parts[0][0])
    return tuple(f"From {terms.start}: {sentence}" for terms, _ in parts for sentence in said(plan, terms))


@dataclass(frozen=True, slots=True)
class _Worst:
    """The worst figure: the place of its promise among all, the promise, and the same without exclusions.

    Of promises about tickets and of others it is the worst of the others.
    """

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
    timed = [each for each in found if _is_timed(each.named)]
    return min(timed or found, key=lambda each: badness(each.reading))


def _is_timed(named: Named) -> bool:
    """Whether a promise is about time that was up or down."""
    return not of_tickets(named.clause)


def _case_of(place: int, parts: Sequence[Part]) -> Case:
    """The case of the part that a promise belongs to."""
    return _cases(parts)[place]


def _cases(parts: Sequence[Part]) -> list[Case]:
    """The case of each promise: the promises of the parts follow each other."""
    return [case for terms, case in parts for _ in terms.contract.promises]


def _names(settled: Settlement, parts: Sequence[Part]) -> list[str]:
    """What each promise is called: with its first day, where the period has several parts."""
    since = [terms.start for terms, _ in parts for _ in terms.contract.promises]
    split = len(parts) > 1
    return [
        f"{named.name} from {start}" if split else named.name
        for named, start in zip(settled.promises, since, strict=True)
    ]


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
    measures = [promise.measure for terms, _ in parts for _, promise in terms.terms.promises]
    found = [
        _claimed(_promise_line(named, reading, label, measure), named, parts[-1][1])
        for named, label, measure in zip(settled.promises, _names(settled, parts), measures, strict=True)
        for reading in named.readings
    ]
    return tuple(found) if len(found) > 1 else ()


def _claimed(line: PromiseLine, named: Named, case: Case) -> PromiseLine:
    """A line with the last days of its own promise, where it credits something."""
    if line.met or line.credit is None or not line.credit.amount:
        return line
    return replace(line, deadlines=dates_of(named.clause.claim, case, named))


def _promise_line(named: Named, reading: Reading, label: str, measure: MeasureTerms) -> PromiseLine:
    several = len(named.readings) > 1
    dues = [due for due in named.priced.dues if due.kind == "money"]
    own = [due for due in dues if due.lane == reading.lane] if several else dues
    known = reading.determinable and named.base.currency
    amount = sum((due.amount for due in own), Fraction(0))
    return PromiseLine(
        promise=label,
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
