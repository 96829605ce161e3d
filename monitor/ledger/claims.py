"""PURE. What became of a credit that must be claimed: its state, the days that count, and what was recorded.

A claim is of one agreement in one chain of papers: what a statement gave, with its amendments. A credit that
is given without a claim is granted from the start. That a day has passed expires a claim by itself; whatever
else happens to it somebody records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, cast

from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.core.periods import instant, local, midnight
from monitor.errors import ConfigError
from monitor.ledger.chains import Chain, chains
from monitor.ledger.differences import given
from monitor.ledger.press import Document
from monitor.records import dataclass
from monitor.store.protocol import Event, NewEvent, Paper, Seq

State = Literal["open", "notified", "claimed", "granted", "refused", "expired", "taken back"]
MOVED: Final = "claim.moved"
KINDS: Final = frozenset({MOVED})
MOVES: Final[Mapping[State, tuple[State, ...]]] = {
    "open": ("notified", "claimed"),
    "notified": ("claimed",),
    "claimed": ("granted", "refused"),
    "refused": ("granted",),
    "granted": (),
    "expired": ("notified", "claimed", "granted"),
    "taken back": (),
}
"""What may follow what. What was done in time may be recorded late, and who may refuse may also give."""


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody recorded: on which day it happened, and why."""

    state: State
    on: date
    reason: str
    author: str
    entry: Seq


@dataclass(frozen=True, slots=True)
class Claim:
    """One agreement's credit in a chain of papers, whose `numbers` are those of its papers, oldest first.

    `amount` is what the chain gives altogether; `capped` where a limit of the contract was reached. The days
    are the last ones, included, in `zone`; None where no such step is asked for, or where the claim is
    automatic. `parts` are what each paper gave of it, by the instant of its issue.
    """

    numbers: tuple[str, ...]
    customer: str
    period: str
    agreement: str
    service: str
    amount: Amount
    automatic: bool
    notify_by: date | None
    claim_by: date | None
    notify_until: Ms | None
    claim_until: Ms | None
    zone: str
    state: State
    moves: tuple[Move, ...] = ()
    capped: bool = False
    parts: tuple[tuple[Ms, Amount], ...] = ()

    @property
    def number(self) -> str:
        """The first paper's, by which it is named."""
        return self.numbers[0]

    @property
    def newest(self) -> str:
        """The number of the paper that holds now."""
        return self.numbers[-1]

    @property
    def granted(self) -> bool:
        """Whether it is to be paid, or was before it was taken back."""
        return self.moves[-1].state == "granted" if self.moves else self.automatic

    @property
    def subject(self) -> str:
        """How the journal names it."""
        return f"{self.number}/{self.agreement}"

    @property
    def next_day(self) -> date | None:
        """By when the customer's next step is due; None where nothing is."""
        if self.state == "open":
            return self.notify_by or self.claim_by
        return self.claim_by if self.state == "notified" else None


def claims(
    papers: Sequence[Paper], document: Callable[[Paper], Document], events: Iterable[Event], now: Ms
) -> tuple[Claim, ...]:
    """Every claim, in the order of the papers, as it stands at `now`."""
    moves: dict[str, list[Move]] = {}
    for event in events:
        moves.setdefault(event.subject, []).append(_move(event))
    found: list[Claim] = []
    for chain in chains(papers):
        found += _of_chain(chain, [document(paper) for paper in chain.papers], moves, now)
    return tuple(found)


def _of_chain(
    chain: Chain, documents: Sequence[Document], moves: Mapping[str, Sequence[Move]], now: Ms
) -> Iterable[Claim]:
    sums: dict[str, Amount] = {}
    services: dict[str, str] = {}
    parts: dict[str, list[tuple[Ms, Amount]]] = {}
    for issued, each in zip(chain.papers, documents, strict=True):
        for line in given(each):
            before = sums.get(line.agreement, Amount(0, line.amount.currency))
            sums[line.agreement] = before + line.amount
            services[line.agreement] = line.service
            parts.setdefault(line.agreement, []).append((issued.at, line.amount))
    sections = {s["agreement"]: (s, each) for each in documents for s in each["sections"]}
    for agreement, amount in sums.items():
        section, paper = sections[agreement]
        claim = _claim(chain, agreement, services[agreement], amount, section, paper)
        moved = tuple(moves.get(claim.subject, ()))
        yield _as_of(replace(claim, moves=moved, parts=tuple(parts[agreement])), chain, now)


def _claim(
    chain: Chain, agreement: str, service: str, amount: Amount, section: Mapping[str, Any], paper: Document
) -> Claim:
    told = section["deadlines"]
    period = section["period"] or paper["period"]
    first = chain.papers[0]
    return Claim(
        numbers=tuple(each.number for each in chain.papers),
        customer=first.customer,
        period=first.period,
        agreement=agreement,
        service=service,
        amount=amount,
        automatic=bool(told["automatic"]),
        notify_by=_day(told["notify_by"]),
        claim_by=_day(told["claim_by"]),
        notify_until=_instant(told["notify_at"]),
        claim_until=_instant(told["claim_at"]),
        zone=period["zone"],
        state="open",
        capped=any(at_limit(line["stage"], line["values"]) for line in section["workings"]),
    )


def at_limit(stage: str, values: Mapping[str, object]) -> bool:
    """Whether a line of workings says that a limit was reached: more failures would cost no more."""
    return stage == "limits" and values.get("reached") == "yes"


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _instant(text: str | None) -> Ms | None:
    return None if text is None else instant(datetime.fromisoformat(text))


def _as_of(claim: Claim, chain: Chain, now: Ms) -> Claim:
    if not chain.stands or not claim.amount.minor:
        return replace(claim, state="taken back")
    if claim.moves:
        claim = replace(claim, state=claim.moves[-1].state)
    elif claim.automatic:
        return replace(claim, state="granted")
    over = _over(claim)
    return replace(claim, state="expired") if over is not None and over <= now else claim


def _over(claim: Claim) -> Ms | None:
    """When the step that is due is missed; None where none is."""
    if claim.state == "open" and claim.notify_by is not None:
        return _end(claim.notify_by, claim.notify_until, claim.zone)
    if claim.state in ("open", "notified") and claim.claim_by is not None:
        return _end(claim.claim_by, claim.claim_until, claim.zone)
    return None


def _end(day: date, until: Ms | None, zone: str) -> Ms:
    """A day is included, and so is the last instant where a step is counted in hours."""
    return midnight(day + timedelta(days=1), zone) if until is None else until + 1


def move(claim: Claim, state: State, on: date, reason: str, author: str, at: Ms) -> NewEvent:
    """The entry that records it; ConfigError where it cannot follow, comes too late, or is still to come."""
    name = f"{claim.number}, {claim.agreement}"
    follows = _follows(claim)
    if state not in follows:
        then = (
            f"what may follow is {' or '.join(follows)}, and not {state}" if follows else "nothing may follow"
        )
        raise ConfigError(f"{name} is {claim.state}: {then}")
    if on > local(at, claim.zone).date():
        raise ConfigError(f"{name}: --on {on}: that day is still to come; record what has happened")
    if claim.moves and on < claim.moves[-1].on:
        raise ConfigError(
            f"{name}: --on {on}: it was {claim.moves[-1].state} on {claim.moves[-1].on} already"
        )
    last = {"notified": claim.notify_by, "claimed": claim.claim_by}.get(state)
    if last is not None and on > last:
        raise ConfigError(
            f"{name}: the last day was {last}, and {on} is later: the credit is forfeited; "
            "to give it all the same, move it to granted and say why"
        )
    if not reason.strip() and (state == "refused" or (state == "granted" and claim.state != "claimed")):
        raise ConfigError(f"{name}: --reason is missing: say why it is {state}; the customer will ask")
    body = {"paper": claim.number, "agreement": claim.agreement, "state": state, "on": on.isoformat()}
    return NewEvent(at, MOVED, claim.subject, author, reason, body)


def _follows(claim: Claim) -> tuple[State, ...]:
    """A notice that was never given cannot be skipped where the contract asks for one."""
    follows = MOVES[claim.state]
    if claim.state in ("open", "expired"):
        noticed = any(each.state == "notified" for each in claim.moves)
        if claim.notify_by is None:
            return tuple(each for each in follows if each != "notified")
        if noticed:
            return tuple(each for each in follows if each != "notified")
        return tuple(each for each in follows if each != "claimed")
    return follows


def _move(event: Event) -> Move:
    body = event.body
    return Move(
        state=cast("State", body["state"]),  # written by `move` alone
        on=date.fromisoformat(str(body["on"])),
        reason=event.reason,
        author=event.author,
        entry=event.seq,
    )
