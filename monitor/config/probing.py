"""Step three, the measured half: endpoints with their defaults and secrets, and planned maintenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from monitor.config.check import Checked
from monitor.config.endpoint import Endpoint
from monitor.config.kinds import Secrets, expectation, how, kind_faults, kind_of, token_faults
from monitor.config.known import LIBRARY
from monitor.config.model import AgreementTable, ExclusionTable, MaintenanceTable, ServiceTable
from monitor.config.plan import Exclusion, Maintenance
from monitor.config.probe_tables import ConfirmTable, DefaultsTable, EndpointTable, SentinelTable
from monitor.config.problems import Fault, Where
from monitor.config.values import said
from monitor.core.checks import Confirmation
from monitor.core.intervals import Ms, Span
from monitor.core.windows import OneOff, Recurrence, Recurring, must_be_sound

T = TypeVar("T")

INTERVAL: Ms = 30_000
TIMEOUT: Ms = 10_000
PATIENCE: Ms = 5_000  # with a sentinel, which a failure waits for
AT_ONCE: Ms = 500  # what is known of the calls of a job is known at once
ONCE = Confirmation(1, 1)  # and is what it is


def endpoints(checked: Checked, *, environ: Mapping[str, str] | None, folder: Path) -> dict[str, Endpoint]:
    """Every endpoint, ready to probe; without an `environ` no secret is read, and headers are left out."""
    defaults = checked.single(DefaultsTable)
    found: dict[str, Endpoint] = {}
    sound = checked.tables(EndpointTable)
    secrets = Secrets(environ, folder, checked.faults)
    known: dict[type, Any] = {}
    for key, table in checked.readable(EndpointTable).items():
        where = ("endpoint", key)
        found[key] = _sharing(_endpoint(key, table, defaults, secrets), known)
        if key in sound:
            checked.faults.extend(kind_faults(where, table, found[key]))
            checked.faults.extend(_timeout_faults(where, table, found[key], checked))
    checked.faults.extend(token_faults(found))
    checked.faults.extend(_was_faults(checked, found))
    return found


def _sharing(endpoint: Endpoint, known: dict[type, Any]) -> Endpoint:
    """The endpoint with what equals the last of its kind held once: many differ in their URL alone.

    Rules stay its own: a rule for 1 equals one for true, and asks for something else.
    """

    def held(part: T) -> T:
        if known.get(type(part)) != part:
            known[type(part)] = part
        return known[type(part)]  # type: ignore[no-any-return]

    return replace(
        endpoint,
        expectation=endpoint.expectation if endpoint.expectation.rules else held(endpoint.expectation),
        confirmation=held(endpoint.confirmation),
        how=held(endpoint.how),
        labels=held(endpoint.labels),
    )


def sentinels(checked: Checked) -> dict[str, Endpoint]:
    """Every sentinel. It is read as an endpoint that says no more, and `[defaults]` are not for it."""
    found: dict[str, Endpoint] = {}
    sound = checked.tables(SentinelTable)
    secrets = Secrets(None, Path(), checked.faults)
    for key, own in checked.readable(SentinelTable).items():
        where = ("sentinel", key)
        table = EndpointTable.model_construct(**{**dict(own), "timeout": own.timeout or PATIENCE})
        found[key] = replace(_endpoint(key, table, None, secrets), confirmation=ONCE)
        if key not in sound:
            continue
        if sum(target is not None for target in (own.url, own.tcp, own.tls)) != 1:
            hint = 'write url = "https://www.example.com/" or tls = "www.example.com:443"'
            checked.faults.append(Fault(where, f"a sentinel has one of url, tcp and tls: {hint}"))
            continue
        checked.faults.extend(kind_faults(where, table, found[key]))
        checked.faults.extend(_timeout_faults(where, table, found[key], checked))
    return found


def _endpoint(key: str, table: EndpointTable, defaults: DefaultsTable | None, secrets: Secrets) -> Endpoint:
    def either(name: str, builtin: Ms) -> Ms:
        own, shared = getattr(table, name), getattr(defaults, name, None)
        return int(own if own is not None else shared if shared is not None else builtin)

    called = kind_of(table) == "heartbeat"
    confirm = table.confirm or (defaults.confirm if defaults else None)
    interval = either("interval", INTERVAL)
    asked = how(table, defaults, ("endpoint", key), secrets)
    return Endpoint(
        id=key,
        target=table.url or table.tcp or table.tls or table.dns or table.icmp or "",
        interval=interval,
        timeout=AT_ONCE if called else either("timeout", TIMEOUT),
        expectation=expectation(table.expect, asked),
        confirmation=ONCE if called else _confirmation(confirm),
        how=asked,
        was=tuple(table.was),
        labels=dict(table.labels),
    )


def _confirmation(table: ConfirmTable | None) -> Confirmation:
    return Confirmation(table.failures, table.of, table.pause) if table else Confirmation()


def _timeout_faults(where: Where, table: EndpointTable, endpoint: Endpoint, checked: Checked) -> list[Fault]:
    defaulted = table.timeout is None or table.interval is None
    if endpoint.timeout < endpoint.interval or (defaulted and not checked.is_own(("defaults",))):
        return []
    timeout, interval = said(endpoint.timeout), said(endpoint.interval)
    if table.timeout is None:
        message = f"{interval} is not longer than the timeout of {timeout}: write a shorter timeout as well"
        return [Fault((*where, "interval"), message)]
    message = f"{timeout} is not shorter than the interval of {interval}: write a shorter timeout"
    return [Fault((*where, "timeout"), message)]


def _was_faults(checked: Checked, found: Mapping[str, Endpoint]) -> list[Fault]:
    """An old name continues in one endpoint, and is no longer in use."""
    faults: list[Fault] = []
    heirs: dict[str, str] = {}
    for key, endpoint in found.items():
        for number, old in enumerate(endpoint.was):
            where = ("endpoint", key, "was", number)
            if old in checked.written["endpoint"]:
                faults.append(
                    Fault(where, f'"{old}" is an endpoint of its own: an old name is no longer in use')
                )
            elif heirs.setdefault(old, key) != key:
                faults.append(Fault(where, f'"{old}" continues in {heirs[old]} already: one of the two'))
    return faults


def services_of(table: MaintenanceTable | ExclusionTable, where: Where, checked: Checked) -> list[Fault]:
    """References from a window to services that nobody wrote, or to resources that none of them has."""
    if not table.services:
        return [Fault((*where, "services"), 'names no service: write services = ["shop"]')]
    missing = [
        fault
        for number, key in enumerate(table.services)
        for fault in dangling((*where, "services", number), key, "service", checked)
    ]
    return missing or _resources_of(table, where, checked)


def _resources_of(table: MaintenanceTable | ExclusionTable, where: Where, checked: Checked) -> list[Fault]:
    tables = checked.readable(ServiceTable)
    services = [tables[key] for key in table.services if key in tables]
    known = [name for service in services for name in service.resources]
    if any(not service.resources for service in services):
        return []  # the files of a service without a list say which resources there are
    return [
        Fault((*where, "resources", number), f'"{name}" is no resource of {", ".join(table.services)}')
        for number, name in enumerate(table.resources)
        if name not in known
    ]


def dangling(where: Where, key: str, kind: str, checked: Checked) -> list[Fault]:
    """The fault of a reference to something that is nowhere; none of a good one."""
    if key in checked.written[kind] or not checked.is_own(where):
        return []
    from monitor.config.values import meant

    library = checked.library if kind == "sla" else None
    if key.startswith(LIBRARY) and library is not None:
        return [Fault(where, library.unknown(key.removeprefix(LIBRARY)))]
    other = _other_kind(where, key, kind, checked)
    if other:
        return [Fault(where, other)]
    near = meant(key, sorted(checked.written[kind]))
    if library is not None and not near and key in library.entries:
        near = f"{LIBRARY}{key}"
    hint = f'did you mean "{near}"?' if near else f"write [{kind}.{key}]"
    separator = ";" if near else ":"
    return [Fault(where, f'there is no {"SLA" if kind == "sla" else kind} "{key}"{separator} {hint}')]


def mistaken(where: Where, team: str, known: Iterable[str]) -> list[Fault]:
    """The fault of a team whose name is nearly that of one in `[incidents]`.

    One that is like none is no fault: people may give an incident to any team by hand.
    """
    from monitor.config.values import meant

    teams = sorted({*known} - {""})
    near = None if team in teams else meant(team, teams)
    if near is None:
        return []
    return [Fault(where, f'no service is of the team "{team}"; did you mean "{near}"?')]


def _other_kind(where: Where, key: str, kind: str, checked: Checked) -> str:
    """What to write in place of a name of another kind of thing; "" where it is the name of none."""
    sides = {"customer": "provider", "provider": "customer"}
    side = sides.get(kind, "")
    if side and key in checked.written[side] and where[-1] == kind:
        return f'"{key}" is a {side}, and no {kind}: write {side} = "{key}"'
    return _no_service(where, key, checked) if kind == "service" else ""


def _no_service(where: Where, key: str, checked: Checked) -> str:
    agreements = checked.readable(AgreementTable)
    if key in agreements:
        return f'"{key}" is an agreement, and no service: write its service, "{agreements[key].service}"'
    sold = next((each.service for each in agreements.values() if each.provider == key), "")
    if sold and key in checked.written["provider"]:
        return f'"{key}" is a provider, and no service: write what we buy of it, "{sold}"'
    if key not in checked.written["endpoint"]:
        return ""
    services = checked.readable(ServiceTable).items()
    over = [name for name, table in services if table.up_when == key and name not in where]
    instead = f'its service, "{over[0]}"' if over else f'a service that has up_when = "{key}"'
    return f'"{key}" is an endpoint, and no service: write {instead}'


def maintenance(checked: Checked) -> dict[str, Maintenance]:
    """Every planned window."""
    found: dict[str, Maintenance] = {}
    sound = checked.tables(MaintenanceTable)
    for key, table in checked.readable(MaintenanceTable).items():
        where = ("maintenance", key)
        checked.faults.extend(services_of(table, where, checked))
        rule = _rule(table, where, checked.faults) if key in sound else None
        if rule is not None:
            found[key] = _window(key, table, rule, checked)
    return found


def _window(key: str, table: MaintenanceTable, rule: Recurrence, checked: Checked) -> Maintenance:
    how, when = table.announced or ("", None)
    if how == "at" and isinstance(rule, Recurring):
        message = 'a window that comes again is announced each time: write announced = "5 days before"'
        checked.faults.append(Fault(("maintenance", key, "announced"), message))
    return Maintenance(
        id=key,
        title=table.title or key,
        services=tuple(table.services),
        rule=rule,
        announced=when if how == "at" else None,
        ahead=when if how == "before" else None,
        emergency=table.emergency,
        resources=tuple(table.resources),
    )


def exclusions(checked: Checked) -> dict[str, Exclusion]:
    """Everything that was excluded afterwards."""
    found: dict[str, Exclusion] = {}
    sound = checked.tables(ExclusionTable)
    for key, table in checked.readable(ExclusionTable).items():
        where = ("exclusion", key)
        checked.faults.extend(services_of(table, where, checked))
        if key in sound and table.end <= table.start:
            checked.faults.append(Fault((*where, "end"), "the end is not after the start"))
        elif key in sound:
            found[key] = Exclusion(
                id=key,
                what=table.what,
                services=tuple(table.services),
                span=Span(table.start, table.end),
                reason=table.reason,
                author=table.author,
                recorded=table.recorded,
                evidence=table.evidence,
                resources=tuple(table.resources),
            )
    return found


def _rule(table: MaintenanceTable, where: Where, faults: list[Fault]) -> Recurrence | None:
    once = (table.start, table.end)
    again = (table.every, table.lasting, table.timezone)
    if any(part is not None for part in once) and any(part is not None for part in again):
        faults.append(Fault(where, "happens once (start, end) or again (every, lasting, timezone): not both"))
    elif table.every is not None and table.lasting is not None and table.timezone is not None:
        rule = Recurring(table.every, table.lasting, table.timezone)
        try:
            must_be_sound(rule)
        except ValueError as error:
            faults.append(Fault((*where, "every" if "fires" in str(error) else "lasting"), str(error)))
        else:
            return rule
    elif any(part is not None for part in again):
        missing = [name for name in ("every", "lasting", "timezone") if getattr(table, name) is None]
        faults.append(
            Fault(
                where,
                f'{" and ".join(missing)} missing: every = "0 2 * * SUN", lasting = "2h", timezone = "UTC"',
            )
        )
    elif table.start is None or table.end is None:
        faults.append(Fault(where, "has no time: write start and end, or every, lasting and timezone"))
    elif table.end <= table.start:
        faults.append(Fault((*where, "end"), "the end is not after the start"))
    else:
        return OneOff(Span(table.start, table.end))
    return None
