"""CSV files as people save them: what is read, and what is said of what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.evaluation.tables import FileRefused, Problems, moment, number, records, signed, whole

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str | bytes) -> Path:
        path = tmp_path / "seen.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return _write


def rows(path: Path, *required: str) -> list[dict[str, str]]:
    problems = Problems()
    found = [dict(record.cells) for record in records(path, required, problems)]
    problems.raise_any()
    return found


def refused(path: Path, *required: str) -> str:
    with pytest.raises(FileRefused) as error:
        rows(path, *required)
    return str(error.value)


def test_rows_know_their_line_and_their_cells_are_stripped(write: Write) -> None:
    path = write("start, end\n\n a , b \n")
    (record,) = records(path, ("start", "end"), Problems())
    assert (record.where, dict(record.cells)) == ("seen.csv:3", {"start": "a", "end": "b"})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a,b\r\n1,2\r\n", id="lines as Windows ends them"),
        pytest.param("a,b\r1,2\r", id="lines as old machines ended them"),
        pytest.param("\ufeffa,b\n1,2\n", id="a mark at the beginning, as spreadsheets write it"),
        pytest.param('a,b\n"1","2"\n', id="quoted cells"),
        pytest.param("a,b\n1,2", id="no end of the last line"),
    ],
)
def test_files_of_every_program_are_read(write: Write, text: str) -> None:
    assert rows(write(text), "a") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "seen.csv: is empty: write a header, start,end", id="nothing at all"),
        pytest.param("a,b\n", 'seen.csv:1: no column "start", "end" in the header (a,b)', id="other columns"),
        pytest.param(
            "start,end,end\n", 'seen.csv:1: column "end" stands in the header twice', id="one twice"
        ),
        pytest.param("start,end\n1\n", "seen.csv:2: has 1 cells, and the header 2", id="too few cells"),
        pytest.param("start,end\n1,2,3\n", "seen.csv:2: has 3 cells, and the header 2", id="too many"),
        pytest.param(b"start,end\n\xff,1\n", "seen.csv:2: is not UTF-8: save the file as UTF-8", id="latin"),
        pytest.param('start,end\n"1,2\n', "seen.csv:2: is not CSV (unexpected end of data)", id="open quote"),
    ],
)
def test_a_file_that_is_no_table_is_refused(write: Write, text: str | bytes, message: str) -> None:
    assert refused(write(text), "start", "end") == message


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.csv", "a") == "no.csv: cannot be read: No such file or directory"
    assert refused(Path(), "a") == ".: cannot be read: Is a directory"


def test_every_problem_is_told_at_once(write: Write) -> None:
    assert refused(write("start,end\n1\n2,3\n4\n"), "start").splitlines() == [
        "seen.csv:2: has 1 cells, and the header 2",
        "seen.csv:4: has 1 cells, and the header 2",
    ]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01T02:00:00.250+02:00", 250),
        ("1970-01-01 00:00:01+00:00", 1_000),
    ],
)
def test_an_instant_has_an_offset(text: str, at: int) -> None:
    assert moment(text) == at


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yesterday", '"yesterday" is not an instant: write it as in "2026-04-03T10:00:00Z"'),
        (
            "2026-04-03T10:00:00",
            '"2026-04-03T10:00:00" has no offset: write "Z" or one as in "2026-04-03T10:00:00+02:00"',
        ),
        ("2026-04-03", '"2026-04-03" is a day: write an instant of it, "2026-04-03T00:00:00Z"'),
        ("1969-12-31T00:00:00Z", '"1969-12-31T00:00:00Z" is not between 1970 and 9997'),
        (
            "2026-04-03T10:00:00.0001Z",
            '"2026-04-03T10:00:00.0001Z" is finer than a millisecond: round it to three decimals',
        ),
    ],
)
def test_an_instant_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:
        moment(text)
    assert str(error.value) == message


def test_figures_are_exact() -> None:
    assert (number("0.1"), signed("-2.5"), whole("12")) == (Fraction(1, 10), Fraction(-5, 2), 12)


def test_a_count_is_whole() -> None:
    with pytest.raises(ValueError, match=r'"1\.5" is not a whole number'):
        whole("1.5")
