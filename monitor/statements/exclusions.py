"""Exclusions in the journal: decided on afterwards, recorded and cancelled as events, read back as windows.

An exclusion has an author and a reason, always. One of the file is recorded by the first load that holds it,
with the loader as author; what the file states as author and time is kept as stated. A changed one is a new
record, one that is gone from the file is cancelled. Evidence is never touched: exclusions are laid over it
when an agreement is evaluated, by the classes that the agreement excludes.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from monitor.config.plan import Exclusion
from monitor.core.intervals import Ms, Span
from monitor.core.windows import Window
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.store.protocol import Event, NewEvent, Seq

RECORDED = "exclusion.recorded"
CANCELLED = "exclusion.cancelled"
KINDS = frozenset({RECORDED, CANCELLED})


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded exclusion, until it was replaced or cancelled at `ended`.

    `author` recorded it at `recorded`; `stated` is what the file says of author and time, "" and None for one
    that was never in a file.
    """

    id: str
    what: str
    services: tuple[str, ...]
    resources: tuple[str, ...]
    span: Span
    reason: str
    evidence: str
    recorded: Ms
    author: str
    origin: str
    stated: tuple[str, Ms | None] = ("", None)
    ended: Ms | None = None
    ended_why: str = ""
    seq: Seq = 0

    @property
    def window(self) -> Window:
        """As an evaluation sees it."""
        return Window(
            id=self.id,
            title=self.what,
            services=frozenset(self.services),
            span=self.span,
            recorded=self.recorded,
            author=self.author,
            reason=self.reason,
            what=self.what,
            resources=frozenset(self.resources) or None,
            after_the_fact=True,
        )


def declared(exclusion: Exclusion, author: str, at: Ms, *, origin: str = "command") -> NewEvent:
    """The event that records an exclusion; ValueError without a reason."""
    if not exclusion.reason.strip():
        raise ValueError("an exclusion needs a reason: say why this time is not held against the provider")
    body: dict[str, object] = {
        "what": exclusion.what,
        "services": sorted(exclusion.services),
        "resources": sorted(exclusion.resources),
        "start": exclusion.span.start,
        "end": exclusion.span.end,
        "evidence": exclusion.evidence,
        "origin": origin,
    }
    if origin == "file":
        body |= {"stated_author": exclusion.author, "stated_recorded": exclusion.recorded}
    return NewEvent(at, RECORDED, exclusion.id, author, exclusion.reason, body=body)


def cancelled(id: str, author: str, at: Ms, reason: str = "") -> NewEvent:
    """The event that cancels an exclusion: it counts for no evaluation any more."""
    return NewEvent(at, CANCELLED, id, author, reason)


def records(events: Iterable[Event]) -> tuple[Record, ...]:
    """Every record in the order of the journal; a later event on one subject ends the record before it."""
    out: list[Record] = []
    current: dict[str, int] = {}
    for event in events:
        if event.kind not in KINDS:
            continue
        place = current.pop(event.subject, None)
        if place is not None:
            why = event.reason if event.kind == CANCELLED else "replaced"
            out[place] = replace(out[place], ended=event.at, ended_why=why)
        if event.kind == RECORDED:
            current[event.subject] = len(out)
            out.append(_record(event))
    return tuple(out)


def windows(
    events: Iterable[Event], span: Span, approved: Container[Seq] | None = None
) -> tuple[Window, ...]:
    """The exclusions that stand and overlap `span`, by start; of `approved` entries alone, if given."""
    found = [
        r.window
        for r in records(events)
        if r.ended is None and r.span.clip(span) and (approved is None or r.seq in approved)
    ]
    return tuple(sorted(found, key=lambda window: (window.span.start, window.id)))


def changes(
    planned: Mapping[str, Exclusion], events: Iterable[Event], author: str, at: Ms
) -> tuple[NewEvent, ...]:
    """The events that bring the journal to what the file says: recorded anew, changed, gone."""
    standing = {r.id: r for r in records(events) if r.ended is None}
    new = [
        declared(entry, author, at, origin="file")
        for entry in planned.values()
        if not _same(entry, standing.get(entry.id))
    ]
    gone = [
        cancelled(id, author, at, "no longer in the configuration")
        for id, record in standing.items()
        if record.origin == "file" and id not in planned
    ]
    return (*new, *gone)


def _same(entry: Exclusion, record: Record | None) -> bool:
    return record is not None and (
        entry.what,
        tuple(sorted(entry.services)),
        tuple(sorted(entry.resources)),
        entry.span,
        entry.reason,
        entry.evidence,
        (entry.author, entry.recorded),
    ) == (
        record.what,
        record.services,
        record.resources,
        record.span,
        record.reason,
        record.evidence,
        record.stated,
    )


def _record(event: Event) -> Record:
    body = event.body
    try:
        stated = body.get("stated_recorded")
        return Record(
            id=event.subject,
            what=str(body["what"]),
            services=_names(body["services"]),
            resources=_names(body["resources"]),
            span=Span(int(str(body["start"])), int(str(body["end"]))),
            reason=event.reason,
            evidence=str(body["evidence"]),
            recorded=event.at,
            author=event.author,
            origin=str(body["origin"]),
            stated=(str(body.get("stated_author", "")), None if stated is None else int(str(stated))),
            seq=event.seq,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceRefused(
            f"journal entry {event.seq} ({event.kind} {event.subject}) cannot be read: {error!r}"
        ) from error


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(f"a list was expected, not {value!r}")
    return tuple(str(name) for name in value)
