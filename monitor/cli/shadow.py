"""`makegood shadow`: SLAs that run beside what was agreed, compared with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import owed, shortened, show, show_json, table

if TYPE_CHECKING:
    from monitor.config.plan import Agreement, Plan
    from monitor.core.intervals import Ms
    from monitor.core.money import Amount
    from monitor.statements.compared import Cell
    from monitor.statements.shadows import Compared, Sum

WIDE = 80
HEAD = ("AGREEMENT", "SLA", "MEASURED", "MISSED", "CREDIT", "DIFFERENCE")
NONE = 'No agreement has a shadow: write shadow = ["library:NAME"] in one to compare it with an SLA.'


@click.command()
@click.argument("name", required=False)
@click.option(
    "--period", metavar="MONTH", help="A month such as 2026-10 [default: the last one that is over]."
)
@click.option("--accept-unverified", is_flag=True, help="Price figures that nobody has verified, and say so.")
@as_json
@at_desk
def shadow(desk: Desk, name: str | None, period: str | None, accept_unverified: bool, json_: bool) -> None:
    """What SLAs beside the agreed ones would have come to.

    They are named by `shadow` in an agreement, and settled on its evidence, fee and
    dates. NAME is an agreement, a service, a customer or such an SLA [default: all].
    Nothing is ever stated or owed by them.
    Of a month that runs, the figures are those so far, as if it ended now.
    """
    from monitor.statements.shadows import compare, of_sla, sure

    with desk.evidence() as (plan, snapshot):
        now = desk.clock.now()
        by_sla = _slas(plan, name)
        chosen = _chosen(plan, None if by_sla else name)
        label = _month(plan, chosen, period, now)
        rows = compare(plan, snapshot, now, chosen, label)
        rows = of_sla(rows, by_sla) if by_sla else rows
    told = rows if accept_unverified else sure(rows)
    doubtful = {} if accept_unverified else _doubtful(rows)
    if json_:
        show_json(
            {
                **as_data(label, told),
                "not_priced": [{"sla": s, "unverified": [*d]} for s, d in doubtful.items()],
            }
        )
        return
    show(lines(label, told, now) if told else [] if rows else [_none(plan, name)])
    show(_not_priced(doubtful))


def _doubtful(rows: Sequence[Compared]) -> dict[str, tuple[str, ...]]:
    """The stages of shadows that nobody has verified, by SLA."""
    return {
        each.sla: each.agreement.unverified for row in rows for each, _ in row.shadows if each.is_doubtful
    }


def _not_priced(doubtful: Mapping[str, Sequence[str]]) -> list[str]:
    said = (
        f"{_bare(sla)} is not priced, since nobody has verified its {', '.join(stages)}: compare with the "
        "provider's text, or say --accept-unverified."
        for sla, stages in doubtful.items()
    )
    return [line for text in said for line in ("", *wrap(text, WIDE, subsequent_indent="  "))]


def _slas(plan: Plan, name: str | None) -> frozenset[str]:
    """The shadows that NAME means; none where it means agreements."""
    if any(name in (a.id, a.service, a.customer) for a in plan.agreements.values()):
        return frozenset()
    beside = (each for found in plan.shadows.values() for each in found)
    return frozenset(each.sla for each in beside if name in each.names)


def _none(plan: Plan, name: str | None) -> str:
    """Why there is nothing to compare."""
    if not plan.shadows:
        return NONE
    have = "has" if len(plan.shadows) == 1 else "have"
    return f"No agreement of {name} has a shadow; {shortened(plan.shadows)} {have} one."


def _chosen(plan: Plan, name: str | None) -> list[Agreement]:
    from monitor.cli.budget import chosen

    return [plan.agreements[id] for id in chosen(plan, name) if id in plan.shadows]


def _month(plan: Plan, chosen: Sequence[Agreement], label: str | None, now: Ms) -> str:
    from monitor.cli.report import check_month
    from monitor.core.periods import month_of
    from monitor.statements.status import zone_of

    zone = chosen[0].zone if chosen else zone_of(plan)
    if label is None:
        return month_of(month_of(now, zone).span.start - 1, zone).label
    check_month(label, zone, now)
    return label


def lines(label: str, rows: Sequence[Compared], now: Ms) -> list[str]:
    """The comparison for a person."""
    from monitor.cli.unsure import lines as unsure
    from monitor.statements.shadows import sums

    runs = any(each.period.span.end > now for row in rows for each in row.real.settled)
    title = f"{label}, so far" if runs else label
    out = [f"{title}: what was agreed, and SLAs beside it. Nothing is owed by them.", ""]
    out += table(HEAD, [cells for row in rows for cells in _rows(row)], right=(2, 4, 5))
    out += ["", *(line for each in sums(rows) for line in wrap(_sum(each), WIDE, subsequent_indent="  "))]
    out += _open(rows)
    stages = {f"{r.agreement.id} by {s.sla}": s.agreement.unverified for r in rows for s, _ in r.shadows}
    return out + unsure(stages)


def _rows(row: Compared) -> Iterator[tuple[str, ...]]:
    yield (row.agreement.id, f"{_agreed(row)} (as agreed)", *_figures(row.real), "")
    for place, (each, cell) in enumerate(row.shadows):
        yield ("", _bare(each.sla), *_figures(cell), _difference(row.difference(place)))


def _agreed(row: Compared) -> str:
    return _bare(row.agreement.terms[-1].sla)


def _bare(sla: str) -> str:
    """As NAME takes it too."""
    return sla.removeprefix("library:")


def _figures(cell: Cell) -> tuple[str, str, str]:
    from monitor.statements.compared import credited, missed
    from reports.format import PLAIN, availability, money

    if cell.runs_on is not None:
        return f"({cell.runs_on.label} runs)", "", ""
    if not cell.settled:
        return "not in force", "", ""
    shares = [s.found.availability for s in cell.settled if s.found and s.found.availability is not None]
    unit = all(s.found is None or s.found.commitment is not None for s in cell.settled)
    figure = availability(min(shares), PLAIN) if shares and unit else "-"
    told = any(s.found is not None and s.found.met is not None for s in cell.settled)
    answer = ("yes" if missed(cell.settled) else "no") if told else "?"
    unknown = any(each.credit is None for each in cell.settled)
    credit = "?" if unknown else ", ".join(money(amount, PLAIN) for amount in credited(cell.settled))
    return figure, answer, credit


def _difference(amount: Amount | None) -> str:
    from reports.format import PLAIN, money

    if amount is None:
        return "?"
    return f"+{money(amount, PLAIN)}" if amount.minor > 0 else money(amount, PLAIN)


def _sum(found: Sum) -> str:
    from reports.format import PLAIN, money, plural

    count = plural(found.count, "agreement", "agreements", PLAIN)
    if not found.count:
        return f"{_bare(found.sla)}: {found.unknown} of {found.unknown} cannot be compared"
    left = f", {found.unknown} more cannot be compared" if found.unknown else ""
    return (
        f"{_bare(found.sla)}: {money(found.shadow, PLAIN)} instead of {money(found.real, PLAIN)}, "
        f"{_difference(found.difference)} ({count}{left})"
    )


def _open(rows: Sequence[Compared]) -> Iterator[str]:
    """What the evidence could not settle."""
    from monitor.cli.backtest import unsettled

    said: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for sla, cell in ((_agreed(row), row.real), *((_bare(each.sla), cell) for each, cell in row.shadows)):
            for text in (text for settled in cell.settled for text in unsettled(settled)):
                said.setdefault((sla, text), []).append(row.agreement.id)
    if said:
        yield from ("", "What the evidence could not settle (? is in no sum):")
    for (sla, text), names in said.items():
        yield from wrap(f"  {sla}: {text} ({shortened(names)})", WIDE, subsequent_indent="    ")


def as_data(label: str, rows: Sequence[Compared]) -> dict[str, object]:
    """The same for a program."""
    from monitor.statements.shadows import sums

    return {
        "month": label,
        "sums": [
            {
                "sla": each.sla,
                "real": owed(each.real),
                "shadow": owed(each.shadow),
                "difference": owed(each.difference),
                "agreements": each.count,
                "not_comparable": each.unknown,
            }
            for each in sums(rows)
        ],
        "agreements": [
            {
                "agreement": row.agreement.id,
                "customer": row.agreement.customer,
                "sla": row.agreement.terms[-1].sla,
                **_cell(row.real),
                "shadows": [
                    {
                        "sla": each.sla,
                        **_cell(cell),
                        "difference": owed(row.difference(place)),
                        "unverified": [*each.agreement.unverified],
                    }
                    for place, (each, cell) in enumerate(row.shadows)
                ],
            }
            for row in rows
        ],
    }


def _cell(cell: Cell) -> dict[str, object]:
    from monitor.cli.backtest import period_data

    return {
        "periods": [period_data(each) for each in cell.settled],
        "runs_on": cell.runs_on.label if cell.runs_on else None,
    }
