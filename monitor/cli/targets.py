"""`makegood targets`: what is promised and what is aimed at, beside what was reached, and what to propose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.directory import InOrder, commands
from monitor.cli.layout import NARROW, exact, filled, show, show_json, table
from monitor.errors import ConfigError
from monitor.records import dataclass

if TYPE_CHECKING:
    from fractions import Fraction

    from monitor.config.plan import Plan, Target
    from monitor.core.periods import Period
    from monitor.statements.books import Books
    from monitor.statements.guidance import Doubt, Goal, Group
    from monitor.statements.recorded import Outcome

HEAD = ("SERVICE", "", "NAME", "OBJECTIVE")
RECENT = 3
TEXT = 80


@click.group(
    cls=InOrder,
    commands=commands(list="targets.list_", suggest="targets_suggest.suggest"),
    invoke_without_command=True,
)
@click.pass_context
def targets(ctx: click.Context) -> None:
    """What is promised and aimed at: list it, suggest levels.

    Without a command: list.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@click.command(name="list")
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@click.option(
    "--last",
    "count",
    type=click.IntRange(1, 24),
    metavar="N",
    default=RECENT,
    show_default=True,
    help="So many months that are over.",
)
@as_json
@at_desk
def list_(desk: Desk, services: tuple[str, ...], count: int, json_: bool) -> None:
    """Commitments and internal targets, with what was reached.

    A commitment is shown once for all agreements with the same terms, each in
    periods of its own: months, quarters or years. What is doubtful about the
    targets stands below.
    """
    from monitor.statements.books import Books

    with desk.evidence() as (plan, snapshot):
        books = Books(plan, snapshot, desk.clock.now())
        found = [_held(books, service, count) for service in chosen(plan, services)]
    rows = [row for each in found for row in each.rows]
    doubts = [doubt for each in found for doubt in each.doubts]
    if json_:
        show_json({"targets": [_data(row) for row in rows], "doubts": [doubt_data(each) for each in doubts]})
    else:
        show(_lines(rows))
        show(told(doubts))


@dataclass(frozen=True, slots=True)
class Row:
    """One commitment or target, beside what was reached: (period, figure, met), oldest first."""

    service: str
    title: str
    kind: str
    name: str
    objective: str
    agreements: tuple[str, ...]
    months: tuple[tuple[Period, Fraction | None, bool | None], ...]

    @property
    def known(self) -> list[bool]:
        return [met for _, _, met in self.months if met is not None]


@dataclass(frozen=True, slots=True)
class Held:
    """One service: its rows, and what is doubtful about them."""

    rows: tuple[Row, ...]
    doubts: tuple[Doubt, ...]


def chosen(plan: Plan, services: Sequence[str]) -> tuple[str, ...]:
    """The services that are meant; ConfigError names those there are where one is not."""
    from monitor.statements.guidance import services_of

    known = ", ".join(plan.services)
    missing = [
        f'there is no service "{name}": write one of {known}'
        for name in services
        if name not in plan.services
    ]
    if missing:
        raise ConfigError("\n".join(missing))
    return tuple(dict.fromkeys(services)) or services_of(plan)


def _held(books: Books, service: str, count: int) -> Held:
    from monitor.statements.guidance import Group, actual, doubts, goal, groups, targets_of, today
    from monitor.statements.status import zone_of

    plan, now = books.plan, books.now
    sold, bought = groups(plan, service, now), groups(plan, service, now, "provider")
    aims = targets_of(plan, service)
    known = sold or (Group(service, zone_of(plan)),)
    seen = [(each, today(books, each, count)) for each in known] if aims else []
    goals = [goal(books, each, seen) for each in aims]
    rows = [
        *(_promised(plan, each, actual(books, each, count)) for each in (*sold, *bought)),
        *(_aimed(plan, each) for each in goals),
    ]
    return Held(_told_apart(rows), doubts(sold, goals))


def _told_apart(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows of one SLA, whose terms an agreement changed, by an agreement too."""
    often = Counter(row.name for row in rows if row.agreements)
    return tuple(
        replace(row, name=f"{row.name} ({row.agreements[0]})")
        if often[row.name] > 1 and row.agreements
        else row
        for row in rows
    )


def _promised(plan: Plan, group: Group, outcomes: Iterable[Outcome]) -> Row:
    first = group.agreements[0]
    return Row(
        service=group.service,
        title=plan.services[group.service].title,
        kind="promised" if first.kind == "customer" else "bought",
        name=group.sla,
        objective=group.promised,
        agreements=tuple(each.id for each in group.agreements),
        months=tuple((each.period, each.figure, each.met) for each in outcomes),
    )


def _aimed(plan: Plan, goal: Goal) -> Row:
    target = goal.target
    title = plan.services[target.service].title
    return Row(target.service, title, "internal", target.id, objective(target), (), goal.months)


def objective(target: Target) -> str:
    """What a target asks for, as a file would say it: `>= 99.95%`."""
    from monitor.agreements.gate import Commitment, spoken_bound

    return spoken_bound(Commitment(target.objective, target.of, target.unit))


# --- for people -----------------------------------------------------------------------------------------


def _lines(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return ["Nothing is promised and nothing is aimed at: makegood targets suggest proposes something."]
    labels = [_usual(rows, place) for place in range(len(rows[0].months))]
    cells = [(*_about(row), *_figures(row, labels), f"{sum(row.known)} of {len(row.known)}") for row in rows]
    right = range(len(HEAD), len(HEAD) + len(labels))
    return table((*HEAD, *labels, "KEPT"), cells, right=right, fit=NARROW)


def _usual(rows: Sequence[Row], place: int) -> str:
    """The name that most rows have for a period."""
    return Counter(row.months[place][0].label for row in rows).most_common(1)[0][0]


def _about(row: Row) -> tuple[str, ...]:
    return row.title, row.kind, row.name, row.objective


def _figures(row: Row, labels: Sequence[str]) -> Iterator[str]:
    """Each figure; with the name of its period where that is another than the column's."""
    from reports.format import PLAIN, availability

    for (period, figure, met), label in zip(row.months, labels, strict=True):
        text = "-" if figure is None else availability(figure, PLAIN)
        mark = {False: " !", None: " ?" if figure is not None else "", True: ""}[met]
        yield f"{'' if period.label == label else f'{period.label}: '}{text}{mark}"


def told(doubts: Sequence[Doubt]) -> list[str]:
    """A sentence for each doubt, under an empty line; none where there is none."""
    lines = [line for each in doubts for line in filled(f"! {sentence(each)}", TEXT, under="  ")]
    return ["", *lines] if lines else []


def sentence(doubt: Doubt) -> str:
    """What is doubtful, and what to do about it."""
    target, group = doubt.target, doubt.group
    name = f"Target {target.id} ({objective(target)})" if target else ""
    promise = f"SLA {group.sla} ({group.promised})" if group else ""
    if doubt.kind == "never met":
        none = "the only month did not meet it" if doubt.of == 1 else f"none of {doubt.of} months met it"
        return f"{name}: {none}. A goal that is never reached warns of nothing."
    if doubt.kind == "unprotected" and group:
        return (
            f"{promise}: no internal target stands behind it. Write [target.NAME] with "
            f'service = "{group.service}", a stricter objective and protects = ["{group.sla}"].'
        )
    how = "is looser than" if doubt.kind == "looser" else "is no stricter than"
    return f"{name} {how} {promise}, which it protects: it warns too late."


# --- for programs ---------------------------------------------------------------------------------------


def _data(row: Row) -> dict[str, object]:
    return {
        "service": row.service,
        "kind": row.kind,
        "name": row.name,
        "objective": row.objective,
        "agreements": list(row.agreements),
        "months": [
            {"period": period.label, "figure": exact(figure), "met": met}
            for period, figure, met in row.months
        ],
        "kept": sum(row.known),
        "of": len(row.known),
    }


def doubt_data(doubt: Doubt) -> dict[str, object]:
    """One doubt for a program."""
    return {
        "kind": doubt.kind,
        "target": doubt.target.id if doubt.target else None,
        "sla": doubt.group.sla if doubt.group else None,
        "agreements": [each.id for each in doubt.group.agreements] if doubt.group else [],
        "text": sentence(doubt),
    }
