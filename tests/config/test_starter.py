"""The first configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.config.starter import init_config, starter_text
from monitor.errors import ConfigError


def test_the_starter_loads_as_it_is_and_wants_sentinels_that_only_its_owner_can_choose(
    tmp_path: Path,
) -> None:
    plan = load_plan(init_config(tmp_path / "new"), environ={})
    assert list(plan.endpoints) == ["website"]
    (warning,) = plan.warnings
    assert warning.startswith("sentinel: none: ")


def test_the_starter_is_short_enough_to_be_read() -> None:
    lines = [line for line in starter_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 10


def test_a_configuration_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = init_config(tmp_path)
    path.write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        init_config(tmp_path)
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file: name a folder"):
        init_config(tmp_path / "file")
