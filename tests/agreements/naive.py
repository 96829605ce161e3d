"""A second, deliberately naive pricing of service level agreements, to be held against the engine.

It was written from the written-up contracts alone, without sight of the engine. Slow and obvious is its rule:
plain dicts, loops over cells, int milliseconds, `Fraction`, no floats, nothing clever. `naive_schedule.py`
has its money half.

    settle(contract, evidence, period, money, history) -> result

Every instant is int UTC ms, every span a half-open pair (start, end). Shares are Fractions (10 % =
Fraction(1, 10)).
A key marked ? may be absent; what is said after "default" then holds. Spans of one list do not overlap unless
said.

period    {"start", "end", "exists"?: span the service existed, "mask"?: [span] service hours inside the
          period, "months"?: [span] for the mean of months, "days"?: [span] the calendar days of the period,
          whose number is the divisor of "actual" (default UTC days and length / 24 h)}
money     {name: Fraction}: "period", "previous", "next", "annual", whatever the contract's `base` names.
history   [{"start", "end", "figure": Fraction|None, "met": bool|None, "credit"?: Fraction, "credited_ms"?:
          int, "excused"?: {class: ms or number of windows}}], earlier periods, oldest first, without this
          one.

evidence  {"resources": {name: resource}, "windows"?: [window]}; for several promises {"promises": [evidence,
          ...]}, one for each promise in order, or one such evidence for all.
resource  {"down"?: [outage], "unknown"?: [span], "requests"?: [{"at", "valid", "failed"}],
          "readings"?: [{"at", "value", "weight"?: 1}], "events"?: [{"start", "end": ms|None, "elapsed"?:
          ms}], "since"?: ms of deployment, "exists"?: span, "fee"?: Fraction}
outage    {"start", "end", "affected"?: int, "population"?: int, any instant by name, as "reported"?: ms};
          give outages whole, also what lies outside the period. They may overlap only where M5 adds the
          shares. Down wins over unknown. M3 uses unknown spans for slots without requests only; M4, M6 and M7
          use them for the coverage only.
window    {"start", "end", "class", "announced"?: ms}

contract  a promise, or {"promises": [promise], "combine"?: "sum" (default) | "highest" | "lowest_commitment"
          | "points", "points"?: a schedule over "points", "base"?, "limits"?, "rounding"?}. Promises may have
          no rounding of their own.

promise = {
 A "measure": {"kind": ...}
   M1 "time"
   M2 "slots": length, from?: "outages" (default) | "requests", partial?: "drop" (default) | "count",
      origin?: any slot's start (default the period's start)
      outages: bad_when?: "wholly" (default) | "more_than", more_than: ms
      requests: fails?: "all_fail" | ">" | ">=" with ratio, min_requests?: 1 (fewer in a slot is good, so
        empty is good).
        Neighbouring bad slots are one outage and go through B to D.
      Outages go through B to D as in M1 and are cut into slots last. Bad and base are numbers of slots.
   M3 "mean_slots": length, partial?, origin?, empty?: "good" (default) | "out", min_requests?; bad = sum of
     slot ratios
   M4 "global": sum failed / sum valid (a scored request has a fraction in "failed"); nothing valid is
     "empty"?: "good"|"out"
   M5 "impact": M1, each outage weighs affected / population (1 where not given), overlapping shares add to at
     most 1
   M6 "metric": how: "mean" | "max" | "percentile" with p (share, nearest rank); target?, op?: "<=" (default)
     what is good;
      slots?: length: each slot's number against the target, figure = share of good slots, empty?:
        "out"|"good"|"bad";
      overshoot?: True: figure = (number - target) / target, at least 0
   M7 "deadline": allowed ms, counted_at?: "start" (default) | "end"; late = elapsed > allowed; elapsed =
      event's own, else end - start (inside "clock"?: [span], business hours). No end: elapsed to the period's
      end, and late only by that.
   M8 "counter": of: "outages" | "windows" with class | "misses" with the keys of M7 | "missed_periods" with
      last; figure = the number
   M3 to M7 of several resources: their requests, readings, events are pooled (scope "each" and "worst": one
     by one).
   "unknown"?: {"as": "out" (default) | "up" | "down", "coverage"?: share of the base that must be known}
 B "qualify"?: {"clock"?: name of an instant ("reported"): the outage begins there, not before its start; an
   outage without it never began, "unreported"?: "actual" otherwise; "age"?: ms since `since` at the onset;
   "affected"?: {"op", "share"}; "minimum"?: {"ms", "op": ">" | ">="}, "merge"?: ms, interruptions with a
   smaller gap are one outage in pieces; "deduct"?: ms taken off the front of each outage (excess only: the
   minimum), "truncate"?: unit ms, the tail cut from each; "floor"?: {"ms", "op": ">" | ">=", "deduct"?:
   bool}: the total counts only if total op ms, less those ms if deduct}
 C "scope"?: {"how": "each" | "union" | "k" with k | "intersection" | "sum" | "worst", "combine"?: "after"
   (default) | "before" qualification}. Default "each". "each": own figure, own schedule on own fee (else the
   promise's base), credits added. Clock, age and affected share are always asked of each resource's own
   outage first.
 D "window"?: {"partial"?: "existed" (default) | "rest_available" | "extrapolated", "fixed"?: ms,
   "mean_of_months"?: bool}
   "order"?: {"exclude_first"?: bool, "clip_first"?: bool}, default qualify the whole outage, exclude, clip.
 E "exclude"?: [{"class", "effect": "bad" (out of bad time) | "both" (out of bad and base), "notice"?: ms,
   "only_during"?: [span], "cap"?: {"of": "down" | "time" | "count", "at_most": ms or number, "spans": [span],
   "overrun"?: "rest" (default: what is over counts) | "whole" (a window that is over counts wholly)}}]
   A window outside every span of its cap is not excused. What a span used before comes from history or from
   windows in the evidence, never both. A cap of downtime is never reached by M3, M4, M6 and M7.
 F "formula"?: {"decimals"? (of the percentage; of the number itself for M6 numbers and M8), "mode"?:
   "half_up"|"half_even"|"down"|"up", "mean_with_last"?: n figures of history, "clamp"?: True}
 gate "gate"?: {"of"?: "figure" | "time" | "longest" | "count" | "misses" | "overshoot", "op", "bound"}: kept
   when it holds.
   Without a gate the promise is met when the schedule gives nothing.
 G "schedule"?: node, "if_met"?: "no credit" (default) | "look up"
 H "base"?: name or list of names in money, default "period" (scope "each" with fees: their sum at the
   promise's limits)
 I "limits"?: [{"kind": "cap", "per": "outage" | "day" | "period" | "resource" | "span" with span, "amount":
   node},
   {"kind": "only_if", "more_than"}, {"kind": "raised_to", "money"}], taken in the order outage, day,
   resource, period, span, only_if, raised_to, whatever their order in the list. Promises have theirs, then
   the agreement.
 J "rounding"? (at the top only): {"decimals"?: 2, "mode"?: "half_up", "ratio_decimals"?, "unit_decimals"?,
   "line"?: "outage" | "resource" | "promise" | "agreement" (default)}; the final sum is rounded in any case }

node, an amount (all with "base"? where money is a part of a base):
   {"kind": "share", share} {"kind": "money", money} {"kind": "points", points} {"kind": "other", other} (no
     money)
   {"kind": "units", count, unit?: "day"|"hour", price?: "actual" |
     "counted" (base) | "1/30" | "1/365"}   {"kind": "pool", pool,
     allocation}
node, a rule:
   {"kind": "rows", over?: "figure" (default) | "time" | "longest" | "count" | "misses" | "overshoot" |
      "consecutive" (misses up to now) | {"missed_in_last": n periods with this one} | "points",
      rows: [{low?, low_op?: ">=", high?, high_op?: "<", credit: node|None}], mode?: "explicit" (one row only)
      | "first"|"highest"|"deepest", low_is_bad? (default: over is "figure"), in_no_row?: "refuse" (default)
      | "row above" | "row below" | "no credit"}. Above and below are by the number looked up, not by quality.
   {"kind": "per_unit", unit_ms, count: "full"|"part"|"pro_rata", each: node}          with the allowance keys
   {"kind": "pro_rata", k?: 1, of?: "actual" period | "counted" base | "1/30" | "1/365"}   with the allowance
     keys
      allowance keys: beyond?: ms, beyond_share?: share of the counted base, at_most?: ms, at_most_span?: span
        of history
   {"kind": "per_step", from, step, count, each}    {"kind": "linear", from (1 for 1 - actual), k?: 1}
   {"kind": "greatest"|"sum", of: [node]}   {"kind": "each_outage"|"each_miss", of: node}: inside, "time" is
      the outage's length, or the delay beyond the deadline. Flat is an amount as schedule; base + plus is a
      sum.

result {"value": figure or None, "met", "bad", "base", "credit_exact" (what goes into the last rounding),
  "credit_minor", "reason": "ok" | "met" | "no row" | "several rows" | "nothing counted" | "coverage",
  "points", "other", "outages": [ms], "credited_ms", "parts": results of promises or resources}. "bad" is ms,
  slots, ratios, failures, weighted ms or misses.
  Without a schedule the credit is 0. Refusals have credit None. In a sum one refusal refuses all.

Where the paper leaves a choice, this is taken: qualify, exclude, clip; combination follows exclusion and
precedes the clip; the mask is part of the clip and does not cut an outage in two, exclusion before
qualification does; figures are averaged, then rounded, and the gate sees the rounded figure; a notice is
asked of the whole window, `only_during` keeps the part inside; caps are used up by start; the excused part of
a window ends at the first ms beyond the cap ("down": the first down ms), for each resource by itself; the
minimum is asked of each interruption before merging, the deduction is taken once from the merged outage,
before the truncation; a fixed denominator beats the partial rule; both-sided time leaves it too; a slot
leaves the base only when none of it counts; requests, readings and event starts inside excused windows are
forgiven ("bad") or dropped ("both"; readings always); nothing left to count is no figure, and not 100 %;
lowest_commitment settles the promise with the lowest bound alone; several promises have no common figure; an
outage's own length (longest, each_outage) is what is left of it inside the period; unknown time taken as down
is not asked for clock, age or share; the floor is asked of time only, of each month and, under "sum", of each
resource; M5 does not merge; fixed and extrapolated windows are for M1, M2 and M5 (M3 also knows the rest as
available); the cap of a day takes outages at their start; only_if is tested after caps, before rounding;
raised_to comes last; unknown "down" joins what it touches.
"""

import itertools
import math
from fractions import Fraction

from tests.agreements.naive_schedule import (
    ZERO,
    amount,
    capped,
    credit,
    holds,
    limited,
    line,
    measured,
    money_named,
    overlap,
    plus,
    round_to,
)

NUMBERS = ("metric", "counter")  # figures that are no percentages


# ---- spans ----------------------------------------------------------------------------------------


def covers(spans, instant):
    return any(start <= instant < end for start, end in spans)


def cells(*lists):
    """The smallest pieces between any two neighbouring bounds; nothing changes inside a piece."""
    bounds = sorted({bound for spans in lists for span in spans for bound in span})
    return list(itertools.pairwise(bounds))


def join(spans):
    """Sorted, with touching and overlapping spans made one."""
    joined = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def both(one, two):
    return join([cell for cell in cells(one, two) if covers(one, cell[0]) and covers(two, cell[0])])


def minus(one, two):
    return join([cell for cell in cells(one, two) if covers(one, cell[0]) and not covers(two, cell[0])])


def length(spans):
    return sum(end - start for start, end in spans)


def at_least(lists, k):
    """Where at least k of the lists hold."""
    return join([c for c in cells(*lists) if sum(1 for spans in lists if covers(spans, c[0])) >= k])


# ---- A: outages of one resource -------------------------------------------------------------------


def outages_of(resource, promise):
    """Outages in pieces, after the questions that belong to each outage alone: clock, age, affected share."""
    rule, outages = promise.get("qualify", {}), []
    for down in resource.get("down", []):
        start = down["start"]
        if rule.get("clock"):
            if down.get(rule["clock"]) is not None:
                start = max(start, down[rule["clock"]])
            elif rule.get("unreported", "never") != "actual":
                continue
        since = resource.get("since")
        if rule.get("age") is not None and since is not None and down["start"] - since < rule["age"]:
            continue
        part = Fraction(down["affected"], down["population"]) if "affected" in down else Fraction(1)
        if rule.get("affected") and not holds(part, rule["affected"]["op"], rule["affected"]["share"]):
            continue
        if start < down["end"]:
            weight = part if promise["measure"]["kind"] == "impact" else Fraction(1)
            outages.append({"pieces": [(start, down["end"])], "share": weight})
    if unknown_rule(promise) == "down":
        outages += [{"pieces": [span], "share": Fraction(1)} for span in unknown_of(resource)]
    return outages if promise["measure"]["kind"] == "impact" else touching(outages)


def unknown_rule(promise):
    return promise.get("unknown", {}).get("as", "out")


def unknown_of(resource):
    return minus(resource.get("unknown", []), [(d["start"], d["end"]) for d in resource.get("down", [])])


def touching(outages):
    """Outages that overlap or touch become one."""
    joined = []
    for outage in sorted(outages, key=lambda o: o["pieces"][0][0]):
        if joined and outage["pieces"][0][0] <= joined[-1]["pieces"][-1][1]:
            joined[-1] = {"pieces": join(joined[-1]["pieces"] + outage["pieces"]), "share": Fraction(1)}
        else:
            joined.append(outage)
    return joined


def slots_in(period, measure):
    """Slots of the period; a slot that is not wholly inside the period or the service's life is partial."""
    size, origin = measure["length"], measure.get("origin", period["start"])
    life = both([(period["start"], period["end"])], [period.get("exists", (period["start"], period["end"]))])
    slots, start = [], period["start"] - (period["start"] - origin) % size
    while start < period["end"]:
        slot = (start, start + size)
        partial = start < period["start"] or slot[1] > period["end"] or 0 < overlap(life, *slot) < size
        if not partial or measure.get("partial", "drop") == "count":
            slots.append(slot)
        start += size
    return slots


def tally(requests, measure, origin):
    """Valid and failed for each slot's start."""
    size, sums = measure["length"], {}
    for request in requests:
        start = request["at"] - (request["at"] - origin) % size
        valid, failed = sums.get(start, (0, 0))
        sums[start] = (valid + request["valid"], failed + request["failed"])
    return sums


def bad_slots(resource, requests, promise, period):
    """The bad slots of a resource's requests, and its unknown slots where unknown time is down."""
    bad = bad_request_slots(requests, promise["measure"], period)
    if unknown_rule(promise) == "down":
        bad = join(bad + whole_slots(unknown_of(resource), promise["measure"], period))
    return bad


def bad_request_slots(requests, measure, period):
    """Spans of slots, also outside the period, whose requests fail the predicate."""
    bad = []
    for start, (valid, failed) in tally(requests, measure, measure.get("origin", period["start"])).items():
        if valid < max(1, measure.get("min_requests", 1)):
            continue
        if measure.get("fails", "all_fail") == "all_fail":
            fails = failed == valid
        else:
            fails = holds(Fraction(failed) / valid, measure["fails"], measure["ratio"])
        if fails:
            bad.append((start, start + measure["length"]))
    return join(bad)


# ---- E: what is excused ---------------------------------------------------------------------------


def excused(promise, evidence, down, history):
    """Spans out of the bad time only, and out of both sides; a cap of downtime counts `down`."""
    effects = {"bad": [], "both": []}
    for rule in promise.get("exclude", []):
        windows = [w for w in evidence.get("windows", []) if w["class"] == rule["class"] and in_time(w, rule)]
        charged = []
        for window in sorted(windows, key=lambda w: (w["start"], w["end"])):
            spans = [(window["start"], window["end"])]
            if rule.get("only_during") is not None:
                spans = both(spans, rule["only_during"])
            spans = minus(spans, [s for w in charged for s in w])
            if spans:
                charged.append(spans)
        effects[rule["effect"]] += within_cap(charged, rule, down, history)
    return join(effects["bad"]), join(effects["both"])


def in_time(window, rule):
    if rule.get("notice") is None:
        return True
    return window.get("announced") is not None and window["start"] - window["announced"] >= rule["notice"]


def within_cap(windows, rule, down, history):
    cap = rule.get("cap")
    if cap is None:
        return [span for spans in windows for span in spans]
    kept = []
    for span in cap["spans"]:
        past = [entry for entry in history if span[0] <= entry["start"] < span[1]]
        left = cap["at_most"] - sum(entry.get("excused", {}).get(rule["class"], 0) for entry in past)
        for spans in windows:
            if cap["of"] == "count":
                if span[0] <= spans[0][0] < span[1]:
                    kept += spans if left > 0 else []
                    left -= 1
                continue
            part, left = allowed_part(both(spans, [span]), down if cap["of"] == "down" else spans, left, cap)
            kept += part
    return kept


def allowed_part(spans, spending, left, cap):
    """The front of a window up to the first ms beyond what is left, and what is left after it."""
    part = []
    for start, end in cells(spans, both(spending, spans)):
        if not covers(spans, start):
            continue
        if covers(spending, start):
            if end - start > left:
                part = [*part, (start, start + max(0, left))] if cap.get("overrun", "rest") == "rest" else []
                return part, 0
            left -= end - start
        part.append((start, end))
    return part, left


def forgiving(samples, promise, evidence, history, instant, drop_always=False):
    """Requests, readings or events with those in excused windows forgiven or dropped."""
    bad, out = excused(promise, evidence, [], history)
    kept = []
    for sample in samples:
        if covers(out, sample[instant]) or (drop_always and covers(bad, sample[instant])):
            continue
        kept.append({**sample, "failed": 0, "forgiven": True} if covers(bad, sample[instant]) else sample)
    return kept


# ---- B, E, C, D: from outages to the period's bad time --------------------------------------------


def qualified(outages, rule):
    minimum = rule.get("minimum")
    if minimum:
        outages = [o for o in outages if holds(length(o["pieces"]), minimum["op"], minimum["ms"])]
    merged = []
    for outage in sorted(outages, key=lambda o: o["pieces"][0][0]):
        last = merged[-1]["pieces"][-1][1] if merged else None
        if rule.get("merge") is not None and merged and outage["pieces"][0][0] - last < rule["merge"]:
            merged[-1] = {"pieces": merged[-1]["pieces"] + outage["pieces"], "share": outage["share"]}
        else:
            merged.append(outage)
    kept = []
    for outage in merged:
        pieces = without_front(outage["pieces"], rule.get("deduct") or 0)
        whole = length(pieces)
        if rule.get("truncate"):
            pieces = first_part(pieces, whole - whole % rule["truncate"])
        kept.append({**outage, "pieces": pieces})
    return [o for o in kept if o["pieces"]]


def first_part(pieces, ms):
    kept = []
    for start, end in pieces:
        take = min(ms, end - start)
        if take > 0:
            kept.append((start, start + take))
        ms -= take
    return kept


def without_front(pieces, ms):
    return minus(pieces, first_part(pieces, ms)) if ms else pieces


def separated(outages):
    """Each piece an outage of its own: exclusion before qualification cuts outages."""
    return [{**o, "pieces": [piece]} for o in outages for piece in o["pieces"]]


def clipped(outages, spans):
    outages = [{**o, "pieces": both(o["pieces"], spans)} for o in outages]
    return [o for o in outages if o["pieces"]]


def pieces_of(outages):
    return join([piece for outage in outages for piece in outage["pieces"]])


def combined(per_resource, k):
    """Outages of several resources made one list: where at least k are down."""
    if len(per_resource) == 1:
        return per_resource[0]
    if k == 1:
        return together([outage for outages in per_resource for outage in outages])
    spans = at_least([pieces_of(outages) for outages in per_resource], k)
    return [{"pieces": [span], "share": Fraction(1)} for span in spans]


def together(outages):
    """Outages of which any pieces overlap or touch become one, with all their pieces."""
    outages = [{**o} for o in outages]
    for i, one in enumerate(outages):
        for two in outages[:i]:
            shared = any(a[0] <= b[1] and b[0] <= a[1] for a in one["pieces"] for b in two["pieces"])
            if two["pieces"] and shared:
                one["pieces"], two["pieces"] = join(one["pieces"] + two["pieces"]), []
    return [{**o, "share": Fraction(1)} for o in outages if o["pieces"]]


def k_of(promise, number):
    scope = promise.get("scope", {})
    return {"intersection": number, "k": scope.get("k")}.get(scope.get("how", "each"), 1)


def timed(promise, evidence, period, history, resources):
    """M1, M2 and M5 of resources taken as one: the facts of one period."""
    measure, order = promise["measure"], promise.get("order", {})
    whole = [(period["start"], period["end"])]
    hours = both(whole, period["mask"]) if period.get("mask") is not None else whole
    lives = [r.get("exists") or period.get("exists") or whole[0] for r in resources]
    here = both(hours, [lives[0]]) if len(resources) == 1 else both(hours, [period.get("exists") or whole[0]])
    asked = measure["kind"] == "slots" and measure.get("from") == "requests"
    k = k_of(promise, len(resources))

    lists, out_of_both = [], []
    for resource in resources:
        if asked:
            spans = bad_slots(resource, resource.get("requests", []), promise, period)
            lists.append([{"pieces": [span], "share": Fraction(1)} for span in spans])
        else:
            lists.append(outages_of(resource, promise))
    before = promise.get("scope", {}).get("combine", "after") == "before" and measure["kind"] != "impact"
    groups = [combined(lists, k)] if before else lists

    def exclude(outages, chosen):
        bad, out = excused(promise, evidence, pieces_of(outages), history)
        out_of_both.append(out)
        if asked:  # a slot stays bad only if it fails on the requests that count as well
            lists_left = []
            for resource in chosen:
                left = forgiving(resource.get("requests", []), promise, evidence, history, "at")
                lists_left.append(
                    minus(
                        bad_slots(resource, left, promise, period),
                        whole_slots(join(bad + out), measure, period),
                    )
                )
            still = at_least(lists_left, k if before else 1)
            return [{**o, "pieces": both(o["pieces"], still)} for o in outages]
        return [{**o, "pieces": minus(o["pieces"], bad + out)} for o in outages]

    rule = promise.get("qualify", {})
    if measure["kind"] == "impact":  # each outage keeps its own share
        rule = {**rule, "merge": None}
    ready = []
    for number, outages in enumerate(groups):
        chosen = resources if before else [resources[number]]
        outages = clipped(outages, here) if order.get("clip_first") else outages
        if order.get("exclude_first"):
            outages = separated(exclude(outages, chosen))
            outages = qualified(outages, rule)
        else:
            outages = qualified(outages, rule)
            outages = exclude(outages, chosen)
        ready.append([o for o in outages if o["pieces"]])
    if measure["kind"] == "impact":
        outages = [o for outages in ready for o in outages]
    else:
        outages = ready[0] if before else combined(ready, k)
    outages = clipped(outages, here)

    out = join([span for spans in out_of_both for span in spans])
    blanks = [unknown_of(r) for r in resources]
    sure = [pieces_of(o) for o in (lists if before else ready)]
    sure = [minus(pieces, blank) for pieces, blank in zip(sure, blanks, strict=True)]
    unknown = unknown_together(blanks, sure, k)
    judged = minus(here, out)
    counted = minus(judged, unknown) if unknown_rule(promise) == "out" else judged
    outages = clipped(outages, counted)
    told = {"known": length(minus(judged, unknown)), "knowable": length(judged)}
    facts = counts(promise, period, hours, here, counted, outages)
    return {**facts, **told, "outages": happenings(outages)}


def unknown_together(unknown, down, k):
    """Unknown is where the unknown resources could make up the number that has to be down."""
    spans = []
    for start, end in cells(*unknown, *down):
        sure = sum(1 for pieces in down if covers(pieces, start))
        maybe = sum(
            1 for u, d in zip(unknown, down, strict=True) if covers(u, start) and not covers(d, start)
        )
        if sure < k <= sure + maybe:
            spans.append((start, end))
    return join(spans)


def happenings(outages):
    return [{"start": o["pieces"][0][0], "ms": length(o["pieces"])} for o in outages]


def whole_slots(spans, measure, period):
    """The slots that lie wholly inside the spans."""
    return join(
        [
            slot
            for slot in slots_in(period, {**measure, "partial": "count"})
            if overlap(spans, *slot) == measure["length"]
        ]
    )


def counts(promise, period, hours, here, counted, outages):
    """Bad and base by the rule for a partial period."""
    measure, window = promise["measure"], promise.get("window", {})
    if measure["kind"] == "slots":
        bad, base, full, lived, unit = slot_counts(measure, period, hours, here, counted, outages)
    else:
        bad, unit = floored(weighted(outages), promise.get("qualify", {}).get("floor")), 1
        base, full, lived = length(counted), length(hours), length(here)
    gone = lived - base
    bad = Fraction(bad)
    if window.get("partial", "existed") == "extrapolated" and lived:
        bad, base = bad * Fraction(full, lived), base * Fraction(full, lived)
    elif window.get("partial", "existed") == "rest_available":
        base = full - gone
    if window.get("fixed") is not None:
        base = Fraction(window["fixed"], unit) - gone
    return {"bad": bad, "base": base, "time": bad * unit, "base_ms": base * unit}


def slot_counts(measure, period, hours, here, counted, outages):
    """Bad slots, slots that count, slots of the whole period, slots of the service's life, ms of a slot."""
    down, bad, base, full, lived = pieces_of(outages), 0, 0, 0, 0
    for slot in slots_in(period, measure):
        full += 1 if overlap(hours, *slot) else 0
        lived += 1 if overlap(here, *slot) else 0
        left = overlap(counted, *slot)
        base += 1 if left else 0
        ill = overlap(down, *slot)
        if measure.get("bad_when", "wholly") == "wholly":
            bad += 1 if left and ill == left else 0
        else:
            bad += 1 if ill > measure["more_than"] else 0
    return bad, base, full, lived, measure["length"]


def weighted(outages):
    total, lists = ZERO, [o["pieces"] for o in outages]
    for start, end in cells(*lists):
        together_hit = sum((o["share"] for o in outages if covers(o["pieces"], start)), ZERO)
        total += (end - start) * min(Fraction(1), together_hit)
    return total


def floored(total, floor):
    if floor is None:
        return total
    if not holds(total, floor["op"], floor["ms"]):
        return ZERO
    return max(ZERO, total - floor["ms"]) if floor.get("deduct") else total


# ---- M1 to M8: the facts --------------------------------------------------------------------------


def timed_in_scope(promise, evidence, period, history, resources):
    if promise.get("scope", {}).get("how", "each") != "sum":
        return timed(promise, evidence, period, history, resources)
    parts = [timed(promise, evidence, period, history, [r]) for r in resources]
    facts = {
        key: sum(p[key] for p in parts) for key in ("bad", "base", "time", "base_ms", "known", "knowable")
    }
    return {**facts, "outages": [o for p in parts for o in p["outages"]]}


def knowledge(promise, evidence, period, history, resources):
    """How much of the time is known, where samples are counted and not time: some resource must be known."""
    life = [period.get("exists", (period["start"], period["end"]))]
    here = both(both([(period["start"], period["end"])], life), period.get("mask") or life)
    judged = minus(here, excused(promise, evidence, [], history)[1])
    unknown = at_least([unknown_of(r) for r in resources], len(resources))
    return {"known": length(minus(judged, unknown)), "knowable": length(judged)}


def facts_of(promise, evidence, period, history, resources):
    kind = promise["measure"]["kind"]
    if kind == "counter":
        facts = counter(promise, evidence, period, history, resources)
    elif kind in ("time", "slots", "impact"):
        facts = timed_in_scope(promise, evidence, period, history, resources)
        facts["value"] = 1 - Fraction(facts["bad"]) / Fraction(facts["base"]) if facts["base"] > 0 else None
    else:
        sampled = {"mean_slots": mean_slots, "global": overall, "metric": metric, "deadline": deadline}[kind]
        facts = sampled(promise, evidence, period, history, resources)
        facts.update(knowledge(promise, evidence, period, history, resources))
    facts = {"outages": [], "delays": [], "known": 0, "knowable": 0, "overshoot": None, **facts}
    whole = period["end"] - period["start"]
    if "time" not in facts:  # no clock time was measured: the bad share of the period stands for it
        facts["base_ms"] = whole
        facts["time"] = Fraction(facts["bad"]) / facts["base"] * whole if facts["base"] else ZERO
    facts["longest"] = max((o["ms"] for o in facts["outages"]), default=0)
    facts["count"] = facts["value"] if kind == "counter" else len(facts["outages"])
    facts["misses"] = len(facts["delays"])
    return facts


def in_life(samples, period, instant="at"):
    start, end = period.get("exists", (period["start"], period["end"]))
    inside = [
        s for s in samples if period["start"] <= s[instant] < period["end"] and start <= s[instant] < end
    ]
    return [s for s in inside if period.get("mask") is None or covers(period["mask"], s[instant])]


def pooled(resources, what):
    return [sample for resource in resources for sample in resource.get(what, [])]


def mean_slots(promise, evidence, period, history, resources):
    measure, ratios = promise["measure"], []
    left = forgiving(in_life(pooled(resources, "requests"), period), promise, evidence, history, "at")
    sums = tally(left, measure, measure.get("origin", period["start"]))
    out = excused(promise, evidence, [], history)[1]
    unknown = at_least([unknown_of(r) for r in resources], len(resources))
    life = [period.get("exists", (period["start"], period["end"]))]
    hours = period["mask"] if period.get("mask") is not None else life
    for slot in slots_in(period, measure):
        here = both(both([slot], life), hours)
        valid, failed = sums.get(slot[0], (0, 0))
        if not here and promise.get("window", {}).get("partial") == "rest_available":
            ratios.append(ZERO)
        if not minus(here, out):
            continue
        if valid == 0 and not minus(here, unknown) and unknown_rule(promise) != "up":
            ratios += [Fraction(1)] if unknown_rule(promise) == "down" else []
        elif valid == 0:
            ratios += [ZERO] if measure.get("empty", "good") == "good" else []
        elif valid < measure.get("min_requests", 0):
            ratios.append(ZERO)
        else:
            ratios.append(Fraction(failed) / valid)
    value = 1 - sum(ratios, ZERO) / len(ratios) if ratios else None
    return {"bad": sum(ratios, ZERO), "base": len(ratios), "value": value}


def overall(promise, evidence, period, history, resources):
    left = forgiving(in_life(pooled(resources, "requests"), period), promise, evidence, history, "at")
    valid, failed = sum(r["valid"] for r in left), sum((Fraction(r["failed"]) for r in left), ZERO)
    empty = Fraction(1) if promise["measure"].get("empty", "good") == "good" else None
    return {"bad": failed, "base": valid, "value": 1 - failed / valid if valid else empty}


def metric(promise, evidence, period, history, resources):
    measure = promise["measure"]
    left = forgiving(
        in_life(pooled(resources, "readings"), period), promise, evidence, history, "at", drop_always=True
    )
    good, op = measure.get("target"), measure.get("op", "<=")
    if measure.get("slots"):
        verdicts = []
        for start, end in slots_in(
            period, {"length": measure["slots"], **measure, "partial": measure.get("partial", "drop")}
        ):
            number = summary([r for r in left if start <= r["at"] < end], measure)
            if number is None:
                verdicts += {"good": [True], "bad": [False]}.get(measure.get("empty", "out"), [])
            else:
                verdicts.append(holds(number, op, good))
        bad = sum(1 for verdict in verdicts if not verdict)
        return {
            "bad": Fraction(bad),
            "base": len(verdicts),
            "value": 1 - Fraction(bad, len(verdicts)) if verdicts else None,
        }
    number, over = summary(left, measure), None
    if number is not None and good:
        over = max(ZERO, (number - good) / Fraction(good))
    bad = 0 if number is None or good is None or holds(number, op, good) else 1
    value = over if measure.get("overshoot") else number
    return {
        "bad": Fraction(bad),
        "base": len(left),
        "value": value,
        "overshoot": over,
        "time": ZERO,
        "base_ms": 0,
    }


def summary(readings, measure):
    if not readings:
        return None
    if measure["how"] == "mean":
        weight = sum(Fraction(r.get("weight", 1)) for r in readings)
        return sum(Fraction(r["value"]) * r.get("weight", 1) for r in readings) / weight if weight else None
    values = sorted(Fraction(r["value"]) for r in readings)
    if measure["how"] == "max":
        return values[-1]
    return values[max(1, math.ceil(measure["p"] * len(values))) - 1]


def deadline(promise, evidence, period, history, resources):
    measure, counted, delays = promise["measure"], 0, []
    at = measure.get("counted_at", "start")
    events = [e for e in pooled(resources, "events") if e.get(at) is not None]
    for event in forgiving(in_life(events, period, at), promise, evidence, history, "start"):
        end = period["end"] if event.get("end") is None else event["end"]
        elapsed = event.get("elapsed")
        if elapsed is None:
            elapsed = length(both(measure.get("clock", [(event["start"], end)]), [(event["start"], end)]))
        if event.get("end") is None and elapsed <= measure["allowed"]:
            continue
        counted += 1
        if elapsed > measure["allowed"] and not event.get("forgiven"):
            delays.append((event["start"], elapsed - measure["allowed"]))
    bad = Fraction(len(delays))
    value = 1 - bad / counted if counted else Fraction(1)
    return {"bad": bad, "base": counted, "value": value, "delays": delays}


def counter(promise, evidence, period, history, resources):
    measure, more = promise["measure"], {}
    if measure["of"] == "outages":
        facts = timed_in_scope({**promise, "measure": {"kind": "time"}}, evidence, period, history, resources)
        number, more = (
            len(facts["outages"]),
            {key: facts[key] for key in ("outages", "known", "knowable", "time", "base_ms")},
        )
    elif measure["of"] == "windows":
        hits = [w for w in evidence.get("windows", []) if w["class"] == measure["class"]]
        number = len(in_life(hits, period, "start"))
    elif measure["of"] == "misses":
        facts = deadline(promise, evidence, period, history, resources)
        number, more = len(facts["delays"]), {"delays": facts["delays"]}
    else:
        number = sum(1 for entry in history[-measure["last"] :] if entry["met"] is False)
    return {"time": ZERO, "base_ms": 0, **more, "bad": Fraction(number), "base": 1, "value": Fraction(number)}


def months_of(promise, evidence, period, history, resources):
    """The facts of the period, or of its months with the mean of their figures."""
    if not promise.get("window", {}).get("mean_of_months"):
        return facts_of(promise, evidence, period, history, resources)
    parts = []
    for start, end in period["months"]:
        month = {**period, "start": start, "end": end}
        facts = facts_of(promise, evidence, month, history, resources)
        if facts["value"] is not None:
            parts.append(facts)
    if not parts:
        return facts
    total = {
        key: sum(p[key] for p in parts)
        for key in ("bad", "base", "time", "base_ms", "count", "misses", "known", "knowable")
    }
    total["value"] = sum(clamp(p["value"], promise) for p in parts) / len(parts)
    total["outages"] = [o for p in parts for o in p["outages"]]
    total["delays"] = [d for p in parts for d in p["delays"]]
    total["longest"] = max(p["longest"] for p in parts)
    total["overshoot"] = None
    return total


# ---- F, gate, G to J ------------------------------------------------------------------------------


def clamp(value, promise):
    return max(ZERO, value) if promise.get("formula", {}).get("clamp", True) else value


def figure_of(value, promise, history):
    rule = promise.get("formula", {})
    value = clamp(Fraction(value), promise)
    if rule.get("mean_with_last"):
        earlier = [e["figure"] for e in history[-rule["mean_with_last"] :] if e["figure"] is not None]
        value = (value + sum(earlier, ZERO)) / (len(earlier) + 1)
    decimals = rule.get("decimals")
    measure = promise["measure"]
    if decimals is not None and (not is_number(measure) or measure.get("overshoot")):
        decimals += 2
    return round_to(value, decimals, rule.get("mode", "half_up"))


def settle_one(promise, evidence, period, money, history, resources, base, rounding):
    """One figure and its credit, before the promise's own limits."""
    facts = months_of(promise, evidence, period, history, resources)
    result = {
        "value": None,
        "met": None,
        "bad": facts["bad"],
        "base": int(facts["base"]) if facts["base"] == int(facts["base"]) else facts["base"],
        "amount": None,
        "reason": "ok",
        "outages": [o["ms"] for o in facts["outages"]],
        "credited_ms": ZERO,
    }
    if facts["value"] is None:
        return {**result, "reason": "nothing counted"}
    floor = promise.get("unknown", {}).get("coverage")
    if floor is not None and facts["known"] < floor * facts["knowable"]:
        return {**result, "reason": "coverage"}
    ctx = context(promise, period, money, history, base, rounding)
    ctx.update(facts=facts, time=facts["time"], figure=figure_of(facts["value"], promise, history))
    gate = promise.get("gate")
    met = None
    if gate:
        number = measured(gate.get("of", "figure"), ctx)
        met = None if number is None else holds(number, gate["op"], gate["bound"])
    result.update(value=ctx["figure"], met=met)
    if met and promise.get("if_met", "no credit") == "no credit":
        return {**result, "amount": amount(), "reason": "met"}
    ctx["met"] = bool(met)
    try:
        given = credit(promise.get("schedule"), ctx)
    except LookupError as refusal:
        return {**result, "reason": str(refusal.args[0])}
    if gate is None:
        result["met"] = not any(given.values())
    result["credited_ms"] = sum(ctx["credited"].values(), ZERO)
    return {**result, "amount": given}


def context(holder, period, money, history, base, rounding):
    return {
        "base": base,
        "money": money,
        "length": period["end"] - period["start"],
        "days": period.get("days", []),
        "history": history,
        "limits": holder.get("limits", []),
        "rounding": rounding,
        "credited": {},
        "facts": {},
        "figure": None,
        "time": ZERO,
        "met": False,
    }


def settle_promise(promise, evidence, period, money, history, rounding):
    resources = list(evidence["resources"].values())
    how = promise.get("scope", {}).get("how", "each")
    fees = [r.get("fee") for r in resources]
    if how == "each" and all(fee is not None for fee in fees):
        base = sum(fees, ZERO)
    else:
        base = money_named(promise.get("base", "period"), money) if promise.get("schedule") else ZERO

    if how in ("each", "worst"):
        parts = []
        for resource in resources:
            own = {**period, "exists": resource["exists"]} if resource.get("exists") else period
            fee = resource["fee"] if how == "each" and resource.get("fee") is not None else base
            parts.append(settle_one(promise, evidence, own, money, history, [resource], fee, rounding))
    else:
        parts = [settle_one(promise, evidence, period, money, history, resources, base, rounding)]
    if how == "worst":
        parts = [worst(parts, promise)]
    if how == "each":
        for part in parts:
            if part["amount"] is not None:
                own = context(promise, period, money, history, base, rounding)
                part["amount"]["money"] = line(
                    capped(part["amount"]["money"], "resource", own), "resource", rounding
                )

    result = {**added(parts), "value": worst(parts, promise)["value"]}
    if result["amount"] is not None:
        ctx = context(promise, period, money, history, base, rounding)
        result["amount"]["money"] = line(limited(result["amount"]["money"], ctx), "promise", rounding)
    return result


def worst(parts, promise):
    """The part with the worst figure; a part without a figure is the worst of all."""
    measure = promise["measure"]
    high_is_bad = is_number(measure) and measure.get("op", "<=") in ("<", "<=")
    return min(
        parts, key=lambda p: (p["value"] is not None, (-1 if high_is_bad else 1) * (p["value"] or ZERO))
    )


def is_number(measure):
    """Whether the figure is no percentage."""
    return measure["kind"] in NUMBERS and not measure.get("slots")


def added(parts):
    """Results of resources or promises as one: the sums, and one refusal refuses all."""
    if len(parts) == 1:
        given = parts[0]["amount"]
        return {**parts[0], "amount": None if given is None else {**given}, "parts": parts}
    refused = [p for p in parts if p["amount"] is None]
    total = amount()
    for part in parts if not refused else []:
        total = plus(total, part["amount"])
    return {
        "value": None,
        "met": all_met([p["met"] for p in parts]),
        "bad": sum(p["bad"] for p in parts),
        "base": sum(p["base"] for p in parts),
        "amount": None if refused else total,
        "reason": refused[0]["reason"]
        if refused
        else "met"
        if all(p["reason"] == "met" for p in parts)
        else "ok",
        "outages": [ms for p in parts for ms in p["outages"]],
        "credited_ms": sum(p["credited_ms"] for p in parts),
        "parts": parts,
    }


def all_met(verdicts):
    if False in verdicts:
        return False
    return None if None in verdicts else True


def settle(contract: dict, evidence: dict, period: dict, money: dict, history: list[dict]) -> dict:
    """The figure, verdict and credit of one period; the module's docstring has the shapes."""
    rounding = contract.get("rounding", {})
    promises = contract.get("promises", [contract])
    papers = evidence.get("promises", [evidence] * len(promises))
    how = contract.get("combine", "sum")
    pairs = list(zip(promises, papers, strict=True))
    if how == "lowest_commitment":
        pairs = [min(pairs, key=lambda pair: pair[0]["gate"]["bound"])]
    parts = [settle_promise(p, paper, period, money, history, rounding) for p, paper in pairs]

    result = added(parts)
    if result["amount"] is not None and how == "highest":
        result["amount"] = {**max((p["amount"] for p in parts), key=lambda one: one["money"])}
    if result["amount"] is not None and "promises" in contract:
        base = (
            money_named(contract.get("base", "period"), money)
            if contract.get("base", "period") in money
            else ZERO
        )
        ctx = context(contract, period, money, history, base, rounding)
        if how == "points":
            ctx["facts"] = {"points": result["amount"]["points"], "base_ms": ctx["length"]}
            try:
                result["amount"] = {**credit(contract["points"], ctx), "points": result["amount"]["points"]}
            except LookupError as refusal:
                result.update(amount=None, reason=str(refusal.args[0]))
        if result["amount"] is not None:
            result["amount"]["money"] = limited(result["amount"]["money"], ctx)

    given = result.pop("amount")
    exact = None if given is None else given["money"]
    decimals = rounding.get("decimals", 2)
    minor = (
        None
        if exact is None
        else int(round_to(exact, decimals, rounding.get("mode", "half_up")) * 10**decimals)
    )
    more = {"points": given["points"] if given else None, "other": given["other"] if given else None}
    return {**result, "credit_exact": exact, "credit_minor": minor, **more}
