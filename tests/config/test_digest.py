"""The digest of a plan: over what measures or prices, and over nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.config.digest import canonical, digest, plan_digest
from monitor.config.plan import Plan

Load = Callable[..., Plan]

SAME = {
    "a comment": ("[issuer]", "# by hand\n[issuer]"),
    "the name of the customer": ('"ACME GmbH"', '"ACME AG"'),
    "the issuer": ('"Example Hosting Ltd"', '"Example Hosting plc"'),
    "the title of a service": ("up_when", 'title = "Shop"\nup_when'),
    "where the pages go": ("[issuer]", '[monitor]\nreports = "pages"\n[issuer]'),
    "a default written out": ("[service.shop]", 'interval = "30s"\n[service.shop]'),
    "the confirmation written out": (
        "[service.shop]",
        'confirm = { failures = 2, of = 3, pause = "1s" }\n[service.shop]',
    ),
    "the measure written out": (
        "[agreement",
        'measure = { unobserved = "left out", coverage = ">= 95%" }\n[agreement',
    ),
    "the limits written out": ("[agreement", 'limits = "100% per period"\n[agreement'),
    "the rounding written out": ("[agreement", 'rounding = "half-up"\n[agreement'),
}
OTHER = {
    "an interval": ("[service.shop]", 'interval = "60s"\n[service.shop]'),
    "an expectation": ("[service.shop]", 'expect = { contains = "ok" }\n[service.shop]'),
    "an expression": ('{ all = ["web"] }', '{ not = "web" }'),
    "a commitment": ('commitment = "99.9%"', 'commitment = "> 99.8%"\nlimits = "none"'),
    "a credit": ('"10%"', '"11%"'),
    "a fee": ('"840.00"', '"840.01"'),
    "a zone": ('"Europe/Berlin"', '"Europe/Vienna"'),
    "the first day": ("2026-01-01", "2026-01-02"),
    "the place of the monitor": ("[issuer]", '[monitor]\nlocation = "fra"\n[issuer]'),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME.keys())
def test_what_neither_measures_nor_prices_leaves_it_as_it_is(
    load: Load, good: str, old: str, new: str
) -> None:
    assert plan_digest(load(good.replace(old, new))) == plan_digest(load(good))


@pytest.mark.parametrize(("old", "new"), OTHER.values(), ids=OTHER.keys())
def test_what_measures_or_prices_changes_it(load: Load, good: str, old: str, new: str) -> None:
    text = good.replace(old, new)
    if "99.8" in new:
        text = text.replace('"< 99.9%"', '"<= 99.8%"')
    assert plan_digest(load(text)) != plan_digest(load(good))


STAGES = {
    "no credits": 'commitment = "99.9%"\ncredits = "none"',
    "a flat credit": 'credits = "10%"',
    "no cap": 'limits = "none"',
    "a length": 'outage = "> 5m"',
    "maintenance": 'exclude = [{ what = "scheduled maintenance", notice = "none" }]',
    "a claim": 'claim = "30 days after period"',
}


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES.keys())
def test_every_variant_of_a_stage_has_a_canonical_form_of_its_own(load: Load, good: str, stage: str) -> None:
    assert plan_digest(load(good + stage + "\n")) != plan_digest(load(good))


def test_the_order_of_tables_does_not_matter() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_a_value_that_is_used_twice_is_written_as_two_that_are_equal(load: Load, good: str) -> None:
    plan = load(good)
    term, same = plan.agreements["acme-shop"].fees[0], load(good).agreements["acme-shop"].fees[0]
    assert term is not same
    assert digest(term, term) == digest(term, same)


def test_a_value_without_a_canonical_form_is_an_error_and_not_its_repr() -> None:
    with pytest.raises(TypeError):
        canonical(1.5)
