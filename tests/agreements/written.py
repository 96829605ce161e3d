"""Terms as people write them: the stages of a promise in TOML, read by the program's own reader."""

from __future__ import annotations

import tomllib
from decimal import Decimal

from monitor.agreements.terms import ContractTerms, Terms
from monitor.config.promise_terms import promise_terms
from monitor.config.stage_tables import STAGES, Stages


def written(toml: str) -> Terms:
    """The promise that these stages are."""
    table = Stages.model_validate(tomllib.loads(toml, parse_float=Decimal))
    said = {stage: getattr(table, stage) for stage in STAGES}
    return promise_terms({stage: value for stage, value in said.items() if value is not None})


def whole(*promises: str, **said: object) -> ContractTerms:
    """Several promises, named one, two, …, and what holds for all of them."""
    names = ("one", "two", "three")
    named = tuple((name, written(toml)) for name, toml in zip(names, promises, strict=False))
    return ContractTerms(named, **said)  # type: ignore[arg-type]
