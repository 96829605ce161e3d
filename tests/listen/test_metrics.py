"""/metrics on a real socket: what stands there, in a form that Prometheus reads, and who may read it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.config.endpoint import Http
from monitor.config.plan import ListenSettings
from monitor.core.checks import UNKNOWN_REASONS, Check, Gap, Reason, State
from monitor.core.intervals import MINUTE, SECOND, Span
from monitor.listen.listeners import Listeners, Past
from monitor.prober import Counters
from tests.listen.conftest import START, HandClock, House, job

PAGE = (Path(__file__).parents[2] / "docs" / "listening.md").read_text(encoding="utf-8")
ABOUT = {"version": "0.1.0", "python": "3.11.7", "sqlite": "3.53.0"}


@dataclass
class StandInLookout:
    answering: dict[str, bool] = field(default_factory=lambda: {"office": True, "mirror": False})
    is_well: bool = False


@dataclass
class StandInProber:
    lookout: StandInLookout = field(default_factory=StandInLookout)
    latest: dict[str, Check | None] = field(default_factory=dict)
    lag: float = 0.0125
    counters: Counters = field(default_factory=Counters)


@dataclass
class StandInQueue:
    waiting: int = 7
    commits: int = 3
    commit_seconds: float = 0.25


class Shop(House):
    """Metrics of a prober that is not there."""

    def __init__(self) -> None:
        self.clock, self.prober, self.queue = HandClock(), StandInProber(), StandInQueue()
        settings = ListenSettings(metrics=("127.0.0.1", 0))
        self.listeners = Listeners(settings, clock=self.clock, submit=lambda _: Future(), about=ABOUT)
        self.door = self.listeners.desk
        page = replace(job("page"), how=Http())
        endpoints = {"page": page, "shop": replace(page, id="shop"), "backup": job()}
        self.listeners.watch(endpoints, {"page": 1, "shop": 2, "backup": 3}, Past({3: START}))

    async def read(self) -> dict[str, float]:
        """Every sample by its name and labels."""
        status, text = await self.ask("GET", "/metrics", Host="127.0.0.1")
        assert status == 200
        return {
            sample.name + "".join(f"|{value}" for value in sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        answer = await self.send(f"{method} {path} HTTP/1.1\r\n{named}\r\n".encode() + body)
        head, _, text = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), text.decode()


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    shop.listeners.bind()
    async with shop.listeners:
        shop.listeners.measure(shop.prober, shop.queue)
        yield shop


def check(state: State, at: int = START) -> Check:
    reason = {State.UP: Reason.OK, State.DOWN: Reason.STATUS, State.UNKNOWN: Reason.OWN_DNS}[state]
    return Check(1, 1, 1, 0, at, state, reason, 70 * SECOND)


async def test_slots_gaps_lag_queue_and_commits_are_told(shop):
    shop.prober.counters = Counters(planned=100, run=90, late=5, overlapped=4, missed=6, lagged=1.5)
    for reason in (Reason.OVERLAP, Reason.OVERLAP, Reason.MONITOR_STALL):
        shop.prober.counters.count(Gap(1, 1, Span(START, START + 1), reason))

    found = await shop.read()

    slots = {name: found[f"makegood_slots_{name}_total"] for name in ("planned", "run", "late", "missed")}
    assert slots == {"planned": 100, "run": 90, "late": 5, "missed": 6}
    assert found["makegood_slots_overlapped_total"] == 4
    gaps = {name: value for name, value in found.items() if name.startswith("makegood_gaps_total") and value}
    assert gaps == {"makegood_gaps_total|overlap": 2, "makegood_gaps_total|monitor_stall": 1}
    assert found["makegood_loop_lag_seconds"] == 0.0125
    assert found["makegood_loop_lagged_seconds_total"] == 1.5
    assert found["makegood_queue_rows"] == 7
    assert (found["makegood_commit_seconds_count"], found["makegood_commit_seconds_sum"]) == (3, 0.25)
    assert found["makegood_build_info|3.11.7|3.53.0|0.1.0"] == 1


async def test_each_endpoint_has_one_of_three_states_and_one_that_is_over_is_unknown(shop):
    shop.prober.latest = {"page": check(State.UP), "shop": check(State.DOWN, START + MINUTE)}

    def states(found: dict[str, float]) -> list[str]:
        return [name.partition("|")[2] for name, value in found.items() if "_state" in name and value]

    assert states(await shop.read()) == ["page|http|up", "shop|http|down", "backup|heartbeat|unknown"]
    shop.clock.passes(71 * SECOND)
    assert states(await shop.read()) == ["page|http|unknown", "shop|http|down", "backup|heartbeat|unknown"]


async def test_every_reason_has_its_series_from_the_start_so_that_a_rate_can_be_taken(shop):
    found = await shop.read()
    assert {name for name in found if name.startswith("makegood_gaps_total")} == {
        f"makegood_gaps_total|{reason}" for reason in UNKNOWN_REASONS
    }


async def test_sentinels_and_what_they_tell_of_our_network_are_told(shop):
    found = await shop.read()
    assert found["makegood_own_network_well"] == 0
    assert (found["makegood_sentinel_up|office"], found["makegood_sentinel_up|mirror"]) == (1, 0)


async def test_calls_and_who_was_shown_out_are_told(shop):
    shop.listeners.heartbeats.tally.kept["fail"] = 2
    shop.listeners.heartbeats.tally.refused["token"] = 3
    shop.listeners.door.visits.too_slow = 4
    found = await shop.read()
    assert found["makegood_heartbeat_calls_total|fail"] == 2
    assert found["makegood_heartbeat_refused_total|token"] == 3
    assert found["makegood_heartbeat_shown_out_total|too slow"] == 4
    assert found["makegood_heartbeat_connections"] == 0


async def test_the_page_explains_every_metric_and_no_other(shop):
    _, text = await shop.ask("GET", "/metrics", Host="localhost")
    told = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    assert set(re.findall(r"^\| `(makegood_\w+?)(?:\{[\w,]+\})?` \|", PAGE, re.MULTILINE)) == told


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("HEAD", "/metrics", "127.0.0.1:9899", 200),
        ("GET", "/metrics", "[::1]:9899", 200),
        ("POST", "/metrics", "localhost", 405),
        ("GET", "/", "localhost", 404),
        ("GET", "/metrics/", "localhost", 404),
        ("GET", "/metrics", "evil.example", 421),
        ("GET", "/metrics", "127.evil.example", 421),
        ("GET", "/metrics", "[::2]", 421),
    ],
)
async def test_metrics_are_read_with_get_and_by_this_machine_under_its_own_name(
    shop, method, path, host, status
):
    assert (await shop.ask(method, path, Host=host))[0] == status


async def test_before_anything_is_probed_there_is_nothing_to_tell():
    shop = Shop()
    shop.listeners.bind()
    async with shop.listeners:
        assert (await shop.ask("GET", "/metrics", Host="localhost"))[0] == 503
