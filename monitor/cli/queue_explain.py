"""`makegood queue --explain TICKET`: the clocks of one ticket, open or closed, and why it stands where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from monitor.agreements.events import say_allowed
from monitor.cli.layout import NARROW, filled, table, utc
from monitor.cli.queue_told import clock_data, more, promised
from monitor.cli.queue_told import face as minute_face
from monitor.cli.queue_told import length as minute_length
from monitor.core.intervals import MINUTE, SECOND, Ms, Span
from monitor.core.response import Stretch
from monitor.core.ticket_course import goes_on
from monitor.core.tickets import Ticket
from monitor.errors import ConfigError
from monitor.queue.clocks import Clock, Watch
from monitor.queue.order import Entry, Order
from monitor.queue.stakes import Stakes
from monitor.records import dataclass
from monitor.statements.status import zone_of
from monitor.store.protocol import WholeSnapshot
from reports.format import PLAIN, clean, money, used

WIDE: Final = 48
LEGEND: Final = "# ran  = stood  . closed hours  - not started  > time left  | due  x late"
WORDS: Final = {
    "before start": "not started", "running": "ran", "paused": "stood", "closed hours": "closed hours",
}  # fmt: skip
CELLS: Final = {"before start": "-", "running": "#", "paused": "=", "closed hours": "."}


MOVED: Final = {
    "restart": "the clock begins anew", "keep time": "what ran counts", "keep target": "the first time stays",
    "prorate": "the share used carries over", "late": "it was late already",
}  # fmt: skip


def length(ms: Ms) -> str:
    """`13 h 05 min`, `2 min 07 s`: to the second, on a page that gives account of every one."""
    shown, rest = minute_length(ms), ms % MINUTE // SECOND
    return f"{shown} {rest:02d} s" if rest and ms >= MINUTE else shown


def face(at: Ms, zone: str, now: Ms) -> str:
    """`26 Nov 14:02`, and `26 Nov 14:02:07` where it is no whole minute."""
    shown = minute_face(at, zone, now)
    return f"{shown}:{at % MINUTE // SECOND:02d}" if at % MINUTE else shown


@dataclass(frozen=True, slots=True)
class Explained:
    """One ticket with its clocks, and its place among those that are to be done (None: it has none).

    `nobodys` is why it counts nowhere, "" where somebody's promise looks at it.
    """

    ticket: Ticket
    clocks: tuple[Clock, ...]
    stakes: Stakes
    place: int | None = None
    entry: Entry | None = None
    nobodys: str = ""


def explained(name: str, watch: Watch, stakes: Stakes) -> list[Explained]:
    """The tickets of an id, or of `source:id`; ConfigError where there is none."""
    found = [each.ticket for each in watch.snapshot.ticket(name) if each.until is None]
    if not found:
        raise ConfigError(f"there is no ticket {name[:80]}; `makegood tickets list` shows those of a time")
    return [_explained(ticket, watch, stakes) for ticket in found]


def _explained(ticket: Ticket, watch: Watch, stakes: Stakes) -> Explained:
    reading = (ticket, *_followed(ticket, watch.snapshot))
    own = Watch(watch.plan, watch.snapshot, watch.now, reading=reading)
    why = next((why for each, why in own.nobodys if each is ticket), "")
    clocks = tuple(each for each in own.clocks() if each.ticket is ticket)
    why = why or next((each.why for each in own.refused), "")
    order = Order(watch, stakes, watch.plan.queue)
    if not any(each.state == "runs" for each in clocks):
        return Explained(ticket, clocks, stakes, nobodys=why)
    place, entry = order.place(ticket)
    return Explained(ticket, clocks, stakes, place, entry, why)


def _followed(ticket: Ticket, snapshot: WholeSnapshot) -> Iterator[Ticket]:
    """The tickets that it went into, one after the other."""
    seen = {ticket.id}
    source = ticket.columns.get("source", "")
    while (into := ticket.merged_into) and into not in seen:
        seen.add(into)
        rows = [each for each in snapshot.ticket(f"{source}:{into}") if each.until is None]
        if not rows:
            return
        ticket = rows[0].ticket
        yield ticket


def page(found: Explained, watch: Watch) -> Iterator[str]:
    """One ticket, for people."""
    zone, ticket = zone_of(watch.plan), found.ticket
    state = "deleted" if ticket.deleted else "open" if goes_on(ticket.events) else "closed"
    told = [ticket.priority, ticket.segment, ticket.customer, ticket.service]
    said = ", ".join(clean(each) for each in told if each)
    name = f"{clean(ticket.columns.get('source', ''))}:{clean(ticket.id)}"
    yield from filled(f"{name}, {state}{': ' + said if said else ''}", NARROW, under="    ")
    if found.nobodys:
        yield from filled(f"  It counts nowhere: it {clean(found.nobodys)}.", NARROW, under="  ")
    elif not found.clocks:
        yield "  No promise runs a clock on it."
    yield from (line for text in _order(found, watch) for line in filled(text, NARROW, under="    "))
    for clock in found.clocks:
        yield ""
        yield from _clock(clock, found.stakes, zone, watch.now)
    if found.clocks:
        yield ""
        yield f"  {LEGEND}"


def _order(found: Explained, watch: Watch) -> Iterator[str]:
    """How its place came about."""
    if found.place is None or found.entry is None:
        return
    clock, rules = found.entry.clock, watch.plan.queue.first
    yield f"  Place {found.place:,}, by its {promised(clock)}."
    if found.entry.rule is not None:
        yield f"    Rule {found.entry.rule + 1} placed it: {clean(rules[found.entry.rule].text)}."
    elif rules:
        yield f"    None of the {len(rules)} rules of [queue] holds of it: it comes after those."
    yield "    Then by the time left on the promise's own clock, then by the money at stake."


def _clock(clock: Clock, stakes: Stakes, zone: str, now: Ms) -> Iterator[str]:
    agreement = clock.agreement
    time = _allowed(clock)
    key = f" for {clean(clock.response.key)}" if clock.response.key else ""
    yield from filled(
        f"  {clock.response.cause}, {agreement.id}, {clock.promise}: {promised(clock)}{key}, {time}",
        NARROW, under="    ",
    )  # fmt: skip
    yield from (line for text in _stands(clock, zone, now) for line in filled(text, NARROW, under="    "))
    yield from (
        line for text in _costs(clock, stakes, zone, now) for line in filled(text, NARROW, under="    ")
    )
    yield f"    {bar(clock, now)}"
    yield from table(("    FROM", "TO", "THE CLOCK", "FOR", "WHY"), _rows(clock, zone, now), right=(3,))


def _allowed(clock: Clock) -> str:
    """The time that is promised in the words of the contract, and what that is on the clock."""
    course = clock.response.course
    hours = f"in the hours of {clock.calendar}" if clock.calendar else "round the clock"
    if course.allowed is None:
        return "no time of its own"
    own = dict(clock.measure.within)
    said = own.get(clock.response.key, own.get(""))
    if said is None or not said.days:
        return f"{length(course.allowed)} {hours}"
    return f"{say_allowed(said)}: {length(course.allowed)} {hours}"


def _rows(clock: Clock, zone: str, now: Ms) -> list[tuple[str, ...]]:
    """The stretches of its timeline, and what was changed on the way, in order of time."""
    found = [
        (each.span.start, face(each.span.end, zone, now), WORDS[each.state], length(each.span.length),
         clean(each.reason))
        for each in clock.response.timeline()
    ]  # fmt: skip
    found += [
        (each.at, "", clean(each.what), "",
         f"{clean(each.before) or 'none'} -> {clean(each.after) or 'none'}: {MOVED[each.how]}")
        for each in clock.response.moved
    ]  # fmt: skip
    found.sort(key=lambda each: (each[0], each[1]))
    return [(f"    {face(at, zone, now)}", *rest) for at, *rest in found]


def _stands(clock: Clock, zone: str, now: Ms) -> Iterator[str]:
    course = clock.response.course
    due = "" if course.due is None else face(course.due, zone, now).strip()
    took = f"after {length(course.elapsed)} on its clock"
    if course.end is not None:
        done = f"Done {face(course.end, zone, now).strip()} {took}"
        late = f", late by {length(course.delay)}: it was due {due}"
        yield f"    {done}{late if course.late else ', in time' if due else ''}."
    elif clock.state == "late":
        yield f"    Late by {length(course.delay)}: its time was up {due}, and it is not done."
    elif clock.left is None:
        yield f"    It runs, {length(course.elapsed)} so far, and counts in the figure of the period alone."
    else:
        share = used(clock.used, PLAIN)
        stands = (
            f"It stands since {face(clock.paused_since, zone, now).strip()}: {clean(clock.why_paused)}. "
            if clock.state == "paused"
            else ""
        )
        supposed = " if it ran on now" if stands else ""
        yield f"    {stands}{length(clock.left or 0)} left, until {due}{supposed}; {share} is used."


def _costs(clock: Clock, stakes: Stakes, zone: str, now: Ms) -> Iterator[str]:
    """The money on a clock; of one that is in time and done there is none."""
    if clock.state in ("done", "untimed"):
        return
    found, period = stakes.of(clock), clock.where.period.label
    if found.amount is None or found.missed is None or found.kept is None:
        yield f"    What is at stake nobody can tell: {clean(found.why) or 'the credit is not determinable'}."
        return
    missed, kept = money(found.missed, PLAIN), money(found.kept, PLAIN)
    if clock.state != "late":
        credit = f"The credit of {period} is {missed} if it is missed, {kept} if not."
        yield f"    At stake: {money(found.amount, PLAIN)}. {credit}"
        return
    credit = f"the credit of {period} is {missed}, and was {kept} without it."
    yield f"    It costs {money(found.amount, PLAIN)}: {credit}"
    if not clock.response.finished:
        yield f"    More time: {more(found, zone, now)}."


def bar(clock: Clock, now: Ms) -> str:
    """Its timeline as a line of characters: when the clock ran, when it stood, when its time is up."""
    response, course = clock.response, clock.response.course
    line = response.timeline()
    start = line[0].span.start if line else course.start
    end = max(course.until, course.due or course.until, start + MINUTE)
    cells = "".join(
        _cell(clock, line, start + (end - start) * (2 * n + 1) // (2 * WIDE)) for n in range(WIDE)
    )
    if course.due is None:
        return f"[{cells}]"
    at = min(WIDE - 1, max(0, (course.due - start) * WIDE // (end - start)))
    return f"[{cells[:at]}|{cells[at + 1 :]}]"


def _cell(clock: Clock, line: Sequence[Stretch], at: Ms) -> str:
    course = clock.response.course
    if at < course.until:
        state = next((each.state for each in line if at in each.span), "before start")
        late = state == "running" and course.due is not None and at > course.due
        return "x" if late else CELLS[state]
    if course.end is not None or course.target is None:
        return " "
    work = course.target.work
    return ">" if work is None or work.open_in(Span(at, at + 1)) else "."


def as_data(found: Explained, watch: Watch) -> dict[str, object]:
    """One ticket for a program; its shape is documented in docs/tickets.md."""
    ticket, rules, entry = found.ticket, watch.plan.queue.first, found.entry
    rule = None if entry is None else entry.rule
    return {
        "ticket": ticket.id,
        "source": ticket.columns.get("source", ""),
        "open": goes_on(ticket.events),
        "deleted": ticket.deleted,
        "place": found.place,
        "rule": None if rule is None else {"place": rule + 1, "text": rules[rule].text},
        "counts_nowhere": found.nobodys or None,
        "clocks": [
            {
                **clock_data(each, found.stakes),
                "turn": each.response.cause,
                "end": utc(each.response.course.end),
                "timeline": [
                    {"from": utc(s.span.start), "to": utc(s.span.end), "state": s.state, "why": s.reason}
                    for s in each.response.timeline()
                ],
                "changes": [
                    {"at": utc(m.at), "what": m.what, "from": m.before, "to": m.after, "how": m.how}
                    for m in each.response.moved
                ],
            }
            for each in found.clocks
        ],
    }
