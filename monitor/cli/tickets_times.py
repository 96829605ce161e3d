"""`makegood tickets times`: where the time of tickets goes, and what became of what is promised of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import NARROW, bound, exact, filled, show, show_json, table, utc
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.core.money import Money
    from monitor.core.periods import Period
    from monitor.oncall.responses import Look
    from monitor.operations.responses import (
        GroupLine,
        HourLine,
        KeyLine,
        LateLine,
        ResponseLine,
        Spread,
    )
    from monitor.operations.ticket_times import Times

TEXT = 80
SHOWN = 30  # groups that are told; the JSON has all
HOUR = "hour"
COUNTS = ("", "IN TIME", "LATE", "SHARE", "MEDIAN", "P90", "P95")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@click.command(name="times")
@click.option("--period", metavar="PERIOD", help="A month, 2026-10; default: the one that runs.")
@click.option("--customer", "customers", metavar="ID", multiple=True, help="Of this one; may be repeated.")
@click.option("--service", "services", metavar="ID", multiple=True, help="Of this one; may be repeated.")
@click.option(
    "--by", metavar="WHAT", help="priority, segment, channel, customer, service, hour, or a column."
)
@as_json
@at_desk
def times_(
    desk: Desk,
    period: str | None,
    customers: tuple[str, ...],
    services: tuple[str, ...],
    by: str | None,
    json_: bool,
) -> None:
    """Where the time goes, and what became of each promise.

    Of every ticket that went on, its time within the period: waiting for the
    customer or others, unassigned, worked on; a status that is not known here
    stands under its own word. Of every promise how many were in time, on its own
    clock, and what those that were late waited for.

    PERIOD is a month, a week (2026-W41) or days (2026-10-05..2026-10-18); the
    promises are told in the agreements' own periods.
    """
    from monitor.oncall.responses import Look

    with desk.evidence() as (plan, snapshot):
        _must_be_there(plan, customers, services)
        now = desk.clock.now()
        meant = _period(plan, period, now)
        groups = () if by is None or by == HOUR else (by,)
        look = Look(plan, snapshot, meant, now, customers=customers, services=services, by=groups)
        if by is not None and by != HOUR and by not in look.columns:
            there = ", ".join((HOUR, *look.columns))
            raise ConfigError(f'--by: no ticket of the period says its "{by}": write one of {there}')
        if json_:
            show_json(_data(look, by))
        else:
            show(_told(look, by, now))


def _must_be_there(plan: Plan, customers: Sequence[str], services: Sequence[str]) -> None:
    for option, names, known in (
        ("--customer", customers, plan.customers),
        ("--service", services, plan.services),
    ):
        for name in names:
            if name not in known:
                there = ", ".join(known) or "none is there"
                raise ConfigError(f'{option}: there is no "{name}": write one of {there}')


def _period(plan: Plan, text: str | None, now: Ms) -> Period:
    from monitor.core.periods import month_of
    from monitor.oncall.report import zone_for
    from monitor.operations.report_periods import report_period

    zone = zone_for(plan)
    if text is None:
        return month_of(now, zone)
    try:
        found = report_period(text, zone)
    except ValueError as error:
        raise ConfigError(f"--period: {error}") from None
    if found.span.start > now:
        raise ConfigError(f"--period: {text} has not begun: there is nothing to tell")
    return found


# --- for people -----------------------------------------------------------------------------------------


def _told(look: Look, by: str | None, now: Ms) -> Iterator[str]:
    from monitor.cli.kpi_told import heading
    from reports.format import PLAIN
    from reports.internal.responses import spent

    whole = look.times()
    many = "ticket" if whole.count == 1 else "tickets"
    said = f"{whole.count:,} {many}, {spent(whole.whole, PLAIN)}" if whole.count else "No ticket went on"
    yield f"{heading(look.period, now)} {said}."
    if whole.parts:
        yield ""
        yield from (f"  {line}" for line in _parts(whole))
    if by == HOUR:
        yield from _hours(look.hours())
    elif by is not None:
        yield ""
        yield from _groups(by, look.grouped(by).lines)
    for line in look.lines:
        yield ""
        yield from _promise(line, look.period)
    if not look.lines:
        yield ""
        yield "No agreement that was in force promises times of tickets."
    yield from _nobodys(look)


def _parts(times: Times) -> list[str]:
    from reports.format import PLAIN, left
    from reports.internal.responses import named, spent

    rows = [
        (named(each.state, PLAIN), spent(each.ms, PLAIN), left(times.share(each.state), PLAIN))
        for each in times.parts
    ]
    return table(("WHERE THEY LAY", "TIME", "SHARE"), rows, right=(1, 2))


def _groups(by: str, lines: Sequence[GroupLine]) -> Iterator[str]:
    from reports.format import PLAIN, clean
    from reports.internal.responses import late_of, spent, where

    rows = [
        (
            clean(each.key) or "-", f"{each.times.count:,}", late_of(each), spent(each.times.whole, PLAIN),
            where(each.times, PLAIN, most=2),
        )
        for each in lines[:SHOWN]
    ]  # fmt: skip
    head = (by.upper(), "TICKETS", "LATE", "TIME", "MOSTLY")
    yield from (f"  {line}" for line in table(head, rows, right=(1, 2, 3), fit=NARROW - 2))
    if len(lines) > SHOWN:
        yield f"  and {len(lines) - SHOWN:,} more: --json has them"


def _hours(lines: Sequence[HourLine]) -> Iterator[str]:
    """Two weeks of hours: late of those that began then, and how many lay unassigned on the average."""
    from monitor.operations.ticket_times import UNANSWERED, UNASSIGNED

    known = {each.hour: each for each in lines}

    def late(each: HourLine) -> str:
        return f"{each.late}/{each.clocks}" if each.clocks else "-"

    def waiting(each: HourLine) -> str:
        ms = each.times.of(UNASSIGNED) + each.times.of(UNANSWERED)
        lasted = each.times.count * 3_600_000
        return f"{-(-ms * 10 // lasted) / 10:.1f}" if ms and lasted else "-"

    for title, cell in (
        ("Late of those whose clock began in the hour:", late),
        ("Tickets that lay unassigned or not answered yet in the hour, on the average:", waiting),
    ):
        rows = [
            (f"{hour:02d}", *(cell(known[n]) if (n := day * 24 + hour) in known else "-" for day in range(7)))
            for hour in range(24)
        ]
        yield ""
        yield title
        yield from (f"  {line}" for line in table(("HOUR", *DAYS), rows, right=range(1, 8)))


def _promise(line: ResponseLine, period: Period) -> Iterator[str]:
    from reports.format import PLAIN, clean, period_title
    from reports.internal.responses import NOUNS, caused, promised

    own = f" ({period_title(line.period, PLAIN)})" if line.period.label != period.label else ""
    times = ", ".join((f"{NOUNS[line.stops][0]}, {line.commitment}", *promised(line)))
    about = f"{clean(line.customer)}, {clean(line.service)}, {clean(line.promise)}{own}: {times}."
    yield from filled(about, TEXT, under="  ")
    yield from (f"  {each}" for each in _counts(line))
    yield from filled(f"  {_verdict(line)}", TEXT, under="  ")
    cause = caused(line.cause, line.stops, PLAIN)
    if cause:
        yield from filled(f"  {cause}", TEXT, under="  ")


def _counts(line: ResponseLine) -> list[str]:
    from reports.format import clean

    rows = [_count(clean(each.key), each.in_time, each.late, each.took) for each in line.keys]
    if len(rows) != 1:
        rows.append(_count("all", line.in_time, len(line.late), line.took))
    few = any("?" in row for row in rows)
    return [
        *table(COUNTS, rows, right=range(1, len(COUNTS)), fit=NARROW - 2),
        *(["? too few tickets to tell"] if few else []),
    ]


def _count(key: str, in_time: int, late: int, took: Spread) -> tuple[str, ...]:
    from fractions import Fraction

    from reports.format import PLAIN, left
    from reports.internal.responses import took as face

    counted = in_time + late
    share = left(Fraction(in_time, counted), PLAIN) if counted else "-"
    times = ("?" if ms is None else face(ms, PLAIN) for ms in (took.median_ms, took.p90_ms, took.p95_ms))
    return key or "all", f"{in_time:,} of {counted:,}", f"{late:,}", share, *times


def _verdict(line: ResponseLine) -> str:
    """`Missed: 66.6666 % reached, 50.00 EUR credited.`"""
    from reports.format import PLAIN, clean, money, share
    from reports.internal.responses import reached, result

    _, words = result(line)
    if line.why:
        return f"Not settled yet: {clean(line.why)}."
    said = [f"{words.capitalize()}: {reached(line, PLAIN) or 'nothing counted'}"]
    if line.target is not None:
        said.append(f"target {line.target.sign} {share(line.target.value, PLAIN)}")
    if line.credit is not None and line.credit.amount:
        said.append(f"{money(line.credit, PLAIN)} credited")
    if line.waiting:
        said.append(f"{line.waiting:,} under way")
    if line.aside:
        said.append(f"{line.aside:,} not counted")
    return f"{', '.join(said)}."


def _nobodys(look: Look) -> Iterator[str]:
    count = len(look.nobodys()) if look.lines else 0
    if count:
        yield ""
        many = "ticket counts" if count == 1 else "tickets count"
        yield f"{count:,} {many} nowhere: makegood tickets list --unplaced says why."


# --- for programs ---------------------------------------------------------------------------------------


def _data(look: Look, by: str | None) -> dict[str, object]:
    whole = look.times()
    groups = [] if by is None or by == HOUR else look.grouped(by).lines
    return {
        "period": look.period.label,
        "timezone": look.period.zone,
        "tickets": whole.count,
        "times": _times(whole),
        "promises": [_promise_data(line) for line in look.lines],
        "by": by,
        "groups": [
            {
                "key": each.key, "tickets": each.times.count, "clocks": each.clocks, "late": each.late,
                "times": _times(each.times),
            }
            for each in groups
        ],
        "hours": [
            {
                "hour": each.hour, "hours": each.times.count, "clocks": each.clocks, "late": each.late,
                "times": _times(each.times),
            }
            for each in (look.hours() if by == HOUR else ())
        ],
        "unplaced": [{"ticket": each.ticket, "why": each.why} for each in look.nobodys()],
    }  # fmt: skip


def _times(times: Times) -> list[dict[str, object]]:
    return [
        {"state": each.state, "time_ms": each.ms, "share": exact(times.share(each.state))}
        for each in times.parts
    ]


def _promise_data(line: ResponseLine) -> dict[str, object]:
    cause = line.cause
    return {
        "agreement": line.agreement,
        "promise": line.promise,
        "to": line.stops,
        "commitment": line.commitment,
        "period": line.period.label,
        "counted": line.counted,
        "in_time": line.in_time,
        "waiting": line.waiting,
        "not_counted": line.aside,
        "share": exact(line.share),
        "figure": exact(line.figure),
        "unit": line.unit or None,
        "met": line.met,
        "target": bound(line.target),
        "target_met": line.target_met,
        "credit": _money(line.credit),
        "undetermined": line.why or None,
        **_spread(line.took),
        "keys": [_key(each) for each in line.keys],
        "times": _times(line.times),
        "late_times": _times(line.late_times),
        "cause": None
        if cause is None
        else {
            "state": cause.state,
            "share": exact(cause.share),
            "late": cause.late,
            "most": cause.most,
            "longer_than_whole_time": cause.longer,
        },
        "late": [_late(each) for each in line.late],
    }


def _spread(found: Spread) -> dict[str, object]:
    return {"median_ms": found.median_ms, "p90_ms": found.p90_ms, "p95_ms": found.p95_ms}


def _key(each: KeyLine) -> dict[str, object]:
    return {
        "key": each.key, "within": each.allowed or None, "in_time": each.in_time, "late": each.late,
        "waiting": each.waiting, **_spread(each.took),
    }  # fmt: skip


def _late(each: LateLine) -> dict[str, object]:
    return {
        "ticket": each.ticket,
        "key": each.key,
        "start": utc(each.start),
        "due": utc(each.due),
        "end": None if each.end is None else utc(each.end),
        "elapsed_ms": each.elapsed,
        "allowed_ms": each.allowed,
        "late_by_ms": each.delay,
        "mostly": each.most or None,
    }


def _money(money: Money | None) -> dict[str, object] | None:
    """An exact amount, before it is rounded to minor units."""
    return None if money is None else {"amount": exact(money.amount), "currency": money.currency}
