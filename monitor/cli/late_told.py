"""The late tickets of a statement, told in a terminal: which, when its time was up, when it was done.

A draft has them as a value, an issued paper as its sealed document; both are told by the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor.cli.layout import table

if TYPE_CHECKING:
    from monitor.core.intervals import Ms
    from monitor.statements.value import Section, TicketLine

MOST = 10


def of_section(section: Section, zone: str) -> Iterator[str]:
    """The late tickets of each promise of times, the longest delays first; nothing where none is promised."""
    for each in section.tickets.promises if section.tickets else ():
        yield from _told(each.promise, each.stops, each.by, each.counted, each.late, zone)


def of_document(section: Mapping[str, Any], zone: str) -> Iterator[str]:
    """The same of a section of an issued paper."""
    for each in (section.get("tickets") or {}).get("promises", ()):
        counted = sum(count["in_time"] + count["late"] for count in each["counts"])
        late = [_line(ticket) for ticket in each["late"]]
        yield from _told(each["promise"], each["stops"], each["by"], counted, late, zone)


def _line(told: Mapping[str, Any]) -> TicketLine:
    from monitor.statements.value import TicketLine

    start, due, end = (_instant(told[name]) for name in ("start", "due", "end"))
    return TicketLine(
        ticket=told["ticket"],
        key=told["key"],
        start=start or 0,
        due=due,
        end=end,
        elapsed=told["elapsed_ms"],
        allowed=told["allowed_ms"],
        delay=told["delay_ms"],
        timeline=(),
    )


def _instant(text: str | None) -> Ms | None:
    from monitor.core.periods import instant

    return None if text is None else instant(datetime.fromisoformat(text))


def _told(
    promise: str, stops: str, by: str, counted: int, late: Iterable[TicketLine], zone: str
) -> Iterator[str]:
    from reports.format import clean
    from reports.sentences import RESPONSES, STOPS

    shown = sorted(late, key=lambda each: (-each.delay, each.start, each.ticket))
    of = RESPONSES["late_of"].format(late=f"{len(shown):,}", counted=f"{counted:,}")
    yield ""
    yield f"{clean(promise)}, {STOPS[stops]}: {of}"
    if shown:
        head = ("TICKET", clean(by).upper(), "TIME WAS UP", "DONE", "LATE BY")
        yield from table(head, _rows(shown[:MOST], zone), right=(4,))
    if len(shown) > MOST:
        yield f"and {len(shown) - MOST:,} more: --json has all of them"


def _rows(late: Sequence[TicketLine], zone: str) -> list[tuple[str, ...]]:
    from reports.format import PLAIN, clean, instant, short

    def at(when: Ms | None, missing: str) -> str:
        return missing if when is None else instant(when, zone, PLAIN)

    return [
        (
            clean(each.ticket),
            clean(each.key),
            at(each.due, "-"),
            at(each.end, "not yet"),
            short(each.delay, PLAIN),
        )
        for each in late
    ]
