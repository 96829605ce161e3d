"""Hostile web clients, on real sockets: each is shown out, and while they try, a job is heard.

The rows are those of FAULTS 8d that concern a listener: B101, B103 to B108, B116 to B118.
"""

from __future__ import annotations

import asyncio
import errno
import random

import pytest

from monitor.core.checks import Reason
from monitor.errors import ConfigError
from monitor.listen.door import Door, Limits, who
from tests.listen.conftest import TOKEN, all_of, parted, until

POST = f"POST /heartbeat/{TOKEN} HTTP/1.1\r\n".encode()
HOST = b"Host: makegood.example\r\n"


async def test_b101_half_a_head_is_closed_by_its_deadline_and_a_job_is_heard_meanwhile(house):
    async with house(Limits(patience=0.5)) as home:
        slow = [await home.connect() for _ in range(300)]
        for _, writer in slow:
            writer.write(POST + HOST)
        assert await home.call() == 200
        answers = await asyncio.gather(*(all_of(reader) for reader, _ in slow))
        for _, writer in slow:
            writer.close()
        assert {parted(answer)[0] for answer in answers} <= {0, 408}
        assert any(answers)
        assert home.door.guests == 0
        assert home.kinds == ["success"]
        assert home.told == []


async def test_b101_one_byte_at_a_time_does_not_put_the_deadline_off(house):
    async with house(Limits(patience=0.3)) as home:
        reader, writer = await home.connect()
        reading = asyncio.create_task(all_of(reader))
        for byte in (POST + HOST) * 1_000:
            if reading.done():
                break
            writer.write(bytes([byte]))
            await asyncio.wait({reading}, timeout=0.01)
        assert parted(await reading)[0] == 408
        writer.close()


async def test_b101_a_connection_that_says_nothing_is_closed(house):
    async with house(Limits(patience=0.2)) as home:
        assert parted(await home.send(b""))[0] == 408


async def test_b101_a_body_that_does_not_come_ends_with_the_life_of_the_connection(house):
    async with house(Limits(patience=0.2, life=0.4)) as home:
        assert await home.send(POST + HOST + b"Content-Length: 10\r\n\r\nabc") == b""
        assert home.door.guests == 0
        assert home.disk.asked == []


async def test_one_address_has_so_many_places_and_the_longest_waiting_gives_way(house):
    async with house(Limits(places=10, places_each=3)) as home:
        waiting = [await home.connect() for _ in range(3)]
        await until(lambda: home.door.guests == 3)
        assert await home.call() == 200
        assert await all_of(waiting[0][0]) == b""
        assert home.door.guests <= 3
        assert home.door.visits.turned_away == 0
        for _, writer in waiting:
            writer.close()


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(places=10, places_each=2), []),
        (Limits(places=2, places_each=10), [Reason.OWN_RESOURCE]),
    ],
    ids=["its own address has them all", "there is none at all"],
)
async def test_whoever_finds_no_place_is_told_so_and_we_know_that_a_call_may_be_lost(house, limits, told):
    async with house(limits) as home:
        home.disk.waits = []
        calling = [asyncio.create_task(home.call()) for _ in range(2)]
        await until(lambda: len(home.keeper.waiting) + sum(map(len, home.disk.asked)) == 2)
        status, text = parted(await home.send(b""))
        assert (status, text) == (503, "too many are calling at once: call again in a minute\n")
        assert [away.reason for away in home.told] == told
        while not all(task.done() for task in calling):
            for done in home.disk.waits:
                if not done.done():
                    done.set_result(None)
            await asyncio.sleep(0)


async def test_b103_of_ten_thousand_requests_on_one_connection_one_is_served(home):
    answer = await home.send((POST + HOST + b"\r\n") * 10_000)
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert len(home.kinds) <= 1


@pytest.mark.parametrize(
    "raw",
    {
        "two hosts": POST + HOST + HOST + b"\r\n",
        "a length and chunks": POST
        + HOST
        + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths": POST + HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "a negative length": POST + HOST + b"Content-Length: -1\r\n\r\n",
        "bare line feeds": POST.replace(b"\r", b"") + HOST.replace(b"\r", b"") + b"\n",
        "NUL in the path": b"POST /heartbeat/\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
        "a path of 20 KB": b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        "a header of 20 KB": POST + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
        "10,000 headers": POST + HOST + b"".join(b"X-%d: 1\r\n" % n for n in range(10_000)) + b"\r\n",
        "a space before the colon": POST + b"Host : x\r\n\r\n",
        "a folded header": POST + HOST + b"X: 1\r\n 2\r\n\r\n",
        "a TLS hello": bytes.fromhex("160301020001000001fc0303") + bytes(500),
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/9.9": POST.replace(b"1.1", b"9.9") + HOST + b"\r\n",
        "no version": b"POST /heartbeat/" + TOKEN.encode() + b"\r\n\r\n",
        "an old version": POST.replace(b"1.1", b"1.0") + HOST + b"\r\n",
        "no host": POST + b"\r\n",
        "SSH": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    }.items(),
    ids=lambda item: item[0],
)
async def test_b104_what_is_not_http_is_refused_and_not_kept(house, raw):
    async with house(Limits(patience=1.0)) as home:
        status, _ = parted(await home.send(raw[1]))
        assert status in (400, 408, 411, 431)
        assert home.disk.asked == []
        assert await home.call() == 200


@pytest.mark.parametrize("target", [b"http://evil/heartbeat/" + TOKEN.encode(), b"evil:443", b"*"])
async def test_b105_a_target_that_is_an_address_is_refused(home, target):
    assert parted(await home.send(b"POST " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n"))[0] == 400
    assert home.disk.asked == []


@pytest.mark.parametrize("extension", [b"", b";" + b"x" * 20_000])
async def test_b106_chunks_are_refused(home, extension):
    raw = POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n3" + extension + b"\r\nabc\r\n0\r\n\r\n"
    assert parted(await home.send(raw))[0] == (431 if extension else 411)
    assert home.disk.asked == []


async def test_b107_a_large_body_is_refused_before_it_is_read(home):
    raw = POST + HOST + b"Content-Length: 2000000\r\n\r\n"
    assert parted(await home.send(raw)) == (413, "a body has at most 4096 bytes here\n")
    assert home.disk.asked == []


async def test_b107_a_large_body_that_comes_all_the_same_costs_nothing(home):
    reader, writer = await home.connect()
    writer.write(POST + HOST + b"Content-Length: 2000000\r\n\r\n")
    status, _ = parted(await all_of(reader))
    writer.write(bytes(2_000_000))
    assert status == 413
    writer.close()
    assert await home.call() == 200


async def test_b108_a_form_with_very_many_fields_is_refused(home):
    body = b"&".join(b"a=%d" % n for n in range(600))
    status, _ = await home.ask(
        "POST", f"/heartbeat/{TOKEN}", body, Content_Type="application/x-www-form-urlencoded"
    )
    assert (status, home.disk.asked) == (400, [])


async def test_a_packed_body_is_not_unpacked(home):
    status, _ = await home.ask(
        "POST", f"/heartbeat/{TOKEN}", b"\x1f\x8b\x08", Content_Encoding="gzip", Content_Type="text/plain"
    )
    assert status == 200


@pytest.mark.parametrize(
    "header",
    ["X-HTTP-Method-Override: POST", "X-Forwarded-For: 10.0.0.1", "Upgrade: h2c", "Expect: 100-continue"],
)
async def test_b116_a_header_makes_no_get_a_post(home, header):
    raw = f"GET /heartbeat/{TOKEN} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode()
    answer = (await home.send(raw)).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert parted(answer)[0] == 405
    assert b"no-store" in answer
    assert home.disk.asked == []


@pytest.mark.parametrize(
    "query", ["a" * 3_000, "&" * 3_000, "status=" * 400, "status[]=fail", "%ff=%00", "status=%F0"]
)
async def test_b117_a_strange_query_does_no_harm(home, query):
    assert await home.call(f"?{query}") in (200, 400)


async def test_b118_ten_thousand_calls_a_second_are_bounded_and_another_job_is_heard(home):
    statuses = await asyncio.gather(*(home.call(token="guess") for _ in range(200)))
    assert set(statuses) <= {0, 404, 429, 503}
    assert await home.call() == 200


async def test_random_bytes_never_harm_the_door(house):
    """A thousand clients with parts of good requests, put together by chance."""
    chance = random.Random(118)
    parts = [POST, HOST, b"\r\n", b"\n", b"\x00", b"Content-Length: 5\r\n", b"hello", b"GET / HTTP/1.1\r\n",
             b"Transfer-Encoding: chunked\r\n", b"5\r\n", b"0\r\n\r\n", b": ", b"\xff\xfe", b"a" * 5_000,
             b"Upgrade: websocket\r\nConnection: upgrade\r\n", b"Content-Encoding: gzip\r\n"]  # fmt: skip
    async with house(Limits(patience=0.2, life=0.4)) as home:
        for _ in range(20):
            raws = [b"".join(chance.choices(parts, k=chance.randint(1, 9))) for _ in range(50)]
            answers = await asyncio.gather(*map(home.send, raws))
            assert {parted(answer)[0] for answer in answers} <= {
                0,
                100,
                200,
                400,
                404,
                405,
                408,
                411,
                413,
                429,
                431,
            }
        await until(lambda: not home.door.guests)
        assert await home.call(token=TOKEN) in (200, 429)


async def test_a_port_in_use_is_said_with_what_to_do(home):
    with pytest.raises(ConfigError) as said:
        Door(home.heartbeats.handle).bind("127.0.0.1", home.door.port, key="heartbeats")
    where = f'[listen] heartbeats = "127.0.0.1:{home.door.port}"'
    assert str(said.value) == (
        f"{where}: the port is in use; end the process that has it (ss -ltnp), or write another port"
    )


async def test_an_address_that_is_not_ours_is_said():
    with pytest.raises(
        ConfigError, match=r'metrics = "192.0.2.1:8080": this machine does not have the address'
    ):
        Door(lambda _: None).bind("192.0.2.1", 8080, key="metrics")  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("192.0.2.7", 4711), "192.0.2.7"),
        (("::ffff:192.0.2.7", 4711, 0, 0), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 4711, 0, 0), "2001:0db8:0001:0002"),
        (("fe80::1%eth0", 4711, 0, 2), "fe80:0000:0000:0000"),
        (None, ""),
    ],
)
def test_an_address_is_that_of_a_machine_or_of_its_network(peer, address):
    assert who(peer) == address


async def test_every_address_of_both_families_is_heard_where_the_file_says_so(house):
    home = house()
    home.door.bind("::", 0, key="heartbeats")
    home.book.open()
    await home.door.open()
    assert await home.call() == 200
    await home.door.close()


async def test_who_is_served_while_the_door_closes_gets_an_answer(house):
    async with house() as home:
        home.disk.waits = []
        calling = asyncio.create_task(home.call())
        await until(lambda: home.disk.waits)
        closing = asyncio.create_task(home.door.close())
        await asyncio.sleep(0)
        home.disk.waits[0].set_result(None)
        assert await calling == 200
        await closing
        with pytest.raises(OSError, match=str(errno.ECONNREFUSED)):
            await asyncio.open_connection("127.0.0.1", 1)


@pytest.mark.parametrize(
    ("files", "places", "each"), [(1_000_000, 128, 64), (1_024, 128, 64), (256, 32, 16), (20, 8, 4)]
)
def test_an_eighth_of_the_files_is_the_most_that_strangers_hold(files, places, each):
    found = Limits.within(files)
    assert (found.places, found.places_each) == (places, each)
