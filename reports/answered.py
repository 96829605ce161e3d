"""PURE. The responses of a period as the page shows them: how many were in time, and each that was not."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.response import Moved, State, Stretch
from monitor.records import dataclass
from monitor.statements.value import ResponseLines, Section, TicketLine
from reports import format as f
from reports.sentences import CLOCK, MOVED, RESPONSES, STOPS
from reports.setting import Setting

MOST_LATE = 100
MOST_WAITING = 20
MOST_STRETCHES = 12


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many responses of one priority were in time, late, and are under way."""

    key: str
    in_time: str
    late: str
    waiting: str


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One clock of a ticket; `course` says when it ran, when it stood and why."""

    ticket: str
    key: str
    start: str
    due: str
    end: str
    late_by: str
    course: str


@dataclass(frozen=True, slots=True)
class TicketTable:
    """Tickets that were late, or are under way; `more` says how many are not shown."""

    title: str
    rows: tuple[TicketRow, ...]
    more: str
    done: str  # the head of the column that says when the clock stopped, "" where none has
    up: str  # that of the column that says when the time is up


@dataclass(frozen=True, slots=True)
class ResponseTable:
    """What a promise of times counted: `about` names it, `by` what the counts are by, `aside` what is out."""

    name: str
    about: str
    by: str
    counts: tuple[CountRow, ...]
    tickets: tuple[TicketTable, ...]
    aside: tuple[str, ...]


def responses(s: Setting) -> tuple[ResponseTable, ...]:
    """A table for each promise of times, in the order of the sections."""
    return tuple(
        _table(s, name if len(s.names) > 1 else "", section, each)
        for name, section, part in s.answered
        for each in part.promises
    )


def late_of(lines: ResponseLines) -> str:
    """`3 of 212 late`."""
    return RESPONSES["late_of"].format(late=f"{len(lines.late):,}", counted=f"{lines.counted:,}")


def known(s: Setting) -> tuple[str, ...]:
    """How far the tickets are known, once where that is the same for every section."""
    said = {_until(s, part.known_until): None for _, _, part in s.answered}
    return tuple(RESPONSES["known"].format(until=until) for until in said)


def _until(s: Setting, at: int) -> str:
    return f.instant(at, s.zone, seconds=bool(at % 60_000), exact=True, year=s.year)


def _table(s: Setting, name: str, section: Section, lines: ResponseLines) -> ResponseTable:
    zone = s.zone_of(section)
    what = RESPONSES["promise"].format(promise=f.clean(lines.promise), stop=STOPS[lines.stops])
    late = _tickets(s, zone, RESPONSES["late"], lines.late, MOST_LATE, was=True)
    waiting = _tickets(s, zone, RESPONSES["waiting"], lines.waiting, MOST_WAITING, was=False)
    return ResponseTable(
        name=name,
        about=what,
        by=f.clean(lines.by).capitalize(),
        counts=tuple(
            CountRow(
                f.clean(each.key) or RESPONSES["every"], f"{each.in_time:,}", f"{each.late:,}",
                f"{each.waiting:,}",
            )
            for each in lines.counts
        ),
        tickets=tuple(table for table in (late, waiting) if table.rows),
        aside=tuple(
            RESPONSES["aside"].format(tickets=f.plural(count, "clock", "clocks"), why=f.clean(why))
            for why, count in lines.aside
        ),
    )  # fmt: skip


def _tickets(
    s: Setting, zone: str, title: str, lines: Sequence[TicketLine], most: int, *, was: bool
) -> TicketTable:
    shown = sorted(lines, key=lambda each: (-each.delay, each.start, each.ticket))[:most]
    more = len(lines) - len(shown)
    return TicketTable(
        title=title.format(count=f"{len(lines):,}"),
        rows=tuple(_row(s, zone, each) for each in shown),
        more=RESPONSES["more"].format(count=f"{more:,}") if more else "",
        done=RESPONSES["done"] if was else "",
        up=RESPONSES["was_up" if was else "is_up"],
    )


def _row(s: Setting, zone: str, line: TicketLine) -> TicketRow:
    def at(instant: int | None, missing: str) -> str:
        return missing if instant is None else f.instant(instant, zone, year=s.year)

    return TicketRow(
        ticket=f.clean(line.ticket),
        key=f.clean(line.key),
        start=at(line.start, ""),
        due=at(line.due, ""),
        end=at(line.end, RESPONSES["not_yet"]),
        late_by=f.short(line.delay) if line.delay else "",
        course=_course(s, zone, line),
    )


def _course(s: Setting, zone: str, line: TicketLine) -> str:
    """When it ran and when it stood, each stretch up to its instant; what is beyond some is summed up.

    `The clock ran 4 h 30 min: ran 2 h until 6 Oct, 12:00 CEST; stood …`, and what changed on the way.
    """
    since = [each for each in line.timeline if each.span.end > line.start]
    whole = len(since) if len(since) <= MOST_STRETCHES else MOST_STRETCHES - 1
    parts = [_part(s, zone, each) for each in since[:whole]]
    if since[whole:]:
        parts.append(_rest(s, zone, since[whole:]))
    moved = "".join(f" {_moved(s, zone, each)}" for each in line.changes)
    return RESPONSES["course"].format(elapsed=f.short(line.elapsed), parts="; ".join(parts)) + moved


def _part(s: Setting, zone: str, each: Stretch) -> str:
    why = f" ({f.clean(each.reason)})" if each.reason else ""
    did = CLOCK[each.state].format(length=f.short(each.span.length), why=why)
    return RESPONSES["until"].format(did=did, until=_at(s, zone, each.span.end))


def _rest(s: Setting, zone: str, rest: Sequence[Stretch]) -> str:
    """What the stretches that are not shown come to, state by state."""
    found: dict[State, int] = {}
    for each in rest:
        found[each.state] = found.get(each.state, 0) + each.span.length
    sums = f.listed(tuple(CLOCK[state].format(length=f.short(ms), why="") for state, ms in found.items()))
    return RESPONSES["and_more"].format(count=len(rest), until=_at(s, zone, rest[-1].span.end), sums=sums)


def _moved(s: Setting, zone: str, each: Moved) -> str:
    return RESPONSES["moved"].format(
        what=f.clean(each.what).capitalize(),
        before=f.clean(each.before) or RESPONSES["no_value"],
        after=f.clean(each.after) or RESPONSES["no_value"],
        at=_at(s, zone, each.at),
        how=MOVED[each.how],
    )


def _at(s: Setting, zone: str, at: int) -> str:
    return f.instant(at, zone, seconds=bool(at % 60_000), exact=True, year=s.year)


def by_promise(section: Section) -> dict[str, ResponseLines]:
    """What each promise of times counted, by its label."""
    return {} if section.tickets is None else {each.promise: each for each in section.tickets.promises}


__all__ = ["ResponseTable", "by_promise", "known", "late_of", "responses"]
