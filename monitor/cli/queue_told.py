"""`makegood queue`: the page of what to do first, and the same for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from monitor.cli.layout import NARROW, exact, filled, marked, owed, table, utc
from monitor.core.intervals import DAY, MINUTE, SECOND, Ms
from monitor.core.periods import local
from monitor.statements.status import zone_of
from reports.format import MONTHS, PLAIN, clean, clock, day, money, plural

if TYPE_CHECKING:
    from monitor.queue.clocks import Clock, Watch
    from monitor.queue.order import Entry, Queue
    from monitor.queue.stakes import Stake, Stakes

FIRST: Final = ("BY", "TICKET", "LEFT", "UNTIL", "PROMISED", "PRIORITY", "CUSTOMER", "AT STAKE")
LATE: Final = ("TICKET", "LATE BY", "SINCE", "PROMISED", "CUSTOMER", "WHAT MORE TIME COSTS")
PAUSED: Final = ("TICKET", "LEFT", "PAUSED SINCE", "PROMISED", "CUSTOMER", "WHY")
KINDS: Final = {
    "first human reply": "first reply",
    "any reply": "any reply",
    "next human reply": "next reply",
    "acknowledged": "acknowledge",
    "update": "update",
    "resolved": "resolution",
}
"""What stops a clock, as what is promised."""
NEAR: Final = (9, 10)
"""From this share of the time allowed on a line is marked."""
UNKNOWN: Final = "not known"
MOST: Final = {"ticket": 12, "priority": 8, "customer": 16, "why": 24}


def length(ms: Ms) -> str:
    """`13 h 05 min`, `45 min`, `40 s`; cut to the minute, and to the second below one."""
    if ms < MINUTE:
        return f"{ms // SECOND} s"
    hours, minutes = divmod(ms // MINUTE, 60)
    return f"{hours:,} h {minutes:02d} min" if hours else f"{minutes} min"


def face(at: Ms, zone: str, now: Ms) -> str:
    """`26 Nov 14:02`; with the year where it is another than now."""
    here = local(at, zone)
    year = f" {here.year}" if here.year != local(now, zone).year else ""
    return f"{here.day:2} {MONTHS[here.month - 1][:3]}{year} {here.hour:02d}:{here.minute:02d}"


def cut(text: str, most: int) -> str:
    plain = clean(text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}~"


def promised(clock: Clock) -> str:
    return KINDS[clock.measure.rules.to]


def page(found: Queue, watch: Watch, stakes: Stakes, limit: int) -> Iterator[str]:
    """All of it, for people."""
    zone = zone_of(watch.plan)
    yield _head(found, watch, zone)
    if found.first:
        yield ""
        yield from _first(found.first, watch, stakes, zone)
        yield from _rules(found.first, watch)
    if found.late:
        yield ""
        yield f"Late already: {len(found.late):,}"
        yield from _late(found.late[:limit], watch, stakes, zone)
    if found.paused:
        yield ""
        yield f"Paused, no clock runs: {len(found.paused):,}"
        yield from _paused(found.paused[:limit], watch, zone)


def _head(found: Queue, watch: Watch, zone: str) -> str:
    count = f"{found.running:,}" if found.running else "No"
    noun = "ticket has" if found.running == 1 else "tickets have"
    text = f"{count} {noun} a clock that runs"
    if found.late:
        text += f", {plural(len(found.late), 'clock is', 'clocks are', PLAIN)} late"
    when = f"{day(watch.now, zone, PLAIN)}, {clock(watch.now, zone, PLAIN, seconds=False)}"
    return f"{text}.{when:>{max(2, NARROW - len(text) - 1)}}"


def _party(clock: Clock, watch: Watch) -> str:
    return watch.plan.party_of(clock.agreement).party.name


def _first(entries: Sequence[Entry], watch: Watch, stakes: Stakes, zone: str) -> list[str]:
    rows = [
        (
            "" if each.rule is None else str(each.rule + 1),
            cut(each.ticket.id, MOST["ticket"]),
            length(each.clock.left or 0),
            face(each.clock.due or 0, zone, watch.now),
            promised(each.clock),
            cut(each.clock.response.key or each.ticket.priority, MOST["priority"]),
            _party(each.clock, watch),
            stake(stakes.of(each.clock)),
        )
        for each in entries
    ]
    over, under = NEAR
    marks = ["!" if each.clock.used * under >= over else " " for each in entries]
    return marked(_fitting(FIRST, rows, 6, right=(2, 7), room=NARROW - 2), marks)


def _fitting(
    head: Sequence[str], rows: Sequence[Sequence[str]], flexible: int, right: Sequence[int] = (),
    room: int = NARROW,
) -> list[str]:  # fmt: skip
    """A table in which one column is cut to what the others leave of the room."""
    widths = [max(len(line[place]) for line in (head, *rows)) for place in range(len(head))]
    others = sum(widths) - widths[flexible] + len(head) - 1
    most = max(len(head[flexible]), room - others)
    cells = [[cut(c, most) if p == flexible else clean(c) for p, c in enumerate(row)] for row in rows]
    return table(head, cells, right=right, fit=room)


def stake(found: Stake) -> str:
    return UNKNOWN if found.amount is None else money(found.amount, PLAIN)


def _rules(entries: Sequence[Entry], watch: Watch) -> Iterator[str]:
    """The rules that placed what is shown; then by what the rest stands."""
    placed = {each.rule for each in entries if each.rule is not None}
    rules = watch.plan.queue.first
    if not placed:
        return
    yield ""
    for place in sorted(placed):
        yield from filled(f"  {place + 1}  {clean(rules[place].text)}", NARROW, under="     ")


def _late(clocks: Sequence[Clock], watch: Watch, stakes: Stakes, zone: str) -> list[str]:
    rows = [
        (
            cut(each.ticket.id, MOST["ticket"]),
            length(each.response.course.delay),
            face(each.due or 0, zone, watch.now),
            promised(each),
            _party(each, watch),
            more(stakes.of(each), zone, watch.now),
        )
        for each in clocks
    ]
    return _fitting(LATE, rows, 4, right=(1,))


def more(found: Stake, zone: str, now: Ms) -> str:
    """What more time costs of one that is late."""
    if found.missed is None:
        return UNKNOWN
    if found.adds is None or found.more_at is None:
        return "nothing more to save"
    return f"{money(found.adds, PLAIN)} more, {face(found.more_at, zone, now).strip()}"


def _paused(entries: Sequence[Entry], watch: Watch, zone: str) -> list[str]:
    rows = [
        (
            cut(each.ticket.id, MOST["ticket"]),
            length(each.clock.left or 0),
            face(each.clock.paused_since, zone, watch.now),
            promised(each.clock),
            _party(each.clock, watch),
            cut(each.clock.why_paused, MOST["why"]),
        )
        for each in entries
    ]
    return _fitting(PAUSED, rows, 4, right=(1,))


def beside(found: Queue, watch: Watch) -> Iterator[str]:
    """What the reader must know of the page: how far it reaches, and what it leaves out."""
    zone = zone_of(watch.plan)
    if found.first:
        yield f"Left: on the promise's own clock. Until: when that is up, in {zone}."
    for source, until in sorted(watch.known.items()):
        here = local(until, zone)
        when = f"{here:%H:%M}" if watch.now - until < DAY else face(until, zone, watch.now).strip()
        yield f"{clean(source)} is known until {when}."
    if not watch.known:
        yield "No tickets were taken in yet: makegood tickets import FILE"
    if watch.nobodys:
        first, why = watch.nobodys[0]
        count = plural(len(watch.nobodys), "open ticket is nobody's", "open tickets are nobody's", PLAIN)
        yield f"{count}: {clean(first.id)} {clean(why)}."
    if watch.refused:
        count = plural(len(watch.refused), "clock cannot be judged", "clocks cannot be judged", PLAIN)
        yield f"{count}: {clean(watch.refused[0].why)}."
    if found.untimed:
        count = plural(found.untimed, "ticket counts", "tickets count", PLAIN)
        yield f"{count} in a mean or a percentile alone."


# -- for programs


def as_data(found: Queue, watch: Watch, stakes: Stakes, limit: int) -> dict[str, object]:
    """The queue for a program; its shape is documented in docs/tickets.md."""
    return {
        "as_of": utc(watch.now),
        "timezone": zone_of(watch.plan),
        "known": {source: utc(until) for source, until in sorted(watch.known.items())},
        "running": found.running,
        "first": [entry_data(each, place, watch, stakes) for place, each in enumerate(found.first, start=1)],
        "late": len(found.late),
        "already_late": [clock_data(each, stakes) for each in islice(found.late, limit)],
        "waiting": len(found.paused),
        "paused": [clock_data(each.clock, stakes) for each in islice(found.paused, limit)],
        "in_a_mean_alone": found.untimed,
        "nobodys": {
            "count": len(watch.nobodys),
            "first": [{"ticket": ticket.id, "why": why} for ticket, why in islice(watch.nobodys, limit)],
        },
        "not_judged": [
            {"ticket": each.ticket, "agreement": each.agreement, "why": each.why} for each in watch.refused
        ],
    }


def entry_data(entry: Entry, place: int, watch: Watch, stakes: Stakes) -> dict[str, object]:
    """A ticket that is to be done."""
    rules = watch.plan.queue.first
    return {
        "place": place,
        "rule": None if entry.rule is None else {"place": entry.rule + 1, "text": rules[entry.rule].text},
        **clock_data(entry.clock, stakes),
        "clocks": [
            {"promise": each.promise, "agreement": each.agreement.id, "state": each.state,
             "due": utc(each.due), "left_ms": each.left if each.state in ("runs", "paused") else None}
            for each in entry.clocks
        ],
    }  # fmt: skip


def clock_data(clock: Clock, stakes: Stakes) -> dict[str, object]:
    """One clock of a ticket, with the money on it."""
    course, open_ = clock.response.course, clock.state in ("runs", "paused")
    return {
        "ticket": clock.ticket.id,
        "source": clock.ticket.columns.get("source", ""),
        "customer": clock.agreement.customer,
        "service": clock.agreement.service,
        "agreement": clock.agreement.id,
        "period": clock.where.period.label,
        "promise": clock.promise,
        "promised": clock.measure.rules.to,
        "by": clock.measure.rules.by,
        "key": clock.response.key,
        "priority": clock.ticket.priority,
        "state": clock.state,
        "calendar": clock.calendar or None,
        "start": utc(course.start),
        "due": utc(course.due),
        "elapsed_ms": course.elapsed,
        "allowed_ms": course.allowed,
        "left_ms": clock.left if open_ else None,
        "late_ms": course.delay if clock.state == "late" else None,
        "used": exact(clock.used) if clock.left is not None else None,
        "paused": (
            {"since": utc(clock.paused_since), "why": clock.why_paused} if clock.state == "paused" else None
        ),
        "stake": stake_data(stakes.of(clock)) if clock.state not in ("untimed", "done") else None,
    }


def stake_data(found: Stake) -> dict[str, object]:
    """The money on a clock."""
    return {
        "amount": owed(found.amount),
        "credit_if_kept": owed(found.kept),
        "credit_if_missed": owed(found.missed),
        "not_known": found.why or None,
        "more": None if found.adds is None else {"amount": owed(found.adds), "from": utc(found.more_at)},
    }
