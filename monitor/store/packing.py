"""The checks of one lane as bytes, and back: every row that was packed comes back as it was. Pure.

Three parts, each deflated by itself, since what is alike compresses alike: the *head* says what is regular,
the starts and latencies follow in columns, and the facts of failed checks as text. A *stride* is a run of
planned attempts with successive numbers, each `step` ms after the one before it give or take a quarter of a
second; a re-check is a stride of its own. What rows have in common (state, reason, hold, status) is written
once, and then how many rows in a run have it.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, pairwise, repeat
from operator import add
from statistics import median_low
from typing import Any, Final, NamedTuple, TypeVar

from monitor.core.checks import LaneId
from monitor.core.intervals import Ms
from monitor.core.varints import Damaged, Numbers, unzigzag, written, zigzag
from monitor.store.rows import Row

FORMAT: Final = 1
WIDEST: Final = 255
"""How many ms the starts of one stride may differ from its step."""
TICK: Final[Ms] = 50
LARGEST: Final = 1 << 28
"""Bytes that a part may come to: no file can make its reader take more."""

T = TypeVar("T")


class Stride(NamedTuple):
    """`length` attempts from number `slot` on, `step` ms apart from `at` on."""

    epoch: int
    slot: int
    attempt: int
    at: Ms
    length: int


class Kind(NamedTuple):
    """What rows have in common; `timed` and `told` say whether each has a latency, and facts."""

    state: int
    reason: int
    hold: Ms
    status: int | None
    timed: bool
    told: bool


# -- in


def pack(rows: Sequence[Row]) -> bytes:
    """One lane's rows, in the order of their instants, as bytes. There must be at least one."""
    step = _step(rows)
    strides, late = _strides(rows, step)
    codes: dict[Kind, int] = {}
    runs = [(codes.setdefault(kind, len(codes)), count) for kind, count in _runs(map(_kind, rows))]
    facts = [row[10].encode() for row in rows if row[10] is not None]
    head = [FORMAT, step, len(strides), *_told_strides(strides, step), len(codes)]
    for kind in codes:
        head += _told_kind(kind)
    head += [len(runs), *chain.from_iterable(runs), len(facts), *map(len, facts)]
    parts = (written(head), late, *_planes(rows), b"".join(facts))
    return b"".join(_part(part) for part in parts)


def _step(rows: Sequence[Row]) -> Ms:
    """What lies between two planned attempts, mostly."""
    planned = [row for row in rows if row[4] == 0]
    apart = [b[0] - a[0] for a, b in pairwise(planned) if b[3] == a[3] + 1 and b[2] == a[2]]
    return max(round(median_low(apart) / TICK), 1) * TICK if apart else TICK


def _strides(rows: Sequence[Row], step: Ms) -> tuple[list[Stride], bytes]:
    """The strides, and by how many ms each row is later than its place in one."""
    strides: list[Stride] = []
    late = bytearray()
    offsets: list[Ms] = []
    epoch = slot = attempt = low = high = -1
    at = 0

    def finish() -> None:
        strides.append(Stride(epoch, slot, attempt, at + low, len(offsets)))
        late.extend([offset - low for offset in offsets])

    for row in rows:
        if offsets and row[4] == 0 == attempt and row[2] == epoch and row[3] == slot + len(offsets):
            offset = row[0] - at - step * len(offsets)
            lowest, highest = min(low, offset), max(high, offset)
            if highest - lowest <= WIDEST:
                low, high = lowest, highest
                offsets.append(offset)
                continue
        if offsets:
            finish()
        at, _lane, epoch, slot, attempt, *_rest = row
        offsets, low, high = [0], 0, 0
    finish()
    return strides, bytes(late)


def _told_strides(strides: Iterable[Stride], step: Ms) -> Iterator[int]:
    epoch = slot = at = 0
    for stride in strides:
        yield from (zigzag(stride.epoch - epoch), zigzag(stride.slot - slot), stride.attempt)
        yield from (zigzag(stride.at - at), stride.length)
        epoch, slot, at = stride.epoch, stride.slot + stride.length, stride.at + step * stride.length


def _kind(row: Row) -> Kind:
    state, reason, hold, latency, status, facts = row[5:]
    return Kind(state, reason, hold, status, latency is not None, facts is not None)


def _told_kind(kind: Kind) -> tuple[int, ...]:
    status = 0 if kind.status is None else zigzag(kind.status) + 1
    return (kind.state, kind.reason, kind.hold, status, kind.timed + 2 * kind.told)


def _planes(rows: Iterable[Row]) -> tuple[bytes, bytes, bytes]:
    """The latencies: the low byte of each, the high byte, and what does not fit in two."""
    found = [row[8] for row in rows if row[8] is not None]
    wide = [(index, value >> 16) for index, value in enumerate(found) if value >> 16]
    two = array("H", [value & 0xFFFF for value in found])
    if sys.byteorder == "big":
        two.byteswap()
    both = two.tobytes()
    return both[0::2], both[1::2], written([len(wide), *chain.from_iterable(wide)])


def _runs(values: Iterable[T]) -> Iterator[tuple[T, int]]:
    """Each value once, with how often it comes in a row."""
    values = iter(values)
    current = next(values)
    count = 1
    for value in values:
        if value == current:
            count += 1
        else:
            yield current, count
            current, count = value, 1
    yield current, count


def _part(raw: bytes) -> bytes:
    """The length when it is unpacked, the length here, and the bytes; as they are where that is shorter."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    small = packer.compress(raw) + packer.flush()
    kept = small if len(small) < len(raw) else raw
    return written([len(raw), len(kept)]) + kept


# -- out


class Packed:
    """What was packed for a lane. Columns are unpacked when they are asked for.

    Damaged where the bytes are not what `pack` made.
    """

    def __init__(self, lane: LaneId, body: bytes) -> None:
        self.lane = lane
        self._parts = _parts(body)
        if len(self._parts) != 6:
            raise Damaged(f"{len(self._parts)} parts, where there are six")
        self._read_head()

    def _read_head(self) -> None:
        head = Numbers(_inflated(self._parts[0]))
        if head.next() != FORMAT:
            raise Damaged("a format that is not known here")
        self.step = head.next()
        self.strides = tuple(_strides_of(head, self.step))
        kinds = [_kind_of(head) for _ in range(head.count())]
        try:
            self.runs = tuple((kinds[head.next()], head.next()) for _ in range(head.count()))
        except IndexError:
            raise Damaged("a run of checks of no kind") from None
        self._told = [head.next() for _ in range(head.count())]
        self.count = sum(stride.length for stride in self.strides)
        if self.count != sum(count for _, count in self.runs) or not 0 < self.count <= LARGEST:
            raise Damaged("runs of checks that do not come to their number")

    @cached_property
    def instants(self) -> list[Ms]:
        """When each check started."""
        late = _inflated(self._parts[1])
        if len(late) != self.count:
            raise Damaged("fewer or more starts than checks")
        step = self.step
        places = (range(s.at, s.at + step * s.length, step) for s in self.strides)
        return list(map(add, chain.from_iterable(places), late))

    @property
    def epochs(self) -> Iterator[int]:
        return self._by_stride(lambda stride: repeat(stride.epoch, stride.length))

    @property
    def slots(self) -> Iterator[int]:
        return self._by_stride(lambda stride: range(stride.slot, stride.slot + stride.length))

    @property
    def attempts(self) -> Iterator[int]:
        return self._by_stride(lambda stride: repeat(stride.attempt, stride.length))

    def of_kind(self, what: Callable[[Kind], T]) -> Iterator[T]:
        """A value of each check that its kind has."""
        return chain.from_iterable(repeat(what(kind), count) for kind, count in self.runs)

    @cached_property
    def latencies(self) -> Sequence[int]:
        """In 0.1 ms, of those checks that have one."""
        low, high = _inflated(self._parts[2]), _inflated(self._parts[3])
        timed = sum(count for kind, count in self.runs if kind.timed)
        if not len(low) == len(high) == timed:
            raise Damaged("fewer or more latencies than checks with one")
        both = bytearray(2 * timed)
        both[0::2], both[1::2] = low, high
        two = array("H", bytes(both))
        if sys.byteorder == "big":
            two.byteswap()
        found: array[int] | list[int] = two
        wide = Numbers(_inflated(self._parts[4]))
        for _ in range(wide.count()):
            found = found if isinstance(found, list) else found.tolist()
            index, value = wide.next(), wide.next()
            if index >= timed:
                raise Damaged("a latency of no check")
            found[index] |= value << 16
        return found

    @cached_property
    def facts(self) -> list[str]:
        """The facts of those checks that have some."""
        text = _inflated(self._parts[5])
        if sum(self._told) != len(text) or len(self._told) != sum(n for kind, n in self.runs if kind.told):
            raise Damaged("fewer or more facts than checks with some")
        out, at = [], 0
        for length in self._told:
            try:
                out.append(text[at : at + length].decode())
            except UnicodeDecodeError as error:
                raise Damaged("facts that are no text") from error
            at += length
        return out

    def rows(self) -> Iterator[Row]:
        """The rows as they were, in the order in which they were packed."""
        latencies, facts = iter(self.latencies), iter(self.facts)
        columns = zip(
            self.instants,
            self.epochs,
            self.slots,
            self.attempts,
            self.of_kind(lambda kind: kind),
            strict=True,
        )
        for at, epoch, slot, attempt, kind in columns:
            yield (
                at, self.lane, epoch, slot, attempt, kind.state, kind.reason, kind.hold,
                next(latencies) if kind.timed else None, kind.status, next(facts) if kind.told else None,
            )  # fmt: skip

    def columns(self) -> tuple[Sequence[Any], ...]:
        """The same as columns: at, epoch, slot, attempt, latency, facts; `of_kind` has the others."""
        return (
            self.instants,
            list(self.epochs),
            list(self.slots),
            list(self.attempts),
            self._where(self.latencies, lambda kind: kind.timed),
            self._where(self.facts, lambda kind: kind.told),
        )

    def _where(self, values: Sequence[T], has: Callable[[Kind], bool]) -> Sequence[T | None]:
        """A value for each check: the next one where its kind has one, else None."""
        if len(values) == self.count:
            return values
        if not values:
            return [None] * self.count
        each = iter(values)
        return [next(each) if here else None for here in self.of_kind(has)]

    def _by_stride(self, what: Callable[[Stride], Iterable[int]]) -> Iterator[int]:
        return chain.from_iterable(map(what, self.strides))


def _strides_of(head: Numbers, step: Ms) -> Iterator[Stride]:
    epoch = slot = at = 0
    for _ in range(head.count()):
        epoch, slot, attempt = epoch + head.signed(), slot + head.signed(), head.next()
        at, count = at + head.signed(), head.next()
        if count > LARGEST:
            raise Damaged("more checks than a day has")
        yield Stride(epoch, slot, attempt, at, count)
        slot, at = slot + count, at + step * count


def _kind_of(head: Numbers) -> Kind:
    state, reason, hold, status, has = (head.next() for _ in range(5))
    return Kind(
        state, reason, hold, None if status == 0 else unzigzag(status - 1), bool(has & 1), bool(has & 2)
    )


def _parts(body: bytes) -> list[tuple[int, bytes]]:
    """Of each part the length when it is unpacked, and its bytes."""
    numbers, parts = Numbers(body), []
    while numbers.at < len(body):
        raw, kept = numbers.next(), numbers.next()
        if raw > LARGEST or kept > len(body) - numbers.at:
            raise Damaged("a part that is longer than it can be")
        parts.append((raw, body[numbers.at : numbers.at + kept]))
        numbers.at += kept
    return parts


def _inflated(part: tuple[int, bytes]) -> bytes:
    length, kept = part
    if length == len(kept):
        return kept
    try:
        found = zlib.decompressobj(-15).decompress(kept, length + 1)
    except zlib.error as error:
        raise Damaged("a part that cannot be unpacked") from error
    if len(found) != length:
        raise Damaged("a part that is shorter or longer than it says")
    return found
