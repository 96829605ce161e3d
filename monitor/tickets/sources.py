"""The ticket systems that may deliver, as the configuration names them.

Their mappings, tokens and secrets are read when it is loaded, and shown nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from monitor.config.endpoint import Reference
from monitor.config.metric_tokens import known_by
from monitor.config.plan import Plan, TicketSource
from monitor.config.problems import Refused
from monitor.errors import ConfigError
from monitor.tickets.hook import Source
from monitor.tickets.mapping import Dialect
from monitor.tickets.mapping_tables import mapping_of


def sources_of(plan: Plan, environ: Mapping[str, str]) -> tuple[dict[str, Source], tuple[str, ...]]:
    """Those that may deliver, by name, and what keeps others from it, a sentence each."""
    found: dict[str, Source] = {}
    untold: list[str] = []
    for each in plan.ticket_sources.values():
        if each.incidents:
            continue
        known = len(untold)
        where = f"tickets.{each.id}"
        dialect = _dialect(each, where, untold)
        token, secret = (
            _kept(kept, f"{where}.{key}", plan, environ, untold)
            for key, kept in (("token", each.token), ("secret", each.secret))
        )
        if dialect is not None and len(untold) == known:
            found[each.id] = Source(dialect, token, secret)
    return found, tuple(untold)


def unread(plan: Plan) -> Iterator[str]:
    """What is wrong with the mappings, a sentence each with the key that names it."""
    for each in plan.ticket_sources.values():
        untold: list[str] = []
        if not each.incidents and _dialect(each, f"tickets.{each.id}", untold) is None:
            yield from untold


def _dialect(source: TicketSource, where: str, untold: list[str]) -> Dialect | None:
    """Its words, and its own name above that of the mapping."""
    key = f"{where}.mapping"
    try:
        return replace(mapping_of(source.mapping, key), source=source.id)
    except ConfigError as error:
        untold.extend(f"{key}: {line.removeprefix(f'{key}: ')}" for line in str(error).splitlines())
        return None


def _kept(
    kept: Reference | None, where: str, plan: Plan, environ: Mapping[str, str], untold: list[str]
) -> str:
    if kept is None:
        return ""
    try:
        return known_by(kept, plan, environ)
    except Refused as error:
        untold.append(f"{where}: {error}")
        return ""
