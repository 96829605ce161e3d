"""A configuration written from its tables says what it said, and holds nothing that is secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.config.load import load_plan, load_text
from monitor.config.parse import parse_text
from monitor.config.written import as_toml, withheld
from monitor.errors import MakegoodError
from tests.agreements.documents import read

ROOT = Path(__file__).parents[2]


def texts() -> Iterator[tuple[str, str]]:
    """Every configuration in the documents of contracts."""
    for path in sorted((ROOT / "tests" / "agreements").glob("*/*.md")):
        for case in read(path.read_text()):
            for name, text in case.files.items():
                if name.endswith(".toml"):
                    yield path.stem, text


@pytest.mark.parametrize("share", range(8))
def test_every_contract_says_the_same_written_from_its_tables(share):
    looked_at = 0
    for name, text in list(texts())[share::8]:
        try:
            plan = load_text(text, "it", purpose="files")
        except MakegoodError:
            continue  # those that show how a contract is refused
        assert load_text(as_toml(plan.source), "it", purpose="files") == plan, name
        looked_at += 1
    assert looked_at > 37, "300 in all"


def test_the_example_says_the_same_and_its_secrets_are_kept_elsewhere():
    plan = load_plan(
        ROOT / "config.example.toml",
        environ={"SHOP_TOKEN": "s3cret", "BACKUP_TOKEN": "s3cret" * 3, "SMTP_PASSWORD": "s3cret"},
    )

    text = as_toml(plan.source)

    assert parse_text(text, "it").tree == plan.source
    assert "s3cret" not in text


@pytest.mark.parametrize(
    "value",
    ['"', "\\", "a\nb\t\x00\x7f\x1f", "ünï→💶", "", True, False, 0, -7, Decimal("1200.00"), Decimal("0.1"),
     [1, [2]], [], {}, {"a b": {"ü": [{"x": 1}]}}, date(2026, 10, 6), datetime(2026, 10, 6, 12, tzinfo=UTC)],
)  # fmt: skip
def test_every_kind_of_value_comes_back_as_it_was(value):
    tables = {"monitor": {"key": value, "odd key.": value}, "endpoint": {"a.b": {"key": value}}}

    assert parse_text(as_toml(tables), "it").tree == tables


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"endpoint": {"a": {"headers": {"X-Mine": "abc"}}}}, 'headers = { X-Mine = "withheld" }'),
        ({"defaults": {"endpoint": {"headers": {"A": "abc"}}}}, 'headers = { A = "withheld" }'),
        ({"endpoint": {"a": {"headers": {"A": {"env": "TOKEN"}}}}}, 'headers = { A = { env = "TOKEN" } }'),
        ({"endpoint": {"a": {"body": "abc"}}}, 'body = "withheld"'),
        ({"endpoint": {"a": {"dialogue": [{"send": "abc"}]}}}, 'dialogue = [{ send = "withheld" }]'),
        ({"endpoint": {"a": {"body": {"file": "q"}}}}, 'body = { file = "q" }'),
        (
            {"endpoint": {"a": {"basic": {"user": "me", "password": {"env": "P"}}}}},
            'basic = { user = "me", password = { env = "P" } }',
        ),
        (
            {"endpoint": {"a": {"expect": {"redirect": "https://u:abc@x.de/"}}}},
            'redirect = "https://withheld@',
        ),
        ({"endpoint": {"a": {"url": "https://u:abc@x.de/y"}}}, 'url = "https://withheld@x.de/y"'),
        (
            {"endpoint": {"a": {"url": "https://x.de/?token=abc&q=1"}}},
            'url = "https://x.de/?token=withheld&q=1"',
        ),
        ({"endpoint": {"a": {"url": "https://[abc"}}}, 'url = "withheld"'),
        ({"hooks": [{"url": "https://u:abc@x.de"}]}, 'hooks = [{ url = "https://withheld@x.de" }]'),
        ({"endpoint": {"a": {"url": "https://x.de/?q=1 2"}}}, 'url = "https://x.de/?q=1 2"'),
        ({"channel": {"a": {"webhook": "https://x.de/abc?q=abc"}}}, 'webhook = "https://x.de/withheld"'),
        ({"channel": {"a": {"webhook": {"env": "W"}}}}, 'webhook = { env = "W" }'),
        ({"alerts": {"ping": "https://x.de:1/abc"}}, 'ping = "https://x.de:1/withheld"'),
    ],
)
def test_what_may_be_secret_is_withheld(tables, said):
    text = as_toml(withheld(tables))

    assert said in text
    assert "abc" not in text


def test_who_is_told_of_alerts_is_no_secret_and_stays():
    tables = {"alerts": {"send": ["chat", "mail"]}, "alert": {"down": {"send": ["chat"]}}}

    assert withheld(tables) == tables
