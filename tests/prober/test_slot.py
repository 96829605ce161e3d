"""The rows a resolved slot becomes."""

from __future__ import annotations

import json

from monitor.core.checks import Check, Facts, Reason, State
from monitor.prober.slot import FACTS_LIMIT, Attempt, evidence, hold, rows

OK = Facts(latency=420, status=200)
TIMEOUT = Facts(error=Reason.TIMEOUT, detail="no answer within 2000 ms", phases={"connect": 3})


def test_all_attempts_of_a_slot_carry_its_state_and_their_own_reason():
    attempts = [Attempt(1_000, TIMEOUT, Reason.TIMEOUT), Attempt(4_000, OK, Reason.OK)]
    blip, good = rows(7, 2, 31, attempts, State.UP, 22_000)
    assert blip == Check(
        lane=7,
        epoch=2,
        slot=31,
        attempt=0,
        at=1_000,
        state=State.UP,
        reason=Reason.TIMEOUT,
        hold=22_000,
        facts='{"detail":"no answer within 2000 ms","error":"timeout","phases":{"connect":3}}',
    )
    assert (good.attempt, good.at, good.reason, good.latency, good.facts) == (1, 4_000, Reason.OK, 420, None)


def test_a_latency_that_is_not_believed_is_dropped():
    (row,) = rows(1, 1, 0, [Attempt(0, OK, Reason.OK, timed=False)], State.UP, 1)
    assert (row.state, row.latency, row.status) == (State.UP, None, 200)


def test_a_hold_is_two_intervals_and_a_timeout(good):
    assert hold(good) == 22_000


def test_evidence_is_canonical():
    one = Facts(status=500, found={"b": True, "a": False}, phases={"tls": 1, "dns": 2})
    other = Facts(status=500, found={"a": False, "b": True}, phases={"dns": 2, "tls": 1})
    assert evidence(one) == evidence(other)


def test_evidence_is_bounded_and_stays_json():
    huge = Facts(status=500, detail="x" * 5_000, found={"y" * 5_000: True})
    assert len(evidence(huge)) <= FACTS_LIMIT
    assert json.loads(evidence(huge))["status"] == 500


def test_a_long_text_that_was_found_is_cut_before_it_is_left_out():
    found = {f"header:{name}": name * 512 for name in "abcdef"}
    assert json.loads(evidence(Facts(status=200, found=found)))["found"]["header:f"] == "f" * 60


def test_the_least_that_is_kept_fits():
    monstrous = Facts(status=500, detail="\U0001f600" * 200, phases={"z" * 3_000: 1})
    assert len(evidence(monstrous)) <= FACTS_LIMIT
