"""Step three, one promise: the stages as the file has them become the terms that the rules take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.agreements.claim import Claim, Deadline
from monitor.agreements.terms import (
    Allowance,
    Cap,
    CommitmentTerms,
    ExcludeTerms,
    LimitsTerms,
    MeasureTerms,
    Notice,
    OutageTerms,
    RoundingTerms,
    Terms,
)
from monitor.config.stage_tables import ExcludeTable, LimitsTable, MeasureTable, OutageTable, RoundingTable


def promise_terms(stages: Mapping[str, Any]) -> Terms:
    """The stages of an SLA as the rules take them; what is not said is left to the defaults of the terms."""
    claim = stages.get("claim") or "automatic"
    return Terms(
        commitment=CommitmentTerms(stages["commitment"]),
        credits=stages["credits"],
        exclude=tuple(_exclusion(entry) for entry in stages.get("exclude") or ()),
        claim=Claim() if claim == "automatic" else Claim(Deadline("after", "period", text=claim)),
        **_said(stages),
    )


def _said(stages: Mapping[str, Any]) -> dict[str, Any]:
    """The terms that have a default and a stage of their own, where the stage is there."""
    outage: OutageTable | None = stages.get("outage")
    measure: MeasureTable | None = stages.get("measure")
    limits: LimitsTable | None = stages.get("limits")
    rounding: RoundingTable | None = stages.get("rounding")
    said: dict[str, Any] = {}
    if outage is not None:
        said["outage"] = OutageTerms(lasting=outage.lasting)
    if measure is not None:
        said["measure"] = MeasureTerms(unobserved=measure.unobserved, coverage=measure.coverage)
    if limits is not None:
        said["limits"] = LimitsTerms(_caps(limits))
    if rounding is not None:
        said["rounding"] = RoundingTerms(rounding.money)
    return said


def _caps(limits: LimitsTable) -> tuple[Cap, ...]:
    if limits.at_most == "none":
        return ()
    return (Cap(limits.at_most, "base", "period", "per period"),)


def _exclusion(entry: ExcludeTable) -> ExcludeTerms:
    at_most = () if entry.at_most is None else (Allowance(entry.at_most, "time", "month"),)
    return ExcludeTerms(entry.what, Notice(entry.notice), at_most, entry.counted, entry.effect)
