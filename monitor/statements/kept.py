"""Configurations kept in the journal as they were loaded, with what is secret withheld: one entry a change.

The text is packed, and kept once: a configuration that comes back refers to the entry that had it first.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable
from hashlib import sha256

from monitor.config.digest import plan_digest
from monitor.config.plan import Plan
from monitor.config.written import as_toml, withheld
from monitor.core.intervals import Ms
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.store.protocol import Event, NewEvent, Seq

KEPT = "configuration.kept"
KINDS = frozenset({KEPT})
LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A configuration as it was loaded at `at`; `plan_digest` is over what measures and prices in it."""

    seq: Seq
    at: Ms
    author: str
    digest: str
    plan_digest: str
    text: str


def kept(plan: Plan, events: Iterable[Event], author: str, at: Ms) -> NewEvent | None:
    """The event that keeps a configuration; None where it is the one that was kept last."""
    text = as_toml(withheld(plan.source)).encode()
    digest = sha256(text).hexdigest()
    before = [event for event in events if event.kind == KEPT]
    if before and before[-1].subject == digest:
        return None
    body: dict[str, object] = {"plan": plan_digest(plan)}
    if all(event.subject != digest for event in before):
        body["packed"] = base64.b64encode(zlib.compress(text, 9)).decode()
    return NewEvent(at, KEPT, digest, author, body=body)


def as_of(events: Iterable[Event], at: Ms) -> Kept | None:
    """The configuration that was loaded last at an instant; None where none was kept by then."""
    found = [event for event in events if event.kind == KEPT and event.at <= at]
    if not found:
        return None
    last = found[-1]
    first = next((event for event in found if event.subject == last.subject and "packed" in event.body), last)
    digest = last.subject
    return Kept(last.seq, last.at, last.author, digest, str(last.body.get("plan", "")), _text(first, digest))


def _text(event: Event, digest: str) -> str:
    try:
        packed = base64.b64decode(str(event.body["packed"]), validate=True)
        text = zlib.decompressobj().decompress(packed, LARGEST).decode()
    except (KeyError, ValueError, binascii.Error, zlib.error) as error:
        raise EvidenceRefused(f"{_name(event)} cannot be read: {error!r}") from error
    if sha256(text.encode()).hexdigest() != digest:
        raise EvidenceRefused(f"{_name(event)} holds another text than it says")
    return text


def _name(event: Event) -> str:
    return f"journal entry {event.seq} ({event.kind} {event.subject[:12]}…)"
