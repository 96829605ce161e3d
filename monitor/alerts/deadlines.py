"""Last days that are near: of our claims against providers, and of answers that customers wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from monitor.alerts.look import Look
from monitor.core.periods import local, midnight
from monitor.ledger import claims
from monitor.ledger import disputes as papers
from monitor.ledger.receivables import Receivable, receivables
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule
from monitor.statements.bought import agreements_of
from reports.format import PLAIN, money, plural

BACK: Final = 6
"""Months that are looked back for a last day that is still to come."""
ANSWER: Final = 30
"""Days in which a dispute or a claim of a customer is to be answered: a number of ours, and no contract's."""


def deadlines(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """What must be done within so many days."""
    yield from _claims(look, rule)
    if not (rule.services or rule.agreements or rule.endpoints or rule.labels or rule.customers):
        yield from _disputes(look, rule)
        yield from _awaited(look, rule)


def _claims(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Our claims, and the notices before them, that are to be given in the days that are left."""
    if not agreements_of(look.plan):
        return
    about = {each.id for each in look.services(replace(rule, agreements=()))}
    for each in receivables(look.plan, look.snapshot, look.now, back=BACK):
        day, agreement = each.remind_by, each.agreement
        if day is None or (rule.agreements and agreement.id not in rule.agreements):
            continue
        if agreement.service not in about:
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
    """Disputes that nobody answered, until somebody does."""
    for each in papers.disputes(look.snapshot.events(kinds=papers.KINDS)):
        if each.state == "open":
            amount = "" if each.amount is None else f", {money(each.amount, PLAIN)}"
            said = f"the dispute of {each.number}{amount}, opened on {each.on}"
            lines = (
                f"{each.number}: nobody has answered it yet",
                "What is disputed, and since when: makegood dispute list --open",
                f'Answer it: makegood dispute answer {each.id} --answer "…"',
            )
            yield from _unanswered(look, rule, f"dispute {each.id}", each.on, said, lines)


def _awaited(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Claims of customers that nobody granted or refused, until somebody does."""
    newest = {event.subject: event for event in look.snapshot.events(kinds=claims.KINDS)}
    for subject, event in newest.items():
        if event.body["state"] == "claimed":
            number, agreement = str(event.body["paper"]), str(event.body["agreement"])
            said = f"the claim of {number} for {agreement}, made on {event.body['on']}"
            lines = (
                f"{agreement}: nobody has granted or refused it yet",
                "Which claims there are: makegood claim list",
                f"Grant it: makegood claim move {number} granted --agreement {agreement}",
            )
            on = date.fromisoformat(str(event.body["on"]))
            yield from _unanswered(look, rule, subject, on, said, lines)


def _unanswered(
    look: Look, rule: AlertRule, subject: str, on: date, said: str, lines: tuple[str, ...]
) -> Iterator[Finding]:
    """What is to be answered within so many days of a day, once the last of them is near, and after it."""
    last = on + timedelta(days=ANSWER)
    left = (last - local(look.now, look.zone).date()).days
    if left <= (rule.days or 0):
        how = _left(left) if left >= 0 else f"{plural(-left, 'day', 'days', PLAIN)} over"
        since = midnight(last - timedelta(days=rule.days or 0), look.zone)
        title = f"Answer {said}, by {last}: {how}"
        yield Finding(rule.id, rule.when, subject, rule.urgency, since, title, lines)
