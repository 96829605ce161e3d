"""The lines of a settlement, as data: every figure of the way from the period to the claim, in order.

The vocabulary is closed; `explain` and the statement's pages make words of it. ms are integers, shares and
money fractions. The parts printed under one another add up: period − not in force − not watched − to come −
unknown is measured; downtime − too short − excused is counted. Not watched is time in force in which no
endpoint of the service existed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from monitor.agreements.account import size, spans, taken, term, to_come
from monitor.agreements.exclude import Exclusion, Exclusions
from monitor.agreements.formula import Availability
from monitor.agreements.gate import Commitment
from monitor.agreements.pipeline import (
    Account,
    Case,
    Due,
    Line,
    Named,
    Piece,
    Priced,
    Reading,
    Value,
    WindowUse,
)
from monitor.agreements.qualify import Lasting
from monitor.agreements.unknown import Unobserved
from monitor.core.intervals import total

R = TypeVar("R")


def workings(case: Case, promises: tuple[Named, ...], priced: Priced) -> tuple[Line, ...]:
    """All lines of one settlement."""
    (named,) = promises
    (account,), (reading,) = named.accounts, named.readings
    return (
        *_measure(case, account),
        *_qualify(case, account),
        *_exclude(case, account),
        *_formula(reading),
        *_gate(case, reading),
        *_schedule(reading, named.dues),
        *priced.lines,
        Line("claim", "claim", {"text": named.clause.claim.text}),
    )


def _measure(case: Case, account: Account) -> Iterator[Line]:
    period = case.period
    promised, unseen, ahead = size(account.promised), size(account.unknown), to_come(case)
    absent, unwatched = period.span.length - total(case.in_force), total(term(case)) - promised
    yield _line(
        "measure",
        "period",
        start=period.span.start,
        end=period.span.end,
        ms=period.span.length,
        label=period.label,
        zone=period.zone,
    )
    if absent:
        yield _line("measure", "not_in_force", ms=absent)
    if unwatched:
        yield _line("measure", "not_watched", ms=unwatched)
    if ahead:
        yield _line("measure", "to_come", ms=ahead)
    policy = (_rule(case, Unobserved) or Unobserved()).policy
    yield _line("measure", "unknown", ms=unseen, spans=len(spans(account.unknown)), policy=policy)
    yield _line("measure", "measured", ms=promised - unseen)


def _qualify(case: Case, account: Account) -> Iterator[Line]:
    down = (*account.bad, *taken(account.excused), *account.short)
    yield _line("qualify", "downtime", ms=size(down), outages=_causes(down))
    rule = _rule(case, Lasting)
    if rule and account.short:
        short = account.short
        yield _line(
            "qualify", "too_short", ms=size(short), outages=_causes(short), sign=rule.sign, limit=rule.limit
        )


def _exclude(case: Case, account: Account) -> Iterator[Line]:
    step = _rule(case, Exclusions)
    if step is None:
        return
    titles = {window.id: window.title for window in case.evidence.windows}
    for use in account.windows:
        rule = step.rule(use.what) or Exclusion(use.what)
        yield _window(use, rule, titles.get(use.window, use.window))
    aside = {"set_aside": size(account.set_aside)} if account.set_aside else {}
    yield _line("exclude", "excused", ms=size(taken(account.excused)), **aside)


def _window(use: WindowUse, rule: Exclusion, title: str) -> Line:
    return _line(
        "exclude",
        "maintenance",
        window=use.window,
        title=title,
        start=use.span.start,
        end=use.span.end,
        inside=use.inside,
        excused=use.excused,
        ahead=use.ahead,
        notice=rule.notice.ms if rule.notice else 0,
        cap=next((each.most for each in rule.at_most if each.of == "time"), 0),
        verdict=use.verdict,
    )


def _formula(reading: Reading) -> Iterator[Line]:
    yield _line("formula", "counted", ms=int(reading.bad))
    if reading.value is not None:
        yield _line("formula", "availability", bad=int(reading.bad), base=reading.base, share=reading.value)


def _gate(case: Case, reading: Reading) -> Iterator[Line]:
    gate, formula = case.clause.gate, case.clause.formula
    if isinstance(gate, Commitment):
        met = {None: "unknown", True: "yes", False: "no"}[reading.met]
        over = int(reading.bad) - gate.allows(reading.base)
        yield _line("gate", "commitment", sign=gate.bound.sign, share=gate.bound.value, met=met, over=over)
    if isinstance(formula, Availability):
        enough = "yes" if reading.determinable else "no"
        yield _line("gate", "coverage", share=reading.coverage, floor=formula.floor, enough=enough)


def _schedule(reading: Reading, dues: tuple[Due, ...]) -> Iterator[Line]:
    if reading.determinable and not dues:
        yield _line("schedule", "none")
    for due in dues:
        yield _line("schedule", "row", row=due.cause, share=due.amount)


def _line(stage: str, rule: str, **values: Value) -> Line:
    return Line(stage, rule, values)


def _rule(case: Case, kind: type[R]) -> R | None:
    return next((step for step in case.clause.steps if isinstance(step, kind)), None)


def _causes(pieces: Iterable[Piece]) -> int:
    return len({piece.cause for piece in pieces})
