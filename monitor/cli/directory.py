"""Commands by name, each imported when it is asked for: a call pays for no other command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import cast

import click


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


def commands(**places: str) -> MutableMapping[str, click.Command]:
    """The commands of a group, for `click.group(commands=…)`; none is ever added."""
    return cast(MutableMapping[str, click.Command], Directory(places))


__all__ = ["Directory", "InOrder", "commands"]
