"""Deliveries of webhooks: known by a token or a signature, told once whatever is repeated."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.core.tickets import Ticket
from monitor.store import open_store
from monitor.store.ticket_protocol import NewBatch
from monitor.tickets.hook import Refused, Source, Taken, take
from monitor.tickets.mapping_tables import mapping_of
from tests.tickets.conftest import course

TOKEN = "t0ken-of-the-helpdesk-system"
PLAIN = Source(mapping_of("plain"), token=TOKEN)
BEARER = {"Authorization": f"Bearer {TOKEN}"}
MADE = {"id": "7", "created": "2026-10-02T15:50:00Z"}


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def told(answer: Taken | Refused) -> list[Ticket]:
    assert isinstance(answer, Taken), answer
    return [each.ticket for each in answer.tickets]


def signed(secret: str, content: bytes) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}


def test_a_ticket_in_our_own_words_with_a_token() -> None:
    (ticket,) = told(take(PLAIN, body(MADE), BEARER))
    assert course(ticket) == ["10-02 15:50 created"]
    several = told(take(PLAIN, body([MADE, {**MADE, "id": "8"}]), BEARER))
    assert [each.id for each in several] == ["7", "8"]


def test_a_delivery_is_known_by_what_its_sender_calls_it_or_by_its_content() -> None:
    named = take(PLAIN, body(MADE), {**BEARER, "X-Makegood-Delivery": "d-1"})
    plain = take(PLAIN, body(MADE), BEARER)
    nonsense = take(PLAIN, body(MADE), {**BEARER, "X-Makegood-Delivery": "d\x1b" * 4})
    assert isinstance(named, Taken)
    assert named.delivery == "d-1"
    assert isinstance(plain, Taken)
    assert plain.delivery == hashlib.sha256(body(MADE)).hexdigest()
    assert isinstance(nonsense, Taken)
    assert nonsense.delivery == plain.delivery


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer "},
        {"X-Hub-Signature": "sha256=00"},
        {"Authorization": "Bearer \udcff"},
    ],
)
def test_a_stranger_is_told_nothing_whatever_was_sent(headers: dict[str, str]) -> None:
    answers = {take(PLAIN, content, headers) for content in (body(MADE), b"not JSON", b"")}
    assert answers == {Refused(401, "no source has this name with this token or signature")}


def test_a_source_without_token_and_secret_takes_nothing() -> None:
    nobody = Source(mapping_of("plain"))
    assert isinstance(take(nobody, body(MADE), {"Authorization": "Bearer "}), Refused)


def test_a_body_is_signed_as_jira_and_as_zendesk_do_it() -> None:
    content, source = body(MADE), Source(mapping_of("plain"), secret="s3cret")
    assert told(take(source, content, signed("s3cret", content)))
    stamp = "2026-10-02T15:50:01Z"
    made = hmac.new(b"s3cret", stamp.encode() + content, hashlib.sha256).digest()
    zendesk = {
        "X-Zendesk-Webhook-Signature": base64.b64encode(made).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }
    assert told(take(source, content, zendesk))
    for wrong in (
        signed("other", content),
        signed("s3cret", content + b" "),
        BEARER,
        {**zendesk, "X-Zendesk-Webhook-Signature-Timestamp": "2026-10-02T15:50:02Z"},
    ):
        assert isinstance(take(source, content, wrong), Refused), wrong


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"not JSON", 422),
        (b"[" * 100_000, 422),
        (b'{"id": ' * 900 + b"1" + b"}" * 900, 422),
        (b"\xff", 422),
        (b'{"id": NaN}', 422),
        (b"7", 422),
        (b"[]", 422),
        (b'[{"id": 1}, 7]', 422),
        (b'{"id": "1"}', 422),
        (b'{"id": "1", "created": "soon"}', 422),
        (b'{"created": "2026-10-02T15:50:00Z"}', 422),
        (b'{"id": "1", "created": "2026-10-02T15:50:00Z", "customer": "\\u0000"}', 422),
        (b" " * (1 << 20) + b"{}", 413),
    ],
)
def test_what_is_no_ticket_is_refused_with_a_reason(content: bytes, status: int) -> None:
    answer = take(PLAIN, content, BEARER)
    assert isinstance(answer, Refused)
    assert answer.status == status


def jira(event: str, **more: Any) -> bytes:
    fields = {
        "created": "2026-10-02T17:50:00.000+0200",
        "updated": "2026-10-02T18:30:00.000+0200",
        "priority": {"name": "High"},
        "status": {"name": "Waiting for customer"},
        "reporter": {"accountId": "anna"},
        "project": {"key": "HELP"},
    }
    issue = {"id": "1", "key": "HELP-7", "fields": fields}
    return body({"timestamp": 1_790_958_600_000, "webhookEvent": event, "issue": issue, **more})


def test_jira_tells_what_has_just_changed_or_was_written() -> None:
    source = Source(mapping_of("jira"), token=TOKEN)
    item = {"field": "status", "fromString": "Open", "toString": "Waiting for customer"}
    changed = jira("jira:issue_updated", user={"accountId": "ben"}, changelog={"id": "9", "items": [item]})
    comment = {"created": "2026-10-02T18:40:00.000+0200", "author": {"accountId": "ben"}, "jsdPublic": True}
    written = jira("comment_created", comment=comment)
    (one,), (other,) = told(take(source, changed, BEARER)), told(take(source, written, BEARER))
    assert course(one)[1:] == ["10-02 16:30 status waiting for customer (agent)"]
    assert course(other)[1:] == ["10-02 16:40 reply (agent)"]
    (gone,) = told(take(source, jira("jira:issue_deleted"), BEARER))
    assert gone.deleted


def zendesk(what: str, event: dict[str, Any]) -> bytes:
    detail = {
        "id": "47",
        "created_at": "2026-10-02T15:50:00Z",
        "updated_at": "2026-10-02T16:30:00Z",
        "status": "OPEN",
        "priority": "HIGH",
        "requester_id": "20978392",
        "organization_id": "5",
        "via": {"channel": "email"},
    }
    return body(
        {
            "type": f"zen:event-type:ticket.{what}",
            "id": "0196-uuid",
            "time": "2026-10-02T16:30:00.123456789Z",
            "detail": detail,
            "event": event,
        }
    )


def test_zendesk_tells_events() -> None:
    source = Source(mapping_of("zendesk"), token=TOKEN)
    ours = {"comment": {"id": "1", "is_public": True, "author": {"id": "9", "is_staff": True}}}
    theirs = {"comment": {"id": "1", "is_public": True, "author": {"id": "8", "is_staff": False}}}
    courses = [
        course(told(take(source, zendesk(what, event), BEARER))[0])[1:]
        for what, event in (
            ("comment_added", ours),
            ("comment_added", theirs),
            ("status_changed", {"current": "PENDING", "previous": "OPEN"}),
            ("tags_changed", {}),
        )
    ]
    assert courses == [
        ["10-02 16:30 reply (agent)"],
        ["10-02 16:30 customer reply (customer)"],
        ["10-02 16:30 status waiting for customer (agent)"],
        [],
    ]
    (gone,) = told(take(source, zendesk("soft_deleted", {}), BEARER))
    assert gone.deleted
    answer = take(source, zendesk("tags_changed", {}), BEARER)
    assert isinstance(answer, Taken)
    assert answer.delivery == "0196-uuid"


def test_deliveries_in_any_order_and_more_than_once_come_to_one_course(tmp_path: Path) -> None:
    """Made, replied, resolved, opened again: as they came, turned round, and each twice."""
    plain = [
        MADE,
        {**MADE, "reply": "2026-10-02T16:00:00Z"},
        {**MADE, "resolved": "2026-10-02T17:00:00Z"},
        {**MADE, "reopened": "2026-10-02T18:00:00Z"},
    ]
    courses = []
    for number, order in enumerate((plain, [plain[0], plain[2], plain[1], plain[3]], [*plain, *plain])):
        store = open_store(tmp_path / f"{number}.db", create=True)
        for each in order:
            answer = take(PLAIN, body(each), BEARER)
            assert isinstance(answer, Taken)
            batch = NewBatch(0, "delivery", "tickets", "hook", answer.delivery, answer.delivery)
            store.tickets.take(answer.tickets, batch)
        with store.snapshot() as snapshot:
            courses.append([course(each) for each in snapshot.tickets()])
    assert courses[0] == courses[1] == courses[2]
    assert courses[0] == [
        ["10-02 15:50 created", "10-02 16:00 reply", "10-02 17:00 resolved", "10-02 18:00 reopened"]
    ]


def test_a_secret_in_the_source_is_not_in_what_is_taken() -> None:
    assert TOKEN not in repr(take(replace(PLAIN), body(MADE), BEARER))
