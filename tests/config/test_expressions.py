"""`up_when` becomes an expression over endpoints."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.config.plan import Plan
from monitor.core.services import AtLeast, Expression, Leaf, Not

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]

ENDPOINTS = """
[endpoint.a]
url = "http://a/"
labels = { team = "web" }
[endpoint.b]
url = "http://b/"
labels = { team = "web" }
[endpoint.c]
tcp = "c:1"
[service.both]
up_when = { all = ["a", "b"] }
[service.shop]
"""
A, B, C = Leaf("a"), Leaf("b"), Leaf("c")
BOTH = AtLeast(None, (A, B))

READ: dict[str, tuple[str, Expression]] = {
    "an endpoint alone": ('"a"', A),
    "a service alone": ('"both"', BOTH),
    "all": ('{ all = ["a", "b"] }', BOTH),
    "any": ('{ any = ["a", "b"] }', AtLeast(1, (A, B))),
    "at least": ('{ at_least = 2, of = ["a", "b", "c"] }', AtLeast(2, (A, B, C))),
    "not": ('{ not = "a" }', Not(A)),
    "nested": ('{ any = ["c", { all = ["both", { not = "c" }] }] }', AtLeast(1, (C, AtLeast(None, (BOTH, Not(C)))))),
    "a label": ('{ all = [{ label = "team=web" }] }', BOTH),
    "a label beside what it selects": ('{ all = ["a", { label = "team=web" }, "c"] }', AtLeast(None, (A, B, C))),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expression"), READ.values(), ids=READ.keys())
def test_an_expression_is_read(load: Load, text: str, expression: Expression) -> None:
    assert load(f"{ENDPOINTS}up_when = {text}\n").services["shop"].up_when == expression


HOW = 'write { all = ["shop-web", "shop-api"] }, { any = […] }, { at_least = 2, of = […] } or { not = … }'

REFUSED = {
    "a number": ("5", f"service.shop.up_when: 5 is no expression: {HOW}"),
    "an empty table": ("{}", f"service.shop.up_when: an empty table is no expression: {HOW}"),
    "two ways at once": ('{ all = ["a"], any = ["b"] }', "service.shop.up_when: says two things at once: nest one of them in the other"),
    "an empty list": ("{ all = [] }", 'service.shop.up_when.all: is a list of endpoints and services: write ["shop-web", "shop-api"]'),
    "an operand twice": ('{ all = ["a", "a"] }', 'service.shop.up_when.all[2]: "a" stands here twice: keep one'),
    "itself": ('{ all = ["a", "shop"] }', "service.shop.up_when.all[2]: a service cannot rest on itself: shop → shop"),
    "at least none": ('{ at_least = 0, of = ["a"] }', "service.shop.up_when.at_least: 0 is no number of operands: write at_least = 2"),
    "at least true": ('{ at_least = true, of = ["a"] }', "service.shop.up_when.at_least: true is no number of operands: write at_least = 2"),
    "a label alone": ('{ label = "team=web" }', 'service.shop.up_when: a label selects several endpoints: say how, { all = [{ label = "team=web" }] }'),
    "a label without a value": ('{ all = [{ label = "web" }] }', 'service.shop.up_when.all[1].label: "web" selects nothing: write label = "team=web"'),
    "an unknown name": ('{ not = "d" }', 'service.shop.up_when.not: there is no endpoint and no service "d": write [endpoint.d]'),
}  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_an_expression_is_refused(refused: Refused, text: str, sentence: str) -> None:
    assert [line.split(": ", 1)[1] for line in refused(f"{ENDPOINTS}up_when = {text}\n")] == [sentence]


def test_a_service_may_have_the_name_of_its_endpoint(load: Load) -> None:
    plan = load(f'{ENDPOINTS}up_when = "b"\n[service.c]\nup_when = {{ all = ["c"] }}\n')
    assert plan.services["c"].up_when == AtLeast(None, (C,))


def test_a_name_that_is_an_endpoint_and_a_service_says_too_little_elsewhere(refused: Refused) -> None:
    said = refused(f'{ENDPOINTS}up_when = "c"\n[service.d]\nup_when = "a"\n[service.a]\nup_when = "b"\n')
    assert [line.split(": ", 1)[1] for line in said] == [
        'service.both.up_when.all[1]: "a" is an endpoint and a service: rename one',
        'service.d.up_when: "a" is an endpoint and a service: rename one',
    ]


def test_services_that_rest_on_one_another_too_deep_are_refused_and_do_not_overflow(refused: Refused) -> None:
    chain = "".join(f'[service.s{n}]\nup_when = "s{n + 1}"\n' for n in range(1_000))
    said = refused(f'{ENDPOINTS}up_when = "s0"\n{chain}[service.s1000]\nup_when = "a"\n')
    assert all("more than 40 deep" in line for line in said)
