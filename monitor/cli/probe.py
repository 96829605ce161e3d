"""`makegood probe`: one endpoint, now, with everything that was seen and what decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from monitor.cli.check import Look, as_data, chosen, look_at, seen
from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import COLOURS, show, show_json, spoken, table
from monitor.core.checks import Facts, Reason, State, state_of
from monitor.core.expected import Expected, examined, milliseconds, why
from monitor.core.judge import broken_rule
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.config.endpoint import Endpoint
    from monitor.config.veil import Veil

PHASES = {
    "dns": "name",
    "connect": "connect",
    "tls": "TLS",
    "first_byte": "first byte",
    "body": "body",
}
WIDTH = 40
"""Characters that a whole attempt is long."""


@click.command()
@click.argument("name", metavar="ENDPOINT")
@click.option("--debug", is_flag=True, help="Show phases, what was found, and what decided.")
@as_json
@at_desk
def probe(desk: Desk, name: str, debug: bool, json_: bool) -> None:
    """Probe one endpoint now, and show what was seen.

    A failure is tried again as the endpoint's confirmation says. Nothing is recorded, and sentinels are not
    asked. Exits 1 when it is down.
    """
    import asyncio

    from monitor.config.veil import Veil

    (endpoint,) = chosen(desk.plan(), [name])
    if endpoint.kind == "heartbeat":
        raise ConfigError(
            f"{name} is a heartbeat: its job calls the monitor, so there is nothing to probe; "
            f"see what was heard of it: makegood log {name}"
        )
    (look,) = asyncio.run(look_at([endpoint]))
    if json_:
        show_json(Veil(endpoint).over_all(in_full(endpoint, look)))
    else:
        show(lines(endpoint, look, debug=debug))
    if look.state is State.DOWN:
        raise click.exceptions.Exit(Exit.NO)


def lines(endpoint: Endpoint, look: Look, *, debug: bool) -> list[str]:
    """What is printed for a person."""
    from monitor.config.veil import Veil, place

    veil = Veil(endpoint)
    words = {State.UP: "is up", State.DOWN: "is DOWN", State.UNKNOWN: "was not measured, by our own fault"}
    out = [f"{endpoint.id} {words[look.state]}.  {place(endpoint)}"]
    for number, (reason, facts) in enumerate(look.attempts, 1):
        out += ["", _headline(number, reason, facts, veil)]
        if debug:
            out += [f"    {line}".rstrip() for line in _details(endpoint, reason, facts, veil)]
    if debug:
        out += ["", why([reason for reason, _ in look.attempts], endpoint.confirmation)]
    return out


def _headline(number: int, reason: Reason, facts: Facts, veil: Veil) -> str:
    mark = {State.UP: " ", State.DOWN: "x", State.UNKNOWN: "?"}[state_of(reason)]
    said = veil.over(seen(facts))
    text = f"{mark} attempt {number}: {spoken(reason)}, {milliseconds(facts.latency)}, {said}"
    return click.style(text, fg=COLOURS[mark]) if mark in COLOURS else text


def _details(endpoint: Endpoint, reason: Reason, facts: Facts, veil: Veil) -> Iterator[str]:
    yield from waterfall(facts.phases)
    if facts.addresses:
        yield f"at {', '.join(facts.addresses)}"
    if facts.size is not None:
        yield f"{facts.size:,} bytes were read"
    days = facts.found.get("certificate_days:")
    if days is not None:
        yield f"the certificate is valid for {days} more days"
    expected = tuple(examined(facts, endpoint.expectation))
    decided = next((each for each in expected if not each.holds), None)
    if expected:
        yield ""
        rows = [_row(each, decided, veil) for each in expected]
        yield from table(("EXPECTED", "TO BE", "FOUND", "HOLDS"), rows)
    elif facts.error is not None:
        yield f"what is expected was not looked at: {spoken(reason)} decided"


def _row(each: Expected, decided: Expected | None, veil: Veil) -> tuple[str, ...]:
    """The first that does not hold has decided."""
    from reports.format import clean

    verdict = "no: this decided" if each is decided else "yes" if each.holds else "no"
    return clean(each.what), clean(each.wanted), clean(veil.over(each.found)), verdict


def waterfall(phases: Mapping[str, int]) -> list[str]:
    """The phases one under the other, each beginning where the one before it ended."""
    whole = sum(phases.values())
    names = [name for name in PHASES if name in phases]
    wide = max((len(PHASES[name]) for name in names), default=0)
    out, since = [], 0
    for name in names:
        start, end = (WIDTH * at // whole if whole else 0 for at in (since, since + phases[name]))
        start = min(start, WIDTH - 1)
        bar = " " * start + "=" * max(1, end - start)
        out.append(f"{PHASES[name].ljust(wide)} {milliseconds(phases[name]).rjust(12)}  {bar}")
        since += phases[name]
    return out


def in_full(endpoint: Endpoint, look: Look) -> dict[str, object]:
    """The same for a program: the look, what it rests on, and each of its attempts. Secrets still show."""
    return {
        **as_data(look),
        "confirmation": {
            "failures": endpoint.confirmation.failures,
            "attempts": endpoint.confirmation.attempts,
        },
        "attempts": [_attempt(endpoint, *each) for each in look.attempts],
    }


def _attempt(endpoint: Endpoint, reason: Reason, facts: Facts) -> dict[str, object]:
    rule = broken_rule(facts, endpoint.expectation) if facts.error is None else None
    return {
        "reason": str(reason),
        "latency_tenths_ms": facts.latency,
        "status": facts.status,
        "detail": facts.detail,
        "size": facts.size,
        "addresses": list(facts.addresses),
        "phases_tenths_ms": dict(facts.phases),
        "found": dict(facts.found),
        "broken_rule": None if rule is None else rule.key,
        "expected": [
            {"what": each.what, "wanted": each.wanted, "found": each.found, "holds": each.holds}
            for each in examined(facts, endpoint.expectation)
        ],
    }
