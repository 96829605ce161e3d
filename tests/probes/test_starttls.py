"""STARTTLS: each protocol asks for TLS in its own words, and takes no answer before it is whole."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace

import pytest

from monitor.config.endpoint import Say, Tcp
from monitor.core.checks import Expectation, Reason, Rule, State, state_of
from monitor.core.judge import judge
from monitor.probes import PROBES, Network
from monitor.probes.starttls import STARTTLS

DAYS = Expectation(rules=(Rule("certificate_days", "", ">=", 14),))

# -- answers, pure

LDAP_YES = bytes.fromhex("300c02010178070a010004000400")
LDAP_LONG = bytes.fromhex("3084000000100201017884000000070a010004000400")
"""The same as Active Directory writes it: lengths in four bytes."""
LDAP_NO = bytes.fromhex("300c02010178070a013404000400")

YES = {
    "a line": ("smtp", 0, b"220 mail ready\r\n"),
    "a code alone": ("smtp", 0, b"220\r\n"),
    "a bare line end": ("smtp", 0, b"220 mail\n"),
    "several lines": ("smtp", 1, b"250-mail\r\n250-SIZE 10\r\n250 STARTTLS\r\n"),
    "lines of any kind between": ("ftp", 0, b"220-Hello\r\n 220 is the number\r\n221 too\r\n220 done\r\n"),
    "FTP": ("ftp", 1, b"234 go on\r\n"),
    "IMAP greets": ("imap", 0, b"* OK [CAPABILITY IMAP4rev1] ready\r\n"),
    "IMAP tells of other things first": ("imap", 1, b"* CAPABILITY IMAP4rev1\r\n* a OK\r\na OK begin\r\n"),
    "IMAP in small letters": ("imap", 1, b"a ok begin\r\n"),
    "POP3": ("pop3", 1, b"+OK begin\r\n"),
    "PostgreSQL": ("postgres", 0, b"S"),
    "LDAP": ("ldap", 0, LDAP_YES),
    "LDAP with long lengths": ("ldap", 0, LDAP_LONG),
}


@pytest.mark.parametrize(("protocol", "step", "answer"), YES.values(), ids=YES)
def test_an_answer_is_a_yes_when_it_is_whole_and_not_before(protocol, step, answer):
    _, reply = STARTTLS[protocol][step]
    assert reply is not None
    assert [reply(answer[:length]) for length in range(len(answer))] == [None] * len(answer)
    assert reply(answer) == ""


NO = {
    "not now": ("smtp", 2, b"454 not now\r\n", 'answered "454 not now"'),
    "no greeting": ("smtp", 0, b"554-we are\r\n554 closed\r\n", 'answered "554 closed"'),
    "HTTP": ("smtp", 0, b"HTTP/1.1 400 Bad Request\r\n", 'answered "HTTP/1.1 400 Bad Request"'),
    "IMAP says no": ("imap", 1, b"a NO never\r\n", 'answered "a NO never"'),
    "IMAP knows us already": ("imap", 0, b"* PREAUTH hello\r\n", 'answered "* PREAUTH hello"'),
    "POP3 says no": ("pop3", 1, b"-ERR what?\r\n", 'answered "-ERR what?"'),
    "PostgreSQL without TLS": ("postgres", 0, b"N", 'answered "N"'),
    "an old PostgreSQL": ("postgres", 0, b"Eunsupported\0", 'answered "E"'),
    "LDAP is unwilling": ("ldap", 0, LDAP_NO, 'answered "result 52"'),
    "LDAP speaks of another message": ("ldap", 0, LDAP_YES.replace(b"\1\1", b"\1\0"), 'answered "no result"'),
    "LDAP with endless lengths": ("ldap", 0, b"\x30\x84\xff\xff\xff\xff", 'answered "no result"'),
    "LDAP with no length": ("ldap", 0, b"\x30\x80\x02\x01\x01\x78", 'answered "no LDAP"'),
    "no LDAP": ("ldap", 0, b"SSH-2.0\r\n", 'answered "no LDAP"'),
    "a long refusal": ("pop3", 1, b"x" * 500 + b"\n", f'answered "{"x" * 80}"'),
    "no writing": ("pop3", 1, b"\xff\xfe\n", 'answered "\ufffd\ufffd"'),
    "more after POP3's yes": ("pop3", 1, b"+OK\r\n+OK in\r\n", "more in clear after the answer"),
    "more after PostgreSQL's yes": ("postgres", 0, b"SR\0\0", "more in clear after the answer"),
    "more after SMTP's yes": ("smtp", 2, b"220 go\r\n250 a", "more in clear after the answer"),
    "more after LDAP's yes": ("ldap", 0, LDAP_YES + b"\x30", "more in clear after the answer"),
}


@pytest.mark.parametrize(("protocol", "step", "answer", "wrong"), NO.values(), ids=NO)
def test_any_other_answer_is_told(protocol, step, answer, wrong):
    _, reply = STARTTLS[protocol][step]
    assert reply is not None
    assert reply(answer) == wrong


# -- over real connections

SPOKEN = {
    "smtp": [b"220-mail\r\n220 mail\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"220 go on\r\n"],
    "imap": [b"* OK ready\r\n", b"* NOTE\r\na OK begin\r\n"],
    "pop3": [b"+OK ready\r\n", b"+OK begin\r\n"],
    "ftp": [b"220 files\r\n", b"234 go on\r\n"],
}


def upgrading(lines: list[bytes], context: ssl.SSLContext, *, then: bytes = b""):
    """A server that talks in clear, line by line, and then over TLS."""

    async def handler(reader, writer):
        for number, line in enumerate(lines):
            if number or not line:
                await reader.readline()
            writer.write(line)
            await writer.drain()
        await writer.start_tls(context)
        writer.write(then)
        await writer.drain()
        await reader.read()

    return handler


@pytest.fixture
def context(authority, tls_of):
    return tls_of(authority.issue_cert("localhost"))


@pytest.mark.parametrize("protocol", SPOKEN)
async def test_tls_is_asked_for_in_the_protocols_own_words(servers, ask, context, protocol):
    port = await servers.start(upgrading(SPOKEN[protocol], context))
    facts = await ask(f"localhost:{port}", how=Tcp(starttls=protocol), expectation=DAYS)
    assert (facts.error, facts.detail) == (None, "")
    assert isinstance(facts.found["certificate_days:"], int)
    assert "tls" in facts.phases


async def test_a_database_is_asked_in_its_own_way(servers, ask, context):
    async def database(reader, writer):
        asked = await reader.readexactly(8)
        writer.write(b"S" if asked == bytes.fromhex("0000000804d2162f") else b"N")
        await writer.drain()
        await writer.start_tls(context)
        await reader.read()

    facts = await ask(f"localhost:{await servers.start(database)}", how=Tcp(starttls="postgres"))
    assert facts.error is None


async def test_a_database_that_has_no_tls_says_so(servers, ask):
    async def database(reader, writer):
        await reader.readexactly(8)
        writer.write(b"N")
        await writer.drain()

    facts = await ask(f"localhost:{await servers.start(database)}", how=Tcp(starttls="postgres"))
    assert facts.error is Reason.DIALOGUE
    assert facts.detail == 'STARTTLS, step 1: answered "N"'


async def test_the_dialogue_goes_on_over_tls(servers, ask, context):
    port = await servers.start(upgrading(SPOKEN["pop3"], context, then=b"+OK still here\r\n"))
    how = Tcp(starttls="pop3", dialogue=(Say(expect="still here"),))
    assert (await ask(f"localhost:{port}", how=how)).error is None
    how = Tcp(starttls="pop3", dialogue=(Say(expect="gone"),))
    assert (await ask(f"localhost:{port}", how=how, timeout=300)).error is Reason.TIMEOUT


async def test_the_certificate_behind_starttls_is_verified_too(servers, ask, authority, tls_of):
    other = tls_of(authority.issue_cert("other.example"))
    port = await servers.start(upgrading(SPOKEN["smtp"], other))
    assert (await ask(f"localhost:{port}", how=Tcp(starttls="smtp"))).error is Reason.TLS_CERTIFICATE
    unverified = Tcp(starttls="smtp", verify_tls=False)
    assert (await ask(f"localhost:{port}", how=unverified)).error is None


REFUSALS = {
    b"454 not now\r\n": 'answered "454 not now"',
    b"502 what\x1b[2J?\r\n": 'answered "502 what [2J?"',
    b"x" * 5_000: "too long an answer before what was expected",
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_server_that_will_not_is_down_at_once_though_it_keeps_the_connection(servers, ask, refusal):
    async def handler(reader, writer):
        for line in (b"220 mail\r\n", b"250 mail\r\n", refusal):
            writer.write(line)
            await reader.readline()

    port = await servers.start(handler)
    facts = await ask(f"localhost:{port}", how=Tcp(starttls="smtp"), timeout=60_000)
    assert facts.detail == f"STARTTLS, step 3: {REFUSALS[refusal]}"
    assert judge(facts, Expectation()) is Reason.DIALOGUE
    assert "first_byte" in facts.phases


async def test_a_server_that_hangs_up_when_it_is_asked_is_down(servers, ask):
    async def handler(reader, writer):
        writer.write(b"+OK\r\n")
        await reader.readline()

    facts = await ask(f"localhost:{await servers.start(handler)}", how=Tcp(starttls="pop3"))
    assert facts.error is Reason.DIALOGUE
    assert facts.detail == "STARTTLS, step 2: the end before what was expected"


async def test_an_answer_in_pieces_is_waited_for_to_its_last_byte(servers, ask, context):
    async def handler(reader, writer):
        writer.write(b"+OK\r\n")
        await reader.readline()
        for byte in b"+OK Begin TLS negotiation now\r\n":
            await asyncio.sleep(0.001)  # so that each is a packet of its own
            writer.write(bytes([byte]))
        await writer.start_tls(context)
        await reader.read()

    facts = await ask(f"localhost:{await servers.start(handler)}", how=Tcp(starttls="pop3"))
    assert (facts.error, facts.detail) == (None, "")


async def says_yes_and_then_nothing(reader, writer):
    writer.write(b"+OK\r\n")
    await reader.readline()
    writer.write(b"+OK\r\n")
    await reader.read()


async def says_yes_and_hangs_up(reader, writer):
    writer.write(b"+OK\r\n")
    await reader.readline()
    writer.write(b"+OK\r\n")
    await reader.read(1)


async def says_yes_and_goes_on_in_clear(reader, writer):
    writer.write(b"+OK\r\n")
    await reader.readline()
    writer.write(b"+OK\r\n")
    await reader.read(1)
    writer.write(b"-ERR what is this?\r\n")
    await reader.read()


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (says_yes_and_then_nothing, Reason.TIMEOUT),
        (says_yes_and_hangs_up, Reason.TLS_HANDSHAKE),
        (says_yes_and_goes_on_in_clear, Reason.TLS_HANDSHAKE),
    ],
)
async def test_a_yes_that_is_not_kept_is_down(servers, ask, handler, reason):
    facts = await ask(f"localhost:{await servers.start(handler)}", how=Tcp(starttls="pop3"), timeout=400)
    assert facts.error is reason
    assert "tls" in facts.phases


async def test_a_directory_is_asked_in_its_own_way(servers, ask, context):
    async def directory(reader, writer):
        asked = await reader.readexactly(31)
        writer.write(LDAP_LONG if asked.endswith(b"1.3.6.1.4.1.1466.20037") else LDAP_NO)
        await writer.drain()
        await writer.start_tls(context)
        await reader.read()

    facts = await ask(f"localhost:{await servers.start(directory)}", how=Tcp(starttls="ldap"))
    assert (facts.error, facts.detail) == (None, "")


async def floods(reader, writer):
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def ends(reader, writer):
    writer.write(b"+OK but not\r\n")


async def cuts(reader, writer):
    writer.transport.abort()


@pytest.mark.parametrize(
    ("then", "detail"),
    [
        (floods, "step 1: too long an answer before what was expected"),
        (ends, "step 1: the end before what was expected"),
        (cuts, "step 1: the end before what was expected"),
    ],
)
async def test_a_dialogue_over_tls_has_the_bounds_of_one_in_clear(servers, ask, context, then, detail):
    async def handler(reader, writer):
        for line in SPOKEN["pop3"]:
            writer.write(line)
            if line != SPOKEN["pop3"][-1]:
                await reader.readline()
        await writer.drain()
        await writer.start_tls(context)
        await then(reader, writer)

    how = Tcp(starttls="pop3", dialogue=(Say(expect="welcome"),))
    facts = await ask(f"localhost:{await servers.start(handler)}", how=how)
    assert (facts.error, facts.detail) == (Reason.DIALOGUE, detail)


async def test_what_is_our_own_affair_is_never_down(good):
    async with Network(nameservers=["127.0.0.1:1"]) as network:
        target, how = "shop.example:110", Tcp(starttls="pop3")
        facts = await PROBES["tcp"](replace(good, target=target, how=how), network)
    assert state_of(judge(facts, Expectation())) is State.UNKNOWN


async def test_answers_that_are_slipped_in_before_tls_are_not_taken_for_ones_under_it(servers, ask, context):
    """What a man in the middle adds to the last line in clear is never an answer (CVE-2011-0411)."""
    lines = [b"+OK ready\r\n", b"+OK begin\r\n+OK welcome\r\n"]
    port = await servers.start(upgrading(lines, context))
    how = Tcp(starttls="pop3", dialogue=(Say(expect="welcome"),))
    facts = await ask(f"localhost:{port}", how=how)
    assert facts.error is Reason.DIALOGUE
    assert facts.detail == "STARTTLS, step 2: more in clear after the answer"
