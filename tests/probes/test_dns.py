"""The DNS probe against name servers on loopback: what they answer, and everything that is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest

from monitor.config.endpoint import Dns
from monitor.core.checks import Expectation, Facts, Reason, Rule, State, state_of
from monitor.core.judge import judge
from monitor.probes import PROBES, Network

Answer = Callable[[dns.message.Message], bytes | None]

PRESENT = Expectation(rules=(Rule("answer", "", "present"),))
ABSENT = Expectation(rules=(Rule("answer", "", "absent"),))


def exactly(*answers: str) -> Expectation:
    return Expectation(rules=(Rule("answer", "", "==", "\n".join(sorted(answers))),))


def holding(*records: str, code: dns.rcode.Rcode = dns.rcode.NOERROR) -> Answer:
    """Answers with these records, each `type data`."""

    def answer(asked: dns.message.Message) -> bytes:
        reply = dns.message.make_response(asked)
        reply.set_rcode(code)
        for record in records:
            kind, _, data = record.partition(" ")
            reply.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", kind, data))
        return reply.to_wire()

    return answer


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """A server of packets; what it is asked in, it answers in."""

    answer: Answer
    asked: list[str] = field(default_factory=list)

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer) -> None:
        message = dns.message.from_wire(data)
        self.asked.append(str(message.question[0]))
        reply = self.answer(message)
        if reply is not None:
            self.transport.sendto(reply, peer)


Serve = Callable[..., Awaitable[tuple[int, NameServer]]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a name server; its port and itself."""
    open_: list[asyncio.DatagramTransport] = []

    async def start(answer: Answer, port: int = 0) -> tuple[int, NameServer]:
        transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: NameServer(answer), local_addr=("127.0.0.1", port)
        )
        open_.append(transport)
        return transport.get_extra_info("sockname")[1], server

    yield start
    for each in open_:
        each.close()


@pytest.fixture
def question(serve, network, good):
    """Ask a server that answers so; the facts, and what the judge makes of them."""

    async def ask(
        answer: Answer, wanted: Expectation = PRESENT, type: str = "A", name: str = "shop.example", **changes
    ) -> tuple[Facts, Reason]:
        port, _ = await serve(answer)
        endpoint = replace(
            good, target=name, how=Dns(type, f"127.0.0.1:{port}"), expectation=wanted, timeout=400, **changes
        )
        facts = await PROBES["dns"](endpoint, network)
        return facts, judge(facts, wanted)

    return ask


@pytest.mark.parametrize(
    ("type", "records", "wanted"),
    [
        ("A", ("A 192.0.2.2", "A 192.0.2.1"), exactly("192.0.2.1", "192.0.2.2")),
        ("AAAA", ("AAAA 2001:DB8::1",), exactly("2001:db8::1")),
        ("A", ("CNAME other.example.", "A 192.0.2.1"), exactly("192.0.2.1")),
        ("CNAME", ("CNAME Other.Example.",), exactly("other.example")),
        ("MX", ("MX 10 Mail.example.",), exactly("10 mail.example")),
        ("TXT", ('TXT "v=spf1 -all"',), exactly('"v=spf1 -all"')),
        ("TXT", ('TXT "v=spf1 -all"',), Expectation(contains=("spf1",))),
        ("SRV", ("SRV 0 5 5060 sip.example.",), exactly("0 5 5060 sip.example")),
        ("NS", ("NS ns1.example.", "NS NS2.example."), exactly("ns1.example", "ns2.example")),
        ("CAA", ('CAA 0 issue "ca.example"',), exactly('0 issue "ca.example"')),
        ("PTR", ("PTR Shop.example.",), exactly("shop.example")),
        ("A", ("A 192.0.2.1",), PRESENT),
        ("A", (), ABSENT),
    ],
)
async def test_what_is_answered_is_found_in_whatever_order(question, type, records, wanted):
    facts, reason = await question(holding(*records), wanted, type)
    assert reason is Reason.OK, facts
    assert facts.latency is not None


@pytest.mark.parametrize(
    ("records", "wanted"),
    [
        (("A 192.0.2.1",), exactly("192.0.2.2")),
        (("A 192.0.2.1", "A 192.0.2.66"), exactly("192.0.2.1")),
        ((), PRESENT),
        (("CNAME other.example.",), PRESENT),
        (("A 192.0.2.1",), ABSENT),
    ],
)
async def test_other_answers_than_expected_are_down(question, records, wanted):
    _, reason = await question(holding(*records), wanted)
    assert reason is Reason.DNS_ANSWER


@pytest.mark.parametrize(
    ("code", "wanted", "reason", "detail"),
    [
        ("NXDOMAIN", PRESENT, Reason.NAME_NOT_FOUND, "there is no such name"),
        ("NXDOMAIN", ABSENT, Reason.OK, ""),
        ("SERVFAIL", ABSENT, Reason.DNS_FAILURE, "the server answers SERVFAIL"),
        ("REFUSED", PRESENT, Reason.DNS_FAILURE, "the server answers REFUSED"),
        ("FORMERR", PRESENT, Reason.DNS_FAILURE, "the server answers FORMERR"),
    ],
)
async def test_a_chosen_servers_refusals_are_its_own(question, code, wanted, reason, detail):
    facts, found = await question(holding(code=dns.rcode.from_text(code)), wanted)
    assert (found, facts.detail) == (reason, detail)


def with_rows(*rows: str, code: dns.rcode.Rcode = dns.rcode.NOERROR) -> Answer:
    """Answers with these rows, each `name type data`."""

    def answer(asked: dns.message.Message) -> bytes:
        reply = dns.message.make_response(asked)
        reply.set_rcode(code)
        for row in rows:
            name, kind, data = row.split(" ", 2)
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, data))
        return reply.to_wire()

    return answer


CIRCLE = (
    "shop.example. CNAME b.example.",
    "b.example. CNAME shop.example.",
    "evil.example. A 192.0.2.66",
)


@pytest.mark.parametrize(
    ("rows", "wanted", "reason"),
    [
        (("shop.example. CNAME b.example.", "b.example. A 192.0.2.1"), exactly("192.0.2.1"), Reason.OK),
        (("SHOP.example. A 192.0.2.1", "evil.example. A 192.0.2.66"), exactly("192.0.2.1"), Reason.OK),
        (("evil.example. A 192.0.2.66",), PRESENT, Reason.DNS_ANSWER),
        (("shop.example. CNAME b.example.", "evil.example. A 192.0.2.66"), PRESENT, Reason.DNS_ANSWER),
        (CIRCLE, PRESENT, Reason.DNS_FAILURE),
        (CIRCLE, ABSENT, Reason.DNS_FAILURE),
    ],
    ids=["an alias", "a neighbour", "another name", "an alias that leads nowhere", "a circle", "none in it"],
)
async def test_the_name_and_its_aliases_alone_are_looked_at(question, rows, wanted, reason):
    _, found = await question(with_rows(*rows), wanted)
    assert found is reason


async def test_answers_under_a_name_that_does_not_exist_are_none(question):
    """A server that contradicts itself: the code is believed."""
    both = with_rows("shop.example. A 192.0.2.1", code=dns.rcode.NXDOMAIN)
    assert (await question(both, PRESENT))[1] is Reason.NAME_NOT_FOUND
    assert (await question(both, ABSENT))[1] is Reason.OK


# -- what is no answer


def to_another_question(asked: dns.message.Message) -> bytes:
    other = dns.message.make_query("evil.example", "A")
    other.id = asked.id
    return holding("A 192.0.2.66")(other)


def with_another_number(asked: dns.message.Message) -> bytes:
    reply = bytearray(holding("A 192.0.2.66")(asked))
    reply[0] ^= 0xFF
    return bytes(reply)


def a_loop(asked: dns.message.Message) -> bytes:
    """A name that points at itself, for ever."""
    head = asked.id.to_bytes(2, "big") + bytes.fromhex("8180000100010000 0000".replace(" ", ""))
    return head + bytes.fromhex("c00c00010001") + bytes.fromhex("c00c000100010000003c0004c0000201")


@pytest.mark.parametrize(
    "answer",
    [
        lambda asked: None,
        lambda asked: b"",
        lambda asked: b"\xff" * 600,
        lambda asked: holding("A 192.0.2.1")(asked)[:-3],
        to_another_question,
        with_another_number,
        a_loop,
    ],
    ids=["silence", "nothing", "rubbish", "cut off", "another question", "another number", "a loop"],
)
async def test_what_is_no_answer_is_not_heard(question, answer):
    facts, _ = await question(answer)
    assert facts.error is Reason.TIMEOUT
    assert facts.detail == "no answer within 400 ms, in phase first_byte"


async def test_an_answer_from_elsewhere_is_not_heard(serve, network, good):
    """Somebody else answers first, from another port."""
    elsewhere, forger = await serve(lambda asked: None)
    assert elsewhere

    def answer(asked: dns.message.Message) -> bytes | None:
        forger.transport.sendto(holding("A 192.0.2.66")(asked), server.peer)
        return holding("A 192.0.2.1")(asked)

    port, server = await serve(answer)
    received = server.datagram_received

    def noting(data: bytes, peer) -> None:
        server.peer = peer
        received(data, peer)

    server.datagram_received = noting
    wanted = exactly("192.0.2.1")
    endpoint = replace(good, target="shop.example", how=Dns("A", f"127.0.0.1:{port}"), expectation=wanted)
    assert judge(await PROBES["dns"](endpoint, network), wanted) is Reason.OK


async def test_what_does_not_fit_into_a_packet_is_fetched_over_tcp(serve, servers, network, good):
    def cut(asked: dns.message.Message) -> bytes:
        reply = dns.message.make_response(asked)
        reply.flags |= dns.flags.TC
        return reply.to_wire()

    async def whole(reader, writer) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        asked = dns.message.from_wire(await reader.readexactly(length))
        reply = holding(*(f'TXT "{"x" * 200}{n}"' for n in range(50)))(asked)
        writer.write(len(reply).to_bytes(2, "big") + reply)
        await writer.drain()

    port = await servers.start(whole)
    await serve(cut, port)
    endpoint = replace(good, target="shop.example", how=Dns("TXT", f"127.0.0.1:{port}"), expectation=PRESENT)
    facts = await PROBES["dns"](endpoint, network)
    assert judge(facts, PRESENT) is Reason.OK
    assert len(str(facts.found["answer:"])) == 2_048, "of a long answer the beginning is kept"


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Expectation(contains=("v=spf1",)), Reason.OK),
        (Expectation(lacks=("v=spf1",)), Reason.TEXT_FORBIDDEN),
    ],
)
async def test_a_text_is_looked_for_in_all_answers_however_many(question, wanted, reason):
    many = (*(f'TXT "proof-{n:03}={"x" * 60}"' for n in range(300)), 'TXT "v=spf1 -all"')
    facts, found = await question(holding(*many), wanted, "TXT")
    assert found is reason, facts


async def test_a_cut_answer_whose_rest_never_comes_is_down(serve, servers, network, good):
    def cut(asked: dns.message.Message) -> bytes:
        reply = dns.message.make_response(asked)
        reply.flags |= dns.flags.TC
        return reply.to_wire()

    async def dies(reader, writer) -> None:
        await reader.readexactly(2)

    port = await servers.start(dies)
    await serve(cut, port)
    endpoint = replace(good, target="shop.example", how=Dns("A", f"127.0.0.1:{port}"), expectation=PRESENT)
    assert (await PROBES["dns"](endpoint, network)).error in (Reason.PROTOCOL, Reason.CONNECTION_RESET)


async def test_a_chosen_server_that_is_not_there_is_down(network, good):
    endpoint = replace(
        good, target="shop.example", how=Dns("A", "127.0.0.1:1"), expectation=PRESENT, timeout=200
    )
    assert (await PROBES["dns"](endpoint, network)).error is Reason.TIMEOUT


# -- the system's own


def cut_unless_root(asked: dns.message.Message) -> bytes:
    """Answers what any server can, and has no room for anything else."""
    reply = dns.message.make_response(asked)
    if asked.question[0].name == dns.name.root:
        reply.answer.append(dns.rrset.from_text(".", 60, "IN", "NS", "a.root-servers.net."))
    else:
        reply.flags |= dns.flags.TC
    return reply.to_wire()


@pytest.fixture
def ours(serve, good):
    """Ask the system's servers, which answer so, in their order; the facts, and the judge's reason."""

    async def ask(*answers: Answer | int) -> tuple[Facts, Reason]:
        ports = [each if isinstance(each, int) else (await serve(each))[0] for each in answers]
        endpoint = replace(good, target="shop.example", how=Dns("A"), expectation=PRESENT)
        async with Network(nameservers=[f"127.0.0.1:{port}" for port in ports]) as network:
            facts = await PROBES["dns"](endpoint, network)
        return facts, judge(facts, PRESENT)

    return ask


FAILS = holding(code=dns.rcode.SERVFAIL)
REFUSES = holding(code=dns.rcode.REFUSED)
WELL = holding("A 192.0.2.1")
NOBODY = 1


def fails_for_the_shop(asked: dns.message.Message) -> bytes:
    return FAILS(asked) if "shop" in str(asked.question[0].name) else holding()(asked)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ((WELL,), Reason.OK),
        ((holding(code=dns.rcode.NXDOMAIN),), Reason.NAME_NOT_FOUND),
        ((FAILS,), Reason.OWN_DNS),
        ((NOBODY,), Reason.OWN_DNS),
        ((fails_for_the_shop,), Reason.DNS_FAILURE),
        ((NOBODY, WELL), Reason.OK),
        ((FAILS, WELL), Reason.OK),
        ((REFUSES, WELL), Reason.OK),
    ],
)
async def test_one_of_our_servers_will_do_and_none_is_nobodys_outage(ours, answers, reason):
    facts, found = await ours(*answers)
    assert found is reason, facts


async def hangs_up(reader, writer) -> None:
    await reader.readexactly(2)


async def says_nothing(reader, writer) -> None:
    await reader.read()


async def says_rubbish(reader, writer) -> None:
    await reader.readexactly(2)
    writer.write(b"\x00\x04rubb")
    await writer.drain()


@pytest.mark.parametrize("over_tcp", [hangs_up, says_nothing, says_rubbish])
async def test_what_a_server_of_ours_cannot_hand_over_is_nobodys_outage(serve, servers, ours, over_tcp):
    port = await servers.start(over_tcp)
    await serve(cut_unless_root, port)
    facts, reason = await ours(port)
    assert (reason, state_of(reason)) == (Reason.OWN_DNS, State.UNKNOWN), facts
    assert facts.detail == "our name server does not hand over, by TCP, what fits into no packet"
    assert (await ours(port, WELL))[1] is Reason.OK
