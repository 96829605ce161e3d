"""From a path in the data to line and column."""

from __future__ import annotations

import pytest

from monitor.config.places import Places
from monitor.config.problems import Where, dotted, parted

TEXT = """# a comment
[sla.x]
commitment = 99.9
exclude = [
  { what = "scheduled maintenance" },
]
[sla.x.credits]
"< 99%" = "5%"
[sla.x.amendment.2026-07-01]
claim = "soon"
"""

CASES: dict[str, tuple[Where, bool, tuple[int, int]]] = {
    "a value": (("sla", "x", "commitment"), False, (3, 14)),
    "its key": (("sla", "x", "commitment"), True, (3, 1)),
    "an entry of a list": (("sla", "x", "exclude", 0), False, (5, 3)),
    "a value inside it": (("sla", "x", "exclude", 0, "what"), False, (5, 12)),
    "a row of a table": (("sla", "x", "credits", "< 99%"), False, (8, 11)),
    "a table stands where its name does": (("sla", "x", "credits"), False, (7, 8)),
    "a dated table": (("sla", "x", "amendment", "2026-07-01", "claim"), False, (10, 9)),
    "a missing key stands at its table": (("sla", "x", "notice"), False, (2, 6)),
    "a part of a text stands at the text": (("sla", "x", "commitment", "lasting"), False, (3, 14)),
}


@pytest.mark.parametrize(("where", "key", "place"), CASES.values(), ids=CASES.keys())
def test_a_path_is_found_in_the_file(where: Where, key: bool, place: tuple[int, int]) -> None:
    assert Places({"a.toml": TEXT}).find("a.toml", where, key=key) == place


def test_a_path_that_is_nowhere_is_the_first_line() -> None:
    assert Places({"a.toml": TEXT}).find("a.toml", ("issuer",)) == (1, None)


MANY = "".join(f"[endpoint.e{n}]\ninterval = {n}\n" for n in range(1_000))


def test_a_file_of_a_thousand_tables_is_read_in_blocks_and_every_line_is_right() -> None:
    places = Places({"a.toml": MANY})
    found = [places.find("a.toml", ("endpoint", f"e{n}", "interval")) for n in range(1_000)]
    assert found == [(2 * n + 2, 12) for n in range(1_000)]


def test_a_list_of_lists_that_looks_like_tables_is_no_obstacle() -> None:
    text = MANY + "[x.y]\nz = [\n" + "[1],\n" * 250 + "]\n"
    assert Places({"a.toml": text}).find("a.toml", ("x", "y", "z", 249)) == (2_252, 1)


def test_windows_line_ends_do_not_move_anything() -> None:
    places = Places({"a.toml": TEXT.replace("\n", "\r\n")})
    assert places.find("a.toml", ("sla", "x", "commitment")) == (3, 14)
    assert places.text("a.toml", 3) == "commitment = 99.9"


@pytest.mark.parametrize(
    "line",
    [
        'Authorization = "Bearer abc"',
        'headers = { X = "abc" }',
        'url = "https://me:abc@example.com/"',
        'url = "https://example.com/?token=abc"',
        'X-Api-Key = "abc"',
        'password = "abc"',
        "a" * 500,
        "\x07",
    ],
)
def test_a_line_that_may_hold_a_secret_is_not_shown(line: str) -> None:
    assert Places({"a.toml": line}).text("a.toml", 1) is None


def test_a_path_is_read_back_from_its_text() -> None:
    for where in (("sla", "x", "credits", "< 99.9%"), ("agreement", "a", "exclude", 0, "what"), ("monitor",)):
        assert parted(dotted(where)) == where
