"""What `[internal]` says of the report for the team."""

from __future__ import annotations

from typing import Literal

from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class InternalSettings:
    """Of what periods the internal report is drawn up by itself, and where it is mailed."""

    every: tuple[Literal["month", "week"], ...] = ("month",)
    mail: tuple[str, ...] = ()
