"""`makegood kpi`: how far the team is from what it aims at. Internal, all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.core.periods import Period
    from monitor.operations.kpi import KpiReading

BYS = ("severity", "priority", "service", "team", "customer", "hour-of-week")


@click.command()
@click.argument("name", required=False)
@click.option("--period", metavar="PERIOD", help="A month, 2026-10; default: the one that runs.")
@click.option("--by", type=click.Choice(BYS), help="In its parts.")
@click.option("--fail-missed", is_flag=True, help="Exit 1 where a target is missed.")
@as_json
@at_desk
def kpi(
    desk: Desk, name: str | None, period: str | None, by: str | None, fail_missed: bool, json_: bool
) -> None:
    """KPIs: where each stands, how it moves, and whose it is.

    NAME is a KPI, and tells of one alone. PERIOD is a month (2026-10), a week
    (2026-W41), a quarter (2026-Q4), a year (2026), a day, or any days
    (2026-10-01..2026-10-15); of one that runs everything is as it stands.

    x missed its target, ! is met and drifts to where it is not, ? nobody can
    tell. The trend is that of six periods, this one last. With --fail-missed,
    exits 1 when a target is missed, and 5 when nobody can tell of one.
    """
    from monitor.cli.kpi_told import as_data, grid, lines, page

    with desk.evidence() as (plan, snapshot):
        _must_be_known(plan, name)
        now = desk.clock.now()
        meant = _period(plan, period, now)
        found = _read(desk, plan, snapshot, meant, now, by, name)
    if json_:
        show_json([as_data(each, meant) for each in found])
    elif by == "hour-of-week":
        show(grid(found, meant))
    elif name is not None and by is None:
        show(line for each in found for line in page(each, meant, plan.kpis[each.id]))
    else:
        show(lines(found, meant, now, parted=by is not None))
    if fail_missed:
        raise click.exceptions.Exit(verdict(found))


def _read(
    desk: Desk, plan: Plan, snapshot: object, meant: Period, now: Ms, by: str | None, name: str | None
) -> tuple[KpiReading, ...]:
    from typing import cast

    from monitor.oncall.kpis import By, can_be_parted, parted, readings
    from monitor.store.protocol import Snapshot

    store = desk.store(plan)
    alerts = getattr(store, "alerts", None)
    names = None if name is None else (name,)
    view = cast(Snapshot, snapshot)
    if by is None:
        return readings(plan, view, alerts, store.metrics, meant, now, names=names)
    way = cast(By, by)
    if name is not None and not can_be_parted(plan.kpis[name], way):
        raise ConfigError(f"--by: {name} has no parts by {by}: leave --by out, or ask for another KPI")
    return parted(plan, view, alerts, store.metrics, meant, now, way, names=names)


def _period(plan: Plan, text: str | None, now: Ms) -> Period:
    from monitor.operations.stretch import period, running
    from monitor.statements.status import zone_of

    if text is None:
        return running(now, zone_of(plan))
    try:
        return period(text, zone_of(plan))
    except ValueError as error:
        raise ConfigError(f"--period: {error}") from None


def _must_be_known(plan: Plan, name: str | None) -> None:
    from monitor.config.values import meant

    if name is None or name in plan.kpis:
        return
    near = meant(name, plan.kpis)
    hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join(plan.kpis)}"
    raise ConfigError(f'there is no KPI "{name}"; {hint}')


def verdict(found: Iterable[KpiReading]) -> Exit:
    """No where a target is missed; else undecided where nobody can tell of one."""
    results = [each.result for each in found if each.target is not None]
    if "missed" in results:
        return Exit.NO
    return Exit.UNDECIDED if "too few to tell" in results else Exit.DONE
