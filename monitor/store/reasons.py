"""States and reasons as the numbers that rows hold, and back."""

from __future__ import annotations

from typing import Final, TypeVar

from monitor.core.checks import Reason, State
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.store.sqlite import sqlite3

T = TypeVar("T")


class _Known(dict[int, T]):
    """Numbers that mean something; EvidenceRefused for any other value that a damaged row may hold."""

    def __missing__(self, number: object) -> T:
        raise EvidenceRefused(
            f"the evidence is damaged: {number!r} stands where a state or a reason should; "
            "restore the database from a backup"
        )


STATES: Final = _Known({int(state): state for state in State})


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons by their stored number, and back."""

    by_id: dict[int, Reason]
    ids: dict[Reason, int]


def reasons(connection: sqlite3.Connection) -> Reasons:
    """The dictionary of reasons of this database; EvidenceRefused where it has one that is not known here."""
    stored = connection.execute("SELECT id, name FROM reason").fetchall()
    strangers = {name for _number, name in stored} - set(Reason)
    if strangers:
        raise EvidenceRefused(
            f"the evidence has the reason {min(strangers)!r}, which a newer Makegood wrote; install that"
        )
    by_id = _Known({number: Reason(name) for number, name in stored})
    return Reasons(by_id, {reason: number for number, reason in by_id.items()})


def learn_reasons(connection: sqlite3.Connection) -> None:
    """Write down the reasons that this program knows and the database does not yet."""
    missing = set(Reason) - reasons(connection).ids.keys()
    for reason in sorted(missing):
        connection.execute("INSERT INTO reason (name) VALUES (?)", (reason.value,))
