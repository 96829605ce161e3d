"""PURE. What differs between two statements of one period: figure by figure, read from their documents.

A document is a statement's exact JSON twin. Both sides are read from one, so that what was issued is compared
as it was issued, whatever has become of the program since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from monitor.core.money import Amount
from monitor.core.numbers import parse_amount
from monitor.ledger.press import Document
from monitor.statements.value import CreditLine, Difference

Figure = Fraction | int | Amount | str | None
Read = Callable[[Any], Figure]


def share(value: Any) -> Fraction | None:
    """A ratio of a document."""
    return None if value is None else Fraction(int(value["numerator"]), int(value["denominator"]))


def amount(value: Any) -> Amount | None:
    """A rounded amount of a document."""
    return None if value is None else Amount(int(value["minor"]), str(value["currency"]))


def _money(value: Any) -> Figure:
    """An exact amount: in minor units where it has any, else as a fraction in words."""
    exact, code = share(value), str(value["currency"])
    if exact is None or value["decimal"] is None:
        return f"{exact} {code}"
    digits = len(str(value["decimal"]).partition(".")[2])
    return Amount(int(parse_amount(str(value["decimal"]), code) * 10**digits), code)


def _whole(value: Any) -> int:
    return int(value)


def _count(value: Any) -> int:
    return len(value)


def _word(value: Any) -> str:
    return str(value)


def _late(value: Any) -> int:
    return sum(len(promise["late"]) for promise in value["promises"]) if value else 0


def _responses(value: Any) -> int:
    counts = [each for promise in value["promises"] for each in promise["counts"]] if value else []
    return sum(each["in_time"] + each["late"] for each in counts)


def _met(value: Any) -> str | None:
    return {True: "met", False: "missed"}.get(value)


FIGURES: Sequence[tuple[str, str, Read]] = (
    ("version", "version", _word),
    ("fee", "fee", _money),
    ("availability", "availability", share),
    ("promised", "promised_ms", _whole),
    ("counted", "counted_ms", _whole),
    ("excused", "excused_ms", _whole),
    ("unmeasured", "unmeasured_ms", _whole),
    ("outages", "outages", _count),
    ("windows", "windows", _count),
    ("responses", "tickets", _responses),
    ("late responses", "tickets", _late),
    ("met", "met", _met),
    ("credit", "credit", amount),
)
"""What is compared: the name of a figure, its key in a document's section, and how it is read."""


def differences(before: Document, after: Document) -> tuple[Difference, ...]:
    """Every figure that differs, by agreement; a section that only one of them has is told as a count."""
    old, new = _sections(before), _sections(after)
    found: list[Difference] = []
    for key in dict.fromkeys((*old, *new)):
        found += _of_section(key[0], old.get(key), new.get(key))
    return tuple(found)


def _sections(document: Document) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (section["agreement"], (section["period"] or document["period"])["label"]): section
        for section in document["sections"]
    }


def _of_section(
    agreement: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Iterator[Difference]:
    service = (new or old or {})["service"]
    if old is None or new is None:
        yield Difference(agreement, service, "agreements", int(old is not None), int(new is not None))
        credits = [None if each is None else amount(each["credit"]) for each in (old, new)]
        if any(credit is not None and credit.minor for credit in credits):
            yield Difference(agreement, service, "credit", *credits)
        return
    for what, key, read in FIGURES:
        was, now = read(old.get(key)), read(new.get(key))
        if was != now:
            yield Difference(agreement, service, what, was, now)


def given(document: Document) -> tuple[CreditLine, ...]:
    """The lines of an issued paper: what that very paper gives or takes."""
    return tuple(
        CreditLine(
            line["agreement"],
            line["service"],
            Amount(int(line["amount"]["minor"]), str(line["amount"]["currency"])),
            line["reason"],
        )
        for line in document["issue"]["lines"]
    )


def balance(lines: Sequence[CreditLine]) -> dict[tuple[str, str], CreditLine]:
    """What lines come to, by agreement and currency."""
    found: dict[tuple[str, str], CreditLine] = {}
    for line in lines:
        key = (line.agreement, line.amount.currency)
        before = found[key].amount if key in found else Amount(0, line.amount.currency)
        found[key] = CreditLine(line.agreement, line.service, before + line.amount, line.reason)
    return found


def owed_more(now: Sequence[CreditLine], so_far: Sequence[CreditLine], reason: str) -> tuple[CreditLine, ...]:
    """The lines that bring what was given so far to what is owed now, each with its sign."""
    new, old = balance(now), balance(so_far)
    found: list[CreditLine] = []
    for key in dict.fromkeys((*old, *new)):
        minor = (new[key].amount.minor if key in new else 0) - (old[key].amount.minor if key in old else 0)
        if minor:
            service = (new.get(key) or old[key]).service
            found.append(CreditLine(key[0], service, Amount(minor, key[1]), reason))
    return tuple(found)
