"""Rows become evidence: one reader for each kind of file, in the columns of the agreement language.

What a row lacks, contradicts or repeats is said by its line; a row with a problem is no evidence, and then
nothing is settled. Columns that no reader knows are kept, since `only` may ask for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from pathlib import Path

from monitor.agreements.evidence import SERVICE, EventRow, OutageRow, Sample, SlotRow
from monitor.agreements.pipeline import FeeLine, Past
from monitor.agreements.words import duration
from monitor.core.intervals import DAY, HOUR, Ms, Span
from monitor.core.money import Money
from monitor.core.numbers import parse_amount, parse_number, parse_share
from monitor.core.windows import Window
from monitor.evaluation.tables import Problems, Record, moment, number, quoted, records, signed, whole
from monitor.records import dataclass

Told = dict[tuple[object, ...], str]
"""Where a row that may stand only once does stand, by what names it."""

UNOBSERVED = "unobserved"

OUTAGES = (
    "start", "end", "resource", "affected", "population", "class", "announced", "reported", "detected",
    "last_good", "ticket_closed", "id",
)  # fmt: skip
SLOTS = ("start", "good", "total", "resource", "end")
METRICS = ("start", "value", "metric", "resource", "weight")
EVENTS = ("id", "started", "finished", "due", "priority", "resource", "count")
WINDOWS = ("start", "end", "class", "announced", "services", "resource", "id", "title", "reason", "author")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the readers must know of the promise: its resources, where evidence ends, what its terms require.

    `resources` are those of the service, or none where it names none. `required` maps a column to why every
    outage must fill it. `only` are the columns by which rows are chosen: a file without them is refused,
    since it would leave nothing to look at. `told` remembers the rows that stand once in all files together.
    """

    as_of: Ms
    resources: tuple[str, ...] = ()
    required: Mapping[str, str] | None = None
    only: tuple[str, ...] = ()
    told: Told = field(default_factory=dict)

    def resource(self, record: Record) -> str | None:
        """The row's resource; None where it is wrong."""
        name = record.text("resource")
        if not self.resources:
            return name or SERVICE
        if name in self.resources:
            return name
        if not name and len(self.resources) == 1:
            return self.resources[0]
        listed = ", ".join(self.resources)
        what = f"{quoted(name)} is no resource of the service" if name else "is empty"
        record.wrong("resource", f"{what}; the service has {listed}")
        return None


@dataclass(frozen=True, slots=True)
class Seen:
    """What an outages file says of one resource."""

    rows: tuple[OutageRow, ...]
    unseen: tuple[Span, ...]


def outages(path: Path, asked: Asked, problems: Problems) -> dict[str, Seen]:
    """The rows of each resource that the file names, in order of time."""
    rows: dict[str, list[OutageRow]] = {}
    unseen: dict[str, list[Span]] = {}
    filled: dict[tuple[str, str], set[str]] = {}
    named: dict[tuple[str, str], str] = {}
    for record in records(path, ("start", "end", *asked.only), problems):
        span, still_open = _span(record, asked.as_of)
        resource = asked.resource(record)
        row = _outage(record, span, still_open=still_open) if span else None
        if span is None or resource is None or row is None:
            continue
        if row.what == UNOBSERVED:
            unseen.setdefault(resource, []).append(span)
            continue
        rows.setdefault(resource, []).append(row)
        key = (resource, row.id or record.where)
        named.setdefault(key, record.where)
        filled.setdefault(key, set()).update(_filled(record))
    _must_be_filled(asked.required or {}, filled, named, problems)
    return {
        resource: Seen(_in_order(rows.get(resource, ())), tuple(sorted(unseen.get(resource, ()))))
        for resource in [*rows, *(name for name in unseen if name not in rows)]
    }


def _in_order(rows: Iterable[OutageRow]) -> tuple[OutageRow, ...]:
    return tuple(sorted(rows, key=lambda row: row.span))


def _filled(record: Record) -> set[str]:
    """The columns that tell something; what is still open has a ticket that nobody has closed."""
    told = {column for column in OUTAGES if record.text(column)}
    return told if "end" in told else told | {"ticket_closed"}


def _must_be_filled(
    required: Mapping[str, str],
    filled: Mapping[tuple[str, str], set[str]],
    named: Mapping[tuple[str, str], str],
    problems: Problems,
) -> None:
    for key, columns in filled.items():
        for column, why in required.items():
            if column not in columns:
                problems.add(named[key], f"{column}: is empty; {why}")


def _span(record: Record, as_of: Ms) -> tuple[Span | None, bool]:
    """The row's span; without an end it is open, and runs to `as_of`."""
    start = record.read("start", moment, needed="write when it began")
    end = record.read("end", moment)
    if start is None or (end is None and record.text("end")):
        return None, False
    if end is None:
        return Span(start, max(start, as_of)), True
    if end < start:
        record.wrong("end", f"{record.text('end')} is before the start, {record.text('start')}")
        return None, False
    return Span(start, end), False


def _outage(record: Record, span: Span, *, still_open: bool) -> OutageRow | None:
    before = len(record.problems.found)
    row = OutageRow(
        span=span,
        id=record.text("id"),
        affected=_affected(record),
        what=record.text("class"),
        announced=record.read("announced", moment),
        reported=record.read("reported", moment),
        detected=record.read("detected", moment),
        last_good=record.read("last_good", moment),
        ticket_closed=record.read("ticket_closed", moment),
        columns={**record.others(OUTAGES), "class": record.text("class")},
        open=still_open,
    )
    return row if len(record.problems.found) == before else None


def _affected(record: Record) -> Fraction | None:
    affected, population = record.read("affected", number), record.read("population", number)
    if affected is None or population is None:
        return None
    if not population:
        record.wrong("population", "is 0: nobody could be affected")
        return None
    if affected > population:
        record.wrong("affected", f"{affected} of a population of {population} cannot be")
        return None
    return affected / population


def slots(
    path: Path, asked: Asked, problems: Problems, *, edge: Callable[[Ms], bool], slot: Ms | None = None
) -> list[SlotRow]:
    """The counts of each slot. `edge` says whether an instant may start a slot.

    `slot` is how long one is, in ms (None: any time): a row that says its end must be as long.
    """
    rows: list[SlotRow] = []
    for record in records(path, (*SLOTS[:3], *asked.only), problems):
        start = record.read("start", moment, needed="write when the slot began")
        good = record.read("good", number, needed="write 0 where nothing was good")
        total = record.read("total", number, needed="write 0 where nothing was asked")
        resource = asked.resource(record)
        if start is None or good is None or total is None or resource is None:
            continue
        if good > total:
            record.wrong("good", f"{record.text('good')} good of {record.text('total')} cannot be")
        elif not edge(start):
            record.wrong("start", f"{record.text('start')} is not where a slot begins")
        elif slot is None or _as_long(record, start, slot):
            columns = record.others(SLOTS)
            if _is_new((start, resource, *columns.values()), asked.told, record, "this slot"):
                rows.append(SlotRow(start, good, total, resource, columns))
    return sorted(rows, key=lambda row: row.start)


def _as_long(record: Record, start: Ms, slot: Ms) -> bool:
    """Whether a row that says its end is one slot; days and weeks may have an hour more or less."""
    end = record.read("end", moment)
    if end is None:
        return not record.text("end")
    if abs(end - start - slot) <= (HOUR if slot >= DAY else 0):
        return True
    lasts = duration(end - start) if end > start else "no time"
    record.wrong("end", f"the row has {lasts}, and a slot has {duration(slot)}: write a row for each slot")
    return False


def _is_new(key: tuple[object, ...], known: Told, record: Record, noun: str) -> bool:
    if key in known:
        record.problems.add(record.where, f"{noun} stands in {known[key]} already")
        return False
    known[key] = record.where
    return True


def metrics(path: Path, asked: Asked, problems: Problems) -> list[Sample]:
    """The samples of a metric; a file without a `metric` column holds only the one that is asked for."""
    rows: list[Sample] = []
    for record in records(path, (*METRICS[:2], *asked.only), problems):
        start = record.read("start", moment, needed="write when it was measured")
        value = record.read("value", signed, needed="write the sample, or leave the row out")
        weight = record.read("weight", number)
        resource = asked.resource(record)
        if start is None or value is None or resource is None or (weight is None and record.text("weight")):
            continue
        heavy = Fraction(1) if weight is None else weight
        rows.append(Sample(start, value, resource, heavy, record.text("metric"), record.others(METRICS)))
    return sorted(rows, key=lambda row: row.start)


def events(path: Path, asked: Asked, problems: Problems, *, due_needed: bool) -> list[EventRow]:
    """Events with their deadlines; an id stands once."""
    rows: list[EventRow] = []
    for record in records(path, (*EVENTS[:3], *asked.only), problems):
        id = record.text("id")
        if not id:
            record.wrong("id", "is empty; give every event a name of its own")
        started = record.read("started", moment, needed="write when the clock began")
        finished = record.read("finished", moment)
        due = record.read("due", moment, needed='write by when, as within = "due" asks' if due_needed else "")
        count = record.read("count", whole)
        resource = asked.resource(record)
        if started is None or resource is None or not id:
            continue
        if not _is_new((id,), asked.told, record, f"event {id}"):
            continue
        if finished is not None and finished < started:
            record.wrong("finished", f"{record.text('finished')} is before it started")
            continue
        others = record.others(EVENTS)
        priority = record.text("priority")
        columns = {**others, "priority": priority}
        times = 1 if count is None else count
        rows.append(EventRow(id, started, finished, due, priority, resource, times, columns))
    return sorted(rows, key=lambda row: row.started)


def windows(
    path: Path,
    service: str,
    services: Collection[str],
    problems: Problems,
    classes: Collection[str],
    resources: Collection[str] = (),
) -> Iterator[Window]:
    """Maintenance and exclusions that concern the service; a row without `services` concerns it too.

    `resources` are those that a row may name; none where the service has none of its own.
    """
    for number_, record in enumerate(records(path, ("start", "end", "class", "announced"), problems), 1):
        start = record.read("start", moment, needed="write when it begins")
        end = record.read("end", moment, needed="write when it ends")
        announced = record.read("announced", moment)
        what, only = record.text("class"), record.text("resource")
        concerned = _concerned(record, services)
        if only and resources and only not in resources:
            listed = ", ".join(resources)
            record.wrong("resource", f"{quoted(only)} is no resource of the service; it has {listed}")
        if what not in classes and not what.startswith("other:"):
            record.wrong(
                "class", f'{quoted(what)} is no class: write one of {", ".join(classes)}, or "other:…"'
            )
        elif what == "scheduled maintenance" and announced is None and not record.text("announced"):
            record.wrong("announced", "is empty; the notice of scheduled maintenance counts from it")
        elif start is not None and end is not None and end <= start:
            record.wrong("end", f"{record.text('end')} is not after the start")
        elif start is not None and end is not None and (not concerned or service in concerned):
            yield Window(
                id=record.text("id") or f"{path.stem} row {number_}",
                title=record.text("title"),
                services=frozenset({service}),
                span=Span(start, end),
                recorded=start if announced is None else announced,
                author=record.text("author"),
                reason=record.text("reason"),
                what=what,
                resources=frozenset({only}) if only else None,
                after_the_fact=announced is None,
            )


def _concerned(record: Record, services: Collection[str]) -> set[str]:
    named = {part.strip() for part in record.text("services").replace(";", " ").split() if part.strip()}
    for name in sorted(named - set(services)):
        record.wrong("services", f"{quoted(name)} is no service of the configuration")
    return named


def history(
    path: Path,
    problems: Problems,
    *,
    span_of: Callable[[str], Span],
    promises: Sequence[str],
    metrics: Collection[str] = (),
    known: Told | None = None,
) -> Iterator[Past]:
    """Earlier periods, oldest first; `span_of` reads a period's label. ValueErrors of it are problems.

    `metrics` are the promises whose figure is a number; a row that names none is of them where all are.
    """
    last: Ms | None = None
    told = {} if known is None else known
    for record in records(path, ("period", "met"), problems):
        span = record.read("period", span_of, needed="write which, as in 2026-04")
        met = record.read("met", _answer)
        promise = record.text("promise")
        if promise and promise not in promises:
            record.wrong("promise", f"{quoted(promise)} is none of {', '.join(promises)}")
        of_metric = promise in metrics if promise else bool(metrics) and set(promises) <= set(metrics)
        figure = record.read("figure", _value if of_metric else _figure)
        counts = {name: record.read(name, whole) or 0 for name in ("windows", "outages", "misses")}
        if span is None:
            continue
        if last is not None and span.start < last:
            record.wrong(
                "period", f"{record.text('period')} stands after a later one: write the oldest first"
            )
        last = span.start
        if not _is_new((span, promise), told, record, f"period {record.text('period')}"):
            continue
        yield Past(
            period=record.text("period"),
            met=met,
            figure=figure,
            down=_ms(record, "downtime_s"),
            excused=_ms(record, "excused_s"),
            points=record.read("points", number) or Fraction(0),
            credit=record.read("credit", _credit),
            promise=promise,
            span=span,
            **counts,
        )


def _ms(record: Record, column: str) -> Ms:
    seconds = record.read(column, number)
    return 0 if seconds is None else int(seconds * 1_000)


def _answer(text: str) -> bool:
    known = {"true": True, "yes": True, "false": False, "no": False}
    if text.lower() not in known:
        raise ValueError(f'{quoted(text)} is neither "true" nor "false"; leave it empty where nobody knows')
    return known[text.lower()]


def _value(text: str) -> Fraction:
    """What a metric came to: a number, or the fraction that an answer gives."""
    above, slash, below = text.removesuffix("%").partition("/")
    if not slash:
        return signed(above.strip())
    divisor = parse_number(below.strip())
    if not divisor:
        raise ValueError(f"{quoted(text)} divides by 0")
    return signed(above.strip()) / divisor


def _figure(text: str) -> Fraction:
    """A share as a fraction or with its sign; a bare number up to 1 is a fraction too."""
    written = "%" in text or "/" in text
    value = parse_share(text) if written else parse_number(text)
    if value > 1 and written:
        raise ValueError(f"{quoted(text)} is more than everything: write a share up to 100%")
    if value > 1:
        raise ValueError(f'{quoted(text)} is more than everything: write "{text}%"')
    return value


def _credit(text: str) -> Fraction:
    amount, _, _ = text.partition(" ")
    return parse_number(amount)


def bills(
    path: Path, problems: Problems, *, span_of: Callable[[str], Span], currency: str
) -> Iterator[tuple[str, FeeLine]]:
    """What was really billed: (period, line)."""
    for record in records(path, ("period", "amount"), problems):
        span = record.read("period", span_of, needed="write which, as in 2026-04")
        amount = record.read(
            "amount", lambda text: parse_amount(text, currency), needed="write what was billed"
        )
        if span is not None and amount is not None:
            item, resource = record.text("item"), record.text("resource")
            line = FeeLine(item or resource, span, Money(amount, currency), resource=resource)
            yield record.text("period"), line
