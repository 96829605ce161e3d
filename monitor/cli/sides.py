"""`makegood sides`: what providers owe us against what we owe customers, for the same outage and by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import owed, show, show_json, table, talk, utc

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.core.money import Amount
    from monitor.ledger.joining import Credit, Joined, Month, Net, Part

OUTAGES = ("OUTAGE", "WHOSE", "LASTED", "", "OWED TO US", "WE OWE", "NET")
SUMS = ("MONTH", "", "OWED TO US", "WE OWE", "NET")
MONTHS = 3
SIDES = {"upstream": "owed to us", "downstream": "we owe"}
CREDITS = ("AGREEMENT", "SIDE", "PERIOD", "FIGURE", "COUNTS", "STATE")


@click.command()
@click.option("--period", metavar="MONTH", help="One month, as 2026-10.")
@click.option(
    "--months", type=click.IntRange(1, 120), metavar="COUNT",
    help="So many months, with the one that runs: 3 unless said.",
)  # fmt: skip
@click.option(
    "--shadow", metavar="SLA", default="", help="What we owe as this shadow of our agreements has it."
)
@click.option(
    "--accept-unverified", is_flag=True, help="Price a shadow that nobody has verified, and say so."
)
@as_json
@at_desk
def sides(
    desk: Desk, period: str | None, months: int | None, shadow: str, accept_unverified: bool, json_: bool
) -> None:
    """Both sides: what providers owe us, and what we owe.

    For services of ours that say depends_on, and services that we sell on: an
    outage of ours that overlaps one of theirs is one with it, in whatever months
    the two are credited. A period's credit belongs to the month in which the
    period ends. It is shared out over its outages in proportion to their counted
    downtime, to the minor unit; the rest goes to the longest. The net is what is
    owed to us less what we owe, by currency.
    """
    from monitor.cli.unsure import told
    from monitor.errors import ConfigError
    from monitor.ledger.sides import between, left_out
    from monitor.ledger.sides import sides as of

    if period is not None and months is not None:
        raise ConfigError("--period is one month: leave out --months, or --period")

    now = desk.clock.now()
    with desk.evidence() as (plan, snapshot):
        if not accept_unverified:
            _must_be_sure(plan, shadow)
        both, zone = between(plan), _zone(plan)
        labels = _labels(plan, period, months or MONTHS, zone, now)
        beside = left_out(plan, snapshot, labels, now)
        if both.needless and not json_:
            show([NOTHING, *_left_out(beside)])
            return
        ledger = desk.store(plan).ledger
        found = of(plan, snapshot, ledger, labels, now, shadow)
    if json_:
        show_json([_data(month, beside[month.label]) for month in found])
        return
    if shadow:
        show([f"What we owe is what {shadow} would have come to; nothing of it is ever stated.", ""])
    show([*_lines(found, zone), *_left_out(beside)])
    show(told(plan, dict.fromkeys(credit.agreement for month in found for credit in month.credits)))
    talk(f"As of {utc(now)}; times in {zone}")


def _must_be_sure(plan: Plan, shadow: str) -> None:
    """ConfigError where the shadow prices by figures that nobody has verified or accepted."""
    from monitor.errors import ConfigError

    for each in (each for found in plan.shadows.values() for each in found):
        if shadow in each.names and each.is_doubtful:
            stages = ", ".join(each.agreement.unverified)
            raise ConfigError(
                f"--shadow {shadow}: nobody has verified its {stages}: compare with the provider's text, "
                "or say --accept-unverified"
            )


NOTHING = (
    'Nothing that we sell depends on what we buy: write depends_on = ["NAME"] in our service, and an '
    'agreement with provider = "..." on the service NAME.'
)


def _zone(plan: Plan) -> str:
    from monitor.statements.status import zone_of

    return zone_of(plan)


def _labels(plan: Plan, period: str | None, months: int, zone: str, now: Ms) -> list[str]:
    """The labels of the months that are asked for, oldest first."""
    from monitor.core.periods import month, month_of
    from monitor.errors import ConfigError
    from monitor.ledger.sides import run_on

    later = run_on(plan, now)
    if period is not None:
        try:
            asked = month(period, zone)
        except ValueError as error:
            raise ConfigError(f"--period: {error}") from None
        if asked.span.start > now and period not in later:
            raise ConfigError(f"--period: {period} is still to come")
        return [period]
    found = [month_of(now, zone)]
    while len(found) < months:
        found.append(month_of(found[-1].span.start - 1, zone))
    labels = {each.label for each in found}
    return sorted(labels.union(later))


def _lines(found: Sequence[Month], zone: str) -> Iterator[str]:
    outages = sorted((each for month in found for each in month.outages), key=lambda each: each.span)
    if outages:
        yield from table(
            OUTAGES, [row for each in outages for row in _outage(each, zone)], right=(2, 4, 5, 6)
        )
        yield ""
    elsewhere = [line for each in outages for line in _elsewhere(each, zone)]
    if elsewhere:
        yield "Credited in another month than the outage began in:"
        yield from elsewhere
        yield ""
    if not any(month.credits for month in found):
        yield "No period has ended or begun in these months."
        return
    sums = [row for month in found for row in _sums(month)]
    if sums:
        yield from table(SUMS, sums, right=(2, 3, 4))
        yield ""
    credits = [credit for month in found for credit in month.credits if _matters(credit)]
    if credits:
        yield from table(CREDITS, [_credit(credit) for credit in credits], right=(3, 4))
    else:
        yield "No credit on either side."
    yield from _beside(found)


def _matters(credit: Credit) -> bool:
    return credit.figure is None or bool(credit.figure.minor)


def _outage(each: Joined, zone: str) -> Iterator[tuple[str, ...]]:
    """A row for each currency; the first says which outage it is."""
    from monitor.core.periods import local

    theirs, ours = each.services("upstream"), each.services("downstream")
    whose = " > ".join(", ".join(side) for side in (theirs, ours) if side)
    head = (f"{local(each.span.start, zone):%Y-%m-%d %H:%M}", whose, _lasted(each.lasted))
    for place, (code, net) in enumerate(each.nets.items()):
        yield (*(head if place == 0 else ("", "", "")), code, *_net(net))
    if not each.nets:
        yield (*head, "", "?", "?", "?")


def _elsewhere(each: Joined, zone: str) -> Iterator[str]:
    """The parts that count in the sums of another month than that in which the outage began."""
    from monitor.core.periods import local

    began = f"{local(each.span.start, zone):%Y-%m-%d %H:%M}"
    found: dict[tuple[str, str, str], list[Part]] = {}
    for part in each.parts:
        if part.month != began[:7]:
            found.setdefault((part.service, SIDES[part.side], part.month), []).append(part)
    for (service, side, month), parts in found.items():
        yield f"  {began}  {service}, {side}, {month}: {_summed(parts)}"


def _summed(parts: Sequence[Part]) -> str:
    """By currency; what nobody can tell beside it."""
    from monitor.cli.owed_to_us import UNKNOWN, spoken
    from monitor.statements.health import sums
    from reports.format import listed

    known = [spoken(amount) for amount in sums(part.amount for part in parts if part.amount is not None)]
    return listed((*known, UNKNOWN) if any(part.amount is None for part in parts) else tuple(known))


def _lasted(ms: Ms) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _net(net: Net) -> tuple[str, str, str]:
    return _figure(net.owed_to_us), _figure(net.we_owe), _figure(net.net)


def _figure(amount: Amount) -> str:
    from reports.format import PLAIN, figure

    return figure(amount, PLAIN)


def _sums(month: Month) -> Iterator[tuple[str, ...]]:
    for place, (code, net) in enumerate(month.nets.items()):
        yield (month.label if place == 0 else "", code, *_net(net))


def _credit(credit: Credit) -> tuple[str, ...]:
    from monitor.cli.owed_to_us import spoken

    side, figure, counts = SIDES[credit.side], spoken(credit.figure), spoken(credit.amount)
    return credit.agreement, side, credit.period, figure, counts, credit.state


def _beside(found: Sequence[Month]) -> Iterator[str]:
    from monitor.cli.owed_to_us import spoken

    unknown = [credit for month in found for credit in month.credits if credit.amount is None]
    if unknown:
        yield ""
        yield f"In no sum, since nobody can tell: {len(unknown)}"
        yield from (f"  {each.agreement} {each.period}: {each.why}" for each in unknown)
    for credit in (credit for month in found for credit in month.apart):
        yield f"Of no outage: {credit.agreement} {credit.period}, {spoken(credit.amount)}"


def _left_out(found: Mapping[str, Sequence[Credit]]) -> Iterator[str]:
    """What nothing of ours depends on, so that nobody misses it."""
    from monitor.cli.owed_to_us import spoken

    credits = [credit for month in found.values() for credit in month]
    if credits:
        yield from ("", "Not here, since nothing that we sell depends on it:")
    for each in credits:
        yield f"  {each.agreement} {each.period}, {spoken(each.amount)}: {each.service}"


def _data(month: Month, beside: Sequence[Credit]) -> dict[str, object]:
    return {
        "month": month.label,
        "outages": [_outage_data(each) for each in month.outages],
        "sums": [_net_data(net) for net in month.nets.values()],
        "agreements": [
            {**_credit_data(credit), "of_no_outage": credit in month.apart} for credit in month.credits
        ],
        "left_out": [_credit_data(credit) for credit in beside],
    }


def _credit_data(credit: Credit) -> dict[str, object]:
    return {
        "agreement": credit.agreement,
        "side": credit.side,
        "party": credit.party,
        "service": credit.service,
        "period": credit.period,
        "figure": owed(credit.figure),
        "counts": owed(credit.amount),
        "state": credit.state,
        "why_unknown": credit.why or None,
    }


def _outage_data(each: Joined) -> dict[str, object]:
    return {
        "start": utc(each.span.start),
        "end": utc(each.span.end),
        "lasted_ms": each.lasted,
        "upstream": list(each.services("upstream")),
        "downstream": list(each.services("downstream")),
        "sums": [_net_data(net) for net in each.nets.values()],
        "parts": [
            {
                "side": part.side,
                "agreement": part.agreement,
                "party": part.party,
                "service": part.service,
                "start": utc(part.span.start),
                "end": utc(part.span.end),
                "month": part.month,
                "period": part.period,
                "counted_ms": part.counted,
                "amount": owed(part.amount),
            }
            for part in each.parts
        ],
    }


def _net_data(net: Net) -> dict[str, object]:
    return {
        "currency": net.we_owe.currency,
        "owed_to_us": owed(net.owed_to_us),
        "we_owe": owed(net.we_owe),
        "net": owed(net.net),
    }
