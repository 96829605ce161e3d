"""Letters on their way to real receivers on loopback, and what is made of what those say."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from aiohttp import web

from monitor.alerts.channels.message import Message, NotTaken
from monitor.alerts.delivery import FIRST_WAIT, LONGEST_WAIT, TRIES, Delivery
from monitor.config.alerting import Channel
from monitor.config.plan import Plan
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from tests.alerts.conftest import Desk
from tests.alerts.receivers import (
    T0,
    Webhook,
    hangs,
    hangs_up,
    never_ends,
    over,
    raise_,
    said,
    takes_its_time,
)
from tests.cli.mail_server import Mailbox, Server


def chat(desk: Desk, hook: Webhook, more: str = "") -> Plan:
    return desk.plan(f'[channel.chat]\nwebhook = "{hook.url}"\n{more}')


async def test_what_cannot_be_put_into_words_is_tried_as_any_other_and_does_not_end_the_channel(
    desk: Desk, hook: Webhook
) -> None:
    """An alert since the year 31,700: no such instant can be written."""
    plan = chat(desk, hook)
    raise_(desk.store, "shop", "chat", at=10**15)
    assert await desk.deliver(plan)
    assert desk.letters() == [("waiting", 1, "a fault in Makegood (OverflowError)")]
    assert not await desk.deliver(plan)


# -- webhooks


async def test_a_message_says_what_it_is_about_and_where_to_acknowledge_it(desk: Desk, hook: Webhook) -> None:
    plan = chat(desk, hook, '[alerts]\nlink = "https://alerts.shop.example/"\n')
    raise_(desk.store, "shop", "chat")
    assert await desk.deliver(plan)

    (got,) = hook.got
    (alert,) = got.data["alerts"]
    assert (got.data["version"], got.data["key"], got.data["more"]) == (1, got.key, 0)
    assert got.data["title"] == "shop is down"
    assert alert == {
        "id": 1, "step": "raised", "rule": "down", "kind": "down", "subject": "shop/1", "urgency": "page",
        "title": "shop is down", "lines": ["timeout"], "service": "shop", "incident": "shop/1", "team": "",
        "since": "2026-09-21T14:13:20.000Z", "raised": "2026-09-21T14:13:20.000Z", "ended": None,
        "acknowledged": None, "unwatched": None, "link": "https://alerts.shop.example/a/the-token-of-shop",
    }  # fmt: skip
    assert desk.letters() == [("delivered", 1, "200 ok")]
    assert "Makegood-Signature" not in got.headers


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("[alert.down]\noff = true\n", "the rule down is gone from the configuration"),
        ("", "the service shop is gone from the configuration"),
        ('[service.shop]\ntitle = "Shop"\nup_when = "page"\n', None),
    ],
    ids=["rule", "service", "still there"],
)
async def test_what_is_watched_no_more_is_not_told_to_be_over(
    desk: Desk, hook: Webhook, config: str, why: str | None
) -> None:
    plan = chat(desk, hook, config)
    over(desk.store, raise_(desk.store, "shop"), "chat", at=T0)
    await desk.deliver(plan)

    (got,) = hook.got
    (alert,) = got.data["alerts"]
    assert (alert["step"], alert["unwatched"]) == ("over", why)
    assert got.data["title"] == (
        f"No longer watched ({why}): shop is down" if why else "No longer so: shop is down"
    )
    assert ("Nothing says that it has ended." in got.data["text"]) == bool(why)


async def test_it_is_signed_over_its_instant_and_its_body(desk: Desk, hook: Webhook) -> None:
    desk.environ["HOOK"] = "a secret of ours"
    plan = chat(desk, hook, 'secret = { env = "HOOK" }\n')
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan)

    (got,) = hook.got
    fields = dict(part.split("=", 1) for part in got.signature.split(","))
    signed = fields["t"].encode() + b"." + got.body
    assert fields["v1"] == hmac.new(b"a secret of ours", signed, hashlib.sha256).hexdigest()
    assert int(fields["t"]) == T0 // SECOND


async def test_a_receiver_that_answers_500_has_it_again_under_the_same_key(desk: Desk, hook: Webhook) -> None:
    hook.answers = [said(500, "oh\x1b[31m no"), said(502, ""), said()]
    plan = chat(desk, hook)
    raise_(desk.store, "shop", "chat")

    await desk.deliver(plan)
    assert desk.letters() == [("waiting", 1, "500 oh [31m no")]
    assert not await desk.deliver(plan, after=FIRST_WAIT - 1)
    await desk.deliver(plan, after=1)
    assert not await desk.deliver(plan, after=2 * FIRST_WAIT - 1)
    await desk.deliver(plan, after=1)

    assert desk.letters() == [("delivered", 3, "200 ok")]
    first, *others = hook.got
    assert len(hook.got) == 3
    assert {(each.key, each.body) for each in others} == {(first.key, first.body)}


@pytest.mark.parametrize(
    ("answer", "words"),
    [(hangs, "no answer within 0 s"), (hangs_up, "Server disconnected")],
    ids=["hangs", "hangs up"],
)
async def test_one_that_takes_it_and_says_nothing_has_it_again(
    desk: Desk, hook: Webhook, answer: object, words: str
) -> None:
    hook.answers = [answer, said()]  # type: ignore[list-item]
    desk.limit = 0.3
    plan = chat(desk, hook)
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan)
    assert desk.letters() == [("waiting", 1, words)]
    desk.limit = 60.0
    await desk.deliver(plan, after=FIRST_WAIT)
    assert desk.letters() == [("delivered", 2, "200 ok")]
    assert len({each.key for each in hook.got}) == 1


async def talks_nonsense(request: web.Request) -> web.StreamResponse:
    """Takes the request, and answers as another protocol does."""
    assert request.transport is not None
    request.transport.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("{url}?token=s3cr3t", "the answer is no HTTP"),
        ("chat.example/s3cr3t", "the address is none: it begins with https://, a host and a path"),
        ("ftp://chat.example/s3cr3t", "the address is none: it begins with https://, a host and a path"),
    ],
)
async def test_an_address_that_is_kept_elsewhere_is_said_nowhere(
    desk: Desk, hook: Webhook, path: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in what is kept of a delivery nor in the log, whatever the receiver or the address is."""
    hook.answers = [talks_nonsense]
    desk.environ["HOOK"] = path.format(url=hook.url)
    plan = desk.plan('[channel.chat]\nwebhook = { env = "HOOK" }\n')
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan)
    assert desk.letters() == [("waiting", 1, words)]
    ours = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    assert "s3cr3t" not in "".join(ours)  # the other is what the receiver logs of its visitors


async def test_one_that_is_gone_has_everything_in_order_when_it_is_back(desk: Desk, hook: Webhook) -> None:
    """It vanishes before the first word. What is told meanwhile waits, and goes as one behind the first."""
    port, plan = hook.port, chat(desk, hook)
    await hook.stop()
    shop = raise_(desk.store, "shop", "chat")
    for _ in range(5):
        await desk.deliver(plan, after=LONGEST_WAIT)
    raise_(desk.store, "bank", "chat")
    over(desk.store, shop, "chat", at=desk.at)
    assert [state for state, *_ in desk.letters(1, 2)] == ["waiting"] * 3

    await hook.start(port)
    desk.at += LONGEST_WAIT
    while await desk.deliver(plan):
        pass
    assert [each.titles for each in hook.got] == [
        ["raised shop is down"],
        ["raised bank is down", "over shop is down"],
    ]
    assert {state for state, *_ in desk.letters(1, 2)} == {"delivered"}


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("120", 120 * SECOND),
        ("0", FIRST_WAIT),
        ("999999", HOUR),
        ("Wed, 21 Oct 2026 07:28:00 GMT", FIRST_WAIT),
    ],
)
async def test_one_that_asks_us_to_wait_is_obeyed_within_bounds(
    desk: Desk, hook: Webhook, asked: str, waits: Ms
) -> None:
    hook.answers = [said(429, "slow down", Retry_After=asked), said()]
    plan = chat(desk, hook)
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan)
    assert desk.letters() == [("waiting", 1, "429 slow down")]
    assert not await desk.deliver(plan, after=waits - 1)
    await desk.deliver(plan, after=1)
    assert desk.letters() == [("delivered", 2, "200 ok")]


@pytest.mark.parametrize("status", [400, 404, 410, 302])
async def test_one_that_will_never_take_it_is_asked_three_times_and_the_next_is_told(
    desk: Desk, hook: Webhook, status: int
) -> None:
    """A redirect is one such answer: nobody else is told where we were sent."""
    elsewhere = said(status, "not here", Location="http://127.0.0.1:9/")
    hook.answers = [elsewhere, elsewhere, elsewhere, said()]
    plan = chat(desk, hook)
    raise_(desk.store, "shop", "chat")
    for _ in range(3):
        await desk.deliver(plan, after=LONGEST_WAIT)
    assert desk.letters() == [("given up", 3, f"{status} not here")]
    raise_(desk.store, "bank", "chat")
    await desk.deliver(plan)
    assert desk.letters(2) == [("delivered", 1, "200 ok")]


@pytest.mark.parametrize("answer", [never_ends, takes_its_time], ids=["never ends", "takes its time"])
async def test_of_a_long_answer_little_is_read(desk: Desk, hook: Webhook, answer: object) -> None:
    hook.answers = [answer]  # type: ignore[list-item]
    plan = chat(desk, hook)
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan)
    ((state, tries, words),) = desk.letters()
    assert (state, tries, len(words) < 300) == ("delivered", 1, True)


async def test_a_secret_that_is_missing_is_said_and_the_message_waits(desk: Desk, hook: Webhook) -> None:
    plan = chat(desk, hook, 'secret = { env = "HOOK" }\n')
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan)
    ((state, _, words),) = desk.letters()
    assert state == "waiting"
    assert words.startswith("channel.chat.secret: the variable HOOK is not set")
    desk.environ["HOOK"] = "x"
    await desk.deliver(plan, after=FIRST_WAIT)
    assert desk.letters() == [("delivered", 2, "200 ok")]


async def test_many_go_as_one_which_writes_out_twenty(desk: Desk, hook: Webhook) -> None:
    plan = chat(desk, hook)
    for n in range(34):
        raise_(desk.store, f"s{n:02}", "chat")
    await desk.deliver(plan)
    assert not await desk.deliver(plan)
    (got,) = hook.got
    assert got.data["title"] == "34 alerts: s00 is down"
    assert (len(got.data["alerts"]), got.data["more"]) == (20, 14)
    assert got.data["text"].endswith("14 more: `makegood alerts list` names them.")
    assert {state for state, *_ in desk.letters(*range(1, 35))} == {"delivered"}


async def test_a_fault_of_ours_is_no_reason_to_try_without_pause(desk: Desk, hook: Webhook, caplog) -> None:
    async def broken(plan: Plan, channel: Channel, message: Message, now: Ms) -> str:
        raise ZeroDivisionError

    plan = chat(desk, hook)
    raise_(desk.store, "shop", "chat")
    delivery = Delivery(desk.store, {"webhook": broken}, lambda: desk.at, lambda: 0.0)
    await delivery.deliver(plan, plan.alerting.channels["chat"])
    assert not await delivery.deliver(plan, plan.alerting.channels["chat"])
    assert desk.letters() == [("waiting", 1, "a fault in Makegood (ZeroDivisionError)")]
    assert "ZeroDivisionError" in caplog.text


async def test_what_nobody_takes_for_about_a_day_is_given_up_and_said_to_be(
    desk: Desk, hook: Webhook, caplog
) -> None:
    """With the pauses as long as they get; of the tries five are made here."""
    longest = sum(min(FIRST_WAIT << min(n, 10), LONGEST_WAIT) for n in range(TRIES))
    assert 23 * HOUR < longest < 25 * HOUR

    plan = chat(desk, hook)
    raise_(desk.store, "shop", "chat")
    tried = 0
    delivery = Delivery(desk.store, {"webhook": _refused}, lambda: desk.at, lambda: 1.0, tries=5)
    while await delivery.deliver(plan, plan.alerting.channels["chat"]):
        tried += 1
        desk.at += LONGEST_WAIT
    assert tried == 5
    assert desk.letters() == [("given up", 5, "nobody is there")]
    assert "an alert could not be told: chat: nobody is there" in caplog.text


async def _refused(plan: Plan, channel: Channel, message: Message, now: Ms) -> str:
    raise NotTaken("nobody is there")


# -- mail


def by_mail(desk: Desk, server: Server | int) -> Plan:
    port = server if isinstance(server, int) else server.bound
    return desk.plan(
        f"""
[mail]
host = "127.0.0.1"
port = {port}
tls = "none"
from = "alerts@shop.example"
timeout = "5s"

[channel.chat]
mail = ["ops@shop.example", "boss@shop.example"]
"""
    )


async def test_a_letter_has_several_alerts_and_a_name_of_its_own(
    desk: Desk, mail: Server, mailbox: Mailbox
) -> None:
    plan = by_mail(desk, mail)
    raise_(desk.store, "shop", "chat")
    raise_(desk.store, "bank", "chat")
    await desk.deliver(plan)

    (letter,) = mailbox.letters
    assert letter["Subject"] == "2 alerts: shop is down"
    assert letter["To"] == "ops@shop.example, boss@shop.example"
    assert letter["Message-ID"] == f"<alert-{T0}-1@shop.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().splitlines() == [
        "shop is down", "timeout", "Acknowledge: makegood alerts ack 1", "",
        "bank is down", "timeout", "Acknowledge: makegood alerts ack 2",
    ]  # fmt: skip
    assert desk.letters(1, 2) == [("delivered", 1, "Taken as 4711")] * 2


async def test_a_server_that_hangs_up_has_it_again_under_the_same_name(
    desk: Desk, mail: Server, mailbox: Mailbox
) -> None:
    mailbox.answer = "hang up"
    plan = by_mail(desk, mail)
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan)
    ((state, tries, words),) = desk.letters()
    assert (state, tries) == ("waiting", 1)
    assert "fell silent" in words
    mailbox.answer = "250 Taken as 4711"
    await desk.deliver(plan, after=FIRST_WAIT)
    assert [each["Message-ID"] for each in mailbox.letters] == [f"<alert-{T0}-1@shop.example>"]


@pytest.mark.parametrize(("answer", "state"), [("451 try later", "waiting"), ("550 never", "given up")])
async def test_a_server_says_itself_whether_trying_again_is_of_use(
    desk: Desk, mail: Server, mailbox: Mailbox, answer: str, state: str
) -> None:
    mailbox.answer = answer
    plan = by_mail(desk, mail)
    raise_(desk.store, "shop", "chat")
    for _ in range(3):
        await desk.deliver(plan, after=LONGEST_WAIT)
    ((found, tries, words),) = desk.letters()
    assert (found, tries) == (state, 3)
    assert answer in words


async def test_one_address_that_is_refused_keeps_it_from_nobody_else(
    desk: Desk, mail: Server, mailbox: Mailbox
) -> None:
    mailbox.refuses["boss@shop.example"] = "550 no such user"
    plan = by_mail(desk, mail)
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan)
    ((state, _, words),) = desk.letters()
    assert (state, mailbox.to) == ("delivered", [["ops@shop.example"]])
    assert "refused: boss@shop.example" in words


async def test_where_no_server_is_it_waits(desk: Desk, mail: Server) -> None:
    plan = by_mail(desk, 1)
    raise_(desk.store, "shop", "chat")
    await desk.deliver(plan, after=MINUTE)
    ((state, tries, words),) = desk.letters()
    assert (state, tries) == ("waiting", 1)
    assert "127.0.0.1:1 cannot be reached" in words
