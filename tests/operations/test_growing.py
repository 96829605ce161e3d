"""Alerts that grow are told at each stage, once each, and have a last word."""

from __future__ import annotations

from dataclasses import replace

from monitor.core.intervals import MINUTE, Ms
from monitor.operations.alert import Finding
from monitor.operations.growing import growing, others, theirs
from monitor.operations.routes import Telling
from monitor.operations.telling import Said
from monitor.store.protocol import Alert, AlertChange

T0: Ms = 1_790_000_000_000
TELLING = Telling(
    send=("chat",),
    tickets=("queue",),
    repeat=10 * MINUTE,
    escalate_after=20 * MINUTE,
    escalate_to=("boss",),
    group=0,
)
HALF = Finding(
    "tickets-urgency", "response", "zendesk:T-1 acme first-reply", "ticket", T0, "50 %", ("why",), "shop"
)


def minutes(*at: int) -> tuple[Ms, ...]:
    return tuple(T0 + each * MINUTE for each in at)


class Book:
    """The alerts as a store keeps them, and what was told of them."""

    def __init__(self) -> None:
        self.alerts: dict[int, Alert] = {}

    def look(self, minute: int, *findings: Finding, said: Said | None = None) -> list[str]:
        """One look; its letters as `step channel: title`."""
        now = T0 + minute * MINUTE
        standing = [each for each in self.alerts.values() if each.ended is None]
        told: list[str] = []
        for change in growing(standing, findings, TELLING, said or Said(), now, lambda: "token"):
            told += self._keep(change)
        return told

    def _keep(self, change: AlertChange) -> list[str]:
        seq = change.seq or len(self.alerts) + 1
        alert = Alert(seq, change.new) if change.new is not None else self.alerts[seq]
        if change.latest is not None:
            alert = replace(alert, new=replace(alert.new, title=change.latest[0], lines=change.latest[1]))
        self.alerts[seq] = replace(
            alert,
            ended=change.ended or alert.ended,
            told_at=alert.told_at or change.told,
            told=alert.told | {each.step for each in change.letters},
            heard=tuple(dict.fromkeys((*alert.heard, *(each.channel for each in change.letters)))),
        )
        return [f"{each.step} {each.channel}: {alert.new.title}" for each in change.letters]


def grown(title: str, *worse: int, last: bool = False) -> Finding:
    return replace(HALF, title=title, worse=minutes(*worse), last=last, firm=not last)


def test_one_alert_grows_and_is_told_at_each_stage_once() -> None:
    book = Book()
    assert book.look(0, HALF) == ["raised queue: 50 %"]
    assert book.look(20, HALF) == [], "a repeat is for what nobody acknowledged; this has not grown"
    assert book.look(31, grown("75 %", 30)) == ["again queue: 75 %"]
    assert book.look(32, grown("76 %", 30)) == []
    assert book.look(50, grown("90 %", 30, 49)) == ["escalated queue: 90 %"]
    assert book.look(51, grown("91 %", 30, 49)) == []
    assert book.look(60) == ["over queue: 90 %"]
    assert len(book.alerts) == 1


def test_late_is_its_last_word_and_raises_nothing() -> None:
    book = Book()
    late = grown("Late: it costs 60.00 EUR", last=True)
    assert book.look(0, late) == [], "what nobody was told of has no last word"
    book.look(1, HALF)
    assert book.look(60, late) == ["over queue: Late: it costs 60.00 EUR"]
    assert book.look(61, late) == []
    assert [each.ended for each in book.alerts.values()] == [T0 + 60 * MINUTE]


def test_what_was_reached_before_it_was_raised_is_not_told_again() -> None:
    book = Book()
    assert book.look(40, grown("80 %", 30)) == ["raised queue: 80 %"]
    assert book.look(41, grown("80 %", 30)) == []
    assert book.look(50, grown("90 %", 30, 49)) == ["escalated queue: 90 %"]


def test_two_stages_between_two_looks_are_told_as_the_newest() -> None:
    book = Book()
    book.look(0, HALF)
    assert book.look(50, grown("95 %", 30, 49)) == ["escalated queue: 95 %"]
    assert book.look(51, grown("95 %", 30, 49)) == []


def test_who_took_it_up_is_told_of_its_end_alone() -> None:
    book = Book()
    book.look(0, HALF)
    book.alerts[1] = replace(book.alerts[1], acknowledged=T0 + MINUTE, acknowledged_by="ann")
    assert book.look(31, grown("75 %", 30)) == []
    assert book.look(60, grown("Late: ", last=True)) == ["over queue: Late: "]


def test_what_is_muted_is_told_when_the_mute_ends() -> None:
    book, muted = Book(), Said(muted=frozenset({"shop"}))
    assert book.look(0, HALF, said=muted) == []
    assert book.look(31, grown("75 %", 30), said=muted) == []
    assert book.look(32, grown("75 %", 30)) == ["raised queue: 75 %"], "with what holds by then"


def test_each_kind_has_its_own_way() -> None:
    down = Finding("down", "down", "shop/1", "page", T0, "Shop is down")
    assert others([], [HALF, down]) == ([], [down])
    assert theirs([], [HALF, down]) == ([], [HALF])
