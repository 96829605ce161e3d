"""`makegood demo`: everything at once, on loopback, in two minutes."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--seconds",
    type=click.IntRange(min=5),
    default=60,
    show_default=True,
    help="How long to probe, with --no-wait.",
)
@click.option("--no-wait", is_flag=True, help="End by itself; otherwise it runs until Ctrl-C.")
@click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where to work [default: demo]."
)
def demo(seconds: int, no_wait: bool, folder: Path | None) -> None:
    """See it all: real probes, an outage, the statement it costs.

    Servers, probes and pages stay on this machine. The months before are generated, and the pages say so.
    """
    from monitor.demo import run

    run(seconds=seconds, wait=not no_wait, folder=folder)
