"""A share of `python -m tests.ledger.contracts`: contracts of every kind are issued, and verify."""

from __future__ import annotations

import pytest

from tests.ledger.contracts import contracts, settled

EVERY = 14


@pytest.mark.timeout(240)  # a contract that looks back over a year is settled for each month of it
@pytest.mark.parametrize(("name", "text", "seed"), [
    (name, text, seed) for seed, (name, text) in enumerate(contracts()) if seed % EVERY == 1
])  # fmt: skip
def test_what_can_be_issued_of_a_contract_verifies(tmp_path, name, text, seed):
    told = settled(tmp_path, name, text, seed)

    if told is not None:
        assert told.wrong == (), name
        assert told.issued or told.refused, "each month was issued, or it was said why not"
