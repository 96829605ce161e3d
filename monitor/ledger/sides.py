"""Both sides of an outage: what providers owe us for theirs, against what we owe customers for ours.

Our service `depends_on` a provider's, or is a provider's that we sell on; an outage of ours that overlaps one
of theirs is one with it (`joining`). What providers owe is what may still be had of it; what we owe is what
was issued, else what a statement would say now, or what a shadow would have come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from monitor.config.plan import Agreement, Plan
from monitor.config.upstream import upstream_of
from monitor.core.cycles import holding
from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount
from monitor.core.periods import Period, month, month_of
from monitor.errors import ConfigError, NoRow
from monitor.ledger.amending import document_of
from monitor.ledger.chains import by_period
from monitor.ledger.claims import KINDS, Claim, claims
from monitor.ledger.joining import Credit, Month, over_months
from monitor.ledger.receivables import Receivable, receivable
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.bought import RUNS, TOO_LITTLE, agreements_of, bought, claimed_today, ending
from monitor.statements.build import statement
from monitor.statements.periods import ending_in, running
from monitor.statements.value import Section
from monitor.store.protocol import Ledger, Snapshot

LOST: Final = ("refused", "expired", "taken back")


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


def by_shadow(plan: Plan, both: Between, sla: str) -> Between:
    """What we sell as it would be by an SLA that runs beside what was agreed, and no more of it.

    ConfigError where none of it has this shadow.
    """
    beside = [each for agreement in both.sold for each in plan.shadows.get(agreement.id, ())]
    mine = tuple(each.agreement for each in beside if sla in each.names)
    if not mine:
        known = ", ".join(dict.fromkeys(each.sla for each in beside))
        of = f"their shadows are {known}" if known else f'write shadow = ["{sla}"] in one'
        raise ConfigError(f'--shadow: nothing that we sell on what we buy has the shadow "{sla}"; {of}')
    return replace(both, sold=mine)


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
    plan: Plan, snapshot: Snapshot, ledger: Ledger, labels: Sequence[str], now: Ms, shadow: str = ""
) -> tuple[Month, ...]:
    """Both sides of months; with a `shadow` what we owe is what that SLA would have come to, issued or not.

    ConfigError for a shadow that nobody has. EvidenceGone as for a statement.
    """
    both = between(plan)
    if shadow:
        both = by_shadow(plan, both, shadow)

    def credits_of(label: str) -> Sequence[Credit]:
        found = _bought(plan, snapshot, both, label, now)
        if shadow:
            return [*found, *_shadowed(plan, snapshot, both, label, now)]
        return [*found, *_sold(plan, snapshot, ledger, both, label, now)]

    return over_months(
        labels,
        credits_of,
        lambda span: months_of(both, span, now),
        both.rests_on,
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


def _bought(plan: Plan, snapshot: Snapshot, both: Between, label: str, now: Ms) -> Iterator[Credit]:
    for agreement in both.bought:
        for period in _begun(agreement, label, now):
            yield _upstream(plan, receivable(plan, snapshot, now, agreement, period.label))


def _sold(
    plan: Plan, snapshot: Snapshot, ledger: Ledger, both: Between, label: str, now: Ms
) -> Iterator[Credit]:
    for customer in dict.fromkeys(each.customer for each in both.sold):
        mine = {each.id: each for each in both.sold if each.customer == customer}
        yield from _downstream(plan, snapshot, ledger, customer, mine, label, now)


def _shadowed(plan: Plan, snapshot: Snapshot, both: Between, label: str, now: Ms) -> Iterator[Credit]:
    """What the shadows come to; nothing of it was ever stated."""
    books = Books(plan, snapshot, now)
    for agreement in both.sold:
        who = plan.customers[agreement.customer].party.name
        for period in _begun(agreement, label, now):
            found = bought(books, agreement, period)
            section = replace(found.section, period=period)
            credit = _of_section(section, agreement, who, None, period, now)
            yield replace(credit, state="shadow", why=found.why)


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
