"""PURE. The course of an incident: what the evidence and people say of it, in the order in which it happened.

The rule: it is open from its beginning until somebody resolves it, or until its last outage is over and none
joined it, where the configuration says `resolved = "on recovery"` and nobody opened it by hand; what people
say wins. An outage that begins after it was resolved reopens it. Who had acknowledged it before it was
reopened took up what was over since: it is to be acknowledged anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Literal

from monitor.core.intervals import Ms
from monitor.core.timeline import Outage
from monitor.operations.incident import Moment, Step, What
from monitor.records import dataclass

MarkKind = Literal["down", "up", "acknowledged", "mitigated", "resolved", "reopened"]
ORDER: Mapping[MarkKind, int] = {
    "down": 0, "acknowledged": 1, "up": 2, "mitigated": 3, "resolved": 4, "reopened": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened; `false` of a resolution that says there was nothing."""

    what: MarkKind
    moment: Moment
    false: bool = False


@dataclass(slots=True)
class Course:
    """Where it stands after each mark."""

    began: Moment
    detected: Moment
    acknowledged: Moment | None = None
    mitigated: Moment | None = None
    resolved: Moment | None = None
    declared_false: bool = False
    steps: list[Step] = field(default_factory=list)
    spans: list[tuple[Ms, Ms | None]] = field(default_factory=list)

    def take(self, mark: Mark, *, resolves: bool) -> None:
        """Go on by one mark; an `up` that `resolves` ends the incident."""
        moment = mark.moment
        if mark.what == "down":
            self._reopen(moment)
            self.mitigated = None
        elif mark.what == "reopened":
            self._reopen(moment)
        elif mark.what == "acknowledged" and self.acknowledged is None:
            self.acknowledged = self._step("acknowledged", moment)
        elif mark.what == "up" and self.resolved is None:
            if self.mitigated is None:
                self.mitigated = self._step("mitigated", moment)
            if resolves:
                self._resolve(moment, false=False)
        elif mark.what == "mitigated":
            self.mitigated = self._step("mitigated", moment)
        elif mark.what == "resolved":
            self._resolve(moment, false=mark.false)

    def _step(self, what: What, moment: Moment) -> Moment:
        self.steps.append(Step(what, moment))
        return moment

    def _reopen(self, moment: Moment) -> None:
        if self.resolved is None:
            return
        self.resolved, self.mitigated, self.declared_false = None, None, False
        self.acknowledged = None
        self.spans.append((moment.at, None))
        self._step("reopened", moment)

    def _resolve(self, moment: Moment, *, false: bool) -> None:
        if self.resolved is not None:
            return
        self.resolved, self.declared_false = moment, false
        start, _ = self.spans[-1]
        self.spans[-1] = (start, max(start, moment.at))
        self._step("resolved", moment)


def course(began: Moment, detected: Moment, marks: Iterable[Mark], *, by_itself: bool) -> Course:
    """The course of an incident, its marks in any order. `by_itself`: whether recovery resolves it."""
    found = Course(began, detected)
    found.steps += [Step("began", began), Step("detected", detected)]
    found.spans.append((began.at, None))
    ordered = sorted(marks, key=_when)
    for place, mark in enumerate(ordered, start=1):
        resolves = by_itself and mark.what == "up" and not _people_will(ordered[place:])
        found.take(mark, resolves=resolves)
    return found


def _when(mark: Mark) -> tuple[Ms, int, int]:
    return mark.moment.at, ORDER[mark.what], mark.moment.entry


def _people_will(later: Sequence[Mark]) -> bool:
    """Whether somebody resolves it after its recovery, before anything opens it again."""
    following = next((each.what for each in later if each.what in ("resolved", "reopened", "down")), None)
    return following == "resolved"


def of_outages(outages: Sequence[Outage]) -> Iterator[Mark]:
    """What the evidence marks: each beginning, and the recovery from the last of them."""
    for outage in outages[1:]:
        yield Mark("down", Moment(outage.first_bad))
    if outages and not any(each.open for each in outages):
        yield Mark("up", Moment(recovered(outages)))


def recovered(outages: Sequence[Outage]) -> Ms:
    """The first good check after the last outage, or its end where none is known."""
    last = outages[0] if len(outages) == 1 else max(outages, key=lambda each: each.span.end)
    return last.span.end if last.first_good is None else last.first_good
