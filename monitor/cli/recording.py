"""How every correction is recorded: its effect on availability and money is shown first, and confirmed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.desk import Desk
from monitor.cli.layout import exact, owed, show, show_json, table, talk
from monitor.core.intervals import Span
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.statements.effect import Effect
    from monitor.store.protocol import NewEvent, Seq, Store

HEAD = ("AGREEMENT", "PERIOD", "FIGURE", "BEFORE", "THEN")

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what it would change, and record nothing."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def record(
    desk: Desk,
    plan: Plan,
    store: Store,
    new: Sequence[NewEvent],
    services: Iterable[str],
    span: Span,
    head: Seq,
    *,
    dry_run: bool,
    yes: bool,
    json_: bool,
    quiet: bool = False,
    **told: object,
) -> Seq | None:
    """Show the effect, ask, and append; the new head, None where nothing was recorded.

    `services` and `span` are what the correction is about. Without a terminal a correction that changes a
    figure needs `--yes`. What waits for somebody else is shown as it would be then. `told` is what the JSON
    answer says beside the effect; `quiet`: what changes no figure needs no word.
    """
    effects, later = _effects(desk, plan, store, new, services, span)
    told |= {"effect": [as_data(each) for each in effects]}
    told |= {"once_approved": None if later is None else [as_data(each) for each in later]}
    if json_ and dry_run:
        show_json({**told, "recorded": False})
    elif not json_:
        said = [] if quiet and not (effects or dry_run) else lines(effects)
        if later is not None:
            said += ["Once somebody else approves it:", *lines(later)]
        for line in said:
            (show([line]) if dry_run else talk(line))
    if dry_run:
        return None
    if effects and not yes:
        _ask()
    done = store.journal.append(new, expect=head)
    if json_:
        show_json({**told, "recorded": True, "entry": done})
    return done


def _effects(
    desk: Desk, plan: Plan, store: Store, new: Sequence[NewEvent], services: Iterable[str], span: Span
) -> tuple[tuple[Effect, ...], tuple[Effect, ...] | None]:
    """What it changes at once, and what once approved; None where that is the same."""
    from monitor.statements.approvals import APPROVED
    from monitor.statements.effect import effect

    about = (desk.clock.now(), new, tuple(services), span)
    with store.snapshot() as snapshot:
        effects = effect(plan, snapshot, *about)
        if all(event.kind == APPROVED for event in new):
            return effects, None
        later = effect(plan, snapshot, *about, approved=True)
    return effects, None if _same(effects, later) else later


def _same(one: Sequence[Effect], other: Sequence[Effect]) -> bool:
    from monitor.statements.effect import FIGURES

    figures = [
        [(e.agreement, e.period.label, *(getattr(e.after, name) for name in FIGURES)) for e in each]
        for each in (one, other)
    ]
    return figures[0] == figures[1]


def _ask() -> None:
    if not sys.stdin.isatty():
        raise ConfigError(
            "nothing was recorded: this changes what is owed or measured; "
            "add --yes to record it, or --dry-run to only look"
        )
    if not click.confirm("Record this?", err=True):
        talk("Nothing was recorded.")
        raise click.exceptions.Exit(Exit.NO)


def lines(effects: Sequence[Effect]) -> list[str]:
    """What changes, figure by figure."""
    from monitor.cli.differing import spoken

    rows = [
        (each.agreement, each.period.label, name, *(spoken(name, _value(each, side, name)) for side in SIDES))
        for each in effects
        for name in each.changed
    ]
    return table(HEAD, rows, right=(3, 4)) if rows else ["It changes no figure."]


SIDES = ("before", "after")


def _value(each: Effect, side: str, name: str) -> Any:
    section = getattr(each, side)
    if section.needs:
        return "not determinable"
    value = getattr(section, name)
    return {True: "met", False: "missed", None: "not determinable"}[value] if name == "met" else value


def as_data(each: Effect) -> dict[str, object]:
    """One agreement's period for a program."""
    return {
        "agreement": each.agreement,
        "customer": each.customer,
        "period": each.period.label,
        **{side: _figures(getattr(each, side)) for side in SIDES},
    }


def _figures(section: Any) -> dict[str, object]:
    return {
        "availability": exact(section.availability),
        "counted_ms": section.counted,
        "excused_ms": section.excused,
        "met": section.met,
        "credit": owed(section.credit),
    }
