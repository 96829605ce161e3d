"""Questions in SQL: the views say what the store says, nothing is written, and what is wrong is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing

import pytest

from monitor.core.checks import State
from monitor.core.histogram import histogram_of
from monitor.core.intervals import DAY, HOUR, Span
from monitor.errors import EvidenceRefused, Exit
from monitor.store import SqliteStore
from monitor.store.asking import Computed, asked
from monitor.store.errors import Unanswered
from monitor.store.protocol import Need
from monitor.store.snapshot import SqliteSnapshot
from monitor.store.sqlite import connect
from monitor.store.views import VIEWS
from monitor.store.writer import EvidenceWriter
from tests.store.test_repacking import FAILED, MIDNIGHT, WHOLE, three_days  # noqa: F401 - a fixture

Ask = Callable[..., list[tuple[object, ...]]]


def numbers(snapshot: SqliteSnapshot) -> Iterable[Sequence[object]]:
    """A computed table that says how many lanes there are."""
    return [(lane.id, lane.endpoint) for lane in snapshot.lanes()]


COMPUTED = {"lanes": Computed(["number", "name"], numbers)}


@pytest.fixture
def ask(store: SqliteStore) -> Ask:
    """The rows of an answer; facts are shown with the endpoint's name before them."""

    def ask(
        question: str,
        *,
        is_late: Callable[[], bool] = lambda: False,
        computed: Mapping[str, Computed] = COMPUTED,
    ) -> list[tuple[object, ...]]:
        seen = "{}: {}".format
        with asked(store.path, question, seen=seen, computed=computed, is_late=is_late) as answer:
            return list(answer.rows)

    return ask


@pytest.fixture(params=[0, 2, 3], ids="{} days packed".format)
def days(three_days: EvidenceWriter, request: pytest.FixtureRequest) -> EvidenceWriter:  # noqa: F811
    """Three days of two endpoints, so many of them packed."""
    three_days.count([Need(1, HOUR)])
    three_days.repack(MIDNIGHT + (request.param + 1) * DAY)
    return three_days


CHECKS = """SELECT endpoint, at_ms, epoch, slot, attempt, state, reason, latency_tenths_ms, status, holds_ms,
facts
FROM checks ORDER BY endpoint DESC, at_ms"""


def test_the_view_of_checks_has_them_all(store: SqliteStore, days: EvidenceWriter, ask: Ask) -> None:
    names = {1: "shop", 2: "api"}
    with store.snapshot() as snapshot:
        every = [c for lane in (1, 2) for c in snapshot.checks(lane, WHOLE)]

    assert ask(CHECKS) == [
        (
            names[c.lane], c.at, c.epoch, c.slot, c.attempt, c.state.name.lower(), c.reason.value,
            c.latency, c.status, c.hold, c.facts and f"{names[c.lane]}: {c.facts}",
        )
        for c in every
    ]  # fmt: skip


def test_instants_are_text_that_sorts(days: EvidenceWriter, ask: Ask) -> None:
    assert ask("SELECT min(at), max(at), min(day), max(day) FROM checks WHERE endpoint = 'shop'") == [
        ("2023-11-06T00:00:00.007Z", "2023-11-08T23:59:00.007Z", "2023-11-06", "2023-11-08")
    ]
    assert ask("SELECT count(*) FROM checks WHERE substr(at, 1, 10) <> day OR utc(at_ms) <> at") == [(0,)]


def test_a_day_is_counted(days: EvidenceWriter, ask: Ask) -> None:
    """A failed check of this history has a latency; it was not good all the same."""
    expected = [(name, day, 1_440, 1_440 - failed, 1) for name, day, failed in (
        ("api", "2023-11-06", 2), ("api", "2023-11-07", 1), ("api", "2023-11-08", 0),
        ("shop", "2023-11-06", 2), ("shop", "2023-11-07", 1), ("shop", "2023-11-08", 0),
    )]  # fmt: skip
    assert ask("SELECT endpoint, day, checks, good, complete FROM days ORDER BY 1, 2") == expected


def test_the_histograms_are_those_of_the_checks(store: SqliteStore, days: EvidenceWriter, ask: Ask) -> None:
    with store.snapshot() as snapshot:
        latencies = snapshot.latencies([1], WHOLE)[1]
    found = ask(
        "SELECT at_least_tenths_ms, sum(checks) FROM latencies WHERE endpoint = 'shop' GROUP BY 1 ORDER BY 1"
    )

    assert [count for _, count in found] == [n for _, n in sorted(histogram_of(latencies).counts.items())]
    assert ask("SELECT sum(checks), min(at_most_tenths_ms >= at_least_tenths_ms) FROM latencies") == [
        (2 * len(latencies), 1)
    ]


def test_counts_are_those_that_are_kept(store: SqliteStore, days: EvidenceWriter, ask: Ask) -> None:
    with store.snapshot() as snapshot:
        kept = [(tally.good, tally.total) for tally in snapshot.tallies(Need(1, HOUR), WHOLE)]

    assert ask("SELECT good, total FROM counts WHERE slot_ms = 3600000 ORDER BY started") == kept
    assert ask("SELECT DISTINCT endpoint, limit_tenths_ms FROM counts") == [("shop", None)]


def test_forgotten_days_are_known_by_the_answer(store: SqliteStore, three_days: EvidenceWriter) -> None:  # noqa: F811
    three_days.repack(MIDNIGHT + 4 * DAY)
    three_days.forget({1: MIDNIGHT + DAY + HOUR})

    def answer(question: str) -> tuple[list[tuple[object, ...]], bool]:
        with asked(
            store.path, question, seen=lambda _, facts: facts, computed={}, is_late=lambda: False
        ) as found:
            return list(found.rows), found.is_partial()

    shop = "FROM checks WHERE endpoint = 'shop' AND day"
    assert answer(f"SELECT slot, facts {shop} = '2023-11-06'") == ([(100, FAILED), (101, FAILED)], True)
    assert answer(f"SELECT count(*) {shop} = '2023-11-07'") == ([(1_440,)], False)
    assert answer("SELECT endpoint, day, checks, good, complete FROM days WHERE day = '2023-11-06'") == (
        [("api", "2023-11-06", 1_440, 1_438, 1), ("shop", "2023-11-06", 2, 1_438, 0)],
        False,
    )


def test_what_is_computed_is_filled_for_who_reads_it(three_days: EvidenceWriter, ask: Ask) -> None:  # noqa: F811
    filled: list[int] = []

    def rows(snapshot: SqliteSnapshot) -> Iterable[Sequence[object]]:
        filled.append(1)
        return numbers(snapshot)

    computed = {"lanes": Computed(["number", "name"], rows)}

    assert ask("SELECT count(*) FROM endpoints", computed=computed) == [(2,)]
    assert filled == []
    assert ask("WITH a AS (SELECT name FROM lanes) SELECT max(name) FROM a", computed=computed) == [("shop",)]
    assert filled == [1]


NAMES = (
    "endpoints, checks, days, latencies, counts, statements, credits, alerts, letters, tickets, "
    "ticket_events, lanes"
)


def no_view(name: str) -> str:
    return f'there is no view "{name}"; there are: {NAMES}'


NOTHING = "nothing is written here, and no other file is read; write one SELECT over the views"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("SELECT * FORM checks", 'near "FORM": syntax error (line 1, column 10)'),
        ("SELECT\n  state,\n  colour FROM checks", "no such column: colour (line 3, column 3)"),
        ("SELECT 'lat', lat, lat FROM days", "no such column: lat"),
        ("SELECT * FROM czechs", f"no such table: czechs (line 1, column 15); there are: {NAMES}"),
        ("SELECT * FROM chunk", no_view("chunk")),
        ("SELECT rowid FROM log", no_view("log")),
        ("SELECT * FROM sqlite_schema", no_view("sqlite_master")),
        ("SELECT * FROM temp.sqlite_schema", no_view("sqlite_temp_master")),
        ("SELECT * FROM pragma_table_info('log')", no_view("pragma_table_info")),
        ("WITH checks AS (SELECT facts FROM log) SELECT * FROM checks", no_view("log")),
        ("WITH days AS (SELECT body FROM chunk) SELECT * FROM days", no_view("chunk")),
        ("SELECT shown('shop', 'x')", 'there is no function "shown" for questions'),
        ("DELETE FROM lane", NOTHING),
        ("DELETE FROM checks", "cannot modify checks because it is a view"),
        ("INSERT INTO lanes VALUES (1, 2)", NOTHING),
        ("DROP VIEW checks", NOTHING),
        ("CREATE TEMP TABLE mine (a)", NOTHING),
        ("PRAGMA query_only = OFF", NOTHING),
        ("PRAGMA journal_mode = DELETE", NOTHING),
        ("ATTACH 'other.db' AS other", NOTHING),
        ("BEGIN IMMEDIATE", NOTHING),
        ("COMMIT", NOTHING),
        ("VACUUM INTO 'copy.db'", "cannot VACUUM from within a transaction"),
        ("SELECT 1; SELECT 2", "You can only execute one statement at a time; write one SELECT"),
        ("/* nothing */", "incomplete input"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_says_why(
    three_days: EvidenceWriter,  # noqa: F811
    store: SqliteStore,
    ask: Ask,
    question: str,
    said: str,
) -> None:
    before = {path.name for path in store.path.parent.iterdir()}
    with pytest.raises(Unanswered, match=f"^{re.escape(said)}$") as error:
        ask(question)

    assert error.value.exit_code is Exit.USAGE
    assert {path.name for path in store.path.parent.iterdir()} == before
    assert ask("SELECT count(*) FROM checks") == [(6 * 1_440,)]


def test_a_question_may_name_parts_of_itself_as_it_likes(three_days: EvidenceWriter, ask: Ask) -> None:  # noqa: F811
    assert ask(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT count(*) FROM n"
    ) == [(5,)]
    assert ask("WITH days AS (SELECT state FROM checks) SELECT count(*) FROM days WHERE state = 'down'") == [
        (6,)
    ]
    assert ask("SELECT value FROM json_each('[7]')") == [(7,)]
    assert ask("EXPLAIN QUERY PLAN SELECT 1 FROM endpoints")


def test_a_question_that_takes_too_long_is_ended(three_days: EvidenceWriter, ask: Ask) -> None:  # noqa: F811
    """The clock is looked at as it goes: at the third look the time is over."""
    looks = iter([False, False, True])
    with pytest.raises(Unanswered, match="took longer than it may"):
        ask(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            is_late=lambda: next(looks),
        )


def test_damage_is_told_as_damage(store: SqliteStore, three_days: EvidenceWriter, ask: Ask) -> None:  # noqa: F811
    three_days.repack(MIDNIGHT + 4 * DAY)
    with closing(connect(store.path)) as connection:
        connection.execute("UPDATE chunk SET body = substr(body, 2) WHERE lane = 1")

    with pytest.raises(EvidenceRefused, match="packed checks of lane 1 from 2023-11-06 00:00Z are damaged"):
        ask("SELECT count(*) FROM checks WHERE endpoint = 'shop'")
    assert ask("SELECT count(*) FROM checks WHERE endpoint = 'api'") == [(3 * 1_440,)]


def test_a_day_is_looked_at_before_it_is_unpacked(
    store: SqliteStore,
    three_days: EvidenceWriter,  # noqa: F811
    ask: Ask,
) -> None:
    """Of three days the first is damaged: whoever asks for another never sees that."""
    three_days.repack(MIDNIGHT + 4 * DAY)
    with closing(connect(store.path)) as connection:
        connection.execute("UPDATE chunk SET body = substr(body, 2) WHERE start = ?", (MIDNIGHT // HOUR,))

    assert ask("SELECT count(*) FROM checks WHERE day >= '2023-11-07'") == [(4 * 1_440,)]


def test_an_answer_is_of_one_moment(store: SqliteStore, three_days: EvidenceWriter) -> None:  # noqa: F811
    """What is packed and forgotten while it is read changes nothing, and waits for nobody."""
    seen: Callable[[str, str], str] = lambda _, facts: facts  # noqa: E731
    with asked(
        store.path, "SELECT state FROM checks", seen=seen, computed={}, is_late=lambda: False
    ) as answer:
        first = next(answer.rows)
        three_days.repack(MIDNIGHT + 4 * DAY)
        three_days.forget({1: WHOLE.end, 2: WHOLE.end})
        rest = list(answer.rows)

    assert len([first, *rest]) == 6 * 1_440
    assert {row[0] for row in rest} == {State.UP.name.lower(), State.DOWN.name.lower()}


def test_every_view_can_be_read(three_days: EvidenceWriter, ask: Ask) -> None:  # noqa: F811
    for name in VIEWS:
        assert isinstance(ask(f"SELECT * FROM {name} LIMIT 1"), list)


def test_the_file_is_left_as_it_was(store: SqliteStore, days: EvidenceWriter, ask: Ask) -> None:
    with store.snapshot() as snapshot:
        before = snapshot.digest([1, 2], Span(WHOLE.start, WHOLE.end))
    ask(CHECKS)
    with store.snapshot() as snapshot:
        assert snapshot.digest([1, 2], Span(WHOLE.start, WHOLE.end)) == before
