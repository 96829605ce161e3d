"""The demonstration tells a story that can be foretold, and keeps its hands off what is not its own."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.app import makegood
from monitor.config import load_plan
from monitor.core.checks import Reason, State
from monitor.core.intervals import DAY, SECOND
from monitor.core.money import Amount
from monitor.core.periods import month_of
from monitor.demo import history as past
from monitor.demo.configuration import configuration
from monitor.demo.run import MARKER, NEXT, run
from monitor.demo.targets import HOST, Schedule, Targets
from monitor.demo.view import changes, look, page
from monitor.errors import ConfigError
from monitor.statements.build import statement
from monitor.statements.status import ServiceStatus
from monitor.store import open_store
from monitor.store.protocol import Holder

ZONE = "Europe/Berlin"
NOW = month_of(1_795_600_000_000, ZONE).span.start + 20 * DAY  # in November 2026


class Standing:
    """A clock that shows when the demonstration was made."""

    def now(self) -> int:
        return NOW


PORTS = {"shop": 1001, "payments": 1002, "search": 1003}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory):
    """The demonstration's configuration and generated history, as `makegood demo` lays them out."""
    root: Path = tmp_path_factory.mktemp("demo")
    generated = past.history(NOW, ZONE, 3 * SECOND)
    config = root / "makegood.toml"
    config.write_text(configuration(PORTS, date(2026, 9, 1)))
    plan = load_plan(config, environ={})
    store = open_store(plan.settings.database, create=True)
    store.journal.append(past.events(generated, ["checkout"], plan.endpoints))
    with store.writer(Holder(0, "here", "test", NOW)) as writer:
        epoch = writer.epoch(generated.span.start)
        lanes = {id: writer.lane(id, "local", since=generated.span.start) for id in plan.endpoints}
        for _ in past.generate(generated, writer, lanes, epoch):
            pass
        writer.alive(NOW)
        writer.seal(NOW)
    return plan, store


def test_the_finished_months_come_to_what_the_story_says(house):
    plan, store = house
    with store.snapshot() as snapshot:
        credits = {
            (customer, label): statement(plan, snapshot, customer, label, NOW).totals[0].credit
            for customer in ("acme", "muster")
            for label in ("2026-09", "2026-10")
        }

    assert credits == {
        ("acme", "2026-09"): Amount(12_000, "EUR"),  # 45 min 50 s of 43 min 12 s; the upgrade is excused
        ("acme", "2026-10"): Amount(12_000, "EUR"),  # 4 h 10 min and no more: the other outage is excused
        ("muster", "2026-09"): Amount(0, "USD"),
        ("muster", "2026-10"): Amount(24_000, "USD"),  # the window was announced too late for Silver
    }


def test_the_history_is_labelled_as_generated(house):
    plan, store = house
    with store.snapshot() as snapshot:
        paper = statement(plan, snapshot, "acme", "2026-09", NOW)

    assert paper.generated == (paper.period.span,)


@pytest.mark.parametrize("words", NEXT)
def test_what_it_proposes_at_its_end_has_an_answer(house, words):
    plan, _ = house

    answer = CliRunner().invoke(makegood, ["--config", str(plan.path), *words.split()], obj=Standing())

    assert answer.stdout
    assert answer.exit_code == (5 if words == "targets suggest" else 0), "two months are no proposal"


def test_the_running_month_stands_three_seconds_before_a_credit(house):
    plan, store = house
    with store.snapshot() as snapshot:
        seen = look(plan, snapshot, NOW, NOW)

    (acme,) = [row for row in seen.health if row.agreement == "acme-checkout"]
    assert acme.budget.left == 3 * SECOND
    assert acme.exposure.owed == Amount(0, "EUR")
    assert acme.exposure.next_credit == Amount(12_000, "EUR")


def test_what_happened_is_told_in_sentences(house):
    plan, store = house
    with store.snapshot() as snapshot:
        before = look(plan, snapshot, NOW, NOW)
    (checkout, search) = before.status.services
    down: ServiceStatus = replace(checkout, state=State.DOWN, reason=Reason.CONNECTION_REFUSED, since=NOW)
    rows = [
        replace(row, exposure=replace(row.exposure, owed=Amount(12_000, "EUR")))
        if row.agreement == "acme-checkout"
        else row
        for row in before.health
    ]
    during = replace(before, status=replace(before.status, services=(down, search)), health=tuple(rows))
    up = replace(down, state=State.UP, since=NOW + 4 * SECOND)
    after = replace(during, status=replace(before.status, services=(up, search)))

    assert changes(plan, None, before) == []
    assert changes(plan, before, during) == [
        "Checkout is DOWN: connection refused",
        "ACME GmbH, Checkout: the commitment is missed, and the credit is now 120.00 EUR",
    ]
    assert changes(plan, during, after) == ["Checkout is up again after 4 s"]


def test_the_page_holds_states_budgets_and_news(house):
    plan, store = house
    with store.snapshot() as snapshot:
        text = "\n".join(page(plan, look(plan, snapshot, NOW, NOW), ["12:00:00 UTC  Something happened"]))

    for part in ("SERVICE", "Checkout", "ALLOWANCE USED", "ACME GmbH", "What happened", "Something happened"):
        assert part in text


def test_a_folder_that_is_not_the_demonstrations_own_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")

    with pytest.raises(ConfigError, match="was not made by a demonstration: name another with --dir"):
        run(seconds=5, wait=False, folder=tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


@pytest.mark.parametrize("name", ["mine.txt", "for-acme"])
def test_a_demonstration_in_which_somebody_worked_is_not_thrown_away(tmp_path, name):
    root = tmp_path / "demo"
    (root / name).mkdir(parents=True)
    (root / MARKER).write_text("x")

    with pytest.raises(ConfigError, match=f"holds what was done in it since \\({name}\\)"):
        run(seconds=5, wait=False, folder=root)
    assert (root / name).exists()


def test_the_shop_refuses_connections_while_it_is_down():
    with Targets(Schedule(every=3_600, offset=0.2, lasting=60)) as targets:
        port = targets.ports["shop"]
        refused = False
        for _ in range(2_000):
            with socket.socket() as probe:
                probe.settimeout(1)
                refused = probe.connect_ex((HOST, port)) != 0
            if refused:
                break
        assert refused
        with socket.create_connection((HOST, targets.ports["payments"]), 1):
            pass


@pytest.mark.parametrize(("elapsed", "wait"), [(0, 5), (4, 1), (5, 0), (9, 10), (20, 13)])
def test_the_schedule_says_how_long_until_the_next_failure(elapsed, wait):
    assert Schedule(every=14, offset=5, lasting=4).until_next(elapsed) == wait
