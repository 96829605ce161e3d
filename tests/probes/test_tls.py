"""The TLS probe against real servers: what is agreed on, and what goes wrong before."""

from __future__ import annotations

import asyncio
import datetime
import ssl

import pytest
import trustme

from monitor.config.endpoint import Tls
from monitor.core.checks import Expectation, Reason, Rule
from monitor.core.judge import judge

DAYS = Expectation(rules=(Rule("certificate_days", "", ">=", 14),))


async def waits(reader, writer) -> None:
    await reader.read()


@pytest.fixture
def served(servers, authority, tls_of):
    """A server that shakes hands, with a certificate for these names and these settings of its context."""

    async def serve(*names: str, at_most: ssl.TLSVersion | None = None, ca: trustme.CA | None = None, **when):
        context = tls_of((ca or authority).issue_cert(*names, **when))
        if at_most is not None:
            context.maximum_version = at_most
        return await servers.start(waits, tls=context)

    return serve


async def test_a_handshake_that_ends_well_is_up_and_has_its_phases(served, ask):
    facts = await ask(f"localhost:{await served('localhost')}", how=Tls())
    assert (facts.error, judge(facts, Expectation())) == (None, Reason.OK)
    assert facts.latency is not None
    assert {"dns", "connect", "tls"} <= set(facts.phases)


@pytest.mark.parametrize(
    ("names", "how", "error", "detail"),
    [
        (("localhost",), Tls(), None, ""),
        (("other.example",), Tls(), Reason.TLS_CERTIFICATE, "not valid for 'localhost'"),
        (("other.example",), Tls(server_name="other.example"), None, ""),
        (("other.example",), Tls(verify_tls=False), None, ""),
        (("localhost",), Tls(server_name="other.example"), Reason.TLS_CERTIFICATE, "not valid for 'other"),
        (("*.test",), Tls(server_name="a.test"), Reason.TLS_CERTIFICATE, "not valid for 'a.test'"),
    ],
)
async def test_the_certificate_is_for_the_name_that_is_asked_for(served, ask, names, how, error, detail):
    facts = await ask(f"localhost:{await served(*names)}", how=how)
    assert facts.error is error
    assert detail in facts.detail


async def test_a_certificate_of_an_unknown_authority_is_refused(served, ask):
    port = await served("localhost", ca=trustme.CA())
    assert (await ask(f"localhost:{port}", how=Tls())).error is Reason.TLS_CERTIFICATE


@pytest.mark.parametrize(
    ("begins", "ends", "detail"),
    [(-9, -1, "certificate has expired"), (1, 9, "certificate is not yet valid")],
)
async def test_a_certificate_of_another_time_is_refused(served, ask, begins, ends, detail):
    now = datetime.datetime.now(datetime.UTC)
    begins, ends = now + datetime.timedelta(begins), now + datetime.timedelta(ends)
    port = await served("localhost", not_before=begins, not_after=ends)
    facts = await ask(f"localhost:{port}", how=Tls())
    assert (facts.error, facts.detail) == (Reason.TLS_CERTIFICATE, detail)


@pytest.mark.parametrize(("days", "reason"), [(20, Reason.OK), (10, Reason.CERTIFICATE_EXPIRES)])
async def test_the_days_that_are_left_are_found(served, ask, days, reason):
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days, hours=1)
    port = await served("localhost", not_after=until)
    facts = await ask(f"localhost:{port}", how=Tls(), expectation=DAYS)
    assert (facts.found, judge(facts, DAYS)) == ({"certificate_days:": days}, reason)


@pytest.mark.parametrize(
    ("at_most", "minimum", "error"),
    [
        (None, "1.3", None),
        (ssl.TLSVersion.TLSv1_2, "1.2", None),
        (ssl.TLSVersion.TLSv1_2, None, None),
        (ssl.TLSVersion.TLSv1_2, "1.3", Reason.TLS_VERSION),
    ],
)
async def test_a_version_below_the_least_is_down(served, ask, at_most, minimum, error):
    port = await served("localhost", at_most=at_most)
    facts = await ask(f"localhost:{port}", how=Tls(minimum=minimum))
    assert facts.error is error
    assert facts.detail == ("TLSv1.2 was agreed on, and 1.3 is the least" if error else "")


OLD_ALERT = bytes.fromhex("15030100020246")
"""A fatal alert: protocol_version. It is what a server without any version of today says."""


async def test_a_server_that_knows_no_version_of_today_is_too_old(servers, ask):
    async def old(reader, writer):
        await reader.read(1)
        writer.write(OLD_ALERT)
        await writer.drain()
        await reader.read()

    facts = await ask(f"localhost:{await servers.start(old)}", how=Tls())
    assert facts.error is Reason.TLS_VERSION


async def closes(reader, writer) -> None:
    await reader.read(1)


async def speaks_in_clear(reader, writer) -> None:
    writer.write(b"220 mail.example ESMTP\r\n" * 3)
    await writer.drain()
    await reader.read()


async def sends_rubbish(reader, writer) -> None:
    writer.write(bytes(range(256)) * 300)
    await writer.drain()
    await reader.read()


@pytest.mark.parametrize("handler", [closes, speaks_in_clear, sends_rubbish])
async def test_whatever_else_comes_instead_of_a_handshake_is_a_failed_one(servers, ask, handler):
    facts = await ask(f"localhost:{await servers.start(handler)}", how=Tls())
    assert facts.error is Reason.TLS_HANDSHAKE
    assert facts.detail


async def test_a_handshake_that_never_ends_is_a_timeout_in_its_phase(servers, ask):
    facts = await ask(f"localhost:{await servers.start(waits)}", how=Tls(), timeout=150)
    assert (facts.error, facts.detail) == (Reason.TIMEOUT, "no answer within 150 ms, in phase tls")


async def test_a_certificate_with_a_thousand_names_is_read(served, ask):
    names = ("localhost", *(f"a-name-to-fill-the-certificate-{number}.example" for number in range(1_000)))
    assert (await ask(f"localhost:{await served(*names)}", how=Tls())).error is None


async def test_a_closed_port_refuses(ask):
    assert (await ask("127.0.0.1:1", how=Tls())).error is Reason.CONNECTION_REFUSED


async def test_many_that_hang_in_their_handshakes_are_all_let_go(servers, ask):
    port = await servers.start(waits)
    found = await asyncio.gather(*(ask(f"127.0.0.1:{port}", how=Tls(), timeout=100) for _ in range(50)))
    assert {facts.error for facts in found} == {Reason.TIMEOUT}
