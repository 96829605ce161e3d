"""Outages of two sides that are one, in whatever months they are credited, and what each credit has of them.

A credit belongs to the month in which its period ends, and is shared out over its outages by the rule of
`attribution`. Currencies are never added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from monitor.agreements.attribution import attributed
from monitor.core.intervals import Ms, Span, normalise, total
from monitor.core.money import Amount
from monitor.records import dataclass
from monitor.statements.value import OutageLine

Side = Literal["upstream", "downstream"]


@dataclass(frozen=True, slots=True)
class Credit:
    """One agreement's credit of a period.

    `figure` is what it is by our measurements or our papers, `amount` what counts of it, `state` what became
    of it. None: nobody can tell, and `why` says so.
    """

    side: Side
    agreement: str
    party: str
    service: str
    period: str
    amount: Amount | None
    figure: Amount | None
    state: str
    why: str = ""
    outages: tuple[OutageLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one agreement's credit has of an outage; `span` is the outage as its service had it.

    The credit is that of `period`, and belongs to `month`.
    """

    side: Side
    agreement: str
    party: str
    service: str
    span: Span
    counted: Ms
    amount: Amount | None
    month: str
    period: str


@dataclass(frozen=True, slots=True)
class Net:
    """Of one currency: what is owed to us, what we owe, and the first less the second."""

    owed_to_us: Amount
    we_owe: Amount

    @property
    def net(self) -> Amount:
        return Amount(self.owed_to_us.minor - self.we_owe.minor, self.we_owe.currency)


@dataclass(frozen=True, slots=True)
class Joined:
    """Outages that are one: theirs, ours, or both. Without parts of one side it is the other's alone.

    It is whole: its parts may be credited in several months, an outage over the edge of two in both.
    """

    parts: tuple[Part, ...]

    @property
    def span(self) -> Span:
        return Span(min(part.span.start for part in self.parts), max(part.span.end for part in self.parts))

    @property
    def lasted(self) -> Ms:
        """For how long any of them lasted."""
        return total(normalise(part.span for part in self.parts))

    def services(self, side: Side) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.service for part in self.parts if part.side == side))

    @property
    def nets(self) -> Mapping[str, Net]:
        """By currency, of the amounts that are known."""
        return netted((part.side, part.amount) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its credits, their sums, and the outages behind them. `apart` are credits of no outage.

    An outage with parts of several months is in the first of those that are asked for.
    """

    label: str
    credits: tuple[Credit, ...]
    outages: tuple[Joined, ...]
    apart: tuple[Credit, ...]

    @property
    def nets(self) -> Mapping[str, Net]:
        """By currency; what nobody can tell is in none of them."""
        return netted((credit.side, credit.amount) for credit in self.credits)


def netted(amounts: Iterable[tuple[Side, Amount | None]]) -> Mapping[str, Net]:
    """Sums of both sides, by currency."""
    found: dict[str, dict[Side, int]] = {}
    for side, amount in amounts:
        if amount is not None:
            own = found.setdefault(amount.currency, {"upstream": 0, "downstream": 0})
            own[side] += amount.minor
    return {
        code: Net(Amount(found[code]["upstream"], code), Amount(found[code]["downstream"], code))
        for code in sorted(found)
    }


def over_months(
    labels: Sequence[str],
    credits_of: Callable[[str], Sequence[Credit]],
    ends: Callable[[Span], Iterable[str]],
    rests_on: Mapping[str, frozenset[str]],
) -> tuple[Month, ...]:
    """The months asked for, their outages whole.

    `ends` names the months in which the periods of an outage end: their credits are looked at too, until no
    outage that is shown leads to another month.
    """
    credits = {label: credits_of(label) for label in labels}
    while True:
        found = set_against(credits, labels, rests_on)
        spans = {part.span for each in found for outage in each.outages for part in outage.parts}
        more = {label for span in spans for label in ends(span)} - credits.keys()
        if not more:
            return found
        credits |= {label: credits_of(label) for label in sorted(more)}


def set_against(
    credits: Mapping[str, Sequence[Credit]], labels: Sequence[str], rests_on: Mapping[str, frozenset[str]]
) -> tuple[Month, ...]:
    """Credits by month, shared out over their outages, and those joined; of it, the months of `labels`.

    `rests_on` is by our service.
    """
    parts: list[Part] = []
    apart: dict[str, list[Credit]] = {}
    for label, own in credits.items():
        shared, apart[label] = _shared(label, own)
        parts += shared
    outages: dict[str, list[Joined]] = {label: [] for label in labels}
    for each in joined(parts, rests_on):
        home = min((part.month for part in each.parts if part.month in outages), default=None)
        if home is not None:
            outages[home].append(each)
    return tuple(
        Month(label, tuple(credits[label]), tuple(outages[label]), tuple(apart[label])) for label in labels
    )


def _shared(label: str, credits: Sequence[Credit]) -> tuple[list[Part], list[Credit]]:
    """The parts of all outages; and the credits that no outage stands for."""
    parts: list[Part] = []
    apart: list[Credit] = []
    for credit in credits:
        counted = [line.counted for line in credit.outages]
        own: Sequence[Amount | None] = [None] * len(counted)
        if credit.amount is not None:
            own = attributed(credit.amount, counted)
            if credit.amount.minor and not sum(counted):
                apart.append(credit)
        parts += [
            Part(
                credit.side,
                credit.agreement,
                credit.party,
                credit.service,
                line.span,
                line.counted,
                amount,
                label,
                credit.period,
            )
            for line, amount in zip(credit.outages, own, strict=True)
        ]
    return parts, apart


def joined(parts: Sequence[Part], rests_on: Mapping[str, frozenset[str]]) -> tuple[Joined, ...]:
    """Outages by their beginning: of one service those that overlap are one, and so are ours with theirs."""
    over: list[list[int]] = []
    near: list[list[int]] = []  # groups, by place, of which a part may still overlap what begins later
    for place in sorted(range(len(parts)), key=lambda place: parts[place].span):
        part = parts[place]
        is_one = _one_with(part, rests_on)
        waiting, touched = [], [place]
        for group in near:
            if max(parts[at].span.end for at in group) <= part.span.start:
                over.append(group)
            elif any(is_one(parts[at]) for at in group):
                touched += group
            else:
                waiting.append(group)
        near = [*waiting, touched]
    found = [Joined(tuple(parts[at] for at in sorted(group))) for group in (*over, *near)]
    return tuple(sorted(found, key=lambda each: (each.span, each.parts[0].agreement)))


def _one_with(part: Part, rests_on: Mapping[str, frozenset[str]]) -> Callable[[Part], bool]:
    def near(other: Part) -> bool:
        overlap = part.span.start < other.span.end and other.span.start < part.span.end
        if not overlap:
            return False
        if part.side == other.side:
            return part.service == other.service
        ours, theirs = (part, other) if part.side == "downstream" else (other, part)
        return theirs.service in rests_on.get(ours.service, frozenset())

    return near
