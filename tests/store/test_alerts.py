"""Alerts and letters as they are kept: raised and written at once, acknowledged once, sent under one name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms, Span
from monitor.failpoints import VARIABLE
from monitor.store import SqliteStore, open_store
from monitor.store.backup import back_up
from monitor.store.protocol import Alert, AlertChange, NewAlert, NewLetter, Parcel, Step
from monitor.store.sqlite import connect
from monitor.store.transaction import immediate
from tests.store.conftest import ORIGIN

DAY = Span(ORIGIN, ORIGIN + 24 * HOUR)


def down(service: str = "shop", *, at: Ms = ORIGIN, **other: object) -> NewAlert:
    alert = NewAlert(
        "down", "down", f"{service}/1", "page", at, at, f"{service} is down", f"token-{service}-{at}",
        ("since 16:00",), service, "", "web",
    )  # fmt: skip
    return replace(alert, **other)  # type: ignore[arg-type]


def letters(*channels: str, step: Step = "raised", due: Ms = ORIGIN) -> tuple[NewLetter, ...]:
    return tuple(NewLetter(step, channel, due) for channel in channels)


def raised(store: SqliteStore, new: NewAlert, *written: NewLetter, told: bool = True) -> Alert:
    change = AlertChange(new=new, told=new.raised if told else None, letters=written)
    assert store.alerts.record([change]) == 1
    found = store.alerts.by_token(new.token)
    assert found is not None
    return found


def went(parcel: Parcel | None) -> list[tuple[str, Step]]:
    return [] if parcel is None else [(each.alert.new.service, each.step) for each in parcel.letters]


def test_an_alert_is_there_with_its_letters(store: SqliteStore) -> None:
    kept = raised(store, down(), *letters("chat", "mail"))

    assert list(store.alerts.open()) == [kept]
    assert store.alerts.find(kept.seq) == kept
    assert (kept.new, kept.told, kept.told_at) == (down(), {"raised"}, ORIGIN)
    assert [(each.channel, each.state, each.tries) for each in store.alerts.letters([kept.seq])] == [
        ("chat", "waiting", 0),
        ("mail", "waiting", 0),
    ]
    assert store.alerts.channels() == [("chat", 1, ORIGIN), ("mail", 1, ORIGIN)]


def test_of_one_rule_and_subject_one_is_open(store: SqliteStore) -> None:
    """Who raises it a second time, in whatever process, has done nothing; once it is over, it is another."""
    first = raised(store, down(), *letters("chat"))
    again = AlertChange(new=down(token="another-token"), letters=letters("chat", "mail"))
    assert store.alerts.record([again]) == 0
    assert [channel for channel, *_ in store.alerts.channels()] == ["chat"]

    store.alerts.record([AlertChange(seq=first.seq, ended=ORIGIN + 1)])
    store.alerts.record([AlertChange(seq=first.seq, ended=ORIGIN + 2)])
    second = raised(store, down(token="another-token"))

    ended = store.alerts.find(first.seq)
    assert ended is not None
    assert ended.ended == ORIGIN + 1
    assert list(store.alerts.open()) == [second]


def test_the_first_acknowledgement_counts(store: SqliteStore) -> None:
    kept = raised(store, down())
    for at, who in ((ORIGIN + MINUTE, "ann"), (ORIGIN + 2 * MINUTE, "bob")):
        store.alerts.record([AlertChange(seq=kept.seq, acknowledged=(at, who))])
    after = store.alerts.find(kept.seq)
    assert after is not None
    assert (after.acknowledged, after.acknowledged_by) == (ORIGIN + MINUTE, "ann")


def test_a_step_is_told_to_a_channel_once(store: SqliteStore) -> None:
    kept = raised(store, down(), *letters("chat"))
    more = AlertChange(seq=kept.seq, told=ORIGIN + MINUTE, letters=letters("chat", "mail"))
    assert store.alerts.record([more]) == 1
    after = store.alerts.find(kept.seq)
    assert after is not None
    assert after.told_at == ORIGIN


def test_who_was_told_that_it_began_is_kept_with_it(store: SqliteStore) -> None:
    """Not the channel where that was given up, nor one that was told its end alone."""
    kept = raised(store, down(), *letters("mail", "chat", "pager"))
    parcel = store.alerts.parcel("chat", ORIGIN)
    assert parcel is not None
    store.alerts.given_up(parcel, ORIGIN, "404")
    store.alerts.record([AlertChange(seq=kept.seq, letters=letters("boss", step="escalated"))])
    store.alerts.record([AlertChange(seq=kept.seq, letters=letters("talk", step="over"))])
    after = store.alerts.find(kept.seq)
    assert after is not None
    assert after.heard == ("mail", "pager", "boss")


# -- parcels


def test_a_clock_that_was_years_ahead_for_a_moment_holds_nothing_up(store: SqliteStore) -> None:
    """What was due, tried or delivered then neither waits for those years nor counts against what may go."""
    years = 3_650 * 24 * HOUR
    raised(store, down(at=ORIGIN + years), *letters("chat", due=ORIGIN + years + MINUTE))
    first = store.alerts.parcel("chat", ORIGIN)
    assert went(first) == [("shop", "raised")]
    assert first is not None
    store.alerts.again(first, ORIGIN + years, "500")
    assert went(store.alerts.parcel("chat", ORIGIN)) == [("shop", "raised")]

    store.alerts.delivered(first, ORIGIN + years, "200")
    raised(store, down("bank"), *letters("chat"))
    assert went(store.alerts.parcel("chat", ORIGIN, (1, MINUTE))) == [("bank", "raised")]


def test_letters_of_a_channel_go_together_and_keep_their_name(store: SqliteStore) -> None:
    raised(store, down("bank"), *letters("mail"))
    raised(store, down(), *letters("chat", due=ORIGIN + 10 * SECOND))
    raised(store, down("mill"), *letters("chat", due=ORIGIN + 15 * SECOND))

    assert store.alerts.parcel("chat", ORIGIN + 9 * SECOND) is None
    first = store.alerts.parcel("chat", ORIGIN + 10 * SECOND)
    assert went(first) == [("shop", "raised"), ("mill", "raised")]

    raised(store, down("port"), *letters("chat"))
    assert store.alerts.parcel("chat", ORIGIN + MINUTE) == first, "what may have gone goes again as it was"
    assert first is not None
    store.alerts.again(first, ORIGIN + 2 * MINUTE, "503")
    assert store.alerts.parcel("chat", ORIGIN + MINUTE) is None, "the next one waits for it"
    again = store.alerts.parcel("chat", ORIGIN + 2 * MINUTE)
    assert again is not None
    assert (again.id, again.tries, went(again)) == (first.id, 1, went(first))

    store.alerts.delivered(again, ORIGIN + 2 * MINUTE, "200")
    store.alerts.given_up(again, ORIGIN + 3 * MINUTE, "too late: it is delivered")
    assert went(store.alerts.parcel("chat", ORIGIN + 3 * MINUTE)) == [("port", "raised")]
    (delivered,) = (each for each in store.alerts.letters([2]) if each.alert.new.service == "shop")
    assert (delivered.state, delivered.done, delivered.said) == ("delivered", ORIGIN + 2 * MINUTE, "200")


def test_a_parcel_that_nobody_takes_is_passed_but_not_by_what_it_tells_of(store: SqliteStore) -> None:
    """The chat answers 500 to whatever is said of the shop. After six tries others go past it, and what is
    told of the shop later still waits: it is never told that it is over before that it was down."""
    shop = raised(store, down(), *letters("chat"))
    for tried in range(6):
        parcel = store.alerts.parcel("chat", ORIGIN + tried * MINUTE)
        assert went(parcel) == [("shop", "raised")]
        assert parcel is not None
        store.alerts.again(parcel, ORIGIN + (tried + 1) * MINUTE, "500")
        if tried == 0:
            over = letters("chat", step="over")
            store.alerts.record([AlertChange(seq=shop.seq, ended=ORIGIN + 1, letters=over)])
            raised(store, down("mill"), *letters("chat"))
        if tried < 5:
            assert store.alerts.parcel("chat", ORIGIN + tried * MINUTE + 1) is None

    passing = store.alerts.parcel("chat", ORIGIN + 5 * MINUTE + 1)
    assert went(passing) == [("mill", "raised")]
    assert passing is not None
    store.alerts.delivered(passing, ORIGIN + 5 * MINUTE + 1, "200")
    last = store.alerts.parcel("chat", ORIGIN + 6 * MINUTE)
    assert went(last) == [("shop", "raised")]
    assert last is not None
    store.alerts.given_up(last, ORIGIN + 6 * MINUTE, "500")
    assert went(store.alerts.parcel("chat", ORIGIN + 6 * MINUTE)) == [("shop", "over")]


def test_beyond_the_rate_letters_wait_and_go_as_one(store: SqliteStore) -> None:
    """Two in ten minutes. Five alerts come a second apart: two are told at once, three together later."""
    for n in range(5):
        now = ORIGIN + n * SECOND
        raised(store, down(f"s{n}", at=now), *letters("chat", due=now))
        parcel = store.alerts.parcel("chat", now, (2, 10 * MINUTE))
        assert went(parcel) == ([(f"s{n}", "raised")] if n < 2 else [])
        if parcel is not None:
            store.alerts.delivered(parcel, now, "200")
    assert store.alerts.parcel("chat", ORIGIN + 10 * MINUTE - 1, (2, 10 * MINUTE)) is None
    late = store.alerts.parcel("chat", ORIGIN + 10 * MINUTE, (2, 10 * MINUTE))
    assert went(late) == [(f"s{n}", "raised") for n in (2, 3, 4)]


def test_of_very_many_two_thousand_go_together(store: SqliteStore) -> None:
    store.alerts.record([AlertChange(new=down(f"s{n}"), letters=letters("chat")) for n in range(2_001)])
    first = store.alerts.parcel("chat", ORIGIN)
    assert first is not None
    assert went(first) == [(f"s{n}", "raised") for n in range(2_000)]
    store.alerts.delivered(first, ORIGIN, "200")
    assert went(store.alerts.parcel("chat", ORIGIN)) == [("s2000", "raised")]


def test_what_waits_for_a_channel_that_is_gone_is_untold_where_nobody_else_was_told(
    store: SqliteStore,
) -> None:
    """Shop was told to mail too, bank is over, and mill alone has still to be told to anybody."""
    shop = raised(store, down(), *letters("chat", "mail"))
    bank = raised(store, down("bank"), *letters("chat"))
    mill = raised(store, down("mill"), *letters("chat"))
    store.alerts.record([AlertChange(seq=bank.seq, ended=ORIGIN + 1)])
    parcel = store.alerts.parcel("chat", ORIGIN)
    assert parcel is not None
    store.alerts.abandoned(parcel, ORIGIN + 1, "gone")

    assert {each.state for each in store.alerts.letters([shop.seq, bank.seq, mill.seq])} == {
        "given up", "waiting",
    }  # fmt: skip
    after = [store.alerts.find(each.seq) for each in (shop, bank, mill)]
    assert [each and each.told_at for each in after] == [ORIGIN, ORIGIN, None]


def test_who_acknowledges_ends_what_was_still_to_be_repeated_and_handed_on(store: SqliteStore) -> None:
    """What waits says that nobody has taken it up: somebody has now. What it raised still goes."""
    alert = raised(store, down(), *letters("chat"))
    more = (NewLetter("again", "chat", ORIGIN), NewLetter("escalated", "mail", ORIGIN))
    store.alerts.record([AlertChange(seq=alert.seq, letters=more)])
    store.alerts.record([AlertChange(seq=alert.seq, acknowledged=(ORIGIN + 1, "ann"))])

    assert went(store.alerts.parcel("chat", ORIGIN)) == [("shop", "raised")]
    assert store.alerts.parcel("mail", ORIGIN) is None


# -- figures


def test_a_page_that_was_over_before_its_time_to_acknowledge_was_is_neither_in_time_nor_late(
    store: SqliteStore,
) -> None:
    """Over after four minutes: within five nobody had to. Within three somebody had to, and nobody did."""
    short = raised(store, down("a"))
    store.alerts.record([AlertChange(seq=short.seq, ended=ORIGIN + 4 * MINUTE)])
    quick = raised(store, down("b"))
    store.alerts.record([AlertChange(seq=quick.seq, acknowledged=(ORIGIN + MINUTE, "ann"))])
    store.alerts.record([AlertChange(seq=quick.seq, ended=ORIGIN + 2 * MINUTE)])

    assert store.alerts.answered(DAY, 5 * MINUTE) == (1, 1)
    assert store.alerts.answered(DAY, 4 * MINUTE) == (1, 1)
    assert store.alerts.answered(DAY, 3 * MINUTE) == (1, 2)


def test_the_share_of_pages_that_were_acknowledged_in_time(store: SqliteStore) -> None:
    """Ten minutes are asked. Bank is a ticket, and mill was muted: neither is asked about."""
    quick = raised(store, down("a"), *letters("chat"))
    slow = raised(store, down("b", at=ORIGIN + HOUR), *letters("chat"))
    raised(store, down("c", at=ORIGIN + 2 * HOUR, team="db"), *letters("chat"))
    raised(store, down("bank", urgency="ticket"), *letters("chat"))
    raised(store, down("mill"), told=False)
    late = ORIGIN + HOUR + 10 * MINUTE + 1
    store.alerts.record([AlertChange(seq=quick.seq, acknowledged=(ORIGIN + 10 * MINUTE, "ann"))])
    store.alerts.record([AlertChange(seq=slow.seq, acknowledged=(late, "ann"))])

    assert store.alerts.answered(DAY, 10 * MINUTE) == (1, 3)
    assert store.alerts.answered(DAY, 11 * MINUTE) == (2, 3)
    assert store.alerts.answered(DAY, 10 * MINUTE, teams=["web"]) == (1, 2)
    assert store.alerts.answered(DAY, 10 * MINUTE, services=["c"]) == (0, 1)
    assert store.alerts.answered(Span(ORIGIN + 1, ORIGIN + HOUR), 10 * MINUTE) == (0, 0)

    held_back = raised(store, down("mine"), told=False)
    store.alerts.record([AlertChange(seq=held_back.seq, told=ORIGIN + 5 * HOUR)])
    done = ORIGIN + 5 * HOUR + 10 * MINUTE
    store.alerts.record([AlertChange(seq=held_back.seq, acknowledged=(done, "ann"))])
    then = Span(ORIGIN + 5 * HOUR, ORIGIN + 6 * HOUR)
    assert store.alerts.answered(then, 10 * MINUTE) == (1, 1), "a mute ended: its time runs from there"
    assert store.alerts.answered(then, 10 * MINUTE - 1) == (0, 1)
    assert [a.new.service for a in store.alerts.between(Span(ORIGIN + 1, ORIGIN + 2 * HOUR))] == ["b"]


ASKED = [
    "SELECT seq FROM alert a WHERE ended IS NULL ORDER BY seq",
    "SELECT seq FROM alert a WHERE token = 'x'",
    "SELECT seq FROM alert a WHERE raised >= 1 AND raised < 2 ORDER BY raised DESC, seq DESC LIMIT 9",
    "SELECT count(*) FROM alert WHERE raised >= 1 AND raised < 2 AND urgency = 'page' AND told IS NOT NULL",
    "SELECT * FROM letter WHERE alert IN (SELECT value FROM json_each('[1]')) ORDER BY seq",
    "SELECT channel, min(due) FROM letter WHERE state = 'waiting' GROUP BY channel ORDER BY channel",
    "SELECT * FROM letter WHERE channel = 'x' AND state = 'waiting' AND parcel = 1 ORDER BY seq",
    "SELECT count(DISTINCT parcel) FROM letter WHERE channel = 'x' AND state = 'delivered' AND done > 1",
]


@pytest.mark.parametrize("query", ASKED)
def test_a_million_alerts_are_never_gone_through(store: SqliteStore, query: str) -> None:
    """Every question goes by an index, of what is open, waits, or lies in the time that is asked about."""
    with closing(connect(store.path, readonly=True)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()]
    scans = [each for each in plan if each.startswith("SCAN") and "INDEX" not in each and "json" not in each]
    assert scans == []


# -- crashes and copies


def test_a_backup_has_them(store: SqliteStore, tmp_path: Path) -> None:
    kept = raised(store, down(), *letters("chat"))
    back_up(store.path, tmp_path / "copy.db")
    copy = open_store(tmp_path / "copy.db")
    assert list(copy.alerts.open()) == [kept]
    assert went(copy.alerts.parcel("chat", ORIGIN)) == [("shop", "raised")]


RAISE = """
import sys
from pathlib import Path
from monitor.store import open_store
from tests.store.test_alerts import AlertChange, down, letters
open_store(Path(sys.argv[1])).alerts.record([AlertChange(new=down(), letters=letters("chat", "mail"))])
"""


@pytest.mark.parametrize(("point", "there"), [("alerts.written", 0), ("alerts.committed", 1)])
def test_who_dies_while_raising_has_raised_and_written_or_neither(
    store: SqliteStore, point: str, there: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RAISE, str(store.path)], env={**os.environ, VARIABLE: point}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert len(store.alerts.open()) == there
    assert len(store.alerts.channels()) == 2 * there


def test_all_of_a_look_is_kept_or_none(store: SqliteStore) -> None:
    """The second of two alerts breaks a rule of the table, and the first is not there either."""
    bad = AlertChange(new=down("mill"), letters=(NewLetter("later", "chat", 0),))  # type: ignore[arg-type]
    with pytest.raises(Exception, match="CHECK"):
        store.alerts.record([AlertChange(new=down()), bad])
    assert list(store.alerts.open()) == []
    with closing(connect(store.path)) as connection, immediate(connection):
        assert connection.execute("SELECT count(*) FROM letter").fetchone() == (0,)
