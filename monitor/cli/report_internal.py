"""`makegood report --internal`: the team's report by itself: printed, written or mailed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.layout import show, show_json, talk
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.cli.desk import Desk
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.operations.report import InternalReport


def team_alone(
    period: str | None, customers: Sequence[str], *, internal: bool, form: str | None, mail: bool
) -> bool:
    """Whether the team's report is asked for by itself. ConfigError where what is said makes no sense."""
    asked = "--format" if form else "--mail" if mail else ""
    if asked and not internal:
        raise ConfigError(f"{asked} is for the team's report: write --internal {asked}")
    if form and mail:
        raise ConfigError(
            "--format prints and --mail sends: write one of them; --format mail shows the letter"
        )
    if not internal:
        return False
    no_month = period is not None and not re.fullmatch(r"\d{4}-\d{2}", period)
    if customers and (asked or no_month):
        what = asked or f"--period {period}"
        raise ConfigError(f"{what} is for the team's report, which is of all customers: leave --customer out")
    return bool(asked) or no_month


def of_the_team_alone(
    desk: Desk, period: str | None, form: str | None, out: Path | None, *, mail: bool, json_: bool
) -> None:
    """Draw the report up, and print, mail or write it."""
    from monitor.reporting import drawn_up

    with desk.evidence() as (plan, snapshot):
        now = desk.clock.now()
        label = period or _last_month(plan, now)
        report = drawn_up(plan, desk.store(plan), snapshot, label, now)
    if form:
        click.echo(_printed(plan, report, form, now), nl=False)
    elif mail:
        _mailed(desk, plan, report, now, json_=json_)
    else:
        from monitor.reporting import write_internal

        page = write_internal(report, out or plan.settings.reports)
        if json_:
            show_json({"period": label, "statements": [], "internal": str(page)})
        else:
            show([str(page)])


def _last_month(plan: Plan, now: Ms) -> str:
    """The newest month that is over."""
    from monitor.core.periods import month_of
    from monitor.oncall.report import zone_for
    from monitor.operations.report_periods import before

    return before(month_of(now, zone_for(plan))).label


def _printed(plan: Plan, report: InternalReport, form: str, now: Ms) -> str:
    from monitor.reporting import message_of
    from reports.render import internal_csv, internal_json, render_internal

    if form == "mail":
        return message_of(plan, report, now)[1].as_bytes().decode("utf-8")
    printed = {"html": render_internal, "json": internal_json, "csv": internal_csv}
    return printed[form](report)


def _mailed(desk: Desk, plan: Plan, report: InternalReport, now: Ms, *, json_: bool) -> None:
    from monitor.reminding import by_mail
    from monitor.reporting import mail_internal

    words = mail_internal(plan, desk.store(plan), report, by_mail(desk.environ), now)
    to = list(plan.internal.mail)
    if json_:
        show_json({"period": report.period.label, "mailed": to, "answer": words})
        return
    show([f"{report.period.label} mailed to {', '.join(to)}"])
    talk(words)
