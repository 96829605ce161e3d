"""The TLS probe against real servers: what is agreed on, and what goes wrong before."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from dataclasses import replace

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.config.endpoint import Tls
from monitor.core.checks import Expectation, Reason, Rule, State, state_of
from monitor.core.judge import judge
from monitor.probes import PROBES, Network
from monitor.probes.certificate import valid_until
from monitor.probes.connect import certified

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


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a_server_of_another_time_is_too_old_even_for_who_verifies_nothing(servers, ask, verify):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1

    async def old(reader, writer):
        """By hand, because the servers of asyncio take their alert with them when they fail."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(await reader.read(4_096))
        with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
            context.wrap_bio(incoming, outgoing, server_side=True).do_handshake()
        writer.write(outgoing.read())
        await reader.read()

    facts = await ask(f"localhost:{await servers.start(old)}", how=Tls(verify_tls=verify))
    assert facts.error is Reason.TLS_VERSION


OLD_HELLO = bytes.fromhex("16030100310200002d0301" + "00" * 32 + "00002f000005ff01000100")
"""The answer of a server that takes TLS 1.0 whatever it was offered."""


async def test_a_server_that_takes_an_old_version_unasked_is_too_old(servers, ask):
    async def old(reader, writer):
        await reader.read(1)
        writer.write(OLD_HELLO)
        await reader.read()

    facts = await ask(f"localhost:{await servers.start(old)}", how=Tls())
    assert (facts.error, facts.detail) == (Reason.TLS_VERSION, "unsupported protocol")


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


@pytest.fixture
def shown(servers, tmp_path):
    """A server that shows these certificates in PEM, the first of them its own."""

    async def serve(key: bytes, *chain: bytes) -> int:
        (tmp_path / "key.pem").write_bytes(key)
        (tmp_path / "chain.pem").write_bytes(b"".join(chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
        return await servers.start(waits, tls=context)

    return serve


@pytest.mark.parametrize(("times", "error"), [(50, None), (500, Reason.TLS_HANDSHAKE)])
async def test_a_chain_without_end_is_a_failed_handshake(shown, ask, authority, times, error):
    leaf = authority.issue_cert("localhost")
    own = leaf.cert_chain_pems[0].bytes()
    port = await shown(leaf.private_key_pem.bytes(), own, *[own] * times)
    facts = await ask(f"localhost:{port}", how=Tls())
    assert facts.error is error
    assert facts.detail == ("excessive message size" if error else "")


async def test_a_missing_link_of_the_chain_is_told(shown, ask, authority):
    leaf = authority.create_child_ca().issue_cert("localhost")
    whole = [each.bytes() for each in leaf.cert_chain_pems]
    key = leaf.private_key_pem.bytes()
    assert (await ask(f"localhost:{await shown(key, *whole)}", how=Tls())).error is None
    facts = await ask(f"localhost:{await shown(key, whole[0])}", how=Tls())
    assert (facts.error, facts.detail) == (Reason.TLS_CERTIFICATE, "unable to get local issuer certificate")


def issued(authority: trustme.CA, names: bytes, *, key=None, itself: bool = False) -> tuple[bytes, bytes]:
    """A key and a certificate with these names, in DER as they are: as no honest authority would."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = key if itself else serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    issuer = subject if itself else x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    certificate = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
        .add_extension(x509.UnrecognizedExtension(ALTERNATIVE_NAMES, names), critical=False)
        .sign(signer, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret, certificate.public_bytes(serialization.Encoding.PEM)


ALTERNATIVE_NAMES = x509.ObjectIdentifier("2.5.29.17")
LOCALHOST = b"\x82\x09localhost"


@pytest.mark.parametrize("year", [1950, 1999, 2000, 2049, 2050, 9999])
@pytest.mark.parametrize("names", [(), [f"{number}.example" for number in range(300)]])
def test_the_end_of_a_certificate_is_read_from_its_bytes(authority, year, names):
    until = datetime.datetime(year, 2, 28, 23, 59, 58, tzinfo=datetime.UTC)
    begins = datetime.datetime(1950, 1, 1, tzinfo=datetime.UTC)
    leaf = authority.issue_cert("localhost", *names, not_before=begins, not_after=until)
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    assert valid_until(der) == int(until.timestamp()) * 1_000


@given(at=st.integers(0, 400), byte=st.integers(0, 255), length=st.integers(0, 400))
@example(at=1, byte=0x80, length=400)
def test_bytes_that_are_no_certificate_have_no_end(authority, at, byte, length):
    der = bytearray(ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode()))
    der[at % len(der)] = byte
    until = valid_until(bytes(der[:length]))
    assert until is None or abs(until) < 300_000_000_000_000
    assert valid_until(bytes(der[: length % 100])) is None


def names(*each: bytes) -> bytes:
    """A list of names in DER, of less than 128 bytes."""
    return b"\x30" + bytes([sum(map(len, each))]) + b"".join(each)


ODD = {
    "an address of a web page in no writing": (names(LOCALHOST, b"\x86\x03\xff\xfe\x00"), None),
    "an address of mail in no writing": (names(LOCALHOST, b"\x81\x02\xff@"), None),
    "a host in no writing": (names(LOCALHOST, b"\x82\x03\xff\x00."), None),
    "an address of five bytes": (names(LOCALHOST, b"\x87\x05\x01\x02\x03\x04\x05"), None),
    "a name of another kind": (names(LOCALHOST, b"\xa0\x09\x06\x02\x2a\x03\xa0\x03\x0c\x01\xff"), None),
    "a host that goes on after its end": (names(b"\x82\x0flocalhost\x00.evil"), "not valid for 'localhost'"),
    "no name but the common one": (names(), None),
}


@pytest.mark.parametrize(("written", "refused"), ODD.values(), ids=ODD)
async def test_no_certificate_is_too_odd_to_be_judged(shown, ask, authority, written, refused):
    """The signature is that of an authority that is trusted, whatever it signed."""
    port = await shown(*issued(authority, written))
    facts = await ask(f"localhost:{port}", how=Tls(), expectation=DAYS)
    assert facts.error is (Reason.TLS_CERTIFICATE if refused else None)
    assert (refused or "") in facts.detail
    assert judge(facts, DAYS) is (Reason.TLS_CERTIFICATE if refused else Reason.OK)
    assert (await ask(f"localhost:{port}", how=Tls(verify_tls=False))).error is None


async def test_https_takes_an_odd_certificate_as_well(shown, ask, authority):
    port = await shown(*issued(authority, names(LOCALHOST, b"\x86\x03\xff\xfe\x00")))
    facts = await ask(f"https://localhost:{port}/", timeout=300)
    assert facts.detail == "no answer within 300 ms, in phase first_byte"


@pytest.mark.parametrize(
    ("itself", "bits", "detail"),
    [(True, 2_048, "self-signed certificate"), (False, 1_024, "EE certificate key too weak")],
)
async def test_a_certificate_that_proves_nothing_is_refused(shown, ask, authority, itself, bits, detail):
    key = rsa.generate_private_key(65_537, bits)
    port = await shown(*issued(authority, names(LOCALHOST), key=key, itself=itself))
    facts = await ask(f"localhost:{port}", how=Tls())
    assert (facts.error, facts.detail) == (Reason.TLS_CERTIFICATE, detail)


# -- around the handshake


async def test_a_server_sees_a_goodbye_and_not_a_broken_connection(servers, ask, authority, tls_of):
    ends: asyncio.Queue[object] = asyncio.Queue()

    async def hears(reader, writer):
        try:
            ends.put_nowait(await reader.read())
        except OSError as error:
            ends.put_nowait(error)

    port = await servers.start(hears, tls=tls_of(authority.issue_cert("localhost")))
    assert (await ask(f"localhost:{port}", how=Tls())).error is None
    assert await ends.get() == b""


async def test_a_connection_is_let_go_when_its_handshake_took_too_long(servers, ask):
    ends: asyncio.Queue[bytes] = asyncio.Queue()

    async def hears(reader, writer):
        ends.put_nowait(await reader.read())

    facts = await ask(f"127.0.0.1:{await servers.start(hears)}", how=Tls(), timeout=100)
    assert facts.error is Reason.TIMEOUT
    assert (await ends.get()).startswith(b"\x16\x03")


@pytest.mark.parametrize("lines", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"])
async def test_whoever_greets_in_clear_and_hangs_up_has_no_tls(servers, ask, lines):
    async def greets(reader, writer):
        writer.write(lines)

    facts = await ask(f"localhost:{await servers.start(greets)}", how=Tls())
    assert facts.error is Reason.TLS_HANDSHAKE


async def test_a_whole_name_is_certified_without_its_last_dot():
    assert [certified(host) for host in ("a.example.", "a.example", "127.0.0.1")] == [
        "a.example",
        "a.example",
        "127.0.0.1",
    ]


@pytest.mark.parametrize(
    ("target", "how", "state"),
    [
        ("shop.example:443", Tls(), State.UNKNOWN),
        ("2130706433:443", Tls(), State.UNKNOWN),
        ("127.0.0.1:1", Tls(), State.DOWN),
    ],
)
async def test_what_is_our_own_affair_is_never_down(good, target, how, state):
    """No name server answers; and an address in disguise is never asked."""
    async with Network(nameservers=["127.0.0.1:1"]) as network:
        facts = await PROBES["tls"](replace(good, target=target, how=how), network)
    assert state_of(judge(facts, Expectation())) is state


async def test_a_closed_port_refuses(ask):
    assert (await ask("127.0.0.1:1", how=Tls())).error is Reason.CONNECTION_REFUSED


async def test_many_that_hang_in_their_handshakes_are_all_let_go(servers, ask):
    port = await servers.start(waits)
    found = await asyncio.gather(*(ask(f"127.0.0.1:{port}", how=Tls(), timeout=100) for _ in range(50)))
    assert {facts.error for facts in found} == {Reason.TIMEOUT}
