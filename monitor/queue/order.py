"""What to do first: by the rules that the team wrote, within them by the time that is left, then by money.

A ticket stands by one of its clocks that run: by the one that the first rule holds of, else by the one with
the least time left on its own clock. What is late, and what waits, stands apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import groupby, islice

from monitor.config.plan import Agreement, Plan
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.core.tickets import Ticket
from monitor.operations.queue_rules import FIELDS, Facts, QueueRules, placed
from monitor.queue.clocks import Clock, Watch, by_ticket, ours
from monitor.queue.stakes import Stakes
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A ticket that is to be done: the clock it stands by, all of its clocks, and the rule that placed it."""

    clock: Clock
    clocks: tuple[Clock, ...]
    rule: int | None = None

    @property
    def ticket(self) -> Ticket:
        return self.clock.ticket


@dataclass(frozen=True, slots=True)
class Queue:
    """All that is open, in order. `first` are those shown of `running`; `late` are clocks, the newest first.

    `untimed` is how many tickets count in a mean or a percentile alone.
    """

    first: tuple[Entry, ...]
    running: int
    late: tuple[Clock, ...]
    paused: tuple[Entry, ...]
    untimed: int


@dataclass
class Order:
    """The order of the tickets of a watch."""

    watch: Watch
    stakes: Stakes
    rules: QueueRules
    agreements: Sequence[Agreement] | None = None

    def place(self, ticket: Ticket) -> tuple[int | None, Entry | None]:
        """The place of a ticket among all that are to be done, from 1, and what it stands by."""
        name = _name(ticket)
        entries = [
            self._entry(runs, clocks)
            for _, clocks in self._by_ticket()
            if (runs := [each for each in clocks if not each.finished and each.state == "runs"])
        ]
        for place, each in enumerate(self._sorted(entries), start=1):
            if _name(each.ticket) == name:
                return place, each
        return None, None

    def queue(self, limit: int | None = None) -> Queue:
        """The first `limit` of what is to be done; all that is late or waits."""
        running: list[Entry] = []
        late: list[Clock] = []
        paused: list[Entry] = []
        untimed = 0
        for _, clocks in self._by_ticket():
            by_state: dict[str, list[Clock]] = {}
            for each in clocks:
                if not each.finished:
                    by_state.setdefault(each.state, []).append(each)
            late += by_state.get("late", ())
            if "runs" in by_state:
                running.append(self._entry(by_state["runs"], clocks))
            elif "paused" in by_state:
                paused.append(Entry(min(by_state["paused"], key=soonest), clocks))
            elif "untimed" in by_state:
                untimed += not any(each.state == "late" for each in clocks)
        return Queue(
            first=tuple(islice(self._sorted(running), limit)),
            running=len(running),
            late=tuple(sorted(late, key=_newest)),
            paused=tuple(sorted(paused, key=lambda each: (*soonest(each.clock), *_name(each.ticket)))),
            untimed=untimed,
        )

    def _by_ticket(self) -> Iterator[tuple[Ticket, tuple[Clock, ...]]]:
        found = list(self.watch.clocks(self.agreements))
        if any(rule.money is not None for rule in self.rules.first):
            self.stakes.prepare(each for each in found if not each.finished and each.state == "runs")
        return by_ticket(found)

    def _entry(self, runs: Iterable[Clock], clocks: tuple[Clock, ...]) -> Entry:
        last = len(self.rules.first)
        ranked = []
        for each in sorted(runs, key=soonest):
            place = placed(self.rules, self.facts(each)) if self.rules.first else None
            ranked.append((last if place is None else place, each))
        place, clock = min(ranked, key=lambda each: each[0])
        return Entry(clock, clocks, None if place == last else place)

    def facts(self, clock: Clock) -> Facts:
        """What rules may ask of a clock."""
        return Facts(
            words=words_of(clock),
            columns=clock.ticket.columns,
            left=clock.left or 0,
            until=max(0, (clock.due or 0) - self.watch.now),
            used=clock.used,
            costs=partial(self._costs, clock),
        )

    def _costs(self, clock: Clock) -> Amount | None:
        return self.stakes.of(clock).amount

    def _sorted(self, entries: list[Entry]) -> Iterator[Entry]:
        """In order; what costs most is asked only where the time left does not decide."""

        def near(entry: Entry) -> tuple[int, Ms, Ms]:
            place = len(self.rules.first) if entry.rule is None else entry.rule
            return place, entry.clock.left or 0, entry.clock.due or 0

        for _, alike in groupby(sorted(entries, key=near), key=near):
            own = list(alike)
            if len(own) > 1:
                self.stakes.prepare(each.clock for each in own)
            yield from sorted(own, key=self._dearest) if len(own) > 1 else own

    def _dearest(self, entry: Entry) -> tuple[bool, str, Fraction, str, str]:
        amount = self.stakes.of(entry.clock).amount
        name = _name(entry.ticket)
        if amount is None:
            return True, "", Fraction(0), *name
        return False, amount.currency, -amount.exact, *name


def _name(ticket: Ticket) -> tuple[str, str]:
    return ticket.columns.get("source", ""), ticket.id


def _newest(clock: Clock) -> tuple[Ms, str, str, str]:
    ticket = clock.ticket
    return -(clock.due or 0), ticket.id, clock.promise, ticket.columns.get("source", "")


def soonest(clock: Clock) -> tuple[Ms, Ms, str, str]:
    """Sorts by the time left on its own clock, then by when that is up."""
    return clock.left or 0, clock.due or 0, clock.agreement.id, clock.promise


def words_of(clock: Clock) -> Mapping[str, str]:
    """The fields of a clock that rules name: as things stand, with the words of the configuration."""
    ticket, agreement = clock.ticket, clock.agreement
    found = {
        "priority": _latest(ticket, "priority"),
        "segment": _latest(ticket, "segment"),
        "channel": _latest(ticket, "channel"),
        "customer": agreement.customer,
        "service": agreement.service,
        "agreement": agreement.id,
        "promise": clock.promise,
        "source": ticket.columns.get("source", ""),
    }
    return {name: found[name] for name in FIELDS}


def _latest(ticket: Ticket, name: str) -> str:
    told = (each.value for each in reversed(ticket.events) if each.kind == name and each.value)
    return next(told, "") or getattr(ticket, name)


def chosen(plan: Plan, customers: Iterable[str], services: Iterable[str]) -> Sequence[Agreement] | None:
    """The agreements with these customers on these services; None for all."""
    of, on = set(customers), set(services)
    if not of and not on:
        return None
    return [each for each in ours(plan) if (not of or each.customer in of) and (not on or each.service in on)]
