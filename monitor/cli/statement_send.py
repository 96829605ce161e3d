"""`makegood statement send`: statements by mail, each once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.cli.papers import office_of
from monitor.errors import ConfigError, Exit, MakegoodError

if TYPE_CHECKING:
    from monitor.config.plan import MailSettings, Plan
    from monitor.ledger.press import Office
    from monitor.ledger.sending import Delivery
    from monitor.store.protocol import Paper

HEAD = ("STATEMENT", "CUSTOMER", "TO", "")
Outcome = tuple["Paper", "Delivery | MakegoodError"]


@click.command()
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@click.option("--period", metavar="MONTH", help="Every paper of this month that was not sent yet.")
@click.option("--again", is_flag=True, help="Even what was sent, or may have been.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent and where, and send nothing.")
@as_json
@at_desk
def send(
    desk: Desk, numbers: tuple[str, ...], period: str | None, again: bool, dry_run: bool, json_: bool
) -> None:
    """Send statements by mail, as they were issued.

    To the addresses of [customer.ID] mail, by the server of [mail]. Each is noted
    in the journal before, and what the server said after: no number is sent twice
    without --again. What fails for one does not stop the others; exits with the
    code of the first that failed.
    """
    plan = desk.plan()
    office = office_of(desk, plan, draws=False)
    papers = _chosen(office, numbers, period)
    mail = _mail(plan)
    if dry_run:
        found = [(paper, _would(office, paper, again=again)) for paper in papers]
    else:
        from monitor.config.mail_password import password

        secret = password(plan, mail, desk.environ)
        found = asyncio.run(_sent(office, mail, secret, papers, again=again))
    if json_:
        show_json([_data(paper, outcome, sent=not dry_run) for paper, outcome in found])
    elif found:
        show(table(HEAD, [_cells(paper, outcome, sent=not dry_run) for paper, outcome in found]))
    else:
        show([f"Nothing of {period} is left to be sent."])
    failed = [outcome for _, outcome in found if isinstance(outcome, MakegoodError)]
    for error in failed:
        talk(str(error))
    raise click.exceptions.Exit(failed[0].exit_code if failed else Exit.DONE)


def _chosen(office: Office, numbers: Sequence[str], period: str | None) -> list[Paper]:
    if bool(numbers) == (period is not None):
        raise ConfigError("say which: numbers of statements, or --period MONTH for all of a month")
    papers = office.store.ledger.papers(period=period)
    if period is not None:
        from monitor.ledger.sending import KINDS, deliveries

        with office.store.snapshot() as snapshot:
            known = deliveries(snapshot.events(kinds=KINDS))
        return [p for p in papers if p.number not in known or known[p.number].state == "not sent"]
    by_number = {paper.number: paper for paper in papers}
    unknown = [number for number in numbers if number not in by_number]
    if unknown:
        raise ConfigError(
            f"there is no statement {', '.join(unknown)}: `makegood statement list` names every one"
        )
    return [by_number[number] for number in dict.fromkeys(numbers)]


def _mail(plan: Plan) -> MailSettings:
    if plan.mail is None:
        raise ConfigError(
            f"{plan.path} does not say by which server: write [mail] with "
            'host = "mail.hosting.example" and from = "billing@hosting.example"'
        )
    return plan.mail


def _would(office: Office, paper: Paper, *, again: bool) -> Delivery | MakegoodError:
    from monitor.ledger.sending import Delivery, to_be_sent

    try:
        return Delivery("not sent", office.now, to_be_sent(office, paper, again=again), "")
    except MakegoodError as error:
        return error


async def _sent(
    office: Office, mail: MailSettings, password: str | None, papers: Sequence[Paper], *, again: bool
) -> list[Outcome]:
    """Each in a session of its own: one that broke off is no reason to leave the others."""
    from monitor.ledger.sending import send as send_one
    from monitor.ledger.sending import to_be_sent
    from monitor.postman import session

    found: list[Outcome] = []
    for paper in papers:
        try:
            to_be_sent(office, paper, again=again)
            async with session(mail, password) as postman:
                found.append((paper, await send_one(office, mail, postman, paper, again=again)))
        except MakegoodError as error:
            found.append((paper, error))
    return found


def _cells(paper: Paper, outcome: Delivery | MakegoodError, *, sent: bool) -> tuple[str, ...]:
    from reports.format import clean

    if isinstance(outcome, MakegoodError):
        return (paper.number, paper.customer, "", "not sent" if sent else "would not be sent")
    said = f"sent: {clean(outcome.words)}" if sent else "would be sent"
    refused = "".join(f"; refused: {who} ({clean(why)})" for who, why in outcome.refused.items())
    return (paper.number, paper.customer, ", ".join(outcome.to), said + refused)


def _data(paper: Paper, outcome: Delivery | MakegoodError, *, sent: bool) -> dict[str, object]:
    if isinstance(outcome, MakegoodError):
        return {
            "number": paper.number, "customer": paper.customer, "sent": False, "error": str(outcome),
            "exit_code": int(outcome.exit_code),
        }  # fmt: skip
    return {
        "number": paper.number,
        "customer": paper.customer,
        "sent": sent,
        "at": utc(outcome.at),
        "to": list(outcome.to),
        "answer": outcome.words or None,
        "refused": dict(outcome.refused),
    }
