"""From terms and a case to the plain dicts of the naive pricing.

Where its author took another open choice than the language, the translation bridges it, or `Untold` says why
the combination is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from monitor.agreements.evidence import EventRow, Evidence, OutageRow, Recorded
from monitor.agreements.pipeline import Case, FeeLine
from monitor.agreements.schedule import (
    Amount,
    Each,
    GreatestOf,
    NoCredits,
    Node,
    ProRata,
    Rows,
    SumOf,
)
from monitor.agreements.terms import (
    Allowance,
    BaseTerms,
    Cap,
    ExcludeTerms,
    LimitsTerms,
    RoundingTerms,
    Terms,
)
from monitor.core.checks import State
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.numbers import Bound
from monitor.core.services import ServiceTimeline
from tests.agreements.cells_oracle import Grid, hours, is_value
from tests.agreements.generated import Generated, at_midnight, evidence_of

MODES = {"half-up": "half_up", "half-even": "half_even", "down": "down", "up": "up"}
ELSEWHERE = ("year", "contract", "at risk")
Told = dict[str, Any]


class Untold(Exception):
    """The naive pricing has no word for this combination, or reads an open question another way."""


@dataclass(frozen=True, slots=True)
class Question:
    """What `naive.settle` is asked."""

    contract: Told
    evidence: Told
    period: Told
    money: dict[str, Fraction]
    history: list[Told]


def question(drawn: Generated) -> Question:
    """The case in the naive pricing's shapes; Untold where it has none."""
    terms = drawn.terms
    money: dict[str, Fraction] = {"period": Fraction(0)}
    promises = [_promise(drawn, name, each, money) for name, each in terms.promises]
    papers = [_evidence(drawn, name, each) for name, each in terms.promises]
    rounded = terms.promises[0][1].rounding if len(promises) == 1 else terms.rounding
    contract: Told = {"promises": promises, "rounding": _rounding(rounded or RoundingTerms())}
    if len(promises) > 1:
        contract |= _whole(drawn, money)
    masks = {each.period.service_hours for _, each in terms.promises}
    if len(masks) > 1:
        raise Untold("promises with different service hours")
    if len(promises) > 1 and any(each.formula.mean_of_last for _, each in terms.promises):
        raise Untold("a mean with the past of one of several promises")
    return Question(contract, {"promises": papers}, _period(drawn, masks.pop()), money, _history(drawn))


# --- time ------------------------------------------------------------------------------------------------


def _period(drawn: Generated, mask: str | None) -> Told:
    case = drawn.case
    (force,) = case.in_force
    told: Told = {
        "start": case.period.span.start,
        "end": case.period.span.end,
        "exists": (force.start, min(force.end, case.as_of)),
        "days": [(s.start, s.end) for s in _days(drawn)],
    }
    if mask:
        calendar = case.calendars[mask]
        assert calendar.hours is not None
        told["mask"] = _open_hours(drawn, calendar.hours, calendar.zone)
    return told


def _days(drawn: Generated) -> list[Span]:
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    start, end = drawn.scale.start, drawn.scale.end
    day, out = grid.date(grid.cell(start)), []
    while start < end:
        day += timedelta(days=1)
        midnight = min(end, at_midnight(day, drawn.scale.zone))
        out.append(Span(start, midnight))
        start = midnight
    return out


def _reach(drawn: Generated) -> range:
    grid = drawn.scale.grain
    return range(drawn.scale.start // grid - 200, drawn.scale.end // grid + 200)


def _open_hours(drawn: Generated, rule: Any, zone: str) -> list[tuple[Ms, Ms]]:
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    return _spans(drawn, hours(rule, zone, grid, _reach(drawn)))


def _spans(drawn: Generated, cells: Iterable[int]) -> list[tuple[Ms, Ms]]:
    out: list[tuple[Ms, Ms]] = []
    for cell in sorted(cells):
        start = cell * drawn.scale.grain
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], start + drawn.scale.grain)
        else:
            out.append((start, start + drawn.scale.grain))
    return out


# --- evidence --------------------------------------------------------------------------------------------


def _evidence(drawn: Generated, name: str, terms: Terms) -> Told:
    evidence = evidence_of(drawn.case, name)
    told = {"outages": _outage_resources, "slots": _slot_resources, "events": _event_resources}
    told["metrics"] = _metric_resources
    resources = told[terms.measure.evidence](drawn, evidence, terms)
    return {"resources": resources, "windows": _windows(drawn, evidence, terms)}


def _outage_resources(drawn: Generated, evidence: Evidence, terms: Terms) -> Told:
    told = {name: _resource(drawn, name, line, terms) for name, line in evidence.resources.items()}
    joined = terms.scope.join in ("any down", "all down", "some down")
    if joined and len({each["exists"] for each in told.values()}) > 1:
        raise Untold("joined resources that did not all exist throughout")
    if joined and next(iter(told.values()))["exists"] != _period(drawn, None)["exists"]:
        raise Untold("joined resources that did not all exist throughout")
    unseen = terms.measure.unobserved == "left out" and any(each["unknown"] for each in told.values())
    if terms.scope.combined == "before outage" and terms.exclude and unseen:
        raise Untold("unseen time beside excused downtime of another resource")
    if joined and unseen and any(rule.effect == "both sides" for rule in terms.exclude):
        raise Untold("unseen time of a joined resource beside time taken off both sides")
    tests = terms.outage.lasting or terms.outage.joined or terms.outage.deduct or terms.outage.whole
    if terms.measure.weighted_by and tests and terms.measure.unobserved == "down":
        raise Untold("a test of the length of weighted outages that unseen time touches")
    if terms.outage.resource_age and terms.measure.unobserved == "down":
        raise Untold("the age of a resource when it was first not seen")
    if terms.measure.weighted_by and terms.outage.joined:
        raise Untold("weighted outages that are joined")
    return told


def _life_of(line: ServiceTimeline | Recorded) -> Span:
    return (line.base if isinstance(line, ServiceTimeline) else line.life)[0]


def _resource(drawn: Generated, name: str, line: ServiceTimeline | Recorded, terms: Terms) -> Told:
    case = drawn.case
    life = _life_of(line)
    span = case.in_force[0]
    exists = (max(life.start, span.start), min(life.end, span.end, case.as_of))
    if exists[0] >= exists[1]:
        raise Untold("a resource that never existed in the period")
    if terms.period.service_hours and terms.period.partial == "rest available":
        calendar = case.calendars[terms.period.service_hours]
        assert calendar.hours is not None
        if not any(
            max(s, exists[0]) < min(e, exists[1])
            for s, e in _open_hours(drawn, calendar.hours, calendar.zone)
        ):
            raise Untold("a resource that never existed in the service hours of the period")
    told: Told = {"exists": exists, "since": life.start}
    if isinstance(line, ServiceTimeline):
        told["down"] = [
            {"start": s.start, "end": min(s.end, case.as_of)}
            for s in line.segments
            if s.state is State.DOWN and s.start < case.as_of
        ]
        unseen = [Span(s.start, s.end) for s in line.segments if s.state is State.UNKNOWN]
    else:
        told["down"] = [each for row in line.rows for each in _down(row, terms, life, case)]
        unseen = list(line.unseen)
    if isinstance(line, Recorded) and _unseen_until_closed(line, terms):
        raise Untold("unseen time between the recovery and the close of a ticket")
    known = life.end if isinstance(line, Recorded) else case.as_of
    told["unknown"] = [(s.start, min(s.end, known)) for s in unseen if s.start < known]
    if terms.base.per == "resource":
        told["fee"] = _fee_of(name, terms, case)
    return told


def _unseen_until_closed(line: Recorded, terms: Terms) -> bool:
    """Whether nobody saw the time after a recovery, which is down only from a report before it."""
    if terms.outage.ends != "ticket closed" or terms.outage.starts not in ("reported", "detected"):
        return False
    return any(
        max(row.span.end, unseen.start) < min(row.ticket_closed or row.span.end, unseen.end)
        for row in line.rows
        for unseen in line.unseen
    )


def _down(row: OutageRow, terms: Terms, life: Span, case: Case) -> Iterable[Told]:
    asked = terms.outage
    if any((row.what if name == "class" else row.columns.get(name)) != value for name, value in asked.only):
        return
    start, end = row.span.start, case.as_of if row.open else row.span.end
    if asked.starts == "last success":
        assert row.last_good is not None
        start = row.last_good
    if asked.ends == "ticket closed":
        assert row.ticket_closed is not None
        end = row.ticket_closed
    start, end = max(start, life.start), min(end, life.end)
    if start >= end:
        return
    told: Told = {"start": start, "end": end, "reported": row.reported, "detected": row.detected}
    if (terms.measure.weighted_by or asked.affecting) and row.affected is not None:
        told |= {"affected": row.affected.numerator, "population": row.affected.denominator}
    yield told


def _windows(drawn: Generated, evidence: Evidence, terms: Terms) -> list[Told]:
    out = []
    single = len(evidence.resources or evidence.life) == 1
    for window in evidence.windows:
        start, end = window.span.start, window.span.end
        if window.cancelled is not None:
            end = min(end, window.cancelled)
        if start >= end:
            continue
        if window.resources is not None and not single and any(r.what == window.what for r in terms.exclude):
            raise Untold("a window of some of the resources")
        out.append({"start": start, "end": end, "class": window.what, "announced": window.recorded})
    for line in evidence.resources.values():
        for row in line.rows if isinstance(line, Recorded) else ():
            if row.what and any(rule.what == row.what for rule in terms.exclude):
                if not single:
                    raise Untold("an excluded row of one of several resources")
                end = drawn.case.as_of if row.open else row.span.end
                if _never_began(row, terms, end):
                    continue
                if terms.outage.ends == "ticket closed" and row.ticket_closed is not None:
                    end = max(end, row.ticket_closed)
                start = row.span.start
                if terms.outage.starts == "last success" and row.last_good is not None:
                    start = min(start, row.last_good)
                ahead = None if row.announced is None else start - (row.span.start - row.announced)
                out.append({"start": start, "end": end, "class": row.what, "announced": ahead})
    return out


def _never_began(row: OutageRow, terms: Terms, end: Ms) -> bool:
    """Whether the clock of an outage would start after its end; what never counts excludes nothing."""
    if terms.outage.ends == "ticket closed" and row.ticket_closed is not None:
        end = row.ticket_closed
    start = {"reported": row.reported, "detected": row.detected}.get(terms.outage.starts)
    return start is not None and start >= end


def _life(drawn: Generated, life: Span) -> tuple[Ms, Ms]:
    """When a resource existed in the period, as far as anything was promised."""
    (force,) = drawn.case.in_force
    exists = (max(life.start, force.start), min(life.end, force.end, drawn.case.as_of))
    if exists[0] >= exists[1]:
        raise Untold("a resource that never existed in the period")
    return exists


def _slot_resources(drawn: Generated, evidence: Evidence, terms: Terms) -> Told:
    out: Told = {}
    for name, (life,) in evidence.life.items():
        rows = [row for row in evidence.slots if row.resource == name and row.start in life]
        asked = [{"at": r.start, "valid": r.total, "failed": r.total - r.good} for r in rows]
        out[name] = {"exists": _life(drawn, life), "requests": asked}
        if terms.base.per == "resource":
            out[name]["fee"] = _fee_of(name, terms, drawn.case)
    if (
        terms.exclude
        and any(rule.effect == "both sides" for rule in terms.exclude)
        and terms.measure.as_ != "total"
    ):
        raise Untold("slots that leave the base")
    if any(rule.at_most for rule in terms.exclude):
        raise Untold("allowances that slots use up")
    return out


def _metric_resources(drawn: Generated, evidence: Evidence, terms: Terms) -> Told:
    out: Told = {}
    if terms.exclude and terms.measure.as_ == "bad slots":
        raise Untold("windows over samples that are slots")
    for name, (life,) in evidence.life.items():
        rows = [row for row in evidence.samples if row.resource == name and row.start in life]
        if terms.measure.as_ in ("p50", "p95", "p99") or terms.measure.each_slot == "p95":
            told = [{"at": r.start, "value": r.value} for r in rows for _ in range(int(r.weight))]
        else:
            told = [{"at": r.start, "value": r.value, "weight": r.weight} for r in rows]
        out[name] = {"exists": _life(drawn, life), "readings": told}
        if terms.base.per == "resource":
            out[name]["fee"] = _fee_of(name, terms, drawn.case)
    return out


def _event_resources(drawn: Generated, evidence: Evidence, terms: Terms) -> Told:
    """Every event with how long after its deadline it ended, so that nothing at all is allowed."""
    out: Told = {}
    for name, (life,) in evidence.life.items():
        told = [one for row in evidence.events if row.resource == name for one in _event(row, terms, drawn)]
        out[name] = {"exists": _life(drawn, life), "events": told}
        if terms.base.per == "resource":
            out[name]["fee"] = _fee_of(name, terms, drawn.case)
    return out


def _event(row: EventRow, terms: Terms, drawn: Generated) -> list[Told]:
    within, due = terms.measure.within, row.due
    if isinstance(within, tuple):
        due = row.started + dict(within)[row.priority].ms
    assert due is not None
    end = drawn.case.as_of if row.finished is None else row.finished
    if row.finished is None and end <= due:
        return []
    told: Told = {"start": row.started, "end": row.finished, "elapsed": end - due}
    if row.finished is None and terms.measure.counted_in == "period of end":
        told["end"] = due
    return [told] * row.count


def _fee_of(name: str, terms: Terms, case: Case) -> Fraction:
    return _priced(terms.base, [line for line in case.fees[terms.base.fee] if line.item == name])


# --- a promise -------------------------------------------------------------------------------------------


def _promise(drawn: Generated, name: str, terms: Terms, money: dict[str, Fraction]) -> Told:
    if terms.period.service_hours and "after exclusions" in terms.outage.judged:
        raise Untold("service hours between the parts of an outage that exclusions may have parted")
    if terms.base.per == "resource" and any(cap.per == "outage" for cap in terms.limits.at_most):
        raise Untold("a cap per outage of a base that is each resource's own")
    both = any(rule.effect == "both sides" for rule in terms.exclude)
    if both and terms.measure.coverage and terms.measure.evidence == "outages":
        raise Untold("coverage, which the language asks before exclusions")
    several = len(evidence_of(drawn.case, name).resources or evidence_of(drawn.case, name).life) > 1
    if several and any(cap.per == "day" for cap in terms.limits.at_most):
        raise Untold("a cap per day of several resources")
    if _days_of_misses(terms):
        raise Untold("the day of a miss: that of its start, or of its deadline")
    told: Told = {
        "measure": _measure(drawn, name, terms),
        "unknown": {
            "as": {"left out": "out", "up": "up", "down": "down"}[terms.measure.unobserved],
            "coverage": terms.measure.coverage,
        },
        "qualify": _qualify(terms),
        "scope": _scope(terms),
        "window": _window(terms),
        "order": {
            "exclude_first": "after exclusions" in terms.outage.judged,
            "clip_first": "in period" in terms.outage.judged,
        },
        "exclude": [_exclude(drawn, rule, terms) for rule in terms.exclude],
        "formula": _formula(terms),
        "base": _base(name, terms, drawn.case, money),
        "limits": _limits(name, terms.limits, drawn, money),
    }
    if terms.commitment.bound is not None:
        told["gate"] = _gate(terms)
        if terms.commitment.of == "downtime":
            _time_of_slots_is_told(drawn, terms)
    if not isinstance(terms.credits, NoCredits):
        told["schedule"] = _node(terms.credits, Asked(terms, drawn))
    if getattr(terms.credits, "if_met", None) == "as the table" or terms.commitment.bound is None:
        told["if_met"] = "look up"
    return told


def _measure(drawn: Generated, name: str, terms: Terms) -> Told:
    measure = terms.measure
    if measure.evidence == "outages" and measure.slot is None:
        return {"kind": "impact" if measure.weighted_by else "time"}
    if measure.evidence == "outages":
        return _cut(drawn, name, terms)
    if measure.evidence == "slots":
        return _requests(drawn, name, terms)
    if measure.evidence == "events":
        return {
            "kind": "deadline",
            "allowed": 0,
            "counted_at": "start" if "start" in measure.counted_in else "end",
        }
    return _metric(drawn, name, terms)


def _on_clock(drawn: Generated, terms: Terms) -> Told:
    partial = {"left out": "drop", "counted": "count"}[terms.measure.partial]
    origin = 0 if drawn.scale.fine else drawn.scale.start
    return {"length": terms.measure.slot, "partial": partial, "origin": origin}


def _cuts_a_slot(drawn: Generated, terms: Terms) -> bool:
    """Whether the period, a life in it or what is in force may begin or end inside a slot."""
    case, size = drawn.case, terms.measure.slot
    if drawn.scale.fine or not isinstance(size, int):
        return True
    edges = [at for span in (*_lives(case), *case.in_force) for at in (span.start, span.end)]
    start, end = drawn.scale.start, drawn.scale.end
    return any((at - start) % size for at in (*edges, case.as_of) if start < at < end)


def _lives(case: Case) -> list[Span]:
    papers = [case.evidence, *case.apart.values()]
    lives = [_life_of(line) for each in papers for line in each.resources.values()]
    return lives + [life for each in papers for spans in each.life.values() for life in spans]


def _time_of_slots_is_told(drawn: Generated, terms: Terms) -> None:
    """The engine takes slots to go on as they were while the agreement is not in force, and no further."""
    if terms.measure.slot is None or terms.period.partial != "extrapolated":
        return
    (force,) = drawn.case.in_force
    since, until = max(force.start, drawn.scale.start), min(force.end, drawn.case.as_of)
    if any(life.start > since or life.end < until for life in _lives(drawn.case)):
        raise Untold("extrapolated slots of a resource that did not exist while the agreement was in force")


def _tests(terms: Terms) -> bool:
    asked = terms.outage
    return bool(asked.lasting or asked.joined or asked.deduct or asked.whole or asked.ignore_total)


def _cut(drawn: Generated, name: str, terms: Terms) -> Told:
    if _tests(terms):
        raise Untold("outages of slots that are tested: there the tests come first")
    if terms.scope.join in ("any down", "all down", "some down"):
        raise Untold("slots of joined resources: there the time is joined first")
    if terms.period.partial == "rest available" and _cuts_a_slot(drawn, terms):
        raise Untold("how many slots a period is that is no whole number of them")
    lives = {str(_life_of(line)) for line in evidence_of(drawn.case, name).resources.values()}
    if terms.scope.join == "sum of resource-minutes" and len(lives) > 1:
        raise Untold("slots at the edge of one of several lives")
    if terms.measure.coverage and drawn.scale.fine:
        raise Untold("coverage by slots, some of which are cut")
    told = {"kind": "slots", **_on_clock(drawn, terms)}
    bad = terms.measure.bad
    assert bad is not None
    if bad.of == "wholly down":
        return told
    return told | {"bad_when": "more_than", "more_than": bad.limit}


def _requests(drawn: Generated, name: str, terms: Terms) -> Told:
    measure = terms.measure
    if measure.as_ == "total":
        return {"kind": "global", "empty": "out"}
    told = _on_clock(drawn, terms)
    if measure.as_ == "mean":
        if measure.partial == "counted":
            raise Untold("the requests of a slot that began before the period")
        empty = {"good": "good", "left out": "out"}[measure.empty]
        return {"kind": "mean_slots", **told, "empty": empty, "min_requests": measure.min_requests}
    if measure.empty == "left out":
        raise Untold("bad slots without the empty ones")
    if terms.scope.join in ("any down", "all down", "some down"):
        raise Untold("slots of joined resources: there the time is joined first")
    if terms.outage.ignore_total:
        raise Untold("a sum of bad slots that is ignored")
    lives = evidence_of(drawn.case, name).life.values()
    if terms.scope.join == "sum of resource-minutes" and len(set(lives)) > 1:
        raise Untold("slots at the edge of one of several lives")
    told |= {"kind": "slots", "from": "requests", "min_requests": max(1, measure.min_requests)}
    assert measure.bad is not None
    if measure.bad.of == "all fail":
        return told | {"fails": "all_fail"}
    return told | {"fails": measure.bad.sign, "ratio": measure.bad.limit}


def _metric(drawn: Generated, name: str, terms: Terms) -> Told:
    measure = terms.measure
    told: Told = {"kind": "metric"}
    how = measure.as_
    if measure.as_ == "bad slots":
        if measure.slot is None:
            raise Untold("samples that are slots")
        if terms.scope.join not in ("each on its own", "worst"):
            raise Untold("samples of joined resources")
        if _tests(terms):
            raise Untold("outages of samples that are tested")
        lives = evidence_of(drawn.case, name).life.values()
        if any(_life(drawn, life) != (drawn.scale.start, drawn.scale.end) for (life,) in lives):
            raise Untold("slots without samples outside of a resource's life")
        assert measure.bad is not None
        good = {">": "<=", ">=": "<"}[measure.bad.sign]
        told |= {"slots": measure.slot, **_on_clock(drawn, terms), "target": measure.bad.limit, "op": good}
        told |= {"empty": "good" if measure.empty == "good" else "out"}
        how = measure.each_slot or "mean"
    elif terms.commitment.bound is not None:
        told |= {"target": terms.commitment.bound.value, "op": terms.commitment.bound.sign}
    if how in ("p50", "p95", "p99"):
        return told | {"how": "percentile", "p": Fraction(int(how[1:]), 100)}
    return told | {"how": how}


def _qualify(terms: Terms) -> Told:
    asked = terms.outage
    told: Told = {}
    if asked.starts in ("reported", "detected"):
        told["clock"] = asked.starts
    if asked.resource_age:
        told["age"] = asked.resource_age[1]
    if asked.affecting:
        told["affected"] = {"op": asked.affecting.sign, "share": asked.affecting.value}
    if asked.lasting:
        told["minimum"] = {"op": asked.lasting[0], "ms": asked.lasting[1]}
    if asked.joined:
        sign, limit = asked.joined
        told["merge"] = limit + (sign == "<=")
    if asked.deduct:
        told["deduct"] = asked.deduct
    if asked.whole:
        told["truncate"] = asked.whole
    if asked.ignore_total:
        sign, limit = asked.ignore_total
        told["floor"] = {"op": ">=" if sign == "<" else ">", "ms": limit}
    return told


def _scope(terms: Terms) -> Told:
    hows = {
        "each on its own": "each",
        "any down": "union",
        "all down": "intersection",
        "some down": "k",
        "sum of resource-minutes": "sum",
        "worst": "worst",
    }
    combined = "before" if terms.scope.combined == "before outage" else "after"
    return {"how": hows[terms.scope.join], "k": terms.scope.least, "combine": combined}


def _window(terms: Terms) -> Told:
    partial = {"existed only": "existed", "rest available": "rest_available", "extrapolated": "extrapolated"}
    if terms.period.mean_of_months:
        raise Untold("a mean of months")
    return {"partial": partial[terms.period.partial], "fixed": terms.period.taken_as}


def _exclude(drawn: Generated, rule: ExcludeTerms, terms: Terms) -> Told:
    told: Told = {"class": rule.what, "effect": "both" if rule.effect == "both sides" else "bad"}
    if rule.notice is not None:
        told["notice"] = rule.notice.ms
    if rule.always is not None:
        raise Untold("hours that are excluded always")
    during = [(drawn.scale.start - 10**12, drawn.scale.end + 10**12)]
    if rule.only_during is not None:
        during = _open_hours(drawn, rule.only_during, rule.timezone or drawn.scale.zone)
    told["only_during"] = _in_force_alone(drawn, during)
    if rule.at_most:
        told["cap"] = _cap_of_class(drawn, rule, terms)
    return told


def _in_force_alone(drawn: Generated, during: list[tuple[Ms, Ms]]) -> list[tuple[Ms, Ms]]:
    """Windows have no time in the part of the period that is not in force."""
    (force,) = drawn.case.in_force
    start, end = drawn.scale.start, drawn.scale.end
    out = []
    for one, two in during:
        for low, high in (
            (one, min(two, start)),
            (max(one, force.start), min(two, force.end)),
            (max(one, end), two),
        ):
            if low < high:
                out.append((low, high))
    joined: list[tuple[Ms, Ms]] = []
    for low, high in sorted(out):
        if joined and joined[-1][1] >= low:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _cap_of_class(drawn: Generated, rule: ExcludeTerms, terms: Terms) -> Told:
    if len(rule.at_most) > 1:
        raise Untold("two allowances of one class")
    (cap,) = rule.at_most
    if rule.effect == "both sides" and rule.counted == "downtime" and cap.of == "time":
        raise Untold("what an idle window is worth once its allowance of downtime is used up")
    if terms.scope.combined == "before outage":
        raise Untold("an allowance that each of the joined resources uses up")
    if cap.of == "windows" and rule.only_during is not None:
        raise Untold("how many windows one is that hours part")
    if "after exclusions" in terms.outage.judged:
        raise Untold("what was excused before the period, where outages are judged after exclusions")
    if cap.of == "windows" and rule.counted == "downtime" and rule.effect == "downtime":
        raise Untold("windows that only count where they excuse something")
    of = "count" if cap.of == "windows" else {"downtime": "down", "window": "time"}[rule.counted]
    return {"of": of, "at_most": cap.most, "spans": _spans_of(drawn, cap)}


def _spans_of(drawn: Generated, cap: Allowance) -> list[tuple[Ms, Ms]]:
    """The spans of an allowance; one that began before the period knows what was used from history alone."""
    begun, out = drawn.scale.start, []
    for start, end in _calendar_spans(drawn, cap.per):
        if start < begun < end:
            if any(past.excused or past.windows for past in drawn.case.history):
                raise Untold("an allowance that earlier periods used")
            if cap.of == "windows":
                raise Untold("windows over the edge of the period that are counted")
            out += [(start, begun), (begun, end)]
        else:
            out.append((start, end))
    return out


def _calendar_spans(drawn: Generated, per: str) -> list[tuple[Ms, Ms]]:
    """The calendar spans around the period, from the first that evidence reaches to the last."""
    scale = drawn.scale
    if per == "period":
        return [(0, scale.start), (scale.start, scale.end), (scale.end, scale.end + 10**12)]
    grid = Grid(scale.grain, scale.zone)
    day = _first_of(per, grid.date(_reach(drawn)[0]))
    last, out = grid.date(_reach(drawn)[-1]), []
    while day <= last:
        following = _first_of(per, day + timedelta(days={"day": 1, "week": 7}.get(per, 0)))
        if per in ("month", "quarter", "year"):
            following = _first_of(per, day + timedelta(days={"month": 32, "quarter": 93, "year": 367}[per]))
        out.append((at_midnight(day, scale.zone), at_midnight(following, scale.zone)))
        day = following
    return out


def _first_of(per: str, day: date) -> date:
    if per == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}.get(per)
    return day if month is None else date(day.year, month, 1)


def _formula(terms: Terms) -> Told:
    rule, told = terms.formula, {}
    if rule.decimals is not None and rule.rounding is not None:
        told = {"decimals": rule.decimals, "mode": MODES[rule.rounding]}
    if rule.mean_of_last:
        told["mean_with_last"] = rule.mean_of_last - 1
    return told


def _gate(terms: Terms) -> Told:
    bound = terms.commitment.bound
    assert bound is not None
    of = {"share": "figure", "downtime": "time", "metric": "figure"}[terms.commitment.of]
    return {"of": of, "op": bound.sign, "bound": bound.value}


# --- credits ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms that a schedule belongs to, and the case that it is asked in."""

    terms: Terms
    drawn: Generated

    @property
    def rounding(self) -> RoundingTerms:
        """How the ratio and the money are rounded: as it is said of the whole, where there are several."""
        whole = self.drawn.terms
        return (self.terms.rounding if len(whole.promises) == 1 else whole.rounding) or RoundingTerms()

    @property
    def counts_cut_slots(self) -> bool:
        """Whether a slot that is cut may be counted or scaled, and so stand for a time."""
        measure = self.terms.measure
        timed = measure.partial == "counted" or self.terms.period.partial == "extrapolated"
        return measure.slot is not None and timed and _cuts_a_slot(self.drawn, self.terms)

    @property
    def timed(self) -> bool:
        """Whether the naive pricing knows the time that its figure stands for."""
        return self.terms.measure.evidence == "outages" or self.terms.measure.as_ == "bad slots"

    @property
    def lasts(self) -> Fraction:
        """The time of what is counted and not timed: of the period as far as it was in force."""
        case, span = self.drawn.case, self.drawn.case.period.span
        if is_value(self.terms.measure):
            return Fraction(span.length)
        (force,) = case.in_force
        return Fraction(min(force.end, case.as_of) - max(force.start, span.start))


def _node(node: Node, of: Asked) -> Told | None:
    if isinstance(node, Amount):
        return _amount(node, of)
    if isinstance(node, Rows):
        return _rows(node, of)
    if isinstance(node, Each):
        return _each(node, of)
    if isinstance(node, ProRata):
        return _pro_rata(node, of)
    if isinstance(node, GreatestOf | SumOf):
        kind = "greatest" if isinstance(node, GreatestOf) else "sum"
        return {"kind": kind, "of": [_node(each, of) for each in node.of]}
    raise Untold(f"a schedule of {type(node).__name__}")


def _amount(node: Amount, of: Asked) -> Told:
    if node.kind == "share":
        return {"kind": "share", "share": node.amount}
    if node.kind == "money":
        return {"kind": "money", "money": node.amount}
    if node.kind == "time":
        if of.rounding.ratio is not None:
            raise Untold("days of fees whose ratio is rounded")
        if of.terms.base.day is None and of.counts_cut_slots:
            raise Untold("the time of a counted slot that is cut")
        if of.terms.base.day is None and of.terms.base.fee in ELSEWHERE:
            raise Untold("days of a fee that is of another time than the period")
        if of.terms.base.day is None and not of.timed:
            return {"kind": "share", "share": node.amount / of.lasts}
        price = {None: "counted", Fraction(1, 30): "1/30", Fraction(1, 365): "1/365"}[of.terms.base.day]
        return {"kind": "units", "count": node.amount / DAY, "price": price}
    if node.kind == "months":
        if of.terms.base.per == "resource":
            raise Untold("months of fees of one resource")
        return {"kind": "share", "share": node.amount, "base": f"month of {id(of.terms)}"}
    raise Untold(f"an amount of {node.kind}")


def _rows(node: Rows, of: Asked) -> Told:
    overs = {
        "figure": "figure",
        "downtime": "time",
        "delay": "time",
        "longest outage": "longest",
        "outages": "count",
        "misses": "misses",
        "overshoot": "overshoot",
        "consecutive misses": "consecutive",
    }
    if node.by == "downtime":
        _time_of_slots_is_told(of.drawn, of.terms)
    if node.by in ("longest outage", "outages"):
        _must_be_whole(of)
        _must_be_told(of)
    anyway = node.if_met == "as the table" or of.terms.commitment.bound is None
    if anyway and node.in_no_row in ("row above", "row below"):
        raise Untold("a hole of a table that applies to kept promises too")
    if node.by not in overs:
        raise Untold(f"rows by {node.by}")
    rows = []
    for row in node.rows:
        told: Told = {"credit": _node(row.credit, of)}
        for bound in row.bounds:
            side = ("low", "low_op") if bound.sign in (">", ">=") else ("high", "high_op")
            told |= dict(zip(side, (bound.value, bound.sign), strict=True))
        rows.append(told)
    mode = {"highest credit": "highest", "first row": "first", None: "explicit"}[node.overlap]
    if node.overlap is None and all(len(row.bounds) == 1 for row in node.rows):
        mode = "deepest"
    over = overs[node.by]
    return {
        "kind": "rows",
        "over": over,
        "rows": rows,
        "mode": mode,
        "in_no_row": node.in_no_row or "refuse",
        "low_is_bad": over == "figure" and node.rows[0].bounds[0].sign in ("<", "<="),
    }


def _beyond(told: Told, beyond: str | Fraction | None, of: Asked) -> Told:
    if beyond == "commitment":
        bound: Bound | None = of.terms.commitment.bound
        assert bound is not None
        if of.terms.commitment.of == "downtime":
            return told | {"beyond": bound.value}
        return told | {"beyond_share": 1 - bound.value}
    return told if beyond is None else told | {"beyond": beyond}


def _must_be_told(of: Asked) -> None:
    if of.terms.outage.ignore_total:
        raise Untold("outages whose sum is ignored")
    if of.terms.measure.weighted_by and of.terms.measure.unobserved == "down":
        raise Untold("weighted outages that unseen time touches")


def _must_be_whole(of: Asked) -> None:
    if of.terms.exclude and "after exclusions" in of.terms.outage.judged:
        raise Untold("whether an outage that exclusions parted is credited as one")


def _each(node: Each, of: Asked) -> Told:
    part = {"full": "full", "or part": "part", "pro rata": "pro_rata", None: None}[node.part]
    if node.of == "time":
        _time_of_slots_is_told(of.drawn, of.terms)
        told = {"kind": "per_unit", "unit_ms": node.size, "count": part, "each": _node(node.credit, of)}
        return _beyond(told, node.beyond, of)
    if node.of == "share":
        bound = of.terms.commitment.bound
        start = node.beyond if isinstance(node.beyond, Fraction) else bound.value if bound else None
        return {
            "kind": "per_step",
            "from": start,
            "step": node.size,
            "count": part,
            "each": _node(node.credit, of),
        }
    if node.of == "outage":
        _must_be_whole(of)
        _must_be_told(of)
    if node.of == "outage" and of.terms.measure.weighted_by and not isinstance(node.credit, Amount):
        raise Untold("the length of one weighted outage")
    if node.of == "bad slot":
        raise Untold("a credit for each bad slot")
    if node.of in ("outage", "miss"):
        return {"kind": f"each_{node.of}", "of": _node(node.credit, of)}
    raise Untold(f"each {node.of}")


def _pro_rata(node: ProRata, of: Asked) -> Told:
    _time_of_slots_is_told(of.drawn, of.terms)
    if of.counts_cut_slots:
        raise Untold("the time of a counted slot that is cut")
    if of.rounding.ratio is not None and of.rounding.money != "half-up":
        raise Untold("a ratio that is rounded another way than the money")
    if not of.timed and of.lasts != of.drawn.scale.end - of.drawn.scale.start:
        raise Untold("time that a share stands for, where the agreement began or ended inside the period")
    if of.terms.base.day is None and of.terms.base.fee in ELSEWHERE:
        return _beyond({"kind": "pro_rata", "k": node.times, "of": "actual"}, node.beyond, of)
    ratio = {None: "counted", Fraction(1, 30): "1/30", Fraction(1, 365): "1/365"}[of.terms.base.day]
    return _beyond({"kind": "pro_rata", "k": node.times, "of": ratio}, node.beyond, of)


# --- money -----------------------------------------------------------------------------------------------


def _lines(terms: BaseTerms, case: Case) -> list[FeeLine]:
    lines = list(case.fees[terms.fee])
    if terms.items:
        lines = [line for line in lines if line.item in (*terms.items, *terms.plus)]
    return [line for line in lines if line.item not in terms.except_]


def _priced(terms: BaseTerms, lines: list[FeeLine]) -> Fraction:
    paid = [line.whole if terms.part_period == "whole fee" and line.whole else line.money for line in lines]
    total = sum((money.amount for money in paid), Fraction(0))
    if terms.greater_of:
        most = max((x for x in lines if x.item in terms.greater_of), key=lambda x: x.money.amount)
        return _priced(replace(terms, greater_of=()), [most])
    return total * terms.share / terms.divided_by


def _base(name: str, terms: Terms, case: Case, money: dict[str, Fraction]) -> str:
    money[name] = _priced(terms.base, _lines(terms.base, case))
    monthly = replace(terms.base, fee="month", share=Fraction(1), divided_by=1)
    money[f"month of {id(terms)}"] = _priced(monthly, _lines(monthly, case))
    return name


def _days_of_misses(terms: Terms) -> bool:
    return terms.measure.evidence == "events" and any(cap.per == "day" for cap in terms.limits.at_most)


def _limits(name: str, limits: LimitsTerms, drawn: Generated, money: dict[str, Fraction]) -> list[Told]:
    told = [each for cap in limits.at_most for each in _cap(cap, drawn)]
    if limits.only_if:
        told.append({"kind": "only_if", "more_than": limits.only_if[1].amount})
    if limits.raised_to:
        told.append({"kind": "raised_to", "money": limits.raised_to.amount})
    return told


def _cap(cap: Cap, drawn: Generated) -> list[Told]:
    if cap.of == "base":
        amount: Told = {"kind": "share", "share": cap.amount}
    elif cap.of == "EUR":
        amount = {"kind": "money", "money": cap.amount}
    else:
        raise Untold(f"a cap of {cap.of}")
    if cap.per in ("outage", "day", "period"):
        return [{"kind": "cap", "per": cap.per, "amount": amount}]
    if cap.per in ("month", "quarter", "year"):
        spans = [
            s for s in _calendar_spans(drawn, cap.per) if s[0] < drawn.scale.end and drawn.scale.start < s[1]
        ]
        if len(spans) > 1:
            raise Untold(f"a cap per {cap.per} of a period that lies in two")
        return [{"kind": "cap", "per": "span", "span": spans[0], "amount": amount}]
    raise Untold(f"a cap per {cap.per}")


def _rounding(terms: RoundingTerms) -> Told:
    told: Told = {"mode": MODES[terms.money], "line": terms.line}
    if terms.ratio is not None:
        told["ratio_decimals"] = terms.ratio
    if terms.unit is not None:
        told["unit_decimals"] = terms.unit
    return told


def _whole(drawn: Generated, money: dict[str, Fraction]) -> Told:
    """What holds for several promises together."""
    terms, case = drawn.terms, drawn.case
    bases = {each.base for _, each in terms.promises}
    whole = bases.pop() if len(bases) == 1 else BaseTerms()
    money["whole"] = _priced(whole, _lines(whole, case))
    how = {"sum": "sum", "highest": "highest", "lowest commitment": "lowest_commitment"}[
        terms.together or "sum"
    ]
    limits = _limits("whole", terms.limits or LimitsTerms(), drawn, money)
    return {"combine": how, "base": "whole", "limits": limits}


def _history(drawn: Generated) -> list[Told]:
    out = []
    for past in drawn.case.history:
        assert past.span is not None
        if past.promise != drawn.terms.promises[0][0]:
            continue  # what was credited is of the agreement, and stands with each promise
        told: Told = {"start": past.span.start, "end": past.span.end, "figure": past.figure, "met": past.met}
        out.append(told | {"credit": past.credit})
    return out
