"""A desk to sit at: a clock that stands, and the program as people call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.agreements.budget import Budget, Exposure
from monitor.cli.app import makegood
from monitor.core.checks import Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import instant
from monitor.statements.status import ServiceStatus, Status
from monitor.statements.value import AgreementHealth


@dataclass
class StandingClock:
    """A clock that shows what it was set to."""

    at: Ms

    def now(self) -> Ms:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1_000


Cli = Callable[..., Result]


def at(text: str) -> Ms:
    """An instant with its offset: `2026-11-18T10:42:07+01:00`."""
    return instant(datetime.fromisoformat(text))


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(at("2026-11-18T10:42:07+01:00"))


@pytest.fixture
def cli(clock: StandingClock, tmp_path: Path) -> Cli:
    """Call the program: `cli("status")`. It works in `tmp_path` on `makegood.toml`."""

    def call(
        *words: str, config: Path = tmp_path / "makegood.toml", env: dict[str, str] | None = None
    ) -> Result:
        return CliRunner().invoke(makegood, ["--config", str(config), *words], obj=clock, env=env)

    return call


def health(**more: object) -> AgreementHealth:
    """ACME's Checkout: 40 of 50 minutes used, 60 % of the month gone."""
    values: dict[str, object] = {
        "agreement": "acme-checkout",
        "customer": "ACME GmbH",
        "service": "Checkout",
        "commitment": Bound(">=", Fraction(999, 1000)),
        "target": None,
        "availability": Fraction(9991, 10_000),
        "met": True,
        "target_met": None,
        "coverage": Fraction(1),
        "fee": Money(Fraction(1200), "EUR"),
        "budget": Budget(50 * MINUTE, 40 * MINUTE, 10 * MINUTE, Fraction(4, 3), None, Fraction(6, 10)),
        "exposure": Exposure(Amount(0, "EUR"), 10 * MINUTE + 1, Amount(12_000, "EUR")),
        "steps": (),
    }
    return AgreementHealth(**{**values, **more})


def service(**more: object) -> ServiceStatus:
    """Catalogue API, up, quick, one day of downtime in five."""
    values: dict[str, object] = {
        "id": "catalogue",
        "title": "Catalogue API",
        "state": State.UP,
        "reason": Reason.OK,
        "since": at("2026-10-06T14:16:46+02:00"),
        "p95": 963,
        "limit": 3_000,
        "days": tuple("." * 20 + "x" + "." * 9),
    }
    return ServiceStatus(**{**values, **more})


def seen(*services: ServiceStatus, **more: object) -> Status:
    """What the operator sees on a Wednesday in Berlin."""
    values: dict[str, object] = {
        "coverage": Fraction(999_940, 1_000_000),
        "as_of": at("2026-11-18T10:42:00+01:00"),
        "running": True,
        "now": at("2026-11-18T10:42:07+01:00"),
        "zone": "Europe/Berlin",
    }
    return Status(services=services, **{**values, **more})


@pytest.fixture
def made():
    """The builders of this folder: values with everything usual in them."""

    class Made:
        SECOND, MINUTE, HOUR = SECOND, MINUTE, HOUR
        at = staticmethod(at)
        health = staticmethod(health)
        service = staticmethod(service)
        seen = staticmethod(seen)

    return Made
