"""Tickets are kept as they are told: once whatever is repeated, and with what they were before."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.tickets import By, EventKind, Ticket, TicketEvent
from monitor.errors import EvidenceRefused
from monitor.store import SqliteStore, open_store, tickets
from monitor.store.backup import back_up
from monitor.store.errors import Conflict
from monitor.store.protocol import Holder
from monitor.store.restore import prepared, restore
from monitor.store.sqlite import connect
from monitor.store.ticket_protocol import NewBatch, TakenTickets, ToldTicket
from monitor.store.ticket_rows import row_of, ticket_of, tickets_of
from monitor.store.whole import examine
from tests.store.test_kill_at import killed

T: Ms = 1_790_000_000_000


Told = tuple[Ms, EventKind] | tuple[Ms, EventKind, str] | tuple[Ms, EventKind, str, By]


def happened(*told: Told) -> tuple[TicketEvent, ...]:
    return tuple(TicketEvent(T + at, *rest) for at, *rest in told)


def ticket(
    id: str,
    *told: tuple[Ms, EventKind] | tuple[Ms, EventKind, str] | tuple[Ms, EventKind, str, str],
    **fields: str,
) -> Ticket:
    return Ticket(id, happened(*(told or ((0, "created"),))), **fields)


def batch(name: str = "october.csv", at: Ms = T + DAY, **fields: object) -> NewBatch:
    made = NewBatch(at, "file", "zendesk", "ines", name, f"digest of {name}")
    return replace(made, **fields)  # type: ignore[arg-type]


def take(store: SqliteStore, tickets: Sequence[Ticket], made: NewBatch | None = None) -> TakenTickets:
    return store.tickets.take([ToldTicket("zendesk", each) for each in tickets], made or batch())


def known(store: SqliteStore, **asked: object) -> list[str]:
    with store.snapshot() as snapshot:
        return [each.id for each in snapshot.tickets(**asked)]  # type: ignore[arg-type]


def test_a_ticket_is_read_as_it_was_told_and_says_who_told_it(store: SqliteStore) -> None:
    told = ticket(
        "17",
        (0, "created"),
        (5 * MINUTE, "auto reply", "", "system"),
        (HOUR, "reply", "", "agent"),
        (2 * HOUR, "status", "pending"),
        priority="urgent",
        segment="gold",
        channel="email",
        service="shop",
        customer="acme",
        resource="db-1",
    )
    told = replace(told, columns={"team": "blue"})
    assert take(store, [told]) == TakenTickets(added=1, batch=1)
    with store.snapshot() as snapshot:
        assert list(snapshot.tickets()) == [replace(told, columns={"team": "blue", "source": "zendesk"})]


def test_the_same_file_twice_changes_nothing_not_even_the_journal(store: SqliteStore) -> None:
    tickets = [ticket("1"), ticket("2", (HOUR, "created"))]
    assert take(store, tickets).added == 2
    head = store.changed(0)
    assert take(store, tickets) == TakenTickets(same=2)
    assert store.changed(0) == head


def test_an_edit_keeps_what_the_ticket_was_and_says_by_whom_when_and_from_which_file(
    store: SqliteStore,
) -> None:
    before = ticket("1", (0, "created"), priority="low")
    after = ticket("1", (0, "created"), (HOUR, "reply"), priority="high")
    take(store, [before], batch("october.csv"))
    take(store, [after], batch("november.csv", at=T + 2 * DAY, author="max"))
    with store.snapshot() as snapshot:
        now, was = snapshot.ticket("1")
        assert [event.subject for event in snapshot.events()] == ["october.csv", "november.csv"]
    assert (now.ticket.priority, now.until, now.batch.name) == ("high", None, "november.csv")
    assert (was.ticket.priority, was.batch.name) == ("low", "october.csv")
    assert was.until is not None
    assert (was.until.name, was.until.author, was.until.at) == ("november.csv", "max", T + 2 * DAY)
    assert was.until.once == "digest of november.csv"


def test_what_is_told_older_than_it_is_known_changes_nothing(store: SqliteStore) -> None:
    new, old = ticket("1", (0, "created"), (HOUR, "reply")), ticket("1")
    store.tickets.take([ToldTicket("zendesk", new, updated=T + HOUR)], batch("b"))
    assert store.tickets.take([ToldTicket("zendesk", old, updated=T)], batch("a")) == TakenTickets(older=1)
    assert known(store) == ["1"]


def test_deliveries_add_to_what_is_known_and_one_that_comes_again_adds_nothing(store: SqliteStore) -> None:
    take(store, [ticket("1", (0, "created"), priority="low")])
    more = ToldTicket("zendesk", ticket("1", (MINUTE, "assigned"), (HOUR, "reply")), whole=False)
    delivery = batch("d-1", kind="delivery")
    assert store.tickets.take([more], delivery).edited == 1
    assert store.tickets.take([more], delivery) == TakenTickets(same=1)
    with store.snapshot() as snapshot:
        (now,) = snapshot.tickets()
        assert [event.kind for event in now.events] == ["created", "assigned", "reply"]
        assert now.priority == "low"
        told = [event.kind for event in snapshot.events()]
        assert told == ["tickets.imported", "tickets.began"], "files are in the journal, and who delivers"


def test_a_deletion_is_a_mark_with_its_reason_that_a_later_file_does_not_lift(store: SqliteStore) -> None:
    take(store, [ticket("1"), ticket("2")])
    by_hand = batch("", kind="hand", reason="spam", author="max")
    assert store.tickets.mark("zendesk", "1", by_hand, deleted=True)
    assert not store.tickets.mark("zendesk", "1", by_hand, deleted=True), "it is so already"
    assert known(store, still_open=True) == ["2"]

    assert take(store, [ticket("1")]).same == 1
    assert take(store, [ticket("1", (0, "created"), (HOUR, "reply"))]).held == 1
    with store.snapshot() as snapshot:
        assert [each.deleted for each in snapshot.tickets()] == [True, False]
        assert [each.ticket.deleted for each in snapshot.ticket("zendesk:1")] == [True, True, False]
        assert [e.reason for e in snapshot.events(kinds=frozenset({"ticket.deleted"}))] == ["spam"]
    assert store.tickets.mark("zendesk", "1", by_hand, deleted=False)
    assert set(known(store, still_open=True)) == {"1", "2"}


def test_one_that_is_told_as_revived_counts_again(store: SqliteStore) -> None:
    take(store, [replace(ticket("1"), deleted=True)])
    assert take(store, [ticket("1")]) == TakenTickets(same=1)
    done = store.tickets.take([ToldTicket("zendesk", ticket("1"), revived=True)], batch("n"))
    assert (done.edited, done.held) == (1, 0)
    with store.snapshot() as snapshot:
        assert [each.ticket.deleted for each in snapshot.ticket("1")] == [False, True]


def test_whoever_read_before_another_batch_of_the_source_is_refused(store: SqliteStore) -> None:
    assert store.tickets.last("zendesk") == 0
    done = store.tickets.take([ToldTicket("zendesk", ticket("1"))], batch("a"), expect=0)
    store.tickets.take([ToldTicket("jira", ticket("1"))], batch("j", source="jira"))
    assert store.tickets.last("zendesk") == done.batch
    with pytest.raises(Conflict, match="tickets of zendesk were taken since"):
        store.tickets.take([ToldTicket("zendesk", ticket("2"))], batch("b"), expect=0)
    assert known(store, source="zendesk") == ["1"]


def test_no_ticket_of_that_name_can_be_marked(store: SqliteStore) -> None:
    with pytest.raises(KeyError):
        store.tickets.mark("zendesk", "none", batch("", kind="hand"), deleted=True)


def test_a_month_has_the_tickets_that_went_on_in_it(store: SqliteStore) -> None:
    month = Span(T + 10 * DAY, T + 40 * DAY)
    take(
        store,
        [
            ticket("over before", (0, "created"), (DAY, "resolved")),
            ticket("open since before", (0, "created")),
            ticket("closed within", (DAY, "created"), (12 * DAY, "closed")),
            ticket("within", (11 * DAY, "created"), (12 * DAY, "resolved")),
            ticket("through", (2 * DAY, "created"), (90 * DAY, "resolved")),
            ticket("reopened long ago", (DAY, "created"), (DAY, "resolved"), (2 * DAY, "reopened")),
            ticket("later", (40 * DAY, "created")),
        ],
    )
    assert known(store, span=month) == [
        "open since before", "closed within", "reopened long ago", "through", "within",
    ]  # fmt: skip


@pytest.mark.parametrize(("asked", "values"), [(tickets.WENT_ON, 5), (tickets.OPEN, 4)])
def test_a_million_tickets_are_never_gone_through_for_a_month(
    store: SqliteStore, asked: str, values: int
) -> None:
    """What went on in a span, and what is open, is found by an index, whoever it is of."""
    with closing(connect(store.path, readonly=True)) as connection:
        found = connection.execute(f"EXPLAIN QUERY PLAN {asked}", (None,) * values)
        plan = [row[3] for row in found.fetchall()]
    assert [each for each in plan if each.startswith("SCAN") and "ticket" in each] == []


def test_tickets_are_found_by_customer_service_and_system(store: SqliteStore) -> None:
    take(store, [ticket("1", customer="acme", service="shop"), ticket("2", customer="globex")])
    store.tickets.take([ToldTicket("jira", ticket("1", customer="acme"))], batch("j"))
    assert known(store, customers=["acme"]) == ["1", "1"]
    assert known(store, services=["shop"]) == ["1"]
    assert known(store, customers=[]) == []
    assert known(store, source="jira") == ["1"]
    with store.snapshot() as snapshot:
        assert [each.source for each in snapshot.ticket("1")] == ["jira", "zendesk"]
        assert [each.source for each in snapshot.ticket("jira:1")] == ["jira"]


def test_what_a_file_would_do_is_said_without_doing_it(store: SqliteStore) -> None:
    take(store, [ticket("1")])
    told = [
        ToldTicket("zendesk", ticket("1", (0, "created"), (1, "reply"))),
        ToldTicket("zendesk", ticket("2")),
    ]
    assert store.tickets.take(told, batch("b"), dry_run=True) == TakenTickets(added=1, edited=1)
    assert known(store) == ["1"]


def test_a_batch_that_breaks_off_leaves_nothing(store: SqliteStore) -> None:
    def told() -> object:
        yield from (ToldTicket("zendesk", ticket(str(n))) for n in range(3_000))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        store.tickets.take(told(), batch())  # type: ignore[arg-type]
    assert known(store) == []
    assert store.changed(0) == 0


def spooled(
    store: SqliteStore, told: Sequence[ToldTicket], made: NewBatch, *, dry_run: bool = False
) -> TakenTickets:
    """The same as a file is taken: all of it is put by before any of it is."""
    with store.tickets.spool() as spool:
        for each in told:
            spool.put(each)
        return store.tickets.take(spool, made, dry_run=dry_run)


def test_what_a_file_tells_comes_to_the_same_as_if_its_tickets_were_told_one_by_one(tmp_path: Path) -> None:
    """Forty files by chance: new tickets, edits, older ones, known ones, and some marked as deleted."""
    dice = random.Random(4)
    one, other = (open_store(tmp_path / f"{name}.db", create=True) for name in ("one", "other"))
    for number in range(40):
        file = [
            ToldTicket(
                dice.choice(["zendesk", "jira"]),
                replace(ticket(str(id_), priority=dice.choice(["", "high"])), deleted=dice.random() < 0.1),
                dice.choice([None, T, T + DAY]),
            )
            for id_ in dice.sample(range(60), dice.randrange(40))
        ]
        made, dry = batch(f"{number}.csv"), dice.random() < 0.2
        assert spooled(one, file, made, dry_run=dry) == other.tickets.take(file, made, dry_run=dry)
        if number % 7 == 3:
            for store in (one, other):
                with suppress(KeyError):
                    store.tickets.mark("jira", str(number), batch(kind="hand"), deleted=number % 2 == 0)
    rows = []
    for store in (one, other):
        examine(store.path)
        with closing(connect(store.path, readonly=True)) as connection:
            tables = ("ticket", "ticket_was", "ticket_batch")
            rows.append([connection.execute(f"SELECT * FROM {each}").fetchall() for each in tables])
    assert rows[0] == rows[1]
    assert all(rows[0])


def test_a_file_is_read_without_holding_anybody_up_and_leaves_nothing_beside_the_database(
    store: SqliteStore, path: Path
) -> None:
    before = {each.name for each in path.parent.iterdir()}
    with store.tickets.spool() as spool:
        for number in range(2_500):
            spool.put(ToldTicket("zendesk", ticket(str(number))))
        take(store, [ticket("7", priority="high")])  # somebody else writes meanwhile
        assert {each.name for each in path.parent.iterdir()} - before <= {"test.db-wal", "test.db-shm"}
        done = store.tickets.take(spool, batch())
    assert (done.added, done.edited, len(known(store))) == (2_499, 1, 2_500)
    examine(path)


def test_a_ticket_that_a_file_puts_twice_is_the_one_that_was_put_last(store: SqliteStore) -> None:
    told = [ToldTicket("zendesk", ticket("1", priority=each)) for each in ("low", "high")]
    assert spooled(store, told, batch()) == TakenTickets(added=1, batch=1)
    with store.snapshot() as snapshot:
        assert [each.priority for each in snapshot.tickets()] == ["high"]


TAKE = """
import sys
from pathlib import Path
from monitor.store import open_store
from tests.store.test_tickets import ToldTicket, batch, spooled, ticket
told = [ToldTicket("zendesk", each) for each in (ticket("1", priority="high"), ticket("2"))]
spooled(open_store(Path(sys.argv[1])), told, batch("second.csv"))
"""


@pytest.mark.parametrize("point", ["tickets.begun", "tickets.kept", "tickets.journaled", "tickets.committed"])
def test_killed_at_any_point_a_file_is_taken_whole_or_not_and_the_next_try_ends_the_same(
    store: SqliteStore, path: Path, point: str
) -> None:
    take(store, [ticket("1")])
    killed(TAKE, point, path)
    assert known(store) in (["1"], ["1", "2"])
    examine(path)
    take(store, [ticket("1", priority="high"), ticket("2")], batch("second.csv"))
    assert known(store) == ["1", "2"]
    with store.snapshot() as snapshot:
        assert [each.ticket.priority for each in snapshot.ticket("1")] == ["high", ""]
        assert len(list(snapshot.events())) == 2


def test_a_backup_carries_tickets_with_their_trail_and_a_restore_brings_them_back(
    store: SqliteStore, path: Path, tmp_path: Path, holder: Holder
) -> None:
    take(store, [ticket("1")])
    take(store, [ticket("1", priority="high")], batch("b"))
    copy = tmp_path / "copy.db"
    back_up(path, copy)
    take(store, [ticket("2")], batch("c"))
    with prepared(copy, path, holder) as ready:
        restore(ready, T + 3 * DAY, "ines")
    again = open_store(path)
    assert known(again) == ["1"]
    with again.snapshot() as snapshot:
        assert len(snapshot.ticket("1")) == 2
    assert examine(path).journal == 3


FORGERIES = {
    "UPDATE ticket SET content = replace(content, 'low', 'high')": "its content does not give its digest",
    "UPDATE ticket SET customer = 'globex'": "is looked up by other values",
    "UPDATE ticket SET digest = zeroblob(32)": "tickets that batch 2 told were changed",
    "DELETE FROM ticket": "tickets that batch 2 told were changed",
    "DELETE FROM ticket_was": "tickets that batch 1 told were changed",
    "UPDATE ticket_was SET content = replace(content, 'x', 'y')": "what ticket 1 was before was changed",
    "UPDATE ticket_batch SET author = 'nobody' WHERE seq = 1": "batch 1 of the tickets was changed",
    "DELETE FROM ticket_batch WHERE seq = 1": "batch 1 of the tickets is missing",
    "DELETE FROM ticket_batch WHERE seq = 2": "tickets say that batch 2 told them",
    "INSERT INTO ticket SELECT 9, source, 'new', first, last, open, deleted, updated, customer, service, "
    "content, digest, batch FROM ticket": "tickets that batch 2 told were changed",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_verify_finds_a_ticket_that_somebody_changed_behind_our_back(
    store: SqliteStore, path: Path, forgery: str
) -> None:
    take(store, [ticket("x", priority="old")])
    take(store, [ticket("x", priority="low")], batch("b"))
    assert store.ledger.faults() == ()
    with closing(connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(forgery)
    assert any(FORGERIES[forgery] in fault for fault in store.ledger.faults())


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM ticket",
        "UPDATE ticket SET customer = 'globex'",
        "DELETE FROM ticket_was",
        "UPDATE ticket_was SET content = ''",
        "DELETE FROM ticket_batch",
    ],
)
def test_the_database_itself_refuses_to_lose_a_ticket_or_what_it_was(
    store: SqliteStore, path: Path, change: str
) -> None:
    take(store, [ticket("1")])
    take(store, [ticket("1", priority="high")], batch("b"))
    with closing(connect(path)) as connection, pytest.raises(Exception, match=r"append-only|kept"):
        connection.execute(change)


def test_a_chain_of_batches_that_says_something_else_than_the_journal_is_found(
    store: SqliteStore, path: Path
) -> None:
    take(store, [ticket("1")])
    with closing(connect(path)) as connection:
        connection.execute("DROP TRIGGER journal_no_delete")
        connection.execute("DELETE FROM journal")
    assert any("is not the one that the journal tells of" in fault for fault in store.ledger.faults())


def test_a_damaged_copy_is_not_taken_for_a_backup(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    take(store, [ticket("1")])
    with closing(connect(path)) as connection:
        trigger = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'ticket_no_change'"
        ).fetchone()[0]
        connection.execute("DROP TRIGGER ticket_no_change")
        connection.execute("UPDATE ticket SET customer = 'globex'")
        connection.execute(trigger)
    with pytest.raises(EvidenceRefused, match="looked up by other values"):
        back_up(path, tmp_path / "copy.db")


def test_texts_taken_apart_together_are_the_tickets_of_each() -> None:
    told = [ticket(f"T-{n}", (n, "created"), (n + 5, "reply"), customer=f'"{n}"]') for n in range(600)]
    rows = [(row_of(ToldTicket("zendesk", each)).content, n % 2) for n, each in enumerate(told)]
    assert list(tickets_of(rows)) == [ticket_of(*row) for row in rows]


@pytest.mark.parametrize("text", ["", "[", "[],[]", '["T-1"]'])
def test_a_text_that_is_none_of_ours_is_refused_among_others_too(text: str) -> None:
    rows = [(row_of(ToldTicket("zendesk", ticket("T-1", (0, "created")))).content, 0), (text, 0)]
    with pytest.raises((ValueError, TypeError)) as alone:
        ticket_of(text, 0)
    with pytest.raises(alone.type):
        list(tickets_of(rows))
