"""Two finished months and the running one, through the store's own writer, and labelled as generated.

The checks are a minute apart and deterministic. Outages begin and end on a check of their own, so that the
figures on the statements can be foretold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from monitor.core.checks import Check, EpochId, Gap, LaneId, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms, Span
from monitor.core.periods import Period, month_of
from monitor.core.windows import OneOff
from monitor.records import dataclass
from monitor.statements.build import GENERATED
from monitor.statements.maintenance import declared
from monitor.statements.measured import LOADED
from monitor.store.protocol import NewEvent, Writer

AUTHOR = "makegood demo"
STEP: Ms = MINUTE
HOLD: Ms = 2 * STEP + 10 * SECOND


@dataclass(frozen=True, slots=True)
class Failure:
    """A lane that answers badly for a while."""

    endpoint: str
    span: Span
    reason: Reason
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """A maintenance window with the notice that was given."""

    id: str
    title: str
    span: Span
    ahead: Ms


@dataclass(frozen=True, slots=True)
class History:
    """What is to be generated."""

    span: Span
    failures: tuple[Failure, ...]
    windows: tuple[Announced, ...]
    silences: tuple[tuple[Span, Reason], ...]


def history(now: Ms, zone: str, left: Ms) -> History:
    """The last two finished months of `zone` and the running one up to `now`.

    In the running month just `left` ms of a 99.9 % budget are unspent, where enough of the month is gone.
    """
    running = month_of(now, zone)
    recent = month_of(running.span.start - 1, zone)
    older = month_of(recent.span.start - 1, zone)
    failures = (*_older(older), *_recent(recent), *_running(running, now, left))
    return History(
        span=Span(older.span.start, now),
        failures=failures,
        windows=(_announced(older), *_late(recent)),
        silences=((_at(recent, 9, 3, 10, 4 * MINUTE + 12 * SECOND), Reason.OWN_NETWORK),),
    )


def _at(period: Period, day: int, hour: int, minute: int, lasting: Ms) -> Span:
    start = period.span.start + (day - 1) * DAY + hour * HOUR + minute * MINUTE
    return Span(start, start + lasting)


def _older(period: Period) -> tuple[Failure, ...]:
    return (
        Failure("shop-web", _at(period, 6, 14, 2, 31 * MINUTE + 22 * SECOND), Reason.STATUS, 503),
        Failure("shop-web", _at(period, 14, 2, 0, 65 * MINUTE), Reason.CONNECTION_REFUSED),
        Failure("payments-api", _at(period, 22, 23, 5, 14 * MINUTE + 28 * SECOND), Reason.TIMEOUT),
    )


def _announced(period: Period) -> Announced:
    return Announced("db-upgrade", "Database upgrade", _at(period, 14, 2, 0, 2 * HOUR), 73 * HOUR)


def _recent(period: Period) -> tuple[Failure, ...]:
    return (
        Failure("shop-web", _at(period, 11, 8, 20, 4 * HOUR + 10 * MINUTE), Reason.CONNECTION_REFUSED),
        Failure("shop-web", _at(period, 19, 10, 15, 12 * MINUTE + 40 * SECOND), Reason.NAME_NOT_FOUND),
        Failure("search-web", _at(period, 24, 16, 40, 9 * MINUTE + 22 * SECOND), Reason.TIMEOUT),
    )


def _late(period: Period) -> tuple[Announced, ...]:
    return (Announced("dns-move", "Name servers moved", _at(period, 19, 10, 0, HOUR), 20 * HOUR),)


def _running(period: Period, now: Ms, left: Ms) -> tuple[Failure, ...]:
    spent = int(Fraction(1, 1000) * period.span.length) - left
    start = period.span.start + 11 * HOUR + 5 * MINUTE
    if start + spent + HOUR > now:
        return ()
    return (Failure("shop-web", Span(start, start + spent), Reason.STATUS, 502),)


def generate(
    history: History, writer: Writer, lanes: Mapping[str, LaneId], epoch: EpochId
) -> Iterator[tuple[int, int]]:
    """Write the history; yields (lanes written, lanes in all) after each."""
    for done, (endpoint, lane) in enumerate(lanes.items(), start=1):
        mine = [failure for failure in history.failures if failure.endpoint == endpoint]
        writer.append(list(_checks(history, lane, epoch, mine)))
        yield done, len(lanes)
    writer.append([Gap(0, epoch, span, reason) for span, reason in history.silences])


def events(history: History, services: Sequence[str], endpoints: Iterable[str]) -> tuple[NewEvent, ...]:
    """The journal's part, oldest first: how it was measured, the windows as announced, what was generated."""
    measures = {"measures": {id: {"interval": STEP} for id in endpoints}}
    begin = NewEvent(history.span.start, LOADED, "generated history", AUTHOR, body=measures)
    windows = [
        declared(w.id, w.title, services, OneOff(w.span), AUTHOR, w.span.start - w.ahead)
        for w in history.windows
    ]
    body = {"start": history.span.start, "end": history.span.end}
    label = NewEvent(history.span.end, GENERATED, "demo", AUTHOR, "demonstration data, not measured", body)
    return (*sorted((begin, *windows), key=lambda event: event.at), label)


def _checks(history: History, lane: LaneId, epoch: EpochId, failures: Sequence[Failure]) -> Iterator[Check]:
    for slot, (at, failure) in enumerate(_instants(history.span, failures)):
        if not any(at in span for span, _ in history.silences):
            yield _check(lane, epoch, slot, at, failure)


def _instants(span: Span, failures: Sequence[Failure]) -> Iterator[tuple[Ms, Failure | None]]:
    edges = sorted({edge for f in failures for edge in (f.span.start, f.span.end)})
    at, upcoming = span.start, iter(edges)
    edge = next(upcoming, None)
    while at < span.end:
        if edge is not None and edge <= at:
            if edge < at:
                yield edge, _failing(edge, failures)
            edge = next(upcoming, None)
            continue
        yield at, _failing(at, failures)
        at += STEP


def _failing(at: Ms, failures: Sequence[Failure]) -> Failure | None:
    return next((failure for failure in failures if at in failure.span), None)


def _check(lane: LaneId, epoch: EpochId, slot: int, at: Ms, failure: Failure | None) -> Check:
    if failure is None:
        latency = 300 + (at // STEP * 7919 + lane * 131) % 900
        return Check(lane, epoch, slot, 0, at, State.UP, Reason.OK, HOLD, latency, 200)
    return Check(lane, epoch, slot, 0, at, State.DOWN, failure.reason, HOLD, None, failure.status, "{}")
