"""A priority that changes on the way, to the second: for a person, for a program, and for the customer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.store import open_store
from tests.cli.conftest import Cli
from tests.cli.test_responses import CONFIG, known, take

HEAD = "ticket,at,event,value,by,priority,customer,service\n"
RAISED = (
    HEAD + "P-1,2026-10-12T10:00:00+02:00,created,,,normal,acme,shop\n"
    "P-1,2026-10-12T12:00:09+02:00,priority,high,,,,\n"
    "P-1,2026-10-12T16:30:10+02:00,reply,,agent,,,\n"
)
"""From a business day to four hours, after two hours and nine seconds."""
HOWS = {
    "restart": ("the clock begins anew", "the clock begins anew", "12 Oct 16:00:09"),
    "keep time": ("what ran counts", "what ran so far is held against the new time", "12 Oct 14:00"),
    "keep target": ("the first time stays", "the first time stays", "13 Oct 17:00"),
    "prorate": (
        "the share used carries over",
        "the share that is used up carries over to the new time",
        "12 Oct 15:28:06",
    ),
}
"""As the terminal says it, as the customer's page does, and until when it had time. Of 54,000 s 7,209 were
used, so that 46,791 / 54,000 of four hours are left: 3 h 27 min 57.6 s."""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    open_store(tmp_path / "evidence.db", create=True)
    return tmp_path


def spaced(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


@pytest.mark.parametrize("how", HOWS)
def test_a_change_is_told_with_what_the_contract_makes_of_it(cli: Cli, desk: Path, how: str) -> None:
    short, whole, due = HOWS[how]
    (desk / "makegood.toml").write_text(CONFIG.replace('"keep time"', f'"{how}"'))
    take(cli, desk, RAISED)
    known(cli, "2026-11-01")
    said = cli("queue", "--explain", "P-1").stdout
    (row,) = [line for line in said.splitlines() if "->" in line]
    assert spaced(row) == f"12 Oct 12:00:09 priority normal -> high: {short}"
    (told,) = json.loads(cli("queue", "--explain", "P-1", "--json").stdout)
    (clock,) = told["clocks"]
    assert clock["changes"] == [
        {"at": "2026-10-12T10:00:09.000Z", "what": "priority", "from": "normal", "to": "high", "how": how}
    ]
    if how == "keep target":
        assert "in time" in said
        return
    assert due in said
    cli("report", "--period", "2026-10", "--out", str(desk / "out"))
    page = spaced((desk / "out" / "2026-10" / "acme.html").read_text())
    assert f"Priority normal → high at 12 Oct, 12:00:09 CEST: {whole}." in page


def test_a_change_after_the_time_was_up_changes_nothing_and_says_so(cli: Cli, desk: Path) -> None:
    (desk / "makegood.toml").write_text(CONFIG)
    late = RAISED.replace("created,,,normal", "created,,,high").replace(
        "12:00:09+02:00,priority,high", "15:00:09+02:00,priority,normal"
    )
    take(cli, desk, late)
    said = cli("queue", "--explain", "P-1").stdout
    assert "high -> normal: it was late already" in said
    assert "it was due 12 Oct 14:00." in spaced(said)


def test_no_second_is_dropped_and_days_are_told_as_days(cli: Cli, desk: Path) -> None:
    (desk / "makegood.toml").write_text(CONFIG)
    rows = HEAD + "D,2026-10-12T10:00:03+02:00,created,,,normal,acme,shop\n"
    take(cli, desk, rows + "D,2026-10-12T12:00:10+02:00,reply,,agent,,,\n")
    said = spaced(cli("queue", "--explain", "D").stdout)
    assert (
        "first reply for normal, 1 business day (close of business): 14 h 59 min 57 s in the hours of office"
        in said
    )
    assert "Done 12 Oct 12:00:10 after 2 h 00 min 07 s on its clock, in time." in said
    assert "12 Oct 10:00:03 12 Oct 12:00:10 ran 2 h 00 min 07 s" in said


def test_a_long_course_says_until_when_and_what_the_rest_comes_to(cli: Cli, desk: Path) -> None:
    """From Monday at ten to the end of the month: eleven stretches are shown, and the others summed up."""
    (desk / "makegood.toml").write_text(CONFIG)
    take(cli, desk, HEAD + "D,2026-10-05T10:00:00+02:00,created,,,high,acme,shop\n")
    known(cli, "2026-11-01")
    cli("report", "--period", "2026-10", "--out", str(desk / "out"))
    page = spaced((desk / "out" / "2026-10" / "acme.html").read_text())
    assert "ran 7 h until 5 Oct, 17:00 CEST; closed 16 h until 6 Oct, 09:00 CEST;" in page
    # From the 12th, 17:00, on there are 464 h to the end (one hour twice), 14 days of eight hours among them.
    assert "stretches more until 1 Nov, 00:00 CET: closed 352 h and ran 112 h." in page
