"""Whether the monitor itself sees: its silence, and checks that it spoilt. Maintenance silences neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from monitor.alerts.look import Look
from monitor.alerts.words import lasting, spoken, when
from monitor.core.checks import UNKNOWN_REASONS, Reason
from monitor.core.intervals import MINUTE, Ms, Span, intersect, total
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule
from monitor.records import dataclass
from reports.format import PLAIN, brief, plural

OURS: Final = UNKNOWN_REASONS - {Reason.DISABLED, Reason.DISAGREEMENT}
"""What is no choice of anybody's and no answer of a target's: our own fault."""
TWICE: Final = 2
GOES_ON: Final = MINUTE
"""What ended longer ago is over, however long it was: it raises nothing any more."""
SILENT: Final = "silent"
REMEDIES: Final = {
    Reason.OWN_NETWORK: "See whether this machine reaches the internet, and its sentinels: makegood check",
    Reason.OWN_DNS: "See whether this machine's name server answers: makegood check",
    Reason.CLOCK_SUSPECT: "See what sets this machine's clock: makegood doctor",
    Reason.NOT_RUNNING: "See why it was not running: makegood doctor, and its log",
    Reason.BLOCKED_TARGET: "See what blocks it: makegood check",
}


def degraded(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """The monitor that writes nothing; else each reason for which endpoints were not measured for long."""
    least = rule.lasting or 0
    if not look.books.lanes:
        return
    reached = look.snapshot.as_of(look.now)
    if reached is None or look.now - reached >= least:
        yield _silent(look, rule, reached)
        return
    for reason, lost in sorted(_lost(look, rule, Span(look.now - TWICE * least, look.now)).items()):
        most = max(lost.by_endpoint.values())
        if TWICE * most >= least:
            goes_on = look.now - lost.until <= GOES_ON
            yield _blind(look, rule, reason, lost.by_endpoint, lost.since, firm=most >= least and goes_on)


@dataclass
class Lost:
    """For how many ms endpoints were not measured for one reason, since when and until when."""

    since: Ms
    until: Ms
    by_endpoint: Counter[str] = field(default_factory=Counter)


def _lost(look: Look, rule: AlertRule, span: Span) -> dict[Reason, Lost]:
    """By reason; time before an endpoint was there is nobody's loss."""
    lanes = {lane.id: lane for e in look.endpoints(rule) if (lane := look.books.lanes.get(e.id))}
    found: dict[Reason, Lost] = {}
    for id, segments in look.snapshot.segments(list(lanes), span).items():
        for each in segments:
            there = intersect((Span(each.start, each.end),), lanes[id].life) if each.reason in OURS else ()
            if there:
                lost = found.setdefault(each.reason, Lost(there[0].start, there[-1].end))
                lost.since, lost.until = min(lost.since, there[0].start), max(lost.until, there[-1].end)
                lost.by_endpoint[lanes[id].endpoint] += total(there)
    return found


def _silent(look: Look, rule: AlertRule, reached: Ms | None) -> Finding:
    if reached is None:
        title, since = "The monitor has written nothing yet: nothing is measured", look.now
    else:
        quiet = brief(look.now - reached, PLAIN)
        title = (
            f"The monitor has written nothing since {when(look, reached)}, for {quiet}: nothing is measured"
        )
        since = reached
    lines = ("What is not measured is unknown, and no alert of a service comes.", "Start it: makegood run")
    return Finding(rule.id, rule.when, SILENT, rule.urgency, since, title, lines)


def _blind(
    look: Look, rule: AlertRule, reason: Reason, lost: Counter[str], since: Ms, *, firm: bool
) -> Finding:
    most = max(lost.values())
    them = plural(len(lost), "endpoint", "endpoints", PLAIN)
    of = len(look.plan.endpoints)
    title = (
        f"The monitor is degraded, {spoken(reason)}: {them} of {of} not measured, the longest for "
        f"{brief(most, PLAIN)} of the last {lasting(TWICE * (rule.lasting or 0))}"
    )
    named = ", ".join(name for name, _ in lost.most_common(8))
    more = f" and {len(lost) - 8} more" if len(lost) > 8 else ""
    lines = (
        f"{named}{more}",
        REMEDIES.get(reason, "See what it says of itself: makegood doctor, and its log"),
    )
    return Finding(rule.id, rule.when, str(reason), rule.urgency, since, title, lines, firm=firm)
