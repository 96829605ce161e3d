"""Step three, the whole: a version of an SLA or an agreement becomes the terms of a contract.

What is missing, what its stages cannot price and what its promises say of one another is found here, each
fault at the table that says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from monitor.agreements import lint, lint_whole
from monitor.agreements.claim import Claim, Deadline
from monitor.agreements.schedule import Rows
from monitor.agreements.terms import (
    ContractTerms,
    ExcludeTerms,
    LimitsTerms,
    MeasureTerms,
    PeriodTerms,
    Termination,
    Terms,
    Together,
)
from monitor.config.credits_text import currencies_in
from monitor.config.problems import Fault, Several, Where, dotted
from monitor.config.promise_terms import limits_terms, promise_terms, rounding_terms
from monitor.config.stages import Said, Version

REQUIRED = {"commitment": '"99.9%"', "credits": '{ "< 99.9%" = "10%" }'}
ONE_EVENT = 'one event can break several promises: say together = "sum", "highest" or "lowest commitment"'
NO_LIMITS = LimitsTerms(at_most=())


def contract_terms(
    version: Version, where: Where, faults: list[Fault], warnings: list[str]
) -> ContractTerms | None:
    """The terms of a version, or None where they are faulty. `where` is whose version it is."""
    known = len(faults)
    promises = [
        (name, terms)
        for name, stages in version.promises.items()
        if (terms := _promise(name, stages, version, where, faults)) is not None
    ]
    if len(promises) < len(version.promises):
        return None
    whole = _whole(version, promises)
    faults.extend(_together(version, where))
    faults.extend(_one_period(whole, version, where))
    if len(faults) > known:
        return None
    for name, terms in whole.promises:
        for stage, message in _warnings(terms):
            warnings.append(f"{dotted(_blamed(stage, version.promises[name], version, where))}: {message}")
    return _whole_checked(whole, version, where, faults, warnings)


def _promise(
    name: str, stages: Mapping[str, Said], version: Version, where: Where, faults: list[Fault]
) -> Terms | None:
    missing = [stage for stage in REQUIRED if stage not in stages]
    place = _table_of(name, stages, where)
    faults.extend(
        Fault(place, f'"{stage}" is missing: write {stage} = {REQUIRED[stage]}') for stage in missing
    )
    if missing:
        return None
    try:
        terms = promise_terms({stage: said.value for stage, said in stages.items()})
    except Several as several:
        faults.extend(_moved(fault, stages, where) for fault in several.faults)
        return None
    found = _problems(terms)
    for stage, message in found:
        faults.append(Fault(_blamed(stage, stages, version, where), message))
    silent = version.several and "limits" not in stages
    return None if found else replace(terms, limits=NO_LIMITS) if silent else terms


def _table_of(name: str, stages: Mapping[str, Said], where: Where) -> Where:
    """The table in which a promise is written, else the table of the whole."""
    own = [said.where for said in stages.values() if said.where[-2:] == ("promise", name)]
    return own[0] if own else where


def _moved(fault: Fault, stages: Mapping[str, Said], where: Where) -> Fault:
    """A fault of a stage, below the table that says it."""
    stage = str(fault.where[0]) if fault.where else ""
    base = stages[stage].where if stage in stages else where
    at = None if fault.at is None else (*base, *fault.at)
    return Fault((*base, *fault.where), fault.message, at=at, key=fault.key)


@lru_cache(maxsize=256)  # one SLA is the terms of hundreds of agreements
def _problems(terms: Terms) -> tuple[lint.Finding, ...]:
    return lint.problems(terms)


@lru_cache(maxsize=256)
def _warnings(terms: Terms) -> tuple[lint.Finding, ...]:
    return lint.warnings(terms)


@lru_cache(maxsize=256)
def _of_whole(terms: ContractTerms) -> tuple[tuple[lint.Finding, ...], tuple[lint.Finding, ...]]:
    return lint_whole.problems(terms), lint_whole.warnings(terms)


def _blamed(stage: str, stages: Mapping[str, Said], version: Version, where: Where) -> Where:
    """Where to mend a finding: at the commitment, if credits fitted until it came to stand above them."""
    if stage == "credits" and {"credits", "commitment"} <= set(stages):
        stage = max(("credits", "commitment"), key=lambda each: stages[each].rank)
    said = stages.get(stage) or version.beside.get(stage) or version.shared.get(stage)
    return (*(said.where if said else where), stage)


# --- all promises together ------------------------------------------------------------------------------


def _whole(version: Version, promises: list[tuple[str, Terms]]) -> ContractTerms:
    how, points = _joined(version)
    shared = version.shared if version.several else {}
    return ContractTerms(
        promises=tuple(promises),
        together=how if version.several or how == "points" else None,
        points=points,
        limits=limits_terms(shared["limits"].value) if "limits" in shared else None,
        rounding=rounding_terms(shared["rounding"].value) if "rounding" in shared else None,
        termination=tuple(_rights(version)),
        manual=_texts(version, "manual"),
        readings=_texts(version, "readings"),
        unverified=_texts(version, "unverified"),
    )


def _joined(version: Version) -> tuple[Together | None, Rows | None]:
    said = version.beside.get("together")
    return said.value if said else (None, None)


def _rights(version: Version) -> Iterator[Termination]:
    if "termination" in version.beside:
        yield from version.beside["termination"].value
    for name, said in version.rights.items():
        alone = len(version.promises) == 1
        yield from (right if alone else replace(right, promise=name) for right in said.value)


def _texts(version: Version, key: str) -> tuple[str, ...]:
    return tuple(version.beside[key].value) if key in version.beside else ()


def _together(version: Version, where: Where) -> Iterator[Fault]:
    if version.several and "together" not in version.beside:
        yield Fault(where, ONE_EVENT)


def _one_period(whole: ContractTerms, version: Version, where: Where) -> Iterator[Fault]:
    """Promises that are credited together are settled by one period."""
    first = _cut(whole.promises[0][1].period)
    for name, terms in whole.promises[1:]:
        if _cut(terms.period) != first:
            message = "the promises of one agreement are settled by one period: write period above them"
            yield Fault(_blamed("period", version.promises[name], version, where), message)


def _cut(period: PeriodTerms) -> tuple[object, ...]:
    return period.every, period.first_month, period.timezone


def _whole_checked(
    whole: ContractTerms, version: Version, where: Where, faults: list[Fault], warnings: list[str]
) -> ContractTerms | None:
    problems, doubtful = _of_whole(whole)
    for stage, message in problems:
        faults.append(Fault(_blamed(stage, version.shared, version, where), message))
    for stage, message in doubtful:
        warnings.append(f"{dotted(_blamed(stage, version.shared, version, where))}: {message}")
    return None if problems else whole


# --- what only the agreement knows ----------------------------------------------------------------------


def with_calendar(whole: ContractTerms, calendar: str | None) -> ContractTerms:
    """The terms with the agreement's calendar where business time is counted and none is named."""
    if calendar is None:
        return whole
    promises = tuple((name, _counted_in(terms, calendar)) for name, terms in whole.promises)
    return whole if promises == whole.promises else replace(whole, promises=promises)


def _counted_in(terms: Terms, calendar: str) -> Terms:
    changed: dict[str, Any] = {}
    if _in_business(terms.measure) and terms.measure.calendar is None:
        changed["measure"] = replace(terms.measure, calendar=calendar)
    if any(_noticed(each) and each.calendar is None for each in terms.exclude):
        changed["exclude"] = tuple(
            replace(each, calendar=calendar) if _noticed(each) and each.calendar is None else each
            for each in terms.exclude
        )
    if _claimed(terms.claim) and terms.claim.calendar is None:
        changed["claim"] = replace(terms.claim, calendar=calendar)
    return replace(terms, **changed) if changed else terms


def _in_business(measure: MeasureTerms) -> bool:
    """Whether business time is counted in a calendar that nothing else names."""
    allowed = measure.within if isinstance(measure.within, tuple) else ()
    own = {each.value for each in measure.tickets.calendars} if measure.tickets else set()
    if "" in own:
        return False
    timed = not allowed and measure.unit.startswith("business ")
    return timed or any(each.business and value not in own for value, each in allowed)


def _noticed(entry: ExcludeTerms) -> bool:
    return entry.notice is not None and entry.notice.business_days > 0


def _claimed(claim: Claim) -> bool:
    return any(_in_business_days(each) for each in (claim.by, claim.notify))


def _in_business_days(deadline: Deadline | None) -> bool:
    return deadline is not None and deadline.unit == "business days"


def calendars_named(terms: Terms) -> Iterator[tuple[Where, str | None]]:
    """The calendars that a promise counts in, below its stages; None where one is needed and not named."""
    if terms.period.service_hours is not None:
        yield ("period", "service_hours"), terms.period.service_hours
    if _in_business(terms.measure) or terms.measure.calendar is not None:
        yield ("measure", "calendar"), terms.measure.calendar
    for own in terms.measure.tickets.calendars if terms.measure.tickets else ():
        yield ("measure", "calendar", own.value), own.calendar
    for number, each in enumerate(terms.exclude):
        if _noticed(each) or each.calendar is not None:
            yield ("exclude", number, "calendar"), each.calendar
    if _claimed(terms.claim) or terms.claim.calendar is not None:
        yield ("claim", "calendar"), terms.claim.calendar


def other_currencies(terms: Terms, currency: str) -> Iterator[tuple[str, str]]:
    """Stages that speak of money in another currency than the agreement's, each with that currency."""
    for code in sorted(currencies_in(terms.credits) - {currency}):
        yield "credits", code
    for code in sorted(_in_limits(terms.limits) - {currency}):
        yield "limits", code


def _in_limits(limits: LimitsTerms) -> set[str]:
    said = {each.currency for each in (limits.raised_to, limits.held_until) if each is not None}
    if limits.only_if is not None:
        said.add(limits.only_if[1].currency)
    return said | {cap.of for cap in limits.at_most if cap.of.isupper()}


def fee_items(terms: Terms) -> tuple[str, ...]:
    """The items of the fee that the base names and cannot do without."""
    base = terms.base
    return (*base.items, *base.plus, *base.greater_of)


__all__ = [
    "calendars_named", "contract_terms", "fee_items", "other_currencies", "with_calendar",
]  # fmt: skip
