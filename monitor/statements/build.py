"""Configuration and snapshot become a customer's Statement.

The way is always the same: `Books` hands out a Case, `evaluate` settles it, and what is printed is read off
the settlement. No figure is computed a second time here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256

from monitor import __version__
from monitor.config.plan import Agreement, Party, Plan
from monitor.core.checks import LaneId
from monitor.core.intervals import Ms, Span, intersect, normalise
from monitor.core.money import Amount, Money
from monitor.core.periods import Period, local, month, month_of
from monitor.errors import ConfigError, NoRow
from monitor.statements import decisions, ticketed
from monitor.statements.books import Books
from monitor.statements.favoured import favoured
from monitor.statements.happened import letter
from monitor.statements.periods import by_label, ending_in, running
from monitor.statements.sections import section, unsettled
from monitor.statements.value import Block, Running, Section, Statement, Total
from monitor.store.protocol import Snapshot

GENERATED = "history.generated"


def statement(plan: Plan, snapshot: Snapshot, customer: str, label: str, now: Ms) -> Statement:
    """The draft statement of one customer's month; ConfigError where there is no such customer or promise.

    It states every agreement whose own period ends in the month, and names those whose period runs on. A
    label of another kind of period is that of the agreements that have one of this name.
    """
    from importlib.metadata import version  # it brings the mail parser along

    books = Books(plan, snapshot, now)
    who = plan.customers.get(customer)
    if who is None:
        raise ConfigError(f'there is no customer "{customer}": {_choices(plan.customers)}')
    period, stated, continuing = _matter(plan, customer, label, now)
    reached = snapshot.as_of(now)
    over = max([each.span.end for _, each in stated], default=period.span.end)
    if continuing:
        over = max(over, period.span.end)
    held = decisions.rulings(snapshot.events(kinds=decisions.KINDS), plan.agreements)
    found = _not_added(
        plan,
        [
            _section(books, agreement, each, held.get((agreement.id, each.label)), running=now < over)
            for agreement, each in stated
        ],
    )
    return Statement(
        status="running" if now < over else "draft",
        period=period,
        issuer=block(plan.issuer),
        customer=block(who.party_on(local(period.span.end - 1, who.zone).date())),
        customer_id=customer,
        locale=who.locale,
        drawn_up=now,
        as_of=min(now, over) if reached is None else min(now, reached, over),
        sections=found,
        totals=_totals(found),
        evidence_digest=evidence_digest(books, stated),
        program=f"Makegood {__version__}",
        tzdata=version("tzdata"),
        generated=generated_in(snapshot, period.span),
        continuing=continuing,
    )


def _section(
    books: Books, agreement: Agreement, period: Period, ruling: decisions.Ruling | None, *, running: bool
) -> Section:
    """The section; where no credit can be determined and a person decided, with what was decided."""
    try:
        found = section(books, agreement, period, running=running)
    except NoRow:
        if ruling is None:
            raise
        found = unsettled(books, agreement, period, agreement.parts(period)[-1][0], decisions.NO_ROW)
    if ruling is None or found.credit is not None:
        return found
    return replace(found, credit=ruling.amount, decided=ruling.reason)


Stated = list[tuple[Agreement, Period]]


def _matter(plan: Plan, customer: str, label: str, now: Ms) -> tuple[Period, Stated, tuple[Running, ...]]:
    """What a statement is about: its period, the agreements' own periods, and what runs on beyond it."""
    who, mine = plan.customers[customer], _agreements(plan, customer)
    problem = _no_month(label)
    if problem:
        stated = [(a, found[1]) for a in mine if (found := by_label(a, label))]
        if not stated:
            raise ConfigError(f"{problem}{_named(mine, now)}")
        return stated[0][1], stated, ()
    period = month(label, who.zone)
    stated = [(a, each) for a in mine for _, each in ending_in(a, label)]
    settled = {a.id for a, _ in stated}
    continuing = tuple(
        _running(plan, a, label) for a in agreements_of(plan, customer, label) if a.id not in settled
    )
    if not stated and not continuing:
        raise ConfigError(
            f'customer "{customer}" has no agreement in force in {label}: nothing to state'
            f"{running_instead(plan, (customer,), now)}"
        )
    return period, stated, continuing


def _no_month(label: str) -> str:
    """Why a label names no month; "" where it does."""
    try:
        month(label, "UTC")
    except ValueError as error:
        return str(error)
    return ""


def _named(agreements: Sequence[Agreement], now: Ms) -> str:
    """The periods that run and are no months."""
    names = dict.fromkeys(running(agreement, now)[1].label for agreement in agreements)
    others = [name for name in names if _no_month(name)]
    return f", or a period of an agreement: now {', '.join(others)}" if others else ""


def _running(plan: Plan, agreement: Agreement, label: str) -> Running:
    terms, period = running(agreement, month(label, agreement.zone).span.end - 1)
    return Running(agreement.id, plan.services[agreement.service].title, terms.sla_title, period)


def last_closed_month(plan: Plan, customer: str, now: Ms) -> str:
    """The label of the newest month that is over in the customer's zone."""
    zone = plan.customers[customer].zone
    return month_of(month_of(now, zone).span.start - 1, zone).label


def running_instead(plan: Plan, customers: Sequence[str], now: Ms) -> str:
    """The month to write in place of one without an agreement: the one that runs, where one is in force."""
    for customer in customers:
        for agreement in _agreements(plan, customer):
            now_running = month_of(now, agreement.zone)
            if agreement.in_force(now_running):
                return f"; for the month that still runs write --period {now_running.label}"
    return ""


def block(party: Party) -> Block:
    """A party as it is printed."""
    return Block(party.name, party.address, tuple(party.references.items()), party.contact)


def _choices(known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"the configuration has {names}" if names else "the configuration has none"


def _agreements(plan: Plan, customer: str) -> list[Agreement]:
    return [a for a in plan.agreements.values() if (a.kind, a.customer) == ("customer", customer)]


def agreements_of(plan: Plan, customer: str, label: str) -> list[Agreement]:
    """The customer's agreements that are in force in the month, or have a period that ends in it."""
    mine = _agreements(plan, customer)
    return [a for a in mine if a.in_force(month(label, a.zone)) or ending_in(a, label)]


def _not_added(plan: Plan, found: Sequence[Section]) -> tuple[Section, ...]:
    """The sections; one whose credit gives way to a more favourable one for the same period says so."""
    return tuple(replace(each, gives_way_to=favoured(plan, each, found)) for each in found)


def _totals(sections: Sequence[Section]) -> tuple[Total, ...]:
    codes = sorted({section.fee.currency for section in sections})
    return tuple(_total([s for s in sections if s.fee.currency == code], code) for code in codes)


def _total(sections: Sequence[Section], code: str) -> Total:
    fee = Money(sum((s.fee.amount for s in sections), Fraction(0)), code)
    credits = [s.credit for s in sections if not s.gives_way_to]
    known = [credit.minor for credit in credits if credit is not None]
    return Total(fee, Amount(sum(known), code) if len(known) == len(credits) else None)


def evidence_digest(books: Books, stated: Stated) -> str:
    """Over the lanes of each agreement in its own period, and over its tickets where it promises times.

    One period alone, without tickets, is the snapshot's own digest.
    """
    watched: dict[Span, set[LaneId]] = {}
    for agreement, period in stated:
        keys = [each.id for each in books.watched(books.plan.services[agreement.service])]
        lanes = {books.lanes[key].id for key in keys if key in books.lanes}
        watched.setdefault(period.span, set()).update(lanes)
    digests = [books.snapshot.digest(sorted(lanes), span) for span, lanes in sorted(watched.items())]
    digests += [
        ticketed.digest(books.tickets(agreement, books.reach(period)))
        for agreement, period in stated
        if ticketed.promises_times(agreement)
    ]
    return digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()


def generated_in(snapshot: Snapshot, span: Span) -> tuple[Span, ...]:
    """The time of a span whose evidence was generated for a demonstration."""
    found = []
    for event in snapshot.events(kinds=frozenset({GENERATED})):
        start, end = event.body["start"], event.body["end"]
        if isinstance(start, int) and isinstance(end, int):
            found.append(Span(start, end))
    return intersect(normalise(found), (span,))


__all__ = [
    "GENERATED", "agreements_of", "block", "evidence_digest", "generated_in",
    "last_closed_month", "letter", "running_instead", "statement",
]  # fmt: skip
