"""`makegood config`: is the file good, and what does it say?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk
from monitor.errors import Exit

if TYPE_CHECKING:
    from monitor.config.plan import Agreement, Plan
    from monitor.config.problems import Problem


@click.group()
def config() -> None:
    """The configuration."""


@config.command()
@click.option("--strict", is_flag=True, help="Let a warning fail too (2).")
@click.option("--aloud", is_flag=True, help="Read every agreement in plain English, its defaults included.")
@as_json
@at_desk
def check(desk: Desk, strict: bool, aloud: bool, json_: bool) -> None:
    """Every problem in the file, with what to write instead.

    All of them at once. Exits 2 where there is one. Nothing is probed and nothing is recorded.
    """
    from monitor.config import ConfigProblems

    try:
        plan = desk.plan()
    except ConfigProblems as error:
        if json_:
            show_json({"problems": [told(problem) for problem in error.problems]})
        raise
    if json_:
        show_json(as_data(plan))
    else:
        for warning in warned(plan):
            talk(f"{warning.file}:{warning.line}: warning: {warning.path}: {warning.message}")
        show([summary(plan), *(reading(plan) if aloud else ())])
    if strict and plan.warnings:
        raise click.exceptions.Exit(Exit.USAGE)


def summary(plan: Plan) -> str:
    """`makegood.toml is good: 1 endpoint, 1 service, 1 customer, 1 agreement.`"""
    from reports.format import PLAIN, plural

    counts = (
        plural(len(plan.endpoints), "endpoint", "endpoints", PLAIN),
        plural(len(plan.services), "service", "services", PLAIN),
        plural(len(plan.customers), "customer", "customers", PLAIN),
        plural(len(plan.agreements), "agreement", "agreements", PLAIN),
    )
    return f"{plan.path} is good: {', '.join(counts)}."


def reading(plan: Plan) -> list[str]:
    """Every agreement, and a sentence for each rule of its terms."""
    from monitor.cli.sla import lines, of_agreement

    versions = (
        version for agreement in plan.agreements.values() for version in of_agreement(plan, agreement)
    )
    return [line for title, said in versions for line in lines(title, said)]


def warned(plan: Plan) -> tuple[Problem, ...]:
    """What the file probably does not mean, each where it stands."""
    if not plan.warnings:
        return ()
    from monitor.config.parse import parse
    from monitor.config.places import warned as placed

    return placed(plan.warnings, parse(plan.path))


def told(problem: Problem) -> dict[str, object]:
    """One mistake for a program."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }


def sentences(plan: Plan, agreement: Agreement) -> list[str]:
    """What an agreement says now, each sentence of a promise of several under its name."""
    from monitor.agreements.plain import sentences as listed
    from monitor.cli.sla import of_agreement

    _, said = of_agreement(plan, agreement)[-1]
    return list(listed(said))


def as_data(plan: Plan) -> dict[str, object]:
    """The same for a program."""
    from monitor.config.digest import plan_digest

    return {
        "path": str(plan.path),
        "digest": plan_digest(plan),
        "endpoints": list(plan.endpoints),
        "services": list(plan.services),
        "customers": list(plan.customers),
        "agreements": {id: sentences(plan, agreement) for id, agreement in plan.agreements.items()},
        "warnings": [told(warning) for warning in warned(plan)],
    }
