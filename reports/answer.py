"""The answer of `evaluate` as data that other programs read: its shape is part of the agreement language.

Figures are exact fractions, beside them six decimals, half-up, which never read 100 unless the figure is.
Money is text with the currency's decimals. Everything here is read off a settlement; nothing is computed
that decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from monitor.agreements.account import term, times_of
from monitor.agreements.deadlines import ClaimDates
from monitor.agreements.evaluate import seen_by
from monitor.agreements.metrics import is_value
from monitor.agreements.pipeline import (
    CLOCKED,
    Account,
    Case,
    Line,
    Named,
    Past,
    Piece,
    Reading,
    Settlement,
    badness,
)
from monitor.agreements.schedule import shape
from monitor.agreements.terms import CommitmentTerms, Terms
from monitor.agreements.words import decimal, share
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms, Spans, intersect, total
from monitor.core.money import Money, round_fraction
from monitor.core.periods import local
from monitor.records import dataclass
from reports.answer_tickets import tickets
from reports.format import PLAIN
from reports.words import workings

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, beside the case: the agreement, the version of its terms, and its SLA."""

    agreement: str
    version: str
    sla: str
    promises: Mapping[str, Terms]
    beside: tuple[str, ...] = ()

    def unit(self, promise: str) -> str | None:
        """The unit of a promise's figure, "" for a number without one; None for a share."""
        terms = self.promises[promise]
        return terms.measure.unit or terms.commitment.unit if is_value(terms.measure) else None

    def decimals(self, promise: str) -> int:
        """To how many decimals the figure is rounded before it is compared, where it is."""
        return self.promises[promise].formula.decimals or 0


def answer(asked: Asked, case: Case, settled: Settlement, claim: ClaimDates) -> Json:
    """The whole answer."""
    contract, lines = case.contract, settled.lines
    return {
        "agreement": asked.agreement,
        "version": asked.version,
        "sla": asked.sla,
        "period": _period(case),
        "promises": [_promise(named, case, asked) for named in settled.promises],
        "credit": _credit(case, settled),
        "claim": _claim(claim),
        "termination": list(settled.rights),
        "manual": list(contract.manual),
        "readings": list(contract.readings),
        "unverified": list(contract.unverified),
        "assumed": [*_assumed(lines), *asked.beside],
        "undecided": settled.undecided or None,
        "history": _history(settled.history, case.fees.currency),
        "workings": [_working(text) for text in workings(lines, PLAIN)],
    }


def _period(case: Case) -> Json:
    span = case.period.span
    return {
        "name": case.period.label,
        "start": _instant(span.start),
        "end": _instant(span.end),
        "timezone": case.period.zone,
    }


def _promise(named: Named, case: Case, asked: Asked) -> Json:
    together = _figure_of(named.readings)
    several, terms = len(named.readings) > 1, asked.promises[named.name]
    gross = named.gross
    return {
        "name": named.name,
        "evidence": terms.measure.evidence,
        **tickets(named.clause, seen_by(named.name, case)),
        **_reading(together, gross[named.readings.index(together)], named.name, asked),
        "commitment": _commitment(terms.commitment),
        "met": _met(named.readings),
        "row": _row(named),
        "schedule": shape(terms.credits),
        "time_s": _times(named.accounts, case),
        "coverage": _fraction(_coverage(named.readings)),
        "resources": [
            _resource(named, reading, without, case, asked)
            for reading, without in zip(named.readings, gross, strict=True)
            if several
        ],
        "credit": {"exact": _exact(named.priced.dues)},
    }


def _commitment(terms: CommitmentTerms) -> str | None:
    """`>= 99.9%`, `<= 45m`, `<= 45 ms`; None for no commitment."""
    bound = terms.bound
    if bound is None:
        return None
    if terms.of == "share":
        return f"{bound.sign} {share(bound.value, space='')}"
    if terms.of == "downtime":
        return f"{bound.sign} {_short(int(bound.value))}"
    return f"{bound.sign} {decimal(bound.value)} {terms.unit}".rstrip()


def _short(length: Ms) -> str:
    """A duration as people write it: `1h30m`."""
    out = ""
    for size, unit in ((HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (1, "ms")):
        count, length = divmod(length, size)
        out += f"{count}{unit}" if count else ""
    return out or "0s"


def _resource(named: Named, reading: Reading, gross: Reading, case: Case, asked: Asked) -> Json:
    mine = [account for account in named.accounts if account.lane == reading.lane]
    return {
        "name": reading.lane,
        **_reading(reading, gross, named.name, asked),
        "met": reading.met,
        "row": ", ".join(dict.fromkeys(due.cause for due in named.dues if due.lane == reading.lane)) or None,
        "time_s": _times(mine, case),
        "coverage": _fraction(reading.coverage),
        "credit": {"exact": _exact(named.priced.of(reading.lane))},
    }


def _figure_of(readings: Sequence[Reading]) -> Reading:
    """The worst of several: what the promise as a whole comes to."""
    return min(readings, key=badness)


def _met(readings: Iterable[Reading]) -> bool | None:
    found = [reading.met for reading in readings]
    return None if None in found else all(found)


def _coverage(readings: Sequence[Reading]) -> Fraction:
    return min(reading.coverage for reading in readings)


def _reading(reading: Reading, gross: Reading, promise: str, asked: Asked) -> Json:
    unit, rounded = asked.unit(promise), reading.rounded
    if unit is None:
        figure, before = _fraction(reading.value), _fraction(gross.value)
        rounded = None if rounded is None else rounded * 100
    else:
        figure, before = _value(reading.value, unit), _value(gross.value, unit)
    if figure is not None and rounded is not None:
        figure["rounded"] = _fixed(rounded, asked.decimals(promise))
    return {"figure": figure, "figure_without_exclusions": before}


def _fixed(value: Fraction, places: int) -> str:
    """A number that has no more decimals than these, with all of them."""
    return f"{Decimal(round_fraction(value * 10**places, 'half-up')).scaleb(-places):f}"


def _value(value: Fraction | None, unit: str) -> Json | None:
    """A metric, exactly and in its unit."""
    if value is None:
        return None
    exact = {"numerator": value.numerator, "denominator": value.denominator}
    return {**exact, "value": _decimal(value), "unit": unit}


def _fraction(value: Fraction | None) -> Json | None:
    """A share, exactly and as a percentage; None where there is none."""
    if value is None:
        return None
    return {"numerator": value.numerator, "denominator": value.denominator, "percent": percent(value)}


def percent(value: Fraction) -> str:
    """Six decimals, half-up, and never 100 unless it is."""
    millionths = round_fraction(value * 10**8, "half-up")
    if value < 1:
        millionths = min(millionths, 10**8 - 1)
    return f"{Decimal(millionths).scaleb(-6):.6f}"


def _decimal(value: Fraction) -> str:
    """A number as short as it is exact, or with twelve decimals."""
    scaled = round_fraction(value * 10**12, "half-up")
    text = f"{Decimal(scaled).scaleb(-12):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _row(named: Named) -> str | None:
    return ", ".join(dict.fromkeys(due.cause for due in named.dues)) or None


def _times(accounts: Sequence[Account], case: Case) -> Json:
    """Seconds of the classes of time, summed over the resources.

    Slots are as long as they are, by the share of them that was bad; requests, samples, events and tickets
    take no time, so all of it is the period's.
    """
    if any(account.unit in (*CLOCKED, "request", "sample") for account in accounts):
        whole = sum(total(_existing(account.lane, case)) for account in accounts)
        return {"period": seconds(whole), "down": 0, "excluded": 0, "unobserved": 0}
    if any(account.unit == "ms" for account in accounts):
        clocks = [times_of(account) for account in accounts]
        return {
            "period": seconds(sum(clock.promised for clock in clocks)),
            "down": seconds(sum(clock.counted for clock in clocks)),
            "excluded": seconds(sum(clock.excused + clock.set_aside for clock in clocks)),
            "unobserved": seconds(sum(clock.unmeasured for clock in clocks)),
        }
    return {
        "period": seconds(sum(_length(piece for piece in account.promised) for account in accounts)),
        "down": seconds(sum(_length(piece for piece in account.bad) for account in accounts)),
        "excluded": seconds(sum(_length(use.piece for use in account.excused) for account in accounts)),
        "unobserved": seconds(sum(_length(piece for piece in account.unknown) for account in accounts)),
    }


def _existing(lane: str, case: Case) -> Spans:
    """The time of a resource in the period."""
    life = case.evidence.life.get(lane)
    return term(case) if life is None else intersect(life, term(case))


def _length(pieces: Iterable[Piece]) -> Ms:
    return round(sum((piece.end - piece.start) * piece.rate for piece in pieces))


def seconds(ms: Ms) -> int | float:
    """Whole seconds as such, others with their milliseconds."""
    return ms // 1_000 if ms % 1_000 == 0 else ms / 1_000


def _exact(dues: Iterable[object]) -> Json:
    amount = sum((due.amount for due in dues if due.kind == "money"), Fraction(0))  # type: ignore[attr-defined]
    return {"numerator": amount.numerator, "denominator": amount.denominator}


def _credit(case: Case, settled: Settlement) -> Json:
    currency, priced = case.fees.currency, settled.priced
    before = None if settled.credit is None else Money(priced.before or Fraction(0), currency)
    return {
        "amount": None if settled.credit is None else str(settled.credit.decimal),
        "currency": currency,
        "before_limits": None if before is None else str(before.round().decimal),
        "limited_by": priced.limited_by or None,
        "days_of_service": _days(settled.service),
        "units": {name: _decimal(amount) for name, amount in settled.units.items()},
        "held": settled.held,
    }


def _days(service: Ms) -> int | float | None:
    if not service:
        return None
    days = Fraction(service, 86_400_000)
    return days.numerator if days.denominator == 1 else service / 86_400_000


def _claim(dates: ClaimDates) -> Json:
    return {
        "automatic": dates.automatic,
        "notify_by": None if dates.notify_by is None else dates.notify_by.isoformat(),
        "claim_by": None if dates.claim_by is None else dates.claim_by.isoformat(),
    }


def _history(rows: Sequence[Past], currency: str) -> object:
    """The row to append, or one for each promise."""
    told = [_past(row, currency) for row in rows]
    if len(told) == 1:
        del told[0]["promise"]
        return told[0]
    return told


def _past(row: Past, currency: str) -> Json:
    figure = row.figure
    return {
        "promise": row.promise,
        "period": row.period,
        "met": row.met,
        "figure": None if figure is None else f"{figure.numerator}/{figure.denominator}",
        "downtime_s": seconds(row.down),
        "excused_s": seconds(row.excused),
        "windows": row.windows,
        "outages": row.outages,
        "misses": row.misses,
        "points": _decimal(row.points),
        "credit": None if row.credit is None else _money(row.credit, currency),
    }


def _assumed(lines: Iterable[Line]) -> list[str]:
    """What had to be taken for granted, since the files do not reach back far enough."""
    told = workings([line for line in lines if line.rule == "assumed"], PLAIN)
    return list(dict.fromkeys(working.text for working in told))


def _working(working: object) -> Json:
    stage, text, figure = working.stage, working.text, working.figure  # type: ignore[attr-defined]
    return {"stage": stage, "text": f"{text}: {figure}" if figure else text}


def _money(amount: Fraction, currency: str) -> str:
    """Text with the currency's decimals; all of them where the amount has more."""
    rounded = Money(amount, currency).round()
    return str(rounded.decimal) if rounded.exact == amount else _decimal(amount)


def _instant(at: Ms) -> str:
    return local(at, "UTC").isoformat(timespec="auto").replace("+00:00", "Z")
