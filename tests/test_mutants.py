"""What is said of mutants that live is said of mutants that there are."""

from __future__ import annotations

from functools import cache

import pytest

from tests.mutants import explained, modules, mutants


@cache
def changes(module: str) -> frozenset[str]:
    return frozenset(each.change for each in mutants(module))


@pytest.mark.parametrize("module", sorted(explained()))
def test_every_explanation_is_of_a_mutant_that_there_is(module: str) -> None:
    """A line that changed takes its explanation along, or the next reader believes what is no longer so."""
    assert module in modules()
    gone = set(explained()[module]) - changes(module)
    assert gone == set(), "of no mutant: take it out of tests/mutants.toml, or word it anew"


def test_every_explanation_says_why() -> None:
    short = [change for each in explained().values() for change, why in each.items() if len(why.split()) < 4]
    assert short == []
