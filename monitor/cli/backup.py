"""`makegood backup`: a copy of everything that was recorded and issued."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk, utc
from monitor.core.intervals import Ms

if TYPE_CHECKING:
    from monitor.store.backup import Progress
    from monitor.store.whole import Heads


@click.command()
@click.argument("target", metavar="[FILE]", type=click.Path(dir_okay=True, path_type=Path), default=Path())
@as_json
@at_desk
def backup(desk: Desk, target: Path, json_: bool) -> None:
    """Copy the database, whole, while the monitor runs.

    The copy is read from end to end and only then gets its name. FILE may be a
    folder (here, unless said): the copy is then named after the instant. Nothing
    is overwritten. What is printed, the ends of the journal and the ledger, tells
    later whether a copy is this one.
    """
    from monitor.apart import aside
    from monitor.store.backup import back_up

    plan = desk.plan()
    desk.store(plan)  # one that is not ours is refused as everywhere
    database = plan.settings.database
    file = target / named(database, desk.clock.now()) if target.is_dir() else target
    with _progress() as progress:
        heads = aside(lambda step: back_up(database, file, _between(step, progress)))
    if json_:
        show_json({"file": str(file), "bytes": file.stat().st_size, **as_data(heads)})
        return
    show([str(file)])
    for line in lines(heads):
        talk(line)


def named(database: Path, now: Ms) -> str:
    """`makegood-20261118T094207Z.db`."""
    from monitor.core.periods import local

    return f"{database.stem}-{local(now, 'UTC'):%Y%m%dT%H%M%SZ}{database.suffix or '.db'}"


def _between(step: Callable[[], None], progress: Progress) -> Progress:
    def told(left: int, of: int) -> None:
        step()
        progress(left, of)

    return told


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda left, of: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Copying", total=None)
        yield lambda left, of: bar.update(task, completed=of - left, total=of)


def lines(heads: Heads) -> Iterator[str]:
    """The heads for a person."""
    yield f"Evidence until {utc(heads.reached) or 'never'}"
    yield f"Journal entry {heads.journal}, {heads.digest}"
    yield f"Statements: {heads.papers}" + (f", the last is {heads.number}" if heads.number else "")


def as_data(heads: Heads) -> dict[str, object]:
    """The same for a program."""
    return {
        "reached": utc(heads.reached),
        "journal": {"seq": heads.journal, "digest": heads.digest},
        "statements": {"count": heads.papers, "last": heads.number or None},
    }
