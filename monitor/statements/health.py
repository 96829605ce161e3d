"""How agreements stand in a month: what is left of each allowance, and what more downtime costs.

Apart from the papers, since `budget` and `status` answer a person who waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from monitor.agreements.budget import outlook
from monitor.agreements.pipeline import Piece
from monitor.config.plan import Agreement, Plan, Target
from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount
from monitor.core.periods import Period, month, month_of
from monitor.statements.books import Books, in_force_span, terms_for
from monitor.statements.standing import AgreementHealth
from monitor.store.protocol import Snapshot


def health(
    plan: Plan, snapshot: Snapshot, now: Ms, label: str | None = None, agreements: Sequence[str] | None = None
) -> tuple[AgreementHealth, ...]:
    """Budget and exposure of agreements (all, or those named) in a month: the one that runs, unless said.

    Every agreement in force has its row; one that cannot be priced says why in its exposure.
    """
    books = Books(plan, snapshot, now)
    chosen = [plan.agreements[id] for id in (plan.agreements if agreements is None else agreements)]
    periods = {a.id: month(label, a.zone) if label else month_of(now, a.zone) for a in chosen}
    running = [a for a in chosen if in_force_span(a, periods[a.id])]
    if running:
        reaches = [books.reach(periods[a.id]) for a in running]
        everything = Span(min(reach.start for reach in reaches), max(reach.end for reach in reaches))
        books.read_ahead([a.service for a in running], everything)
    return tuple(_health(books, agreement, periods[agreement.id]) for agreement in running)


def sums(amounts: Iterable[Amount]) -> tuple[Amount, ...]:
    """One sum per currency, by code."""
    by_code: dict[str, Amount] = {}
    for amount in amounts:
        before = by_code.get(amount.currency)
        by_code[amount.currency] = amount if before is None else before + amount
    return tuple(by_code[code] for code in sorted(by_code))


def _health(books: Books, agreement: Agreement, period: Period) -> AgreementHealth:
    terms = terms_for(agreement, period)
    found = outlook(books.case(agreement, period))
    reading = found.reading
    target = _target(books.plan, agreement.service, terms.sla)
    value = reading.value
    return AgreementHealth(
        agreement=agreement.id,
        customer=books.plan.party_of(agreement).party.name,
        service=books.plan.services[agreement.service].title,
        commitment=terms.commitment,
        target=target.objective if target else None,
        availability=value,
        met=reading.met,
        target_met=None if target is None or value is None else target.objective.holds(value),
        coverage=reading.coverage,
        fee=found.fee,
        budget=found.budget,
        exposure=found.exposure if reading.met is not None else replace(found.exposure, owed=None),
        steps=_steps(reading.outages, found.budget.allowed),
    )


def _target(plan: Plan, service: str, sla: str) -> Target | None:
    mine = [target for target in plan.targets.values() if target.service == service]
    protecting = [target for target in mine if sla in target.protects]
    return next(iter(protecting or mine), None)


def _steps(outages: Sequence[Piece], budgeted: Ms) -> tuple[tuple[Ms, Ms], ...]:
    left = budgeted
    steps = []
    for piece in sorted(outages, key=lambda piece: piece.start):
        left -= piece.size
        steps.append((piece.end, left))
    return tuple(steps)
