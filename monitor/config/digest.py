"""A digest over everything that measures or prices: canonical values, so that a comment or an order of
tables changes nothing. Secrets are left out; that there is one is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.config.endpoint import Secret
from monitor.config.plan import Plan, Terms

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def plan_digest(plan: Plan) -> str:
    """SHA-256, hex, over what measures or prices: not titles, addresses, paths or internal targets."""
    zones = {key: (customer.zone, customer.currency) for key, customer in plan.customers.items()}
    promised = {
        key: (service.up_when, service.resources, service.later) for key, service in plan.services.items()
    }
    probed = {key: replace(endpoint, labels={}) for key, endpoint in plan.endpoints.items()}
    windows = {key: replace(window, title="") for key, window in plan.maintenance.items()}
    agreed = {
        key: (replace(agreement, terms=()), [_priced(terms) for terms in agreement.terms])
        for key, agreement in plan.agreements.items()
    }
    return digest(
        plan.settings.location,
        probed,
        promised,
        windows,
        zones,
        agreed,
        plan.calendars,
        plan.exclusions,
        {key: (provider.zone, provider.currency) for key, provider in plan.providers.items()},
        *([plan.sentinels] if plan.sentinels else []),
    )


def _priced(terms: Terms) -> tuple[object, ...]:
    """The terms as they are written, not the rules made of them, and nothing that is only printed."""
    whole = replace(terms.terms, readings=(), manual=(), unverified=())
    return terms.start, terms.sla, terms.version, whole, terms.cycle, terms.applies


def digest(*parts: object) -> str:
    """SHA-256, hex, over the canonical JSON of some values."""
    written = json.dumps(canonical(parts, {}), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def canonical(value: object, known: dict[int, object] | None = None) -> object:
    """A value as JSON without floats: fractions and days as text, sets sorted, each class by its name.

    `known` keeps the form of each dataclass by its id, for as long as the values live: many agreements share
    one clause.
    """
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Secret):
        return {"secret": True}
    if isinstance(value, tuple | list):
        return [canonical(each, known) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _named(value, {} if known is None else known)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Mapping):
        return {str(key): canonical(each, known) for key, each in value.items()}
    raise TypeError(f"{type(value).__name__} has no canonical form")


@cache
def _keys(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def _named(value: DataclassInstance, known: dict[int, object]) -> object:
    if id(value) not in known:
        parts = {key: canonical(getattr(value, key), known) for key in _keys(type(value))}
        known[id(value)] = {"is": type(value).__name__, **parts}
    return known[id(value)]
