"""`makegood maintenance`: windows recorded, cancelled and listed. A record takes effect at once.

Notice counts from the instant of the record. A window that is added after it began excuses nothing until
somebody else approved it on evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.cli.looking_back import since_option
from monitor.cli.recording import dry_run_option, record, yes_option
from monitor.core.intervals import DAY, HOUR, Ms, Span
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.agreements.pipeline import Clause
    from monitor.config.plan import Plan
    from monitor.core.windows import Recurrence, Window
    from monitor.statements.maintenance import Record
    from monitor.store.protocol import Event, Store

AHEAD = 90 * DAY
SCHEDULED, EMERGENCY = "scheduled maintenance", "emergency maintenance"
NEVER = "excludes no "
HEAD = ("ID", "SERVICES", "WINDOW", "ANNOUNCED", "BY", "STATE", "TITLE", "REASON")


@click.group()
def maintenance() -> None:
    """Planned windows: add, list, cancel."""


@maintenance.command()
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True)
@click.option("--start", metavar="INSTANT", help='When it begins, with its offset: "2026-11-21T02:00+01:00".')
@click.option("--end", metavar="INSTANT", help="When it ends.")
@click.option("--lasting", metavar="TIME", help='How long it lasts, in place of --end: "2h".')
@click.option("--every", metavar="CRON", help='Repeat it, in place of --start: "0 2 * * SUN".')
@click.option("--timezone", "zone", metavar="ZONE", help="The zone that --every is read in.")
@click.option(
    "--title", default="Scheduled maintenance", show_default=True, help="What it is, for the statement."
)
@click.option("--id", "name", metavar="ID", help="Its name [default: mw- and its start in UTC].")
@click.option("--emergency", is_flag=True, help="Emergency maintenance: a class of its own in agreements.")
@click.option(
    "--resource", "resources", metavar="NAME", multiple=True, help="This resource alone; may be repeated."
)
@click.option(
    "--announced",
    metavar="INSTANT",
    help="When customers were told, if before now: counts once somebody else approved it on evidence.",
)
@click.option(
    "--late", is_flag=True, help="Record a window that has begun: somebody else must approve it, on evidence."
)
@click.option(
    "--evidence",
    default="",
    metavar="FILE|URL",
    help="What shows that it was announced; of a file the digest is kept.",
)
@dry_run_option
@yes_option
@as_json
@at_desk
def add(
    desk: Desk,
    services: tuple[str, ...],
    start: str | None,
    end: str | None,
    lasting: str | None,
    every: str | None,
    zone: str | None,
    title: str,
    name: str | None,
    emergency: bool,
    resources: tuple[str, ...],
    announced: str | None,
    late: bool,
    evidence: str,
    dry_run: bool,
    yes: bool,
    json_: bool,
) -> None:
    """Record a window for one service or more. It counts from now on.

    One that is recorded after it began, or stated to have been announced
    earlier than now, counts once somebody else approved it on evidence. What it
    changes is shown first.
    """
    from monitor.cli.attached import attached
    from monitor.people import author
    from monitor.statements.maintenance import declared

    plan = desk.plan()
    check_services(plan, services)
    check_resources(plan, services, resources)
    rule = recurrence(start, end, lasting, every, zone)
    store = desk.store(plan, create=True)
    head, events = _journal(store)
    id = _name(name, rule, _standing(events).keys() | plan.maintenance.keys())
    now = desk.clock.now()
    if not late and not emergency:
        _must_be_ahead(rule, plan, now)
    event = declared(
        id, title, services, rule, author(), now, emergency=emergency, resources=resources,
        stated=_stated(announced), evidence=attached(evidence),
    )  # fmt: skip
    what, first = EMERGENCY if emergency else SCHEDULED, _first(rule, now)
    counts = {} if first is None else counting(plan, services, first, now, what)
    span = first or Span(now, now + 1)
    entry = record(
        desk, plan, store, [event], services if span.start < now else (), span, head,
        dry_run=dry_run, yes=yes, json_=json_, quiet=True, **_told(id, first, now, counts),
    )  # fmt: skip
    if json_:
        return
    if entry is not None:
        show([id])
    _answer(plan, first, now, counts, recorded=entry is not None)
    if announced is not None or span.start < now:
        talk(_to_approve(entry, announced, evidence))
        said = {} if span.start < now else counts
        for line in _even_then(plan, services, span, announced, what, said):
            talk(line)


def _to_approve(entry: int | None, announced: str | None, evidence: str) -> str:
    shown = "" if evidence else " --evidence FILE|URL"
    how = f": makegood approve {entry}{shown}" if entry is not None else ""
    until = "" if announced is None else ". Until then notice counts from now."
    return f"It counts once somebody else approves it{how}{until}"


def _even_then(
    plan: Plan,
    services: Sequence[str],
    span: Span,
    announced: str | None,
    what: str,
    said: Mapping[str, str],
) -> Iterator[str]:
    """Whose downtime counts all the same once somebody approved it, and why; `said` was told already."""
    from monitor.cli.when import at_instant

    stated = span.start if announced is None else at_instant(announced, "--announced")
    ask = "" if announced is not None else "; say when it was announced: --announced INSTANT"
    for agreement, reason in counting(plan, services, span, min(stated, span.start), what).items():
        whatever = reason.startswith(NEVER)  # no notice would help
        if whatever and said.get(agreement) == reason:
            continue
        say = "" if whatever else ask
        yield f"Even then its downtime counts for {_parties(plan, agreement)}, which {reason}{say}."


def _stated(announced: str | None) -> dict[str, object]:
    from monitor.cli.when import at_instant

    return {} if announced is None else {"announced": at_instant(announced, "--announced")}


def _must_be_ahead(rule: Recurrence, plan: Plan, now: Ms) -> None:
    from monitor.core.windows import OneOff

    if isinstance(rule, OneOff) and rule.span.start < now:
        raise ConfigError(
            f"--start: the window {when(rule.span, plan)} has begun; recorded now it excuses nothing until "
            "somebody else approves it on evidence, and statements show it as announced too late: write a "
            "start to come, or add --late to record it"
        )


def check_resources(plan: Plan, services: Iterable[str], resources: Iterable[str]) -> None:
    """ConfigError where a resource is none of these services'."""
    known = list(dict.fromkeys(name for service in services for name in plan.services[service].resources))
    for resource in resources:
        if resource not in known:
            choice = ", ".join(known) or "none in the configuration"
            raise ConfigError(f'--resource: there is no resource "{resource}"; write one of: {choice}')


def _told(id: str, span: Span | None, now: Ms, counts: Iterable[str]) -> dict[str, object]:
    """The answer for a program."""
    start, end = (None, None) if span is None else (span.start, span.end)
    return {"id": id, "at": utc(now), "start": utc(start), "end": utc(end), "counts_for": [*counts]}


def _answer(plan: Plan, span: Span | None, now: Ms, counts: Mapping[str, str], *, recorded: bool) -> None:
    """The answer for a person: how far ahead it is recorded, and who counts its downtime all the same."""
    done = "Recorded" if recorded else "It would be recorded"
    if span is None:
        talk(f"{done}; nothing of it lies ahead.")
    elif span.start < now:
        talk(f"{done} {when(span, plan)}: after it began, so by itself it excuses nothing.")
    else:
        talk(f"{done} {when(span, plan)}: {_hours(span.start - now)} ahead.")
        for agreement, reason in counts.items():
            talk(f"Its downtime counts for {_parties(plan, agreement)}, which {reason}.")


def counting(
    plan: Plan, services: Sequence[str], span: Span, now: Ms, what: str = SCHEDULED
) -> dict[str, str]:
    """The agreements that will not excuse a window recorded now, and why."""
    from monitor.statements.periods import running

    out: dict[str, str] = {}
    for agreement in plan.agreements.values():
        terms, period = running(agreement, span.start)
        if agreement.service in services and agreement.in_force(period):
            found = [_objection(clause, span.start - now, what) for _, clause in terms.contract.promises]
            reason = next((each for each in found if each is not None), None)
            if reason is not None:
                out[agreement.id] = reason
    return out


def _objection(clause: Clause, ahead: Ms, what: str) -> str | None:
    from monitor.agreements.exclude import Exclusions

    step = next((step for step in clause.steps if isinstance(step, Exclusions)), None)
    rule = step.rule(what) if step else None
    if rule is None:
        return f"{NEVER}maintenance" if what == SCHEDULED else f"{NEVER}{what}"
    if ahead < 0:
        return "excludes nothing that was recorded after it began"
    if rule.notice is None:
        return None
    days = rule.notice.business_days
    if days and ahead < days * DAY:
        return f"asks for {days} business {'day' if days == 1 else 'days'} of notice"
    notice = rule.notice.ms if rule.notice else 0
    return None if ahead >= notice else f"asks for {_hours(notice)} of notice"


def _parties(plan: Plan, agreement: str) -> str:
    known = plan.agreements[agreement]
    return f"{plan.party_of(known).party.name}, {plan.services[known.service].title}"


def check_services(plan: Plan, services: Iterable[str]) -> None:
    """ConfigError where a service is not in the configuration."""
    for service in services:
        if service not in plan.services:
            known = ", ".join(plan.services) or "none in the configuration"
            raise ConfigError(f'there is no service "{service}"; write one of: {known}')


def recurrence(
    start: str | None, end: str | None, lasting: str | None, every: str | None, zone: str | None
) -> Recurrence:
    """The rule that the options say; ConfigError where they say none, or two."""
    if (every is None) == (start is None):
        raise ConfigError(
            'say when: --start "2026-11-21T02:00+01:00" with --end or --lasting, or --every "0 2 * * SUN"'
        )
    return _once(start, end, lasting) if start is not None else _again(every or "", end, lasting, zone)


def _once(start: str, end: str | None, lasting: str | None) -> Recurrence:
    from monitor.cli.when import at_instant
    from monitor.cli.when import lasting as length
    from monitor.core.windows import OneOff

    begin = at_instant(start, "--start")
    if (end is None) == (lasting is None):
        raise ConfigError('say how long: either --end with an instant, or --lasting "2h"')
    finish = at_instant(end, "--end") if end is not None else begin + length(lasting or "", "--lasting")
    if finish <= begin:
        raise ConfigError(f'--end: "{end}" is not after --start; write a later instant')
    return OneOff(Span(begin, finish))


def _again(every: str, end: str | None, lasting: str | None, zone: str | None) -> Recurrence:
    from monitor.cli.when import lasting as length
    from monitor.core.windows import Recurring, must_be_sound

    if end is not None or lasting is None:
        raise ConfigError('--every repeats a window of one length: write --lasting "2h"')
    if zone is None:
        raise ConfigError('--every is read on a wall clock: write whose, as in --timezone "Europe/Berlin"')
    rule = Recurring(every, length(lasting, "--lasting"), _zone(zone))
    try:
        must_be_sound(rule)
    except ValueError as error:
        raise ConfigError(f"--every: {error}") from None
    return rule


def _zone(zone: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f'--timezone: there is no zone "{zone}"; write one such as "Europe/Berlin"'
        ) from None


def _name(name: str | None, rule: Recurrence, taken: Set[str]) -> str:
    from monitor.core.periods import local
    from monitor.core.windows import OneOff

    if name is not None and name in taken:
        raise ConfigError(f'--id: "{name}" is taken; cancel it first, or write another')
    stem = f"mw-{local(rule.span.start, 'UTC'):%Y%m%d-%H%M}" if isinstance(rule, OneOff) else "mw-recurring"
    numbered = (stem if place == 1 else f"{stem}-{place}" for place in range(1, len(taken) + 2))
    return name or next(id for id in numbered if id not in taken)


def _journal(store: Store) -> tuple[int, list[Event]]:
    from monitor.statements.maintenance import KINDS

    head = store.changed(0)
    with store.snapshot() as snapshot:
        return head, list(snapshot.events(kinds=KINDS))


def _standing(events: Iterable[Event]) -> dict[str, Record]:
    from monitor.statements.maintenance import records

    return {record.id: record for record in records(events) if record.ended is None}


def _first(rule: Recurrence, now: Ms) -> Span | None:
    """The window itself, or a recurring one's first occurrence from now on."""
    from monitor.core.windows import OneOff, occurrences

    return rule.span if isinstance(rule, OneOff) else next(occurrences(rule, Span(now, now + AHEAD)), None)


def when(span: Span, plan: Plan) -> str:
    """A window's span in the operator's zone."""
    from monitor.statements.status import zone_of
    from reports.format import PLAIN, clock_range

    return clock_range(span, zone_of(plan), PLAIN)


def _hours(ahead: Ms) -> str:
    from reports.format import PLAIN, brief, notice

    return notice(ahead // HOUR * HOUR, PLAIN) if ahead >= HOUR else brief(ahead, PLAIN)


@maintenance.command()
@click.argument("id")
@click.option("--reason", required=True, help="Why: it is kept in the journal.")
@dry_run_option
@yes_option
@as_json
@at_desk
def cancel(desk: Desk, id: str, reason: str, dry_run: bool, yes: bool, json_: bool) -> None:
    """Cancel a window.

    One that runs ends now; one that is over stays as it was, unless it was
    recorded when it was over already: that one is taken back.
    """
    from monitor.people import author
    from monitor.statements.maintenance import cancelled

    plan = desk.plan()
    store = desk.store(plan)
    head, events = _journal(store)
    standing = _standing(events)
    if id not in standing:
        raise ConfigError(_not_standing(id, events, plan))
    if not reason.strip():
        raise ConfigError("--reason: it is empty; say why the window is cancelled")
    now = desk.clock.now()
    found = standing[id]
    done = record(
        desk, plan, store, [cancelled(id, author(), now, reason)], found.services, _about(found.rule, now),
        head, dry_run=dry_run, yes=yes, json_=json_, quiet=True, id=id, cancelled=utc(now),
    )  # fmt: skip
    if done is not None and not json_:
        show([id])
    if done is not None and found.origin == "file":
        talk(f"It stands in {plan.path} too: take it out there, or the next load records it again.")


def _about(rule: Recurrence, now: Ms) -> Span:
    """The time in which a cancellation may change a figure."""
    from monitor.core.windows import OneOff

    return rule.span if isinstance(rule, OneOff) else Span(now, now + 1)


def _not_standing(id: str, events: Iterable[Event], plan: Plan) -> str:
    from monitor.statements.maintenance import records
    from monitor.statements.status import zone_of
    from reports.format import PLAIN, instant

    known = ", ".join(_standing(events)) or "there is none"
    for each in records(events):
        if each.id == id and each.ended is not None:
            when = instant(each.ended, zone_of(plan), PLAIN)
            return f'"{id}" was cancelled already, {when} ({each.reason}); write one that stands: {known}'
    return f'no window is called "{id}"; write one that stands: {known}'


@maintenance.command(name="list")
@since_option("30 days")
@as_json
@at_desk
def list_(desk: Desk, begin: str, json_: bool) -> None:
    """The windows of the last thirty days and the next ninety.

    Those that were cancelled too, with the reason. One that was ended early is
    shown to its end.
    """
    from monitor.cli.when import since
    from monitor.statements.maintenance import KINDS, called_off, windows
    from monitor.statements.status import zone_of

    with desk.evidence() as (plan, snapshot):
        now = desk.clock.now()
        start = since(begin, zone_of(plan), now, "--since")
        span, events = Span(min(start, now), now + AHEAD), list(snapshot.events(kinds=KINDS))
    found = sorted((*windows(events, span), *called_off(events, span)), key=lambda window: window.span)
    if json_:
        show_json([as_data(window) for window in found])
    elif found:
        show(lines(found, plan, now))
    else:
        show(["No maintenance is recorded."])


def lines(found: Sequence[Window], plan: Plan, now: Ms) -> list[str]:
    """The table for a person."""
    return table(HEAD, [_cells(window, plan, now) for window in found])


def _cells(window: Window, plan: Plan, now: Ms) -> tuple[str, ...]:
    ahead = window.span.start - window.recorded
    return (
        window.id,
        ", ".join(sorted(window.services)),
        when(window.effective or window.span, plan),
        f"{_hours(ahead)} ahead" if ahead >= 0 else "after it began",
        window.author,
        _state(window, now),
        window.title,
        window.reason,
    )


def _state(window: Window, now: Ms) -> str:
    if window.effective is None:
        return "cancelled"
    if window.cancelled is not None and window.cancelled < window.span.end:
        return "ended"
    if now < window.span.start:
        return "planned"
    return "runs" if now in window.span else "over"


def as_data(window: Window) -> dict[str, object]:
    """The same for a program."""
    return {
        "id": window.id,
        "title": window.title,
        "class": window.what,
        "resources": sorted(window.resources) if window.resources else None,
        "services": sorted(window.services),
        "start": utc(window.span.start),
        "end": utc(window.span.end),
        "recorded": utc(window.recorded),
        "author": window.author,
        "cancelled": utc(window.cancelled),
        "reason": window.reason or None,
    }
