"""Whatever kills the process at whatever step: nothing is half-issued, no number is skipped or used twice.

Real processes on real files. A child issues the month for three customers in one transaction and dies by
SIGKILL at a named point; the next one issues what is left and goes on counting.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.config.plan import Exclusion
from monitor.core.intervals import Span
from monitor.failpoints import VARIABLE
from monitor.statements.exclusions import declared
from monitor.store import open_store
from tests.ledger.house import CUSTOMERS, DOWN, NOW

ROOT = Path(__file__).resolve().parents[2]

ISSUE = """
import sys
from pathlib import Path
from monitor.config import load_plan
from monitor.ledger.issuing import issue_month
from monitor.ledger.press import Office
from monitor.printing import press
from monitor.store import open_store

def issue(config, now):
    plan = load_plan(Path(config), environ={})
    office = Office(plan, open_store(plan.settings.database), press(), int(now), "ines")
    outcome = issue_month(office, "2026-10", tuple(plan.customers))
    assert outcome.refused == (), outcome.refused
    return " ".join(paper.number for paper in outcome.papers)
"""
ONCE = ISSUE + "print(issue(*sys.argv[1:]))"

MANY = (
    ISSUE
    + """
import os
ready, go = os.pipe(), os.pipe()
children = []
for _ in range(100):
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go[1])
        os.write(ready[1], b".")
        os.read(go[0], 1)  # ends for all of them when the parent closes it
        try:
            os.write(into, issue(*sys.argv[1:]).encode())
        finally:
            os._exit(0)
    os.close(into)
    children.append((pid, out))
os.close(go[0])
for _ in children:
    os.read(ready[0], 1)
os.close(go[1])
for pid, out in children:
    print(os.read(out, 1000).decode())
    os.waitpid(pid, 0)
"""
)


def run(house: Path, program: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, str(house / "makegood.toml"), str(NOW)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environ}, check=False
    )


def opened(house: Path):
    return open_store(load_plan(house / "makegood.toml", environ={}).settings.database)


def must_be_whole(house: Path) -> None:
    """Numbers without gaps; each paper with its pages, its credit lines and its entry; an unbroken chain."""
    store = opened(house)
    papers = store.ledger.papers()
    assert [paper.number for paper in papers] == [f"2026-{n:04}" for n in range(1, len(papers) + 1)]
    assert [paper.previous for paper in papers[1:]] == [paper.digest for paper in papers[:-1]]
    with store.snapshot() as snapshot:
        entries = {event.subject: event for event in snapshot.events(kinds=frozenset({"statement.issued"}))}
    assert set(entries) == {paper.number for paper in papers}
    for paper in papers:
        pages = store.ledger.page_digests(paper.seq)
        assert {name: kept for name, (kept, _) in pages.items()} == entries[paper.number].body["pages"]
        assert all(kept == found for kept, found in pages.values())
    assert store.journal.verify() is None
    lines = [(line.paper.customer, line.minor) for line in store.ledger.credits()]
    assert lines == [("acme", 12_000)] * any(paper.customer == "acme" for paper in papers)


@pytest.mark.parametrize(
    "point",
    [
        "issue.begun", "issue.numbered", "issue.numbered:2", "issue.rendered", "issue.rendered:3",
        "issue.kept", "issue.kept:2", "issue.journaled",
    ],
)  # fmt: skip
def test_killed_before_the_commit_nothing_was_issued(house, point):
    killed = run(house, ONCE, **{VARIABLE: point})

    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, ""), killed.stderr
    assert opened(house).ledger.papers() == ()
    must_be_whole(house)

    after = run(house, ONCE)

    assert after.stdout == "2026-0001 2026-0002 2026-0003\n", after.stderr
    must_be_whole(house)


def test_killed_after_the_commit_all_of_it_was_issued(house):
    killed = run(house, ONCE, **{VARIABLE: "issue.committed"})

    assert killed.returncode == -signal.SIGKILL
    assert [paper.customer for paper in opened(house).ledger.papers()] == list(CUSTOMERS)
    assert run(house, ONCE).stdout == "2026-0001 2026-0002 2026-0003\n"
    assert len(opened(house).ledger.papers()) == len(CUSTOMERS), "and who asks again is told what stands"
    must_be_whole(house)


def test_a_hundred_processes_at_once_issue_one_statement_each_customer(house):
    done = run(house, MANY)

    assert done.stdout.splitlines() == ["2026-0001 2026-0002 2026-0003"] * 100, done.stderr
    assert len(opened(house).ledger.papers()) == len(CUSTOMERS)
    must_be_whole(house)


AMEND = """
import sys
from dataclasses import replace
from pathlib import Path
from monitor.config import load_plan
from monitor.ledger.amending import amendment, confirm
from monitor.ledger.press import Office
from monitor.printing import press
from monitor.store import open_store

plan = load_plan(Path(sys.argv[1]), environ={})
office = Office(plan, open_store(plan.settings.database), press(), int(sys.argv[2]), "ines")
print(confirm(office, amendment(office, "2026-0001", "The fibre was cut")).number)
"""


@pytest.fixture
def excused(house):
    """The month is issued, and all of acme's outage was a fibre cut."""
    assert run(house, ONCE).returncode == 0
    cut = Exclusion("cut", "force majeure", ("acme-shop",), Span(*DOWN), "Fibre cut", "max", NOW)
    opened(house).journal.append([declared(cut, "max", NOW)])
    return house


@pytest.mark.parametrize(
    "point", ["issue.begun", "issue.numbered", "issue.rendered", "issue.kept", "issue.journaled"]
)
def test_an_amendment_that_died_was_not_issued_and_the_next_has_its_number(excused, point):
    killed = run(excused, AMEND, **{VARIABLE: point})

    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, ""), killed.stderr
    must_be_whole(excused)
    assert run(excused, AMEND).stdout == "2026-0004\n"
    amended = opened(excused).ledger.papers()[-1]
    assert (amended.kind, amended.corrects) == ("amendment", 1)
    assert [line.minor for line in opened(excused).ledger.credits()] == [12_000, -12_000]


def test_an_amendment_whose_process_died_after_the_commit_stands_once(excused):
    killed = run(excused, AMEND, **{VARIABLE: "issue.committed"})

    assert killed.returncode == -signal.SIGKILL
    assert [paper.number for paper in opened(excused).ledger.papers()][-1] == "2026-0004"
    again = run(excused, AMEND)
    assert again.returncode != 0
    assert "2026-0001 was amended" in again.stderr
    assert len(opened(excused).ledger.papers()) == 4
