"""Times to promise: the least with which a clock would have been in time, by the clock itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendars import Calendar, parse_hours
from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.response import Pause, Target, apart, course
from monitor.core.worktime import WorkTime
from monitor.statements.guided_responses import needed, promisable

MONDAY = 1_790_000_000_000 // DAY * DAY
OFFICE = WorkTime(Calendar("office", "Europe/Berlin", parse_hours("Mon-Fri 09:00-17:00")))
gaps = st.lists(st.tuples(st.integers(0, 4_000), st.integers(1, 600)), max_size=3)


@given(st.integers(0, 9_000), st.integers(0, 6_000), gaps, st.booleans())
def test_with_what_was_needed_it_is_in_time_and_with_any_less_it_is_late(first, length, stood, business):
    start = MONDAY + first * MINUTE
    stop = start + length * MINUTE
    whole = Span(start, stop)
    spans = (Span(MONDAY + (first + m) * MINUTE, MONDAY + (first + m + n) * MINUTE) for m, n in stood)
    pauses = apart(Pause(cut, "waits") for span in spans if (cut := span.clip(whole)) is not None)

    def late(ms):
        return course(
            start, stop, stop, Target(ms, work=OFFICE if business else None), pauses=pauses
        ).late  # fmt: skip

    least = needed(course(start, stop, stop, Target(HOUR, work=OFFICE if business else None), pauses=pauses))
    assert not late(least)
    assert not late(promisable(least))
    if least:
        assert late(least - 1)


def test_a_time_to_promise_is_rounded_up_by_steps_that_grow():
    hours = [HOUR, HOUR + 1, 4 * HOUR, 4 * HOUR + 1, 24 * HOUR, 24 * HOUR + 1, 53 * HOUR]
    assert [promisable(ms) / HOUR for ms in hours] == [1, 1.5, 4, 5, 24, 28, 56]
    assert [promisable(ms) // MINUTE for ms in (0, 1, 5 * MINUTE, 52 * MINUTE)] == [5, 5, 5, 55]
