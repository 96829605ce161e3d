"""How incidents are told: a line each in a list, a page of one, and the same for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from textwrap import wrap
from typing import TYPE_CHECKING

from monitor.cli.layout import exact, marked, spoken, table, utc
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms
from monitor.core.periods import local

if TYPE_CHECKING:
    from monitor.operations.figures import Figures, Mean, Response
    from monitor.operations.incident import ByHand, Incident, Moment
    from monitor.operations.rules import IncidentRules

HEAD = ("INCIDENT", "SEVERITY", "STATE", "BEGAN", "ACK", "TOOK", "TEAM", "WHAT")


OUTAGES = ("OUTAGE", "FROM", "TO", "DOWN", "REASON")
WIDE = 80


def lines(found: Sequence[Incident], zone: str, now: Ms) -> list[str]:
    """The table: x is down now, ! waits for somebody."""
    year = local(now, zone).year
    rows = [_cells(each, zone, now, year) for each in found]
    return marked(table(HEAD, rows, right=(4, 5)), [_mark(each, now) for each in found])


def _mark(incident: Incident, now: Ms) -> str:
    if incident.false_alarm or incident.state == "unknown":
        return " "
    if incident.ongoing and incident.resolved is None:
        return "x"
    waits = incident.resolved is None or incident.postmortem.overdue(now)
    return "!" if waits or any(each.overdue(now) for each in incident.follow_ups) else " "


def _cells(incident: Incident, zone: str, now: Ms, year: int) -> tuple[str, ...]:
    from monitor.operations.figures import figures
    from reports.format import clean

    took = figures(incident)
    return (
        incident.name,
        incident.severity,
        state(incident),
        _face(incident.began.at, zone, year),
        "-" if took.to_acknowledge is None else short(took.to_acknowledge),
        "-" if incident.state in ("withdrawn", "unknown") else short(_lasts(incident, took, now)),
        clean(incident.team),
        clean(_what(incident, now)),
    )


def _face(at: Ms, zone: str, year: int) -> str:
    """`6 Oct 14:02`, with its year where that is another one."""
    from reports.format import PLAIN, day

    return f"{day(at, zone, PLAIN, year=year)} {local(at, zone):%H:%M}"


def state(incident: Incident) -> str:
    """The state in a word or two: one that was resolved as a false alarm says so."""
    return "false alarm" if incident.declared_false and incident.state == "resolved" else incident.state


def _lasts(incident: Incident, took: Figures, now: Ms) -> Ms:
    if took.to_resolve is not None:
        return took.to_resolve
    return sum((now if end is None else end) - start for start, end in incident.open_spans)


def _what(incident: Incident, now: Ms) -> str:
    words = [incident.title, incident.cause]
    if incident.postmortem.overdue(now):
        words.append("postmortem overdue")
    late = sum(each.overdue(now) for each in incident.follow_ups)
    if late:
        words.append(f"{late} follow-up{'s' if late > 1 else ''} overdue")
    return ", ".join(word for word in words if word)


def short(ms: Ms) -> str:
    """`42 s`, `12 min`, `2 h 05 min`, `3 d 04 h`: cut, for a column."""
    if ms < MINUTE:
        return f"{ms // SECOND} s"
    if ms < HOUR:
        return f"{ms // MINUTE} min"
    if ms < DAY:
        return f"{ms // HOUR} h {ms % HOUR // MINUTE:02d} min"
    return f"{ms // DAY} d {ms % DAY // HOUR:02d} h"


def summary(found: Response, zone: str) -> Iterator[str]:
    """`12 incidents, 1 a false alarm. Times in UTC.`, and the means where there are any."""
    count = f"{found.count:,} incident{'' if found.count == 1 else 's'}"
    false = f", {found.false_alarms:,} a false alarm" if found.false_alarms else ""
    means = {"MTTD": found.mttd, "MTTA": found.mtta, "MTTM": found.mttm, "MTTR": found.mttr}
    said = [f"{name} {_mean(each)}" for name, each in means.items() if each.count]
    yield f"{count}{false}. Times in {zone}."
    if said:
        yield ", ".join(said)


def _mean(value: Mean) -> str:
    return f"{short(int(value.value or 0))} (of {value.count:,})"


def page(
    incident: Incident,
    rules: IncidentRules,
    zone: str,
    now: Ms,
    customers: Sequence[str],
    costs: Mapping[str, Fraction],
) -> Iterator[str]:
    """All that is known of one incident."""
    from reports.format import clean

    yield f"{incident.name}: {state(incident)}, {_severity(incident, rules)}"
    if incident.title:
        yield clean(incident.title)
    if incident.names:
        yield f"Also known as {', '.join(incident.names)}."
    yield ""
    yield from _steps(incident, zone)
    yield ""
    yield from _seen(incident, zone)
    yield from _took(incident)
    yield from _at_stake(customers, costs)
    yield from _whose(incident)
    yield from _written(incident, zone)
    yield from _afterwards(incident, zone, now)


def _severity(incident: Incident, rules: IncidentRules) -> str:
    from reports.format import clean

    if incident.graded is None:
        return f"{incident.severity} by the rule"
    gone = "" if rules.severity(incident.severity) else " (a severity that the configuration has no more)"
    return f"{incident.severity}{gone} by {incident.graded.author}: {clean(incident.graded.reason)}"


def _steps(incident: Incident, zone: str) -> list[str]:
    from reports.format import PLAIN, instant

    rows = [
        (step.what, instant(step.moment.at, zone, PLAIN, exact=True), _by(step.moment, zone))
        for step in sorted(incident.steps, key=lambda each: each.moment.at)
    ]
    return [f"  {line}" for line in table(("WHAT", "WHEN", "BY"), rows)]


def _by(moment: Moment, zone: str) -> str:
    from reports.format import PLAIN, clean, instant

    said = f": {clean(moment.reason)}" if moment.reason else ""
    who = f"{moment.author or 'as it was seen'}{said}"
    if moment.was is None:
        return who
    was = instant(moment.was, zone, PLAIN, exact=True)
    return f"{who} (corrected by {moment.corrected_by} from {was}: {clean(moment.why)})"


def _seen(incident: Incident, zone: str) -> Iterator[str]:
    from monitor.core.intervals import total
    from reports.format import PLAIN, duration, end_of, instant

    rows = [
        (
            f"{incident.service}/{each.id}",
            instant(each.span.start, zone, PLAIN),
            "goes on" if each.open else end_of(each.span, zone, PLAIN),
            duration(total(each.down), PLAIN),
            spoken(each.reason),
        )
        for each in incident.outages
    ]
    if rows:
        yield from (f"  {line}" for line in table(OUTAGES, rows, right=(3,)))
        yield ""
    for each in incident.alarms:
        yield f"{incident.service}/{each.id} was a false alarm."
    if incident.unwatched:
        yield f"{incident.service} is in the configuration no more: nothing is seen of it."
    elif incident.withdrawn and not incident.alarms:
        yield "No outage is seen there any more: later evidence has another."


def _took(incident: Incident) -> Iterator[str]:
    from monitor.operations.figures import figures
    from reports.format import PLAIN, duration

    found = figures(incident)
    said = {
        "detected after": found.to_detect,
        "acknowledged after": found.to_acknowledge,
        "mitigated after": found.to_mitigate,
        "resolved after": found.to_resolve,
    }
    known = [f"{what} {duration(ms, PLAIN) if ms else '0 s'}" for what, ms in said.items() if ms is not None]
    if found.downtime:
        known.append(f"down for {duration(found.downtime, PLAIN)}")
    if known:
        yield from wrap(f"It was {', '.join(known)}.", WIDE)


def _at_stake(customers: Sequence[str], costs: Mapping[str, Fraction]) -> Iterator[str]:
    from monitor.core.money import Money
    from reports.format import PLAIN, money, plural

    if not customers:
        yield "No customer has an agreement on it."
        return
    found = [money(Money(amount, code), PLAIN) for code, amount in sorted(costs.items()) if amount]
    owed = f"It costs {', '.join(found)} as things stand" if found else "It costs nothing as things stand"
    yield f"{owed}: {plural(len(customers), 'customer', 'customers', PLAIN)}, {', '.join(customers)}."


def _whose(incident: Incident) -> Iterator[str]:
    from reports.format import clean

    said = {"Owner": incident.owner, "team": incident.team, "labels": ", ".join(incident.labels)}
    known = [f"{what} {clean(value)}" for what, value in said.items() if value]
    yield (f"{', '.join(known)}."[0].upper() + f"{', '.join(known)}."[1:]) if known else "Nobody owns it."
    if incident.cause_by is not None:
        why = f": {clean(incident.cause_by.reason)}" if incident.cause_by.reason else ""
        yield f"Cause {incident.cause}, by {incident.cause_by.author}{why}"


def _written(incident: Incident, zone: str) -> Iterator[str]:
    from reports.format import PLAIN, clean, instant

    for title, for_customer in (("Notes", False), ("Drafted for customers, and on no page of theirs", True)):
        own = [each for each in incident.notes if each.for_customer is for_customer]
        if own:
            yield f"{title}:"
        for each in own:
            yield f"  {instant(each.at, zone, PLAIN)} {each.author}: {clean(each.text)}"


def _afterwards(incident: Incident, zone: str, now: Ms) -> Iterator[str]:
    from reports.format import PLAIN, clean, day

    if incident.follow_ups:
        yield "Follow-ups:"
    for each in incident.follow_ups:
        whose = f", {clean(each.owner)}" if each.owner else ""
        due = f", due {day(each.due - 1, zone, PLAIN)}" if each.due is not None else ""
        yield f"  [{each.entry}] {clean(each.text)}{whose}{due}: {_done(each.done, each.overdue(now), zone)}"
    known = incident.postmortem
    if known.required or known.link or known.text or known.done:
        yield postmortem_line(incident, zone, now)


def postmortem_line(incident: Incident, zone: str, now: Ms) -> str:
    """`Postmortem required, due 16 Oct, https://…: open`."""
    from reports.format import PLAIN, clean, day

    known = incident.postmortem
    asked = "required" if known.required else "not required"
    due = f", due {day(known.due - 1, zone, PLAIN)}" if known.due is not None else ""
    where = f", {clean(known.link)}" if known.link else ", kept here" if known.text else ""
    return f"Postmortem {asked}{due}{where}: {_done(known.done, known.overdue(now), zone)}"


def _done(done: Moment | None, overdue: bool, zone: str) -> str:
    from reports.format import PLAIN, day

    if done is not None:
        return f"done on {day(done.at, zone, PLAIN)} by {done.author}"
    return "overdue" if overdue else "open"


def as_data(
    incident: Incident, customers: Iterable[str] = (), costs: Mapping[str, Fraction] | None = None
) -> dict[str, object]:
    """One incident for a program; `costs` None were not asked for."""
    from monitor.operations.figures import figures

    took = figures(incident)
    told: dict[str, object] = {
        "name": incident.name,
        "names": list(incident.names),
        "service": incident.service,
        "origin": incident.origin,
        "title": incident.title or None,
        "state": incident.state,
        "false_alarm": incident.false_alarm,
        "ongoing": incident.ongoing,
        "severity": incident.severity,
        "severity_by_hand": _by_hand(incident.graded),
        "owner": incident.owner or None,
        "team": incident.team or None,
        "labels": list(incident.labels),
        "cause": incident.cause or None,
        "cause_by": _by_hand(incident.cause_by),
        "began": _moment(incident.began),
        "detected": _moment(incident.detected),
        "acknowledged": _moment(incident.acknowledged),
        "mitigated": _moment(incident.mitigated),
        "resolved": _moment(incident.resolved),
        "course": [{"what": each.what, **(_moment(each.moment) or {})} for each in incident.steps],
        "to_detect_ms": took.to_detect,
        "to_acknowledge_ms": took.to_acknowledge,
        "to_mitigate_ms": took.to_mitigate,
        "to_resolve_ms": took.to_resolve,
        "down_ms": took.downtime,
        **_linked(incident),
    }
    if costs is not None:
        told["customers"] = list(customers)
        told["costs"] = [{"currency": code, "amount": exact(each)} for code, each in sorted(costs.items())]
    return told


def _linked(incident: Incident) -> dict[str, object]:
    """Its outages, and what was written to it."""
    known = incident.postmortem
    return {
        "outages": [f"{incident.service}/{each.id}" for each in incident.outages],
        "false_alarms": [f"{incident.service}/{each.id}" for each in incident.alarms],
        "notes": [
            {"entry": n.entry, "at": utc(n.at), "author": n.author, "text": n.text}
            for n in incident.notes
            if not n.for_customer
        ],
        "for_customer": [
            {"entry": n.entry, "at": utc(n.at), "author": n.author, "text": n.text}
            for n in incident.notes
            if n.for_customer
        ],
        "follow_ups": [
            {
                "entry": each.entry, "text": each.text, "owner": each.owner or None, "due": utc(each.due),
                "done": _moment(each.done),
            }
            for each in incident.follow_ups
        ],
        "postmortem": {
            "required": known.required, "due": utc(known.due), "link": known.link or None,
            "text": known.text or None, "done": _moment(known.done),
        },
    }  # fmt: skip


def _moment(moment: Moment | None) -> dict[str, object] | None:
    if moment is None:
        return None
    return {
        "at": utc(moment.at),
        "author": moment.author or None,
        "entry": moment.entry or None,
        "reason": moment.reason or None,
        "was": utc(moment.was),
        "corrected_by": moment.corrected_by or None,
        "why": moment.why or None,
    }


def _by_hand(said: ByHand | None) -> dict[str, object] | None:
    if said is None:
        return None
    return {"author": said.author, "at": utc(said.at), "reason": said.reason or None, "entry": said.entry}
