"""The prober with sentinels, in simulated time: what is charged, what is found, and when they are asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Confirmation, Facts, Reason, State
from monitor.probes import Network
from tests.simulation.loop import BEGINNING

ONCE = Confirmation(1, 1)
SILENCE = None


@dataclass
class Land:
    """Who answers what: a rule gets the endpoint and the seconds since the start. None is silence."""

    rule: Callable[[str, float], Facts | None]
    asked: Counter[str] = field(default_factory=Counter)

    async def probe(self, endpoint: Endpoint, network: Network) -> Facts:
        self.asked[endpoint.id] += 1
        now = asyncio.get_running_loop().time
        started = now()
        try:
            async with asyncio.timeout(endpoint.timeout / 1_000):
                await asyncio.sleep(0.02)
                answer = self.rule(endpoint.id, now() - BEGINNING)
                if answer is SILENCE:
                    await asyncio.Event().wait()
        except TimeoutError:
            return Facts(error=Reason.TIMEOUT)
        assert answer is not None
        return answer if answer.error else replace(answer, latency=int((now() - started) * 10_000))


OK = Facts(status=200)


@pytest.fixture
def sentinels(good):
    return [
        replace(good, id=f"s{n}", target=f"http://s{n}.example/", interval=30_000, confirmation=ONCE)
        for n in range(3)
    ]


@pytest.fixture
def targets(good):
    return [
        replace(good, id=f"t{n}", target=f"http://t{n}.example/", confirmation=Confirmation(2, 3, 500))
        for n in range(4)
    ]


@pytest.fixture
def live(simulation, sentinels, targets, passing):
    """Five minutes of the targets and sentinels in a land."""

    def live(rule: Callable[[str, float], Facts | None], seconds: float = 300, **changes: object):
        land = Land(rule)
        asked = [replace(target, **changes) for target in targets]  # type: ignore[arg-type]
        return simulation.play(asked, land.probe, passing(seconds), sentinels=sentinels), land

    return live


def between(now: float, start: float, end: float) -> bool:
    return start <= now < end


def reasons(run) -> set[Reason]:
    return {check.reason for check in run.checks}


def downtime(run) -> set[int]:
    return {check.lane for check in run.checks if check.state is State.DOWN}


def test_an_uplink_that_dies_without_a_word_is_charged_to_nobody(live):
    run, _ = live(lambda who, now: SILENCE if between(now, 100, 180) else OK)
    assert downtime(run) == set()
    assert reasons(run) == {Reason.OK, Reason.OWN_NETWORK}


def test_a_name_server_of_ours_that_fails_all_names_is_ours(live):
    lost = Facts(error=Reason.NAME_NOT_FOUND)
    run, _ = live(lambda who, now: lost if between(now, 100, 180) else OK)
    assert downtime(run) == set()
    assert reasons(run) == {Reason.OK, Reason.OWN_DNS}


def test_a_target_that_fails_while_sentinels_answer_is_down(live):
    run, _ = live(lambda who, now: SILENCE if who == "t1" and between(now, 100, 180) else OK)
    assert downtime(run) == {2}
    assert Reason.OWN_NETWORK not in reasons(run)


def test_a_failure_is_not_found_later_than_without_sentinels(live):
    run, _ = live(lambda who, now: Facts(status=503) if who == "t1" and now >= 100 else OK)
    first = min(run.seconds(check) for check in run.checks if check.state is State.DOWN)
    assert 100 <= first < 110.1


def test_all_targets_failing_at_once_decides_nothing(live):
    """A provider's dead rack takes all of them along; the sentinels say that it is not our network."""
    run, _ = live(lambda who, now: SILENCE if who[0] == "t" and between(now, 100, 180) else OK)
    assert downtime(run) == {1, 2, 3, 4}


def test_sentinels_that_fail_while_targets_answer_are_set_aside_and_taken_back(live, caplog):
    def rule(who: str, now: float) -> Facts | None:
        dead = between(now, 50, 200) if who[0] == "s" else who == "t1" and between(now, 120, 160)
        return SILENCE if dead else OK

    run, _ = live(rule)
    assert downtime(run) == {2}
    assert any("are set aside" in record.message for record in caplog.records)
    assert any("sentinels answer again: s0, s1, s2" in record.message for record in caplog.records)


def test_one_sentinel_that_fails_keeps_no_target_up(live):
    run, _ = live(lambda who, now: SILENCE if who == "s0" or (who == "t1" and now > 100) else OK)
    assert downtime(run) == {2}


def test_a_flap_shorter_than_the_sentinels_rhythm_is_not_charged(live):
    """It takes one attempt along and is over: a failure that could be refuted is never believed alone."""
    run, _ = live(lambda who, now: SILENCE if between(now % 20, 3, 5) else OK, confirmation=ONCE)
    assert downtime(run) == set()


def test_somebody_who_answers_for_everybody_makes_nobody_up(live):
    page = Facts(status=511)

    def rule(who: str, now: float) -> Facts | None:
        if not between(now, 100, 200):
            return OK
        return page if who[0] == "s" else OK

    run, _ = live(rule)
    later = [check.reason for check in run.checks if between(run.seconds(check), 150, 190)]
    assert downtime(run) == set()
    assert set(later) == {Reason.OWN_NETWORK}


def test_without_sentinels_nothing_is_asked_and_everything_is_charged(simulation, targets, passing):
    land = Land(lambda who, now: SILENCE if between(now, 100, 180) else OK)
    run = simulation.play(targets, land.probe, passing(300))
    assert downtime(run) == {1, 2, 3, 4}
    assert set(land.asked) == {"t0", "t1", "t2", "t3"}


def test_while_all_is_well_sentinels_are_asked_in_their_own_rhythm_alone(live):
    _, land = live(lambda who, now: OK)
    assert {land.asked[who] for who in ("s0", "s1", "s2")} <= {10, 11}


def test_failures_at_the_same_time_share_a_look(simulation, good, sentinels, passing):
    """Fifty targets fail ten times a second; sentinels are asked once a second at most."""
    land = Land(lambda who, now: Facts(status=503) if who[0] == "t" else OK)
    many = [replace(good, id=f"t{n}", target=f"http://t{n}.example/") for n in range(50)]
    simulation.play(many, land.probe, passing(300), sentinels=sentinels)
    failures = sum(land.asked[target.id] for target in many)
    assert land.asked["s0"] <= 301 < failures / 9


@pytest.mark.parametrize(
    ("step", "charged"), [(0.0, True), (-86_400.0 * 400, False)], ids=["the right clock", "a clock set back"]
)
def test_a_certificate_is_not_called_expired_by_a_clock_that_was_just_set(
    simulation, good, passing, step, charged
):
    expired = Facts(error=Reason.TLS_CERTIFICATE, detail="certificate is not yet valid")
    land = Land(lambda who, now: expired if now > 60 else OK)

    async def script(run) -> None:
        await asyncio.sleep(55)
        run.clock.set(step)
        await asyncio.sleep(100)

    run = simulation.play([replace(good, target="https://a.example/")], land.probe, script)
    found = {check.reason for check in run.checks if check.reason is not Reason.OK}
    assert found == ({Reason.TLS_CERTIFICATE} if charged else {Reason.CLOCK_SUSPECT})


def test_who_reads_along_sees_which_sentinels_answer_and_whether_our_network_is_well(
    simulation, good, sentinels
):
    land = Land(lambda who, now: SILENCE if who != "s0" and now > 20 else OK)
    read = []

    async def script(run) -> None:
        for wait in (10, 100):
            await asyncio.sleep(wait)
            read.append((dict(run.prober.lookout.answering), run.prober.lookout.is_well))

    simulation.play([], land.probe, script, sentinels=sentinels)
    assert read == [
        ({"s0": True, "s1": True, "s2": True}, True),
        ({"s0": True, "s1": False, "s2": False}, False),
    ]


def test_a_look_in_flight_is_over_when_the_prober_has_ended(simulation, targets, sentinels, passing):
    in_flight: set[str] = set()
    looking = asyncio.Event()

    async def probe(endpoint: Endpoint, network: Network) -> Facts:
        in_flight.add(endpoint.id)
        if in_flight >= {"s0", "s1", "s2"}:
            looking.set()
        try:
            if endpoint.id.startswith("s"):
                await asyncio.sleep(endpoint.timeout / 1_000)
            return OK
        finally:
            in_flight.discard(endpoint.id)

    async def stop_amid_a_look(run) -> None:
        await looking.wait()

    simulation.play(targets, probe, stop_amid_a_look, sentinels=sentinels)
    assert not in_flight
    assert asyncio.all_tasks(simulation.loop) == set()
