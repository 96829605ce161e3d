"""A share of what `python -m tests.ledger.edits` runs by the ten thousand: every change is found."""

from __future__ import annotations

import random

import pytest

from tests.ledger.edits import KINDS, ROWS, Shelf, Unchanged, clean, in_the_database, tried

TIMES = 40


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Shelf:
    return Shelf.made(tmp_path_factory.mktemp("shelf"))


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda kind: kind.__name__)
def test_every_change_is_found(shelf, kind):
    assert [seed for seed in range(TIMES) if not tried(kind, shelf, seed)] == []


def test_a_tail_that_was_cut_off_is_found_by_who_holds_a_paper_of_it(shelf):
    class Always(random.Random):
        """Chooses the last way to edit rows: the tail is cut."""

        def choice(self, seq):
            return ROWS[-1] if seq is ROWS else super().choice(seq)

    assert all(in_the_database(shelf, Always(seed)) for seed in range(3))


def test_an_edit_that_changes_nothing_is_no_edit(shelf):
    class Idle(random.Random):
        def choice(self, seq):
            return (lambda connection, chance: None) if seq is ROWS else super().choice(seq)

    with pytest.raises(Unchanged):
        in_the_database(shelf, Idle(1))


@pytest.mark.parametrize("seed", range(6))
def test_a_clean_house_is_never_called_false(seed):
    verified, said = clean(seed)

    assert verified >= 3
    assert said == []
