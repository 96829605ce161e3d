"""PURE. Whether a KPI that is met is on its way to where it is not. Exact, and robust: no mean, no model.

Two rules, each of them enough, over the last six periods, this one included:

- The trend leads there. The line is that of Theil and Sen: its slope is the median of the slopes between any
  two known periods, its height the median of what that leaves (Theil, "A rank-invariant method of linear and
  polynomial regression analysis", 1950; Sen, "Estimates of the regression coefficient based on Kendall's
  tau", Journal of the American Statistical Association 63, 1968). It drifts where the line misses the target
  within the six periods to come, and where so clear an order comes by chance in one case of four at most:
  Kendall's count of pairs, by all orders that there are (Mann, "Nonparametric tests against trend",
  Econometrica 13, 1945). Three periods in order are enough, and so are six of which one was wild.
- The margin is gone. It drifts where this period has used up at least half of the margin that the periods
  before it had in the middle (their median), two of them at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import factorial
from typing import Final, Literal

from monitor.core.numbers import Bound

LOOKED_AT: Final = 6
AHEAD: Final = 6
KNOWN: Final = 3
BY_CHANCE: Final = Fraction(1, 4)
HALF: Final = Fraction(1, 2)

Way = Literal["rising", "falling", "steady", "unknown"]
Known = Sequence[tuple[int, Fraction]]


def drifting(values: Sequence[Fraction | None], target: Bound | None) -> bool:
    """Whether the last of these periods is met and drifts. None: nobody can tell what a period was."""
    if target is None or not values or values[-1] is None or not target.holds(values[-1]):
        return False
    known = _known(values)
    return _leads_across(known, target, len(values[-LOOKED_AT:]) - 1) or _margin_is_gone(known, target)


def way(values: Sequence[Fraction | None]) -> Way:
    """Where the trend leads, as clearly as a drift must be; unknown of fewer than three known periods."""
    known = _known(values)
    if len(known) < KNOWN:
        return "unknown"
    count = _kendall(known)
    if by_chance(len(known), abs(count)) > BY_CHANCE:
        return "steady"
    return "rising" if count > 0 else "falling"


def _known(values: Sequence[Fraction | None]) -> Known:
    return [(place, each) for place, each in enumerate(values[-LOOKED_AT:]) if each is not None]


def line(known: Known) -> tuple[Fraction, Fraction]:
    """The slope for each period, and the height at place 0, of two known periods at least."""
    slopes = [(y - x) / (there - here) for (here, x), (there, y) in combinations(known, 2)]
    slope = median(slopes)
    return slope, median([value - slope * place for place, value in known])


def median(values: Sequence[Fraction]) -> Fraction:
    """The middle one, or the mean of the two in the middle; of one value at least."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _leads_across(known: Known, target: Bound, last: int) -> bool:
    if len(known) < KNOWN:
        return False
    count, worse = _kendall(known), 1 if target.sign[0] == "<" else -1
    if count * worse <= 0 or by_chance(len(known), abs(count)) > BY_CHANCE:
        return False
    slope, height = line(known)
    return slope * worse > 0 and not target.holds(height + slope * (last + AHEAD))


def _margin_is_gone(known: Known, target: Bound) -> bool:
    if len(known) < KNOWN:
        return False
    before = median([value for _, value in known[:-1]])
    if not target.holds(before):
        return False
    margin, left = abs(target.value - before), abs(target.value - known[-1][1])
    return left < margin and left <= margin * HALF


def _kendall(known: Known) -> int:
    """Pairs that rise less pairs that fall."""
    return sum((y > x) - (y < x) for (_, x), (_, y) in combinations(known, 2))


@lru_cache(maxsize=64)
def by_chance(length: int, count: int) -> Fraction:
    """The share of all orders of so many values in which pairs that rise lead by at least `count`."""
    ways = [1]  # of the orders, those with so many pairs that fall
    for size in range(2, length + 1):
        longer = [0] * (len(ways) + size - 1)
        for falls, orders in enumerate(ways):
            for more in range(size):
                longer[falls + more] += orders
        ways = longer
    pairs = length * (length - 1) // 2
    enough = sum(orders for falls, orders in enumerate(ways) if pairs - 2 * falls >= count)
    return Fraction(enough, factorial(length))
