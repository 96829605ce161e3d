"""`makegood statement amend`, `void` and `decide`: corrections that show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import owed, show, show_json, table, talk
from monitor.cli.papers import amount_of, amounts, credits_of, office_of, paper_data
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.config.plan import Agreement, Plan
    from monitor.core.money import Amount
    from monitor.ledger.amending import Prepared
    from monitor.ledger.press import Office

dry_run = click.option("--dry-run", is_flag=True, help="Show what it would change, and do nothing.")
yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.argument("number")
@click.option("--reason", default="", help="Why, as the customer reads it.")
@dry_run
@yes
@as_json
@at_desk
def amend(desk: Desk, number: str, reason: str, dry_run: bool, yes: bool, json_: bool) -> None:
    """State NUMBER's period anew, as it comes out now: a paper that names NUMBER.

    Shows every figure that differs and the difference in money before it asks.
    Exits 1 where nothing differs.
    """
    from monitor.ledger.amending import amendment

    office = office_of(desk, desk.plan())
    prepared = amendment(office, number, reason)
    _finish(office, prepared, "Issue this amendment?", dry_run=dry_run, yes=yes, json_=json_)


@click.command()
@click.argument("number")
@click.option("--reason", required=True, help="Why, as the customer reads it.")
@dry_run
@yes
@as_json
@at_desk
def void(desk: Desk, number: str, reason: str, dry_run: bool, yes: bool, json_: bool) -> None:
    """Take NUMBER back: a paper that names it and reverses all that was given.

    The period is free then, and can be issued again.
    """
    from monitor.ledger.amending import reversal

    office = office_of(desk, desk.plan())
    prepared = reversal(office, number, reason)
    _finish(office, prepared, "Issue this reversal?", dry_run=dry_run, yes=yes, json_=json_)


def _finish(
    office: Office, prepared: Prepared, question: str, *, dry_run: bool, yes: bool, json_: bool
) -> None:
    from monitor.ledger.amending import confirm

    told = _told(prepared)
    if dry_run:
        if json_:
            show_json(_data(prepared))
        else:
            show(told)
        return
    if not yes:
        for line in told:
            talk(line)
        if not _confirmed(question):
            talk("Nothing was issued.")
            raise click.exceptions.Exit(Exit.NO)
    paper = confirm(office, prepared)
    if json_:
        credits = credits_of(office.store.ledger).get(paper.seq, ())
        show_json(paper_data(paper, credits) | _data(prepared))
        return
    show([paper.number])
    if yes:
        for line in told:
            talk(line)


def _confirmed(question: str) -> bool:
    """ConfigError where nobody is there to answer."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        raise ConfigError("nothing was issued: add --yes to issue it, or --dry-run to only look") from None


def _told(prepared: Prepared) -> list[str]:
    """What it changes: figures, and money."""
    from monitor.cli.differing import lines

    out = [f"{prepared.correction.kind} of {prepared.correction.of.number}".capitalize()]
    if prepared.differences:
        out += ["", *lines(prepared.differences)]
    rows = [(line.agreement, amounts([line.amount])) for line in prepared.lines]
    return [*out, "", *(table(("AGREEMENT", "CREDIT"), rows, right=(1,)) if rows else ["No credit changes."])]


def _data(prepared: Prepared) -> dict[str, object]:
    """The same for a program."""
    from monitor.cli.differing import as_data

    correction = prepared.correction
    return {
        "kind": correction.kind,
        "corrects": correction.of.number,
        "differences": [as_data(each) for each in prepared.differences],
        "lines": [
            {"agreement": line.agreement, "amount": owed(line.amount), "reason": line.reason}
            for line in prepared.lines
        ],
    }


@click.command()
@click.argument("customer")
@click.option("--period", metavar="PERIOD", required=True, help="The month, or the agreement's own period.")
@click.option("--agreement", metavar="ID", required=True, help="For which agreement.")
@click.option(
    "--credit", metavar="AMOUNT", required=True, help='What is owed: "12.00 EUR"; "0.00 EUR" for nothing.'
)
@click.option("--reason", required=True, help="Why, as the customer reads it.")
@as_json
@at_desk
def decide(
    desk: Desk, customer: str, period: str, agreement: str, credit: str, reason: str, json_: bool
) -> None:
    """Say what is owed where no engine can: too little measured, a hole in a table.

    It is printed in the statement with its reason, and holds only as long as the
    credit cannot be determined. Where the agreement asks for a second person it
    holds once another approved it.
    """
    from monitor.cli.report import check_customer
    from monitor.people import author
    from monitor.statements.decisions import recorded

    plan = desk.plan()
    check_customer(plan, customer)
    agreed = _agreement(plan, customer, agreement)
    label, amount = _own_period(agreed, period), _amount(credit, agreed)
    if not reason.strip():
        raise ConfigError("--reason: it is empty; say why this is owed: the customer reads it")
    store = desk.store(plan)
    now, who = desk.clock.now(), author()
    seq = store.journal.append([recorded(agreed.id, label, amount, reason, who, now)])
    if json_:
        show_json({"entry": seq, "agreement": agreed.id, "period": label, "author": who})
        return
    show([str(seq)])
    talk(f"Recorded by {who}: {agreed.id} is owed {amounts([amount])} for {label}.")
    if agreed.second_person:
        talk(f"It holds once somebody else approves it: makegood approve {seq}")


def _agreement(plan: Plan, customer: str, id: str) -> Agreement:
    mine = {a.id: a for a in plan.agreements.values() if (a.kind, a.customer) == ("customer", customer)}
    if id not in mine:
        known = ", ".join(mine) or "it has none"
        raise ConfigError(f'--agreement: {customer} has no agreement "{id}"; write one of: {known}')
    return mine[id]


def _own_period(agreement: Agreement, label: str) -> str:
    """The agreement's own period of this name, or the one that ends in this month."""
    from monitor.statements.periods import by_label, ending_in

    own = by_label(agreement, label)
    if own is not None:
        return own[1].label
    try:
        found = [period.label for _, period in ending_in(agreement, label)]
    except ValueError as error:
        raise ConfigError(f"--period: {error}") from None
    if len(found) == 1:
        return found[0]
    choice = f"write one of {', '.join(found)}" if found else "none of it ends in that month"
    raise ConfigError(f'--period: "{label}" is no period of agreement {agreement.id}: {choice}')


def _amount(text: str, agreement: Agreement) -> Amount:
    amount = amount_of(text, "--credit")
    if amount.currency != agreement.currency:
        raise ConfigError(
            f"--credit: agreement {agreement.id} is in {agreement.currency}; write that currency"
        )
    return amount
