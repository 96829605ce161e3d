"""`makegood config`: is the file good, and what does it say?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk
from monitor.errors import Exit

if TYPE_CHECKING:
    from monitor.config.plan import Plan
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
        for warning in plan.warnings:
            talk(f"warning: {warning}")
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
    out: list[str] = []
    for agreement in plan.agreements.values():
        customer, service = plan.party_of(agreement), plan.services[agreement.service]
        for terms in agreement.terms:
            since = f"from {terms.start.isoformat()}"
            out += [
                "",
                f"{customer.party.name}, {service.title}: SLA {terms.sla_title}, {since} ({agreement.id})",
            ]
            out += [f"  {sentence}" for sentence in terms.clause.say()]
    return out


def told(problem: Problem) -> dict[str, object]:
    """One mistake for a program."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }


def as_data(plan: Plan) -> dict[str, object]:
    """The same for a program."""
    from monitor.config.digest import plan_digest

    return {
        "path": str(plan.path),
        "digest": plan_digest(plan),
        "endpoints": list(plan.endpoints),
        "services": list(plan.services),
        "customers": list(plan.customers),
        "agreements": {id: list(a.terms[-1].clause.say()) for id, a in plan.agreements.items()},
        "warnings": list(plan.warnings),
    }
