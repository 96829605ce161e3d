"""Numbers as a contract's reader expects them, exact: what is printed here parses back to the same value."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms
from monitor.core.numbers import Bound, Operator

_UNITS: tuple[tuple[Ms, str], ...] = (
    (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"), (1, "millisecond"),
)  # fmt: skip

_SIDES: dict[Operator, str] = {
    "<": "below {}",
    "<=": "at or below {}",
    ">": "above {}",
    ">=": "at or above {}",
    "=": "at exactly {}",
}


def share(value: Fraction, *, space: str = " ") -> str:
    """`99.9 %`, without trailing zeros; `1/30` where no finite decimal says it exactly."""
    digits = decimals(value * 100)
    if digits is None:
        return f"{value.numerator}/{value.denominator}"
    percent = Decimal((value * 100 * 10**digits).numerator).scaleb(-digits)
    return f"{percent:f}{space}%"


def named_span(every: str) -> str:
    """What a period is called in short: `month`, `quarter`, `year`; `period` where it is none of them."""
    word = every.rsplit(" ", 1)[-1]
    return word if word in ("month", "quarter", "year") else "period"


def each_of(every: str) -> str:
    """`each calendar month`, `any 30 days`, `the 365 days before the claim`."""
    if every.startswith("any "):
        return every
    if every.endswith(" before the claim"):
        return f"the {every}"
    blocks = ", counted from the agreement's first day" if every.endswith(" days") else ""
    return f"each {every}{blocks}"


def figure(value: Fraction) -> str:
    """An availability, exact or cut off after six decimals and then marked so: `99.884259… %`."""
    if decimals(value * 100) is not None:
        return share(value)
    cut = Fraction(int(value * 10**8), 10**8)
    return share(cut).replace(" %", "… %")


def decimal(value: Fraction) -> str:
    """`45`, `0.8`; `100/3` where no finite decimal says it exactly."""
    digits = decimals(value)
    if digits is None:
        return f"{value.numerator}/{value.denominator}"
    return f"{Decimal((value * 10**digits).numerator).scaleb(-digits):f}"


def decimals(value: Fraction) -> int | None:
    """How many decimals print the value exactly; None when no number of them does."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def duration(ms: Ms) -> str:
    """`48 hours`, `4 hours 30 minutes`: up to two days in hours, as notices are written."""
    parts: list[str] = []
    for unit, name in _UNITS:
        if unit == DAY and (ms <= 3 * DAY or ms % DAY):
            continue
        count, ms = divmod(ms, unit)
        if count:
            parts.append(f"{count} {name}" if count == 1 else f"{count} {name}s")
    return " ".join(parts) or "0 milliseconds"


def side(bound: Bound) -> str:
    """`below 99.9 %`, `at or above 99 %`."""
    return _SIDES[bound.sign].format(share(bound.value))
