"""What a ticket system delivers by HTTP: who it is, which delivery, and what it tells. Pure.

A delivery adds to what is known, and one that comes again adds nothing. A source shows a token, or signs the
body: `sha256=HEX` as Jira does, or as Zendesk does, in Base64 over a timestamp and the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

from monitor.records import dataclass
from monitor.store.ticket_protocol import ToldTicket
from monitor.tickets.course import at, must_be_text, words
from monitor.tickets.jira import told_by_jira
from monitor.tickets.mapping import Dialect
from monitor.tickets.plain_rows import told_of_rows
from monitor.tickets.times import UNIX_MS
from monitor.tickets.zendesk import told_by_zendesk

MOST_BYTES: Final = 1 << 20
MOST_TICKETS: Final = 1_000
MOST_TOLD: Final = 20
"""Problems of one delivery that are told at most."""
_IDS: Final = (
    "x-makegood-delivery", "x-zendesk-webhook-invocation-id", "x-atlassian-webhook-identifier",
    "x-request-id",
)  # fmt: skip
_SIGNED: Final = ("x-makegood-signature", "x-hub-signature-256", "x-hub-signature")
_ZENDESK: Final = "x-zendesk-webhook-signature"
_ZENDESK_TYPE: Final = "zen:event-type:ticket."
_LONGEST_ID: Final = 200


@dataclass(frozen=True, slots=True)
class Source:
    """A system that may deliver: in whose words, and by what it is known; "" for what it has not.

    Where it has both, it shows the token and signs.
    """

    dialect: Dialect
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is good: what it is known by, and what it tells."""

    delivery: str
    tickets: tuple[ToldTicket, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A delivery that is not taken: the status of the answer, and why, in a sentence for the sender.

    `problems` are where in the body something is wrong (`body`, `body[3]`), and what to send instead.
    """

    status: int
    why: str
    problems: tuple[tuple[str, str], ...] = ()


STRANGER: Final = Refused(401, "no source has this name with this token or signature")


def take(source: Source, body: bytes, headers: Mapping[str, str]) -> Taken | Refused:
    """What a delivery tells; nothing of it is looked at before it is known who sent it."""
    if not is_from(source, headers, body):
        return STRANGER
    return told_by(source, body, headers)


def is_from(source: Source, headers: Mapping[str, str], body: bytes | None) -> bool:
    """Whether token and signature are right; compared in the same time whatever is wrong.

    `body` None: it is not there yet, and whatever is signed may be right.
    """
    named = _named(headers)
    kind, _, given = named.get("authorization", "").partition(" ")
    same = hmac.compare_digest(_digest(given.strip()), _digest(source.token))
    shown = not source.token or (kind.casefold() == "bearer" and same)
    signed = not source.secret or body is None or _is_signed(source.secret.encode(), body, named)
    return bool(source.token or source.secret) and shown and signed


def told_by(source: Source, body: bytes, headers: Mapping[str, str]) -> Taken | Refused:
    """What somebody whom we know delivers, or all that is wrong with it."""
    if len(body) > MOST_BYTES:
        return Refused(413, "larger than 1 MiB, which no delivery is")
    try:
        value = json.loads(body.decode("utf-8"), parse_float=str, parse_constant=_no_number)
        told, problems = _told(value, source.dialect)
    except RecursionError:
        problems = [("body", "is nested too deep: send the ticket without what lies that deep in it")]
    except ValueError as error:
        place = (
            f", line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        )
        problems = [("body", f"is no JSON in UTF-8{place}: send a ticket as an object, or a list of them")]
    if problems:
        left = len(problems) - MOST_TOLD
        more = [("body", f"and {left} more")] if left > 0 else []
        why = "; ".join(f"{where}: {what}" for where, what in problems[:3])
        return Refused(422, f"nothing was taken: {why}", (*problems[:MOST_TOLD], *more))
    return Taken(_delivery(value, _named(headers), body), tuple(told))


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.casefold(): value for name, value in headers.items()}


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _is_signed(secret: bytes, body: bytes, headers: Mapping[str, str]) -> bool:
    if _ZENDESK in headers:
        stamp = headers.get(f"{_ZENDESK}-timestamp", "").encode("utf-8", "surrogateescape")
        made = hmac.new(secret, stamp + body, hashlib.sha256).digest()
        return hmac.compare_digest(_digest(base64.b64encode(made).decode()), _digest(headers[_ZENDESK]))
    made_hex = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    given = next((headers[name] for name in _SIGNED if name in headers), "")
    return hmac.compare_digest(_digest(made_hex), _digest(given))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _delivery(value: Any, headers: Mapping[str, str], body: bytes) -> str:
    """What the sender calls it, else the digest of its body."""
    told = next((headers[name] for name in _IDS if headers.get(name)), "")
    if not told and isinstance(value, dict) and str(value.get("type", "")).startswith(_ZENDESK_TYPE):
        told = str(value.get("id"))
    good = told.isprintable() and 0 < len(told) <= _LONGEST_ID
    return told if good else hashlib.sha256(body).hexdigest()


def _told(value: Any, dialect: Dialect) -> tuple[list[ToldTicket], list[tuple[str, str]]]:
    """Every ticket of a delivery as a part of what there is to know, and what is wrong where."""
    where = "body"
    if isinstance(value, dict) and isinstance(value.get("tickets"), list):
        value, where = value["tickets"], "tickets"
    records = value if isinstance(value, list) else [value]
    if not 0 < len(records) <= MOST_TICKETS:
        return [], [(where, f"has {len(records):,} tickets: send one, or at most {MOST_TICKETS:,} in a list")]
    told: list[ToldTicket] = []
    problems: list[tuple[str, str]] = []
    for number, record in enumerate(records):
        try:
            told.append(_part(record, dialect))
        except ValueError as error:
            problems.append((f"{where}[{number}]" if isinstance(value, list) else where, str(error)))
    return told, problems


def _part(record: object, dialect: Dialect) -> ToldTicket:
    if not isinstance(record, dict):
        raise ValueError("is no object: send a ticket as the mapping has it")  # noqa: TRY004  told to the sender
    found = replace(_one(record, dialect), whole=False)
    must_be_text(found.ticket)
    return found


def _one(record: dict[str, Any], dialect: Dialect) -> ToldTicket:
    if dialect.format == "jira":
        return _of_jira(record, dialect)
    if dialect.format == "zendesk":
        return told_by_zendesk((_as_zendesk_tells(record),), dialect)
    return told_of_rows((record,), dialect)


def _of_jira(record: dict[str, Any], dialect: Dialect) -> ToldTicket:
    """A delivery of Jira has the issue, and beside it what has just changed or was written."""
    issue = record.get("issue")
    if not isinstance(issue, dict):
        return told_by_jira((record,), dialect, whole=False)
    times = replace(dialect.times, formats=(*dialect.times.formats, UNIX_MS))
    items, comment = at(record, "changelog.items"), record.get("comment")
    fields = dict(issue["fields"]) if isinstance(issue.get("fields"), dict) else None
    if fields is not None:
        fields["comment"] = {"comments": [comment] if isinstance(comment, dict) else []}
    history = {"created": record.get("timestamp"), "author": record.get("user"), "items": items}
    histories = [history] if isinstance(items, list) else []
    told = told_by_jira(
        ({**issue, "fields": fields, "changelog": {"histories": histories}},),
        replace(dialect, times=times),
        whole=record.get("webhookEvent") == "jira:issue_created",
    )
    if record.get("webhookEvent") == "jira:issue_deleted":
        return replace(told, ticket=replace(told.ticket, deleted=True))
    return told


def _as_zendesk_tells(record: dict[str, Any]) -> dict[str, Any]:
    """An event of Zendesk as a ticket with one audit; a ticket as it is."""
    kind, detail = str(record.get("type", "")), record.get("detail")
    if not kind.startswith(_ZENDESK_TYPE) or not isinstance(detail, dict):
        return record
    what, event = kind.removeprefix(_ZENDESK_TYPE), record.get("event")
    status = words(detail.get("status")).lower()
    ticket = {**detail, "status": status, "priority": words(detail.get("priority")).lower() or None}
    if what in ("soft_deleted", "permanently_deleted"):
        return {**ticket, "status": "deleted"}
    happened, author = _event(
        what, event if isinstance(event, dict) else {}, words(detail.get("requester_id"))
    )
    made = {"created_at": record.get("time"), "author_id": author, "events": happened}
    return {**ticket, "audits": [made]}


def _event(what: str, event: Mapping[str, Any], requester: str) -> tuple[list[dict[str, Any]], str]:
    """What happened as an event of an audit, and who did it."""
    field = {
        "status_changed": "status", "priority_changed": "priority", "agent_assignment_changed": "assignee_id",
    }.get(what)  # fmt: skip
    if field:
        now, before = (words(event.get(key)).lower() for key in ("current", "previous"))
        return [{"type": "Change", "field_name": field, "value": now, "previous_value": before}], ""
    comment = event.get("comment")
    if what == "comment_added" and isinstance(comment, dict):
        by_us = at(comment, "author.is_staff") is True
        author = words(at(comment, "author.id")) if by_us else requester
        return [{"type": "Comment", "public": comment.get("is_public", True) is True}], author
    return [], ""
