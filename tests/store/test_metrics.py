"""Pushed metrics: kept once, exactly, durably; and nothing that was kept changes."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.intervals import Span
from monitor.errors import EvidenceRefused
from monitor.store import open_store
from monitor.store.errors import Contradicted
from monitor.store.metrics import text_of, value_of
from monitor.store.sqlite import connect, sqlite3
from monitor.store.store import SqliteStore

ALWAYS = Span(0, 10**15)


def values(store: SqliteStore, name: str = "payments", span: Span = ALWAYS) -> list[tuple[int, Fraction]]:
    return [(each.at, each.value) for each in store.metrics.values(name, span)]


def test_a_value_that_was_pushed_is_there_for_whoever_opens_the_file(store: SqliteStore, path: Path):
    assert store.metrics.push("payments", 1_000, Fraction("99.7"), "a", 1_001) is True

    (again,) = open_store(path).metrics.values("payments", ALWAYS)
    assert (again.name, again.at, again.value) == ("payments", 1_000, Fraction("99.7"))
    assert (again.key, again.received) == ("a", 1_001)


def test_the_same_one_that_comes_again_is_kept_once(store: SqliteStore):
    store.metrics.push("payments", 1_000, Fraction("99.70"), "a", 1_001)

    assert store.metrics.push("payments", 1_000, Fraction("99.7"), "a", 5_000) is False
    assert values(store) == [(1_000, Fraction("99.7"))]


@pytest.mark.parametrize(("at", "value"), [(1_000, "99.8"), (2_000, "99.7")])
def test_another_one_by_the_same_id_is_refused_and_the_first_stays(store: SqliteStore, at, value):
    store.metrics.push("payments", 1_000, Fraction("99.7"), "a", 1_001)

    with pytest.raises(Contradicted, match="give this one an id of its own"):
        store.metrics.push("payments", at, Fraction(value), "a", 1_002)
    assert values(store) == [(1_000, Fraction("99.7"))]


def test_two_metrics_may_use_one_id(store: SqliteStore):
    assert store.metrics.push("payments", 1, Fraction(1), "a", 1)
    assert store.metrics.push("queries", 1, Fraction(2), "a", 1)
    assert store.metrics.known() == [("payments", 1, 1), ("queries", 1, 1)]


def test_they_are_read_by_their_instant_and_then_as_they_came(store: SqliteStore):
    for n, at in enumerate((3, 1, 2, 2)):
        store.metrics.push("payments", at, Fraction(n), f"{n}", 9)

    assert values(store) == [(1, 1), (2, 2), (2, 3), (3, 0)]
    assert values(store, span=Span(2, 3)) == [(2, 2), (2, 3)]
    assert store.metrics.figures("payments", [Span(0, 2), Span(3, 9)]) == [[1], [0]]
    assert [each.at for each in store.metrics.last("payments", 2)] == [2, 3]


def test_nobody_changes_or_deletes_one(store: SqliteStore, path: Path):
    store.metrics.push("payments", 1, Fraction(1), "a", 1)
    with closing(connect(path)) as connection:
        for statement in ("UPDATE metric SET value = '2'", "DELETE FROM metric"):
            with pytest.raises(sqlite3.Error, match="the metric is append-only"):
                connection.execute(statement)


@pytest.mark.parametrize("value", [Fraction(1, 3), Fraction(1, 10**13), Fraction(10**18), -Fraction(10**18)])
def test_what_has_no_short_decimal_is_refused(store: SqliteStore, value):
    with pytest.raises(EvidenceRefused, match="at most 18 digits before the point and 12 after it"):
        store.metrics.push("payments", 1, value, "a", 1)
    assert values(store) == []


@given(st.integers(-(10**30) + 1, 10**30 - 1))
def test_a_decimal_comes_back_as_it_was(units: int):
    value = Fraction(units, 10**12)
    assert Fraction(text_of(value)) == value_of(text_of(value)) == value


Pushes = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 2), st.sampled_from("xyz")),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(Pushes)
def test_whatever_is_pushed_the_first_by_each_name_and_id_is_what_is_there(tmp_path_factory, pushes):
    store = open_store(tmp_path_factory.mktemp("pushed") / "a.db", create=True)
    first: dict[tuple[str, str], tuple[int, int]] = {}
    for name, at, value, key in pushes:
        same = first.setdefault((name, key), (at, value)) == (at, value)
        try:
            store.metrics.push(name, at, Fraction(value), key, 9)
        except Contradicted:
            assert not same
        else:
            assert same
    for name in "ab":
        mine = [kept for (own, _), kept in first.items() if own == name]
        assert sorted(values(store, name)) == sorted(mine)
