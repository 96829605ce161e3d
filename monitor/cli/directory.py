"""Commands by name, each imported when it is asked for: a call pays for no other command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, cast

import click

from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Directory(Mapping[str, click.Command]):
    """`places` says of each name where its command is: `module.attribute` within `monitor.cli`."""

    places: Mapping[str, str]

    def __getitem__(self, name: str) -> click.Command:
        module, _, attribute = self.places[name].partition(".")
        command: click.Command = getattr(import_module(f"monitor.cli.{module}"), attribute)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


class InOrder(click.Group):
    """A group whose help lists its commands in the order in which they were written."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


class OneOfTwo(InOrder):
    """A group with a sibling that is easily taken for it; `elsewhere` tells of the other one's words.

    Of a word that is no command of it, `otherwise` is the command that may be meant, with that word after it.
    """

    def __init__(self, *args: Any, elsewhere: Mapping[str, str], otherwise: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.elsewhere = elsewhere
        self.otherwise = otherwise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As usual; a word of the other group is answered with its command."""
        if args and args[0] in self.elsewhere:
            ctx.fail(f"{ctx.info_name} {args[0]}: {self.elsewhere[args[0]]}")
        if self.otherwise and len(args) > 1 and args[0] not in self.commands:
            ctx.fail(f"No such command '{args[0]}'. Did you mean {self.otherwise} {args[0]} {args[1]}?")
        return super().resolve_command(ctx, args)


def commands(**places: str) -> MutableMapping[str, click.Command]:
    """The commands of a group, for `click.group(commands=…)`; none is ever added."""
    return cast(MutableMapping[str, click.Command], Directory(places))


__all__ = ["Directory", "InOrder", "OneOfTwo", "commands"]
