"""Each published SLA loads, speaks plainly, says where it was read, and is never edited in place.

What it comes to is held by the worked cases of the sections, which name it.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from monitor.agreements.build import contract, unread
from monitor.agreements.plain import plain, sentences
from monitor.cli.shelf import plain_data
from monitor.config.check import check
from monitor.config.document import Document
from monitor.config.library import LIBRARY_OF_THE_PROGRAM, SOURCES, UNPROVEN, Entry, borrow
from monitor.config.load import library_terms
from monitor.config.slas import slas
from monitor.config.stage_tables import STAGES
from monitor.config.written import sla_as_toml
from tests.agreements.documents import FENCE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "library.md"
HELD = Path(__file__).parent / "held.txt"
SECTIONS = ROOT / "tests" / "agreements" / "sections"
TABLE = re.compile(r"(?<=<!-- library -->\n).*?(?=<!-- /library -->)", re.DOTALL)
ENTRIES = LIBRARY_OF_THE_PROGRAM.entries
SECTIONS_AT_LEAST = 40

each_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.name)


@each_entry
def test_an_entry_loads_and_speaks_plainly(entry: Entry) -> None:
    spoken = plain(contract(library_terms(entry.name)))

    assert all(sentence.endswith(".") for paragraph in spoken for sentence in paragraph.sentences)
    assert sum(len(paragraph.sentences) for paragraph in spoken) > 3


@each_entry
def test_an_entry_says_whose_it_is_and_where_it_was_read(entry: Entry) -> None:
    assert entry.provider
    assert entry.section
    assert entry.source
    assert entry.kind in SOURCES
    assert entry.whole["source"] == f"{entry.source} ({entry.kind})"


@each_entry
def test_what_is_second_hand_is_unverified_from_end_to_end(entry: Entry) -> None:
    if entry.kind in UNPROVEN:
        said = {stage for stage in STAGES if stage in entry.whole}
        said |= {stage for each in entry.whole.get("promise", {}).values() for stage in each}
        assert said - set(entry.unverified) == set()


@each_entry
def test_what_was_assumed_is_told_as_unverified(entry: Entry) -> None:
    if any("assumed" in reading for reading in entry.whole.get("readings", ())):
        assert entry.unverified


NOT_READ = re.compile("No (table of credits|credit table) was")
TOLD_OTHERWISE = {"equinix-climate", "google-cloud-functions-2020", "ntt-sdpf", "softwareidm-support"}


def test_credits_that_were_not_read_are_never_told_as_none() -> None:
    """What a reading says in words, and four entries that leave the credits open in other words."""
    silent = {name for name, entry in ENTRIES.items() if unread(library_terms(name))}

    said = {name for name, e in ENTRIES.items() if any(map(NOT_READ.match, e.whole.get("readings", ())))}
    assert silent == said | TOLD_OTHERWISE
    spoken = {name: sentences(plain(contract(library_terms(name)))) for name in silent}
    assert [name for name, lines in spoken.items() if "no service credit is owed" in " ".join(lines)] == []


def test_a_doubt_of_the_lint_is_answered_by_a_reading() -> None:
    document = Document("the library")
    borrow(document, LIBRARY_OF_THE_PROGRAM, *(f"library:{name}" for name in ENTRIES))
    warnings: list[str] = []
    slas(check(document), warnings)
    doubtful = {found[1] for warning in warnings if (found := re.match(r'sla\."library:([^"]+)"', warning))}

    assert len(doubtful) > 5
    unanswered = {name for name in doubtful if not ENTRIES[name].whole.get("readings")}
    assert unanswered == {"google-compute-zones-2017"}, "half the bill at most, below its row of 100 %"


def worked(text: str) -> Iterator[str]:
    """The entries whose terms a case of a document prices, by way of the document's own SLAs as well."""
    called = set(re.findall(r"--agreement (\S+)", text))
    for kind, name, toml in FENCE.findall(text):
        tree = tomllib.loads(toml) if kind == "toml" and name else {}
        for agreement in called & set(tree.get("agreement", {})):
            named = tree["agreement"][agreement]["sla"]
            for sla in [named] if isinstance(named, str) else named:
                yield _root(sla, tree.get("sla", {}))


def _root(sla: str, own: Mapping[str, Any]) -> str:
    return _root(own[sla].get("like", ""), own) if sla in own else sla


def test_every_entry_is_held_by_a_case_of_a_section() -> None:
    found = {each for path in SECTIONS.glob("*.md") for each in worked(path.read_text(encoding="utf-8"))}

    assert sorted({f"library:{name}" for name in ENTRIES} - found) == []
    assert len({entry.file for entry in ENTRIES.values()}) >= SECTIONS_AT_LEAST


# --- an entry is never edited in place --------------------------------------------------------------------


def held(entry: Entry) -> str:
    """A line that changes with anything that an entry says."""
    written = json.dumps(plain_data(entry.whole), sort_keys=True)
    return f"{entry.name} {hashlib.sha256(written.encode()).hexdigest()[:24]}"


def test_no_entry_was_edited_in_place(update_golden: bool) -> None:
    lines = HELD.read_text(encoding="utf-8").splitlines() if HELD.exists() else []
    known = {line.split()[0] for line in lines}
    new = [held(entry) for entry in ENTRIES.values() if entry.name not in known]
    if update_golden and new:
        HELD.write_text("\n".join([*lines, *new]) + "\n", encoding="utf-8")
        lines += new

    assert sorted(lines) == sorted(map(held, ENTRIES.values())), (
        "a published entry changed or is gone: give what is new a name with its date; make docs holds it"
    )


# --- the page ---------------------------------------------------------------------------------------------


def table() -> str:
    return "".join(rows())


def rows() -> Iterator[str]:
    files = {entry.file for entry in ENTRIES.values()}
    sure = sum(not entry.unverified for entry in ENTRIES.values())
    yield f"\n{len(ENTRIES)} SLAs of {len(files)} sections; {sure} of them with no unverified stage.\n"
    by_provider = sorted(ENTRIES.values(), key=lambda entry: entry.provider.casefold())
    yield "\n| provider | name | read from | not verified |\n| --- | --- | --- | --- |\n"
    for provider, entries in groupby(by_provider, key=lambda entry: entry.provider):
        for number, entry in enumerate(entries):
            who = provider if number == 0 else ""
            yield f"| {who} | `{entry.name}` | {entry.kind} | {', '.join(entry.unverified)} |\n"
    yield "\n"


def test_the_table_of_the_page_is_that_of_the_library(update_golden: bool) -> None:
    text = PAGE.read_text(encoding="utf-8")
    wanted = TABLE.sub(lambda _: table(), text)
    if update_golden:
        PAGE.write_text(wanted, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == wanted, "write the table anew: make docs"


@each_entry
def test_what_show_prints_says_the_same_pasted(entry: Entry) -> None:
    tree = tomllib.loads(sla_as_toml(entry.name, entry.whole), parse_float=Decimal)

    assert tree == {"sla": {entry.name: dict(entry.whole)}}
