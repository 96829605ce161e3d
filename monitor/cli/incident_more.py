"""`makegood incident`: whose it is, how severe, why it happened, and what is to be done afterwards."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.incident_record import name_argument, reason_option, record, why_option
from monitor.cli.layout import show, show_json, talk
from monitor.core.intervals import Ms
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.operations.incident import Incident
    from monitor.store.protocol import NewEvent

LARGEST = 256 * 1024
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@name_argument
@click.option("--owner", metavar="NAME", help='Who answers for it; "" for nobody.')
@click.option("--team", metavar="NAME", help='Whose it is; "" for none.')
@click.option("--label", "add", metavar="LABEL", multiple=True, help="Add one; may be repeated.")
@click.option("--unlabel", "remove", metavar="LABEL", multiple=True, help="Take one off; may be repeated.")
@as_json
@at_desk
def assign(
    desk: Desk,
    name: str,
    owner: str | None,
    team: str | None,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    json_: bool,
) -> None:
    """Say whose it is, and label it."""
    from monitor.operations.entries import assigned

    record(
        desk, name,
        lambda i, who, now: assigned(i, who, now, owner=owner, team=team, add=add, remove=remove),
        json_=json_, done="Assigned",
    )  # fmt: skip


@click.command()
@name_argument
@click.argument("grade", metavar="[SEVERITY]", required=False)
@click.option("--by-rule", is_flag=True, help="In place of SEVERITY: go by the rule again.")
@why_option
@as_json
@at_desk
def severity(desk: Desk, name: str, grade: str | None, by_rule: bool, reason: str, json_: bool) -> None:
    """Say how severe it is; that stands before the rule.

    The severities and their rule are in the configuration, under [incidents].
    """
    from monitor.config.values import meant
    from monitor.operations.entries import graded

    if (grade is None) == (not by_rule):
        raise ConfigError("say how severe it is: SEVERITY, or --by-rule")
    known = [each.id for each in desk.plan().incidents.severities]
    if grade is not None and grade not in known:
        near = meant(grade, known)
        hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join(known)}"
        raise ConfigError(f'there is no severity "{grade}"; {hint}')
    record(
        desk, name, lambda i, who, now: graded(i, grade or "", who, now, reason), json_=json_,
        done="By the rule again" if by_rule else f"Graded {grade}",
    )  # fmt: skip


@click.command()
@name_argument
@click.argument("what", metavar="CAUSE")
@reason_option
@as_json
@at_desk
def cause(desk: Desk, name: str, what: str, reason: str, json_: bool) -> None:
    """Say what caused it: one of the causes in the configuration."""
    from monitor.operations.entries import caused

    known = desk.plan().incidents.causes
    record(
        desk, name, lambda i, who, now: caused(i, what, known, who, now, reason), json_=json_,
        done=f"Caused by {what}",
    )  # fmt: skip


@click.command()
@name_argument
@click.argument("text")
@click.option("--for-customer", is_flag=True, help="A draft for customers: kept apart, and on no page.")
@as_json
@at_desk
def note(desk: Desk, name: str, text: str, for_customer: bool, json_: bool) -> None:
    """Keep a note with it, for the team.

    Nothing that is kept with an incident is on a customer's page. What customers
    are to read of an outage is `makegood outage note --for-customer`.
    """
    from monitor.operations.entries import noted

    record(
        desk, name, lambda i, who, now: noted(i, text, who, now, for_customer=for_customer), json_=json_,
        done="Drafted for customers" if for_customer else "Noted",
    )  # fmt: skip


@click.command(name="follow-up")
@name_argument
@click.argument("text", required=False)
@click.option("--owner", metavar="NAME", default="", help="Who does it.")
@click.option("--due", metavar="DAY", type=DAY, help="Its last day.")
@click.option(
    "--done", metavar="ENTRY", type=click.IntRange(min=1), help="In place of TEXT: this one is done."
)
@reason_option
@as_json
@at_desk
def follow_up(
    desk: Desk,
    name: str,
    text: str | None,
    owner: str,
    due: datetime | None,
    done: int | None,
    reason: str,
    json_: bool,
) -> None:
    """What is to be done about it, or that it was done.

    A follow-up is named by the number in brackets that `makegood incident show`
    has, which is its entry in the journal.
    """
    from monitor.operations import entries

    if (text is None) == (done is None) or (done is not None and (owner or due)):
        raise ConfigError("say one thing: TEXT is to be done, with --owner and --due, or --done ENTRY")
    if done is not None:
        record(
            desk, name, lambda i, who, now: entries.follow_up_done(i, done, who, now, reason), json_=json_,
            done=f"Follow-up {done} is done",
        )  # fmt: skip
        return
    until = _end_of(desk, due)
    record(
        desk, name, lambda i, who, now: entries.follow_up(i, text or "", owner, until, who, now), json_=json_,
        done="To be done",
    )  # fmt: skip


def _end_of(desk: Desk, day: datetime | None) -> Ms | None:
    """The end of a day where the operator is."""
    from datetime import timedelta

    from monitor.core.periods import midnight
    from monitor.statements.status import zone_of

    return None if day is None else midnight(day.date() + timedelta(days=1), zone_of(desk.plan()))


@click.command()
@name_argument
@click.option("--due", metavar="DAY", type=DAY, help="Its last day, in place of the rule's.")
@click.option("--link", metavar="URL", default="", help="Where it stands.")
@click.option("--file", "path", metavar="FILE", help="Markdown to keep with the incident.")
@click.option("--done", is_flag=True, help="It is completed.")
@click.option("--required/--not-required", default=None, help="Whatever the rule says; it needs a reason.")
@reason_option
@as_json
@at_desk
def postmortem(
    desk: Desk,
    name: str,
    due: datetime | None,
    link: str,
    path: str | None,
    done: bool,
    required: bool | None,
    reason: str,
    json_: bool,
) -> None:
    """What was learned from it: until when, where it stands, done.

    Without an option it is shown. The severities in the configuration say for
    which one is required, and within what time after the end. What is kept and
    that it is completed may be said at once.
    """
    from monitor.operations import entries

    if link and not link.startswith(("https://", "http://")):
        raise ConfigError(f'--link: "{link}" is no address: write https://…')
    if not (link or path or due or done or reason) and required is None:
        _show_postmortem(desk, name, json_=json_)
        return
    text, until = _markdown(path), _end_of(desk, due)
    kept = bool(link or text or until is not None or required is not None)
    if done and required is False:
        raise ConfigError("--done: with --not-required nothing is to be completed: write one of them")

    def entry(incident: Incident, who: str, now: Ms) -> list[NewEvent]:
        told = [
            entries.postmortem(
                incident, who, now, required=required, due=until, link=link, text=text, reason=reason
            )
        ] if kept or not done else []  # fmt: skip
        written = bool(link or text)
        return [*told, *([entries.postmortem_done(incident, who, now, written=written)] if done else [])]

    record(
        desk, name, entry, json_=json_, done="Postmortem completed" if done else "Kept of its postmortem"
    )  # fmt: skip


def _show_postmortem(desk: Desk, name: str, *, json_: bool) -> None:
    """What is kept of it: the text as it is, or where it stands."""
    from monitor.cli.incident_told import as_data, postmortem_line
    from monitor.oncall.incidents import Watch
    from monitor.statements.status import zone_of
    from reports.format import clean

    with desk.evidence() as (plan, snapshot):
        now = desk.clock.now()
        found = Watch(plan, snapshot, now).find(name)
    if json_:
        show_json(as_data(found)["postmortem"])
        return
    talk(postmortem_line(found, zone_of(plan), now))
    kept = found.postmortem.text.splitlines() or [found.postmortem.link or "Nobody wrote it yet."]
    show(clean(line) for line in kept)


def _markdown(path: str | None) -> str:
    """A file's text; ConfigError where it cannot be read, is no text, or is too long to keep."""
    if path is None:
        return ""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"--file: {path} cannot be read: {(error.strerror or '').lower()}") from None
    if len(raw) > LARGEST:
        raise ConfigError(f"--file: {path} is longer than 256 KiB: keep it elsewhere, and write --link URL")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"--file: {path} is not UTF-8: save it as UTF-8") from None
    if not text.strip():
        raise ConfigError(f"--file: {path} is empty")
    return text
