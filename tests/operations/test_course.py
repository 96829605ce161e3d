"""The course of an incident: what the evidence says, what people say, and what contradicts."""

from __future__ import annotations

import pytest

from monitor.errors import ConfigError
from monitor.operations import entries
from monitor.operations.figures import figures
from monitor.operations.incident import Incident
from monitor.operations.rules import IncidentRules
from tests.operations.conftest import Team, at, course, outage

MAX = "max"


def ack(team: Team, minute: str):
    team.record(entries.acknowledged(team.one(at(minute)), at(minute), MAX, at(minute)))


def resolve(team: Team, minute: str, **more: object):
    team.record(entries.resolved(team.one(at(minute)), at(minute), MAX, at(minute), **more))


def reopen(team: Team, minute: str):
    team.record(entries.reopened(team.one(at(minute)), at(minute), MAX, at(minute), "it is back"))


def minutes(incident: Incident) -> tuple[int | None, ...]:
    found = figures(incident)
    times = (found.to_detect, found.to_acknowledge, found.to_mitigate, found.to_resolve, found.downtime)
    return tuple(None if each is None else each // 60_000 for each in times)


def test_by_itself_an_incident_is_over_with_its_outage_once_none_has_joined_it(team):
    team.down(("12:00", "12:10"))

    assert team.one(at("12:24")).state == "mitigated"
    assert team.one(at("12:25")).state == "resolved"
    assert course(team.one()) == [
        ("began", "12:00"), ("detected", "12:00"), ("mitigated", "12:10"), ("resolved", "12:10"),
    ]  # fmt: skip
    assert minutes(team.one()) == (1, None, 10, 10, 10)


def test_between_outages_that_are_joined_it_stays_open(team):
    team.down(("12:00", "12:10"), ("12:20", "12:30"))

    assert minutes(team.one()) == (1, None, 30, 30, 20)
    assert team.one().open_spans == ((at("12:00"), at("12:30")),)


def test_where_people_resolve_nothing_else_does(team):
    team.rules = IncidentRules(resolved="by hand")
    team.down(("12:00", "12:10"))
    assert team.one().state == "mitigated"

    resolve(team, "12:40")
    assert (team.one().state, minutes(team.one())) == ("resolved", (1, None, 10, 40, 10))


def test_who_resolves_it_after_its_recovery_says_when_it_was_over(team):
    team.down(("12:00", "12:10"))
    resolve(team, "13:00")

    assert team.one().resolved.author == MAX
    assert minutes(team.one()) == (1, None, 10, 60, 10)


def test_an_outage_that_joins_after_somebody_resolved_it_reopens_it(team):
    team.down(("12:00", "12:10"))
    resolve(team, "12:12")
    team.down(("12:00", "12:10"), ("12:20", "12:30"))

    found = team.one()

    assert course(found)[2:] == [
        ("resolved", "12:12"), ("reopened", "12:20"), ("mitigated", "12:30"), ("resolved", "12:30"),
    ]  # fmt: skip
    assert minutes(found) == (1, None, 30, 12 + 10, 20)


def test_what_was_reopened_by_hand_waits_for_somebody_and_the_time_between_is_not_counted(team):
    team.down(("12:00", "12:10"))
    resolve(team, "12:30")
    reopen(team, "13:00")
    assert (team.one().state, minutes(team.one())[3]) == ("open", None)

    resolve(team, "13:20")
    assert minutes(team.one())[3] == 30 + 20


def test_what_is_reopened_is_to_be_acknowledged_anew_and_its_time_counts_from_there(team):
    team.down(("12:00", "12:10"))
    ack(team, "12:04")
    resolve(team, "12:30")
    assert minutes(team.one())[1] == 4
    reopen(team, "13:00")
    assert (team.one().state, team.one().acknowledged, minutes(team.one())[1]) == ("open", None, None)

    with pytest.raises(ConfigError, match=r"is before .* was reopened"):
        team.record(entries.acknowledged(team.one(), at("12:40"), MAX, at("13:10")))
    ack(team, "13:07")
    assert (team.one().state, minutes(team.one())[1]) == ("acknowledged", 7)
    assert [when for what, when in course(team.one()) if what == "acknowledged"] == ["12:04", "13:07"]


def test_an_outage_that_reopens_it_is_to_be_acknowledged_too(team):
    team.down(("12:00", "12:10"))
    ack(team, "12:04")
    resolve(team, "12:12")
    team.down(("12:00", "12:10"), ("12:20", "12:30"))

    assert (team.one().acknowledged, minutes(team.one())[1]) == (None, None)


def test_the_second_acknowledgement_is_corrected_after_the_reopening_alone(team):
    team.down(("12:00", "12:10"))
    ack(team, "12:04")
    resolve(team, "12:30")
    reopen(team, "13:00")
    ack(team, "13:07")
    with pytest.raises(ConfigError, match=r"is before it was reopened"):
        entries.corrected(team.one(), "acknowledged", at("12:50"), "eva", at("14:00"), "the chat")
    team.record(entries.corrected(team.one(), "acknowledged", at("13:02"), "eva", at("14:00"), "the chat"))

    assert minutes(team.one())[1] == 2


def test_acknowledging_counts_from_the_detection_and_only_once(team):
    team.down(("12:00", "12:10"))
    ack(team, "12:04")

    with pytest.raises(
        ConfigError, match=r"was acknowledged at 2026-10-06T12:04:00Z by max; where that time"
    ):
        ack(team, "12:06")
    assert minutes(team.one())[1] == 4


def test_a_time_is_corrected_by_an_entry_of_its_own_and_the_original_stays(team):
    team.down(("12:00", "12:10"))
    ack(team, "12:09")
    team.record(
        entries.corrected(team.one(), "acknowledged", at("12:03"), "eva", at("14:00"), "the pager's log")
    )

    moment = team.one().acknowledged

    assert (moment.at, moment.author) == (at("12:03"), MAX)
    assert (moment.was, moment.corrected_by, moment.why) == (at("12:09"), "eva", "the pager's log")
    assert minutes(team.one())[1] == 3
    assert [event.kind for event in team.journal] == ["incident.acknowledged", "incident.time_corrected"]


@pytest.mark.parametrize(
    ("what", "to", "after"),
    [
        ("began", "11:50", (0 + 10, None, 20, 20, 10)),
        ("mitigated", "12:05", (1, None, 5, 10, 10)),
        ("resolved", "12:30", (1, None, 10, 30, 10)),
    ],
)
def test_what_the_evidence_gives_is_corrected_for_the_team_alone(team, what, to, after):
    team.down(("12:00", "12:10"))
    team.record(entries.corrected(team.one(), what, at(to), "eva", at("14:00"), "customers said so"))

    assert minutes(team.one()) == after


def test_a_corrected_time_is_corrected_again_and_the_last_word_holds(team):
    team.down(("12:00", "12:10"))
    ack(team, "12:09")
    for minute in ("12:03", "12:05"):
        team.record(entries.corrected(team.one(), "acknowledged", at(minute), "eva", at("14:00"), "the log"))

    assert (team.one().acknowledged.at, team.one().acknowledged.was) == (at("12:05"), at("12:09"))


@pytest.mark.parametrize(
    ("what", "to", "why"),
    [
        ("acknowledged", "11:59", "is before it was detected"),
        ("acknowledged", "12:31", "is after it was resolved"),
        ("began", "12:03", "is after it was detected"),
        ("detected", "12:06", "is after it was acknowledged"),
        ("mitigated", "12:40", "is after it was resolved"),
        ("resolved", "12:06", "is before it was mitigated"),
        ("acknowledged", "12:05", "it is 2026-10-06T12:05:00Z already"),
        ("reopened", "12:05", "was never reopened"),
        ("resolved", "23:30", "is still to come"),
    ],
)
def test_a_correction_that_would_put_things_in_an_order_that_cannot_be_is_refused(team, what, to, why):
    team.down(("12:00", "12:10"))
    ack(team, "12:05")
    resolve(team, "12:30")

    with pytest.raises(ConfigError, match=why):
        entries.corrected(team.one(), what, at(to), "eva", at("23:00"), "so I think")


def test_a_reopening_is_corrected_between_the_two_resolutions(team):
    team.down(("12:00", "12:10"))
    resolve(team, "12:30")
    reopen(team, "13:00")
    resolve(team, "13:20")

    for minute in ("12:29", "13:21"):
        with pytest.raises(ConfigError, match="not between the two times"):
            entries.corrected(team.one(), "reopened", at(minute), "eva", at("23:00"), "so I think")
    team.record(entries.corrected(team.one(), "reopened", at("12:50"), "eva", at("23:00"), "the chat"))
    assert minutes(team.one())[3] == 30 + 30


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda i, now: entries.acknowledged(i, at("12:20"), MAX, now), "was resolved with its recovery at"),
        (lambda i, now: entries.acknowledged(i, at("11:00"), MAX, now), "is before .* began"),
        (lambda i, now: entries.acknowledged(i, at("23:50"), MAX, now), "is still to come"),
        (lambda i, now: entries.mitigated(i, at("12:20"), MAX, now), "was resolved with its recovery at"),
        (lambda i, now: entries.resolved(i, at("12:05"), MAX, now), "is before its outage was over"),
        (lambda i, now: entries.reopened(i, at("12:05"), MAX, now, "why"), "is before .* was resolved"),
        (lambda i, now: entries.reopened(i, now, MAX, now, " "), "--reason: it is empty"),
        (lambda i, now: entries.resolved(i, now, MAX, now, false_alarm=True), "what shows that nothing"),
        (lambda i, now: entries.assigned(i, MAX, now), "say whose it is"),
        (lambda i, now: entries.assigned(i, MAX, now, remove=["dns"]), "it has none"),
        (lambda i, now: entries.graded(i, "", MAX, now, "why"), "goes by the rule already"),
        (lambda i, now: entries.caused(i, "moon", ["dns"], MAX, now, ""), "is no cause: write one of: dns"),
        (lambda i, now: entries.follow_up(i, "", "", None, MAX, now), "what is to be done"),
        (lambda i, now: entries.follow_up(i, "x", "", at("11:00"), MAX, now), "that day is over"),
        (lambda i, now: entries.follow_up_done(i, 7, MAX, now), "has no follow-up 7"),
        (lambda i, now: entries.postmortem(i, MAX, now), "say what of it"),
        (lambda i, now: entries.postmortem(i, MAX, now, required=False), "why none is required"),
        (lambda i, now: entries.postmortem_done(i, MAX, now), "stands nowhere"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write_instead(team, act, why):
    team.down(("12:00", "12:10"))

    with pytest.raises(ConfigError, match=why):
        act(team.one(), team.now)


def test_what_is_down_is_not_resolved_unless_it_is_a_false_alarm(team):
    team.outages = [outage(at("12:00"), at("12:30"), goes_on=True)]

    with pytest.raises(ConfigError, match="shop is still down"):
        resolve(team, "12:30")
    resolve(team, "12:30", reason="the probe's own proxy", false_alarm=True)
    assert (team.one().state, team.one().false_alarm) == ("resolved", True)


def test_a_withdrawn_one_takes_notes_and_nothing_else(team):
    team.down(("12:00", "12:10"))
    ack(team, "12:05")
    team.down()

    with pytest.raises(ConfigError, match="was withdrawn"):
        resolve(team, "12:30")
    team.record(entries.noted(team.one(), "our own switch", MAX, team.now))
    assert [each.text for each in team.one().notes] == ["our own switch"]
