"""Inside the room that reads the file, the arrows go one way."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from monitor.config import document
from monitor.config.document import Document

ROOM = Path(document.__file__).parent
HERE = "monitor.config."


def known_by(path: Path) -> set[str]:
    """The modules of the room that a module imports, at its head or inside a function."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    named = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.removeprefix(HERE) for name in named if name.startswith(HERE)}


def test_no_module_of_the_room_knows_itself_by_way_of_another() -> None:
    modules = (path for path in ROOM.glob("*.py") if path.stem != "__init__")
    order = TopologicalSorter({path.stem: known_by(path) for path in modules}).static_order()
    assert next(iter(order)) in {"problems", "known", "endpoint"}  # CycleError names a circle


def test_a_document_is_complete_until_a_file_of_it_cannot_be_read() -> None:
    assert Document("acme.toml").complete
