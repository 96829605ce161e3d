"""`makegood targets suggest`: times of tickets to promise, from how long recorded ones took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitor.cli.layout import NARROW, exact, filled, owed, table

if TYPE_CHECKING:
    from fractions import Fraction

    from monitor.agreements.terms import Allowed
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.statements.guided_responses import KeyTimes, ResponseGuide, Times

TEXT = 80


def lines(plan: Plan, guide: ResponseGuide) -> Iterator[str]:
    """What history says of one promise: what clocks took, what to promise, and what it would have cost."""
    yield from filled(_heading(plan, guide), TEXT)
    for label, why in guide.left_out:
        yield from filled(f"{label} is left out: {why}.", TEXT, under="  ")
    if guide.why:
        yield from filled(f"Nothing can be proposed: {guide.why}.", TEXT)
        return
    yield ""
    yield from _keys(guide)
    yield ""
    yield from _tried(guide)
    yield ""
    yield from _said(guide)


def _heading(plan: Plan, guide: ResponseGuide) -> str:
    from reports.format import PLAIN, clean, listed, plural
    from reports.internal.responses import NOUNS

    group, labels = guide.group, guide.labels
    names = listed(tuple(dict.fromkeys(plan.party_of(each).party.name for each in group.agreements)))
    own = f", promise {guide.promise}" if guide.promise not in ("", group.sla) else ""
    what = f"{plan.services[group.service].title}, SLA {group.sla}{own} ({names})"
    about = f"{clean(what)}: {NOUNS[guide.stops][0]}, {guide.commitment}"
    if not labels:
        return f"{about}: no finished {group.unit} could be settled."
    span = " to ".join(dict.fromkeys((labels[0], labels[-1])))
    return (
        f"{about}: {plural(len(labels), group.unit, f'{group.unit}s', PLAIN)} settled, {span}, {group.zone}."
    )


def _keys(guide: ResponseGuide) -> list[str]:
    from monitor.agreements.events import say_allowed
    from reports.format import clean

    rows = [
        (
            clean(each.key) or "all", say_allowed(each.allowed), f"{each.in_time:,} of {each.counted:,}",
            *(_time(ms) for ms in each.reached),
        )
        for each in guide.keys
    ]  # fmt: skip
    head = (guide.by.upper(), "TODAY", "IN TIME", *(f"{_percent(share)} TOOK" for share in _shares()))
    return table(head, rows, right=range(2, len(head)), fit=NARROW)


def _tried(guide: ResponseGuide) -> list[str]:
    rows = [
        (
            "today's" if each.share is None else f"what {_percent(each.share)} took",
            f"{each.in_time:,} of {each.counted:,}",
            f"{each.missed} of {len(guide.labels)}",
            _cost(each),
        )
        for each in guide.tried
    ]
    return table(("TIMES", "IN TIME", "MISSED", "WOULD HAVE COST"), rows, right=(1, 2, 3), fit=NARROW)


def _said(guide: ResponseGuide) -> Iterator[str]:
    """A time for each share, by priority; and what nobody can tell."""
    from monitor.agreements.events import say_allowed
    from reports.format import clean

    for place, share in enumerate(_shares()):
        found = [
            f"{clean(each.key) or 'all'} {say_allowed(time)}"
            for each in guide.keys
            if (time := each.proposed[place]) is not None
        ]
        if found:
            yield from filled(f"To be in time for {_percent(share)} of them: {', '.join(found)}.", TEXT)
    few = [each for each in guide.keys if None in each.reached]
    if few:
        yield from filled(
            f"? too few to tell, or they go on: {', '.join(clean(each.key) or 'all' for each in few)}. 95 % "
            "takes 20 that counted, and 99 % takes 100.",
            TEXT,
            under="  ",
        )
    yield from filled(
        "Times are on the promise's own clock, rounded up to one to promise; a priority without a proposal "
        f"keeps its time. Cost: the promise alone, of today's fee: {_credits(guide)}",
        TEXT,
    )


def _credits(guide: ResponseGuide) -> str:
    terms = guide.group.terms
    named = terms.terms.promises if terms else ()
    return next((f"{p.credits.phrase()}." for name, p in named if name == guide.promise), "")


def _time(ms: Ms | None) -> str:
    from reports.format import PLAIN
    from reports.internal.responses import took

    return "?" if ms is None else took(ms, PLAIN)


def _cost(times: Times) -> str:
    from reports.format import PLAIN, figure

    said = [f"{figure(each, PLAIN)} {each.currency}" for each in times.cost]
    said += [f"{times.unpriced} not determinable"] if times.unpriced else []
    return ", ".join(said) or "-"


def _percent(share: Fraction) -> str:
    from reports.format import PLAIN
    from reports.format import share as face

    return face(share, PLAIN)


def _shares() -> tuple[Fraction, ...]:
    from monitor.statements.guided_responses import SHARES

    return SHARES


# --- for programs ---------------------------------------------------------------------------------------


def as_data(guide: ResponseGuide) -> dict[str, object]:
    """One promise for a program."""
    return {
        "promise": guide.promise,
        "to": guide.stops,
        "by": guide.by,
        "commitment": guide.commitment,
        "periods": list(guide.labels),
        "left_out": [{"period": label, "why": why} for label, why in guide.left_out],
        "keys": [_key(each) for each in guide.keys],
        "times": [
            {
                "kept_by": exact(each.share),
                "counted": each.counted,
                "in_time": each.in_time,
                "missed": each.missed,
                "cost": [owed(amount) for amount in each.cost],
                "not_determinable": each.unpriced,
            }
            for each in guide.tried
        ],
        "undetermined": guide.why or None,
    }


def _key(each: KeyTimes) -> dict[str, object]:
    from monitor.agreements.events import say_allowed

    return {
        "key": each.key,
        "within": say_allowed(each.allowed),
        "counted": each.counted,
        "in_time": each.in_time,
        "proposals": [
            {"kept_by": exact(share), "took_ms": ms, "within": _allowed(time)}
            for share, ms, time in zip(_shares(), each.reached, each.proposed, strict=True)
        ],
    }


def _allowed(time: Allowed | None) -> dict[str, object] | None:
    return None if time is None else {"time_ms": time.ms, "business": time.business}
