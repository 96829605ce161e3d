"""Step three, one promise: the stages as the file has them become the terms that the rules take.

What one stage says of another is looked at here, all mistakes at once, each with the stage where it is to be
mended. What is not said is left to the defaults of the terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from monitor.agreements.claim import Claim
from monitor.agreements.metrics import is_value
from monitor.agreements.schedule import Each, Node, ProRata, Rows, SumOf
from monitor.agreements.terms import (
    BaseTerms,
    CommitmentTerms,
    ExcludeTerms,
    FormulaTerms,
    LimitsTerms,
    MeasureTerms,
    OutageTerms,
    PeriodTerms,
    RoundingTerms,
    ScopeTerms,
    Terms,
)
from monitor.config import ticket_text
from monitor.config.credits_text import children, kind_of
from monitor.config.problems import Fault, Several, Where
from monitor.config.stage_tables import (
    BaseTable,
    ClaimTable,
    ExcludeTable,
    FormulaTable,
    LimitsTable,
    MeasureTable,
    OutageTable,
    PeriodTable,
    RoundingTable,
    ScopeTable,
)
from monitor.config.values import said
from monitor.core.numbers import parse_measured

Figure = Literal["share", "metric"]
Inside = Literal["period", "outage", "miss"]


def promise_terms(stages: Mapping[str, Any]) -> Terms:
    """The stages of one promise as the rules take them.

    `stages` holds what the tables of `Stages` hold; a stage that is not there, or None, has its default.
    `commitment` and `credits` must be there. Several, each fault with its path from the stage on, where
    stages do not go together.
    """
    found = {stage: table for stage, table in stages.items() if table is not None and stage in MAKERS}
    terms = Terms(
        commitment=stages["commitment"],
        credits=stages["credits"],
        **{stage: MAKERS[stage](table) for stage, table in found.items()},
    )
    terms = _timed(_in_percent(terms))
    faults = [*_scope(terms), *_requests(terms), *_classes(stages), *_commitment(terms), *_credits(terms)]
    if faults:
        raise Several(faults)
    return terms


def limits_terms(table: LimitsTable) -> LimitsTerms:
    """Stage `limits`, of one promise or of the whole."""
    return LimitsTerms(table.at_most, table.only_if, table.raised_to, table.held_until)


def rounding_terms(table: RoundingTable) -> RoundingTerms:
    """Stage `rounding`, of one promise or of the whole."""
    return RoundingTerms(table.money, table.line, table.ratio, table.unit)


# --- one stage ------------------------------------------------------------------------------------------


def _measure(table: MeasureTable) -> MeasureTerms:
    return MeasureTerms(
        evidence=table.evidence,
        as_=table.as_,  # type: ignore[arg-type]
        slot=table.slot,
        bad=table.bad[0] if table.bad else None,
        min_requests=table.min_requests,
        empty=table.empty,
        partial=table.partial,
        score=table.score,
        requests=table.requests,
        weighted_by=table.weighted_by,
        metric=table.metric,
        unit=_unit(table),
        each_slot=table.each_slot,
        within=table.within,
        counted_in=table.counted_in,
        calendar=table.calendar if isinstance(table.calendar, str) else None,
        tickets=ticket_text.ticket_terms(table) if table.evidence == "tickets" else None,
        only=table.only,
        unobserved=table.unobserved,
        coverage=table.coverage,
    )


def _unit(table: MeasureTable) -> str:
    """The unit of a metric, said or taken from its bad slots."""
    return table.unit or (table.bad[1] if table.bad else "")


def _outage(table: OutageTable) -> OutageTerms:
    return OutageTerms(**{key: getattr(table, key) for key in OutageTable.model_fields})


def _exclude(entries: list[ExcludeTable]) -> tuple[ExcludeTerms, ...]:
    return tuple(
        ExcludeTerms(**{key: getattr(entry, key) for key in ExcludeTable.model_fields}) for entry in entries
    )


def _scope_terms(table: ScopeTable) -> ScopeTerms:
    join, least = table.down_when
    return ScopeTerms(join, least, table.combined, table.across)  # type: ignore[arg-type]


def _period(table: PeriodTable) -> PeriodTerms:
    return PeriodTerms(
        every=table.every,
        first_month=table.first_month or 1,
        timezone=table.timezone,
        service_hours=table.service_hours,
        taken_as=table.taken_as,
        mean_of_months=table.mean_of == "months",
        partial=table.partial,
    )


def _formula(table: FormulaTable) -> FormulaTerms:
    return FormulaTerms(table.decimals, table.rounding, table.mean_of_last)


def _base(table: BaseTable) -> BaseTerms:
    return BaseTerms(**{key: getattr(table, key) for key in BaseTable.model_fields})


def _claim(table: ClaimTable) -> Claim:
    return Claim(table.by, table.notify, table.calendar)


MAKERS: Mapping[str, Any] = {
    "measure": _measure,
    "outage": _outage,
    "exclude": _exclude,
    "scope": _scope_terms,
    "period": _period,
    "formula": _formula,
    "base": _base,
    "limits": limits_terms,
    "rounding": rounding_terms,
    "claim": _claim,
}


def _in_percent(terms: Terms) -> Terms:
    """A metric whose unit is % is promised in numbers of it: `"99.9%"` is 99.9."""
    if _figure(terms) != "metric" or terms.measure.unit != "%":
        return terms
    bound = terms.commitment.bound
    if bound is None or terms.commitment.of != "share":
        return terms
    promised = CommitmentTerms(replace(bound, value=bound.value * 100), "metric", "%")
    return replace(terms, commitment=promised, credits=_percent_rows(terms.credits))


def _timed(terms: Terms) -> Terms:
    """Of a mean or a percentile of tickets the commitment says the unit, and from when on one is late."""
    measure, promised = terms.measure, terms.commitment
    unit = measure.unit or promised.unit
    if measure.evidence != "tickets" or not is_value(measure) or unit not in ticket_text.UNITS:
        return terms
    return replace(terms, measure=replace(measure, unit=unit, within=ticket_text.time_of(promised, unit)))


def _percent_rows(node: Node) -> Node:
    if isinstance(node, SumOf):
        return SumOf(tuple(_percent_rows(each) for each in node.of))
    if not isinstance(node, Rows) or node.by != "figure":
        return node
    rows = [
        replace(row, bounds=tuple(replace(bound, value=bound.value * 100) for bound in row.bounds))
        for row in node.rows
    ]
    return replace(node, rows=tuple(rows))


# --- what stages say of one another ---------------------------------------------------------------------


def _scope(terms: Terms) -> Iterator[Fault]:
    """Whether a length is asked of each resource or of all together changes what is down."""
    asked, scope = terms.outage.lasting, terms.scope
    if asked and scope.join in ("any down", "all down", "some down") and scope.combined is None:
        join = f"{scope.least} or more down" if scope.join == "some down" else scope.join
        message = f'"{join}" and an outage of "{asked[0]} {said(asked[1])}": of the combination or of each '
        yield Fault(("scope",), f'{message}resource? say combined = "before outage" or "after outage"')


def _requests(terms: Terms) -> Iterator[Fault]:
    """Only slots know how many requests there were."""
    if terms.outage.requests is not None and (terms.measure.evidence, terms.measure.as_) != (
        "slots",
        "bad slots",
    ):
        message = 'requests are counted in slots: write measure = { evidence = "slots", as = "bad slots", … }'
        yield Fault(("outage", "requests"), message)


def _classes(stages: Mapping[str, Any]) -> Iterator[Fault]:
    """One class announced twice would have two notices."""
    first: dict[str, int] = {}
    for number, entry in enumerate(stages.get("exclude") or ()):
        if entry.always is None and entry.what in first:
            yield Fault(("exclude", number), f"{entry.what} stands here twice: keep one")
        elif entry.always is None:
            first[entry.what] = number


def _figure(terms: Terms) -> Figure:
    """What the formula comes to: a share, or a number in the unit of a metric."""
    measure = terms.measure
    return "metric" if is_value(measure) else "share"


def _has_downtime(terms: Terms) -> bool:
    measure = terms.measure
    return measure.evidence == "outages" or measure.as_ == "bad slots"


def _commitment(terms: Terms) -> Iterator[Fault]:
    promised, unit = terms.commitment, terms.measure.unit
    if terms.measure.evidence == "tickets" and _figure(terms) == "metric":
        yield from _clock(terms)
        return
    if promised.bound is None:
        return
    if _figure(terms) == "metric" and promised.of != "metric":
        example = f"<= 45 {unit or 'ms'}"
        wrong = "a share" if promised.of == "share" else "a time of downtime"
        yield Fault(
            ("commitment",), f'is {wrong}, and a metric is measured: write its unit apart, "{example}"'
        )
    elif _figure(terms) != "metric" and promised.of == "metric":
        message = f'is in "{promised.unit}", and no metric is measured: write a share, "99.9%", or "<= 45m"'
        yield Fault(("commitment",), message)
    elif promised.of == "metric" and unit and promised.unit != unit:
        yield Fault(("commitment",), f'is in "{promised.unit}", and the metric in "{unit}": write that')
    elif promised.of == "downtime" and not _has_downtime(terms):
        yield Fault(("commitment",), f'is a time of downtime, and {_measured(terms)} has none: write "99.9%"')


def _clock(terms: Terms) -> Iterator[Fault]:
    """A time of tickets is promised on a clock, and its unit says on which."""
    promised, unit = terms.commitment, terms.measure.unit
    if promised.bound is None:
        if not unit:
            message = 'no commitment says in which unit: write unit = "hours" or "business hours"'
            yield Fault(("measure",), message)
    elif promised.of != "metric" or promised.unit not in ticket_text.UNITS:
        yield Fault(("commitment",), ticket_text.NO_CLOCK)
    elif unit != promised.unit:
        yield Fault(("commitment",), f'is in "{promised.unit}", and the unit is "{unit}": write that')


def _measured(terms: Terms) -> str:
    measure = terms.measure
    as_ = f', as = "{measure.as_}"' if measure.as_ else ""
    return f'evidence = "{measure.evidence}"{as_}'


def _credits(terms: Terms) -> Iterator[Fault]:
    for place, node, inside in _nodes(terms.credits, (), "period"):
        message = _unfit(node, inside, terms)
        if message:
            yield Fault(("credits", *place), message)
        if isinstance(node, Rows):
            yield from _units(node, place, terms)


def _nodes(node: Node, place: Where, inside: Inside) -> Iterator[tuple[Where, Node, Inside]]:
    """Every schedule with the place at which it is written, as near as is known, and what it looks at."""
    yield place, node, inside
    if isinstance(node, Each):
        narrow: Inside = {"outage": "outage", "bad slot": "outage", "miss": "miss"}.get(node.of, inside)  # type: ignore[assignment]
        yield from _nodes(node.credit, (*place, "credit"), narrow)
    elif isinstance(node, Rows):
        for row in node.rows:
            yield from _nodes(row.credit, (*place, row.text), inside)
    else:
        for child in children(node):
            yield from _nodes(child, place, inside)


def _unfit(node: Node, inside: Inside, terms: Terms) -> str | None:
    """Why a schedule looks at something that the evidence does not have."""
    if isinstance(node, Each):
        return _each(node, inside, terms)
    if isinstance(node, ProRata) and inside == "period" and not _has_downtime(terms):
        return f"pro_rata pays for downtime, and {_measured(terms)} has none"
    if isinstance(node, Rows) and inside == "period":
        return _looks(node.by, terms)
    return None


def _each(node: Each, inside: Inside, terms: Terms) -> str | None:
    events = terms.measure.evidence in ("events", "tickets")
    if node.of == "miss" and not events:
        return (
            'each = "miss" counts what was late: write each = "outage", or evidence = "events" or "tickets"'
        )
    if node.of == "calendar day" and inside != "miss":
        return 'each = "calendar day" counts days late: write it inside { each = "miss", credit = … }'
    if node.of == "outage" and not _has_downtime(terms):
        return f'each = "outage": {_measured(terms)} has no outages'
    if node.of == "bad slot" and terms.measure.as_ != "bad slots":
        return 'each = "bad slot": nothing is cut into slots: write measure.as = "bad slots"'
    if node.of == "time" and inside == "period" and not _has_downtime(terms):
        return f'each = "{node.text}" counts downtime, and {_measured(terms)} has none'
    if node.of == "share" and _figure(terms) == "metric":
        return f'each = "{node.text}" is a step of availability, and a metric is measured: write rows'
    return None


def _looks(by: str, terms: Terms) -> str | None:
    if by in ("downtime", "longest outage", "outages") and not _has_downtime(terms):
        return f'by = "{by}": {_measured(terms)} has no outages'
    if by in ("misses", "delay") and terms.measure.evidence not in ("events", "tickets"):
        return f'by = "{by}" looks at events that were late: write by = "downtime" or "outages"'
    if by == "delay":
        return 'by = "delay" is asked of one miss: write { each = "miss", credit = { by = "delay", … } }'
    return None


def _units(node: Rows, place: Where, terms: Terms) -> Iterator[Fault]:
    """Rows on the figure are written as the figure is."""
    if node.by != "figure":
        return
    for row in node.rows:
        message = _row(row.text, terms)
        if message:
            yield Fault(("credits", *place), message, at=("credits", *place, row.text), key=True)


def _row(text: str, terms: Terms) -> str | None:
    kind, unit = kind_of(text), terms.measure.unit
    if _figure(terms) == "share" and kind == "metric":
        return f'row "{text}" is in a unit, and no metric is measured: write "< 99.9%" or "> 45m"'
    if _figure(terms) == "share" or unit == "%":
        return None
    if kind != "metric":
        return f'row "{text}" is a share, and a metric is measured: write its unit, "> 45 {unit or "ms"}"'
    written = {parse_measured(part.strip("<>= "))[1] for part in text.split(",")}
    if written != {unit} and (unit or len(written) > 1):
        return f'row "{text}" is not in "{unit}", the unit of the metric: write that'
    return None
