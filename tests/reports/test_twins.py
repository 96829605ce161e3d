"""The exact twins: every figure can be read back, and no cell runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

from monitor.core.money import Amount, Money
from reports.internal.twins import internal_csv, internal_json
from reports.twins import iso, statement_csv, statement_json


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def ratio(value: dict[str, int]) -> F:
    return F(value["numerator"], value["denominator"])


def test_instants_are_iso_8601_in_utc_with_milliseconds() -> None:
    assert iso(1_791_288_130_007) == "2026-10-06T12:02:10.007Z"
    assert iso(0) == "1970-01-01T00:00:00.000Z"


def test_the_json_twin_gives_back_every_exact_figure(samples: Any) -> None:
    statement = samples.statement()
    read = json.loads(statement_json(statement))

    section, twin = statement.sections[0], read["sections"][0]
    assert read["format"] == "makegood.statement/1"
    assert read["notice"] == "Draft, not issued"
    assert read["generated_label"] is None
    assert read["as_of"] == "2026-10-31T23:00:00.000Z"
    assert read["period"]["span"] == {"start": "2026-09-30T22:00:00.000Z", "end": "2026-10-31T23:00:00.000Z"}
    assert ratio(twin["availability"]) == section.availability
    assert ratio(twin["commitment"]["value"]) == section.commitment.value
    assert twin["counted_ms"] == section.counted
    assert twin["intervals_ms"] == [30_000]
    assert twin["met"] is False
    assert twin["credit"] == {"minor": 12_000, "currency": "EUR", "decimal": "120.00"}
    assert twin["fee"] == {"numerator": 1200, "denominator": 1, "currency": "EUR", "decimal": "1200.00"}
    assert len(twin["days"]) == 31


def test_a_running_month_says_beside_its_credit_what_of_it_is_certain(samples: Any) -> None:
    owed, credit = Amount(12_000, "EUR"), Amount(30_000, "EUR")
    section = replace(samples.running().sections[0], met=False, credit=credit, owed_already=owed)
    running = replace(samples.running(), sections=(section,))

    (row,) = (row for row in rows(statement_csv(running)) if row["record"] == "section")
    assert (row["credit"], row["note"]) == (
        "300.00", "credit if the month ended now; 120.00 EUR owed already",
    )  # fmt: skip
    twin = json.loads(statement_json(running))["sections"][0]
    assert twin["owed_already"] == {"minor": 12_000, "currency": "EUR", "decimal": "120.00"}


def test_outages_and_windows_keep_their_instants_and_errors(samples: Any) -> None:
    section = json.loads(statement_json(samples.statement()))["sections"][0]

    first, last, window = section["outages"][0], section["outages"][-1], section["windows"][0]
    assert first["span"]["start"] == "2026-10-06T12:02:10.000Z"
    assert (first["reason"], first["open"], first["duration_ms"]) == ("status", False, 1_882_000)
    assert last["error"] == {"start_ms": None, "end_ms": 30_000}
    assert window["recorded"] == "2026-10-10T23:00:00.000Z"
    assert window["cancelled"] is None
    assert window["use"]["ahead_ms"] == 73 * 3_600_000


def test_workings_are_data_and_words(samples: Any) -> None:
    lines = json.loads(statement_json(samples.statement()))["sections"][0]["workings"]

    period = lines[0]
    assert period["values"]["start"] == "2026-09-30T22:00:00.000Z"
    assert period["values"]["ms"] == 745 * 3_600_000
    assert period["figure"] == "745 h 00 min 00 s"
    share = next(line for line in lines if line["rule"] == "share")
    assert ratio(share["values"]["amount"]) == 120


def test_what_is_not_known_is_null_and_a_fee_without_decimals_has_none(samples: Any) -> None:
    gone = replace(samples.undeterminable(), fee=Money(F(100, 3), "EUR"))
    section = json.loads(statement_json(samples.statement(gone)))["sections"][0]

    assert section["availability"] is None
    assert section["met"] is None
    assert section["credit"] is None
    assert section["fee"]["decimal"] is None
    assert ratio(section["fee"]) == F(100, 3)


def test_the_csv_twin_has_one_row_a_record(samples: Any) -> None:
    read = rows(statement_csv(samples.statement()))

    kinds = [row["record"] for row in read]
    assert kinds.count("statement") == 1
    assert kinds.count("section") == 3
    assert kinds.count("outage") == 5
    assert kinds.count("window") == 3
    assert kinds.count("unmeasured") == 6
    assert kinds.count("total") == 1
    section = read[1]
    share = F(int(section["share_numerator"]), int(section["share_denominator"]))
    assert section["figure"] == "99.8731 %"
    assert share == samples.statement().sections[0].availability
    assert (section["credit"], section["currency"], section["counted_ms"]) == ("120.00", "EUR", "3402000")


def test_an_undetermined_section_says_why_and_has_no_credit(samples: Any) -> None:
    row = rows(statement_csv(samples.statement(samples.undeterminable())))[1]

    assert (row["state"], row["share_numerator"], row["credit"]) == ("not determinable", "", "")
    assert row["note"].endswith("at least 95 %")


def test_no_cell_is_a_formula(samples: Any) -> None:
    for text in (statement_csv(samples.hostile()), internal_csv(samples.internal())):
        cells = [cell for row in rows(text) for cell in row.values()]
        assert not [c for c in cells if c.lstrip()[:1] in {"=", "+", "@"}]
        assert not [c for c in cells if c.startswith("-") and not c[1:].isdigit()]
        assert not [c for c in cells if "\n" in c or "\r" in c or "\x1b" in c]
    assert "'=cmd()" in statement_csv(samples.hostile())
    assert "'@SUM(A1)" in statement_csv(samples.hostile())


def test_negative_numbers_stay_numbers(samples: Any) -> None:
    steps = [row for row in rows(internal_csv(samples.internal())) if row["record"] == "step"]

    assert min(int(row["left_ms"]) for row in steps) < 0


def test_an_open_outage_is_open_in_both_twins(samples: Any) -> None:
    outage = next(row for row in rows(statement_csv(samples.running())) if row["record"] == "outage")

    assert outage["state"] == "open"
    assert json.loads(statement_json(samples.running()))["sections"][0]["outages"][0]["open"] is True


def test_a_fee_without_exact_decimals_is_a_fraction_in_the_csv(samples: Any) -> None:
    section = samples.section("A", fee=Money(F(100, 3), "EUR"))

    assert rows(statement_csv(samples.statement(section)))[1]["fee"] == "100/3"


def test_the_internal_twins_are_exact(samples: Any) -> None:
    report = samples.internal()
    read = json.loads(internal_json(report))

    first = read["agreements"][0]
    assert read["format"] == "makegood.internal/1"
    assert read["notice"] == "Internal. Not for customers."
    assert ratio(first["target"]["value"]) == F(9995, 10_000)
    assert first["budget"]["left_ms"] == report.agreements[0].budget.left
    assert first["budget"]["exhausted"] == "2026-10-22T21:17:48.000Z"
    assert ratio(first["budget"]["gone"]) == 1
    assert first["steps"][0] == {
        "at": "2026-10-06T12:33:32.000Z",
        "left_ms": report.agreements[0].steps[0][1],
    }
    assert read["owed"] == [{"minor": 12_000, "currency": "EUR", "decimal": "120.00"}]


def test_the_internal_csv_has_a_row_for_each_agreement_step_and_currency(samples: Any) -> None:
    read = rows(internal_csv(samples.internal_running()))

    kinds = [row["record"] for row in read]
    assert (kinds.count("report"), kinds.count("agreement"), kinds.count("step"), kinds.count("owed")) == (
        1,
        3,
        4,
        0,
    )
    blank = read[-1]
    assert (blank["target"], blank["target_state"], blank["share_numerator"], blank["until_next_ms"]) == (
        "",
        "",
        "",
        "",
    )
    assert [row["owed"] for row in rows(internal_csv(samples.internal())) if row["record"] == "owed"] == [
        "120.00"
    ]


def test_hostile_text_is_cleaned_in_the_json_too(samples: Any) -> None:
    text = statement_json(samples.hostile())

    assert "\u202e" not in text
    assert "\\u001b" not in text
    assert json.loads(text)["customer"]["name"].startswith("<script>")
