"""`makegood claims`: our claims against providers. What customers claim of us is `makegood claim`."""

from __future__ import annotations

import click

from monitor.cli.directory import InOrder, commands

OTHER = {"move": "what became of a customer's claim against us is recorded by `makegood claim move`"}


class Claims(InOrder):
    """Without a word it lists; a word of the other side is answered with its command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in OTHER:
            ctx.fail(f"claims {args[0]}: {OTHER[args[0]]}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Claims,
    invoke_without_command=True,
    commands=commands(
        list="claims_list.list_",
        show="claims_show.show_",
        file="claims_record.file",
        settle="claims_record.settle",
        bundle="claims_bundle.bundle",
    ),
)
@click.pass_context
def claims(ctx: click.Context) -> None:
    """Our claims against providers: what they owe us, and by when.

    Of agreements with provider = "...", services of others that we pay for.
    Without a command, the list. What customers claim of us is another command,
    without the s: makegood claim.
    """
    if ctx.invoked_subcommand is None:
        from monitor.cli.claims_list import list_

        ctx.invoke(list_)
