"""`makegood alerts test`: a message to each channel now, and what its receiver says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import marked, show, show_json, table
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.config.alerting import Channel
    from monitor.config.plan import Plan

LIMIT = 60.0
Verdict = tuple[bool, str]


@click.command()
@click.argument("name", metavar="[CHANNEL]", required=False)
@as_json
@at_desk
def test(desk: Desk, name: str | None, json_: bool) -> None:
    """Send a test to each channel, or to one.

    It says that it is a test. It needs no running monitor, and nothing of it is
    kept. Exits 1 where a receiver does not take it.
    """
    plan = desk.plan()
    channels = _asked(plan, name)
    verdicts = asyncio.run(_tried(desk, plan, channels))
    if json_:
        show_json(
            [
                {"channel": each.id, "by": each.way, "taken": taken, "said": said}
                for each, (taken, said) in zip(channels, verdicts, strict=True)
            ]
        )
    else:
        rows = [
            (each.id, each.way, "taken" if taken else "not taken", said)
            for each, (taken, said) in zip(channels, verdicts, strict=True)
        ]
        marks = [" " if taken else "x" for taken, _ in verdicts]
        show(marked(table(("CHANNEL", "BY", "", "IT SAID"), rows), marks))
    if not all(taken for taken, _ in verdicts):
        raise click.exceptions.Exit(Exit.NO)


def _asked(plan: Plan, name: str | None) -> list[Channel]:
    from monitor.config.values import meant

    channels = plan.alerting.channels
    if not channels:
        raise ConfigError('there is no channel: write [channel.chat] and webhook = "https://..."')
    if name is None:
        return list(channels.values())
    if name not in channels:
        near = meant(name, channels)
        hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join(channels)}"
        raise ConfigError(f'there is no channel "{name}"; {hint}')
    return [channels[name]]


async def _tried(desk: Desk, plan: Plan, channels: list[Channel]) -> list[Verdict]:
    return await asyncio.gather(*(_one(desk, plan, each) for each in channels))


async def _one(desk: Desk, plan: Plan, channel: Channel) -> Verdict:
    from monitor.alerts.channels.message import NotTaken, trial
    from monitor.alerts.ways import Ways
    from reports.format import clean

    now = desk.clock.now()
    send = Ways(desk.environ).by_name()[channel.way]
    try:
        async with asyncio.timeout(LIMIT):
            return True, clean(await send(plan, channel, trial(channel.id, now), now))
    except TimeoutError:
        return False, f"no answer within {LIMIT:.0f} s"
    except NotTaken as error:
        return False, clean(str(error))
