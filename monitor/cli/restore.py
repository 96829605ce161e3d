"""`makegood restore`: put a backup in the place of the database."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.backup import lines as of_heads
from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk, utc
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.core.intervals import Ms
    from monitor.store.restore import Prepared, Restored


@click.command()
@click.argument("backup", metavar="BACKUP", type=click.Path(path_type=Path))
@click.option(
    "--skip", metavar="N", type=click.IntRange(min=0),
    help="Numbers taken since, at most, where the database is lost.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Read the backup, say what would be lost, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@at_desk
def restore(desk: Desk, backup: Path, skip: int | None, dry_run: bool, yes: bool, json_: bool) -> None:
    """Put a backup in the place of the database.

    It is read from end to end first, and refused where it is not whole, or while
    the monitor runs. The replaced database is kept beside it. The time since the
    backup is marked as not measured (data loss), and numbers of statements that
    were issued since are never used again.
    """
    from monitor.people import author
    from monitor.store.protocol import Holder
    from monitor.store.restore import prepared
    from monitor.store.restore import restore as put

    database, now = desk.plan().settings.database, desk.clock.now()
    holder = Holder(os.getpid(), socket.gethostname(), "makegood restore", now)
    with prepared(backup, database, holder) as ready:
        if not json_:
            for line in _looked_at(ready, now):
                talk(line)
        if not dry_run and not yes:
            _ask()
        done = None if dry_run else put(ready, now, author(), skip)
    if json_:
        show_json(_data(ready, done))
    elif done is not None:
        show(_lines(done, database))


def _ask() -> None:
    if not sys.stdin.isatty():
        raise ConfigError("nothing was restored: add --yes to do it, or --dry-run to only look")
    if not click.confirm("Restore it?", err=True):
        talk("Nothing was restored.")
        raise click.exceptions.Exit(Exit.NO)


def _looked_at(ready: Prepared, now: Ms) -> Iterator[str]:
    yield f"{ready.backup} is whole."
    yield from (f"  {line}" for line in of_heads(ready.heads))
    since = ready.since
    if since is None:
        yield f"{ready.database} is not there or cannot be read: what was recorded since is not known."
        return
    if ready.heads.reached is not None:
        yield f"What was measured since {utc(ready.heads.reached)} would be lost, and told as not measured."
    yield f"Of the journal, {since.entries} entries would be lost; `makegood audit --json` has them now."
    if since.numbers:
        yield f"Statements that would be lost, their numbers never used again: {', '.join(since.numbers)}."


def _lines(done: Restored, database: Path) -> Iterator[str]:
    yield f"Restored {database}"
    if done.kept is not None:
        yield f"The replaced database is {done.kept}"


def _data(ready: Prepared, done: Restored | None) -> dict[str, object]:
    since = ready.since if done is None else done.since
    return {
        "restored": done is not None,
        "kept": None if done is None or done.kept is None else str(done.kept),
        "reached": utc(ready.heads.reached),
        "journal": {"seq": ready.heads.journal, "digest": ready.heads.digest},
        "statements": {"count": ready.heads.papers, "last": ready.heads.number or None},
        "since": None
        if since is None
        else {
            "entries": since.entries,
            "statements": list(since.numbers),
            "ordinals": dict(since.taken.ordinals),
        },
    }
