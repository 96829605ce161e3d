"""The daemon as a whole: real probes on loopback, a real database, start, reload, stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import Span, normalise
from monitor.errors import Held
from monitor.store import open_store

MAINTENANCE = """
[service.page-service]
up_when = "page"
[maintenance.upgrade]
services = ["page-service"]
start = 2099-01-01T00:00:00Z
end = 2099-01-01T01:00:00Z
"""
ANOTHER = '\n[endpoint.other]\ntcp = "127.0.0.1:9"\ninterval = "1s"\ntimeout = "300ms"\n'


def checks(count: int):
    return lambda records: sum(isinstance(record, Check) for record in records) >= count


def probed(endpoint_lane: int, count: int):
    return lambda records: sum(isinstance(r, Check) and r.lane == endpoint_lane for r in records) >= count


def database(config: Path) -> Path:
    return config.parent / "test.db"


def events(config: Path) -> list[tuple[str, str]]:
    with open_store(database(config)).snapshot() as snapshot:
        return [(event.kind, event.subject) for event in snapshot.events()]


async def test_what_is_probed_is_on_disk_and_was_acknowledged_after_its_commit(config, life):
    read, write = os.pipe()

    one = life(config, checks(3), ack_fd=write)
    await one.until_reached()

    os.close(write)
    with os.fdopen(read) as acknowledged:
        lines = acknowledged.read().splitlines()
    with open_store(database(config)).snapshot() as snapshot:
        (lane,) = snapshot.lanes()
        stored = list(snapshot.checks(lane.id, Span(0, 2**50)))
    assert [check.state for check in stored] == [State.UP] * len(stored)
    assert [f"c {c.lane} {c.epoch} {c.slot} {c.attempt}" for c in stored] == [x for x in lines if x[0] == "c"]
    assert len(stored) >= 3


async def test_the_silence_between_two_runs_is_a_gap_record(config, life):
    first = life(config, checks(2))
    await first.until_reached()
    second = life(config, checks(1))
    await second.until_reached()

    last = max(record.at for record in first.records if isinstance(record, Check))
    gaps = [record for record in second.records if isinstance(record, Gap) and record.lane == 0]
    (silence,) = normalise(gap.span for gap in gaps)
    assert {gap.reason for gap in gaps} == {Reason.NOT_RUNNING}
    assert last <= silence.start < silence.end
    assert silence.end <= min(record.at for record in second.records if isinstance(record, Check))


async def test_a_second_daemon_on_the_database_is_refused_and_told_who_holds_it(config, life):
    first = life(config, checks(1))
    running = asyncio.create_task(first.daemon.run())
    await first.reached.wait()

    with pytest.raises(Held, match=str(os.getpid())):
        await life(config, checks(1)).daemon.run()

    first.daemon.stop()
    await running


async def test_a_reload_that_cannot_be_used_keeps_what_runs_and_says_why(config, life, caplog):
    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await one.reached.wait()
    before = one.daemon.plan

    config.write_text(config.read_text().replace("interval", "intervall"))
    with caplog.at_level(logging.ERROR):
        one.daemon.reload()

    assert one.daemon.plan is before
    assert 'did you mean "interval"' in caplog.text
    one.daemon.stop()
    await running


async def test_a_reload_probes_what_is_new_and_retires_what_is_gone(config, life):
    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await one.seen(probed(1, 1))
    page = config.read_text()
    config.write_text(page.replace("[endpoint.page]", "[endpoint.renamed]") + ANOTHER)

    one.daemon.reload()
    await one.seen(probed(2, 1))
    one.daemon.stop()
    await running

    with open_store(database(config)).snapshot() as snapshot:
        lives = {lane.endpoint: lane.life[-1].end > 2**47 for lane in snapshot.lanes()}
    assert lives == {"page": False, "other": True, "renamed": True}


async def test_a_renamed_endpoint_continues_its_past(config, life):
    await life(config, checks(1)).until_reached()
    text = config.read_text().replace("[endpoint.page]", '[endpoint.shop]\nwas = ["page"]')
    config.write_text(text)
    await life(config, checks(1)).until_reached()

    with open_store(database(config)).snapshot() as snapshot:
        (lane,) = snapshot.lanes()
        assert lane.endpoint == "shop"
        assert len({check.epoch for check in snapshot.checks(lane.id, Span(0, 2**50))}) == 2


async def test_a_window_of_the_file_is_recorded_by_the_first_load_and_cancelled_when_it_goes(config, life):
    plain = config.read_text()
    config.write_text(plain + MAINTENANCE)
    await life(config, checks(1)).until_reached()
    await life(config, checks(1)).until_reached()
    config.write_text(plain)
    await life(config, checks(1)).until_reached()

    kinds = [(kind, subject) for kind, subject in events(config) if kind.startswith("maintenance")]
    assert kinds == [("maintenance.recorded", "upgrade"), ("maintenance.cancelled", "upgrade")]
    assert [kind for kind, _ in events(config)].count("config.loaded") == 2


def process(config: Path, *more: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "monitor", "--config", str(config), "run", *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload]


async def acknowledged_lines(read: int, count: int) -> list[str]:
    """The first `count` lines that come out of a pipe, read in a thread."""

    def lines() -> list[str]:
        with os.fdopen(os.dup(read)) as pipe:
            return [pipe.readline() for _ in range(count)]

    return await asyncio.to_thread(lines)


async def test_sigterm_ends_a_process_in_good_order(config):
    read, write = os.pipe()
    daemon = process(config, "--ack-fd", str(write), pass_fds=[write])
    os.close(write)
    await acknowledged_lines(read, 2)

    daemon.send_signal(signal.SIGTERM)
    _, told = await asyncio.to_thread(daemon.communicate, timeout=5)

    assert daemon.returncode == 0
    assert b"stopped; everything that was probed is on disk" in told


async def test_nothing_acknowledged_is_lost_or_doubled_by_kill_9(config):
    lines: list[str] = []
    for _ in range(3):
        read, write = os.pipe()
        daemon = process(config, "--ack-fd", str(write), pass_fds=[write])
        os.close(write)
        lines += await acknowledged_lines(read, 2)
        daemon.kill()
        await asyncio.to_thread(daemon.communicate)

    with open_store(database(config)).snapshot() as snapshot:
        (lane,) = snapshot.lanes()
        keys = [check.key for check in snapshot.checks(lane.id, Span(0, 2**50))]
    acknowledged = {tuple(map(int, line.split()[1:])) for line in lines if line.startswith("c")}
    assert acknowledged
    assert acknowledged <= set(keys)
    assert len(keys) == len(set(keys))


def test_a_configuration_that_cannot_be_used_starts_nothing(tmp_path):
    config = tmp_path / "makegood.toml"
    config.write_text('[endpoint.page]\nurl = "ftp://x"\n')

    daemon = process(config)
    _, told = daemon.communicate(timeout=20)

    assert daemon.returncode == 2
    assert b"makegood.toml:2" in told
    assert list(tmp_path.iterdir()) == [config]
