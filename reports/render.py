"""From values to pages: `render_statement` for the customer, `render_internal` for the team.

Pages are self-contained: no script, no font and no image from outside, and a policy in the page that forbids
all of them. Everything that is printed passes `clean` and is escaped; a name that a template does not know is
an error. Exact twins of both values, as JSON and CSV, come from `reports.twins`.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.errors import MakegoodError
from monitor.operations.report import InternalReport
from monitor.statements.value import ClaimPaper, MonthSummary, Statement
from reports.claim import claim_page
from reports.format import clean
from reports.internal.page import internal_page
from reports.internal.twins import internal_csv, internal_json
from reports.month import month_page
from reports.twins import statement_csv, statement_json
from reports.view import statement_page

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = [
    "NotWritten",
    "internal_csv",
    "internal_json",
    "render_claim",
    "render_internal",
    "render_internal_letter",
    "render_month",
    "render_statement",
    "statement_csv",
    "statement_json",
    "write_atomically",
]


class NotWritten(MakegoodError):
    """A page could not be put where it was asked for; the message says what to give instead."""


def _cleaned(value: object) -> object:
    """The last line of defence for text that reached a template uncleaned."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def environment() -> Environment:
    """The one template environment: escaping on, unknown names refused."""
    return Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _template(name: str) -> Template:
    return environment().get_template(name)


def render_statement(statement: Statement) -> str:
    """The customer's page."""
    return _template("statement.html").render(page=statement_page(statement))


def render_claim(paper: ClaimPaper) -> str:
    """The page of a claim against a provider, to attach to it."""
    return _template("claim.html").render(page=claim_page(paper))


def render_month(summary: MonthSummary) -> str:
    """The month that was closed, on one page. Never hand this to a customer."""
    return _template("month.html").render(page=month_page(summary))


def render_internal(report: InternalReport) -> str:
    """The team's page. Never hand this to a customer."""
    return _template("internal.html").render(page=internal_page(report))


def render_internal_letter(report: InternalReport) -> str:
    """The HTML of the letter to the team: words alone, for mail programs. Never hand this to a customer."""
    return _template("internal_letter.html").render(page=internal_page(report))


def write_atomically(path: Path, text: str) -> None:
    """Put `text` at `path`: all of it or nothing, on disk when this returns.

    Readable by its owner alone (0600), whatever the umask: a page says what somebody owes. The folder
    must exist. NotWritten when `path` is a folder, or when the folder is missing or refuses.
    """
    if path.is_dir():
        raise NotWritten(f"{path} is a folder; give the name of a file in it, as {path / 'statement.html'}")
    if not path.parent.is_dir():
        raise NotWritten(f"{path} cannot be written: there is no folder {path.parent}; create it first")
    try:
        _replace(path, text)
    except OSError as error:
        raise NotWritten(f"{path} cannot be written: {error.strerror or error}") from error


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
