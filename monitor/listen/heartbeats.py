"""Heartbeats over HTTP: `POST /heartbeat/TOKEN`, with /start or /fail behind it or a status in query or body.

Answered with 2xx only once the call is durable. A GET is refused, because whatever previews a link would keep
a dead job alive. Tokens are looked up by their digest, in a time that tells nothing of them, and stand in no
log.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import parse_qsl

from monitor.clock import Clock
from monitor.config.endpoint import Endpoint, Heartbeat
from monitor.core.calls import Call, CallKind
from monitor.listen.book import Book
from monitor.listen.door import said
from monitor.listen.keeper import Keeper
from monitor.records import dataclass

if TYPE_CHECKING:
    from aiohttp import web

PREFIX: Final = "/heartbeat/"
LONGEST_TOKEN: Final = 256
PATIENCE: Final = 5.0
"""Seconds for a body, and for the disk."""
KINDS: Final = get_args(CallKind)

_HOW: Final = "call with POST: curl -X POST ADDRESS (or ADDRESS/start, ADDRESS/fail)"


@dataclass(slots=True)
class Allowance:
    """So many at once, and so many a second after that, for each of the latest so many callers."""

    burst: float
    a_second: float
    remembered: int = 10_000
    _left: OrderedDict[object, tuple[float, float]] = field(default_factory=OrderedDict)

    def allows(self, who: object, now: float) -> bool:
        """Take one; False where nothing is left. `now` is in monotonic seconds."""
        left, since = self._left.pop(who, (self.burst, now))
        left = min(self.burst, left + (now - since) * self.a_second)
        self._left[who] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > self.remembered:
            self._left.popitem(last=False)
        return left >= 1


@dataclass(slots=True)
class Tally:
    """Calls since the start, by what they said or why they were refused."""

    kept: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    refused: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("method", "token", "status", "rate", "disk", "body"), 0)
    )


class Refused(Exception):
    """The call is not taken: the status and the sentence to answer with, and why in one word."""

    def __init__(self, why: str, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.why, self.status, self.sentence, self.headers = why, status, sentence, headers


class Heartbeats:
    """Takes the calls of the jobs that the book listens for."""

    def __init__(self, book: Book, keeper: Keeper, clock: Clock) -> None:
        self.tally = Tally()
        self._book, self._keeper, self._clock = book, keeper, clock
        self._tokens: dict[bytes, tuple[bytes, str]] = {}
        self._calls = Allowance(burst=30, a_second=1)
        self._guesses = Allowance(burst=30, a_second=0.5)

    def know(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Take calls with the tokens of these endpoints from now on."""
        self._tokens = {}
        for key, endpoint in endpoints.items():
            if isinstance(endpoint.how, Heartbeat):
                token = endpoint.how.token.reveal().encode()
                self._tokens[sha256(token).digest()] = (token, key)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        try:
            return await self._take(request)
        except Refused as refused:
            self.tally.refused[refused.why] += 1
            return said(refused.status, refused.sentence, **refused.headers)

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        if not request.path.startswith(PREFIX):
            raise Refused(
                "token", 404, "there is nothing here; a job calls the address that ends in its token"
            )
        if request.method != "POST":
            raise Refused("method", 405, f"a {request.method:.10} does not count: {_HOW}", Allow="POST")
        token, _, behind = request.path.removeprefix(PREFIX).partition("/")
        key = self._job(token, request.remote)
        kind = _kind(behind, request.query.getall("status", []), await _body(request))
        if not self._calls.allows(key, self._clock.monotonic()):
            raise Refused("rate", 429, "this job calls too often: once a second is enough", Retry_After="5")
        await self._keep(Call(self._book.lane(key), self._clock.now(), kind, self._book.waited()))
        self.tally.kept[kind] += 1
        return said(200, "kept")

    def _job(self, token: str, address: str | None) -> str:
        """Whose token it is."""
        said_token = token.encode(errors="surrogateescape")[:LONGEST_TOKEN]
        known, key = self._tokens.get(sha256(said_token).digest(), (b"", ""))
        if key and hmac.compare_digest(known, said_token):
            return key
        if not self._guesses.allows(address, self._clock.monotonic()):
            raise Refused("rate", 429, "too many wrong addresses: call again in a minute", Retry_After="60")
        raise Refused("token", 404, "no job has this address: copy it from the configuration again")

    async def _keep(self, call: Call) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                kept = await self._keeper.keep(call)
        except TimeoutError:
            kept = False
        if not kept:
            raise Refused("disk", 503, "the call could not be kept: call again", Retry_After="10")


async def received(request: web.BaseRequest) -> bytes:
    """The body; Refused where it does not come in time, or whole, or is too large."""
    from aiohttp import web

    try:
        async with asyncio.timeout(PATIENCE):
            return await request.read()
    except TimeoutError:
        raise Refused("body", 408, "the body did not come in time") from None
    except (ConnectionError, web.RequestPayloadError):
        raise Refused("body", 400, "the body did not come whole") from None
    except web.HTTPRequestEntityTooLarge:
        raise Refused("body", 413, "the body is larger than what is taken here") from None


async def _body(request: web.BaseRequest) -> str:
    """What the body says of the status, "" where it does not."""
    body = await received(request)
    if not body:
        return ""
    if request.content_type == "application/json":
        return _status_of_json(body)
    if request.content_type == "application/x-www-form-urlencoded":
        return _status_of_form(body)
    return ""


def _status_of_form(body: bytes) -> str:
    try:
        fields = dict(parse_qsl(body.decode(errors="replace"), max_num_fields=100))
    except ValueError:
        raise Refused("body", 400, "the body has too many fields: one is enough, status=success") from None
    return fields.get("status", "")


def _status_of_json(body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("body", 400, 'the body is not JSON: write {"status": "success"}, or none') from None
    status = found.get("status", "") if isinstance(found, dict) else ""
    if not isinstance(status, str):
        raise Refused("status", 400, 'a status is a word: {"status": "success"}')
    return status


def _kind(behind: str, asked: list[str], body: str) -> CallKind:
    """What the call says; `success` where it says nothing. 400 for another word, or for two of them."""
    words = {word for word in (behind.rstrip("/"), *asked, body) if word}
    strange = words - set(KINDS)
    if strange:
        raise Refused("status", 400, f"a call says one of {', '.join(KINDS)}, or nothing for success")
    if len(words) > 1:
        raise Refused("status", 400, "the call says two things at once: say one")
    return next((kind for kind in KINDS if kind in words), "success")
