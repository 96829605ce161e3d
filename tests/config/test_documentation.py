"""docs/configuration.md names every table and every key."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import model, probe_tables
from monitor.config.credits_text import ROW_WORDS

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")

MODELS = sorted(
    {
        each
        for module in (model, probe_tables)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, model.Table)
    },
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("table", MODELS, ids=lambda table: table.__name__)
def test_every_key_of_a_table_is_explained(table: type[model.Table]) -> None:
    keys = [info.alias or field for field, info in table.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in PAGE] == []


def test_every_kind_of_table_has_its_heading() -> None:
    headings = [line for line in PAGE.splitlines() if line.startswith("#")]
    kinds = [*(f"[{kind}]" for kind in model.SINGLE), *(f"[{kind}.ID]" for kind in model.NAMED)]
    assert [kind for kind in kinds if not any(kind in heading for heading in headings)] == []


def test_the_words_beside_the_rows_are_explained() -> None:
    assert [word for word in ROW_WORDS if f"`{word}`" not in PAGE] == []
