"""What the agreement language knows and this version does not do: refused by name, not as a typing error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

LIBRARY: Final = "library:"
"""What the name of a published SLA begins with, where a configuration names it."""

Source = Literal["primary text", "excerpt", "clause", "second-hand", "memory"]
"""What was read where the terms of a published SLA are from, the best first."""

UNACCEPTED: Final = "rests on figures that are second-hand or from memory"

NOT_YET = "belongs to the agreement language, but this version does not do it yet"


def later(what: str) -> str:
    """The sentence for something that the language has and this version has not."""
    return f"{what} {NOT_YET}"


TABLES: Final[frozenset[str]] = frozenset()

KEYS: Mapping[str, frozenset[str]] = {
    "amendment": frozenset(
        {
            "service",
            "customer",
            "provider",
            "from",
            "until",
            "timezone",
            "currency",
            "bills",
            "title",
            "resources",
        }
    ),
}

EVIDENCE = ("outages", "slots", "metrics", "events", "tickets")
CLASSES = (
    "scheduled maintenance", "emergency maintenance", "customer caused", "customer equipment",
    "force majeure", "third party", "suspension", "beta", "over quota", "denial of service",
)  # fmt: skip
PERIODS = (
    "calendar month", "calendar quarter", "calendar year", "fiscal quarter", "billing month",
    "contract month", "contract year", "30 days", "any 30 days", "365 days before the claim",
)  # fmt: skip
