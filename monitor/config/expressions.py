"""Step three, services: `up_when` becomes an expression over endpoints, services inside it resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from datetime import date, timedelta

from monitor.config.check import Checked
from monitor.config.model import ServiceTable
from monitor.config.plan import NOTHING_PROBED, Resource, Service
from monitor.config.probe_tables import EndpointTable
from monitor.config.probing import dangling
from monitor.config.problems import Fault, Where
from monitor.config.stages import dated
from monitor.config.values import NAME, label, meant, shown
from monitor.core.intervals import Ms
from monitor.core.periods import midnight
from monitor.core.services import AtLeast, Expression, Leaf, Not
from monitor.records import dataclass

DEEPEST = 40

HOW = 'write { all = ["shop-web", "shop-api"] }, { any = […] }, { at_least = 2, of = […] } or { not = … }'


def services(
    checked: Checked, *, zones: Mapping[str, Collection[str]], probed: bool = True
) -> dict[str, Service]:
    """Every service with its expression and its resources.

    `zones` are the zones of the agreements on each service: a resource's day is a day there. Where nothing
    is `probed`, names and labels of endpoints that are nowhere are taken as they stand.
    """
    book = _Book(checked, probed)
    found: dict[str, Service] = {}
    for key, table in checked.readable(ServiceTable).items():
        expression = book.service(key)
        if expression is None and not probed:
            expression = NOTHING_PROBED  # labels that select endpoints of another file
        if expression is not None:
            resources = _resources(key, table, zones.get(key, ()), checked)
            later = tuple(_amended(key, table, book))
            upstream = _upstream(key, table, checked)
            found[key] = Service(
                key, table.title or key, expression, resources, later, upstream, tuple(table.tickets)
            )
    return found


def _upstream(key: str, table: ServiceTable, checked: Checked) -> tuple[str, ...]:
    """The services that one depends on; a name that is none, or leads back to it, is a fault."""
    for number, name in enumerate(table.depends_on):
        where = ("service", key, "depends_on", number)
        checked.faults.extend(dangling(where, name, "service", checked))
        if key in _reached(name, checked):
            checked.faults.append(Fault(where, f"a service cannot depend on itself: {name} leads to {key}"))
    return tuple(dict.fromkeys(table.depends_on))


def _reached(name: str, checked: Checked) -> set[str]:
    """A service and all that it depends on, however far."""
    tables, found, waiting = checked.readable(ServiceTable), set[str](), [name]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += tables[at].depends_on if at in tables else ()
    return found


def _amended(key: str, table: ServiceTable, book: _Book) -> Iterator[tuple[date, Expression]]:
    for layer in dated(table.amendment, ("service", key), book.checked.faults):
        expression = book.expression(key, layer.table.up_when, (*layer.where, "up_when"))  # type: ignore[attr-defined]
        if expression is not None:
            yield layer.start, expression


def _resources(
    key: str, table: ServiceTable, zones: Collection[str], checked: Checked
) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for name, each in table.resources.items():
        where = ("service", key, "resources", name)
        start = _instant(each.from_, (*where, "from"), zones, checked, days=0)
        end = _instant(each.until, (*where, "until"), zones, checked, days=1)
        if start is not None and end is not None and end <= start:
            checked.faults.append(Fault((*where, "until"), "is not after the first day of the resource"))
        labels = {label: str(text) for label, text in (each.model_extra or {}).items()}
        found[name] = Resource((start, end), labels)
    return found


def _instant(
    value: date | Ms | None, where: Where, zones: Collection[str], checked: Checked, *, days: int
) -> Ms | None:
    """An instant, or the one at which a day starts (`days` after it) in the zone of the agreements."""
    if not isinstance(value, date):
        return value
    if len(set(zones)) > 1:
        listed = " and ".join(sorted(set(zones)))
        message = f"agreements on this service count days in {listed}: write an instant, {value}T00:00:00Z"
        checked.faults.append(Fault(where, message))
    return midnight(value + timedelta(days=days), next(iter(zones), "UTC"))


@dataclass(slots=True)
class _Book:
    """Services as they are resolved: each once, with the chain of those being resolved."""

    checked: Checked
    probed: bool = True
    done: dict[str, Expression | None] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)

    def service(self, key: str) -> Expression | None:
        if key in self.done:
            return self.done[key]
        table = self.checked.readable(ServiceTable).get(key)
        if table is None or not self.checked.is_own(("service", key, "up_when")):
            return None
        if table.up_when is None:
            self._must_be_measured(key, table)
            self.done[key] = NOTHING_PROBED
        else:
            self.done[key] = self.expression(key, table.up_when, ("service", key, "up_when"))
        return self.done[key]

    def expression(self, key: str, raw: object, where: Where) -> Expression | None:
        """An expression of a service."""
        self.chain.append(key)
        found = self._one(raw, where)
        self.chain.pop()
        return found

    def _must_be_measured(self, key: str, table: ServiceTable) -> None:
        if self.probed and not table.resources and not table.tickets:
            message = (
                '"up_when" is missing: write up_when = { all = ["shop-web"] }, or tickets = ["Shop"] where '
                "ticket systems alone tell of it"
            )
            self._refuse(("service", key), message)

    def _refuse(self, where: Where, message: str) -> None:
        self.checked.faults.append(Fault(where, message))

    def _one(self, raw: object, where: Where) -> Expression | None:
        """An operand that is one expression."""
        if isinstance(raw, str):
            return self._named(raw, where)
        if not isinstance(raw, dict):
            self._refuse(where, f"{shown(raw)} is no expression: {HOW}")
            return None
        keys = set(raw)
        if keys == {"all"} or keys == {"any"}:
            (key,) = keys
            operands = self._many(raw[key], (*where, key))
            return AtLeast(None if key == "all" else 1, operands) if operands else None
        if keys == {"at_least", "of"}:
            return self._at_least(raw, where)
        if keys == {"not"}:
            operand = self._one(raw["not"], (*where, "not"))
            return Not(operand) if operand is not None else None
        self._refuse(where, self._odd(keys))
        return None

    def _odd(self, keys: set[str]) -> str:
        if "label" in keys:
            return 'a label selects several endpoints: say how, { all = [{ label = "team=web" }] }'
        if len(keys) > 1 and keys <= {"all", "any", "not"}:
            return "says two things at once: nest one of them in the other"
        near = next(
            (known for key in sorted(keys) if (known := meant(key, ("all", "any", "at_least", "of")))), None
        )
        odd = " and ".join(f'"{key}"' for key in sorted(keys)) or "an empty table"
        return f"{odd} is no expression" + (f'; did you mean "{near}"?' if near else f": {HOW}")

    def _at_least(self, raw: dict[str, object], where: Where) -> Expression | None:
        k = raw["at_least"]
        operands = self._many(raw["of"], (*where, "of"))
        if not isinstance(k, int) or isinstance(k, bool) or k < 1:
            self._refuse((*where, "at_least"), f"{shown(k)} is no number of operands: write at_least = 2")
            return None
        if operands and k > len(operands):
            self._refuse((*where, "at_least"), f"at least {k} of {len(operands)} can never be up")
            return None
        return AtLeast(k, operands) if operands else None

    def _many(self, raw: object, where: Where) -> tuple[Expression, ...]:
        """The operands of a list; a selector stands for all that it selects."""
        if not isinstance(raw, list) or not raw:
            self._refuse(where, 'is a list of endpoints and services: write ["shop-web", "shop-api"]')
            return ()
        out: list[Expression] = []
        for number, item in enumerate(raw):
            place = (*where, number)
            if isinstance(item, dict) and set(item) == {"label"}:
                out.extend(leaf for leaf in self._selected(item["label"], place) if leaf not in out)
                continue
            operand = self._one(item, place)
            if operand in out and operand is not None:
                self._refuse(place, f"{shown(item)} stands here twice: keep one")
            elif operand is not None:
                out.append(operand)
        return tuple(out)

    def _selected(self, raw: object, where: Where) -> list[Leaf]:
        try:
            key, value = label(raw)
        except ValueError as error:
            self._refuse((*where, "label"), str(error))
            return []
        endpoints = self.checked.tables(EndpointTable)
        found = [
            Leaf(name)
            for name, table in endpoints.items()
            if isinstance(table, EndpointTable) and table.labels.get(key) == value
        ]
        if not found and self.probed and len(endpoints) == len(self.checked.written["endpoint"]):
            hint = f'labels = {{ {key} = "{value}" }}'
            self._refuse((*where, "label"), f"no endpoint is labelled {shown(raw)}: write {hint} in one")
        return found

    def _named(self, key: str, where: Where) -> Expression | None:
        """An endpoint or a service; inside a service, its own name can only mean the endpoint."""
        written = self.checked.written
        if key in written["endpoint"]:
            if key in written["service"] and key != self.chain[-1]:
                self._refuse(where, f"{shown(key)} is an endpoint and a service: rename one")
            return Leaf(key)
        if not self.probed and key == self.chain[-1]:
            return Leaf(key)
        if key in self.chain:
            ring = " → ".join([*self.chain[self.chain.index(key) :], key])
            self._refuse(where, f"a service cannot rest on itself: {ring}")
            return None
        if len(self.chain) > DEEPEST:
            self._refuse(where, f"services rest on one another more than {DEEPEST} deep")
            return None
        if key in written["service"]:
            return self.service(key)
        if not self.probed and NAME.fullmatch(key):
            return Leaf(key)
        near = meant(key, sorted(written["endpoint"] | written["service"]))
        written_as = f"endpoint.{key}" if len(key) <= 60 and NAME.fullmatch(key) else "endpoint.NAME"
        hint = f'; did you mean "{near}"?' if near else f": write [{written_as}]"
        self._refuse(where, f"there is no endpoint and no service {shown(key)}{hint}")
        return None
