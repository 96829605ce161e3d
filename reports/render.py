"""From values to pages: `render_statement` for the customer, `render_internal` for the team.

Pages are self-contained: no script, no font and no image from outside, and a policy in the page that forbids
all of them. Everything that is printed passes `clean` and is escaped; a name that a template does not know is
an error. Exact twins of both values, as JSON and CSV, come from `reports.twins`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.statements.value import InternalReport, Statement
from reports.format import clean
from reports.internal import internal_page
from reports.view import statement_page

if TYPE_CHECKING:
    from jinja2 import Template


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


def render_internal(report: InternalReport) -> str:
    """The team's page. Never hand this to a customer."""
    return _template("internal.html").render(page=internal_page(report))
