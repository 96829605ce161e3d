"""`makegood audit`: the whole trail: who recorded or decided what, when and why, in the order of writing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, at_desk
from monitor.cli.layout import show, table, talk, utc
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.errors import ConfigError, Exit
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.store.protocol import Event

HEAD = ("ENTRY", "TIME", "BY", "WHAT", "OF", "REASON")
FIELDS = ("seq", "at", "kind", "subject", "author", "reason", "body", "previous", "digest")
FORMULAS = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; "" and None: everything. `kinds` are kinds or their nouns, `statement`."""

    after: int
    kinds: tuple[str, ...]
    subject: str
    author: str
    since: Ms | None
    until: Ms | None

    def __call__(self, event: Event) -> bool:
        return (
            (not self.kinds or event.kind in self.kinds or event.kind.partition(".")[0] in self.kinds)
            and self.subject in ("", event.subject)
            and self.author in ("", event.author)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
        )


@click.command()
@click.option(
    "--after", metavar="ENTRY", type=click.IntRange(min=0), default=0, help="The entries after this one."
)
@click.option(
    "--kind", "kinds", metavar="KIND", multiple=True, help="Such as statement.issued, or statement."
)
@click.option("--subject", metavar="NAME", default="", help="Of this statement, window, outage or exclusion.")
@click.option("--author", metavar="USER", default="", help="By this user of the system.")
@click.option("--since", "begin", metavar="WHEN", help="From this day or instant on, or how long ago.")
@click.option("--until", "end", metavar="WHEN", help="Before this day or instant.")
@click.option("--csv", "form", flag_value="csv", help="As CSV, with every detail.")
@click.option("--json", "form", flag_value="json", help="As JSON, with every detail.")
@at_desk
def audit(
    desk: Desk,
    after: int,
    kinds: tuple[str, ...],
    subject: str,
    author: str,
    begin: str | None,
    end: str | None,
    form: str | None,
) -> None:
    """Who recorded what, when and why: every entry of the journal.

    Oldest first. The chain of all entries is checked, whatever is shown of
    them; exits 3 where it is broken.
    """
    from monitor.statements.status import zone_of

    plan = desk.plan()
    store = desk.store(plan)
    zone, now = zone_of(plan), desk.clock.now()
    asked = Asked(
        after, kinds, subject, author, _at(begin, zone, now, "--since"), _at(end, zone, now, "--until")
    )
    with store.snapshot() as snapshot:
        every = list(snapshot.events())
    _must_be_known(kinds, every)
    found = [event for event in every if event.seq > after and asked(event)]
    _show(found, form, zone)
    broken = store.journal.verify()
    if broken:
        talk(f"The trail cannot be relied on: {broken}")
        raise click.exceptions.Exit(Exit.REFUSED)
    if form is None:
        talk(f"{len(found)} of {len(every)} entries; their chain holds.")


def _at(text: str | None, zone: str, now: Ms, option: str) -> Ms | None:
    from monitor.cli.when import since

    return None if text is None else since(text, zone, now, option)


def _must_be_known(kinds: Iterable[str], events: Iterable[Event]) -> None:
    """ConfigError for a kind that no entry has: most likely it is misspelt."""
    known = sorted({event.kind for event in events})
    nouns = {kind.partition(".")[0] for kind in known}
    for kind in kinds:
        if kind not in known and kind not in nouns:
            there = ", ".join(known) or "nothing yet"
            raise ConfigError(f'--kind: no entry is of the kind "{kind}"; the journal has {there}')


def _show(events: list[Event], form: str | None, zone: str) -> None:
    if form == "json":
        show(_json(events))
    elif form == "csv":
        click.echo(_csv(events), nl=False)
    elif events:
        show(table(HEAD, [_cells(event, zone) for event in events], right=(0,)))


def _json(events: Iterable[Event]) -> Iterator[str]:
    yield json.dumps([as_data(event) for event in events], indent=2, ensure_ascii=False)


def as_data(event: Event) -> dict[str, object]:
    """One entry for a program, with its place in the chain."""
    return {
        "seq": event.seq,
        "at": utc(event.at),
        "kind": event.kind,
        "subject": event.subject,
        "author": event.author,
        "reason": event.reason,
        "body": event.body,
        "previous": event.previous,
        "digest": event.digest,
    }


def _csv(events: Iterable[Event]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\r\n")
    writer.writeheader()
    for event in events:
        body = json.dumps(_listed(event.body), sort_keys=True, ensure_ascii=False)
        writer.writerow(_guarded({**as_data(event), "body": body}))
    return out.getvalue()


def _listed(body: Mapping[str, object]) -> dict[str, object]:
    """What a cell has room for: a whole configuration is `makegood config show --as-of`."""
    return {key: "…" if key == "packed" else value for key, value in body.items()}


def _guarded(row: Mapping[str, object]) -> dict[str, object]:
    """What a spreadsheet could take for a formula is preceded by an apostrophe."""
    return {key: f"'{value}" if str(value).startswith(FORMULAS) else value for key, value in row.items()}


def _cells(event: Event, zone: str) -> tuple[str, ...]:
    from monitor.core.periods import local
    from reports.format import clean

    return (
        str(event.seq),
        f"{local(event.at, zone):%Y-%m-%d %H:%M:%S %Z}",
        clean(event.author),
        event.kind,
        clean(_short(event.subject)),
        clean(_moved(event)),
    )


def _moved(event: Event) -> str:
    """The reason; of a claim against a provider also what became of it, when, and of how much."""
    if event.kind != "receivable.moved":
        return event.reason
    amount = event.body["amount"]
    said = f"{event.body['state']} on {event.body['on']}"
    if isinstance(amount, dict):
        money = Amount(int(amount["minor"]), str(amount["currency"]))
        said += f", {money.decimal:f} {money.currency}"
    return f"{said}: {event.reason}" if event.reason else said


def _short(subject: str) -> str:
    """A digest is told by its beginning; `--json` has all of it."""
    is_digest = len(subject) == 64 and not set(subject) - set("0123456789abcdef")
    return f"{subject[:12]}…" if is_digest else subject
