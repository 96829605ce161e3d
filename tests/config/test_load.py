"""The whole way from a file to a plan: whatever stands in it, it loads or is refused in sentences."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from monitor.config.check import check
from monitor.config.document import Document
from monitor.config.parse import parse
from monitor.config.places import located
from monitor.config.problems import Where
from monitor.config.resolve import resolve

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
ENVIRON = {"SHOP_TOKEN": "x", "BACKUP_TOKEN": "made-of-128-bits-by-chance"}

EAST, WEST = timezone(timedelta(hours=12)), timezone(timedelta(hours=-12))

ODD: list[object] = [
    0, -1, 10**40, True, False, "", " ", "x", "\x00", "🙂" * 50, "9" * 5_000,
    Decimal("1e3000000"), Decimal("NaN"), Decimal("inf"), Decimal("99.9"),
    [], [[]], [1], ["x"], ["shop"], {}, {"a": {}}, {"x": "y"},
    "99.9", "99.9%", "< 99.9%", "> 5m", "none", "automatic", "1/0", "1/3", "0%", "100%", "> 100%", "5%",
    "1000000000%", "0.0000000000001%", "36500 days", "1h per month", "25% per fortnight",
    {"all": []}, {"not": {"not": "shop"}}, {"label": "a=b"}, {"at_least": 1, "of": ["shop-web"]},
    date(1, 1, 1), date(2026, 1, 1), date(9999, 12, 31), time(1, 2), datetime(2026, 1, 1),  # noqa: DTZ001
    datetime(1, 1, 1, tzinfo=EAST), datetime(9999, 12, 31, 23, tzinfo=WEST), datetime(2026, 1, 1, tzinfo=UTC),
    "2026-02-30", "http://[", "http://a:b/", "https://a\u2028b/", "https://x:99999/",
    "* * * * *", "0 0 30 2 *", "Europe", "posixrules", "../etc/passwd", "Asia/",
]  # fmt: skip

PYDANTIC = ("Input should", "Value error", "validation error", "pydantic", "Extra inputs", "Field required")


def paths(tree: Any, path: Where = ()) -> Iterator[Where]:
    """Every place in the data."""
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from paths(inner, (*path, step))


def put(tree: Any, path: Where, value: object) -> None:
    for step in path[:-1]:
        tree = tree[step]
    tree[path[-1]] = copy.deepcopy(value)


GOOD = parse(EXAMPLE)


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("turn", range(2))
def test_whatever_stands_in_the_place_of_a_value_is_read_or_refused_in_sentences(
    turn: int, part: int
) -> None:
    """Each value of the example in turn becomes an odd one, the odd ones going round."""
    for number, path in islice(enumerate(paths(GOOD.tree)), part, None, 4):
        tree = copy.deepcopy(GOOD.tree)
        put(tree, path, ODD[(number + turn * len(ODD) // 2) % len(ODD)])
        document = Document(GOOD.main, tree, dict(GOOD.origin))
        checked = check(document)
        resolve(checked, EXAMPLE, environ=ENVIRON)
        for problem in located(checked.faults, document):
            assert len(problem.message) < 450, problem
            assert not any(word in problem.message for word in PYDANTIC), problem


def test_any_key_of_the_example_may_be_missing() -> None:
    for path in paths(GOOD.tree):
        if isinstance(path[-1], str):
            tree = copy.deepcopy(GOOD.tree)
            inner: Any = tree
            for step in path[:-1]:
                inner = inner[step]
            del inner[path[-1]]
            checked = check(Document(GOOD.main, tree, dict(GOOD.origin)))
            resolve(checked, EXAMPLE, environ=ENVIRON)


def test_a_key_that_would_steer_a_terminal_is_printed_harmlessly(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('[endpoint."\\u001b[31m"]\nurl = "http://a/"\n"\\u001b[2J" = 1\n')
    document = parse(path)
    checked = check(document)
    shown = "".join(problem.drawn() for problem in located(checked.faults, document))
    assert len(checked.faults) == 2
    assert "\x1b" not in shown


def test_a_good_file_is_read_without_the_parser_that_finds_lines() -> None:
    """Positions cost a second parse; only a mistake pays for it."""
    code = (
        "import sys; from pathlib import Path; from monitor.config import load_plan;"
        f"load_plan(Path({str(EXAMPLE)!r}), environ={ENVIRON!r});"
        "print([name for name in ('spanned_toml', 'aiohttp', 'sqlite3', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
