"""PURE. The answer in one sentence, and the one below it: what a statement says before its tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from monitor.core.money import Amount
from monitor.records import dataclass
from monitor.statements.value import PromiseLine, ResponseLines, Section, Statement
from reports import format as f
from reports.format import PAGE, Style
from reports.sentences import (
    CLAIM_BY,
    COMMITMENT,
    HEADLINES,
    HEADLINES_SO_FAR,
    LEDES,
    NO_COMMITMENT,
    NOTICE_BY,
    RESPONSES,
    SO_FAR,
    UNDETERMINED,
)
from reports.words import claim_in_words


@dataclass(frozen=True, slots=True)
class Headline:
    """`kicker` names what the sentence is about, `parts` are the answer, `lede` the figures behind it.

    The parts make one sentence; each is kept on a line of its own where it fits.
    """

    kicker: str
    parts: tuple[str, ...]
    lede: str


def headline(statement: Statement, names: Sequence[str]) -> Headline:
    """About the one agreement that was missed where only one was, else about all of them.

    `names` are the sections' names as the page prints them, in order.
    """
    words = HEADLINES_SO_FAR if statement.status == "running" else HEADLINES
    month = f.month_title(statement.period)
    kicker, sentence, lede = _said(statement.sections, names, words, continuing=bool(statement.continuing))
    if statement.status == "running":
        lede = f"{lede} {_outlook(statement.sections)}".strip()
    if any(section.period and f.period_title(section.period) != month for section in statement.sections):
        sentence, lede = _of_periods(sentence), _of_periods(lede)
    kicker = _kicker(statement, kicker, month)
    return Headline(kicker, _parts(sentence), lede)


def _kicker(statement: Statement, name: str, month: str) -> str:
    """The one agreement with its own period, or the month."""
    if not name:
        return month
    focus = _focus(statement.sections)
    period = None if focus is None else statement.sections[focus].period
    return f"{name}, {f.period_title(period) if period else month}"


def _of_periods(text: str) -> str:
    """The same said of periods, where one of them is no month."""
    return (
        text.replace("the month ended", "the period ended")
        .replace("this month", "this period")
        .replace("rest of the month", "rest of the period")
    )


def _outlook(sections: Sequence[Section]) -> str:
    """What the rest of the month may still do, as far as that is certain."""
    costly = [section for section in sections if section.credit is not None and section.credit.minor]
    if costly and all(section.owed_already == section.credit for section in costly):
        return f"{LEDES['certain']} {LEDES['so_far']}"
    if costly and all(section.owed_already and not section.owed_already.minor for section in costly):
        return f"{LEDES['open']} {LEDES['so_far']}"
    return LEDES["so_far"]


def _parts(sentence: str) -> tuple[str, ...]:
    parts = sentence.split(": ")
    return (*(f"{part}:" for part in parts[:-1]), parts[-1])


def _said(
    sections: Sequence[Section], names: Sequence[str], words: dict[str, str], *, continuing: bool
) -> tuple[str, str, str]:
    if not sections:
        return "", words["later" if continuing else "none"], ""
    focus = _focus(sections)
    if focus is None:
        return "", _of_all(sections, words), _all_lede(sections)
    section = sections[focus]
    running = words is HEADLINES_SO_FAR
    return names[focus], _of_one(section, words), " ".join(_lede(section, sections, running=running))


def _focus(sections: Sequence[Section]) -> int | None:
    """The section a headline is about: the only one, or the only one that was not met."""
    if len(sections) == 1:
        return 0
    amiss = [i for i, section in enumerate(sections) if section.met is not True]
    return amiss[0] if len(amiss) == 1 else None


def promise(section: Section) -> str:
    """`99.9 %`: the commitment as printed; one that is no share in the contract's own short form."""
    if section.commitment is None:
        return NO_COMMITMENT if section.promised_in_words == "none" else section.promised_in_words
    return f"{COMMITMENT[section.commitment.sign]}{f.share(section.commitment.value)}"


def figure(section: Section, style: Style = PAGE) -> str:
    """The section's own figure: a share, or of tickets a time in its unit; "" where it has none."""
    if section.availability is None:
        return ""
    unit = section.tickets.unit if section.tickets is not None and section.tickets.alone else ""
    if unit:
        return f"{f.number(section.availability, style)}{style.space}{f.clean(unit)}"
    return f.availability(section.availability, style)


def _is_unasked(section: Section) -> bool:
    """Whether it promises nothing but responses, and none was asked for."""
    return section.tickets is not None and section.tickets.alone and section.availability is None


def _of_one(section: Section, words: dict[str, str]) -> str:
    if section.met and _is_unasked(section):
        return words["unasked"]
    if section.met is None or section.availability is None:
        return words["unknown"]
    key = "met" if section.met else "missed_open" if section.credit is None else "missed_free"
    credit = ""
    if section.credit is not None and section.credit.minor:
        key, credit = "missed", f.money(section.credit)
    return words[key].format(
        figure=figure(section),
        promise=promise(section),
        credit=credit,
        credits=_so_far([section]),
    )


def reason(section: Section, style: Style = PAGE) -> str:
    """Why there is no figure, as the second half of a sentence."""
    if section.needs:
        return UNDETERMINED["needs"].format(why=f.clean(section.needs))
    if section.undecided:
        return f.clean(section.undecided)
    if section.tickets is not None and section.tickets.alone:
        return RESPONSES["none"]
    if not section.promised:
        watched = all(line.rule != "not_watched" for line in section.workings)
        return UNDETERMINED["promised" if watched else "watched"]
    if not section.measured:
        return UNDETERMINED["measured"]
    coverage = f.availability(section.coverage, style)
    floor = _floor(section)
    if floor is None:
        return UNDETERMINED["coverage_alone"].format(coverage=coverage)
    return UNDETERMINED["coverage"].format(coverage=coverage, floor=f.share(floor, style))


def _floor(section: Section) -> Fraction | None:
    for line in section.workings:
        if (line.stage, line.rule) == ("gate", "coverage"):
            value = line.values.get("floor")
            return None if value is None or isinstance(value, str) else Fraction(value)
    return None


def _lede(section: Section, sections: Sequence[Section], *, running: bool) -> list[str]:
    said = [each for each in (_figures(section, running=running),) if each]
    others = len(sections) - 1
    if others and not running:
        said.append(
            LEDES["other_met"] if others == 1 else LEDES["others_met"].format(count=f.counted(others))
        )
    if section.credit is not None and section.credit.minor:
        said.append(claim_in_words(section.claim))
        said += _last_days(section)
    return said


def _last_days(section: Section) -> list[str]:
    """The days themselves, so that nobody has to count."""
    told = section.deadlines
    steps = ((NOTICE_BY, told.notify_by), (CLAIM_BY, told.claim_by))
    return [words.format(day=_day(day)) for words, day in steps if day is not None]


def _day(day: date) -> str:
    return f"{day.day}{f.PAGE.space}{f.MONTHS[day.month - 1]}{f.PAGE.space}{day.year}"


def _figures(section: Section, *, running: bool) -> str:
    if section.met and _is_unasked(section):
        return ""
    if section.met is None or section.availability is None:
        return f"{LEDES['unknown'].format(reason=_capital(reason(section)))} {worked_out(section)}".strip()
    if section.promises:
        return LEDES["worst"].format(count=f.counted(len(section.promises)))
    if section.tickets is not None and section.tickets.alone:
        return late(section.tickets.promises)
    if section.commitment is None and not section.allowed:
        return LEDES["counted"].format(counted=f.duration(section.counted))
    over = section.counted - section.allowed
    key = "met" if section.counted else "met_none"
    if not section.met:
        key = "behind" if running else "missed" if over > 0 else "missed_close"
    return LEDES[key].format(
        by=f.duration(over), counted=f.duration(section.counted), allowed=f.duration(section.allowed)
    )


def worked_out(section: Section, style: Style = PAGE) -> str:
    """What of a section without an amount is worked out and what is not, as sentences; "" of any other."""
    if not section.worked_out:
        return ""
    priced = tuple(
        f"{line_name(each)}, {f.money(each.credit.round(), style)}"
        for each in section.worked_out
        if each.credit
    )
    found = LEDES["worked_out"].format(figures="; ".join(priced))
    rest = "; ".join(map(line_name, section.not_worked_out))
    return f"{found} {LEDES['not_worked_out'].format(figures=rest)}" if rest else found


def line_name(line: PromiseLine) -> str:
    """`reply`, or `up, web-1` of a promise with several resources."""
    return f.clean(f"{line.promise}, {line.resource}" if line.resource else line.promise)


def late(promises: Sequence[ResponseLines]) -> str:
    """How many responses were late, as a sentence."""
    missed, counted = sum(len(each.late) for each in promises), sum(each.counted for each in promises)
    key = "of" if missed else "none_late"
    return RESPONSES[f"{key}_one" if counted == 1 else key].format(late=f"{missed:,}", counted=f"{counted:,}")


def _of_all(sections: Sequence[Section], words: dict[str, str]) -> str:
    missed = sum(section.met is False for section in sections)
    unknown = sum(section.met is None for section in sections)
    count = f.counted(len(sections))
    said = []
    if missed:
        said.append(
            words["several"].format(
                missed=f.counted(missed), count=count, credits=_priced(sections, words), **_verbs(missed)
            )
        )
    if unknown:
        said.append(words["unknown_of"].format(unknown=f.counted(unknown), count=count, **_verbs(unknown)))
    sentence = "; ".join(said) or words["all_met"].format(count=count)
    return _capital(sentence)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _verbs(count: int) -> dict[str, str]:
    return {"are": "is", "were": "was"} if count == 1 else {"are": "are", "were": "were"}


def _priced(sections: Sequence[Section], words: dict[str, str]) -> str:
    if words is HEADLINES_SO_FAR:
        return _so_far(sections)
    sums = _sums(section.credit for section in _added(sections))
    if not sums:
        return words["no_credit"]
    return words["credit" if len(sums) == 1 else "credits"].format(credits=_amounts(sums))


def _so_far(sections: Sequence[Section]) -> str:
    """What a running month costs as it stands, and what of that is owed whatever comes."""
    sums = _sums(section.credit for section in _added(sections))
    owed = _sums(section.owed_already for section in _added(sections))
    if not sums:
        return SO_FAR["none"]
    key = "certain" if owed == sums else "partly" if owed else "now"
    one = len(sums) == 1
    return SO_FAR[key].format(
        noun="a service credit" if one else "service credits",
        credits=_amounts(sums),
        owed=_amounts(owed),
        are="is" if one else "are",
    )


def _added(sections: Sequence[Section]) -> list[Section]:
    """Those whose credit does not give way to a more favourable one."""
    return [section for section in sections if not section.gives_way_to]


def _sums(amounts: Iterable[Amount | None]) -> dict[str, Amount]:
    """By currency, without what is nothing."""
    sums: dict[str, Amount] = {}
    for amount in amounts:
        if amount is not None and amount.minor:
            known = sums.get(amount.currency)
            sums[amount.currency] = amount if known is None else known + amount
    return sums


def _amounts(sums: dict[str, Amount]) -> str:
    return f.listed(tuple(f.money(amount) for amount in sums.values()))


def _all_lede(sections: Sequence[Section]) -> str:
    return LEDES["each"] if any(section.met is not True for section in sections) else ""
