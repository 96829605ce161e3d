"""Step three, the contract half: agreements with their dated versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from monitor.agreements.base import fees_needed
from monitor.agreements.build import contract
from monitor.agreements.fees import must_name_periods
from monitor.agreements.pipeline import Contract
from monitor.agreements.terms import ContractTerms
from monitor.agreements.terms import Terms as PromiseTerms
from monitor.config.check import Checked
from monitor.config.contract_terms import (
    calendars_named,
    contract_terms,
    fee_items,
    other_currencies,
    with_calendar,
)
from monitor.config.known import UNACCEPTED, later
from monitor.config.model import (
    AgreementTable,
    ServiceTable,
)
from monitor.config.parties import calendar_faults
from monitor.config.plan import Agreement, Customer, PartyKind, Terms
from monitor.config.prices import PRICES, Priced
from monitor.config.probing import dangling
from monitor.config.problems import Fault, Where
from monitor.config.slas import cycle_of, inside_a_period
from monitor.config.stages import (
    Agreed,
    Family,
    Layer,
    Version,
    amendment_faults,
    dated,
)
from monitor.core.numbers import Bound
from monitor.records import dataclass

NEEDED = {
    "contract": ("contract_fee", '"14400.00"'),
    "at risk": ("at_risk", '"12000.00"'),
}
NAME_A_CALENDAR = 'write calendar = "office" here, or in the agreement or its customer'
SATURDAYS_UNSAID = "whether Saturdays and holidays count is not said: business time is counted in a calendar"
UNCLAIMED = (
    "we buy this, and nothing says by when a credit must be claimed: "
    'claim = "30 days after period", or "automatic"'
)


def agreements(
    checked: Checked,
    *,
    customers: Mapping[str, Customer],
    providers: Mapping[str, Customer],
    families: Mapping[str, Family],
    warnings: list[str],
) -> dict[str, Agreement]:
    """Every agreement with its dated terms and fees; one that rests on something invalid is left out."""
    found: dict[str, Agreement] = {}
    worked: dict[object, Worked] = {}
    sound = checked.tables(AgreementTable)
    for key, table in checked.readable(AgreementTable).items():
        kind, name = _party(key, table, checked)
        who = (providers if kind == "provider" else customers).get(name)
        draft = Draft(key, table, kind, name, who, checked, families, warnings, worked=worked)
        agreement = draft.agreement(sound=key in sound)
        if agreement is not None:
            found[key] = agreement
    return found


def _party(key: str, table: AgreementTable, checked: Checked) -> tuple[PartyKind, str]:
    """Whether we sell or buy, and from or to whom; anything but one party is a fault."""
    where = ("agreement", key)
    said: list[PartyKind] = [kind for kind in ("customer", "provider") if getattr(table, kind) is not None]
    if len(said) == 2:
        checked.faults.append(Fault((*where, "provider"), "we sell or we buy: keep customer or provider"))
    unread = not all(checked.is_own((*where, kind)) for kind in ("customer", "provider"))
    if not said and not unread:
        message = '"customer" is missing: write customer = "acme", or provider = "acme" where we buy'
        checked.faults.append(Fault(where, message))
    kind = said[0] if said else "customer"
    return kind, getattr(table, kind) or ""


@dataclass(frozen=True, slots=True)
class Worked:
    """What a version comes to, for all who agreed to it: one SLA is the terms of hundreds of agreements."""

    version: Version
    terms: ContractTerms
    contract: Contract
    commitment: Bound
    fee_words: frozenset[str]


@dataclass(slots=True)
class Draft:
    """One agreement as it is put together; what is wrong with it goes to `checked.faults`.

    One that is only `tried` never comes to a claim. `worked` holds what drafts have in common.
    """

    key: str
    table: AgreementTable
    kind: PartyKind
    name: str
    party: Customer | None
    checked: Checked
    families: Mapping[str, Family]
    warnings: list[str]
    tried: bool = False
    worked: dict[object, Worked] = field(default_factory=dict)
    where: Where = field(init=False)

    def __post_init__(self) -> None:
        self.where = ("agreement", self.key)

    def agreement(self, *, sound: bool) -> Agreement | None:
        """The agreement, or None where something it rests on is not sound."""
        faults = self.checked.faults
        faults.extend(self._references())
        amended = self._amended()
        priced = Priced(self.where, self.table, amended, self._currency(), faults)
        fees, bills = priced.fees(self.checked), priced.bills()
        sums = {key: priced.dated(key) for key in ("contract_fee", "at_risk")}
        agreed = Agreed(Layer(self.where, self.table), tuple(amended), self.families)
        known = all(name in self.families for layer in (agreed.own, *amended) for name in _slas(layer))
        if not (sound and known and self.party):
            return None
        found = Agreement(
            id=self.key,
            customer=self.name,
            service=self.table.service,
            zone="",
            currency=self.table.currency or self.party.currency,
            start=self.table.from_,
            until=self.table.until,
            terms=(),
            fees=fees,
            kind=self.kind,
            bills=bills,
            contract_fees=sums["contract_fee"],
            at_risk=sums["at_risk"],
            billing_day=self.table.billing_day,
            calendar=self.table.calendar or self.party.calendar,
            not_with=tuple(self.table.not_with),
            dispute=self.table.dispute,
            second_person=self.table.approval is not None,
            accept_unverified=self.table.accept_unverified,
            references=dict(self.table.references),
        )
        return self._with_terms(found, agreed)

    def _references(self) -> Iterator[Fault]:
        table, where = self.table, self.where
        if self.name:
            yield from dangling((*where, self.kind), self.name, self.kind, self.checked)
        yield from dangling((*where, "service"), table.service, "service", self.checked)
        yield from _sla_references(where, table.sla, self.checked)
        yield from calendar_faults((*where, "calendar"), table.calendar, self.checked)
        for number, other in enumerate(table.not_with):
            place = (*where, "not_with", number)
            if other == self.key:
                yield Fault(place, "an agreement cannot exclude its own credit: name another")
            yield from dangling(place, other, "agreement", self.checked)

    def _amended(self) -> list[Layer]:
        """The amendments, each looked at by itself."""
        amended = dated(self.table.amendment, self.where, self.checked.faults)
        self.checked.faults.extend(amendment_faults(amended, PRICES))
        for layer in amended:
            self.checked.faults.extend(_sla_references(layer.where, _slas(layer), self.checked))
        if self.checked.is_own((*self.where, "from")):
            self.checked.faults.extend(_date_faults(self.where, self.table, amended))
        return amended

    def _currency(self) -> str | None:
        """The currency, or None where it cannot be known."""
        table, checked = self.table, self.checked
        if table.currency is not None or not checked.is_own((*self.where, "currency")):
            return table.currency
        known = self.party is not None and checked.is_own((self.kind, self.name, "currency"))
        return self.party.currency if self.party is not None and known else None

    def _with_terms(self, found: Agreement, agreed: Agreed) -> Agreement | None:
        faults, known = self.checked.faults, len(self.checked.faults)
        history: list[tuple[Version, Worked]] = []
        for day in agreed.days(found.start, found.until):
            version = agreed.version(day, found.start, faults)
            worked = self._worked(version, found.calendar)
            if worked is None:
                return None
            faults.extend(self._own_faults(worked, version, found))
            history.append((version, worked))
        zones = [self._zone(worked.terms) for _, worked in history]
        found = replace(
            found,
            zone=zones[0],
            terms=tuple(self._terms(version, worked, agreed) for version, worked in history),
        )
        faults.extend(_zone_faults([version for version, _ in history], zones))
        faults.extend(_cut_faults(found, agreed))
        faults.extend(_bill_faults(found, self.where))
        return found if len(faults) == known else None

    def _worked(self, version: Version, calendar: str | None) -> Worked | None:
        """What a version comes to; what there is to say of it is said to each who has it."""
        key = (version.tables, calendar)
        if key in self.worked:
            return self.worked[key]
        faults, warnings = self.checked.faults, self.warnings
        before = len(faults), len(warnings)
        terms = contract_terms(version, self.where, faults, warnings)
        if terms is None:
            return None
        terms = with_calendar(terms, calendar)
        found = Worked(version, terms, _contract(terms), _commitment(terms), fees_needed(terms))
        if (len(faults), len(warnings)) == before:
            self.worked[key] = found
        return found

    def _terms(self, version: Version, worked: Worked, agreed: Agreed) -> Terms:
        terms, names = worked.terms, agreed.names(version.start)
        title = ", ".join(self.families[name].title for name in names)
        cycle = cycle_of(
            terms.promises[0][1].period, self._zone(terms), self.table.from_, self.table.billing_day
        )
        return Terms(
            start=version.start,
            sla=", ".join(names),
            sla_title=title,
            version=version.version,
            contract=worked.contract,
            commitment=worked.commitment,
            terms=terms,
            cycle=cycle,
            fee_words=worked.fee_words,
            applies=version.applies,  # type: ignore[arg-type]
        )

    def _zone(self, terms: ContractTerms) -> str:
        """The zone in which periods are cut: the SLA's own, else the agreement's, else the party's."""
        party = self.party.zone if self.party else ""
        return terms.promises[0][1].period.timezone or self.table.timezone or party

    def _own_faults(self, worked: Worked, version: Version, found: Agreement) -> Iterator[Fault]:
        """What only an agreement can be wrong about."""
        for name, promise in worked.terms.promises:
            stages = version.promises[name]
            if self.kind == "provider" and "claim" not in stages and not self.tried:
                yield Fault(self.where, UNCLAIMED)
            for stage, code in other_currencies(promise, found.currency):
                said = stages.get(stage)
                message = f"{code} is not the currency of agreement {self.key}, {found.currency}: write that"
                yield Fault((*(said.where if said else self.where), stage), message)
            for place, calendar in calendars_named(promise):
                said = stages.get(str(place[0]))
                where = (*(said.where if said else self.where), *place)
                if calendar is None and promise.measure.evidence == "tickets" and place[0] == "measure":
                    yield Fault(where, f"{SATURDAYS_UNSAID}: {NAME_A_CALENDAR}")
                else:
                    yield from self._no_calendar(where, calendar)
            yield from self._unknown_items(promise, stages, found)
        if version.unproven and not (self.table.accept_unverified or self.checked.accept_unverified):
            yield self._unaccepted(version)
        for word in sorted(worked.fee_words & set(NEEDED)):
            key, example = NEEDED[word]
            if not (found.contract_fees if word == "contract" else found.at_risk):
                yield Fault(
                    self.where, f'"{key}" is missing, and the terms look at it: write {key} = {example}'
                )

    def _unaccepted(self, version: Version) -> Fault:
        """Terms that nobody has held against the contract, and nobody says that they will do."""
        stages = ", ".join(version.unproven)
        message = (
            f"{UNACCEPTED} ({stages}): hold them against your contract and write what it says here, "
            "or write accept_unverified = true"
        )
        return Fault((*self.where, "sla"), message)

    def _no_calendar(self, where: Where, calendar: str | None) -> Iterator[Fault]:
        if calendar is None:
            yield Fault(
                where, f"business time is counted in a calendar, and none is named: {NAME_A_CALENDAR}"
            )
        else:
            yield from dangling(where, calendar, "calendar", self.checked)

    def _unknown_items(
        self, promise: PromiseTerms, stages: Mapping[str, Any], found: Agreement
    ) -> Iterator[Fault]:
        """Items that the base needs and no fee has."""
        said = stages.get("base")
        where = (*(said.where if said else self.where), "base")
        items = {item for term in found.fees for item, _ in term.items}
        items |= {item for bill in found.bills.values() for item, _ in bill}
        for item in fee_items(promise):
            if items and item not in items:
                message = f'the fee of agreement {self.key} has no item "{item}"'
                yield Fault(where, f'{message}: write monthly_fee = {{ {item} = "…" }}')
        if promise.base.per == "resource":
            yield from self._unpriced(where, items)

    def _unpriced(self, where: Where, items: set[str]) -> Iterator[Fault]:
        """Resources without a fee of their own, where each is credited on its own."""
        service = self.checked.readable(ServiceTable).get(self.table.service)
        resources = list(service.resources) if service else []
        missing = [each for each in resources if each not in items]
        if items and len(resources) > 1 and missing:
            message = f"each resource is credited on its own fee, and agreement {self.key} has none for"
            example = ", ".join(f'{each} = "…"' for each in resources[:2])
            yield Fault(where, f"{message} {', '.join(missing)}: write monthly_fee = {{ {example} }}")


_contract = lru_cache(maxsize=256)(contract)  # one contract is shared by all who agreed to its terms


def _slas(layer: Layer) -> tuple[str, ...]:
    return getattr(layer.table, "sla", None) or ()


def _sla_references(where: Where, names: tuple[str, ...], checked: Checked) -> Iterator[Fault]:
    for number, name in enumerate(names):
        place = (*where, "sla", number) if len(names) > 1 else (*where, "sla")
        yield from dangling(place, name, "sla", checked)


def _commitment(terms: ContractTerms) -> Bound:
    """The first promise of availability, for what looks at one alone."""
    said = [each.commitment for _, each in terms.promises if each.commitment.bound is not None]
    shares = [each for each in said if each.of == "share"]
    first = next(iter([*shares, *said]), None)
    bound = first.bound if first else None
    return bound or Bound(">=", Fraction(0))


def _date_faults(where: Where, table: AgreementTable, amended: list[Layer]) -> Iterator[Fault]:
    if table.until is not None and table.until < table.from_:
        message = f"{table.until} is before the first day, {table.from_}: until names a day that is included"
        yield Fault((*where, "until"), message)
    for layer in amended:
        if layer.start <= table.from_:
            message = f"is not after the first day, {table.from_}: write it into the agreement itself"
            yield Fault(layer.where, message, key=True)
        elif table.until is not None and layer.start > table.until:
            message = f"is after the last day, {table.until}: nothing would come of it"
            yield Fault(layer.where, message, key=True)


def _zone_faults(history: list[Version], zones: list[str]) -> Iterator[Fault]:
    """A month cut in one zone and the next in another would overlap or leave hours out."""
    for version, zone in zip(history, zones, strict=True):
        said = next(iter(version.promises.values())).get("period") or version.shared.get("period")
        if said is not None and zone != zones[0]:
            yield Fault((*said.where, "period"), later("another time zone from a day on"))


def _cut_faults(found: Agreement, agreed: Agreed) -> Iterator[Fault]:
    for before, after in zip(found.terms, found.terms[1:], strict=False):
        yield from inside_a_period(agreed.layers(after.start), after.start, before.cycle)


def _bill_faults(found: Agreement, where: Where) -> Iterator[Fault]:
    """Bills for what is a period of none of the terms."""
    unknown = [dict(must_name_periods(found.bills, terms.cycle)) for terms in found.terms]
    for label in found.bills:
        if all(label in each for each in unknown):
            yield Fault((*where, "bills", label), unknown[-1][label], key=True)
