"""The naive pricing on cases worked by hand: without these nobody could trust it as a second opinion."""

import itertools
from fractions import Fraction

import pytest

from tests.agreements.naive import settle
from tests.agreements.naive_schedule import round_to

MIN, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ALL = 10**9


def d(text):
    return Fraction(text)


def pct(text):
    return Fraction(text) / 100


def days(number, **more):
    return {"start": 0, "end": number * DAY, **more}


def outages(*minutes, at=DAY):
    """Outages of these lengths, a day apart."""
    return [{"start": at + n * DAY, "end": at + n * DAY + int(d(m) * MIN)} for n, m in enumerate(minutes)]


def down(*minutes, windows=()):
    return {"resources": {"shop": {"down": outages(*minutes)}}, "windows": list(windows)}


def share(text):
    return {"kind": "share", "share": pct(text)}


def below(*pairs, mode="deepest", **more):
    """Rows of an availability, open downwards: ("99.9", "10") is 10 % below 99.9 %."""
    rows = [{"high": pct(bound), "credit": share(part)} for bound, part in pairs]
    return {"kind": "rows", "rows": rows, "mode": mode, **more}


def bands(*triples, over="figure", **more):
    """Rows with a lower bound inside and an upper bound outside; None is open."""
    rows = [{"low": low, "high": high, "credit": given} for low, high, given in triples]
    return {"kind": "rows", "rows": rows, "over": over, **more}


def at_least(text, of="figure"):
    return {"of": of, "op": ">=", "bound": pct(text)}


def promise(commitment="99.9", schedule=None, **more):
    return {"measure": {"kind": "time"}, "gate": at_least(commitment), "schedule": schedule, **more}


def price(contract, evidence, period=None, fee="1000", history=(), **money):
    named = {"period": d(fee), **{name: d(value) for name, value in money.items()}}
    return settle(contract, evidence, period or days(30), named, list(history))


def cents(*arguments, **more):
    return price(*arguments, **more)["credit_minor"]


def six(result):
    """The figure in percent to six decimals, half up."""
    whole = int(round_to(result["value"] * 100, 6) * 10**6)
    return f"{whole // 10**6}.{whole % 10**6:06d}"


# ---- figures and rows


def test_an_hour_in_april_is_ten_percent_of_the_fee():
    result = price(promise(schedule=below(("99.9", "10"), ("99.0", "25"))), down(60))
    assert (six(result), result["credit_minor"], result["met"], result["base"]) == (
        "99.861111",
        10000,
        False,
        30 * DAY,
    )


@pytest.mark.parametrize(
    ("minutes", "figure", "credit"),
    [
        (216, "99.500000", 0),
        (217, "99.497685", 730),
        (432, "99.000000", 730),
        (433, "98.997685", 2190),
        (2160, "95.000000", 2190),
        (2161, "94.997685", 7300),
    ],
)
def test_a_bound_belongs_to_the_better_row_of_instance_tiers(minutes, figure, credit):
    tiers = bands(
        (pct("99"), pct("99.5"), share("10")),
        (pct("95"), pct("99"), share("30")),
        (None, pct("95"), share("100")),
    )
    result = price(
        promise("99.5", tiers), {"resources": {"i": {"down": [{"start": 0, "end": minutes * MIN}]}}}, fee="73"
    )
    assert (six(result), result["credit_minor"]) == (figure, credit)


@pytest.mark.parametrize(("fee", "credit"), [("10.00", 0), ("10.01", 100)])
def test_a_minimum_is_asked_before_the_rounding(fee, credit):
    one_dollar = [{"kind": "only_if", "more_than": d(1)}]
    assert cents(promise(schedule=share("10"), limits=one_dollar), down(60), fee=fee) == credit


def test_the_mean_of_slots_is_not_the_global_ratio():
    requests = [{"at": 0, "valid": 1, "failed": 1}]
    requests += [{"at": n * 5 * MIN, "valid": 1000, "failed": 0} for n in range(1, 8640)]
    evidence = {"resources": {"bucket": {"requests": requests}}}
    mean = price(promise(measure={"kind": "mean_slots", "length": 5 * MIN}), evidence)
    ratio = price(promise(measure={"kind": "global"}), evidence)
    assert mean["value"] == 1 - Fraction(1, 8640)
    assert ratio["value"] == 1 - Fraction(1, 8_639_001)


def test_late_replications_are_counted_in_the_month_they_began():
    measure = {"kind": "deadline", "allowed": 15 * MIN}
    late = {"start": 31 * DAY - 5 * MIN, "end": 31 * DAY + 20 * MIN}
    prompt = {"start": DAY, "end": DAY + 15 * MIN}
    evidence = {"resources": {"pair": {"events": [late] + [prompt] * 499}}}
    contract = promise(schedule=share("10"), measure=measure, base=["rtc", "storage"])
    january = price(contract, evidence, days(31), rtc="412.50", storage="87.35")
    february = price(contract, evidence, {"start": 31 * DAY, "end": 59 * DAY}, rtc="412.50", storage="87.35")
    assert (january["bad"], six(january), january["credit_minor"]) == (1, "99.800000", 4999)
    assert (february["base"], february["met"]) == (0, True)


TEN = {"minimum": {"ms": 10 * MIN, "op": ">="}}


def test_only_an_outage_of_ten_minutes_counts():
    assert price(promise(qualify=TEN), down(9, 9, 9))["value"] == 1
    assert six(price(promise(qualify=TEN), down(10))) == "99.976852"


def test_the_whole_outage_is_judged_before_it_is_split_at_a_month_end():
    evidence = {"resources": {"q": {"down": [{"start": 30 * DAY - 6 * MIN, "end": 30 * DAY + 6 * MIN}]}}}
    april, may = days(30), {"start": 30 * DAY, "end": 61 * DAY}
    assert [six(price(promise(qualify=TEN), evidence, month)) for month in (april, may)] == [
        "99.986111",
        "99.986559",
    ]
    split = promise(qualify=TEN, order={"clip_first": True})
    assert [price(split, evidence, month)["value"] for month in (april, may)] == [1, 1]


@pytest.mark.parametrize(
    ("minutes", "credit"), [(0, 0), (1, 1000), (4, 1000), (5, 2500), (216, 2500), (217, 10000)]
)
def test_a_promise_of_a_hundred_percent_has_three_rows(minutes, credit):
    table = below(("100", "10"), ("99.99", "25"), ("99.5", "100"))
    assert cents(promise("100", table), down(minutes), fee="100") == credit


def test_the_hourly_mean_takes_empty_hours_as_good():
    ratios = [(3, 1, 1), (10, 50, 1)]
    hours = [(valid, failed) for number, valid, failed in ratios for _ in range(number)]
    requests = [{"at": n * HOUR, "valid": valid, "failed": failed} for n, (valid, failed) in enumerate(hours)]
    contract = promise(
        schedule=below(("99.9", "10"), ("99", "25")), measure={"kind": "mean_slots", "length": HOUR}
    )
    result = price(contract, {"resources": {"store": {"requests": requests}}})
    assert (six(result), result["credit_minor"]) == ("99.555556", 10000)


QUARTER = bands((pct("99"), pct("99.9"), share("10")), (None, pct("99"), share("25")))
for row in QUARTER["rows"][:1]:
    row.update(low_op=">", high_op="<=")


def test_a_commitment_is_asked_before_the_table_and_a_hole_is_refused():
    contract = promise(schedule=QUARTER)
    results = [price(contract, down(m), days(90), fee="6300") for m in ("130", "129.6", "1296")]
    assert [r["credit_minor"] for r in results] == [63000, 0, None]
    assert (results[2]["reason"], results[2]["met"]) == ("no row", False)
    assert cents({**contract, "if_met": "look up"}, down("129.6"), days(90), fee="6300") == 63000


def test_a_hole_may_be_given_to_a_neighbour_or_to_nobody():
    def given(policy):
        return cents(promise(schedule={**QUARTER, "in_no_row": policy}), down(1296), days(90), fee="100")

    assert [given(p) for p in ("row above", "row below", "no credit")] == [1000, 2500, 0]


def test_rows_that_overlap_need_a_choice():
    table = {"kind": "rows", "rows": [{"high": pct("99.9"), "low": None, "credit": share("5")}]}
    table["rows"].append({"high": pct("99"), "low": None, "credit": share("25")})
    month = down(648)  # 98.5 %
    found = {
        mode: cents(promise(schedule={**table, "mode": mode}), month)
        for mode in ("first", "deepest", "highest")
    }
    assert found == {"first": 5000, "deepest": 25000, "highest": 25000}
    assert price(promise(schedule=table), month)["reason"] == "several rows"


# ---- pro rata, units, steps


def pro_rata(k=1, **more):
    return {"kind": "pro_rata", "k": k, **more}


PERIOD_CAP = {"kind": "cap", "per": "period", "amount": share("100")}


def test_ten_times_the_quarters_time():
    assert cents(promise("99.99", pro_rata(10)), down(45), days(91), fee="9000") == 3091


@pytest.mark.parametrize(
    ("fee", "k", "credit"), [("200", 1, 1), ("50000", 1, 243), ("50000", 10, 2431), ("50000", 25, 6076)]
)
def test_time_is_weighed_by_the_visitors_it_hit(fee, k, credit):
    outage = {**outages(100)[0], "affected": 21, "population": 1000}
    contract = promise("100", pro_rata(k), measure={"kind": "impact"})
    assert cents(contract, {"resources": {"site": {"down": [outage]}}}, fee=fee) == credit


def test_overlapping_shares_add_to_at_most_everybody():
    hit = [{"start": 0, "end": HOUR, "affected": n, "population": 10} for n in (7, 6)]
    later = {"start": DAY, "end": DAY + HOUR, "affected": 5, "population": 10}
    result = price(promise(measure={"kind": "impact"}), {"resources": {"site": {"down": [*hit, later]}}})
    assert result["bad"] == HOUR + HOUR // 2


@pytest.mark.parametrize(("minutes", "credit"), [(360, 5000), (900, 12000), (5, 0)])
def test_fifty_times_the_time_ends_at_the_fee(minutes, credit):
    five = {"minimum": {"ms": 5 * MIN, "op": ">"}}
    contract = promise("100", pro_rata(50), qualify=five, limits=[PERIOD_CAP])
    assert cents(contract, down(minutes), fee="120") == credit


def unit(ms, count, each, **more):
    return {"kind": "per_unit", "unit_ms": ms, "count": count, "each": each, **more}


def test_full_hours_beyond_the_allowance():
    contract = promise(
        "99.5",
        unit(HOUR, "full", share("5"), beyond_share=pct("0.5")),
        qualify={"minimum": {"ms": 3 * MIN, "op": ">"}},
    )
    assert cents(contract, down(340), fee="80") == 800
    assert price(contract, down(3))["bad"] == 0


@pytest.mark.parametrize(("down_share", "credit"), [("1.2", 60000), ("1.1", 40000)])
def test_each_step_or_portion_below_the_target(down_share, credit):
    step = {"kind": "per_step", "from": pct("99.5"), "step": pct("0.3"), "count": "part"}
    step["each"] = {"kind": "units", "count": 1, "price": "1/365", "base": "annual"}
    minutes = d(down_share) * 432
    assert cents(promise("99.5", step), down(minutes), annual="73000") == credit


@pytest.mark.parametrize(("count", "credit"), [("full", 40000), ("pro_rata", 42500), ("part", 45000)])
def test_a_base_and_steps_on_top(count, credit):
    step = {"kind": "per_step", "from": pct("99"), "step": pct("0.1"), "count": count, "each": share("5")}
    assert cents(promise("99", {"kind": "sum", "of": [share("30"), step]}), down(540)) == credit


def test_the_shortfall_itself_is_the_credit():
    assert cents(promise("99.5", {"kind": "linear", "from": pct("99.5")}), down(540), fee="4000") == 3000


def test_a_ratio_rounded_first_changes_the_cents():
    contract = promise("100", pro_rata(2, of="1/30"))
    assert cents({**contract, "rounding": {"ratio_decimals": 4}}, down(300), days(31)) == 1380
    assert cents(contract, down(300), days(31)) == 1389


OVERSHOOT = bands(
    (pct("0"), pct("10"), None),
    (pct("10"), pct("25"), share("10")),
    (pct("25"), pct("50"), share("20")),
    (pct("50"), pct("75"), share("30")),
    (pct("75"), pct("100"), share("40")),
    (pct("100"), None, share("50")),
    over="overshoot",
)


@pytest.mark.parametrize(
    ("jitter", "credit"),
    [("2.2", 10000), ("2.5", 20000), ("3.0", 30000), ("3.5", 40000), ("4.0", 50000), ("2.19", 0), ("1", 0)],
)
def test_a_metrics_overshoot_is_looked_up(jitter, credit):
    measure = {"kind": "metric", "how": "mean", "target": d(2), "overshoot": True}
    evidence = {"resources": {"line": {"readings": [{"at": 5, "value": d(jitter)}]}}}
    assert cents({"measure": measure, "schedule": OVERSHOOT}, evidence) == credit


def test_a_schedule_of_class_has_its_own_rows_in_a_long_month():
    result = price(promise("99.99", below(("99.99", "10"), ("99.9", "25"))), down(360), days(31))
    assert (six(result), result["credit_minor"], result["base"]) == ("99.193548", 25000, 31 * DAY)


@pytest.mark.parametrize(("unit_decimals", "credit"), [(2, 7494960), (None, 7494933)])
def test_an_hourly_rate_with_a_deductible_and_a_yearly_cap(unit_decimals, credit):
    hour = {"kind": "units", "count": 1, "unit": "hour", "price": "1/30"}
    schedule = unit(HOUR, "full", hour, beyond=48 * HOUR, at_most=240 * HOUR)
    contract = {**promise("99.9", schedule), "rounding": {"unit_decimals": unit_decimals}}
    result = price(contract, down(312 * 60), fee="224848")
    assert (result["credit_minor"], result["credited_ms"]) == (credit, 240 * HOUR)


def test_time_credited_earlier_in_the_year_is_used_up():
    schedule = unit(HOUR, "full", share("1"), at_most=10 * HOUR, at_most_span=(-ALL, ALL))
    earlier = {"start": -3 * DAY, "end": 0, "figure": d(1), "met": False, "credited_ms": 7 * HOUR}
    assert cents(promise(schedule=schedule), down(300), history=[earlier]) == 3000


# ---- exclusions


def window(start, minutes, kind="works", **more):
    return {"start": start, "end": start + int(d(minutes) * MIN), "class": kind, **more}


def rule(effect="bad", **more):
    return [{"class": "works", "effect": effect, **more}]


def test_time_added_back_is_not_time_taken_from_both_sides():
    evidence = down(70, windows=[window(DAY, 30)])
    assert six(price(promise("99.95", exclude=rule()), evidence)) == "99.907407"
    assert six(price(promise("99.95", exclude=rule("both")), evidence)) == "99.907343"


def test_two_indicators_missed_add_their_credits():
    both = {"promises": [promise("99.95", share("10"))] * 2}
    assert cents(both, down(70), fee="8421.37") == 168427
    assert cents(both["promises"][0], down(70), fee="8421.37") == 84214


def test_the_effect_of_an_exclusion_can_flip_the_verdict():
    inside = down(120, windows=[window(DAY, 60)])
    assert [six(price(promise(exclude=rule(e)), inside)) for e in ("bad", "both")] == [
        "99.861111",
        "99.860918",
    ]
    elsewhere = down("43.18", windows=[window(9 * DAY, 240)])
    flip = [price(promise(exclude=rule(e)), elsewhere) for e in ("bad", "both")]
    assert [(six(r), r["met"]) for r in flip] == [("99.900046", True), ("99.899488", False)]


def test_only_the_overrun_of_a_maintenance_cap_counts():
    works = [window(n * DAY, m) for n, m in ((10, 60), (11, 45), (12, 30))]
    evidence = down(90, windows=works)
    evidence["resources"]["shop"]["down"] += [{"start": w["start"], "end": w["end"]} for w in works]
    cap = {"of": "down", "at_most": 120 * MIN, "spans": [(0, 30 * DAY)]}
    result = price(promise("99.8", pro_rata(), exclude=rule(cap=cap)), evidence, fee="12000")
    assert (six(result), result["credit_minor"]) == ("99.756944", 2917)
    free = price(promise("99.8", pro_rata(), exclude=rule()), evidence, fee="12000")
    assert (six(free), free["credit_minor"]) == ("99.791667", 2500)


def test_a_yearly_allowance_used_before_leaves_the_rest_as_downtime():
    year = {"of": "down", "at_most": 600 * MIN, "spans": [(-300 * DAY, 65 * DAY)]}
    before = {"start": -30 * DAY, "end": 0, "figure": d(1), "met": True, "excused": {"works": 570 * MIN}}
    result = price(promise(exclude=rule(cap=year)), down(60, windows=[window(DAY, 60)]), history=[before])
    assert result["bad"] == 30 * MIN


def test_a_window_over_its_cap_may_be_lost_wholly_and_windows_may_be_counted():
    spans = [(0, 30 * DAY)]
    evidence = down(60, 60, windows=[window(DAY, 60), window(2 * DAY, 60)])
    caps = [
        {"of": "time", "at_most": 90 * MIN, "spans": spans},
        {"of": "time", "at_most": 90 * MIN, "spans": spans, "overrun": "whole"},
        {"of": "count", "at_most": 1, "spans": spans},
    ]
    assert [price(promise(exclude=rule(cap=cap)), evidence)["bad"] // MIN for cap in caps] == [30, 60, 60]


def test_a_notice_too_late_excuses_nothing_and_a_window_is_good_only_in_its_hours():
    evidence = down(60, windows=[window(DAY, 60, announced=DAY - 47 * HOUR)])
    assert price(promise(exclude=rule(notice=48 * HOUR)), evidence)["bad"] == 60 * MIN
    assert price(promise(exclude=rule(notice=47 * HOUR)), evidence)["bad"] == 0
    night = rule(only_during=[(DAY, DAY + 20 * MIN)])
    assert price(promise(exclude=night), evidence)["bad"] == 40 * MIN


def test_maintenance_may_cut_an_outage_below_its_minimum():
    evidence = down(18, windows=[window(DAY + 8 * MIN, 4)])
    assert price(promise(qualify=TEN, exclude=rule()), evidence)["bad"] == 14 * MIN
    first = promise(qualify=TEN, exclude=rule(), order={"exclude_first": True})
    assert price(first, evidence)["bad"] == 0


# ---- windows, rounding, history


@pytest.mark.parametrize(
    ("month", "figure", "met"),
    [(28, "99.892113", False), (29, "99.895833", False), (30, "99.899306", False), (31, "99.902554", True)],
)
def test_the_same_downtime_is_judged_by_the_months_length(month, figure, met):
    result = price(promise(), down("43.5"), days(month))
    assert (six(result), result["met"]) == (figure, met)


@pytest.mark.parametrize(
    ("formula", "credit"), [({}, 10000), ({"decimals": 2}, 0), ({"decimals": 2, "mode": "down"}, 10000)]
)
def test_rounding_before_the_look_up_moves_the_row(formula, credit):
    assert cents(promise(schedule=below(("99.9", "10")), formula=formula), down("45.3")) == credit


@pytest.mark.parametrize(
    ("fee", "part", "rounding", "credit"),
    [
        ("35000", Fraction(1, 90), {"decimals": 0}, 389),
        ("35000", Fraction(1, 90), {"decimals": 0, "mode": "down"}, 388),
        ("24.50", Fraction(5, 100), {}, 123),
        ("24.50", Fraction(5, 100), {"mode": "half_even"}, 122),
        ("12345.67", Fraction(1, 15), {}, 82304),
        ("899", Fraction(4, 30), {}, 11987),
    ],
)
def test_money_is_rounded_once_in_the_contracts_way(fee, part, rounding, credit):
    contract = {**promise(schedule={"kind": "share", "share": part}), "rounding": rounding}
    assert cents(contract, down(60), fee=fee) == credit


@pytest.mark.parametrize(("line", "credit"), [("promise", 999), ("agreement", 1000)])
def test_rounded_lines_are_not_a_rounded_sum(line, credit):
    three = {"promises": [promise(schedule=share("10"))] * 3, "rounding": {"line": line}}
    assert cents(three, down(60), fee="33.335") == credit


def test_resources_are_lines_on_their_own_fees():
    fleet = {"resources": {n: {"down": outages(60), "fee": d("33.335")} for n in "abc"}}
    contract = promise(schedule=share("10"))
    assert cents({**contract, "rounding": {"line": "resource"}}, fleet) == 999
    assert cents(contract, fleet) == 1000


def test_a_year_of_five_minute_periods_allows_fifty_two_bad_ones():
    contract = promise("99.95", measure={"kind": "slots", "length": 5 * MIN})
    results = [price(contract, down(5 * n), days(365)) for n in (52, 53)]
    assert [(six(r), r["met"], r["bad"], r["base"]) for r in results] == [
        ("99.950533", True, 52, 105120),
        ("99.949581", False, 53, 105120),
    ]


@pytest.mark.parametrize(
    ("partial", "figure"),
    [("extrapolated", "99.954710"), ("existed", "99.954710"), ("rest_available", "99.988584")],
)
def test_a_first_year_of_three_months(partial, figure):
    year = days(365, exists=(273 * DAY, 365 * DAY))
    evidence = {"resources": {"s": {"down": outages(60, at=300 * DAY)}}}
    result = price(promise(window={"partial": partial}), evidence, year)
    assert six(result) == figure
    if partial == "extrapolated":
        assert round_to(result["bad"] / MIN, 2) == d("238.04")


def test_a_fixed_month_of_thirty_days_never_goes_below_zero():
    evidence = {"resources": {"s": {"down": [{"start": 0, "end": 31 * DAY}]}}}
    assert price(promise(window={"fixed": 30 * DAY}), evidence, days(31))["value"] == 0


def test_a_credit_may_be_too_small_or_raised():
    assert cents(promise(schedule=pro_rata(10)), down(90), days(31), fee="3000") == 6048
    impact = [{"kind": "only_if", "more_than": d(10)}]
    assert cents(promise(schedule=pro_rata(10), limits=impact), down(60), fee="500") == 0
    raised = [{"kind": "raised_to", "money": d(1)}]
    assert cents(promise(schedule={"kind": "money", "money": d("0.40")}, limits=raised), down(60)) == 100


def past(verdicts, figures=None):
    """Earlier months, oldest first: M kept its promise, x missed it."""
    verdicts = [letter == "M" for letter in verdicts]
    figures = figures or [d(1)] * len(verdicts)
    pairs = list(zip(verdicts, figures, strict=True))
    return [
        {"start": (n - len(pairs)) * 30 * DAY, "end": (n - len(pairs) + 1) * 30 * DAY, "met": m, "figure": f}
        for n, (m, f) in enumerate(pairs)
    ]


@pytest.mark.parametrize("history", [past("xMxMM"), past("xMxMMx")])
def test_the_third_failure_in_six_months(history):
    table = bands(
        (1, 2, None),
        (2, 3, share("10")),
        (3, 4, share("20")),
        (4, None, share("30")),
        over={"missed_in_last": 6},
    )
    assert cents(promise(schedule=table), down(60), fee="8000", history=history) == 160000


@pytest.mark.parametrize(("history", "credit"), [(past("M"), 0), (past("x"), 139), (past("xM"), 0)])
def test_two_consecutive_misses_pay_pro_rata(history, credit):
    table = bands((1, 2, None), (2, None, pro_rata()), over="consecutive")
    assert cents(promise("99.95", table), down(60), history=history) == credit


def test_a_figure_averaged_with_the_month_before_scores_points_on_the_next_bill():
    scored = promise("99.5", {"kind": "points", "points": 15}, formula={"mean_with_last": 1})
    table = bands((0, 10, None), (10, 15, share("2")), (15, 20, share("4")), over="points")
    contract = {"promises": [scored], "combine": "points", "points": table, "base": "next"}
    result = price(contract, down("43.2"), history=past("x", figures=[pct("99")]), next="2500")
    assert (six(result), result["points"], result["credit_minor"]) == ("99.450000", 15, 10000)


def test_service_hours_are_the_whole_month():
    def shift(day, first=9, last=21):
        return (day * DAY - DAY + first * HOUR, day * DAY - DAY + last * HOUR)

    working = [
        n for n in range(1, 32) if (n + 2) % 7 not in (5, 6) and n not in (5, 26)
    ]  # 1 May 2025: Thursday
    outage = {"start": 15 * DAY + 20 * HOUR + 30 * MIN, "end": 18 * DAY + 9 * HOUR + 20 * MIN}
    evidence = {"resources": {"desk": {"down": [outage]}}}
    masked = price(promise(), evidence, days(31, mask=[shift(n) for n in working]))
    assert (six(masked), masked["bad"], masked["base"]) == ("99.652778", 50 * MIN, 14400 * MIN)
    assert six(price(promise(), evidence, days(31))) == "91.823477"


# ---- days, caps, months


def day_units(count, price="actual"):
    return {"kind": "units", "count": count, "price": price}


@pytest.mark.parametrize(("bad", "credited"), [("0.5", 3), ("1", 3), ("2", 7), ("5", 7), ("5.1", 15)])
def test_rows_may_pay_in_days(bad, credited):
    rows = [("99", "99.9", 3), ("95", "99", 7), (None, "95", 15)]
    table = bands(*[(low and pct(low), pct(high), day_units(n)) for low, high, n in rows])
    minutes = d(bad) * 432
    assert cents(promise(schedule=table), down(minutes), fee="600") == credited * 2000


def test_a_day_is_worth_its_divisor():
    def value(price_):
        return cents(promise(schedule=day_units(7, price_)), down(60), days(31), fee="1440", annual="17280")

    assert [value("actual"), value("1/30")] == [32516, 33600]
    yearly = {**day_units(7, "1/365"), "base": "annual"}
    assert cents(promise(schedule=yearly), down(60), days(31), annual="17280") == 33140


@pytest.mark.parametrize(
    ("schedule", "minutes", "period", "fee", "credit"),
    [
        (unit(HOUR, "full", day_units(1)), 1800, 90, "9000", 247500),
        (unit(HOUR, "part", day_units(1, "1/30")), 121, 31, "900", 9000),
        (unit(HOUR, "part", day_units(1)), 121, 31, "900", 8710),
        (unit(15 * MIN, "full", day_units(1), beyond_share=pct("0.1")), 100, 30, "149", 1490),
        (unit(15 * MIN, "part", day_units(1), beyond_share=pct("0.1")), 100, 30, "149", 1987),
        (unit(30 * MIN, "full", share("5"), beyond_share=pct("0.01")), 95, 31, "100", 1500),
        (pro_rata(10, beyond_share=pct("0.1")), 300, 30, "100", 594),
        (pro_rata(10), 300, 30, "100", 694),
    ],
)
def test_units_of_time_with_allowances_and_a_cap(schedule, minutes, period, fee, credit):
    cap = {"kind": "cap", "per": "period", "amount": share("27.5")}
    assert cents(promise("99.99", schedule, limits=[cap]), down(minutes), days(period), fee=fee) == credit


def test_a_quarter_as_the_mean_of_its_months():
    bounds = [0, 31 * DAY, 59 * DAY, 90 * DAY]
    parts = [
        (a, a + int((b - a) * pct(bad)))
        for a, b, bad in zip(bounds, bounds[1:], ("0.05", "0.225", "0.03"), strict=False)
    ]
    evidence = {"resources": {"n": {"down": [{"start": a, "end": b} for a, b in parts]}}}
    quarter = days(90, months=list(itertools.pairwise(bounds)))
    mean = price(promise(window={"mean_of_months": True}), evidence, quarter)
    assert (six(mean), mean["met"]) == ("99.898333", False)
    whole = price(promise(), evidence, quarter)
    assert (six(whole), whole["met"]) == ("99.902444", True)


def test_the_more_favourable_of_two_promises():
    two = [promise(schedule={"kind": "money", "money": d(m)}) for m in ("12", "9.50")]
    assert cents({"promises": two, "combine": "highest"}, down(60)) == 1200
    assert cents({"promises": two}, down(60)) == 2150


def test_the_lowest_commitment_decides_alone():
    two = [promise("99.9", share("25")), promise("99.5", share("10"))]
    contract = {"promises": two, "combine": "lowest_commitment"}
    assert [cents(contract, down(m)) for m in (60, 300)] == [0, 10000]


# ---- unknown time, scope, one outage at a time


def test_unknown_time_is_left_out_or_up_or_down():
    evidence = {"resources": {"s": {"down": [{"start": 0, "end": DAY}], "unknown": [(DAY, 4 * DAY)]}}}
    results = [price(promise(unknown={"as": kind}), evidence) for kind in ("out", "up", "down")]
    assert [(r["bad"] // DAY, r["base"] // DAY) for r in results] == [(1, 27), (1, 30), (4, 30)]
    thin = price(promise(unknown={"as": "out", "coverage": pct("95")}), evidence)
    assert (thin["value"], thin["met"], thin["credit_minor"], thin["reason"]) == (
        None,
        None,
        None,
        "coverage",
    )
    assert price(promise(unknown={"as": "out", "coverage": pct("90")}), evidence)["reason"] == "ok"


@pytest.mark.parametrize(
    ("scope", "bad", "base"),
    [
        ({"how": "union"}, 30, 30 * 1440),
        ({"how": "intersection"}, 0, 30 * 1440),
        ({"how": "k", "k": 2}, 10, 30 * 1440),
        ({"how": "sum"}, 40, 3 * 30 * 1440),
        ({"how": "each"}, 40, 3 * 30 * 1440),
        ({"how": "worst"}, 20, 30 * 1440),
    ],
)
def test_several_resources_give_several_answers(scope, bad, base):
    fleet = {
        "a": {"down": [{"start": 0, "end": 20 * MIN}]},
        "b": {"down": [{"start": 10 * MIN, "end": 30 * MIN}]},
        "c": {"down": []},
    }
    result = price(promise(scope=scope), {"resources": fleet})
    assert (result["bad"] / MIN, result["base"] / MIN) == (bad, base)


def test_a_minimum_is_asked_of_the_parts_or_of_the_union():
    fleet = {
        "a": {"down": [{"start": 0, "end": 6 * MIN}]},
        "b": {"down": [{"start": 6 * MIN, "end": 12 * MIN}]},
    }
    found = [
        price(promise(qualify=TEN, scope={"how": "union", "combine": c}), {"resources": fleet})
        for c in ("after", "before")
    ]
    assert [r["bad"] // MIN for r in found] == [0, 12]


def test_an_unknown_resource_matters_to_a_pair_only_while_the_other_is_down():
    pair = {"a": {"down": [{"start": 0, "end": HOUR}]}, "b": {"unknown": [(0, 2 * HOUR)]}}
    results = [price(promise(scope={"how": how}), {"resources": pair}) for how in ("intersection", "union")]
    assert [(r["bad"] // HOUR, r["base"] // HOUR) for r in results] == [(0, 719), (1, 719)]


@pytest.mark.parametrize(
    ("qualify", "bad"),
    [
        ({"minimum": {"ms": 60 * MIN, "op": ">"}}, "0"),
        ({"minimum": {"ms": 60 * MIN, "op": ">="}}, "60"),
        ({"deduct": 20 * MIN}, "50.5"),
        ({"deduct": 20 * MIN, "merge": 3 * DAY}, "70.5"),
        ({"truncate": MIN}, "90"),
        ({"floor": {"ms": 91 * MIN, "op": ">="}}, "0"),
        ({"floor": {"ms": 90 * MIN, "op": ">=", "deduct": True}}, "0.5"),
        ({"clock": "reported"}, "50"),
        ({"clock": "reported", "unreported": "actual"}, "80.5"),
        ({"age": 2 * DAY}, "30.5"),
        ({"affected": {"op": ">", "share": pct("50")}}, "60"),
    ],
)
def test_an_outage_qualifies_by_its_contracts_rules(qualify, bad):
    long, short = outages("60", "30.5")
    long["reported"] = long["start"] + 10 * MIN
    short.update(affected=1, population=2)
    evidence = {"resources": {"s": {"down": [long, short], "since": 0}}}
    assert price(promise(qualify=qualify), evidence)["bad"] == d(bad) * MIN


def test_outages_are_cut_into_slots_wholly_or_by_a_share_of_each():
    hour = {"start": DAY + 55 * MIN, "end": DAY + 65 * MIN}
    evidence = {"resources": {"vm": {"down": [hour]}}}
    clock = {"kind": "slots", "length": HOUR, "bad_when": "more_than", "more_than": 6 * MIN}
    assert price(promise(measure=clock), evidence)["bad"] == 0
    assert price(promise(measure={**clock, "more_than": 4 * MIN}), evidence)["bad"] == 2
    assert price(promise(measure={"kind": "slots", "length": 4 * MIN}), evidence)["bad"] == 2


@pytest.mark.parametrize(
    ("predicate", "bad"),
    [
        ({"fails": "all_fail"}, 1),
        ({"fails": ">", "ratio": pct("5")}, 2),
        ({"fails": ">=", "ratio": pct("5")}, 3),
        ({"fails": ">=", "ratio": pct("5"), "min_requests": 20}, 2),
    ],
)
def test_a_slot_fails_by_its_predicate(predicate, bad):
    found = [(4, 4), (100, 5), (100, 6)]
    requests = [{"at": n * HOUR, "valid": v, "failed": f} for n, (v, f) in enumerate(found)]
    contract = promise(measure={"kind": "slots", "length": MIN, "from": "requests", **predicate})
    result = price(contract, {"resources": {"api": {"requests": requests}}})
    assert (result["bad"], result["base"]) == (bad, 43200)


def test_neighbouring_bad_slots_are_one_outage():
    requests = [{"at": n * MIN, "valid": 1, "failed": 1} for n in (*range(10), *range(20, 29))]
    contract = promise(measure={"kind": "slots", "length": MIN, "from": "requests"}, qualify=TEN)
    result = price(contract, {"resources": {"api": {"requests": requests}}})
    assert (result["bad"], result["outages"]) == (10, [10 * MIN])


def test_a_partial_slot_is_dropped_or_counted():
    half = {"start": 0, "end": 90 * MIN}
    found = [
        price(promise(measure={"kind": "slots", "length": HOUR, "partial": p}), down(1), half)["base"]
        for p in ("drop", "count")
    ]
    assert found == [1, 2]


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ({"how": "mean"}, "26"),
        ({"how": "max"}, "50"),
        ({"how": "percentile", "p": pct("50")}, "10"),
        ({"how": "percentile", "p": pct("75")}, "50"),
        ({"how": "max", "slots": HOUR}, "0.5"),
    ],
)
def test_readings_become_one_number_or_a_share_of_slots(measure, value):
    readings = [{"at": 1, "value": 10, "weight": 3}, {"at": 2, "value": 10, "weight": 0}]
    readings += [{"at": HOUR, "value": 50, "weight": 2}]
    contract = promise(measure={"kind": "metric", "target": d(20), **measure})
    assert price(contract, {"resources": {"line": {"readings": readings}}})["value"] == d(value)


def test_each_outage_has_its_row_its_cap_and_its_day():
    table = bands((0, 10 * MIN, None), (10 * MIN, HOUR, share("5")), (HOUR, None, share("50")), over="time")
    contract = promise(schedule={"kind": "each_outage", "of": table})
    assert cents(contract, down(5, 20, 20, 90)) == 60000
    each = {"kind": "cap", "per": "outage", "amount": share("20")}
    assert cents({**contract, "limits": [each]}, down(5, 20, 20, 90)) == 30000
    same_day = {
        "resources": {"s": {"down": [{"start": n * HOUR, "end": n * HOUR + 20 * MIN} for n in range(3)]}}
    }
    one = {"kind": "cap", "per": "day", "amount": share("5")}
    assert cents({**contract, "limits": [one]}, same_day) == 5000


def test_each_late_repair_pays_for_its_days_of_delay():
    measure = {"kind": "deadline", "allowed": 2 * DAY}
    events = [{"start": DAY, "end": DAY + n * DAY} for n in (2, 3, 5)] + [{"start": 29 * DAY, "end": None}]
    step = unit(DAY, "part", {"kind": "money", "money": d("6.10")})
    contract = promise("100", {"kind": "each_miss", "of": step}, measure=measure)
    result = price(contract, {"resources": {"line": {"events": events}}})
    assert (result["bad"], result["base"], result["credit_minor"]) == (2, 3, 2440)


def test_a_counter_has_a_limit_and_pays_for_what_is_over():
    measure = {"kind": "counter", "of": "outages"}
    table = bands((0, 3, None), (3, None, share("10")), over="count")
    contract = {"measure": measure, "gate": {"op": "<=", "bound": 2}, "schedule": table}
    assert [cents(contract, down(*[5] * n)) for n in (2, 3)] == [0, 10000]


def test_a_cap_of_a_year_knows_the_credits_of_its_months():
    cap = {"kind": "cap", "per": "span", "span": (-300 * DAY, 65 * DAY), "amount": share("25")}
    earlier = [{**entry, "credit": d(200)} for entry in past("x")]
    assert cents(promise(schedule=share("10"), limits=[cap]), down(60), history=earlier) == 5000


def test_nothing_to_count_is_no_figure():
    result = price(promise(exclude=rule("both")), down(60, windows=[window(0, 43200)]))
    assert (result["value"], result["credit_minor"], result["reason"]) == (None, None, "nothing counted")


def test_a_month_with_a_lost_hour_still_has_its_calendar_days():
    march = {"start": 0, "end": 31 * DAY - HOUR, "days": [(n * DAY, (n + 1) * DAY) for n in range(31)]}
    assert cents(promise(schedule=day_units(1)), down(60), march, fee="3100") == 10000


def test_the_worst_of_several_metrics_is_the_highest():
    lines = {n: {"readings": [{"at": 1, "value": v}]} for n, v in (("a", 10), ("b", 30))}
    contract = {"measure": {"kind": "metric", "how": "mean", "target": 20}, "scope": {"how": "worst"}}
    result = price({**contract, "gate": {"op": "<=", "bound": 20}}, {"resources": lines})
    assert (result["value"], result["met"]) == (30, False)


def test_slots_before_the_service_may_be_good():
    requests = [{"at": 29 * DAY, "valid": 2, "failed": 1}]
    month, evidence = days(30, exists=(15 * DAY, 30 * DAY)), {"resources": {"api": {"requests": requests}}}
    measure = {"kind": "mean_slots", "length": DAY}
    found = [
        price(promise(measure=measure, window={"partial": p}), evidence, month)
        for p in ("existed", "rest_available")
    ]
    assert [r["value"] for r in found] == [1 - Fraction(1, 30), 1 - Fraction(1, 60)]


def test_coverage_is_asked_of_samples_as_well():
    evidence = {"resources": {"api": {"requests": [], "unknown": [(0, 15 * DAY)]}}}
    contract = promise(measure={"kind": "global"}, unknown={"coverage": pct("60")})
    assert price(contract, evidence)["reason"] == "coverage"


@pytest.mark.parametrize(("effect", "ratio"), [("bad", Fraction(3, 4)), ("both", Fraction(1, 2))])
def test_excused_requests_are_forgiven_or_dropped(effect, ratio):
    requests = [{"at": DAY, "valid": 2, "failed": 2}, {"at": 2 * DAY, "valid": 2, "failed": 1}]
    evidence = {"resources": {"api": {"requests": requests}}, "windows": [window(DAY, 5)]}
    assert price(promise(measure={"kind": "global"}, exclude=rule(effect)), evidence)["value"] == ratio


def test_a_bad_slot_inside_a_window_is_good_and_still_decides_what_qualifies():
    requests = [{"at": n * MIN, "valid": 1, "failed": 1} for n in range(12)]
    evidence = {"resources": {"api": {"requests": requests}}, "windows": [window(5 * MIN, 4)]}
    contract = promise(measure={"kind": "slots", "length": MIN, "from": "requests"}, qualify=TEN)
    results = [price({**contract, "exclude": rule(e)}, evidence) for e in ("bad", "both")]
    assert [(r["bad"], r["base"]) for r in results] == [(8, 43200), (8, 43196)]
    assert price({**contract, "exclude": rule(), "order": {"exclude_first": True}}, evidence)["bad"] == 0


def test_overlapping_windows_use_a_cap_once():
    cap = {"of": "time", "at_most": 60 * MIN, "spans": [(0, 30 * DAY)]}
    evidence = down(90, windows=[window(DAY, 40), window(DAY + 20 * MIN, 40)])
    assert price(promise(exclude=rule(cap=cap)), evidence)["bad"] == 30 * MIN


@pytest.mark.parametrize(
    ("measure", "number"),
    [
        ({"of": "misses", "allowed": 20 * MIN}, 1),
        ({"of": "windows", "class": "works"}, 2),
        ({"of": "missed_periods", "last": 2}, 1),
    ],
)
def test_misses_windows_and_failed_months_are_counted(measure, number):
    events = [{"start": DAY, "end": DAY + 21 * MIN}, {"start": DAY, "end": DAY + 20 * MIN}]
    windows = [window(n * DAY, 5) for n in (1, 29, 30)]
    evidence = {"resources": {"desk": {"events": events}}, "windows": windows}
    contract = {"measure": {"kind": "counter", **measure}}
    assert price(contract, evidence, history=past("xMx"))["value"] == number


def test_an_amount_at_risk_is_shared_by_pool_and_allocation():
    schedule = {"kind": "pool", "pool": pct("12"), "allocation": pct("25")}
    assert cents(promise(schedule=schedule), down(60)) == 3000


def test_the_greatest_of_two_remedies():
    schedule = {"kind": "greatest", "of": [share("5"), pro_rata(100)]}
    assert [cents(promise(schedule=schedule), down(m)) for m in (22, 60)] == [0, 13889]
    assert cents(promise("99.99", schedule), down(20)) == 5000
