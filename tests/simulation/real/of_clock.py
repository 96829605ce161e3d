"""Faults of the wall clock: set, drifting, wrong at the start, and the edges of its calendar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from monitor.core.checks import Reason
from tests.simulation.real.fault import Begin, Fault, Kind, last, until
from tests.simulation.real.life import Life, Settings
from tests.simulation.real.of_process import AWAY, STALLS, stopped
from tests.simulation.real.place import lacks_faketime

HOUR, DAY = 3_600.0, 86_400.0
YEAR = 365 * DAY
SUSPECT = frozenset({Reason.CLOCK_SUSPECT})
CLOCK = Settings(clock=True)
ASKING = Settings(clock=True, sentinels=True)


def stepped(seconds: float) -> Begin:
    """Set, and set right again."""
    return until(lambda life: life.step(seconds), Life.right)


def over(instant: str, back: float = 0.0) -> Begin:
    """The clock passes an instant; then it is set back by so many seconds, and passes it again."""
    edge = datetime.fromisoformat(instant).replace(tzinfo=UTC)

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        life.to(edge - timedelta(seconds=5))
        last(7)
        if back:
            life.step(-back)
        yield
        life.right()

    return begin


def drifting(rate: float) -> Begin:
    return until(lambda life: life.drift(rate), Life.steady)


@contextmanager
def fast_at_the_start(life: Life) -> Iterator[None]:
    """Three minutes fast from a start on, and slewed back as far as that reaches."""
    life.stop()
    life.step(180)
    life.start()
    life.drift(-500e-6)
    yield
    life.steady()
    life.right()


def started_in(year: int, after: float) -> Begin:
    """The machine starts with the clock at the beginning of a year, and is told the time later."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        life.kill()
        life.to(datetime(year, 1, 1, tzinfo=UTC) + timedelta(seconds=after))
        life.start()
        yield
        life.right()

    return begin


def suspended(seconds: float) -> Begin:
    """Everything stands still, and the wall clock goes on without it."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        with stopped(life):
            yield
            life.step(seconds)

    return begin


def leap_second(date: str) -> Begin:
    """The clock says a second twice, and servers say the sixtieth."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        life.servers.tell("date", date)
        life.step(-1)
        yield
        life.right()

    return begin


def _edges(*instants: str, back: float = 0.0) -> list[Fault]:
    return [Fault(f"over {each}", 4, over(each, back)) for each in instants]


KINDS = (
    Kind(
        "clock back",
        "F44",
        [Fault(f"by {s:.0f} s", 7, stepped(-s)) for s in (1, HOUR, YEAR)],
        SUSPECT | STALLS,
        settings=CLOCK,
        lacks=lacks_faketime,
    ),
    Kind(
        "clock forward",
        "F45",
        [Fault(f"by {s:.0f} s", 7, stepped(s)) for s in (HOUR, YEAR, 11.5 * YEAR, 80 * YEAR, 174 * YEAR)],
        SUSPECT | STALLS,
        settings=ASKING,
        lacks=lacks_faketime,
    ),
    Kind(
        "back over a period's end",
        "F46",
        _edges("2026-12-01T00:00", "2027-01-01T00:00", "2027-04-01T00:00", back=9),
        SUSPECT | STALLS,
        settings=CLOCK,
        lacks=lacks_faketime,
    ),
    Kind(
        "fast, then slewed",
        "F47",
        [Fault(f"for {s} s", s, fast_at_the_start) for s in (6, 9, 12)],
        SUSPECT | STALLS | AWAY,
        settings=CLOCK,
        lacks=lacks_faketime,
    ),
    Kind(
        "start in 1970",
        "F48",
        [Fault(f"{s} s after its beginning", 8, started_in(1970, s)) for s in (10, 100, 1_000)],
        SUSPECT | STALLS | AWAY,
        settings=ASKING,
        lacks=lacks_faketime,
    ),
    Kind(
        "summer time",
        "F49",
        _edges("2027-03-28T01:00", "2027-10-31T01:00", "2028-03-26T01:00"),
        SUSPECT | STALLS,
        settings=Settings(clock=True, timezone="Europe/Berlin"),
        lacks=lacks_faketime,
    ),
    Kind(
        "an hour twice",
        "F50",
        _edges("2026-11-01T06:00", "2027-10-31T00:59:58", "2027-11-07T06:00"),
        SUSPECT | STALLS,
        settings=Settings(clock=True, timezone="America/New_York"),
        lacks=lacks_faketime,
    ),
    Kind(
        "leap second",
        "F52",
        [
            Fault(each, 7, leap_second(each))
            for each in (
                "Sat, 31 Dec 2016 23:59:60 GMT",
                "Thu, 31 Dec 2026 23:59:60 GMT",
                "Wed, 30 Jun 2027 23:59:60 GMT",
            )
        ],
        SUSPECT | STALLS,
        settings=CLOCK,
        lacks=lacks_faketime,
    ),
    Kind(
        "suspend",
        "F53",
        [Fault(f"for {s:.0f} s", 2, suspended(s)) for s in (20, 600, 8 * HOUR)],
        SUSPECT | STALLS,
        settings=CLOCK,
        lacks=lacks_faketime,
    ),
    Kind(
        "drift",
        "F54",
        [Fault(f"by {rate:+.2%}", 16, drifting(rate)) for rate in (0.0002, -0.0005, 0.0005)],
        SUSPECT | STALLS,
        settings=CLOCK,
        lacks=lacks_faketime,
        meanwhile=True,
    ),
    Kind(
        "edges of the calendar",
        "F55",
        _edges("2028-02-29T00:00", "2028-03-01T00:00", "2027-01-04T00:00", "2038-01-19T03:14:08"),
        SUSPECT | STALLS,
        settings=CLOCK,
        lacks=lacks_faketime,
    ),
    Kind(
        "clock wrong by years",
        "F84",
        [Fault(f"{years:+d} years", 9, stepped(years * YEAR)) for years in (-40, 12, 80)],
        SUSPECT | STALLS,
        settings=ASKING,
        lacks=lacks_faketime,
    ),
)
