"""What a probe reports, what is expected of it, and what the judge may answer: values only.

A *check* is one attempt, keyed by (lane, epoch, slot, attempt). Its instant is the start of the attempt,
never its end. Latency is an integer of 0.1 ms from birth, floored. No answer of a target ever yields
`unknown`; the monitor's own faults never yield `down`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum, StrEnum
from typing import Literal

from monitor.core.intervals import Ms, Span
from monitor.records import dataclass

LaneId = int
EpochId = int
Tenths = int  # 0.1 ms

ALL_LANES: LaneId = 0  # the lane of a gap that concerns every lane
BETWEEN_EPOCHS: EpochId = 0  # the epoch of a gap in which no monitor ran


class State(IntEnum):
    """The three states of a lane or a service at an instant; the numbers are stored."""

    UP = 1
    DOWN = 2
    UNKNOWN = 3


class Reason(StrEnum):
    """Why a check has the verdict it has: closed; the texts are stored, so none is ever renamed."""

    OK = "ok"

    # down: what the target did
    NAME_NOT_FOUND = "name_not_found"
    DNS_FAILURE = "dns_failure"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    CONNECTION_FAILED = "connection_failed"
    TIMEOUT = "timeout"
    TLS_CERTIFICATE = "tls_certificate"
    TLS_HANDSHAKE = "tls_handshake"
    TLS_VERSION = "tls_version"
    PROTOCOL = "protocol"
    STATUS = "status"
    TEXT_MISSING = "text_missing"
    TEXT_FORBIDDEN = "text_forbidden"
    TOO_SLOW = "too_slow"
    REDIRECT_LOOP = "redirect_loop"
    REDIRECT_REFUSED = "redirect_refused"
    REDIRECT_TARGET = "redirect_target"
    ADDRESS_REFUSED = "address_refused"
    PATTERN_MISSING = "pattern_missing"
    PATTERN_FORBIDDEN = "pattern_forbidden"
    JSON_VALUE = "json_value"
    HEADER = "header"
    SIZE = "size"
    CERTIFICATE_EXPIRES = "certificate_expires"
    DIALOGUE = "dialogue"
    DNS_ANSWER = "dns_answer"
    HEARTBEAT_MISSED = "heartbeat_missed"
    HEARTBEAT_FAILED = "heartbeat_failed"

    # unknown: what happened to the monitor
    MONITOR_STALL = "monitor_stall"
    MONITOR_PAUSED = "monitor_paused"
    OWN_NETWORK = "own_network"
    OWN_DNS = "own_dns"
    OWN_RESOURCE = "own_resource"
    CLOCK_SUSPECT = "clock_suspect"
    NOT_RUNNING = "not_running"
    DISABLED = "disabled"
    OVERLAP = "overlap"
    DATA_LOSS = "data_loss"
    BLOCKED_TARGET = "blocked_target"
    PROBER_BUG = "prober_bug"
    AGENT_OFFLINE = "agent_offline"
    DISAGREEMENT = "disagreement"


UNKNOWN_REASONS: frozenset[Reason] = frozenset(
    {
        Reason.MONITOR_STALL,
        Reason.MONITOR_PAUSED,
        Reason.OWN_NETWORK,
        Reason.OWN_DNS,
        Reason.OWN_RESOURCE,
        Reason.CLOCK_SUSPECT,
        Reason.NOT_RUNNING,
        Reason.DISABLED,
        Reason.OVERLAP,
        Reason.DATA_LOSS,
        Reason.BLOCKED_TARGET,
        Reason.PROBER_BUG,
        Reason.AGENT_OFFLINE,
        Reason.DISAGREEMENT,
    }
)


def state_of(reason: Reason) -> State:
    """The state that a reason belongs to."""
    if reason is Reason.OK:
        return State.UP
    return State.UNKNOWN if reason in UNKNOWN_REASONS else State.DOWN


Found = bool | int | str | None
"""What an extraction found: whether, how many, or a bounded text; None where there is nothing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one attempt saw. A probe fills this in and judges nothing.

    `error` is the class of a failure before an answer (the reason it maps to), or None when the target
    answered; `phases` are durations in 0.1 ms by name (dns, connect, tls, first_byte, body); `found` holds
    the answers to the extractions that the expectation asks for, so that only the probe ever sees a body.
    `detail` and `addresses`, those that the last connection could be made to, are for the operator, bounded
    and printable; they never reach a customer's page.
    """

    latency: Tenths | None = None
    status: int | None = None
    error: Reason | None = None
    detail: str = ""
    size: int | None = None
    phases: Mapping[str, Tenths] = field(default_factory=dict)
    found: Mapping[str, Found] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()


Extract = Literal["pattern", "json", "header", "size", "certificate_days", "redirect", "answer"]
Sign = Literal["present", "absent", "==", "!=", "<", "<=", ">", ">=", "one of"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is extracted, and what it must be. `of` is the pattern, path or header name, or "".

    A probe finds the value and puts it into `Facts.found` under `key`; the judge compares.
    """

    extract: Extract
    of: str
    sign: Sign
    value: int | str | bool | tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        return f"{self.extract}:{self.of}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an endpoint must do to be up. `status` holds inclusive ranges; times are in 0.1 ms."""

    status: tuple[tuple[int, int], ...] = ((200, 299),)
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    slower_is_down: Tenths | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`failures` of `attempts` tries within one slot make a failure real; `pause` lies between tries."""

    failures: int = 2
    attempts: int = 3
    pause: Ms = 1_000

    def __post_init__(self) -> None:
        if not 1 <= self.failures <= self.attempts:
            raise ValueError(
                f"confirm {self.failures} of {self.attempts} cannot be met: write from 1 to {self.attempts}"
            )

    @property
    def doubted(self) -> Confirmation:
        """The same where a failure is in doubt: it is tried again once at least."""
        if self.failures > 1:
            return self
        return Confirmation(2, max(2, self.attempts), self.pause)


@dataclass(frozen=True, slots=True)
class Check:
    """One stored attempt. `reason` is this attempt's own; `state` is what its whole slot resolved to.

    A failed attempt in a slot whose state is UP is a *blip*. `hold` is how long the state may last without
    a next check: 2 × interval + timeout, in ms. `facts` is canonical JSON, kept for attempts that failed.
    """

    lane: LaneId
    epoch: EpochId
    slot: int
    attempt: int
    at: Ms
    state: State
    reason: Reason
    hold: Ms
    latency: Tenths | None = None
    status: int | None = None
    facts: str | None = None

    @property
    def key(self) -> tuple[LaneId, EpochId, int, int]:
        return (self.lane, self.epoch, self.slot, self.attempt)


@dataclass(frozen=True, slots=True)
class Gap:
    """A silence, recorded: nothing is known of `lane` (or ALL_LANES) in `span`, for this reason."""

    lane: LaneId
    epoch: EpochId
    span: Span
    reason: Reason

    def __post_init__(self) -> None:
        if self.reason not in UNKNOWN_REASONS:
            raise ValueError(
                f"a gap is time in which nothing was seen, so {self.reason} is no reason for one"
            )


@dataclass(frozen=True, slots=True)
class Lane:
    """Endpoint × location. `life` is when it existed; outside it time is not in any base."""

    id: LaneId
    endpoint: str
    location: str
    life: tuple[Span, ...]
