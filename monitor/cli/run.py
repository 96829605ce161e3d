"""`makegood run`: the daemon."""

from __future__ import annotations

import os
import signal

import click

from monitor.cli.desk import Desk, at_desk
from monitor.errors import ConfigError
from monitor.logs import FORMATS, Format


@click.command()
@click.option(
    "--ack-fd",
    type=click.IntRange(min=0),
    metavar="N",
    help="Write what was made durable to this open file descriptor, a line a batch.",
)
@click.option(
    "--log-format",
    type=click.Choice(FORMATS),
    default="text",
    envvar="MAKEGOOD_LOG",
    show_default=True,
    show_envvar=True,
    help="How the log is written to stderr: a line an event.",
)
@at_desk
def run(desk: Desk, ack_fd: int | None, log_format: Format) -> None:
    """Probe until told to stop.

    SIGTERM or Ctrl-C ends it in good order, SIGHUP reads the configuration again. A second one on the same
    database is refused (7), and told who holds it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # it waits until the daemon can answer it
    if ack_fd is not None:
        _must_be_open(ack_fd)
    from monitor import serving

    serving.run(desk.file(), ack_fd=ack_fd, log_format=log_format)


def _must_be_open(fd: int) -> None:
    try:
        os.fstat(fd)
    except OSError:
        raise ConfigError(
            f"--ack-fd: {fd} is not open; open it in the shell: makegood run --ack-fd 3 3>acks.log"
        ) from None
