"""`makegood report`: a month's statements, and the team's report, as files, on stdout or by mail."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import owed, show, show_json, talk
from monitor.core.intervals import Ms
from monitor.errors import ConfigError, Exit, MakegoodError
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.statements.value import Section, Statement
    from monitor.store.protocol import Store, WholeSnapshot

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a month: papers with their pages, the team's page, and what could not be drawn up."""

    papers: tuple[tuple[Statement, Path], ...]
    refused: tuple[MakegoodError, ...]
    team: Path | None = None

    @property
    def pages(self) -> tuple[Path, ...]:
        """Every page that was written."""
        return (*(page for _, page in self.papers), *((self.team,) if self.team else ()))

    @property
    def exit_code(self) -> Exit:
        """The first refusal's, else 5 where a finished month has a figure that nobody can determine."""
        if self.refused:
            return self.refused[0].exit_code
        return Exit.UNDECIDED if any(undetermined(paper) for paper, _ in self.papers) else Exit.DONE


@click.command()
@click.option(
    "--period", metavar="PERIOD", help="A month such as 2026-10 [default: the last one that is over]."
)
@click.option(
    "--customer", "customers", metavar="ID", multiple=True, help="This customer alone; may be repeated."
)
@click.option("--internal", is_flag=True, help="The team's report too; of a week or of some days it alone.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("html", "json", "csv", "mail")),
    help="Print the team's report alone in this form, and write nothing.",
)
@click.option("--mail", is_flag=True, help="Mail the team's report alone, to [internal] mail.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where to [default: the configuration's]."
)
@as_json
@at_desk
def report(
    desk: Desk,
    period: str | None,
    customers: tuple[str, ...],
    internal: bool,
    form: str | None,
    mail: bool,
    out: Path | None,
    json_: bool,
) -> None:
    """Draft a month's statements as HTML, JSON and CSV.

    Prints the pages' paths. Drafts are written anew each time and never issued. Exits 5 where a credit
    cannot be determined. With --internal the team's report is drawn up too: a month, a week
    (2026-W41) or some days (2026-10-05..2026-10-18).
    """
    from monitor.cli.report_internal import of_the_team_alone, team_alone
    from monitor.statements.build import last_closed_month

    if team_alone(period, customers, internal=internal, form=form, mail=mail):
        of_the_team_alone(desk, period, form, out, mail=mail, json_=json_)
        return
    with desk.evidence(for_papers=True) as (plan, snapshot):
        now = desk.clock.now()
        for customer in customers:
            check_customer(plan, customer)
        label = period or last_closed_month(plan, _any_customer(plan, customers), now)
        check_month(label, plan.customers[_any_customer(plan, customers)].zone, now)
        chosen = customers or in_force(plan, label, now)
        folder = out or plan.settings.reports
        written = draft(plan, desk.store(plan), snapshot, label, chosen, folder, now, internal=internal)
    _tell(written)
    if json_:
        show_json(
            {
                "period": label,
                "statements": [as_data(*one) for one in written.papers],
                "internal": str(written.team) if written.team else None,
            }
        )
    else:
        show(str(page) for page in written.pages)
    raise click.exceptions.Exit(written.exit_code)


def check_customer(plan: Plan, customer: str) -> None:
    """ConfigError where no customer is called so."""
    if customer not in plan.customers:
        other = plan.agreements.get(customer)
        if customer in plan.providers or (other is not None and other.kind == "provider"):
            kind = "a provider" if customer in plan.providers else "what we buy"
            raise ConfigError(f"{customer} is {kind}, and no customer: {_claims_of(plan, customer)}")
        if other is not None:
            raise ConfigError(f"{customer} is an agreement with {other.customer}: write {other.customer}")
        known = ", ".join(plan.customers) or "none in the configuration"
        raise ConfigError(f'there is no customer "{customer}"; write one of: {known}')


def _claims_of(plan: Plan, name: str) -> str:
    """The command that tells what a provider owes us."""
    mine = [a.id for a in plan.agreements.values() if a.kind == "provider" and name in (a.id, a.customer)]
    return f"makegood claims show {mine[0]} PERIOD" if mine else "makegood claims"


def check_month(label: str, zone: str, now: Ms, option: str = "--period") -> None:
    """ConfigError, by the name of the option, where the label is no month, or one that has not begun."""
    from monitor.core.periods import month, month_of

    try:
        period = month(label, zone)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from None
    if period.span.start > now:
        raise ConfigError(
            f"{option}: {label} has not begun; the running month is {month_of(now, zone).label}"
        )


def check_period(plan: Plan, customer: str, label: str, now: Ms) -> None:
    """`check_month`, but for a label that is a period of one of the customer's agreements."""
    from monitor.statements.periods import by_label

    mine = [a for a in plan.agreements.values() if (a.kind, a.customer) == ("customer", customer)]
    known = [found[1] for agreement in mine if (found := by_label(agreement, label))]
    if not known or known[0].span.start > now:
        check_month(label, plan.customers[customer].zone, now)


def _any_customer(plan: Plan, customers: Sequence[str]) -> str:
    for customer in (*customers, *plan.customers):
        return customer
    raise ConfigError(f"{plan.path} names no customer: there is nobody to write a statement for")


def in_force(plan: Plan, label: str, now: Ms) -> tuple[str, ...]:
    """The customers that have an agreement in force in the month; ConfigError where nobody has."""
    from monitor.statements.build import agreements_of, running_instead

    running = [customer for customer in plan.customers if agreements_of(plan, customer, label)]
    if not running:
        instead = running_instead(plan, tuple(plan.customers), now)
        raise ConfigError(f"no agreement is in force in {label}: there is no statement to write{instead}")
    return tuple(running)


def draft(
    plan: Plan,
    store: Store,
    snapshot: WholeSnapshot,
    label: str,
    customers: Sequence[str],
    folder: Path,
    now: Ms,
    *,
    internal: bool = False,
) -> Written:
    """Write each customer's papers, and the team's; what is refused for one does not stop the others."""
    from monitor.drafting import draft_statements
    from monitor.reporting import draft_internal

    papers: list[tuple[Statement, Path]] = []
    refused: list[MakegoodError] = []
    team = None
    with progress(len(customers) + internal) as step:
        for customer in customers:
            step(plan.customers[customer].party.name)
            try:
                papers.extend(draft_statements(plan, snapshot, label, [customer], folder, now))
            except MakegoodError as error:
                refused.append(error)
        if internal:
            step("the team's page")
            try:
                team = draft_internal(plan, store, snapshot, label, folder, now)
            except MakegoodError as error:
                refused.append(error)
    return Written(tuple(papers), tuple(refused), team)


@contextmanager
def progress(count: int) -> Iterator[Step]:
    """Who is being drawn up, on stderr: a bar on a terminal, a line each elsewhere."""
    if not sys.stderr.isatty():
        yield _say
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn("Drawing up"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=count)
        begun = iter(range(count))

        def step(name: str) -> None:
            bar.update(task, description=name, completed=next(begun))

        yield step


def _say(name: str) -> None:
    talk(f"Drawing up {name}")


def undetermined(paper: Statement) -> bool:
    """A finished month in which some credit is not determinable."""
    return paper.status == "draft" and any(section.credit is None for section in paper.sections)


def _tell(written: Written) -> None:
    for sentence in dict.fromkeys(str(error) for error in written.refused):
        talk(sentence)
    for paper, _ in written.papers:
        if undetermined(paper):
            for line in _open_questions(paper):
                talk(line)


def _open_questions(paper: Statement) -> Iterable[str]:
    for section in paper.sections:
        if section.credit is None:
            yield f"{paper.customer.name}, {section.service}: {_open_question(section)}"


def _open_question(section: Section) -> str:
    from monitor.statements.ways import way_out
    from reports.format import PLAIN, availability
    from reports.headline import worked_out

    what, command = way_out(section)
    if command:
        return f"not determinable, since {section.needs}; {what}: {command}"
    if section.needs and section.period:
        return (
            f"not determinable from checks, since {section.needs}; settle it from a file: makegood evaluate "
            f"CONFIG --agreement {section.agreement} --period {section.period.label} --evidence FILE.csv"
        )
    told = f". {found}" if (found := worked_out(section, PLAIN)) else ""
    if section.undecided:
        return f"not determinable: {section.undecided}{told}"
    seen = availability(section.coverage, PLAIN)
    return (
        f"not determinable, since only {seen} of the promised time was measured; "
        f"a person must decide what is owed{told}"
    )


def as_data(paper: Statement, page: Path) -> dict[str, object]:
    """One statement for a program: where it is, and what it comes to."""
    return {
        "customer": paper.customer_id,
        "status": paper.status,
        "page": str(page),
        "credits": [owed(entry.credit) for entry in paper.totals],
    }
