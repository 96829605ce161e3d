"""A small house to settle in: a snapshot made of lists, a plan made of values, a journal that appends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.agreements.terms import ContractTerms
from monitor.config.endpoint import Endpoint
from monitor.config.plan import Agreement, Customer, FeeTerm, Party, Plan, Service, Settings, Target, Terms
from monitor.core.checks import Confirmation, Expectation, Lane, LaneId, Reason, State
from monitor.core.cycles import Cycle
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms, Span
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import instant
from monitor.core.services import AtLeast, Leaf
from monitor.core.timeline import Segment, clip_segments
from monitor.store.protocol import Event, NewEvent
from tests.agreements.ordinary import MaintenanceTerms, StandardTerms, promise, row, standard_contract

BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> Ms:
    """An instant from a local clock time such as `2026-10-06 14:02:10`."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


@dataclass
class ListSnapshot:
    """A snapshot over segments and events held in lists."""

    known: list[Lane]
    timelines: dict[LaneId, tuple[Segment, ...]]
    journal: list[Event] = field(default_factory=list)
    reached: Ms | None = None
    failed: dict[LaneId, list[Ms]] = field(default_factory=dict)

    def lanes(self) -> Sequence[Lane]:
        return self.known

    def segments(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, tuple[Segment, ...]]:
        return {lane: clip_segments(self.timelines[lane], span) for lane in lanes}

    def checks(self, lane: LaneId, span: Span, *, failed: bool = False) -> Iterator[Ms]:
        """The instants of failed checks alone."""
        return (each for each in self.failed.get(lane, ()) if failed and each in span)

    def latencies(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, list[int]]:
        return {lane: list(range(100, 200)) if lane == 1 else [] for lane in lanes}

    def events(
        self, *, after: int = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]:
        for event in self.journal:
            if event.seq > after and (kinds is None or event.kind in kinds):
                yield event

    def digest(self, lanes: Sequence[LaneId], span: Span) -> str:
        return sha256(repr((sorted(lanes), span)).encode()).hexdigest()

    def as_of(self, upto: Ms | None = None) -> Ms | None:
        known = self.reached
        return None if known is None or (upto is not None and known > upto) else known

    def record(self, *events: NewEvent) -> None:
        for new in events:
            self.journal.append(
                Event(
                    len(self.journal) + 1,
                    new.at,
                    new.kind,
                    new.subject,
                    new.author,
                    new.reason,
                    new.body,
                    "",
                    "",
                )
            )


LIFE = Span(at("2026-01-01 00:00"), at("2027-01-01 00:00"))


def timeline(*down: tuple[str, str, Reason]) -> tuple[Segment, ...]:
    """A lane that was up all its life but for the stretches named; NOT_RUNNING makes it unknown."""
    out, here = [], LIFE.start
    for start, end, reason in down:
        first, last = at(start), at(end)
        out.append(Segment(here, first, State.UP, Reason.OK, here, first - 30 * SECOND))
        state = State.UNKNOWN if reason is Reason.NOT_RUNNING else State.DOWN
        seen = (None, None) if state is State.UNKNOWN else (first, last - 30 * SECOND)
        out.append(Segment(first, last, state, reason, *seen))
        here = last
    out.append(Segment(here, LIFE.end, State.UP, Reason.OK, here, LIFE.end - 30 * SECOND))
    return tuple(out)


def endpoint(id: str) -> Endpoint:
    return Endpoint(id, f"http://127.0.0.1/{id}", 30 * SECOND, 10 * SECOND, Expectation(), Confirmation())


def share(text: str) -> Fraction:
    return Fraction(text) / 100


def terms(notice: Ms = 48 * HOUR, commitment: str = "99.9") -> StandardTerms:
    return StandardTerms(
        commitment=Bound(">=", share(commitment)),
        rows=(
            row((Bound("<", share(commitment)),), share("10"), f"< {commitment}%"),
            row((Bound("<", share("99")),), share("25"), "< 99.0%"),
        ),
        maintenance=MaintenanceTerms(notice, at_most=4 * HOUR),
        cap=share("25"),
    )


def agreement(
    id: str, customer: str, zone: str, fee: str, currency: str, start: date, **more: object
) -> Agreement:
    rules = terms(**more)  # type: ignore[arg-type]
    first = Terms(
        start=start,
        sla="gold",
        sla_title="Gold",
        version=start.isoformat(),
        contract=standard_contract(rules),
        commitment=rules.commitment,
        terms=ContractTerms((("gold", promise(rules)),)),
        cycle=Cycle("calendar month", zone),
    )
    fees = (FeeTerm(start, (("monthly fee", Money(Fraction(fee), currency)),)),)
    return Agreement(id, customer, "checkout", zone, currency, start, None, (first,), fees)


def under(agreement: Agreement, *, unobserved: str, effect: str) -> Agreement:
    """The same agreement on other terms for unseen time and maintenance."""
    rules = terms()
    assert rules.maintenance is not None
    maintenance = replace(rules.maintenance, effect=effect)  # type: ignore[arg-type]
    contract = standard_contract(replace(rules, unobserved=unobserved, maintenance=maintenance))  # type: ignore[arg-type]
    return replace(agreement, terms=(replace(agreement.terms[0], contract=contract),))


def in_no_row_below_99(agreement: Agreement) -> Agreement:
    """The same agreement with a table that prices nothing below 99 %."""
    only = row((Bound("<", share("99.9")), Bound(">=", share("99"))), share("10"), "< 99.9%, >= 99%")
    contract = standard_contract(replace(terms(), rows=(only,), in_no_row="refuse"))
    return replace(agreement, terms=(replace(agreement.terms[0], contract=contract),))


def plan(*agreements: Agreement) -> Plan:
    """Checkout rests on two endpoints; ACME in Berlin and Muster in New York have agreements on it."""
    return Plan(
        path=Path("makegood.toml"),
        settings=Settings(Path("makegood.db"), Path("reports")),
        issuer=Party("Beispiel Cloud GmbH", ("Musterstraße 1",), {}, "sla@beispiel.example"),
        endpoints={"web": endpoint("web"), "api": endpoint("api")},
        services={"checkout": Service("checkout", "Checkout", AtLeast(None, (Leaf("web"), Leaf("api"))))},
        maintenance={},
        customers={
            "acme": Customer("acme", Party("ACME GmbH"), BERLIN, "EUR", "en"),
            "muster": Customer("muster", Party("Muster Inc."), "America/New_York", "USD", "en"),
        },
        agreements={a.id: a for a in agreements},
        targets={"inner": Target("inner", "checkout", Bound(">=", share("99.95")), "Shop team", ("gold",))},
    )


@pytest.fixture
def acme() -> Agreement:
    return agreement("acme-checkout", "acme", BERLIN, "1200.00", "EUR", date(2026, 1, 1))


@pytest.fixture
def muster() -> Agreement:
    return agreement("muster-checkout", "muster", "America/New_York", "4800.00", "USD", date(2026, 1, 1))


@pytest.fixture
def house():
    """The builders of this folder, for tests to call: snapshots, plans, instants."""

    class House:
        BERLIN, MINUTE, HOUR = BERLIN, MINUTE, HOUR
        at = staticmethod(at)
        plan = staticmethod(plan)
        agreement = staticmethod(agreement)
        share = staticmethod(share)
        under = staticmethod(under)
        in_no_row_below_99 = staticmethod(in_no_row_below_99)

        @staticmethod
        def snapshot(*down: tuple[str, str, Reason], reached: str = "2026-11-15 12:00") -> ListSnapshot:
            lanes = [Lane(1, "web", "local", (LIFE,)), Lane(2, "api", "local", (LIFE,))]
            return ListSnapshot(lanes, {1: timeline(*down), 2: timeline()}, reached=at(reached))

    return House
