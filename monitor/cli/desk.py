"""What a command works with: the configuration's path, a clock, and the plan and its evidence on demand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.clock import Clock, SystemClock
from monitor.errors import ConfigError
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.store.protocol import Store, WholeSnapshot


@dataclass(frozen=True, slots=True)
class Desk:
    """Made once for a call of the program; a test hands in its own clock."""

    config: Path
    clock: Clock = field(default_factory=SystemClock)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def plan(self) -> Plan:
        """The configuration, read anew; ConfigError with every problem in it."""
        from monitor.config import load_plan

        return load_plan(self.file(), environ=self.environ)

    def file(self) -> Path:
        """The configuration's path; ConfigError where there is no such file."""
        if self.config.exists():
            return self.config
        raise ConfigError(
            f"there is no {self.config}; `makegood init` writes one to start from, "
            "or name yours: --config FILE"
        )

    @contextmanager
    def evidence(self, *, for_papers: bool = False) -> Iterator[tuple[Plan, WholeSnapshot]]:
        """The plan and one consistent view of what was recorded; `for_papers`: as `for_papers` has it."""
        plan = self.plan()
        store = self.for_papers(plan) if for_papers else self.store(plan)
        with store.snapshot() as snapshot:
            _continued(plan, snapshot)
            yield plan, snapshot

    def for_papers(self, plan: Plan) -> Store:
        """The plan's database, with our own incidents taken as tickets where a statement may rest on them."""
        store = self.store(plan)
        if plan.ticket_sources:
            from monitor.oncall.own_tickets import take_for_papers

            with store.snapshot() as snapshot:
                _continued(plan, snapshot)
            take_for_papers(store, plan, self.clock.now())
        return store

    def store(self, plan: Plan, *, create: bool = False) -> Store:
        """The plan's database; ConfigError where there is none yet and `create` is not set."""
        from monitor.store import open_store

        return open_store(plan.settings.database, create=create)


def _continued(plan: Plan, snapshot: WholeSnapshot) -> None:
    """ConfigError where endpoints have other names in the database."""
    from monitor.store.succession import must_continue

    former = {endpoint.id: endpoint.was for endpoint in plan.endpoints.values()}
    must_continue(snapshot.lanes(), former, plan.settings.location)


at_desk = click.make_pass_decorator(Desk)
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for programs.")
