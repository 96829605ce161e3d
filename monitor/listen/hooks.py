"""Hooks: what people and programs from outside may say to us, each with a secret of their own.

`GET /a/TOKEN` shows an alert and changes nothing, because mail scanners and previews follow links; `POST` to
it acknowledges. `POST /metric/NAME` keeps a value, `POST /tickets/SOURCE` tickets. What was answered with 200
is durable.

Whoever has the token of an alert may acknowledge it from any page: there is no cookie and no session that a
strange site could make use of, so a form that some other page sends says no more than its sender could say.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qsl

from monitor.clock import Clock
from monitor.errors import MakegoodError
from monitor.listen import page, pushing
from monitor.listen.answers import Answers, Deliveries, NotTaken, Shown
from monitor.listen.door import BODY, said
from monitor.listen.errands import Busy, Errands
from monitor.listen.heartbeats import Allowance, Refused, received
from monitor.records import dataclass

if TYPE_CHECKING:
    from aiohttp import web

TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,128}")
BEARER: Final = re.compile(r"[Bb]earer +(\S{1,512})")
DELIVERY: Final = 1 << 20
"""Bytes of a delivery of tickets at most."""
WAITING: Final = 16
"""Deliveries that wait for the database at most; one is kept at a time."""
T = TypeVar("T")
Serve = Callable[["web.BaseRequest", str], Awaitable["web.Response"]]
Refuse = Callable[[Refused], "web.Response"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """What is at `/NAME/REST`: who answers by which method, in which form a refusal is said, and how large a
    body may be, in bytes."""

    methods: Mapping[str, Serve]
    refuse: Refuse
    body: int = BODY


class NoTickets(Refused):
    """A delivery that cannot be read: every problem with where it is."""

    def __init__(self, answer: NotTaken) -> None:
        super().__init__("body", answer.status, answer.why)
        self.problems = answer.problems


class Hooks:
    """Answers requests with what it is handed; a name of a metric is not told from a wrong token.

    `errands` ask for alerts and metrics, `loads` keep deliveries: neither waits for the other.
    """

    def __init__(
        self,
        answers: Answers,
        clock: Clock,
        errands: Errands | None = None,
        deliveries: Deliveries | None = None,
        loads: Errands | None = None,
    ) -> None:
        self._answers, self._clock = answers, clock
        self._errands = errands or Errands()
        self._deliveries, self._loads = deliveries, loads or Errands(most=WAITING, at_once=1)
        self._zone = "UTC"
        self._tokens: Mapping[str, bytes] = {}
        self._nobody = secrets.token_bytes(32)
        self._looks = Allowance(burst=30, a_second=1)
        self._pushes = Allowance(burst=600, a_second=10)
        self._told = Allowance(burst=600, a_second=10)
        self._guesses = Allowance(burst=30, a_second=0.5)
        self._well = True
        self._routes = {
            "a": Route({"GET": self._show, "HEAD": self._show, "POST": self._acknowledge}, _on_a_page),
            "metric": Route({"POST": self._push}, _as_a_problem),
            "tickets": Route({"POST": self._deliver}, _as_a_problem, DELIVERY),
        }

    def know(self, tokens: Mapping[str, str], zone: str = "UTC") -> None:
        """Take values of these metrics, by name, with these tokens; times are shown in this zone."""
        self._tokens = {name: _digest(token) for name, token in tokens.items()}
        self._zone = zone

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        first, _, rest = request.path.removeprefix("/").partition("/")
        route = self._routes.get(first)
        if route is None:
            return said(404, "there is nothing here")
        serve = route.methods.get(request.method)
        if serve is None:
            known = ", ".join(route.methods)
            sentence = f"not by {request.method:.10}: by {known}"
            return route.refuse(Refused("method", 405, sentence, Allow=known))
        if (request.content_length or 0) > route.body:
            return route.refuse(Refused("body", 413, f"a body has at most {route.body} bytes here"))
        try:
            return await serve(request, rest)
        except Refused as refused:
            return route.refuse(refused)

    async def close(self) -> None:
        """Wait a moment for what is being kept; safe to call twice."""
        await asyncio.gather(self._errands.close(), self._loads.close())

    # -- an alert by its link

    async def _show(self, request: web.BaseRequest, token: str) -> web.Response:
        self._must_be_a_token(request, token)
        shown = await self._done(partial(self._answers.shown, token, self._clock.now()))
        return self._page(request, shown)

    async def _acknowledge(self, request: web.BaseRequest, token: str) -> web.Response:
        self._must_be_a_token(request, token)
        who = _who(await received(request))
        shown = await self._done(partial(self._answers.acknowledge, token, who, self._clock.now()))
        return self._page(request, shown)

    def _must_be_a_token(self, request: web.BaseRequest, token: str) -> None:
        """What cannot be one is not looked up, and one alone is not looked up without end."""
        if TOKEN.fullmatch(token) is None:
            raise self._no_such_link(request)
        if not self._looks.allows(_digest(token), self._clock.monotonic()):
            raise Refused("rate", 429, "This link is opened too often: again in a minute.", Retry_After="60")

    def _page(self, request: web.BaseRequest, shown: Shown | None) -> web.Response:
        if shown is None:
            raise self._no_such_link(request)
        return _html(200, page.alert(shown, self._zone))

    def _no_such_link(self, request: web.BaseRequest) -> Refused:
        self._must_not_guess(request)
        return Refused("token", 404, "This link leads nowhere, or it does no longer.")

    # -- a value of a metric

    async def _push(self, request: web.BaseRequest, name: str) -> web.Response:
        self._must_have_its_token(request, name)
        if not self._pushes.allows(name, self._clock.monotonic()):
            raise Refused("rate", 429, "too many values at once: ten a second are enough", Retry_After="5")
        body, now = await received(request), self._clock.now()
        push = pushing.read(body, now, is_json=request.content_type == "application/json")
        done = await self._done(partial(self._answers.push, name, push.value, push.at, push.id, now))
        if done == "contradicted":
            raise Refused(
                "id", 409, "another value, or another instant, has this id: give this one an id of its own"
            )
        return _json(200, {"metric": name, "kept": "now" if done == "kept" else "before"})

    def _must_have_its_token(self, request: web.BaseRequest, name: str) -> None:
        """The same answer in the same time whether the name is unknown or the token is wrong."""
        found = BEARER.fullmatch(request.headers.get("Authorization", ""))
        given = _digest(found[1]) if found else b""
        if not hmac.compare_digest(self._tokens.get(name, self._nobody), given):
            self._must_not_guess(request)
            sentence = "no metric has this name and this token: send Authorization: Bearer TOKEN"
            raise Refused("token", 401, sentence, WWW_Authenticate="Bearer")

    # -- tickets

    async def _deliver(self, request: web.BaseRequest, source: str) -> web.Response:
        headers, known = dict(request.headers), self._deliveries
        if known is None or not known.knows(source):
            self._must_not_guess(request)
            raise Refused("token", 404, "no ticket system has this name: [tickets.NAME] gives it one")
        if not known.is_from(source, headers, None):
            raise self._stranger(request)
        body = await received(request)
        if not known.is_from(source, headers, body):
            raise self._stranger(request)
        if not self._told.allows(source, self._clock.monotonic()):
            raise Refused(
                "rate", 429, "too many deliveries at once: ten a second are enough", Retry_After="5"
            )
        keep = partial(known.deliver, source, headers, body, self._clock.now())
        done = await self._done(keep, self._loads)
        if isinstance(done, NotTaken):
            raise NoTickets(done)
        told = {"new": done.added, "changed": done.edited, "known": done.same, "older": done.older}
        return _json(200, {"source": source, "kept": "before" if done.before else "now", **told})

    def _stranger(self, request: web.BaseRequest) -> Refused:
        self._must_not_guess(request)
        sentence = (
            "this is not who may deliver: show Authorization: Bearer TOKEN, or sign the body, as it is set up"
        )
        return Refused("token", 401, sentence, WWW_Authenticate="Bearer")

    # -- all

    def _must_not_guess(self, request: web.BaseRequest) -> None:
        if not self._guesses.allows(request.remote, self._clock.monotonic()):
            raise Refused("rate", 429, "too many wrong ones: again in a minute", Retry_After="60")

    async def _done(self, work: Callable[[], T], errands: Errands | None = None) -> T:
        """What the database says; 503 where it cannot, or not in time."""
        try:
            found = await (errands or self._errands).do(work)
        except Busy:
            self._tell("it takes too long")
        except MakegoodError as error:
            self._tell(str(error))
        else:
            self._well = True
            return found
        raise Refused("disk", 503, "This could not be done just now: try again.", Retry_After="10")

    def _tell(self, why: str) -> None:
        """Once, until it goes well again."""
        if self._well:
            log.warning("hooks are answered with 503: %s", why, extra={"event": "hooks.wait"})
        self._well = False


def _who(body: bytes) -> str:
    """The name in a form, "" where there is none."""
    try:
        fields = dict(parse_qsl(body.decode(errors="replace"), max_num_fields=10))
    except ValueError:
        raise Refused("body", 400, "The form has too many fields: one is enough, who=NAME.") from None
    name = "".join(c if c.isprintable() else " " for c in fields.get("who", ""))
    return " ".join(name.split())[: page.NAME]


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="surrogateescape")).digest()


def _on_a_page(refused: Refused) -> web.Response:
    return _html(refused.status, page.notice(refused.sentence), **refused.headers)


def _as_a_problem(refused: Refused) -> web.Response:
    """RFC 9457."""
    told: dict[str, object] = {
        "status": refused.status,
        "title": HTTPStatus(refused.status).phrase,
        "detail": refused.sentence,
    }
    if isinstance(refused, pushing.Wrong):
        told["where"] = refused.where
    if isinstance(refused, NoTickets):
        told["problems"] = [{"where": where, "what": what} for where, what in refused.problems]
    return _json(refused.status, told, "application/problem+json", **refused.headers)


def _json(
    status: int, told: Mapping[str, object], kind: str = "application/json", **headers: str
) -> web.Response:
    return _response(status, json.dumps(told) + "\n", kind, **headers)


def _html(status: int, text: str, **headers: str) -> web.Response:
    return _response(status, text, "text/html", Content_Security_Policy=page.POLICY, **headers)


def _response(status: int, text: str, kind: str, **headers: str) -> web.Response:
    from aiohttp import web

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    return web.Response(status=status, text=text, content_type=kind, charset="utf-8", headers=named)
