"""`makegood sla`: what SLAs and agreements say, one's own and published ones."""

from __future__ import annotations

import click

from monitor.cli.directory import InOrder, commands

PLACES = {
    "list": "sla_list.list_",
    "show": "sla_show.show_",
    "plain": "sla_plain.plain",
    "diff": "sla_diff.diff",
}
"""Each command of the group, and where it is; one that is added is a line here."""


@click.group(cls=InOrder, commands=commands(**PLACES))
def sla() -> None:
    """The terms of SLAs and agreements, and published SLAs."""
