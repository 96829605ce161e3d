"""`makegood claim`: what customers claim of us. What we claim of our providers is `makegood claims`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.directory import OneOfTwo, commands
from monitor.cli.layout import owed, show, show_json, table, talk
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.ledger.claims import Claim
    from monitor.store.protocol import Store

HEAD = ("STATEMENT", "CUSTOMER", "AGREEMENT", "PERIOD", "CREDIT", "STATE", "SINCE", "NEXT STEP BY")
STATES = ("open", "notified", "claimed", "granted", "refused", "expired", "taken back")
TO = ("notified", "claimed", "granted", "refused")


OURS = "our own claims against providers are in `makegood claims`, with an s"


@click.group(
    cls=OneOfTwo,
    elsewhere=dict.fromkeys(("file", "settle", "bundle", "show"), OURS),
    commands=commands(list="claim.list_", move="claim.move_"),
)
def claim() -> None:
    """What customers claim of us: what is due, what became of it.

    Credits of issued statements that must be claimed. What we claim of our own
    providers is another command, with an s: makegood claims.
    """


@click.command(name="list")
@click.option("--customer", metavar="ID", help="This customer's alone.")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Of this state alone.")
@click.option(
    "--after", metavar="ENTRY", type=click.IntRange(min=0), help="Moved after this entry of the journal."
)
@as_json
@at_desk
def list_(desk: Desk, customer: str | None, states: Sequence[str], after: int | None, json_: bool) -> None:
    """Every credit of an issued statement, and the state of its claim.

    What is due next comes first. A credit that is given without a claim is
    granted from the start; one whose day has passed unclaimed is expired.
    """
    plan = desk.plan()
    found = [
        each
        for each in claims_of(desk.store(plan), desk.clock.now())
        if customer in (None, each.customer)
        and (not states or each.state in states)
        and (after is None or (each.moves and each.moves[-1].entry > after))
    ]
    found.sort(key=lambda each: each.next_day or date.max)
    if json_:
        show_json([as_data(each) for each in found])
    elif found:
        show(table(HEAD, [_cells(each) for each in found], right=(4,)))
    else:
        show(["No claim." if states or customer or after else "No credit is issued."])


def claims_of(store: Store, now: Ms, months: Container[tuple[str, str]] | None = None) -> tuple[Claim, ...]:
    """Every claim as it stands; with `months`, (customer, period), those of papers of these months alone."""
    from monitor.ledger.amending import document_of
    from monitor.ledger.claims import KINDS, claims

    ledger = store.ledger
    with store.snapshot() as snapshot:
        events = tuple(snapshot.events(kinds=KINDS))
    papers = [p for p in ledger.papers() if months is None or (p.customer, p.period) in months]
    return claims(papers, lambda paper: document_of(ledger, paper), events, now)


def _cells(claim: Claim) -> tuple[str, ...]:
    from reports.format import PLAIN, money

    return (
        claim.number,
        claim.customer,
        claim.agreement,
        claim.period,
        money(claim.amount, PLAIN),
        claim.state,
        f"{claim.moves[-1].on}" if claim.moves else "",
        f"{claim.next_day}" if claim.next_day else "",
    )


def as_data(claim: Claim) -> dict[str, object]:
    """One claim for a program. Days are in the agreement's zone, included."""
    return {
        "statement": claim.number,
        "newest": claim.newest,
        "customer": claim.customer,
        "agreement": claim.agreement,
        "period": claim.period,
        "credit": owed(claim.amount),
        "automatic": claim.automatic,
        "notify_by": None if claim.notify_by is None else claim.notify_by.isoformat(),
        "claim_by": None if claim.claim_by is None else claim.claim_by.isoformat(),
        "zone": claim.zone,
        "state": claim.state,
        "moves": [
            {
                "state": each.state,
                "on": each.on.isoformat(),
                "reason": each.reason,
                "author": each.author,
                "entry": each.entry,
            }
            for each in claim.moves
        ],
    }


@click.command(name="move")
@click.argument("number")
@click.argument("state", type=click.Choice(TO))
@click.option("--agreement", metavar="ID", help="Where the statement has credits of several.")
@click.option(
    "--on", "day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="When it happened [default: today]."
)
@click.option("--reason", default="", help="Why; needed where a credit is refused, or given all the same.")
@click.option("--dry-run", is_flag=True, help="Look whether it may, and record nothing.")
@as_json
@at_desk
def move_(
    desk: Desk,
    number: str,
    state: str,
    agreement: str | None,
    day: object,
    reason: str,
    dry_run: bool,
    json_: bool,
) -> None:
    """Record what happened to the credit of statement NUMBER.

    The customer gave notice (notified) or asked for it (claimed); we gave it
    (granted) or did not (refused). What comes after its last day is refused:
    the credit is forfeited, unless it is granted all the same.
    """
    from datetime import datetime

    from monitor.core.periods import local
    from monitor.ledger.claims import move
    from monitor.people import author

    plan, now = desk.plan(), desk.clock.now()
    _must_be_ours_to_give(plan, number)
    store = desk.store(plan)
    head = store.changed(0)
    found = _chosen(claims_of(store, now), number, agreement)
    on = day.date() if isinstance(day, datetime) else local(now, found.zone).date()
    event = move(found, state, on, reason, author(), now)  # type: ignore[arg-type]  # click has checked it
    entry = None if dry_run else store.journal.append([event], expect=head)
    if json_:
        show_json(
            {**as_data(found), "to": state, "on": on.isoformat(), "recorded": not dry_run, "entry": entry}
        )
    else:
        talk(f"{found.number}, {found.agreement}: {found.state} -> {state} on {on}")


def _must_be_ours_to_give(plan: Plan, number: str) -> None:
    """ConfigError where somebody means the other side: what a provider gives us."""
    named = plan.agreements.get(number)
    if named is not None and named.kind == "provider":
        raise ConfigError(
            f"{number} is what we buy: record our claim against its provider with `makegood claims file`, "
            "and their answer with `makegood claims settle`"
        )


def _chosen(claims: Iterable[Claim], number: str, agreement: str | None) -> Claim:
    """The claim that is meant: by any paper of its chain. ConfigError says which there are."""
    of_number = [each for each in claims if number in each.numbers]
    found = [each for each in of_number if agreement in (None, each.agreement)]
    if len(found) == 1:
        return found[0]
    if not of_number:
        raise ConfigError(f"{number} gives no credit: `makegood claim list` names those that do")
    names = ", ".join(each.agreement for each in of_number)
    raise ConfigError(f"--agreement: {number} has credits of {names}; say which one is meant")
