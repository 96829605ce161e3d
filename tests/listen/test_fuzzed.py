"""A share of the fuzzing of the door; tests/listen/fuzzed.py runs as much of it as anybody wants."""

from __future__ import annotations

import logging

import pytest

from tests.listen.fuzzed import executions, hooked


@pytest.mark.parametrize("seed", range(3))
def test_no_request_harms_the_door_or_fills_the_log(seed, caplog):
    assert executions(1_000, seed) > 100
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("seed", range(3))
def test_no_request_harms_hooks_or_acknowledges_by_get(seed, caplog):
    assert hooked(1_000, seed) > 50
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
