"""Which issued papers would come out differently now. A proposal is told; only a person amends.

Late evidence and corrections reach periods that were issued. Each paper that stands is computed again, and
where a figure differs that is recorded once, until it differs otherwise or no longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import islice

from monitor.core.money import Amount
from monitor.errors import MakegoodError
from monitor.ledger.amending import document_of
from monitor.ledger.chains import Chain, by_period
from monitor.ledger.computing import final, lines
from monitor.ledger.differences import balance, differences, given
from monitor.ledger.issuing import Step
from monitor.ledger.press import Office
from monitor.records import dataclass
from monitor.statements.value import CreditLine, Difference, Statement
from monitor.store.errors import Conflict
from monitor.store.protocol import Event, NewEvent, Paper, Snapshot

PROPOSED = "amendment.proposed"
WITHDRAWN = "amendment.withdrawn"
KINDS = frozenset({PROPOSED, WITHDRAWN})
TRIES = 10
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """A paper that would come out differently: its credit by currency, as it was given and as it would be.

    `differs` counts the figures, `figures` is a digest over what they would be.
    """

    number: str
    before: tuple[Amount, ...]
    after: tuple[Amount, ...]
    differs: int
    figures: str


def standing(events: Iterable[Event]) -> Mapping[str, Proposal]:
    """The proposals that hold, by the number of the paper."""
    found: dict[str, Proposal] = {}
    for event in events:
        if event.kind == PROPOSED:
            found[event.subject] = _read(event)
        elif event.kind == WITHDRAWN:
            found.pop(event.subject, None)
    return found


def propose(
    office: Office,
    *,
    customers: Iterable[str] | None = None,
    periods: Iterable[str] | None = None,
    step: Step = lambda _: None,
) -> Mapping[str, Proposal]:
    """Look at every paper that stands (of these customers and periods), record what is new, and return all.

    A paper that cannot be computed now is left as it is: what is missing shows when it is amended.
    """
    wanted = (None if customers is None else set(customers), None if periods is None else set(periods))
    for last in range(TRIES):
        head = office.store.changed(0)
        known, found = _looked_at(office, wanted, step)
        new = _news(office, known, found)
        try:
            if new:
                office.store.journal.append(new, expect=head)
        except Conflict:
            if last == TRIES - 1:
                raise
            continue
        break
    return {k: v for k, v in {**known, **found}.items() if v is not None}


Wanted = tuple[set[str] | None, set[str] | None]


Found = dict[str, Proposal | None]
"""By number: the proposal, or None where the paper would come out the same."""


def _looked_at(office: Office, wanted: Wanted, step: Step) -> tuple[Mapping[str, Proposal], Found]:
    """What was proposed before, and what would be now; some papers in a snapshot, for none may last long."""
    waiting = iter(_standing_chains(office, wanted))
    found: Found = {}
    with office.store.snapshot() as snapshot:
        known = standing(snapshot.events(kinds=KINDS))
    while some := list(islice(waiting, AT_ONCE)):
        with office.store.snapshot() as snapshot:
            for chain in some:
                step(chain.newest.number)
                found |= _of_chain(office, snapshot, chain)
    return known, found


def _standing_chains(office: Office, wanted: Wanted) -> list[Chain]:
    customers, periods = wanted
    return [
        chain
        for (customer, period), chain in by_period(office.store.ledger.papers()).items()
        if chain.stands
        and customer in office.plan.customers
        and (customers is None or customer in customers)
        and (periods is None or period in periods)
    ]


def _of_chain(office: Office, snapshot: Snapshot, chain: Chain) -> Found:
    paper = chain.newest
    try:
        statement = final(office.plan, snapshot, paper.customer, paper.period, office.now)
    except MakegoodError:
        return {}
    return {paper.number: _proposal(office, paper, chain.papers, statement)}


def _proposal(office: Office, paper: Paper, chain: Sequence[Paper], statement: Statement) -> Proposal | None:
    ledger = office.store.ledger
    document = document_of(ledger, paper)
    differing = differences(document, office.press.document(statement))
    if not differing:
        return None
    so_far = [line for each in chain for line in given(document_of(ledger, each))]
    return Proposal(paper.number, _sums(so_far), _sums(lines(statement)), len(differing), _figures(differing))


def _sums(lines: Sequence[CreditLine]) -> tuple[Amount, ...]:
    found: dict[str, Amount] = {}
    for line in balance(lines).values():
        code = line.amount.currency
        found[code] = found.get(code, Amount(0, code)) + line.amount
    return tuple(found[code] for code in sorted(found))


def _figures(differing: Sequence[Difference]) -> str:
    return sha256("\n".join(repr(each) for each in differing).encode()).hexdigest()


def _news(
    office: Office, known: Mapping[str, Proposal], found: Mapping[str, Proposal | None]
) -> list[NewEvent]:
    new: list[NewEvent] = []
    for number, proposal in found.items():
        if proposal is None and number in known:
            new.append(NewEvent(office.now, WITHDRAWN, number, office.author))
        elif proposal is not None and known.get(number) != proposal:
            new.append(NewEvent(office.now, PROPOSED, number, office.author, "", _body(proposal)))
    return new


def _body(proposal: Proposal) -> dict[str, object]:
    return {
        "before": [[each.minor, each.currency] for each in proposal.before],
        "after": [[each.minor, each.currency] for each in proposal.after],
        "differs": proposal.differs,
        "figures": proposal.figures,
    }


def _read(event: Event) -> Proposal:
    body = event.body
    return Proposal(
        event.subject,
        _amounts(body["before"]),
        _amounts(body["after"]),
        int(str(body["differs"])),
        str(body["figures"]),
    )


def _amounts(value: object) -> tuple[Amount, ...]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {value!r}")
    return tuple(Amount(int(minor), str(code)) for minor, code in value)
