"""The daemon as a whole: real probes on loopback, a real database, start, reload, stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import SECOND, Span, normalise
from monitor.daemon import Daemon
from monitor.errors import ConfigError, Held
from monitor.statements.disabled import disabled, enabled
from monitor.statements.kept import KINDS, as_of
from monitor.store import SqliteStore, open_store
from monitor.store.errors import Locked
from monitor.store.protocol import Holder, Receipt
from monitor.store.sqlite import connect

MAINTENANCE = """
[service.page-service]
up_when = "page"
[maintenance.upgrade]
services = ["page-service"]
start = 2099-01-01T00:00:00Z
end = 2099-01-01T01:00:00Z
"""
EXCLUSION = """
[service.page-service]
up_when = "page"
[exclusion.storm]
what = "force majeure"
services = ["page-service"]
start = 2026-01-01T00:00:00Z
end = 2026-01-01T01:00:00Z
reason = "Lightning"
author = "n.huber"
recorded = 2026-01-02T00:00:00Z
"""
ANOTHER = '\n[endpoint.other]\ntcp = "127.0.0.1:9"\ninterval = "1s"\ntimeout = "300ms"\n'


def checks(count: int):
    return lambda records: sum(isinstance(record, Check) for record in records) >= count


def probed(endpoint_lane: int, count: int):
    return lambda records: sum(isinstance(r, Check) and r.lane == endpoint_lane for r in records) >= count


async def until(holds: Callable[[], bool]) -> None:
    """Return once this holds, or fail after ten seconds."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("what was waited for did not come about")


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
        await one.daemon.read_again()

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


async def test_each_load_that_changes_the_text_keeps_it(config, life):
    """A title changes nothing that is measured, and is kept all the same."""
    await life(config, checks(1)).until_reached()
    await life(config, checks(1)).until_reached()
    config.write_text(config.read_text().replace('reports = "out"', 'reports = "elsewhere"'))
    await life(config, checks(1)).until_reached()

    with open_store(database(config)).snapshot() as snapshot:
        found = list(snapshot.events(kinds=KINDS))
    assert len(found) == 2
    assert 'reports = "elsewhere"' in as_of(found, found[-1].at).text
    assert 'reports = "out"' in as_of(found, found[0].at).text


async def test_an_exclusion_of_the_file_is_recorded_by_the_first_load_and_cancelled_when_it_goes(
    config, life
):
    plain = config.read_text()
    config.write_text(plain + EXCLUSION)
    await life(config, checks(1)).until_reached()
    await life(config, checks(1)).until_reached()
    config.write_text(plain)
    await life(config, checks(1)).until_reached()

    kinds = [(kind, subject) for kind, subject in events(config) if kind.startswith("exclusion")]
    assert kinds == [("exclusion.recorded", "storm"), ("exclusion.cancelled", "storm")]


async def test_a_rename_by_reload_gives_no_key_twice(config, life):
    """Refused rows would be evidence lost, and the reader of acknowledgements told otherwise."""
    read, write = os.pipe()
    one = life(config, checks(1), ack_fd=write)
    running = asyncio.create_task(one.daemon.run())
    await one.reached.wait()
    config.write_text(config.read_text().replace("[endpoint.page]", '[endpoint.shop]\nwas = ["page"]'))

    assert await one.daemon.read_again()
    count = len(one.records)
    await one.seen(checks(count + 2))
    one.daemon.stop()
    await running

    os.close(write)
    with os.fdopen(read) as acknowledged:
        lines = [line.split() for line in acknowledged if line.startswith("c")]
    with open_store(database(config)).snapshot() as snapshot:
        (lane,) = snapshot.lanes()
        stored = [check.key for check in snapshot.checks(lane.id, Span(0, 2**50))]
    assert [tuple(map(int, line[1:])) for line in lines] == stored
    assert len(set(stored)) == len(stored) == len(one.records)


def test_what_was_refused_as_a_second_content_is_not_acknowledged(config):
    read, write = os.pipe()
    daemon = Daemon(config, environ={}, ack_fd=write)
    first = Check(1, 1, 0, 0, 5, State.UP, Reason.OK, 10)
    second = replace(first, at=6)

    daemon._acknowledge([first, second, second], Receipt(1, 0, refused=(second, second)))

    os.close(write)
    with os.fdopen(read) as acknowledged:
        assert acknowledged.read() == "c 1 1 0 0\n"


# -- the database is locked by another process


async def test_a_reload_while_the_database_is_locked_holds_up_no_probe(config, life):
    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await one.reached.wait()
    config.write_text(config.read_text() + ANOTHER)
    with closing(connect(database(config))) as other:
        other.execute("BEGIN IMMEDIATE")
        before = one.daemon.prober.counters.run
        one.daemon.reload()
        await until(lambda: one.daemon.prober.counters.run >= before + 2)
        assert one.daemon.prober.counters.missed == 0
        other.execute("ROLLBACK")

    await one.seen(probed(2, 1))
    one.daemon.stop()
    await running


class Refusing:
    """A store whose journal cannot be had."""

    def __init__(self, store: SqliteStore, error: Exception) -> None:
        self._store, self._error = store, error

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def append(self, events: object) -> None:
        raise self._error

    @property
    def journal(self) -> Refusing:
        return self

    def changed(self, since: int) -> int:
        raise self._error


async def test_a_reload_that_the_database_refuses_keeps_what_runs_and_is_worth_repeating(
    config, life, caplog
):
    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await one.reached.wait()
    before, store = one.daemon.plan, one.daemon.store
    config.write_text(config.read_text() + ANOTHER)

    one.daemon.store = Refusing(store, Locked("it is locked"))
    assert not await one.daemon.read_again()
    assert one.daemon.plan is before
    assert "not reloaded yet, what ran goes on: it is locked" in caplog.text

    one.daemon.store = store
    assert await one.daemon.read_again()
    await one.seen(probed(2, 1))
    one.daemon.stop()
    await running


async def test_what_nobody_foresaw_in_a_reload_ends_neither_probing_nor_later_reloads(config, life, caplog):
    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await one.reached.wait()
    store = one.daemon.store
    config.write_text(config.read_text() + ANOTHER)

    one.daemon.store = Refusing(store, ZeroDivisionError("nobody foresaw this"))
    one.daemon.reload()
    await until(lambda: "not reloaded, what ran goes on: nobody foresaw this" in caplog.text)
    await one.seen(checks(len(one.records) + 1))

    one.daemon.store = store
    one.daemon.reload()
    await one.seen(probed(2, 1))
    one.daemon.stop()
    await running


class Waiting:
    """A queue that answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Future[int]] = []

    def submit(self, what: object) -> Future[int]:
        self.asked.append(Future())
        return self.asked[-1]


def test_an_epoch_that_cannot_be_had_yet_is_asked_for_once_and_again_after_a_refusal(config):
    daemon, queue = Daemon(config, environ={}), Waiting()
    assert daemon._open_epoch(queue, 1) is None
    assert daemon._open_epoch(queue, 2) is None
    queue.asked[0].set_exception(Locked("it is locked"))
    assert daemon._open_epoch(queue, 3) is None
    assert daemon._open_epoch(queue, 4) is None
    queue.asked[1].set_result(7)
    assert daemon._open_epoch(queue, 5) == 7
    assert len(queue.asked) == 2


async def test_the_journal_is_looked_at_again_after_it_could_not_be(config, caplog):
    daemon = Daemon(config, environ={})
    watching = asyncio.create_task(daemon._watch(Refusing(None, Locked("it is locked"))))
    await until(lambda: "could not be looked at, and will be again: it is locked" in caplog.text)
    assert not watching.done()
    watching.cancel()


# -- evidence that would be left behind


def measured(config: Path, *endpoints: str, since: int = 0) -> SqliteStore:
    """A database in which these endpoints were measured before."""
    store = open_store(database(config), create=True)
    with store.writer(Holder(1, "host", "test", 0)) as writer:
        for endpoint in endpoints:
            writer.lane(endpoint, "local", since=since)
    return store


async def test_another_location_starts_nothing(config):
    measured(config, "page")
    config.write_text(config.read_text().replace("[monitor]", '[monitor]\nlocation = "fra"'))

    with pytest.raises(ConfigError, match='write location = "local" again'):
        await Daemon(config, environ={}).run()

    with open_store(database(config)).snapshot() as snapshot:
        assert [(lane.endpoint, lane.location) for lane in snapshot.lanes()] == [("page", "local")]
        assert list(snapshot.events()) == []
        assert snapshot.as_of() is None


async def test_a_was_that_comes_too_late_is_refused_at_reload_and_at_start(config, life, caplog):
    measured(config, "older")
    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await one.reached.wait()
    known = events(config)

    config.write_text(config.read_text().replace("[endpoint.page]", '[endpoint.page]\nwas = ["older"]'))
    assert await one.daemon.read_again()
    assert '"page" and "older" were both measured already' in caplog.text
    one.daemon.stop()
    await running
    with pytest.raises(ConfigError, match='"page" and "older" were both measured already'):
        await Daemon(config, environ={}).run()
    assert events(config) == known


def test_a_lane_without_a_life_keeps_nobody_from_starting(config):
    """Retired before it began, by a clock that was set back."""
    store = measured(config, "gone", since=2_000)
    with store.writer(Holder(1, "host", "test", 0)) as writer:
        writer.retire(1, 1_000)
    daemon = Daemon(config, environ={})
    with daemon._queue(store) as queue:
        assert daemon._begin(store, queue) == {"page": 2}


def test_the_silence_is_recorded_also_where_a_wrong_clock_left_a_mark_in_the_future(config, caplog):
    store = measured(config, "page")
    with store.writer(Holder(1, "host", "test", 0)) as writer:
        seen = Check(1, writer.epoch(0), 0, 0, 5_000, State.UP, Reason.OK, 10)
        writer.append([seen], alive=2**45)
    records: list[Check | Gap] = []
    daemon = Daemon(config, environ={}, on_records=records.extend)

    daemon._must_be_usable(store, daemon.plan)
    with daemon._queue(store) as queue:
        daemon._begin(store, queue)

    (silence,) = records
    assert (silence.lane, silence.reason, silence.span.start) == (0, Reason.NOT_RUNNING, seen.at)
    assert "was the clock set back?" in caplog.text
    with store.snapshot() as snapshot:
        assert snapshot.as_of() < 2**45


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


async def test_sighup_while_the_process_starts_is_answered_once_it_runs(config):
    """The configuration is a pipe at first: whoever reads it waits until it is written."""
    text = config.read_text()
    config.unlink()
    os.mkfifo(config)

    daemon = process(config)
    end = await opened_by_its_reader(config)
    daemon.send_signal(signal.SIGHUP)
    config.unlink()
    config.write_text(text)
    os.write(end, text.encode())
    os.close(end)
    await asyncio.to_thread(_read_until, daemon, b"was reloaded")
    daemon.send_signal(signal.SIGTERM)
    await asyncio.to_thread(daemon.communicate, timeout=5)

    assert daemon.returncode == 0


async def opened_by_its_reader(pipe: Path) -> int:
    """The end to write to, as soon as somebody reads."""
    for _ in range(1_000):
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            await asyncio.sleep(0.01)
    raise AssertionError("nobody reads the configuration")


def _read_until(daemon: subprocess.Popen[bytes], word: bytes) -> None:
    while line := daemon.stderr.readline():
        if word in line:
            return
    raise AssertionError(f"the process never said {word!r}")


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


async def test_an_endpoint_that_is_disabled_meanwhile_is_passed_over_and_probed_again(config, life):
    def gaps(records) -> int:
        return sum(isinstance(record, Gap) and record.reason is Reason.DISABLED for record in records)

    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await asyncio.wait_for(one.reached.wait(), 20)
    store = open_store(database(config))
    now = one.daemon.clock.now()
    store.journal.append([disabled("page", "ann", now, "we move")])
    await one.seen(lambda records: gaps(records) >= 1)
    store.journal.append([enabled("page", "ann", one.daemon.clock.now())])
    silent = len(one.records)
    await one.seen(lambda records: any(isinstance(each, Check) for each in records[silent:]))
    one.daemon.stop()
    await running


async def test_what_was_disabled_while_nobody_ran_is_known_at_the_start(config, life):
    first = life(config, checks(1))
    await first.until_reached()
    open_store(database(config)).journal.append(
        [disabled("page", "ann", first.daemon.clock.now(), "we move")]
    )

    second = life(config, lambda records: any(each.reason is Reason.DISABLED for each in records))
    await second.until_reached()

    assert not [record for record in second.records if isinstance(record, Check)]


async def test_an_endpoint_that_was_disabled_until_an_instant_is_probed_again_with_nobodys_word(config, life):
    """Disabled while nobody runs, for a few seconds more: passed over first, and then probed."""
    first = life(config, checks(1))
    await first.until_reached()
    now = first.daemon.clock.now()
    ends = now + 8 * SECOND
    open_store(database(config)).journal.append([disabled("page", "ann", now, "works", ends)])

    second = life(config, checks(1))
    await second.until_reached()

    kinds = [type(each) for each in second.records if each.reason is not Reason.NOT_RUNNING]
    assert kinds[0] is Gap
    (checked,) = [each for each in second.records if isinstance(each, Check)][:1]
    assert checked.at >= ends
    assert [kind for kind, _ in events(config)].count("endpoint.enabled") == 0


async def test_until_when_a_certificate_is_valid_is_in_the_journal_once(config, life):
    """The page of this folder shows none; what the prober says of one is recorded within a second or two."""
    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await asyncio.wait_for(one.reached.wait(), 20)
    assert one.daemon.prober is not None

    one.daemon.prober.certificates.until["page"] = one.daemon.clock.now() + 20 * 86_400 * SECOND
    await until(lambda: ("certificate.seen", "page") in events(config))
    so_far = len(one.records)
    await one.seen(lambda records: len(records) >= so_far + 3)
    one.daemon.stop()
    await running

    assert events(config).count(("certificate.seen", "page")) == 1
