"""Files of ticket systems, and what is read from them in one line an event."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.tickets import Ticket
from monitor.tickets.files import Troubles
from monitor.tickets.mapping_tables import mapping_of
from monitor.tickets.reading import opened, tickets

Read = Callable[..., tuple[list[Ticket], list[str]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """read(text or value, mapping, name): the tickets of a file, and what is wrong with it."""

    def call(content: object, mapping: str, name: str = "told.json") -> tuple[list[Ticket], list[str]]:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        if "\n" in mapping:
            (tmp_path / "map.toml").write_text(mapping)
            mapping = str(tmp_path / "map.toml")
        troubles = Troubles(name)
        with opened(path) as stream:
            found = [each.ticket for each in tickets(path, stream, mapping_of(mapping), troubles)]
        return found, troubles.lines

    return call


def course(ticket: Ticket) -> list[str]:
    """`2026-10-01 08:00 reply agent`: each event in UTC, its kind, value and by whom."""
    return [
        " ".join(
            filter(
                None,
                (
                    f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=e.at):%m-%d %H:%M}",
                    e.kind,
                    e.value,
                    f"({e.by})" if e.by else "",
                ),
            )
        )
        for e in ticket.events
    ]
