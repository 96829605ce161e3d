"""`makegood claims file` and `settle`: what we did about what a provider owes us, and what they answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import owed, show_json, talk
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from monitor.core.money import Amount
    from monitor.ledger.receivables import Answer, Receivable

on_day = click.option(
    "--on", "day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="When it happened [default: today]."
)
referred = click.option("--reference", default="", metavar="TEXT", help="Their case or ticket number.")
dry = click.option("--dry-run", is_flag=True, help="Look whether it may, and record nothing.")


@click.command()
@click.argument("agreement")
@click.argument("period")
@click.option("--notice", is_flag=True, help="Only notice was given; the claim itself is still to come.")
@on_day
@referred
@click.option("--amount", metavar="MONEY", help="What was claimed [default: what they owe by our figures].")
@click.option("--reason", default="", metavar="TEXT", help="A note, kept in the journal.")
@dry
@as_json
@at_desk
def file(
    desk: Desk,
    agreement: str,
    period: str,
    notice: bool,
    day: datetime | None,
    reference: str,
    amount: str | None,
    reason: str,
    dry_run: bool,
    json_: bool,
) -> None:
    """Record that we claimed PERIOD of AGREEMENT.

    It sends nothing: attach what `makegood claims bundle` writes. What was
    filed in time may be recorded late; filed after the last day it is recorded
    and told, for the provider may refuse it.
    """
    from monitor.ledger.receivables import Answer

    if notice and amount is not None:
        raise ConfigError("--amount: a notice claims nothing yet; leave one of --notice and --amount out")

    def answer(found: Receivable, on: date) -> list[Answer]:
        if notice:
            if found.now.dates.notify_by is None and found.now.dates.automatic:
                raise ConfigError(f"{agreement} asks for no notice and no claim: the credit is given without")
            return [Answer("noticed", on, None, reference, reason)]
        claimed = found.owed if amount is None else _money(amount, "--amount", found)
        if amount is not None and claimed is not None and not claimed.minor:
            raise ConfigError(f'--amount: "{amount}" claims nothing; write what was claimed')
        if found.now.added and amount is None:
            return [Answer("claimed", on, claimed, reference, reason)]
        if claimed is None or not claimed.minor:
            way = f"its credit is not added to that of {found.gives_way_to}" if found.gives_way_to else ""
            why = way or found.now.why or "nothing is owed by our figures"
            raise ConfigError(f"{agreement}, {period}: {why}; say what was claimed: --amount")
        return [Answer("claimed", on, claimed, reference, reason)]

    _record(desk, agreement, period, day, answer, dry_run=dry_run, json_=json_)


@click.command()
@click.argument("agreement")
@click.argument("period")
@click.option("--granted", metavar="MONEY", help="What they grant.")
@click.option("--refused", is_flag=True, help="They grant nothing.")
@click.option("--paid", is_flag=True, help="It is on their bill or on our account.")
@on_day
@referred
@click.option("--reason", default="", metavar="TEXT", help="Why; needed where they refuse.")
@dry
@as_json
@at_desk
def settle(
    desk: Desk,
    agreement: str,
    period: str,
    granted: str | None,
    refused: bool,
    paid: bool,
    day: datetime | None,
    reference: str,
    reason: str,
    dry_run: bool,
    json_: bool,
) -> None:
    """Record what they answered for PERIOD of AGREEMENT.

    They grant an amount, refuse, or have paid what they granted. How far it
    is from our figure is told. The claim is recorded first, unless the credit
    is given without one. What was recorded wrongly is recorded anew.
    """
    from monitor.ledger.receivables import Answer

    if refused and (granted is not None or paid):
        raise ConfigError("--refused: they grant nothing; leave --granted and --paid out")
    if not (refused or paid or granted is not None):
        raise ConfigError('say what they answered: --granted "80.00 USD", --refused or --paid')

    def answer(found: Receivable, on: date) -> list[Answer]:
        if refused:
            return [Answer("refused", on, None, reference, reason)]
        said: list[Answer] = []
        if granted is not None:
            said.append(Answer("granted", on, _money(granted, "--granted", found), reference, reason))
        if paid:
            amount = said[0].amount if said else found.granted
            said.append(Answer("paid", on, amount, reference, reason))
        return said

    _record(desk, agreement, period, day, answer, dry_run=dry_run, json_=json_)


def _money(text: str, option: str, found: Receivable) -> Amount:
    """An amount as it was written; without a currency, ConfigError says how to write it with that at hand."""
    from monitor.cli.papers import amount_of
    from monitor.core.numbers import parse_number

    try:
        parse_number(text.strip())
    except ValueError:
        return amount_of(text, option)
    code = found.agreement.currency
    raise ConfigError(f'{option}: "{text}" has no currency: write "{text.strip()} {code}"')


Said = Callable[["Receivable", "date"], "list[Answer]"]


def _record(
    desk: Desk,
    agreement: str,
    period: str,
    day: datetime | None,
    said: Said,
    *,
    dry_run: bool,
    json_: bool,
) -> None:
    """Look at the period as it stands and append what follows; Conflict where somebody came in between."""
    from monitor.cli.owed_to_us import as_data, at_hand
    from monitor.core.periods import local
    from monitor.ledger.receivables import moved, repeated
    from monitor.people import author

    now = desk.clock.now()
    head = desk.store(desk.plan()).changed(0)
    with at_hand(desk, agreement, period) as (plan, _, found):
        on = day.date() if day is not None else local(now, found.agreement.zone).date()
        answers, events, at = said(found, on), [], found
        known = repeated(found, answers, any_day=day is None)
        if known is not None:
            raise ConfigError(f"{agreement}, {period}: nothing changed: recorded already (entry {known})")
        for each in answers:
            events.append(moved(at, each, author(), now))
            at = replace(at, state=each.state)
    entry = None if dry_run else desk.store(plan).journal.append(events, expect=head)
    if json_:
        steps = [{"state": each.state, "on": on.isoformat(), "amount": owed(each.amount)} for each in answers]
        show_json({**as_data(found, plan, now), "to": steps, "recorded": not dry_run, "entry": entry})
        return
    for line in _told(found, answers, on):
        talk(line)


def _told(found: Receivable, answers: Sequence[Answer], on: date) -> Iterator[str]:
    from monitor.cli.owed_to_us import spoken
    from monitor.ledger.receivables import ANSWERS, late

    name, before = f"{found.agreement.id}, {found.now.period.label}", found.state
    filed = any(step.state == "claimed" for step in found.steps)
    for each in answers:
        amount = "" if each.amount is None else f", {spoken(each.amount)}"
        yield f"{name}: {before} -> {each.state} on {on}{amount}"
        if each.state in ("noticed", "claimed") and (last := late(found, on)) is not None:
            yield f"The last day was {last}: they may refuse what comes later."
        if each.state == "claimed" and before in ANSWERS and not filed:
            yield f"Their answer is recorded already, and stands: {before}."
        before = each.state
        yield from _doubts(found, each)
        if each.state == "granted" and each.amount is not None and found.owed is not None:
            yield _difference(found.owed, each.amount)


def _doubts(found: Receivable, answer: Answer) -> Iterator[str]:
    from reports.format import PLAIN, money

    fee = found.now.section.fee
    if answer.amount is not None and answer.amount.exact > fee.amount:
        yield f"That is more than the fee of the whole period, {money(fee, PLAIN)}: is it right?"


def _difference(ours: Amount, granted: Amount) -> str:
    from monitor.cli.owed_to_us import spoken

    short = ours.minor - granted.minor
    if not short:
        return f"That is our figure, {spoken(ours)}."
    by = spoken(type(ours)(abs(short), ours.currency))
    return f"That is {by} {'less' if short > 0 else 'more'} than our figure, {spoken(ours)}."
