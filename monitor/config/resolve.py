"""Step three: models become a `Plan`; references are followed, and checks made across tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from monitor.config.check import Checked
from monitor.config.contracts import agreements, customers, party, slas, targets
from monitor.config.digest import digest
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
        digest="",
        warnings=(),
    )
    if checked.faults:
        return plan
    said = tuple(dict.fromkeys((*warnings, *doubts(plan))))
    return replace(plan, warnings=said, digest=_digest(plan))


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


def _digest(plan: Plan) -> str:
    """Over what measures or prices: not titles and addresses, not paths, not internal targets."""
    zones = {key: (customer.zone, customer.currency) for key, customer in plan.customers.items()}
    promised = {key: service.up_when for key, service in plan.services.items()}
    probed = {key: replace(endpoint, labels={}) for key, endpoint in plan.endpoints.items()}
    windows = {key: replace(window, title="") for key, window in plan.maintenance.items()}
    agreed = {
        key: replace(agreement, terms=tuple(replace(terms, sla_title="") for terms in agreement.terms))
        for key, agreement in plan.agreements.items()
    }
    return digest(plan.settings.location, probed, promised, windows, zones, agreed)
