"""Tickets whose time runs out: a finding for each clock, which grows by stages, or one for a customer.

A clock that is answered or paused is told of no more; one that is late has its last word, with what it costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

from monitor.alerts.look import Look
from monitor.alerts.words import when
from monitor.config.plan import Agreement, Plan
from monitor.core.intervals import DAY, MINUTE, Ms
from monitor.operations.alert import LATE, Finding
from monitor.operations.alerting import AlertRule
from monitor.queue.clocks import Clock, Watch
from monitor.queue.kept import Kept, path_of
from monitor.queue.stakes import Stake, Stakes, state_of
from monitor.records import dataclass
from monitor.statements.ticketed import promises_times
from monitor.store.protocol import WholeSnapshot
from reports.format import PLAIN, brief, money, plural, share

FEW: Final = 3
"""Clocks of one customer that are told one by one; more are told as one."""
SHOWN: Final = 8
EVERY: Final[Ms] = MINUTE
RECENT: Final[Ms] = DAY
"""So long after its time was up a clock has a last word."""
WORDS: Final = {
    "first human reply": "first reply", "any reply": "reply", "next human reply": "next reply",
    "acknowledged": "acknowledgement", "update": "update", "resolved": "resolution",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Last:
    """What a rule found last, of which plan, as of which tickets, and when."""

    plan: Plan
    link: str
    at: Ms
    found: tuple[Finding, ...]


_last: dict[tuple[Path, str], _Last] = {}
"""To judge thousands of clocks takes a second: while no ticket changed, once in `EVERY` is enough."""


def responses(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """What is near of the agreements that a rule is about, customer by customer."""
    agreements = _agreements(look, rule)
    if not agreements:
        return
    snapshot = cast(WholeSnapshot, look.snapshot)
    key, link = (look.plan.settings.database, rule.id), snapshot.ticket_head()[1]
    last = _last.get(key)
    if last is None or last.plan is not look.plan or last.link != link or not 0 <= look.now - last.at < EVERY:
        last = _last[key] = _Last(look.plan, link, look.now, tuple(_found(look, rule, snapshot, agreements)))
    yield from last.found


def _found(
    look: Look, rule: AlertRule, snapshot: WholeSnapshot, agreements: Sequence[Agreement]
) -> Iterator[Finding]:
    watch = Watch(look.plan, snapshot, look.now)
    if not watch.tickets:
        return
    kept = Kept.read(path_of(look.plan.settings.database), state_of(watch))
    stakes = Stakes(watch, kept)
    near: dict[str, list[Clock]] = {}
    for clock in watch.clocks(agreements):
        if clock.finished:
            continue
        first = (rule.stages or (Fraction(1, 2),))[0]
        if clock.state == "runs" and clock.used >= first:
            near.setdefault(clock.agreement.customer, []).append(clock)
        elif clock.state == "late" and (clock.due or 0) > look.now - RECENT:
            yield _late(look, rule, clock, stakes.of(clock))
    stakes.prepare(clock for clocks in near.values() for clock in clocks[:SHOWN])
    for customer, clocks in near.items():
        clocks.sort(key=lambda each: (each.due or 0, each.response.cause))
        yield from _of_customer(look, rule, customer, clocks, stakes)
    kept.write()


def _agreements(look: Look, rule: AlertRule) -> Sequence[Agreement]:
    mine = [each for each in look.agreements(rule) if promises_times(each)]
    if mine and (rule.services or rule.endpoints or rule.labels):
        on = {each.id for each in look.services(rule)}
        mine = [each for each in mine if each.service in on]
    return mine


def _of_customer(
    look: Look, rule: AlertRule, customer: str, clocks: Sequence[Clock], stakes: Stakes
) -> Iterator[Finding]:
    """A few one by one, many as one; what was told the one way stays told that way until it is over."""
    few = len(clocks) <= FEW
    for clock in clocks:
        yield _one(look, rule, clock, stakes, firm=few)
    yield _many(look, rule, customer, clocks, stakes, firm=not few)


def _one(look: Look, rule: AlertRule, clock: Clock, stakes: Stakes, *, firm: bool) -> Finding:
    reached = _reached(rule, clock, look.now)
    used = share(Fraction(int(clock.used * 100), 100), PLAIN)
    left = brief(clock.left or 0, PLAIN)
    until = when(look, clock.due or 0)
    title = f"{used} of the time for the {_what(look, clock)} is used: {left} left, until {until}"
    stake = stakes.of(clock) if firm else Stake(None, None)
    if stake.amount is not None:
        title += f"; {money(stake.amount, PLAIN)} at stake"
    return _finding(look, rule, clock, title, _lines(clock), reached, firm=firm)


def _late(look: Look, rule: AlertRule, clock: Clock, stake: Stake) -> Finding:
    costs = "" if stake.amount is None else f", which costs {money(stake.amount, PLAIN)}"
    title = f"{LATE}the {_what(look, clock)} was due {when(look, clock.due or 0)}{costs}"
    return _finding(look, rule, clock, title, _lines(clock), (), firm=False, last=True)


def _many(
    look: Look, rule: AlertRule, customer: str, clocks: Sequence[Clock], stakes: Stakes, *, firm: bool
) -> Finding:
    """All of a customer: it is as far as whichever clock is furthest."""
    name = look.plan.party_of(clocks[0].agreement).party.name
    count = plural(len(clocks), "ticket clock", "ticket clocks", PLAIN)
    title = f"{name}: the time of {count} runs out, of the first on {when(look, clocks[0].due or 0)}"
    every = [_reached(rule, each, look.now) for each in clocks]
    stages = range(len(rule.stages or ()))
    reached = tuple(
        min(own[n] for own in every if len(own) > n) for n in stages if any(len(o) > n for o in every)
    )
    lines = [_line(look, each, stakes) for each in clocks[:SHOWN]] if firm else []
    if firm and len(clocks) > SHOWN:
        lines.append(f"and {len(clocks) - SHOWN} more")
    lines.append(f"What to do first: makegood queue --customer {customer}")
    return Finding(
        rule=rule.id, kind=rule.when, subject=f"customer {customer}", urgency=rule.urgency,
        since=reached[0] if reached else look.now, title=title, lines=tuple(lines), firm=firm,
        worse=reached[1:],
    )  # fmt: skip


def _line(look: Look, clock: Clock, stakes: Stakes) -> str:
    amount = stakes.of(clock).amount
    costs = "" if amount is None else f", {money(amount, PLAIN)} at stake"
    return (
        f"{clock.response.cause}: {WORDS[clock.measure.rules.to]} until {when(look, clock.due or 0)}{costs}"
    )


def _finding(
    look: Look, rule: AlertRule, clock: Clock, title: str, lines: tuple[str, ...], reached: tuple[Ms, ...],
    *, firm: bool, last: bool = False,
) -> Finding:  # fmt: skip
    source = clock.ticket.columns.get("source", "")
    return Finding(
        rule=rule.id,
        kind=rule.when,
        subject=f"{source}:{clock.response.cause} {clock.agreement.id} {clock.promise}",
        urgency=rule.urgency,
        since=reached[0] if reached else look.now,
        title=title,
        lines=lines,
        service=clock.agreement.service,
        team=look.team(clock.agreement.service),
        firm=firm,
        worse=reached[1:],
        last=last,
    )


def _what(look: Look, clock: Clock) -> str:
    """`first reply of T-1 (ACME GmbH)`."""
    name = look.plan.party_of(clock.agreement).party.name
    return f"{WORDS[clock.measure.rules.to]} of {clock.response.cause} ({name})"


def _lines(clock: Clock) -> tuple[str, ...]:
    priority = clock.response.key or clock.ticket.priority or "none"
    return (
        f"{clock.agreement.id}, {clock.promise}, priority {priority}",
        f"Its clock: makegood queue --explain {clock.ticket.id}",
    )


def _reached(rule: AlertRule, clock: Clock, now: Ms) -> tuple[Ms, ...]:
    """When each stage was reached that is reached, oldest first: the clock is read backwards from now."""
    allowed, left = clock.response.course.allowed or 0, clock.left or 0
    stages = [each for each in rule.stages or () if clock.used >= each]
    return tuple(_before(clock, int(allowed * (1 - each)) - left, now) for each in stages)


def _before(clock: Clock, ran: Ms, now: Ms) -> Ms:
    """The instant after which the clock ran so long until now."""
    for stretch in reversed(clock.response.timeline()):
        if stretch.state != "running":
            continue
        if ran <= stretch.span.length:
            return stretch.span.end - ran
        ran -= stretch.span.length
    return min(now, clock.response.course.start)
