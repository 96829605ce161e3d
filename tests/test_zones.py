"""A month is as long everywhere as the pinned time zone data say."""

from __future__ import annotations

import os
import subprocess
import sys
import zoneinfo
from importlib.resources import files
from pathlib import Path

import monitor  # noqa: F401  sets the path


def test_zones_are_read_from_the_pinned_package_alone():
    assert [Path(path) for path in zoneinfo.TZPATH] == [Path(str(files("tzdata"))) / "zoneinfo"]


def test_a_zone_of_the_machines_own_is_not_used(tmp_path):
    """A machine whose Berlin is Tokyo changes nothing."""
    tokyo = (Path(str(files("tzdata"))) / "zoneinfo" / "Asia" / "Tokyo").read_bytes()
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes(tokyo)
    code = "from monitor.core.periods import month; print(month('2026-10', 'Europe/Berlin').span.length)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{745 * 3_600_000}\n"
