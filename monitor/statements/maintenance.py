"""Maintenance in the journal: recorded and cancelled as events, read back as windows by a pure projection.

Notice counts from the instant of the event. A window of the file is recorded by the first load that holds
it; a changed one is a new record, and the old one ends there; one that is gone from the file is cancelled.
What was announced earlier is kept as stated, and counts, as does a window recorded after it began, once a
second person approved it on evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from monitor.config.plan import Maintenance
from monitor.core.intervals import Ms, Span
from monitor.core.periods import local
from monitor.core.windows import OneOff, Recurrence, Recurring, Window, occurrences
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.statements.approvals import APPROVED, approvals
from monitor.store.protocol import Event, NewEvent, Seq

RECORDED = "maintenance.recorded"
CANCELLED = "maintenance.cancelled"
KINDS = frozenset({RECORDED, CANCELLED})
APPROVABLE = KINDS | {APPROVED}


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded window, one-off or recurring, until it was replaced or cancelled at `ended`.

    `number` counts the records of one id: what was `replaced` and what replaced it stay apart. `announced` is
    what is stated of its announcement: an instant, or for one that comes again so many ms ahead of each.
    """

    id: str
    number: int
    title: str
    services: tuple[str, ...]
    rule: Recurrence
    recorded: Ms
    author: str
    origin: str
    ended: Ms | None = None
    reason: str = ""
    replaced: bool = False
    emergency: bool = False
    resources: tuple[str, ...] = ()
    seq: Seq = 0
    announced: tuple[Ms | None, Ms | None] = (None, None)
    evidence: str = ""

    @property
    def what(self) -> str:
        """Its class, as agreements exclude it."""
        return "emergency maintenance" if self.emergency else "scheduled maintenance"

    @property
    def taken_back(self) -> bool:
        """Whether it was cancelled and recorded when it was over already: then there never was one."""
        over = isinstance(self.rule, OneOff) and self.recorded >= self.rule.span.end
        return over and self.ended is not None

    def stated(self, start: Ms) -> Ms | None:
        """When a window that begins at `start` is said to have been announced; None where nobody says."""
        at, ahead = self.announced
        return at if ahead is None else start - ahead

    def counts_from(self, start: Ms, *, approved: bool) -> Ms:
        """From when the notice of a window counts: its record, or what was approved instead."""
        if not approved:
            return self.recorded
        stated = self.stated(start)
        return min(self.recorded, start if stated is None else stated)


def declared(
    id: str,
    title: str,
    services: Sequence[str],
    rule: Recurrence,
    author: str,
    at: Ms,
    *,
    origin: str = "command",
    emergency: bool = False,
    resources: Sequence[str] = (),
    stated: Mapping[str, object] | None = None,
    evidence: str = "",
) -> NewEvent:
    """The event that records a window; `stated` is what is said of its announcement, `evidence` shows it."""
    body: dict[str, object] = {
        "title": title, "services": sorted(services), "rule": _written(rule), "origin": origin,
    }  # fmt: skip
    if emergency:
        body["emergency"] = True
    if resources:
        body["resources"] = sorted(resources)
    if evidence:
        body["evidence"] = evidence
    body |= stated or {}
    return NewEvent(at, RECORDED, id, author, body=body)


def cancelled(id: str, author: str, at: Ms, reason: str = "") -> NewEvent:
    """The event that cancels a window from `at` on."""
    return NewEvent(at, CANCELLED, id, author, reason)


def records(events: Iterable[Event]) -> tuple[Record, ...]:
    """Every record in the order of the journal; a later event on one subject ends the record before it."""
    out: list[Record] = []
    current: dict[str, int] = {}
    numbers: Counter[str] = Counter()
    for event in events:
        if event.kind not in KINDS:
            continue
        place = current.pop(event.subject, None)
        if place is not None:
            again = event.kind == RECORDED
            out[place] = replace(out[place], ended=event.at, reason=event.reason, replaced=again)
        if event.kind == RECORDED:
            current[event.subject] = len(out)
            numbers[event.subject] += 1
            out.append(_record(event, numbers[event.subject]))
    return tuple(out)


def windows(events: Iterable[Event], span: Span) -> tuple[Window, ...]:
    """The occurrences that overlap `span`, by start; one cancelled before its start is none."""
    known = list(events)
    by_another = approvals(known)
    found = [
        window
        for record in records(known)
        for window in _windows(record, span, approved=record.seq in by_another)
    ]
    return tuple(sorted(found, key=lambda window: (window.span.start, window.id)))


def called_off(events: Iterable[Event], span: Span) -> tuple[Window, ...]:
    """The windows in `span` that were cancelled before they began; of a recurring one, the first of them.

    They excuse nothing and are in no evaluation, nor are those taken back, which are among them. A replaced
    record is not: its successor stands.
    """
    off = [record for record in records(events) if record.ended is not None and not record.replaced]
    found = [window for record in off if (window := _called_off(record, span))]
    return tuple(sorted(found, key=lambda window: (window.span.start, window.id)))


def _called_off(record: Record, span: Span) -> Window | None:
    ended = span.start if record.ended is None else record.ended
    if record.taken_back and isinstance(record.rule, OneOff):
        one = record.rule.span
        return _window(record, one, one.start, record.recorded) if one.clip(span) else None
    ahead = Span(min(max(span.start, ended), span.end), span.end)
    planned = occurrences(record.rule, ahead)
    return next((_window(record, one, ended, record.recorded) for one in planned if one.start >= ended), None)


def changes(
    planned: Mapping[str, Maintenance], events: Iterable[Event], author: str, at: Ms
) -> tuple[NewEvent, ...]:
    """The events that bring the journal to what the file says: recorded anew, changed, gone."""
    standing = {r.id: r for r in records(events) if r.ended is None}
    new = [
        _declared(entry, author, at) for entry in planned.values() if not _same(entry, standing.get(entry.id))
    ]
    gone = [
        cancelled(id, author, at, "no longer in the configuration")
        for id, record in standing.items()
        if record.origin == "file" and id not in planned
    ]
    return (*new, *gone)


def _declared(entry: Maintenance, author: str, at: Ms) -> NewEvent:
    stated = {"announced": entry.announced, "announced_ahead": entry.ahead}
    return declared(
        entry.id,
        entry.title,
        entry.services,
        entry.rule,
        author,
        at,
        origin="file",
        emergency=entry.emergency,
        resources=entry.resources,
        stated={key: value for key, value in stated.items() if value is not None},
    )


def _same(entry: Maintenance, record: Record | None) -> bool:
    """Whether the record is of the same window; an announcement that is stated otherwise makes no new one."""
    return record is not None and (
        tuple(sorted(entry.services)), entry.rule, entry.emergency, tuple(sorted(entry.resources)),
    ) == (record.services, record.rule, record.emergency, record.resources)  # fmt: skip


def _windows(record: Record, span: Span, *, approved: bool) -> Iterator[Window]:
    for occurrence in _occurrences(record, span):
        ended = record.ended
        if record.taken_back or (ended is not None and ended <= occurrence.start):
            continue
        yield _window(
            record,
            occurrence,
            None if ended is None or ended >= occurrence.end else ended,
            record.counts_from(occurrence.start, approved=approved),
            waits=not approved and record.recorded > occurrence.start,
        )


def _window(
    record: Record, occurrence: Span, cancelled: Ms | None, recorded: Ms, *, waits: bool = False
) -> Window:
    return Window(
        id=_occurrence_id(record, occurrence),
        title=record.title,
        services=frozenset(record.services),
        span=occurrence,
        recorded=recorded,
        author=record.author,
        cancelled=cancelled,
        reason="" if cancelled is None else record.reason,
        what=record.what,
        resources=frozenset(record.resources) or None,
        waits=waits,
    )


def _occurrences(record: Record, span: Span) -> Iterator[Span]:
    """Those of a recurring record begin with the one that ran, or came next, when it was recorded."""
    if isinstance(record.rule, Recurring):
        start = max(span.start, record.recorded)
        end = span.end if record.ended is None else min(span.end, record.ended)
        span = Span(start, max(start, end))
    try:
        yield from occurrences(record.rule, span)
    except ValueError as error:
        raise EvidenceRefused(f"the recorded window {record.id} cannot be laid out: {error}") from error


def _occurrence_id(record: Record, occurrence: Span) -> str:
    name = record.id if record.number == 1 else f"{record.id} (record {record.number})"
    if isinstance(record.rule, OneOff):
        return name
    return f"{name} {local(occurrence.start, record.rule.zone):%Y-%m-%d %H:%M}"


def _written(rule: Recurrence) -> dict[str, object]:
    if isinstance(rule, OneOff):
        return {"start": rule.span.start, "end": rule.span.end}
    return {"cron": rule.cron, "lasting": rule.lasting, "zone": rule.zone}


def _record(event: Event, number: int) -> Record:
    body = event.body
    try:
        return Record(
            id=event.subject,
            number=number,
            title=str(body["title"]),
            services=tuple(str(service) for service in _list(body["services"])),
            rule=_rule(body["rule"]),
            recorded=event.at,
            author=event.author,
            origin=str(body["origin"]),
            emergency=bool(body.get("emergency", False)),
            resources=tuple(str(name) for name in _list(body.get("resources", []))),
            seq=event.seq,
            announced=(_whole(body.get("announced")), _whole(body.get("announced_ahead"))),
            evidence=str(body.get("evidence", "")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceRefused(
            f"journal entry {event.seq} ({event.kind} {event.subject}) cannot be read: {error!r}"
        ) from error


def _whole(value: object) -> Ms | None:
    return None if value is None else int(str(value))


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {value!r}")
    return value


def _rule(value: object) -> Recurrence:
    if not isinstance(value, dict):
        raise TypeError(f"a rule was expected, not {value!r}")
    if "cron" in value:
        return Recurring(str(value["cron"]), int(value["lasting"]), str(value["zone"]))
    return OneOff(Span(int(value["start"]), int(value["end"])))
