"""`makegood whatif`: what an outage of a service would cost, before there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import NARROW, bound, exact, owed, shortened, show, show_json, table, utc, widest
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.agreements.budget import Budget
    from monitor.cli.whatif_beside import Beside
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms, Span
    from monitor.core.money import Amount
    from monitor.statements.whatif import Effect, Figures, Tier

HEAD = ("AGREEMENT", "PERIOD", "AVAILABILITY", "THEN", "CREDIT", "THEN", "MORE")
VERDICTS = {
    "late": "its notice was too short",
    "declared_later": "it was declared after it began",
    "cap_used": "the allowance was used up",
    "not_now": "it is outside the hours of such work",
}


@click.command()
@click.argument("service")
@click.option("--down", "length", metavar="LENGTH", required=True, help='How long, such as "20m".')
@click.option("--at", "begin", metavar="WHEN", help="When it begins, with its offset [default: now].")
@click.option(
    "--resource", "resources", metavar="NAME", multiple=True,
    help="This resource of SERVICE alone; may be repeated.",
)  # fmt: skip
@as_json
@at_desk
def whatif(
    desk: Desk, service: str, length: str, begin: str | None, resources: tuple[str, ...], json_: bool
) -> None:
    """What an outage of SERVICE would cost that there never was.

    It is laid into the evidence, and every agreement that rests on SERVICE is settled
    with and without it, each in its own period; what is to come of a period is taken
    as up. All endpoints of SERVICE are down at once. Said is the credit before and
    after, the tiers that are crossed and when, what is left of the allowance, what
    maintenance and exclusions take of it, and whom it does not touch. Nothing is
    recorded.
    """
    from monitor.cli.whatif_beside import beside
    from monitor.statements.whatif import whatif as tried

    with desk.evidence() as (plan, snapshot):
        now = desk.clock.now()
        _check(plan, service, resources)
        outage = _outage(length, begin, now)
        rows = tried(plan, snapshot, now, service, outage, resources)
        near = beside(plan, snapshot, desk.store(plan).ledger, now, service, outage, rows)
    if json_:
        show_json(as_data(plan, service, outage, rows, near))
        return
    from monitor.cli.unsure import told
    from monitor.cli.whatif_beside import with_it_lines

    show(lines(plan, service, outage, rows, near, _zone(plan, rows, begin)))
    show(with_it_lines(near, service, f"--down {length}" + (f" --at {begin}" if begin else "")))
    show(told(plan, (row.agreement.id for row in rows)))


def _check(plan: Plan, service: str, resources: Sequence[str]) -> None:
    if service not in plan.services:
        known = ", ".join(plan.services) or "none in the configuration"
        raise ConfigError(f'there is no service "{service}"; write one of: {known}')
    of = plan.services[service].resources
    for name in resources:
        if name not in of:
            known = f"write one of: {', '.join(of)}" if of else "it has none"
            raise ConfigError(f'--resource: {service} has no resource "{name}"; {known}')


def _outage(length: str, begin: str | None, now: Ms) -> Span:
    from monitor.cli.when import at_instant, lasting
    from monitor.core.intervals import DAY, Span

    ms = lasting(length, "--down")
    if not 0 < ms <= 366 * DAY:
        raise ConfigError(f"--down: {length} is not a length that is tried out: from 1ms to 366 days")
    start = now if begin is None else at_instant(begin, "--at")
    return Span(start, start + ms)


# --- for people ---------------------------------------------------------------------------------------


def lines(
    plan: Plan, service: str, outage: Span, rows: Sequence[Effect], near: Beside, zone: str
) -> list[str]:
    """The whole answer for a person."""
    from monitor.cli.whatif_beside import issued_lines, lapsed_lines
    from reports.format import PLAIN, brief, clean, moment

    title = clean(plan.services[service].title)
    began, long = moment(outage.start, zone, PLAIN), brief(outage.length, PLAIN)
    out = [f"If {title} were down for {long}, from {began} on:", ""]
    touched = [row for row in rows if not row.untouched]
    if touched:
        out += _table(touched)
    elif rows:
        out += ["No agreement is touched."]
    else:
        out += [
            f"No agreement rests on {title}: nothing is owed for it. To try an SLA on its past:",
            f"makegood backtest --service {service} --sla NAME",
        ]
    out += _tiers(touched, outage, zone)
    out += _allowances(touched)
    out += _swallowed(rows, zone)
    out += _unsettled(touched)
    out += _untouched(rows)
    out += lapsed_lines(near, touched)
    out += _totals(plan, [row for row in touched if near.of(row) is None])
    return [*out, *issued_lines(near)]


def _table(rows: Sequence[Effect]) -> list[str]:
    """Before and after; where it is too wide, a period that is that of all stands above it."""
    cells = [_cells(row) for row in rows]
    found = table(HEAD, cells, right=(2, 3, 4, 5, 6), fit=NARROW)
    labels = {label for _, label, *_ in cells}
    if widest(table(HEAD, cells)) <= NARROW or len(labels) > 1:
        return found
    less = [(name, *figures) for name, _, *figures in cells]
    return [f"In {labels.pop()}:", *table((HEAD[0], *HEAD[2:]), less, right=(1, 2, 3, 4, 5), fit=NARROW)]


def _zone(plan: Plan, rows: Sequence[Effect], begin: str | None) -> str:
    """That of the agreements, where one will do, by the offset that was typed; else the operator's."""
    from datetime import datetime

    from monitor.core.periods import instant, local
    from monitor.statements.status import zone_of

    zones = [*dict.fromkeys(row.agreement.zone for row in rows)]
    if len(zones) > 1 and begin is not None:
        typed = datetime.fromisoformat(begin)
        zones = [z for z in zones if local(instant(typed), z).utcoffset() == typed.utcoffset()][:1]
    return zones[0] if len(zones) == 1 else zone_of(plan)


def _cells(row: Effect) -> tuple[str, ...]:
    label = row.period.label if row.period else "-"
    figures = (_share(row, row.before), _share(row, row.after))
    credits = (_credit(row.before, row.gave_way), _credit(row.after, row.gives_way), _money(row.more))
    return (row.agreement.id, label, *figures, *credits)


def _share(row: Effect, figures: Figures) -> str:
    from reports.format import PLAIN, availability

    if figures.availability is None or (row.commitment is not None and row.commitment.value > 1):
        return "-"
    return availability(figures.availability, PLAIN)


def _credit(figures: Figures, gives_way: str) -> str:
    return f"({_money(figures.credit)})" if gives_way else _money(figures.credit)


def _money(amount: Amount | None) -> str:
    from reports.format import PLAIN, money

    return "nobody can tell" if amount is None else money(amount, PLAIN)


def _named(row: Effect) -> str:
    return row.agreement.id


def _tiers(rows: Sequence[Effect], outage: Span, zone: str) -> Iterator[str]:
    """Each tier once, with everybody who crosses it at that moment."""
    from monitor.core.intervals import HOUR
    from reports.format import PLAIN, clock, duration, moment

    crossed: dict[tuple[Ms, str], list[tuple[Effect, Tier]]] = {}
    for row in rows:
        for tier in row.tiers:
            crossed.setdefault((tier.after, _in_period(row, rows) + _said(tier)), []).append((row, tier))
    if crossed:
        yield from ("", "Tiers that it crosses, by how long it has lasted:")
    for (after, said), who in sorted(crossed.items(), key=lambda each: each[0]):
        at = outage.start + after
        when = clock(at, zone, PLAIN) if outage.length < 12 * HOUR else moment(at, zone, PLAIN)
        credits = {_money(tier.credit) for _, tier in who}
        owed_ = f", credit {credits.pop()}" if len(credits) == 1 else ""
        names = shortened(_named(row) for row, _ in who)
        yield f"  {duration(after, PLAIN)}, at {when}: {said}{owed_} ({names})"
    gradual = [_named(row) for row in rows if row.gradual]
    if gradual:
        yield f"  and more than these: {shortened(gradual)}"


def _in_period(row: Effect, rows: Sequence[Effect]) -> str:
    """Which period a line is about, where there are several."""
    several = len({each.period.label for each in rows if each.period}) > 1
    return f"{row.period.label}: " if several and row.period else ""


def _said(tier: Tier) -> str:
    promise = {True: "kept", False: "missed", None: "not determinable"}[tier.met]
    return f"{promise}, {'; '.join(tier.text) or 'no credit'}"


def _allowances(rows: Sequence[Effect]) -> Iterator[str]:
    from reports.format import PLAIN, brief

    said: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        before, after = row.before.budget, row.after.budget
        if before and after and row.period:
            cells = (row.period.label, brief(after.allowed, PLAIN), _left(before), _left(after))
            said.setdefault(cells, []).append(_named(row))
    if said:
        yield from ("", "What is left of the allowance at the period's end, - is beyond it:")
        body = [(*cells, shortened(names)) for cells, names in said.items()]
        yield from table(("PERIOD", "ALLOWANCE", "LEFT", "THEN", "AGREEMENT"), body, right=(1, 2, 3))
    targets: dict[str, list[str]] = {}
    for row in rows:
        if row.target is not None and row.after.target_met is not None:
            text = _in_period(row, rows) + _target(row)
            targets.setdefault(text, []).append(_named(row))
    if targets:
        yield from ("", "Internal targets:")
    for text, names in targets.items():
        yield f"  {text} ({shortened(names)})"


def _left(budget: Budget) -> str:
    from reports.format import PLAIN, brief

    return brief(budget.left, PLAIN) if budget.left >= 0 else f"-{brief(-budget.left, PLAIN)}"


def _target(row: Effect) -> str:
    from reports.format import PLAIN, share

    name = (
        f"{row.target.id} ({row.target.objective.sign} {share(row.target.objective.value, PLAIN)})"
        if row.target
        else ""
    )
    words = {True: "met", False: "missed", None: "not determinable"}
    before, after = words[row.before.target_met], words[row.after.target_met]
    change = f"{before}, then {after}" if before != after else f"still {after}"
    return f"{name}: {change}"


def _swallowed(rows: Sequence[Effect], zone: str) -> Iterator[str]:
    """The windows and exclusions that it falls into, and what they take of it."""
    from reports.format import PLAIN, brief, clean, moment

    said: dict[str, list[str]] = {}
    for row in rows:
        for each in row.swallowed:
            whole = "" if each.excused == each.inside else f" of {brief(each.inside, PLAIN)}"
            why = f", since {VERDICTS[each.verdict]}" if each.verdict in VERDICTS else ""
            named = each.what if each.title == each.what else f"{clean(each.title)} ({each.what})"
            since = moment(each.span.start, zone, PLAIN)
            text = f"{named}, from {since}: takes {brief(each.excused, PLAIN)}{whole}{why}"
            said.setdefault(text, []).append(_named(row))
    if said:
        yield from ("", "Maintenance and exclusions that it falls into:")
    for text, names in said.items():
        yield f"  {text} ({shortened(names)})"


def _unsettled(rows: Sequence[Effect]) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for row in rows:
        if row.more is None:
            why = row.after.why or row.before.why
            said.setdefault(why, []).append(_named(row))
    if said:
        yield from ("", "Nobody can tell, and it is in no sum:")
    for text, names in said.items():
        yield f"  {shortened(names)}: {text}"


def _untouched(rows: Sequence[Effect]) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for row in rows:
        if row.untouched:
            label = f" ({row.period.label})" if row.period else ""
            said.setdefault(row.untouched, []).append(f"{_named(row)}{label}")
    if said:
        yield from ("", "Not touched:")
    for text, names in said.items():
        yield f"  {shortened(names)}: {text}"


def _totals(plan: Plan, rows: Sequence[Effect]) -> Iterator[str]:
    """What it adds, by customer, and in all; what is owed to us apart."""
    from monitor.statements.whatif import sums

    for ours, words in ((True, "It would cost"), (False, "It would be owed to us")):
        mine = [row for row in rows if row.ours is ours]
        if not mine:
            continue
        parties = dict.fromkeys(row.agreement.customer for row in mine)
        yield ""
        if len(parties) > 1:
            yield from table(("PARTY", "MORE"), list(_by_party(plan, mine, parties)), right=(1,))
            yield ""
        yield f"{words}: {_sums(sums(mine))}."


def _by_party(plan: Plan, rows: Sequence[Effect], parties: Iterable[str]) -> Iterator[tuple[str, str]]:
    from monitor.statements.whatif import sums
    from reports.format import clean

    for party in parties:
        mine = [row for row in rows if row.agreement.customer == party]
        yield clean(plan.party_of(mine[0].agreement).party.name), _sums(sums(mine))


def _sums(found: Sequence[Amount]) -> str:
    """The amounts that are any, or one of nothing."""
    from reports.format import listed

    shown = [amount for amount in found if amount.minor] or found[:1]
    return listed(tuple(_money(amount) for amount in shown)) or "nothing that anybody can tell"


# --- for programs -------------------------------------------------------------------------------------


def as_data(
    plan: Plan, service: str, outage: Span, rows: Sequence[Effect], near: Beside
) -> dict[str, object]:
    """The same for a program."""
    from monitor.cli.whatif_beside import as_data as beside_data
    from monitor.statements.whatif import sums

    parties = dict.fromkeys((row.ours, row.agreement.customer) for row in rows)
    return {
        "service": service,
        "start": utc(outage.start),
        "end": utc(outage.end),
        "down_ms": outage.length,
        "totals": [owed(amount) for amount in sums(row for row in rows if row.ours)],
        "owed_to_us": [owed(amount) for amount in sums(row for row in rows if _claimable(row, near))],
        "not_determinable": sum(row.more is None for row in rows),
        "parties": [
            {
                "party": party,
                "ours": ours,
                "more": [
                    owed(a) for a in sums(r for r in rows if (r.ours, r.agreement.customer) == (ours, party))
                ],
            }
            for ours, party in parties
        ],
        "agreements": [_row(row, outage, near) for row in rows],
        **beside_data(near),
    }


def _claimable(row: Effect, near: Beside) -> bool:
    return not row.ours and near.of(row) is None


def _row(row: Effect, outage: Span, near: Beside) -> dict[str, object]:
    from monitor.cli.whatif_beside import lapsed_data

    agreement = row.agreement
    return {
        "agreement": agreement.id,
        "party": agreement.customer,
        "ours": row.ours,
        "service": agreement.service,
        "period": row.period.label if row.period else None,
        "within_ms": row.within,
        "before": _figures(row.before, row.gave_way),
        "after": _figures(row.after, row.gives_way),
        "more": owed(row.more),
        "lapsed": lapsed_data(near.of(row)),
        "tiers": [
            {
                "after_ms": each.after,
                "at": utc(outage.start + each.after),
                "text": list(each.text),
                "credit": owed(each.credit),
                "met": each.met,
            }
            for each in row.tiers
        ],
        "more_tiers": row.gradual,
        "commitment": bound(row.commitment),
        "target": row.target.id if row.target else None,
        "swallowed": [
            {
                "title": each.title,
                "what": each.what,
                "start": utc(each.span.start),
                "end": utc(each.span.end),
                "inside_ms": each.inside,
                "excused_ms": each.excused,
                "verdict": each.verdict,
            }
            for each in row.swallowed
        ],
        "untouched": row.untouched or None,
        "unverified": [*agreement.unverified],
    }


def _figures(figures: Figures, gives_way: str) -> dict[str, object]:
    budget = figures.budget
    return {
        "availability": exact(figures.availability),
        "met": figures.met,
        "target_met": figures.target_met,
        "credit": owed(figures.credit),
        "gives_way_to": gives_way or None,
        "undetermined": figures.why or None,
        "counted_ms": figures.counted,
        "excused_ms": figures.excused,
        "allowed_ms": budget.allowed if budget else None,
        "left_ms": budget.left if budget else None,
        "no_budget": figures.why_none or None,
    }
