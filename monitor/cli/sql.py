"""`makegood sql`: questions of one's own, in SQL over documented views. Nothing can be written."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from math import isfinite
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any, cast

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc, utf8_stdout
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.extracts.tables import Column, Page
    from monitor.store.asking import Answer, Computed, Seen
    from monitor.store.protocol import Snapshot

ROWS = 1_000
WIDEST = 60
TIMEOUT, SHORT = 60, 5


@click.command()
@click.argument("query", metavar="[QUERY]", required=False)
@click.option("--schema", is_flag=True, help="The views, their columns and what these mean.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="COUNT",
    help=f"So many rows at most [default: {ROWS:,} in a table, else all].",
)
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help=f"How long it may take [default: {TIMEOUT}].",
)
@click.option("--csv", "csv_", is_flag=True, help="Print CSV.")
@as_json
@at_desk
def sql(
    desk: Desk,
    query: str | None,
    schema: bool,
    limit: int | None,
    timeout: int | None,
    csv_: bool,
    json_: bool,
) -> None:
    """Ask in SQL what was recorded and issued; nothing is written.

    QUERY is one SELECT over the views that --schema names; - reads it from
    stdin. Packed days are unpacked as they are asked for: name an endpoint and
    a day where you ask for checks.
    """
    if schema:
        show_json(schema_data()) if json_ else show(schema_lines())
        return
    if json_ and csv_:
        raise ConfigError("--json, --csv: one of the two")
    question = _question(query)
    with _answer(desk, question, timeout) as answer:
        most = limit or (None if csv_ or json_ else ROWS)
        rows, more = _first(answer, most)
        if json_:
            _print_json(answer.columns, rows)
        elif csv_:
            with utf8_stdout() as stream:
                writer = csv.writer(stream)
                writer.writerow(answer.columns)
                writer.writerows(map(_plain, rows))
        else:
            show(lines(answer.columns, list(rows)))
        if more():
            talk(f"The first {most:,} rows; --limit says how many.")
        if answer.is_partial():
            talk(
                "Good checks of some of these days were forgotten: `complete` in the view days says of which."
            )


def _question(query: str | None) -> str:
    if query is None:
        raise ConfigError('there is no question; write one: makegood sql "SELECT ...", or see --schema')
    text = sys.stdin.read() if query == "-" else query
    if not text.strip():
        raise ConfigError('the question is empty; write one: makegood sql "SELECT ...", or see --schema')
    return text


@contextmanager
def _answer(desk: Desk, question: str, timeout: int | None) -> Iterator[Answer]:
    """The answer; of a column that there is not, the error lists those of the views that were asked."""
    from monitor.store.errors import Unanswered

    try:
        with _asked(desk, question, timeout) as answer:
            yield answer
    except Unanswered as error:
        if "no such column" not in str(error):
            raise
        raise Unanswered(f"{error}{_columns(question)}") from error


def _columns(question: str) -> str:
    from monitor.extracts.views import VIEWS

    words = set(re.findall(r"\w+", question.lower()))
    named = [view for view in VIEWS if view.name in words]
    return "".join(f"; {view.name} has {', '.join(each.name for each in view.columns)}" for view in named)


def _asked(desk: Desk, question: str, timeout: int | None) -> AbstractContextManager[Answer]:
    from monitor.store.asking import asked

    plan = desk.plan()
    store = desk.store(plan)
    seconds = timeout or TIMEOUT
    if store.holds_up():
        seconds = min(seconds, SHORT)
        talk(f"The monitor waits while this database is read (journal_mode=DELETE): {seconds} s at most.")
    upto = desk.clock.monotonic() + seconds
    return asked(
        plan.settings.database,
        question,
        seen=_seen(plan),
        computed=_computed(plan, desk.clock.now()),
        is_late=lambda: desk.clock.monotonic() > upto,
    )


def _seen(plan: Plan) -> Seen:
    """Facts without the endpoint's secrets; none of an endpoint whose secrets nobody knows any more."""
    from monitor.config.veil import Veil
    from monitor.extracts.tables import seen_through

    known = {id: seen_through(Veil(endpoint).over_all) for id, endpoint in plan.endpoints.items()}
    nothing = seen_through(None)
    return lambda endpoint, facts: known.get(endpoint, nothing)(facts)


def _computed(plan: Plan, now: Ms) -> dict[str, Computed]:
    """The tables that are computed, for a question that reads them."""
    from monitor.core.intervals import Span
    from monitor.extracts.tables import outages_of, segments_of
    from monitor.extracts.views import VIEWS
    from monitor.statements.status import outages
    from monitor.store.asking import Computed

    columns = {view.name: view.columns for view in VIEWS}

    def whole(snapshot: Snapshot) -> Span:
        begun = [life.start for lane in snapshot.lanes() for life in lane.life]
        return Span(min([*begun, now]), now)

    def segments(snapshot: Snapshot) -> Iterator[Sequence[object]]:
        for page in segments_of(snapshot, snapshot.lanes(), whole(snapshot)):
            yield from _rows(columns["segments"], page)

    def of_services(snapshot: Snapshot) -> Iterator[Sequence[object]]:
        span = whole(snapshot)
        found = [(id, each) for id in plan.services for each in outages(plan, snapshot, id, span)]
        return _rows(columns["outages"], outages_of(found))

    return {
        name: Computed([column.name for column in columns[name]], rows)
        for name, rows in (("segments", segments), ("outages", of_services))
    }


def _rows(columns: Sequence[Column], page: Page) -> Iterator[Sequence[object]]:
    """A page as rows for SQL: instants as text."""
    parts = (
        map(utc, cast(Sequence["Ms | None"], values)) if column.kind == "instant" else values
        for column, values in zip(columns, page, strict=True)
    )
    return zip(*parts, strict=True)


def _first(answer: Answer, most: int | None) -> tuple[Iterator[tuple[Any, ...]], Callable[[], bool]]:
    """So many rows, and once they were read, whether there are more."""
    return islice(answer.rows, most), lambda: most is not None and next(answer.rows, None) is not None


def _plain(row: Iterable[object]) -> list[object]:
    """Values for JSON and CSV: bytes as hexadecimal digits, what is no number as nothing."""
    return [
        each.hex()
        if isinstance(each, bytes)
        else None
        if isinstance(each, float) and not isfinite(each)
        else each
        for each in row
    ]


def _print_json(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """An array with an object on each line, written as the rows come."""
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise ConfigError(f"--json: two columns are called {twice[0]}; name one of them: AS other")
    before = "["
    for row in rows:
        data = dict(zip(columns, _plain(row), strict=True))
        click.echo(f"{before}\n  {json.dumps(data, ensure_ascii=False)}", nl=False)
        before = ","
    click.echo("\n]" if before == "," else "[]")


def lines(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The table for a person; long texts are cut."""
    numbers = {
        at
        for at in range(len(columns))
        if all(isinstance(row[at], int | float | None) for row in rows) and rows
    }
    return table(columns, [[_cell(each) for each in row] for row in rows], right=numbers)


def _cell(value: object) -> str:
    from reports.format import clean

    (plain,) = _plain([value])
    text = "-" if value is None else clean(str(plain))
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


# -- what there is


def schema_lines() -> list[str]:
    """The views for a person."""
    from monitor.extracts.views import VIEWS

    out: list[str] = []
    for view in VIEWS:
        rows = [(f"  {column.name}", column.kind, column.meaning) for column in view.columns]
        out += [*wrap(f"{view.name}: {view.meaning}", _width()), *_wrapped(rows), ""]
    said = "An instant is UTC text to the millisecond, 2026-10-06T12:02:10.000Z: it sorts as it is."
    return [*out, *wrap(said, _width())]


def _width() -> int:
    return max(60, min(get_terminal_size().columns, 110))


def _wrapped(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    width = max(len(name) for name, _, _ in rows)
    for name, kind, meaning in rows:
        first, *rest = wrap(meaning, _width() - width - 11)
        yield f"{name.ljust(width)}  {kind.ljust(7)}  {first}"
        yield from (f"{' ' * (width + 11)}{each}" for each in rest)


def schema_data() -> list[dict[str, object]]:
    """The same for a program."""
    from monitor.extracts.views import VIEWS

    return [
        {
            "view": view.name,
            "meaning": view.meaning,
            "columns": [{"name": c.name, "kind": c.kind, "meaning": c.meaning} for c in view.columns],
        }
        for view in VIEWS
    ]
