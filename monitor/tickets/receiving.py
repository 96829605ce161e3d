"""Deliveries of ticket systems, kept: each is one durable batch, or none where it changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from monitor.core.intervals import Ms
from monitor.listen.answers import Delivered, NotTaken
from monitor.store.ticket_protocol import NewBatch, Tickets
from monitor.tickets.hook import Refused, Source, is_from, told_by

AUTHOR: Final = "webhook"


class Receiving:
    """Implements `monitor.listen.answers.Deliveries` over the tickets of a store."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets
        self._sources: Mapping[str, Source] = {}

    def know(self, sources: Mapping[str, Source]) -> None:
        """Take from these by their names from now on, and from nobody else."""
        self._sources = dict(sources)

    def knows(self, source: str) -> bool:
        """Whether a system of this name may deliver."""
        return source in self._sources

    def is_from(self, source: str, headers: Mapping[str, str], body: bytes | None) -> bool:
        """Whether it is who it says; `body` None: as far as its headers tell."""
        found = self._sources.get(source)
        return found is not None and is_from(found, headers, body)

    def deliver(self, source: str, headers: Mapping[str, str], body: bytes, now: Ms) -> Delivered | NotTaken:
        """Keep what it tells. It is known again by its name and its content together, so that a name that a
        proxy gives twice hides nothing."""
        found = self._sources.get(source)
        if found is None:
            return NotTaken(404, "no ticket system has this name any more")
        told = told_by(found, body, headers)
        if isinstance(told, Refused):
            return NotTaken(told.status, told.why, told.problems)
        digest = hashlib.sha256(body).hexdigest()
        once = digest if told.delivery == digest else f"{told.delivery} {digest}"
        if self._tickets.taken_before(source, once) is not None:
            return Delivered(same=len(told.tickets), before=True)
        batch = NewBatch(now, "delivery", source, AUTHOR, told.delivery, once)
        done = self._tickets.take(told.tickets, batch)
        return Delivered(done.added, done.edited, done.same, done.older)
