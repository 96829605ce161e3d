"""`makegood sla list`: one's own SLAs and the published ones, by word."""

from __future__ import annotations

from collections.abc import Iterator

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk
from monitor.cli.shelf import Shown, as_data, own, plan_of, published

HEAD = ("NAME", "PROVIDER", "PROMISE", "READ FROM", "NOT VERIFIED")
FEW = 2
TRY = ("cloud", "compute", "server", "host", "storage", "database", "network", "colocation", "support")


@click.command("list")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@as_json
@at_desk
def list_(desk: Desk, words: tuple[str, ...], json_: bool) -> None:
    """SLAs: your own, and the published ones that come along.

    With words, those that have each of them in their name, provider or section. Your own are of the
    configuration, where there is one. READ FROM says what was read of a published one: the primary text, an
    excerpt of it, a clause, or something second-hand; NOT VERIFIED names the stages whose figures nobody has
    held against the text.
    """
    every = {**own(plan_of(desk)), **published()}
    chosen = [each for each in every.values() if all(_has(each, word) for word in words)]
    if json_:
        show_json([as_data(each) for each in chosen])
        return
    if chosen:
        show(table(HEAD, [tuple(_row(each)) for each in chosen]))
    talk(f"{len(chosen)} of {len(every)} SLAs")
    if not chosen:
        lacking = [word for word in words if not any(_has(each, word) for each in every.values())]
        which = f'"{lacking[0]}"' if lacking else "all of these words"
        talk(f"No name, provider or section has {which}. Try a provider, or one of: {', '.join(TRY)}.")


def _has(each: Shown, word: str) -> bool:
    text = f"{each.name} {each.provider} {each.section}".casefold()
    return word.casefold() in text


def _row(each: Shown) -> Iterator[str]:
    yield each.name
    yield each.provider
    yield promise(each)
    yield each.kind
    yield ", ".join(each.unverified)


def promise(each: Shown) -> str:
    """What is promised, in a few words."""
    said = list(each.promises())
    if len(said) > FEW:
        return f"{len(said)} promises"
    return ", ".join(f"{name} {text}" if name else text for name, text in said)
