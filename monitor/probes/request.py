"""Requests: what is sent of a hop, as bytes. Pure.

What the operator configured stands above our own headers. Nothing in it may end a line.
"""

from __future__ import annotations

from yarl import URL

from monitor.config.endpoint import Proxy
from monitor.probes.redirects import Hop

USER_AGENT = "Makegood uptime monitor"
OURS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}


def request(hop: Hop, proxy: Proxy | None = None) -> bytes:
    """The bytes of a request; to a proxy, unless through its tunnel, with the whole address.

    ValueError where a part of it holds the end of a line.
    """
    asked = proxy if hop.url.scheme == "http" else None
    said = {name.lower() for name in hop.headers}
    lines = {name: value for name, value in OURS.items() if name.lower() not in said} | dict(hop.headers)
    if hop.body is not None:
        lines["Content-Length"] = str(len(hop.body))
    path = hop.url.raw_path_qs or "/"
    where = path if asked is None else f"http://{_host(hop.url)}{path}"
    if asked is not None and asked.authorization is not None:
        lines["Proxy-Authorization"] = asked.authorization.reveal()
    head = [f"{hop.method} {where} HTTP/1.1", f"Host: {_host(hop.url)}"]
    head += ["Connection: close", *(f"{name}: {value}" for name, value in lines.items())]
    if any(c in line for line in head for c in "\r\n\0"):
        raise ValueError("a line of a request holds the end of a line")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + (hop.body or b"")


def _host(url: URL) -> str:
    """The Host header: the port stands where it is not the usual one."""
    named = url.raw_host or ""
    named = f"[{named}]" if ":" in named else named
    return named if url.is_default_port() else f"{named}:{url.port}"
