"""Headers, and the secrets in them: read at load, shown nowhere."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from monitor.config import ConfigProblems
from monitor.config.digest import canonical, plan_digest
from monitor.config.endpoint import Secret
from monitor.config.plan import Plan

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]

CANARY = "canary-5e1f-do-not-print"


def with_headers(good: str, headers: str) -> str:
    return good.replace("[service.shop]", f"[endpoint.web.headers]\n{headers}\n\n[service.shop]")


def test_a_header_in_clear_is_sent_as_it_stands(load: Load, good: str) -> None:
    plan = load(with_headers(good, 'Accept = "application/json"'))
    assert plan.endpoints["web"].how.headers == {"Accept": "application/json"}


def test_a_secret_comes_from_the_environment(load: Load, good: str) -> None:
    plan = load(with_headers(good, 'Authorization = { env = "TOKEN" }'), environ={"TOKEN": CANARY})
    assert plan.endpoints["web"].how.headers == {"Authorization": Secret(CANARY)}


def test_a_secret_comes_from_a_file_without_its_last_line_end(load: Load, good: str) -> None:
    text = with_headers(good, 'Cookie = { file = "secrets/cookie" }')
    header = load(text, {"secrets/cookie": CANARY + "\n"}).endpoints["web"].how.headers["Cookie"]
    assert isinstance(header, Secret)
    assert header.reveal() == CANARY


IN_CLEAR = {
    "Authorization": "x",
    "Proxy-Authorization": "x",
    "Cookie": "sid=1",
    "X-Api-Key": "x",
    "X-Auth": "x",
    "My-Token": "x",
    "X-Thing": "Bearer x",
    "X-Other": "Basic eDp5",
}


@pytest.mark.parametrize(("name", "value"), IN_CLEAR.items())
def test_what_looks_like_a_credential_is_refused_in_clear(
    refused: Refused, good: str, name: str, value: str
) -> None:
    said = refused(with_headers(good, f'{name} = "{value}"'))
    assert said == [
        (
            f"acme.toml:9: endpoint.web.headers.{name}: "
            'secret written in clear: write { env = "NAME" } or { file = "path" }'
        )
    ]


BAD = {
    "a header that ends its line": 'X = "a\\r\\nHost: b"',
    "a header that is a number": "X = 5",
    "an empty header": 'X = ""',
    "a reference by two keys": 'X = { env = "A", file = "b" }',
    "a reference of another kind": 'X = { vault = "a" }',
    "a secret put in the place of its name": 'X = { env = "Bearer a" }',
    "a name with a space": '"a b" = "c"',
    "a header twice": 'X = "a"\nx = "b"',
}


@pytest.mark.parametrize("header", BAD.values(), ids=BAD.keys())
def test_a_header_that_cannot_be_sent_is_refused(refused: Refused, good: str, header: str) -> None:
    assert len(refused(with_headers(good, header))) == 1


def test_headers_are_a_table(refused: Refused, good: str) -> None:
    said = refused(good.replace("[service.shop]", f'headers = "Bearer {CANARY}"\n[service.shop]'))
    assert said == [
        (
            "acme.toml:8: endpoint.web.headers: headers are a table: "
            'write headers = { Accept = "application/json" }'
        )
    ]


def test_every_bad_header_is_said_at_once(refused: Refused, good: str) -> None:
    assert len(refused(with_headers(good, 'Authorization = "x"\nCookie = "y"\nX = 5'))) == 3


@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "☃"])
def test_a_secret_that_no_header_can_carry_is_refused_without_showing_it(
    load: Load, good: str, value: str
) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load(with_headers(good, 'Authorization = { env = "T" }'), environ={"T": value + CANARY})
    assert "the variable T holds what a header cannot carry" in str(caught.value)
    assert CANARY not in caught.value.drawn()


# --- the canary -----------------------------------------------------------------------------------------


def test_a_secret_is_in_no_text_repr_or_digest_of_the_plan(load: Load, good: str) -> None:
    text = with_headers(good, 'Authorization = { env = "TOKEN" }')
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    try:
        plan = load(text, environ={"TOKEN": CANARY})
        logging.getLogger("monitor").warning("%s %r", plan, plan.endpoints["web"].how.headers)
    finally:
        logging.getLogger().removeHandler(handler)
    shown = (repr(plan), str(plan), f"{plan}", log.getvalue(), json.dumps(canonical(plan.endpoints)))
    assert not any(CANARY in each for each in shown)
    assert str(Secret(CANARY)) == "•••"


def test_a_digest_does_not_change_with_a_secret(load: Load, good: str) -> None:
    """Rotating a token is no new configuration; taking it out is one."""
    text = with_headers(good, 'Authorization = { env = "TOKEN" }')
    first, second = (plan_digest(load(text, environ={"TOKEN": token})) for token in ("a", "b"))
    assert first == second != plan_digest(load(good))


MISTAKES = {
    "in clear": f'Authorization = "Bearer {CANARY}"',
    "in clear over several lines": f'Authorization = """Bearer\n{CANARY}"""',
    "in a list": f'Authorization = ["{CANARY}"]',
    "in a table": f'Authorization = {{ value = "{CANARY}" }}',
    "as the name of a variable": f'Authorization = {{ env = "Bearer {CANARY}" }}',
    "not closed": f'Authorization = "Bearer {CANARY}',
    "without quotes": f"Authorization = Bearer {CANARY}",
    "twice": f'Cookie = "{CANARY}"\nCookie = "{CANARY}"',
}


@pytest.mark.parametrize("header", MISTAKES.values(), ids=MISTAKES.keys())
def test_no_problem_shows_a_secret_that_stands_in_the_file(load: Load, good: str, header: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load(with_headers(good, header))
    seen = (str(caught.value), caught.value.drawn(), repr(caught.value), repr(caught.value.problems))
    assert not any(CANARY in each for each in seen)
    assert not any(CANARY in str(asdict(problem)) for problem in caught.value.problems)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


ADDRESSES = {
    "in an address": f'url = "https://me:{CANARY}@example.com/"',
    "in an address of another kind": f'url = "postgres://me:{CANARY}@example.com/"',
    "in the query": f'url = "https://example.com/?token={CANARY}"',
    "in a tcp address": f'tcp = "me:{CANARY}@example.com:5432"',
    "beside another mistake": f'interval = "5"\nurl = "https://me:{CANARY}@example.com/"',
}


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_no_problem_shows_a_secret_in_an_address(load: Load, good: str, address: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load(good.replace('url = "https://www.example.com/"', address))
    assert CANARY not in caught.value.drawn()


def test_a_mistake_on_the_line_of_a_secret_does_not_show_the_line(load: Load, good: str) -> None:
    line = f'web = {{ url = "x", headers = {{ Cookie = "{CANARY}" }}, interval = "5" }}'
    with pytest.raises(ConfigProblems) as caught:
        load(f"[endpoint]\n{line}\n")
    assert len(caught.value.problems) == 3
    assert CANARY not in caught.value.drawn()


def test_a_secret_from_a_file_that_is_missing_names_the_file(refused: Refused, good: str) -> None:
    said = refused(with_headers(good, 'Cookie = { file = "none" }'))
    sentence = "none cannot be read: no such file or directory"
    assert said == [f"acme.toml:9: endpoint.web.headers.Cookie: {sentence}"]


def test_a_file_that_is_no_secret_is_refused(load: Load, good: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match="big holds nothing, or more than 16384 bytes"):
        load(with_headers(good, 'Cookie = { file = "big" }'), {"big": "x" * 20_000})
