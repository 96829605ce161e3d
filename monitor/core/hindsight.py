"""What a changed expectation would have made of a period: slots are counted, and their time is summed. Pure.

The time of a slot runs from where its state begins to the next slot's, for at most its hold, as far as the
recorded states bear it out: what a silence swallowed stays swallowed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from itertools import groupby
from operator import attrgetter

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import Ms, Span
from monitor.core.replay import Asked, Changed, Outcome, Replayed, Unsaid, replayed
from monitor.core.timeline import Segment
from monitor.records import dataclass

Asking = Sequence[Asked | None]
InForce = Callable[[Ms], Asking]
"""What may have been asked of an endpoint at an instant; None in it where that is not known."""

CHANGES = frozenset({Outcome.DOWN, Outcome.UP, Outcome.UNKNOWN, Outcome.UNCONFIRMED})

_start = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time that would have another state, or whose first attempts would fail: slots that say the same."""

    start: Ms
    end: Ms
    slots: int
    state: State
    outcome: Outcome
    before: Reason
    after: Reason | None


@dataclass(slots=True)
class Hindsight:
    """The sums over a period. Times are in ms.

    `down` is the recorded down time, `added` what would be down beside it and `removed` what would not be.
    `time` and `slots` go by outcome, `unsaid` counts the slots that cannot be judged anew by why not.
    `unconfirmed` is time that was not down, of slots whose failure was not confirmed. `unheld` is known time
    of which no check of the period is at hand; of what is less than the longest hold, one just before it is.
    """

    down: Ms = 0
    added: Ms = 0
    removed: Ms = 0
    unconfirmed: Ms = 0
    unheld: Ms = 0
    longest_hold: Ms = 0
    slots: Counter[Outcome] = field(default_factory=Counter)
    time: Counter[Outcome] = field(default_factory=Counter)
    unsaid: Counter[Unsaid] = field(default_factory=Counter)
    stretches: list[Stretch] = field(default_factory=list)


def hindsight(
    checks: Iterable[Check], segments: Sequence[Segment], span: Span, in_force: InForce, changed: Changed
) -> Hindsight:
    """A period of one lane: `checks` in order of their instant, `segments` its recorded states in `span`.

    Slots count that began in `span`. Hand in checks until a while after it: a slot there may go on beyond it.
    """
    found = Hindsight()
    for state in (State.UP, State.DOWN):
        known = sum(each.end - each.start for each in segments if each.state is state)
        found.unheld += known
        found.down += known if state is State.DOWN else 0
    for slot, own in _timed(_slots(checks, span, in_force, changed), segments, span):
        _count(found, slot, own)
    return found


def _slots(checks: Iterable[Check], span: Span, in_force: InForce, changed: Changed) -> Iterator[Replayed]:
    passed = _Passed(changed)
    for number, (_, run) in enumerate(groupby(checks, key=attrgetter("epoch", "slot"))):
        attempts = tuple(run)
        first = attempts[0]
        if first.at not in span or (number == 0 and first.attempt):  # it began before
            continue
        asked = in_force(first.at)
        alone = first.reason is Reason.OK and len(attempts) == 1 and not first.attempt
        yield passed.slot(first, asked) if alone else replayed(attempts, asked, changed)


class _Passed:
    """Slots whose first attempt passed, most of all: those that are judged alike are judged once."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._limit = changed.asked.expectation.slower_is_down
        self._known: dict[tuple[int, State, int | None, bool | None], tuple[Asking, Replayed]] = {}

    def slot(self, check: Check, asked: Asking) -> Replayed:
        """The same as `replayed` of the attempt."""
        latency, limit = check.latency, self._limit
        slow = None if latency is None else limit is not None and latency > limit
        key = (id(asked), check.state, check.status, slow)
        known = self._known.get(key)
        if known is None or known[0] is not asked:
            known = self._known[key] = (asked, replayed([check], asked, self._changed))
        like = known[1]
        return Replayed(check.at, check.hold, like.state, like.outcome, like.before, like.after, like.unsaid)


def _timed(
    slots: Iterable[Replayed], segments: Sequence[Segment], span: Span
) -> Iterator[tuple[Replayed, Span]]:
    """Each slot with the time that it speaks for, empty where it does not."""
    before: Replayed | None = None
    for slot in slots:
        if before is not None:
            yield before, _own(before, segments, slot.at)
        before = slot
    if before is not None:
        yield before, _own(before, segments, span.end)


def _own(slot: Replayed, segments: Sequence[Segment], until: Ms) -> Span:
    place = bisect_right(segments, slot.at, key=_start) - 1
    nothing = Span(slot.at, slot.at)
    if place < 0:
        return nothing
    segment = segments[place]
    other = segment.state is not slot.state
    if other or (slot.state is State.UNKNOWN and segment.reason is not slot.before):
        return nothing
    return Span(slot.at, max(slot.at, min(until, slot.at + slot.hold, segment.end)))


def _count(found: Hindsight, slot: Replayed, own: Span) -> None:
    found.slots[slot.outcome] += 1
    found.time[slot.outcome] += own.length
    found.longest_hold = max(found.longest_hold, slot.hold)
    if slot.unsaid is not None:
        found.unsaid[slot.unsaid] += 1
    if slot.state is not State.UNKNOWN:
        found.unheld -= own.length
    if slot.outcome is Outcome.DOWN:
        found.added += own.length
    elif slot.outcome is Outcome.UNCONFIRMED and slot.state is not State.DOWN:
        found.unconfirmed += own.length
    elif slot.state is State.DOWN and slot.outcome in (Outcome.UP, Outcome.UNKNOWN):
        found.removed += own.length
    if slot.outcome in CHANGES and own.length:
        _append(found.stretches, slot, own)


def _append(stretches: list[Stretch], slot: Replayed, own: Span) -> None:
    new = Stretch(own.start, own.end, 1, slot.state, slot.outcome, slot.before, slot.after)
    if stretches and stretches[-1].end == new.start:
        longer = replace(stretches[-1], end=new.end, slots=stretches[-1].slots + 1)
        if replace(new, start=longer.start, slots=longer.slots) == longer:
            stretches[-1] = longer
            return
    stretches.append(new)
