"""Where a value is wrong the example of its key stands in, so that the rest of its table is checked as well.

What is said of a stand-in is not passed on, and no plan is ever made with one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from decimal import Decimal

from pydantic import ValidationError

from monitor.config.table import Table


def filled(
    kind: type[Table], written: Mapping[str, object], wrong: Collection[str]
) -> tuple[Table, frozenset[str]] | None:
    """A table without its wrong keys, those that must be there replaced, and the keys that are not its own.

    None where even that is no table.
    """
    kept = {key: value for key, value in written.items() if key not in wrong}
    absent = {key: value for key, value in _examples(kind).items() if key not in kept}
    try:
        table = kind.model_validate({**kept, **absent})
    except ValidationError:
        return None
    return table, frozenset({*wrong, *absent})


def _examples(kind: type[Table]) -> dict[str, object]:
    """An example of each key that a table must have."""
    return {
        info.alias or field: tomllib.loads(f"value = {info.examples[0]}", parse_float=Decimal)["value"]
        for field, info in kind.model_fields.items()
        if info.is_required() and info.examples
    }
