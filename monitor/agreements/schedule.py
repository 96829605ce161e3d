"""Schedule: what a missed commitment costs. Wherever an amount stands, a schedule may stand.

Called, a node looks whether the promise was missed at all; under another node, which has looked already, it
is asked what is `owed`. Times and counts are those that are left after all steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from monitor.agreements.counts import (
    NOTHING,
    By,
    allowance,
    begun,
    each_miss,
    each_outage,
    shortfall,
)
from monitor.agreements.pipeline import Case, Due, DueKind, Miss, Piece, Reading
from monitor.agreements.rows import (
    MONTHS_FEE,
    Price,
    Row,
    Rows,
    TwoRows,
    deepest,
    holds,
    if_missed,
    owes,
)
from monitor.agreements.words import duration, share
from monitor.core.intervals import DAY, HOUR, Ms
from monitor.records import dataclass

FEE = "fee"

IfMet = Literal["no credit", "as the table"] | None
Part = Literal["full", "or part", "pro rata"]
Beyond = Literal["commitment"] | Fraction | None


@dataclass(frozen=True, slots=True)
class NoCredits:
    """The contract knows no credit."""

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return ()

    def owed(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return ()

    def say(self, of: str = MONTHS_FEE) -> str:
        return "If it is missed, no service credit is owed."

    def phrase(self) -> str:
        return "nothing"


@dataclass(frozen=True, slots=True)
class Unread(NoCredits):
    """What a miss costs was not read: nothing is computed, and nothing is known."""

    def say(self, of: str = MONTHS_FEE) -> str:
        return "What is owed if it is missed was not read: no service credit is computed."

    def phrase(self) -> str:
        return "not read"


@dataclass(frozen=True, slots=True)
class Manual:
    """The contract's credit is no engine's to decide: the figure is computed, a person enters the rest."""

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return ()

    def owed(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return ()

    def say(self, of: str = MONTHS_FEE) -> str:
        return "What is owed if it is missed is decided by a person."

    def phrase(self) -> str:
        return "what a person decides"


@dataclass(frozen=True, slots=True)
class Amount:
    """`"10%"`, `"9.76 GBP"`, `"3 days of fees"`, `"1 month of fees"`, `"3 days of service"`, `"5 points"`, …

    `kind`, `amount` and `of` are as in `Due`. Standing alone it is the flat credit on a breach.
    """

    kind: DueKind
    amount: Fraction
    of: str
    text: str

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return self.owed(reading, case) if owes(reading) else ()

    def owed(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        outage, at, whose = begun(reading)
        return (Due(self.kind, self.amount, self.of, self.text, outage, at, reading.lane, resource=whose),)

    def say(self, of: str = MONTHS_FEE) -> str:
        whose = f" of {of}" if self.kind == "share" else ""
        return f"If it is missed the service credit is {self.phrase()}{whose}."

    def phrase(self) -> str:
        return share(self.amount) if self.kind == "share" else self.text


@dataclass(frozen=True, slots=True)
class Each:
    """`{ each = "full 30m", credit = "5%" }`: per unit of time (ms), of shortfall, or per occurrence.

    `part` says what an incomplete unit is worth (times and shares only). `beyond`: "commitment", or ms, or a
    share; None for no allowance (shares: the commitment). Time is counted over the period, and over the
    outage or the delay inside each outage or miss; there `beyond` is free each time.
    """

    of: Literal["time", "share", "outage", "miss", "bad slot", "calendar day"]
    credit: Node
    size: Fraction = Fraction(1)
    part: Part | None = None
    beyond: Beyond = None
    text: str = ""
    if_met: IfMet = None

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return self.owed(reading, case) if owes(reading, self.if_met) else ()

    def owed(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return tuple(
            due
            for count, narrowed in self._counted(reading)
            if count
            for due in self._all(count, narrowed, case)
        )

    def _counted(self, reading: Reading) -> Iterable[tuple[Fraction, Reading]]:
        """How often the credit is owed, and for which reading."""
        match self.of:
            case "time":
                return [(self._units(reading.down - allowance(self.beyond, reading)), reading)]
            case "share":
                return [(self._units(shortfall(self.beyond, reading)), reading)]
            case "outage":
                return [(Fraction(1), outage) for outage in each_outage(reading)]
            case "miss":
                return [(Fraction(miss.misses[0].count), miss) for miss in each_miss(reading)]
            case "bad slot":
                return [(Fraction(slot.size), _slot(reading, slot)) for slot in reading.outages]
            case "calendar day":
                return [(self._late(miss.misses[0], reading), miss) for miss in each_miss(reading)]

    def _all(self, count: Fraction, narrowed: Reading, case: Case) -> Iterable[Due]:
        dues = _times(count, self._size, self.credit.owed(narrowed, case))
        if self.of != "miss" or count == 1:
            return dues
        return (replace(due, alike=int(count)) for due in dues)

    def _units(self, much: Fraction) -> Fraction:
        """The units in a time or a shortfall, exact; an incomplete one is worth what `part` says."""
        units = max(NOTHING, much) / self.size
        match self.part:
            case "full":
                return Fraction(floor(units))
            case "or part":
                return Fraction(ceil(units))
            case _:
                return units

    def _late(self, miss: Miss, reading: Reading) -> Fraction:
        """The days of a miss beyond the free ones, for each event alike that another node does not count."""
        free = 0 if self.beyond in (None, "commitment") else floor(Fraction(self.beyond) / DAY)
        alike = 1 if reading.of == "miss" else miss.count
        return Fraction(max(0, miss.days - free) * alike)

    @property
    def _size(self) -> Ms:
        return floor(self.size) if self.of == "time" else DAY if self.of == "calendar day" else 0

    def say(self, of: str = MONTHS_FEE) -> str:
        return f"{if_missed(self, of)}{_said_met(self.if_met)}."

    def phrase(self) -> str:
        beyond, rata = _said_beyond(self.beyond, self.of), ", pro rata" if self.part == "pro rata" else ""
        unit = f"for each {self._unit()}{beyond}{rata}"
        if isinstance(self.credit, Rows):
            return f"{unit}, {self.credit.phrase()}"
        return f"{self.credit.phrase()} {unit}"

    def _unit(self) -> str:
        if self.of not in ("time", "share"):
            return "calendar day late" if self.of == "calendar day" else self.of
        size = duration(floor(self.size)) if self.of == "time" else f"{share(self.size)} of shortfall"
        parts = {"full": "full {}", "or part": "{} or part of it", "pro rata": "{}", None: "{}"}
        return parts[self.part].format(size)


@dataclass(frozen=True, slots=True)
class ProRata:
    """`{ pro_rata = 10 }`: so many times the fee for the time; `beyond` as in `Each`."""

    times: Fraction
    beyond: Beyond = None
    text: str = ""
    if_met: IfMet = None

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return self.owed(reading, case) if owes(reading, self.if_met) else ()

    def owed(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        time = reading.down - allowance(self.beyond, reading)
        if time <= 0:
            return ()
        outage, at, whose = begun(reading)
        text = self.text or self.phrase()
        due = Due("time", time * self.times, FEE, text, outage, at, reading.lane, resource=whose)
        return (replace(due, size=HOUR, factor=self.times),)

    def say(self, of: str = MONTHS_FEE) -> str:
        return f"{if_missed(self, of)}{_said_met(self.if_met)}."

    def phrase(self) -> str:
        times = "" if self.times == 1 else f"{self.times} times "
        return f"{times}the fee for the time{_said_beyond(self.beyond, 'time')}"


@dataclass(frozen=True, slots=True)
class GreatestOf:
    """`{ greatest_of = […] }`: the one that comes to most money. `price` says what dues come to."""

    of: tuple[Node, ...]
    price: Price | None = field(default=None, compare=False, repr=False)

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return self._most((node(reading, case) for node in self.of), reading, case)

    def owed(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return self._most((node.owed(reading, case) for node in self.of), reading, case)

    def _most(self, choices: Iterable[tuple[Due, ...]], reading: Reading, case: Case) -> tuple[Due, ...]:
        if self.price is None:
            raise ValueError("the greatest of several needs a price: let `priced` give it one")
        price = self.price
        return max(choices, key=lambda dues: price(dues, reading, case), default=())

    def say(self, of: str = MONTHS_FEE) -> str:
        return f"{if_missed(self, of)}."

    def phrase(self) -> str:
        return f"the greatest of {_joined(self.of, 'or')}"


@dataclass(frozen=True, slots=True)
class SumOf:
    """`{ sum_of = […] }`, and a schedule with `plus` another: all of them."""

    of: tuple[Node, ...]

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return tuple(due for node in self.of for due in node(reading, case))

    def owed(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return tuple(due for node in self.of for due in node.owed(reading, case))

    def say(self, of: str = MONTHS_FEE) -> str:
        return f"{if_missed(self, of)}."

    def phrase(self) -> str:
        return f"the sum of {_joined(self.of, 'and')}"


Node = NoCredits | Manual | Amount | Each | ProRata | GreatestOf | SumOf | Rows


def priced(node: Node, price: Price) -> Node:
    """The schedule with a price wherever it has to compare money; the same one where it nowhere does."""
    match node:
        case Each():
            return replace(node, credit=priced(node.credit, price))
        case GreatestOf():
            return replace(node, of=tuple(priced(each, price) for each in node.of), price=price)
        case SumOf():
            return replace(node, of=tuple(priced(each, price) for each in node.of))
        case Rows() if not all(_plain(row.credit) for row in node.rows):
            rows = tuple(replace(row, credit=priced(row.credit, price)) for row in node.rows)
            return replace(node, rows=rows, price=price)
        case _:
            return node


def shape(node: Node) -> str:
    """What a schedule is called in the answer: "rows", "flat", "each", "pro rata", …"""
    names = {
        NoCredits: "none",
        Unread: "none",
        Manual: "manual",
        Amount: "flat",
        Each: "each",
        ProRata: "pro rata",
        GreatestOf: "greatest of",
        SumOf: "sum of",
        Rows: "rows",
    }
    return names[type(node)]


def tables(node: object) -> Iterator[Rows]:
    """Every table in a schedule, however deep."""
    inside: tuple[object, ...] = ()
    match node:
        case GreatestOf() | SumOf():
            inside = node.of
        case Each():
            inside = (node.credit,)
        case Rows():
            yield node
            inside = tuple(row.credit for row in node.rows)
        case _:
            pass
    for each in inside:
        yield from tables(each)


def _plain(node: Node) -> bool:
    return isinstance(node, Amount) and node.kind == "share"


def _slot(reading: Reading, slot: Piece) -> Reading:
    down = (slot.end - slot.start) * slot.rate
    return replace(reading, of="outage", outages=(slot,), bad=slot.size * slot.rate, down=down)


def _times(count: Fraction, size: Ms, dues: Iterable[Due]) -> Iterable[Due]:
    """The dues so often; those of a unit keep how many units they are."""
    for due in dues:
        counted = count * (due.count or 1)
        yield replace(due, amount=due.amount * count, count=counted, size=size or due.size)


def _said_beyond(beyond: Beyond, of: str) -> str:
    if beyond is None:
        return ""
    if beyond == "commitment":
        return " beyond what the promise allows"
    return f" below {share(beyond)}" if of == "share" else f" beyond the first {duration(floor(beyond))}"


def _said_met(if_met: IfMet) -> str:
    return ", even where the promise is kept" if if_met == "as the table" else ""


def _joined(nodes: tuple[Node, ...], word: str) -> str:
    return f" {word} ".join(node.phrase() for node in nodes)


__all__ = [
    "FEE",
    "Amount",
    "By",
    "Each",
    "GreatestOf",
    "Manual",
    "NoCredits",
    "Node",
    "Part",
    "ProRata",
    "Row",
    "Rows",
    "SumOf",
    "TwoRows",
    "deepest",
    "holds",
    "owes",
    "priced",
    "shape",
]  # fmt: skip
