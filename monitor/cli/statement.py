"""`makegood statement`: drafts, and statements that stand: what was issued is corrected, never changed."""

from __future__ import annotations

import click

from monitor.cli.directory import InOrder, commands

PLACES = {
    "draft": "report.report",
    "issue": "statement_issue.issue",
    "list": "statement_list.list_",
    "show": "statement_list.show_",
    "amend": "statement_correct.amend",
    "void": "statement_correct.void",
    "decide": "statement_correct.decide",
    "send": "statement_send.send",
    "verify": "statement_verify.verify",
    "export": "statement_verify.export",
}
"""Each command of the group, and where it is; one that is added is a line here."""


@click.group(cls=InOrder, commands=commands(**PLACES))
def statement() -> None:
    """Statements: draft, issue, correct, verify and hand over."""
