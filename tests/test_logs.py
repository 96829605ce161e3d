"""The log: one line an event, as text or JSON, and what one target may write of it."""

from __future__ import annotations

import io
import json
import logging

import pytest

from monitor.logs import MOST, WITHIN, Format, Limit, Lines

CANARY = "canary-51"
NOON = 1_793_880_000.0  # 2026-11-05T12:00:00Z


class Log:
    """Lines that are written at instants of our choice, and what came of them."""

    def __init__(self, form: Format = "json", limit: Limit | None = None) -> None:
        self._stream = io.StringIO()
        self.lines = Lines(form, self._stream, limit)

    def write(
        self, message: str = "said", *, at: float = 0.0, error: Exception | None = None, **said: object
    ):
        told = None if error is None else (type(error), error, error.__traceback__)
        values = {"name": "monitor.x", "levelno": logging.INFO, "levelname": "INFO", "msg": message}
        values |= {"created": NOON + at, "exc_info": told, **said}
        self.lines.handle(logging.makeLogRecord(values))

    @property
    def written(self) -> list[str]:
        return self._stream.getvalue().splitlines()

    @property
    def said(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.written]


def test_a_line_of_json_names_its_event_and_what_it_is_about_in_one_order():
    log = Log()
    log.write("page is down: timeout", detail="", reason="timeout", endpoint="page", event="endpoint.down")
    (line,) = log.written
    assert line == (
        '{"time": "2026-11-05T12:00:00.000Z", "level": "info", "event": "endpoint.down", "endpoint": "page", '
        '"detail": "", "reason": "timeout", "message": "page is down: timeout"}'
    )


def test_a_line_of_text_is_for_people():
    log = Log("text")
    log.write("page is down: timeout", endpoint="page", event="endpoint.down")
    assert log.written == ["2026-11-05T12:00:00.000Z INFO page is down: timeout"]


def test_what_a_library_says_is_told_apart_and_its_own_fields_are_left_out():
    log = Log()
    log.write("hello", request="GET /?token=x")
    (line,) = log.said
    assert (line["event"], line["logger"], line["message"]) == ("other", "monitor.x", "hello")
    assert "request" not in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_text_makes_a_line_of_its_own(form):
    log = Log(form)
    log.write("a\nb\r\x1b[2J\u2028c", event="x")
    assert len(log.written) == 1
    assert log.written[0].isprintable()


@pytest.mark.parametrize("form", ["text", "json"])
def test_of_an_error_nobody_foresaw_the_places_are_written_and_not_its_text(form):
    log = Log(form)
    try:
        int("Bearer " + CANARY)
    except ValueError as error:
        log.write("a fault", error=error, event="monitor.fault")
    (line,) = log.written
    assert "ValueError" in line
    assert "test_logs.py" in line
    assert CANARY not in line


def test_a_target_writes_no_more_than_its_share_of_an_hour():
    log = Log()
    for second in range(3_600):
        log.write(endpoint="flaps", event="x", at=second)
    assert len(log.written) == MOST


@pytest.mark.parametrize("every", [1, 7, 61, 200, 1_000])
def test_in_no_hour_whatever_there_are_more_lines_than_that(every):
    log = Log()
    instants = range(0, 6 * 3_600, every)
    written: list[int] = []  # when each line was
    for second in instants:
        log.write(endpoint="flaps", event="x", at=second)
        log.lines.catch_up(NOON + second)
        written += [second] * (len(log.written) - len(written))
    assert max(sum(start <= each < start + WITHIN for each in written) for start in written) <= MOST


def test_one_target_takes_nothing_from_another_and_lines_of_none_are_never_left_out():
    log = Log(limit=Limit(most=1))
    for name in ("a", "a", "b", "b"):
        log.write(endpoint=name, event="x")
    log.write(event="y")
    log.write(event="y")
    assert [line.get("endpoint") for line in log.said] == ["a", "b", None, None]


@pytest.mark.parametrize(
    ("form", "word"), [("json", '"left_out": 2'), ("text", "2 lines of it were left out")]
)
def test_what_was_left_out_is_counted_in_the_next_line(form, word):
    log = Log(form, Limit(most=1, within=60))
    for second in (0, 10, 20, 60):
        log.write(endpoint="flaps", event="x", at=second)
    first, second = log.written
    assert "left" not in first
    assert word in second


def test_every_line_is_written_or_counted():
    log = Log(limit=Limit(most=3, within=60))
    for second in range(1_000):
        log.write(endpoint="flaps", event="x", at=second)
        log.lines.catch_up(NOON + second)
    log.lines.catch_up(NOON + 2_000)
    assert len(log.said) + sum(int(str(line.get("left_out", 0))) for line in log.said) == 1_000


def test_the_last_word_on_a_target_is_written_once_there_is_room_with_its_own_time():
    log = Log(limit=Limit(most=1, within=60))
    for second, word in ((0, "down"), (5, "up"), (6, "down"), (7, "up")):
        log.write(word, endpoint="flaps", event="x", at=second)
    log.lines.catch_up(NOON + 59)
    assert len(log.said) == 1
    log.lines.catch_up(NOON + 60)
    log.lines.catch_up(NOON + 300)
    last = log.said[-1]
    assert (len(log.said), last["message"], last["left_out"]) == (2, "up", 2)
    assert last["time"] == "2026-11-05T12:00:07.000Z"


def test_a_clock_that_is_set_back_silences_nobody():
    log = Log(limit=Limit(most=1, within=60))
    log.write(endpoint="page", event="x")
    log.write(endpoint="page", event="x", at=-86_400)
    assert len(log.said) == 2
