"""What of a promise's evidence no probe can give: it comes from a file, through `makegood evaluate`."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.agreements.terms import Terms

KINDS = {
    "slots": "counts of good and of all requests",
    "metrics": "samples of {metric}",
    "events": "events with their starts and ends",
    "tickets": "tickets with what happened to each, and when",
}


def needs(terms: Terms) -> tuple[str, ...]:
    """What a file must tell, each in a few words; nothing where the probes are enough."""
    return tuple(_needs(terms))


def clocks(terms: Terms) -> tuple[str, ...]:
    """What people must tell of each outage, since no probe knows it; nothing for most promises."""
    outage = terms.outage
    found = [f"when it was {outage.starts}"] if outage.starts in ("reported", "detected") else []
    return (*found, *(["when its ticket was closed"] if outage.ends == "ticket closed" else []))


def _needs(terms: Terms) -> Iterator[str]:
    measure, outage = terms.measure, terms.outage
    if measure.requests == "checks":
        return
    if measure.evidence != "outages":
        yield KINDS[measure.evidence].format(metric=measure.metric or "the metric")
        return
    if measure.weighted_by or outage.affecting:
        yield f"how many {measure.weighted_by or 'users'} each outage affected"
    if measure.only or outage.only:
        columns = dict.fromkeys(column for column, _ in (*measure.only, *outage.only))
        yield f"the {' and '.join(columns)} of each outage"
