"""`makegood check`: look at every endpoint now, keep nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import marked, show, show_json, spoken, table
from monitor.core.checks import Facts, Reason, Rule, State
from monitor.core.expected import milliseconds
from monitor.core.intervals import SECOND
from monitor.core.judge import judge, resolve
from monitor.errors import ConfigError, Exit
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.endpoint import Endpoint
    from monitor.config.plan import Plan
    from monitor.prober.attempt import Observer
    from monitor.probes import Network

HEAD = ("ENDPOINT", "STATE", "REASON", "TIME", "SEEN")
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Look:
    """What one slot of an endpoint came to: its state, and the last attempt's reason and facts.

    `attempts` are all of them, in order.
    """

    endpoint: str
    state: State
    reason: Reason
    facts: Facts
    attempts: tuple[tuple[Reason, Facts], ...] = ()


@click.command()
@click.argument("names", nargs=-1, metavar="[ENDPOINT]...")
@as_json
@at_desk
def check(desk: Desk, names: tuple[str, ...], json_: bool) -> None:
    """Probe every endpoint now, once.

    All of them, or those named. A failure is tried again as the endpoint's confirmation says. Nothing is
    recorded. Exits 1 when an endpoint is down.
    """
    import asyncio  # a tenth of a second that no other command should pay

    plan = desk.plan()
    looks = asyncio.run(look_at(chosen(plan, names)))
    if json_:
        show_json([as_data(look) for look in looks])
    else:
        show(lines(looks))
    if any(look.state is State.DOWN for look in looks):
        raise click.exceptions.Exit(Exit.NO)


def chosen(plan: Plan, names: Sequence[str]) -> list[Endpoint]:
    unknown = [name for name in names if name not in plan.endpoints]
    if unknown:
        raise ConfigError(f'there is no endpoint "{unknown[0]}"; write some of: {", ".join(plan.endpoints)}')
    return [plan.endpoints[name] for name in names or plan.endpoints]


async def look_at(endpoints: Iterable[Endpoint]) -> list[Look]:
    """One slot of each endpoint, `AT_ONCE` at a time, in the order given."""
    import asyncio

    from monitor.prober.attempt import Observer
    from monitor.probes import Network

    places = asyncio.Semaphore(AT_ONCE)
    async with Network() as network:
        observer = Observer(network)

        async def admitted(endpoint: Endpoint) -> Look:
            async with places:
                return await _slot(endpoint, network, observer)

        return list(await asyncio.gather(*map(admitted, endpoints)))


async def _slot(endpoint: Endpoint, network: Network, observer: Observer) -> Look:
    from asyncio import sleep

    from monitor.probes import PROBES

    asked = asked_for_days(endpoint)
    attempts: list[tuple[Reason, Facts]] = []
    state = None
    while state is None:
        if attempts:
            await sleep(endpoint.confirmation.pause / SECOND)
        async with network.admit(endpoint):
            facts = await observer.observe(PROBES[endpoint.kind], asked)
        attempts.append((judge(facts, endpoint.expectation), facts))
        state = resolve([reason for reason, _ in attempts], endpoint.confirmation)
    return Look(endpoint.id, state, *attempts[-1], tuple(attempts))


def asked_for_days(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with its certificate's days looked for whether a rule is about them or not."""
    rules = endpoint.expectation.rules
    if not endpoint.is_certified or any(rule.extract == "certificate_days" for rule in rules):
        return endpoint
    more = (*rules, Rule("certificate_days", "", "present"))
    return replace(endpoint, expectation=replace(endpoint.expectation, rules=more))


def lines(looks: Sequence[Look]) -> list[str]:
    """The table for a person."""
    marks = {State.UP: " ", State.DOWN: "x", State.UNKNOWN: "?"}
    body = table(HEAD, [_cells(look) for look in looks], right={3})
    return [headline(looks), "", *marked(body, [marks[look.state] for look in looks])]


def headline(looks: Sequence[Look]) -> str:
    """`1 of 3 endpoints is down.`"""
    from reports.format import PLAIN, plural

    down = sum(look.state is State.DOWN for look in looks)
    unknown = sum(look.state is State.UNKNOWN for look in looks)
    them = plural(len(looks), "endpoint", "endpoints", PLAIN)
    said = [
        f"{count} of {them} {'is' if count == 1 else 'are'} {word}"
        for count, word in ((down, "down"), (unknown, "not measured, by our own fault"))
        if count
    ]
    if said:
        return f"{'; '.join(said)}."
    return f"All {them} are up." if len(looks) > 1 else "It is up." if looks else "No endpoint is configured."


def _cells(look: Look) -> tuple[str, ...]:
    states = {State.UP: "up", State.DOWN: "DOWN", State.UNKNOWN: "not measured"}
    return (
        look.endpoint,
        states[look.state],
        spoken(look.reason),
        milliseconds(look.facts.latency),
        seen(look.facts),
    )


def seen(facts: Facts) -> str:
    """The status and what went wrong, for a person."""
    from reports.format import clean

    status = [] if facts.status is None else [f"HTTP {facts.status}"]
    return "; ".join([*status, *([clean(facts.detail)] if facts.detail else [])]) or "-"


def as_data(look: Look) -> dict[str, object]:
    """The same for a program."""
    return {
        "endpoint": look.endpoint,
        "state": look.state.name.lower(),
        "reason": str(look.reason),
        "latency_tenths_ms": look.facts.latency,
        "status": look.facts.status,
        "detail": look.facts.detail,
        "phases_tenths_ms": dict(look.facts.phases),
    }
