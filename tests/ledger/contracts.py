"""Every contract of the documents, issued from a random history of checks and verified by itself.

    python -m tests.ledger.contracts

The documents under `tests/agreements` hold contracts of many kinds. Each is given a year of checks in which
its endpoints fail now and then; every month of it is issued, and what could be issued must verify.
"""

from __future__ import annotations

import random
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from monitor.config import load_plan
from monitor.config.load import load_text
from monitor.config.plan import Plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR, SECOND, Ms
from monitor.core.periods import month
from monitor.core.services import endpoints
from monitor.errors import MakegoodError
from monitor.ledger.examine import examine
from monitor.ledger.excerpt import as_toml
from monitor.ledger.issuing import due, issue_month
from monitor.ledger.press import Office
from monitor.printing import press
from monitor.statements.provable import expression_of
from monitor.store import open_store
from monitor.store.protocol import Holder
from tests.agreements.documents import read

DOCUMENTS = Path(__file__).parent.parent / "agreements"
STEP: Ms = 6 * HOUR
MONTHS = 13


@dataclass(frozen=True)
class Told:
    """What came of one contract."""

    name: str
    issued: int
    refused: Counter[str]
    wrong: tuple[str, ...]


def contracts() -> Iterator[tuple[str, str]]:
    """Each contract once, with the document that it is from."""
    seen: set[str] = set()
    for path in sorted(DOCUMENTS.glob("*/*.md")):
        if path.parent.name == "scenarios":
            continue
        for case in read(path.read_text()):
            for name, text in case.files.items():
                if name.endswith(".toml") and text not in seen:
                    seen.add(text)
                    yield path.stem, text


def houses(folder: Path, text: str) -> Path | None:
    """The contract as a house has it that gives what a provider gave; None where it is refused.

    Services get endpoints, whoever was a provider becomes a customer, and there is an issuer.
    """
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
        load_text(text, "contract.toml", purpose="files")
    except (MakegoodError, ValueError):
        return None
    tree.setdefault("customer", {}).update(tree.pop("provider", {}))
    for agreement in tree.get("agreement", {}).values():
        if "provider" in agreement:
            agreement["customer"] = agreement.pop("provider")
    named: set[str] = set()
    for name, service in tree.get("service", {}).items():
        if "up_when" not in service and "resources" not in service:
            service["up_when"] = {"all": [f"{name}-web"]}
    tree |= {"issuer": {"name": "Beispiel Cloud GmbH"}, "monitor": {"database": "evidence.db"}}
    config = folder / "makegood.toml"
    for _ in range(2):  # what is watched is known once it is read
        config.write_text(as_toml(tree))
        try:
            plan = load_text(config.read_text(), "makegood.toml", purpose="files")
        except MakegoodError:
            return None
        named = watched(plan) | {r for s in plan.services.values() for r in s.resources}
        tree["endpoint"] = {name: ENDPOINT | {"url": f"http://127.0.0.1:1/{name}"} for name in sorted(named)}
    try:
        load_plan(config, environ={})
    except MakegoodError:
        return None
    return config


ENDPOINT = {"url": "", "interval": "6h", "timeout": "10s"}


def watched(plan: Plan) -> set[str]:
    """Every endpoint that a service rests on."""
    found: set[str] = set()
    for service in plan.services.values():
        rests = [service.up_when, *(each for _, each in service.later)]
        rests += [e for resource in service.resources if (e := expression_of(plan, resource)) is not None]
        found |= {key for expression in rests for key in endpoints(expression)}
    return found


def settled(folder: Path, name: str, text: str, seed: int) -> Told | None:
    """Issue a year of it and verify what was issued; None where it is no contract of a house."""
    config = houses(folder, text)
    if config is None:
        return None
    plan = load_plan(config, environ={})
    agreements = [a for a in plan.agreements.values() if a.kind == "customer"]
    if not agreements:
        return None
    first = min(a.start for a in agreements)
    start = month(f"{first:%Y-%m}", "UTC").span.start - 5 * DAY
    upto = start + (MONTHS * 31 + 40) * DAY
    _measured(plan, start, upto, random.Random(seed))
    office = Office(plan, open_store(plan.settings.database), press(), upto, "ines")
    refused: Counter[str] = Counter()
    for number in range(MONTHS):
        year, at = divmod(first.year * 12 + first.month - 1 + number, 12)
        label = f"{year}-{at + 1:02}"
        for each in issue_month(office, label, due(plan, label)).refused:
            refused[type(each.error).__name__] += 1
    found = examine(office.store, office.press)
    wrong = [*found.faults, *(verdict.differs for verdict in found.verdicts if verdict.differs)]
    return Told(name, len(found.verdicts), refused, tuple(wrong))


def _measured(plan: Plan, start: Ms, upto: Ms, chance: random.Random) -> None:
    """Checks of every endpoint, failing now and then, or missing."""
    with open_store(plan.settings.database, create=True).writer(Holder(1, "host", "test", start)) as writer:
        epoch = writer.epoch(start)
        for key in plan.endpoints:
            lane = writer.lane(key, plan.settings.location, since=start)
            writer.append(list(_checks(lane, epoch, start, upto, chance)))
        writer.alive(upto)
        writer.seal(upto)


def _checks(lane: int, epoch: int, start: Ms, upto: Ms, chance: random.Random) -> Iterator[Check]:
    rate = chance.choice([0, 0.01, 0.05])
    for slot, at in enumerate(range(start, upto, STEP)):
        drawn = chance.random()
        if drawn < rate / 10:
            continue
        bad = drawn < rate
        seen = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
        latency = None if bad else chance.randint(100, 9_000)
        yield Check(lane, epoch, slot, 0, at, *seen, 2 * STEP + 10 * SECOND, latency)


def main() -> int:
    issued, wrong = 0, 0
    refused: Counter[str] = Counter()
    for seed, (name, text) in enumerate(contracts()):
        with tempfile.TemporaryDirectory() as folder:
            told = settled(Path(folder), name, text, seed)
        if told is not None:
            issued, wrong = issued + told.issued, wrong + len(told.wrong)
            refused += told.refused
            for each in told.wrong:
                print(f"{name}: {each}")
    print(f"{issued:,} statements issued and verified, {wrong} that do not hold")
    print("not issued: " + ", ".join(f"{count} {kind}" for kind, count in refused.most_common()))
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
