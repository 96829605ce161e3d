"""An agreement that counts from the report or until the ticket is closed: settled once people told the times.

October 2026 in Berlin: web was down from 14:00 to 15:00 on the 6th, unless a test says otherwise.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.config import load_plan
from monitor.core.checks import Reason
from monitor.core.intervals import HOUR, MINUTE, SECOND
from monitor.core.money import Amount
from monitor.core.periods import instant, local
from monitor.core.timeline import outage_id
from monitor.statements.approvals import approved
from monitor.statements.build import statement
from monitor.statements.health import health
from monitor.statements.reported import Report, not_told, told, withdrawn
from monitor.store.protocol import NewEvent

HOUSE = """
[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.web]
url = "http://127.0.0.1:1/"
interval = "30s"

[endpoint.api]
url = "http://127.0.0.1:1/api"
interval = "30s"

[service.checkout]
title = "Checkout"
SHAPE

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[sla.mine]
commitment = "99.9%"
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
OUTAGE

[agreement.mine]
customer = "acme"
service = "checkout"
sla = "mine"
monthly_fee = "100.00"
from = 2026-01-01
MORE
"""
WHOLE, RESOURCES = 'up_when = { all = ["web", "api"] }', 'resources = ["web", "api"]'
HOUR_DOWN = ("2026-10-06 14:00:00", "2026-10-06 15:00:00", Reason.TIMEOUT)
REPORTED = 'outage = { starts = "reported" }'
TICKET = 'outage = { starts = "reported", ends = "ticket closed" }'


@pytest.fixture
def written(tmp_path):
    """A plan of one agreement, its clock in the words of the file."""

    def write(outage: str, shape: str = WHOLE, more: str = ""):
        path = tmp_path / "makegood.toml"
        text = HOUSE.replace("SHAPE", shape).replace("OUTAGE", outage).replace("MORE", more)
        path.write_text(text, encoding="utf-8")
        return load_plan(path, environ={})

    return write


@pytest.fixture
def say(house):
    """What people told of the outage of a snapshot that began then, in local time."""

    def tell(began: str, resource: str = "", **what: object) -> NewEvent:
        start = house.at(began)
        times = {
            name: house.at(str(what[name])) if name in what else None
            for name in ("reported", "detected", "closed")
        }
        return told(
            Report(
                seq=0,
                service="checkout",
                resource=resource,
                outage=outage_id(start),
                began=start,
                **times,
                customer=str(what.get("customer", "")),
                ticket=str(what.get("ticket", "")),
                never=bool(what.get("never", False)),
                reason="",
                evidence="",
                author="anna",
                recorded=house.at("2026-11-10 12:00"),
            )
        )

    return tell


def section(house, plan, snapshot, label="2026-10"):
    (found,) = statement(plan, snapshot, "acme", label, house.at("2026-11-15 12:00")).sections
    return found


BEGAN = "2026-10-06 14:00:00"


def test_until_somebody_says_when_it_was_reported_there_is_no_figure(written, house):
    plan, seen = written(REPORTED), house.snapshot(HOUR_DOWN)

    found = section(house, plan, seen)
    (row,) = health(plan, seen, house.at("2026-10-20 12:00"))

    why = (
        "an outage counts from its report, and when the outage 20261006T120000Z was reported is not recorded"
    )
    assert (found.needs, found.met, found.credit, found.availability) == (why, None, None, None)
    assert (row.unsettled, row.exposure.owed) == (why, None)


def test_it_counts_from_its_report_on(written, house, say):
    seen = house.snapshot(HOUR_DOWN)
    seen.record(say(BEGAN, reported="2026-10-06 14:20", ticket="INC-47"))

    found = section(house, written(REPORTED), seen)

    assert (found.needs, found.counted, found.outages[0].counted) == ("", 40 * MINUTE, 40 * MINUTE)
    assert found.outages[0].duration == HOUR, "what was seen stays as it was seen"
    assert found.outages[0].told.reported == house.at("2026-10-06 14:20")
    assert found.outages[0].told.ticket == "INC-47"


def test_the_credit_and_the_exposure_follow_the_report(written, house, say):
    """45 minutes of October are more than its 0.1 %; 40 are not."""
    plan, seen = written(REPORTED), house.snapshot(HOUR_DOWN)
    seen.record(say(BEGAN, reported="2026-10-06 14:15"))
    (row,) = health(plan, seen, house.at("2026-10-20 12:00"))

    assert section(house, plan, seen).credit == Amount(1_000, "EUR")
    assert (row.exposure.owed, row.no_budget) == (Amount(1_000, "EUR"), "an outage counts from its report")

    seen.record(say(BEGAN, reported="2026-10-06 14:20"))
    assert section(house, plan, seen).credit == Amount(0, "EUR")


def test_a_report_before_the_first_failed_check_counts_from_that_check(written, house, say):
    seen = house.snapshot(HOUR_DOWN)
    seen.record(say(BEGAN, reported="2026-10-06 13:50"))

    assert section(house, written(REPORTED), seen).counted == HOUR


def test_an_outage_that_nobody_reported_never_began(written, house, say):
    seen = house.snapshot(HOUR_DOWN)
    seen.record(say(BEGAN, never=True))

    found = section(house, written(REPORTED), seen)

    assert (found.needs, found.counted, found.credit) == ("", 0, Amount(0, "EUR"))
    assert [line.counted for line in found.outages] == [0], "it is still shown"


def test_it_lasts_until_its_ticket_is_closed(written, house, say):
    plan, seen = written(TICKET), house.snapshot(HOUR_DOWN)
    seen.record(say(BEGAN, reported="2026-10-06 14:20", ticket="INC-47"))
    assert section(house, plan, seen).needs == (
        "an outage lasts until its ticket is closed, and when the ticket of the outage 20261006T120000Z "
        "was closed is not recorded"
    )

    seen.record(say(BEGAN, reported="2026-10-06 14:20", ticket="INC-47", closed="2026-10-06 16:30"))
    found = section(house, plan, seen)

    assert (found.counted, found.outages[0].counted) == (130 * MINUTE, 130 * MINUTE)
    assert found.up == found.promised - found.counted


def test_a_ticket_that_was_open_over_the_end_of_a_month_counts_in_both(written, house, say):
    """It ended in August, and its ticket on 5 October: the four days of October count, and are shown."""
    seen = house.snapshot(("2026-08-20 14:00:00", "2026-08-20 15:00:00", Reason.TIMEOUT))
    seen.record(say("2026-08-20 14:00:00", reported="2026-08-20 14:00", closed="2026-10-05 00:00"))

    found = section(house, written(TICKET), seen)

    assert found.counted == 4 * 24 * HOUR
    assert [(line.counted, line.told.closed) for line in found.outages] == [
        (4 * 24 * HOUR, house.at("2026-10-05 00:00"))
    ]


def test_what_is_too_short_to_count_needs_no_report(written, house):
    seen = house.snapshot(("2026-10-06 14:00:00", "2026-10-06 14:03:00", Reason.TIMEOUT))

    found = section(house, written('outage = { lasting = "> 5m", starts = "reported" }'), seen)

    assert (found.needs, found.counted) == ("", 0)


def test_outages_of_another_month_need_none_for_this_one(written, house):
    seen = house.snapshot(("2026-11-02 14:00:00", "2026-11-02 15:00:00", Reason.TIMEOUT))

    assert section(house, written(REPORTED), seen).needs == ""


def test_the_newest_report_holds_and_one_that_is_withdrawn_leaves_none(written, house, say):
    plan, seen = written(REPORTED), house.snapshot(HOUR_DOWN)
    seen.record(say(BEGAN, reported="2026-10-06 14:20"), say(BEGAN, reported="2026-10-06 14:30"))
    assert section(house, plan, seen).counted == 30 * MINUTE

    seen.record(withdrawn(f"checkout/{outage_id(house.at(BEGAN))}", "", "anna", 1, "it was another"))
    assert section(house, plan, seen).needs


def test_one_customers_report_goes_before_that_for_all_and_does_not_touch_others(written, house, say):
    plan, seen = written(REPORTED), house.snapshot(HOUR_DOWN)
    seen.record(say(BEGAN, reported="2026-10-06 14:20"))
    seen.record(say(BEGAN, reported="2026-10-06 14:50", customer="muster"))
    assert section(house, plan, seen).counted == 40 * MINUTE

    seen.record(say(BEGAN, reported="2026-10-06 14:30", customer="acme"))
    assert section(house, plan, seen).counted == 30 * MINUTE


def test_each_resource_has_its_own_clock_and_one_word_for_the_service_is_for_all(written, house, say):
    seen = house.snapshot(HOUR_DOWN)
    plan = written(REPORTED, RESOURCES)
    seen.record(say(BEGAN, "api", reported="2026-10-06 14:20"))
    assert "web/20261006T120000Z" in section(house, plan, seen).needs

    seen.record(say(BEGAN, "web", reported="2026-10-06 14:20"))
    assert section(house, plan, seen).counted == 40 * MINUTE

    other = house.snapshot(HOUR_DOWN)
    other.record(say(BEGAN, reported="2026-10-06 14:10"))
    assert section(house, plan, other).counted == 50 * MINUTE


def test_under_an_agreement_with_a_second_person_it_waits(written, house, say):
    plan, seen = written(REPORTED, more='approval = "second person"'), house.snapshot(HOUR_DOWN)
    seen.record(say(BEGAN, reported="2026-10-06 14:20"))
    assert section(house, plan, seen).needs

    seen.record(approved(seen.journal[0], "max", house.at("2026-11-11 12:00")))
    assert section(house, plan, seen).counted == 40 * MINUTE


def test_an_outage_that_late_evidence_joins_with_another_has_the_reports_of_both(written, house, say):
    seen = house.snapshot(("2026-10-06 13:00:00", "2026-10-06 15:00:00", Reason.TIMEOUT))
    seen.record(say("2026-10-06 13:00:00", reported="2026-10-06 13:30"))
    seen.record(say("2026-10-06 14:00:00", reported="2026-10-06 14:20"))

    assert section(house, written(REPORTED), seen).counted == 90 * MINUTE


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ({}, "say when it was reported"),
        ({"never": True, "ticket": "INC-47"}, "nobody reported has no times"),
        ({"closed": "2026-10-06 13:00"}, "after the outage began"),
        ({"reported": "2026-10-06 15:00", "closed": "2026-10-06 14:30"}, "was reported, not before"),
        ({"reported": "2026-12-06 15:00"}, "write a time that is over"),
    ],
)
def test_what_cannot_be_is_refused(say, what, problem):
    with pytest.raises(ValueError, match=problem):
        say(BEGAN, **what)


@pytest.mark.parametrize("seed", range(40))
def test_the_downtime_is_what_a_minute_by_minute_count_of_the_clock_comes_to(written, house, say, seed):
    """Outages on whole minutes, at random; each minute of October is asked by itself whether it counts."""
    dice = random.Random(seed)
    clocks = ("first failure", "detected", "reported")
    starts, ends = dice.choice(clocks), dice.choice(("restored", "ticket closed"))
    at = house.at("2026-09-29 00:00:00") + dice.randrange(600) * MINUTE
    stop = house.at("2026-11-02 00:00:00")
    twice = house.at("2026-10-25 01:00:00"), house.at("2026-10-25 05:00:00")  # the hour that comes twice
    outages, events, counted = [], [], set()
    while at < stop:
        length = dice.randint(2, 300)
        end = at + length * MINUTE
        if end > twice[0] and at < twice[1]:
            at = twice[1]
            continue
        outages.append((at, end))
        first = at + dice.randint(-30, 400) * MINUTE
        closed = max(first, end) + dice.randint(-2, 400) * MINUTE
        never = dice.random() < 0.2
        events.append((at, first, max(closed, first, at), never))
        begin = at if starts == "first failure" else max(at, first)
        finish = end if ends == "restored" or never else max(closed, first, at)
        if never and starts != "first failure":
            begin = finish
        counted |= set(range(begin, finish, MINUTE))
        at = end + dice.randint(10, 3_000) * MINUTE
    seen = house.snapshot(*((_text(house, a), _text(house, b), Reason.TIMEOUT) for a, b in outages))
    plan = written(f'outage = {{ starts = "{starts}", ends = "{ends}" }}')
    for began, first, closed, never in events:
        said = {} if never else {"reported": first, "detected": first, "closed": closed}
        event = say(_text(house, began), never=True)
        seen.record(replace(event, body={**event.body, **said, "never": never}))

    inside = [m for m in counted if house.at("2026-10-01 00:00") <= m < house.at("2026-11-01 00:00")]
    assert section(house, plan, seen).counted == len(inside) * MINUTE


def _text(house, at):
    """An instant as this folder's snapshots are written, in local time."""
    assert at % SECOND == 0
    return f"{local(at, house.BERLIN):%Y-%m-%d %H:%M:%S}"


SCOPES = (
    "", 'scope = "worst"', 'scope = "sum of resource-minutes"',
    'scope = { down_when = "any down", combined = "before outage" }',
    'scope = { down_when = "any down", combined = "after outage" }',
    'scope = { down_when = "all down", combined = "after outage" }',
)  # fmt: skip
LENGTHS = ("", ', lasting = "> 30m"', ', deduct = "10m"', ', whole = "7m"', ', joined = "< 3h"')


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_clock_the_time_adds_up_once_all_that_was_asked_is_told(written, house, say, seed):
    """What is missing is told as the section asks for it, until nothing is."""
    dice = random.Random(seed)
    starts, ends = dice.choice(("reported", "detected")), dice.choice(("restored", "ticket closed"))
    scope = dice.choice(SCOPES)
    outage = f'outage = {{ starts = "{starts}", ends = "{ends}"{dice.choice(LENGTHS)} }}\n{scope}'
    plan = written(outage, RESOURCES if scope else dice.choice((WHOLE, RESOURCES)))
    seen = house.snapshot(*_month(house, dice))
    seen.timelines[2] = house.snapshot(*_month(house, dice)).timelines[1]

    found = section(house, plan, seen)
    while found.needs:
        for resource, id in re.findall(r"(?:(web|api)/)?(\d{8}T\d{6}Z)", found.needs):
            began = instant(datetime.strptime(id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
            first = began + dice.randint(-30, 400) * MINUTE
            closed = max(first, began) + dice.randint(0, 900) * MINUTE
            times = {"reported": first, "detected": first, "closed": closed, "never": False}
            event = say(_text(house, began), resource, never=True)
            seen.record(replace(event, body={**event.body, **(times if dice.random() < 0.8 else {})}))
        found = section(house, plan, seen)

    parts = (found.up, found.counted, found.excused, found.unmeasured, found.set_aside)
    assert min(parts) >= 0
    assert sum(parts) == found.promised
    assert all(line.counted >= 0 and line.told is not None for line in found.outages)


def _month(house, dice):
    """What a resource went through from 20 September on: down, and now and then unseen."""
    at, twice = house.at("2026-09-20 00:00:00"), house.at("2026-10-25 00:00:00")
    while (at := at + dice.randint(10, 4_000) * MINUTE) < house.at("2026-11-05 00:00:00"):
        end = at + dice.randint(2, 300) * MINUTE
        if end < twice or at > twice + 5 * HOUR:
            reason = dice.choice((Reason.TIMEOUT, Reason.TIMEOUT, Reason.NOT_RUNNING))
            yield _text(house, at), _text(house, end), reason
        at = end


@pytest.mark.parametrize(
    ("asked", "names", "said"),
    [
        ("reported", ["A"], "when the outage A was reported"),
        ("detected", ["A", "B", "C"], "when the outages A, B and C were detected"),
        (
            "closed",
            ["A", "B", "C", "D", "E"],
            "when the tickets of the outages A, B, C and 2 more were closed",
        ),
    ],
)
def test_several_outages_are_told_in_a_sentence(asked, names, said):
    assert not_told(asked, names).endswith(f"and {said} is not recorded")
