"""What providers owe us, and what became of it. Our side alone: what customers claim of us is `claims`.

A receivable is one agreement that we buy in one of its periods. What is owed is computed from what we
measured; that we gave notice, claimed, were answered and paid, somebody records. A last day that passes
unused lapses it by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, Literal, cast

from monitor.agreements.deadlines import ClaimDates
from monitor.config.plan import Agreement, Plan
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.core.periods import Period, local, midnight, month_of
from monitor.errors import ConfigError
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.bought import Bought, agreements_of, bought, period_of, periods
from monitor.statements.periods import by_label
from monitor.store.protocol import Event, NewEvent, Seq, Snapshot

State = Literal["open", "noticed", "claimed", "granted", "refused", "paid", "lapsed"]
STATES: Final[tuple[State, ...]] = (
    "open", "noticed", "claimed", "granted", "refused", "paid", "lapsed",
)  # fmt: skip
MOVED: Final = "receivable.moved"
KINDS: Final = frozenset({MOVED})
WAITING: Final[tuple[State, ...]] = ("open", "noticed", "lapsed")
ANSWERS: Final[tuple[State, ...]] = ("granted", "refused", "paid")
MOVES: Final[Mapping[State, tuple[State, ...]]] = {
    "open": ("noticed", "claimed"),
    "noticed": ("claimed",),
    "claimed": ("claimed", "granted", "refused"),
    "granted": ("granted", "refused", "paid"),
    "refused": ("claimed", "granted"),
    "paid": ("granted",),
    "lapsed": ("noticed", "claimed"),
}
"""What may follow what. What was recorded wrongly is recorded anew: the newest entry holds. Of a credit that
is given without a claim the answer may come first; a claim that was never recorded may be at any time."""
OLD_WORDS: Final[Mapping[str, State]] = {"accepted": "granted", "rejected": "refused"}
BACK: Final = 12  # months that are looked back for what was never claimed


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody recorded: on which day it happened, the amount it was about, and by what reference."""

    state: State
    on: date
    amount: Amount | None
    reference: str
    reason: str
    author: str
    entry: Seq


@dataclass(frozen=True, slots=True)
class Receivable:
    """One period of an agreement that we buy, as it stands at an instant.

    `gives_way_to` is the agreement whose credit for the same period applies in place of this one.
    """

    now: Bought
    state: State
    steps: tuple[Step, ...] = ()
    gives_way_to: str = ""

    @property
    def agreement(self) -> Agreement:
        return self.now.agreement

    @property
    def subject(self) -> str:
        """How the journal names it."""
        return subject(self.agreement.id, self.now.period.label)

    @property
    def owed(self) -> Amount | None:
        """By our measurements, nothing where it gives way to another; None where nobody can tell."""
        return Amount(0, self.agreement.currency) if self.gives_way_to else self.now.owed

    @property
    def claimed(self) -> Amount | None:
        """What we claimed last, None before."""
        return next((step.amount for step in reversed(self.steps) if step.state == "claimed"), None)

    @property
    def granted(self) -> Amount | None:
        """What they granted, nothing where they refused it; None before their answer."""
        for step in reversed(self.steps):
            if step.state == "refused":
                return Amount(0, self.agreement.currency)
            if step.state == "granted":
                return step.amount
        return None

    @property
    def counts(self) -> Amount | None:
        """What may still be had, or was: what they granted, else our figure, and nothing of what lapsed."""
        if self.granted is not None:
            return self.granted
        return Amount(0, self.agreement.currency) if self.state == "lapsed" else self.owed

    @property
    def short(self) -> Amount | None:
        """Our figure less what they granted; None where one of the two is not known."""
        if self.owed is None or self.granted is None:
            return None
        return Amount(self.owed.minor - self.granted.minor, self.owed.currency)

    @property
    def next_day(self) -> date | None:
        """The last day of our next step, included; None where none is due."""
        if self.state not in WAITING or self.gives_way_to:
            return None
        dates, noticed = self.now.dates, any(step.state == "noticed" for step in self.steps)
        if dates.notify_by is not None and not noticed:
            return dates.notify_by
        return dates.claim_by

    @property
    def step(self) -> Literal["", "notice", "claim"]:
        """What is to be done by `next_day`."""
        if self.next_day is None:
            return ""
        noticed = any(step.state == "noticed" for step in self.steps)
        return "notice" if self.now.dates.notify_by is not None and not noticed else "claim"

    @property
    def remind_by(self) -> date | None:
        """The day that reminders go by: the safest of the claim; None where none can be in time."""
        day, safest = self.next_day, self.now.safest
        if day is None or self.state == "lapsed":
            return None
        return min(day, safest) if self.step == "claim" and safest is not None else day

    def days_left(self, at: Ms) -> int | None:
        """Whole days from today until the last one, in the agreement's zone; negative once it is over."""
        if self.next_day is None:
            return None
        return (self.next_day - local(at, self.agreement.zone).date()).days

    @property
    def matters(self) -> bool:
        """Whether anything is owed, may be, or was recorded."""
        unknown = self.owed is None and not self.now.runs
        money = self.now.owed is not None and self.now.owed.minor
        return bool(self.steps or unknown or money or self.now.added or self.next_day)


def subject(agreement: str, period: str) -> str:
    """How the journal names one period of an agreement."""
    return f"{agreement}/{period}"


def steps_of(events: Iterable[Event]) -> Mapping[str, tuple[Step, ...]]:
    """What was recorded, oldest first, by subject."""
    found: dict[str, list[Step]] = {}
    for event in events:
        if event.kind == MOVED:
            found.setdefault(event.subject, []).append(_step(event))
    return {key: tuple(steps) for key, steps in found.items()}


def _step(event: Event) -> Step:
    body = event.body
    amount = body["amount"]
    return Step(
        state=OLD_WORDS.get(str(body["state"]), cast("State", body["state"])),  # written by `moved` alone
        on=date.fromisoformat(str(body["on"])),
        amount=_amount(amount) if isinstance(amount, Mapping) else None,
        reference=str(body["reference"]),
        reason=event.reason,
        author=event.author,
        entry=event.seq,
    )


def _amount(body: Mapping[str, object]) -> Amount:
    return Amount(int(cast("int", body["minor"])), str(body["currency"]))


def receivables(
    plan: Plan, snapshot: Snapshot, now: Ms, only: Sequence[str] = (), back: int = BACK
) -> tuple[Receivable, ...]:
    """Every period that matters, the next last day first; then what lapsed, and what waits for nobody.

    `back` months before the one that runs are looked at, and every period of which something was recorded.
    """
    books, steps = Books(plan, snapshot, now), steps_of(snapshot.events(kinds=KINDS))
    bought_ones = [
        agreement
        for agreement in agreements_of(plan)
        if not only or agreement.id in only or any(_exclude(agreement, plan.agreements[id]) for id in only)
    ]
    every = [each for agreement in bought_ones for each in _of(books, agreement, steps, back)]
    found = [replace(each, gives_way_to=_favoured(each, every)) for each in every]
    wanted = (each for each in found if each.matters and (not only or each.agreement.id in only))
    return tuple(sorted(wanted, key=_order))


def receivable(plan: Plan, snapshot: Snapshot, now: Ms, agreement: Agreement, label: str) -> Receivable:
    """One period. ConfigError where it is none, or still to come."""
    period = period_of(agreement, label, now)
    if period.span.start > now:
        raise ConfigError(f"{agreement.id}: {period.label} is still to come")
    books, steps = Books(plan, snapshot, now), steps_of(snapshot.events(kinds=KINDS))
    one = _standing(books, agreement, period, steps)
    rivals = [each for each in agreements_of(plan) if _exclude(agreement, each)]
    others = [
        _standing(books, each, found[1], steps)
        for each in rivals
        if (found := by_label(each, period.label)) is not None and found[1].span == period.span
    ]
    every = sorted([one, *others], key=lambda each: list(plan.agreements).index(each.agreement.id))
    return replace(one, gives_way_to=_favoured(one, every))


def _exclude(one: Agreement, other: Agreement) -> bool:
    """Whether the credits of two agreements are not added."""
    return one is not other and (other.id in one.not_with or one.id in other.not_with)


def _favoured(mine: Receivable, every: Sequence[Receivable]) -> str:
    """The agreement whose credit for the same period applies in place of this one; "" for none.

    The greater applies, of two that are alike the first, and never one of which nobody can tell.
    """
    ours = mine.now.owed
    for place, other in enumerate(every):
        theirs = other.now.owed
        same = other.now.period.span == mine.now.period.span and _exclude(mine.agreement, other.agreement)
        if not same or ours is None or theirs is None or theirs.currency != ours.currency:
            continue
        first = place < next(at for at, each in enumerate(every) if each is mine)
        if theirs.minor > ours.minor or (theirs == ours and first):
            return other.agreement.id
    return ""


def _of(
    books: Books, agreement: Agreement, steps: Mapping[str, tuple[Step, ...]], back: int
) -> Iterator[Receivable]:
    since = max(_months_back(books.now, agreement.zone, back), books.begins(agreement))
    known = {period.label: period for period in periods(agreement, since, books.now)}
    for named in steps:
        id, _, label = named.partition("/")
        if id == agreement.id and label not in known and (period := _named(agreement, label)) is not None:
            known[label] = period
    for period in known.values():
        yield _standing(books, agreement, period, steps)


def _named(agreement: Agreement, label: str) -> Period | None:
    """The period of which something was recorded; None where the agreement has it no longer."""
    found = by_label(agreement, label)
    return found[1] if found is not None and found[1].label == label else None


def strays(plan: Plan, snapshot: Snapshot) -> tuple[tuple[str, Step], ...]:
    """What was recorded of agreements and periods that are no longer there: the last step of each."""
    found = []
    for named, own in steps_of(snapshot.events(kinds=KINDS)).items():
        id, _, label = named.partition("/")
        agreement = plan.agreements.get(id)
        if agreement is None or agreement.kind != "provider" or _named(agreement, label) is None:
            found.append((named, own[-1]))
    return tuple(found)


def _standing(
    books: Books, agreement: Agreement, period: Period, steps: Mapping[str, tuple[Step, ...]]
) -> Receivable:
    own = steps.get(subject(agreement.id, period.label), ())
    return standing(bought(books, agreement, period), own, books.now)


def _months_back(now: Ms, zone: str, back: int) -> Ms:
    month = month_of(now, zone)
    for _ in range(back):
        month = month_of(month.span.start - 1, zone)
    return month.span.start


def _order(each: Receivable) -> tuple[bool, bool, date, str, Ms]:
    day = each.next_day
    return day is None, each.state == "lapsed", day or date.max, each.agreement.id, each.now.period.span.start


def standing(now: Bought, steps: tuple[Step, ...], at: Ms) -> Receivable:
    """The state at an instant: the last one that was recorded, unless a last day has passed since."""
    found = Receivable(now, _stands(steps), steps)
    over = _over(found)
    return replace(found, state="lapsed") if over is not None and over <= at else found


def lapsed_by(
    plan: Plan, snapshot: Snapshot, now: Ms, agreement: Agreement, period: Period, dates: ClaimDates
) -> Receivable | None:
    """The period as it stands, were these its last days; None where it has not lapsed by them."""
    found = receivable(plan, snapshot, now, agreement, period.label)
    as_if = standing(replace(found.now, dates=dates), found.steps, now)
    return as_if if as_if.state == "lapsed" else None


def _stands(steps: tuple[Step, ...]) -> State:
    """What the newest step says; a claim that was recorded after its answer leaves the answer standing."""
    if not steps:
        return "open"
    last, before = steps[-1], steps[:-1]
    late_claim = last.state == "claimed" and all(step.state != "claimed" for step in before)
    answers = [step.state for step in before if step.state in ANSWERS]
    return answers[-1] if late_claim and answers else last.state


def _over(found: Receivable) -> Ms | None:
    """When the step that is due is missed; None where none is. Hours end at an instant, days with the day."""
    day, dates = found.next_day, found.now.dates
    if day is None:
        return None
    until = dates.notify_at if found.step == "notice" else dates.claim_at
    return midnight(day + timedelta(days=1), found.agreement.zone) if until is None else until + 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be recorded of a receivable."""

    state: State
    on: date
    amount: Amount | None = None
    reference: str = ""
    reason: str = ""


def moved(found: Receivable, answer: Answer, author: str, at: Ms) -> NewEvent:
    """The entry that records it; ConfigError where it cannot follow, is still to come, or lacks something."""
    name, state = f"{found.agreement.id}, {found.now.period.label}", answer.state
    follows = _follows(found)
    if state not in follows:
        raise ConfigError(_cannot(found, state, follows))
    if answer.on > local(at, found.agreement.zone).date():
        raise ConfigError(f"{name}: --on {answer.on}: that day is still to come; record what has happened")
    if answer.on < local(found.now.period.span.start, found.agreement.zone).date():
        raise ConfigError(f"{name}: --on {answer.on}: that is before the period itself")
    if answer.amount is not None and answer.amount.currency != found.agreement.currency:
        raise ConfigError(
            f"{name} is in {found.agreement.currency}, and not in {answer.amount.currency}: write that"
        )
    if state == "refused" and not answer.reason.strip():
        raise ConfigError(f"{name}: --reason is missing: say why they refuse it")
    _in_order(found, answer)
    amount = answer.amount
    body = {
        "agreement": found.agreement.id,
        "period": found.now.period.label,
        "state": state,
        "on": answer.on.isoformat(),
        "amount": None if amount is None else {"minor": amount.minor, "currency": amount.currency},
        "reference": answer.reference,
    }
    return NewEvent(at, MOVED, found.subject, author, answer.reason, body)


def _follows(found: Receivable) -> tuple[State, ...]:
    follows = MOVES[found.state]
    claimed = any(step.state == "claimed" for step in found.steps)
    if found.state in WAITING and (claimed or found.now.dates.automatic):
        follows = (*follows, "granted", "refused")
    return follows if claimed or "claimed" in follows else (*follows, "claimed")


def _cannot(found: Receivable, state: State, follows: Sequence[State]) -> str:
    """Why it cannot be, and what to do first."""
    id, label = found.agreement.id, found.now.period.label
    if state in ANSWERS and found.state in WAITING:
        return (
            f"{id}, {label}: no claim was recorded as filed: record the claim first, "
            f"on its day: makegood claims file {id} {label} --on DAY"
        )
    if state == "paid" and found.state == "claimed":
        return f"{id}, {label} is claimed: say what they granted too: --granted MONEY --paid"
    return f"{id}, {label} is {found.state}: what may follow is {' or '.join(follows)}, not {state}"


def _in_order(found: Receivable, answer: Answer) -> None:
    """ConfigError for an answer before the claim, or a claim before the first outage."""
    name = f"{found.agreement.id}, {found.now.period.label}"
    filed = [step.on for step in found.steps if step.state == "claimed"]
    if answer.state in ANSWERS and filed and answer.on < filed[-1]:
        raise ConfigError(f"{name}: --on {answer.on}: it was claimed on {filed[-1]}, and answered no sooner")
    starts = [line.span.start for line in found.now.section.outages]
    first = local(min(starts), found.agreement.zone).date() if starts else None
    if answer.state in ("noticed", "claimed") and first is not None and answer.on < first:
        raise ConfigError(f"{name}: --on {answer.on}: the first outage was on {first}, and no claim is older")


def repeated(found: Receivable, answers: Sequence[Answer], *, any_day: bool) -> Seq | None:
    """The entry in which all this is recorded already, as the newest steps; None where something is new.

    `any_day`: nobody said on which day it happened, and the day is that of today.
    """
    tail = found.steps[-len(answers) :]
    if len(tail) != len(answers):
        return None
    for step, each in zip(tail, answers, strict=True):
        same = (step.state, step.amount, step.reference, step.reason)
        if same != (each.state, each.amount, each.reference, each.reason):
            return None
        if step.on != each.on and not any_day:
            return None
    return tail[-1].entry


def late(found: Receivable, on: date) -> date | None:
    """The last day that a step on this day misses; None where it is in time."""
    day = found.next_day
    return day if day is not None and on > day else None
