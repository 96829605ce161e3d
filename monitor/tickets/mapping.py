"""What a ticket system calls things, as values: its fields, its times, its words, its people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import Final, Literal

from monitor.core.tickets import By, EventKind
from monitor.records import dataclass
from monitor.tickets.times import Times

Format = Literal["rows", "zendesk", "jira"]
Rows = Literal["tickets", "events"]
Who = By
FIELDS: Final = ("priority", "segment", "channel", "service", "customer", "resource")
MOST_TEXT: Final = 500
"""So many characters of a value are kept; an id that is longer is refused."""
COMMENT: Final = "comment"
"""What somebody wrote to the other side: a reply by an agent, a customer's or an automatic one."""
STATES: Final[dict[str, EventKind]] = {"resolved": "resolved", "closed": "closed"}


@dataclass(frozen=True, slots=True)
class People:
    """Who is who, by their id or address, or all of a domain as `@example.com`; in lower case."""

    agent: frozenset[str] = frozenset()
    customer: frozenset[str] = frozenset()
    system: frozenset[str] = frozenset()

    def who(self, *names: str) -> Who:
        """What somebody of these names is; "" where nothing says so. A name comes before its domain."""
        plain = [name.casefold() for name in names if name]
        for asked in (plain, [f"@{name.rpartition('@')[2]}" for name in plain if "@" in name]):
            for name in asked:
                if name in self.system:
                    return "system"
                if name in self.agent:
                    return "agent"
                if name in self.customer:
                    return "customer"
        return ""


@dataclass(frozen=True, slots=True)
class EventFields:
    """Where the parts of one event stand: when, what, its value, and by whom."""

    at: str
    what: str
    value: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How tickets of one system are read.

    `fields` say where what we know of a ticket stands, `columns` what else is kept. `events` are fields that
    hold an instant; with `rows` "events" each row is one, as `event` says. `optional`: columns that a table
    lacks are passed over. `digest` is that of the file.
    """

    source: str
    times: Times
    format: Format = "rows"
    rows: Rows = "tickets"
    delimiter: str = ","
    optional: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    events: tuple[tuple[EventKind, str], ...] = ()
    event: EventFields | None = None
    priorities: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    whats: Mapping[str, str] = field(default_factory=dict)
    people: People = field(default_factory=People)
    digest: str = ""

    def priority(self, word: str) -> str:
        """A priority in the words of the agreements."""
        return self.priorities.get(word.casefold(), word)

    def status(self, word: str) -> str:
        """A status in the words of the agreements: where none is said, its own."""
        return self.statuses.get(word.casefold(), word.lower())


@lru_cache(maxsize=65_536)
def cleaned(text: str) -> str:
    """A text as it is kept: without control characters, and cut. ValueError for a NUL."""
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(text[: 4 * MOST_TEXT].split())[:MOST_TEXT]
