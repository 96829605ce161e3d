"""A few of the crashes that `make crash` makes a thousand times, none of which needs root."""

from __future__ import annotations

import pytest

from tests.crash.kills import of_daemon, of_writer


@pytest.mark.timeout(120)
def test_a_writer_that_is_killed_loses_and_doubles_nothing() -> None:
    share = of_writer(seed=1, kills=6)

    assert share.found.wrong == []
    assert share.found.is_well
    assert share.acknowledged > 100


@pytest.mark.timeout(120)
def test_a_daemon_that_is_killed_loses_and_doubles_nothing() -> None:
    share = of_daemon(seed=1, kills=2)

    assert share.found.wrong == []
    assert share.found.is_well
    assert share.acknowledged > 50
