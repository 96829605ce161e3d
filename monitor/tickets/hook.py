"""What a ticket system delivers by HTTP: who it is, which delivery, and what it tells. Pure.

A delivery adds to what is known, and one that comes again adds nothing. A source shows a token, or signs the
body: `sha256=HEX` as Jira does, or as Zendesk does, in Base64 over a timestamp and the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from monitor.store.ticket_protocol import ToldTicket
from monitor.tickets.course import at, words
from monitor.tickets.jira import told_by_jira
from monitor.tickets.mapping import Dialect
from monitor.tickets.plain_rows import told_of_rows
from monitor.tickets.times import UNIX_MS
from monitor.tickets.zendesk import told_by_zendesk

MOST_BYTES: Final = 1 << 20
MOST_TICKETS: Final = 1_000
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
    """A system that may deliver: in whose words, and by what it is known; "" for what it has not."""

    dialect: Dialect
    token: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is good: what it is known by, and what it tells."""

    delivery: str
    tickets: tuple[ToldTicket, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A delivery that is not taken: the status of the answer, and why, in a sentence for the sender."""

    status: int
    why: str


def take(source: Source, body: bytes, headers: Mapping[str, str]) -> Taken | Refused:
    """What a delivery tells; nothing of it is looked at before it is known who sent it."""
    named = {name.casefold(): value for name, value in headers.items()}
    if not _is_known(source, body, named):
        return Refused(401, "no source has this name with this token or signature")
    if len(body) > MOST_BYTES:
        return Refused(413, "larger than 1 MiB, which no delivery is")
    try:
        value = json.loads(body.decode("utf-8"), parse_float=str, parse_constant=_no_number)
    except RecursionError:
        return Refused(400, "the body is nested too deep")
    except ValueError:
        return Refused(400, "the body is not JSON in UTF-8")
    try:
        told = tuple(_told(value, source.dialect))
    except ValueError as error:
        return Refused(422, f"this is no ticket as the mapping has it: {error}")
    return Taken(_delivery(value, named, body), told)


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _is_known(source: Source, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether the token or a signature is right; compared in the same time whatever is wrong."""
    if source.secret:
        return _is_signed(source.secret.encode(), body, headers)
    kind, _, given = headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(_digest(given.strip()), _digest(source.token))
    return bool(source.token) and kind.casefold() == "bearer" and right


def _is_signed(secret: bytes, body: bytes, headers: Mapping[str, str]) -> bool:
    if _ZENDESK in headers:
        stamp = headers.get(f"{_ZENDESK}-timestamp", "")
        made = hmac.new(secret, stamp.encode() + body, hashlib.sha256).digest()
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
        told = words(value.get("id"))
    good = told.isprintable() and 0 < len(told) <= _LONGEST_ID
    return told if good else hashlib.sha256(body).hexdigest()


def _told(value: Any, dialect: Dialect) -> Iterator[ToldTicket]:
    """Every ticket of a delivery, as a part of what there is to know."""
    if isinstance(value, dict) and isinstance(value.get("tickets"), list):
        value = value["tickets"]
    records = value if isinstance(value, list) else [value]
    if not records or len(records) > MOST_TICKETS or not all(isinstance(each, dict) for each in records):
        raise ValueError("an object is wanted, or a list of at most 1,000")
    for record in records:
        yield replace(_one(record, dialect), whole=False)


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
