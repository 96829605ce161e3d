"""PURE. What a parcel says: a title, a text that reads by itself, and the same for programs.

One key for as long as a parcel is tried: whoever gets it twice knows it by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.errors import Exit, MakegoodError
from monitor.operations.alert import LATE, came_true
from monitor.records import dataclass
from monitor.store.protocol import Letter, NewAlert, Parcel, Step

VERSION: Final = 1
SHOWN: Final = 20
"""Alerts that are written out; of the rest there is the number."""
PREFIX: Final[Mapping[Step, str]] = {
    "raised": "",
    "again": "Nobody has acknowledged it: ",
    "escalated": "Handed on, nobody has acknowledged it: ",
    "over": "No longer so: ",
}

CLOSED: Final = "Closed: "
"""Before what came true, once it is of a period that is over: it is as true as before."""


GROWS: Final = "response"
"""The kind of alert that is told again when it is worse, and not because nobody acknowledged it."""


class NotTaken(MakegoodError):
    """A message was not taken. `for_good`: it never will be. `after` is how many ms we were asked to wait."""

    exit_code = Exit.NO

    def __init__(self, words: str, *, for_good: bool = False, after: Ms | None = None) -> None:
        super().__init__(words)
        self.for_good, self.after = for_good, after


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out. `key` is the parcel's own; `data` holds values of JSON alone."""

    key: str
    title: str
    text: str
    data: Mapping[str, object]


Unwatched = Callable[[NewAlert], str]
"""Why what an alert is about is watched no more: `the rule is gone from the configuration`; "": it is."""


def unwatched(plan: Plan) -> Unwatched:
    """By a configuration: what no rule looks for, or is of no service, any more."""

    def why(new: NewAlert) -> str:
        if new.rule not in plan.alert_rules:
            return f"the rule {new.rule} is gone from the configuration"
        if new.service and new.service not in plan.services:
            return f"the service {new.service} is gone from the configuration"
        return ""

    return why


def message(parcel: Parcel, link: str = "", why: Unwatched = lambda _: "") -> Message:
    """The message of a parcel; `link` is where alerts are acknowledged, "" where they are not by link."""
    shown = parcel.letters[:SHOWN]
    more = len(parcel.letters) - len(shown)
    several = f"{len(parcel.letters)} alerts: " if len(parcel.letters) > 1 else ""
    said = f"{several}{title(parcel.letters[0], why)}"
    text = "\n\n".join("\n".join(_lines(each, link, why)) for each in shown)
    if more:
        text += f"\n\n{more} more: `makegood alerts list` names them."
    key = f"{parcel.letters[0].alert.new.raised}-{parcel.id}"
    data = {
        "version": VERSION,
        "key": key,
        "channel": parcel.channel,
        "title": said,
        "text": text,
        "alerts": [_data(each, link, why) for each in shown],
        "more": more,
    }
    return Message(key, said, text + "\n", data)


def trial(channel: str, now: Ms) -> Message:
    """The message of `makegood alerts test`."""
    said = "This is a test of Makegood's alerts. Nothing is wrong."
    data = {
        "version": VERSION,
        "key": f"test-{now}",
        "channel": channel,
        "title": said,
        "text": said,
        "test": True,
        "alerts": [],
        "more": 0,
    }
    return Message(f"test-{now}", said, f"{said}\nThe channel {channel} works.\n", data)


def title(letter: Letter, why: Unwatched) -> str:
    """`No longer so: Checkout is down since …`"""
    new = letter.alert.new
    if _is_late(letter):
        return new.title
    if new.kind == GROWS and letter.step != "over":
        return new.title  # it is told again because it grew, and says so itself
    if letter.step == "over" and (gone := why(new)):
        return f"No longer watched ({gone}): {new.title}"
    closed = letter.step == "over" and came_true(new.kind, new.subject)
    return f"{CLOSED if closed else PREFIX[letter.step]}{new.title}"


def _is_late(letter: Letter) -> bool:
    return letter.step == "over" and letter.alert.new.title.startswith(LATE)


def _lines(letter: Letter, link: str, why: Unwatched) -> Iterator[str]:
    new = letter.alert.new
    yield title(letter, why)
    if _is_late(letter):
        yield from new.lines
        return
    if letter.step == "over":  # what it said when it was raised holds no more
        ended = _clock(letter.alert.ended or new.raised)
        if why(new):
            yield f"It was told from {_clock(new.raised)} on. Nothing says that it has ended."
            yield "What holds now: makegood status, makegood budget"
            return
        if came_true(new.kind, new.subject):
            yield f"It was told at {_clock(new.raised)}. Its period is over since {ended}, or it is excluded."
            yield "What is owed: makegood exposure"
            return
        yield f"It was told from {_clock(new.raised)} on, and holds no more since {ended}."
        yield "What holds now: makegood status, makegood budget"
        return
    yield from new.lines
    if letter.alert.acknowledged is None:
        yield (
            f"Acknowledge: {link}/a/{new.token}"
            if link
            else f"Acknowledge: makegood alerts ack {letter.alert.seq}"
        )


def _data(letter: Letter, link: str, why: Unwatched) -> Mapping[str, object]:
    alert, new = letter.alert, letter.alert.new
    return {
        "id": alert.seq,
        "step": letter.step,
        "rule": new.rule,
        "kind": new.kind,
        "subject": new.subject,
        "urgency": new.urgency,
        "title": new.title,
        "lines": [*new.lines],
        "service": new.service,
        "incident": new.incident,
        "team": new.team,
        "since": _instant(new.since),
        "raised": _instant(new.raised),
        "ended": _instant(alert.ended),
        "acknowledged": _instant(alert.acknowledged),
        "unwatched": (why(new) if letter.step == "over" else "") or None,
        "link": f"{link}/a/{new.token}" if link and letter.step != "over" else None,
    }


def _clock(at: Ms) -> str:
    """`2026-10-06 12:02:10 UTC`."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at):%Y-%m-%d %H:%M:%S} UTC"


def _instant(at: Ms | None) -> str | None:
    if at is None:
        return None
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
