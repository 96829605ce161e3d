"""Questions in SQL, put to the views: nothing can be written, and nothing but the views can be read.

The file is opened for reading, the connection refuses to write, and an authorizer lets through what a SELECT
over the views needs. What is packed is unpacked by functions. Tables that are computed are filled for a
question that reads them, in the same view of the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from monitor.core.histogram import bounds, bucket, histogram_from
from monitor.core.intervals import Ms
from monitor.core.varints import Damaged
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.store.chunks import Chunk
from monitor.store.errors import Unanswered
from monitor.store.reasons import STATES, Reasons, reasons
from monitor.store.snapshot import SqliteSnapshot
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import told
from monitor.store.transaction import reading
from monitor.store.views import VIEWS

_ALL_OF: Final = "SELECT * FROM"
_INSERT: Final = "INSERT INTO"
STEPS: Final = 10_000
"""Instructions of SQLite between two looks at the clock."""
MEMORY: Final = 1 << 30
"""Bytes that SQLite may take, sorting and all; for the whole process, once it was asked."""
INNER: Final = ("state_name", "reason_name", "shown", "unpacked", "counted", "buckets", "least", "most")
TABLE_FUNCTIONS: Final = ("json_each", "json_tree")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ALLOWED: Final = (
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
)
_DATABASE: Final = (5, 6, 8, 10, 11, 13, 14, 26)
"""Results of SQLite that speak of the file, and not of the question."""

Value = str | int | None
Seen = Callable[[str, str], str | None]
"""What may be shown of an attempt's facts, by endpoint."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A table that no view is: its columns, and its rows from what one consistent view says."""

    columns: Sequence[str]
    rows: Callable[[SqliteSnapshot], Iterable[Sequence[object]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The names of the columns, and the rows as they come.

    `is_partial` says, once they were read, whether a day was among them whose good checks were forgotten.
    """

    columns: Sequence[str]
    rows: Iterator[tuple[Any, ...]]
    is_partial: Callable[[], bool]


@dataclass(slots=True)
class _Heard:
    """What callbacks learnt while a question was put: the errors of SQLite do not say.

    The views are made in two layers. The inner ones alone may read the tables, and nobody can guess their
    names (`within`), for a question may call whatever it selects by the name of a view.
    """

    within: str = field(default_factory=lambda: f"inner_{token_hex(8)}_")
    read: set[str] = field(default_factory=set)
    denied: str | None = None
    function: str | None = None
    late: bool = False
    partial: bool = False
    failure: EvidenceRefused | None = None


@contextmanager
def asked(
    path: Path,
    question: str,
    *,
    seen: Seen,
    computed: Mapping[str, Computed],
    is_late: Callable[[], bool],
) -> Iterator[Answer]:
    """The answer to one SELECT, in one consistent view that lasts as long as the answer is read.

    Unanswered where SQLite cannot answer: it is no SELECT, names what is not there, or `is_late`.
    """
    names = (*VIEWS, *computed)
    with told(path), closing(connect(path, readonly=True)) as connection, reading(connection):
        heard = _Heard()
        _define(connection, reasons(connection), seen, heard)
        _make(connection, heard.within, computed)
        with _telling(question, heard, names), _guarded(connection, heard, names):
            connection.execute(_explained(question)).close()
        connection.set_progress_handler(lambda: _ring(heard, is_late), STEPS)
        with _telling(question, heard, names):
            for name in heard.read & computed.keys():
                _fill(connection, name, computed[name])
        connection.execute("PRAGMA query_only = ON").close()
        with _guarded(connection, heard, names):
            with _telling(question, heard, names):
                cursor = connection.execute(question)
            if cursor.description is None:
                raise Unanswered(
                    "there is no question; write a SELECT, or see the views: makegood sql --schema"
                )
            columns = [each[0] for each in cursor.description]
            with closing(_rows(cursor, question, heard, names)) as rows:
                yield Answer(columns, rows, lambda: heard.partial)


def _make(connection: sqlite3.Connection, within: str, computed: Mapping[str, Computed]) -> None:
    for name, text in VIEWS.items():
        connection.execute(f"CREATE TEMP VIEW {within}{name} AS {text}")
        connection.execute(f"CREATE TEMP VIEW {name} AS {_ALL_OF} {within}{name}")
    for name, table in computed.items():
        connection.execute(f"CREATE TEMP TABLE {name} ({', '.join(table.columns)})")
    connection.execute(f"PRAGMA hard_heap_limit = {MEMORY}").close()


def _rows(
    cursor: sqlite3.Cursor, question: str, heard: _Heard, names: Sequence[str]
) -> Generator[tuple[Any, ...], None, None]:
    with closing(cursor), _telling(question, heard, names):
        yield from cursor


def _explained(question: str) -> str:
    """What prepares the question and does no more."""
    return question if re.match(r"\s*explain\b", question, re.IGNORECASE) else f"EXPLAIN {question}"


def _ring(heard: _Heard, is_late: Callable[[], bool]) -> bool:
    heard.late = is_late()
    return heard.late


def _fill(connection: sqlite3.Connection, name: str, table: Computed) -> None:
    values = ", ".join("?" * len(table.columns))
    rows = table.rows(SqliteSnapshot(connection))
    connection.executemany(f"{_INSERT} {name} VALUES ({values})", rows)


@contextmanager
def _guarded(connection: sqlite3.Connection, heard: _Heard, names: Sequence[str]) -> Iterator[None]:
    """Let through what a SELECT over the views needs, and note which of them it reads."""

    def allow(action: int, what: str | None, of: str | None, _schema: str | None, view: str | None) -> int:
        inner = view is not None and view.startswith(heard.within)
        if action == sqlite3.SQLITE_READ and not inner:
            return _read(what or "", of or "")
        if action == sqlite3.SQLITE_FUNCTION and of in INNER and not inner:
            heard.function = of
            return sqlite3.SQLITE_DENY
        if action not in _ALLOWED:
            heard.denied = ""
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def _read(what: str, of: str) -> int:
        """A view, or what is computed. Where no column is named, rows are counted: that tells nothing."""
        heard.read.add(what)
        if not of or what in names or what in TABLE_FUNCTIONS or what.startswith(heard.within):
            return sqlite3.SQLITE_OK
        heard.denied = what
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(allow)
    try:
        yield
    finally:
        connection.set_authorizer(None)
        connection.set_progress_handler(None, STEPS)


# -- what is said of a question that cannot be answered


@contextmanager
def _telling(question: str, heard: _Heard, names: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except sqlite3.Warning as error:  # some drivers call a second statement that
        raise Unanswered(f"{_said(error)}; write one SELECT") from error
    except MemoryError as error:
        raise Unanswered(
            "it needs more than 1 GiB of memory; ask for less at a time: name an endpoint, or a day"
        ) from error
    except sqlite3.Error as error:
        if heard.failure is not None:
            raise heard.failure from error
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in _DATABASE and heard.denied is None:
            raise
        raise Unanswered(_sentence(str(error), question, heard, names)) from error


def _sentence(said: str, question: str, heard: _Heard, names: Sequence[str]) -> str:
    if heard.late:
        return (
            "it took longer than it may (--timeout) and was ended; checks are unpacked day by day: name an "
            "endpoint and a day, as in WHERE endpoint = '...' AND day >= '2026-10-01'"
        )
    if heard.function is not None:
        return f'there is no function "{heard.function}" for questions'
    if heard.denied == "":
        return "nothing is written here, and no other file is read; write one SELECT over the views"
    if heard.denied is not None:
        return f'there is no view "{heard.denied}"; there are: {", ".join(names)}'
    table = re.match(r"no such table: (.+)", said)
    more = f"; there are: {', '.join(names)}" if table else ""
    return f"{said}{_place(said, question)}{more}"


def _place(said: str, question: str) -> str:
    """Where the word is that SQLite names, if it stands in the question once."""
    named = re.match(r'near "([^"]+)"|no such \w+: ([\w.]+)|ambiguous column name: ([\w.]+)', said)
    word = next((each for each in named.groups() if each), None) if named else None
    if word is None:
        return ""
    found = [each.start() for each in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", question)]
    if len(found) != 1:
        return ""
    before = question[: found[0]]
    line, column = before.count("\n") + 1, found[0] - (before.rfind("\n") + 1) + 1
    return f" (line {line}, column {column})"


def _said(error: Exception) -> str:
    return str(error).rstrip(".")


# -- the functions


def _define(connection: sqlite3.Connection, known: Reasons, seen: Seen, heard: _Heard) -> None:
    def caught(function: Callable[..., Value]) -> Callable[..., Value]:
        def call(*values: Any) -> Value:
            try:
                return function(*values)
            except Damaged as error:
                heard.failure = EvidenceRefused(
                    f"the evidence is damaged ({error}); restore the database from a backup"
                )
            except EvidenceRefused as error:
                heard.failure = error
            raise heard.failure

        return call

    def shown(endpoint: str, facts: str | None) -> str | None:
        return None if facts is None else seen(endpoint, facts)

    functions: dict[str, tuple[int, Callable[..., Value]]] = {
        "utc": (1, _utc),
        "state_name": (1, lambda number: STATES[number].name.lower()),
        "reason_name": (1, lambda number: known.by_id[number].value),
        "shown": (2, shown),
        "unpacked": (6, lambda *values: _unpacked(Chunk(0, *values), known, heard)),
        "counted": (1, lambda data: histogram_from(bytes(data)).total),
        "buckets": (1, _buckets),
        "least": (1, lambda latency: bounds(bucket(latency))[0]),
        "most": (1, lambda latency: bounds(bucket(latency))[1]),
    }
    for name, (count, function) in functions.items():
        connection.create_function(name, count, caught(function), deterministic=True)


def _unpacked(chunk: Chunk, known: Reasons, heard: _Heard) -> str:
    """The checks of a chunk as JSON: an array of arrays, as the view `checks` takes them apart."""
    heard.partial = heard.partial or not chunk.whole
    found = chunk.columns(known)
    if found is None:
        return "[]"
    states = [state.name.lower() for state in found.state]
    columns = (found.at, found.epoch, found.slot, found.attempt, states, found.reason)
    return json.dumps(list(zip(*columns, found.latency, found.status, found.hold, found.facts, strict=True)))


def _buckets(data: bytes) -> str:
    """A histogram as JSON: the bounds of each bucket, and how many fell into it."""
    counts = histogram_from(bytes(data)).counts
    return json.dumps([(*bounds(number), count) for number, count in sorted(counts.items())])


def _utc(at: Ms | None) -> str | None:
    if at is None:
        return None
    text = (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
