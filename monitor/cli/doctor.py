"""`makegood doctor`: what in this place could cost evidence, each with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import COLOURS, show, show_json
from monitor.errors import Exit

if TYPE_CHECKING:
    from monitor.store.health import Finding

MARKS = {"ok": " ", "warning": "!", "fault": "x"}


@click.command()
@as_json
@at_desk
def doctor(desk: Desk, json_: bool) -> None:
    """Look at the database and the machine for what could cost evidence.

    SQLite, time zones, file system, rights, room, clock, the chain of the journal
    and every page of the database. Each line that is not well says what to do.
    Exits 1 where there is a warning, 3 where there is a fault.
    """
    from monitor.store.health import examined

    plan = desk.plan()
    found = list(examined(plan.settings.database, desk.clock.now()))
    if json_:
        show_json([_data(each) for each in found])
    else:
        show([line for each in found for line in _lines(each)])
    states = {each.state for each in found}
    if states != {"ok"}:
        raise click.exceptions.Exit(Exit.REFUSED if "fault" in states else Exit.NO)


def _lines(finding: Finding) -> list[str]:
    mark = MARKS[finding.state]
    line = f"{mark} {finding.what:<12}  {finding.says}"
    out = [click.style(line, fg=COLOURS[mark]) if mark in COLOURS else line]
    return [*out, f"{'':16}{finding.remedy}"] if finding.remedy else out


def _data(finding: Finding) -> dict[str, object]:
    return {
        "what": finding.what,
        "state": finding.state,
        "says": finding.says,
        "remedy": finding.remedy or None,
    }
