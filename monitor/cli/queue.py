"""`makegood queue`: which tickets to do first, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from monitor.config.plan import Plan
    from monitor.queue.clocks import Watch
    from monitor.queue.kept import Kept
    from monitor.queue.stakes import Stakes
    from monitor.store.protocol import WholeSnapshot


@click.command()
@click.option("--customer", "customers", metavar="ID", multiple=True, help="Of this one; may be repeated.")
@click.option("--service", "services", metavar="ID", multiple=True, help="Of this one; may be repeated.")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many of each kind."
)
@click.option(
    "--explain", "ticket", metavar="TICKET", help="The clocks of this one, open or closed, and why."
)
@as_json
@at_desk
@click.pass_context
def queue(
    ctx: click.Context,
    desk: Desk,
    customers: tuple[str, ...],
    services: tuple[str, ...],
    limit: int,
    ticket: str | None,
    json_: bool,
) -> None:
    """Open tickets in the order of what to do first, and why.

    Those that a promise of times runs a clock on: by the rules of [queue], within
    them by the time left on the promise's own clock, then by the money that hangs
    on it: what the period's credit is if this one is missed, less what it is if
    not. What is late stands apart, with what more time costs, and so does what
    waits. Exits 1 where one is late and not done.
    """
    with desk.evidence() as (plan, snapshot):
        _known("--customer", customers, plan.customers)
        _known("--service", services, plan.services)
        watch, stakes, kept = _watch(plan, snapshot, desk.clock.now())
        if ticket is not None:
            _explain(ticket, watch, stakes, json_=json_)
            kept.write()
            return
        from monitor.cli import queue_told as told
        from monitor.queue.order import Order, chosen

        found = Order(watch, stakes, plan.queue, chosen(plan, customers, services)).queue(limit)
        stakes.prepare([*(each.clock for each in found.first), *found.late[:limit]])
        if json_:
            show_json(told.as_data(found, watch, stakes, limit))
        else:
            show(told.page(found, watch, stakes, limit))
            for line in told.beside(found, watch):
                talk(line)
        kept.write()
    ctx.exit(int(Exit.NO) if found.late else 0)


def _watch(plan: Plan, snapshot: WholeSnapshot, now: int) -> tuple[Watch, Stakes, Kept]:
    from monitor.queue.clocks import Watch
    from monitor.queue.kept import Kept, path_of
    from monitor.queue.stakes import Stakes, state_of

    watch = Watch(plan, snapshot, now)
    kept = Kept.read(path_of(plan.settings.database), state_of(watch))
    return watch, Stakes(watch, kept), kept


def _explain(ticket: str, watch: Watch, stakes: Stakes, *, json_: bool) -> None:
    from monitor.cli import queue_explain as explained

    found = explained.explained(ticket, watch, stakes)
    if json_:
        show_json([explained.as_data(each, watch) for each in found])
    else:
        show(line for each in found for line in explained.page(each, watch))


def _known(option: str, names: Iterable[str], known: Collection[str]) -> None:
    from monitor.config.values import meant

    for name in names:
        if name not in known:
            near = meant(name, known)
            hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join(sorted(known)[:8])}"
            raise ConfigError(f'{option}: there is none named "{name[:80]}"; {hint}')
