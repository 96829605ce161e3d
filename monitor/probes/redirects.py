"""Where a redirect leads, and what may be carried there. Pure.

On a change of origin everything the operator configured stays behind, and never comes back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin

from yarl import URL

from monitor.config.endpoint import ClientCertificate, Http, Secret
from monitor.probes.trail import RedirectRefused
from monitor.records import dataclass

REDIRECTS = frozenset({301, 302, 303, 307, 308})
HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "user-agent"})
SCHEMES = frozenset({"http", "https"})
LONGEST = 8_192
"""Characters of a Location; a longer one leads nowhere."""

_HOST = re.compile(r"[!-~]+")


class TooManyRedirects(Exception):
    """More of them than allowed, or a loop."""


class BadRedirect(Exception):
    """A redirect to something that is no URL."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a chain. Its headers may hold secrets in clear: it is never printed."""

    url: URL
    method: str
    headers: Mapping[str, str]
    secret: frozenset[str] = frozenset()
    body: bytes | None = None
    certificate: ClientCertificate | None = None

    def __repr__(self) -> str:
        return f"Hop({self.url.host}, {self.method})"


def first_hop(target: str, how: Http) -> Hop:
    """The request that the operator configured."""
    return Hop(
        url=URL(target),
        method=how.method.upper(),
        headers={name: _clear(value) for name, value in how.headers.items()},
        secret=frozenset(name for name, value in how.headers.items() if isinstance(value, Secret)),
        body=None if how.body is None else _clear(how.body).encode(),
        certificate=how.certificate,
    )


def next_hop(hop: Hop, status: int, location: str) -> Hop:
    """The request that a redirect asks for.

    RedirectRefused when it leaves HTTP or its encryption, BadRedirect when it is not a URL.
    """
    url = _target(hop.url, location)
    if hop.url.scheme == "https" and url.scheme == "http":
        raise RedirectRefused("a redirect from https to http")
    same = url.origin() == hop.url.origin()
    method = _method(hop.method, status)
    return Hop(
        url=url,
        method=method,
        headers=hop.headers if same else _harmless(hop),
        secret=hop.secret if same else frozenset(),
        body=hop.body if same and method == hop.method else None,
        certificate=hop.certificate if same else None,
    )


def led(base: URL, location: str) -> URL:
    """The URL that a Location means where it was sent from. ValueError where it means none.

    Not by yarl's own join, which takes the encoding off the base's path.
    """
    try:
        return URL(urljoin(str(base), location))
    except IndexError as error:  # yarl's, over brackets in front of an empty host
        raise ValueError("not a URL") from error


def _target(base: URL, location: str) -> URL:
    if len(location) > LONGEST:
        raise BadRedirect
    try:
        url = led(base, location)
        scheme, host = url.scheme, url.raw_host
        without_user = url.with_user(None) if host else url
    except ValueError as error:
        raise BadRedirect from error
    if scheme not in SCHEMES:
        raise RedirectRefused("a redirect to something that is not http or https")
    if not host or not _HOST.fullmatch(host):
        raise BadRedirect
    return without_user


def _method(method: str, status: int) -> str:
    if status == 303 and method != "HEAD":
        return "GET"
    return "GET" if status in (301, 302) and method == "POST" else method


def _harmless(hop: Hop) -> Mapping[str, str]:
    return {
        name: value
        for name, value in hop.headers.items()
        if name.lower() in HARMLESS and name not in hop.secret
    }


def _clear(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
