"""Load a configuration: parse, check, resolve, in this order, and every problem of all three at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from monitor.agreements.terms import ContractTerms
from monitor.config.candidates import Candidate, candidates
from monitor.config.check import Checked, check
from monitor.config.document import Document
from monitor.config.known import LIBRARY
from monitor.config.library import LIBRARY_OF_THE_PROGRAM, Library, borrow, keep, refuse_own
from monitor.config.needless import needed
from monitor.config.parse import parse, parse_text
from monitor.config.plan import Agreement, Plan
from monitor.config.problems import ConfigProblems, Fault
from monitor.config.resolve import resolve
from monitor.config.slas import slas, slas_alone
from monitor.records import dataclass

Purpose = Literal["monitor", "files"]


def load_plan(
    path: Path,
    *,
    environ: Mapping[str, str],
    purpose: Purpose = "monitor",
    agreement: str | None = None,
    accept_unverified: bool = False,
    library: Library = LIBRARY_OF_THE_PROGRAM,
) -> Plan:
    """The plan that the file and what it includes come to.

    Secrets are read from `environ` and files here. For "files", where a period is priced from evidence
    that others measured, no secret is read, no issuer is needed, and what `up_when` names need not be there.
    Where one `agreement` alone is asked about, what others need and this version does not do is passed over.
    Published SLAs with unverified figures are refused unless their agreements or the caller accept them.
    Raises ConfigProblems with everything that is wrong.
    """
    document = parse(path)
    refuse_own(document)
    asked = Asked(purpose == "monitor", agreement, accept_unverified)
    return _loaded(document, path, environ, asked, library)


def load_candidates(
    path: Path,
    asked: Sequence[Candidate],
    *,
    environ: Mapping[str, str],
    library: Library = LIBRARY_OF_THE_PROGRAM,
) -> tuple[Plan, tuple[Agreement, ...]]:
    """The plan of the file, and an agreement for each SLA that is to be tried beside it.

    Raises ConfigProblems for the file, and ConfigError for the candidates.
    """
    document = parse(path)
    refuse_own(document)
    borrow(document, library, *(each.sla for each in asked if each.sla.startswith(LIBRARY)))
    monitoring = Asked(probing=True, agreement=None, accept_unverified=False)
    plan, checked = _resolved(document, path, environ, monitoring, library)
    return plan, candidates(checked, asked, plan)


def load_text(text: str, name: str, *, purpose: Purpose = "monitor") -> Plan:
    """The plan of a configuration that is a text and no file, such as one that a statement came with.

    What it took from the library came with it, and was accepted when it was priced.
    """
    document = parse_text(text, name)
    keep(document)
    asked = Asked(purpose == "monitor", None, accept_unverified=True)
    return _loaded(document, Path(name), {}, asked, LIBRARY_OF_THE_PROGRAM)


def library_terms(name: str, library: Library = LIBRARY_OF_THE_PROGRAM) -> ContractTerms:
    """The terms of a published SLA by itself. Raises ConfigProblems where its file is not sound."""
    key = f"{LIBRARY}{name}"
    document = Document(key)
    borrow(document, library, key)
    checked = check(document, library)
    found = slas_alone(slas(checked, []))
    if document.faults or checked.faults:
        raise _problems(document, checked)
    return found[key].terms


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is wanted for: probing, or one agreement alone, and whether unverified figures will do."""

    probing: bool
    agreement: str | None
    accept_unverified: bool


def _loaded(
    document: Document, path: Path, environ: Mapping[str, str], asked: Asked, library: Library
) -> Plan:
    borrow(document, library)
    return _resolved(document, path, environ, asked, library)[0]


def _resolved(
    document: Document, path: Path, environ: Mapping[str, str], asked: Asked, library: Library
) -> tuple[Plan, Checked]:
    checked = check(document, library)
    checked.accept_unverified = asked.accept_unverified
    if not document.complete:
        raise _problems(document, checked)  # what is in a file that cannot be read must not seem missing
    plan = resolve(checked, path, environ=environ, probed=asked.probing)
    if asked.probing and not (document.faults or checked.faults or plan.endpoints):
        checked.faults.append(Fault((), "there is nothing to probe: write [endpoint.NAME]"))
    if asked.agreement is not None:
        checked.faults = needed(checked, asked.agreement)
    if document.faults or checked.faults:
        raise _problems(document, checked)
    return replace(plan, source=document.tree), checked


def _problems(document: Document, checked: Checked) -> ConfigProblems:
    from monitor.config.places import located

    return ConfigProblems(located((*document.faults, *checked.faults), document))
