"""`makegood alerts`: what is told, who takes it up, what is muted, and whether the channels work."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiohttp import web

from monitor.core.intervals import MINUTE, SECOND, Ms, Span
from monitor.operations.mutes import KINDS, mutes
from monitor.people import author
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import AlertChange, NewAlert, NewLetter
from tests.cli.year import at, lasting, record

CONFIG = """
[monitor]
database = "test.db"

[endpoint.web]
url = "http://127.0.0.1:9/"

[service.shop]
up_when = "web"
"""
CHAT = '[channel.chat]\nwebhook = "http://127.0.0.1:9/hook"\n'


@pytest.fixture
def store(tmp_path) -> SqliteStore:
    (tmp_path / "makegood.toml").write_text(CONFIG + CHAT)
    return open_store(tmp_path / "test.db", create=True)


def raised(store: SqliteStore, at: Ms, title: str, *channels: str, urgency: str = "page") -> int:
    new = NewAlert("down", "down", title, urgency, at, at, title, f"token-of-{title}")  # type: ignore[arg-type]
    letters = tuple(NewLetter("raised", channel, at) for channel in channels)
    store.alerts.record([AlertChange(new=new, told=at if letters else None, letters=letters)])
    found = store.alerts.by_token(f"token-of-{title}")
    assert found is not None
    return found.seq


# -- list and ack


def test_what_is_open_stands_there_with_who_was_told_and_who_could_not_be(cli, clock, store):
    """Shop is down for five minutes: the mail took it, the chat answers 500. A ticket waits for its turn."""
    then = clock.at - 5 * MINUTE
    raised(store, then, "Shop is down", "chat", "mail")
    for channel in ("chat", "mail"):
        parcel = store.alerts.parcel(channel, then)
        assert parcel is not None
        if channel == "mail":
            store.alerts.delivered(parcel, then + SECOND, "250 taken")
        else:
            store.alerts.again(parcel, clock.at + MINUTE, "500 oh no")
    raised(store, clock.at - MINUTE, "The margin narrows", "mail", urgency="ticket")

    answer = cli("alerts", "list")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [
        "  ID  RAISED         TOOK  TAKEN UP  TOLD                WHAT",
        "x  1  18 Nov 09:37  5 min  -         chat (waits), mail  Shop is down",
        "   2  18 Nov 09:41  1 min  -         mail (waits)        The margin narrows",
    ]
    assert answer.stderr.splitlines() == ["chat: 1 letter waiting after 1 try, again 18 Nov 09:43: 500 oh no"]


def test_what_is_open_is_said_as_the_rules_find_it_now_and_as_of_when(cli, clock, tmp_path):
    """Down since half past eight, told with the figures of then; a rule that is off finds no others."""
    start = "2026-11-18T08:30Z"
    down = {"web": [lasting(start, 600)]}
    record(tmp_path, CONFIG + CHAT, down, since="2026-11-01T00:00Z", upto="2026-11-18T08:42Z", before=MINUTE)
    store = open_store(tmp_path / "test.db")
    name = "shop/20261118T083000Z"
    new = NewAlert("down", "down", name, "page", at(start), at(start), "Shop fails a little", "token-1")
    off = replace(new, rule="rota", token="token-2", title="Nobody is on call")
    store.alerts.record([AlertChange(new=new), AlertChange(new=off)])

    answer = cli("alerts", "list")
    assert "shop is down since 18 Nov" in answer.stdout
    assert "Shop fails a little" not in answer.stdout
    assert "Nobody is on call" in answer.stdout
    assert answer.stderr.splitlines()[0] == "1 of 2 as of 18 Nov 09:42, the others as last told."
    first, second = json.loads(cli("alerts", "list", "--json").stdout)
    assert (first["title"], first["latest"]["at"]) == ("Shop fails a little", "2026-11-18T09:42:07.000Z")
    assert second["latest"] is None


def test_what_was_given_up_is_said_to_be(cli, clock, store):
    raised(store, clock.at - MINUTE, "Shop is down", "chat")
    parcel = store.alerts.parcel("chat", clock.at)
    assert parcel is not None
    store.alerts.given_up(parcel, clock.at, "404 not here")
    answer = cli("alerts", "list")
    assert "chat (not told)" in answer.stdout
    assert answer.stderr == "chat: 1 letter not told, given up after 1 try, 18 Nov 09:42: 404 not here\n"


def test_what_is_over_is_asked_for(cli, clock, store):
    seq = raised(store, clock.at - 9 * MINUTE, "Shop is down")
    store.alerts.record([AlertChange(seq=seq, ended=clock.at - 2 * MINUTE)])
    assert cli("alerts", "list").stdout == "Nothing is open.\n"
    assert cli("alerts", "list", "--all").stdout.splitlines()[1] == (
        "   1  18 Nov 09:33  over, 7 min  -         nobody  Shop is down"
    )


def test_a_program_reads_all_of_it_and_no_token(cli, clock, store):
    raised(store, clock.at, "Shop is down", "chat")
    answer = cli("alerts", "list", "--json")
    (alert,) = json.loads(answer.stdout)
    assert "token" not in answer.stdout
    assert {key: alert[key] for key in ("id", "rule", "urgency", "title", "raised", "ended")} == {
        "id": 1,
        "rule": "down",
        "urgency": "page",
        "title": "Shop is down",
        "raised": "2026-11-18T09:42:07.000Z",
        "ended": None,
    }
    assert alert["letters"] == [
        {
            "step": "raised",
            "channel": "chat",
            "state": "waiting",
            "due": "2026-11-18T09:42:07.000Z",
            "tries": 0,
            "done": None,
            "said": None,
        }
    ]


def test_without_a_channel_it_says_that_nobody_is_told(cli, store, tmp_path):
    (tmp_path / "makegood.toml").write_text(CONFIG)
    answer = cli("alerts", "list")
    assert answer.stdout == "Nothing is open.\n"
    assert answer.stderr == (
        "Nobody is told, and nothing is looked for: there is no [channel.NAME] in the configuration.\n"
    )


def test_who_takes_it_up_is_kept_and_whoever_was_first_stays(cli, clock, store):
    raised(store, clock.at - MINUTE, "Shop is down")
    answer = cli("alerts", "ack", "1")
    assert (answer.exit_code, answer.stderr) == (0, f"Alert 1: taken up by {author()}, 18 Nov 09:42.\n")
    clock.at += 10 * MINUTE
    assert cli("alerts", "ack", "1").stderr == f"Alert 1: taken up by {author()}, 18 Nov 09:42.\n"
    assert "x" not in cli("alerts", "list").stdout.splitlines()[1][:2]


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("7", "there is no alert 7; `makegood alerts list --all` names them"),
        ("1", "alert 1 is over, and there is nothing to take up: Shop is down"),
    ],
)
def test_what_cannot_be_taken_up_is_said(cli, clock, store, number, says):
    seq = raised(store, clock.at - MINUTE, "Shop is down")
    store.alerts.record([AlertChange(seq=seq, ended=clock.at)])
    answer = cli("alerts", "ack", number)
    assert (answer.exit_code, answer.stderr) == (2, f"{says}\n")


def test_they_can_be_asked_for_in_sql_and_no_token_is_there(cli, clock, store):
    raised(store, clock.at, "Shop is down", "chat")
    words = "SELECT alerts.*, letters.channel FROM alerts JOIN letters ON letters.alert = alerts.id"
    (row,) = json.loads(cli("sql", words, "--json").stdout)
    assert (row["title"], row["raised"], row["ended"], row["channel"]) == (
        "Shop is down",
        "2026-11-18T09:42:07.000Z",
        None,
        "chat",
    )
    refused = cli("sql", "SELECT token FROM alert")
    assert refused.exit_code == 2
    assert "token-of" not in refused.stdout


# -- mute


def test_a_service_is_muted_for_a_while_with_a_reason_that_is_kept(cli, clock, store):
    answer = cli("alerts", "mute", "shop", "--for", "2h", "--reason", "Load test")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[1].split() == [
        "shop", "18", "Nov", "11:42", author(), "Load", "test",
    ]  # fmt: skip
    with store.snapshot() as snapshot:
        (event,) = snapshot.events(kinds=KINDS)
        assert set(mutes([event], clock.at + 120 * MINUTE - 1)) == {"shop"}
        assert mutes([event], clock.at + 120 * MINUTE) == {}
    clock.at += 121 * MINUTE
    assert cli("alerts", "mute", "--list").stdout == "Nothing is muted.\n"


def test_what_a_mute_had_nobody_told_says_whose_it_was(cli, clock, store):
    """Muted from 09:42 on; the shop goes down a minute later. What it costs is not muted, by nobody."""
    cli("alerts", "mute", "shop", "--for", "2h", "--reason", "Load test")
    clock.at += MINUTE
    for kind, title in (("down", "Shop is down"), ("breach", "7 min left")):
        new = NewAlert(kind, kind, "shop", "page", clock.at, clock.at, title, f"token-{kind}", service="shop")
        store.alerts.record([AlertChange(new=new)])

    down, near = cli("alerts", "list").stdout.splitlines()[1:]
    assert down.endswith(f"nobody, muted by {author()}  Shop is down")
    assert "muted" not in near
    told = json.loads(cli("alerts", "list", "--json").stdout)
    assert [each["muted_by"] for each in told] == [author(), None]
    assert store.alerts.answered(Span(0, clock.at + MINUTE), MINUTE) == (0, 0), "nobody had it to acknowledge"

    clock.at += MINUTE
    cli("alerts", "mute", "shop", "--end")
    assert f"muted by {author()}" in cli("alerts", "list").stdout, "it was, while it went on"


def test_a_mute_of_what_it_costs_too_is_listed_as_one(cli, store):
    cli("alerts", "mute", "shop", "--for", "2h", "--costs", "--reason", "Drill")
    (standing,) = json.loads(cli("alerts", "mute", "--list", "--json").stdout)
    assert standing["costs"] is True


def test_a_mute_is_ended_before_its_time(cli, store):
    cli("alerts", "mute", "all", "--for", "2h", "--reason", "Move of the office")
    (standing,) = json.loads(cli("alerts", "mute", "--list", "--json").stdout)
    assert (standing["what"], standing["until"]) == ("all", "2026-11-18T11:42:07.000Z")
    assert cli("alerts", "mute", "all", "--end").stdout == "Nothing is muted.\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), 'name a service or "all": makegood alerts mute shop --for 2h --reason "…"'),
        (("shop",), "say for how long, --for 2h, or --end where it is to end now"),
        (("shop", "--for", "2h"), '--reason: say why: --reason "Load test until noon"'),
        (("shpo", "--for", "2h", "--reason", "x"), 'there is no service "shpo"; did you mean "shop"?'),
        (
            ("shop", "--for", "0s", "--reason", "x"),
            '--for: "0s" is no time at all: write more than nothing, as in "30s"',
        ),
        (("shop", "--end"), "shop is not muted; `makegood alerts mute --list` says what is"),
        (("shop", "--list"), "--list: it lists all that is muted; leave the name out"),
    ],
)  # fmt: skip
def test_what_cannot_be_muted_is_said(cli, store, words, says):
    answer = cli("alerts", "mute", *words)
    assert (answer.exit_code, answer.stderr) == (2, f"{says}\n")
    with store.snapshot() as snapshot:
        assert list(snapshot.events()) == []


# -- test


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A receiver in a thread of its own: it takes what comes to /yes, and refuses what comes to /no."""
    got: list[dict[str, object]] = []
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def take(request: web.Request) -> web.Response:
        got.append(await request.json())
        return web.Response(
            status=200 if request.path == "/yes" else 403, text="thanks" if request.path == "/yes" else "no"
        )

    async def begin() -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.router.add_post("/{where}", take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, int(runner.addresses[0][1])

    runner, port = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    yield f"http://127.0.0.1:{port}", got
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_each_channel_is_sent_a_test_and_what_it_said_is_shown(cli, store, tmp_path, hook):
    url, got = hook
    channels = f'[channel.chat]\nwebhook = "{url}/yes"\n[channel.desk]\nwebhook = "{url}/no"\n'
    (tmp_path / "makegood.toml").write_text(CONFIG + channels)

    answer = cli("alerts", "test")
    assert answer.exit_code == 1
    assert [line.split() for line in answer.stdout.splitlines()] == [
        ["CHANNEL", "BY", "IT", "SAID"],
        ["chat", "webhook", "taken", "200", "thanks"],
        ["x", "desk", "webhook", "not", "taken", "403", "no"],
    ]
    assert [each["test"] for each in got] == [True, True]

    one = cli("alerts", "test", "chat", "--json")
    assert (one.exit_code, json.loads(one.stdout)) == (
        0,
        [{"channel": "chat", "by": "webhook", "taken": True, "said": "200 thanks"}],
    )


@pytest.mark.parametrize(
    ("channels", "words", "says"),
    [
        ("", (), 'there is no channel: write [channel.chat] and webhook = "https://..."'),
        (CHAT, ("chta",), 'there is no channel "chta"; did you mean "chat"?'),
    ],
)
def test_a_channel_that_is_none_is_said(cli, store, tmp_path, channels, words, says):
    (tmp_path / "makegood.toml").write_text(CONFIG + channels)
    answer = cli("alerts", "test", *words)
    assert (answer.exit_code, answer.stderr) == (2, f"{says}\n")
