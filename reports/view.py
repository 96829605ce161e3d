"""PURE. A statement as the page prints it: every text is made here, the template only sets it.

Texts are cleaned of control characters and direction marks where they enter, and escaped by the template.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from monitor.core.intervals import DAY, MINUTE, Ms
from monitor.statements.value import Block, DayTime, OutageLine, PromiseLine, Section, Statement, WindowLine
from reports import format as f
from reports.answered import by_promise, late_of, responses
from reports.headline import figure, headline, line_name, promise
from reports.issued import in_groups, paper, stamp
from reports.measured import checks, gaps, gaps_note, measured
from reports.page import (
    Contract,
    DayGroup,
    Mark,
    OutageRow,
    OutageTable,
    Party,
    PromiseRow,
    PromiseTable,
    StatementPage,
    Summary,
    SummaryRow,
    TotalRow,
    WindowRow,
    WindowTable,
    Workings,
)
from reports.sentences import (
    ADDED,
    CAUSES,
    CONTINUING,
    CONTRACT,
    DAYS,
    EXCLUDED,
    EXCLUDED_QUIET,
    FEES_CUT,
    GENERATED,
    GIVES_WAY,
    MAINTENANCE,
    MISSED_ALREADY,
    NO_AMOUNT,
    NO_COMMITMENT,
    NOTES,
    NOTICE_DETAILS,
    NOTICES,
    OUTAGES,
    PROMISES,
    RESPONSES,
    RESULTS,
    RESULTS_SO_FAR,
    TOTAL_OPEN,
    WINDOW_EFFECTS,
    WINDOW_QUIET,
)
from reports.setting import Setting, setting
from reports.strips import DayStrip, Why, day_axis, day_strip, full_height
from reports.words import window_letters, workings

MARKS: dict[bool | None, Mark] = {True: "met", False: "missed", None: "unknown"}
SHORT = 16  # letters: what has its place beside an axis
MAINTAINED = ("scheduled maintenance", "emergency maintenance")
ABSENT = ("not_in_force", "not_watched", "to_come")


def statement_page(statement: Statement) -> StatementPage:
    """The page of a statement."""
    s = setting(statement)
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
        stamp=stamp(s),
        notice=notice,
        notice_detail=NOTICE_DETAILS[statement.status].format(as_of=_exactly(s, statement.as_of)),
        generated=_generated(s),
        headline=headline(statement, s.names),
        paper=paper(s),
        summary=_summary(s),
        continuing=_continuing(statement),
        promises=_promises(s),
        responses=responses(s),
        responses_note=RESPONSES["note"],
        days=_day_groups(s),
        absent=_absent(s),
        days_note=_days_note(s) if s.watched else "",
        outages=_outages(s),
        outages_note=_outages_note(s),
        windows_title=MAINTENANCE["with_exclusions" if _with_exclusions(s) else "title"],
        windows=_windows(s),
        windows_note=_windows_note(s),
        measured=measured(s),
        checks=checks(s),
        gaps_note=gaps_note(s),
        gaps=gaps(s),
        contracts=_contracts(s),
        notes=_notes(s),
        precedence=CONTRACT["precedence"],
        workings=_workings(s),
        digest=in_groups(statement.evidence_digest),
        program=f.clean(statement.program),
        tzdata=f.clean(statement.tzdata),
        contact=f.clean(statement.issuer.contact),
    )


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
    timed = all(section.timed for section in s.statement.sections)
    heads = ("Availability", "Downtime counted") if timed else ("Figure", "Counted")
    return Summary(unit, rows, _totals(s, unit) if len(rows) > 1 else (), _summary_notes(s), heads)


def _summary_row(s: Setting, name: str, section: Section, unit: str) -> SummaryRow:
    results = RESULTS_SO_FAR if s.statement.status == "running" else RESULTS
    certain = section.owed_already is not None and section.owed_already.minor > 0
    credit = section.credit
    return SummaryRow(
        name=name,
        commitment=promise(section),
        availability=figure(section) or (NO_COMMITMENT if section.met else RESULTS[None]),
        downtime=_down(section),
        mark=MARKS[section.met],
        result=MISSED_ALREADY if certain and section.met is False else results[section.met],
        fee=f.fee_figure(section.fee) if unit else f.fee(section.fee),
        credit=NO_AMOUNT if credit is None else f.figure(credit) if unit else f.money(credit),
        period=_own_period(s, section),
        added=_added(section),
    )


def _down(section: Section) -> str:
    """What is held against the section: its downtime, or of tickets how many were late."""
    if section.tickets is None or not section.tickets.alone:
        return f.duration(section.counted)
    return "; ".join(late_of(each) for each in section.tickets.promises)


def _own_period(s: Setting, section: Section) -> str:
    """The section's own period, where it is not the page's month."""
    if section.period is None:
        return ""
    title = f.period_title(section.period)
    return "" if title == f.period_title(s.statement.period) else title


def _added(section: Section) -> str:
    """What is owed that is no money."""
    units = [
        ADDED["units"].format(count=f.number(count), name=f.clean(name))
        for name, count in section.units
        if count
    ]
    if section.service_added:
        units.insert(0, ADDED["service"].format(time=_added_time(section.service_added)))
    return f.listed(tuple(units)) if units else ""


def _added_time(ms: Ms) -> str:
    return f.notice(ms) if ms % DAY else f.plural(ms // DAY, "day", "days")


def _continuing(statement: Statement) -> tuple[str, ...]:
    return tuple(
        CONTINUING.format(
            name=f.clean(each.service),
            sla=f.clean(each.sla),
            period=f.period_title(each.period),
            last=f.last_day(each.period),
        )
        for each in statement.continuing
    )


def _promises(s: Setting) -> tuple[PromiseTable, ...]:
    return tuple(
        PromiseTable(name, PROMISES, tuple(_promise_row(s, section, line) for line in section.promises))
        for name, section in s.sections
        if section.promises
    )


def _promise_row(s: Setting, section: Section, line: PromiseLine) -> PromiseRow:
    told = by_promise(section).get(line.promise)
    results = RESULTS_SO_FAR if s.statement.status == "running" else RESULTS
    return PromiseRow(
        name=line_name(line),
        commitment=f.clean(line.commitment.removeprefix(">= ")),
        figure=_figure(line),
        downtime=late_of(told) if told else _held(line),
        mark=MARKS[line.met],
        result=results[line.met],
        credit=NO_AMOUNT if line.credit is None else f.money(line.credit.round()),
    )


def _held(line: PromiseLine) -> str:
    return f.duration(line.down) if line.bad_slots is None else bad_slots(line)


def bad_slots(line: PromiseLine) -> str:
    """`6 bad slots of 1 h`: what counts where slots do."""
    count = f.number(line.bad_slots or Fraction(0))
    noun = "bad slot" if line.bad_slots == 1 else "bad slots"
    return f"{count} {noun}" + (f" of {f.notice(line.slot)}" if line.slot else "")


def _figure(line: PromiseLine) -> str:
    if line.figure is None:
        return RESULTS[None]
    if line.unit:
        return f"{f.number(line.figure)} {f.clean(line.unit)}"
    return f.availability(line.figure)


def _notes(s: Setting) -> tuple[str, ...]:
    """What stands beside the figures, with the name where there is a choice."""
    found = [
        (name, NOTES[kind].format(text=f.clean(text).rstrip(".")))
        for name, section in s.sections
        for kind, text in section.notes
    ]
    names = {section.agreement: name for name, section in s.sections}
    found += [
        (name, GIVES_WAY.format(other=names[section.gives_way_to]))
        for name, section in s.sections
        if section.gives_way_to
    ]
    return tuple(f"{name}: {said}" if len(s.names) > 1 else said for name, said in found)


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


def _day_groups(s: Setting) -> tuple[DayGroup, ...]:
    """The strips over one axis for each length of period; of the statement's own month first."""
    full, groups = _full(s), dict[str, list[tuple[str, Section]]]()
    for name, section in s.watched:
        title = f.period_title(section.period or s.statement.period)
        groups.setdefault(title, []).append((name, section))
    return tuple(
        DayGroup(
            title if len(title) <= SHORT else "",
            "" if len(title) <= SHORT else title,
            tuple(strip for name, section in own for strip in _strips(s, name, section, full)),
            day_axis(own[0][1].days, s.zone_of(own[0][1])),
        )
        for title, own in groups.items()
    )


def _strips(s: Setting, name: str, section: Section, full: Ms) -> Iterator[DayStrip]:
    """One strip, or one for each resource."""
    zone, why = s.zone_of(section), _why(s, section)
    if not section.lanes:
        yield day_strip(name, section.days, zone, full, why)
    for lane in section.lanes:
        yield day_strip(f"{f.clean(lane.resource)}: {name}", lane.days, zone, full, why)


def _full(s: Setting) -> Ms:
    lanes = [lane.days for section in s.statement.sections for lane in section.lanes]
    own = [section.days for section in s.statement.sections]
    return full_height([day for days in (*own, *lanes) for day in days])


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
    quiet = tuple(name for name, section in s.watched if not section.outages)
    if len(quiet) == len(s.watched):
        return OUTAGES["none"]
    none_of = [OUTAGES["none_of"].format(names=f.listed(quiet))] if quiet else []
    return " ".join((OUTAGES["rule"], *none_of))


def _outage_row(s: Setting, line: OutageLine, section: Section) -> OutageRow:
    whole = line.in_period == line.duration
    return OutageRow(
        letter=f.clean(line.letter),
        cause=f"{_whose(line)}{CAUSES[line.reason]} {_excused(line, section)}".strip(),
        start=f.instant(line.span.start, s.zone, exact=True, year=s.year),
        start_error=_earlier(line.error[0]),
        end=OUTAGES["going_on"] if line.open else f.end_of(line.span, s.zone, exact=True, year=s.year),
        end_error="" if line.open else _earlier(line.error[1]),
        duration=f.duration(line.duration),
        within="" if whole else OUTAGES["within"].format(time=f.duration(line.in_period)),
        counted=f.duration(line.counted),
        told=_told(s, line),
        notes=tuple(f.clean(each) for each in line.notes),
    )


def _whose(line: OutageLine) -> str:
    return f"{f.clean(line.resource)}: " if line.resource else ""


def _told(s: Setting, line: OutageLine) -> str:
    """What people said of an outage, where the agreement counts from or to it."""
    told = line.told
    if told is None:
        return ""
    times = (("reported", told.reported), ("detected", told.detected))
    said = [OUTAGES[name].format(when=_when(s, at)) for name, at in times if at is not None]
    ticket = f.clean(told.ticket)
    if told.closed is not None:
        name = "ticket_closed" if ticket else "closed"
        said.append(OUTAGES[name].format(ticket=ticket, when=_when(s, told.closed)))
    elif ticket:
        said.append(OUTAGES["ticket"].format(ticket=ticket))
    return " ".join(said) or OUTAGES["unreported"]


def _when(s: Setting, at: Ms) -> str:
    return f.instant(at, s.zone, year=s.year)


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
        ahead=_ahead(use.ahead or line.span.start - line.recorded),
        inside=f.duration(use.inside),
        excused=f.duration(use.excused),
    )


def _ahead(notice: Ms) -> str:
    return MAINTENANCE["ahead" if notice >= 0 else "after"].format(time=f.notice(abs(notice)))


def _is_exclusion(line: WindowLine) -> bool:
    return line.use.what not in MAINTAINED


def _with_exclusions(s: Setting) -> bool:
    return any(_is_exclusion(line) for _, section in s.sections for line in section.windows)


def _effect(s: Setting, line: WindowLine) -> str:
    use = line.use
    if _is_exclusion(line) and use.verdict in EXCLUDED:
        said = EXCLUDED[use.verdict] if use.inside else EXCLUDED_QUIET
        said = said.format(what=f.clean(use.what), rest=f.duration(use.inside - use.excused))
    elif use.inside:
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
        terms += "".join(f". {f.clean(label)}: {f.clean(value)}" for label, value in section.references)
        groups.setdefault((terms, tuple(map(f.clean, section.plain))), []).append(name)
    return tuple(
        Contract(f.listed(tuple(names)) if len(groups) > 1 else "", terms, sentences)
        for (terms, sentences), names in groups.items()
    )


def _workings(s: Setting) -> tuple[Workings, ...]:
    return tuple(
        Workings(name, workings(section.workings, letters=window_letters(section.windows)))
        for name, section in s.sections
        if not section.needs
    )
