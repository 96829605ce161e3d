"""Faults of our own, by kind: what they do to the world and for how long. F-numbers are FAULTS 7's.

`begin` starts one and returns what ends it, or None where it is over by itself.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Facts, Reason
from tests.simulation.play import Monitor
from tests.simulation.world import Condition, Hangs, Outcome, Raises, Slow, Stubborn

End = Callable[[], object]
HOUR = 3_600.0
DAY = 86_400.0
YEAR = 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Kind:
    """`seconds` is how long one lasts, at least and at most."""

    name: str
    catalogue: str
    seconds: tuple[float, float]
    begin: Callable[[Monitor, float], End | None]
    share: float = 1.0


# -- the loop


def _stalls(monitor: Monitor, seconds: float) -> None:
    monitor.loop.stall(seconds)


def _starved(busy: float, period: float) -> Callable[[Monitor, float], None]:
    """The processor is ours for a part of each period only."""

    def begin(monitor: Monitor, seconds: float) -> None:
        def hold_up(left: int) -> None:
            monitor.loop.stall(busy)
            if left:
                monitor.world.later(period - busy, lambda: hold_up(left - 1))

        hold_up(int(seconds / period))

    return begin


def _sink_blocks(monitor: Monitor, seconds: float) -> End:
    monitor.world.sink_blocks = monitor.random.choice((0.05, 0.3, 1.5))
    return lambda: setattr(monitor.world, "sink_blocks", 0.0)


# -- the clock


def _steps(*sizes: float, back: bool = True) -> Callable[[Monitor, float], End]:
    """The clock is set, and put right again when the fault ends."""

    def begin(monitor: Monitor, seconds: float) -> End:
        size = monitor.random.choice(sizes)
        monitor.clock.set(size)
        return (lambda: monitor.clock.set(-size)) if back else (lambda: None)

    return begin


def _slews(monitor: Monitor, seconds: float) -> End:
    monitor.clock.slew(monitor.random.choice((500e-6, -500e-6, 200e-6, 11.6e-6)))
    return lambda: monitor.clock.slew(0.0)


def _fast_then_slewed(monitor: Monitor, seconds: float) -> End:
    """Three minutes fast, and brought back with 500 ppm as far as the time reaches, then set right."""
    before = monitor.clock.ahead(monitor.loop.time())
    monitor.clock.set(180)
    monitor.clock.slew(-500e-6)

    def right() -> None:
        monitor.clock.slew(0.0)
        monitor.clock.set(before - monitor.clock.ahead(monitor.loop.time()))

    return right


def _leap_second(monitor: Monitor, seconds: float) -> End:
    monitor.clock.set(-1)
    return lambda: monitor.clock.set(1)


def _suspends(monitor: Monitor, seconds: float) -> None:
    monitor.clock.suspend(monitor.random.choice((1.0, 20.0, 600.0, 8 * HOUR)))


def _starts_in_1970(monitor: Monitor, seconds: float) -> End:
    """The machine starts without a clock, and is told the time later."""
    off = monitor.clock.now() / 1_000 - 100.0
    monitor.restart(5.0, abrupt=True)
    monitor.clock.set(-off)
    return lambda: monitor.clock.set(off)


# -- probes and the prober


def _probes_raise(monitor: Monitor, seconds: float) -> End:
    """One attempt of each endpoint meets a fault of the probe; three in a row would be the target's."""
    met: set[str] = set()
    errors = (RuntimeError, MemoryError, RecursionError, KeyError, asyncio.CancelledError, UnicodeError)

    def raises(endpoint: Endpoint) -> Outcome | None:
        if endpoint.id in met:
            return None
        met.add(endpoint.id)
        return Raises(monitor.random.choice(errors))

    return _in_effect(monitor, raises)


def _probe_hangs(monitor: Monitor, seconds: float) -> End:
    """One attempt hangs and swallows its cancellation."""
    met: set[str] = set()

    def hangs(endpoint: Endpoint) -> Outcome | None:
        if met:
            return None
        met.add(endpoint.id)
        return Stubborn(monitor.random.choice((20.0, 300.0)))

    return _in_effect(monitor, hangs)


def _overlaps(monitor: Monitor, seconds: float) -> End:
    """Targets that answer slowly, but within their timeout; where that is longer than the interval, they
    overlap."""
    part = monitor.random.uniform(0.5, 0.9)
    return _in_effect(monitor, lambda endpoint: Slow(endpoint.timeout / 1_000 * part - 0.4))


def _restarts(*, abrupt: bool) -> Callable[[Monitor, float], None]:
    def begin(monitor: Monitor, seconds: float) -> None:
        monitor.restart(seconds, abrupt=abrupt)

    return begin


def _reloads(monitor: Monitor, seconds: float) -> End:
    """Some endpoints go, some change their interval; later all is as it was."""
    before = dict(monitor.endpoints)
    changed = {
        key: replace(endpoint, interval=endpoint.interval * monitor.random.choice((1, 1, 2)))
        for key, endpoint in before.items()
        if monitor.random.random() < 0.7
    }
    monitor.reload(changed)
    return lambda: monitor.reload(before)


def _epochs_refused(monitor: Monitor, seconds: float) -> End:
    """The clock is set while another process keeps the database locked: no new epoch can be had."""
    monitor.refuses_epochs = True
    size = monitor.random.choice((-30.0, -HOUR, 30.0, HOUR))
    monitor.clock.set(size)

    def over() -> None:
        monitor.refuses_epochs = False
        monitor.later(2.0, lambda: monitor.clock.set(-size))

    return over


# -- what the machine lacks


def _lacks(*codes: int) -> Callable[[Monitor, float], End]:
    """The system refuses connections with one of these."""

    def begin(monitor: Monitor, seconds: float) -> End:
        code = monitor.random.choice(codes)
        return _in_effect(monitor, lambda endpoint: Facts(error=monitor.reason(code)))

    return begin


def _no_places(monitor: Monitor, seconds: float) -> End:
    """Others hold every connection that we may have; attempts queue."""
    return monitor.hold_places()


def _resolver(*reasons: Reason) -> Callable[[Monitor, float], End]:
    def begin(monitor: Monitor, seconds: float) -> End:
        reason = monitor.random.choice(reasons)
        return _in_effect(monitor, lambda endpoint: Facts(error=reason))

    return begin


# -- the uplink


def _everything(outcome: Outcome) -> Callable[[Monitor, float], End]:
    return lambda monitor, seconds: _in_effect(monitor, lambda endpoint: outcome)


def _loses(share: float) -> Callable[[Monitor, float], End]:
    """Near us so many packets are lost: attempts fail by chance, or are slow."""

    def begin(monitor: Monitor, seconds: float) -> End:
        def meets(endpoint: Endpoint) -> Outcome | None:
            drawn = monitor.random.random()
            return Hangs() if drawn < share else Slow(1.0 if drawn < 2 * share else 0.0)

        return _in_effect(monitor, meets)

    return begin


def _narrow(monitor: Monitor, seconds: float) -> End:
    """Eight thousand bits a second: every exchange takes seconds, most too many."""
    return _in_effect(monitor, lambda endpoint: Slow(monitor.random.uniform(1.0, 30.0)))


def _portal(monitor: Monitor, seconds: float) -> End:
    """Somebody else answers for everybody: a page that is not theirs, or a redirect to it."""
    page = monitor.random.choice((200, 302, 511))

    def meets(endpoint: Endpoint) -> Outcome:
        if endpoint.target.startswith("https:"):
            return Facts(error=Reason.TLS_CERTIFICATE, detail="unable to get local issuer certificate")
        return Facts(status=page)

    return _in_effect(monitor, meets)


def _large_packets_lost(monitor: Monitor, seconds: float) -> End:
    """Connections open, and a certificate never comes through."""
    return _in_effect(monitor, lambda each: Hangs() if each.target.startswith("https:") else None)


def _one_sentinel(monitor: Monitor, seconds: float) -> End:
    return _fail(monitor, monitor.random.sample(sorted(monitor.sentinels), k=min(1, len(monitor.sentinels))))


def _all_sentinels(monitor: Monitor, seconds: float) -> End:
    return _fail(monitor, sorted(monitor.sentinels))


def _fail(monitor: Monitor, ids: list[str]) -> End:
    return _in_effect(monitor, lambda endpoint: Hangs() if endpoint.id in ids else None)


def _in_effect(monitor: Monitor, condition: Condition) -> End:
    monitor.world.conditions.append(condition)
    return lambda: monitor.world.conditions.remove(condition)


_ALL = (
    Kind("clock back", "F44", (20, 2 * HOUR), _steps(-1.0, -HOUR, -DAY)),
    Kind("clock forward", "F45", (20, 2 * HOUR), _steps(1.0, HOUR, DAY)),
    Kind("clock back for good", "F46", (1, 1), _steps(-1.0, -20.0, -90.0, back=False)),
    Kind("three minutes fast, slewed", "F47", (600, 3 * HOUR), _fast_then_slewed),
    Kind("start in 1970", "F48", (60, 600), _starts_in_1970, share=0.3),
    Kind("leap second", "F52", (30, 300), _leap_second),
    Kind("suspend", "F53", (0.5, 0.5), _suspends),
    Kind("drift", "F54", (HOUR, 6 * HOUR), _slews, share=0.5),
    Kind("loop blocked", "F56", (0.05, 60), _stalls),
    Kind("stopped in flight", "F57", (3, 12), _stalls),
    Kind("a twentieth of a processor", "F58", (10, 60), _starved(0.095, 0.1)),
    Kind("pauses for memory", "F59", (5, 30), _starved(0.7, 2.5)),
    Kind("a busy machine", "F60", (10, 40), _starved(0.12, 0.2)),
    Kind("slow sink", "F61", (5, 60), _sink_blocks),
    Kind("probe raises", "F62", (20, 120), _probes_raise),
    Kind("probe hangs", "F63", (20, 120), _probe_hangs),
    Kind("overlap", "F64", (60, 300), _overlaps),
    Kind("restart", "F65", (1, 300), _restarts(abrupt=False), share=0.3),
    Kind("killed", "F65", (1, 300), _restarts(abrupt=True), share=0.3),
    Kind("reload", "F66", (30, 600), _reloads),
    Kind("no new epoch", "F66", (5, 60), _epochs_refused),
    Kind("no places", "F67", (10, 120), _no_places),
    Kind(
        "descriptors, memory, ports",
        "F68",
        (1, 300),
        _lacks(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL),
    ),
    Kind("own link down", "F70", (1, 300), _lacks(errno.ENETUNREACH, errno.ENETDOWN)),
    Kind("resolver dead", "F73", (1, 300), _resolver(Reason.OWN_DNS)),
    Kind("own firewall", "F76", (1, 300), _lacks(errno.EPERM)),
    Kind("IPv6 broken", "F77", (30, 300), _everything(Slow(0.252))),
    Kind("uplink flaps", "F71", (1, 8), _everything(Hangs())),
    Kind("upstream dead", "F72", (10, 900), _everything(Hangs())),
    Kind("upstream unreachable", "F72", (5, 300), _lacks(errno.EHOSTUNREACH, errno.ETIMEDOUT)),
    Kind("resolver wrong", "F73", (5, 300), _resolver(Reason.NAME_NOT_FOUND, Reason.DNS_FAILURE)),
    Kind("loss near us", "F74", (10, 300), _loses(0.4)),
    Kind("own firewall rejects", "F76", (5, 300), _lacks(errno.ECONNREFUSED, errno.ECONNRESET)),
    Kind("connection table full", "F78", (5, 120), _lacks(errno.EPERM, errno.ETIMEDOUT)),
    Kind("large packets lost", "F80", (5, 900), _large_packets_lost),
    Kind("captive portal", "F79", (10, 600), _portal),
    Kind("one sentinel down", "F81", (60, 1_800), _one_sentinel),
    Kind("all sentinels down", "F82", (60, 1_800), _all_sentinels),
    Kind("a trickle", "F83", (10, 300), _narrow),
    Kind("clock wrong by years", "F84", (20, 1_800), _steps(-YEAR, YEAR, 11.5 * YEAR, 80 * YEAR, 173 * YEAR)),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}

ELSEWHERE: Mapping[str, str] = {
    "F49–F51": "zones have no part in probing: tests/test_zones.py and tests/core/test_calendars.py",
    "F55": "edges of months and years: tests/core/test_periods.py",
    "F69": "logs: tests/prober",
    "F75": "loss at one target only is that target's: an outage here, not a fault of ours",
}
"""Kinds of the catalogue that are not simulated, and where they are held."""
