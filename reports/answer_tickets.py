"""PURE. What a promise counted of tickets, as data: those in time as a number, others with timelines.

Times are whole milliseconds on the clock that the promise names; instants are UTC.
"""

from __future__ import annotations

from typing import Any

from monitor.agreements.pipeline import Case, Clause
from monitor.agreements.tickets import Response, Tickets
from monitor.core.intervals import Ms
from monitor.core.periods import local

Json = dict[str, Any]


def tickets(clause: Clause, case: Case) -> Json:
    """The part `tickets` of a promise's answer; nothing for a promise that counts none."""
    if not isinstance(clause.measure, Tickets):
        return {}
    found = clause.measure.responses(case)
    told = {
        "counted": found.counted,
        "in_time": len(found.in_time),
        "late": [response(each) for each in found.late],
        "unfinished": [response(each) for each in found.unfinished],
        "not_counted": [{"ticket": ticket, "why": why} for ticket, why in found.aside],
    }
    return {"tickets": told}


def response(of: Response) -> Json:
    """One clock of a ticket: what it came to, when it ran, and when and why it stood."""
    course = of.course
    return {
        "ticket": of.cause,
        "by": of.key or None,
        "start": _instant(course.start),
        "due": None if course.due is None else _instant(course.due),
        "end": None if course.end is None else _instant(course.end),
        "elapsed_ms": course.elapsed,
        "allowed_ms": course.allowed,
        "late_by_ms": course.delay,
        "timeline": [
            {
                "start": _instant(each.span.start),
                "end": _instant(each.span.end),
                "clock": each.state,
                "why": each.reason or None,
            }
            for each in of.timeline()
        ],
        "changes": [
            {
                "at": _instant(each.at),
                "what": each.what,
                "from": each.before,
                "to": each.after,
                "how": each.how,
            }
            for each in of.moved
        ],
    }


def _instant(at: Ms) -> str:
    text = local(at, "UTC").isoformat(timespec="milliseconds" if at % 1_000 else "seconds")
    return text.replace("+00:00", "Z")
