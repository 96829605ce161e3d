"""What a correction would change, before it is recorded: the same computation with and without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from monitor.config.plan import Agreement, Plan
from monitor.core.cycles import following
from monitor.core.intervals import Ms, Span
from monitor.core.periods import Period
from monitor.records import dataclass
from monitor.statements.approvals import APPROVED
from monitor.statements.books import Books
from monitor.statements.periods import ROLLING, running
from monitor.statements.sections import section
from monitor.statements.value import Section
from monitor.store.protocol import Event, NewEvent, Seq, Snapshot

MOST = 24  # periods of one agreement that are looked at
FIGURES = ("availability", "counted", "excused", "met", "credit")


@dataclass(frozen=True, slots=True)
class Effect:
    """One agreement's period, as it is and as it would be."""

    agreement: str
    customer: str
    period: Period
    before: Section
    after: Section

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the figures that differ."""
        return tuple(name for name in FIGURES if getattr(self.before, name) != getattr(self.after, name))


class Supposed:
    """A snapshot in which some entries were recorded already, and `approved` by somebody else."""

    def __init__(self, snapshot: Snapshot, new: Sequence[NewEvent], *, approved: bool = False) -> None:
        self._snapshot = snapshot
        last = max((event.seq for event in snapshot.events()), default=0)
        self._new = [
            Event(seq, e.at, e.kind, e.subject, e.author, e.reason, e.body, "", "")
            for seq, e in enumerate(new, start=last + 1)
        ]
        if approved:
            after = last + len(self._new) + 1
            self._new += [_approval(seq, entry) for seq, entry in enumerate(self._new, start=after)]

    def events(
        self, *, after: Seq = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]:
        """Those of the journal, and the supposed ones after them."""
        yield from self._snapshot.events(after=after, kinds=kinds, subject=subject)
        for event in self._new:
            if (
                event.seq > after
                and (kinds is None or event.kind in kinds)
                and subject in (None, event.subject)
            ):
                yield event

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)


def _approval(seq: Seq, entry: Event) -> Event:
    """Somebody else's word for an entry that is supposed."""
    body = {"of": entry.digest}
    return Event(seq, entry.at, APPROVED, str(entry.seq), f"not {entry.author}", "", body, "", "")


def effect(
    plan: Plan,
    snapshot: Snapshot,
    now: Ms,
    new: Sequence[NewEvent],
    services: Iterable[str],
    span: Span,
    *,
    approved: bool = False,
) -> tuple[Effect, ...]:
    """Every period whose figures differ once `new` is recorded, and `approved` where that is asked: those of
    agreements on these services that `span` touches, and later ones that look back on them; the running one
    is as if it ended now.
    """
    wanted = set(services)
    as_is = Books(plan, snapshot, now)
    supposed = Books(plan, Supposed(snapshot, new, approved=approved), now)
    found = []
    for agreement in plan.agreements.values():
        if agreement.service not in wanted:
            continue
        for period in _periods(agreement, span.start, now):
            runs = now < period.span.end
            before = section(as_is, agreement, period, running=runs)
            after = section(supposed, agreement, period, running=runs)
            each = Effect(agreement.id, agreement.customer, period, before, after)
            if each.changed:
                found.append(each)
    return tuple(found)


def _periods(agreement: Agreement, start: Ms, now: Ms) -> Iterator[Period]:
    """The agreement's own periods from the one that holds `start` to the one that runs."""
    terms, period = running(agreement, min(start, now))
    if terms.cycle.every in ROLLING:
        yield running(agreement, now)[1]
        return
    for _ in range(MOST):
        if agreement.in_force(period):
            yield period
        if period.span.end > now:
            return
        terms, later = running(agreement, period.span.end)
        period = later if later.span.start >= period.span.end else following(terms.cycle, period)
