"""`makegood tickets`: what ticket systems tell, taken in and kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.directory import InOrder, commands
from monitor.cli.layout import show, show_json, talk
from monitor.errors import EvidenceRefused

if TYPE_CHECKING:
    from monitor.cli.tickets_unread import Words
    from monitor.store.ticket_protocol import Batch, Spool, TakenTickets
    from monitor.tickets.files import Troubles, Unread
    from monitor.tickets.mapping import Dialect

PLACES = {
    "import": "tickets.import_",
    "list": "tickets_told.list_",
    "show": "tickets_told.show_",
    "times": "tickets_times.times_",
    "sources": "tickets_known.sources",
    "complete": "tickets_known.complete",
    "delete": "tickets_told.delete",
    "undelete": "tickets_told.undelete",
}
COUNTS = {
    "added": "new", "edited": "changed", "same": "known as they are", "older": "older than what is known",
}  # fmt: skip


@click.group(cls=InOrder, commands=commands(**PLACES))
def tickets() -> None:
    """Tickets: take them in, list them, show what they were."""


@click.command(name="import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--mapping",
    "name",
    metavar="NAME|FILE",
    default="plain",
    show_default=True,
    help="What its fields and words mean: zendesk, jira, plain, events, or a TOML file.",
)
@click.option("--skip-bad", is_flag=True, help="Leave out what cannot be read, and say what that is.")
@click.option("--again", is_flag=True, help="Take a file that was taken before.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and take nothing.")
@as_json
@at_desk
def import_(
    desk: Desk, file: Path, name: str, skip_bad: bool, again: bool, dry_run: bool, json_: bool
) -> None:
    """Take tickets from a file: CSV, a JSON array, or JSON a line.

    All of the file is taken or nothing; what is wrong is told by its line, and
    exits 3. What is known as it is told changes nothing, and what a ticket was
    before it changed is kept.
    """
    from monitor.cli.tickets_unread import Words
    from monitor.people import author
    from monitor.statements.ticketed import priorities
    from monitor.store.ticket_protocol import NewBatch, TakenTickets
    from monitor.tickets.files import Troubles, Unread
    from monitor.tickets.mapping_tables import mapping_of
    from monitor.tickets.reading import digest_of, opened

    plan, dialect, troubles = desk.plan(), mapping_of(name), Troubles(file.name)
    aside = Aside(Words(priorities(plan)), Unread())
    kept = desk.store(plan).tickets
    with opened(file) as stream:
        digest = digest_of(stream)
        once = f"{digest} {dialect.digest}"
        before = None if again else kept.taken_before(dialect.source, once)
        if before is not None:
            _tell(file, dialect, TakenTickets(), troubles, aside, before, json_=json_, dry_run=dry_run)
            return
        with kept.spool() as spool:
            _read(file, stream, dialect, spool, troubles, aside, skip_bad=skip_bad)
            body: dict[str, object] = {
                "file": digest, "mapping": dialect.digest, "tickets": spool.count, "skipped": troubles.count,
            }  # fmt: skip
            if spool.newest is not None:
                body["until"] = min(spool.newest, desk.clock.now())
            batch = NewBatch(desk.clock.now(), "file", dialect.source, author(), file.name, once, body=body)
            taken = kept.take(spool, batch, dry_run=dry_run)
    _tell(file, dialect, taken, troubles, aside, None, json_=json_, dry_run=dry_run)


class Aside(NamedTuple):
    """What of a file reaches no promise: words that no agreement knows, columns that nobody reads."""

    words: Words
    unread: Unread


def _read(
    file: Path,
    stream: object,
    dialect: Dialect,
    spool: Spool,
    troubles: Troubles,
    aside: Aside,
    *,
    skip_bad: bool,
) -> None:
    """All of the file. EvidenceRefused with what is wrong, where that is not to be left out."""
    from monitor.tickets.reading import tickets as read

    for each in read(file, stream, dialect, troubles, aside.unread):  # type: ignore[arg-type]
        aside.words.look(each.ticket)
        if not troubles.count or skip_bad:
            spool.put(each)
    if troubles.count and not skip_bad:
        told = "\n".join(troubles.lines)
        raise EvidenceRefused(f"{told}\nnothing was taken; --skip-bad takes the rest")


def _tell(
    file: Path,
    dialect: Dialect,
    taken: TakenTickets,
    troubles: Troubles,
    aside: Aside,
    before: Batch | None,
    *,
    json_: bool,
    dry_run: bool,
) -> None:
    from monitor.cli.layout import to_the_second, utc
    from monitor.cli.tickets_unread import as_data, lines

    if json_:
        show_json(
            {
                "file": file.name,
                "source": dialect.source,
                **{key: getattr(taken, key) for key in (*COUNTS, "held", "batch")},
                "skipped": troubles.count,
                "problems": troubles.lines,
                **as_data(*aside),
                "taken_before": None if before is None else {"at": utc(before.at), "author": before.author},
                "dry_run": dry_run,
            }
        )
        return
    if before is not None:
        when = to_the_second(before.at)
        show([f"{file.name} was taken on {when} by {before.author}; nothing has changed."])
        talk("--again takes it once more, over what came since.")
        return
    for line in troubles.lines:
        talk(line)
    parts = [f"{getattr(taken, key):,} {said}" for key, said in COUNTS.items() if getattr(taken, key)]
    without = ", nothing taken" if dry_run else ""
    show([f"{file.name}{without}: {', '.join(parts) or 'no tickets'}."])
    if taken.held:
        talk(f"{taken.held:,} of them are marked as deleted, and stay so.")
    if troubles.count:
        talk(f"{troubles.count:,} left out.")
    for line in lines(*aside):
        talk(line)
    if taken.batch and not dry_run:
        talk("What counts nowhere: makegood tickets list --unplaced. How far it is known: tickets sources.")
