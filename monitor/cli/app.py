"""The group of all commands: shared options, and errors as the sentence they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from monitor import __version__
from monitor.cli.desk import Desk
from monitor.cli.directory import InOrder, commands
from monitor.errors import Exit, MakegoodError

INTERRUPTED = 130  # 128 + SIGINT, as a shell has it
CLOSED = 141  # 128 + SIGPIPE: whoever read the answer has read enough

EXIT_CODES = """\b
Exit codes: 0 done. 1 the answer is no (down, under the threshold, differs).
2 usage or configuration. 3 evidence refused. 4 a figure in no row.
5 a person must decide. 6 evidence gone. 7 held by another process."""


NAMES = (
    "init", "config", "sla", "check", "probe", "run", "endpoint", "status", "log", "replay", "coverage",
    "budget", "targets", "outages", "outage", "incident", "alerts", "kpi", "metric", "tickets", "queue",
    "maintenance", "exclude", "approve", "report", "statement", "claim", "dispute", "claims", "sides",
    "credits", "exposure", "whatif", "backtest", "shadow", "explain", "evaluate", "audit", "verify",
    "storage", "export", "sql", "backup", "restore", "doctor", "demo",
)  # fmt: skip


class Commands(InOrder):
    """A group that shows an error of ours as its sentence and leaves with its code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            if error.option_name != "--config" or error.ctx is None:
                raise
            words = error.ctx.command_path.split(" ", 1)
            place = f"--config goes before the command: {words[0]} --config FILE {words[-1]}"
            raise click.UsageError(place, error.ctx) from None
        except MakegoodError as error:
            click.echo(_told(error), err=True)
            ctx.exit(int(error.exit_code))
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes nowhere
            ctx.exit(CLOSED)
        except OSError as error:
            place = "" if error.filename is None else f"{error.filename}: "
            click.echo(f"{place}{error.strerror or error}", err=True)
            ctx.exit(int(Exit.USAGE))
        except UnicodeEncodeError as error:
            click.echo(f"{error.object!a} is not text in UTF-8; write it in UTF-8", err=True)
            ctx.exit(int(Exit.USAGE))


def _told(error: MakegoodError) -> str:
    from monitor.config.problems import ConfigProblems

    return error.drawn() if isinstance(error, ConfigProblems) else str(error)


@click.group(
    cls=Commands,
    commands=commands(**{name: f"{name}.{name}" for name in NAMES}),
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("makegood.toml"),
    envvar="MAKEGOOD_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def makegood(ctx: click.Context, path: Path) -> None:
    """An uptime monitor that knows what an outage costs."""
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    ctx.obj = Desk(path) if ctx.obj is None else Desk(path, ctx.obj)
