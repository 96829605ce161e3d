"""How far back a command looks: --since and --until, the same wherever time is looked through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from monitor.core.intervals import Ms, Span

F = TypeVar("F", bound=Callable[..., Any])

until_option = click.option("--until", "end", metavar="WHEN", help="The same; default: now.")


def since_option(lately: str) -> Callable[[F], F]:
    """`--since`, by default as long ago as `lately`."""
    return click.option(
        "--since",
        "begin",
        metavar="WHEN",
        default=lately,
        show_default=True,
        help="A day, an instant, or how long ago.",
    )


def looked_through(begin: str, end: str | None, zone: str, now: Ms) -> Span:
    """What is looked through, never beyond now. ConfigError names the option that is wrong."""
    from monitor.cli.when import since
    from monitor.errors import ConfigError

    first = since(begin, zone, now, "--since")
    last = now if end is None else since(end, zone, now, "--until")
    if first > now:
        raise ConfigError(f"--since: {begin} is still to come")
    if end is not None and first >= last:
        raise ConfigError(f"--until: {end} is not after --since, {begin}: nothing lies between the two")
    return Span(first, min(last, now))
