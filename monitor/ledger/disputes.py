"""PURE. A customer's dispute of a paper: what is claimed and when, what was answered, and how it ended.

It changes no figure. Where the customer is right, an amendment says so, and the dispute names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final, Literal, cast

from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.errors import ConfigError
from monitor.records import dataclass
from monitor.store.protocol import Event, NewEvent, Seq

Outcome = Literal["upheld", "partly upheld", "rejected", "withdrawn"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("upheld", "partly upheld", "rejected", "withdrawn")
OPENED: Final = "dispute.opened"
ANSWERED: Final = "dispute.answered"
CLOSED: Final = "dispute.closed"
KINDS: Final = frozenset({OPENED, ANSWERED, CLOSED})


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute of the paper with this number; `id` is the entry that opened it.

    `amount` is what the customer says is owed, None where only the matter is disputed. `answers` are (day,
    words). `by` is the paper that corrects what was disputed, "" for none.
    """

    id: Seq
    number: str
    on: date
    claim: str
    amount: Amount | None
    answers: tuple[tuple[date, str], ...] = ()
    outcome: Outcome | None = None
    closed: date | None = None
    why: str = ""
    by: str = ""

    @property
    def state(self) -> Literal["open", "answered", "closed"]:
        """Whose turn it is."""
        if self.outcome is not None:
            return "closed"
        return "answered" if self.answers else "open"


def disputes(events: Iterable[Event]) -> tuple[Dispute, ...]:
    """Every dispute, in the order in which they were opened."""
    found: dict[Seq, Dispute] = {}
    for event in events:
        body = event.body
        on = date.fromisoformat(str(body["on"]))
        if event.kind == OPENED:
            found[event.seq] = Dispute(event.seq, event.subject, on, event.reason, _amount(body["amount"]))
            continue
        id = int(str(body["dispute"]))
        known = found[id]
        if event.kind == ANSWERED:
            found[id] = replace(known, answers=(*known.answers, (on, event.reason)))
        elif event.kind == CLOSED:
            outcome = cast("Outcome", body["outcome"])  # written by `closed` alone
            found[id] = replace(known, outcome=outcome, closed=on, why=event.reason, by=str(body["by"]))
    return tuple(found.values())


def _amount(value: object) -> Amount | None:
    if not isinstance(value, list):
        return None
    minor, currency = value
    return Amount(int(minor), str(currency))


def opened(number: str, on: date, claim: str, amount: Amount | None, author: str, at: Ms) -> NewEvent:
    """The entry that opens a dispute. ConfigError without words."""
    _must_say(claim, "--claim", "what the customer says is wrong")
    told = None if amount is None else [amount.minor, amount.currency]
    return NewEvent(at, OPENED, number, author, claim, {"on": on.isoformat(), "amount": told})


def answered(dispute: Dispute, on: date, words: str, author: str, at: Ms) -> NewEvent:
    """The entry of an answer. ConfigError where it is closed, or says nothing."""
    _must_be_open(dispute)
    _must_say(words, "--answer", "what was answered")
    _must_follow(dispute, on)
    return NewEvent(
        at, ANSWERED, dispute.number, author, words, {"dispute": dispute.id, "on": on.isoformat()}
    )


def closed(dispute: Dispute, on: date, outcome: Outcome, why: str, by: str, author: str, at: Ms) -> NewEvent:
    """The entry that ends it. ConfigError where it is closed already, or the reason is not said."""
    _must_be_open(dispute)
    _must_say(why, "--reason", "why it ended so")
    _must_follow(dispute, on)
    body = {"dispute": dispute.id, "on": on.isoformat(), "outcome": outcome, "by": by}
    return NewEvent(at, CLOSED, dispute.number, author, why, body)


def _must_be_open(dispute: Dispute) -> None:
    if dispute.outcome is not None:
        raise ConfigError(
            f"dispute {dispute.id} was closed on {dispute.closed}, {dispute.outcome}: "
            f"a new claim is a new one: makegood dispute open {dispute.number}"
        )


def _must_follow(dispute: Dispute, on: date) -> None:
    last = dispute.answers[-1][0] if dispute.answers else dispute.on
    if on < last:
        raise ConfigError(f"--on {on}: the last thing that happened to dispute {dispute.id} was on {last}")


def _must_say(words: str, option: str, what: str) -> None:
    if not words.strip():
        raise ConfigError(f"{option} is empty: say {what}")
