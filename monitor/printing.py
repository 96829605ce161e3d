"""The press: how an issued statement becomes a sealed document and pages. Handed to the ledger, which knows
no pages, by the command line and the daemon.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from monitor.ledger.press import Press
from monitor.statements.value import Statement
from reports.render import render_statement, statement_csv
from reports.twins import json_text, statement_object


def press() -> Press:
    """The functions of `reports`."""
    return Press(document, seal, pages)


def document(statement: Statement) -> dict[str, Any]:
    return statement_object(statement)


def seal(document: Mapping[str, Any]) -> str:
    bare = {**document, "issue": {k: v for k, v in document["issue"].items() if k != "digest"}}
    return sha256(json.dumps(bare, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def pages(statement: Statement, document: Mapping[str, Any]) -> Mapping[str, bytes]:
    return {
        "html": render_statement(statement).encode(),
        "json": json_text(document).encode(),
        "csv": statement_csv(statement).encode(),
    }
