"""`probe` against servers on loopback: what is shown of an answer, and what decided."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import click
import pytest
import trustme

from monitor.cli.probe import waterfall

CONFIG = """
[defaults]
confirm = {{ failures = 2, of = 2, pause = "none" }}

[endpoint.shop]
url = "http://127.0.0.1:{port}/cart?session=1"
expect = {{ contains = "cart", json = {{ "items" = "< 3" }}, headers = {{ X-Node = "present" }} }}

[endpoint.echo]
url = "http://127.0.0.1:{port}/echo?session=hunter2"
headers = {{ X-Key = {{ env = "KEY" }} }}
expect = {{ json = {{ "key" = "other", "query" = "other" }} }}

[endpoint.shaky]
url = "http://127.0.0.1:{port}/shaky"
confirm = {{ failures = 2, of = 3, pause = "none" }}

[endpoint.gone]
tcp = "127.0.0.1:1"

[listen]
heartbeats = ":8080"

[endpoint.job]
heartbeat = {{ env = "TOKEN" }}
every = "1h"
grace = "5m"
"""
ENVIRON = {"TOKEN": "0123456789abcdef", "KEY": "correct-horse"}


class Cart(BaseHTTPRequestHandler):
    """A cart with more in it than is expected; what was sent, said back; a page that fails at first."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        body = b'{"cart": true, "items": 7}'
        if path == "/echo":
            body = json.dumps({"key": self.headers["X-Key"], "query": query}).encode()
        self.server.asked = getattr(self.server, "asked", 0) + 1
        self.send_response(503 if path == "/shaky" and self.server.asked == 1 else 200)
        self.send_header("X-Node", "a")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Cart) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def shop() -> Iterator[int]:
    with serving() as port:
        yield port


@pytest.fixture
def asked(cli, tmp_path, shop):
    (tmp_path / "makegood.toml").write_text(CONFIG.format(port=shop), encoding="utf-8")

    def ask(*words: str, **env: str):
        answer = cli("probe", *words, env={**ENVIRON, **env})
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
    assert ["contains", '"cart"', "there", "yes"] in rows
    assert ["json", "items", "<", "3", "7", "no:", "this", "decided"] in rows
    assert ["at", "127.0.0.1"] in rows
    assert "26 bytes were read" in page
    assert "first byte" in page
    assert page.splitlines()[-1] == "2 of at most 2 attempts made: 2 failed. 2 failures are needed for down."


def test_a_failure_that_is_not_confirmed_is_a_blip_and_the_answer_is_yes(asked):
    code, page = asked("shaky", "--debug")
    marks = [line[:12] for line in page.splitlines() if "attempt " in line[:12]]
    assert (code, marks) == (0, ["x attempt 1:", "  attempt 2:", "  attempt 3:"])
    assert page.splitlines()[-1].endswith("2 failures are needed for down, and cannot be reached: a blip.")


@pytest.mark.parametrize("how", ["--debug", "--json"])
def test_what_is_secret_is_not_shown_even_where_the_target_says_it_back(asked, how):
    code, page = asked("echo", how)
    assert code == 1
    assert "***" in page
    assert "hunter2" not in page
    assert "correct-horse" not in page


def test_nothing_is_written(asked, tmp_path):
    before = {path.name for path in tmp_path.rglob("*")}
    asked("shop", "--debug")
    assert {path.name for path in tmp_path.rglob("*")} == before


def test_the_page_can_be_shown_by_any_terminal(asked):
    assert asked("shop", "--debug")[1].isascii()


@pytest.fixture
def secure(tmp_path, cli):
    """An https server with a certificate of ten days and a half, and who is trusted for it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    until = datetime.now(UTC) + timedelta(days=10, hours=12)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=until).configure_cert(context)
    with serving(context) as port:
        text = f'[endpoint.secure]\nurl = "https://127.0.0.1:{port}/cart"\n'
        (tmp_path / "secure.toml").write_text(text, encoding="utf-8")

        def ask(*words: str):
            trusted = {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
            answer = cli("probe", "secure", *words, config=tmp_path / "secure.toml", env=trusted)
            return answer.exit_code, click.unstyle(answer.output)

        yield ask


def test_a_certificates_days_are_told_though_no_rule_is_about_them(secure):
    code, page = secure("--debug")
    assert (code, page.splitlines()[0][:13]) == (0, "secure is up.")
    assert "the certificate is valid for 10 more days" in page
    assert " TLS " in page
    assert "certificate" not in page.partition("EXPECTED")[2], "it is told, not expected"


def test_a_target_that_does_not_answer_has_nothing_to_look_at(asked):
    code, page = asked("gone", "--debug")
    assert code == 1
    assert "connection refused" in page
    assert "EXPECTED" not in page
    assert "what is expected was not looked at: connection refused decided" in page


def test_a_job_that_calls_cannot_be_asked(asked):
    code, page = asked("job")
    assert code == 2
    assert page == (
        "job is a heartbeat: its job calls the monitor, so there is nothing to probe; "
        "see what was heard of it: makegood log job\n"
    )


def test_a_name_that_nobody_has_is_told_with_those_that_are(asked):
    assert asked("shoop") == (
        2,
        'there is no endpoint "shoop"; write some of: shop, echo, shaky, gone, job\n',
    )


def test_the_same_for_a_program(asked):
    code, page = asked("shop", "--json")
    found = json.loads(page)
    assert (code, found["state"], found["reason"], len(found["attempts"])) == (1, "down", "json_value", 2)
    first = found["attempts"][0]
    assert (first["addresses"], first["size"], first["broken_rule"]) == (["127.0.0.1"], 26, "json:items")
    assert first["found"]["json:items"] == 7
    assert [each["what"] for each in first["expected"] if not each["holds"]] == ["json items"]
    assert found["confirmation"] == {"failures": 2, "attempts": 2}


def test_phases_begin_where_the_one_before_ended():
    lines = waterfall({"connect": 200, "tls": 100, "body": 100})
    bars = [(line.index("="), line.count("=")) for line in lines]
    assert bars == [(bars[0][0], 20), (bars[0][0] + 20, 10), (bars[0][0] + 30, 10)]


def test_a_phase_that_took_no_time_is_seen_all_the_same():
    assert [line.count("=") for line in waterfall({"dns": 0, "body": 0})] == [1, 1]
