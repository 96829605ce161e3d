"""A house with a month behind it, and an office that issues: real files, a standing clock."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.core.intervals import Ms
from monitor.ledger.press import Office
from monitor.printing import press
from monitor.store import open_store
from monitor.store.protocol import Holder
from tests.ledger.house import BEGAN, CUSTOMERS, EACH, HEAD, NOW, REACHED, checks


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """acme was down for two hours in October: 10 % of 1,200.00 EUR. The others never were."""
    folder = tmp_path_factory.mktemp("ledger")
    config = folder / "makegood.toml"
    config.write_text(HEAD + "".join(EACH.format(id=id, currency=code) for id, code in CUSTOMERS.items()))
    plan = load_plan(config, environ={})
    with open_store(plan.settings.database, create=True).writer(Holder(1, "host", "test", BEGAN)) as writer:
        epoch = writer.epoch(BEGAN)
        for id in CUSTOMERS:
            lane = writer.lane(f"{id}-web", plan.settings.location, since=BEGAN)
            writer.append(checks(lane, epoch, failing=id == "acme"))
        writer.alive(REACHED)
        writer.seal(REACHED)
    return folder


MakeOffice = Callable[..., Office]


@pytest.fixture
def house(history: Path, tmp_path: Path) -> Path:
    """A copy of the history to work in."""
    shutil.copytree(history, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def office(house: Path) -> MakeOffice:
    """An office in that house: `office("[statements] …", now=…)`; text is appended to the configuration."""

    def make(more: str = "", *, now: Ms = NOW, **replaced: str) -> Office:
        config = house / "makegood.toml"
        text = config.read_text() + more
        for old, new in replaced.items():
            text = text.replace(old, new)
        config.write_text(text)
        plan = load_plan(config, environ={})
        return Office(plan, open_store(plan.settings.database), press(), now, "ines")

    return make
