"""What was loaded is kept as it was, once a change, and found again at any instant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.errors import EvidenceRefused
from monitor.statements.kept import as_of, kept

ONE, OTHER = ({"monitor": {"location": name}} for name in ("Ulm", "Augsburg"))


@pytest.fixture
def load(house):
    """A journal into which configurations are loaded: `load(tables, at)`."""
    snapshot = house.snapshot()

    def record(tables, at):
        event = kept(replace(house.plan(), source=tables), snapshot.journal, "anna", at)
        if event is not None:
            snapshot.record(event)
        return snapshot.journal

    return record


def test_the_text_at_an_instant_is_that_of_the_last_load_before_it(load):
    load(ONE, 10)
    journal = load(OTHER, 20)

    assert as_of(journal, 9) is None
    assert [as_of(journal, at).text for at in (10, 19)] == ['[monitor]\nlocation = "Ulm"\n'] * 2
    assert (as_of(journal, 20).text, as_of(journal, 20).at) == ('[monitor]\nlocation = "Augsburg"\n', 20)


def test_what_did_not_change_is_not_kept_again_and_what_comes_back_refers_to_its_first_text(load):
    for tables, at in ((ONE, 10), (ONE, 20), (OTHER, 30), (ONE, 40)):
        journal = load(tables, at)

    assert [event.at for event in journal] == [10, 30, 40]
    assert ["packed" in event.body for event in journal] == [True, True, False]
    assert as_of(journal, 50).text == as_of(journal, 15).text
    assert as_of(journal, 50).at == 40


@pytest.mark.parametrize("packed", ["?", "", "eJwDAAAAAAE=", None])
def test_a_text_that_is_not_what_it_says_is_refused(load, packed):
    (event,) = load(ONE, 10)
    body = {} if packed is None else {"packed": packed}

    with pytest.raises(EvidenceRefused, match="journal entry 1"):
        as_of([replace(event, body=body)], 10)


def test_large_texts_stay_small_in_the_journal(load):
    many = {"endpoint": {f"shop-{n}": {"url": f"https://example.org/{n}"} for n in range(5_000)}}

    (event,) = load(many, 10)

    assert len(event.body["packed"]) < len(as_of([event], 10).text) / 5
