"""Which drafts stand, and where the team's page lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.drafting import is_drafted


def paper(folder: Path, **more: object) -> Path:
    """The JSON twin of ACME's October, with a key or two said otherwise."""
    (folder / "2026-10").mkdir()
    period = {"span": {"start": "2026-09-30T22:00:00.000Z", "end": "2026-10-31T23:00:00.000Z"}}
    content = {"status": "draft", "drawn_up": "2026-11-02T23:00:00.000Z", "period": period} | more
    (folder / "2026-10" / "acme.json").write_text(json.dumps(content))
    return folder


def test_a_draft_of_two_days_after_the_months_end_stands(tmp_path):
    assert is_drafted(paper(tmp_path), "2026-10", "acme")


@pytest.mark.parametrize(
    "more",
    [
        {"drawn_up": "2026-11-02T22:59:59.999Z"},
        {"drawn_up": "2026-10-31T23:20:00.000Z"},
        {"status": "running"},
        {"drawn_up": None},
        {"period": {}},
    ],
)
def test_any_other_is_drawn_up_anew(tmp_path, more):
    assert not is_drafted(paper(tmp_path, **more), "2026-10", "acme")


@pytest.mark.parametrize("content", ["", "[]", "{", '"draft"'])
def test_what_is_no_statement_is_none(tmp_path, content):
    (tmp_path / "2026-10").mkdir()
    (tmp_path / "2026-10" / "acme.json").write_text(content)

    assert not is_drafted(tmp_path, "2026-10", "acme")
    assert not is_drafted(tmp_path, "2026-10", "nobody")
