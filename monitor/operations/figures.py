"""PURE. The times that incidents took, and their means: exact integers and fractions of ms, nothing rounded.

Detecting is measured from the last good check before, acknowledging from the detection or from where it was
last reopened, mitigating and resolving from the beginning. Time in which an incident stood resolved before it
was reopened is no part of the time to resolve it. False alarms are counted, and are in no mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

from monitor.core.intervals import Ms, total
from monitor.operations.incident import Incident
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in ms; None where it did not happen (yet), or is not known."""

    to_detect: Ms | None
    to_acknowledge: Ms | None
    to_mitigate: Ms | None
    to_resolve: Ms | None
    downtime: Ms


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of `count` values in ms; None of none."""

    value: Fraction | None
    count: int


@dataclass(frozen=True, slots=True)
class Response:
    """What a set of incidents comes to. `count` are all of them, `false_alarms` those that were none."""

    count: int
    false_alarms: int
    mttd: Mean
    mtta: Mean
    mttm: Mean
    mttr: Mean
    downtime: Ms


def figures(incident: Incident) -> Figures:
    """The times of one incident. What was mitigated by nothing but its end counts as mitigated then."""
    began, end = incident.began.at, incident.mitigated or incident.resolved
    return Figures(
        to_detect=to_detect(incident),
        to_acknowledge=to_acknowledge(incident),
        to_mitigate=None if end is None else max(end.at - began, 0),
        to_resolve=to_resolve(incident),
        downtime=sum(total(each.down) for each in incident.outages),
    )


def to_acknowledge(incident: Incident) -> Ms | None:
    """From the detection, or from where it was last reopened, in ms; None where nobody did since then."""
    done = incident.acknowledged
    if done is None:
        return None
    again = [step.moment.at for step in incident.steps if step.what == "reopened"]
    return max(done.at - (again[-1] if again else incident.detected.at), 0)


def to_resolve(incident: Incident) -> Ms | None:
    """How long it was open, in ms; None while it is."""
    return None if incident.resolved is None else _open(incident)


def to_detect(incident: Incident) -> Ms | None:
    """From the last good check, where the evidence says when it began; else from when people say it did."""
    if incident.began.told or not incident.outages:
        return max(incident.detected.at - incident.began.at, 0) if incident.began.told else None
    good = incident.outages[0].last_good
    return None if good is None else max(incident.detected.at - good, 0)


def _open(incident: Incident) -> Ms:
    return sum(end - start for start, end in incident.open_spans if end is not None)


def mean(values: Iterable[Ms | None]) -> Mean:
    """The mean of those that are known."""
    known = [each for each in values if each is not None]
    return Mean(Fraction(sum(known), len(known)) if known else None, len(known))


def response(incidents: Collection[Incident]) -> Response:
    """The means over a set."""
    real = [each for each in incidents if not each.false_alarm]
    found = [figures(each) for each in real]
    return Response(
        count=len(incidents),
        false_alarms=len(incidents) - len(real),
        mttd=mean(each.to_detect for each in found),
        mtta=mean(each.to_acknowledge for each in found),
        mttm=mean(each.to_mitigate for each in found),
        mttr=mean(each.to_resolve for each in found),
        downtime=sum(each.downtime for each in found),
    )
