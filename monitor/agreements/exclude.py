"""Exclude: downtime that is not held against the provider, class by class, in the order of the agreement.

What is excluded is announced or recorded as a window, told by an outage of an excluded class in a file, or is
certain hours of the day. A window counts for its effective span, and stands or falls with its notice. An
allowance is used up in order of time; the overrun counts. Where windows of a class overlap, the one that
starts first excuses; nothing is excused twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import Literal

from monitor.agreements import notice
from monitor.agreements.account import holds, outside, spans, taken, touching, within
from monitor.agreements.allowances import Allotment, said
from monitor.agreements.evidence import OutageRow, Recorded
from monitor.agreements.notice import Verdict
from monitor.agreements.outages import Outages
from monitor.agreements.outages import rule as read_as
from monitor.agreements.pipeline import CLOCKED, Account, Accounts, Case, Excused, Piece, Step, WindowUse
from monitor.agreements.terms import Allowance, ExcludeTerms, Notice, Terms
from monitor.core.calendars import Calendar, Hours, working
from monitor.core.intervals import Ms, Span, Spans, normalise, subtract
from monitor.core.windows import Window
from monitor.records import dataclass

_USED_BY = {"downtime": " of downtime", "window": " of announced time"}

Told = tuple[OutageRow, Span, "Exclusion | None", Verdict]
"""A row of a file, its span, the exclusion of its class, and what its notice makes of it."""

Claimed = tuple[Span, WindowUse]
"""A stretch that a window claims, none of it claimed twice."""


@dataclass(frozen=True, slots=True)
class NoExclusions:
    """Everything counts."""

    def __call__(self, accounts: Accounts, case: Case) -> Accounts:
        return accounts

    def say(self) -> str:
        return "Nothing is excluded: downtime in maintenance counts like any other."


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One class that is excluded: the terms of `ExcludeTerms`, as they compute.

    `notice` None: none is asked for. With `always` and no notice only those hours are excluded, whatever is
    announced.
    """

    what: str = "scheduled maintenance"
    notice: Notice | None = None
    at_most: tuple[Allowance, ...] = ()
    counted: Literal["downtime", "window"] = "downtime"
    effect: Literal["downtime", "both sides"] = "downtime"
    only_during: Hours | None = None
    always: Hours | None = None
    timezone: str | None = None
    calendar: str | None = None

    def verdict(self, window: Window, case: Case) -> Verdict:
        """What a window's own record makes of it, before any allowance."""
        if window.waits:
            return "declared_later"
        return notice.verdict(self.notice, window.span.start, window.recorded, self.calendar, case)

    def announces(self) -> bool:
        """Whether windows of this class excuse anything at all."""
        return self.always is None or self.notice is not None

    def say(self) -> str:
        """`scheduled maintenance announced at least 48 hours ahead, up to …`."""
        parts = [f"{named(self.what)}{self._asked()}"]
        if self.at_most:
            allowed = " and ".join(said(each, _USED_BY[self.counted]) for each in self.at_most)
            parts.append(f", up to {allowed}{self._used()}; what goes beyond counts as downtime")
        if self.effect == "both sides":
            parts.append("; the time of such windows is taken off the length of the period too")
        return "".join(parts)

    def _used(self) -> str:
        if self.counted == "window" and any(each.of != "time" for each in self.at_most):
            return ", whether or not anything is down in them"
        return ""

    def _asked(self) -> str:
        asked = f" {notice.say(self.notice)}" if self.notice is not None else ""
        if self.notice is not None and self.notice.business_days and self.calendar:
            asked += f" by the calendar {self.calendar}"
        if self.only_during:
            asked += f", as far as it is done {self.only_during} ({self.timezone})"
        if self.always:
            asked += f"{' and' if asked else ''} {self.always} ({self.timezone}), announced or not"
        return asked

    @property
    def plain(self) -> bool:
        """Whether the class alone says everything."""
        return self.say() == named(self.what) and self.what != "scheduled maintenance"


@dataclass(frozen=True, slots=True)
class Exclusions:
    """All exclusions of a promise, as one step. Without it the figure is the one without any exclusion.

    An event's clock stands meanwhile, which its measure sees to: nothing is excused of events. Slots and
    requests that start in a valid window are good, or left out where the effect is "both sides"; samples are
    left out in either case.
    """

    rules: tuple[Exclusion, ...]
    read: Outages = field(default_factory=Outages)

    def __call__(self, accounts: Accounts, case: Case) -> Accounts:
        windows = sorted(case.evidence.windows, key=lambda w: (w.span, w.id))
        return tuple(self._one(account, windows, case) for account in accounts)

    def _one(self, account: Account, windows: Sequence[Window], case: Case) -> Account:
        if account.unit in CLOCKED:
            return account
        rows = self._rows(account.lane, case)
        never = _not_in_force(case)
        for rule in self.rules:
            own = (w for w in windows if w.what == rule.what) if rule.announces() else ()
            found = [
                *uses(rule, own, account.lane, case),
                *_told(rule, rows, case),
                *_always(rule, account, case),
            ]
            if found:
                account = _applied(rule, account, found, never, case)
        return account

    def _rows(self, lane: str, case: Case) -> tuple[Told, ...]:
        """The rows of a resource's file that are outages of the promise, with what is made of them."""
        recorded = case.evidence.resources.get(lane)
        if not isinstance(recorded, Recorded):
            return ()
        found = (row for each in self.read.of(recorded, case.as_of) for row in each.rows)
        return tuple((row, _extent(row, self.read, case), *self._judged(row, case)) for row in found)

    def _judged(self, row: OutageRow, case: Case) -> tuple[Exclusion | None, Verdict]:
        rule = self.rule(row.what)
        if rule is None or not rule.announces():
            return None, "valid"
        if row.announced is None:
            return rule, "valid"
        return rule, notice.verdict(rule.notice, row.span.start, row.announced, rule.calendar, case)

    def rule(self, what: str) -> Exclusion | None:
        """The rule of a class, or None where it is not excluded."""
        return next((rule for rule in self.rules if rule.what == what), None)

    def say(self) -> str:
        spoken = [rule.say() for rule in self.rules if not rule.plain]
        plain = [named(rule.what) for rule in self.rules if rule.plain]
        if plain:
            spoken.append(" and ".join((", ".join(plain[:-1]), plain[-1])) if len(plain) > 1 else plain[0])
        return " ".join(f"Not counted: {each}." for each in spoken)


def named(what: str) -> str:
    """A class in a sentence; one of the agreement's own by its name alone."""
    return what.removeprefix("other:").strip()


def _extent(row: OutageRow, read: Outages, case: Case) -> Span:
    ticket = row.ticket_closed if read.ends == "ticket closed" else None
    end = row.span.end if ticket is None else max(row.span.end, ticket)
    first = row.last_good if read.starts == "last success" else None
    start = row.span.start if first is None else min(row.span.start, first)
    return Span(start, max(start, end))


def uses(rule: Exclusion, windows: Iterable[Window], lane: str, case: Case) -> Iterator[WindowUse]:
    """What the windows of a class are to a resource, in their order."""
    for window in windows:
        span = window.effective
        if span is None or (window.resources is not None and lane not in window.resources):
            continue
        verdict = rule.verdict(window, case)
        ahead = 0 if rule.notice is None else window.span.start - window.recorded
        yield from _timely(rule, WindowUse(window.id, span, 0, 0, ahead, verdict, rule.what), case)


def _timely(rule: Exclusion, use: WindowUse, case: Case) -> Iterator[WindowUse]:
    """A valid window by its parts inside the hours in which such work may be done, and those outside."""
    if rule.only_during is None or use.verdict != "valid":
        return iter((use,))
    now = _clock(rule.only_during, rule, use.span, case)
    parts = [replace(use, span=span) for span in now]
    parts += [replace(use, span=span, verdict="not_now") for span in subtract((use.span,), now)]
    return iter(sorted(parts, key=lambda part: part.span))


def _clock(hours: Hours, rule: Exclusion, span: Span, case: Case) -> Spans:
    return working(Calendar(rule.what, rule.timezone or case.period.zone, hours), span)


def _told(rule: Exclusion, rows: Sequence[Told], case: Case) -> Iterator[WindowUse]:
    """Outages of an excluded class, but where one that is not excluded overlaps them."""
    if not any(of is rule for _, _, of, _ in rows):
        return
    against = normalise(span for _, span, of, verdict in rows if of is None or verdict != "valid")
    for row, span, of, verdict in rows:
        if of is not rule:
            continue
        ahead = 0 if rule.notice is None or row.announced is None else row.span.start - row.announced
        for own in subtract((span,), against) if verdict == "valid" else (span,):
            use = WindowUse(row.id or rule.what, own, 0, 0, ahead, verdict, rule.what)
            yield from _timely(rule, use, case)


def _always(rule: Exclusion, account: Account, case: Case) -> Iterator[WindowUse]:
    """The hours that are excluded without being announced, wherever the account or the period reaches."""
    if rule.always is None:
        return iter(())
    period = case.period.span
    reach = Span(
        min([period.start, *(p.start for p in account.bad[:1])]),
        max([period.end, *(p.end for p in account.bad[-1:])]),
    )
    name = str(rule.always)
    return (
        WindowUse(name, span, 0, 0, 0, "valid", rule.what)
        for span in _clock(rule.always, rule, reach, case)
        if rule.effect == "both sides" or account.unit == "sample" or touching(account.bad, span)
    )


def _applied(rule: Exclusion, account: Account, uses: list[WindowUse], never: Spans, case: Case) -> Account:
    uses.sort(key=lambda use: (use.span, use.window))
    claimed = _disjoint((use for use in uses if use.verdict == "valid"), never)
    by_window, by_downtime = _halves(rule)
    lines = account.lines
    if by_window:
        announced = Allotment(rule.what, by_window, case)
        claimed = list(announced.granted((span, _key(use), use) for span, use in claimed))
        lines = (*lines, *announced.lines)
    excusing = Allotment(rule.what, by_downtime, case)
    excused = tuple(_excused(account, claimed, excusing))
    done = replace(
        account,
        bad=_left(account, excused),
        excused=(*account.excused, *excused),
        windows=(*account.windows, *uses),
        lines=(*lines, *excusing.lines),
    )
    if rule.effect == "both sides" or account.unit == "sample":
        done = _both_sides(done, normalise(span for span, _ in claimed))
    return done


def _halves(rule: Exclusion) -> tuple[tuple[Allowance, ...], tuple[Allowance, ...]]:
    """The allowances that announced windows use up, and those that excused downtime does.

    A window that takes time off both sides uses one up whether anything was down in it or not.
    """
    if rule.counted == "window":
        return rule.at_most, ()
    if rule.effect == "downtime":
        return (), rule.at_most
    return (
        tuple(each for each in rule.at_most if each.of == "windows"),
        tuple(each for each in rule.at_most if each.of == "time"),
    )


def _key(use: WindowUse) -> tuple[str, Ms]:
    return use.window, use.span.start


def _excused(account: Account, claimed: list[Claimed], allotment: Allotment) -> Iterator[Excused]:
    if account.unit != "ms":
        return _excused_whole(account, claimed, allotment)
    inside = _inside(account.bad, claimed)
    if not allotment.allowances:
        return (Excused(part, use.window) for part, use in inside)
    granted = allotment.granted((part.span, _key(use), (part, use)) for part, use in inside)
    return (
        Excused(Piece(s.start, s.end, s.end - s.start, part.rate, part.lane, part.cause), use.window)
        for s, (part, use) in granted
    )


def _excused_whole(account: Account, claimed: list[Claimed], allotment: Allotment) -> Iterator[Excused]:
    """What is counted and not timed is excused whole, where it starts, if the allowances have room for it."""
    found: list[tuple[Piece, WindowUse]] = []
    at = 0
    for piece in account.bad:
        while at < len(claimed) and claimed[at][0].end <= piece.start:
            at += 1
        if at < len(claimed) and claimed[at][0].start <= piece.start:
            found.append((piece, claimed[at][1]))
    if not allotment.allowances:
        yield from (Excused(piece, use.window) for piece, use in found)
        return
    room: dict[Ms, Ms] = {}
    for span, piece in allotment.granted((p.span, _key(use), p) for p, use in found):
        room[piece.start] = room.get(piece.start, 0) + span.length
    for piece, use in found:
        if room.get(piece.start, 0) >= piece.end - piece.start:
            yield Excused(piece, use.window)


def _left(account: Account, excused: tuple[Excused, ...]) -> tuple[Piece, ...]:
    if not excused:
        return account.bad
    if account.unit == "ms":
        return outside(account.bad, spans(taken(excused)))
    gone = {e.piece.start for e in excused}
    return tuple(piece for piece in account.bad if piece.start not in gone)


def _inside(bad: tuple[Piece, ...], claimed: list[Claimed]) -> list[tuple[Piece, WindowUse]]:
    """The bad time inside what is claimed, each part with its window; both are in order of time."""
    out: list[tuple[Piece, WindowUse]] = []
    at = 0
    for span, use in claimed:
        while at < len(bad) and bad[at].end <= span.start:
            at += 1
        upto = at
        while upto < len(bad) and bad[upto].start < span.end:
            upto += 1
        out.extend((part, use) for part in within(bad[at:upto], (span,)))
    return out


def _both_sides(account: Account, windows: Spans) -> Account:
    """Windows leave the base, but for downtime beyond the allowance, which counts like any other."""
    if account.unit != "ms":
        return _both_sides_whole(account, windows)
    removed = subtract(windows, spans(account.bad))
    up = subtract(removed, spans(taken(account.excused)))
    return replace(
        account,
        base=outside(account.base, removed),
        set_aside=(*account.set_aside, *within(account.base, up)),
    )


def _both_sides_whole(account: Account, windows: Spans) -> Account:
    bad = {piece.start for piece in account.bad}
    down = {e.piece.start for e in account.excused}
    gone = {p.start for p in account.base if p.start not in bad and holds(windows, p.start)}
    aside = (p for p in account.base if p.start in gone and p.start not in down)
    return replace(
        account,
        base=tuple(p for p in account.base if p.start not in gone),
        set_aside=(*account.set_aside, *aside),
    )


def _not_in_force(case: Case) -> Spans:
    """Time of the period without any agreement. An earlier part on other terms uses allowances up too."""
    if case.first is None or not case.in_force:
        return subtract((case.period.span,), case.in_force)
    begun = min(case.in_force[0].start, max(case.first, case.period.span.start))
    return subtract((case.period.span,), (Span(begun, case.in_force[-1].end),))


def _disjoint(uses: Iterable[WindowUse], never: Spans) -> list[Claimed]:
    """The windows' time in order, none of it twice and none of it in `never`, each with its window."""
    out: list[Claimed] = []
    reached: Ms | None = None
    for use in uses:
        start = use.span.start if reached is None else max(use.span.start, reached)
        if start < use.span.end:
            reached = use.span.end
            out.extend((span, use) for span in subtract((Span(start, reached),), never))
    return out


def rules(terms: Terms) -> Step:
    """The step of a promise's exclusions."""
    if not terms.exclude:
        return NoExclusions()
    return Exclusions(exclusions(terms), read_as(terms))


def exclusions(terms: Terms) -> tuple[Exclusion, ...]:
    """What a promise excludes, class by class."""
    return tuple(_exclusion(each, terms) for each in terms.exclude)


def _exclusion(said: ExcludeTerms, terms: Terms) -> Exclusion:
    return Exclusion(
        said.what,
        said.notice,
        tuple(_of_period(each, terms) for each in said.at_most),
        said.counted,
        said.effect,
        said.only_during,
        said.always,
        said.timezone,
        said.calendar,
    )


def _of_period(allowance: Allowance, terms: Terms) -> Allowance:
    """A month is the period's own where the period is a month of another kind."""
    monthly = terms.period.every in ("billing month", "contract month")
    return replace(allowance, per="period") if monthly and allowance.per == "month" else allowance
