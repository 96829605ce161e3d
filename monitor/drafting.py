"""A month's papers on disk: each customer's statement with its twins, and the team's page.

Used by `makegood report`, by the daemon at a month's end and by the demonstration. Drafts alone are written;
nothing here issues anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.errors import ConfigError
from monitor.statements.build import internal_report, statement
from monitor.statements.value import Statement
from monitor.store.protocol import Snapshot
from reports.render import (
    internal_csv,
    internal_json,
    render_internal,
    render_statement,
    statement_csv,
    statement_json,
    write_atomically,
)


def draft_statements(
    plan: Plan, snapshot: Snapshot, label: str, customers: Iterable[str], out: Path, now: Ms
) -> Iterator[tuple[Statement, Path]]:
    """Write `<out>/<label>/<customer>.html`, `.csv` and `.json`; yields each statement with its page."""
    for customer in customers:
        paper = statement(plan, snapshot, customer, label, now)
        page = _folder(out, label) / f"{customer}.html"
        write_atomically(page, render_statement(paper))
        write_atomically(page.with_suffix(".csv"), statement_csv(paper))
        write_atomically(page.with_suffix(".json"), statement_json(paper))
        yield paper, page


def is_drafted(out: Path, label: str, customer: str) -> bool:
    """Whether a whole draft of the finished month is there. The JSON twin is written last, and says so."""
    try:
        paper = json.loads((out / label / f"{customer}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(paper, dict) and paper.get("status") == "draft"


def draft_internal(plan: Plan, snapshot: Snapshot, label: str, out: Path, now: Ms) -> Path:
    """Write `<out>/<label>/internal.html`, `.json` and `.csv`; the page's path."""
    report = internal_report(plan, snapshot, label, now)
    page = _folder(out, label) / "internal.html"
    write_atomically(page, render_internal(report), private=True)
    write_atomically(page.with_suffix(".json"), internal_json(report), private=True)
    write_atomically(page.with_suffix(".csv"), internal_csv(report), private=True)
    return page


def _folder(out: Path, label: str) -> Path:
    folder = out / label
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{folder} cannot be made: {error.strerror}; name another folder with --out"
        raise ConfigError(reason) from None
    return folder
