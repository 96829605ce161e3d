"""`check` against servers on loopback: one that answers, one that fails, one that is not there."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import click
import pytest

from monitor.cli.check import Look, headline, lines
from monitor.core.checks import Facts, Reason, State


class Shop(BaseHTTPRequestHandler):
    """Open at /, broken at /broken."""

    def do_GET(self) -> None:
        body = b"open"
        self.send_response(503 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def config(tmp_path, shop, nobody):
    (tmp_path / "makegood.toml").write_text(
        f"""
[endpoint.web]
url = "http://127.0.0.1:{shop}/"
interval = "30s"

[endpoint.orders]
url = "http://127.0.0.1:{shop}/broken"
interval = "30s"
confirm = {{ failures = 2, of = 2, pause = "10ms" }}

[endpoint.port]
tcp = "127.0.0.1:{nobody}"
interval = "30s"
confirm = {{ failures = 2, of = 2, pause = "10ms" }}
""",
        encoding="utf-8",
    )


@pytest.mark.usefixtures("config")
def test_what_answers_as_expected_is_up_and_the_answer_is_yes(cli):
    answer = cli("check", "web")

    assert (answer.exit_code, answer.stdout.splitlines()[0]) == (0, "It is up.")


@pytest.mark.usefixtures("config")
def test_the_environments_proxy_has_no_say(cli):
    """It points at a port that nobody listens on, and nobody asks there (FAULTS B92)."""
    nowhere = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:1")

    assert cli("check", "web", env=nowhere).exit_code == 0


@pytest.mark.usefixtures("config")
def test_what_fails_twice_is_down_and_the_answer_is_no(cli):
    answer = cli("check", "--json")

    assert answer.exit_code == 1
    assert [
        (look["endpoint"], look["state"], look["reason"], look["status"])
        for look in json.loads(answer.stdout)
    ] == [
        ("web", "up", "ok", 200),
        ("orders", "down", "status", 503),
        ("port", "down", "connection_refused", None),
    ]


@pytest.mark.usefixtures("config")
def test_an_endpoint_that_is_not_configured_is_told_with_those_that_are(cli):
    answer = cli("check", "shop")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == 'there is no endpoint "shop"; write some of: web, orders, port\n'


def test_the_table_names_the_reason_and_what_was_seen():
    looks = [
        Look("web", State.UP, Reason.OK, Facts(latency=123, status=200)),
        Look("orders", State.DOWN, Reason.STATUS, Facts(latency=45_678, status=503, detail="x\x1b[31m\ny")),
        Look("api", State.UNKNOWN, Reason.OWN_DNS, Facts()),
    ]

    assert [click.unstyle(line) for line in lines(looks)] == [
        "1 of 3 endpoints is down; 1 of 3 endpoints is not measured, by our own fault.",
        "",
        "  ENDPOINT  STATE         REASON                   TIME  SEEN",
        "  web       up            ok                    12.3 ms  HTTP 200",
        "x orders    DOWN          unexpected status  4,567.8 ms  HTTP 503; x[31m y",
        "? api       not measured  own DNS                     -  -",
    ]


def test_when_all_is_well_the_headline_says_so():
    up = Look("web", State.UP, Reason.OK, Facts())

    assert headline([up, up]) == "All 2 endpoints are up."
