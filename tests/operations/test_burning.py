"""How fast an allowance burns, against somebody who looks at every single minute, over 1,000 histories."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import pytest

from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.periods import month
from monitor.operations.alerting import USUAL, falls_to, rises_to
from monitor.operations.burning import Bad, Fitted, Load, burn, burnt, fitted, within

RULES = [each for each in USUAL if each.when == "burn"]
MONTH = 30 * DAY
THOUSANDTH = Fraction(1, 1_000)


def load(bad: Sequence[tuple[Ms, Ms]], missing: Fraction = THOUSANDTH) -> Load:
    return Load([Bad(start, end, Fraction(end - start)) for start, end in bad], Fraction(1), missing)


def usual(name: str, length: Ms = MONTH) -> Fitted:
    rule = next(each for each in RULES if each.id == name)
    assert rule.rate is not None
    assert rule.windows is not None
    return fitted(rule.rate, rule.windows, length, Fraction(length))


# --- what a rule is in a period ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "uses"), [("burn-1h", "2"), ("burn-6h", "5"), ("burn-1d", "10"), ("burn-3d", "10")]
)
@pytest.mark.parametrize("days", [28, 29, 30, 31, 90, 91, 92, 365, 366])
def test_the_share_of_the_allowance_that_a_window_may_use_is_the_same_in_every_period(name, uses, days):
    rule = usual(name, days * DAY)

    assert rule.share == Fraction(uses) / 100
    assert rule.rate * rule.long / (days * DAY) == rule.share


@pytest.mark.parametrize(
    ("days", "long", "short", "rate"),
    [
        (30, HOUR, 5 * MINUTE, Fraction("14.4")),
        (31, HOUR, 5 * MINUTE, Fraction("14.88")),
        (28, HOUR, 5 * MINUTE, Fraction("13.44")),
        (92, 3 * HOUR, 15 * MINUTE, Fraction("14.72")),
        (365, 12 * HOUR, HOUR, Fraction("14.6")),
    ],
)
def test_windows_grow_with_the_period_and_the_rate_makes_up_for_the_rest(days, long, short, rate):
    rule = usual("burn-1h", days * DAY)

    assert (rule.long, rule.short, rule.rate) == (long, short, rate)


def test_months_in_which_the_clocks_change_are_an_hour_longer_and_shorter():
    autumn, spring = month("2026-10", "Europe/Berlin"), month("2026-03", "Europe/Berlin")

    assert usual("burn-1h", autumn.span.length).rate == Fraction("14.4") * Fraction(745, 720)
    assert usual("burn-1h", spring.span.length).rate == Fraction("14.4") * Fraction(743, 720)


# --- what burns --------------------------------------------------------------------------------------------


def test_two_percent_of_a_month_in_an_hour_is_raised_and_a_millisecond_less_is_not():
    """99.9 % of 30 days allow 43 min 12 s; 2 % of it are 51.84 s."""
    rule, now = usual("burn-1h"), 10 * DAY

    assert burn(load([(now - 51_840, now)]), rule, now).verdict.firm
    assert not burn(load([(now - 51_839, now)]), rule, now).verdict.firm


def test_one_bad_check_of_the_only_two_that_were_made_is_no_fire():
    """An hour with two checks of sixty, one of them bad: a sixtieth is bad, and not a half."""
    missing, expected = Fraction(1, 100), Fraction(1, MINUTE)
    sparse = Load([Bad(10 * DAY - MINUTE, 10 * DAY, Fraction(1))], expected, missing)
    rule = usual("burn-1h")

    found = burn(sparse, rule, 10 * DAY)

    assert found.long == Fraction(1, 60) / missing
    assert not found.verdict.firm
    assert Fraction(1, 2) / missing >= rule.rate  # of what was measured, it would be


def test_what_was_raised_stays_until_nothing_was_bad_for_twice_the_short_window():
    bad, rule = load([(10 * DAY, 10 * DAY + 2 * MINUTE)]), usual("burn-1h")
    over = 10 * DAY + 2 * MINUTE

    assert burn(bad, rule, over).verdict.firm
    quiet = [burn(bad, rule, over + minutes * MINUTE).verdict for minutes in (6, 9, 10)]
    assert [(each.firm, each.held) for each in quiet] == [(False, True), (False, True), (False, False)]


def test_a_service_that_fails_a_minute_in_six_is_told_of_once():
    rule, start = usual("burn-1h"), 10 * DAY
    bad = load([(start + n * 6 * MINUTE, start + n * 6 * MINUTE + MINUTE) for n in range(40)])
    assert turns(bad, rule, start, start + 5 * HOUR) == ["raised", "ended"]


def turns(bad: Load, rule: Fitted, start: Ms, end: Ms, every: Ms = MINUTE) -> list[str]:
    """What an alert does that is open from the first firm look to the first that holds no more."""
    told: list[str] = []
    for now in range(start, end + 1, every):
        verdict = burn(bad, rule, now).verdict
        is_open = told[-1:] == ["raised"]
        if verdict.firm and not is_open:
            told.append("raised")
        elif not verdict.held and is_open:
            told.append("ended")
    return told


def test_a_pace_that_swings_by_a_twentieth_round_the_bound_never_flaps():
    """3 x over a day: of each minute 4.3 s are bad, now a little more and now a little less."""
    rule, start = usual("burn-1d"), 10 * DAY
    bad = []
    for n in range(3 * 24 * 60):
        share = Fraction(3, 1_000) * (Fraction(21, 20) if n // 90 % 2 else Fraction(19, 20))
        begin = start + n * MINUTE
        bad.append(Bad(begin, begin + MINUTE, share * MINUTE))
    pulsing = Load(bad, Fraction(1), THOUSANDTH)

    assert turns(pulsing, rule, start, start + 3 * DAY, 30 * MINUTE).count("raised") == 1
    rates = [burn(pulsing, rule, start + 2 * DAY + n * 30 * MINUTE) for n in range(48)]
    assert any(each.short < rule.rate for each in rates)
    assert any(each.short > rule.rate for each in rates)


# --- against somebody who looks at every minute ------------------------------------------------------------


def by_the_minute(down: Sequence[bool], rule: Fitted, now: int, missing: Fraction) -> tuple[bool, bool]:
    """The same by counting minutes, with what the rule says in words and nothing of its arithmetic."""
    long, short = rule.long // MINUTE, rule.short // MINUTE

    def bad(length: int) -> int:
        return sum(1 for minute in range(now - length, now) if 0 <= minute < len(down) and down[minute])

    def reached(length: int, part: Fraction) -> bool:
        allowed_at_that_rate = missing * length * rule.rate * part
        return bad(length) >= allowed_at_that_rate

    firm = reached(long, Fraction(1)) and reached(short, Fraction(1))
    held = reached(long, Fraction(9, 10)) and bad(2 * short) > 0
    return firm, firm or held


def history(seed: int) -> tuple[list[bool], Load, Fraction, str, Ms, int]:
    """Minutes of days, up and down by chance, what they come to as pieces, and a rule to hold to them."""
    chance = random.Random(seed)
    name = chance.choice(RULES).id
    length = chance.choice([28, 30, 31, 92, 365]) * DAY
    missing = Fraction(chance.choice(["0.0001", "0.0005", "0.001", "0.005", "0.01", "0.05"]))
    minutes = chance.choice([2 * 60, 24 * 60, 5 * 24 * 60])
    down, state = [], False
    for _ in range(minutes):
        state = chance.random() < (0.8 if state else chance.choice([0.001, 0.01, 0.1]))
        down.append(state)
    pieces, begin = [], None
    for minute, bad in enumerate([*down, False]):
        if bad and begin is None:
            begin = minute
        elif not bad and begin is not None:
            pieces.append((begin * MINUTE, minute * MINUTE))
            begin = None
    return down, load(pieces, missing), missing, name, length, chance.randrange(1, minutes + 90)


@pytest.mark.parametrize("part", range(4))
def test_a_thousand_histories_are_judged_as_by_the_minute(part):
    told = set()
    for seed in range(part * 250, part * 250 + 250):
        down, bad, missing, name, length, now = history(seed)
        rule = usual(name, length)

        verdict = burn(bad, rule, now * MINUTE).verdict

        assert (verdict.firm, verdict.held) == by_the_minute(down, rule, now, missing), f"seed {seed}"
        told.add((verdict.firm, verdict.held))
    assert told == {(True, True), (False, True), (False, False)}


def test_the_part_of_a_piece_that_lies_in_a_window_counts():
    bad = [Bad(0, 10, Fraction(5)), Bad(20, 30, Fraction(1))]

    assert within(bad, Span(4, 25)) == Fraction(3) + Fraction(1, 2)
    assert burnt(Load(bad, Fraction(1), Fraction(1, 2)), Span(4, 25)) == Fraction(7, 2) / 21 * 2


# --- bounds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "rising", "falling"),
    [
        (80, (False, False), (True, True)),
        (90, (False, True), (True, True)),
        (100, (True, True), (True, True)),
        (111, (True, True), (False, True)),
        (112, (True, True), (False, False)),
    ],
)
def test_between_two_bounds_an_alert_stays_and_none_is_raised(figure, rising, falling):
    up, down = rises_to(figure, 100), falls_to(figure, 100)

    assert ((up.firm, up.held), (down.firm, down.held)) == (rising, falling)


def test_where_three_days_of_a_month_are_promised_nothing_burns_below_the_pace_that_lasts():
    """A page at 0.6 times the pace that the promise allows would contradict itself."""
    young = fitted(Fraction(6), (6 * HOUR, 30 * MINUTE), 30 * DAY, Fraction(3 * DAY))

    assert young.rate == 1
