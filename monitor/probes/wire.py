"""The wire: one HTTP/1 request on a connection of its own, and of the answer what was asked for.

A server is a stranger: whatever it sends, a bounded part of it is held, and reading ends as soon as what was
asked for is there. Parsing is llhttp's, by httptools; decompression is zlib's, a bounded piece at a time.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import cast

import httptools

from monitor.records import dataclass

HEADER_BYTES = 65_536
HEADER_LINES = 1_000
INTERIM = 20
CHUNKS = 16_384
"""A body in more pieces than this is not read on: what came by then is its prefix."""
SLICE = 16_384
"""Bytes that are parsed at once; in between it is looked whether enough has come."""
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_ANY_WINDOW = 47  # zlib: gzip or zlib, whichever it is


class NotHttp(Exception):
    """The answer cannot be read as HTTP; the text says why."""


class Truncated(Exception):
    """The connection ended before the answer was complete."""


class Closed(Exception):
    """The connection ended before an answer began."""


@dataclass(slots=True)
class Answer:
    """What came back: `headers` by their names in small letters, one name's joined by commas.

    `body` is the decompressed prefix, None where none was asked for; `received` counts bytes as they came in.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    received: int = 0


class Exchange(asyncio.Protocol):
    """Sends a request and reads its answer: `await exchange.answer` gives it, or raises.

    `wanted` says how many bytes of the body are read, once status and headers are known: 0 for none. `enter`
    is told when an answer is waited for ("first_byte"), and when its headers are there ("body").
    Raises NotHttp, Truncated, Closed, or the connection's own OSError.
    """

    def __init__(
        self,
        request: bytes,
        wanted: Callable[[int, Mapping[str, str]], int],
        enter: Callable[[str], None],
    ) -> None:
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._request, self._wanted, self._enter = request, wanted, enter
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._transport: asyncio.Transport | None = None
        self._headers: dict[str, str] = {}
        self._body: _Body | None = None
        self._received = self._head = self._lines = self._interim = 0

    # -- the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._enter("first_byte")
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if len(data) <= SLICE:
            self._feed(data)
            return
        for start in range(0, len(data), SLICE):
            if self.answer.done():
                return
            self._feed(data[start : start + SLICE])

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error)

    # -- what was read

    def _feed(self, data: bytes) -> None:
        if self.answer.done():
            return
        if self._body is None:
            self._head += len(data)
            if self._head > HEADER_BYTES:
                self._refuse("its headers are too long")
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse("it changes to another protocol, unasked")
        except httptools.HttpParserCallbackError as error:
            self._fail(error.__context__ or error)
        except httptools.HttpParserError as error:
            self._refuse(str(error))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._lines += 1
        if self._lines > HEADER_LINES:
            raise NotHttp("it has too many headers")
        if self._body is not None or self.answer.done():
            return  # a trailer
        key, text = name.decode("ascii", "replace").lower(), value.decode("utf-8", "replace")
        if not text.isprintable() and any(c < " " and c != "\t" for c in text):
            raise NotHttp("a header holds a control character")
        before = self._headers.get(key)
        self._headers[key] = text if before is None else f"{before}, {text}"

    def on_headers_complete(self) -> None:
        if self.answer.done():
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._interim += 1
            if status == 101 or self._interim > INTERIM:
                raise NotHttp("it answers with nothing but interim responses")
            self._headers = {}
            return
        self._enter("body")
        self._body = _Body(self._wanted(status, self._headers), self._headers)
        if not self._body.wanted:
            self._finish()

    def on_chunk_header(self) -> None:
        self.on_body(b"")

    def on_body(self, data: bytes) -> None:
        if self._body is None or self.answer.done():
            return
        if self._body.add(data):
            self._finish()

    def on_message_complete(self) -> None:
        if self._body is not None and not self.answer.done():
            self._body.complete()
            self._finish()

    # -- the end

    def _finish(self) -> None:
        body = self._body.content if self._body is not None and self._body.limit else None
        self._settle(Answer(self._parser.get_status_code(), self._headers, body, self._received))

    def _end(self, error: Exception | None) -> None:
        """The peer has nothing more to say."""
        if self.answer.done():
            return
        if error is not None:
            self._fail(error)
        elif self._body is None:
            self._fail(Truncated() if self._received else Closed())
        elif self._body.ends_with_the_connection:
            self._finish()
        else:
            self._fail(Truncated())

    def _refuse(self, why: str) -> None:
        self._fail(NotHttp(why))

    def _fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
        self.abort()

    def _settle(self, answer: Answer) -> None:
        self.answer.set_result(answer)
        self.abort()

    def abort(self) -> None:
        """Let go of the connection at once, whatever is still under way; safe to call twice."""
        if self._transport is not None:
            self._transport.abort()


class _Body:
    """The wanted prefix of a body, unpacked as it comes."""

    def __init__(self, limit: int, headers: Mapping[str, str]) -> None:
        self.limit, self._pieces, self._content = limit, 0, bytearray()
        self._packing: zlib._Decompress | None = None
        length = headers.get("content-length", "")
        self.wanted = limit > 0 and length != "0"
        self.ends_with_the_connection = "chunked" not in headers.get("transfer-encoding", "") and not length
        if self.wanted:
            encoding = headers.get("content-encoding", "").strip().lower()
            if encoding not in ENCODINGS:
                raise NotHttp("its body is packed in a way that was not asked for")
            if encoding not in ("", "identity"):
                self._packing = zlib.decompressobj(_ANY_WINDOW)

    @property
    def content(self) -> bytes:
        return bytes(self._content)

    def add(self, data: bytes) -> bool:
        """Take another piece; whether that was enough."""
        self._pieces += 1
        if self._packing is None:
            self._content += data[: self.limit - len(self._content)]
        else:
            self._unpack(self._packing, data)
        return len(self._content) >= self.limit or self._pieces > CHUNKS

    def _unpack(self, packing: zlib._Decompress, data: bytes) -> None:
        try:
            while data and len(self._content) < self.limit and not packing.eof:
                self._content += packing.decompress(data, self.limit - len(self._content))
                data = packing.unconsumed_tail
        except zlib.error:
            raise NotHttp("its body is not packed in the way it says") from None

    def complete(self) -> None:
        """The body has ended. Truncated where its packing had not."""
        if self._packing is not None and not self._packing.eof and len(self._content) < self.limit:
            raise Truncated
