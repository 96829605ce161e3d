"""What an outage would cost that never was: it is laid into the evidence, and the periods are settled again.

The rest of a period that runs is taken as up, as budgets have it. Each figure is that of the statement which
would be drawn up had the outage been recorded; where it crosses a tier is found by bisection on the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor

from monitor.agreements.account import length as lasted
from monitor.agreements.account import taken
from monitor.agreements.ahead import IN_NO_ROW
from monitor.agreements.budget import Budget, budget, edges
from monitor.agreements.deadlines import ClaimDates, dates
from monitor.agreements.parts import evaluate_parts
from monitor.agreements.pipeline import Case, Due, Named, Reading, Settlement, WindowUse, badness
from monitor.agreements.words import share
from monitor.config.plan import Agreement, Plan, Target
from monitor.core.calendars import HolidaysUnknown
from monitor.core.intervals import Ms, Span, intersect, total
from monitor.core.money import Amount
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.errors import MakegoodError, NoRow
from monitor.records import dataclass
from monitor.statements.answered import of_tickets
from monitor.statements.favoured import Credited, favoured
from monitor.statements.health import SPLIT, target_of
from monitor.statements.health import sums as added
from monitor.statements.trial import Trial
from monitor.store.protocol import Snapshot

MOST = 12  # tiers of one agreement's period that are looked for


@dataclass(frozen=True, slots=True)
class Figures:
    """What a period comes to. `why` says in a few words why there is no credit ("" where there is one).

    `counted` and `excused` are downtime in ms, of all promises' worst; `budget` None: there is none, and
    `why_none` says why. `target_met` None: there is no internal target, or no figure.
    """

    availability: Fraction | None = None
    met: bool | None = None
    credit: Amount | None = None
    why: str = ""
    counted: Ms = 0
    excused: Ms = 0
    budget: Budget | None = None
    why_none: str = ""
    target_met: bool | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier that is crossed once the outage has lasted `after` ms: what the contract says of it, the credit
    from then on, and whether the promise is still kept."""

    after: Ms
    text: tuple[str, ...]
    credit: Amount | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class Swallowed:
    """A window or an exclusion that the outage falls into, the ms of it that lie inside, and those excused.

    `verdict` is that of `WindowUse`.
    """

    title: str
    what: str
    span: Span
    inside: Ms
    excused: Ms
    verdict: str


@dataclass(frozen=True, slots=True)
class Effect:
    """One agreement's period without and with the outage.

    `untouched` says in a few words why the outage changes nothing in it ("" where it does). `more` is what it
    adds to the credit, None where nobody can tell. `gradual`: more tiers are crossed than are listed.
    `gives_way` names the agreement whose credit applies in place of this one after the outage. `dates` are
    the last days to claim what a provider owes with it, None of what we sell.
    """

    agreement: Agreement
    period: Period | None
    within: Ms
    before: Figures = Figures()
    after: Figures = Figures()
    tiers: tuple[Tier, ...] = ()
    gradual: bool = False
    swallowed: tuple[Swallowed, ...] = ()
    target: Target | None = None
    commitment: Bound | None = None
    untouched: str = ""
    gives_way: str = ""
    gave_way: str = ""
    dates: ClaimDates | None = None

    @property
    def ours(self) -> bool:
        """Whether it is we who pay."""
        return self.agreement.kind == "customer"

    @property
    def more(self) -> Amount | None:
        """What the outage adds; what gives way to another credit is paid by that one."""
        before, after = self.before.credit, self.after.credit
        if self.untouched:
            return Amount(0, self.agreement.currency)
        if before is None or after is None:
            return None
        return Amount(
            (0 if self.gives_way else after.minor) - (0 if self.gave_way else before.minor), after.currency
        )


def whatif(
    plan: Plan, snapshot: Snapshot, now: Ms, service: str, outage: Span, resources: Sequence[str] = ()
) -> tuple[Effect, ...]:
    """Every period of every agreement that rests on the service, or on its `resources`, and the outage is in.

    Agreements that are not in force then have a row without figures. ConfigError where nothing of the service
    is probed.
    """
    trial = Trial(plan, snapshot, now, plan.services[service], outage, resources)
    found = [(agreement, period) for agreement in trial.agreements for period in trial.periods(agreement)]
    trial.reaching(period for _, period in found if period)
    hints: Hints = {}
    rows = [_effect(trial, agreement, period, hints) for agreement, period in found]
    return _not_added(plan, [row for row in rows if row.within or not (row.untouched and row.period)])


Hints = dict[tuple[int, ...], set[Ms]]
"""By the terms: where others who agreed to the same crossed a tier. Each is tried before it is looked for."""


def sums(rows: Iterable[Effect]) -> tuple[Amount, ...]:
    """What the outage adds, by currency; what nobody can tell is in no sum."""
    return added(row.more for row in rows if row.more is not None)


def _effect(trial: Trial, agreement: Agreement, period: Period | None, hints: Hints) -> Effect:
    if period is None:
        return Effect(agreement, None, 0, untouched="it is not in force then")
    inside = total(intersect(agreement.in_force(period), (trial.outage,)))
    one = _One(trial, agreement, period)
    last = agreement.parts(period)[-1][0]
    target = target_of(trial.plan, agreement.service, last.sla)
    whole = trial.outage.length
    before, after = one.figures(0, target), one.figures(whole, target)
    swallowed = one.swallowed()
    found = Effect(
        agreement, period, inside, before, after, swallowed=swallowed, target=target,
        commitment=one.commitment,
    )  # fmt: skip
    if one.stays(whole):
        return replace(found, untouched=_untouched(before, after))
    mine = hints.setdefault(tuple(id(terms.contract) for terms, _ in one.parts), set())
    tiers = one.tiers(whole, mine)
    reached = tiers[-1].after if tiers else 0
    dates_ = one.dates(whole) if agreement.kind == "provider" else None
    return replace(found, tiers=tiers, gradual=not one.alike(reached, whole), dates=dates_)


def _untouched(before: Figures, after: Figures) -> str:
    """Why nothing changes, in a few words."""
    if after.why:
        return after.why
    if after.excused > before.excused:
        return "it is excused"
    return "its terms do not count it, or it is down then already"


class _One:
    """One agreement's period, settled with outages of any length."""

    def __init__(self, trial: Trial, agreement: Agreement, period: Period) -> None:
        self.trial = trial
        self.agreement = agreement
        self.period = period
        self.parts = agreement.parts(period)
        self._settled: dict[Ms, tuple[Settlement | None, str, tuple[Case, ...]]] = {}

    def at(self, lasting: Ms) -> tuple[Settlement | None, str, tuple[Case, ...]]:
        """The settlement, or why there is none, and its cases."""
        if lasting not in self._settled:
            self._settled[lasting] = self._settle(lasting)
        return self._settled[lasting]

    def _settle(self, lasting: Ms) -> tuple[Settlement | None, str, tuple[Case, ...]]:
        try:
            books = self.trial.books(self.agreement.service, lasting)
            for terms, _ in self.parts:
                why = books.why_not(self.agreement, terms) or books.untold(self.agreement, self.period, terms)
                if why:
                    return None, why, ()
            cases = tuple(books.case(self.agreement, self.period, *part) for part in self.parts)
            return evaluate_parts(cases), "", cases
        except NoRow:
            return None, IN_NO_ROW, ()
        except (MakegoodError, HolidaysUnknown) as error:
            return None, str(error), ()

    def stays(self, lasting: Ms) -> bool:
        """Whether everything is as it was with an outage of this length; not where nobody can tell."""
        (before, _, _), (after, _, _) = self.at(0), self.at(lasting)
        return before is not None and after is not None and _all_of(before) == _all_of(after)

    @property
    def commitment(self) -> Bound | None:
        settled, _, _ = self.at(0)
        worst = _worst(settled) if settled else None
        return worst[1].promise if worst else None

    def figures(self, lasting: Ms, target: Target | None) -> Figures:
        settled, why, cases = self.at(lasting)
        if settled is None:
            return Figures(why=why)
        named, reading = _worst(settled)
        behind = tuple(each for each in named.accounts if each.lane == reading.lane) or named.accounts
        left, why_none = _budget(cases)
        value = reading.value
        bound = target is not None and value is not None and reading.promise_of != "metric"
        return Figures(
            availability=value,
            met=_met(settled),
            credit=settled.credit,
            why=settled.undecided,
            counted=sum(lasted(each.bad) for each in behind),
            excused=sum(lasted(taken(each.excused)) for each in behind),
            budget=left,
            why_none=why_none,
            target_met=target.objective.holds(value) if bound and target and value is not None else None,
        )

    def dates(self, lasting: Ms) -> ClaimDates | None:
        """The last days to claim it; None where there is no figure, or it cannot be told."""
        settled, _, cases = self.at(lasting)
        if settled is None:
            return None
        try:
            return dates(cases[-1], settled)
        except HolidaysUnknown:
            return None

    def swallowed(self) -> tuple[Swallowed, ...]:
        """What becomes of the outage in each window that it falls into."""
        (before, _, _), (after, _, cases) = self.at(0), self.at(self.trial.outage.length)
        if before is None or after is None:
            return ()
        titles = {window.id: window.title for case in cases for window in case.evidence.windows}
        had, found = _uses(before), []
        for key, use in _uses(after).items():
            old = had.get(key)
            inside = use.inside - (old.inside if old else 0)
            excused = use.excused - (old.excused if old else 0)
            if inside > 0 or excused > 0:
                title = titles.get(use.window, use.what)
                found.append(Swallowed(title, use.what, use.span, inside, excused, use.verdict))
        return tuple(found)

    def tiers(self, whole: Ms, hints: set[Ms]) -> tuple[Tier, ...]:
        """Every tier on the way to the whole outage, the first ones first; each exactly."""
        likely = hints | self._edges()
        found: list[Tier] = []
        before, low = 0, 0
        while not self.alike(low, whole) and len(found) < MOST:
            before, low = low, self._next(low, whole, sorted(likely | {2 * low - before}))
            settled, _, _ = self.at(low)
            met = _met(settled) if settled else None
            found.append(Tier(low, self._texts(low), settled.credit if settled else None, met))
            hints.add(low)
        return tuple(found)

    def alike(self, one: Ms, other: Ms) -> bool:
        """Whether outages of two lengths stand in the same tier."""
        return self._stands(one) == self._stands(other)

    def _edges(self) -> set[Ms]:
        """Where the rows would be crossed if all of the outage counted: likely, and no more than that."""
        settled, _, _ = self.at(0)
        late = max(0, self.period.span.start - self.trial.outage.start)
        return {late + edge for named in settled.promises for edge in edges(named)} if settled else set()

    def _next(self, low: Ms, high: Ms, likely: Sequence[Ms]) -> Ms:
        """The least length above `low` that stands otherwise, the likely ones looked at first."""
        here = self._stands(low)
        for length in likely:
            if not low < length <= high:
                continue
            if self._stands(length) == here:
                low = length
                continue
            if self._stands(length - 1) == here:
                return length
            high = length - 1
            break
        while high - low > 1:
            middle = (low + high) // 2
            if self._stands(middle) == here:
                low = middle
            else:
                high = middle
        return high

    def _stands(self, lasting: Ms) -> object:
        """What tells two tiers apart: what is due by which row and how often, and what limits it."""
        settled, why, _ = self.at(lasting)
        if settled is None:
            return why
        dues = tuple(
            (due.kind, due.of, due.cause, due.lane, due.outage, floor(due.count))
            for named in settled.promises
            for due in named.dues
        )
        return _met(settled), dues, settled.priced.limited_by, settled.undecided

    def _texts(self, lasting: Ms) -> tuple[str, ...]:
        """What the contract says of where it stands: the rows that hold, then the limit that is reached."""
        settled, why, _ = self.at(lasting)
        if settled is None:
            return (why,)
        rows = (_text(due) for named in settled.promises for due in named.dues)
        limit = [f"limit: {settled.priced.limited_by}"] if settled.priced.limited_by else []
        return tuple(dict.fromkeys((*rows, *limit, *filter(None, [settled.undecided]))))


def _text(due: Due) -> str:
    times = f" x {floor(due.count)}" if due.count >= 1 else ""
    share_ = f": {share(due.amount)}" if due.kind == "share" else ""
    return f"{due.cause}{times}{share_}"


def _all_of(settled: Settlement) -> object:
    readings = (reading for named in settled.promises for reading in named.readings)
    return settled.credit, settled.undecided, [(r.value, r.bad, r.base, r.met) for r in readings]


def _worst(settled: Settlement) -> tuple[Named, Reading]:
    """The promise and its worst figure; of replies, which no outage touches, only where all are."""
    found = [(named, reading) for named in settled.promises for reading in named.readings]
    timed = [each for each in found if not of_tickets(each[0].clause)]
    return min(timed or found, key=lambda each: badness(each[1]))


def _met(settled: Settlement) -> bool | None:
    found = [reading.met for named in settled.promises for reading in named.readings]
    return None if None in found else all(found)


def _budget(cases: Sequence[Case]) -> tuple[Budget | None, str]:
    """The error budget at the period's end, or why there is none."""
    if len(cases) != 1:
        return None, SPLIT
    try:
        return budget(cases[0]), ""
    except TypeError as error:
        return None, str(error).removeprefix("there is no error budget: ")


def _uses(settled: Settlement) -> dict[tuple[str, Span], WindowUse]:
    """What became of each window in the promise that it took most from."""
    found: dict[tuple[str, Span], WindowUse] = {}
    for named in settled.promises:
        own: dict[tuple[str, Span], WindowUse] = {}
        for use in (use for account in named.accounts for use in account.windows):
            key = (use.window, use.span)
            had = own.get(key)
            both = (
                use
                if had is None
                else replace(use, inside=use.inside + had.inside, excused=use.excused + had.excused)
            )
            own[key] = both
        for key, use in own.items():
            if key not in found or use.excused > found[key].excused:
                found[key] = use
    return found


def _not_added(plan: Plan, rows: Sequence[Effect]) -> tuple[Effect, ...]:
    """The rows, and what gives way to a more favourable credit of the same customer and period."""
    asking = [agreement for agreement in plan.agreements.values() if agreement.not_with]
    concerned = {id for agreement in asking for id in (agreement.id, *agreement.not_with)}
    after, before = _by_customer(rows, concerned, "after"), _by_customer(rows, concerned, "before")
    return tuple(
        replace(row, gives_way=_yields(plan, row, after), gave_way=_yields(plan, row, before))
        if row.agreement.id in concerned
        else row
        for row in rows
    )


Credits = dict[str, list[Credited]]


def _by_customer(rows: Sequence[Effect], concerned: Collection[str], which: str) -> Credits:
    found: Credits = {}
    for row in rows:
        if row.agreement.id in concerned:
            credited = Credited(row.agreement.id, row.period, getattr(row, which).credit)
            found.setdefault(row.agreement.customer, []).append(credited)
    return found


def _yields(plan: Plan, row: Effect, credits: Credits) -> str:
    own = credits[row.agreement.customer]
    mine = next(each for each in own if (each.agreement, each.period) == (row.agreement.id, row.period))
    return favoured(plan, mine, own)
