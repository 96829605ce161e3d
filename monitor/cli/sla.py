"""`makegood sla`: what an agreement says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.agreements.plain import Paragraph
    from monitor.config.plan import Agreement, CalendarRule, Plan


@click.group()
def sla() -> None:
    """The terms of SLAs and agreements."""


@sla.command()
@click.argument("name")
@as_json
@at_desk
def plain(desk: Desk, name: str, json_: bool) -> None:
    """Read the SLA or the agreement NAME in plain English.

    Every rule is read, its defaults included; of an agreement whose terms change on a day, each version.
    Nothing is probed and no secret is read.
    """
    from monitor.config import load_plan

    plan = load_plan(desk.file(), environ=desk.environ, purpose="files")
    versions = readings(plan, name)
    if json_:
        show_json({"name": name, "versions": [as_data(title, said) for title, said in versions]})
    else:
        show([line for title, said in versions for line in lines(title, said)])


def readings(plan: Plan, name: str) -> list[tuple[str, tuple[Paragraph, ...]]]:
    """Each version's title and what it says; ConfigError for a name that nothing has."""
    from monitor.agreements.build import contract
    from monitor.agreements.plain import plain as spoken

    if name in plan.agreements:
        return of_agreement(plan, plan.agreements[name])
    if name in plan.slas:
        found = plan.slas[name]
        return [(f"SLA {found.title}", _with_calendars(plan, found.terms, spoken(contract(found.terms))))]
    known = ", ".join((*plan.agreements, *plan.slas)) or "none"
    raise ConfigError(f'there is no SLA and no agreement "{name}"; known: {known}')


def of_agreement(plan: Plan, agreement: Agreement) -> list[tuple[str, tuple[Paragraph, ...]]]:
    """Every version of an agreement, as it reads from its day on."""
    from monitor.agreements.plain import plain as spoken

    party, service = plan.party_of(agreement), plan.services[agreement.service]
    found = []
    for terms in agreement.terms:
        said = spoken(terms.contract, zone=terms.cycle.zone, resources=len(service.resources))
        since = f"from {terms.start.isoformat()}"
        title = f"{party.party.name}, {service.title}: SLA {terms.sla_title}, {since} ({agreement.id})"
        found.append((title, _with_calendars(plan, terms.terms, said)))
    return found


def _with_calendars(plan: Plan, terms: object, said: tuple[Paragraph, ...]) -> tuple[Paragraph, ...]:
    """What is said, and when each calendar that it names works."""
    told = tuple(_calendar(plan.calendars[name]) for name in dict.fromkeys(_calendars(terms)))
    *before, last = said
    return (*before, replace(last, sentences=(*last.sentences, *told)))


def _calendars(node: object) -> Iterator[str]:
    """The calendars that terms name, wherever they stand in them."""
    if isinstance(node, tuple):
        for each in node:
            yield from _calendars(each)
    elif is_dataclass(node):
        for field in fields(node):
            value = getattr(node, field.name)
            if field.name in ("calendar", "service_hours") and isinstance(value, str):
                yield value
            else:
                yield from _calendars(value)


def _calendar(rule: CalendarRule) -> str:
    works = f"{rule.hours}" if rule.hours else f"whenever one of {', '.join(rule.members)} works"
    holidays = [rule.holidays if isinstance(rule.holidays, str) else "those joined in the file"]
    holidays += [f"also {', '.join(map(str, rule.add))}"] if rule.add else []
    holidays += [f"but not {', '.join(map(str, rule.remove))}"] if rule.remove else []
    return f"Calendar {rule.id} is {works} ({rule.zone}); its holidays: {', '.join(holidays)}."


def lines(title: str, said: tuple[Paragraph, ...]) -> list[str]:
    """A version for a person."""
    out = ["", title]
    for number, paragraph in enumerate(said):
        if len(said) > 1:
            out += ["", heading(paragraph, last=number == len(said) - 1)]
        out += [f"  {sentence}" for sentence in paragraph.sentences]
    return out


def heading(paragraph: Paragraph, *, last: bool) -> str:
    """What a paragraph is of."""
    if paragraph.name:
        return f"Promise {paragraph.name}"
    return "All promises together" if last else "Every promise"


def as_data(title: str, said: tuple[Paragraph, ...]) -> dict[str, object]:
    """A version for a program."""
    return {
        "title": title,
        "paragraphs": [{"promise": each.name or None, "sentences": list(each.sentences)} for each in said],
    }
