"""The money half of the naive implementation: schedules, limits, rounding. `naive.py` has the shapes."""

import math
from fractions import Fraction

HOUR = 3_600_000
DAY = 24 * HOUR
ZERO = Fraction(0)


def round_to(number, decimals, mode="half_up"):
    """Round to so many decimals; None leaves the number as it is."""
    if decimals is None:
        return Fraction(number)
    shifted = Fraction(number) * 10**decimals
    if mode == "half_up":
        whole = math.floor(abs(shifted) + Fraction(1, 2)) * (1 if shifted >= 0 else -1)
    elif mode == "half_even":
        whole = round(shifted)
    elif mode == "down":
        whole = math.trunc(shifted)
    elif mode == "up":
        whole = math.ceil(shifted)
    else:
        raise ValueError(f"unknown rounding mode {mode}")
    return Fraction(whole, 10**decimals)


def holds(number, op, bound):
    if op == "<":
        return number < bound
    if op == "<=":
        return number <= bound
    if op == ">":
        return number > bound
    if op == ">=":
        return number >= bound
    raise ValueError(f"unknown operator {op}")


def overlap(spans, start, end):
    """How many milliseconds of the spans lie between start and end (the spans do not overlap each other)."""
    return sum(max(0, min(e, end) - max(s, start)) for s, e in spans)


def in_span(entries, span):
    return [entry for entry in entries if span[0] <= entry["start"] < span[1]]


# ---- amounts: every node gives {"money", "points", "other"} ---------------------------------------


def amount(money=ZERO, points=ZERO, other=ZERO):
    return {"money": Fraction(money), "points": Fraction(points), "other": Fraction(other)}


def times(number, one):
    return {key: number * value for key, value in one.items()}


def plus(one, two):
    return {key: one[key] + two[key] for key in one}


def size(one):
    return (one["money"], one["points"], one["other"])


def credit(node, ctx):
    """What a schedule node gives; LookupError where the schedule has no answer."""
    if node is None:
        return amount()
    return NODES[node["kind"]](node, ctx)


def base_of(node, ctx):
    name = node.get("base")
    return ctx["base"] if name is None else money_named(name, ctx["money"])


def money_named(name, money):
    """One name, or a list of names whose amounts are added (a composite base)."""
    if isinstance(name, list):
        return sum((Fraction(money[each]) for each in name), ZERO)
    return Fraction(money[name])


def share(node, ctx):
    return amount(money=base_of(node, ctx) * node["share"])


def fixed_money(node, ctx):
    return amount(money=node["money"])


def units(node, ctx):
    return amount(money=node["count"] * unit_price(node, ctx))


def unit_price(node, ctx):
    actual = len(ctx["days"]) or Fraction(ctx["length"], DAY)
    counted = Fraction(ctx["facts"].get("base_ms", 0)) / DAY
    days = {"actual": actual, "counted": counted, "1/30": 30, "1/365": 365}[node.get("price", "actual")]
    price = base_of(node, ctx) / days
    if node.get("unit", "day") == "hour":
        price = price / 24
    return round_to(price, ctx["rounding"].get("unit_decimals"), ctx["rounding"].get("mode", "half_up"))


def some_points(node, ctx):
    return amount(points=node["points"])


def other(node, ctx):
    return amount(other=node["other"])


def pool(node, ctx):
    return amount(money=base_of(node, ctx) * node["pool"] * node["allocation"])


def greatest(node, ctx):
    return max((credit(each, ctx) for each in node["of"]), key=size)


def sum_of(node, ctx):
    total = amount()
    for each in node["of"]:
        total = plus(total, credit(each, ctx))
    return total


# ---- rows -----------------------------------------------------------------------------------------


def measured(over, ctx):
    """The number that rows, gates and steps are asked about; None where there is none."""
    if over == "time":
        return ctx["time"]
    if over == "figure":
        return ctx["figure"]
    if over == "consecutive":
        run = 0 if ctx["met"] else 1
        for entry in reversed(ctx["history"]) if run else []:
            if entry["met"] is not False:
                break
            run += 1
        return run
    if isinstance(over, dict):  # {"missed_in_last": n}: this period and the n - 1 before it
        last = over["missed_in_last"] - 1
        before = ctx["history"][-last:] if last else []
        return sum(1 for entry in before if entry["met"] is False) + (0 if ctx["met"] else 1)
    return ctx["facts"][over]


def inside(row, number):
    if row.get("low") is not None and not holds(number, row.get("low_op", ">="), row["low"]):
        return False
    return not (row.get("high") is not None and not holds(number, row.get("high_op", "<"), row["high"]))


def rows(node, ctx):
    over = node.get("over", "figure")
    number = measured(over, ctx)
    if number is None:
        raise LookupError("nothing counted")
    found = [row for row in node["rows"] if inside(row, number)]
    mode = node.get("mode", "explicit")
    if not found:
        return no_row(node, number, ctx)
    if mode == "explicit" and len(found) > 1:
        raise LookupError("several rows")
    if mode == "highest":
        return max((credit(row["credit"], ctx) for row in found), key=size)
    if mode == "deepest":
        return credit(deepest(found, node.get("low_is_bad", over == "figure"))["credit"], ctx)
    return credit(found[0]["credit"], ctx)


def deepest(found, low_is_bad):
    """The row that begins furthest out: the smallest upper bound, or the largest lower one."""
    if low_is_bad:
        return min(found, key=lambda row: (row.get("high") is None, row.get("high") or 0))
    return max(found, key=lambda row: (row.get("low") is not None, row.get("low") or 0))


def no_row(node, number, ctx):
    policy = node.get("in_no_row", "refuse")
    if policy == "no credit":
        return amount()
    if policy == "row above":
        near = [row for row in node["rows"] if row.get("low") is not None and row["low"] >= number]
        near = sorted(near, key=lambda row: row["low"])[:1]
    elif policy == "row below":
        near = [row for row in node["rows"] if row.get("high") is not None and row["high"] <= number]
        near = sorted(near, key=lambda row: row["high"])[-1:]
    else:
        near = []
    if not near:
        raise LookupError("no row")
    return credit(near[0]["credit"], ctx)


# ---- units of time, steps, ratios -----------------------------------------------------------------


def counted_time(node, ctx):
    """The time that earns a credit: beyond the allowance, up to what may still be credited."""
    time = Fraction(ctx["time"])
    allowance = (
        Fraction(node.get("beyond") or 0) + Fraction(node.get("beyond_share") or 0) * ctx["facts"]["base_ms"]
    )
    time = max(ZERO, time - allowance)
    if node.get("at_most") is not None:
        used = ctx["credited"].get(id(node), ZERO)
        if node.get("at_most_span"):
            used += sum(
                entry.get("credited_ms", 0) for entry in in_span(ctx["history"], node["at_most_span"])
            )
        time = min(time, max(ZERO, node["at_most"] - used))
        ctx["credited"][id(node)] = ctx["credited"].get(id(node), ZERO) + time
    return time


def counted(number, how):
    if how == "full":
        return Fraction(math.floor(number))
    if how == "part":
        return Fraction(math.ceil(number))
    if how == "pro_rata":
        return Fraction(number)
    raise ValueError(f"unknown count {how}")


def per_unit(node, ctx):
    number = counted(counted_time(node, ctx) / node["unit_ms"], node["count"])
    return times(number, credit(node["each"], ctx))


def per_step(node, ctx):
    shortfall = max(ZERO, node["from"] - ctx["figure"])
    return times(counted(shortfall / Fraction(node["step"]), node["count"]), credit(node["each"], ctx))


def pro_rata(node, ctx):
    whole = {
        "actual": ctx["length"],
        "counted": ctx["facts"]["base_ms"],
        "1/30": 30 * DAY,
        "1/365": 365 * DAY,
    }
    ratio = counted_time(node, ctx) / Fraction(whole[node.get("of", "actual")])
    ratio = round_to(ratio, ctx["rounding"].get("ratio_decimals"), ctx["rounding"].get("mode", "half_up"))
    return amount(money=base_of(node, ctx) * ratio * node.get("k", 1))


def linear(node, ctx):
    shortfall = max(ZERO, node["from"] - ctx["figure"])
    return amount(money=base_of(node, ctx) * shortfall * node.get("k", 1))


# ---- one at a time: outages and misses ------------------------------------------------------------


def each_of(node, ctx, happenings):
    """Each outage or miss by itself: its cap, its rounding as a line, then the cap of each calendar day."""
    total, by_day = amount(), {}
    for start, time in happenings:
        one = credit(node["of"], {**ctx, "time": time})
        one["money"] = capped(one["money"], "outage", ctx)
        one["money"] = line(one["money"], "outage", ctx["rounding"])
        day = day_of(start, ctx["days"])
        by_day[day] = by_day.get(day, ZERO) + one["money"]
        total = plus(total, one)
    total["money"] = sum((capped(money, "day", ctx) for money in by_day.values()), ZERO)
    return total


def day_of(instant, days):
    for start, end in days:
        if start <= instant < end:
            return start
    return instant // DAY * DAY


def each_outage(node, ctx):
    return each_of(node, ctx, [(outage["start"], outage["ms"]) for outage in ctx["facts"]["outages"]])


def each_miss(node, ctx):
    return each_of(node, ctx, ctx["facts"]["delays"])


NODES = {
    "share": share,
    "money": fixed_money,
    "units": units,
    "points": some_points,
    "other": other,
    "pool": pool,
    "greatest": greatest,
    "sum": sum_of,
    "rows": rows,
    "per_unit": per_unit,
    "per_step": per_step,
    "pro_rata": pro_rata,
    "linear": linear,
    "each_outage": each_outage,
    "each_miss": each_miss,
}


# ---- limits and lines -----------------------------------------------------------------------------


def capped(money, per, ctx):
    for limit in ctx["limits"]:
        if limit["kind"] == "cap" and limit["per"] == per:
            ceiling = credit(limit["amount"], ctx)["money"]
            if per == "span":
                ceiling -= sum(
                    (entry.get("credit") or ZERO for entry in in_span(ctx["history"], limit["span"])), ZERO
                )
            money = min(money, max(ZERO, ceiling))
    return money


def limited(money, ctx):
    """The limits of a whole promise or agreement, in the order period, span, only_if, raised_to."""
    money = capped(capped(money, "period", ctx), "span", ctx)
    for limit in ctx["limits"]:
        if limit["kind"] == "only_if" and not money > limit["more_than"]:
            money = ZERO
    for limit in ctx["limits"]:
        if limit["kind"] == "raised_to" and ZERO < money < limit["money"]:
            money = Fraction(limit["money"])
    return money


def line(money, at, rounding):
    """Round here if this is the line the contract rounds; the agreement's own sum is rounded in any case."""
    if rounding.get("line", "agreement") != at:
        return money
    return round_to(money, rounding.get("decimals", 2), rounding.get("mode", "half_up"))
