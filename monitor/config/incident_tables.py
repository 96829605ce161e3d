"""Step two, what is internal of incidents: which outages are one, how severe one is, and what is due then."""

# ruff: noqa: RUF012  pydantic copies the default of a field
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from monitor.config.problems import Fault, Refused, Several
from monitor.config.table import Duration, Name, Table, Text, as_written, read_by, words
from monitor.config.values import shown
from monitor.core.money import minor_digits
from monitor.core.numbers import Bound, parse_bounds, parse_count, parse_duration_bound, parse_money_bound
from monitor.operations.rules import CAUSES, MoneyBound


def from_below(value: object) -> Bound:
    """`">= 30m"`: at least so long, in ms."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is no bound on a time: write ">= 30m"')
    sign, length = parse_duration_bound(value)
    return _upwards(Bound(sign, Fraction(length)), value, ">= 30m")


def at_least(value: object) -> Bound:
    """`">= 3"`: at least so many."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is no bound on a count: write ">= 3"')
    bounds = parse_bounds(value, parse_count)
    return _upwards(bounds[0], value, ">= 3")


def money_from(value: object) -> MoneyBound:
    """`">= 500.00 EUR"`."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is no bound on an amount: write ">= 500.00 EUR"')
    sign, amount, currency = parse_money_bound(value)
    try:
        minor_digits(currency)
    except KeyError:
        raise Refused(f'"{currency}" is no currency: write ">= 500.00 EUR"') from None
    return MoneyBound(_upwards(Bound(sign, amount), value, ">= 500.00 EUR"), currency)


def _upwards(bound: Bound, value: object, example: str) -> Bound:
    if bound.sign not in (">", ">="):
        raise Refused(f'{shown(value)} is a bound from above, and a severity rises: write "{example}"')
    return bound


class ConditionTable(Table):
    """One condition of a severity: all of it must hold."""

    services: list[Name] = []
    customers: Annotated[Bound, read_by(at_least)] | None = None
    lasting: Annotated[Bound, read_by(from_below)] | None = None
    money: Annotated[MoneyBound, read_by(money_from)] | None = None

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """A condition without keys would hold of everything."""
        if not (self.services or self.customers or self.lasting or self.money):
            raise Refused('names nothing: write { lasting = ">= 30m" }')
        return self


class SeverityTable(Table):
    """`[incidents.severity.NAME]`"""

    when: list[ConditionTable] = []
    postmortem: Duration | None = None


class IncidentsTable(Table):
    """`[incidents]`"""

    joined: Duration = as_written("15m")
    resolved: Annotated[Literal["on recovery", "by hand"], words("on recovery", "by hand")] = "on recovery"
    causes: list[Text] = Field(default=list(CAUSES), min_length=1)
    team: Text | None = None
    teams: dict[Name, Text] = {}
    severity: dict[Name, SeverityTable] = {}

    @model_validator(mode="after")
    def graded(self) -> Self:
        """Each severity but the last says when it holds, and the last is what is left."""
        faults = []
        for place, (name, table) in enumerate(self.severity.items(), start=1):
            where = ("severity", name, "when")
            if place < len(self.severity) and not table.when:
                message = 'says not when it holds: write when = [{ lasting = ">= 30m" }]'
                faults.append(Fault(where[:2], message))
            if place == len(self.severity) and table.when:
                message = "is the last severity, and all that is left falls in it: leave this out, or add one"
                faults.append(Fault(where, message))
        if faults:
            raise Several(faults)
        return self
