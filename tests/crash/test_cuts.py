"""A few of the power cuts that `make crash` makes hundreds of times."""

from __future__ import annotations

import pytest

from tests.crash.cuts import of_power


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [1, 4], ids=["write-ahead log", "rollback journal"])
def test_a_power_cut_loses_and_doubles_nothing(seed: int) -> None:
    share = of_power(seed, cuts=3)

    if share.skipped:
        pytest.skip(share.skipped)
    assert share.found.wrong == []
    assert share.found.is_well
    assert share.acknowledged > 50
