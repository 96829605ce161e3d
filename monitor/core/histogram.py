"""Latencies of a day as counts in buckets that grow with them. Pure, and integers only.

Below 64 a bucket is one value (0.1 ms); above, it is as wide as a sixty-fourth to a thirty-second of its
values. Counts add up, so merging in any order gives the same counts and the same bytes. What money rests on
is never read from here, but from the latencies themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from fractions import Fraction
from itertools import accumulate
from typing import Final

from monitor.core.checks import Tenths
from monitor.core.varints import Damaged, Numbers, written
from monitor.records import dataclass

_BITS: Final = 6


def bucket(latency: Tenths) -> int:
    """The number of the bucket that a latency falls into."""
    wide = max(latency.bit_length() - _BITS, 0)
    return (wide << _BITS - 1) + (latency >> wide)


def bounds(number: int) -> tuple[Tenths, Tenths]:
    """The least and the greatest latency of a bucket."""
    wide = max((number >> _BITS - 1) - 1, 0)
    low = number - (wide << _BITS - 1) << wide
    return low, low + (1 << wide) - 1


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many latencies fell into each bucket; buckets without any are left out."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many latencies there are."""
        return sum(self.counts.values())

    def quantile(self, share: Fraction) -> tuple[Tenths, Tenths] | None:
        """The bounds of the bucket with the nearest rank of a share, such as 19/20; None of none."""
        numbers = sorted(self.counts)
        rank = max(-(-self.total * share.numerator // share.denominator), 1)
        sums = accumulate(self.counts[number] for number in numbers)
        return next(
            (bounds(number) for number, upto in zip(numbers, sums, strict=True) if upto >= rank), None
        )

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(Counter(self.counts) + Counter(other.counts))

    def __bytes__(self) -> bytes:
        out, before = [], 0
        for number in sorted(self.counts):
            out += [number - before, self.counts[number]]
            before = number
        return written(out)


def histogram_of(latencies: Iterable[Tenths]) -> Histogram:
    """The counts of these."""
    return Histogram(Counter(map(bucket, latencies)))


def histogram_from(data: bytes) -> Histogram:
    """What `bytes` made of one; Damaged where it is something else."""
    numbers, counts, before = Numbers(data), {}, 0
    while numbers.left:
        before += numbers.next()
        if before in counts:
            raise Damaged("a bucket that comes twice")
        counts[before] = numbers.next()
    return Histogram(counts)
