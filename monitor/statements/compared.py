"""What an agreement that nobody made would have come to: settled as the real one is, on the same evidence.

Used for candidates over recorded history and for shadows. What the evidence cannot settle is said, and is in
no figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from monitor.agreements.ahead import IN_NO_ROW
from monitor.agreements.build import unread
from monitor.config.plan import Agreement, Plan
from monitor.core.calendars import HolidaysUnknown
from monitor.core.checks import Reason
from monitor.core.cycles import preceding
from monitor.core.intervals import Ms, Span, intersect, normalise, total
from monitor.core.money import Amount
from monitor.core.periods import Period, month, month_of
from monitor.errors import ConfigError, MakegoodError, NoRow
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.health import sums
from monitor.statements.periods import ending_in, running
from monitor.statements.reported import by_a_report
from monitor.statements.sections import section
from monitor.statements.ticketed import by_tickets, of_tickets_alone
from monitor.statements.value import Section
from monitor.store.protocol import Snapshot

MOST_MONTHS = 120
NOT_READ = "what a miss costs was not read: write the credits into an SLA that is like it"
IN_PART = "recorded in part"


@dataclass(frozen=True, slots=True)
class Settled:
    """One agreement's period as it comes out. `why` says why there is no credit ("" where there is one).

    `unseen` is the promised time that was not measured, by reason, in ms; `unrecorded` is the part of the
    period in force, in ms, before anything of the service was recorded.
    """

    agreement: Agreement
    period: Period
    found: Section | None
    why: str = ""
    unseen: tuple[tuple[Reason, Ms], ...] = ()
    unrecorded: Ms = 0

    @property
    def credit(self) -> Amount | None:
        return None if self.found is None else self.found.credit

    @property
    def share(self) -> Fraction | None:
        """The credit as a share of the period's fee."""
        if self.found is None or self.found.credit is None or not self.found.fee.amount:
            return None
        return self.found.credit.exact / self.found.fee.amount


@dataclass(frozen=True, slots=True)
class Cell:
    """What an agreement has in a month: the periods that end in it, or the one that runs on beyond it.

    Neither where it is not in force then.
    """

    settled: tuple[Settled, ...] = ()
    runs_on: Period | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A month, and the cell of each agreement that is compared."""

    label: str
    cells: tuple[Cell, ...]


def table(
    plan: Plan, snapshot: Snapshot, now: Ms, agreements: Sequence[Agreement], labels: Iterable[str]
) -> tuple[Row, ...]:
    """Each agreement in each of the months.

    One of the plan is settled as its statements are. Any other is tried as if it had been agreed before: a
    period that was recorded in part says nothing of it.
    """
    books = Books(plan, snapshot, now)
    tried = [(each, plan.agreements.get(each.id) != each) for each in agreements]
    return tuple(
        Row(label, tuple(cell(books, each, label, whole=whole) for each, whole in tried)) for label in labels
    )


def last_months(count: int, zone: str, now: Ms) -> tuple[str, ...]:
    """The labels of the last months that are over, oldest first. ConfigError where there are too many."""
    if not 1 <= count <= MOST_MONTHS:
        raise ConfigError(f"--months: {count} is not from 1 to {MOST_MONTHS}")
    found: list[str] = []
    before = month_of(now, zone)
    for _ in range(count):
        before = month_of(before.span.start - 1, zone)
        found.append(before.label)
    return tuple(reversed(found))


def cell(books: Books, agreement: Agreement, label: str, *, whole: bool = False) -> Cell:
    """What the agreement has in the month, as it stands at the books' instant; `whole` as in `settle`."""
    ended = [period for _, period in ending_in(agreement, label) if period.span.start < books.now]
    if ended:
        return Cell(tuple(settle(books, agreement, period, whole=whole) for period in ended))
    if not agreement.in_force(month(label, agreement.zone)):
        return Cell()
    return Cell(runs_on=running(agreement, month(label, agreement.zone).span.end - 1)[1])


def settle(books: Books, agreement: Agreement, period: Period, *, whole: bool = False) -> Settled:
    """One period, and what the evidence cannot settle of it.

    `whole`: a period of which a part is unrecorded has no figure.
    """
    unrecorded = _unrecorded(books, agreement, period)
    in_force = total(agreement.in_force(period))
    if unrecorded == in_force:
        return Settled(agreement, period, None, "nothing was recorded", unrecorded=unrecorded)
    try:
        found = section(books, agreement, period, running=False)
    except NoRow:
        return Settled(agreement, period, None, IN_NO_ROW, unrecorded=unrecorded)
    except (MakegoodError, HolidaysUnknown) as error:
        return Settled(agreement, period, None, str(error), unrecorded=unrecorded)
    if found.needs:
        why = f"{found.needs}{_remedy(books, agreement, period, found.needs)}"
        return Settled(agreement, period, None, why, _unseen(found), unrecorded)
    if whole and unrecorded:
        return Settled(agreement, period, _in_part(found, unrecorded, in_force), IN_PART, (), unrecorded)
    if whole and (part := _mean_of_a_part(books, agreement, period)):
        found = replace(found, availability=None, gross=None, met=None, credit=None)
        return Settled(agreement, period, found, f"its mean looks at {part}, {IN_PART}", _unseen(found))
    if unread(agreement.parts(period)[-1][0].terms):
        found = replace(found, credit=None, undecided=found.undecided or NOT_READ)
    why = "" if found.credit is not None else found.undecided or _too_little(found)
    return Settled(agreement, period, found, why, _unseen(found), unrecorded)


def _remedy(books: Books, agreement: Agreement, period: Period, needs: str) -> str:
    """Who can tell what probes cannot."""
    if by_a_report(needs):
        return ": `makegood outage report` records it"
    if tell := by_tickets(needs):
        return f": `{tell}` says it"
    if any(books.why_not(agreement, terms) == needs for terms, _ in agreement.parts(period)):
        return ", which no probe tells: `makegood evaluate` settles it from a file"
    return ""


def _in_part(found: Section, unrecorded: Ms, in_force: Ms) -> Section:
    """What was seen of a period that was recorded in part: its times, and no figure."""
    seen = found.coverage * (in_force - unrecorded) / in_force
    return replace(found, availability=None, gross=None, met=None, credit=None, coverage=seen)


def _mean_of_a_part(books: Books, agreement: Agreement, period: Period) -> str:
    """The earlier period in a mean of several that was recorded in part; "" where there is none."""
    terms = agreement.parts(period)[-1][0]
    several = max(promise.formula.mean_of_last or 1 for _, promise in terms.terms.promises)
    before = period
    for _ in range(several - 1):
        before = preceding(terms.cycle, before)
        if 0 < _unrecorded(books, agreement, before) < total(agreement.in_force(before)):
            return before.label
    return ""


def _too_little(found: Section) -> str:
    parts = 10_000
    seen = int(found.coverage * 100 * parts)
    return f"only {seen // parts}.{seen % parts:04d} % of the time was measured"


def _unseen(found: Section) -> tuple[tuple[Reason, Ms], ...]:
    by_reason: dict[Reason, list[Span]] = {}
    for line in found.unknown:
        by_reason.setdefault(line.reason, []).append(line.span)
    return tuple((reason, total(normalise(spans))) for reason, spans in by_reason.items())


def _unrecorded(books: Books, agreement: Agreement, period: Period) -> Ms:
    """The part of a period in force in which nothing of the service existed for the monitor.

    What is settled from tickets alone needs no monitor: how far they are known is asked apart.
    """
    if all(of_tickets_alone(terms) for terms, _ in agreement.parts(period)):
        return 0
    service = books.plan.services[agreement.service]
    lives = (books.lanes[each.id].life for each in books.watched(service) if each.id in books.lanes)
    lived = normalise(span for life in lives for span in life)
    in_force = agreement.in_force(period)
    return total(in_force) - total(intersect(in_force, lived))


def credited(settled: Iterable[Settled]) -> tuple[Amount, ...]:
    """What they credit together, by currency; what nobody can tell is in no sum."""
    return sums(each.credit for each in settled if each.credit is not None)


def missed(settled: Iterable[Settled]) -> int:
    """How many of them missed the promise."""
    return sum(each.found is not None and each.found.met is False for each in settled)


def of(rows: Sequence[Row], place: int) -> Iterator[Settled]:
    """Every period of one of the agreements."""
    for row in rows:
        yield from row.cells[place].settled
