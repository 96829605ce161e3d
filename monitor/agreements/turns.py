"""Turns: what a ticket's response clock is asked for, from one start to one stop.

A first reply is one turn of a ticket; each next reply, each stretch between updates, and each reopening that
starts a new clock are turns of their own. Resolving or closing a ticket stops every clock of it. A reply of
the system's own is an automatic one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from monitor.agreements.terms import TicketTerms
from monitor.core.intervals import Ms, Span
from monitor.core.response import Pause, apart
from monitor.core.tickets import EventKind, Ticket, TicketEvent, in_order
from monitor.records import dataclass

ENDS: tuple[EventKind, ...] = ("resolved", "closed")
FROM: tuple[EventKind, ...] = ("created", "assigned", "reported", "detected")
ANSWERS: tuple[EventKind, ...] = ("reply", "auto reply", "acknowledged", "update")
STOPPED_BY: Mapping[str, tuple[EventKind, ...]] = {
    "first human reply": ("reply",),
    "next human reply": ("reply",),
    "any reply": ("reply", "auto reply"),
    "acknowledged": ("reply", "acknowledged"),
    "update": ("reply", "update"),
    "resolved": (),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One clock of a ticket: when it starts, and when it stops (None: it has not).

    `cause` names it; `gaps` are those in which the ticket was resolved for a while.
    """

    ticket: Ticket
    cause: str
    start: Ms
    stop: Ms | None
    gaps: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class _Episode:
    """A stretch in which a ticket is open, or counts as open: `end` None for one that still is."""

    start: Ms
    end: Ms | None
    gaps: tuple[Pause, ...] = ()

    def holds(self, at: Ms) -> bool:
        return self.start <= at and (self.end is None or at <= self.end)


def stops(event: TicketEvent, to: str) -> bool:
    """Whether an event is what a promise asks for; resolving is looked at apart."""
    if event.kind not in STOPPED_BY[to]:
        return False
    return event.kind != "reply" or event.by != "system" or to == "any reply"


def begins_with(terms: TicketTerms) -> EventKind:
    """What starts the first clock of a ticket."""
    return "created" if terms.from_ == "customer reply" else terms.from_


def turns(ticket: Ticket, terms: TicketTerms) -> tuple[Turn, ...]:
    """The turns of a ticket, in order; none where its clock has not started."""
    first = ticket.first(begins_with(terms))
    if first is None:
        return ()
    found: list[Turn] = []
    for number, episode in enumerate(_episodes(ticket, first, terms)):
        for start, stop in _within(ticket, episode, terms, first=number == 0):
            cause = f"{ticket.id} #{len(found) + 1}" if found else ticket.id
            found.append(Turn(ticket, cause, start, stop, episode.gaps))
    return tuple(found)


def _episodes(ticket: Ticket, first: Ms, terms: TicketTerms) -> list[_Episode]:
    """When the ticket is open: one episode, or several where a reopened ticket is a new one."""
    closed, opened = _edges(ticket)
    if not closed:
        return [_Episode(first, None)]
    if terms.reopened == "ignored":
        return [_Episode(first, max(first, closed[0]))]
    if terms.reopened == "new":
        starts = [first, *opened]
        ends = [*closed, None][: len(starts)]
        return [_Episode(s, e if e is None else max(s, e)) for s, e in zip(starts, ends, strict=True)]
    gaps = tuple(Pause(Span(end, start), "resolved") for end, start in zip(closed, opened, strict=False))
    end = closed[-1] if len(closed) > len(opened) else None
    return [_Episode(first, end if end is None else max(first, end), gaps)]


def _edges(ticket: Ticket) -> tuple[list[Ms], list[Ms]]:
    """When it was resolved, and when it was opened again, in turn."""
    closed: list[Ms] = []
    opened: list[Ms] = []
    for at, kind, _, _ in ticket.events:
        if kind in ENDS:
            if len(closed) == len(opened):
                closed.append(at)
        elif kind == "reopened" and len(closed) > len(opened):
            opened.append(at)
    return closed, opened


def _within(
    ticket: Ticket, episode: _Episode, terms: TicketTerms, *, first: bool
) -> Iterable[tuple[Ms, Ms | None]]:
    """The turns of one episode, as (start, stop)."""
    if terms.to == "resolved":
        return ((episode.start, episode.end),)
    if terms.to == "update":
        return _chain(ticket, episode)
    if terms.to == "next human reply":
        return _next(ticket, episode)
    return ((episode.start, _first(ticket, episode, terms.to, first=first)),)


def _first(ticket: Ticket, episode: _Episode, to: str, *, first: bool) -> Ms | None:
    """The first answer; one that came before the clock started is one at its start."""
    wanted = STOPPED_BY[to]
    for event in ticket.events:
        if event.kind not in wanted or not stops(event, to):
            continue
        if episode.holds(event.at) or (first and event.at < episode.start):
            return max(episode.start, event.at)
    return episode.end


def _chain(ticket: Ticket, episode: _Episode) -> Iterator[tuple[Ms, Ms | None]]:
    last = episode.start
    for event in ticket.events:
        if stops(event, "update") and event.at > last and episode.holds(event.at):
            yield last, event.at
            last = event.at
    if episode.end is None or episode.end > last:
        yield last, episode.end


def _next(ticket: Ticket, episode: _Episode) -> Iterator[tuple[Ms, Ms | None]]:
    """From the customer's first message that waits to the reply; before the first reply none waits."""
    waiting: Ms | None = None
    answered = False
    for event in ticket.events:
        if stops(event, "next human reply"):
            if waiting is not None and episode.holds(event.at):
                yield waiting, event.at
                waiting = None
            answered = True
        elif event.kind == "customer reply" and answered and waiting is None and episode.holds(event.at):
            waiting = event.at
    if waiting is not None and (episode.end is None or episode.end > waiting):
        yield waiting, episode.end


def pauses(turn: Turn, wanted: frozenset[str], until: Ms) -> tuple[Pause, ...]:
    """When the clock of a turn stands for one of the reasons that the agreement names, in order and apart."""
    found: Sequence[Pause] = turn.gaps
    if wanted and not wanted.isdisjoint([value for _, _, value, _ in turn.ticket.events]):
        found = (*_paused(turn.ticket, wanted, until), *found)
    if not found:
        return ()
    whole = Span(turn.start, max(turn.start, until))
    cut = ((pause, pause.span.clip(whole)) for pause in found)
    return apart(Pause(span, pause.reason) for pause, span in cut if span is not None)


def _paused(ticket: Ticket, wanted: frozenset[str], until: Ms) -> Iterator[Pause]:
    status, told = "", dict[str, None]()
    since: tuple[Ms, str] | None = None
    for event in ticket.events:
        if event.kind == "status":
            status = event.value
        elif event.kind == "pause":
            told[event.value] = None
        elif event.kind == "resume":
            told = {name: None for name in told if event.value and name != event.value}
        elif event.kind in ENDS or event.kind == "reopened":
            status, told = "", {}
        else:
            continue
        reason = next((name for name in (status, *told) if name in wanted), "")
        if since is not None and since[1] != reason:
            yield Pause(Span(since[0], event.at), since[1])
            since = None
        if reason and since is None:
            since = (event.at, reason)
    if since is not None and since[0] < until:
        yield Pause(Span(since[0], until), since[1])


# --- merged tickets -------------------------------------------------------------------------------------


def merged(tickets: Sequence[Ticket], how: str) -> tuple[list[Ticket], dict[str, str], list[Ticket]]:
    """The tickets as they count, those that went into another with its id, and those whose other is unknown.

    `each`: a merged ticket goes on with the events of the one it went into. `earliest`: it counts as a part
    of that one, which starts with the earliest and is answered by an answer to any of them.
    """
    known = {ticket.id: ticket for ticket in tickets}
    gone = {ticket.id: into for ticket in tickets if (into := ticket.merged_into)}
    if not gone:
        return list(tickets), {}, []
    roots = {id: _root(id, gone, known) for id in gone}
    lost = [known[id] for id, root in roots.items() if root is None]
    ends = {id: root for id, root in roots.items() if root is not None}
    if how == "each":
        alone = [_followed(t, known[ends[t.id]]) if t.id in ends else t for t in tickets]
        return [each for each in alone if each.id not in gone or each.id in ends], {}, lost
    parts: dict[str, list[Ticket]] = {}
    for id, root in ends.items():
        parts.setdefault(root, []).append(known[id])
    left = [_together(each, parts.get(each.id, ())) for each in tickets if each.id not in gone]
    return left, ends, lost


def _root(id: str, gone: Mapping[str, str], known: Mapping[str, Ticket]) -> str | None:
    """The ticket that stands for it in the end; None where it is not there, or they go round in a ring."""
    seen = {id}
    at = gone[id]
    while at in gone and at not in seen:
        seen.add(at)
        at = gone[at]
    return at if at in known and at not in seen else None


def _followed(ticket: Ticket, root: Ticket) -> Ticket:
    """A merged ticket with what became of the one that stands for it; what that was before holds then."""
    when = next(place for place, event in enumerate(ticket.events) if event.kind == "merged")
    own, at = ticket.events[: when + 1], ticket.events[when].at
    before = [event for event in root.events if event.at <= at]
    state: dict[str, TicketEvent] = {}
    for event in before:
        if event.kind in ENDS or event.kind == "reopened":
            state["open"] = event
        elif event.kind in ANSWERS or event.kind == "status":
            state[event.kind] = event
    carried = (e._replace(at=at) for e in state.values() if e.kind != "reopened")
    later = (e for e in root.events if e.at > at and e.kind not in FROM)
    return replace(ticket, events=(*own, *carried, *later))


def _together(root: Ticket, parts: Sequence[Ticket]) -> Ticket:
    if not parts:
        return root
    taken = (e for part in parts for e in part.events if e.kind in FROM or e.kind in ANSWERS)
    return replace(root, events=in_order((*root.events, *taken)))
