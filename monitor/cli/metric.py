"""`makegood metric`: figures of our own that no check can see, pushed by whoever knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.directory import InOrder, commands
from monitor.cli.layout import exact, show, show_json, table, talk, utc
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Metric, Plan


@click.group(cls=InOrder, commands=commands(push="metric.push", list="metric.list_", show="metric.show_"))
def metric() -> None:
    """Metrics of your own: push a value, see what came."""


@click.command()
@click.argument("name")
@click.argument("value")
@click.option("--at", "when", metavar="WHEN", help="Of which instant it is; default: now.")
@click.option("--id", "key", metavar="ID", help="What you call this value; default: its instant.")
@at_desk
def push(desk: Desk, name: str, value: str, when: str | None, key: str | None) -> None:
    """Keep a value of a metric; it is durable on return.

    NAME stands in the configuration, [metric.NAME]; VALUE is a number in its
    unit, exactly as you write it. A value that comes again with the same --id
    (or, without one, of the same instant) is kept once; another value by that
    id is refused. A value below nothing goes after --, as in: -- NAME -3.
    """
    from monitor.cli.when import at_instant
    from monitor.config.kpi_text import signed

    plan = desk.plan()
    known, now = _known(plan, name), desk.clock.now()
    at = now if when is None else at_instant(when, "--at")
    if at > now:
        raise ConfigError(f"--at: {when} is still to come; push what has happened")
    try:
        figure = signed(value)
    except ValueError as error:
        raise ConfigError(f"VALUE: {error}") from None
    own = f"{utc(at)}" if key is None else key
    if not own.strip() or not own.isprintable() or len(own) > LONGEST:
        raise ConfigError(f"--id: write a text of one line, of at most {LONGEST} characters")
    fresh = desk.store(plan).metrics.push(name, at, figure, own, now)
    unit = f" {known.unit}" if known.unit else ""
    talk(f"{name} is {value}{unit} at {utc(at)}." if fresh else f"{name}: that value is there already.")


LONGEST = 200


@click.command(name="list")
@as_json
@at_desk
def list_(desk: Desk, json_: bool) -> None:
    """Every metric, how many values it has, and the newest."""
    plan = desk.plan()
    metrics = desk.store(plan).metrics
    counts = {name: (count, last) for name, count, last in metrics.known()}
    names = dict.fromkeys((*plan.metrics, *counts))
    newest = {name: metrics.last(name, 1)[-1] for name in names if name in counts}
    if json_:
        show_json(
            [
                {
                    "metric": name,
                    "title": plan.metrics[name].title if name in plan.metrics else None,
                    "unit": (plan.metrics[name].unit or None) if name in plan.metrics else None,
                    "values": counts.get(name, (0, None))[0],
                    "last_at": utc(counts.get(name, (0, None))[1]),
                    "last": exact(newest[name].value) if name in newest else None,
                }
                for name in names
            ]
        )
        return
    rows = [
        (
            name,
            f"{counts.get(name, (0, 0))[0]:,}",
            _figure(plan, name, newest[name].value) if name in newest else "-",
            str(utc(newest[name].at)) if name in newest else "-",
            "" if name in plan.metrics else "in the configuration no more",
        )
        for name in names
    ]
    show(table(("METRIC", "VALUES", "LAST", "AT", ""), rows, right=(1, 2)) if rows else ["No metric."])


@click.command(name="show")
@click.argument("name")
@click.option(
    "--last", "count", type=click.IntRange(1, 10_000), metavar="N", default=20, show_default=True,
    help="So many of the newest.",
)  # fmt: skip
@as_json
@at_desk
def show_(desk: Desk, name: str, count: int, json_: bool) -> None:
    """The newest values of a metric, oldest first."""
    plan = desk.plan()
    found = desk.store(plan).metrics.last(name, count)
    if not found:
        _known(plan, name)
    if json_:
        show_json(
            [
                {
                    "at": utc(each.at),
                    "value": exact(each.value),
                    "id": each.key,
                    "received": utc(each.received),
                }
                for each in found
            ]
        )
        return
    rows = [(str(utc(each.at)), _figure(plan, name, each.value), each.key) for each in found]
    show(table(("AT", "VALUE", "ID"), rows, right=(1,)) if rows else [f"No value of {name} was pushed yet."])


def _figure(plan: Plan, name: str, value: object) -> str:
    from fractions import Fraction

    from reports.format import PLAIN, number

    unit = plan.metrics[name].unit if name in plan.metrics else ""
    return f"{number(value, PLAIN)} {unit}".rstrip() if isinstance(value, Fraction) else "-"


def _known(plan: Plan, name: str) -> Metric:
    from monitor.config.values import meant

    if name in plan.metrics:
        return plan.metrics[name]
    near = meant(name, plan.metrics)
    hint = f'did you mean "{near}"?' if near else f"write [metric.{name}] in the configuration"
    raise ConfigError(f'there is no metric "{name}"; {hint}')
