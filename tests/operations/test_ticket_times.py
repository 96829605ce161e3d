"""Where the time of tickets goes: no instant is in two states, none is lost, and a walk agrees."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendars import Calendar, parse_hours
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.periods import instant, local
from monitor.core.response import Pause, Target, apart, course
from monitor.core.tickets import Ticket, TicketEvent, in_order
from monitor.core.worktime import WorkTime
from monitor.operations import ticket_times as tt
from monitor.operations.ticket_times import Cause, Clocked, Lay, by_hour, cause, clocked, lays, times
from tests.operations.conftest import at

SPRING = at("12:00") // DAY * DAY


def event(minute: int, kind: str, value: str = "", by: str = "") -> TicketEvent:
    return TicketEvent(SPRING + minute * MINUTE, kind, value, by)  # type: ignore[arg-type]


def ticket(*events: TicketEvent) -> Ticket:
    return Ticket("T-1", events)


def told(found: tuple[Lay, ...]) -> list[tuple[int, str]]:
    """The minutes of each state, in order."""
    return [(span.length // MINUTE, state) for span, state in found]


def test_a_ticket_lies_unassigned_until_somebody_takes_it_and_is_worked_on_until_it_waits():
    one = ticket(
        event(0, "created"), event(1, "auto reply"), event(2, "reply", by="system"), event(90, "assigned"),
        event(100, "reply", by="agent"), event(100, "status", "waiting for customer"),
        event(160, "status", "open"), event(170, "pause", "Waiting for third party"), event(175, "resume"),
        event(200, "resolved"),
    )  # fmt: skip
    assert told(lays(one, SPRING + DAY, assigns=True)) == [
        (90, "unassigned"), (10, "worked on"), (60, "waiting for customer"), (10, "worked on"),
        (5, "third party"), (25, "worked on"),
    ]  # fmt: skip


def test_of_a_system_that_never_says_who_took_a_ticket_nobody_says_unassigned():
    one = ticket(event(0, "created"), event(30, "reply", by="agent"), event(60, "resolved"))
    assert told(lays(one, SPRING + DAY, assigns=False)) == [(30, "not answered yet"), (30, "worked on")]
    assert tt.assigners([one]) == frozenset()
    other = Ticket("T-2", (event(0, "created"), event(1, "assigned")), columns={"source": "desk"})
    assert tt.assigners([one, other]) == {"desk"}


def test_a_reply_of_the_customer_ends_the_waiting_for_them_whatever_the_status_says():
    one = ticket(
        event(0, "created"), event(0, "assigned"), event(10, "status", "Waiting  on customer"),
        event(40, "customer reply"), event(70, "status", "waiting for customer"),
    )  # fmt: skip
    assert told(lays(one, SPRING + 100 * MINUTE, assigns=True)) == [
        (10, "worked on"), (30, "waiting for customer"), (30, "worked on"), (30, "waiting for customer"),
    ]  # fmt: skip


def test_a_word_that_is_not_known_stands_as_it_is_once_somebody_has_the_ticket():
    one = ticket(
        event(0, "created"), event(0, "status", "Triage"), event(10, "assigned"),
        event(30, "status", "Pending"), event(40, "closed"),
    )  # fmt: skip
    assert told(lays(one, SPRING + DAY, assigns=True)) == [
        (10, "unassigned"), (20, "Triage"), (10, "Pending"),
    ]  # fmt: skip


def test_time_after_the_last_end_is_none_and_time_before_a_reopening_is_told_apart():
    one = ticket(
        event(0, "created"), event(5, "assigned"), event(20, "resolved"), event(50, "closed"),
        event(80, "reopened"), event(90, "resolved"), event(95, "customer reply"), event(99, "closed"),
    )  # fmt: skip
    assert told(lays(one, SPRING + DAY, assigns=True)) == [
        (5, "unassigned"), (15, "worked on"), (60, "resolved"), (10, "worked on"),
    ]  # fmt: skip
    assert told(lays(one, SPRING + 60 * MINUTE, assigns=True)) == [(5, "unassigned"), (15, "worked on")]


# --- drawn ----------------------------------------------------------------------------------------------

KINDS = (
    "assigned", "reply", "auto reply", "customer reply", "acknowledged", "update", "status", "pause",
    "resume", "resolved", "reopened", "closed", "priority",
)  # fmt: skip
WORDS = ("open", "waiting for customer", "On hold", "third party", "escalated", "Triage", "pending", "")
events = st.builds(
    event,
    st.integers(0, 600),
    st.sampled_from(KINDS),
    st.sampled_from(WORDS),
    st.sampled_from(("", "agent", "system")),
)
tickets = st.lists(events, max_size=12).map(lambda found: ticket(event(0, "created"), *in_order(found)))
ends = st.integers(1, 700).map(lambda minute: SPRING + minute * MINUTE)


def walked(one: Ticket, minute: Ms, *, assigns: bool) -> str:
    """The state in the minute from an instant on, looked up from all that was told until then."""
    known = [each for each in one.events if each.at <= minute]
    edges = _edges(one, minute)
    if edges and edges[-1].kind != "reopened":
        later = {e.at for e in one.events if e.at > minute}
        return "resolved" if any(_edges(one, at)[-1].kind == "reopened" for at in later) else ""
    since = known[max((n for n, e in enumerate(known) if e in edges), default=0) :]
    words = _as_told(since)
    said = max((n for n, e in enumerate(known) if e.kind in ("status", "pause")), default=-1)
    theirs = max((n for n, e in enumerate(known) if e.kind == "customer reply"), default=-1)
    waits = [MEANS[word] for word in words if word in MEANS]
    waits = [each for each in waits if each != "waiting for customer" or said > theirs]
    if waits:
        return waits[0]
    if not any(_takes(each) for each in known):
        return "unassigned" if assigns else "not answered yet"
    return next((word for word in words if word in ("Triage", "pending")), "worked on")


def _edges(one: Ticket, until: Ms) -> list[TicketEvent]:
    """Its ends and reopenings; one that was over again in the same instant is none: the last one holds."""
    return [e for e in one.events if e.at <= until and e.kind in ("resolved", "closed", "reopened")]


MEANS = {
    "waiting for customer": "waiting for customer", "On hold": "on hold", "third party": "third party",
    "escalated": "escalated",
}  # fmt: skip


def _takes(each: TicketEvent) -> bool:
    by_a_person = each.kind in ("reply", "acknowledged", "update") and each.by != "system"
    return each.kind == "assigned" or by_a_person


def _as_told(since: list[TicketEvent]) -> list[str]:
    """The status first, then the reasons of pauses in the order in which they began to hold."""
    began: list[str] = []
    for each in since:
        if each.kind == "pause" and each.value not in began:
            began.append(each.value)
        elif each.kind == "resume":
            began = [name for name in began if each.value and name != each.value]
    statuses = [each.value for each in since if each.kind == "status"]
    return [*statuses[-1:], *began]


@given(tickets, ends, st.booleans())
def test_the_parts_are_the_whole_span_without_gaps(one: Ticket, until: Ms, assigns: bool):
    found = lays(one, until, assigns=assigns)
    for (first, _), (second, _) in pairwise(found):
        assert first.end == second.start
    if found:
        whole = Span(found[0][0].start, found[-1][0].end)
        assert whole.start == one.events[0].at
        assert sum(tt.within(found, whole).values()) == whole.length
        assert sum(tt.within(found, Span(whole.start, whole.end + DAY)).values()) == whole.length


@given(tickets, st.booleans())
def test_a_walk_by_the_minute_agrees(one: Ticket, assigns: bool):
    """With all that ever happens known, as the walk has it."""
    until = SPRING + 700 * MINUTE
    found = tt.within(lays(one, until, assigns=assigns), Span(SPRING, until))
    seen = Counter(walked(one, SPRING + n * MINUTE, assigns=assigns) for n in range(700))
    del seen[""]
    assert {state: ms // MINUTE for state, ms in found.items()} == seen


HOURS = WorkTime(Calendar("short", "Europe/Berlin", parse_hours("daily 02:00-04:00")))
gaps = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 90), st.sampled_from(WORDS[1:5])), max_size=3)


@given(tickets, st.integers(0, 300), st.integers(0, 400), gaps, st.booleans())
def test_the_parts_of_a_clock_are_its_time(one: Ticket, first: int, length: int, stood: list, business: bool):  # type: ignore[type-arg]
    start = SPRING + first * MINUTE
    stop = start + length * MINUTE
    cut = (Span(SPRING + m * MINUTE, SPRING + (m + n) * MINUTE).clip(Span(start, stop)) for m, n, _ in stood)
    pauses = apart(Pause(span, why) for span, (_, _, why) in zip(cut, stood, strict=True) if span)
    of = course(start, stop, stop, Target(HOUR, work=HOURS if business else None), pauses=pauses)
    found = clocked(of.timeline(), lays(one, SPRING + DAY, assigns=True))
    assert sum(found.ran.values()) == of.elapsed
    assert sum(found.parts.values()) == stop - start
    assert times(1, found.parts).whole == stop - start


@given(st.lists(tickets, max_size=4), st.integers(0, 40))
def test_hours_of_the_week_hold_all_the_time_and_each_minute_in_its_own(many: list[Ticket], shift: int):
    """Over the night in which the clocks go forward, in quarters of an hour."""
    zone = "Europe/Berlin"
    begin = instant(datetime.fromisoformat("2026-03-28T12:00+00:00"))
    span = Span(begin + shift * 15 * MINUTE, begin + DAY)
    moved = [
        (Span(each.start - SPRING + begin, each.end - SPRING + begin), state)
        for one in many
        for each, state in lays(one, SPRING + 700 * MINUTE, assigns=True)
    ]
    seen: Counter[tuple[int, str]] = Counter()
    for own, state in moved:
        for minute in range(max(own.start, span.start), min(own.end, span.end), MINUTE):
            here = local(minute, zone)
            seen[here.weekday() * 24 + here.hour, state] += MINUTE
    found = by_hour(moved, span, zone)
    assert {(hour, each.state): each.ms for hour, own in found.items() for each in own.parts} == seen


# --- what late ones waited for --------------------------------------------------------------------------


def test_the_cause_is_what_took_the_most_of_the_time_that_the_clocks_of_the_late_ran():
    """Nine of them lay unassigned for longer than the hour that they had; what stood is nobody's fault."""
    nine = [(Clocked({"unassigned": 90 * MINUTE, "worked on": 5 * MINUTE}, {"closed hours": DAY}), HOUR)] * 9
    rest = [(Clocked({"unassigned": 20 * MINUTE, "worked on": 50 * MINUTE}, {}), HOUR)] * 5
    assert cause([*nine, *rest]) == Cause("unassigned", Fraction(910, 1205), 14, 9, 9)
    assert cause([]) is None
    assert cause([(Clocked({}, {"on hold": HOUR}), HOUR)]) is None


def test_times_stand_in_one_order_unknown_words_last_and_the_longest_of_them_first():
    found = times(3, Counter({"Triage": 5, "worked on": 2, "Audit": 9, "unassigned": 4, "on hold": 0}))
    assert [(each.state, each.ms) for each in found.parts] == [
        ("unassigned", 4),
        ("worked on", 2),
        ("Audit", 9),
        ("Triage", 5),
    ]
    assert (found.whole, found.share("Audit"), found.share("on hold")) == (20, Fraction(9, 20), 0)
    assert times(0, {}).share("worked on") == 0
