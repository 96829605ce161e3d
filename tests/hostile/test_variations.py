"""A share of the thousand variations; all of them are `python -m tests.hostile.variations 1000`."""

from __future__ import annotations

import pytest

from monitor.core.checks import Reason
from tests.hostile.variations import run


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_is_sent_a_slot_comes_of_it_and_never_a_wrong_state(seed):
    ended, wrong = await run(100, seed)
    assert wrong == []
    assert sum(ended.values()) == 100
    assert ended[Reason.OK] > 20
    assert len(ended) > 4
