"""What a run remembers of those before it, and what the listeners take at first and give back at last."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import Future
from dataclasses import dataclass, replace

import pytest

from monitor.config.endpoint import Http
from monitor.config.plan import ListenSettings
from monitor.core.calls import Away, Call
from monitor.core.checks import Lane, Reason
from monitor.core.intervals import HOUR, Span
from monitor.errors import ConfigError
from monitor.listen.hooks import Hooks
from monitor.listen.listeners import Listeners, Past, hook_limits, past
from tests.listen.conftest import START, HandClock, job
from tests.listen.hooked import LINK, Kept


@dataclass
class StandInMemory:
    """A snapshot that says what it is told to."""

    life: dict[int, tuple[Span, ...]]
    calls: tuple[Call, ...] = ()
    asked_since: int | None = None

    def lanes(self) -> list[Lane]:
        return [Lane(number, f"job{number}", "local", life) for number, life in self.life.items()]

    def heard(self, lanes: list[int]) -> list[Call]:
        return [call for call in self.calls if call.lane in lanes]

    def aways(self, since: int) -> list[Away]:
        self.asked_since = since
        return [Away(Span(since, since), Reason.NOT_RUNNING)]


ENDPOINTS = {"backup": job(), "invoices": job("invoices"), "page": replace(job("page"), how=Http())}
LANES = {"backup": 1, "invoices": 2, "page": 3}
ALIVE = (Span(START, START + 100 * HOUR),)


def test_the_absences_are_asked_for_back_to_the_earliest_call_that_counts():
    calls = (
        Call(1, START + HOUR, "success"),
        Call(1, START + 3 * HOUR, "start"),
        Call(2, START + 5 * HOUR, "fail"),
    )
    memory = StandInMemory({1: ALIVE, 2: ALIVE, 3: ALIVE}, calls)
    known = past(memory, ENDPOINTS, LANES)
    assert (list(known.calls), dict(known.since)) == (list(calls), {1: START, 2: START})
    assert memory.asked_since == START + HOUR


def test_an_endpoint_that_was_taken_out_and_came_back_begins_anew():
    again = (Span(START, START + HOUR), Span(START + 50 * HOUR, START + 100 * HOUR))
    known = past(StandInMemory({1: again}, (Call(1, START, "success"),)), {"backup": job()}, LANES)
    assert (list(known.calls), dict(known.since)) == ([], {1: START + 50 * HOUR})


def test_without_jobs_nothing_is_read():
    memory = StandInMemory({})
    assert past(memory, {"page": ENDPOINTS["page"]}, LANES) == Past({})
    assert memory.asked_since is None


def listeners(**settings: tuple[str, int]) -> Listeners:
    return Listeners(ListenSettings(**settings), clock=HandClock(), submit=lambda _: Future(), about={})


async def test_what_is_not_asked_for_is_not_listened_at():
    none = listeners()
    none.bind()
    async with none:
        assert none.places == 0
        assert none.book.standing("backup") is None
        with pytest.raises(RuntimeError, match="no address"):
            _ = none.door.port


async def test_the_addresses_are_free_again_at_the_end():
    one = listeners(heartbeats=("127.0.0.1", 0), metrics=("::1", 0))
    one.bind()
    ports = (one.door.port, one.desk.port)
    async with one:
        pass
    with (
        socket.create_server(("127.0.0.1", ports[0])) as first,
        socket.create_server(("::1", ports[1]), family=socket.AF_INET6) as second,
    ):
        assert (first.getsockname()[1], second.getsockname()[1]) == ports


async def test_where_one_address_cannot_be_had_the_other_is_let_go_of():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        one = listeners(heartbeats=("127.0.0.1", 0), metrics=taken.getsockname())
        with pytest.raises(ConfigError, match="metrics"):
            one.bind()
        one.unbind()
        with pytest.raises(RuntimeError, match="no address"):
            _ = one.door.port


async def test_whoever_connects_before_anything_is_ready_waits_and_is_served():
    one = listeners(metrics=("127.0.0.1", 0))
    one.bind()
    with socket.create_connection(("127.0.0.1", one.desk.port)) as early:
        early.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with one:
            early.setblocking(False)  # noqa: FBT003 - the name of the standard library
            answer = await asyncio.get_running_loop().sock_recv(early, 65_536)
    assert answer.startswith(b"HTTP/1.1 503 ")


def hooked() -> Listeners:
    """Listeners with hooks, at any port that is free."""
    clock = HandClock()
    return Listeners(
        ListenSettings(hooks=("127.0.0.1", 0)), clock=clock, submit=lambda _: Future(), about={},
        hooks=Hooks(Kept(), clock),
    )  # fmt: skip


async def test_hooks_are_answered_and_their_address_is_free_again_at_the_end():
    one = hooked()
    one.bind()
    assert one.hatch is not None
    port = one.hatch.port
    async with one:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /a/{LINK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert (await reader.read(12)) == b"HTTP/1.1 200"
        writer.close()
    with socket.create_server(("127.0.0.1", port)) as again:
        assert again.getsockname()[1] == port


async def test_an_address_of_hooks_that_cannot_be_had_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        one = hooked()
        one._settings = replace(one._settings, hooks=taken.getsockname())
        with pytest.raises(ConfigError, match=r"\[listen\] hooks"):
            one.bind()
        one.unbind()


@pytest.mark.parametrize(("files", "places", "each"), [(1_000_000, 32, 16), (256, 16, 8), (20, 4, 2)])
def test_a_sixteenth_of_the_files_is_the_most_that_callers_of_hooks_hold(files, places, each):
    found = hook_limits(files)
    assert (found.places, found.places_each) == (places, each)


async def test_the_prober_is_told_how_many_descriptors_hooks_may_take():
    one = hooked()
    assert one.hatch is not None
    assert one.places == one.hatch.limits.places
