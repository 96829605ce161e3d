"""The shapes of what `verify` reads, so that nothing is computed from a file that is not of them.

Of a paper only what verifying looks at by name is here: everything else of it is compared as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from monitor.core.tickets import By, EventKind
from monitor.errors import EvidenceRefused
from monitor.ledger.export import FORMAT

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[int, Field(ge=-(2**53), le=2**53)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Text = Annotated[str, Field(max_length=1_000)]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Named(_Shape):
    """A paper by its number and its digest."""

    number: Text
    digest: Digest


class IssueHead(_Shape):
    """What a paper says of itself."""

    number: Text
    at: Text
    place: Count
    previous: Digest
    earlier: list[Named]
    inputs: Digest
    journal: tuple[Count, Digest]
    corrects: Named | None
    reason: Annotated[str, Field(max_length=100_000)]
    digest: Digest


class PeriodHead(_Shape):
    """The period that is stated."""

    label: Text


class PaperHead(_Shape):
    """A paper: `makegood.statement/1` with an issue."""

    format: Literal["makegood.statement/1"]
    status: Literal["issued", "amendment", "reversal"]
    customer_id: Text
    period: PeriodHead
    drawn_up: Text
    program: Text
    tzdata: Text
    issue: IssueHead


class EventShape(_Shape):
    """An entry of the journal as an export has it."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    seq: Count
    at: Instant
    kind: Text
    subject: Text
    author: Text
    reason: Annotated[str, Field(max_length=100_000)]
    body: dict[str, Any]
    previous: Digest
    digest: Digest


Optional = Instant | None
SegmentRow = tuple[Instant, Instant, Text, Text, Optional, Optional]
CheckRow = tuple[Count, Count, Count, Instant, Text, Text, Instant, int | None]


TicketEventRow = tuple[Instant, EventKind, Text, By]
TicketRow = tuple[
    Annotated[str, Field(min_length=1, max_length=1_000)], Text, Text, Text, Text, Text, Text,
    dict[str, Text], list[TicketEventRow], bool,
]  # fmt: skip


class EvidenceShape(_Shape):
    """An evidence export: `makegood.evidence/1`."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    format: Literal["makegood.evidence/1"]
    customer: Text
    period: Text
    terms: Annotated[str, Field(max_length=1 << 20)]
    reached: list[tuple[Optional, Optional]]
    lanes: list[tuple[Count, Text, Text, list[tuple[Instant, Instant]]]]
    segments: list[tuple[Count, Instant, Instant, list[SegmentRow]]]
    checks: list[tuple[Count, Instant, Instant, list[CheckRow]]]
    tallies: list[tuple[tuple[Count, Count, Count], Instant, Instant, list[tuple[Instant, Count, Count]]]]
    events: list[EventShape]
    tickets: list[tuple[tuple[Instant, Instant] | None, list[TicketRow]]] = []


@cache
def _adapter(shape: type[_Shape]) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def paper_head(document: Mapping[str, Any], text: bytes, name: str) -> PaperHead:
    """EvidenceRefused where the object is no issued paper; all that is wrong at once."""
    if str(document.get("format")).startswith("makegood.statement/") and not document.get("issue"):
        raise EvidenceRefused(f"{name}: a draft, which was never issued: there is nothing to verify")
    found: PaperHead = _checked(PaperHead, text, name, "an issued statement")
    return found


def must_be_evidence(export: Mapping[str, Any], text: bytes, name: str) -> None:
    """EvidenceRefused where the object is no evidence export, or its times leave a hole or overlap."""
    _checked(EvidenceShape, text, name, "an evidence export")
    for lane, start, end, rows in export["segments"]:
        if not _whole(start, end, rows):
            raise EvidenceRefused(f"{name}: the states of lane {lane} overlap or leave a hole")
    for _, tickets in export.get("tickets", ()):
        for ticket in tickets:
            instants = [event[0] for event in ticket[-2]]
            if instants != sorted(instants):
                raise EvidenceRefused(f"{name}: the events of ticket {ticket[0]} are not in order of time")


def _checked(shape: type[_Shape], text: bytes, name: str, what: str) -> Any:
    try:
        return _adapter(shape).validate_json(text)
    except ValidationError as error:
        wrong = [f"{_path(each['loc'])}: {each['msg']}" for each in error.errors(include_url=False)]
        more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise EvidenceRefused(f"{name}: not {what}: {'; '.join(wrong[:5])}{more}") from None


def _path(loc: Sequence[int | str]) -> str:
    return ".".join(str(each)[:40] for each in loc)


def _whole(start: int, end: int, rows: Sequence[Sequence[Any]]) -> bool:
    at = start
    for row in rows:
        if row[0] != at or row[1] <= at:
            return False
        at = row[1]
    return at == end


__all__ = ["FORMAT", "PaperHead", "must_be_evidence", "paper_head"]
