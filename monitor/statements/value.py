"""The statement as a value: what the customer's pages render and the twins write out.

The internal report is a type of another room (`monitor.operations.report`), so that nothing internal *can* be
passed to a customer's template. Everything is exact: instants
in UTC ms, ratios as Fraction, money as integer minor units; formatting is the reports' business.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from monitor.agreements.deadlines import AUTOMATIC, ClaimDates
from monitor.agreements.pipeline import Line, WindowUse
from monitor.core.checks import Reason
from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.core.response import Moved, Stretch
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """A party as printed: name, address lines, reference numbers as (label, value), a contact."""

    name: str
    address: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class DayTime:
    """One local day of a service: ms that were down and counted, down and excused, and not measured."""

    span: Span
    counted: Ms
    excused: Ms
    unmeasured: Ms
    promised: Ms  # 0: before the agreement, or still to come


@dataclass(frozen=True, slots=True)
class Told:
    """What people told of an outage whose agreement counts from or to it; None for what nobody did."""

    reported: Ms | None
    detected: Ms | None
    closed: Ms | None
    ticket: str


@dataclass(frozen=True, slots=True)
class OutageLine:
    """One outage, whole, with what counts of it in this period. `error` is the sampling error in ms:
    the start may be earlier by its first, the end may be earlier by its second member (None: not known).
    `told` is what the agreement's clock asks people for; None where it asks for nothing. `notes` were written
    for the customer."""

    letter: str
    service: str
    span: Span
    open: bool
    reason: Reason
    duration: Ms
    in_period: Ms
    counted: Ms
    excused_by: tuple[str, ...]
    error: tuple[Ms | None, Ms | None]
    resource: str = ""  # of a service with several
    told: Told | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowLine:
    """One maintenance window or exclusion, and what became of it under this agreement."""

    letter: str
    service: str
    title: str
    span: Span
    recorded: Ms
    cancelled: Ms | None
    use: WindowUse


@dataclass(frozen=True, slots=True)
class UnknownLine:
    """A stretch in which the monitor could not tell, and why."""

    span: Span
    reason: Reason


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One figure of an agreement with several: a promise, or one resource of it.

    `figure` is exact, a share or a metric in `unit`; `down` is counted downtime in ms; `credit` is exact,
    before what limits the whole, None where nobody can tell. `resource` is "" where the promise has one
    figure. Where bad slots count they are `bad_slots`, each `slot` ms long. `deadlines` are those of its own
    claim, where something is credited.
    """

    promise: str
    resource: str
    commitment: str
    figure: Fraction | None
    unit: str
    met: bool | None
    coverage: Fraction
    down: Ms
    credit: Money | None
    bad_slots: Fraction | None = None
    slot: Ms = 0
    deadlines: ClaimDates = AUTOMATIC


@dataclass(frozen=True, slots=True)
class ResponseCount:
    """How many responses of one priority (or what the times are by; "" for all) were in time, late, and are
    under way, which are in no figure."""

    key: str
    in_time: int
    late: int
    waiting: int


@dataclass(frozen=True, slots=True)
class TicketLine:
    """One clock of a ticket: UTC ms, and ms on its clock. `end` None: not yet; `due` None: no time promised.

    `timeline` says when the clock ran, when it stood and why; its running stretches come to `elapsed`.
    `changes` are those of what its time is by, on the way.
    """

    ticket: str
    key: str
    start: Ms
    due: Ms | None
    end: Ms | None
    elapsed: Ms
    allowed: Ms | None
    delay: Ms
    timeline: tuple[Stretch, ...]
    changes: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseLines:
    """What a promise of times counted: every response that was late or waits, and of the others how many.

    `stops` is what stops the clock ("first human reply"), `by` what the times are by ("priority"). `aside` is
    why tickets that were looked at do not count, and how many.
    """

    promise: str
    stops: str
    by: str
    counts: tuple[ResponseCount, ...]
    late: tuple[TicketLine, ...]
    waiting: tuple[TicketLine, ...]
    aside: tuple[tuple[str, int], ...] = ()

    @property
    def counted(self) -> int:
        """How many are in the figure."""
        return sum(each.in_time + each.late for each in self.counts)


@dataclass(frozen=True, slots=True)
class TicketPart:
    """What a section rests on of tickets, which are known up to `known_until`.

    `alone`: the agreement promises nothing but times of tickets, so that the section's own figure is one of
    them, in `unit` where it is no share.
    """

    known_until: Ms
    promises: tuple[ResponseLines, ...]
    alone: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class LaneDays:
    """The days of one resource of a service with several."""

    resource: str
    days: tuple[DayTime, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """An agreement whose period ends in a later month: no figure is stated yet."""

    agreement: str
    service: str
    sla: str
    period: Period


@dataclass(frozen=True, slots=True)
class Section:
    """One agreement of the customer in its own period, or in a part of it.

    Where it has several figures, those here are of the worst, and `promises` has all of them; the credit is
    that of the whole. `commitment` is the share it was held against (None: no share; `promised_in_words` says
    it). `needs` says why checks alone cannot settle it: then there are no figures. `undecided` says why there
    is no amount, where that is not for want of measurements. `period` None: the statement's own month.
    `service_added` are ms added to the term, `units` what is owed in other units, `notes` what stands beside
    the figures, by kind. `references` are the agreement's own numbers, as (label, value). `gives_way_to` is
    the agreement whose credit applies in place of this one, which then is in no total. `decided` is the
    reason of the person who decided the credit where it cannot be determined. `deadlines` are the last days
    of a claim, where one must be made for what is credited. `tickets` is what promises of times
    rest on, None where there are none.

    `availability` is the exact share, `gross` the same without any exclusion; None when nothing was
    promised or measured. `allowed` is the downtime that the commitment allows of the measured time. `met`
    None: not determinable. Times in ms: promised = up + counted + excused + unmeasured + set_aside.
    `credit` is that of the period as if it ended at `as_of`; `owed_already`, in a statement
    that still runs, what is owed even if nothing more fails (None in another, or where nobody can tell).
    """

    agreement: str
    service: str
    sla: str
    version: str
    commitment: Bound | None
    availability: Fraction | None
    gross: Fraction | None
    met: bool | None
    coverage: Fraction
    promised: Ms
    measured: Ms
    counted: Ms
    excused: Ms
    unmeasured: Ms
    up: Ms
    allowed: Ms
    fee: Money
    credit: Amount | None
    tier: Fraction | None
    intervals: tuple[Ms, ...]
    checks: tuple[str, ...]
    days: tuple[DayTime, ...]
    outages: tuple[OutageLine, ...]
    windows: tuple[WindowLine, ...]
    unknown: tuple[UnknownLine, ...]
    plain: tuple[str, ...]
    claim: str
    workings: tuple[Line, ...]
    set_aside: Ms = 0  # good time inside windows that are taken off both sides
    owed_already: Amount | None = None
    period: Period | None = None
    promised_in_words: str = ""
    promises: tuple[PromiseLine, ...] = ()
    lanes: tuple[LaneDays, ...] = ()
    needs: str = ""
    undecided: str = ""
    service_added: Ms = 0
    units: tuple[tuple[str, Fraction], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    gives_way_to: str = ""
    references: tuple[tuple[str, str], ...] = ()
    decided: str = ""
    deadlines: ClaimDates = AUTOMATIC
    tickets: TicketPart | None = None

    @property
    def timed(self) -> bool:
        """Whether the section says of time that it was up or down."""
        return self.tickets is None or not self.tickets.alone

    @property
    def worked_out(self) -> tuple[PromiseLine, ...]:
        """Of a section without an amount the figures that have one by themselves; none of any other."""
        return tuple(each for each in self.promises if self.credit is None and _priced(each))

    @property
    def not_worked_out(self) -> tuple[PromiseLine, ...]:
        """Of a section without an amount the figures that want one; none of any other."""
        if self.credit is not None:
            return ()
        return tuple(each for each in self.promises if each.met is None or not (each.met or _priced(each)))


def _priced(line: PromiseLine) -> bool:
    return line.met is not None and line.credit is not None and line.credit.amount > 0


@dataclass(frozen=True, slots=True)
class Total:
    """Per currency, since currencies are never summed."""

    fee: Money
    credit: Amount | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A paper that was issued before, by its number and its digest."""

    number: str
    digest: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that a correction changes: of an agreement ("" of the whole), as it was and as it is.

    `what` is the name of a figure of `Section`, or "outages", "windows", "responses", "late responses" or
    "agreements" for a count. Values are exact: a share, ms, an amount, a count or a word; None for what was
    or is not determinable.
    """

    agreement: str
    service: str
    what: str
    before: Fraction | int | Amount | str | None
    after: Fraction | int | Amount | str | None


@dataclass(frozen=True, slots=True)
class CreditLine:
    """What this very paper gives (positive) or takes back (negative), for billing. `reason` is a closed code:
    "sla credit", "decision", "correction" or "reversal"."""

    agreement: str
    service: str
    amount: Amount
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided where no engine can, with the reason as the customer reads it."""

    agreement: str
    amount: Amount
    reason: str
    at: Ms


@dataclass(frozen=True, slots=True)
class Issue:
    """What an issued paper says of itself.

    `place` is its place in the chain of all papers, `previous` the digest of the one before it, and
    `earlier` every paper that this customer had before. `digest` is over all the paper's values but itself,
    "" while it is being computed. `inputs` is the digest of the evidence that it was computed from, and
    `journal` the corrections considered: all up to that entry (number, digest). `corrects` is the paper that
    this one amends or reverses, with the `reason` as the customer reads it. `sets_against` says in words
    which bill the credit is set against.
    """

    number: str
    at: Ms
    place: int
    previous: str
    earlier: tuple[Earlier, ...]
    inputs: str
    journal: tuple[int, str]
    lines: tuple[CreditLine, ...]
    sets_against: str = ""
    corrects: Earlier | None = None
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    decisions: tuple[Decision, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One customer's month. `status` says what kind of paper it is; only the ledger makes issued ones, which
    have an `issue`: "issued", "amendment" (it stands in place of the paper it corrects), "reversal" (it takes
    that one back: the sections are those of the paper reversed, the lines carry the opposite sign).

    Sections are of the agreements whose period ends in the month, `continuing` of those whose period runs on.
    """

    status: Literal["draft", "running", "issued", "amendment", "reversal"]
    period: Period
    issuer: Block
    customer: Block
    customer_id: str
    locale: str
    drawn_up: Ms
    as_of: Ms
    sections: tuple[Section, ...]
    totals: tuple[Total, ...]
    evidence_digest: str
    program: str
    tzdata: str
    generated: tuple[Span, ...] = ()
    continuing: tuple[Running, ...] = ()
    issue: Issue | None = None


@dataclass(frozen=True, slots=True)
class ProbeLine:
    """How one endpoint is checked: of a target the host alone. A failing check is believed once `failures` of
    `attempts` tries fail, `pause` ms apart."""

    endpoint: str
    kind: str
    host: str
    interval: Ms
    timeout: Ms
    failures: int
    attempts: int
    pause: Ms


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """An attempt that failed within an outage. `reason` is of the closed list: nothing that a target said."""

    at: Ms
    endpoint: str
    attempt: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class ClaimPaper:
    """What we claim of a provider, for the provider: one agreement that we buy in one period.

    `statement` is that period as a statement would have it, its issuer the provider and its customer us.
    `owed` is by our measurements (None: nobody can tell, and `why`), `claimed` what was filed, by
    `reference`. `terms` names a published SLA as its provider does, "" where the section's name will do. What
    the provider asks a claim to contain is for us, and not on it.
    """

    statement: Statement
    agreement: str
    zone: str
    owed: Amount | None
    why: str
    runs: bool
    deadlines: ClaimDates
    claimed: Amount | None
    reference: str
    location: str
    probes: tuple[ProbeLine, ...]
    failed: tuple[FailedCheck, ...]
    terms: str = ""

    @property
    def section(self) -> Section:
        """The only one."""
        return self.statement.sections[0]

    @property
    def settled(self) -> bool:
        """Whether the contract was held against our checks at all; else its outages are what was seen."""
        return bool(self.section.workings)


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A paper of a month, in one currency. `credit` None: not determinable."""

    number: str
    customer: str
    kind: str
    missed: int
    stated: int
    fee: Money
    credit: Amount | None


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """A month that was closed: its papers, and of what could not be issued whose it is and why."""

    label: str
    drawn_up: Ms
    zone: str
    lines: tuple[MonthLine, ...]
    refused: tuple[str, ...]
    program: str


__all__ = [
    "Block", "ClaimPaper", "CreditLine", "DayTime", "Decision", "Difference", "Earlier",
    "FailedCheck", "Issue", "LaneDays", "MonthLine", "MonthSummary", "OutageLine",
    "ProbeLine", "PromiseLine", "Running", "Section", "Statement", "Told", "Total", "UnknownLine",
    "WindowLine",
]  # fmt: skip
