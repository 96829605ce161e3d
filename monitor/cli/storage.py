"""`makegood storage`: what the evidence takes, what will go and when, and what must be kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, utc
from monitor.cli.recording import dry_run_option
from monitor.core.intervals import DAY
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.ledger.retention import Limit
    from monitor.statements.holds import Hold
    from monitor.store.protocol import NewEvent, Store
    from monitor.store.room import Room

HEAD = ("ENDPOINT", "KEPT FROM", "BECAUSE OF")
HOLDS = ("HELD", "SINCE", "BY", "REASON")

subject = click.argument("subject", metavar="ENDPOINT|SERVICE|CUSTOMER|everything")
reason = click.option("--reason", required=True, help="Why: it is kept in the journal.")


@click.group()
def storage() -> None:
    """How much room checks take, and how long they are kept."""


@storage.command(name="show")
@as_json
@at_desk
def show_(desk: Desk, json_: bool) -> None:
    """What the database takes, what it grows by, and what will go.

    Good checks go once they are as old as [monitor] keep_checks says, and nothing else keeps them: a period
    that is not settled, a count of single checks, a legal hold. Failed checks, states and counts never go.
    """
    from monitor.ledger.retention import limits
    from monitor.statements.holds import KINDS, standing
    from monitor.statements.status import zone_of
    from monitor.store.room import room

    plan = desk.plan()
    store = desk.store(plan)
    with store.snapshot() as snapshot:
        found = limits(plan, snapshot, store.ledger, desk.clock.now())
        held = list(standing(snapshot.events(kinds=KINDS)).values())
    taken = room(plan.settings.database)
    if json_:
        show_json(as_data(plan, taken, found, held))
        return
    show([*lines(taken), "", *_kept(plan, found, zone_of(plan)), *_held(held, zone_of(plan))])


@storage.command()
@subject
@reason
@dry_run_option
@as_json
@at_desk
def hold(desk: Desk, subject: str, reason: str, dry_run: bool, json_: bool) -> None:
    """Keep every check of an endpoint, service or customer.

    A legal hold: nothing of it is forgotten until it is released, whatever keep_checks says.
    """
    from monitor.people import author
    from monitor.statements.holds import placed

    plan = desk.plan()
    _must_name(plan, subject)
    store = desk.store(plan, create=True)
    _record(
        desk, store, lambda: placed(subject, author(), desk.clock.now(), reason), dry_run=dry_run, json_=json_
    )


@storage.command()
@subject
@reason
@dry_run_option
@as_json
@at_desk
def release(desk: Desk, subject: str, reason: str, dry_run: bool, json_: bool) -> None:
    """Let go what was held."""
    from monitor.people import author
    from monitor.statements.holds import KINDS, released, standing

    plan = desk.plan()
    store = desk.store(plan)
    with store.snapshot() as snapshot:
        held = standing(snapshot.events(kinds=KINDS))
    if subject not in held:
        known = ", ".join(held) or "nothing"
        raise ConfigError(f'"{subject}" is not held; held is: {known}')
    _record(
        desk,
        store,
        lambda: released(subject, author(), desk.clock.now(), reason),
        dry_run=dry_run,
        json_=json_,
    )


def lines(taken: Room) -> list[str]:
    """The figures for a person."""
    per = "-" if taken.per_check is None else f"{taken.per_check:.2f} bytes each"
    growth = taken.daily * (taken.per_check or 0)
    rows = [
        ("database", size(taken.file), f"{size(taken.free)} of it free, {size(taken.wal)} waiting beside it"),
        (
            "packed checks",
            f"{taken.packed:,}",
            f"{per}; {taken.forgotten:,} days of an endpoint without good ones",
        ),
        ("loose checks", f"{taken.loose:,}", "of the last days; packed a day after their day is over"),
        (
            "growth a day",
            size(round(growth)),
            f"{taken.daily:,.0f} checks; {size(round(365 * growth))} a year",
        ),
        ("alerts", f"{taken.alerts:,}", "kept for ever: KPIs are read from them"),
        ("letters", f"{taken.letters:,}", "of alerts, who was told; gone 400 days after it was over"),
        ("metrics", f"{taken.metrics:,}", "values that were pushed; kept for ever"),
    ]
    return table(("WHAT", "HOW MUCH", ""), rows, right={1})


def size(number: float) -> str:
    """Bytes as people say them, `1.2 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1_000:
            return f"{number:,.{0 if unit == 'bytes' else 1}f} {unit}"
        number /= 1_000
    return f"{number:,.1f} TB"


def _kept(plan: Plan, found: Sequence[Limit], zone: str) -> list[str]:
    if plan.settings.keep_checks is None:
        return ["All checks are kept for ever: [monitor] keep_checks says nothing else."]
    if not found:
        return ["No endpoint was recorded yet."]
    rows = [(each.endpoint, _day(each.upto, zone), each.why) for each in found]
    return [
        f"Good checks go after {plan.settings.keep_checks // DAY} days, where nothing keeps them.",
        "",
        *table(HEAD, rows),
    ]


def _day(at: int, zone: str) -> str:
    from monitor.core.periods import local

    return "the first" if at <= 0 else f"{local(at, zone):%Y-%m-%d}"


def _held(held: Sequence[Hold], zone: str) -> list[str]:
    if not held:
        return []
    return [
        "",
        *table(HOLDS, [(each.subject, _day(each.since, zone), each.author, each.reason) for each in held]),
    ]


def as_data(plan: Plan, taken: Room, found: Sequence[Limit], held: Sequence[Hold]) -> dict[str, object]:
    """The same for a program; times are UTC, sizes in bytes."""
    from dataclasses import asdict

    keep = plan.settings.keep_checks
    return {
        "room": {**asdict(taken), "daily": round(taken.daily)},
        "keep_checks_days": None if keep is None else keep // DAY,
        "limits": [
            {"endpoint": each.endpoint, "kept_from": utc(max(each.upto, 0)), "why": each.why}
            for each in found
        ],
        "holds": [{**asdict(each), "since": utc(each.since)} for each in held],
    }


def _must_name(plan: Plan, subject: str) -> None:
    from monitor.config.values import meant
    from monitor.statements.holds import ALL

    known = [ALL, *plan.endpoints, *plan.services, *plan.customers, *plan.providers]
    if subject not in known:
        near = meant(subject, sorted(known))
        hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join(known)}"
        raise ConfigError(f'there is no endpoint, service or customer "{subject}"; {hint}')


def _record(desk: Desk, store: Store, make: Callable[[], NewEvent], *, dry_run: bool, json_: bool) -> None:
    try:
        event = make()
    except ValueError as error:
        raise ConfigError(f"--reason: {error}") from None
    if not dry_run:
        store.journal.append([event])
    what = "held" if event.kind == "hold.placed" else "released"
    if json_:
        show_json({what: event.subject, "reason": event.reason, "dry_run": dry_run})
        return
    show([f"{'Would be ' if dry_run else ''}{what}: {event.subject}"])
