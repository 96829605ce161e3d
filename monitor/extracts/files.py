"""Pages of a table as a CSV or a Parquet file: whole or not there at all, however long it gets.

Until the last page is on disk the file has another name. Parquet is written by pyarrow, which is asked for
only then.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, Literal

from monitor.core.intervals import MINUTE, Ms
from monitor.errors import ConfigError
from monitor.extracts.tables import Column, Page

Form = Literal["csv", "parquet"]
GROUP: Final = 131_072
"""Rows of one row group: what is in memory, and what a reader can skip."""


def form_of(out: str, said: Form | None) -> Form:
    """What is said, else what the file's ending says; CSV for stdout. ConfigError where neither tells."""
    ending = Path(out).suffix.lower()
    if said is None and ending in (".csv", ".parquet"):
        return "csv" if ending == ".csv" else "parquet"
    if said == "parquet" and out == "-":
        raise ConfigError("--out: Parquet is written to a file, and - is none: --out FILE.parquet")
    if said is None and out != "-":
        raise ConfigError(f'--out: "{out}" ends in neither .csv nor .parquet; say which: --format csv')
    return said or "csv"


def to_stream(stream: IO[str], columns: Sequence[Column], pages: Iterable[Page]) -> int:
    """CSV with a head, as RFC 4180 has it; how many rows."""
    writer, count = csv.writer(stream), 0
    writer.writerow([column.name for column in columns])
    as_text = _Texts()
    for page in pages:
        writer.writerows(
            zip(
                *(as_text.of(column, values) for column, values in zip(columns, page, strict=True)),
                strict=True,
            )
        )
        count += len(page[0])
    return count


def to_file(
    path: Path, columns: Sequence[Column], pages: Iterable[Page], *, form: Form, replace: bool = False
) -> int:
    """The table at `path`, on disk when this returns, readable by its owner alone; how many rows.

    ConfigError where there is a file already and it is not to be replaced, where the folder is missing, or
    where what writes the form is missing: before the first page is asked for.
    """
    _must_be_free(path, replace=replace)
    write = _csv if form == "csv" else _parquet(_pyarrow())
    with _beside(path, replace=replace) as part:
        return write(part, columns, pages)


def _must_be_free(path: Path, *, replace: bool) -> None:
    if path.is_dir():
        raise ConfigError(f"--out: {path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ConfigError(f"--out: there is no folder {path.parent}; make it, or name another place")
    if path.exists() and not replace:
        raise ConfigError(f"--out: {path} is there already; name another file, or write over it: --force")


@contextmanager
def _beside(path: Path, *, replace: bool) -> Iterator[Path]:
    """A file that gets its name once it is whole."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        _sync(part)
        _name(part, path, replace=replace)
        _sync(path.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _name(part: Path, path: Path, *, replace: bool) -> None:
    if replace:
        part.replace(path)
        return
    try:
        os.link(part, path)
    except FileExistsError:
        _must_be_free(path, replace=False)
        raise


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _csv(path: Path, columns: Sequence[Column], pages: Iterable[Page]) -> int:
    with path.open("w", encoding="utf-8", newline="") as stream:
        return to_stream(stream, columns, pages)


@cache
def _rests() -> list[str]:
    return [f"{ms // 1_000:02d}.{ms % 1_000:03d}Z" for ms in range(MINUTE)]


class _Texts:
    """Values as CSV has them. An instant is that of its minute and the rest, since a text is made slowly."""

    def __init__(self) -> None:
        self._rest = _rests()
        self._minutes: dict[int, str] = {}

    def of(self, column: Column, values: Sequence[object]) -> Iterable[object]:
        if column.kind == "instant":
            return map(self._instant, values)  # type: ignore[arg-type]
        if column.kind == "flag":
            return ("true" if value else "false" for value in values)
        return values

    def _instant(self, at: Ms | None) -> str | None:
        if at is None:
            return None
        minute = at // MINUTE
        text = self._minutes.get(minute)
        if text is None:
            if len(self._minutes) > 10_000:
                self._minutes.clear()
            when = datetime.fromtimestamp(minute * 60, UTC)
            text = self._minutes[minute] = f"{when:%Y-%m-%dT%H:%M:}"
        return text + self._rest[at % MINUTE]


# -- Parquet


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise ConfigError(
            "Parquet is written by pyarrow, which is not installed: pip install 'makegood[parquet]'; "
            "or write CSV: --format csv"
        ) from None
    return pyarrow


def _parquet(arrow: Any) -> Callable[[Path, Sequence[Column], Iterable[Page]], int]:
    kinds = {
        "text": arrow.string(),
        "integer": arrow.int64(),
        "instant": arrow.timestamp("ms", tz="UTC"),
        "flag": arrow.bool_(),
    }

    def batch(schema: Any, columns: Sequence[Column], page: Page) -> Any:
        arrays = [_array(arrow, kinds[c.kind], values) for c, values in zip(columns, page, strict=True)]
        return arrow.RecordBatch.from_arrays(arrays, schema=schema)

    def write(path: Path, columns: Sequence[Column], pages: Iterable[Page]) -> int:
        schema = arrow.schema([arrow.field(c.name, kinds[c.kind]) for c in columns])
        told = {c.name: c.meaning for c in columns}
        schema = schema.with_metadata({f"makegood.{name}": text for name, text in told.items()})
        count, waiting, held = 0, [], 0
        with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for page in pages:
                waiting.append(batch(schema, columns, page))
                held += len(page[0])
                if held >= GROUP:
                    writer.write_table(arrow.Table.from_batches(waiting, schema), row_group_size=2 * GROUP)
                    count, waiting, held = count + held, [], 0
            if held:
                writer.write_table(arrow.Table.from_batches(waiting, schema), row_group_size=2 * GROUP)
        return count + held

    return write


def _array(arrow: Any, kind: Any, values: Sequence[object]) -> Any:
    """An arrow array; one value throughout is said once."""
    if values and kind == arrow.string() and values[0] == values[-1] and len(set(values)) == 1:
        return arrow.repeat(arrow.scalar(None if values[0] is None else str(values[0]), kind), len(values))
    return arrow.array(values, kind)
