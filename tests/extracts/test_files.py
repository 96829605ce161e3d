"""Tables as files: what is written comes back, and a file is there whole or not at all."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.checks import Reason
from monitor.errors import ConfigError
from monitor.extracts.files import GROUP, form_of, to_file, to_stream
from monitor.extracts.tables import Column, Page

ROOT = Path(__file__).resolve().parents[2]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TABLE = (
    Column("name", "text", "who"),
    Column("at", "instant", "when"),
    Column("count", "integer", "how many"),
    Column("open", "flag", "whether"),
)
PAGES: list[Page] = [
    (["a", 'b "c", d\ne'], [0, 1_760_000_000_123], [1, None], [True, False]),
    ([None, Reason.OK], [None, 253_402_300_799_999], [2**53, -1], [False, True]),
]
MOMENT = datetime(2025, 10, 9, 8, 53, 20, 123_000, UTC)
ROWS = [
    {"name": "a", "at": EPOCH, "count": 1, "open": True},
    {"name": 'b "c", d\ne', "at": MOMENT, "count": None, "open": False},
    {"name": None, "at": None, "count": 2**53, "open": False},
    {"name": "ok", "at": datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), "count": -1, "open": True},
]  # fmt: skip


def test_csv_has_a_head_and_instants_as_utc_text(tmp_path: Path):
    path = tmp_path / "table.csv"

    assert to_file(path, TABLE, PAGES, form="csv") == 4

    assert path.read_bytes().decode() == (
        "name,at,count,open\r\n"
        "a,1970-01-01T00:00:00.000Z,1,true\r\n"
        '"b ""c"", d\ne",2025-10-09T08:53:20.123Z,,false\r\n'
        ",,9007199254740992,false\r\n"
        "ok,9999-12-31T23:59:59.999Z,-1,true\r\n"
    )
    assert path.stat().st_mode & 0o777 == 0o600


def test_parquet_comes_back_with_its_types_and_what_they_mean(tmp_path: Path):
    path = tmp_path / "table.parquet"

    assert to_file(path, TABLE, PAGES, form="parquet") == 4

    found = pyarrow.parquet.read_table(path)
    assert found.to_pylist() == ROWS
    assert [str(field.type) for field in found.schema] == ["string", "timestamp[ms, tz=UTC]", "int64", "bool"]
    assert found.schema.metadata[b"makegood.at"] == b"when"


@settings(deadline=None)
@given(st.lists(st.integers(0, 253_402_300_799_999)))
def test_every_instant_is_written_as_it_is(instants: list[int]):
    stream = io.StringIO()

    assert to_stream(stream, TABLE[1:2], [[instants]]) == len(instants)

    _, *found = csv.reader(stream.getvalue().splitlines())
    assert [datetime.fromisoformat(text) for (text,) in found] == [
        EPOCH + timedelta(milliseconds=at) for at in instants
    ]


def test_many_pages_are_a_few_row_groups(tmp_path: Path):
    """A page at a time is asked for, and what was written is let go."""
    waiting: list[int] = []

    def pages() -> Iterator[Page]:
        for number in range(3):
            waiting.append(number)
            yield (
                ["x"] * (GROUP // 2 + 1),
                range(GROUP // 2 + 1),
                range(GROUP // 2 + 1),
                [True] * (GROUP // 2 + 1),
            )

    path = tmp_path / "table.parquet"
    count = to_file(path, TABLE, pages(), form="parquet")

    with pyarrow.parquet.ParquetFile(path) as file:
        groups = [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)]
    assert (waiting, sum(groups), groups) == ([0, 1, 2], count, [GROUP + 2, GROUP // 2 + 1])


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_without_rows_is_a_file_with_a_head(tmp_path: Path, form):
    assert to_file(tmp_path / "none", TABLE, [], form=form) == 0
    if form == "csv":
        assert (tmp_path / "none").read_text() == "name,at,count,open\n"
    else:
        assert pyarrow.parquet.read_table(tmp_path / "none").column_names == ["name", "at", "count", "open"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_breaks_off_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, form):
    path = tmp_path / "table"
    path.write_text("old", encoding="utf-8")

    def pages() -> Iterator[Page]:
        yield PAGES[0]
        raise ConfigError("the evidence is gone")

    with pytest.raises(ConfigError, match="evidence is gone"):
        to_file(path, TABLE, pages(), form=form, replace=True)

    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("table", "old")]


def test_a_file_that_is_there_is_left_alone_unless_it_is_to_be_replaced(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_text("old", encoding="utf-8")

    with pytest.raises(
        ConfigError, match=r"table\.csv is there already; name another file, or write over it"
    ):
        to_file(path, TABLE, PAGES, form="csv")
    assert path.read_text() == "old"

    assert to_file(path, TABLE, PAGES, form="csv", replace=True) == 4
    assert path.read_text().startswith("name,at")


def test_a_file_that_came_meanwhile_is_left_alone_too(tmp_path: Path):
    path = tmp_path / "table.csv"

    def pages() -> Iterator[Page]:
        yield PAGES[0]
        path.write_text("another's", encoding="utf-8")

    with pytest.raises(ConfigError, match="is there already"):
        to_file(path, TABLE, pages(), form="csv")

    assert [each.read_text() for each in tmp_path.iterdir()] == ["another's"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "is a folder; name a file in it"), ("no/table.csv", "there is no folder .*no; make it")],
)
def test_a_place_where_no_file_can_be_is_told(tmp_path: Path, name, said):
    with pytest.raises(ConfigError, match=said):
        to_file(tmp_path / name, TABLE, PAGES, form="csv")


@pytest.mark.parametrize(
    ("out", "said", "form"),
    [
        ("-", None, "csv"),
        ("-", "csv", "csv"),
        ("x.csv", None, "csv"),
        ("x.PARQUET", None, "parquet"),
        ("x.csv", "parquet", "parquet"),
        ("x", "csv", "csv"),
    ],
)
def test_the_form_is_what_is_said_or_how_the_name_ends(out, said, form):
    assert form_of(out, said) == form


@pytest.mark.parametrize(
    ("out", "said", "wrong"),
    [
        ("-", "parquet", r"--out: Parquet is written to a file, and - is none: --out FILE\.parquet"),
        ("x.xlsx", None, r'--out: "x\.xlsx" ends in neither \.csv nor \.parquet; say which: --format csv'),
    ],
)
def test_a_form_that_cannot_be_is_told(out, said, wrong):
    with pytest.raises(ConfigError, match=f"^{wrong}$"):
        form_of(out, said)


WITHOUT = """
import sys
from pathlib import Path
sys.modules["pyarrow"] = None
from monitor.errors import MakegoodError
from monitor.extracts.files import to_file
def pages():
    raise AssertionError("asked for before it is known whether they can be written")
    yield
try:
    to_file(Path(sys.argv[1]), (), pages(), form="parquet")
except MakegoodError as error:
    print(error)
"""


def test_without_pyarrow_the_line_that_installs_it_is_told(tmp_path: Path):
    """In an interpreter of its own, in which there is none."""
    command = [sys.executable, "-c", WITHOUT, str(tmp_path / "x.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout == (
        "Parquet is written by pyarrow, which is not installed: pip install 'makegood[parquet]'; "
        "or write CSV: --format csv\n"
    )
    assert list(tmp_path.iterdir()) == []
