"""Step three: models become a `Plan`; references are followed, and checks made across tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from monitor.config.check import Checked
from monitor.config.contracts import agreements, customers, party, slas, targets
from monitor.config.doubts import doubts
from monitor.config.expressions import services
from monitor.config.model import IssuerTable, MonitorTable
from monitor.config.plan import Party, Plan, Settings
from monitor.config.probing import endpoints, maintenance
from monitor.config.problems import Fault


def resolve(checked: Checked, path: Path, *, environ: Mapping[str, str]) -> Plan:
    """The plan; what is wrong is added to `checked.faults`, and a plan with faults is not to be used."""
    warnings: list[str] = []
    terms = slas(checked, warnings)
    parties = customers(checked)
    plan = Plan(
        path=path,
        settings=_settings(checked, path.parent),
        issuer=_issuer(checked),
        endpoints=endpoints(checked, environ=environ, folder=path.parent),
        services=services(checked),
        maintenance=maintenance(checked),
        customers=parties,
        agreements=agreements(checked, parties=parties, terms=terms, warnings=warnings),
        targets=targets(checked),
        warnings=(),
    )
    if checked.faults:
        return plan
    said = tuple(dict.fromkeys((*warnings, *doubts(plan))))
    return replace(plan, warnings=said)


def _settings(checked: Checked, folder: Path) -> Settings:
    table = checked.single(MonitorTable) or MonitorTable()
    return Settings(folder / table.database, folder / table.reports, table.location)


def _issuer(checked: Checked) -> Party:
    table = checked.single(IssuerTable)
    if isinstance(table, IssuerTable):
        return party(table)
    if checked.written["agreement"] and not any(fault.where[:1] == ("issuer",) for fault in checked.faults):
        message = 'who issues the statements is not said: write [issuer] and name = "Example Hosting Ltd"'
        checked.faults.append(Fault(("issuer",), message))
    return Party("")
