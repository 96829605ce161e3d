"""Last days that are near: of our claims against providers, and of answers that customers wait for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from monitor.alerts.look import Look
from monitor.core.intervals import DAY
from monitor.core.periods import local, midnight
from monitor.ledger import disputes as papers
from monitor.ledger.receivables import Receivable, receivables
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule
from monitor.statements.bought import agreements_of
from reports.format import PLAIN, money, plural

BACK: Final = 6
"""Months that are looked back for a last day that is still to come."""
ANSWER: Final = 30
"""Days in which a dispute is to be answered."""


def deadlines(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """What must be done within so many days."""
    yield from _claims(look, rule)
    if not (rule.services or rule.agreements or rule.endpoints or rule.labels or rule.customers):
        yield from _disputes(look, rule)


def _claims(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Our claims, and the notices before them, that are to be given in the days that are left."""
    if not agreements_of(look.plan):
        return
    for each in receivables(look.plan, look.snapshot, look.now, back=BACK):
        day, agreement = each.remind_by, each.agreement
        if day is None or (rule.agreements and agreement.id not in rule.agreements):
            continue
        if rule.services and agreement.service not in rule.services:
            continue
        left = (day - local(look.now, agreement.zone).date()).days
        if 0 <= left <= (rule.days or 0):
            yield _claim(look, rule, each, day, left)


def _claim(look: Look, rule: AlertRule, each: Receivable, day: date, left: int) -> Finding:
    agreement, period = each.agreement, each.now.period.label
    provider = look.plan.party_of(agreement).party.name
    amount = "what is owed" if each.owed is None else money(each.owed, PLAIN)
    what = f"Claim {amount} from" if each.step == "claim" else f"Give notice ({amount}) to"
    step = "--notice " if each.step == "notice" else ""
    return Finding(
        rule=rule.id,
        kind=rule.when,
        subject=each.subject,
        urgency=rule.urgency,
        since=midnight(day - timedelta(days=rule.days or 0), agreement.zone),
        title=f"{what} {provider} for {period} by {day}: {_left(left)}",
        lines=(
            f"{agreement.id}: what is not claimed by then lapses",
            f"What they owe us, and why: makegood claims show {agreement.id} {period}",
            f"Once it is done: makegood claims file {agreement.id} {period} {step}--reference CASE",
        ),
        service=agreement.service,
        team=look.team(agreement.service),
    )


def _left(left: int) -> str:
    return f"{plural(left, 'day', 'days', PLAIN)} left" if left else "the last day"


def _disputes(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Disputes that nobody answered, from so many days before their last day on until somebody does."""
    zone = look.zone
    today = local(look.now, zone).date()
    for each in papers.disputes(look.snapshot.events(kinds=papers.KINDS)):
        last = each.on + timedelta(days=ANSWER)
        left = (last - today).days
        if each.state != "open" or left > (rule.days or 0):
            continue
        amount = "" if each.amount is None else f", {money(each.amount, PLAIN)}"
        said = _left(left) if left >= 0 else f"{plural(-left, 'day', 'days', PLAIN)} over"
        yield Finding(
            rule=rule.id,
            kind=rule.when,
            subject=f"dispute {each.id}",
            urgency=rule.urgency,
            since=midnight(last, zone) - (rule.days or 0) * DAY,
            title=f"Answer the dispute of {each.number}{amount}, opened on {each.on}, by {last}: {said}",
            lines=(
                f"{each.number}: nobody has answered it yet",
                "What is disputed, and since when: makegood dispute list --open",
                f'Answer it: makegood dispute answer {each.id} --answer "…"',
            ),
        )
