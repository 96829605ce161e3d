"""The TCP probe: a port that accepts a connection is up."""

from __future__ import annotations

import pytest

from monitor.config.endpoint import Say, Secret, Tcp
from monitor.core.checks import Expectation, Reason
from monitor.core.judge import judge
from monitor.probes.tcp import host_and_port


@pytest.mark.parametrize(("family", "reached"), [("ipv4", True), ("ipv6", False)])
async def test_a_port_is_reached_by_the_family_that_was_chosen(servers, ask, family, reached):
    port = await servers.answering(b"")
    facts = await ask(f"localhost:{port}", how=Tcp(family=family))
    assert (facts.error is None) is reached


def talking(*lines: bytes):
    """A server that greets, and answers each line that comes with the next of its own."""

    async def handler(reader, writer):
        for line in lines:
            writer.write(line)
            await writer.drain()
            if not await reader.readline():
                break

    return handler


GREETING = Say(expect="^220 ")
GOODBYE = Say("QUIT\r\n", "(?m)^221 ")


@pytest.mark.parametrize(
    ("lines", "detail"),
    [
        ((b"220 mail\r\n", b"221 bye\r\n"), ""),
        ((b"220 mail\r\n", b"250 ok\r\n221 bye\r\n"), ""),
        ((b"220 mail\r\n",), "step 2: the end before what was expected"),
        ((b"220 mail\r\n", b"x" * 100_000), "step 2: too long an answer before what was expected"),
        ((), "step 1: the end before what was expected"),
        ((b"\xff\x00" * 3_000,), "step 1: too long an answer before what was expected"),
    ],
)
async def test_a_dialogue_is_held_to_its_end_or_says_where_it_broke(servers, ask, lines, detail):
    port = await servers.start(talking(*lines))
    facts = await ask(f"127.0.0.1:{port}", how=Tcp(dialogue=(GREETING, GOODBYE)))
    assert facts.detail == detail
    assert facts.error is (Reason.DIALOGUE if detail else None)
    assert judge(facts, Expectation()) is (Reason.DIALOGUE if detail else Reason.OK)


async def test_a_dialogue_that_never_answers_is_a_timeout(servers, ask):
    async def silent(reader, writer):
        await reader.read()

    facts = await ask(f"127.0.0.1:{await servers.start(silent)}", how=Tcp(dialogue=(GREETING,)), timeout=100)
    assert facts.error is Reason.TIMEOUT
    assert facts.detail == "no answer within 100 ms, in phase first_byte"


async def test_a_secret_is_sent_and_not_told(servers, ask):
    heard = []

    async def listens(reader, writer):
        heard.append(await reader.readline())

    how = Tcp(dialogue=(Say(Secret("s3cret\n"), "ok"),))
    facts = await ask(f"127.0.0.1:{await servers.start(listens)}", how=how)
    assert heard == [b"s3cret\n"]
    assert "s3cret" not in repr(facts)


async def test_an_open_port_is_up(servers, ask):
    async def hang_up(reader, writer):
        await reader.read()

    port = await servers.start(hang_up)
    facts = await ask(f"127.0.0.1:{port}", how=Tcp())
    assert judge(facts, Expectation()) is Reason.OK
    assert facts.latency is not None
    assert set(facts.phases) == {"connect"}


async def test_a_name_is_resolved(servers, ask):
    async def hang_up(reader, writer):
        await reader.read()

    port = await servers.start(hang_up)
    facts = await ask(f"localhost:{port}", how=Tcp())
    assert facts.error is None
    assert set(facts.phases) == {"dns", "connect"}


async def test_a_closed_port_refuses(ask):
    assert (await ask("127.0.0.1:1", how=Tcp())).error is Reason.CONNECTION_REFUSED


@pytest.mark.parametrize(
    ("target", "parts"),
    [("a.example:25", ("a.example", 25)), ("[::1]:25", ("::1", 25)), ("127.0.0.1:1", ("127.0.0.1", 1))],
)
def test_a_target_is_a_host_and_a_port(target, parts):
    assert host_and_port(target) == parts
