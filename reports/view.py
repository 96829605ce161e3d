"""PURE. A statement as the page prints it: every text is made here, the template only sets it.

Texts are cleaned of control characters and direction marks where they enter, and escaped by the template.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.intervals import MINUTE, Ms
from monitor.statements.value import Block, DayTime, OutageLine, Section, Statement, WindowLine
from reports import format as f
from reports.headline import headline, promise
from reports.measured import checks, gaps, gaps_note, measured
from reports.page import (
    Contract,
    Mark,
    OutageRow,
    OutageTable,
    Party,
    StatementPage,
    Summary,
    SummaryRow,
    TotalRow,
    WindowRow,
    WindowTable,
    Workings,
)
from reports.sentences import (
    CAUSES,
    CONTRACT,
    DAYS,
    FEES_CUT,
    GENERATED,
    MAINTENANCE,
    MISSED_ALREADY,
    NO_AMOUNT,
    NOTICE_DETAILS,
    NOTICES,
    OUTAGES,
    RESULTS,
    RESULTS_SO_FAR,
    TOTAL_OPEN,
    WINDOW_EFFECTS,
    WINDOW_QUIET,
)
from reports.setting import Setting, setting
from reports.strips import DayStrip, Why, day_axis, day_strip, full_height
from reports.words import window_letters, workings

ABSENT = ("not_in_force", "not_watched", "to_come")


def statement_page(statement: Statement) -> StatementPage:
    """The page of a statement."""
    s = setting(statement)
    days = s.statement.sections[0].days if s.statement.sections else ()
    month = f.month_title(statement.period)
    notice = _notice(s)
    return StatementPage(
        language="en",
        document=f"Service level statement · {f.clean(statement.customer.name)} · {month} · {notice}",
        footer=f.css_text(f"Service level statement · {month} · {notice}"),
        provider=_party(statement.issuer),
        customer=_party(statement.customer),
        month=month,
        zone=s.zone,
        drawn_up=(f.date(statement.drawn_up, s.zone), f.clock(statement.drawn_up, s.zone, seconds=False)),
        notice=notice,
        notice_detail=NOTICE_DETAILS[statement.status].format(as_of=_exactly(s, statement.as_of)),
        generated=_generated(s),
        headline=headline(statement, s.names),
        summary=_summary(s),
        strips=_strips(s),
        axis=day_axis(days, s.zone_of(statement.sections[0]) if days else s.zone),
        absent=_absent(s),
        days_note=_days_note(s) if days else "",
        outages=_outages(s),
        outages_note=_outages_note(s),
        windows=_windows(s),
        windows_note=_windows_note(s),
        measured=measured(s),
        checks=checks(s),
        gaps_note=gaps_note(s),
        gaps=gaps(s),
        contracts=_contracts(s),
        precedence=CONTRACT["precedence"],
        workings=_workings(s),
        digest=digest_in_groups(statement.evidence_digest),
        program=f.clean(statement.program),
        tzdata=f.clean(statement.tzdata),
        contact=f.clean(statement.issuer.contact),
    )


def digest_in_groups(digest: str) -> str:
    """A digest in groups of eight characters, for eyes that compare."""
    text = f.clean(digest)
    return " ".join(text[i : i + 8] for i in range(0, len(text), 8))


def _party(block: Block) -> Party:
    references = tuple((f.clean(label), f.clean(value)) for label, value in block.references)
    return Party(f.clean(block.name), tuple(map(f.clean, block.address)), references)


def _as_of(s: Setting) -> str:
    return f.instant(s.statement.as_of, s.zone, seconds=False, year=s.year)


def _exactly(s: Setting, at: Ms) -> str:
    """An instant to the minute where it is a whole one, else to the millisecond."""
    return f.instant(at, s.zone, seconds=bool(at % MINUTE), exact=True, year=s.year)


def _notice(s: Setting) -> str:
    month = f.month_title(s.statement.period)
    return NOTICES[s.statement.status].format(month=month, as_of=_as_of(s))


def _generated(s: Setting) -> tuple[str, ...]:
    spans = tuple(f.clock_range(span, s.zone, year=s.year) for span in s.statement.generated)
    return (GENERATED, *spans) if spans else ()


def _summary(s: Setting) -> Summary:
    currencies = {section.fee.currency for section in s.statement.sections}
    unit = f.clean(next(iter(currencies))) if len(currencies) == 1 else ""
    rows = tuple(_summary_row(s, name, section, unit) for name, section in s.sections)
    return Summary(unit, rows, _totals(s, unit) if len(rows) > 1 else (), _summary_notes(s))


def _summary_row(s: Setting, name: str, section: Section, unit: str) -> SummaryRow:
    results = RESULTS_SO_FAR if s.statement.status == "running" else RESULTS
    marks: dict[bool | None, Mark] = {True: "met", False: "missed", None: "unknown"}
    certain = section.owed_already is not None and section.owed_already.minor > 0
    figure = section.availability
    credit = section.credit
    return SummaryRow(
        name=name,
        commitment=promise(section),
        availability=RESULTS[None] if figure is None else f.availability(figure),
        downtime=f.duration(section.counted),
        mark=marks[section.met],
        result=MISSED_ALREADY if certain and section.met is False else results[section.met],
        fee=f.fee_figure(section.fee) if unit else f.fee(section.fee),
        credit=NO_AMOUNT if credit is None else f.figure(credit) if unit else f.money(credit),
    )


def _totals(s: Setting, unit: str) -> tuple[TotalRow, ...]:
    return tuple(
        TotalRow(
            label="Total" if unit else f"Total, {f.clean(total.fee.currency)}",
            fee=f.fee_figure(total.fee) if unit else f.fee(total.fee),
            credit=NO_AMOUNT
            if total.credit is None
            else (f.figure(total.credit) if unit else f.money(total.credit)),
        )
        for total in s.statement.totals
    )


def _summary_notes(s: Setting) -> tuple[str, ...]:
    fees = [section.fee for section in s.statement.sections]
    cut = [fee for fee in fees if not f.is_whole(fee)]
    places = f.digits(cut[0].currency) if cut else 0
    unit = f"hundredths of {cut[0].currency}" if places == 2 else "units"
    notes = [FEES_CUT.format(unit="minor units" if places not in {0, 2} else unit)] if cut else []
    if len(s.names) > 1 and any(total.credit is None for total in s.statement.totals):
        notes.append(TOTAL_OPEN)
    return tuple(notes)


def _strips(s: Setting) -> tuple[DayStrip, ...]:
    full = _full(s)
    return tuple(
        day_strip(name, section.days, s.zone_of(section), full, _why(s, section))
        for name, section in s.sections
    )


def _full(s: Setting) -> Ms:
    return full_height([day for section in s.statement.sections for day in section.days])


def _absent(s: Setting) -> str:
    """Why days are empty, where there are such days."""
    late = [each for each in s.statement.sections if any(not day.promised for day in each.days)]
    return f.either(_reasons(late)) if late else ""


def _why(s: Setting, section: Section) -> Why:
    """Why a day of a section is empty, as far as that can be told from when it is."""
    reasons = _reasons((section,))
    past = tuple(reason for reason in reasons if reason != DAYS["to_come"])

    def why(day: DayTime) -> str:
        ahead = day.span.start >= s.statement.as_of and DAYS["to_come"] in reasons
        return DAYS["to_come"] if ahead else f.either(past or reasons)

    return why


def _reasons(sections: Sequence[Section]) -> tuple[str, ...]:
    """The reasons for which time is not promised, as the workings have them."""
    rules = {line.rule for section in sections for line in section.workings if line.stage == "measure"}
    return tuple(DAYS[rule] for rule in ABSENT if rule in rules) or (DAYS["absent"],)


def _days_note(s: Setting) -> str:
    """The scale of the bars, and the zones in which days are not those of the page."""
    other: dict[str, list[str]] = {}
    for name, section in s.sections:
        if s.zone_of(section) != s.zone:
            other.setdefault(s.zone_of(section), []).append(name)
    zones = (DAYS["zone"].format(names=f.listed(tuple(names)), zone=zone) for zone, names in other.items())
    return " ".join((DAYS["full"].format(time=f.notice(_full(s))), *zones))


def _outages(s: Setting) -> tuple[OutageTable, ...]:
    return tuple(
        OutageTable(_choice(s, name), tuple(_outage_row(s, line, section) for line in section.outages))
        for name, section in s.sections
        if section.outages
    )


def _choice(s: Setting, name: str) -> str:
    return name if len(s.names) > 1 else ""


def _outages_note(s: Setting) -> str:
    quiet = tuple(name for name, section in s.sections if not section.outages)
    if len(quiet) == len(s.names):
        return OUTAGES["none"]
    none_of = [OUTAGES["none_of"].format(names=f.listed(quiet))] if quiet else []
    return " ".join((OUTAGES["rule"], *none_of))


def _outage_row(s: Setting, line: OutageLine, section: Section) -> OutageRow:
    whole = line.in_period == line.duration
    return OutageRow(
        letter=f.clean(line.letter),
        cause=f"{CAUSES[line.reason]} {_excused(line, section)}".strip(),
        start=f.instant(line.span.start, s.zone, exact=True, year=s.year),
        start_error=_earlier(line.error[0]),
        end=OUTAGES["going_on"] if line.open else f.end_of(line.span, s.zone, exact=True, year=s.year),
        end_error="" if line.open else _earlier(line.error[1]),
        duration=f.duration(line.duration),
        within="" if whole else OUTAGES["within"].format(time=f.duration(line.in_period)),
        counted=f.duration(line.counted),
    )


def _earlier(error: Ms | None) -> str:
    if error is None:
        return OUTAGES["not_known"]
    return OUTAGES["earlier"].format(time=f.at_most(error)) if error else ""


def _excused(line: OutageLine, section: Section) -> str:
    if not line.excused_by:
        return ""
    by = f.listed(tuple(name for ref in line.excused_by for name in _names_of(ref, line, section)))
    return OUTAGES["partly" if line.counted else "excused"].format(by=by)


def _names_of(ref: str, line: OutageLine, section: Section) -> tuple[str, ...]:
    """The letters of the windows with this id that touch the outage; the id itself where none does."""
    own = (w for w in section.windows if w.use.window == ref and w.span.clip(line.span))
    return tuple(f.clean(window.letter) for window in own) or (f.clean(ref),)


def _windows(s: Setting) -> tuple[WindowTable, ...]:
    return tuple(
        WindowTable(_choice(s, name), tuple(_window_row(s, line) for line in section.windows))
        for name, section in s.sections
        if section.windows
    )


def _window_row(s: Setting, line: WindowLine) -> WindowRow:
    use = line.use
    return WindowRow(
        letter=f.clean(line.letter),
        title=f.clean(line.title),
        effect=_effect(s, line),
        window=f.clock_range(line.span, s.zone, exact=True, year=s.year),
        announced=f.instant(line.recorded, s.zone, seconds=bool(line.recorded % MINUTE), year=s.year),
        ahead=MAINTENANCE["ahead" if use.ahead >= 0 else "after"].format(time=f.notice(abs(use.ahead))),
        inside=f.duration(use.inside),
        excused=f.duration(use.excused),
    )


def _effect(s: Setting, line: WindowLine) -> str:
    use = line.use
    if use.inside:
        said = WINDOW_EFFECTS[use.verdict].format(rest=f.duration(use.inside - use.excused))
    else:
        said = WINDOW_QUIET[use.verdict]
    if line.cancelled is None:
        return said
    when = f.instant(line.cancelled, s.zone, seconds=False, year=s.year)
    return f"{said} {MAINTENANCE['cancelled'].format(when=when)}"


def _windows_note(s: Setting) -> str:
    with_windows = [(name, section) for name, section in s.sections if section.windows]
    if not with_windows:
        return MAINTENANCE["none"]
    gross = (
        MAINTENANCE["gross"].format(name=name, figure=f.availability(section.gross))
        for name, section in with_windows
        if section.gross is not None and section.gross != section.availability
    )
    return " ".join((MAINTENANCE["checks"], *gross))


def _contracts(s: Setting) -> tuple[Contract, ...]:
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, section in s.sections:
        terms = CONTRACT["terms"].format(sla=f.clean(section.sla), version=f.clean(section.version))
        groups.setdefault((terms, tuple(map(f.clean, section.plain))), []).append(name)
    return tuple(
        Contract(f.listed(tuple(names)) if len(groups) > 1 else "", terms, sentences)
        for (terms, sentences), names in groups.items()
    )


def _workings(s: Setting) -> tuple[Workings, ...]:
    return tuple(
        Workings(name, workings(section.workings, letters=window_letters(section.windows)))
        for name, section in s.sections
    )
