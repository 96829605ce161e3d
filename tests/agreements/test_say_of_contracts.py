"""Every contract of the documents reads itself aloud, and says the numbers of its file and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.agreements.build import contract
from monitor.agreements.plain import plain
from monitor.agreements.schedule import Amount, Each, GreatestOf, Node, Rows, SumOf
from monitor.agreements.terms import ContractTerms, Terms
from monitor.config import ConfigProblems, load_plan
from monitor.config.written import as_toml
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND
from tests.agreements.documents import FENCE

HERE = Path(__file__).parent
DOCUMENTS = sorted(path for folder in ("worked", "sections", "own") for path in (HERE / folder).glob("*.md"))
UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
SILENT = {Fraction(0), Fraction(95, 100), Fraction(1)}  # the least figure, coverage, and the cap
LENGTH = re.compile(
    r"(\d+(?:\.\d+)?) ?(?:business )?"
    r"(ms|milliseconds?|s|seconds?|m|minutes?|h|hours?|days?|weeks?|months?)(?![a-z])"
)


def shares(text: str) -> set[Fraction]:
    """Percentages and fractions."""
    found = {Fraction(number) / 100 for number in re.findall(r"(\d+(?:\.\d+)?) ?%", text)}
    return found | {Fraction(each) for each in re.findall(r"\b\d+/[1-9]\d*\b", text)}


def lengths(text: str) -> set[Fraction]:
    """Times, parts that stand together added up, months left out."""
    runs: list[Fraction] = []
    end = -9
    for found in LENGTH.finditer(text):
        unit = found[2]
        if unit.startswith("month"):
            continue
        size = Fraction(found[1]) * UNITS["ms" if unit.startswith(("ms", "milli")) else unit[0]]
        if found.start() - end in (0, 1):
            size += runs.pop()
        runs.append(size)
        end = found.end()
    clock = (int(h) * HOUR + int(m) * MINUTE + int(s) * SECOND for h, m, s in _clock(text))
    return {*runs} | {Fraction(each) for each in clock}


def _clock(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r"\b(\d+):(\d\d):(\d\d)\b", text)


def contracts(path: Path, folder: Path) -> Iterator[tuple[str, ContractTerms, str]]:
    """Each SLA of each configuration in a document that loads: its name, its terms, and the file."""
    for kind, name, text in FENCE.findall(path.read_text(encoding="utf-8")):
        if kind != "toml" or not name:
            continue
        file = folder / "contract.toml"
        file.write_text(text, encoding="utf-8")
        try:
            plan = load_plan(file, environ={}, purpose="files")
        except ConfigProblems:
            continue
        written = as_toml(plan.source)
        for sla in plan.slas.values():
            yield sla.id, sla.terms, text + written


def spoken(terms: ContractTerms) -> str:
    return " ".join(sentence for paragraph in plain(contract(terms)) for sentence in paragraph.sentences)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_no_sentence_says_a_number_that_the_file_does_not(path: Path, tmp_path: Path) -> None:
    for name, terms, text in contracts(path, tmp_path):
        said = spoken(terms)

        assert shares(said) - shares(text) - SILENT == set(), (name, said)
        assert lengths(said) - lengths(text) == set(), (name, said)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_no_share_that_decides_is_left_unsaid(path: Path, tmp_path: Path) -> None:
    for name, terms, _ in contracts(path, tmp_path):
        said = shares(spoken(terms))

        for _, promise in terms.promises:
            assert set(decisive(promise)) - said == set(), (name, spoken(terms))


def decisive(terms: Terms) -> Iterator[Fraction]:
    """The shares on which the credit depends: of the commitment, of rows and of what they pay."""
    if terms.commitment.bound is not None and terms.commitment.of == "share":
        yield terms.commitment.bound.value
    yield from _of(terms.credits)


def _of(node: Node) -> Iterator[Fraction]:
    if isinstance(node, Amount) and node.kind == "share":
        yield node.amount
    elif isinstance(node, GreatestOf | SumOf):
        for each in node.of:
            yield from _of(each)
    elif isinstance(node, Each):
        yield from _of(node.credit)
        yield from (node.size,) if node.of == "share" else ()
    elif isinstance(node, Rows):
        for row in node.rows:
            yield from _of(row.credit)
            if node.by == "figure" and "%" in row.text:
                yield from (bound.value for bound in row.bounds)
