"""Outages by the agreement's own confirmation: so many failing slots in a row, the planned attempt of each.

The prober decides what was real, the agreement what counts: a failed attempt that its own re-checks refuted
(a blip) fails its slot here. What nobody saw stays unseen, and parts a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.timeline import Segment, lane_segments
from monitor.errors import EvidenceRefused
from monitor.records import dataclass

BEFORE: Ms = DAY  # how far before a span its first checks may have begun to hold, or to fail


@dataclass(frozen=True, slots=True)
class Confirmed:
    """`failures` failing slots in a row make an outage, from the first of them to the next good slot."""

    failures: int

    @staticmethod
    def reach(span: Span) -> Span:
        """Where the checks are looked at that decide what was in a span."""
        return Span(span.start - BEFORE, span.end)

    def judged(self, checks: Iterable[Check], seen: Sequence[Segment], span: Span) -> tuple[Segment, ...]:
        """The lane's states within the span, which `seen` has by the prober's confirmation.

        EvidenceRefused where the checks behind what was seen are gone.
        """
        planned = [check for check in checks if check.attempt == 0]
        watched = any(segment.state is not State.UNKNOWN and segment.last is not None for segment in seen)
        if watched and not planned:
            raise EvidenceRefused(
                f"the single checks of this time are gone, and the agreement counts {self.failures} failing "
                "checks in a row: it cannot be settled from the states that are left"
            )
        gaps = [
            Gap(planned[0].lane if planned else 0, 0, segment.span, segment.reason)
            for segment in seen
            if segment.state is State.UNKNOWN
        ]
        return lane_segments(list(self._states(planned)), gaps, span)

    def _states(self, planned: Iterable[Check]) -> Iterator[Check]:
        row: list[Check] = []
        for check in planned:
            follows = not row or (check.epoch, check.slot) == (row[-1].epoch, row[-1].slot + 1)
            fails = check.state is not State.UNKNOWN and check.reason is not Reason.OK
            if row and not (fails and follows):
                yield from self._told(row)
                row = []
            if fails:
                row.append(check)
            elif check.state is State.UNKNOWN:
                yield check
            else:
                yield replace(check, state=State.UP)
        yield from self._told(row)

    def _told(self, row: Sequence[Check]) -> Iterator[Check]:
        """A row of failing slots: an outage where it is long enough, else they were up."""
        down = len(row) >= self.failures
        for check in row:
            yield (
                replace(check, state=State.DOWN) if down else replace(check, state=State.UP, reason=Reason.OK)
            )
