"""PURE. Which outages are one incident, and which name it has.

Outages of one service are one incident where each begins at most `joined` after the one before has ended.
The first thing that is recorded of an incident pins its name to an instant: from then on it keeps that name,
whatever later evidence makes of its outages. A pin belongs to the outages that go on at its instant, or are
at most `joined` away from it. Where outages grow together, the name that was recorded first holds, and the
others go on leading to it; where they fall apart, it stays with the part that its instant lies in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from monitor.core.intervals import Ms
from monitor.core.timeline import Outage
from monitor.records import dataclass
from monitor.store.protocol import Event, Seq


@dataclass(frozen=True, slots=True)
class Pin:
    """A name that was used, since entry `seq`, and the instant that it stands for."""

    name: str
    anchor: Ms
    seq: Seq
    events: tuple[Event, ...]
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """What is one incident: its outages, oldest first, and its pins, the one that names it first."""

    outages: tuple[Outage, ...]
    pins: tuple[Pin, ...]


def joined_outages(outages: Iterable[Outage], joined: Ms) -> list[tuple[Outage, ...]]:
    """The outages of one service, in order of their start, parted where more than `joined` ms lie between."""
    found: list[list[Outage]] = []
    reached: Ms | None = None
    for outage in outages:
        if reached is None or outage.down[0].start - reached > joined:
            found.append([])
        found[-1].append(outage)
        end = outage.down[-1].end
        reached = end if reached is None or end > reached else reached
    return [tuple(each) for each in found]


def grouped(outages: Iterable[Outage], pins: Iterable[Pin], joined: Ms) -> tuple[Group, ...]:
    """Every incident of one service, in no order: outages with their pins, and pins that have no outages."""
    parts = joined_outages(outages, joined)
    starts = [part[0].down[0].start for part in parts]
    own: dict[int, list[Pin]] = {}
    alone: list[Group] = []
    for pin in pins:
        place = _nearest(parts, starts, pin.anchor, joined)
        if place is None:
            alone.append(Group((), (pin,)))
        else:
            own.setdefault(place, []).append(pin)
    groups = [
        Group(part, tuple(sorted(own.get(place, ()), key=lambda pin: pin.seq)))
        for place, part in enumerate(parts)
    ]
    return (*groups, *alone)


def _nearest(parts: Sequence[tuple[Outage, ...]], starts: Sequence[Ms], at: Ms, joined: Ms) -> int | None:
    """The group that the instant lies in or nearest to; None where all are further away than `joined`."""
    after = bisect_right(starts, at)
    near = [(_away(parts[place], at), place) for place in (after - 1, after) if 0 <= place < len(parts)]
    found = [(away, place) for away, place in near if away <= joined]
    return min(found)[1] if found else None


def _away(part: tuple[Outage, ...], at: Ms) -> Ms:
    start = min(part[0].down[0].start, part[0].first_bad)
    return max(start - at, 0) if at < start else max(at - max(each.down[-1].end for each in part), 0)
