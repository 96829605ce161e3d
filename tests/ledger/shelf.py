"""A shelf of six papers: three statements, an amendment of one, and one taken back and issued anew."""

from __future__ import annotations

from dataclasses import replace

from monitor.config.plan import Exclusion
from monitor.core.intervals import HOUR, MINUTE, Span
from monitor.ledger.amending import amendment, confirm, reversal
from monitor.ledger.examine import Read
from monitor.ledger.issuing import issue_month
from monitor.ledger.press import Office
from monitor.ledger.reading import unpacked
from monitor.ledger.verify import read_evidence, read_paper
from monitor.statements.exclusions import declared
from tests.ledger.house import CUSTOMERS, DOWN


def filled(office: Office) -> Office:
    """October for everybody; half of acme's outage was a fibre cut; bert's is taken back and issued anew."""
    issue_month(office, "2026-10", tuple(CUSTOMERS))
    cut = Exclusion(
        "cut", "force majeure", ("acme-shop",), Span(DOWN[0], DOWN[1] - HOUR), "Fibre cut", "max", office.now
    )
    office.store.journal.append([declared(cut, "max", office.now)])
    later = replace(office, now=office.now + HOUR)
    confirm(later, amendment(later, "2026-0001", "The fibre was cut"))
    confirm(later, reversal(later, "2026-0002", "Sent to the wrong address"))
    last = replace(office, now=office.now + HOUR + MINUTE)
    issue_month(last, "2026-10", ["bert"])
    return last


def paper(office: Office, number: str) -> Read:
    """A paper as it lies on the shelf."""
    found = office.store.ledger.paper(number)
    assert found is not None
    return read_paper(office.store.ledger.page(found.seq, "json"), f"{number}.json")


def evidence(office: Office, number: str) -> dict[str, object]:
    """What it was computed from."""
    found = office.store.ledger.paper(number)
    assert found is not None
    return read_evidence(unpacked(office.store.ledger.inputs(found.seq), number), f"{number}.evidence.json")
