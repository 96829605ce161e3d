"""`makegood claims list`: what providers owe us by our measurements, the next last day first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc

if TYPE_CHECKING:
    from monitor.core.intervals import Ms
    from monitor.ledger.receivables import Receivable, Step

HEAD = ("AGREEMENT", "PERIOD", "OWED TO US", "STATE", "NEXT", "BY", "")
STATES = ("open", "noticed", "claimed", "granted", "refused", "paid", "lapsed")


@click.command(name="list")
@click.option("--provider", metavar="ID", help="This provider's alone.")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Of this state alone.")
@click.option(
    "--months", default=12, show_default=True, type=click.IntRange(1, 120), metavar="COUNT",
    help="So many months back.",
)  # fmt: skip
@click.option(
    "--due", metavar="DAYS", help="With a last day in so many days (3d): what reminders would tell then."
)
@as_json
@at_desk
def list_(
    desk: Desk, provider: str | None, states: Sequence[str], months: int, due: str | None, json_: bool
) -> None:
    """What providers owe us by our measurements, and by when.

    The next last day comes first; a day that passed unused is overdue, and the
    credit lapsed. Of a period that runs, what is owed even if nothing more
    fails. What nobody can tell is told, and is in no sum.
    """
    from monitor.cli.owed_to_us import as_data
    from monitor.cli.unsure import told
    from monitor.errors import ConfigError
    from monitor.ledger.receivables import receivables, strays

    now = desk.clock.now()
    within = None if due is None else _days_of(due)
    with desk.evidence() as (plan, snapshot):
        if provider is not None and provider not in plan.providers:
            known = ", ".join(plan.providers) or "none"
            raise ConfigError(f'--provider: there is no provider "{provider}"; the configuration has {known}')
        mine = [
            each.id
            for each in plan.agreements.values()
            if each.kind == "provider" and provider in (None, each.customer)
        ]
        found = receivables(plan, snapshot, now, mine, months) if mine else ()
        gone = strays(plan, snapshot) if provider is None and not states and due is None else ()
    found = tuple(each for each in found if not states or each.state in states)
    found = tuple(each for each in found if within is None or _is_due(each, now, within))
    if json_:
        show_json([as_data(each, plan, now) for each in found])
        return
    if not mine:
        show(['We buy nothing: no agreement has provider = "...".'])
    else:
        none = "Nothing is owed to us." if due is None else f"No last day is within {due}."
        show(_lines(found, now) if found else [none])
    show(_gone(gone))
    show(told(plan, dict.fromkeys(each.agreement.id for each in found)))
    talk(f"As of {utc(now)}")


def _days_of(text: str) -> int:
    """How many days; ConfigError where it is no number of them."""
    from monitor.errors import ConfigError

    found = re.fullmatch(r"([0-9]{1,4}) ?(d|days?)?", text.strip())
    if found is None:
        raise ConfigError(f'--due: "{text}" is no number of days: write it as in 3d')
    return int(found[1])


def _is_due(each: Receivable, now: Ms, days: int) -> bool:
    """Whether a reminder so many days ahead would have come."""
    from monitor.core.periods import local

    day = each.remind_by
    return day is not None and 0 <= (day - local(now, each.agreement.zone).date()).days <= days


def _lines(found: Sequence[Receivable], now: Ms) -> list[str]:
    from monitor.cli.owed_to_us import GROUPS, sums
    from monitor.core.money import Amount
    from reports.format import PLAIN, figure

    out = table(HEAD, [_cells(each, now) for each in found], right=(2,))
    rows = [
        (code, *(figure(Amount(own[group], code), PLAIN) for group in GROUPS))
        for code, own in sorted(sums(found).items())
    ]
    out += ["", *table(("CURRENCY", *(group.upper() for group in GROUPS)), rows, right=range(1, 8))]
    unknown = [each for each in found if each.owed is None]
    if unknown:
        out += ["", f"In no sum, since nobody can tell: {len(unknown)}"]
        out += [f"  {each.agreement.id} {each.now.period.label}: {each.now.why}" for each in unknown]
    return out


def _gone(strays: Sequence[tuple[str, Step]]) -> list[str]:
    """What was recorded of what the configuration has no longer."""
    from monitor.cli.owed_to_us import spoken

    if not strays:
        return []
    out = ["", "Recorded of agreements or periods that the configuration has no longer"]
    for named, step in strays:
        amount = "" if step.amount is None else f", {spoken(step.amount)}"
        out.append(f"  {named}: {step.state} on {step.on}{amount}")
    return out


def _cells(each: Receivable, now: Ms) -> tuple[str, ...]:
    from monitor.cli.owed_to_us import left, spoken_owed

    period = each.now.period.label
    way = f"not added to {each.gives_way_to}" if each.gives_way_to else ""
    nothing = each.state == "lapsed" and each.now.runs and each.owed is not None and not each.owed.minor
    asked = "" if each.step or not each.now.dates.automatic else "no claim needed"
    return (
        each.agreement.id,
        f"{period} (runs)" if each.now.runs else period,
        spoken_owed(each),
        each.state,
        each.step,
        "" if each.next_day is None else f"{each.next_day}",
        "nothing owed yet" if nothing else left(each, now) or way or (asked if each.state == "open" else ""),
    )
