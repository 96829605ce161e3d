"""Cases for the agreement tests: months from scenario documents, seconds for the oracle.

A scenario is a Markdown file: a month in words, and one TOML block with what was seen, the terms, and the
figures expected. Local times are those of the block's `timezone`; an offset or `Z` overrides it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.agreements.evidence import Evidence
from monitor.agreements.fees import fee_lines
from monitor.agreements.pipeline import Case, FeeLine, Fees
from monitor.core.checks import Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms, Span, Spans, intersect, normalise, subtract
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period, instant, midnight, month
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment
from monitor.core.windows import Window
from tests.agreements.ordinary import MaintenanceTerms, StandardTerms, row, standard_contract

SCENARIOS = Path(__file__).parent / "scenarios"
UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
REASONS = {State.UP: Reason.OK, State.DOWN: Reason.TIMEOUT, State.UNKNOWN: Reason.OWN_NETWORK}

Run = tuple[State | None, Ms]


# --- small readers, apart from the program's own ---------------------------------------------------------


def share(text: str) -> Fraction:
    return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)


def bounds(text: str) -> tuple[Bound, ...]:
    found = re.findall(r"(<=|>=|<|>|=)\s*([\d./]+%?)", text)
    return tuple(Bound(sign, share(value)) for sign, value in found)


def ms(text: str) -> Ms:
    parts = re.findall(r"(\d+)\s*(ms|s|m|h|d)\b", re.sub(r"(?<=[a-z])(?=\d)", " ", text))
    return sum(int(count) * UNITS[unit] for count, unit in parts)


def at(text: str, zone: str) -> Ms:
    when = datetime.fromisoformat(text)
    return instant(when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone)))


def span(text: str, zone: str) -> Span:
    start, _, end = text.partition(" .. ")
    return Span(at(start, zone), at(end, zone))


def money(text: str) -> Money:
    amount, _, currency = text.partition(" ")
    return Money(Fraction(Decimal(amount)), currency)


# --- from what was seen to a case ------------------------------------------------------------------------


def timeline(whole: Span, down: Spans, unknown: Spans) -> ServiceTimeline:
    """Up throughout `whole`, but for what is said; every segment has a check at its start."""
    up = subtract((whole,), normalise((*down, *unknown)))
    states = ((State.UP, up), (State.DOWN, down), (State.UNKNOWN, unknown))
    segments = (
        Segment(s.start, s.end, state, REASONS[state], s.start, s.start)
        for state, found in states
        for s in found
    )
    return ServiceTimeline((whole,), tuple(sorted(segments, key=lambda segment: segment.start)))


def window(body: Mapping[str, str], zone: str) -> Window:
    cancelled = body.get("cancelled")
    return Window(
        id=body["id"],
        title=body.get("title", "Planned work"),
        services=frozenset({"shop"}),
        span=span(body["span"], zone),
        recorded=at(body["recorded"], zone),
        author="ops",
        cancelled=at(cancelled, zone) if cancelled else None,
    )


def terms(body: Mapping[str, Any]) -> StandardTerms:
    """The terms as the TOML says them; what it does not say keeps its default."""
    maintenance = None
    if "notice" in body:
        maintenance = MaintenanceTerms(
            notice=ms(body["notice"]),
            at_most=ms(body["at_most"]) if "at_most" in body else None,
            counted=body.get("counted", "downtime"),
            effect=body.get("effect", "downtime"),
        )
    said: dict[str, Any] = {
        k: body[k] for k in ("unobserved", "rounding", "overlap", "in_no_row", "if_met", "claim") if k in body
    }
    if "lasting" in body:
        sign, _, limit = body["lasting"].partition(" ")
        said["lasting"] = (sign, ms(limit))
    if "coverage" in body:
        said["coverage"] = share(body["coverage"])
    if "cap" in body:
        said["cap"] = None if body["cap"] == "none" else share(body["cap"])
    rows = tuple(row(bounds(text), share(value), text) for text, value in body["rows"].items())
    return StandardTerms(bounds(body["commitment"])[0], rows, maintenance, **said)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One agreement of one document: its case, and what is expected of it."""

    name: str
    case: Case
    terms: StandardTerms
    expect: Mapping[str, Any]


def scenario(path: Path) -> Iterator[Scenario]:
    blocks = re.findall(r"```toml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    data = tomllib.loads("\n".join(blocks))
    for number, body in enumerate(data["agreement"], 1):
        yield Scenario(f"{path.stem}-{number}", _case(data, body), terms(body), body["expect"])


def _case(data: Mapping[str, Any], body: Mapping[str, Any]) -> Case:
    zone = data["timezone"]
    period = month(body["month"], body["zone"])
    whole = Span(period.span.start - 10 * DAY, period.span.end + 10 * DAY)
    seen = [
        intersect((whole,), normalise(span(text, zone) for text in data.get(kind, ())))
        for kind in ("down", "unknown")
    ]
    start, until = body.get("from", date(2000, 1, 1)), body.get("until", date(2999, 1, 1))
    end = midnight(date.fromordinal(until.toordinal() + 1), body["zone"])
    in_force = intersect((period.span,), (Span(midnight(start, body["zone"]), end),))
    fees = body["fee"] if isinstance(body["fee"], dict) else {"2000-01-01": body["fee"]}
    priced = [(date.fromisoformat(day), money(amount)) for day, amount in fees.items()]
    return Case(
        contract=standard_contract(terms(body)),
        period=period,
        in_force=in_force,
        evidence=Evidence(
            {"shop": timeline(whole, *seen)},
            tuple(window(w, zone) for w in data.get("windows", ())),
            2 * MINUTE,
        ),
        fees=Fees(priced[0][1].currency, {"period": fee_lines(priced, period, in_force, body["zone"])}),
        as_of=at(body["as_of"], zone) if "as_of" in body else period.span.end + DAY,
    )


@pytest.fixture(scope="session")
def load() -> Callable[[str], list[Scenario]]:
    """The scenarios of one document, by its name."""
    return lambda name: list(scenario(SCENARIOS / f"{name}.md"))


@pytest.fixture(scope="session")
def build_terms() -> Callable[[Mapping[str, Any]], StandardTerms]:
    """Terms from the words of a scenario."""
    return terms


@pytest.fixture(scope="session")
def read_ms() -> Callable[[str], Ms]:
    return ms


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that takes a `told` scenario runs for each agreement of each document."""
    if "told" in metafunc.fixturenames:
        found = [one for path in sorted(SCENARIOS.glob("*.md")) for one in scenario(path)]
        metafunc.parametrize("told", found, ids=[one.name for one in found])


# --- seconds instead of months ---------------------------------------------------------------------------

EDGE = instant(datetime.fromisoformat("2026-10-01T00:00:00Z"))


def second_case(
    runs: Sequence[Run],
    terms: StandardTerms,
    *,
    windows: Sequence[Window] = (),
    before: Ms = 0,
    length: Ms = 3_000,
    in_force: Spans | None = None,
    as_of: Ms | None = None,
    bridge: Ms = 20,
) -> Case:
    """A case over a period of `length` ms from 1 October 2026 on; `runs` start `before` ms ahead of it."""
    period = Period(Span(EDGE, EDGE + length), "UTC", "2026-10")
    segments, base, start = [], [], EDGE - before
    for state, size in runs:
        if state is not None and size:
            segments.append(Segment(start, start + size, state, REASONS[state], start, start))
            base.append(Span(start, start + size))
        start += size
    evidence = Evidence({"shop": ServiceTimeline(normalise(base), tuple(segments))}, tuple(windows), bridge)
    fees = Fees("EUR", {"period": (FeeLine("monthly fee", period.span, Money(Fraction(1_000), "EUR")),)})
    force = (period.span,) if in_force is None else in_force
    return Case(standard_contract(terms), period, force, evidence, fees, start if as_of is None else as_of)


@pytest.fixture(scope="session")
def seconds() -> Callable[..., Case]:
    """Build a case of a few seconds."""
    return second_case


@pytest.fixture(scope="session")
def edge() -> Ms:
    """The first instant of the periods of seconds."""
    return EDGE


# --- the oracle: every millisecond on its own, in nothing but loops -------------------------------------


def judge_cells(case: Case, terms: StandardTerms) -> dict[str, Any]:
    """What the terms come to, worked out cell by cell. Shares no code with the engine."""
    (line,) = case.evidence.resources.values()
    states: dict[Ms, str] = {}
    for segment in line.segments:
        for t in range(segment.start, min(segment.end, case.as_of)):
            states[t] = {State.UP: "up", State.DOWN: "down", State.UNKNOWN: "unknown"}[segment.state]
    down = _qualified(states, terms, case.evidence.bridge)
    forced = {t for s in case.in_force for t in range(s.start, s.end)}
    period = range(case.period.span.start, case.period.span.end)
    excused, aside = _excused(states, down, case, terms, forced)
    out = dict.fromkeys(
        ("in_force", "promised", "up", "counted", "excused", "unmeasured", "set_aside", "base", "unseen"), 0
    )
    for t in period:
        out["in_force"] += t in forced and t < case.as_of
        if t not in forced or t not in states:
            continue
        out["promised"] += 1
        out["unseen"] += states[t] == "unknown"
        if t in excused:
            out["excused"] += 1
            out["base"] += terms.maintenance is not None and terms.maintenance.effect == "downtime"
        elif t in aside:
            out["set_aside"] += 1
        elif t in down:
            out["counted"] += 1
            out["base"] += 1
        elif states[t] == "unknown" and terms.unobserved == "left out":
            out["unmeasured"] += 1
        else:
            out["up"] += 1
            out["base"] += 1
    return out


def _qualified(states: Mapping[Ms, str], terms: StandardTerms, bridge: Ms) -> set[Ms]:
    bad = {t for t, s in states.items() if s == "down" or (s == "unknown" and terms.unobserved == "down")}
    outages: list[list[Ms]] = []
    for t in sorted(bad):
        if outages and _bridged(states, outages[-1][-1], t, bridge):
            outages[-1].append(t)
        else:
            outages.append([t])
    if terms.lasting is None:
        return bad
    sign, limit = terms.lasting
    long = [o for o in outages if (len(o) > limit if sign == ">" else len(o) >= limit)]
    return {t for outage in long for t in outage}


def _bridged(states: Mapping[Ms, str], last: Ms, t: Ms, bridge: Ms) -> bool:
    between = range(last + 1, t)
    return len(between) <= bridge and all(states.get(u) == "unknown" for u in between)


def _excused(
    states: Mapping[Ms, str], down: set[Ms], case: Case, terms: StandardTerms, forced: set[Ms]
) -> tuple[set[Ms], set[Ms]]:
    rule = terms.maintenance
    excused: set[Ms] = set()
    aside: set[Ms] = set()
    if rule is None:
        return excused, aside
    inside: set[Ms] = set()
    for w in case.evidence.windows:
        notice = w.span.start - w.recorded
        if notice >= 0 and notice >= rule.notice:
            end = w.span.end if w.cancelled is None else min(w.span.end, w.cancelled)
            inside |= set(range(w.span.start, end))
    period = set(range(case.period.span.start, case.period.span.end))
    used = {"before": 0, "after": 0}
    for t in sorted(inside):
        if t in period and t not in forced:
            continue
        month = "before" if t < EDGE else "after"
        spent = used[month]
        if rule.counted == "window":
            used[month] += 1
        if rule.at_most is not None and spent >= rule.at_most and (rule.counted == "window" or t in down):
            continue
        if t in down:
            excused.add(t)
            if rule.counted == "downtime":
                used[month] += 1
        elif rule.effect == "both sides" and (states.get(t) == "up" or _seen_as_up(states, t, terms)):
            aside.add(t)
    return excused, aside


def _seen_as_up(states: Mapping[Ms, str], t: Ms, terms: StandardTerms) -> bool:
    """Time in the base that is not bad: dropped downtime, and unseen time that counts as up."""
    state = states.get(t)
    if state == "unknown":
        return terms.unobserved != "left out"
    return state == "down"


@pytest.fixture(scope="session")
def oracle() -> Callable[[Case, StandardTerms], dict[str, Any]]:
    """The naive reading of the terms, millisecond by millisecond."""
    return judge_cells
