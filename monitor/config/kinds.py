"""Step three, the kinds of probe: which key belongs to which, and what their keys come to.

An endpoint is of the kind whose target it says, and of one kind only. Secrets are read here.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from monitor.config import expect_text, headers
from monitor.config.endpoint import (
    ClientCertificate,
    Dns,
    Endpoint,
    Heartbeat,
    How,
    Http,
    Icmp,
    Kind,
    Proxy,
    Say,
    Secret,
    Tcp,
    Tls,
    answer,
)
from monitor.config.plan import Reference
from monitor.config.probe_tables import BasicTable, DefaultsTable, EndpointTable, ExpectTable
from monitor.config.problems import Fault, Where
from monitor.core.checks import Expectation, Rule
from monitor.records import dataclass

REDIRECTS = 5
BODY_LIMIT = 65_536
ANSWERED = ((200, 299),)
LARGEST_JSON = 262_144
BODILESS = ("GET", "HEAD")

TARGETS: Final[Mapping[str, Kind]] = {
    "url": "http",
    "tcp": "tcp",
    "tls": "tls",
    "dns": "dns",
    "icmp": "icmp",
    "heartbeat": "heartbeat",
}
"""The key that makes an endpoint of a kind."""
OWNERS: Final[Mapping[str, tuple[Kind, ...]]] = {
    **dict.fromkeys(("method", "headers", "basic", "bearer", "body", "certificate"), ("http",)),
    **dict.fromkeys(("proxy", "proxy_basic"), ("http",)),
    **dict.fromkeys(("redirects", "body_limit"), ("http",)),
    **dict.fromkeys(("timeout", "confirm"), ("http", "tcp", "tls", "dns", "icmp")),
    "verify_tls": ("http", "tcp", "tls"),
    "family": ("http", "tcp", "tls", "icmp"),
    **dict.fromkeys(("type", "server"), ("dns",)),
    **dict.fromkeys(("dialogue", "starttls"), ("tcp",)),
    **dict.fromkeys(("server_name", "minimum"), ("tls",)),
    **dict.fromkeys(("every", "timezone", "grace"), ("heartbeat",)),
}
"""The kinds that a key belongs to; every other key belongs to all."""
EXPECTED: Final[Mapping[str, tuple[Kind, ...]]] = {
    **dict.fromkeys(("status", "matches", "lacks_match"), ("http",)),
    **dict.fromkeys(("contains", "lacks"), ("http", "dns")),
    "answers": ("dns",),
    **dict.fromkeys(("json_", "headers", "size", "redirect"), ("http",)),
    "certificate_days": ("http", "tcp", "tls"),
    "slower_than": ("http", "tcp", "tls", "dns", "icmp"),
}
"""The same of the keys of `expect`."""
_TOKEN = re.compile(r"[A-Za-z0-9_.~-]{16,256}")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where secrets are read, and where it goes if one cannot be. Without an `environ` none is read."""

    environ: Mapping[str, str] | None
    folder: Path
    faults: list[Fault]

    def read(self, kept: Reference, where: Where, *, lines: bool = False) -> Secret | None:
        """The secret, or None and a fault."""
        if self.environ is None:
            return None
        try:
            return headers.secret(kept, environ=self.environ, folder=self.folder, lines=lines)
        except ValueError as error:
            self.faults.append(Fault(where, str(error)))
            return None


def kind_of(table: EndpointTable) -> Kind:
    """The kind of an endpoint; http where none is said."""
    return next((kind for key, kind in TARGETS.items() if getattr(table, key) is not None), "http")


def how(table: EndpointTable, defaults: DefaultsTable | None, where: Where, secrets: Secrets) -> How:
    """How the endpoint is probed."""
    kind = kind_of(table)
    if kind == "heartbeat":
        return _heartbeat(table, where, secrets)
    if kind == "http":
        return _http(table, defaults, where, secrets)
    if kind == "dns":
        return Dns(type=table.type or "A", server=table.server)
    if kind == "icmp":
        return Icmp(family=table.family or "any")
    verify = _verify(table, defaults)
    if kind == "tls":
        name, least = table.server_name, table.minimum
        return Tls(server_name=name, minimum=least, verify_tls=verify, family=table.family or "any")
    return replace(_tcp(table, where, secrets), verify_tls=verify)


def _verify(table: EndpointTable, defaults: DefaultsTable | None) -> bool:
    shared = None if defaults is None else defaults.verify_tls
    return next((each for each in (table.verify_tls, shared) if each is not None), True)


def _tcp(table: EndpointTable, where: Where, secrets: Secrets) -> Tcp:
    steps = []
    for number, step in enumerate(table.dialogue or ()):
        send: str | Secret | None
        if isinstance(step.send, Reference):
            send = secrets.read(step.send, (*where, "dialogue", number, "send"), lines=True)
        else:
            send = step.send
        steps.append(Say(send, step.expect))
    return Tcp(dialogue=tuple(steps), starttls=table.starttls, family=table.family or "any")


def _http(table: EndpointTable, defaults: DefaultsTable | None, where: Where, secrets: Secrets) -> Http:
    def either(name: str, builtin: int) -> int:
        own, shared = getattr(table, name), getattr(defaults, name, None)
        return int(own if own is not None else shared if shared is not None else builtin)

    return Http(
        method=table.method or "GET",
        headers={**_headers(table, where, secrets), **_authorization(table, where, secrets)},
        body=_body(table, where, secrets),
        redirects=either("redirects", REDIRECTS),
        body_limit=either("body_limit", BODY_LIMIT),
        verify_tls=_verify(table, defaults),
        family=table.family or "any",
        certificate=_certificate(table, where, secrets),
        proxy=_proxy(table, where, secrets),
    )


def _proxy(table: EndpointTable, where: Where, secrets: Secrets) -> Proxy | None:
    if table.proxy is None:
        return None
    if table.proxy_basic is None:
        return Proxy(table.proxy)
    return Proxy(table.proxy, _basic(table.proxy_basic, (*where, "proxy_basic"), secrets))


def _basic(table: BasicTable, where: Where, secrets: Secrets) -> Secret | None:
    """A user and a password as they are sent in a header."""
    password = secrets.read(table.password, (*where, "password"))
    if password is None:
        return None
    return Secret(f"Basic {b64encode(f'{table.user}:{password.reveal()}'.encode()).decode()}")


def _headers(table: EndpointTable, where: Where, secrets: Secrets) -> dict[str, str | Secret]:
    sent: dict[str, str | Secret] = {}
    for key, header in (table.headers or {}).items():
        if isinstance(header, Reference):
            found = secrets.read(header, (*where, "headers", key))
            if found is not None:
                sent[key] = found
        elif secrets.environ is not None:
            sent[key] = header
    return sent


def _authorization(table: EndpointTable, where: Where, secrets: Secrets) -> dict[str, Secret]:
    """The header that basic or bearer credentials are sent in."""
    if table.basic is not None:
        shown = _basic(table.basic, (*where, "basic"), secrets)
        if shown is not None:
            return {"Authorization": shown}
    elif table.bearer is not None:
        token = secrets.read(table.bearer, (*where, "bearer"))
        if token is not None:
            return {"Authorization": Secret(f"Bearer {token.reveal()}")}
    return {}


def _body(table: EndpointTable, where: Where, secrets: Secrets) -> str | Secret | None:
    if isinstance(table.body, Reference):
        return secrets.read(table.body, (*where, "body"), lines=True)
    return table.body


def _certificate(table: EndpointTable, where: Where, secrets: Secrets) -> ClientCertificate | None:
    """The certificate that we show. It is read here to see that it can be, and again by who shows it."""
    if table.certificate is None:
        return None
    cert, key = secrets.folder / table.certificate.cert, secrets.folder / table.certificate.key
    if secrets.environ is not None:
        import ssl  # few files name a certificate

        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert, key, password=str)
        except ssl.SSLError:
            message = "these are no certificate and its key: two files in PEM, the key without a password"
            secrets.faults.append(Fault((*where, "certificate"), message))
        except OSError as error:
            message = f"cert or key cannot be read: {(error.strerror or 'unknown error').lower()}"
            secrets.faults.append(Fault((*where, "certificate"), message))
    return ClientCertificate(cert, key)


def _heartbeat(table: EndpointTable, where: Where, secrets: Secrets) -> Heartbeat:
    token = secrets.read(table.heartbeat, (*where, "heartbeat")) if table.heartbeat else None
    if token is not None and not _TOKEN.fullmatch(token.reveal()):
        message = (
            "this token can be guessed, or stands in no address: 16 to 256 letters, digits, - and _, as of "
            'python3 -c "import secrets; print(secrets.token_urlsafe(16))"'
        )
        secrets.faults.append(Fault((*where, "heartbeat"), message))
    return Heartbeat(
        token=token or Secret(""),
        every=table.every if isinstance(table.every, int) else None,
        cron=table.every if isinstance(table.every, str) else None,
        zone=table.timezone or "UTC",
        grace=table.grace or 0,
    )


def expectation(table: ExpectTable, how: How) -> Expectation:
    """What an answer must be; the rules in the order in which they are looked at."""
    rules = (
        *(_answers(table, how) if isinstance(how, Dns) else ()),
        *(Rule("pattern", each, "present") for each in table.matches),
        *(Rule("pattern", each, "absent") for each in table.lacks_match),
        *table.json_,
        *table.headers,
        *table.size,
        *table.redirect,
        *table.certificate_days,
    )
    slow = None if table.slower_than is None else table.slower_than * 10
    return Expectation(table.status or ANSWERED, table.contains, table.lacks, slow, rules)


def _answers(table: ExpectTable, how: Dns) -> tuple[Rule, ...]:
    """What a name server must answer: something, unless it is said what."""
    wanted = table.answers or ("present",)
    if wanted in (("present",), ("absent",)):
        return (Rule("answer", "", "present" if wanted == ("present",) else "absent"),)
    return (Rule("answer", "", "==", "\n".join(sorted({answer(each, how.type) for each in wanted}))),)


def kind_faults(where: Where, table: EndpointTable, endpoint: Endpoint) -> Iterator[Fault]:
    """What an endpoint says of another kind, or does not say of its own."""
    said = [key for key in TARGETS if getattr(table, key) is not None]
    if len(said) != 1:
        hint = (
            'write url = "https://www.example.com/", tcp = "db.example.com:5432", '
            'tls = "www.example.com:443", dns = "example.com", icmp = "192.0.2.1" '
            'or heartbeat = { env = "NAME" }'
        )
        what = f"not {_listed(said)}" if said else "not none"
        yield Fault(where, f"an endpoint has one of {_listed(tuple(TARGETS))}, {what}: {hint}")
        return
    yield from _foreign(where, table, endpoint.kind)
    yield from _other_family(where, table)
    yield from _unproved(where, table, endpoint)
    if isinstance(endpoint.how, Http):
        yield from _http_faults(where, table, endpoint.how)
        yield from _unreachable(where, endpoint, endpoint.how)
        yield from _too_much(where, table, endpoint.how)
    if isinstance(endpoint.how, Heartbeat):
        yield from _heartbeat_faults(where, table)


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _foreign(where: Where, table: EndpointTable, kind: Kind) -> Iterator[Fault]:
    """The keys of other kinds."""
    found: list[tuple[tuple[str, ...], tuple[Kind, ...]]]
    found = [((key,), OWNERS[key]) for key in OWNERS if getattr(table, key) is not None]
    own = ExpectTable.model_fields
    found += [
        (("expect", own[key].alias or key), EXPECTED[key])
        for key in EXPECTED
        if getattr(table.expect, key) not in (None, ())
    ]
    for path, owners in found:
        if kind not in owners:
            message = f"belongs to {_listed(owners)}, and this endpoint is {kind}: take it out"
            yield Fault((*where, *path), message)


def _other_family(where: Where, table: EndpointTable) -> Iterator[Fault]:
    """An address of one family, to be reached by the other."""
    host = urlsplit(table.url or f"//{table.tcp or table.tls or ''}").hostname or ""
    try:
        own = f"ipv{ip_address(host).version}"
    except ValueError:
        return
    if table.family not in (None, "any", own):
        yield Fault((*where, "family"), f'the address is {own}: write family = "{own}", or take it out')


def _http_faults(where: Where, table: EndpointTable, how: Http) -> Iterator[Fault]:
    named = any(key.lower() == "authorization" for key in table.headers or ())
    ways = [key for key in ("basic", "bearer") if getattr(table, key) is not None]
    ways += ["headers.Authorization"] if named else []
    if len(ways) > 1:
        yield Fault((*where, ways[0]), f"{' and '.join(ways)} are sent in one header: keep one of them")
    if table.certificate is not None and (table.url or "").startswith("http://"):
        yield Fault((*where, "certificate"), 'is shown over https alone: write url = "https://…"')
    if table.proxy_basic is not None and table.proxy is None:
        yield Fault((*where, "proxy_basic"), 'is shown to no proxy: write proxy = "http://proxy:3128"')
    if table.body is not None and how.method in BODILESS:
        yield Fault((*where, "body"), f'{how.method} carries no body: write method = "POST"')
    if how.method == "HEAD" and any(
        (table.expect.contains, table.expect.matches, table.expect.json_, table.expect.size)
    ):
        yield Fault((*where, "method"), 'an answer to HEAD has no body to look at: write method = "GET"')


def _unproved(where: Where, table: EndpointTable, endpoint: Endpoint) -> Iterator[Fault]:
    """The days of a certificate that nobody shows, or nobody looks at."""
    if not table.expect.certificate_days:
        return
    path = (*where, "expect", "certificate_days")
    if endpoint.kind == "tcp" and not endpoint.shakes_hands:
        yield Fault(path, 'no certificate is shown: write tls = "…" for tcp, or starttls = "smtp"')
    elif endpoint.target.startswith("http://"):
        yield Fault(path, 'this address shows no certificate: write url = "https://…", or take it out')
    elif endpoint.shakes_hands and not endpoint.is_certified:
        yield Fault(path, "a certificate that may be anything has no days: write verify_tls = true")


def _too_much(where: Where, table: EndpointTable, how: Http) -> Iterator[Fault]:
    """What would keep every other endpoint waiting while a hostile answer is looked through."""
    expect = table.expect
    for key in ("matches", "lacks_match"):
        total = sum(expect_text.steps(each) for each in getattr(expect, key)) * how.body_limit
        if total > expect_text.MOST_STEPS * BODY_LIMIT:
            message = f"with body_limit = {how.body_limit} this {expect_text.TOO_MUCH}, or lower body_limit"
            yield Fault((*where, "expect", key), message)
    if expect.json_ and how.body_limit > LARGEST_JSON:
        message = f"JSON is read up to {LARGEST_JSON} bytes: write body_limit = {LARGEST_JSON}, or less"
        yield Fault((*where, "expect", "json"), message)


def _unreachable(where: Where, endpoint: Endpoint, how: Http) -> Iterator[Fault]:
    """Bounds on a size beyond what is read of an answer: nobody could tell."""
    for rule in endpoint.expectation.rules:
        if rule.extract == "size" and isinstance(rule.value, int) and rule.value >= how.body_limit:
            message = f"{rule.value} is not below body_limit, {how.body_limit}: write a larger body_limit"
            yield Fault((*where, "expect", "size"), message)


def _heartbeat_faults(where: Where, table: EndpointTable) -> Iterator[Fault]:
    if table.every is None:
        yield Fault(where, 'how often the job ends is not said: write every = "24h" or every = "0 2 * * *"')
    if table.grace is None:
        yield Fault(where, 'how late the job may end is not said: write grace = "15m"')
    if table.timezone is not None and isinstance(table.every, int):
        yield Fault((*where, "timezone"), "a period has no time zone, a cron line has: take it out")


def token_faults(found: Mapping[str, Endpoint]) -> Iterator[Fault]:
    """Two jobs with one address."""
    holders: dict[str, str] = {}
    for key, endpoint in found.items():
        token = endpoint.how.token.reveal() if isinstance(endpoint.how, Heartbeat) else ""
        if token and holders.setdefault(token, key) != key:
            message = f"has the token of {holders[token]}, and each job has its own: write another"
            yield Fault(("endpoint", key, "heartbeat"), message)
