"""`makegood init`: a configuration to start from."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.desk import as_json
from monitor.cli.layout import show, show_json, talk


@click.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path())
@as_json
def init(folder: Path, json_: bool) -> None:
    """Write a configuration to start from.

    It goes into DIR (here, unless said), and never overwrites one.
    """
    from monitor.config.starter import init_config

    path = init_config(folder)
    if json_:
        show_json({"written": str(path)})
    else:
        show([str(path)])
        talk(f"Edit it, then: makegood --config {path} config check")
