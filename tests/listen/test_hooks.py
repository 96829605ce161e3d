"""Links of alerts, and metrics that are pushed: what each says, and that nobody learns or changes more."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import threading
from dataclasses import replace
from fractions import Fraction

import pytest

from monitor.core.intervals import SECOND
from monitor.listen import page, pushing
from monitor.listen.answers import Shown
from monitor.listen.door import Limits
from monitor.listen.errands import Busy, Errands
from tests.listen.conftest import START, parted, until
from tests.listen.hooked import BEARER, LINK, OVER, TITLE, Hatch

FORM = {"Content_Type": "application/x-www-form-urlencoded"}
NOT_FOUND = "This link leads nowhere, or it does no longer."
STRANGER = "bm90LWEtdG9rZW4tb2YtYW55Ym9keS0w"


@pytest.fixture
async def hatch():
    async with Hatch() as hatch:
        yield hatch


# -- a link


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_to_follow_a_link_changes_nothing_however_often(hatch, method):
    for _ in range(5):
        status, _ = await hatch.ask(method, f"/a/{LINK}")
        assert status == 200
    assert hatch.kept.alerts[LINK] == Shown(TITLE, START)


async def test_the_page_says_the_title_since_when_that_nobody_has_it_and_nothing_more(hatch):
    _, text = await hatch.ask("GET", f"/a/{LINK}")
    told = re.findall(r"<(?:h1|p|label|button)[^>]*>(.*?)</(?:h1|p|label|button)>", text)
    assert told == [
        f"<bdi>{TITLE}</bdi>",
        "Since 21 Sep 2026, 16:13:20 CEST.",
        "Nobody has acknowledged it.",
        "Your name, if you want it kept",
        "Acknowledge",
        "You take it up, and alerts about it go no further.",
    ]
    assert "<script" not in text
    assert "http" not in text.partition("</style>")[2]
    assert LINK not in text


async def test_who_posts_takes_it_up_and_the_first_one_is_kept(hatch):
    _, first = await hatch.ask("POST", f"/a/{LINK}", b"who=Ada+L.", **FORM)
    hatch.clock.passes(60 * SECOND)
    status, again = await hatch.ask("POST", f"/a/{LINK}", b"who=Ben", **FORM)
    _, shown = await hatch.ask("GET", f"/a/{LINK}")
    assert status == 200
    assert first == again == shown
    assert "<p>Acknowledged by <bdi>Ada L.</bdi>, 21 Sep 2026, 17:13:20 CEST.</p>" in first
    assert "<form" not in first


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", ""),
        (b"who=", ""),
        (b"who=%20%20", ""),
        (b"other=1", ""),
        (b"who=%3Cb%3EEve%3C%2Fb%3E", "<b>Eve</b>"),
        (b"who=Eve%E2%80%AE%00%0Aon%20call", "Eve on call"),
        (b"who=" + b"x" * 500, "x" * 80),
        (b"who=%ff", "�"),
        (b"\xff\xfe", ""),
    ],
)
async def test_a_name_is_one_line_and_may_be_left_out(hatch, body, kept):
    status, text = await hatch.ask("POST", f"/a/{LINK}", body, **FORM)
    assert (status, hatch.kept.alerts[LINK].by) == (200, kept)
    assert "<b>Eve" not in text


async def test_what_is_over_is_shown_as_that_and_cannot_be_taken_up(hatch):
    _, text = await hatch.ask("POST", f"/a/{OVER}")
    assert "<p>Over since 21 Sep 2026, 16:14:20 CEST.</p>" in text
    assert "<form" not in text
    assert hatch.kept.alerts[OVER].acknowledged is None


@pytest.mark.parametrize(
    "token", ["", "x", STRANGER, LINK[:-1], LINK + "x", LINK.lower(), f"{LINK}/", f"{LINK}/x", "../a", "%00",
              "x" * 3_000, "%ff%fe", "' OR 1=1 --".replace(" ", "%20")]
)  # fmt: skip
async def test_a_token_that_is_unknown_tells_nothing(hatch, token):
    answers = [await hatch.ask(method, f"/a/{token}") for method in ("GET", "POST")]
    assert {status for status, _ in answers} == {404}
    assert {text for _, text in answers} == {page.notice(NOT_FOUND)}


async def test_every_answer_keeps_the_address_to_itself(hatch):
    for path in (f"/a/{LINK}", f"/a/{STRANGER}"):
        head = (await hatch.raw("GET", path)).partition(b"\r\n\r\n")[0].decode()
        for line in (
            "Referrer-Policy: no-referrer",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "X-Robots-Tag: noindex",
            f"Content-Security-Policy: {page.POLICY}",
        ):
            assert line in head.splitlines()
        assert "Set-Cookie" not in head


async def test_the_policy_lets_in_the_style_of_the_page_and_nothing_else(hatch):
    _, text = await hatch.ask("GET", f"/a/{LINK}")
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.POLICY
    assert "default-src 'none'" in page.POLICY
    assert "frame-ancestors 'none'" in page.POLICY


def test_a_title_that_people_wrote_cannot_become_a_page():
    text = page.alert(Shown('<img src=x onerror="alert(1)">\u202e\x00', START, START, "<i>"), "UTC")
    assert "<img" not in text
    assert "<i>" not in text
    assert "\u202e" not in text
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in text


def test_the_page_says_what_the_letter_says_and_nothing_more():
    lines = ("240.00 EUR over 2 customers", "<b>shop-web</b>")
    shown = Shown(TITLE, START, lines=lines, incident="shop/20260921T101320Z")
    text = page.alert(shown, "UTC")
    told = re.findall(r"<p[^>]*>(.*?)</p>", text.partition("<form")[0])
    assert told == [
        "<bdi>240.00 EUR over 2 customers</bdi>",
        "<bdi>&lt;b&gt;shop-web&lt;/b&gt;</bdi>",
        "Since 21 Sep 2026, 14:13:20 UTC.",
        "Incident <bdi>shop/20260921T101320Z</bdi>.",
        "Nobody has acknowledged it.",
    ]
    assert "<script" not in text
    assert "href" not in text


async def test_who_guesses_is_slowed_down_and_who_has_a_link_is_not(hatch):
    statuses = [(await hatch.ask("GET", f"/a/{STRANGER[:-2]}{n:02}"))[0] for n in range(40)]
    assert set(statuses) == {404, 429}
    assert (await hatch.ask("GET", f"/a/{LINK}"))[0] == 200


async def test_one_link_is_not_looked_up_without_end(hatch):
    statuses = [(await hatch.ask("GET", f"/a/{LINK}"))[0] for _ in range(40)]
    assert statuses == [200] * 30 + [429] * 10
    hatch.clock.passes(5 * SECOND)
    assert (await hatch.ask("GET", f"/a/{LINK}"))[0] == 200


# -- a metric


async def test_a_value_is_kept_exactly_once_by_its_id(hatch):
    said = {"value": "99.610000000001", "at": "2026-09-21T14:13:20Z", "id": "run-1"}
    assert await hatch.push(said) == (200, {"metric": "payments", "kept": "now"})
    assert await hatch.push(said) == (200, {"metric": "payments", "kept": "before"})
    assert hatch.kept.values == {("payments", "run-1"): (START, Fraction("99.610000000001"))}


@pytest.mark.parametrize("other", [{"value": "99.62"}, {"at": "2026-09-21T14:13:21Z"}])
async def test_another_value_by_the_same_id_is_refused(hatch, other):
    said = {"value": "99.61", "at": "2026-09-21T14:13:20Z", "id": "run-1"}
    await hatch.push(said)
    status, problem = await hatch.push(said | other)
    assert status == 409
    assert problem["detail"] == (
        "another value, or another instant, has this id: give this one an id of its own"
    )


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("99.61", Fraction("99.61")),
        (" 7\n", Fraction(7)),
        ("-0.5", Fraction(-1, 2)),
        ('{"value": 0.1}', Fraction(1, 10)),
        ('{"value": 123456789012345678.123456789012}', Fraction("123456789012345678.123456789012")),
        ({"value": 3}, Fraction(3)),
        ({"value": "-12.50"}, Fraction("-12.5")),
    ],
)
async def test_a_number_is_read_as_it_is_written(hatch, body, value):
    assert (await hatch.push(body))[0] == 200
    ((_, kept),) = hatch.kept.values.values()
    assert kept == value


@pytest.mark.parametrize(
    ("body", "where", "words"),
    [
        ("", "body", "the body is empty: write a number such as 99.61"),
        ("99,61", "body", "write digits and at most one point"),
        ("1e3", "body", "write it out, without an exponent"),
        ("NaN", "body", "write digits"),
        ("9" * 19, "body", "at most 18 digits before the point and 12 after it"),
        ("0." + "1" * 13, "body", "at most 18 digits before the point and 12 after it"),
        ("9" * 4_000, "body", "at most 18 digits"),
        ("{", "body", "the body is not JSON"),
        ("{" + '"a":{' * 700, "body", "the body is not JSON"),
        ([1], "body", "the body is no object"),
        ({"value": None}, "value", "is missing, or is no number"),
        ({"value": True}, "value", "is missing, or is no number"),
        ({}, "value", "is missing, or is no number"),
        ('{"value": NaN}', "value", "write digits"),
        ('{"value": 1e400}', "value", "without an exponent"),
        ('{"value": 1, "value": 2}', "body", "a key stands there twice"),
        ({"value": "1", "unit": "EUR"}, "unit", "is no key of a push: write value, at, id"),
        ({"value": "1", "at": "2026-09-21"}, "at", "write it with its offset"),
        ({"value": "1", "at": "2026-09-21T14:00"}, "at", "write it with its offset"),
        ({"value": "1", "at": 1_790_000_000}, "at", "write it with its offset"),
        ({"value": "1", "at": ["x"]}, "at", "write it with its offset"),
        ({"value": "1", "at": "2026-09-21T15:14:21Z"}, "at", "is still to come"),
        ({"value": "1", "at": "0001-01-01T00:00:00+14:00"}, "at", "is"),
        ({"value": "1", "at": "1999-12-31T23:59:59Z"}, "at", "is before the year 2000"),
        ({"value": "1", "id": ""}, "id", "write a text of one line, at most 200 characters"),
        ({"value": "1", "id": "a\nb"}, "id", "write a text of one line"),
        ({"value": "1", "id": "x" * 201}, "id", "at most 200 characters"),
        ({"value": "1", "id": {"a": 1}}, "id", "write a text of one line"),
        ({"value": "1", "id": "\ud800"}, "id", "write a text of one line"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_said_with_where_and_what_to_write(hatch, body, where, words):
    status, problem = await hatch.push(body)
    assert (status, problem["status"], problem["where"]) == (400, 400, where)
    assert words in str(problem["detail"])
    assert hatch.kept.values == {}


async def test_a_clock_that_is_a_minute_ahead_is_borne(hatch):
    assert (await hatch.push({"value": "1", "at": "2026-09-21T15:14:20Z"}))[0] == 200


async def test_neither_a_wrong_token_nor_another_name_tells_what_there_is(hatch):
    answers = [
        await hatch.push("1", token="wrong"),
        await hatch.push("1", name="refunds"),
        await hatch.push("1", name="payments/x"),
        await hatch.push("1", name=""),
        await hatch.push("not a number", name="refunds"),
        await hatch.push("1", token=BEARER + "x"),
    ]
    assert {status for status, _ in answers} == {401}
    assert len({str(problem) for _, problem in answers}) == 1
    assert hatch.kept.asked == 0


@pytest.mark.parametrize("said", [{}, {"Authorization": "Basic x"}, {"Authorization": f"Bearer{BEARER}"},
                                  {"Authorization": BEARER}, {"Authorization": "Bearer "}])  # fmt: skip
async def test_without_a_bearer_token_nothing_is_taken(hatch, said):
    answer = await hatch.raw("POST", "/metric/payments", b"1", **said)
    assert parted(answer)[0] == 401
    assert b"WWW-Authenticate: Bearer" in answer


async def test_who_guesses_tokens_of_metrics_is_slowed_down_and_who_has_one_is_not(hatch):
    statuses = [(await hatch.push("1", token=f"guess{n}"))[0] for n in range(40)]
    assert set(statuses) == {401, 429}
    assert (await hatch.push("1"))[0] == 200


async def test_a_token_that_is_taken_out_is_taken_no_more(hatch):
    hatch.hooks.know({})
    assert (await hatch.push("1"))[0] == 401


# -- both


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("PUT", f"/a/{LINK}", 405, b"Allow: GET, HEAD, POST"),
        ("DELETE", f"/a/{LINK}", 405, b"Allow: GET, HEAD, POST"),
        ("OPTIONS", f"/a/{LINK}", 405, b"Allow: GET, HEAD, POST"),
        ("GET", "/metric/payments", 405, b"Allow: POST"),
        ("GET", "/metric/nobody", 405, b"Allow: POST"),
        ("GET", "/", 404, b""),
        ("POST", "/a", 404, b""),
        ("GET", "//a/" + LINK, 404, b""),
        ("POST", "/heartbeat/x", 404, b""),
        ("GET", "/favicon.ico", 404, b""),
    ],
)
async def test_other_ways_lead_nowhere(hatch, method, path, status, allow):
    answer = await hatch.raw(method, path)
    assert parted(answer)[0] == status
    assert allow in answer
    assert hatch.kept.asked == 0


@pytest.mark.parametrize("path", [f"/a/{LINK}", "/metric/payments"])
async def test_a_large_body_and_chunks_are_refused(hatch, path):
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {BEARER}\r\n".encode()
    large = parted(await hatch.send(head + b"Content-Length: 2000000\r\n\r\n"))
    chunks = parted(await hatch.send(head + b"Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n"))
    assert (large[0], chunks[0], hatch.kept.asked) == (413, 411, 0)


async def test_half_a_head_is_closed_by_its_deadline_and_somebody_acknowledges_meanwhile():
    async with Hatch(Limits(places=8, places_each=8, patience=0.5)) as hatch:
        slow = [await hatch.connect() for _ in range(40)]
        for _, writer in slow:
            writer.write(f"POST /a/{LINK} HTTP/1.1\r\nHost: x\r\n".encode())
        assert (await hatch.ask("POST", f"/a/{LINK}"))[0] == 200
        await until(lambda: not hatch.door.guests)
        for _, writer in slow:
            writer.close()


async def test_a_database_that_refuses_is_said_once_in_the_log_and_each_time_to_who_asks(hatch, caplog):
    hatch.kept.refuses = True
    with caplog.at_level(logging.WARNING):
        statuses = [(await hatch.push("1"))[0], (await hatch.ask("POST", f"/a/{LINK}"))[0]]
    assert statuses == [503, 503]
    assert [record.getMessage() for record in caplog.records] == [
        "hooks are answered with 503: the database is locked"
    ]
    hatch.kept.refuses = False
    assert (await hatch.push("1"))[0] == 200


async def test_no_token_stands_in_the_log(hatch, caplog):
    with caplog.at_level(logging.DEBUG):
        for path in (f"/a/{LINK}", f"/a/{STRANGER}", f"/a/{LINK}?x={BEARER}"):
            await hatch.ask("GET", path)
        await hatch.push("x")
        await hatch.push("1", token="wrong-token")
        hatch.kept.alerts = None  # type: ignore[assignment]  # a fault of ours
        assert (await hatch.ask("GET", f"/a/{LINK}"))[0] == 500
    for secret in (LINK, STRANGER, BEARER, "wrong-token"):
        assert secret not in caplog.text


async def test_a_database_that_hangs_holds_up_so_many_and_the_rest_is_told_to_come_again():
    errands = Errands(most=3, patience=0.2)
    async with Hatch(errands=errands) as hatch:
        gate = hatch.kept.gate = threading.Event()
        first = [await hatch.ask("POST", f"/a/{LINK}") for _ in range(3)]
        assert errands.undone == 3
        last = await hatch.ask("GET", f"/a/{LINK}")
        assert [status for status, _ in (*first, last)] == [503] * 4
        assert hatch.kept.asked == 2  # two at once; the others wait
        gate.set()
        await until(lambda: not errands.undone)
        assert hatch.kept.alerts[LINK].acknowledged is not None  # what was begun came about


async def test_an_errand_that_fails_after_its_time_is_nobodys():
    gate, errands = threading.Event(), Errands(patience=0.05)

    def work() -> None:
        gate.wait(30)
        raise OSError("disk")

    with pytest.raises(Busy):
        await errands.do(work)
    gate.set()
    await until(lambda: not errands.undone)
    await errands.close()
    await errands.close()


def test_a_value_is_the_one_that_its_text_says_for_a_thousand_of_them():
    for n in range(-500, 500):
        text = f"{'-' if n < 0 else ''}{abs(n) // 10}.{abs(n) % 10}"
        assert pushing.value("value", text) == Fraction(n, 10)


def test_what_is_shown_of_one_that_somebody_took_up_without_a_name():
    shown = replace(Shown(TITLE, START), acknowledged=START)
    assert "<p>Acknowledged, 21 Sep 2026, 14:13:20 UTC.</p>" in page.alert(shown, "UTC")
