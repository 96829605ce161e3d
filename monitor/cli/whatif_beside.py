"""Beside the cost of an outage: what of it has lapsed, what is issued, and who would fail with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.cli.layout import owed, shortened
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms, Span
    from monitor.core.money import Amount
    from monitor.ledger.receivables import Receivable
    from monitor.statements.whatif import Effect
    from monitor.store.protocol import Ledger, Snapshot

Key = tuple[str, str]  # an agreement and its period


@dataclass(frozen=True, slots=True)
class Beside:
    """`lapsed`: what we could claim no longer. `issued`: the numbers of papers that stand, by month.
    `with_it`: what services that depend on this one, on endpoints of their own, would cost if they failed
    with it."""

    lapsed: Mapping[Key, Receivable]
    issued: Mapping[str, Sequence[str]]
    with_it: Mapping[str, Sequence[Amount]]

    def of(self, row: Effect) -> Receivable | None:
        """What lapsed of a row, None where nothing did."""
        return None if row.period is None else self.lapsed.get((row.agreement.id, row.period.label))


def beside(
    plan: Plan,
    snapshot: Snapshot,
    ledger: Ledger,
    now: Ms,
    service: str,
    outage: Span,
    rows: Sequence[Effect],
) -> Beside:
    """All of it, for the rows of an answer."""
    return Beside(
        lapsed=dict(_lapsed(plan, snapshot, now, rows)),
        issued=_issued(ledger, rows),
        with_it=dict(_with_it(plan, snapshot, now, service, outage, rows)),
    )


def _lapsed(
    plan: Plan, snapshot: Snapshot, now: Ms, rows: Sequence[Effect]
) -> Iterator[tuple[Key, Receivable]]:
    from monitor.ledger.receivables import lapsed_by

    for row in rows:
        if row.dates is None or row.period is None or row.period.span.start > now:
            continue
        found = lapsed_by(plan, snapshot, now, row.agreement, row.period, row.dates)
        if found is not None:
            yield (row.agreement.id, row.period.label), found


def _issued(ledger: Ledger, rows: Sequence[Effect]) -> Mapping[str, Sequence[str]]:
    from monitor.core.periods import month_of
    from monitor.ledger.chains import by_period

    chains, found = by_period(ledger.papers()), dict[str, list[str]]()
    for row in rows:
        if not row.ours or row.untouched or row.period is None:
            continue
        ends = month_of(row.period.span.end - 1, row.agreement.zone).label
        for label in dict.fromkeys((ends, row.period.label)):
            chain = chains.get((row.agreement.customer, label))
            if chain is not None and chain.stands:
                found.setdefault(label, []).append(chain.newest.number)
    return {label: list(dict.fromkeys(numbers)) for label, numbers in found.items()}


def _with_it(
    plan: Plan, snapshot: Snapshot, now: Ms, service: str, outage: Span, rows: Sequence[Effect]
) -> Iterator[tuple[str, Sequence[Amount]]]:
    from monitor.config.upstream import upstream_of
    from monitor.errors import ConfigError
    from monitor.statements.whatif import sums, whatif

    hit = {row.agreement.service for row in rows}
    for id in dict.fromkeys(a.service for a in plan.agreements.values() if a.kind == "customer"):
        if id in hit or service not in upstream_of(plan, id):
            continue
        try:
            found = whatif(plan, snapshot, now, id, outage)
        except ConfigError:
            continue  # nothing of it is probed
        yield id, sums(row for row in found if row.ours)


# --- how it is said -----------------------------------------------------------------------------------


def lapsed_lines(found: Beside, rows: Sequence[Effect]) -> Iterator[str]:
    """What would not be owed to us any more, and since when."""
    from monitor.cli.owed_to_us import spoken

    lost = [(row, each) for row in rows if (each := found.of(row)) is not None]
    if lost:
        yield from ("", "Owed to us no more, and in no sum, since a last day has passed:")
    for row, each in lost:
        what = f"{row.agreement.id} {each.now.period.label}"
        yield f"  {what}, {spoken(row.more)}: the last day for the {each.step} was {each.next_day}"


def issued_lines(found: Beside) -> Iterator[str]:
    """The months that would take an amendment."""
    if found.issued:
        yield ""
    for label, numbers in sorted(found.issued.items()):
        amends = "an amendment" if len(numbers) == 1 else "amendments"
        yield f"{label} is issued ({shortened(numbers)}): it would take {amends}."


def with_it_lines(found: Beside, service: str, asked: str) -> Iterator[str]:
    """Who depends on the service and may fail with it; `asked` are the options of the question."""
    from monitor.cli.owed_to_us import spoken
    from reports.format import listed

    for id, amounts in found.with_it.items():
        cost = listed(tuple(spoken(amount) for amount in amounts)) or "what nobody can tell"
        yield ""
        yield f"{id} depends on {service}, and has endpoints of its own. If it failed with it, that would"
        yield f"cost {cost}: makegood whatif {id} {asked}"


def as_data(found: Beside) -> dict[str, object]:
    """What stands beside the rows, for a program."""
    return {
        "issued": {label: list(numbers) for label, numbers in found.issued.items()},
        "if_it_failed_with_it": [
            {"service": id, "more": [owed(amount) for amount in amounts]}
            for id, amounts in found.with_it.items()
        ],
    }


def lapsed_data(found: Receivable | None) -> dict[str, object] | None:
    """Which last day of a row has passed."""
    if found is None:
        return None
    return {"step": found.step, "last_day": found.next_day and found.next_day.isoformat()}
