"""`makegood backtest`: what an SLA would have measured and credited on what was recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, at_desk
from monitor.cli.layout import NARROW, exact, owed, show, show_json, spoken, table, widest
from monitor.cli.shelf import LIBRARY
from monitor.errors import ConfigError
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.candidates import Candidate
    from monitor.config.plan import Agreement, Plan
    from monitor.statements.compared import Cell, Row, Settled

BARS = 10
FIELDS = (
    "month", "sla", "period", "availability", "met", "coverage", "counted_ms", "excused_ms", "unmeasured_ms",
    "unrecorded_ms", "minor", "currency", "decimal", "share", "why",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """One column: an SLA by its name, the agreement it was made into, and whether money can be told of it."""

    name: str
    agreement: Agreement
    priced: bool


class _Command(click.Command):
    """Takes a fee as one word too: `--fee "1200.00 EUR"`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words: list[str] = []
        for word in args:
            after_fee = words[-1:] == ["--fee"] or word.startswith("--fee=")
            words += word.replace("--fee=", "--fee ", 1).split() if after_fee else [word]
        return super().parse_args(ctx, words)


@click.command(cls=_Command)
@click.option(
    "--sla", "names", metavar="NAME", multiple=True, required=True,
    help="An SLA of the configuration, or of the library; may be repeated.",
)  # fmt: skip
@click.option("--service", metavar="ID", help="The service whose history it is [default: the agreement's].")
@click.option(
    "--months", type=int, default=12, show_default=True, help="How many months, up to the last one over."
)
@click.option("--agreement", metavar="ID", help="Whose fee and dates [default: the service's only one].")
@click.option(
    "--fee", "fees", metavar="AMOUNT CURRENCY", nargs=2, multiple=True,
    help="What is paid a month: once for all, or once for each --sla.",
)  # fmt: skip
@click.option(
    "--calendar", metavar="NAME", help="Business time, where an SLA names none [default: the agreement's]."
)
@click.option("--accept-unverified", is_flag=True, help="Price figures that nobody has verified, and say so.")
@click.option("--csv", "form", flag_value="csv", help="Line by line as CSV.")
@click.option("--json", "form", flag_value="json", help="Print JSON for programs.")
@at_desk
def backtest(
    desk: Desk,
    names: tuple[str, ...],
    service: str | None,
    months: int,
    agreement: str | None,
    fees: tuple[tuple[str, str], ...],
    calendar: str | None,
    accept_unverified: bool,
    form: str | None,
) -> None:
    """What SLAs would have measured and credited, month by month.

    Each is settled on what was recorded of SERVICE, as if it had been agreed all the
    time, beside the agreement that there is. Without a fee its credit is a share of
    the fee. What the evidence could not settle is said for each month: time not
    measured, months before the records, checks that are forgotten.
    """
    from datetime import date

    from monitor.config.candidates import Candidate
    from monitor.config.load import load_candidates
    from monitor.statements.compared import last_months
    from monitor.statements.compared import table as compared

    now = desk.clock.now()
    with desk.evidence() as (plan, snapshot):
        service = service or _service(plan, agreement)
        real = _real(plan, service, agreement, fees)
        labels = last_months(months, real.zone if real else _zone(plan), now)
        start, counted = date.fromisoformat(f"{labels[0]}-01"), _calendar(plan, calendar)
        accept = accept_unverified or bool(real and real.accept_unverified)
        like = real.id if real else None
        said = [
            Candidate(name, service, start, like, fee, accept, counted)
            for name, fee in zip(_full(plan, names), _fees(fees, names), strict=True)
        ]
        plan, found = load_candidates(desk.file(), said, environ=desk.environ)
        columns = _columns(real, said, found)
        rows = compared(plan, snapshot, now, [each.agreement for each in columns], labels)
    _show(form, plan, service, columns, rows)


def _columns(real: Agreement | None, said: Sequence[Candidate], found: Sequence[Agreement]) -> list[Tried]:
    """What is agreed, and each candidate."""
    agreed = [] if real is None else [Tried(f"as agreed ({real.id})", real, priced=True)]
    pairs = zip(said, found, strict=True)
    return [*agreed, *(Tried(each.sla, own, bool(each.fee or each.like)) for each, own in pairs)]


def _full(plan: Plan, names: Sequence[str]) -> list[str]:
    """The names as a configuration writes them: of the library, where no own SLA has it."""
    from monitor.config.library import LIBRARY_OF_THE_PROGRAM

    theirs = LIBRARY_OF_THE_PROGRAM.entries
    return [f"{LIBRARY}{name}" if name not in plan.slas and name in theirs else name for name in names]


def _service(plan: Plan, name: str | None) -> str:
    if name is None:
        raise ConfigError("whose history is it? say --service ID, or --agreement ID for its service")
    if name not in plan.agreements:
        known = ", ".join([*plan.agreements][:8]) or "none in the configuration"
        raise ConfigError(f'--agreement: there is no agreement "{name}"; write one of: {known}')
    return plan.agreements[name].service


def _real(plan: Plan, service: str, name: str | None, fees: Sequence[tuple[str, str]]) -> Agreement | None:
    """The agreement whose fee and dates are taken; None where there is none, and a fee is typed."""
    if service not in plan.services:
        known = ", ".join(plan.services) or "none in the configuration"
        raise ConfigError(f'there is no service "{service}"; write one of: {known}')
    on = {a.id: a for a in plan.agreements.values() if a.service == service}
    if name is not None:
        if name in on:
            return on[name]
        known = f"write one of: {', '.join(on)}" if on else "there is none on it"
        raise ConfigError(f'--agreement: there is no agreement "{name}" on {service}; {known}')
    if len(on) == 1:
        return next(iter(on.values()))
    if on and not fees:
        some = ", ".join([*on][:8])
        raise ConfigError(
            f"there are {len(on)} agreements on {service}: say whose fee it is (--agreement, one of {some}), "
            "or what is paid (--fee 1000 EUR)"
        )
    return None


def _zone(plan: Plan) -> str:
    from monitor.statements.status import zone_of

    return zone_of(plan)


def _fees(fees: Sequence[tuple[str, str]], names: Sequence[str]) -> list[tuple[str, str] | None]:
    """The fee of each candidate. ConfigError where it is no amount, or their number fits not."""
    from monitor.config.values import currency as known_currency
    from monitor.core.numbers import parse_amount

    for amount, currency in fees:
        try:
            parse_amount(amount, known_currency(currency))
        except ValueError as error:
            raise ConfigError(f"--fee: {error}") from None
    if len(fees) > 1 and len(fees) != len(names):
        raise ConfigError(
            f"--fee is said {len(fees)} times: say it once, or once for each of {len(names)} --sla"
        )
    if len(fees) <= 1:
        return [next(iter(fees), None)] * len(names)
    return list(fees)


def _calendar(plan: Plan, name: str | None) -> str | None:
    if name is None or name in plan.calendars:
        return name
    known = f"write one of: {', '.join(plan.calendars)}" if plan.calendars else "write [calendar.NAME] there"
    raise ConfigError(f'--calendar: the configuration has no calendar "{name}"; {known}')


def _show(form: str | None, plan: Plan, service: str, columns: Sequence[Tried], rows: Sequence[Row]) -> None:
    if form == "json":
        show_json(as_data(service, columns, rows))
    elif form == "csv":
        click.echo(as_csv(columns, rows), nl=False)
    else:
        from monitor.cli.unsure import lines as unsure

        show(lines(plan, service, columns, rows))
        show(unsure({each.name: each.agreement.unverified for each in columns}))


# --- for people ---------------------------------------------------------------------------------------


def lines(plan: Plan, service: str, columns: Sequence[Tried], rows: Sequence[Row]) -> list[str]:
    """The months, what they come to, and what could not be settled."""
    from reports.format import clean

    title = clean(plan.services[service].title)
    zone = columns[0].agreement.zone
    out = [f"{title}, {rows[0].label} to {rows[-1].label}, {zone}:"]
    out += [f"  [{number}] {_about(each, zone)}" for number, each in enumerate(columns, start=1)]
    out += _tables(columns, rows)
    return [*out, *_open(columns, rows), *_settled(len(columns), rows)]


def _tables(columns: Sequence[Tried], rows: Sequence[Row]) -> list[str]:
    """Side by side with a bar for each credit, without bars, or in several tables: the first that fits."""
    all_ = range(len(columns))
    found = ["", *_table(columns, rows, all_, bars=True)]
    for size in range(len(columns), 0, -1):
        if widest(found) <= NARROW:
            break
        found = []
        for first in range(0, len(columns), size):
            found += ["", *_table(columns, rows, all_[first : first + size], bars=size == 1)]
        found += _strips(columns, rows) if size > 1 else []
    return found


def _strips(columns: Sequence[Tried], rows: Sequence[Row]) -> list[str]:
    """The same chart in a sign for each month, where there is no room for bars."""
    most = _greatest(columns, rows)
    signs = ("".join(_sign(row.cells[place], most) for row in rows) for place in range(len(columns)))
    strips = [f"  [{number}] {strip}" for number, strip in enumerate(signs, start=1)]
    return ["", "Credits month by month: 1 to 9 of the greatest, . none, ? not known, - no period", *strips]


def _sign(cell: Cell, most: Fraction) -> str:
    if not cell.settled:
        return "-"
    if any(each.credit is None for each in cell.settled):
        return "?"
    share = _share(cell)
    return str(-int(-share * 9 // most)) if share else "."


def _table(columns: Sequence[Tried], rows: Sequence[Row], places: Sequence[int], *, bars: bool) -> list[str]:
    from monitor.statements.compared import of

    most, wide = _greatest(columns, rows), 3 if bars else 2
    head, last = ["MONTH"], [["MISSED"], ["TOTAL"]]
    body = [[row.label] for row in rows]
    for place in places:
        head += [f"[{place + 1}] FIGURE", "CREDIT", ""][:wide]
        for line, row in zip(body, rows, strict=True):
            line += _cell(columns[place], row.cells[place], most)[:wide]
        for line, total in zip(last, _total(columns[place], [*of(rows, place)]), strict=True):
            line += total[:wide]
    right = {n for n in range(1, len(head)) if head[n]}
    return table(head, [*body, *last], right=right)


def _about(each: Tried, zone: str) -> str:
    from reports.format import PLAIN, fee

    own = f", months of {each.agreement.zone}" if each.agreement.zone != zone else ""
    if not each.priced:
        return f"{each.name}: without a fee, as a share of it{own}"
    from monitor.core.money import Money

    last = each.agreement.fees[-1]
    amount = Money(sum((money.amount for _, money in last.items), Fraction(0)), each.agreement.currency)
    return f"{each.name}, for {fee(amount, PLAIN)} a {last.unit}{own}"


def _greatest(columns: Sequence[Tried], rows: Sequence[Row]) -> Fraction:
    """The greatest credit, as a share of the fee: what the longest bar stands for."""
    shares = [s.share for row in rows for cell in row.cells for s in cell.settled if s.share is not None]
    return max(shares, default=Fraction(0))


def _cell(column: Tried, cell: Cell, most: Fraction) -> list[str]:
    from reports.format import PLAIN, availability

    if cell.runs_on is not None:
        return [f"({cell.runs_on.label})", "", ""]
    if not cell.settled:
        return ["-", "-", ""]
    worst = [s.found.availability for s in cell.settled if s.found and s.found.availability is not None]
    figure = availability(min(worst), PLAIN) if worst and _is_share(cell) else "-"
    return [figure, _credit(column, cell.settled), _bar(cell, most)]


def _is_share(cell: Cell) -> bool:
    return all(s.found is None or not s.found.promises or s.found.commitment for s in cell.settled)


def _credit(column: Tried, settled: Sequence[Settled]) -> str:
    from reports.format import PLAIN, money, share

    if any(each.credit is None for each in settled):
        return "?"
    if not column.priced:
        parts = [each.share for each in settled if each.share is not None]
        return share(sum(parts, Fraction(0)), PLAIN) if parts else "0 %"
    from monitor.statements.compared import credited

    return ", ".join(money(amount, PLAIN) for amount in credited(settled))


def _bar(cell: Cell, most: Fraction) -> str:
    return "#" * -int(-_share(cell) * BARS // most) if most else ""


def _share(cell: Cell) -> Fraction:
    """What the periods of a month credit, as a share of the fee."""
    return sum((each.share or Fraction(0) for each in cell.settled), Fraction(0))


def _total(column: Tried, mine: Sequence[Settled]) -> tuple[list[str], list[str]]:
    """How many periods are missed of those that can be told, and what all come to."""
    from monitor.statements.compared import missed

    known = [each for each in mine if each.credit is not None]
    told = sum(each.found is not None and each.found.met is not None for each in mine)
    return [f"{missed(mine)} of {told}", "", ""], ["", _credit(column, known) if known else "?", ""]


def _open(columns: Sequence[Tried], rows: Sequence[Row]) -> Iterator[str]:
    """What the evidence could not settle, month by month; what is alike for all candidates is said once."""
    told: list[tuple[str, str, str]] = []
    before = ""
    for row in rows:
        for said in _of_month(columns, row):
            known = [place for place, line in enumerate(told) if line[1:] == (before, said)]
            if known:
                told[known[-1]] = (told[known[-1]][0], row.label, said)
            else:
                told.append((row.label, row.label, said))
        before = row.label
    if told:
        yield from ("", "What the evidence could not settle (? is in no total):")
    for first, last, said in told:
        yield f"  {first}{said}" if first == last else f"  {first} to {last}{said}"


def _settled(columns: int, rows: Sequence[Row]) -> Iterator[str]:
    """How many months have a credit, where some have none."""
    from monitor.statements.compared import of
    from reports.format import PLAIN, plural

    said: dict[str, list[int]] = {}
    for place in range(columns):
        known = [each.credit is not None for each in of(rows, place)]
        left = f", {len(known) - sum(known)} not" if not all(known) else ""
        text = f"{plural(sum(known), 'period', 'periods', PLAIN)} settled{left}"
        said.setdefault(text, []).append(place + 1)
    if any(text.endswith(" not") for text in said):
        yield ""
        yield "; ".join(_whose(places, columns, text) for text, places in said.items()) + "."


def _whose(places: Sequence[int], columns: int, text: str) -> str:
    return text if len(places) == columns else f"{''.join(f'[{place}]' for place in places)} {text}"


def _of_month(columns: Sequence[Tried], row: Row) -> Iterator[str]:
    said: dict[str, list[int]] = {}
    for place, cell in enumerate(row.cells, start=1):
        for each in cell.settled:
            for text in unsettled(each):
                said.setdefault(text, []).append(place)
    for text, places in said.items():
        whose = "" if len(set(places)) == len(columns) else " " + "".join(f"[{place}]" for place in places)
        yield f"{whose}: {text}"


def unsettled(each: Settled) -> Iterator[str]:
    """What the evidence could not settle of a period, a sentence each."""
    from monitor.statements.compared import IN_PART
    from reports.format import PLAIN, duration

    before = f"{duration(each.unrecorded, PLAIN)} before anything was recorded"
    if each.why == IN_PART:
        yield f"{IN_PART}, {before}"
        return
    if each.why:
        yield each.why
    if each.unrecorded and each.found is not None:
        yield f"{before}; the figure is of the rest"
    if each.unseen:
        parts = (f"{duration(ms, PLAIN)} {spoken(reason)}" for reason, ms in each.unseen)
        yield f"not measured: {', '.join(parts)}"


# --- for programs -------------------------------------------------------------------------------------


def as_data(service: str, columns: Sequence[Tried], rows: Sequence[Row]) -> dict[str, object]:
    """The same for a program."""
    from monitor.statements.compared import credited, missed, of

    return {
        "service": service,
        "months": [row.label for row in rows],
        "slas": [
            {
                "name": column.name,
                "currency": column.agreement.currency if column.priced else None,
                "unverified": [*column.agreement.unverified],
                "missed": missed(of(rows, place)),
                "total": [owed(amount) for amount in credited(of(rows, place))] if column.priced else None,
                "not_determinable": sum(each.credit is None for each in of(rows, place)),
                "periods": [period_data(each, priced=column.priced) for each in of(rows, place)],
            }
            for place, column in enumerate(columns)
        ],
    }


def period_data(each: Settled, *, priced: bool = True) -> dict[str, object]:
    """One period of one SLA for a program."""
    found = each.found
    return {
        "period": each.period.label,
        "availability": exact(found.availability) if found else None,
        "met": found.met if found else None,
        "coverage": exact(found.coverage) if found else None,
        "counted_ms": found.counted if found else None,
        "excused_ms": found.excused if found else None,
        "unmeasured_ms": {reason.value: ms for reason, ms in each.unseen},
        "unrecorded_ms": each.unrecorded,
        "credit": owed(each.credit) if priced else None,
        "share": exact(each.share),
        "undetermined": each.why or None,
    }


def as_csv(columns: Sequence[Tried], rows: Sequence[Row]) -> str:
    """A line for each month and SLA."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        for column, cell in zip(columns, row.cells, strict=True):
            for each in cell.settled:
                line = {"month": row.label, "sla": column.name, **_line(column, each)}
                writer.writerow({k: f"'{v}" if str(v)[:1] in ("=", "+", "@") else v for k, v in line.items()})
    return out.getvalue()


def _line(column: Tried, each: Settled) -> dict[str, object]:
    found, credit = each.found, each.credit if column.priced else None
    return {
        "period": each.period.label,
        "availability": "" if found is None or found.availability is None else str(found.availability),
        "met": "" if found is None or found.met is None else "yes" if found.met else "no",
        "coverage": "" if found is None else str(found.coverage),
        "counted_ms": "" if found is None else found.counted,
        "excused_ms": "" if found is None else found.excused,
        "unmeasured_ms": sum(ms for _, ms in each.unseen),
        "unrecorded_ms": each.unrecorded,
        "minor": "" if credit is None else credit.minor,
        "currency": "" if credit is None else credit.currency,
        "decimal": "" if credit is None else f"{credit.decimal:f}",
        "share": "" if each.share is None else str(each.share),
        "why": each.why,
    }
