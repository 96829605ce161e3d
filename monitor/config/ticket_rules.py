"""Step three, where tickets come from besides files: the systems of `[tickets]`, and our own incidents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from monitor.config.check import Checked
from monitor.config.plan import TicketSource
from monitor.config.problems import Fault, Where
from monitor.config.ticket_source import READY
from monitor.config.ticket_tables import TicketsTable
from monitor.config.values import meant, shown
from monitor.core.tickets import OWN

FILE = ".toml"


def ticket_sources(checked: Checked, folder: Path) -> dict[str, TicketSource]:
    """Each by its name. A mapping that is a file is sought from `folder`."""
    found: dict[str, TicketSource] = {}
    for key, table in checked.readable(TicketsTable).items():
        where: Where = ("tickets", key)
        checked.faults.extend(_own(table, where) if key == OWN else _of_others(table, where, checked))
        named = table.mapping or "plain"
        mapping = str(folder / named) if named.endswith(FILE) else named
        found[key] = TicketSource(key, mapping, table.token, table.secret, table.incidents)
    return found


def _own(table: TicketsTable, where: Where) -> Iterator[Fault]:
    for key in ("mapping", "token", "secret"):
        if getattr(table, key) is not None:
            yield Fault((*where, key), f"nobody delivers our own incidents: take it out of [tickets.{OWN}]")
    if not table.incidents:
        yield Fault(where, "says nothing: write incidents = true, or take it out")


def _of_others(table: TicketsTable, where: Where, checked: Checked) -> Iterator[Fault]:
    if table.incidents:
        yield Fault((*where, "incidents"), f"our own incidents have a name: write [tickets.{OWN}]")
    if table.token is None and table.secret is None and where[1] in checked.tables(TicketsTable):
        yield Fault(where, 'anybody could deliver: write token = { env = "NAME" }, or a secret that signs')
    named = table.mapping
    if named is not None and named not in READY and not named.endswith(FILE):
        near = meant(named, READY)
        hint = (
            f'did you mean "{near}"?' if near else f'write one of {", ".join(READY)}, or a file "desk.toml"'
        )
        yield Fault((*where, "mapping"), f"there is no mapping {shown(named)}; {hint}")
