"""Step three, the fees of an agreement: amounts with their currency, by item and from their days on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date
from typing import Any

from monitor.agreements.fees import ITEM, Dated, FeeTerm, FeeUnit, Items
from monitor.config.check import Checked
from monitor.config.model import AgreementTable, PriceKeys
from monitor.config.problems import Fault, Where
from monitor.config.stages import Layer
from monitor.config.values import meant
from monitor.core.money import Money
from monitor.core.numbers import parse_amount
from monitor.records import dataclass

UNITS: Mapping[str, FeeUnit] = {
    "monthly_fee": "month",
    "quarterly_fee": "quarter",
    "annual_fee": "year",
    "hourly_fee": "hour",
}
AMOUNTS = ("contract_fee", "at_risk")
PRICES = (*UNITS, *AMOUNTS)
BILL = "bill"


@dataclass(slots=True)
class Priced:
    """What an agreement says of money; what is wrong with it is added to `faults`.

    `currency` is None where it cannot be known: then an amount is read with the currency that it names.
    """

    where: Where
    table: AgreementTable
    amended: list[Layer]
    currency: str | None
    faults: list[Fault] = field(default_factory=list)

    def fees(self, checked: Checked) -> tuple[FeeTerm, ...]:
        """The fee from the first day on, and from each day on which it changes."""
        found: list[FeeTerm] = []
        for place, start, table in self._tables():
            said = [key for key in UNITS if getattr(table, key) is not None]
            if len(said) > 1:
                message = f"{' and '.join(said)} both say what is paid: keep one"
                self.faults.append(Fault((*place, said[1]), message))
            elif said:
                unit = UNITS[said[0]]
                items = self._items(getattr(table, said[0]), (*place, said[0]), ITEM[unit])
                found += [FeeTerm(start, items, unit)] if items else []
            elif table is self.table and not self._misspelt(checked):
                message = '"monthly_fee" is missing: write monthly_fee = "840.00"'
                self.faults.append(Fault(place, message))
        return tuple(found)

    def _misspelt(self, checked: Checked) -> bool:
        """Whether one of the keys that cannot be read means a fee."""
        wrong = [str(where[2]) for where in checked.stood_in if where[:2] == self.where and len(where) > 2]
        return any(meant(key, UNITS) for key in wrong)

    def bills(self) -> dict[str, Items]:
        """What was really billed, by period."""
        return {
            label: self._items(price, (*self.where, "bills", label), BILL)
            for label, price in self.table.bills.items()
        }

    def dated(self, key: str) -> Dated:
        """The contract fee, or the amount at risk, from its days on."""
        found = [
            (start, money)
            for place, start, table in self._tables()
            if (value := getattr(table, key)) is not None
            and (money := self._money(value, (*place, key))) is not None
        ]
        return tuple(found)

    def _tables(self) -> Iterator[tuple[Where, date, PriceKeys]]:
        yield self.where, self.table.from_, self.table
        for layer in self.amended:
            if isinstance(layer.table, PriceKeys):
                yield layer.where, layer.start, layer.table

    def _items(self, price: Mapping[str, Any], where: Where, alone: str) -> Items:
        found = [
            (key or alone, money)
            for key, value in price.items()
            if (money := self._money(value, (*where, key) if key else where)) is not None
        ]
        return tuple(found)

    def _money(self, value: Any, where: Where) -> Money | None:
        code = self.currency or str(value).strip().partition(" ")[2].strip()
        try:
            return Money(parse_amount(value, code), code)
        except ValueError as error:
            self.faults.append(Fault(where, str(error)))
            return None
