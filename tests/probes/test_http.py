"""The HTTP probe against real servers: what they do, and what the probe reports. Verdicts are the judge's."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import socket
import ssl
import struct

import pytest

from monitor.config.endpoint import ClientCertificate, Secret
from monitor.core.checks import Expectation, Reason, Rule
from monitor.core.judge import judge

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("status", "reason"),
    [("200 OK", Reason.OK), ("404 Not Found", Reason.STATUS), ("500 Oh No", Reason.STATUS)],
)
async def test_a_status_is_a_fact_and_the_judge_decides(servers, ask, status, reason):
    port = await servers.answering(answer(b"x", status=status))
    facts = await ask(f"http://127.0.0.1:{port}/")
    assert (facts.status, facts.error) == (int(status[:3]), None)
    assert judge(facts, Expectation()) is reason


async def test_an_answer_has_a_latency_and_phases(servers, ask):
    port = await servers.answering(OK)
    facts = await ask(f"http://localhost:{port}/")
    assert set(facts.phases) == {"dns", "connect", "first_byte", "body"}
    assert facts.latency is not None
    assert facts.latency >= sum(facts.phases.values()) - len(facts.phases)


async def test_a_handshake_is_a_phase_of_its_own(servers, ask, authority, tls_of):
    port = await servers.answering(OK, tls=tls_of(authority.issue_cert("localhost")))
    facts = await ask(f"https://localhost:{port}/")
    assert facts.status == 200
    assert facts.phases["tls"] > 0


async def test_the_request_names_the_monitor_and_carries_the_headers(servers, ask):
    port = await servers.answering(OK)
    await ask(f"http://127.0.0.1:{port}/path?q=1", headers={"X-Key": Secret("s3cret")}, method="head")
    assert servers.requests[0].startswith("HEAD /path?q=1 HTTP/1.1\r\n")
    assert "User-Agent: Makegood uptime monitor\r\n" in servers.requests[0]
    assert "X-Key: s3cret\r\n" in servers.requests[0]


DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(("least", "reason"), [(9, Reason.OK), (10, Reason.CERTIFICATE_EXPIRES)])
async def test_the_days_that_a_certificate_has_left_are_whole(servers, ask, authority, tls_of, least, reason):
    until = datetime.datetime.now(datetime.UTC) + 10 * DAY - datetime.timedelta(minutes=1)
    port = await servers.answering(OK, tls=tls_of(authority.issue_cert("localhost", not_after=until)))
    wanted = Expectation(rules=(Rule("certificate_days", "", ">=", least),))
    facts = await ask(f"https://localhost:{port}/", expectation=wanted)
    assert facts.found == {"certificate_days:": 9}
    assert judge(facts, wanted) is reason


async def test_an_answer_in_clear_has_no_certificate(servers, ask):
    wanted = Expectation(rules=(Rule("certificate_days", "", ">=", 0),))
    facts = await ask(f"http://127.0.0.1:{await servers.answering(OK)}/", expectation=wanted)
    assert (facts.status, facts.found) == (200, {"certificate_days:": None})
    assert judge(facts, wanted) is Reason.CERTIFICATE_EXPIRES


# -- a certificate of ours


@pytest.fixture
def shown(authority, tmp_path):
    """A certificate that the monitor shows, of an authority that the servers trust."""
    leaf = authority.issue_cert("monitor.example")
    found = ClientCertificate(tmp_path / "c.pem", tmp_path / "c.key")
    leaf.cert_chain_pems[0].write_to_path(str(found.certificate))
    leaf.private_key_pem.write_to_path(str(found.key))
    return found


@pytest.fixture
def asking_tls(authority, tls_of):
    """A server's context that wants a certificate to be shown."""
    context = tls_of(authority.issue_cert("localhost"))
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize("verify", [True, False])
async def test_a_server_that_wants_a_certificate_is_shown_ours(servers, ask, shown, asking_tls, verify):
    url = f"https://localhost:{await servers.answering(OK, tls=asking_tls)}/"
    assert (await ask(url, verify_tls=verify)).status is None
    assert (await ask(url, verify_tls=verify, certificate=shown)).status == 200


async def test_our_certificate_is_not_shown_to_another_origin(servers, ask, shown, asking_tls):
    other = await servers.answering(OK, tls=asking_tls)
    away = answer(b"", f"Location: https://localhost:{other}/", status="302 Found")
    port = await servers.answering(away, tls=asking_tls)
    facts = await ask(f"https://localhost:{port}/", certificate=shown)
    assert facts.status is None
    assert facts.error is not None
    assert len(servers.requests) == 1


async def test_a_certificate_of_ours_that_is_gone_is_our_own_affair(servers, ask, shown, asking_tls):
    url = f"https://localhost:{await servers.answering(OK, tls=asking_tls)}/"
    key = shown.key.read_bytes()
    for broken in (lambda: shown.key.unlink(), lambda: shown.key.write_text("no key")):
        broken()
        facts = await ask(url, certificate=shown)
        assert facts.error is Reason.OWN_RESOURCE
        assert facts.detail == "our certificate or its key cannot be read"
    shown.key.write_bytes(key)
    assert (await ask(url, certificate=shown)).status == 200


# -- address families


@pytest.mark.parametrize(("family", "reached"), [("any", True), ("ipv4", True), ("ipv6", False)])
async def test_a_name_is_reached_by_the_family_that_was_chosen(servers, ask, family, reached):
    """The server is at 127.0.0.1 alone; `localhost` has an address of both families."""
    port = await servers.answering(OK)
    facts = await ask(f"http://localhost:{port}/", family=family)
    assert (facts.status == 200) is reached
    assert reached or facts.error in (Reason.CONNECTION_REFUSED, Reason.NAME_NOT_FOUND, Reason.OWN_NETWORK)


# -- bodies that are sent


async def test_a_body_is_sent_with_its_length(servers, ask):
    bodies = []

    async def reads(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.split("\r\n") if line.lower().startswith("content-length"))
        bodies.append(await reader.readexactly(int(length.split(":")[1])))
        writer.write(OK)
        await writer.drain()

    url = f"http://127.0.0.1:{await servers.start(reads)}/"
    for body in ('{"query": "möwe"}', Secret("two\nlines")):
        facts = await ask(url, method="POST", body=body, headers={"Content-Type": "application/json"})
        assert facts.status == 200
    assert bodies == ['{"query": "möwe"}'.encode(), b"two\nlines"]


# -- bodies


async def test_texts_are_looked_for_and_the_body_is_forgotten(servers, ask):
    port = await servers.answering(OK)
    wanted = Expectation(contains=("hello", "goodbye"), lacks=("error",))
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=wanted)
    assert facts.found == {"hello": True, "goodbye": False, "error": False}
    assert facts.size == 11
    assert judge(facts, wanted) is Reason.TEXT_MISSING


async def test_a_forbidden_text_is_found(servers, ask):
    port = await servers.answering(answer(b"internal error"))
    wanted = Expectation(lacks=("error",))
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=wanted)
    assert judge(facts, wanted) is Reason.TEXT_FORBIDDEN


async def test_without_an_expected_text_the_body_is_not_waited_for(servers, ask):
    async def never_ends(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        await asyncio.Event().wait()

    facts = await ask(f"http://127.0.0.1:{await servers.start(never_ends)}/")
    assert (facts.status, facts.size, facts.error) == (200, None, None)


async def test_an_endless_body_is_read_up_to_the_limit(servers, ask):
    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nneedle")
        while True:
            writer.write(b"." * 65_536)
            await writer.drain()

    wanted = Expectation(contains=("needle",))
    facts = await ask(
        f"http://127.0.0.1:{await servers.start(endless)}/", expectation=wanted, body_limit=1_000
    )
    assert (facts.size, facts.error) == (1_000, None)
    assert judge(facts, wanted) is Reason.OK


async def test_a_gzip_bomb_is_cut_after_decompression(servers, ask):
    bomb = gzip.compress(b"needle" + bytes(50_000_000))
    port = await servers.answering(answer(bomb, "Content-Encoding: gzip"))
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=Expectation(contains=("needle",)))
    assert facts.size == 65_536
    assert facts.found == {"needle": True}


async def test_a_body_that_only_claims_to_be_gzip_is_a_protocol_error(servers, ask):
    port = await servers.answering(answer(b"not gzip at all", "Content-Encoding: gzip"))
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=Expectation(contains=("x",)))
    assert facts.error is Reason.PROTOCOL


@pytest.mark.parametrize("charset", ["utf-8", "no-such", "utf-7", "zlib", "idna", '"', "punycode"])
async def test_invalid_text_in_any_charset_is_decoded_somehow(servers, ask, charset):
    body = b"caf\xff +AGE- needle \x80"
    port = await servers.answering(answer(body, f"Content-Type: text/html; charset={charset}"))
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=Expectation(contains=("needle",)))
    assert facts.found == {"needle": True}


async def test_the_charset_of_the_answer_is_used(servers, ask):
    port = await servers.answering(
        answer("Größe".encode("latin-1"), "Content-Type: text/html; charset=latin1")
    )
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=Expectation(contains=("Größe",)))
    assert facts.found == {"Größe": True}


async def test_a_body_that_breaks_off_is_a_failure_when_it_was_needed(servers, ask):
    port = await servers.answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=Expectation(contains=("hello",)))
    assert facts.error is Reason.CONNECTION_RESET
    assert facts.detail == "the connection was closed before the answer was complete"


async def test_a_reset_in_the_middle_of_the_body_is_a_reset(servers, ask):
    async def reset(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        await writer.drain()
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    facts = await ask(
        f"http://127.0.0.1:{await servers.start(reset)}/", expectation=Expectation(contains=("world",))
    )
    assert facts.error is Reason.CONNECTION_RESET


# -- declared extractions


async def test_every_extraction_of_an_answer_is_found_and_judged(servers, ask):
    body = b'{"status": "ok", "queue": 12}'
    port = await servers.answering(answer(body, "X-Build: 41"))
    rules = (
        Rule("pattern", '"queue": [0-9]+', "present"),
        Rule("json", "queue", "<", 20),
        Rule("header", "x-build", ">=", 41),
        Rule("size", "", ">", 20),
        Rule("redirect", "", "absent"),
    )
    wanted = Expectation(rules=rules)
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=wanted)
    assert [facts.found[rule.key] for rule in rules] == [True, 12, "41", 29, None]
    assert judge(facts, wanted) is Reason.OK


async def test_a_rule_on_a_header_alone_waits_for_no_body(servers, ask):
    port = await servers.answering(b"HTTP/1.1 200 OK\r\nX-Build: 41\r\nContent-Length: 100\r\n\r\n")
    facts = await ask(
        f"http://127.0.0.1:{port}/", expectation=Expectation(rules=(Rule("header", "X-Build", "present"),))
    )
    assert (facts.found, facts.error) == ({"header:X-Build": "41"}, None)


@pytest.mark.parametrize("followed", [0, 5])
async def test_where_a_redirect_leads_is_found_whether_it_is_followed_or_not(servers, ask, followed):
    port = await servers.answering(answer(b"", "Location: /login", status="302 Found"), OK)
    rule = Rule("redirect", "", "==", f"http://127.0.0.1:{port}/login")
    wanted = Expectation(status=((200, 302),), rules=(rule,))
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=wanted, redirects=followed)
    assert facts.status == (200 if followed else 302)
    assert judge(facts, wanted) is Reason.OK


async def test_an_answer_that_leads_nowhere_does_not_lead_where_it_should(servers, ask):
    wanted = Expectation(rules=(Rule("redirect", "", "==", "https://a.example/"),))
    facts = await ask(f"http://127.0.0.1:{await servers.answering(OK)}/", expectation=wanted)
    assert judge(facts, wanted) is Reason.REDIRECT_TARGET


# -- servers that do not answer, or not in HTTP


async def test_silence_is_a_timeout(servers, ask):
    async def silent(reader, writer):
        await asyncio.Event().wait()

    facts = await ask(f"http://127.0.0.1:{await servers.start(silent)}/", timeout=100)
    assert facts.error is Reason.TIMEOUT
    assert facts.detail == "no answer within 100 ms, in phase first_byte"
    assert facts.latency is None


async def test_a_trickle_is_bounded_by_the_whole_attempts_timeout(servers, ask):
    async def trickle(reader, writer):
        for byte in b"HTTP/1.1 200 OK":
            writer.write(bytes([byte]))
            await asyncio.sleep(0.03)

    facts = await ask(f"http://127.0.0.1:{await servers.start(trickle)}/", timeout=150)
    assert facts.error is Reason.TIMEOUT


async def test_a_slow_answer_is_down_when_the_limit_says_so(servers, ask):
    async def slow(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(OK)

    wanted = Expectation(slower_is_down=400)
    facts = await ask(f"http://127.0.0.1:{await servers.start(slow)}/", expectation=wanted)
    assert facts.error is None
    assert judge(facts, wanted) is Reason.TOO_SLOW


@pytest.mark.parametrize(
    "greeting",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        bytes(range(256)),
        b"<html>HTTP/0.9</html>",
        b"HTTP/1.1 ABC OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_protocol_error_and_no_status(servers, ask, greeting):
    facts = await ask(f"http://127.0.0.1:{await servers.answering(greeting)}/")
    assert (facts.error, facts.status) == (Reason.PROTOCOL, None)
    assert facts.detail.startswith("the answer is not valid HTTP: ")


async def test_closing_without_a_word_is_a_reset(servers, ask):
    facts = await ask(f"http://127.0.0.1:{await servers.answering(b'')}/")
    assert facts.error is Reason.CONNECTION_RESET


async def test_a_closed_port_refuses(ask):
    facts = await ask("http://127.0.0.1:1/")
    assert (facts.error, facts.detail) == (Reason.CONNECTION_REFUSED, "Connection refused")


async def test_a_configured_address_that_policy_refuses_is_blocked_and_not_down(ask):
    """2130706433 is 127.0.0.1 in disguise. In a redirect it would be the target's doing."""
    assert (await ask("http://2130706433/")).error is Reason.BLOCKED_TARGET


# -- TLS


async def test_an_unknown_authority_is_refused_and_accepted_when_not_verified(servers, ask, tls_of):
    import trustme

    port = await servers.answering(OK, tls=tls_of(trustme.CA().issue_cert("localhost")))
    assert (await ask(f"https://localhost:{port}/")).error is Reason.TLS_CERTIFICATE
    assert (await ask(f"https://localhost:{port}/", verify_tls=False)).status == 200


async def test_a_certificate_for_another_host_is_refused(servers, ask, authority, tls_of):
    port = await servers.answering(OK, tls=tls_of(authority.issue_cert("other.example")))
    facts = await ask(f"https://localhost:{port}/")
    assert facts.error is Reason.TLS_CERTIFICATE
    assert "not valid for 'localhost'" in facts.detail


async def test_an_expired_certificate_is_refused(servers, ask, authority, tls_of):
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = authority.issue_cert("localhost", not_before=past, not_after=past + datetime.timedelta(1))
    port = await servers.answering(OK, tls=tls_of(certificate))
    facts = await ask(f"https://localhost:{port}/")
    assert (facts.error, facts.detail) == (Reason.TLS_CERTIFICATE, "certificate has expired")


async def test_plain_http_on_a_tls_port_is_a_failed_handshake(servers, ask):
    async def plain(reader, writer):
        writer.write(OK)
        await writer.drain()

    facts = await ask(f"https://localhost:{await servers.start(plain)}/")
    assert facts.error is Reason.TLS_HANDSHAKE


async def test_a_connection_closed_in_the_handshake_is_a_failed_handshake(servers, ask):
    async def hang_up(reader, writer):
        await reader.read(1)

    facts = await ask(f"https://localhost:{await servers.start(hang_up)}/")
    assert facts.error in (Reason.TLS_HANDSHAKE, Reason.CONNECTION_RESET)


# -- statuses and contents


@pytest.mark.parametrize(
    ("status", "body", "expectation", "reason"),
    [
        (204, "", Expectation(), Reason.OK),
        (301, "", Expectation(), Reason.STATUS),
        (301, "", Expectation(status=((200, 399),)), Reason.OK),
        (503, "all well", Expectation(contains=("all well",)), Reason.STATUS),
        (503, "all well", Expectation(status=((500, 599),), contains=("all well",)), Reason.OK),
        (200, "all well", Expectation(contains=("All well",)), Reason.TEXT_MISSING),
        (200, "", Expectation(contains=("x",)), Reason.TEXT_MISSING),
        (200, "", Expectation(lacks=("x",)), Reason.OK),
    ],
)
async def test_status_and_content_together(servers, ask, status, body, expectation, reason):
    port = await servers.answering(answer(body.encode(), status=f"{status} So"))
    facts = await ask(f"http://127.0.0.1:{port}/", expectation=expectation)
    assert judge(facts, expectation) is reason
