"""`makegood run`: the daemon."""

from __future__ import annotations

import click

from monitor.cli.desk import Desk, at_desk


@click.command()
@click.option(
    "--ack-fd",
    type=click.IntRange(min=0),
    metavar="N",
    help="Write what was made durable to this open file descriptor, a line a batch.",
)
@at_desk
def run(desk: Desk, ack_fd: int | None) -> None:
    """Probe until told to stop.

    SIGTERM or Ctrl-C ends it in good order, SIGHUP reads the configuration again. A second one on the same
    database is refused (7), and told who holds it.
    """
    from monitor import daemon

    daemon.run(desk.config, ack_fd=ack_fd)
