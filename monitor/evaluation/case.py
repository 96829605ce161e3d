"""An agreement, a period and files become the `Case` that the engine settles.

What a file does not mention was up and was seen. Everything wrong with the files is told at once; only then
is anything settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from monitor.agreements.evidence import SERVICE, Evidence, Recorded
from monitor.agreements.grid import edges
from monitor.agreements.history import without_holes
from monitor.agreements.metrics import is_value
from monitor.agreements.pipeline import Case, FeeLine, History
from monitor.agreements.terms import Terms as Promise
from monitor.config.known import CLASSES
from monitor.config.plan import Agreement, Plan, Service, Terms, fees_of
from monitor.core.cycles import named
from monitor.core.intervals import DAY, Ms, Span, Spans, intersect, normalise
from monitor.core.periods import Period, local
from monitor.core.services import ServiceTimeline
from monitor.core.windows import Window, occurrences
from monitor.errors import ConfigError
from monitor.evaluation import kinds
from monitor.evaluation.kinds import Asked
from monitor.evaluation.tables import FileRefused, Problems
from monitor.evaluation.tickets import tickets
from monitor.records import dataclass

Timeline = ServiceTimeline | Recorded

CONFIRMED = (
    "outage.confirmed_by counts failing checks one by one, and a file of outages has none: take it out, or "
    'measure slots with slot = "probe"'
)

YEARS_BEFORE, YEARS_AFTER = 2, 3

AROUND: Ms = 400 * DAY
"""Recurring windows and hours are looked at so far around a period: a yearly allowance reaches back."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files given on the command line; `evidence` by promise, "" for all that name none of their own."""

    evidence: Mapping[str, Sequence[Path]]
    windows: Sequence[Path] = ()
    history: Sequence[Path] = ()
    bills: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the agreement, its terms and period, and the instant up to which it is known.

    `parts` are the terms of each part of the period, in order, with what is in force of it: one, unless an
    amendment splits the period.
    """

    plan: Plan
    agreement: Agreement
    terms: Terms
    period: Period
    as_of: Ms
    parts: tuple[tuple[Terms, Spans], ...]

    @property
    def service(self) -> Service:
        return self.plan.services[self.agreement.service]

    @property
    def names(self) -> tuple[str, ...]:
        """The promises that a file of evidence may be given for."""
        return tuple(dict.fromkeys(name for terms, _ in self.parts for name, _ in terms.terms.promises))

    @property
    def promises(self) -> dict[str, Promise]:
        """The terms of each promise by its name in the answer."""
        return {
            self.called(name, terms): each for terms, _ in self.parts for name, each in terms.terms.promises
        }

    @property
    def beside(self) -> tuple[str, ...]:
        """Agreements whose credit is not added to this one's: only one of them is paid."""
        return tuple(
            f"the credit of agreement.{name} for the same period is not added: the more favourable applies"
            for name in self.agreement.not_with
        )

    def called(self, promise: str, terms: Terms) -> str:
        """A promise's name in the answer: with its first day, where the period has several parts."""
        return promise if len(self.parts) == 1 else f"{promise} from {terms.start}"


def question(plan: Plan, agreement: str, label: str, as_of: Ms | None) -> Question:
    """The agreement's period by its name; ConfigError where there is no such agreement or period."""
    found = plan.agreements.get(agreement)
    if found is None:
        known = ", ".join(plan.agreements) or "none"
        raise ConfigError(f'there is no agreement "{agreement}": the configuration has {known}')
    try:
        terms, period = found.settled_by(label)
    except ValueError as error:
        raise ConfigError(f"--period: {error}") from None
    parts = found.parts(period)
    if not parts:
        raise ConfigError(f"--period: agreement.{agreement} is not in force in {label}")
    until = period.span.end if as_of is None else as_of
    return Question(plan, found, terms, period, until, parts)


def cases(asked: Question, files: Files) -> tuple[Case, ...]:
    """The case of each part of the period; FileRefused with every problem of every file."""
    problems = Problems()
    windows = _windows(asked, files, problems)
    evidence = [
        {
            asked.called(name, terms): _evidence(asked, each, files, name, windows, problems)
            for name, each in terms.terms.promises
        }
        for terms, _ in asked.parts
    ]
    history = _history(asked, files, problems)
    bills = _bills(asked, files, problems)
    problems.raise_any()
    return tuple(
        _case(asked, terms, spans, apart, history, bills)
        for (terms, spans), apart in zip(asked.parts, evidence, strict=True)
    )


def _case(
    asked: Question,
    terms: Terms,
    in_force: Spans,
    apart: Mapping[str, Evidence],
    history: History,
    bills: Mapping[str, tuple[FeeLine, ...]],
) -> Case:
    contract, agreement = terms.contract, asked.agreement
    named_ = tuple((asked.called(name, terms), clause) for name, clause in contract.promises)
    return Case(
        contract=replace(contract, promises=named_),
        period=asked.period,
        in_force=in_force,
        evidence=next(iter(apart.values())),
        fees=fees_of(agreement, terms, asked.period, bills=bills, in_force=in_force),
        as_of=asked.as_of,
        history=history,
        calendars=asked.plan.calendars_for(*_years(asked, apart.values())),
        apart=apart,
        first=agreement.first,
        billing_day=agreement.billing_day,
        zone=agreement.zone,
    )


def _years(asked: Question, evidence: Iterable[Evidence]) -> tuple[int, int]:
    """The first and the last year whose holidays may be asked for: a few around all that the files tell."""
    period = asked.period.span
    told = [at for each in evidence for at in _instants(each)]
    first, last = min([period.start, *told]), max([period.end, asked.as_of, *told])
    return local(first, "UTC").year - YEARS_BEFORE, local(last, "UTC").year + YEARS_AFTER


def _instants(evidence: Evidence) -> Iterator[Ms]:
    """Those from which business time may be counted."""
    for event in evidence.events:
        yield from (at for at in (event.started, event.finished, event.due) if at is not None)
    for ticket in evidence.tickets:
        yield from (event.at for event in ticket.events)
    for window in evidence.windows:
        yield from (window.span.start, window.recorded)
    for resource in evidence.resources.values():
        if isinstance(resource, Recorded):
            yield from (row.span.start for row in resource.rows)


def _evidence(
    asked: Question, terms: Promise, files: Files, name: str, windows: tuple[Window, ...], problems: Problems
) -> Evidence:
    """The evidence of one promise: from the files that name it, else from those that name none."""
    paths = files.evidence.get(name) or files.evidence.get("", ())
    service = asked.service
    only = tuple(dict.fromkeys(column for column, _ in (*terms.measure.only, *terms.outage.only)))
    who = Asked(asked.as_of, tuple(service.resources), _required(terms), only)
    whole = Span(asked.period.span.start - AROUND, max(asked.period.span.end, asked.as_of) + AROUND)
    life = {resource: _life(service, resource, whole) for resource in service.resources or (SERVICE,)}
    labels = {resource: each.labels for resource, each in service.resources.items()}
    evidence = Evidence({}, windows, labels=labels, life=life)
    if terms.outage.confirmed_by is not None and terms.measure.evidence == "outages":
        for path in paths:
            problems.add(path.name, CONFIRMED)
    if not paths:
        problems.add("--evidence", f'promise "{name}" has no file: write --evidence {name}=FILE')
    if terms.measure.evidence == "tickets":
        by = terms.measure.tickets.by if terms.measure.tickets and _by_value(terms) else ""
        evidence = replace(evidence, tickets=tickets(paths, who, problems, by=by))
        return _all_resources(evidence, terms, asked, whole, life)
    for path in paths:
        evidence = _read(evidence, asked, terms, path, who, problems)
    return _all_resources(evidence, terms, asked, whole, life)


def _by_value(terms: Promise) -> bool:
    """Whether the time of a ticket hangs on a column."""
    within = terms.measure.within
    return isinstance(within, tuple) and any(value for value, _ in within)


def _read(
    evidence: Evidence, asked: Question, terms: Promise, path: Path, who: Asked, problems: Problems
) -> Evidence:
    measure = terms.measure
    if measure.evidence == "outages":
        seen = kinds.outages(path, who, problems)
        found = {name: Recorded((), each.rows, normalise(each.unseen)) for name, each in seen.items()}
        return replace(evidence, resources=_merged(evidence.resources, found))
    if measure.evidence == "slots":
        slot, zone = measure.slot, asked.period.zone

        free = measure.as_ == "total" or not isinstance(slot, int)
        edge = _anywhere if free else _Edges(slot, zone).hold  # type: ignore[arg-type]
        rows = kinds.slots(path, who, problems, edge=edge, slot=None if free else slot)  # type: ignore[arg-type]
        return replace(evidence, slots=(*evidence.slots, *rows))
    if measure.evidence == "metrics":
        return replace(evidence, samples=(*evidence.samples, *kinds.metrics(path, who, problems)))
    due = measure.within == "due"
    events = kinds.events(path, who, problems, due_needed=due)
    return replace(evidence, events=(*evidence.events, *events))


def _anywhere(at: Ms) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Edges:
    """Where slots begin, worked out for one UTC day at a time."""

    slot: Ms
    zone: str
    days: dict[int, frozenset[Ms]] = field(default_factory=dict)

    def hold(self, at: Ms) -> bool:
        day = at // DAY
        if day not in self.days:
            self.days[day] = frozenset(edges(Span(day * DAY, (day + 1) * DAY), self.slot, self.zone))
        return at in self.days[day]


def _merged(known: Mapping[str, Timeline], found: Mapping[str, Recorded]) -> dict[str, Timeline]:
    merged = dict(known)
    for name, each in found.items():
        had = merged.get(name)
        if isinstance(had, Recorded):
            rows = tuple(sorted((*had.rows, *each.rows), key=lambda row: row.span))
            each = Recorded((), rows, normalise((*had.unseen, *each.unseen)))
        merged[name] = each
    return merged


def _all_resources(
    evidence: Evidence, terms: Promise, asked: Question, whole: Span, life: Mapping[str, Spans]
) -> Evidence:
    """Every resource of the service with its life; those that a file names where the service names none.

    One that does not exist in the period has no time down or up, and no figure.
    """
    if asked.service.resources:
        names = list(asked.service.resources)
    else:
        names = [*evidence.resources, *dict.fromkeys(_named(evidence))] or [SERVICE]
    lives = {name: life.get(name, (whole,)) for name in names}
    if terms.measure.evidence != "outages":
        return replace(evidence, resources={}, life=lives)
    known, period = evidence.resources, asked.period.span
    there = [name for name in names if intersect(lives[name], (period,))] or names
    recorded = {name: _living(known.get(name), lives[name]) for name in there}
    return replace(evidence, resources=recorded, life=lives)


def _named(evidence: Evidence) -> Iterator[str]:
    """The resources of rows that are not outages."""
    yield from (row.resource for row in evidence.slots)
    yield from (row.resource for row in evidence.samples)
    yield from (row.resource for row in evidence.events)
    yield from (ticket.resource or SERVICE for ticket in evidence.tickets)


def _living(known: Timeline | None, life: Spans) -> Recorded:
    return replace(known, life=life) if isinstance(known, Recorded) else Recorded(life)


def _life(service: Service, resource: str, whole: Span) -> Spans:
    known = service.resources.get(resource)
    if known is None:
        return (whole,)
    start, end = known.life
    first = whole.start if start is None else start
    last = whole.end if end is None else end
    return (Span(first, last),) if first < last else ()


def _required(terms: Promise) -> dict[str, str]:
    """Columns that every outage must fill, and why."""
    outage = terms.outage
    required: dict[str, str] = {}
    if terms.measure.weighted_by or outage.affecting:
        why = "the agreement counts outages by how many were affected"
        required |= {"affected": why, "population": why}
    column = {"reported": "reported", "detected": "detected", "last success": "last_good"}.get(outage.starts)
    if column:
        required[column] = f'outage.starts = "{outage.starts}" counts from it'
    if outage.ends == "ticket closed":
        required["ticket_closed"] = 'outage.ends = "ticket closed" counts to it'
    return required


def _windows(asked: Question, files: Files, problems: Problems) -> tuple[Window, ...]:
    services = tuple(asked.plan.services)
    own = asked.service.id
    known: dict[str, None] = dict.fromkeys(asked.service.resources)
    if known:
        known |= dict.fromkeys(name for each in asked.plan.services.values() for name in each.resources)
    given = [
        window
        for path in files.windows
        for window in kinds.windows(path, own, services, problems, CLASSES, tuple(known))
    ]
    return (*_written(asked), *given)


def _written(asked: Question) -> list[Window]:
    """Maintenance and exclusions of the configuration; what they state as announced is taken as given."""
    span = Span(asked.period.span.start - AROUND, max(asked.period.span.end, asked.as_of) + AROUND)
    own = asked.service.id
    out: list[Window] = []
    for planned in asked.plan.maintenance.values():
        if own not in planned.services:
            continue
        out.extend(planned.window(at) for at in occurrences(planned.rule, span))
    out.extend(each.window for each in asked.plan.exclusions.values() if own in each.services)
    return out


def _history(asked: Question, files: Files, problems: Problems) -> History:
    """The rows before the period, with one that knows nothing for each period they leave out."""

    def span_of(label: str) -> Span:
        return asked.agreement.settled_by(label)[1].span

    names = asked.names
    metrics = {
        name for terms, _ in asked.parts for name, each in terms.terms.promises if is_value(each.measure)
    }
    known: kinds.Told = {}
    rows = tuple(
        past
        for path in files.history
        for past in kinds.history(
            path, problems, span_of=span_of, promises=names, metrics=metrics, known=known
        )
    )
    return without_holes(rows, asked.terms.cycle, asked.period, names)


def _bills(asked: Question, files: Files, problems: Problems) -> dict[str, tuple[FeeLine, ...]]:
    cycle = asked.terms.cycle
    billed: dict[str, tuple[FeeLine, ...]] = {}

    def span_of(label: str) -> Span:
        return named(cycle, label).span

    for path in files.bills:
        for label, line in kinds.bills(path, problems, span_of=span_of, currency=asked.agreement.currency):
            name = named(cycle, label).label
            billed[name] = (*billed.get(name, ()), line)
    return billed


__all__ = ["FileRefused", "Files", "Question", "cases", "question"]
