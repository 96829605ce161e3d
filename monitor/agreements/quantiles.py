"""What a few past months say of all months alike: quantiles, and how sure they are. Counts alone, no model.

The bound is that of order statistics (Wilks, "Determination of sample sizes for setting tolerance limits",
Annals of Mathematical Statistics 12, 1941; David and Nagaraja, "Order Statistics", 3rd edition, 7.1). Of n
independent months of one distribution, whatever it is, the share of all months that are worse than the k-th
worst of the n is at most p with a probability of at least P(B >= k), B binomial with n and p; exactly that
where no two months can be alike. That the months are independent and alike is taken for granted: a service
that was rebuilt, or that fails in winter, is not what this speaks of.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, comb

SURE = Fraction(9, 10)
"""How sure a bound has to be before it is printed."""


def confidence(rank: int, of: int, by: Fraction) -> Fraction:
    """How sure it is that at least `by` of all months reach what the `rank`-th worst of `of` months reached.

    `rank` counts from 1, the worst month. ValueError for a rank that is none of them.
    """
    if not 1 <= rank <= of:
        raise ValueError(f"there is no month {rank} of {of}")
    worse = 1 - by
    return 1 - sum((comb(of, k) * worse**k * by ** (of - k) for k in range(rank)), Fraction(0))


def reached(figures: Sequence[Fraction], by: Fraction) -> Fraction:
    """The highest figure that at least `by` of these months reached; ValueError where there is no month."""
    if not figures:
        raise ValueError("no month was recorded")
    return sorted(figures)[_rank(len(figures), by) - 1]


def _rank(of: int, by: Fraction) -> int:
    """The worst month that has to count, so that at least `by` of them are as good: at most the best one."""
    return min(of, of - ceil(by * of) + 1)


def surely(figures: Sequence[Fraction], by: Fraction, sure: Fraction = SURE) -> Fraction | None:
    """The highest figure seen that `by` of all months alike reach, as surely as asked for.

    None where so few months cannot say it of any figure: `needed` says how many could.
    """
    ranks = range(1, len(figures) + 1)
    found = [rank for rank in ranks if confidence(rank, len(figures), by) >= sure]
    return sorted(figures)[found[-1] - 1] if found else None


def needed(by: Fraction, sure: Fraction = SURE) -> int:
    """How many months it takes until the worst of them is a bound for `by` of all; ValueError for all."""
    if not 0 < by < 1:
        raise ValueError("no number of months says what every month reaches")
    count = 1
    while confidence(1, count, by) < sure:
        count += 1
    return count


def next_worse(of: int) -> Fraction:
    """The chance, at most, that the next month is worse than each of the `of` before it."""
    return Fraction(1, of + 1)
