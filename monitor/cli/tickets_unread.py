"""What a file of tickets tells and nobody reads: words that no agreement knows, columns no mapping names.

It is no mistake of the file, and it is taken; but what is meant for a promise and does not reach it is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from monitor.config.values import meant
from monitor.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection

    from monitor.core.tickets import Ticket
    from monitor.tickets.files import Unread

MOST_SHOWN = 20
ANOTHER = 'a mapping says whose tickets a file tells: like = "events", source = "desk"'


@dataclass(slots=True)
class Words:
    """How many tickets say a priority that no agreement knows; `known` None: none promises times by it."""

    known: Collection[str] | None
    strange: Counter[str] = field(default_factory=Counter)

    def look(self, ticket: Ticket) -> None:
        """Count what a ticket says that is known nowhere, each word once."""
        if self.known is None or ticket.deleted:
            return
        said = {ticket.priority, *(event.value for event in ticket.events if event.kind == "priority")}
        self.strange.update(word for word in said if word and word not in self.known)


def lines(words: Words, unread: Unread) -> Iterator[str]:
    """A sentence for each word and each column, those of most tickets first."""
    for word, count in words.strange.most_common(MOST_SHOWN):
        yield (
            f'priority "{word}" of {_counted(count, "ticket")}: no agreement promises a time for it; '
            f"{_hint(word, words.known or ())}"
        )
    for column, count in Counter(unread.columns).most_common(MOST_SHOWN):
        yield (
            f'column "{column}" is read by nobody, {_counted(count, "row")} with a value; '
            f"{ANOTHER if column == 'source' else _hint(column, unread.readable)}"
        )
    left = max(0, len(words.strange) - MOST_SHOWN) + max(0, len(unread.columns) - MOST_SHOWN)
    if left:
        yield f"and {left:,} more; --json has all of them"


def as_data(words: Words, unread: Unread) -> dict[str, object]:
    """The same for a program."""
    return {
        "unknown_priorities": _rows("priority", "tickets", words.strange, words.known or ()),
        "unread_columns": _rows("column", "rows", unread.columns, unread.readable),
    }


def _rows(name: str, of: str, found: Mapping[str, int], known: Collection[str]) -> list[dict[str, object]]:
    return [
        {name: word, of: count, "near": meant(word, known)} for word, count in Counter(found).most_common()
    ]


def _hint(word: str, known: Collection[str]) -> str:
    near = meant(word, known)
    return f'did you mean "{near}"?' if near else f"known are {', '.join(sorted(known)) or 'none'}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
