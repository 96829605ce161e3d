"""PURE. What a customer's page holds, as values: one frozen dataclass a page, in the order of the page.

Every text is ready to print; the template only sets it, and a test holds that it uses every field.
"""

from __future__ import annotations

from typing import Literal

from monitor.records import dataclass
from reports.answered import ResponseTable
from reports.headline import Headline
from reports.strips import DayStrip, Tick
from reports.words import Working

Mark = Literal["met", "missed", "unknown", "risk"]


@dataclass(frozen=True, slots=True)
class Party:
    """A party as printed; `references` are (label, value)."""

    name: str
    lines: tuple[str, ...]
    references: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One agreement in the first table. `mark` is the sign beside `result`."""

    name: str
    commitment: str
    availability: str
    downtime: str
    mark: Mark
    result: str
    fee: str
    credit: str
    period: str  # its own, where that is not the statement's month
    added: str  # what is owed that is no money


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One figure of an agreement with several."""

    name: str
    commitment: str
    figure: str
    downtime: str
    mark: Mark
    result: str
    credit: str


@dataclass(frozen=True, slots=True)
class PromiseTable:
    """All figures of one agreement; `about` says of what they are."""

    name: str
    about: str
    rows: tuple[PromiseRow, ...]


@dataclass(frozen=True, slots=True)
class DayGroup:
    """Strips of the same days over one axis, named at the axis or, where that is long, in a line above."""

    title: str
    heading: str
    strips: tuple[DayStrip, ...]
    axis: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class TotalRow:
    """The sums of one currency."""

    label: str
    fee: str
    credit: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The first table; `unit` is the currency when there is only one, and cells then carry none.

    `heads` are those of the columns with the figure and with what is held against it.
    """

    unit: str
    rows: tuple[SummaryRow, ...]
    totals: tuple[TotalRow, ...]
    notes: tuple[str, ...]
    heads: tuple[str, str]


@dataclass(frozen=True, slots=True)
class OutageRow:
    """One outage. `start_error` and `end_error` say how much earlier either may have been, `told` what people
    said of it."""

    letter: str
    cause: str
    start: str
    start_error: str
    end: str
    end_error: str
    duration: str
    within: str
    counted: str
    told: str = ""
    notes: tuple[str, ...] = ()  # written for the customer


@dataclass(frozen=True, slots=True)
class OutageTable:
    """The outages of one agreement; `name` is empty where the page is about one alone."""

    name: str
    rows: tuple[OutageRow, ...]


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One maintenance window and what became of it."""

    letter: str
    title: str
    effect: str
    window: str
    announced: str
    ahead: str
    inside: str
    excused: str


@dataclass(frozen=True, slots=True)
class WindowTable:
    """The windows of one agreement; `name` is empty where the page is about one alone."""

    name: str
    rows: tuple[WindowRow, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that was not measured, how long it was, why, and for which services."""

    when: str
    length: str
    why: str


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms of one or several agreements in sentences; `title` names them where there is a choice."""

    title: str
    terms: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workings:
    """How one agreement's figure came about, step by step."""

    name: str
    lines: tuple[Working, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A figure that a correction changes."""

    service: str
    what: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class GivenRow:
    """What this very paper gives, or takes back."""

    service: str
    agreement: str
    why: str
    amount: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What an issued paper says of itself. `proof` are digests, each with what it is of."""

    changes_title: str
    why: str
    changes: tuple[ChangeRow, ...]
    given_title: str
    given: tuple[GivenRow, ...]
    against: str
    decided: tuple[str, ...]
    proof: tuple[tuple[str, str], ...]
    before: str
    verify: str


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Everything on a customer's page, in the order of the page."""

    language: str
    document: str  # the window's title
    footer: str  # at the foot of every printed sheet: our own words alone, never a name
    provider: Party
    customer: Party
    month: str
    zone: str
    stamp: tuple[str, str, str]  # what it is told by at the top: a label, the thing, and when
    notice: str
    notice_detail: str
    generated: tuple[str, ...]  # what was generated and when; empty where everything was measured
    headline: Headline
    paper: Paper | None  # of an issued one
    summary: Summary
    continuing: tuple[str, ...]  # agreements whose period runs on, a sentence each
    promises: tuple[PromiseTable, ...]
    responses: tuple[ResponseTable, ...]
    responses_note: str
    days: tuple[DayGroup, ...]
    absent: str  # why days are empty; nothing where none is
    days_note: str
    outages: tuple[OutageTable, ...]
    outages_note: str
    windows_title: str
    windows: tuple[WindowTable, ...]
    windows_note: str
    measured: tuple[str, ...]
    checks: tuple[str, ...]
    gaps_note: str
    gaps: tuple[Gap, ...]
    contracts: tuple[Contract, ...]
    notes: tuple[str, ...]  # what stands beside the figures
    precedence: str
    workings: tuple[Workings, ...]
    digest: str
    program: str
    tzdata: str
    contact: str
