"""config.example.toml holds every key of the schema, and nothing that the schema does not know."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from monitor.config import load_plan
from monitor.config.credits_text import ROW_WORDS
from monitor.config.model import File
from monitor.config.probe_tables import EndpointTable

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
ENVIRON = {"SHOP_TOKEN": "Bearer example", "BACKUP_TOKEN": "made-of-128-bits-by-chance"}


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models anywhere inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from models(part)


def declared(model: type[BaseModel], field: str) -> str:
    """The class that declares a key, so that a key of every SLA stage is asked for once."""
    owner = next(each for each in model.__mro__ if field in inspect.get_annotations(each))
    return owner.__name__.removesuffix("Table")


def schema_keys(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[tuple[str, str]]:
    """Every key of the schema, with the class that declares it."""
    if model in seen:
        return
    seen.add(model)
    for field, info in model.model_fields.items():
        yield declared(model, field), info.alias or field
        for inner in models(info.annotation):
            yield from schema_keys(inner, seen)


def used_keys(model: type[BaseModel], table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every key that the example uses, with the class that declares it."""
    for field, info in model.model_fields.items():
        key = info.alias or field
        if key in table:
            yield declared(model, field), key
            for inner in models(info.annotation):
                for each in tables(table[key], inner):
                    yield from used_keys(inner, each)


def tables(value: Any, model: type[BaseModel]) -> Iterator[Mapping[str, Any]]:
    """The tables of a kind in a value: itself, its entries, or what its names hold."""
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))
    elif isinstance(value, dict):
        known = {info.alias or key for key, info in model.model_fields.items()}
        yield from [value] if known & set(value) else value.values()


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_is_warned_of_for_nothing_but_what_no_probe_can_tell() -> None:
    (warning,) = load_plan(EXAMPLE, environ=ENVIRON).warnings
    assert warning.startswith("agreement.acme-care: its terms need ")


OF_FILES = {("Endpoint", "certificate"), ("Certificate", "cert"), ("Certificate", "key")}
"""What names files that only its reader has stands there as a comment."""


def test_every_key_of_the_schema_is_in_the_example(tree: dict[str, Any]) -> None:
    assert set(schema_keys(File, set())) - set(used_keys(File, tree)) == OF_FILES
    (line,) = (line for line in EXAMPLE.read_text().splitlines() if line.startswith("# certificate = "))
    table = tomllib.loads(line.removeprefix("# "))
    assert set(used_keys(EndpointTable, table)) == OF_FILES


def test_every_word_beside_the_rows_is_in_the_example(tree: dict[str, Any]) -> None:
    rows = [sla["credits"] for sla in tree["sla"].values() if isinstance(sla.get("credits"), dict)]
    assert set(ROW_WORDS) <= {key for row in rows for key in row}


def test_every_line_of_the_example_that_sets_a_default_sets_the_real_one(tree: dict[str, Any]) -> None:
    """What is said in [monitor] and [defaults] is what silence would say."""
    plan = load_plan(EXAMPLE, environ=ENVIRON)
    probed = plan.endpoints["shop-web"]
    assert tree["monitor"] == {
        "database": "makegood.db", "reports": "reports", "location": "local", "keep_checks": "forever",
    }  # fmt: skip
    assert (probed.how.redirects, probed.how.body_limit, probed.how.verify_tls) == (5, 65_536, True)


def test_the_schema_can_be_written_as_json() -> None:
    """Editors read it; `from` is the name in the file and not the one in the program."""
    schema = File.model_json_schema()
    assert schema["additionalProperties"] is False
    assert "from" in schema["$defs"]["AgreementTable"]["properties"]
    assert set(schema["properties"]) == set(File.model_fields)
