"""Tickets as Zendesk's ticket export and its API tell them, with audits or with metrics. Pure.

Modelled on the public documentation: tickets with `audits` beside them (events of the types Create, Change,
Comment and Notification), or with `metric_set`, from which first reply and solution follow to the minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from monitor.core.intervals import MINUTE, Ms
from monitor.store.ticket_protocol import ToldTicket
from monitor.tickets.course import Course, at, name_of, words
from monitor.tickets.mapping import Dialect, Who

_MACHINES: Final = frozenset({"rule", "system", "automation", "trigger"})
_MERGED: Final = "closed_by_merge"


def told_by_zendesk(rows: Sequence[Any], mapping: Dialect) -> ToldTicket:
    """The ticket of a record; ValueError says what is wrong with it."""
    record = rows[0]
    inner = record.get("ticket")
    if isinstance(inner, dict):
        record = {**{key: value for key, value in record.items() if key != "ticket"}, **inner}
    course = Course(mapping)
    created = _time(record, "created_at", mapping)
    if created is None:
        raise ValueError('"created_at" is empty: of a ticket at least that must be told')
    requester = words(record.get("requester_id"))
    course.add(created, "created", by=_who(record.get("submitter_id"), requester, None, mapping))
    audits = _list(record, "audits")
    metrics = record.get("metric_set") or record.get("metric_sets") or record.get("metrics")
    if audits:
        _Audits(course, mapping, requester, created).read(audits)
    elif isinstance(metrics, dict):
        _metrics(metrics, created, course, mapping)
    if not audits:
        _as_it_stands(record, created, course, mapping)
    if _MERGED in _list(record, "tags"):
        course.add(_time(record, "updated_at", mapping) or created, "merged", words(_merged_into(record)))
    ticket = course.ticket(name_of(record.get("id")), record, deleted=record.get("status") == "deleted")
    return ToldTicket(mapping.source, ticket, _time(record, "updated_at", mapping))


def _list(record: Mapping[str, Any], key: str) -> list[Any]:
    found = record.get(key)
    return found if isinstance(found, list) else []


def _time(record: Mapping[str, Any], key: str, mapping: Dialect) -> Ms | None:
    told = record.get(key)
    if told in ("", None):
        return None
    try:
        return mapping.times.read(told)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _who(author: Any, requester: str, via: Any, mapping: Dialect) -> Who:
    """Who the mapping says it is; else what wrote by a rule is a machine, the requester the customer."""
    name = words(author)
    told = mapping.people.who(name)
    if told:
        return told
    if name == "-1" or at(via, "channel") in _MACHINES or at(via, "source.rel") in _MACHINES:
        return "system"
    if name and not requester:
        raise ValueError(
            f"has no requester_id, so nobody says whether {name[:40]} is the customer: add it, or say who is "
            "who in the mapping, [people]"
        )
    return "customer" if name and name == requester else "agent"


def _merged_into(record: Mapping[str, Any]) -> Any:
    return at(record, "via.source.to.ticket_id") or at(record, "via.source.from.ticket_id")


def _metrics(metrics: Mapping[str, Any], created: Ms, course: Course, mapping: Dialect) -> None:
    minutes = at(metrics, "reply_time_in_minutes.calendar")
    if isinstance(minutes, int) and 0 <= minutes < 10**8:
        course.comment(created + minutes * MINUTE, "agent")
    assigned = _time(metrics, "initially_assigned_at", mapping)
    if assigned is not None:
        course.add(assigned, "assigned")
    solved = _time(metrics, "solved_at", mapping)
    if solved is not None:
        course.add(solved, "resolved")


def _as_it_stands(record: Mapping[str, Any], created: Ms, course: Course, mapping: Dialect) -> None:
    """Without audits a status is known since the last change at best."""
    status = words(record.get("status"))
    if status and status not in ("new", "open", "deleted"):
        course.status(_time(record, "updated_at", mapping) or created, status)


class _Audits:
    """The audits of one ticket. Comments of the audit that made it are the request itself."""

    def __init__(self, course: Course, mapping: Dialect, requester: str, created: Ms) -> None:
        self._course, self._mapping, self._requester = course, mapping, requester
        self._created = created
        self._segment = mapping.fields.get("segment", "").rpartition(".")[2]

    def read(self, audits: Sequence[Any]) -> None:
        """Each event of each audit."""
        for number, audit in enumerate(audits):
            when = _time(audit, "created_at", self._mapping) if isinstance(audit, dict) else None
            if when is None:
                raise ValueError(f"audits[{number}] has no created_at")
            for event in _list(audit, "events"):
                if isinstance(event, dict):
                    self._event(max(when, self._created), audit, event)

    def _event(self, when: Ms, audit: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        kind, via = event.get("type"), event.get("via") or audit.get("via")
        author = event.get("author_id", audit.get("author_id"))
        who = _who(author, self._requester, via, self._mapping)
        first = when == self._created
        if kind == "Comment" and not first:
            if event.get("public", True):
                self._course.comment(when, who)
        elif kind == "Notification" and at(via, "source.rel") in _MACHINES and self._is_told(event):
            self._course.comment(when, "system")
        elif kind in ("Create", "Change"):
            self._changed(when, event, who, first=first)

    def _is_told(self, event: Mapping[str, Any]) -> bool:
        """Whether a notification went to who asked."""
        return bool(self._requester) and self._requester in map(words, _list(event, "recipients"))

    def _changed(self, when: Ms, event: Mapping[str, Any], who: Who, *, first: bool) -> None:
        name, value = words(event.get("field_name")), words(event.get("value"))
        field = "priority" if name == "priority" else "segment" if name and name == self._segment else ""
        if field and event.get("type") == "Create":
            self._course.at_first(field, value)
            return
        if field:
            self._course.at_first(field, words(event.get("previous_value")))
        if name == "status" and not (first and value in ("new", "open")):
            self._course.status(when, value, who)
        elif name == "priority" and value:
            self._course.add(when, "priority", self._mapping.priority(value), who)
        elif name == "assignee_id" and value:
            self._course.add(when, "assigned", value, who)
        elif field == "segment" and value:
            self._course.add(when, "segment", value, who)
