"""`makegood probe`: one endpoint, now, with everything that was seen and what decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from monitor.cli.check import Look, as_data, chosen, look_at, milliseconds, seen
from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import COLOURS, show, show_json, spoken, table
from monitor.core.checks import Facts, Reason, Rule, State
from monitor.core.judge import broken_rule, holds
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.config.endpoint import Endpoint

PHASES = {
    "dns": "name",
    "connect": "connect",
    "tls": "TLS",
    "first_byte": "first byte",
    "body": "body",
}
WIDTH = 40
"""Characters that a whole attempt is long."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that is expected of an answer: what was found, and whether that is enough."""

    what: str
    wanted: str
    found: str
    holds: bool


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

    (endpoint,) = chosen(desk.plan(), [name])
    if endpoint.kind == "heartbeat":
        raise ConfigError(f"{name} is called by its job, and cannot be asked; see: makegood status")
    (look,) = asyncio.run(look_at([endpoint]))
    if json_:
        show_json(in_full(endpoint, look))
    else:
        show(lines(endpoint, look, debug=debug))
    if look.state is State.DOWN:
        raise click.exceptions.Exit(Exit.NO)


def lines(endpoint: Endpoint, look: Look, *, debug: bool) -> list[str]:
    """What is printed for a person."""
    words = {State.UP: "is up", State.DOWN: "is DOWN", State.UNKNOWN: "was not measured, by our own fault"}
    out = [f"{endpoint.id} {words[look.state]}.  {_place(endpoint)}"]
    for number, (reason, facts) in enumerate(look.attempts, 1):
        out += ["", _headline(number, reason, facts)]
        if debug:
            out += [f"    {line}" for line in _details(endpoint, reason, facts)]
    return out


def _place(endpoint: Endpoint) -> str:
    """The target, without what may be secret in it."""
    parts = urlsplit(endpoint.target)
    if not parts.netloc:
        return endpoint.target
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _headline(number: int, reason: Reason, facts: Facts) -> str:
    mark = " " if reason is Reason.OK else "x"
    text = f"{mark} attempt {number}: {spoken(reason)}, {milliseconds(facts.latency)}, {seen(facts)}"
    return click.style(text, fg=COLOURS[mark]) if mark in COLOURS else text


def _details(endpoint: Endpoint, reason: Reason, facts: Facts) -> Iterator[str]:
    yield from waterfall(facts.phases)
    if facts.addresses:
        yield f"at {', '.join(facts.addresses)}"
    if facts.size is not None:
        yield f"{facts.size:,} bytes were read"
    expected = tuple(examined(endpoint, facts)) if facts.error is None else ()
    decided = None if reason is Reason.OK else next((each for each in expected if not each.holds), None)
    if expected:
        yield ""
        rows = [(each.what, each.wanted, each.found, _verdict(each, decided)) for each in expected]
        yield from table(("EXPECTED", "TO BE", "FOUND", "HOLDS"), rows)


def _verdict(each: Expected, decided: Expected | None) -> str:
    """The first that does not hold has decided: the judge goes by the same order."""
    if each is decided:
        return "no: this decided"
    return "yes" if each.holds else "no"


def waterfall(phases: Mapping[str, int]) -> list[str]:
    """The phases one under the other, each beginning where the one before it ended."""
    whole = sum(phases.values())
    names = [name for name in PHASES if name in phases]
    wide = max((len(PHASES[name]) for name in names), default=0)
    out, since = [], 0
    for name in names:
        start, end = (round(WIDTH * at / whole) if whole else 0 for at in (since, since + phases[name]))
        bar = " " * start + "━" * max(1, end - start)
        out.append(f"{PHASES[name].ljust(wide)} {milliseconds(phases[name]).rjust(12)}  {bar}")
        since += phases[name]
    return out


def examined(endpoint: Endpoint, facts: Facts) -> Iterator[Expected]:
    """What is expected of the answer, in the order in which it is judged."""
    wanted = endpoint.expectation
    if endpoint.kind == "http":
        ok = facts.status is not None and any(low <= facts.status <= high for low, high in wanted.status)
        yield Expected("status", _ranges(wanted.status), str(facts.status), ok)
    for text in wanted.contains:
        there = facts.found.get(text) is True
        yield Expected("contains", repr(text), _there(there), there)
    for text in wanted.lacks:
        there = facts.found.get(text) is True
        yield Expected("lacks", repr(text), _there(there), not there)
    for rule in wanted.rules:
        yield Expected(_named(rule), _bound(rule), _found(rule, facts), holds(rule, facts.found))
    if wanted.slower_is_down is not None:
        quick = facts.latency is not None and facts.latency <= wanted.slower_is_down
        limit = f"at most {milliseconds(wanted.slower_is_down)}"
        yield Expected("time", limit, milliseconds(facts.latency), quick)


def _there(found: bool) -> str:
    return "there" if found else "not there"


def _found(rule: Rule, facts: Facts) -> str:
    from reports.format import clean

    value = facts.found.get(rule.key)
    if rule.extract == "pattern":
        return _there(value is True)
    return "nothing" if value is None else clean(str(value))


def _ranges(ranges: Sequence[tuple[int, int]]) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)


def _named(rule: Rule) -> str:
    words = {"certificate_days": "certificate's days"}.get(rule.extract, rule.extract)
    return f"{words} {rule.of}".rstrip() if rule.extract != "pattern" else "pattern"


def _bound(rule: Rule) -> str:
    if rule.extract == "pattern":
        return rule.of if rule.sign == "present" else f"not {rule.of}"
    if rule.value is None:
        return rule.sign
    value = ", ".join(rule.value) if isinstance(rule.value, tuple) else str(rule.value)
    return f"{rule.sign} {value}"


def in_full(endpoint: Endpoint, look: Look) -> dict[str, object]:
    """The same for a program: the look, and each of its attempts."""
    return {**as_data(look), "attempts": [_attempt(endpoint, *each) for each in look.attempts]}


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
    }
