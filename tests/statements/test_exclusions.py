"""Exclusions in the journal: recorded, changed, cancelled, and read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.config.plan import Exclusion
from monitor.core.intervals import DAY, HOUR, Span
from monitor.statements.exclusions import cancelled, changes, declared, records, windows

STORM = Exclusion(
    "storm", "force majeure", ("checkout",), Span(10 * HOUR, 12 * HOUR), "Lightning", "n.huber", 20 * HOUR
)


@pytest.fixture
def journal(house):
    return house.snapshot()


def load(journal, at, *entries):
    """What a load of a file with these entries records."""
    journal.record(*changes({each.id: each for each in entries}, journal.journal, "anna", at))
    return records(journal.journal)


def test_the_first_load_records_it_with_its_loader_and_keeps_what_the_file_states(journal):
    (found,) = load(journal, DAY, STORM)

    assert (found.author, found.recorded, found.stated) == ("anna", DAY, ("n.huber", 20 * HOUR))
    assert (found.reason, found.origin, found.ended) == ("Lightning", "file", None)


def test_a_load_that_finds_it_as_it_was_records_nothing(journal):
    load(journal, DAY, STORM)

    assert len(load(journal, 2 * DAY, STORM)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"span": Span(10 * HOUR, 13 * HOUR)},
        {"what": "third party"},
        {"services": ("search",)},
        {"resources": ("web",)},
        {"reason": "A digger"},
        {"evidence": "https://example.org/4711"},
        {"author": "m.maier"},
    ],
)
def test_a_changed_one_is_a_new_record_and_the_old_one_ends(journal, change):
    load(journal, DAY, STORM)

    first, second = load(journal, 2 * DAY, replace(STORM, **change))

    assert (first.ended, first.ended_why, second.ended) == (2 * DAY, "replaced", None)


def test_one_that_is_gone_from_the_file_is_cancelled(journal):
    load(journal, DAY, STORM)

    (found,) = load(journal, 2 * DAY)

    assert (found.ended, found.ended_why) == (2 * DAY, "no longer in the configuration")


def test_a_load_leaves_what_a_command_recorded(journal):
    journal.record(declared(STORM, "anna", DAY))

    assert [record.ended for record in load(journal, 2 * DAY)] == [None]


def test_only_what_stands_and_touches_the_time_is_a_window(journal):
    journal.record(declared(STORM, "anna", DAY))

    (window,) = windows(journal.journal, Span(11 * HOUR, 14 * HOUR))

    assert (window.what, window.after_the_fact, window.recorded) == ("force majeure", True, DAY)
    assert windows(journal.journal, Span(12 * HOUR, 14 * HOUR)) == ()
    journal.record(cancelled("storm", "anna", 2 * DAY, "a mistake"))
    assert windows(journal.journal, Span(11 * HOUR, 14 * HOUR)) == ()


def test_without_a_reason_nothing_is_excluded():
    with pytest.raises(ValueError, match="needs a reason"):
        declared(replace(STORM, reason=" "), "anna", DAY)
