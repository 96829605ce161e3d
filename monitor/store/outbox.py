"""Alerts and the letters that tell of them, in the words of the protocol, of which it is a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from monitor.core.intervals import Ms, Span
from monitor.records import dataclass

Step = Literal["raised", "again", "escalated", "over"]
LetterState = Literal["waiting", "delivered", "given up"]


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert that is raised. `since` is when it began, `raised` when it was found; UTC ms.

    Who has the `token` may acknowledge it.
    """

    rule: str
    kind: str
    subject: str
    urgency: Literal["page", "ticket"]
    since: Ms
    raised: Ms
    title: str
    token: str
    lines: tuple[str, ...] = ()
    service: str = ""
    incident: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as the store keeps it.

    `told` are the steps that letters were written of, `told_at` is when those of the first were: None where
    nobody was told, because it is muted, or because there is no channel. `heard` are the channels that were
    told, or still are to be told, that it began; not those where that was given up.
    """

    seq: int
    new: NewAlert
    acknowledged: Ms | None = None
    acknowledged_by: str = ""
    ended: Ms | None = None
    told: frozenset[Step] = frozenset()
    told_at: Ms | None = None
    heard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewLetter:
    """What is to be told of an alert in one channel, from `due` on."""

    step: Step
    channel: str
    due: Ms


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What becomes of one alert at once: a new one is raised, or one that is there (`seq`) goes on.

    `told` is set where the letters are the first that tell of it. `latest` are the title and the lines that
    hold now, where it is told again.
    """

    new: NewAlert | None = None
    seq: int | None = None
    told: Ms | None = None
    acknowledged: tuple[Ms, str] | None = None
    ended: Ms | None = None
    letters: tuple[NewLetter, ...] = ()
    latest: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter and how far it came. `said` is what its receiver said last, or why it could not be had."""

    seq: int
    alert: Alert
    step: Step
    channel: str
    due: Ms
    parcel: int | None
    tries: int
    state: LetterState
    said: str
    done: Ms | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """Letters to one channel that go out together, oldest first. `tries` is how often they already went."""

    id: int
    channel: str
    tries: int
    letters: tuple[Letter, ...]


class Alerts(Protocol):
    """The outbox. What is recorded is durable, with the letters that tell of it, in one transaction."""

    def open(self) -> Sequence[Alert]:
        """Those that have not ended, oldest first."""
        ...

    def record(self, changes: Sequence[AlertChange]) -> int:
        """All or none; how many took effect. What is there already is left as it is."""
        ...

    def between(self, span: Span, most: int | None = None) -> Sequence[Alert]:
        """Those raised within a span, newest first."""
        ...

    def find(self, seq: int) -> Alert | None: ...

    def by_token(self, token: str) -> Alert | None: ...

    def letters(self, alerts: Sequence[int]) -> Sequence[Letter]:
        """All letters of these alerts, oldest first."""
        ...

    def answered(
        self, span: Span, within: Ms, *, services: Sequence[str] = (), teams: Sequence[str] = ()
    ) -> tuple[int, int]:
        """Of the pages that were told in the span: acknowledged within so many ms of that, and all.

        `services` and `teams` () are all. One that was over within them, and that nobody had acknowledged, is
        left out; one that was told lately counts as not acknowledged.
        """
        ...

    def parcel(self, channel: str, now: Ms, rate: tuple[int, Ms] | None = None) -> Parcel | None:
        """What is to go out next; None where nothing is due yet, or the `rate` (so many in ms) is reached.

        One that went out already comes again, as it was. Others wait for it, until it went out in vain so
        often that it may be its own fault; letters about the same alerts wait on.
        """
        ...

    def delivered(self, parcel: Parcel, at: Ms, said: str) -> None:
        """Its receiver took it."""
        ...

    def again(self, parcel: Parcel, due: Ms, said: str) -> None:
        """It did not, and is tried again then."""
        ...

    def abandoned(self, parcel: Parcel, at: Ms, said: str) -> None:
        """Its channel is gone; what goes on, and nobody else was told of, is as if it had not been told."""
        ...

    def given_up(self, parcel: Parcel, at: Ms, said: str) -> None:
        """It is not tried any more."""
        ...

    def forget(self, before: Ms) -> int:
        """Letters go that were done before an instant, of alerts that were over by then; how many went.

        The alerts stay, with who took them up: KPIs of past years are read from them. In small steps.
        """
        ...

    def channels(self) -> Sequence[tuple[str, int, Ms]]:
        """Where letters wait: the channel, how many, and when the oldest was to go out."""
        ...
