"""What is packed comes back as it was, whatever it is; and bytes that were changed are told from it."""

from __future__ import annotations

import random
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.intervals import HOUR, MINUTE
from monitor.core.varints import Damaged
from monitor.store.packing import Packed, pack
from monitor.store.rows import ORDER, Row

ORIGIN = 472_000 * HOUR
LANE = 3

numbers = st.integers(0, 2**40)
some_latency = st.one_of(st.none(), st.integers(0, 700), st.integers(0, 2**33))
some_facts = st.one_of(st.none(), st.text(max_size=40))


@st.composite
def wild(draw: st.DrawFn) -> list[Row]:
    """Rows without any order to them but that of their instants."""
    found = draw(
        st.lists(
            st.tuples(
                st.integers(ORIGIN, ORIGIN + 40 * MINUTE), st.integers(1, 3), numbers, st.integers(0, 3),
                st.integers(0, 2), st.integers(1, 60), numbers, some_latency,
                st.one_of(st.none(), st.integers(-5, 999)), some_facts,
            ),
            min_size=1, max_size=40,
        )
    )  # fmt: skip
    rows = [
        (at, LANE, epoch, slot, attempt, state, reason, hold, latency, status, facts)
        for at, epoch, slot, attempt, state, reason, hold, latency, status, facts in found
    ]
    return sorted(rows, key=ORDER)


@st.composite
def ordinary(draw: st.DrawFn) -> list[Row]:
    """Slots at an interval, now and then missed, failed or tried again; the monitor is restarted at times."""
    apart = draw(st.sampled_from((1_000, 30_000, 60_000, 61_237)))
    at, slot, epoch = ORIGIN, draw(st.integers(0, 10**6)), 7
    rows: list[Row] = []
    for outcome in draw(st.lists(st.sampled_from("....................fbms"), min_size=1, max_size=200)):
        start = at + draw(st.integers(0, 9))
        if outcome == "m":
            slot, at = slot + draw(st.integers(1, 50)), at + draw(st.integers(1, 50)) * apart
        elif outcome == "s":
            epoch, slot = epoch + 1, 0
        failed = outcome in "fb"
        said = '{"error":"timeout"}' if failed else None
        reason, status = (9, 503) if failed else (1, 200)
        rows.append((start, LANE, epoch, slot, 0, 2, reason, 130_000, 812, status, said))
        if outcome == "b":
            start += 1_004
            rows.append((start, LANE, epoch, slot, 1, 1, 1, 130_000, None, 200, None))
        slot, at = slot + 1, at + apart
    return sorted(rows, key=ORDER)


@given(rows=st.one_of(wild(), ordinary()))
@settings(max_examples=300, deadline=None)
def test_every_row_comes_back_as_it_was(rows: list[Row]) -> None:
    packed = Packed(LANE, pack(rows))

    assert list(packed.rows()) == rows
    assert packed.instants == [row[0] for row in rows]
    assert list(packed.epochs) == [row[2] for row in rows]
    assert list(packed.slots) == [row[3] for row in rows]
    assert list(packed.attempts) == [row[4] for row in rows]
    assert list(packed.of_kind(lambda kind: kind.status)) == [row[9] for row in rows]
    assert list(packed.latencies) == [row[8] for row in rows if row[8] is not None]


def a_day(sigma: float = 0.12) -> list[Row]:
    """A check a minute, a few ms late each, with the latencies of a usual endpoint."""
    chance = random.Random(20261127)
    starts = (ORIGIN + n * MINUTE + 12_350 + int(chance.expovariate(0.5)) for n in range(1_440))
    latencies = (int(800 * chance.lognormvariate(0, sigma)) for _ in range(1_440))
    return [
        (at, LANE, 1, n, 0, 1, 1, 130_000, latency, 200, None)
        for n, (at, latency) in enumerate(zip(starts, latencies, strict=True))
    ]


def test_a_usual_day_takes_less_than_two_bytes_a_check() -> None:
    assert len(pack(a_day())) < 2 * 1_440
    assert len(pack(a_day(sigma=0.5))) < 2.2 * 1_440


def test_a_regular_day_is_one_stride() -> None:
    packed = Packed(LANE, pack(a_day()))
    assert (len(packed.strides), len(packed.runs), packed.step) == (1, 1, MINUTE)


@pytest.mark.parametrize("at", range(40))
def test_a_changed_byte_gives_other_rows_or_is_refused_and_nothing_else(at: int) -> None:
    rows = a_day()[:60]
    body = bytearray(pack(rows))
    place = at * len(body) // 40
    for bit in range(8):
        body[place] ^= 1 << bit
        with suppress(Damaged):
            list(Packed(LANE, bytes(body)).rows())
        body[place] ^= 1 << bit


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_bytes_of_somebody_else_are_refused(body: bytes) -> None:
    with pytest.raises(Damaged):
        list(Packed(LANE, body).rows())


def test_a_part_that_was_cut_off_is_refused() -> None:
    body = pack(a_day()[:60])
    for length in range(len(body)):
        with pytest.raises(Damaged):
            list(Packed(LANE, body[:length]).rows())


def test_rows_are_in_the_order_of_their_instants() -> None:
    rows = list(Packed(LANE, pack(a_day())).rows())
    assert all(ORDER(a) < ORDER(b) for a, b in pairwise(rows))
