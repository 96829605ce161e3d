"""What a job's call does: kept before it is answered, read as it was meant, and refused with a sentence."""

from __future__ import annotations

import asyncio
import logging

import pytest

from monitor.core.checks import Reason
from monitor.listen.heartbeats import Allowance
from tests.listen.conftest import OTHER, TOKEN, until


@pytest.mark.parametrize(
    ("behind", "kind", "reason"),
    [
        ("", "success", Reason.OK),
        ("/", "success", Reason.OK),
        ("/success", "success", Reason.OK),
        ("/start", "start", Reason.NOT_RUNNING),
        ("/fail", "fail", Reason.HEARTBEAT_FAILED),
        ("?status=fail", "fail", Reason.HEARTBEAT_FAILED),
        ("/fail?status=fail", "fail", Reason.HEARTBEAT_FAILED),
    ],
)
async def test_a_call_is_kept_and_answered_and_enters_the_book(home, behind, kind, reason):
    assert await home.call(behind) == 200
    assert home.kinds == [kind]
    assert home.reason() is reason
    assert home.reason("invoices") is Reason.NOT_RUNNING


@pytest.mark.parametrize(
    ("body", "type_", "kind"),
    [
        (b"status=fail", "application/x-www-form-urlencoded", "fail"),
        (b"status=start&host=db1", "application/x-www-form-urlencoded; charset=utf-8", "start"),
        (b"all is well", "application/x-www-form-urlencoded", "success"),
        (b'{"status": "fail", "took": 3}', "application/json", "fail"),
        (b"[]", "application/json", "success"),
        (b"status=fail as the log says", "text/plain", "success"),
        (b"\xff\x00\x1b", "application/octet-stream", "success"),
    ],
)
async def test_a_status_may_stand_in_the_body(home, body, type_, kind):
    status, _ = await home.ask("POST", f"/heartbeat/{TOKEN}", body, Content_Type=type_)
    assert (status, home.kinds) == (200, [kind])


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("/failed", b"", "a call says one of success, fail, start, or nothing for success"),
        ("?status=ok", b"", "a call says one of success, fail, start, or nothing for success"),
        ("/start/now", b"", "a call says one of success, fail, start, or nothing for success"),
        ("/start?status=fail", b"", "the call says two things at once: say one"),
        ("?status=fail&status=start", b"", "the call says two things at once: say one"),
        ("/start", b'{"status": "fail"}', "the call says two things at once: say one"),
        ("", b'{"status": 7}', 'a status is a word: {"status": "success"}'),
        ("", b"{", 'the body is not JSON: write {"status": "success"}, or none'),
        ("", b"[" * 4_000, 'the body is not JSON: write {"status": "success"}, or none'),
    ],
)
async def test_what_cannot_be_meant_is_refused_and_not_kept(home, path, body, sentence):
    answer = await home.ask("POST", f"/heartbeat/{TOKEN}{path}", body, Content_Type="application/json")
    assert answer == (400, f"{sentence}\n")
    assert home.disk.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("token", [TOKEN, "wrong"])
async def test_only_a_post_counts_and_another_method_tells_nothing_of_the_token(home, method, token):
    status, text = await home.ask(method, f"/heartbeat/{token}")
    assert status == 405
    assert home.disk.asked == []
    hint = (
        f"a {method} does not count: call with POST: curl -X POST ADDRESS (or ADDRESS/start, ADDRESS/fail)\n"
    )
    assert text == ("" if method == "HEAD" else hint)


async def test_a_refused_method_names_the_one_that_is_taken(home):
    answer = await home.send(f"GET /heartbeat/{TOKEN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert b"\r\nAllow: POST\r\n" in answer


@pytest.mark.parametrize(
    "token", ["wrong", "", TOKEN[:-1], TOKEN + "x", TOKEN.swapcase(), "%00", "ü", "x" * 3_000]
)
async def test_another_token_is_nobodys(home, token):
    status, _ = await home.ask("POST", f"/heartbeat/{token}")
    assert (status, home.disk.asked) == (400 if token == "ü" else 404, [])


@pytest.mark.parametrize("path", ["/", "/heartbeat", "/metrics", "/../etc/passwd", "//heartbeat/x", "*"])
async def test_there_is_nothing_else(home, path):
    status, _ = await home.ask("POST", path)
    assert status in (400, 404)


async def test_no_token_is_answered_or_logged(home, caplog):
    caplog.set_level(logging.DEBUG)
    answers = [
        await home.send(f"{method} /heartbeat/{TOKEN}{behind} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode())
        for method, behind, more in [
            ("POST", "", ""),
            ("GET", "", ""),
            ("POST", "/nonsense", ""),
            ("POST", "x", ""),
            ("POST", "", "Content-Length: nonsense\r\n"),
            ("POST", "", f"broken /heartbeat/{TOKEN}\r\n"),
            ("POST", f" HTTP/9.9 {TOKEN}", ""),
        ]
    ]
    assert all(answers)
    assert TOKEN not in caplog.text
    assert not any(TOKEN.encode() in answer for answer in answers[:4])


async def test_the_answer_waits_until_the_call_is_kept(home):
    home.disk.waits = []
    calling = asyncio.create_task(home.call())
    await until(lambda: home.disk.waits)
    assert not calling.done()
    assert home.reason() is Reason.NOT_RUNNING
    home.disk.waits[0].set_result(None)
    assert await calling == 200
    assert home.reason() is Reason.OK


async def test_calls_that_come_while_one_is_being_kept_share_the_next_commit(home):
    home.disk.waits = []
    first = asyncio.create_task(home.call("/start"))
    await until(lambda: home.disk.waits)
    others = [asyncio.create_task(home.call(token=token)) for token in (TOKEN, OTHER, TOKEN)]
    await until(lambda: home.door.guests == 4 and len(home.keeper.waiting) == 3)
    home.disk.waits[0].set_result(None)
    await until(lambda: len(home.disk.waits) == 2)
    home.disk.waits[1].set_result(None)
    assert await asyncio.gather(first, *others) == [200] * 4
    assert [len(batch) for batch in home.disk.asked] == [1, 3]


async def test_a_call_that_the_disk_refuses_is_refused_and_the_job_is_not_charged(home):
    home.disk.refuses = True
    status, text = await home.ask("POST", f"/heartbeat/{TOKEN}")
    assert (status, text) == (503, "the call could not be kept: call again\n")
    assert [away.reason for away in home.told] == [Reason.OWN_RESOURCE]
    assert home.reason() is Reason.NOT_RUNNING


async def test_a_call_that_was_kept_counts_although_the_caller_is_gone(home):
    home.disk.waits = []
    _, writer = await home.connect()
    writer.write(f"POST /heartbeat/{TOKEN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await until(lambda: home.disk.waits)
    writer.transport.abort()
    await until(lambda: not home.door.guests)
    home.disk.waits[0].set_result(None)
    await home.keeper.drain()
    assert home.reason() is Reason.OK


async def test_a_job_that_calls_without_end_is_told_to_stop_and_no_other_job_suffers(home):
    statuses = [await home.call() for _ in range(45)]
    assert statuses[:30] == [200] * 30
    assert statuses[-1] == 429
    assert await home.call(token=OTHER) == 200
    assert home.reason() is Reason.OK


async def test_whoever_guesses_tokens_is_told_to_stop_and_jobs_of_that_address_are_still_heard(home):
    statuses = [await home.call(token=f"guess{number}") for number in range(50)]
    assert statuses[:30] == [404] * 30
    assert statuses[-1] == 429
    assert await home.call() == 200


async def test_tokens_of_a_reload_are_taken_at_once(home):
    home.heartbeats.know({})
    assert await home.call() == 404


def test_an_allowance_fills_up_again_and_remembers_only_the_latest():
    allowance = Allowance(burst=2, a_second=0.5, remembered=2)
    assert [allowance.allows("a", now) for now in (0, 0, 0, 1, 2, 2)] == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    assert [allowance.allows(who, 2) for who in ("b", "c", "a", "a", "a")] == [True, True, True, True, False]
