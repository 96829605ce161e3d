"""What the agreement language knows and this version does not do: refused by name, not as a typing error."""

from __future__ import annotations

from collections.abc import Mapping


def later(what: str) -> str:
    """The sentence for something that the language has and this version has not."""
    return f"{what} belongs to the agreement language, but this version does not do it yet"


TABLES = frozenset(["provider", "calendar", "exclusion", "sentinel", "alert"])

STAGES = frozenset(["termination", "readings", "unverified", "manual", "promise", "together"])

KEYS: Mapping[str, frozenset[str]] = {
    "customer": frozenset({"calendar", "amendment"}),
    "service": frozenset({"resources", "amendment"}),
    "sla": STAGES | {"like", "provider", "source", "effective"},
    "agreement": STAGES
    | frozenset(
        [
            "provider",
            "quarterly_fee",
            "annual_fee",
            "hourly_fee",
            "bills",
            "contract_fee",
            "at_risk",
            "billing_day",
            "calendar",
            "not_with",
            "dispute",
            "approval",
            "accept_unverified",
        ]
    ),
    "target": frozenset(["measure", "outage", "exclude", "period", "acknowledge", "repair"]),
    "maintenance": frozenset({"announced", "emergency"}),
    "amendment": STAGES | frozenset(["sla", "service", "customer", "from", "until", "timezone", "currency"]),
    "measure": frozenset(["from", "to", "pauses", "reopened", "priority_change", "merged"]),
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
