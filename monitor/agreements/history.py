"""History: what a settlement leaves behind for the periods after it, one row a promise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from monitor.agreements.account import taken
from monitor.agreements.counts import by_cause, count
from monitor.agreements.exclude import Exclusion, Exclusions
from monitor.agreements.pipeline import Account, Case, Due, History, Named, Past, Reading
from monitor.core.cycles import NAMING_DAY, Cycle, preceding
from monitor.core.intervals import Ms, intersect, normalise, total
from monitor.core.periods import Period

NOTHING = Fraction(0)
WITHIN = ("day", "week", "month", "period")
"""Spans of allowances that an earlier period has no part in."""


def of_promise(history: History, name: str) -> History:
    """The rows of one promise, and those that name none."""
    if all(past.promise in ("", name) for past in history):
        return history
    return tuple(past for past in history if past.promise in ("", name))


def rows(promises: tuple[Named, ...], earned: Fraction | None, case: Case) -> History:
    """The rows to append. `earned` is what the whole agreement earned in the period (None: not known)."""
    several = len(promises) > 1
    return tuple(row(named, earned, case, name=named.name if several else "") for named in promises)


def row(named: Named, earned: Fraction | None, case: Case, *, name: str = "") -> Past:
    """One promise's row: its worst figure, and the sums over its resources.

    Where a class has an allowance that later periods share, what is excused is what uses it up.
    """
    rules = [rule for step in named.clause.steps if isinstance(step, Exclusions) for rule in step.rules]
    return Past(
        period=case.period.label,
        met=met(named.readings),
        figure=_worst(named.readings),
        down=round(sum((reading.down for reading in named.readings), NOTHING)),
        excused=sum(_excused(account, rules, case) for account in named.accounts),
        windows=len({window for account in named.accounts for window in _windows(account, rules)}),
        outages=sum(len(by_cause(reading)) for reading in named.readings),
        misses=sum(count(reading.misses) for reading in named.readings),
        points=_points(named.dues),
        credit=earned,
        promise=name,
        span=case.period.span,
    )


def _worst(readings: tuple[Reading, ...]) -> Fraction | None:
    """The worst figure of the period alone: the highest of a metric that is promised to stay low."""
    figures = [reading.value if reading.alone is None else reading.alone for reading in readings]
    known = [figure for figure in figures if figure is not None]
    high = any(reading.promise_of == "metric" and _stays_low(reading) for reading in readings)
    return max(known, default=None) if high else min(known, default=None)


def _stays_low(reading: Reading) -> bool:
    return reading.promise is not None and reading.promise.sign in ("<", "<=")


def met(readings: Iterable[Reading]) -> bool | None:
    """Whether all are met: one that is missed decides, then one that is not determinable."""
    found = [reading.met for reading in readings]
    return False if False in found else None if None in found else True


def whole(now: Iterable[Past]) -> Past:
    """The rows of one period as one: missed where a promise was, the worst figure, the sums of the rest."""
    found = list(now)
    first, answers = found[0], [past.met for past in found]
    return Past(
        period=first.period,
        met=False if False in answers else None if None in answers else True,
        figure=min((past.figure for past in found if past.figure is not None), default=None),
        down=sum(past.down for past in found),
        excused=sum(past.excused for past in found),
        windows=sum(past.windows for past in found),
        outages=sum(past.outages for past in found),
        misses=sum(past.misses for past in found),
        points=sum((past.points for past in found), NOTHING),
        credit=first.credit,
        span=first.span,
    )


def without_holes(history: History, cycle: Cycle, period: Period, promises: Sequence[str]) -> History:
    """The rows before a period, and one that knows nothing for each that is missing among them.

    What looks at the last so many periods then looks at those, and not at the last so many rows. Spans that
    roll from day to day have no rows that follow one another, and are left as they are.
    """
    known = [past for past in history if past.span is None or past.span.start < period.span.start]
    if cycle.every in NAMING_DAY or not known:
        return tuple(known)
    first = min((past.span.start for past in known if past.span), default=period.span.start)
    found = [*known, *_unknown(known, cycle, period, promises, first)]
    return tuple(sorted(found, key=lambda past: past.span.start if past.span else first))


def _unknown(
    known: Iterable[Past], cycle: Cycle, period: Period, promises: Sequence[str], first: Ms
) -> Iterator[Past]:
    told = [(past.span.start, past.promise) for past in known if past.span]
    before = preceding(cycle, period)
    while before.span.start > first:
        named = {promise for at, promise in told if at in before.span}
        for name in promises if "" not in named else ():
            if name not in named:
                yield Past(before.label, None, promise=name, span=before.span)
        before = preceding(cycle, before)


def by_period(history: History) -> tuple[Past, ...]:
    """The history with one row a period, in its order."""
    found: dict[str, list[Past]] = {}
    for past in history:
        found.setdefault(past.period, []).append(past)
    return tuple(whole(pasts) for pasts in found.values())


def _excused(account: Account, rules: Iterable[Exclusion], case: Case) -> Ms:
    capped = [rule for rule in rules if _shared(rule, "time")]
    if not capped:
        return total(piece.span for piece in taken(account.excused))
    return sum(_used(account, rule, case) for rule in capped)


def _shared(rule: Exclusion, of: str) -> bool:
    return any(each.of == of and each.per not in WITHIN for each in rule.at_most)


def _used(account: Account, rule: Exclusion, case: Case) -> Ms:
    """What a class used up of its time: downtime excused, or windows as they were announced."""
    own = [use for use in account.windows if use.what == rule.what]
    if rule.counted == "window":
        announced = normalise(use.span for use in own if use.verdict in ("valid", "cap_used"))
        return total(intersect(announced, (case.period.span,)))
    names = {use.window for use in own}
    return total(each.piece.span for each in account.excused if each.by in names)


def _windows(account: Account, rules: Iterable[Exclusion]) -> Iterator[str]:
    """The windows that excused something; of a class that counts them by announcement, all valid ones."""
    capped = {rule.what: rule.counted for rule in rules if _shared(rule, "windows")}
    for use in account.windows:
        valid = use.verdict in ("valid", "cap_used") and capped.get(use.what) == "window"
        if (use.excused or valid) and (not capped or use.what in capped):
            yield use.window


def _points(dues: Iterable[Due]) -> Fraction:
    return sum((due.amount for due in dues if due.kind == "points"), NOTHING)
