"""Which outages are one incident, and that its name holds whatever later evidence says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.intervals import MINUTE
from monitor.operations import entries
from monitor.operations.fold import Names, incidents, pins
from monitor.operations.joining import joined_outages
from monitor.operations.rules import IncidentRules
from tests.operations.conftest import Team, at, names, outage


def test_outages_at_most_a_quarter_of_an_hour_apart_are_one_incident(team):
    team.down(("12:00", "12:05"), ("12:20", "12:22"), ("12:38", "12:40"))

    assert names(team.incidents()) == ["shop/20261006T120000Z", "shop/20261006T123800Z"]
    assert [len(each.outages) for each in team.incidents()] == [2, 1]


def test_how_far_apart_is_the_configurations_word(team):
    team.down(("12:00", "12:05"), ("12:06", "12:07"))
    team.rules = IncidentRules(joined=0)

    assert len(team.incidents()) == 2


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 30)), max_size=12), st.integers(0, 40))
def test_two_neighbours_are_together_exactly_where_they_are_close(told, joined):
    """Against the definition: two outages are of one incident where no gap between them is too long."""
    here, found = at("00:00"), []
    for gap, length in told:
        start = here + gap * MINUTE
        here = start + length * MINUTE
        found.append(outage(start, here))
    parts = joined_outages(found, joined * MINUTE)
    place = {each.id: number for number, part in enumerate(parts) for each in part}

    assert [each for part in parts for each in part] == found
    for first in range(len(found)):
        for last in range(first, len(found)):
            gaps = [gap for gap, _ in told[first + 1 : last + 1]]
            together = all(gap <= joined for gap in gaps)
            assert (place[found[first].id] == place[found[last].id]) is together


def acknowledged(team: Team, minute: str = "12:04"):
    team.record(entries.acknowledged(team.one(), at(minute), "max", at(minute)))


def test_a_name_holds_when_its_outage_turns_out_to_have_begun_earlier(team):
    team.down(("12:02", "12:10"))
    acknowledged(team)

    team.down(("11:58", "12:10"))

    assert names(team.incidents()) == ["shop/20261006T120200Z"]
    assert team.one().began.at == at("11:58")
    assert team.one().acknowledged.at == at("12:04")


def test_a_name_that_nobody_used_follows_the_evidence(team):
    team.down(("12:02", "12:10"))
    assert names(team.incidents()) == ["shop/20261006T120200Z"]

    team.down(("11:58", "12:10"))
    assert names(team.incidents()) == ["shop/20261006T115800Z"]


def test_where_an_outage_falls_apart_the_name_stays_with_the_part_that_it_began_in(team):
    team.down(("12:02", "13:30"))
    acknowledged(team)

    team.down(("12:02", "12:20"), ("13:00", "13:30"))
    first, second = team.incidents()

    assert names([first, second]) == ["shop/20261006T120200Z", "shop/20261006T130000Z"]
    assert first.acknowledged is not None
    assert second.acknowledged is None


def test_where_incidents_grow_together_the_name_that_was_recorded_first_holds_and_the_other_leads_there(team):
    team.down(("12:00", "12:10"), ("13:00", "13:10"))
    first, second = team.incidents()
    team.record(entries.noted(second, "switch", "max", at("13:05")))
    team.record(entries.noted(first, "router", "max", at("13:06")))

    team.down(("12:00", "13:10"))
    found = team.one()

    assert (found.name, found.names) == (second.name, (first.name,))
    assert [note.text for note in found.notes] == ["switch", "router"]
    assert found.began.at == at("12:00")


def test_an_outage_that_is_seen_no_more_leaves_a_withdrawn_incident_with_all_that_was_said(team):
    team.down(("12:02", "12:10"))
    acknowledged(team)

    team.down()
    found = team.one()

    assert (found.name, found.state, found.false_alarm) == ("shop/20261006T120200Z", "withdrawn", True)
    assert found.acknowledged.at == at("12:04")


def test_a_false_alarm_withdraws_it_and_taking_that_back_brings_it_back(team):
    team.down(("12:02", "12:10"))
    before = team.one()

    team.false = {before.outages[0].id}
    withdrawn = team.one()
    assert (withdrawn.name, withdrawn.state, withdrawn.outages) == (before.name, "withdrawn", ())
    assert withdrawn.alarms == before.outages

    team.false = set()
    assert team.one() == before


def test_where_one_of_two_outages_was_a_false_alarm_the_other_counts(team):
    team.down(("12:00", "12:05"), ("12:10", "12:20"))
    name = team.one().name
    team.false = {team.one().outages[0].id}

    found = team.one()

    assert (found.name, found.began.at, found.false_alarm) == (name, at("12:10"), False)


def opened(team: Team, began: str, seen: str | None = None):
    event = entries.opened("shop", at(began), at(seen or began), "Slow", "max", at(seen or began))
    team.record(event)


def test_one_that_was_opened_by_hand_takes_the_outage_that_follows_close(team):
    opened(team, "11:50")
    team.down(("12:02", "12:10"))

    found = team.one()

    assert (found.name, found.origin, len(found.outages)) == ("shop/20261006T115000Z", "hand", 1)
    assert (found.began.at, found.detected.at, found.title) == (at("11:50"), at("11:50"), "Slow")


def test_one_that_was_opened_by_hand_long_before_an_outage_stays_by_itself(team):
    opened(team, "11:00")
    team.down(("12:02", "12:10"))

    assert names(team.incidents()) == ["shop/20261006T110000Z", "shop/20261006T120200Z"]


def test_of_a_service_that_is_watched_no_more_what_was_recorded_stays(team):
    team.down(("12:02", "12:10"))
    acknowledged(team)

    (found,) = incidents({}, pins(team.journal), team.now, team.rules)

    assert (found.name, found.state, found.withdrawn) == ("shop/20261006T120200Z", "unknown", False)
    assert found.acknowledged.at == at("12:04")


@given(parts=st.lists(st.integers(0, 4), max_size=6))
def test_names_that_are_read_bit_by_bit_are_those_that_are_read_at_once(parts):
    team = Team().down(("12:02", "12:10"))
    acknowledged(team)
    team.record(entries.noted(team.one(), "rebooted", "max", at("12:30")))
    opened(team, "15:00")
    read = Names()

    rest = list(team.journal)
    for size in parts:
        read.take(rest[:size])
        assert read.by_service() == pins(each for each in team.journal if each.seq <= read.upto)
        rest = rest[size:]

    assert read.take(rest).by_service() == pins(team.journal)


minutes = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=8)


def laid(told):
    here, found = at("00:00"), []
    for pause, length in told:
        start = here + pause * MINUTE
        here = start + length * MINUTE
        found.append(outage(start, here))
    return found


@given(minutes, minutes, st.sets(st.integers(0, 7), max_size=4), st.sets(st.integers(0, 400), max_size=2))
def test_whatever_later_evidence_says_each_name_leads_to_one_incident_and_each_outage_is_in_one(
    before, after, used, by_hand
):
    """The evidence is replaced by another altogether: names that were used go on leading somewhere."""
    team = Team(laid(before))
    known = team.incidents()
    for place, each in enumerate(known):
        if place in used:
            team.record(entries.noted(each, "used", "max", team.now))
    for minute in by_hand:
        began = at("00:00") + minute * MINUTE
        team.record(entries.opened("shop", began, began, "Slow", "max", team.now))
    promised = [*dict.fromkeys(event.subject for event in team.journal)]

    team.outages = laid(after)
    found = team.incidents()

    leading = [name for each in found for name in (each.name, *each.names)]
    assert len(leading) == len(set(leading))
    assert set(promised) <= set(leading)
    told = sorted(o.id for each in found for o in each.outages)
    assert told == sorted(o.id for o in team.outages)
    assert all(each.withdrawn == (not each.outages and each.origin == "outage") for each in found)
    assert sum(len(each.notes) for each in found) == len([e for e in team.journal if e.kind == entries.NOTED])
    assert [each.began.at for each in found] == sorted(each.began.at for each in found)
