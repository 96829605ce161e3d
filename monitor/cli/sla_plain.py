"""`makegood sla plain`: an SLA or an agreement, read rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json
from monitor.cli.shelf import LIBRARY, own, plan_of, published, unknown
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.agreements.pipeline import Contract
    from monitor.agreements.plain import Paragraph
    from monitor.config.plan import Agreement, Plan


@click.command()
@click.argument("name")
@as_json
@at_desk
def plain(desk: Desk, name: str, json_: bool) -> None:
    """Read the SLA or the agreement NAME in plain English.

    Every rule is read, its defaults included; of an agreement whose terms change on a day, each version.
    NAME may be of the library of published SLAs, which needs no configuration. Nothing is probed and no
    secret is read.
    """
    plan = plan_of(desk, name)
    versions = readings(plan, name)
    if json_:
        show_json({"name": name, "versions": [as_data(title, said) for title, said in versions]})
    else:
        show([line for title, said in versions for line in lines(title, said)])


def readings(plan: Plan | None, name: str) -> list[tuple[str, tuple[Paragraph, ...]]]:
    """Each version's title and what it says; ConfigError for a name that nothing has."""
    from monitor.agreements.build import contract
    from monitor.agreements.plain import plain as spoken
    from monitor.statements.calendars_told import with_calendars

    if plan is not None and name in plan.agreements:
        return of_agreement(plan, plan.agreements[name])
    if plan is not None and name in plan.slas and not name.startswith(LIBRARY):
        found = plan.slas[name]
        return [(f"SLA {found.title}", with_calendars(plan, found.terms, spoken(contract(found.terms))))]
    from monitor.config.library import LIBRARY_OF_THE_PROGRAM
    from monitor.config.load import library_terms

    bare = name.removeprefix(LIBRARY)
    if bare not in LIBRARY_OF_THE_PROGRAM.entries:
        raise ConfigError(_unknown(plan, name))
    return [(published_title(bare), spoken(contract(library_terms(bare))))]


def contract_of(plan: Plan | None, name: str) -> Contract:
    """The rules of an SLA, one's own or the library's, by the name that a configuration writes."""
    from monitor.agreements.build import contract
    from monitor.config.load import library_terms

    if plan is not None and name in plan.slas and not name.startswith(LIBRARY):
        return contract(plan.slas[name].terms)
    return contract(library_terms(name.removeprefix(LIBRARY)))


def published_title(name: str) -> str:
    """Whose SLA it is, and where it was read."""
    from monitor.config.library import LIBRARY_OF_THE_PROGRAM

    entry = LIBRARY_OF_THE_PROGRAM.entries[name]
    since = f", in force from {entry.effective}" if entry.effective else ""
    return f"SLA {name} ({entry.provider}, {entry.section}; read from {entry.source}, {entry.kind}{since})"


def _unknown(plan: Plan | None, name: str) -> str:
    mine = (*plan.agreements, *own(plan)) if plan is not None else ()
    return unknown(name, (*mine, *published())).replace("no SLA", "no SLA and no agreement", 1)


def of_agreement(plan: Plan, agreement: Agreement) -> list[tuple[str, tuple[Paragraph, ...]]]:
    """Every version of an agreement, as it reads from its day on."""
    from monitor.agreements.plain import plain as spoken
    from monitor.statements.calendars_told import with_calendars

    party, service = plan.party_of(agreement), plan.services[agreement.service]
    found = []
    for terms in agreement.terms:
        said = spoken(terms.contract, zone=terms.cycle.zone, resources=len(service.resources))
        since = f"from {terms.start.isoformat()}"
        title = f"{party.party.name}, {service.title}: SLA {terms.sla_title}, {since} ({agreement.id})"
        found.append((title, with_calendars(plan, terms.terms, said)))
    return found


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
