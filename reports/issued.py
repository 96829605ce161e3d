"""PURE. What an issued paper says of itself: its number, what it changes and gives, how it is verified."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from monitor.core.money import Amount
from monitor.statements.value import Difference, Issue, Statement
from reports import format as f
from reports.page import ChangeRow, GivenRow, Paper
from reports.sentences import FIGURES, GIVEN, ISSUED, PROOF, RESULTS
from reports.setting import Setting

COUNTS = frozenset({"outages", "windows", "agreements", "responses", "late responses"})


def paper(s: Setting) -> Paper | None:
    """What an issued statement says of itself; None of one that is not."""
    issue = s.statement.issue
    if issue is None:
        return None
    return Paper(
        changes_title=ISSUED["taken_back" if s.statement.status == "reversal" else "changes"],
        why=_why(issue),
        changes=tuple(_change(each, s) for each in issue.differences),
        given_title=ISSUED["correction" if issue.corrects else "credit"],
        given=tuple(
            GivenRow(f.clean(each.service), f.clean(each.agreement), GIVEN[each.reason], f.money(each.amount))
            for each in issue.lines
        ),
        against=_against(issue),
        decided=tuple(_decisions(issue, s)),
        proof=tuple(_proof(s.statement, issue)),
        before=_before(issue),
        verify=PROOF["verify"].format(number=f.clean(issue.number)),
    )


def stamp(s: Setting) -> tuple[str, str, str]:
    """What stands at the top: of a draft when it was drawn up, of a paper its number."""
    issue = s.statement.issue
    if issue is None:
        day, clock = _when(s.statement.drawn_up, s)
        return "Drawn up", day, clock
    day, clock = _when(issue.at, s)
    return "Number", f.clean(issue.number), f"{day}, {clock}"


def _when(at: int, s: Setting) -> tuple[str, str]:
    return f.date(at, s.zone), f.clock(at, s.zone, seconds=False)


def _why(issue: Issue) -> str:
    """Which paper it corrects, and why."""
    if issue.corrects is None:
        return ""
    said = ISSUED["corrects"].format(number=f.clean(issue.corrects.number))
    return f"{said} {ISSUED['reason'].format(reason=f.clean(issue.reason))}" if issue.reason else said


def _change(each: Difference, s: Setting) -> ChangeRow:
    return ChangeRow(
        f.clean(each.service) or f.clean(each.agreement),
        FIGURES[each.what],
        _spoken(each.what, each.before),
        _spoken(each.what, each.after),
    )


def _spoken(what: str, value: Fraction | int | Amount | str | None) -> str:
    if value is None:
        return RESULTS[None]
    if isinstance(value, Amount):
        return f.money(value)
    if isinstance(value, Fraction):
        return f.availability(value)
    if isinstance(value, int):
        return f"{value:,}" if what in COUNTS else f.duration(value)
    return f.clean(value)


def _against(issue: Issue) -> str:
    if not issue.lines:
        return ISSUED["nothing_changes" if issue.corrects else "nothing"]
    return ISSUED["against"].format(bill=f.clean(issue.sets_against))


def _decisions(issue: Issue, s: Setting) -> Iterator[str]:
    for each in issue.decisions:
        yield ISSUED["decided"].format(
            agreement=f.clean(each.agreement),
            amount=f.money(each.amount),
            day=f.date(each.at, s.zone),
            reason=f.clean(each.reason).rstrip("."),
        )


def _proof(statement: Statement, issue: Issue) -> Iterator[tuple[str, str]]:
    """What it can be told by, label by label."""
    yield PROOF["states"], in_groups(statement.evidence_digest)
    yield PROOF["inputs"], in_groups(issue.inputs)
    yield PROOF["statement"], in_groups(issue.digest)
    yield PROOF["previous"].format(place=f"{issue.place - 1:,}"), in_groups(issue.previous)
    entry, digest = issue.journal
    yield PROOF["journal"].format(entry=f"{entry:,}"), in_groups(digest)


def _before(issue: Issue) -> str:
    if not issue.earlier:
        return PROOF["first"]
    return PROOF["before"].format(numbers=f.listed(tuple(f.clean(each.number) for each in issue.earlier)))


def in_groups(digest: str) -> str:
    """A digest in groups of eight characters, for eyes that compare."""
    text = f.clean(digest)
    return " ".join(text[i : i + 8] for i in range(0, len(text), 8))
