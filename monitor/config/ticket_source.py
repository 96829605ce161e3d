"""Where tickets come from besides files, as a value that other rooms read."""

from __future__ import annotations

from typing import Final

from monitor.config.endpoint import Reference
from monitor.records import dataclass

READY: Final = ("events", "jira", "plain", "zendesk")
"""The mappings that are there without a file."""


@dataclass(frozen=True, slots=True)
class TicketSource:
    """A system that delivers tickets over HTTP, or our own incidents where `incidents` says so.

    `mapping` is one of READY, or the path of a file. Whoever delivers shows the `token`, signs with the
    `secret`, or does both where both are there; they are read when they are asked for.
    """

    id: str
    mapping: str = "plain"
    token: Reference | None = None
    secret: Reference | None = None
    incidents: bool = False
