"""SLAs that are tried beside what was agreed: shadows of an agreement, and candidates on recorded history.

Each becomes an agreement of its own that stands in no plan's agreements: it is compared, and nothing is ever
stated, owed or announced by it. Fees, dates and the calendar are the real one's, the terms the SLA's alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

from monitor.agreements.terms import Cap
from monitor.config.check import Checked
from monitor.config.contract_terms import fee_items, other_currencies
from monitor.config.contracts import Draft
from monitor.config.known import UNACCEPTED
from monitor.config.model import AgreementAmendmentTable, AgreementTable
from monitor.config.plan import Agreement, Customer, Party, PartyKind, Plan, Shadow, Sla
from monitor.config.prices import PRICES, UNITS
from monitor.config.problems import Fault, dotted
from monitor.config.slas import slas, slas_alone
from monitor.config.stage_tables import STAGES
from monitor.config.stages import BESIDE, Family
from monitor.core.money import Money
from monitor.errors import ConfigError
from monitor.records import dataclass

NOMINAL = "1000000.00"
"""The fee of a candidate that has none: what it credits is then told as a share of it."""
NOBODY = "nobody"
CODE = 3  # letters of a currency
CURRENCY = re.compile(r"(\S+): ([A-Z]{3}) is not the currency of .*")
UNVERIFIED = re.compile(rf"{UNACCEPTED} \((.*)\): .*")
NO_CALENDAR = re.compile(r"(\S+): business time is counted in a calendar, and none is named: .*")
TERMS: Mapping[str, Any] = {
    **dict.fromkeys((*STAGES, *BESIDE), None),
    "promise": {},
    "not_with": [],
    "shadow": [],
    "references": {},
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An SLA to be tried on a service from a day on.

    `like` is the agreement whose party, fee and calendar it takes, None: nobody's. `fee` is a price by the
    month and its currency, None: that of `like`, or no fee at all. `calendar` is where the terms name none.
    """

    sla: str
    service: str
    start: date
    like: str | None = None
    fee: tuple[str, str] | None = None
    accept_unverified: bool = False
    calendar: str | None = None


def shadows(
    checked: Checked,
    customers: Mapping[str, Customer],
    providers: Mapping[str, Customer],
    families: Mapping[str, Family],
    agreed: Mapping[str, Agreement],
) -> dict[str, tuple[Shadow, ...]]:
    """The shadows of every sound agreement; what is wrong with one is added to the faults, at its place."""
    found: dict[str, tuple[Shadow, ...]] = {}
    known = slas_alone(families)
    for key, table in checked.readable(AgreementTable).items():
        real = agreed.get(key)
        if real is not None and table.shadow:
            party = (providers if real.kind == "provider" else customers)[real.customer]
            found[key] = tuple(_shadows(checked, party, families, known, real, table))
    return found


def _shadows(
    checked: Checked,
    party: Customer,
    families: Mapping[str, Family],
    known: Mapping[str, Sla],
    real: Agreement,
    table: AgreementTable,
) -> Iterator[Shadow]:
    """Figures that nobody has verified keep nothing from loading: who asks for amounts accepts them."""
    for number, name in enumerate(table.shadow):
        own = replace(checked, faults=[], accept_unverified=True)
        other = _by_item(_table(table, sla=(name,)), known.get(name))
        draft = Draft(real.id, other, real.kind, real.customer, party, own, families, [], tried=True)
        agreement = draft.agreement(sound=True)
        where = ("agreement", real.id, "shadow", number)
        checked.faults.extend(Fault(where, message) for message in _said(own.faults))
        if agreement is not None:
            yield Shadow(name, replace(agreement, id=f"{real.id} by {name}"))


def _said(faults: Sequence[Fault]) -> Iterator[str]:
    """Faults of an agreement that nobody wrote, as sentences; each once."""
    for rest, message in dict.fromkeys((fault.where[2:], fault.message) for fault in faults):
        place = dotted(tuple(part for part in rest if part != "sla"))
        yield f"{place}: {message}" if place else message


def candidates(checked: Checked, asked: Sequence[Candidate], plan: Plan) -> tuple[Agreement, ...]:
    """An agreement for each candidate. ConfigError with everything that is wrong, after its SLA's name."""
    families = slas(replace(checked, faults=[]), [])
    known = slas_alone(families)
    found, wrong = [], []
    for number, each in enumerate(asked, start=1):
        own = replace(checked, faults=[], accept_unverified=each.accept_unverified)
        own.written = {**checked.written, "customer": {*checked.written["customer"], NOBODY}}
        price = _price(each, known.get(each.sla), plan)
        if each.like is None:
            table, party = _alone(each, *price), _nobody(plan)
        else:
            table = _beside(each, checked.tables(AgreementTable)[each.like], *price)
            party = plan.party_of(plan.agreements[each.like])
        kind: PartyKind = "provider" if table.provider else "customer"
        name = table.provider or table.customer or NOBODY
        draft = Draft(f"candidate-{number}", table, kind, name, party, own, families, [], tried=True)
        agreement = draft.agreement(sound=True)
        wrong += [_told(each, number, message) for message in _said(own.faults)]
        if each.like is None and each.fee is None and each.sla in known and _is_priced(known[each.sla].terms):
            wrong.append(f"--sla {each.sla}: it names amounts of money; say what is paid: --fee 1000 EUR")
        found += [agreement] if agreement is not None else []
    if wrong:
        raise ConfigError("\n".join(dict.fromkeys(wrong)))
    return tuple(found)


def _is_priced(terms: object) -> bool:
    """Whether anything in the terms is an amount of money, of which no share of a fee can be told."""
    if isinstance(terms, tuple):
        return any(map(_is_priced, terms))
    if isinstance(terms, Money) or getattr(terms, "kind", None) == "money":
        return True
    if isinstance(terms, Cap) and len(terms.of) == CODE and terms.of.isupper():
        return True
    return is_dataclass(terms) and any(_is_priced(getattr(terms, each.name)) for each in fields(terms))


def _told(each: Candidate, number: int, message: str) -> str:
    """A fault of a candidate for whoever typed its name."""
    hint = "" if each.fee else "; or say what is paid: --fee 1000 EUR"
    if each.fee and " has no item " in message:
        hint = "; write it into an agreement on the service, and name that: --agreement ID"
    said, about_money = _on_a_command_line(each, message), "fee" in message
    return f"--sla {each.sla}: {said.replace(_called(number), '')}{hint if about_money else ''}"


def _on_a_command_line(each: Candidate, message: str) -> str:
    """What there is to say, where a file would have something to write."""
    if found := CURRENCY.fullmatch(message):
        amount = each.fee[0] if each.fee else "1000"
        return f"its {found[1]} are in {found[2]}: say --fee {amount} {found[2]}"
    if found := UNVERIFIED.fullmatch(message):
        return f"not verified: {found[1]}; compare with the provider's text, or say --accept-unverified"
    if found := NO_CALENDAR.fullmatch(message):
        where = found[1].removesuffix(".calendar")
        return f"{where}: business time is counted in a calendar, and it names none: say --calendar NAME"
    return message


def _called(number: int) -> str:
    return f" of agreement candidate-{number}"


def _price(each: Candidate, sla: Sla | None, plan: Plan) -> tuple[Any, str]:
    """The fee as it is written, and its currency: without one a nominal fee in the terms' own currency.

    Where the terms look at one item of the fee, it is all of it.
    """
    promises = [promise for _, promise in sla.terms.promises] if sla else []
    default = _nobody(plan).currency
    own = [code for promise in promises for _, code in other_currencies(promise, default)]
    fee, currency = each.fee or (NOMINAL, own[0] if own else default)
    items = _items(sla)
    return ({items[0]: fee} if len(items) == 1 else fee), currency


def _items(sla: Sla | None) -> list[str]:
    """The items of the fee that the terms look at."""
    promises = [promise for _, promise in sla.terms.promises] if sla else []
    return list(dict.fromkeys(item for promise in promises for item in fee_items(promise)))


def _by_item(table: AgreementTable, sla: Sla | None) -> AgreementTable:
    """The table with a fee that is one sum as the item that the terms look at, where they look at one."""
    items = _items(sla)
    if len(items) != 1:
        return table

    def named(price: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        return {items[0]: price[""]} if price is not None and list(price) == [""] else price

    amended = {
        day: each.model_copy(update={key: named(getattr(each, key)) for key in UNITS})
        for day, each in table.amendment.items()
    }
    prices = {key: named(getattr(table, key)) for key in UNITS}
    bills = {label: named(price) for label, price in table.bills.items()}
    return table.model_copy(update={**prices, "bills": bills, "amendment": amended})


def _nobody(plan: Plan) -> Customer:
    zones = {party.zone for party in plan.customers.values()}
    currencies = {party.currency for party in plan.customers.values()}
    zone = zones.pop() if len(zones) == 1 else "UTC"
    currency = currencies.pop() if len(currencies) == 1 else "EUR"
    return Customer(NOBODY, Party("Nobody"), zone, currency, "en")


def _alone(each: Candidate, fee: Any, currency: str) -> AgreementTable:
    """An agreement with nobody."""
    whole = each.fee[0] if each.fee else NOMINAL
    raw = {
        "customer": NOBODY, "service": each.service, "sla": each.sla, "from": each.start,
        "monthly_fee": fee, "contract_fee": whole, "at_risk": whole, "currency": currency,
        "calendar": each.calendar,
    }  # fmt: skip
    return AgreementTable.model_validate(raw)


def _beside(each: Candidate, real: AgreementTable, fee: Any, currency: str) -> AgreementTable:
    """The agreement on other terms, from an anniversary on that is before all that is tried."""
    more: dict[str, Any] = {"from_": _anniversary(real.from_, each.start), "until": None}
    more |= {} if each.calendar is None else {"calendar": each.calendar}
    if each.fee is not None:
        raw = {"customer": NOBODY, "service": each.service, "sla": each.sla, "from": each.start}
        priced = AgreementTable.model_validate({**raw, "monthly_fee": fee})
        more |= {**dict.fromkeys(PRICES, None), "bills": {}, "amendment": {}}
        more |= {"monthly_fee": priced.monthly_fee, "currency": currency}
    return _table(real, sla=(each.sla,), **more)


def _anniversary(first: date, start: date) -> date:
    """The last day on or before `start` of the first one's day in the year, or the first day itself."""
    if first <= start:
        return first
    for year in range(start.year, start.year - 2, -1):
        day = date(year, first.month, min(first.day, 28) if first.month == 2 else first.day)
        if day <= start:
            return day
    raise AssertionError("one of two years has such a day")


def _table(real: AgreementTable, **more: Any) -> AgreementTable:
    """The agreement's table on the terms of another SLA alone: of its amendments the fees are left."""
    amended = {
        day: AgreementAmendmentTable.model_construct(
            **{**AgreementAmendmentTable().model_dump(), **{key: getattr(each, key) for key in PRICES}}
        )
        for day, each in real.amendment.items()
        if any(getattr(each, key) is not None for key in PRICES)
    }
    return real.model_copy(update={**TERMS, "amendment": amended, **more})
