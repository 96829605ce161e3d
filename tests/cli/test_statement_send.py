"""Statements go out by mail, each once, by a real mail server on loopback."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

from monitor.failpoints import VARIABLE
from tests.cli.mail_server import Mailbox, Server

MAIL = """
[mail]
host = "127.0.0.1"
port = {port}
from = "billing@beispiel.example"
timeout = "5s"
{more}
"""


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Server]:
    one = Server(mailbox)
    yield one
    one.stop()


def written(tmp_path: Path, port: int, more: str = 'tls = "none"') -> None:
    """The configuration with a mail server, and an address for acme; muster has two."""
    config = tmp_path / "makegood.toml"
    text = config.read_text().replace(
        'currency = "EUR"\n', 'currency = "EUR"\nmail = "accounts@acme.example"\n', 1
    )
    text = text.replace(
        'currency = "CHF"\n', 'currency = "CHF"\nmail = ["a@muster.example", "b@muster.example"]\n'
    )
    config.write_text(text + MAIL.format(port=port, more=more))


@pytest.fixture
def issued(house, cli, server, tmp_path):
    written(tmp_path, server.bound)
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    return cli


def kinds(cli) -> list[str]:
    return [each["kind"] for each in json.loads(cli("audit", "--kind", "statement", "--json").stdout)]


# --- what goes out --------------------------------------------------------------------------------------


def test_a_statement_is_sent_with_its_pages_as_they_were_issued(issued, mailbox):
    answer = issued("statement", "send", "2026-0001")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[1] == (
        "2026-0001  acme      accounts@acme.example  sent: Taken as 4711"
    )
    (letter,) = mailbox.letters
    assert letter["From"] == "Beispiel Cloud GmbH <billing@beispiel.example>"
    assert letter["Subject"] == "Statement 2026-0001 for 2026-10, Beispiel Cloud GmbH"
    attached = {part.get_filename(): part.get_payload(decode=True) for part in letter.iter_attachments()}
    for name in ("html", "json", "csv"):
        page = issued("statement", "show", "2026-0001", f"--{name}").stdout_bytes
        assert attached[f"2026-0001.{name}"] == page
    text = letter.get_body(("plain",)).get_content()
    assert "acme-checkout: 120.00 EUR" in text
    assert "Net of VAT; this is not an invoice." in text


def test_the_sending_is_in_the_journal_with_what_the_server_said(issued):
    issued("statement", "send", "2026-0001")

    assert kinds(issued) == ["statement.issued", "statement.issued", "statement.sending", "statement.sent"]
    entry = json.loads(issued("audit", "--kind", "statement.sent", "--json").stdout)[0]
    assert (entry["subject"], entry["body"]["to"]) == ("2026-0001", ["accounts@acme.example"])
    assert entry["body"]["answer"] == "Taken as 4711"
    assert "Sent to accounts@acme.example on " in issued("statement", "show", "2026-0001").stdout
    assert json.loads(issued("statement", "list", "--json").stdout)[0]["sent"]["state"] == "sent"
    first, second = [line.split()[5] for line in issued("statement", "list").stdout.splitlines()[1:]]
    assert (first, second) == (entry["at"][:10], "-")


def test_a_month_is_sent_and_what_was_sent_is_left(issued, mailbox):
    issued("statement", "send", "2026-0001")

    answer = issued("statement", "send", "--period", "2026-10", "--json")

    (only,) = json.loads(answer.stdout)
    assert (only["number"], only["sent"], only["to"]) == (
        "2026-0002", True, ["a@muster.example", "b@muster.example"],
    )  # fmt: skip
    assert mailbox.to == [["accounts@acme.example"], ["a@muster.example", "b@muster.example"]]
    assert (
        issued("statement", "send", "--period", "2026-10").stdout
        == "Nothing of 2026-10 is left to be sent.\n"
    )


def test_no_number_is_sent_twice_unasked(issued, mailbox):
    issued("statement", "send", "2026-0001")

    answer = issued("statement", "send", "2026-0001")

    assert (answer.exit_code, len(mailbox.letters)) == (2, 1)
    assert answer.stderr == ("2026-0001 was sent to accounts@acme.example; --again sends it once more\n")
    assert issued("statement", "send", "2026-0001", "--again").exit_code == 0
    assert len(mailbox.letters) == 2


def test_looking_sends_nothing(issued, mailbox):
    answer = issued("statement", "send", "--period", "2026-10", "--dry-run")

    first = answer.stdout.splitlines()[1]
    assert first.startswith("2026-0001  acme      accounts@acme.example")
    assert first.endswith("would be sent")
    assert mailbox.letters == []
    assert "statement.sending" not in kinds(issued)


def test_eight_at_once_send_it_once(issued, mailbox, tmp_path):
    call = [sys.executable, "-m", "monitor", "--config", str(tmp_path / "makegood.toml")]
    with ThreadPoolExecutor(8) as many:
        codes = list(
            many.map(
                lambda _: (
                    subprocess.run([*call, "statement", "send", "2026-0001"], capture_output=True).returncode
                ),
                range(8),
            )
        )

    assert len(mailbox.letters) == 1
    assert sorted(set(codes)) in ([0, 2], [0, 2, 5], [0, 5]), "it was sent, or may be on its way"
    assert codes.count(0) == 1


# --- what goes wrong ------------------------------------------------------------------------------------


def test_a_recipient_that_is_refused_is_told_and_the_other_gets_it(issued, mailbox):
    mailbox.refuses = {"a@muster.example": "550 No such user"}

    answer = issued("statement", "send", "2026-0002")

    assert answer.exit_code == 0
    assert "refused: a@muster.example (550 No such user)" in answer.stdout
    assert mailbox.to == [["b@muster.example"]]


def test_where_every_recipient_is_refused_it_was_not_sent_and_can_be_tried_again(issued, mailbox):
    mailbox.refuses = {"accounts@acme.example": "450 Full"}

    answer = issued("statement", "send", "2026-0001")

    assert answer.exit_code == 1
    assert "refused every recipient: accounts@acme.example: 450 Full" in answer.stderr
    mailbox.refuses = {}
    assert issued("statement", "send", "2026-0001").exit_code == 0


def test_a_letter_that_is_refused(issued, mailbox):
    mailbox.answer = "554 Too large"

    answer = issued("statement", "send", "--period", "2026-10")

    assert answer.exit_code == 1
    assert answer.stderr.count("refused it: 554 Too large") == 2, "the other is tried too"


def test_a_server_that_falls_silent_leaves_it_open_whether_it_was_sent(issued, mailbox):
    mailbox.answer = "hang up"

    answer = issued("statement", "send", "2026-0001")

    assert answer.exit_code == 5
    assert "fell silent while it was handed over" in answer.stderr
    again = issued("statement", "send", "2026-0001")
    assert again.exit_code == 5
    assert "may have been sent to accounts@acme.example" in again.stderr


def test_no_server(house, cli, tmp_path):
    written(tmp_path, 1)
    cli("statement", "issue", "--period", "2026-10")

    answer = cli("statement", "send", "2026-0001")

    assert answer.exit_code == 1
    assert answer.stderr.startswith("127.0.0.1:1 cannot be reached as [mail] says: ")


def test_without_a_server_or_an_address_it_is_said_what_to_write(house, cli, tmp_path):
    cli("statement", "issue", "--period", "2026-10")
    assert "write [mail] with host" in cli("statement", "send", "2026-0001").stderr

    config = tmp_path / "makegood.toml"
    config.write_text(config.read_text() + MAIL.format(port=1, more='tls = "none"'))
    assert (
        'write [customer.acme] mail = ["accounts@customer.example"]'
        in cli("statement", "send", "2026-0001").stderr
    )


@pytest.mark.parametrize("words", [(), ("2026-0001", "--period", "2026-10")])
def test_it_is_said_what_is_to_be_sent(issued, words):
    assert "say which: numbers of statements, or --period MONTH" in issued("statement", "send", *words).stderr


# --- killed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("point", "letters"), [("mail.noted", 0), ("mail.sent", 1)])
def test_killed_on_the_way_it_may_have_been_sent_and_is_not_sent_again_unasked(
    issued, mailbox, tmp_path, point, letters
):
    call = [sys.executable, "-m", "monitor", "--config", str(tmp_path / "makegood.toml")]
    done = subprocess.run(
        [*call, "statement", "send", "2026-0001"], env={**os.environ, VARIABLE: point}, check=False
    )

    assert (done.returncode, len(mailbox.letters)) == (-signal.SIGKILL, letters)
    answer = issued("statement", "send", "2026-0001")
    assert (answer.exit_code, len(mailbox.letters)) == (5, letters)
    assert "it was begun, and nothing is known since" in answer.stderr
    assert issued("statement", "send", "2026-0001", "--again").exit_code == 0


# --- encrypted, and with a password ---------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path) -> trustme.CA:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    return ca


def encrypted(mailbox: Mailbox, authority: trustme.CA, name: str, **how: object) -> Server:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return Server(mailbox, tls_context=context, require_starttls=True, **how)


def check(server, session, envelope, mechanism, data) -> AuthResult:
    right = (data.login, data.password) == (b"billing", b"open sesame")
    return AuthResult(success=right, handled=False)


def collect_what_a_failed_handshake_leaves() -> None:
    """asyncio's start_tls leaves the connection of a handshake that failed to the collector, which warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


WITH_USER = 'user = "billing"\npassword = { env = "MAIL_PASSWORD" }'


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("127.0.0.1", "open sesame", ""),
        ("127.0.0.1", "wrong", "refused the user or password ([mail] user, password): 535"),
        ("elsewhere.example", "open sesame", "cannot be reached as [mail] says"),
    ],
)
def test_a_password_goes_over_a_line_whose_other_end_is_proved(
    house, cli, mailbox, tmp_path, authority, name, password, sentence
):
    server = encrypted(mailbox, authority, name, authenticator=check, auth_required=True)
    try:
        written(tmp_path, server.bound, WITH_USER)
        cli("statement", "issue", "--period", "2026-10")
        env = {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "MAIL_PASSWORD": password}

        answer = cli("statement", "send", "2026-0001", env=env)
    finally:
        server.stop()
        collect_what_a_failed_handshake_leaves()

    assert (answer.exit_code, len(mailbox.letters)) == ((1, 0) if sentence else (0, 1)), answer.stderr
    assert sentence in answer.stderr
    assert password not in answer.output


def test_a_password_that_is_not_there_is_missed_by_this_command_alone(house, cli, tmp_path):
    written(tmp_path, 1, WITH_USER)

    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    answer = cli("statement", "send", "2026-0001")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("mail.password: the variable MAIL_PASSWORD is not set, or empty")


def test_a_server_that_does_not_encrypt_gets_no_letter(issued, mailbox, tmp_path):
    config = tmp_path / "makegood.toml"
    config.write_text(config.read_text().replace('tls = "none"', 'tls = "starttls"'))

    answer = issued("statement", "send", "2026-0001")

    assert (answer.exit_code, mailbox.letters) == (1, [])
    assert "cannot be reached as [mail] says" in answer.stderr


def test_no_letter_has_a_line_more_than_its_headers(issued, mailbox, tmp_path):
    """A name with a line break would be a header of its own."""
    config = tmp_path / "makegood.toml"
    config.write_text(
        config.read_text().replace('name = "Beispiel Cloud GmbH"', 'name = "Größe, \\"Söhne\\" <x@y>"')
    )
    issued("statement", "void", "2026-0001", "--reason", "x", "--yes")
    assert issued("statement", "issue", "--period", "2026-10", "--customer", "acme").exit_code == 0

    assert issued("statement", "send", "2026-0004").exit_code == 0
    letter = mailbox.letters[-1]
    assert letter["From"].addresses[0].display_name == 'Größe, "Söhne" <x@y>'
    assert letter["From"].addresses[0].addr_spec == "billing@beispiel.example"
