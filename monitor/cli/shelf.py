"""SLAs by their names: those of the configuration, and the published ones of the library.

A name without `library:` means one's own where there is one. To read the library needs no configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from monitor.cli.desk import Desk
from monitor.cli.layout import talk
from monitor.errors import ConfigError
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.plan import Plan

LIBRARY = "library:"


@dataclass(frozen=True, slots=True)
class Shown:
    """An SLA as it is written: `table` holds its stages, with those of the SLAs that it is like.

    `kind` is what was read where it is from, or "own"; `unverified` are stages that nobody has held against
    the contract.
    """

    name: str
    provider: str
    section: str
    source: str
    kind: str
    effective: date | None
    unverified: tuple[str, ...]
    table: Mapping[str, Any]

    def promises(self) -> Iterator[tuple[str, str]]:
        """Each promise by its name, "" for an only one, and its commitment as it is written."""
        shared = self.table.get("commitment", "")
        for name, stages in self.table.get("promise", {}).items():
            yield name, str(stages.get("commitment", shared))
        if not self.table.get("promise"):
            yield "", str(shared)


def plan_of(desk: Desk, *names: str) -> Plan | None:
    """The configuration, where there is one; unverified figures will do to be read.

    One that cannot be loaded hides no published SLA: where all the names are of the library it is passed
    over, and that is said.
    """
    from monitor.config.library import LIBRARY_OF_THE_PROGRAM
    from monitor.config.load import load_plan

    if not desk.config.exists():
        return None
    try:
        return load_plan(desk.config, environ=desk.environ, purpose="files", accept_unverified=True)
    except ConfigError:
        if not all(name.removeprefix(LIBRARY) in LIBRARY_OF_THE_PROGRAM.entries for name in names):
            raise
    talk(
        f"{desk.config} cannot be loaded (`makegood config check` says why): published SLAs alone are known."
    )
    return None


def own(plan: Plan | None) -> dict[str, Shown]:
    """Each SLA of the configuration, in the order of the file."""
    from monitor.config.library import whole

    if plan is None:
        return {}
    tables: Mapping[str, Any] = plan.source.get("sla", {})  # type: ignore[assignment]
    return {
        name: _own(name, whole(name, tables), plan.slas[name].terms.unverified)
        for name in tables
        if not name.startswith(LIBRARY)
    }


def _own(name: str, table: Mapping[str, Any], unverified: tuple[str, ...]) -> Shown:
    """What it says anew of a published SLA that it is like is verified, and no longer named."""
    left = {"unverified": list(unverified)} if "unverified" in table else {}
    return Shown(
        name=name,
        provider=table.get("provider", ""),
        section=table.get("title", ""),
        source=table.get("source", ""),
        kind="own",
        effective=table.get("effective"),
        unverified=unverified,
        table={**table, **left},
    )


def published() -> dict[str, Shown]:
    """Each SLA of the library, by the name that a configuration writes."""
    from monitor.config.library import LIBRARY_OF_THE_PROGRAM

    return {
        f"{LIBRARY}{name}": Shown(
            name=f"{LIBRARY}{name}",
            provider=entry.provider,
            section=entry.section,
            source=entry.source,
            kind=entry.kind,
            effective=entry.effective,
            unverified=entry.unverified,
            table=entry.whole,
        )
        for name, entry in LIBRARY_OF_THE_PROGRAM.entries.items()
    }


def found(plan: Plan | None, name: str) -> Shown:
    """The SLA of a name; ConfigError with what is near for one that nothing has."""
    mine = own(plan)
    if name in mine:
        return mine[name]
    theirs = published()
    full = name if name.startswith(LIBRARY) else f"{LIBRARY}{name}"
    if full in theirs:
        return theirs[full]
    raise ConfigError(unknown(name, (*mine, *theirs)))


def unknown(name: str, known: tuple[str, ...]) -> str:
    """What is said of a name that no SLA has."""
    from monitor.config.values import meant

    bare = {each.removeprefix(LIBRARY): each for each in known}
    begun = [full for short, full in bare.items() if short.startswith(f"{name.removeprefix(LIBRARY)}-")]
    if begun:
        return f'there is no SLA "{name}"; there is {", ".join(begun)}'
    near = meant(name.removeprefix(LIBRARY), bare)
    hint = f'did you mean "{bare[near]}"?' if near else "`makegood sla list` names them all"
    return f'there is no SLA "{name}"; {hint}'


def plain_data(value: object) -> object:
    """A value of a configuration for JSON: days and decimals as text."""
    if isinstance(value, Mapping):
        return {key: plain_data(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(each) for each in value]
    return str(value) if isinstance(value, date | Decimal) else value


def as_data(shown: Shown) -> dict[str, object]:
    """Whose terms they are and where they are from, for a program."""
    return {
        "name": shown.name,
        "provider": shown.provider or None,
        "section": shown.section or None,
        "source": shown.source or None,
        "kind": shown.kind,
        "effective": shown.effective.isoformat() if shown.effective else None,
        "promises": [{"name": name or None, "commitment": text} for name, text in shown.promises()],
        "unverified": list(shown.unverified),
    }
