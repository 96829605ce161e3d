"""Issues as Jira Service Management's search tells them, with changelog and comments. Pure.

Modelled on the public documentation of the REST API: `fields`, `changelog.histories` with their items, and
`fields.comment.comments` with `jsdPublic`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from monitor.core.intervals import Ms
from monitor.store.ticket_protocol import ToldTicket
from monitor.tickets.course import Course, at, name_of, words
from monitor.tickets.mapping import Dialect, Who

_NAMES: Final = ("accountId", "emailAddress", "name", "key")
_Change = tuple[Ms, str, Mapping[str, Any], Who]


def told_by_jira(rows: Sequence[Any], mapping: Dialect, *, whole: bool = True) -> ToldTicket:
    """The ticket of an issue; ValueError says what is wrong with it.

    `whole`: its changes are all there ever were.
    """
    issue = rows[0]
    fields = issue.get("fields") if isinstance(issue.get("fields"), dict) else None
    if fields is None:
        raise ValueError("has no fields: export issues as the search of the REST API gives them")
    created = _time(fields, "created", mapping)
    if created is None:
        raise ValueError('"fields.created" is empty: of an issue at least that must be told')
    course = Course(mapping)
    reporter = fields.get("reporter")
    course.add(created, "created", by=_who(fields.get("creator") or reporter, reporter, mapping))
    changes = _changes(issue, reporter, mapping)
    _first(fields, created, changes, course, mapping, whole=whole)
    for when, name, item, who in changes:
        _changed(max(when, created), name, item, who, course, mapping)
    _comments(fields, reporter, created, course, mapping)
    if whole and not any(name in ("status", "resolution") for _, name, _, _ in changes):
        resolved = _time(fields, "resolutiondate", mapping)
        if resolved is not None:
            course.add(resolved, "resolved")
    ticket = course.ticket(name_of(issue.get("key") or issue.get("id")), issue)
    return ToldTicket(mapping.source, ticket, _time(fields, "updated", mapping))


def _time(record: Mapping[str, Any], key: str, mapping: Dialect) -> Ms | None:
    told = record.get(key)
    if told in ("", None):
        return None
    try:
        return mapping.times.read(told)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _who(person: Any, reporter: Any, mapping: Dialect) -> Who:
    """Who the mapping says it is; else apps are machines, customers and the reporter are the customer."""
    if not isinstance(person, dict):
        return "system"
    names = [words(person.get(name)) for name in _NAMES]
    told = mapping.people.who(*names)
    if told:
        return told
    if person.get("accountType") == "app":
        return "system"
    same = isinstance(reporter, dict) and any(
        name and name == words(reporter.get(key)) for key, name in zip(_NAMES, names, strict=True)
    )
    return "customer" if same or person.get("accountType") == "customer" else "agent"


def _changes(issue: Mapping[str, Any], reporter: Any, mapping: Dialect) -> list[_Change]:
    histories = at(issue, "changelog.histories")
    found: list[_Change] = []
    for number, history in enumerate(histories if isinstance(histories, list) else ()):
        when = _time(history, "created", mapping) if isinstance(history, dict) else None
        if when is None:
            raise ValueError(f"changelog.histories[{number}] has no created")
        who = _who(history.get("author"), reporter, mapping)
        items = history.get("items")
        found += [
            (when, words(item.get("field")).casefold(), item, who)
            for item in (items if isinstance(items, list) else ())
            if isinstance(item, dict)
        ]
    return sorted(found, key=itemgetter(0))


def _first(
    fields: Mapping[str, Any],
    created: Ms,
    changes: Sequence[_Change],
    course: Course,
    mapping: Dialect,
    *,
    whole: bool,
) -> None:
    """What the issue was when it was made: what the first change says it was before, or as it stands."""
    before: dict[str, str] = {}
    segment = _segment(mapping)
    for _, name, item, _ in changes:
        before.setdefault(name, words(item.get("fromString")))
        if segment and segment in (name, item.get("fieldId")):
            course.at_first("segment", words(item.get("fromString")))
    status = before.get("status") or words(fields.get("status"))
    if whole and status and mapping.status(status) not in ("open", "resolved", "closed"):
        course.status(created, status)
    course.at_first("priority", before.get("priority", ""))


def _segment(mapping: Dialect) -> str:
    """The field of Jira that holds the segment, "" where there is none."""
    return mapping.fields.get("segment", "").removeprefix("fields.").partition(".")[0]


def _changed(
    when: Ms, name: str, item: Mapping[str, Any], who: Who, course: Course, mapping: Dialect
) -> None:
    value = words(item.get("toString"))
    segment = _segment(mapping)
    if name == "status" and value:
        course.status(when, value, who)
    elif name == "resolution":
        course.add(when, "resolved" if value else "reopened", by=who)
    elif name == "priority" and value:
        course.add(when, "priority", mapping.priority(value), who)
    elif name == "assignee" and value:
        course.add(when, "assigned", words(item.get("to")), who)
    elif segment and segment in (name, item.get("fieldId")):
        course.add(when, "segment", value, who)


def _comments(
    fields: Mapping[str, Any], reporter: Any, created: Ms, course: Course, mapping: Dialect
) -> None:
    found = at(fields, "comment.comments")
    for number, comment in enumerate(found if isinstance(found, list) else ()):
        when = _time(comment, "created", mapping) if isinstance(comment, dict) else None
        if when is None:
            raise ValueError(f"fields.comment.comments[{number}] has no created")
        who = _who(comment.get("author"), reporter, mapping)
        if comment.get("jsdPublic", True) and not comment.get("visibility"):
            course.comment(max(when, created), who)
