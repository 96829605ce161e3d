"""What becomes of findings: stories in a line each, and histories drawn by chance against a walk by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.intervals import MINUTE, Ms
from monitor.operations.alert import UNREAD, Finding
from monitor.operations.routes import Telling
from monitor.operations.telling import FOLLOWS, Said, course
from monitor.store.protocol import Alert, AlertChange, NewAlert

T0: Ms = 1_790_000_000_000
TELLING = Telling(
    send=("chat", "mail"),
    tickets=("queue",),
    teams={"payments": ("pay",)},
    by_rule={"burn": ("desk",)},
    repeat=10 * MINUTE,
    escalate_after=20 * MINUTE,
    escalate_to=("boss",),
    group=0,
)
DOWN = Finding("down", "down", "shop/1", "page", T0, "Shop is down", ("timeout",), "shop", "shop/1")


@dataclass
class Book:
    """The alerts as a store keeps them, and every letter: (minute, rule, step, channel)."""

    telling: Telling = TELLING
    alerts: dict[int, Alert] = field(default_factory=dict)
    told: list[tuple[int, str, str, str]] = field(default_factory=list)
    _tokens: Iterator[int] = field(default_factory=count)

    def look(self, minute: int, *findings: Finding, said: Said | None = None) -> list[str]:
        """One look; the letters of it as `step channel`."""
        now = T0 + minute * MINUTE
        standing = [each for each in self.alerts.values() if each.ended is None]
        changes = course(
            standing, findings, self.telling, said or Said(), now, lambda: str(next(self._tokens))
        )
        before = len(self.told)
        for change in changes:
            self._keep(change, minute)
        return [f"{step} {channel}" for _, _, step, channel in self.told[before:]]

    def acknowledge(self, minute: int) -> None:
        """By its link: of the alert itself."""
        for seq, each in self.alerts.items():
            if each.ended is None and each.acknowledged is None:
                self.alerts[seq] = replace(each, acknowledged=T0 + minute * MINUTE, acknowledged_by="ann")

    def _keep(self, change: AlertChange, minute: int) -> None:
        seq = change.seq or len(self.alerts) + 1
        if change.new is not None:
            assert change.seq is None
            assert not [a for a in self.alerts.values() if a.ended is None and _name(a) == _of(change.new)]
            self.alerts[seq] = Alert(seq, change.new)
        alert = self.alerts[seq]
        if change.acknowledged is not None and alert.acknowledged is None:
            at, who = change.acknowledged
            alert = replace(alert, acknowledged=at, acknowledged_by=who)
        if change.ended is not None:
            alert = replace(alert, ended=change.ended)
        if change.told is not None and alert.told_at is None:
            alert = replace(alert, told_at=change.told)
        told = alert.told | {each.step for each in change.letters}
        began = [each.channel for each in change.letters if each.step != "over"]
        self.alerts[seq] = replace(alert, told=told, heard=tuple(dict.fromkeys([*alert.heard, *began])))
        self.told += [(minute, alert.new.rule, each.step, each.channel) for each in change.letters]


def _of(new: object) -> tuple[str, str]:
    return new.rule, new.subject  # type: ignore[attr-defined]


def _name(alert: Alert) -> tuple[str, str]:
    return alert.new.rule, alert.new.subject


def test_down_is_told_and_its_recovery_and_nothing_in_between() -> None:
    book = Book()
    assert book.look(0, DOWN) == ["raised chat", "raised mail"]
    assert book.look(1, DOWN) == []
    assert book.look(2) == ["over chat", "over mail"]
    assert book.look(3) == []
    (alert,) = book.alerts.values()
    assert (alert.new.since, alert.new.raised, alert.ended) == (T0, T0, T0 + 2 * MINUTE)


def test_nobody_takes_it_up_it_is_told_once_more_and_once_to_somebody_else() -> None:
    book = Book()
    told = {minute: book.look(minute, DOWN) for minute in range(60)}
    assert {minute: letters for minute, letters in told.items() if letters} == {
        0: ["raised chat", "raised mail"],
        10: ["again chat", "again mail"],
        20: ["escalated boss"],
    }
    assert book.look(60) == ["over chat", "over mail", "over boss"]


def test_a_page_that_was_told_by_a_clock_years_ahead_is_told_again_all_the_same() -> None:
    book, years = Book(), 10 * 365 * 24 * 60
    book.look(years, DOWN)
    assert book.look(0, DOWN) == ["again chat", "again mail", "escalated boss"]


def test_who_acknowledges_the_alert_has_it_go_no_further() -> None:
    book = Book()
    book.look(0, DOWN)
    book.look(10, DOWN)
    book.acknowledge(15)
    assert book.look(20, DOWN) == []
    assert book.look(30) == ["over chat", "over mail"]


def test_who_acknowledges_the_incident_does_too_and_it_is_kept_with_the_alert() -> None:
    book = Book()
    book.look(0, DOWN)
    taken = Said(acknowledged={"shop/1": (T0 + 5 * MINUTE, "bob")})
    assert book.look(6, DOWN, said=taken) == []
    assert book.look(30, DOWN) == []
    (alert,) = book.alerts.values()
    assert (alert.acknowledged, alert.acknowledged_by) == (T0 + 5 * MINUTE, "bob")


def test_between_its_bounds_a_finding_keeps_an_alert_and_raises_none() -> None:
    book = Book()
    between = replace(DOWN, firm=False)
    assert book.look(0, between) == []
    assert book.alerts == {}
    book.look(1, DOWN)
    assert book.look(2, between) == []
    assert book.look(11, between) == ["again chat", "again mail"]
    assert book.look(12) == ["over chat", "over mail"]


def test_what_comes_back_is_another_alert() -> None:
    book = Book()
    book.look(0, DOWN)
    book.look(5)
    assert book.look(6, DOWN) == ["raised chat", "raised mail"]
    assert [each.ended for each in book.alerts.values()] == [T0 + 5 * MINUTE, None]


def test_what_is_muted_is_kept_and_told_when_the_mute_ends_if_it_still_holds() -> None:
    """It is counted from when it was told: nobody is told twice at once."""
    book, mute = Book(), Said(muted=frozenset({"shop"}))
    bank = replace(DOWN, subject="bank/1", service="bank", incident="")
    assert book.look(0, DOWN, said=mute) == []
    assert book.look(1, DOWN, bank, said=mute) == ["raised chat", "raised mail"]
    assert book.look(40, DOWN, said=mute) == ["over chat", "over mail"]
    assert book.look(41, DOWN) == ["raised chat", "raised mail"]
    assert book.look(42, DOWN) == []
    assert book.look(51, DOWN) == ["again chat", "again mail"]


def test_what_ends_while_it_is_muted_is_told_to_whom_its_beginning_was() -> None:
    book, everything = Book(), Said(muted=frozenset({"all"}))
    book.look(0, DOWN)
    bank = replace(DOWN, subject="bank/1", service="bank", incident="")
    assert book.look(10, DOWN, bank, said=everything) == []
    assert book.look(11, said=everything) == ["over chat", "over mail"]


def test_tickets_are_told_once_where_tickets_go() -> None:
    book = Book()
    ticket = Finding("margin", "margin", "acme-shop", "ticket", T0, "The margin narrows")
    assert book.look(0, ticket) == ["raised queue"]
    assert book.look(50, ticket) == []
    assert book.look(51) == ["over queue"]


def test_a_team_is_told_in_its_own_channel_and_a_rule_can_name_one() -> None:
    book = Book()
    assert book.look(0, replace(DOWN, team="payments")) == ["raised pay"]
    assert book.look(1, replace(DOWN, rule="burn", team="payments"), replace(DOWN, team="payments")) == [
        "raised desk"
    ]


def test_a_rule_that_cannot_be_looked_at_ends_none_of_its_alerts() -> None:
    book = Book()
    book.look(0, DOWN)
    blind = Finding("down", "down", UNREAD, "ticket", T0 + MINUTE, "The rule down cannot be looked at")
    assert book.look(1, blind) == ["raised queue"]
    assert book.look(2) == ["over chat", "over mail", "over queue"]


def test_the_end_is_told_to_whom_the_beginning_was_whatever_the_configuration_says_by_then() -> None:
    """The mail leaves `send` while the shop is down, nobody is handed on to, and somebody new comes."""
    book = Book()
    book.look(0, DOWN)
    book.look(20, DOWN)
    book.telling = replace(TELLING, send=("chat", "new"), escalate_after=None, escalate_to=())
    assert book.look(30) == ["over chat", "over mail", "over boss"]


def test_the_end_for_a_channel_that_is_gone_is_told_to_whom_is_named_now() -> None:
    book = Book()
    book.look(0, DOWN)
    book.telling = replace(TELLING, send=("talk",), known=frozenset({"talk", "mail"}))
    assert book.look(30) == ["over mail", "over talk"]


def test_a_credit_that_was_near_and_is_owed_is_told_instead_of_an_end() -> None:
    """Who was told that it is near is told that it is owed, and not that it is near no more."""
    book = Book()
    near = Finding("breach", "breach", "shop", "page", T0, "7 min left", service="shop")
    due = replace(near, subject="shop owes 120.00 EUR", title="120.00 EUR is owed now", instead=True)
    book.look(0, near)
    assert book.look(20, near) == ["again chat", "again mail", "escalated boss"]
    assert book.look(21, due) == ["raised chat", "raised mail", "raised boss"]
    more = replace(due, subject="shop owes 300.00 EUR")
    assert book.look(22, more) == ["raised chat", "raised mail", "raised boss"], "the next step"
    assert book.look(23) == ["over chat", "over mail", "over boss"], "once, and not three times"


def test_what_a_forecast_came_to_is_told_where_there_was_a_forecast_and_nowhere_else() -> None:
    book = Book()
    near = Finding("soon", "breach", "shop", "ticket", T0, "used up by Friday", service="shop")
    spent = replace(near, subject="shop used up", title="used up", firm=False, instead=True)
    assert book.look(0, spent) == []
    assert book.look(1, near) == ["raised queue"]
    assert book.look(2, replace(spent, service="bank", subject="bank used up"), near) == []
    assert book.look(3, spent) == ["raised queue"]


def test_what_is_muted_is_told_for_what_it_costs_unless_that_is_muted_too() -> None:
    """The outage itself waits for the mute's end. It counts all the same: that it burns and costs is told."""
    book, mute = Book(), Said(muted=frozenset({"shop"}))
    near = Finding("breach", "breach", "shop", "page", T0, "7 min left", service="shop")
    burning = Finding("fast", "burn", "shop", "page", T0, "burns", service="shop")
    assert book.look(0, DOWN, near, burning, said=mute) == ["raised chat", "raised mail"] * 2
    assert {rule for _, rule, *_ in book.told} == {"breach", "fast"}
    assert book.look(5, DOWN, near, burning) == ["raised chat", "raised mail"]

    silent = Book()
    both = Said(muted=frozenset({"all"}), muted_costs=frozenset({"all"}))
    assert silent.look(0, DOWN, near, burning, said=both) == []


BURNING = Finding("fast", "burn", "shop", "page", T0, "Shop burns", service="shop", incident="shop/1")


def test_what_nobody_has_acknowledged_of_one_incident_is_told_again_at_once_and_not_one_by_one() -> None:
    """The bank's own is another incident, and what was told a moment ago has its own time."""
    book = Book()
    bank = replace(BURNING, subject="bank", service="bank", incident="bank/1")
    late = replace(BURNING, rule="late")
    book.look(0, DOWN)
    book.look(4, DOWN, BURNING, bank)
    book.look(7, DOWN, BURNING, bank, late)
    assert book.look(10, DOWN, BURNING, bank, late) == ["again chat", "again mail"] * 2
    assert {rule for minute, rule, *_ in book.told if minute == 10} == {"down", "fast"}
    assert book.look(14, DOWN, BURNING, bank, late) == ["again chat", "again mail"]
    assert book.look(17, DOWN, BURNING, bank, late) == ["again chat", "again mail"]


def test_burning_waits_a_little_for_those_who_know_of_the_outage_and_for_nobody_else() -> None:
    down = Alert(
        1, NewAlert("down", "down", "shop/1", "page", T0, T0, "Shop is down", "t", (), "shop", "shop/1")
    )

    def due(finding: Finding, heard: tuple[str, ...]) -> set[Ms]:
        going = [replace(down, told_at=T0, heard=heard)]
        (change,) = course(going, [DOWN, finding], TELLING, Said(), T0 + MINUTE, lambda: "token")
        return {letter.due - T0 for letter in change.letters}

    assert due(BURNING, ("chat", "mail")) == {MINUTE + FOLLOWS}
    assert due(BURNING, ("chat",)) == {MINUTE}, "the mail does not know yet"
    assert due(replace(BURNING, incident="shop/2"), ("chat", "mail")) == {MINUTE}
    assert due(replace(BURNING, rule="near", kind="breach"), ("chat", "mail")) == {MINUTE}


def test_what_takes_the_place_of_another_while_it_is_muted_is_told_when_the_mute_ends() -> None:
    book, mute = Book(), Said(muted=frozenset({"shop"}), muted_costs=frozenset({"shop"}))
    near = Finding("breach", "breach", "shop", "page", T0, "7 min left", service="shop")
    due = replace(near, subject="shop owes 120.00 EUR", instead=True)
    book.look(0, near)
    assert book.look(1, due, said=mute) == []
    assert book.look(2, due) == ["raised chat", "raised mail"]


def test_a_rule_that_cannot_tell_of_a_service_now_keeps_all_that_it_told_of_it_and_raises_nothing() -> None:
    book = Book()
    near = Finding("breach", "breach", "shop", "page", T0, "7 min left", service="shop")
    bank = replace(near, subject="bank", service="bank")
    blind = replace(near, subject="shop unsure", firm=False, unsure=True)
    assert book.look(0, blind) == []
    book.look(1, near, bank)
    assert book.look(2, blind) == ["over chat", "over mail"], "of the bank it can tell"
    assert book.look(3) == ["over chat", "over mail"]


def test_where_nobody_is_to_be_told_it_is_kept_and_told_once_somebody_is() -> None:
    book = Book(Telling())
    assert book.look(0, DOWN) == []
    book.telling = TELLING
    assert book.look(30, DOWN) == ["raised chat", "raised mail"]
    assert book.look(31, DOWN) == []


# -- against a walk by hand

RULES: Mapping[str, str] = {"down": "page", "margin": "ticket"}
STATES = ("gone", "between", "firm")


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, object]]:
    """Minute by minute: what each rule finds, whether anybody acknowledges, and what is muted."""
    long = draw(st.integers(1, 45))
    return [
        {
            "found": {rule: draw(st.sampled_from(STATES)) for rule in RULES},
            "ack": draw(st.integers(0, 12)) == 0,
            "muted": draw(st.integers(0, 3)) == 0,
        }
        for _ in range(long)
    ]


def walked(history: Sequence[Mapping[str, object]]) -> list[tuple[int, str, str, str]]:
    """Every letter of the history, rule by rule and minute by minute, with nothing but flags."""
    out = []
    for rule, urgency in RULES.items():
        where = ["chat", "mail"] if urgency == "page" else ["queue"]
        is_open, told, again, handed, taken = False, -1, False, False, False
        for minute, at in enumerate(history):
            state = at["found"][rule]  # type: ignore[index]
            if not is_open and state == "firm":
                is_open, told, again, handed, taken = True, -1, False, False, False
                if not at["muted"]:
                    told = minute
                    out += [(minute, rule, "raised", each) for each in where]
            elif is_open and state == "gone":
                is_open = False
                if told >= 0:
                    out += [(minute, rule, "over", each) for each in (*where, *["boss"] * handed)]
            elif is_open and not at["muted"]:
                if told < 0:
                    told = minute
                    out += [(minute, rule, "raised", each) for each in where]
                elif urgency == "page" and not taken:
                    if not again and minute >= told + 10:
                        again = True
                        out += [(minute, rule, "again", each) for each in where]
                    if not handed and minute >= told + 20:
                        handed = True
                        out += [(minute, rule, "escalated", "boss")]
            taken = taken or bool(at["ack"])
    return sorted(out)


@settings(max_examples=300, deadline=None)
@given(histories())
def test_drawn_histories_are_told_as_a_walk_by_hand_tells_them(history: list[dict[str, object]]) -> None:
    book = Book()
    for minute, at in enumerate(history):
        findings = [
            Finding(rule, "down", "x", urgency, T0, "t", firm=state == "firm")  # type: ignore[arg-type]
            for (rule, urgency), state in zip(RULES.items(), at["found"].values(), strict=True)  # type: ignore[attr-defined]
            if state != "gone"
        ]
        book.look(minute, *findings, said=Said(muted=frozenset({"all"} if at["muted"] else ())))
        if at["ack"]:
            book.acknowledge(minute)
    assert sorted(book.told) == walked(history)
