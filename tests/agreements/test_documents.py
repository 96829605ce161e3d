"""Contracts in words, and what they come to: each case of each document is run as people would run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.app import makegood
from tests.agreements.documents import Told, differences, expand, read

HERE = Path(__file__).parent
DOCUMENTS = sorted(
    path for folder in ("worked", "sections", "own", "responses") for path in (HERE / folder).glob("*.md")
)
CASES = [(path, case) for path in DOCUMENTS for case in read(path.read_text(encoding="utf-8"))]


def named(path: Path, case: Told) -> str:
    return f"{path.parent.name}/{path.stem}: {case.name}"


@pytest.mark.parametrize("case", [pytest.param(case, id=named(path, case)) for path, case in CASES])
def test_a_contract_comes_to_what_its_document_says(
    case: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in case.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(makegood, case.words)
    assert result.exit_code == case.exit, f"exit {result.exit_code}, not {case.exit}: {result.output}"
    assert [line for line in case.stderr if line not in result.stderr] == [], result.stderr
    if case.answer is not None:
        found = list(differences(case.answer, json.loads(result.stdout)))
        assert not found, "\n".join(["the answer differs:", *found])


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path.parent.name != "sections"], ids=lambda p: p.stem
)
def test_a_worked_document_has_a_case(path: Path) -> None:
    assert read(path.read_text(encoding="utf-8"))


DOCUMENT = """# A document

```toml contract.toml
shared = true
```

```csv a.csv
start,good
2025-04-01T00:00:00Z/5m/2,1
```

## The first

```console
$ makegood evaluate contract.toml --evidence a.csv
```

```json
{"credit": {"amount": "1.00"}}
```

## The second

```csv a.csv
start,good
```

```console
$ makegood evaluate contract.toml
```

```exit
4
```
"""


def test_blocks_before_the_first_case_belong_to_all_and_a_case_may_replace_them() -> None:
    first, second = read(DOCUMENT)
    assert first.files == {
        "contract.toml": "shared = true\n",
        "a.csv": "start,good\n2025-04-01T00:00:00Z,1\n2025-04-01T00:05:00Z,1\n",
    }
    assert second.files["a.csv"] == "start,good\n"
    assert first.words == ("evaluate", "contract.toml", "--evidence", "a.csv")
    assert (first.exit, first.answer) == (0, {"credit": {"amount": "1.00"}})
    assert (second.exit, second.answer) == (4, None)


@pytest.mark.parametrize(
    ("line", "first", "last"),
    [
        ("2025-04-01T00:00:00Z/1h/3,1,1", "2025-04-01T00:00:00Z,1,1", "2025-04-01T02:00:00Z,1,1"),
        ("2025-04-01T00:00:00+02:00/1 day/2,1", "2025-04-01T00:00:00+02:00,1", "2025-04-02T00:00:00+02:00,1"),
        ("a/b,1/2", "a/b,1/2", "a/b,1/2"),
    ],
)
def test_a_row_with_a_step_and_a_count_stands_for_as_many_rows(line: str, first: str, last: str) -> None:
    rows = expand(line).splitlines()
    assert (rows[0], rows[-1]) == (first, last)


@pytest.mark.parametrize(
    ("expected", "found", "lines"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": "1"}}, {"a": {"b": "2"}}, ['answer.a.b: expected "1", found "2"']),
        ({"a": None}, {}, ["answer.a: expected null, but there is no such key"]),
        ([{"a": 1}], [{"a": 1}, {}], ['answer: expected 1 elements, found 2: [{"a": 1}, {}]']),
        ([1, True], [1, 1], ["answer[1]: expected true, found 1"]),
    ],
)
def test_a_difference_says_where_it_is(expected: object, found: object, lines: list[str]) -> None:
    assert list(differences(expected, found)) == lines


def test_a_case_without_an_expectation_is_refused() -> None:
    with pytest.raises(ValueError, match="The first: a case needs a json block or an exit block"):
        read("## The first\n\n```console\n$ makegood evaluate contract.toml\n```\n")
