"""`docs/agreements.md`: its examples load, and its table of contracts is that of the documents.

`make docs` writes the table anew.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.agreements.documents import FENCE, read
from tests.agreements.written import written

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "agreements.md"
SECTIONS = sorted((Path(__file__).parent / "sections").glob("*.md"))
TABLE = re.compile(r"(?<=<!-- contracts -->\n).*?(?=<!-- /contracts -->)", re.DOTALL)
PUBLISHED = re.compile(r"^The terms are those of `(monitor/library/[a-z0-9-]+\.toml)`\.$", re.MULTILINE)
MOST_MANUAL = 12
SECTIONS_OF_THE_RESEARCH = 81


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its number and name, why it is manual ("" where it is not), its SLAs and its cases."""

    path: Path
    number: int
    name: str
    why: str
    slas: tuple[str, ...]
    clauses: tuple[str, ...]
    cases: int


def section(path: Path) -> Section:
    text = path.read_text(encoding="utf-8")
    title = re.match(r"# (\d+)\. (.+)\n\nStatus: (expressible|manual: .+)\n", text)
    assert title, f"{path.name} does not begin with its number, its name and its status"
    slas: dict[str, Any] = {}
    if published := PUBLISHED.search(text):
        slas.update(tomllib.loads((ROOT / published[1]).read_text(encoding="utf-8"))["sla"])
    for kind, name, body in FENCE.findall(text):
        if kind == "toml" and name:
            slas.update(tomllib.loads(body).get("sla", {}))
    return Section(
        path=path,
        number=int(title[1]),
        name=title[2],
        why=title[3].removeprefix("manual: ") if title[3] != "expressible" else "",
        slas=tuple(slas),
        clauses=tuple(clause for sla in slas.values() for clause in sla.get("manual", [])),
        cases=len(read(text)),
    )


def table() -> str:
    return "".join(lines())


def lines() -> Iterator[str]:
    found = [section(path) for path in SECTIONS]
    manual = sum(bool(each.why) for each in found)
    yield f"\n{len(found)} sections: {len(found) - manual} expressible, {manual} manual.\n\n"
    yield "| | contract | | its SLAs | for a person |\n| --- | --- | --- | --- | --- |\n"
    for each in found:
        place = f"../{each.path.relative_to(ROOT)}"
        status = "manual" if each.why else "expressible"
        slas = ", ".join(f"`{name}`" for name in each.slas)
        person = " ".join(dict.fromkeys((each.why, *each.clauses) if each.why else each.clauses))
        yield f"| {each.number} | [{each.name}]({place}) | {status} | {slas} | {person.strip()} |\n"
    yield "\n"


def test_the_table_of_contracts_is_that_of_the_documents(update_golden: bool) -> None:
    text = PAGE.read_text(encoding="utf-8")
    wanted = TABLE.sub(lambda _: table(), text)
    if update_golden:
        PAGE.write_text(wanted, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == wanted, "write the table anew: make docs"


def test_every_section_has_its_document() -> None:
    assert [section(path).number for path in SECTIONS] == list(range(1, SECTIONS_OF_THE_RESEARCH + 1))


def test_hardly_any_contract_is_left_to_a_person() -> None:
    assert sum(bool(section(path).why) for path in SECTIONS) <= MOST_MANUAL


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.stem)
def test_an_expressible_contract_has_its_sla_and_a_case(path: Path) -> None:
    found = section(path)

    assert found.slas
    assert found.why or found.cases


def sentences() -> list[str]:
    """What the tables of the page say to write, one entry a row; code in a row is one promise together."""
    text = PAGE.read_text(encoding="utf-8").partition("<!-- contracts -->")[0]
    rows = re.findall(r"^\| .+ \| (`.+) \|$", text, re.MULTILINE)
    return ["\n".join(re.findall(r"`([^`]+)`", row)) for row in rows]


@pytest.mark.parametrize("toml", sentences())
def test_what_the_page_says_to_write_can_be_read(toml: str) -> None:
    said = tomllib.loads(toml)
    needed = {"commitment": '"100%"', "credits": '"10%"'}

    written("\n".join([toml, *(f"{key} = {value}" for key, value in needed.items() if key not in said)]))
