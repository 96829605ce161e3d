"""`makegood sla diff`: what two SLAs have that differs, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import filled, show, show_json
from monitor.cli.shelf import Shown, as_data, found, plain_data, plan_of

if TYPE_CHECKING:
    from monitor.agreements.differ import Difference

WIDTH = 75
NOT_TERMS = frozenset(
    {"title", "provider", "source", "effective", "readings", "manual", "unverified", "promise", "amendment"}
)


@click.command()
@click.argument("first")
@click.argument("second")
@as_json
@at_desk
def diff(desk: Desk, first: str, second: str, json_: bool) -> None:
    """What differs between two SLAs, stage by stage.

    FIRST and SECOND are your own or of the library. Each stage is read in plain English by the rule that
    computes; what reads alike is paid alike. The JSON has the stages as they are written, too.
    """
    from monitor.agreements.differ import differences
    from monitor.cli.sla_plain import contract_of

    plan = plan_of(desk, first, second)
    one, other = found(plan, first), found(plan, second)
    differing = differences(contract_of(plan, one.name), contract_of(plan, other.name))
    if json_:
        show_json(_data(one, other, differing))
    else:
        show(_lines(one, other, differing))


def _lines(one: Shown, other: Shown, differing: tuple[Difference, ...]) -> Iterator[str]:
    yield f"1  {one.name}"
    yield f"2  {other.name}"
    for each in differing:
        yield ""
        yield f"{each.promise}: {each.stage}" if each.promise else each.stage
        for number, sentences in ((1, each.first), (2, each.second)):
            yield from _said(number, sentences)
    if not differing:
        yield ""
        yield "They say the same."


def _said(number: int, sentences: tuple[str, ...]) -> Iterator[str]:
    first, *rest = [line for text in sentences or ("Says nothing more.",) for line in filled(text, WIDTH)]
    yield f"  {number}  {first}"
    yield from (f"     {line}" for line in rest)


def _data(one: Shown, other: Shown, differing: tuple[Difference, ...]) -> dict[str, object]:
    return {
        "first": as_data(one),
        "second": as_data(other),
        "differences": [
            {
                "promise": each.promise or None,
                "stage": each.stage,
                "first": list(each.first),
                "second": list(each.second),
            }
            for each in differing
        ],
        "written": list(_written(one, other)),
    }


def _written(one: Shown, other: Shown) -> Iterator[dict[str, object]]:
    """The stages that are written otherwise, each as it is written; null where it is not."""
    tables = [{"": each.table, **each.table.get("promise", {})} for each in (one, other)]
    for promise in dict.fromkeys((*tables[0], *tables[1])):
        first, second = tables[0].get(promise, {}), tables[1].get(promise, {})
        for stage in dict.fromkeys((*first, *second)):
            if stage not in NOT_TERMS and first.get(stage) != second.get(stage):
                yield {
                    "promise": promise or None,
                    "stage": stage,
                    "first": plain_data(first.get(stage)),
                    "second": plain_data(second.get(stage)),
                }
