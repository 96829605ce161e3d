"""Who is disabled now, from the events of the journal."""

from __future__ import annotations

import pytest

from monitor.statements.disabled import Disabled, disabled, enabled, standing
from monitor.store.protocol import Event, NewEvent


def kept(*new: NewEvent) -> list[Event]:
    return [
        Event(n, each.at, each.kind, each.subject, each.author, each.reason, each.body, "", "")
        for n, each in enumerate(new, 1)
    ]


def test_it_holds_until_somebody_says_otherwise():
    events = kept(
        disabled("web", "ann", 10, "moved"), disabled("db", "ann", 11, "moved"), enabled("db", "bob", 20)
    )
    assert standing(events, 30) == {"web": Disabled("web", 10, "ann", "moved")}


def test_it_ends_by_itself_at_the_time_that_was_set():
    events = kept(disabled("web", "ann", 10, "works", until=50))
    assert list(standing(events, 49)) == ["web"]
    assert standing(events, 50) == {}


def test_the_newest_word_counts():
    events = kept(
        disabled("web", "ann", 10, "a", until=20), enabled("web", "bob", 12), disabled("web", "cid", 15, "b")
    )
    assert standing(events, 30) == {"web": Disabled("web", 15, "cid", "b")}


@pytest.mark.parametrize(("reason", "until", "why"), [(" ", None, "empty"), ("x", 10, "not after now")])
def test_it_needs_a_reason_and_an_end_that_is_to_come(reason, until, why):
    with pytest.raises(ValueError, match=why):
        disabled("web", "ann", 10, reason, until)
