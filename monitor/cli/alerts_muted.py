"""`makegood alerts mute`: what is not told for a while, and why. What is found meanwhile is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.plan import Plan
    from monitor.operations.mutes import Mute
    from monitor.store.protocol import Store

HEAD = ("WHAT", "UNTIL", "BY", "WHY")


@click.command()
@click.argument("subject", metavar="[SERVICE|all]", required=False)
@click.option("--for", "length", metavar="TIME", help="For how long: 2h.")
@click.option("--reason", default="", help="Why; it is kept in the journal.")
@click.option("--costs", is_flag=True, help="What it costs too: burning, and credits that are near or owed.")
@click.option("--end", is_flag=True, help="End it now.")
@click.option("--list", "listed", is_flag=True, help="What is muted now.")
@as_json
@at_desk
def mute(
    desk: Desk,
    subject: str | None,
    length: str | None,
    reason: str,
    costs: bool,
    end: bool,
    listed: bool,
    json_: bool,
) -> None:
    """Tell nothing of a service for a while, or nothing at all.

    What is found meanwhile is kept, and told when the mute ends if it still
    holds. What was told before is told to be over all the same. It is no
    maintenance: what is down is down, and counts. So it is told what it costs,
    by the rules of burn and breach, unless --costs has that muted too.
    """
    from monitor.cli.when import lasting
    from monitor.operations import mutes
    from monitor.people import author
    from monitor.statements.status import zone_of

    plan, now = desk.plan(), desk.clock.now()
    _must_ask_one_thing(subject, length, end=end, listed=listed)
    store = desk.store(plan)
    if subject is not None:
        standing = _standing(store, now)
        _must_be_known(plan, subject, standing)
        if end:
            if subject not in standing:
                raise ConfigError(f"{subject} is not muted; `makegood alerts mute --list` says what is")
            store.journal.append([mutes.unmuted(subject, author(), now, reason)])
        else:
            if not reason.strip():
                raise ConfigError('--reason: say why: --reason "Load test until noon"')
            until = now + lasting(str(length), "--for")
            store.journal.append([mutes.muted(subject, until, author(), now, reason.strip(), costs=costs)])
    _tell(_standing(store, now), zone_of(plan), now, json_=json_)


def _must_ask_one_thing(subject: str | None, length: str | None, *, end: bool, listed: bool) -> None:
    if subject is None:
        if length is not None or end or not listed:
            raise ConfigError('name a service or "all": makegood alerts mute shop --for 2h --reason "…"')
    elif listed:
        raise ConfigError("--list: it lists all that is muted; leave the name out")
    elif (length is None) == (not end):
        raise ConfigError("say for how long, --for 2h, or --end where it is to end now")


def _must_be_known(plan: Plan, subject: str, standing: Mapping[str, Mute]) -> None:
    from monitor.config.values import meant
    from monitor.operations.mutes import ALL

    if subject == ALL or subject in plan.services or subject in standing:
        return
    near = meant(subject, [*plan.services, ALL])
    hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join([*plan.services, ALL])}"
    raise ConfigError(f'there is no service "{subject}"; {hint}')


def _standing(store: Store, now: int) -> Mapping[str, Mute]:
    from monitor.operations import mutes

    with store.snapshot() as snapshot:
        return mutes.mutes(snapshot.events(kinds=mutes.KINDS), now)


def _tell(standing: Mapping[str, Mute], zone: str, now: int, *, json_: bool) -> None:
    from monitor.cli.alerts_told import muted

    if json_:
        show_json(
            [
                {
                    "what": each.subject,
                    "until": utc(each.until),
                    "author": each.author,
                    "reason": each.reason,
                    "costs": each.costs,
                }
                for each in standing.values()
            ]
        )
    elif standing:
        show(table(HEAD, [muted(each, zone, now) for each in standing.values()]))
        talk(f"Times in {zone}.")
    else:
        show(["Nothing is muted."])
