"""The status page of the terminal."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from monitor.agreements.budget import Exposure
from monitor.cli.status import as_data, cost, headline, lines
from monitor.core.checks import Reason, State
from monitor.core.intervals import Span
from monitor.core.windows import Window


def plain(text: list[str]) -> list[str]:
    return [click.unstyle(line) for line in text]


def test_a_bad_morning(made):
    down = made.service(
        id="checkout",
        title="Checkout",
        state=State.DOWN,
        reason=Reason.CONNECTION_REFUSED,
        since=made.at("2026-11-18T10:31:40+01:00"),
        p95=None,
        days=tuple("." * 29 + "x"),
    )
    slow = made.service(title="Customer login", p95=7_420, limit=5_000, days=tuple("." * 30))

    why = {"checkout": ["web: connection refused", "api: unexpected status (HTTP 503)"]}
    page = plain(lines(made.seen(down, slow, made.service()), {"checkout": (made.health(),)}, failing=why))

    assert page == [
        "1 of 3 services is down, 1 is slow.  18 November 2026, 10:42:07 CET",
        "",
        "  SERVICE         STATE     SINCE                   P95   LIMIT  20 Oct                  18 Nov",
        "x Checkout        DOWN      18 Nov 10:31:40 CET       -  300 ms  .............................x",
        "! Customer login  up, slow  26 Oct 14:16:46 CET  742 ms  500 ms  ..............................",
        "  Catalogue API   up        26 Oct 14:16:46 CET   96 ms  300 ms  ....................x.........",
        "",
        "  . no downtime   x downtime   m downtime in maintenance   ? not measured   - not yet there",
        "",
        "  Checkout  web: connection refused; api: unexpected status (HTTP 503).",
        "            ACME GmbH: 0.00 EUR owed so far, 10 min 00 s until 120.00 EUR, at 10:52:07 CET",
        "  Monitor   Measuring. Coverage of the last 24 h: 99.9940 %.",
    ]


@pytest.mark.parametrize(("told", "said"), [(None, False), (True, False), (False, True)])
def test_a_monitor_of_which_nobody_tells_says_so(made, told, said):
    seen = replace(made.seen(made.service()), told=told)

    page = plain(lines(seen, {}))
    line = "  Alerts   Nobody is told: what tells of alerts does not run. Its log says why."
    assert (line in page) is said
    assert as_data(seen)["alerts_told"] is told
    assert (line in plain(lines(replace(seen, running=False, held=True), {}))) is said
    assert line not in plain(lines(replace(seen, running=False), {})), "then nothing runs, and that is said"


def test_what_is_older_than_the_strip_began_before_it(made):
    old = made.service(since=made.at("2026-10-20T00:00+02:00"))

    assert "  up     before 20 Oct  " in lines(made.seen(old), {})[3]


def test_nothing_on_the_page_is_outside_ascii(made):
    assert "\n".join(plain(lines(made.seen(made.service()), {}))).isascii()


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([State.UP, State.UP], "All services are up."),
        ([State.DOWN], "1 of 1 service is down."),
        ([State.DOWN, State.DOWN, State.UP], "2 of 3 services are down."),
        ([State.UNKNOWN, None, State.UP], "2 of 3 services are not measured."),
        ([State.DOWN, State.UNKNOWN, State.UP], "1 of 3 services is down, 1 is not measured."),
        ([], "No service is configured."),
    ],
)
def test_the_headline_says_the_worst_first(made, states, said):
    assert headline([made.service(state=state) for state in states]) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"as_of": None, "running": False}, "  Monitor  No evidence yet. Start it: makegood run"),
        (
            {"running": False},
            "  Monitor  Not running: the evidence ends 18 Nov, 10:42:06 CET. Start it: makegood run",
        ),
        (
            {"running": False, "held": True},
            "  Monitor  Running, but has not written since 18 Nov, 10:42:06 CET.",
        ),
        (
            {"as_of": None, "running": False, "held": True},
            "  Monitor  Running, but has not written yet.",
        ),
        ({"coverage": None}, "  Monitor  Measuring."),
    ],
)
def test_the_monitor_says_how_it_is_itself(made, more, said):
    assert lines(made.seen(made.service(), **more), {})[-1] == said


def test_the_next_window_is_announced(made):
    span = Span(made.at("2026-11-21T02:00+01:00"), made.at("2026-11-21T03:00+01:00"))
    window = Window("m1", "Patch", frozenset({"catalogue"}), span, span.start - 112 * made.HOUR, "anna")

    assert plain(lines(made.seen(made.service()), {}, [window]))[-2] == (
        "  Next     Maintenance, catalogue, 21 Nov, 02:00-03:00 CET, announced 112 h ahead"
    )


def test_an_outage_inside_a_window_that_runs_says_so(made):
    span = Span(made.at("2026-11-18T10:00+01:00"), made.at("2026-11-18T11:00+01:00"))
    window = Window("m1", "Patch", frozenset({"catalogue"}), span, span.start - 112 * made.HOUR, "anna")
    down = made.service(state=State.DOWN, reason=Reason.TIMEOUT)

    notes = plain(lines(made.seen(down), {"catalogue": (made.health(),)}, [window]))[-5:]

    assert notes == [
        "  Catalogue API  timeout.",
        "                 It is inside the maintenance that runs now.",
        "                 ACME GmbH: 0.00 EUR owed so far, 10 min 00 s until 120.00 EUR, at 10:52:07 CET",
        "  Now            Maintenance, catalogue, 18 Nov, 10:00-11:00 CET, announced 112 h ahead",
        "  Monitor        Measuring. Coverage of the last 24 h: 99.9940 %.",
    ]


def test_a_price_that_nobody_can_determine_says_why(made):
    dark = made.health(exposure=Exposure(None, None, None, "the figure is in no row of the table"))

    assert cost(dark, 0, "UTC") == "ACME GmbH: not determinable, since the figure is in no row of the table"


def test_a_monitor_that_runs_and_sees_nothing_does_not_claim_to_measure(made):
    blind = made.service(state=State.UNKNOWN, reason=Reason.NOT_RUNNING)

    assert lines(made.seen(blind), {})[-1].startswith(
        "  Monitor        Running, but nothing is measured now."
    )


def test_a_program_gets_states_and_instants(made):
    (row,) = as_data(made.seen(made.service()))["services"]

    assert (row["state"], row["since"], row["p95_tenths_ms"]) == ("up", "2026-10-26T13:16:46.000Z", 963)
