"""The wire: what is sent, what of an answer is held, and when reading ends. No socket: bytes in pieces."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Mapping

import pytest

from monitor.config.endpoint import Http, Secret
from monitor.probes.redirects import Hop, first_hop
from monitor.probes.request import request
from monitor.probes.wire import (
    CHUNKS,
    HEADER_BYTES,
    HEADER_LINES,
    INTERIM,
    Answer,
    Closed,
    Exchange,
    NotHttp,
    Truncated,
)

LIMIT = 1_000


class Line(asyncio.Transport):
    """The transport of a test: keeps what is written, and knows whether it was let go of."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.aborted = True


async def read(*pieces: bytes, limit: int = LIMIT, end: bool = True) -> Answer:
    """What an exchange makes of these pieces, and of the connection's end after them."""

    def wanted(status: int, headers: Mapping[str, str]) -> int:
        return limit

    line = Line()
    exchange = Exchange(b"GET /", wanted, lambda phase: None)
    exchange.connection_made(line)
    for piece in pieces:
        exchange.data_received(piece)
    if end:
        exchange.eof_received()
    assert exchange.answer.done(), "it waits for more"
    assert line.aborted
    return exchange.answer.result()


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines]).encode() + b"\r\n\r\n"


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


# -- what is there


async def test_an_answer_is_read_whatever_the_pieces_it_comes_in():
    whole = head("Content-Length: 5", "X-One: a", "X-One: b") + b"hello"
    for size in (1, 2, 7, len(whole)):
        answer = await read(*(whole[i : i + size] for i in range(0, len(whole), size)), end=False)
        assert (answer.status, answer.body, answer.headers["x-one"]) == (200, b"hello", "a, b")


async def test_a_body_without_a_length_ends_with_the_connection():
    assert (await read(head(), b"hello ", b"world")).body == b"hello world"


async def test_chunks_are_put_together_and_a_trailer_is_left_out():
    body = chunked(b"hello ", b"world") + b"0\r\nX-Late: yes\r\n\r\n"
    answer = await read(head("Transfer-Encoding: chunked") + body, end=False)
    assert answer.body == b"hello world"
    assert "x-late" not in answer.headers


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
async def test_a_packed_body_is_unpacked_up_to_the_limit(pack):
    packed = pack(b"a" * 10_000_000)
    encoding = "gzip" if pack is gzip.compress else "deflate"
    answer = await read(head(f"Content-Encoding: {encoding}", f"Content-Length: {len(packed)}") + packed)
    assert answer.body == b"a" * LIMIT


async def test_reading_ends_at_the_limit():
    answer = await read(head("Content-Length: 10000000"), b"a" * 2_000, end=False)
    assert answer.body == b"a" * LIMIT
    assert answer.received < 2_100


async def test_without_a_wish_for_the_body_reading_ends_with_the_headers():
    answer = await read(head("Content-Length: 10000000"), limit=0, end=False)
    assert (answer.status, answer.body) == (200, None)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_an_answer_that_has_no_body_has_an_empty_one(status):
    assert (await read(head(status=status), end=False)).body == b""


async def test_what_comes_after_the_answer_is_nobodys():
    assert (await read(head("Content-Length: 2") + b"ok" + b"HTTP/9 rubbish", end=False)).body == b"ok"


@pytest.mark.parametrize("interim", ["100 Continue", "103 Early Hints"])
async def test_interim_answers_are_passed_over(interim):
    answer = await read(head("X-Early: yes", status=interim) * 3 + head("Content-Length: 0"), end=False)
    assert (answer.status, dict(answer.headers)) == (200, {"content-length": "0"})


async def test_line_feeds_alone_end_lines_too():
    assert (await read(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", end=False)).body == b"ok"


# -- what is refused, and when

REFUSED = [
    pytest.param([head(*(f"X-{i}: y" for i in range(HEADER_LINES + 1)))], id="too many headers"),
    pytest.param(
        [b"HTTP/1.1 200 OK\r\nX: "] + [b"a" * 1_000] * (HEADER_BYTES // 1_000 + 1), id="long headers"
    ),
    pytest.param([head("X: a\x1b[31m")], id="a control character in a header"),
    pytest.param([head("X: a\x00b")], id="a null in a header"),
    pytest.param([head(status="103 Early Hints")] * (INTERIM + 1), id="nothing but interim answers"),
    pytest.param([head("Upgrade: x", status="101 Switching Protocols")], id="another protocol, unasked"),
    pytest.param([head("Content-Length: 1", "Content-Length: 2")], id="two lengths"),
    pytest.param([head("Content-Length: -1")], id="a negative length"),
    pytest.param([head("Content-Length: 1", "Transfer-Encoding: chunked")], id="a length and chunks"),
    pytest.param([head("Transfer-Encoding: chunked"), b"ZZZ\r\n"], id="a chunk size that is no number"),
    pytest.param([head("Transfer-Encoding: chunked"), b"f" * 17 + b"\r\n"], id="a chunk size without end"),
    pytest.param(
        [head("Transfer-Encoding: chunked"), b"0\r\n"] + [b"X: y\r\n"] * (HEADER_LINES + 1), id="trailers"
    ),
    pytest.param([head("Content-Encoding: br", "Content-Length: 9")], id="packed in an unknown way"),
    pytest.param([head("Content-Encoding: gzip, gzip", "Content-Length: 9")], id="packed twice"),
    pytest.param([head("Content-Encoding: gzip"), b"plain text"], id="not packed at all"),
    pytest.param([b"SSH-2.0-OpenSSH_9.2\r\n"], id="another protocol"),
    pytest.param([b"<html>"], id="bare HTML"),
    pytest.param([b"HTTP/9.9 200 OK\r\n\r\n"], id="a version that there is not"),
]


@pytest.mark.parametrize("pieces", REFUSED)
async def test_what_is_not_http_is_refused_at_once_and_let_go(pieces):
    with pytest.raises(NotHttp):
        await read(*pieces, end=False)


@pytest.mark.parametrize(
    "pieces",
    [
        [head("Content-Length: 100"), b"hello"],
        [head("Transfer-Encoding: chunked"), chunked(b"hello")],
        [head("Transfer-Encoding: chunked"), b"9\r\nhell"],
        [head("Content-Encoding: gzip", "Content-Length: 12"), gzip.compress(b"hello" * 99)[:12]],
        [b"HTTP/1.1 200 OK\r\nContent-"],
    ],
)
async def test_an_answer_that_breaks_off_is_not_an_answer(pieces):
    with pytest.raises(Truncated):
        await read(*pieces)


async def test_an_end_without_a_word_is_told_apart():
    with pytest.raises(Closed):
        await read()


async def test_a_body_in_countless_chunks_is_not_read_on():
    answer = await read(
        head("Transfer-Encoding: chunked"),
        *[chunked(b"a") * 100] * (CHUNKS // 100 + 1),
        limit=10**6,
        end=False,
    )
    assert answer.body is not None
    assert len(answer.body) < CHUNKS + 1


# -- what is sent


def sent(target: str, **how: object) -> str:
    return request(first_hop(target, Http(**how))).decode()  # type: ignore[arg-type]


def test_a_request_says_who_asks_and_that_the_connection_ends():
    assert sent("http://shop.example:8080/a?b=c#d") == (
        "GET /a?b=c HTTP/1.1\r\nHost: shop.example:8080\r\nConnection: close\r\n"
        "User-Agent: Makegood uptime monitor\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n"
    )


def test_the_port_is_named_where_it_is_not_the_usual_one():
    assert "Host: shop.example\r\n" in sent("https://shop.example:443/")
    assert "Host: [::1]:443\r\n" in sent("http://[::1]:443/")


def test_what_is_configured_stands_in_place_of_ours():
    text = sent("http://a.example/", headers={"user-agent": "us", "X-Key": Secret("s3cret")})
    assert text.count("ser-") == text.count("ser-agent: us") + text.count("ser-Agent") == 1
    assert "X-Key: s3cret\r\n" in text


def test_a_body_has_its_length_in_bytes():
    assert sent("http://a.example/", method="POST", body="Größe").endswith("Content-Length: 7\r\n\r\nGröße")


@pytest.mark.parametrize(("name", "value"), [("X", "a\r\nY: b"), ("X\nY", "a"), ("X", "a\0")])
def test_nothing_that_is_configured_ends_a_line(name, value):
    hop: Hop = first_hop("http://a.example/", Http(headers={name: value}))
    with pytest.raises(ValueError, match="end of a line"):
        request(hop)
