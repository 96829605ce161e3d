"""What an SLA with all its promises cannot mean: how they combine, their points, and what caps the whole."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.agreements.lint import Finding, low_caps
from monitor.agreements.lint_tables import doubts, faults
from monitor.agreements.placed import points
from monitor.agreements.schedule import Amount, Each, GreatestOf, NoCredits, Node, Rows, SumOf
from monitor.agreements.terms import ContractTerms


def problems(terms: ContractTerms) -> tuple[Finding, ...]:
    """Why an SLA with all its promises is refused; each promise is looked at by `problems`."""
    return (*_per_outage(terms), *_lowest(terms), *_points(terms))


def warnings(terms: ContractTerms) -> tuple[Finding, ...]:
    """What is probably not meant of the whole."""
    low = _low_caps(terms)
    if terms.points is None:
        return tuple(low)
    return (*low, *(("together", message) for message in doubts(points(terms.points))))


def _low_caps(terms: ContractTerms) -> Iterator[Finding]:
    for name, promise in terms.promises if terms.limits is not None else ():
        for stage, message in low_caps(terms.limits or promise.limits, promise.credits):
            yield stage, f"promise {name}: {message}"


def _per_outage(terms: ContractTerms) -> Iterator[Finding]:
    if terms.together != "highest per outage":
        return
    for name, promise in terms.promises:
        if not _by_occurrence(promise.credits):
            compares = '"highest per outage" compares what each outage earns'
            instead = 'write its credits as { each = "outage", credit = … }, or together = "highest"'
            yield "together", f"{compares}, and promise {name} does not credit by outage: {instead}"


def _by_occurrence(node: Node) -> bool:
    if isinstance(node, GreatestOf | SumOf):
        return all(_by_occurrence(each) for each in node.of)
    return isinstance(node, NoCredits) or (
        isinstance(node, Each) and node.of in ("outage", "miss", "bad slot")
    )


def _lowest(terms: ContractTerms) -> Iterator[Finding]:
    if terms.together != "lowest commitment":
        return
    stated = {promise.commitment.of for _, promise in terms.promises if promise.commitment.bound is not None}
    without = [name for name, promise in terms.promises if promise.commitment.bound is None]
    for name in without:
        needs = f'"lowest commitment" needs one of every promise, and {name} has none'
        yield "together", f'{needs}: write it, or together = "highest"'
    if len(stated) > 1:
        yield (
            "together",
            '"lowest commitment" compares commitments of one kind: write together = "highest" or "sum"',
        )


def _points(terms: ContractTerms) -> Iterator[Finding]:
    earned = [name for name, each in terms.promises if _earns(each.credits)]
    if terms.points is None:
        table = 'together = { points = { "< 10" = "0%", ">= 10" = "2%" } }'
        for name in earned:
            yield (
                "credits",
                f"promise {name} earns points, and nothing says what they are worth: write {table}",
            )
        return
    if not earned:
        yield (
            "together",
            'points are looked up, and no promise earns any: write credits = { "< 99.9%" = "5 points" }',
        )
    for message in faults(points(terms.points)):
        yield "together", message


def _earns(credits: Node) -> bool:
    return any(each.kind == "points" for each in _amounts(credits))


def _amounts(node: Node) -> Iterator[Amount]:
    """Every amount, however deep."""
    if isinstance(node, Amount):
        yield node
    elif isinstance(node, GreatestOf | SumOf):
        for each in node.of:
            yield from _amounts(each)
    elif isinstance(node, Rows):
        for row in node.rows:
            yield from _amounts(row.credit)
    elif isinstance(node, Each):
        yield from _amounts(node.credit)
