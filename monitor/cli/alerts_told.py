"""How alerts are shown: a line each, what became of their letters, and the same for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from monitor.cli.layout import marked, table, utc
from monitor.core.intervals import Ms, Span
from monitor.core.periods import local

if TYPE_CHECKING:
    from monitor.operations.alert import Finding
    from monitor.operations.mutes import Mute
    from monitor.store.protocol import Alert, Letter

HEAD = ("ID", "RAISED", "TOOK", "TAKEN UP", "TOLD", "WHAT")


def lines(
    found: Sequence[Alert],
    letters: Sequence[Letter],
    zone: str,
    now: Ms,
    silent: Mapping[int, Mute],
    latest: Mapping[int, Finding],
) -> list[str]:
    """The table: x pages, and nobody has taken it up.

    `silent` are the mutes that had nobody told, `latest` is what holds now, both by number.
    """
    year, own = local(now, zone).year, by_alert(letters)
    rows = [
        _cells(each, own.get(each.seq, ()), zone, now, year, silent.get(each.seq), latest.get(each.seq))
        for each in found
    ]
    return marked(table(HEAD, rows, right=(0, 2)), [_mark(each) for each in found])


def by_alert(letters: Sequence[Letter]) -> Mapping[int, Sequence[Letter]]:
    """The letters of each alert, by its number."""
    found: dict[int, list[Letter]] = {}
    for each in letters:
        found.setdefault(each.alert.seq, []).append(each)
    return found


def _mark(alert: Alert) -> str:
    waits = alert.ended is None and alert.acknowledged is None and alert.new.urgency == "page"
    return "x" if waits else " "


def silencers(found: Sequence[Alert], mutes: Sequence[Mute], now: Ms) -> Mapping[int, Mute]:
    """For each alert that nobody was told of, the newest mute that was in force meanwhile, by its number."""
    from monitor.operations.alert import COSTLY

    silent: dict[int, Mute] = {}
    for each in found:
        span = Span(each.new.raised, max(each.new.raised, now if each.ended is None else each.ended) + 1)
        for mute in mutes:
            applies = mute.costs or each.new.kind not in COSTLY
            if each.told_at is None and applies and mute.holds(each.new.service, span):
                silent[each.seq] = mute
    return silent


def _cells(
    alert: Alert,
    letters: Sequence[Letter],
    zone: str,
    now: Ms,
    year: int,
    mute: Mute | None,
    latest: Finding | None,
) -> tuple[str, ...]:
    from monitor.cli.incident_told import short
    from reports.format import clean

    new = alert.new
    took = (now if alert.ended is None else alert.ended) - new.raised
    return (
        str(alert.seq),
        face(new.raised, zone, year),
        short(took) if alert.ended is None else f"over, {short(took)}",
        clean(alert.acknowledged_by) or "-",
        _who(alert, letters, mute),
        clean(new.title if latest is None else latest.title),
    )


def _who(alert: Alert, letters: Sequence[Letter], mute: Mute | None) -> str:
    from reports.format import clean

    if mute is not None:
        return f"nobody, muted by {clean(mute.author)}"
    return told(letters) if letters or alert.told_at is None else "not kept"


def as_of(known: int, still: int, zone: str, now: Ms) -> str:
    """The sentence on how many of those that are open are said as they stand now."""
    when = face(now, zone, local(now, zone).year)
    return (
        f"As of {when}." if known == still else f"{known} of {still} as of {when}, the others as last told."
    )


def face(at: Ms, zone: str, year: int) -> str:
    """`6 Oct 14:02`, with its year where that is another one."""
    from reports.format import PLAIN, day

    return f"{day(at, zone, PLAIN, year=year)} {local(at, zone):%H:%M}"


def told(letters: Sequence[Letter]) -> str:
    """The channels that took a letter; those that wait, or took none, say so."""
    found: dict[str, str] = {}
    for each in letters:
        note = {"waiting": " (waits)", "given up": " (not told)"}.get(each.state, "")
        found[each.channel] = note or found.get(each.channel, "")
    return ", ".join(f"{channel}{note}" for channel, note in found.items()) or "nobody"


def taken_up(alert: Alert, zone: str, now: Ms) -> str:
    """`taken up by ann, 6 Oct 14:02`."""
    from reports.format import clean

    at = now if alert.acknowledged is None else alert.acknowledged
    return f"taken up by {clean(alert.acknowledged_by)}, {face(at, zone, local(now, zone).year)}"


def troubles(letters: Sequence[Letter], zone: str, now: Ms) -> Iterator[str]:
    """A sentence for each channel whose letters wait for a further try, or were given up."""
    from monitor.core.periods import local
    from reports.format import PLAIN, clean, plural

    year = local(now, zone).year
    stuck = [each for each in letters if each.state == "given up" or (each.state == "waiting" and each.tries)]
    stuck.sort(key=lambda each: (each.channel, each.state, each.seq))
    for (channel, state), group in groupby(stuck, key=lambda each: (each.channel, each.state)):
        each = list(group)
        last = each[-1]
        many, tried = plural(len(each), "letter", "letters", PLAIN), plural(last.tries, "try", "tries", PLAIN)
        if state == "given up":
            when = face(last.done or now, zone, year)
            yield f"{channel}: {many} not told, given up after {tried}, {when}: {clean(last.said)}"
        else:
            when = face(last.due, zone, year)
            yield f"{channel}: {many} waiting after {tried}, again {when}: {clean(last.said)}"


def as_data(
    alert: Alert,
    letters: Sequence[Letter],
    mute: Mute | None = None,
    latest: Finding | None = None,
    now: Ms | None = None,
) -> dict[str, object]:
    """One alert for a program, with what holds `now` where that is known. Its token is no part of it."""
    new = alert.new
    return {
        "id": alert.seq,
        "rule": new.rule,
        "kind": new.kind,
        "subject": new.subject,
        "urgency": new.urgency,
        "title": new.title,
        "lines": [*new.lines],
        "latest": None
        if latest is None
        else {
            "at": utc(now),
            "title": latest.title,
            "lines": [*latest.lines],
        },
        "service": new.service or None,
        "incident": new.incident or None,
        "team": new.team or None,
        "since": utc(new.since),
        "raised": utc(new.raised),
        "told": utc(alert.told_at),
        "muted_by": None if mute is None else mute.author,
        "acknowledged": utc(alert.acknowledged),
        "acknowledged_by": alert.acknowledged_by or None,
        "ended": utc(alert.ended),
        "letters": [
            {
                "step": each.step,
                "channel": each.channel,
                "state": each.state,
                "due": utc(each.due),
                "tries": each.tries,
                "done": utc(each.done),
                "said": each.said or None,
            }
            for each in letters
        ],
    }


def muted_for(each: Mute, zone: str, now: Ms) -> str:
    """`Muted by ann from 18 Nov 09:42 until 18 Nov 11:42 (shop): Load test`."""
    from reports.format import clean

    year = local(now, zone).year
    span = f"from {face(each.since, zone, year)} until {face(each.until, zone, year)}"
    told = "" if each.costs else "; what it costs was told"
    return f"Muted by {clean(each.author)} {span} ({clean(each.subject)}): {clean(each.reason)}{told}"


def as_muted(each: Mute) -> dict[str, object]:
    """A mute for a program."""
    return {
        "what": each.subject,
        "since": utc(each.since),
        "until": utc(each.until),
        "author": each.author,
        "reason": each.reason,
        "costs": each.costs,
    }


def muted(each: Mute, zone: str, now: Ms) -> tuple[str, ...]:
    """A line of the list of mutes."""
    from reports.format import clean

    return each.subject, face(each.until, zone, local(now, zone).year), clean(each.author), clean(each.reason)
