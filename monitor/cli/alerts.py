"""`makegood alerts`: what the team was told of, who took it up, and how it is told. Internal, all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.directory import InOrder, commands
from monitor.cli.layout import show, show_json, talk
from monitor.cli.looking_back import looked_through, since_option, until_option
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.plan import Plan
    from monitor.operations.alert import Finding
    from monitor.store.protocol import Alert

PLACES = {
    "list": "alerts.list_",
    "ack": "alerts.ack",
    "mute": "alerts_muted.mute",
    "test": "alerts_tried.test",
}
MOST = 10_000


@click.group(cls=InOrder, commands=commands(**PLACES))
def alerts() -> None:
    """Alerts: what is told, who takes it up, what is muted."""


@click.command(name="list")
@click.option("--all", "every", is_flag=True, help="Those too that are over.")
@since_option("7 days")
@until_option
@as_json
@at_desk
def list_(desk: Desk, every: bool, begin: str, end: str | None, json_: bool) -> None:
    """What the team was told of and is not over, oldest first.

    With --all, also what is over and was raised since --since. x pages, and
    nobody has taken it up. What is open is said as the rules find it now. Beneath
    it stands what could not be told yet, or was given up, with what the receiver
    said last. Where a mute had nobody told, it says whose.
    """
    from monitor.cli.alerts_told import as_data, as_of, by_alert, lines, silencers, troubles
    from monitor.operations.mutes import KINDS, all_mutes
    from monitor.statements.status import zone_of

    plan, now = desk.plan(), desk.clock.now()
    zone = zone_of(plan)
    span = looked_through(begin, end, zone, now)
    store = desk.store(plan)
    found = list(store.alerts.open())
    if every:
        past = [each for each in store.alerts.between(span, MOST) if each.ended is not None]
        found = sorted((*found, *past), key=lambda each: each.seq)
    letters = store.alerts.letters([each.seq for each in found])
    with store.snapshot() as snapshot:
        silent = silencers(found, all_mutes(snapshot.events(kinds=KINDS)), now)
    latest = _latest(desk, found)
    if json_:
        own = by_alert(letters)
        show_json(
            [
                as_data(each, own.get(each.seq, ()), silent.get(each.seq), latest.get(each.seq), now)
                for each in found
            ]
        )
        return
    show(lines(found, letters, zone, now, silent, latest) if found else ["Nothing is open."])
    if latest:
        talk(as_of(len(latest), sum(each.ended is None for each in found), zone, now))
    for line in troubles(letters, zone, now):
        talk(line)
    for line in _aside(plan):
        talk(line)


def _latest(desk: Desk, alerts: Sequence[Alert]) -> dict[int, Finding]:
    """What the rules find now of those that are open, by their number."""
    still = {(each.new.rule, each.new.subject): each.seq for each in alerts if each.ended is None}
    if not still:
        return {}
    from monitor.alerts.findings import findings

    with desk.evidence() as (plan, snapshot):
        found = findings(plan, snapshot, desk.clock.now())
    return {seq: each for each in found if (seq := still.get((each.rule, each.subject))) is not None}


def _aside(plan: Plan) -> list[str]:
    if plan.alerting.channels:
        return []
    return ["Nobody is told, and nothing is looked for: there is no [channel.NAME] in the configuration."]


@click.command()
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@as_json
@at_desk
def ack(desk: Desk, number: int, json_: bool) -> None:
    """You have taken it up: it is handed on to nobody.

    ID is its number in the list. It is not told again, but that it is over.
    Where it belongs to an incident, that is acknowledged too.
    """
    from monitor.alerts.answering import acknowledge
    from monitor.cli.alerts_told import as_data, taken_up
    from monitor.people import author
    from monitor.statements.status import zone_of

    plan, now = desk.plan(), desk.clock.now()
    store = desk.store(plan)
    alert = _known(store.alerts.find(number), number)
    done = acknowledge(plan, store, alert, author(), now)
    if json_:
        show_json(as_data(done, store.alerts.letters([number])))
        return
    talk(f"Alert {number}: {taken_up(done, zone_of(plan), now)}.")


def _known(alert: Alert | None, number: int) -> Alert:
    if alert is None:
        raise ConfigError(f"there is no alert {number}; `makegood alerts list --all` names them")
    if alert.ended is not None and alert.acknowledged is None:
        raise ConfigError(f"alert {number} is over, and there is nothing to take up: {alert.new.title}")
    return alert
