"""`makegood config`: is the file good, and what does it say?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from socket import AF_INET, AF_INET6, AddressFamily
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk, utc
from monitor.core.intervals import Ms
from monitor.errors import EvidenceGone, Exit

if TYPE_CHECKING:
    from monitor.config.plan import Agreement, Plan, Shadow
    from monitor.config.problems import Problem
    from monitor.statements.kept import Kept
    from monitor.store.protocol import Event


@click.group()
def config() -> None:
    """The configuration."""


@config.command()
@click.option("--strict", is_flag=True, help="Let a warning fail too (2).")
@click.option("--aloud", is_flag=True, help="Read every agreement in plain English, its defaults included.")
@as_json
@at_desk
def check(desk: Desk, strict: bool, aloud: bool, json_: bool) -> None:
    """Every problem in the file, with what to write instead.

    All of them at once. Exits 2 where there is one. Nothing is probed and nothing is recorded.
    """
    from monitor.config import ConfigProblems

    try:
        plan = desk.plan()
    except ConfigProblems as error:
        if json_:
            show_json({"problems": [told(problem) for problem in error.problems]})
        raise
    if json_:
        show_json(as_data(plan, desk.environ))
    else:
        for warning in warned(plan, desk.environ):
            talk(f"{warning.file}:{warning.line}: warning: {warning.path}: {warning.message}")
        show([summary(plan), *shadowed(plan), *(reading(plan) if aloud else ())])
    if strict and warned(plan, desk.environ):
        raise click.exceptions.Exit(Exit.USAGE)


@config.command(name="show")
@click.option("--as-of", metavar="WHEN", help="As it was loaded then: a day's end, or an instant.")
@click.option("--diff", "since", metavar="WHEN", help="Only what differs from how it was loaded then.")
@as_json
@at_desk
def show_(desk: Desk, as_of: str | None, since: str | None, json_: bool) -> None:
    """The configuration as the monitor loaded it, now or at any instant.

    It is the text of all its files as one, without comments, and with what is
    secret withheld. `makegood run` keeps it in the journal at each load.
    """
    from monitor.statements.kept import KINDS
    from monitor.statements.status import zone_of

    with desk.evidence() as (plan, snapshot):
        events, now, zone = list(snapshot.events(kinds=KINDS)), desk.clock.now(), zone_of(plan)
    found = _loaded(events, as_of, "--as-of", zone, now)
    before = None if since is None else _loaded(events, since, "--diff", zone, now)
    if json_:
        show_json({**_told(found), "before": None if before is None else _told(before)})
        return
    talk(f"Loaded {utc(found.at)} by {found.author} (entry {found.seq}).")
    if before is None:
        show(found.text.splitlines())
        return
    talk(f"Compared with what was loaded {utc(before.at)} by {before.author} (entry {before.seq}).")
    show(_differing(before, found))


def _loaded(events: Sequence[Event], text: str | None, option: str, zone: str, now: Ms) -> Kept:
    """What was loaded at an instant; EvidenceGone where nothing was kept by then."""
    from monitor.statements.kept import as_of

    at = now if text is None else _instant(text, option, zone)
    found = as_of(events, at)
    if found is None:
        if not events:
            raise EvidenceGone("no configuration is kept yet: `makegood run` keeps it whenever it loads one")
        raise EvidenceGone(
            f"{option}: no configuration was kept by {utc(at)}; the first is of {utc(events[0].at)}"
        )
    return found


def _instant(text: str, option: str, zone: str) -> Ms:
    """An instant with its offset, or the last one of a day."""
    from datetime import date, timedelta

    from monitor.cli.when import at_instant
    from monitor.core.periods import midnight

    try:
        return midnight(date.fromisoformat(text) + timedelta(days=1), zone) - 1
    except (ValueError, OverflowError):
        return at_instant(text, option)


def _differing(before: Kept, found: Kept) -> Iterator[str]:
    from difflib import unified_diff

    sides = (before.text.splitlines(), found.text.splitlines())
    lines = list(unified_diff(*sides, str(utc(before.at)), str(utc(found.at)), lineterm=""))
    yield from lines or ["Nothing differs."]


def _told(found: Kept) -> dict[str, object]:
    """A configuration for a program."""
    return {
        "entry": found.seq,
        "loaded": utc(found.at),
        "author": found.author,
        "digest": found.digest,
        "plan_digest": found.plan_digest,
        "text": found.text,
    }


def summary(plan: Plan) -> str:
    """`makegood.toml is good: 1 endpoint, 1 service, 1 customer, 1 agreement.`"""
    from reports.format import PLAIN, plural

    counts = (
        plural(len(plan.endpoints), "endpoint", "endpoints", PLAIN),
        plural(len(plan.services), "service", "services", PLAIN),
        plural(len(plan.customers), "customer", "customers", PLAIN),
        plural(len(plan.agreements), "agreement", "agreements", PLAIN),
    )
    return f"{plan.path} is good: {', '.join(counts)}."


def shadowed(plan: Plan) -> list[str]:
    """A line for each agreement that SLAs are compared with."""
    return [
        f"Compared with {id}, and never stated: {', '.join(map(_shadow, found))}."
        for id, found in plan.shadows.items()
    ]


def _shadow(each: Shadow) -> str:
    stages = ", ".join(each.agreement.unverified)
    return f"{each.sla} (not verified: {stages})" if stages else each.sla


def reading(plan: Plan) -> list[str]:
    """Every agreement, and a sentence for each rule of its terms."""
    from monitor.cli.sla_plain import lines, of_agreement

    versions = (
        version for agreement in plan.agreements.values() for version in of_agreement(plan, agreement)
    )
    return [line for title, said in versions for line in lines(title, said)]


def warned(plan: Plan, environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """What the file probably does not mean, or this machine does not permit or have, each where it stands."""
    from monitor.config.unread import unread

    warnings = (*plan.warnings, *unpermitted(plan), *_unread(plan), *unread(plan, environ))
    if not warnings:
        return ()
    from monitor.config.parse import parse
    from monitor.config.places import warned as placed

    return placed(warnings, parse(plan.path))


def _unread(plan: Plan) -> Iterator[str]:
    """Mappings of tickets that cannot be used."""
    if plan.ticket_sources:
        from monitor.tickets.sources import unread

        yield from unread(plan)


def unpermitted(plan: Plan, permits: Callable[[AddressFamily], bool] | None = None) -> Iterator[str]:
    """Endpoints that cannot be asked for an echo, since the system `permits` none to this user."""
    from monitor.config.endpoint import Icmp

    asked = {each.id: each.how.family for each in plan.endpoints.values() if isinstance(each.how, Icmp)}
    if not asked:
        return
    from monitor.probes.icmp import permitted

    permits = permits or permitted
    for id, family in asked.items():
        if not permits(AF_INET6 if family == "ipv6" else AF_INET):
            yield (
                f"endpoint.{id}.icmp: the system does not permit echo requests to this user, and the state "
                "will be unknown: widen net.ipv4.ping_group_range, or give CAP_NET_RAW"
            )


def told(problem: Problem) -> dict[str, object]:
    """One mistake for a program."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }


def sentences(plan: Plan, agreement: Agreement) -> list[str]:
    """What an agreement says now, each sentence of a promise of several under its name."""
    from monitor.agreements.plain import sentences as listed
    from monitor.cli.sla_plain import of_agreement

    _, said = of_agreement(plan, agreement)[-1]
    return list(listed(said))


def as_data(plan: Plan, environ: Mapping[str, str]) -> dict[str, object]:
    """The same for a program."""
    from monitor.config.digest import plan_digest

    return {
        "path": str(plan.path),
        "digest": plan_digest(plan),
        "endpoints": list(plan.endpoints),
        "services": list(plan.services),
        "customers": list(plan.customers),
        "agreements": {id: sentences(plan, agreement) for id, agreement in plan.agreements.items()},
        "shadows": {id: [each.sla for each in found] for id, found in plan.shadows.items()},
        "warnings": [told(warning) for warning in warned(plan, environ)],
    }
