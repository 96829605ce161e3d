"""`probe` against servers on loopback: what is shown of an answer, and what decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import click
import pytest

from monitor.cli.probe import waterfall

CONFIG = """
[defaults]
confirm = {{ failures = 2, of = 2, pause = "none" }}

[endpoint.shop]
url = "http://127.0.0.1:{port}/cart?session=1"
expect = {{ contains = "cart", json = {{ "items" = "< 3" }}, headers = {{ X-Node = "present" }} }}

[endpoint.gone]
tcp = "127.0.0.1:1"

[listen]
heartbeats = ":8080"

[endpoint.job]
heartbeat = {{ env = "TOKEN" }}
every = "1h"
grace = "5m"
"""
TOKEN = {"TOKEN": "0123456789abcdef"}


class Cart(BaseHTTPRequestHandler):
    """A cart with more in it than is expected."""

    def do_GET(self) -> None:
        body = b'{"cart": true, "items": 7}'
        self.send_response(200)
        self.send_header("X-Node", "a")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Cart) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def asked(cli, tmp_path, shop):
    (tmp_path / "makegood.toml").write_text(CONFIG.format(port=shop), encoding="utf-8")

    def ask(*words: str):
        answer = cli("probe", *words, env=TOKEN)
        return answer.exit_code, click.unstyle(answer.output)

    return ask


def test_without_more_it_says_what_each_attempt_came_to(asked):
    code, page = asked("shop")
    assert code == 1
    first, _, attempt, *_ = page.splitlines()
    assert first.startswith("shop is DOWN.  http://127.0.0.1:")
    assert first.endswith("/cart"), "what is asked for may be a secret"
    assert attempt.startswith("x attempt 1: JSON value, ")
    assert attempt.endswith(" ms, HTTP 200")
    assert page.count("attempt") == 2


def test_with_debug_everything_expected_stands_there_and_what_decided(asked):
    _, page = asked("shop", "--debug")
    rows = [line.split() for line in page.partition("attempt 2")[0].splitlines()]
    assert ["EXPECTED", "TO", "BE", "FOUND", "HOLDS"] in rows
    assert ["status", "200-299", "200", "yes"] in rows
    assert ["contains", "'cart'", "there", "yes"] in rows
    assert ["json", "items", "<", "3", "7", "no:", "this", "decided"] in rows
    assert ["at", "127.0.0.1"] in rows
    assert "26 bytes were read" in page
    assert "first byte" in page


def test_a_target_that_does_not_answer_has_nothing_to_look_at(asked):
    code, page = asked("gone", "--debug")
    assert code == 1
    assert "connection refused" in page
    assert "EXPECTED" not in page


def test_a_job_that_calls_cannot_be_asked(asked):
    code, page = asked("job")
    assert (code, page) == (2, "job is called by its job, and cannot be asked; see: makegood status\n")


def test_a_name_that_nobody_has_is_told_with_those_that_are(asked):
    assert asked("shoop") == (2, 'there is no endpoint "shoop"; write some of: shop, gone, job\n')


def test_the_same_for_a_program(asked):
    code, page = asked("shop", "--json")
    found = json.loads(page)
    assert (code, found["state"], found["reason"], len(found["attempts"])) == (1, "down", "json_value", 2)
    first = found["attempts"][0]
    assert (first["addresses"], first["size"], first["broken_rule"]) == (["127.0.0.1"], 26, "json:items")
    assert first["found"]["json:items"] == 7


def test_phases_begin_where_the_one_before_ended():
    lines = waterfall({"connect": 200, "tls": 100, "body": 100})
    bars = [(line.index("━"), line.count("━")) for line in lines]
    assert bars == [(bars[0][0], 20), (bars[0][0] + 20, 10), (bars[0][0] + 30, 10)]


def test_a_phase_that_took_no_time_is_seen_all_the_same():
    assert [line.count("━") for line in waterfall({"dns": 0, "body": 0})] == [1, 1]
