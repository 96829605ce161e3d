"""Step three: models become a `Plan`; references are followed, and checks made across tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from monitor.config.alert_rules import alert_rules
from monitor.config.alerting_rules import alerting
from monitor.config.asked import asked
from monitor.config.business_time import calendars
from monitor.config.candidates import shadows
from monitor.config.check import Checked
from monitor.config.contracts import agreements
from monitor.config.doubts import doubts
from monitor.config.endpoint import Endpoint
from monitor.config.expressions import services
from monitor.config.incident_rules import incident_rules
from monitor.config.kpi_rules import kpi_rules, metrics
from monitor.config.model import (
    ClaimsTable,
    CustomerTable,
    InternalTable,
    IssuerTable,
    ListenTable,
    MailTable,
    MonitorTable,
    ProviderTable,
    StatementsTable,
)
from monitor.config.parties import parties, party
from monitor.config.plan import (
    Agreement,
    ClaimsSettings,
    InternalSettings,
    ListenSettings,
    MailSettings,
    Party,
    Plan,
    Settings,
    StatementsSettings,
)
from monitor.config.probing import endpoints, exclusions, maintenance, sentinels
from monitor.config.problems import Fault
from monitor.config.queue_rules import queue_rules
from monitor.config.slas import slas, slas_alone
from monitor.config.targets import targets
from monitor.config.ticket_names import claimed_twice
from monitor.config.ticket_rules import ticket_sources


def resolve(checked: Checked, path: Path, *, environ: Mapping[str, str], probed: bool = True) -> Plan:
    """The plan; what is wrong is added to `checked.faults`, and a plan with faults is not to be used.

    Where nothing is `probed` no secret is read, no issuer is asked for, and endpoints need not be there.
    """
    warnings: list[str] = []
    families = slas(checked, warnings)
    customers = parties(checked, CustomerTable, "customer")
    providers = parties(checked, ProviderTable, "provider")
    agreed = agreements(
        checked, customers=customers, providers=providers, families=families, warnings=warnings
    )
    probing = endpoints(checked, environ=environ if probed else None, folder=path.parent)
    goals, pushed, rules = targets(checked), metrics(checked), incident_rules(checked)
    beside = shadows(checked, customers, providers, families, agreed)
    alerted = alert_rules(checked, probed=probed)
    plan = Plan(
        path=path,
        settings=_settings(checked, path.parent),
        issuer=_issuer(checked, needed=probed),
        endpoints=probing,
        services=services(checked, zones=_zones(agreed), probed=probed),
        maintenance=maintenance(checked),
        customers=customers,
        agreements=agreed,
        targets=goals,
        warnings=(),
        providers=providers,
        calendars=calendars(checked),
        exclusions=exclusions(checked),
        slas=slas_alone(families),
        statements=_statements(checked),
        mail=_mail(checked),
        listen=_listen(checked, probing if probed else {}),
        sentinels=sentinels(checked),
        shadows=beside,
        claims=_claims(checked),
        asked=asked(checked, agreed.values()),
        incidents=rules,
        metrics=pushed,
        kpis=kpi_rules(checked, goals, pushed, rules, agreed, beside),
        alert_rules=alerted,
        alerting=alerting(checked, alerted, rules.teams.values()),
        internal=_internal(checked),
        ticket_sources=ticket_sources(checked, path.parent),
        queue=queue_rules(checked, agreed),
    )
    checked.faults.extend(claimed_twice(customers, providers, plan.services))
    if checked.faults:
        return plan
    said = tuple(dict.fromkeys((*warnings, *doubts(plan))))
    return replace(plan, warnings=said)


def _settings(checked: Checked, folder: Path) -> Settings:
    table = checked.single(MonitorTable) or MonitorTable()
    return Settings(folder / table.database, folder / table.reports, table.location, table.keep_checks)


def _statements(checked: Checked) -> StatementsSettings:
    table = checked.single(StatementsTable)
    return StatementsSettings() if table is None else StatementsSettings(**table.model_dump())


def _claims(checked: Checked) -> ClaimsSettings:
    table = checked.single(ClaimsTable)
    if not isinstance(table, ClaimsTable):
        return ClaimsSettings()
    if table.mail and checked.single(MailTable) is None and checked.is_own(("mail",)):
        message = (
            'reminders are mailed by the server of [mail]: write [mail] with host = "mail.hosting.example"'
        )
        checked.faults.append(Fault(("claims", "mail"), message))
    return ClaimsSettings(table.remind, table.mail)


def _internal(checked: Checked) -> InternalSettings:
    table = checked.single(InternalTable)
    if not isinstance(table, InternalTable):
        return InternalSettings()
    if table.mail and checked.single(MailTable) is None and checked.is_own(("mail",)):
        message = (
            'the report is mailed by the server of [mail]: write [mail] with host = "mail.hosting.example"'
        )
        checked.faults.append(Fault(("internal", "mail"), message))
    return InternalSettings(tuple(dict.fromkeys(table.every)), table.mail)


def _mail(checked: Checked) -> MailSettings | None:
    table = checked.single(MailTable)
    if not isinstance(table, MailTable):
        return None
    return MailSettings(
        host=table.host,
        sender=table.from_,
        port=table.port,
        tls=table.tls,
        user=table.user,
        password=table.password,
        timeout=table.timeout,
    )


def _listen(checked: Checked, probing: Mapping[str, Endpoint]) -> ListenSettings:
    table = checked.single(ListenTable)
    found = (
        ListenSettings(table.heartbeats, table.metrics, table.hooks)
        if isinstance(table, ListenTable)
        else ListenSettings()
    )
    jobs = [key for key, endpoint in probing.items() if endpoint.kind == "heartbeat"]
    if jobs and found.heartbeats is None and checked.is_own(("listen",)):
        message = f'{jobs[0]} is called by its job, and nobody listens: write heartbeats = "0.0.0.0:8080"'
        checked.faults.append(Fault(("listen",), message))
    taken = [("heartbeats", found.heartbeats), ("metrics", found.metrics), ("hooks", found.hooks)]
    for place, (key, address) in enumerate(taken):
        other = next((name for name, each in taken[:place] if address is not None and each == address), None)
        if other is not None:
            message = f"is the address of {other}: write another port"
            checked.faults.append(Fault(("listen", key), message))
    return found


def _zones(agreed: Mapping[str, Agreement]) -> dict[str, list[str]]:
    """The zones of the agreements on each service."""
    found: dict[str, list[str]] = {}
    for agreement in agreed.values():
        known = found.setdefault(agreement.service, [])
        if agreement.zone not in known:
            known.append(agreement.zone)
    return found


def _issuer(checked: Checked, *, needed: bool) -> Party:
    table = checked.single(IssuerTable)
    if isinstance(table, IssuerTable):
        return party(table)
    if not needed:
        return Party("")
    if checked.written["agreement"] and not any(fault.where[:1] == ("issuer",) for fault in checked.faults):
        message = 'who issues the statements is not said: write [issuer] and name = "Example Hosting Ltd"'
        checked.faults.append(Fault(("issuer",), message))
    return Party("")
