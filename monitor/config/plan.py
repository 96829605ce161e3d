"""What a configuration comes to once it is valid: frozen values that every other room reads.

Nothing here knows TOML or pydantic. Mappings are keyed by the TOML table key, which is the identity of a
thing; `name` and `title` are free text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from monitor.agreements.pipeline import Clause, Contract
from monitor.core.checks import Confirmation, Expectation
from monitor.core.intervals import Ms, Spans
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.services import Expression
from monitor.core.windows import Recurrence


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that prints as dots wherever it goes; `reveal()` is for the probe alone."""

    _value: str = field(repr=False)

    def __str__(self) -> str:
        return "•••"

    def __repr__(self) -> str:
        return "Secret(•••)"

    def reveal(self) -> str:
        return self._value


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing to probe. `target` is a URL for http, `host:port` for tcp."""

    id: str
    kind: Literal["http", "tcp"]
    target: str
    interval: Ms
    timeout: Ms
    expectation: Expectation
    confirmation: Confirmation
    method: str = "GET"
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    redirects: int = 5
    body_limit: int = 65_536
    verify_tls: bool = True
    was: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """What is promised: an expression over endpoints, nested services already resolved into it."""

    id: str
    title: str
    up_when: Expression


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A planned window as the file states it; the journal says when it was recorded."""

    id: str
    title: str
    services: tuple[str, ...]
    rule: Recurrence


@dataclass(frozen=True, slots=True)
class Party:
    """The issuer or a customer, as it is printed."""

    name: str
    address: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is paid a credit."""

    id: str
    party: Party
    zone: str
    currency: str
    locale: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of an agreement from a day on (a period that starts on or after it uses them)."""

    start: date
    sla: str
    sla_title: str
    version: str
    contract: Contract
    commitment: Bound

    @property
    def clause(self) -> Clause:
        """The only promise of an ordinary contract; ValueError where there are several."""
        ((_, clause),) = self.contract.promises
        return clause


@dataclass(frozen=True, slots=True)
class FeeTerm:
    """The monthly fee from a local day on."""

    start: date
    monthly: Money


@dataclass(frozen=True, slots=True)
class Agreement:
    """Customer × service × SLA × fee × dates. `until` is a day that is included."""

    id: str
    customer: str
    service: str
    zone: str
    currency: str
    start: date
    until: date | None
    terms: tuple[Terms, ...]
    fees: tuple[FeeTerm, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """An internal objective, never shown to a customer."""

    id: str
    service: str
    objective: Bound
    owner: str
    protects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """The monitor's own settings."""

    database: Path
    reports: Path
    location: str = "local"


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole configuration."""

    path: Path
    settings: Settings
    issuer: Party
    endpoints: Mapping[str, Endpoint]
    services: Mapping[str, Service]
    maintenance: Mapping[str, Maintenance]
    customers: Mapping[str, Customer]
    agreements: Mapping[str, Agreement]
    targets: Mapping[str, Target]
    warnings: tuple[str, ...] = ()


__all__ = [
    "Agreement", "Customer", "Endpoint", "FeeTerm", "Maintenance", "Party", "Plan", "Secret", "Service",
    "Settings", "Spans", "Target", "Terms",
]  # fmt: skip
