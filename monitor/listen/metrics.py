"""`GET /metrics` in the text format of Prometheus: what the monitor does, and how each endpoint stands.

Labels come from closed sets: endpoints as the configuration has them, kinds, states, reasons. What is read is
copied on the loop and written in a thread, since ten thousand endpoints take longer than a probe can wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from monitor.core.checks import UNKNOWN_REASONS, Reason, State
from monitor.listen.door import Visits, said
from monitor.listen.heartbeats import Tally
from monitor.prober import Counters
from monitor.records import dataclass

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Standing:
    """An endpoint, its kind, and the state that its last check still gives it."""

    endpoint: str
    kind: str
    state: State


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that is told, as of one moment. Times are in seconds."""

    counters: Counters
    gaps: Mapping[Reason, int]
    lag: float
    waiting: int
    commits: int
    commit_seconds: float
    standings: tuple[Standing, ...]
    tally: Tally
    visits: Visits
    guests: int
    about: Mapping[str, str]
    sentinels: Mapping[str, bool]
    well: bool


class Metrics:
    """Answers `GET /metrics`. `see` copies what is told; `loopback` says that only this machine may ask."""

    def __init__(self, see: Callable[[], Seen], *, loopback: bool) -> None:
        self._see, self._loopback = see, loopback
        self._writing = asyncio.Lock()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if self._loopback and not _is_loopback(request.host):
            return said(421, "metrics are read by this machine's own address: http://127.0.0.1")
        if request.path != "/metrics":
            return said(404, "there is nothing here but /metrics")
        if request.method not in ("GET", "HEAD"):
            return said(405, "metrics are read with GET", Allow="GET, HEAD")
        async with self._writing:
            text = await asyncio.to_thread(written, self._see())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def written(seen: Seen) -> bytes:
    """The text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(seen))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        seen = self._seen
        yield _information("makegood_build", "The program that answers.", seen.about)
        yield from _slots(seen.counters)
        gaps = ((reason, seen.gaps.get(reason, 0)) for reason in sorted(UNKNOWN_REASONS))
        yield _counted("makegood_gaps", "Stretches of time in which nothing was seen.", "reason", gaps)
        yield _gauge("makegood_loop_lag_seconds", "How late the last beat of the loop was.", seen.lag)
        yield CounterMetricFamily(
            "makegood_loop_lagged_seconds",
            "How late all beats of the loop were together.",
            seen.counters.lagged,
        )
        yield _gauge("makegood_queue_rows", "Rows that wait for their commit.", seen.waiting)
        yield SummaryMetricFamily(
            "makegood_commit_seconds", "How long commits of evidence took.", seen.commits, seen.commit_seconds
        )
        yield _states(seen.standings)
        yield _gauge("makegood_own_network_well", "1 unless sentinels tell that it is not.", int(seen.well))
        answering = GaugeMetricFamily(
            "makegood_sentinel_up", "1 for a sentinel that answered when last asked.", labels=("sentinel",)
        )
        for name, up in seen.sentinels.items():
            answering.add_metric((name,), int(up))
        yield answering
        yield from _listened(seen)


def _slots(counters: Counters) -> Iterator[Metric]:
    for name, meaning in {
        "planned": "Planned starts of checks: those that ran, overlapped, were missed or disabled.",
        "run": "Planned starts that ran.",
        "late": "Planned starts that ran, and began late.",
        "overlapped": "Planned starts that came due while the one before still ran.",
        "missed": "Planned starts that passed while the monitor stood still.",
        "disabled": "Planned starts of endpoints that somebody disabled.",
    }.items():
        yield CounterMetricFamily(f"makegood_slots_{name}", meaning, getattr(counters, name))


def _states(standings: Iterable[Standing]) -> Metric:
    family = GaugeMetricFamily(
        "makegood_endpoint_state",
        "1 for the state that an endpoint is in, 0 for the two others.",
        labels=("endpoint", "kind", "state"),
    )
    for each in standings:
        for state in State:
            family.add_metric((each.endpoint, each.kind, state.name.lower()), int(state is each.state))
    return family


def _listened(seen: Seen) -> Iterator[Metric]:
    yield _counted(
        "makegood_heartbeat_calls", "Calls of jobs that were kept.", "kind", seen.tally.kept.items()
    )
    refused = seen.tally.refused.items()
    yield _counted("makegood_heartbeat_refused", "Calls that were not taken, and why.", "why", refused)
    visits = seen.visits
    shown_out = {"no place": visits.turned_away, "too slow": visits.too_slow, "too much": visits.too_much}
    yield _counted(
        "makegood_heartbeat_shown_out", "Connections that were ended, and why.", "why", shown_out.items()
    )
    yield _gauge("makegood_heartbeat_connections", "Connections that are open.", seen.guests)


def _counted(name: str, meaning: str, label: str, values: Iterable[tuple[str, int]]) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=(label,))
    for value, count in values:
        family.add_metric((value,), count)
    return family


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value)


def _information(name: str, meaning: str, about: Mapping[str, str]) -> Metric:
    family = GaugeMetricFamily(f"{name}_info", meaning, labels=tuple(about))
    family.add_metric(tuple(about.values()), 1)
    return family


def _is_loopback(host: str) -> bool:
    """Whether the request names this machine: a page that renamed its own address to ours does not."""
    name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
    return name in LOOPBACK
