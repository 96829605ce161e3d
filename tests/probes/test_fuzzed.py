"""A share of the fuzzing of answers and redirects; `make fuzz-probes` runs a million of each."""

from __future__ import annotations

import pytest

from monitor.core.checks import Reason
from tests.probes import fuzzed_answers, fuzzed_redirects


@pytest.mark.parametrize("seed", range(3))
def test_no_redirect_leads_inwards_or_carries_a_secret_away(seed):
    ends = fuzzed_redirects.executions(1_000, seed)
    assert sum(ends.values()) == 1_000
    assert min(ends[end] for end in ("led somewhere", "refused at the door", "RedirectRefused")) > 50


@pytest.mark.parametrize("seed", range(3))
def test_no_answer_harms_the_probe_or_is_read_as_what_it_is_not(seed):
    reasons = fuzzed_answers.executions(1_000, seed)
    assert sum(reasons.values()) == 1_000
    assert min(reasons[reason] for reason in (Reason.OK, Reason.STATUS, Reason.PROTOCOL)) > 5
