"""A companion whose rules find what a file says: `python -m tests.alerts.told CONFIG FORMAT`.

Beside the configuration, `found` has a line for each service that is down; `looks` has one for each look.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress

from monitor.alerts.__main__ import main
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.operations.alert import Finding
from monitor.store.protocol import Snapshot


def found(plan: Plan, snapshot: Snapshot, now: Ms) -> Sequence[Finding]:
    folder = plan.path.parent
    with (folder / "looks").open("a") as looks:
        looks.write(f"{now}\n")
    services: list[str] = []
    with suppress(FileNotFoundError):
        services = (folder / "found").read_text().split()
    return [
        Finding("down", "down", f"{each}/1", "page", now, f"{each} is down", ("timeout",), each)
        for each in services
    ]


if __name__ == "__main__":
    sys.exit(main(found, every=0.1))
