"""Who is disabled now, from the events of the journal."""

from __future__ import annotations

import pytest

from monitor.core.checks import Reason, State
from monitor.core.timeline import Segment
from monitor.statements.build import statement
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


@pytest.fixture
def switched_off(house, acme):
    """All of ACME's October, somebody had disabled one of the two endpoints that the service rests on."""

    def drawn(unobserved: str = "left out"):
        snapshot = house.snapshot()
        (lane, *_) = snapshot.known
        (life,) = lane.life
        snapshot.timelines[lane.id] = (Segment(life.start, life.end, State.UNKNOWN, Reason.DISABLED),)
        agreed = house.under(acme, unobserved=unobserved, effect="excused")
        (section,) = statement(
            house.plan(agreed), snapshot, "acme", "2026-10", house.at("2026-11-02 09:00")
        ).sections
        return section

    return drawn


@pytest.mark.parametrize("unobserved", ["left out", "up", "down"])
def test_a_month_that_was_disabled_is_neither_met_nor_missed_whatever_unseen_time_counts_as(
    switched_off, unobserved
):
    section = switched_off(unobserved)
    assert (section.met, section.credit) == (None, None)
    assert {line.reason for line in section.unknown} == {Reason.DISABLED}
    assert sum(line.span.length for line in section.unknown) == section.promised


def test_where_unseen_time_is_left_out_there_is_no_availability_of_such_a_month(switched_off):
    section = switched_off("left out")
    assert section.availability is None
    assert section.unmeasured == section.promised
    assert section.counted == 0
