"""What the team's page says of response commitments, word by word."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import pytest

from monitor.core.intervals import HOUR, MINUTE, SECOND
from monitor.operations.responses import Spread, spread
from monitor.operations.ticket_times import Cause
from reports.format import PLAIN
from reports.internal.letter import letter_text, plain
from reports.internal.page import internal_page
from reports.internal.responses import caused, spread_told, took
from reports.render import internal_csv


def part(samples: Any) -> Any:
    found = internal_page(samples.internal_rich()).responses
    assert found is not None
    return found


def test_a_promise_says_what_was_asked_reached_missed_and_why(samples: Any) -> None:
    first, second = part(samples).rows

    assert plain(first.about) == (
        "care: first reply, urgent within 1 hour, high within 4 hours of business time"
    )
    assert [plain(word) for word in (first.aims, first.reached, first.result, first.credit)] == [
        "97 %; target 98 %", "96.6666 %", "missed", "24.00 EUR",
    ]  # fmt: skip
    assert plain(first.cause) == (
        "Of 7 late first replies 5 lay unassigned for longer than their whole time: 72.7 % of the time that "
        "all of their clocks ran."
    )
    assert (second.mark, second.result, second.none) == (
        "unknown", "not settled yet", "ticket zd-9 has time left, until 9 Nov",
    )  # fmt: skip
    assert (second.took, second.cause) == ("too few tickets to tell", "")


def test_the_furthest_past_their_time_stand_first_and_say_where_they_lay(samples: Any) -> None:
    found = [plain(f"{each.name}: {each.what}, {each.figure}") for each in part(samples).longest]

    assert len(found) == 5
    assert found[0] == ("zd-4711: ACME GmbH, first reply due 6 Oct, 13:10 CEST, mostly unassigned, 40 min")


def test_many_groups_and_many_that_are_nobodys_are_cut_and_counted(samples: Any) -> None:
    found = part(samples)

    assert [(each.title, len(each.rows), each.more) for each in found.tables] == [
        ("Tickets by priority", 2, ""), ("Tickets by team", 12, "and two more"),
    ]  # fmt: skip
    assert [each.late for each in found.tables[0].rows] == ["7 of 170", ""]
    assert (len(found.nobodys), found.more) == (12, "and two more")
    assert found.nobodys[:2] == (
        "names no customer: 5, as zd-20, zd-21, zd-22", 'names a customer that nobody knows: "Co 0": zd-0',
    )  # fmt: skip
    assert "3 on Monday, 09:00; 4 on Tuesday, 17:00" in found.hours_told
    assert found.hours[0].cells[9].text == "3"


def test_a_page_without_promises_and_tickets_has_no_such_part(samples: Any) -> None:
    assert internal_page(samples.internal()).responses is None
    assert "Response commitments" not in letter_text(samples.internal())


def test_the_letter_says_it_in_words(samples: Any) -> None:
    text = " ".join(letter_text(samples.internal_rich()).split())

    assert "97 %; target 98 %: missed, 96.6666 % reached, 7 of 210 late, 24.00 EUR credited" in text
    assert "18 tickets counted nowhere" in text


def test_the_csv_has_a_row_for_each_figure_of_them(samples: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(internal_csv(samples.internal_rich()))))

    (response, other) = (row for row in rows if row["record"] == "response")
    assert (response["counted"], response["late"], response["owed"], response["cause"]) == (
        "210", "7", "24.00", "unassigned",
    )  # fmt: skip
    assert (other["state"], other["note"][:11]) == ("not determinable", "ticket zd-9")
    assert sum(int(row["spent_ms"]) for row in rows if row["record"] == "lay" and not row["of"]) == (
        2001 * HOUR
    )
    assert [row["late_ms"] for row in rows if row["record"] == "late"][:2] == ["2400000", "2340000"]


SAID = {
    "": None,
    "The late update was worked on for longer than its whole time: 100.0 % of the time that its clock ran.":
        Cause("worked on", F(1), 1, 1, 1),
    "Of 4 late updates 1 was on hold for the longest part of its time: 66.6 % of the time that all of their "
    "clocks ran.": Cause("on hold", F(2, 3), 4, 1, 0),
    'All 3 late updates were in "Triage" for the longest part of their time: 50.0 % of the time that their '
    "clocks ran.": Cause("Triage", F(1, 2), 3, 3, 0),
    "2 late updates were escalated for 40.0 % of the time that their clocks ran.":
        Cause("escalated", F(2, 5), 2, 0, 0),
    "Nothing says what two late updates waited for: their system does not tell who took a ticket.":
        Cause("not answered yet", F(1), 2, 2, 2),
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_what_the_late_waited_for_is_one_sentence(said: str) -> None:
    assert caused(SAID[said], "update", PLAIN) == said


def test_a_time_is_rounded_up_to_what_is_printed() -> None:
    assert [took(ms, PLAIN) for ms in (0, 4 * MINUTE + 1, HOUR, HOUR + 1, 30 * HOUR)] == [
        "0 s", "4 min 1 s", "1 h", "1 h 1 min", "30 h",
    ]  # fmt: skip


def test_what_is_told_of_few_is_not_told() -> None:
    """A median takes three, nine in ten takes ten, 95 in a hundred takes twenty."""
    assert spread([5, 7]) == Spread(2)
    assert spread([9, 5, 7]) == Spread(3, 7)
    assert spread(range(1, 11)) == Spread(10, 5, 9)
    assert spread(range(1, 21)) == Spread(20, 10, 18, 19)
    assert spread_told(spread([SECOND] * 10), PLAIN) == "half took 1 s or less, nine in ten 1 s"


def test_an_internal_target_that_was_not_met_is_a_risk(samples: Any) -> None:
    report = samples.internal_rich()
    met = replace(report.responses.lines[0], met=True)
    page = internal_page(replace(report, responses=replace(report.responses, lines=(met,))))

    assert page.responses is not None
    assert (page.responses.rows[0].mark, page.responses.rows[0].result) == ("risk", "met, below target")
