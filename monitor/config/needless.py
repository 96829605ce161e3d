"""What a file says that is not done yet or not accepted, and that the one agreement asked about needs not.

A file may hold many contracts. Pricing one of them from evidence must not wait for the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config.check import Checked
from monitor.config.known import NOT_YET, UNACCEPTED
from monitor.config.model import AgreementTable, SlaTable
from monitor.config.problems import Fault, Where


def needed(checked: Checked, agreement: str) -> list[Fault]:
    """The faults without "not yet" and "not verified" of tables which the agreement does not rest on."""
    rests_on = set(_rests_on(checked, agreement))
    if not rests_on:
        return checked.faults
    waived = (NOT_YET, UNACCEPTED)
    return [
        fault
        for fault in checked.faults
        if fault.where[:2] in rests_on or not any(words in fault.message for words in waived)
    ]


def _rests_on(checked: Checked, agreement: str) -> Iterator[Where]:
    """The agreement, its SLAs and those that they are like; nothing where there is no such agreement."""
    found = checked.readable(AgreementTable).get(agreement)
    if found is None:
        return
    yield ("agreement", agreement)
    known = checked.readable(SlaTable)
    waiting, seen = list(found.sla), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield ("sla", name)
        if name in known and known[name].like:
            waiting.append(known[name].like or "")
