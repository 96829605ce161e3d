"""What a provider asks a claim to contain: the agreement's own words, or what is known of published terms.

It is data (`asked.toml`) beside the library, whose entries are never edited in place. It prices nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from monitor.config.check import Checked
from monitor.config.known import LIBRARY
from monitor.config.model import AgreementTable, SlaTable
from monitor.config.plan import Agreement, Asked

TABLE: Final = Path(__file__).parent / "asked.toml"


@cache
def published() -> Mapping[str, Asked]:
    """What is asked for by the name of a library entry. ValueError where a name stands in two tables."""
    found: dict[str, Asked] = {}
    for title, table in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        for name in table["entries"]:
            if name in found:
                raise ValueError(f"{TABLE.name}: {title}: {name} stands in another table already")
            found[name] = Asked(tuple(table["asks"]), table["kind"])
    return found


def asked(checked: Checked, agreements: Iterable[Agreement]) -> dict[str, Asked]:
    """What is asked for under each agreement that we buy; none where nobody says so."""
    tables = checked.readable(AgreementTable)
    return {each.id: _of(tables[each.id], each, checked) for each in agreements if each.kind == "provider"}


def _of(table: AgreementTable, agreement: Agreement, checked: Checked) -> Asked:
    if table.asks is not None:
        return Asked(tuple(table.asks))
    known = (published().get(name) for name in _entries(agreement, checked))
    return next((each for each in known if each is not None), Asked())


def _entries(agreement: Agreement, checked: Checked) -> Iterator[str]:
    """The library entries that the newest terms rest on, their own before those that they are like."""
    slas = checked.readable(SlaTable)
    for name in agreement.terms[-1].slas:
        at: str | None = name
        while at is not None:
            if at.startswith(LIBRARY):
                yield at.removeprefix(LIBRARY)
            at = slas[at].like if at in slas else None
