"""Says in the log when an endpoint goes down, and when it is up again: once per change.

A state is what a whole slot came to, so every change that is told was confirmed. Unknown is no change: who
was down before it and is after it has not come back meanwhile, as far as anybody knows.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence

from monitor.core.checks import ALL_LANES, Check, Gap, LaneId, Reason, State, state_of
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms
from monitor.prober.prober import Record
from monitor.records import dataclass

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Down:
    """Since when; None where it was down when the monitor last ran. `unseen`: a part was not measured."""

    since: Ms | None
    unseen: bool = False


class Changes:
    """What was told of each endpoint."""

    def __init__(self) -> None:
        self._names: Mapping[LaneId, str] = {}
        self._down: dict[LaneId, _Down] = {}

    def follow(self, lanes: Mapping[str, LaneId], left_down: Iterable[LaneId] = ()) -> None:
        """Tell of these endpoints from now on; `left_down` were down when the monitor last ran."""
        self._names = {lane: name for name, lane in lanes.items()}
        self._down = {lane: down for lane, down in self._down.items() if lane in self._names}
        self._down |= {lane: _Down(None) for lane in left_down if lane in self._names}

    def learn(self, records: Sequence[Record]) -> None:
        """What the prober found: the rows of a slot together, or gaps."""
        for record in records:
            if isinstance(record, Gap) or record.state is State.UNKNOWN:
                self._not_seen(record.lane)
            elif record.lane not in self._names:
                continue
            elif record.state is State.DOWN and record.lane not in self._down:
                self._down[record.lane] = _Down(record.at)
                self._tell_down(record, records)
            elif record.state is State.UP and record.lane in self._down:
                self._tell_up(record, self._down.pop(record.lane))

    def _not_seen(self, lane: LaneId) -> None:
        for each in self._down if lane == ALL_LANES else self._down.keys() & {lane}:
            self._down[each].unseen = True

    def _tell_down(self, first: Check, records: Sequence[Record]) -> None:
        name, check = self._names[first.lane], _deciding(first, records)
        detail = _detail(check)
        seen = detail or (f"HTTP {check.status}" if check.status is not None else "")
        log.warning(
            "%s is down: %s%s", name, _spoken(check.reason), f" ({seen})" if seen else "",
            extra={
                "event": "endpoint.down", "endpoint": name, "reason": str(check.reason), "detail": detail,
                "status": check.status,
            },
        )  # fmt: skip

    def _tell_up(self, check: Check, down: _Down) -> None:
        name = self._names[check.lane]
        lasted = None if down.since is None else max(0, check.at - down.since)
        since = "it was down when the monitor last ran" if lasted is None else f"after {_lasted(lasted)}"
        log.info(
            "%s is up again, %s%s", name, since, ", not all of it measured" if down.unseen else "",
            extra={
                "event": "endpoint.up", "endpoint": name, "down_ms": lasted,
                "measured": lasted is not None and not down.unseen,
            },
        )  # fmt: skip


def _deciding(first: Check, records: Sequence[Record]) -> Check:
    """The last attempt of the slot that failed."""
    failed = [
        each
        for each in records
        if isinstance(each, Check) and each.lane == first.lane and state_of(each.reason) is State.DOWN
    ]
    return failed[-1] if failed else first


def _detail(check: Check) -> str:
    known = json.loads(check.facts) if check.facts else {}
    return str(known.get("detail", ""))


def _spoken(reason: Reason) -> str:
    return reason.value.replace("_", " ")


def _lasted(length: Ms) -> str:
    """`2 h 5 min`, `40 s`: the two greatest units."""
    left, parts = length, []
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "less than a second"
