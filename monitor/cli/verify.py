"""`makegood verify`: whether the whole database is what it was: journal, papers, and evidence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json
from monitor.errors import Exit, MakegoodError

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.proof import Step


@click.command()
@click.option(
    "--evidence",
    is_flag=True,
    help="Seal every hour again from the log, and compare with it and the statements.",
)
@as_json
@at_desk
def verify(desk: Desk, evidence: bool, json_: bool) -> None:
    """Whether what was recorded and issued is still what it was.

    Reads the database from end to end: its pages and tables, the chain of the
    journal, the ledger against the journal, and every issued statement against
    what it was computed from. Exits 3 where something differs, and says what; 1
    where evidence of an issued statement is another one now, and nothing else.
    """
    plan = desk.plan()
    store = desk.store(plan)
    found = list(_of_the_database(plan.settings.database))
    if not found:
        from monitor.ledger.examine import examine
        from monitor.printing import press

        examined = examine(store, press())
        found = [*examined.faults, *(each.differs for each in examined.verdicts if each.differs)]
    changed: list[str] = []
    if evidence:
        whole = not found
        found += _of_the_evidence(plan.settings.database)
        if whole:  # what statements kept is read only where they hold
            from monitor.ledger.moved import moved

            changed += moved(store)
    if json_:
        show_json({"holds": not found, "faults": found, "moved": changed})
    else:
        show([*found, *changed] or [_whole(evidence=evidence)])
    if found or changed:
        raise click.exceptions.Exit(Exit.REFUSED if found else Exit.NO)


def _whole(*, evidence: bool) -> str:
    end = ", the sealed evidence follows from the log, and statements still rest on it." if evidence else "."
    return f"The database is whole, the journal and the ledger agree, every statement holds{end}"


def _of_the_database(path: Path) -> Iterator[str]:
    from monitor.store.whole import examine

    try:
        examine(path)
    except MakegoodError as error:
        yield str(error)


def _of_the_evidence(path: Path) -> Iterator[str]:
    from monitor.store.proof import proved

    with _progress() as step:
        yield from proved(path, step)


@contextmanager
def _progress() -> Iterator[Step]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Sealing again", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
