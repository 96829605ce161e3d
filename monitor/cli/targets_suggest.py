"""`makegood targets suggest`: commitments and internal targets, from what was reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import exact, filled, marked, owed, show, show_json, table
from monitor.cli.targets import TEXT, chosen, doubt_data, told
from monitor.errors import Exit

if TYPE_CHECKING:
    from monitor.agreements.ladder import Proposal
    from monitor.config.plan import Plan
    from monitor.core.money import Amount
    from monitor.statements.books import Books
    from monitor.statements.guidance import Doubt, Guide, Seen, Tried
    from monitor.statements.guided_responses import ResponseGuide

SHARES = {"half": Fraction(1, 2), "three in four": Fraction(3, 4), "nine in ten": Fraction(9, 10)}
CANDIDATES = ("LEVEL", "ALLOWS/30 DAYS", "MISSED", "WOULD HAVE COST", "")
A_FEE = 10_000  # the minor units of the month's fee that a service without an agreement is priced by


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@click.option(
    "--months",
    type=click.IntRange(1, 120),
    metavar="N",
    default=12,
    show_default=True,
    help="Look at so many months that are over.",
)
@as_json
@at_desk
def suggest(desk: Desk, services: tuple[str, ...], months: int, json_: bool) -> None:
    """Propose commitments and targets from what was reached.

    Each past month is measured as the agreement measures it, and each level
    is settled on it with today's terms and fee: the rows of the credit table
    keep their distance from the commitment, as a multiple of what it allows.
    Where nothing is promised yet, cost is a share of a month's fee, on a
    schedule that is named. Cost is told from one whole month on, and a proposal
    made from four. Exits 5 where nothing could be proposed.

    Of a promise of times it tells within which time 95 and 99 % of the tickets
    were done, on the promise's own clock, and what that would have cost.
    """
    from monitor.cli.unsure import told as unsure
    from monitor.statements.books import Books
    from monitor.statements.guided_responses import response_guides

    with desk.evidence() as (plan, snapshot):
        books = Books(plan, snapshot, desk.clock.now())
        found = [each for service in chosen(plan, services) for each in _guides(books, service, months)]
        answered = [response_guides(books, guide.group, months) for guide, _ in found]
    if json_:
        every = zip(found, answered, strict=True)
        show_json([_all_data(guide, doubts, timed) for (guide, doubts), timed in every])
    else:
        for place, ((guide, doubts), timed) in enumerate(zip(found, answered, strict=True)):
            show([""] if place else [])
            show(_pages(plan, guide, timed))
            show(told(doubts))
            show(unsure(plan, (each.id for each in guide.group.agreements)))
    proposed = (each.proposes for timed in answered for each in timed)
    if not any(guide.proposal for guide, _ in found) and not any(proposed):
        raise click.exceptions.Exit(Exit.UNDECIDED)


def _pages(plan: Plan, guide: Guide, timed: Sequence[ResponseGuide]) -> Iterator[str]:
    """What is said of availability, where that is promised, and of each promise of times."""
    from monitor.cli.targets_times import lines
    from monitor.statements.guidance import times_alone

    parts = [] if times_alone(guide.group) else [_lines(plan, guide)]
    for place, part in enumerate((*parts, *(lines(plan, each) for each in timed))):
        yield from ("",) if place else ()
        yield from part


def _all_data(guide: Guide, doubts: Sequence[Doubt], timed: Sequence[ResponseGuide]) -> dict[str, object]:
    from monitor.cli.targets_times import as_data

    more = {"unverified": _unverified(guide), "responses": [as_data(each) for each in timed]}
    return _data(guide, doubts) | more


def _unverified(guide: Guide) -> list[str]:
    """The stages of the terms that nobody has held against the contract."""
    return list(dict.fromkeys(stage for each in guide.group.agreements for stage in each.unverified))


def _guides(books: Books, service: str, months: int) -> list[tuple[Guide, Sequence[Doubt]]]:
    """Each group of a service; what is doubtful about its targets stands with the last."""
    from monitor.statements.guidance import Group, doubts, goal, groups, guide, targets_of
    from monitor.statements.status import zone_of

    plan = books.plan
    known = groups(plan, service, books.now) or (Group(service, zone_of(plan)),)
    found = [guide(books, each, months) for each in known]
    seen = [(each.group, [month.outcome for month in each.months if month.counts]) for each in found]
    goals = [goal(books, each, seen) for each in targets_of(plan, service)]
    last = doubts(known, goals)
    return [(each, last if each is found[-1] else ()) for each in found]


# --- for people -----------------------------------------------------------------------------------------


def _lines(plan: Plan, guide: Guide) -> Iterator[str]:
    yield from filled(_heading(plan, guide), TEXT)
    if guide.months and not guide.why:
        yield ""
        yield from _months(guide)
    if guide.proposal is not None:
        yield ""
        yield from _quantiles(guide.figures, guide.group.unit)
    if guide.tried:
        yield ""
        yield from _candidates(plan, guide, guide.proposal)
    yield ""
    if guide.proposal is None:
        for sentence in _too_few(guide):
            yield from filled(sentence, TEXT)
        return
    for sentence in _proposed(guide, guide.proposal):
        yield from filled(sentence, TEXT)


def _heading(plan: Plan, guide: Guide) -> str:
    from reports.format import PLAIN, listed, plural

    group, months = guide.group, guide.months
    title = plan.services[group.service].title
    names = listed(tuple(dict.fromkeys(plan.party_of(each).party.name for each in group.agreements)))
    what = f"{title}, SLA {group.sla} ({names})" if names else f"{title}, of which nothing is promised"
    if not months:
        return f"{what}: no finished {group.unit} was recorded."
    span = " to ".join(dict.fromkeys(each.outcome.period.label for each in (months[0], months[-1])))
    counted = plural(len(months), group.unit, f"{group.unit}s", PLAIN)
    counts = "" if names else " All downtime counts, maintenance included."
    return f"{what}: {counted} recorded, {span}, {group.zone}.{counts}"


def _months(guide: Guide) -> list[str]:
    from reports.format import PLAIN, availability, missing

    ranged = any(each.worst != each.best for each in guide.months)
    head = (guide.group.unit.upper(), "REACHED", *(("NOT SEEN", "AT WORST", "AT BEST") if ranged else ()), "")
    rows = []
    for each in guide.months:
        outcome = each.outcome
        figure = "-" if outcome.figure is None else availability(outcome.figure, PLAIN)
        unseen: tuple[str, ...] = ("", "", "") if ranged else ()
        if each.worst is not None and each.best is not None and each.worst != each.best:
            unseen = (
                missing(outcome.unseen, PLAIN),
                *(availability(f, PLAIN) for f in (each.worst, each.best)),
            )
        rows.append((outcome.period.label, figure, *unseen, _note(each)))
    return table(head, rows, right=range(1, len(head) - 1))


def _note(seen: Seen) -> str:
    """Why a month does not count; "" where it does."""
    outcome = seen.outcome
    if outcome.watched < 1:
        return "left out: watched in part"
    return f"left out: {outcome.why}" if not seen.counts else ""


def _too_few(guide: Guide) -> Iterator[str]:
    """Why nothing is proposed, and what can be asked for all that."""
    from monitor.agreements.ladder import FEWEST
    from reports.format import PLAIN, plural

    unit, of = guide.group.unit, len(guide.figures)
    if guide.why:
        yield f"Nothing can be proposed: {guide.why}."
        return
    count = plural(of, f"whole {unit}", f"whole {unit}s", PLAIN) if of else f"no whole {unit}"
    if of:
        yield _cost(guide, guide.tried[-1])
    yield (
        f"No proposal from {count}: at least {FEWEST} whole {unit}s are needed, until the worst of them says "
        f"with 90 % confidence what every second {unit} reaches, and more to say more."
    )
    if of:
        yield f"Try an SLA on what there is: makegood backtest --service {guide.group.service} --sla NAME"


def _quantiles(figures: Sequence[Fraction], unit: str) -> Iterator[str]:
    from monitor.agreements.quantiles import confidence, needed, next_worse, reached, surely
    from reports.format import PLAIN, availability, left

    of = len(figures)
    rows = []
    for name, by in SHARES.items():
        bound = surely(figures, by)
        said = availability(bound, PLAIN) if bound is not None else "not known"
        why = ""
        if bound is None:
            sure = left(confidence(1, of, by), PLAIN)
            why = f"worst: {sure} sure; takes {needed(by)} {unit}s"
        rows.append((name, availability(reached(figures, by), PLAIN), said, why))
    rows.append((f"all {of}", availability(min(figures), PLAIN), "", ""))
    yield from table((f"{unit}s".upper(), "REACHED", "SURELY (90 %)", ""), rows, right=(1, 2))
    chance = next_worse(of)
    yield ""
    yield from filled(
        f"If {unit}s go on alike and do not depend on one another, the next is worse than all {of} with a "
        f"chance of {chance.numerator} in {chance.denominator} at most.",
        TEXT,
    )


def _candidates(plan: Plan, guide: Guide, proposal: Proposal | None) -> list[str]:
    from monitor.agreements.ladder import allowed
    from reports.format import PLAIN, duration, share

    marks, rows = [], []
    for each in guide.tried:
        notes = _notes(plan, guide, proposal, each.level)
        marks.append("*" if any(note.startswith("proposed") for note in notes) else " ")
        level, allows = share(each.level, PLAIN), duration(allowed(each.level), PLAIN)
        first, *more = zip_longest(_costs(guide, each), notes, fillvalue="")
        rows.append((level, allows, _missed(each, guide), *first))
        rows += [("", "", "", *rest) for rest in more]
        marks += [" " for _ in more]
    return marked(table(CANDIDATES, rows, right=(0, 1, 3)), marks)


def _notes(plan: Plan, guide: Guide, proposal: Proposal | None, level: Fraction) -> list[str]:
    from monitor.agreements.ladder import told_apart
    from monitor.statements.guidance import targets_of

    goals = [each for each in targets_of(plan, guide.group.service) if each.of == "share"]
    promised = guide.group.commitment
    return [
        *(["promised"] if promised and promised.value == level else []),
        *(f"target {each.id}" for each in goals if each.objective.value == level),
        *(["proposed commitment"] if proposal and proposal.commitment == level else []),
        *(["proposed target"] if proposal and proposal.target == level else []),
        *([] if told_apart(level, guide.interval) else ["too fine for the checks"]),
    ]


def _missed(tried: Tried, guide: Guide) -> str:
    least, _, most = tried.missed
    of = sum(each.outcome.watched == 1 for each in guide.months)
    return f"{least} of {of}" if least == most else f"{least} to {most} of {of}"


def _costs(guide: Guide, tried: Tried) -> list[str]:
    """What a level would have cost, a line for each currency."""
    from reports.format import PLAIN, figure, share

    least, _, most = tried.cost
    if not guide.group.agreements:
        fees = dict.fromkeys(share(_in_fees(each), PLAIN) for each in (least, most))
        lines = [" to ".join(fees)]
    else:
        lines = []
        for low, high in zip(least, most, strict=True):
            range_ = "" if low == high else f"{figure(low, PLAIN)} to "
            lines.append(f"{range_}{figure(high, PLAIN)} {high.currency}")
    return lines + ([f"{tried.unpriced} not determinable"] if tried.unpriced else []) or ["-"]


def _in_fees(amounts: Sequence[Amount]) -> Fraction:
    """A sum as a share of one month's fee, of a service that nobody pays for."""
    return Fraction(sum(each.minor for each in amounts), A_FEE)


def _proposed(guide: Guide, proposal: Proposal) -> Iterator[str]:
    yield _target(guide, proposal)
    yield _commitment(guide, proposal)
    yield from _bound_already(guide, proposal)
    example = next((each for each in guide.tried if each.level == proposal.target), guide.tried[-1])
    yield _cost(guide, example)
    yield from _dark(guide)


def _cost(guide: Guide, example: Tried) -> str:
    """By which schedule it would have cost, with the example of one level."""
    own = "the agreement's own credits" if guide.group.agreements and not guide.stated else "a plain schedule"
    since = f" (the SLA cannot be aimed at another level, since {guide.stated})" if guide.stated else ""
    fee = "today's fee" if guide.group.agreements else "one month's fee"
    return f"Cost: {own}{since}, of {fee}; at {_share(example.level)}: {example.schedule}."


def _target(guide: Guide, proposal: Proposal) -> str:
    from monitor.agreements.ladder import FINEST, MIDDLE, STAY

    if proposal.target is None or proposal.today is None:
        return "Internal target: nine in ten reach no level that could be promised; mend that first."
    unit = guide.group.unit
    today, kept = _share(proposal.today), f"{proposal.kept} of {proposal.of} {unit}s reached it"
    if proposal.step in (STAY, FINEST):
        why = (
            "the checks can tell no better level"
            if proposal.step == FINEST
            else "no better level was reached"
        )
        return f"Internal target: {today}, as today: {why}. {kept}."
    if proposal.step == MIDDLE:
        return (
            f"Internal target: {_share(proposal.target)}, what half of the {unit}s reach, and better than "
            f"the {today} of nine in ten: no {unit} reached the next level. {kept}."
        )
    return (
        f"Internal target: {_share(proposal.target)}, one step better than the {today} that nine in ten "
        f"{unit}s reach. {kept}."
    )


def _commitment(guide: Guide, proposal: Proposal) -> str:
    from monitor.agreements.ladder import MARGIN, allowed
    from reports.format import PLAIN, number, used

    unit = guide.group.unit
    if proposal.commitment is None or proposal.target is None:
        return (
            f"Commitment: none. No level was kept in every {unit} with at least "
            f"{MARGIN} times the downtime of the target."
        )
    room = Fraction(allowed(proposal.commitment) * 10 // max(1, allowed(proposal.target)), 10)
    worst = (1 - min(guide.figures)) / (1 - proposal.commitment)
    return (
        f"Commitment: {_share(proposal.commitment)}, kept in every {unit}. It allows "
        f"{number(room, PLAIN)} times the downtime of the target, and the worst {unit} used "
        f"{used(worst, PLAIN)} of it."
    )


def _bound_already(guide: Guide, proposal: Proposal) -> Iterator[str]:
    """What follows from a promise that is stricter than a target that history allows."""
    from monitor.agreements.ladder import RUNGS

    promised, unit = guide.group.commitment, guide.group.unit
    if promised is None or proposal.target is None or proposal.target > promised.value:
        return
    stricter = next((rung for rung in RUNGS if rung > promised.value), None)
    kept = sum(promised.holds(figure) for figure in guide.figures)
    text = f"As long as {_share(promised.value)} is promised, which {kept} of {proposal.of} {unit}s kept, "
    if stricter is None:
        yield f"{text}no target can warn of it."
        return
    met = sum(figure >= stricter for figure in guide.figures)
    yield (
        f"{text}a target that warns of it has to be stricter: the next level is {_share(stricter)}, "
        f"which {met} of {proposal.of} {unit}s reached."
    )


def _dark(guide: Guide) -> Iterator[str]:
    """What time that nobody saw may have changed."""
    dark = [each.outcome.period.label for each in guide.months if each.worst != each.best]
    if dark:
        yield (
            f"Nobody saw all of {', '.join(dark)}: what was missed and what it cost lie between all of that "
            "time up and all of it down. The proposals rest on the figures as the terms have them."
        )


def _share(level: Fraction) -> str:
    from reports.format import PLAIN, share

    return share(level, PLAIN)


# --- for programs ---------------------------------------------------------------------------------------


def _data(guide: Guide, doubts: Sequence[Doubt]) -> dict[str, object]:
    return {
        "service": guide.group.service,
        "sla": guide.group.sla or None,
        "agreements": [each.id for each in guide.group.agreements],
        "timezone": guide.group.zone,
        "months": [_month(each) for each in guide.months],
        "quantiles": _quantile_data(guide.figures),
        "candidates": [_candidate(guide, each) for each in guide.tried],
        "proposal": _proposal(guide.proposal),
        "schedule": "stated" if guide.stated or not guide.group.agreements else "own",
        "stated_because": guide.stated or None,
        "undetermined": guide.why or None,
        "doubts": [doubt_data(each) for each in doubts],
    }


def _month(seen: Seen) -> dict[str, object]:
    outcome = seen.outcome
    return {
        "period": outcome.period.label,
        "figure": exact(outcome.figure),
        "worst": exact(seen.worst),
        "best": exact(seen.best),
        "unseen": exact(outcome.unseen),
        "counts": seen.counts,
        "left_out": _note(seen).removeprefix("left out: ") or None,
    }


def _quantile_data(figures: Sequence[Fraction]) -> list[dict[str, object]]:
    from monitor.agreements.quantiles import SURE, confidence, needed, reached, surely

    return [
        {
            "reached_by": exact(by),
            "figure": exact(reached(figures, by)),
            "surely": exact(surely(figures, by)),
            "confidence": exact(SURE),
            "confidence_of_worst": exact(confidence(1, len(figures), by)),
            "months_needed": needed(by),
        }
        for by in (SHARES.values() if figures else ())
    ]


def _candidate(guide: Guide, tried: Tried) -> dict[str, object]:
    from monitor.agreements.ladder import allowed, told_apart

    least, seen, most = tried.missed
    costs = dict(zip(("least", "as_recorded", "most"), tried.cost, strict=True))
    fees = not guide.group.agreements
    return {
        "level": exact(tried.level),
        "allows_ms": allowed(tried.level),
        "told_apart": told_apart(tried.level, guide.interval),
        "schedule": tried.schedule,
        "missed": {"least": least, "as_recorded": seen, "most": most},
        "cost": None if fees else {name: [owed(each) for each in sums] for name, sums in costs.items()},
        "cost_in_fees": {name: exact(_in_fees(sums)) for name, sums in costs.items()} if fees else None,
        "not_determinable": tried.unpriced,
    }


def _proposal(proposal: Proposal | None) -> dict[str, object] | None:
    if proposal is None:
        return None
    return {
        "today": exact(proposal.today),
        "target": exact(proposal.target),
        "commitment": exact(proposal.commitment),
        "kept": proposal.kept,
        "of": proposal.of,
        "step": proposal.step,
    }
