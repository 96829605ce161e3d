"""A few of the refused writes and fsyncs that `make crash` goes through one by one."""

from __future__ import annotations

import pytest

from tests.crash.refusals import COURSES, of_refusals


@pytest.mark.timeout(200)
@pytest.mark.parametrize("number", range(len(COURSES)), ids=[each.name for each in COURSES])
def test_a_refused_call_loses_and_doubles_nothing(number: int) -> None:
    share = of_refusals(number, part=3, parts=1, step=200)

    if share.skipped:
        pytest.skip(share.skipped)
    assert share.found.wrong == []
    assert share.found.is_well
    assert share.done >= 4
