"""Step three, the contract half: customers, SLAs, agreements with their dated versions, internal targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from monitor.agreements.build import contract
from monitor.agreements.terms import ContractTerms
from monitor.agreements.terms import Terms as PromiseTerms
from monitor.config.check import Checked
from monitor.config.known import later
from monitor.config.model import AgreementTable, CustomerTable, SlaTable, TargetTable
from monitor.config.plan import Agreement, Customer, FeeTerm, Party, Target, Terms
from monitor.config.probing import dangling
from monitor.config.problems import Fault, Where
from monitor.config.stage_tables import PeriodTable
from monitor.config.stages import Layer, Version, amendment_faults, check_terms, dated, versions
from monitor.core.money import Money
from monitor.core.numbers import parse_amount


def party(table: Any) -> Party:
    """What is printed of an issuer or a customer."""
    return Party(table.name, tuple(table.address), dict(table.references), table.contact)


def customers(checked: Checked) -> dict[str, Customer]:
    """Every customer."""
    found: dict[str, Customer] = {}
    for key, table in checked.readable(CustomerTable).items():
        found[key] = Customer(key, party(table), table.timezone, table.currency, table.locale)
    return found


def sla_layers(key: str, table: SlaTable, faults: list[Fault]) -> list[Layer]:
    """An SLA and its amendments."""
    where = ("sla", key)
    return [Layer(where, table), *dated(table.amendment, where, faults)]


def slas(checked: Checked, warnings: list[str]) -> dict[str, list[Layer]]:
    """Every sound SLA as layers; each of its versions is checked whether or not an agreement uses it."""
    found: dict[str, list[Layer]] = {}
    sound = checked.tables(SlaTable)
    for key, table in checked.readable(SlaTable).items():
        layers = sla_layers(key, table, checked.faults)
        checked.faults.extend(amendment_faults(layers[1:]))
        if key not in sound:
            continue  # what its rows leave open cannot be said before all of it can be read
        for version in versions(date.min, None, layers, []):
            check_terms(version, ("sla", key), checked.faults, warnings)
        found[key] = layers
    return found


def agreements(
    checked: Checked,
    *,
    parties: Mapping[str, Customer],
    terms: Mapping[str, list[Layer]],
    warnings: list[str],
) -> dict[str, Agreement]:
    """Every agreement with its dated terms and fees; one that rests on something invalid is left out."""
    found: dict[str, Agreement] = {}
    sound = checked.tables(AgreementTable)
    for key, table in checked.readable(AgreementTable).items():
        where = ("agreement", key)
        for kind, name in {"customer": table.customer, "service": table.service, "sla": table.sla}.items():
            checked.faults.extend(dangling((*where, kind), name, kind, checked))
        amended = _amended(where, table, checked)
        currency = _currency(where, table, checked)
        fees = _fees(where, table, amended, currency, checked.faults)
        if key in sound and table.customer in parties and table.sla in terms:
            own = [Layer(where, table), *amended]
            found[key] = _agreement(
                key, table, parties[table.customer], terms[table.sla], own, fees, checked, warnings
            )
    return found


def _amended(where: Where, table: AgreementTable, checked: Checked) -> list[Layer]:
    """The amendments of an agreement, each looked at by itself."""
    amended = dated(table.amendment, where, checked.faults)
    checked.faults.extend(amendment_faults(amended))
    if checked.is_own((*where, "from")):
        checked.faults.extend(_date_faults(where, table, amended))
    return amended


def _currency(where: Where, table: AgreementTable, checked: Checked) -> str | None:
    """The currency of an agreement, or None where it cannot be known."""
    customer = checked.readable(CustomerTable).get(table.customer)
    if table.currency is not None or not checked.is_own((*where, "currency")):
        return table.currency
    known = customer is not None and checked.is_own(("customer", table.customer, "currency"))
    return customer.currency if customer is not None and known else None


def _agreement(
    key: str,
    table: AgreementTable,
    customer: Customer,
    sla: list[Layer],
    own: list[Layer],
    fees: tuple[FeeTerm, ...],
    checked: Checked,
    warnings: list[str],
) -> Agreement:
    where = ("agreement", key)
    history = versions(table.from_, table.until, sla, own)
    zones = [_zone(version, table, customer) for version in history]
    checked.faults.extend(_zone_faults(history))
    title = getattr(sla[0].table, "title", None) or table.sla
    return Agreement(
        id=key,
        customer=table.customer,
        service=table.service,
        zone=zones[0],
        currency=table.currency or customer.currency,
        start=table.from_,
        until=table.until,
        terms=tuple(
            _terms(version, table.sla, title, check_terms(version, where, checked.faults, warnings))
            for version in history
        ),
        fees=fees,
    )


def _terms(version: Version, sla: str, title: str, terms: PromiseTerms) -> Terms:
    bound = terms.commitment.bound
    assert bound is not None
    whole = ContractTerms(((sla, terms),))
    return Terms(version.start, sla, title, version.version, _contract(whole), bound)


_contract = lru_cache(maxsize=256)(contract)  # one contract is shared by all who agreed to its terms


def _date_faults(where: Where, table: AgreementTable, amended: list[Layer]) -> list[Fault]:
    faults: list[Fault] = []
    if table.until is not None and table.until < table.from_:
        message = f"{table.until} is before the first day, {table.from_}: until names a day that is included"
        faults.append(Fault((*where, "until"), message))
    for layer in amended:
        if layer.start <= table.from_:
            message = f"is not after the first day, {table.from_}: write it into the agreement itself"
            faults.append(Fault(layer.where, message, key=True))
        elif table.until is not None and layer.start > table.until:
            message = f"is after the last day, {table.until}: nothing would come of it"
            faults.append(Fault(layer.where, message, key=True))
    return faults


def _zone(version: Version, table: AgreementTable, customer: Customer) -> str:
    """The zone in which months are cut: the SLA's own, else the agreement's, else the customer's."""
    period: PeriodTable | None = version.stages.get("period")
    return (period and period.timezone) or table.timezone or customer.zone


def _zone_faults(history: Sequence[Version]) -> list[Fault]:
    """A month cut in one zone and the next in another would overlap or leave hours out."""
    periods: list[PeriodTable | None] = [version.stages.get("period") for version in history]
    zones = [period and period.timezone for period in periods]
    return [
        Fault((*version.said_at["period"], "period"), later("another time zone from a day on"))
        for version, zone in zip(history, zones, strict=True)
        if zone != zones[0] and "period" in version.said_at
    ]


def _fees(
    where: Where, table: AgreementTable, amended: list[Layer], currency: str | None, faults: list[Fault]
) -> tuple[FeeTerm, ...]:
    """The fees; in a currency that nobody knows there are none, and they are read all the same."""
    written = [(where, table.from_, table.monthly_fee)]
    for layer in amended:
        fee = getattr(layer.table, "monthly_fee", None)
        if fee is not None:
            written.append((layer.where, layer.start, fee))
    terms: list[FeeTerm] = []
    for place, start, fee in written:
        code = currency or str(fee).strip().partition(" ")[2].strip()
        try:
            terms.append(FeeTerm(start, Money(parse_amount(fee, code), code)))
        except ValueError as error:
            faults.append(Fault((*place, "monthly_fee"), str(error)))
    return tuple(terms)


def targets(checked: Checked) -> dict[str, Target]:
    """Every internal target."""
    found: dict[str, Target] = {}
    for key, table in checked.readable(TargetTable).items():
        where = ("target", key)
        checked.faults.extend(dangling((*where, "service"), table.service, "service", checked))
        for number, name in enumerate(table.protects):
            checked.faults.extend(dangling((*where, "protects", number), name, "sla", checked))
        found[key] = Target(key, table.service, table.objective, table.owner, tuple(table.protects))
    return found
