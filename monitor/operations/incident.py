"""PURE. An incident as it stands: which outages, whose, since when, and what was recorded of it.

Instants are UTC ms. A moment that the evidence gives has no author, and one that was corrected keeps what it
was.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Final, Literal

from monitor.core.intervals import Ms
from monitor.core.timeline import Outage, outage_id
from monitor.records import dataclass
from monitor.store.protocol import Seq

State = Literal["open", "acknowledged", "mitigated", "resolved", "withdrawn", "unknown"]
STATES: Final[tuple[State, ...]] = (
    "open", "acknowledged", "mitigated", "resolved", "withdrawn", "unknown",
)  # fmt: skip
What = Literal["began", "detected", "acknowledged", "mitigated", "resolved", "reopened"]
WHATS: Final[tuple[What, ...]] = ("began", "detected", "acknowledged", "mitigated", "resolved", "reopened")


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, who says so ("" the evidence), why, and the entry that does (0 for none).

    `was` is what was said before it was corrected, None where it never was; `corrected_by` says who did, and
    `why`.
    """

    at: Ms
    author: str = ""
    entry: Seq = 0
    reason: str = ""
    was: Ms | None = None
    corrected_by: str = ""
    why: str = ""

    @property
    def told(self) -> bool:
        """Whether people say so, be it as a correction of what was seen."""
        return bool(self.author or self.corrected_by)


@dataclass(frozen=True, slots=True)
class Step:
    """A moment and what it is, in the order in which things happened."""

    what: What
    moment: Moment


@dataclass(frozen=True, slots=True)
class Note:
    """Words kept with an incident; `for_customer`: drafted for customers, and still on no page of theirs."""

    entry: Seq
    at: Ms
    author: str
    text: str
    for_customer: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something to be done. `due` is the end of its last day, None for none; `done` who did it, and when."""

    entry: Seq
    text: str
    owner: str
    due: Ms | None
    author: str
    done: Moment | None = None

    def overdue(self, now: Ms) -> bool:
        """Whether it is not done and its day is over."""
        return self.done is None and self.due is not None and now >= self.due


@dataclass(frozen=True, slots=True)
class Postmortem:
    """What was looked into afterwards: whether it must be, until when, where it stands, and who ended it.

    `due` is the first instant at which it is overdue; None while the incident goes on, or none is required.
    """

    required: bool = False
    due: Ms | None = None
    link: str = ""
    text: str = ""
    done: Moment | None = None

    def overdue(self, now: Ms) -> bool:
        """Whether it is required, not completed, and its time has passed."""
        return self.required and self.done is None and self.due is not None and now >= self.due


NO_POSTMORTEM: Final = Postmortem()


@dataclass(frozen=True, slots=True)
class ByHand:
    """What somebody decided instead of the rule, and why."""

    value: str
    author: str
    at: Ms
    reason: str
    entry: Seq


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident of a service. `anchor` is the instant that its name is pinned to.

    `outages` are those that count, `alarms` those that two people called false. `names` are others that it
    was known by. `ongoing`: an outage of it goes on. `open_spans` are when it was open, the last one without
    an end (None) where it still is. `unwatched`: it began with an outage of a service that is in the
    configuration no more, and nothing is seen of it. `severity` is "" until it was graded; `graded` is what
    somebody decided of it by hand. `needed` is what somebody decided of a postmortem, None where the rule
    holds.
    """

    name: str
    service: str
    origin: Literal["outage", "hand"]
    anchor: Ms
    began: Moment
    detected: Moment
    title: str = ""
    names: tuple[str, ...] = ()
    outages: tuple[Outage, ...] = ()
    alarms: tuple[Outage, ...] = ()
    ongoing: bool = False
    acknowledged: Moment | None = None
    mitigated: Moment | None = None
    resolved: Moment | None = None
    steps: tuple[Step, ...] = ()
    open_spans: tuple[tuple[Ms, Ms | None], ...] = ()
    withdrawn: bool = False
    unwatched: bool = False
    declared_false: bool = False
    owner: str = ""
    team: str = ""
    labels: tuple[str, ...] = ()
    cause: str = ""
    cause_by: ByHand | None = None
    notes: tuple[Note, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    severity: str = ""
    graded: ByHand | None = None
    postmortem: Postmortem = NO_POSTMORTEM
    needed: bool | None = None

    def with_severity(self, severity: str, postmortem: Postmortem) -> Incident:
        """The same with these two; a year has ten thousand, and `dataclasses.replace` takes longer."""
        values = list(_VALUES(self))
        values[_SEVERITY], values[_POSTMORTEM] = severity, postmortem
        return Incident(*values)

    @property
    def state(self) -> State:
        """Where it stands: withdrawn where there was no outage after all, unknown where nobody can see."""
        if self.withdrawn:
            return "withdrawn"
        if self.resolved is not None:
            return "resolved"
        if self.unwatched:
            return "unknown"
        if self.mitigated is not None:
            return "mitigated"
        return "acknowledged" if self.acknowledged is not None else "open"

    @property
    def false_alarm(self) -> bool:
        """Whether it was none: the outage was withdrawn, or somebody declared it a false alarm."""
        return self.withdrawn or self.declared_false

    @property
    def last(self) -> Ms:
        """The last instant that is known to be in it."""
        ends = [each.span.end for each in (*self.outages, *self.alarms)]
        return max([self.anchor, self.began.at, *ends, *(each.moment.at for each in self.steps)])


_NAMES = [each.name for each in fields(Incident)]
_SEVERITY, _POSTMORTEM = _NAMES.index("severity"), _NAMES.index("postmortem")
_VALUES = attrgetter(*_NAMES)


def incident_name(service: str, began: Ms) -> str:
    """How an incident is named: as its first outage, `shop/20261006T120210Z`."""
    return f"{service}/{outage_id(began)}"
