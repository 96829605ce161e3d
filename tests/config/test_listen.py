"""[listen]: addresses as people write them, and what is refused or warned of."""

from __future__ import annotations

import pytest

WEB = '[endpoint.web]\nurl = "https://www.example.com/"\n[listen]\n'


def test_nothing_is_listened_at_unless_the_file_says_so(load, good):
    assert (load(good).listen.heartbeats, load(good).listen.metrics) == (None, None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.0.0.0:8080", ("0.0.0.0", 8080)),
        ("127.0.0.1:1", ("127.0.0.1", 1)),
        (":8080", ("127.0.0.1", 8080)),
        ("[::]:8080", ("::", 8080)),
        ("[::1]:65535", ("::1", 65_535)),
    ],
)
def test_an_address_is_an_ip_address_and_a_port(load, written, read):
    assert load(f'{WEB}heartbeats = "{written}"\n').listen.heartbeats == read


@pytest.mark.parametrize(
    "written", ["8080", '"8080"', '"localhost:8080"', '"0.0.0.0"', '"::1:80"', '"http://x:80"']
)
def test_anything_else_is_refused(refused, written):
    (line,) = refused(f"{WEB}metrics = {written}\n")
    assert line.endswith('is not an address and a port: write "127.0.0.1:8080" or "0.0.0.0:8080"')


@pytest.mark.parametrize("port", [0, 65_536])
def test_a_port_is_in_its_range(refused, port):
    (line,) = refused(f'{WEB}metrics = ":{port}"\n')
    assert line.endswith(f"{port} is not a port: a port is 1 to 65535")


def test_the_two_are_apart(refused):
    (line,) = refused(f'{WEB}heartbeats = ":8080"\nmetrics = "127.0.0.1:8080"\n')
    assert line.endswith("listen.metrics: is the address of heartbeats: write another port")


def test_no_two_of_three_are_at_one_address(refused):
    lines = refused(f'{WEB}heartbeats = ":8080"\nmetrics = ":9899"\nhooks = "127.0.0.1:8080"\n')
    assert [line.partition("listen.hooks")[2] for line in lines] == [
        ": is the address of heartbeats: write another port"
    ]
    (line,) = refused(f'{WEB}metrics = ":9899"\nhooks = ":9899"\n')
    assert line.endswith("listen.hooks: is the address of metrics: write another port")


def test_hooks_that_are_sent_in_the_clear_are_warned_of(load_watched):
    assert load_watched(f'{WEB}hooks = ":9120"\n').warnings == ()
    assert load_watched(f'{WEB}hooks = "0.0.0.0:9120"\n').warnings == (
        (
            "listen.hooks: links and tokens come here in plain HTTP, and whoever is on the way can use them: "
            'write "127.0.0.1:9120" and put a proxy with TLS before it'
        ),
    )


def test_a_link_and_a_token_that_nobody_answers_are_warned_of(load_watched):
    said = (
        '[alerts]\nlink = "https://monitor.example"\n[metric.payments]\ntoken = { env = "PAYMENTS" }\n'
        '[metric.by-hand]\nunit = "%"\n'
    )
    how = 'nobody answers there: write [listen] hooks = "127.0.0.1:9120"'
    assert load_watched(WEB + said).warnings == (f"alerts.link: {how}", f"metric.payments.token: {how}")
    assert load_watched(f'{WEB}hooks = ":9120"\n{said}').warnings == ()


def test_tickets_that_nobody_answers_are_warned_of_and_our_own_incidents_need_nobody(load_watched):
    said = '[tickets.desk]\ntoken = { env = "DESK" }\n[tickets.makegood]\nincidents = true\n'
    how = 'nobody answers there: write [listen] hooks = "127.0.0.1:9120"'
    assert load_watched(WEB + said).warnings == (f"tickets.desk: {how}",)
    assert load_watched(f'{WEB}hooks = ":9120"\n{said}').warnings == ()


def test_metrics_that_others_reach_are_warned_of(load_watched):
    assert load_watched(f'{WEB}metrics = ":9899"\nheartbeats = "0.0.0.0:8080"\n').warnings == ()
    assert load_watched(f'{WEB}metrics = "0.0.0.0:9899"\n').warnings == (
        (
            "listen.metrics: whoever reaches this address reads the names and states of all endpoints: "
            'write "127.0.0.1:9899", or see to it that only your own do'
        ),
    )
