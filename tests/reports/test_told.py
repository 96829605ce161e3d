"""What people told of an outage, and what was written of it for the customer, stand beside it on the page."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from monitor.statements.value import Told
from reports.render import render_statement
from reports.twins import statement_csv, statement_json
from reports.view import statement_page
from tests.reports.conftest import at

ALL = Told(at("6 14:20:00"), None, at("6 16:30:00"), "INC-47")


def with_outage(samples, **more):
    """October, its first outage changed."""
    statement = samples.statement()
    section = statement.sections[0]
    first, *rest = section.outages
    changed = replace(section, outages=(replace(first, **more), *rest))
    return replace(statement, sections=(changed, *statement.sections[1:]))


def first_row(statement):
    return statement_page(statement).outages[0].rows[0]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, ""),
        (ALL, "Reported 6 Oct, 14:20:00 CEST. Ticket INC-47, closed 6 Oct, 16:30:00 CEST."),
        (replace(ALL, ticket=""), "Reported 6 Oct, 14:20:00 CEST. Ticket closed 6 Oct, 16:30:00 CEST."),
        (replace(ALL, closed=None), "Reported 6 Oct, 14:20:00 CEST. Ticket INC-47."),
        (Told(None, at("6 14:05:00"), None, ""), "Detected 6 Oct, 14:05:00 CEST."),
        (Told(None, None, None, ""), "Not reported."),
    ],
)
def test_the_times_that_were_told(samples, told, said):
    row = first_row(with_outage(samples, told=told))

    assert row.told.replace("\xa0", " ").replace("\u202f", " ") == said


def test_notes_are_text_and_nothing_else(samples):
    html = render_statement(with_outage(samples, notes=("A <b>fibre</b> was cut.", "It was\u202e mended.")))

    assert "A &lt;b&gt;fibre&lt;/b&gt; was cut." in html
    assert "It was mended." in html, "without what turns the direction of the text"


def test_the_twins_have_both(samples):
    statement = with_outage(samples, told=ALL, notes=("A fibre was cut.",))

    outage = json.loads(statement_json(statement))["sections"][0]["outages"][0]
    assert outage["told"]["closed"] == "2026-10-06T14:30:00.000Z"
    assert outage["notes"] == ["A fibre was cut."]
    rows = csv.DictReader(io.StringIO(statement_csv(statement)))
    note = next(row["note"] for row in rows if row["record"] == "outage")
    assert note.endswith(
        "; reported 2026-10-06T12:20:00.000Z; ticket INC-47; ticket closed 2026-10-06T14:30:00.000Z; "
        "note: A fibre was cut."
    )
