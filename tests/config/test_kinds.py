"""Kinds of probe: which keys belong to which, jobs that call, and secrets that are sent."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import trustme

from monitor.config import ConfigProblems
from monitor.config.digest import plan_digest
from monitor.config.endpoint import (
    ClientCertificate,
    Dns,
    Heartbeat,
    Http,
    Icmp,
    Proxy,
    Say,
    Secret,
    Tcp,
    Tls,
)
from monitor.config.kinds import EXPECTED, OWNERS, TARGETS
from monitor.config.plan import Plan
from monitor.config.probe_tables import EndpointTable, ExpectTable, ProbeKeys
from monitor.core.checks import Confirmation, Rule
from monitor.probes import PROBES

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]

WEB = '[endpoint.web]\nurl = "https://www.example.com/"\n'
LISTEN = '[listen]\nheartbeats = ":8080"\n'
JOB = LISTEN + '[endpoint.job]\nheartbeat = { env = "TOKEN" }\n'
TOKEN = {"TOKEN": "0123456789abcdef"}
CANARY = "c4nary-s3cret-of-the-test"


def http(plan: Plan, key: str = "web") -> Http:
    how = plan.endpoints[key].how
    assert isinstance(how, Http)
    return how


def problems(load: Load, text: str, environ: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        load(text, environ=environ)
    assert CANARY not in caught.value.drawn()
    return [problem.message for problem in caught.value.problems]


def test_a_kind_can_be_written_when_its_probe_is_finished() -> None:
    assert set(TARGETS.values()) == set(PROBES)


def test_every_key_belongs_to_all_kinds_or_to_those_that_are_named() -> None:
    assert set(OWNERS) <= set(EndpointTable.model_fields)
    assert set(EXPECTED) == set(ExpectTable.model_fields)
    every = set(EndpointTable.model_fields) - set(OWNERS) - set(TARGETS)
    assert every == {"interval", "expect", "labels", "was"}
    assert set(ProbeKeys.model_fields) - {"interval"} <= set(OWNERS)


def test_every_key_of_another_kind_is_told_at_once(refused: Refused) -> None:
    keys = 'bearer = { env = "X" }\nbody = "x"\nevery = "1h"\n'
    keys += 'expect = { json = { a = 1 }, slower_than = "1s" }\n'
    said = refused('[endpoint.db]\ntcp = "db:5432"\n' + keys)
    assert [line.partition(": ")[2] for line in said if "belongs" in line] == [
        "endpoint.db.bearer: belongs to http, and this endpoint is tcp: take it out",
        "endpoint.db.body: belongs to http, and this endpoint is tcp: take it out",
        "endpoint.db.every: belongs to heartbeat, and this endpoint is tcp: take it out",
        "endpoint.db.expect.json: belongs to http, and this endpoint is tcp: take it out",
    ]


def test_a_job_is_not_asked_and_so_has_no_timeout(load: Load) -> None:
    keys = 'every = "1 day"\ngrace = "1h"\ntimeout = "5s"\nconfirm = { failures = 1, of = 1 }\n'
    keys += 'expect = { slower_than = "1s" }\n'
    assert (
        problems(load, JOB + keys, TOKEN)
        == ["belongs to http, tcp, tls, dns and icmp, and this endpoint is heartbeat: take it out"] * 3
    )


@pytest.mark.parametrize(
    "targets",
    ["", 'tcp = "a:1"\nurl = "http://a/"\n', 'tcp = "a:1"\nheartbeat = { env = "TOKEN" }\n'],
)
def test_an_endpoint_is_of_exactly_one_kind(load: Load, targets: str) -> None:
    (said,) = problems(load, f"{LISTEN}[endpoint.a]\n{targets}", TOKEN)
    assert said.startswith("an endpoint has one of url, tcp, tls, dns, icmp and heartbeat, not ")


@pytest.mark.parametrize("target", ['url = "http://192.0.2.1/"', 'tcp = "192.0.2.1:1"'])
def test_an_address_is_of_the_family_that_is_chosen(load: Load, target: str) -> None:
    plan = load(f'[endpoint.a]\n{target}\nfamily = "ipv4"\n')
    how = plan.endpoints["a"].how
    assert isinstance(how, Http | Tcp)
    assert how.family == "ipv4"
    assert problems(load, f'[endpoint.a]\n{target}\nfamily = "ipv6"\n', {}) == [
        'the address is ipv4: write family = "ipv4", or take it out'
    ]


def test_a_dialogue_is_read_with_its_secrets(load: Load) -> None:
    steps = r'[{ expect = "^220 " }, { send = { env = "S" } }, { send = "QUIT\r\n", expect = "^221" }]'
    how = load(f'[endpoint.a]\ntcp = "a:25"\ndialogue = {steps}\n', environ={"S": "x"}).endpoints["a"].how
    assert isinstance(how, Tcp)
    assert how.dialogue == (Say(None, "^220 "), Say(Secret("x")), Say("QUIT\r\n", "^221"))


@pytest.mark.parametrize(
    ("steps", "where", "sentence"),
    [
        ("[]", "dialogue", "a list is empty: write something in it, or take it out"),
        ("[{}]", "dialogue[1]", "a step sends or expects: "),
        ('[{ expect = "(" }]', "dialogue[1].expect", '"(" is not a pattern of RE2: missing ): mend it'),
        (f'[{{ send = "password={CANARY}" }}]', "dialogue[1].send", "secret written in clear: "),
        ('[{ send = { env = "NONE" } }]', "dialogue[1].send", "the variable NONE is not set, or empty: "),
        ("[" + '{ send = "a" },' * 21 + "]", "dialogue", "a list is too long: at most 20"),
    ],
)
def test_a_dialogue_that_nobody_can_hold_is_refused(
    refused: Refused, steps: str, where: str, sentence: str
) -> None:
    (said,) = refused(f'[endpoint.a]\ntcp = "a:25"\ndialogue = {steps}\n')
    assert said.startswith(f"acme.toml:3: endpoint.a.{where}: {sentence}")
    assert CANARY not in said


# -- jobs that call


def test_a_job_calls_every_so_often(load: Load) -> None:
    endpoint = load(JOB + 'every = "24h"\ngrace = "15m"\n', environ=TOKEN).endpoints["job"]
    assert endpoint.how == Heartbeat(Secret("0123456789abcdef"), every=86_400_000, grace=900_000)
    assert (endpoint.kind, endpoint.target, endpoint.interval) == ("heartbeat", "", 30_000)
    assert endpoint.confirmation == Confirmation(1, 1)
    assert endpoint.timeout < endpoint.interval


def test_a_job_calls_by_a_cron_line_in_its_zone(load: Load) -> None:
    keys = 'every = "0 2 * * *"\ntimezone = "Europe/Berlin"\ngrace = "15m"\n'
    how = load(JOB + keys, environ=TOKEN).endpoints["job"].how
    assert how == Heartbeat(Secret("0123456789abcdef"), cron="0 2 * * *", zone="Europe/Berlin", grace=900_000)


def test_defaults_of_what_is_asked_do_not_concern_a_job(load: Load) -> None:
    defaults = '[defaults]\ntimeout = "20s"\nverify_tls = false\nconfirm = { failures = 3, of = 5 }\n'
    plan = load(f'{defaults}{JOB}every = "1h"\ngrace = "1m"\n', environ=TOKEN)
    assert plan.endpoints["job"].confirmation == Confirmation(1, 1)


@pytest.mark.parametrize(
    ("keys", "sentences"),
    [
        (
            "",
            [
                'how often the job ends is not said: write every = "24h" or every = "0 2 * * *"',
                'how late the job may end is not said: write grace = "15m"',
            ],
        ),
        (
            'every = "1h"\ngrace = "1m"\ntimezone = "UTC"',
            ["a period has no time zone, a cron line has: take it out"],
        ),
        (
            'every = "often"\ngrace = "1m"',
            ['"often" is neither a duration nor a cron line: write "24h" or "0 2 * * *"'],
        ),
        (
            'every = "0s"\ngrace = "1m"',
            ['"0s" is neither a duration nor a cron line: write "24h" or "0 2 * * *"'],
        ),
        (
            'every = "0 2 31 2 *"\ngrace = "1m"',
            ['"0 2 31 2 *" is not a cron line (bad day-of-month): write "0 2 * * SUN"'],
        ),
    ],
)
def test_a_job_says_when_it_calls(load: Load, keys: str, sentences: list[str]) -> None:
    assert problems(load, JOB + keys, TOKEN) == sentences


@pytest.mark.parametrize(
    "token", ["short", "with a space in the middle", "slash/slash/slash/slash", "x" * 257]
)
def test_a_token_is_a_part_of_an_address_that_nobody_guesses(load: Load, token: str) -> None:
    (said,) = problems(load, JOB + 'every = "1h"\ngrace = "1m"\n', {"TOKEN": token})
    assert said.startswith("this token can be guessed, or stands in no address: 16 to 256 letters")
    assert token not in said


def test_each_job_has_a_token_of_its_own(load: Load) -> None:
    job = 'heartbeat = { env = "TOKEN" }\nevery = "1h"\ngrace = "1m"\n'
    said = problems(load, f"{LISTEN}[endpoint.a]\n{job}[endpoint.b]\n{job}", {"TOKEN": CANARY})
    assert said == ["has the token of a, and each job has its own: write another"]


def test_a_job_needs_somebody_who_listens(load: Load) -> None:
    text = JOB.removeprefix(LISTEN) + 'every = "1h"\ngrace = "1m"\n'
    assert problems(load, text, TOKEN) == [
        'job is called by its job, and nobody listens: write heartbeats = "0.0.0.0:8080"'
    ]


# -- what is sent


def test_a_user_and_a_password_are_sent_as_one_secret_header(load: Load) -> None:
    text = WEB + 'basic = { user = "möwe", password = { env = "P" } }\n'
    sent = http(load(text, environ={"P": "pass:word"})).headers["Authorization"]
    assert isinstance(sent, Secret)
    kind, _, pair = sent.reveal().partition(" ")
    assert (kind, b64decode(pair).decode()) == ("Basic", "möwe:pass:word")


def test_a_bearer_is_sent_as_a_secret_header(load: Load, tmp_path: Path) -> None:
    text = WEB + 'headers = { Accept = "*/*" }\nbearer = { file = "token" }\n'
    headers = http(load(text, {"token": "abc\n"})).headers
    assert headers == {"Accept": "*/*", "Authorization": Secret("Bearer abc")}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            'basic = { user = "a", password = { env = "P" } }\nbearer = { env = "P" }',
            "basic and bearer are sent in one header: keep one of them",
        ),
        (
            'headers = { authorization = { env = "P" } }\nbearer = { env = "P" }',
            "bearer and headers.Authorization are sent in one header: keep one of them",
        ),
        (
            'basic = { user = "a:b", password = { env = "P" } }',
            'not a user that can log in: write user = "monitor", without a colon',
        ),
        (f'basic = {{ user = "a", password = "{CANARY}" }}', "a secret is named by one key: "),
        (f'bearer = "{CANARY}"', "a secret is named by one key: "),
        ('bearer = { env = "NONE" }', "the variable NONE is not set, or empty: "),
        ('bearer = { env = "LINES" }', "the variable LINES holds what a header cannot carry: "),
        ('basic = { user = "a" }', '"password" is missing: write password = { env = "NAME" }'),
        (f'method = "POST"\nbody = "password={CANARY}"', "secret written in clear: keep the body elsewhere"),
        ('method = "POST"\nbody = ""', "a body is a text of at most 16384 bytes"),
        ('body = "x"', 'GET carries no body: write method = "POST"'),
        ('method = "HEAD"\nexpect = { matches = "a" }', "an answer to HEAD has no body to look at: "),
    ],
)
def test_what_cannot_be_sent_is_refused_and_never_shown(load: Load, keys: str, sentence: str) -> None:
    (said,) = problems(load, WEB + keys, {"P": CANARY, "LINES": f"{CANARY}\nb"})
    assert said.startswith(sentence)


def test_a_body_is_a_text_or_is_kept_elsewhere_in_several_lines(load: Load) -> None:
    post = WEB + 'method = "POST"\n'
    assert http(load(post + 'body = \'{"query": "shoes"}\'')).body == '{"query": "shoes"}'
    assert http(load(post + 'body = { file = "q" }', {"q": '{\n"a": 1\n}'})).body == Secret('{\n"a": 1\n}')


def test_the_digest_sees_every_change_and_no_secret(load: Load) -> None:
    post = WEB + 'method = "POST"\n'
    texts = [
        post,
        post + 'body = "a"',
        post + 'body = "b"',
        post + 'body = { env = "S" }',
        post + 'bearer = { env = "S" }',
        post + 'expect = { matches = "a" }',
        post + 'expect = { lacks_match = "a" }',
        post + "expect = { json = { a = 1 } }",
        post + 'expect = { json = { a = "1" } }',
        post + 'expect = { size = "> 1" }',
        JOB + 'every = "1h"\ngrace = "1m"\n',
        JOB + 'every = "1h"\ngrace = "2m"\n',
        JOB + 'every = "0 1 * * *"\ngrace = "1m"\n',
    ]
    first = [plan_digest(load(text, environ={"S": "one", **TOKEN})) for text in texts]
    other = {"S": "two", "TOKEN": "fedcba9876543210"}
    assert len(set(first)) == len(texts)
    assert [plan_digest(load(text, environ=other)) for text in texts] == first


@pytest.fixture
def pems() -> dict[str, bytes]:
    """A certificate and its key, and the key of another."""
    authority = trustme.CA()
    one, other = authority.issue_cert("monitor.example"), authority.issue_cert("monitor.example")
    return {
        "c.pem": one.cert_chain_pems[0].bytes(),
        "c.key": one.private_key_pem.bytes(),
        "d.key": other.private_key_pem.bytes(),
    }


def test_a_certificate_that_we_show_is_found_from_the_folder_of_the_file(
    load: Load, pems: dict[str, str | bytes], tmp_path: Path
) -> None:
    how = http(load(WEB + 'certificate = { cert = "c.pem", key = "c.key" }\n', pems))
    assert how.certificate == ClientCertificate(tmp_path / "c.pem", tmp_path / "c.key")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('cert = "c.pem", key = "d.key"', "these are no certificate and its key: "),
        ('cert = "c.key", key = "c.key"', "these are no certificate and its key: "),
        ('cert = "c.pem", key = "none"', "cert or key cannot be read: no such file or directory"),
        ('cert = "c.pem"', '"key" is missing: write key = "client.key"'),
    ],
)
def test_a_certificate_that_cannot_be_shown_is_refused(
    refused: Refused, pems: dict[str, bytes], table: str, sentence: str
) -> None:
    (said,) = refused(WEB + f"certificate = {{ {table} }}\n", pems)
    assert said.startswith(f"acme.toml:3: endpoint.web.certificate: {sentence}")


def test_a_certificate_is_not_shown_in_clear(refused: Refused, pems: dict[str, bytes]) -> None:
    text = '[endpoint.web]\nurl = "http://a/"\ncertificate = { cert = "c.pem", key = "c.key" }\n'
    (said,) = refused(text, pems)
    assert said.endswith('is shown over https alone: write url = "https://…"')


def test_the_digest_knows_a_certificate_by_its_names_wherever_it_lies(
    load: Load, pems: dict[str, str | bytes]
) -> None:
    text = WEB + 'certificate = { cert = "FOLDERc.pem", key = "FOLDERc.key" }\n'
    files = {**pems, "sub/c.pem": pems["c.pem"], "sub/c.key": pems["c.key"]}
    here, there = (plan_digest(load(text.replace("FOLDER", each), files)) for each in ("", "sub/"))
    assert here == there != plan_digest(load(WEB))


# -- warnings


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (WEB + "verify_tls = false\n", "endpoint.web.verify_tls: the server proves nothing: "),
        (
            '[endpoint.web]\nurl = "http://a.example/"\nbearer = { env = "S" }\n',
            "endpoint.web.url: a secret is sent over http, ",
        ),
        (
            '[endpoint.web]\nurl = "http://a.example/"\nmethod = "POST"\nbody = { env = "S" }\n',
            "endpoint.web.url: a secret is sent over http, ",
        ),
    ],
)
def test_what_others_can_read_or_fake_is_warned_of(load_watched: Load, text: str, warned: str) -> None:
    (said,) = load_watched(text, environ={"S": "x"}).warnings
    assert said.startswith(warned)


@pytest.mark.parametrize(
    "text",
    [
        WEB + 'bearer = { env = "S" }\n',
        '[endpoint.web]\nurl = "http://127.0.0.1:8080/"\nbearer = { env = "S" }\n',
        '[endpoint.web]\nurl = "http://localhost/"\nbearer = { env = "S" }\n',
        '[endpoint.web]\nurl = "http://a.example/"\nverify_tls = false\n',
    ],
)
def test_what_stays_here_or_is_proved_is_not(load_watched: Load, text: str) -> None:
    assert load_watched(text, environ={"S": "x"}).warnings == ()


# -- TLS


def test_a_tls_endpoint_has_a_port_of_its_own_or_the_usual_one(load: Load) -> None:
    plan = load(
        '[endpoint.a]\ntls = "a.example"\n[endpoint.b]\ntls = "[::1]:8443"\n[endpoint.c]\ntls = "[::1]"\n'
    )
    assert [plan.endpoints[key].target for key in "abc"] == ["a.example:443", "[::1]:8443", "[::1]:443"]
    assert all(endpoint.shakes_hands and endpoint.is_certified for endpoint in plan.endpoints.values())


def test_what_a_handshake_is_asked_for(load: Load) -> None:
    keys = 'server_name = "b.example"\nminimum = "1.3"\nverify_tls = false\nfamily = "ipv4"\n'
    how = load('[endpoint.a]\ntls = "a.example:443"\n' + keys).endpoints["a"].how
    assert how == Tls(server_name="b.example", minimum="1.3", verify_tls=False, family="ipv4")


def test_tls_may_be_asked_for_in_a_protocols_own_words(load: Load) -> None:
    plan = load(
        '[endpoint.mail]\ntcp = "mail.example:25"\nstarttls = "smtp"\n'
        'expect = { certificate_days = ">= 14" }\n'
    )
    assert plan.endpoints["mail"].how == Tcp(starttls="smtp")
    assert plan.endpoints["mail"].is_certified


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'tls = "https://a.example/"',
            '"https://a.example/" is not a host and a port: write "www.example.com:443"',
        ),
        ('tls = "a.example:70000"', "70000 is not a port: a port is 1 to 65535"),
        ('tls = "a.example"\nminimum = "1.1"', '"1.1" is not known here: write one of "1.2", "1.3"'),
        (
            'tls = "a.example"\nserver_name = "a.example:443"',
            '"a.example:443" is not a host: write "www.example.com"',
        ),
        (
            'tcp = "a:1"\nstarttls = "xmpp"',
            '"xmpp" is not known here: write one of "ftp", "imap", "ldap", "pop3", "postgres", "smtp"',
        ),
        ('tls = "a.example"\nstarttls = "smtp"', "belongs to tcp, and this endpoint is tls: take it out"),
    ],
)
def test_what_is_wrong_with_a_handshake_is_told(refused: Refused, text: str, sentence: str) -> None:
    (said,) = refused(f"[endpoint.a]\n{text}\n")
    assert said.endswith(f": {sentence}"), said


# -- names and echoes


def test_a_name_is_asked_for_by_type_of_a_server_and_must_be_answered(load: Load) -> None:
    keys = 'type = "MX"\nserver = "2001:db8::53"\nexpect = { answers = ["20 B.example.", "10 a.example"] }\n'
    endpoint = load('[endpoint.a]\ndns = "a.example"\n' + keys).endpoints["a"]
    assert endpoint.how == Dns("MX", "[2001:db8::53]:53")
    assert endpoint.expectation.rules == (Rule("answer", "", "==", "10 a.example\n20 b.example"),)


@pytest.mark.parametrize(("keys", "sign"), [("", "present"), ('expect = { answers = "absent" }\n', "absent")])
def test_a_name_is_there_unless_it_must_not_be(load: Load, keys: str, sign: str) -> None:
    (rule,) = load('[endpoint.a]\ndns = "a.example"\n' + keys).endpoints["a"].expectation.rules
    assert (rule.extract, rule.sign) == ("answer", sign)


@pytest.mark.parametrize("target", ["a.example", "192.0.2.1", "2001:db8::1"])
def test_a_host_or_an_address_is_asked_for_an_echo(load: Load, target: str) -> None:
    endpoint = load(f'[endpoint.a]\nicmp = "{target}"\n').endpoints["a"]
    assert (endpoint.target, endpoint.how) == (target, Icmp())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('dns = "größe.example"', "is not a name of the DNS: write"),
        ('dns = "a..example"', "is not a name of the DNS: write"),
        ('dns = "a.example"\nserver = "ns.example"', "is not the address of a name server: write"),
        ('dns = "a.example"\ntype = "ANY"', '"ANY" is not known here: write one of "A", "AAAA"'),
        ('dns = "a.example"\nexpect = { answers = ["absent", "a"] }', '"present" and "absent" stand alone'),
        ('dns = "a.example"\nexpect = { status = 200 }', "belongs to http, and this endpoint is dns"),
        ('icmp = "http://a.example/"', "is not a host: write"),
        ('icmp = "a.example"\nserver = "192.0.2.1"', "belongs to dns, and this endpoint is icmp"),
        (
            'url = "http://a.example/"\nexpect = { answers = "a" }',
            "belongs to dns, and this endpoint is http",
        ),
    ],
)
def test_what_is_wrong_with_a_name_or_an_echo_is_told(refused: Refused, text: str, sentence: str) -> None:
    (said,) = refused(f"[endpoint.a]\n{text}\n")
    assert sentence in said, said


# -- proxies


def test_a_proxy_is_used_where_it_is_written(load: Load) -> None:
    keys = 'proxy = "http://proxy.example:3128"\nproxy_basic = { user = "u", password = { env = "P" } }\n'
    plan = load(WEB + keys, environ={"P": "pw"})
    assert http(plan).proxy == Proxy("http://proxy.example:3128", Secret("Basic dTpwdw=="))
    assert "dTpwdw==" not in repr(plan)
    assert http(load(WEB)).proxy is None


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ('proxy = "https://proxy.example:3128"', 'is not a proxy: write "http://proxy.example.com:3128"'),
        ('proxy = "http://u:p@proxy.example:3128"', 'is not a proxy: write "http://proxy.example.com:3128"'),
        ('proxy = "http://proxy.example"', 'is not a proxy: write "http://proxy.example.com:3128"'),
        ('proxy_basic = { user = "u", password = { env = "P" } }', "is shown to no proxy"),
    ],
)
def test_what_is_wrong_with_a_proxy_is_told(load: Load, keys: str, sentence: str) -> None:
    (said,) = problems(load, f"{WEB}{keys}\n", {"P": "pw"})
    assert sentence in said
