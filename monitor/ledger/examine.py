"""Verify the papers of a house's own database: each by itself, and all against the journal and each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from monitor.core.periods import instant
from monitor.errors import ConfigError, EvidenceRefused
from monitor.ledger.chains import by_period, once
from monitor.ledger.issuing import Step
from monitor.ledger.press import Press
from monitor.ledger.reading import unpacked
from monitor.ledger.verify import Read, Verdict, read_evidence, read_paper, verify
from monitor.records import dataclass
from monitor.store.protocol import Credit, Paper, Seq, Store, Taken

KINDS = {"issued": "statement", "amendment": "amendment", "reversal": "reversal"}


@dataclass(frozen=True, slots=True)
class Examined:
    """`faults` are of the ledger as a whole, one sentence each; `verdicts` of its papers, in their order.

    Where the ledger and the journal contradict each other there are no verdicts.
    """

    faults: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.faults and not any(verdict.differs for verdict in self.verdicts)


def examine(
    store: Store,
    press: Press,
    numbers: Sequence[str] = (),
    held: Sequence[Read] = (),
    step: Step = lambda _: None,
) -> Examined:
    """Every paper, or those of these numbers. ConfigError for a number that is not there.

    `held` are papers that somebody kept: what was replaced or cut off, with every digest made anew, is found
    by them alone.
    """
    papers = store.ledger.papers()
    known = {paper.number: paper for paper in papers}
    unknown = [number for number in numbers if number not in known]
    if unknown:
        raise ConfigError(
            f"there is no statement {', '.join(unknown)}: `makegood statement list` names every one"
        )
    faults = [*store.ledger.faults(), *_not_as_held(known, held)]
    if faults:
        return Examined(tuple(faults), ())  # rows that contradict each other are not reasoned from
    faults += _of_the_rows(store, papers)
    return Examined(tuple(faults), tuple(_verdicts(store, press, papers, set(numbers), step)))


def _verdicts(
    store: Store, press: Press, papers: Sequence[Paper], wanted: set[str], step: Step
) -> Iterator[Verdict]:
    by_seq = {paper.seq: paper for paper in papers}
    credits: dict[Seq, list[Credit]] = {}
    for line in store.ledger.credits():
        credits.setdefault(line.paper.seq, []).append(line)
    for paper in papers:
        if wanted and paper.number not in wanted:
            continue
        step(paper.number)
        try:
            yield _verdict(store, press, paper, by_seq, credits.get(paper.seq, []))
        except EvidenceRefused as error:
            yield Verdict(paper.number, str(error), (), ())


def _verdict(
    store: Store, press: Press, paper: Paper, papers: Mapping[Seq, Paper], credits: Sequence[Credit]
) -> Verdict:
    read = _read(store, paper)
    wrong = next(_unlike(paper, read, papers, credits), None)
    if wrong:
        return Verdict(paper.number, wrong, (), ())
    held = [_read(store, each) for each in _known_by(paper, papers)]
    return verify(press, read, read_evidence(_inputs(store, paper), paper.number), held)


def _known_by(paper: Paper, papers: Mapping[Seq, Paper]) -> list[Paper]:
    """The paper that it corrects, and the one that its customer had before it."""
    before = [each for each in papers.values() if each.customer == paper.customer and each.seq < paper.seq]
    return [each for each in before if each is before[-1] or each.seq == paper.corrects]


def _read(store: Store, paper: Paper) -> Read:
    try:
        return read_paper(store.ledger.page(paper.seq, "json"), paper.number)
    except KeyError:
        raise EvidenceRefused(f"{paper.number}: its document is not in the database") from None


def _inputs(store: Store, paper: Paper) -> bytes:
    return unpacked(store.ledger.inputs(paper.seq), paper.number)


def _unlike(
    paper: Paper, read: Read, papers: Mapping[Seq, Paper], credits: Sequence[Credit]
) -> Iterator[str]:
    """What the ledger says of a paper otherwise than the paper itself."""
    issue, corrected = read.head.issue, papers.get(paper.corrects or 0)
    pairs = (
        ("number", paper.number, issue.number),
        ("place", paper.seq, issue.place),
        ("kind", paper.kind, KINDS[read.head.status]),
        ("customer", paper.customer, read.head.customer_id),
        ("period", paper.period, read.head.period.label),
        ("time of issue", paper.at, instant(datetime.fromisoformat(issue.at))),
        ("digest", paper.digest, issue.digest),
        ("digest before it", paper.previous, issue.previous),
        ("corrected paper", corrected and corrected.number, issue.corrects and issue.corrects.number),
    )
    for what, row, said in pairs:
        if row != said:
            yield f"{paper.number}: the ledger has another {what} ({row}) than the statement ({said})"
    lines = [(each["agreement"], *_minor(each), each["reason"]) for each in read.document["issue"]["lines"]]
    if [(c.agreement, c.currency, c.minor, c.reason) for c in credits] != lines:
        yield f"{paper.number}: its credit lines for billing are not those that the statement has"


def _minor(line: Mapping[str, Mapping[str, object]]) -> tuple[object, object]:
    return line["amount"]["currency"], line["amount"]["minor"]


def _of_the_rows(store: Store, papers: Sequence[Paper]) -> Iterator[str]:
    """Numbers without gaps, each period issued once, and credit lines in the order of the papers."""
    restores = store.ledger.restores()
    ordinals: dict[str, int] = {}
    for index, paper in enumerate(papers):
        expected = ordinals.get(paper.series, 0) + 1
        after = {each.of(paper.series) + 1 for each in restores if each.of(paper.series) >= expected}
        if paper.ordinal not in {expected, *after}:
            yield f"{paper.number} is the {paper.ordinal}. of its series, and should be the {expected}."
        ordinals[paper.series] = paper.ordinal
        if paper.once != _once(paper, papers[:index]):
            yield f"{paper.number} was issued beside another paper for the same period"
    lines = [(line.seq, line.paper.seq) for line in store.ledger.credits()]
    if _passed_over([seq for seq, _ in lines], restores) or lines != sorted(lines, key=lambda s: s[1]):
        yield "the credit lines for billing are not in the order of their papers, or one is missing"


def _passed_over(lines: Sequence[Seq], restores: Sequence[Taken]) -> bool:
    """Whether a line is missing that no restore left out."""
    before = 0
    for line in lines:
        if line != before + 1 and not any(line == each.line + 1 > before for each in restores):
            return True
        before = line
    return False


def _once(paper: Paper, before: Sequence[Paper]) -> str:
    if paper.corrects is not None:
        return f"{paper.kind}/{paper.corrects}"
    earlier = [each for each in before if (each.customer, each.period) == (paper.customer, paper.period)]
    return once(by_period(earlier).get((paper.customer, paper.period)), paper.customer, paper.period)


def _not_as_held(papers: Mapping[str, Paper], held: Sequence[Read]) -> Iterator[str]:
    for each in held:
        kept = papers.get(each.number)
        if kept is None:
            yield f"{each.number}, which you hold, is not in the ledger"
        elif kept.digest != each.head.issue.digest:
            yield f"{each.number} in the ledger is another paper than the one you hold"
