"""What the contracts of `own/` say of themselves where a reader could be misled."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.app import makegood
from tests.agreements.documents import read

OWN = Path(__file__).parent / "own"


def said(document: str, name: str, tmp_path: Path) -> list[str]:
    (path,) = OWN.glob(f"{document}-*.md")
    file = tmp_path / "contract.toml"
    file.write_text(read(path.read_text(encoding="utf-8"))[0].files["contract.toml"], encoding="utf-8")
    answer = CliRunner().invoke(makegood, ["--config", str(file), "sla", "plain", name])
    assert answer.exit_code == 0, answer.output
    return [line.strip() for line in answer.stdout.splitlines()]


@pytest.mark.parametrize(
    ("document", "name", "text"),
    [
        (
            "01",
            "rx-night",
            "must be claimed within 20 business days after the end of the period, the last day",
        ),
        ("01", "rx-night", "at least 5 business days ahead by the calendar office"),
        ("01", "rx-night", "Calendar nights is every day 18:00 to 06:00 the next day (Europe/Berlin)"),
        ("01", "rx-night", "may be terminated after 2 of 4 periods missed"),
        ("02", "card-acquiring", "Every bad slot counts."),
        ("03", "fibre-repair", "Each outage's credit is rounded, half-up"),
        ("03", "fibre-repair", "What the limits leave is rounded in the same way, half-up."),
        ("03", "fibre-repair", "Read so: An interruption over the end of a month"),
        ("04", "forecast", "up to 2 windows a calendar month, whether or not anything is down in them"),
        ("05", "desktop-care", "reckoned on the item workplaces of the month's fee"),
    ],
)
def test_a_contract_says_what_a_reader_would_guess_wrong(
    document: str, name: str, text: str, tmp_path: Path
) -> None:
    assert [line for line in said(document, name, tmp_path) if text in line]


def test_rows_that_overlap_inside_an_outage_say_which_applies(tmp_path: Path) -> None:
    (rows,) = [line for line in said("03", "fibre-repair", tmp_path) if "50 % above 24 hours" in line]
    assert "of rows open on one side the one with the nearest bound applies" in rows


def test_what_is_rounded_for_each_outage_is_not_said_to_be_rounded_once(tmp_path: Path) -> None:
    assert not [line for line in said("03", "fibre-repair", tmp_path) if "rounded once" in line]
