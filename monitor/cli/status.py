"""`makegood status`: what is up, what is down, and what it costs meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import exact, marked, show, show_json, spoken, table, utc
from monitor.core.checks import Reason, State
from monitor.core.intervals import DAY, HOUR, Ms, Span
from monitor.core.periods import local, midnight
from monitor.errors import Exit

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.checks import Check
    from monitor.core.windows import Window
    from monitor.statements.standing import AgreementHealth
    from monitor.statements.status import ServiceStatus, Status
    from monitor.store.protocol import Snapshot

LEGEND = "  . no downtime   x downtime   m downtime in maintenance   ? not measured   - not yet there"
SOON = 7 * DAY


@click.command()
@as_json
@at_desk
def status(desk: Desk, json_: bool) -> None:
    """The state of every service now, and the last thirty days.

    Exits 1 when a service is down or not measured, or when the monitor is not running: nobody knows then.
    """
    from monitor.statements.status import status as look
    from monitor.store.lock import is_held, is_told

    with desk.evidence() as (plan, snapshot):
        now = desk.clock.now()
        seen = look(plan, snapshot, now)
        if not seen.running:
            seen = replace(seen, held=is_held(plan.settings.database))
        if plan.alerting.is_wanted:
            seen = replace(seen, told=is_told(plan.settings.database))
        if json_:
            show_json(as_data(seen))
        else:
            costs = exposed(plan, snapshot, seen)
            why = failing(plan, snapshot, seen) | switched_off(plan, snapshot, seen)
            for service, told in in_hand(plan, snapshot, seen).items():
                why[service] = [*why.get(service, ()), *told]
            show(lines(seen, costs, upcoming(plan, snapshot, now), why))
    if not seen.running or any(service.state is not State.UP for service in seen.services):
        raise click.exceptions.Exit(Exit.NO)


def exposed(plan: Plan, snapshot: Snapshot, seen: Status) -> dict[str, tuple[AgreementHealth, ...]]:
    """For each service that is down, its agreements and what the next minutes cost."""
    from monitor.statements.health import health

    down = [service.id for service in seen.services if service.state is State.DOWN]
    return {
        service: health(
            plan,
            snapshot,
            seen.now,
            agreements=[a.id for a in plan.agreements.values() if a.service == service],
        )
        for service in down
    }


def failing(plan: Plan, snapshot: Snapshot, seen: Status) -> dict[str, list[str]]:
    """For each service that is down, its endpoints whose newest check failed, and how: for the operator."""
    from monitor.statements.books import Books

    books = Books(plan, snapshot, seen.now)
    lanes = {key: lane.id for key, lane in books.lanes.items()}
    out: dict[str, list[str]] = {}
    for service in seen.services:
        if service.state is State.DOWN:
            watched = books.watched(plan.services[service.id])
            mine = [endpoint.id for endpoint in watched if endpoint.id in lanes]
            newest = [(key, snapshot.last_check(lanes[key])) for key in mine]
            out[service.id] = [_failure(key, c) for key, c in newest if c and c.state is State.DOWN]
    return out


def in_hand(plan: Plan, snapshot: Snapshot, seen: Status) -> dict[str, list[str]]:
    """For each service that is down, its incident, and who has taken it up."""
    from monitor.oncall.incidents import Watch

    down = [service.id for service in seen.services if service.state is State.DOWN]
    if not down:
        return {}
    here = Watch(plan, snapshot, seen.now).incidents(Span(seen.now - 1, seen.now), down)
    out: dict[str, list[str]] = {}
    for each in here:
        if each.ongoing and each.resolved is None:
            ack = each.acknowledged
            who = f"acknowledged by {ack.author}" if ack is not None else "acknowledged by nobody"
            out.setdefault(each.service, []).append(f"{each.name}: {each.severity}, {who}")
    return out


def switched_off(plan: Plan, snapshot: Snapshot, seen: Status) -> dict[str, list[str]]:
    """For each service that is not measured since somebody disabled endpoints of it: which, who and why."""
    from monitor.core.services import endpoints
    from monitor.statements.disabled import KINDS, standing

    known = standing(snapshot.events(kinds=KINDS), seen.now)
    out: dict[str, list[str]] = {}
    for service in seen.services:
        if service.state is State.UNKNOWN and service.reason is Reason.DISABLED:
            mine = [known[key] for key in endpoints(plan.services[service.id].up_when) if key in known]
            out[service.id] = [f"{each.endpoint}: disabled by {each.author}: {each.reason}" for each in mine]
    return out


def _failure(endpoint: str, check: Check) -> str:
    status = "" if check.status is None else f" (HTTP {check.status})"
    return f"{endpoint}: {spoken(check.reason)}{status}"


def upcoming(plan: Plan, snapshot: Snapshot, now: Ms) -> tuple[Window, ...]:
    """The maintenance windows that are running, and the next one of the coming week."""
    from monitor.statements.maintenance import KINDS, windows

    found = windows(snapshot.events(kinds=KINDS), Span(now, now + SOON))
    mine = [w for w in found if w.services & plan.services.keys()]
    return (*(w for w in mine if runs(w, now)), *[w for w in mine if w.span.start > now][:1])


def runs(window: Window, now: Ms) -> bool:
    """Whether the instant lies in what is left of the window."""
    return window.effective is not None and now in window.effective


def slow(service: ServiceStatus) -> bool:
    """Up, but its 95th percentile of the last hour is over the limit."""
    over = service.limit is not None and service.p95 is not None and service.p95 > service.limit
    return over and service.state is State.UP


def lines(
    seen: Status,
    costs: Mapping[str, Sequence[AgreementHealth]],
    windows: Sequence[Window] = (),
    failing: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """The page for a person.

    `costs`, and `failing` (why it is down or not measured), are by service; `windows` run or come next.
    """
    from reports.format import PLAIN, clock, date

    stamp = f"{date(seen.now, seen.zone, PLAIN)}, {clock(seen.now, seen.zone, PLAIN)}"
    head = ("SERVICE", "STATE", "SINCE", "P95", "LIMIT", _strip_head(seen))
    rows = [_cells(service, seen) for service in seen.services]
    body = marked(table(head, rows, right={3, 4}), [_mark(service) for service in seen.services])
    return [
        f"{headline(seen.services)}  {stamp}",
        "",
        *body,
        "",
        LEGEND,
        "",
        *_notes(seen, costs, windows, failing or {}),
    ]


def headline(services: Sequence[ServiceStatus]) -> str:
    """`1 of 6 services is down, 1 is slow.`"""
    counts = {
        "down": sum(s.state is State.DOWN for s in services),
        "not measured": sum(s.state in (State.UNKNOWN, None) for s in services),
        "slow": sum(slow(s) for s in services),
    }
    said = [(count, word) for word, count in counts.items() if count]
    if not said:
        return "All services are up." if services else "No service is configured."
    (count, word), *rest = said
    of = f"{count} of {len(services)} {'service' if len(services) == 1 else 'services'} {_is(count)} {word}"
    return ", ".join([of, *(f"{more} {_is(more)} {what}" for more, what in rest)]) + "."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _strip_head(seen: Status) -> str:
    from reports.format import PLAIN, day

    width = max((len(service.days) for service in seen.services), default=0)
    first, last = day(seen.now - (width - 1) * DAY, seen.zone, PLAIN), day(seen.now, seen.zone, PLAIN)
    return first + last.rjust(width - len(first)) if width > len(first) + len(last) else "DAYS"


def _mark(service: ServiceStatus) -> str:
    if service.state is State.DOWN:
        return "x"
    if service.state in (State.UNKNOWN, None):
        return "?"
    return "!" if slow(service) else " "


def _cells(service: ServiceStatus, seen: Status) -> tuple[str, ...]:
    return (
        service.title,
        _state(service),
        _since(service, seen),
        _latency(service.p95),
        _latency(service.limit),
        "".join(service.days),
    )


def _since(service: ServiceStatus, seen: Status) -> str:
    """The instant; a state that is older than the days looked at began before them."""
    from reports.format import PLAIN, clock, day

    if service.since is None:
        return "-"
    first = midnight(local(seen.now, seen.zone).date() - timedelta(days=len(service.days) - 1), seen.zone)
    if service.since <= first:
        return f"before {day(first, seen.zone, PLAIN)}"
    return f"{day(service.since, seen.zone, PLAIN)} {clock(service.since, seen.zone, PLAIN)}"


def _state(service: ServiceStatus) -> str:
    words = {State.DOWN: "DOWN", State.UNKNOWN: "not measured", State.UP: "up", None: "not yet seen"}
    return "up, slow" if slow(service) else words[service.state]


def _latency(tenths: int | None) -> str:
    return "-" if tenths is None else f"{tenths // 10:,} ms"


def _notes(
    seen: Status,
    costs: Mapping[str, Sequence[AgreementHealth]],
    windows: Sequence[Window],
    failing: Mapping[str, Sequence[str]],
) -> Iterable[str]:
    notes: list[tuple[str, str]] = []
    for service in seen.services:
        if service.state in (State.DOWN, State.UNKNOWN):
            why = failing.get(service.id)
            notes.append((service.title, f"{'; '.join(why or [spoken(service.reason)])}."))
            if any(runs(w, seen.now) and service.id in w.services for w in windows):
                notes.append(("", "It is inside the maintenance that runs now."))
        mine = costs.get(service.id, ())
        often = Counter(row.customer for row in mine)
        notes.extend(("", cost(row, seen.now, seen.zone, named=often[row.customer] > 1)) for row in mine)
    notes.extend(("Now" if runs(w, seen.now) else "Next", _announced(w, seen.zone)) for w in windows)
    notes.append(("Monitor", _monitor(seen)))
    if (seen.running or seen.held) and seen.told is False:
        notes.append(("Alerts", "Nobody is told: what tells of alerts does not run. Its log says why."))
    width = max(len(name) for name, _ in notes)
    return [f"  {name.ljust(width)}  {text}" for name, text in notes]


def cost(row: AgreementHealth, now: Ms, zone: str, *, named: bool = False) -> str:
    """What more downtime costs under one agreement; `named` where its customer has several."""
    from reports.format import PLAIN, brief, clock, day, money

    exposure = row.exposure
    who = f"{row.customer} ({row.agreement})" if named else row.customer
    owes = f"not determinable, since {row.undetermined}"
    if exposure.owed is not None and not row.undetermined:
        owes = f"{money(exposure.owed, PLAIN)} owed so far"
    if exposure.until_next is None or exposure.next_credit is None:
        return f"{who}: {owes}"
    at = clock(now + exposure.until_next, zone, PLAIN)
    if exposure.until_next >= DAY:
        at = f"{day(now + exposure.until_next, zone, PLAIN)} {at}"
    price = f"{brief(exposure.until_next, PLAIN)} until {money(exposure.next_credit, PLAIN)}, at {at}"
    return f"{who}: {owes}, {price}"


def _announced(window: Window, zone: str) -> str:
    from reports.format import PLAIN, clock_range, notice

    ahead = window.span.start - window.recorded
    when = clock_range(window.span, zone, PLAIN)
    told = (
        f"announced {notice(ahead // HOUR * HOUR or ahead, PLAIN)} ahead"
        if ahead > 0
        else "recorded after it began"
    )
    return f"Maintenance, {', '.join(sorted(window.services))}, {when}, {told}"


def _monitor(seen: Status) -> str:
    from reports.format import PLAIN, availability, instant

    if seen.as_of is None:
        return "Running, but has not written yet." if seen.held else "No evidence yet. Start it: makegood run"
    if seen.held:
        return f"Running, but has not written since {instant(seen.as_of, seen.zone, PLAIN)}."
    if not seen.running:
        return (
            f"Not running: the evidence ends {instant(seen.as_of, seen.zone, PLAIN)}. Start it: makegood run"
        )
    measured = "Measuring."
    if seen.services and all(service.state in (State.UNKNOWN, None) for service in seen.services):
        measured = "Running, but nothing is measured now."
    share = (
        "" if seen.coverage is None else f" Coverage of the last 24 h: {availability(seen.coverage, PLAIN)}."
    )
    return f"{measured}{share}"


def as_data(seen: Status) -> dict[str, object]:
    """The same for a program."""
    return {
        "now": utc(seen.now),
        "as_of": utc(seen.as_of),
        "running": seen.running,
        "alerts_told": seen.told,
        "coverage": exact(seen.coverage),
        "services": [
            {
                "id": service.id,
                "title": service.title,
                "state": None if service.state is None else service.state.name.lower(),
                "reason": str(service.reason),
                "since": utc(service.since),
                "p95_tenths_ms": service.p95,
                "limit_tenths_ms": service.limit,
                "days": "".join(service.days),
            }
            for service in seen.services
        ],
    }
