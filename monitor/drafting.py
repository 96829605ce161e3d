"""A month's papers on disk: each customer's statement with its twins.

Used by `makegood report`, by the daemon at a month's end and by the demonstration. Drafts alone are written;
nothing here issues anything.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from monitor.config.plan import Plan
from monitor.core.intervals import DAY, Ms
from monitor.core.periods import instant
from monitor.errors import ConfigError, MakegoodError
from monitor.statements.build import agreements_of, last_closed_month, statement
from monitor.statements.value import Statement
from monitor.store.protocol import Snapshot, Store
from reports.render import (
    render_statement,
    statement_csv,
    statement_json,
    write_atomically,
)

SETTLED: Ms = 2 * DAY

log = logging.getLogger("makegood")


def draft_statements(
    plan: Plan, snapshot: Snapshot, label: str, customers: Iterable[str], out: Path, now: Ms
) -> Iterator[tuple[Statement, Path]]:
    """Write `<out>/<label>/<customer>.html`, `.csv` and `.json`; yields each statement with its page."""
    for customer in customers:
        paper = statement(plan, snapshot, customer, label, now)
        page = folder_in(out, label) / f"{customer}.html"
        write_atomically(page, render_statement(paper))
        write_atomically(page.with_suffix(".csv"), statement_csv(paper))
        write_atomically(page.with_suffix(".json"), statement_json(paper))
        yield paper, page


def is_drafted(out: Path, label: str, customer: str) -> bool:
    """Whether a draft of the finished month is there that needs no other: drawn up two days after its end.

    Until then an outage over the month's edge may still grow, and outages are judged whole. The JSON twin is
    written last, and says when.
    """
    try:
        paper = json.loads((out / label / f"{customer}.json").read_text(encoding="utf-8"))
        times = (paper["drawn_up"], paper["period"]["span"]["end"])
        drawn_up, end = (instant(datetime.fromisoformat(at)) for at in times)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(paper["status"] == "draft" and drawn_up - end >= SETTLED)


def folder_in(out: Path, name: str) -> Path:
    """The folder of this name, made where it is not there; ConfigError where it cannot be."""
    folder = out / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{folder} cannot be made: {error.strerror}; name another folder with --out"
        raise ConfigError(reason) from None
    return folder


def draft_closed_months(plan: Plan, store: Store, now: Ms) -> None:
    """Draft each customer's last closed month, until a draft is there that needs no other."""
    for customer in plan.customers:
        label = last_closed_month(plan, customer, now)
        promised = agreements_of(plan, customer, label)
        if not promised or is_drafted(plan.settings.reports, label, customer):
            continue
        try:
            with store.snapshot() as snapshot:
                drawn = list(draft_statements(plan, snapshot, label, [customer], plan.settings.reports, now))
        except MakegoodError as error:
            log.warning("no draft of %s for %s: %s", label, customer, error, extra={"event": "draft.refused"})
        else:
            for _, page in drawn:
                log.info("drafted %s", page, extra={"event": "draft.written"})
