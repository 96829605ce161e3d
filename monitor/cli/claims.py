"""`makegood claims`: our claims against providers. What customers claim of us is `makegood claim`."""

from __future__ import annotations

import click

from monitor.cli.desk import as_json
from monitor.cli.directory import OneOfTwo, commands

OTHER = {"move": "what became of a customer's claim against us is recorded by `makegood claim move`"}


@click.group(
    cls=OneOfTwo,
    elsewhere=OTHER,
    otherwise="makegood claims show",
    invoke_without_command=True,
    commands=commands(
        list="claims_list.list_",
        show="claims_show.show_",
        file="claims_record.file",
        settle="claims_record.settle",
        bundle="claims_bundle.bundle",
    ),
)
@as_json
@click.pass_context
def claims(ctx: click.Context, json_: bool) -> None:
    """Our claims against providers: what they owe us, and by when.

    Of agreements with provider = "...", services of others that we pay for.
    Without a command, the list. What customers claim of us is another command,
    without the s: makegood claim.
    """
    if ctx.invoked_subcommand is None:
        from monitor.cli.claims_list import list_

        ctx.invoke(list_, json_=json_)
    elif json_:
        raise click.UsageError(
            f"--json comes after the command: makegood claims {ctx.invoked_subcommand} --json"
        )
