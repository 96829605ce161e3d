"""What may not be issued yet, and what to do about it. A paper is final, so nothing is guessed for it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from monitor.core.intervals import MINUTE, Ms
from monitor.core.money import Money
from monitor.core.periods import local
from monitor.errors import EvidenceRefused, MakegoodError, Undecided
from monitor.statements.books import LOOK_AROUND
from monitor.statements.value import OutageLine, PromiseLine, Section, Statement
from monitor.statements.ways import way_out

SETTLING: Ms = 10 * MINUTE
"""How far beyond a period's end the evidence must reach: what came late is in, the last hour sealed."""


def must_be_final(statement: Statement, reached: Ms | None, now: Ms) -> None:
    """Raise what stands against issuing it: all of it at once, with the code of what comes first."""
    found = list(_objections(statement, reached, now))
    if found:
        raise type(found[0])("\n".join(str(each) for each in found))


def settle_it(customer: str, label: str, agreement: str, currency: str = "CURRENCY") -> str:
    """The command by which a person says what is owed: the amount is left for them to fill in."""
    return (
        f"say what is owed: makegood statement decide {customer} --period {label} --agreement {agreement} "
        f'--credit "AMOUNT {currency}" --reason "…"'
    )


def _worked_out(section: Section) -> str:
    """What of a section without an amount is worked out and what is not; "" where none of it is.

    "reply comes to 50.00 EUR by itself; up is not worked out".
    """
    if not section.worked_out:
        return ""
    found = ", ".join(
        f"{_name(each)} comes to {_money(each.credit)} by itself"
        for each in section.worked_out
        if each.credit
    )
    missing = [_name(each) for each in section.not_worked_out]
    rest = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not worked out" if missing else ""
    return "; ".join(filter(None, (found, rest)))


def _name(line: PromiseLine) -> str:
    return f"{line.promise}, {line.resource}" if line.resource else line.promise


def _money(credit: Money) -> str:
    return f"{credit.round().decimal:,} {credit.currency}"


def _objections(statement: Statement, reached: Ms | None, now: Ms) -> Iterator[MakegoodError]:
    who, zone = statement.customer_id, statement.period.zone
    if not statement.sections:
        yield EvidenceRefused(
            f"{who}: no period of an agreement ends in {statement.period.label}: there is nothing to issue; "
            f"{_ends(statement)}"
        )
        return
    over = max(each.period.span.end for each in statement.sections if each.period)
    if now < over + SETTLING:
        when = _moment(over + SETTLING, zone)
        yield EvidenceRefused(f"{who}: {statement.period.label} is not over; it can be issued from {when} on")
        return
    if (reached is None or reached < over + SETTLING) and not all(map(_told, statement.sections)):
        seen = "there is no evidence" if reached is None else f"the evidence reaches {_moment(reached, zone)}"
        yield EvidenceRefused(
            f"{who}: {seen}, and {statement.period.label} needs it up to {_moment(over + SETTLING, zone)}: "
            "let `makegood run` go on and issue then; what it did not see counts as not measured"
        )
    for section in statement.sections:
        yield from _of_section(statement, section, now)


def _told(section: Section) -> bool:
    """Whether a person, a file or tickets say what is owed, so that no evidence is waited for."""
    return bool(section.needs or section.decided) or not section.timed


def _of_section(statement: Statement, section: Section, now: Ms) -> Iterator[MakegoodError]:
    who, zone = statement.customer_id, statement.period.zone
    name = f"{who}, {section.agreement}"
    if not section.needs and not _adds_up(section):
        yield EvidenceRefused(
            f"{name}: the times do not add up: {section.promised} ms promised, but {section.up} up, "
            f"{section.counted} counted, {section.excused} excused, {section.unmeasured} not measured and "
            f"{section.set_aside} set aside; this is a fault in Makegood: keep the database, and report it "
            f"with what `makegood explain {who} --period {statement.period.label}` prints"
        )
    for outage in section.outages:
        if (until := _open_until(section, outage, now)) is not None:
            yield EvidenceRefused(
                f"{name}: the outage that began {_moment(outage.span.start, zone)} is not over, and outages "
                f"are judged whole: issue when it is, or from {_moment(until, zone)} on, as it then stands"
            )
    if section.credit is None:
        label = section.period.label if section.period else ""
        settle = settle_it(who, label, section.agreement, section.fee.currency)
        what, command = way_out(section)
        way = f"{what} ({command}), or {settle}" if command else settle
        why = "; ".join(filter(None, (_why(section), _worked_out(section))))
        yield Undecided(f"{name}: not determinable, since {why}; {way}")


def _adds_up(section: Section) -> bool:
    parts = (section.up, section.counted, section.excused, section.unmeasured, section.set_aside)
    return min(parts) >= 0 and sum(parts) == section.promised


def _open_until(section: Section, outage: OutageLine, now: Ms) -> Ms | None:
    """Until when an outage over the period's edge is waited for; None where it is not."""
    if section.period is None or not outage.open or section.period.span.end not in outage.span:
        return None
    until = section.period.span.end + LOOK_AROUND
    return until if now < until else None


def _why(section: Section) -> str:
    if section.needs:
        return section.needs
    return section.undecided or f"only {_percent(section.coverage)} of the promised time was measured"


def _percent(share: Fraction) -> str:
    """Never rounded up."""
    hundredths = share * 10_000 // 1
    return f"{hundredths // 100}.{hundredths % 100:02} %"


def _ends(statement: Statement) -> str:
    last = min((each.period.span.end - 1 for each in statement.continuing), default=None)
    if last is None:
        return "name a month in which one does"
    return f"the next one ends on {local(last, statement.period.zone):%Y-%m-%d}"


def _moment(at: Ms, zone: str) -> str:
    return f"{local(at, zone):%Y-%m-%d %H:%M %Z}"
