"""An outage as it is tried out: who rests on what it hits, which periods it is in, and the books with it.

All endpoints of a service are hit at once, or those of some of its resources alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from monitor.config.plan import Agreement, Plan, Service
from monitor.core.cycles import following
from monitor.core.intervals import Ms, Span, intersect
from monitor.core.periods import Period
from monitor.core.services import Expression, endpoints
from monitor.errors import ConfigError
from monitor.statements.books import LOOK_AROUND, Books
from monitor.statements.laid import Course, Kept, Laid, failing, other
from monitor.statements.periods import ROLLING, running
from monitor.statements.provable import expression_of
from monitor.store.protocol import Snapshot


class Trial:
    """An outage of a service, or of some of its resources, as it is tried out, shorter and longer."""

    def __init__(
        self,
        plan: Plan,
        snapshot: Snapshot,
        now: Ms,
        service: Service,
        outage: Span,
        resources: Sequence[str] = (),
    ) -> None:
        self.plan = plan
        self.outage = outage
        self._snapshot = Kept(snapshot)
        self._now = now
        self._service = service
        chosen = [expression_of(plan, name) for name in resources]
        hit = [each for each in chosen if each is not None] if resources else expressions(plan, service)
        self._hit = failing(hit)
        if not self._hit:
            raise ConfigError(f"nothing of {service.id} is probed: no outage of it can be laid anywhere")
        self._horizon = now
        self._reach = Span(now, now)
        self._resting: dict[str, bool] = {}
        self._courses: dict[str, Mapping[str, Course]] = {}
        self._books: dict[tuple[str, Ms], Books] = {}

    @property
    def agreements(self) -> Iterator[Agreement]:
        """Those on the service, and those on services that rest on an endpoint of it."""
        for agreement in self.plan.agreements.values():
            if agreement.service == self._service.id or self._rests(agreement.service):
                yield agreement

    def _rests(self, service: str) -> bool:
        if service not in self._resting:
            known = expressions(self.plan, self.plan.services[service])
            self._resting[service] = any(key in self._hit for each in known for key in endpoints(each))
        return self._resting[service]

    @cached_property
    def _whole(self) -> Span:
        """The outage with what it goes on from: endpoints that are down as it begins."""
        began = start = self.outage.start
        before = Span(start - LOOK_AROUND, start)
        here = Books(self.plan, self._snapshot, self._now).lanes
        hit = {here[key].id: state for key, state in self._hit.items() if key in here}
        if start <= self._now and hit:
            for lane, segments in self._snapshot.segments(sorted(hit), before).items():
                for segment in reversed(segments):
                    if segment.state is not hit[lane]:
                        break
                    began = min(began, segment.start)
        return Span(began, self.outage.end)

    def periods(self, agreement: Agreement) -> Iterator[Period | None]:
        """The agreement's periods that the outage is in, and those in which what it goes on from began.

        None where it is not in force in any of them.
        """
        found = [each for each in self._periods(agreement) if _in_force(agreement, each, self._whole)]
        yield from found
        if not found:
            yield None

    def _periods(self, agreement: Agreement) -> Iterator[Period]:
        last = max(self.outage.end - 1, self.outage.start)
        terms, period = running(agreement, self._whole.start)
        if terms.cycle.every in ROLLING:
            yield running(agreement, last)[1]
            return
        while period.span.start <= last:
            yield period
            terms, later = running(agreement, period.span.end)
            period = later if later.span.start >= period.span.end else following(terms.cycle, period)

    def reaching(self, periods: Iterable[Period]) -> None:
        """Look as far as all of these periods, and as whole outages are followed."""
        spans = [period.span for period in periods]
        end = max([self._now, self.outage.end, *(span.end for span in spans)])
        start = min([self._now, self.outage.start, *(span.start for span in spans)])
        self._horizon = end + LOOK_AROUND
        self._reach = Span(start - LOOK_AROUND, self._horizon)

    def books(self, service: str, lasting: Ms) -> Books:
        """The books with an outage of this length in them, as one who asks after its period has them."""
        key = (service, lasting)
        if key not in self._books:
            outage = Span(self.outage.start, self.outage.start + lasting)
            laid = Laid(self._snapshot, self.plan, self._now, self._supposed(service), outage)
            books = Books(self.plan, laid, self._horizon, asked_at=self._now)
            books.read_ahead([service], self._reach)
            if (service, 0) in self._books:
                books.take_over(self._books[service, 0], self._whole.start - LOOK_AROUND)
            self._books[key] = books
        return self._books[key]

    def _supposed(self, service: str) -> Mapping[str, Course]:
        """What is supposed of every endpoint that the service rests on, or that is hit."""
        if service not in self._courses:
            self._courses[service] = self._course_of(service)
        return self._courses[service]

    def _course_of(self, service: str) -> Mapping[str, Course]:
        known = self.plan.services[service]
        states = {**failing(expressions(self.plan, self._service)), **failing(expressions(self.plan, known))}
        return {
            key: Course(
                well=other(state),
                hit=self._hit.get(key),
                interval=self.plan.endpoints[key].interval,
                hold=2 * self.plan.endpoints[key].interval + self.plan.endpoints[key].timeout,
            )
            for key, state in states.items()
        }


def expressions(plan: Plan, service: Service) -> Iterator[Expression]:
    """Everything that says when a service, or a resource of it, is up."""
    yield service.up_when
    yield from (each for _, each in service.later)
    for name in service.resources:
        found = expression_of(plan, name)
        if found is not None:
            yield found


def _in_force(agreement: Agreement, period: Period, outage: Span) -> bool:
    return bool(intersect(agreement.in_force(period), (outage,)))
