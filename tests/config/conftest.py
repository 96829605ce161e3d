"""Configurations as texts: one good one, changed in one place, and what it comes to or why it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from monitor.config import ConfigProblems, load_plan
from monitor.config.plan import Plan

GOOD = """
[issuer]
name = "Example Hosting Ltd"

[endpoint.web]
url = "https://www.example.com/"

[service.shop]
up_when = { all = ["web"] }

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[sla.host]
commitment = "99.9%"
credits = { "< 99.9%" = "10%" }

[agreement.acme-shop]
customer = "acme"
service = "shop"
sla = "host"
monthly_fee = "840.00"
from = 2026-01-01
"""

SENTINELS = """
[sentinel.office]
tcp = "office.example.net:443"

[sentinel.mirror]
url = "https://mirror.example.org/"

"""


@pytest.fixture
def load_watched(load: Callable[..., Plan]) -> Callable[..., Plan]:
    """Load a text that has sentinels beside what it says."""

    def load_watched(text: str, *more: Mapping[str, str], **others: Mapping[str, str]) -> Plan:
        return load(SENTINELS + text, *more, **others)

    return load_watched


@pytest.fixture
def good() -> str:
    """The text of a small configuration that loads without a mistake."""
    return GOOD


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Plan]:
    """Load a text; other files are given by their path, and the environment by its variables."""

    def load(
        text: str, files: Mapping[str, str | bytes] | None = None, environ: Mapping[str, str] | None = None
    ) -> Plan:
        for name, content in {"acme.toml": text, **(files or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_plan(tmp_path / "acme.toml", environ=environ or {})

    return load


@pytest.fixture
def refused(load: Callable[..., Plan], tmp_path: Path) -> Callable[..., list[str]]:
    """The problems of a text, one line each, without the folder."""

    def refused(text: str, files: Mapping[str, str | bytes] | None = None) -> list[str]:
        with pytest.raises(ConfigProblems) as caught:
            load(text, files)
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return refused
