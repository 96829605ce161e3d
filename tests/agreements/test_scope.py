"""Several resources: joined instant by instant, added up, or the worst of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.agreements.account import left_out, piece, size, taken, times_of
from monitor.agreements.evidence import Evidence
from monitor.agreements.measure import Downtime
from monitor.agreements.pipeline import Account, Accounts, Case, Excused, Piece, Reading, WindowUse
from monitor.agreements.scope import Joined, Summed, Worst, formula, steps, summed
from monitor.agreements.terms import ScopeTerms
from monitor.agreements.unknown import Unobserved
from monitor.core.intervals import Span
from tests.agreements.seen import case, only, places, recorded, row, stretch

ANY, ALL, TWO = Joined("any down"), Joined("all down"), Joined("some down", 2)
NOBODY = case(Evidence({}), stretch(0, 100))

# One letter a ms: "." does not exist, "u" up, "d" down, "?" unseen and left out, "+" unseen and up, "-"
# unseen and down, "e" excused, "E" excused on both sides, "a" set aside, "s" too short to count.
PROMISED, BASE, BAD = "ud?+-eEas", "ud+-es", "d-"


def account(lane: str, letters: str, rate: Fraction = Fraction(1)) -> Account:
    """The account that the letters draw."""
    return Account(
        unit="ms",
        base=drawn(lane, letters, BASE),
        bad=tuple(replace(p, rate=rate) for p in drawn(lane, letters, BAD)),
        unknown=drawn(lane, letters, "?+-"),
        excused=tuple(Excused(p, "MW-1") for p in drawn(lane, letters, "eE")),
        promised=drawn(lane, letters, PROMISED),
        short=drawn(lane, letters, "s"),
        set_aside=drawn(lane, letters, "a"),
        lane=lane,
    )


def drawn(lane: str, letters: str, which: str) -> tuple[Piece, ...]:
    out, at = [], 0
    for inside, run in groupby(letters, key=lambda letter: letter in which):
        end = at + len(list(run))
        if inside:
            out.append(piece(Span(at, end), lane, f"{lane}{at}"))
        at = end
    return tuple(out)


def join(rule: Joined, *letters: str, given: Case = NOBODY) -> Account:
    return only(rule(tuple(account(f"r{n}", each) for n, each in enumerate(letters)), given))


def cells(pieces: Sequence[Piece]) -> set[int]:
    return {ms for p in pieces for ms in range(p.start, p.end)}


def test_any_down_is_the_union() -> None:
    found = join(ANY, "uuddduuuuu", "uuuudduuud")

    assert places(found.bad) == [(2, 6), (9, 10)]
    assert [p.cause for p in found.bad] == ["r02", "r19"]
    assert size(found.base) == 10


def test_all_down_is_the_intersection_of_those_that_exist() -> None:
    assert places(join(ALL, "uudddduu", "uuuddddd").bad) == [(3, 6)]
    assert places(join(ALL, "uudddduu", "....dddd").bad) == [(2, 6)]


def test_two_or_more_down_never_holds_for_one_that_is_alone() -> None:
    assert places(join(TWO, "dddddddd", "uudd....", "uuuddd..").bad) == [(2, 6)]
    assert join(TWO, "dddd").bad == ()


def test_time_in_which_no_resource_existed_is_not_in_the_base() -> None:
    found = join(ALL, "uu......", "....uu..")

    assert places(found.base) == places(found.promised) == [(0, 2), (4, 6)]


def test_what_is_unseen_matters_only_where_it_decides() -> None:
    found = join(ANY, "u?d?u", "uuud?")
    assert places(found.bad) == [(2, 4)]
    assert places(found.unknown) == [(1, 2), (4, 5)]
    assert places(found.base) == [(0, 1), (2, 4)]

    found = join(ALL, "u?d??", "uudd?")
    assert places(found.unknown) == [(3, 5)]
    assert places(found.base) == [(0, 3)]


def test_what_is_unseen_and_decides_nothing_is_in_the_base() -> None:
    found = join(TWO, "uu??uu", "....uu")

    assert places(found.base) == [(0, 6)]
    assert found.unknown == ()


def test_one_id_in_two_resources_is_one_outage_of_their_union() -> None:
    both = (row(10, 20, id="carrier"), row(40, 50, id="carrier"))
    evidence = Evidence(
        {
            name: replace(recorded(life=Span(0, 100)).resources["shop"], rows=(each,))
            for name, each in zip("ab", both, strict=True)
        }  # type: ignore[arg-type]
    )
    given = case(evidence, stretch(0, 100))

    found = only(ANY(Downtime()(given), given))
    assert [(p.start, p.cause) for p in found.bad] == [(10, "carrier"), (40, "carrier")]


def test_neighbouring_downtime_of_all_is_one_outage_and_apart_it_is_two() -> None:
    found = join(ALL, "dddddd", "dudddu", "dudddd")

    assert len({p.cause for p in found.bad}) == 2
    assert places(found.bad) == [(0, 1), (2, 5)]


def test_excused_downtime_that_decides_stays_excused() -> None:
    found = join(ALL, "ueedd", "udedu")
    assert [(e.piece.start, e.piece.end, e.by) for e in found.excused] == [(1, 3, "MW-1")]
    assert places(found.bad) == [(3, 4)]


def test_a_window_off_both_sides_takes_time_off_the_length_only_where_it_concerns_every_resource() -> None:
    assert places(join(ALL, "uEau", "uuuu").base) == [(0, 4)]

    found = join(ANY, "uEau", "uuuu")
    assert places(found.base) == [(0, 4)]
    assert places(taken(found.excused)) == [(1, 2)]

    found = join(ALL, "uEau", "uaau")
    assert places(found.base) == [(0, 1), (3, 4)]
    assert places(found.set_aside) == [(1, 3)]


def test_each_window_is_told_once() -> None:
    use = WindowUse("MW-1", Span(0, 5), 0, 0, 0, "valid")
    accounts = tuple(replace(account(lane, "uuu"), windows=(use,)) for lane in ("a", "b"))

    assert only(ANY(accounts, NOBODY)).windows == (use,)
    assert summed("", accounts).windows == (use,)


def test_weighted_outages_join_by_the_share_that_so_many_reach() -> None:
    accounts = (account("a", "dd", Fraction(1, 4)), account("b", "ud", Fraction(1, 2)))

    assert [p.rate for p in only(ANY(accounts, NOBODY)).bad] == [Fraction(1, 4), Fraction(1, 2)]
    assert [p.rate for p in only(ALL(accounts, NOBODY)).bad] == [Fraction(1, 4)]


def test_resources_are_joined_inside_each_value_of_a_label() -> None:
    labels = {"r0": {"region": "eu"}, "r1": {"region": "eu"}, "r2": {"region": "us"}}
    given = case(Evidence({}, labels=labels), stretch(0, 100))
    accounts = tuple(account(f"r{n}", each) for n, each in enumerate(("ddu", "udd", "ddd")))

    found = replace(ALL, across="region")(accounts, given)
    assert [(each.lane, places(each.bad)) for each in found] == [("eu", [(1, 2)]), ("us", [(0, 3)])]


def slots(lane: str, letters: str) -> Account:
    """An account in slots of 10 ms; letters as above."""

    def pieces(which: str) -> tuple[Piece, ...]:
        return tuple(
            Piece(10 * n, 10 * n + 10, 1, Fraction(1), lane, f"{lane}{n}")
            for n, letter in enumerate(letters)
            if letter in which
        )

    return Account("slot", pieces(BASE), pieces(BAD), pieces("?"), promised=pieces(PROMISED), lane=lane)


def test_slots_are_joined_by_their_start_and_stay_slots() -> None:
    found = only(ALL((slots("a", "dd?du."), slots("b", "ddd?d.")), NOBODY))

    assert places(found.bad) == [(0, 10), (10, 20)]
    assert {p.cause for p in found.bad} == {"19700101T000000Z"}
    assert {p.size for p in (*found.base, *found.bad)} == {1}
    assert places(found.unknown) == [(20, 30), (30, 40)]
    assert places(found.base) == [(0, 10), (10, 20), (40, 50)]
    assert len(found.promised) == 5


def test_bad_slots_outside_the_period_are_asked_of_every_resource() -> None:
    outside = Piece(-10, 0, 1, Fraction(1), "a", "x")
    alone = (replace(slots("a", "du"), bad=(outside, *slots("a", "du").bad)), slots("b", "du"))

    assert places(only(ALL(alone, NOBODY)).bad) == [(0, 10)]
    assert places(only(ANY(alone, NOBODY)).bad) == [(-10, 0), (0, 10)]


def availability(accounts: Accounts, case: Case) -> tuple[Reading, ...]:
    return tuple(
        Reading(
            each.lane,
            1 - Fraction(size(each.bad), size(each.base)) if size(each.base) else None,
            Fraction(size(each.bad)),
            size(each.base),
            each.bad,
            Fraction(1),
        )
        for each in accounts
    )


class Plain:
    """Availability without anything else."""

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        return availability(accounts, case)

    def say(self) -> str:
        return "The figure."


RESOURCES = (account("a", "uudd"), account("b", "dduuuuuu"), account("c", "...."))


def test_minutes_of_all_resources_are_added_on_both_sides() -> None:
    (reading,) = Summed(Plain())(RESOURCES, NOBODY)

    assert (reading.value, reading.base, reading.lane) == (1 - Fraction(4, 12), 12, "")
    assert [p.lane for p in reading.outages] == ["b", "a"]


def test_a_fixed_denominator_is_added_too() -> None:
    accounts = (replace(RESOURCES[0], fixed=Fraction(30)), replace(RESOURCES[1], fixed=Fraction(30)))

    assert summed("", accounts).fixed == 60


def test_the_worst_resource_is_the_one_with_the_lowest_figure() -> None:
    (reading,) = Worst(Plain())(RESOURCES, NOBODY)
    assert (reading.lane, reading.value) == ("a", Fraction(1, 2))

    (reading,) = Worst(Plain(), highest=True)(RESOURCES, NOBODY)
    assert (reading.lane, reading.value) == ("b", Fraction(3, 4))


def test_what_is_not_determinable_is_worse_than_any_figure_and_what_did_not_exist_is_not() -> None:
    class Blind(Plain):
        def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
            return tuple(replace(r, determinable=r.lane != "b") for r in availability(accounts, case))

    assert Worst(Blind())(RESOURCES, NOBODY)[0].lane == "b"
    assert Worst(Plain())((RESOURCES[2], RESOURCES[1]), NOBODY)[0].lane == "b"


def test_the_terms_choose_the_step_and_the_formula() -> None:
    inner = Plain()

    assert steps(ScopeTerms("some down", 2, "after outage", "region")) == (Joined("some down", 2, "region"),)
    assert steps(ScopeTerms()) == steps(ScopeTerms("worst")) == ()
    assert formula(ScopeTerms(), inner) is inner
    assert formula(ScopeTerms("worst"), inner, highest=True) == Worst(inner, None, highest=True)
    assert formula(ScopeTerms("sum of resource-minutes", across="region"), inner) == Summed(inner, "region")


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (ANY, "The service counts as down while any of its resources is down."),
        (ALL, "The service counts as down while all of its resources that exist are down at once."),
        (
            replace(TWO, across="region"),
            (
                "The service counts as down while 2 or more of its resources are down at once, judged for "
                "each region on its own."
            ),
        ),
        (
            Summed(Plain()),
            "The times of all resources are added up, on both sides of the division. The figure.",
        ),
        (Worst(Plain()), "The figure of the worst resource, the lowest one, counts. The figure."),
    ],
)
def test_it_says_how_resources_become_one(rule: Any, sentence: str) -> None:
    assert rule.say() == sentence


letters = st.text("uuudd?e.asE", min_size=12, max_size=12)


def need(rule: Joined, exist: int) -> int:
    return {"any down": 1, "all down": max(exist, 1), "some down": rule.least}[rule.join]


@given(drawings=st.lists(letters, min_size=2, max_size=4), rule=st.sampled_from([ANY, ALL, TWO]))
def test_every_instant_is_judged_by_itself(drawings: list[str], rule: Joined) -> None:
    found = join(rule, *drawings)
    bad, excused, unknown, base = (
        cells(p) for p in (found.bad, taken(found.excused), found.unknown, found.base)
    )

    for ms, here in enumerate(zip(*drawings, strict=True)):
        exist = sum(letter != "." for letter in here)
        needed = need(rule, exist)
        down, unseen, spared = here.count("d"), here.count("?"), here.count("e") + here.count("E")
        assert (ms in cells(found.promised)) == (exist > 0)
        assert (ms in bad) == (exist > 0 and down >= needed)
        assert (ms in unknown) == (exist > 0 and down < needed <= down + unseen)
        decided = exist > 0 and ms not in bad and ms not in unknown
        assert (ms in excused) == (decided and down + spared >= needed)
        counted = any(letter in BASE or letter == "?" for letter in here)
        assert (ms in base) == (ms in bad or (decided and counted))


@given(drawings=st.lists(letters, min_size=2, max_size=4), rule=st.sampled_from([ANY, ALL, TWO]))
def test_classes_of_time_of_the_joined_add_up_and_are_apart(drawings: list[str], rule: Joined) -> None:
    found = join(rule, *drawings)
    times = times_of(found)
    classes = (times.up, times.counted, times.excused, times.unmeasured, times.set_aside)

    assert sum(classes) == times.promised == size(found.promised)
    assert min(classes) >= 0
    for part in (found.base, found.bad, found.promised, found.unknown, found.short, found.set_aside):
        assert all(left.end <= right.start for left, right in pairwise(part))
    assert cells(found.bad) <= cells(found.base)
    assert not cells(taken(found.excused)) & cells(found.bad)
    assert not {ms for span in left_out(found) for ms in range(span.start, span.end)} & cells(found.base)


seen = st.text("uudd?", min_size=10, max_size=10)


@given(
    drawings=st.lists(seen, min_size=2, max_size=3),
    rule=st.sampled_from([ANY, ALL, TWO]),
    policy=st.sampled_from(["left out", "up", "down"]),
)
def test_what_was_unseen_may_be_decided_before_the_resources_are_joined_or_after(
    drawings: list[str], rule: Joined, policy: Any
) -> None:
    """Before: of each resource. After: of all together, which the unseen ones of them decide."""
    accounts = tuple(account(f"r{n}", each.replace("?", "+")) for n, each in enumerate(drawings))
    unobserved = Unobserved(policy)

    before = only(rule(unobserved(accounts, NOBODY), NOBODY))
    after = only(unobserved(rule(accounts, NOBODY), NOBODY))
    assert cells(before.bad) == cells(after.bad)
    assert cells(before.base) == cells(after.base)
    assert cells(before.unknown) == cells(after.unknown)


@given(
    drawings=st.lists(st.text("ud?.", min_size=8, max_size=8), min_size=2, max_size=4),
    rule=st.sampled_from([ANY, ALL, TWO]),
)
def test_slots_join_as_time_does(drawings: list[str], rule: Joined) -> None:
    time = join(rule, *drawings)
    found = only(rule(tuple(slots(f"r{n}", each) for n, each in enumerate(drawings)), NOBODY))

    for part in ("base", "bad", "unknown", "promised"):
        assert {p.start // 10 for p in getattr(found, part)} == cells(getattr(time, part))
        assert size(getattr(found, part)) == size(getattr(time, part))
