"""The prober in simulated time: hours of probing in a moment, with stalls, steps and sleep in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from monitor.core.checks import ALL_LANES, Confirmation, Facts, Gap, Reason, State
from monitor.core.intervals import Span
from monitor.prober.wheel import offset
from tests.prober.conftest import Run
from tests.simulation.loop import SimulatedClock, SimulatedLoop

START = 1_790_000_000_000
HOUR = 3_600.0
OK = Facts(latency=100, status=200)
BAD = Facts(latency=100, status=500)


class EarlyLoop(SimulatedLoop):
    """Its timers fire a hair early, as those of a loop may that counts in ms."""

    def __init__(self, early: float) -> None:
        super().__init__()
        self.early = early

    def call_later(self, delay, callback, *args, context=None):
        return super().call_later(max(0.0, delay - self.early), callback, *args, context=context)


@dataclass
class SlowlyReadClock(SimulatedClock):
    """A monotonic clock of which each reading takes some time."""

    reading: float = 0.0

    def monotonic(self) -> float:
        now = super().monotonic()
        self.loop.stall(self.reading)
        return now


def accounted(counters) -> bool:
    return counters.planned == counters.run + counters.overlapped + counters.missed + counters.disabled


# -- cadence


def test_every_endpoint_is_probed_once_an_interval(simulation, fleet, healthy, passing):
    run = simulation.play(fleet(50), healthy, passing(600))
    assert Counter(check.lane for check in run.checks) == dict.fromkeys(range(1, 51), 60)
    assert {check.state for check in run.checks} == {State.UP}
    assert run.gaps == []


def test_a_check_starts_on_its_slots_place_in_the_grid(simulation, good, healthy, passing):
    run = simulation.play([good], healthy, passing(65))
    place = offset("shop", 10_000)
    assert [check.at - START for check in run.checks] == [place + n * 10_000 for n in range(len(run.checks))]
    assert [check.slot for check in run.checks] == list(range(len(run.checks)))
    assert len(run.checks) in (6, 7)


def test_a_check_says_how_long_it_holds(simulation, good, healthy, passing):
    run = simulation.play([good], healthy, passing(15))
    assert {check.hold for check in run.checks} == {22_000}


def test_handshakes_are_spread_inside_the_tick_in_pairs(simulation, fleet, scripted, passing):
    """All in one tick: an interval of one tick leaves no other place."""
    secure = fleet(5, interval=100, target="https://shop.example/")
    run = simulation.play(secure, scripted(OK, lasting=0.001), passing(1))
    later = [check.at - START for check in run.checks if check.slot > 0]
    assert sorted({at % 100 for at in later}) == [0, 1, 40, 41, 80]


@pytest.mark.parametrize("reading", [0.000_2, 0.000_6])
def test_a_timer_that_fires_a_hair_early_costs_no_beat(good, healthy, passing, reading):
    """The clock moves on with every reading, and so past the beat's point while the beat is handled."""
    loop = EarlyLoop(early=0.000_7 + reading)
    run = Run(loop, SlowlyReadClock(loop, reading=reading)).play([good], healthy, passing(65))
    place = offset("shop", 10_000)
    begun = [check.at - START - place - n * 10_000 for n, check in enumerate(run.checks)]
    loop.close()
    assert len(begun) in (6, 7)
    assert all(-2 <= ms <= 5 for ms in begun), begun


# -- confirmation


def test_a_confirmed_failure_is_down_from_its_first_attempt(simulation, good, scripted, passing):
    run = simulation.play([good], scripted(BAD), passing(12))
    first, second = run.checks[:2]
    assert [(check.attempt, check.state, check.reason) for check in (first, second)] == [
        (0, State.DOWN, Reason.STATUS),
        (1, State.DOWN, Reason.STATUS),
    ]
    assert second.at - first.at == 1_010  # the first attempt's 10 ms, and the pause
    assert first.facts is not None


def test_a_refuted_failure_stays_as_a_blip(simulation, good, scripted, passing):
    run = simulation.play([good], scripted(BAD, OK), passing(15))
    slot = [(check.state, check.reason) for check in run.checks if check.slot == 0]
    assert slot == [(State.UP, Reason.STATUS), (State.UP, Reason.OK), (State.UP, Reason.OK)]


def test_the_rows_of_a_slot_are_handed_over_together(simulation, good, scripted, passing):
    batches = []
    simulation.play([good], scripted(BAD), passing(12), sink=batches.append)
    assert len(batches[0]) == 2


def test_the_newest_check_can_be_looked_at(simulation, fleet, scripted, passing):
    run = simulation.play(fleet(2), scripted(BAD), passing(25))
    assert run.prober.latest["e0"] == [check for check in run.checks if check.lane == 1][-1]


# -- overlap


def test_slots_that_come_due_during_a_slow_success_are_one_gap(simulation, good, scripted, passing):
    slow = replace(good, timeout=60_000)
    run = simulation.play([slow], scripted(OK, lasting=25.0), passing(60))
    place = START + offset("shop", 10_000)
    assert run.gaps[0] == Gap(1, 1, Span(place + 10_000, place + 30_000), Reason.OVERLAP)
    assert run.checks[1].at == place + 30_000
    assert accounted(run.prober.counters)


def test_a_target_that_hangs_does_not_buy_itself_unknown_time(simulation, good, passing):
    """Ten seconds of silence, twice, on an interval of five: the attempts in flight watched that time."""

    async def hangs(endpoint, network):
        await asyncio.sleep(endpoint.timeout / 1_000)
        return Facts(error=Reason.TIMEOUT)

    slow = replace(good, interval=5_000, timeout=10_000)
    run = simulation.play([slow], hangs, passing(300))
    assert {check.state for check in run.checks} == {State.DOWN}
    assert run.gaps == []
    assert all(later.at - earlier.at <= earlier.hold for earlier, later in pairwise(run.checks))
    assert accounted(run.prober.counters)


def test_waiting_for_a_place_of_ours_is_our_own_resource(simulation, fleet, scripted, passing):
    two = fleet(2, timeout=60_000)
    run = simulation.play(two, scripted(OK, lasting=25.0), passing(100), connections=1)
    assert Reason.OWN_RESOURCE in {gap.reason for gap in run.gaps}
    assert accounted(run.prober.counters)


def test_a_host_whose_endpoints_all_hang_delays_no_other(simulation, fleet, good, passing):
    """Sixty at one dead host, on a monitor that has places for thirty-two."""

    async def probe(endpoint, network):
        if "dead" in endpoint.target:
            await asyncio.sleep(endpoint.timeout / 1_000)
            return Facts(error=Reason.TIMEOUT)
        await asyncio.sleep(0.01)
        return OK

    dead = fleet(60, target="http://dead.example/", timeout=9_000, confirmation=Confirmation(1, 1, 0))
    run = simulation.play([*dead, good], probe, passing(60), connections=32)
    healthy = [check for check in run.checks if check.lane == 61]
    place = START + offset("shop", 10_000)
    assert [check.at - place for check in healthy] == [n * 10_000 for n in range(len(healthy))]
    assert {check.state for check in run.checks if check.lane != 61} == {State.DOWN}
    assert {gap.reason for gap in run.gaps} <= {Reason.NOT_RUNNING}  # in flight at the end
    assert accounted(run.prober.counters)


# -- stalls


@pytest.mark.parametrize("stall", [1.0, 3.0, 4.9, 6.0, 60.0])
def test_a_stalled_loop_never_makes_a_healthy_target_down(simulation, fleet, healthy, stall):
    async def script(run):
        await asyncio.sleep(20.03)
        run.loop.stall(stall)
        await asyncio.sleep(30)

    run = simulation.play(fleet(200), healthy, script)
    assert {check.state for check in run.checks} <= {State.UP, State.UNKNOWN}
    assert max(check.latency for check in run.checks if check.latency is not None) < 1_000
    assert accounted(run.prober.counters)


def test_an_attempt_that_timed_out_in_a_stall_is_unknown_or_refuted(simulation, good, healthy):
    once = replace(good, confirmation=Confirmation(failures=1, attempts=1))

    async def script(run):
        await asyncio.sleep(offset("shop", 10_000) / 1_000 + 0.04)
        run.loop.stall(3)
        await asyncio.sleep(5)

    run = simulation.play([once], healthy, script)
    (check,) = run.checks
    assert check.state in (State.UP, State.UNKNOWN)
    assert check.latency is None
    assert check.reason in (Reason.OK, Reason.MONITOR_STALL)


def test_a_real_outage_is_still_found_around_a_stall(simulation, good, scripted):
    async def script(run):
        await asyncio.sleep(30)
        run.loop.stall(3)
        await asyncio.sleep(30)

    run = simulation.play([good], scripted(BAD), script)
    assert Counter(check.state for check in run.checks)[State.DOWN] >= 10


def test_a_pause_is_not_taken_for_a_fault_of_the_probe(simulation, fleet, healthy, caplog):
    """After a pause the probe's deadline and the hard one are over at once."""

    async def script(run):
        await asyncio.sleep(20.03)
        run.loop.stall(60)
        await asyncio.sleep(30)

    run = simulation.play(fleet(200), healthy, script)
    assert Reason.PROBER_BUG not in {check.reason for check in run.checks}
    assert "fault" not in caplog.text


def test_slots_swallowed_because_one_began_late_are_ours(simulation, good, scripted):
    """Late by 9.9 s of an interval of ten: the next is due while the late one runs."""

    async def script(run):
        await asyncio.sleep(offset("shop", 10_000) / 1_000 - 0.01)
        run.loop.stall(9.9)
        await asyncio.sleep(20)

    run = simulation.play([good], scripted(OK, lasting=0.5), script)
    assert {gap.reason for gap in run.gaps} == {Reason.MONITOR_STALL}


def test_missed_slots_are_one_gap_a_lane_and_the_newest_runs_late(simulation, good, healthy):
    async def script(run):
        await asyncio.sleep(20)
        run.loop.stall(HOUR)
        await asyncio.sleep(30)

    run = simulation.play([good], healthy, script)
    (gap,) = run.gaps
    assert gap.reason is Reason.MONITOR_PAUSED
    assert gap.span.length == pytest.approx(HOUR * 1_000, abs=10_000)
    assert run.prober.counters.missed == 359
    assert accounted(run.prober.counters)
    assert len(run.epochs) == 2  # a pause begins a new epoch


def test_a_stall_does_not_end_in_a_burst(simulation, fleet, healthy):
    starts = Counter()

    async def counting(endpoint, network):
        starts[round(asyncio.get_running_loop().time(), 2)] += 1
        return await healthy(endpoint, network)

    async def script(run):
        await asyncio.sleep(20)
        run.loop.stall(10)
        await asyncio.sleep(30)

    simulation.play(fleet(1_000), counting, script)
    assert max(starts.values()) <= 75  # a tick's own starts and the fifty that catch up, of 990 overdue


# -- the wall clock


@pytest.mark.parametrize("step", [-HOUR, HOUR, -0.6, 0.6, 86_400.0 * 365])
def test_a_step_of_the_wall_clock_loses_no_check(simulation, fleet, healthy, step):
    starts = {}

    async def timed(endpoint, network):
        starts.setdefault(endpoint.id, []).append(asyncio.get_running_loop().time())
        return await healthy(endpoint, network)

    async def script(run):
        for offset_of_the_wall in (step, 0.0, step):
            await asyncio.sleep(60)
            run.clock.offset = offset_of_the_wall
        await asyncio.sleep(60)

    run = simulation.play(fleet(20), timed, script)
    assert len(run.epochs) == 4
    for times in starts.values():
        assert all(later - earlier == pytest.approx(10.0, abs=0.01) for earlier, later in pairwise(times))
    assert Counter(check.lane for check in run.checks) == dict.fromkeys(range(1, 21), 24)
    assert {check.state for check in run.checks} == {State.UP}
    assert len({check.key for check in run.checks}) == len(run.checks)


def test_slots_are_numbered_from_nought_in_a_new_epoch(simulation, good, healthy):
    async def script(run):
        await asyncio.sleep(30)
        run.clock.offset = -HOUR
        await asyncio.sleep(30)

    run = simulation.play([good], healthy, script)
    assert [(check.epoch, check.slot) for check in run.checks] == [(e, n) for e in (1, 2) for n in range(3)]
    assert run.epochs[1] == START + 30_000 - 3_600_000 + 50  # found at the next beat


def test_time_the_wall_clock_leapt_over_is_no_gap(simulation, fleet, healthy):
    """The clock may come back, and then that hour is observed; a gap would blot it out for ever."""

    async def script(run):
        await asyncio.sleep(30.01)
        run.clock.offset = HOUR
        await asyncio.sleep(4)
        run.clock.offset = 0.0
        await asyncio.sleep(10)

    run = simulation.play(fleet(3), healthy, script)
    assert len(run.epochs) == 3
    assert run.gaps == []


def test_sleep_of_the_machine_is_a_pause(simulation, fleet, healthy):
    async def script(run):
        await asyncio.sleep(30.01)
        run.clock.suspend(600)
        await asyncio.sleep(10)

    run = simulation.play(fleet(3), healthy, script)
    assert [(gap.lane, gap.reason, gap.span.length) for gap in run.gaps] == [
        (ALL_LANES, Reason.MONITOR_PAUSED, 600_000)
    ]


def test_a_failure_in_flight_when_the_clock_was_set_is_suspect(simulation, good, scripted):
    """A certificate looks expired to a clock that is a year ahead."""
    once = replace(good, confirmation=Confirmation(failures=1, attempts=1))

    async def script(run):
        await asyncio.sleep(offset("shop", 10_000) / 1_000 + 0.1)
        run.clock.offset = HOUR
        await asyncio.sleep(5)

    expired = Facts(error=Reason.TLS_CERTIFICATE)
    run = simulation.play([once], scripted(expired, lasting=0.5), script)
    assert [(check.state, check.reason) for check in run.checks] == [(State.UNKNOWN, Reason.CLOCK_SUSPECT)]


# -- an epoch that cannot be opened yet


def test_the_first_epoch_is_waited_for(simulation, good, healthy):
    async def script(run):
        run.refuses_epochs = True
        await asyncio.sleep(20)
        run.refuses_epochs = False
        await asyncio.sleep(30)

    run = simulation.play([good], healthy, script)
    assert [(check.epoch, check.slot) for check in run.checks] == [(1, 0), (1, 1), (1, 2)]
    assert run.epochs == [START + 20_050]  # at the next beat


def test_a_run_that_never_got_an_epoch_can_be_stopped(simulation, good, healthy, passing):
    simulation.refuses_epochs = True
    run = simulation.play([good], healthy, passing(5))
    assert run.records == []


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_step_without_a_new_epoch_goes_on_and_believes_no_failure(simulation, good, scripted, step):
    """The old epoch's clock is off: what it saw meanwhile is unknown once the new one is there."""
    once = replace(good, confirmation=Confirmation(failures=1, attempts=1))

    async def script(run):
        await asyncio.sleep(30.01)
        run.refuses_epochs, run.clock.offset = True, step
        await asyncio.sleep(30)
        run.refuses_epochs = False
        await asyncio.sleep(30)

    run = simulation.play([once], scripted(BAD, lasting=0.2), script)
    assert [(check.epoch, check.slot, check.reason) for check in run.checks] == [
        *((1, slot, Reason.STATUS) for slot in range(3)),
        *((1, slot, Reason.CLOCK_SUSPECT) for slot in range(3, 6)),
        *((2, slot, Reason.STATUS) for slot in range(3)),
    ]
    (gap,) = run.gaps
    assert (gap.lane, gap.epoch, gap.reason) == (ALL_LANES, 1, Reason.CLOCK_SUSPECT)
    assert all(check.at in gap.span for check in run.checks[3:6])
    assert gap.span.length == 30_000
    assert accounted(run.prober.counters)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_stop_without_a_new_epoch_leaves_the_time_since_the_step_unknown(simulation, good, healthy, step):
    async def script(run):
        await asyncio.sleep(30.01)
        run.refuses_epochs, run.clock.offset = True, step
        await asyncio.sleep(30)

    run = simulation.play([good], healthy, script)
    (gap,) = run.gaps
    assert (gap.lane, gap.epoch, gap.reason) == (ALL_LANES, 1, Reason.CLOCK_SUSPECT)
    assert gap.span == Span(START + 30_050, START + 60_010)
    assert all(check.at in gap.span for check in run.checks[3:])


def test_a_stop_without_a_new_epoch_after_sleep_is_a_pause(simulation, good, healthy):
    async def script(run):
        await asyncio.sleep(30.01)
        run.refuses_epochs = True
        run.clock.suspend(600)
        await asyncio.sleep(30)

    run = simulation.play([good], healthy, script)
    (gap,) = run.gaps
    assert (gap.reason, gap.span) == (Reason.MONITOR_PAUSED, Span(START + 30_050, START + 660_010))


def test_a_stop_without_a_new_epoch_after_a_stall_loses_nothing(simulation, good, healthy):
    """The clocks agree."""

    async def script(run):
        await asyncio.sleep(30.01)
        run.refuses_epochs = True
        run.loop.stall(6)
        await asyncio.sleep(30)

    assert simulation.play([good], healthy, script).gaps == []


def test_sleep_without_a_new_epoch_is_a_pause_until_there_is_one(simulation, good, healthy):
    async def script(run):
        await asyncio.sleep(30.01)
        run.refuses_epochs = True
        run.clock.suspend(600)
        await asyncio.sleep(30)
        run.refuses_epochs = False
        await asyncio.sleep(10)

    run = simulation.play([good], healthy, script)
    (gap,) = run.gaps
    assert (gap.reason, gap.span) == (Reason.MONITOR_PAUSED, Span(START + 30_050, run.epochs[1]))
    assert gap.span.length == 630_000


def test_a_pause_without_a_new_epoch_loses_nothing(simulation, good, healthy):
    """The clocks agree: what the old epoch sees stands."""

    async def script(run):
        await asyncio.sleep(30.01)
        run.refuses_epochs = True
        run.loop.stall(6)
        await asyncio.sleep(30)
        run.refuses_epochs = False
        await asyncio.sleep(30)

    run = simulation.play([good], healthy, script)
    assert {check.state for check in run.checks} == {State.UP}
    assert {check.epoch for check in run.checks} == {1, 2}
    assert run.gaps == []
    assert accounted(run.prober.counters)


# -- probes with faults


def test_a_fault_of_a_probe_is_unknown_at_first_and_the_third_is_the_targets(
    simulation, good, scripted, passing
):
    run = simulation.play([good], scripted(ValueError("x")), passing(30))
    reasons = [check.reason for check in run.checks]
    assert reasons[:3] == [Reason.PROBER_BUG, Reason.PROBER_BUG, Reason.PROTOCOL]
    assert [check.state for check in run.checks][:3] == [State.UNKNOWN, State.UNKNOWN, State.DOWN]


# -- reload, stop


def test_a_reload_changes_what_is_probed(simulation, fleet, healthy):
    first, second, third = fleet(3)

    async def script(run):
        await asyncio.sleep(60)
        changed = {"e0": replace(first, interval=5_000), "e2": third}
        run.prober.reload(changed, {"e0": 1, "e2": 3})
        await asyncio.sleep(60)

    run = simulation.play([first, second], healthy, script)
    counts = Counter((check.lane, check.at - START > 60_000) for check in run.checks)
    assert counts[1, False] == counts[2, False] == counts[3, True] == 6
    assert counts[2, True] == counts[3, False] == 0
    assert counts[1, True] in (11, 12)
    assert set(run.prober.latest) == {"e0", "e2"}


def test_a_reload_that_renames_an_endpoint_gives_no_key_twice(simulation, good, healthy):
    async def script(run):
        for name in ("shop", "store", "shop"):
            run.prober.reload({name: replace(good, id=name)}, {name: 1})
            await asyncio.sleep(60)

    run = simulation.play([good], healthy, script)
    assert [check.slot for check in run.checks] == list(range(len(run.checks)))
    assert len(run.checks) >= 15


def test_stopping_waits_for_what_is_about_to_end(simulation, good, scripted):
    async def script(run):
        await asyncio.sleep(offset("shop", 10_000) / 1_000 + 0.1)

    run = simulation.play([good], scripted(OK, lasting=1.0), script)
    assert [check.state for check in run.checks] == [State.UP]
    assert run.gaps == []


def test_what_cannot_end_in_time_is_a_gap(simulation, good, scripted):
    slow = replace(good, timeout=60_000)

    async def script(run):
        await asyncio.sleep(offset("shop", 10_000) / 1_000 + 0.1)

    run = simulation.play([slow], scripted(OK, lasting=30.0), script)
    place = START + offset("shop", 10_000)
    assert run.gaps == [Gap(1, 1, Span(place, place + 2_100), Reason.NOT_RUNNING)]
    assert run.checks == []


def test_a_sink_that_fails_ends_the_run_loudly(simulation, good, healthy, passing):
    def full(records):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        simulation.play([good], healthy, passing(30), sink=full)


# -- disabled


def test_a_disabled_endpoint_is_not_asked_and_every_slot_says_why(simulation, fleet, healthy, passing):
    """The slots of the other go on; what was passed over is known from one planned start to the next."""

    async def script(run) -> None:
        await asyncio.sleep(100)
        run.prober.disable(frozenset({"e1"}))
        await asyncio.sleep(100)
        run.prober.disable(frozenset())
        await asyncio.sleep(100)

    run = simulation.play(fleet(2), healthy, script)
    assert {gap.reason for gap in run.gaps} == {Reason.DISABLED}
    assert {gap.lane for gap in run.gaps} == {2}
    first, *slots = run.gaps
    assert [gap.span.length for gap in slots] == [10_000] * 10
    assert first.span == Span(START + 100_000, slots[0].span.start)
    assert Counter(check.lane for check in run.checks) == {1: 30, 2: 20}
    assert run.prober.counters.disabled == 10
    assert accounted(run.prober.counters)
    silence = Span(run.gaps[0].span.start, run.gaps[-1].span.end)
    assert not [check for check in run.checks if check.lane == 2 and check.at in silence]


def test_nobody_is_down_any_more_from_the_moment_of_being_disabled(simulation, good, scripted):
    """The next planned start may be an hour away: until then the last state would hold."""

    async def script(run) -> None:
        await asyncio.sleep(4_000)
        run.prober.disable(frozenset({"shop"}))
        await asyncio.sleep(10)

    run = simulation.play([replace(good, interval=3_600_000)], scripted(BAD), script)
    assert {check.state for check in run.checks} == {State.DOWN}
    (gap,) = run.gaps
    assert gap.span == Span(START + 4_000_000, START + offset("shop", 3_600_000) + 3_600_000)


def test_who_is_told_again_to_be_disabled_adds_nothing(simulation, good, healthy):
    async def script(run) -> None:
        await asyncio.sleep(60)
        for _ in range(5):
            run.prober.disable(frozenset({"shop"}))
            await asyncio.sleep(1)

    run = simulation.play([good], healthy, script)
    assert len(run.gaps) <= 2


def test_what_is_in_flight_when_an_endpoint_is_disabled_is_kept(simulation, good, passing):
    async def slow(endpoint, network) -> Facts:
        await asyncio.sleep(1.5)
        return OK

    async def script(run) -> None:
        await asyncio.sleep(offset("shop", 10_000) / 1_000 + 0.5)
        run.prober.disable(frozenset({"shop"}))
        await asyncio.sleep(5)

    run = simulation.play([good], slow, script)
    assert [check.state for check in run.checks] == [State.UP]
