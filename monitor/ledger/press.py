"""How a statement becomes a paper: its sealed document and its pages, by functions that are handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.records import dataclass
from monitor.statements.value import Issue, Statement
from monitor.store.protocol import Store

Document = Mapping[str, Any]
"""The JSON twin of a statement, as an object."""


@dataclass(frozen=True, slots=True)
class Press:
    """`document` is the exact twin, `seal` its digest without `issue.digest`, `pages` all renderings.

    `pages` is given the twin too, so that it is made once.
    """

    document: Callable[[Statement], Document]
    seal: Callable[[Document], str]
    pages: Callable[[Statement, Document], Mapping[str, bytes]]

    def sealed(self, statement: Statement, issue: Issue) -> tuple[Statement, Mapping[str, bytes]]:
        """The statement with its digest, and its pages."""
        bare = self.document(replace(statement, issue=issue))
        digest = self.seal(bare)
        done = replace(statement, issue=replace(issue, digest=digest))
        return done, self.pages(done, {**bare, "issue": {**bare["issue"], "digest": digest}})


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that issuing works with: `author` does it, at `now`."""

    plan: Plan
    store: Store
    press: Press
    now: Ms
    author: str
