"""The log of the monitor: one line an event, as text or as JSON, and never more than so many of one target.

Whoever logs gives an `event` (a stable name such as `endpoint.down`), what it is about, and a sentence. A
line that names an `endpoint` is limited: what is over the limit is left out and counted in the next line, and
the last of it is written as soon as there is room, so that the log never ends on a state that is over. Line
breaks and control characters are written as escapes: no target writes lines of its own. Of an error that
nobody foresaw the places are written and never its text, which may repeat a header.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

from monitor.records import dataclass

Format = Literal["text", "json"]
FORMATS: Final[tuple[Format, ...]] = ("text", "json")

MOST = 20
"""Lines of one endpoint within an hour."""
WITHIN = 3_600.0

FIRST = ("event", "endpoint")  # after time and level, before everything else
_USUAL = logging.makeLogRecord({}).__dict__.keys() | {"message", "asctime", "taskName"}


def begin(form: Format, stream: TextIO) -> Lines:
    """Have everything from INFO on written to the stream from now on."""
    lines = Lines(form, stream)
    root = logging.getLogger()
    root.addHandler(lines)
    root.setLevel(logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    return lines


# -- the limit


@dataclass(slots=True)
class _Told:
    """When lines of one target were written, and what was left out since: how many, and the last of them."""

    at: deque[float] = field(default_factory=deque)
    left_out: int = 0
    last: logging.LogRecord | None = None


class Limit:
    """At most `most` lines of one target within any `within` seconds; instants are in seconds since 1970."""

    def __init__(self, most: int = MOST, within: float = WITHIN) -> None:
        self._most, self._within = most, within
        self._targets: dict[str, _Told] = {}

    def admit(self, target: str, line: logging.LogRecord) -> int | None:
        """How many lines were left out before this one, which may be written; None where it may not."""
        told = self._targets.setdefault(target, _Told())
        if self._is_full(told, line.created):
            told.left_out, told.last = told.left_out + 1, line
            return None
        told.at.append(line.created)
        before, told.left_out, told.last = told.left_out, 0, None
        return before

    def overdue(self, now: float) -> list[tuple[logging.LogRecord, int]]:
        """The last line that was left out of each target that has room again, and how many before it were."""
        out: list[tuple[logging.LogRecord, int]] = []
        for target, told in list(self._targets.items()):
            if self._is_full(told, now):
                continue
            if told.last is not None:
                out.append((told.last, told.left_out - 1))
                told.at.append(now)
                told.left_out, told.last = 0, None
            elif not told.at:
                del self._targets[target]
        return out

    def _is_full(self, told: _Told, now: float) -> bool:
        """A clock that was set back must not silence anybody: instants that are to come count no more."""
        while told.at and not now - self._within < told.at[0] <= now:
            told.at.popleft()
        return len(told.at) >= self._most


# -- the lines


class Lines(logging.StreamHandler[TextIO]):
    """Writes one line an event, within the limit of its endpoint."""

    def __init__(self, form: Format, stream: TextIO, limit: Limit | None = None) -> None:
        super().__init__(stream)
        self._limit = limit or Limit()
        self.setFormatter(_Formatter(_FORMS[form]))

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or leave it out and count it."""
        target = getattr(record, "endpoint", None)
        left_out = 0 if target is None else self._limit.admit(str(target), record)
        if left_out is not None:
            self._write(record, left_out)

    def catch_up(self, now: float) -> None:
        """Write what was left out last, where there is room by now. `now` is in seconds since 1970."""
        self.acquire()
        try:
            for record, before in self._limit.overdue(now):
                self._write(record, before)
        finally:
            self.release()

    def _write(self, record: logging.LogRecord, left_out: int) -> None:
        if left_out:
            record.left_out = left_out
        super().emit(record)


class _Formatter(logging.Formatter):
    def __init__(self, form: Callable[[Mapping[str, object]], str]) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        return self._form(fields(record))


def fields(record: logging.LogRecord) -> dict[str, object]:
    """What a line says, by key: time, level, event, the endpoint if any, the rest, the sentence last."""
    when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    said = {key: value for key, value in record.__dict__.items() if key not in _USUAL}
    is_ours = "event" in said
    out: dict[str, object] = {"time": when.replace("+00:00", "Z"), "level": record.levelname.lower()}
    out["event"] = said.pop("event") if is_ours else "other"
    if not is_ours:
        out["logger"] = record.name
        said = {key: said[key] for key in ("endpoint", "left_out") if key in said}
    out |= {key: said.pop(key) for key in FIRST if key in said}
    out |= {key: _plain(value) for key, value in said.items() if value is not None}
    out["message"] = record.getMessage()
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        out["places"] = "".join([f"{type(error).__name__}\n", *traceback.format_tb(error.__traceback__)])
    return out


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | str) else str(value)


def _as_json(said: Mapping[str, object]) -> str:
    return json.dumps(said)


def _as_text(said: Mapping[str, object]) -> str:
    left_out = said.get("left_out")
    counted = f" ({left_out} lines of it were left out before)" if left_out else ""
    places = f" | {said['places']}" if "places" in said else ""
    level = str(said["level"]).upper()
    sentence = _one_line(f"{said['message']}{counted}{places}")
    return f"{said['time']} {level} {sentence}"


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text.rstrip())


_FORMS: dict[Format, Callable[[Mapping[str, object]], str]] = {"text": _as_text, "json": _as_json}
