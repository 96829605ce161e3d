"""The library of published SLAs: data of the program, taken into a configuration that names it.

A file holds `[about]`, which says whose terms they are and where they were read, and tables `[sla.NAME]` in
the agreement language. An entry is never edited in place: what changed is a new name with its date.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final, get_args

from monitor.config.document import Document
from monitor.config.known import LIBRARY, Source
from monitor.config.problems import Fault
from monitor.config.values import meant
from monitor.records import dataclass

FOLDER: Final = Path(__file__).parent.parent / "library"
SOURCES: Final = get_args(Source)
UNPROVEN: Final = ("second-hand", "memory")
HELD: Final = ("provider", "section", "source", "kind", "effective")
_HEADER = re.compile(r"^\[sla\.([a-z0-9-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One published SLA: its terms as they are written, and where they were read.

    `kind` says what was read there: primary text, an excerpt of it, a clause, second-hand, memory.
    `table` is what `[sla.NAME]` holds, with `like` naming the library; `whole` has the stages of those too.
    """

    name: str
    provider: str
    section: str
    source: str
    kind: Source
    effective: date | None
    file: str
    table: Mapping[str, Any]
    whole: Mapping[str, Any]

    @property
    def unverified(self) -> tuple[str, ...]:
        """The stages whose figures are second-hand or from memory."""
        return tuple(self.whole.get("unverified", ()))


class Library:
    """The entries of a folder, read when first asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Every entry by its name, in the order of the files. ValueError where a file says one twice."""
        about: dict[str, dict[str, Any]] = {}
        tables: dict[str, dict[str, Any]] = {}
        for path in sorted(self.folder.glob("*.toml")):
            tree = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
            for name, table in tree["sla"].items():
                if name in tables:
                    raise ValueError(f"{path.name}: {name} is in {about[name]['file']} already")
                about[name] = {**tree["about"], **{key: table[key] for key in HELD if key in table}}
                about[name]["file"] = path.name
                tables[name] = {key: value for key, value in table.items() if key not in HELD}
        return {name: _entry(name, about[name], tables) for name in tables}

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The text of each file with its tables under the names that a configuration knows them by."""
        return {
            path.name: _HEADER.sub(rf'[sla."{LIBRARY}\1"', path.read_text(encoding="utf-8"))
            for path in sorted(self.folder.glob("*.toml"))
        }

    def unknown(self, name: str) -> str:
        """What is said of a name that the library has not; `name` is without its prefix."""
        begun = [f"{LIBRARY}{each}" for each in self.entries if each.startswith(f"{name}-")]
        if begun:
            return f'there is no "{name}" in the library of published SLAs; it has {", ".join(begun)}'
        near = meant(name, self.entries)
        hint = f'did you mean "{LIBRARY}{near}"?' if near else "`makegood sla list` names what is there"
        return f'there is no "{name}" in the library of published SLAs; {hint}'


def _entry(name: str, about: Mapping[str, Any], tables: Mapping[str, Any]) -> Entry:
    table = dict(tables[name])
    if "like" in table:
        table["like"] = f"{LIBRARY}{table['like']}"
    origin = f"{about['source']} ({about['kind']})"
    effective = {"effective": about["effective"]} if "effective" in about else {}
    provenance = {"provider": about["provider"], "source": origin, **effective}
    return Entry(
        name=name,
        provider=about["provider"],
        section=about["section"],
        source=about["source"],
        kind=about["kind"],
        effective=about.get("effective"),
        file=about["file"],
        table={**provenance, **table},
        whole={**provenance, **whole(name, tables)},
    )


def whole(name: str, tables: Mapping[str, Any]) -> dict[str, Any]:
    """A table with the stages of those that it is like: a stage is replaced whole, a title is one's own."""
    own = tables[name]
    if "like" not in own:
        return dict(own)
    below = whole(own["like"], tables)
    found = {key: value for key, value in {**below, **own}.items() if key != "like"}
    if "title" not in own:
        found.pop("title", None)
    if "promise" in own and "promise" in below:
        found["promise"] = {
            each: {**below["promise"].get(each, {}), **own["promise"].get(each, {})}
            for each in dict.fromkeys((*below["promise"], *own["promise"]))
        }
    return found


LIBRARY_OF_THE_PROGRAM: Final = Library()


def borrow(document: Document, library: Library, *more: str) -> None:
    """Take into the document what it names of the library, `more` as well, and what those are like.

    A table of the library that stands there already was kept with the text, and holds: what was in force is
    not what a newer program may say.
    """
    waiting = [*more, *_named(document.tree)]
    slas = document.tree.setdefault("sla", {}) if waiting else {}
    while waiting and isinstance(slas, dict):
        key = waiting.pop(0)
        entry = None if key in slas else library.entries.get(key.removeprefix(LIBRARY))
        if entry is None:
            continue
        slas[key] = dict(entry.table)
        document.borrowed.add(key)
        document.origin["sla", key] = f"library/{entry.file}"
        document.texts[f"library/{entry.file}"] = library.texts[entry.file]
        waiting += [entry.table["like"]] if "like" in entry.table else []
    if not slas and document.tree.get("sla") == {}:
        del document.tree["sla"]


def keep(document: Document) -> None:
    """Hold a text's own copies of what it took from the library for sound names."""
    document.borrowed |= {key for key in _tables(document.tree, "sla") if key.startswith(LIBRARY)}


def refuse_own(document: Document) -> None:
    """Nobody writes a table of the library: what is said of it would not be what was published."""
    for key in _tables(document.tree, "sla"):
        if key.startswith(LIBRARY):
            name = key.removeprefix(LIBRARY) or "NAME"
            message = f'a table of the library is not written over: write [sla.my-{name}] with like = "{key}"'
            document.faults.append(Fault(("sla", key), message, key=True))
            document.borrowed.add(key)


def _tables(tree: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = tree.get(kind)
    return found if isinstance(found, dict) else {}


def _named(tree: Mapping[str, Any]) -> Iterator[str]:
    """What a tree names of the library, each as often as it does."""
    for table in _tables(tree, "sla").values():
        yield from _names(table, "like")
    for table in _tables(tree, "target").values():
        yield from _names(table, "protects")
    for table in _tables(tree, "agreement").values():
        yield from _names(table, "sla")
        yield from _names(table, "shadow")
        for amended in _tables(table, "amendment").values() if isinstance(table, dict) else ():
            yield from _names(amended, "sla")


def _names(table: object, key: str) -> Iterator[str]:
    said = table.get(key) if isinstance(table, dict) else None
    for each in said if isinstance(said, list) else [said]:
        if isinstance(each, str) and each.startswith(LIBRARY):
            yield each
