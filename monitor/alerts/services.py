"""What is wrong now: services down, jobs that did not call, too little seen, maintenance that overruns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from monitor.alerts.look import RECENT, Look, Stand
from monitor.alerts.words import approaching, lasting, of_stands, spoken, sums, when
from monitor.config.endpoint import Endpoint, Heartbeat
from monitor.config.plan import Service
from monitor.core.checks import Reason, State
from monitor.core.intervals import DAY, HOUR, Ms, Span
from monitor.core.timeline import Outage, Segment
from monitor.core.windows import Window
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule, rises_to
from monitor.operations.incident import Incident
from reports.format import PLAIN, brief, plural, share

MISSED: Final = frozenset({Reason.HEARTBEAT_MISSED, Reason.HEARTBEAT_FAILED})


def downs(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Each incident whose service is down, until it was up again for long enough not to flap."""
    about = {each.id for each in look.services(rule)}
    for incident in look.incidents:
        if incident.service in about and incident.outages and incident.service in look.plan.services:
            found = _down(look, rule, incident)
            if found is not None:
                yield found


def _down(look: Look, rule: AlertRule, incident: Incident) -> Finding | None:
    """None where it is up again, or not down for long enough."""
    last, began = incident.outages[-1], incident.began.at
    unknown = last.first_good is None and last.span.end < look.now
    back = 0 if last.first_good is None else look.now - last.first_good
    if back > 0 and back >= (rule.settled or 0):
        return None
    if not incident.ongoing and incident.resolved is not None and incident.resolved.author:
        return None
    service = look.plan.services[incident.service]
    long = look.now - incident.outages[-1].first_bad >= (rule.lasting or 0)
    stands = look.stands(rule, service)
    return Finding(
        rule=rule.id,
        kind=rule.when,
        subject=incident.name,
        urgency=rule.urgency,
        since=began,
        title=_title(look, service, incident, last, stands),
        lines=tuple(_about(look, incident, stands, unknown=unknown)),
        service=service.id,
        incident=incident.name,
        team=incident.team or look.team(service.id),
        firm=incident.ongoing and long and not unknown,
    )


def _title(look: Look, service: Service, incident: Incident, last: Outage, stands: Sequence[Stand]) -> str:
    said = f"{service.title} is down since {when(look, incident.began.at)}: {spoken(last.reason)}"
    if last.first_good is not None:
        said = f"{service.title} was down from {when(look, incident.began.at)}: {spoken(last.reason)}"
    ahead = approaching(stands)
    if ahead:
        return f"{said}; {ahead}"
    owed = [each.row.exposure.owed for each in stands if each.row.exposure.owed is not None]
    due = [each for each in owed if each.minor]
    return f"{said}; {sums(due)} owed, and more downtime costs no more" if due else said


def _about(look: Look, incident: Incident, stands: Sequence[Stand], *, unknown: bool) -> Iterator[str]:
    last = incident.outages[-1]
    if unknown:
        yield f"Nothing was measured since {when(look, last.span.end)}: nobody knows whether it is back"
    elif not incident.ongoing:
        yield f"Up again since {when(look, last.first_good or last.span.end)}"
    if len(incident.outages) > 1:
        yield f"{plural(len(incident.outages), 'outage', 'outages', PLAIN)} so far"
    coming = [each for each in stands if each.row.exposure.until_next is not None]
    if incident.ongoing and coming:
        soonest = min(each.row.exposure.until_next or 0 for each in coming)
        yield f"If it stays down, the next credit is owed at {when(look, look.now + soonest)}"
    yield from of_stands(stands)
    if incident.acknowledged is None:
        yield f"Take it up: makegood incident ack {incident.name}"
    else:
        yield f"Acknowledged by {incident.acknowledged.author}: makegood incident show {incident.name}"


def heartbeats(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Each job that did not call in time, or said that it failed."""
    jobs = {
        look.books.lanes[each.id].id: each
        for each in look.endpoints(rule)
        if each.kind == "heartbeat" and each.id in look.books.lanes
    }
    if not jobs:
        return
    span = Span(look.now - RECENT, look.now)
    for lane, segments in look.snapshot.segments(list(jobs), span).items():
        found = _missed(look, rule, jobs[lane], segments)
        if found is not None:
            yield found


def _missed(look: Look, rule: AlertRule, job: Endpoint, segments: tuple[Segment, ...]) -> Finding | None:
    """None of a job that called; one of which nothing is known any more stays as it was."""
    known = [each for each in segments if each.state is not State.UNKNOWN]
    if not known or known[-1].state is not State.DOWN or known[-1].reason not in MISSED:
        return None
    last, since = known[-1], known[-1].start
    for each in reversed(known[:-1]):
        if each.state is not State.DOWN or each.reason is not last.reason:
            break
        since = each.start
    since = last.first if since <= segments[0].start and last.first is not None else since
    services = [s.id for s in look.plan.services.values() if job in look.books.watched(s)]
    silent = bool(services) and all(look.maintained(each, since) for each in services)
    failed = last.reason is Reason.HEARTBEAT_FAILED
    what = "said that it failed" if failed else "did not call in time"
    return Finding(
        rule=rule.id,
        kind=rule.when,
        subject=job.id,
        urgency=rule.urgency,
        since=since,
        title=f"{job.id} {what}: {_promised(job)}, overdue since {when(look, since)}"
        if not failed
        else f"{job.id} {what} at {when(look, since)}: {_promised(job)}",
        lines=("See whether the job runs, and what it wrote.", f"Its checks: makegood log {job.id}"),
        service=services[0] if services else "",
        team=look.team(services[0]) if services else "",
        firm=segments[-1].state is State.DOWN and not silent and look.now - since >= (rule.lasting or 0),
    )


def _promised(job: Endpoint) -> str:
    how = job.how
    if not isinstance(how, Heartbeat):
        return ""
    said = f'expected at "{how.cron}" ({how.zone})'
    if how.every is not None:
        said = f"expected every {lasting(how.every)}"
    return f"{said} with {lasting(how.grace)} of grace" if how.grace else said


def coverage(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Each service of which too little was seen in the last 24 hours; what somebody disabled is left out.

    It is a share of the time that there was something to watch. Of less than an hour nothing is raised.
    """
    if rule.share is None:
        return
    span = Span(look.now - DAY, look.now)
    for service in look.services(rule):
        if not any(each.id in look.books.lanes for each in look.books.watched(service)):
            continue
        there = [each for each in look.seen(service, span).segments if each.reason is not Reason.DISABLED]
        unseen = [each for each in there if each.state is State.UNKNOWN]
        watched, lost = (sum(each.end - each.start for each in some) for some in (there, unseen))
        if not lost or not (verdict := rises_to(Fraction(lost, watched), 1 - rule.share)).held:
            continue
        worst = max(unseen, key=lambda each: each.end - each.start)
        asked = f"{share(rule.share, PLAIN)} is asked, mostly {spoken(worst.reason)}"
        of = "the last 24 h" if watched == DAY else f"{lasting(watched)} that were to be seen"
        yield Finding(
            rule=rule.id,
            kind=rule.when,
            subject=service.id,
            urgency=rule.urgency,
            since=unseen[0].start,
            title=f"{service.title}: {brief(lost, PLAIN)} of {of} not measured, and {asked}",
            lines=(
                "What nobody saw is held against nobody; too much of it leaves a period without a figure.",
                f"What was seen: makegood coverage {service.id}",
            ),
            service=service.id,
            team=look.team(service.id),
            firm=verdict.firm and watched >= HOUR,
        )


def overruns(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Each window that ends soon, or has ended, with its service still down."""
    soon = rule.within or 0
    for service in look.services(rule):
        windows = list(look.windows(service.id, Span(look.now - RECENT, look.now + 1)))
        if not windows:
            continue
        span = Span(min(each.start for _, each in windows) - 1, look.now)
        going = [each for each in look.outages(service, span) if each.open or each.first_good is None]
        for window, effective in windows:
            near = effective.end - look.now <= soon
            for outage in going[-1:]:
                if near and outage.span.start < effective.end and outage.span.end > effective.start:
                    yield _overrun(look, rule, service, window, effective.end, outage)


def _overrun(
    look: Look, rule: AlertRule, service: Service, window: Window, end: Ms, outage: Outage
) -> Finding:
    over = look.now - end
    said = f"maintenance {window.id} ends in {brief(-over, PLAIN)}, at {when(look, end)}"
    if over >= 0:
        said = f"maintenance {window.id} was over at {when(look, end)}, {brief(over, PLAIN)} ago"
    return Finding(
        rule=rule.id,
        kind=rule.when,
        subject=window.id,
        urgency=rule.urgency,
        since=end - (rule.within or 0),
        title=f"{service.title}: {said}, and it is still down",
        lines=(
            "Down beyond the window is counted as any other outage, from the end of the window on.",
            "What is planned: makegood maintenance list",
        ),
        service=service.id,
        team=look.team(service.id),
        firm=outage.open,
    )
