"""What is kept of closed tickets is what is counted anew, whatever comes after; and it can be thrown away."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.agreements.evaluate import evaluate, seen_by
from monitor.agreements.pipeline import Case, Contract
from monitor.agreements.tickets import Tickets
from monitor.core.intervals import MINUTE, Ms
from monitor.core.money import Amount
from monitor.core.ticket_course import goes_on
from monitor.core.tickets import Ticket, TicketEvent, in_order
from monitor.queue import counted
from monitor.queue.clocks import Clock, Watch, as_of_now
from monitor.queue.kept import path_of
from monitor.queue.stakes import Stakes
from monitor.statements.books import Books
from tests.queue.conftest import CARE, HOUSE, Desk, at, in_time, ticket

NOW = "27 12:00"
MEAN = """
[sla.care.promise.mean]
commitment = "<= 6 business hours"
credits = { "> 6 business hours" = "3%" }

[sla.care.promise.mean.measure]
evidence = "tickets"
from = "created"
to = "resolved"
as = "mean"
calendar = "berlin"
pauses = []
reopened = "ignored"
"""
Stood = dict[tuple[str, str], tuple[Amount | None, Amount | None, str]]


def drawn(chance: random.Random, number: int) -> Ticket:
    """A ticket of the last days before now: answered or not, waiting or not, over or not."""
    made = at("2 09:00") + chance.randrange(25 * 24 * 60) * MINUTE
    steps: list[TicketEvent] = []
    when = made
    for kind, value, odds in (
        ("status", "waiting for customer", 0.3),
        ("status", "open", 0.8),
        ("reply", "", 0.8),
        ("priority", "urgent", 0.1),
        ("resolved", "", 0.8),
        ("reopened", "", 0.1),
        ("merged", f"T-{number - 1}", 0.05 if number else 0),
    ):
        when += chance.randrange(1, 6 * 60) * MINUTE
        if chance.random() < odds and when < at(NOW):
            steps.append(TicketEvent(when, kind, value))  # type: ignore[arg-type]
    events = in_order((TicketEvent(made, "created"), *steps))
    return Ticket(f"T-{number}", events, chance.choice(("urgent", "high", "normal")), customer="acme")


def moved(chance: random.Random, before: Ticket) -> Ticket:
    """The same ticket later: something more happened to it, or it was told otherwise."""
    last = before.events[-1].at
    more = TicketEvent(
        min(last + chance.randrange(1, 600) * MINUTE, at(NOW)),
        chance.choice(("reply", "resolved", "reopened", "customer reply")),
    )
    return replace(before, events=in_order((*before.events, more)))


def stood(watch: Watch, stakes: Stakes) -> Stood:
    found = [(each, stakes.of(each)) for each in watch.clocks() if each.state in ("runs", "paused", "late")]
    return {(e.response.cause, e.promise): (stake.kept, stake.missed, stake.why) for e, stake in found}


LIMITS, TOGETHER = 'limits = "30% per period"', 'together = "sum"'
EACH_MISS = 'credits = { each = "miss", credit = "50.00 EUR" }'
ONE_A_DAY = 'limits = "1 credit per day"'
CAPPED = 'limits = ["20.00 EUR per outage", "300.00 EUR per period"]'
ROUNDED = f'{LIMITS}\nrounding = {{ money = "up", line = "outage" }}'
A_SHARE = 'credits = { each = "miss", credit = "0.333%" }'
BY_DELAY = (
    'credits = { each = "miss", credit = { by = "delay", in_no_row = "no credit", '
    '"> 1h" = "10.00 EUR", "> 24h" = "50.00 EUR" } }'
)
ALL = 'credits = { by = "misses", "<= 2" = "0%", "> 2" = "9%" }'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LIMITS, ONE_A_DAY),
        (LIMITS, CAPPED),
        (LIMITS, ROUNDED),
        (EACH_MISS, A_SHARE),
        (EACH_MISS, BY_DELAY),
        (EACH_MISS, ALL),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_put_together_costs_what_it_costs_apart(
    tmp_path: Path, before: str, after: str, seed: int
) -> None:
    """Whatever looks at late tickets: how many, each, their days, or how late they are."""
    chance = random.Random(seed)
    assert before in CARE
    desk = Desk(tmp_path, HOUSE + CARE.replace(before, after))
    desk.tell([drawn(chance, number) for number in range(60)])
    with desk.look(NOW) as (watch, stakes):
        assert_whole(watch, stakes)
        late = [each for each in watch.clocks() if each.state == "late" and not each.finished]
        for clock in late:
            found = stakes.of(clock)
            assert found.missed == as_it_is(watch, clock)
            assert found.kept == as_it_is(watch, clock, without=clock.response.cause)
    assert late


def as_it_is(watch: Watch, clock: Clock, without: str = "") -> Amount | None:
    """What the clock's period comes to now, with or without one late ticket; no two of them together."""
    where = clock.where
    case = as_of_now(Books(watch.plan, watch.snapshot, watch.now).case(where.agreement, where.period))
    promises = []
    for name, clause in case.contract.promises:
        accounts = clause.measure(seen_by(name, case))
        if without and name == clock.promise:
            accounts = tuple(
                replace(
                    each,
                    bad=tuple(p for p in each.bad if p.cause != without),
                    misses=tuple(miss for miss in each.misses if miss.cause != without),
                )
                for each in accounts
            )
        promises.append((name, counted.fixed(clause, accounts)))
    return evaluate(replace(case, contract=replace(case.contract, promises=tuple(promises)))).credit


@pytest.mark.parametrize("seed", range(4))
def test_after_every_batch_it_is_what_is_counted_anew(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk(tmp_path, HOUSE + CARE + MEAN)
    known = [drawn(chance, number) for number in range(40)]
    desk.tell(known)
    for round_ in range(3):
        with desk.look(NOW, at_once=7) as one, desk.look(NOW, cached=False) as other:
            seen = stood(*one)
            assert seen == stood(*other)
            assert seen
            if round_ == 0:
                assert_whole(*other)
        changed = [moved(chance, known[n]) for n in chance.sample(range(len(known)), 3)]
        fresh = [drawn(chance, len(known) + n) for n in range(5)]
        for each in changed:
            known[int(each.id.removeprefix("T-"))] = each
        known += fresh
        desk.tell([*changed, *fresh] if chance.random() < 0.5 else fresh)


def assert_whole(watch: Watch, stakes: Stakes) -> None:
    """Against one evaluation of all tickets of the month at once, none of them put together or kept."""
    for clock in list(watch.clocks())[:12]:
        if clock.state not in ("runs", "paused"):
            continue
        found = stakes.of(clock)
        assert found.kept == whole(watch, clock, late=False), clock.response.cause
        assert found.missed == whole(watch, clock, late=True), clock.response.cause


def whole(watch: Watch, clock: Clock, *, late: bool) -> Amount | None:
    where = clock.where
    books = Books(watch.plan, watch.snapshot, watch.now)
    case = as_of_now(books.case(where.agreement, where.period))
    promises = []
    for name, clause in case.contract.promises:
        accounts = clause.measure(seen_by(name, case))
        if name == clock.promise:
            (account,) = accounts
            miss = None
            if late:
                due = clock.due or 0
                of = clock.response.course
                miss = counted.Miss(
                    clock.response.cause, account.lane, of.start, due, due + 1, 1, of.allowed, 0
                )
            accounts = counted.as_if(
                counted.Few(accounts, {}), account.lane, of_start(clock), clock.response.cause, miss
            )
        promises.append((name, counted.fixed(clause, accounts)))
    contract: Contract = replace(case.contract, promises=tuple(promises))
    changed: Case = replace(case, contract=contract)
    return evaluate(changed).credit


def of_start(clock: Clock) -> Ms:
    assert isinstance(clock.measure, Tickets)
    return clock.response.course.start


def test_a_file_of_another_contract_is_not_read(tmp_path: Path) -> None:
    desk = Desk(tmp_path, HOUSE + CARE)
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 118)), ticket("T-1", ("26 10:00", "created"))])
    assert desk.money("26 12:00", "T-1", "first-reply") == ("0.00", "24.00")
    dearer = Desk(tmp_path, (HOUSE + CARE).replace("1200.00", "2400.00"))
    assert dearer.money("26 12:00", "T-1", "first-reply") == ("0.00", "48.00")


@pytest.mark.parametrize(
    "rubbish", [b"", b"{", b"[2]", b'{"version":1}', b"\xff\xfe", b'{"version":1,"state":1}', b'[2,"x"]\nx']
)
def test_a_file_that_cannot_be_read_is_as_good_as_none(desk: Desk, rubbish: bytes) -> None:
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 118)), ticket("T-1", ("26 10:00", "created"))])
    path_of(desk.plan.settings.database).write_bytes(rubbish)
    assert desk.money("26 12:00", "T-1", "first-reply") == ("0.00", "24.00")
    assert path_of(desk.plan.settings.database).read_bytes() != rubbish


@pytest.mark.parametrize("rubbish", ["", "{", "[1,2]", "no line", "\t\t"])
def test_an_entry_that_cannot_be_read_is_counted_anew(desk: Desk, rubbish: str) -> None:
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 118)), ticket("T-1", ("26 10:00", "created"))])
    desk.money("26 12:00", "T-1", "first-reply")
    path = path_of(desk.plan.settings.database)
    head, *entries = path.read_text().splitlines()
    broken = [f"{entry.split(chr(9))[0]}\t{rubbish}" for entry in entries]
    assert entries
    path.write_text("\n".join([head, *broken]))
    assert desk.money("26 12:00", "T-1", "first-reply") == ("0.00", "24.00")
    assert path.read_text().splitlines() == [head, *entries]


def test_it_is_used(desk: Desk) -> None:
    """Entries that were tampered with show in the answer: so what is asked is what is kept."""
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 118)), ticket("T-1", ("26 10:00", "created"))])
    desk.money("26 12:00", "T-1", "first-reply")
    path = path_of(desk.plan.settings.database)
    path.write_text(path.read_text().replace(",18,1,1]", ",19,1,1]"))
    assert desk.money("26 12:00", "T-1", "first-reply") == ("0.00", "0.00")


OTHER = """
[endpoint.more]
url = "http://127.0.0.1:9/more"

[target.shop-inside]
service = "shop"
objective = "99.95%"

[queue]
first = [{ priority = "urgent" }]
"""


def test_it_is_used_whatever_changes_of_what_no_ticket_is_counted_by(tmp_path: Path) -> None:
    desk = Desk(tmp_path, HOUSE + CARE)
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 118)), ticket("T-1", ("26 10:00", "created"))])
    desk.money("26 12:00", "T-1", "first-reply")
    path = path_of(desk.plan.settings.database)
    path.write_text(path.read_text().replace(",18,1,1]", ",19,1,1]"))
    other = Desk(tmp_path, HOUSE + CARE + OTHER)
    assert other.money("26 12:00", "T-1", "first-reply") == ("0.00", "0.00")


def test_a_merged_ticket_hangs_on_the_open_one(desk: Desk) -> None:
    """T-2 went into T-1, which is open: its own clock goes on, and is late at 14:00. 18 of 19, or 17 of 19;
    with one more in time 19 of 20, or 18 of 20, which is exactly 90 %."""
    merged = ticket("T-2", ("26 10:00", "created"), ("26 10:30", "merged", "T-1"))
    closed = [in_time(f"T-{n}") for n in range(100, 117)]
    desk.tell([*closed, merged, ticket("T-1", ("26 10:20", "created"))])
    assert not goes_on(merged.events)
    for _ in range(2):
        assert desk.money("26 14:10", "T-1", "first-reply") == ("24.00", "60.00")
    desk.tell([in_time("T-200")])
    assert desk.money("26 14:10", "T-1", "first-reply") == ("0.00", "24.00")
