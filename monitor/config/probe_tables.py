"""Step two, the measured half: the tables that say what is probed, and how.

An endpoint is of one kind by the target that it says; which keys are of which kind is checked in step three.
"""

# ruff: noqa: RUF012  pydantic copies the default of a field
from typing import Annotated, Self, get_args

from pydantic import Field, model_validator

from monitor.config import expect_text, values
from monitor.config import headers as sent
from monitor.config.endpoint import Family, RecordType, StartTls, TlsVersion
from monitor.config.plan import Reference
from monitor.config.problems import Refused
from monitor.config.table import Duration, Name, Table, Text, Texts, Zone, as_written, read_by, words
from monitor.core.checks import Rule
from monitor.core.intervals import Ms


class ConfirmTable(Table):
    """`confirm = { failures = 2, of = 3, pause = "1s" }`"""

    failures: int = Field(default=2, ge=1, le=20)
    of: int = Field(default=3, ge=1, le=20)
    pause: Annotated[Ms, read_by(values.pause)] = as_written("1s")

    @model_validator(mode="after")
    def possible(self) -> Self:
        """As many failures as asked for must be able to happen."""
        if self.failures > self.of:
            raise Refused(
                f"{self.failures} failures of {self.of} attempts cannot happen: lower failures or raise of"
            )
        return self


Patterns = Annotated[tuple[str, ...], read_by(expect_text.patterns, str | list[str])]
Compared = str | int | float | bool | list[str]


class ExpectTable(Table):
    """`expect = { status = "2xx", contains = "ok" }`"""

    status: (
        Annotated[tuple[tuple[int, int], ...], read_by(values.statuses, int | str | list[int | str])] | None
    ) = None
    contains: Texts = ()
    lacks: Texts = ()
    matches: Patterns = ()
    lacks_match: Patterns = ()
    json_: Annotated[tuple[Rule, ...], read_by(expect_text.paths, dict[str, Compared])] = Field(
        default=(), alias="json"
    )
    headers: Annotated[tuple[Rule, ...], read_by(expect_text.headers, dict[str, Compared])] = ()
    size: Annotated[tuple[Rule, ...], read_by(expect_text.size, int | str | list[int | str])] = ()
    redirect: Annotated[tuple[Rule, ...], read_by(expect_text.redirect)] = ()
    certificate_days: Annotated[tuple[Rule, ...], read_by(expect_text.days)] = ()
    answers: Annotated[tuple[str, ...], read_by(expect_text.answers, str | list[str])] | None = None
    slower_than: Duration | None = None


class ProbeKeys(Table):
    """What `[defaults]` can say for every endpoint."""

    interval: Annotated[Ms, read_by(values.interval)] | None = None
    timeout: Duration | None = None
    confirm: ConfirmTable | None = None
    redirects: int | None = Field(default=None, ge=0, le=20)
    body_limit: int | None = Field(default=None, ge=0, le=16_777_216)
    verify_tls: bool | None = None


class DefaultsTable(ProbeKeys):
    """`[defaults]`"""


Kept = Annotated[Reference, read_by(sent.reference, dict[str, str])]


class BasicTable(Table):
    """`basic = { user = "monitor", password = { env = "NAME" } }`"""

    user: Annotated[str, read_by(sent.user)] = Field(examples=['"monitor"'])
    password: Kept = Field(examples=['{ env = "NAME" }'])


class CertificateTable(Table):
    """`certificate = { cert = "client.pem", key = "client.key" }`"""

    cert: Text = Field(examples=['"client.pem"'])
    key: Text = Field(examples=['"client.key"'])


class SayTable(Table):
    """`{ send = "QUIT\\r\\n", expect = "^221 " }`"""

    send: Annotated[str | Reference, read_by(sent.body, str | dict[str, str])] | None = None
    expect: Annotated[str, read_by(expect_text.pattern)] | None = None

    @model_validator(mode="after")
    def something(self) -> Self:
        """A step does something."""
        if self.send is None and self.expect is None:
            raise Refused('a step sends or expects: write { expect = "^220 " } or { send = "QUIT\\r\\n" }')
        return self


class EndpointTable(ProbeKeys):
    """`[endpoint.ID]`"""

    url: Annotated[str, read_by(values.url)] | None = None
    tcp: Annotated[str, read_by(values.tcp)] | None = None
    tls: Annotated[str, read_by(values.tls)] | None = None
    dns: Annotated[str, read_by(values.dns_name)] | None = None
    icmp: Annotated[str, read_by(values.pinged)] | None = None
    heartbeat: Kept | None = None
    family: Annotated[Family, words("any", "ipv4", "ipv6")] | None = None
    every: Annotated[Ms | str, read_by(values.schedule)] | None = None
    timezone: Zone | None = None
    grace: Duration | None = None
    basic: BasicTable | None = None
    bearer: Kept | None = None
    certificate: CertificateTable | None = None
    proxy: Annotated[str, read_by(values.proxy)] | None = None
    proxy_basic: BasicTable | None = None
    type: Annotated[RecordType, words(*get_args(RecordType))] | None = None
    server: Annotated[str, read_by(values.name_server)] | None = None
    server_name: Annotated[str, read_by(values.server_name)] | None = None
    minimum: Annotated[TlsVersion, words("1.2", "1.3")] | None = None
    starttls: Annotated[StartTls, words("ftp", "imap", "ldap", "pop3", "postgres", "smtp")] | None = None
    dialogue: list[SayTable] | None = Field(default=None, min_length=1, max_length=20)
    body: Annotated[str | Reference, read_by(sent.body, str | dict[str, str])] | None = None
    method: Annotated[str, read_by(values.method)] | None = None
    headers: (
        Annotated[dict[str, sent.Header], read_by(sent.headers, dict[str, str | dict[str, str]])] | None
    ) = None
    expect: ExpectTable = Field(default_factory=dict, validate_default=True)
    labels: dict[str, Text] = {}
    was: list[Name] = []


class SentinelTable(Table):
    """`[sentinel.ID]`: what an endpoint says of how it is asked, and no more."""

    url: Annotated[str, read_by(values.url)] | None = None
    tcp: Annotated[str, read_by(values.tcp)] | None = None
    tls: Annotated[str, read_by(values.tls)] | None = None
    interval: Annotated[Ms, read_by(values.interval)] | None = None
    timeout: Duration | None = None
    redirects: int | None = Field(default=None, ge=0, le=20)
    verify_tls: bool | None = None
    family: Annotated[Family, words("any", "ipv4", "ipv6")] | None = None
    expect: ExpectTable = Field(default_factory=dict, validate_default=True)
