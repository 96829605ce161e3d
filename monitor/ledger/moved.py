"""Whether the evidence that issued papers rest on is still there: what each kept, against the database now.

Late records change evidence openly, and are no fault; somebody who changes the log and what was sealed from
it alike leaves no other trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from monitor.core.checks import LaneId
from monitor.core.intervals import Ms, Span
from monitor.core.periods import local
from monitor.core.timeline import Segment, clip_segments, join_segments
from monitor.ledger.export import Exported
from monitor.ledger.reading import unpacked
from monitor.ledger.verify import read_evidence
from monitor.store.protocol import Paper, Snapshot, Store


def moved(store: Store) -> Iterator[str]:
    """A sentence for each paper that stands and each endpoint of it that was measured otherwise, by now.

    EvidenceRefused where what a paper kept cannot be read.
    """
    papers = store.ledger.papers()
    corrected = {paper.corrects for paper in papers}
    with store.snapshot() as snapshot:
        for paper in papers:
            if paper.seq not in corrected and paper.kind != "reversal":
                text = unpacked(store.ledger.inputs(paper.seq), paper.number)
                remedy = f"`makegood statement amend {paper.number}` shows its effect"
                for said in _of_paper(snapshot, read_evidence(text, paper.number)):
                    yield f"{_named(paper)}: {said}; {remedy}"


def _named(paper: Paper) -> str:
    return f"statement {paper.number} ({paper.customer}, {paper.period})"


def _of_paper(snapshot: Snapshot, evidence: Mapping[str, Any]) -> Iterator[str]:
    kept = Exported(evidence)
    here = {lane.id: lane for lane in snapshot.lanes()}
    for lane in kept.lanes():
        now = here.get(lane.id)
        if now is None or (now.endpoint, now.location) != (lane.endpoint, lane.location):
            yield f"{lane.endpoint} is not the endpoint any more that it was issued on"
    known = [at for _, at in evidence["reached"] if at is not None]
    for lane_id, start, end, _ in evidence["segments"]:
        span = Span(start, max(start, min([end, *known])))
        if span.length and lane_id in here:
            said = _differing(kept, snapshot, lane_id, span)
            if said is not None:
                yield f"{here[lane_id].endpoint} {said}"


def _differing(kept: Exported, snapshot: Snapshot, lane: LaneId, span: Span) -> str | None:
    """The first stretch that is another one now."""
    before, now = (_run(each.segments([lane], span)[lane], span) for each in (kept, snapshot))
    for one, other in zip_longest(before, now):
        if one is None or other is None or _meaning(one) != _meaning(other):
            return f"was {_spoken(one)} when it was issued, and is {_spoken(other)} now"
    return None


def _run(segments: Sequence[Segment], span: Span) -> Sequence[Segment]:
    return join_segments(clip_segments(segments, span))


def _meaning(segment: Segment) -> tuple[Ms, Ms, str, str]:
    return (segment.start, segment.end, segment.state.name, segment.reason.value)


def _spoken(segment: Segment | None) -> str:
    if segment is None:
        return "nothing"
    return (
        f"{segment.state.name.lower()} ({segment.reason.value}) {_utc(segment.start)} to {_utc(segment.end)}"
    )


def _utc(at: Ms) -> str:
    return f"{local(at, 'UTC'):%Y-%m-%d %H:%M:%S}Z"
