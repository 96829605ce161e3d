"""What was observed, as an evaluation sees it: values only, whoever brought them (the monitor, or a file).

Evidence reaches beyond the period, since duration rules ask about whole outages. Instants are UTC ms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from fractions import Fraction

from monitor.core.intervals import Ms, Span, Spans
from monitor.core.services import ServiceTimeline
from monitor.core.tickets import Ticket
from monitor.core.windows import Window
from monitor.records import dataclass

SERVICE = "service"
"""The name of the one resource of a service that names none."""


@dataclass(frozen=True, slots=True)
class OutageRow:
    """One row of an outages file: a piece of an outage of one resource.

    Rows of one `id` are one outage ("" : rows that touch or overlap are). `affected` is the share of the
    population, None where the file does not say. `what` is the class, "" for none; `announced` belongs to it.
    `columns` are the row's other columns by name, for `only`. An open outage ends at the case's `as_of`.
    """

    span: Span
    id: str = ""
    affected: Fraction | None = None
    what: str = ""
    announced: Ms | None = None
    reported: Ms | None = None
    detected: Ms | None = None
    last_good: Ms | None = None
    ticket_closed: Ms | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """One resource from a file: up but for its rows, and seen but for `unseen`, while it existed (`life`)."""

    life: Spans
    rows: tuple[OutageRow, ...] = ()
    unseen: Spans = ()


@dataclass(frozen=True, slots=True)
class SlotRow:
    """Counts of one slot of one resource: `good` of `total` requests; `good` may be a fractional score."""

    start: Ms
    good: Fraction
    total: Fraction
    resource: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a metric, in the metric's unit."""

    start: Ms
    value: Fraction
    resource: str
    weight: Fraction = Fraction(1)
    metric: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventRow:
    """`count` alike events with a deadline: a request, a delivery, a repair. `finished` None: not yet."""

    id: str
    started: Ms
    finished: Ms | None
    due: Ms | None = None
    priority: str = ""
    resource: str = ""
    count: int = 1
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was observed, one field a kind; a measure reads its own.

    `resources` maps a resource to its timeline, or to its rows of a file (one for a plain service). `life`
    says when each resource existed (for kinds that are not outages), `labels` its labels by name. `windows`
    are maintenance and exclusions of every class. `bridge` is the longest unknown stretch, in ms, that does
    not part an outage (two intervals). `seen` are the timelines behind rows that people told times of.
    `tickets_until` is the instant up to which tickets are known, None for the case's `as_of`.
    """

    resources: Mapping[str, ServiceTimeline | Recorded]
    windows: tuple[Window, ...] = ()
    bridge: Ms = 0
    slots: tuple[SlotRow, ...] = ()
    samples: tuple[Sample, ...] = ()
    events: tuple[EventRow, ...] = ()
    tickets: Sequence[Ticket] = ()
    tickets_until: Ms | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    life: Mapping[str, Spans] = field(default_factory=dict)
    seen: Mapping[str, ServiceTimeline | Recorded] = field(default_factory=dict)
