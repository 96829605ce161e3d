"""The outbox in SQLite: alerts, and the letters that tell of them, raised and written in one transaction.

Short transactions from any process, as the journal's: nothing here takes the writer's lock.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from monitor.core.intervals import DAY, Ms, Span
from monitor.failpoints import reach
from monitor.store.protocol import Alert, AlertChange, Letter, NewAlert, Parcel, Seq
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import told
from monitor.store.transaction import immediate

_ALERT: Final = (
    "SELECT seq, rule, kind, subject, urgency, since, raised, title, token, lines, service, incident, team, "
    "acknowledged, acknowledged_by, ended, told, "
    "(SELECT group_concat(DISTINCT step) FROM letter WHERE alert = a.seq), "
    "(SELECT json_group_array(channel) FROM (SELECT channel FROM letter WHERE alert = a.seq "
    "AND step != 'over' AND state != 'given up' GROUP BY channel ORDER BY min(seq))) FROM alert a"
)
_LETTER: Final = "SELECT seq, alert, step, channel, due, parcel, tries, state, said, done FROM letter "
_RAISE: Final = (
    "INSERT INTO alert (rule, kind, subject, urgency, since, raised, title, token, lines, service, incident, "
    "team) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_WRITE: Final = "INSERT INTO letter (alert, step, channel, due) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_ACKNOWLEDGE: Final = (
    "UPDATE alert SET acknowledged = ?, acknowledged_by = ? WHERE seq = ? AND acknowledged IS NULL"
)
_NEEDLESS: Final = (
    "UPDATE letter SET state = 'given up', done = ?, said = 'it was acknowledged first' WHERE alert = ? "
    "AND step IN ('again', 'escalated') AND state = 'waiting' AND tries = 0"
)
_END: Final = "UPDATE alert SET ended = ? WHERE seq = ? AND ended IS NULL"
_SAY: Final = "UPDATE alert SET title = ?, lines = ? WHERE seq = ? AND ended IS NULL"
_OLDEST: Final = (
    "SELECT l.seq, l.due, coalesce(l.done < ?1 AND a.ended < ?1, 0) FROM letter l JOIN alert a "
    "ON a.seq = l.alert WHERE l.seq > ?2 ORDER BY l.seq LIMIT 500"
)
_FRESH: Final = """
SELECT seq, due FROM letter WHERE channel = ?1 AND state = 'waiting' AND parcel IS NULL AND alert NOT IN (
  SELECT alert FROM letter WHERE channel = ?1 AND state = 'waiting' AND parcel IS NOT NULL
) ORDER BY seq LIMIT ?2"""
_UNTELL: Final = (
    "UPDATE alert SET told = NULL WHERE seq = ?1 AND ended IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM letter WHERE alert = ?1 AND state != 'given up')"
)
_TELL: Final = "UPDATE alert SET told = ? WHERE seq = ? AND told IS NULL"
_DUE: Final = "(due <= ?3 OR due > ?3 + 86400000)"
"""At an instant. What would wait for more than a day was written by a clock that was wrong: nothing waits so
long."""
_MOST_SAID: Final = 300
_LARGEST: Final = 2_000
"""Letters of a parcel at most; what is more is the next one."""
_PASSED: Final = 6
"""Tries in vain, some minutes, after which letters about other alerts no longer wait for a parcel."""
_PART: Final = 8
"""Characters of a token by which it is looked up: of 24 bytes in Base64, 18 bytes remain."""


class SqliteAlerts:
    """Implements `protocol.Alerts`; every call opens and closes its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> Sequence[Alert]:
        """Those that have not ended, oldest first."""
        with self._reading() as connection:
            return _alerts(connection, "WHERE ended IS NULL ORDER BY seq")

    def record(self, changes: Sequence[AlertChange]) -> int:
        """All or none; how many took effect. What is there already is left as it is."""
        if not changes:
            return 0
        with self._writing() as connection:
            done = sum(_record(connection, each) for each in changes)
            reach("alerts.written")
        reach("alerts.committed")
        return done

    def between(self, span: Span, most: int | None = None) -> Sequence[Alert]:
        """Those raised within a span, newest first."""
        with self._reading() as connection:
            return _alerts(
                connection,
                "WHERE raised >= ? AND raised < ? ORDER BY raised DESC, seq DESC LIMIT ?",
                (span.start, span.end, -1 if most is None else most),
            )

    def find(self, seq: Seq) -> Alert | None:
        """The one of a number."""
        with self._reading() as connection:
            return next(iter(_alerts(connection, "WHERE seq = ?", (seq,))), None)

    def by_token(self, token: str) -> Alert | None:
        """The one that who has the token may acknowledge.

        Looked up by a part of it, and compared whole in a time that tells nothing of the rest.
        """
        if not token.isascii() or len(token) <= _PART:
            return None
        part = token[:_PART]
        with self._reading() as connection:
            near = _alerts(connection, "WHERE token >= ? AND token < ?", (part, f"{part}~"))
        same = [each for each in near if hmac.compare_digest(each.new.token, token)]
        return next(iter(same), None)

    def letters(self, alerts: Sequence[Seq]) -> Sequence[Letter]:
        """All letters of these alerts, oldest first."""
        wanted = json.dumps([*alerts])
        with self._reading() as connection:
            return _letters(
                connection, "WHERE alert IN (SELECT value FROM json_each(?)) ORDER BY seq", wanted
            )

    def answered(
        self, span: Span, within: Ms, *, services: Sequence[str] = (), teams: Sequence[str] = ()
    ) -> tuple[int, int]:
        """Of those that page and were told in the span: acknowledged within so many ms, and all.

        Not those that were over within them before anybody acknowledged.
        """
        with self._reading() as connection:
            row = connection.execute(
                "SELECT coalesce(sum(acknowledged <= told + ?1), 0), count(*) FROM alert "
                "WHERE told >= ?2 AND told < ?3 AND urgency = 'page' "
                "AND (acknowledged IS NOT NULL OR ended IS NULL OR ended > told + ?1) "
                "AND (?4 = '[]' OR service IN (SELECT value FROM json_each(?4))) "
                "AND (?5 = '[]' OR team IN (SELECT value FROM json_each(?5)))",
                (within, span.start, span.end, json.dumps([*services]), json.dumps([*teams])),
            ).fetchone()
        return row[0], row[1]

    def parcel(self, channel: str, now: Ms, rate: tuple[int, Ms] | None = None) -> Parcel | None:
        """What is to go out next, as the protocol says; letters that never went are made one parcel."""
        with self._reading() as connection:
            if _next(connection, channel, now) is None or (rate and _gone(connection, channel, now, rate)):
                return None
        with self._writing() as connection:
            number = _next(connection, channel, now)
            if number == 0:
                number = _made(connection, channel)
            letters = _letters(
                connection,
                "WHERE channel = ? AND state = 'waiting' AND parcel = ? ORDER BY seq",
                channel,
                number,
            )
        reach("parcel.made")
        if not letters or letters[0].parcel is None:
            return None
        return Parcel(letters[0].parcel, channel, letters[0].tries, tuple(letters))

    def delivered(self, parcel: Parcel, at: Ms, said: str) -> None:
        """Its receiver took it."""
        self._done(parcel, "delivered", at, said)

    def given_up(self, parcel: Parcel, at: Ms, said: str) -> None:
        """It is not tried any more."""
        self._done(parcel, "given up", at, said)

    def abandoned(self, parcel: Parcel, at: Ms, said: str) -> None:
        """Its channel is gone; what goes on, and nobody else was told of, is as if it had not been told."""
        self._done(parcel, "given up", at, said, _UNTELL)

    def again(self, parcel: Parcel, due: Ms, said: str) -> None:
        """It did not, and is tried again then."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE letter SET due = ?, tries = tries + 1, said = ? WHERE parcel = ? AND channel = ? "
                "AND state = 'waiting'",
                (due, said[:_MOST_SAID], parcel.id, parcel.channel),
            )

    def forget(self, before: Ms) -> int:
        """The oldest letters first, some hundred in a transaction; until a page of them is younger."""
        gone, after = 0, 0
        while True:
            with self._reading() as connection:
                page = connection.execute(_OLDEST, (before, after)).fetchall()
            old = [seq for seq, _, is_old in page if is_old]
            if old:
                with self._writing() as connection:
                    connection.execute(
                        "DELETE FROM letter WHERE seq IN (SELECT value FROM json_each(?))", (json.dumps(old),)
                    )
                reach("letters.forgotten")
            gone += len(old)
            if not page or (not old and page[-1][1] >= before):
                return gone
            after = page[-1][0]

    def channels(self) -> Sequence[tuple[str, int, Ms]]:
        """Where letters wait: the channel, how many, and when the oldest was to go out."""
        with self._reading() as connection:
            return connection.execute(
                "SELECT channel, count(*), min(due) FROM letter WHERE state = 'waiting' "
                "GROUP BY channel ORDER BY channel"
            ).fetchall()

    def _done(self, parcel: Parcel, state: str, at: Ms, said: str, then: str = "") -> None:
        with self._writing() as connection:
            connection.execute(
                "UPDATE letter SET state = ?, done = ?, said = ?, tries = tries + 1 WHERE parcel = ? "
                "AND channel = ? AND state = 'waiting'",
                (state, at, said[:_MOST_SAID], parcel.id, parcel.channel),
            )
            if then:
                connection.executemany(then, {(each.alert.seq,) for each in parcel.letters})
        reach("parcel.recorded")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with told(self._path), closing(connect(self._path, readonly=True)) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with told(self._path), closing(connect(self._path)) as connection, immediate(connection):
            yield connection


def _record(connection: sqlite3.Connection, change: AlertChange) -> bool:
    seq, done = change.seq, 0
    if change.new is not None:
        seq = _raised(connection, change.new)
        if seq is None:
            return False
        done += 1
    if change.acknowledged is not None:
        done += connection.execute(_ACKNOWLEDGE, (*change.acknowledged, seq)).rowcount
        connection.execute(_NEEDLESS, (change.acknowledged[0], seq))
    if change.latest is not None:
        title, lines = change.latest
        done += connection.execute(_SAY, (title, json.dumps(lines), seq)).rowcount
    if change.told is not None:
        done += connection.execute(_TELL, (change.told, seq)).rowcount
    if change.ended is not None:
        done += connection.execute(_END, (change.ended, seq)).rowcount
    for letter in change.letters:
        done += connection.execute(_WRITE, (seq, letter.step, letter.channel, letter.due)).rowcount
    return done > 0


def _raised(connection: sqlite3.Connection, new: NewAlert) -> Seq | None:
    """Its number; None where one of the same rule and subject is open."""
    done = connection.execute(
        _RAISE,
        (new.rule, new.kind, new.subject, new.urgency, new.since, new.raised, new.title, new.token,
         json.dumps(new.lines), new.service, new.incident, new.team),
    )  # fmt: skip
    return done.lastrowid if done.rowcount else None


def _next(connection: sqlite3.Connection, channel: str, now: Ms) -> Seq | None:
    """The parcel that is to go out, 0 for one that is still to be made; None where nothing is due."""
    went = connection.execute(
        f"SELECT parcel, min({_DUE}), max(tries) FROM letter WHERE channel = ?1 AND state = 'waiting' "  # noqa: S608
        "AND parcel IS NOT NULL GROUP BY parcel ORDER BY parcel",
        (channel, None, now),
    ).fetchall()
    for number, due, tries in went:
        if due:
            return int(number)
        if tries < _PASSED:
            return None
    fresh = connection.execute(_FRESH, (channel, _LARGEST)).fetchall()
    return 0 if any(due <= now or due > now + DAY for _, due in fresh) else None


def _made(connection: sqlite3.Connection, channel: str) -> Seq | None:
    """A parcel of the letters that never went and need not wait; its number, the first of them."""
    numbers = [seq for seq, _ in connection.execute(_FRESH, (channel, _LARGEST))]
    if not numbers:
        return None
    connection.execute(
        "UPDATE letter SET parcel = ? WHERE seq IN (SELECT value FROM json_each(?))",
        (numbers[0], json.dumps(numbers)),
    )
    return int(numbers[0])


def _gone(connection: sqlite3.Connection, channel: str, now: Ms, rate: tuple[int, Ms]) -> bool:
    """Whether as many parcels went out lately as may."""
    (count,) = connection.execute(
        "SELECT count(DISTINCT parcel) FROM letter WHERE channel = ? AND state = 'delivered' "
        "AND done > ? AND done <= ?",
        (channel, now - rate[1], now + rate[1]),
    ).fetchone()
    return bool(count >= rate[0])


def _alerts(connection: sqlite3.Connection, where: str, values: Iterable[object] = ()) -> list[Alert]:
    return [_alert(row) for row in connection.execute(f"{_ALERT} {where}", tuple(values))]


def _alert(row: Sequence[object]) -> Alert:
    seq, rule, kind, subject, urgency, since, raised, title, token, lines, service, incident, team = row[:13]
    acknowledged, by, ended, told_at, steps, heard = row[13:]
    new = NewAlert(
        rule, kind, subject, urgency, since, raised, title, token,  # type: ignore[arg-type]
        tuple(json.loads(str(lines))), service, incident, team,  # type: ignore[arg-type]
    )  # fmt: skip
    told_steps = frozenset(str(steps).split(",")) if steps else frozenset()
    return Alert(
        seq, new, acknowledged, by, ended, told_steps, told_at,  # type: ignore[arg-type]
        tuple(json.loads(str(heard))),
    )  # fmt: skip


def _letters(connection: sqlite3.Connection, where: str, *values: object) -> list[Letter]:
    rows = connection.execute(f"{_LETTER} {where}", values).fetchall()
    wanted = json.dumps(sorted({row[1] for row in rows}))
    alerts = {
        each.seq: each
        for each in _alerts(connection, "WHERE seq IN (SELECT value FROM json_each(?))", (wanted,))
    }
    return [Letter(row[0], alerts[row[1]], *row[2:]) for row in rows]
