"""What is probed, and how: values that probes and the prober read. Nothing of contracts is in here.

A secret prints as dots wherever it goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from monitor.core.checks import Confirmation, Expectation
from monitor.core.intervals import Ms
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that prints as dots wherever it goes; `reveal()` is for whoever sends it."""

    _value: str = field(repr=False)

    def __str__(self) -> str:
        return "•••"

    def __repr__(self) -> str:
        return "Secret(•••)"

    def reveal(self) -> str:
        return self._value


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is kept: the name of a variable, or a path relative to the main file."""

    kind: str
    name: str


Kind = Literal["http", "tcp", "tls", "dns", "icmp", "heartbeat"]
TlsVersion = Literal["1.2", "1.3"]
RecordType = Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]
StartTls = Literal["ftp", "imap", "ldap", "pop3", "postgres", "smtp"]
Family = Literal["any", "ipv4", "ipv6"]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate that the monitor shows, and its key: files in PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy of ours, `http://host:port`, and what it is shown of who we are."""

    url: str
    authorization: Secret | None = None


@dataclass(frozen=True, slots=True)
class Http:
    """How a URL is asked. Basic and bearer credentials are headers by now."""

    kind: ClassVar[Kind] = "http"
    method: str = "GET"
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    body: str | Secret | None = None
    redirects: int = 5
    body_limit: int = 65_536
    verify_tls: bool = True
    family: Family = "any"
    certificate: ClientCertificate | None = None
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """One step of a dialogue: what is sent, and the RE2 pattern that the answer must match."""

    send: str | Secret | None = None
    expect: str | None = None


@dataclass(frozen=True, slots=True)
class Tcp:
    """How a port is tried: connected to, and talked with where a dialogue is written."""

    kind: ClassVar[Kind] = "tcp"
    dialogue: tuple[Say, ...] = ()
    starttls: StartTls | None = None
    verify_tls: bool = True
    family: Family = "any"


@dataclass(frozen=True, slots=True)
class Tls:
    """How a handshake is made: with the server of which name, in which version at least."""

    kind: ClassVar[Kind] = "tls"
    server_name: str | None = None
    minimum: TlsVersion | None = None
    verify_tls: bool = True
    family: Family = "any"


@dataclass(frozen=True, slots=True)
class Dns:
    """What is asked of which name server: `server` is `address:port`, None for the system's own."""

    kind: ClassVar[Kind] = "dns"
    type: RecordType = "A"
    server: str | None = None


def answer(text: str, type: RecordType) -> str:
    """An answer as it is compared: names in small letters and without their last dot."""
    return text if type in ("TXT", "CAA") else text.lower().rstrip(".")


@dataclass(frozen=True, slots=True)
class Icmp:
    """How a host is asked for an echo."""

    kind: ClassVar[Kind] = "icmp"
    family: Family = "any"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When a job calls us: every so many ms, or at the times of a cron line in a zone; `grace` in ms."""

    kind: ClassVar[Kind] = "heartbeat"
    token: Secret
    every: Ms | None = None
    cron: str | None = None
    zone: str = "UTC"
    grace: Ms = 0


How = Http | Tcp | Tls | Dns | Icmp | Heartbeat


@lru_cache(maxsize=65_536)
def host_of(target: str) -> str:
    """The host of a URL, of `host:port`, or of a name; in small letters."""
    if "://" in target:
        return intern((urlsplit(target).hostname or target).lower())
    name, colon, port = target.rpartition(":")
    return intern((name if colon and port.isdigit() else target).strip("[]").lower())


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing to probe. `target` is a URL for http, `host:port` for tcp and tls, a name for dns
    and icmp, "" for a heartbeat."""

    id: str
    target: str
    interval: Ms
    timeout: Ms
    expectation: Expectation
    confirmation: Confirmation
    how: How = field(default_factory=Http)
    was: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """Which protocol it is probed by."""
        return self.how.kind

    @property
    def shakes_hands(self) -> bool:
        """Whether a TLS handshake is part of an attempt."""
        how = self.how
        upgraded = isinstance(how, Tcp) and how.starttls is not None
        return self.target.startswith("https:") or isinstance(how, Tls) or upgraded

    @property
    def is_certified(self) -> bool:
        """Whether an answer comes with a certificate that is verified."""
        return self.shakes_hands and isinstance(self.how, Http | Tcp | Tls) and self.how.verify_tls
