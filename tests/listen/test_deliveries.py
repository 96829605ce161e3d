"""Tickets that are delivered over HTTP: who may, that each counts once, and that nobody is held up by it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import random
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.intervals import SECOND
from monitor.core.tickets import Ticket
from monitor.listen.door import Limits
from monitor.listen.hooks import DELIVERY
from monitor.listen.listeners import hook_limits
from monitor.store import SqliteStore, open_store
from monitor.tickets.hook import MOST_BYTES, Source
from monitor.tickets.mapping_tables import mapping_of
from monitor.tickets.receiving import Receiving
from tests.listen.conftest import parted
from tests.listen.hooked import Hatch

TOKEN = "dGlja2V0cy1mb3ItdGVzdHMtb25seQ"
SECRET = "c2lnbmVkLWZvci10ZXN0cy1vbmx5"
MADE = {"id": "7", "created": "2026-09-21T14:00:00Z", "priority": "high", "customer": "acme"}
DESK = replace(mapping_of("plain"), source="desk")
SOURCES = {
    "desk": Source(DESK, token=TOKEN),
    "signed": Source(DESK, secret=SECRET),
    "both": Source(DESK, token=TOKEN, secret=SECRET),
}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Office(Hatch):
    """The listener over the tickets of a real database."""

    def __init__(self, store: SqliteStore, limits: Limits | None = None) -> None:
        self.store, receiving = store, Receiving(store.tickets)
        receiving.know(SOURCES)
        super().__init__(limits or hook_limits(1_024), deliveries=receiving)

    async def deliver(
        self, body: object, source: str = "desk", headers: Mapping[str, str] = BEARER
    ) -> tuple[int, dict[str, object]]:
        """The status and the object of an answer; `body` is bytes, or what becomes JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, said = await self.ask("POST", f"/tickets/{source}", content, **headers)
        return status, json.loads(said)

    @property
    def told(self) -> list[Ticket]:
        with self.store.snapshot() as snapshot:
            return list(snapshot.tickets())


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with Office(open_store(tmp_path / "test.db", create=True)) as office:
        yield office


def signed(content: bytes) -> dict[str, str]:
    """As Jira signs."""
    return {"X_Hub_Signature": "sha256=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()}


def zendesk(content: bytes) -> dict[str, str]:
    """As Zendesk signs."""
    stamp = "2026-09-21T14:00:01Z"
    made = hmac.new(SECRET.encode(), stamp.encode() + content, hashlib.sha256).digest()
    return {
        "X_Zendesk_Webhook_Signature": base64.b64encode(made).decode(),
        "X_Zendesk_Webhook_Signature_Timestamp": stamp,
    }


# -- what is kept


async def test_a_ticket_that_was_answered_with_200_is_on_disk_under_the_name_of_its_system(office):
    status, said = await office.deliver(MADE)
    assert (status, said) == (
        200,
        {"source": "desk", "kept": "now", "new": 1, "changed": 0, "known": 0, "older": 0},
    )
    (ticket,) = office.told
    assert (ticket.id, ticket.priority, ticket.customer, ticket.columns["source"]) == (
        "7",
        "high",
        "acme",
        "desk",
    )


async def test_the_same_delivery_again_changes_nothing_whatever_came_in_between(office):
    first = {**BEARER, "X_Makegood_Delivery": "d-1"}
    await office.deliver({**MADE, "customer": "acme"}, headers=first)
    await office.deliver({**MADE, "customer": "globex"}, headers={**BEARER, "X_Makegood_Delivery": "d-2"})
    status, said = await office.deliver({**MADE, "customer": "acme"}, headers=first)
    assert (status, said["kept"], said["known"]) == (200, "before", 1)
    assert [each.customer for each in office.told] == ["globex"]


async def test_another_content_by_the_same_name_is_not_lost(office):
    named = {**BEARER, "X_Request_Id": "a-proxy-says-this-of-everything"}
    await office.deliver(MADE, headers=named)
    status, said = await office.deliver({**MADE, "reply": "2026-09-21T14:20:00Z"}, headers=named)
    assert (status, said["kept"], said["changed"]) == (200, "now", 1)
    assert [event.kind for event in office.told[0].events] == ["created", "reply"]


async def test_one_delivery_that_comes_many_times_at_once_is_one_batch(office):
    answers = await asyncio.gather(*(office.deliver(MADE) for _ in range(8)))
    assert {status for status, _ in answers} == {200}
    assert sum(int(str(said["new"])) for _, said in answers) == 1
    with office.store.snapshot() as snapshot:
        (kept,) = snapshot.ticket("desk:7")
    assert (kept.batch.seq, kept.batch.kind, kept.batch.author) == (1, "delivery", "webhook")


async def test_a_large_delivery_is_taken_and_a_larger_one_is_not(office):
    many = [{**MADE, "id": str(n), "customer": "c" * 400} for n in range(900)]
    assert DELIVERY == MOST_BYTES
    assert len(json.dumps(many)) > 400_000
    assert (await office.deliver(many))[1]["new"] == 900
    large = await office.ask("POST", "/tickets/desk", b"[" + b" " * DELIVERY + b"]", **BEARER)
    assert large == (413, "a body has at most 1048576 bytes here\n")
    assert len(office.told) == 900


# -- who may


async def test_a_body_is_signed_as_jira_and_as_zendesk_do_it(office):
    for number, sign in enumerate((signed, zendesk)):
        content = json.dumps({**MADE, "id": str(number)}).encode()
        assert (await office.deliver(content, "signed", sign(content)))[0] == 200
        assert (await office.deliver(content + b" ", "signed", sign(content)))[0] == 401
        assert (await office.deliver(content, "both", sign(content)))[0] == 401
        assert (await office.deliver(content, "both", {**sign(content), **BEARER}))[0] == 200
    assert (await office.deliver(MADE, "both"))[0] == 401
    assert (await office.deliver(MADE, "signed"))[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer "},
        {"X_Hub_Signature": "sha256=00"},
    ],
)
async def test_who_is_a_stranger_is_told_nothing_and_nothing_is_taken(office, headers):
    answers = [await office.deliver(body, headers=headers) for body in (MADE, b"not JSON", b"", b"7")]
    assert {(status, str(said)) for status, said in answers} == {
        (
            401,
            str(
                {
                    "status": 401,
                    "title": "Unauthorized",
                    "detail": "this is not who may deliver: show Authorization: Bearer TOKEN, or sign the "
                    "body, as it is set up",
                }
            ),
        )
    }
    assert office.told == []


@pytest.mark.parametrize("source", ["nobody", "", "desk/x", "DESK", "../desk", "%00", "x" * 3_000])
async def test_a_system_that_has_no_name_here_is_not_found(office, source):
    assert (await office.deliver(MADE, source))[0] == 404
    assert office.told == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_tickets_are_delivered_by_post_alone(office, method):
    answer = await office.raw(method, "/tickets/desk", **BEARER)
    assert parted(answer)[0] == 405
    assert b"Allow: POST" in answer


async def test_who_guesses_is_slowed_down_and_who_may_deliver_is_not(office):
    wrong = {"Authorization": "Bearer wrong"}
    statuses = [(await office.deliver(MADE, headers=wrong))[0] for _ in range(40)]
    assert set(statuses) == {401, 429}
    assert (await office.deliver(MADE))[0] == 200


async def test_no_more_than_ten_a_second_go_on_and_strangers_take_none_of_them(office):
    for _ in range(20):
        await office.deliver(MADE, "signed", {"X_Hub_Signature": "sha256=00"})
    statuses = [(await office.deliver(MADE))[0] for _ in range(610)]
    assert statuses == [200] * 600 + [429] * 10
    office.clock.passes(SECOND)
    assert (await office.deliver(MADE))[0] == 200


# -- what cannot be read


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (
            b"not JSON",
            [("body", "is no JSON in UTF-8, line 1 column 1: send a ticket as an object, or a list of them")],
        ),
        (
            b"",
            [("body", "is no JSON in UTF-8, line 1 column 1: send a ticket as an object, or a list of them")],
        ),
        (b"\xff", [("body", "is no JSON in UTF-8: send a ticket as an object, or a list of them")]),
        (
            b"[" * 100_000,
            [("body", "is nested too deep: send the ticket without what lies that deep in it")],
        ),
        (b"[]", [("body", "has 0 tickets: send one, or at most 1,000 in a list")]),
        (b'{"tickets": [7]}', [("tickets[0]", "is no object: send a ticket as the mapping has it")]),
        (b'{"created": "2026-10-02T15:50:00Z"}', [("body", "has no id")]),
        (
            b'{"id": "\\ud800", "created": "2026-10-02T15:50:00Z"}',
            [("body", "has an id that is too long, or holds control characters")],
        ),
    ],
)
async def test_what_is_no_ticket_is_refused_with_where_and_what_to_send(office, content, problems):
    status, said = await office.deliver(content)
    assert (status, said["status"]) == (422, 422)
    assert said["problems"] == [{"where": where, "what": what} for where, what in problems]
    assert office.told == []


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_taken(office):
    status, said = await office.deliver([MADE, {"id": "8"}, {**MADE, "id": ""}, {**MADE, "created": "soon"}])
    assert status == 422
    assert [each["where"] for each in said["problems"]] == ["body[1]", "body[2]", "body[3]"]
    assert said["detail"].startswith('nothing was taken: body[1]: "created" is empty')
    assert office.told == []
    _, said = await office.deliver([{"id": "8"}] * 100)
    assert [each["where"] for each in said["problems"]][-2:] == ["body[19]", "body"]
    assert said["problems"][-1]["what"] == "and 80 more"


async def test_bodies_by_chance_are_taken_or_refused_and_never_a_fault_of_ours(office):
    """A share of the fuzzing: whole tickets of which a part was put in another place, cut, or made odd."""
    dice = random.Random(9)
    odd = [
        None,
        True,
        10**30,
        -1,
        "",
        "\ud800",
        "\x00",
        [],
        {},
        [[]],
        {"name": {"name": {}}},
        "1e400",
        "x" * 999,
    ]
    for _ in range(300):
        ticket = {**MADE, "id": str(dice.randrange(5)), "reply": "2026-09-21T15:00:00Z", "deleted": "no"}
        for _ in range(dice.randrange(3)):
            ticket[dice.choice([*ticket, "updated", "x"])] = dice.choice(odd)
        content = json.dumps([ticket] if dice.random() < 0.5 else ticket).encode()
        content = content[: dice.randrange(len(content))] if dice.random() < 0.2 else content
        assert (await office.deliver(content))[0] in (200, 422)
        office.clock.passes(SECOND)


# -- nobody is held up


async def test_a_body_that_does_not_come_is_shown_out_and_others_deliver_meanwhile(tmp_path):
    limits = Limits(places=8, places_each=8, patience=0.2, life=0.5, body=DELIVERY)
    async with Office(open_store(tmp_path / "test.db", create=True), limits) as office:
        head = f"POST /tickets/desk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
        slow = asyncio.create_task(office.send(head + b"Content-Length: 900000\r\n\r\n{"))
        assert (await office.deliver(MADE))[0] == 200
        assert parted(await slow)[0] in (0, 408)


async def test_a_long_head_is_no_delivery(office):
    head = b"POST /tickets/desk HTTP/1.1\r\nHost: x\r\n" + b"X-More: 1\r\n" * 3_000
    assert parted(await office.send(head))[0] == 431
    assert parted(await office.send(head + b"Content-Length: 2\r\n\r\n{}"))[0] == 431


async def test_a_database_that_another_process_writes_holds_up_no_link_and_the_sender_comes_again(office):
    """An import has the writer's place: the delivery waits in its own thread, and is there in the end."""
    with closing(sqlite3.connect(office.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(office.deliver(MADE))
        assert (await office.ask("GET", "/a/x"))[0] == 404
        assert (await office.push("1"))[0] == 200
        other.execute("ROLLBACK")
    assert (await waiting)[0] == 200
    assert len(office.told) == 1
