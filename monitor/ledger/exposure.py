"""What credits may still cost at a day: the provision of a month's end, for all customers, by currency.

What is issued is read from its papers and the state of its claims, what is not issued yet is computed as a
draft would be, and nothing is estimated: where nobody can tell, that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, cast

from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.core.periods import midnight, month, month_of
from monitor.errors import MakegoodError
from monitor.ledger.amending import document_of
from monitor.ledger.chains import by_period
from monitor.ledger.claims import KINDS, Claim, at_limit, claims
from monitor.records import dataclass
from monitor.statements.build import agreements_of, statement
from monitor.statements.health import health
from monitor.statements.periods import ending_in
from monitor.store.protocol import Event, Paper, Snapshot, Store

Kind = Literal["granted", "may be claimed", "not issued", "running"]
ORDER: Final[tuple[Kind, ...]] = ("granted", "may be claimed", "not issued", "running")
BACK: Final = 12  # months that are looked back for what was never issued


@dataclass(frozen=True, slots=True)
class Item:
    """One agreement's credit of one period. `amount` None: nobody can tell, and `why` says it.

    `capped`: whether a limit of the contract was reached; None while the period runs.
    """

    kind: Kind
    customer: str
    agreement: str
    period: str
    amount: Amount | None
    statement: str = ""
    why: str = ""
    capped: bool | None = None

    @property
    def provisional(self) -> bool:
        """Whether no paper says so yet: it may still become another figure."""
        return not self.statement


@dataclass(frozen=True, slots=True)
class Sum:
    """What the items of a currency come to. `unknown` counts those of which nobody can tell."""

    currency: str
    by_kind: Mapping[Kind, Amount]
    total: Amount
    unknown: int


def exposure(plan: Plan, store: Store, at: Ms) -> tuple[Item, ...]:
    """Every credit that may still cost something at `at`, by what was recorded until then.

    A granted one counts until the month of the bill that it is set against is over, or the one in which it
    was granted, where that is later.
    """
    papers = [paper for paper in store.ledger.papers() if paper.at <= at]
    with store.snapshot() as whole:
        snapshot = cast("Snapshot", Until(whole, at))
        events = tuple(snapshot.events(kinds=KINDS))
        found = list(_issued(plan, store, papers, events, at))
        found += _not_issued(plan, snapshot, papers, at)
        found += _running(plan, snapshot, at)
    return tuple(sorted(found, key=lambda each: (ORDER.index(each.kind), each.customer, each.agreement)))


class Until:
    """A snapshot without the entries of the journal that came after an instant."""

    def __init__(self, snapshot: Snapshot, at: Ms) -> None:
        self._snapshot = snapshot
        self._at = at

    def __getattr__(self, name: str) -> object:
        return getattr(self._snapshot, name)

    def events(
        self, *, after: int = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]:
        """The entries until then."""
        found = self._snapshot.events(after=after, kinds=kinds, subject=subject)
        return (event for event in found if event.at <= self._at)


def _issued(
    plan: Plan, store: Store, papers: Sequence[Paper], events: Iterable[Event], at: Ms
) -> Iterator[Item]:
    for claim in claims(papers, lambda paper: document_of(store.ledger, paper), events, at):
        if claim.state in ("open", "notified", "claimed"):
            yield _of_claim("may be claimed", claim)
        elif claim.granted and (unbilled := _unbilled(plan, claim, at)).minor:
            yield _of_claim("granted", replace(claim, amount=unbilled))


def _of_claim(kind: Kind, claim: Claim) -> Item:
    about = (claim.customer, claim.agreement, claim.period, claim.amount, claim.newest)
    return Item(kind, *about, capped=claim.capped)


def _unbilled(plan: Plan, claim: Claim, at: Ms) -> Amount:
    """What was granted and is on no bill of a month that is over; negative where it was taken back since."""
    granted = midnight(claim.moves[-1].on, claim.zone) if claim.moves else 0
    against = _set_against(plan, claim)
    amount = Amount(0, claim.amount.currency)
    for issued, part in claim.parts:
        if month_of(max(against, granted, issued), claim.zone).span.end > at:
            amount += part
    return amount


def _set_against(plan: Plan, claim: Claim) -> Ms:
    """An instant in the month of the bill; a credit that is given later is on that month's."""
    agreement = plan.agreements.get(claim.agreement)
    ended = [] if agreement is None else [p for _, p in ending_in(agreement, claim.period)]
    last = ended[-1] if ended else month(claim.period, claim.zone)  # of an agreement that is gone
    return last.span.end - 1 if plan.statements.sets_against == "same period" else last.span.end


def _not_issued(plan: Plan, snapshot: Snapshot, papers: Sequence[Paper], at: Ms) -> Iterator[Item]:
    """Months that are over and have no statement that stands, since something was measured at all."""
    began = min((life.start for lane in snapshot.lanes() for life in lane.life), default=at)
    standing = {key for key, chain in by_period(papers).items() if chain.stands}
    for customer, who in plan.customers.items():
        for label in _over(began, at, who.zone):
            if (customer, label) not in standing and _matters(plan, customer, label):
                yield from _drafted(plan, snapshot, customer, label, at)


def _over(began: Ms, at: Ms, zone: str) -> Iterator[str]:
    """The labels of the months before the one that runs, newest first, back to the one it all began in."""
    before = month_of(at, zone)
    for _ in range(BACK):
        before = month_of(before.span.start - 1, zone)
        if before.span.end <= began:
            return
        yield before.label


def _matters(plan: Plan, customer: str, label: str) -> bool:
    return any(ending_in(agreement, label) for agreement in agreements_of(plan, customer, label))


def _drafted(plan: Plan, snapshot: Snapshot, customer: str, label: str, at: Ms) -> Iterator[Item]:
    try:
        found = statement(plan, snapshot, customer, label, at)
    except MakegoodError as error:
        yield Item("not issued", customer, "", label, None, why=str(error))
        return
    for section in found.sections:
        if section.gives_way_to or (section.credit is not None and not section.credit.minor):
            continue
        why = (
            "" if section.credit is not None else section.needs or section.undecided or "too little measured"
        )
        capped = any(at_limit(line.stage, line.values) for line in section.workings)
        yield Item("not issued", customer, section.agreement, label, section.credit, why=why, capped=capped)


def _running(plan: Plan, snapshot: Snapshot, at: Ms) -> Iterator[Item]:
    """What the periods that run owe already, even if nothing more fails."""
    for row in health(plan, snapshot, at):
        owed = row.exposure.owed
        if not row.ours or (owed is not None and not owed.minor):
            continue
        agreement = plan.agreements[row.agreement]
        why = "" if owed is not None else row.unsettled or "nobody can tell yet"
        yield Item(
            "running", agreement.customer, agreement.id, month_of(at, agreement.zone).label, owed, why=why
        )


def sums(plan: Plan, items: Iterable[Item]) -> tuple[Sum, ...]:
    """By currency, which are never added."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(_currency(plan, item), []).append(item)
    return tuple(_sum(code, found[code]) for code in sorted(found))


def _currency(plan: Plan, item: Item) -> str:
    if item.amount is not None:
        return item.amount.currency
    agreement = plan.agreements.get(item.agreement)
    return agreement.currency if agreement else plan.customers[item.customer].currency


def _sum(currency: str, items: Sequence[Item]) -> Sum:
    by_kind: dict[Kind, Amount] = {}
    for kind in ORDER:
        amounts = [each.amount.minor for each in items if each.kind == kind and each.amount is not None]
        by_kind[kind] = Amount(sum(amounts), currency)
    total = Amount(sum(each.minor for each in by_kind.values()), currency)
    return Sum(currency, by_kind, total, sum(each.amount is None for each in items))
