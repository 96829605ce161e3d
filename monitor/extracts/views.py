"""The views of `makegood sql`, in words: what a row of each is, and what its columns mean. Pure."""

from __future__ import annotations

from typing import Final

from monitor.extracts.tables import CHECKS, OUTAGES, SEGMENTS, TICKET_EVENTS, TICKETS, Column
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A view: its name, what a row of it is, and its columns in order."""

    name: str
    meaning: str
    columns: tuple[Column, ...]


ENDPOINT: Final = CHECKS[:2]
DAY: Final = Column("day", "text", "the UTC day, 2026-10-06; with `endpoint` what narrows a question down")
AT_MS: Final = Column("at_ms", "integer", "the same in ms since 1970")

VIEWS: Final = (
    View(
        "endpoints",
        "a time in which an endpoint existed",
        (
            *ENDPOINT,
            Column("started", "instant", "from when on it was probed"),
            Column("ended", "instant", "up to when; empty while it is"),
        ),
    ),
    View("checks", "an attempt that was made and is kept", (*ENDPOINT, DAY, CHECKS[2], AT_MS, *CHECKS[3:])),
    View("segments", "a time in which an endpoint had one state for one reason", SEGMENTS),
    View("outages", "an outage of a service, as `makegood outages` has it", (*OUTAGES[:2], *OUTAGES[3:])),
    View(
        "days",
        "a UTC day of an endpoint that has checks",
        (
            *ENDPOINT,
            DAY,
            Column("checks", "integer", "attempts that are kept"),
            Column("good", "integer", "planned ones that were good and have a latency, forgotten ones too"),
            Column("complete", "integer", "1, or 0 where good checks were forgotten"),
        ),
    ),
    View(
        "latencies",
        "a range of latencies of good planned checks on a UTC day; kept where the checks are forgotten",
        (
            *ENDPOINT,
            DAY,
            Column("at_least_tenths_ms", "integer", "the least latency of the range, in 0.1 ms"),
            Column("at_most_tenths_ms", "integer", "the greatest; at most a thirty-second more"),
            Column("checks", "integer", "how many fell into it"),
        ),
    ),
    View(
        "counts",
        "a slot in which an agreement counts checks; of sealed hours",
        (
            *ENDPOINT,
            Column("slot_ms", "integer", "how long the slot is"),
            Column("limit_tenths_ms", "integer", "the latency that a good one keeps, in 0.1 ms; empty: any"),
            Column("started", "instant", "when the slot began"),
            Column("good", "integer", "good planned checks in it"),
            Column("total", "integer", "all of them, without those that nobody could see"),
        ),
    ),
    View(
        "statements",
        "an issued statement, amendment or reversal",
        (
            Column("number", "text", "its number"),
            Column("kind", "text", "statement, amendment, reversal"),
            Column("customer", "text", "the customer's key in the configuration"),
            Column("period", "text", "the period, 2026-10"),
            Column("corrects", "text", "the number of the one that it corrects"),
            Column("issued", "instant", "when it was issued"),
            Column("author", "text", "by whom"),
            Column("digest", "text", "SHA-256 over its values"),
        ),
    ),
    View(
        "credits",
        "a line of credit in a statement",
        (
            Column("cursor", "integer", "its place among all lines, as `makegood credits` has it"),
            Column("number", "text", "the number of the statement"),
            Column("customer", "text", "the customer's key in the configuration"),
            Column("period", "text", "the period, 2026-10"),
            Column("agreement", "text", "the agreement's key in the configuration"),
            Column("currency", "text", "EUR"),
            Column("minor", "integer", "the amount in minor units; less than 0 is taken back"),
            Column("reason", "text", "what it is for"),
        ),
    ),
    View(
        "alerts",
        "an alert: something that the team was told of",
        (
            Column("id", "integer", "its number, as `makegood alerts list` has it"),
            Column("rule", "text", "the rule that found it"),
            Column("kind", "text", "the kind of the rule"),
            Column("subject", "text", "what it is about"),
            Column("urgency", "text", "page or ticket"),
            Column("title", "text", "what was told, in a line"),
            Column("service", "text", "the service's key in the configuration; empty: of none"),
            Column("incident", "text", "the incident that it belongs to"),
            Column("team", "text", "whose it is"),
            Column("since", "instant", "when it began, by the evidence"),
            Column("raised", "instant", "when it was found"),
            Column(
                "told", "instant", "when it was told first; empty: it is muted, or there is nobody to tell"
            ),
            Column("acknowledged", "instant", "when somebody took it up"),
            Column("acknowledged_by", "text", "who did"),
            Column("ended", "instant", "when it was over; empty while it is not"),
        ),
    ),
    View(
        "letters",
        "an alert on its way to a channel",
        (
            Column("alert", "integer", "the number of the alert"),
            Column("step", "text", "raised, again, escalated, over"),
            Column("channel", "text", "the channel's key in the configuration"),
            Column("state", "text", "waiting, delivered, given up"),
            Column("due", "instant", "when it is, or was, to be sent"),
            Column("tries", "integer", "how often it was sent"),
            Column("done", "instant", "when it was delivered or given up"),
            Column("said", "text", "what the receiver said last"),
        ),
    ),
    View("tickets", "a ticket that a system told, as it is now; our own incidents are in none", TICKETS),
    View("ticket_events", "what happened to a ticket, in order of time", TICKET_EVENTS),
)
