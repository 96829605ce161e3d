"""What the commands on issued papers share: the office, and how a paper is shown."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.desk import Desk
from monitor.cli.layout import owed, utc
from monitor.core.intervals import Ms
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.money import Amount
    from monitor.ledger.press import Office
    from monitor.store.protocol import Ledger, Paper


def office_of(desk: Desk, plan: Plan, *, draws: bool = True) -> Office:
    """What issuing works with, at this desk; `draws`: papers are drawn up, and not only sent."""
    from monitor.ledger.press import Office
    from monitor.people import author
    from monitor.printing import press

    store = desk.for_papers(plan) if draws else desk.store(plan)
    return Office(plan, store, press(), desk.clock.now(), author())


def credits_of(ledger: Ledger) -> dict[int, list[Amount]]:
    """What each paper gives or takes, by its place: one amount for each currency."""
    from monitor.core.money import Amount

    found: dict[int, dict[str, int]] = {}
    for line in ledger.credits():
        of = found.setdefault(line.paper.seq, {})
        of[line.currency] = of.get(line.currency, 0) + line.minor
    return {seq: [Amount(minor, code) for code, minor in sorted(of.items())] for seq, of in found.items()}


def spoken_credit(amounts: Iterable[Amount]) -> str:
    """`120.00 EUR`; `-` for none."""
    from reports.format import PLAIN, money

    return ", ".join(money(amount, PLAIN) for amount in amounts) or "-"


def write_pages(ledger: Ledger, papers: Iterable[Paper], folder: Path) -> None:
    """Put the kept pages of papers into a folder, byte by byte as they were issued."""
    from reports.render import write_atomically

    folder.mkdir(parents=True, exist_ok=True)
    for paper in papers:
        for name in ("html", "json", "csv"):
            text = ledger.page(paper.seq, name).decode()
            write_atomically(folder / f"{paper.number}.{name}", text)


def paper_data(paper: Paper, credits: Iterable[Amount]) -> dict[str, object]:
    """One paper for a program."""
    return {
        "number": paper.number,
        "kind": paper.kind,
        "customer": paper.customer,
        "period": paper.period,
        "issued": utc(paper.at),
        "author": paper.author,
        "digest": paper.digest,
        "credits": [owed(amount) for amount in credits],
    }


def amounts(credits: Iterable[Amount | None]) -> str:
    """Amounts as a person reads them; what nobody can tell is told so."""
    from reports.format import PLAIN, money

    return ", ".join("not determinable" if each is None else money(each, PLAIN) for each in credits)


def amount_of(text: str, option: str) -> Amount:
    """An amount as somebody wrote it: `120.00 EUR`. ConfigError where it is none, or finer than is paid."""
    from monitor.core.money import Money
    from monitor.core.numbers import parse_money

    try:
        value, code = parse_money(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from None
    amount = Money(value, code).round()
    if amount.exact != value:
        raise ConfigError(
            f'{option}: "{text}" is finer than {code} is paid: write "{amount.decimal:f} {code}"'
        )
    return amount


def issued_on(plan: Plan, paper: Paper) -> str:
    """The day of issue in the customer's zone."""
    return day_of(plan, paper, paper.at)


def day_of(plan: Plan, paper: Paper, at: Ms) -> str:
    """The day of an instant in the zone of a paper's customer."""
    from monitor.core.periods import local

    known = plan.customers.get(paper.customer)
    return f"{local(at, known.zone if known else 'UTC'):%Y-%m-%d}"
