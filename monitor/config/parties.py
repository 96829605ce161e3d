"""Step three, the parties: customers and providers, with what is printed of them from a day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from monitor.config.check import Checked
from monitor.config.model import CustomerTable
from monitor.config.plan import Customer, Party, PartyKind
from monitor.config.probing import dangling
from monitor.config.problems import Fault, Where
from monitor.config.stages import dated


def party(table: Any) -> Party:
    """What is printed of an issuer or a customer."""
    return Party(table.name, tuple(table.address), dict(table.references), table.contact)


def parties(checked: Checked, model: type[CustomerTable], kind: PartyKind) -> dict[str, Customer]:
    """Every customer, or every provider."""
    found: dict[str, Customer] = {}
    for key, table in checked.readable(model).items():
        where = (kind, key)
        checked.faults.extend(calendar_faults((*where, "calendar"), table.calendar, checked))
        found[key] = Customer(
            id=key,
            party=party(table),
            zone=table.timezone,
            currency=table.currency,
            locale=table.locale,
            calendar=table.calendar,
            later=tuple(_later(table, where, checked.faults)),
            mail=table.mail,
            tickets=tuple(table.tickets),
        )
    return found


def _later(table: CustomerTable, where: Where, faults: list[Fault]) -> Iterator[tuple[date, Party]]:
    """What is printed from a day on: what an amendment does not say is as before."""
    now = party(table)
    for layer in dated(table.amendment, where, faults):
        new: Any = layer.table
        if not new.model_fields_set:
            faults.append(Fault(layer.where, "changes nothing: write the keys that are new", key=True))
        now = Party(
            name=now.name if new.name is None else new.name,
            address=now.address if new.address is None else tuple(new.address),
            references=now.references if new.references is None else dict(new.references),
            contact=now.contact if new.contact is None else new.contact,
        )
        yield layer.start, now


def calendar_faults(where: Where, name: str | None, checked: Checked) -> list[Fault]:
    """What is wrong with the calendar that is named there, if one is."""
    return dangling(where, name, "calendar", checked) if name is not None else []
