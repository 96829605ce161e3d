"""Reading files: exact, bounded, and several as if they were one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.config.parse import LARGEST, parse
from monitor.config.plan import Plan

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]

CUSTOMER = '[customer.{0}]\nname = "{0}"\ntimezone = "UTC"\ncurrency = "EUR"\n'


def test_a_number_is_read_exactly_and_never_as_a_float(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[sla.x]\nfee = 99.95\n")
    assert parse(path).tree == {"sla": {"x": {"fee": Decimal("99.95")}}}


def test_included_files_are_one_configuration_with_the_main_file(load: Load, good: str) -> None:
    files = {"customers/b.toml": CUSTOMER.format("bolt"), "customers/a.toml": CUSTOMER.format("able")}
    plan = load('include = ["customers/*.toml"]\n' + good, files)
    assert list(plan.customers) == ["acme", "able", "bolt"]


def test_an_include_is_relative_to_the_file_that_says_it(load: Load, good: str) -> None:
    files = {"a/one.toml": 'include = ["two.toml"]', "a/two.toml": CUSTOMER.format("able")}
    assert "able" in load('include = ["a/one.toml"]\n' + good, files).customers


def test_a_file_that_two_patterns_name_is_read_once(load: Load, good: str) -> None:
    files = {"a.toml.d/x.toml": CUSTOMER.format("able")}
    plan = load('include = ["a.toml.d/*.toml", "a.toml.d/x.toml"]\n' + good, files)
    assert list(plan.customers).count("able") == 1


def test_an_absolute_pattern_is_taken_as_it_is(load: Load, good: str, tmp_path: Path) -> None:
    files = {"far/x.toml": CUSTOMER.format("able")}
    assert "able" in load(f'include = ["{tmp_path}/far/*.toml"]\n' + good, files).customers


def test_a_circle_of_includes_names_the_file_that_closes_it(refused: Refused, good: str) -> None:
    said = refused('include = ["b.toml"]\n' + good, {"b.toml": 'include = ["acme.toml"]\n'})
    assert said == ["b.toml:1: include[1]: acme.toml is included by itself, by way of b.toml"]


def test_a_table_in_two_files_names_both_places(refused: Refused, good: str) -> None:
    said = refused('include = ["b.toml"]\n' + good, {"b.toml": "\n\n" + CUSTOMER.format("acme")})
    assert said == ["b.toml:3: customer.acme: is defined twice, here and at acme.toml:12: keep one of them"]


def test_the_monitor_is_set_up_in_one_file(refused: Refused, good: str) -> None:
    text = 'include = ["b.toml"]\n' + good + "[monitor]\n"
    said = refused(text, {"b.toml": '[monitor]\nlocation = "x"\n'})
    assert said == ["b.toml:1: monitor: is defined twice, here and at acme.toml:27: keep one of them"]


@pytest.mark.parametrize(
    ("include", "sentence"),
    [
        ('"a.toml"', 'acme.toml:1: include: is a list of patterns: write include = ["customers/*.toml"]'),
        ("[7]", 'acme.toml:1: include[1]: a pattern is a text: write "customers/*.toml"'),
        ('["x/*"]', 'acme.toml:1: include[1]: no file matches "x/*", seen from the folder of this file'),
    ],
)
def test_an_include_that_names_no_file_is_refused(
    refused: Refused, good: str, include: str, sentence: str
) -> None:
    assert refused(f"include = {include}\n{good}") == [sentence]


def test_a_file_that_is_not_there_is_a_problem_and_not_a_traceback(refused: Refused, tmp_path: Path) -> None:
    document = parse(tmp_path / "none.toml")
    assert [fault.message for fault in document.faults] == ["cannot be read: no such file or directory"]


def test_a_link_that_leads_to_itself_is_a_problem_and_not_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.symlink_to(path)
    document = parse(path)
    assert [fault.message for fault in document.faults] == [
        "cannot be read: too many levels of symbolic links"
    ]


def test_a_file_that_is_too_large_is_not_read_into_a_tree(refused: Refused) -> None:
    said = refused("#" * (LARGEST + 1))
    assert said == ["acme.toml:1: is larger than 4 MiB: split it, and include the parts"]


def test_a_byte_order_mark_is_no_mistake(load: Load, good: str) -> None:
    assert load("\ufeff" + good).services == load(good).services


def test_text_that_is_not_utf_8_is_refused_at_its_line(refused: Refused, good: str) -> None:
    files = {"latin.toml": b'[customer.x]\nname = "Gr\xfcn"\n'}
    said = refused('include = ["latin.toml"]\n' + good, files)
    assert said == ["latin.toml:2: is not UTF-8 from this line on: save it as UTF-8"]


def test_what_stands_in_a_file_that_cannot_be_read_does_not_seem_missing(refused: Refused, good: str) -> None:
    """The agreement's customer is in the broken file: one mistake, one sentence."""
    text = good.replace("[customer.acme]", "[customer.other]")
    said = refused('include = ["b.toml"]\n' + text, {"b.toml": "[customer.acme]\nname = "})
    assert said == ["b.toml:2: not a value: texts stand in quotes, numbers and true or false do not"]
