"""`makegood budget`: how much of what the contract allows is used up, and what the next minutes cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import bound, exact, marked, owed, show, show_json, table, utc
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.money import Amount
    from monitor.core.periods import Period
    from monitor.statements.standing import AgreementHealth

CELLS = 16
HEAD = ("CUSTOMER", "SERVICE", "ALLOWANCE USED", "LEFT", "NEXT CREDIT", "AFTER")


@click.command()
@click.argument("name", required=False)
@click.option("--fail-under", metavar="SHARE", help='Exit 1 where less than this is left, such as "10%".')
@as_json
@at_desk
def budget(desk: Desk, name: str | None, fail_under: str | None, json_: bool) -> None:
    """What is left of the allowance for downtime.

    Each agreement is seen in its own period that runs: this month, quarter or year. NAME is an agreement, a
    service or a customer by its key in the configuration. With --fail-under, exits 1 when an agreement has
    less left, and 5 when too little was measured to say.
    """
    from monitor.statements.health import health

    limit = None if fail_under is None else _limit(fail_under)
    with desk.evidence() as (plan, snapshot):
        rows = health(plan, snapshot, desk.clock.now(), agreements=chosen(plan, name))
    if json_:
        show_json(
            [as_data(row) | {"unverified": [*plan.agreements[row.agreement].unverified]} for row in rows]
        )
    elif limit is None:
        show(lines(rows, {row.agreement: row.period for row in rows if row.period}))
        _say_unverified(plan, rows)
    else:
        show(sentence(row, limit) for row in told_apart(rows))
    if limit is not None:
        raise click.exceptions.Exit(verdict(rows, limit))


def _say_unverified(plan: Plan, rows: Iterable[AgreementHealth]) -> None:
    from monitor.cli.unsure import told

    show(told(plan, (row.agreement for row in rows)))


def verdict(rows: Iterable[AgreementHealth], limit: Fraction) -> Exit:
    """No where any agreement has less left than `limit`; else undecided where one is not determinable.

    An agreement without an allowance has nothing to compare; undecided where that is true of all of them.
    """
    found = list(rows)
    compared = [row for row in found if not row.no_budget]
    if found and not compared:
        return Exit.UNDECIDED
    answers = {_answer(row, limit) for row in compared}
    return next((exit for exit in (Exit.NO, Exit.UNDECIDED) if exit in answers), Exit.DONE)


def _answer(row: AgreementHealth, limit: Fraction) -> Exit:
    if left(row) < limit:
        return Exit.NO
    return Exit.UNDECIDED if row.undetermined else Exit.DONE


def _limit(text: str) -> Fraction:
    from monitor.core.numbers import parse_share

    try:
        return parse_share(text)
    except ValueError as error:
        raise ConfigError(f"--fail-under: {error}") from None


def chosen(plan: Plan, name: str | None) -> list[str]:
    """The agreements that NAME means: itself, those on a service, those of a customer; all without a name."""
    found = [
        id
        for id, agreement in plan.agreements.items()
        if name in (None, id, agreement.service, agreement.customer)
    ]
    if not found and name is not None:
        known = sorted({key for a in plan.agreements.values() for key in (a.id, a.service, a.customer)})
        raise ConfigError(
            f'no agreement, service or customer is called "{name}"; write one of: {", ".join(known)}'
        )
    return found


def left(row: AgreementHealth) -> Fraction:
    """The share of the allowance that is left; nothing is left of an allowance of nothing once it is used."""
    return 1 - used(row)


def used(row: AgreementHealth) -> Fraction:
    """The share of the allowance that is used up; more than 1 once it is overspent."""
    if row.budget.allowed == 0:
        return Fraction(1 if row.budget.spent else 0)
    return Fraction(row.budget.spent, row.budget.allowed)


def bar(row: AgreementHealth) -> str:
    """`[#########|###....]`: used up in #, the share of the promised time that is gone at the mark."""
    filled = min(CELLS, int(used(row) * CELLS))
    mark = min(CELLS, int(row.budget.gone * CELLS))
    cells = "#" * filled + "." * (CELLS - filled)
    return f"[{cells[:mark]}|{cells[mark:]}]"


def ahead_of_the_month(row: AgreementHealth) -> bool:
    """Whether the allowance is used up faster than the promised time passes."""
    return not row.no_budget and row.budget.spent > 0 and used(row) > row.budget.gone


def lines(rows: Sequence[AgreementHealth], periods: Mapping[str, Period]) -> list[str]:
    """The table for a person."""
    if not rows:
        return ["No agreement is in force now."]
    rows = told_apart(rows)
    several = len({periods[row.agreement].label for row in rows}) > 1
    body = [_cells(row, periods[row.agreement].label if several else "") for row in rows]
    head = (*HEAD[:2], "PERIOD", *HEAD[2:]) if several else HEAD
    marks = ["!" if ahead_of_the_month(row) else "?" if row.undetermined else " " for row in rows]
    return [
        _heading(rows, periods),
        "",
        *marked(table(head, body, right={n + several for n in (3, 4, 5)}), marks),
        "",
        _close(rows),
    ]


def _heading(rows: Sequence[AgreementHealth], periods: Mapping[str, Period]) -> str:
    from reports.format import PLAIN, left, period_title

    mine = [periods[row.agreement] for row in rows]
    gone = {left(row.budget.gone, PLAIN) for row in rows if not row.no_budget}
    if len({(period.label, period.zone) for period in mine}) == len(gone) == 1:
        where = f"{period_title(mine[0], PLAIN)}, {mine[0].zone}"
        return f"{where}. {gone.pop()} of the promised time is gone: the mark | in each bar."
    titles = {period_title(period, PLAIN) for period in mine}
    labels = titles.pop() if len(titles) == 1 else "Each agreement in its own period"
    zones = {period.zone for period in mine}
    where = zones.pop() if len(zones) == 1 else "each agreement in its own zone"
    return f"{labels}, {where}. The mark | in each bar: how much of the promised time is gone."


def _close(rows: Sequence[AgreementHealth]) -> str:
    from reports.format import PLAIN, listed, money

    hot = [_title(row) for row in rows if ahead_of_the_month(row)]
    dark = [f"{_title(row)}, since {row.undetermined}" for row in rows if row.undetermined]
    priced = [row for row in rows if row.exposure.owed is not None and not row.undetermined]
    owes, due = _sums(priced, ours=True), _sums(priced, ours=False)
    without = [f"{_title(row)}, since {row.no_budget}" for row in rows if row.no_budget and not row.unsettled]
    parts = [f"! used up faster than the promised time: {'; '.join(hot)}."] if hot else []
    if owes:
        parts.append(f"Owed so far: {listed(tuple(money(amount, PLAIN) for amount in owes))}.")
    if due:
        parts.append(f"Owed to us so far: {listed(tuple(money(amount, PLAIN) for amount in due))}.")
    if without:
        parts.append(f"No allowance: {'; '.join(without)}.")
    if dark:
        parts.append(f"Not determinable: {'; '.join(dark)}.")
    return " ".join(parts)


def _sums(rows: Iterable[AgreementHealth], *, ours: bool) -> tuple[Amount, ...]:
    """By currency, of agreements that we sell, or of those that we buy."""
    from monitor.statements.health import sums

    return sums(row.exposure.owed for row in rows if row.exposure.owed is not None and row.ours is ours)


def _title(row: AgreementHealth) -> str:
    return f"{row.customer}, {row.service}"


def told_apart(rows: Sequence[AgreementHealth]) -> list[AgreementHealth]:
    """Rows of one customer and service by their agreements too."""
    often = Counter((row.customer, row.service) for row in rows)
    return [
        replace(row, service=f"{row.service} ({row.agreement})")
        if often[row.customer, row.service] > 1
        else row
        for row in rows
    ]


def _cells(row: AgreementHealth, period: str = "") -> tuple[str, ...]:
    from reports.format import PLAIN, brief
    from reports.format import used as percent

    about = (row.customer, row.service, period) if period else (row.customer, row.service)
    if row.no_budget:
        return (*about, "no allowance", "-", *_next(row))
    share = percent(used(row), PLAIN).rjust(7)
    return (*about, f"{bar(row)} {share}", brief(row.budget.left, PLAIN), *_next(row))


def _next(row: AgreementHealth) -> tuple[str, str]:
    from reports.format import PLAIN, brief, money

    exposure = row.exposure
    if row.undetermined:
        return "not determinable", "-"
    if exposure.until_next is None or exposure.next_credit is None:
        return "-", "-"
    return money(exposure.next_credit, PLAIN), brief(exposure.until_next, PLAIN)


def sentence(row: AgreementHealth, limit: Fraction) -> str:
    """One agreement against the threshold, in a sentence."""
    from reports.format import PLAIN, brief, share
    from reports.format import left as percent

    if row.no_budget:
        return f"{_title(row)}: no allowance, since {row.no_budget}."
    if _answer(row, limit) is Exit.UNDECIDED:
        return f"{_title(row)}: not determinable, since {row.undetermined}."
    rest = f"{percent(left(row), PLAIN)} of the allowance is left ({brief(row.budget.left, PLAIN)})"
    if row.budget.left < 0:
        rest = f"nothing of the allowance is left ({brief(-row.budget.left, PLAIN)} over)"
    answer = "less than" if left(row) < limit else "at least"
    return f"{_title(row)}: {rest}, {answer} {share(limit, PLAIN)}."


def as_data(row: AgreementHealth) -> dict[str, object]:
    """The same for a program."""
    budget, exposure = None if row.no_budget else row.budget, row.exposure
    return {
        "agreement": row.agreement,
        "period": row.period.label if row.period else None,
        "customer": row.customer,
        "service": row.service,
        "commitment": bound(row.commitment),
        "promised": row.promised or None,
        "target": bound(row.target),
        "availability": exact(row.availability),
        "met": row.met,
        "target_met": row.target_met,
        "coverage": exact(row.coverage),
        "allowed_ms": budget.allowed if budget else None,
        "spent_ms": budget.spent if budget else None,
        "left_ms": budget.left if budget else None,
        "burn": exact(budget.burn) if budget else None,
        "gone": exact(budget.gone) if budget else None,
        "exhausted": utc(budget.exhausted) if budget else None,
        "no_budget": row.no_budget or None,
        "owed": owed(exposure.owed),
        "until_next_ms": exposure.until_next,
        "next_credit": owed(exposure.next_credit),
        "undetermined": row.undetermined or None,
    }
