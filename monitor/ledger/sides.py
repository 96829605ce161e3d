"""Both sides of an outage: what providers owe us for theirs, against what we owe customers for ours.

Our service `depends_on` a provider's, or is a provider's that we sell on; an outage of ours that overlaps one
of theirs is one with it, in whatever months their parts are credited. A credit belongs to the month in which
its period ends, and is shared out over its outages by the rule of `attribution`. What providers owe is what
may still be had of it; what we owe is what was issued, else what a statement would say now. Currencies are
never added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from monitor.agreements.attribution import attributed
from monitor.config.plan import Agreement, Plan
from monitor.config.upstream import upstream_of
from monitor.core.cycles import holding
from monitor.core.intervals import Ms, Span, normalise, total
from monitor.core.money import Amount
from monitor.core.periods import Period, month, month_of
from monitor.errors import NoRow
from monitor.ledger.amending import document_of
from monitor.ledger.chains import by_period
from monitor.ledger.claims import KINDS, Claim, claims
from monitor.ledger.receivables import Receivable, receivable
from monitor.statements.bought import RUNS, TOO_LITTLE, agreements_of, claimed_today, ending
from monitor.statements.build import statement
from monitor.statements.periods import ending_in, running
from monitor.statements.value import OutageLine, Section
from monitor.store.protocol import Ledger, Snapshot

Side = Literal["upstream", "downstream"]
LOST: Final = ("refused", "expired", "taken back")


@dataclass(frozen=True, slots=True)
class Credit:
    """One agreement's credit of a period.

    `figure` is what it is by our measurements or our papers, `amount` what counts of it, `state` what became
    of it. None: nobody can tell, and `why` says so.
    """

    side: Side
    agreement: str
    party: str
    service: str
    period: str
    amount: Amount | None
    figure: Amount | None
    state: str
    why: str = ""
    outages: tuple[OutageLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one agreement's credit has of an outage; `span` is the outage as its service had it.

    The credit is that of `period`, and belongs to `month`.
    """

    side: Side
    agreement: str
    party: str
    service: str
    span: Span
    counted: Ms
    amount: Amount | None
    month: str
    period: str


@dataclass(frozen=True, slots=True)
class Net:
    """Of one currency: what is owed to us, what we owe, and the first less the second."""

    owed_to_us: Amount
    we_owe: Amount

    @property
    def net(self) -> Amount:
        return Amount(self.owed_to_us.minor - self.we_owe.minor, self.we_owe.currency)


@dataclass(frozen=True, slots=True)
class Joined:
    """Outages that are one: theirs, ours, or both. Without parts of one side it is the other's alone.

    It is whole: its parts may be credited in several months, an outage over the edge of two in both.
    """

    parts: tuple[Part, ...]

    @property
    def span(self) -> Span:
        return Span(min(part.span.start for part in self.parts), max(part.span.end for part in self.parts))

    @property
    def lasted(self) -> Ms:
        """For how long any of them lasted."""
        return total(normalise(part.span for part in self.parts))

    def services(self, side: Side) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.service for part in self.parts if part.side == side))

    @property
    def nets(self) -> Mapping[str, Net]:
        """By currency, of the amounts that are known."""
        return netted((part.side, part.amount) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its credits, their sums, and the outages behind them. `apart` are credits of no outage.

    An outage with parts of several months is in the first of those that are asked for.
    """

    label: str
    credits: tuple[Credit, ...]
    outages: tuple[Joined, ...]
    apart: tuple[Credit, ...]

    @property
    def nets(self) -> Mapping[str, Net]:
        """By currency; what nobody can tell is in none of them."""
        return netted((credit.side, credit.amount) for credit in self.credits)


def netted(amounts: Iterable[tuple[Side, Amount | None]]) -> Mapping[str, Net]:
    """Sums of both sides, by currency."""
    found: dict[str, dict[Side, int]] = {}
    for side, amount in amounts:
        if amount is not None:
            own = found.setdefault(amount.currency, {"upstream": 0, "downstream": 0})
            own[side] += amount.minor
    return {
        code: Net(Amount(found[code]["upstream"], code), Amount(found[code]["downstream"], code))
        for code in sorted(found)
    }


@dataclass(frozen=True, slots=True)
class Between:
    """The agreements of both sides: what we buy that something we sell depends on, and what that is.

    `alone` is what we buy and nothing that we sell depends on.
    """

    bought: tuple[Agreement, ...]
    sold: tuple[Agreement, ...]
    alone: tuple[Agreement, ...] = ()
    rests_on: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def needless(self) -> bool:
        return not self.bought


def between(plan: Plan) -> Between:
    """Who stands on which side: by `depends_on`, and by what we sell on as it is bought."""
    buying = agreements_of(plan)
    theirs = {each.service for each in buying}
    rests_on = {id: (upstream_of(plan, id) | {id}) & theirs for id in plan.services}
    sold = tuple(a for a in plan.agreements.values() if a.kind == "customer" and rests_on[a.service])
    needed = {name for each in sold for name in rests_on[each.service]}
    used = tuple(each for each in buying if each.service in needed)
    return Between(used, sold, tuple(each for each in buying if each.service not in needed), rests_on)


def left_out(
    plan: Plan, snapshot: Snapshot, labels: Sequence[str], now: Ms
) -> Mapping[str, tuple[Credit, ...]]:
    """By month: what providers owe us for what nothing that we sell depends on."""
    alone = between(plan).alone
    found = {
        label: [
            _upstream(plan, receivable(plan, snapshot, now, agreement, period.label))
            for agreement in alone
            for period in _begun(agreement, label, now)
        ]
        for label in labels
    }
    return {
        label: tuple(each for each in credits if each.amount is None or each.amount.minor)
        for label, credits in found.items()
    }


def sides(
    plan: Plan, snapshot: Snapshot, ledger: Ledger, labels: Sequence[str], now: Ms
) -> tuple[Month, ...]:
    """Both sides of months. EvidenceGone as for a statement."""
    both = between(plan)
    return over_months(
        labels,
        lambda label: _credits(plan, snapshot, ledger, both, label, now),
        lambda span: months_of(both, span, now),
        both.rests_on,
    )


def over_months(
    labels: Sequence[str],
    credits_of: Callable[[str], Sequence[Credit]],
    ends: Callable[[Span], Iterable[str]],
    rests_on: Mapping[str, frozenset[str]],
) -> tuple[Month, ...]:
    """The months asked for, their outages whole.

    `ends` names the months in which the periods of an outage end: their credits are looked at too, until no
    outage that is shown leads to another month.
    """
    credits = {label: credits_of(label) for label in labels}
    while True:
        found = set_against(credits, labels, rests_on)
        spans = {part.span for each in found for outage in each.outages for part in outage.parts}
        more = {label for span in spans for label in ends(span)} - credits.keys()
        if not more:
            return found
        credits |= {label: credits_of(label) for label in sorted(more)}


def set_against(
    credits: Mapping[str, Sequence[Credit]], labels: Sequence[str], rests_on: Mapping[str, frozenset[str]]
) -> tuple[Month, ...]:
    """Credits by month, shared out over their outages, and those joined; of it, the months of `labels`.

    `rests_on` is by our service.
    """
    parts: list[Part] = []
    apart: dict[str, list[Credit]] = {}
    for label, own in credits.items():
        shared, apart[label] = _shared(label, own)
        parts += shared
    outages: dict[str, list[Joined]] = {label: [] for label in labels}
    for each in joined(parts, rests_on):
        home = min((part.month for part in each.parts if part.month in outages), default=None)
        if home is not None:
            outages[home].append(each)
    return tuple(
        Month(label, tuple(credits[label]), tuple(outages[label]), tuple(apart[label])) for label in labels
    )


def months_of(both: Between, span: Span, now: Ms) -> Iterator[str]:
    """The months to which the credits of an outage belong: those in which the periods that hold it end."""
    for agreement in (*both.bought, *both.sold):
        at = month_of(span.start, agreement.zone)
        last = max(holding(terms.cycle, span.end - 1).span.end for terms in agreement.terms)
        last = month_of(last, agreement.zone).span.end  # any 30 days may end a month later
        if agreement.kind == "provider" and claimed_today(agreement, now) is not None:
            at, last = month_of(now, agreement.zone), now
        while at.span.start <= last:
            if any(span.start < each.span.end and each.span.start < span.end
                   for each in _begun(agreement, at.label, now)):  # fmt: skip
                yield at.label
            at = month_of(at.span.end, agreement.zone)


def run_on(plan: Plan, now: Ms) -> tuple[str, ...]:
    """The months still to come in which a period ends that runs already."""
    both, found = between(plan), set()
    for agreement in (*both.bought, *both.sold):
        terms, period = running(agreement, now)
        label = month_of(period.span.end - 1, terms.cycle.zone).label
        if label > month_of(now, terms.cycle.zone).label and _begun(agreement, label, now):
            found.add(label)
    return tuple(sorted(found))


def _begun(agreement: Agreement, label: str, now: Ms) -> tuple[Period, ...]:
    """The periods of a month that have begun."""
    if agreement.kind == "provider":
        return ending(agreement, label, now)
    return tuple(period for _, period in ending_in(agreement, label) if period.span.start <= now)


def _credits(
    plan: Plan, snapshot: Snapshot, ledger: Ledger, both: Between, label: str, now: Ms
) -> Sequence[Credit]:
    credits = [
        _upstream(plan, receivable(plan, snapshot, now, agreement, period.label))
        for agreement in both.bought
        for period in _begun(agreement, label, now)
    ]
    for customer in dict.fromkeys(each.customer for each in both.sold):
        mine = {each.id: each for each in both.sold if each.customer == customer}
        credits += _downstream(plan, snapshot, ledger, customer, mine, label, now)
    return credits


def _upstream(plan: Plan, found: Receivable) -> Credit:
    agreement = found.agreement
    return Credit(
        side="upstream",
        agreement=agreement.id,
        party=plan.party_of(agreement).party.name,
        service=agreement.service,
        period=found.now.period.label,
        amount=found.counts,
        figure=found.owed,
        state=f"{found.state}, runs" if found.now.runs else found.state,
        why=found.now.why,
        outages=found.now.section.outages,
    )


def _downstream(
    plan: Plan,
    snapshot: Snapshot,
    ledger: Ledger,
    customer: str,
    mine: Mapping[str, Agreement],
    label: str,
    now: Ms,
) -> Iterator[Credit]:
    """The sections of a customer's statement as it would be now, with what was issued in place of a draft."""
    ends = [each for each in mine.values() if _begun(each, label, now)]
    if not ends:
        return
    who, issued = plan.customers[customer].party.name, _issued(snapshot, ledger, customer, label, now)
    try:
        sections = statement(plan, snapshot, customer, label, now).sections
    except NoRow as error:
        for each in ends:
            yield Credit(
                "downstream", each.id, who, each.service, label, None, None, "not issued", str(error)
            )
        return
    for section in sections:
        if section.agreement in mine:
            agreement = mine[section.agreement]
            period = section.period or month(label, agreement.zone)
            if period.span.start <= now:
                yield _of_section(section, agreement, who, issued, period, now)


def _issued(
    snapshot: Snapshot, ledger: Ledger, customer: str, label: str, now: Ms
) -> Mapping[str, Claim] | None:
    """What the papers that stand for a month give, by agreement; None where none was issued."""
    papers = [paper for paper in ledger.papers() if (paper.customer, paper.period) == (customer, label)]
    chain = by_period(papers).get((customer, label))
    if chain is None or not chain.stands:
        return None
    events = tuple(snapshot.events(kinds=KINDS))
    found = claims(papers, lambda paper: document_of(ledger, paper), events, now)
    return {each.agreement: each for each in found if each.newest == chain.newest.number}


def _of_section(
    section: Section,
    agreement: Agreement,
    who: str,
    issued: Mapping[str, Claim] | None,
    period: Period,
    now: Ms,
) -> Credit:
    nothing = Amount(0, agreement.currency)
    claim = None if issued is None else issued.get(agreement.id)
    figure: Amount | None
    amount: Amount | None
    state, why = "", ""
    if issued is not None:
        figure = nothing if claim is None else claim.amount
        state = "issued, no credit" if claim is None else claim.state
        amount = nothing if claim is not None and claim.state in LOST else figure
    else:
        runs = now < period.span.end
        figure = section.owed_already if runs else section.credit
        amount = nothing if section.gives_way_to else figure
        state = "runs" if runs else "not issued"
        why = (
            "" if figure is not None else section.needs or section.undecided or (RUNS if runs else TOO_LITTLE)
        )
    return Credit(
        side="downstream",
        agreement=agreement.id,
        party=who,
        service=agreement.service,
        period=period.label,
        amount=amount,
        figure=figure,
        state=state,
        why=why,
        outages=section.outages,
    )


def _shared(label: str, credits: Sequence[Credit]) -> tuple[list[Part], list[Credit]]:
    """The parts of all outages; and the credits that no outage stands for."""
    parts: list[Part] = []
    apart: list[Credit] = []
    for credit in credits:
        counted = [line.counted for line in credit.outages]
        own: Sequence[Amount | None] = [None] * len(counted)
        if credit.amount is not None:
            own = attributed(credit.amount, counted)
            if credit.amount.minor and not sum(counted):
                apart.append(credit)
        parts += [
            Part(
                credit.side,
                credit.agreement,
                credit.party,
                credit.service,
                line.span,
                line.counted,
                amount,
                label,
                credit.period,
            )
            for line, amount in zip(credit.outages, own, strict=True)
        ]
    return parts, apart


def joined(parts: Sequence[Part], rests_on: Mapping[str, frozenset[str]]) -> tuple[Joined, ...]:
    """Outages by their beginning: of one service those that overlap are one, and so are ours with theirs."""
    over: list[list[int]] = []
    near: list[list[int]] = []  # groups, by place, of which a part may still overlap what begins later
    for place in sorted(range(len(parts)), key=lambda place: parts[place].span):
        part = parts[place]
        is_one = _one_with(part, rests_on)
        waiting, touched = [], [place]
        for group in near:
            if max(parts[at].span.end for at in group) <= part.span.start:
                over.append(group)
            elif any(is_one(parts[at]) for at in group):
                touched += group
            else:
                waiting.append(group)
        near = [*waiting, touched]
    found = [Joined(tuple(parts[at] for at in sorted(group))) for group in (*over, *near)]
    return tuple(sorted(found, key=lambda each: (each.span, each.parts[0].agreement)))


def _one_with(part: Part, rests_on: Mapping[str, frozenset[str]]) -> Callable[[Part], bool]:
    def near(other: Part) -> bool:
        overlap = part.span.start < other.span.end and other.span.start < part.span.end
        if not overlap:
            return False
        if part.side == other.side:
            return part.service == other.service
        ours, theirs = (part, other) if part.side == "downstream" else (other, part)
        return theirs.service in rests_on.get(ours.service, frozenset())

    return near
