"""What is sealed follows from the log, or it is said where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.checks import Reason, State
from monitor.core.intervals import HOUR, MINUTE, Ms
from monitor.store.proof import proved
from monitor.store.writer import EvidenceWriter
from tests.store.conftest import MakeCheck
from tests.store.insider import edited


@pytest.fixture
def sealed(writer: EvidenceWriter, check: MakeCheck, origin: Ms, path: Path) -> Path:
    """Thirty hours of checks a minute, with an hour of downtime in the third; all but the last is sealed."""
    lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
    down = range(origin + 2 * HOUR, origin + 3 * HOUR)
    writer.append(
        [
            check(lane, epoch, n, at, *((State.DOWN, Reason.TIMEOUT) if at in down else ()))
            for n, at in enumerate(range(origin, origin + 30 * HOUR, MINUTE))
        ]
    )
    writer.seal(origin + 30 * HOUR)
    return path


def test_what_was_sealed_follows_from_the_log(sealed: Path) -> None:
    told: list[tuple[int, int]] = []

    assert list(proved(sealed, lambda done, of: told.append((done, of)))) == []
    assert told[-1] == (29 * HOUR, 29 * HOUR)


def test_a_database_without_evidence_has_nothing_against_it(writer: EvidenceWriter, path: Path) -> None:
    assert list(proved(path)) == []


EDITS = {
    "an outage made shorter": "UPDATE segment SET end = end - 60000 WHERE state = 2",
    "an outage made good": "UPDATE segment SET state = 1, reason = 1 WHERE state = 2",
    "an outage explained otherwise":
        "UPDATE segment SET reason = (SELECT id FROM reason WHERE name = 'status') WHERE state = 2",
    "a segment removed": "DELETE FROM segment WHERE state = 2",
    "checks removed": "DELETE FROM log WHERE slot BETWEEN 150 AND 153",
    "a check made good": "UPDATE log SET state = 1, reason = 1 WHERE slot = 150",
    "a silence put over it":
        "INSERT INTO gap SELECT 0, 0, {outage}, {outage} + 60000, id FROM reason WHERE name = 'own_network'",
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_of_the_sealed_evidence_or_the_log_is_found(sealed: Path, origin: Ms, edit: str) -> None:
    states = {state.name: int(state) for state in State}
    assert (states["UP"], states["DOWN"]) == (1, 2), "as the statements above have them"

    edited(sealed, edit.format(outage=origin + 2 * HOUR))

    found = list(proved(sealed))
    assert found, edit
    assert found[0].startswith("shop: sealed ")


def test_where_it_differs_is_told_in_one_sentence(sealed: Path) -> None:
    edited(sealed, EDITS["an outage made shorter"])

    assert list(proved(sealed)) == [
        (
            "shop: sealed down (timeout) from 2023-11-05 18:00:00Z to 2023-11-05 18:59:00Z, "
            "and the log gives down (timeout) from 2023-11-05 18:00:00Z to 2023-11-05 19:00:00Z"
        )
    ]
