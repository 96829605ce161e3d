"""What one agreement does not need is no reason to refuse to price it; what is wrong in the file still is."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import ConfigProblems, load_plan
from monitor.config.known import NOT_YET

LATER = """
[sla.care]
commitment = "95%"
credits = "5%"

[sla.care.amendment.2026-07-01]
currency = "EUR"
timezone = "UTC"

[sla.cared-for]
like = "care"
credits = "2%"

[agreement.acme-care]
customer = "acme"
service = "shop"
sla = "cared-for"
monthly_fee = "100.00"
from = 2026-01-01
"""


def refused(path: Path, agreement: str) -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        load_plan(path, environ={}, purpose="files", agreement=agreement)
    return [problem.message for problem in caught.value.problems]


@pytest.fixture
def path(tmp_path: Path, good: str) -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(good + LATER, encoding="utf-8")
    return path


def test_what_other_agreements_need_does_not_stand_in_the_way(path: Path) -> None:
    plan = load_plan(path, environ={}, purpose="files", agreement="acme-shop")
    assert list(plan.agreements) == ["acme-shop"]


def test_what_the_agreement_itself_rests_on_does_also_through_what_its_sla_is_like(path: Path) -> None:
    found = refused(path, "acme-care")
    assert found
    assert all(NOT_YET in message for message in found)


def test_a_mistake_elsewhere_in_the_file_still_refuses_it(path: Path) -> None:
    path.write_text(path.read_text().replace('credits = "2%"', 'credits = "2"'), encoding="utf-8")
    assert refused(path, "acme-shop") == ['2 is not a share: write "2%"']


def test_nothing_is_passed_over_where_there_is_no_such_agreement(path: Path) -> None:
    assert len(refused(path, "acme-ship")) > 1
