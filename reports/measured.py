"""PURE. How much was measured, by what checks, and where the monitor could not tell, as the page says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitor.statements.value import Section, UnknownLine
from reports import format as f
from reports.answered import known
from reports.headline import reason
from reports.page import Gap
from reports.sentences import CAUSES, CHECKS, MEASURED, UNOBSERVED
from reports.setting import Setting


def measured(s: Setting) -> tuple[str, ...]:
    """How often checks were made and what they cover: once where it is the same for every service."""
    groups = _grouped(s, lambda section: _coverage(section, "every"))
    needs = tuple(
        MEASURED["needs"].format(name=name, reason=reason(section))
        for name, section in s.sections
        if section.needs
    )
    if len(groups) == 1 and not needs and len(s.watched) == len(s.names):
        return (_coverage(s.statement.sections[0], "alone"), *known(s))
    said = (f"{f.listed(tuple(names))}: {said}." for said, names in groups.items())
    return (*said, *needs, *known(s))


def _grouped(s: Setting, say: Callable[[Section], str]) -> dict[str, list[str]]:
    """What is said, and of which services."""
    groups: dict[str, list[str]] = {}
    for name, section in s.watched:
        groups.setdefault(say(section), []).append(name)
    return groups


def _coverage(section: Section, key: str) -> str:
    coverage = f.availability(section.coverage)
    intervals = tuple(f.duration(ms) for ms in sorted(set(section.intervals)))
    if not intervals:
        return MEASURED["no_times"].format(coverage=coverage) + ("." if key == "alone" else "")
    times = f.either(intervals)
    if len(intervals) > 1:
        times = MEASURED["kinds"].format(times=times)
    return MEASURED[key].format(times=times, coverage=coverage)


def checks(s: Setting) -> tuple[str, ...]:
    """What a check does, by service where services differ."""
    groups = {said: names for said, names in _grouped(s, _kinds).items() if said}
    if len(groups) == 1 and len(next(iter(groups.values()))) == len(s.watched):
        return tuple(groups)
    return tuple(f"{f.listed(tuple(names))}: {said}" for said, names in groups.items())


def _kinds(section: Section) -> str:
    known = tuple(sorted({kind for kind in section.checks if (kind,) in CHECKS}))
    return CHECKS.get(known, "")


def gaps(s: Setting) -> tuple[Gap, ...]:
    """Every stretch that was not measured, once, in order."""
    where: dict[UnknownLine, list[str]] = {}
    for name, section in s.sections:
        for line in section.unknown:
            where.setdefault(line, []).append(name)
    ordered = sorted(where.items(), key=lambda entry: (entry[0].span, entry[0].reason))
    return tuple(_gap(s, line, names) for line, names in ordered)


def _gap(s: Setting, line: UnknownLine, names: Sequence[str]) -> Gap:
    only = "" if len(names) == len(s.watched) else f" ({f.listed(tuple(names))})"
    when = f.clock_range(line.span, s.zone, exact=True, year=s.year)
    return Gap(when, f.duration(line.span.length), f"{CAUSES[line.reason]}{only}")


def gaps_note(s: Setting) -> str:
    """Whether there are such stretches, and what the agreements make of them."""
    if not any(section.unknown for section in s.statement.sections):
        return MEASURED["no_gaps"] if s.watched else ""
    policies = {_policy(section) for section in s.statement.sections} - {""}
    policy = UNOBSERVED.get(policies.pop(), "") if len(policies) == 1 else ""
    return MEASURED["gaps"].format(policy=policy).strip()


def _policy(section: Section) -> str:
    for line in section.workings:
        if (line.stage, line.rule) == ("measure", "unknown"):
            return str(line.values.get("policy", ""))
    return ""
