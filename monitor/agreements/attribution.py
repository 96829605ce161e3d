"""Attribution: which part of a period's credit each outage stands for. It shares out, and computes no credit.

In proportion to counted downtime, cut off to the minor unit; what is left of cutting off goes to the outage
with the most of it, the first of several. Parts add up to the credit exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.intervals import Ms
from monitor.core.money import Amount


def attributed(credit: Amount, counted: Sequence[Ms]) -> tuple[Amount, ...]:
    """The part of each outage, in the order of `counted` (ms, never negative); nothing where none counts."""
    whole = sum(counted)
    if not whole:
        return tuple(Amount(0, credit.currency) for _ in counted)
    sign = -1 if credit.minor < 0 else 1
    minors = [sign * (abs(credit.minor) * each // whole) for each in counted]
    longest = max(range(len(counted)), key=lambda place: (counted[place], -place))
    minors[longest] += credit.minor - sum(minors)
    return tuple(Amount(minor, credit.currency) for minor in minors)
