"""What we buy: an agreement with a provider, settled period by period as any other, by what we measured.

No statement is made of it and it is in no exposure: its credit is ours to claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from monitor.agreements.deadlines import ClaimDates, by_what_was_seen, dates, safest
from monitor.agreements.parts import evaluate_parts
from monitor.config.plan import Agreement, Plan
from monitor.config.values import meant
from monitor.core.calendars import HolidaysUnknown
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.core.periods import Period, local, month_of
from monitor.errors import ConfigError, EvidenceRefused, NoRow
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.periods import ROLLING, by_label, ending_in, running
from monitor.statements.sections import section, unsettled
from monitor.statements.seen import seen_outages
from monitor.statements.value import Section

IN_NO_ROW = "the figure stands in no row of the table"
TOO_LITTLE = "too little was measured"
NOTHING_DUE = ClaimDates(automatic=False)
RUNS = "the period runs, and nobody can tell yet"


@dataclass(frozen=True, slots=True)
class Bought:
    """A period of an agreement that we buy. `runs`: it is not over, and its figure is that of now.

    `owed` is what the provider owes by our measurements, None where nobody can tell: `why` says it. `dates`
    are the last days to claim it, `safest` the earliest, if the claim of each outage ran from that alone.
    """

    agreement: Agreement
    period: Period
    section: Section
    runs: bool
    owed: Amount | None
    why: str
    dates: ClaimDates
    safest: date | None = None

    @property
    def seen(self) -> bool:
        """Whether there is anything to claim for: something is owed, or an outage was seen."""
        money = self.owed is not None and self.owed.minor
        return bool(money or self.added or self.section.outages)

    @property
    def added(self) -> bool:
        """Whether something is owed that is no money: service added to the term, or units."""
        return bool(self.section.service_added or any(count for _, count in self.section.units))


def agreements_of(plan: Plan) -> tuple[Agreement, ...]:
    """Every agreement that we buy, in the order of the file."""
    return tuple(each for each in plan.agreements.values() if each.kind == "provider")


def one_of(plan: Plan, name: str) -> Agreement:
    """The agreement of a name; ConfigError for one that is none, or that we sell."""
    found = plan.agreements.get(name)
    bought = ", ".join(each.id for each in agreements_of(plan))
    if found is None:
        raise ConfigError(f'there is no agreement "{name}": {_instead(plan, name, bought)}')
    if found.kind != "provider":
        raise ConfigError(
            f"{name} is what we sell: what its customer may claim of us is in `makegood claim list`"
            + (f"; we buy {bought}" if bought else "")
        )
    return found


def _instead(plan: Plan, name: str, bought: str) -> str:
    """What may be meant by a name that no agreement has."""
    own = agreements_of(plan)
    theirs = [each.id for each in own if name in (each.customer, each.service)]
    if theirs:
        what = "a provider" if name in plan.providers else "a service"
        return f"it is {what}, and its agreement is {' or '.join(theirs)}"
    near = meant(name, [each.id for each in own])
    if near is not None:
        return f'did you mean "{near}"?'
    return f"we buy {bought}" if bought else 'none has provider = "…"'


def period_of(agreement: Agreement, label: str, now: Ms) -> Period:
    """The agreement's period of a name; ConfigError names the last ones that there are."""
    try:
        period = agreement.settled_by(label)[1]
    except ValueError as error:
        raise ConfigError(f"{agreement.id}: {error}{_the_last(agreement, now)}") from None
    if by_label(agreement, label) is None:
        raise ConfigError(f"{agreement.id} was not in force in {label}{_the_last(agreement, now)}")
    return period


def _the_last(agreement: Agreement, now: Ms) -> str:
    known = [each.label for each in periods(agreement, agreement.first, now)][-3:]
    return f"; its last periods are {', '.join(known)}" if known else ""


def claimed_today(agreement: Agreement, now: Ms) -> Period | None:
    """Of a contract whose period is the days before the claim, that of a claim today; None of any other.

    Each day has such a period, and they overlap: what may be claimed is that of one claim.
    """
    if agreement.terms[-1].cycle.every != "365 days before the claim":
        return None
    found = by_label(agreement, local(now, agreement.zone).date().isoformat())
    return None if found is None else found[1]


def ending(agreement: Agreement, label: str, now: Ms) -> tuple[Period, ...]:
    """The periods that belong to a month, those that end in it; of a claim today, the month that runs."""
    today = claimed_today(agreement, now)
    if today is not None:
        return (today,) if label == month_of(now, agreement.zone).label else ()
    return tuple(period for _, period in ending_in(agreement, label) if period.span.start <= now)


def periods(agreement: Agreement, since: Ms, now: Ms) -> Iterator[Period]:
    """The periods that ended in the months since an instant, and the one that runs; oldest first."""
    today = claimed_today(agreement, now)
    if today is not None:
        yield today
        return
    month = month_of(max(since, agreement.first), agreement.zone)
    while month.span.start <= now:
        yield from (each for _, each in ending_in(agreement, month.label) if each.span.end <= now)
        month = month_of(month.span.end, agreement.zone)
    if agreement.terms[-1].cycle.every in ROLLING:
        return  # each day has one that runs, and they overlap
    _, last = running(agreement, now)
    if agreement.in_force(last) and last.span.end > now:
        yield last


def bought(books: Books, agreement: Agreement, period: Period) -> Bought:
    """What the period comes to now. ConfigError, EvidenceGone as for a statement.

    Of a period that runs, what is owed even if nothing more fails; days that run from its outages are told
    as soon as one counts, since a notice may be due before anybody knows whether the promise is missed.
    """
    try:
        return _bought(books, agreement, period)
    except HolidaysUnknown as error:
        raise ConfigError(f"{agreement.id}, {period.label}: {error}") from None


def _bought(books: Books, agreement: Agreement, period: Period) -> Bought:
    runs = books.now < period.span.end
    try:
        found = section(books, agreement, period, running=runs)
    except NoRow:
        found = unsettled(books, agreement, period, agreement.parts(period)[-1][0], "")
        found = replace(found, outages=seen_outages(books, agreement, period))
        return Bought(
            agreement, period, found, runs, None, IN_NO_ROW, *_days(books, agreement, period, found)
        )
    owed = found.owed_already if runs else found.credit
    why = "" if owed is not None else _why(found, runs=runs)
    if found.needs:
        found = replace(found, outages=seen_outages(books, agreement, period))
        return Bought(agreement, period, found, runs, owed, why, *_days(books, agreement, period, found))
    due = any(line.counted for line in found.outages) if runs else owed is None
    in_kind = found.service_added or any(count for _, count in found.units)
    if not (due or in_kind or (owed is not None and owed.minor)):
        return Bought(agreement, period, found, runs, owed, why, NOTHING_DUE)
    cases = [books.case(agreement, period, *part) for part in agreement.parts(period)]
    settled = evaluate_parts(cases)
    last = dates(cases[-1], settled)
    return Bought(agreement, period, found, runs, owed, why, last, safest(cases[-1], settled))


def _days(
    books: Books, agreement: Agreement, period: Period, found: Section
) -> tuple[ClaimDates, date | None]:
    """The days of a period without a figure, by what was seen; none where no case can be made.

    A period that runs and in which nothing was seen has no day yet that would run from an outage.
    """
    try:
        case = books.case(agreement, period, *agreement.parts(period)[-1])
    except (EvidenceRefused, NoRow):
        return NOTHING_DUE, None
    spans = [line.span for line in found.outages]
    if not spans and books.now < period.span.end:
        return NOTHING_DUE, None
    return by_what_was_seen(case, spans)


def _why(found: Section, *, runs: bool) -> str:
    return found.needs or found.undecided or (RUNS if runs and found.credit is not None else TOO_LITTLE)
