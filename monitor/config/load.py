"""Load a configuration: parse, check, resolve, in this order, and every problem of all three at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monitor.config.check import check
from monitor.config.parse import parse
from monitor.config.plan import Plan
from monitor.config.problems import ConfigProblems
from monitor.config.resolve import resolve


def load_plan(path: Path, *, environ: Mapping[str, str]) -> Plan:
    """The plan that the file and what it includes come to.

    Secrets are read from `environ` and files here. Raises ConfigProblems with everything that is wrong.
    """
    document = parse(path)
    checked = check(document)
    plan = resolve(checked, path, environ=environ)
    faults = [*document.faults, *checked.faults]
    if faults:
        from monitor.config.places import located

        raise ConfigProblems(located(faults, document))
    return plan
