"""Notes kept with outages: for the team, or for customers, who read theirs on their statement.

A note for nobody is on no statement and in no evidence that is handed over. One that is withdrawn stays in
the journal, and is on no statement drawn up later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.core.intervals import Ms, Span
from monitor.core.timeline import Outage
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.statements.relabels import subject
from monitor.store.protocol import Event, NewEvent, Seq

NOTED = "outage.noted"
WITHDRAWN = "outage.note_withdrawn"
KINDS = frozenset({NOTED, WITHDRAWN})
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Note:
    """A text with an outage of a service ("" : not told, as early notes were), for the customers named."""

    seq: Seq
    subject: str
    service: str
    resource: str
    outage: str
    began: Ms
    customers: tuple[str, ...]
    text: str
    author: str
    at: Ms


Known = Sequence[tuple[Note, Span]]
"""Notes for one customer, each with the outage that it is of as it is now."""


def noted(
    service: str,
    resource: str,
    outage: Outage,
    text: str,
    customers: Sequence[str],
    author: str,
    at: Ms,
) -> NewEvent:
    """The event that keeps a note; ValueError for an empty one, or one that no statement has room for."""
    if not text.strip():
        raise ValueError("a note needs a text")
    if customers and len(text) > LONGEST:
        raise ValueError(f"a note for customers has {LONGEST} characters at most; this one has {len(text)}")
    if customers and not text.isprintable():
        raise ValueError(
            "a note for customers is one line of plain text: write it without control characters"
        )
    body: dict[str, object] = {
        "service": service,
        "resource": resource,
        "outage": outage.id,
        "began": outage.first_bad,
        "for": list(customers),
    }
    return NewEvent(at, NOTED, subject(service, resource, outage.id), author, text, body)


def withdrawn(note: Note, author: str, at: Ms, reason: str) -> NewEvent:
    """The event that takes a note back."""
    return NewEvent(at, WITHDRAWN, note.subject, author, reason, {"of": note.seq})


def notes(events: Iterable[Event]) -> tuple[Note, ...]:
    """The notes that stand, oldest first."""
    found: dict[Seq, Note] = {}
    for event in events:
        if event.kind == NOTED:
            found[event.seq] = _note(event)
        elif event.kind == WITHDRAWN:
            of = event.body.get("of")
            if isinstance(of, int):
                found.pop(of, None)
    return tuple(found.values())


def _note(event: Event) -> Note:
    body = event.body
    listed, began = body.get("for"), body.get("began", 0)
    if not isinstance(began, int):
        raise EvidenceRefused(
            f"journal entry {event.seq} ({event.kind} {event.subject}) cannot be read: it began at {began!r}"
        )
    return Note(
        seq=event.seq,
        subject=event.subject,
        service=str(body.get("service", "")),
        resource=str(body.get("resource", "")),
        outage=str(body.get("outage", "")),
        began=began,
        customers=tuple(map(str, listed)) if isinstance(listed, list) else (),
        text=event.reason,
        author=event.author,
        at=event.at,
    )


def about(known: Known, outage: Span, lane: str) -> tuple[str, ...]:
    """What is said of an outage of a resource ("" : of the service)."""
    return tuple(
        note.text for note, span in known if not lane or note.resource in ("", lane) if span.clip(outage)
    )
