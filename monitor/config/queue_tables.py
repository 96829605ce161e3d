"""Step two, what the team does first: the rules of `[queue]`, over what is known of a ticket."""

# ruff: noqa: RUF012  pydantic copies the default of a field
import re
from fractions import Fraction
from typing import Annotated, Final, Self

from pydantic import model_validator

from monitor.config import values
from monitor.config.problems import Refused
from monitor.config.table import Table, Texts, read_by
from monitor.config.values import shown
from monitor.core.intervals import HOUR, MINUTE
from monitor.core.money import minor_digits
from monitor.core.numbers import Bound, parse_bounds, parse_duration_bound, parse_money_bound, parse_share
from monitor.operations.queue_rules import LeftBound
from monitor.operations.rules import MoneyBound

_BUSINESS: Final = re.compile(
    r"(<=|<|>=|>)\s*([0-9]{1,6})(?:\.([0-9]{1,3}))?\s+business\s+(minute|hour)s?", re.ASCII
)
_UNITS: Final = {"minute": MINUTE, "hour": HOUR}
_EXAMPLE: Final = 'write "<= 1 business hour" (on the promise\'s own clock) or "<= 1h" (on everybody\'s)'


def time_left(value: object) -> LeftBound:
    """`"<= 1 business hour"`, `"<= 90m"`."""
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is no bound on the time left: {_EXAMPLE}")
    found = _BUSINESS.fullmatch(value.strip())
    if found:
        length = Fraction(f"{found[2]}.{found[3] or 0}") * _UNITS[found[4]]
        return LeftBound(Bound(found[1], length), own_clock=True, text=value.strip())  # type: ignore[arg-type]
    if "business" in value:
        raise Refused(f"{shown(value)} is no bound on the time left: {_EXAMPLE}")
    try:
        sign, ms = parse_duration_bound(value)
    except ValueError as error:
        raise Refused(f"{error}; of what is left {_EXAMPLE}") from None
    return LeftBound(Bound(sign, Fraction(ms)), own_clock=False, text=value.strip())


def share_used(value: object) -> Bound:
    """`">= 75%"`: of the time allowed."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is no bound on a share: write ">= 75%"')
    bounds = parse_bounds(value, parse_share)
    if len(bounds) != 1:
        raise Refused(f'{shown(value)} is two bounds: write one, as in ">= 75%"')
    return bounds[0]


def money_bound(value: object) -> MoneyBound:
    """`">= 500 EUR"`."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is no bound on an amount: write ">= 500 EUR"')
    sign, amount, currency = parse_money_bound(value)
    try:
        minor_digits(currency)
    except KeyError:
        raise Refused(f'"{currency}" is no currency: write ">= 500 EUR"') from None
    return MoneyBound(Bound(sign, amount), currency)


def names(value: object) -> tuple[str, ...]:
    """A name or a list of names."""
    return tuple(values.name(each) for each in (value if isinstance(value, list) else [value]))


Names = Annotated[tuple[str, ...], read_by(names, str | list[str])]


class FirstTable(Table):
    """One rule of `first`: all of it must hold."""

    priority: Texts = ()
    segment: Texts = ()
    channel: Texts = ()
    customer: Names = ()
    service: Names = ()
    agreement: Names = ()
    promise: Names = ()
    source: Texts = ()
    columns: dict[str, Texts] = {}
    left: Annotated[LeftBound, read_by(time_left)] | None = None
    used: Annotated[Bound, read_by(share_used)] | None = None
    money: Annotated[MoneyBound, read_by(money_bound)] | None = None

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """A rule without keys would hold of everything."""
        if not self.model_fields_set:
            raise Refused('names nothing: write { priority = "urgent" }')
        return self


class QueueTable(Table):
    """`[queue]`: what the team does first."""

    first: list[FirstTable] = []
