"""What the monitor's own machine did to an attempt, and what is still believed afterwards."""

from __future__ import annotations

import pytest

from monitor.core.checks import Reason
from monitor.prober.guard import Bugs, Disturbance, Lag, latency_stands, tolerance, weigh

CALM = Disturbance()
STALLED = Disturbance(stalled=3.0)
PAUSED = Disturbance(stalled=6.0)
STEPPED = Disturbance(epoch_ended=Reason.CLOCK_SUSPECT)
SLEPT = Disturbance(epoch_ended=Reason.MONITOR_PAUSED)


@pytest.mark.parametrize(
    ("reason", "disturbance", "stands"),
    [
        (Reason.OK, CALM, Reason.OK),
        (Reason.OK, STALLED, Reason.OK),
        (Reason.OK, PAUSED, Reason.OK),
        (Reason.OK, STEPPED, Reason.OK),
        (Reason.TIMEOUT, CALM, Reason.TIMEOUT),
        (Reason.TIMEOUT, Disturbance(stalled=0.2), Reason.TIMEOUT),
        (Reason.TIMEOUT, Disturbance(stalled=0.3), Reason.MONITOR_STALL),
        (Reason.TIMEOUT, STALLED, Reason.MONITOR_STALL),
        (Reason.TOO_SLOW, STALLED, Reason.MONITOR_STALL),
        (Reason.CONNECTION_RESET, STALLED, Reason.MONITOR_STALL),
        (Reason.TIMEOUT, PAUSED, Reason.MONITOR_PAUSED),
        (Reason.TIMEOUT, SLEPT, Reason.MONITOR_PAUSED),
        (Reason.TLS_CERTIFICATE, STEPPED, Reason.CLOCK_SUSPECT),
        (Reason.OWN_RESOURCE, STALLED, Reason.OWN_RESOURCE),
        (Reason.PROBER_BUG, CALM, Reason.PROBER_BUG),
        (Reason.PROBER_BUG, STALLED, Reason.MONITOR_STALL),
    ],
)
def test_a_failure_seen_while_the_monitor_was_not_well_proves_nothing(reason, disturbance, stands):
    assert weigh(reason, disturbance, timeout=2_000) is stands


@pytest.mark.parametrize(
    ("disturbance", "stands"),
    [(CALM, True), (STALLED, False), (PAUSED, False), (SLEPT, False), (STEPPED, True)],
)
def test_a_latency_is_believed_unless_the_loop_stood_still(disturbance, stands):
    assert latency_stands(disturbance, timeout=2_000) is stands


@pytest.mark.parametrize(("timeout", "seconds"), [(100, 0.25), (5_000, 0.25), (10_000, 0.5), (60_000, 3.0)])
def test_the_tolerance_grows_with_the_timeout(timeout, seconds):
    assert tolerance(timeout) == pytest.approx(seconds)


# -- lag


def beaten(*times: float) -> Lag:
    """A lag that expects a beat every 50 ms and got them at these times."""
    lag = Lag()
    lag.expect(0.05)
    for time in times:
        lag.beat(time)
        lag.expect(time + 0.05)
    return lag


def test_beats_in_time_are_no_stall():
    assert beaten(0.051, 0.102, 0.155).stalled(0.0, 0.2) == 0.0


def test_a_late_beat_is_a_stall_from_when_it_was_due():
    lag = Lag()
    lag.expect(1.0)
    assert lag.beat(4.0) == 3.0
    assert lag.stalled(0.0, 10.0) == 3.0
    assert lag.stalled(2.0, 3.0) == 1.0
    assert lag.stalled(4.0, 10.0) == 0.0


def test_several_stalls_add_up():
    """Ten stalls of 200 ms spoil a 2 s timeout as well as one of 2 s."""
    lag = beaten(*(0.25 * number for number in range(1, 11)))
    assert lag.stalled(0.0, 2.5) == pytest.approx(2.0)


def test_a_beat_that_is_overdue_counts_before_it_comes():
    """An attempt may end in the very turn of the loop that the stall was in, before the beat."""
    lag = Lag()
    lag.expect(1.0)
    assert lag.stalled(0.5, 3.0) == 2.0


def test_what_the_beat_itself_took_is_a_stall():
    lag = Lag()
    lag.stood(1.0, 1.5)
    lag.stood(2.0, 2.01)
    assert lag.stalled(0.0, 3.0) == 0.5


def test_old_stalls_are_forgotten():
    lag = Lag(horizon=10.0)
    lag.stood(1.0, 2.0)
    lag.stood(20.0, 21.0)
    assert lag.stalled(0.0, 30.0) == 1.0


# -- bugs


def test_the_third_fault_in_a_row_on_one_target_is_the_targets():
    bugs = Bugs()
    noted = [bugs.note("shop", Reason.PROBER_BUG) for _ in range(4)]
    assert noted == [Reason.PROBER_BUG, Reason.PROBER_BUG, Reason.PROTOCOL, Reason.PROTOCOL]


def test_faults_on_other_targets_do_not_add_up():
    bugs = Bugs()
    assert {bugs.note(f"e{number}", Reason.PROBER_BUG) for number in range(10)} == {Reason.PROBER_BUG}


def test_an_answer_ends_the_row_and_other_unknowns_do_not():
    bugs = Bugs()
    row = [Reason.PROBER_BUG, Reason.OK, Reason.PROBER_BUG, Reason.PROBER_BUG, Reason.OWN_NETWORK]
    assert [bugs.note("shop", reason) for reason in row] == row
    assert bugs.note("shop", Reason.PROBER_BUG) is Reason.PROTOCOL
