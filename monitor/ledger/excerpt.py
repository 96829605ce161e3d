"""The part of the configuration that one customer's statement rests on, as a text that can be handed over.

It holds the contract and what is measured for it. What is internal stays out: targets, addresses that are
probed, headers, other customers. It loads like any configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from monitor.config.endpoint import Endpoint, Heartbeat
from monitor.config.plan import Agreement, Plan
from monitor.config.written import as_toml
from monitor.core.intervals import SECOND, Ms
from monitor.core.tickets import OWN
from monitor.statements.ticketed import promises_times

Tables = dict[str, Any]

WITHHELD: Final[Mapping[str, Tables]] = {
    "http": {"url": "https://withheld.invalid/"},
    "tcp": {"tcp": "withheld.invalid:1"},
    "tls": {"tls": "withheld.invalid:1"},
    "dns": {"dns": "withheld.invalid"},
    "icmp": {"icmp": "withheld.invalid"},
    "heartbeat": {"heartbeat": {"env": "WITHHELD"}},
}
TRIED: Final = frozenset({"shadow"})  # of an agreement: what is compared with it is no part of it
INTERNAL: Final = frozenset({"mail"})  # of a customer: where statements go is no part of the contract


def excerpt(plan: Plan, customer: str) -> str:
    """The text, in TOML; the same for the same configuration."""
    return as_toml(tables(plan, customer))


def tables(plan: Plan, customer: str) -> Tables:
    """The tables of the excerpt."""
    source: Mapping[str, Any] = plan.source
    agreements = {
        key: {k: v for k, v in table.items() if k not in TRIED}
        for key, table in source.get("agreement", {}).items()
        if isinstance(table, Mapping) and table.get("customer") == customer
    }
    who = {k: v for k, v in source["customer"][customer].items() if k not in INTERNAL}
    services = _services(source.get("service", {}), (table["service"] for table in agreements.values()))
    found: Tables = {
        "monitor": {"location": plan.settings.location},
        "issuer": source.get("issuer", {}),
        "customer": {customer: who},
        "agreement": agreements,
        "sla": _slas(source.get("sla", {}), agreements.values()),
        "service": services,
        "endpoint": _endpoints(plan, services),
    }
    against = source.get("statements", {}).get("sets_against")
    if against is not None:
        found["statements"] = {"sets_against": against}
    if plan.ticket_sources and any(map(promises_times, _agreements(plan, customer))):
        found["tickets"] = {name: _delivers(name) for name in plan.ticket_sources}
    calendars = _calendars(source.get("calendar", {}), [*found.values()])
    if calendars:
        found["calendar"] = calendars
    return {key: value for key, value in found.items() if value}


def _agreements(plan: Plan, customer: str) -> Iterable[Agreement]:
    return (each for each in plan.agreements.values() if each.customer == customer)


def _delivers(source: str) -> Tables:
    """That a source tells of tickets as it happens; how it is told from others is no part of it."""
    return {"incidents": True} if source == OWN else {"token": {"env": "WITHHELD"}}


def _strings(value: Any) -> Iterator[str]:
    """Every text inside, keys too: whatever is named is among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _closed(known: Mapping[str, Any], wanted: Iterable[str], names: Any = _strings) -> Tables:
    """The tables that are wanted, and those of the same kind that they name; in the order of the file."""
    found: set[str] = set()
    left = [name for name in wanted if name in known]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [other for other in names(known[name]) if other in known]
    return {name: table for name, table in known.items() if name in found}


def _services(known: Mapping[str, Any], wanted: Iterable[str]) -> Tables:
    return _closed(known, wanted)


def _slas(known: Mapping[str, Any], agreements: Iterable[Any]) -> Tables:
    return _closed(known, (text for table in agreements for text in _strings(table)), _like)


def _like(table: Any) -> Iterator[str]:
    yield from _strings(table.get("like", ""))


def _calendars(known: Mapping[str, Any], tables: list[Any]) -> Tables:
    return _closed(known, (text for table in tables for text in _strings(table)))


def _endpoints(plan: Plan, services: Tables) -> Tables:
    """What these services rest on: named, or selected by a label."""
    from monitor.core.services import endpoints

    named = set(_strings(services))
    keys = {key for key in plan.endpoints if key in named}
    for name in services:
        service = plan.services[name]
        for expression in (service.up_when, *(each for _, each in service.later)):
            keys |= set(endpoints(expression))
    labelled = "label" in named
    return {
        key: _endpoint(endpoint, labelled=labelled) for key, endpoint in plan.endpoints.items() if key in keys
    }


def _endpoint(endpoint: Endpoint, *, labelled: bool) -> Tables:
    found: Tables = {**WITHHELD[endpoint.kind], "interval": _said(endpoint.interval)}
    if isinstance(endpoint.how, Heartbeat):
        found |= _called(endpoint.how)
    else:
        found["timeout"] = _said(endpoint.timeout)
    if endpoint.was:
        found["was"] = list(endpoint.was)
    if labelled and endpoint.labels:
        found["labels"] = dict(endpoint.labels)
    return found


def _called(how: Heartbeat) -> Tables:
    """When a job is to call: what counts as late is no secret, and how we are told is one."""
    if how.cron is not None:
        return {"every": how.cron, "timezone": how.zone, "grace": _said(how.grace)}
    return {"every": _said(how.every or 0), "grace": _said(how.grace)}


def _said(length: Ms) -> str:
    return f"{length // SECOND}s" if length % SECOND == 0 else f"{length}ms"
