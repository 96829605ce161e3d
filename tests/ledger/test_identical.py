"""The same evidence makes the same papers, byte for byte, wherever and in whatever language."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati")
LOCALES = ("C", "de_DE.UTF-8", "tr_TR.UTF-8")
SEEDS = ("0", "4711")

ISSUE = """
import locale, sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from monitor.config import load_plan
from monitor.ledger.press import Office
from monitor.printing import press
from monitor.store import open_store
from tests.ledger.shelf import filled
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass  # a machine without that language: its name is set all the same
plan = load_plan(Path(sys.argv[1]), environ={})
office = filled(Office(plan, open_store(plan.settings.database), press(), int(sys.argv[2]), "ines"))
ledger = office.store.ledger
for paper in ledger.papers():
    pages = [ledger.page(paper.seq, name) for name in ("html", "json", "csv")]
    parts = [*pages, ledger.inputs(paper.seq)]
    print(paper.number, paper.digest, *(sha256(each).hexdigest() for each in parts))
"""


def issued(house: Path, now: int, zone: str, language: str, seed: str) -> str:
    """Six papers of a copy of the house, each by the digests of its pages and its evidence."""
    config = house / "makegood.toml"
    done = subprocess.run(
        [sys.executable, "-c", ISSUE, str(config), str(now)],
        cwd=ROOT,
        env={**os.environ, "TZ": zone, "LC_ALL": language, "LANG": language, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_papers_are_the_same_in_every_zone_and_language_and_for_every_hash_seed(history, tmp_path):
    from tests.ledger.house import NOW

    found = {}
    for index, setting in enumerate(itertools.product(ZONES, LOCALES, SEEDS)):
        house = tmp_path / str(index)
        shutil.copytree(history, house)
        found[setting] = issued(house, NOW, *setting)

    assert len(found) == 24
    first = found["UTC", "C", "0"]
    assert len(first.splitlines()) == 6
    assert {setting for setting, said in found.items() if said != first} == set()


def test_the_languages_are_told_to_the_program():
    """Names of months come from our own tables: no language of the system's is asked for them."""
    with_locale = [
        p for p in (ROOT / "reports").glob("*.py") if "%B" in p.read_text() or "%b" in p.read_text()
    ]
    assert with_locale == []
