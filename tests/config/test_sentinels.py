"""Sentinels in the configuration: what they are, what they cannot be, and when they are missed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.config.digest import plan_digest
from monitor.config.endpoint import Http, Tcp
from monitor.config.plan import Plan

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]

WEB = '[endpoint.web]\nurl = "https://www.example.com/"\n'
OFFICE = '[sentinel.office]\ntcp = "office.example.net:443"\n'
MIRROR = '[sentinel.mirror]\nurl = "https://mirror.example.org/"\n'


def test_a_sentinel_is_asked_like_an_endpoint_and_is_none(load: Load) -> None:
    plan = load("[defaults]\nverify_tls = false\n" + WEB + OFFICE + MIRROR + 'timeout = "2s"\n')
    office, mirror = plan.sentinels["office"], plan.sentinels["mirror"]
    assert (office.target, office.interval, office.timeout) == ("office.example.net:443", 30_000, 5_000)
    assert (office.how, mirror.timeout) == (Tcp(), 2_000)
    assert isinstance(mirror.how, Http)
    assert mirror.how.verify_tls, "the defaults are of endpoints"
    assert list(plan.endpoints) == ["web"]


def test_what_is_wrong_with_sentinels_is_told_at_once(refused: Refused) -> None:
    text = (
        WEB
        + OFFICE
        + 'url = "https://a.example/"\n[sentinel.b]\n'
        + '[sentinel.c]\ntcp = "c:1"\nfamly = "ipv4"\n'
    )
    text += '[sentinel.d]\ntcp = "d:1"\ntimeout = "30s"\nexpect = { status = 200 }\n'
    hint = 'write url = "https://www.example.com/" or tls = "www.example.com:443"'
    assert [line.partition(": ")[2] for line in refused(text)] == [
        f"sentinel.office: a sentinel has one of url, tcp and tls: {hint}",
        f"sentinel.b: a sentinel has one of url, tcp and tls: {hint}",
        'sentinel.c: unknown key "famly"; did you mean "family"?',
        "sentinel.d.timeout: 30s is not shorter than the interval of 30s: write a shorter timeout",
        "sentinel.d.expect.status: belongs to http, and this endpoint is tcp: take it out",
    ]


def test_nobody_who_tells_our_network_from_a_target_is_missed(load: Load) -> None:
    (none,) = load(WEB).warnings
    (one,) = load(WEB + OFFICE).warnings
    assert none.startswith("sentinel: none: a fault of our own network may be charged to the targets; ")
    assert one.startswith("sentinel: a single one cannot be told from our network when it fails: ")
    assert load(WEB + OFFICE + MIRROR).warnings == ()


def test_who_asks_this_machine_alone_needs_none(load: Load) -> None:
    assert load('[endpoint.here]\nurl = "http://127.0.0.1:8080/"\n').warnings == ()


@pytest.mark.parametrize(
    ("target", "warned"),
    [
        ("http://localhost/", "sentinel.bad: is this machine itself, and says nothing of its network"),
        ("http://WWW.example.com/", "sentinel.bad: is the host of endpoint.web: when it fails, "),
    ],
)
def test_a_sentinel_that_fails_together_with_us_or_a_target_is_warned_of(
    load: Load, target: str, warned: str
) -> None:
    (said,) = load(WEB + OFFICE + MIRROR + f'[sentinel.bad]\nurl = "{target}"\n').warnings
    assert said.startswith(warned)


def test_sentinels_measure_and_so_are_part_of_the_digest(load: Load) -> None:
    assert plan_digest(load(WEB)) != plan_digest(load(WEB + OFFICE))
