"""A desk to sit at: a clock that stands, and the program as people call it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.agreements.budget import Budget, Exposure
from monitor.cli.app import makegood
from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import instant
from monitor.statements.standing import AgreementHealth
from monitor.statements.status import ServiceStatus, Status
from monitor.store import open_store
from monitor.store.protocol import Holder


@dataclass
class StandingClock:
    """A clock that shows what it was set to."""

    at: Ms

    def now(self) -> Ms:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1_000

    def suspended(self) -> float:
        return 0.0


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
        "since": at("2026-10-26T14:16:46+01:00"),
        "p95": 963,
        "limit": 3_000,
        "days": tuple("." * 20 + "x" + "." * 9),
    }
    return ServiceStatus(**{**values, **more})


def seen(*services: ServiceStatus, **more: object) -> Status:
    """What the operator sees on a Wednesday in Berlin."""
    values: dict[str, object] = {
        "coverage": Fraction(999_940, 1_000_000),
        "as_of": at("2026-11-18T10:42:06+01:00"),
        "running": True,
        "now": at("2026-11-18T10:42:07+01:00"),
        "zone": "Europe/Berlin",
    }
    return Status(services=services, **{**values, **more})


CONFIG = """
[monitor]
database = "evidence.db"
reports = "papers"

[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.web]
url = "http://127.0.0.1:1/"
interval = "1h"
timeout = "10s"

[endpoint.search-web]
url = "http://127.0.0.1:1/search"
interval = "1h"
timeout = "10s"

[service.checkout]
title = "Checkout"
up_when = { all = ["web"] }

[service.search]
title = "Search"
up_when = { all = ["search-web"] }

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[customer.muster]
name = "Muster AG"
timezone = "Europe/Berlin"
currency = "CHF"

[sla.gold]
title = "Gold"
commitment = "99.9%"
exclude = [{ what = "scheduled maintenance", notice = "48h", at_most = "4h per month" }]
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
limits = "25% per period"

[agreement.acme-checkout]
customer = "acme"
service = "checkout"
sla = "gold"
monthly_fee = "1200.00"
from = 2026-01-01

[agreement.muster-search]
customer = "muster"
service = "search"
sla = "gold"
monthly_fee = "4800.00"
from = 2026-01-01
"""

BEGAN = at("2026-09-30T00:00Z")
REACHED = at("2026-11-18T10:42:06+01:00")
DOWN = {
    "web": [
        (at("2026-10-06T12:00Z"), at("2026-10-06T14:00Z")),
        (at("2026-11-18T09:00Z"), REACHED + HOUR),
    ],
    "search-web": [],
}


def checks(lane: int, epoch: int, down: list[tuple[Ms, Ms]]) -> list[Check]:
    """A check an hour from the last day of September on, failing where it says."""
    out = []
    for slot, begun in enumerate(range(BEGAN, REACHED, HOUR)):
        bad = any(start <= begun < end for start, end in down)
        seen = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
        out.append(Check(lane, epoch, slot, 0, begun, *seen, 2 * HOUR + 10 * SECOND, None if bad else 420))
    return out


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and seven weeks of evidence, made once and never written to again.

    Checkout was down for two hours on 6 October and is down now; Search never was.
    """
    folder = tmp_path_factory.mktemp("history")
    (folder / "makegood.toml").write_text(CONFIG, encoding="utf-8")
    plan = load_plan(folder / "makegood.toml", environ={})
    with open_store(plan.settings.database, create=True).writer(Holder(1, "host", "test", BEGAN)) as writer:
        epoch = writer.epoch(BEGAN)
        for endpoint, down in DOWN.items():
            lane = writer.lane(endpoint, plan.settings.location, since=BEGAN)
            writer.append(checks(lane, epoch, down))
        writer.alive(REACHED)
        writer.seal(REACHED)
    return folder


@pytest.fixture
def house(history: Path, tmp_path: Path) -> Path:
    """A copy of the history to work in."""
    shutil.copytree(history, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="session")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house between two contracts, made once and never written to again."""
    from tests.cli.between import built

    return built(tmp_path_factory.mktemp("bought"))


@pytest.fixture
def between(bought: Path, tmp_path: Path) -> Path:
    """A copy of that house to work in."""
    shutil.copytree(bought, tmp_path, dirs_exist_ok=True)
    return tmp_path


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
