"""Jobs that call a whole daemon: what was answered with 2xx is on disk, and a restart remembers it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from monitor.config.endpoint import Endpoint, Heartbeat, Secret
from monitor.config.plan import ListenSettings
from monitor.core.checks import Check, Confirmation, Expectation, Gap, Reason, State
from monitor.core.intervals import Span
from monitor.daemon import Daemon
from monitor.errors import ConfigError
from monitor.store import open_store

TOKEN = "dGVzdHMtb25seS0wMDAwMDAwMQ"
FILE = '[monitor]\ndatabase = "test.db"\n[endpoint.page]\ntcp = "127.0.0.1:9"\ninterval = "1h"\n'


def job(every: int = 3_600_000, grace: int = 60_000) -> Endpoint:
    return Endpoint(
        id="backup",
        target="",
        interval=1_000,
        timeout=500,
        expectation=Expectation(),
        confirmation=Confirmation(1, 1),
        how=Heartbeat(Secret(TOKEN), every=every, grace=grace),
    )


def listening(daemon: Daemon, endpoint: Endpoint | None = None) -> Daemon:
    """The daemon with a job, at any port that is free."""
    endpoints = {"backup": endpoint or job()}
    daemon.plan = replace(daemon.plan, endpoints=endpoints, listen=ListenSettings(("127.0.0.1", 0)))
    return daemon


async def call(port: int, behind: str = "") -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/heartbeat/{TOKEN}{behind}") as answer,
    ):
        return answer.status


async def keep_calling(port: int) -> None:
    """A job that calls four times a second, until it is cancelled: a busy machine may miss single slots."""
    while True:
        assert await call(port) == 200
        await asyncio.sleep(0.25)


def port_of(daemon: Daemon) -> int:
    assert daemon.listeners is not None
    return daemon.listeners.door.port


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "makegood.toml"
    path.write_text(FILE)
    return path


def heard(config: Path) -> list[str]:
    with open_store(config.parent / "test.db").snapshot() as snapshot:
        return [call.kind for lane in snapshot.lanes() for call in snapshot.heard([lane.id])]


def reasons(*wanted: Reason):
    """Whether these reasons were recorded of checks, in this order."""

    def seen(records: list[Check | Gap]) -> bool:
        found = iter(record.reason for record in records if isinstance(record, Check))
        return all(any(reason is each for each in found) for reason in wanted)

    return seen


async def test_a_job_is_up_while_it_calls_down_when_it_fails_and_up_again(config, life):
    one = life(config, reasons(Reason.NOT_RUNNING))
    running = asyncio.create_task(listening(one.daemon).run())
    await one.seen(reasons(Reason.NOT_RUNNING))
    for behind, wanted in (("", Reason.OK), ("/fail", Reason.HEARTBEAT_FAILED), ("/success", Reason.OK)):
        so_far = len(one.records)
        assert await call(port_of(one.daemon), behind) == 200
        await one.seen(lambda records, wanted=wanted, n=so_far: reasons(wanted)(records[n:]))
    one.daemon.stop()
    await running


async def test_a_job_that_stops_calling_is_down(config, life):
    one = life(config, reasons(Reason.OK, Reason.HEARTBEAT_MISSED))
    running = asyncio.create_task(listening(one.daemon, job(every=2_000, grace=500)).run())
    await one.seen(reasons(Reason.NOT_RUNNING))
    calling = asyncio.create_task(keep_calling(port_of(one.daemon)))
    await one.seen(reasons(Reason.OK))
    calling.cancel()
    await one.seen(reasons(Reason.OK, Reason.HEARTBEAT_MISSED))
    one.daemon.stop()
    await running


async def test_a_restart_remembers_what_was_called(config, life):
    first = life(config, reasons(Reason.NOT_RUNNING))
    running = asyncio.create_task(listening(first.daemon).run())
    await first.seen(reasons(Reason.NOT_RUNNING))
    assert await call(port_of(first.daemon)) == 200
    first.daemon.stop()
    await running

    second = life(config, reasons(Reason.OK))
    listening(second.daemon)
    await second.until_reached()
    assert {record.reason for record in second.records if isinstance(record, Check)} == {Reason.OK}


SERVE = """
import asyncio, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from monitor.daemon import Daemon
from tests.daemon.test_listening import job, listening, port_of

async def main():
    daemon = listening(Daemon(Path(sys.argv[1]), environ={}), job(*map(int, sys.argv[3:])))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, daemon.stop)
    await daemon.run(lambda: print(port_of(daemon), flush=True))

asyncio.run(main())
"""


async def serve(config: Path, *schedule: int, **environ: str) -> tuple[asyncio.subprocess.Process, int]:
    """A daemon in a process of its own, and its port."""
    root = str(Path(__file__).parents[2])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVE,
        str(config),
        root,
        *map(str, schedule),
        env=os.environ | environ,
        stdout=-1,
        stderr=-3,
        cwd=root,
    )
    assert process.stdout is not None
    return process, int(await process.stdout.readline())


async def test_a_call_outlives_the_death_of_the_daemon_right_after_its_answer(config):
    process, port = await serve(config)
    assert await call(port, "/fail") == 200
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    assert heard(config) == ["fail"]


@pytest.mark.parametrize(("point", "kept"), [("call.written", []), ("call.committed", ["success"])])
async def test_no_call_is_answered_before_it_is_durable(config, point, kept):
    process, port = await serve(config, MAKEGOOD_FAILPOINT=point)
    with pytest.raises(aiohttp.ClientError):
        await call(port)
    assert await process.wait() == -signal.SIGKILL
    assert heard(config) == kept


async def test_a_port_in_use_is_said_before_anything_is_recorded(config):
    daemon = Daemon(config, environ={})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        daemon.plan = replace(daemon.plan, listen=ListenSettings(("127.0.0.1", port)))
        with pytest.raises(
            ConfigError, match=rf'\[listen\] heartbeats = "127.0.0.1:{port}": the port is in use'
        ):
            await daemon.run()
    with open_store(config.parent / "test.db").snapshot() as snapshot:
        assert (list(snapshot.events()), list(snapshot.lanes())) == ([], [])


async def test_an_address_that_changes_needs_a_restart(config, life, caplog):
    one = life(config, reasons())
    running = asyncio.create_task(one.daemon.run())
    await one.seen(lambda records: True)
    while one.daemon.prober is None:  # noqa: ASYNC110 - it is made in the same loop
        await asyncio.sleep(0.01)
    config.write_text(f'{FILE}[listen]\nmetrics = ":9899"\n')
    assert await one.daemon.read_again()
    assert "[listen] has changed: the addresses need a restart" in caplog.text
    one.daemon.stop()
    await running


async def test_a_running_daemon_tells_its_metrics(config, life):
    one = life(config, reasons(Reason.NOT_RUNNING, Reason.NOT_RUNNING))
    listening(one.daemon)
    one.daemon.plan = replace(one.daemon.plan, listen=ListenSettings(("127.0.0.1", 0), ("127.0.0.1", 0)))
    running = asyncio.create_task(one.daemon.run())
    await one.seen(reasons(Reason.NOT_RUNNING, Reason.NOT_RUNNING))
    assert one.daemon.listeners is not None
    url = f"http://127.0.0.1:{one.daemon.listeners.desk.port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        text = await answer.text()
    one.daemon.stop()
    await running
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(samples["makegood_slots_run_total"]) >= 2
    assert float(samples["makegood_commit_seconds_count"]) >= 1
    assert samples['makegood_endpoint_state{endpoint="backup",kind="heartbeat",state="unknown"}'] == "1.0"


async def test_a_monitor_that_was_stopped_for_a_while_charges_no_job_that_called(config):
    """SIGSTOP for longer than a period and its grace: the job calls on, and gives up what is not answered."""
    process, port = await serve(config, 1_500, 1_000)
    done = asyncio.Event()

    async def calling() -> None:
        while not done.is_set():
            with suppress(aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(1):
                    await call(port)
            await asyncio.sleep(0.2)

    job_calls = asyncio.create_task(calling())
    await asyncio.sleep(1.5)
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(6)
    process.send_signal(signal.SIGCONT)
    await asyncio.sleep(3)
    done.set()
    await job_calls
    process.terminate()
    await process.wait()
    with open_store(config.parent / "test.db").snapshot() as snapshot:
        (lane,) = snapshot.lanes()
        checks = list(snapshot.checks(lane.id, Span(0, 2**50)))
        aways = snapshot.aways(0)
    assert State.DOWN not in {check.state for check in checks}
    assert State.UP in {check.state for check in checks[-2:]}
    assert Reason.MONITOR_PAUSED in {away.reason for away in aways}
