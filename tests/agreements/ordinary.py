"""Ordinary availability SLAs for tests, flat: what most contracts say, in one value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from monitor.agreements.build import contract
from monitor.agreements.claim import Claim, Deadline
from monitor.agreements.pipeline import Case, Clause, Contract
from monitor.agreements.schedule import FEE, Amount, NoCredits, Node, Row, Rows
from monitor.agreements.terms import (
    Allowance,
    Cap,
    CommitmentTerms,
    ContractTerms,
    ExcludeTerms,
    LimitsTerms,
    MeasureTerms,
    Notice,
    OutageTerms,
    RoundingTerms,
    Terms,
)
from monitor.agreements.words import share as as_written
from monitor.core.intervals import Ms
from monitor.core.money import Rounding
from monitor.core.numbers import Bound, Operator


@dataclass(frozen=True, slots=True)
class MaintenanceTerms:
    """Scheduled maintenance: notice and allowance a calendar month in ms."""

    notice: Ms
    at_most: Ms | None = None
    counted: Literal["downtime", "window"] = "downtime"
    effect: Literal["downtime", "both sides"] = "downtime"


@dataclass(frozen=True, slots=True)
class StandardTerms:
    """One promise of availability; no rows is no credit, one row without bounds a flat one."""

    commitment: Bound
    rows: tuple[Row, ...]
    maintenance: MaintenanceTerms | None = None
    lasting: tuple[Operator, Ms] | None = None
    unobserved: Literal["left out", "up", "down"] = "left out"
    coverage: Fraction = Fraction(95, 100)
    cap: Fraction | None = Fraction(1)
    rounding: Rounding = "half-up"
    overlap: Literal["highest credit", "first row"] | None = None
    in_no_row: Literal["refuse", "no credit"] | None = None
    if_met: Literal["no credit", "as the table"] | None = None
    claim: str = "automatic"


def percent(share: Fraction, text: str = "") -> Amount:
    """A share of the fee."""
    return Amount("share", share, FEE, text)


def row(bounds: tuple[Bound, ...], share: Fraction, text: str) -> Row:
    """A row that pays a share of the fee."""
    return Row(bounds, percent(share, as_written(share, space="")), text)


def promise(terms: StandardTerms) -> Terms:
    """The terms in the words of the language's stages."""
    return Terms(
        commitment=CommitmentTerms(terms.commitment),
        credits=_credits(terms),
        measure=MeasureTerms(unobserved=terms.unobserved, coverage=terms.coverage),
        outage=OutageTerms(lasting=terms.lasting),
        exclude=_exclude(terms.maintenance),
        limits=LimitsTerms(_caps(terms)),
        rounding=RoundingTerms(terms.rounding),
        claim=_claim(terms.claim),
    )


def _credits(terms: StandardTerms) -> Node:
    if not terms.rows:
        return NoCredits()
    if len(terms.rows) == 1 and not terms.rows[0].bounds:
        return percent(terms.rows[0].share, terms.rows[0].text)
    return Rows(terms.rows, terms.overlap, terms.in_no_row, terms.if_met)


def _exclude(rule: MaintenanceTerms | None) -> tuple[ExcludeTerms, ...]:
    if rule is None:
        return ()
    allowances = () if rule.at_most is None else (Allowance(rule.at_most, "time", "month"),)
    what = "scheduled maintenance"
    return (ExcludeTerms(what, Notice(rule.notice), allowances, rule.counted, rule.effect),)


def _caps(terms: StandardTerms) -> tuple[Cap, ...]:
    if terms.cap is None:
        return ()
    return (Cap(terms.cap, "base", "period", f"{as_written(terms.cap, space='')} per period"),)


def standard_contract(terms: StandardTerms) -> Contract:
    """The contract of these terms."""
    return contract(ContractTerms((("sla", promise(terms)),)))


def standard_clause(terms: StandardTerms) -> Clause:
    """Its only promise."""
    ((_, clause),) = standard_contract(terms).promises
    return clause


def with_clause(case: Case, clause: Clause) -> Case:
    """The case with another clause as its only promise."""
    return replace(case, contract=replace(case.contract, promises=(("sla", clause),)))


def _claim(text: str) -> Claim:
    """`"automatic"`, or days after the period."""
    if text == "automatic":
        return Claim()
    return Claim(Deadline("after", "period", int(text.split()[0]), "days", text))
