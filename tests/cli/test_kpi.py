"""`makegood kpi` and `metric`: documents of `tests/cli/kpis`, each a course of events and its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_incident import story

DOCUMENTS = [
    *sorted((Path(__file__).parent / "kpis").glob("*.md")),
    *Path(__file__).parents[2].glob("docs/kpis.md"),
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_program_answers_as_the_document_says(cli, clock, tmp_path, path, update_golden):
    found = story(path)
    answers = list(found.played(tmp_path, cli, clock))

    if update_golden:
        found.rewritten(answers)
    assert answers
    assert answers == story(path).printed
