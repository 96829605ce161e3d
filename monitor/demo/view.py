"""What the demonstration shows while it runs: status, budgets and what happened, as plain lines.

On a terminal the lines are redrawn in place; elsewhere only what happened is printed, a line an event.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

import click
from rich.live import Live
from rich.text import Text

from monitor.cli import budget as budgets
from monitor.cli import status as states
from monitor.cli.layout import spoken
from monitor.config.plan import Plan
from monitor.core.checks import State
from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount
from monitor.core.periods import month_of
from monitor.core.windows import Window
from monitor.records import dataclass
from monitor.statements.health import health
from monitor.statements.maintenance import KINDS, windows
from monitor.statements.standing import AgreementHealth
from monitor.statements.status import Status, status
from monitor.store.protocol import Snapshot
from reports.format import PLAIN, brief, clock, money

LATEST = 8


@dataclass(frozen=True, slots=True)
class Look:
    """One look at everything."""

    status: Status
    health: tuple[AgreementHealth, ...]
    windows: tuple[Window, ...]
    ahead: tuple[Window, ...]

    @property
    def owed(self) -> dict[str, Amount | None]:
        return {row.agreement: row.exposure.owed for row in self.health}


def look(plan: Plan, snapshot: Snapshot, now: Ms, began: Ms) -> Look:
    """What there is to see at `now`."""
    return Look(
        status(plan, snapshot, now),
        health(plan, snapshot, now),
        windows(snapshot.events(kinds=KINDS), Span(began, max(now, began + 1))),
        states.upcoming(plan, snapshot, now),
    )


def changes(plan: Plan, before: Look | None, after: Look) -> list[str]:
    """What happened between two looks, in sentences."""
    if before is None:
        return []
    return [*_states(before.status, after.status), *_windows(plan, before, after), *_money(before, after)]


def _states(before: Status, after: Status) -> list[str]:
    said = []
    for old, new in zip(before.services, after.services, strict=True):
        if old.state is new.state:
            continue
        if new.state is State.DOWN:
            said.append(f"{new.title} is DOWN: {spoken(new.reason)}")
        elif old.state is State.DOWN and new.state is State.UP and old.since and new.since:
            said.append(f"{new.title} is up again after {brief(new.since - old.since, PLAIN)}")
        elif new.state is State.UP:
            said.append(f"{new.title} is up")
    return said


def _windows(plan: Plan, before: Look, after: Look) -> list[str]:
    told = {window.id for window in before.windows}
    said = []
    for window in after.windows:
        services = ", ".join(plan.services[id].title for id in sorted(window.services))
        if window.id not in told:
            ahead = brief(window.span.start - window.recorded, PLAIN)
            said.append(f"Maintenance of {services} begins, announced {ahead} ahead: what is down now")
            said.append("  is not counted for ACME (Gold asks no notice), but for Muster (Silver asks 48 h)")
        elif before.status.now < window.span.end <= after.status.now:
            said.append(f"Maintenance of {services} is over")
    return said


def _money(before: Look, after: Look) -> list[str]:
    said = []
    for row in after.health:
        old, new = before.owed.get(row.agreement), row.exposure.owed
        if old is not None and new is not None and new.minor > old.minor:
            owes = f"the commitment is missed, and the credit is now {money(new, PLAIN)}"
            said.append(f"{row.customer}, {row.service}: {owes}")
    return said


def page(plan: Plan, seen: Look, news: Sequence[str]) -> list[str]:
    """All of it, as lines."""
    costs = {
        service.id: tuple(row for row in seen.health if plan.agreements[row.agreement].service == service.id)
        for service in seen.status.services
        if service.state is State.DOWN
    }
    now = seen.status.now
    periods = {id: month_of(now, agreement.zone) for id, agreement in plan.agreements.items()}
    return [
        *states.lines(seen.status, costs, seen.ahead),
        "",
        *budgets.lines(seen.health, periods),
        "",
        "What happened",
        *(f"  {line}" for line in news[-LATEST:]),
        "",
        "Ctrl-C ends it and draws up the running month.",
    ]


class View:
    """Shows looks one after the other; a context manager, so that the terminal is given back."""

    def __init__(self, plan: Plan, *, redraw: bool) -> None:
        self._plan = plan
        self._live = Live(auto_refresh=False, vertical_overflow="crop") if redraw else None
        self._before: Look | None = None
        self._news: list[str] = []

    def __enter__(self) -> View:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, seen: Look) -> None:
        """Draw a look, or tell what is new in it."""
        stamp = clock(seen.status.now, seen.status.zone, PLAIN)
        fresh = [f"{stamp}  {line}" for line in changes(self._plan, self._before, seen)]
        self._news += fresh
        self._before = seen
        if self._live:
            lines = page(self._plan, seen, self._news)
            drawn = Text.from_ansi("\n".join(lines), no_wrap=True, overflow="crop")
            self._live.update(drawn, refresh=True)
        else:
            for line in fresh:
                click.echo(line)
