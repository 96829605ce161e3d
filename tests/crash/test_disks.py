"""A few of the broken disks and lost files that `make crash` goes through."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.disks import of_dead_disk, of_frozen_disk, of_full_disk
from tests.crash.files import DEEDS, of_files
from tests.crash.kills import Share


@pytest.mark.timeout(120)
@pytest.mark.parametrize("of", [of_full_disk, of_frozen_disk, of_dead_disk])
def test_a_broken_disk_loses_and_doubles_nothing(of: Callable[[int, int], Share]) -> None:
    share = of(1, 2)

    if share.skipped:
        pytest.skip(share.skipped)
    assert share.found.wrong == []
    assert share.found.is_well
    assert share.done == 2


@pytest.mark.timeout(120)
def test_nothing_is_acknowledged_once_somebody_took_the_file_away() -> None:
    share = of_files(seed=1, times=1)

    assert share.found.wrong == []
    assert share.found.is_well
    assert share.done == len(DEEDS)
