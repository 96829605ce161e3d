"""The same evidence makes the same papers, byte for byte, wherever and in whatever language."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.ledger.house import NOW

ROOT = Path(__file__).resolve().parents[2]
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati")
LOCALES = ("C", "de_DE.UTF-8", "tr_TR.UTF-8")
SEEDS = ("0", "4711")

ISSUE = """
import itertools, locale, os, sys, time
from hashlib import sha256
from pathlib import Path
from monitor.config import load_plan
from monitor.ledger.press import Office
from monitor.printing import press
from monitor.store import open_store
from tests.ledger.shelf import filled

def issue(house, now):
    plan = load_plan(house / "makegood.toml", environ={})
    office = filled(Office(plan, open_store(plan.settings.database), press(), now, "ines"))
    ledger = office.store.ledger
    for paper in ledger.papers():
        pages = [ledger.page(paper.seq, name) for name in ("html", "json", "csv")]
        digests = [sha256(each).hexdigest() for each in [*pages, ledger.inputs(paper.seq)]]
        print(paper.number, paper.digest, *digests, flush=True)

houses, now = Path(sys.argv[1]), int(sys.argv[2])
for place, (zone, language) in enumerate(itertools.product(sys.argv[3].split(), sys.argv[4].split())):
    child = os.fork()  # nothing that was computed in another zone or language is there
    if not child:
        os.environ.update(TZ=zone, LC_ALL=language, LANG=language)
        time.tzset()
        try:
            locale.setlocale(locale.LC_ALL, "")
        except locale.Error:
            pass  # a machine without that language: its name is set all the same
        issue(houses / str(place), now)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print("--", flush=True)
"""


def issued(houses: Path, now: int, seed: str) -> list[str]:
    """Six papers of each of the houses, in another zone and language each, by the digests of their pages."""
    done = subprocess.run(
        [sys.executable, "-c", ISSUE, str(houses), str(now), " ".join(ZONES), " ".join(LOCALES)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("--\n")[:-1]


def test_papers_are_the_same_in_every_zone_and_language_and_for_every_hash_seed(history, tmp_path):
    found = []
    for seed in SEEDS:
        for place in range(len(ZONES) * len(LOCALES)):
            shutil.copytree(history, tmp_path / seed / str(place))
        found += issued(tmp_path / seed, NOW, seed)

    assert len(found) == 24
    assert {len(each.splitlines()) for each in found} == {6}
    assert len(set(found)) == 1


def test_the_languages_are_told_to_the_program():
    """Names of months come from our own tables: no language of the system's is asked for them."""
    with_locale = [
        p for p in (ROOT / "reports").glob("*.py") if "%B" in p.read_text() or "%b" in p.read_text()
    ]
    assert with_locale == []
