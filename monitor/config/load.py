"""Load a configuration: parse, check, resolve, in this order, and every problem of all three at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from monitor.config.check import Checked, check
from monitor.config.document import Document
from monitor.config.needless import needed
from monitor.config.parse import parse, parse_text
from monitor.config.plan import Plan
from monitor.config.problems import ConfigProblems, Fault
from monitor.config.resolve import resolve

Purpose = Literal["monitor", "files"]


def load_plan(
    path: Path, *, environ: Mapping[str, str], purpose: Purpose = "monitor", agreement: str | None = None
) -> Plan:
    """The plan that the file and what it includes come to.

    Secrets are read from `environ` and files here. For "files", where a period is priced from evidence
    that others measured, no secret is read, no issuer is needed, and what `up_when` names need not be there.
    Where one `agreement` alone is asked about, what others need and this version does not do is passed over.
    Raises ConfigProblems with everything that is wrong.
    """
    return _loaded(parse(path), path, environ, purpose, agreement)


def load_text(text: str, name: str, *, purpose: Purpose = "monitor") -> Plan:
    """The plan of a configuration that is a text and no file, such as one that a statement came with."""
    return _loaded(parse_text(text, name), Path(name), {}, purpose, None)


def _loaded(
    document: Document, path: Path, environ: Mapping[str, str], purpose: Purpose, agreement: str | None
) -> Plan:
    probing = purpose == "monitor"
    checked = check(document)
    if not document.complete:
        raise _problems(document, checked)  # what is in a file that cannot be read must not seem missing
    plan = resolve(checked, path, environ=environ, probed=probing)
    if probing and not (document.faults or checked.faults or plan.endpoints):
        checked.faults.append(Fault((), "there is nothing to probe: write [endpoint.NAME]"))
    if agreement is not None:
        checked.faults = needed(checked, agreement)
    if document.faults or checked.faults:
        raise _problems(document, checked)
    return replace(plan, source=document.tree)


def _problems(document: Document, checked: Checked) -> ConfigProblems:
    from monitor.config.places import located

    return ConfigProblems(located((*document.faults, *checked.faults), document))
