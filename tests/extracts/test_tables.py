"""What stands in the tables: pages from checks, segments and outages, and what of the facts is shown."""

from __future__ import annotations

from monitor.core.checks import Lane, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.timeline import Outage, Segment
from monitor.extracts.tables import (
    CHECKS,
    OUTAGES,
    SEGMENTS,
    TOGETHER,
    Column,
    Page,
    of_checks,
    of_outages,
    of_segments,
    portions,
    seen_through,
)
from monitor.extracts.views import VIEWS
from monitor.store.protocol import Columns

NOON = 20_000 * DAY + 12 * HOUR
SHOP = Lane(7, "shop", "here", (Span(NOON, NOON + HOUR), Span(NOON + 2 * HOUR, NOON + 3 * HOUR)))


def rows(columns: tuple[Column, ...], page: Page) -> list[dict[str, object]]:
    """A page as one dictionary a row."""
    names = [column.name for column in columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*page, strict=True)]


def test_a_check_stands_with_its_own_reason_and_the_state_of_its_slot():
    page = of_checks(
        Columns(
            7, [NOON, NOON + 900], [3, 3], [41, 41], [0, 1], [State.UP, State.UP],
            [Reason.TIMEOUT, Reason.OK], [130_000] * 2, [None, 415], [None, 200], ['{"error":"x"}', None],
        ),
        SHOP,
        str.upper,
    )  # fmt: skip

    blip, good = rows(CHECKS, page)
    assert blip == {
        "endpoint": "shop", "location": "here", "at": NOON, "epoch": 3, "slot": 41, "attempt": 0,
        "state": "up", "reason": "timeout", "latency_tenths_ms": None, "status": None, "holds_ms": 130_000,
        "facts": '{"ERROR":"X"}',
    }  # fmt: skip
    assert (good["attempt"], good["reason"], good["latency_tenths_ms"], good["facts"]) == (1, "ok", 415, None)


def test_segments_are_those_of_the_time_in_which_the_endpoint_existed():
    """It was taken out of the configuration for an hour: that hour is in no row."""
    found = [
        Segment(NOON - HOUR, NOON + 10 * MINUTE, State.UNKNOWN, Reason.NOT_RUNNING),
        Segment(NOON + 10 * MINUTE, NOON + 3 * HOUR, State.UP, Reason.OK, NOON, NOON + 179 * MINUTE),
    ]  # fmt: skip

    told = [
        (row["started"], row["ended"], row["length_ms"], row["state"], row["reason"])
        for row in rows(SEGMENTS, of_segments(SHOP, found))
    ]

    assert told == [
        (NOON, NOON + 10 * MINUTE, 10 * MINUTE, "unknown", "not_running"),
        (NOON + 10 * MINUTE, NOON + HOUR, 50 * MINUTE, "up", "ok"),
        (NOON + 2 * HOUR, NOON + 3 * HOUR, HOUR, "up", "ok"),
    ]


def test_an_outage_that_goes_on_has_no_end_and_no_outage_is_a_page_without_rows():
    down = (Span(NOON, NOON + MINUTE), Span(NOON + 2 * MINUTE, NOON + 3 * MINUTE))
    outage = Outage("20241004T120000Z", down, Reason.STATUS, None, NOON, NOON + 2 * MINUTE, None, open=True)

    (row,) = rows(OUTAGES, of_outages([("checkout", "eu", outage)]))

    assert row == {
        "name": "checkout/eu/20241004T120000Z", "service": "checkout", "resource": "eu", "started": NOON,
        "ended": None, "down_ms": 2 * MINUTE, "is_open": True, "reason": "status", "last_good": None,
        "first_bad": NOON, "last_bad": NOON + 2 * MINUTE, "first_good": None,
    }  # fmt: skip
    assert rows(OUTAGES, of_outages([])) == []


def test_facts_are_shown_as_they_are_without_what_is_secret():
    facts = '{"detail":"token s3cret","phases":{"connect":9}}'

    def veil(value: object) -> object:
        return {**value, "detail": "token ***"} if isinstance(value, dict) and "detail" in value else value

    assert seen_through(veil)(facts) == '{"detail":"token ***","phases":{"connect":9}}'
    assert seen_through(veil)('{"b": 1}') == '{"b": 1}', "to the letter, where nothing is secret"
    assert seen_through(None)(facts) is None, "nobody knows what is"


def test_everything_is_asked_for_once_day_by_day_and_so_many_lanes_at_a_time():
    lanes = list(range(1, 2 * TOGETHER + 2))
    span = Span(NOON, NOON + DAY + HOUR)

    found = list(portions(lanes, span))

    assert [part for _, part in found] == [
        *[Span(NOON, NOON + 12 * HOUR)] * 3,
        *[Span(NOON + 12 * HOUR, NOON + DAY + HOUR)] * 3,
    ]
    assert [lane for some, _ in found[:3] for lane in some] == lanes
    assert list(portions(lanes, Span(NOON, NOON))) == []
    assert list(portions([], span)) == []


def test_names_are_of_one_kind_wherever_they_stand_and_each_has_a_meaning():
    """A program that reads files and views alike meets one word for one thing."""
    kinds: dict[str, set[str]] = {}
    for column in (column for view in VIEWS for column in view.columns):
        kinds.setdefault(column.name, set()).add(column.kind)
        assert column.meaning
        assert column.meaning == column.meaning.strip()

    assert {name for name, found in kinds.items() if len(found) > 1} == set()
