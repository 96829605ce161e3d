"""Approvals in the journal: a second person's word that a correction may count.

Nobody approves what they recorded themselves. An approval names one entry by its number and its digest, so
that what is changed afterwards, which is a new entry, needs a new approval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.core.intervals import Ms
from monitor.errors import ConfigError
from monitor.store.protocol import Event, NewEvent, Seq

APPROVED = "correction.approved"


def approved(entry: Event, author: str, at: Ms, *, reason: str = "", evidence: str = "") -> NewEvent:
    """The event that approves an entry; ConfigError for an entry of one's own."""
    if entry.author == author:
        raise ConfigError(
            f"entry {entry.seq} ({entry.kind} {entry.subject}) was recorded by {author}: "
            "somebody else must approve it, signed in to the system as themselves"
        )
    return NewEvent(at, APPROVED, str(entry.seq), author, reason, {"of": entry.digest, "evidence": evidence})


def approvals(events: Iterable[Event]) -> Mapping[Seq, Event]:
    """The first approval of each entry by somebody else than its author."""
    entries: dict[str, Event] = {}
    found: dict[Seq, Event] = {}
    for event in events:
        entries[str(event.seq)] = event
        if event.kind != APPROVED:
            continue
        entry = entries.get(event.subject)
        by_another = entry is not None and entry.author != event.author
        if entry is not None and by_another and event.body.get("of") == entry.digest:
            found.setdefault(entry.seq, event)
    return found
