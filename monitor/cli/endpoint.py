"""`makegood endpoint`: which are probed, and which are not for a while.

The running monitor follows within a second; one that is started later knows it from the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.cli.recording import dry_run_option
from monitor.core.intervals import Ms
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.statements.disabled import Disabled
    from monitor.store.protocol import Store

HEAD = ("ENDPOINT", "KIND", "SERVICES", "STATE", "REASON")

patterns = click.argument("patterns", metavar="PATTERN...", nargs=-1, required=True)


@click.group()
def endpoint() -> None:
    """What is probed: list, disable, enable."""


@endpoint.command()
@patterns
@click.option("--reason", required=True, help="Why: it is kept in the journal.")
@click.option(
    "--until", metavar="WHEN", help='Probe again from then on by itself: an instant, or "2h" from now.'
)
@dry_run_option
@as_json
@at_desk
def disable(
    desk: Desk, patterns: tuple[str, ...], reason: str, until: str | None, dry_run: bool, json_: bool
) -> None:
    """Stop probing the endpoints that match, for a while.

    A pattern is a name, "shop-*", or "team=web" for a label. Their time is not measured from now on: it is
    neither up nor down, and counts as each agreement says of time that was not seen.
    """
    from monitor.people import author
    from monitor.statements.disabled import disabled

    plan = desk.plan()
    names, now = matching(plan, patterns), desk.clock.now()
    ends = None if until is None else _end(until, now)
    store = desk.store(plan, create=True)
    known = standing(store, now)
    try:
        new = [disabled(name, author(), now, reason, ends) for name in names if name not in known]
    except ValueError as error:
        raise ConfigError(f"{'--reason' if 'empty' in str(error) else '--until'}: {error}") from None
    if not dry_run and new:
        store.journal.append(new)
    _tell(names, [event.subject for event in new], "disabled", dry_run=dry_run, json_=json_, until=utc(ends))


@endpoint.command()
@patterns
@click.option("--reason", default="", help="Why, if it needs a word.")
@dry_run_option
@as_json
@at_desk
def enable(desk: Desk, patterns: tuple[str, ...], reason: str, dry_run: bool, json_: bool) -> None:
    """Probe the endpoints that match again.

    A pattern is a name, "shop-*", or "team=web" for a label.
    """
    from monitor.people import author
    from monitor.statements.disabled import enabled

    plan = desk.plan()
    store, now = desk.store(plan), desk.clock.now()
    known = standing(store, now)
    names = matching(plan, patterns)
    new = [enabled(name, author(), now, reason) for name in names if name in known]
    if not dry_run and new:
        store.journal.append(new)
    _tell(names, [event.subject for event in new], "enabled", dry_run=dry_run, json_=json_)


@endpoint.command(name="list")
@as_json
@at_desk
def list_(desk: Desk, json_: bool) -> None:
    """Every endpoint, and whether it is probed."""
    from monitor.statements.status import zone_of

    plan, now = desk.plan(), desk.clock.now()
    known = standing(desk.store(plan), now) if plan.settings.database.exists() else {}
    if json_:
        show_json([as_data(plan, name, known.get(name)) for name in plan.endpoints])
        return
    rows = [_cells(plan, name, known.get(name), zone_of(plan)) for name in plan.endpoints]
    show(table(HEAD, rows) if rows else ["No endpoint is configured."])


def matching(plan: Plan, asked: Sequence[str]) -> list[str]:
    """The endpoints that any pattern names, in the order of the file. ConfigError for one that names none."""
    found: set[str] = set()
    for pattern in asked:
        mine = {name for name in plan.endpoints if _matches(plan, name, pattern)}
        if not mine:
            raise ConfigError(_none(pattern, plan))
        found |= mine
    return [name for name in plan.endpoints if name in found]


def _matches(plan: Plan, name: str, pattern: str) -> bool:
    label, equal, value = pattern.partition("=")
    if equal:
        return plan.endpoints[name].labels.get(label) == value
    return fnmatchcase(name, pattern)


def _none(pattern: str, plan: Plan) -> str:
    from monitor.config.values import meant

    near = meant(pattern, sorted(plan.endpoints))
    hint = f'did you mean "{near}"?' if near else f"write some of: {', '.join(plan.endpoints)}"
    return f'no endpoint matches "{pattern}"; {hint}'


def _end(until: str, now: Ms) -> Ms:
    from monitor.cli.when import at_instant
    from monitor.core.numbers import parse_duration

    try:
        return now + parse_duration(until)
    except ValueError:
        return at_instant(until, "--until")


def standing(store: Store, now: Ms) -> Mapping[str, Disabled]:
    """What the journal says is disabled."""
    from monitor.statements.disabled import KINDS
    from monitor.statements.disabled import standing as disabled_now

    with store.snapshot() as snapshot:
        return disabled_now(snapshot.events(kinds=KINDS), now)


def _tell(
    names: Sequence[str], changed: Sequence[str], what: str, *, dry_run: bool, json_: bool, **more: object
) -> None:
    as_they_were = [name for name in names if name not in changed]
    if json_:
        show_json({what: list(changed), "unchanged": as_they_were, "recorded": not dry_run, **more})
        return
    show(changed)
    if as_they_were:
        talk(f"Already {what}: {', '.join(as_they_were)}.")
    if dry_run:
        talk("Nothing was recorded.")


def _services(plan: Plan, name: str) -> list[str]:
    from monitor.core.services import endpoints

    return [service.id for service in plan.services.values() if name in endpoints(service.up_when)]


def _cells(plan: Plan, name: str, known: Disabled | None, zone: str) -> tuple[str, ...]:
    return (
        name,
        plan.endpoints[name].kind,
        ", ".join(_services(plan, name)) or "-",
        "probed" if known is None else _since(known, zone),
        "" if known is None else f"{known.reason} ({known.author})",
    )


def _since(known: Disabled, zone: str) -> str:
    from reports.format import PLAIN, instant

    ends = "" if known.until is None else f" until {instant(known.until, zone, PLAIN, seconds=False)}"
    return f"disabled since {instant(known.since, zone, PLAIN, seconds=False)}{ends}"


def as_data(plan: Plan, name: str, known: Disabled | None) -> dict[str, object]:
    """The same for a program."""
    endpoint = plan.endpoints[name]
    return {
        "id": name,
        "kind": endpoint.kind,
        "services": _services(plan, name),
        "labels": dict(endpoint.labels),
        "disabled": None if known is None else _disabled(known),
    }


def _disabled(known: Disabled) -> dict[str, object]:
    return {
        "since": utc(known.since),
        "until": utc(known.until),
        "author": known.author,
        "reason": known.reason,
    }
