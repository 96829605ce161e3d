"""What is attached to a claim against a provider: the period as we measured it, and how we measured.

It goes to the provider. Of an endpoint it has the host, of a failed check a reason of the closed list: no
address, header, body or answer, which may hold secrets, is read for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from monitor import __version__
from monitor.config.endpoint import Endpoint, host_of
from monitor.config.plan import Plan
from monitor.core.checks import Check, State
from monitor.core.intervals import Ms, Span, normalise
from monitor.core.periods import local
from monitor.ledger.receivables import Receivable
from monitor.statements.books import Books
from monitor.statements.build import block, evidence_digest, generated_in
from monitor.statements.value import ClaimPaper, FailedCheck, ProbeLine, Statement
from monitor.store.protocol import Snapshot


def claim_paper(plan: Plan, snapshot: Snapshot, found: Receivable, now: Ms) -> ClaimPaper:
    """The paper of one period. EvidenceGone where its failed checks are not there."""
    books, agreement = Books(plan, snapshot, now), found.agreement
    watched = books.watched(plan.services[agreement.service])
    references = [step.reference for step in found.steps if step.reference]
    return ClaimPaper(
        statement=_statement(plan, snapshot, books, found, now),
        agreement=agreement.id,
        zone=agreement.zone,
        owed=found.owed,
        why=found.now.why,
        runs=found.now.runs,
        deadlines=found.now.dates,
        claimed=found.claimed,
        reference=references[-1] if references else "",
        location=plan.settings.location,
        probes=tuple(map(_probe, watched)),
        failed=tuple(_failed(books, watched, found)),
    )


def _statement(plan: Plan, snapshot: Snapshot, books: Books, found: Receivable, now: Ms) -> Statement:
    from importlib.metadata import version  # it brings the mail parser along

    provider, period = plan.party_of(found.agreement), found.now.period
    reached = snapshot.as_of(now)
    end = min(now, period.span.end)
    return Statement(
        status="running" if found.now.runs else "draft",
        period=period,
        issuer=block(provider.party_on(local(period.span.end - 1, provider.zone).date())),
        customer=block(plan.issuer),
        customer_id="",
        locale="en",
        drawn_up=now,
        as_of=end if reached is None else min(reached, end),
        sections=(replace(found.now.section, period=period),),
        totals=(),
        evidence_digest=evidence_digest(books, [(found.agreement, period)]),
        program=f"Makegood {__version__}",
        tzdata=version("tzdata"),
        generated=generated_in(snapshot, period.span),
    )


def _probe(endpoint: Endpoint) -> ProbeLine:
    rule = endpoint.confirmation
    return ProbeLine(
        endpoint=endpoint.id,
        kind="https" if endpoint.target.lower().startswith("https://") else endpoint.kind,
        host=host_of(endpoint.target) if endpoint.target else "",
        interval=endpoint.interval,
        timeout=endpoint.timeout,
        failures=rule.failures,
        attempts=rule.attempts,
        pause=rule.pause,
    )


def _failed(books: Books, watched: tuple[Endpoint, ...], found: Receivable) -> Iterator[FailedCheck]:
    """The failed attempts within the outages, in order of time."""
    spans = normalise(line.span for line in found.now.section.outages)
    names = {books.lanes[each.id].id: each.id for each in watched if each.id in books.lanes}
    checks = [check for lane in names for span in spans for check in _of_lane(books.snapshot, lane, span)]
    for check in sorted(checks, key=lambda check: (check.at, check.lane, check.slot, check.attempt)):
        yield FailedCheck(check.at, names[check.lane], check.attempt, check.reason)


def _of_lane(snapshot: Snapshot, lane: int, span: Span) -> Iterator[Check]:
    found = snapshot.checks(lane, span, failed=True)
    return (check for check in found if check.state is State.DOWN)
