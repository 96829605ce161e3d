"""A share of the fuzzing of answers and redirects; `make fuzz-probes` runs a million of each."""

from __future__ import annotations

import pytest

from tests.probes import fuzzed_redirects


@pytest.mark.parametrize("seed", range(3))
def test_no_redirect_leads_inwards_or_carries_a_secret_away(seed):
    ends = fuzzed_redirects.executions(1_000, seed)
    assert sum(ends.values()) == 1_000
    assert min(ends[end] for end in ("led somewhere", "refused at the door", "RedirectRefused")) > 50
