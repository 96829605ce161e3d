"""One file for each mistake, and on its first line the exact sentence that a person reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import ConfigProblems, load_plan

FOLDER = Path(__file__).parent / "bad"
FILES = sorted(FOLDER.glob("*.toml"))
PYDANTIC = ("Input should", "Value error", "validation error", "pydantic", "Extra inputs", "Field required")


def expected(path: Path) -> list[str]:
    """The sentences after `# expect:` at the head of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_file_is_refused_with_the_sentence_on_its_first_line(path: Path) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load_plan(path, environ={})
    said = [str(problem).replace(f"{FOLDER}/", "") for problem in caught.value.problems]
    assert said == expected(path)
    assert not any(word in str(caught.value) for word in PYDANTIC)


def test_there_is_a_file_for_each_of_many_kinds_of_mistakes() -> None:
    assert len(FILES) >= 60
    assert all(expected(path) for path in FILES)


def test_six_mistakes_in_one_file_are_six_problems_at_once() -> None:
    assert len(expected(FOLDER / "six-mistakes.toml")) == 6


def test_the_error_reads_as_one_line_a_problem_and_exits_with_2() -> None:
    with pytest.raises(ConfigProblems) as caught:
        load_plan(FOLDER / "six-mistakes.toml", environ={})
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    assert caught.value.exit_code == 2
