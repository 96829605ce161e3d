"""The configuration as it was loaded at any instant."""

from __future__ import annotations

import json

import pytest

from monitor.config import load_plan
from monitor.statements.kept import kept
from monitor.store import open_store


@pytest.fixture
def loaded(house, cli, made):
    """Loaded on 1 October at 1,200.00 EUR a month, and on 10 November at 1,300.00 EUR."""
    path = house / "makegood.toml"
    store = open_store(house / "evidence.db")
    for day, fee in (("2026-10-01", "1200.00"), ("2026-11-10", "1300.00")):
        path.write_text(path.read_text("utf-8").replace("1200.00", fee), encoding="utf-8")
        with store.snapshot() as snapshot:
            event = kept(
                load_plan(path, environ={}), list(snapshot.events()), "ines", made.at(f"{day}T12:00Z")
            )
        store.journal.append([event])
    return cli


def test_it_is_shown_as_it_was_loaded_last(loaded, house):
    (house / "makegood.toml").write_text(
        (house / "makegood.toml").read_text("utf-8").replace("1300.00", "1.00"), encoding="utf-8"
    )
    answer = loaded("config", "show")

    assert answer.exit_code == 0
    assert 'monthly_fee = "1300.00"' in answer.stdout.splitlines(), "and not as the file is meanwhile"
    assert answer.stderr == "Loaded 2026-11-10T12:00:00.000Z by ines (entry 2).\n"


@pytest.mark.parametrize(
    ("when", "fee"),
    [
        ("2026-10-31", "1200.00"),
        ("2026-11-10T11:59:59Z", "1200.00"),
        ("2026-11-10T12:00:00Z", "1300.00"),
        ("2026-11-10", "1300.00"),  # a day is told as it ended
    ],
)
def test_at_any_instant_it_is_what_was_loaded_by_then(loaded, when, fee):
    data = json.loads(loaded("config", "show", "--as-of", when, "--json").stdout)

    assert f'monthly_fee = "{fee}"' in data["text"]
    assert len(data["digest"]) == len(data["plan_digest"]) == 64


def test_what_differs_between_two_instants(loaded):
    lines = loaded("config", "show", "--diff", "2026-10-31").stdout.splitlines()

    assert [line for line in lines[2:] if line[:1] in "+-"] == [
        '-monthly_fee = "1200.00"', '+monthly_fee = "1300.00"',
    ]  # fmt: skip
    same = loaded("config", "show", "--as-of", "2026-10-05", "--diff", "2026-10-02")
    assert same.stdout == "Nothing differs.\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--as-of", "2026-09-30"), 6, "no configuration was kept by 2026-09-30T21:59:59.999Z; the first"),
        (("--diff", "2026-09-30"), 6, "--diff: no configuration was kept"),
        (("--as-of", "soon"), 2, '--as-of: "soon" is not an instant'),
    ],
)  # fmt: skip
def test_what_was_never_kept_or_meant_is_told(loaded, words, code, said):
    answer = loaded("config", "show", *words)

    assert (answer.exit_code, answer.stdout, said in answer.stderr) == (code, "", True), answer.stderr


def test_before_the_monitor_ever_ran_nothing_is_kept(house, cli):
    answer = cli("config", "show")

    assert answer.exit_code == 6
    assert answer.stderr == ("no configuration is kept yet: `makegood run` keeps it whenever it loads one\n")
