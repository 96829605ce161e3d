"""What rules find of jobs, certificates, the monitor itself, last days and requests: each a short story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.alerts.certified import seen
from monitor.alerts.findings import findings
from monitor.config import load_plan
from monitor.config.endpoint import Endpoint, Heartbeat, Http
from monitor.config.plan import Plan
from monitor.core.checks import Check, Confirmation, Expectation, Lane, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms, Span
from monitor.core.money import Amount
from monitor.core.services import AtLeast, Leaf
from monitor.core.timeline import Segment
from monitor.core.windows import OneOff
from monitor.ledger import disputes
from monitor.operations.alert import Finding
from monitor.operations.alerting import USUAL
from monitor.statements import maintenance
from monitor.store import open_store
from monitor.store.protocol import Holder, NewEvent
from tests.statements.conftest import LIFE, ListSnapshot, agreement, at, plan, timeline

NOW = at("2026-11-15 12:00")


def only(plan: Plan, *kinds: str, **numbers: object) -> Plan:
    """The plan with the usual rules of some kinds alone, with other numbers where they are said."""
    rules = {each.id: replace(each, **numbers) for each in USUAL if each.when in kinds}  # type: ignore[arg-type]
    return replace(plan, alert_rules=rules)


def house() -> Plan:
    """Checkout with ACME's agreement."""
    own = plan(agreement("acme-checkout", "acme", "Europe/Berlin", "1200.00", "EUR", date(2026, 1, 1)))
    return replace(own, customers={"acme": own.customers["acme"]})


def evidence(
    *down: tuple[str, str, Reason], reached: Ms = NOW, more: Sequence[Segment] | None = None
) -> ListSnapshot:
    lanes = [Lane(1, "web", "local", (LIFE,)), Lane(2, "api", "local", (LIFE,))]
    timelines = {1: timeline(*down), 2: timeline()}
    if more is not None:
        lanes.append(Lane(3, "backup", "local", (LIFE,)))
        timelines[3] = tuple(more)
    return ListSnapshot(lanes, timelines, reached=reached)


def one(found: tuple[Finding, ...]) -> Finding:
    (only,) = found
    return only


# --- jobs --------------------------------------------------------------------------------------------------


def with_job(own: Plan) -> Plan:
    job = Endpoint(
        "backup", "", HOUR, 10 * SECOND, Expectation(), Confirmation(1, 1),
        Heartbeat("token", cron="0 2 * * *", zone="Europe/Berlin", grace=30 * MINUTE),  # type: ignore[arg-type]
    )  # fmt: skip
    service = replace(
        own.services["checkout"], id="backups", title="Backups", up_when=AtLeast(None, (Leaf("backup"),))
    )
    return replace(
        own,
        endpoints={**own.endpoints, "backup": job},
        services={**own.services, "backups": service},
    )


def called(until: str, missed: Reason | None, then: str | None = None) -> list[Segment]:
    """Up until a call was due, missed from then on, perhaps until it came."""
    first = at(until)
    up = Segment(LIFE.start, first, State.UP, Reason.OK, LIFE.start, first - 10 * HOUR)
    if missed is None:
        return [replace(up, end=LIFE.end)]
    end = LIFE.end if then is None else at(then)
    state = State.UNKNOWN if missed is Reason.NOT_RUNNING else State.DOWN
    late = Segment(first, end, state, missed, first, end - 1)
    if then is None:
        return [up, late]
    return [up, late, Segment(end, LIFE.end, State.UP, Reason.OK, end, LIFE.end - 1)]


def test_a_job_that_did_not_call_is_told_with_what_was_expected_and_since_when():
    snapshot = evidence(more=called("2026-11-15 02:30", Reason.HEARTBEAT_MISSED))

    found = one(findings(only(with_job(house()), "heartbeat"), snapshot, NOW))

    assert (found.subject, found.urgency, found.firm) == ("backup", "page", True)
    assert found.since == at("2026-11-15 02:30")
    assert found.title == (
        'backup did not call in time: expected at "0 2 * * *" (Europe/Berlin) with 30 min of grace, '
        "overdue since 15 Nov, 02:30:00 CET"
    )


def test_a_job_that_calls_at_last_is_over_and_one_that_said_it_failed_says_so():
    own = only(with_job(house()), "heartbeat")
    late = evidence(more=called("2026-11-15 02:30", Reason.HEARTBEAT_MISSED, "2026-11-15 03:00"))
    failed = evidence(more=called("2026-11-15 02:10", Reason.HEARTBEAT_FAILED))

    assert findings(own, late, NOW) == ()
    assert one(findings(own, failed, NOW)).title.startswith(
        "backup said that it failed at 15 Nov, 02:10:00 CET"
    )


def test_a_job_that_is_missed_in_maintenance_recorded_before_raises_nothing_until_the_window_is_over():
    snapshot = evidence(more=called("2026-11-15 02:30", Reason.HEARTBEAT_MISSED))
    rule = OneOff(Span(at("2026-11-15 02:00"), at("2026-11-15 05:00")))
    snapshot.record(maintenance.declared("mw-1", "Move", ["backups"], rule, "max", at("2026-11-10 00:00")))
    own = only(with_job(house()), "heartbeat")

    assert one(findings(own, snapshot, at("2026-11-15 04:59"))).firm is False
    assert one(findings(own, snapshot, at("2026-11-15 05:00"))).firm is True


# --- certificates ------------------------------------------------------------------------------------------


def with_certificate(own: Plan) -> Plan:
    web = replace(own.endpoints["web"], target="https://shop.example/", how=Http())
    return replace(own, endpoints={**own.endpoints, "web": web})


def test_a_certificate_is_told_from_its_thirteenth_last_day_on_and_after_it_was_renewed_no_more():
    snapshot, own = evidence(), only(with_certificate(house()), "certificate")
    until = at("2026-11-29 12:00")
    snapshot.record(seen("web", until, "makegood", at("2026-09-01 00:00")))

    assert findings(own, snapshot, until - 14 * DAY) == ()
    found = one(findings(own, snapshot, until - 14 * DAY + 1))
    assert found.title == "web: its certificate has 13 days left, until 29 Nov, 12:00:00 CET"
    assert one(findings(own, snapshot, until)).title.startswith("web: its certificate runs out today")

    snapshot.record(seen("web", until + 90 * DAY, "makegood", until - DAY))
    assert findings(own, snapshot, until) == ()


# --- the monitor -------------------------------------------------------------------------------------------


def test_a_monitor_that_writes_nothing_for_five_minutes_is_told_and_nothing_else_of_it():
    snapshot = evidence(reached=NOW - 5 * MINUTE)
    own = only(house(), "monitor")

    assert findings(own, evidence(reached=NOW - 5 * MINUTE + 1), NOW) == ()
    assert one(findings(own, snapshot, NOW)).title == (
        "The monitor has written nothing since 15 Nov, 11:55:00 CET, for 5 min 00 s: nothing is measured"
    )


def spoilt(seconds, ago):
    """Evidence in which our own network spoilt so many seconds, up to so long ago."""
    end = NOW - ago
    start = end - seconds * SECOND
    snapshot = evidence()
    snapshot.timelines[1] = (
        Segment(LIFE.start, start, State.UP, Reason.OK, LIFE.start, start - 1),
        Segment(start, end, State.UNKNOWN, Reason.OWN_NETWORK),
        Segment(end, LIFE.end, State.UP, Reason.OK, NOW, NOW),
    )
    return snapshot


def test_what_spoilt_checks_and_is_over_for_more_than_a_minute_raises_nothing():
    own = only(house(), "monitor")

    assert one(findings(own, spoilt(300, MINUTE), NOW)).firm
    assert not one(findings(own, spoilt(300, MINUTE + 1), NOW)).firm


@pytest.mark.parametrize(("seconds", "firm"), [(149, None), (150, False), (299, False), (300, True)], ids=str)
def test_checks_that_our_own_network_spoilt_are_told_from_five_of_ten_minutes_on(seconds, firm):
    snapshot = spoilt(seconds, ago=0)

    found = findings(only(house(), "monitor"), snapshot, NOW)

    assert [(each.subject, each.firm) for each in found] == ([] if firm is None else [("own_network", firm)])
    if firm:
        assert found[0].title == (
            "The monitor is degraded, own network: 1 endpoint of 2 not measured, the longest for "
            "5 min 00 s of the last 10 min"
        )


def test_what_somebody_disabled_is_no_fault_of_the_monitor():
    snapshot = evidence()
    snapshot.timelines[1] = (Segment(LIFE.start, LIFE.end, State.UNKNOWN, Reason.DISABLED),)

    assert findings(only(house(), "monitor", "coverage"), snapshot, NOW) == ()


@pytest.mark.parametrize(
    ("minutes", "lost", "told"),
    [
        (240, 15, "15 min 00 s of 4 h that were to be seen"),
        (240, 2, None),
        (59, 30, None),
        (60, 30, "30 min 00 s of 1 h that were to be seen"),
    ],
)
def test_coverage_is_a_share_of_the_time_that_there_was_something_to_watch(minutes, lost, told):
    """A monitor of four hours that did not see 15 minutes of them saw 93.7 %, and not 98.9 % of a day."""
    begun, blind = NOW - minutes * MINUTE, NOW - lost * MINUTE
    snapshot = evidence()
    snapshot.known[:] = [replace(lane, life=(Span(begun, LIFE.end),)) for lane in snapshot.known]
    for lane in snapshot.timelines:
        snapshot.timelines[lane] = (
            Segment(begun, blind, State.UP, Reason.OK, begun, blind - 1),
            Segment(blind, LIFE.end, State.UNKNOWN, Reason.MONITOR_STALL),
        )
    found = [each for each in findings(only(house(), "coverage"), snapshot, NOW) if each.firm]

    titles = [each.title.split(" not measured")[0] for each in found]
    assert titles == ([f"Checkout: {told}"] if told else [])


def test_an_outage_that_nobody_sees_any_more_stays_open_and_is_not_told_as_over():
    """Down from 10:00, and from 10:30 on the monitor does not run."""
    snapshot = evidence(
        ("2026-11-15 10:00", "2026-11-15 10:30", Reason.TIMEOUT),
        ("2026-11-15 10:30", "2026-11-15 14:00", Reason.NOT_RUNNING),
    )
    snapshot.timelines[1] = tuple(each for each in snapshot.timelines[1] if each.start < each.end)
    own = only(house(), "down")

    assert one(findings(own, snapshot, at("2026-11-15 10:20"))).firm is True
    for hour in ("11:00", "13:59"):
        found = one(findings(own, snapshot, at(f"2026-11-15 {hour}")))
        assert (found.firm, found.lines[0]) == (
            False,
            "Nothing was measured since 15 Nov, 10:30:00 CET: nobody knows whether it is back",
        )


# --- last days ---------------------------------------------------------------------------------------------


def test_a_dispute_is_told_a_week_before_its_thirtieth_day_until_it_is_answered():
    snapshot, own = evidence(), only(house(), "deadline")
    opened = at("2026-10-20 09:00")
    snapshot.record(
        disputes.opened(
            "2026-0001", date(2026, 10, 20), "An outage is missing", Amount(12_000, "EUR"), "max", opened
        )
    )

    assert findings(own, snapshot, at("2026-11-11 23:59")) == ()
    found = one(findings(own, snapshot, at("2026-11-12 00:00")))
    assert found.title == (
        "Answer the dispute of 2026-0001, 120.00 EUR, opened on 2026-10-20, by 2026-11-19: 7 days left"
    )
    assert one(findings(own, snapshot, at("2026-11-21 00:00"))).title.endswith("2 days over")

    (dispute,) = disputes.disputes(snapshot.journal)
    snapshot.record(disputes.answered(dispute, date(2026, 11, 15), "It is in it", "max", NOW))
    assert findings(own, snapshot, NOW) == ()


def test_a_claim_of_a_customer_is_told_until_it_is_granted_or_refused():
    snapshot, own = evidence(), only(house(), "deadline")
    body = {"paper": "2026-0001", "agreement": "acme-checkout", "state": "claimed", "on": "2026-10-20"}
    snapshot.record(NewEvent(NOW, "claim.moved", "2026-0001/acme-checkout", "max", "", body))

    assert one(findings(own, snapshot, NOW)).title == (
        "Answer the claim of 2026-0001 for acme-checkout, made on 2026-10-20, by 2026-11-19: 4 days left"
    )
    snapshot.record(
        NewEvent(NOW, "claim.moved", "2026-0001/acme-checkout", "max", "", {**body, "state": "granted"})
    )
    assert findings(own, snapshot, NOW) == ()


# --- requests ----------------------------------------------------------------------------------------------

API = """
[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.api]
url = "http://127.0.0.1:1/api"
interval = "1m"

[service.api]
title = "API"
up_when = "api"

[customer.acme]
name = "ACME GmbH"
timezone = "UTC"
currency = "EUR"

[sla.api]
commitment = "99.95%"
credits = { "< 99.95%" = "10%" }
measure = { evidence = "slots", as = "total", slot = "5m", requests = "checks" }

[target.inner]
service = "api"
objective = "99.99%"
owner = "API team"
protects = ["api"]

[agreement.acme-api]
customer = "acme"
service = "api"
sla = "api"
monthly_fee = "1000.00"
from = 2026-09-01
"""
START = at("2026-11-01 00:00", "UTC")


def api(folder: Path, failed: Sequence[int], upto: Ms) -> tuple[Plan, object]:
    """An API that is asked once a minute since the month began; those of these places failed."""
    path = folder / "makegood.toml"
    path.write_text(API, encoding="utf-8")
    own = load_plan(path, environ={})
    store = open_store(own.settings.database, create=True)
    wrong = set(failed)
    with store.writer(Holder(1, "here", "test", START)) as writer:
        lane = writer.lane("api", own.settings.location, since=START)
        epoch = writer.epoch(START)
        writer.append(
            [
                Check(
                    lane, epoch, n, 0, START + n * MINUTE,
                    State.DOWN if n in wrong else State.UP, Reason.STATUS if n in wrong else Reason.OK,
                    2 * MINUTE + SECOND, 500,
                )
                for n in range((upto - START) // MINUTE)
            ]
        )  # fmt: skip
        writer.alive(upto)
    return own, store


def test_an_api_promises_a_share_of_answers_and_its_stricter_target_warns_first(tmp_path):
    """99.95 % of 43,200 checks of November allow 21.6 failures, the internal 99.99 % allow 4.32.

    Four failed by the tenth: of what is asked of the whole month 93 % of the target are used, and 19 % of the
    promise. Both are met, as far as the month goes; the margin is told.
    """
    upto = START + 10 * DAY
    own, store = api(tmp_path, [2_000, 4_000, 9_000, 12_000], upto)

    with store.snapshot() as snapshot:  # type: ignore[attr-defined]
        found = findings(only(own, "margin", "breach"), snapshot, upto)

    margin = next(each for each in found if each.kind == "margin")
    assert margin.firm
    assert margin.title.startswith(
        "API: 92 % of what the internal target of 99.99 % allows is used; 99.95 % is promised"
    )
    assert "99.9722 % so far" in margin.lines[0]


def test_requests_burn_by_the_checks_that_were_to_be_made(tmp_path):
    """Two of the last sixty checks failed, both in the last five minutes: 2/60 of 0.05 % is 66 times."""
    upto = START + 10 * DAY
    last = 10 * 24 * 60
    own, store = api(tmp_path, [last - 1, last - 3], upto)

    with store.snapshot() as snapshot:  # type: ignore[attr-defined]
        found = findings(only(own, "burn"), snapshot, upto)

    first = next(each for each in found if each.rule == "burn-1h")
    assert first.firm
    assert first.title.startswith("API burns its allowance 66.6x as fast as >= 99.95% allows, over 1 h, for")
    assert Fraction(2, 60) / Fraction(5, 10_000) == Fraction(200, 3)


# --- what a rule is about, and what cannot be looked at ---------------------------------------------------


DOWN = ("2026-11-15 11:00", "2026-11-15 14:00", Reason.TIMEOUT)


@pytest.mark.parametrize(
    ("narrowed", "told"),
    [
        ({}, True),
        ({"services": ("checkout",)}, True),
        ({"services": ("other",)}, False),
        ({"endpoints": ("web",)}, True),
        ({"endpoints": ("elsewhere",)}, False),
        ({"labels": (("team", "web"), ("team", "mail"))}, True),
        ({"labels": (("team", "mail"),)}, False),
        ({"customers": ("acme",)}, True),
        ({"customers": ("muster",)}, False),
        ({"agreements": ("acme-checkout",)}, True),
        ({"services": ("checkout",), "customers": ("muster",)}, False),
    ],
)
def test_a_rule_is_about_what_it_names_and_all_of_it_must_fit(narrowed, told):
    own = house()
    web = replace(own.endpoints["web"], labels={"team": "web"})
    own = replace(own, endpoints={**own.endpoints, "web": web})

    for kind in ("down", "burn"):
        found = findings(only(own, kind, **narrowed), evidence(DOWN), NOW)
        assert bool(found) is told, kind


def test_the_team_of_the_service_is_named():
    own = only(house(), "down")
    own = replace(own, incidents=replace(own.incidents, teams={"": "platform", "checkout": "payments"}))

    assert one(findings(own, evidence(DOWN), NOW)).team == "payments"


def test_an_incident_that_somebody_took_up_says_who():
    from monitor.oncall.incidents import Watch
    from monitor.operations import entries

    own, snapshot = only(house(), "down"), evidence(DOWN)
    (incident,) = Watch(own, snapshot, NOW).incidents(Span(NOW - 1, NOW))
    snapshot.record(entries.acknowledged(incident, NOW, "eva", NOW))

    found = one(findings(own, snapshot, NOW))
    assert (found.subject, found.incident) == (incident.name, incident.name)
    assert found.lines[-1] == f"Acknowledged by eva: makegood incident show {incident.name}"


def test_where_nothing_was_ever_measured_there_is_nothing_to_tell(tmp_path):
    example = Path(__file__).parents[2] / "config.example.toml"
    own = load_plan(example, environ={"SHOP_TOKEN": "x", "BACKUP_TOKEN": "made-of-128-bits-by-chance"})
    store = open_store(tmp_path / "m.db", create=True)

    with store.snapshot() as snapshot:
        assert findings(replace(own, alert_rules={each.id: each for each in USUAL}), snapshot, NOW) == ()


def test_a_fault_of_ours_in_one_rule_leaves_the_others_their_eyes():
    """An entry of a certificate that says nothing: nobody foresaw it, and the shop is down."""
    snapshot, own = evidence(DOWN), only(house(), "certificate", "down")
    entry = seen("web", NOW, "makegood", NOW)
    snapshot.record(replace(entry, body={}))

    by_rule = {each.rule: each for each in findings(own, snapshot, NOW)}

    assert by_rule["down"].title.startswith("Checkout is down since")
    assert by_rule["certificate"].subject == "not looked at"
    assert by_rule["certificate"].title == (
        "The rule certificate cannot be looked at: a fault in Makegood (KeyError); its log says more"
    )


def test_a_rule_that_cannot_be_looked_at_says_why_and_the_others_go_on():
    snapshot, own = evidence(DOWN), house()
    snapshot.record(maintenance.declared("mw-1", "Move", ["checkout"], OneOff(Span(0, 1)), "max", NOW))
    broken = snapshot.journal.pop()
    snapshot.journal.append(replace(broken, body={}))

    found = findings(own, snapshot, NOW)

    assert {each.subject for each in found} == {"not looked at", "checkout unsure"}
    assert "cannot be read" in found[0].title
    assert {each.rule for each in found} < {each.id for each in USUAL}


def test_whatever_people_call_a_service_the_title_is_one_plain_line():
    own = only(house(), "down", "burn")
    odd = replace(own.services["checkout"], title="Check\u202eout\r\nBcc: eva")
    own = replace(own, services={"checkout": odd})

    found = findings(own, evidence(DOWN), NOW)

    assert found
    assert all(each.title.startswith("Checkout Bcc: eva") for each in found)


def test_what_an_outage_burns_and_nears_belongs_to_its_incident_while_that_goes_on():
    """Who takes the incident up is not woken again by what it costs."""
    start = NOW - 40 * MINUTE
    snapshot = evidence()
    snapshot.timelines[1] = (
        Segment(LIFE.start, start, State.UP, Reason.OK, LIFE.start, start - 1),
        Segment(start, LIFE.end, State.DOWN, Reason.TIMEOUT, start, NOW),
    )

    found = {each.rule: each for each in findings(house(), snapshot, NOW)}

    assert found["burn-1h"].incident == found["down"].incident == found["down"].subject != ""
