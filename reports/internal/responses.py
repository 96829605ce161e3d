"""PURE. Response commitments as the team reads them: each promise, what missed it, and where tickets lay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.operations import ticket_times as tt
from monitor.operations.responses import (
    FEW,
    Grouped,
    GroupLine,
    ResponseLine,
    ResponseReport,
    Spread,
    longest,
)
from monitor.operations.ticket_times import Cause, Times
from monitor.records import dataclass
from reports import format as f
from reports.format import PAGE, PLAIN, Style
from reports.internal import words as w
from reports.internal.rows import HourRow, Ranked, hour_cell
from reports.page import Mark
from reports.sentences import COMMITMENT, NO_AMOUNT

FIRST = 5  # late ones of one promise
RANKED = 12  # of them of all promises
KEYS = 12  # groups of one kind
NOBODYS = 12  # reasons why tickets are nobody's
TOP = 3  # states, or tickets, that are named

NOUNS: Final = {
    "first human reply": ("first reply", "first replies"),
    "any reply": ("first reply", "first replies"),
    "next human reply": ("next reply", "next replies"),
    "acknowledged": ("acknowledgement", "acknowledgements"),
    "update": ("update", "updates"),
    "resolved": ("resolution", "resolutions"),
}
LAY: Final = {
    tt.UNASSIGNED: "lay unassigned",
    tt.WORKED_ON: "were worked on",
    tt.CUSTOMER: "waited for the customer",
    tt.THIRD_PARTY: "waited for a third party",
    tt.ESCALATED: "were escalated",
    tt.ON_HOLD: "were on hold",
}
SAYS: Final = {
    "longer": "{who} {lay} for longer than {whose} whole time",
    "most": "{who} {lay} for the longest part of {whose} time",
    "of": "Of {late} late {what} {count}",
    "all_of": "All {late} late {what}",
    "one": "The late {what}",
    "share": "{said}: {share} of the time that {clocks} ran.",
    "together": "{late} late {what} {lay} for {share} of the time that their clocks ran.",
    "unanswered": (
        "Nothing says what {late} late {what} waited for: their system does not tell who took a ticket."
    ),
    "untold": "Nothing says what {late} late {what} waited for.",
    "none": "No ticket went on.",
    "all": "{tickets} went on: {where}.",
    "hours": "Late clocks by the hour of the week in which they began: {told}.",
    "hours_none": "Late clocks by hour of the week: none.",
    "nobodys": "{tickets} counted nowhere, since nobody can tell whose they are:",
    "part": "{state} {share}",
    "half": "half took {time} or less",
    "within": "{key} within {allowed}",
}


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise of times. `none` says why nothing is settled; `cause` is "" where none was late."""

    name: str
    about: str
    aims: str
    counted: str
    late: str
    reached: str
    took: str
    credit: str
    mark: Mark
    result: str
    none: str
    cause: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """The tickets that have one thing in common."""

    key: str
    tickets: str
    late: str
    lay: str
    where: str


@dataclass(frozen=True, slots=True)
class KeyTable:
    """The groups of one kind, and how many more there are."""

    title: str
    rows: tuple[KeyRow, ...]
    more: str


@dataclass(frozen=True, slots=True)
class ResponsePart:
    """Everything the page says of response commitments."""

    told: str
    rows: tuple[PromiseRow, ...]
    longest: tuple[Ranked, ...]
    tables: tuple[KeyTable, ...]
    hours: tuple[HourRow, ...]
    hours_told: str
    nobodys_told: str
    nobodys: tuple[str, ...]
    more: str


def response_part(report: ResponseReport | None, when: Callable[[Ms], str]) -> ResponsePart | None:
    """The part of a page; None where no times are promised and no ticket went on."""
    if report is None:
        return None
    nobodys = _nobodys(report)
    more = len(nobodys) - NOBODYS
    late = any(each.late for each in report.hours)
    return ResponsePart(
        told=went_on(report.times),
        rows=tuple(_row(each) for each in report.lines),
        longest=tuple(_ranked(report, when)),
        tables=tuple(_table(each) for each in report.groups),
        hours=tuple(_hours(report)) if late else (),
        hours_told=_hours_told(report),
        nobodys_told=_nobodys_told(report),
        nobodys=nobodys[:NOBODYS],
        more=w.SAYS["more"].format(count=f.counted(more)) if more > 0 else "",
    )


# --- sentences ------------------------------------------------------------------------------------------


def took(ms: Ms, style: Style = PAGE) -> str:
    """How long something took, rounded up: `2 h 31 min`, `4 min 12 s`."""
    if not ms:
        return f"0{style.space}s"
    step = MINUTE if ms >= HOUR else SECOND
    return f.short(-(-ms // step) * step, style)


def spent(ms: Ms, style: Style = PAGE) -> str:
    """How long tickets lay all together, in whole hours from one on, cut off: `3,120 h`."""
    return f"{ms // HOUR:,}{style.space}h" if ms >= HOUR else f.brief(ms, style)


def where(times: Times, style: Style = PAGE, most: int = TOP) -> str:
    """`unassigned 45.2 %, worked on 30.1 %, waiting for customer 12.0 %`: what took the most of the time."""
    ranked = sorted(times.parts, key=lambda each: -each.ms)[:most]
    return ", ".join(
        SAYS["part"].format(state=named(each.state, style), share=f.left(times.share(each.state), style))
        for each in ranked
    )


def named(state: str, style: Style = PAGE) -> str:
    """A state as it is told; the word of a ticket system between quotes."""
    if state in tt.STATES:
        return state
    return f'"{f.clean(state)}"' if style is PLAIN else f"\u201c{f.clean(state)}\u201d"


def went_on(times: Times, style: Style = PAGE) -> str:
    """`412 tickets went on: unassigned 45.2 %, …` of all their time in the period."""
    if not times.count:
        return SAYS["none"]
    tickets = f.plural(times.count, "ticket", "tickets", style)
    return SAYS["all"].format(tickets=tickets, where=where(times, style, most=len(tt.STATES)))


def caused(found: Cause | None, stops: str, style: Style = PAGE) -> str:
    """`Of 14 late first replies 9 lay unassigned for longer than their whole time: …`; "" for no cause."""
    if found is None:
        return ""
    what = NOUNS[stops][found.late > 1]
    if found.state in (tt.UNANSWERED, tt.UNTOLD):
        key = "unanswered" if found.state == tt.UNANSWERED else "untold"
        return SAYS[key].format(late=f.counted(found.late), what=what)
    count = found.longer or found.most
    lay = LAY.get(found.state, f"were in {named(found.state, style)}")
    share = f.left(found.share, style)
    if not count:
        return SAYS["together"].format(late=f"{found.late:,}", what=what, lay=lay, share=share)
    every = "one" if found.late == 1 else "all_of" if count == found.late else "of"
    said = SAYS["longer" if found.longer else "most"].format(
        who=SAYS[every].format(late=f"{found.late:,}", what=what, count=f"{count:,}"),
        lay=lay if count > 1 else lay.replace("were ", "was "),
        whose="their" if count > 1 else "its",
    )
    clocks = (
        "its clock" if found.late == 1 else "their clocks" if every == "all_of" else "all of their clocks"
    )
    return SAYS["share"].format(said=said, share=share, clocks=clocks)


def spread_told(found: Spread, style: Style = PAGE) -> str:
    """`half took 1 h 5 min or less, nine in ten 3 h, 95 in a hundred 4 h`, as far as it can be told."""
    if found.median_ms is None:
        return FEW
    said = [SAYS["half"].format(time=took(found.median_ms, style))]
    pairs = (("nine in ten", found.p90_ms), ("95 in a hundred", found.p95_ms))
    return ", ".join((*said, *(f"{name} {took(ms, style)}" for name, ms in pairs if ms is not None)))


def promised(line: ResponseLine) -> tuple[str, ...]:
    """`high within 4 hours of business time`: the times that the priorities of its clocks have."""
    return tuple(
        SAYS["within"].format(key=f.clean(each.key), allowed=each.allowed).strip()
        for each in line.keys
        if each.allowed
    )


def reached(line: ResponseLine, style: Style = PAGE) -> str:
    """The figure that the settlement has: a share, or `3.5 business hours`; "" of none."""
    if line.figure is None:
        return ""
    if line.unit:
        return f"{f.number(Fraction(-(-line.figure * 100 // 1), 100), style)}{style.space}{line.unit}"
    return f.availability(line.figure, style)


def result(line: ResponseLine) -> tuple[Mark, str]:
    """`met`, `missed`, `below its target`, or that nobody can tell."""
    if line.why or line.met is None:
        return "unknown", "not settled yet" if line.why else "no figure"
    if not line.met:
        return "missed", "missed"
    return ("risk", "met, below target") if line.target_met is False else ("met", "met")


# --- rows -----------------------------------------------------------------------------------------------


def _row(line: ResponseLine) -> PromiseRow:
    mark, words = result(line)
    least = line.least
    aims = f.clean(line.commitment) if least is None else f"{COMMITMENT[least.sign]}{f.share(least.value)}"
    if line.target is not None:
        aims += f"; target {COMMITMENT[line.target.sign]}{f.share(line.target.value)}"
    return PromiseRow(
        name=f"{f.clean(line.customer)}, {f.clean(line.service)}",
        about=", ".join((f"{f.clean(line.promise)}: {NOUNS[line.stops][0]}", *promised(line))),
        aims=aims,
        counted=f"{line.counted:,}",
        late=f"{len(line.late):,}",
        reached=reached(line),
        took=spread_told(line.took),
        credit=NO_AMOUNT if line.credit is None else f.money(line.credit),
        mark=mark,
        result=words,
        none=f.clean(line.why),
        cause=caused(line.cause, line.stops),
    )


def _ranked(report: ResponseReport, when: Callable[[Ms], str]) -> Iterator[Ranked]:
    """The latest of each promise: fewer of each where there are many."""
    missed = [line for line in report.lines if line.late]
    for line in missed[:RANKED]:
        for each in longest(line.late, max(min(FIRST, RANKED // len(missed)), 1)):
            lay = f", mostly {named(each.most)}" if each.most else ""
            about = f"{f.clean(line.customer)}, {NOUNS[line.stops][0]} due {when(each.due)}{lay}"
            yield Ranked(f.clean(each.ticket), about, took(each.delay))


def _table(group: Grouped) -> KeyTable:
    more = len(group.lines) - KEYS
    return KeyTable(
        title=f"Tickets by {f.clean(group.by)}",
        rows=tuple(_key_row(each) for each in group.lines[:KEYS]),
        more=w.SAYS["more"].format(count=f.counted(more)) if more > 0 else "",
    )


def _key_row(line: GroupLine) -> KeyRow:
    return KeyRow(
        key=f.clean(line.key) or w.SAYS["nobody"],
        tickets=f"{line.times.count:,}",
        late=late_of(line),
        lay=spent(line.times.whole),
        where=where(line.times),
    )


def late_of(line: GroupLine) -> str:
    """`3 of 41`, "" where no clock of a promise counted."""
    return f"{line.late:,} of {line.clocks:,}" if line.clocks else ""


def _hours(report: ResponseReport) -> Iterator[HourRow]:
    late = {each.hour: each.late for each in report.hours}
    for place, day in enumerate(w.DAYS):
        counts = (late.get(place * 24 + hour, 0) for hour in range(24))
        yield HourRow(day[:3], tuple(hour_cell(hour, count) for hour, count in enumerate(counts)))


def _hours_told(report: ResponseReport) -> str:
    said = [f"{each.late:,} on {w.hour_name(each.hour)}" for each in report.hours if each.late]
    return SAYS["hours"].format(told="; ".join(said)) if said else SAYS["hours_none"]


def _nobodys(report: ResponseReport) -> tuple[str, ...]:
    """`names no customer: 14, as zd-1, zd-2, zd-3`: each reason once, that of the most tickets first."""
    whose: dict[str, list[str]] = {}
    for each in report.nobodys:
        whose.setdefault(f.clean(each.why), []).append(f.clean(each.ticket))
    return tuple(
        f"{why}: {len(ids):,}, as {', '.join(ids[:TOP])}" if len(ids) > 1 else f"{why}: {ids[0]}"
        for why, ids in sorted(whose.items(), key=lambda each: (-len(each[1]), each[0]))
    )


def _nobodys_told(report: ResponseReport) -> str:
    count = len(report.nobodys)
    return SAYS["nobodys"].format(tickets=f.plural(count, "ticket", "tickets")) if count else ""
