"""`makegood sla show`: the terms of an SLA as they are written, ready to paste."""

from __future__ import annotations

from collections.abc import Iterator

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json
from monitor.cli.shelf import LIBRARY, Shown, as_data, found, plain_data, plan_of


@click.command("show")
@click.argument("name")
@as_json
@at_desk
def show_(desk: Desk, name: str, json_: bool) -> None:
    """The terms of the SLA NAME as TOML, ready to paste.

    All of its stages, with those of the SLAs that it is like. Of a published one the first lines say whose
    terms they are, where they were read, and which figures nobody has held against the text. Pasted, they are
    yours, and no newer version of the program changes them.
    """
    shown = found(plan_of(desk, name), name)
    if json_:
        show_json({**as_data(shown), "terms": plain_data(shown.table)})
    else:
        show([*_about(shown), *_terms(shown)])


def _about(shown: Shown) -> Iterator[str]:
    if shown.kind == "own":
        return
    yield f"# {shown.provider}: {shown.section}"
    since = f"; in force from {shown.effective}" if shown.effective else ""
    yield f"# read from {shown.source} ({shown.kind}){since}"
    if shown.unverified:
        yield f"# not verified: {', '.join(shown.unverified)}: hold them against your contract"


def _terms(shown: Shown) -> list[str]:
    from monitor.config.written import sla_as_toml

    return sla_as_toml(shown.name.removeprefix(LIBRARY), shown.table).splitlines()
