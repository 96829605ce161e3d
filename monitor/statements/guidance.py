"""Guidance from recorded history: what candidates would have missed and cost, and what to aim at.

Every figure is the engine's, on the terms as they are today: an agreement's own SLA aimed at the candidate,
or, where that cannot be, a plain one with a schedule that is stated. Time that nobody saw makes a range: it
is settled as the terms have it, and as if all of it had been up, and down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Literal

from monitor.agreements.build import contract
from monitor.agreements.gate import spoken_bound
from monitor.agreements.ladder import USUAL, Proposal, allowed, propose
from monitor.agreements.reaim import Policy, aimed, stated, unseen_as, why_not
from monitor.agreements.terms import ContractTerms
from monitor.agreements.terms import Terms as PromiseTerms
from monitor.agreements.words import named_span
from monitor.config.plan import Agreement, FeeTerm, Plan, Target, Terms
from monitor.core.cycles import Cycle
from monitor.core.intervals import Ms
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period, local, midnight
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.health import sums
from monitor.statements.recorded import Outcome, latest, monthly, outcome, periods, under
from monitor.statements.status import zone_of
from monitor.statements.ticketed import is_ticketed

POLICIES: tuple[Policy, ...] = ("up", "down")
HUNDRED = Money(Fraction(100), "EUR")
"""The monthly fee of a service that nobody pays for yet: what it costs is then told as a share of a fee."""

TIMES_ALONE = "times of tickets are promised, and no availability"

Range = tuple[int, int, int]
"""At best, as recorded, at worst."""


@dataclass(frozen=True, slots=True)
class Group:
    """The agreements on a service that promise alike, the oldest first: what one reached, all did.

    None of them: nothing is promised.
    """

    service: str
    zone: str
    agreements: tuple[Agreement, ...] = ()

    @property
    def terms(self) -> Terms | None:
        """The newest terms of all of them."""
        return self.agreements[0].terms[-1] if self.agreements else None

    @property
    def sla(self) -> str:
        return self.terms.sla if self.terms else ""

    @property
    def promised(self) -> str:
        """Every commitment as a file would say it: `>= 99.9%`; "" where nothing is promised."""
        clauses = self.terms.contract.promises if self.terms else ()
        return " and ".join(spoken_bound(clause.gate) for _, clause in clauses)

    @property
    def unit(self) -> str:
        """What one of its periods is called: `month`, `quarter`, `year`, or `period`."""
        return named_span(monthly(self.terms.cycle).every) if self.terms else "month"

    @property
    def commitment(self) -> Bound | None:
        """What is promised, where that is an availability."""
        promises = self.terms.terms.promises if self.terms else ()
        shares = (each.commitment.bound for _, each in promises if each.commitment.of == "share")
        return next((bound for bound in shares if bound is not None), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A past period: as the terms have it, and between which figures it lies, whatever nobody saw."""

    outcome: Outcome
    worst: Fraction | None
    best: Fraction | None

    @property
    def counts(self) -> bool:
        """Whether its figure says what a whole period is like."""
        return self.outcome.watched == 1 and self.outcome.met is not None and self.outcome.figure is not None


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate on the recorded periods: how many it would have missed, and what it would have cost.

    Missed and cost are told at best, as recorded, and at worst. `unpriced` is how many settlements have no
    price, as recorded.
    """

    level: Fraction
    schedule: str
    missed: Range
    cost: tuple[tuple[Amount, ...], tuple[Amount, ...], tuple[Amount, ...]]
    unpriced: int


@dataclass(frozen=True, slots=True)
class Guide:
    """What history says of one group. `proposal` None: too few of the periods count, or `why` says it.

    What was `tried` is plain history: it is there from one period on that counts.
    `stated` says why the schedule is not the agreement's own; "" where it is. `interval` is the longest time
    between two checks, in ms.
    """

    group: Group
    months: tuple[Seen, ...]
    tried: tuple[Tried, ...]
    proposal: Proposal | None
    interval: Ms
    stated: str = ""
    why: str = ""

    @property
    def figures(self) -> tuple[Fraction, ...]:
        """Those of the periods that count, oldest first."""
        return tuple(
            each.outcome.figure for each in self.months if each.counts and each.outcome.figure is not None
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """An internal target on the same periods; `met` None where nobody can tell."""

    target: Target
    months: tuple[tuple[Period, Fraction | None, bool | None], ...]


def services_of(plan: Plan) -> tuple[str, ...]:
    """The services that something is promised of, or aimed at; all where nothing is."""
    named = {each.service for each in plan.agreements.values()}
    named |= {each.service for each in plan.targets.values()}
    return tuple(id for id in plan.services if id in named) or tuple(plan.services)


def groups(plan: Plan, service: str, now: Ms, kind: str = "customer") -> tuple[Group, ...]:
    """The agreements on a service that have not ended, those with the same terms together."""
    found: list[Group] = []
    for agreement in plan.agreements.values():
        if (agreement.kind, agreement.service) != (kind, service) or _ended(agreement, now):
            continue
        for place, group in enumerate(found):
            if _alike(group.agreements[0], agreement):
                found[place] = replace(group, agreements=(*group.agreements, agreement))
                break
        else:
            found.append(Group(service, agreement.zone, (agreement,)))
    return tuple(replace(each, agreements=tuple(sorted(each.agreements, key=_start))) for each in found)


def _start(agreement: Agreement) -> date:
    return agreement.start


def _ended(agreement: Agreement, now: Ms) -> bool:
    return agreement.until is not None and midnight(agreement.until, agreement.zone) <= now


def _alike(one: Agreement, other: Agreement) -> bool:
    first, second = one.terms[-1], other.terms[-1]
    return (first.terms, first.sla, _cut(first.cycle), one.second_person) == (
        second.terms, second.sla, _cut(second.cycle), other.second_person,
    )  # fmt: skip


def _cut(cycle: Cycle) -> Cycle:
    """A cycle without the first day of its agreement, where that cuts nothing."""
    months = monthly(cycle)
    return replace(months, anchor=None) if months.every.startswith(("calendar", "fiscal")) else months


def guide(books: Books, group: Group, months: int) -> Guide:
    """What the last so many months say of a group, or of a service that nothing is promised of."""
    if times_alone(group):
        return _untold(group)
    run = _run(books, group, months)
    found = _proposal(run)
    if not found.figures:
        return found
    known = [each.period for each in (s.outcome for s in found.months if s.outcome.watched == 1)]
    proposed = _proposed(found.proposal) if found.proposal else ()
    levels = sorted({*USUAL, *_present(books.plan, group), *proposed})
    return replace(found, tried=tuple(run.tried(level, known) for level in levels))


def proposal_for(books: Books, group: Group, months: int) -> Guide:
    """The same, without trying what each level would have cost."""
    return _untold(group) if times_alone(group) else _proposal(_run(books, group, months))


def times_alone(group: Group) -> bool:
    """Whether it promises nothing but times of tickets: no availability is measured then."""
    promises = group.terms.terms.promises if group.terms else ()
    return bool(promises) and all(is_ticketed(promise.measure) for _, promise in promises)


def _untold(group: Group) -> Guide:
    return Guide(group, (), (), None, 0, why=TIMES_ALONE)


def _run(books: Books, group: Group, months: int) -> _Run:
    cycle = monthly(group.terms.cycle if group.terms else Cycle("calendar month", group.zone))
    terms = group.terms.terms if group.terms else None
    own = why_not(terms) if terms else ""
    since = _first(periods(cycle, months, books.now), cycle)
    aim = partial(stated, like=terms) if own or terms is None else partial(aimed, terms)
    return _Run(books, group, cycle, since, months, aim)


def _proposal(run: _Run) -> Guide:
    group, books = run.group, run.books
    own = why_not(group.terms.terms) if group.terms else ""
    seen = tuple(each for each in run.seen(USUAL[0]) if each.outcome.watched)
    why = next((each.outcome.why for each in seen if each.outcome.figure is None and each.outcome.why), "")
    service = books.plan.services[group.service]
    interval = max((each.interval for each in books.watched(service)), default=0)
    found = Guide(group, seen, (), None, interval, own, why if not any(s.counts for s in seen) else "")
    return replace(found, proposal=propose(found.figures, interval)) if found.figures else found


def _first(known: Sequence[Period], cycle: Cycle) -> date:
    return local(known[0].span.start, cycle.zone).date() if known else date(1970, 1, 1)


def _present(plan: Plan, group: Group) -> Iterable[Fraction]:
    """The levels that are promised or aimed at today."""
    own = [group.commitment] if group.commitment else []
    goals = [each.objective for each in targets_of(plan, group.service) if each.of == "share"]
    return (bound.value for bound in (*own, *goals) if 0 < bound.value < 1)


def _proposed(proposal: Proposal) -> Iterable[Fraction]:
    levels = (proposal.today, proposal.target, proposal.commitment)
    return (level for level in levels if level is not None and 0 < level < 1)


@dataclass(slots=True)
class _Run:
    """A group's agreements on their past periods, aimed at any level."""

    books: Books
    group: Group
    cycle: Cycle
    since: date
    months: int
    aim: Callable[[Fraction], ContractTerms]
    _made: dict[tuple[str, Fraction, Policy | None], Agreement] = field(default_factory=dict)

    @property
    def members(self) -> tuple[Agreement, ...]:
        return self.group.agreements or (nobodys(self.books.plan, self.group, self.cycle, self.since),)

    def seen(self, level: Fraction) -> tuple[Seen, ...]:
        """The figures: those of one are those of all."""
        known = periods(self.cycle, self.months, self.books.now)
        return tuple(_seen(self.outcomes(self.members[0], level, period)) for period in known)

    def tried(self, level: Fraction, known: Sequence[Period]) -> Tried:
        """One candidate on these periods, for all of the group."""
        found = [[self.outcomes(member, level, period) for period in known] for member in self.members]
        every = [each for of_member in found for each in of_member]
        priced = [credits for each in every if (credits := _credits(each))]
        ((_, promise),) = self.aim(level).promises
        return Tried(
            level=level,
            schedule=promise.credits.phrase(),
            missed=_missed(found[0]),
            cost=(
                sums(min(each, key=_minor) for each in priced),
                sums(each[0].credit for each in every if each[0].credit is not None),
                sums(max(each, key=_minor) for each in priced),
            ),
            unpriced=sum(each[0].credit is None for each in every),
        )

    def outcomes(self, member: Agreement, level: Fraction, period: Period) -> tuple[Outcome, ...]:
        """As the terms have it, and, where time was not seen, as if it had been up, and down."""
        aimed_at = self._under(member, level, None)
        found = outcome(self.books, aimed_at, period) or _nothing(period)
        if not found.unseen or aimed_at.terms[-1].terms.promises[0][1].measure.evidence != "outages":
            return (found,)
        supposed = (self._under(member, level, policy) for policy in POLICIES)
        return (found, *(outcome(self.books, each, period) or _nothing(period) for each in supposed))

    def _under(self, member: Agreement, level: Fraction, policy: Policy | None) -> Agreement:
        """The member as if it promised a level; unseen time counts by `policy`, or as the terms have it."""
        key = (member.id, level, policy)
        if key not in self._made:
            terms = self.aim(level) if policy is None else unseen_as(self.aim(level), policy)
            self._made[key] = under(member, terms, f"at {level}, unseen {policy}", self.since)
        return self._made[key]


def nobodys(plan: Plan, group: Group, cycle: Cycle, since: date) -> Agreement:
    """An agreement on a service that nothing is promised of, to measure it and to price it per hundred."""
    plain = stated(USUAL[0])
    bound = Bound(">=", USUAL[0])
    terms = Terms(since, "", "", "", contract(plain), bound, plain, cycle)
    fees = (FeeTerm(since, (("monthly fee", HUNDRED),)),)
    zone, currency = group.zone or zone_of(plan), HUNDRED.currency
    return Agreement(
        f"service {group.service}", "", group.service, zone, currency, since, None, (terms,), fees
    )


def _seen(outcomes: Sequence[Outcome]) -> Seen:
    figures = [each.figure for each in outcomes if each.figure is not None]
    return Seen(outcomes[0], min(figures, default=None), max(figures, default=None))


def _missed(found: Sequence[Sequence[Outcome]]) -> Range:
    """How many periods are missed whatever nobody saw, as the terms have it, and if it had been down."""
    told = [[each.met for each in month if each.met is not None] for month in found]
    return (
        sum(bool(month) and not any(month) for month in told),
        sum(month[0].met is False for month in found),
        sum(not all(month) for month in told),
    )


def _minor(amount: Amount) -> int:
    return amount.minor


def _credits(outcomes: Sequence[Outcome]) -> list[Amount]:
    return [each.credit for each in outcomes if each.credit is not None]


# --- internal targets -----------------------------------------------------------------------------------


def targets_of(plan: Plan, service: str) -> tuple[Target, ...]:
    """The internal targets of a service."""
    return tuple(each for each in plan.targets.values() if each.service == service)


def goal(books: Books, target: Target, seen: Sequence[tuple[Group, Sequence[Outcome]]]) -> Goal:
    """An internal target on past periods: as it is measured itself, else as the SLA that it protects is."""
    months = _first_of(target, seen)
    if target.terms is not None:
        run = _measured_itself(books, target, target.terms, months)
        return Goal(target, tuple(run(each.period) for each in months))
    return Goal(target, tuple((each.period, each.figure, _holds(target, each)) for each in months))


def _first_of(target: Target, seen: Sequence[tuple[Group, Sequence[Outcome]]]) -> Sequence[Outcome]:
    protected = [months for group, months in seen if group.sla in target.protects]
    return next(iter((*protected, *(months for _, months in seen))), ())


def _holds(target: Target, each: Outcome) -> bool | None:
    return None if each.met is None or each.figure is None else target.objective.holds(each.figure)


def _measured_itself(
    books: Books, target: Target, own: PromiseTerms, months: Sequence[Outcome]
) -> Callable[[Period], tuple[Period, Fraction | None, bool | None]]:
    """What any period of a target comes to that says itself how it is measured."""
    zone = months[0].period.zone if months else zone_of(books.plan)
    cycle = Cycle("calendar month", zone)
    since = _first([each.period for each in months], cycle)
    bare = nobodys(books.plan, Group(target.service, zone), cycle, since)
    terms = under(bare, ContractTerms((("", own),)), f"target {target.id}", since)

    def run(period: Period) -> tuple[Period, Fraction | None, bool | None]:
        found = outcome(books, terms, period) or _nothing(period)
        return period, found.figure, found.met

    return run


def actual(books: Books, group: Group, count: int) -> tuple[Outcome, ...]:
    """What its last so many periods came to as they were settled; nothing where no agreement was in force."""
    cycle = monthly(group.terms.cycle if group.terms else Cycle("calendar month", group.zone))
    known = latest(cycle, count, books.now)
    bare = nobodys(books.plan, group, cycle, _first(known, cycle))
    who = next(iter(group.agreements), bare)
    return tuple(outcome(books, who, each) or _nothing(each) for each in known)


def today(books: Books, group: Group, count: int) -> tuple[Outcome, ...]:
    """What its last so many periods come to on the terms of today, whatever was in force in them."""
    if group.terms is None:
        return actual(books, group, count)
    cycle = monthly(group.terms.cycle)
    known = latest(cycle, count, books.now)
    who = under(group.agreements[0], group.terms.terms, "today", _first(known, cycle))
    return tuple(outcome(books, who, each) or _nothing(each) for each in known)


def _nothing(period: Period) -> Outcome:
    return Outcome(period, None, None, None, Fraction(0), Fraction(0), "not in force")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about targets that a person should look at: of a `target`, an SLA (`sla`), or both.

    "never met" in any of `of` months; an SLA "unprotected" by any target; a target "looser" than the SLA
    that it is meant to protect, or "no stricter".
    """

    kind: Literal["never met", "unprotected", "looser", "no stricter"]
    target: Target | None = None
    group: Group | None = None
    of: int = 0


def doubts(known: Sequence[Group], goals: Sequence[Goal]) -> tuple[Doubt, ...]:
    """What is doubtful about the targets of one service."""
    promised = [group for group in known if group.promised not in ("", "none")]
    found = [Doubt("never met", each.target, of=len(_known(each))) for each in goals if _never(each)]
    for group in promised:
        behind = [each.target for each in goals if _protects(each.target, group)]
        if not behind:
            found.append(Doubt("unprotected", group=group))
        found += [Doubt(kind, each, group) for each in behind if (kind := _against(each, group))]
    return tuple(found)


def _known(goal: Goal) -> list[bool]:
    return [met for _, _, met in goal.months if met is not None]


def _never(goal: Goal) -> bool:
    known = _known(goal)
    return bool(known) and not any(known)


def _protects(target: Target, group: Group) -> bool:
    return any(sla in target.protects for sla in group.sla.split(", "))


def _against(target: Target, group: Group) -> Literal["looser", "no stricter"] | None:
    """How a target stands to the commitment behind which it should warn; None where it is stricter."""
    if group.commitment is None or target.of == "metric":
        return None
    own = allowed(target.objective.value) if target.of == "share" else int(target.objective.value)
    theirs = allowed(group.commitment.value)
    return "looser" if own > theirs else "no stricter" if own == theirs else None
