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
    **told: object,
) -> Seq | None:
    """Show the effect, ask, and append; the new head, None where nothing was recorded.

    `services` and `span` are what the correction is about. Without a terminal a correction that changes a
    figure needs `--yes`. `told` is what the JSON answer says beside the effect.
    """
    effects = _effects(desk, plan, store, new, services, span)
    if dry_run:
        if json_:
            show_json({**told, "recorded": False, "effect": [as_data(each) for each in effects]})
        else:
            show(lines(effects))
        return None
    if not json_:
        for line in lines(effects):
            talk(line)
    if effects and not yes:
        _ask()
    done = store.journal.append(new, expect=head)
    if json_:
        show_json({**told, "recorded": True, "entry": done, "effect": [as_data(each) for each in effects]})
    return done


def _effects(
    desk: Desk, plan: Plan, store: Store, new: Sequence[NewEvent], services: Iterable[str], span: Span
) -> tuple[Effect, ...]:
    from monitor.statements.effect import effect

    with store.snapshot() as snapshot:
        return effect(plan, snapshot, desk.clock.now(), new, services, span)


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
