"""KPIs of a plan and its evidence, held against figures that are worked out from checks and times alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import load_plan
from monitor.config.plan import Plan
from monitor.core.checks import Check, Lane, Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms, Span
from monitor.core.numbers import Bound
from monitor.core.periods import local
from monitor.oncall.anomalies import anomalies
from monitor.oncall.kpis import can_be_parted, parted, readings
from monitor.operations import entries
from monitor.operations.hours_of_week import called, cell
from monitor.operations.incident import incident_name
from monitor.operations.kpi import KpiReading
from monitor.operations.kpi_rules import KpiRule
from monitor.operations.stretch import period
from monitor.statements.counted import needs_of
from monitor.store import open_store
from monitor.store.protocol import Holder, Need
from tests.statements.conftest import LIFE, ListSnapshot, at, timeline

BERLIN = "Europe/Berlin"
HEAD = """
[monitor]
database = "evidence.db"
[issuer]
name = "Beispiel Cloud GmbH"
[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"
[sla.gold]
commitment = "99%"
exclude = []
credits = { "< 99%" = "10%" }
[endpoint.web]
url = "http://127.0.0.1:1/"
interval = "1m"
[endpoint.api]
url = "http://127.0.0.1:1/api"
interval = "1m"
[service.shop]
up_when = "web"
[service.search]
up_when = "api"
[agreement.acme-shop]
customer = "acme"
service = "shop"
sla = "gold"
monthly_fee = "100.00"
from = 2026-01-01
"""
NOW = at("2026-12-01 12:00")


def plan(folder: Path, text: str) -> Plan:
    path = folder / "makegood.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_plan(path, environ={})


def one(found: Sequence[KpiReading], id: str) -> KpiReading:
    (each,) = [each for each in found if each.id == id]
    return each


# --- alerts: asked in words, and nothing of a store -----------------------------------------------------


@dataclass
class Alerts:
    """Alerts as (told, acknowledged or None, service), counted one by one."""

    told: list[tuple[Ms, Ms | None, str]] = field(default_factory=list)

    def answered(
        self, span: Span, within: Ms, *, services: Sequence[str] = (), teams: Sequence[str] = ()
    ) -> tuple[int, int]:
        mine = [each for each in self.told if each[0] in span and (not services or each[2] in services)]
        quick = [at for at, done, _ in mine if done is not None and done - at <= within]
        return len(quick), len(mine)


def test_nine_of_ten_alerts_were_acknowledged_within_a_quarter_of_an_hour(tmp_path):
    first = at("2026-11-02 09:00")
    told = [(first + n * HOUR, first + n * HOUR + 5 * MINUTE, "shop") for n in range(9)]
    told += [(first + 9 * HOUR, first + 9 * HOUR + 16 * MINUTE, "shop"), (NOW - MINUTE, None, "shop")]
    own = plan(tmp_path, '[kpi.answered]\nof = "alerts acknowledged"\nwithin = "15m"\ntarget = ">= 90%"\n')
    snapshot = ListSnapshot([], {}, reached=NOW)

    def read(label: str) -> KpiReading:
        return readings(own, snapshot, Alerts(told), None, period(label, BERLIN), NOW, names=["answered"])[0]

    assert (read("2026-11").value, read("2026-11").count) == (Fraction(9, 10), 10)
    assert read("2026-11").result == "met"
    assert (
        read("2026-12").why_none == "too few alerts to tell (0)"
    )  # the last one has a quarter of an hour yet


# --- incidents against a count of one's own -------------------------------------------------------------

Stretch = tuple[int, int, int | None]
"""Minutes from the first of June on: when it began, how long it lasted, when somebody acknowledged it."""

STRETCHES = st.lists(
    st.tuples(st.integers(0, 6_000), st.integers(1, 200), st.none() | st.integers(0, 300)), max_size=14
)
JUNE = at("2026-06-01 00:00")


def history(drawn: Sequence[tuple[int, int, int | None]]) -> tuple[ListSnapshot, list[Stretch]]:
    """Outages at least an hour apart: each is an incident of its own. One unit of the first is 40 minutes."""
    kept: list[Stretch] = []
    upto = -100
    for start, lasting, acked in sorted(drawn, key=lambda each: each[0]):
        begin = start * 40
        if begin >= upto + 100:
            kept.append((begin, lasting, acked))
            upto = begin + lasting
    down = [
        (_text(JUNE + start * MINUTE), _text(JUNE + (start + lasting) * MINUTE), Reason.TIMEOUT)
        for start, lasting, _ in kept
    ]
    lanes = [Lane(1, "web", "local", (LIFE,)), Lane(2, "api", "local", (LIFE,))]
    snapshot = ListSnapshot(lanes, {1: timeline(*down), 2: timeline()}, reached=NOW)
    for start, _, acked in kept:
        began = JUNE + start * MINUTE
        if acked is not None:
            body = {"service": "shop", "anchor": began, "at": began + acked * MINUTE}
            name = incident_name("shop", began)
            snapshot.record(entries.NewEvent(began, entries.ACKNOWLEDGED, name, "max", "", body))
    return snapshot, kept


def _text(instant: Ms) -> str:
    return f"{local(instant, BERLIN):%Y-%m-%d %H:%M}"


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Plan:
    text = (
        '[kpi.mttd]\nof = "mttd"\nat_least = 1\n[kpi.mtbf]\nof = "mtbf"\nservices = ["shop"]\nat_least = 1\n'
    )
    text += '[kpi.night]\nof = "incidents"\nhours = "daily 22:00-06:00"\n'
    text += '[kpi.severe]\nof = "mttr"\nseverities = ["critical"]\nat_least = 1\n'
    return plan(tmp_path_factory.mktemp("house"), text)


@settings(max_examples=60, deadline=None)
@given(STRETCHES)
def test_every_figure_of_incidents_is_what_one_counts_by_hand(house, drawn):
    snapshot, kept = history(drawn)
    asked = period("2026-11", BERLIN)

    found = readings(house, snapshot, None, None, asked, NOW)

    for place, point in enumerate(one(found, "incidents").trend):
        month = period(point.label, BERLIN).span
        mine = [each for each in kept if JUNE + each[0] * MINUTE in month]
        assert point.value == len(mine)
        _holds(found, "mtta", place, [acked * MINUTE for _, _, acked in mine if acked is not None], 3)
        _holds(found, "mttr", place, [lasting * MINUTE for _, lasting, _ in mine], 3)
        _holds(found, "severe", place, [lasting * MINUTE for _, lasting, _ in mine if lasting >= 30], 1)
        _holds(found, "mttd", place, [30 * SECOND for _ in mine], 1)
        assert one(found, "night").trend[place].value == sum(_at_night(each) for each in mine)
        lost = sum(_within(each, month) for each in kept)
        up = month.length - lost
        assert one(found, "mtbf").trend[place].value == (Fraction(up, len(mine)) if mine else None)


def _holds(found: Sequence[KpiReading], id: str, place: int, times: Sequence[Ms], least: int) -> None:
    point = one(found, id).trend[place]
    assert point.count == len(times)
    assert point.value == (Fraction(sum(times), len(times)) if len(times) >= least else None)
    assert point.value is None or abs(point.value - Fraction(fmean(times))) < 1


def _at_night(each: Stretch) -> bool:
    hour = local(JUNE + each[0] * MINUTE, BERLIN).hour
    return hour >= 22 or hour < 6


def _within(each: Stretch, month: Span) -> Ms:
    own = Span(JUNE + each[0] * MINUTE, JUNE + (each[0] + each[1]) * MINUTE).clip(month)
    return own.length if own else 0


@settings(max_examples=25, deadline=None)
@given(STRETCHES)
def test_the_hours_of_a_week_come_to_the_month(house, drawn):
    snapshot, kept = history(drawn)
    asked = period("2026-10", BERLIN)

    found = parted(house, snapshot, None, None, asked, NOW, "hour-of-week", names=["incidents"])

    counted = {each.of: each.value for each in found}
    began = [JUNE + each[0] * MINUTE for each in kept]
    named = [called(cell(instant, BERLIN)) for instant in began if instant in asked.span]
    assert len(counted) == 168
    assert {name: value for name, value in counted.items() if value} == {n: named.count(n) for n in named}


def test_severities_services_and_customers_have_their_own(house):
    snapshot, _ = history([(0, 40, 5), (100, 10, 6), (200, 90, 7), (300, 2, None)])
    asked = period("2026-06", BERLIN)

    def by(what: str) -> dict[str, Fraction | None]:
        found = parted(house, snapshot, None, None, asked, NOW, what, names=["incidents"])
        return {each.of: each.value for each in found}

    assert by("severity") == {"critical": 2, "high": 1, "medium": 1, "low": 0}
    assert by("service") == {"shop": 4, "search": 0}
    assert by("customer") == {"acme": 4}


# --- checks: a real store -------------------------------------------------------------------------------


def checks(lane: int, epoch: int, span: Span, draw: random.Random) -> Iterator[Check]:
    """One a minute; one in thirty fails, the others take 100 ms to 3 s."""
    for slot, instant in enumerate(range(span.start, span.end, MINUTE)):
        if draw.randrange(30):
            yield Check(
                lane, epoch, slot, 0, instant, State.UP, Reason.OK, 2 * MINUTE, draw.randrange(1_000, 30_000)
            )
        else:
            yield Check(lane, epoch, slot, 0, instant, State.DOWN, Reason.TIMEOUT, 2 * MINUTE, None)


def test_latency_and_errors_are_those_of_every_single_check(tmp_path):
    """Three days around the end of October: the two months are parted at the local midnight."""
    own = plan(
        tmp_path,
        '[kpi.page-load]\nof = "latency"\nservices = ["shop"]\ntarget = "< 2s"\n'
        '[kpi.p99]\nof = "latency"\npercentile = 99\nendpoints = ["web"]\n'
        '[kpi.median-at-night]\nof = "latency"\npercentile = 50\nhours = "daily 00:00-06:00"\n'
        '[kpi.errors]\nof = "error rate"\ntarget = "< 5%"\n[kpi.failed]\nof = "failed checks"\n',
    )
    span = Span(at("2026-10-30 12:00"), at("2026-11-02 12:00"))
    store = open_store(own.settings.database, create=True)
    with store.writer(Holder(1, "host", "test", span.start)) as writer:
        lane, epoch = writer.lane("web", "local", since=span.start), writer.epoch(span.start)
        known = list(checks(lane, epoch, span, random.Random(8)))
        writer.append(known)
        writer.seal(span.end)
    with store.snapshot() as snapshot:
        found = readings(own, snapshot, None, None, period("2026-11", BERLIN), span.end)

    for place, label in ((-2, "2026-10"), (-1, "2026-11")):
        month = [check for check in known if f"{local(check.at, BERLIN):%Y-%m}" == label]
        good = sorted(check.latency for check in month if check.latency is not None)
        night = sorted(
            check.latency for check in month if check.latency is not None and local(check.at, BERLIN).hour < 6
        )
        assert one(found, "page-load").trend[place].value == good[-(-len(good) * 95 // 100) - 1]
        assert one(found, "p99").trend[place].value == good[-(-len(good) * 99 // 100) - 1]
        assert one(found, "median-at-night").trend[place].value == night[-(-len(night) // 2) - 1]
        assert one(found, "errors").trend[place].value == Fraction(len(month) - len(good), len(month))
        assert one(found, "failed").trend[place].value == len(month) - len(good)
    assert one(found, "page-load").target == Bound("<", Fraction(20_000))
    assert one(found, "page-load").trend[0].value is None  # nothing was recorded in June
    assert one(found, "page-load").result == "missed"


def test_the_counts_that_an_error_rate_is_made_of_are_kept_beyond_the_checks(tmp_path):
    text = '[kpi.errors]\nof = "error rate"\n{0}[kpi.page]\nof = "latency"\n'
    lanes = {"web": 1, "api": 2}

    assert needs_of(plan(tmp_path, ""), lanes) == frozenset()
    assert needs_of(plan(tmp_path, text.format("")), lanes) == {Need(1, 15 * MINUTE), Need(2, 15 * MINUTE)}
    of_shop = text.format('services = ["shop"]\n')
    assert needs_of(plan(tmp_path, of_shop), lanes) == {Need(1, 15 * MINUTE)}


def test_a_monday_morning_that_is_slow_is_noted_and_the_report_is_told_of_what_is_too_young(tmp_path):
    own = plan(tmp_path, "")
    first, slow = at("2026-07-01 00:00"), at("2026-10-12 09:00")
    store = open_store(own.settings.database, create=True)
    with store.writer(Holder(1, "host", "test", first)) as writer:
        lane, young = writer.lane("web", "local", since=first), at("2026-10-01 00:00")
        other, epoch = writer.lane("api", "local", since=young), writer.epoch(first)
        for start in range(first, at("2026-11-01 00:00"), HOUR):
            latency = 9_000 if slow <= start < slow + HOUR else 400 + start // HOUR % 7
            good = (epoch, start // HOUR, 0, start, State.UP, Reason.OK, 2 * HOUR, latency)
            writer.append([Check(lane, *good), *([Check(other, *good)] if start >= young else [])])
        writer.seal(NOW)
    with store.snapshot() as snapshot:
        found = {
            (each.what, each.of): each for each in anomalies(own, snapshot, period("2026-10", BERLIN), NOW)
        }

    (note,) = found["latency", "web"].notes
    assert (note.at, note.value, note.usual.weeks) == (slow, 9_000, 12)
    assert found["latency", "api"].notes == ()
    assert found["latency", "api"].why_none == "fewer than 6 weeks are known"
    assert found["incidents", "shop"].judged == 745


# --- narrowed to a team, a label, hours ------------------------------------------------------------------


def test_a_kpi_of_a_team_and_of_a_label_is_of_their_incidents_alone(tmp_path):
    """Four incidents in June: two are the payments team's, one of them is about checkout."""
    own = plan(
        tmp_path,
        '[kpi.payments]\nof = "incidents"\nteams = ["payments"]\n'
        '[kpi.checkout]\nof = "incidents"\nlabels = ["checkout", "cart"]\n'
        '[kpi.acme]\nof = "incidents"\ncustomers = ["acme"]\n'
        '[kpi.search]\nof = "incidents"\nservices = ["search"]\n'
        '[kpi.morning]\nof = "mttr"\nhours = "daily 00:00-02:00"\nat_least = 1\n',
    )
    snapshot, _ = history([(0, 40, None), (100, 10, None), (200, 90, None), (300, 2, None)])
    for start, label in ((0, "checkout"), (4_000, "other")):
        began = JUNE + start * MINUTE
        body = {
            "service": "shop",
            "anchor": began,
            "owner": None,
            "team": "payments",
            "add": [label],
            "remove": [],
        }
        snapshot.record(
            entries.NewEvent(NOW, entries.ASSIGNED, incident_name("shop", began), "max", "", body)
        )

    found = readings(own, snapshot, None, None, period("2026-06", BERLIN), NOW)
    by_team = parted(own, snapshot, None, None, period("2026-06", BERLIN), NOW, "team", names=["incidents"])

    assert {id: one(found, id).value for id in ("payments", "checkout", "acme", "search")} == {
        "payments": 2, "checkout": 1, "acme": 4, "search": 0,
    }  # fmt: skip
    assert one(found, "morning").value == 40 * MINUTE  # the first began at midnight, the others by day
    assert {each.of: each.value for each in by_team} == {"payments": 2, "no team": 2}


@pytest.mark.parametrize(
    ("of", "way", "can"),
    [
        ("mttr", "severity", True), ("latency", "severity", False), ("latency", "service", True),
        ("error rate", "hour-of-week", True), ("metric", "customer", False), ("metric", "hour-of-week", True),
        ("availability", "service", False), ("alerts acknowledged", "team", True),
        ("alerts acknowledged", "severity", False),
    ],
)  # fmt: skip
def test_what_has_parts(of, way, can):
    assert can_be_parted(KpiRule("x", of), way) is can
