"""Step two, where tickets come from besides files."""

from typing import Annotated

from monitor.config import kpi_text
from monitor.config.plan import Reference
from monitor.config.table import Table, Text, read_by

Kept = Annotated[Reference, read_by(kpi_text.token, dict[str, str])]


class TicketsTable(Table):
    """`[tickets.NAME]`: a system that delivers tickets, or our own incidents."""

    mapping: Text | None = None
    token: Kept | None = None
    secret: Kept | None = None
    incidents: bool = False
