"""The rows: servers of HTTP, and of what is no HTTP at all. Numbers are those of FAULTS 8a."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Iterator

from monitor.config.endpoint import Say, Tcp, Tls
from monitor.core.checks import Expectation, Reason, Rule
from tests.hostile.serving import Handler, Row

OK = Reason.OK
PROTOCOL = Reason.PROTOCOL
RESET = Reason.CONNECTION_RESET
TIMEOUT = Reason.TIMEOUT
STATUS = Reason.STATUS

WELCOME = Expectation(contains=("welcome",))
FORBIDS = Expectation(lacks=("welcome",))


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines]).encode("utf-8", "surrogateescape") + b"\r\n\r\n"


def body(text: bytes, *lines: str, status: str = "200 OK") -> bytes:
    return head(f"Content-Length: {len(text)}", *lines, status=status) + text


def says(*pieces: bytes, then_waits: bool = False) -> Handler:
    """Reads a request, and sends these pieces."""

    async def handler(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_waits:
            await reader.read()

    return handler


def endless(first: bytes, piece: bytes) -> Handler:
    """Sends for as long as anybody reads."""

    async def handler(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # it shares the loop with who reads

    return handler


def trickle(text: bytes, pause: float, first: bytes = b"") -> Handler:
    async def handler(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        for byte in text:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause)

    return handler


def resets(first: bytes = b"", *, at_accept: bool = False) -> Handler:
    async def handler(reader, writer) -> None:
        if not at_accept:
            await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        await writer.drain()
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.rude = True

    return handler


async def waits(reader, writer) -> None:
    await reader.read()


async def closes(reader, writer) -> None:
    await reader.readuntil(b"\r\n\r\n")


def redirect(where: str, status: str = "302 Found") -> Handler:
    return says(head(f"Location: {where}", "Content-Length: 0", status=status))


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head("Transfer-Encoding: chunked") + pieces + end


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = b"\0" * 1_000_000
    return b"".join([*(packer.compress(piece) for _ in range(size // 1_000_000)), packer.flush()])


BOMB = bomb(200_000_000)
DEEP = b"[" * 100_000 + b"]" * 100_000
JSON = Expectation(rules=(Rule("json", "a", "==", 1),))
NASTY = "=cmd|' /C calc'!A0 <script>alert(1)</script> \u202e \U0001f600 \udcff"


def _silence() -> Iterator[Row]:
    yield Row("never answers", "B01", waits, TIMEOUT)
    yield Row("status line by the byte", "B02", trickle(b"HTTP/1.1 200 OK\r\n\r\n", 0.1), TIMEOUT)
    slow = trickle(b"welcome" * 9, 0.1, head("Content-Length: 63"))
    yield Row("body by the byte, unasked", "B03", slow, OK)
    yield Row("body by the byte, needed", "B03 B66", slow, TIMEOUT, FORBIDS)
    yield Row(
        "keeps each phase alive", "B66", trickle(b"X-A: b\r\n" * 99, 0.05, b"HTTP/1.1 200 OK\r\n"), TIMEOUT
    )


def _without_end() -> Iterator[Row]:
    text = b"welcome " * 2_000
    yield Row("endless body", "B04", endless(head(), text), OK, WELCOME)
    yield Row("endless body, unasked", "B04", endless(head(), text), OK)
    chunk = b"%x\r\n%s\r\n" % (len(text), text)
    yield Row("endless chunks", "B05", endless(head("Transfer-Encoding: chunked"), chunk), OK, WELCOME)
    packed = body(BOMB, "Content-Encoding: gzip")
    yield Row("gzip bomb", "B06", says(packed), Reason.TEXT_MISSING, WELCOME)
    twice = body(gzip.compress(BOMB), "Content-Encoding: gzip, gzip")
    yield Row("packed twice", "B07", says(twice), PROTOCOL, WELCOME)
    for way in ("br", "zstd", "compress"):
        yield Row(
            f"packed by {way}", "B07", says(body(b"\0" * 99, f"Content-Encoding: {way}")), PROTOCOL, WELCOME
        )
    yield Row("says gzip, is not", "B08", says(body(b"welcome", "Content-Encoding: gzip")), PROTOCOL, WELCOME)
    yield Row("one long header", "B09", says(head(f"X: {'a' * 100_000}")), PROTOCOL)
    yield Row("endless header", "B09", endless(b"HTTP/1.1 200 OK\r\nX: ", b"a" * 16_384), PROTOCOL)
    yield Row("twenty thousand headers", "B10", says(head(*(f"X-{n}: y" for n in range(20_000)))), PROTOCOL)
    cookies = [f"Set-Cookie: c{n}={'x' * 50}" for n in range(100)]
    yield Row("a hundred cookies", "B11", says(body(b"welcome", *cookies)), OK, WELCOME)
    trailers = b"0\r\n" + b"X: y\r\n" * 50_000 + b"\r\n"
    yield Row("fifty thousand trailers", "B12", says(chunked(b"hello", end=trailers)), PROTOCOL, WELCOME)
    yield Row("chunks of a byte", "B13", says(chunked(*[b"a"] * 100_000)), Reason.TEXT_MISSING, WELCOME)
    yield Row("early hints without end", "B41", endless(b"", head(status="103 Early Hints")), PROTOCOL)


def _malformed() -> Iterator[Row]:
    chunks = head("Transfer-Encoding: chunked")
    for size in (b"ZZZ", b"-5", b"FFFFFFFFFFFFFFFFF"):
        yield Row(
            f"chunk size {size.decode()[:4]}", "B14 B15", says(chunks + size + b"\r\nab"), PROTOCOL, WELCOME
        )
    yield Row("chunk cut off", "B16", says(chunks + b"20\r\nwelc"), RESET, FORBIDS)
    yield Row("body cut off", "B17", says(head("Content-Length: 100") + b"hello"), RESET, FORBIDS)
    yield Row("more than the body", "B18", says(body(b"welcome") + b"and more"), OK, WELCOME)
    lengths = says(head("Content-Length: 5", "Content-Length: 6") + b"hello")
    yield Row("two lengths", "B19", lengths, PROTOCOL)
    both = says(head("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n")
    yield Row("a length and chunks", "B20", both, PROTOCOL)
    yield Row("a negative length", "B21", says(head("Content-Length: -1")), PROTOCOL)
    yield Row("bare HTML", "B22", says(b"<html>welcome</html>"), PROTOCOL)
    yield Row("version 2.0", "B23", says(b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"), OK)
    yield Row("version 9.9", "B24", says(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"), PROTOCOL)
    for status in ("999 What", "000 What"):
        yield Row(f"status {status[:3]}", "B25", says(body(b"", status=status)), STATUS)
    for status in ("99999 OK", "ABC OK", "20 OK"):
        yield Row(f"status {status[:-3]}", "B26", says(body(b"", status=status)), PROTOCOL)
    unasked = says(head("Upgrade: x", "Connection: upgrade", status="101 Switching Protocols"))
    yield Row("another protocol, unasked", "B27", unasked, PROTOCOL)
    yield Row("a body after 204", "B28", says(body(b"welcome", status="204 No Content")), OK)
    yield Row("a body after 304", "B28", says(body(b"welcome", status="304 Not Modified")), STATUS)
    yield Row("line feeds alone", "B29", says(b"HTTP/1.1 200 OK\nContent-Length: 7\n\nwelcome"), OK, WELCOME)
    yield Row("no reason phrase", "B30", says(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), OK)
    for byte in (0, 1, 27):
        yield Row(
            f"byte {byte} in a header", "B31", says(b"HTTP/1.1 200 OK\r\nX: a%cb\r\n\r\n" % byte), PROTOCOL
        )
    escapes = says(b"HTTP/1.1 503 <b>\x1b[31mno\r\nContent-Length: 0\r\n\r\n")
    yield Row("escapes in the reason", "B32", escapes, STATUS)
    wanted = Expectation(rules=(Rule("header", "X-Nasty", "present"),))
    yield Row("nasty header", "B33", says(body(b"", f"X-Nasty: {NASTY}")), OK, wanted)


def _texts() -> Iterator[Row]:
    yield Row("invalid UTF-8", "B34", says(body(b"\xff\xfe welcome \xff")), OK, WELCOME)
    for name in ("no-such", "utf-7", "idna", "punycode", "zip", "unicode_escape"):
        typed = says(body(b"welcome", f"Content-Type: text/html; charset={name}"))
        yield Row(f"charset {name}", "B35 B36", typed, OK, WELCOME)
    page = says(body(b"<h1>Down for maintenance</h1>"))
    yield Row("an error page with 200", "B64", page, Reason.TEXT_MISSING, WELCOME)
    yield Row("an empty page", "B64", says(body(b"")), Reason.TEXT_MISSING, WELCOME)
    yield Row("refused as a robot", "B65", says(body(b"", "Retry-After: 60", status="429 Slow Down")), STATUS)
    pattern = Expectation(rules=(Rule("pattern", "(a+)+$", "absent"),))
    yield Row("a body against patterns", "B67", says(body(b"a" * 60_000 + b"!")), OK, pattern)
    yield Row("JSON without bottom", "B68", says(body(DEEP[:60_000])), Reason.JSON_VALUE, JSON)
    digits = says(body(b'{"a": ' + b"9" * 60_000 + b"}"))
    yield Row("a number without end", "B68", digits, Reason.JSON_VALUE, JSON)
    yield Row("keys that stand twice", "B68", says(body(b'{"a": 2, "a": 1}')), OK, JSON)
    yield Row("not a number", "B68", says(body(b'{"a": NaN}')), Reason.JSON_VALUE, JSON)
    entities = says(body(b'<!DOCTYPE a [<!ENTITY b "welcome">]><a>&b;&b;</a>'))
    yield Row("entities", "B69", entities, OK, WELCOME)


def _ends() -> Iterator[Row]:
    yield Row("closes without a word", "B37", closes, RESET)
    yield Row("closes in a header", "B38", says(b"HTTP/1.1 200 OK\r\nX: y"), RESET)
    yield Row("reset at once", "B39", resets(at_accept=True), RESET)
    yield Row("reset in the body", "B40", resets(head("Content-Length: 99") + b"wel"), RESET, FORBIDS)
    continues = head(status="100 Continue") * 3 + body(b"welcome")
    yield Row("three times continue", "B42", says(continues), OK, WELCOME)
    other = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome"
    yield Row("an answer nobody asked for", "B70", _speaks_first(other), OK, WELCOME)


def _speaks_first(text: bytes) -> Handler:
    async def handler(reader, writer) -> None:
        writer.write(text)
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")

    return handler


def _redirects() -> Iterator[Row]:
    refused = Reason.REDIRECT_REFUSED
    yield Row("redirect to itself", "B43", redirect("/"), Reason.REDIRECT_LOOP)
    for where in ("file:///etc/passwd", "javascript:alert(1)", "gopher://x/", "data:text/html,x"):
        yield Row(f"redirect to {where.partition(':')[0]}", "B44", redirect(where), refused)
    for where in (
        "http://169.254.169.254/latest/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
    ):
        yield Row(f"redirect to {where[7:28]}", "B45", redirect(where), refused)
    for where in ("http://[::1", "http://a:99999/", "http://2130706433/", "http://0x7f.1/"):
        yield Row(f"redirect to {where!r}", "B46", redirect(where), PROTOCOL)
    itself = redirect("http://")  # read as URLs are, it means the place that it was sent from
    yield Row("redirect to 'http://'", "B46", itself, Reason.REDIRECT_LOOP)
    yield Row("redirect to nowhere", "B47", says(head("Content-Length: 0", status="302 Found")), STATUS)
    yield Row("redirect of a megabyte", "B50", redirect("/" + "a" * 1_000_000), PROTOCOL)
    yield Row("long redirect", "B50", redirect("/" + "a" * 9_000), PROTOCOL)
    yield Row("another place each time", "B50", _wanders(), Reason.REDIRECT_LOOP)


def _wanders() -> Handler:
    async def handler(reader, writer) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        here = asked.split()[1].decode()
        writer.write(head(f"Location: {here}x", "Content-Length: 0", "Set-Cookie: a=b", status="302 Found"))
        await writer.drain()

    return handler


def _secure() -> Iterator[Row]:
    handshake = Reason.TLS_HANDSHAKE
    yield Row("handshake that never ends", "B54", waits, TIMEOUT, scheme="https")
    yield Row("plain HTTP on the TLS port", "B55", _speaks_first(body(b"welcome")), handshake, scheme="https")
    yield Row("rubbish for a handshake", "B55", _speaks_first(bytes(range(256)) * 64), handshake, how=Tls())
    yield Row(
        "a mail server for a handshake", "B55 B62", _speaks_first(b"220 mail\r\n"), handshake, how=Tls()
    )
    yield Row(
        "body cut off under TLS", "B17", says(head("Content-Length: 9") + b"w"), RESET, FORBIDS, tls=True
    )
    yield Row("endless body under TLS", "B04", endless(head(), b"welcome " * 500), OK, WELCOME, tls=True)


def _other_protocols() -> Iterator[Row]:
    for name, banner in {
        "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
        "SMTP": b"220 mail.example ESMTP\r\n",
        "random bytes": bytes(range(255, -1, -1)) * 8,
    }.items():
        yield Row(f"{name} for HTTP", "B62", _speaks_first(banner), PROTOCOL)
    mail = Tcp(dialogue=(Say(expect="^220 "), Say("QUIT\r\n", "^221 ")))
    broken = Reason.DIALOGUE
    yield Row("a dialogue with an endless talker", "B62", _talks(b"x" * 4_096), broken, how=mail)
    yield Row("a dialogue with the silent", "B01", waits, TIMEOUT, how=mail)


def _talks(piece: bytes) -> Handler:
    async def handler(reader, writer) -> None:
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return handler


ROWS: dict[str, Row] = {
    row.name: row
    for group in (
        _silence,
        _without_end,
        _malformed,
        _texts,
        _ends,
        _redirects,
        _secure,
        _other_protocols,
    )
    for row in group()
}

ELSEWHERE = {
    "B48": "tests/probes/test_redirects.py",
    "B49": "tests/probes/test_redirects.py",
    "B51": "tests/probes/test_tls.py",
    "B52": "tests/probes/test_tls.py",
    "B53": "tests/probes/test_tls.py",
    "B56": "tests/probes/test_tls.py",
    "B57": "tests/probes/test_http.py",
    "B58": "tests/hostile/test_names.py",
    "B59": "tests/probes/test_errors.py",
    "B60": "tests/probes/test_connect.py",
    "B61": "tests/probes/test_connect.py",
    "B63": "tests/probes/exam.py",
}
"""Rows that are no server on a socket, or that have a file of their own."""
