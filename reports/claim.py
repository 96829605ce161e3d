"""PURE. A claim against a provider as its page prints it: a period, read by whom it is held against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from monitor.core.intervals import Ms
from monitor.core.money import Money
from monitor.core.periods import local, midnight
from monitor.records import dataclass
from monitor.statements.value import ClaimPaper, OutageLine, ProbeLine, PromiseLine, Section
from reports import format as f
from reports.claim_words import (
    ATTACHED,
    CLAIM_TITLE,
    CLAIMED,
    DAYS,
    HEADLINES,
    LEDES,
    METHOD,
    OUTAGES,
    PROMISES,
    SEEN_ONLY,
)
from reports.headline import figure, late, promise
from reports.page import PromiseRow, StatementPage
from reports.sentences import GENERATED, NOTES
from reports.sentences import OUTAGES as SEEN
from reports.view import statement_page

OURS = re.compile(r"; (our planned checks are the requests[^;]*?)(?=;|\.$)")


@dataclass(frozen=True, slots=True)
class ClaimedOutage:
    """One outage, its times in UTC and in the contract's zone ("" where that is UTC)."""

    letter: str
    cause: str
    start: str
    start_local: str
    start_error: str
    end: str
    end_local: str
    end_error: str
    duration: str
    counted: str


@dataclass(frozen=True, slots=True)
class ClaimedPromise:
    """One figure of a contract with several promises: what it was, and whether its credit must be claimed."""

    of: PromiseRow
    claim: str


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """Everything on the page. `of` has the parts that a statement of the period would have too."""

    language: str
    document: str
    footer: str
    title: str
    notice: str
    kicker: str
    headline: str
    lede: str
    facts: tuple[tuple[str, str], ...]
    promises_note: str
    promises: tuple[ClaimedPromise, ...]
    outages_note: str
    outages: tuple[ClaimedOutage, ...]
    zone: str
    method: tuple[str, ...]
    reference: str
    terms: str
    contract: tuple[str, ...]
    notes: tuple[str, ...]
    attached: str
    generated: str
    of: StatementPage


def claim_page(paper: ClaimPaper) -> ClaimPage:
    """The page of a claim."""
    title = f"{CLAIM_TITLE} · {f.period_title(paper.statement.period)}"
    inner = statement_page(paper.statement)
    return ClaimPage(
        language="en",
        document=f"{title} · {f.clean(paper.agreement)}",
        footer=f.css_text(title),
        title=CLAIM_TITLE,
        notice=_days(paper),
        kicker=f"{f.clean(paper.section.service)}, {f.period_title(paper.statement.period)}",
        headline=_headline(paper),
        lede=_lede(paper),
        facts=tuple(_facts(paper)),
        promises_note=PROMISES,
        promises=tuple(_promises(paper, inner)),
        outages_note=_outages_note(paper),
        outages=tuple(_outages(paper, inner)),
        zone="" if paper.zone == "UTC" else f.clean(paper.zone),
        method=tuple(_method(paper)),
        reference=f.clean(paper.reference),
        terms=_terms(paper),
        contract=tuple(f.clean(_theirs(sentence)) for sentence in paper.section.plain),
        notes=tuple(_notes(paper)),
        attached=ATTACHED,
        generated=GENERATED if paper.statement.generated else "",
        of=inner,
    )


def _outages_note(paper: ClaimPaper) -> str:
    zone = "" if paper.zone == "UTC" else f" and in {f.clean(paper.zone)}, the contract’s zone"
    said = [OUTAGES.format(zone=zone)] if paper.section.outages else []
    if not paper.settled:
        key = "some" if said else "none"
        said.append(SEEN_ONLY[key].format(why=f.clean(paper.why)))
    return " ".join(said) or SEEN["none"]


def _headline(paper: ClaimPaper) -> str:
    section = paper.section
    if paper.owed is None and paper.claimed is not None:
        return HEADLINES["owed_free"].format(credit=f.money(paper.claimed))
    if paper.owed is None:
        return HEADLINES["unknown"].format(why=f.clean(paper.why))
    said = figure(section)
    if section.promises:
        key = "several_free" if paper.deadlines.automatic else "several"
        key = "several_none" if not paper.owed.minor else "several_so_far" if paper.runs else key
        return HEADLINES[key].format(credit=f.money(paper.claimed or paper.owed))
    key = "none" if not paper.owed.minor else "so_far" if paper.runs else "owed" if said else "owed_free"
    return HEADLINES[key].format(
        credit=f.money(paper.claimed or paper.owed), figure=said, promise=f.clean(promise(section))
    )


def _lede(paper: ClaimPaper) -> str:
    section = paper.section
    if not paper.settled:
        return ""
    fee = LEDES["fee"].format(fee=f.fee(section.fee))
    if section.promises:
        return " ".join(filter(None, (_free(paper), fee)))
    if section.tickets is not None and section.tickets.alone:
        return f"{late(section.tickets.promises)} {fee}"
    counted = LEDES["counted"].format(
        counted=f.duration(section.counted),
        outages=f.plural(len(section.outages), "outage", "outages"),
        allowed=f.brief(section.allowed),
    )
    return f"{counted} {fee}"


def _days(paper: ClaimPaper) -> str:
    dates = paper.deadlines
    said = [DAYS[key].format(day=_day(day)) for key, day in to_come(paper)]
    if said:
        said.append(DAYS["included"].format(zone=f.clean(paper.zone)))
    elif dates.automatic:
        said.append(DAYS["none"])
    return " ".join(said)


def _free(paper: ClaimPaper) -> str:
    """What of a credit needs no claim, where another part does."""
    lines = paper.section.promises
    free = [x.credit for x in lines if x.credit is not None and x.credit.amount and x.deadlines.automatic]
    if not free or paper.deadlines.automatic:
        return ""
    whole = Money(sum((each.amount for each in free), Fraction(0)), free[0].currency)
    return LEDES["free"].format(credit=f.money(whole.round()))


def to_come(paper: ClaimPaper) -> Iterator[tuple[str, date]]:
    """The last days of notice and claim that are not past: what is past is not for the provider."""
    today = local(paper.statement.drawn_up, paper.zone).date()
    for step, day in (("notice", paper.deadlines.notify_by), ("claim", paper.deadlines.claim_by)):
        if day is not None and day >= today:
            yield step, day


def _day(day: date) -> str:
    return f.date(midnight(day, "UTC"), "UTC")


def _facts(paper: ClaimPaper) -> Iterator[tuple[str, str]]:
    """The figures in one table."""
    section = paper.section
    yield "Agreement", ", ".join(map(f.clean, (paper.agreement, *_references(section))))
    yield "Terms", _terms(paper)
    if section.promises:
        yield "Down by our checks", f.duration(sum(line.in_period for line in section.outages))
    else:
        yield from _figures(paper)
    yield "Fee of the period", f.fee(section.fee)
    if section.tier is not None and not section.promises:
        yield "Share of the fee", f.share(section.tier)
    if paper.owed is not None:
        yield "Credit, by our figures", f.money(paper.owed)
    if paper.claimed is not None:
        yield "Claimed", f.money(paper.claimed)


def _figures(paper: ClaimPaper) -> Iterator[tuple[str, str]]:
    """What was measured, of a contract with one promise."""
    section = paper.section
    yield "Commitment", f.clean(promise(section))
    if not section.timed:
        yield "Figure, by our tickets", figure(section) or "none"
        return
    if section.availability is not None:
        yield "Availability, by our checks", f.availability(section.availability)
    if section.gross is not None and section.gross != section.availability:
        yield "The same without any exclusion", f.availability(section.gross)
    if paper.settled:
        yield "Downtime counted", f.duration(section.counted)
    elif section.outages:
        yield "Down by our checks", f.duration(sum(line.in_period for line in section.outages))
    if section.excused:
        yield "Downtime not counted", f.duration(section.excused)


def _promises(paper: ClaimPaper, inner: StatementPage) -> Iterator[ClaimedPromise]:
    rows = [row for table in inner.promises for row in table.rows]
    for line, row in zip(paper.section.promises, rows, strict=True):
        yield ClaimedPromise(row, _claimed(line))


def _claimed(line: PromiseLine) -> str:
    """By when its credit must be claimed; "" where it gives none."""
    if line.credit is None or not line.credit.amount:
        return ""
    dates = line.deadlines
    if dates.automatic:
        return CLAIMED["automatic"]
    steps = (("notice", dates.notify_by), ("by", dates.claim_by))
    return ", ".join(CLAIMED[key].format(day=_day(day)) for key, day in steps if day is not None)


def _references(section: Section) -> tuple[str, ...]:
    return tuple(f"{label} {value}" for label, value in section.references)


def _outages(paper: ClaimPaper, inner: StatementPage) -> Iterator[ClaimedOutage]:
    """The outages, with the cause and what took of them in the words of a statement."""
    rows = [row for table in inner.outages for row in table.rows]
    for line, row in zip(paper.section.outages, rows, strict=True):
        yield _outage(paper, line, " ".join(filter(None, (row.cause, row.told, *row.notes))))


def _outage(paper: ClaimPaper, line: OutageLine, cause: str) -> ClaimedOutage:
    return ClaimedOutage(
        letter=f.clean(line.letter),
        cause=cause,
        start=_at(line.span.start, "UTC"),
        start_local="" if paper.zone == "UTC" else _there(line.span.start, paper.zone),
        start_error=_earlier(line.error[0]),
        end=SEEN["going_on"] if line.open else _at(line.span.end, "UTC"),
        end_local="" if line.open or paper.zone == "UTC" else _there(line.span.end, paper.zone),
        end_error="" if line.open else _earlier(line.error[1]),
        duration=f.duration(line.duration),
        counted=f.duration(line.counted) if paper.settled else SEEN_ONLY["counted"],
    )


def _at(at: Ms, zone: str) -> str:
    return f.instant(at, zone, exact=True, year=0)


def _there(at: Ms, zone: str) -> str:
    """The same instant in the contract's zone; with its year where that is another."""
    return f.instant(at, zone, exact=True, year=local(at, "UTC").year)


def _earlier(error: Ms | None) -> str:
    if error is None:
        return SEEN["not_known"]
    return SEEN["earlier"].format(time=f.at_most(error)) if error else ""


def _method(paper: ClaimPaper) -> Iterator[str]:
    yield METHOD["from"].format(location=f.clean(paper.location))
    for probe in paper.probes:
        yield _probe(probe)
    yield METHOD["ends"]
    section = paper.section
    if paper.settled:
        yield METHOD["maintenance" if section.windows or section.excused else "nothing_taken"]
        yield METHOD["measured"].format(share=f.availability(section.coverage))
    if section.unknown:
        yield METHOD["unknown"]
    yield from (sentence for each in section.plain if (sentence := f.clean(_ours(each))))
    for kind, text in section.notes:
        if kind == "reading":
            yield METHOD["reading"].format(text=f.clean(text).rstrip("."))


def _terms(paper: ClaimPaper) -> str:
    return f.clean(paper.terms or f"{paper.section.sla}, version {paper.section.version}")


def _theirs(sentence: str) -> str:
    """A sentence of the contract without what is our reading of it."""
    return OURS.sub("", sentence)


def _ours(sentence: str) -> str:
    """What a sentence says of our checks; "" for most."""
    found = OURS.search(sentence)
    return "" if found is None else f"{found[1][0].upper()}{found[1][1:]}."


def _notes(paper: ClaimPaper) -> Iterator[str]:
    """What the provider reads beside the figures: neither our readings nor our doubts."""
    for kind, text in paper.section.notes:
        if kind not in ("reading", "unverified"):
            yield NOTES[kind].format(text=f.clean(text).rstrip("."))


def _probe(probe: ProbeLine) -> str:
    host = f", {f.clean(probe.host)}" if probe.host else ""
    first = METHOD["each"].format(
        endpoint=f.clean(probe.endpoint),
        kind=probe.kind,
        host=host,
        interval=f.duration(probe.interval),
        timeout=f.duration(probe.timeout),
    )
    if probe.attempts == 1:
        return f"{first} {METHOD['at_once']}"
    confirmed = METHOD["confirmed"].format(
        failures=probe.failures, attempts=probe.attempts, pause=f.duration(probe.pause)
    )
    return f"{first} {confirmed}"
