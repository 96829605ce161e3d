"""`makegood dispute`: a customer says that a statement is wrong."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.directory import InOrder, commands
from monitor.cli.layout import owed, show, show_json, table, talk
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.money import Amount
    from monitor.ledger.disputes import Dispute
    from monitor.store.protocol import NewEvent, Paper, Store

HEAD = ("DISPUTE", "STATEMENT", "SINCE", "STATE", "AMOUNT", "CLAIM", "OUTCOME")
OUTCOMES = ("upheld", "partly upheld", "rejected", "withdrawn")

on_option = click.option(
    "--on", "day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="When it happened [default: today]."
)


@click.group(
    cls=InOrder,
    commands=commands(
        list="dispute.list_", open="dispute.open_", answer="dispute.answer", close="dispute.close"
    ),
)
def dispute() -> None:
    """What a customer disputes, what was answered, how it ended."""


@click.command(name="list")
@click.option("--open", "open_", is_flag=True, help="Those alone that are not closed.")
@as_json
@at_desk
def list_(desk: Desk, open_: bool, json_: bool) -> None:
    """Every dispute, oldest first."""
    found = [d for d in disputes_of(desk.store(desk.plan())) if not (open_ and d.state == "closed")]
    if json_:
        show_json([as_data(each) for each in found])
    elif found:
        show(table(HEAD, [_cells(each) for each in found], right=(0, 4)))
    else:
        show(["No dispute."])


def disputes_of(store: Store) -> tuple[Dispute, ...]:
    """Every dispute."""
    from monitor.ledger.disputes import KINDS, disputes

    with store.snapshot() as snapshot:
        return disputes(snapshot.events(kinds=KINDS))


def _cells(dispute: Dispute) -> tuple[str, ...]:
    from reports.format import PLAIN, clean, money

    outcome = "" if dispute.outcome is None else f"{dispute.outcome} on {dispute.closed}"
    return (
        str(dispute.id),
        dispute.number,
        str(dispute.on),
        dispute.state,
        "" if dispute.amount is None else money(dispute.amount, PLAIN),
        clean(dispute.claim),
        f"{outcome}, {dispute.by}" if dispute.by else outcome,
    )


def as_data(dispute: Dispute) -> dict[str, object]:
    """One dispute for a program."""
    return {
        "dispute": dispute.id,
        "statement": dispute.number,
        "on": dispute.on.isoformat(),
        "claim": dispute.claim,
        "amount": owed(dispute.amount) if dispute.amount is not None else None,
        "state": dispute.state,
        "answers": [{"on": on.isoformat(), "words": words} for on, words in dispute.answers],
        "outcome": dispute.outcome,
        "closed": None if dispute.closed is None else dispute.closed.isoformat(),
        "reason": dispute.why or None,
        "corrected_by": dispute.by or None,
    }


@click.command(name="open")
@click.argument("number")
@click.option("--claim", required=True, help="What the customer says is wrong.")
@click.option("--amount", metavar="AMOUNT", help='What the customer says is owed: "120.00 EUR".')
@on_option
@at_desk
def open_(desk: Desk, number: str, claim: str, amount: str | None, day: datetime | None) -> None:
    """A customer disputes the statement NUMBER.

    It changes no figure: where the customer is right, correct what was recorded
    and amend the statement; then close the dispute by that paper.
    """
    from monitor.ledger.disputes import opened
    from monitor.people import author

    plan = desk.plan()
    store, now = desk.store(plan), desk.clock.now()
    paper, on = _paper(store, number), _day(desk, day)
    _must_be_issued(plan, paper, on)
    event = opened(number, on, claim, _amount(store, paper, amount), author(), now)
    _record(store, event, "Opened dispute {entry}")


@click.command()
@click.argument("number", metavar="DISPUTE", type=click.IntRange(min=1))
@click.option("--answer", "words", required=True, help="What was answered.")
@on_option
@at_desk
def answer(desk: Desk, number: int, words: str, day: datetime | None) -> None:
    """What was answered to DISPUTE."""
    from monitor.ledger.disputes import answered
    from monitor.people import author

    store = desk.store(desk.plan())
    event = answered(_known(store, number), _day(desk, day), words, author(), desk.clock.now())
    _record(store, event, f"Answered dispute {number}")


@click.command()
@click.argument("number", metavar="DISPUTE", type=click.IntRange(min=1))
@click.option("--outcome", type=click.Choice(OUTCOMES), required=True, help="How it ended.")
@click.option("--reason", required=True, help="Why.")
@click.option("--by", "by", metavar="NUMBER", default="", help="The paper that corrects what was disputed.")
@on_option
@at_desk
def close(desk: Desk, number: int, outcome: str, reason: str, by: str, day: datetime | None) -> None:
    """How DISPUTE ended."""
    from monitor.ledger.disputes import closed
    from monitor.people import author

    store = desk.store(desk.plan())
    known = _known(store, number)
    if by:
        _must_correct(_paper(store, by), _paper(store, known.number))
    event = closed(known, _day(desk, day), outcome, reason, by, author(), desk.clock.now())  # type: ignore[arg-type]  # click has checked it
    _record(store, event, f"Closed dispute {number}: {outcome}")


def _known(store: Store, id: int) -> Dispute:
    for each in disputes_of(store):
        if each.id == id:
            return each
    raise ConfigError(f"there is no dispute {id}: `makegood dispute list` names every one")


def _paper(store: Store, number: str) -> Paper:
    found = store.ledger.paper(number)
    if found is None:
        raise ConfigError(f'there is no statement "{number}": `makegood statement list` names every one')
    return found


def _must_be_issued(plan: Plan, paper: Paper, on: date) -> None:
    """Nobody disputes what there is not yet."""
    from monitor.cli.papers import issued_on

    first = issued_on(plan, paper)
    if f"{on}" < first:
        raise ConfigError(f"--on {on}: {paper.number} was issued on {first}, and disputed that day or later")


def _must_correct(by: Paper, disputed: Paper) -> None:
    """The paper that corrects is a later one of the same month."""
    of = (disputed.customer, disputed.period)
    if (by.customer, by.period) != of or by.seq <= disputed.seq:
        raise ConfigError(
            f"--by {by.number}: it is no later paper of {of[0]}'s {of[1]}, and corrects nothing in "
            f"{disputed.number}"
        )


def _day(desk: Desk, day: datetime | None) -> date:
    """The day that is meant; ConfigError for one that is still to come."""
    from monitor.core.periods import local
    from monitor.statements.status import zone_of

    today = local(desk.clock.now(), zone_of(desk.plan())).date()
    if day is None:
        return today
    if day.date() > today:
        raise ConfigError(f"--on {day.date()}: that day is still to come; record what has happened")
    return day.date()


def _amount(store: Store, paper: Paper, text: str | None) -> Amount | None:
    """What is said to be owed, in a currency of the statement."""
    if text is None:
        return None
    from monitor.cli.papers import amount_of
    from monitor.ledger.amending import document_of

    amount = amount_of(text, "--amount")
    owed_in = sorted({each["fee"]["currency"] for each in document_of(store.ledger, paper)["totals"]})
    if amount.currency not in owed_in:
        raise ConfigError(
            f"--amount: {paper.number} is in {', '.join(owed_in)}, and not in {amount.currency}"
        )
    return amount


def _record(store: Store, event: NewEvent, words: str) -> None:
    entry = store.journal.append([event])
    talk(words.format(entry=entry) + f", of statement {event.subject}")
