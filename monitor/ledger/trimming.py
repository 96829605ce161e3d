"""The journal's entries that one customer's statement rests on, without what is internal.

Services of others are taken out of an entry, people are told apart and not named, and reasons stay only where
the customer reads them. Each entry keeps the digest of the whole one, by which an auditor finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitor.config.plan import Plan
from monitor.statements import decisions, exclusions, maintenance, notes, relabels, reported
from monitor.statements.approvals import APPROVED
from monitor.statements.measured import LOADED
from monitor.store.protocol import Event
from monitor.store.ticket_protocol import IMPORTED

BY_SERVICES = frozenset({maintenance.RECORDED, exclusions.RECORDED})
READ = frozenset({decisions.RECORDED, notes.NOTED})
BY_OUTAGE = frozenset({relabels.RELABELLED, reported.REPORTED})
ENDS = frozenset(
    {maintenance.CANCELLED, exclusions.CANCELLED, relabels.WITHDRAWN, reported.WITHDRAWN, notes.WITHDRAWN}
)
WITHOUT = frozenset({"evidence", "stated_author", "file"})


def trimmed(events: Iterable[Event], plan: Plan, customer: str) -> list[dict[str, Any]]:
    """The entries, oldest first, as JSON values."""
    trim = _Trim(plan, customer)
    return [told for event in events if (told := trim.one(event)) is not None]


class _Trim:
    """What is known while the entries are gone through: whose they are, and who wrote them."""

    def __init__(self, plan: Plan, customer: str) -> None:
        self.customer = customer
        self.agreements = {
            a.id for a in plan.agreements.values() if (a.kind, a.customer) == ("customer", customer)
        }
        self.services = {plan.agreements[id].service for id in self.agreements}
        self.endpoints = set(plan.endpoints)
        self.plan = plan
        self.kept: set[tuple[str, str]] = set()
        self.numbers: set[str] = set()
        self.people: dict[str, str] = {}
        self.watched = _watched(plan, self.services)

    def one(self, event: Event) -> dict[str, Any] | None:
        """The entry as it is told; None for one of somebody else."""
        body = self._body(event)
        if body is None:
            return None
        self.numbers.add(str(event.seq))
        self.kept.add((event.kind.partition(".")[0], event.subject))
        return {
            "seq": event.seq,
            "at": event.at,
            "kind": event.kind,
            "subject": "" if event.kind == IMPORTED else event.subject,
            "author": self.people.setdefault(event.author, f"person {len(self.people) + 1}"),
            "reason": event.reason if event.kind in READ else "",
            "body": body,
            "previous": event.previous,
            "digest": event.digest,
        }

    def _body(self, event: Event) -> Mapping[str, Any] | None:
        body = {key: value for key, value in event.body.items() if key not in WITHOUT}
        if event.kind in BY_SERVICES:
            listed = event.body.get("services")
            own = [name for name in listed if name in self.services] if isinstance(listed, list) else []
            return {**body, "services": own, **_needed(event)} if own else None
        if event.kind in BY_OUTAGE:
            mine = event.body.get("customer", "") in ("", self.customer)
            known = mine and event.body.get("service") in self.services
            return {**body, **_needed(event)} if known else None
        if event.kind == notes.NOTED:
            listed = event.body.get("for")
            mine = isinstance(listed, list) and self.customer in listed
            known = mine and event.body.get("service") in self.services
            return {**body, "for": [self.customer]} if known else None
        if event.kind in ENDS:
            return body if (event.kind.partition(".")[0], event.subject) in self.kept else None
        if event.kind == APPROVED:
            return body if event.subject in self.numbers else None
        if event.kind == decisions.RECORDED:
            return body if event.subject in self.agreements else None
        if event.kind == IMPORTED:
            return {key: event.body[key] for key in ("source", "until") if key in event.body}
        if event.kind == LOADED:
            return {"measures": self._measures(event.body.get("measures"))}
        return body

    def _measures(self, measures: object) -> dict[str, Any]:
        """Of a load: how often what this customer's services rest on was probed."""
        known = measures if isinstance(measures, Mapping) else {}
        return {
            key: {"interval": facts.get("interval"), "was": facts.get("was", [])}
            for key, facts in known.items()
            if key in self.watched
        }


def _needed(event: Event) -> dict[str, Any]:
    """What a reader of the entry expects though it is taken out."""
    return {"evidence": ""} if "evidence" in event.body else {}


def _watched(plan: Plan, services: Iterable[str]) -> set[str]:
    """Every key, of today or before, of the endpoints that these services rest on."""
    from monitor.core.services import endpoints
    from monitor.statements.provable import expression_of

    found: set[str] = set()
    for name in services:
        service = plan.services[name]
        rests = [service.up_when, *(each for _, each in service.later)]
        rests += [e for resource in service.resources if (e := expression_of(plan, resource)) is not None]
        found |= {key for expression in rests for key in endpoints(expression)}
    return found | {former for key in found for former in plan.endpoints[key].was}
