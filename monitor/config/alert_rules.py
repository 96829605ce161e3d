"""Step three, what the team is told of: the usual alert rules, changed and added to by what the file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from monitor.config.alert_tables import AlertTable
from monitor.config.check import Checked
from monitor.config.probing import dangling
from monitor.config.problems import Fault, Where
from monitor.operations.alert import KINDS, Kind
from monitor.operations.alerting import NUMBERS, SCOPES, USUAL, AlertRule, of_kind, usual

NAMED: Final = {
    "services": "service",
    "endpoints": "endpoint",
    "agreements": "agreement",
    "customers": "customer",
}
ALONE: Final[Mapping[Kind, tuple[str, ...]]] = {"breach": ("within", "used"), "margin": ("used",)}
"""What a rule of one's own does not take over where it names any number: what it names holds alone."""
ALL_NUMBERS: Final = tuple(dict.fromkeys(key for keys in NUMBERS.values() for key in keys))


def alert_rules(checked: Checked, *, probed: bool = True) -> Mapping[str, AlertRule]:
    """Every rule that is on: the usual ones in their order, then those of the file.

    Where nothing is `probed`, endpoints need not be there.
    """
    found = {each.id: each for each in USUAL}
    for name, table in checked.tables(AlertTable).items():
        where: Where = ("alert", name)
        base = _base(name, table, where, checked)
        if base is None:
            continue
        checked.faults.extend(_faults(base, table, where))
        for key, kind in NAMED.items() if probed else ():
            for place, each in enumerate(getattr(table, key)):
                checked.faults.extend(dangling((*where, key, place), each, kind, checked))
        if table.off:
            found.pop(name, None)
        else:
            found[name] = replace(base, **_said(table))
    return found


def _base(name: str, table: AlertTable, where: Where, checked: Checked) -> AlertRule | None:
    """What the rule starts from: the usual one of its name, or of its kind with a name of its own."""
    known = usual(name)
    if known is not None:
        if table.when not in (None, known.when):
            message = (
                f'"{name}" is a usual rule, of "{known.when}": leave this out, or name the rule otherwise'
            )
            checked.faults.append(Fault((*where, "when"), message))
        return known
    if table.when is None:
        kinds = ", ".join(f'"{each}"' for each in KINDS)
        checked.faults.append(Fault(where, f'"when" is missing: write when = one of {kinds}'))
        return None
    start = of_kind(table.when)
    if table.when in ALONE and any(getattr(table, key) is not None for key in NUMBERS[table.when]):
        start = replace(start, **dict.fromkeys(ALONE[table.when]))  # type: ignore[arg-type]
    return replace(start, id=name)


def _said(table: AlertTable) -> dict[str, Any]:
    """What the table says, and the rest left as it was."""
    found: dict[str, Any] = {
        key: tuple(getattr(table, key)) for key in (*SCOPES, "send") if getattr(table, key)
    }
    for key in ("urgency", *ALL_NUMBERS):
        value = getattr(table, key)
        if value is not None:
            found[key] = value
    return found


def _faults(base: AlertRule, table: AlertTable, where: Where) -> Iterator[Fault]:
    """Numbers that a rule of the kind does not have."""
    mine = NUMBERS[base.when]
    for key in ALL_NUMBERS:
        if getattr(table, key) is not None and key not in mine:
            yield Fault(
                (*where, key), f'a rule of "{base.when}" has no such number; it has {", ".join(mine)}'
            )
