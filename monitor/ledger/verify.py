"""PURE. Verify a paper from itself, the evidence that it was computed from, and papers that are held already.

Nobody is asked: what the paper says of itself is computed again from the evidence and the contract's own
terms, and compared figure by figure. Who holds an earlier paper of the customer also sees whether the chain
of papers was made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from monitor import __version__
from monitor.config.load import load_text
from monitor.config.plan import Plan
from monitor.core.periods import instant
from monitor.errors import EvidenceRefused, MakegoodError
from monitor.ledger.computing import bill, lines, made_decisions
from monitor.ledger.differences import amount, differences, owed_more
from monitor.ledger.export import Exported, canonical
from monitor.ledger.press import Document, Press
from monitor.ledger.reading import must_be_printed, parsed
from monitor.ledger.shapes import PaperHead, must_be_evidence, paper_head
from monitor.records import dataclass
from monitor.statements.build import statement
from monitor.statements.value import CreditLine, Earlier, Issue, Statement

PROGRAM: Final = f"Makegood {__version__}"
OF_THE_PROGRAM: Final = frozenset({"program", "tzdata"})
WORDS: Final = frozenset(
    {
        "notice", "plain", "claim", "checks", "text", "figure", "promised_in_words", "commitment", "needs",
        "undecided", "notes", "generated_label", "sets_against", "rule", "stage", "title", "label",
    }
)  # fmt: skip
"""What another version of the program may word otherwise; no figure is among them."""


@dataclass(frozen=True, slots=True)
class Read:
    """A paper as it was read: `name` is where from."""

    name: str
    document: Document
    head: PaperHead

    @property
    def number(self) -> str:
        """Its number, which is in every sentence."""
        return self.head.issue.number


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it. `differs` is one sentence, "" where everything holds.

    `held_true` are the things that were verified, `left` those that could not be, each with what to give.
    """

    number: str
    differs: str
    held_true: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    held_true: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class _Differs(Exception):
    """The sentence that ends a verification."""


def read_paper(text: bytes, name: str) -> Read:
    """A paper that anybody may have written; EvidenceRefused where it is none."""
    document = parsed(text, name)
    head = paper_head(document, text, name)
    must_be_printed(document, name)
    return Read(name, document, head)


def read_evidence(text: bytes, name: str) -> dict[str, Any]:
    """An evidence export that anybody may have written; EvidenceRefused where it is none."""
    export = parsed(text, name)
    must_be_evidence(export, text, name)
    return export


def verify(
    press: Press, paper: Read, evidence: Mapping[str, Any] | None, held: Sequence[Read] = ()
) -> Verdict:
    """The first thing that differs, or what was verified.

    Raises EvidenceRefused where the evidence cannot be computed with.
    """
    found = _Found()
    try:
        _sealed(press, paper, found)
        for each in held:
            _sealed(press, each, found, also=True)
            _same_chain(paper, each)
            found.held_true.append(f"it follows from {each.number}, which you hold")
        if evidence is None:
            found.left.append("its figures: give the evidence that it came with, --evidence FILE")
        else:
            _of_the_evidence(press, paper, evidence, held, found)
    except _Differs as error:
        return Verdict(paper.number, str(error), (), ())
    if not held and paper.head.issue.earlier:
        found.left.append("whether earlier papers were replaced: give one that you hold, --held FILE")
    return Verdict(paper.number, "", tuple(found.held_true), tuple(found.left))


def _sealed(press: Press, paper: Read, found: _Found, *, also: bool = False) -> None:
    """Whether it says what it said when it was issued."""
    digest = press.seal(paper.document)
    if digest != paper.head.issue.digest:
        raise _Differs(
            f"{paper.number} was changed after it was issued: its values have the digest {digest}, "
            f"and it names {paper.head.issue.digest}"
        )
    if not also:
        found.held_true.append("its values are those that were issued")


def _same_chain(paper: Read, other: Read) -> None:
    """Of two papers of one customer the later names the earlier, and all that the earlier names."""
    early, late = sorted((paper, other), key=lambda each: each.head.issue.place)
    if early.head.customer_id != late.head.customer_id:
        raise _Differs(
            f"{other.number} is a paper of {other.head.customer_id} and {paper.number} one of "
            f"{paper.head.customer_id}: they have nothing to say of each other"
        )
    if early.head.issue.place == late.head.issue.place:
        if early.head.issue.digest != late.head.issue.digest:
            raise _Differs(
                f"{paper.number} stands in the place of {other.number}, which you hold, and is another paper"
            )
        return
    own = [(each.number, each.digest) for each in early.head.issue.earlier]
    own.append((early.number, early.head.issue.digest))
    named = [(each.number, each.digest) for each in late.head.issue.earlier]
    if named[: len(own)] != own:
        raise _Differs(
            f"{late.number} does not follow from {early.number} as {_whose(early, other)}: "
            "the papers before it were replaced"
        )


def _whose(paper: Read, other: Read) -> str:
    return "you hold it" if paper is other else "it was issued"


def _of_the_evidence(
    press: Press, paper: Read, export: Mapping[str, Any], held: Sequence[Read], found: _Found
) -> None:
    digest = sha256(canonical(export)).hexdigest()
    if digest != paper.head.issue.inputs:
        raise _Differs(
            f"{paper.number} was computed from other evidence: it names {paper.head.issue.inputs}, "
            f"and this has the digest {digest}"
        )
    found.held_true.append("the evidence is that which it names")
    corrected = _corrected(paper, held, found)
    difference = first_difference(
        paper.document, _again(press, paper, export, corrected), _unlike(paper, corrected)
    )
    if difference:
        raise _Differs(f"{paper.number} does not follow from its evidence: {difference}")
    found.held_true.append("every figure follows from the evidence and the terms")
    if paper.head.program != PROGRAM:
        found.left.append(f"its words: it was drawn up by {paper.head.program}, and this is {PROGRAM}")


def _corrected(paper: Read, held: Sequence[Read], found: _Found) -> Read | None:
    """The paper that this one corrects, where it is held."""
    named = paper.head.issue.corrects
    if named is None:
        return None
    for each in held:
        if each.number == named.number:
            if each.head.issue.digest != named.digest:
                raise _Differs(f"{paper.number} corrects another {named.number} than the one you hold")
            return each
    found.left.append(f"what it changes: give the paper that it corrects, {named.number}, with --held FILE")
    return None


def _unlike(paper: Read, corrected: Read | None) -> frozenset[str]:
    """The keys that cannot be compared here."""
    ignored = OF_THE_PROGRAM
    if paper.head.program != PROGRAM:
        ignored |= WORDS
    if paper.head.issue.corrects is not None and corrected is None and paper.head.status == "amendment":
        ignored |= {"lines", "differences", "sets_against"}
    return ignored


def _again(press: Press, paper: Read, export: Mapping[str, Any], corrected: Read | None) -> Document:
    """The paper as the evidence makes it, with what it alone can say of itself taken from it."""
    try:
        plan = load_text(export["terms"], "the terms in the evidence", purpose="files")
        snapshot = Exported(export)
        then = instant(datetime.fromisoformat(paper.head.drawn_up))
        found = statement(plan, snapshot, export["customer"], export["period"], then)
        kept = replace(found, status=paper.head.status)
        issue = _issue(press, paper, plan, snapshot, kept, corrected)
        return press.document(replace(kept, issue=issue))
    except (MakegoodError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        why = str(error) or type(error).__name__
        raise EvidenceRefused(
            f"{paper.name}: {paper.number} cannot be computed from its evidence: {why}"
        ) from error


def _issue(
    press: Press, paper: Read, plan: Plan, snapshot: Exported, kept: Statement, corrected: Read | None
) -> Issue:
    said = paper.head.issue
    reversing = paper.head.status == "reversal"
    given = _lines(press, paper, kept, corrected)
    return Issue(
        number=said.number,
        at=kept.drawn_up if said.corrects is None else instant(datetime.fromisoformat(said.at)),
        place=said.place,
        previous=said.previous,
        earlier=tuple(Earlier(each.number, each.digest) for each in said.earlier),
        inputs=said.inputs,
        journal=said.journal,
        lines=given,
        sets_against=bill(plan, kept) if given else "",
        corrects=None if said.corrects is None else Earlier(said.corrects.number, said.corrects.digest),
        reason=said.reason,
        differences=()
        if corrected is None or reversing
        else differences(corrected.document, press.document(kept)),
        decisions=() if reversing else made_decisions(plan, snapshot, kept),
        digest=said.digest,
    )


def _lines(press: Press, paper: Read, kept: Statement, corrected: Read | None) -> tuple[CreditLine, ...]:
    """What the paper gives: a chain of papers has given, so far, what its newest one states."""
    if paper.head.status == "issued":
        return lines(kept)
    if paper.head.status == "reversal":
        return owed_more((), stated(press.document(kept)), "reversal")
    return () if corrected is None else owed_more(lines(kept), stated(corrected.document), "correction")


def stated(document: Document) -> tuple[CreditLine, ...]:
    """What the sections of a paper state as owed, by agreement."""
    return tuple(
        CreditLine(section["agreement"], section["service"], credit, "")
        for section in document["sections"]
        if not section["gives_way_to"] and (credit := amount(section["credit"])) is not None
    )


def first_difference(said: Document, found: Document, ignored: frozenset[str]) -> str:
    """The first value that differs, in the order of the document; "" where none does."""
    for where, one, other in _differing(said, found, ignored, ()):
        return f"{_spoken(said, where)} is {_short(one)} in it, and {_short(other)} by the evidence"
    return ""


Where = tuple[str | int, ...]
MISSING: Final = object()


def _differing(
    one: Any, other: Any, ignored: frozenset[str], where: Where
) -> Iterator[tuple[Where, Any, Any]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            if key not in ignored:
                yield from _differing(one.get(key, MISSING), other.get(key, MISSING), ignored, (*where, key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _differing(mine, theirs, ignored, (*where, index))
    elif type(one) is not type(other) or one != other:
        yield where, one, other


def _spoken(document: Document, where: Where) -> str:
    """`credit.minor of acme-shop`, `period.label`."""
    if len(where) > 2 and where[0] == "sections" and isinstance(where[1], int):
        section = document["sections"][where[1]]
        return f"{_dotted(where[2:])} of {section.get('agreement')}"
    return _dotted(where)


def _dotted(where: Where) -> str:
    return ".".join(str(each)[:60] for each in where) or "the whole"


def _short(value: Any) -> str:
    if value is MISSING:
        return "missing"
    if isinstance(value, list | Mapping):
        return f"{len(value)} values"
    return repr(value) if len(repr(value)) <= 80 else f"{repr(value)[:77]}..."
