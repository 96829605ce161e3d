"""The lines of one promise: from the period to what its schedule makes of the figures, resource by resource.

Parts printed under one another add up. In time: period − not in force − outside the hours − not watched − to
come − unknown is measured; downtime − what rules on outages drop − excused is counted. What is counted in
slots, requests or events adds up in the same way, in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from monitor.agreements import formula
from monitor.agreements.account import size, spans, taken, term, to_come, weight
from monitor.agreements.clip import ServiceHours, hours
from monitor.agreements.counts import in_a_row, untold
from monitor.agreements.exclude import Exclusion, Exclusions
from monitor.agreements.formula import MeanOfLast, MeanOfMonths
from monitor.agreements.gate import Commitment, NoCommitment
from monitor.agreements.pipeline import (
    CLOCKED,
    Account,
    Accounts,
    Case,
    Clause,
    Due,
    Formula,
    Line,
    Named,
    Piece,
    Reading,
    Value,
    WindowUse,
)
from monitor.agreements.qualify import Affecting, Aged, Deduct, IgnoreTotal, Lasting, Whole
from monitor.agreements.schedule import tables
from monitor.agreements.slots import IntoSlots
from monitor.agreements.unknown import Unobserved
from monitor.core.intervals import intersect, total

R = TypeVar("R")

DROPPING = (Lasting, Affecting, Aged, Deduct, Whole, IgnoreTotal)

MET = {None: "unknown", True: "yes", False: "no"}


VALUES = ("sample", "ticket time")
"""Units whose figure is a value, and no share."""


def worked(case: Case, named: Named) -> Iterator[Line]:
    """Every line of a promise up to its schedule, but for its period; `case` is as the promise sees it."""
    accounts, readings = named.accounts, named.readings
    each_alone = [account.lane for account in accounts] == [reading.lane for reading in readings]
    for place, account in enumerate(accounts):
        if len(accounts) > 1:
            yield _line("measure", "resource", name=account.lane)
        yield from _account(case, named.clause, account)
        if each_alone:
            yield from _reading(named, readings[place], (account,), case)
    for reading in () if each_alone else readings:
        if len(readings) > 1:
            yield _line("formula", "resource", name=reading.lane)
        elif len(accounts) > 1:
            yield _line("formula", "all_resources", count=len(accounts))
        yield from _reading(named, reading, _of(reading, accounts, case), case)


def _of(reading: Reading, accounts: Accounts, case: Case) -> Accounts:
    """The accounts that a reading is made of."""
    lane, labels = reading.lane, case.evidence.labels
    own = tuple(account for account in accounts if account.lane == lane)
    alike = tuple(account for account in accounts if lane in labels.get(account.lane, {}).values())
    return own or alike or accounts


def _account(case: Case, clause: Clause, account: Account) -> Iterator[Line]:
    """Where outages are cut into slots exclusions come first, as time; the slots are of what is left."""
    if account.unit == "ms":
        yield from _time(case, clause, account)
        yield from _downtime(clause, account)
        yield from _exclude(case, clause, account)
    elif step_of(clause, IntoSlots) is not None:
        yield from _exclude(case, clause, replace(account, unit="ms"))
        yield from _pieces(replace(account, excused=()))
    else:
        yield from _pieces(account)
        yield from _exclude(case, clause, account)


def period(case: Case) -> Line:
    """What all times are of."""
    period = case.period
    return _line(
        "measure",
        "period",
        start=period.span.start,
        end=period.span.end,
        ms=period.span.length,
        label=period.label,
        zone=period.zone,
    )


def _time(case: Case, clause: Clause, account: Account) -> Iterator[Line]:
    promised, unseen, ahead, served = size(account.promised), size(account.unknown), to_come(case), term(case)
    absent = case.period.span.length - total(case.in_force)
    if absent:
        yield _line("measure", "not_in_force", ms=absent)
    rule = step_of(clause, ServiceHours)
    if rule is not None:
        served = intersect(served, hours(rule.calendar, case))
        other = total(term(case)) - total(served)
        yield _line("measure", "other_hours", ms=other, calendar=rule.calendar)
    unwatched = total(served) - promised
    if unwatched > 0:
        yield _line("measure", "not_watched", ms=unwatched)
    if ahead:
        yield _line("measure", "to_come", ms=ahead)
    if unwatched < 0:
        yield _line("measure", "of_all", ms=promised)
    policy = (step_of(clause, Unobserved) or Unobserved()).policy
    yield _line("measure", "unknown", ms=unseen, spans=len(spans(account.unknown)), policy=policy)
    yield _line("measure", "measured", ms=promised - unseen)


def _downtime(clause: Clause, account: Account) -> Iterator[Line]:
    down = (*account.bad, *taken(account.excused), *account.short)
    yield _line("qualify", "downtime", ms=size(down), outages=_causes(down))
    if not account.short:
        return
    values: dict[str, Value] = {"ms": size(account.short), "outages": _causes(account.short)}
    (rule, *others) = _dropping(clause.steps)
    if isinstance(rule, Lasting) and not others:
        yield Line("qualify", "too_short", {**values, "sign": rule.sign, "limit": rule.limit})
    else:
        yield Line("qualify", "dropped", values)


def _dropping(steps: Iterable[object]) -> list[object]:
    """The rules on outages that may drop downtime."""
    inside = [each for step in steps for each in getattr(step, "inner", (step,))]
    return [each for each in inside if isinstance(each, DROPPING)]


def _pieces(account: Account) -> Iterator[Line]:
    """What is counted: slots, requests, events, samples."""
    unit, unseen = account.unit, weight(account.unknown)
    yield _line("measure", "pieces", unit=unit, count=size(account.promised), unknown=unseen)
    if unit in VALUES:
        return
    bad = (*account.bad, *taken(account.excused), *account.short)
    yield _line("qualify", "bad", unit=unit, count=weight(bad), outages=_causes(bad))
    if account.short:
        yield _line("qualify", "dropped_pieces", unit=unit, count=weight(account.short))


def _exclude(case: Case, clause: Clause, account: Account) -> Iterator[Line]:
    step = step_of(clause, Exclusions)
    if step is None:
        return
    titles = {window.id: window.title for window in case.evidence.windows}
    for use in account.windows:
        rule = step.rule(use.what)
        if rule is not None:
            yield _window(use, rule, titles.get(use.window, use.window))
    yield from account.lines
    if account.unit == "ms":
        aside = {"set_aside": size(account.set_aside)} if account.set_aside else {}
        yield _line("exclude", "excused", ms=size(taken(account.excused)), **aside)
    elif account.unit not in CLOCKED:
        left = size(account.set_aside)
        aside = {"set_aside": left} if left else {}
        yield _line(
            "exclude", "excused_pieces", unit=account.unit, count=weight(taken(account.excused)), **aside
        )


def _window(use: WindowUse, rule: Exclusion, title: str) -> Line:
    values: dict[str, Value] = {
        "window": use.window,
        "title": title,
        "start": use.span.start,
        "end": use.span.end,
        "inside": use.inside,
        "excused": use.excused,
        "ahead": use.ahead,
        "notice": rule.notice.ms if rule.notice else 0,
        "cap": next((each.most for each in rule.at_most if each.of == "time"), 0),
        "verdict": use.verdict,
    }
    if rule.notice is not None and rule.notice.business_days:
        values["business_days"] = rule.notice.business_days
    if use.what == "scheduled maintenance" and use.window != str(rule.always):
        return Line("exclude", "maintenance", values)
    return Line("exclude", "window", {**values, "what": use.what, "asked": "yes" if rule.notice else "no"})


def _reading(named: Named, reading: Reading, accounts: Accounts, case: Case) -> Iterator[Line]:
    clause = named.clause
    yield from _formula(clause.formula, reading, accounts)
    yield from reading.lines
    yield from _gate(clause, reading, accounts[0].unit)
    owed = [due for due in named.dues if due.lane == reading.lane or len(named.readings) == 1]
    if reading.met is False:
        yield from _looked_back(clause, reading, case)
    yield from _schedule(reading, owed)


def _looked_back(clause: Clause, reading: Reading, case: Case) -> Iterator[Line]:
    """What a table of earlier periods takes for granted."""
    for table in tables(clause.schedule):
        over = table.over or 1
        if table.by == "consecutive misses":
            over = in_a_row(reading, case) + 1
        if table.by in ("missed periods", "consecutive misses") and (missing := untold(case, over)):
            yield _line("schedule", "assumed", periods=over, missing=missing)


def _formula(rule: Formula, reading: Reading, accounts: Accounts) -> Iterator[Line]:
    unit = accounts[0].unit
    if unit in VALUES:
        if reading.value is not None:
            yield _line("formula", "value", value=reading.value)
    elif unit == "ms":
        yield from _timed(reading, accounts)
    else:
        yield _line("formula", "counted_pieces", unit=unit, count=reading.bad)
    means = [layer for layer in formula.layers(rule) if isinstance(layer, MeanOfLast | MeanOfMonths)]
    if unit not in VALUES and not any(isinstance(layer, MeanOfMonths) for layer in means):
        yield from _ratio(reading, accounts, as_it_is=not means)
    yield from _means(means, reading)
    if reading.rounded is not None:
        yield _line("formula", "rounded", share=reading.rounded, metric="yes" if unit in VALUES else "no")


def _timed(reading: Reading, accounts: Accounts) -> Iterator[Line]:
    counted = sum(size(account.bad) for account in accounts)
    yield _line("formula", "counted", ms=counted)
    if counted != reading.bad:
        yield _line("formula", "weighted", ms=reading.bad)
    if accounts[0].fixed is not None:
        yield _line("formula", "taken_as", ms=reading.base)


def _ratio(reading: Reading, accounts: Accounts, *, as_it_is: bool) -> Iterator[Line]:
    """The division; of the period alone where the figure is a mean with others."""
    if reading.value is None or not reading.base:
        return
    unit, fixed = accounts[0].unit, sum((account.fixed or 0 for account in accounts), Fraction(0))
    bad: Value = int(reading.bad) if reading.bad.denominator == 1 else reading.bad
    base = fixed if fixed > 0 and fixed.denominator > 1 else reading.base
    share = reading.value if as_it_is else max(Fraction(0), 1 - reading.bad / base)
    values: dict[str, Value] = {"bad": bad, "base": base, "share": share}
    if unit == "ms":
        yield Line("formula", "availability", values)
    else:
        yield Line("formula", "ratio", {**values, "unit": unit})


def _means(means: list[MeanOfLast | MeanOfMonths], reading: Reading) -> Iterator[Line]:
    for layer in means if reading.value is not None else ():
        if isinstance(layer, MeanOfLast):
            yield _line("formula", "mean_of_last", periods=layer.periods, share=reading.value or 0)
        elif len(means) == 1:
            yield _line("formula", "mean_of_months", share=reading.value or 0)


def _gate(clause: Clause, reading: Reading, unit: str) -> Iterator[Line]:
    gate = clause.gate
    if isinstance(gate, Commitment):
        yield _asked(gate, reading, unit)
    elif isinstance(gate, NoCommitment):
        yield _line("gate", "none")
    least = formula.floor(clause.formula)
    if least is not None and (unit == "ms" or reading.coverage != 1):
        enough = "yes" if reading.determinable else "no"
        yield _line("gate", "coverage", share=reading.coverage, floor=least, enough=enough)


def _asked(gate: Commitment, reading: Reading, unit: str) -> Line:
    met = MET[reading.met]
    if gate.of == "downtime":
        return _line(
            "gate", "downtime", sign=gate.bound.sign, limit=int(gate.bound.value), ms=reading.down, met=met
        )
    if gate.of == "metric":
        found = {} if reading.figure is None else {"value": reading.figure}
        return _line(
            "gate", "metric", sign=gate.bound.sign, limit=gate.bound.value, unit=gate.unit, met=met, **found
        )
    values: dict[str, Value] = {"sign": gate.bound.sign, "share": gate.bound.value, "met": met}
    if unit == "ms" and reading.bad.denominator == 1 and reading.rounded is None:
        values["over"] = int(reading.bad) - gate.allows(reading.base)
    return Line("gate", "commitment", values)


def _schedule(reading: Reading, dues: Iterable[Due]) -> Iterator[Line]:
    owed = list(dues)
    if reading.determinable and not owed:
        yield _line("schedule", "none")
    for due in owed:
        yield _due(due)


def _due(due: Due) -> Line:
    if due.kind == "share" and not due.count:
        values: dict[str, Value] = {"row": due.cause, "share": due.amount}
        return Line("schedule", "row", values if due.at is None else {**values, "at": due.at})
    values = {"row": due.cause, "kind": due.kind, "amount": due.amount, "of": due.of}
    if due.count:
        values |= {"count": due.count, "size": due.size}
    if due.factor != 1:
        values |= {"factor": due.factor}
    if due.at is not None:
        values |= {"at": due.at}
    return Line("schedule", "due", values)


def step_of(clause: Clause, kind: type[R]) -> R | None:
    """The step of a kind, or None where the promise has none."""
    return next((step for step in clause.steps if isinstance(step, kind)), None)


def _line(stage: str, rule: str, **values: Value) -> Line:
    return Line(stage, rule, values)


def _causes(pieces: Iterable[Piece]) -> int:
    return len({piece.cause for piece in pieces})
